package availability_test

import (
	"testing"
	"time"

	"heavyset.tech/platform/internal/availability"
)

func TestTaken(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("x", -6*3600)
	nine, five := availability.Wall(9*60), availability.Wall(17*60)
	r, err := availability.NewRules(availability.Definition{
		Zone: zone, Reps: []availability.Rep{{ID: "ann", Hours: []availability.Weekly{{Days: [7]bool{false, true, true, true, true, true}, Span: availability.Span{Start: nine, End: five}}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	monday := func(hour int) time.Time { return time.Date(2026, 11, 30, hour, 0, 0, 0, zone) }
	block := func(from, to int) availability.Block {
		return availability.Block{Kind: availability.Event, Rep: "ann", Start: monday(from), End: monday(to)}
	}
	week := func(blocks ...availability.Block) time.Duration {
		return r.Taken("ann", blocks, monday(0), monday(7*24))
	}
	sunday := availability.DateOf(monday(-10), zone)
	for name, c := range map[string]struct {
		got, want time.Duration
	}{
		"nothing":               {week(), 0},
		"within":                {week(block(10, 12)), 2 * time.Hour},
		"before work":           {week(block(7, 10)), time.Hour},
		"twice the same":        {week(block(10, 12), block(11, 13)), 3 * time.Hour},
		"outside":               {week(block(18, 20)), 0},
		"all day":               {week(availability.Block{Rep: "ann", AllDay: true, FirstDay: sunday, LastDay: sunday.AddDays(1)}), 8 * time.Hour},
		"somebody else's":       {week(availability.Block{Rep: "bo", Start: monday(10), End: monday(12)}), 0},
		"unknown":               {r.Taken("bo", nil, monday(0), monday(24)), 0},
		"cut off at the end":    {r.Taken("ann", []availability.Block{block(10, 14)}, monday(0), monday(11)), time.Hour},
		"cut off at the start":  {r.Taken("ann", []availability.Block{block(10, 14)}, monday(13), monday(24)), time.Hour},
		"without length":        {week(block(10, 10)), 0},
		"over several days":     {week(block(16, 24+10)), 2 * time.Hour},
		"the range is too late": {r.Taken("ann", []availability.Block{block(10, 14)}, monday(24), monday(24)), 0},
	} {
		if c.got != c.want {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
	}
}
