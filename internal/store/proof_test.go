package store_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"heavyset.tech/platform/internal/quarantine"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
)

// TestAProofIsUsedByOneRequest: of those that come at once one has it, in each organization, until it is given back or old.
func TestAProofIsUsedByOneRequest(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		mine, other := organization(t, s, "mine").ID, organization(t, s, "other").ID
		until := monday.Add(time.Hour)
		use := func(request string) bool {
			t.Helper()
			fresh, err := s.UseProof(t.Context(), mine, quarantine.Proof{Form: "f", Request: request, Until: until})
			if err != nil {
				t.Error(err)
			}
			return fresh
		}
		var won atomic.Int64
		var all sync.WaitGroup
		for _, r := range []string{"a", "b", "c", "d"} {
			all.Go(func() {
				if use(r) {
					won.Add(1)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 {
			t.Errorf("%d requests have the proof", won.Load())
		}
		if fresh, err := s.UseProof(t.Context(), other, quarantine.Proof{Form: "f", Request: "z", Until: until}); err != nil || !fresh {
			t.Errorf("another organization: %v, %v", fresh, err)
		}
		for _, r := range []string{"a", "b", "c", "d"} {
			if err := s.FreeProof(t.Context(), mine, quarantine.Proof{Form: "f", Request: r}); err != nil {
				t.Fatal(err)
			}
		}
		if fresh, again, other := use("x"), use("x"), use("y"); !fresh || !again || other {
			t.Error("after it was given back: not for one request, and for that one again")
		}
		if err := s.Sweep(t.Context(), until.Add(-time.Millisecond)); err != nil || use("y") {
			t.Errorf("swept before its time: %v", err)
		}
		if err := s.Sweep(t.Context(), until); err != nil || !use("y") {
			t.Errorf("not swept: %v", err)
		}
	})
}
