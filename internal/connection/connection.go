// Package connection has the CRM configs of an organization and keeps their connections alive.
//
// A Config is one configured CRM of an organization; its Connection is the authorized link to one organization of that
// CRM. Service leads there (Begin, Finish, Connect) and Guardian hands out access tokens: one refresher per connection
// over all nodes, early, shared and sealed. A failure is classified before anything follows from it: throttling and
// network faults wait, a revoked authorization parks the connection as NeedsReconnect and nothing is tried against the
// CRM until a person has reconnected; then the fact Authorized wakes whatever waits.
//
// The CRM's organization is pinned at the first connect: a reconnect to another one is refused. The package knows no
// provider (crm.Connector is the border), no HTTP handler and no SQL.
package connection

import (
	"context"
	"time"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
)

// ConfigID names a CRM config for ever, through reconnects.
type ConfigID string

// State is the state of a connection.
type State string

// The states of a connection.
const (
	NotConnected   State = "not_connected"
	Connected      State = "connected"
	NeedsReconnect State = "needs_reconnect"
)

// Config is one configured CRM of an organization.
type Config struct {
	Org          org.ID
	ID           ConfigID
	Name         string
	Type         crm.Type
	ClientID     string        // "" = the shared application
	ClientSecret secret.String // empty = the shared application's
	SecretSet    time.Time     // when the client secret was entered
	Connection   Connection
	Created      time.Time
}

// Connection is the authorized link of a config, with the state of its tokens.
type Connection struct {
	State          State
	Site           crm.Site
	ZohoOrgID      string // pinned at the first connect
	ZohoOrgName    string
	UserID         string
	UserName       string
	Edition        string // of the CRM, as at the last connect; it bounds calls and credits
	AccountID      string // of the user, over all organizations of the CRM; the CRM bounds the tokens per account
	Scopes         []string
	RefreshToken   secret.String
	Access         crm.Access
	TokenVersion   int64 // +1 with each stored access token
	RefreshedAfter time.Time
	Failure        Failure
	ConnectedAt    time.Time
	CheckedAt      time.Time // last successful call or refresh that we recorded
}

// Failure is why a connection is not well, or paused.
type Failure struct {
	Class   crm.Class
	Code    string
	Message string
	Since   time.Time
}

// Pause keeps a connection's writes from hammering a CRM that does not answer: until then nobody calls, then one tries.
type Pause struct {
	Until    time.Time // zero: there is none
	Failures int       // writes in a row that heard nothing
}

// On reports whether there is a pause; one that has passed ends with the first answer.
func (p Pause) On() bool { return !p.Until.IsZero() }

// Attempt is a consent that has been asked for: single use, bound to the browser session and user that asked.
type Attempt struct {
	StateHash   string
	Org         org.ID
	Config      ConfigID
	User        string
	SessionHash string
	Popup       bool // the consent page stands in a window of its own
	Expires     time.Time
}

// Facts that follow from a connection's life.
type (
	// Authorized: the connection has just been made or remade; what waits can be written.
	Authorized struct {
		Org    org.ID    `json:"org"`
		Config ConfigID  `json:"config"`
		By     string    `json:"by,omitempty"` // for people
		At     time.Time `json:"at,omitzero"`
		Lost   time.Time `json:"lost,omitzero"` // since when it had been lost; zero when it had not
	}
	// Lost: the authorization is gone; people should hear of it.
	Lost struct {
		Org    org.ID    `json:"org"`
		Config ConfigID  `json:"config"`
		Class  crm.Class `json:"class"`
		Code   string    `json:"code"`
		At     time.Time `json:"at"`
	}
)

// Store keeps configs, tokens (sealed) and consent attempts.
type Store interface {
	Configs(ctx context.Context, o org.ID) ([]Config, error)
	Config(ctx context.Context, o org.ID, id ConfigID) (Config, error)
	CreateConfig(ctx context.Context, c Config) error
	// UpdateCredentials stores name, client id and, unless it is kept, the client secret, with what happened.
	UpdateCredentials(ctx context.Context, o org.ID, id ConfigID, name, clientID string, clientSecret secret.String, keepSecret bool, happened []Event) error

	SaveAttempt(ctx context.Context, o org.ID, a Attempt) error
	// TakeAttempt gives and removes the attempt with this state, so that it works once; fault.NotFound otherwise.
	TakeAttempt(ctx context.Context, stateHash string) (Attempt, error)

	// SaveConnection stores a new or renewed connection with what happened, clears failure and pause, counts its refresh
	// token and states the fact Authorized.
	SaveConnection(ctx context.Context, o org.ID, id ConfigID, c Connection, happened []Event, f Authorized) error
	// Disconnect forgets the tokens of a connection and what was copied of its CRM, and keeps which organization of the CRM it belongs to.
	Disconnect(ctx context.Context, o org.ID, id ConfigID, e Event) error
	// MarkChecked keeps who and where the CRM has just said that we are.
	MarkChecked(ctx context.Context, o org.ID, id ConfigID, who crm.Identity, now time.Time) error
	// LeaseRefresh makes the caller the one who refreshes until then; false when another one is, or when the token has
	// another version than the one the caller has seen: then it has been refreshed meanwhile.
	LeaseRefresh(ctx context.Context, o org.ID, id ConfigID, version int64, until, now time.Time) (bool, error)
	// SaveAccess stores what the token of this version was refreshed to, raises TokenVersion and ends the lease; false when
	// the connection has been made anew meanwhile: then it keeps its own token. No other refresh before notBefore. Keeps
	// EventRenewed, one for each day of the organization's zone with how often.
	SaveAccess(ctx context.Context, o org.ID, id ConfigID, version int64, a crm.Access, notBefore, now time.Time) (bool, error)
	// DelayRefresh ends the lease and forbids a refresh before then, if the token still has this version.
	DelayRefresh(ctx context.Context, o org.ID, id ConfigID, version int64, notBefore time.Time) error
	// MarkLost parks a connection that was connected with this token version and states the fact Lost, once. A token
	// that the CRM has forgotten counts no more.
	MarkLost(ctx context.Context, o org.ID, id ConfigID, version int64, f Failure) error

	// KeepDenial keeps a permission that a connected config lacks, with what happened; once for each until the next connect.
	KeepDenial(ctx context.Context, o org.ID, id ConfigID, d Denial, e Event) error
	Denials(ctx context.Context, o org.ID, id ConfigID) ([]Denial, error)
	// Health reads how the organization's connection is.
	Health(ctx context.Context, o org.ID) (Health, error)
	// AddAudit keeps a use of the secrets that nobody asked for by name.
	AddAudit(ctx context.Context, o org.ID, e audit.Event) error

	// KeepEvent keeps what happened, unless the newest event is of the same kind and code and less than quiet older.
	KeepEvent(ctx context.Context, o org.ID, id ConfigID, e Event, quiet time.Duration) error
	// Events lists what happened, newest first.
	Events(ctx context.Context, o org.ID, id ConfigID, limit int) ([]Event, error)
	// CountToken keeps that a refresh token lives, ForgetToken that it does not any more.
	CountToken(ctx context.Context, o org.ID, id ConfigID, account string, t secret.String, now time.Time) error
	ForgetToken(ctx context.Context, o org.ID, id ConfigID, t secret.String) error
	// LiveTokens counts an account's refresh tokens that live as far as we know, over all organizations.
	LiveTokens(ctx context.Context, o org.ID, account string) (int, error)
	// WaitingWrites counts what waits to be written.
	WaitingWrites(ctx context.Context, o org.ID) (Waiting, error)
	// OtherBeats has an entry for every node but self that lives, as far as is known.
	OtherBeats(ctx context.Context, self string) (map[string]time.Time, error)
	// AddUsage adds to what was counted for each hour and purpose; Usage lists it from the hour of since on.
	AddUsage(ctx context.Context, o org.ID, id ConfigID, list []Usage) error
	Usage(ctx context.Context, o org.ID, id ConfigID, since time.Time) ([]Usage, error)
	// IdleConfigs lists connected configs that nothing has proved alive since then.
	IdleConfigs(ctx context.Context, before time.Time) ([]Config, error)

	Pause(ctx context.Context, o org.ID, id ConfigID) (Pause, error)
	// SetPause stores a pause; with Failures 0 it ends one. was is the pause that the caller has gone by: one that others have
	// made since is not shortened.
	SetPause(ctx context.Context, o org.ID, id ConfigID, was, p Pause) error
	// ClaimProbe lets one caller try again after a pause: it moves the end of the pause from was to until; false when
	// another one has.
	ClaimProbe(ctx context.Context, o org.ID, id ConfigID, was, until time.Time) (bool, error)
}

// Shared is our own OAuth application, offered to configs that name none: client id and, per data centre, its secret.
type Shared struct {
	ClientID string
	Secrets  map[string]secret.String // by data centre; "" is the default
}

func (s Shared) secret(location string) secret.String {
	if v, ok := s.Secrets[location]; ok {
		return v
	}
	return s.Secrets[""]
}

// Empty reports whether there is no shared application.
func (s Shared) Empty() bool { return s.ClientID == "" }
