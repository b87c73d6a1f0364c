package email

import (
	"bytes"
	"cmp"
	"fmt"
	"time"

	ics "github.com/arran4/golang-ical"

	"heavyset.tech/platform/internal/fault"
)

// Feed is a calendar that programs subscribe to: what is not in it any more is gone.
type Feed struct {
	Name   string
	Zone   *time.Location // in which its times are written
	Visits []Visit
}

// Visit is one appointment of a Feed.
type Visit struct {
	UID         string // as of Invitation
	Sequence    int
	Start, End  time.Time // written to the second
	Summary     string
	Description string // may have several lines
	Location    string
	Tentative   bool
	Stamp       time.Time // when this state came about
}

// refresh is how often a program is asked to look again (RFC 7986 §5.7).
const refresh = "PT15M"

// ICS writes the feed as iCalendar (RFC 5545) with the time zone that its times are in. It asks nobody for anything, so it
// has no method and names neither organizer nor attendee. The same feed gives the same bytes.
//
// It returns fault.Invalid when a visit can't be written.
func (f Feed) ICS() ([]byte, error) {
	cal := newCalendar()
	cal.SetXWRCalName(calendarLine(f.Name))
	cal.SetRefreshInterval(refresh)
	cal.SetXPublishedTTL(refresh)
	if named(f.Zone) || len(f.Visits) == 0 { // a calendar holds something (RFC 5545 §3.6)
		someDay := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) // of an empty calendar
		first, last := someDay, someDay
		if len(f.Visits) > 0 {
			first, last = f.Visits[0].Start, f.Visits[0].End
		}
		for _, v := range f.Visits {
			if v.Start.Before(first) {
				first = v.Start
			}
			if v.End.After(last) {
				last = v.End
			}
		}
		addStretches(cal, cmp.Or(f.Zone, time.UTC), first, last)
	}
	for _, v := range f.Visits {
		if !uidShape.MatchString(v.UID) || !inCalendar(v.Start) || !inCalendar(v.End) || !v.End.After(v.Start) || !inCalendar(v.Stamp) || v.Sequence < 0 || calendarLine(v.Summary) == "" {
			return nil, fault.OfField("visits", "can't be written as a calendar.")
		}
		e := cal.AddEvent(v.UID)
		e.SetDtStampTime(v.Stamp)
		when(e, ics.ComponentPropertyDtStart, v.Start, f.Zone)
		when(e, ics.ComponentPropertyDtEnd, v.End, f.Zone)
		e.SetSequence(v.Sequence)
		status := ics.ObjectStatusConfirmed
		if v.Tentative {
			status = ics.ObjectStatusTentative
		}
		e.SetStatus(status)
		describe(e, v.Summary, v.Description, v.Location)
	}
	var b bytes.Buffer
	if err := cal.SerializeTo(&b, ics.WithNewLineWindows); err != nil {
		return nil, fmt.Errorf("write feed: %w", err)
	}
	return b.Bytes(), nil
}

// newCalendar begins a calendar of ours.
func newCalendar() *ics.Calendar {
	cal := ics.NewCalendarFor("HeavySet")
	cal.SetProductId("-//HeavySet//Scheduling//EN")
	cal.SetCalscale("GREGORIAN")
	return cal
}

// describe says what an event is about, and where.
func describe(e *ics.VEvent, summary, description, location string) {
	e.SetSummary(calendarLine(summary))
	if v := calendarText(description); v != "" {
		e.SetDescription(v)
	}
	if v := calendarLine(location); v != "" {
		e.SetLocation(v)
	}
}
