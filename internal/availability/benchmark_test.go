package availability_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	. "heavyset.tech/platform/internal/availability"
)

// busyMonth is a month of a company: reps who work 9 hours on weekdays, in territories, and blocks all over it.
func busyMonth(b *testing.B, reps, blocks int) (*Rules, Query, []Block, time.Time) {
	b.Helper()
	def := Definition{
		Zone:        zone(b, "America/Chicago"),
		Territories: []Territory{{"north", []string{"606*", "60707"}}},
		Holidays:    []Date{{2026, 11, 26}, {2026, 12, 25}},
		Services: []Service{{
			ID: "inspection", Duration: time.Hour, Interval: 30 * time.Minute, BufferAfter: 30 * time.Minute, Notice: 4 * time.Hour,
			WindowDays: 60, CapacityPerDay: 8 * reps,
		}},
	}
	for i := range reps {
		id := fmt.Sprintf("rep%d", i)
		def.Services[0].Reps = append(def.Services[0].Reps, id)
		def.Reps = append(def.Reps, Rep{ID: id, Territories: []string{"north"}, Hours: []Weekly{
			{Days: [7]bool{1: true, 2: true, 3: true, 4: true, 5: true}, Span: Span{Start: 8 * 60, End: 17 * 60}},
		}})
	}
	d := seeded{rand.New(rand.NewPCG(1, 1))}
	from := time.Date(2026, 10, 15, 13, 0, 0, 0, time.UTC) // with the clock change of November
	var list []Block
	for i := range blocks {
		start := from.AddDate(0, 0, i*30/blocks).Add(minutes(d.number("start", 0, 16) * 30))
		list = append(list, Block{
			ID: fmt.Sprint(i), Kind: pick(d, "kind", Appointment, Event, Hold), Rep: fmt.Sprintf("rep%d", i%reps), Service: "inspection",
			Start: start, End: start.Add(time.Hour), Expires: from.Add(10 * time.Minute),
		})
	}
	q := Query{Service: "inspection", From: Date{2026, 10, 15}, To: Date{2026, 11, 14}, PostalCode: "60640"}
	rules, err := NewRules(def)
	if err != nil {
		b.Fatal(err)
	}
	return rules, q, list, from
}

func BenchmarkPlanMonth(b *testing.B) {
	for _, size := range []struct{ reps, blocks int }{{3, 0}, {3, 300}, {50, 5000}} {
		b.Run(fmt.Sprintf("reps=%d/blocks=%d", size.reps, size.blocks), func(b *testing.B) {
			rules, q, blocks, now := busyMonth(b, size.reps, size.blocks)
			b.ReportAllocs()
			for b.Loop() {
				if slots, _ := rules.Plan(q, blocks, now).At(now); len(slots) < 50 {
					b.Fatal("hardly any slots")
				}
			}
		})
	}
}

func BenchmarkAt(b *testing.B) {
	rules, q, blocks, now := busyMonth(b, 3, 300)
	plan := rules.Plan(q, blocks, now)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := plan.At(now); !ok {
			b.Fatal("not right")
		}
	}
}

func BenchmarkFree(b *testing.B) {
	rules, q, blocks, now := busyMonth(b, 3, 300)
	slots, _ := rules.Plan(q, blocks, now).At(now)
	ask := Ask{Service: q.Service, PostalCode: q.PostalCode, Start: slots[len(slots)/2].Start}
	b.ReportAllocs()
	for b.Loop() {
		if free, _ := rules.Free(ask, blocks, now); len(free) == 0 {
			b.Fatal("nobody free")
		}
	}
}

func BenchmarkExplainRefusal(b *testing.B) {
	rules, q, blocks, now := busyMonth(b, 3, 300)
	ask := Ask{Service: q.Service, PostalCode: q.PostalCode, Start: blocks[150].Start.Add(5 * time.Minute)}
	b.ReportAllocs()
	for b.Loop() {
		if rules.Explain(ask, blocks, now).Offered {
			b.Fatal("offered")
		}
	}
}

func BenchmarkNewRules(b *testing.B) {
	def := Definition{Zone: time.UTC}
	var codes []string
	for i := range 20_000 {
		codes = append(codes, fmt.Sprint(10_000+i))
	}
	def.Territories = []Territory{{"all", codes}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := NewRules(def); err != nil {
			b.Fatal(err)
		}
	}
}
