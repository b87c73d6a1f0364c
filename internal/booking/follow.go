package booking

import (
	"time"

	"heavyset.tech/platform/internal/org"
)

// Ended is the fact that a visit took place, that nobody was there, or that somebody took that back.
type Ended struct{ Fact }

// Reassigned is the fact that an appointment has another rep at the same time.
type Reassigned struct{ Fact }

// Affirmed is the fact that a tentative appointment is confirmed.
type Affirmed struct{ Fact }

// Doubted is the fact that a confirmed appointment has to be confirmed anew: something was found in its way.
type Doubted struct{ Fact }

// Told is what people did to an appointment elsewhere, in the CRM. A zero part says nothing.
type Told struct {
	Start, End time.Time
	Rep        string
	Status     Status // Canceled, Completed or NoShow; Confirmed opens a cancelled one again
	Reason     string // of a cancellation
	Actor      string // who did it, for the timeline
	Detail     string // how, for the timeline
}

// Follow gives what an appointment becomes by what people did elsewhere. It asks no rule of the catalog: whoever moved
// the visit there has decided it. Change.Fact is nil when the appointment is like that already.
func Follow(o org.ID, a Appointment, t Told, now time.Time) Change {
	e := Event{At: now, Actor: t.Actor, Detail: t.Detail}
	before := a.Start
	var state func(Fact) any
	switch {
	case t.Status == Canceled:
		if a.Status == Canceled {
			return Change{Appointment: a}
		}
		a.Status, a.CancelReason, a.Request, e.Kind = Canceled, t.Reason, false, "cancelled"
		state = func(f Fact) any { return Cancelled{f} }
	case (t.Status == Completed || t.Status == NoShow) && a.Status != t.Status:
		a.Status, e.Kind = t.Status, string(t.Status)
		a.take(t)
		state = func(f Fact) any { return Ended{f} }
	case t.Status == Confirmed && a.Status == Canceled:
		a.Status, a.CancelReason, a.Request, e.Kind = Confirmed, "", false, "reopened"
		a.take(t)
		state = func(f Fact) any { f.Before = before; return Rescheduled{f} }
	case a.moved(t):
		e.Kind = "rescheduled"
		state = func(f Fact) any { f.Before = before; return Rescheduled{f} }
	case t.Rep != "" && t.Rep != a.Rep:
		a.Rep, e.Kind = t.Rep, "reassigned"
		state = func(f Fact) any { return Reassigned{f} }
	default:
		return Change{Appointment: a}
	}
	a.Revision++
	a.Updated = now
	e.Start, e.Rep = a.Start, a.Rep
	f := a.fact(o)
	f.CRM = true
	return Change{Appointment: a, Fact: state(f), Event: e}
}

// Affirm confirms an appointment that is tentative because the CRM could not be asked; others stay as they are, requests
// among them.
func Affirm(o org.ID, a Appointment, now time.Time, detail string) Change {
	if a.Status != Tentative || a.Request {
		return Change{Appointment: a}
	}
	a.Status = Confirmed
	a.Revision++
	a.Updated = now
	e := Event{At: now, Kind: "confirmed", Actor: "system", Start: a.Start, Rep: a.Rep, Detail: detail}
	return Change{Appointment: a, Fact: Affirmed{a.fact(o)}, Event: e}
}

// Doubt makes a request of a confirmed appointment; one that is not confirmed stays as it is.
func Doubt(o org.ID, a Appointment, now time.Time, detail string) Change {
	if a.Status != Confirmed {
		return Change{Appointment: a}
	}
	a.Status = Tentative
	a.Revision++
	a.Updated = now
	e := Event{At: now, Kind: "doubted", Actor: "system", Start: a.Start, Rep: a.Rep, Detail: detail}
	return Change{Appointment: a, Fact: Doubted{a.fact(o)}, Event: e}
}

// take takes over another time and another rep, where there is one.
func (a *Appointment) take(t Told) {
	a.moved(t)
	if t.Rep != "" {
		a.Rep = t.Rep
	}
}

// moved takes over another time, with its rep, and reports whether it was one. Without an end the visit takes as long as before.
func (a *Appointment) moved(t Told) bool {
	start, end := t.Start.UTC(), t.End.UTC()
	if t.Start.IsZero() {
		start = a.Start
	}
	if t.End.IsZero() {
		end = start.Add(a.End.Sub(a.Start))
	}
	if start.Equal(a.Start) && end.Equal(a.End) || !start.Before(end) {
		return false
	}
	a.Start, a.End = start, end
	if t.Rep != "" {
		a.Rep = t.Rep
	}
	return true
}
