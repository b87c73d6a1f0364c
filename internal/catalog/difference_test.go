package catalog_test

import (
	"slices"
	"testing"

	"heavyset.tech/platform/internal/catalog"
)

func TestDifferences(t *testing.T) {
	t.Parallel()
	before := catalog.Catalog{
		Timezone: "America/Chicago", Territories: []catalog.Territory{{ID: "n", Name: "North", PostalCodes: []string{"60640"}}},
		Services: []catalog.Service{{ID: "i", Name: "Inspection", DurationMinutes: 60, BufferAfterMinutes: 30, Reps: []string{"ann"}}, {ID: "o", Name: "Old"}},
		Reps:     []catalog.Rep{{ID: "ann", Name: "Ann", Email: "ann@x.example"}},
	}
	if got := catalog.Differences(before, before); got != nil {
		t.Errorf("nothing changed: %q", got)
	}
	after := catalog.Catalog{
		Timezone: "America/Denver", Holidays: []string{"2026-12-25"}, Territories: []catalog.Territory{{ID: "n", Name: "North", PostalCodes: []string{"606*"}}},
		Services: []catalog.Service{{ID: "i", Name: "Inspection", DurationMinutes: 90, BufferAfterMinutes: 0, Reps: []string{"ann"}}},
		Reps:     []catalog.Rep{{ID: "ann", Name: "Ann", Email: ""}, {ID: "ben", Name: "Ben"}},
	}
	want := []string{
		"Time zone: America/Chicago → America/Denver", "Holidays: none → 2026-12-25", "Territory North, postal codes: changed",
		"Service Inspection, duration minutes: 60 → 90", "Service Inspection, buffer after minutes: 30 → 0", "Service Old: removed",
		"Rep Ann, email: ann@x.example → none", "Rep Ben: added",
	}
	if got := catalog.Differences(before, after); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
