package crmsync

import (
	"strings"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/mapping"
)

// Sight is what a record shows of its appointment, in our words. A zero part means that the record has no word on it.
//
// A link keeps the sight that both sides last knew of. With it a change made in the CRM is told from one of ours that has
// not been written yet, and from the echo of one that has.
type Sight struct {
	Start  time.Time      `json:"start,omitzero"`
	End    time.Time      `json:"end,omitzero"`
	Owner  string         `json:"owner,omitempty"` // the CRM's user
	Status booking.Status `json:"status,omitempty"`
	// Outcomes: a mapped field tells how the visit went. Without one a record only tells whether it is cancelled.
	Outcomes bool `json:"outcomes,omitempty"`
}

// SightOf gives what a record is to show once the appointment's present state is written. owner is the rep's CRM user.
func SightOf(a booking.Appointment, owner string) Sight {
	return Sight{Start: a.Start, End: a.End, Owner: owner, Status: a.Status, Outcomes: true}
}

// Agrees reports whether a record that shows s tells the same as other, as far as both have a word on it. Seconds are
// left out: not every field of a CRM has them.
func (s Sight) Agrees(other Sight) bool {
	sameTime := func(a, b time.Time) bool {
		return a.IsZero() || b.IsZero() || a.Truncate(time.Minute).Equal(b.Truncate(time.Minute))
	}
	sameOwner := s.Owner == "" || other.Owner == "" || s.Owner == other.Owner
	return sameTime(s.Start, other.Start) && sameTime(s.End, other.End) && sameOwner && s.sameStatus(other)
}

func (s Sight) sameStatus(other Sight) bool {
	a, b := s.Status, other.Status
	switch {
	case a == "" || b == "" || a == b:
		return true
	case a == booking.Canceled || b == booking.Canceled:
		return false
	case !s.Outcomes || !other.Outcomes:
		return true
	}
	return a.Open() && b.Open()
}

// ReadSight reads a record of the appointment's module. zone is the organization's, for fields that hold date and time of
// day apart.
func ReadSight(rec crm.Record, m mapping.Mapping, zone *time.Location) Sight {
	value := func(key string) any { return rec.Values[m.FieldOf(crm.RoleAppointment, key)] }
	s := Sight{Start: instant(value("start"), value("date"), value("time"), zone)}
	if s.End = instant(value("end"), nil, nil, zone); s.End.IsZero() && !s.Start.IsZero() {
		if minutes, ok := wholeNumber(value("duration")); ok && minutes > 0 {
			s.End = s.Start.Add(time.Duration(minutes) * time.Minute)
		}
	}
	if owner, ok := value("rep").(crm.Ref); ok {
		s.Owner = owner.ID
	}
	s.Status, s.Outcomes = readStatus(rec, m)
	return s
}

// readStatus: the CRM's own cancellation, a status field, or our prefix in the title, whichever the organization uses.
func readStatus(rec crm.Record, m mapping.Mapping) (status booking.Status, outcomes bool) {
	title := rec.Text(m.FieldOf(crm.RoleAppointment, "title"))
	cancelled, tells := rec.Cancelled, rec.TellsCancelled || title != ""
	if strings.HasPrefix(strings.ToLower(title), strings.ToLower(strings.TrimSpace(CancelledPrefix))) {
		cancelled = true
	}
	if text := rec.Text(m.FieldOf(crm.RoleAppointment, "status")); text != "" {
		if s, ok := booking.ParseStatus(m.MeaningOf(crm.RoleAppointment, "status", text)); ok {
			status, outcomes, tells = s, true, true
		}
	}
	switch {
	case cancelled:
		return booking.Canceled, outcomes
	case status != "":
		return status, outcomes
	case tells:
		return booking.Confirmed, false
	}
	return "", false
}

// instant reads a point in time from one field, or from a date and a time of day.
func instant(at, date, clock any, zone *time.Location) time.Time {
	if t, ok := at.(time.Time); ok {
		return t.UTC()
	}
	day, _ := date.(string)
	text, _ := clock.(string)
	for _, layout := range []string{"3:04 PM", "15:04", "3:04PM", "15:04:05"} {
		if t, err := time.ParseInLocation(time.DateOnly+" "+layout, day+" "+strings.ToUpper(strings.TrimSpace(text)), zone); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

func wholeNumber(v any) (int64, bool) {
	switch n := v.(type) {
	case int64:
		return n, true
	case float64:
		return int64(n), true
	}
	return 0, false
}
