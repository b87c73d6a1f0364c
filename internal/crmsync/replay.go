package crmsync

import (
	"context"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
)

// ReplayAppointment writes an appointment again after a repair: its failure is cleared and a push follows. It may be
// asked for at any time, a push that finds nothing to do does nothing. fault.NotFound: no such appointment.
func (s *Service) ReplayAppointment(ctx context.Context, o org.ID, id booking.AppointmentID) error {
	if _, err := s.Store.AppointmentViews(ctx, o, []booking.AppointmentID{id}); err != nil {
		return err
	}
	if err := s.lookAgain(ctx, o); err != nil {
		return err
	}
	return s.Store.Replay(ctx, o, Ref{Appointment: id})
}

// ReplayLead is ReplayAppointment for a lead. One that a booking completed is written with that appointment.
func (s *Service) ReplayLead(ctx context.Context, o org.ID, l lead.Lead) error {
	if l.Appointment != "" {
		return s.ReplayAppointment(ctx, o, booking.AppointmentID(l.Appointment))
	}
	if _, err := s.Store.LeadViews(ctx, o, []lead.ID{l.ID}); err != nil {
		return err
	}
	if err := s.lookAgain(ctx, o); err != nil {
		return err
	}
	return s.Store.Replay(ctx, o, Ref{Lead: l.ID})
}
