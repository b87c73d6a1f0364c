package auth_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/auth/authtest"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/secret"
)

const here = "session-1" // the secret of the browser session

// withPasskey gives jo a passkey on a device.
func (d *desk) withPasskey(t *testing.T) (auth.User, *authtest.Device) {
	t.Helper()
	if err := d.OfferPasskeys("https://hs.example"); err != nil || !d.PasskeysOffered() {
		t.Fatal(err)
	}
	u, err := d.Store.UserByEmail(t.Context(), "jo@x.example")
	if err != nil {
		t.Fatal(err)
	}
	v := &authtest.Device{Origin: "https://hs.example", Site: "hs.example", Count: 1}
	if err := d.AddPasskey(t.Context(), u, " Phone ", d.made(t, u, v), here, audit.By{Who: "Jo"}); err != nil {
		t.Fatal(err)
	}
	return u, v
}

// made is what a device answers when it is asked for a new passkey of somebody.
func (d *desk) made(t *testing.T, u auth.User, v *authtest.Device) []byte {
	t.Helper()
	options, err := d.BeginPasskey(t.Context(), u, here)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := v.Make(options)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// signed is what a device answers when it is asked for a sign-in.
func (d *desk) signed(t *testing.T, v *authtest.Device) []byte {
	t.Helper()
	options, err := d.AskPasskey(t.Context(), here, "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	answer, err := v.Sign(options)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestAPasskeySignsIn(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	u, v := d.withPasskey(t)
	for range 2 {
		d.wait(time.Hour)
		got, err := d.SignInPasskey(t.Context(), d.signed(t, v), here, "192.0.2.1")
		if err != nil || got.ID != u.ID {
			t.Fatal(got, err)
		}
	}
	list, err := d.Passkeys(t.Context(), u.ID)
	if err != nil || len(list) != 1 || list[0].Name != "Phone" || list[0].Count != 3 || !list[0].Used.Equal(d.clock()) {
		t.Errorf("%+v, %v", list, err)
	}
	synced := &authtest.Device{Origin: "https://hs.example", Site: "hs.example"} // has no counter
	if err := d.AddPasskey(t.Context(), u, "Cloud", d.made(t, u, synced), here, audit.By{}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := d.SignInPasskey(t.Context(), d.signed(t, synced), here, "192.0.2.1"); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.ProvePasskey(t.Context(), u, d.signed(t, synced), here, "192.0.2.1"); err != nil {
		t.Error(err)
	}
	if err := d.ProvePasskey(t.Context(), auth.User{ID: "usr_other"}, d.signed(t, synced), here, "192.0.2.1"); !fault.Is(err, fault.Denied) {
		t.Errorf("somebody else's passkey proves who one is: %v", err)
	}
}

// TestPasskeyLies: an answer counts once, in time, in the session that asked, from this site, of a person who was asked.
func TestPasskeyLies(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	u, honest := d.withPasskey(t)
	refused := func(what string, answer []byte, session string) {
		t.Helper()
		if got, err := d.SignInPasskey(t.Context(), answer, session, "192.0.2.1"); !fault.Is(err, fault.Denied) || got.ID != "" {
			t.Errorf("%s: %v, %v", what, got.ID, err)
		}
	}
	used := d.signed(t, honest)
	if _, err := d.SignInPasskey(t.Context(), used, here, "192.0.2.1"); err != nil {
		t.Fatal(err)
	}
	refused("the same answer twice", used, here)
	refused("in another session", d.signed(t, honest), "session-2")
	late := d.signed(t, honest)
	d.wait(5*time.Minute + time.Second)
	refused("too late", late, here)
	for what, lie := range map[string]func(*authtest.Device){
		"of another page":             func(v *authtest.Device) { v.Origin = "https://hs.example.evil.example" },
		"of the same name by http":    func(v *authtest.Device) { v.Origin = "http://hs.example" },
		"for another site":            func(v *authtest.Device) { v.Site = "evil.example" },
		"a challenge of its own":      func(v *authtest.Device) { v.Challenge = strings.Repeat("A", 43) },
		"without finger, face or PIN": func(v *authtest.Device) { v.Unproved = true },
		"another person's name":       func(v *authtest.Device) { v.Handle = []byte("usr_other") },
		"nobody's name":               func(v *authtest.Device) { v.Handle = nil },
		"a name that is no text":      func(v *authtest.Device) { v.Handle = bytes.Repeat([]byte{0xff}, 64) },
	} {
		v := *honest
		lie(&v)
		refused(what, d.signed(t, &v), here)
		if honest.Count <= v.Count {
			honest.Count = v.Count
		}
		d.wait(time.Minute)
	}
	registering, err := d.BeginPasskey(t.Context(), u, here)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := honest.Sign(registering)
	if err != nil {
		t.Fatal(err)
	}
	refused("a challenge that was made to add one", answer, here)
	forged := bytes.Replace(d.signed(t, honest), []byte(`"signature":"`), []byte(`"signature":"AAAA`), 1)
	refused("a signature that is none", forged, here)
	refused("nonsense", []byte(`{"id":"x"`), here)
	refused("too much", bytes.Repeat([]byte(" "), 40<<10), here)
	d.wait(time.Hour)
	if _, err := d.SignInPasskey(t.Context(), d.signed(t, honest), here, "192.0.2.1"); err != nil {
		t.Errorf("the honest device is barred: %v", err)
	}
	if err := d.Disable(t.Context(), u.Email, true); err != nil {
		t.Fatal(err)
	}
	refused("of a disabled account", d.signed(t, honest), here)
}

// TestPasskeysAreMadeForWhoAsked: what a device has made is taken once, of the person and session that asked.
func TestPasskeysAreMadeForWhoAsked(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	u, v := d.withPasskey(t)
	add := func(u auth.User, name string, answer []byte, session string) error {
		return d.AddPasskey(t.Context(), u, name, answer, session, audit.By{})
	}
	fresh := func(lie func(*authtest.Device)) []byte {
		n := &authtest.Device{Origin: v.Origin, Site: v.Site}
		if lie != nil {
			lie(n)
		}
		return d.made(t, u, n)
	}
	for what, err := range map[string]error{
		"in another session":          add(u, "x", fresh(nil), "session-2"),
		"by somebody else":            add(auth.User{ID: "usr_other"}, "x", fresh(nil), here),
		"of another page":             add(u, "x", fresh(func(v *authtest.Device) { v.Origin = "https://evil.example" }), here),
		"for another site":            add(u, "x", fresh(func(v *authtest.Device) { v.Site = "evil.example" }), here),
		"without finger, face or PIN": add(u, "x", fresh(func(v *authtest.Device) { v.Unproved = true }), here),
		"a challenge of its own":      add(u, "x", fresh(func(v *authtest.Device) { v.Challenge = strings.Repeat("B", 43) }), here),
		"nonsense":                    add(u, "x", []byte("{}"), here),
	} {
		if !fault.Is(err, fault.Denied) {
			t.Errorf("%s: %v", what, err)
		}
	}
	late := fresh(nil)
	d.wait(6 * time.Minute)
	if err := add(u, "x", late, here); !fault.Is(err, fault.Denied) {
		t.Errorf("too late: %v", err)
	}
	for _, name := range []string{"", "  ", strings.Repeat("x", 61), "a\x00b", "\xff"} {
		if err := add(u, name, fresh(nil), here); !fault.Is(err, fault.Invalid) {
			t.Errorf("the name %q: %v", name, err)
		}
	}
	twice := fresh(nil)
	if err := add(u, "Laptop", twice, here); err != nil {
		t.Fatal(err)
	}
	if err := add(u, "Laptop", twice, here); !fault.Is(err, fault.Denied) {
		t.Errorf("the same answer twice: %v", err)
	}
	list, err := d.Passkeys(t.Context(), u.ID)
	if err != nil || len(list) != 2 {
		t.Errorf("%d passkeys, %v", len(list), err)
	}
}

// TestACopiedPasskeyIsBarred: a counter that does not rise shows two devices with one key.
func TestACopiedPasskeyIsBarred(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	u, v := d.withPasskey(t)
	copied := *v
	for range 2 {
		if _, err := d.SignInPasskey(t.Context(), d.signed(t, v), here, "192.0.2.1"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.SignInPasskey(t.Context(), d.signed(t, &copied), here, "198.51.100.9"); !fault.Is(err, fault.Denied) || !strings.Contains(err.Error(), "copied") {
		t.Errorf("the copy: %v", err)
	}
	if _, err := d.SignInPasskey(t.Context(), d.signed(t, v), here, "192.0.2.1"); !fault.Is(err, fault.Denied) {
		t.Errorf("the other one afterwards: %v", err)
	}
	list, err := d.Passkeys(t.Context(), u.ID)
	if err != nil || list[0].Cloned.IsZero() {
		t.Errorf("%+v, %v", list, err)
	}
	if f, err := d.Factor(t.Context(), u.ID); err != nil || f.Passkeys != 0 {
		t.Errorf("it still counts: %+v, %v", f, err)
	}
}

func TestPasskeyAttemptsAreThrottled(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, v := d.withPasskey(t)
	limited := 0
	for range 39 {
		if _, err := d.SignInPasskey(t.Context(), []byte("{}"), here, "192.0.2.1"); fault.Is(err, fault.Limited) {
			limited++
		}
	}
	if limited == 0 {
		t.Error("39 failures of one address were not bounded")
	}
	answer := d.signed(t, v)
	if _, err := d.SignInPasskey(t.Context(), answer, here, "192.0.2.1"); !fault.Is(err, fault.Limited) {
		t.Errorf("meanwhile the right passkey too must wait: %v", err)
	}
	if _, err := d.SignInPasskey(t.Context(), answer, here, "192.0.2.7"); err != nil {
		t.Errorf("from another address: %v", err)
	}
	var err error
	for range 120 {
		if _, err = d.AskPasskey(t.Context(), here, "192.0.2.8"); err != nil {
			break
		}
	}
	if !fault.Is(err, fault.Limited) {
		t.Errorf("challenges without end: %v", err)
	}
}

// TestAPasskeyIsASecondFactor: it is enough for whoever needs one, the password beside it is not, and the only one stays.
func TestAPasskeyIsASecondFactor(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.FactorOfEngineers = true
	u, v := d.withPasskey(t)
	c := auth.Caller{User: u.ID, Engineer: true}
	for strong, want := range map[bool]auth.Standing{true: auth.Whole, false: auth.Owing} {
		if got, err := d.Standing(t.Context(), c, strong); got != want || err != nil {
			t.Errorf("strong %v: %v, %v", strong, got, err)
		}
	}
	list, err := d.Passkeys(t.Context(), u.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.RemovePasskey(t.Context(), c, u, list[0].ID, "", audit.By{}); !fault.Is(err, fault.Conflict) {
		t.Errorf("the only second factor: %v", err)
	}
	if err := d.RemovePasskey(t.Context(), c, auth.User{ID: "usr_other"}, list[0].ID, "", audit.By{}); !fault.Is(err, fault.NotFound) {
		t.Errorf("somebody else's: %v", err)
	}
	if err := d.ResetFactorOf(t.Context(), u.Email); err != nil {
		t.Fatal(err)
	}
	if got, err := d.Standing(t.Context(), c, false); got != auth.Lacking || err != nil {
		t.Errorf("after the reset: %v, %v", got, err)
	}
	if _, err := d.SignInPasskey(t.Context(), d.signed(t, v), here, "192.0.2.1"); !fault.Is(err, fault.Denied) {
		t.Errorf("a passkey that was reset: %v", err)
	}
	if _, err := d.SignIn(t.Context(), u.Email, secret.NewString("correct horse"), "192.0.2.2"); err != nil {
		t.Error(err)
	}
}

// TestPasskeysAreOfferedAtANameAlone: browsers refuse them at an address, and by http outside this machine.
func TestPasskeysAreOfferedAtANameAlone(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]bool{
		"https://hs.example": true, "https://hs.example:8443": true, "http://localhost:8080": true,
		"http://hs.example": false, "https://192.0.2.1": false, "http://127.0.0.1:8080": false, "https://[2001:db8::1]": false, "": false,
	} {
		var s auth.Service
		if err := s.OfferPasskeys(base); err != nil || s.PasskeysOffered() != want {
			t.Errorf("%s: %v, %v", base, s.PasskeysOffered(), err)
		}
	}
}
