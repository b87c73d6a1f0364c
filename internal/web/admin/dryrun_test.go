package admin_test

import (
	"net/http"
	"strings"
	"testing"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/lead"
)

// TestComparingWithZoho: nothing before it is connected, then how far it is, then what was found, on the page and as a sheet.
func TestComparingWithZoho(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	b := w.as("admin@ridge.example")
	config := "/admin/orgs/ridge/crm-configs/" + string(w.config.ID)
	path := config + "/dry-run"
	if got := b.get(path); got.count("form[action='"+path+"']") != 0 || b.get(config).count("a[href='"+path+"']") != 0 {
		t.Error("it can be started before a connection is there")
	}
	if got := b.post(path); got.code != http.StatusConflict {
		t.Errorf("started without a connection: %d", got.code)
	}
	w.connected()
	a := w.book(at(2, 10, 0), lead.Contact{FirstName: "=1+1", LastName: hostile, Email: "jo@example.com"}, nil)
	if got := b.get(config); got.count("a[href='"+path+"']") != 1 {
		t.Error("the configuration does not lead there")
	}
	b.get(path).has(t, "section[aria-labelledby=begin] p", "at most 3 credits for each 2,000 of them, so 150 for 100,000. Left today: ")
	if got := b.post(path); got.code != http.StatusSeeOther {
		t.Fatal(got.code)
	}
	if got := b.get(path); got.count("#live[data-refresh]") != 1 || !strings.Contains(got.Text(), "0 contacts and 0 leads read") {
		t.Error("the page does not say how far it is")
	}
	if got := b.post(path); got.code != http.StatusConflict || got.count("[role=alert]") != 1 {
		t.Errorf("a second one at the same time: %d", got.code)
	}
	d, _, err := w.store.LastDryRun(t.Context(), w.ridge.ID, w.config.ID)
	if err != nil || d.By == "" {
		t.Fatal(d, err)
	}
	d.Ended, d.Contacts, d.Done, d.Counts = w.clock.Now(), 6000, 1, map[crmsync.FindingKind]int{crmsync.FoundMatch: 1, crmsync.FoundDuplicate: 150}
	d.Findings = []crmsync.Finding{{Kind: crmsync.FoundMatch, Customer: a.Customer, Module: "Contacts", Records: []string{"11"}, Grounds: []lead.Ground{lead.ByEmail, lead.ByName}}}
	for range 150 {
		d.Findings = append(d.Findings, crmsync.Finding{Kind: crmsync.FoundDuplicate, Module: "Contacts", Records: []string{"12", "13"}, Grounds: []lead.Ground{lead.ByPhone}})
	}
	if err := w.store.PutDryRun(t.Context(), w.ridge.ID, d); err != nil {
		t.Fatal(err)
	}
	got := b.get(path)
	got.sound(t, path)
	got.has(t, "#live td a", hostile)
	got.has(t, "#live td:nth-child(3)", "The same e-mail and name")
	got.has(t, "#live table + p", "51 more stand in the CSV.")
	if got.count("#live[data-refresh]") != 0 || got.count("#live tbody tr") != 100 {
		t.Errorf("%d rows", got.count("#live tbody tr"))
	}
	sheet := b.get(path + "/export")
	if n := strings.Count(sheet.body, "\n"); n != 152 || !strings.Contains(sheet.body, `'=1+1`) || !strings.Contains(sheet.header.Get("Content-Type"), "text/csv") {
		t.Errorf("the sheet has %d lines: %.300s", n, sheet.body)
	}
	if got := w.as("member@ridge.example").get(path); got.code != http.StatusForbidden {
		t.Errorf("a member: %d", got.code)
	}
}
