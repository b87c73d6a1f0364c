package quarantine_test

import (
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/quarantine"
)

// TestABookingKeptAsAnEnquiryKeepsItsAnswers, by the questions, and the visitor's language.
func TestABookingKeptAsAnEnquiryKeepsItsAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bookable()
	if _, _, err := (&catalog.Editor{Store: w.s}).Edit(t.Context(), w.org.ID, func(c catalog.Catalog) (catalog.Catalog, error) {
		sv, _ := c.Service("s")
		sv.Questions = []catalog.Question{{ID: "pets", Label: "Any pets?", Kind: catalog.AskText}}
		return c.WithService(sv), nil
	}); err != nil {
		t.Fatal(err)
	}
	of, _, err := booking.New(w.s, func() time.Time { return w.now }).Scheduler(t.Context(), "o")
	if err != nil {
		t.Fatal(err)
	}
	g := w.form(time.Minute)
	g.Trap = "x"
	_, held, err := w.gate.Book(t.Context(), of, booking.Request{
		Scheduler: "o", Service: "s", Start: w.now.Add(24 * time.Hour), Contact: lead.Contact{LastName: "Doe", Email: "doe@x.example"}, Notes: "Blue house", Answers: map[string]string{"pets": "Two dogs"}, Language: "es",
	}, g)
	if err != nil || !held {
		t.Fatalf("held %v, %v", held, err)
	}
	waiting, _, err := w.s.Suspects(t.Context(), w.org.ID)
	if err != nil || len(waiting) != 1 {
		t.Fatalf("%d wait, %v", len(waiting), err)
	}
	x, err := w.gate.AsEnquiry(t.Context(), w.org, waiting[0].ID, "Ann")
	if err != nil || x.Choice != quarantine.Enquiry {
		t.Fatalf("%+v, %v", x, err)
	}
	l, err := w.s.Lead(t.Context(), w.org.ID, lead.ID(x.Made))
	if err != nil || l.Message != "Blue house\nAny pets?: Two dogs" || l.Language != "es" {
		t.Errorf("%v: %q in %q", err, l.Message, l.Language)
	}
}
