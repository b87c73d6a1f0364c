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
	named := f.Zone != nil && f.Zone != time.UTC && f.Zone.String() != "UTC"
	if named || len(f.Visits) == 0 { // a calendar holds something (RFC 5545 §3.6)
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
		addZone(cal, cmp.Or(f.Zone, time.UTC), first, last)
	}
	for _, v := range f.Visits {
		if !uidShape.MatchString(v.UID) || !inCalendar(v.Start) || !inCalendar(v.End) || !v.End.After(v.Start) || !inCalendar(v.Stamp) || v.Sequence < 0 || calendarLine(v.Summary) == "" {
			return nil, fault.OfField("visits", "can't be written as a calendar.")
		}
		e := cal.AddEvent(v.UID)
		e.SetDtStampTime(v.Stamp)
		f.when(e, ics.ComponentPropertyDtStart, v.Start, named)
		f.when(e, ics.ComponentPropertyDtEnd, v.End, named)
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

// when writes an instant as a clock in the zone shows it, or in UTC where that would say another.
func (f Feed) when(e *ics.VEvent, property ics.ComponentProperty, t time.Time, named bool) {
	if named && !again(t, f.Zone) {
		e.SetProperty(property, wall(t, f.Zone), ics.WithTZID(f.Zone.String()))
		return
	}
	e.SetProperty(property, t.UTC().Format("20060102T150405Z"))
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

// again reports whether a clock shows the time of t for the second time, after it was set back: a time of day means the
// first (RFC 5545 §3.3.5).
func again(t time.Time, zone *time.Location) bool {
	begins, _ := t.In(zone).ZoneBounds()
	if begins.IsZero() {
		return false
	}
	_, now := t.In(zone).Zone()
	_, before := begins.Add(-time.Second).In(zone).Zone()
	return t.Before(begins.Add(time.Duration(before-now) * time.Second))
}

// wall writes an instant as a clock in a zone shows it (RFC 5545 §3.3.5, form 3).
func wall(t time.Time, zone *time.Location) string { return t.In(zone).Format("20060102T150405") }

// addZone writes what a zone's clocks do between two instants: each stretch of one offset by itself, the one in which the
// first instant lies first (RFC 5545 §3.6.5).
func addZone(cal *ics.Calendar, zone *time.Location, first, last time.Time) {
	tz := cal.AddTimezone(zone.String())
	for t := first; ; {
		begins, ends := t.In(zone).ZoneBounds()
		name, offset := t.In(zone).Zone()
		before, onset := offset, "19700101T000000" // a stretch without a beginning
		if !begins.IsZero() {
			_, before = begins.Add(-time.Second).In(zone).Zone()
			onset = begins.In(time.FixedZone("", before)).Format("20060102T150405")
		}
		base := ics.ComponentBase{}
		base.AddProperty(ics.ComponentPropertyDtStart, onset)
		base.AddProperty("TZOFFSETFROM", utcOffset(before))
		base.AddProperty("TZOFFSETTO", utcOffset(offset))
		base.AddProperty("TZNAME", name)
		if t.In(zone).IsDST() {
			tz.Components = append(tz.Components, &ics.Daylight{ComponentBase: base})
		} else {
			tz.Components = append(tz.Components, &ics.Standard{ComponentBase: base})
		}
		if ends.IsZero() || ends.After(last) {
			return
		}
		t = ends
	}
}

// utcOffset writes seconds east of UTC (RFC 5545 §3.3.14).
func utcOffset(seconds int) string {
	sign := "+"
	if seconds < 0 {
		sign, seconds = "-", -seconds
	}
	out := fmt.Sprintf("%s%02d%02d", sign, seconds/3600, seconds/60%60)
	if s := seconds % 60; s != 0 {
		out += fmt.Sprintf("%02d", s)
	}
	return out
}
