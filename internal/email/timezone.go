package email

import (
	"fmt"
	"time"

	ics "github.com/arran4/golang-ical"
)

const localTime = "20060102T150405"

// named reports whether times can be written as a zone's own, by its name.
func named(zone *time.Location) bool {
	return zone != nil && zone != time.UTC && zone.String() != "UTC" && zone.String() != "Local"
}

// when writes an instant as a clock in the zone shows it, or in UTC where it can't be said so.
func when(e *ics.VEvent, property ics.ComponentProperty, t time.Time, zone *time.Location) {
	if sayable(t, zone) {
		e.SetProperty(property, t.In(zone).Format(localTime), ics.WithTZID(zone.String()))
		return
	}
	e.SetProperty(property, t.UTC().Format(localTime+"Z"))
}

// sayable reports whether an instant can be written as wall time of a zone: UTC needs none, and of a wall time that comes
// twice RFC 5545 §3.3.5 means the first, but some readers take the second.
func sayable(t time.Time, zone *time.Location) bool {
	if !named(zone) {
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
	for _, onset := range []time.Time{beginning(begin), end} {
		if onset.IsZero() { // it stays as it is
			continue
		}
		o := observe(tz, zone, onset)
		if rule := yearly(onset, zone); rule != "" {
			o.AddProperty("RRULE", rule)
		}
	}
}

// addStretches writes what a zone's clocks do between two instants: each stretch of one offset by itself, the one in which the
// first instant lies first. It is exact also where the clocks keep to no rule.
func addStretches(cal *ics.Calendar, zone *time.Location, first, last time.Time) {
	tz := cal.AddTimezone(zone.String())
	for t := first; ; {
		begin, end := t.In(zone).ZoneBounds()
		observe(tz, zone, beginning(begin))
		if end.IsZero() || end.After(last) {
			return
		}
		t = end
	}
}

// beginning gives an onset for a stretch that has none.
func beginning(onset time.Time) time.Time {
	if onset.IsZero() {
		return time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return onset
}

// observe adds what clocks show from an onset on.
func observe(tz *ics.VTimezone, zone *time.Location, onset time.Time) *ics.ComponentBase {
	before, after := offset(onset.Add(-time.Second), zone), offset(onset, zone)
	name, _ := onset.In(zone).Zone()
	var o *ics.ComponentBase
	if onset.In(zone).IsDST() {
		d := &ics.Daylight{}
		o, tz.Components = &d.ComponentBase, append(tz.Components, d)
	} else {
		o = &tz.AddStandard().ComponentBase
	}
	o.AddProperty("DTSTART", onset.UTC().Add(before).Format(localTime))
	o.AddProperty("TZOFFSETFROM", offsetText(before))
	o.AddProperty("TZOFFSETTO", offsetText(after))
	o.AddProperty("TZNAME", name)
	return o
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
