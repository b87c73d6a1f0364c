package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/mirror"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store/db"
)

// openConflict keeps what a person has to settle. From then on the record blocks its time too.
func (s *Store) openConflict(ctx context.Context, tx *sql.Tx, q *db.Queries, o org.ID, c connection.ConfigID, v mirror.Conflict) error {
	fresh := id.New("cfl", s.now())
	open, err := q.InsertConflict(ctx, db.InsertConflictParams{
		OrgID: string(o), ID: fresh, ConfigID: string(c), AppointmentID: string(v.Appointment), Kind: string(v.Kind), Module: v.Module, RecordID: v.Record,
		Ours: toJSON(v.Ours), Theirs: toJSON(v.Theirs), Detail: v.Detail, OpenedAt: ms(s.now()),
	})
	if err != nil {
		return err
	}
	if err := q.DisputeMirror(ctx, db.DisputeMirrorParams{OrgID: string(o), ConfigID: string(c), Source: v.Module, RecordID: v.Record}); err != nil {
		return err
	}
	if open != fresh { // told of already
		return nil
	}
	return s.follow(ctx, tx, mirror.Opened{Org: o, Conflict: mirror.ConflictID(fresh)})
}

var errSettled = fault.New(fault.Conflict, "This conflict has been settled already.")

// endConflict keeps how a conflict was ended. What a person let stand as it is goes on blocking both times.
func (s *Store) endConflict(ctx context.Context, q *db.Queries, o org.ID, v mirror.Conflict, how mirror.Settlement) error {
	n, err := q.SettleConflict(ctx, db.SettleConflictParams{OrgID: string(o), ID: string(v.ID), SettledAt: ms(s.now()), SettledBy: how.By, Choice: string(how.Choice)})
	if err != nil {
		return err
	}
	if n == 0 {
		return errSettled
	}
	if how.Choice == mirror.Kept {
		return nil
	}
	return undispute(ctx, q, o, v.Config, v.Module, v.Record)
}

func undispute(ctx context.Context, q *db.Queries, o org.ID, c connection.ConfigID, module, record string) error {
	return q.UndisputeMirror(ctx, db.UndisputeMirrorParams{OrgID: string(o), ConfigID: string(c), Source: module, RecordID: record})
}

// settledShown is how many settled conflicts are listed.
const settledShown = 100

// Conflicts lists the open conflicts, oldest first, and the last that were settled.
func (s *Store) Conflicts(ctx context.Context, o org.ID) (open, settled []mirror.Conflict, err error) {
	rows, err := s.qr.OpenConflicts(ctx, string(o))
	if err != nil {
		return nil, nil, s.explain(err)
	}
	ended, err := s.qr.SettledConflicts(ctx, db.SettledConflictsParams{OrgID: string(o), N: settledShown})
	if err != nil {
		return nil, nil, s.explain(err)
	}
	if open, err = conflicts(rows); err == nil {
		settled, err = conflicts(ended)
	}
	return open, settled, err
}

// ConflictsOf lists an appointment's conflicts, settled ones too, oldest first.
func (s *Store) ConflictsOf(ctx context.Context, o org.ID, a booking.AppointmentID) ([]mirror.Conflict, error) {
	rows, err := s.qr.ConflictsOf(ctx, db.ConflictsOfParams{OrgID: string(o), AppointmentID: string(a)})
	if err != nil {
		return nil, s.explain(err)
	}
	return conflicts(rows)
}

// CountConflicts counts the open conflicts, of appointments and of people.
func (s *Store) CountConflicts(ctx context.Context, o org.ID) (int, error) {
	n, err := s.qr.CountConflicts(ctx, string(o))
	return int(n), s.explain(err)
}

// Conflict reads one; fault.NotFound.
func (s *Store) Conflict(ctx context.Context, o org.ID, id mirror.ConflictID) (mirror.Conflict, error) {
	r, err := s.qr.Conflict(ctx, db.ConflictParams{OrgID: string(o), ID: string(id)})
	if err != nil {
		return mirror.Conflict{}, missing(s.explain(err), fault.New(fault.NotFound, "There is no such conflict."))
	}
	return conflict(r)
}

func conflicts(rows []db.Conflict) ([]mirror.Conflict, error) {
	out := make([]mirror.Conflict, len(rows))
	for i, r := range rows {
		var err error
		if out[i], err = conflict(r); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func conflict(r db.Conflict) (mirror.Conflict, error) {
	v := mirror.Conflict{
		ID: mirror.ConflictID(r.ID), Config: connection.ConfigID(r.ConfigID), Kind: mirror.Kind(r.Kind), Appointment: booking.AppointmentID(r.AppointmentID),
		Module: r.Module, Record: r.RecordID, Detail: r.Detail, Opened: at(r.OpenedAt), Settled: at(r.SettledAt),
		Settlement: mirror.Settlement{Choice: mirror.Choice(r.Choice), By: r.SettledBy},
	}
	err := errors.Join(json.Unmarshal([]byte(r.Ours), &v.Ours), json.Unmarshal([]byte(r.Theirs), &v.Theirs))
	return v, err
}

// SettleConflict ends a conflict and nothing else.
func (s *Store) SettleConflict(ctx context.Context, o org.ID, id mirror.ConflictID, how mirror.Settlement) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		if _, err := q.LockSchedule(ctx, string(o)); err != nil { // what blocks changes by it
			return err
		}
		r, err := q.Conflict(ctx, db.ConflictParams{OrgID: string(o), ID: string(id)})
		if err != nil {
			return err
		}
		v, err := conflict(r)
		if err != nil {
			return err
		}
		return s.endConflict(ctx, q, o, v, how)
	})
}

// Collisions opens and ends the conflicts of appointments whose time something else in the CRM has.
func (s *Store) Collisions(ctx context.Context, o org.ID, c connection.ConfigID, since, now time.Time) error {
	found, err := s.qr.Collisions(ctx, db.CollisionsParams{OrgID: string(o), ConfigID: string(c), SinceMs: ms(since), NowMs: ms(now), Shown: mirror.ShownInCalendars})
	if err != nil {
		return s.explain(err)
	}
	moot, err := s.qr.MootCollisions(ctx, db.MootCollisionsParams{OrgID: string(o), NowMs: ms(now)})
	if err != nil {
		return s.explain(err)
	}
	if len(found)+len(moot) == 0 {
		return nil
	}
	return s.tx(ctx, func(ctx context.Context, tx *sql.Tx, q *db.Queries) error {
		if _, err := q.LockSchedule(ctx, string(o)); err != nil { // a person may be settling them
			return err
		}
		for _, r := range found {
			v := mirror.Conflict{
				Kind: mirror.Collision, Appointment: booking.AppointmentID(r.ID), Module: r.Source, Record: r.RecordID,
				Theirs: crmsync.Sight{Start: at(r.StartsAt), End: at(r.EndsAt)}, Detail: mirror.Collision.Words(),
			}
			a, err := q.Appointment(ctx, db.AppointmentParams{OrgID: string(o), ID: r.ID})
			if err != nil {
				return err
			}
			v.Ours = crmsync.Sight{Start: at(a.StartsAt), End: at(a.EndsAt), Status: booking.Status(a.Status)}
			if told, err := toldOf(ctx, q, o, v); err != nil || told {
				if err != nil {
					return err
				}
				continue
			}
			if err := s.openConflict(ctx, tx, q, o, c, v); err != nil {
				return err
			}
		}
		for _, r := range moot {
			v, err := conflict(r)
			if err != nil {
				return err
			}
			err = s.endConflict(ctx, q, o, v, mirror.Settlement{Choice: mirror.Agreement, By: "HeavySet"})
			if err != nil && !errors.Is(err, errSettled) {
				return err
			}
		}
		return nil
	})
}

// toldOf reports whether a collision is open already with something of the very same time: one meeting may stand in several
// sources.
func toldOf(ctx context.Context, q *db.Queries, o org.ID, v mirror.Conflict) (bool, error) {
	rows, err := q.OpenConflictsOf(ctx, db.OpenConflictsOfParams{OrgID: string(o), AppointmentID: string(v.Appointment)})
	if err != nil {
		return false, err
	}
	open, err := conflicts(rows)
	return slices.ContainsFunc(open, func(k mirror.Conflict) bool {
		return k.Kind == mirror.Collision && k.Record != v.Record && k.Theirs.Start.Equal(v.Theirs.Start) && k.Theirs.End.Equal(v.Theirs.End)
	}), err
}

// Tentative lists appointments that wait to be confirmed.
func (s *Store) Tentative(ctx context.Context, o org.ID, before time.Time) ([]booking.AppointmentID, error) {
	rows, err := s.qr.TentativeBefore(ctx, db.TentativeBeforeParams{OrgID: string(o), BeforeMs: ms(before)})
	if err != nil {
		return nil, s.explain(err)
	}
	return named[booking.AppointmentID](rows), nil
}
