package store_test

import (
	"database/sql"
	"net/url"
	"strings"
	"testing"

	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
)

// TestRights: of a role that owns its database nothing is missing; what another one lacks is said, and asking changes nothing.
func TestRights(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		if lacks, err := s.Rights(t.Context()); err != nil || lacks != "" {
			t.Errorf("the owner lacks %q, %v", lacks, err)
		}
	})
	address := storetest.URLs(t, "postgres")
	db, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	role := "reader_" + strings.Trim(u.Path, "/")
	for _, q := range []string{"CREATE ROLE " + role + " LOGIN PASSWORD 'x'", "GRANT SELECT ON ALL TABLES IN SCHEMA public TO " + role} {
		if _, err := db.ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	u.User = url.UserPassword(role, "x")
	ask := func(want string) {
		t.Helper()
		s, err := store.Open(t.Context(), store.Options{URL: u.String(), Keys: storetest.Keys(t), Now: clock, Beside: true})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		if lacks, err := s.Rights(t.Context()); err != nil || !strings.HasPrefix(lacks, want) {
			t.Errorf("a role that only reads lacks %q, %v", lacks, err)
		}
	}
	ask("create tables")
	if _, err := db.ExecContext(t.Context(), "GRANT CREATE ON SCHEMA public TO "+role); err != nil {
		t.Fatal(err)
	}
	ask("read, change and alter all of the tables ")
}
