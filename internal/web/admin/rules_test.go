package admin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/lead"
)

const rulesPath = "/admin/orgs/ridge/scheduler/"

// fields gives what a browser would send of the first form that posts: names and values in turn.
func (a answer) fields(change ...string) []string {
	v := url.Values{}
	form := a.Find("main form[method=post]").Last()
	for _, n := range form.Find("input, textarea, select").EachIter() {
		name, _ := n.Attr("name")
		kind, _ := n.Attr("type")
		_, on := n.Attr("checked")
		switch {
		case (kind == "checkbox" || kind == "radio") && !on, name == "":
		case n.Is("textarea"):
			v.Set(name, n.Text())
		case n.Is("select"):
			value, _ := n.Find("option[selected]").Attr("value")
			v.Set(name, value)
		default:
			value, _ := n.Attr("value")
			v.Add(name, value)
		}
	}
	for i := 0; i+1 < len(change); i += 2 {
		v.Set(change[i], change[i+1])
	}
	var out []string
	for k, list := range v {
		for _, x := range list {
			out = append(out, k, x)
		}
	}
	return out
}

func (w *world) rules() catalog.Catalog {
	w.t.Helper()
	c, err := w.store.Catalog(w.t.Context(), w.ridge.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// TestFirstSteps: an organization with nothing is bookable after one form.
func TestFirstSteps(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	if _, err := (&catalog.Editor{Store: w.store}).Replace(t.Context(), w.ridge.ID, catalog.Catalog{Timezone: "America/Chicago"}); err != nil {
		t.Fatal(err)
	}
	b := w.as("admin@ridge.example")
	empty := b.get(rulesPath + "services")
	empty.sound(t, "services")
	empty.has(t, ".empty", "Nothing can be booked yet")
	to, _ := empty.Find(".empty a").Attr("href")
	first := b.get(to)
	first.sound(t, to)
	wrong := b.post(to, first.fields("name", "", "hours", "whenever")...)
	if wrong.code != http.StatusUnprocessableEntity {
		t.Errorf("%d", wrong.code)
	}
	wrong.has(t, "#e-hours", "is no stretch of hours")
	if got, _ := wrong.Find("#f-hours").Attr("value"); got != "whenever" {
		t.Errorf("what was typed is lost: %q", got)
	}
	wrong = b.post(to, first.fields("name", "")...)
	wrong.has(t, "#e-name", "Must be 1 to 200 characters")
	done := b.post(to, first.fields("name", "Roof inspection", "postal_codes", "ZIP\n60601, 60602\r\n606*")...)
	if done.code != http.StatusSeeOther {
		t.Fatalf("%d %s", done.code, done.text("main"))
	}
	list := b.get(done.location)
	list.has(t, ".notice-success", "Your booking page is ready")
	list.has(t, "tbody tr", "Bookable")
	if c := w.rules(); len(c.Territories) != 1 || strings.Join(c.Territories[0].PostalCodes, " ") != "60601 60602 606*" || c.Reps[0].Email != "admin@ridge.example" {
		t.Errorf("%+v", c)
	}
	w.book(at(2, 10, 0), jo, func(r *booking.Request) { r.Service, r.Contact.PostalCode = "roof-inspection", "60640" })
	if all := strings.Join(w.events(w.ridge.ID), "\n"); !strings.Contains(all, "Booking page set up") || !strings.Contains(all, "Service Roof inspection: added") {
		t.Errorf("the audit lacks it:\n%s", all)
	}
}

func TestServiceEditor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	b := w.as("admin@ridge.example")
	const path = rulesPath + "services/inspection"
	form := b.get(path)
	form.sound(t, path)
	for field, bad := range map[string]string{
		"name": " ", "duration_minutes": "long", "slot_interval_minutes": "0", "buffer_before_minutes": "-1", "buffer_after_minutes": "9 days", "minimum_notice_minutes": "ever",
		"booking_window_days": "x", "capacity_per_day": "-1", "minimum_notice_business_minutes": "40 days", "capacity_per_slot": "many", "arrival_window_minutes": "2 days", "assignment": "lottery", "description": strings.Repeat("x", 301),
	} {
		got := b.post(path, form.fields(field, bad)...)
		if got.code != http.StatusUnprocessableEntity || got.count(".error") != 1 {
			t.Errorf("%s: %d, %d errors: %s", field, got.code, got.count(".error"), got.text(".notice"))
		}
	}
	before := w.rules()
	look := b.post(path, form.fields("minimum_notice_minutes", "2 days", "do", "preview")...)
	look.sound(t, "preview")
	look.has(t, "#what-changes", "would go")
	look.has(t, "#what-changes .run-goes", "gone")
	if got, _ := look.Find("#f-minimum_notice_minutes").Attr("value"); got != "2 days" || seenRules(before) != seenRules(w.rules()) {
		t.Errorf("a preview lost %q or saved", got)
	}
	other := b.get(path)
	if got := b.post(path, form.fields("minimum_notice_minutes", "2 days", "minimum_notice_business_minutes", "4 hours", "capacity_per_slot", "3", "assignment", "owner_first", "arrival_window_minutes", "2 hours", "name", hostile)...); got.code != http.StatusSeeOther {
		t.Fatalf("%d %s", got.code, got.text(".error"))
	}
	if s, _ := w.rules().Service("inspection"); s.MinNoticeMinutes != 2880 || s.BusinessNoticeMinutes != 240 || s.CapacityPerSlot != 3 || s.ArrivalWindowMinutes != 120 || s.Assignment != catalog.OwnerFirst || s.Name != hostile {
		t.Errorf("%+v", s)
	}
	list := b.get(rulesPath + "services")
	list.sound(t, "list")
	list.has(t, "tbody tr", "<script>")
	list.has(t, "tbody tr", "notice 2 days and 4 hours of working time, arrival within 2 hours, at most 3 at one time")
	late := b.post(path, other.fields("name", "Mine")...)
	if late.code != http.StatusUnprocessableEntity {
		t.Errorf("overwrites unseen: %d", late.code)
	}
	late.has(t, ".notice-error", "Somebody else has changed this service")
	if got := b.post(path, late.fields("do", "save")...); got.code != http.StatusSeeOther {
		t.Errorf("the second time it must save: %d", got.code)
	}

	ask := b.post(path, "do", "ask")
	ask.sound(t, "ask")
	ask.has(t, ".notice-warning", "Archive Mine?")
	b.post(path, "do", "archive")
	if len(w.rules().Offered()) != 0 {
		t.Error("it is not archived")
	}
	b.get(rulesPath+"services").has(t, "section", "Mine")
	b.post(path, "do", "restore")
	if s, _ := w.rules().Service("inspection"); s.Archived || len(s.Reps) == 0 {
		t.Errorf("not restored: %+v", s)
	}
	added := b.post(rulesPath+"new-service", b.get(rulesPath+"new-service").fields("name", "Gutter check")...)
	if added.code != http.StatusSeeOther {
		t.Fatalf("%d %s", added.code, added.text("main"))
	}
	b.post(rulesPath+"services/gutter-check", "do", "up")
	if c := w.rules(); c.Services[0].ID != "gutter-check" {
		t.Errorf("not moved: %+v", c.Services)
	}
	if member := w.as("member@ridge.example").get(path); member.count("main button") != 0 || member.count("fieldset[disabled]") == 0 {
		t.Error("a member is offered a change")
	}
}

// TestAssignmentIsExplained: the appointment's page says why this rep comes.
func TestAssignmentIsExplained(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	rules := w.rules()
	rules.Reps[1].Weight = 2
	if _, err := (&catalog.Editor{Store: w.store}).Replace(t.Context(), w.ridge.ID, rules); err != nil {
		t.Fatal(err)
	}
	b := w.as("member@ridge.example")
	for i, want := range []string{
		"Assigned to Ann Archer: 0 visits in the 60 days around at weight 1, Ben Brooks had 0 at weight 2, and comes first in the list of reps.",
		"Assigned to Ben Brooks: 0 visits in the 60 days around at weight 2, Ann Archer had 1 at weight 1.",
		"Assigned to Ben Brooks: 1 visit in the 60 days around at weight 2, Ann Archer had 1 at weight 1.",
	} {
		a := w.book(at(2+i, 10, 0), jo, nil)
		b.get("/admin/orgs/ridge/appointments/"+string(a.ID)).has(t, ".timeline", want)
	}
	w.book(at(5, 10, 0), jo, nil)
	last := w.book(at(5, 10, 0), jo, nil)
	b.get("/admin/orgs/ridge/appointments/"+string(last.ID)).has(t, ".timeline", "Assigned to Ben Brooks: nobody else was free.")
}

func seenRules(c catalog.Catalog) string {
	return strings.Join(catalog.Differences(catalog.Catalog{}, c), "\n")
}

func TestRepEditor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{ClientID: "1000.SHARED"})
	w.connected()
	b := w.as("admin@ridge.example")
	const path = rulesPath + "reps/ann"
	form := b.get(path)
	form.sound(t, path)
	if form.count("#f-crm_user option[value='77']") != 1 {
		t.Errorf("users of Zoho: %s", form.text("#f-crm_user"))
	}
	for field, bad := range map[string]string{"name": " ", "email": "x", "timezone": "Mars", "hours_tue": "later", "add_hours": "9-5", "add_from": "soon", "weight": "0"} {
		got := b.post(path, form.fields(field, bad)...)
		if got.code != http.StatusUnprocessableEntity || got.count(".error") != 1 {
			t.Errorf("%s: %d, %d errors: %s", field, got.code, got.count(".error"), got.text(".notice"))
		}
	}
	got := b.post(path, form.fields("hours_mon", "9–12, 1–5 pm", "hours_sun", "", "crm_user", "77", "weight", "3", "add_from", "2026-12-24", "add_to", "2026-12-26", "add_hours", "")...)
	if got.code != http.StatusSeeOther {
		t.Fatalf("%d %s", got.code, got.text("main"))
	}
	p, _ := w.rules().Rep("ann")
	if len(p.Overrides) != 3 || p.CRMUser != "77" || p.Weight != 3 || len(p.Hours) != 3 {
		t.Errorf("%+v", p)
	}
	form = b.get(path)
	form.sound(t, path)
	got = b.post(path, form.fields("date_2026-12-24", "9-12", "date_2026-12-25", "")...)
	if p, _ = w.rules().Rep("ann"); got.code != http.StatusSeeOther || len(p.Overrides) != 2 || len(p.Overrides[0].Hours) != 1 {
		t.Errorf("%d %+v", got.code, p.Overrides)
	}
	for name, c := range map[string]struct {
		services []string
		does     int
	}{"added": {[]string{"services", "inspection"}, 3}, "not added": {nil, 2}} {
		added := b.post(rulesPath+"new-rep", append([]string{"name", name, "services_shown", "1", "hours_mon", "9-5"}, c.services...)...)
		if s, _ := w.rules().Service("inspection"); added.code != http.StatusSeeOther || len(s.Reps) != c.does {
			t.Errorf("%s: %d %v", name, added.code, s.Reps)
		}
		id := catalog.FreeID(name, "rep", func(string) bool { return false })
		b.post(rulesPath+"reps/"+id, "name", name, "services_shown", "1", "hours_mon", "9-5")
		if s, _ := w.rules().Service("inspection"); len(s.Reps) != 2 {
			t.Errorf("%s still does it: %v", name, s.Reps)
		}
		b.post(rulesPath+"reps/"+id, "do", "archive")
	}
	if form.count("input[name=services]:checked") != 1 || b.get(rulesPath+"new-rep").count("input[name=services]:checked") != 1 {
		t.Error("what a rep does is not shown")
	}
	b.post(path, "do", "archive")
	if c := w.rules(); len(c.Staff()) != 1 {
		t.Error("not archived")
	}
	b.get(rulesPath+"reps").has(t, "section", "Ann Archer")
	b.post(path, "do", "restore")
	if s, _ := w.rules().Service("inspection"); len(w.rules().Staff()) != 2 || len(s.Reps) != 2 {
		t.Errorf("a restored rep lost the services: %+v", s)
	}
}

func TestHolidaysAndTerritories(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	b := w.as("admin@ridge.example")
	const days, areas = rulesPath + "holidays", rulesPath + "territories"
	b.get(days).sound(t, days)
	b.post(days, "year", "2026")
	b.post(days, "date", "2026-12-31")
	b.post(days, "remove", "2026-12-24")
	page := b.get(days)
	page.sound(t, days)
	if got := strings.Join(w.rules().Holidays, " "); got != "2026-01-01 2026-05-25 2026-07-04 2026-09-07 2026-11-26 2026-11-27 2026-12-25 2026-12-31" {
		t.Error(got)
	}
	b.post(days, "date", "2026-12-30", "do", "preview").has(t, "#what-changes", "gone")
	if got := b.post(days, "date", "soon"); got.code != http.StatusUnprocessableEntity || got.count("#e-date") != 1 {
		t.Errorf("%d", got.code)
	}
	if got := b.post(days, "timezone", "Mars"); got.code != http.StatusUnprocessableEntity || got.count("#e-timezone") != 1 {
		t.Errorf("%d", got.code)
	}
	b.get(areas).has(t, ".empty", "You serve everywhere")
	form := b.get(rulesPath + "new-territory")
	form.sound(t, "new-territory")
	got := b.post(rulesPath+"new-territory", form.fields("name", hostile, "postal_codes", "zip,city\n\"60640\",\n60641 60642\nM5V 3L9\n606*")...)
	if got.code != http.StatusSeeOther {
		t.Fatalf("%d %s", got.code, got.text("main"))
	}
	c := w.rules()
	if got := strings.Join(c.Territories[0].PostalCodes, "|"); got != "CITY|60640|60641|60642|M5V 3L9|606*" && got != "60640|60641|60642|M5V 3L9|606*" {
		t.Error(got)
	}
	one := areas + "/" + c.Territories[0].ID
	b.get(areas).sound(t, areas)
	b.get(one).sound(t, one)
	b.post(one, "do", "ask").has(t, ".notice-warning", "can't be taken back")
	b.post(one, "do", "remove")
	if c := w.rules(); len(c.Territories) != 0 || len(c.Reps[0].Territories) != 0 {
		t.Errorf("%+v", c)
	}
}

func TestSlotExplainer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	a := w.book(at(2, 10, 0), jo, nil)
	w.book(at(2, 10, 0), lead.Contact{FirstName: "Al", LastName: "Low", Email: "al@example.com"}, nil)
	b := w.as("member@ridge.example")
	ask := func(start time.Time) string {
		return rulesPath + "explainer?service=inspection&date=" + start.Format(time.DateOnly) + "&time=" + start.Format("15:04")
	}
	b.get(rulesPath+"explainer").sound(t, "explainer")
	b.get(ask(at(2, 14, 0))).has(t, "section .pill", "Offered")
	taken := b.get(ask(at(2, 10, 0)))
	taken.sound(t, "taken")
	taken.has(t, "main", "No change of the rules alone would")
	if taken.count(`section a[href="/admin/orgs/ridge/appointments/`+string(a.ID)+`"]`) != 1 {
		t.Error("the appointment is not linked")
	}
	odd := b.get(ask(at(2, 14, 10)))
	odd.has(t, "section:has(#open)", "Starts of Roof inspection every 10 minutes instead of every 30 minutes")
	if wrong := b.get(rulesPath + "explainer?service=inspection&date=x&time=y"); wrong.count("#e-date") != 1 {
		t.Error("a wrong date is not named")
	}
}
