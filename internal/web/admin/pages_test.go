package admin_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/drift"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/mapping"
	"heavyset.tech/platform/internal/mirror"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/store"
)

// hostile is a text that would be seen if it were not escaped.
const hostile = `<script>alert(1)</script><img src=x onerror=alert(2)>"'`

// sound fails when a page is not one of ours: one heading, nothing inline, nothing that the template engine refused.
func (a answer) sound(t *testing.T, path string) {
	t.Helper()
	switch {
	case a.code != http.StatusOK:
		t.Errorf("%s: %d", path, a.code)
	case a.count("h1") != 1 || a.text("h1") == "":
		t.Errorf("%s: %d headings", path, a.count("h1"))
	case a.count("script:not([src]), style, [style], [onclick], [onerror], img, main a[href^='javascript']") > 0:
		t.Errorf("%s: something is inline or was injected", path)
	case strings.Contains(a.body, "ZgotmplZ") || strings.Contains(a.body, "%!"):
		t.Errorf("%s: the template engine refused something", path)
	case a.count(".button-primary")-a.count("dialog .button-primary") > 1:
		t.Errorf("%s: %d primary buttons", path, a.count(".button-primary"))
	case !strings.Contains(a.header.Get("Cache-Control"), "no-store"):
		t.Errorf("%s: may be kept: %q", path, a.header.Get("Cache-Control"))
	}
	seen := map[string]bool{}
	for _, n := range a.Find("[id]").Nodes {
		for _, at := range n.Attr {
			if at.Key == "id" {
				if seen[at.Val] {
					t.Errorf("%s: the id %s is there twice", path, at.Val)
				}
				seen[at.Val] = true
			}
		}
	}
	for _, label := range []string{"aria-labelledby", "aria-describedby", "for", "commandfor", "form"} {
		for _, n := range a.Find("[" + label + "]").Nodes {
			for _, at := range n.Attr {
				if at.Key == label && !seen[strings.Fields(at.Val + " ?")[0]] {
					t.Errorf("%s: %s names %q, which is not there", path, label, at.Val)
				}
			}
		}
	}
}

// full fills ridge with one of everything, all of it hostile.
func (w *world) full(t *testing.T) (a booking.Appointment, enquiry lead.Lead) {
	t.Helper()
	w.connected()
	a = w.book(at(2, 10, 0), lead.Contact{FirstName: hostile[:40], LastName: "O'Hara & " + hostile, Email: "jo@example.com", Phone: "312 555 0100", Street: hostile, City: hostile, PostalCode: "60613"}, func(r *booking.Request) {
		r.Notes, r.Timezone = "Gate code 4711.\n"+hostile, "America/New_York"
		r.Answers, r.UTM = map[string]string{hostile: hostile}, map[string]string{"utm_source": hostile, hostile: "x"}
		r.Actor = hostile
	})
	w.failedPush(a)
	if err := w.store.KeepDelivery(t.Context(), w.ridge.ID, notify.Delivery{MessageID: "m1", Appointment: a.ID, Kind: "booked", State: notify.Refused, Error: hostile, At: w.clock.Now()}); err != nil {
		t.Fatal(err)
	}
	found := drift.Finding{Drift: mapping.Drift{Kind: mapping.Deleted, Role: crm.RoleLead, Module: "Leads", Key: "city", Field: "City", Words: hostile, Fix: hostile, Fatal: true}, Since: w.clock.Now()}
	if err := w.store.KeepDrift(t.Context(), w.ridge.ID, w.config.ID, drift.State{Findings: []drift.Finding{found}, Looked: w.clock.Now()}, nil, nil); err != nil {
		t.Fatal(err)
	}
	enquiry, err := w.leads.Capture(t.Context(), w.ridge, lead.Request{
		Kind: lead.ContactUs, Contact: lead.Contact{LastName: hostile, Email: "e@example.com"}, Message: strings.Repeat("long ", 40) + hostile, UTM: map[string]string{hostile: hostile},
	})
	if err != nil {
		t.Fatal(err)
	}
	return a, enquiry
}

func TestEveryPageFullOfHostileText(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{ClientID: "1000.SHARED", Secrets: map[string]secret.String{"": secret.NewString("shared-secret-1")}})
	a, enquiry := w.full(t)
	conflict := w.disputed(a, mirror.Stranger, crmsync.Sight{Start: at(2, 12, 0), End: at(2, 13, 0), Owner: "9"})
	b := w.as("admin@ridge.example")
	want := map[string]string{ // page → a text that must be there, as text
		"/admin/orgs/ridge/appointments":                                       "O'Hara & <script>",
		"/admin/orgs/ridge/appointments?when=all&status=completed":             "Nothing matches",
		"/admin/orgs/ridge/appointments?q=%3Cscript%3E":                        "O'Hara & <script>",
		"/admin/orgs/ridge/appointments/" + string(a.ID):                       hostile,
		"/admin/orgs/ridge/leads":                                              "<script>",
		"/admin/orgs/ridge/leads/" + string(enquiry.ID):                        hostile,
		"/admin/orgs/ridge/leads/" + string(a.Lead):                            hostile,
		"/admin/orgs/ridge/connections":                                        "Ridgeline in Zoho",
		"/admin/orgs/ridge/crm-configs/" + string(w.config.ID):                 "Ridgeline in Zoho",
		"/admin/orgs/ridge/crm-configs/" + string(w.config.ID) + "/disconnect": "Ridgeline in Zoho",
	}
	want["/admin/orgs/ridge/customers"], want["/admin/orgs/ridge/customers/"+string(a.Customer)] = "O'Hara & <script>", hostile
	w.suspect("312-555-0188")
	want["/admin/orgs/ridge/quarantine"] = "O'Hara & <script>"
	want["/admin/orgs/ridge/team"], want["/admin/orgs/ridge/audit"] = hostile, hostile
	want["/admin/orgs/ridge/keys"], want["/admin/orgs/ridge/keys/"+w.key(w.ridge.ID, auth.Member, hostile)+"/revoke"] = hostile, hostile
	want["/admin/orgs/ridge/team/"+w.hostilePeople()+"/remove"] = hostile
	want["/admin/orgs/ridge/conflicts"], want["/admin/orgs/ridge/conflicts/"+string(conflict)] = "O'Hara & <script>", hostile+" (no rep here)"
	want["/admin/orgs/ridge/conflicts/people/"+w.disagreement(a.Customer)] = hostile
	want["/admin/orgs/ridge/appointments/calendar?date=2026-12-02"], want["/admin/orgs/ridge/appointments/"+string(a.ID)+"/move"] = "O'Hara & <script>", "Ann Archer"
	want["/admin/orgs/ridge/appointments/sheet?date=2026-12-02&rep=ann"] = "Gate code 4711."
	want["/admin/orgs/ridge/waitlist"], want["/admin/orgs/ridge/waitlist/"+w.waits(hostile)] = "<script>", hostile
	call := "/admin/orgs/ridge/appointments/new?customer=" + string(a.Customer)
	want["/admin/orgs/ridge/appointments/new?q=%3Cscript%3E"], want[call+"&start=2026-12-02T16:00:00Z"] = "O'Hara & <script>", "Roof inspection, Wed, Dec 2"
	settings := "/admin/orgs/ridge/crm-settings/" + string(w.config.ID)
	want[settings], want[settings+"/mapping"] = "Slot Availability Source", "<script>"
	want["/admin/orgs/ridge/scheduler"] = "https://hs.example/book/ridge"
	want["/admin/orgs/ridge/sync/health"], want["/admin/orgs/ridge/leads/unfinished"] = "API credits", "Whom may you contact?"
	want["/admin/orgs/ridge/crm-configs/"+string(w.config.ID)+"/dry-run"] = "Compare now"
	want["/admin/orgs/ridge/numbers"] = "<script>"
	want["/admin/orgs/ridge/sync"], want["/admin/orgs/ridge/passport"] = hostile, "The 13 steps"
	want["/admin/orgs/ridge/sync/try_1"], want["/admin/orgs/ridge/sync/try_1/undo"] = "before "+hostile, "before "+hostile
	want["/admin/orgs/ridge/appointments/"+string(a.ID)+"/undo"], want["/admin/orgs/ridge/undo"] = "before "+hostile, "Span of time"
	for path, text := range map[string]string{"services": "Roof inspection", "services/inspection": "Minimum notice", "new-service": "Length of the visit", "start": "Make it bookable", "reps": "Ann Archer", "reps/ann": "<script>", "new-rep": "Monday", "reps/ann/feed": "Ann Archer", "reps/ann/handover": "<script>", "holidays": "No holidays", "working-time": "Read from Zoho", "working-time?read=1": "<script>", "territories": "You serve everywhere", "new-territory": "Postal codes", "explainer": "Explain", "branding": "Nothing can be booked here"} {
		want["/admin/orgs/ridge/scheduler/"+path] = text
	}
	asked := b.post("/admin/orgs/ridge/sync/try_1/undo", "deletions", "1")
	want[asked.location] = "Contacts 5725767000000524007"
	want[settings+"/source"] = "<script>"
	for _, test := range []string{"lead", "booking"} {
		made := b.post(settings+"/verify", "test", test)
		if want[made.location] = "Test " + test; made.code != http.StatusSeeOther {
			t.Fatalf("the test %s: %d", test, made.code)
		}
	}
	report := b.get(b.post(settings+"/verify", "test", "booking").location)
	report.sound(t, "the test booking")
	if !strings.Contains(report.Text(), "<script>") || !strings.Contains(report.Text(), "still in Zoho") {
		t.Error("the test booking does not show what came back, or that records are left")
	}
	for path, text := range want {
		got := b.get(path)
		got.sound(t, path)
		if !strings.Contains(got.Text(), text) {
			t.Errorf("%s: %q is missing", path, text)
		}
		if n := got.count(".side [aria-current=page]"); n != 1 {
			t.Errorf("%s: %d current entries in the navigation", path, n)
		}
		if got.count("details.menu-nav nav a") != got.count("nav.side a") {
			t.Errorf("%s: the small screen's menu differs from the navigation", path)
		}
	}
}

// TestEveryTemplateIsRendered: the tests of this package look at each page of the console.
func TestEveryTemplateIsRendered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	known := []string{
		"account", "again", "agenda", "appointment", "appointments", "attempt", "audit", "branding", "call", "codes", "config", "conflict", "conflicts",
		"connections", "crmsettings", "customer", "customers", "decline", "delivery", "desk", "disagreement", "disconnect", "door", "dryrun", "embed", "embedpreview", "erase",
		"erasure", "erasures", "explainer", "factor", "feed", "firststeps", "handover", "health", "holidays", "key", "keys", "lead",
		"leads", "left", "links", "login", "logincode", "mapping",
		"message", "messages", "move", "numbers", "organizations", "passkey", "passkeyremove", "passport", "quarantine", "remove", "rep", "reps", "returned", "revoke", "scheduler",
		"service", "services", "sheet", "source",
		"start", "sync", "team", "territories", "territory", "undo", "undone", "verify", "waitentry", "waitlist", "webhook", "webhookremove", "webhooks", "webhooksecret", "worktime",
	}
	got := w.console.Pages()
	slices.Sort(got)
	if !slices.Equal(got, known) {
		t.Errorf("there are the pages %v; add new ones to the tests of hostile text and to this list", got)
	}
}

func TestEmptyPagesSayWhatToDo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	b := w.as("admin@blue.example")
	for path, want := range map[string][2]string{
		"/admin/orgs/blue/appointments":           {"No upcoming appointments", "/book/blue"},
		"/admin/orgs/blue/appointments?when=all":  {"No appointments", "/book/blue"},
		"/admin/orgs/blue/appointments?when=past": {"Nothing in the past yet", ""},
		"/admin/orgs/blue/leads":                  {"No leads yet", "/book/blue"},
		"/admin/orgs/blue/leads?stage=won":        {"No lead has this stage", "/admin/orgs/blue/leads"},
		"/admin/orgs/blue/connections":            {"No CRM configuration yet", ""},
	} {
		got := b.get(path)
		got.sound(t, path)
		got.has(t, ".empty h2", want[0])
		if to, _ := got.Find(".empty a").Attr("href"); want[1] != to {
			t.Errorf("%s: leads to %q", path, to)
		}
	}
	if b.get("/admin/orgs/blue/connections").count("details[open] form input[name=name]") != 1 {
		t.Error("the first config can't be added at once")
	}
}

func TestUpcomingBeginsTodayInTheOrganizationsZone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	w.clock.forward(-14 * time.Hour) // 8:30 AM in Chicago
	w.book(at(0, 20, 0), lead.Contact{LastName: "Tonight", Email: "a@example.com"}, nil)
	w.book(at(0, 9, 0), lead.Contact{LastName: "Thismorning", Email: "b@example.com"}, nil)
	w.book(at(1, 9, 0), lead.Contact{LastName: "Tomorrow", Email: "c@example.com"}, func(r *booking.Request) { r.Timezone = "America/New_York" })
	w.clock.forward(14 * time.Hour) // 10:30 PM in Chicago, tomorrow in UTC
	b := w.as("member@ridge.example")
	names := func(path string) string {
		var out []string
		for _, n := range b.get(path).Find("tbody tr .c-strong").EachIter() {
			out = append(out, strings.TrimSpace(n.Text()))
		}
		return strings.Join(out, " ")
	}
	if got := names("/admin/orgs/ridge/appointments"); got != "Thismorning Tonight Tomorrow" {
		t.Errorf("upcoming: %s", got)
	}
	if got := names("/admin/orgs/ridge/appointments?when=past"); got != "" {
		t.Errorf("past: %s", got)
	}
	page := b.get("/admin/orgs/ridge/appointments")
	page.has(t, "caption", "Times are in America/Chicago.")
	page.has(t, "tbody tr:last-child time", "Tue, Dec 1, 9:00 AM")
	if title, _ := page.Find("tbody tr:last-child time").Attr("title"); title != "Tue, Dec 1, 10:00 AM for the customer (America/New York)" {
		t.Errorf("the customer's time: %q", title)
	}
	if _, ok := page.Find("tbody tr:first-child time").Attr("title"); ok {
		t.Error("the same time is told twice")
	}
	w.clock.forward(2 * time.Hour)
	if got := names("/admin/orgs/ridge/appointments?when=past"); got != "Tonight Thismorning" {
		t.Errorf("past, after midnight in Chicago: %s", got)
	}
}

// loaded makes an appointment of the past or the future.
func loaded(id, rep string, start time.Time, s booking.Status) store.Loaded {
	k := lead.Customer{ID: lead.CustomerID("cus_" + id), Contact: lead.Contact{LastName: id, Email: id + "@example.com"}, Created: start, Updated: start}
	return store.Loaded{Customer: k, Token: secret.NewString("tok-" + id), Appointment: &booking.Appointment{
		ID: booking.AppointmentID(id), Status: s, Revision: 1, Service: "inspection", Rep: rep, Start: start, End: start.Add(time.Hour),
		Timezone: "America/Chicago", Customer: k.ID, Contact: k.Contact, Created: start, Updated: start,
	}}
}

// walk follows a list from page to page and gives the links of its rows.
func (b *browser) walk(t *testing.T, query string) []string {
	t.Helper()
	var links []string
	pages := 0
	for next := "/admin/orgs/ridge/appointments?" + query; next != "" && pages < 20; pages++ {
		got := b.get(next)
		for _, row := range got.Find("tbody tr").EachIter() {
			link, _ := row.Find("a").Attr("href")
			if slices.Contains(links, link) {
				t.Fatalf("%s: %s is there twice", query, link)
			}
			links = append(links, link)
		}
		next, _ = got.Find("a[rel=next]").Attr("href")
		if first := got.count(".paging a:contains('First page')"); (pages > 0) != (first == 1) && got.count(".paging") > 0 {
			t.Errorf("%s: page %d leads to the first page: %d", query, pages, first)
		}
	}
	return links
}

// TestPagesHoldEachAppointmentOnce walks the lists from page to page: two appointments start at each instant but the
// last before today, so that pages end among equals.
func TestPagesHoldEachAppointmentOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	var load []store.Loaded
	add := func(start time.Time, n int) {
		status := booking.Confirmed
		if n%10 == 0 {
			status = booking.NoShow
		}
		for i, rep := range []string{"ann", "ben"} {
			if n > 0 || i > 0 {
				load = append(load, loaded(fmt.Sprintf("apt_%06d_%d", n, i), rep, start, status))
			}
		}
	}
	const n = 63
	for i := range n {
		add(at(0, 0, 0).Add(time.Duration(i*i+1)*-7*time.Hour), i) // ever farther apart, over three years
		add(at(2, 0, 0).Add(time.Duration(i)*7*time.Hour), 1000+i)
	}
	if err := w.store.Load(t.Context(), w.ridge.ID, load); err != nil {
		t.Fatal(err)
	}
	b := w.as("member@ridge.example")
	for _, c := range []struct {
		query string
		want  int
		last  string // the row at the very end
	}{
		{"when=past", 2*n - 1, "apt_000062"},
		{"when=upcoming", 2 * n, "apt_001062"},
		{"when=all", 4*n - 1, "apt_001062"},
		{"when=past&status=no_show", 2*7 - 1, "apt_000060"},
		{"when=past&status=completed", 0, ""},
		{"when=past&status=confirmed", 2 * (n - 7), "apt_000062"},
		{"when=upcoming&status=confirmed", 2 * (n - 7), "apt_001062"},
	} {
		links := b.walk(t, c.query)
		if len(links) != c.want || (c.want > 0 && !strings.Contains(links[len(links)-1], c.last)) {
			t.Errorf("%s: %d of %d, %v", c.query, len(links), c.want, links)
		}
	}
}

// TestABusyPast: more appointments in one stretch than the store gives at once, after some days without any.
func TestABusyPast(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	var load []store.Loaded
	for i := range 130 {
		for _, rep := range []string{"ann", "ben"} {
			load = append(load, loaded(fmt.Sprintf("apt_%03d_%s", i, rep), rep, at(-8, 0, 0).Add(time.Duration(-i)*time.Hour), booking.Completed))
		}
	}
	if err := w.store.Load(t.Context(), w.ridge.ID, load); err != nil {
		t.Fatal(err)
	}
	links := w.as("member@ridge.example").walk(t, "when=past")
	if len(links) != len(load) || !strings.Contains(links[0], "apt_000") || !strings.Contains(links[len(links)-1], "apt_129") {
		t.Errorf("%d of %d: %v", len(links), len(load), links)
	}
}

func TestAnAppointmentThatFailedCanBeWrittenAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	a, _ := w.full(t)
	path := "/admin/orgs/ridge/appointments/" + string(a.ID)
	if got := w.as("member@ridge.example").get(path); got.count("form[action$=replay]") != 0 {
		t.Error("a member is offered what they may not do")
	}
	b := w.as("admin@ridge.example")
	b.get("/admin/orgs/ridge/appointments").has(t, "tbody .pill-bad", "Failed")
	got := b.get(path)
	got.has(t, "#live .pill-bad", "Failed")
	got.has(t, "#live .notice-error", "Correct the field, then press Write again.")
	got.has(t, "#live .notice-error code", "INVALID_DATA")
	got.has(t, "#live table tbody tr", "Related record Contacts 5725767000000524007")
	if got.count("[data-refresh]") != 0 {
		t.Error("the page fetches itself although nothing moves")
	}
	action, _ := got.Find("#live form button:contains('Write again')").Parent().Attr("action")
	before := w.dueJobs()
	done := b.post(action)
	if done.code != http.StatusSeeOther || done.location != path || w.dueJobs() != before+1 {
		t.Errorf("%d %s, %d jobs", done.code, done.location, w.dueJobs()-before)
	}
	again := b.get(path)
	again.has(t, "[role=status]", "writes this appointment to Zoho again")
	again.has(t, "#live .pill", "Pending")
	if again.count("#live[data-refresh]") != 1 || again.count("form[action$=replay]") != 0 {
		t.Error("pending: the part must follow by itself, and there is nothing to press")
	}
	if b.get(path).count("[role=status]") != 0 {
		t.Error("the message is told twice")
	}
	if err := w.store.Settle(t.Context(), w.ridge.ID, crmsync.Ref{Appointment: a.ID}, crmsync.Outcome{Revision: a.Revision}, w.clock.Now()); err != nil {
		t.Fatal(err)
	}
	written := b.get(path)
	written.has(t, "#live .pill-ok", "Written")
	if written.count("[data-refresh]") != 0 {
		t.Error("it is written and still fetches itself")
	}
}

func TestALeadThatFailedCanBeWrittenAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	a, enquiry := w.full(t)
	b := w.as("admin@ridge.example")
	for _, l := range []lead.ID{enquiry.ID, a.Lead} { // one for itself, one that is written with its appointment
		r := crmsync.Ref{Lead: l}
		if l == a.Lead {
			r = crmsync.Ref{Appointment: a.ID}
		}
		if err := w.store.Settle(t.Context(), w.ridge.ID, r, crmsync.Outcome{Failed: true, Error: "Zoho refused it."}, w.clock.Now()); err != nil {
			t.Fatal(err)
		}
		path := "/admin/orgs/ridge/leads/" + string(l)
		b.get(path).has(t, "#live .notice-error", "Zoho refused it.")
		before := w.dueJobs()
		if got := b.post(path + "/replay"); got.location != path || w.dueJobs() != before+1 {
			t.Errorf("%s: %d %s, %d jobs", l, got.code, got.location, w.dueJobs()-before)
		}
		b.get(path).has(t, "#live .pill", "Pending")
	}
}

func TestWhatHinders(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	a := w.book(at(2, 10, 0), jo, nil)
	path := "/admin/orgs/ridge/appointments/" + string(a.ID)
	b := w.as("member@ridge.example")
	got := b.get(path)
	got.has(t, "#live .pill", "Not connected")
	if to, _ := got.Find("#live a").Attr("href"); to != "/admin/orgs/ridge/connections" || got.count("[data-refresh]") != 0 {
		t.Errorf("not connected: leads to %q", to)
	}
	w.connected()
	if got = b.get(path); got.count("#live[data-refresh]") != 1 {
		t.Error("connected: the part must follow by itself")
	}
	c, err := w.connections.Config(t.Context(), w.ridge.ID, w.config.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.store.MarkLost(t.Context(), w.ridge.ID, c.ID, c.Connection.TokenVersion, connection.Failure{Class: crm.Broken, Code: "invalid_code", Since: w.clock.Now()}); err != nil {
		t.Fatal(err)
	}
	got = b.get(path)
	got.has(t, "#live", "Waits until the connection is authorized again.")
	got.has(t, ".menu-org summary", "Zoho: needs reconnecting")
	if got.count(".menu-org summary .dot-bad") != 1 || got.count("[data-refresh]") != 0 {
		t.Error("parked: nothing moves by itself, and the dot says so")
	}
	config := b.get("/admin/orgs/ridge/crm-configs/" + string(c.ID))
	config.has(t, "main .notice-error", "Press Connect Zoho and accept the permissions (steps 4 to 6).")
	config.has(t, "dd .pill-bad", "Not accepted by Zoho any more")
	config.has(t, "main .notice-error code", "invalid_code")
	config.has(t, "main .pill-bad", "Needs reconnecting")
}

func TestTheTimelineIsInOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	a, _ := w.full(t)
	w.clock.forward(time.Minute)
	err := w.store.KeepDelivery(t.Context(), w.ridge.ID, notify.Delivery{MessageID: "m2", Appointment: a.ID, Kind: "rescheduled", State: notify.Sent, At: w.clock.Now()})
	if err != nil {
		t.Fatal(err)
	}
	w.clock.forward(time.Minute)
	for i, s := range []crmsync.AttemptState{crmsync.AttemptUnknown, crmsync.AttemptWritten} {
		err := w.store.Record(t.Context(), w.ridge.ID, crmsync.Attempt{
			ID: crmsync.AttemptID(fmt.Sprint("try_2", i)), Config: w.config.ID, At: w.clock.Now(), State: s, Kind: "update Events", Appointment: a.ID, Module: "Events", Request: `{"a":1}`, Answer: "{}",
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
	}
	got := w.as("member@ridge.example").get("/admin/orgs/ridge/appointments/" + string(a.ID))
	var titles []string
	for _, e := range got.Find(".timeline .event-title").EachIter() {
		titles = append(titles, strings.Join(strings.Fields(e.Text()), " "))
	}
	want := []string{
		"Booked by " + hostile + " for Wed, Dec 2, 10:00 AM with Ann Archer", "Confirmation could not be delivered", "Could not create a record in Events",
		"Message with the new time sent to the customer", "No answer to updating the record, so we write it again: Events", "Updated the record in Events",
	}
	if !slices.Equal(titles, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(titles, "\n"), strings.Join(want, "\n"))
	}
	attempt := got.Find(".timeline details").First()
	for _, v := range []string{`"Event_Title": "R••••"`, "<script>alert('zoho')</script>", "INVALID_DATA", "5725767000000524007", "40 ms"} {
		if !strings.Contains(attempt.Text(), v) {
			t.Errorf("the attempt does not show %q: %s", v, attempt.Text())
		}
	}
}

func TestLeadsListNewestFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	for i, name := range []string{"Older", "Newer"} {
		_, err := w.leads.Capture(t.Context(), w.ridge, lead.Request{Kind: lead.Abandoned, Contact: lead.Contact{LastName: name, Email: fmt.Sprintf("%d@example.com", i)}, Message: "Hello\n\nthere"})
		if err != nil {
			t.Fatal(err)
		}
		w.clock.forward(3 * time.Hour)
	}
	got := w.as("member@ridge.example").get("/admin/orgs/ridge/leads")
	got.has(t, "tbody tr:first-child", "Newer 3 hours ago Call or write Hello there Waits 3 hours Not known Abandoned New Not connected")
	got.has(t, "tbody tr:last-child", "Older 6 hours ago")
	if got.count(".tabs [aria-current]") != 1 {
		t.Error("no filter is marked as chosen")
	}
}

// TestSecretsAreInNoPage crawls everything that an administrator can see, while and after secrets are entered.
func TestSecretsAreInNoPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{ClientID: "1000.SHARED", Secrets: map[string]secret.String{"": secret.NewString("shared-secret-1")}})
	a, enquiry := w.full(t)
	token, err := w.store.ManageToken(t.Context(), w.ridge.ID, a.ID)
	if err != nil {
		t.Fatal(err)
	}
	config := "/admin/orgs/ridge/crm-configs/" + string(w.config.ID)
	b := w.as("admin@ridge.example")
	var all strings.Builder
	keep := func(got answer) {
		all.WriteString(got.body)
		for k, v := range got.header {
			if k != "Set-Cookie" {
				fmt.Fprint(&all, k, v)
			}
		}
	}
	keep(b.post(config, "name", "", "crm_type", "zoho", "client_id", "1000.OWN", "client_secret", "typed-secret-1"))
	keep(b.post(config, "name", "Main", "crm_type", "zoho", "client_id", "OWN", "client_secret", "1000.typed-secret-2"))
	keep(b.post(config, "name", "Main", "crm_type", "zoho", "client_id", "1000.OWN", "client_secret", "typed-secret-3"))
	queue, seen := []string{"/admin/orgs/ridge/appointments", config, config + "?dialog=connection", "/admin/orgs/ridge/leads/" + string(enquiry.ID)}, map[string]bool{}
	looks := map[string]int{} // a calendar goes on for ever
	for len(queue) > 0 {
		path := queue[0]
		queue = queue[1:]
		page, _, _ := strings.Cut(path, "?")
		if seen[path] || !strings.HasPrefix(path, "/admin") || looks[page] == 20 {
			continue
		}
		seen[path] = true
		looks[page]++
		got := b.get(path)
		if !strings.HasPrefix(path, "/admin/orgs/ridge/customers/"+string(a.Customer)) { // which shows their private link
			keep(got)
		} else if got.count("section[aria-labelledby=private] code:contains('"+token.Reveal()+"')") != strings.Count(got.body, token.Reveal())/2 { // as text and to be copied
			t.Errorf("%s: the private link stands elsewhere", path)
		}
		for _, l := range got.Find("a[href]").EachIter() {
			to, _ := l.Attr("href")
			if u, err := url.Parse(to); err == nil && u.Host == "" {
				queue = append(queue, to)
			}
		}
	}
	if len(seen) < 15 {
		t.Errorf("saw only %d pages", len(seen))
	}
	for _, s := range []string{"shared-secret-1", "typed-secret-1", "typed-secret-2", "typed-secret-3", clientSecret, refreshToken, accessToken, token.Reveal(), password} {
		if strings.Contains(all.String(), s) {
			t.Errorf("%s is in a page", s)
		}
	}
	b.get(config).has(t, "#settings", "Saved, fingerprint "+secret.NewString("typed-secret-3").Fingerprint())
}

// TestWhatWasWrittenIsForAdministrators: values stand in clear there.
func TestWhatWasWrittenIsForAdministrators(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	a, _ := w.full(t)
	path := "/admin/orgs/ridge/appointments/" + string(a.ID)
	if got := w.as("member@ridge.example").get(path); got.count("[aria-labelledby=written]") != 0 || got.count("a[href$='/undo']") != 0 {
		t.Error("a member sees what was written, or is offered to undo it")
	}
	b := w.as("admin@ridge.example")
	got := b.get(path)
	got.has(t, "[aria-labelledby=written] tbody tr", "Last Name Last_Name before "+hostile+" "+hostile+" Fill if empty, built-in mapping")
	b.get("/admin/orgs/ridge/sync/try_1").has(t, "dl.facts", "In the log job 12")
	plan := b.get(path + "/undo")
	plan.has(t, "main .pill-ok", "Put back")
	plan.has(t, "main tbody tr", "Last Name Last_Name "+hostile+" before "+hostile)
	if plan.count("[name=deletions]") != 0 {
		t.Error("a deletion is offered where there is none")
	}
	asked := b.post(path + "/undo")
	if asked.code != http.StatusSeeOther || !strings.HasPrefix(asked.location, "/admin/orgs/ridge/undo/undo_") {
		t.Fatalf("%d %s", asked.code, asked.location)
	}
	follow := b.get(asked.location)
	follow.has(t, "#live [role=status]", "0 of 1 record done.")
	if follow.count("#live[data-refresh]") != 1 {
		t.Error("the page does not follow")
	}
}
