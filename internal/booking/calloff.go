package booking

import (
	"context"

	"heavyset.tech/platform/internal/org"
)

// CallOff cancels an appointment for the office, whatever notice visitors have to keep; the customer is told, with the
// reason where their message has it. revision is that of the appointment as the person saw it. fault.Conflict: it has
// begun, has ended, or was changed meanwhile. One that is cancelled already changes nothing.
func (s *Service) CallOff(ctx context.Context, o org.ID, id AppointmentID, reason string, revision int64, actor string) (Appointment, error) {
	if err := CheckReason(reason); err != nil {
		return Appointment{}, err
	}
	now := s.now()
	return s.store.Change(ctx, o, id, Question{CatalogRevision: -1, Now: now}, func(a Appointment, _ Situation) (Change, error) {
		if a.Status != Canceled && a.Revision != revision {
			return Change{}, errMovedOn
		}
		return cancel(o, a, reason, now, actor)
	})
}
