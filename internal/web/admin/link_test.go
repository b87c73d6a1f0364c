package admin_test

import (
	"net/http"
	"strings"
	"testing"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
)

// TestPrivateLinks: the customer's page shows the link of the newest visit; revoked, it is as unknown, and another is shown.
func TestPrivateLinks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	w.book(at(2, 10, 0), jo, nil)
	a := w.book(at(3, 13, 0), jo, nil)
	stranger := w.book(at(4, 13, 0), lead.Contact{LastName: "Stranger", Email: "s@example.com"}, nil)
	b := w.as("admin@ridge.example")
	path := "/admin/orgs/ridge/customers/" + string(a.Customer)
	link := func() string {
		t.Helper()
		page := b.get(path)
		page.sound(t, path)
		got := page.Find("[data-copy]").AttrOr("data-copy", "")
		if code := page.Find("section[aria-labelledby=private] code").Text(); code != got {
			t.Errorf("shown %q, copied %q", code, got)
		}
		return got
	}
	token := func(link string) string {
		return strings.TrimSuffix(strings.TrimPrefix(link, "https://hs.example/appointments/"), "/again")
	}
	first := link()
	if m, err := w.bookings.ByToken(t.Context(), token(first)); err != nil || m.Appointment.ID != a.ID {
		t.Fatalf("%s leads to %s (%v)", first, m.Appointment.ID, err)
	}
	b.get(path).has(t, "section[aria-labelledby=private]", "shows the visit that it belongs to, with time, rep and full address")
	ask := b.get(path + "/links")
	ask.sound(t, path+"/links")
	ask.has(t, "main", "stops working at once")
	if m := w.as("member@ridge.example").get(path); m.count("[data-copy]") != 1 || m.count("main a[href$='/links']") > 0 {
		t.Error("a member sees no link, or is offered to revoke it")
	}
	if link() != first {
		t.Error("asking has revoked it")
	}
	if done := b.send(ask, "main form", "Revoke the links"); done.code != http.StatusSeeOther || done.location != path {
		t.Fatalf("%d %s", done.code, done.location)
	}
	_, unknown := w.bookings.ByToken(t.Context(), "unknown")
	if _, err := w.bookings.ByToken(t.Context(), token(first)); !fault.Is(err, fault.NotFound) || err.Error() != unknown.Error() {
		t.Errorf("the revoked link: %v; an unknown one: %v", err, unknown)
	}
	second := link()
	if m, err := w.bookings.ByToken(t.Context(), token(second)); err != nil || m.Appointment.ID != a.ID || second == first {
		t.Errorf("the new link %s leads to %s (%v)", second, m.Appointment.ID, err)
	}
	other, err := w.store.ManageToken(t.Context(), w.ridge.ID, stranger.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.bookings.ByToken(t.Context(), other.Reveal()); err != nil {
		t.Errorf("another customer's link: %v", err)
	}
	if all := strings.Join(w.events(w.ridge.ID), "\n"); !strings.Contains(all, "Private links revoked") || !strings.Contains(all, "2 appointments") || strings.Contains(all, token(first)) {
		t.Error(all)
	}
}
