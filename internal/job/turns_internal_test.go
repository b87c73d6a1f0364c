package job

import (
	"context"
	"slices"
	"testing"
	"time"
)

// TestTurns: names run in turn, each at most its share; who finds no room is called as soon as there is some, the oldest first,
// and one that does not come is called off.
func TestTurns(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_000, 0)
	x := newTurns(FairShare+1, func() time.Time { return now })
	served := make(chan string, room)
	ask := func(who string, job int64) { // and wait until it has been asked
		x.mu.Lock()
		before := x.waiting + x.running
		x.mu.Unlock()
		go func() {
			if _, ok := x.take(t.Context(), nil, who, job); ok {
				served <- who
			}
		}()
		for {
			x.mu.Lock()
			asked := x.waiting+x.running > before
			x.mu.Unlock()
			if asked {
				return
			}
		}
	}
	const first = room / 5 // what one name may have of an empty room: a quarter of what it leaves
	for job := range int64(FairShare + first) {
		ask("long", job)
	}
	for range FairShare {
		<-served
	}
	for job := int64(900); job > 890; job-- {
		if wait, ok := x.take(t.Context(), nil, "long", job); ok || wait < refusedWait {
			t.Fatalf("job %d was let in: %v %v", job, wait, ok)
		}
	}
	ask("short", 1)
	if who := <-served; who != "short" {
		t.Fatalf("%s has the place that is left", who)
	}
	ask("short", 2)
	x.give("short")
	if who := <-served; who != "short" {
		t.Errorf("%s is served beyond its share", who)
	}
	for range first - low {
		x.give("long")
		<-served
	}
	if len(x.call) != 0 {
		t.Error("called although enough wait")
	}
	for range 3 {
		x.give("long")
		<-served
	}
	if len(x.call) != 1 {
		t.Fatal("nobody is called")
	}
	if got := x.due(); !slices.Equal(got, []int64{891, 892, 893}) {
		t.Errorf("called %v", got)
	}
	if got := x.due(); got != nil {
		t.Errorf("called again: %v", got)
	}
	now = now.Add(callTakes + time.Second)
	if got := x.due(); !slices.Equal(got, []int64{894, 895, 896}) {
		t.Errorf("the first did not come, and now %v are called", got)
	}
}

// TestTurnsEnd: who waits goes back when the process stops or the time of the job is over, and leaves nothing behind.
func TestTurnsEnd(t *testing.T) {
	t.Parallel()
	x := newTurns(1, time.Now)
	if _, ok := x.take(t.Context(), nil, "a", 1); !ok {
		t.Fatal("a free place was not given")
	}
	closing := make(chan struct{})
	close(closing)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, ok := x.take(t.Context(), closing, "a", 2); ok {
		t.Error("served while the process stops")
	}
	if _, ok := x.take(over, nil, "b", 3); ok {
		t.Error("served after its time")
	}
	x.give("a")
	if len(x.names) != 0 || len(x.next) != 0 || x.waiting != 0 || x.running != 0 {
		t.Errorf("left behind: %+v", x)
	}
}
