package booking

import (
	"context"
	"time"

	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
)

// Waits reports whether somebody has to confirm or decline the appointment.
func (a Appointment) Waits() bool { return a.Status == Tentative && a.Request }

// asks reports whether what somebody wants is a request: staff who book or move for a customer have decided already.
func asks(sv catalog.Service, actor string) bool {
	return sv.Confirmation == catalog.ByRequest && (actor == "visitor" || actor == "api")
}

// ask makes a request of an appointment that somebody outside has chosen.
func (a *Appointment) ask(sv catalog.Service, actor string) {
	if asks(sv, actor) {
		a.Status, a.Request = Tentative, true
	}
}

// Requests lists what waits for somebody to confirm or decline it, the oldest first; at most a hundred.
func (s *Service) Requests(ctx context.Context, o org.ID) ([]Appointment, error) {
	return s.store.Requests(ctx, o, s.now())
}

var errNoRequest = fault.New(fault.Conflict, "This request has been answered already.")

// Confirm makes an appointment of a request. revision is that of the appointment as the person saw it. fault.Conflict: it
// is no request any more, its time has come, or it was changed meanwhile.
func (s *Service) Confirm(ctx context.Context, o org.ID, id AppointmentID, revision int64, actor string) (Appointment, error) {
	return s.answer(ctx, o, id, revision, func(a Appointment, now time.Time) (Change, error) {
		a.Status, a.Request = Confirmed, false
		a.Revision++
		a.Updated = now
		e := Event{At: now, Kind: "confirmed", Actor: actor, Start: a.Start, Rep: a.Rep}
		return Change{Appointment: a, Fact: Affirmed{a.fact(o)}, Event: e}, nil
	})
}

// CheckReason says what is wrong about a reason for cancelling or declining: fault.Invalid names the field "reason".
func CheckReason(reason string) error { return fault.OfFields(lead.CheckText("reason", reason, 1_000)) }

// Decline calls a request off and frees its time; the reason goes to the visitor, who is told. See Confirm.
func (s *Service) Decline(ctx context.Context, o org.ID, id AppointmentID, reason string, revision int64, actor string) (Appointment, error) {
	if err := CheckReason(reason); err != nil {
		return Appointment{}, err
	}
	return s.answer(ctx, o, id, revision, func(a Appointment, now time.Time) (Change, error) {
		c, err := cancel(o, a, reason, now, actor)
		if err != nil {
			return c, err
		}
		f := c.Appointment.fact(o)
		f.Declined, c.Appointment.Request, f.Unanswered = true, true, actor == "system"
		c.Fact, c.Event.Kind = Cancelled{f}, "declined"
		return c, nil
	})
}

func (s *Service) answer(ctx context.Context, o org.ID, id AppointmentID, revision int64, how func(Appointment, time.Time) (Change, error)) (Appointment, error) {
	now := s.now()
	return s.store.Change(ctx, o, id, Question{CatalogRevision: -1, Now: now}, func(a Appointment, _ Situation) (Change, error) {
		switch {
		case !a.Waits():
			return Change{}, errNoRequest
		case a.Revision != revision:
			return Change{}, errMovedOn
		case !a.Start.After(now):
			return Change{}, fault.New(fault.Conflict, "The time of this request has come. Say how the visit went instead.")
		}
		return how(a, now)
	})
}
