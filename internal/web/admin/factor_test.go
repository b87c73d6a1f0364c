package admin_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/secret"
)

// factor turns a second factor on for somebody, without the browser, and gives its secret.
func (w *world) factor(u auth.UserID) secret.String {
	w.t.Helper()
	user, err := w.store.User(w.t.Context(), u)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.auth.BeginFactor(w.t.Context(), user); err != nil {
		w.t.Fatal(err)
	}
	shown, err := w.auth.PendingFactor(w.t.Context(), user)
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.auth.ConfirmFactor(w.t.Context(), user, w.code(shown.Secret.Reveal()), "", audit.By{}); err != nil {
		w.t.Fatal(err)
	}
	return shown.Secret
}

// code is what an app shows now.
func (w *world) code(key string) string {
	w.t.Helper()
	c, err := totp.GenerateCode(key, w.clock.Now())
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func (w *world) userOf(email string) auth.User {
	w.t.Helper()
	w.user(email)
	u, err := w.store.UserByEmail(w.t.Context(), email)
	if err != nil {
		w.t.Fatal(err)
	}
	return u
}

func TestSetUpAndSignInWithASecondFactor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	b, other := w.as("admin@ridge.example"), w.as("admin@ridge.example")
	b.get("/admin/account").has(t, "[aria-labelledby=factor] .pill", "Off")
	if got := b.post("/admin/account/factor"); got.location != "/admin/account/factor" {
		t.Fatalf("%d %s", got.code, got.location)
	}
	page := b.get("/admin/account/factor")
	page.sound(t, "the QR code")
	path, _ := page.Find("svg.qr path").Attr("d")
	if key := strings.ReplaceAll(page.text("#key"), " ", ""); len(key) != 32 || len(path) < 3000 || strings.Contains(page.body, "otpauth:") {
		t.Errorf("key %q, a picture of %d bytes", key, len(path))
	}
	key := strings.ReplaceAll(page.text("#key"), " ", "")
	wrong := b.post("/admin/account/factor/confirm", "code", "000000")
	if wrong.code != http.StatusUnprocessableEntity || wrong.text("#key") != page.text("#key") {
		t.Errorf("a wrong code: %d", wrong.code)
	}
	shown := b.post("/admin/account/factor/confirm", "code", w.code(key))
	shown.sound(t, "the recovery codes")
	if shown.count(".codes li") != 10 {
		t.Fatalf("%d codes", shown.count(".codes li"))
	}
	recovery := shown.text(".codes li")
	if got := b.get("/admin/account"); strings.Contains(got.body, recovery) {
		t.Error("the recovery codes are shown twice")
	} else {
		got.has(t, "[aria-labelledby=factor]", "10 recovery codes are left")
	}
	if got := other.get("/admin/account"); !strings.HasPrefix(got.location, "/login") {
		t.Error("the other session goes on")
	}
	w.clock.forward(time.Minute)

	in := w.browser()
	got := in.post("/login", "email", "admin@ridge.example", "password", password, "next", "/admin/orgs/ridge/leads")
	if got.location != "/login/code" {
		t.Fatalf("the password alone: %d %s", got.code, got.location)
	}
	if got := in.get("/admin/orgs/ridge/leads"); !strings.HasPrefix(got.location, "/login") {
		t.Errorf("the password alone opens the console: %d %s", got.code, got.location)
	}
	in.get("/login/code").sound(t, "/login/code")
	if got := in.post("/login/code", "code", "123456"); got.code != http.StatusUnprocessableEntity {
		t.Errorf("a wrong code: %d", got.code)
	}
	code := w.code(key)
	if got := in.post("/login/code", "code", code); got.location != "/admin/orgs/ridge/leads" || in.get(got.location).code != http.StatusOK {
		t.Errorf("password and code: %d %s", got.code, got.location)
	}
	again := w.browser()
	again.post("/login", "email", "admin@ridge.example", "password", password)
	if got := again.post("/login/code", "code", code); got.code != http.StatusUnprocessableEntity {
		t.Errorf("the same code twice: %d", got.code)
	}
	if got := again.post("/login/code", "code", recovery); got.location != "/admin" {
		t.Errorf("a recovery code: %d", got.code)
	}
	renewed := again.post("/admin/account/factor/codes")
	renewed.sound(t, "the new recovery codes")
	if strings.Contains(renewed.body, recovery) || renewed.count(".codes li") != 10 {
		t.Error("the recovery codes are the old ones")
	}
	if got := again.post("/admin/account/factor/end"); got.location != "/admin/account" || again.get("/admin/account").text("[aria-labelledby=factor] .pill") != "Off" {
		t.Errorf("turned off: %d", got.code)
	}
	all := strings.Join(w.events(w.ridge.ID), "\n")
	for _, want := range []string{"Second factor turned on", "Recovery code used", "Recovery codes renewed", "Second factor turned off"} {
		if !strings.Contains(all, want) {
			t.Errorf("the audit lacks %q", want)
		}
	}
	if strings.Contains(all, key) || strings.Contains(all, recovery) {
		t.Error("the audit holds a secret")
	}
}

// TestACodeSignsNobodyInWithoutThePassword: no way round the first factor (CVE-2025-66489), nor an old way in.
func TestACodeSignsNobodyInWithoutThePassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	u := w.userOf("admin@ridge.example")
	key := w.factor(u.ID)
	w.clock.forward(time.Minute)
	signedIn := func(b *browser) bool { return b.get("/admin/account").code == http.StatusOK }
	b := w.browser()
	if got := b.post("/login/code", "code", w.code(key.Reveal()), "email", u.Email); got.location != "/login" || signedIn(b) {
		t.Errorf("a code alone: %d %s", got.code, got.location)
	}
	if got := b.post("/login", "email", u.Email, "password", "wrong", "code", w.code(key.Reveal())); got.code != http.StatusUnprocessableEntity || signedIn(b) {
		t.Errorf("a code with a wrong password: %d", got.code)
	}
	if got := b.post("/login/code", "code", w.code(key.Reveal())); got.location != "/login" || signedIn(b) {
		t.Errorf("a code after a wrong password: %d", got.code)
	}
	b.post("/login", "email", u.Email, "password", password)
	w.clock.forward(11 * time.Minute)
	if got := b.post("/login/code", "code", w.code(key.Reveal())); got.location != "/login" || signedIn(b) {
		t.Errorf("a code long after the password: %d %s", got.code, got.location)
	}
	b.post("/login", "email", u.Email, "password", password)
	if err := w.auth.ResetPassword(t.Context(), u.Email, secret.NewString("another long password")); err != nil {
		t.Fatal(err)
	}
	if got := b.post("/login/code", "code", w.code(key.Reveal())); got.location != "/login" || signedIn(b) {
		t.Errorf("a code after the password has changed: %d %s", got.code, got.location)
	}
	b.post("/login", "email", u.Email, "password", "another long password")
	if err := w.auth.Disable(t.Context(), u.Email, true); err != nil {
		t.Fatal(err)
	}
	if got := b.post("/login/code", "code", w.code(key.Reveal())); got.location != "/login" || signedIn(b) {
		t.Errorf("a code of a disabled account: %d %s", got.code, got.location)
	}
}

func TestWhoLacksANeededFactorSeesTheAccountAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	boss, mia, eli := w.as("admin@ridge.example"), w.as("member@ridge.example"), w.as("engineer@hs.example")
	if got := mia.post("/admin/orgs/ridge/signin-rule", "factor", "1"); got.code != http.StatusForbidden {
		t.Errorf("a member: %d", got.code)
	}
	if got := boss.post("/admin/orgs/ridge/signin-rule", "factor", "1"); got.location != "/admin/orgs/ridge/team" {
		t.Fatalf("%d %s", got.code, got.location)
	}
	if got := boss.get("/admin/orgs/ridge/team"); got.location != "/admin/account" {
		t.Errorf("an administrator without: %d %s", got.code, got.location)
	}
	account := boss.get("/admin/account")
	account.sound(t, "the account page without a factor")
	account.has(t, "[aria-labelledby=factor]", "Your role needs a second factor")
	for who, b := range map[string]*browser{"a member": mia, "an engineer": eli} {
		if got := b.get("/admin/orgs/ridge/team"); got.code != http.StatusOK {
			t.Errorf("%s is not meant: %d %s", who, got.code, got.location)
		}
	}
	w.auth.FactorOfEngineers = true
	if got := eli.get("/admin/engineers"); got.location != "/admin/account" {
		t.Errorf("an engineer by setting: %d %s", got.code, got.location)
	}
	boss.post("/admin/account/factor")
	key := strings.ReplaceAll(boss.get("/admin/account/factor").text("#key"), " ", "")
	boss.post("/admin/account/factor/confirm", "code", w.code(key))
	boss.get("/admin/orgs/ridge/team").has(t, "[aria-labelledby=rule]", "Required")
	boss.post("/admin/account/factor/end")
	boss.get("/admin/account").has(t, ".notice-error", "stays on")
}

func TestResetOfATeammatesFactor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	mia := w.userOf("member@ridge.example")
	key := w.factor(mia.ID)
	w.clock.forward(time.Minute)
	b := w.browser()
	b.post("/login", "email", mia.Email, "password", password)
	b.post("/login/code", "code", w.code(key.Reveal()))
	boss := w.as("admin@ridge.example")
	form := boss.get("/admin/orgs/ridge/team").Find("form[action$='/reset-factor']")
	if form.Length() != 1 {
		t.Fatalf("%d people can be reset", form.Length())
	}
	if got := boss.post(form.AttrOr("action", "")); got.location != "/admin/orgs/ridge/team" {
		t.Fatalf("%d %s", got.code, got.location)
	}
	boss.get("/admin/orgs/ridge/team").has(t, ".notice-success", "second factor is reset")
	if got := b.get("/admin/account"); !strings.HasPrefix(got.location, "/login") {
		t.Error("their session goes on")
	}
	if got := b.post("/login", "email", mia.Email, "password", password); got.location != "/admin" {
		t.Errorf("signs in with the password alone: %d %s", got.code, got.location)
	}
}

func TestSecretsAreChangedOnlyAfterSigningInLately(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	w.connected()
	b, eli := w.as("admin@ridge.example"), w.as("engineer@hs.example")
	w.clock.forward(16 * time.Minute)
	here := "/admin/orgs/ridge/crm-configs/" + string(w.config.ID)
	w.book(at(2, 10, 0), jo, nil)
	state := w.rows(t)
	for _, path := range []string{here, here + "/disconnect", "/admin/orgs/ridge/connections", "/admin/orgs/ridge/signin-rule", "/admin/orgs/ridge/team", "/admin/orgs/ridge/team/usr_1", "/admin/account/factor"} {
		r := w.form(path, "name", "Other", "client_secret", "typed", "crm_type", "zoho", "factor", "1")
		r.Header.Set("Referer", w.url+here)
		got := b.do(r)
		if !strings.HasPrefix(got.location, "/admin/account/again?") || !strings.Contains(got.location, "crm-configs") {
			t.Errorf("%s: %d %s", path, got.code, got.location)
		}
	}
	if got := eli.post("/admin/engineers", "email", "new@hs.example"); !strings.HasPrefix(got.location, "/admin/account/again?") {
		t.Errorf("an engineer invites another: %d %s", got.code, got.location)
	}
	if now := w.rows(t); now != state {
		t.Errorf("changed:\n%s\n%s", state, now)
	}
	ask := b.get("/admin/account/again?next=" + here + "&unsaved")
	ask.sound(t, "/admin/account/again")
	ask.has(t, ".notice-warning", "has not been saved")
	if got := b.post("/admin/account/again", "next", here, "password", "wrong"); got.code != http.StatusUnprocessableEntity {
		t.Errorf("a wrong password: %d", got.code)
	}
	if got := b.post(here + "/disconnect"); !strings.HasPrefix(got.location, "/admin/account/again?") {
		t.Errorf("after a wrong password: %d %s", got.code, got.location)
	}
	if got := b.post("/admin/account/again", "next", "//evil.example", "password", password); got.location != "/admin" {
		t.Errorf("leads to %s", got.location)
	}
	if got := b.post(here + "/disconnect"); got.location != here {
		t.Errorf("after the password: %d %s", got.code, got.location)
	}
}
