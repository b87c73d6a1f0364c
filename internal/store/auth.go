package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store/db"
)

var errEmailTaken = fault.New(fault.Conflict, "There is a user with this e-mail address already.")

// CreateUser stores a user with their memberships.
func (s *Store) CreateUser(ctx context.Context, u auth.User, memberships []auth.Membership) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		if err := s.insertUser(ctx, q, u); err != nil {
			return err
		}
		for _, m := range memberships {
			if err := q.PutMembership(ctx, db.PutMembershipParams{OrgID: string(m.Org), UserID: string(u.ID), Role: string(m.Role)}); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Store) insertUser(ctx context.Context, q *db.Queries, u auth.User) error {
	err := q.InsertUser(ctx, db.InsertUserParams{
		ID: string(u.ID), Email: u.Email, Name: u.Name, PasswordHash: u.PasswordHash, Engineer: bit(u.Engineer), Temporary: bit(u.Temporary), CreatedAt: ms(u.Created),
	})
	if s.engine.unique(err) {
		return errEmailTaken // without the database's words: the command line shows the whole error
	}
	return err
}

var errNoUser = fault.New(fault.NotFound, "There is no account with this e-mail address.")

// UserByEmail finds a user by their address in lower case.
func (s *Store) UserByEmail(ctx context.Context, email string) (auth.User, error) {
	r, err := s.qr.UserByEmail(ctx, email)
	return user(r), missing(s.explain(err), errNoUser)
}

// User reads one.
func (s *Store) User(ctx context.Context, id auth.UserID) (auth.User, error) {
	r, err := s.qr.UserByID(ctx, string(id))
	return user(r), s.explain(err)
}

func user(r db.User) auth.User {
	return auth.User{
		ID: auth.UserID(r.ID), Email: r.Email, Name: r.Name, PasswordHash: r.PasswordHash, Engineer: r.Engineer != 0,
		Temporary: r.Temporary != 0, Disabled: r.Disabled != 0, SignedIn: at(r.SignedInAt), Created: at(r.CreatedAt),
	}
}

// Memberships reads where a user belongs.
func (s *Store) Memberships(ctx context.Context, id auth.UserID) ([]auth.Membership, error) {
	rows, err := s.qr.MembershipsOf(ctx, string(id))
	if err != nil {
		return nil, s.explain(err)
	}
	out := make([]auth.Membership, len(rows))
	for i, r := range rows {
		out[i] = auth.Membership{Org: org.ID(r.OrgID), Role: auth.Role(r.Role), Factor: r.Factor != 0}
	}
	return out, nil
}

// Staff reads the users of an organization and the platform's engineers.
func (s *Store) Staff(ctx context.Context, o org.ID) ([]notify.Staff, error) {
	rows, err := s.qr.Staff(ctx, string(o))
	if err != nil {
		return nil, s.explain(err)
	}
	out := make([]notify.Staff, len(rows))
	for i, r := range rows {
		out[i] = notify.Staff{Email: r.Email, Engineer: r.Engineer != 0, Role: auth.Role(r.Role)}
	}
	return out, nil
}

// Failures counts failed sign-ins since an instant: the most of any one subject.
func (s *Store) Failures(ctx context.Context, subjects []string, since time.Time) (int, error) {
	most := int64(0)
	for _, v := range subjects {
		n, err := s.qr.CountFailures(ctx, db.CountFailuresParams{Subject: v, AfterMs: ms(since)})
		if err != nil {
			return 0, s.explain(err)
		}
		most = max(most, n)
	}
	return int(most), nil
}

// AddFailure keeps a failed sign-in for each subject.
func (s *Store) AddFailure(ctx context.Context, subjects []string, now time.Time) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		return addFailures(ctx, q, subjects, now)
	})
}

func addFailures(ctx context.Context, q *db.Queries, subjects []string, now time.Time) error {
	for _, v := range subjects {
		if err := q.InsertFailure(ctx, db.InsertFailureParams{Subject: v, At: ms(now), ID: id.New("f", now)}); err != nil {
			return err
		}
	}
	return nil
}

// Sessions keeps browser sessions for the session manager, which names its methods itself.
type Sessions struct{ s *Store }

// Sessions gives the keeper of browser sessions.
func (s *Store) Sessions() Sessions { return Sessions{s} }

// FindCtx reads a live session.
func (v Sessions) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	b, err := v.s.qr.FindSession(ctx, db.FindSessionParams{Token: token, NowMs: ms(v.s.now())})
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	return b, err == nil, err
}

// CommitCtx stores a session.
func (v Sessions) CommitCtx(ctx context.Context, token string, data []byte, expires time.Time) error {
	return v.s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		return q.PutSession(ctx, db.PutSessionParams{Token: token, Data: data, ExpiresAt: ms(expires)})
	})
}

// DeleteCtx ends a session.
func (v Sessions) DeleteCtx(ctx context.Context, token string) error {
	return v.s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error { return q.DeleteSession(ctx, token) })
}

// Find, Commit and Delete are what the session manager asks for beside; it calls them only without a context.
func (v Sessions) Find(token string) ([]byte, bool, error) {
	return v.FindCtx(context.Background(), token)
}

// Commit is CommitCtx without a context.
func (v Sessions) Commit(token string, data []byte, expires time.Time) error {
	return v.CommitCtx(context.Background(), token, data, expires)
}

// Delete is DeleteCtx without a context.
func (v Sessions) Delete(token string) error { return v.DeleteCtx(context.Background(), token) }
