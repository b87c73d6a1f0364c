package storetest

import (
	"context"
	"database/sql/driver"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// ErrDead is what everything fails with that a process tries after its end.
var ErrDead = errors.New("the process has died")

// Life is the life of a process as its database sees it. It may end between any two steps: after each commit, each statement
// that writes without a transaction, and each call to the outside (Around). After its end nothing of it reaches the database
// or the outside any more. The zero value lives for ever.
type Life struct {
	mu       sync.Mutex
	last     int // the step at which it ends; 0: at none
	counting bool
	done     int
	dead     bool
}

// Begin counts the steps from now on.
func (l *Life) Begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counting = true
}

// Enough lets a life that has come through go on for ever.
func (l *Life) Enough() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counting = false
}

// step is one: ErrDead at the last and after it.
func (l *Life) step() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.counting {
		l.done++
		l.dead = l.dead || l.done == l.last
	}
	if l.dead {
		return ErrDead
	}
	return nil
}

// Around makes a call to the outside, which is a step: the dead make none, and who dies after it does not hear what came of it.
func (l *Life) Around(call func() error) error {
	if l.Dead() {
		return ErrDead
	}
	err := call()
	return errors.Join(err, l.step())
}

// Dead reports whether it has ended.
func (l *Life) Dead() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dead
}

// Between is for store.Options.
func (l *Life) Between(c driver.Connector) driver.Connector { return living{c, l} }

// Left gives the URL of the database as a process that dies now leaves it: a copy of a SQLite's files, the log among them, as
// nobody has closed them.
func Left(t testing.TB, url string) string {
	t.Helper()
	path, is := strings.CutPrefix(url, "sqlite:")
	if !is {
		return url
	}
	to := filepath.Join(t.TempDir(), "left.db")
	for _, end := range []string{"", "-wal"} {
		b, err := os.ReadFile(path + end)
		if err == nil {
			err = os.WriteFile(to+end, b, 0o600)
		}
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	return "sqlite:" + to
}

// living is a connector whose connections serve one life.
type living struct {
	driver.Connector
	life *Life
}

// Connect opens a connection.
func (c living) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &lived{mortal: conn.(mortal), life: c.life}, nil
}

// mortal is what the connections of both drivers can do.
type mortal interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
}

// lived is a connection of one life. Like every driver connection it is used by one goroutine at a time.
type lived struct {
	mortal
	life *Life
	in   bool // a transaction
}

// IsValid is the driver's word on whether the connection can be used again.
func (c *lived) IsValid() bool {
	v, is := c.mortal.(driver.Validator)
	return !is || v.IsValid()
}

// CheckNamedValue is how the driver takes a value.
func (c *lived) CheckNamedValue(v *driver.NamedValue) error {
	if n, is := c.mortal.(driver.NamedValueChecker); is {
		return n.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

// BeginTx begins a transaction.
func (c *lived) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	if c.life.Dead() {
		return nil, ErrDead
	}
	tx, err := c.mortal.BeginTx(ctx, o)
	if err != nil {
		return nil, err
	}
	c.in = true
	return &livedTx{tx, c}, nil
}

// ExecContext runs a statement.
func (c *lived) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	return stepping(c, text, func() (driver.Result, error) { return c.mortal.ExecContext(ctx, text, args) })
}

// QueryContext runs a query.
func (c *lived) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	return stepping(c, text, func() (driver.Rows, error) { return c.mortal.QueryContext(ctx, text, args) })
}

// stepping runs a statement, which is a step if it writes by itself.
func stepping[T any](c *lived, text string, run func() (T, error)) (out T, err error) {
	if c.life.Dead() {
		return out, ErrDead
	}
	if c.in || reads(text) {
		return run()
	}
	err = c.life.Around(func() (err error) {
		out, err = run()
		return err
	})
	return out, err
}

// reads reports whether a statement writes nothing: sqlc puts its name above it.
func reads(text string) bool {
	for strings.HasPrefix(text, "--") {
		_, text, _ = strings.Cut(text, "\n")
	}
	return strings.HasPrefix(strings.ToUpper(strings.TrimSpace(text)), "SELECT")
}

// livedTx is a transaction of one life.
type livedTx struct {
	driver.Tx
	c *lived
}

// Commit is a step. The dead do nothing.
func (t *livedTx) Commit() error {
	t.c.in = false
	if t.c.life.Dead() {
		return errors.Join(ErrDead, t.Tx.Rollback())
	}
	return errors.Join(t.Tx.Commit(), t.c.life.step())
}

// Rollback takes it back.
func (t *livedTx) Rollback() error {
	t.c.in = false
	return t.Tx.Rollback()
}
