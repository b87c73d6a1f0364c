package admin_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/insight"
	"heavyset.tech/platform/internal/lead"
)

// TestNumbersAreEmptyAtFirst: the page says what to do, and nothing is drawn of nothing.
func TestNumbersAreEmptyAtFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	a := w.as("admin@blue.example").get("/admin/orgs/blue/numbers")
	a.sound(t, "empty")
	if a.count(".hbar") != 0 || !strings.Contains(a.text("main"), "No numbers yet") {
		t.Errorf("%s", a.text("main"))
	}
}

// TestNumbers: visits, a loss, a lead and an outcome show on the page, in the table behind it and in its file, for a member
// too, and no other organization sees them.
func TestNumbers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	made := w.book(at(2, 10, 0), lead.Contact{LastName: "Doe", Email: "doe@example.com"}, func(r *booking.Request) {
		r.UTM = map[string]string{"utm_source": hostile, "utm_campaign": "=1+1"}
	})
	r := insight.NewRecorder(w.store, w.bookings, w.clock.Now)
	books, leaves := r.Visit(""), r.Visit("")
	r.Tell(w.ridge.ID, insight.Visit{ID: books, Step: insight.Booked, Appointment: made.ID}, nil)
	r.Tell(w.ridge.ID, insight.Visit{ID: leaves, Step: insight.Area}, &insight.Question{
		Ask: booking.Ask{Scheduler: "ridge", Service: "inspection", From: "2028-01-01", To: "2028-01-02"}, None: true, // beyond the window
	})
	if err := r.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.clock.set(at(3, 12, 0))
	if _, err := w.bookings.SetOutcome(t.Context(), w.ridge.ID, made.ID, booking.Completed, made.Revision, "Rae"); err != nil {
		t.Fatal(err)
	}
	b := w.as("member@ridge.example")
	a := b.get("/admin/orgs/ridge/numbers?days=7")
	a.sound(t, "numbers")
	for chart, want := range map[string]string{
		"funnel": "Sat the visit took place 1 · 50 %", "lost": "Booking window the start was further ahead than can be booked 1", "load": "Ann Archer", "shows": "All visits 1 took place, 0 no-show, 0 cancelled 100 %", "sources": "<script>",
	} {
		if got := strings.Join(strings.Fields(a.text("[aria-labelledby="+chart+"-title]")), " "); !strings.Contains(got, want) {
			t.Errorf("%s: %q lacks %q", chart, got, want)
		}
		file := b.get("/admin/orgs/ridge/numbers/export?days=7&table=" + chart)
		if file.code != http.StatusOK || !strings.HasPrefix(file.header.Get("Content-Type"), "text/csv") || strings.Contains(file.body, `,"=`) {
			t.Errorf("%s as a file: %d %s", chart, file.code, file.body)
		}
		if lines := strings.Count(file.body, "\r\n"); lines != 1+a.count("[aria-labelledby="+chart+"-title] tbody tr") {
			t.Errorf("%s: the file has %d lines:\n%s", chart, lines, file.body)
		}
	}
	if got := b.get("/admin/orgs/ridge/numbers/export?table=nothing").code; got != http.StatusNotFound {
		t.Errorf("a table that there is not: %d", got)
	}
	other := w.as("admin@blue.example").get("/admin/orgs/blue/numbers?days=90")
	if !strings.Contains(other.text("main"), "No numbers yet") {
		t.Errorf("another organization sees %s", other.text("main"))
	}
	w.clock.set(at(3, 12, 0).Add(8 * 24 * time.Hour))
	if a := w.as("member@ridge.example").get("/admin/orgs/ridge/numbers?days=7"); !strings.Contains(a.text("[aria-labelledby=funnel-title]"), "before 2 · 100 %") {
		t.Errorf("a week later: %s", a.text("[aria-labelledby=funnel-title]"))
	}
}
