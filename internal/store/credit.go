package store

import (
	"context"
	"database/sql"
	"time"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store/db"
)

// keepUsage is how long it is kept what calls cost, and how readings went.
const keepUsage = 8 * 24 * time.Hour

// AddUsage adds to what was counted for each hour and purpose.
func (s *Store) AddUsage(ctx context.Context, o org.ID, c connection.ConfigID, list []connection.Usage) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		for _, u := range list {
			if err := q.AddUsage(ctx, db.AddUsageParams{
				OrgID: string(o), ConfigID: string(c), Hour: ms(u.Hour), Purpose: string(u.Purpose), Calls: int64(u.Calls), Credits: int64(u.Credits),
				OverCredits: int64(u.Over.Credits), OverConcurrency: int64(u.Over.Concurrency), OverRate: int64(u.Over.Rate), OverTokens: int64(u.Over.Tokens),
				Refused: int64(u.Refused), Failed: int64(u.Failed), Remaining: int64(u.Remaining), RemainingAt: ms(u.RemainingAt),
			}); err != nil {
				return err
			}
		}
		return nil
	})
}

// Usage lists what calls cost from the hour of since on.
func (s *Store) Usage(ctx context.Context, o org.ID, c connection.ConfigID, since time.Time) ([]connection.Usage, error) {
	rows, err := s.qr.Usage(ctx, db.UsageParams{OrgID: string(o), ConfigID: string(c), SinceMs: ms(since.Truncate(time.Hour))})
	if err != nil {
		return nil, s.explain(err)
	}
	out := make([]connection.Usage, len(rows))
	for i, r := range rows {
		out[i] = connection.Usage{
			Hour: at(r.Hour), Purpose: connection.Purpose(r.Purpose), Calls: int(r.Calls), Credits: int(r.Credits), Refused: int(r.Refused), Failed: int(r.Failed),
			Over:      connection.Over{Credits: int(r.OverCredits), Concurrency: int(r.OverConcurrency), Rate: int(r.OverRate), Tokens: int(r.OverTokens)},
			Remaining: int(r.Remaining), RemainingAt: at(r.RemainingAt),
		}
	}
	return out, nil
}
