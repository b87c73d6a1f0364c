package admin_test

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/web/admin"
)

func (b *browser) session() string {
	u, err := url.Parse(b.w.url)
	if err != nil {
		b.w.t.Fatal(err)
	}
	for _, c := range b.client.Jar.Cookies(u) {
		if c.Name == "session" {
			return c.Value
		}
	}
	return ""
}

func (b *browser) setSession(v string) {
	u, err := url.Parse(b.w.url)
	if err != nil {
		b.w.t.Fatal(err)
	}
	b.client.Jar.SetCookies(u, []*http.Cookie{{Name: "session", Value: v, Path: "/"}})
}

func TestSignInLeadsToWhatWasAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	w.user("member@ridge.example")
	b := w.browser()
	asked := b.get("/admin/orgs/ridge/leads?stage=new")
	if asked.code != http.StatusSeeOther {
		t.Fatalf("without a session: %d", asked.code)
	}
	form := b.get(asked.location)
	next, _ := form.Find("input[name=next]").Attr("value")
	if next != "/admin/orgs/ridge/leads?stage=new" {
		t.Errorf("the form has lost where to go on: %q", next)
	}
	if b.session() != "" {
		t.Error("looking at the form has made a session")
	}
	got := b.post("/login", "email", " Member@Ridge.example ", "password", password, "next", next)
	if got.code != http.StatusSeeOther || got.location != next {
		t.Errorf("after signing in: %d %s", got.code, got.location)
	}
	if got := b.get(next); got.code != http.StatusOK {
		t.Errorf("the page asked for: %d", got.code)
	}
	if got := b.get("/login?next=//evil.example"); got.location != "/admin" {
		t.Errorf("somebody who is signed in already was sent to %q", got.location)
	}
	evil := w.browser().post("/login", "email", "member@ridge.example", "password", password, "next", "https://evil.example/")
	if evil.location != "/admin" {
		t.Errorf("next led to %q", evil.location)
	}
}

func TestWrongPassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	w.user("member@ridge.example")
	b := w.browser()
	hostile := `"><script>alert(1)</script>@x`
	for _, email := range []string{"member@ridge.example", "nobody@ridge.example", hostile, "bad\xffutf8"} {
		got := b.post("/login", "email", email, "password", "wrong-password-77")
		if got.code != http.StatusUnprocessableEntity || b.session() != "" {
			t.Errorf("%q: %d, session %q", email, got.code, b.session())
		}
		got.has(t, "[role=alert]", "E-mail address or password is wrong.")
		if kept, _ := got.Find("#f-email").Attr("value"); kept != strings.ToValidUTF8(email, "") {
			t.Errorf("the address that was typed is lost: %q", kept)
		}
		if strings.Contains(got.body, "wrong-password-77") || got.count("script:not([src])") > 0 {
			t.Errorf("%q: the page shows the password, or a script", email)
		}
	}
}

func TestGuessingIsThrottled(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	w.user("admin@ridge.example")
	b := w.browser()
	refused := 0
	for i := 1; i < 40 && refused == 0; i++ {
		if got := b.post("/login", "email", "admin@ridge.example", "password", "guess-"+strconv.Itoa(i)); got.code == http.StatusTooManyRequests {
			refused = i
			if n, err := strconv.Atoi(got.header.Get("Retry-After")); err != nil || n < 1 {
				t.Errorf("Retry-After: %q", got.header.Get("Retry-After"))
			}
			got.has(t, "[role=alert]", "Too many failed attempts")
		}
	}
	if refused == 0 {
		t.Fatal("nobody stopped the guessing before the 40th attempt")
	}
	if got := b.post("/login", "email", "admin@ridge.example", "password", password); got.code != http.StatusTooManyRequests {
		t.Errorf("the right password: %d", got.code)
	}
	w.clock.forward(16 * time.Minute)
	if got := b.post("/login", "email", "admin@ridge.example", "password", password); got.code != http.StatusSeeOther {
		t.Errorf("after a quarter of an hour: %d", got.code)
	}
}

func TestASessionThatSomebodyElseBeganIsNotTheirs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	w.user("admin@ridge.example")
	attacker := w.as("admin@blue.example")
	victim := w.browser()
	victim.setSession(attacker.session()) // fixation: the victim signs in with a token that the attacker knows
	if got := victim.post("/login", "email", "admin@ridge.example", "password", password); got.code != http.StatusSeeOther {
		t.Fatal(got.code)
	}
	if victim.session() == attacker.session() {
		t.Error("the token was not renewed at sign-in")
	}
	if got := attacker.get("/admin/orgs/ridge/leads"); got.code == http.StatusOK {
		t.Error("the attacker's token shows the victim's organization")
	}
}

func TestSigningOutEndsTheSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	b := w.as("member@ridge.example")
	kept := b.session()
	page := b.get("/admin/orgs/ridge/appointments")
	if page.count("form[action='/logout'][method=post] button") != 1 {
		t.Error("there is no button to sign out")
	}
	out := b.post("/logout")
	if out.code != http.StatusSeeOther || !strings.HasPrefix(out.location, "/login") {
		t.Fatalf("%d %s", out.code, out.location)
	}
	b.get(out.location).has(t, "[role=status]", "You are signed out")
	b.setSession(kept)
	if got := b.get("/admin/orgs/ridge/appointments"); got.code != http.StatusSeeOther {
		t.Errorf("the old token still works: %d", got.code)
	}
	if got := w.browser().get("/logout"); got.code != http.StatusMethodNotAllowed {
		t.Errorf("asking must change nothing: %d", got.code)
	}
}

func TestIdleSessionsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	b := w.as("member@ridge.example")
	w.sessionClock.ahead.forward(2*time.Hour - time.Minute)
	if got := b.get("/admin/orgs/ridge/appointments"); got.code != http.StatusOK {
		t.Fatalf("within two hours: %d", got.code)
	}
	w.sessionClock.ahead.forward(2 * time.Minute)
	if got := b.get("/admin/orgs/ridge/appointments"); !strings.HasPrefix(got.location, "/login") {
		t.Errorf("%d %s", got.code, got.location)
	}
}

func TestOrganizationsOfAPerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	engineer := w.as("engineer@hs.example")
	if got := engineer.get("/admin"); got.location != "/admin/orgs/blue/appointments" { // the first by name
		t.Errorf("first: %s", got.location)
	}
	page := engineer.get("/admin/orgs/ridge/leads")
	page.has(t, ".menu-org summary", "Ridgeline Roofing")
	page.has(t, ".menu-org summary", "Zoho: not connected")
	if to, _ := page.Find(".menu-org a:contains(Bluewater)").Attr("href"); to != "/admin/orgs/blue/leads" {
		t.Errorf("another organization keeps the page: %q", to)
	}
	page.has(t, ".menu-org a[aria-current]", "Ridgeline Roofing")
	detail := engineer.get("/admin/orgs/ridge/crm-configs/" + string(w.config.ID))
	if to, _ := detail.Find(".menu-org a:contains(Bluewater)").Attr("href"); to != "/admin/orgs/blue/connections?open=config" {
		t.Errorf("from a config to the other organization's: %q", to)
	}
	if got := engineer.get("/admin"); got.location != "/admin/orgs/ridge/appointments" {
		t.Errorf("the last one is remembered: %s", got.location)
	}
	if got := engineer.get("/admin/orgs/ridge"); got.location != "/admin/orgs/ridge/appointments" {
		t.Errorf("an organization alone: %s", got.location)
	}
	member := w.as("member@ridge.example").get("/admin/orgs/ridge/appointments")
	if n := member.count(".menu-org .menu-list a"); n != 1 || strings.Contains(member.body, "Bluewater") {
		t.Errorf("a member sees %d organizations", n)
	}
}

func TestSomebodyWithoutAnOrganization(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	_, _, err := w.auth.CreateUser(t.Context(), auth.NewUser{Email: "lone@hs.example", Name: "Lone", Password: secret.NewString(password), Role: auth.Member, Org: org.ID("org_gone")})
	if err != nil {
		t.Fatal(err)
	}
	got := w.as("lone@hs.example").get("/admin")
	if got.code != http.StatusOK {
		t.Fatal(got.code)
	}
	got.has(t, "main h1", "You do not belong to an organization yet")
	got.has(t, "main", "lone@hs.example")
}

// none are the organizations of a platform that has just been installed.
type none struct{ admin.Directory }

func (none) Organizations(context.Context) ([]org.Organization, error) { return nil, nil }

// TestAnEngineerBeforeTheFirstOrganization is not sent to somebody else: it is theirs to make.
func TestAnEngineerBeforeTheFirstOrganization(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	w.console.Orgs = none{w.console.Orgs}
	got := w.as("engineer@hs.example").get("/admin")
	got.has(t, "main h1", "There is no organization yet")
	got.has(t, `main a[href="/admin/keys"]`, "API keys")
}
