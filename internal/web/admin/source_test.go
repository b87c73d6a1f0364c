package admin_test

import (
	"net/http"
	"testing"
	"time"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/settings"
)

// TestSourcePage: step 11 shows what each option reads and would have blocked, links an owner to a rep, and saves.
func TestSourcePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	w.connected()
	b := w.as("admin@ridge.example")
	here := "/admin/orgs/ridge/crm-settings/" + string(w.config.ID)
	got := b.get(here + "/source")
	got.sound(t, "source")
	if n := got.count("section[aria-labelledby=week] table:first-of-type tbody tr"); n != 2 {
		t.Errorf("%d reps", n)
	}
	got.has(t, "section[aria-labelledby=week] p", "Hours of working time")
	got.has(t, "section[aria-labelledby=outsiders] tbody", "1 record")
	if n := got.count("section[aria-labelledby=outsiders] option"); n != 2 {
		t.Errorf("%d reps to link", n)
	}
	if got.count("input[name='calendar.ann']") != 1 || got.count("input[value=app]") != 0 {
		t.Errorf("calendars to choose: %s", got.text("#choose"))
	}
	if b.post(here+"/source/link", "user", "77", "rep", "nobody").code != http.StatusSeeOther {
		t.Error("no way back from a wrong rep")
	}
	b.get(here+"/source").has(t, ".notice-error", "Choose a rep")
	if b.post(here+"/source/link", "user", "77", "rep", "ben").code != http.StatusSeeOther {
		t.Error("not linked")
	}
	cat, err := w.bookings.Catalog(t.Context(), w.ridge.ID)
	if rep, _ := cat.Rep("ben"); err != nil || rep.CRMUser != "77" {
		t.Errorf("%+v, %v", rep, err)
	}
	got = b.get(here + "/source")
	got.has(t, "section[aria-labelledby=outsiders]", "Every record of last week, and of those to come, belongs to a rep")
	if n := got.count("section[aria-labelledby=outsiders] tbody tr"); n != 0 {
		t.Errorf("%d still not counted", n)
	}

	if got := b.post(here+"/source", "source", "zoho_calendar", "calendar.ann", "a/b"); got.code != http.StatusUnprocessableEntity {
		t.Errorf("a calendar that is none: %d", got.code)
	}
	if got := b.post(here+"/source", "source", "zoho_calendar", "calendar.ann", "own"); got.code != http.StatusSeeOther {
		t.Fatalf("%d", got.code)
	}
	if got := b.post(here, "source", "zoho_calendar", "alerts", "", "budget", "soon", "policy", "block"); got.code != http.StatusUnprocessableEntity || got.count("#f-budget[aria-invalid]") != 1 {
		t.Errorf("a wrong budget: %d", got.code)
	}
	if got := b.post(here, "source", "zoho_calendar", "alerts", "", "budget", "30", "policy", "block"); got.code != http.StatusSeeOther {
		t.Fatalf("%d", got.code)
	}
	v, err := w.store.Settings(t.Context(), w.ridge.ID, w.config.ID)
	if err != nil || v.Source != settings.Calendar || len(v.Calendars["ann"]) != 1 || v.Stale != (settings.Staleness{Budget: 30 * time.Minute, Policy: settings.StaleBlock}) {
		t.Errorf("%+v, %v", v.Settings, err)
	}
	page := b.get(here)
	if page.count("input[name=policy][value=block][checked]") != 1 || page.count("input[name=budget][value='30']") != 1 {
		t.Error("what was saved is not shown")
	}
	page.has(t, "#versions ~ ol", "calendars of ann: 0 → 1")
}
