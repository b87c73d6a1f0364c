package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Rights says in plain words what this process may not do with its database although the platform has to; "" when it may
// all. It changes nothing.
func (s *Store) Rights(ctx context.Context) (lacks string, err error) {
	if s.path != "" {
		return s.writable(ctx)
	}
	err = s.w.QueryRowContext(ctx, `
SELECT CASE
  WHEN NOT has_schema_privilege(current_schema(), 'CREATE') THEN 'create tables, which the next upgrade does'
  ELSE coalesce('read, change and alter all of the tables ' || string_agg(c.relname, ', ' ORDER BY c.relname), '')
END
FROM pg_class c
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
  AND NOT (has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE')
    AND pg_has_role(c.relowner, 'MEMBER'))`).Scan(&lacks)
	if err != nil {
		return "", fmt.Errorf("ask for the role's rights: %w", s.explain(err))
	}
	return lacks, nil
}

// writable tries a write that changes no row. A database that somebody else writes to for long is no lack of rights.
func (s *Store) writable(ctx context.Context) (string, error) {
	tx, err := s.w.BeginTx(ctx, nil)
	if err == nil {
		_, err = tx.ExecContext(ctx, "DELETE FROM nodes WHERE id = ''")
		if undone := tx.Rollback(); !errors.Is(undone, sql.ErrTxDone) {
			err = errors.Join(err, undone)
		}
	}
	switch {
	case err == nil:
		return "", nil
	case readOnly(err):
		return "write to the file and its folder", nil
	}
	return "", fmt.Errorf("try to write: %w", s.explain(err))
}

// readOnly: the extended codes keep the plain one in their last byte.
func readOnly(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && (e.Code()&0xff == sqlite3.SQLITE_READONLY || e.Code()&0xff == sqlite3.SQLITE_PERM || e.Code()&0xff == sqlite3.SQLITE_CANTOPEN)
}
