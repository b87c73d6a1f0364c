package store

import (
	"context"
	"time"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/mirror"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store/db"
)

// Gone lists the records that the CRM has deleted, of what of ours they stood for.
func (s *Store) Gone(ctx context.Context, o org.ID, subjects []string) ([]crmsync.Gone, error) {
	var out []crmsync.Gone
	for _, subject := range subjects {
		rows, err := s.qr.GoneOf(ctx, db.GoneOfParams{OrgID: string(o), Subject: subject})
		if err != nil {
			return nil, s.explain(err)
		}
		for _, r := range rows {
			out = append(out, crmsync.Gone{Role: crm.Role(r.Role), Module: r.Module, Record: r.RecordID, Seen: at(r.SeenAt)})
		}
	}
	return out, nil
}

// KeepGone keeps that the CRM has deleted the records of appointments; the first time holds.
func (s *Store) KeepGone(ctx context.Context, o org.ID, c connection.ConfigID, list []mirror.Linked, now time.Time) error {
	return inParts(ctx, s, list, func(ctx context.Context, q *db.Queries, l mirror.Linked) error {
		return q.PutGone(ctx, db.PutGoneParams{
			OrgID: string(o), ConfigID: string(c), Subject: string(l.Appointment), Role: string(crm.RoleAppointment), Module: l.Module, RecordID: l.Record, SeenAt: ms(now),
		})
	})
}

// ForgetGone takes back that records were deleted: the CRM has them again.
func (s *Store) ForgetGone(ctx context.Context, o org.ID, c connection.ConfigID, list []mirror.Linked) error {
	return inParts(ctx, s, list, func(ctx context.Context, q *db.Queries, l mirror.Linked) error {
		return q.DeleteGone(ctx, db.DeleteGoneParams{OrgID: string(o), ConfigID: string(c), Subject: string(l.Appointment), Role: string(crm.RoleAppointment), RecordID: l.Record})
	})
}
