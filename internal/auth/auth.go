// Package auth knows who calls and what they may do: users, memberships, roles, passwords, sessions, API keys.
//
// A platform engineer may act in every organization; an administrator and a member in those they belong to. Whoever
// asks for another organization is told that it does not exist. Passwords are hashed with argon2id; guessing is
// throttled per account and per address over all nodes, only failures count, and an unknown account takes as long as a
// known one. API keys are random, stored as hash and shown once;
// one that has expired or was revoked is refused within a second on every node. Whoever is removed or disabled, or gets another password,
// loses their sessions with the same transaction.
//
// People come in by invitation: its link is random, stored as hash, good once and for a week. It makes a new account, or
// is taken by somebody who has signed in to theirs; it never touches an account that exists. A link to set a new password
// is good once and for an hour, and asking for one tells nobody whether an account exists.
//
// A second factor is a code of an authenticator app (RFC 6238) or one of ten recovery codes, each good once. It is asked
// for after the password, never in its place, and guessing it is throttled too. Engineers need one by a setting,
// administrators by their organization's choice: whoever lacks it can do nothing but set it up.
//
// A passkey (W3C Web Authentication) stands for both: its device has asked for finger, face or PIN. What it has to answer
// is good once, for five minutes, in the browser session that asked; a passkey whose counter runs backwards has been
// copied and is taken no more.
//
// Engineers may also sign in through an OpenID Connect issuer: code flow with PKCE, state used up once in the browser
// session that began it, nonce and verifier made from that session's secret. It signs in engineers who exist and makes none.
//
// The package never decides what a page shows and knows no HTTP.
package auth

import (
	"log/slog"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/go-webauthn/webauthn/webauthn"

	"heavyset.tech/platform/internal/org"
)

// UserID names a user for ever.
type UserID string

// Role is what somebody may do in an organization. Each includes the ones before.
type Role string

// The roles.
const (
	Member   Role = "member"   // reads; appointments
	Admin    Role = "admin"    // everything of the organization
	Engineer Role = "engineer" // platform: everything, everywhere
)

// ParseRole reads a role; false for anything else.
func ParseRole(s string) (Role, bool) {
	switch r := Role(s); r {
	case Member, Admin, Engineer:
		return r, true
	}
	return "", false
}

func (r Role) rank() int {
	switch r {
	case Member:
		return 1
	case Admin:
		return 2
	case Engineer:
		return 3
	}
	return 0
}

// Covers reports whether r may do what needs role n.
func (r Role) Covers(n Role) bool { return n.rank() > 0 && r.rank() >= n.rank() }

// User is a person who signs in.
type User struct {
	ID           UserID
	Email        string
	Name         string
	PasswordHash string
	Engineer     bool
	Temporary    bool // the password was made by us and must be changed
	Disabled     bool // may not sign in
	SignedIn     time.Time
	Created      time.Time
}

// LogValue keeps people out of logs: only the id shows.
func (u User) LogValue() slog.Value { return slog.StringValue(string(u.ID)) }

// Membership is a user's role in an organization.
type Membership struct {
	Org    org.ID
	Role   Role
	Factor bool // the organization's administrators need a second factor
}

// Caller is who makes a request: a signed-in user, or a program with an API key.
type Caller struct {
	User        UserID // "" for an API key
	Name        string
	Engineer    bool
	Memberships []Membership
}

// RoleIn gives the caller's role in an organization; "" when they have none and it must not exist for them.
func (c Caller) RoleIn(o org.ID) Role {
	if c.Engineer {
		return Engineer
	}
	for _, m := range c.Memberships {
		if m.Org == o {
			return m.Role
		}
	}
	return ""
}

// Service signs people and programs in. Make it with New.
type Service struct {
	Store Store
	Now   func() time.Time

	FactorOfEngineers bool // platform engineers need a second factor
	SSO               *SSO // nil: there is no single sign-on

	// Cost of a new password's hash; New sets what OWASP asks of argon2id (19 MiB, 2 passes, 1 lane). Each hash says what it
	// cost, so that others stay good. Only tests that sign in often take less.
	Cost argon2id.Params

	turns  chan struct{}      // of those who hash
	party  *webauthn.WebAuthn // nil: passkeys are not offered
	recent recent
}
