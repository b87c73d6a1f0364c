package admin_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/privacy"
)

// stranger makes a customer of ridge who has only asked something.
func (w *world) stranger(name string) string {
	w.t.Helper()
	l, err := w.leads.Capture(w.t.Context(), w.ridge, lead.Request{Kind: lead.ContactUs, Message: "?", Contact: lead.Contact{FirstName: "Stranger", LastName: name, Email: name + "@stranger.example"}})
	if err != nil {
		w.t.Fatal(err)
	}
	return string(l.Customer)
}

// erased erases a stranger and gives the erasure's id.
func (w *world) erased(name string) string {
	w.t.Helper()
	r, err := w.privacy.Erase(w.t.Context(), w.ridge.ID, privacy.Who{Customer: lead.CustomerID(w.stranger(name))}, false, "Rae Ridge")
	if err != nil {
		w.t.Fatal(err)
	}
	return string(r.ID)
}

func TestAPersonIsErasedInTheConsole(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	a := w.book(at(2, 10, 0), lead.Contact{FirstName: hostile, LastName: "Quillfeather", Email: "quill@marker.example", Phone: "+13125550177"}, nil)
	w.failedPush(a)
	page := "/admin/orgs/ridge/customers/" + string(a.Customer)
	if got := w.as("member@ridge.example").get(page); got.count("#privacy") != 0 {
		t.Error("a member is offered what they may not do")
	}
	b := w.as("admin@ridge.example")
	if got := b.get("/admin/orgs/ridge/erasures?q=%20Quill@Marker.example"); got.count("a[href='"+page+"']") != 1 {
		t.Error("not found by e-mail")
	}
	if got := b.get("/admin/orgs/ridge/erasures?q=312+555+0177"); got.count("a[href='"+page+"']") != 1 {
		t.Error("not found by phone")
	}
	got := b.get(page)
	got.sound(t, page)
	erase, export := got.Find("#privacy ~ p a.button-danger").AttrOr("href", ""), got.Find("#privacy ~ p a:not(.button-danger)").AttrOr("href", "")
	file := b.get(export)
	var doc privacy.Export
	if err := json.Unmarshal([]byte(file.body), &doc); err != nil || len(doc.Tables["appointments"]) != 1 || !strings.Contains(file.body, "quill@marker.example") {
		t.Errorf("the export: %v", err)
	}
	if h := file.header; !strings.HasPrefix(h.Get("Content-Disposition"), "attachment; filename=\"person-ridge-") || h.Get("Content-Type") != "application/json" || !strings.Contains(h.Get("Cache-Control"), "no-store") {
		t.Errorf("the file: %v", h)
	}
	ask := b.get(erase)
	ask.sound(t, erase)
	ask.has(t, ".notice-warning", "1 visit is still to take place")
	ask.has(t, "form fieldset", "Contacts")
	if _, err := w.leads.Store.Customer(t.Context(), w.ridge.ID, a.Customer); err != nil {
		t.Fatal("asking erased the person")
	}
	w.clock.forward(20 * time.Minute)
	if late := b.post(erase, "zoho", "1"); !strings.HasPrefix(late.location, "/admin/account/again?") {
		t.Fatalf("without signing in again: %d %s", late.code, late.location)
	}
	if back := b.post("/admin/account/again", "password", password); back.code != http.StatusSeeOther {
		t.Fatal(back.code)
	}
	done := b.post(erase, "zoho", "1")
	proof := b.get(done.location)
	proof.sound(t, done.location)
	proof.has(t, ".notice-success", "found nothing")
	proof.has(t, "main", "Waits")
	for _, path := range []string{done.location, "/admin/orgs/ridge/erasures", "/admin/orgs/ridge/audit", "/admin/orgs/ridge/appointments?when=all", "/admin/orgs/ridge/appointments/" + string(a.ID), "/admin/orgs/ridge/customers", "/admin/orgs/ridge/leads", "/admin/orgs/ridge/sync"} {
		p := b.get(path)
		p.sound(t, path)
		if strings.Contains(p.body, "uillfeather") || strings.Contains(p.body, "marker.example") {
			t.Errorf("%s still shows the person", path)
		}
	}
	b.get("/admin/orgs/ridge/audit").has(t, "main", "Person erased")
	if again := b.get(page); again.code != http.StatusNotFound {
		t.Errorf("the person's page: %d", again.code)
	}
}

// TestWhoIsNoCustomerIsErasedToo: whose request waits in the quarantine is found, exported and erased by address or number.
func TestWhoIsNoCustomerIsErasedToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	w.suspect("312-555-0188")
	b := w.as("admin@ridge.example")
	const ask = "/admin/orgs/ridge/erasures?q="
	for _, q := range []string{"312-555-0189", "else@marker.example", "nobody"} {
		b.get(ask+q).has(t, "main [role=status]", "Nothing is held")
	}
	found := b.get(ask + "312-555-0188")
	found.sound(t, ask)
	erase := found.Find("main [role=status] a").AttrOr("href", "")
	page := b.get(erase)
	page.sound(t, erase)
	page.has(t, "main table", "suspects")
	file := b.get(page.Find("main p a[href*=export]").AttrOr("href", ""))
	var doc privacy.Export
	if err := json.Unmarshal([]byte(file.body), &doc); err != nil || len(doc.Tables["suspects"]) != 1 || !strings.Contains(file.body, "312-555-0188") {
		t.Errorf("the export: %v %s", err, file.body)
	}
	done := b.post(page.Find("main form").AttrOr("action", ""))
	b.get(done.location).has(t, ".notice-success", "found nothing")
	b.get("/admin/orgs/ridge/quarantine").has(t, "main", "Nothing")
	if again := b.get(erase); again.code != http.StatusNotFound {
		t.Errorf("a second time: %d", again.code)
	}
	if all := strings.Join(w.events(w.ridge.ID), "\n"); strings.Contains(all, "0188") || !strings.Contains(all, "Person erased") || !strings.Contains(all, "Person exported") {
		t.Errorf("the audit: %s", all)
	}
}
