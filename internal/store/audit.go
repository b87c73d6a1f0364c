package store

import (
	"context"
	"database/sql"
	"time"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store/db"
)

// keepUses is how long it is kept that secrets were used by themselves: a connection does so every hour.
const keepUses = 60 * 24 * time.Hour

// AddAudit keeps an event. Of uses of secrets the old ones go as the new ones come.
func (s *Store) AddAudit(ctx context.Context, o org.ID, e audit.Event) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		if e.Area == audit.Secrets {
			if err := q.DeleteAuditBefore(ctx, db.DeleteAuditBeforeParams{OrgID: string(o), Area: string(e.Area), BeforeMs: ms(e.At.Add(-keepUses))}); err != nil {
				return err
			}
		}
		return insertAudit(ctx, q, o, e)
	})
}

func insertAudit(ctx context.Context, q *db.Queries, o org.ID, e audit.Event) error {
	return q.InsertAudit(ctx, db.InsertAuditParams{
		OrgID: string(o), ID: string(e.ID), At: ms(e.At), Area: string(e.Area), Act: e.Act, Who: e.Who, WhoID: e.WhoID,
		Subject: e.Subject, Detail: e.Detail, Address: e.Address,
	})
}

// AuditEvents reads a page, newest first.
func (s *Store) AuditEvents(ctx context.Context, o org.ID, f audit.Filter) ([]audit.Event, string, error) {
	before := ""
	if f.After != "" {
		c, err := readCursor(f.After, "aud")
		if err != nil || c.id == "" {
			return nil, "", fault.OfField("cursor", "is not one that a list gave.")
		}
		before = c.id
	}
	limit := pageSize(f.Limit)
	rows, err := s.qr.AuditPage(ctx, db.AuditPageParams{OrgID: string(o), BeforeID: before, Area: string(f.Area), Without: string(f.Without), Who: f.Who, N: int32(limit + 1)})
	if err != nil {
		return nil, "", s.explain(err)
	}
	next := ""
	if len(rows) > limit {
		rows = rows[:limit]
		next = cursor{rows[limit-1].At, rows[limit-1].ID}.String()
	}
	out := make([]audit.Event, len(rows))
	for i, r := range rows {
		out[i] = audit.Event{
			ID: audit.ID(r.ID), At: at(r.At), By: audit.By{Who: r.Who, WhoID: r.WhoID, Address: r.Address}, Area: audit.Area(r.Area),
			Act: r.Act, Subject: r.Subject, Detail: r.Detail,
		}
	}
	return out, next, nil
}
