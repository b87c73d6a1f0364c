package admin_test

import (
	"net/http"
	"strings"
	"testing"

	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/connection"
)

// TestWorkingTimeFromZoho: what differs is shown, what is chosen is taken over, what could not be read is said with what to do.
func TestWorkingTimeFromZoho(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{ClientID: "1000.SHARED"})
	b := w.as("admin@ridge.example")
	const path = rulesPath + "working-time"
	b.get(path).has(t, ".empty", "Zoho is not connected")
	if got := b.post(path, "take", "x"); got.code != http.StatusSeeOther {
		t.Errorf("without a connection: %d", got.code)
	}
	w.connected()
	rules := w.rules()
	rules.Reps[0].CRMUser, rules.Reps[0].Hours = "77", []catalog.Hours{{Days: []string{"mon", "tue", "wed", "thu", "fri"}, Start: "09:00", End: "17:00"}}
	if _, err := (&catalog.Editor{Store: w.store}).Replace(t.Context(), w.ridge.ID, rules); err != nil {
		t.Fatal(err)
	}
	b.get(rulesPath+"holidays").has(t, "main header a[href='working-time']", "Read from Zoho")
	b.get(path).has(t, "main header a", "Read from Zoho")
	read := b.get(path + "?read=1")
	read.sound(t, "read")
	read.has(t, "main form.stack", "Fri, Jan 1")
	read.has(t, "main form.stack", "Ann Archer Mon–Fri 9:00 AM – 5:00 PM → Mon 8:00 AM – 6:00 PM Business hours")
	read.has(t, "main form.stack", "9:00 AM – 5:00 PM → 12:00 PM – 5:00 PM")
	read.has(t, ".notice-warning", "Shifts: this edition of Zoho does not have it")
	read.has(t, ".notice-warning", "Unavailability: the permission to read it has not been given.")
	if !strings.Contains(read.header.Get("Content-Security-Policy"), accounts) {
		t.Error("the way to the consent page is closed")
	}
	to, _ := read.Find(".notice-warning form").Attr("action")
	if got := b.post(to, "extra", "working_time"); got.code != http.StatusSeeOther || !strings.HasPrefix(got.location, accounts) {
		t.Errorf("%d %s", got.code, got.location)
	}
	var keys []string
	for _, box := range read.Find("input[name=take]").EachIter() {
		key, _ := box.Attr("value")
		keys = append(keys, key)
	}
	if len(keys) != 3 {
		t.Fatalf("%v", keys)
	}
	look := b.post(path, "take", keys[0], "do", "preview")
	look.sound(t, "preview")
	look.has(t, "#what-changes", "would go")
	if look.count("input[name=take]:checked") != 1 || len(w.rules().Holidays) != 0 {
		t.Error("a preview forgets the choice, or saves")
	}
	done := b.post(path, "take", keys[0], "take", keys[1], "take", "hours-0")
	b.get(done.location).has(t, ".notice-success", "Taken over: 2 differences. 1 other changed meanwhile")
	after := w.rules()
	if ann, _ := after.Rep("ann"); len(after.Holidays) != 1 || len(ann.Hours) != 1 || ann.Hours[0].Start != "08:00" || len(ann.Overrides) != 0 {
		t.Errorf("%+v", after)
	}
	if all := strings.Join(w.events(w.ridge.ID), "\n"); !strings.Contains(all, "Working time taken over from Zoho") {
		t.Errorf("the audit lacks it:\n%s", all)
	}
	events := len(w.events(w.ridge.ID))
	if got := b.post(path, "take", "hours-0"); got.code != http.StatusSeeOther || len(w.events(w.ridge.ID)) != events {
		t.Errorf("what is not there any more: %d", got.code)
	}
	if got := b.post(path); got.code != http.StatusSeeOther {
		t.Errorf("nothing chosen: %d", got.code)
	}
	if got := w.as("member@ridge.example").get(path); got.code != http.StatusForbidden {
		t.Errorf("a member: %d", got.code)
	}
}
