package connection_test

import (
	"context"
	"testing"
	"time"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/secret"
)

// caller is one node of several that call the CRM.
type caller struct {
	*house
	name     string
	guardian *connection.Guardian
	meter    crm.Meter
	ends     []func()
}

// caller starts a node: it beats, as its runner has it do, and looks.
func (h *house) caller(name string) *caller {
	h.Helper()
	s := &connection.Service{
		Store: h.store, Connectors: map[crm.Type]crm.Connector{crm.Zoho: h.desk}, Now: h.clock,
		Shared: connection.Shared{ClientID: "c", Secrets: map[string]secret.String{"": secret.NewString("s")}},
	}
	n := &caller{house: h, name: name, guardian: connection.NewGuardian(s)}
	n.guardian.Node = name
	c, err := h.store.Config(h.Context(), h.org, h.id)
	if err != nil {
		h.Fatal(err)
	}
	c.Connection.Edition = "enterprise"
	if _, err := n.guardian.Provider(h.Context(), c, connection.ForBookings); err != nil {
		h.Fatal(err)
	}
	n.meter = h.desk.meter
	if err := h.store.Beat(h.Context(), name, h.clock()); err != nil {
		h.Fatal(err)
	}
	return n
}

func (n *caller) look() {
	n.Helper()
	if err := n.guardian.Look(n.Context()); err != nil {
		n.Fatal(err)
	}
}

// die takes a node's beat away, as the others do with one that beats no more.
func (n *caller) die() {
	n.Helper()
	beats, err := n.store.OtherBeats(n.Context(), "")
	if err != nil {
		n.Fatal(err)
	}
	if _, err := n.store.Bury(n.Context(), n.name, beats[n.name]); err != nil {
		n.Fatal(err)
	}
}

// begin begins calls until one would have to wait, and says how many are under way.
func (n *caller) begin() int {
	n.Helper()
	for {
		ctx, cancel := context.WithTimeout(n.Context(), 20*time.Millisecond)
		end, err := n.meter.Begin(ctx)
		cancel()
		if err != nil {
			return len(n.ends)
		}
		n.ends = append(n.ends, end)
	}
}

func (n *caller) end() {
	for _, end := range n.ends {
		end()
	}
	n.ends = nil
}

// TestNodesShareTheLimit: three nodes together never have more calls under way than Zoho lets one application have, whoever joins
// or leaves, and one that is left has all of them.
func TestNodesShareTheLimit(t *testing.T) {
	t.Parallel()
	const allowed, ours = 10, 9 // of queries, in every edition
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			h := newHouseOn(t, engine, 24*time.Hour)
			a := h.caller("node_a")
			if n := a.begin(); n != 1 {
				t.Errorf("before it has looked, %d calls are under way", n)
			}
			a.look()
			if n := a.begin(); n != ours {
				t.Errorf("alone it has %d calls under way", n)
			}
			b, c := h.caller("node_b"), h.caller("node_c")
			b.look()
			if n := a.begin() + b.begin(); n > allowed {
				t.Errorf("%d calls, before the one has seen the other", n)
			}
			a.look()
			a.end()
			if n := a.begin(); n != ours/3 {
				t.Errorf("of three it has %d calls under way", n)
			}
			c.look()
			if n := a.begin() + b.begin() + c.begin(); n != ours/3+2 {
				t.Errorf("%d calls, just after two have joined", n)
			}
			h.wait(25 * time.Second)
			for _, n := range []*caller{a, b, c} {
				n.look()
			}
			if n := a.begin() + b.begin() + c.begin(); n != ours {
				t.Errorf("%d calls of three", n)
			}
			b.end()
			b.die()
			a.look()
			c.look()
			if n := a.begin() + c.begin(); n != 2*(ours/2) {
				t.Errorf("%d calls of the two that are left", n)
			}
			c.end()
			c.die()
			a.look()
			if n := a.begin(); n != ours {
				t.Errorf("%d calls of the last one", n)
			}
		})
	}
}

// TestManyNodes: each node may call, however many there are.
func TestManyNodes(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 24*time.Hour)
	var all []*caller
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"} {
		all = append(all, h.caller(name))
	}
	for range 2 {
		for _, n := range all {
			n.look()
		}
		h.wait(25 * time.Second)
	}
	for _, n := range all {
		if got := n.begin(); got != 1 {
			t.Errorf("node %s has %d calls under way", n.name, got)
		}
	}
}
