package availability_test

import (
	"testing"
	"time"

	. "heavyset.tech/platform/internal/availability"
)

// The reach is what the largest buffers of any service, archived ones too, and whole days need, whatever their order.
func TestReach(t *testing.T) {
	t.Parallel()
	def := chicago(t)
	def.Services[0].BufferBefore, def.Services[0].BufferAfter = 100*time.Hour, 0
	def.Services[2].BufferBefore, def.Services[2].BufferAfter, def.Services[2].Duration = 0, 200*time.Hour, 7*time.Hour
	rules := made(t, def)
	const day = 48 * time.Hour
	q := Query{Service: "plain", From: date(t, "2026-12-01"), To: date(t, "2026-12-02")}
	from, to := rules.Reach(q)
	if want := instant(t, "2026-12-01T00:00:00-06:00").Add(-300*time.Hour - day); !from.Equal(want) {
		t.Errorf("from %v, want %v", from, want)
	}
	if want := instant(t, "2026-12-03T00:00:00-06:00").Add(307*time.Hour + day); !to.Equal(want) {
		t.Errorf("to %v, want %v", to, want)
	}
	start := instant(t, "2026-12-01T09:00:00-06:00")
	from, to = rules.ReachOf(Ask{Service: "plain", Start: start})
	if !from.Equal(start.Add(-300*time.Hour-day)) || !to.Equal(start.Add(307*time.Hour+day+time.Millisecond)) {
		t.Errorf("of one start: %v to %v", from, to)
	}
	if from, to = rules.Reach(Query{From: date(t, "2026-12-02"), To: date(t, "2026-12-01")}); !from.IsZero() || !to.IsZero() {
		t.Errorf("of no dates: %v to %v", from, to)
	}
}
