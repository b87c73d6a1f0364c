package connection

import (
	"context"
	"slices"
	"sync"
	"time"

	"heavyset.tech/platform/internal/crm"
)

const (
	// lookEvery is how often a node looks how many others there are.
	lookEvery = 2 * time.Second
	// settleFor is how long a node that has joined others makes one call at a time: until all of them have seen it, and what
	// they had begun by then is over.
	settleFor = 2*lookEvery + crm.CallTakes
)

// crew is how many nodes share the limits of a connection, as one of them knows. The zero crew is one node alone.
type crew struct {
	nodes   int
	settled time.Time // when a node that has joined takes its whole share
}

// Look counts the nodes that share the limits. A node that beats no more counts until the others have buried it.
func (g *Guardian) Look(ctx context.Context) error {
	if g.Node == "" {
		return nil
	}
	others, err := g.service.Store.OtherBeats(ctx, g.Node)
	if err != nil {
		return err
	}
	l := &g.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.crew.nodes == 0 && len(others) > 0 {
		l.crew.settled = g.service.Now().Add(settleFor)
	}
	l.crew.nodes = len(others) + 1
	for _, gate := range l.gates {
		gate.resize(g.share(gate.edition))
	}
	return nil
}

// share is how many calls of one connection this node may have under way: its part of what the edition allows, at least one. A node that
// has not looked yet, or has joined others just now, takes one. The ledger is locked.
func (g *Guardian) share(edition string) int {
	most := atOnce(edition)
	switch c := g.ledger.crew; {
	case g.Node == "", c.nodes == 1:
		return most
	case c.nodes == 0, g.service.Now().Before(c.settled):
		return 1
	default:
		return max(1, most/c.nodes)
	}
}

// gate bounds how many calls of one connection this node has under way. Who comes first goes first.
type gate struct {
	edition string

	mu      sync.Mutex
	most    int
	under   int // way
	waiting []chan struct{}
}

// resize sets the bound. More calls than that end by themselves; no new one begins until they have.
func (g *gate) resize(most int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.most = most
	g.admit()
}

// admit lets through whom there is room for.
func (g *gate) admit() {
	for g.under < g.most && len(g.waiting) > 0 {
		close(g.waiting[0])
		g.waiting = g.waiting[1:]
		g.under++
	}
}

// enter waits for a place, which leave gives back.
func (g *gate) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	turn := make(chan struct{})
	g.mu.Lock()
	g.waiting = append(g.waiting, turn)
	g.admit()
	g.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if i := slices.Index(g.waiting, turn); i >= 0 {
		g.waiting = slices.Delete(g.waiting, i, i+1)
	} else { // let through at the same moment
		g.under--
		g.admit()
	}
	return ctx.Err()
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.under--
	g.admit()
}
