package store_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
)

// TestBackupUnderLoad copies a database while others book, by the way that docs/OPERATING.md names for its engine, and
// opens each copy elsewhere: what was acknowledged before the copy began is there.
func TestBackupUnderLoad(t *testing.T) {
	t.Parallel()
	for engine, restored := range map[string]func(*testing.T, *store.Store, string) string{"sqlite": copySQLite, "postgres": copyPostgres} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			copies := 2
			if os.Getenv("HEAVYSET_SOAK") != "" {
				copies = 20
			}
			url := storetest.URLs(t, engine)
			s := storetest.Open(t, url, clock, nil)
			o := organization(t, s, "ridge")
			l := load(t, s)
			whole := 0
			for n := range copies {
				before := l.more(5)
				l.during.Store(12)
				where := restored(t, s, url)
				l.during.Store(0)
				again := storetest.Open(t, where, clock, nil)
				lost := 0
				for _, id := range before {
					if _, err := again.Appointment(t.Context(), o.ID, id); err != nil {
						lost++
					}
				}
				if lost > 0 {
					t.Errorf("copy %d: %d of %d bookings that were acknowledged before it began are not there", n+1, lost, len(before))
				}
				var row int
				for _, id := range l.more(0) { // the copy is of one moment: what is there has its customer
					a, err := again.Appointment(t.Context(), o.ID, id)
					if err != nil {
						continue
					}
					row++
					if _, err := again.Customer(t.Context(), o.ID, a.Customer); err != nil {
						t.Errorf("copy %d: the customer of %s: %v", n+1, id, err)
					}
				}
				after := len(l.more(0))
				t.Logf("copy %d: %d bookings acknowledged before it began, %d until it could be read, %d in it", n+1, len(before), after, row)
				if lost == 0 {
					whole++
				}
			}
			t.Logf("%s: %d of %d copies hold every booking that was acknowledged before they began", engine, whole, copies)
		})
	}
}

// copySQLite is what `heavyset backup` does, which opens the database beside the process that serves it; a file that is there
// is left alone.
func copySQLite(t *testing.T, _ *store.Store, url string) string {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{URL: url, Beside: true, Now: clock, Keys: storetest.Keys(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := s.Backup(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(t.Context(), path); !fault.Is(err, fault.Conflict) {
		t.Errorf("over an existing copy: %v", err)
	}
	return "sqlite:" + path
}

// copyPostgres is PostgreSQL's own way.
func copyPostgres(t *testing.T, s *store.Store, url string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "copy.dump")
	if err := s.Backup(t.Context(), path); !fault.Is(err, fault.Invalid) {
		t.Errorf("our copy of a PostgreSQL: %v", err)
	}
	run := func(tool string, args ...string) {
		t.Helper()
		if out, err := exec.Command(storetest.Tool(t, tool), args...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v %s", tool, err, out)
		}
	}
	run("pg_dump", "--format=custom", "--file="+path, url)
	elsewhere := storetest.Postgres(t)
	run("pg_restore", "--exit-on-error", "--no-owner", "--dbname="+elsewhere, path)
	return elsewhere
}

// loaded is somebody who books one visit after the other: when they are asked to, and some times during a copy.
type loaded struct {
	t      *testing.T
	mu     sync.Mutex
	acked  []booking.AppointmentID
	each   chan struct{}
	during atomic.Int64 // how many more without being asked
}

// load books until the test ends.
func load(t *testing.T, s *store.Store) *loaded {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	l, b := &loaded{t: t, each: make(chan struct{})}, booking.New(s, clock)
	go func() {
		defer close(l.each)
		tick := time.NewTicker(100 * time.Millisecond) // there are some 400 times to book on working days: enough for 17 at each of 20 copies
		defer tick.Stop()
		first := time.Date(2026, 12, 1, 15, 0, 0, 0, time.UTC)
		for i := 0; i < 2*5*58; i++ {
			r := request("ridge", first.AddDate(0, 0, i/10).Add(time.Duration(i%5)*90*time.Minute))
			r.Contact.Email = strings.Repeat("a", i/26+1) + string(rune('a'+i%26)) + "@example.com"
			c, err := b.Book(ctx, r)
			if err != nil {
				continue // a weekend, a holiday
			}
			l.mu.Lock()
			l.acked = append(l.acked, c.Appointment.ID)
			l.mu.Unlock()
			for next := false; !next; {
				select {
				case l.each <- struct{}{}:
					next = true
				case <-tick.C:
					next = l.during.Add(-1) >= 0
				case <-ctx.Done():
					return
				}
			}
		}
	}()
	t.Cleanup(func() {
		stop()
		for range l.each {
		}
	})
	return l
}

// more waits for n further bookings and gives all that were acknowledged.
func (l *loaded) more(n int) []booking.AppointmentID {
	l.t.Helper()
	for range n {
		if _, ok := <-l.each; !ok {
			l.t.Fatal("nobody books any more: the test tests nothing")
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]booking.AppointmentID(nil), l.acked...)
}
