package admin_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/fault"
)

// TestRequests: what visitors ask of a service that takes requests waits, keeps its time, and is answered in one click.
func TestRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	editor := &catalog.Editor{Store: w.store}
	if _, _, err := editor.Edit(t.Context(), w.ridge.ID, func(c catalog.Catalog) (catalog.Catalog, error) {
		sv, _ := c.Service("inspection")
		sv.Confirmation = catalog.ByRequest
		return c.WithService(sv), nil
	}); err != nil {
		t.Fatal(err)
	}
	first, second := w.book(at(2, 10, 0), jo, nil), w.book(at(2, 13, 0), jo, nil)
	staff := w.book(at(3, 10, 0), jo, func(r *booking.Request) { r.Actor = "Ann Archer" })
	if !first.Waits() || first.Status != booking.Tentative || staff.Status != booking.Confirmed || staff.Request {
		t.Errorf("a visitor's is %+v, one by staff %+v", first, staff)
	}
	b := w.as("member@ridge.example")
	const list = "/admin/orgs/ridge/appointments"
	page := b.get(list)
	page.sound(t, list)
	page.has(t, "#requests", "2 requests wait for your answer")
	if first := page.Find("form.answer").First().Find("button").First(); first.AttrOr("disabled", "no") == "no" { // browsers press the first button
		t.Errorf("Enter in the reason for declining presses %q", first.AttrOr("value", ""))
	}
	page.has(t, ".requests", "waits under a minute")
	page.has(t, "nav", "Appointments (2)")
	if done := b.send(page, ".requests form", "Confirm"); done.location != list {
		t.Errorf("confirming leads to %s", done.location)
	}
	if a := w.state(first.ID); a.Status != booking.Confirmed || a.Revision != 2 || a.Waits() {
		t.Errorf("confirmed: %+v", a)
	}
	b.get(list).has(t, ".notice-success", "Confirmed:")
	own := b.get(list + "/" + string(second.ID))
	own.sound(t, "a request")
	own.has(t, "#request", "A request, not an appointment yet")
	before := w.remaining(at(2, 13, 0))
	no := b.post(list+"/"+string(second.ID)+"/answer", "do", "decline", "revision", "1", "reason", "We are <away>")
	if no.code != http.StatusSeeOther {
		t.Errorf("declining: %d", no.code)
	}
	gone := b.get(list + "/" + string(second.ID))
	gone.has(t, ".timeline", "Declined by")
	gone.has(t, "main", "We are <away>")
	if a := w.state(second.ID); a.Status != booking.Canceled || a.CancelReason != "We are <away>" || !a.Request {
		t.Errorf("declined: %+v", a)
	}
	if n := w.remaining(at(2, 13, 0)); n != before+1 {
		t.Errorf("%d reps are free after it was declined, %d before", n, before)
	}
	again := b.post(list+"/"+string(second.ID)+"/answer", "do", "confirm", "revision", "2")
	b.get(again.location).has(t, ".notice-error", "answered already")
	third := w.book(at(4, 10, 0), jo, nil)
	late := b.post(list+"/"+string(third.ID)+"/answer", "do", "confirm", "revision", "7")
	if b.get(late.location).has(t, ".notice-error", "changed this appointment meanwhile"); !w.state(third.ID).Waits() {
		t.Error("a stale page has confirmed")
	}
	moved, err := w.bookings.Move(t.Context(), w.ridge, staff.ID, booking.Wish{Start: at(3, 13, 0)}, "Ann Archer")
	if err != nil || moved.Waits() {
		t.Errorf("moved by staff: %+v, %v", moved, err)
	}
	if c := booking.Affirm(w.ridge.ID, w.state(third.ID), w.clock.Now(), "checked"); c.Fact != nil || c.Appointment.Status != booking.Tentative {
		t.Error("a look into Zoho has confirmed a request")
	}
	if _, err := w.bookings.Decline(t.Context(), w.ridge.ID, third.ID, strings.Repeat("x", 1001), 1, "Ann"); !fault.Is(err, fault.Invalid) {
		t.Errorf("a reason without end: %v", err)
	}
}

// remaining counts the reps that a visitor finds free at a start.
func (w *world) remaining(start time.Time) int {
	w.t.Helper()
	day := start.Format(time.DateOnly)
	of, err := w.bookings.Slots(w.t.Context(), booking.Ask{Scheduler: "ridge", Service: "inspection", From: day, To: day})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, s := range of.Slots() {
		if s.Start.Equal(start) {
			return s.Remaining
		}
	}
	return 0
}
