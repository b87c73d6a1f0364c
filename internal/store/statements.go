package store

import (
	"context"
	"database/sql/driver"
)

// maxStatements bounds the parsed statements that one SQLite connection keeps; we and River have some 250 texts.
const maxStatements = 500

// parsing is a SQLite connector whose connections parse each parameterised text once and keep it. PostgreSQL's driver
// does that by itself; parsing took a fifth of the time of a booking.
type parsing struct{ driver.Connector }

// Connect opens a connection.
func (p parsing) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := p.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &parsed{raw: c.(rawConn), kept: map[string]*statement{}}, nil
}

// rawConn is what the driver's connections can do, all of which a parsed one passes on.
type rawConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// parsed is a connection that keeps its parsed statements. Like every driver connection it is used by one goroutine at a
// time.
type parsed struct {
	raw  rawConn
	kept map[string]*statement
}

// statement is a kept one; busy while its rows are read.
type statement struct {
	driver.Stmt
	busy bool
}

// take gives the statement of a text if it is free; nil: let the connection parse.
func (c *parsed) take(ctx context.Context, text string, args []driver.NamedValue) (*statement, error) {
	if len(args) == 0 { // schema changes and scripts: run once
		return nil, nil
	}
	if s := c.kept[text]; s != nil {
		if s.busy {
			return nil, nil
		}
		return s, nil
	}
	if len(c.kept) >= maxStatements {
		return nil, nil
	}
	raw, err := c.raw.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	s := &statement{Stmt: raw}
	c.kept[text] = s
	return s, nil
}

// ExecContext runs a statement.
func (c *parsed) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	s, err := c.take(ctx, text, args)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.raw.ExecContext(ctx, text, args)
	}
	return s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}

// QueryContext runs a query.
func (c *parsed) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.take(ctx, text, args)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.raw.QueryContext(ctx, text, args)
	}
	rows, err := s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	s.busy = true
	return &reading{rows, s}, nil
}

// reading gives its statement back when the rows are closed.
type reading struct {
	driver.Rows
	s *statement
}

// Close ends the reading.
func (r *reading) Close() error {
	r.s.busy = false
	return r.Rows.Close()
}

// Prepare, PrepareContext, Begin, BeginTx, Ping, ResetSession and IsValid are the raw connection's.
func (c *parsed) Prepare(text string) (driver.Stmt, error) { return c.raw.Prepare(text) }

func (c *parsed) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	return c.raw.PrepareContext(ctx, text)
}
func (c *parsed) Begin() (driver.Tx, error) { return c.raw.Begin() } //nolint:staticcheck // part of driver.Conn
func (c *parsed) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	return c.raw.BeginTx(ctx, o)
}
func (c *parsed) Ping(ctx context.Context) error         { return c.raw.Ping(ctx) }
func (c *parsed) ResetSession(ctx context.Context) error { return c.raw.ResetSession(ctx) }
func (c *parsed) IsValid() bool                          { return c.raw.IsValid() }

// Close gives back the statements and the connection.
func (c *parsed) Close() error {
	for _, s := range c.kept {
		_ = s.Stmt.Close() // the connection goes anyway
	}
	c.kept = nil
	return c.raw.Close()
}
