package demo_test

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"heavyset.tech/platform/internal/demo"
	"heavyset.tech/platform/internal/mailsink"
)

// BenchmarkRatios prints the figures that docs/BENCHMARKS.md explains, each measured in this one run. It asserts
// nothing: machines differ, ratios are for people to compare.
func BenchmarkRatios(b *testing.B) {
	for range b.N {
		monthViews(b)
		durableBookings(b)
		credits(b)
		startToReady(b)
		severalNodes(b)
	}
}

// load calls f from n goroutines until the time is over and gives calls per second and the 99th percentile.
func load(n int, lasts time.Duration, f func(worker, i int) error) (perSecond float64, p99 time.Duration, err error) {
	var wg sync.WaitGroup
	var failed atomic.Pointer[error]
	took := make([][]time.Duration, n)
	began := time.Now()
	for g := range n {
		wg.Go(func() {
			for i := 0; time.Since(began) < lasts && failed.Load() == nil; i++ {
				t := time.Now()
				if err := f(g, i); err != nil {
					failed.Store(&err)
					return
				}
				took[g] = append(took[g], time.Since(t))
			}
		})
	}
	wg.Wait()
	total := time.Since(began)
	if e := failed.Load(); e != nil {
		return 0, 0, *e
	}
	all := slices.Concat(took...)
	slices.Sort(all)
	return float64(len(all)) / total.Seconds(), all[len(all)*99/100], nil
}

// wire is one kept-alive connection that sends the same request again and again and reads answers with as little work
// as can be, so that the client does not hide what the server costs.
type wire struct {
	conn    net.Conn
	r       *bufio.Reader
	request []byte
}

func dial(b *testing.B, url, key string) *wire {
	b.Helper()
	host, path, _ := strings.Cut(strings.TrimPrefix(url, "http://"), "/")
	c, err := net.Dial("tcp", host)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = c.Close() })
	head := "GET /" + path + " HTTP/1.1\r\nHost: " + host + "\r\n"
	if key != "" {
		head += "Authorization: Bearer " + key + "\r\n"
	}
	return &wire{conn: c, r: bufio.NewReaderSize(c, 64<<10), request: []byte(head + "\r\n")}
}

func (w *wire) get() error {
	if _, err := w.conn.Write(w.request); err != nil {
		return err
	}
	length := -1
	for first := true; ; first = false {
		line, err := w.r.ReadSlice('\n')
		if err != nil {
			return err
		}
		switch {
		case first && string(line[9:12]) != "200":
			return fmt.Errorf("answer %s", line)
		case len(line) <= 2:
			if length < 0 {
				return fmt.Errorf("no Content-Length")
			}
			_, err := w.r.Discard(length)
			return err
		case len(line) > 16 && strings.EqualFold(string(line[:16]), "Content-Length: "):
			if length, err = strconv.Atoi(strings.TrimSpace(string(line[16:]))); err != nil {
				return err
			}
		}
	}
}

// views measures GET of an address over eight connections.
func views(b *testing.B, url, key string) (perSecond float64, p99 time.Duration) {
	b.Helper()
	var wires [8]*wire
	for i := range wires {
		wires[i] = dial(b, url, key)
	}
	f := func(g, _ int) error { return wires[g].get() }
	if _, _, err := load(8, time.Second, f); err != nil { // warm
		b.Fatal(err)
	}
	rate, p99, err := load(8, 5*time.Second, f)
	if err != nil {
		b.Fatal(err)
	}
	return rate, p99
}

func monthViews(b *testing.B) {
	var rates [2]float64
	for i, n := range []int{0, 10_000} {
		w, _ := inProcess(b, func(o *demo.Options) { o.Appointments = n })
		url := fmt.Sprintf("%s/api/v1/schedulers/ridgeline/slots?service=inspection&from=%s&to=%s", w.base,
			time.Now().AddDate(0, 0, 1).Format(time.DateOnly), time.Now().AddDate(0, 0, 31).Format(time.DateOnly))
		status, body := w.call("GET", url, "")
		if status != 200 {
			b.Fatal(status)
		}
		nothing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", strconv.Itoa(len(body)))
			_, _ = w.Write(body)
		}))
		rate, p99 := views(b, url, testToken)
		base, baseP99 := views(b, nothing.URL+"/", "")
		nothing.Close()
		rates[i] = rate
		fmt.Printf("month view, 3 reps, SQLite, %6d more appointments: %7.0f/s  p99 %6.2f ms  (%d bytes)   computes nothing: %7.0f/s  p99 %6.2f ms   share %.2f\n",
			n, rate, float64(p99.Microseconds())/1000, len(body), base, float64(baseP99.Microseconds())/1000, rate/base)
	}
	fmt.Printf("month view, lost from 0 to 10,000 appointments: %.1f %%\n", 100*(1-rates[1]/rates[0]))
}

// benchCatalog is the catalog of an organization with room for a year of bookings: three reps around the clock, a visit
// every two hours.
func benchCatalog() string {
	type m = map[string]any
	days := []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}
	var reps []m
	var names []string
	for i := range 3 {
		id := fmt.Sprintf("rep%02d", i)
		names = append(names, id)
		reps = append(reps, m{"id": id, "name": "Rep " + id, "hours": []m{{"days": days, "start": "00:00", "end": "24:00"}}})
	}
	b, err := json.Marshal(m{
		"timezone": "UTC", "reps": reps,
		"services": []m{{"id": "visit", "name": "Visit", "duration_minutes": 60, "slot_interval_minutes": 120, "booking_window_days": 365, "reps": names}},
	})
	if err != nil {
		panic(err)
	}
	return string(b)
}

func durableBookings(b *testing.B) {
	dir := b.TempDir()
	bare := bareCommits(b, filepath.Join(dir, "bare.db"))
	sink, err := mailsink.New(mailsink.Options{Now: time.Now, Limit: 100})
	if err != nil {
		b.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go func() { _ = sink.Run(b.Context(), l) }()
	w := start(b, "HEAVYSET_TEST_PLATFORM=sqlite:"+filepath.Join(dir, "platform.db"), "HEAVYSET_TEST_SMTP=smtp://"+l.Addr().String()+"?tls=none")
	if status, body := w.keyed("POST", "/orgs", `{"slug":"bench","name":"Bench","timezone":"UTC"}`); status != 201 {
		b.Fatalf("%d %s", status, body)
	}
	if status, body := w.keyed("PUT", "/orgs/bench/catalog", benchCatalog()); status != 200 {
		b.Fatalf("%d %s", status, body)
	}
	base := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 2)
	var next atomic.Int64
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	const total = 10_000
	book := func(_, _ int) error {
		i := int(next.Add(1) - 1)
		start := base.Add(time.Duration(i/3) * 2 * time.Hour)
		r, err := http.NewRequest("POST", w.base+"/api/v1/schedulers/bench/bookings", strings.NewReader(fmt.Sprintf(
			`{"service":"visit","start":%q,"customer":{"first_name":"Load","last_name":"Nr%d","email":"load%d@test.example"}}`, start.Format(time.RFC3339), i, i)))
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
			return fmt.Errorf("booking %d: %s %s", i, res.Status, body)
		}
		return nil
	}
	rate, p99, err := load(8, 5*time.Second, book)
	if err != nil {
		b.Fatal(err)
	}
	fmt.Printf("durable bookings, SQLite, 8 at a time: %6.0f/s  p99 %6.2f ms   bare single-row commits: %6.0f/s   share %.2f\n", rate, float64(p99.Microseconds())/1000, bare, rate/bare)
	for int(next.Load()) < total {
		if err := book(0, 0); err != nil {
			b.Fatal(err)
		}
	}
	w.settled(5 * time.Minute)
	fmt.Printf("resident memory of the platform after %d bookings: %d MiB\n", next.Load(), resident(b, w))
}

func resident(b *testing.B, w *world) int {
	s, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", w.cmd.Process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(s)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, _ := strconv.Atoi(strings.Fields(rest)[0])
			return kb / 1024
		}
	}
	return 0
}

// bareCommits inserts one row a transaction into a table of its own, with the platform's settings.
func bareCommits(b *testing.B, path string) float64 {
	b.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate&_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT NOT NULL) STRICT"); err != nil {
		b.Fatal(err)
	}
	stmt, err := db.Prepare("INSERT INTO t (v) VALUES ($1)")
	if err != nil {
		b.Fatal(err)
	}
	rate, _, err := load(8, 3*time.Second, func(int, int) error {
		_, err := stmt.ExecContext(context.Background(), "one row")
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return rate
}

func credits(b *testing.B) {
	w, _ := inProcess(b, nil)
	spent := func() int { return get[struct{ Credits int }](w, w.zoho+"/_sim/stats").Credits }
	for _, what := range []string{"a new customer", "a known one without an open lead"} {
		before := spent()
		if status, _ := w.book(w.slots("inspection", 2, 50)[0], "Credit"); status != 201 {
			b.Fatal(status)
		}
		w.settled(20 * time.Second)
		fmt.Printf("Zoho credits for a booking of %s: %d\n", what, spent()-before)
	}
}

// startToReady starts on a database that is there.
func startToReady(b *testing.B) {
	data := filepath.Join(b.TempDir(), "data")
	w := spawn(b, data, "", 0)
	w.kill()
	w.cmd = nil
	began := time.Now()
	w = spawn(b, data, "", 0)
	fmt.Printf("start to ready with an existing database (whole demo, killed before): %d ms\n", time.Since(began).Milliseconds())
	w.kill()
	w.cmd = nil
}
