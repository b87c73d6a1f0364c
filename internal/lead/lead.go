// Package lead has the people: customers, and the leads that say what they want of us.
//
// A visitor's details arrive as a Contact. Normalise checks them and gives the one form in which we compare and store
// them (e-mail as key in lower case, phone as E.164 with the organization's country); Same decides whether two are one
// person. A Lead is opened by an enquiry, by details left without a booking, or by the booking of a new person, and is
// completed, not doubled, by a later booking.
//
// What a visitor typed into a booking form and did not send is kept (Left) only where they agreed to be contacted, or their
// organization's policy says so, and becomes an abandoned lead after a quiet time in which they neither booked nor asked.
//
// The package writes to no CRM and sends no mail; it states facts (Captured, LeftDue) that others handle.
package lead

import (
	"context"
	"log/slog"
	"time"

	"heavyset.tech/platform/internal/org"
)

// CustomerID names a customer for ever.
type CustomerID string

// ID names a lead for ever.
type ID string

// Contact is what a visitor tells about themselves. Required are LastName and one of Email and Phone.
type Contact struct {
	FirstName, LastName                      string
	Email                                    string
	Phone                                    string // as typed before Normalise, E.164 after
	Street, City, State, PostalCode, Country string
}

// LogValue keeps people out of logs.
func (Contact) LogValue() slog.Value { return slog.StringValue("[contact]") }

// FullName joins first and last name.
func (c Contact) FullName() string {
	if c.FirstName == "" {
		return c.LastName
	}
	return c.FirstName + " " + c.LastName
}

// Address joins the address on one line; "" without one.
func (c Contact) Address() string {
	out := ""
	for _, part := range []string{c.Street, c.City, join(c.State, c.PostalCode), c.Country} {
		if part == "" {
			continue
		}
		if out != "" {
			out += ", "
		}
		out += part
	}
	return out
}

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + " " + b
}

// Customer is a known person of one organization, in normalised form.
type Customer struct {
	ID CustomerID
	Contact
	Created, Updated time.Time
}

// LogValue keeps people out of logs: only the id shows.
func (c Customer) LogValue() slog.Value { return slog.StringValue(string(c.ID)) }

// Kind is how a lead came about.
type Kind string

// The kinds of lead.
const (
	FromBooking Kind = "booking"    // made by the booking of a new person
	ContactUs   Kind = "contact_us" // an enquiry without a time
	Abandoned   Kind = "abandoned"  // details given, no booking
)

// Stage is how far a lead has come; it only moves forward here.
type Stage string

// The stages of a lead.
const (
	New       Stage = "new"
	Contacted Stage = "contacted"
	Booked    Stage = "booked"
	Won       Stage = "won"
	Lost      Stage = "lost"
)

// Open reports whether a booking still completes the lead.
func (s Stage) Open() bool { return s == New || s == Contacted }

// Known reports whether a text is a stage.
func (s Stage) Known() bool { return s.rank() > 0 }

// Ahead reports whether a stage comes after another.
func (s Stage) Ahead(of Stage) bool { return s.rank() > of.rank() }

func (s Stage) rank() int {
	return map[Stage]int{New: 1, Contacted: 2, Booked: 3, Won: 4, Lost: 4}[s]
}

// Lead is one person's interest.
type Lead struct {
	ID          ID
	Kind        Kind
	Stage       Stage
	Customer    CustomerID
	Contact     Contact // as given with this lead
	Message     string
	UTM         map[string]string
	Language    string // that the person was spoken to in (locale.Lang); "" as none was known
	Appointment string // id of the appointment that completed it; "" before
	Created     time.Time

	// What the CRM says of it.
	Status    string    // its own word for the stage; "" when it has none or was not asked
	Owner     string    // who has it there
	Contacted time.Time // when somebody there first did something about it; zero: nobody yet
}

// Act is what somebody has to do next about a lead.
type Act string

// The acts.
const (
	Answer   Act = "answer"    // nobody has been in touch yet
	FollowUp Act = "follow_up" // in touch, and nothing is booked
	Visit    Act = "visit"     // the appointment comes, or wants its outcome
	Nothing  Act = ""
)

// Next gives the act that a lead waits for.
func (l Lead) Next() Act {
	switch {
	case l.Stage == New && l.Contacted.IsZero():
		return Answer
	case l.Stage.Open():
		return FollowUp
	case l.Stage == Booked && l.Appointment != "":
		return Visit
	}
	return Nothing
}

// Speed is how long the person waited until somebody was in touch or, where they have booked by themselves, not at all; waits:
// they still do, for that long.
func (l Lead) Speed(now time.Time) (took time.Duration, waits bool) {
	switch {
	case !l.Contacted.IsZero():
		return max(0, l.Contacted.Sub(l.Created)), false
	case l.Stage.Open():
		return now.Sub(l.Created), true
	}
	return 0, false
}

// Event is what happened to a customer apart from their appointments.
type Event struct {
	At     time.Time
	Actor  string
	Detail string
}

// LogValue keeps people out of logs: only the id shows.
func (l Lead) LogValue() slog.Value { return slog.StringValue(string(l.ID)) }

// Captured is the fact that a lead was opened without a booking.
type Captured struct {
	Org  org.ID `json:"org"`
	Lead ID     `json:"lead"`
}

// Request is an enquiry or an abandoned form, as it came in.
type Request struct {
	Kind     Kind
	Contact  Contact
	Message  string
	UTM      map[string]string
	Language string `json:",omitempty"` // of the page; "" as none was known
	Key      IdempotencyKey
}

// IdempotencyKey makes a repeated request harmless: same key and same Body (a digest), same answer. The zero value is
// none.
type IdempotencyKey struct {
	Key  string
	Body string
}

// Capturing is what becomes of an enquiry or a form that was left.
type Capturing struct {
	Customer Customer
	Lead     Lead
	Again    bool // Lead is there and has been told more
}

// Filter narrows a list of leads or customers. Zero values mean: any.
type Filter struct {
	Stage  Stage
	Person Search // of customers: who is looked for
	After  string // cursor of the page before
	Limit  int
}

// Store keeps leads and customers. CaptureLead calls decide with the customers that share an e-mail or a phone number
// with the contact and their open leads, and stores what it returns together with the fact Captured, in one transaction;
// a repeated key gives the first lead again.
type Store interface {
	LeftStore
	CaptureLead(ctx context.Context, o org.ID, c Contact, key IdempotencyKey, decide func(known []Customer, open []Lead) Capturing) (Lead, error)
	Lead(ctx context.Context, o org.ID, id ID) (Lead, error)
	Leads(ctx context.Context, o org.ID, f Filter) (list []Lead, next string, err error)
	// LeadsOf lists those of a customer, newest first.
	LeadsOf(ctx context.Context, o org.ID, id CustomerID) ([]Lead, error)
	Customer(ctx context.Context, o org.ID, id CustomerID) (Customer, error)
	Customers(ctx context.Context, o org.ID, f Filter) (list []Customer, next string, err error)
	// CustomerEvents lists what happened to a customer, newest first, the last hundred.
	CustomerEvents(ctx context.Context, o org.ID, id CustomerID) ([]Event, error)
}

// Service captures leads.
type Service struct {
	Store Store
	Now   func() time.Time
}
