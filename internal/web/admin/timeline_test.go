package admin_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/mirror"
)

// TestFromTheHoldToZoho: the timeline begins when the time was kept, and says when Zoho first gave the record back.
func TestFromTheHoldToZoho(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	w.connected()
	ctx, o, c := t.Context(), w.ridge.ID, w.config.ID
	hold, err := w.bookings.Hold(ctx, booking.HoldRequest{Scheduler: "ridge", Service: "inspection", Start: at(2, 10, 0)})
	if err != nil {
		t.Fatal(err)
	}
	w.clock.forward(90 * time.Second)
	a := w.book(at(2, 10, 0), jo, func(r *booking.Request) { r.Hold = hold.ID })
	w.clock.forward(time.Second)
	l := crmsync.Link{Role: crm.RoleAppointment, Subject: string(a.ID), Module: "Events", Record: "5725767000000524099", Since: w.clock.Now()}
	if err := w.store.Decide(ctx, o, c, []crmsync.Link{l}); err != nil {
		t.Fatal(err)
	}
	b, page := w.as("member@ridge.example"), "/admin/orgs/ridge/appointments/"+string(a.ID)
	if got := b.get(page); strings.Contains(got.text("main"), "Seen in Zoho") {
		t.Error("seen before Zoho has told anything")
	}
	seen := []mirror.Linked{{Appointment: a.ID, Module: "Events", Record: l.Record}}
	for range 2 { // the first time counts
		w.clock.forward(2 * time.Minute)
		if err := w.store.See(ctx, o, c, seen, w.clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
	got := b.get(page)
	got.sound(t, page)
	var titles, times []string
	for _, e := range got.Find(".event").EachIter() {
		titles = append(titles, strings.TrimSpace(e.Find(".event-title").Text()))
		times = append(times, e.Find("time").AttrOr("datetime", ""))
	}
	if len(titles) != 3 || !strings.HasPrefix(titles[0], "Time held: Wed, Dec 2, 10:00 AM with ") || !strings.HasPrefix(titles[1], "Booked by ") || titles[2] != "Seen in Zoho" || !slices.IsSorted(times) {
		t.Errorf("%q at %q", titles, times)
	}
	if at, err := time.Parse(time.RFC3339, times[len(times)-1]); err != nil || !at.Equal(w.clock.Now().Add(-2*time.Minute)) {
		t.Errorf("seen at %v, %v", at, err)
	}
}
