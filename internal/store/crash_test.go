package store_test

import (
	"errors"
	"os"
	"testing"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
)

var soak = os.Getenv("HEAVYSET_SOAK") != ""

// TestKilledWhileResealing: wherever the process ends, everything opens with both keys, and the next one seals the rest anew:
// then nothing is under the old key, and everything opens without it.
func TestKilledWhileResealing(t *testing.T) {
	t.Parallel()
	storetest.EveryEnd(t, soak, func(t *testing.T, url string, life *storetest.Life) {
		keys := sealing(t, "old")
		w := sealedWorldOf(t, opened(t, store.Options{URL: url, Keys: keys, Now: clock, Between: life.Between}))
		keys.Replace(sealing(t, "new", "old"))
		life.Begin()
		if _, err := w.Reseal(t.Context(), func(store.Resealing) {}); err != nil {
			if !errors.Is(err, storetest.ErrDead) {
				t.Fatal(err)
			}
			next := *w
			next.Store = opened(t, store.Options{URL: storetest.Left(t, url), Keys: keys, Now: clock})
			next.bookings = booking.New(next.Store, clock)
			w = &next
			w.must(w.opens()) // with both keys
			if r, err := w.Reseal(t.Context(), func(store.Resealing) {}); err != nil || r.Closed != 0 {
				t.Errorf("%+v %v", r, err)
			}
		}
		life.Enough()
		if by, err := w.SealedBy(t.Context()); err != nil || len(by) != 1 || by["new"] < 9 {
			t.Errorf("sealed by %v (%v)", by, err)
		}
		keys.Replace(sealing(t, "new"))
		w.must(w.opens())
	})
}
