package calendar

import (
	"errors"
	"strconv"
	"time"
)

var errNoZone = errors.New("no IANA time zone")

const (
	dayForm    = "20060102"
	localForm  = "20060102T150405"
	zuluForm   = "20060102T150405Z"
	offsetForm = "20060102T150405-0700"
	daySeconds = 24 * 60 * 60
)

// Shape is how a timestamp is written. One payload may hold all but Local.
type Shape int

// The shapes of timestamps.
const (
	Day    Shape = iota // yyyyMMdd
	Zulu                // yyyyMMddTHHmmssZ
	Offset              // yyyyMMddTHHmmss±HHMM
	Local               // yyyyMMddTHHmmss, of freebusy's parameters
)

// Stamp is a timestamp as it was written.
type Stamp struct {
	Shape Shape
	// Wall is the clock as written, in UTC; of a Day its midnight.
	Wall time.Time
	// At is the instant; zero for Day and Local, which name none by themselves.
	At time.Time
}

// ParseStamp reads a timestamp in any of the shapes.
func ParseStamp(s string) (Stamp, bool) {
	form, shape := dayForm, Day
	switch {
	case len(s) == len(zuluForm) && s[len(s)-1] == 'Z':
		form, shape = zuluForm, Zulu
	case len(s) == len(offsetForm):
		form, shape = offsetForm, Offset
	case len(s) == len(localForm):
		form, shape = localForm, Local
	case len(s) != len(dayForm):
		return Stamp{}, false
	}
	t, err := time.Parse(form, s)
	if err != nil {
		return Stamp{}, false
	}
	st := Stamp{Shape: shape, Wall: wallOf(t, t.Location())}
	if shape == Zulu || shape == Offset {
		st.At = t.UTC()
	}
	return st, true
}

// In gives the instant of the stamp; a Day or Local one is read on the wall clock of a zone.
func (s Stamp) In(place *time.Location) time.Time {
	if s.Shape == Day || s.Shape == Local {
		return resolve(s.Wall, place)
	}
	return s.At
}

// days is the number of the stamp's day since 1970-01-01.
func (s Stamp) days() int64 { return s.Wall.Unix() / daySeconds }

// FormatZulu writes an instant in UTC: yyyyMMddTHHmmssZ.
func FormatZulu(t time.Time) string { return t.UTC().Format(zuluForm) }

func formatOffset(t time.Time, place *time.Location) string { return t.In(place).Format(offsetForm) }

func formatDay(days int64) string { return dayWall(days).Format(dayForm) }

func formatNumber(n int64) string { return strconv.FormatInt(n, 10) }

// dayWall is the midnight of a day on an unnamed wall clock.
func dayWall(days int64) time.Time { return time.Unix(days*daySeconds, 0).UTC() }

// wallOf is what a clock in a place shows at an instant, written as if in UTC.
func wallOf(t time.Time, place *time.Location) time.Time {
	_, offset := t.In(place).Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

// resolve finds the instant at which the clock of a place shows wall: the first, where it does so twice; where it is
// skipped, the instant that the offset before the change gives. Source: RFC 5545, section 3.3.5.
func resolve(wall time.Time, place *time.Location) time.Time {
	_, before := wall.Add(-36 * time.Hour).In(place).Zone()
	_, after := wall.Add(36 * time.Hour).In(place).Zone()
	first := wall.Add(-time.Duration(before) * time.Second)
	if wallOf(first, place).Equal(wall) {
		return first
	}
	if second := wall.Add(-time.Duration(after) * time.Second); wallOf(second, place).Equal(wall) {
		return second
	}
	return first
}
