package admin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/secret"
)

// begin presses Connect Zoho and gives the state that went to Zoho.
func (b *browser) begin() string {
	b.w.t.Helper()
	got := b.post(b.w.configPath() + "/authorize")
	b.w.clock.forward(time.Millisecond) // whoever comes back from Zoho comes later
	to, err := url.Parse(got.location)
	if err != nil || got.code != http.StatusSeeOther || to.Query().Get("state") == "" {
		b.w.t.Fatalf("%d %s", got.code, got.location)
	}
	return to.Query().Get("state")
}

// back is the address at which Zoho sends a browser back.
func back(kv ...string) string {
	v := url.Values{"code": {"1000.code"}, "location": {"us"}, "accounts-server": {accounts}}
	for i := 0; i+1 < len(kv); i += 2 {
		if v.Set(kv[i], kv[i+1]); kv[i+1] == "" {
			v.Del(kv[i])
		}
	}
	return "/oauth/zoho/callback?" + v.Encode()
}

func TestConnectingZoho(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sharedApp())
	b := w.as("admin@ridge.example")
	got := b.get(back("state", b.begin()))
	if got.code != http.StatusSeeOther || got.location != w.configPath()+"?dialog=connection" {
		t.Fatalf("%d %s", got.code, got.location)
	}
	page := b.get(got.location)
	page.has(t, "dialog[open] [role=status]", "Zoho is connected.")
	if page.count(".tokens dd:contains('Populated')") != 3 || w.nowConfig(t).Connection.State != connection.Connected {
		t.Error("it is not connected")
	}
	if cb := w.connector.exchanged[0]; cb != (crm.Callback{Code: "1000.code", Location: "us", AccountsServer: accounts}) {
		t.Errorf("exchanged %+v", cb)
	}
}

// TestCallbacksThatProveNothing: nothing is sent to Zoho, nothing is connected, and the person reads why.
func TestCallbacksThatProveNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		path func(w *world, b *browser) string
		who  func(w *world, b *browser) *browser
	}{
		"no state":      {path: func(*world, *browser) string { return back() }},
		"empty state":   {path: func(*world, *browser) string { return back("state", "") + "&state=" }},
		"unknown state": {path: func(*world, *browser) string { return back("state", strings.Repeat("a", 43)) }},
		"hostile state": {path: func(*world, *browser) string { return back("state", hostile, "error", hostile) }},
		"endless state": {path: func(*world, *browser) string { return back("state", strings.Repeat("a", 5000)) }},
		"expired": {path: func(w *world, b *browser) string {
			state := b.begin()
			w.clock.forward(15 * time.Minute)
			return back("state", state)
		}},
		"used twice": {path: func(w *world, b *browser) string {
			path := back("state", b.begin(), "error", "access_denied")
			b.get(path)
			return path
		}},
		"the same person in another session": {
			path: func(_ *world, b *browser) string { return back("state", b.begin()) },
			who:  func(w *world, _ *browser) *browser { return w.as("admin@ridge.example") },
		},
		"another person": {
			path: func(_ *world, b *browser) string { return back("state", b.begin()) },
			who:  func(w *world, _ *browser) *browser { return w.as("admin@blue.example") },
		},
		"another person in the same browser": {
			path: func(w *world, b *browser) string {
				path := back("state", b.begin())
				w.user("engineer@hs.example")
				b.post("/login", "email", "engineer@hs.example", "password", password)
				return path
			},
		},
		"after signing in anew": {
			path: func(_ *world, b *browser) string {
				path := back("state", b.begin())
				b.post("/logout")
				b.post("/login", "email", "admin@ridge.example", "password", password)
				return path
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, sharedApp())
			b := w.as("admin@ridge.example")
			path := c.path(w, b)
			if c.who != nil {
				b = c.who(w, b)
			}
			got := b.get(path)
			if got.code != http.StatusForbidden {
				t.Errorf("want 403, got %d %s", got.code, got.location)
			}
			got.has(t, "main", "Please press Connect Zoho again.")
			if w.connector.calls() != 0 || w.nowConfig(t).Connection.State != connection.NotConnected {
				t.Error("it went on all the same")
			}
			if got.count("script:not([src]), img") > 0 || strings.Contains(got.body, "alert(") {
				t.Error("the page prints what stood in the address")
			}
		})
	}
}

// TestRefusedCallbacksLeadBackToTheConfig: the state was right, the rest was not.
func TestRefusedCallbacksLeadBackToTheConfig(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		query       []string
		before      func(w *world)
		code, words string
		exchanged   int
	}{
		"not accepted at Zoho":   {query: []string{"error", "access_denied", "code", ""}, code: "access_denied", words: "the permissions were not accepted"},
		"a hostile error":        {query: []string{"error", hostile, "code", ""}, code: "access_denied", words: "the permissions were not accepted"},
		"another accounts host":  {query: []string{"accounts-server", "https://accounts.evil.example"}, code: "invalid", words: "none of Zoho's accounts servers. Nothing was sent there."},
		"no accounts host":       {query: []string{"accounts-server", ""}, code: "invalid", words: "none of Zoho's accounts servers"},
		"a code that is too old": {query: []string{"code", "stale"}, code: "invalid_code", words: "Zoho did not accept the grant code", exchanged: 1},
		"another Zoho organization": {before: func(w *world) {
			w.connected()
			w.connector.setOrg("222", hostile)
		}, code: "other_organization", words: "this configuration belongs to “Ridgeline in Zoho”", exchanged: 2},
		"the throttle":                 {before: refusing(crm.Throttled, "access_denied"), code: "throttled", words: "Press Connect Zoho again in ten minutes.", exchanged: 1},
		"no answer":                    {before: refusing(crm.Down, ""), code: "no_answer", words: "Zoho gave no usable answer. Nothing was changed. Press Connect Zoho again in a minute.", exchanged: 1},
		"client that is unknown there": {before: refusing(crm.Misconfigured, "invalid_client"), code: "invalid_client", words: "the data centre US must be enabled there, and may have a secret of its own", exchanged: 1},
		"wrong secret":                 {before: refusing(crm.Misconfigured, "invalid_client_secret"), code: "invalid_client_secret", words: "The Client Secret is wrong for Zoho's US data centre.", exchanged: 1},
		"wrong redirect address":       {before: refusing(crm.Misconfigured, "invalid_redirect_uri"), code: "invalid_redirect_uri", words: "does not list this redirect address: https://hs.example/oauth/zoho/callback.", exchanged: 1},
		"foreign API address":          {before: refusing(crm.Misconfigured, ""), code: "invalid", words: "Nothing was stored or sent there.", exchanged: 1},
		"too few permissions":          {before: refusing(crm.ScopeMissing, "OAUTH_SCOPE_MISMATCH"), code: "scope_missing", words: "accept all permissions", exchanged: 1},
		"user without API access":      {before: refusing(crm.Forbidden, "NO_PERMISSION"), code: "no_permission", words: "Give the user's profile API access in Zoho", exchanged: 1},
		"no refresh token":             {before: func(w *world) { w.connector.grant.RefreshToken = secret.String{} }, code: "no_refresh_token", words: "Zoho gave no refresh token", exchanged: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, sharedApp())
			if c.before != nil {
				c.before(w)
			}
			was := w.nowConfig(t).Connection.State
			b := w.as("admin@ridge.example")
			path := back(append(c.query, "state", b.begin())...)
			got := b.get(path)
			if got.code != http.StatusSeeOther || got.location != w.configPath()+"?dialog=connection&error="+c.code {
				t.Fatalf("%d %s", got.code, got.location)
			}
			page := b.get(got.location)
			page.sound(t, got.location)
			page.has(t, "dialog[open] [role=alert]", c.words)
			page.has(t, "#activity + .timeline", "Failed attempt to connect by Rae Ridge")
			if w.nowConfig(t).Connection.State != was || w.connector.calls() != c.exchanged {
				t.Errorf("%s, %d exchanges", w.nowConfig(t).Connection.State, w.connector.calls())
			}
			if again := b.get(path); again.code != http.StatusForbidden || w.connector.calls() != c.exchanged {
				t.Errorf("the state works twice: %d", again.code)
			}
		})
	}
}

func TestACallbackNeedsASession(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sharedApp())
	b := w.as("admin@ridge.example")
	path := back("state", b.begin())
	got := w.browser().get(path)
	if got.code != http.StatusSeeOther || got.location != "/login?next=%2Fadmin" {
		t.Errorf("%d %s: code and state must not travel on in an address", got.code, got.location)
	}
	if w.connector.calls() != 0 {
		t.Error("a code was exchanged for nobody")
	}
	if got := b.get(path); got.location != w.configPath()+"?dialog=connection" { // nobody's visit has not used it up
		t.Errorf("the person themselves: %d %s", got.code, got.location)
	}
}

// refusing makes the token endpoint answer with a problem.
func refusing(class crm.Class, code string) func(*world) {
	return func(w *world) { w.connector.refusal = &crm.Problem{Class: class, Code: code} }
}

func TestThePopUpLeadsBackThroughAPageThatClosesIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sharedApp())
	b := w.as("admin@ridge.example")
	asked := b.post(w.configPath()+"/authorize", "popup", "1")
	to, err := url.Parse(asked.location)
	if err != nil {
		t.Fatal(err)
	}
	got := b.get(back("state", to.Query().Get("state")))
	if got.location != w.configPath()+"?dialog=connection&popup=1" {
		t.Fatalf("%d %s", got.code, got.location)
	}
	closing := b.get(got.location)
	closing.sound(t, got.location)
	want := w.configPath() + "?dialog=connection"
	if next, _ := closing.Find("[data-return]").Attr("data-return"); next != want {
		t.Errorf("the other window is sent to %q", next)
	}
	if next, _ := closing.Find("main a").Attr("href"); next != want {
		t.Errorf("without a script one goes on at %q", next)
	}
	b.get(want).has(t, "dialog[open] [role=status]", "Zoho is connected.") // the message waited for the other window

	asked = b.post(w.configPath()+"/authorize", "popup", "1")
	if to, err = url.Parse(asked.location); err != nil {
		t.Fatal(err)
	}
	got = b.get(back("state", to.Query().Get("state"), "error", "access_denied", "code", ""))
	closing = b.get(got.location)
	if next, _ := closing.Find("[data-return]").Attr("data-return"); next != want+"&error=access_denied" {
		t.Errorf("after a refusal the other window is sent to %q", next)
	}
	hostile := b.get(w.configPath() + "?popup=1&error=" + url.QueryEscape(`"><script>alert(1)</script>//evil.example`))
	if next, _ := hostile.Find("[data-return]").Attr("data-return"); next != want+"&error=scriptalert1scriptevilexample" {
		t.Errorf("a made-up address sends the other window to %q", next)
	}
}

func TestTheProofAfterConnecting(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sharedApp())
	b := w.as("admin@ridge.example")
	page := b.get(b.get(back("state", b.begin())).location)
	proof := "Called Zoho as Rae, organization Ridgeline in Zoho, data centre US, at 10:30:00 PM CST, Mon, Nov 30."
	page.has(t, "dialog[open] [role=status]", proof)
	page.has(t, "main > section .proof", proof)
	page.has(t, "#activity + .timeline .event", "Connected by Rae Ridge Called Zoho as Rae, organization Ridgeline in Zoho, data centre US.")
	page.has(t, ".tokens", "fingerprint "+secret.NewString(refreshToken).Fingerprint())
	if strings.Contains(page.body, refreshToken) || strings.Contains(page.body, accessToken) || strings.Contains(page.body, "shared-secret-1") {
		t.Error("a secret stands in the page")
	}
}
