package zohosim_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/zohosim"
)

func TestStatsCountCallsCreditsAndTokens(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	id := k.leads(1)[0]
	k.get("/crm/v8/Leads/" + id)
	k.get("/crm/v8/Leads/" + id + "/Events?fields=id")
	k.do("POST", "/crm/v8/Events/"+id+"/actions/cancel", "{}")
	k.get("/crm/v8/settings/modules/5725767000000002118")
	k.get("/nowhere")
	k.get("/_sim/records/Leads")
	k.renew(k.refresh)
	r := k.get("/_sim/stats").want(200, "tokens.minted", "2", "tokens.live", "2", "credits", "5")
	want := map[string]string{
		"POST /crm/v8/Leads": "1", "GET /crm/v8/Leads/{id}": "1", "GET /crm/v8/Leads/{id}/Events": "1",
		"POST /crm/v8/Events/{id}/actions/cancel": "1", "GET /crm/v8/settings/modules/{id}": "1", "GET /nowhere": "1", "POST /oauth/v2/token": "2",
	}
	calls := r.at("calls").(map[string]any)
	for call, n := range want {
		if fmt.Sprint(calls[call]) != n {
			t.Errorf("%s: %v times, want %s", call, calls[call], n)
		}
	}
	if len(calls) != len(want) {
		t.Errorf("calls %v", calls)
	}
	k.pass(time.Hour)
	k.get("/_sim/stats").want(200, "tokens.minted", "2", "tokens.live", "0")
}

func TestResetStartsOver(t *testing.T) {
	t.Parallel()
	seeds := 0
	k := newKit(t, setup{onSeed: func(s *zohosim.Sim, seed string) error {
		seeds++
		if seed != "demo" {
			return nil
		}
		_, err := s.Load("Leads", []map[string]any{{"Last_Name": "Seeded"}})
		return err
	}})
	k.connect(everything)
	k.get("/crm/v8/Leads?fields=Last_Name").want(200, "data.0.Last_Name", "Seeded")
	old := k.access
	k.control("POST", "/_sim/apps", map[string]any{"client_id": "1000.X", "client_secret": "s", "redirect_uris": []string{}}).want(200)
	k.control("POST", "/_sim/clock", map[string]any{"advance_seconds": 60}).want(200)
	k.control("POST", "/_sim/faults", map[string]any{"path_prefix": "/crm", "action": "cut"}).want(200)
	k.control("PUT", "/_sim/modules/Extra", map[string]any{}).want(200)
	k.switchTo("count_as", "text")
	k.control("POST", "/_sim/reset", map[string]any{"seed": "empty"}).want(200, "seed", "empty")
	k.get("/_sim/stats").want(200, "credits", "0", "tokens.minted", "0")
	k.get("/_sim/switches").want(200, "count_as", "number")
	k.get("/_sim/clock").want(200, "now", "2026-11-23T15:00:00Z")
	k.get("/_sim/faults").want(200, "faults.0", nil)
	k.get("/_sim/records/Leads").want(200, "data.0", nil)
	k.get("/_sim/records/Extra").want(404)
	k.control("POST", "/_sim/grant", map[string]any{"client_id": "1000.X", "scope": "ZohoCRM.org.READ"}).want(404)
	k.access = old
	k.get("/crm/v8/org").want(401)
	k.connect(everything)
	k.get("/crm/v8/Leads?fields=id").empty(204)
	k.control("POST", "/_sim/reset", nil).want(200, "seed", "demo")
	k.get("/_sim/records/Leads").want(200, "data.0.Last_Name", "Seeded")
	k.control("POST", "/_sim/reset", map[string]any{"seed": "odd"}).want(400, "status", "400")
	if seeds != 3 {
		t.Errorf("seeded %d times, want 3", seeds)
	}
}

func TestAppsAreRegistered(t *testing.T) {
	t.Parallel()
	k := newKit(t, setup{})
	k.control("POST", "/_sim/apps", map[string]any{"client_id": "1000.X", "client_secret": "s", "redirect_uris": []string{"https://app.example/cb"}}).want(200)
	k.request("GET", authURL("client_id", "1000.X", "redirect_uri", "https://app.example/cb"), nil, nil).want(200)
	k.request("GET", authURL("client_id", "1000.X"), nil, nil).want(400) // no loopback for others
	for _, uri := range []string{"http://localhost:1/x", "https://[::1]/cb", "http://127.9.9.9/"} {
		k.request("GET", authURL("redirect_uri", uri), nil, nil).want(200)
	}
	for _, uri := range []string{"http://10.0.0.1/x", "ftp://localhost/x", "http://localhost.evil.example/x", "http://localhost/x#y"} {
		k.request("GET", authURL("redirect_uri", uri), nil, nil).want(400)
	}
	for name, body := range map[string]any{
		"no secret": map[string]any{"client_id": "1000.Y"}, "odd address": map[string]any{"client_id": "1000.Y", "client_secret": "s", "redirect_uris": []string{"x"}}, "no JSON": "{",
	} {
		if r := k.control("POST", "/_sim/apps", body); r.status != 400 || !strings.HasPrefix(r.header.Get("Content-Type"), "application/problem+json") {
			t.Errorf("%s: %d %s", name, r.status, r.raw)
		}
	}
}

func TestGrantRefusals(t *testing.T) {
	t.Parallel()
	k := newKit(t, setup{})
	for name, c := range map[string]struct {
		body   map[string]any
		status int
	}{
		"unknown client":       {map[string]any{"client_id": "x", "scope": "ZohoCRM.org.READ"}, 404},
		"unknown user":         {map[string]any{"client_id": client, "scope": "ZohoCRM.org.READ", "user": "nobody@x.example"}, 404},
		"unregistered address": {map[string]any{"client_id": client, "scope": "ZohoCRM.org.READ", "redirect_uri": "https://evil.example/"}, 400},
		"unknown scope":        {map[string]any{"client_id": client, "scope": "ZohoCRM.nope.READ"}, 400},
	} {
		if r := k.control("POST", "/_sim/grant", c.body); r.status != c.status {
			t.Errorf("%s: %d %s", name, r.status, r.raw)
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	fault := func(pairs ...any) {
		t.Helper()
		k.control("DELETE", "/_sim/faults", nil).want(200)
		f := map[string]any{}
		for i := 0; i < len(pairs); i += 2 {
			f[pairs[i].(string)] = pairs[i+1]
		}
		k.control("POST", "/_sim/faults", f).want(200)
	}
	count := func() string { return k.control("GET", "/_sim/records/Leads", nil).raw }
	none := count()

	fault("method", "POST", "path_prefix", "/crm/v8/Leads", "when", "before", "action", "status", "status", 500, "times", 1)
	k.get("/crm/v8/Leads?fields=id").empty(204)                                          // another method
	k.do("POST", "/crm/v8/Contacts", map[string]any{"data": []any{lead("x")}}).want(201) // another path
	k.do("POST", "/crm/v8/Leads", map[string]any{"data": []any{lead("x")}}).want(500, "code", "INTERNAL_ERROR")
	if count() != none {
		t.Error("a fault before the call let it through")
	}
	k.insert("Leads", lead("first")) // once only

	fault("when", "after", "action", "cut", "path_prefix", "/crm/v8/Leads", "method", "POST", "times", 1)
	if r := k.do("POST", "/crm/v8/Leads", map[string]any{"data": []any{lead("lost answer")}}); r.status != -1 {
		t.Errorf("cut: %d %s", r.status, r.raw)
	}
	if !strings.Contains(count(), "lost answer") {
		t.Error("a fault after the call did not let it through")
	}
	fault("when", "after", "action", "status", "status", 503, "path_prefix", "/crm/v8/Leads", "method", "POST")
	for range 2 { // stays
		k.do("POST", "/crm/v8/Leads", map[string]any{"data": []any{lead("again")}}).want(503, "code", "SERVICE_UNAVAILABLE")
	}
	if n := strings.Count(count(), `"Last_Name":"again"`); n != 2 {
		t.Errorf("applied %d times, want 2", n)
	}
	fault("action", "cut", "path_prefix", "/oauth/v2/token")
	if r := k.renew(k.refresh); r.status != -1 {
		t.Errorf("cut before: %d %s", r.status, r.raw)
	}
	k.get("/_sim/stats").want(200) // exempt

	fault("action", "html", "path_prefix", "/crm")
	if r := k.get("/crm/v8/org"); r.status != 502 || !strings.HasPrefix(r.header.Get("Content-Type"), "text/html") {
		t.Errorf("html: %d %s", r.status, r.raw)
	}
	fault("action", "html", "path_prefix", "/crm", "status", 200, "body", "<b>maintenance</b>")
	if r := k.get("/crm/v8/org"); r.status != 200 || r.raw != "<b>maintenance</b>" {
		t.Errorf("html: %d %s", r.status, r.raw)
	}
	fault("action", "status", "status", 401)
	k.get("/crm/v8/org").want(401, "code", "INVALID_TOKEN")
	fault("action", "status", "status", 429, "body", map[string]any{"code": "SLOW_DOWN"})
	k.get("/crm/v8/org").want(429, "code", "SLOW_DOWN")
	fault("action", "status", "status", 400, "body", `{"code":"TEXT"}`)
	k.get("/crm/v8/org").want(400, "code", "TEXT")
	fault("action", "status", "status", 204)
	k.get("/crm/v8/org").empty(204)

	fault("action", "delay", "delay_ms", 150, "path_prefix", "/crm", "times", 1)
	for _, want := range []bool{true, false} {
		from := time.Now()
		k.get("/crm/v8/org").want(200)
		if slow := time.Since(from) >= 150*time.Millisecond; slow != want {
			t.Errorf("slow %v, want %v", slow, want)
		}
	}
	fault("action", "delay", "delay_ms", 150, "path_prefix", "/crm", "when", "after", "times", 1)
	from := time.Now()
	k.get("/crm/v8/org").want(200)
	if time.Since(from) < 150*time.Millisecond {
		t.Error("a delay after the call did not delay its answer")
	}
	fault("action", "status", "status", 500, "probability", 0)
	k.get("/crm/v8/org").want(200)
	fault("action", "status", "status", 500, "probability", 0.5)
	failed := 0
	for range 60 {
		if k.get("/crm/v8/org").status == 500 {
			failed++
		}
	}
	if failed == 0 || failed == 60 {
		t.Errorf("%d of 60 failed at one in two", failed)
	}
	k.control("DELETE", "/_sim/faults", nil).want(200)
	k.get("/crm/v8/org").want(200)
}

func TestFaultsStrikeOnEveryDataCentre(t *testing.T) {
	t.Parallel()
	k := newKit(t, setup{others: []string{"eu"}})
	k.control("POST", k.servers["eu"].URL+"/_sim/faults", map[string]any{"action": "status", "status": 500, "times": 2}).want(200, "times", "2")
	k.get("/oauth/serverinfo").want(500)
	k.get("/_sim/faults").want(200, "faults.0.times", "1")
	k.get(k.servers["eu"].URL + "/oauth/serverinfo").want(500)
	k.get("/oauth/serverinfo").want(200)
	k.get("/_sim/stats").want(200, "calls.GET /oauth/serverinfo", "3")
}

func TestFaultRefusals(t *testing.T) {
	t.Parallel()
	k := newKit(t, setup{})
	for _, f := range []map[string]any{
		{},
		{"action": "explode"},
		{"action": "status"},
		{"action": "status", "status": 99},
		{"action": "delay"},
		{"action": "cut", "when": "during"},
		{"action": "cut", "times": 0},
		{"action": "cut", "probability": 2},
		{"action": "cut", "path": "/crm"},
	} {
		if r := k.control("POST", "/_sim/faults", f); r.status != 400 {
			t.Errorf("%v: %d", f, r.status)
		}
	}
	k.get("/_sim/faults").want(200, "faults.0", nil)
}

func TestTokenAccidents(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	raes, raesRefresh := k.access, k.refresh
	anns := k.exchange(k.url, k.grantCode(k.url, everything, ann))
	k.control("POST", "/_sim/tokens", map[string]any{"action": "expire_access", "user": "ann@ridgeline.example"}).want(200, "affected", "1")
	k.get("/crm/v8/org").want(200)
	k.access = anns.text("access_token")
	k.get("/crm/v8/org").want(401, "code", "INVALID_TOKEN")
	k.access = k.renew(anns.text("refresh_token")).text("access_token")
	k.get("/crm/v8/org").want(200)
	k.control("POST", "/_sim/tokens", map[string]any{"action": "revoke_refresh", "user": ann}).want(200)
	k.get("/crm/v8/org").want(401)
	k.renew(anns.text("refresh_token")).want(200, "error", "invalid_code")
	k.access = raes
	k.get("/crm/v8/org").want(200)
	k.control("POST", "/_sim/tokens", map[string]any{"action": "expire_access"}).want(200)
	k.get("/crm/v8/org").want(401)
	k.control("POST", "/_sim/tokens", map[string]any{"action": "revoke_refresh"}).want(200, "affected", "1")
	k.renew(raesRefresh).want(200, "error", "invalid_code")
	k.control("POST", "/_sim/tokens", map[string]any{"action": "eat"}).want(400)
	k.control("POST", "/_sim/tokens", map[string]any{"action": "expire_access", "user": "x@y.example"}).want(404)
}

func TestClockMoves(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	k.control("POST", "/_sim/clock", map[string]any{"advance_seconds": 90.5}).want(200, "now", "2026-11-23T15:01:30.5Z")
	id := k.insert("Leads", lead("x"))[0]
	k.get("/crm/v8/Leads/"+id).want(200, "data.0.Created_Time", "2026-11-23T09:01:30-06:00")
	k.control("POST", "/_sim/clock", map[string]any{"advance_seconds": 3600}).want(200)
	k.get("/crm/v8/org").want(401, "code", "INVALID_TOKEN")
}

func TestChannelsAreNoneAtFirst(t *testing.T) {
	t.Parallel()
	k := newKit(t, setup{})
	if r := k.get("/_sim/channels").want(200); r.raw != `{"channels":[]}` {
		t.Errorf("channels %s", r.raw)
	}
}

func TestRecordsCostNothingAndShowAll(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	ids := k.leads(3)
	before := k.credits()
	if got := k.control("GET", "/_sim/records/Leads", nil).want(200).list("data", "id"); !slices.Equal(got, ids) {
		t.Errorf("records %v", got)
	}
	k.insert("Events", meeting("m", start))
	k.control("GET", "/_sim/records/Events", nil).want(200, "data.0.$event_cancelled", false, "data.0.Event_Title", "m")
	k.control("GET", "/_sim/records/Nope", nil).want(404)
	k.control("GET", "/_sim/records/Leads?org=Other+Company", nil).want(200, "data.0", nil)
	k.control("GET", "/_sim/records/Leads?org=Nobody", nil).want(404)
	if k.credits() != before+1 {
		t.Error("records cost credits")
	}
}

func TestSwitchesArePatchedByNameAndValue(t *testing.T) {
	t.Parallel()
	k := newKit(t, setup{})
	k.control("PATCH", "/_sim/switches", map[string]any{"live_access_tokens": 15, "error_json_path": false, "index_lag_seconds": 2.5}).
		want(200, "live_access_tokens", "15", "error_json_path", false, "index_lag_seconds", "2.5", "throttle_status", "200")
	for _, patch := range []any{
		map[string]any{"nonsense": 1},
		map[string]any{"live_access_tokens": 11},
		map[string]any{"throttle_error": "odd"},
		map[string]any{"index_lag_seconds": -1},
		map[string]any{"error_json_path": "no"},
		"x",
		map[string]any{"live_access_tokens": 30, "nonsense": 1},
	} {
		if r := k.control("PATCH", "/_sim/switches", patch); r.status != 400 {
			t.Errorf("%v: %d %s", patch, r.status, r.raw)
		}
	}
	k.get("/_sim/switches").want(200, "live_access_tokens", "15")
}

// The table for people names every switch with its default and its values, and no others.
func TestSwitchesAreDocumented(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../../docs/SIMULATOR.md")
	if err != nil {
		t.Fatal(err)
	}
	k := newKit(t, setup{})
	have := k.get("/_sim/switches").body.(map[string]any)
	lines := map[string]string{}
	for line := range strings.Lines(string(doc)) {
		if name, ok := strings.CutPrefix(line, "| `"); ok {
			name, rest, _ := strings.Cut(name, "`")
			lines[name] = rest
		}
	}
	for name, value := range have {
		line, ok := lines[name]
		if !ok {
			t.Errorf("%s is missing", name)
		} else if !strings.HasPrefix(line, fmt.Sprintf(" | `%v` |", value)) {
			t.Errorf("%s: the default is %v, the table says %s", name, value, line)
		}
		delete(lines, name)
	}
	for name := range lines {
		if strings.Contains(name, " ") {
			continue // a call, from the table above
		}
		t.Errorf("%s is no switch", name)
	}
}

// The table of marks names only switches that there are, and says of each mark where it went.
func TestEveryMarkWentSomewhere(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../../docs/SIMULATOR.md")
	if err != nil {
		t.Fatal(err)
	}
	have := newKit(t, setup{}).get("/_sim/switches").body.(map[string]any)
	marks := map[string]int{}
	for line := range strings.Lines(string(doc)) {
		notes, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), " ")
		if notes != "crm-v8" && notes != "oauth" && notes != "calendar-v1" {
			continue
		}
		marks[notes]++
		cells := strings.Split(line, " | ")
		where := strings.TrimSuffix(cells[len(cells)-1], " |\n")
		if len(cells) != 4 || cells[1] != "U" && cells[1] != "C" {
			t.Errorf("odd row: %s", line)
		}
		if strings.HasPrefix(where, "not simulated: ") || strings.HasPrefix(where, "no switch: ") {
			continue
		}
		parts := strings.Split(where, "`")
		if len(parts) < 3 {
			t.Errorf("no switch: %s", line)
		}
		for i := 1; i < len(parts); i += 2 {
			if _, ok := have[parts[i]]; !ok {
				t.Errorf("%s is no switch: %s", parts[i], line)
			}
		}
	}
	if got := fmt.Sprint(marks); got != "map[calendar-v1:8 crm-v8:32 oauth:11]" { // the marks of the notes, counted
		t.Errorf("marks: %s", got)
	}
}

func TestBrowsersOfOtherSitesChangeNothing(t *testing.T) {
	t.Parallel()
	k := newKit(t, setup{})
	for _, h := range []http.Header{{"Sec-Fetch-Site": {"cross-site"}}, {"Origin": {"https://evil.example"}}} {
		if r := k.request("POST", "/_sim/reset", strings.NewReader("{}"), h); r.status != 403 {
			t.Errorf("%v: %d", h, r.status)
		}
		k.request("GET", "/_sim/stats", nil, h).want(200)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	now := func() time.Time { return start }
	for name, o := range map[string]zohosim.Options{
		"no clock": {}, "unknown seed": {Now: now, Seed: "big"}, "unknown data centre": {Now: now, DataCentres: []zohosim.DC{{Location: "mars"}}},
		"data centre twice": {Now: now, DataCentres: []zohosim.DC{{Location: "us"}, {Location: "us"}}},
		"failing seed":      {Now: now, OnSeed: func(*zohosim.Sim, string) error { return errors.New("no") }},
	} {
		if _, err := zohosim.New(o); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestLoadChecksLikeInsert(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	contacts, err := k.sim.Load("Contacts", []map[string]any{{"Last_Name": "A"}, {"Last_Name": "B"}})
	if err != nil || len(contacts) != 2 || contacts[0] >= contacts[1] {
		t.Fatalf("%v, %v", contacts, err)
	}
	ids, err := k.sim.Load("Events", []map[string]any{{
		"Event_Title": "t", "Start_DateTime": start, "End_DateTime": start.Add(time.Hour), "Who_Id": map[string]string{"id": contacts[0]},
		"Remind_At": []map[string]any{{"unit": 15, "period": "minutes"}}, "All_day": false,
	}})
	if err != nil {
		t.Fatal(err)
	}
	k.get("/crm/v8/Events/"+ids[0]).want(200, "data.0.Who_Id.id", contacts[0], "data.0.Start_DateTime", "2026-11-23T09:00:00-06:00")
	ids, err = k.sim.Load("Leads", []map[string]any{{"Last_Name": "ok", "No_of_Employees": 5, "Annual_Revenue": 1.5}, {"Email": "x"}, {"Last_Name": "never"}})
	if len(ids) != 1 || err == nil || !strings.Contains(err.Error(), "record 1") {
		t.Fatalf("%v, %v", ids, err)
	}
	if _, err := k.sim.Load("Nope", []map[string]any{{}}); err == nil {
		t.Error("unknown module accepted")
	}
	k.get("/_sim/stats").want(200, "credits", "1")
}
