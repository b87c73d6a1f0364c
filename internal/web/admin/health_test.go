package admin_test

import (
	"testing"
	"time"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/mirror"
)

// TestSyncHealth: without a connection the page says what to do; with one, how old the copy is and what it costs.
func TestSyncHealth(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	page := "/admin/orgs/ridge/sync/health"
	b := w.as("member@ridge.example")
	got := b.get(page)
	got.sound(t, page)
	got.has(t, ".empty h2", "Nothing is connected")

	w.connected()
	ctx, o, c, now := t.Context(), w.ridge.ID, w.config.ID, w.clock.Now()
	for _, err := range []error{
		w.store.SetSources(ctx, o, c, []mirror.Source{{Name: "Events", Counted: true}, {Name: "busy:ann", Counted: true}}),
		w.store.ReadSource(ctx, o, c, mirror.Source{Name: "Events", AsOf: now.Add(-time.Minute), Tried: now, Records: 1234}, mirror.Sample{At: now, Lag: 12 * time.Minute, Changes: 3, Checked: true, Corrected: 7}),
		w.store.FailSource(ctx, o, c, "busy:ann", "Ann Archer does not share free and busy times.", mirror.Sample{At: now, Failed: true}),
		w.store.AddUsage(ctx, o, c, []connection.Usage{
			{Hour: now.Truncate(time.Hour), Purpose: connection.ForBookings, Calls: 10, Credits: 1_000, Remaining: -1},
			{Hour: now.Truncate(time.Hour), Purpose: connection.ForPolling, Calls: 900, Credits: 3_600, Refused: 15, Over: connection.Over{Credits: 1, Concurrency: 5, Rate: 3, Tokens: 4}, Remaining: -1},
		}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	w.failedPush(w.book(at(2, 10, 0), jo, nil))
	got = b.get(page)
	got.sound(t, page)
	for _, want := range []string{
		"Last complete reading 1 minute ago", "Records copied 1,234", "Differences found by reading 3", "Nightly check 7 differed", "12 min", "Free and busy times of Ann Archer", "does not share", "Kept for bookings",
		"400 of 5,000", "Used by HeavySet 4,600", "Polling 3,600", "No credits left 1", "calls at the same time 5", "in a short time 3", "tokens asked for 4", "Without a reason 2", "Appointments failed 1", "Zoho refused the record.", "There is no channel",
	} {
		got.has(t, "main", want)
	}
	if n := got.count("svg rect"); n != 3 {
		t.Errorf("%d bars", n)
	}
	got.has(t, ".side [aria-current=page]", "Health")
}
