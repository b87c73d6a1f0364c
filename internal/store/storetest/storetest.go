// Package storetest gives any test a fresh, migrated database, on either engine.
//
// Each runs a test on SQLite and on a real PostgreSQL, so that no store method is true on one alone. The PostgreSQL is
// the machine's own, started once per test process with fsync off and thrown away; a machine without one fails.
// EveryEnd plays a trip in lives that end one step later each time, with Hands that work the jobs.
package storetest

import (
	"context"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"heavyset.tech/platform/internal/job"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/store"
)

// Keys gives a keyring for tests.
func Keys(t testing.TB) *secret.Keyring {
	t.Helper()
	k, err := keyring()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func keyring() (*secret.Keyring, error) {
	return secret.ParseKeyring("test:" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32))))
}

// URLs gives a fresh, migrated database of each engine, by the engine's name.
func URLs(t testing.TB, engine string) string {
	t.Helper()
	if engine == "postgres" {
		return copied(t)
	}
	return SQLite(t, filepath.Join(t.TempDir(), "test.db"))
}

// SQLite gives the URL of a fresh, migrated database in a file that is not there yet.
func SQLite(t testing.TB, path string) string {
	t.Helper()
	file, err := migratedFile()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return "sqlite:" + path
}

// migratedFile is a SQLite database as the migrations leave it: they run once in a test process, each test has a copy.
var migratedFile = sync.OnceValues(func() (_ []byte, err error) {
	dir, err := os.MkdirTemp("", "heavyset-sqlite-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "migrated.db")
	if err := migrate("sqlite:" + path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// migrate runs the migrations on an empty database.
func migrate(url string) (err error) {
	keys, err := keyring()
	if err != nil {
		return err
	}
	s, err := store.Open(context.Background(), store.Options{URL: url, Keys: keys, Now: func() time.Time { return time.Unix(0, 0) }})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return s.Migrate(context.Background())
}

// Engines are the names of the engines.
var engines = []string{"sqlite", "postgres"}

// Each runs a test on a fresh database of each engine. jobs says what follows from facts; nil: nothing.
func Each(t *testing.T, now func() time.Time, jobs *job.Table, test func(t *testing.T, s *store.Store)) {
	t.Helper()
	for _, e := range engines {
		t.Run(e, func(t *testing.T) {
			t.Parallel()
			test(t, Open(t, URLs(t, e), now, jobs))
		})
	}
}

// Open opens and migrates a database and closes it after the test.
func Open(t testing.TB, url string, now func() time.Time, jobs *job.Table) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{URL: url, Keys: Keys(t), Jobs: jobs, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}
