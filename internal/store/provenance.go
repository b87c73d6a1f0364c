package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/mapping"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/store/db"
	"heavyset.tech/platform/internal/trace"
)

// keepValues is how long it is kept what was written to the CRM.
const keepValues = 183 * 24 * time.Hour

// The sealed columns of crm_values.
const (
	sealBefore = "before"
	sealAfter  = "after"
)

// insertAttempt keeps an attempt with what it wrote.
func (s *Store) insertAttempt(ctx context.Context, q *db.Queries, o org.ID, a crmsync.Attempt) error {
	err := q.InsertSyncAttempt(ctx, db.InsertSyncAttemptParams{
		OrgID: string(o), ID: string(a.ID), ConfigID: string(a.Config), At: ms(a.At), State: string(a.State), Kind: a.Kind,
		AppointmentID: string(a.Appointment), LeadID: string(a.Lead), CustomerID: string(a.Customer), Module: a.Module, RecordID: a.Record,
		Request: a.Request, Answer: a.Answer, Error: a.Error, Code: a.Code, TookMs: a.Took.Milliseconds(), Cause: trace.Words(ctx),
	})
	if err != nil || len(a.Wrote) == 0 {
		return err
	}
	v := a.Wrote[0] // all of one attempt are of one record
	turn, err := q.NextTurn(ctx, db.NextTurnParams{OrgID: string(o), ConfigID: string(v.Config), Module: v.Module, RecordID: v.Record})
	if err != nil {
		return err
	}
	for _, v := range a.Wrote {
		v.Attempt, v.Turn = a.ID, turn
		if err := s.insertValue(ctx, q, o, v); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) insertValue(ctx context.Context, q *db.Queries, o org.ID, v crmsync.Value) error {
	before, err1 := s.sealValue(o, v.ID, sealBefore, v.Before)
	after, err2 := s.sealValue(o, v.ID, sealAfter, v.After)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	return q.InsertValue(ctx, db.InsertValueParams{
		OrgID: string(o), ID: string(v.ID), ConfigID: string(v.Config), AttemptID: string(v.Attempt), At: ms(v.At), Turn: v.Turn, Role: string(v.Role),
		Module: v.Module, RecordID: v.Record, Field: v.Field, Made: bit(v.Made), Sure: bit(v.Sure), BeforeSealed: before, AfterSealed: after,
		HeavyKey: v.Key, Policy: string(v.Policy), Settings: v.Settings, UndoID: string(v.Undo),
		CustomerID: string(v.Customer), AppointmentID: string(v.Appointment), LeadID: string(v.Lead),
	})
}

func (s *Store) sealValue(o org.ID, id crmsync.ValueID, column string, v any) (string, error) {
	b, err := crm.PackValue(v)
	if err != nil {
		return "", fmt.Errorf("keep a value: %w", err)
	}
	return s.keys.Seal(secret.NewString(string(b)), string(o), "crm_values", column, string(id)), nil
}

func (s *Store) value(r db.CrmValue) (crmsync.Value, error) {
	v := crmsync.Value{
		ID: crmsync.ValueID(r.ID), Config: connection.ConfigID(r.ConfigID), Attempt: crmsync.AttemptID(r.AttemptID), At: at(r.At), Turn: r.Turn,
		Role: crm.Role(r.Role), Module: r.Module, Record: r.RecordID, Field: r.Field, Made: r.Made != 0, Sure: r.Sure != 0,
		Key: r.HeavyKey, Policy: mapping.Policy(r.Policy), Settings: r.Settings, Undo: crmsync.UndoID(r.UndoID),
		Customer: lead.CustomerID(r.CustomerID), Appointment: booking.AppointmentID(r.AppointmentID), Lead: lead.ID(r.LeadID),
	}
	open := func(sealed, column string) (any, error) {
		t, err := s.keys.Open(sealed, r.OrgID, "crm_values", column, r.ID)
		if err != nil {
			return nil, err
		}
		return crm.UnpackValue([]byte(t.Reveal()))
	}
	var err1, err2 error
	v.Before, err1 = open(r.BeforeSealed, sealBefore)
	v.After, err2 = open(r.AfterSealed, sealAfter)
	if err := errors.Join(err1, err2); err != nil {
		return v, fmt.Errorf("value %s: %w", r.ID, err)
	}
	return v, nil
}

func (s *Store) values(rows []db.CrmValue, err error) ([]crmsync.Value, error) {
	if err != nil {
		return nil, s.explain(err)
	}
	out := make([]crmsync.Value, len(rows))
	for i, r := range rows {
		if out[i], err = s.value(r); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// ValuesOf reads what was written to a record of the CRM, the oldest first.
func (s *Store) ValuesOf(ctx context.Context, o org.ID, c connection.ConfigID, module, record string) ([]crmsync.Value, error) {
	return s.values(s.qr.ValuesOfRecord(ctx, db.ValuesOfRecordParams{OrgID: string(o), ConfigID: string(c), Module: module, RecordID: record}))
}

// ValuesIn reads what an attempt wrote, or the newest that was written for an appointment or a lead, the oldest first.
func (s *Store) ValuesIn(ctx context.Context, o org.ID, a crmsync.AttemptID, r crmsync.Ref, limit int) ([]crmsync.Value, error) {
	var rows []db.CrmValue
	var err error
	n := int32(limit)
	switch {
	case a != "":
		rows, err = s.qr.ValuesOfAttempt(ctx, db.ValuesOfAttemptParams{OrgID: string(o), AttemptID: string(a), N: n})
	case r.Appointment != "":
		rows, err = s.qr.ValuesOfAppointment(ctx, db.ValuesOfAppointmentParams{OrgID: string(o), AppointmentID: string(r.Appointment), N: n})
	default:
		rows, err = s.qr.ValuesOfLead(ctx, db.ValuesOfLeadParams{OrgID: string(o), LeadID: string(r.Lead), N: n})
	}
	slices.Reverse(rows)
	return s.values(rows, err)
}

// RecordsIn reads which records a scope takes in.
func (s *Store) RecordsIn(ctx context.Context, o org.ID, c connection.ConfigID, sc crmsync.Scope, limit int) ([]crmsync.UndoRecord, error) {
	var out []crmsync.UndoRecord
	n := int32(limit)
	add := func(module, record string) {
		if !slices.ContainsFunc(out, func(r crmsync.UndoRecord) bool { return r.Module == module && r.Record == record }) {
			out = append(out, crmsync.UndoRecord{Number: int64(len(out)), Module: module, Record: record, State: crmsync.UndoWaits})
		}
	}
	switch {
	case sc.Attempt != "":
		rows, err := s.qr.RecordsOfAttempt(ctx, db.RecordsOfAttemptParams{OrgID: string(o), ConfigID: string(c), AttemptID: string(sc.Attempt), N: n})
		if err != nil {
			return nil, s.explain(err)
		}
		for _, r := range rows {
			add(r.Module, r.RecordID)
		}
	case sc.Appointment != "":
		rows, err := s.qr.RecordsOfAppointment(ctx, db.RecordsOfAppointmentParams{OrgID: string(o), ConfigID: string(c), AppointmentID: string(sc.Appointment), N: n})
		if err != nil {
			return nil, s.explain(err)
		}
		for _, r := range rows {
			add(r.Module, r.RecordID)
		}
	default:
		rows, err := s.qr.RecordsOfSpan(ctx, db.RecordsOfSpanParams{OrgID: string(o), ConfigID: string(c), FromMs: ms(sc.From), ToMs: ms(sc.To), N: n})
		if err != nil {
			return nil, s.explain(err)
		}
		for _, r := range rows {
			add(r.Module, r.RecordID)
		}
	}
	return out, nil
}

// VisitRecords reads which records in the CRM stand for a customer's appointments.
func (s *Store) VisitRecords(ctx context.Context, o org.ID, c connection.ConfigID, id lead.CustomerID) ([]string, error) {
	list, err := s.qr.VisitRecords(ctx, db.VisitRecordsParams{OrgID: string(o), ConfigID: string(c), CustomerID: string(id)})
	return list, s.explain(err)
}

// StartUndo keeps an undo and states UndoAsked.
func (s *Store) StartUndo(ctx context.Context, o org.ID, u crmsync.Undo) error {
	return s.tx(ctx, func(ctx context.Context, tx *sql.Tx, q *db.Queries) error {
		err := q.InsertUndo(ctx, db.InsertUndoParams{
			OrgID: string(o), ID: string(u.ID), ConfigID: string(u.Config), AttemptID: string(u.Scope.Attempt), AppointmentID: string(u.Scope.Appointment),
			FromAt: ms(u.Scope.From), ToAt: ms(u.Scope.To), Deletions: bit(u.Deletions), AskedBy: u.By, AskedAt: ms(u.At),
		})
		if err != nil {
			return err
		}
		for _, r := range u.Records {
			err := q.InsertUndoRecord(ctx, db.InsertUndoRecordParams{
				OrgID: string(o), UndoID: string(u.ID), Number: r.Number, Module: r.Module, RecordID: r.Record, State: string(r.State),
			})
			if err != nil {
				return err
			}
		}
		return s.follow(ctx, tx, crmsync.UndoAsked{Org: o, Undo: u.ID})
	})
}

// Undo reads an undo with its records.
func (s *Store) Undo(ctx context.Context, o org.ID, id crmsync.UndoID) (crmsync.Undo, error) {
	r, err := s.qr.UndoByID(ctx, db.UndoByIDParams{OrgID: string(o), ID: string(id)})
	if err != nil {
		return crmsync.Undo{}, s.explain(err)
	}
	rows, err := s.qr.UndoRecords(ctx, db.UndoRecordsParams{OrgID: string(o), UndoID: string(id)})
	if err != nil {
		return crmsync.Undo{}, s.explain(err)
	}
	u := crmsync.Undo{
		ID: id, Config: connection.ConfigID(r.ConfigID), Deletions: r.Deletions != 0, By: r.AskedBy, At: at(r.AskedAt),
		Scope: crmsync.Scope{Attempt: crmsync.AttemptID(r.AttemptID), Appointment: booking.AppointmentID(r.AppointmentID), From: at(r.FromAt), To: at(r.ToAt)},
	}
	for _, x := range rows {
		u.Records = append(u.Records, crmsync.UndoRecord{
			Number: x.Number, Module: x.Module, Record: x.RecordID, State: crmsync.UndoState(x.State), Restored: x.Restored, Refused: x.Refused,
			Deleted: x.Deleted != 0, Words: x.Words,
		})
	}
	return u, nil
}

// ExpectSight keeps what an appointment's record is about to show.
func (s *Store) ExpectSight(ctx context.Context, o org.ID, c connection.ConfigID, module, record string, v crmsync.Sight) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		return q.ExpectSight(ctx, db.ExpectSightParams{OrgID: string(o), ConfigID: string(c), Module: module, RecordID: record, Sending: sightDoc(&v)})
	})
}

// SettleUndo keeps what became of a record of an undo, with the attempt.
func (s *Store) SettleUndo(ctx context.Context, o org.ID, id crmsync.UndoID, r crmsync.UndoRecord, a *crmsync.Attempt, gone bool, shows *crmsync.Sight) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		if a != nil {
			if err := s.insertAttempt(ctx, q, o, *a); err != nil {
				return err
			}
		}
		u, err := q.UndoByID(ctx, db.UndoByIDParams{OrgID: string(o), ID: string(id)})
		if err != nil {
			return err
		}
		if shows != nil {
			err := q.SetSight(ctx, db.SetSightParams{OrgID: string(o), ConfigID: u.ConfigID, Module: r.Module, RecordID: r.Record, Sight: sightDoc(shows), Sending: sightDoc(nil)})
			if err != nil {
				return err
			}
		}
		if gone {
			err := q.DeleteLinksTo(ctx, db.DeleteLinksToParams{OrgID: string(o), ConfigID: u.ConfigID, Module: r.Module, RecordID: r.Record})
			if err != nil {
				return err
			}
		}
		return q.SettleUndoRecord(ctx, db.SettleUndoRecordParams{
			OrgID: string(o), UndoID: string(id), Number: r.Number, State: string(r.State), Restored: r.Restored, Refused: r.Refused, Deleted: bit(r.Deleted), Words: r.Words,
		})
	})
}
