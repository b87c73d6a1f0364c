package zohosim_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

func (k *kit) credits() int {
	k.t.Helper()
	var n int
	if _, err := fmt.Sscan(k.control("GET", "/_sim/stats", nil).text("credits"), &n); err != nil {
		k.t.Fatal(err)
	}
	return n
}

func TestCreditsPerCall(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	items := func(n int) map[string]any {
		var list []any
		for range n {
			list = append(list, lead("x"))
		}
		return map[string]any{"data": list}
	}
	for _, c := range []struct {
		name, method, path string
		body               any
		cost               int
	}{
		{"list", "GET", "/crm/v8/Leads?fields=id", nil, 1},
		{"list with a view", "GET", "/crm/v8/Leads?fields=id&cvid=1", nil, 3},
		{"record", "GET", "/crm/v8/Leads/5725767000000999999", nil, 1},
		{"insert 1", "POST", "/crm/v8/Leads", items(1), 1},
		{"insert 10", "POST", "/crm/v8/Leads", items(10), 1},
		{"insert 11", "POST", "/crm/v8/Leads", items(11), 2},
		{"insert 100", "POST", "/crm/v8/Leads", items(100), 10},
		{"deleted", "GET", "/crm/v8/Leads/deleted", nil, 2},
		{"search", "GET", "/crm/v8/Leads/search?word=xx", nil, 1},
		{"coql", "POST", "/crm/v8/coql", coql("select id from Leads where id is not null"), 1},
		{"coql 200", "POST", "/crm/v8/coql", coql("select id from Leads where id is not null limit 200"), 1},
		{"coql 201", "POST", "/crm/v8/coql", coql("select id from Leads where id is not null limit 201"), 2},
		{"coql 1001", "POST", "/crm/v8/coql", coql("select id from Leads where id is not null limit 1001"), 3},
		{"delete 11", "DELETE", "/crm/v8/Leads?ids=" + strings.Repeat("1,", 11), nil, 2},
		{"metadata", "GET", "/crm/v8/settings/fields?module=Leads", nil, 1},
		{"no such method", "PATCH", "/crm/v8/Leads", nil, 0},
	} {
		before := k.credits()
		k.do(c.method, c.path, c.body)
		if got := k.credits() - before; got != c.cost {
			t.Errorf("%s costs %d, want %d", c.name, got, c.cost)
		}
	}
	k.switchTo("search_credits", 3)
	before := k.credits()
	k.get("/crm/v8/Leads/search?word=xx")
	if got := k.credits() - before; got != 3 {
		t.Errorf("search costs %d, want 3", got)
	}
	before = k.credits()
	k.access = "1000.bad"
	k.get("/crm/v8/Leads?fields=id").want(401)
	if k.credits() != before {
		t.Error("a refused token costs credits")
	}
}

func TestCreditCeilingOfARollingDay(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	k.switchTo("credit_ceiling", 10)
	for i := range 10 {
		r := k.get("/crm/v8/org").want(200)
		want := ""
		if i >= 4 {
			want = fmt.Sprint(9 - i)
		}
		if got := r.header.Get("X-Api-Credits-Remaining"); got != want {
			t.Errorf("call %d: %q credits remain, want %q", i+1, got, want)
		}
		k.pass(time.Minute)
	}
	r := k.get("/crm/v8/org").want(429, "code", "TOO_MANY_REQUESTS", "details.retry_after", nil)
	if r.header.Get("X-Api-Credits-Remaining") != "0" || r.header.Get("Retry-After") != "" {
		t.Errorf("headers %v", r.header)
	}
	k.switchTo("rate_limit_body", "TOO_MANY_REQUESTS with details")
	k.get("/crm/v8/org").want(429, "code", "TOO_MANY_REQUESTS", "details.retry_after", "60", "details.limit", "10", "details.window", "86400")
	k.switchTo("rate_limit_body", "RATE_LIMIT_EXCEEDED")
	k.get("/crm/v8/org").want(429, "code", "RATE_LIMIT_EXCEEDED", "message", "Too many requests. Please try again later.")

	k.pass(24*time.Hour - 10*time.Minute) // the first call is a day old
	k.access = k.renew(k.refresh).text("access_token")
	k.get("/crm/v8/org").want(200)
	k.get("/crm/v8/org").want(429)
}

func TestCeilingByEdition(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	for edition, ceiling := range map[string]int{
		"free": 5_000, "standard": 51_000, "professional": 52_000, "enterprise": 54_000, "ultimate": 58_000,
	} {
		k.switchTo("edition", edition, "credit_ceiling", 0)
		k.get("/crm/v8/org").want(200, "org.0.license_details.paid_type", edition)
		k.switchTo("rate_limit_body", "TOO_MANY_REQUESTS with details", "concurrency_limit", 0)
		if got := k.sim.CeilingForTest(); got != ceiling {
			t.Errorf("%s: %d, want %d", edition, got, ceiling)
		}
	}
}

// at once sends n calls whose answers are held back until all have come, and counts those let in.
func (k *kit) atOnce(n int, method, path string, body any) (let, refused int) {
	k.t.Helper()
	k.control("POST", "/_sim/faults", map[string]any{"path_prefix": "/crm", "action": "delay", "delay_ms": 400}).want(200)
	defer k.control("DELETE", "/_sim/faults", nil)
	var wg sync.WaitGroup
	var mu sync.Mutex
	for range n {
		wg.Go(func() {
			r := k.do(method, path, body)
			mu.Lock()
			defer mu.Unlock()
			if r.status == http.StatusTooManyRequests {
				refused++
			} else {
				let++
			}
		})
	}
	wg.Wait()
	return let, refused
}

func TestConcurrencyLimits(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	for edition, limit := range map[string]int{"free": 5, "enterprise": 20} {
		k.switchTo("edition", edition)
		if let, refused := k.atOnce(limit+4, "GET", "/crm/v8/org", nil); let != limit || refused != 4 {
			t.Errorf("%s: %d let in, %d refused, want %d and 4", edition, let, refused, limit)
		}
	}
	k.switchTo("concurrency_limit", 3)
	if let, _ := k.atOnce(6, "GET", "/crm/v8/org", nil); let != 3 {
		t.Errorf("switch: %d let in, want 3", let)
	}
	k.get("/crm/v8/org").want(200)
}

func TestNarrowConcurrencyOfHeavyCalls(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	many := map[string]any{"data": make([]any, 11)}
	for name, c := range map[string]struct {
		method, path string
		body         any
		limit        int
	}{
		"coql":         {"POST", "/crm/v8/coql", coql("select id from Leads where id is not null"), 10},
		"search":       {"GET", "/crm/v8/Leads/search?word=xx", nil, 10},
		"sorted list":  {"GET", "/crm/v8/Leads?fields=id&sort_by=id", nil, 10},
		"large write":  {"POST", "/crm/v8/Leads", many, 10},
		"plain list":   {"GET", "/crm/v8/Leads?fields=id", nil, 14},
		"by criteria":  {"GET", "/crm/v8/Leads/search?criteria=" + url.QueryEscape("(Last_Name:equals:x)"), nil, 10},
		"small write ": {"POST", "/crm/v8/Leads", map[string]any{"data": make([]any, 10)}, 14},
	} {
		if let, _ := k.atOnce(14, c.method, c.path, c.body); let != c.limit {
			t.Errorf("%s: %d of 14 let in, want %d", name, let, c.limit)
		}
	}
}
