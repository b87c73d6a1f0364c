package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store/db"
)

var (
	errLastAdmin    = fault.New(fault.Conflict, "This is the last administrator of the organization. Make somebody else an administrator first.")
	errLastEngineer = fault.New(fault.Conflict, "This is the last engineer of the platform. Invite another one first.")
	errNoMember     = fault.New(fault.NotFound, "There is no such person in this team.")
)

// Team reads an organization's people by name.
func (s *Store) Team(ctx context.Context, o org.ID) ([]auth.Teammate, error) {
	rows, err := s.qr.MembersOf(ctx, string(o))
	if err != nil {
		return nil, s.explain(err)
	}
	out := make([]auth.Teammate, len(rows))
	for i, r := range rows {
		out[i] = auth.Teammate{Role: auth.Role(r.Role), User: auth.User{
			ID: auth.UserID(r.ID), Email: r.Email, Name: r.Name, Temporary: r.Temporary != 0, Disabled: r.Disabled != 0, SignedIn: at(r.SignedInAt), Created: at(r.CreatedAt),
		}}
	}
	return out, nil
}

// Engineers reads the platform's engineers by name.
func (s *Store) Engineers(ctx context.Context) ([]auth.Teammate, error) {
	rows, err := s.qr.Engineers(ctx)
	if err != nil {
		return nil, s.explain(err)
	}
	out := make([]auth.Teammate, len(rows))
	for i, r := range rows {
		out[i] = auth.Teammate{User: user(r), Role: auth.Engineer}
	}
	return out, nil
}

// ChangeRole gives a member another role.
func (s *Store) ChangeRole(ctx context.Context, o org.ID, u auth.UserID, r auth.Role, e audit.Event) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		if err := leave(ctx, q, o, u, r == auth.Admin); err != nil {
			return err
		}
		if err := q.PutMembership(ctx, db.PutMembershipParams{OrgID: string(o), UserID: string(u), Role: string(r)}); err != nil {
			return err
		}
		return insertAudit(ctx, q, o, e)
	})
}

// leave locks the organization's team and refuses that its last administrator stops being one. stays: they do not.
func leave(ctx context.Context, q *db.Queries, o org.ID, u auth.UserID, stays bool) error {
	if err := q.LockOrganization(ctx, string(o)); err != nil {
		return err
	}
	role, err := q.MembershipIn(ctx, db.MembershipInParams{OrgID: string(o), UserID: string(u)})
	if errors.Is(err, sql.ErrNoRows) {
		return errNoMember
	}
	if err != nil || stays || role != string(auth.Admin) {
		return err
	}
	n, err := q.CountAdmins(ctx, string(o))
	if err == nil && n <= 1 {
		err = errLastAdmin
	}
	return err
}

// RemoveMember takes a person out of an organization and ends their sessions.
func (s *Store) RemoveMember(ctx context.Context, o org.ID, u auth.UserID, e audit.Event) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		if err := leave(ctx, q, o, u, false); err != nil {
			return err
		}
		_, err1 := q.DeleteMembership(ctx, db.DeleteMembershipParams{OrgID: string(o), UserID: string(u)})
		_, err2 := q.DeleteOtherSessions(ctx, db.DeleteOtherSessionsParams{UserID: string(u)})
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		return insertAudit(ctx, q, o, e)
	})
}

// RemoveEngineer takes the platform's rights from a user and ends their sessions.
func (s *Store) RemoveEngineer(ctx context.Context, u auth.UserID, e audit.Event) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		if err := q.LockEngineers(ctx); err != nil {
			return err
		}
		n, err := q.CountEngineers(ctx)
		if err != nil {
			return err
		}
		if n <= 1 {
			return errLastEngineer
		}
		changed, err1 := q.SetEngineer(ctx, db.SetEngineerParams{ID: string(u)})
		_, err2 := q.DeleteOtherSessions(ctx, db.DeleteOtherSessionsParams{UserID: string(u)})
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		if changed == 0 {
			return errNoMember
		}
		return insertAudit(ctx, q, "", e)
	})
}

// Invite stores an invitation, in the place of one of the same address, with the fact Invited.
func (s *Store) Invite(ctx context.Context, o org.ID, i auth.Invitation, most int, e audit.Event) error {
	return s.tx(ctx, func(ctx context.Context, tx *sql.Tx, q *db.Queries) error {
		if err := outside(ctx, q, o, i.Email); err != nil {
			return err
		}
		n, err := q.CountInvitations(ctx, string(o))
		if err != nil {
			return err
		}
		if n >= int64(most) {
			return fault.New(fault.Conflict, "Too many invitations wait for an answer. Withdraw those that nobody needs.")
		}
		id, err := q.PutInvitation(ctx, db.PutInvitationParams{
			OrgID: string(o), ID: string(i.ID), Email: i.Email, Role: string(i.Role), InvitedBy: i.By, CreatedAt: ms(i.Created), ExpiresAt: ms(i.Expires),
		})
		if err != nil {
			return err
		}
		if err := dropLinks(ctx, q, id, auth.ForInvitation); err != nil {
			return err
		}
		if err := insertAudit(ctx, q, o, e); err != nil {
			return err
		}
		return s.follow(ctx, tx, auth.Invited{Org: o, Invitation: auth.InvitationID(id), At: ms(i.Created)})
	})
}

// outside refuses an address that belongs to the team already.
func outside(ctx context.Context, q *db.Queries, o org.ID, email string) error {
	u, err := q.UserByEmail(ctx, email)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	inside := u.Engineer != 0
	if o != "" {
		_, err = q.MembershipIn(ctx, db.MembershipInParams{OrgID: string(o), UserID: u.ID})
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		inside = true
	}
	if err == nil && inside {
		err = fault.OfField("email", "belongs to the team already.")
	}
	return err
}

func dropLinks(ctx context.Context, q *db.Queries, subject string, p auth.Purpose) error {
	return q.DeleteMailLinksOf(ctx, db.DeleteMailLinksOfParams{Subject: subject, Purpose: string(p)})
}

// Withdraw takes an invitation and its links away.
func (s *Store) Withdraw(ctx context.Context, o org.ID, i auth.InvitationID, e audit.Event) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		n, err := q.DeleteInvitation(ctx, db.DeleteInvitationParams{OrgID: string(o), ID: string(i)})
		if err != nil {
			return err
		}
		if n == 0 {
			return errNotFound
		}
		if err := dropLinks(ctx, q, string(i), auth.ForInvitation); err != nil {
			return err
		}
		return insertAudit(ctx, q, o, e)
	})
}

// Invitation reads one.
func (s *Store) Invitation(ctx context.Context, o org.ID, i auth.InvitationID) (auth.Invitation, error) {
	r, err := s.qr.Invitation(ctx, db.InvitationParams{OrgID: string(o), ID: string(i)})
	return invitation(r), s.explain(err)
}

// Invitations reads those that wait, by address.
func (s *Store) Invitations(ctx context.Context, o org.ID) ([]auth.Invitation, error) {
	rows, err := s.qr.Invitations(ctx, string(o))
	if err != nil {
		return nil, s.explain(err)
	}
	out := make([]auth.Invitation, len(rows))
	for i, r := range rows {
		out[i] = invitation(r)
	}
	return out, nil
}

func invitation(r db.Invitation) auth.Invitation {
	return auth.Invitation{
		Org: org.ID(r.OrgID), ID: auth.InvitationID(r.ID), Email: r.Email, Role: auth.Role(r.Role), By: r.InvitedBy, Created: at(r.CreatedAt),
		Expires: at(r.ExpiresAt), Sent: at(r.SentAt), MailError: r.MailError,
	}
}

// KeepInvitationMail keeps what became of an invitation's mail.
func (s *Store) KeepInvitationMail(ctx context.Context, o org.ID, i auth.InvitationID, sent time.Time, problem string) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		return q.KeepInvitationMail(ctx, db.KeepInvitationMailParams{OrgID: string(o), ID: string(i), SentAt: ms(sent), MailError: problem})
	})
}

// Join takes a link and its invitation away and puts a user, who may be new, into the team.
func (s *Store) Join(ctx context.Context, o org.ID, linkHash string, u auth.User, isNew bool, now time.Time, e audit.Event) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		l, err := q.TakeMailLink(ctx, db.TakeMailLinkParams{TokenHash: linkHash, Purpose: string(auth.ForInvitation), NowMs: ms(now)})
		if err != nil {
			return err
		}
		i, err := q.Invitation(ctx, db.InvitationParams{OrgID: l.OrgID, ID: l.Subject})
		if err != nil {
			return err
		}
		if i.OrgID != string(o) || i.Email != u.Email {
			return errNotFound
		}
		if isNew {
			if err := s.insertUser(ctx, q, u); err != nil {
				return err
			}
		}
		if err := admit(ctx, q, i, u.ID); err != nil {
			return err
		}
		if _, err := q.DeleteInvitation(ctx, db.DeleteInvitationParams{OrgID: i.OrgID, ID: i.ID}); err != nil {
			return err
		}
		if err := dropLinks(ctx, q, i.ID, auth.ForInvitation); err != nil {
			return err
		}
		return insertAudit(ctx, q, o, e)
	})
}

// admit gives a user what an invitation promises.
func admit(ctx context.Context, q *db.Queries, i db.Invitation, u auth.UserID) error {
	if i.OrgID == "" {
		_, err := q.SetEngineer(ctx, db.SetEngineerParams{ID: string(u), Engineer: 1})
		return err
	}
	return q.PutMembership(ctx, db.PutMembershipParams{OrgID: i.OrgID, UserID: string(u), Role: i.Role})
}
