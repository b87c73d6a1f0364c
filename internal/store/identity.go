package store

import (
	"context"
	"database/sql"
	"time"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/store/db"
)

var errLinked = fault.New(fault.Conflict, "This account is linked to another single sign-on account already.")

// IdentityOwner gives whom an issuer's subject was linked to.
func (s *Store) IdentityOwner(ctx context.Context, issuer, subject string) (auth.UserID, error) {
	u, err := s.qr.IdentityOwner(ctx, db.IdentityOwnerParams{Issuer: issuer, Subject: subject})
	return auth.UserID(u), s.explain(err)
}

// LinkIdentity links an issuer's subject to a user, whose password that we made is good no more.
func (s *Store) LinkIdentity(ctx context.Context, u auth.UserID, issuer, subject string, now time.Time, e audit.Event) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		err := q.InsertIdentity(ctx, db.InsertIdentityParams{Issuer: issuer, Subject: subject, UserID: string(u), LinkedAt: ms(now)})
		if s.engine.unique(err) {
			return errLinked
		}
		if err != nil {
			return err
		}
		if err := q.DropTemporaryPassword(ctx, string(u)); err != nil {
			return err
		}
		return auditPerson(ctx, q, u, e)
	})
}
