package mirror

import (
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/org"
)

// ConflictID names a conflict.
type ConflictID string

// Kind says what the two sides disagree on.
type Kind string

// The kinds of conflicts. One of a kind is open at a time for an appointment and a record.
const (
	Both      Kind = "both"      // changed on both sides at once
	Overlap   Kind = "overlap"   // moved in the CRM to a time that the rep does not have
	Stranger  Kind = "stranger"  // given to a CRM user who is no rep
	Reopened  Kind = "reopened"  // cancelled here, open there
	Strange   Kind = "strange"   // times that no visit can have
	Vanished  Kind = "vanished"  // neither there nor deleted
	Collision Kind = "collision" // booked here, while in the CRM something else was put at that time
)

// Conflict is what the rules could not decide between us and the CRM. Ours and Theirs are the two sides when it was opened.
type Conflict struct {
	ID             ConflictID
	Config         connection.ConfigID
	Kind           Kind
	Appointment    booking.AppointmentID
	Module, Record string
	Ours, Theirs   crmsync.Sight
	Detail         string
	Opened         time.Time
	Settled        time.Time // zero while it is open
	Settlement
}

// Choice is how a conflict was ended.
type Choice string

// The choices.
const (
	Theirs    Choice = "theirs"    // the CRM's side holds, here too
	Ours      Choice = "ours"      // our side holds and is written to the CRM
	Agreement Choice = "agreement" // the two sides agreed by themselves
	Kept      Choice = "kept"      // a person let both stand
	Moved     Choice = "moved"     // a person gave the visit another time
)

// Settlement is how and by whom a conflict was ended.
type Settlement struct {
	Choice Choice
	By     string
}

// Opened is the fact that there is something for a person to settle.
type Opened struct {
	Org      org.ID     `json:"org"`
	Conflict ConflictID `json:"conflict"`
}

// Words says in a sentence what the two sides disagree on.
func (k Kind) Words() string {
	switch k {
	case Both:
		return "The appointment was changed here and in Zoho at the same time."
	case Overlap:
		return "It was moved in Zoho to a time at which the rep has another appointment."
	case Stranger:
		return "It was given to somebody in Zoho who is no rep here."
	case Reopened:
		return "It is cancelled here, but open again in Zoho."
	case Strange:
		return "In Zoho it does not end after it starts, or takes longer than a day."
	case Vanished:
		return "Its record can't be found in Zoho, and Zoho does not say that it was deleted."
	case Collision:
		return "Something else stands in Zoho at the time of this appointment."
	}
	return string(k)
}
