package booking

import (
	"context"
	"errors"
	"time"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
)

// ErrCatalogMoved is what the store returns from a change when the catalog is no longer the one the question named; the
// service reads it anew and asks again.
var ErrCatalogMoved = errors.New("the catalog has changed meanwhile")

// Question is what a change needs to know before it is decided, and what makes a repetition harmless.
type Question struct {
	CatalogRevision int64
	From, To        time.Time // blocks of this range, holds that live at Now among them
	Around          time.Time // start of the slot, for Counts; zero: no counts needed
	Now             time.Time
	Contact         lead.Contact    // customers who share its e-mail or phone
	Holder          string          // whose live holds to count
	Hold            HoldID          // whose choice to read; "": none
	Owners          bool            // who has the records of the customers in the CRM is needed
	Customer        lead.CustomerID // of an appointment that is moved, for Owners; "": those who share the contact
	Same            Visit           // whose appointments to read; zero: none
	Key             lead.IdempotencyKey
}

// Booking is what a decision to book stores in one transaction.
type Booking struct {
	Receipt
	Customer lead.Customer
	Lead     *lead.Lead // new, or completed by this booking; nil: none
	NewLead  bool
	UsedHold HoldID // ends with the booking; "" for none
	Choice   Choice
	Actor    string
	Note     string // for the timeline; "" for none
	Texts    *Agreement
}

// Fact gives the fact of the booking.
func (b Booking) Fact(o org.ID) Booked { return Booked{b.Appointment.fact(o)} }

// Change is what a decision to reschedule or cancel stores.
type Change struct {
	Appointment Appointment
	Fact        any // Rescheduled or Cancelled; nil: nothing changed
	Event       Event
}

// Filter narrows a list of appointments. Zero values mean: any.
type Filter struct {
	From, To time.Time // start in [From, To)
	Status   Status
	Service  string
	Rep      string
	Customer lead.CustomerID
	Person   lead.Search // whose contact, as given with the booking
	After    string      // cursor of the page before
	Limit    int
}

// Store keeps appointments and holds. Each method is one transaction; Book, Change and HoldSlot take the organization's
// lock first, so that two of one organization never decide at the same time, and return ErrCatalogMoved when the
// catalog's revision is not the question's. A key that was used for the same question gives the first answer again
// without calling decide; for another one it is fault.Conflict. An overlap that the database refuses is fault.Conflict.
type Store interface {
	Offering(ctx context.Context, scheduler string) (Offering, error)
	CatalogAt(ctx context.Context, o org.ID) (catalog.Catalog, int64, error)
	Blocks(ctx context.Context, o org.ID, from, to, now time.Time) ([]availability.Block, error)

	HoldSlot(ctx context.Context, o org.ID, q Question, decide func(Situation) (Hold, error)) (Hold, error)
	Hold(ctx context.Context, o org.ID, id HoldID) (Hold, error)
	ReleaseHold(ctx context.Context, o org.ID, id HoldID) error
	Book(ctx context.Context, o org.ID, q Question, decide func(Situation) (Booking, error)) (Receipt, error)
	Change(ctx context.Context, o org.ID, id AppointmentID, q Question, decide func(Appointment, Situation) (Change, error)) (Appointment, error)

	ByToken(ctx context.Context, tokenHash string) (org.Organization, Appointment, error)
	// Unsubscribing finds it also behind a link that was revoked.
	Unsubscribing(ctx context.Context, tokenHash string) (org.Organization, Appointment, error)
	ManageToken(ctx context.Context, o org.ID, id AppointmentID) (secret.String, error)
	// RenewLinks ends the private links of a customer's appointments and gives each another one.
	RenewLinks(ctx context.Context, o org.ID, c lead.CustomerID) (renewed int, err error)
	Appointment(ctx context.Context, o org.ID, id AppointmentID) (Appointment, error)
	Appointments(ctx context.Context, o org.ID, f Filter) (list []Appointment, next string, err error)
	Timeline(ctx context.Context, o org.ID, id AppointmentID) ([]Event, error)
	// Requests lists the appointments that wait for somebody to confirm or decline them, the oldest first.
	Requests(ctx context.Context, o org.ID, now time.Time) ([]Appointment, error)
	// CountRequests counts them.
	CountRequests(ctx context.Context, o org.ID, now time.Time) (int, error)
}

// Service answers what can be booked, and books it. Make it with New.
type Service struct {
	store Store
	now   func() time.Time
	rules rulesCache
	views viewCache
}

// New makes the service over a store; now gives the present instant.
func New(store Store, now func() time.Time) *Service {
	return &Service{store: store, now: now}
}

// messages for people, in one place so that page and API say the same.
var (
	errTaken   = fault.Coded(fault.Conflict, "TAKEN", "This time has just been taken. Please choose another one.")
	errHad     = fault.Coded(fault.Conflict, AlreadyBooked, "You have booked this time already. The message that we sent you then leads to your appointment.")
	errStale   = fault.Coded(fault.Conflict, string(availability.SourceStale), "Our calendar can't be checked at the moment. Please send us an enquiry, or try again a little later.")
	errNoToken = fault.New(fault.NotFound, "There is no appointment behind this link.")
)

// Rules gives the compiled catalog of an organization and its revision.
func (s *Service) compiled(ctx context.Context, o org.ID, revision int64) (*compiled, error) {
	if c := s.rules.get(o, revision); c != nil {
		return c, nil
	}
	cat, rev, err := s.store.CatalogAt(ctx, o)
	if err != nil {
		return nil, err
	}
	rules, err := cat.Rules()
	if err != nil {
		return nil, err
	}
	c := &compiled{catalog: cat, rules: rules, revision: rev}
	s.rules.put(o, c)
	return c, nil
}

// retryMoved runs f with the compiled catalog, again when the catalog moved in between.
func (s *Service) retryMoved(ctx context.Context, of Offering, f func(*compiled) error) error {
	revision := of.CatalogRevision
	for range 5 {
		c, err := s.compiled(ctx, of.Organization.ID, revision)
		if err != nil {
			return err
		}
		if err = f(c); !errors.Is(err, ErrCatalogMoved) {
			return err
		}
		revision = -1 // no cached catalog has it: read the newest
	}
	return fault.Later(time.Second, "The settings are being changed just now. Please try again in a moment.")
}
