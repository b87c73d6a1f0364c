// Package waitlist has the people for whom there was no fitting time, and offers them times that come free.
//
// It stands beside the trip of a booking: whoever finds no time joins with their wishes; when a time comes free (a visit was
// cancelled or moved, an offer came to nothing, the rules have opened) the first of the line whom it fits is offered it by
// mail. An offer is a hold of package booking, made in the same transaction, so that slots, bookings and offers agree. To
// accept it is a booking with that hold, by the same rules as any other.
//
// What was free when a person joined, and has been since, is not offered to them: they have seen it. Nobody has two offers
// at a time, no time is offered to two people, none is offered twice to the same person, and nothing goes out in the quiet
// hours. Everything is decided from what the store says at the moment, so that any step may be done again: Look, for one
// organization, is what every fact and every tick leads to.
package waitlist

import (
	"context"
	"log/slog"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
)

// Bounds.
const (
	MaxWaiting    = 2_000               // people who wait in one organization
	MaxUnanswered = 3                   // offers that a person lets pass before they are taken off the list
	KeepFor       = 30 * 24 * time.Hour // how long an entry is kept once it is settled
	MinHold       = 10 * time.Minute
	MaxHold       = 12 * time.Hour
	// grace is how much longer than its offer a hold lives: for whoever presses in the last second, and until the next in
	// line has been found.
	grace = time.Minute
	// patience is when an accepted offer whose booking nobody has heard of is taken up again.
	patience = time.Minute
)

// EntryID names a place on the list.
type EntryID string

// OfferID names an offer.
type OfferID string

// State is where an entry stands.
type State string

// The states of an entry.
const (
	Waiting     State = "waiting"
	Booked      State = "booked"
	Left        State = "left"        // by themselves
	Removed     State = "removed"     // by somebody of the organization
	Over        State = "over"        // the last day of their wishes has passed
	Silent      State = "silent"      // has let too many offers pass
	Unreachable State = "unreachable" // the address takes no mail
)

// Entry is one person who waits for a time of a service.
type Entry struct {
	ID          EntryID
	Service     string
	Wish        Wish
	Contact     lead.Contact // normalised; its postal code is the one that times are looked for with
	Notes       string
	Answers     map[string]string
	UTM         map[string]string
	Timezone    string // the person's, for messages
	Language    string
	State       State
	Appointment booking.AppointmentID // that came of it
	Created     time.Time             // they consented to mails about it then
	Settled     time.Time             // zero: waits
	Known       []time.Time           // fitting starts that were free when they joined, and have been since
}

// LogValue keeps people out of logs: only the id shows.
func (e Entry) LogValue() slog.Value { return slog.StringValue(string(e.ID)) }

// Location gives the person's zone.
func (e Entry) Location() *time.Location {
	if z, ok := org.Zone(e.Timezone); ok {
		return z
	}
	return time.UTC
}

// OfferState is what became of an offer.
type OfferState string

// The states of an offer.
const (
	Open      OfferState = "open"
	Accepting OfferState = "accepting" // the person has pressed, and the booking is being made
	Accepted  OfferState = "accepted"
	Declined  OfferState = "declined"
	Expired   OfferState = "expired"
	Gone      OfferState = "gone"      // the time could not be booked after all
	Withdrawn OfferState = "withdrawn" // the person is not on the list any more
)

// Live reports whether the offer still keeps its time.
func (s OfferState) Live() bool { return s == Open || s == Accepting }

// Offer is a time that is kept for a person until Expires.
type Offer struct {
	ID         OfferID
	Entry      EntryID
	Hold       booking.HoldID
	Service    string
	Rep        string
	Start, End time.Time
	Made       time.Time
	Expires    time.Time
	By         string // who made it by hand; "" = the list itself
	State      OfferState
	Changed    time.Time
}

// Policy is how an organization's list works.
type Policy struct {
	On   bool
	Hold time.Duration // how long an offer stands
}

// DefaultPolicy is what holds before anything was saved.
func DefaultPolicy() Policy { return Policy{On: true, Hold: 30 * time.Minute} }

// Joined is the fact that a person is on the list, or wanted to be once more: their link is sent to them.
type Joined struct {
	Org   org.ID    `json:"org"`
	Entry EntryID   `json:"entry"`
	At    time.Time `json:"at"`
	Again bool      `json:"again,omitempty"`
}

// Offered is the fact that a person was offered a time.
type Offered struct {
	Org   org.ID  `json:"org"`
	Offer OfferID `json:"offer"`
}

// Freed is the fact that a time that was kept for somebody is not any more.
type Freed struct {
	Org org.ID `json:"org"`
}

// Look is one organization whose list has to be looked at.
type Look struct {
	Org      org.ID
	Revision int64 // of everything that its slots depend on
}

// Store keeps the list. Each method is one transaction; what ends an offer deletes its hold under the organization's lock
// and states Freed.
type Store interface {
	WaitPolicy(ctx context.Context, o org.ID) (Policy, error)
	KeepWaitPolicy(ctx context.Context, o org.ID, p Policy) error

	// JoinWaitlist keeps an entry with its private link and states Joined. Whoever waits for the same service already, by
	// their e-mail address, keeps their place, and their link is sent again. fault.Conflict when too many wait.
	JoinWaitlist(ctx context.Context, o org.ID, e Entry, token secret.String) error
	WaitEntry(ctx context.Context, o org.ID, id EntryID) (Entry, error)
	WaitByToken(ctx context.Context, tokenHash string) (org.Organization, Entry, error)
	// WaitEntries lists those who wait, in their order, and the last who were settled.
	WaitEntries(ctx context.Context, o org.ID) (waiting, settled []Entry, err error)
	// WaitOffers lists the offers to an entry, the newest first; of all who wait with "".
	WaitOffers(ctx context.Context, o org.ID, e EntryID) ([]Offer, error)
	WaitOffer(ctx context.Context, o org.ID, id OfferID) (Offer, error)
	KeepKnown(ctx context.Context, o org.ID, e EntryID, known []time.Time) error
	// BookedSince reports whether the person has a visit of the service that was booked since they wait.
	BookedSince(ctx context.Context, o org.ID, e Entry) (bool, error)
	// SettleEntry ends the waiting, if it has not ended, and withdraws what is offered.
	SettleEntry(ctx context.Context, o org.ID, e EntryID, to State, now time.Time) error

	// OfferSlot stores hold and offer together and states Offered. ErrNotWaiting when the entry does not wait, or has an
	// offer already.
	OfferSlot(ctx context.Context, o org.ID, q booking.Question, e EntryID, decide func(booking.Situation) (booking.Hold, Offer, error)) (booking.Hold, error)
	// BeginAccept marks an offer as accepted by the person; false when it has ended.
	BeginAccept(ctx context.Context, o org.ID, id OfferID, now time.Time) (bool, error)
	// EndAccept says that the appointment was made, and settles the entry.
	EndAccept(ctx context.Context, o org.ID, id OfferID, a booking.AppointmentID, now time.Time) error
	// EndOffer ends an offer that is in one of the states from; false when it is not. One that expired counts as unanswered.
	EndOffer(ctx context.Context, o org.ID, id OfferID, from []OfferState, to OfferState, now time.Time) (bool, error)

	// WaitlistsToLook lists the organizations where somebody waits and something has changed since they were looked at, or
	// an offer has had its time.
	WaitlistsToLook(ctx context.Context, now time.Time) ([]Look, error)
	Looked(ctx context.Context, o org.ID, revision int64) error
}

// Directory finds organizations.
type Directory interface {
	Organization(ctx context.Context, o org.ID) (org.Organization, error)
}

// Service keeps the list.
type Service struct {
	Store    Store
	Orgs     Directory
	Bookings *booking.Service
	Leads    *lead.Service
	// Quiet reports whether an instant lies in the hours in which an organization sends nothing to a person in a zone.
	Quiet func(ctx context.Context, o org.ID, at time.Time, zone *time.Location) (bool, error)
	Now   func() time.Time
}

// What is said of a list.
var (
	// ErrNotWaiting is what the store says when nothing can be offered to an entry.
	ErrNotWaiting = fault.New(fault.Conflict, "This person does not wait any more, or has an offer already.")
	ErrFull       = fault.New(fault.Conflict, "Our waiting list is full at the moment. Please send us a message instead.")
	errEnded      = fault.New(fault.Conflict, "This offer has ended, and the time is not kept for you any more.")
	errOff        = fault.New(fault.NotFound, "There is no waiting list here.")
)
