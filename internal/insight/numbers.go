package insight

import (
	"cmp"
	"context"
	"slices"
	"time"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/org"
)

// Numbers is what a span of time has brought, and the span of the same length before it.
type Numbers struct {
	From, To time.Time
	Catalog  catalog.Catalog
	Funnel   []StepCount
	Lost     []LostRule
	Sources  []Source
	Speed    Speeds
	Loads    []Load
	Shows    Outcomes
}

// Was is a number of the span and of the one before.
type Was struct{ Now, Before int }

// StepCount is how many visits have come to a step, or beyond.
type StepCount struct {
	Step Step
	Was
}

// LostRule is how many visits ended without a booking after a rule had left them without a time.
type LostRule struct {
	Rule     availability.Code
	Was                     // it kept most starts closed
	Also     int            // it was among the others
	Services map[string]int // of Now
}

// NoneFits stands for visits that saw free times and sent a message instead.
const NoneFits availability.Code = "NONE_FITS"

// Source is where leads came from.
type Source struct {
	Source, Campaign string // "" when no campaign led here
	Was
	Enquiries, Booked int
}

// Speeds is how long enquiries waited until somebody was in touch.
type Speeds struct {
	Buckets []Bucket
	Median  time.Duration // of those that were answered
	Count   Was           // answered
	Waiting int
}

// Bucket is how many waited up to so long, and longer than the bucket before.
type Bucket struct {
	Up time.Duration // 0: longer than any
	Was
}

// Load is how much of a rep's working time was booked.
type Load struct {
	Rep                         string
	Booked, Working             time.Duration
	BookedBefore, WorkingBefore time.Duration
}

// Outcomes is what became of the appointments of the span.
type Outcomes struct {
	All      Outcome
	Before   Outcome
	Reps     map[string]Outcome
	Services map[string]Outcome
}

// Outcome counts appointments by what became of them. Open is past and without an outcome.
type Outcome struct{ Completed, NoShow, Cancelled, Open int }

// Rate is the share of visits that took place among those whose outcome is known, in hundredths; false without any.
func (o Outcome) Rate() (int, bool) {
	if o.Completed+o.NoShow == 0 {
		return 0, false
	}
	return (100*o.Completed + (o.Completed+o.NoShow)/2) / (o.Completed + o.NoShow), true
}

// Service reads the numbers and replays demand.
type Service struct {
	Store    Store
	Bookings *booking.Service
	Now      func() time.Time
}

// Numbers counts the last days and the same number of days before.
func (s *Service) Numbers(ctx context.Context, o org.ID, days int) (Numbers, error) {
	to := s.Now().Add(time.Millisecond) // what happens now is of the span
	from, first := to.AddDate(0, 0, -days), to.AddDate(0, 0, -2*days)
	n := Numbers{From: from, To: to}
	var err error
	if n.Catalog, err = s.Bookings.Catalog(ctx, o); err != nil {
		return n, err
	}
	rules, err := n.Catalog.Rules()
	if err != nil {
		return n, err
	}
	now, err := s.Store.CountVisits(ctx, o, from, to)
	if err != nil {
		return n, err
	}
	before, err := s.Store.CountVisits(ctx, o, first, from)
	if err != nil {
		return n, err
	}
	n.Funnel, n.Lost = FunnelOf(now, before), LostOf(now, before)
	made, err := s.Store.LeadsMade(ctx, o, first, to)
	if err != nil {
		return n, err
	}
	at, _ := slices.BinarySearchFunc(made, from, func(m Made, t time.Time) int { return m.Created.Compare(t) })
	n.Sources, n.Speed = SourcesOf(made[at:], made[:at]), SpeedsOf(made[at:], made[:at])
	held, err := s.Store.HeldAppointments(ctx, o, first, to)
	if err != nil {
		return n, err
	}
	at, _ = slices.BinarySearchFunc(held, from, func(h Held, t time.Time) int { return h.Start.Compare(t) })
	n.Shows = outcomesOf(held[at:], held[:at], to)
	for _, r := range n.Catalog.Reps {
		l := Load{Rep: r.ID, Working: working(rules, r.ID, from, to), WorkingBefore: working(rules, r.ID, first, from)}
		l.Booked, l.BookedBefore = booked(held[at:], r.ID), booked(held[:at], r.ID)
		if !r.Archived || l.Booked+l.BookedBefore > 0 {
			n.Loads = append(n.Loads, l)
		}
	}
	return n, nil
}

// FunnelOf counts for each step the visits that have come to it or beyond, so that no step has more than the one before.
func FunnelOf(now, before []Count) []StepCount {
	var out []StepCount
	for _, s := range Steps() {
		c := StepCount{Step: s}
		for _, v := range now {
			if v.Step >= s {
				c.Now += v.Visits
			}
		}
		for _, v := range before {
			if v.Step >= s {
				c.Before += v.Visits
			}
		}
		out = append(out, c)
	}
	return out
}

// lost gives the loss of visits that ended without a booking; false when no rule has to do with it.
func (c Count) lost() (Loss, bool) {
	switch {
	case c.Step >= Booked:
		return Loss{}, false
	case c.Lost.Rule != "":
		return c.Lost, true
	case c.Enquiry && c.Step >= Area:
		return Loss{Rule: NoneFits}, true
	}
	return Loss{}, false
}

// LostOf ranks the rules that left visitors without a time who then did not book.
func LostOf(now, before []Count) []LostRule {
	at := map[availability.Code]*LostRule{}
	of := func(c availability.Code) *LostRule {
		if at[c] == nil {
			at[c] = &LostRule{Rule: c, Services: map[string]int{}}
		}
		return at[c]
	}
	for _, v := range now {
		l, ok := v.lost()
		if !ok {
			continue
		}
		r := of(l.Rule)
		r.Now += v.Visits
		r.Services[v.Service] += v.Visits
		for _, c := range l.Also {
			of(c).Also += v.Visits
		}
	}
	for _, v := range before {
		if l, ok := v.lost(); ok {
			of(l.Rule).Before += v.Visits
		}
	}
	var out []LostRule
	for _, r := range at {
		out = append(out, *r)
	}
	slices.SortFunc(out, func(a, b LostRule) int {
		return cmp.Or(b.Now-a.Now, b.Also-a.Also, b.Before-a.Before, cmp.Compare(a.Rule, b.Rule))
	})
	return out
}

// SourcesOf counts leads by campaign, the most first.
func SourcesOf(now, before []Made) []Source {
	type key struct{ source, campaign string }
	at := map[key]*Source{}
	of := func(m Made) *Source {
		k := key{m.Source, m.Campaign}
		if at[k] == nil {
			at[k] = &Source{Source: m.Source, Campaign: m.Campaign}
		}
		return at[k]
	}
	for _, m := range now {
		s := of(m)
		s.Now++
		if m.Enquiry {
			s.Enquiries++
		}
		if m.Booked {
			s.Booked++
		}
	}
	for _, m := range before {
		of(m).Before++
	}
	var out []Source
	for _, s := range at {
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b Source) int {
		return cmp.Or(b.Now-a.Now, b.Before-a.Before, cmp.Compare(a.Source, b.Source), cmp.Compare(a.Campaign, b.Campaign))
	})
	return out
}

// speeds are the ends of the buckets.
func speeds() []time.Duration {
	return []time.Duration{5 * time.Minute, time.Hour, 4 * time.Hour, 24 * time.Hour, 3 * 24 * time.Hour, 0}
}

// SpeedsOf sorts enquiries by how long they waited until somebody was in touch. Who has booked without help waits for nobody.
func SpeedsOf(now, before []Made) Speeds {
	var s Speeds
	for _, up := range speeds() {
		s.Buckets = append(s.Buckets, Bucket{Up: up})
	}
	place := func(took time.Duration) *Bucket {
		i := slices.IndexFunc(s.Buckets, func(b Bucket) bool { return b.Up == 0 || took <= b.Up })
		return &s.Buckets[i]
	}
	var all []time.Duration
	for _, m := range now {
		switch {
		case !m.Contacted.IsZero():
			took := max(0, m.Contacted.Sub(m.Created))
			all = append(all, took)
			place(took).Now++
		case m.Open:
			s.Waiting++
		}
	}
	for _, m := range before {
		if !m.Contacted.IsZero() {
			place(max(0, m.Contacted.Sub(m.Created))).Before++
			s.Count.Before++
		}
	}
	s.Count.Now = len(all)
	if len(all) > 0 {
		slices.Sort(all)
		s.Median = all[(len(all)-1)/2]
	}
	return s
}

// working is how long a rep works between two instants, by the hours as they are now.
func working(r *availability.Rules, rep string, from, to time.Time) time.Duration {
	return r.Taken(rep, []availability.Block{{Kind: availability.Event, Rep: rep, Start: from, End: to}}, from, to)
}

func booked(list []Held, rep string) time.Duration {
	var sum time.Duration
	for _, h := range list {
		if h.Rep == rep && h.Status != booking.Canceled {
			sum += h.End.Sub(h.Start)
		}
	}
	return sum
}

func (o Outcome) with(h Held, now time.Time) Outcome {
	switch {
	case h.Status == booking.Completed:
		o.Completed++
	case h.Status == booking.NoShow:
		o.NoShow++
	case h.Status == booking.Canceled:
		o.Cancelled++
	case h.End.Before(now):
		o.Open++
	}
	return o
}

func outcomesOf(list, before []Held, now time.Time) Outcomes {
	o := Outcomes{Reps: map[string]Outcome{}, Services: map[string]Outcome{}}
	for _, h := range list {
		o.All = o.All.with(h, now)
		o.Reps[h.Rep] = o.Reps[h.Rep].with(h, now)
		o.Services[h.Service] = o.Services[h.Service].with(h, now)
	}
	for _, h := range before {
		o.Before = o.Before.with(h, now)
	}
	return o
}
