package availability

import (
	"cmp"
	"fmt"
	"time"
)

// Date is a day of the civil calendar, in no particular zone. It is comparable; the zero value is no date.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf gives the date that a clock in zone shows at t.
func DateOf(t time.Time, zone *time.Location) Date {
	year, month, day := t.In(zone).Date()
	return Date{year, month, day}
}

// ParseDate reads yyyy-mm-dd (ISO 8601, a day that exists) and nothing else.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, fmt.Errorf("date %q: must be yyyy-mm-dd", s)
	}
	return DateOf(t, time.UTC), nil
}

// String gives yyyy-mm-dd.
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day) }

// AddDays gives the date n days later, earlier if n is negative.
func (d Date) AddDays(n int) Date { return dateNumbered(d.number() + int64(n)) }

// DaysUntil counts the days from d to other: 0 for the same date, negative if other is earlier.
func (d Date) DaysUntil(other Date) int { return int(other.number() - d.number()) }

// Compare gives -1, 0 or +1 as d is before, equal to or after other.
func (d Date) Compare(other Date) int { return cmp.Compare(d.number(), other.number()) }

// Weekday gives the day of the week.
func (d Date) Weekday() time.Weekday { return weekday(d.number()) }

// Dates are counted in days from 1970-01-01 inside the package. Questions reach from year 1 to 9999.
const (
	firstDay int64 = -719162
	lastDay  int64 = 2932896
)

// number gives the days from 1970-01-01. A day that does not exist counts as package time normalises it.
func (d Date) number() int64 {
	return floorDiv(time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Unix(), 24*60*60)
}

// dateNumbered is the inverse of number.
func dateNumbered(number int64) Date { return DateOf(time.Unix(number*24*60*60, 0), time.UTC) }

// 1970-01-01 was a Thursday.
func weekday(number int64) time.Weekday { return time.Weekday((number%7 + 7 + 4) % 7) }

// Wall is a time of day as a clock on the wall shows it, in minutes since 00:00; 1440 is 24:00, the next date's 00:00.
type Wall int

const endOfDay Wall = 24 * 60

// ParseWall reads HH:MM from 00:00 to 24:00, two digits each.
func ParseWall(s string) (Wall, error) {
	digit := func(i int) Wall { return Wall(s[i]) - '0' }
	if len(s) != 5 || s[2] != ':' {
		return 0, fmt.Errorf("time %q: must be HH:MM", s)
	}
	for _, i := range []int{0, 1, 3, 4} {
		if s[i] < '0' || s[i] > '9' {
			return 0, fmt.Errorf("time %q: must be HH:MM", s)
		}
	}
	hour, minute := digit(0)*10+digit(1), digit(3)*10+digit(4)
	if w := hour*60 + minute; minute < 60 && w <= endOfDay {
		return w, nil
	}
	return 0, fmt.Errorf("time %q: must be from 00:00 to 24:00", s)
}

// String gives HH:MM.
func (w Wall) String() string { return fmt.Sprintf("%02d:%02d", int(w)/60, int(w)%60) }

// Span is a stretch of one date in wall time, Start before End.
type Span struct{ Start, End Wall }

// String gives HH:MM–HH:MM.
func (s Span) String() string { return s.Start.String() + "–" + s.End.String() }

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
