package auth_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// desk is a service with one user, jo@x.example, whose password is "correct horse".
type desk struct {
	*auth.Service
	mu  sync.Mutex
	now time.Time
}

func (d *desk) clock() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now
}

func (d *desk) wait(by time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now = d.now.Add(by)
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{now: time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)}
	var err error
	if d.Service, err = auth.New(storetest.Open(t, storetest.URLs(t, "sqlite"), d.clock, nil), d.clock); err != nil {
		t.Fatal(err)
	}
	d.Cost.Memory, d.Cost.Iterations = 8, 1 // hundreds of sign-ins
	if _, _, err := d.CreateUser(t.Context(), auth.NewUser{Email: "Jo@X.example", Password: secret.NewString("correct horse"), Role: auth.Engineer}); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *desk) try(t *testing.T, email, password, address string) error {
	t.Helper()
	_, err := d.SignIn(t.Context(), email, secret.NewString(password), address)
	return err
}

func TestGuessingIsThrottled(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if err := d.try(t, " JO@x.example", "correct horse", "192.0.2.1"); err != nil {
		t.Fatalf("the right password: %v", err)
	}
	limited := 0
	for i := range 39 { // from ever other addresses: the account is what counts
		if fault.Is(d.try(t, "jo@x.example", "wrong", fmt.Sprintf("192.0.2.%d", i)), fault.Limited) {
			limited++
		}
	}
	if limited == 0 {
		t.Error("39 failures on one account were not bounded")
	}
	if err := d.try(t, "jo@x.example", "correct horse", "198.51.100.1"); !fault.Is(err, fault.Limited) || fault.As(err).RetryAfter <= 0 {
		t.Errorf("while it is bounded the right password too must wait: %v", err)
	}
	d.wait(16 * time.Minute)
	if err := d.try(t, "jo@x.example", "correct horse", "198.51.100.1"); err != nil {
		t.Errorf("after the wait: %v", err)
	}
	for i := range 39 { // one address over ever other accounts
		_ = d.try(t, fmt.Sprintf("user%d@x.example", i), "wrong", "203.0.113.1")
	}
	if err := d.try(t, "jo@x.example", "correct horse", "203.0.113.1"); !fault.Is(err, fault.Limited) {
		t.Errorf("an address that tried many accounts: %v", err)
	}
	if err := d.try(t, "jo@x.example", "correct horse", "198.51.100.1"); err != nil {
		t.Errorf("others are not held up by it: %v", err)
	}
}

func TestSuccessIsNoFailure(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for range 45 {
		if err := d.try(t, "jo@x.example", "correct horse", "192.0.2.1"); err != nil {
			t.Fatal(err)
		}
	}
}

// TestGuessesAtOnce: guesses that come at the same time are bounded like those one after the other.
func TestGuessesAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var wrong atomic.Int64
	var all sync.WaitGroup
	for range 60 {
		all.Go(func() {
			if _, err := d.SignIn(t.Context(), "jo@x.example", secret.NewString("wrong"), "192.0.2.1"); fault.Is(err, fault.Denied) {
				wrong.Add(1)
			}
		})
	}
	all.Wait()
	if n := wrong.Load(); n >= 40 {
		t.Errorf("%d passwords were compared before the first was held up", n)
	}
}

func TestUnknownAccountIsLikeAKnownOne(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	known, unknown := d.try(t, "jo@x.example", "wrong", "192.0.2.1"), d.try(t, "nobody@x.example", "wrong", "192.0.2.2")
	if !fault.Is(known, fault.Denied) || known.Error() != unknown.Error() {
		t.Errorf("told apart: %v, %v", known, unknown)
	}
	for i := range 39 {
		known = d.try(t, "jo@x.example", "wrong", fmt.Sprint("a", i))
		unknown = d.try(t, "nobody@x.example", "wrong", fmt.Sprint("b", i))
		if fault.KindOf(known) != fault.KindOf(unknown) {
			t.Fatalf("told apart by when they are held up: %v, %v", known, unknown)
		}
	}
	for _, hostile := range []string{"", "a\x00b@x.example", "\xff@x.example", strings.Repeat("x", 5000) + "@x.example"} {
		if err := d.try(t, hostile, "wrong", "192.0.2.9"); !fault.Is(err, fault.Denied) {
			t.Errorf("%.20q: %v", hostile, err)
		}
	}
	if err := d.try(t, "jo@x.example", strings.Repeat("x", 1<<20), "192.0.2.10"); !fault.Is(err, fault.Denied) && !fault.Is(err, fault.Limited) {
		t.Errorf("a password of a mebibyte: %v", err)
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	const o, other = org.ID("org_1"), org.ID("org_2")
	for name, c := range map[string]struct {
		org  org.ID
		role auth.Role
		ok   bool
	}{
		"member of one": {o, auth.Member, true}, "admin of one": {o, auth.Admin, true}, "engineer of all": {"", auth.Engineer, true},
		"engineer of one": {o, auth.Engineer, false}, "admin of all": {"", auth.Admin, false}, "unknown role": {o, "owner", false},
	} {
		k, err := d.CreateKey(t.Context(), c.org, auth.NewKey{Role: c.role})
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil {
			continue
		}
		caller, err := d.CallerByKey(t.Context(), k.Key.Reveal())
		if err != nil || caller.RoleIn(o) != c.role || (caller.RoleIn(other) != "") != caller.Engineer {
			t.Errorf("%s: %+v %v", name, caller, err)
		}
		if strings.Contains(fmt.Sprintf("%v %+v", k, caller), k.Key.Reveal()) {
			t.Errorf("%s: the key prints itself", name)
		}
	}
	for _, wrong := range []string{"", "hsk_wrong", strings.Repeat("x", 501)} {
		if _, err := d.CallerByKey(t.Context(), wrong); !fault.Is(err, fault.Denied) {
			t.Errorf("%.10q: %v", wrong, err)
		}
	}
}
