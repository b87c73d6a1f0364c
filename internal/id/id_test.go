package id_test

import (
	"regexp"
	"sort"
	"testing"
	"time"

	"heavyset.tech/platform/internal/id"
)

func TestNew(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	var made []string
	for i := range 1000 {
		made = append(made, id.New("apt", start.Add(time.Duration(i)*time.Millisecond)))
	}
	if !sort.StringsAreSorted(made) {
		t.Error("identifiers of later milliseconds must sort later")
	}
	shape := regexp.MustCompile(`^apt_[0-9a-v]{26}$`)
	seen := map[string]bool{}
	for range 1000 {
		s := id.New("apt", start)
		if !shape.MatchString(s) {
			t.Fatalf("%q has not the promised shape", s)
		}
		if seen[s] {
			t.Fatalf("%q was made twice in one millisecond", s)
		}
		seen[s] = true
	}
}

// TestMade: an identifier says when it was made, and what is none says nothing.
func TestMade(t *testing.T) {
	t.Parallel()
	made := time.Date(2026, 11, 23, 9, 0, 0, 123e6, time.UTC)
	if at, ok := id.Made(id.New("hld", made.Add(456*time.Microsecond))); !ok || !at.Equal(made) {
		t.Errorf("made %v, %v", at, ok)
	}
	for _, s := range []string{"", "hld", "hld_", "hld_1", "hld_" + id.Token(), made.String()} {
		if at, ok := id.Made(s); ok {
			t.Errorf("%q was made %v", s, at)
		}
	}
}

func TestToken(t *testing.T) {
	t.Parallel()
	a, b := id.Token(), id.Token()
	if a == b || len(a) != 43 {
		t.Errorf("tokens %q and %q: want 43 characters and two different ones", a, b)
	}
	again := id.Hash(a)
	if id.Hash(a) == id.Hash(b) || id.Hash(a) != again || len(again) != 64 {
		t.Error("Hash must be a function of the token, 64 hex digits")
	}
}
