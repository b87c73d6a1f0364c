package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/store/storetest"
)

// TestManyWritersAtOnce has writers that succeed, fail, panic and leave share their commits: each gets its own outcome,
// and what was refused leaves nothing.
func TestManyWritersAtOnce(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.SQLite(t, filepath.Join(t.TempDir(), "g.db")), clock, nil)
	o := organization(t, s, "ridge")
	b := booking.New(s, clock)
	start := time.Date(2026, 12, 1, 15, 0, 0, 0, time.UTC)
	var wg sync.WaitGroup
	var mu sync.Mutex
	booked := map[string]bool{}
	for i := range 200 {
		wg.Go(func() {
			switch i % 4 {
			case 0: // wants one of few slots
				r := request("ridge", start.Add(time.Duration(i%28/4)*30*time.Minute).AddDate(0, 0, i/40%3))
				r.Contact.Email = fmt.Sprintf("w%d@example.com", i)
				c, err := b.Book(t.Context(), r)
				if err == nil {
					mu.Lock()
					booked[string(c.Appointment.ID)] = true
					mu.Unlock()
				} else if !fault.Is(err, fault.Conflict) {
					t.Errorf("writer %d: %v", i, err)
				}
			case 1: // is refused by its decision
				boom := errors.New("no")
				_, err := s.HoldSlot(t.Context(), o.ID, booking.Question{CatalogRevision: -1, Now: monday}, func(booking.Situation) (booking.Hold, error) {
					return booking.Hold{}, boom
				})
				if !errors.Is(err, boom) {
					t.Errorf("writer %d: %v", i, err)
				}
			case 2: // panics
				defer func() {
					if v := recover(); v != "oops" {
						t.Errorf("writer %d: panicked with %v", i, v)
					}
				}()
				_, _ = s.HoldSlot(t.Context(), o.ID, booking.Question{CatalogRevision: -1, Now: monday}, func(booking.Situation) (booking.Hold, error) {
					panic("oops")
				})
			case 3: // has left already
				ctx, cancel := context.WithCancel(t.Context())
				cancel()
				if err := s.ReleaseHold(ctx, o.ID, "hold_x"); !errors.Is(err, context.Canceled) {
					t.Errorf("writer %d: %v", i, err)
				}
			}
		})
	}
	wg.Wait()
	list, _, err := s.Appointments(t.Context(), o.ID, booking.Filter{Limit: 200})
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != len(booked) || len(booked) == 0 {
		t.Errorf("%d appointments in the table, %d were acknowledged", len(list), len(booked))
	}
	for _, a := range list {
		if !booked[string(a.ID)] {
			t.Errorf("%s was not acknowledged", a.ID)
		}
	}
}

// TestWriterGetsAnswerWhileOthersCome: whoever writes for others too must not do so for as long as others keep coming.
func TestWriterGetsAnswerWhileOthersCome(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.SQLite(t, filepath.Join(t.TempDir(), "g.db")), clock, nil)
	o := organization(t, s, "ridge")
	boom := errors.New("no")
	var answered atomic.Bool
	var wg sync.WaitGroup
	var write func(n int)
	write = func(n int) {
		_, err := s.HoldSlot(t.Context(), o.ID, booking.Question{CatalogRevision: -1, Now: monday}, func(booking.Situation) (booking.Hold, error) {
			if n < 1000 && !answered.Load() { // the next one waits before this one is through
				wg.Go(func() { write(n + 1) })
				for s.Waiting() == 0 {
					runtime.Gosched()
				}
			}
			if n == 1000 && !answered.Load() {
				t.Error("the first writer still has no answer after a thousand others")
			}
			return booking.Hold{}, boom
		})
		if !errors.Is(err, boom) {
			t.Errorf("writer %d: %v", n, err)
		}
		if n == 0 {
			answered.Store(true)
		}
	}
	wg.Go(func() { write(0) })
	wg.Wait()
}
