package notify

import (
	"context"
	"fmt"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/org"
)

// Kind is what a message tells of.
type Kind string

// The kinds of messages to customers.
const (
	Booked      Kind = "booked"
	Requested   Kind = "requested" // booked, but still to be confirmed
	Confirmed   Kind = "confirmed" // what was requested is
	Declined    Kind = "declined"  // what was requested is not possible
	Rescheduled Kind = "rescheduled"
	Reassigned  Kind = "reassigned" // another rep comes, at the same time
	Cancelled   Kind = "cancelled"
	Reminder    Kind = "reminder"
	FollowUp    Kind = "follow_up" // nobody was there
)

// Kinds lists the kinds of messages to customers, in the order of a visit's life.
func Kinds() []Kind {
	return []Kind{Booked, Requested, Confirmed, Declined, Rescheduled, Reassigned, Cancelled, Reminder, FollowUp}
}

// planned reports whether messages of the kind go out at a time of their own, unasked.
func (k Kind) planned() bool { return k == Reminder || k == FollowUp }

// Ended plans what follows a visit that is over.
func (s *Service) Ended(ctx context.Context, f booking.Ended) error {
	a, err := s.Store.Appointment(ctx, f.Org, f.Appointment)
	if err != nil {
		return err
	}
	_, err = s.plan(ctx, f.Org, a)
	return err
}

// plan keeps what is to go out later for an appointment as it is. The store leaves it when the appointment has changed
// meanwhile: the job of that change plans it. It gives the policy that it planned by.
func (s *Service) plan(ctx context.Context, o org.ID, a booking.Appointment) (Policy, error) {
	p, err := s.Store.MessagePolicy(ctx, o)
	if err != nil {
		return p, err
	}
	return p, s.Store.PlanMessages(ctx, o, a.ID, a.Revision, p.Plan(a, s.Now()))
}

// Replan plans the coming appointments of an organization anew.
func (s *Service) Replan(ctx context.Context, f PolicyChanged) error {
	filter := booking.Filter{From: s.Now(), Status: booking.Confirmed}
	for {
		list, next, err := s.Store.Appointments(ctx, f.Org, filter)
		if err != nil {
			return err
		}
		for _, a := range list {
			if _, err := s.plan(ctx, f.Org, a); err != nil {
				return err
			}
		}
		if next == "" {
			return nil
		}
		filter.After = next
	}
}

// Deliver sends a planned message whose time has come. One that its appointment has made wrong meanwhile is skipped, and
// so is a reminder that could not go out before the visit began.
func (s *Service) Deliver(ctx context.Context, due Due) error {
	a, err := s.Store.Appointment(ctx, due.Org, due.Appointment)
	if err != nil {
		return err
	}
	if due.Kind == RequestWaits || due.Kind == RequestEnds {
		return s.unanswered(ctx, due, a)
	}
	if a.Contact.Email == "" {
		return nil
	}
	f := booking.Fact{Org: due.Org, Appointment: a.ID, Revision: a.Revision, Service: a.Service, Rep: a.Rep, Start: a.Start, End: a.End}
	unwanted, err := s.Unwanted(ctx, due.Org, a.Contact.Email)
	if err != nil {
		return err
	}
	p, err := s.Store.MessagePolicy(ctx, due.Org)
	if err != nil {
		return err
	}
	l := letter{kind: due.Kind, id: s.plannedID(due, due.Kind), fact: f, appointment: a, policy: p}
	if l.skip = due.outdated(a, s.Now()); unwanted {
		l.skip = "The customer wants no reminders."
	}
	return s.deliver(ctx, l)
}

// plannedID names a planned message.
func (s *Service) plannedID(due Due, k Kind) string {
	return fmt.Sprintf("%s.%d.%s.%d@%s", due.Appointment, due.Start.Unix(), k, due.Lead, domain(s.From.Address))
}

// outdated says why a planned message must not go out any more; "" = it may.
func (due Due) outdated(a booking.Appointment, now time.Time) string {
	switch {
	case due.Kind == FollowUp && a.Status != booking.NoShow, due.Kind == Reminder && (a.Status != booking.Confirmed || !a.Start.Equal(due.Start)):
		return overtakenWords
	case due.Kind == Reminder && !now.Before(a.Start):
		return "The visit had begun by then."
	}
	return ""
}

// Upcoming gives the messages that are to go out for an appointment, in order.
func (s *Service) Upcoming(ctx context.Context, o org.ID, a booking.AppointmentID) ([]Planned, error) {
	return s.Store.PlannedMessages(ctx, o, a)
}

// Tick states what is due. It is cheap where nothing is.
func (s *Service) Tick(ctx context.Context) error { return s.Store.TakeDueMessages(ctx, s.Now()) }
