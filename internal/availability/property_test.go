package availability_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	. "heavyset.tech/platform/internal/availability"
	"pgregory.net/rapid"
)

type rapidDice struct{ *rapid.T }

func (d rapidDice) number(label string, low, high int) int {
	return rapid.IntRange(low, high).Draw(d.T, label)
}

func drawWorld(t *rapid.T) world {
	d := rapidDice{t}
	list := changes()
	return newWorld(d, list[d.number("clock change", 0, len(list)-1)])
}

// at gives the slots of a plan that was made at the same moment.
func (w world) at(tb interface{ Fatal(...any) }) []Slot {
	slots, ok := w.rules(tb).Plan(w.query, w.blocks, w.now).At(w.now)
	if !ok {
		tb.Fatal("a plan is not right at the moment it was made")
	}
	return slots
}

func diff(got, want []Slot) string {
	if len(got) == 0 && len(want) == 0 {
		return ""
	}
	return cmp.Diff(want, got)
}

func TestSlotsAreThoseOfTheNaiveReading(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		want, _ := newNaive(w.def, w.query, w.blocks, w.now).slots()
		if d := diff(w.at(t), want); d != "" {
			t.Fatalf("naive - slots +:\n%s", d)
		}
	})
}

// Every clock change of every odd zone, each with a catalog of its own. Without HEAVYSET_SOAK every fifth of a zone, of which
// one is in spring and the next in autumn.
func TestSlotsAreThoseOfTheNaiveReadingAtEveryClockChange(t *testing.T) {
	t.Parallel()
	every, offer := 5, 10 // one change of how many is looked at, and of how many of them one has slots
	if os.Getenv("HEAVYSET_SOAK") != "" {
		every, offer = 1, 4
	}
	for _, name := range oddZones {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			of, all, offered := 0, 0, 0
			for i, c := range changes() {
				if c.zone.String() != name {
					continue
				}
				if of++; (of-1)%every != 0 {
					continue
				}
				all++
				w := newWorld(seeded{rand.New(rand.NewPCG(uint64(i), 7))}, c)
				want, _ := newNaive(w.def, w.query, w.blocks, w.now).slots()
				if d := diff(w.at(t), want); d != "" {
					t.Fatalf("%v (change %d): naive - slots +:\n%s", c.at, i, d)
				}
				offered += min(1, len(want))
			}
			if all == 0 || offered < all/offer {
				t.Fatalf("%d of %d clock changes offered slots: the test looks at nothing", offered, all)
			}
		})
	}
}

// someStarts gives moments on and off the grid, offered ones among them.
func (w world) someStarts(d dice, slots []Slot) []time.Time {
	var out []time.Time
	for i := range 6 {
		if len(slots) > 0 && i < 2 {
			out = append(out, slots[d.number("slot", 0, len(slots)-1)].Start)
		} else {
			out = append(out, w.now.Add(minutes(d.number("start", -1440, 6*1440))).Truncate(5*time.Minute))
		}
	}
	return append(out, out[0].Add(time.Millisecond), out[0].Add(time.Nanosecond), out[0].Add(-minutes(1)))
}

func (w world) asks(start time.Time) bool {
	visitor := w.query.Zone
	date := DateOf(start, visitor)
	return w.query.From.Compare(date) <= 0 && date.Compare(w.query.To) <= 0
}

func TestExplanationAgreesWithTheOffer(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		rules, slots := w.rules(t), w.at(t)
		_, reps := newNaive(w.def, w.query, w.blocks, w.now).slots()
		for _, start := range w.someStarts(rapidDice{t}, slots) {
			at := slices.IndexFunc(slots, func(s Slot) bool { return s.Start.Equal(start) })
			free, why := rules.Free(w.ask(start), w.blocks, w.now)
			if w.asks(start) && why.Offered != (at >= 0) {
				t.Fatalf("%v: slot %v, but explained %+v", start, at >= 0, why)
			}
			if why.Offered != (len(free) > 0) || why.Offered == (len(why.Reasons) > 0) {
				t.Fatalf("%v: free %v, but explained %+v", start, free, why)
			}
			if at >= 0 && !slices.Equal(free, reps[start.Unix()]) {
				t.Fatalf("%v: free %v, naive %v", start, free, reps[start.Unix()])
			}
			if at >= 0 && w.capacity() == 0 && slots[at].Remaining != len(free) {
				t.Fatalf("%v: remaining %d, free %v", start, slots[at].Remaining, free)
			}
		}
	})
}

// capacity is above zero where any capacity bounds what remains.
func (w world) capacity() int {
	for _, s := range w.def.Services {
		if s.ID == w.query.Service {
			return s.CapacityPerDay + s.CapacityPerSlot
		}
	}
	return 0
}

func TestPlanStaysRightUntilAHoldEnds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		rules := w.rules(t)
		plan := rules.Plan(w.query, w.blocks, w.now)
		for range 5 {
			later := w.now.Add(time.Duration(rapid.Int64Range(-3, 5*24*3600).Draw(t, "later")) * time.Second)
			if until := plan.Until(); !until.IsZero() && rapid.Bool().Draw(t, "close to the end") {
				later = until.Add(time.Duration(rapid.IntRange(-1, 1).Draw(t, "ns")))
			}
			got, ok := plan.At(later)
			if want := !later.Before(w.now) && (plan.Until().IsZero() || later.Before(plan.Until())); ok != want {
				t.Fatalf("plan of %v until %v: right at %v is %v", w.now, plan.Until(), later, ok)
			}
			if !ok {
				continue
			}
			fresh, _ := rules.Plan(w.query, w.blocks, later).At(later)
			if d := diff(got, fresh); d != "" {
				t.Fatalf("plan of %v at %v: fresh - kept +:\n%s", w.now, later, d)
			}
		}
	})
}

func TestBlocksOutOfReachDoNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		for i, s := range w.def.Services { // buffers that reach from one date to another
			w.def.Services[i].BufferBefore = s.BufferBefore * time.Duration(rapid.IntRange(1, 40).Draw(t, "longer before"))
			w.def.Services[i].BufferAfter = s.BufferAfter * time.Duration(rapid.IntRange(1, 40).Draw(t, "longer after"))
		}
		rules := w.rules(t)
		shelf := changes()[rapid.IntRange(0, len(changes())-1).Draw(t, "zone that all-day blocks are put in")].zone
		want := w.at(t)
		d := cmp.Diff(want, w.near(rules.Reach(w.query)).inZone(shelf).at(t))
		if d != "" {
			t.Fatalf("all - within reach +:\n%s", d)
		}
		start := w.someStarts(rapidDice{t}, want)[0]
		near := w.near(rules.ReachOf(w.ask(start)))
		if d := cmp.Diff(rules.Explain(w.ask(start), w.blocks, w.now), rules.Explain(w.ask(start), near.inZone(shelf).blocks, w.now)); d != "" {
			t.Fatalf("all - within reach +:\n%s", d)
		}
	})
}

func TestBlocksThatAreNotNearTakeNoStart(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		for i := range w.def.Services {
			w.def.Services[i].CapacityPerDay = 0
		}
		w.blocks = slices.DeleteFunc(slices.Clone(w.blocks), func(b Block) bool { return b.AllDay })
		rules := w.rules(t)
		start := w.someStarts(rapidDice{t}, w.at(t))[0]
		all, _ := rules.Free(w.ask(start), w.blocks, w.now)
		near, _ := rules.Free(w.ask(start), w.near(rules.NearOf(w.ask(start))).inZone(time.UTC).blocks, w.now)
		if d := cmp.Diff(all, near); d != "" {
			t.Fatalf("all - near +:\n%s", d)
		}
	})
}

// shelved is a world whose blocks are yet to be cut to a range.
type shelved struct {
	world
	from, to time.Time
}

func (w world) near(from, to time.Time) shelved { return shelved{w, from, to} }

// inZone keeps the blocks that meet the range, all-day ones as from midnight to midnight of a zone.
func (s shelved) inZone(zone *time.Location) world {
	w := s.world
	w.blocks = nil
	midnight := func(d Date) time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, zone) }
	for _, b := range s.blocks {
		from, to := b.Start, b.End
		if b.AllDay {
			from, to = midnight(b.FirstDay), midnight(b.LastDay.AddDays(1))
		}
		if from.Before(s.to) && s.from.Before(to) {
			w.blocks = append(w.blocks, b)
		}
	}
	return w
}

func TestOrderOfBlocksDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		rules, slots := w.rules(t), w.at(t)
		start := w.someStarts(rapidDice{t}, slots)[2]
		why := rules.Explain(w.ask(start), w.blocks, w.now)
		w.blocks = rapid.Permutation(w.blocks).Draw(t, "order")
		if d := cmp.Diff(slots, w.at(t)); d != "" {
			t.Fatal(d)
		}
		if d := cmp.Diff(why, rules.Explain(w.ask(start), w.blocks, w.now)); d != "" {
			t.Fatal(d)
		}
	})
}

// Booking one slot after the other until nothing is left never books a rep twice at a time, buffers included.
func TestBookingEverythingNeverOverlaps(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		w.query.Ignore = ""
		rules := w.rules(t)
		before := len(w.blocks)
		for i := 0; i < 200; i++ {
			slots := w.at(t)
			if len(slots) == 0 {
				break
			}
			s := slots[rapid.IntRange(0, len(slots)-1).Draw(t, "slot")]
			free, _ := rules.Free(w.ask(s.Start), w.blocks, w.now)
			rep := rules.Assign(w.query.Service, free, nil)
			for _, b := range w.blocks[before:] {
				if b.Rep == rep && b.Start.Before(s.End) && s.Start.Before(b.End) {
					t.Fatalf("%s is booked from %v and from %v", rep, b.Start, s.Start)
				}
			}
			w.blocks = append(w.blocks, Block{
				Kind: Appointment, ID: fmt.Sprint("new", i), Rep: rep, Service: w.query.Service, Start: s.Start, End: s.End,
			})
			if n, most := w.startingAt(s.Start), w.service().CapacityPerSlot; most > 0 && n > most {
				t.Fatalf("%d of at most %d start at %v", n, most, s.Start)
			}
		}
	})
}

func (w world) service() Service {
	return w.def.Services[slices.IndexFunc(w.def.Services, func(s Service) bool { return s.ID == w.query.Service })]
}

// startingAt counts what uses up the capacity per slot of the service that is asked for.
func (w world) startingAt(t time.Time) int {
	n := 0
	for _, b := range w.blocks {
		if (b.Kind == Appointment || b.Kind == Hold && b.Expires.After(w.now)) && b.Service == w.query.Service && b.Start.Equal(t) {
			n++
		}
	}
	return n
}

// A start that has as many appointments as may start together is offered again as soon as one fewer does, or one more may.
func TestCapacityPerSlotIsWhatIsLeft(t *testing.T) {
	t.Parallel()
	offered := 0
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		for i := range w.def.Services {
			w.def.Services[i].CapacityPerDay, w.def.Services[i].CapacityPerSlot = 0, 0
		}
		slots := w.at(t)
		if len(slots) == 0 {
			return
		}
		s := slots[rapid.IntRange(0, len(slots)-1).Draw(t, "slot")]
		full := w.startingAt(s.Start) + rapid.IntRange(1, 3).Draw(t, "at the same start")
		for i := w.startingAt(s.Start); i < full; i++ { // with somebody who is not on offer
			w.blocks = append(w.blocks, Block{Kind: Appointment, ID: fmt.Sprint("same", i), Rep: "gone", Service: w.query.Service, Start: s.Start, End: s.End})
		}
		for more := range 3 {
			for i := range w.def.Services {
				w.def.Services[i].CapacityPerSlot = full + more
			}
			got := 0
			for _, x := range w.at(t) {
				if x.Start.Equal(s.Start) {
					got = x.Remaining
				}
			}
			if got != min(more, s.Remaining) {
				t.Fatalf("%d start at %v and %d may: %d remain of %d", full, s.Start, full+more, got, s.Remaining)
			}
			why := w.rules(t).Explain(w.ask(s.Start), w.blocks, w.now)
			if capped := slices.ContainsFunc(why.Reasons, func(r Reason) bool { return r.Code == CapacitySlot }); capped != (more == 0) {
				t.Fatalf("%d start at %v and %d may: %+v", full, s.Start, full+more, why)
			}
			offered += got
		}
	})
	if offered == 0 {
		t.Fatal("nothing was ever offered")
	}
}

// TestOneRepIsAskedAsAllAre: asking for one rep gives what asking for all gives of this one, and an agreed time leaves out
// notice and window alone.
func TestOneRepIsAskedAsAllAre(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		rules, slots := w.rules(t), w.at(t)
		ask := Ask{Service: w.query.Service, PostalCode: w.query.PostalCode, Ignore: w.query.Ignore, Start: w.now.Add(time.Duration(rapid.IntRange(-600, 60*24*90).Draw(t, "minutes")) * time.Minute)}
		if len(slots) > 0 && rapid.Bool().Draw(t, "of a slot") {
			ask.Start = rapid.SampledFrom(slots).Draw(t, "slot").Start
		}
		free, _ := rules.Free(ask, w.blocks, w.now)
		for _, rep := range w.def.Reps {
			one := ask
			one.Rep = rep.ID
			got, why := rules.Free(one, w.blocks, w.now)
			if (len(got) == 1) != slices.Contains(free, rep.ID) || (len(got) == 0) == (len(why.Reasons) == 0) {
				t.Fatalf("%s: %v, of all %v, %v", rep.ID, got, free, why)
			}
			one.Agreed = true
			agreed, still := rules.Free(one, w.blocks, w.now)
			other := slices.ContainsFunc(why.Reasons, func(r Reason) bool { return r.Code != TooSoon && r.Code != TooFar })
			if (len(agreed) == 1) == other {
				t.Fatalf("%s at an agreed time: %v, %v; else %v", rep.ID, agreed, still, why)
			}
		}
	})
}

// TestRoundRobinIsFairByWeight: when all are free all the time, nobody's visits lie a whole weight apart from their share,
// and who is chosen never has more for their weight than another.
func TestRoundRobinIsFairByWeight(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		def := Definition{Zone: time.UTC, Services: []Service{{ID: "s", Duration: time.Hour, Interval: time.Hour}}}
		var free []string
		total := 0
		for i := range rapid.IntRange(1, 5).Draw(t, "reps") {
			p := Rep{ID: fmt.Sprint("r", i), Weight: rapid.IntRange(0, 5).Draw(t, "weight")}
			total += max(1, p.Weight)
			def.Reps, free = append(def.Reps, p), append(free, p.ID)
		}
		rules, err := NewRules(def)
		if err != nil {
			t.Fatal(err)
		}
		counts := map[string]int{}
		rounds := rapid.IntRange(1, 4).Draw(t, "rounds")
		for range rounds * total {
			chosen := rules.Assign("s", free, counts)
			at := slices.IndexFunc(def.Reps, func(p Rep) bool { return p.ID == chosen })
			for _, p := range def.Reps {
				if counts[chosen]*max(1, p.Weight) > counts[p.ID]*max(1, def.Reps[at].Weight) {
					t.Fatalf("%s is chosen over %s: %v of %+v", chosen, p.ID, counts, def.Reps)
				}
			}
			counts[chosen]++
		}
		for _, p := range def.Reps {
			if want := rounds * max(1, p.Weight); counts[p.ID] != want {
				t.Fatalf("%s has %d of %d visits at weight %d, want %d: %v", p.ID, counts[p.ID], rounds*total, p.Weight, want, counts)
			}
		}
	})
}
