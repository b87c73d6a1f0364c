package admin_test

import (
	"strings"
	"testing"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/drift"
	"heavyset.tech/platform/internal/mapping"
	"heavyset.tech/platform/internal/secret"
)

// TestDriftIsShown: what has changed in Zoho stands where people look, with the way to mend it for those who may.
func TestDriftIsShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{ClientID: "1000.SHARED", Secrets: map[string]secret.String{"": secret.NewString("s")}})
	w.connected()
	a := w.book(at(2, 10, 0), jo, nil)
	w.failedPush(a)
	w.book(at(2, 12, 0), jo, nil)
	keep := func(list ...drift.Finding) {
		t.Helper()
		if err := w.store.KeepDrift(t.Context(), w.ridge.ID, w.config.ID, drift.State{Findings: list, Looked: w.clock.Now()}, nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	finding := func(k mapping.DriftKind, key, field string) drift.Finding {
		return drift.Finding{Drift: mapping.Drift{Kind: k, Role: crm.RoleLead, Module: "Leads", Key: key, Field: field, Words: "Words of " + field + ".", Fix: "Fix it.", Fatal: k != mapping.ChoiceLost}, Since: w.clock.Now()}
	}
	settings := "/admin/orgs/ridge/crm-settings/" + string(w.config.ID)
	admin, member := w.as("admin@ridge.example"), w.as("member@ridge.example")
	if n := admin.get(settings).count("#drift"); n != 0 {
		t.Error("something has changed before anything has")
	}
	for _, c := range []struct {
		finding drift.Finding
		link    string
		held    bool
	}{
		{finding(mapping.Deleted, "city", "City"), settings + "/mapping#f-lead-city", true},
		{finding(mapping.Mandatory, "", "Demanded"), settings + "/mapping#f-lead-x-Demanded", true},
		{finding(mapping.ModuleGone, "", ""), settings + "/mapping#m-lead", true},
		{finding(mapping.NoRights, "", ""), "/admin/orgs/ridge/crm-configs/" + string(w.config.ID), true},
		{finding(mapping.ChoiceLost, "lead_status", "Lead_Status"), settings + "/mapping#f-lead-lead_status", false},
	} {
		keep(c.finding)
		for _, path := range []string{settings, "/admin/orgs/ridge/sync"} {
			page := admin.get(path)
			page.has(t, "section:has(#drift)", c.finding.Words)
			if got := page.Find("section:has(#drift) li a").AttrOr("href", ""); got != c.link {
				t.Errorf("%s leads to %s", c.finding.Kind, got)
			}
			if held := strings.Contains(page.text("section:has(#drift)"), "Waiting to be written: 1 appointment"); held != c.held {
				t.Errorf("%s: %s", c.finding.Kind, page.text("section:has(#drift)"))
			}
			if seen := member.get(path); seen.count("#drift") != 1 || seen.count("section:has(#drift) a, section:has(#drift) form") != 0 {
				t.Errorf("a member sees %s", seen.text("section:has(#drift)"))
			}
		}
		path, anchor, found := strings.Cut(c.link, "#")
		if editor := admin.get(path); found && editor.count("#"+anchor) != 1 {
			t.Errorf("%s leads to nothing on the page", c.link)
		}
	}
	keep(finding(mapping.Deleted, "city", "City"))
	admin.get(settings+"/mapping").has(t, "#n-lead-city", "Words of City. Fix it.")

	// this CRM has all fields: a look finds that
	r := admin.post(settings + "/look")
	if r.location != settings {
		t.Fatalf("%d, to %s", r.code, r.location)
	}
	page := admin.get(settings)
	page.has(t, ".notice", "Looked at Zoho just now")
	if strings.Contains(page.text("main"), "Words of City") {
		t.Error("what is over is still shown")
	}
}

// TestRefusalLeadsToItsRow: the attempt that Zoho refused because of a field leads to where that is mapped.
func TestRefusalLeadsToItsRow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{ClientID: "1000.SHARED", Secrets: map[string]secret.String{"": secret.NewString("s")}})
	w.connected()
	a := w.book(at(2, 10, 0), jo, nil)
	w.refusedPush(a, "Venue")
	link := "/admin/orgs/ridge/crm-settings/" + string(w.config.ID) + "/mapping#f-appointment-location"
	for path, where := range map[string]string{"/admin/orgs/ridge/sync": "td", "/admin/orgs/ridge/appointments/" + string(a.ID): "#live"} {
		if n := w.as("admin@ridge.example").get(path).count(where + ` a[href="` + link + `"]`); n != 1 {
			t.Errorf("%s has %d links to the row", path, n)
		}
		if n := w.as("member@ridge.example").get(path).count(`a[href*="/mapping#"]`); n != 0 {
			t.Errorf("%s leads a member to where they may not go", path)
		}
	}
}
