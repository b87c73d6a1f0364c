package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store/db"
)

// AddSession keeps that a user signed in.
func (s *Store) AddSession(ctx context.Context, v auth.Session) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		return errors.Join(
			q.InsertUserSession(ctx, db.InsertUserSessionParams{UserID: string(v.User), ID: string(v.ID), BeganAt: ms(v.Began), Address: v.Address, Browser: v.Browser}),
			q.MarkSignedIn(ctx, db.MarkSignedInParams{ID: string(v.User), At: ms(v.Began)}),
		)
	})
}

// Session reads one of a user.
func (s *Store) Session(ctx context.Context, u auth.UserID, v auth.SessionID) (auth.Session, error) {
	r, err := s.qr.UserSession(ctx, db.UserSessionParams{UserID: string(u), ID: string(v)})
	return auth.Session{ID: v, User: u, Began: at(r.BeganAt), Seen: at(r.SeenAt), Address: r.Address, Browser: r.Browser}, s.explain(err)
}

// TouchSession keeps that a session was used.
func (s *Store) TouchSession(ctx context.Context, u auth.UserID, v auth.SessionID, now time.Time, address string) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		return q.TouchUserSession(ctx, db.TouchUserSessionParams{UserID: string(u), ID: string(v), SeenAt: ms(now), Address: address})
	})
}

// UserSessions reads those of a user that can still be alive, the one used last first.
func (s *Store) UserSessions(ctx context.Context, u auth.UserID, seenAfter, beganAfter time.Time) ([]auth.Session, error) {
	rows, err := s.qr.UserSessions(ctx, db.UserSessionsParams{UserID: string(u), SeenAfter: ms(seenAfter), BeganAfter: ms(beganAfter)})
	if err != nil {
		return nil, s.explain(err)
	}
	out := make([]auth.Session, len(rows))
	for i, r := range rows {
		out[i] = auth.Session{ID: auth.SessionID(r.ID), User: u, Began: at(r.BeganAt), Seen: at(r.SeenAt), Address: r.Address, Browser: r.Browser}
	}
	return out, nil
}

// EndSession ends one.
func (s *Store) EndSession(ctx context.Context, u auth.UserID, v auth.SessionID) (n int64, err error) {
	err = s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		n, err = q.DeleteUserSession(ctx, db.DeleteUserSessionParams{UserID: string(u), ID: string(v)})
		return err
	})
	return n, err
}

// EndSessions ends all of a user but keep.
func (s *Store) EndSessions(ctx context.Context, u auth.UserID, keep auth.SessionID) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		_, err := q.DeleteOtherSessions(ctx, db.DeleteOtherSessionsParams{UserID: string(u), Keep: string(keep)})
		return err
	})
}

// SetPassword stores a new password's hash and ends all sessions.
func (s *Store) SetPassword(ctx context.Context, id auth.UserID, hash string, temporary bool) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		return setPassword(ctx, q, id, hash, temporary, "")
	})
}

// ChangePassword stores a new password's hash and ends all sessions but keep.
func (s *Store) ChangePassword(ctx context.Context, id auth.UserID, hash string, keep auth.SessionID, e audit.Event) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		return errors.Join(setPassword(ctx, q, id, hash, false, keep), auditPerson(ctx, q, id, e))
	})
}

// setPassword also ends what the old password began, and the links to set another one.
func setPassword(ctx context.Context, q *db.Queries, id auth.UserID, hash string, temporary bool, keep auth.SessionID) error {
	if err := q.SetPassword(ctx, db.SetPasswordParams{ID: string(id), PasswordHash: hash, Temporary: bit(temporary)}); err != nil {
		return err
	}
	if _, err := q.DeleteOtherSessions(ctx, db.DeleteOtherSessionsParams{UserID: string(id), Keep: string(keep)}); err != nil {
		return err
	}
	return dropLinks(ctx, q, string(id), auth.ForReset)
}

// auditPerson keeps an event of a person in each of their organizations, or of the platform when they have none.
func auditPerson(ctx context.Context, q *db.Queries, id auth.UserID, e audit.Event) error {
	rows, err := q.MembershipsOf(ctx, string(id))
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return insertAudit(ctx, q, "", e)
	}
	for _, r := range rows {
		if err := insertAudit(ctx, q, org.ID(r.OrgID), e); err != nil {
			return err
		}
	}
	return nil
}

// Disable bars a user from signing in and ends their sessions, or lets them in again.
func (s *Store) Disable(ctx context.Context, id auth.UserID, disabled bool, e audit.Event) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		_, err1 := q.SetDisabled(ctx, db.SetDisabledParams{ID: string(id), Disabled: bit(disabled)})
		_, err2 := q.DeleteOtherSessions(ctx, db.DeleteOtherSessionsParams{UserID: string(id)})
		return errors.Join(err1, err2, auditPerson(ctx, q, id, e))
	})
}

// AddLink keeps a link of a mail.
func (s *Store) AddLink(ctx context.Context, l auth.Link) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		return q.InsertMailLink(ctx, db.InsertMailLinkParams{
			TokenHash: l.Hash, Purpose: string(l.Purpose), OrgID: string(l.Org), Subject: l.Subject, ExpiresAt: ms(l.Expires),
		})
	})
}

// Link reads a link that is still good.
func (s *Store) Link(ctx context.Context, hash string, p auth.Purpose, now time.Time) (auth.Link, error) {
	r, err := s.qr.MailLink(ctx, db.MailLinkParams{TokenHash: hash, Purpose: string(p), NowMs: ms(now)})
	return auth.Link{Hash: hash, Purpose: p, Org: org.ID(r.OrgID), Subject: r.Subject}, s.explain(err)
}

// AskReset counts a wish for a new password, and states the fact unless it is nil.
func (s *Store) AskReset(ctx context.Context, subjects []string, now time.Time, f *auth.ResetAsked) error {
	return s.tx(ctx, func(ctx context.Context, tx *sql.Tx, q *db.Queries) error {
		if err := addFailures(ctx, q, subjects, now); err != nil || f == nil {
			return err
		}
		return s.follow(ctx, tx, *f)
	})
}

// ResetPassword takes a link away, stores a hash for its user and ends all sessions.
func (s *Store) ResetPassword(ctx context.Context, linkHash, hash string, now time.Time, e audit.Event) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		l, err := q.TakeMailLink(ctx, db.TakeMailLinkParams{TokenHash: linkHash, Purpose: string(auth.ForReset), NowMs: ms(now)})
		if err != nil {
			return err
		}
		u := auth.UserID(l.Subject)
		return errors.Join(setPassword(ctx, q, u, hash, false, ""), auditPerson(ctx, q, u, e))
	})
}
