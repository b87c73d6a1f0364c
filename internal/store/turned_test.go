package store_test

import (
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
)

// TestLeasesAfterTheClockWasTurnedBack: a lease that ends later than one can be taken is over; one that a node's clock of
// two minutes ahead has taken is not.
func TestLeasesAfterTheClockWasTurnedBack(t *testing.T) {
	t.Parallel()
	const takes = time.Minute
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		o := organization(t, s, "ridge")
		b, err := booking.New(s, clock).Book(t.Context(), request("ridge", time.Date(2026, 12, 1, 15, 0, 0, 0, time.UTC)))
		if err != nil {
			t.Fatal(err)
		}
		k := connection.ConfigID("cfg_1")
		if err := s.CreateConfig(t.Context(), connection.Config{Org: o.ID, ID: k, Name: "Main", Type: crm.Zoho, Created: monday, Connection: connection.Connection{State: connection.NotConnected}}); err != nil {
			t.Fatal(err)
		}
		if err := s.SaveConnection(t.Context(), o.ID, k, connection.Connection{
			State: connection.Connected, ZohoOrgID: "1", RefreshToken: secret.NewString("r"),
			Access: crm.Access{Token: secret.NewString("a"), Expires: monday.Add(time.Hour)}, ConnectedAt: monday,
		}, nil, connection.Authorized{Org: o.ID, Config: k}); err != nil {
			t.Fatal(err)
		}
		c, err := s.Config(t.Context(), o.ID, k)
		if err != nil {
			t.Fatal(err)
		}
		for name, lease := range map[string]func(holder string, now time.Time) (bool, error){
			"customer": func(holder string, now time.Time) (bool, error) {
				return s.LeaseCustomer(t.Context(), o.ID, b.Appointment.Customer, holder, now.Add(takes), now)
			},
			"refresh": func(_ string, now time.Time) (bool, error) {
				return s.LeaseRefresh(t.Context(), o.ID, k, c.Connection.TokenVersion, now.Add(takes), now)
			},
		} {
			for n, step := range []struct {
				clock time.Duration
				won   bool
			}{{6 * time.Hour, true}, {2 * time.Minute, true}, {0, false}, {10 * time.Minute, true}, {2 * time.Minute, true}} {
				if won, err := lease("node/"+string(rune('a'+n)), monday.Add(step.clock)); err != nil || won != step.won {
					t.Errorf("%s, step %d, clock at %v: won %v %v", name, n, step.clock, won, err)
				}
			}
		}
	})
}
