package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/mirror"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store/db"
)

// Collide takes in what stands in the CRM at the time of an appointment.
func (s *Store) Collide(ctx context.Context, o org.ID, c connection.ConfigID, a booking.Appointment, found []mirror.Obstacle, now time.Time) (changed bool, err error) {
	err = s.tx(ctx, func(ctx context.Context, tx *sql.Tx, q *db.Queries) error {
		changed = false
		if _, err := q.LockSchedule(ctx, string(o)); err != nil {
			return err
		}
		row, err := q.Appointment(ctx, db.AppointmentParams{OrgID: string(o), ID: string(a.ID)})
		if err != nil || row.Revision != a.Revision {
			return err
		}
		if found, err = strangers(ctx, q, o, a, found); err != nil {
			return err
		}
		news := false
		for _, x := range found {
			had, err := s.collide(ctx, tx, q, o, c, a, x)
			if err != nil {
				return err
			}
			news = news || had
		}
		if !news {
			return nil
		}
		doubt := booking.Doubt(o, a, now, "found in Zoho just before writing")
		if changed = doubt.Fact != nil; !changed {
			return nil
		}
		if err := updateAppointment(ctx, q, o, doubt.Appointment); err != nil {
			return err
		}
		if err := insertEvent(ctx, q, o, doubt.Appointment, doubt.Event); err != nil {
			return err
		}
		return s.follow(ctx, tx, doubt.Fact)
	})
	return changed, err
}

// strangers leaves out what stands for appointments of ours. A busy time has no name: it is ours where the copy has
// something of ours at the very same time.
func strangers(ctx context.Context, q *db.Queries, o org.ID, a booking.Appointment, found []mirror.Obstacle) ([]mirror.Obstacle, error) {
	busy, err := q.OwnEntries(ctx, db.OwnEntriesParams{OrgID: string(o), FromMs: ms(a.Start), ToMs: ms(a.End), Shown: mirror.ShownInCalendars})
	if err != nil {
		return nil, err
	}
	ours := map[busyTime]int{}
	for _, r := range busy {
		ours[busyTime{r.RepID, r.StartsAt, r.EndsAt}]++
	}
	var out []mirror.Obstacle
	for _, x := range found {
		if key := (busyTime{a.Rep, ms(x.Row.Start), ms(x.Row.End)}); mirror.OfBusy(x.Source) && ours[key] > 0 {
			ours[key]--
			continue
		}
		entry := x.Row.ID
		if mirror.OfCalendar(x.Source) {
			entry = mirror.EntryOf(x.Row.ID)
		}
		n, err := q.StandsForOurs(ctx, db.StandsForOursParams{OrgID: string(o), Module: x.Source, RecordID: entry})
		if err != nil {
			return nil, err
		}
		if n == 0 {
			out = append(out, x)
		}
	}
	return out, nil
}

// collide opens the conflict with one obstacle, unless it was told of before and has not changed since. news: nobody knew of it when
// the appointment was made.
func (s *Store) collide(ctx context.Context, tx *sql.Tx, q *db.Queries, o org.ID, c connection.ConfigID, a booking.Appointment, x mirror.Obstacle) (news bool, err error) {
	before, err := q.ConflictsOf(ctx, db.ConflictsOfParams{OrgID: string(o), AppointmentID: string(a.ID)})
	if err != nil {
		return false, err
	}
	for _, k := range before {
		if k.Kind == string(mirror.Collision) && k.RecordID == x.Row.ID && (k.SettledAt == 0 || k.OpenedAt >= ms(x.Row.Modified)) {
			return false, nil
		}
	}
	have, err := q.MirrorRow(ctx, db.MirrorRowParams{OrgID: string(o), ConfigID: string(c), Source: x.Source, RecordID: x.Row.ID})
	switch {
	case errors.Is(err, sql.ErrNoRows):
		news = x.News(a, nil)
	case err != nil:
		return false, err
	default:
		row := mirrorRow(db.MirrorRowsRow(have))
		news = x.News(a, &row)
	}
	if err := putMirror(ctx, q, o, c, x.Source, x.Row); err != nil {
		return false, err
	}
	v := mirror.Conflict{
		Kind: mirror.Collision, Appointment: a.ID, Module: x.Source, Record: x.Row.ID, Detail: mirror.Collision.Words(),
		Ours: crmsync.Sight{Start: a.Start, End: a.End, Status: a.Status}, Theirs: crmsync.Sight{Start: x.Row.Start, End: x.Row.End},
	}
	if told, err := toldOf(ctx, q, o, v); err != nil || told {
		return news, err
	}
	return news, s.openConflict(ctx, tx, q, o, c, v)
}
