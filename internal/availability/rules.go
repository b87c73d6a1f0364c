// Package availability works out when an appointment can start: rules, blocks and now become slots, and every start that
// is refused gets its reasons.
//
// It is the arithmetic of the first step of a booking: catalog compiles its document into Rules, booking asks for a Plan
// (the slots of some dates) or for one start (Free, Explain) and lets Assign choose the rep. Plan, Free and Explain judge
// with the same functions, so that an explanation never contradicts an offer.
//
// Invariants: everything is a pure function of its arguments; wall times and dates are read in the zone of whom they
// belong to (the rep's for hours, holidays and all-day blocks, the catalog's for window and capacity, the visitor's for
// the dates of a query); a clock change neither loses nor doubles a start; ranges are half-open; what lies between is
// elapsed time, in whole milliseconds.
//
// The package never reads a clock, never does input or output, knows no HTTP, no SQL and no CRM.
package availability

import (
	"fmt"
	"slices"
	"time"
)

// Definition is everything that decides what can be booked, apart from what is booked already. NewRules makes it ready.
type Definition struct {
	Zone        *time.Location // of the catalog: reps without a zone, booking window, capacity per day
	Holidays    []Date         // close each rep's own local date
	Territories []Territory
	Services    []Service
	Reps        []Rep // in catalog order, which decides ties and priority
}

// Service is a kind of appointment. Lengths of time are whole minutes.
type Service struct {
	ID                        string
	Duration, Interval        time.Duration // above 0, at most 31 days
	BufferBefore, BufferAfter time.Duration // 0 to 31 days
	Notice                    time.Duration // least time between now and the start
	BusinessNotice            time.Duration // least time that the rep works between now and the start; 0 to 31 days
	WindowDays                int           // the last bookable date is today + WindowDays, in the catalog's zone
	CapacityPerDay            int           // 0: no limit
	CapacityPerSlot           int           // most that start at one instant, over all reps; 0: no limit
	Assignment                Assignment
	Reps                      []string // order means nothing; unknown and archived ones are not on offer
	Archived                  bool     // not on offer; its buffers still widen its appointments
}

// Assignment is how one of several free reps is chosen.
type Assignment uint8

// The two ways to assign.
const (
	RoundRobin Assignment = iota // fewest appointments around the start for their weight, ties in catalog order
	Priority                     // first in catalog order
)

// Rep is a person who attends appointments.
type Rep struct {
	ID          string
	Zone        *time.Location // of hours, overrides, holidays and all-day blocks; nil: the catalog's
	Territories []string
	Hours       []Weekly
	Overrides   map[Date][]Span // replace the hours of a date, on holidays too; no spans: a day off
	Archived    bool            // not on offer
	Weight      int             // share of the appointments by round robin; 0 is 1
}

// Weekly is a stretch of working hours on some days of the week.
type Weekly struct {
	Days [7]bool // by time.Weekday
	Span
}

// Rules are a definition made ready. They never change and may be used from several goroutines.
type Rules struct {
	zone               *time.Location
	holidays           map[int64]bool
	territories        int
	postal             postal
	services           []service
	serviceAt          map[string]int
	reps               []rep
	repAt              map[string]int
	maxBefore          int64 // largest of any service, archived ones too
	maxAfter, maxTaken int64 // maxTaken: duration + buffer after
}

type service struct {
	id                                string
	duration, interval, before, after int64 // milliseconds
	notice, business                  int64
	windowDays                        int64
	capacity, perSlot                 int // 0: no limit
	assignment                        Assignment
	reps                              []int // on offer, in catalog order
	archived                          bool
}

type rep struct {
	id          string
	zone        *time.Location
	territories []int
	weekly      [7][]Span
	overrides   map[int64][]Span
	archived    bool
	weight      int
}

const (
	maxWeight = 100
	maxLength = 31 * 24 * time.Hour
	maxNotice = 10 * 366 * 24 * time.Hour
	maxWindow = 10 * 366
)

// NewRules checks and compiles a definition. The error names the first value that can't be: a missing zone, an id that
// is there twice, a length of time or a span out of its range.
func NewRules(d Definition) (*Rules, error) {
	if d.Zone == nil {
		return nil, fmt.Errorf("catalog: has no zone")
	}
	r := &Rules{
		zone: d.Zone, holidays: make(map[int64]bool, len(d.Holidays)), territories: len(d.Territories),
		postal: newPostal(d.Territories), serviceAt: map[string]int{}, repAt: map[string]int{},
	}
	for _, h := range d.Holidays {
		r.holidays[h.number()] = true
	}
	if err := r.addReps(d); err != nil {
		return nil, err
	}
	for _, s := range d.Services {
		if err := r.addService(s); err != nil {
			return nil, fmt.Errorf("service %q: %w", s.ID, err)
		}
	}
	return r, nil
}

func (r *Rules) addReps(d Definition) error {
	territoryAt := make(map[string]int, len(d.Territories))
	for i, t := range d.Territories {
		if _, twice := territoryAt[t.ID]; twice {
			return fmt.Errorf("territory %q: is there twice", t.ID)
		}
		territoryAt[t.ID] = i
	}
	for _, p := range d.Reps {
		if _, twice := r.repAt[p.ID]; twice {
			return fmt.Errorf("rep %q: is there twice", p.ID)
		}
		made, err := newRep(p, d.Zone, territoryAt)
		if err != nil {
			return fmt.Errorf("rep %q: %w", p.ID, err)
		}
		r.repAt[p.ID] = len(r.reps)
		r.reps = append(r.reps, made)
	}
	return nil
}

func newRep(p Rep, zone *time.Location, territoryAt map[string]int) (rep, error) {
	made := rep{id: p.ID, zone: zone, overrides: make(map[int64][]Span, len(p.Overrides)), archived: p.Archived, weight: max(1, p.Weight)}
	if p.Weight < 0 || p.Weight > maxWeight {
		return rep{}, fmt.Errorf("weight %d: must be from 0 to %d", p.Weight, maxWeight)
	}
	if p.Zone != nil {
		made.zone = p.Zone
	}
	for _, id := range p.Territories {
		if i, ok := territoryAt[id]; ok {
			made.territories = append(made.territories, i)
		}
	}
	for _, w := range p.Hours {
		if err := w.check(); err != nil {
			return rep{}, err
		}
		for day, on := range w.Days {
			if on {
				made.weekly[day] = append(made.weekly[day], w.Span)
			}
		}
	}
	for date, spans := range p.Overrides {
		for _, s := range spans {
			if err := s.check(); err != nil {
				return rep{}, fmt.Errorf("override of %v: %w", date, err)
			}
		}
		n := date.number()
		if _, twice := made.overrides[n]; twice {
			return rep{}, fmt.Errorf("override of %v: is there twice", dateNumbered(n))
		}
		made.overrides[n] = slices.Clone(spans)
	}
	return made, nil
}

func (s Span) check() error {
	if s.Start < 0 || s.Start >= s.End || s.End > endOfDay {
		return fmt.Errorf("hours %d to %d minutes: must start before they end, within 00:00 to 24:00", s.Start, s.End)
	}
	return nil
}

func (r *Rules) addService(s Service) error {
	if _, twice := r.serviceAt[s.ID]; twice {
		return fmt.Errorf("is there twice")
	}
	if err := s.check(); err != nil {
		return err
	}
	made := service{
		id: s.ID, duration: s.Duration.Milliseconds(), interval: s.Interval.Milliseconds(), before: s.BufferBefore.Milliseconds(),
		after: s.BufferAfter.Milliseconds(), notice: s.Notice.Milliseconds(), business: s.BusinessNotice.Milliseconds(),
		windowDays: int64(s.WindowDays), capacity: s.CapacityPerDay, perSlot: s.CapacityPerSlot, assignment: s.Assignment, archived: s.Archived,
	}
	for _, id := range s.Reps {
		if at, ok := r.repAt[id]; ok && !r.reps[at].archived {
			made.reps = append(made.reps, at)
		}
	}
	slices.Sort(made.reps)
	made.reps = slices.Compact(made.reps)
	r.serviceAt[s.ID] = len(r.services)
	r.services = append(r.services, made)
	r.maxBefore = max(r.maxBefore, made.before)
	r.maxAfter = max(r.maxAfter, made.after)
	r.maxTaken = max(r.maxTaken, made.duration+made.after)
	return nil
}

func (s Service) check() error {
	for _, v := range []struct {
		name           string
		value          time.Duration
		lowest, utmost time.Duration
	}{
		{"duration", s.Duration, time.Minute, maxLength},
		{"interval", s.Interval, time.Minute, maxLength},
		{"buffer before", s.BufferBefore, 0, maxLength},
		{"buffer after", s.BufferAfter, 0, maxLength},
		{"notice", s.Notice, 0, maxNotice},
		{"business notice", s.BusinessNotice, 0, maxLength},
	} {
		if v.value < v.lowest || v.value > v.utmost || v.value%time.Minute != 0 {
			return fmt.Errorf("%s %v: must be whole minutes from %v to %v", v.name, v.value, v.lowest, v.utmost)
		}
	}
	if s.WindowDays < 0 || s.WindowDays > maxWindow {
		return fmt.Errorf("booking window of %d days: must be from 0 to %d", s.WindowDays, maxWindow)
	}
	if s.CapacityPerDay < 0 {
		return fmt.Errorf("capacity %d: must not be negative", s.CapacityPerDay)
	}
	if s.CapacityPerSlot < 0 {
		return fmt.Errorf("capacity per slot %d: must not be negative", s.CapacityPerSlot)
	}
	if s.Assignment != RoundRobin && s.Assignment != Priority {
		return fmt.Errorf("assignment %d: is unknown", s.Assignment)
	}
	return nil
}

// onOffer gives a service that can be booked, nil for an unknown or archived one.
func (r *Rules) onOffer(id string) *service {
	if at, ok := r.serviceAt[id]; ok && !r.services[at].archived {
		return &r.services[at]
	}
	return nil
}

// earliest gives the first start that the notice allows.
func (s *service) earliest(now time.Time) int64 { return ceilMillis(now) + s.notice }

// latest gives the number of the last date that can be booked, in the catalog's zone.
func (r *Rules) latest(s *service, now time.Time) int64 {
	return DateOf(now, r.zone).number() + s.windowDays
}

// taken gives what a slot occupies.
func (s *service) taken(start int64) extent {
	return extent{start - s.before, start + s.duration + s.after}
}

// Assign chooses the rep who gets the appointment among the free ones. Round robin takes the one with the fewest
// in counts (appointments of any service, neither cancelled nor holds, whose start differs from the slot's by at most
// 30 × 24 h) divided by their weight, ties in catalog order; priority the first in catalog order. It is "" if none of free
// is in the catalog.
func (r *Rules) Assign(service string, free []string, counts map[string]int) string {
	roundRobin := true
	if at, ok := r.serviceAt[service]; ok {
		roundRobin = r.services[at].assignment == RoundRobin
	}
	best := -1
	for _, id := range free {
		at, ok := r.repAt[id]
		if !ok {
			continue
		}
		if best < 0 || r.before(at, best, roundRobin, counts) {
			best = at
		}
	}
	if best < 0 {
		return ""
	}
	return r.reps[best].id
}

// before reports whether rep a is chosen rather than rep b.
func (r *Rules) before(a, b int, roundRobin bool, counts map[string]int) bool {
	na, nb := counts[r.reps[a].id]*r.reps[b].weight, counts[r.reps[b].id]*r.reps[a].weight
	if roundRobin && na != nb {
		return na < nb
	}
	return a < b
}
