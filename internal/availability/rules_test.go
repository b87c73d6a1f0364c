package availability_test

import (
	"strings"
	"testing"
	"time"

	. "heavyset.tech/platform/internal/availability"
)

func TestAssign(t *testing.T) {
	t.Parallel()
	def := Definition{Zone: time.UTC, Reps: []Rep{{ID: "cyd"}, {ID: "ann", Weight: 1}, {ID: "bob"}, {ID: "dee", Weight: 3}}}
	for _, s := range []Service{{ID: "fair", Assignment: RoundRobin}, {ID: "first", Assignment: Priority}} {
		s.Duration, s.Interval, s.Reps = time.Hour, time.Hour, []string{"ann", "bob", "cyd"}
		def.Services = append(def.Services, s)
	}
	rules := made(t, def)
	for _, c := range []struct {
		name, service, free string
		counts              map[string]int
		want                string
	}{
		{"round robin: the fewest", "fair", "cyd ann bob", map[string]int{"cyd": 2, "ann": 1, "bob": 0}, "bob"},
		{"round robin: not counted is none", "fair", "cyd ann", map[string]int{"cyd": 1}, "ann"},
		{"round robin: ties in catalog order", "fair", "bob ann cyd", map[string]int{"cyd": 1, "ann": 1, "bob": 1}, "cyd"},
		{"round robin: only among the free", "fair", "bob ann", map[string]int{"ann": 3, "bob": 3}, "ann"},
		{"round robin: three times the weight, three times the visits", "fair", "ann dee", map[string]int{"ann": 1, "dee": 2}, "dee"},
		{"round robin: as many for the weight is a tie", "fair", "dee ann", map[string]int{"ann": 1, "dee": 3}, "ann"},
		{"round robin: more than the weight", "fair", "dee cyd", map[string]int{"cyd": 1, "dee": 4}, "cyd"},
		{"priority: catalog order, whatever the counts", "first", "bob ann", map[string]int{"ann": 9}, "ann"},
		{"unknown reps are not chosen", "fair", "? bob", map[string]int{"bob": 9}, "bob"},
		{"nobody", "fair", "", nil, ""},
		{"unknown service is round robin", "?", "ann bob", map[string]int{"ann": 1}, "bob"},
	} {
		if got := rules.Assign(c.service, strings.Fields(c.free), c.counts); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestDefinitionsThatCannotBe(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*Definition)
		want   string // part of the error
	}{
		{"nothing wrong", func(*Definition) {}, ""},
		{"no zone", func(d *Definition) { d.Zone = nil }, "zone"},
		{"rep twice", func(d *Definition) { d.Reps = append(d.Reps, d.Reps[0]) }, `rep "ann"`},
		{"service twice", func(d *Definition) { d.Services = append(d.Services, d.Services[0]) }, `service "visit"`},
		{"territory twice", func(d *Definition) { d.Territories = []Territory{{ID: "n"}, {ID: "n"}} }, `territory "n"`},
		{"no duration", func(d *Definition) { d.Services[0].Duration = 0 }, "duration"},
		{"no interval", func(d *Definition) { d.Services[0].Interval = 0 }, "interval"},
		{"interval of seconds", func(d *Definition) { d.Services[0].Interval = 90 * time.Second }, "interval"},
		{"endless duration", func(d *Definition) { d.Services[0].Duration = 1 << 62 }, "duration"},
		{"negative buffer before", func(d *Definition) { d.Services[0].BufferBefore = -time.Minute }, "buffer before"},
		{"negative buffer after", func(d *Definition) { d.Services[0].BufferAfter = -time.Minute }, "buffer after"},
		{"negative notice", func(d *Definition) { d.Services[0].Notice = -time.Minute }, "notice"},
		{"negative window", func(d *Definition) { d.Services[0].WindowDays = -1 }, "window"},
		{"endless window", func(d *Definition) { d.Services[0].WindowDays = 1 << 40 }, "window"},
		{"negative capacity", func(d *Definition) { d.Services[0].CapacityPerDay = -1 }, "capacity"},
		{"unknown assignment", func(d *Definition) { d.Services[0].Assignment = 7 }, "assignment"},
		{"hours that end before they start", func(d *Definition) { d.Reps[0].Hours[0].Span = Span{Start: 600, End: 540} }, "hours"},
		{"hours without length", func(d *Definition) { d.Reps[0].Hours[0].Span = Span{Start: 600, End: 600} }, "hours"},
		{"hours after 24:00", func(d *Definition) { d.Reps[0].Hours[0].End = 1441 }, "hours"},
		{"hours before 00:00", func(d *Definition) { d.Reps[0].Hours[0].Start = -1 }, "hours"},
		{"override after 24:00", func(d *Definition) {
			d.Reps[0].Overrides = map[Date][]Span{{2026, 12, 1}: {{Start: 0, End: 1441}}}
		}, "override of 2026-12-01"},
		{"override of one date under two names", func(d *Definition) {
			d.Reps[0].Overrides = map[Date][]Span{{2026, 12, 1}: nil, {2026, 11, 31}: nil}
		}, "override of 2026-12-01"},
	} {
		def := dayDefinition(t, "America/Chicago", "09:00-17:00")
		c.change(&def)
		_, err := NewRules(def)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
}

// What a caller does to a definition afterwards changes nothing.
func TestRulesKeepTheirOwnCopy(t *testing.T) {
	t.Parallel()
	def := dayDefinition(t, "America/Chicago", "09:00-10:00")
	def.Reps[0].Overrides = map[Date][]Span{date(t, "2026-12-02"): {{Start: 600, End: 660}}}
	rules, now := made(t, def), instant(t, "2026-12-01T00:00:00Z")
	def.Reps[0].Overrides[date(t, "2026-12-02")][0] = Span{Start: 0, End: 1440}
	def.Reps[0].Overrides[date(t, "2026-12-01")] = nil
	def.Reps[0].Hours[0].Span = Span{Start: 0, End: 1440}
	def.Services[0].Reps[0] = "?"
	slots, _ := rules.Plan(Query{Service: "visit", From: date(t, "2026-12-01"), To: date(t, "2026-12-02")}, nil, now).At(now)
	if got := starts(slots, def.Zone, clockOnly); got != "09:00 10:00" {
		t.Errorf("got %s", got)
	}
}
