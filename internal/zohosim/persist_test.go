package zohosim_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"heavyset.tech/platform/internal/zohosim"
	"pgregory.net/rapid"
)

// TestMain lets this binary also be a simulator in a process of its own, to be killed.
func TestMain(m *testing.M) {
	dir := os.Getenv("ZOHOSIM_TEST_DIR")
	if dir == "" {
		os.Exit(contract.End(m.Run()))
	}
	sim, err := zohosim.New(zohosim.Options{Dir: dir, Now: func() time.Time { return start }})
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	server := httptest.NewServer(sim.Handler("us"))
	fmt.Println(server.URL)
	select {}
}

// reopened is the simulator that a process finds which starts after this one died just now.
func (k *kit) reopened(dir string) *kit {
	k.t.Helper()
	to := filepath.Join(k.t.TempDir(), "copy")
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		k.t.Fatal(err)
	}
	again := newKit(k.t, setup{dir: to, clock: k.clock, onSeed: func(*zohosim.Sim, string) error {
		k.t.Error("seeded again")
		return nil
	}})
	again.access, again.refresh = k.access, k.refresh
	return again
}

func TestEverythingSurvivesTheDeathOfTheProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	k := newKit(t, setup{dir: dir})
	k.connect(everything)
	k.schema()
	contact := k.insert("Contacts", map[string]any{"First_Name": "Cy", "Last_Name": "Young"})[0]
	thing := k.insert("Things", map[string]any{
		"Name": "Ünï", "Code": "x", "Count": 5, "Big": "12345678901", "Price": 19.25, "Yes": true, "Day": "2026-02-28", "Tags": []any{"a"},
		"At": "2026-11-23T10:00:00+05:30", "Who": contact, "Rep": ann, "For": map[string]any{"module": "Contacts", "id": contact},
		"Rows": []any{map[string]any{"Part": "x"}}, "Owner": ben, "Notes": "a\nb\"c",
	})[0]
	event := k.insert("Events", meeting("m", start, "Who_Id", contact, "Participants", []any{map[string]any{"type": "email", "participant": "z@x.example"}}, "send_notification", true))[0]
	k.one("PUT", "/crm/v8/Events/"+event, map[string]any{"Venue": "Room 1"}).want(200)
	k.one("POST", "/crm/v8/Events/"+event+"/actions/cancel", map[string]any{"send_cancelling_mail": false}).want(200)
	gone := k.leads(2)
	k.do("DELETE", "/crm/v8/Leads/"+gone[0], nil).want(200)
	k.control("POST", "/_sim/apps", map[string]any{"client_id": "1000.X", "client_secret": "s", "redirect_uris": []string{callback}}).want(200)
	code := k.grantCode(k.url, everything, ann)
	for range 10 {
		k.renew(k.refresh).want(200, "error", nil)
	}
	k.access = k.exchange(k.url, k.grantCode(k.url, everything, "")).text("access_token")
	k.switchTo("unknown_id_status", 400)
	k.control("POST", "/_sim/faults", map[string]any{"path_prefix": "/crm/v8/org", "action": "status", "status": 503, "times": 3}).want(200)
	k.get("/crm/v8/org").want(503)
	k.control("POST", "/_sim/clock", map[string]any{"advance_seconds": 30}).want(200)
	k.insert("Leads", lead("more"))
	token := k.get("/crm/v8/Leads?fields=id&per_page=1")

	pages := map[string]string{}
	look := func(k *kit, path string) string { return k.get(path).raw }
	paths := []string{
		"/_sim/stats", "/_sim/switches", "/_sim/faults", "/_sim/clock", "/_sim/records/Things", "/_sim/records/Events", "/_sim/records/Leads",
	}
	api := []string{
		"/crm/v8/Things/" + thing, "/crm/v8/Leads/deleted", "/crm/v8/settings/fields?module=Things", "/crm/v8/settings/layouts?module=Things",
		"/crm/v8/settings/modules", "/crm/v8/Events?fields=Event_Title,$event_cancelled,Venue", "/crm/v8/Leads/5725767000000999999",
		"/crm/v8/Leads?fields=id&per_page=1&page_token=" + token.text("info.next_page_token"),
	}
	for _, p := range paths {
		pages[p] = look(k, p)
	}
	compact := func(k *kit, dir string) {
		t.Helper()
		for _, p := range paths {
			if got := look(k, p); got != pages[p] {
				t.Errorf("%s:\n%s\nwas\n%s", p, got, pages[p])
			}
		}
	}
	after := k.reopened(dir)
	compact(after, dir)
	for _, p := range api {
		if got, want := look(after, p), look(k, p); got != want {
			t.Errorf("%s:\n%s\nwas\n%s", p, got, want)
		}
	}
	after.renew(k.refresh).want(200, "error", "Access Denied")
	after.exchange(after.url, code).want(200, "error", nil)
	after.request("GET", authURL("client_id", "1000.X"), nil, nil).want(200)
	after.one("POST", "/crm/v8/Things", map[string]any{"Name": "n", "Code": "X"}).want(400, "code", "DUPLICATE_DATA")
	if id := after.insert("Leads", lead("next"))[0]; slices.Contains(gone, id) || id <= gone[1] {
		t.Errorf("id %s was used before", id)
	}
	after.get("/crm/v8/org").want(503)
	after.get("/crm/v8/org").want(503)
	after.get("/crm/v8/org").want(200)
}

func TestCompactionKeepsEverything(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	k := newKit(t, setup{dir: dir})
	k.connect(everything)
	k.schema()
	k.insert("Things", map[string]any{"Name": "n", "Code": "x"})
	ids := k.leads(20)
	k.do("DELETE", "/crm/v8/Leads/"+ids[19], nil).want(200) // the greatest id there is
	k.switchTo("count_as", "text")
	k.control("POST", "/_sim/faults", map[string]any{"path_prefix": "/x", "action": "cut"}).want(200)
	fields := k.get("/crm/v8/settings/fields?module=Things").raw
	stats := k.get("/_sim/stats").raw
	if err := k.sim.CompactForTest(); err != nil {
		t.Fatal(err)
	}
	if logs, _ := filepath.Glob(filepath.Join(dir, "00000000.*")); len(logs) != 0 {
		t.Errorf("files that the snapshot replaces remain: %v", logs)
	}
	for range 2 { // from the snapshot, and from a snapshot of that
		again := k.reopened(dir)
		if got := again.get("/_sim/stats").raw; got != stats {
			t.Errorf("stats %s, want %s", got, stats)
		}
		again.get("/_sim/faults").want(200, "faults.0.path_prefix", "/x")
		again.get("/_sim/switches").want(200, "count_as", "text")
		if got := again.get("/crm/v8/settings/fields?module=Things").raw; got != fields {
			t.Error("fields differ")
		}
		again.get("/crm/v8/Leads/deleted").want(200, "data.0.id", ids[19])
		again.get("/crm/v8/Leads/actions/count").want(200, "count", "19")
		again.one("POST", "/crm/v8/Things", map[string]any{"Name": "n", "Code": "x"}).want(400, "code", "DUPLICATE_DATA")
		if id := again.insert("Leads", lead("next"))[0]; id <= ids[19] {
			t.Errorf("id %s was used before", id)
		}
		if err := k.sim.CompactForTest(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRunCompactsAGrownJournal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	k := newKit(t, setup{dir: dir})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- k.sim.Run(ctx) }()
	text := strings.Repeat("x", 30_000)
	for range 14 {
		many := make([]map[string]any, 100)
		for i := range many {
			many[i] = map[string]any{"Last_Name": "L", "Description": text}
		}
		if _, err := k.sim.Load("Leads", many); err != nil {
			t.Fatal(err)
		}
	}
	for {
		if snaps, _ := filepath.Glob(filepath.Join(dir, "*.snap")); len(snaps) > 0 {
			break
		}
		if t.Context().Err() != nil {
			t.Fatal("no snapshot")
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got := len(k.reopened(dir).get("/_sim/records/Leads").list("data", "id")); got != 1400 {
		t.Errorf("%d records", got)
	}
}

func TestTornLastChangeIsForgottenAndTheRestStays(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	k := newKit(t, setup{dir: dir})
	k.connect(everything)
	kept := k.insert("Leads", lead("kept"))[0]
	path := filepath.Join(dir, "00000000.log")
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	torn := k.insert("Leads", lead("torn"))[0]
	for _, cut := range []int64{1, 9, 40} {
		to := t.TempDir()
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, "00000000.log"), whole[:before.Size()+cut], 0o600); err != nil {
			t.Fatal(err)
		}
		again := newKit(t, setup{dir: to, clock: k.clock})
		again.access = k.access
		again.get("/crm/v8/Leads/"+kept).want(200, "data.0.Last_Name", "kept")
		again.get("/crm/v8/Leads/" + torn).empty(204)
		again.insert("Leads", lead("goes on"))
	}
}

func TestKilledWhileSeedingBeginsAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	o := zohosim.Options{Dir: dir, Now: func() time.Time { return start }, OnSeed: func(s *zohosim.Sim, _ string) error {
		if _, err := s.Load("Leads", []map[string]any{{"Last_Name": "a"}}); err != nil {
			return err
		}
		return fmt.Errorf("killed")
	}}
	if _, err := zohosim.New(o); err == nil {
		t.Fatal("the failing seed was accepted")
	}
	o.OnSeed = func(s *zohosim.Sim, seed string) error {
		_, err := s.Load("Leads", []map[string]any{{"Last_Name": "b"}, {"Last_Name": seed}})
		return err
	}
	sim, err := zohosim.New(o)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim.Handler("us"))
	t.Cleanup(server.Close)
	k := &kit{t: t, url: server.URL}
	if got := k.get("/_sim/records/Leads").list("data", "Last_Name"); !slices.Equal(got, []string{"b", "demo"}) {
		t.Errorf("records %v", got)
	}
}

// A process that writes from many sides is killed with SIGKILL: whatever it acknowledged is there afterwards.
func TestKillMinus9LosesNothingAcknowledged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), "ZOHOSIM_TEST_DIR="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	k := &kit{t: t, url: strings.TrimSpace(line)}
	k.connect(watchScopes)
	k.watch("POST", aChannel(1, []string{"Leads.all"})).want(201)
	var mu sync.Mutex
	var wg sync.WaitGroup
	var enough atomic.Int64
	var acknowledged []string
	for range 4 {
		wg.Go(func() {
			for {
				r := k.do("POST", "/crm/v8/Leads", map[string]any{"data": []any{lead("x")}})
				if r.status != http.StatusCreated {
					return
				}
				mu.Lock()
				acknowledged = append(acknowledged, r.text("data.0.details.id"))
				mu.Unlock()
				if enough.Add(1) == 200 {
					if err := child.Process.Signal(syscall.SIGKILL); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	_ = child.Wait()
	clock := new(atomic.Int64)
	clock.Store(start.UnixNano())
	again := newKit(t, setup{dir: dir, clock: clock})
	again.access = k.access
	again.get("/_sim/channels").want(200, "channels.0.channel_id", "1", "channels.0.token", "tok")
	have := again.get("/_sim/records/Leads").list("data", "id")
	for _, id := range acknowledged {
		if !slices.Contains(have, id) {
			t.Errorf("%s was acknowledged and is lost", id)
		}
	}
	if len(acknowledged) < 200 {
		t.Errorf("only %d were acknowledged", len(acknowledged))
	}
	again.insert("Leads", lead("goes on"))
}

func TestFolderInUseIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	k := newKit(t, setup{dir: dir})
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), "ZOHOSIM_TEST_DIR="+dir)
	out, err := child.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "in use by another process") {
		t.Fatalf("%v: %s", err, out)
	}
	if err := k.sim.Close(); err != nil {
		t.Fatal(err)
	}
	k.access = "x"
	if r := k.control("POST", "/_sim/clock", map[string]any{"advance_seconds": 1}); r.status != 500 {
		t.Errorf("a closed simulator changed something: %d", r.status)
	}
}

func TestWriteThatCannotBeKeptIsUndone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	k := newKit(t, setup{dir: dir})
	k.connect(everything)
	ids := k.leads(2)
	if err := k.sim.Close(); err != nil {
		t.Fatal(err)
	}
	k.do("POST", "/crm/v8/Leads", map[string]any{"data": []any{lead("x")}}).want(500, "code", "INTERNAL_ERROR")
	k.one("PUT", "/crm/v8/Leads/"+ids[0], lead("x")).want(500)
	k.do("DELETE", "/crm/v8/Leads?ids="+ids[0]+","+ids[1], nil).want(500)
	k.renew(k.refresh).want(500)
	if got := k.get("/_sim/records/Leads").list("data", "Last_Name"); !slices.Equal(got, []string{"L000", "L001"}) {
		t.Errorf("records %v", got)
	}
	k.get("/crm/v8/Leads/deleted").empty(204)
}

// Any history of changes comes back as it was.
func TestHistoriesComeBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		dir := t.TempDir()
		now := start
		sim, err := zohosim.New(zohosim.Options{Dir: dir, Now: func() time.Time { return now }})
		if err != nil {
			rt.Fatal(err)
		}
		server := httptest.NewServer(sim.Handler("us"))
		defer server.Close()
		k := &kit{t: t, url: server.URL}
		k.connect(everything)
		var ids []string
		for range rapid.IntRange(1, 15).Draw(rt, "steps") {
			switch step := rapid.IntRange(0, 9).Draw(rt, "step"); {
			case step < 5 || len(ids) == 0:
				ids = append(ids, k.insert("Leads", lead("L", "City", rapid.StringMatching(`[a-zé]{0,5}`).Draw(rt, "city")))...)
			case step < 7:
				k.one("PUT", "/crm/v8/Leads/"+rapid.SampledFrom(ids).Draw(rt, "id"), map[string]any{"City": nil, "State": "IL"})
			case step < 8:
				k.do("DELETE", "/crm/v8/Leads/"+rapid.SampledFrom(ids).Draw(rt, "id"), nil)
			case step < 9:
				now = now.Add(time.Minute)
			default:
				if err := sim.CompactForTest(); err != nil {
					rt.Fatal(err)
				}
			}
		}
		again := k.reopened(dir)
		for _, path := range []string{"/_sim/records/Leads", "/_sim/stats"} {
			if got, want := again.get(path).raw, k.get(path).raw; got != want {
				rt.Fatalf("%s: %s\nwant %s", path, got, want)
			}
		}
	})
}
