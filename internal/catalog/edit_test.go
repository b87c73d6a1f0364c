package catalog_test

import (
	"slices"
	"testing"
	"time"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/catalog"
)

func TestUSHolidays(t *testing.T) {
	t.Parallel()
	for year, want := range map[int][]string{ // from the calendars of these years
		2026: {"2026-01-01", "2026-05-25", "2026-07-04", "2026-09-07", "2026-11-26", "2026-11-27", "2026-12-24", "2026-12-25"},
		2027: {"2027-01-01", "2027-05-31", "2027-07-04", "2027-09-06", "2027-11-25", "2027-11-26", "2027-12-24", "2027-12-25"},
		2028: {"2028-01-01", "2028-05-29", "2028-07-04", "2028-09-04", "2028-11-23", "2028-11-24", "2028-12-24", "2028-12-25"},
	} {
		var got []string
		for _, h := range catalog.USHolidays(year) {
			got = append(got, h.Date)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d: %v, want %v", year, got, want)
		}
	}
}

func TestFreeID(t *testing.T) {
	t.Parallel()
	taken := map[string]bool{"roof-inspection": true, "roof-inspection-2": true}
	for name, want := range map[string]string{"Roof  inspection!": "roof-inspection-3", "Ann Archer": "ann-archer", "屋根": "service", " -- ": "service"} {
		if got := catalog.FreeID(name, "service", func(id string) bool { return taken[id] }); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

// TestOpenings: the fewest changes that open a start, each way tried with the arithmetic that decides.
func TestOpenings(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("America/Chicago")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 12, 7, 8, 0, 0, 0, zone) // Monday
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 12, day, hour, minute, 0, 0, zone) }
	base := func() catalog.Catalog {
		return catalog.Catalog{
			Timezone: "America/Chicago", Holidays: []string{"2026-12-25"},
			Territories: []catalog.Territory{{ID: "north", Name: "North", PostalCodes: []string{"606*"}}, {ID: "south", Name: "South", PostalCodes: []string{"604*"}}},
			Services:    []catalog.Service{{ID: "i", Name: "Inspection", DurationMinutes: 60, SlotIntervalMinutes: 30, BufferAfterMinutes: 30, MinNoticeMinutes: 240, BookingWindowDays: 20, CapacityPerDay: 1, Assignment: catalog.Priority, Reps: []string{"ann"}}},
			Reps: []catalog.Rep{
				{ID: "ann", Name: "Ann", Territories: []string{"north"}, Hours: []catalog.Hours{{Days: []string{"mon", "tue", "wed", "thu", "fri"}, Start: "09:00", End: "17:00"}}},
			},
		}
	}
	busy := []availability.Block{{Kind: availability.Event, Rep: "ann", Start: at(9, 12, 0), End: at(9, 13, 0)}, {Kind: availability.Appointment, ID: "a", Service: "i", Rep: "ann", Start: at(10, 9, 0), End: at(10, 10, 0)}}
	for _, c := range []struct {
		name   string
		start  time.Time
		postal string
		change func(*catalog.Catalog)
		want   []string
	}{
		{"offered", at(8, 10, 0), "", nil, nil},
		{"too soon", at(7, 10, 0), "", nil, []string{"Minimum notice of Inspection: 2 hours instead of 4 hours."}},
		{"too far", at(30, 10, 0), "", nil, []string{"Booking window of Inspection: 23 days instead of 20."}},
		{"past", at(7, 7, 0), "", nil, nil},
		{"busy", at(9, 12, 0), "", nil, nil},
		{"buffer", at(9, 11, 0), "", nil, []string{"Buffer after Inspection: 0 minutes instead of 30 minutes."}},
		{"off grid", at(8, 10, 15), "", nil, []string{"Starts of Inspection every 15 minutes instead of every 30 minutes."}},
		{"weekend", at(12, 10, 0), "", nil, []string{"Hours of Ann on 2026-12-12: also 10:00 to 11:00."}},
		{"evening", at(8, 16, 30), "", nil, []string{"Hours of Ann on 2026-12-08: also 16:30 to 17:30."}},
		{"holiday", at(25, 10, 0), "", nil, []string{"Hours of Ann on 2026-12-25: also 10:00 to 11:00."}},
		{"capacity", at(10, 14, 0), "", nil, []string{"Appointments of Inspection a day: 2 instead of 1."}},
		{"too little working time", at(8, 10, 0), "", func(c *catalog.Catalog) { c.Services[0].BusinessNoticeMinutes = 600 }, []string{"Notice of Inspection in working time: 9 hours instead of 10 hours."}},
		{"capacity at one time", at(10, 9, 0), "", func(c *catalog.Catalog) {
			c.Services[0].CapacityPerDay, c.Services[0].CapacityPerSlot = 0, 1
			c.Reps = append(c.Reps, catalog.Rep{ID: "ben", Name: "Ben", Hours: c.Reps[0].Hours, Territories: []string{"north"}})
			c.Services[0].Reps = []string{"ann", "ben"}
		}, []string{"Appointments of Inspection at one time: 2 instead of 1."}},
		{"other territory", at(8, 10, 0), "60411", nil, []string{"Let Ann serve the territory South."}},
		{"no territory", at(8, 10, 0), "90210", nil, []string{"Add 90210 to the territory North."}},
		{"nobody", at(8, 10, 0), "", func(c *catalog.Catalog) { c.Services[0].Reps = nil }, []string{"Let Ann do Inspection."}},
		{"two at once", at(7, 18, 0), "60411", func(c *catalog.Catalog) { c.Services[0].MinNoticeMinutes = 1440 }, []string{
			"Minimum notice of Inspection: 10 hours instead of 1 day.", "Let Ann serve the territory South.", "Hours of Ann on 2026-12-07: also 18:00 to 19:00.",
		}},
	} {
		rules := base()
		if c.change != nil {
			c.change(&rules)
		}
		ask := availability.Ask{Service: "i", Start: c.start, PostalCode: c.postal}
		got := rules.Openings(ask, busy, now)
		if len(c.want) == 0 {
			if len(got) > 0 {
				t.Errorf("%s: %v", c.name, got[0].Changes)
			}
			continue
		}
		if len(got) != 1 || !slices.Equal(got[0].Changes, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
			continue
		}
		after, err := got[0].After.Rules()
		if err != nil || !after.Explain(ask, busy, now).Offered {
			t.Errorf("%s: what is said to open it does not: %v", c.name, err)
		}
	}
}
