package booking

import (
	"context"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
)

var errMovedOn = fault.Coded(fault.Conflict, "CHANGED", "Somebody has changed this appointment meanwhile. Please look at it again.")

// SetOutcome says how a visit went: Completed or NoShow, or Confirmed to take that back. revision is that of the
// appointment as the person saw it. fault.Conflict: it has not begun yet, was cancelled, or was changed meanwhile. What is
// so already changes nothing.
func (s *Service) SetOutcome(ctx context.Context, o org.ID, id AppointmentID, to Status, revision int64, actor string) (Appointment, error) {
	if to != Completed && to != NoShow && to != Confirmed {
		return Appointment{}, fault.OfField("status", "is no way in which a visit ends.")
	}
	now := s.now()
	return s.store.Change(ctx, o, id, Question{CatalogRevision: -1, Now: now}, func(a Appointment, _ Situation) (Change, error) {
		switch {
		case a.Status == to, to == Confirmed && a.Status.Open():
			return Change{Appointment: a}, nil
		case a.Revision != revision:
			return Change{}, errMovedOn
		case a.Status == Canceled:
			return Change{}, fault.New(fault.Conflict, "This appointment is cancelled: there was no visit.")
		case a.Start.After(now):
			return Change{}, fault.New(fault.Conflict, "This visit has not begun yet. How it went can be said from its start on.")
		}
		a.Status = to
		a.Revision++
		a.Updated = now
		e := Event{At: now, Kind: string(to), Actor: actor, Start: a.Start, Rep: a.Rep}
		if to == Confirmed {
			e.Kind = "reopened"
		}
		return Change{Appointment: a, Fact: Ended{a.fact(o)}, Event: e}, nil
	})
}
