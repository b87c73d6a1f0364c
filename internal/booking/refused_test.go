package booking

import (
	"strings"
	"testing"

	"heavyset.tech/platform/internal/availability"
)

// TestRefused: a postal code is not to blame where somebody who serves it is merely busy.
func TestRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		reasons []availability.Reason
		want    string
	}{
		"nobody serves it":          {[]availability.Reason{{Code: availability.OutOfTerritory, Rep: "ben"}, {Code: availability.OutOfTerritory, Rep: "ann"}, {Code: availability.Held, Rep: "ann"}}, "postal code"},
		"who serves it is busy":     {[]availability.Reason{{Code: availability.OutOfTerritory, Rep: "ben"}, {Code: availability.BusyAppointment, Rep: "ann"}}, "just been taken"},
		"the day is full for all":   {[]availability.Reason{{Code: availability.CapacityDay}}, "just been taken"},
		"too soon, whoever comes":   {[]availability.Reason{{Code: availability.TooSoon}, {Code: availability.OutOfTerritory, Rep: "ben"}, {Code: availability.Held, Rep: "ann"}}, "too soon"},
		"too far, whoever is meant": {[]availability.Reason{{Code: availability.TooFar}}, "too far"},
	} {
		if err := refused(availability.Explanation{Reasons: c.reasons}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
