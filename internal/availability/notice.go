package availability

import (
	"fmt"
	"iter"
	"time"
)

// A service can ask for notice in business time: so much of a rep's own working time must lie between now and the start.
// It differs from rep to rep, so that it is judged like their hours and not like the notice by the clock.

// work gives a rep's working time between two instants in order, each moment once.
func (r *Rules) work(p *rep, from, to int64) iter.Seq[extent] {
	return func(yield func(extent) bool) {
		if from >= to {
			return
		}
		c := newClock(p.zone, from-(daysAround+2)*dayMillis, to+(daysAround+2)*dayMillis)
		var room [4]extent
		for day := c.day(from) - daysAround; day <= c.day(to-1)+daysAround; day++ {
			spans, _ := r.hours(p, day)
			for _, e := range c.intervals(room[:0], day, spans) {
				e = e.clip(extent{from, to})
				if e.empty() {
					continue
				}
				if !yield(e) {
					return
				}
				from = e.end // the hours of the next date can begin before those of this one end
			}
		}
	}
}

// worked gives how long a rep works between two instants.
func (r *Rules) worked(p *rep, from, to int64) int64 {
	var sum int64
	for e := range r.work(p, from, to) {
		sum += e.end - e.start
	}
	return sum
}

// after gives the first instant from which a rep has worked so long since from; maxMillis if that is not before limit.
func (r *Rules) after(p *rep, from, long, limit int64) int64 {
	for e := range r.work(p, from, limit) {
		if n := e.end - e.start; long > n {
			long -= n
			continue
		}
		return e.start + long
	}
	return maxMillis
}

// business sets from when on each rep of the board can be booked by the notice in business time.
func (b *board) business(now time.Time) {
	if b.svc.business == 0 || b.agreed {
		return
	}
	from := ceilMillis(now)
	limit := min(b.all.end, b.rules.windowEnd(b.svc, now))
	for i := range b.seats {
		b.seats[i].earliest = b.rules.after(b.seats[i].rep, from, b.svc.business, limit)
	}
}

// windowEnd gives an instant after everything that the booking window allows, in any zone.
func (r *Rules) windowEnd(s *service, now time.Time) int64 { return (r.latest(s, now) + 3) * dayMillis }

// noticed leaves of a rep's free starts those that the notice in business time allows, and keeps until when they are
// the same: the first of them goes as soon as too little working time is left before it.
func (b *board) noticed(s *seat, starts []int64, now time.Time) []int64 {
	if b.svc.business == 0 {
		return starts
	}
	for len(starts) > 0 && starts[0] < s.earliest {
		starts = starts[1:]
	}
	if len(starts) == 0 {
		return starts
	}
	from := ceilMillis(now)
	spare := b.rules.worked(s.rep, s.earliest, starts[0])
	last := b.rules.after(s.rep, from, spare+1, starts[0]) - 1
	b.ends(instantOf(last).Add(1))
	return starts
}

// ends says that what the board gives is no longer right from t on.
func (b *board) ends(t time.Time) {
	if b.until.IsZero() || t.Before(b.until) {
		b.until = t
	}
}

// soonReasons says that the notice in business time speaks against one rep; nothing for a start that has passed.
func (b *board) soonReasons(s *seat, start int64, now time.Time) []Reason {
	from := ceilMillis(now)
	if start >= s.earliest || start < from {
		return nil
	}
	detail := fmt.Sprintf("The service asks for %s of the rep's working time before the visit, and only %s are left",
		spell(b.svc.business), spell(b.rules.worked(s.rep, from, start)/minuteMillis*minuteMillis))
	if first := b.rules.after(s.rep, from, b.svc.business, b.rules.windowEnd(b.svc, now)); first < maxMillis {
		detail += ": the first possible start is " + when(first, s.rep.zone)
	}
	return []Reason{{Code: TooSoon, Detail: detail + "."}}
}

// Worked is how long a rep works between two instants; zero for an unknown rep.
func (r *Rules) Worked(id string, from, to time.Time) time.Duration {
	at, ok := r.repAt[id]
	if !ok {
		return 0
	}
	return time.Duration(r.worked(&r.reps[at], ceilMillis(from), floorMillis(to))) * time.Millisecond
}
