package admin_test

import (
	"net/http"
	"strings"
	"testing"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/insight"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/settings"
)

// TestRuleTimeMachine: a form that asks for a replay shows what recorded demand would have met, and saves nothing; a change
// that touches nobody differs in nothing.
func TestRuleTimeMachine(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	b := w.as("admin@ridge.example")
	const page = "/admin/orgs/ridge/scheduler/services/inspection"
	ask := func(notice string) answer {
		t.Helper()
		form := b.get(page)
		values := []string{"do", "replay"}
		for _, in := range form.Find("main form input, main form select").EachIter() {
			name, _ := in.Attr("name")
			value, _ := in.Attr("value")
			kind, _ := in.Attr("type")
			_, on := in.Attr("checked")
			if name == "" || name == "minimum_notice_minutes" || (kind == "checkbox" || kind == "radio") && !on {
				continue
			}
			values = append(values, name, value)
		}
		a := b.post(page, append(values, "minimum_notice_minutes", notice)...)
		a.sound(t, "a replay")
		return a
	}
	if a := ask("0"); !strings.Contains(a.text("#replayed"), "nothing to replay") {
		t.Errorf("without demand: %s", a.text("#replayed"))
	}
	made := w.book(at(2, 10, 0), lead.Contact{LastName: "Doe", Email: "doe@example.com"}, nil)
	r := insight.NewRecorder(w.store, w.bookings, w.clock.Now)
	q := &insight.Question{Ask: booking.Ask{Scheduler: "ridge", Service: "inspection", From: "2026-12-01", To: "2026-12-06"}}
	one, two := r.Visit(""), r.Visit("")
	r.Tell(w.ridge.ID, insight.Visit{ID: one, Step: insight.Area}, q)
	r.Tell(w.ridge.ID, insight.Visit{ID: one, Step: insight.Booked, Appointment: made.ID}, nil)
	r.Tell(w.ridge.ID, insight.Visit{ID: two, Step: insight.Area}, q)
	if err := r.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a := ask("0"); !strings.Contains(a.text("#replayed"), "Nothing would have been different") {
		t.Errorf("no change: %s", a.text("#replayed"))
	}
	a := ask("14 days")
	got := strings.Join(strings.Fields(a.text("#replayed")), " ")
	for _, want := range []string{"2 visits since", "1 of them booked", "In all", "about 1 booking fewer", "Bookings lost 1", "Visits that would see none 1", "Notice", "Ann Archer", "What this assumes"} {
		if !strings.Contains(got, want) {
			t.Errorf("a notice of two weeks lacks %q: %s", want, got)
		}
	}
	if c, err := w.bookings.Catalog(t.Context(), w.ridge.ID); err != nil || c.Services[0].MinNoticeMinutes != 0 {
		t.Errorf("a look has saved: %+v (%v)", c.Services[0], err)
	}
}

// TestReplayWithAnotherSource: the choice on the page is tried, both sources are read, and the choice is not saved.
func TestReplayWithAnotherSource(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{ClientID: "1000.SHARED"})
	w.connected()
	r := insight.NewRecorder(w.store, w.bookings, w.clock.Now)
	r.Tell(w.ridge.ID, insight.Visit{ID: r.Visit(""), Step: insight.Area}, &insight.Question{Ask: booking.Ask{Scheduler: "ridge", Service: "inspection", From: "2026-12-01", To: "2026-12-06"}})
	if err := r.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	b := w.as("admin@ridge.example")
	page := "/admin/orgs/ridge/crm-settings/" + string(w.config.ID) + "/source"
	a := b.post(page, "do", "replay", "source", string(settings.AppointmentsOnly))
	a.sound(t, "a replay with another source")
	if got := a.text("#replayed"); a.code != http.StatusOK || !strings.Contains(got, "1 visit since") || !strings.Contains(got, "Both sources are read") {
		t.Errorf("%d: %s", a.code, got)
	}
	a = b.post(page, "do", "replay", "source", string(settings.Calendar)) // which this CRM refuses
	if got := a.text("[role=alert]"); a.code != http.StatusOK || !strings.Contains(got, "could not be read") || a.count("#replayed") != 0 {
		t.Errorf("%d: %s", a.code, got)
	}
}
