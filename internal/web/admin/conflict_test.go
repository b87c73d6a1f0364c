package admin_test

import (
	"net/http"
	"strings"
	"testing"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/mirror"
)

// TestAConflictOnItsPages: list, page, appointment and navigation show it; a member may look, an administrator decides.
func TestAConflictOnItsPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	w.connected()
	a := w.book(at(2, 10, 0), jo, nil)
	id := w.disputed(a, mirror.Overlap, crmsync.Sight{Start: at(2, 12, 0), End: at(2, 13, 0), Owner: "9"})
	list, page := "/admin/orgs/ridge/conflicts", "/admin/orgs/ridge/conflicts/"+string(id)
	member, boss := w.as("member@ridge.example"), w.as("admin@ridge.example")

	got := member.get(list)
	got.sound(t, list)
	got.has(t, "tbody tr", "Jo Doe")
	got.has(t, "tbody tr", "Wed, Dec 2, 10:00 AM – 11:00 AM")
	got.has(t, "tbody tr", "Wed, Dec 2, 12:00 PM – 1:00 PM")
	got.has(t, ".side [aria-current=page]", "Conflicts (1)")
	member.get("/admin/orgs/ridge/appointments/"+string(a.ID)).has(t, ".notice-warning", "See both sides and decide")

	got = member.get(page)
	got.sound(t, page)
	got.has(t, "main", "An administrator of your organization can decide.")
	if got.count("main form") != 0 || member.post(page, "choice", "kept").code != http.StatusForbidden {
		t.Error("a member may decide")
	}
	got = boss.get(page)
	got.sound(t, page)
	if n := got.count(".decisions form"); n != 3 || got.count(".decisions .button-primary") != 1 {
		t.Errorf("%d ways to settle it", n)
	}
	got.has(t, ".decisions", "The customer gets a mail with the new time.")

	boss.post(page)
	boss.get(page).has(t, "[role=alert], .notice-error", "Nothing was changed")
	if r := boss.post(page, "choice", "kept"); r.code != http.StatusSeeOther {
		t.Fatal(r.code)
	}
	got = boss.get(page)
	got.has(t, "main", "Both were left as they are by Rae Ridge")
	if got.count(".decisions") != 0 {
		t.Error("it can be settled again")
	}
	got = boss.get(list)
	got.has(t, "main .empty h2", "Nothing to decide")
	got.has(t, "section tbody tr", "Both were left as they are by Rae Ridge")
	if got.text(".side [aria-current=page]") != "Conflicts" {
		t.Errorf("the navigation says %q", got.text(".side [aria-current=page]"))
	}
	if all := strings.Join(w.events(w.ridge.ID), "\n"); !strings.Contains(all, "Conflict settled") || !strings.Contains(all, "Conflict not settled") {
		t.Errorf("the audit has\n%s", all)
	}
	boss.post(page, "choice", "kept")
	boss.get(page).has(t, ".notice-error", "settled already")
	if r := boss.get(list + "/cfl_nothing"); r.code != http.StatusNotFound {
		t.Errorf("no such conflict: %d", r.code)
	}
}

// TestACollisionOffersTheNearestTimes: one press moves the visit, and the conflict is settled.
func TestACollisionOffersTheNearestTimes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	w.connected()
	a := w.book(at(2, 10, 0), jo, nil)
	id := w.disputed(a, mirror.Collision, crmsync.Sight{Start: at(2, 10, 0), End: at(2, 11, 0)})
	page := "/admin/orgs/ridge/conflicts/" + string(id)
	boss := w.as("admin@ridge.example")
	got := boss.get(page)
	got.sound(t, page)
	if strings.Contains(got.text("main"), "Nothing is written until") {
		t.Error("both sides agree on the visit, and it is written as usual")
	}
	start, _ := got.Find(".decisions input[name=start]").First().Attr("value")
	if got.count(".decisions input[name=start]") != 2 || start == "" {
		t.Fatalf("the page offers %s", got.text(".decisions"))
	}
	if r := boss.post(page, "start", "tomorrow"); r.code != http.StatusSeeOther {
		t.Errorf("no time: %d", r.code)
	}
	if r := boss.post(page, "start", start); r.code != http.StatusSeeOther {
		t.Fatal(r.code)
	}
	boss.get(page).has(t, "main", "The visit was given another time by Rae Ridge")
	now, err := w.store.Appointment(t.Context(), w.ridge.ID, a.ID)
	if err != nil || now.Start.Equal(a.Start) || now.Start.UTC().Format("2006-01-02T15:04:05Z") != start {
		t.Errorf("%v %v, want %s", now.Start, err, start)
	}
	boss.get("/admin/orgs/ridge/appointments/"+string(a.ID)).has(t, ".timeline", "Moved by Rae Ridge")
}
