// Package storetest gives any test a fresh, migrated database, on either engine.
//
// Each runs a test on SQLite and on a real PostgreSQL, so that no store method is true on one alone. The PostgreSQL is
// the machine's own, started once per test process with fsync off and thrown away; a machine without one fails.
package storetest

import (
	"encoding/base64"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/job"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/store"
)

// Keys gives a keyring for tests.
func Keys(t testing.TB) *secret.Keyring {
	t.Helper()
	k, err := secret.ParseKeyring("test:" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32))))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// URLs gives a fresh database of each engine, by the engine's name.
func URLs(t testing.TB, engine string) string {
	t.Helper()
	if engine == "postgres" {
		return Postgres(t)
	}
	return "sqlite:" + filepath.Join(t.TempDir(), "test.db")
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
