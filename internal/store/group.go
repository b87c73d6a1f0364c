package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"heavyset.tech/platform/internal/store/db"
)

// work is what runs in a transaction. It may run several times and must only change what it returns.
type work func(ctx context.Context, tx *sql.Tx, q *db.Queries) error

// largestGroup bounds how many callers share one commit, so that the first does not wait for ever.
const largestGroup = 64

// group lets callers that write at the same time share one commit. SQLite has one writer, and on most disks waiting for
// the commit to be durable takes longer than everything else: whoever comes while another one is writing is carried along
// in the next transaction, each within a savepoint of its own. PostgreSQL groups commits by itself and does not use this.
type group struct {
	mu      sync.Mutex
	waiting []*call
	led     bool // somebody is writing and takes those who wait along
}

// call is one caller's work and what came of it.
type call struct {
	ctx  context.Context
	f    work
	done chan struct{}
	lead chan struct{} // closed when this caller is to write for those who wait
	err  error
	// panicked is what f panicked with: it goes on in the caller's goroutine.
	panicked any
}

// do runs f, alone or with others, and returns when it is durable or has failed.
func (g *group) do(ctx context.Context, s *Store, f work) error {
	c := &call{ctx: ctx, f: f, done: make(chan struct{}), lead: make(chan struct{})}
	g.mu.Lock()
	g.waiting = append(g.waiting, c)
	lead := !g.led
	g.led = true
	g.mu.Unlock()
	if !lead {
		select {
		case <-c.done:
		case <-c.lead:
			lead = true
		}
	}
	if lead {
		g.lead(s)
	}
	<-c.done
	if c.panicked != nil {
		panic(c.panicked)
	}
	return c.err
}

// lead writes for those who wait, the leader among them, and hands over to the first of those who have come meanwhile:
// were it to write for them too, it could not answer its own caller for as long as others keep coming.
func (g *group) lead(s *Store) {
	g.mu.Lock()
	n := min(len(g.waiting), largestGroup)
	calls := g.waiting[:n:n]
	g.waiting = g.waiting[n:]
	g.mu.Unlock()
	s.commitTogether(calls)
	for _, c := range calls {
		close(c.done)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.waiting) == 0 {
		g.led = false
		return
	}
	close(g.waiting[0].lead)
}

// commitTogether runs calls in one transaction. A call that fails leaves nothing; a commit that fails fails all.
func (s *Store) commitTogether(calls []*call) {
	ctx, cancel := context.WithTimeout(context.Background(), txTakes)
	defer cancel()
	tx, err := s.w.BeginTx(ctx, nil)
	if err != nil {
		fail(calls, err)
		return
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	q := s.qw.WithTx(tx)
	for _, c := range calls {
		if c.err = c.ctx.Err(); c.err != nil {
			continue
		}
		if len(calls) == 1 {
			c.run(tx, q)
			if c.err != nil || c.panicked != nil {
				return
			}
			continue
		}
		if err := c.runWithin(tx, q); err != nil { // the transaction itself is broken
			if s.engine.full(c.err) { // SQLite has rolled it back for want of room, and the savepoint with it: that is why for all
				err = c.err
			}
			fail(calls, err)
			return
		}
	}
	if err := tx.Commit(); err != nil {
		fail(calls, fmt.Errorf("commit: %w", err))
	}
}

func fail(calls []*call, err error) {
	for _, c := range calls {
		c.err = errors.Join(c.err, err)
	}
}

// run runs the caller's work. A caller who leaves in the middle must not interrupt it: SQLite would roll the whole
// transaction back, and with it the others'.
func (c *call) run(tx *sql.Tx, q *db.Queries) {
	defer func() {
		if v := recover(); v != nil {
			c.panicked = v
		}
	}()
	c.err = c.f(context.WithoutCancel(c.ctx), tx, q)
}

// runWithin runs the work within a savepoint; it returns an error only when the savepoint itself fails.
func (c *call) runWithin(tx *sql.Tx, q *db.Queries) error {
	if _, err := tx.Exec("SAVEPOINT caller"); err != nil {
		return err
	}
	c.run(tx, q)
	if c.err != nil || c.panicked != nil {
		if _, err := tx.Exec("ROLLBACK TO caller"); err != nil {
			return err
		}
	}
	_, err := tx.Exec("RELEASE caller")
	return err
}
