package job

import (
	"testing"
	"time"
)

// TestWatch follows two nodes over looks of an observer whose own clock plays no part.
func TestWatch(t *testing.T) {
	t.Parallel()
	zero := time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)
	for name, skew := range map[string]time.Duration{"same clock": 0, "8 s behind": -8 * time.Second, "a day behind": -24 * time.Hour, "a day ahead": 24 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := watch{dead: deadAfter}
			for n := range 3 * deadAfter {
				live := zero.Add(skew + time.Duration(n)*beatEvery)
				silent := zero.Add(skew)
				dead := w.look(map[string]time.Time{"live": live, "silent": silent})
				if want := n >= deadAfter; want != (len(dead) == 1 && dead[0] == "silent") || !want && len(dead) > 0 {
					t.Fatalf("look %d: %v is dead", n, dead)
				}
			}
		})
	}
}

func TestWatchBegins(t *testing.T) {
	t.Parallel()
	w := watch{dead: deadAfter}
	at := time.Unix(1, 0)
	for range deadAfter {
		w.look(map[string]time.Time{"a": at})
	}
	if dead := w.look(nil); len(dead) != 0 {
		t.Errorf("nobody is there, but dead: %v", dead)
	}
	if dead := w.look(map[string]time.Time{"a": at}); len(dead) != 0 {
		t.Errorf("a node that comes back begins anew, but dead: %v", dead)
	}
	alone := watch{}
	if dead := alone.look(map[string]time.Time{"a": at}); len(dead) != 1 {
		t.Error("where nobody else can live, one look is enough")
	}
}
