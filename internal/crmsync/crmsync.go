// Package crmsync keeps HeavySet and the client's CRM in step.
//
// It stands behind the jobs that follow a fact: PushAppointment and PushLead bring the CRM to the present state of an
// appointment or a lead, whatever happened before. They do not replay operations: each run reads what is, what was
// written (links) and what was begun (an insert whose answer may have been lost), and does only what is missing. So a
// run may be repeated, cut off or overtaken at any point, and each appointment is written in order and once.
//
// Guarded here: an insert is never repeated before the CRM was searched for it, nor while the one that was cut off may
// still be carried out; two pushes of one customer never run at
// the same time on any node (lease); a connection that does not answer is left alone (pause) and tried by one; a parked
// connection is not called at all. Every attempt to write is kept, masked, with the CRM's own words and what to do.
// The package decides nothing about time slots and never shows a record's content in an error.
package crmsync

import (
	"context"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
)

// Link ties one of our nouns to a record of the CRM. A link without Record says that an insert was begun.
type Link struct {
	Role       crm.Role // lead, related_record, appointment
	Subject    string   // our id: of the lead, the customer, the appointment
	Module     string
	Record     string    // "" while only begun
	BegunOwner string    // where an insert that was begun can be found again
	BegunStart time.Time // likewise; of a person: when we began to make them, zero for one whom the CRM knew before
	Sent       time.Time // when the last insert was sent that may still be carried out; zero when there is none
	Since      time.Time

	// Of an appointment's record: what both sides last knew it to show, and what a write shows whose answer has not come.
	Sight, Sending *Sight
	Version        int64     // of the two and of Known, as they were read
	Seen           time.Time // when the CRM first gave it back, or told of it; zero: not yet

	Known *Known    // of a person's record; nil: it has not been compared with our customer yet
	Wrote time.Time // when we last began to write the record

	Matched []lead.Ground // by what the CRM's record was found to be the person's; none of one that we have made
}

// found reports whether the CRM had the record before we came: then its person is no new one to the client, whichever
// of their bookings is written first.
func (l Link) found() bool { return l.Record != "" && l.BegunStart.IsZero() }

// Subject is everything a push must know, read in one moment.
type Subject struct {
	Organization org.Organization
	Catalog      catalog.Catalog
	Appointment  *booking.Appointment // nil when only a lead is pushed
	Customer     lead.Customer
	Lead         *lead.Lead   // nil for a known customer's booking without an open lead
	Texts        *TextConsent // nil: nothing was said of text messages with this appointment
	Revision     int64        // of the appointment, lead or customer
	Pushed       int64        // the revision that the CRM has
	Links        []Link
	// CompletedLeads are the CRM's lead records that earlier bookings of this customer have completed.
	CompletedLeads []string
}

// TextConsent is what the customer of an appointment has said of text messages.
type TextConsent struct {
	Given bool // withdrawn since where false
	Words string
	At    time.Time
}

// link gives the link of a role; false when there is none.
func (s Subject) link(r crm.Role) (Link, bool) {
	for _, l := range s.Links {
		if l.Role == r {
			return l, true
		}
	}
	return Link{}, false
}

// changed is when what is pushed was changed last; of a lead, when it came.
func (s Subject) changed() time.Time {
	switch {
	case s.Appointment != nil:
		return s.Appointment.Updated
	case s.Lead != nil:
		return s.Lead.Created
	}
	return s.Customer.Updated
}

// State says how far a push has come.
type State string

// The states of a push, as people see them.
const (
	Pending      State = "pending"
	Written      State = "written"
	Failed       State = "failed"
	NotConnected State = "not_connected"
)

// What hinders every write of an organization, in words for people.
const (
	Parked = "Waits for the connection to be authorized again (steps 4 to 6)."
	Paused = "Zoho takes no writes at the moment. We try again by ourselves."
)

// View is how far an appointment, lead or customer has come in the CRM.
type View struct {
	State     State
	Records   []Link // only those with a Record
	LastError string // what hinders, in our words; "" when nothing does
}

// Gone is a record that stood for something of ours until it was deleted in the CRM.
type Gone struct {
	Role           crm.Role
	Module, Record string
	Seen           time.Time // when we saw that it was
}

// AttemptState is how one attempt ended.
type AttemptState string

// The ends of an attempt.
const (
	AttemptWritten AttemptState = "written"
	AttemptFailed  AttemptState = "failed"
	AttemptUnknown AttemptState = "unknown" // the answer was lost: it is looked for before it is repeated
)

// AttemptID names an attempt.
type AttemptID string

// Attempt is one call that tried to write, or a reading that failed. Request and Answer are masked JSON.
type Attempt struct {
	ID          AttemptID
	Config      connection.ConfigID
	At          time.Time
	State       AttemptState
	Kind        string // "create Contacts", "update Events", "find Leads"
	Appointment booking.AppointmentID
	Lead        lead.ID
	Customer    lead.CustomerID // of a write of the person alone
	Module      string
	Record      string
	Request     string
	Answer      string
	Error       string // our words and the advice
	Code        string // the CRM's code and message, small
	Took        time.Duration
	Cause       string  // the job and the request that led to it, as the log names them; the store knows it
	Wrote       []Value // kept with the attempt; not read with it
}

// Outcome is how a push ended, for the row of the appointment or lead.
type Outcome struct {
	Revision int64 // what the CRM has now, when Error is ""
	Failed   bool  // only a person can mend it
	Error    string
}

// Ref names what is pushed: exactly one of the three.
type Ref struct {
	Appointment booking.AppointmentID
	Lead        lead.ID
	Customer    lead.CustomerID // after a change of the person alone
}

// Crossed is the fact that a record was changed in the CRM while a change of ours waited: ours was not written.
type Crossed struct {
	Org    org.ID              `json:"org"`
	Config connection.ConfigID `json:"config"`
	Module string              `json:"module"`
	Record string              `json:"record"`
}

// LeftBehind is the fact that a sweep found something that has not been written for a while. Usually a job of its own
// waits already, so no more than one follows from any number of sweeps.
type LeftBehind Due

// Due is the fact that something waits to be written: after a reconnect or a replay.
type Due struct {
	Org         org.ID                `json:"org"`
	Appointment booking.AppointmentID `json:"appointment,omitempty"`
	Lead        lead.ID               `json:"lead,omitempty"`
	Customer    lead.CustomerID       `json:"customer,omitempty"`
}

// AttemptFilter narrows the list of attempts.
type AttemptFilter struct {
	State       AttemptState
	Appointment booking.AppointmentID
	Lead        lead.ID
	After       string
	Limit       int
}

// Store keeps links, attempts and the state of pushes.
type Store interface {
	PersonStore
	DryRunStore
	Organization(ctx context.Context, o org.ID) (org.Organization, error)
	CatalogAt(ctx context.Context, o org.ID) (catalog.Catalog, int64, error)
	AppointmentSubject(ctx context.Context, o org.ID, id booking.AppointmentID, c connection.ConfigID) (Subject, error)
	LeadSubject(ctx context.Context, o org.ID, id lead.ID, c connection.ConfigID) (Subject, error)
	// CustomerSubject has the records of the customer and of all their leads as Links.
	CustomerSubject(ctx context.Context, o org.ID, id lead.CustomerID, c connection.ConfigID) (Subject, error)

	// LeaseCustomer makes holder the only one who pushes for a customer until then; false when another one does.
	LeaseCustomer(ctx context.Context, o org.ID, id lead.CustomerID, holder string, until, now time.Time) (bool, error)
	ReleaseCustomer(ctx context.Context, o org.ID, id lead.CustomerID, holder string) error

	// Decide keeps which inserts are about to be made, all in one transaction, before the first of them.
	Decide(ctx context.Context, o org.ID, c connection.ConfigID, links []Link) error
	// Begin keeps what of a link is about to be sent, if holder still has the customer's lease and the sights are those of
	// its Version; false otherwise.
	Begin(ctx context.Context, o org.ID, c connection.ConfigID, l Link, customer lead.CustomerID, holder string) (bool, error)
	// Record keeps an attempt with what it wrote and, when it has one, the link that came of it, in one transaction.
	Record(ctx context.Context, o org.ID, a Attempt, link *Link) error
	// Unlink forgets a link whose record is gone.
	Unlink(ctx context.Context, o org.ID, c connection.ConfigID, role crm.Role, subject string) error
	Settle(ctx context.Context, o org.ID, r Ref, out Outcome, now time.Time) error
	// StateDue has the copy of the CRM compared with it anew.
	StateDue(ctx context.Context, o org.ID, c connection.ConfigID) error
	// Cross states Crossed.
	Cross(ctx context.Context, o org.ID, f Crossed) error

	// Requeue states LeftBehind for everything of an organization that waits and was last touched before then.
	Requeue(ctx context.Context, o org.ID, before time.Time) (int, error)
	// Resume states Due for everything of an organization that is behind, what has failed included.
	Resume(ctx context.Context, o org.ID) (int, error)
	// Replay clears a failure and states Due.
	Replay(ctx context.Context, o org.ID, r Ref) error
	// ConnectedOrganizations lists the organizations that have a connected config.
	ConnectedOrganizations(ctx context.Context) ([]org.ID, error)

	// ValuesOf lists the values that were written to a record, the oldest first.
	ValuesOf(ctx context.Context, o org.ID, c connection.ConfigID, module, record string) ([]Value, error)
	// ValuesIn lists the values of an attempt, or the newest of an appointment or lead, the oldest first.
	ValuesIn(ctx context.Context, o org.ID, a AttemptID, r Ref, limit int) ([]Value, error)
	// RecordsIn lists the records that a scope takes in, at most limit: appointments first, then leads, then the records
	// that these point to.
	RecordsIn(ctx context.Context, o org.ID, c connection.ConfigID, s Scope, limit int) ([]UndoRecord, error)
	// VisitRecords lists the ids of a customer's appointment records.
	VisitRecords(ctx context.Context, o org.ID, c connection.ConfigID, id lead.CustomerID) ([]string, error)
	// StartUndo keeps an undo and states UndoAsked.
	StartUndo(ctx context.Context, o org.ID, u Undo) error
	Undo(ctx context.Context, o org.ID, id UndoID) (Undo, error)
	// ExpectSight keeps what an appointment's record is about to show by an undo, so that the echo is known for ours.
	ExpectSight(ctx context.Context, o org.ID, c connection.ConfigID, module, record string, s Sight) error
	// SettleUndo keeps what became of a record of an undo, and in the same transaction the attempt, if there was one. gone:
	// the record was deleted, so no link leads there any more. shows, if any, is what an appointment's record shows since.
	SettleUndo(ctx context.Context, o org.ID, id UndoID, r UndoRecord, a *Attempt, gone bool, shows *Sight) error

	Attempt(ctx context.Context, o org.ID, id AttemptID) (Attempt, error)
	Attempts(ctx context.Context, o org.ID, f AttemptFilter) (list []Attempt, next string, err error)
	// Gone lists the deleted records of appointments, leads and customers, by their ids.
	Gone(ctx context.Context, o org.ID, subjects []string) ([]Gone, error)
	AppointmentViews(ctx context.Context, o org.ID, ids []booking.AppointmentID) (map[booking.AppointmentID]View, error)
	LeadViews(ctx context.Context, o org.ID, ids []lead.ID) (map[lead.ID]View, error)
	CustomerViews(ctx context.Context, o org.ID, ids []lead.CustomerID) (map[lead.CustomerID]View, error)
}
