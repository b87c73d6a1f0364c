package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
)

// SQLite chooses by which index to read from statistics that it would have to be asked to collect, and without any it takes
// an organization's rows for ten: a query then reads all of them because that saves a sort. So it is told once what every
// table is like when it is large, and chooses the same in each installation from the first day on. PostgreSQL collects
// its own.
const (
	rowsTold = 100_000 // of each table
	rowsOf   = 2_000   // of one organization
)

// planFor tells SQLite's planner what to expect of every index of ours.
func planFor(ctx context.Context, tx *sql.Tx) error {
	// Collecting for one small table makes the table of statistics.
	if _, err := tx.ExecContext(ctx, `ANALYZE organizations`); err != nil {
		return err
	}
	for _, table := range []string{"sqlite_stat1", "sqlite_stat4"} {
		if _, err := tx.ExecContext(ctx, `DELETE FROM `+table); err != nil {
			return err
		}
	}
	rows, err := tx.QueryContext(ctx, `SELECT m.name, l.name, l."unique", i.name FROM sqlite_schema m, pragma_index_list(m.name) l, pragma_index_info(l.name) i
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE 'river_%' ORDER BY m.name, l.name, i.seqno`)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	type index struct {
		table, name string
		unique      bool
		columns     []string
	}
	var all []index
	for rows.Next() {
		var v index
		var column sql.NullString
		if err := rows.Scan(&v.table, &v.name, &v.unique, &column); err != nil {
			return err
		}
		if n := len(all); n == 0 || all[n-1].name != v.name {
			all = append(all, v)
		}
		last := &all[len(all)-1]
		last.columns = append(last.columns, column.String)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, v := range all {
		if _, err := tx.ExecContext(ctx, `INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ($1, $2, $3)`, v.table, v.name, told(v.columns, v.unique)); err != nil {
			return err
		}
	}
	return nil
}

// told writes how many rows one value of the first column has, of the first two, and so on.
func told(columns []string, unique bool) string {
	out := []string{strconv.Itoa(rowsTold)}
	n := 10
	if columns[0] == "org_id" {
		n = rowsOf
	}
	for i := range columns {
		if i > 0 {
			n = max(n/200, 2)
		}
		if unique && i == len(columns)-1 {
			n = 1
		}
		out = append(out, strconv.Itoa(n))
	}
	return strings.Join(out, " ")
}

// plan makes the planner of a SQLite database know what to expect.
func (sqliteEngine) plan(ctx context.Context, w *sql.DB) error {
	tx, err := w.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if err := planFor(ctx, tx); err != nil {
		return fmt.Errorf("tell the planner of the indexes: %w", err)
	}
	return tx.Commit()
}

func (postgresEngine) plan(context.Context, *sql.DB) error { return nil }
