package admin_test

import (
	"net/http"
	"strings"
	"testing"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/quarantine"
)

// suspect makes a booking of somebody with a number that waits in ridge's quarantine.
func (w *world) suspect(phone string) string {
	w.t.Helper()
	r := booking.Request{Start: at(3, 11, 0)}
	r.Scheduler, r.Service, r.Contact, r.Notes = "ridge", "inspection", lead.Contact{FirstName: "O'Hara & <script>", LastName: hostile, Phone: phone}, hostile
	v := quarantine.Suspect{ID: quarantine.ID(id.New("sus", w.clock.Now())), At: w.clock.Now(), Score: 60, Reasons: []string{hostile}, Request: quarantine.Request{Address: "192.0.2.1", Booking: &r}}
	if err := w.store.KeepSuspect(w.t.Context(), w.ridge.ID, v); err != nil {
		w.t.Fatal(err)
	}
	return string(v.ID)
}

// TestAPersonSettlesTheQuarantine: booked if the time is free, else an enquiry; discarded leaves nothing.
func TestAPersonSettlesTheQuarantine(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	b := w.as("member@ridge.example")
	const list = "/admin/orgs/ridge/quarantine"
	other, first, second, third := w.suspect("312-555-0181"), w.suspect("312-555-0182"), w.suspect("312-555-0183"), w.suspect("312-555-0184")
	if got := b.get(list); !strings.Contains(got.Text(), "Quarantine (4)") || !strings.Contains(got.Text(), hostile) {
		t.Error("the number that waits or the reasons are not shown")
	}
	b.get(list).has(t, "main", "Service: Roof inspection")
	settle := func(v, choice, want string) {
		t.Helper()
		if got := b.post(list+"/"+v, "choice", choice); got.code != http.StatusSeeOther {
			t.Fatalf("%s: %d", choice, got.code)
		}
		if got := b.get(list); !strings.Contains(got.Text(), want) {
			t.Errorf("%s: %q is missing", choice, want)
		}
	}
	settle(other, "released", "Released by")
	settle(first, "released", "Released by")
	settle(second, "released", "contact the person") // both reps' time is taken now
	settle(second, "enquiry", "Kept as an enquiry by")
	settle(third, "discarded", "Discarded by")
	settle(third, "released", "settled already")
	if got := b.post(list+"/"+third, "choice", "released"); got.code != http.StatusSeeOther || strings.Contains(b.get(list).text(".notice"), "contact the person") {
		t.Error("what is settled is to be kept as an enquiry")
	}
	for path, n := range map[string]int{"/admin/orgs/ridge/appointments?when=all": 2, "/admin/orgs/ridge/leads": 3} {
		if got := b.get(path).count("tbody tr"); got != n {
			t.Errorf("%s: %d rows, want %d", path, got, n)
		}
	}
	if n, err := w.store.CountSuspects(t.Context(), w.ridge.ID); err != nil || n != 0 {
		t.Errorf("%d wait (%v)", n, err)
	}
}

// TestADuplicateIsNotReleased: the office reads which visit is there already and what to do, beside the request, and may keep it
// as an enquiry.
func TestADuplicateIsNotReleased(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	other, again := w.suspect("312-555-0187"), w.suspect("312-555-0188")
	there := w.book(at(3, 11, 0), lead.Contact{LastName: hostile, Phone: "312-555-0188"}, nil)
	b := w.as("member@ridge.example")
	const list = "/admin/orgs/ridge/quarantine"
	sent := b.post(list+"/"+again, "choice", "released")
	got := b.get(sent.location)
	warning := "#" + again + " .notice-warning"
	got.has(t, warning, "has this visit already: Roof inspection, Thu, Dec 3, 11:00 AM – 12:00 PM with Ann Archer.")
	got.has(t, warning, "Discard this request")
	if to := got.Find(warning+" a").AttrOr("href", ""); to != "/admin/orgs/ridge/appointments/"+string(there.ID) {
		t.Errorf("it leads to %q", to)
	}
	if strings.Contains(got.text("main"), "You have booked") || got.count("#"+other+" .notice") > 0 {
		t.Errorf("the page says %s", got.text("main"))
	}
	if n := b.get("/admin/orgs/ridge/appointments?when=all").count("tbody tr"); n != 1 {
		t.Errorf("%d appointments", n)
	}
	b.post(list+"/"+other, "choice", "discarded")
	b.get(sent.location).sound(t, "the quarantine with a duplicate")
	b.post(list+"/"+again, "choice", "enquiry")
	b.get(list).has(t, "section[aria-labelledby=settled]", "Kept as an enquiry by")
}
