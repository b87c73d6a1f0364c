package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"heavyset.tech/platform/internal/store/db"
)

// Beat says that a node lives.
func (s *Store) Beat(ctx context.Context, node string, now time.Time) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		return q.Beat(ctx, db.BeatParams{ID: node, BeatAt: ms(now)})
	})
}

// Bury makes the running jobs of every node that has not beaten since the deadline available again and frees its leases
// on customers.
func (s *Store) Bury(ctx context.Context, deadline time.Time, self string) (int, error) {
	dead, err := s.qr.DeadNodes(ctx, db.DeadNodesParams{Deadline: ms(deadline), Self: self})
	if err != nil || len(dead) == 0 {
		return 0, s.explain(err)
	}
	total := 0
	for _, node := range dead {
		err := s.tx(ctx, func(ctx context.Context, tx *sql.Tx, q *db.Queries) error {
			n, err := s.engine.revive(ctx, tx, node)
			if err != nil {
				return fmt.Errorf("take over the jobs of %s: %w", node, err)
			}
			total += int(n)
			if err := q.ReleaseNode(ctx, node+"/%"); err != nil {
				return err
			}
			return q.DeleteNode(ctx, node)
		})
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

// JobCount is how many jobs of a kind are in a state.
type JobCount struct {
	Kind, State string
	N           int64
}

// JobCounts counts jobs for the metrics. A job that waits for another attempt counts as retryable, whether River calls
// it that or scheduled; periodic jobs that wait for their time are not in the table at all.
func (s *Store) JobCounts(ctx context.Context) ([]JobCount, error) {
	rows, err := s.r.QueryContext(ctx, `SELECT kind, CASE state WHEN 'scheduled' THEN 'retryable' ELSE CAST(state AS TEXT) END AS st, count(*)
		FROM river_job WHERE state IN ('available', 'running', 'retryable', 'scheduled', 'discarded', 'cancelled') GROUP BY kind, st ORDER BY kind, st`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var out []JobCount
	for rows.Next() {
		var c JobCount
		if err := rows.Scan(&c.Kind, &c.State, &c.N); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, rows.Err()
}

// Sweep removes what has had its time: ended holds, kept answers, consents that nobody finished, old failures and
// sessions.
func (s *Store) Sweep(ctx context.Context, now time.Time) error {
	steps := []func(context.Context, *db.Queries) (int64, error){
		func(ctx context.Context, q *db.Queries) (int64, error) {
			return q.DeleteExpiredHolds(ctx, ms(now.Add(-time.Hour)))
		},
		func(ctx context.Context, q *db.Queries) (int64, error) {
			return q.DeleteAnswers(ctx, ms(now.Add(-keepAnswers)))
		},
		func(ctx context.Context, q *db.Queries) (int64, error) { return q.DeleteAttempts(ctx, ms(now)) },
		func(ctx context.Context, q *db.Queries) (int64, error) {
			return q.DeleteFailures(ctx, ms(now.Add(-24*time.Hour)))
		},
		func(ctx context.Context, q *db.Queries) (int64, error) { return q.DeleteSessions(ctx, ms(now)) },
	}
	for _, step := range steps {
		err := s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
			_, err := step(ctx, q)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
