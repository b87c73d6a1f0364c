package crmsync_test

import (
	"testing"
	"time"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/fault"
)

// TestPauseAfterTheClockWasTurnedBack: a pause that was set by a clock six hours ahead is over, one of an hour is not.
func TestPauseAfterTheClockWasTurnedBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.booked(9, jo)
	hour := connection.Pause{Until: w.clock().Add(time.Hour), Failures: 3}
	if err := w.store.SetPause(t.Context(), w.org.ID, w.conn, connection.Pause{}, hour); err != nil {
		t.Fatal(err)
	}
	if err := w.push(b); !fault.Is(err, fault.Unavailable) {
		t.Fatalf("the connection pauses: %v", err)
	}
	ahead := connection.Pause{Until: w.clock().Add(6*time.Hour + 10*time.Second), Failures: 4}
	if err := w.store.SetPause(t.Context(), w.org.ID, w.conn, hour, ahead); err != nil {
		t.Fatal(err)
	}
	w.pushed(b)
	w.expect(1, 1, 1)
	if p, err := w.store.Pause(t.Context(), w.org.ID, w.conn); err != nil || p.On() {
		t.Errorf("the pause ends with the first answer: %+v %v", p, err)
	}
}
