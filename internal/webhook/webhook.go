// Package webhook tells an organization's own programs what happens, by the Standard Webhooks specification
// (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
//
// It stands beside notify and crmsync behind the facts of booking, lead and connection. The store asks Of what a fact
// says to endpoints and, in the fact's transaction, gives each one that listens the next number of its own sequence and
// a job; so a message exists if and only if its fact does, and an endpoint's numbers have no gap. Deliver sends one
// message: signed, at least once, in any order, with the same id and the same body at each attempt. What is not taken is
// tried again for three days; an endpoint that takes nothing for so long is told of to the administrators, and after five
// days nothing is sent to it until a person turns it on again. What it misses meanwhile is kept and can be replayed.
//
// It guards that nothing leaves for an address that is not public (guard.go), that no redirect is followed and no answer
// read beyond a kilobyte. It knows no database, no page and not the shape of what it carries: a Renderer does.
package webhook

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
)

// EndpointID names an endpoint, EventID what happened.
type (
	EndpointID string
	EventID    string
)

// State of an endpoint.
type State string

// The states of an endpoint.
const (
	Active   State = "active"
	Failing  State = "failing"  // nothing was taken for three days: the administrators know
	Disabled State = "disabled" // nothing is sent; what happens is kept
)

// Endpoint is where an organization's program hears of what happens.
type Endpoint struct {
	ID          EndpointID
	URL         string
	Description string
	Types       []Type
	State       State
	Why         string // why it is disabled, as a sentence
	Secret      secret.String
	Former      secret.String // signs too until FormerUntil
	FormerUntil time.Time
	Sequence    int64 // of the last message
	Health
	Created time.Time
	By      string
}

// Health is how an endpoint takes what it is sent.
type Health struct {
	FailingSince time.Time // since when nothing was taken; zero: the last attempt was
	Failures     int       // in a row
	Quiet        time.Time // nothing is sent before
	Delivered    time.Time // the last that was taken
}

// LogValue keeps addresses out of logs: only the id shows.
func (e Endpoint) LogValue() slog.Value { return slog.StringValue(string(e.ID)) }

// Hears reports whether an endpoint listens to a type.
func (e Endpoint) Hears(t Type) bool { return slices.Contains(e.Types, t) }

// MessageState is what became of a message.
type MessageState string

// The states of a message.
const (
	Waiting   MessageState = "waiting"
	Delivered MessageState = "delivered"
	Failed    MessageState = "failed" // given up after three days
	Held      MessageState = "held"   // its endpoint was disabled
	Gone      MessageState = "gone"   // what it tells of has been erased
)

// MessageStates lists them in the order in which people read them.
func MessageStates() []MessageState {
	return []MessageState{Waiting, Delivered, Failed, Held, Gone}
}

// Message is an event for one endpoint.
type Message struct {
	Endpoint EndpointID
	Sequence int64
	Event    EventID
	Type     Type
	State    MessageState
	Attempts int
	At       time.Time // of the event
	Queued   time.Time // from when on the three days count
	Next     time.Time // it is not tried before
	Settled  time.Time
}

// Event is what happened, the same for all endpoints.
type Event struct {
	ID EventID
	At time.Time
	Happening
	Body json.RawMessage // of the message's data; nil before it is first sent
}

// Attempt is one try to deliver a message.
type Attempt struct {
	ID     string
	At     time.Time
	Status int // of the answer; 0: there was none
	Took   time.Duration
	Head   string // of the answer, at most a kilobyte, masked
	Error  string // in words; "" when it was taken
	Cause  string // the job and the request that led to it, as the log names them; the store knows it
}

// Queued is the fact that a message waits to be delivered.
type Queued struct {
	Org      org.ID     `json:"org"`
	Endpoint EndpointID `json:"endpoint"`
	Sequence int64      `json:"sequence"`
}

// Ailing is the fact that an endpoint takes nothing any more: the administrators are to be told.
type Ailing struct {
	Org      org.ID     `json:"org"`
	Endpoint EndpointID `json:"endpoint"`
	Since    time.Time  `json:"since"`
	Disabled bool       `json:"disabled,omitempty"`
}

// MaxEndpoints is how many an organization may have.
const MaxEndpoints = 20

// KeepFor is how long messages and attempts are kept.
const KeepFor = 30 * 24 * time.Hour

// Filter narrows a list of messages, newest first.
type Filter struct {
	State  MessageState
	Before int64 // a sequence; 0: from the newest on
	Limit  int
}

// Outcome is what an attempt makes of its endpoint and its message.
type Outcome struct {
	Endpoint Endpoint
	Message  Message
	Fact     any // Ailing; nil: none
}

// Store keeps endpoints, what they are to hear, and what became of it. Each method is one transaction. What is not there
// is fault.NotFound.
type Store interface {
	Webhooks(ctx context.Context, o org.ID) ([]Endpoint, error)
	Webhook(ctx context.Context, o org.ID, id EndpointID) (Endpoint, error)
	// CreateWebhook is fault.Conflict when there are MaxEndpoints.
	CreateWebhook(ctx context.Context, o org.ID, e Endpoint) error
	// ChangeWebhook stores what change makes of an endpoint under its lock; sequence numbers are not touched.
	ChangeWebhook(ctx context.Context, o org.ID, id EndpointID, change func(Endpoint) (Endpoint, error)) (Endpoint, error)
	// RemoveWebhook removes it with all its messages.
	RemoveWebhook(ctx context.Context, o org.ID, id EndpointID) error

	Message(ctx context.Context, o org.ID, id EndpointID, sequence int64) (Message, error)
	Event(ctx context.Context, o org.ID, id EventID) (Event, error)
	// KeepBody keeps what an event says, unless something is kept already, and gives what is.
	KeepBody(ctx context.Context, o org.ID, id EventID, body json.RawMessage) (json.RawMessage, error)
	// SettleWebhook keeps an attempt, if there is one, with what decide makes of message and endpoint under the endpoint's lock.
	SettleWebhook(ctx context.Context, o org.ID, m Message, a *Attempt, decide func(Endpoint, Message) Outcome) (Outcome, error)
	// Announce gives an event to one endpoint, whatever it listens to.
	Announce(ctx context.Context, o org.ID, id EndpointID, h Happening) (Message, error)
	// RequeueWebhook makes messages wait again: one, or with an instant all that are of it or later and do not wait. It gives their number.
	RequeueWebhook(ctx context.Context, o org.ID, id EndpointID, sequence int64, since time.Time) (int, error)
	Messages(ctx context.Context, o org.ID, id EndpointID, f Filter) (list []Message, next int64, err error)
	WebhookAttempts(ctx context.Context, o org.ID, id EndpointID, sequence int64) ([]Attempt, error)

	// FailingWebhooks names the endpoints of all organizations that have taken nothing since before an instant and are not disabled.
	FailingWebhooks(ctx context.Context, before time.Time) ([]Ailing, error)
}

// Renderer gives what an event says, in the shape of the API; fault.NotFound when what it tells of has been erased.
type Renderer interface {
	WebhookData(ctx context.Context, o org.Organization, e Event) (json.RawMessage, error)
}

// Directory finds organizations.
type Directory interface {
	Organization(ctx context.Context, o org.ID) (org.Organization, error)
}

// Service keeps endpoints and delivers to them.
type Service struct {
	Store  Store
	Orgs   Directory
	Render Renderer
	Client *http.Client // NewClient
	// Loopback also lets http endpoints on this machine be: for the demo.
	Loopback bool
	Now      func() time.Time
}

// Draft is what a person says of an endpoint.
type Draft struct {
	URL         string
	Description string
	Types       []Type
	Disabled    bool
}

const (
	maxURL         = 500
	maxDescription = 100
)

// check gives the draft cleaned; fault.Invalid names the fields url, description and types.
func (s *Service) check(d Draft) (Draft, error) {
	var wrong []fault.Field
	d.URL, d.Description = strings.TrimSpace(d.URL), strings.TrimSpace(d.Description)
	if why := checkURL(d.URL, s.Loopback); why != "" {
		wrong = append(wrong, fault.Field{Path: "url", Message: why})
	}
	if len(d.Description) > maxDescription || strings.ContainsFunc(d.Description, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\uFFFD' }) {
		wrong = append(wrong, fault.Field{Path: "description", Message: "must be at most 100 characters on one line."})
	}
	var types []Type
	for _, t := range Types() {
		if slices.Contains(d.Types, t) {
			types = append(types, t)
		}
	}
	switch {
	case len(d.Types) == 0:
		wrong = append(wrong, fault.Field{Path: "types", Message: "must name at least one type of event."})
	case slices.ContainsFunc(d.Types, func(t Type) bool { return !slices.Contains(types, t) }):
		wrong = append(wrong, fault.Field{Path: "types", Message: "names a type that there is not."})
	}
	d.Types = types
	return d, fault.OfFields(wrong)
}
