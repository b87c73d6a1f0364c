package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/quarantine"
	"heavyset.tech/platform/internal/store/db"
	"heavyset.tech/platform/internal/webhook"
)

// Beat says that a node lives.
func (s *Store) Beat(ctx context.Context, node string, now time.Time) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		return q.Beat(ctx, db.BeatParams{ID: node, BeatAt: ms(now)})
	})
}

// OtherBeats reads the last beat of every node but self.
func (s *Store) OtherBeats(ctx context.Context, self string) (map[string]time.Time, error) {
	rows, err := s.qr.OtherNodes(ctx, self)
	if err != nil {
		return nil, s.explain(err)
	}
	out := make(map[string]time.Time, len(rows))
	for _, r := range rows {
		out[r.ID] = at(r.BeatAt)
	}
	return out, nil
}

// Bury makes the running jobs of a node available again and frees its leases on customers, unless it has beaten since
// the beat that was its last.
func (s *Store) Bury(ctx context.Context, node string, last time.Time) (int, error) {
	revived := 0
	err := s.tx(ctx, func(ctx context.Context, tx *sql.Tx, q *db.Queries) error {
		revived = 0
		gone, err := q.DeleteNode(ctx, db.DeleteNodeParams{ID: node, BeatAt: ms(last)})
		if err != nil || gone == 0 {
			return err
		}
		n, err := s.engine.revive(ctx, tx, node)
		if err != nil {
			return fmt.Errorf("take over the jobs of %s: %w", node, err)
		}
		revived = int(n)
		return q.ReleaseNode(ctx, node+"/%")
	})
	return revived, err
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

// Sweep removes what has had its time: ended holds, kept answers, consents that nobody finished, old failures,
// sessions, links of mails, and attempts to write to the CRM of long ago with what they wrote.
func (s *Store) Sweep(ctx context.Context, now time.Time) error {
	steps := []func(context.Context, *db.Queries) (int64, error){
		func(ctx context.Context, q *db.Queries) (int64, error) {
			return q.DeleteExpiredHolds(ctx, ms(now.Add(-time.Hour)))
		},
		func(ctx context.Context, q *db.Queries) (int64, error) {
			return q.DeleteAnswers(ctx, ms(now.Add(-keepAnswers)))
		},
		func(ctx context.Context, q *db.Queries) (int64, error) {
			return q.DeleteCalls(ctx, ms(now.Add(-keepAnswers)))
		},
		func(ctx context.Context, q *db.Queries) (int64, error) { return q.DeleteAttempts(ctx, ms(now)) },
		func(ctx context.Context, q *db.Queries) (int64, error) {
			return q.DeleteFailures(ctx, ms(now.Add(-24*time.Hour)))
		},
		func(ctx context.Context, q *db.Queries) (int64, error) { return q.DeleteSessions(ctx, ms(now)) },
		func(ctx context.Context, q *db.Queries) (int64, error) {
			return q.DeleteUserSessions(ctx, ms(now.Add(-auth.SessionLife)))
		},
		func(ctx context.Context, q *db.Queries) (int64, error) { return q.DeleteMailLinks(ctx, ms(now)) },
		func(ctx context.Context, q *db.Queries) (int64, error) { return q.DeleteChallenges(ctx, ms(now)) },
		func(ctx context.Context, q *db.Queries) (int64, error) {
			return q.DeleteValues(ctx, ms(now.Add(-keepValues)))
		},
		func(ctx context.Context, q *db.Queries) (int64, error) {
			return q.DeleteOldAttempts(ctx, ms(now.Add(-keepValues)))
		},
		func(ctx context.Context, q *db.Queries) (int64, error) {
			return q.DeleteConnectionEvents(ctx, db.DeleteConnectionEventsParams{Kind: string(connection.EventRenewed), BeforeMs: ms(now.Add(-keepRenewed))})
		},
		func(ctx context.Context, q *db.Queries) (int64, error) {
			return q.DeleteSuspects(ctx, ms(now.Add(-quarantine.KeepFor)))
		},
		func(ctx context.Context, q *db.Queries) (int64, error) { return q.DeleteUsedProofs(ctx, ms(now)) },
		func(ctx context.Context, q *db.Queries) (int64, error) {
			return q.DeleteDryRuns(ctx, ms(now.Add(-keepDryRuns)))
		},
		func(ctx context.Context, q *db.Queries) (int64, error) {
			return q.DeleteLeftForms(ctx, ms(now.Add(-lead.KeepLeftFor)))
		},
		func(ctx context.Context, q *db.Queries) (int64, error) {
			return q.DeleteOldWebhookAttempts(ctx, ms(now.Add(-webhook.KeepFor)))
		},
		func(ctx context.Context, q *db.Queries) (int64, error) {
			return q.DeleteOldWebhookMessages(ctx, ms(now.Add(-webhook.KeepFor)))
		},
		func(ctx context.Context, q *db.Queries) (int64, error) {
			return q.DeleteOldWebhookEvents(ctx, ms(now.Add(-webhook.KeepFor)))
		},
		func(ctx context.Context, q *db.Queries) (int64, error) {
			return q.DeleteUsage(ctx, ms(now.Add(-keepUsage)))
		},
		func(ctx context.Context, q *db.Queries) (int64, error) {
			return q.DeleteSourceHours(ctx, ms(now.Add(-keepUsage)))
		},
		func(ctx context.Context, q *db.Queries) (int64, error) { return sweepVisits(ctx, q, now) },
		func(ctx context.Context, q *db.Queries) (int64, error) { return sweepWaitlist(ctx, q, now) },
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
