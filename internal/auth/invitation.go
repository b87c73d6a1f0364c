package auth

import (
	"context"
	"log/slog"
	"strings"
	"time"
	"unicode/utf8"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
)

// InvitationID names an invitation.
type InvitationID string

// Purpose is what a link of a mail, or a challenge, is good for.
type Purpose string

// The purposes.
const (
	ForInvitation Purpose = "invitation"
	ForReset      Purpose = "reset"
)

// Link is a link of a mail as it is stored: good once, until it expires.
type Link struct {
	Hash    string
	Purpose Purpose
	Org     org.ID // of an invitation
	Subject string // id of the invitation, or of the user
	Expires time.Time
}

const (
	// inviteLife is how long an invitation is good.
	inviteLife = 7 * 24 * time.Hour
	// inviteEvery is how soon the same one is sent again at the earliest.
	inviteEvery = time.Minute
	// maxInvitations bounds those of one organization that wait.
	maxInvitations = 100
	// maxName is the longest name of a person, in characters.
	maxName = 100
)

// Invitation is one that waits for an answer.
type Invitation struct {
	Org              org.ID // "" for a platform engineer
	ID               InvitationID
	Email            string
	Role             Role
	By               string // name of who invited
	Created, Expires time.Time
	Sent             time.Time // zero: the mail is on its way, or was refused
	MailError        string
}

// LogValue keeps people out of logs: only the id shows.
func (i Invitation) LogValue() slog.Value { return slog.StringValue(string(i.ID)) }

// Invited is the fact that an invitation is to be sent.
type Invited struct {
	Org        org.ID       `json:"org"`
	Invitation InvitationID `json:"invitation"`
	At         int64        `json:"at"` // milliseconds: each sending is a mail of its own
}

// cleanEmail gives an address as accounts are known by it.
func cleanEmail(s string) (string, error) {
	email := strings.ToLower(strings.TrimSpace(s))
	local, domain, ok := strings.Cut(email, "@")
	if !ok || local == "" || domain == "" || len(email) > 254 || !utf8.ValidString(email) || strings.Contains(domain, "@") ||
		strings.ContainsFunc(email, func(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune("<>,;\"", r) }) {
		return "", fault.OfField("email", "must be an e-mail address.")
	}
	return email, nil
}

// Invite invites an address, once more when it waits already; the mail follows. Engineers are invited without an
// organization. Fields: email, role.
func (s *Service) Invite(ctx context.Context, o org.ID, email string, role Role, by audit.By) error {
	email, err := cleanEmail(email)
	if err != nil {
		return err
	}
	if (role == Engineer) != (o == "") || role.rank() == 0 {
		return fault.OfField("role", "must be chosen.")
	}
	now := s.Now()
	i := Invitation{Org: o, ID: InvitationID(id.New("inv", now)), Email: email, Role: role, By: by.Who, Created: now, Expires: now.Add(inviteLife)}
	e := audit.Event{By: by, Area: audit.Team, Act: "Invited", Subject: email, Detail: "Role: " + string(role)}
	return s.Store.Invite(ctx, o, i, maxInvitations, e.Finish(now))
}

// Resend sends an invitation again; links that were sent before are good no more.
func (s *Service) Resend(ctx context.Context, o org.ID, iid InvitationID, by audit.By) error {
	i, err := s.Store.Invitation(ctx, o, iid)
	if err != nil {
		return err
	}
	now := s.Now()
	if now.Sub(i.Created) < inviteEvery {
		return fault.New(fault.Conflict, "This invitation has just been sent. Please wait a minute.")
	}
	i.By, i.Created, i.Expires = by.Who, now, now.Add(inviteLife)
	e := audit.Event{By: by, Area: audit.Team, Act: "Invitation sent again", Subject: i.Email, Detail: "Role: " + string(i.Role)}
	return s.Store.Invite(ctx, o, i, maxInvitations+1, e.Finish(now))
}

// Withdraw takes an invitation back.
func (s *Service) Withdraw(ctx context.Context, o org.ID, iid InvitationID, by audit.By) error {
	i, err := s.Store.Invitation(ctx, o, iid)
	if err != nil {
		return err
	}
	e := audit.Event{By: by, Area: audit.Team, Act: "Invitation withdrawn", Subject: i.Email}
	return s.Store.Withdraw(ctx, o, iid, e.Finish(s.Now()))
}

// InvitationLink makes the token of a link for the mail.
func (s *Service) InvitationLink(ctx context.Context, o org.ID, iid InvitationID) (Invitation, secret.String, error) {
	i, err := s.Store.Invitation(ctx, o, iid)
	if err != nil {
		return i, secret.String{}, err
	}
	token := id.Token()
	return i, secret.NewString(token), s.Store.AddLink(ctx, Link{Hash: id.Hash(token), Purpose: ForInvitation, Org: o, Subject: string(iid), Expires: i.Expires})
}

// InvitationMailed keeps what became of an invitation's mail; problem is "" when it went out.
func (s *Service) InvitationMailed(ctx context.Context, o org.ID, iid InvitationID, problem string) error {
	at := s.Now()
	if problem != "" {
		at = time.Time{}
	}
	return s.Store.KeepInvitationMail(ctx, o, iid, at, problem)
}

// InvitationOf gives the invitation of a link, without using it up, and whether its address has an account already.
// fault.NotFound when the link is not good.
func (s *Service) InvitationOf(ctx context.Context, token string) (i Invitation, known bool, err error) {
	l, err := s.Store.Link(ctx, id.Hash(token), ForInvitation, s.Now())
	if err != nil {
		return i, false, missing(err)
	}
	if i, err = s.Store.Invitation(ctx, l.Org, InvitationID(l.Subject)); err != nil {
		return i, false, missing(err)
	}
	_, err = s.Store.UserByEmail(ctx, i.Email)
	if fault.Is(err, fault.NotFound) {
		return i, false, nil
	}
	return i, true, err
}

// Accept makes the account of an invitation and uses its link up. An account that exists is never touched:
// fault.Conflict. Fields: name, password.
func (s *Service) Accept(ctx context.Context, token, name string, password secret.String, address string) (User, error) {
	i, known, err := s.InvitationOf(ctx, token)
	if err != nil {
		return User{}, err
	}
	if known {
		return User{}, fault.New(fault.Conflict, "There is an account with this e-mail address already. Please sign in to join.")
	}
	name = strings.TrimSpace(name)
	if c := utf8.RuneCountInString(name); c == 0 || c > maxName || !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return User{}, fault.OfField("name", "must be your name, at most 100 characters.")
	}
	if err := CheckPassword(password, name, i.Email); err != nil {
		return User{}, err
	}
	now := s.Now()
	u := User{ID: UserID(id.New("usr", now)), Email: i.Email, Name: name, Created: now}
	if u.PasswordHash, err = s.hash(ctx, password); err != nil {
		return User{}, err
	}
	return u, s.join(ctx, i, token, u, true, address)
}

// Join lets somebody who is signed in take an invitation of their own address and uses its link up. fault.Denied: it is
// for another address.
func (s *Service) Join(ctx context.Context, token string, u User, address string) error {
	i, _, err := s.InvitationOf(ctx, token)
	if err != nil {
		return err
	}
	if i.Email != u.Email {
		return fault.New(fault.Denied, "This invitation is for another e-mail address.")
	}
	return s.join(ctx, i, token, u, false, address)
}

func (s *Service) join(ctx context.Context, i Invitation, token string, u User, isNew bool, address string) error {
	e := audit.Event{
		By: audit.By{Who: u.Name, WhoID: string(u.ID), Address: address}, Area: audit.Team, Act: "Joined", Subject: i.Email,
		Detail: "Role: " + string(i.Role) + "\nInvited by " + i.By,
	}
	now := s.Now()
	return missing(s.Store.Join(ctx, i.Org, id.Hash(token), u, isNew, now, e.Finish(now)))
}
