package admin_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/lead"
)

// calendar asks for a feed as a program does, which has no cookies.
func (w *world) calendar(path, etag string) answer {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.url+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	if etag != "" {
		r.Header.Set("If-None-Match", etag)
	}
	return w.browser().do(r)
}

func TestARepsCalendarFeed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	a := w.book(at(2, 10, 0), lead.Contact{FirstName: "Jo", LastName: "Doe", Email: "jo@example.com", Phone: "312 555 0100", Street: "1 Elm St", City: "Chicago"}, func(r *booking.Request) {
		r.Notes, r.Answers = "Gate code 4711", map[string]string{"Roof": "flat"}
	})
	other := w.book(at(2, 10, 0), lead.Contact{LastName: "Poe", Email: "poe@example.com"}, nil)
	if a.Rep == other.Rep {
		t.Fatal("two at one time with one rep")
	}
	b, path := w.as("admin@ridge.example"), "/admin/orgs/ridge/scheduler/reps/"+a.Rep+"/feed"
	if b.get("/admin/orgs/ridge/scheduler/reps/"+a.Rep).count("a[href='"+path+"']") != 1 {
		t.Error("the rep's page does not lead to the feed")
	}
	made := b.send(b.get(path), "main form", "Make an address")
	made.sound(t, "the new address")
	address := made.text("main code")
	feed, ok := strings.CutPrefix(address, "https://hs.example")
	if !ok || len(feed) < 50 {
		t.Fatalf("the address is %q", address)
	}
	if again := b.get(path); strings.Contains(again.body, address) || !strings.Contains(again.text("main"), "by Rae Ridge") {
		t.Error("the address is told again, or it is not told who made it")
	}
	got := w.calendar(feed, "")
	for _, want := range []string{"BEGIN:VTIMEZONE", "DTSTART;TZID=America/Chicago:20261202T100000", "Jo Doe", "1 Elm St", "+13125550100"} {
		if !strings.Contains(got.body, want) {
			t.Errorf("there is no %s in\n%s", want, got.body)
		}
	}
	for _, never := range []string{"Poe", "4711", "flat", "jo@example.com", string(a.Customer)} {
		if strings.Contains(got.body, never) {
			t.Errorf("the feed tells %s", never)
		}
	}
	etag := got.header.Get("ETag")
	if got.code != http.StatusOK || !strings.HasPrefix(got.header.Get("Content-Type"), "text/calendar") || got.header.Get("Set-Cookie") != "" || etag == "" {
		t.Errorf("%d %v", got.code, got.header)
	}
	w.clock.forward(time.Minute)
	for _, have := range []string{etag, `"x", ` + etag, "W/" + etag} {
		if same := w.calendar(feed, have); same.code != http.StatusNotModified || same.body != "" || same.header.Get("ETag") != etag {
			t.Errorf("%s: %d %q", have, same.code, same.body)
		}
	}
	if _, err := w.bookings.Move(t.Context(), w.ridge, a.ID, booking.Wish{Start: at(3, 10, 0), Rep: a.Rep}, "Rae"); err != nil {
		t.Fatal(err)
	}
	if moved := w.calendar(feed, etag); moved.code != http.StatusOK || !strings.Contains(moved.body, "20261203T100000") || !strings.Contains(moved.body, "SEQUENCE:1") {
		t.Errorf("after a move: %d\n%s", moved.code, moved.body)
	}
	token, err := w.store.ManageToken(t.Context(), w.ridge.ID, a.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.bookings.Cancel(t.Context(), token.Reveal(), "", lead.IdempotencyKey{}, "visitor"); err != nil {
		t.Fatal(err)
	}
	if gone := w.calendar(feed, etag); strings.Contains(gone.body, "VEVENT") {
		t.Errorf("what was cancelled is there: %s", gone.body)
	}
}

func TestAFeedEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	b, path := w.as("admin@ridge.example"), "/admin/orgs/ridge/scheduler/reps/ann/feed"
	feed := func(button string) string {
		return strings.TrimPrefix(b.send(b.get(path), "main form", button).text("main code"), "https://hs.example")
	}
	first := feed("Make an address")
	second := feed("Renew")
	if w.calendar(first, "").code != http.StatusNotFound || w.calendar(second, "").code != http.StatusOK {
		t.Error("renewed: the old address must end and the new one work")
	}
	archive := func(archived bool) {
		_, _, err := (&catalog.Editor{Store: w.store}).Edit(t.Context(), w.ridge.ID, func(c catalog.Catalog) (catalog.Catalog, error) {
			p, _ := c.Rep("ann")
			p.Archived = archived
			return c.WithRep(p), nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	archive(true)
	if got := w.calendar(second, ""); got.code != http.StatusNotFound {
		t.Errorf("of a rep who has left: %d", got.code)
	}
	archive(false)
	if got := b.post(path, "do", "revoke"); got.location != path {
		t.Errorf("%d %s", got.code, got.location)
	}
	for _, p := range []string{second, "/calendar/x", "/calendar/" + strings.Repeat("x", 99), "/calendar/" + strings.Repeat("x", 300)} {
		if got := w.calendar(p, ""); got.code != http.StatusNotFound {
			t.Errorf("%s: %d", p, got.code)
		}
	}
	all := strings.Join(w.events(w.ridge.ID), "\n")
	for _, want := range []string{"Calendar feed made", "Calendar feed renewed", "Calendar feed revoked"} {
		if !strings.Contains(all, want) {
			t.Errorf("the audit lacks %q", want)
		}
	}
	if strings.Contains(all, strings.TrimPrefix(second, "/calendar/")) {
		t.Error("the audit holds an address")
	}
	if got := w.as("member@ridge.example").get(path); got.code != http.StatusForbidden {
		t.Errorf("a member: %d", got.code)
	}
}
