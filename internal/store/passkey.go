package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/store/db"
)

var (
	errNoPasskey      = fault.New(fault.NotFound, "There is no such passkey. It may have been removed already.")
	errPasskeyTaken   = fault.New(fault.Conflict, "This passkey belongs to an account already.")
	errNothingToReset = fault.New(fault.Conflict, "There is neither a second factor nor a passkey.")
)

// Passkeys reads a user's passkeys, the oldest first.
func (s *Store) Passkeys(ctx context.Context, u auth.UserID) ([]auth.Passkey, error) {
	rows, err := s.qr.PasskeysOf(ctx, string(u))
	if err != nil {
		return nil, s.explain(err)
	}
	out := make([]auth.Passkey, len(rows))
	for i, r := range rows {
		out[i] = auth.Passkey{
			ID: auth.PasskeyID(r.ID), Credential: r.Credential, Name: r.Name, PublicKey: r.PublicKey, Flags: byte(r.Flags), Count: uint32(r.SignCount),
			Created: at(r.CreatedAt), Used: at(r.UsedAt), Cloned: at(r.ClonedAt),
		}
	}
	return out, nil
}

// AddPasskey stores a passkey of a user.
func (s *Store) AddPasskey(ctx context.Context, u auth.UserID, p auth.Passkey, e audit.Event) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		err := q.InsertPasskey(ctx, db.InsertPasskeyParams{
			UserID: string(u), ID: string(p.ID), Credential: p.Credential, Name: p.Name, PublicKey: p.PublicKey, Flags: int64(p.Flags), SignCount: int64(p.Count), CreatedAt: ms(p.Created),
		})
		if s.engine.unique(err) {
			return errPasskeyTaken
		}
		if err != nil {
			return err
		}
		return auditPerson(ctx, q, u, e)
	})
}

// UsePasskey keeps that a passkey was used, with its counter; false when that has not risen, or the passkey is barred.
func (s *Store) UsePasskey(ctx context.Context, u auth.UserID, p auth.PasskeyID, count uint32, now time.Time) (ok bool, err error) {
	err = s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		n, err := q.UsePasskey(ctx, db.UsePasskeyParams{UserID: string(u), ID: string(p), SignCount: int64(count), UsedAt: ms(now)})
		ok = n == 1
		return err
	})
	return ok, err
}

// BarPasskey keeps that a copy of a passkey was noticed; it is taken no more.
func (s *Store) BarPasskey(ctx context.Context, u auth.UserID, p auth.PasskeyID, now time.Time, e audit.Event) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		if err := q.BarPasskey(ctx, db.BarPasskeyParams{UserID: string(u), ID: string(p), ClonedAt: ms(now)}); err != nil {
			return err
		}
		return auditPerson(ctx, q, u, e)
	})
}

// RemovePasskey takes a passkey away and ends all sessions but keep.
func (s *Store) RemovePasskey(ctx context.Context, u auth.UserID, p auth.PasskeyID, keep auth.SessionID, e audit.Event) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		n, err := q.DeletePasskey(ctx, db.DeletePasskeyParams{UserID: string(u), ID: string(p)})
		if err != nil {
			return err
		}
		if n == 0 {
			return errNoPasskey
		}
		if _, err := q.DeleteOtherSessions(ctx, db.DeleteOtherSessionsParams{UserID: string(u), Keep: string(keep)}); err != nil {
			return err
		}
		return auditPerson(ctx, q, u, e)
	})
}

// ResetFactors takes second factor, recovery codes and passkeys from a user and ends all sessions.
func (s *Store) ResetFactors(ctx context.Context, u auth.UserID, e audit.Event) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		factors, err1 := q.DeleteFactor(ctx, string(u))
		passkeys, err2 := q.DeletePasskeysOf(ctx, string(u))
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		if factors+passkeys == 0 {
			return errNothingToReset
		}
		err1 = q.DeleteRecoveryCodes(ctx, string(u))
		_, err2 = q.DeleteOtherSessions(ctx, db.DeleteOtherSessionsParams{UserID: string(u)})
		return errors.Join(err1, err2, auditPerson(ctx, q, u, e))
	})
}

// AddChallenge keeps what a sign-in that is under way has to answer.
func (s *Store) AddChallenge(ctx context.Context, c auth.Challenge) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		return q.InsertChallenge(ctx, db.InsertChallengeParams{Hash: c.Hash, Purpose: string(c.Purpose), Binding: c.Binding, UserID: string(c.User), ExpiresAt: ms(c.Expires)})
	})
}

// TakeChallenge uses a challenge up; false when there is no such one of this session, purpose and user, or its time is
// over.
func (s *Store) TakeChallenge(ctx context.Context, c auth.Challenge, now time.Time) (ok bool, err error) {
	err = s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		n, err := q.TakeChallenge(ctx, db.TakeChallengeParams{Hash: c.Hash, Purpose: string(c.Purpose), Binding: c.Binding, UserID: string(c.User), NowMs: ms(now)})
		ok = n == 1
		return err
	})
	return ok, err
}
