package limit_test

import (
	"fmt"
	"testing"
	"time"

	"heavyset.tech/platform/internal/web/limit"
)

func TestTake(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	l := limit.New(60, 5, func() time.Time { return now })
	for i := range 5 {
		if ok, _ := l.Take("192.0.2.1:1234"); !ok {
			t.Fatalf("call %d was refused", i)
		}
	}
	ok, wait := l.Take("192.0.2.1:9999")
	if ok || wait <= 0 || wait > time.Second {
		t.Errorf("another port is the same address: %v, wait %v", ok, wait)
	}
	if ok, _ := l.Take("192.0.2.2:1"); !ok {
		t.Error("another address has its own bucket")
	}
	now = now.Add(wait)
	if ok, _ := l.Take("192.0.2.1:1"); !ok {
		t.Error("after the wait it said, a call must pass: a refused call takes nothing")
	}
}

func TestKey(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"192.0.2.1:80": "192.0.2.1", "192.0.2.1": "192.0.2.1", "[2001:db8:1:2:3::4]:443": "2001:db8:1:2::/64", "2001:db8:1:2:ffff::1": "2001:db8:1:2::/64",
		"[::ffff:192.0.2.1]:1": "192.0.2.1", "fe80::1%eth0": "fe80::/64", "rubbish": "rubbish",
	} {
		if got := limit.Key(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	l := limit.New(1, 1, func() time.Time { return time.Unix(0, 0) })
	l.Take("first")
	for i := range 60_000 {
		l.Take(fmt.Sprint(i))
	}
	if ok, _ := l.Take("first"); !ok {
		t.Error("the address seen longest ago should have been forgotten")
	}
}
