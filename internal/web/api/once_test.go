package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"heavyset.tech/platform/internal/auth"
)

// ask sends a write with an Idempotency-Key.
func (w world) ask(t *testing.T, by, key, method, path, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "/api/v1"+path, strings.NewReader(body))
	if by != "" {
		r.Header.Set("Authorization", "Bearer "+by)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", key)
	rec := httptest.NewRecorder()
	w.api.ServeHTTP(rec, r)
	return rec
}

// TestEveryWriteTakesAnIdempotencyKey: the same request gives the same answer, with the secret that is shown once, and does
// nothing again; another body is refused; a refusal is not kept; another caller's key is their own.
func TestEveryWriteTakesAnIdempotencyKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o, err := w.api.Directory.OrganizationBySlug(t.Context(), "ridge")
	if err != nil {
		t.Fatal(err)
	}
	other, err := w.api.Auth.CreateKey(t.Context(), o.ID, auth.NewKey{Role: auth.Admin})
	if err != nil {
		t.Fatal(err)
	}
	const catalog = `{"timezone":"America/Chicago","services":[],"reps":[]}`
	for _, c := range []struct {
		method, path, body, another string
		status                      int
	}{
		{http.MethodPost, "/orgs", `{"slug":"second","name":"Second","timezone":"America/Denver"}`, `{"slug":"third","name":"Third","timezone":"America/Denver"}`, 201},
		{http.MethodPost, "/orgs/ridge/api-keys", `{"role":"member"}`, `{"role":"admin"}`, 201},
		{http.MethodPut, "/orgs/ridge/catalog", catalog, strings.Replace(catalog, "Chicago", "Denver", 1), 200},
		{http.MethodPost, "/orgs/ridge/webhooks", `{"url":"https://example.com/","types":["lead.created"]}`, `{"url":"https://example.com/2","types":["lead.created"]}`, 201},
	} {
		first := w.ask(t, w.key, "k1", c.method, c.path, c.body)
		if first.Code != c.status {
			t.Fatalf("%s: %d %s", c.path, first.Code, first.Body)
		}
		again := w.ask(t, w.key, "k1", c.method, c.path, c.body)
		if again.Code != first.Code || again.Body.String() != first.Body.String() || again.Header().Get("Content-Type") != first.Header().Get("Content-Type") {
			t.Errorf("%s again: %d %s, first %s", c.path, again.Code, again.Body, first.Body)
		}
		if got := w.ask(t, w.key, "k1", c.method, c.path, c.another); got.Code != http.StatusConflict || !strings.Contains(got.Body.String(), "IDEMPOTENCY_KEY") {
			t.Errorf("%s with another body: %d %s", c.path, got.Code, got.Body)
		}
	}
	keys, err := w.api.Auth.Keys(t.Context(), o.ID)
	if err != nil || len(keys) != 2 { // the one of the test and one that was made
		t.Errorf("%d keys, %v", len(keys), err)
	}
	const path = "/orgs/ridge/api-keys"
	mine := w.ask(t, w.key, "k1", http.MethodPost, path, `{"role":"member"}`)
	if theirs := w.ask(t, other.Key.Reveal(), "k1", http.MethodPost, path, `{"role":"member"}`); theirs.Code != 201 || theirs.Body.String() == mine.Body.String() {
		t.Errorf("another caller was shown the first one's key: %d %s", theirs.Code, theirs.Body)
	}
	for _, by := range []string{"", "hsk_wrong"} {
		if got := w.ask(t, by, "k1", http.MethodPost, path, `{"role":"member"}`); got.Code != http.StatusUnauthorized {
			t.Errorf("without a key: %d %s", got.Code, got.Body)
		}
	}
	if got := w.ask(t, w.key, "k2", http.MethodPost, path, `{"role":"boss"}`); got.Code != 422 {
		t.Errorf("a wrong role: %d", got.Code)
	}
	if got := w.ask(t, w.key, "k2", http.MethodPost, path, `{"role":"member"}`); got.Code != 201 {
		t.Errorf("the refusal was kept: %d %s", got.Code, got.Body)
	}
	if got := w.ask(t, w.key, strings.Repeat("k", 256), http.MethodPost, path, `{"role":"member"}`); got.Code != 422 {
		t.Errorf("a key of 256 characters: %d", got.Code)
	}
	made := w.call(t, http.MethodPost, "/orgs/ridge/webhooks", `{"url":"https://example.com/3","types":["lead.created"]}`, 201)
	for range 2 { // a second removal would be 404
		if got := w.ask(t, w.key, "k3", http.MethodDelete, "/orgs/ridge/webhooks/"+made["id"].(string), ""); got.Code != http.StatusNoContent || got.Body.Len() > 0 {
			t.Errorf("removed: %d %s", got.Code, got.Body)
		}
	}
}

// TestDuplicatesWaitForTheFirst: eight at once make one organization, and all hear of it.
func TestDuplicatesWaitForTheFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var group sync.WaitGroup
	bodies := make([]string, 8)
	for i := range bodies {
		group.Go(func() {
			if got := w.ask(t, w.key, "k", http.MethodPost, "/orgs", `{"slug":"second","name":"Second","timezone":"America/Denver"}`); got.Code == 201 {
				bodies[i] = got.Body.String()
			}
		})
	}
	group.Wait()
	for _, b := range bodies {
		if b != bodies[0] || b == "" {
			t.Errorf("%q, %q", b, bodies[0])
		}
	}
}

// TestTheDescriptionNamesTheKeyOfEveryWrite: and of no reading.
func TestTheDescriptionNamesTheKeyOfEveryWrite(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for path, item := range w.api.OpenAPI().Paths {
		for method, o := range operationsOf(item) {
			n := 0
			for _, p := range o.Parameters {
				if p.In == "header" && p.Name == "Idempotency-Key" {
					n++
				}
			}
			if want := map[bool]int{true: 0, false: 1}[method == http.MethodGet]; n != want {
				t.Errorf("%s %s names it %d times", method, path, n)
			}
		}
	}
}
