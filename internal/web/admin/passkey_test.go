package admin_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/auth/authtest"
	"heavyset.tech/platform/internal/connection"
)

// device makes passkeys for the tests' site.
func device() *authtest.Device {
	return &authtest.Device{Origin: "https://hs.example", Site: "hs.example", Count: 1}
}

// add adds a passkey in somebody's browser and gives its device.
func (b *browser) add(t *testing.T, name string) *authtest.Device {
	t.Helper()
	v := device()
	made, err := v.Make([]byte(b.post("/admin/account/passkeys/options").body))
	if err != nil {
		t.Fatal(err)
	}
	if got := b.post("/admin/account/passkeys", "name", name, "answer", string(made)); got.location != "/admin/account" {
		t.Fatalf("%d %s", got.code, got.text(".notice"))
	}
	return v
}

// sign answers what the sign-in page asks.
func (b *browser) sign(t *testing.T, v *authtest.Device) string {
	t.Helper()
	answer, err := v.Sign([]byte(b.post("/login/passkey").body))
	if err != nil {
		t.Fatal(err)
	}
	return string(answer)
}

func TestAddSignInAndRemoveAPasskey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	b := w.as("admin@ridge.example")
	b.get("/admin/account").has(t, "[aria-labelledby=passkeys]", "Add a passkey")
	page := b.get("/admin/account/passkeys/new")
	page.sound(t, "/admin/account/passkeys/new")
	if page.count("form[data-passkey][hidden]") != 1 || page.count("noscript") != 1 {
		t.Error("a browser without JavaScript is shown a form that does nothing")
	}
	v := b.add(t, "Phone <b>")
	account := b.get("/admin/account")
	account.sound(t, "/admin/account")
	account.has(t, "[aria-labelledby=passkeys] tbody tr", "Phone <b>")

	in := w.browser()
	in.get("/login").sound(t, "/login")
	answer := in.sign(t, v)
	before := in.session()
	if got := in.post("/login/passkey/answer", "answer", answer, "next", "/admin/orgs/ridge/leads"); got.location != "/admin/orgs/ridge/leads" || in.get(got.location).code != http.StatusOK {
		t.Fatalf("%d %s %s", got.code, got.location, got.text(".notice"))
	}
	if in.session() == before {
		t.Error("signing in keeps the session's token")
	}
	if got := w.browser().post("/login/passkey/answer", "answer", answer); got.code != http.StatusUnprocessableEntity {
		t.Errorf("the same answer twice: %d", got.code)
	}
	thief := w.browser()
	thief.post("/login/passkey")
	if got := thief.post("/login/passkey/answer", "answer", w.browser().sign(t, v)); got.code != http.StatusUnprocessableEntity || thief.get("/admin/account").code == http.StatusOK {
		t.Errorf("an answer to another session's challenge: %d", got.code)
	}
	if got := thief.post("/login/passkey/answer", "answer", thief.sign(t, v), "next", "https://evil.example"); got.location != "/admin" {
		t.Errorf("led to %q", got.location)
	}

	remove := b.get("/admin/account").Find("[aria-labelledby=passkeys] a.button-danger").AttrOr("href", "")
	b.get(remove).sound(t, "the page before removing")
	if got := b.post(remove); got.location != "/admin/account" || b.get("/admin/account").count("[aria-labelledby=passkeys] tbody tr") != 0 {
		t.Errorf("removed: %d %s", got.code, got.location)
	}
	if got := in.get("/admin/account"); !strings.HasPrefix(got.location, "/login") {
		t.Error("the session that it began goes on")
	}
	if got := in.post("/login/passkey/answer", "answer", in.sign(t, v)); got.code != http.StatusUnprocessableEntity {
		t.Errorf("a passkey that is removed signs in: %d", got.code)
	}
	all := strings.Join(w.events(w.ridge.ID), "\n")
	for _, want := range []string{"Passkey added", "Passkey removed"} {
		if !strings.Contains(all, want) {
			t.Errorf("the audit lacks %q", want)
		}
	}
}

// TestAnothersPasskeyDoesNotExist: neither seen nor removed by whoever else.
func TestAnothersPasskeyDoesNotExist(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	b, other := w.as("admin@ridge.example"), w.as("engineer@hs.example")
	b.add(t, "Phone")
	remove := b.get("/admin/account").Find("[aria-labelledby=passkeys] a.button-danger").AttrOr("href", "")
	for _, got := range []answer{other.get(remove), other.post(remove)} {
		if got.code != http.StatusNotFound {
			t.Errorf("%d", got.code)
		}
	}
	if b.get("/admin/account").count("[aria-labelledby=passkeys] tbody tr") != 1 {
		t.Error("it is gone")
	}
}

// TestPasskeysChangeOnlyAfterSigningInLately: as the other secrets do; a passkey shows it too.
func TestPasskeysChangeOnlyAfterSigningInLately(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	b := w.as("admin@ridge.example")
	v := b.add(t, "Phone")
	remove := b.get("/admin/account").Find("[aria-labelledby=passkeys] a.button-danger").AttrOr("href", "")
	w.clock.forward(16 * time.Minute)
	for what, got := range map[string]answer{
		"page": b.get("/admin/account/passkeys/new"), "options": b.post("/admin/account/passkeys/options"),
		"add": b.post("/admin/account/passkeys", "name", "x", "answer", "{}"), "ask": b.get(remove), "remove": b.post(remove),
	} {
		if !strings.HasPrefix(got.location, "/admin/account/again?") {
			t.Errorf("%s: %d %s", what, got.code, got.location)
		}
	}
	if b.get("/admin/account/again").count("form[data-passkey]") != 1 {
		t.Error("a passkey is not asked for")
	}
	if got := b.post("/admin/account/again", "answer", b.sign(t, v), "next", remove); got.location != remove || b.get(remove).code != http.StatusOK {
		t.Errorf("a passkey shows that it is they: %d %s", got.code, got.location)
	}
	other := w.as("member@ridge.example").add(t, "Other")
	w.clock.forward(16 * time.Minute)
	if got := b.post("/admin/account/again", "answer", b.sign(t, other), "next", remove); got.code != http.StatusUnprocessableEntity {
		t.Errorf("somebody else's passkey: %d %s", got.code, got.location)
	}
}

// TestAPasskeyIsTheNeededFactor: it opens everything by itself, and the password alone opens nothing any more.
func TestAPasskeyIsTheNeededFactor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	w.auth.FactorOfEngineers = true
	b := w.as("engineer@hs.example")
	if got := b.get("/admin/engineers"); got.location != "/admin/account" {
		t.Fatalf("without a second factor: %d %s", got.code, got.location)
	}
	v := b.add(t, "Key")
	if got := b.get("/admin/account"); got.location != "/login?next=%2Fadmin%2Faccount&passkey=" {
		t.Errorf("the password alone, with a passkey: %d %s", got.code, got.location)
	}
	if got := b.post("/admin/account/factor"); !strings.HasPrefix(got.location, "/login") {
		t.Errorf("the password alone sets up another factor: %d %s", got.code, got.location)
	}
	b.get("/login?passkey=").has(t, ".notice", "sign in with it")
	if got := b.post("/login/passkey/answer", "answer", b.sign(t, v)); got.location != "/admin" || b.get("/admin/engineers").code != http.StatusOK {
		t.Fatalf("by the passkey: %d %s", got.code, got.location)
	}
	page := b.get("/admin/account")
	page.has(t, "[aria-labelledby=factor] .pill", "Passkey")
	if got := b.post(page.Find("[aria-labelledby=passkeys] a.button-danger").AttrOr("href", "")); got.location != "/admin/account" || b.get("/admin/account").count("[aria-labelledby=passkeys] tbody tr") != 1 {
		t.Errorf("the only factor is removed: %d", got.code)
	}
	b.post("/login", "email", "engineer@hs.example", "password", password) // over the strong session
	if got := b.get("/admin/engineers"); !strings.HasPrefix(got.location, "/login") {
		t.Errorf("a session begun anew by password keeps the passkey's rights: %d %s", got.code, got.location)
	}
}

// TestACopiedPasskeyIsSeen: refused, in the audit, and marked on the page of the account.
func TestACopiedPasskeyIsSeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	b := w.as("admin@ridge.example")
	v := b.add(t, "Phone")
	copied := *v
	in := w.browser()
	in.post("/login/passkey/answer", "answer", in.sign(t, v))
	thief := w.browser()
	if got := thief.post("/login/passkey/answer", "answer", thief.sign(t, &copied)); got.code != http.StatusUnprocessableEntity || !strings.Contains(got.text(".notice"), "copied") {
		t.Errorf("%d %s", got.code, got.text(".notice"))
	}
	page := b.get("/admin/account")
	page.sound(t, "an account with a copied passkey")
	page.has(t, "[aria-labelledby=passkeys] .pill", "Copied")
	if all := strings.Join(w.events(w.ridge.ID), "\n"); !strings.Contains(all, "Passkey refused") {
		t.Error("not in the audit")
	}
}

// TestWithoutPasskeys: where none are offered nothing speaks of them.
func TestWithoutPasskeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	var err error
	if w.auth, err = auth.New(w.store, w.clock.Now); err != nil {
		t.Fatal(err)
	}
	w.serve()
	b := w.as("admin@ridge.example")
	if b.get("/admin/account").count("[aria-labelledby=passkeys]") != 0 || w.browser().get("/login").count("[data-passkey]") != 0 {
		t.Error("a page speaks of passkeys")
	}
	for _, got := range []answer{b.get("/admin/account/passkeys/new"), b.post("/admin/account/passkeys/options"), b.post("/admin/account/passkeys", "name", "x"), b.post("/login/passkey"), w.browser().post("/login/passkey/answer", "answer", "{}")} {
		if got.code != http.StatusNotFound {
			t.Errorf("%d", got.code)
		}
	}
}

// TestAnAdministratorResetsPasskeys of a teammate who has lost the device.
func TestAnAdministratorResetsPasskeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	mate := w.as("member@ridge.example")
	v := mate.add(t, "Lost phone")
	w.factor(w.userOf("member@ridge.example").ID)
	if got := mate.post("/login/passkey/answer", "answer", mate.sign(t, v)); got.location != "/admin" || mate.get("/admin/account").code != http.StatusOK {
		t.Errorf("a passkey beside an app: %d %s", got.code, got.location)
	}
	b := w.as("admin@ridge.example")
	path := b.get("/admin/orgs/ridge/team").Find("form[action$=reset-factor]").AttrOr("action", "")
	if got := b.post(path); got.code != http.StatusSeeOther {
		t.Fatalf("%q: %d", path, got.code)
	}
	list, err := w.auth.Passkeys(t.Context(), w.userOf("member@ridge.example").ID)
	if err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
}
