package email

import (
	"fmt"
	"time"

	ics "github.com/arran4/golang-ical"
)

const localTime = "20060102T150405"

// sayable reports whether an instant can be written as wall time of a zone: UTC needs none, and of a wall time that comes
// twice RFC 5545 §3.3.5 means the first, but some readers take the second.
func sayable(t time.Time, zone *time.Location) bool {
	if zone == nil || zone == time.UTC || zone.String() == "UTC" || zone.String() == "Local" {
		return false
	}
	// back is how far the clock is turned back at an onset; negative where it is turned forward.
	back := func(onset time.Time) time.Duration {
		return offset(onset.Add(-time.Second), zone) - offset(onset, zone)
	}
	begin, end := t.In(zone).ZoneBounds()
	return (begin.IsZero() || t.Sub(begin) >= back(begin)) && (end.IsZero() || end.Sub(t) > back(end))
}

// offset is how far a zone is ahead of UTC.
func offset(t time.Time, zone *time.Location) time.Duration {
	_, seconds := t.In(zone).Zone()
	return time.Duration(seconds) * time.Second
}

// addTimezone writes the zone as it is around an instant (RFC 5545 §3.6.5): the observance in force and the one that comes
// next, each with the rule by which it recurs where it keeps to one.
func addTimezone(cal *ics.Calendar, zone *time.Location, t time.Time) {
	tz := cal.AddTimezone(zone.String())
	begin, end := t.In(zone).ZoneBounds()
	if begin.IsZero() {
		begin = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	for _, onset := range []time.Time{begin, end} {
		if onset.IsZero() { // it stays as it is
			continue
		}
		before, after := offset(onset.Add(-time.Second), zone), offset(onset, zone)
		name, _ := onset.In(zone).Zone()
		var properties *ics.ComponentBase
		if onset.In(zone).IsDST() {
			d := &ics.Daylight{}
			properties, tz.Components = &d.ComponentBase, append(tz.Components, d)
		} else {
			properties = &tz.AddStandard().ComponentBase
		}
		wall := onset.UTC().Add(before)
		properties.AddProperty("DTSTART", wall.Format(localTime))
		properties.AddProperty("TZOFFSETFROM", offsetText(before))
		properties.AddProperty("TZOFFSETTO", offsetText(after))
		properties.AddProperty("TZNAME", name)
		if rule := yearly(onset, zone); rule != "" {
			properties.AddProperty("RRULE", rule)
		}
	}
}

// yearly gives the rule that an onset recurs by: the same weekday of the same month, counted from its beginning or its
// end, at the same wall time. It is "" where the next years do not keep to one.
func yearly(onset time.Time, zone *time.Location) string {
	wall := func(t time.Time) time.Time { return t.UTC().Add(offset(t.Add(-time.Second), zone)) }
	first := wall(onset)
	nth, last := true, true
	next := onset
	for range 4 {
		for range 2 { // there and back
			if _, next = next.In(zone).ZoneBounds(); next.IsZero() {
				return ""
			}
		}
		w := wall(next)
		if w.Year() != first.Year()+1 || w.Month() != first.Month() || w.Weekday() != first.Weekday() || w.Format("150405") != first.Format("150405") || offset(next, zone) != offset(onset, zone) {
			return ""
		}
		nth = nth && (w.Day()-1)/7 == (first.Day()-1)/7
		last = last && w.AddDate(0, 0, 7).Month() != w.Month() && first.AddDate(0, 0, 7).Month() != first.Month()
		first = w
	}
	day := [...]string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"}[first.Weekday()]
	switch {
	case last:
		return fmt.Sprintf("FREQ=YEARLY;BYMONTH=%d;BYDAY=-1%s", first.Month(), day)
	case nth:
		return fmt.Sprintf("FREQ=YEARLY;BYMONTH=%d;BYDAY=%d%s", first.Month(), (first.Day()-1)/7+1, day)
	}
	return ""
}

// offsetText writes an offset (RFC 5545 §3.3.14).
func offsetText(d time.Duration) string {
	sign := '+'
	if d < 0 {
		sign, d = '-', -d
	}
	s := fmt.Sprintf("%c%02d%02d", sign, int(d.Hours()), int(d.Minutes())%60)
	if seconds := int(d.Seconds()) % 60; seconds != 0 {
		s += fmt.Sprintf("%02d", seconds)
	}
	return s
}
