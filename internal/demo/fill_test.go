package demo_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/metrics"
	"testing"
	"time"

	"heavyset.tech/platform/internal/demo"
)

// TestFirstFill copies a large CRM for the first time: what it costs in Zoho, in time and in memory. It is cut off once
// and goes on.
func TestFirstFill(t *testing.T) {
	events, contacts := 5_000, 1_000
	if os.Getenv("HEAVYSET_SOAK") != "" {
		events, contacts = 100_000, 50_000
	} else {
		t.Parallel()
	}
	w, d := inProcess(t, func(o *demo.Options) { o.Reconcile = time.Hour })
	w.watched(20 * time.Second)
	load := func(module string, n int, make func(int) map[string]any) {
		list := []map[string]any{}
		for i := range n {
			list = append(list, make(i))
		}
		if _, err := d.Sim.Load(module, list); err != nil {
			t.Fatal(err)
		}
	}
	w.call("PATCH", w.zoho+"/_sim/switches", `{"notification_loss":1}`) // they were there before us
	first := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 2)
	load("Events", events, func(i int) map[string]any { // all within the sixty days that can be booked, three in nine of a rep
		start := first.Add(time.Duration(i%(56*24*2)) * 30 * time.Minute)
		e := map[string]any{
			"Event_Title": fmt.Sprintf("Visit %d", i), "Start_DateTime": start.Format(time.RFC3339), "End_DateTime": start.Add(30 * time.Minute).Format(time.RFC3339),
		}
		if i%9 < len(users) {
			e["Owner"] = map[string]any{"id": users[i%9]}
		}
		return e
	})
	load("Contacts", contacts, func(i int) map[string]any {
		return map[string]any{"First_Name": "A", "Last_Name": fmt.Sprintf("Person %d", i), "Email": fmt.Sprintf("p%d@example.com", i)}
	})
	o, err := d.App.Store.OrganizationBySlug(t.Context(), "ridgeline")
	if err != nil {
		t.Fatal(err)
	}
	configs, err := d.App.Connections.Configs(t.Context(), o.ID)
	if err != nil {
		t.Fatal(err)
	}
	credits := func() int { return get[struct{ Credits int }](w, w.zoho+"/_sim/stats").Credits }
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc >> 20
	}
	copied := func() int {
		rows, err := d.App.Store.Rows(t.Context(), o.ID, configs[0].ID, "Events")
		if err != nil {
			t.Fatal(err)
		}
		return len(rows)
	}
	before, idle, began, had := credits(), heap(), time.Now(), copied()
	cut, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = d.App.Mirror.Round(cut, o.ID, configs[0].ID) // it is cut off
	}()
	w.eventually(time.Minute, "some of it is copied", func() bool { return copied() > had+events/4 })
	stop()
	<-ended
	highest := peak(t) // of the second part: until then the test itself reads the copy again and again
	if err := d.App.Mirror.Round(t.Context(), o.ID, configs[0].ID); err != nil {
		t.Fatal(err)
	}
	took, spent, most := time.Since(began), credits()-before, int64(highest())-int64(idle)
	t.Logf("%d of %d events in %v, %d credits, %d MiB more than idle, %d at most on the way, the simulator's included", copied(), events, took, spent, int64(heap())-int64(idle), most)
	if copied() < events {
		t.Errorf("%d events of %d are copied", copied(), events)
	}
	if most > 150 {
		t.Errorf("it took %d MiB more than idle", most)
	}
	if spent > 300 {
		t.Errorf("it cost %d credits", spent)
	}
}

// peak watches how much of the heap is in use, as the collector sees it, and gives the most in MiB.
func peak(t *testing.T) func() uint64 {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	most := make(chan uint64)
	go func() {
		defer close(most)
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		highest := uint64(0)
		for {
			metrics.Read(sample)
			highest = max(highest, sample[0].Value.Uint64())
			select {
			case <-tick.C:
			case <-ctx.Done():
				most <- highest >> 20
				return
			}
		}
	}()
	t.Cleanup(stop)
	return func() uint64 {
		stop()
		return <-most
	}
}
