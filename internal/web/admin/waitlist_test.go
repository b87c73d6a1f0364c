package admin_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/waitlist"
)

func (w *world) waitlist() *waitlist.Service {
	return &waitlist.Service{
		Store: w.store, Orgs: w.store, Bookings: w.bookings, Leads: w.leads, Now: w.clock.Now,
		Quiet: func(context.Context, org.ID, time.Time, *time.Location) (bool, error) { return false, nil },
	}
}

// waits puts somebody on ridge's list and gives their id.
func (w *world) waits(name string) string {
	w.t.Helper()
	day := availability.DateOf(w.clock.Now(), w.ridge.Location())
	e := waitlist.Entry{
		Service: "inspection", Contact: lead.Contact{LastName: name, Email: "w" + strings.ToLower(id.Token()[:12]) + "@x.example", PostalCode: "60613"}, Notes: name,
		Wish: waitlist.Wish{From: day, To: day.AddDays(2)},
	}
	if len(name) > 100 {
		e.Contact.LastName = name[:100]
	}
	if err := w.waitlist().Join(w.t.Context(), w.ridge, e); err != nil {
		w.t.Fatal(err)
	}
	list, _, err := w.store.WaitEntries(w.t.Context(), w.ridge.ID)
	if err != nil || len(list) == 0 {
		w.t.Fatal(list, err)
	}
	for _, x := range list {
		if x.Contact.Email == e.Contact.Email {
			return string(x.ID)
		}
	}
	w.t.Fatal("nobody waits")
	return ""
}

func TestTheWaitingList(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	entry := w.waits("Walker")
	b := w.as("admin@ridge.example")
	list := b.get("/admin/orgs/ridge/waitlist")
	list.has(t, "main table", "Walker Roof inspection any day, any time, 2026-11-30 to 2026-12-02 60613")
	shown := b.get("/admin/orgs/ridge/waitlist/" + entry)
	start := shown.Find("[name=start]").First().AttrOr("value", "")
	done := b.send(shown, "form[action$=offer]", "")
	if done.code != http.StatusSeeOther || start == "" {
		t.Fatal(done.code, start)
	}
	page := b.get(done.location)
	page.has(t, ".notice", "Walker is offered")
	page.has(t, ".notice", ", unless they answer before.")
	page.has(t, "[aria-labelledby=offers]", "by Rae Ridge Stands until")
	if page.count("[name=start]") > 0 {
		t.Error("a second time can be offered")
	}
	w.audited(t, "Waiting list: time offered", entry, "")
	at, err := time.Parse(time.RFC3339, start)
	if err != nil {
		t.Fatal(err)
	}
	blocks, err := w.store.Blocks(t.Context(), w.ridge.ID, at, at.Add(time.Hour), w.clock.Now())
	if err != nil || len(blocks) != 1 {
		t.Errorf("the offer holds %v (%v)", blocks, err)
	}
	b.get("/admin/orgs/ridge/waitlist").has(t, "main table", "Offered")

	gone := b.post("/admin/orgs/ridge/waitlist/" + entry + "/remove")
	b.get(gone.location).has(t, "[aria-labelledby=settled]", "Walker Roof inspection any day, any time, 2026-11-30 to 2026-12-02 Removed")
	if blocks, err = w.store.Blocks(t.Context(), w.ridge.ID, at, at.Add(time.Hour), w.clock.Now()); err != nil || len(blocks) != 0 {
		t.Errorf("the withdrawn offer holds %v (%v)", blocks, err)
	}

	b.post("/admin/orgs/ridge/waitlist", "hold", "3").has(t, "main", "Must be from 10 minutes to 12 hours")
	saved := b.post("/admin/orgs/ridge/waitlist", "hold", "45")
	b.get(saved.location).has(t, ".notice-info", "Visitors can't join at the moment")
	w.audited(t, "Waiting list changed", "Ridgeline Roofing", "offers stand 30 minutes → off")
}
