package store_test

import (
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
)

// TestBuryLooksAgain: a node that beats between the look that found it dead and its burial lives, and keeps its leases.
func TestBuryLooksAgain(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		o := organization(t, s, "ridge")
		b, err := booking.New(s, clock).Book(t.Context(), request("ridge", time.Date(2026, 12, 1, 15, 0, 0, 0, time.UTC)))
		if err != nil {
			t.Fatal(err)
		}
		holds := func() bool {
			t.Helper()
			won, err := s.LeaseCustomer(t.Context(), o.ID, b.Appointment.Customer, "node_c/1", monday.Add(time.Hour), monday)
			if err != nil {
				t.Fatal(err)
			}
			return !won
		}
		beat := func(at time.Time) {
			t.Helper()
			if err := s.Beat(t.Context(), "node_b", at); err != nil {
				t.Fatal(err)
			}
		}
		if won, err := s.LeaseCustomer(t.Context(), o.ID, b.Appointment.Customer, "node_b/1", monday.Add(time.Hour), monday); err != nil || !won {
			t.Fatal(won, err)
		}
		behind := monday.Add(-time.Hour) // another machine, another clock
		beat(behind)
		beats, err := s.OtherBeats(t.Context(), "node_a")
		if err != nil || len(beats) != 1 || !beats["node_b"].Equal(behind) {
			t.Fatal(beats, err)
		}
		beat(behind.Add(2 * time.Second))
		if _, err := s.Bury(t.Context(), "node_b", beats["node_b"]); err != nil {
			t.Fatal(err)
		}
		if !holds() {
			t.Error("it has beaten again: it lives and keeps its lease")
		}
		if _, err := s.Bury(t.Context(), "node_b", behind.Add(2*time.Second)); err != nil {
			t.Fatal(err)
		}
		if holds() {
			t.Error("the lease of a dead node is free")
		}
		if beats, err := s.OtherBeats(t.Context(), "node_b"); err != nil || len(beats) != 0 {
			t.Error(beats, err)
		}
	})
}
