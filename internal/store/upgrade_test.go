package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/job"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
)

// next is what a release after this one may do to the schema: it adds a column to a table that has rows, fills it, and counts
// how often it has run. There is no release before this one, so the step up is tried with one that is not there yet.
const next = `-- +goose Up
ALTER TABLE organizations ADD COLUMN greeting TEXT NOT NULL DEFAULT '';
UPDATE organizations SET greeting = 'Welcome to ' || name;
CREATE TABLE upgrades (n INTEGER NOT NULL);
INSERT INTO upgrades (n) SELECT count(*) FROM appointments;
`

// broken fails after it has changed something.
const broken = `-- +goose Up
ALTER TABLE organizations ADD COLUMN greeting TEXT NOT NULL DEFAULT '';
UPDATE organizations SET nothing = 1;
`

// TestUpgradeWithData: the next release's nodes start at once on a database of this one: one migrates, all come up, every row
// is there as it was, and jobs that waited still do. A step that fails leaves the schema as it was, so that this release goes
// on. This release refuses what the next has made, in words that say what to do.
func TestUpgradeWithData(t *testing.T) {
	t.Parallel()
	for engine, driver := range map[string]string{"sqlite": "sqlite", "postgres": "pgx"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			url := storetest.URLs(t, engine)
			filled(t, url)
			open := func() *sql.DB {
				db, err := sql.Open(driver, strings.TrimPrefix(url, "sqlite:"))
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = db.Close() })
				return db
			}
			db := open()
			before, schema := rows(t, db, engine), shape(t, db, engine)
			if before["appointments"] == "" || before["river_job"] == "" || before["leads"] == "" {
				t.Fatal("there is too little data: this shows nothing")
			}

			if err := upgrade(t.Context(), t, url, broken); err == nil || !strings.Contains(err.Error(), "migrate the database") {
				t.Errorf("a migration that cannot be: %v", err)
			}
			if after := shape(t, db, engine); after != schema {
				t.Errorf("a migration that failed has changed the schema: %s", after)
			}
			if err := upgrade(t.Context(), t, url); err != nil {
				t.Errorf("this release does not start after it: %v", err)
			}

			var g errgroup.Group
			nodes := map[string]int{"sqlite": 1, "postgres": 5}[engine] // on SQLite a second process is refused
			for range nodes {
				g.Go(func() error { return upgrade(t.Context(), t, url, next) })
			}
			if err := g.Wait(); err != nil {
				t.Fatal(err)
			}
			db = open() // PostgreSQL gives a connection no other columns of a query than it has given before
			after := rows(t, db, engine)
			var times, seen int
			if err := db.QueryRow("SELECT count(*), max(n) FROM upgrades").Scan(&times, &seen); err != nil || times != 1 || seen != 3 {
				t.Errorf("the migration ran %d times and saw %d appointments, %v", times, seen, err)
			}
			for table, was := range before {
				if table == "goose_db_version" {
					continue
				}
				if table == "organizations" {
					was = strings.ReplaceAll(was, "|\n", "|Welcome to Org ridge|\n")
				}
				if after[table] != was {
					t.Errorf("%s was\n%s\nis\n%s", table, was, after[table])
				}
			}

			err := upgrade(t.Context(), t, url)
			if want := fmt.Sprintf("the database has schema %d, this heavyset knows only %d: use the newer heavyset, or restore a backup", store.SchemaVersion()+1, store.SchemaVersion()); err == nil || err.Error() != want {
				t.Errorf("this release on the next one's schema: %v", err)
			}
		})
	}
}

// upgrade starts a release that has these migrations beyond ours, and stops it.
func upgrade(ctx context.Context, t *testing.T, url string, further ...string) (err error) {
	s, err := store.Open(ctx, store.Options{URL: url, Keys: storetest.Keys(t), Now: clock})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	store.Release(s, further...)
	return s.Migrate(ctx)
}

// filled puts an organization with three appointments, their leads and waiting jobs into a database.
func filled(t *testing.T, url string) {
	t.Helper()
	var jobs job.Table
	job.On(&jobs, "booking.booked", "crm", job.Options{}, func(context.Context, booking.Booked) error { return nil })
	s, err := store.Open(t.Context(), store.Options{URL: url, Keys: storetest.Keys(t), Jobs: &jobs, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	organization(t, s, "ridge")
	b := booking.New(s, clock)
	for n := range 3 {
		r := request("ridge", time.Date(2026, 12, 1+n, 15, 0, 0, 0, time.UTC))
		r.Contact.Email = fmt.Sprintf("jo%d@example.com", n)
		if _, err := b.Book(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// rows gives what stands in each table, as text.
func rows(t *testing.T, db *sql.DB, engine string) map[string]string {
	t.Helper()
	query := "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
	if engine == "postgres" {
		query = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
	}
	out := map[string]string{}
	for _, table := range texts(t, db, query) {
		lines := texts(t, db, `SELECT * FROM "`+table+`"`)
		slices.Sort(lines)
		out[table] = strings.Join(lines, "")
	}
	return out
}

// texts reads rows as lines; a row of one column is that column.
func texts(t *testing.T, db *sql.DB, query string) []string {
	t.Helper()
	list, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer list.Close()
	columns, err := list.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for list.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(sql.NullString)
		}
		if err := list.Scan(values...); err != nil {
			t.Fatal(err)
		}
		line := ""
		for _, v := range values {
			line += v.(*sql.NullString).String + "|"
		}
		if len(values) == 1 {
			line = strings.TrimSuffix(line, "|")
		} else {
			line += "\n"
		}
		out = append(out, line)
	}
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}
