package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
	"heavyset.tech/platform/internal/web/api"
)

// kept is a store that counts the keys which are made and keeps answers in memory, so that no execution meets what another
// has left.
type kept struct {
	*store.Store
	made  int
	calls map[string]call
}

type call struct {
	body   string
	status int
	answer []byte
}

func (k *kept) CreateKey(context.Context, auth.Key) error           { k.made++; return nil }
func (k *kept) AddAudit(context.Context, org.ID, audit.Event) error { return nil }

func (k *kept) BeginCall(_ context.Context, o org.ID, name, body string) (status int, answer []byte, mine bool, err error) {
	name = string(o) + " " + name
	c, there := k.calls[name]
	switch {
	case !there:
		k.calls[name] = call{body: body}
	case c.body != body:
		return 0, nil, false, fault.Coded(fault.Conflict, "IDEMPOTENCY_KEY", "another request")
	}
	return c.status, c.answer, !there, nil
}

func (k *kept) KeepCall(_ context.Context, o org.ID, name string, status int, answer []byte) error {
	name = string(o) + " " + name
	k.calls[name] = call{k.calls[name].body, status, answer}
	return nil
}

func (k *kept) DropCall(_ context.Context, o org.ID, name string) error {
	delete(k.calls, string(o)+" "+name)
	return nil
}

// FuzzIdempotencyKey: whatever the key, the same request does its work once and gets the same answer, another body is
// refused, another key or caller is another request, a key that is too long is refused by its name before anything is done,
// and a request that was refused may come again.
func FuzzIdempotencyKey(f *testing.F) {
	f.Add("k1", "k2", "website")
	f.Add("", "\x00", "a\nb")
	f.Add(strings.Repeat("k", 255), strings.Repeat("k", 256), strings.Repeat("x", 101))
	f.Add("k1\x00POST", "k1 ", "\xff")
	now := func() time.Time { return monday }
	s := storetest.Open(f, "sqlite:"+filepath.Join(f.TempDir(), "test.db"), now, nil)
	if _, err := (&org.Service{Store: s, Now: now}).Create(f.Context(), org.Draft{Slug: "ridge", Name: "Ridgeline Roofing", Timezone: "America/Chicago"}); err != nil {
		f.Fatal(err)
	}
	real, err := auth.New(s, now)
	if err != nil {
		f.Fatal(err)
	}
	var by [2]string
	for i := range by {
		k, err := real.CreateKey(f.Context(), "", auth.NewKey{Role: auth.Engineer})
		if err != nil {
			f.Fatal(err)
		}
		by[i] = k.Key.Reveal()
	}
	mem := &kept{Store: s}
	people, err := auth.New(mem, now)
	if err != nil {
		f.Fatal(err)
	}
	a := api.New(api.Services{
		Directory: s, Auth: people, Audit: &audit.Log{Store: mem, Now: now}, Answers: mem, Now: now,
		Failed: func(_ context.Context, err error) { panic(fmt.Sprintf("a call failed: %v", err)) },
	})
	f.Fuzz(func(t *testing.T, key, other, name string) {
		mem.made, mem.calls = 0, map[string]call{}
		ask := func(who, key, role string) *httptest.ResponseRecorder {
			body, err := json.Marshal(map[string]string{"role": role, "name": name})
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/v1/orgs/ridge/api-keys", strings.NewReader(string(body)))
			r.Header.Set("Authorization", "Bearer "+who)
			r.Header.Set("Content-Type", "application/json")
			if key != "" {
				r.Header.Set("Idempotency-Key", key)
			}
			rec := httptest.NewRecorder()
			a.ServeHTTP(rec, r)
			return rec
		}
		first := ask(by[0], key, "member")
		again := ask(by[0], key, "member")
		if len(key) > 255 {
			if first.Code != http.StatusUnprocessableEntity || !strings.Contains(first.Body.String(), `"Idempotency-Key"`) || mem.made > 0 {
				t.Fatalf("a key of %d bytes: %d %s, %d made", len(key), first.Code, first.Body, mem.made)
			}
			return
		}
		if first.Code != http.StatusCreated { // the name is none
			if first.Code != http.StatusUnprocessableEntity || mem.made > 0 || len(mem.calls) > 0 || again.Code != first.Code {
				t.Fatalf("%q: %d %s, then %d, %d made", name, first.Code, first.Body, again.Code, mem.made)
			}
			return
		}
		want := 1
		if key == "" {
			want = 2
		} else if again.Code != first.Code || again.Body.String() != first.Body.String() {
			t.Fatalf("%q again: %d %s, first %s", key, again.Code, again.Body, first.Body)
		}
		if mem.made != want {
			t.Fatalf("%q twice made %d", key, mem.made)
		}
		if key == "" {
			return
		}
		if got := ask(by[0], key, "admin"); got.Code != http.StatusConflict || mem.made != want {
			t.Fatalf("%q with another body: %d %s, %d made", key, got.Code, got.Body, mem.made)
		}
		if got := ask(by[1], key, "member"); got.Code != http.StatusCreated || got.Body.String() == first.Body.String() || mem.made != want+1 {
			t.Fatalf("%q of another caller: %d %s", key, got.Code, got.Body)
		}
		if got := ask(by[0], other, "member"); other != key && len(other) <= 255 && (got.Code != http.StatusCreated || got.Body.String() == first.Body.String()) {
			t.Fatalf("%q after %q: %d %s", other, key, got.Code, got.Body)
		}
	})
}
