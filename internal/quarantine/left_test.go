package quarantine_test

import (
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/quarantine"
)

// bookable makes a service of the organization that a visitor can book any time.
func (w *world) bookable() {
	w.Helper()
	week := []catalog.Hours{{Days: []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}, Start: "00:00", End: "24:00"}}
	_, err := (&catalog.Editor{Store: w.s}).Replace(w.Context(), w.org.ID, catalog.Catalog{
		Timezone: "UTC",
		Services: []catalog.Service{{ID: "s", Name: "S", DurationMinutes: 60, SlotIntervalMinutes: 60, BookingWindowDays: 60, Reps: []string{"ann"}}},
		Reps:     []catalog.Rep{{ID: "ann", Name: "Ann", Hours: week}},
	})
	if err != nil {
		w.Fatal(err)
	}
}

// book books for somebody.
func (w *world) book(c lead.Contact) booking.Appointment {
	w.Helper()
	at := w.now.Truncate(time.Hour).Add(48 * time.Hour)
	done, err := booking.New(w.s, func() time.Time { return w.now }).Book(w.Context(), booking.Request{Scheduler: "o", Service: "s", Start: at, Contact: c})
	if err != nil {
		w.Fatal(err)
	}
	return done.Appointment
}

// leave leaves a form, as a person does.
func (w *world) leave(form string, c lead.Contact, change func(*lead.Left, *quarantine.Signs)) {
	w.Helper()
	l, g := lead.Left{Form: form, Contact: c, Agreed: true, Choice: "Roof inspection", UTM: map[string]string{"utm_source": "ads"}}, w.form(time.Minute)
	if change != nil {
		change(&l, &g)
	}
	if err := w.gate.Leave(w.Context(), w.org, l, g); err != nil {
		w.Fatal(err)
	}
}

// due lets a time pass and follows every form that is due then.
func (w *world) due(after time.Duration) []lead.Lead {
	w.Helper()
	w.now = w.now.Add(after)
	ids, err := w.s.DueLeft(w.Context(), w.org.ID, w.now)
	if err != nil {
		w.Fatal(err)
	}
	for range 2 { // a job may run again
		for _, id := range ids {
			if err := w.gate.Follow(w.Context(), lead.LeftDue{Org: w.org.ID, Left: id}); err != nil {
				w.Fatal(err)
			}
		}
	}
	list, _, err := w.s.Leads(w.Context(), w.org.ID, lead.Filter{})
	if err != nil {
		w.Fatal(err)
	}
	return list
}

var jo = lead.Contact{FirstName: "Jo", LastName: "Doe", Email: "jo@x.example", Phone: "312 555 0100"}

func TestAFormThatIsLeftBecomesALead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bookable()
	w.leave("f", lead.Contact{LastName: "Doe", Email: "Jo@X.example", Phone: "12"}, nil) // the phone is half typed
	w.leave("f", jo, func(l *lead.Left, _ *quarantine.Signs) { l.Notes = "It leaks." })
	if list := w.due(29 * time.Minute); len(list) != 0 {
		t.Fatalf("%d leads before the quiet time is over", len(list))
	}
	list := w.due(2 * time.Minute)
	if len(list) != 1 {
		t.Fatalf("%d leads, want one", len(list))
	}
	l := list[0]
	if l.Kind != lead.Abandoned || l.Stage != lead.New || l.Contact.Email != "jo@x.example" || l.Contact.Phone != "+13125550100" || l.UTM["utm_source"] != "ads" {
		t.Errorf("the lead is %+v", l)
	}
	if want := "Left the booking form for Roof inspection. Agreed to be contacted about it.\n\nIt leaks."; l.Message != want {
		t.Errorf("it says %q", l.Message)
	}
	w.leave("g", jo, nil) // the same person once more, another day
	if list := w.due(time.Hour); len(list) != 1 {
		t.Errorf("%d leads of one person", len(list))
	}
	a := w.book(jo)
	list = w.due(time.Hour)
	if len(list) != 1 || list[0].ID != l.ID || list[0].Stage != lead.Booked || list[0].Appointment != string(a.ID) || a.Lead != l.ID {
		t.Errorf("after the booking: %+v", list)
	}
}

func TestWhoComesOrMayNotBeContactedBecomesNoLead(t *testing.T) {
	t.Parallel()
	save := func(w *world, p lead.Pursue) {
		w.Helper()
		s := lead.Service{Store: w.s, Now: func() time.Time { return w.now }}
		if err := s.SavePolicy(w.Context(), w.org.ID, lead.LeftPolicy{Pursue: p, After: 10 * time.Minute}); err != nil {
			w.Fatal(err)
		}
	}
	refuses := func(l *lead.Left, _ *quarantine.Signs) { l.Agreed = false }
	for name, c := range map[string]struct {
		do                  func(w *world)
		abandoned, suspects int
	}{
		"no tick":                     {do: func(w *world) { w.leave("f", jo, refuses) }},
		"a tick taken back":           {do: func(w *world) { w.leave("f", jo, nil); w.leave("f", jo, refuses) }},
		"a tick, and nobody is asked": {do: func(w *world) { save(w, lead.PursueNone); w.leave("f", jo, nil) }},
		"no tick where all are":       {do: func(w *world) { save(w, lead.PursueAll); w.leave("f", jo, refuses) }, abandoned: 1},
		"the policy is changed meanwhile": {do: func(w *world) {
			save(w, lead.PursueAll)
			w.leave("f", jo, refuses)
			save(w, lead.PursueAsked)
		}},
		"nobody could be reached": {do: func(w *world) { w.leave("f", lead.Contact{LastName: "Doe", Email: "jo@"}, nil) }},
		"no name":                 {do: func(w *world) { w.leave("f", lead.Contact{Email: "jo@x.example"}, nil) }},
		"booked by the same e-mail address under another name": {do: func(w *world) {
			w.leave("f", jo, nil)
			w.book(lead.Contact{FirstName: "Sam", LastName: "Poe", Email: "JO@x.example"})
		}},
		"booked by the same phone": {do: func(w *world) { w.leave("f", jo, nil); w.book(lead.Contact{LastName: "Doe", Phone: "+1 312 555 0100"}) }},
		"asked meanwhile":          {do: func(w *world) { w.leave("f", jo, nil); w.send(lead.Request{Contact: jo}, w.form(time.Minute)) }},
		"booked just before a late form came in": {do: func(w *world) {
			g := w.form(time.Minute)
			w.book(jo)
			w.leave("f", jo, func(_ *lead.Left, s *quarantine.Signs) { *s = g })
		}},
		"sent after all": {do: func(w *world) {
			w.leave("f", jo, nil)
			if err := w.gate.Sent(w.Context(), w.org.ID, "f"); err != nil {
				w.Fatal(err)
			}
		}},
		"booked long before": {do: func(w *world) { w.book(jo); w.now = w.now.Add(time.Hour); w.leave("f", jo, nil) }, abandoned: 1},
		"a filled trap":      {do: func(w *world) { w.leave("f", jo, func(_ *lead.Left, g *quarantine.Signs) { g.Trap = "x" }) }, suspects: 1},
		"clear spam": {do: func(w *world) {
			w.leave("f", lead.Contact{FirstName: "https://x.example", LastName: "Doe", Email: "jo@x.example"}, func(l *lead.Left, g *quarantine.Signs) {
				l.Notes, g.Trap = strings.Repeat("https://a.example ", 4), "x"
			})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.bookable()
			c.do(w)
			n := 0
			for _, l := range w.due(time.Hour) {
				if l.Kind == lead.Abandoned {
					n++
				}
			}
			if n != c.abandoned {
				t.Errorf("%d abandoned leads, want %d", n, c.abandoned)
			}
			if n, err := w.s.CountSuspects(t.Context(), w.org.ID); n != c.suspects || err != nil {
				t.Errorf("%d wait in quarantine, want %d (%v)", n, c.suspects, err)
			}
			if n, err := w.s.CountLeft(t.Context(), w.org.ID); n != 0 || err != nil {
				t.Errorf("%d forms are still kept (%v)", n, err)
			}
		})
	}
}
