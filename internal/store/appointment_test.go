package store_test

import (
	"fmt"
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
)

// TestAppointmentsOfWhomOneLooksFor: rep, service and person narrow the list, and its pages end where they should.
func TestAppointmentsOfWhomOneLooksFor(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		o := organization(t, s, "ridge")
		b := booking.New(s, clock)
		names := []string{"Ärmel", "Doe", "Doe", "ÄRMEL", "Email", "Doe", "doe"}
		for i, name := range names {
			r := request("ridge", time.Date(2026, 12, 1, 15+i/2*2, 0, 0, 0, time.UTC).AddDate(0, 0, i%2))
			r.Contact.LastName, r.Contact.Email, r.Contact.Phone = name, fmt.Sprintf("p%d@example.com", i), fmt.Sprintf("312 555 010%d", i)
			if _, err := b.Book(t.Context(), r); err != nil {
				t.Fatal(i, err)
			}
		}
		count := func(f booking.Filter) (n, pages int) {
			for f.Limit = 2; ; {
				list, next, err := s.Appointments(t.Context(), o.ID, f)
				if err != nil {
					t.Fatal(err)
				}
				n, pages = n+len(list), pages+1
				if f.After = next; next == "" {
					return n, pages
				}
			}
		}
		for text, want := range map[string][2]int{
			"": {7, 4}, "doe": {4, 2}, "DOE p5": {1, 1}, "ärmel": {2, 1}, "email": {1, 1}, "555-0103": {1, 1}, "p3@example.com": {1, 1}, "last_name": {0, 1}, "%": {0, 1},
		} {
			if n, pages := count(booking.Filter{Person: lead.NewSearch(text)}); n != want[0] || pages != want[1] {
				t.Errorf("%q: %d on %d pages, want %v", text, n, pages, want)
			}
		}
		list, _, err := s.Appointments(t.Context(), o.ID, booking.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		reps := map[string]int{}
		for _, a := range list {
			reps[a.Rep]++
		}
		for rep, want := range reps {
			if n, _ := count(booking.Filter{Rep: rep}); n != want {
				t.Errorf("of %s: %d, want %d", rep, n, want)
			}
		}
		if n, _ := count(booking.Filter{Service: list[0].Service}); n != len(names) {
			t.Errorf("of the service: %d", n)
		}
		if n, _ := count(booking.Filter{Service: "none"}); n != 0 {
			t.Errorf("of no service: %d", n)
		}
	})
}
