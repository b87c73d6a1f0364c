package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"

	"heavyset.tech/platform/internal/fault"
)

// pgConns is how many connections one node takes; a second pool of one listens for jobs.
const pgConns = 20

type postgresEngine struct{ listen *pgxpool.Pool }

func (s *Store) openPostgres(ctx context.Context, url string) error {
	conf, err := pgx.ParseConfig(url)
	if err != nil {
		return errors.New("the database URL is not one that PostgreSQL understands") // its own error shows the password
	}
	s.w = sql.OpenDB(s.between(reaching{stdlib.GetConnector(*conf)}))
	s.w.SetMaxOpenConns(pgConns)
	s.w.SetMaxIdleConns(pgConns)
	s.r = s.w
	s.closers = append(s.closers, s.w.Close)
	pool, err := pgxpool.ParseConfig(url)
	if err != nil {
		return errors.New("the database URL is not one that PostgreSQL understands")
	}
	pool.MaxConns = 1
	listen, err := pgxpool.NewWithConfig(ctx, pool)
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	s.closers = append(s.closers, func() error { listen.Close(); return nil })
	s.engine = postgresEngine{listen}
	return nil
}

// reaching says of a database that can't be reached that it is for a while: every query that needs another connection
// gets to hear it.
type reaching struct{ driver.Connector }

// Connect opens a connection.
func (r reaching) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := r.Connector.Connect(ctx)
	if err != nil && ctx.Err() == nil {
		err = errAway.Because(err)
	}
	return c, err
}

// Refused says in the server's own words why it lets nobody in with this address, whoever asks again; "" for any other error.
func Refused(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) && slices.Contains([]string{"28000", "28P01", "3D000"}, e.Code) { // role, password, database
		return e.Message
	}
	return ""
}

var errAway = fault.Later(5*time.Second, "The database does not answer at the moment. Please try again in a few seconds.")

func (postgresEngine) name() string          { return "postgres" }
func (postgresEngine) migrationsDir() string { return "migrations/postgres" }

func code(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// away reports whether a query failed because the database went away under it: it shuts down or starts (57P01 to 57P03),
// or the connection broke, also before anything was sent on it.
func away(err error) bool {
	var n *net.OpError
	return strings.HasPrefix(code(err), "57P0") || errors.As(err, &n) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, driver.ErrBadConn) ||
		pgconn.SafeToRetry(err) && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}

func (postgresEngine) taken(err error) bool  { return code(err) == "23P01" } // exclusion_violation
func (postgresEngine) full(err error) bool   { return code(err) == "53100" } // disk_full
func (postgresEngine) unique(err error) bool { return code(err) == "23505" } // unique_violation
func (postgresEngine) again(err error) bool { // serialization_failure, deadlock_detected
	return code(err) == "40001" || code(err) == "40P01"
}

// turnKey is the advisory lock of whoever migrates, turnEvery how often the others try to get it.
const (
	turnKey   int64 = 0x6865617679736574
	turnEvery       = 100 * time.Millisecond
)

// turn takes a lock of the session: it goes with its connection when the process dies. It asks again and again, because
// a statement that waits for a lock would itself hold up an index that is built concurrently.
func (postgresEngine) turn(ctx context.Context, w *sql.DB) (func() error, error) {
	c, err := w.Conn(ctx)
	if err != nil {
		return nil, err
	}
	tick := time.NewTicker(turnEvery)
	defer tick.Stop()
	for {
		var mine bool
		if err := c.QueryRowContext(ctx, "SELECT pg_try_advisory_lock($1)", turnKey).Scan(&mine); err != nil {
			return nil, errors.Join(err, c.Close())
		}
		if mine {
			break
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), c.Close())
		case <-tick.C:
		}
	}
	return func() error {
		_, err := c.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", turnKey)
		return errors.Join(err, c.Close())
	}, nil
}

func (e postgresEngine) driver(w *sql.DB) riverdriver.Driver[*sql.Tx] {
	return riverdatabasesql.NewWithPgxListener(w, e.listen)
}

func (postgresEngine) revive(ctx context.Context, tx *sql.Tx, node string) (int64, error) {
	res, err := tx.ExecContext(ctx, `UPDATE river_job SET state = 'available' WHERE state = 'running'
		AND attempted_by[array_upper(attempted_by, 1)] = $1`, node)
	if err != nil {
		return 0, err
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM river_leader WHERE leader_id = $1`, node); err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (postgresEngine) stats(ctx context.Context, r *sql.DB) (int64, error) {
	var size int64
	err := r.QueryRowContext(ctx, "SELECT pg_database_size(current_database())").Scan(&size)
	return size, err
}

func (postgresEngine) words() map[string]string {
	return map[string]string{
		"instr": "strpos", "list": "(SELECT json_array_elements_text(CAST(CAST(? AS TEXT) AS JSON)) AS value)", "args": "CAST(args AS TEXT)", "errors": "CAST(errors AS TEXT)",
		"columns": "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position",
	}
}

func (postgresEngine) since(column string) string {
	return "CAST(EXTRACT(EPOCH FROM now() - " + column + ") AS DOUBLE PRECISION)"
}
