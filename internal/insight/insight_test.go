package insight_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/insight"
)

var monday = time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)

// TestTheFunnelNeverWidens: whatever visits do, no step has more of them than the one before, and the first has all.
func TestTheFunnelNeverWidens(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var list []insight.Count
		all, booked, lost := 0, 0, 0
		for range rapid.IntRange(0, 30).Draw(t, "kinds") {
			c := insight.Count{
				Step: insight.Step(rapid.IntRange(1, 6).Draw(t, "step")), Visits: rapid.IntRange(1, 9).Draw(t, "visits"), Enquiry: rapid.Bool().Draw(t, "enquiry"),
				Service: rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "service"), Lost: insight.ParseLoss(rapid.SampledFrom([]string{"", "TERRITORY", "TOO_SOON"}).Draw(t, "rule"), "HOLIDAY"),
			}
			all += c.Visits
			if c.Step >= insight.Booked {
				booked += c.Visits
			} else if c.Lost.Rule != "" || c.Enquiry && c.Step >= insight.Area {
				lost += c.Visits
			}
			list = append(list, c)
		}
		f := insight.FunnelOf(list, nil)
		if f[0].Now != all || f[4].Now != booked {
			t.Fatalf("%d of %d viewed, %d of %d booked", f[0].Now, all, f[4].Now, booked)
		}
		for i := range f[1:] {
			if f[i+1].Now > f[i].Now {
				t.Fatalf("step %d has more than the one before: %+v", i+1, f)
			}
		}
		sum := 0
		for _, r := range insight.LostOf(list, nil) {
			of := 0
			for _, n := range r.Services {
				of += n
			}
			if of != r.Now {
				t.Fatalf("%+v: its services have %d", r, of)
			}
			sum += r.Now
		}
		if sum != lost {
			t.Fatalf("%d visits are lost by a rule, %d are counted: each counts once", lost, sum)
		}
	})
}

func TestLossOf(t *testing.T) {
	t.Parallel()
	why := func(reasons ...availability.Reason) availability.Explanation {
		return availability.Explanation{Reasons: reasons}
	}
	soon := availability.Reason{Code: availability.TooSoon}
	ann := func(c availability.Code) availability.Reason { return availability.Reason{Code: c, Rep: "ann"} }
	ben := func(c availability.Code) availability.Reason { return availability.Reason{Code: c, Rep: "ben"} }
	for name, c := range map[string]struct {
		list []availability.Explanation
		rule availability.Code
		also []availability.Code
	}{
		"nothing to explain": {nil, insight.Unknown, nil},
		"the service alone":  {[]availability.Explanation{why(soon)}, availability.TooSoon, nil},
		"the rep who is nearest, not the one who serves elsewhere": {
			[]availability.Explanation{why(ann(availability.OutOfTerritory), ann(availability.OutsideHours), ben(availability.BusyEvent))}, availability.BusyEvent, nil,
		},
		"most starts": {
			[]availability.Explanation{why(soon), why(ben(availability.BusyEvent)), why(ben(availability.BusyEvent), ben(availability.BusyEvent))},
			availability.BusyEvent,
			[]availability.Code{availability.TooSoon},
		},
	} {
		if got := insight.LossOf(c.list); got.Rule != c.rule || !slices.Equal(got.Also, c.also) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if l := insight.ParseLoss("A", "B,C"); l.AlsoText() != "B,C" || insight.ParseLoss("", "").AlsoText() != "" {
		t.Errorf("%+v", l)
	}
}

func TestSpeeds(t *testing.T) {
	t.Parallel()
	made := func(waited time.Duration) insight.Made {
		return insight.Made{Enquiry: true, Created: monday, Contacted: monday.Add(waited)}
	}
	s := insight.SpeedsOf([]insight.Made{
		made(time.Minute), made(5 * time.Minute), made(2 * time.Hour), made(90 * time.Hour), made(-time.Minute),
		{Created: monday, Open: true},
		{Created: monday, Booked: true},
	}, []insight.Made{made(time.Hour)})
	var got []int
	for _, b := range s.Buckets {
		got = append(got, b.Now)
	}
	if !slices.Equal(got, []int{3, 0, 1, 0, 0, 1}) || s.Count.Now != 5 || s.Count.Before != 1 || s.Waiting != 1 || s.Median != 5*time.Minute || s.Buckets[1].Before != 1 {
		t.Errorf("%v %+v", got, s)
	}
}

func TestSourcesAndOutcomes(t *testing.T) {
	t.Parallel()
	list := insight.SourcesOf([]insight.Made{{Source: "radio", Booked: true}, {Source: "radio", Enquiry: true}, {}}, []insight.Made{{Source: "gone"}})
	if len(list) != 3 || list[0] != (insight.Source{Source: "radio", Was: insight.Was{Now: 2}, Enquiries: 1, Booked: 1}) || list[2].Before != 1 {
		t.Errorf("%+v", list)
	}
	if r, ok := (insight.Outcome{Completed: 2, NoShow: 1, Cancelled: 9}).Rate(); r != 67 || !ok {
		t.Errorf("%d %v", r, ok)
	}
	if _, ok := (insight.Outcome{Cancelled: 1, Open: 1}).Rate(); ok {
		t.Error("a rate of nothing")
	}
}
