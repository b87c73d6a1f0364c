package waitlist

import (
	"fmt"
	"slices"
	"time"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/fault"
)

// MaxSpan is how many days ahead somebody may wait for.
const MaxSpan = 180

// Part is a part of the day.
type Part string

// The parts of the day, as the booking page shows them.
const (
	Morning   Part = "morning"   // before noon
	Afternoon Part = "afternoon" // before five
	Evening   Part = "evening"
)

// Parts lists them in order.
func Parts() []Part { return []Part{Morning, Afternoon, Evening} }

// partOf gives the part of the day of a wall time.
func partOf(t time.Time) Part {
	switch h := t.Hour(); {
	case h >= 17:
		return Evening
	case h >= 12:
		return Afternoon
	}
	return Morning
}

// Wish is when a person could be visited. From and To are dates of the organization's zone, both included.
type Wish struct {
	Days     []time.Weekday // none: any
	Parts    []Part         // none: any
	From, To availability.Date
}

// Fits reports whether a start is one that the person wishes for.
func (w Wish) Fits(start time.Time, zone *time.Location) bool {
	local := start.In(zone)
	day := availability.DateOf(start, zone)
	return day.Compare(w.From) >= 0 && day.Compare(w.To) <= 0 &&
		(len(w.Days) == 0 || slices.Contains(w.Days, local.Weekday())) &&
		(len(w.Parts) == 0 || slices.Contains(w.Parts, partOf(local)))
}

// check makes a wish fit to be kept, or names what is wrong.
func (w Wish) check(today availability.Date) (Wish, []fault.Field) {
	var wrong []fault.Field
	slices.Sort(w.Days)
	w.Days = slices.Compact(w.Days)
	w.Parts = slices.DeleteFunc(Parts(), func(p Part) bool { return !slices.Contains(w.Parts, p) })
	if len(w.Days) == 7 {
		w.Days = nil
	}
	if len(w.Parts) == len(Parts()) {
		w.Parts = nil
	}
	if w.From.Compare(today) < 0 {
		w.From = today
	}
	switch {
	case w.To.Compare(w.From) < 0:
		wrong = append(wrong, fault.Field{Path: "to", Message: "Please choose a day that is not before the first one."})
	case today.DaysUntil(w.To) > MaxSpan:
		wrong = append(wrong, fault.Field{Path: "to", Message: fmt.Sprintf("Please choose a day within the next %d days.", MaxSpan)})
	}
	return w, wrong
}

// Words says a wish in English, for the office.
func (w Wish) Words() string {
	days := "any day"
	for i, d := range w.Days {
		if i == 0 {
			days = d.String()
		} else {
			days += ", " + d.String()
		}
	}
	parts := "any time"
	for i, p := range w.Parts {
		if i == 0 {
			parts = string(p)
		} else {
			parts += " or " + string(p)
		}
	}
	return fmt.Sprintf("%s, %s, %v to %v", days, parts, w.From, w.To)
}
