package store

import (
	"context"
	"database/sql"
	"errors"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/store/db"
)

var (
	errNoFactorBegun = fault.New(fault.Conflict, "There is nothing to confirm any more. Please begin again.")
	errNoFactor      = fault.New(fault.Conflict, "There is no second factor.")
)

// factorPlace is what a second factor is sealed for: it belongs to a person, not to an organization.
func factorPlace(u auth.UserID) []string { return []string{"", "user_factors", "secret", string(u)} }

// Factor reads a user's second factor and how many passkeys they have.
func (s *Store) Factor(ctx context.Context, u auth.UserID) (auth.Factor, error) {
	r, err := s.qr.UserFactor(ctx, string(u))
	passkeys, errCount := s.qr.CountPasskeys(ctx, string(u))
	f := auth.Factor{Step: r.Step, Since: at(r.Since), Passkeys: int(passkeys)}
	if errors.Is(err, sql.ErrNoRows) {
		return f, s.explain(errCount)
	}
	if err := errors.Join(err, errCount); err != nil {
		return auth.Factor{}, s.explain(err)
	}
	var err1, err2 error
	f.Secret, err1 = s.keys.Open(r.SecretSealed, factorPlace(u)...)
	f.Pending, err2 = s.keys.Open(r.PendingSealed, factorPlace(u)...)
	n, err3 := s.qr.CountRecoveryCodes(ctx, string(u))
	f.Codes = int(n)
	return f, errors.Join(err1, err2, s.explain(err3))
}

// BeginFactor keeps a secret that the user's app has not proved yet.
func (s *Store) BeginFactor(ctx context.Context, u auth.UserID, pending secret.String) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		return q.PutPendingFactor(ctx, db.PutPendingFactorParams{UserID: string(u), PendingSealed: s.keys.Seal(pending, factorPlace(u)...)})
	})
}

// ConfirmFactor makes the secret that was shown the user's second factor and ends all sessions but keep.
func (s *Store) ConfirmFactor(ctx context.Context, u auth.UserID, f auth.Factor, codes []string, keep auth.SessionID, e audit.Event) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		n, err := q.ConfirmFactor(ctx, db.ConfirmFactorParams{UserID: string(u), SecretSealed: s.keys.Seal(f.Secret, factorPlace(u)...), Step: f.Step, Since: ms(f.Since)})
		if err != nil {
			return err
		}
		if n == 0 {
			return errNoFactorBegun
		}
		if err := putRecoveryCodes(ctx, q, u, codes); err != nil {
			return err
		}
		if _, err := q.DeleteOtherSessions(ctx, db.DeleteOtherSessionsParams{UserID: string(u), Keep: string(keep)}); err != nil {
			return err
		}
		return auditPerson(ctx, q, u, e)
	})
}

func putRecoveryCodes(ctx context.Context, q *db.Queries, u auth.UserID, codes []string) error {
	if err := q.DeleteRecoveryCodes(ctx, string(u)); err != nil {
		return err
	}
	for _, h := range codes {
		if err := q.InsertRecoveryCode(ctx, db.InsertRecoveryCodeParams{UserID: string(u), CodeHash: h}); err != nil {
			return err
		}
	}
	return nil
}

// TakeStep takes the code of a time step, and of all before it, out of use; false when it was taken already.
func (s *Store) TakeStep(ctx context.Context, u auth.UserID, step int64) (ok bool, err error) {
	err = s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		n, err := q.TakeFactorStep(ctx, db.TakeFactorStepParams{UserID: string(u), Step: step})
		ok = n == 1
		return err
	})
	return ok, err
}

// TakeRecoveryCode uses a recovery code up; false when the user has no such one.
func (s *Store) TakeRecoveryCode(ctx context.Context, u auth.UserID, hash string, e audit.Event) (ok bool, err error) {
	err = s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		n, err := q.TakeRecoveryCode(ctx, db.TakeRecoveryCodeParams{UserID: string(u), CodeHash: hash})
		if ok = n == 1; err != nil || !ok {
			return err
		}
		return auditPerson(ctx, q, u, e)
	})
	return ok, err
}

// PutRecoveryCodes puts new recovery codes in the place of the old ones.
func (s *Store) PutRecoveryCodes(ctx context.Context, u auth.UserID, codes []string, e audit.Event) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		if err := putRecoveryCodes(ctx, q, u, codes); err != nil {
			return err
		}
		return auditPerson(ctx, q, u, e)
	})
}

// EndFactor takes a user's second factor away with its recovery codes and ends all sessions but keep.
func (s *Store) EndFactor(ctx context.Context, u auth.UserID, keep auth.SessionID, e audit.Event) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		n, err1 := q.DeleteFactor(ctx, string(u))
		if err1 == nil && n == 0 {
			return errNoFactor
		}
		err2 := q.DeleteRecoveryCodes(ctx, string(u))
		_, err3 := q.DeleteOtherSessions(ctx, db.DeleteOtherSessionsParams{UserID: string(u), Keep: string(keep)})
		return errors.Join(err1, err2, err3, auditPerson(ctx, q, u, e))
	})
}

// SigninRule tells whether an organization's administrators need a second factor.
func (s *Store) SigninRule(ctx context.Context, o org.ID) (bool, error) {
	n, err := s.qr.SigninRule(ctx, string(o))
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return n != 0, s.explain(err)
}

// SetSigninRule stores whether an organization's administrators need a second factor.
func (s *Store) SetSigninRule(ctx context.Context, o org.ID, factor bool, e audit.Event) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		if err := q.PutSigninRule(ctx, db.PutSigninRuleParams{OrgID: string(o), Factor: bit(factor)}); err != nil {
			return err
		}
		return insertAudit(ctx, q, o, e)
	})
}
