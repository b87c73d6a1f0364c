package store_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
)

// TestNodesMigrateAtOnce: nodes that start at the same moment on an empty database all come up, and each migration has
// run once.
func TestNodesMigrateAtOnce(t *testing.T) {
	t.Parallel()
	rounds := 2
	if os.Getenv("HEAVYSET_SOAK") != "" {
		rounds = 20
	}
	for range rounds {
		url := storetest.Postgres(t)
		var g errgroup.Group
		for range 5 {
			g.Go(func() (err error) {
				s, err := store.Open(t.Context(), store.Options{URL: url, Keys: storetest.Keys(t), Now: clock})
				if err != nil {
					return err
				}
				defer func() { err = errors.Join(err, s.Close()) }()
				return s.Migrate(t.Context())
			})
		}
		if err := g.Wait(); err != nil {
			t.Fatal(err)
		}
		var ours, twice int64
		db, err := sql.Open("pgx", url)
		if err != nil {
			t.Fatal(err)
		}
		err = db.QueryRow(`SELECT max(version_id), (SELECT count(*) FROM (SELECT version_id FROM goose_db_version GROUP BY version_id HAVING count(*) > 1) AS x) FROM goose_db_version`).Scan(&ours, &twice)
		if err = errors.Join(err, db.Close()); err != nil || ours != store.SchemaVersion() || twice != 0 {
			t.Fatalf("schema %d, %d migrations ran more than once, %v", ours, twice, err)
		}
	}
}

// TestOlderBinaryRefusesNewerSchema: on either engine a schema that this binary does not know is refused before anything
// is changed, and the newer binary goes on working.
func TestOlderBinaryRefusesNewerSchema(t *testing.T) {
	t.Parallel()
	for engine, driver := range map[string]string{"sqlite": "sqlite", "postgres": "pgx"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			url := storetest.URLs(t, engine)
			newer := storetest.Open(t, url, clock, nil)
			db, err := sql.Open(driver, strings.TrimPrefix(url, "sqlite:"))
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES ($1, $2)", store.SchemaVersion()+1, true); err != nil {
				t.Fatal(err)
			}
			before := shape(t, db, engine)
			older, err := store.Open(t.Context(), store.Options{URL: url, Keys: storetest.Keys(t), Now: clock, Beside: true})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = older.Close() }()
			if err := older.Migrate(t.Context()); err == nil || !strings.Contains(err.Error(), "use the newer heavyset") {
				t.Errorf("a newer schema was not refused: %v", err)
			}
			if after := shape(t, db, engine); after != before {
				t.Errorf("the refusal has changed the schema: %s, before %s", after, before)
			}
			ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
			defer stop()
			if err := newer.Beat(ctx, "node_new", clock()); err != nil {
				t.Errorf("the newer binary beside it: %v", err)
			}
		})
	}
}

// shape lists the tables and columns of a database.
func shape(t *testing.T, db *sql.DB, engine string) string {
	t.Helper()
	query := "SELECT coalesce(group_concat(sql, ';'), '') FROM (SELECT sql FROM sqlite_schema ORDER BY name)"
	if engine == "postgres" {
		query = "SELECT coalesce(string_agg(table_name || '.' || column_name || ' ' || data_type, ';' ORDER BY table_name, column_name), '') FROM information_schema.columns WHERE table_schema = 'public'"
	}
	var s string
	if err := db.QueryRow(query).Scan(&s); err != nil {
		t.Fatal(err)
	}
	return s
}
