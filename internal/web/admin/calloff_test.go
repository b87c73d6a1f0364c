package admin_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/lead"
)

// TestCallOff: the office cancels with a reason of the organization's list or in its own words, once.
func TestCallOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	a, other := w.book(at(2, 10, 0), jo, nil), w.book(at(2, 13, 0), jo, nil)
	boss, b := w.as("admin@ridge.example"), w.as("member@ridge.example")
	page := boss.get("/admin/orgs/ridge/scheduler")
	if got := boss.post("/admin/orgs/ridge/scheduler", page.fields("reasons_en", "Storm\n"+hostile[:40]+"\nStorm")...); got.code != http.StatusSeeOther {
		t.Fatalf("%d %s", got.code, got.text("main"))
	}
	again := boss.get("/admin/orgs/ridge/scheduler")
	again.sound(t, "scheduler")
	if got := again.Find("#f-reasons_en").Text(); got != "Storm\n"+hostile[:40] {
		t.Errorf("the list is kept as %q", got)
	}
	path := "/admin/orgs/ridge/appointments/" + string(a.ID)
	page = b.get(path)
	page.sound(t, path)
	if got := page.count("#f-why option"); got != 3 {
		t.Errorf("%d reasons to choose from", got)
	}
	if first := page.Find("form[action$='/cancel'] button").First(); first.AttrOr("disabled", "no") == "no" { // browsers press the first button
		t.Errorf("Enter in the reason presses %q", first.Text())
	}
	page.has(t, "#f-why option[value=Storm]", "The customer says: “Storm”")
	if got := b.post(path+"/cancel", "revision", "7", "why", "Storm"); got.code != http.StatusSeeOther || w.state(a.ID).Status != booking.Confirmed {
		t.Errorf("an appointment that has moved on was cancelled: %d", got.code)
	}
	before := w.remaining(at(2, 10, 0))
	if got := b.post(path+"/cancel", "revision", "1", "why", "Storm", "reason", "from <Iowa>"); got.code != http.StatusSeeOther {
		t.Errorf("%d", got.code)
	}
	gone := b.get(path)
	gone.has(t, ".notice-success", "The customer hears of it by mail.")
	gone.has(t, ".timeline", "The customer says: “Storm”: from <Iowa>")
	if gone.count("#f-why") > 0 || w.remaining(at(2, 10, 0)) != before+1 {
		t.Error("it can be cancelled twice, or its time is not free")
	}
	if s := w.state(a.ID); s.Status != booking.Canceled || s.CancelReason != "Storm: from <Iowa>" {
		t.Errorf("%+v", s)
	}
	novel := strings.Repeat("x", 1001)
	wrong := b.post("/admin/orgs/ridge/appointments/"+string(other.ID)+"/cancel", "revision", "1", "why", "Storm", "reason", novel)
	wrong.has(t, "details[open] #e-reason", "longer than 1000 characters")
	if wrong.code != http.StatusUnprocessableEntity || wrong.Find("#f-reason").AttrOr("value", "") != novel || wrong.Find("#f-why option[selected]").AttrOr("value", "") != "Storm" {
		t.Errorf("%d: what was typed is lost", wrong.code)
	}
	if s := w.state(other.ID); s.Status != booking.Confirmed {
		t.Errorf("a novel was taken: %+v", s)
	}
	b.post(path+"/cancel", "revision", "1", "why", "Storm", "reason", "once more")
	b.get(path).has(t, ".notice-error", "cancelled already")
	all := strings.Join(w.events(w.ridge.ID), "\n")
	if !strings.Contains(all, "Appointment cancelled") || !strings.Contains(all, "Appointment not cancelled") || !strings.Contains(all, "Reasons for cancelling (en): none → Storm") {
		t.Error(all)
	}
}

// TestNobodyIsTold: the office hears that it has to call who left only a number, wherever it moves or ends a visit.
func TestNobodyIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	a := w.book(at(2, 10, 0), lead.Contact{LastName: "Phone", Phone: "(312) 555-0100"}, nil)
	b, path := w.as("member@ridge.example"), "/admin/orgs/ridge/appointments/"+string(a.ID)
	ana := w.book(at(3, 10, 0), jo, func(r *booking.Request) { r.Language = "es" })
	b.post("/admin/orgs/ridge/appointments/"+string(ana.ID)+"/cancel", "revision", "1", "why", "Necesito otra hora")
	told := b.get("/admin/orgs/ridge/appointments/" + string(ana.ID))
	told.has(t, "section[aria-labelledby=facts]", "The customer needs another time")
	if told.has(t, ".timeline", "The customer needs another time"); strings.Contains(told.text("main"), "Necesito") || w.state(ana.ID).CancelReason != "Necesito otra hora" {
		t.Errorf("%s", told.text("main"))
	}
	const call = "Nothing is sent to this customer, who has left no mail address: please call."
	b.get(path).has(t, "form[action$='/cancel']", call)
	b.get(path+"/move").has(t, ".sticky-actions", call)
	b.post(path+"/move", "start", at(2, 13, 0).UTC().Format(time.RFC3339), "revision", "1")
	b.get(path).has(t, ".notice-success", call)
	if got := w.state(a.ID); got.Revision != 2 {
		t.Fatalf("it was not moved: %+v", got)
	}
	b.post(path+"/cancel", "revision", "2")
	b.get(path).has(t, ".notice-success", "Cancelled. The time is free again. "+call)
}
