package availability_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
	_ "time/tzdata"

	. "heavyset.tech/platform/internal/availability"
)

// oddZones have offsets of half and quarter hours, changes at midnight, of two hours, of half an hour, of a whole day.
var oddZones = []string{
	"America/Chicago", "Europe/Dublin", "Europe/London", "Australia/Lord_Howe", "Pacific/Chatham", "Asia/Kathmandu",
	"Pacific/Apia", "Pacific/Kwajalein", "America/Santiago", "Africa/Cairo", "Asia/Beirut",
	"America/Havana", "America/St_Johns", "America/Sao_Paulo", "America/Caracas", "Asia/Tehran", "Africa/Casablanca",
	"Antarctica/Troll", "America/Nuuk", "Asia/Gaza", "Asia/Pyongyang", "America/Adak", "America/Asuncion",
}

func zone(tb testing.TB, name string) *time.Location {
	tb.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		tb.Fatal(err)
	}
	return loc
}

// change is a moment at which a zone's offset changes.
type change struct {
	zone *time.Location
	at   time.Time
}

// changes lists every change of oddZones from 1973 to 2044, found by looking at the offset every six hours. Before,
// offsets were not whole minutes everywhere.
var changes = sync.OnceValue(func() []change {
	var out []change
	for _, name := range oddZones {
		loc, err := time.LoadLocation(name)
		if err != nil {
			panic(err)
		}
		offset := func(sec int64) int { _, o := time.Unix(sec, 0).In(loc).Zone(); return o }
		end := time.Date(2044, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
		for t := time.Date(1973, 1, 1, 0, 0, 0, 0, time.UTC).Unix(); t < end; t += 6 * 3600 {
			if lo, hi := t, t+6*3600; offset(lo) != offset(hi) {
				for hi-lo > 1 {
					if mid := (lo + hi) / 2; offset(mid) == offset(t) {
						lo = mid
					} else {
						hi = mid
					}
				}
				out = append(out, change{loc, time.Unix(hi, 0).UTC()})
			}
		}
	}
	return out
})

// dice makes random numbers: rapid's, so that a failure shrinks, or a seeded generator's.
type dice interface {
	number(label string, low, high int) int // both included
}

type seeded struct{ *rand.Rand }

func (s seeded) number(_ string, low, high int) int { return low + s.IntN(high-low+1) }

func pick[T any](d dice, label string, list ...T) T { return list[d.number(label, 0, len(list)-1)] }

func chance(d dice, label string, percent int) bool { return d.number(label, 1, 100) <= percent }

// world is a random catalog around a clock change, what is booked, a question and a moment.
type world struct {
	def    Definition
	query  Query
	blocks []Block
	now    time.Time
}

func newWorld(d dice, around change) world {
	other := func(label string) *time.Location {
		if chance(d, label+" in another zone", 25) {
			return pick(d, label+" zone", changes()...).zone
		}
		return around.zone
	}
	first := DateOf(around.at, around.zone).AddDays(-1)
	w := world{def: Definition{Zone: other("catalog")}}
	for i := range 3 {
		w.def.Services = append(w.def.Services, newService(d, fmt.Sprintf("s%d", i), i == 0 && chance(d, "archived", 10)))
	}
	if chance(d, "territories", 50) {
		w.def.Territories = []Territory{{"north", []string{"606 40", "607*"}}, {"south", []string{"6064*", "k1a 0b1"}}, {"none", nil}}
	}
	for i := range pick(d, "reps", 3, 3, 2, 1) {
		w.def.Reps = append(w.def.Reps, newRep(d, fmt.Sprintf("r%d", i), first, other("rep")))
	}
	for i := range 3 {
		if chance(d, "holiday", 10) {
			w.def.Holidays = append(w.def.Holidays, first.AddDays(i))
		}
	}
	length := d.number("days asked", 0, 2)
	w.query = Query{
		Service: pick(d, "service", "s0", "s1", "s2"), From: first.AddDays(2 - length), To: first.AddDays(2), Zone: other("visitor"),
		PostalCode: pick(d, "postal code", "", "", "", " ", "60640", " 6 0640", "60641", "607", "K1A0B1", "99999"),
		Ignore:     pick(d, "ignore", "", "", "b0", "b1"),
	}
	w.now = around.at.Add(time.Duration(d.number("now", -4*1440, 1440)) * time.Minute)
	for i := range d.number("blocks", 0, 12) {
		w.blocks = append(w.blocks, newBlock(d, fmt.Sprintf("b%d", i), around.at, first, w.now))
	}
	return w
}

func minutes(n int) time.Duration { return time.Duration(n) * time.Minute }

func newService(d dice, id string, archived bool) Service {
	return Service{
		ID: id, Duration: minutes(pick(d, "duration", 15, 1, 30, 45, 60, 90, 180)), Interval: minutes(pick(d, "interval", 7, 15, 30, 45, 60, 90, 120)),
		BufferBefore: minutes(pick(d, "buffer before", 0, 0, 10, 45)), BufferAfter: minutes(pick(d, "buffer after", 0, 0, 30, 75)),
		Notice: minutes(pick(d, "notice", 0, 0, 60, 1440)), WindowDays: pick(d, "window", 60, 60, 60, 4, 3, 2, 1, 0), CapacityPerDay: pick(d, "capacity", 0, 0, 0, 1, 2, 3),
		BusinessNotice: minutes(pick(d, "business notice", 0, 0, 0, 30, 95, 480, 1500, 9000)), CapacityPerSlot: pick(d, "capacity per slot", 0, 0, 1, 2),
		Reps: []string{"r2", "r0", "r1", "r0", "gone"}, Archived: archived,
	}
}

func newSpan(d dice) Span {
	start := d.number("span start", 0, 23*4+3) * 15
	if chance(d, "from midnight", 20) {
		start = 0
	}
	end := min(1440, start+d.number("span length", 1, 40)*15)
	if chance(d, "to midnight", 25) {
		end = 1440
	}
	return Span{Start: Wall(start), End: Wall(end)}
}

func newRep(d dice, id string, first Date, in *time.Location) Rep {
	p := Rep{ID: id, Zone: in, Archived: chance(d, "rep archived", 10), Overrides: map[Date][]Span{}}
	p.Territories = pick(d, "territories of rep", nil, []string{"north"}, []string{"south"}, []string{"north", "south"}, []string{"gone"})
	for range pick(d, "weekly", 2, 1, 3, 4, 0) {
		w := Weekly{Span: newSpan(d)}
		for day := range w.Days {
			w.Days[day] = chance(d, "weekday", 85)
		}
		p.Hours = append(p.Hours, w)
	}
	for i := range 4 {
		if chance(d, "override", 15) {
			var spans []Span
			for range d.number("override spans", 0, 3) {
				spans = append(spans, newSpan(d))
			}
			p.Overrides[first.AddDays(i-1)] = spans
		}
	}
	return p
}

func newBlock(d dice, id string, around time.Time, first Date, now time.Time) Block {
	b := Block{
		ID: id, Kind: pick(d, "kind", Appointment, Hold, Event, Calendar), Rep: pick(d, "block rep", "r0", "r1", "r2", "gone"),
		Service: pick(d, "block service", "s0", "s1", "s2", "gone"), Module: "Events", Record: "rec-" + id,
	}
	b.Start = around.Add(minutes(d.number("block start", -2*288, 3*288) * 5))
	b.End = b.Start.Add(minutes(d.number("block length", 0, 36) * 5))
	if b.Start.Equal(b.End) && b.Kind != Event && b.Kind != Calendar {
		b.End = b.Start.Add(time.Minute)
	}
	b.Expires = now.Add(minutes(d.number("expires", -2, 10)))
	if (b.Kind == Event || b.Kind == Calendar) && chance(d, "all day", 30) {
		b.AllDay, b.Start, b.End = true, time.Time{}, time.Time{}
		b.FirstDay = first.AddDays(d.number("first day", -2, 3))
		b.LastDay = b.FirstDay.AddDays(d.number("days", 0, 1))
	}
	return b
}

func (w world) rules(tb interface{ Fatal(...any) }) *Rules {
	r, err := NewRules(w.def)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func (w world) ask(start time.Time) Ask {
	return Ask{Service: w.query.Service, PostalCode: w.query.PostalCode, Ignore: w.query.Ignore, Start: start}
}
