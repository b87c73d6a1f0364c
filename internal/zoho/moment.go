package zoho

import (
	"strings"
	"time"
)

// Shapes of Zoho Calendar's timestamps (https://www.zoho.com/calendar/help/api/get-events-list.html). One answer may hold
// all of them; dates have been seen with a Z behind.
const (
	calendarDay    = "20060102"
	calendarLocal  = "20060102T150405"
	calendarZulu   = "20060102T150405Z"
	calendarOffset = "20060102T150405-0700"
)

// moment is a timestamp of Zoho Calendar: an instant, or a day.
type moment struct {
	at  time.Time // UTC; zero of a bare day
	day string    // yyyy-mm-dd as written, whatever the zone
	top bool      // a day, or the very beginning of one as written
}

// parseMoment reads any of the shapes; zone is an IANA name and counts where the text has neither Z nor offset.
func parseMoment(s, zone string) (moment, bool) {
	if d, err := time.Parse(calendarDay, strings.TrimSuffix(s, "Z")); err == nil {
		return moment{day: d.Format(time.DateOnly), top: true}, true
	}
	place := time.UTC
	layout := calendarOffset
	switch len(s) {
	case len(calendarZulu):
		layout = calendarZulu
	case len(calendarLocal):
		layout = calendarLocal
		var err error
		if place, err = time.LoadLocation(zone); err != nil || zone == "" || zone == "Local" {
			return moment{}, false
		}
	}
	t, err := time.ParseInLocation(layout, s, place)
	if err != nil {
		return moment{}, false
	}
	return moment{at: t.UTC(), day: t.Format(time.DateOnly), top: t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0}, true
}

// Span is from when to when something is: instants, or whole local days. Zoho does not say whether the end of an all-day
// event is its last day or the day after: it is read as the last, which may take a day too many and never one too few.
type Span struct {
	Start, End        time.Time // UTC; zero of whole days
	AllDay            bool
	FirstDay, LastDay string // yyyy-mm-dd, both inclusive, of whole days
}

// spanOf reads two timestamps; allDay is what the event says of itself.
func spanOf(start, end, zone string, allDay bool) (Span, bool) {
	from, ok := parseMoment(start, zone)
	to, ok2 := parseMoment(end, zone)
	switch {
	case !ok || !ok2:
		return Span{}, false
	case allDay, from.at.IsZero(), to.at.IsZero():
		s := Span{AllDay: true, FirstDay: from.day, LastDay: to.day}
		if !to.at.IsZero() && to.top && to.day > from.day { // midnight as an instant is the end of the day before
			d, err := time.Parse(time.DateOnly, to.day)
			if err != nil {
				return Span{}, false
			}
			s.LastDay = d.AddDate(0, 0, -1).Format(time.DateOnly)
		}
		return s, s.LastDay >= s.FirstDay
	}
	return Span{Start: from.at, End: to.at}, !to.at.Before(from.at)
}

// write gives both ends for eventdata: days, or instants in UTC.
func (s Span) write() (start, end string, err error) {
	if !s.AllDay {
		if s.Start.IsZero() || s.End.Before(s.Start) {
			return "", "", refuse("an event needs a start, and no end before it")
		}
		return s.Start.UTC().Format(calendarZulu), s.End.UTC().Format(calendarZulu), nil
	}
	first, err := time.Parse(time.DateOnly, s.FirstDay)
	last, err2 := time.Parse(time.DateOnly, s.LastDay)
	if err != nil || err2 != nil || last.Before(first) {
		return "", "", refuse("an all-day event needs a first day, and no last day before it")
	}
	return first.Format(calendarDay), last.Format(calendarDay), nil
}
