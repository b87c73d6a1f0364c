package store_test

import (
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/store/storetest"
)

// TestNoRoomForOneOfMany: SQLite rolls a whole transaction back when one of its statements finds no room; everybody who
// shared it hears that they can come again, and nothing of it is there.
func TestNoRoomForOneOfMany(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.SQLite(t, filepath.Join(t.TempDir(), "f.db")), clock, nil)
	if err := s.Driver().GetExecutor().Exec(t.Context(), "PRAGMA max_page_count = 1"); err != nil {
		t.Fatal(err)
	}
	const writers = 12
	kept := make([]error, writers)
	var wg sync.WaitGroup
	node := func(n int) string { return strings.Repeat(string(rune('a'+n)), 1+n%2*500_000) }
	for n := range writers {
		wg.Go(func() { kept[n] = s.Beat(t.Context(), node(n), monday) })
	}
	wg.Wait()
	there, err := s.OtherBeats(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	full := 0
	for n, err := range kept {
		if _, is := there[node(n)]; is != (err == nil) {
			t.Errorf("writer %d was told %v, but is what it wrote there: %v", n, err, is)
		}
		if err != nil && !fault.Is(err, fault.Unavailable) {
			t.Errorf("writer %d: %v", n, errors.Unwrap(err))
		}
		if err != nil {
			full++
		}
	}
	if full < writers/2 {
		t.Errorf("only %d found no room: this shows nothing", full)
	}
	t.Logf("%d found no room", full)
}
