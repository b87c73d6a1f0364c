package booking_test

import (
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/org"
)

// TestAnotherRepIsTakenOverWithAnotherStatus: also where the time stays, as when a person lets the CRM's side hold.
func TestAnotherRepIsTakenOverWithAnotherStatus(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 12, 1, 15, 0, 0, 0, time.UTC)
	for was, is := range map[booking.Status]booking.Status{booking.Canceled: booking.Confirmed, booking.Confirmed: booking.Completed} {
		a := booking.Appointment{Status: was, Start: start, End: start.Add(time.Hour), Rep: "ann"}
		got := booking.Follow(org.ID("o"), a, booking.Told{Start: start, End: a.End, Rep: "bo", Status: is}, start).Appointment
		if got.Rep != "bo" || got.Status != is || !got.Start.Equal(start) {
			t.Errorf("%s → %s: %+v", was, is, got)
		}
	}
}
