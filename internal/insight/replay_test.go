package insight_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/insight"
)

var week = []string{"mon", "tue", "wed", "thu", "fri"}

func rules() catalog.Catalog {
	return catalog.Catalog{
		Timezone: "UTC", Territories: []catalog.Territory{{ID: "north", PostalCodes: []string{"606*"}}},
		Services: []catalog.Service{
			{ID: "s", Name: "Service", DurationMinutes: 60, SlotIntervalMinutes: 60, BookingWindowDays: 60, MinNoticeMinutes: 60, Assignment: catalog.RoundRobin, Reps: []string{"ann", "ben"}},
			{ID: "long", Name: "Long", DurationMinutes: 120, SlotIntervalMinutes: 60, BookingWindowDays: 60, Assignment: catalog.Priority, CapacityPerDay: 2, Reps: []string{"ann"}},
		},
		Reps: []catalog.Rep{
			{ID: "ann", Name: "Ann", Territories: []string{"north"}, Hours: []catalog.Hours{{Days: week, Start: "09:00", End: "12:00"}}},
			{ID: "ben", Name: "Ben", Territories: []string{"north"}, Hours: []catalog.Hours{{Days: week, Start: "10:00", End: "13:00"}}},
		},
	}
}

func world(t interface{ Fatal(...any) }, c catalog.Catalog, busy ...availability.Block) insight.World {
	w, err := insight.WorldOf(c, time.UTC, busy)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// wish asks at nine on a Monday, so many hours later, for the week, and may book so many hours after that Monday's midnight.
func wish(after time.Duration, service, zip string, books time.Duration) insight.Wish {
	w := insight.Wish{At: monday.Add(after), Service: service, PostalCode: zip, From: availability.DateOf(monday, time.UTC), To: availability.DateOf(monday, time.UTC).AddDays(6)}
	if books > 0 {
		start := monday.Add(-9 * time.Hour).Add(books)
		w.Booked = &insight.Held{ID: booking.AppointmentID(fmt.Sprint(after)), Status: booking.Confirmed, Service: service, Start: start, End: start.Add(time.Hour), Created: w.At}
	}
	return w
}

// TestUnchangedRulesChangeNothing: whatever the demand, a world replayed against itself differs in nothing, and every visit is
// accounted for.
func TestUnchangedRulesChangeNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := demand(t)
		c := changed(t, "rules")
		r := insight.ReplayOf(d, world(t, c), world(t, c))
		if r.Won+r.Blind+r.Lost+r.Regained+r.Moved != 0 || len(r.Effects) != 0 || r.SawNow != r.SeeThen || r.Expected() != 0 {
			t.Fatalf("nothing was changed: %+v", r)
		}
		for _, l := range r.Reps {
			if l.Visits != l.VisitsThen || l.Duration != l.DurationThen {
				t.Fatalf("nothing was changed: %+v", l)
			}
		}
		other := changed(t, "others")
		r = insight.ReplayOf(d, world(t, c), world(t, other))
		if again := insight.ReplayOf(d, world(t, c), world(t, other)); !reflect.DeepEqual(r, again) {
			t.Fatalf("%+v and then %+v", r, again)
		}
		back := insight.ReplayOf(d, world(t, other), world(t, c))
		if back.Won != r.Blind || back.Lost != r.Regained || back.Regained != r.Lost || back.Kept != r.Kept || back.Moved != r.Moved {
			t.Fatalf("there %+v and back %+v", r, back)
		}
		if r.Kept+r.Moved+r.Lost+r.Regained > r.Bookings || r.SeeThen-r.SawNow != r.Won+r.Regained-r.Blind-r.Lost {
			t.Fatalf("%+v does not add up", r)
		}
		won, lost := 0, 0
		for _, e := range r.Effects {
			won, lost = won+e.Won, lost+e.Lost
		}
		if won != r.Won+r.Regained || lost != r.Lost+r.Blind {
			t.Fatalf("%+v: each visit has one rule", r)
		}
	})
}

func demand(t *rapid.T) insight.Demand {
	var d insight.Demand
	for i := range rapid.IntRange(0, 12).Draw(t, "wishes") {
		w := wish(time.Duration(i)*time.Hour, rapid.SampledFrom([]string{"s", "long", "gone"}).Draw(t, "service"), rapid.SampledFrom([]string{"60601", "99999", ""}).Draw(t, "zip"),
			time.Duration(rapid.IntRange(0, 60).Draw(t, "books"))*time.Hour)
		if w.Booked != nil && rapid.Bool().Draw(t, "cancelled") {
			w.Booked.Status, w.Booked.Updated = booking.Canceled, w.At.Add(3*time.Hour)
		}
		d.Asks = append(d.Asks, w)
	}
	for range rapid.IntRange(0, 3).Draw(t, "fixed") {
		start := monday.Add(time.Duration(rapid.IntRange(0, 50).Draw(t, "at")) * time.Hour)
		d.Fixed = append(d.Fixed, insight.Held{Status: booking.Confirmed, Service: "s", Rep: "ann", Start: start, End: start.Add(time.Hour), Created: monday.Add(-time.Hour)})
	}
	return d
}

func changed(t *rapid.T, name string) catalog.Catalog {
	c := rules()
	c.Services[0].MinNoticeMinutes = rapid.SampledFrom([]int{0, 60, 2880}).Draw(t, name+" notice")
	c.Services[0].CapacityPerDay = rapid.IntRange(0, 2).Draw(t, name+" capacity")
	c.Services[1].DurationMinutes = rapid.SampledFrom([]int{60, 120, 300}).Draw(t, name+" duration")
	if rapid.Bool().Draw(t, name+" reps") {
		c.Services[0].Reps = []string{"ben"}
	}
	if rapid.Bool().Draw(t, name+" everywhere") {
		c.Territories[0].PostalCodes = []string{"*"}
	}
	return c
}

func TestReplay(t *testing.T) {
	t.Parallel()
	d := insight.Demand{Asks: []insight.Wish{
		wish(0, "s", "60601", 24*time.Hour+9*time.Hour),            // Tuesday, nine
		wish(time.Minute, "s", "60601", 24*time.Hour+10*time.Hour), // ten
		wish(2*time.Minute, "s", "99999", 0),
		wish(3*time.Minute, "s", "60601", 0),
	}}
	for name, c := range map[string]struct {
		change func(*catalog.Catalog)
		busy   []availability.Block
		want   func(r insight.Replay) bool
	}{
		"a wider area wins who is outside": {
			func(c *catalog.Catalog) { c.Territories[0].PostalCodes = []string{"606*", "9*"} }, nil,
			func(r insight.Replay) bool {
				return r.Won == 1 && r.Kept == 2 && r.Lost == 0 && r.Expected() == 1 && len(r.Effects) == 1 && r.Effects[0] == (insight.Effect{Rule: availability.OutOfTerritory, Won: 1})
			},
		},
		"a notice beyond the week loses all": {
			func(c *catalog.Catalog) { c.Services[0].MinNoticeMinutes = 10 * 24 * 60 }, nil,
			func(r insight.Replay) bool {
				return r.Lost == 2 && r.Blind == 1 && r.Won == 0 && len(r.Effects) == 1 && r.Effects[0] == (insight.Effect{Rule: availability.TooSoon, Lost: 3}) && len(r.Reps) == 2 && r.Reps[0].VisitsThen == 0
			},
		},
		"without the one rep the other has all, and who came at nine comes later": {
			func(c *catalog.Catalog) { c.Services[0].Reps = []string{"ben"} }, nil,
			func(r insight.Replay) bool {
				return r.Moved == 2 && r.Kept == 0 && r.Lost == 0 && len(r.Reps) == 2 && r.Reps[1] == (insight.RepLoad{Rep: "ben", Visits: 1, VisitsThen: 2, Duration: time.Hour, DurationThen: 2 * time.Hour})
			},
		},
		"another source that has them busy all week": {
			func(*catalog.Catalog) {},
			[]availability.Block{
				{Kind: availability.Calendar, Rep: "ann", Start: monday, End: monday.AddDate(0, 0, 7)}, {Kind: availability.Calendar, Rep: "ben", Start: monday, End: monday.AddDate(0, 0, 7)},
			},
			func(r insight.Replay) bool {
				return r.Lost == 2 && r.Blind == 1 && len(r.Effects) == 1 && r.Effects[0].Rule == availability.BusyCalendar
			},
		},
	} {
		after := rules()
		c.change(&after)
		r := insight.ReplayOf(d, world(t, rules()), world(t, after, c.busy...))
		if r.Asks != 4 || r.Bookings != 2 || r.Agree != 2 || !r.Since.Equal(monday) || !c.want(r) {
			t.Errorf("%s: %+v", name, r)
		}
	}
}
