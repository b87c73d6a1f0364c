package demo_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// Of each four slices of time a node runs for one, on one core: a quarter of a core each.
const (
	slice = 5 * time.Millisecond
	cycle = 4
)

// clients book at once, each for an organization of its own: the bookings of one are made one after the other.
const clients = 16

// severalNodes measures one node and two on a PostgreSQL, each asked directly: the balancer of the tests is no part of it.
// Nodes, database and client share this machine's cores, so each node is stopped for most of the time: with that the nodes
// are the limit, and not the machine. How much they took of it is measured too.
func severalNodes(b *testing.B) {
	b.Setenv("GOMAXPROCS", "1") // of the nodes
	var views, bookings [2]float64
	for i, n := range []int{1, 2} {
		f := newFleet(b, n)
		for g := range clients {
			slug := fmt.Sprint("org-", g)
			if status, body := f.keyed("POST", "/orgs", fmt.Sprintf(`{"slug":%q,"name":%q,"timezone":"UTC"}`, slug, slug)); status != 201 {
				b.Fatalf("%d %s", status, body)
			}
			if status, body := f.keyed("PUT", "/orgs/"+slug+"/catalog", benchCatalog()); status != 200 {
				b.Fatalf("%d %s", status, body)
			}
		}
		stop := make(chan struct{})
		var confined sync.WaitGroup
		for k, w := range f.nodes {
			confined.Go(func() { w.confine(k*cycle/len(f.nodes), stop) })
		}
		var taken [2]float64
		views[i], taken[0] = f.taking(func() float64 { return f.views(b) })
		bookings[i], taken[1] = f.taking(func() float64 { return f.bookings(b) })
		close(stop)
		confined.Wait()
		fmt.Printf("%d nodes, PostgreSQL: month views %7.0f/s with %.2f cores   bookings %6.0f/s with %.2f cores, of %.2f that the nodes had\n",
			n, views[i], taken[0], bookings[i], taken[1], float64(n)/cycle)
		for _, w := range f.nodes {
			w.kill()
		}
	}
	fmt.Printf("from one node to two: month views × %.2f, bookings × %.2f\n", views[1]/views[0], bookings[1]/bookings[0])
}

// confine lets a process run for one of so many slices of time, beginning with the given one.
func (w *world) confine(n int, stop <-chan struct{}) {
	t := time.NewTicker(slice)
	defer t.Stop()
	for ; ; n++ {
		select {
		case <-stop:
			_ = w.cmd.Process.Signal(syscall.SIGCONT)
			return
		case <-t.C:
		}
		switch n % cycle {
		case 0:
			_ = w.cmd.Process.Signal(syscall.SIGCONT)
		case 1:
			_ = w.cmd.Process.Signal(syscall.SIGSTOP)
		}
	}
}

// taking measures how many cores the nodes take meanwhile.
func (f *fleet) taking(measure func() float64) (rate, cores float64) {
	before, began := f.spent(), time.Now()
	rate = measure()
	return rate, (f.spent() - before).Seconds() / time.Since(began).Seconds()
}

// views measures the month views that all nodes give together.
func (f *fleet) views(b *testing.B) float64 {
	b.Helper()
	var wires [clients]*wire
	for i := range wires {
		wires[i] = dial(b, fmt.Sprintf("%s/api/v1/schedulers/org-0/slots?service=visit&from=%s&to=%s", f.nodes[i%len(f.nodes)].base,
			time.Now().AddDate(0, 0, 1).Format(time.DateOnly), time.Now().AddDate(0, 0, 31).Format(time.DateOnly)), testToken)
	}
	rate, _, err := load(clients, 5*time.Second, func(g, _ int) error { return wires[g].get() })
	if err != nil {
		b.Fatal(err)
	}
	return rate
}

// bookings measures the bookings that all nodes take together, with all that follows from them: until the last job is done.
func (f *fleet) bookings(b *testing.B) float64 {
	b.Helper()
	base := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 2)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
	var made atomic.Int64
	began := time.Now()
	_, _, err := load(clients, 10*time.Second, func(g, i int) error {
		r, err := http.NewRequest("POST", fmt.Sprintf("%s/api/v1/schedulers/org-%d/bookings", f.nodes[g%len(f.nodes)].base, g), strings.NewReader(fmt.Sprintf(
			`{"service":"visit","start":%q,"customer":{"first_name":"Load","last_name":"Nr%d","email":"load%d@test.example"}}`, base.Add(time.Duration(i/3)*2*time.Hour).Format(time.RFC3339), i, i)))
		if err != nil {
			return err
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+testToken)
		res, err := client.Do(r)
		if err != nil {
			return err
		}
		body, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if res.StatusCode != 201 {
			return fmt.Errorf("booking %d of %d: %s %s", i, g, res.Status, body)
		}
		made.Add(1)
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	f.eventually(2*time.Minute, "the jobs of the bookings are done", func() bool {
		var left int
		if err := f.db.QueryRowContext(b.Context(), "SELECT count(*) FROM river_job WHERE kind LIKE 'booking.%' AND state IN ('available', 'running', 'retryable')").Scan(&left); err != nil {
			b.Fatal(err)
		}
		return left == 0
	})
	return float64(made.Load()) / time.Since(began).Seconds()
}

// spent is the processor time that the nodes have taken.
func (f *fleet) spent() time.Duration {
	var all time.Duration
	for _, w := range f.nodes {
		s, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", w.cmd.Process.Pid))
		if err != nil {
			f.t.Fatal(err)
		}
		fields := strings.Fields(string(s[strings.LastIndex(string(s), ")")+1:])) // from the third on
		for _, v := range fields[11:13] {
			ticks, _ := strconv.Atoi(v)
			all += time.Duration(ticks) * 10 * time.Millisecond
		}
	}
	return all
}
