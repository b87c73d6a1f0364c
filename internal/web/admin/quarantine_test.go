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

// suspect makes a booking that waits in ridge's quarantine.
func (w *world) suspect() string {
	w.t.Helper()
	r := booking.Request{Start: at(3, 11, 0)}
	r.Scheduler, r.Service, r.Contact, r.Notes = "ridge", "inspection", lead.Contact{FirstName: "O'Hara & <script>", LastName: hostile, Phone: "312-555-0188"}, hostile
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
	other, first, second, third := w.suspect(), w.suspect(), w.suspect(), w.suspect()
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
	for path, n := range map[string]int{"/admin/orgs/ridge/appointments?when=all": 2, "/admin/orgs/ridge/leads": 2} {
		if got := b.get(path).count("tbody tr"); got != n {
			t.Errorf("%s: %d rows, want %d", path, got, n)
		}
	}
	if n, err := w.store.CountSuspects(t.Context(), w.ridge.ID); err != nil || n != 0 {
		t.Errorf("%d wait (%v)", n, err)
	}
}
