package quarantine_test

import (
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/quarantine"
	"heavyset.tech/platform/internal/secret"
)

// odd is an enquiry with one weak sign: alone it is taken, with a slight one it is doubtful.
func odd(email string) lead.Request {
	return lead.Request{Contact: lead.Contact{FirstName: "https://x.example", Email: email}}
}

// TestAProofIsUsedOnce: another request with the same form has one weak sign, on whichever node, and a repetition none.
func TestAProofIsUsedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	check := func(name, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	g := w.form(time.Minute)
	check("the first", w.send(odd("a@a.example"), g), "taken")
	check("sent twice", w.send(odd("a@a.example"), g), "taken")
	check("another with the same proof", w.send(odd("b@a.example"), g), "held")
	check("another, alone", w.send(lead.Request{Contact: lead.Contact{Email: "c@a.example"}}, g), "taken")
	keys, err := secret.ParseKeyring("k:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
	if err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return w.now }
	w.gate = quarantine.New(w.s, booking.New(w.s, clock), &lead.Service{Store: w.s, Now: clock}, keys, clock)
	check("another on another node", w.send(odd("d@a.example"), g), "held")
	check("a proof of its own", w.send(odd("e@a.example"), w.form(time.Minute)), "taken")
	key := lead.IdempotencyKey{Key: "form:1", Body: "x"}
	h, keyed := w.form(time.Minute), odd("f@a.example")
	keyed.Key = key
	check("with a key", w.send(keyed, h), "taken")
	check("with a key, twice", w.send(keyed, h), "taken")
	keyed.Key.Key = "form:2"
	check("with another key", w.send(keyed, h), "held")
	list, _, err := w.s.Suspects(t.Context(), w.org.ID)
	if err != nil || len(list) != 3 || len(list[0].Reasons) != 2 || list[0].Score != quarantine.Doubtful+10 { // two weak signs, where no proof is a slight one
		t.Errorf("%+v, %v", list, err)
	}
}

// TestAProofOfWhichNothingCame: whose time was taken meanwhile chooses another with the same form.
func TestAProofOfWhichNothingCame(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bookable()
	taken := w.book(lead.Contact{LastName: "First", Email: "first@a.example"})
	of, _, err := booking.New(w.s, func() time.Time { return w.now }).Scheduler(t.Context(), "o")
	if err != nil {
		t.Fatal(err)
	}
	g := w.form(time.Minute)
	r := booking.Request{Scheduler: "o", Service: "s", Start: taken.Start, Contact: lead.Contact{FirstName: "https://x.example", LastName: "Doe", Email: "doe@a.example"}, Key: lead.IdempotencyKey{Key: "1", Body: "1"}}
	if _, held, err := w.gate.Book(t.Context(), of, r, g); held || !fault.Is(err, fault.Conflict) {
		t.Fatalf("held %v, %v", held, err)
	}
	r.Start, r.Key = taken.Start.Add(time.Hour), lead.IdempotencyKey{Key: "2", Body: "2"}
	if _, held, err := w.gate.Book(t.Context(), of, r, g); held || err != nil {
		t.Errorf("the second try: held %v, %v", held, err)
	}
	r.Start, r.Key = taken.Start.Add(2*time.Hour), lead.IdempotencyKey{Key: "3", Body: "3"}
	if _, held, err := w.gate.Book(t.Context(), of, r, g); !held || err != nil {
		t.Errorf("a third with the proof of the second: held %v, %v", held, err)
	}
}
