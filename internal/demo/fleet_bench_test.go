package demo_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// share is what of a core each node gets.
const share = 0.25

// severalNodes measures one node and two on a PostgreSQL, each asked directly: the balancer of the tests is no part of it.
// Nodes, database and client share this machine's cores, so each node is confined to a share of one: with that the nodes
// are the limit, and not the machine. Where this user may not confine a process, it says so.
func severalNodes(b *testing.B) {
	var slots, bookings [2]float64
	for i, n := range []int{1, 2} {
		f := newFleet(b, n)
		confined := f.confine()
		for _, slug := range []string{"one", "two", "three", "four"} { // an organization's bookings are made one after the other
			if status, body := f.keyed("POST", "/orgs", fmt.Sprintf(`{"slug":%q,"name":%q,"timezone":"UTC"}`, slug, slug)); status != 201 {
				b.Fatalf("%d %s", status, body)
			}
			if status, body := f.keyed("PUT", "/orgs/"+slug+"/catalog", benchCatalog()); status != 200 {
				b.Fatalf("%d %s", status, body)
			}
		}
		slots[i] = f.views(b)
		before, began := f.spent(), time.Now()
		bookings[i] = f.bookings(b)
		took := (f.spent() - before).Seconds() / time.Since(began).Seconds()
		confined = confined && took < 1.2*share*float64(n) // some systems take the quota and don't keep it
		fmt.Printf("%d nodes, PostgreSQL: month views %7.0f/s   bookings %6.0f/s, while the nodes took %.2f cores (confined: %t)\n", n, slots[i], bookings[i], took, confined)
		for _, w := range f.nodes {
			w.kill()
		}
		f.release()
	}
	fmt.Printf("from one node to two: month views × %.2f, bookings × %.2f\n", slots[1]/slots[0], bookings[1]/bookings[0])
}

// groups are the folders of control groups, version 2 and version 1: where one is made, and its file of the quota.
var groups = [][2]string{{"/sys/fs/cgroup", "cpu.max"}, {"/sys/fs/cgroup/cpu", "cpu.cfs_quota_us"}}

func group(root string, w *world) string {
	return filepath.Join(root, fmt.Sprint("heavyset-bench-", w.cmd.Process.Pid))
}

// confine gives each node its share of a core, and tells whether it could.
func (f *fleet) confine() bool {
	quota := fmt.Sprint(int(share * 100_000)) // microseconds of each tenth of a second
	for _, g := range groups {
		ok := true
		for _, w := range f.nodes {
			dir := group(g[0], w)
			ok = ok && os.Mkdir(dir, 0o755) == nil &&
				os.WriteFile(filepath.Join(dir, g[1]), []byte(quota), 0o600) == nil &&
				os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte(strconv.Itoa(w.cmd.Process.Pid)), 0o600) == nil
		}
		if ok {
			return true
		}
		f.release()
	}
	return false
}

func (f *fleet) release() {
	for _, g := range groups {
		for _, w := range f.nodes {
			_ = os.Remove(group(g[0], w))
		}
	}
}

// views measures the month views that all nodes give together.
func (f *fleet) views(b *testing.B) float64 {
	b.Helper()
	var wires [8]*wire
	for i := range wires {
		wires[i] = dial(b, fmt.Sprintf("%s/api/v1/schedulers/one/slots?service=visit&from=%s&to=%s", f.nodes[i%len(f.nodes)].base,
			time.Now().AddDate(0, 0, 1).Format(time.DateOnly), time.Now().AddDate(0, 0, 31).Format(time.DateOnly)), testToken)
	}
	rate, _, err := load(8, 5*time.Second, func(g, _ int) error { return wires[g].get() })
	if err != nil {
		b.Fatal(err)
	}
	return rate
}

// bookings measures the bookings that all nodes take together, for four organizations.
func (f *fleet) bookings(b *testing.B) float64 {
	b.Helper()
	base := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 2)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	var next [4]atomic.Int64
	rate, _, err := load(8, 5*time.Second, func(g, _ int) error {
		slug := []string{"one", "two", "three", "four"}[g%4]
		i := next[g%4].Add(1) - 1
		r, err := http.NewRequest("POST", f.nodes[g/4%len(f.nodes)].base+"/api/v1/schedulers/"+slug+"/bookings", strings.NewReader(fmt.Sprintf(
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
			return fmt.Errorf("booking %d of %s: %s %s", i, slug, res.Status, body)
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return rate
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
