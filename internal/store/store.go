// Package store keeps everything in a database: SQLite by default, PostgreSQL for several nodes.
//
// It satisfies the Store interfaces that the domain packages declare without naming them. One method is one
// transaction: the fact, what it changes and the jobs that follow from it are stored together or not at all. No
// transaction leaves the package and nothing talks to a network inside one. Every method of a client's data takes
// org.ID right after the context.
//
// One query text serves both engines (queries/*.sql, compiled by sqlc into store/db); what differs sits in sqlite.go and
// postgres.go. A decision that must still be true when it is written is made by the caller's function between the lock
// (LockSchedule: one per organization, which also raises the revision that cached views are keyed by) and the write; the
// database refuses overlapping appointments of a rep all the same. Secrets are sealed here and only here.
package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/job"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/store/db"
)

// Store is an open database. Make it with Open.
type Store struct {
	w, r    *sql.DB // r and w are one pool on PostgreSQL
	qw, qr  *db.Queries
	engine  engine
	jobs    *job.Table
	inserts *river.Client[*sql.Tx] // inserts jobs, works none
	keys    *secret.Keyring
	now     func() time.Time
	group   *group // SQLite only
	errs    struct{ away, full, other atomic.Int64 }
	path    string       // of the SQLite file; "" = PostgreSQL
	steps   fs.FS        // the migrations; nil: this binary's
	filled  atomic.Int64 // when a write last failed for lack of room, in milliseconds; 0 = never
	// offerings keeps what Offering read last, by scheduler.
	offerings sync.Map
	between   func(driver.Connector) driver.Connector
	closers   []func() error
}

// engine is what differs between the two databases.
type engine interface {
	name() string
	migrationsDir() string
	taken(err error) bool                                                  // an overlap was refused
	unique(err error) bool                                                 // a key exists already
	full(err error) bool                                                   // there is no room to write
	again(err error) bool                                                  // a deadlock or serialization failure: try the transaction again
	revive(ctx context.Context, tx *sql.Tx, node string) (int64, error)    // running jobs of a dead node become available
	turn(ctx context.Context, w *sql.DB) (release func() error, err error) // waits until no other process migrates
	plan(ctx context.Context, w *sql.DB) error                             // what the planner has to know, after a migration
	driver(w *sql.DB) riverdriver.Driver[*sql.Tx]                          // River's way in
	stats(ctx context.Context, r *sql.DB) (size int64, err error)          // bytes on disk
	since(column string) string                                            // seconds that have passed since an instant of River
	words() map[string]string                                              // what differs in SQL that is put together: see spell
}

// Options of Open.
type Options struct {
	URL  string // sqlite:PATH or postgres://…
	Keys *secret.Keyring
	Jobs *job.Table // what follows from facts; nil: nothing
	Now  func() time.Time
	// Beside opens a SQLite database that another process may serve at the same time: for short commands.
	Beside bool
	// Between puts something between the store and the driver: tests end a process there. nil: nothing.
	Between func(driver.Connector) driver.Connector
}

// Open opens a database and checks that the engine binds $N by number, on which every query relies. It does not migrate.
func Open(ctx context.Context, o Options) (*Store, error) {
	s := &Store{jobs: o.Jobs, keys: o.Keys, now: o.Now, between: o.Between}
	if s.between == nil {
		s.between = func(c driver.Connector) driver.Connector { return c }
	}
	var err error
	switch {
	case strings.HasPrefix(o.URL, "sqlite:"):
		err = s.openSQLite(ctx, strings.TrimPrefix(o.URL, "sqlite:"), o.Beside)
	case strings.HasPrefix(o.URL, "postgres://"), strings.HasPrefix(o.URL, "postgresql://"):
		err = s.openPostgres(ctx, o.URL)
	default:
		return nil, errors.New("the database URL must begin with sqlite: or postgres://")
	}
	if err == nil {
		s.qw, s.qr = db.New(s.w), db.New(s.r)
		err = s.selfCheck(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// selfCheck makes sure that $2, $1 are bound by number and not by order of appearance.
func (s *Store) selfCheck(ctx context.Context) error {
	var a, b int64
	if err := s.w.QueryRowContext(ctx, "SELECT CAST($2 AS BIGINT), CAST($1 AS BIGINT)", 10, 20).Scan(&a, &b); err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	if a != 20 || b != 10 {
		return errors.New("this database driver binds $N by order of appearance; every query would be wrong")
	}
	return nil
}

// ready makes the job inserter; the schema must be current.
func (s *Store) ready() error {
	var err error
	s.inserts, err = river.NewClient(s.engine.driver(s.w), &river.Config{SkipUnknownJobCheck: true, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return fmt.Errorf("set up the jobs: %w", err)
	}
	return nil
}

// Driver gives River's way into the same database.
func (s *Store) Driver() riverdriver.Driver[*sql.Tx] { return s.engine.driver(s.w) }

// Alone reports whether no other process can serve this database at the same time.
func (s *Store) Alone() bool { return s.engine.name() == "sqlite" }

// Engine names the database: sqlite or postgres.
func (s *Store) Engine() string { return s.engine.name() }

// Ping checks that the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.r.PingContext(ctx) }

// Close closes the database.
func (s *Store) Close() error {
	var all []error
	for i := len(s.closers) - 1; i >= 0; i-- {
		all = append(all, s.closers[i]())
	}
	s.closers = nil
	return errors.Join(all...)
}

// txTakes bounds a transaction: inside one only the transaction's own statements run, so a longer wait is a mistake.
const txTakes = 15 * time.Second

// tx runs f in one transaction, again when the database asks for it.
func (s *Store) tx(ctx context.Context, f work) error {
	ctx, cancel := context.WithTimeout(ctx, txTakes)
	defer cancel()
	if s.group != nil {
		return s.explain(s.group.do(ctx, s, f))
	}
	for try := 0; ; try++ {
		err := s.txOnce(ctx, f)
		if err == nil || try == 10 || !s.engine.again(err) {
			return s.explain(err)
		}
	}
}

// inParts does something to each of a list in transactions of some hundred, so that nobody waits long for SQLite's one writer.
func inParts[T any](ctx context.Context, s *Store, list []T, do func(ctx context.Context, q *db.Queries, v T) error) error {
	for part := range slices.Chunk(list, 500) {
		err := s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
			for _, v := range part {
				if err := do(ctx, q, v); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) txOnce(ctx context.Context, f work) error {
	tx, err := s.w.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	if err := f(ctx, tx, s.qw.WithTx(tx)); err != nil {
		return err
	}
	return tx.Commit()
}

// explain turns the database's words into ours.
func (s *Store) explain(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return errNotFound
	case s.engine.taken(err):
		return errTaken
	case away(err):
		s.errs.away.Add(1)
		return errAway.Because(err)
	case s.engine.full(err):
		s.errs.full.Add(1)
		s.filled.Store(ms(s.now()))
		return errFull.Because(err)
	case code(err) == "22021": // character_not_in_repertoire: PostgreSQL takes no NUL and no broken UTF-8, SQLite any
		return fault.Wrap(fault.Invalid, "This holds characters that can't be stored.", err)
	case fault.As(err) == nil && !errors.Is(err, context.Canceled):
		s.errs.other.Add(1)
	}
	return err
}

var (
	errNotFound = fault.New(fault.NotFound, "There is no such thing here.")
	errTaken    = fault.Coded(fault.Conflict, "TAKEN", "This time has just been taken. Please choose another one.")
	errFull     = fault.Later(time.Minute, "Nothing can be stored at the moment. Please try again in a few minutes.")
	errKeyUsed  = fault.Coded(fault.Conflict, "IDEMPOTENCY_KEY", "This Idempotency-Key was used for another request.")
)

// follow inserts the jobs that follow from facts, in the facts' transaction, and the messages to endpoints that hear of them.
func (s *Store) follow(ctx context.Context, tx *sql.Tx, facts ...any) error {
	queued, err := s.publish(ctx, s.qw.WithTx(tx), facts)
	if err != nil {
		return err
	}
	var params []river.InsertManyParams
	for _, f := range append(facts[:len(facts):len(facts)], queued...) {
		p, err := s.jobs.Jobs(ctx, f)
		if err != nil {
			return err
		}
		params = append(params, p...)
	}
	if len(params) == 0 {
		return nil
	}
	if _, err := s.inserts.InsertManyFastTx(ctx, tx, params); err != nil {
		return fmt.Errorf("insert jobs: %w", err)
	}
	return nil
}

// quick is the context of a query that reads one row by its key. On SQLite it is over before anybody could interrupt it,
// and watching for that costs more than the query.
func (s *Store) quick(ctx context.Context) context.Context {
	if s.Alone() {
		return context.WithoutCancel(ctx)
	}
	return ctx
}

func ms(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// named gives ids as they are read the type of what they name.
func named[T ~string](rows []string) []T {
	out := make([]T, len(rows))
	for i, r := range rows {
		out[i] = T(r)
	}
	return out
}

func at(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
