package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"syscall"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

type sqliteEngine struct{}

// ErrInUse says that another process serves this SQLite file.
var ErrInUse = errors.New("another heavyset process is using this database file; stop it first, or use PostgreSQL to run several")

// openSQLite opens one writing and four reading connections. WAL with synchronous=FULL: a commit that returned survives
// a power cut. What is deleted is overwritten.
func (s *Store) openSQLite(ctx context.Context, path string, beside bool) error {
	s.engine, s.group, s.path = sqliteEngine{}, &group{}, path
	if path == "" {
		return errors.New("the database URL sqlite: needs the path of a file")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make the database's folder: %w", err)
	}
	if !beside {
		if err := s.lockFile(path + ".lock"); err != nil {
			return err
		}
	}
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "secure_delete(1)"}}
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() + "?"
	var err error
	if s.w, err = s.openParsing(dsn + q.Encode()); err != nil {
		return err
	}
	s.closers = append(s.closers, s.w.Close)
	s.w.SetMaxOpenConns(1)
	if err := s.w.PingContext(ctx); err != nil { // creates the file before the readers look for it
		return fmt.Errorf("open the database file: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return fmt.Errorf("protect the database file: %w", err)
	}
	q.Set("_txlock", "deferred")
	q.Add("_pragma", "query_only(1)")
	if s.r, err = s.openParsing(dsn + q.Encode()); err != nil {
		return err
	}
	s.r.SetMaxOpenConns(4)
	s.r.SetMaxIdleConns(4)
	s.closers = append(s.closers, s.r.Close)
	return nil
}

func (s *Store) openParsing(dsn string) (*sql.DB, error) {
	c, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(s.between(parsing{c})), nil
}

// lockFile keeps a second serving process away for as long as this one lives; the kernel frees the lock with it.
func (s *Store) lockFile(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("lock the database: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return ErrInUse
	}
	s.closers = append(s.closers, f.Close)
	return nil
}

func (sqliteEngine) name() string          { return "sqlite" }
func (sqliteEngine) migrationsDir() string { return "migrations/sqlite" }
func (sqliteEngine) again(error) bool      { return false } // one writer: nothing to collide with

func (sqliteEngine) taken(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code() == sqlite3.SQLITE_CONSTRAINT_TRIGGER
}

func (sqliteEngine) full(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code() == sqlite3.SQLITE_FULL
}

func (sqliteEngine) unique(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && (e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
}

// turn need not wait: a second serving process is refused before.
func (sqliteEngine) turn(context.Context, *sql.DB) (func() error, error) {
	return func() error { return nil }, nil
}

func (sqliteEngine) driver(w *sql.DB) riverdriver.Driver[*sql.Tx] { return riversqlite.New(w) }

func (sqliteEngine) revive(ctx context.Context, tx *sql.Tx, node string) (int64, error) {
	res, err := tx.ExecContext(ctx, `UPDATE river_job SET state = 'available' WHERE state = 'running'
		AND json_extract(attempted_by, '$[#-1]') = $1`, node)
	if err != nil {
		return 0, err
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM river_leader WHERE leader_id = $1`, node); err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (sqliteEngine) stats(ctx context.Context, r *sql.DB) (int64, error) {
	var pages, size int64
	if err := r.QueryRowContext(ctx, "PRAGMA page_count").Scan(&pages); err != nil {
		return 0, err
	}
	err := r.QueryRowContext(ctx, "PRAGMA page_size").Scan(&size)
	return pages * size, err
}

func (sqliteEngine) words() map[string]string {
	return map[string]string{
		"instr": "instr", "list": "(SELECT value FROM json_each(?))", "args": "json(args)", "errors": "json(errors)",
		"columns": "SELECT t.name, c.name, c.type FROM pragma_table_list t JOIN pragma_table_info(t.name) c WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite_%' ORDER BY t.name, c.cid",
	}
}

func (sqliteEngine) since(column string) string {
	return "CAST((julianday('now') - julianday(" + column + ")) * 86400 AS REAL)"
}
