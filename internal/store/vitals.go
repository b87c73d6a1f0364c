package store

import (
	"context"
	"time"
)

// Vitals is what the metrics tell of the whole installation.
type Vitals struct {
	Size        int64              // of the database in bytes
	Nodes       int64              // that work, at most ten seconds ago
	Delay       map[string]float64 // seconds since which the oldest job of a queue could be worked; none waits: not there
	Connections map[string]int64   // to CRMs, by state
	Paused      int64              // connections that are left alone because their CRM does not answer
	CopyAge     time.Duration      // of the oldest copy of a connected CRM that counts for availability
	StaleCopies int64              // organizations whose copy is older than they allow
	// errors of the database since the start of this process: away, no room to write, anything else
	Away, Full, Other int64
}

// Vitals reads them.
func (s *Store) Vitals(ctx context.Context, now time.Time) (v Vitals, err error) {
	v.Away, v.Full, v.Other = s.errs.away.Load(), s.errs.full.Load(), s.errs.other.Load()
	if v.Size, err = s.engine.stats(ctx, s.r); err != nil {
		return v, s.explain(err)
	}
	if v.Nodes, err = s.qr.CountNodes(ctx); err != nil {
		return v, s.explain(err)
	}
	states, err := s.qr.ConnectionStates(ctx, ms(now))
	if err != nil {
		return v, s.explain(err)
	}
	v.Connections = map[string]int64{}
	for _, c := range states {
		v.Connections[c.State] = c.N
		v.Paused += c.Paused
	}
	oldest, err := s.qr.OldestCopy(ctx)
	if err != nil {
		return v, s.explain(err)
	}
	if oldest > 0 {
		v.CopyAge = now.Sub(at(oldest))
	}
	if v.StaleCopies, err = s.qr.StaleCopies(ctx, ms(now)); err != nil {
		return v, s.explain(err)
	}
	v.Delay, err = s.delays(ctx)
	return v, s.explain(err)
}

// delays looks at the jobs whose time has come and that no worker has taken.
func (s *Store) delays(ctx context.Context) (map[string]float64, error) {
	rows, err := s.r.QueryContext(ctx, "SELECT queue, "+s.engine.since("min(scheduled_at)")+" FROM river_job WHERE state = 'available' GROUP BY queue")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	out := map[string]float64{}
	for rows.Next() {
		var queue string
		var seconds float64
		if err := rows.Scan(&queue, &seconds); err != nil {
			return nil, err
		}
		out[queue] = max(seconds, 0)
	}
	return out, rows.Err()
}
