package auth_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
)

// code gives what an app shows for a secret after a while.
func (d *desk) code(t *testing.T, key secret.String, after time.Duration) string {
	t.Helper()
	c, err := totp.GenerateCode(key.Reveal(), d.clock().Add(after))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// withFactor turns jo's second factor on and gives jo, the secret and the recovery codes.
func (d *desk) withFactor(t *testing.T) (auth.User, secret.String, []secret.String) {
	t.Helper()
	u, err := d.Store.UserByEmail(t.Context(), "jo@x.example")
	if err != nil {
		t.Fatal(err)
	}
	if err := d.BeginFactor(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	shown, err := d.PendingFactor(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	codes, err := d.ConfirmFactor(t.Context(), u, d.code(t, shown.Secret, 0), "", audit.By{Who: "Jo"})
	if err != nil {
		t.Fatal(err)
	}
	d.wait(time.Minute)
	return u, shown.Secret, codes
}

// TestCodesOfRFC6238 holds the codes against the RFC's own table (appendix B, SHA-1, the last six digits).
func TestCodesOfRFC6238(t *testing.T) {
	t.Parallel()
	const key = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" // 12345678901234567890
	for at, want := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"} {
		if step, ok := auth.Matching(secret.NewString(key), want, time.Unix(at, 0)); !ok || step != at/30 {
			t.Errorf("%s at %d: step %d, %v", want, at, step, ok)
		}
	}
}

func TestFactorIsTurnedOnByACodeAlone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	u, err := d.Store.UserByEmail(t.Context(), "jo@x.example")
	if err != nil {
		t.Fatal(err)
	}
	if err := d.BeginFactor(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	shown, err := d.PendingFactor(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	if v := shown.URL.Reveal(); !strings.HasPrefix(v, "otpauth://totp/HeavySet:jo@x.example?") || !strings.Contains(v, "secret="+shown.Secret.Reveal()) {
		t.Errorf("the app cannot read %s", v)
	}
	for _, code := range []string{"", "000000", d.code(t, shown.Secret, 10*time.Minute)} {
		if _, err := d.ConfirmFactor(t.Context(), u, code, "", audit.By{}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", code, err)
		}
	}
	if f, err := d.Factor(t.Context(), u.ID); err != nil || f.On() {
		t.Errorf("on without a code: %v", err)
	}
	if err := d.CheckCode(t.Context(), u, d.code(t, shown.Secret, 0), "192.0.2.1"); !fault.Is(err, fault.Denied) {
		t.Errorf("a code of a secret that is not confirmed: %v", err)
	}
}

func TestEachCodeIsGoodOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	u, key, recovery := d.withFactor(t)
	now, before := d.code(t, key, 0), d.code(t, key, -30*time.Second)
	for _, try := range []struct {
		code string
		ok   bool
		why  string
	}{
		{d.code(t, key, 90*time.Second), false, "a code of the future"},
		{now[:3] + " " + now[3:], true, "the code of now"},
		{now, false, "the same code again"},
		{before, false, "a code before one that was taken"},
		{recovery[0].Reveal(), true, "a recovery code"},
		{recovery[0].Reveal(), false, "the same recovery code again"},
		{strings.ToLower(strings.ReplaceAll(recovery[1].Reveal(), "-", " ")), true, "a recovery code as people type it"},
	} {
		err := d.CheckCode(t.Context(), u, try.code, "192.0.2.1")
		if try.ok != (err == nil) || !try.ok && !fault.Is(err, fault.Denied) {
			t.Errorf("%s: %v", try.why, err)
		}
	}
	f, err := d.Factor(t.Context(), u.ID)
	if err != nil || f.Codes != 8 {
		t.Errorf("%d recovery codes are left, %v", f.Codes, err)
	}
	d.wait(time.Hour)
	code, won := d.code(t, key, 0), atomic.Int32{}
	var g sync.WaitGroup
	for range 4 {
		g.Go(func() {
			if d.CheckCode(t.Context(), u, code, "192.0.2.1") == nil {
				won.Add(1)
			}
		})
	}
	if g.Wait(); won.Load() != 1 {
		t.Errorf("one code was taken %d times", won.Load())
	}
}

func TestGuessingCodesIsThrottled(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	u, key, _ := d.withFactor(t)
	limited := 0
	for i := range 10 { // from ever other addresses
		if fault.Is(d.CheckCode(t.Context(), u, fmt.Sprintf("%06d", i), fmt.Sprintf("192.0.2.%d", i)), fault.Limited) {
			limited++
		}
	}
	if limited < 4 {
		t.Errorf("of 10 wrong codes %d were bounded", limited)
	}
	if err := d.CheckCode(t.Context(), u, d.code(t, key, 0), "198.51.100.1"); !fault.Is(err, fault.Limited) {
		t.Errorf("while it is bounded the right code too must wait: %v", err)
	}
	d.wait(16 * time.Minute)
	if err := d.CheckCode(t.Context(), u, d.code(t, key, 0), "198.51.100.1"); err != nil {
		t.Errorf("after the wait: %v", err)
	}
}

func TestProvingAgainNeedsOneOfTheTwo(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	u, key, _ := d.withFactor(t)
	for _, try := range []struct {
		password, code string
		ok             bool
	}{
		{"", "", false},
		{"wrong", "", false},
		{"correct horse", "000000", false}, // whoever sends a code is judged by it
		{"correct horse", "", true},
		{"", d.code(t, key, 0), true},
	} {
		if err := d.Prove(t.Context(), u, secret.NewString(try.password), try.code, "192.0.2.1"); try.ok != (err == nil) {
			t.Errorf("%q %q: %v", try.password, try.code, err)
		}
	}
}

func TestWhoNeedsAFactor(t *testing.T) {
	t.Parallel()
	admin, member := auth.Membership{Org: "a", Role: auth.Admin, Factor: true}, auth.Membership{Org: "a", Role: auth.Member, Factor: true}
	free := auth.Membership{Org: "b", Role: auth.Admin}
	for _, v := range []struct {
		caller  auth.Caller
		setting bool
		want    bool
	}{
		{auth.Caller{Engineer: true}, true, true},
		{auth.Caller{Engineer: true}, false, false},
		{auth.Caller{Memberships: []auth.Membership{free, admin}}, false, true},
		{auth.Caller{Memberships: []auth.Membership{free, member}}, true, false},
	} {
		s := auth.Service{FactorOfEngineers: v.setting}
		if got := s.NeedsFactor(v.caller); got != v.want {
			t.Errorf("%+v with %v: %v", v.caller, v.setting, got)
		}
	}
}

// TestResetOfAFactorStaysInTheOrganization: an administrator must not weaken an account that reaches further.
func TestResetOfAFactorStaysInTheOrganization(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	engineer, _, _ := d.withFactor(t)
	m := func(o string) auth.Membership { return auth.Membership{Org: org.ID("org_" + o), Role: auth.Member} }
	ctx := t.Context()
	person := func(email string, in ...string) auth.User {
		t.Helper()
		u := auth.User{ID: auth.UserID("usr_" + email), Email: email, Name: email, Created: d.clock()}
		var list []auth.Membership
		for _, o := range in {
			list = append(list, m(o))
		}
		if err := d.Store.CreateUser(ctx, u, list); err != nil {
			t.Fatal(err)
		}
		if err := d.BeginFactor(ctx, u); err != nil {
			t.Fatal(err)
		}
		shown, err := d.PendingFactor(ctx, u)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.ConfirmFactor(ctx, u, d.code(t, shown.Secret, 0), "", audit.By{}); err != nil {
			t.Fatal(err)
		}
		return u
	}
	one, both := person("one@x.example", "a"), person("both@x.example", "a", "b")
	boss := auth.Caller{User: "usr_boss", Memberships: []auth.Membership{{Org: m("a").Org, Role: auth.Admin}}}
	if err := d.ResetFactor(ctx, m("a").Org, both.ID, boss, audit.By{}); !fault.Is(err, fault.Conflict) {
		t.Errorf("of somebody of two organizations: %v", err)
	}
	if err := d.ResetFactor(ctx, m("b").Org, one.ID, boss, audit.By{}); !fault.Is(err, fault.NotFound) {
		t.Errorf("of somebody of another organization: %v", err)
	}
	if err := d.ResetFactor(ctx, m("a").Org, one.ID, auth.Caller{User: one.ID}, audit.By{}); !fault.Is(err, fault.Conflict) {
		t.Errorf("one's own: %v", err)
	}
	if err := d.ResetFactor(ctx, m("a").Org, one.ID, boss, audit.By{}); err != nil {
		t.Errorf("of one of one's own people: %v", err)
	}
	if err := d.ResetFactor(ctx, m("a").Org, both.ID, auth.Caller{User: "usr_e", Engineer: true}, audit.By{}); err != nil {
		t.Errorf("by an engineer: %v", err)
	}
	for _, u := range []auth.User{one, both} {
		if f, err := d.Factor(ctx, u.ID); err != nil || f.On() || f.Codes != 0 {
			t.Errorf("%s still has one: %v", u.Email, err)
		}
	}
	if err := d.ResetFactorOf(ctx, " JO@x.example"); err != nil {
		t.Error(err)
	}
	if f, err := d.Factor(ctx, engineer.ID); err != nil || f.On() {
		t.Errorf("the command did nothing: %v", err)
	}
	if err := d.ResetFactorOf(ctx, "jo@x.example"); !fault.Is(err, fault.Conflict) {
		t.Errorf("twice: %v", err)
	}
}
