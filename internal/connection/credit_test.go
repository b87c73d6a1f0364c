package connection_test

import (
	"context"
	"testing"
	"time"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/fault"
)

// spend makes calls of a purpose that cost so much.
func (h *house) spend(p connection.Purpose, credits int, more func(*crm.Call)) {
	h.Helper()
	c, err := h.store.Config(h.Context(), h.org, h.id)
	if err != nil {
		h.Fatal(err)
	}
	if _, err := h.nodes[0].Provider(h.Context(), c, p); err != nil {
		h.Fatal(err)
	}
	call := crm.Call{Status: 200, Credits: credits, Remaining: -1}
	if more != nil {
		more(&call)
	}
	h.desk.meter.Count(call)
}

func (h *house) day(node int) connection.Day {
	h.Helper()
	c, err := h.store.Config(h.Context(), h.org, h.id)
	if err != nil {
		h.Fatal(err)
	}
	d, err := h.nodes[node].Day(h.Context(), c)
	if err != nil {
		h.Fatal(err)
	}
	return d
}

func (h *house) flush() {
	h.Helper()
	if err := h.nodes[0].Flush(h.Context()); err != nil {
		h.Fatal(err)
	}
}

// TestCreditsAreCounted: by hour and purpose, on this node at once and on the others after it was stored.
func TestCreditsAreCounted(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			h := newHouseOn(t, engine, time.Hour)
			h.spend(connection.ForPolling, 3, nil)
			h.spend(connection.ForPolling, 4, func(c *crm.Call) { c.Status = 503 })
			h.spend(connection.ForBookings, 10, func(c *crm.Call) { c.Status, c.Credits = 429, 0 })
			if d := h.day(0); d.Used != 7 || d.Left != 4_993 || d.Told {
				t.Errorf("before it is stored: %+v", d)
			}
			if d := h.day(1); d.Used != 0 {
				t.Errorf("another node knows already: %+v", d)
			}
			h.flush()
			h.flush()
			h.wait(time.Hour)
			h.spend(connection.ForPolling, 100, func(c *crm.Call) { c.Remaining = 2_000 })
			h.flush()
			h.wait(time.Second)
			h.spend(connection.ForPolling, 5, func(c *crm.Call) { c.Remaining = 1_995 })
			h.flush()
			d := h.day(1)
			if len(d.Hours) != 3 || d.Used != 112 || d.Left != 1_995 || !d.Told {
				t.Errorf("%+v", d)
			}
			if u := d.Hours[1]; u.Purpose != connection.ForPolling || u.Calls != 2 || u.Credits != 7 || u.Failed != 1 || u.Refused != 0 || u.Remaining != -1 || !u.Hour.Equal(start) {
				t.Errorf("polling: %+v", u)
			}
			if u := d.Hours[0]; u.Purpose != connection.ForBookings || u.Credits != 0 || u.Refused != 1 {
				t.Errorf("bookings: %+v", u)
			}
			if d.Forecast < 24*100/2 || d.Forecast > 24*112 {
				t.Errorf("112 credits in an hour and a second make %d in a day", d.Forecast)
			}
			h.wait(2 * time.Hour) // what the CRM said then is old
			if d := h.day(1); d.Told || d.Left != 5_000-112 {
				t.Errorf("%+v", d)
			}
			h.wait(23 * time.Hour)
			if d := h.day(1); d.Used != 0 {
				t.Errorf("a day later: %+v", d)
			}
			h.wait(8 * 24 * time.Hour)
			if err := h.store.Sweep(t.Context(), h.clock()); err != nil {
				t.Fatal(err)
			}
			if left, err := h.store.Usage(t.Context(), h.org, h.id, time.Time{}); err != nil || len(left) != 0 {
				t.Errorf("kept for ever: %+v %v", left, err)
			}
		})
	}
}

// TestBookingsComeFirst: the less is left, the fewer purposes may call.
func TestBookingsComeFirst(t *testing.T) {
	t.Parallel()
	h := newHouse(t, time.Hour)
	c, err := h.store.Config(t.Context(), h.org, h.id)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		left int
		may  map[connection.Purpose]bool
		pace time.Duration
	}{
		{5_000, map[connection.Purpose]bool{connection.ForBookings: true, connection.ForNotices: true, connection.ForPolling: true, connection.ForMetadata: true}, 2 * time.Minute},
		{1_900, map[connection.Purpose]bool{connection.ForBookings: true, connection.ForNotices: true, connection.ForPolling: true, connection.ForMetadata: true}, 5 * time.Minute},
		{900, map[connection.Purpose]bool{connection.ForBookings: true, connection.ForNotices: true, connection.ForPolling: true}, 15 * time.Minute},
		{450, map[connection.Purpose]bool{connection.ForBookings: true, connection.ForNotices: true}, 15 * time.Minute},
		{100, map[connection.Purpose]bool{connection.ForBookings: true}, 15 * time.Minute},
		{0, map[connection.Purpose]bool{connection.ForBookings: true}, 15 * time.Minute},
	} {
		h.wait(time.Second)
		h.spend(connection.ForBookings, 0, func(c *crm.Call) { c.Remaining = step.left })
		for _, p := range []connection.Purpose{connection.ForBookings, connection.ForNotices, connection.ForPolling, connection.ForMetadata} {
			_, err := h.nodes[0].Provider(t.Context(), c, p)
			if step.may[p] && err != nil || !step.may[p] && !fault.Is(err, fault.Unavailable) {
				t.Errorf("%d left: %s: %v", step.left, p, err)
			}
		}
		if got := h.day(0).Pace(2 * time.Minute); got != step.pace {
			t.Errorf("%d left: a round each %v, want %v", step.left, got, step.pace)
		}
	}
}

// TestCallsAtOnce: one more than the edition allows waits until another has ended, or its context has.
func TestCallsAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t, time.Hour)
	h.spend(connection.ForBookings, 0, nil)
	one := h.desk.meter
	h.spend(connection.ForPolling, 0, nil)
	other := h.desk.meter
	var ends []func()
	for i := range 4 { // of the smallest edition's five
		m := one
		if i%2 == 1 {
			m = other
		}
		end, err := m.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ends = append(ends, end)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := one.Begin(gone); err == nil {
		t.Error("a fifth call begins")
	}
	ends[0]()
	if _, err := other.Begin(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestCountsAreStoredAtTheEnd: what was counted when the platform stops is not lost.
func TestCountsAreStoredAtTheEnd(t *testing.T) {
	t.Parallel()
	h := newHouse(t, time.Hour)
	h.spend(connection.ForBookings, 7, nil)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := h.nodes[0].Run(ctx, time.Hour, func(err error) { t.Error(err) }); err != nil {
		t.Fatal(err)
	}
	if d := h.day(1); d.Used != 7 {
		t.Errorf("%+v", d)
	}
}

// TestRefusalsAreToldApart: each limit by itself, by hour; where the CRM has no credits left nothing but bookings is tried until it has,
// whether or not it says how many are left.
func TestRefusalsAreToldApart(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			h := newHouseOn(t, engine, time.Hour)
			refuse := func(l crm.Limit) {
				h.spend(connection.ForBookings, 0, func(c *crm.Call) { c.Status, c.Limit = 429, l })
			}
			for _, l := range []crm.Limit{crm.LimitConcurrency, crm.LimitRate, crm.LimitRate, crm.LimitUnknown} {
				refuse(l)
			}
			if d := h.day(0); !d.May(connection.ForPolling) || d.Left != 5_000 {
				t.Errorf("%+v", d)
			}
			h.flush()
			h.wait(time.Hour)
			refuse(crm.LimitCredits)
			h.flush()
			h.flush()
			d := h.day(1)
			if d.Left != 0 || d.May(connection.ForPolling) || !d.May(connection.ForBookings) {
				t.Errorf("%+v", d)
			}
			var over connection.Over
			all := 0
			for _, u := range d.Hours {
				over, all = over.Plus(u.Over), all+u.Refused
			}
			if want := (connection.Over{Credits: 1, Concurrency: 1, Rate: 2}); over != want || all != 5 || len(d.Hours) != 2 {
				t.Errorf("%+v of %d in %d hours", over, all, len(d.Hours))
			}
			h.wait(2 * time.Hour)
			if d := h.day(1); !d.May(connection.ForPolling) {
				t.Errorf("not tried again: %+v", d)
			}
		})
	}
}
