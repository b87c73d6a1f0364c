package auth_test

import (
	"net/http"
	"testing"
	"time"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/auth/authtest"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
)

// withIssuer sets single sign-on up for jo's domain.
func (d *desk) withIssuer(t *testing.T) *authtest.Issuer {
	t.Helper()
	i, closed, err := authtest.NewIssuer(d.clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(closed)
	d.SSO = auth.NewSSO(&auth.SSO{
		Issuer: i.URL, ClientID: "client", Secret: secret.NewString("client-secret"), Domains: []string{"x.example"}, Redirect: "https://hs.example/oauth/oidc/callback",
	}, http.DefaultClient)
	return i
}

// consented begins a single sign-on and gives what leads back.
func (d *desk) consented(t *testing.T, i *authtest.Issuer) (state, code string) {
	t.Helper()
	page, err := d.BeginSSO(t.Context(), here, "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	if state, code, err = i.Consent(page); err != nil {
		t.Fatal(err)
	}
	return state, code
}

// sso goes the whole way.
func (d *desk) sso(t *testing.T, i *authtest.Issuer) (auth.Proof, error) {
	t.Helper()
	state, code := d.consented(t, i)
	return d.FinishSSO(t.Context(), state, code, here, "192.0.2.1")
}

func TestSingleSignOn(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i := d.withIssuer(t)
	first, err := d.sso(t, i)
	if err != nil || first.User.Email != "jo@x.example" || first.Strong || !first.Fresh {
		t.Fatalf("%+v, %v", first, err)
	}
	i.Lie = func(c map[string]any) { c["email"], c["amr"] = "renamed@x.example", []string{"pwd", "mfa"} }
	again, err := d.sso(t, i)
	if err != nil || again.User.ID != first.User.ID || !again.Strong {
		t.Errorf("who is linked, under another address: %+v, %v", again, err)
	}
	i.Lie = func(c map[string]any) { c["email"] = "jo@elsewhere.example" }
	if _, err := d.sso(t, i); !fault.Is(err, fault.Denied) {
		t.Errorf("who is linked, from a domain that is not named: %v", err)
	}
	i.Lie = func(c map[string]any) { c["sub"] = "subject-2" }
	if _, err := d.sso(t, i); !fault.Is(err, fault.Conflict) {
		t.Errorf("another subject with jo's address: %v", err)
	}
	i.Lie = func(c map[string]any) { c["auth_time"] = d.clock().Add(-time.Hour).Unix() }
	if old, err := d.sso(t, i); err != nil || old.Fresh {
		t.Errorf("a sign-in at the issuer an hour ago counts as now: %v", err)
	}
}

// TestSingleSignOnLies: nothing of a token is believed that the issuer has not signed, for us, now, for this attempt.
func TestSingleSignOnLies(t *testing.T) {
	t.Parallel()
	for what, lie := range map[string]func(*authtest.Issuer, map[string]any){
		"another nonce":          func(_ *authtest.Issuer, c map[string]any) { c["nonce"] = "other" },
		"no nonce":               func(_ *authtest.Issuer, c map[string]any) { delete(c, "nonce") },
		"for another client":     func(_ *authtest.Issuer, c map[string]any) { c["aud"] = "other" },
		"for several, by others": func(_ *authtest.Issuer, c map[string]any) { c["aud"], c["azp"] = []string{"client", "other"}, "other" },
		"for several, by nobody": func(_ *authtest.Issuer, c map[string]any) { c["aud"] = []string{"client", "other"} },
		"expired":                func(i *authtest.Issuer, c map[string]any) { c["exp"] = i.Now().Add(-time.Second).Unix() },
		"address not verified":   func(_ *authtest.Issuer, c map[string]any) { c["email_verified"] = false },
		"nothing of verified":    func(_ *authtest.Issuer, c map[string]any) { delete(c, "email_verified") },
		"another issuer":         func(_ *authtest.Issuer, c map[string]any) { c["iss"] = "https://evil.example" },
		"another domain":         func(_ *authtest.Issuer, c map[string]any) { c["email"] = "jo@evil.example" },
		"domain within":          func(_ *authtest.Issuer, c map[string]any) { c["email"] = "jo@x.example.evil.example" },
		"nobody we know":         func(_ *authtest.Issuer, c map[string]any) { c["email"] = "who@x.example" },
		"an administrator":       func(_ *authtest.Issuer, c map[string]any) { c["email"] = "boss@x.example" },
		"nobody":                 func(_ *authtest.Issuer, c map[string]any) { delete(c, "sub") },
		"alg none":               func(i *authtest.Issuer, _ map[string]any) { i.Unsigned = true },
		"another key":            func(i *authtest.Issuer, _ map[string]any) { i.Forged = true },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			o, err := (&org.Service{Store: d.Store.(org.Store), Now: d.clock}).Create(t.Context(), org.Draft{Slug: "x", Name: "X", Timezone: "UTC"})
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := d.CreateUser(t.Context(), auth.NewUser{Email: "boss@x.example", Role: auth.Admin, Org: o.ID}); err != nil {
				t.Fatal(err)
			}
			i := d.withIssuer(t)
			i.Lie = func(c map[string]any) { lie(i, c) }
			if p, err := d.sso(t, i); !fault.Is(err, fault.Denied) || p.User.ID != "" {
				t.Errorf("%v, %v", p.User.ID, err)
			}
		})
	}
}

// TestSingleSignOnAttempts: an attempt ends once, in time, in the session that began it.
func TestSingleSignOnAttempts(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i := d.withIssuer(t)
	refused := func(what, state, code, session string) {
		t.Helper()
		if p, err := d.FinishSSO(t.Context(), state, code, session, "192.0.2.1"); !fault.Is(err, fault.Denied) || p.User.ID != "" {
			t.Errorf("%s: %v, %v", what, p.User.ID, err)
		}
	}
	state, code := d.consented(t, i)
	refused("another session", state, code, "session-2")
	refused("no session", state, code, "")
	if _, err := d.FinishSSO(t.Context(), state, code, here, "192.0.2.1"); err != nil {
		t.Fatal(err)
	}
	refused("the state twice", state, code, here)
	_, fresh := d.consented(t, i)
	refused("the old state with a new code", state, fresh, here)
	refused("a state of nobody", "other", fresh, here)
	late, code := d.consented(t, i)
	d.wait(6 * time.Minute)
	refused("too late", late, code, here)
	one, _ := d.consented(t, i)
	_, other := d.consented(t, i)
	refused("the code of another attempt", one, other, here)
	if err := d.Disable(t.Context(), "jo@x.example", true); err != nil {
		t.Fatal(err)
	}
	state, code = d.consented(t, i)
	refused("a disabled account", state, code, here)
}

// TestEngineersBySingleSignOnAlone: password and passkey sign them in no more, but once after the command line has let
// them in; administrators are not meant.
func TestEngineersBySingleSignOnAlone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, v := d.withPasskey(t)
	i := d.withIssuer(t)
	d.SSO.Required = true
	in := func() error { return d.try(t, "jo@x.example", "correct horse", "192.0.2.1") }
	if err := in(); !fault.Is(err, fault.Denied) {
		t.Errorf("by password: %v", err)
	}
	if _, err := d.SignInPasskey(t.Context(), d.signed(t, v), here, "192.0.2.1"); !fault.Is(err, fault.Denied) {
		t.Errorf("by passkey: %v", err)
	}
	if err := d.LetIn(t.Context(), "jo@x.example"); err != nil {
		t.Fatal(err)
	}
	if err := d.LetIn(t.Context(), "jo@x.example"); err != nil { // twice is once
		t.Fatal(err)
	}
	if _, _, err := d.CreateUser(t.Context(), auth.NewUser{Email: "boss@x.example", Role: auth.Admin, Org: "org_1"}); err != nil {
		t.Fatal(err)
	}
	if err := d.LetIn(t.Context(), "boss@x.example"); !fault.Is(err, fault.Invalid) {
		t.Errorf("an administrator, who needs it for nothing: %v", err)
	}
	if err := d.try(t, "jo@x.example", "wrong", "192.0.2.1"); !fault.Is(err, fault.Denied) {
		t.Error("let in with a wrong password")
	}
	if err := in(); err != nil {
		t.Errorf("let in: %v", err)
	}
	if err := in(); !fault.Is(err, fault.Denied) {
		t.Errorf("let in twice: %v", err)
	}
	if err := d.LetIn(t.Context(), "jo@x.example"); err != nil {
		t.Fatal(err)
	}
	d.wait(61 * time.Minute)
	if err := in(); !fault.Is(err, fault.Denied) {
		t.Errorf("let in after an hour: %v", err)
	}
	if _, err := d.sso(t, i); err != nil {
		t.Errorf("by single sign-on: %v", err)
	}
}
