package zohosim_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"heavyset.tech/platform/internal/zohooas"
	"heavyset.tech/platform/internal/zohosim"
)

// contract holds every answer that a kit gets against Zoho's OpenAPI files. Requests are not judged: many are wrong on
// purpose.
var contract = zohooas.Open("zohosim")

// start is when every simulator of these tests begins: a Monday morning in Chicago, winter time.
var start = time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC)

const (
	client      = "1000.SIMCLIENT"
	secret      = "sim-secret"
	callback    = "http://127.0.0.1:8080/oauth/zoho/callback"
	everything  = "ZohoCRM.modules.ALL,ZohoCRM.settings.ALL,ZohoCRM.users.READ,ZohoCRM.org.READ,ZohoCRM.coql.READ,ZohoSearch.securesearch.READ,AaaServer.profile.READ"
	rae         = "5725767000000411000"
	ann         = "5725767000000411001"
	ben         = "5725767000000411002"
	tokenFormat = `^1000\.[0-9a-f]{32}\.[0-9a-f]{32}$`
)

// kit is a simulator with a listener per data centre and a token for everything.
type kit struct {
	t       testing.TB
	sim     *zohosim.Sim
	clock   *atomic.Int64 // nanoseconds
	url     string        // of us
	servers map[string]*httptest.Server
	access  string
	refresh string
}

type setup struct {
	dir    string
	others []string
	onSeed func(*zohosim.Sim, string) error
	clock  *atomic.Int64
}

func newKit(t testing.TB, s setup) *kit {
	t.Helper()
	k := &kit{t: t, clock: s.clock, servers: map[string]*httptest.Server{}}
	if k.clock == nil {
		k.clock = new(atomic.Int64)
		k.clock.Store(start.UnixNano())
	}
	o := zohosim.Options{
		Dir: s.dir, Now: func() time.Time { return time.Unix(0, k.clock.Load()) }, OnSeed: s.onSeed,
		DataCentres: []zohosim.DC{{Location: "us"}},
	}
	for _, location := range s.others {
		o.DataCentres = append(o.DataCentres, zohosim.DC{Location: location})
	}
	sim, err := zohosim.New(o)
	if err != nil {
		t.Fatal(err)
	}
	k.sim = sim
	for _, dc := range o.DataCentres {
		server := httptest.NewServer(sim.Handler(dc.Location))
		t.Cleanup(server.Close)
		sim.SetBaseURL(dc.Location, server.URL)
		k.servers[dc.Location] = server
	}
	k.url = k.servers["us"].URL
	return k
}

// fresh is a kit in memory whose token may do everything.
func fresh(t testing.TB) *kit {
	t.Helper()
	k := newKit(t, setup{})
	k.connect(everything)
	return k
}

func (k *kit) pass(d time.Duration) { k.clock.Add(int64(d)) }

// reply is an answer with its body decoded, if it is JSON.
type reply struct {
	t      testing.TB
	status int
	header http.Header
	raw    string
	body   any
}

func (k *kit) request(method, target string, body io.Reader, header http.Header) reply {
	k.t.Helper()
	if strings.HasPrefix(target, "/") {
		target = k.url + target
	}
	req, err := http.NewRequest(method, target, body)
	if err != nil {
		k.t.Fatal(err)
	}
	for name, values := range header {
		req.Header[name] = values
	}
	if host := header.Get("Host"); host != "" {
		req.Host = host
	}
	transport := &http.Transport{DisableKeepAlives: true}
	res, err := transport.RoundTrip(req)
	if err != nil {
		return reply{t: k.t, status: -1, raw: err.Error()}
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return reply{t: k.t, status: -1, raw: err.Error()}
	}
	if _, timed := k.t.(*testing.B); !timed { // judging an answer takes longer than making it
		contract.CheckAnswer(k.t, req, res, raw)
	}
	r := reply{t: k.t, status: res.StatusCode, header: res.Header, raw: string(raw)}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	_ = d.Decode(&r.body)
	return r
}

// do calls the API with the kit's token; body may be nil, a string of JSON, or something to encode. More headers come in pairs.
func (k *kit) do(method, target string, body any, header ...string) reply {
	k.t.Helper()
	h := http.Header{"Authorization": {"Zoho-oauthtoken " + k.access}}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	var in io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		in = strings.NewReader(b)
	default:
		encoded, err := json.Marshal(b)
		if err != nil {
			k.t.Fatal(err)
		}
		in = bytes.NewReader(encoded)
	}
	return k.request(method, target, in, h)
}

func (k *kit) get(target string, header ...string) reply {
	k.t.Helper()
	return k.do("GET", target, nil, header...)
}

// at finds a value in the body: "data.0.details.id". Numbers come as text.
func (r reply) at(path string) any {
	r.t.Helper()
	v := r.body
	for part := range strings.SplitSeq(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[part]
		case []any:
			var i int
			if _, err := fmt.Sscan(part, &i); err != nil || i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	if n, ok := v.(json.Number); ok {
		return n.String()
	}
	return v
}

func (r reply) text(path string) string {
	s, _ := r.at(path).(string)
	return s
}

// want checks the status and values in the body, given as path and value in turn.
func (r reply) want(status int, pairs ...any) reply {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("status %d, want %d: %s", r.status, status, r.raw)
	}
	for i := 0; i < len(pairs); i += 2 {
		if got := r.at(pairs[i].(string)); got != pairs[i+1] {
			r.t.Fatalf("%s is %#v, want %#v in %s", pairs[i], got, pairs[i+1], r.raw)
		}
	}
	return r
}

// empty checks for a status without a body.
func (r reply) empty(status int) {
	r.t.Helper()
	if r.status != status || r.raw != "" {
		r.t.Fatalf("status %d with %q, want %d without a body", r.status, r.raw, status)
	}
}

// list gives a member of every object in a list: list("data", "id").
func (r reply) list(name, member string) []string {
	r.t.Helper()
	items, _ := r.at(name).([]any)
	var out []string
	for i := range items {
		out = append(out, r.text(fmt.Sprintf("%s.%d.%s", name, i, member)))
	}
	return out
}

func (k *kit) form(target string, pairs ...string) reply {
	k.t.Helper()
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return k.request("POST", target, strings.NewReader(v.Encode()), http.Header{
		"Content-Type": {"application/x-www-form-urlencoded"},
	})
}

// control calls the control interface.
func (k *kit) control(method, path string, body any) reply {
	k.t.Helper()
	return k.do(method, path, body)
}

func (k *kit) switchTo(pairs ...any) {
	k.t.Helper()
	patch := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		patch[pairs[i].(string)] = pairs[i+1]
	}
	k.control("PATCH", "/_sim/switches", patch).want(200)
}

// grantCode gets a code without the consent page.
func (k *kit) grantCode(base, scope, user string) string {
	k.t.Helper()
	r := k.control("POST", base+"/_sim/grant", map[string]any{
		"client_id": client, "redirect_uri": callback, "scope": scope, "user": user,
	})
	return r.want(200).text("code")
}

func (k *kit) exchange(base, code string) reply {
	k.t.Helper()
	return k.form(base+"/oauth/v2/token", "grant_type", "authorization_code", "client_id", client, "client_secret", secret,
		"redirect_uri", callback, "code", code)
}

func (k *kit) renew(refresh string) reply {
	k.t.Helper()
	return k.form("/oauth/v2/token", "grant_type", "refresh_token", "client_id", client, "client_secret", secret,
		"refresh_token", refresh)
}

func (k *kit) connect(scope string) {
	k.t.Helper()
	r := k.exchange(k.url, k.grantCode(k.url, scope, "")).want(200)
	k.access, k.refresh = r.text("access_token"), r.text("refresh_token")
	if k.access == "" || k.refresh == "" {
		k.t.Fatalf("no tokens: %s", r.raw)
	}
}

// insert adds records that must be accepted and gives their ids.
func (k *kit) insert(module string, items ...map[string]any) []string {
	k.t.Helper()
	r := k.do("POST", "/crm/v8/"+module, map[string]any{"data": items}).want(201)
	var ids []string
	for i := range items {
		ids = append(ids, r.text(fmt.Sprintf("data.%d.details.id", i)))
	}
	return ids
}

// one sends a single item and gives its result.
func (k *kit) one(method, path string, item map[string]any) reply {
	k.t.Helper()
	r := k.do(method, path, map[string]any{"data": []any{item}})
	if list, ok := r.at("data").([]any); ok && len(list) == 1 {
		r.body = list[0]
	}
	return r
}

func coql(q string) map[string]any { return map[string]any{"select_query": q} }

func lead(last string, more ...string) map[string]any {
	m := map[string]any{"Last_Name": last}
	for i := 0; i < len(more); i += 2 {
		m[more[i]] = more[i+1]
	}
	return m
}

// meeting is a valid one of an hour.
func meeting(title string, from time.Time, more ...any) map[string]any {
	m := map[string]any{
		"Event_Title": title, "Start_DateTime": from.Format("2006-01-02T15:04:05-07:00"),
		"End_DateTime": from.Add(time.Hour).Format("2006-01-02T15:04:05-07:00"),
	}
	for i := 0; i < len(more); i += 2 {
		m[more[i].(string)] = more[i+1]
	}
	return m
}
