package api_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/quarantine"
	"heavyset.tech/platform/internal/store/storetest"
	"heavyset.tech/platform/internal/trace"
	"heavyset.tech/platform/internal/web/api"
)

func clock() time.Time { return time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC) }

// desk is the API over a database with the organizations ridge and other, and keys by role in ridge.
type desk struct {
	*testing.T
	api  http.Handler
	keys map[auth.Role]string
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	s := storetest.Open(t, storetest.URLs(t, "sqlite"), clock, nil)
	a, err := auth.New(s, clock)
	if err != nil {
		t.Fatal(err)
	}
	orgs := &org.Service{Store: s, Now: clock}
	d := &desk{T: t, keys: map[auth.Role]string{}}
	for _, slug := range []string{"ridge", "other"} {
		o, err := orgs.Create(t.Context(), org.Draft{Slug: slug, Name: slug, Timezone: "America/Chicago"})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range []auth.Role{auth.Member, auth.Admin} {
			k, err := a.CreateKey(t.Context(), o.ID, auth.NewKey{Role: r})
			if err != nil {
				t.Fatal(err)
			}
			if slug == "ridge" {
				d.keys[r] = k.Key.Reveal()
			}
		}
	}
	connections := &connection.Service{Store: s, Now: clock}
	d.api = api.New(api.Services{
		Directory: s, Orgs: orgs, Auth: a, Audit: &audit.Log{Store: s, Now: clock}, Bookings: booking.New(s, clock), Book: s, Leads: &lead.Service{Store: s, Now: clock}, Gate: quarantine.New(s, booking.New(s, clock), &lead.Service{Store: s, Now: clock}, nil, clock), Catalogs: &catalog.Editor{Store: s},
		Connections: connections, Sync: &crmsync.Service{Store: s, Connections: connections, Now: clock}, BaseURL: "http://x.example", Now: clock,
		Failed: func(_ context.Context, err error) { t.Errorf("a failure of ours: %v", err) },
	})
	return d
}

// TestEveryProblemNamesItsRequest: whichever layer refuses.
func TestEveryProblemNamesItsRequest(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for name, c := range map[string]struct {
		method, path, kind, body string
		status                   int
		key                      string
	}{
		"no such address":    {"GET", "/nothing", "", "", 404, ""},
		"method":             {"DELETE", "/schedulers/ridge/slots", "", "", 405, ""},
		"another type":       {"POST", "/schedulers/ridge/bookings", "text/plain", "x", 415, ""},
		"no JSON":            {"POST", "/schedulers/ridge/bookings", "application/json", "{", 400, ""},
		"not of its schema":  {"POST", "/schedulers/ridge/bookings", "application/json", `{"service":7}`, 422, ""},
		"no key":             {"GET", "/orgs/ridge/appointments", "", "", 401, ""},
		"a service says so":  {"GET", "/schedulers/none/slots?service=x", "", "", 404, ""},
		"an Idempotency-Key": {"POST", "/schedulers/ridge/leads", "application/json", "{}", 422, strings.Repeat("k", 300)},
	} {
		r := httptest.NewRequestWithContext(trace.WithRequest(t.Context(), "req_7"), c.method, "/api/v1"+c.path, strings.NewReader(c.body))
		r.Header.Set("Content-Type", c.kind)
		if c.key != "" {
			r.Header.Set("Idempotency-Key", c.key)
		}
		w := httptest.NewRecorder()
		d.api.ServeHTTP(w, r)
		var p api.Problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != c.status || p.Request != "req_7" {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

func (d *desk) call(method, path, key, kind, body string) *httptest.ResponseRecorder {
	d.Helper()
	r := httptest.NewRequestWithContext(d.Context(), method, "/api/v1"+path, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	w := httptest.NewRecorder()
	d.api.ServeHTTP(w, r)
	if w.Code >= 400 {
		var p api.Problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Status != w.Code || p.Title == "" || w.Header().Get("Content-Type") != "application/problem+json" {
			d.Errorf("%s %s: no problem+json: %d %s %s", method, path, w.Code, w.Header().Get("Content-Type"), w.Body)
		}
	}
	return w
}

func TestProblems(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	const lead, ok = "/schedulers/ridge/leads", `{"kind":"contact_us","customer":{"last_name":"Doe","email":"a@b.example"}}`
	for name, c := range map[string]struct {
		method, path, key, kind, body string
		want                          int
		field                         string
	}{
		"fine":                     {"POST", lead, "", "application/json", ok, 201, ""},
		"with a charset":           {"POST", lead, "", "application/json; charset=utf-8", ok, 201, ""},
		"another type":             {"POST", lead, "", "text/plain", ok, 415, ""},
		"a form":                   {"POST", lead, "", "application/x-www-form-urlencoded", "kind=contact_us", 415, ""},
		"too large":                {"POST", lead, "", "application/json", `{"kind":"` + strings.Repeat("x", 1<<20) + `"}`, 413, ""},
		"text behind":              {"POST", lead, "", "application/json", ok + " x", 400, ""},
		"a second value":           {"POST", lead, "", "application/json", ok + ok, 400, ""},
		"unknown members":          {"POST", lead, "", "application/json", `{"x":1,` + ok[1:], 201, ""},
		"wrong type of a member":   {"POST", lead, "", "application/json", `{"kind":7}`, 422, "kind"},
		"line end in a name":       {"POST", lead, "", "application/json", `{"kind":"contact_us","customer":{"last_name":"a\nb","email":"a@b.example"}}`, 422, "customer.last_name"},
		"no such scheduler":        {"POST", "/schedulers/nobody/leads", "", "application/json", ok, 404, ""},
		"NUL for a scheduler":      {"GET", "/schedulers/a%00b", "", "", "", 404, ""},
		"no such address":          {"GET", "/nothing", "", "", "", 404, ""},
		"no such method":           {"DELETE", lead, "", "", "", 405, ""},
		"no key":                   {"GET", "/orgs/ridge/leads", "", "", "", 401, ""},
		"a key that is none":       {"GET", "/orgs/ridge/leads", "hsk_none", "", "", 401, ""},
		"a member reads":           {"GET", "/orgs/ridge/leads", "member", "", "", 200, ""},
		"a member may not write":   {"PUT", "/orgs/ridge/catalog", "member", "application/json", `{}`, 403, ""},
		"nor make keys":            {"POST", "/orgs/ridge/api-keys", "member", "application/json", `{"role":"admin"}`, 403, ""},
		"an admin makes no more":   {"POST", "/orgs/ridge/api-keys", "admin", "application/json", `{"role":"engineer"}`, 422, "role"},
		"an admin is no engineer":  {"POST", "/orgs", "admin", "application/json", `{"slug":"x","name":"X","timezone":"UTC"}`, 403, ""},
		"another organization":     {"GET", "/orgs/other/leads", "admin", "", "", 404, ""},
		"another one's catalog":    {"PUT", "/orgs/other/catalog", "admin", "application/json", `{}`, 404, ""},
		"another one's new key":    {"POST", "/orgs/other/api-keys", "admin", "application/json", `{"role":"member"}`, 404, ""},
		"none at all":              {"GET", "/orgs/nobody/leads", "admin", "", "", 404, ""},
		"cursor of nobody":         {"GET", "/orgs/ridge/leads?cursor=%00", "admin", "", "", 422, "cursor"},
		"unknown appointment":      {"GET", "/appointments/" + strings.Repeat("x", 43), "", "", "", 404, ""},
		"appointment by its id":    {"GET", "/appointments/apt_0000000000000000000000000a", "", "", "", 404, ""},
		"start that is no instant": {"POST", "/schedulers/ridge/holds", "", "application/json", `{"service":"s","start":"tomorrow"}`, 422, "start"},
	} {
		key := c.key
		if k, ok := d.keys[auth.Role(c.key)]; ok {
			key = k
		}
		w := d.call(c.method, c.path, key, c.kind, c.body)
		if w.Code != c.want || !strings.Contains(w.Body.String(), c.field) {
			t.Errorf("%s: %d %s; want %d naming %q", name, w.Code, w.Body, c.want, c.field)
		}
		if w.Header().Get("Access-Control-Allow-Origin") != "*" || w.Header().Get("Set-Cookie") != "" || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", name, w.Header())
		}
	}
}
