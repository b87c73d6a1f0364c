package demo_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"heavyset.tech/platform/internal/mailsink"
	"heavyset.tech/platform/internal/store/storetest"
	"heavyset.tech/platform/internal/zohosim"
)

// calmAfter is how long after a node was killed or the database crashed a request may still fail: with no answer or one
// that says to come back, never with 429 or 500.
const calmAfter = 15 * time.Second

// TestNodes runs three nodes on one PostgreSQL behind a plain balancer. While visits are booked, nodes are killed, the
// database crashes and nodes are replaced: what was acknowledged is there once, in our database and in Zoho, no rep is
// in two places, and the connection has one refresher and one renewal of its channel over all nodes.
func TestNodes(t *testing.T) {
	t.Parallel()
	rounds, pace := 1, 150*time.Millisecond
	if os.Getenv("HEAVYSET_SOAK") != "" {
		rounds, pace = 8, 50*time.Millisecond
	}
	f := newFleet(t, 3)
	f.connect()
	f.book(pace)
	for range rounds {
		f.disturb()
		f.calm()
	}
	minted := f.calls("POST /oauth/v2/token")
	f.sim("POST", "/_sim/tokens", `{"action":"expire_access"}`)
	f.eventually(20*time.Second, "somebody refreshes", func() bool { return f.calls("POST /oauth/v2/token") > minted })
	f.stopBooking()
	f.settled(time.Duration(rounds) * time.Minute)
	if n := f.calls("POST /oauth/v2/token") - minted; n != 1 {
		t.Errorf("the nodes refreshed the access token %d times, not once", n)
	}
	f.nothingLost()
	f.takenOver()
	f.oneRenewal()
}

// fleet is some nodes behind a balancer, with their PostgreSQL, their Zoho and their mail server. Its world is the balancer.
type fleet struct {
	*world
	database *storetest.Server
	db       *sql.DB
	balance  *balancer
	nodes    []*world
	env      []string
	dead     map[int64]string // jobs that ran on a node when it was killed

	mu       sync.Mutex
	acked    map[string]string // appointments by the key of their request
	refused  int
	failures []failure
	upset    time.Time // when a node was last killed or the database crashed
	stop     context.CancelFunc
	done     sync.WaitGroup
}

// failure is a request that was not answered as it should be.
type failure struct {
	after time.Duration // since the last upset
	what  string
}

// newFleet starts n nodes at once on an empty database.
func newFleet(t testing.TB, n int) *fleet {
	t.Helper()
	sim, err := zohosim.New(zohosim.Options{Now: time.Now, Seed: "empty", DataCentres: []zohosim.DC{{Location: "us"}}})
	if err != nil {
		t.Fatal(err)
	}
	zoho := httptest.NewServer(sim.Handler("us"))
	t.Cleanup(zoho.Close)
	sim.SetBaseURL("us", zoho.URL)
	go func() { _ = sim.Run(t.Context()) }()
	sink, err := mailsink.New(mailsink.Options{Now: time.Now, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	smtp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = sink.Run(t.Context(), smtp) }()
	f := &fleet{database: storetest.NewServer(t), balance: &balancer{}, dead: map[int64]string{}, acked: map[string]string{}}
	front := httptest.NewServer(&httputil.ReverseProxy{Transport: f.balance, Rewrite: func(r *httputil.ProxyRequest) { r.Out.URL.Scheme = "http"; r.Out.Host = r.In.Host }, ErrorHandler: badGateway})
	t.Cleanup(front.Close)
	f.world = &world{t: t, base: front.URL, zoho: zoho.URL}
	if f.db, err = sql.Open("pgx", f.database.URL()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.db.Close() })
	f.env = []string{
		"HEAVYSET_TEST_PLATFORM=" + f.database.URL(), "HEAVYSET_TEST_SMTP=smtp://" + smtp.Addr().String() + "?tls=none",
		fmt.Sprintf("HEAVYSET_TEST_ZOHO=us=%[1]s|%[1]s|%[1]s", zoho.URL), "HEAVYSET_TEST_BASE=" + front.URL, "HEAVYSET_TEST_RECONCILE=2s",
	}
	var waits []func() *world
	for range n {
		waits = append(waits, launch(t, f.env...))
	}
	for _, wait := range waits {
		f.add(wait())
	}
	return f
}

func badGateway(w http.ResponseWriter, _ *http.Request, err error) {
	http.Error(w, err.Error(), http.StatusBadGateway)
}

func (f *fleet) add(n *world) {
	f.nodes = append(f.nodes, n)
	f.balance.set(f.nodes)
}

// take takes the first node out of the balancer's list.
func (f *fleet) take() *world {
	n := f.nodes[0]
	f.nodes = slices.Clone(f.nodes[1:])
	return n
}

// balancer hands requests to nodes in turn. It knows nothing but whether one takes connections.
type balancer struct {
	mu    sync.Mutex
	hosts []string
	next  int
}

func (b *balancer) set(nodes []*world) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.hosts = nil
	for _, n := range nodes {
		b.hosts = append(b.hosts, strings.TrimPrefix(n.base, "http://"))
	}
}

// turn lists the nodes, the one whose turn it is first.
func (b *balancer) turn() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.next++
	n := b.next % len(b.hosts)
	return slices.Concat(b.hosts[n:], b.hosts[:n])
}

// RoundTrip asks the next node, and another one only if that takes no connection.
func (b *balancer) RoundTrip(r *http.Request) (res *http.Response, err error) {
	var body []byte
	if r.Body != nil {
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	for _, host := range b.turn() {
		again := r.Clone(r.Context())
		again.URL.Host = host
		again.Body = io.NopCloser(bytes.NewReader(body))
		var op *net.OpError
		if res, err = http.DefaultTransport.RoundTrip(again); !errors.As(err, &op) || op.Op != "dial" {
			return res, err
		}
	}
	return nil, err
}

// connect makes the organization whose visits are booked, connected, its reps users of the CRM.
func (f *fleet) connect() {
	f.t.Helper()
	f.connectIn("nodes", "us")
	var catalog struct {
		Timezone string           `json:"timezone"`
		Reps     []map[string]any `json:"reps"`
		Services []map[string]any `json:"services"`
	}
	if err := json.Unmarshal([]byte(benchCatalog()), &catalog); err != nil {
		f.t.Fatal(err)
	}
	for i, r := range catalog.Reps {
		r["crm_user"] = users[i]
	}
	if status, b := f.keyed("PUT", "/orgs/nodes/catalog", asJSON(catalog)); status != 200 {
		f.t.Fatalf("%d %s", status, b)
	}
	f.watched(30 * time.Second)
	f.sim("POST", "/_sim/faults", `{"method":"POST","path_prefix":"/crm/v8/","action":"delay","delay_ms":200}`) // jobs take a while
}

func (f *fleet) sim(method, path, body string) {
	f.t.Helper()
	if status, answer := f.call(method, f.zoho+path, body); status >= 300 {
		f.t.Fatalf("%s %s: %d %s", method, path, status, answer)
	}
}

// calls says how often the CRM was asked something.
func (f *fleet) calls(what string) int {
	f.t.Helper()
	return get[struct{ Calls map[string]int }](f.world, f.zoho+"/_sim/stats").Calls[what]
}

// book has visits booked, one each pace and four for each start, for which there are three reps.
func (f *fleet) book(pace time.Duration) {
	ctx, stop := context.WithCancel(f.t.Context())
	f.stop = stop
	orders, began := make(chan int), time.Now()
	f.upset = began
	f.done.Go(func() {
		defer close(orders)
		tick := time.NewTicker(pace)
		defer tick.Stop()
		for i := 0; i < 12*365*3; i++ {
			select {
			case orders <- i:
			case <-ctx.Done():
				return
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	})
	client := &http.Client{Timeout: 20 * time.Second}
	for range 8 {
		f.done.Go(func() {
			for i := range orders {
				again := time.NewTicker(200 * time.Millisecond)
				for !f.order(client, began, i) { // whoever got no answer asks again with the same key
					<-again.C
				}
				again.Stop()
			}
		})
	}
	f.t.Cleanup(func() { stop(); f.done.Wait() })
}

func (f *fleet) stopBooking() {
	f.stop()
	f.done.Wait()
}

// order asks once for a visit and says whether that is decided.
func (f *fleet) order(client *http.Client, began time.Time, i int) bool {
	start := began.UTC().Truncate(24*time.Hour).AddDate(0, 0, 2).Add(time.Duration(i/4) * 2 * time.Hour)
	key := fmt.Sprintf("order-%d", i)
	r, err := http.NewRequest("POST", f.base+"/api/v1/schedulers/nodes/bookings", strings.NewReader(fmt.Sprintf(
		`{"service":"visit","start":%q,"customer":{"first_name":"Load","last_name":"Nr%d","email":"%s@test.example"}}`, start.Format(time.RFC3339), i, key)))
	if err != nil {
		panic(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+testToken)
	r.Header.Set("Idempotency-Key", key)
	status, body := 0, []byte(nil)
	res, err := client.Do(r)
	if err == nil {
		status = res.StatusCode
		body, _ = io.ReadAll(res.Body)
		_ = res.Body.Close()
	}
	var b booked
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case status == 201 && json.Unmarshal(body, &b) == nil && b.Appointment.ID != "":
		f.acked[key] = b.Appointment.ID
		return true
	case status == 409 && strings.Contains(string(body), "TAKEN"):
		f.refused++
		return true
	}
	f.failures = append(f.failures, failure{time.Since(f.upset), fmt.Sprintf("%d %v %.200s", status, err, body)})
	return false
}

func (f *fleet) upsetNow() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.upset = time.Now()
}

// booked says how many visits are acknowledged.
func (f *fleet) booked() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.acked)
}

// more waits until n more visits are acknowledged.
func (f *fleet) more(n int) {
	f.t.Helper()
	have := f.booked()
	f.eventually(30*time.Second, fmt.Sprintf("%d more visits are booked", n), func() bool { return f.booked() >= have+n })
}

// disturb kills a node that is at work, crashes the database, puts a new node in the place of the dead one, and replaces
// another one as an upgrade does.
func (f *fleet) disturb() {
	f.t.Helper()
	f.more(10)
	f.eventually(30*time.Second, "every node is at work", func() bool { return len(f.running()) == len(f.nodes) })
	f.upsetNow()
	f.take().kill() // the balancer is not told
	for node, jobs := range f.running() {
		for _, id := range jobs {
			f.dead[id] = node
		}
	}
	f.more(5)
	f.upsetNow()
	if err := f.database.Restart(); err != nil {
		f.t.Fatal(err)
	}
	f.upsetNow()
	f.more(5)
	f.add(start(f.t, f.env...))
	old := f.take() // a rolling upgrade: its successor is there, no request comes any more, it finishes what it does
	f.add(start(f.t, f.env...))
	if err := old.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		f.t.Fatal(err)
	}
	select {
	case <-old.exited:
		if code := old.cmd.ProcessState.ExitCode(); code != 0 {
			f.t.Errorf("a node that was told to stop ended with %d\n%s", code, old.stderr)
		}
	case <-time.After(30 * time.Second):
		f.t.Error("a node that was told to stop goes on")
	}
}

// running lists the jobs of each node that is at work.
func (f *fleet) running() map[string][]int64 {
	out := map[string][]int64{}
	rows, err := f.db.Query("SELECT attempted_by[array_upper(attempted_by, 1)], id FROM river_job WHERE state = 'running' AND kind LIKE 'booking.%'")
	if err != nil {
		return out // the database may be away
	}
	defer rows.Close()
	for rows.Next() {
		var node string
		var id int64
		if err := rows.Scan(&node, &id); err != nil {
			f.t.Fatal(err)
		}
		out[node] = append(out[node], id)
	}
	return out
}

// calm waits until the last upset is so long ago that nothing may fail any more, and a little longer.
func (f *fleet) calm() {
	f.t.Helper()
	f.eventually(time.Minute, "calm again", func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		return time.Since(f.upset) > calmAfter+2*time.Second
	})
	f.more(5)
	f.mu.Lock()
	defer f.mu.Unlock()
	var last time.Duration
	for _, x := range f.failures {
		last = max(last, x.after)
		if x.after > calmAfter || strings.HasPrefix(x.what, "429") || strings.HasPrefix(x.what, "500") {
			f.t.Errorf("a request failed %v after the last upset: %s", x.after, x.what)
		}
	}
	f.t.Logf("%d requests failed, the last one %v after an upset", len(f.failures), last.Round(time.Millisecond))
	f.failures = nil
}

// nothingLost compares what was acknowledged with what is there.
func (f *fleet) nothingLost() {
	f.t.Helper()
	rows, err := f.db.Query("SELECT a.id, a.rep_id, a.starts_at, a.ends_at FROM appointments a WHERE a.status <> 'cancelled' ORDER BY a.rep_id, a.starts_at")
	if err != nil {
		f.t.Fatal(err)
	}
	defer rows.Close()
	there := map[string]bool{}
	var last struct {
		rep string
		end int64
	}
	for rows.Next() {
		var id, rep string
		var start, end int64
		if err := rows.Scan(&id, &rep, &start, &end); err != nil {
			f.t.Fatal(err)
		}
		if rep == last.rep && start < last.end {
			f.t.Errorf("%s is in two places at %v", rep, time.UnixMilli(start))
		}
		last.rep, last.end, there[id] = rep, end, true
	}
	events := map[string]int{}
	for _, r := range f.records("Events") {
		for id := range there {
			if strings.Contains(r.text("Description"), id) {
				events[id]++
			}
		}
	}
	contacts := map[string]int{}
	for _, r := range f.records("Contacts") {
		contacts[strings.ToLower(r.text("Email"))]++
	}
	for key, id := range f.acked {
		if !there[id] || events[id] != 1 || contacts[key+"@test.example"] != 1 {
			f.t.Errorf("%s was acknowledged as %s: in our database %v, %d events, %d contacts", key, id, there[id], events[id], contacts[key+"@test.example"])
		}
	}
	if len(there) != len(f.acked) || f.refused == 0 {
		f.t.Errorf("%d visits are there, %d were acknowledged, %d refused as taken", len(there), len(f.acked), f.refused)
	}
	f.t.Logf("%d visits booked, %d refused as taken", len(f.acked), f.refused)
}

// takenOver looks at the jobs that ran on nodes that were killed: another one has finished each.
func (f *fleet) takenOver() {
	f.t.Helper()
	orphans := 0
	for id, node := range f.dead {
		var lives bool
		var state, by string
		if err := f.db.QueryRow("SELECT state, attempted_by[array_upper(attempted_by, 1)], EXISTS (SELECT 1 FROM nodes WHERE id = $2) FROM river_job WHERE river_job.id = $1", id, node).Scan(&state, &by, &lives); err != nil {
			f.t.Fatal(err)
		}
		if lives {
			continue
		}
		if by != node {
			orphans++
		}
		if state != "completed" {
			f.t.Errorf("job %d of the dead %s is %s", id, node, state)
		}
	}
	if orphans == 0 {
		f.t.Error("no job of a dead node was finished by another: the test tests nothing")
	}
	f.t.Logf("%d jobs of dead nodes were finished by others", orphans)
}

// oneRenewal makes the channel of notifications due: of all nodes one renews it, once.
func (f *fleet) oneRenewal() {
	f.t.Helper()
	asked := func() int {
		n := 0
		for call, times := range get[struct{ Calls map[string]int }](f.world, f.zoho+"/_sim/stats").Calls {
			if strings.Contains(call, "actions/watch") {
				n += times
			}
		}
		return n
	}
	before := asked()
	if _, err := f.db.Exec("UPDATE watch_channels SET renew_at = 1"); err != nil {
		f.t.Fatal(err)
	}
	f.eventually(30*time.Second, "the channel is renewed", func() bool { return asked() > before })
	rounds := f.calls("POST /crm/v8/coql")
	f.eventually(30*time.Second, "three more rounds", func() bool { return f.calls("POST /crm/v8/coql") >= rounds+3 })
	if n := asked() - before; n != 1 {
		f.t.Errorf("the channel was renewed %d times, not once", n)
	}
	var channels struct{ Channels []any }
	if channels = get[struct{ Channels []any }](f.world, f.zoho+"/_sim/channels"); len(channels.Channels) != 1 {
		f.t.Errorf("there are %d channels", len(channels.Channels))
	}
}
