package auth_test

import (
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
)

// TestAKeyExpires: to the instant, also for whoever has just been let in with it.
func TestAKeyExpires(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	k, err := d.CreateKey(t.Context(), "org_1", auth.NewKey{Role: auth.Member, Name: "website", Days: 1})
	if err != nil {
		t.Fatal(err)
	}
	if want := d.now.AddDate(0, 0, 1); !k.Expires.Equal(want) {
		t.Fatalf("expires %v, want %v", k.Expires, want)
	}
	d.now = k.Expires.Add(-time.Millisecond)
	if _, err := d.CallerByKey(t.Context(), k.Key.Reveal()); err != nil {
		t.Errorf("before its end: %v", err)
	}
	d.now = k.Expires
	if _, err := d.CallerByKey(t.Context(), k.Key.Reveal()); !fault.Is(err, fault.Denied) || !strings.Contains(err.Error(), "expired") {
		t.Errorf("at its end: %v", err)
	}
	for _, days := range []int{-1, 3651} {
		if _, err := d.CreateKey(t.Context(), "org_1", auth.NewKey{Role: auth.Member, Days: days}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%d days: %v", days, err)
		}
	}
	for _, name := range []string{"a\nb", strings.Repeat("x", 101), "\xff"} {
		if _, err := d.CreateKey(t.Context(), "org_1", auth.NewKey{Role: auth.Member, Name: name}); !fault.Is(err, fault.Invalid) {
			t.Errorf("the name %.10q: %v", name, err)
		}
	}
}

// TestAKeyIsRevoked: at once, by its own organization alone, and the audit says so.
func TestAKeyIsRevoked(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	const o, other = org.ID("org_1"), org.ID("org_2")
	k, err := d.CreateKey(t.Context(), o, auth.NewKey{Role: auth.Admin, Name: "website"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.CallerByKey(t.Context(), k.Key.Reveal()); err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []org.ID{other, ""} {
		if err := d.RevokeKey(t.Context(), wrong, k.ID, audit.By{}); !fault.Is(err, fault.NotFound) {
			t.Errorf("by %q: %v", wrong, err)
		}
	}
	if _, err := d.CallerByKey(t.Context(), k.Key.Reveal()); err != nil {
		t.Errorf("another one's attempt: %v", err)
	}
	if err := d.RevokeKey(t.Context(), o, k.ID, audit.By{Who: "Rae"}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.CallerByKey(t.Context(), k.Key.Reveal()); !fault.Is(err, fault.Denied) {
		t.Errorf("revoked: %v", err)
	}
	if err := d.RevokeKey(t.Context(), o, k.ID, audit.By{}); !fault.Is(err, fault.NotFound) {
		t.Errorf("again: %v", err)
	}
}

// TestLastUseOfAKey is written down, at most once a minute.
func TestLastUseOfAKey(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	k, err := d.CreateKey(t.Context(), "org_1", auth.NewKey{Role: auth.Member})
	if err != nil {
		t.Fatal(err)
	}
	used := func() time.Time {
		t.Helper()
		got, err := d.KeyOf(t.Context(), "org_1", k.ID)
		if err != nil {
			t.Fatal(err)
		}
		return got.Used
	}
	if !used().IsZero() {
		t.Errorf("never used, and yet %v", used())
	}
	first := d.now
	for _, c := range []struct {
		after time.Duration
		want  time.Time
	}{{0, first}, {59 * time.Second, first}, {60 * time.Second, first.Add(60 * time.Second)}} {
		d.now = first.Add(c.after)
		if _, err := d.CallerByKey(t.Context(), k.Key.Reveal()); err != nil {
			t.Fatal(err)
		}
		if got := used(); !got.Equal(c.want) {
			t.Errorf("%v after the first use: %v, want %v", c.after, got, c.want)
		}
	}
}
