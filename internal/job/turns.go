package job

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

const (
	// room is how many jobs of a queue wait for a turn within the process, besides those that run.
	room = 256
	// waitMost is how long they do. One that waited in vain goes back to the database and comes again.
	waitMost = 15 * time.Second
	// low is how many of a name wait at least while others of it found no room: those are called.
	low = 32
	// callTakes is when a call is given up: the job was worked on another node.
	callTakes = 5 * time.Second
	// refusedWait and refusedEvery space the returns of jobs that found no room and that nobody calls, so that they don't
	// take the workers' time from the other names' jobs.
	refusedWait  = 5 * time.Second
	refusedEvery = 50 * time.Millisecond
	refusedMost  = 10 * time.Minute
)

// turns says which jobs of one queue run on this node: at most `most`, at most FairShare of one name, the names in turn. The
// next ones of each name wait here, so that a place is taken when it becomes free; a name that has many leaves room to others.
type turns struct {
	most int
	now  func() time.Time
	call chan struct{} // has one when refused jobs are to be called

	mu      sync.Mutex
	running int
	waiting int
	names   map[string]*name
	next    []string // names that wait, who is first to be served first
}

// name is what runs and waits under one name, which of its jobs found no room and which of those were called.
type name struct {
	running  int
	waiting  []chan struct{}
	refused  map[int64]bool
	called   map[int64]bool
	calledAt time.Time
}

func newTurns(most int, now func() time.Time) *turns {
	return &turns{most: most, now: now, call: make(chan struct{}, 1), names: map[string]*name{}}
}

// take waits until a job may run. Otherwise it says after how long the job may ask again: there was no room, or the wait was
// in vain, or ctx or the process came to an end. "" is the name of jobs that have no share, only a place in the queue.
func (t *turns) take(ctx context.Context, closing <-chan struct{}, who string, job int64) (wait time.Duration, ok bool) {
	t.mu.Lock()
	n := t.names[who]
	if n == nil {
		n = &name{refused: map[int64]bool{}, called: map[int64]bool{}}
		t.names[who] = n
	}
	delete(n.called, job)
	if free := room - t.waiting; len(n.waiting) > 0 && len(n.waiting) >= free/4 {
		defer t.mu.Unlock()
		n.refused[job] = true
		return min(refusedWait+time.Duration(len(n.refused))*refusedEvery, refusedMost), false
	}
	delete(n.refused, job)
	turn := make(chan struct{})
	if n.waiting = append(n.waiting, turn); len(n.waiting) == 1 {
		t.next = append(t.next, who)
	}
	t.waiting++
	t.serve()
	t.mu.Unlock()
	late := time.NewTimer(waitMost)
	defer late.Stop()
	select {
	case <-turn:
		return 0, true
	case <-ctx.Done():
	case <-closing:
	case <-late.C:
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	i := slices.Index(n.waiting, turn)
	if i < 0 { // it was served at the same moment
		return 0, true
	}
	n.waiting = slices.Delete(n.waiting, i, i+1)
	t.waiting--
	if len(n.waiting) == 0 {
		t.next = slices.DeleteFunc(t.next, func(x string) bool { return x == who })
		t.forget(who)
	}
	return refusedWait, false
}

// give ends what take began.
func (t *turns) give(who string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.names[who].running--
	t.running--
	t.serve()
	if n := t.names[who]; len(n.refused) > 0 && t.wants(n) > 0 {
		select {
		case t.call <- struct{}{}:
		default:
		}
	}
	t.forget(who)
}

// wants gives how many refused jobs of a name are to be called.
func (t *turns) wants(n *name) int {
	if t.now().Sub(n.calledAt) > callTakes {
		clear(n.called)
	}
	return low - len(n.waiting) - len(n.called)
}

// due gives the refused jobs that are to be called now, the oldest of each name first.
func (t *turns) due() []int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []int64
	for _, n := range t.names {
		want := t.wants(n)
		if want <= 0 || len(n.refused) == 0 {
			continue
		}
		ids := slices.Sorted(maps.Keys(n.refused))
		n.calledAt = t.now()
		for _, id := range ids[:min(want, len(ids))] {
			delete(n.refused, id)
			n.called[id] = true
			out = append(out, id)
		}
	}
	return out
}

// serve lets jobs run while there are places for them.
func (t *turns) serve() {
	for i := 0; i < len(t.next) && t.running < t.most; {
		who := t.next[i]
		n := t.names[who]
		if who != "" && n.running >= FairShare {
			i++
			continue
		}
		close(n.waiting[0])
		n.waiting = n.waiting[1:]
		n.running++
		t.running++
		t.waiting--
		t.next = slices.Delete(t.next, i, i+1)
		if len(n.waiting) > 0 {
			t.next = append(t.next, who) // behind the others
		}
		i = 0
	}
}

// forget drops a name of which nothing runs or waits. Who was refused may have been worked on another node.
func (t *turns) forget(who string) {
	if n := t.names[who]; n.running == 0 && len(n.waiting) == 0 {
		delete(t.names, who)
	}
}
