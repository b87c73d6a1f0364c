package notify_test

import (
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
)

// TestAdministratorsHearOfAConflictOnce: nobody else does, and the mail holds nothing of the customer.
func TestAdministratorsHearOfAConflictOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "alert@ridge.example")
	ctx := t.Context()
	clock := func() time.Time { return w.now }
	people, err := auth.New(w.store, clock)
	w.must(err)
	for _, u := range []auth.NewUser{
		{Email: "boss@ridge.example", Name: "Boss", Role: auth.Admin, Org: w.org.ID},
		{Email: "refused@ridge.example", Name: "Second", Role: auth.Admin, Org: w.org.ID},
		{Email: "third@ridge.example", Name: "Third", Role: auth.Admin, Org: w.org.ID},
		{Email: "mia@ridge.example", Name: "Mia", Role: auth.Member, Org: w.org.ID},
		{Email: "eli@hs.example", Name: "Eli", Role: auth.Engineer},
	} {
		u.Password = secret.NewString("correct horse battery")
		_, _, err := people.CreateUser(ctx, u)
		w.must(err)
	}
	w.out.refused = "refused@ridge.example"
	_, err = (&catalog.Editor{Store: w.store}).Replace(ctx, w.org.ID, catalog.Catalog{
		Timezone: "America/Chicago",
		Services: []catalog.Service{{ID: "s", Name: "Roof <inspection>", DurationMinutes: 60, SlotIntervalMinutes: 60, BookingWindowDays: 60, Reps: []string{"ann"}}},
		Reps:     []catalog.Rep{{ID: "ann", Name: "Ann", Hours: []catalog.Hours{{Days: []string{"wed"}, Start: "09:00", End: "17:00"}}}},
	})
	w.must(err)
	b, err := booking.New(w.store, clock).Book(ctx, booking.Request{
		Scheduler: "ridge", Service: "s", Start: time.Date(2026, 12, 2, 16, 0, 0, 0, time.UTC), Contact: lead.Contact{LastName: "Doe", Email: "jo@x.example"},
	})
	w.must(err)
	d := notify.Dispute{ID: "cfl_1", Appointment: b.Appointment.ID, Words: "It was moved."}
	w.must(w.notify.Disputed(ctx, w.org.ID, d))
	m := w.out.sent[0]
	for _, body := range []string{m.Text, m.HTML} {
		for _, want := range []string{"It was moved.", "Wednesday, December 2, 2026, 10:00 AM CST", "https://hs.example/admin/orgs/ridge/conflicts/cfl_1", "Ann"} {
			if !strings.Contains(body, want) {
				t.Errorf("%q is missing in %s", want, body)
			}
		}
		if strings.Contains(body, "Doe") || strings.Contains(body, "jo@x") {
			t.Error("the customer is named")
		}
	}
	if m.Subject != "Please decide: an appointment differs in Zoho – Ridgeline & Sons" || strings.Contains(m.HTML, "<inspection>") {
		t.Error(m.Subject)
	}
	w.heard("boss@ridge.example", "third@ridge.example")
	w.must(w.notify.Disputed(ctx, w.org.ID, d)) // the job runs twice
	w.heard()
	w.must(w.notify.Disputed(ctx, w.org.ID, notify.Dispute{ID: "cfl_2", Appointment: b.Appointment.ID, Words: "Again."}))
	w.heard("boss@ridge.example", "third@ridge.example")
	w.must(w.notify.Disputed(ctx, w.org.ID, notify.Dispute{ID: "dis_1", Words: "Changed here and there: Phone."}))
	of := w.out.sent[len(w.out.sent)-1]
	w.must(w.notify.Disputed(ctx, w.org.ID, notify.Dispute{
		ID: "cfl_3", Appointment: b.Appointment.ID, Words: "Something else stands there.", Collides: true, There: time.Date(2026, 12, 2, 16, 30, 0, 0, time.UTC),
	}))
	m = w.out.sent[len(w.out.sent)-1]
	for _, body := range []string{m.Text, m.HTML} { // nothing differs, and writing goes on
		if strings.Contains(body, "differs") || strings.Contains(body, "nothing of this") || !strings.Contains(body, "In Zoho: Wednesday, December 2, 2026, 10:30 AM CST") {
			t.Errorf("of a collision: %s", body)
		}
	}
	m = of
	for _, body := range []string{m.Text, m.HTML} {
		if !strings.Contains(body, "/conflicts/people/dis_1") || !strings.Contains(body, "Changed here and there: Phone.") || strings.Contains(body, " with ") {
			t.Errorf("of a customer: %s", body)
		}
	}
	if m.Subject != "Please decide: a customer differs in Zoho – Ridgeline & Sons" {
		t.Error(m.Subject)
	}
	w.heard("boss@ridge.example", "third@ridge.example", "boss@ridge.example", "third@ridge.example")
	if err := w.notify.Disputed(ctx, org.ID("org_other"), d); err == nil {
		t.Error("another organization's appointment")
	}
}
