package availability

import (
	"slices"
	"sort"
	"time"
)

// Query asks for the slots of a service on some dates.
type Query struct {
	Service    string
	From, To   Date           // both included
	Zone       *time.Location // the visitor's, for From and To; nil: the catalog's
	PostalCode string         // restricts the reps to those of its territories; blank: all reps
	Ignore     string         // id of the appointment or hold whose own range and count are left out
	Rep        string         // the only rep who is asked for; "": whoever serves
}

// Slot is an offered start. Start and End are UTC; Remaining is how many reps are free, bounded by what is left of the
// capacities of the day and of the start, and at least 1.
type Slot struct {
	Start, End time.Time
	Remaining  int
}

// Plan is the answer to a query but for what the passing of time changes: At leaves out what notice and booking window
// exclude. It never changes, so that it can be kept and used from several goroutines.
type Plan struct {
	reason Code
	slots  []Slot
	clock  clock // the catalog's, for the booking window; nil without slots
	rules  *Rules
	svc    *service
	since  time.Time
	until  time.Time
}

// Plan works out the slots of a query. Blocks must hold everything in Reach of the query, in any order, holds that live
// at now among it; more does no harm. An unknown or archived service has none.
func (r *Rules) Plan(q Query, blocks []Block, now time.Time) *Plan {
	p := &Plan{rules: r, svc: r.onOffer(q.Service), since: now}
	if p.svc == nil {
		return p
	}
	where := r.areaOf(q.PostalCode)
	reps := r.only(p.svc.reps, q.Rep)
	if !where.anywhere {
		reps = r.serving(reps, where)
		if len(where.territories) == 0 {
			p.reason = OutOfTerritory
			return p
		}
	}
	within := r.asked(q)
	if len(within) == 0 || len(reps) == 0 {
		return p
	}
	b := r.newBoard(p.svc, reps, extent{within[0].start, within[len(within)-1].end})
	b.seatBlocks(blocks, q.Ignore, now)
	b.business(now)
	p.slots = b.slots(b.count(within, now))
	p.until, p.clock = b.until, b.clockOf(r.zone)
	return p
}

// Closed is a plan without slots for a reason that lies outside of rules and blocks.
func Closed(reason Code) *Plan { return &Plan{reason: reason} }

// only leaves of some reps the one with this id; all with "".
func (r *Rules) only(reps []int, id string) []int {
	if id == "" {
		return reps
	}
	var out []int
	for _, at := range reps {
		if r.reps[at].id == id {
			out = append(out, at)
		}
	}
	return out
}

func (r *Rules) serving(reps []int, where area) []int {
	var out []int
	for _, at := range reps {
		if where.has(&r.reps[at]) {
			out = append(out, at)
		}
	}
	return out
}

// asked gives the instants that have a date of the query in the visitor's zone.
func (r *Rules) asked(q Query) []extent {
	from, to := max(q.From.number(), firstDay), min(q.To.number(), lastDay)
	if from > to {
		return nil
	}
	zone := q.Zone
	if zone == nil {
		zone = r.zone
	}
	return newClock(zone, (from-2)*dayMillis, (to+3)*dayMillis).days(nil, from, to)
}

// Reason says why nothing can be offered whatever the time: TERRITORY if the postal code is in no territory; ""
// otherwise, also where no rep of the service serves the territory.
func (p *Plan) Reason() Code { return p.reason }

// Until gives the instant from which the plan is no longer right, because a hold that it counted ends or a start comes
// too near for the notice in business time; zero: none.
func (p *Plan) Until() time.Time { return p.until }

// All gives every slot of the plan in order, also those that notice and booking window leave out at the moment. The
// slots belong to the plan: the caller must not change them.
func (p *Plan) All() []Slot { return p.slots }

// At gives the slots that can be booked at now, in order, and false if the plan is not right at now: it was made later,
// or Until has come. The slots belong to the plan: the caller must not change them.
func (p *Plan) At(now time.Time) (slots []Slot, ok bool) {
	if now.Before(p.since) || !p.until.IsZero() && !now.Before(p.until) {
		return nil, false
	}
	if len(p.slots) == 0 {
		return nil, true
	}
	last := p.rules.latest(p.svc, now)
	turn, end := p.clock.turn(last)
	slots = p.slots[p.from(p.svc.earliest(now)):]
	if end == turn {
		return slots[:max(0, p.from(turn)-(len(p.slots)-len(slots)))], true
	}
	var some []Slot
	for _, s := range slots {
		if p.clock.day(s.Start.UnixMilli()) <= last {
			some = append(some, s)
		}
	}
	return some, true
}

// from gives the index of the first slot that does not start before t.
func (p *Plan) from(t int64) int {
	return sort.Search(len(p.slots), func(i int) bool { return p.slots[i].Start.UnixMilli() >= t })
}

// tally is a candidate start and how many reps are free at it.
type tally struct {
	start int64
	reps  int
}

// count adds up the free starts of all reps, each once, in order.
func (b *board) count(within []extent, now time.Time) []tally {
	var sum, next []tally
	var starts []int64
	for i := range b.seats {
		all := b.starts(starts[:0], &b.seats[i], within)
		starts = b.noticed(&b.seats[i], all, now)
		if next == nil {
			next = make([]tally, 0, len(starts)+len(starts)/4)
		}
		next = addUp(next[:0], sum, starts)
		sum, next = next, sum
	}
	return sum
}

// addUp appends the sum and one more rep's starts, both in order, to an empty list.
func addUp(to, sum []tally, starts []int64) []tally {
	i := 0
	for _, t := range starts {
		for i < len(sum) && sum[i].start < t {
			to = append(to, sum[i])
			i++
		}
		n := 1
		if i < len(sum) && sum[i].start == t {
			n += sum[i].reps
			i++
		}
		to = append(to, tally{t, n})
	}
	return append(to, sum[i:]...)
}

// starts appends the starts at which one rep is free, each once, in order.
func (b *board) starts(to []int64, s *seat, within []extent) []int64 {
	n, ordered := len(to), true
	var room [4]extent
	first, last := s.clock.day(b.all.start)-daysAround, s.clock.day(b.all.end-1)+daysAround
	for day := first; day <= last; day++ {
		spans, _ := b.rules.hours(s.rep, day)
		for _, hours := range s.clock.intervals(room[:0], day, spans) {
			for _, w := range within {
				m := len(to)
				to = b.startsOf(to, s, hours, w)
				ordered = ordered && (m == n || m == len(to) || to[m-1] < to[m])
			}
		}
	}
	if !ordered {
		slices.Sort(to[n:])
		to = to[:n+len(slices.Compact(to[n:]))]
	}
	return to
}

// startsOf appends the free starts of one working interval within some instants.
func (b *board) startsOf(to []int64, s *seat, hours, within extent) []int64 {
	t := b.svc.firstFrom(hours, within.start)
	at := s.busy.after(b.svc.taken(t).start)
	for free := false; t < within.end && b.svc.offers(hours, t); t += b.svc.interval {
		if at, free = s.busy.next(at, b.svc.taken(t)); free {
			to = append(to, t)
		}
	}
	return to
}

// slots bounds what is free by what is left of the capacities.
func (b *board) slots(list []tally) []Slot {
	out := make([]Slot, 0, len(list))
	for _, c := range list {
		if n := min(c.reps, b.left(c.start)); n > 0 {
			out = append(out, Slot{Start: instantOf(c.start), End: instantOf(c.start + b.svc.duration), Remaining: n})
		}
	}
	return out
}
