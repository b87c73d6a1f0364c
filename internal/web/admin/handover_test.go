package admin_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/lead"
)

func TestADepartingRepsVisits(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	edit := func(reps ...string) {
		t.Helper()
		_, _, err := (&catalog.Editor{Store: w.store}).Edit(t.Context(), w.ridge.ID, func(c catalog.Catalog) (catalog.Catalog, error) {
			week := []catalog.Hours{{Days: []string{"mon", "tue", "wed", "thu", "fri"}, Start: "08:00", End: "18:00"}}
			s, _ := c.Service("inspection")
			s.Reps, s.MinNoticeMinutes, s.BufferAfterMinutes = reps, 24*60, 30
			return c.WithRep(catalog.Rep{ID: "cora", Name: "Cora Diaz", Hours: week}).WithService(s), nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	name := func(s string) lead.Contact { return lead.Contact{LastName: s, Email: s + "@example.com"} }
	edit("ann")
	var mine []booking.Appointment
	for i, start := range []time.Time{at(2, 10, 0), at(3, 10, 0), at(3, 11, 30), at(5, 10, 0)} { // the 5th is a Saturday
		mine = append(mine, w.book(start, name("Mine"+strconv.Itoa(i)), nil))
	}
	edit("ben")
	w.book(at(3, 9, 30), name("Busy"), nil)
	edit("ann", "ben", "cora")
	w.clock.set(at(2, 9, 0)) // an hour before the first, within the notice
	b, path := w.as("admin@ridge.example"), "/admin/orgs/ridge/scheduler/reps/ann/handover"
	ask := b.get(path)
	ask.sound(t, "the handover")
	var offered []string
	for _, s := range ask.Find("form select").EachIter() {
		var names []string
		for _, o := range s.Find("option").EachIter() {
			names = append(names, o.Text())
		}
		offered = append(offered, strings.Join(names[:len(names)-1], "+"))
	}
	// The 3rd at 10:00 collides with Ben's visit, the Saturday is outside of Cora's hours.
	if len(offered) != 4 || strings.Count(offered[0], "+") != 1 || offered[1] != "Cora Diaz" || offered[3] != "Ben Brooks" {
		t.Fatalf("offered are %v", offered)
	}
	if !strings.Contains(ask.text("main form"), "Ben Brooks: The rep has an appointment") {
		t.Errorf("it is not said why Ben can't: %s", ask.text("main form"))
	}
	before := w.rows(t)
	if b.get(path); w.rows(t) != before {
		t.Error("the preview changes something")
	}
	if _, err := w.bookings.Move(t.Context(), w.ridge, mine[3].ID, booking.Wish{Start: at(7, 10, 0), Rep: "ann"}, "Rae"); err != nil { // meanwhile
		t.Fatal(err)
	}
	done := b.send(ask, "main form", "Hand over")
	done.sound(t, "what was done")
	for i, want := range []string{"Given to", "Given to Cora Diaz", "Given to", "Not given to Ben Brooks Somebody has changed this appointment meanwhile."} {
		row := strings.Join(strings.Fields(done.Find("[aria-labelledby=done] tbody tr").Eq(i).Text()), " ")
		if !strings.Contains(row, want) || !strings.Contains(row, "Mine"+strconv.Itoa(i)) {
			t.Errorf("%d: %q, want %q", i, row, want)
		}
	}
	for i, a := range mine[:3] {
		if now := w.state(a.ID); now.Rep == "ann" || !now.Start.Equal(a.Start) || now.Revision != 2 {
			t.Errorf("%d: %+v", i, now)
		}
	}
	if now := w.state(mine[3].ID); now.Rep != "ann" {
		t.Errorf("what was changed meanwhile: %+v", now)
	}
	if all := strings.Join(w.events(w.ridge.ID), "\n"); !strings.Contains(all, "Visits handed over") || !strings.Contains(all, string(mine[0].ID)+": Given to") {
		t.Errorf("the audit has %s", all)
	}
	edit("ann")
	rest := b.get(path)
	rest.has(t, "[aria-labelledby=rest]", "No other rep does this service.")
	if rest.count("form select") != 0 || rest.count("[aria-labelledby=rest] a[href$='/move']") != 1 {
		t.Error("what nobody can take is listed, with the way to another time")
	}
}
