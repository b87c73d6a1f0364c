package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/passport"
	"heavyset.tech/platform/internal/store/db"
)

// KeepPassport keeps a passport and forgets the config's that are older than before.
func (s *Store) KeepPassport(ctx context.Context, o org.ID, r passport.Run, before time.Time) error {
	doc, err := json.Marshal(r.Passport)
	if err != nil {
		return err
	}
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		if err := q.DeletePassports(ctx, db.DeletePassportsParams{OrgID: string(o), ConfigID: string(r.Config), BeforeMs: ms(before)}); err != nil {
			return err
		}
		return q.InsertPassport(ctx, db.InsertPassportParams{
			OrgID: string(o), ConfigID: string(r.Config), ID: r.ID, At: ms(r.At), Nightly: bit(r.Nightly), TakenBy: r.By, Document: string(doc),
		})
	})
}

// Passport reads one that was kept.
func (s *Store) Passport(ctx context.Context, o org.ID, c connection.ConfigID, id string) (passport.Run, error) {
	r, err := s.qr.Passport(ctx, db.PassportParams{OrgID: string(o), ConfigID: string(c), ID: id})
	if err != nil {
		return passport.Run{}, missing(s.explain(err), fault.New(fault.NotFound, "There is no such Setup Passport."))
	}
	return passportOf(r)
}

// Passports reads the newest of a config, the newest first.
func (s *Store) Passports(ctx context.Context, o org.ID, c connection.ConfigID, limit int) ([]passport.Run, error) {
	rows, err := s.qr.Passports(ctx, db.PassportsParams{OrgID: string(o), ConfigID: string(c), N: int32(pageSize(limit))})
	if err != nil {
		return nil, s.explain(err)
	}
	out := make([]passport.Run, len(rows))
	for i, r := range rows {
		if out[i], err = passportOf(r); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// LastNight reads the newest that was taken at night; false when none was.
func (s *Store) LastNight(ctx context.Context, o org.ID, c connection.ConfigID) (passport.Run, bool, error) {
	r, err := s.qr.LastNight(ctx, db.LastNightParams{OrgID: string(o), ConfigID: string(c)})
	if errors.Is(err, sql.ErrNoRows) {
		return passport.Run{}, false, nil
	}
	if err != nil {
		return passport.Run{}, false, s.explain(err)
	}
	run, err := passportOf(r)
	return run, true, err
}

func passportOf(r db.Passport) (passport.Run, error) {
	run := passport.Run{ID: r.ID, Nightly: r.Nightly != 0, By: r.TakenBy}
	if err := json.Unmarshal([]byte(r.Document), &run.Passport); err != nil {
		return run, fmt.Errorf("passport %s: %w", r.ID, err)
	}
	return run, nil
}

// Nights reads every config with when its newest nightly passport was taken.
func (s *Store) Nights(ctx context.Context) ([]passport.Night, error) {
	rows, err := s.qr.Nights(ctx)
	if err != nil {
		return nil, s.explain(err)
	}
	out := make([]passport.Night, len(rows))
	for i, r := range rows {
		out[i] = passport.Night{
			Org: org.ID(r.OrgID), Config: connection.ConfigID(r.ID), Zone: org.Organization{Timezone: r.Timezone}.Location(), Created: at(r.CreatedAt), Taken: at(r.TakenAt),
		}
	}
	return out, nil
}

// PassportDue states that a config's passport of the night is to be taken.
func (s *Store) PassportDue(ctx context.Context, _ org.ID, f passport.Due) error {
	return s.tx(ctx, func(ctx context.Context, tx *sql.Tx, _ *db.Queries) error { return s.follow(ctx, tx, f) })
}
