package admin_test

import (
	"net/http"
	"strings"
	"testing"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/mirror"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/store"
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
	got.has(t, ".decisions", "out of the way. The customer hears of the new time by mail.")

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
	settled := boss.get(page)
	settled.has(t, "main", "The visit was given another time by Rae Ridge")
	settled.has(t, ".notice-success", "Zoho follows. The customer hears of it by mail.")
	now, err := w.store.Appointment(t.Context(), w.ridge.ID, a.ID)
	if err != nil || now.Start.Equal(a.Start) || now.Start.UTC().Format("2006-01-02T15:04:05Z") != start {
		t.Errorf("%v %v, want %s", now.Start, err, start)
	}
	boss.get("/admin/orgs/ridge/appointments/"+string(a.ID)).has(t, ".timeline", "Moved by Rae Ridge")
}

// TestAConflictSaysWhoHears: by what the customer hears of each way to settle it, or that nobody tells them.
func TestAConflictSaysWhoHears(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	w.alerts.Texter = silent{}
	w.connected()
	p := notify.DefaultPolicy()
	p.Texts = true
	if _, _, err := w.alerts.SetPolicy(t.Context(), w.ridge.ID, p); err != nil {
		t.Fatal(err)
	}
	nobody := w.book(at(2, 10, 0), lead.Contact{LastName: "Phone", Phone: "(312) 555-0100"}, nil)
	texted := w.book(at(3, 10, 0), lead.Contact{LastName: "Texts", Phone: "(312) 555-0101"}, func(r *booking.Request) {
		r.Texts = &booking.Agreement{Words: "yes", At: w.clock.Now()}
	})
	collides := w.disputed(nobody, mirror.Collision, crmsync.Sight{Start: at(2, 10, 0), End: at(2, 11, 0)})
	vanished := w.disputedAs(texted, mirror.Vanished, crmsync.Sight{}, "5725767000000888002")
	boss, list := w.as("admin@ridge.example"), "/admin/orgs/ridge/conflicts/"
	const call = "Nothing is sent to this customer, who has left no mail address and has not agreed to text messages: please call."
	got := boss.get(list + string(collides))
	got.has(t, ".decisions li", "Zoho's record of the visit follows. "+call)
	got.has(t, ".decisions li:last-child", "The customer hears nothing.")
	boss.get(list+string(vanished)).has(t, ".decisions li", "Nothing is written to Zoho. The customer hears of the cancellation by text message.")
	p.ByCRM = true
	if _, _, err := w.alerts.SetPolicy(t.Context(), w.ridge.ID, p); err != nil {
		t.Fatal(err)
	}
	boss.get(list+string(vanished)).has(t, ".decisions li", "HeavySet sends the customer nothing")
	boss.post(list+string(collides), "start", got.Find(".decisions input[name=start]").First().AttrOr("value", ""))
	boss.get(list+string(collides)).has(t, ".notice-success", "Zoho follows. "+call)
}

// TestLeavingBothConfirms: whoever knows that their time is being checked hears that it is theirs.
func TestLeavingBothConfirms(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	w.connected()
	if err := w.store.Load(t.Context(), w.ridge.ID, []store.Loaded{loaded("apt_doubt", "ann", at(2, 10, 0), booking.Tentative)}); err != nil {
		t.Fatal(err)
	}
	id := w.disputed(w.state("apt_doubt"), mirror.Collision, crmsync.Sight{Start: at(2, 10, 0), End: at(2, 11, 0)})
	w.as("admin@ridge.example").get("/admin/orgs/ridge/conflicts/"+string(id)).has(t, ".decisions li:last-child", "is confirmed. The customer hears of it by mail.")
}
