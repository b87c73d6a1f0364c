package booking

import (
	"time"

	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
)

var errLate = fault.New(fault.Conflict, "It is too late to change or cancel this here. Please call us.")

// late reports whether an appointment is too near for its visitor to change it. Whoever belongs to the organization may.
func late(c catalog.Catalog, a Appointment, now time.Time, actor string) bool {
	return actor == "visitor" && now.Add(time.Duration(c.ChangeNoticeMinutes)*time.Minute).After(a.Start)
}

// Late reports whether the appointment is too near for its visitor to change it.
func (m Managed) Late(now time.Time) bool { return late(m.Catalog, m.Appointment, now, "visitor") }
