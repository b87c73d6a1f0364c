package demo

import "heavyset.tech/platform/internal/catalog"

// The simulator's users who are ridgeline's reps.
const (
	crmAnn  = "5725767000000411001"
	crmBen  = "5725767000000411002"
	crmCora = "5725767000000411003"
)

var weekdays = []string{"mon", "tue", "wed", "thu", "fri"}

// ridgeline is the catalog of Ridgeline Roofing.
func ridgeline() catalog.Catalog {
	return catalog.Catalog{
		Timezone: "America/Chicago", Holidays: []string{"2026-11-26", "2026-12-25", "2027-01-01", "2027-05-31", "2027-07-05", "2027-09-06", "2027-11-25", "2027-12-24"},
		Territories: []catalog.Territory{
			{ID: "north", Name: "North Side", PostalCodes: []string{"60640", "6061*", "6062*", "6065*", "602*"}},
			{ID: "south", Name: "South and West", PostalCodes: []string{"6060*", "6063*", "604*", "605*"}},
		},
		Services: []catalog.Service{
			{
				ID: "inspection", Name: "Roof inspection", Description: "We look at your roof and tell you honestly how it is.", DurationMinutes: 60, SlotIntervalMinutes: 30,
				BufferAfterMinutes: 30, MinNoticeMinutes: 240, BookingWindowDays: 60, Assignment: catalog.RoundRobin, Reps: []string{"ann", "ben", "cora"},
			},
			{
				ID: "estimate", Name: "Replacement estimate", Description: "Measurements, materials and a written offer on the spot.", DurationMinutes: 90, SlotIntervalMinutes: 30,
				BufferBeforeMinutes: 15, BufferAfterMinutes: 30, MinNoticeMinutes: 24 * 60, BookingWindowDays: 60, Assignment: catalog.Priority, Reps: []string{"ann", "cora"},
			},
		},
		Reps: []catalog.Rep{
			{
				ID: "ann", Name: "Ann Archer", Email: "ann@ridgeline.example", CRMUser: crmAnn, Territories: []string{"north"},
				Hours: []catalog.Hours{{Days: weekdays, Start: "09:00", End: "17:00"}},
			},
			{
				ID: "ben", Name: "Ben Brooks", Email: "ben@ridgeline.example", CRMUser: crmBen, Territories: []string{"south"},
				Hours: []catalog.Hours{{Days: weekdays, Start: "09:00", End: "17:00"}, {Days: []string{"sat"}, Start: "09:00", End: "13:00"}},
			},
			{
				ID: "cora", Name: "Cora Diaz", Email: "cora@ridgeline.example", CRMUser: crmCora, Territories: []string{"north", "south"},
				Hours: []catalog.Hours{{Days: weekdays, Start: "09:00", End: "17:00"}},
			},
		},
	}
}

// bluewater is the catalog of Bluewater Heating & Air: no territories, nobody linked to a CRM yet.
func bluewater() catalog.Catalog {
	return catalog.Catalog{
		Timezone: "America/New_York", Holidays: []string{"2026-11-26", "2026-12-25", "2027-01-01"},
		Services: []catalog.Service{
			{
				ID: "tune-up", Name: "Furnace tune-up", Description: "Cleaning, safety check and a report.", DurationMinutes: 75, SlotIntervalMinutes: 30,
				BufferAfterMinutes: 30, MinNoticeMinutes: 120, BookingWindowDays: 30, Assignment: catalog.RoundRobin, Reps: []string{"dee", "eli"},
			},
		},
		Reps: []catalog.Rep{
			{ID: "dee", Name: "Dee Fuller", Email: "dee@bluewater.example", Hours: []catalog.Hours{{Days: weekdays, Start: "08:00", End: "16:00"}}},
			{ID: "eli", Name: "Eli Grant", Email: "eli@bluewater.example", Hours: []catalog.Hours{{Days: weekdays, Start: "10:00", End: "18:00"}}},
		},
	}
}
