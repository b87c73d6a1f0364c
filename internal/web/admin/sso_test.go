package admin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/auth/authtest"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/secret"
)

func TestEngineersSignInByIssuer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	if w.browser().get("/login").count("a[href^='/login/sso']") != 0 || w.browser().get("/login/sso").code != http.StatusNotFound || w.browser().get("/oauth/oidc/callback").code != http.StatusNotFound {
		t.Error("single sign-on is there without settings")
	}
	i, closed, err := authtest.NewIssuer(w.clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(closed)
	i.Lie = func(c map[string]any) { c["email"] = "engineer@hs.example" }
	w.auth.SSO = auth.NewSSO(&auth.SSO{
		Issuer: i.URL, ClientID: "client", Secret: secret.NewString("client-secret"), Domains: []string{"hs.example"}, Redirect: "https://hs.example/oauth/oidc/callback",
	}, http.DefaultClient)
	w.auth.FactorOfEngineers = true
	w.user("engineer@hs.example")
	back := func(b *browser, next string) string {
		t.Helper()
		page := b.get("/login/sso?" + url.Values{"next": {next}}.Encode())
		state, code, err := i.Consent(page.location)
		if err != nil {
			t.Fatal(err, page.code)
		}
		return "/oauth/oidc/callback?" + url.Values{"state": {state}, "code": {code}}.Encode()
	}
	b := w.browser()
	page := b.get("/login?next=/admin/keys")
	page.sound(t, "/login")
	page.has(t, "a[href^='/login/sso']", "Single sign-on")
	callback := back(b, "/admin/keys")
	if got := w.browser().get(callback); got.code != http.StatusUnprocessableEntity {
		t.Errorf("in another browser: %d", got.code)
	}
	before := b.session()
	if got := b.get(callback); got.location != "/admin/keys" || b.session() == before {
		t.Fatalf("%d %s %s", got.code, got.location, got.text(".notice"))
	}
	if got := b.get("/admin/keys"); got.location != "/admin/account" {
		t.Errorf("without a second factor at the issuer: %d %s", got.code, got.location)
	}
	if got := b.get(callback); got.code != http.StatusUnprocessableEntity {
		t.Errorf("the callback twice: %d", got.code)
	}
	w.auth.SSO.SecondFactor = true
	strong := w.browser()
	if got := strong.get(back(strong, "https://evil.example")); got.location != "/admin" || strong.get("/admin/keys").code != http.StatusOK {
		t.Errorf("with one: %d %s", got.code, got.location)
	}
	strong.get("/admin/account/again").has(t, "a[href^='/login/sso']", "Single sign-on")
	i.Lie = func(c map[string]any) { c["email"] = "admin@ridge.example"; c["sub"] = "other" }
	w.user("admin@ridge.example")
	other := w.browser()
	if got := other.get(back(other, "")); got.code != http.StatusUnprocessableEntity || other.get("/admin").code == http.StatusOK {
		t.Errorf("an administrator: %d", got.code)
	}
	w.auth.SSO.Required = true
	if got := w.browser().post("/login", "email", "engineer@hs.example", "password", password); got.code != http.StatusUnprocessableEntity || !strings.Contains(got.text(".notice"), "single sign-on") {
		t.Errorf("the password, where it is forbidden: %d", got.code)
	}
	if all := strings.Join(w.events(""), "\n"); strings.Count(all, "Single sign-on linked") != 1 {
		t.Errorf("the audit: %s", all)
	}
}
