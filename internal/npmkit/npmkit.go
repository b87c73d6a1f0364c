// Package npmkit brings programs of npm to tests: what a package-lock.json pins is installed once into the cache folder
// of the project, without running any of its scripts.
package npmkit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// root is the project's folder, as seen from a package in internal.
const root = "../.."

// Install installs what package.json and package-lock.json in dir ask for and gives the folder that has it, the same for
// the same lock file. Without npm or its registry the test fails.
func Install(t testing.TB, dir string) string {
	t.Helper()
	lock, err := os.ReadFile(filepath.Join(dir, "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(lock)
	cache, err := filepath.Abs(filepath.Join(root, ".cache"))
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(cache, filepath.Base(dir)+"-"+hex.EncodeToString(sum[:6]))
	if _, err := os.Stat(folder); err != nil {
		fetch(t, dir, cache, folder)
	}
	return folder
}

// fetch installs beside the folder and moves it there when all is in it: a broken installation is never found again.
func fetch(t testing.TB, dir, cache, folder string) {
	t.Helper()
	if err := os.MkdirAll(cache, 0o755); err != nil {
		t.Fatal(err)
	}
	fresh, err := os.MkdirTemp(cache, filepath.Base(dir)+"-new-")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(fresh) }()
	for _, name := range []string{"package.json", "package-lock.json"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(fresh, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	cmd.Dir = fresh
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
	if err := os.Rename(fresh, folder); err != nil {
		if _, there := os.Stat(folder); there != nil { // nor has another process been faster
			t.Fatal(err)
		}
	}
}
