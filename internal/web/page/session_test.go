package page_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"heavyset.tech/platform/internal/web/page"
)

// shelf keeps sessions in memory.
type shelf struct {
	mu  sync.Mutex
	m   map[string][]byte
	end map[string]time.Time
}

func (s *shelf) FindCtx(_ context.Context, token string) ([]byte, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.m[token]
	return b, ok && time.Now().Before(s.end[token]), nil
}

func (s *shelf) CommitCtx(_ context.Context, token string, b []byte, end time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.m[token], s.end[token] = b, end
	return nil
}

func (s *shelf) DeleteCtx(_ context.Context, token string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.m, token)
	return nil
}

func (s *shelf) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

func (s *shelf) Commit(token string, b []byte, end time.Time) error {
	return s.CommitCtx(context.Background(), token, b, end)
}
func (s *shelf) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

// TestTheSessionCookie: what it allows, that signing in changes it, and that nobody gets one without a deliberate act.
func TestTheSessionCookie(t *testing.T) {
	t.Parallel()
	for _, secure := range []bool{false, true} {
		store := &shelf{m: map[string][]byte{}, end: map[string]time.Time{}}
		s := page.NewSessions(store, secure)
		cookie := func(do func(context.Context) error, sent *http.Cookie) *http.Cookie {
			t.Helper()
			r, a := httptest.NewRequest("GET", "/", nil), httptest.NewRecorder()
			if sent != nil {
				r.AddCookie(sent)
			}
			s.Load(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				if err := do(r.Context()); err != nil {
					t.Error(err)
				}
			})).ServeHTTP(a, r)
			for _, c := range a.Result().Cookies() {
				return c
			}
			return nil
		}
		if c := cookie(func(context.Context) error { return nil }, nil); c != nil || len(store.m) != 0 {
			t.Errorf("a session without a deliberate act: %v", c)
		}
		before := cookie(func(ctx context.Context) error { s.Keep(ctx, "org", "x"); return nil }, nil)
		c := cookie(func(ctx context.Context) error { return s.Begin(ctx, "usr_1", "ses_1") }, before)
		if c == nil || before == nil || c.Value == before.Value {
			t.Fatalf("signing in keeps the session: %v, %v", before, c)
		}
		name := map[bool]string{false: "session", true: "__Host-session"}[secure]
		if c.Name != name || c.Secure != secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge != 0 {
			t.Errorf("secure %v: %v", secure, c)
		}
		if raw, err := base64.RawURLEncoding.DecodeString(c.Value); err != nil || len(raw) < 16 {
			t.Errorf("%d random bytes: %v", len(raw), err)
		}
		if _, kept := store.m[c.Value]; kept || len(store.m) != 1 {
			t.Errorf("the database holds the cookie itself, or the session before: %d", len(store.m))
		}
	}
}

// TestASessionEndsAfterTwelveHours: used every hour, and with another token each time, it ends with the twelfth all the same.
func TestASessionEndsAfterTwelveHours(t *testing.T) {
	t.Parallel()
	s := page.NewSessions(&shelf{m: map[string][]byte{}, end: map[string]time.Time{}}, false) // it begins a goroutine of its own
	synctest.Test(t, func(t *testing.T) {
		var has []*http.Cookie
		visit := func(do func(context.Context) error) {
			t.Helper()
			r, a := httptest.NewRequest("GET", "/", nil), httptest.NewRecorder()
			for _, c := range has {
				r.AddCookie(c)
			}
			s.Load(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				if err := do(r.Context()); err != nil {
					t.Error(err)
				}
			})).ServeHTTP(a, r)
			if set := a.Result().Cookies(); len(set) > 0 {
				has = set
			}
		}
		visit(func(ctx context.Context) error { return s.Begin(ctx, "usr_1", "ses_1") })
		for hour := range 13 {
			visit(func(ctx context.Context) error {
				if in := s.User(ctx) != ""; in != (hour < 12) {
					t.Errorf("after %d hours: %v", hour, in)
				}
				if s.User(ctx) == "" {
					return nil
				}
				return s.Renew(ctx)
			})
			<-time.After(time.Hour)
		}
	})
}
