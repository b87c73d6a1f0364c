package admin_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/web/admin"
)

// TestEveryChangeIsAudited walks the table: a request that changes something of an organization leaves an event.
func TestEveryChangeIsAudited(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{ClientID: "1000.SHARED", Secrets: map[string]secret.String{"": secret.NewString("shared-secret-1")}})
	w.connected()
	things := w.things()
	none := map[string]bool{ // a draft of one's own session, not saved anywhere
		"/admin/orgs/{org}/crm-settings/{id}/discard": true, "/admin/orgs/{org}/crm-settings/{id}/mapping": true,
		"/admin/account/sessions/end": true, "/admin/account/sessions/{id}/end": true, "/admin/account/password": true, // in the tests above
		"/admin/orgs/{org}/scheduler/branding/logo": true,                                                                                                                                               // a file, in brand_test.go
		"/admin/orgs/{org}/scheduler/working-time":  true,                                                                                                                                               // in worktime_test.go
		"/admin/account/again":                      true, "/admin/account/factor": true, "/admin/account/factor/confirm": true, "/admin/account/factor/codes": true, "/admin/account/factor/end": true, // in factor_test.go
		"/admin/account/passkeys/options": true, "/admin/account/passkeys": true, "/admin/account/passkeys/{id}/remove": true, // in passkey_test.go
	}
	b := w.as("engineer@hs.example")
	if got := b.post("/admin/orgs/ridge/crm-settings/"+things["crm-settings"], "source", "crm_appointments"); got.code != http.StatusSeeOther {
		t.Fatal(got.code)
	}
	for n, rt := range admin.Table() {
		if rt.Method != http.MethodPost || rt.Access == "" || none[rt.Path] {
			continue
		}
		w.renewed(rt.Path, things, n)
		o := w.ridge.ID
		if !strings.Contains(rt.Path, "{org}") {
			o = ""
		}
		if got := b.post("/admin/account/again", "password", password); got.code != http.StatusSeeOther {
			t.Fatal(got.code)
		}
		before := len(w.events(o))
		path := pathOf(rt.Path, "ridge", things)
		got := b.post(path+"?version=1",
			"choice", "enquiry", "kind", "booked", "language", "de", "subject", "S", "heading", "H", "duration_minutes", "1 hour",
			"slot_interval_minutes", "30", "buffer_before_minutes", "0", "buffer_after_minutes", "0",
			"minimum_notice_minutes", "0", "booking_window_days", "60", "assignment", "priority", "person", "Ann",
			"hours", "9-5", "days", "mon", "date", "2026-12-25", "name", "Other", "crm_type", "zoho",
			"source", "crm_appointments_and_events", "client_id", "1000.NEW", "client_secret", "typed-secret-9",
			"email", fmt.Sprintf("g%d@x.example", n), "role", "admin", "from", "2026-01-01T00:00", "to", "2027-12-31T00:00",
			"sites", "a.example", "site", "b.example", "user", "77", "rep", "ann", "lasts", "30", "pursue", "all", "after", "30",
			"start", "2026-12-09T16:00:00Z", "last_name", "Caller",
			"url", "https://hooks.example/added", "types", "lead.created", "since", "2026-11-30T12:00",
			"hold", "45", "on", "1",
		)
		after := w.events(o)
		if len(after) != before+1 {
			t.Errorf("%s: %d events (status %d)", rt.Path, len(after)-before, got.code)
		} else if !strings.HasSuffix(after[0], "| Eli Engineer | 127.0.0.1") {
			t.Errorf("%s: by whom? %s", rt.Path, after[0])
		}
	}
	all := strings.Join(w.events(w.ridge.ID), "\n")
	for _, want := range []string{
		"availability source: crm_appointments → crm_appointments_and_events", "Client ID: 1000.OWN → 1000.NEW", "Connect Zoho begun", "Test booking", "Settings of version 1 restored",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("the audit lacks %q:\n%s", want, all)
		}
	}
	for _, never := range []string{"typed-secret-9", clientSecret, refreshToken, password, "shared-secret-1"} {
		if strings.Contains(all, never) {
			t.Errorf("the audit holds %s", never)
		}
	}
}

func TestAuditFilterAndPaging(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	log := audit.Log{Store: w.store, Now: w.clock.Now}
	for i := range 60 {
		area, who := audit.Settings, "usr_1"
		if i%2 == 1 {
			area, who = audit.Team, "usr_2"
		}
		if err := log.Record(t.Context(), w.ridge.ID, audit.Event{By: audit.By{Who: "Person " + who, WhoID: who, Address: "192.0.2.7"}, Area: area, Act: fmt.Sprintf("Act %d", i)}); err != nil {
			t.Fatal(err)
		}
		w.clock.forward(time.Second)
	}
	if err := log.Record(t.Context(), w.blue.ID, audit.Event{Act: "Blue's own"}); err != nil {
		t.Fatal(err)
	}
	b := w.as("admin@ridge.example")
	first := b.get("/admin/orgs/ridge/audit")
	first.has(t, "tbody tr:first-child", "Act 59 – Person usr_2 192.0.2.7")
	next, _ := first.Find(".paging a[rel=next]").Attr("href")
	second := b.get(next)
	if first.count("tbody tr") != 50 || second.count("tbody tr") != 10 || second.count(".paging a[rel=next]") != 0 {
		t.Errorf("%d, then %d", first.count("tbody tr"), second.count("tbody tr"))
	}
	if strings.Contains(first.body+second.body, "Blue's own") {
		t.Error("another organization's event")
	}
	team := b.get("/admin/orgs/ridge/audit?area=team")
	if team.count("tbody tr") != 30 || strings.Contains(team.text("tbody"), "usr_1") {
		t.Errorf("of the team: %d", team.count("tbody tr"))
	}
	one := b.get(first.Find("tbody tr:nth-child(2) a").AttrOr("href", ""))
	if one.count("tbody tr") != 30 || strings.Contains(one.text("tbody"), "usr_2") {
		t.Errorf("of one person: %d", one.count("tbody tr"))
	}
	b.get("/admin/orgs/ridge/audit?area=keys").has(t, "main .empty", "Nothing matches")
	if got := b.get("/admin/orgs/ridge/audit?after=%00"); got.code != http.StatusUnprocessableEntity {
		t.Errorf("a wrong cursor: %d", got.code)
	}
	if got := w.as("member@ridge.example").get("/admin/orgs/ridge/audit"); got.code != http.StatusForbidden {
		t.Errorf("a member: %d", got.code)
	}
}
