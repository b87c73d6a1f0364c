package store_test

import (
	"path/filepath"
	"sync"
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/store/storetest"
)

// TestBackupUnderLoad copies a database while others book and opens each copy: what was acknowledged before it began is there.
func TestBackupUnderLoad(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.URLs(t, "sqlite"), clock, nil)
	o := organization(t, s, "ridge")
	b := booking.New(s, clock)
	var mu sync.Mutex
	var acked []booking.AppointmentID
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for day := 0; day < 50; day++ {
			for hour := 0; hour < 6; hour++ {
				select {
				case <-stop:
					return
				default:
				}
				start := time.Date(2026, 12, 1, 15, 0, 0, 0, time.UTC).AddDate(0, 0, day).Add(time.Duration(hour) * 90 * time.Minute)
				if c, err := b.Book(t.Context(), request("ridge", start)); err == nil {
					mu.Lock()
					acked = append(acked, c.Appointment.ID)
					mu.Unlock()
				}
			}
		}
	}()
	dir := t.TempDir()
	for _, name := range []string{"a.db", "b.db", "c.db"} {
		mu.Lock()
		before := append([]booking.AppointmentID(nil), acked...)
		mu.Unlock()
		path := filepath.Join(dir, name)
		if err := s.Backup(t.Context(), path); err != nil {
			t.Fatal(err)
		}
		copied := storetest.Open(t, "sqlite:"+path, clock, nil)
		for _, id := range before {
			if _, err := copied.Appointment(t.Context(), o.ID, id); err != nil {
				t.Errorf("%s: %s was acknowledged before and is not there: %v", name, id, err)
			}
		}
	}
	close(stop)
	<-done
	if len(acked) == 0 {
		t.Error("nothing was booked meanwhile: the test tests nothing")
	}
	if err := s.Backup(t.Context(), filepath.Join(dir, "a.db")); !fault.Is(err, fault.Conflict) {
		t.Errorf("over an existing copy: %v", err)
	}
}
