package crmsync

import (
	"context"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/org"
)

// Lookout looks in the CRM whether an appointment's time still is its rep's.
type Lookout interface {
	// Glance asks the CRM for what stands at the time of an appointment that is about to be written there, and has a person
	// settle what is in its way. own are the appointment's links. It reports whether the appointment has changed by that. The
	// CRM's silence is a *crm.Problem; what else keeps it from being asked is left to those who keep the copy.
	Glance(ctx context.Context, o org.ID, c connection.ConfigID, a booking.Appointment, own []Link) (changed bool, err error)
}

// glance has the lookout look before the appointment's record is made, or brought to another time or rep than it shows: what
// somebody put there since the copy was read is no surprise to the visitor at the door. It is written all the same, so that
// whoever settles it sees both in the CRM.
func (w *writer) glance(ctx context.Context, shows Sight) error {
	a := w.sub.Appointment
	target := w.target()
	target.Status = ""
	if w.service.Lookout == nil || !a.Status.Open() || !a.End.After(w.service.Now()) || !shows.Start.IsZero() && shows.Agrees(target) {
		return nil
	}
	changed, err := w.service.Lookout.Glance(ctx, w.org, w.config, *a, w.sub.Links)
	if crm.AsProblem(err) != nil {
		return w.failed(ctx, "look before writing", w.mapping.Module(crm.RoleAppointment), "", nil, 0, err)
	}
	if err != nil || !changed {
		return err
	}
	w.sub, err = w.service.subject(ctx, w.org, w.ref, w.config)
	return err
}
