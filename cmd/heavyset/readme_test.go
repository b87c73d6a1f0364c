package main

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// asCommand makes the test binary behave as the command, for scripts that call `heavyset`.
const asCommand = "RUN_AS_HEAVYSET"

// TestTheReadmesExamplesOfTheSimulatorWork runs the commands of the README's section as they stand there; only the port is another
// one, since 8090 may be taken.
func TestTheReadmesExamplesOfTheSimulatorWork(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(readme), "## Using the simulated Zoho alone\n")
	if !found {
		t.Fatal("the README has no such section")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	var commands strings.Builder
	for _, block := range strings.Split(section, "```sh\n")[1:] {
		code, _, closed := strings.Cut(block, "```")
		if !closed {
			t.Fatal("a block of commands has no end")
		}
		commands.WriteString(code)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	out := shell(t, strings.ReplaceAll(commands.String(), "127.0.0.1:8090", address))
	for _, want := range []string{
		"ready\n", `{"now":"`, `"message":"record added"`, `"Email":"nora@example.com"`, `"status":503`, "503\n", `"count_as":"text"`, `{"count":"1"}`,
	} {
		_, rest, ok := strings.Cut(out, want)
		if !ok {
			t.Fatalf("no %s after what came before in\n%s", want, out)
		}
		if want != "ready\n" && want != `{"now":"` { // the simulator and curl write at the same time
			out = rest
		}
	}
}

// shell runs a script with `heavyset` on its path, ends what the script left in the background and gives what both wrote.
func shell(t *testing.T, script string) string {
	t.Helper()
	bin := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(bin, "heavyset")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-eu", "-o", "pipefail", "-c", "trap 'kill $!; wait' EXIT\n"+script)
	cmd.Dir = bin
	cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), asCommand+"=1")
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}
