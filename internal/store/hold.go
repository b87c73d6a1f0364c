package store

import (
	"context"
	"database/sql"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store/db"
)

// HoldSlot stores the hold that decide returns.
func (s *Store) HoldSlot(ctx context.Context, o org.ID, q booking.Question, decide func(booking.Situation) (booking.Hold, error)) (booking.Hold, error) {
	var out booking.Hold
	err := s.tx(ctx, func(ctx context.Context, _ *sql.Tx, qs *db.Queries) error {
		if err := take(ctx, qs, o, q); err != nil {
			return err
		}
		sit, err := situation(ctx, qs, o, q)
		if err != nil {
			return err
		}
		if out, err = decide(sit); err != nil {
			return err
		}
		return insertHold(ctx, qs, o, out)
	})
	return out, err
}

func insertHold(ctx context.Context, q *db.Queries, o org.ID, h booking.Hold) error {
	return q.InsertHold(ctx, db.InsertHoldParams{
		OrgID: string(o), ID: string(h.ID), ServiceID: h.Service, RepID: h.Rep, StartsAt: ms(h.Start), EndsAt: ms(h.End),
		ExpiresAt: ms(h.Expires), Holder: h.Holder, CreatedAt: ms(h.Created), Choice: choiceDoc(&h.Choice),
	})
}

// Hold reads a hold that has not been used; it may have ended.
func (s *Store) Hold(ctx context.Context, o org.ID, id booking.HoldID) (booking.Hold, error) {
	r, err := s.qr.Hold(ctx, db.HoldParams{OrgID: string(o), ID: string(id)})
	if err != nil {
		return booking.Hold{}, s.explain(err)
	}
	return booking.Hold{
		ID: booking.HoldID(r.ID), Service: r.ServiceID, Rep: r.RepID, Start: at(r.StartsAt), End: at(r.EndsAt),
		Expires: at(r.ExpiresAt), Holder: r.Holder, Created: at(r.CreatedAt),
	}, nil
}

// ReleaseHold ends a hold; one that is gone is no error.
func (s *Store) ReleaseHold(ctx context.Context, o org.ID, id booking.HoldID) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		if _, err := q.LockSchedule(ctx, string(o)); err != nil {
			return err
		}
		_, err := q.DeleteHold(ctx, db.DeleteHoldParams{OrgID: string(o), ID: string(id)})
		return err
	})
}
