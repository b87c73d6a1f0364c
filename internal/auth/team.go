package auth

import (
	"context"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
)

// Teammate is a person with their role in an organization, or an engineer of the platform.
type Teammate struct {
	User
	Role Role
}

// Team lists an organization's people by name; without an organization the platform's engineers.
func (s *Service) Team(ctx context.Context, o org.ID) ([]Teammate, error) {
	if o == "" {
		return s.Store.Engineers(ctx)
	}
	return s.Store.Team(ctx, o)
}

// Invitations lists those of an organization that wait, by address; without an organization those of engineers.
func (s *Service) Invitations(ctx context.Context, o org.ID) ([]Invitation, error) {
	return s.Store.Invitations(ctx, o)
}

// teammate finds one; fault.NotFound for whoever is not of this team.
func (s *Service) teammate(ctx context.Context, o org.ID, u UserID) (Teammate, error) {
	list, err := s.Team(ctx, o)
	if err != nil {
		return Teammate{}, err
	}
	for _, t := range list {
		if t.ID == u {
			return t, nil
		}
	}
	return Teammate{}, fault.New(fault.NotFound, "There is no such person in this team.")
}

// Teammate gives one; fault.NotFound for whoever is not of this team.
func (s *Service) Teammate(ctx context.Context, o org.ID, u UserID) (Teammate, error) {
	return s.teammate(ctx, o, u)
}

// ChangeRole gives a person another role in an organization. fault.Conflict: the organization would be left without an
// administrator. Fields: role.
func (s *Service) ChangeRole(ctx context.Context, o org.ID, u UserID, r Role, by audit.By) error {
	if o == "" || r != Admin && r != Member {
		return fault.OfField("role", "must be administrator or member.")
	}
	t, err := s.teammate(ctx, o, u)
	if err != nil || t.Role == r {
		return err
	}
	e := audit.Event{By: by, Area: audit.Team, Act: "Role changed", Subject: t.Email, Detail: string(t.Role) + " → " + string(r)}
	return s.Store.ChangeRole(ctx, o, u, r, e.Finish(s.Now()))
}

// Remove takes a person out of an organization, or an engineer out of the platform, and ends their sessions.
// fault.Conflict: nobody would be left to administer.
func (s *Service) Remove(ctx context.Context, o org.ID, u UserID, by audit.By) error {
	t, err := s.teammate(ctx, o, u)
	if err != nil {
		return err
	}
	e := audit.Event{By: by, Area: audit.Team, Act: "Removed", Subject: t.Email, Detail: "Role: " + string(t.Role) + "\nAll sessions were ended."}
	if o == "" {
		return s.Store.RemoveEngineer(ctx, u, e.Finish(s.Now()))
	}
	return s.Store.RemoveMember(ctx, o, u, e.Finish(s.Now()))
}

// account reads whose address this is, as people type it.
func (s *Service) account(ctx context.Context, email string) (User, error) {
	email, err := cleanEmail(email)
	if err != nil {
		return User{}, err
	}
	return s.Store.UserByEmail(ctx, email)
}

// Disable bars a user from signing in and ends their sessions, or lets them in again. fault.NotFound: no such account.
func (s *Service) Disable(ctx context.Context, email string, disabled bool) error {
	u, err := s.account(ctx, email)
	if err != nil {
		return err
	}
	act := "Account disabled"
	if !disabled {
		act = "Account enabled"
	}
	e := audit.Event{By: audit.By{Who: "command line"}, Area: audit.Account, Act: act, Subject: u.Email}
	return s.Store.Disable(ctx, u.ID, disabled, e.Finish(s.Now()))
}
