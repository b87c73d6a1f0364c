package api_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/quarantine"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
	"heavyset.tech/platform/internal/web/api"
	"heavyset.tech/platform/internal/webhook"
)

var monday = time.Date(2026, 12, 1, 4, 30, 0, 0, time.UTC)

// world is an API over an organization `ridge` whose clock stands still.
type world struct {
	api *api.API
	key string // of a platform engineer
}

func newWorld(t *testing.T) world {
	t.Helper()
	now := func() time.Time { return monday }
	s := storetest.Open(t, storetest.SQLite(t, filepath.Join(t.TempDir(), "test.db")), now, nil)
	people, err := auth.New(s, now)
	if err != nil {
		t.Fatal(err)
	}
	orgs := &org.Service{Store: s, Now: now}
	if _, err := orgs.Create(t.Context(), org.Draft{Slug: "ridge", Name: "Ridgeline Roofing", Timezone: "America/Chicago"}); err != nil {
		t.Fatal(err)
	}
	k, err := people.CreateKey(t.Context(), "", auth.NewKey{Role: auth.Engineer})
	if err != nil {
		t.Fatal(err)
	}
	return world{key: k.Key.Reveal(), api: api.New(api.Services{
		Directory: s, Orgs: orgs, Auth: people, Audit: &audit.Log{Store: s, Now: now}, Bookings: booking.New(s, now), Book: s, Leads: &lead.Service{Store: s, Now: now}, Gate: quarantine.New(s, booking.New(s, now), &lead.Service{Store: s, Now: now}, nil, now), Now: now,
		Hooks: &webhook.Service{Store: s, Orgs: s, Now: now}, Answers: s, Catalogs: &catalog.Editor{Store: s},
		Failed: func(_ context.Context, err error) { t.Errorf("a call failed: %v", err) },
	})}
}

// post sends a body to the bookings of ridge.
func (w world) post(contentType, key, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/api/v1/schedulers/ridge/bookings", strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	a := httptest.NewRecorder()
	w.api.ServeHTTP(a, r)
	return a
}

func TestEveryPostWithoutAValidKeyCounts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, contentType, key string }{
		{"no key", "application/json", ""},
		{"a wrong key", "application/json", "hsk_wrong"},
		{"another type", "text/plain", ""},
		{"another type and a wrong key", "text/plain", "hsk_wrong"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			for n := 1; ; n++ {
				if n == 200 {
					t.Fatal("200 calls at once and none was refused")
				}
				a := w.post(c.contentType, c.key, "{}")
				if a.Code != http.StatusTooManyRequests {
					continue
				}
				if a.Header().Get("Retry-After") == "" || a.Header().Get("Content-Type") != "application/problem+json" {
					t.Errorf("headers %v", a.Header())
				}
				return
			}
		})
	}
}

// away is a store that can look up no key for now.
type away struct{ *store.Store }

func (away) Key(context.Context, string) (auth.Key, error) {
	return auth.Key{}, fault.Later(5*time.Second, "The database does not answer.")
}

// TestAKeyThatNobodyCanLookUpIsNotLimited: while the database is away a caller with a key is told so, and not that they
// call too often.
func TestAKeyThatNobodyCanLookUpIsNotLimited(t *testing.T) {
	t.Parallel()
	now := func() time.Time { return monday }
	s := storetest.Open(t, storetest.URLs(t, "sqlite"), now, nil)
	people, err := auth.New(away{s}, now)
	if err != nil {
		t.Fatal(err)
	}
	w := world{api: api.New(api.Services{Directory: s, Auth: people, Now: now, Failed: func(context.Context, error) {}})}
	for range 200 {
		if a := w.post("application/json", "hsk_some", "{}"); a.Code != http.StatusServiceUnavailable || a.Header().Get("Retry-After") == "" {
			t.Fatalf("status %d: %s", a.Code, a.Body)
		}
	}
}

func TestAValidKeyLiftsTheLimits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 300 {
		if a := w.post("application/json", w.key, "{}"); a.Code != http.StatusUnprocessableEntity {
			t.Fatalf("status %d: %s", a.Code, a.Body)
		}
		if a := w.post("text/plain", w.key, "{}"); a.Code != http.StatusUnsupportedMediaType {
			t.Fatalf("status %d: %s", a.Code, a.Body)
		}
	}
}

func TestABodyIsJSONOfAtMostOneMebibyte(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	padded := func(size int) string { return "{}" + strings.Repeat(" ", size-2) }
	for _, c := range []struct {
		name, contentType, body string
		want                    int
	}{
		{"json", "application/json", "{}", 422},
		{"the type has no case", "Application/JSON; charset=UTF-8", "{}", 422},
		{"no type", "", "{}", 415},
		{"another charset", "application/json; charset=latin1", "{}", 415},
		{"a form", "application/x-www-form-urlencoded", "a=b", 415},
		{"one mebibyte", "application/json", padded(1 << 20), 422},
		{"a byte more", "application/json", padded(1<<20 + 1), 413},
		{"a second value", "application/json", "{}{}", 400},
		{"nothing", "application/json", "", 400},
	} {
		a := w.post(c.contentType, w.key, c.body)
		if a.Code != c.want || a.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s %s", c.name, a.Code, a.Header().Get("Content-Type"), a.Body)
		}
	}
}

// TestChangesAreAudited: what a key changes is kept with its hint and the caller's address, and without the key.
func TestChangesAreAudited(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	call := func(method, path, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), method, "/api/v1"+path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+w.key)
		r.Header.Set("Content-Type", "application/json")
		r.RemoteAddr = "192.0.2.7:4711"
		rec := httptest.NewRecorder()
		w.api.ServeHTTP(rec, r)
		return rec
	}
	made := call("POST", "/orgs/ridge/api-keys", `{"role":"member"}`)
	if made.Code != http.StatusCreated {
		t.Fatal(made.Code, made.Body)
	}
	if refused := call("POST", "/orgs/ridge/api-keys", `{"role":"engineer"}`); refused.Code != http.StatusUnprocessableEntity {
		t.Fatal(refused.Code)
	}
	o, err := w.api.Directory.OrganizationBySlug(t.Context(), "ridge")
	if err != nil {
		t.Fatal(err)
	}
	list, _, err := w.api.Audit.Store.AuditEvents(t.Context(), o.ID, audit.Filter{})
	if err != nil || len(list) != 1 {
		t.Fatalf("%d events, %v", len(list), err)
	}
	e := list[0]
	if e.Act != "API key created" || e.Who != "API key …"+w.key[len(w.key)-4:] || e.Address != "192.0.2.7" || e.Detail != "Role: member" || len(e.Subject) != len("…")+4 {
		t.Errorf("%s %s %s %s %s", e.Act, e.Who, e.Address, e.Detail, e.Subject)
	}
}
