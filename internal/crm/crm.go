// Package crm is the port to a client's CRM: what HeavySet asks of any CRM, in HeavySet's words.
//
// mapping decides what is written, crmsync when; zohocrm carries it out for Zoho, and a second CRM would be one more
// such package. Values cross this border as plain Go values (see Values); instants as time.Time, people as a Ref.
// A call that fails returns a *Problem, which says what that means for the work: try again, reconnect, repair.
//
// The package has no state and no rules of its own; it never names a type of a particular CRM.
package crm

import (
	"context"
	"time"

	"heavyset.tech/platform/internal/secret"
)

// Type is the kind of CRM, as in the guide's CRM Type dropdown.
type Type string

// Zoho is Zoho CRM.
const Zoho Type = "zoho"

// Role is what a module of the CRM is to us: the guide's four module names.
type Role string

// The guide's module names.
const (
	RoleLead          Role = "lead"
	RoleAppointment   Role = "appointment"
	RoleRelatedRecord Role = "related_record"
	RoleContactUs     Role = "contact_us"
)

// RoleCalendar is no module: an entry in a rep's calendar that stands beside the appointment's record.
const RoleCalendar Role = "calendar"

// Values are a record's fields by API name. A value is a string, bool, int64, float64, time.Time (an instant), Date, Ref,
// []string (several of a picklist) or nil (empty).
type Values map[string]any

// InLayout is the key under which the Values of a new record name its layout, as a Ref; no CRM has a field of this name.
const InLayout = "$layout"

// Date is a civil date yyyy-mm-dd.
type Date string

// Ref points to another record, or to a user where the field wants one.
type Ref struct {
	ID     string
	Name   string // as the CRM shows it; ignored when writing
	Module string // of the record, for fields that may point into several; "" for users
}

// Record is one record of a module.
type Record struct {
	Module string
	ID     string
	Values Values

	Modified time.Time // when it was last changed in the CRM; zero when this reading does not say
	// Cancelled: the CRM itself says that this meeting was called off. TellsCancelled: this reading would have said so.
	Cancelled, TellsCancelled bool
	// Converted: this lead became a contact. A reading by id says so, others leave such leads out.
	Converted bool

	Repeat *Repeat // how this meeting repeats; nil: it does not, or this reading does not say

	Created    time.Time // likewise
	ModifiedBy Ref
}

// Repeat is how a meeting repeats.
type Repeat struct {
	Rule   string // RRULE (RFC 5545), as the CRM writes it
	Except []Date // days that are left out
}

// Text gives a field as text; "" when it is empty or no text.
func (r Record) Text(field string) string {
	s, _ := r.Values[field].(string)
	return s
}

// Query finds records. The groups of Any are alternatives; within one group all matches must hold.
type Query struct {
	Module string
	Fields []string
	Any    [][]Match
	Limit  int // at most 200
}

// Match is one condition on a field.
type Match struct {
	Field string
	Op    Op
	Value any // string, time.Time or Ref
}

// Op is how a Match compares.
type Op string

// The comparisons that every CRM must be able to make on current data (not on a lagging search index).
const (
	Equal    Op = "equal"
	EndsWith Op = "ends_with"
)

// CallTakes bounds one call of a Provider. Zoho ends its own after some tens of seconds.
const CallTakes = 20 * time.Second

// Provider reads and writes one connected CRM. Every method returns a *Problem when it fails. Create and Update decide
// from the CRM's answer about the record, not from a status line.
type Provider interface {
	SchemaReader
	ChangeReader
	Find(ctx context.Context, q Query) ([]Record, error)
	Get(ctx context.Context, module, id string) (Record, error)
	Create(ctx context.Context, module string, v Values) (id string, err error)
	Update(ctx context.Context, module, id string, v Values) error
	Delete(ctx context.Context, module, id string) error
	// Convert makes a contact of a lead, or makes the lead a part of the contact that is named, whose values stay; it gives the
	// contact's id. Gone: the lead is none any more, deleted or converted before. Unfit: this module's records can't be.
	Convert(ctx context.Context, lead, contact Ref) (id string, err error)
}

// App is the OAuth application that speaks for us.
type App struct {
	ClientID     string
	ClientSecret secret.String
	RedirectURI  string
	Granted      []string // scopes of the connection that is made anew
	Extras       []Extra  // what else is asked for
}

// Extra is something that is asked for only where a person wants it: a connection works without.
type Extra string

// ExtraWorkingTime is reading when people work: business hours, shifts, holidays, unavailability.
const ExtraWorkingTime Extra = "working_time"

// Callback is what the browser brings back from the CRM's consent page, or what a self client was given. All of it is
// untrusted.
type Callback struct {
	Code           string
	Location       string
	AccountsServer string
}

// Grant is an authorized access to one organization of the CRM.
type Grant struct {
	Location       string // data centre
	AccountsDomain string
	APIDomain      string
	RefreshToken   secret.String // empty when the CRM gave none
	Access         Access
	Scopes         []string // as granted, if the CRM said so
	Identity       Identity
}

// Access is a short-lived token.
type Access struct {
	Token   secret.String
	Expires time.Time
}

// Identity says who authorized and for which organization of the CRM.
type Identity struct {
	OrgID, OrgName       string
	UserID, UserName     string
	AccountID            string // of the person, over all organizations of the CRM; "" when it does not say
	OrgTimezone, Edition string
}

// Permission is one right that we ask for.
type Permission struct {
	Scope   string // the CRM's own word
	Without string // what stops working without it, as a sentence
}

// Site is where a connection's calls go.
type Site struct {
	Location, AccountsDomain, APIDomain string
}

// Tokens hands out the access token of one connection. stale is a token that the CRM has just refused, "" at first: the
// source reads the shared one again, and refreshes only when nobody else has.
type Tokens func(ctx context.Context, stale secret.String) (secret.String, error)

// Call is one request to the CRM, for the ledger: what it cost and how it went.
type Call struct {
	Method, Path string // the path with {id} for identifiers
	Writes       bool   // asks for a change
	Status       int    // 0 when no answer came
	Credits      int
	Limit        Limit // of one that the CRM refused with 429
	Remaining    int   // as the CRM says; -1 when it does not
	Took         time.Duration
	Lacks        Permission // for want of which the CRM refused the call; Scope is "" otherwise
}

// Meter counts the calls of one connection and bounds how many are under way at a time.
type Meter interface {
	// Begin waits until a call may be made, which ends with end; its error is the context's.
	Begin(ctx context.Context) (end func(), err error)
	// Count takes in a call that was made.
	Count(c Call)
}

// Connector knows how to be authorized by a CRM and how to reach it.
type Connector interface {
	// AuthorizeURL is where the browser goes for consent; location names a data centre, "" the default.
	AuthorizeURL(app App, location, state string) (string, error)
	// FormTargets lists the origins that AuthorizeURL may lead to, for the page's form-action.
	FormTargets() []string
	// Locate checks a callback's location and accounts server against the allow-list and gives the data centre, before
	// any call leaves: the caller picks that data centre's client secret.
	Locate(cb Callback) (location string, err error)
	// Exchange turns a callback into a grant, with Identity read from the CRM.
	Exchange(ctx context.Context, app App, cb Callback) (Grant, error)
	// Refresh makes a new access token.
	Refresh(ctx context.Context, app App, site Site, refresh secret.String) (Access, error)
	// Revoke ends a refresh token; one that is gone already is no error.
	Revoke(ctx context.Context, site Site, refresh secret.String) error
	// Whois asks the CRM, for as little as it can cost, who is authorized and for which organization: the proof that a
	// connection works.
	Whois(ctx context.Context, site Site, tokens Tokens, m Meter) (Identity, error)
	// Missing lists the permissions that we need and a grant of these scopes does not cover.
	Missing(scopes []string) []Permission
	// ParseNotice reads the body of a notification, which anybody may have sent. Its error repeats nothing of the body.
	ParseNotice(body []byte) (Notice, error)
	// Provider gives access to the records; a nil meter counts and bounds nothing.
	Provider(site Site, tokens Tokens, m Meter) Provider
}
