package catalog_test

import (
	"strings"
	"testing"

	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
)

func good() catalog.Catalog {
	return catalog.Catalog{
		Timezone: "America/Chicago", Holidays: []string{"2026-12-25"},
		Territories: []catalog.Territory{{ID: "north", Name: "North Side", PostalCodes: []string{"60640", "606*"}}},
		Services: []catalog.Service{{
			ID: "inspection", Name: "Inspection", DurationMinutes: 60, SlotIntervalMinutes: 30, BookingWindowDays: 60, Assignment: catalog.Priority, Reps: []string{"ann"},
		}},
		Reps: []catalog.Rep{{
			ID: "ann", Name: "Ann", Email: "ann@x.example", Timezone: "Europe/Vienna", Territories: []string{"north"},
			Hours:     []catalog.Hours{{Days: []string{"mon"}, Start: "09:00", End: "24:00"}},
			Overrides: []catalog.Override{{Date: "2026-12-24", Hours: []catalog.Span{{Start: "00:00", End: "12:00"}}}, {Date: "2026-12-31"}},
		}},
	}
}

func TestCheckAcceptsAWholeCatalog(t *testing.T) {
	t.Parallel()
	c := good()
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Rules(); err != nil {
		t.Fatalf("what Check accepts must compile: %v", err)
	}
	empty := catalog.Catalog{Timezone: "UTC"}
	if err := empty.Check(); err != nil {
		t.Errorf("an empty catalog: %v", err)
	}
}

func TestCheckNamesTheWrongValueByItsPath(t *testing.T) {
	t.Parallel()
	for path, spoil := range map[string]func(*catalog.Catalog){
		"timezone":                                    func(c *catalog.Catalog) { c.Timezone = "Chicago" },
		"holidays[0]":                                 func(c *catalog.Catalog) { c.Holidays[0] = "2026-02-30" },
		"territories[0].id":                           func(c *catalog.Catalog) { c.Territories[0].ID = ""; c.Reps[0].Territories = nil },
		"territories[0].postal_codes[1]":              func(c *catalog.Catalog) { c.Territories[0].PostalCodes[1] = "6*6*" },
		"services[0].id":                              func(c *catalog.Catalog) { c.Services[0].ID = "a\nb" },
		"services[1].id":                              func(c *catalog.Catalog) { c.Services = append(c.Services, c.Services[0]) },
		"services[0].name":                            func(c *catalog.Catalog) { c.Services[0].Name = " " },
		"services[0].duration_minutes":                func(c *catalog.Catalog) { c.Services[0].DurationMinutes = 0 },
		"services[0].slot_interval_minutes":           func(c *catalog.Catalog) { c.Services[0].SlotIntervalMinutes = -1 },
		"services[0].buffer_before_minutes":           func(c *catalog.Catalog) { c.Services[0].BufferBeforeMinutes = -5 },
		"services[0].buffer_after_minutes":            func(c *catalog.Catalog) { c.Services[0].BufferAfterMinutes = 1441 },
		"services[0].minimum_notice_minutes":          func(c *catalog.Catalog) { c.Services[0].MinNoticeMinutes = -1 },
		"services[0].minimum_notice_business_minutes": func(c *catalog.Catalog) { c.Services[0].BusinessNoticeMinutes = 31*24*60 + 1 },
		"services[0].capacity_per_slot":               func(c *catalog.Catalog) { c.Services[0].CapacityPerSlot = -1 },
		"services[0].arrival_window_minutes":          func(c *catalog.Catalog) { c.Services[0].ArrivalWindowMinutes = 1441 },
		"services[0].booking_window_days":             func(c *catalog.Catalog) { c.Services[0].BookingWindowDays = 100000 },
		"services[0].capacity_per_day":                func(c *catalog.Catalog) { c.Services[0].CapacityPerDay = -1 },
		"services[0].assignment":                      func(c *catalog.Catalog) { c.Services[0].Assignment = "lottery" },
		"services[0].reps[0]":                         func(c *catalog.Catalog) { c.Services[0].Reps[0] = "zoe" },
		"services[0].reps[1]":                         func(c *catalog.Catalog) { c.Services[0].Reps = []string{"ann", "ann"} },
		"reps[0].id":                                  func(c *catalog.Catalog) { c.Reps[0].ID = strings.Repeat("x", 101); c.Services[0].Reps = nil },
		"reps[0].name":                                func(c *catalog.Catalog) { c.Reps[0].Name = "" },
		"reps[0].email":                               func(c *catalog.Catalog) { c.Reps[0].Email = "ann at x" },
		"reps[0].crm_user":                            func(c *catalog.Catalog) { c.Reps[0].CRMUser = "1\x00" },
		"reps[0].weight":                              func(c *catalog.Catalog) { c.Reps[0].Weight = 101 },
		"reps[0].timezone":                            func(c *catalog.Catalog) { c.Reps[0].Timezone = "Local" },
		"reps[0].territories[0]":                      func(c *catalog.Catalog) { c.Reps[0].Territories[0] = "south" },
		"reps[0].hours[0].days":                       func(c *catalog.Catalog) { c.Reps[0].Hours[0].Days = nil },
		"reps[0].hours[0].days[0]":                    func(c *catalog.Catalog) { c.Reps[0].Hours[0].Days[0] = "Monday" },
		"reps[0].hours[0].start":                      func(c *catalog.Catalog) { c.Reps[0].Hours[0].Start = "9:00" },
		"reps[0].hours[0].end":                        func(c *catalog.Catalog) { c.Reps[0].Hours[0].End = "24:01" },
		"reps[0].overrides[0].date":                   func(c *catalog.Catalog) { c.Reps[0].Overrides[0].Date = "tomorrow" },
		"reps[0].overrides[1].date":                   func(c *catalog.Catalog) { c.Reps[0].Overrides[1].Date = "2026-12-24" },
		"reps[0].overrides[0].hours[0].end":           func(c *catalog.Catalog) { c.Reps[0].Overrides[0].Hours[0].End = "00:00" },
	} {
		c := good()
		spoil(&c)
		err := c.Check()
		f := fault.As(err)
		if f == nil || f.Kind != fault.Invalid {
			t.Errorf("%s: not refused: %v", path, err)
			continue
		}
		found := false
		for _, v := range f.Fields {
			found = found || v.Path == path
		}
		if !found {
			t.Errorf("%s is not named: %v", path, err)
		}
	}
}
