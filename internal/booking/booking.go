// Package booking has the life of an appointment: offer, hold, book, reschedule, cancel, outcome.
//
// It stands between the faces (web/scheduler, web/api, web/admin) and the store. It decides with availability, from
// rules, blocks and now that the store read under the organization's lock, so that what is decided is still true when
// it is written; the database refuses an overlap all the same. A booking that Book returned is durable: it is ours, not
// the CRM's, to confirm. What follows from it (mail, CRM) follows from the facts Booked, Rescheduled and Cancelled,
// which the store keeps in the same transaction.
//
// An appointment's id never changes; its Revision grows by one with each change and is the SEQUENCE of its invitation.
// The package never talks to a CRM, sends no mail and knows neither HTTP nor SQL.
package booking

import (
	"log/slog"
	"time"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
)

// AppointmentID names an appointment for ever, through reschedules and in the CRM.
type AppointmentID string

// HoldID names a hold.
type HoldID string

// Status is where an appointment stands.
type Status string

// The statuses of an appointment.
const (
	Tentative Status = "tentative"
	Confirmed Status = "confirmed"
	Canceled  Status = "cancelled"
	Completed Status = "completed"
	NoShow    Status = "no_show"
)

// ParseStatus reads a status; false for anything else.
func ParseStatus(s string) (Status, bool) {
	switch v := Status(s); v {
	case Tentative, Confirmed, Canceled, Completed, NoShow:
		return v, true
	}
	return "", false
}

// Open reports whether the visit is still to come: it can be rescheduled and cancelled.
func (s Status) Open() bool { return s == Tentative || s == Confirmed }

// Appointment is one visit. Start and End are instants in UTC, the range without buffers, half-open.
type Appointment struct {
	ID           AppointmentID
	Status       Status
	Revision     int64 // 1 when booked, +1 with each change
	Service, Rep string
	Start, End   time.Time
	Timezone     string // IANA name of the visitor's zone, for messages
	Language     string // of the visitor, for messages (locale.Lang); "" as none was known
	Customer     lead.CustomerID
	Lead         lead.ID      // the lead that this booking made or completed; "" without
	Contact      lead.Contact // as given with this booking, normalised
	Answers      map[string]string
	Notes        string
	UTM          map[string]string
	PostalCode   string // the one it was checked with; a reschedule uses it again
	CancelReason string
	Request      bool // the service takes requests: it waits for a person, or was declined
	Created      time.Time
	Updated      time.Time
}

// LogValue keeps people out of logs: only the id shows.
func (a Appointment) LogValue() slog.Value { return slog.StringValue(string(a.ID)) }

// Location gives the visitor's zone; UTC when unknown, which Book has excluded.
func (a Appointment) Location() *time.Location {
	if z, ok := org.Zone(a.Timezone); ok {
		return z
	}
	return time.UTC
}

// Hold is a short, expiring reservation of a slot for a visitor who is filling the form.
type Hold struct {
	ID         HoldID
	Service    string
	Rep        string
	Start, End time.Time
	Expires    time.Time
	Holder     string // digest of the visitor's address, to bound how many one may have; "" with an API key
	Created    time.Time
	Choice     Choice // how the rep was chosen
}

// Fact is what happened to an appointment, with everything a handler must know of that moment: a later change does not
// alter what an earlier message says.
type Fact struct {
	Org         org.ID        `json:"org"`
	Appointment AppointmentID `json:"appointment"`
	Revision    int64         `json:"revision"`
	Service     string        `json:"service"`
	Rep         string        `json:"rep"`
	Start       time.Time     `json:"start"`
	End         time.Time     `json:"end"`
	Before      time.Time     `json:"before,omitzero"`      // start before a reschedule
	CRM         bool          `json:"crm,omitempty"`        // people did it in the CRM
	Declined    bool          `json:"declined,omitempty"`   // of a cancellation: it was a request
	Unanswered  bool          `json:"unanswered,omitempty"` // of a cancellation: it was a request that nobody had answered
}

// Booked is the fact that an appointment was made.
type Booked struct{ Fact }

// Rescheduled is the fact that an appointment has another time, and perhaps another rep.
type Rescheduled struct{ Fact }

// Cancelled is the fact that an appointment was called off.
type Cancelled struct{ Fact }

func (a Appointment) fact(o org.ID) Fact {
	return Fact{Org: o, Appointment: a.ID, Revision: a.Revision, Service: a.Service, Rep: a.Rep, Start: a.Start, End: a.End}
}

// Receipt is what the store gives for a booking, also when its idempotency key is used again.
type Receipt struct {
	Appointment Appointment
	Token       secret.String // opens the manage page
	Lead        lead.ID
}

// Event is one entry of an appointment's timeline.
type Event struct {
	At     time.Time
	Kind   string // booked, rescheduled, cancelled
	Actor  string // visitor, api, system
	Start  time.Time
	Rep    string
	Detail string
	Choice *Choice // how the rep was chosen; nil where nobody chose one
}

// Offering is what a scheduler's address leads to, with the revision of everything its slots depend on.
type Offering struct {
	Scheduler       string
	Name            string
	Organization    org.Organization
	Revision        int64 // raised by every change of catalog, appointments, holds, mirror
	CatalogRevision int64
	Copy            Copy
}

// Situation is what a decision needs to know, read under the organization's lock.
type Situation struct {
	Blocks    []availability.Block
	Counts    map[string]int // not cancelled appointments per rep within 30 × 24 h of the start
	Known     []lead.Customer
	OpenLeads []lead.Lead                  // of the known customers, newest first
	Owners    map[lead.CustomerID][]string // users of the CRM who have records of a customer, the foremost first
	Held      *Choice                      // of the hold that was named
	Holds     int                          // live holds of the same holder
	Same      []Appointment                // not cancelled, of the visit that the question names
}
