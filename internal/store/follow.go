package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/mirror"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store/db"
)

// Linked lists the appointments that records of a module stand for.
func (s *Store) Linked(ctx context.Context, o org.ID, c connection.ConfigID, module string, from, to time.Time) ([]mirror.Linked, error) {
	rows, err := s.qr.AppointmentLinks(ctx, db.AppointmentLinksParams{OrgID: string(o), ConfigID: string(c), Module: module, FromMs: ms(from), ToMs: ms(to)})
	if err != nil {
		return nil, s.explain(err)
	}
	out := make([]mirror.Linked, len(rows))
	for i, r := range rows {
		if out[i], err = linked(db.AppointmentLinkRow(r)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// LinkedRecord gives the appointment that one record stands for.
func (s *Store) LinkedRecord(ctx context.Context, o org.ID, c connection.ConfigID, module, record string) (mirror.Linked, bool, error) {
	r, err := s.qr.AppointmentLink(ctx, db.AppointmentLinkParams{OrgID: string(o), ConfigID: string(c), Module: module, RecordID: record})
	if errors.Is(err, sql.ErrNoRows) {
		return mirror.Linked{}, false, nil
	}
	if err != nil {
		return mirror.Linked{}, false, s.explain(err)
	}
	l, err := linked(r)
	return l, err == nil, err
}

func linked(r db.AppointmentLinkRow) (mirror.Linked, error) {
	l := mirror.Linked{
		Module: r.Module, Record: r.RecordID, Appointment: booking.AppointmentID(r.Subject), Start: at(r.StartsAt), End: at(r.EndsAt), Rep: r.RepID,
		Status: booking.Status(r.Status), Pending: r.Pushed < r.Revision, Version: r.Sights, Disputed: r.Disputes > 0, Seen: r.SeenAt > 0,
	}
	var err error
	if l.Sight, err = readSight(r.Sight); err == nil {
		l.Sending, err = readSight(r.Sending)
	}
	return l, err
}

func readSight(doc string) (*crmsync.Sight, error) {
	if doc == "" {
		return nil, nil
	}
	var s crmsync.Sight
	if err := json.Unmarshal([]byte(doc), &s); err != nil {
		return nil, fmt.Errorf("read what a record shows: %w", err)
	}
	return &s, nil
}

func sightDoc(s *crmsync.Sight) string {
	if s == nil {
		return ""
	}
	return toJSON(s)
}

// See keeps when the CRM first gave records back, or told of them.
func (s *Store) See(ctx context.Context, o org.ID, c connection.ConfigID, list []mirror.Linked, now time.Time) error {
	return inParts(ctx, s, list, func(ctx context.Context, q *db.Queries, l mirror.Linked) error {
		return q.SeeLink(ctx, db.SeeLinkParams{OrgID: string(o), ConfigID: string(c), Subject: string(l.Appointment), RecordID: l.Record, SeenAt: ms(now)})
	})
}

// Agree keeps sights, each unless it has moved on.
func (s *Store) Agree(ctx context.Context, o org.ID, c connection.ConfigID, list []mirror.Linked) error {
	return inParts(ctx, s, list, func(ctx context.Context, q *db.Queries, l mirror.Linked) error {
		if _, err := q.PutSight(ctx, db.PutSightParams{
			OrgID: string(o), ConfigID: string(c), Subject: string(l.Appointment), Sight: sightDoc(l.Sight), Sending: sightDoc(l.Sending), Sights: l.Version,
		}); err != nil {
			return err
		}
		return undispute(ctx, q, o, c, l.Module, l.Record)
	})
}

// Follow stores what decide makes of an appointment by what its record shows.
func (s *Store) Follow(ctx context.Context, o org.ID, c connection.ConfigID, l mirror.Linked, decide func(mirror.Standing) (mirror.Following, error)) error {
	return s.tx(ctx, func(ctx context.Context, tx *sql.Tx, q *db.Queries) error {
		if _, err := q.LockSchedule(ctx, string(o)); err != nil {
			return err
		}
		st, err := standing(ctx, q, o, c, l)
		if err != nil {
			return err
		}
		f, err := decide(st)
		if err != nil {
			return err
		}
		return s.keepFollowing(ctx, tx, q, o, c, st, f)
	})
}

// standing reads what following must know, under the lock.
func standing(ctx context.Context, q *db.Queries, o org.ID, c connection.ConfigID, l mirror.Linked) (mirror.Standing, error) {
	row, err := q.Appointment(ctx, db.AppointmentParams{OrgID: string(o), ID: string(l.Appointment)})
	if err != nil {
		return mirror.Standing{}, err
	}
	a, err := appointment(row)
	if err != nil {
		return mirror.Standing{}, err
	}
	k, err := q.SightOf(ctx, db.SightOfParams{OrgID: string(o), ConfigID: string(c), Subject: string(l.Appointment)})
	if errors.Is(err, sql.ErrNoRows) || err == nil && k.Sights != l.Version {
		return mirror.Standing{}, mirror.ErrMoved
	}
	if err != nil {
		return mirror.Standing{}, err
	}
	l.Pending, l.Start, l.End, l.Rep, l.Status = row.Pushed < row.Revision, a.Start, a.End, a.Rep, a.Status
	open, err := q.OpenConflictsOf(ctx, db.OpenConflictsOfParams{OrgID: string(o), AppointmentID: string(a.ID)})
	if err != nil {
		return mirror.Standing{}, err
	}
	st := mirror.Standing{Appointment: a, Linked: l}
	for _, r := range open {
		v, err := conflict(r)
		if err != nil {
			return st, err
		}
		st.Conflicts = append(st.Conflicts, v)
	}
	return st, nil
}

// keepFollowing stores a decision. What came from the CRM need not be written there.
func (s *Store) keepFollowing(ctx context.Context, tx *sql.Tx, q *db.Queries, o org.ID, c connection.ConfigID, st mirror.Standing, f mirror.Following) error {
	if f.Sight != nil {
		if _, err := q.PutSight(ctx, db.PutSightParams{
			OrgID: string(o), ConfigID: string(c), Subject: string(st.Appointment.ID), Sight: sightDoc(f.Sight), Sights: st.Version,
		}); err != nil {
			return err
		}
	}
	if f.Open != nil {
		if err := s.openConflict(ctx, tx, q, o, c, *f.Open); err != nil {
			return err
		}
	}
	if f.Settle.Choice != "" {
		for _, v := range st.Conflicts {
			if v.Kind == mirror.Collision { // with another record
				continue
			}
			if err := s.endConflict(ctx, q, o, v, f.Settle); err != nil {
				return err
			}
		}
	}
	var facts []any
	if a := f.Change.Appointment; f.Change.Fact != nil {
		if err := updateAppointment(ctx, q, o, a); err != nil {
			return err
		}
		if err := q.SettleAppointment(ctx, db.SettleAppointmentParams{OrgID: string(o), ID: string(a.ID), Pushed: a.Revision}); err != nil {
			return err
		}
		if err := insertEvent(ctx, q, o, a, f.Change.Event); err != nil {
			return err
		}
		if err := undispute(ctx, q, o, c, st.Module, st.Record); err != nil {
			return err
		}
		facts = append(facts, f.Change.Fact)
	}
	if f.Anew {
		if err := q.DeleteLink(ctx, db.DeleteLinkParams{OrgID: string(o), ConfigID: string(c), Role: string(crm.RoleAppointment), Subject: string(st.Appointment.ID)}); err != nil {
			return err
		}
	}
	if f.Write {
		a := st.Appointment
		if err := q.SettleAppointment(ctx, db.SettleAppointmentParams{OrgID: string(o), ID: string(a.ID), Pushed: a.Revision - 1}); err != nil {
			return err
		}
		facts = append(facts, crmsync.Due{Org: o, Appointment: st.Appointment.ID})
	}
	return s.follow(ctx, tx, facts...)
}
