package insight

import (
	"cmp"
	"slices"
	"time"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
)

// World is what demand meets: the rules, and what takes the reps' time beside the appointments.
type World struct {
	Rules *availability.Rules
	Lasts map[string]time.Duration // of each service
	Zone  *time.Location
	Busy  []availability.Block
}

// WorldOf makes a world of a catalog.
func WorldOf(c catalog.Catalog, zone *time.Location, busy []availability.Block) (World, error) {
	w := World{Lasts: map[string]time.Duration{}, Zone: zone, Busy: busy}
	for _, s := range c.Services {
		w.Lasts[s.ID] = time.Duration(s.DurationMinutes) * time.Minute
	}
	var err error
	w.Rules, err = c.Rules()
	return w, err
}

// Demand is what is replayed.
type Demand struct {
	Asks  []Wish // in order of time
	Fixed []Held // appointments that no visit has booked: they stay as they are, whatever the rules
}

// Wish is one visit's question about times, with what it booked.
type Wish struct {
	At                  time.Time
	Service, PostalCode string
	From, To            availability.Date
	Booked              *Held // nil: nothing
}

// fate is what becomes of a wish in a world.
type fate struct {
	offered    bool // there are times
	start, end time.Time
	rep        string
	why        Loss
}

// Replay is what would have become of recorded demand under other rules, against the present ones.
type Replay struct {
	Since           time.Time // the first wish
	Asks            int       // visits that are replayed
	Bookings        int       // of them have booked
	Agree           int       // of them the present rules would book at the very time
	Kept            int       // bookings at the same time in both
	Moved           int       // at another of the dates that were looked at
	Lost            int       // without any time
	Regained        int       // that the present rules would not have taken
	Won             int       // visits without a booking that see no times now and would
	Blind           int       // that see times now and would not
	SawNow, SeeThen int       // visits that see times, under the present rules and the others
	Took            int       // of SawNow have booked
	Effects         []Effect
	Reps            []RepLoad
}

// Expected is how many bookings the visits that are won would make up, at the rate at which visits that see times have
// booked. Those that would see none no more did not book, so they take none away.
func (r Replay) Expected() int {
	if r.SawNow == 0 {
		return 0
	}
	return (r.Won*r.Took + r.SawNow/2) / r.SawNow
}

// Effect is what gives way to visits, or stands in their way, by rule.
type Effect struct {
	Rule      availability.Code
	Won, Lost int // visits and bookings
}

// RepLoad is what a rep would have had to do.
type RepLoad struct {
	Rep                    string
	Visits, VisitsThen     int
	Duration, DurationThen time.Duration
}

// ReplayOf replays demand in two worlds and compares. It is a pure function: the same demand and worlds give the same, and
// two worlds that are alike differ in nothing. Both worlds are filled anew, wish by wish in order of time; a visit that has
// booked takes its own time again or, where it is not offered, the nearest of the dates that it has looked at.
func ReplayOf(d Demand, now, then World) Replay {
	a, b := now.run(d), then.run(d)
	r := Replay{Asks: len(d.Asks)}
	effects := map[availability.Code]*Effect{}
	effect := func(l Loss) *Effect {
		if effects[l.Rule] == nil {
			effects[l.Rule] = &Effect{Rule: l.Rule}
		}
		return effects[l.Rule]
	}
	for i, w := range d.Asks {
		if i == 0 {
			r.Since = w.At
		}
		if a[i].offered {
			r.SawNow++
		}
		if b[i].offered {
			r.SeeThen++
		}
		gains, loses := !a[i].offered && b[i].offered, a[i].offered && !b[i].offered
		if gains {
			effect(a[i].why).Won++
		}
		if loses {
			effect(b[i].why).Lost++
		}
		if w.Booked == nil {
			r.Won += one(gains)
			r.Blind += one(loses)
			continue
		}
		r.Bookings++
		r.Took += one(a[i].offered)
		r.Agree += one(a[i].offered && a[i].start.Equal(w.Booked.Start))
		r.Lost += one(loses)
		r.Regained += one(gains)
		if a[i].offered && b[i].offered {
			same := a[i].start.Equal(b[i].start)
			r.Kept += one(same)
			r.Moved += one(!same)
		}
	}
	for _, e := range effects {
		r.Effects = append(r.Effects, *e)
	}
	slices.SortFunc(r.Effects, func(a, b Effect) int {
		return cmp.Or(b.Won+b.Lost-a.Won-a.Lost, cmp.Compare(a.Rule, b.Rule))
	})
	r.Reps = repLoads(a, b)
	return r
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

func repLoads(now, then []fate) []RepLoad {
	at := map[string]*RepLoad{}
	of := func(rep string) *RepLoad {
		if at[rep] == nil {
			at[rep] = &RepLoad{Rep: rep}
		}
		return at[rep]
	}
	for _, f := range now {
		if f.rep != "" {
			of(f.rep).Visits++
			of(f.rep).Duration += f.end.Sub(f.start)
		}
	}
	for _, f := range then {
		if f.rep != "" {
			of(f.rep).VisitsThen++
			of(f.rep).DurationThen += f.end.Sub(f.start)
		}
	}
	var out []RepLoad
	for _, l := range at {
		out = append(out, *l)
	}
	slices.SortFunc(out, func(a, b RepLoad) int { return cmp.Compare(a.Rep, b.Rep) })
	return out
}

// stay is an appointment of the replay: there from one moment until another, zero for good.
type stay struct {
	block     availability.Block
	since, to time.Time
}

func stayOf(h Held) stay {
	s := stay{block: availability.Block{Kind: availability.Appointment, ID: string(h.ID), Rep: h.Rep, Service: h.Service, Start: h.Start, End: h.End}, since: h.Created}
	if h.Status == booking.Canceled {
		s.to = h.Updated
	}
	return s
}

// run fills the world wish by wish.
func (w World) run(d Demand) []fate {
	var stays []stay
	for _, h := range d.Fixed {
		stays = append(stays, stayOf(h))
	}
	out := make([]fate, len(d.Asks))
	for i, wish := range d.Asks {
		f := w.meet(wish, stays)
		if f.rep != "" {
			h := *wish.Booked
			h.Rep, h.Start, h.End, h.Created = f.rep, f.start, f.end, wish.At
			stays = append(stays, stayOf(h))
		}
		out[i] = f
	}
	return out
}

// replayReasons is how many starts are explained where a visit sees no time.
const replayReasons = 12

// meet says what becomes of one wish.
func (w World) meet(wish Wish, stays []stay) fate {
	q := availability.Query{Service: wish.Service, From: wish.From, To: wish.To, Zone: w.Zone, PostalCode: wish.PostalCode}
	from, to := w.Rules.Reach(q)
	if b := wish.Booked; b != nil {
		near, far := w.Rules.ReachOf(availability.Ask{Service: wish.Service, Start: b.Start})
		from, to = earliest(from, near), latest(to, far)
	}
	blocks := w.blocks(stays, wish.At, from, to)
	if b := wish.Booked; b != nil {
		if rep := w.free(wish, b.Start, blocks, stays); rep != "" {
			return fate{offered: true, start: b.Start, end: b.Start.Add(w.Lasts[wish.Service]), rep: rep}
		}
	}
	slots, _ := w.Rules.Plan(q, blocks, wish.At).At(wish.At)
	switch {
	case len(slots) == 0:
		return fate{why: LossOf(booking.WhyNone(w.Rules, q, blocks, wish.At, replayReasons))}
	case wish.Booked == nil:
		return fate{offered: true}
	}
	s := slices.MinFunc(slots, func(a, b availability.Slot) int {
		return cmp.Or(cmp.Compare(a.Start.Sub(wish.Booked.Start).Abs(), b.Start.Sub(wish.Booked.Start).Abs()), a.Start.Compare(b.Start))
	})
	return fate{offered: true, start: s.Start, end: s.End, rep: w.free(wish, s.Start, blocks, stays)}
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// blocks gives what is there at a moment within a range.
func (w World) blocks(stays []stay, now, from, to time.Time) []availability.Block {
	var out []availability.Block
	for _, b := range w.Busy {
		if b.AllDay || b.Start.Before(to) && b.End.After(from) {
			out = append(out, b)
		}
	}
	for _, s := range stays {
		if !s.since.After(now) && (s.to.IsZero() || s.to.After(now)) && s.block.Start.Before(to) && s.block.End.After(from) {
			out = append(out, s.block)
		}
	}
	return out
}

// countWithin is how far around a start the appointments count by which the next rep is chosen, as in booking.
const countWithin = 30 * 24 * time.Hour

// free gives the rep who would come; "" when the start is not offered.
func (w World) free(wish Wish, start time.Time, blocks []availability.Block, stays []stay) string {
	reps, _ := w.Rules.Free(availability.Ask{Service: wish.Service, Start: start, PostalCode: wish.PostalCode}, blocks, wish.At)
	if len(reps) == 0 {
		return ""
	}
	counts := map[string]int{}
	for _, s := range stays {
		if !s.since.After(wish.At) && (s.to.IsZero() || s.to.After(wish.At)) && s.block.Start.Sub(start).Abs() <= countWithin {
			counts[s.block.Rep]++
		}
	}
	return w.Rules.Assign(wish.Service, reps, counts)
}
