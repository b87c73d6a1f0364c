package store_test

import (
	"testing"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
)

// TestRenewedLinks: a customer's links end, each with another in its place; those of others and of another organization stay.
func TestRenewedLinks(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		mine, other := organization(t, s, "mine").ID, organization(t, s, "other").ID
		load := func(name, customer string, day int) store.Loaded {
			start := monday.AddDate(0, 0, day)
			k := lead.Customer{ID: lead.CustomerID(customer), Contact: lead.Contact{LastName: customer, Email: customer + "@x.example"}, Created: monday, Updated: monday}
			return store.Loaded{Customer: k, Token: secret.NewString("tok-" + name), Appointment: &booking.Appointment{
				ID: booking.AppointmentID(name), Status: booking.Confirmed, Revision: 1, Service: "s", Rep: "ann", Start: start, End: start.Add(3600e9), Timezone: "UTC", Customer: k.ID, Contact: k.Contact, Created: monday, Updated: monday,
			}}
		}
		if err := s.Load(t.Context(), mine, []store.Loaded{load("a1", "cus_a", 1), load("a2", "cus_a", 2), load("b1", "cus_b", 3)}); err != nil {
			t.Fatal(err)
		}
		foreign := load("z1", "cus_a", 1) // ids are an organization's own
		foreign.Token = secret.NewString("tok-z")
		if err := s.Load(t.Context(), other, []store.Loaded{foreign}); err != nil {
			t.Fatal(err)
		}
		if n, err := s.RenewLinks(t.Context(), mine, "cus_a"); err != nil || n != 2 {
			t.Fatalf("%d, %v", n, err)
		}
		for name, alive := range map[string]bool{"a1": false, "a2": false, "b1": true, "z": true} {
			_, _, err := s.ByToken(t.Context(), id.Hash("tok-"+name))
			if alive != (err == nil) || !alive && !fault.Is(err, fault.NotFound) {
				t.Errorf("the link of %s: %v", name, err)
			}
		}
		for _, a := range []booking.AppointmentID{"a1", "a2"} {
			token, err := s.ManageToken(t.Context(), mine, a)
			if err != nil {
				t.Fatal(err)
			}
			if _, found, err := s.ByToken(t.Context(), id.Hash(token.Reveal())); err != nil || found.ID != a || found.Revision != 1 {
				t.Errorf("the new link of %s leads to %s (%v)", a, found.ID, err)
			}
		}
	})
}
