// Package insight counts what visitors of the booking pages do, and says why bookings were lost.
//
// It stands beside "a visitor books": web/scheduler tells the Recorder of each page that a person has asked for, and the
// console shows what came of it: the funnel, the rules that left visitors without a time, where leads come from, how the
// reps' weeks are filled, and what recorded demand would have become under other rules (Replay).
//
// A visit is known by a random number that travels in the addresses of the pages, like the rest of the choice: no cookie,
// no network address, nothing of the browser is kept, and a visit that is not booked leads to nobody. What is told is
// collected in memory and stored every few seconds, so that no page waits for a write; a process that dies loses those
// seconds. A visit counts for each step up to the farthest it has reached, so that no step has more than the one before.
//
// Why nothing was free is availability's own explanation; the package judges nothing itself.
package insight

import (
	"context"
	"slices"
	"strings"
	"time"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/org"
)

// VisitID names a visit. It is random but for the time at which it began.
type VisitID string

// Step is how far a visit has come.
type Step int

// The steps, in order.
const (
	Viewed  Step = iota + 1 // a page was opened
	Area                    // times were asked for: service and, where it matters, ZIP code are known
	Slot                    // a time was chosen
	Details                 // the details were sent
	Booked
	Sat // the appointment has taken place
)

// Steps lists them in order.
func Steps() []Step { return []Step{Viewed, Area, Slot, Details, Booked, Sat} }

// Visit is what is known of one.
type Visit struct {
	ID            VisitID
	Started, Seen time.Time
	Step          Step // Booked at most
	Enquiry       bool // a message was sent
	Spam          bool // counts for nothing
	Appointment   booking.AppointmentID
	Answer        // to the last question about times
}

// Answer is what a visit was told that asked for times.
type Answer struct {
	At         time.Time // zero: it has not asked
	Service    string
	PostalCode string
	From, To   availability.Date // the dates that were looked at
	Lost       Loss              // zero: there were free times
}

// Loss is why there was no time: the rule that kept most starts closed, and the others.
type Loss struct {
	Rule availability.Code
	Also []availability.Code
}

// Unknown stands for a reason that was not looked for, because too many were asked for at once.
const Unknown availability.Code = "UNKNOWN"

// KeepVisits is how long single visits are kept; KeepDays, the counts of days.
const (
	KeepVisits = 92 * 24 * time.Hour
	KeepDays   = 731 * 24 * time.Hour
)

// merge puts what is told of a visit over what is known of it.
func (v Visit) merge(later Visit) Visit {
	v.Seen = latest(v.Seen, later.Seen)
	v.Step = max(v.Step, later.Step)
	v.Enquiry, v.Spam = v.Enquiry || later.Enquiry, v.Spam || later.Spam
	if later.Appointment != "" {
		v.Appointment = later.Appointment
	}
	if !later.At.IsZero() && !later.At.Before(v.At) {
		v.Answer = later.Answer
	} else if v.At.IsZero() && later.Service != "" {
		v.Service = later.Service
	}
	return v
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Count is how many visits are alike.
type Count struct {
	Service string
	Step    Step // Sat where the appointment has taken place
	Enquiry bool
	Lost    Loss
	Visits  int
}

// Asked is a visit that asked for times, as demand.
type Asked struct {
	Visit   VisitID
	Started time.Time
	Step    Step
	Answer
	Appointment booking.AppointmentID
}

// Held is an appointment, for the counts of reps and for a replay.
type Held struct {
	ID               booking.AppointmentID
	Status           booking.Status
	Service, Rep     string
	Start, End       time.Time
	PostalCode       string
	Created, Updated time.Time
}

// Made is a lead, for the counts of sources.
type Made struct {
	Enquiry            bool // not from a booking
	Booked             bool
	Source, Campaign   string
	Created, Contacted time.Time // Contacted zero: not yet, or there was no need
	Open               bool      // somebody still has to be in touch
}

// Store keeps visits and reads what is counted.
type Store interface {
	// KeepVisits puts what is told of visits over what is kept of them, in one transaction.
	KeepVisits(ctx context.Context, o org.ID, list []Visit) error
	// CountVisits counts those that began in [from, to); days that are only kept as counts, whole in UTC.
	CountVisits(ctx context.Context, o org.ID, from, to time.Time) ([]Count, error)
	// AskedVisits lists those that asked for times, oldest first, the newest so many.
	AskedVisits(ctx context.Context, o org.ID, from, to time.Time, most int) ([]Asked, error)
	// HeldAppointments lists appointments that start in [from, to), cancelled ones too, in order.
	HeldAppointments(ctx context.Context, o org.ID, from, to time.Time) ([]Held, error)
	// Blocks gives what occupies reps in a range.
	Blocks(ctx context.Context, o org.ID, from, to, now time.Time) ([]availability.Block, error)
	// LeadsMade lists leads that were made in [from, to), oldest first.
	LeadsMade(ctx context.Context, o org.ID, from, to time.Time) ([]Made, error)
}

// ParseLoss reads a loss as Words writes it.
func ParseLoss(rule, also string) Loss {
	l := Loss{Rule: availability.Code(rule)}
	for _, c := range strings.Split(also, ",") {
		if c != "" {
			l.Also = append(l.Also, availability.Code(c))
		}
	}
	return l
}

// AlsoText writes the other rules, with commas between.
func (l Loss) AlsoText() string {
	var out []string
	for _, c := range l.Also {
		out = append(out, string(c))
	}
	return strings.Join(out, ",")
}

// LossOf names the rules behind a question that had no answer, of the explanations of its starts. Of each start those count
// that would have to give way for the rep who is nearest to it. The first is the rule that keeps most starts closed.
func LossOf(list []availability.Explanation) Loss {
	times := map[availability.Code]int{}
	for _, e := range list {
		for _, c := range nearest(e.Reasons) {
			times[c]++
		}
	}
	var codes []availability.Code
	for c := range times {
		codes = append(codes, c)
	}
	slices.SortFunc(codes, func(a, b availability.Code) int {
		if times[a] != times[b] {
			return times[b] - times[a]
		}
		return strings.Compare(string(a), string(b))
	})
	if len(codes) == 0 {
		return Loss{Rule: Unknown}
	}
	return Loss{Rule: codes[0], Also: codes[1:]}
}

// nearest gives the codes of the service and of the rep with the fewest, each once.
func nearest(reasons []availability.Reason) []availability.Code {
	var general []availability.Code
	var reps []string
	of := map[string][]availability.Code{}
	for _, r := range reasons {
		if r.Rep == "" {
			general = add(general, r.Code)
			continue
		}
		if _, seen := of[r.Rep]; !seen {
			reps = append(reps, r.Rep)
		}
		of[r.Rep] = add(of[r.Rep], r.Code)
	}
	var best []availability.Code
	for i, rep := range reps {
		if i == 0 || len(of[rep]) < len(best) {
			best = of[rep]
		}
	}
	for _, c := range best {
		general = add(general, c)
	}
	return general
}

func add(list []availability.Code, c availability.Code) []availability.Code {
	if slices.Contains(list, c) {
		return list
	}
	return append(list, c)
}
