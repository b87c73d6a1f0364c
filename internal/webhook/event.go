package webhook

import (
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
)

// Type is what kind of thing happened.
type Type string

// The types. Receivers keep these words.
const (
	AppointmentBooked      Type = "appointment.booked"
	AppointmentConfirmed   Type = "appointment.confirmed"
	AppointmentRescheduled Type = "appointment.rescheduled"
	AppointmentReassigned  Type = "appointment.reassigned"
	AppointmentCancelled   Type = "appointment.cancelled"
	AppointmentCompleted   Type = "appointment.completed"
	AppointmentNoShow      Type = "appointment.no_show"
	LeadCreated            Type = "lead.created"
	LeadUpdated            Type = "lead.updated"
	CustomerUpdated        Type = "customer.updated"
	ConnectionLost         Type = "connection.lost"
	ConnectionRestored     Type = "connection.restored"

	Test Type = "webhook.test" // sent by a button, to an endpoint of any types
)

// Types lists what an endpoint may listen to, in the order in which people read them.
func Types() []Type {
	return []Type{
		AppointmentBooked, AppointmentConfirmed, AppointmentRescheduled, AppointmentReassigned, AppointmentCancelled, AppointmentCompleted, AppointmentNoShow,
		LeadCreated, LeadUpdated, CustomerUpdated, ConnectionLost, ConnectionRestored,
	}
}

// Happening is what a fact says to endpoints.
type Happening struct {
	Type    Type   // "" of a visit that ended: see Ended
	Subject string // id of what it happened to
	// Snapshot is what the fact says of an appointment, which may have changed again by the time the message goes out.
	Snapshot Snapshot
}

// Snapshot is how an appointment was at the moment; zero for anything else.
type Snapshot struct {
	Revision int64     `json:"revision,omitempty"`
	Service  string    `json:"service,omitempty"`
	Rep      string    `json:"rep,omitempty"`
	Start    time.Time `json:"start,omitzero"`
	End      time.Time `json:"end,omitzero"`
	Before   time.Time `json:"before,omitzero"` // start before a reschedule
	Status   string    `json:"status,omitempty"`
	Reason   string    `json:"reason,omitempty"` // of a cancellation
}

// OfAppointment reports whether an appointment is what it happened to.
func (h Happening) OfAppointment() bool { return h.Snapshot.Revision > 0 }

// Ended gives the type of an outcome by the status that the appointment has: an outcome that was taken back confirms it.
func Ended(s booking.Status) Type {
	switch s {
	case booking.Completed:
		return AppointmentCompleted
	case booking.NoShow:
		return AppointmentNoShow
	}
	return AppointmentConfirmed
}

// Of says what a fact tells endpoints, and of which organization; false for one that they do not hear of. Type is "" for
// an outcome, which Ended names.
func Of(fact any) (org.ID, Happening, bool) {
	visit := func(t Type, f booking.Fact) (org.ID, Happening, bool) {
		return f.Org, Happening{Type: t, Subject: string(f.Appointment), Snapshot: Snapshot{
			Revision: f.Revision, Service: f.Service, Rep: f.Rep, Start: f.Start, End: f.End, Before: f.Before,
		}}, true
	}
	switch f := fact.(type) {
	case booking.Booked:
		return visit(AppointmentBooked, f.Fact)
	case booking.Affirmed:
		return visit(AppointmentConfirmed, f.Fact)
	case booking.Rescheduled:
		return visit(AppointmentRescheduled, f.Fact)
	case booking.Reassigned:
		return visit(AppointmentReassigned, f.Fact)
	case booking.Cancelled:
		return visit(AppointmentCancelled, f.Fact)
	case booking.Ended:
		return visit("", f.Fact)
	case lead.Opened:
		return f.Org, Happening{Type: LeadCreated, Subject: string(f.Lead)}, true
	case lead.Changed:
		return f.Org, Happening{Type: LeadUpdated, Subject: string(f.Lead)}, true
	case lead.CustomerChanged:
		return f.Org, Happening{Type: CustomerUpdated, Subject: string(f.Customer)}, true
	case connection.Lost:
		return f.Org, Happening{Type: ConnectionLost, Subject: string(f.Config)}, true
	case connection.Authorized:
		if !f.Lost.IsZero() {
			return f.Org, Happening{Type: ConnectionRestored, Subject: string(f.Config)}, true
		}
	}
	return "", Happening{}, false
}
