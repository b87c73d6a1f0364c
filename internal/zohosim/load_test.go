package zohosim_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"heavyset.tech/platform/internal/zohosim"
)

// manyEvents fills a simulator with meetings spread over a year around start, among three owners and two thousand contacts.
func manyEvents(tb testing.TB, s *zohosim.Sim, n int) {
	tb.Helper()
	contacts := make([]map[string]any, 2000)
	for i := range contacts {
		contacts[i] = map[string]any{"First_Name": "F", "Last_Name": fmt.Sprintf("Contact %d", i), "Email": fmt.Sprintf("c%d@x.example", i)}
	}
	who, err := s.Load("Contacts", contacts)
	if err != nil {
		tb.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	owners := []string{ann, ben, "5725767000000411003"}
	events := make([]map[string]any, n)
	for i := range events {
		from := start.Add(time.Duration(rng.IntN(365*24)-180*24) * time.Hour)
		events[i] = map[string]any{
			"Event_Title": fmt.Sprintf("Roof inspection – Customer %d", i), "Start_DateTime": from, "End_DateTime": from.Add(time.Hour),
			"Owner": owners[i%3], "Who_Id": who[i%len(who)], "Venue": fmt.Sprintf("%d Main Street, Oak Park IL", i),
			"Description": fmt.Sprintf("Visit arranged on the web site.\n\n[heavyset appointment apt_%026d]", i), "All_day": false,
		}
	}
	if _, err := s.Load("Events", events); err != nil {
		tb.Fatal(err)
	}
}

func TestManyReadAndWriteAtOnce(t *testing.T) {
	t.Parallel()
	k := newKit(t, setup{dir: t.TempDir(), others: []string{"eu"}})
	k.connect(everything)
	k.switchTo("concurrency_limit", 1000, "index_lag_seconds", 1)
	manyEvents(t, k.sim, 300)
	var wg sync.WaitGroup
	work := []func(i int){
		func(i int) { k.insert("Leads", lead(fmt.Sprint(i), "Email", "a@x.example")) },
		func(int) {
			k.do("POST", "/crm/v8/Leads/upsert", map[string]any{"data": []any{lead("u", "Email", "a@x.example")}})
		},
		func(int) {
			k.ask("select id, Who_Id.Last_Name from Events where Start_DateTime > '2026-11-23T00:00:00+00:00' order by Event_Title limit 50")
		},
		func(int) { k.get("/crm/v8/Events/search?word=customer") },
		func(int) { k.get("/crm/v8/Leads?fields=id,Email&sort_by=Modified_Time") },
		func(int) { k.get("/crm/v8/settings/layouts?module=Leads") },
		func(int) { k.renew(k.refresh) },
		func(int) { k.exchange(k.url, k.grantCode(k.url, everything, ann)) },
		func(int) { k.get("/_sim/stats"); k.get("/_sim/") },
		func(int) { k.control("PUT", "/_sim/modules/Extra", map[string]any{"records": []any{map[string]any{}}}) },
		func(int) { k.switchTo("count_as", "text") },
		func(int) {
			k.control("POST", "/_sim/faults", map[string]any{"path_prefix": "/x", "action": "cut", "times": 1})
			k.get("/x")
		},
		func(int) { k.control("POST", "/_sim/clock", map[string]any{"advance_seconds": 1}) },
		func(int) { k.page(ridgelinePages + "Events") },
		func(int) {
			if err := k.sim.CompactForTest(); err != nil {
				t.Error(err)
			}
		},
	}
	for _, f := range work {
		wg.Go(func() {
			for i := range 6 {
				f(i)
			}
		})
	}
	wg.Wait()
	k.control("POST", "/_sim/reset", map[string]any{"seed": "empty"}).want(200)
}

func TestResetAmongCallsInFlight(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 20 {
				k.do("POST", "/crm/v8/Leads", map[string]any{"data": []any{lead("x")}})
			}
		})
	}
	for range 5 {
		k.control("POST", "/_sim/reset", map[string]any{"seed": "empty"}).want(200)
	}
	wg.Wait()
}

func TestCallThatAResetOvertakesIsRefused(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	k.control("POST", "/_sim/faults", map[string]any{"path_prefix": "/crm", "action": "delay", "delay_ms": 500}).want(200)
	answer := make(chan reply)
	go func() { answer <- k.do("POST", "/crm/v8/Leads", map[string]any{"data": []any{lead("x")}}) }()
	for k.get("/_sim/faults").status == 200 && k.sim.UnderwayForTest() == 0 {
	}
	k.control("POST", "/_sim/reset", map[string]any{"seed": "empty"}).want(200)
	(<-answer).want(401, "code", "INVALID_TOKEN")
	k.get("/_sim/records/Leads").want(200, "data.0", nil)
}

// loaded is shared by the benchmarks: making it takes longer than they do.
var loaded = sync.OnceValue(func() (dir string) {
	dir, err := os.MkdirTemp("", "zohosim-bench")
	if err != nil {
		panic(err)
	}
	sim, err := zohosim.New(zohosim.Options{Dir: dir, Now: func() time.Time { return start }})
	if err != nil {
		panic(err)
	}
	manyEvents(&testing.B{}, sim, 100_000)
	if err := sim.Close(); err != nil {
		panic(err)
	}
	return dir
})

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// cpu gives the processor time that this process has used.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// quantile gives the time that a share of calls stays under.
func quantile(times []time.Duration, share float64) time.Duration {
	slices.Sort(times)
	return times[int(float64(len(times)-1)*share)]
}

func BenchmarkStartWith100000Events(b *testing.B) {
	dir := loaded()
	for range b.N {
		before := heap()
		from := time.Now()
		sim, err := zohosim.New(zohosim.Options{Dir: dir, Now: func() time.Time { return start }})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(from).Seconds(), "s/start")
		b.ReportMetric(float64(heap()-before)/(1<<20), "MiB/live")
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(m.Sys)/(1<<20), "MiB/from-system")
		if err := sim.Close(); err != nil {
			b.Fatal(err)
		}
	}
	info, err := os.Stat(filepath.Join(dir, "00000000.log"))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(info.Size())/(1<<20), "MiB/disk")
}

func BenchmarkLoad100000Events(b *testing.B) {
	for range b.N {
		sim, err := zohosim.New(zohosim.Options{Dir: b.TempDir(), Now: func() time.Time { return start }})
		if err != nil {
			b.Fatal(err)
		}
		manyEvents(b, sim, 100_000)
	}
}

// BenchmarkAt100000Events measures whole calls over HTTP, with their median and 99th percentile.
func BenchmarkAt100000Events(b *testing.B) {
	dir := filepath.Join(b.TempDir(), "copy")
	if err := os.CopyFS(dir, os.DirFS(loaded())); err != nil {
		b.Fatal(err)
	}
	k := newKit(b, setup{dir: dir})
	k.connect(everything)
	k.switchTo("credit_ceiling", 1_000_000_000, "concurrency_limit", 10_000)
	week := "((End_DateTime > '2026-11-23T00:00:00+00:00') and (Start_DateTime < '2026-11-30T00:00:00+00:00'))"
	first := k.get("/crm/v8/Events?fields=id&per_page=1&sort_order=asc").text("data.0.id")
	fields := "Event_Title,Start_DateTime,End_DateTime,Owner,Who_Id,What_Id,Modified_Time,All_day"
	view := k.get("/crm/v8/settings/custom_views?module=Events").text("custom_views.0.id")
	k.settle("POST", "/crm/v8/settings/fields?module=Events", obj("field_label", "Ext", "data_type", "text", "external", obj("type", "org"))).want(201)
	k.insert("Events", meeting("x", start, "Ext", "E 1"))
	for name, call := range map[string]func() reply{
		"list page": func() reply { return k.get("/crm/v8/Events?fields=" + fields) },
		"list since": func() reply {
			return k.get("/crm/v8/Events?fields="+fields+"&sort_by=Modified_Time&sort_order=asc", "If-Modified-Since", "2026-11-01T00:00:00+00:00")
		},
		"list page 10": func() reply { return k.get("/crm/v8/Events?page=10&fields=" + fields) },
		"single":       func() reply { return k.get("/crm/v8/Events/" + first) },
		"coql week": func() reply {
			return k.ask("select id, Event_Title, Start_DateTime, End_DateTime, Owner, Modified_Time from Events where " + week + " limit 2000")
		},
		"coql owner week": func() reply {
			return k.ask("select id, Start_DateTime, End_DateTime from Events where (" + week + " and Owner = '" + ann + "') order by id limit 2000")
		},
		"coql scan": func() reply { return k.ask("select id from Events where Event_Title like '%Customer 99999'") },
		"coql sort": func() reply {
			return k.ask("select id, Event_Title from Events where id is not null order by Event_Title desc limit 200")
		},
		"coql groups": func() reply {
			return k.ask("select Owner, COUNT(id) as n, MAX(End_DateTime) from Events where " + week + " group by Owner order by n desc")
		},
		"coql groups of all": func() reply { return k.ask("select Owner, COUNT(id) from Events where id is not null group by Owner") },
		"list by view":       func() reply { return k.get("/crm/v8/Events?fields=" + fields + "&cvid=" + view) },
		"external id":        func() reply { return k.get("/crm/v8/Events/E%201", "X-EXTERNAL", "Events.Ext") },
		"search hit":         func() reply { return k.get("/crm/v8/Events/search?word=inspection&fields=" + fields) },
		"search miss":        func() reply { return k.get("/crm/v8/Events/search?word=nothing") },
		"search title":       func() reply { return k.get("/crm/v8/Events/search?criteria=(Event_Title:equals:Customer+77777)") },
		"related": func() reply {
			return k.get("/crm/v8/Contacts/" + k.get("/crm/v8/Contacts?fields=id&per_page=1").text("data.0.id") + "/Events?fields=" + fields)
		},
		"insert": func() reply {
			return k.do("POST", "/crm/v8/Events", map[string]any{"data": []any{meeting("x", start)}})
		},
		"update": func() reply {
			return k.do("PUT", "/crm/v8/Events/"+first, map[string]any{"data": []any{map[string]any{"Venue": "x"}}})
		},
		"people's table": func() reply { return k.request("GET", ridgelinePages+"Events", nil, nil) },
		"count":          func() reply { return k.get("/crm/v8/Events/actions/count") },
	} {
		b.Run(strings.ReplaceAll(name, " ", "_"), func(b *testing.B) {
			var times []time.Duration
			used := cpu(b)
			for range b.N {
				from := time.Now()
				if r := call(); r.status >= 300 {
					b.Fatalf("%d %s", r.status, r.raw)
				}
				times = append(times, time.Since(from))
			}
			b.ReportMetric(float64((cpu(b)-used).Microseconds())/1000/float64(b.N), "ms/cpu") // also the client's, but not what others do
			b.ReportMetric(float64(quantile(times, 0.5).Microseconds())/1000, "ms/p50")
			b.ReportMetric(float64(quantile(times, 0.99).Microseconds())/1000, "ms/p99")
		})
	}
}
