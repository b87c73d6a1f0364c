package auth

import (
	"context"
	"time"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/org"
)

// Store keeps users, sessions, invitations, keys and failures.
type Store interface {
	users
	sessions
	team
	links
	factors
	passkeys
	identities
	keys
	// Failures counts the failures of subjects since an instant, the most of any one.
	Failures(ctx context.Context, subjects []string, since time.Time) (int, error)
	AddFailure(ctx context.Context, subjects []string, now time.Time) error
}

type users interface {
	CreateUser(ctx context.Context, u User, memberships []Membership) error
	UserByEmail(ctx context.Context, email string) (User, error)
	User(ctx context.Context, id UserID) (User, error)
	Memberships(ctx context.Context, id UserID) ([]Membership, error)
	// SetPassword stores a hash and ends all sessions.
	SetPassword(ctx context.Context, id UserID, hash string, temporary bool) error
	// ChangePassword stores a hash, ends all sessions but keep and all links to set another one. The event goes to each
	// organization of the user.
	ChangePassword(ctx context.Context, id UserID, hash string, keep SessionID, e audit.Event) error
	// Disable ends all sessions too.
	Disable(ctx context.Context, id UserID, disabled bool, e audit.Event) error
}

type sessions interface {
	// AddSession also keeps when the user signed in last.
	AddSession(ctx context.Context, v Session) error
	Session(ctx context.Context, u UserID, v SessionID) (Session, error)
	TouchSession(ctx context.Context, u UserID, v SessionID, now time.Time, address string) error
	UserSessions(ctx context.Context, u UserID, seenAfter, beganAfter time.Time) ([]Session, error)
	EndSession(ctx context.Context, u UserID, v SessionID) (int64, error)
	EndSessions(ctx context.Context, u UserID, keep SessionID) error
}

// team is the people of organizations. Each method stores its event in the same transaction.
type team interface {
	Team(ctx context.Context, o org.ID) ([]Teammate, error)
	Engineers(ctx context.Context) ([]Teammate, error)
	ChangeRole(ctx context.Context, o org.ID, u UserID, r Role, e audit.Event) error
	RemoveMember(ctx context.Context, o org.ID, u UserID, e audit.Event) error
	RemoveEngineer(ctx context.Context, u UserID, e audit.Event) error

	// Invite stores an invitation, in the place of one of the same address, with the fact Invited. fault.Conflict: the
	// address belongs to the team already, or more than most wait.
	Invite(ctx context.Context, o org.ID, i Invitation, most int, e audit.Event) error
	Withdraw(ctx context.Context, o org.ID, i InvitationID, e audit.Event) error
	Invitation(ctx context.Context, o org.ID, i InvitationID) (Invitation, error)
	Invitations(ctx context.Context, o org.ID) ([]Invitation, error)
	KeepInvitationMail(ctx context.Context, o org.ID, i InvitationID, sent time.Time, problem string) error
	// Join takes a link and its invitation away and puts the user into the team; a new one is stored first, and
	// fault.Conflict says that the address has an account.
	Join(ctx context.Context, o org.ID, linkHash string, u User, isNew bool, now time.Time, e audit.Event) error
}

type links interface {
	AddLink(ctx context.Context, l Link) error
	Link(ctx context.Context, hash string, p Purpose, now time.Time) (Link, error)
	// AskReset counts for the subjects, and states the fact unless it is nil.
	AskReset(ctx context.Context, subjects []string, now time.Time, f *ResetAsked) error
	// ResetPassword takes a link away, stores a hash for its user and ends all sessions.
	ResetPassword(ctx context.Context, linkHash, hash string, now time.Time, e audit.Event) error
}
