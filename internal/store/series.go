package store

import (
	"context"
	"time"

	"heavyset.tech/platform/internal/mirror"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store/db"
)

// occurrences gives the times that repeating records take in a range besides what is in rows: a record that has been read at the
// time of an occurrence is that occurrence.
func occurrences(ctx context.Context, q *db.Queries, o org.ID, from, to time.Time, rows []db.MirrorBlocksRow) ([]db.MirrorBlocksRow, error) {
	series, err := q.MirrorSeries(ctx, string(o))
	if err != nil || len(series) == 0 {
		return nil, err
	}
	organization, err := q.OrganizationByID(ctx, string(o))
	if err != nil {
		return nil, err
	}
	taken := map[busyTime]bool{}
	for _, r := range rows {
		taken[busyTime{r.RepID, r.StartsAt, r.EndsAt}] = true
	}
	var out []db.MirrorBlocksRow
	for _, s := range series {
		zone, ok := org.Zone(s.Timezone)
		if !ok || s.Timezone == "" {
			zone, _ = org.Zone(organization.Timezone)
		}
		if zone == nil {
			zone = time.UTC
		}
		row := mirror.Row{Start: at(s.StartsAt), End: at(s.EndsAt), AllDay: s.AllDay != 0, Rule: mirror.Rule(s.Rule)}
		for _, start := range row.Occurrences(from, to, zone) {
			next := db.MirrorBlocksRow{
				Source: s.Source, RecordID: s.RecordID, StartsAt: ms(start), EndsAt: ms(start) + s.EndsAt - s.StartsAt, AllDay: s.AllDay, RepID: s.RepID, Timezone: s.Timezone,
			}
			if key := (busyTime{next.RepID, next.StartsAt, next.EndsAt}); !taken[key] {
				taken[key] = true
				out = append(out, next)
			}
		}
	}
	return out, nil
}
