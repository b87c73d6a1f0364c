package connection

import (
	"time"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/id"
)

// EventKind is what sort of thing happened to a connection.
type EventKind string

// What happens to a connection.
const (
	EventBegun         EventKind = "begun" // somebody pressed Connect Zoho
	EventConnected     EventKind = "connected"
	EventReconnected   EventKind = "reconnected"
	EventRefused       EventKind = "refused"        // somebody tried to connect and could not
	EventScopes        EventKind = "scopes"         // other permissions than before, or too few
	EventDenied        EventKind = "denied"         // a call was refused for want of a permission
	EventRenewed       EventKind = "renewed"        // the access token, as every hour: one event for each day
	EventRefreshFailed EventKind = "refresh_failed" // and the connection lives on
	EventRefreshed     EventKind = "refreshed"      // after a failure
	EventLost          EventKind = "lost"
	EventDisconnected  EventKind = "disconnected"
	EventCredentials   EventKind = "credentials"
	EventFollowed      EventKind = "followed"    // the CRM's schema changed, and the field mapping followed by itself
	EventDrifted       EventKind = "drifted"     // the CRM's schema changed, and the field mapping does not fit any more
	EventMended        EventKind = "mended"      // and does again
	EventNotRevoked    EventKind = "not_revoked" // an old refresh token could not be revoked
)

// Event is one thing that happened to a connection, for its timeline. Detail holds no secret.
type Event struct {
	ID     string
	At     time.Time
	Kind   EventKind
	By     string // who did it, for people; "" when nobody did
	Detail string
	Code   string // the CRM's own word
	Times  int    // how often on that day, for EventRenewed; 1 otherwise
}

// NewEvent makes an event.
func NewEvent(kind EventKind, at time.Time, by, detail, code string) Event {
	return Event{ID: id.New("cev", at), At: at, Kind: kind, By: by, Detail: detail, Code: code, Times: 1}
}

// Waiting is how much of an organization the CRM does not have yet.
type Waiting struct{ Appointments, Leads int }

// The CRM keeps TokenLimit refresh tokens per account and client and silently drops the oldest when there is one more;
// from TokenWarning on people are warned (https://www.zoho.com/accounts/protocol/oauth/token-limits.html).
const (
	TokenLimit   = 20
	TokenWarning = 15
)

// Missing lists the permissions that the grant of a connection lacks. known is false when the CRM did not say what it
// granted.
func (s *Service) Missing(c Config) (missing []crm.Permission, known bool) {
	if len(c.Connection.Scopes) == 0 || c.Connection.State == NotConnected {
		return nil, false
	}
	return s.Connectors[c.Type].Missing(c.Connection.Scopes), true
}
