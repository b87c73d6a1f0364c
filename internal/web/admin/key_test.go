package admin_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
)

// key makes an API key and gives its id.
func (w *world) key(o org.ID, r auth.Role, name string) string {
	w.t.Helper()
	k, err := w.auth.CreateKey(w.t.Context(), o, auth.NewKey{Role: r, Name: name[:min(len(name), 100)]})
	if err != nil {
		w.t.Fatal(err)
	}
	return string(k.ID)
}

// TestAKeyFromMakingToRevoking: shown once, listed without itself, marked before it expires, refused when revoked.
func TestAKeyFromMakingToRevoking(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	b := w.as("admin@ridge.example")
	const path = "/admin/orgs/ridge/keys"
	b.get(path).has(t, "main .empty", "No keys yet")
	for _, wrong := range [][]string{
		{"name", "website", "role", "engineer", "lasts", "30"},
		{"name", "website", "role", "member", "lasts", "x"},
		{"name", "website", "role", "member", "lasts", "99999"},
		{"name", strings.Repeat("x", 101), "role", "member", "lasts", "30"},
	} {
		if got := b.post(path, wrong...); got.code != http.StatusUnprocessableEntity || got.text("main .error") == "" {
			t.Errorf("%v: %d %q", wrong, got.code, got.text("main .error"))
		}
	}
	made := b.post(path, "name", "website "+hostile[:20], "role", "member", "lasts", "30")
	made.sound(t, path)
	shown := made.text("#key")
	if !strings.HasPrefix(shown, "hsk_") {
		t.Fatalf("no key is shown: %q", shown)
	}
	c, err := w.auth.CallerByKey(t.Context(), shown)
	if err != nil || c.RoleIn(w.ridge.ID) != auth.Member || c.RoleIn(w.blue.ID) != "" {
		t.Errorf("%+v, %v", c, err)
	}
	list := b.get(path)
	list.sound(t, path)
	list.has(t, "#keys tbody tr", "website <script>alert(1)</sc …"+shown[len(shown)-4:]+" Member")
	list.has(t, "#keys tbody tr .pill", "Good")
	if strings.Contains(list.body, shown) {
		t.Error("the key is shown again")
	}
	w.clock.forward(17 * 24 * time.Hour)
	b = w.as("admin@ridge.example")
	b.get(path).has(t, "#keys tbody tr .pill", "Expires soon")
	w.clock.forward(13 * 24 * time.Hour)
	b = w.as("admin@ridge.example")
	b.get(path).has(t, "#keys tbody tr .pill", "Expired")
	if _, err := w.auth.CallerByKey(t.Context(), shown); !fault.Is(err, fault.Denied) {
		t.Errorf("expired: %v", err)
	}
	ask := b.get(b.get(path).Find("#keys a.button-danger").AttrOr("href", ""))
	ask.sound(t, "the question")
	if got := b.post(ask.Find("main form").AttrOr("action", "")); got.code != http.StatusSeeOther || got.location != path {
		t.Errorf("revoke: %d %s", got.code, got.location)
	}
	b.get(path).has(t, "main .empty", "No keys yet")
	got := strings.Join(w.events(w.ridge.ID)[:2], "\n")
	for _, want := range []string{"API key revoked | …" + shown[len(shown)-4:], "API key created | …" + shown[len(shown)-4:], "Expires: "} {
		if !strings.Contains(got, want) {
			t.Errorf("the audit lacks %q: %s", want, got)
		}
	}
	if strings.Contains(got, shown) {
		t.Error("the audit holds the key")
	}
}

// TestKeysOfThePlatform are made and listed by engineers alone, apart from those of organizations.
func TestKeysOfThePlatform(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	w.key(w.ridge.ID, auth.Member, "of ridge")
	b := w.as("engineer@hs.example")
	made := b.post("/admin/keys", "name", "deploy", "role", "member", "lasts", "0")
	made.sound(t, "/admin/keys")
	if c, err := w.auth.CallerByKey(t.Context(), made.text("#key")); err != nil || !c.Engineer {
		t.Errorf("%+v %v", c, err)
	}
	list := b.get("/admin/keys")
	list.sound(t, "/admin/keys")
	list.has(t, "#keys tbody", "deploy")
	if strings.Contains(list.body, "of ridge") {
		t.Error("an organization's key is among the platform's")
	}
}
