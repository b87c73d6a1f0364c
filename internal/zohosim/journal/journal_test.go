package journal_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"heavyset.tech/platform/internal/zohosim/journal"
	"pgregory.net/rapid"
)

// open replays a folder into lines of "kind:data".
func open(t testing.TB, dir string) (*journal.Log, []string) {
	t.Helper()
	var lines []string
	l, err := journal.Open(dir, func(kind byte, data []byte) error {
		lines = append(lines, fmt.Sprintf("%d:%s", kind, data))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return l, lines
}

func add(t testing.TB, l *journal.Log, lines ...string) {
	t.Helper()
	var b journal.Batch
	for _, s := range lines {
		b = b.Add(1, []byte(s))
	}
	if err := l.Append(b); err != nil {
		t.Fatal(err)
	}
}

// copyOf is the folder as a process that died just now would leave it.
func copyOf(t testing.TB, dir string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(filepath.Join(to, "copy"), os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(to, "copy")
}

func expect(t testing.TB, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("replayed %q, want %q", got, want)
	}
}

func TestFramesComeBackInOrderWithoutClose(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l, lines := open(t, dir)
	expect(t, lines)
	add(t, l, "a", "b")
	add(t, l, "c")
	_, lines = open(t, copyOf(t, dir))
	expect(t, lines, "1:a", "1:b", "1:c")
}

func TestTornLastFrameIsDroppedAndTheLogGoesOn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l, _ := open(t, dir)
	add(t, l, "first", "second")
	whole, err := os.ReadFile(filepath.Join(dir, "00000000.log"))
	if err != nil {
		t.Fatal(err)
	}
	for cut := 1; cut < 15; cut++ {
		torn := copyOf(t, dir)
		if err := os.WriteFile(filepath.Join(torn, "00000000.log"), whole[:len(whole)-cut], 0o600); err != nil {
			t.Fatal(err)
		}
		l, lines := open(t, torn)
		expect(t, lines, "1:first")
		add(t, l, "third")
		_, lines = open(t, copyOf(t, torn))
		expect(t, lines, "1:first", "1:third")
	}
}

func TestDamageBeforeTheEndIsAnError(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l, _ := open(t, dir)
	add(t, l, "first", "second")
	path := filepath.Join(dir, "00000000.log")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damaged := bytes.Replace(whole, []byte("first"), []byte("fi?st"), 1)
	other := copyOf(t, dir)
	if err := os.WriteFile(filepath.Join(other, "00000000.log"), damaged, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := journal.Open(other, func(byte, []byte) error { return nil }); err == nil {
		t.Fatal("a damaged frame with another behind it was accepted")
	}
}

func TestSnapshotReplacesWhatWasBeforeIt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l, _ := open(t, dir)
	add(t, l, "a", "b")
	s, err := l.Rotate()
	if err != nil {
		t.Fatal(err)
	}
	add(t, l, "after")
	_, lines := open(t, copyOf(t, dir))
	expect(t, lines, "1:a", "1:b", "1:after")

	if err := s.Add(journal.Batch(nil).Add(2, []byte("state"))); err != nil {
		t.Fatal(err)
	}
	_, lines = open(t, copyOf(t, dir))
	expect(t, lines, "1:a", "1:b", "1:after")

	if err := s.Commit(); err != nil {
		t.Fatal(err)
	}
	add(t, l, "later")
	_, lines = open(t, copyOf(t, dir))
	expect(t, lines, "2:state", "1:after", "1:later")
	if old, _ := filepath.Glob(filepath.Join(dir, "00000000.*")); len(old) > 0 {
		t.Fatalf("replaced files remain: %q", old)
	}
	if snapshot, logs := l.Weight(); snapshot == 0 || logs == 0 {
		t.Fatalf("weight %d, %d", snapshot, logs)
	}
}

func TestAbortedSnapshotLosesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l, _ := open(t, dir)
	add(t, l, "a")
	s, err := l.Rotate()
	if err != nil {
		t.Fatal(err)
	}
	add(t, l, "b")
	if err := s.Abort(); err != nil {
		t.Fatal(err)
	}
	_, lines := open(t, copyOf(t, dir))
	expect(t, lines, "1:a", "1:b")
}

func TestAnErrorOfApplyStopsTheOpening(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l, _ := open(t, dir)
	add(t, l, "a")
	want := errors.New("no")
	if _, err := journal.Open(copyOf(t, dir), func(byte, []byte) error { return want }); !errors.Is(err, want) {
		t.Fatalf("got %v", err)
	}
}

func TestAppendAfterCloseIsRefused(t *testing.T) {
	t.Parallel()
	l, _ := open(t, t.TempDir())
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := l.Append(journal.Batch(nil).Add(1, nil)); err == nil {
		t.Fatal("a closed log took a batch")
	}
}

// TestMain lets the test below run this binary as the second process.
func TestMain(m *testing.M) {
	if dir := os.Getenv("JOURNAL_TEST_OPEN"); dir != "" {
		_, err := journal.Open(dir, func(byte, []byte) error { return nil })
		if errors.Is(err, journal.ErrInUse) {
			os.Exit(7)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestASecondProcessIsRefusedUntilTheFirstLetsGo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l, _ := open(t, dir)
	second := func() int {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "JOURNAL_TEST_OPEN="+dir)
		_ = cmd.Run()
		return cmd.ProcessState.ExitCode()
	}
	if got := second(); got != 7 {
		t.Fatalf("second process ended with %d, want 7 (in use)", got)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if got := second(); got != 0 {
		t.Fatalf("second process ended with %d after the first closed", got)
	}
}

func TestAnyCutOfTheFileYieldsAPrefix(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		want := rapid.SliceOfN(rapid.StringN(0, 30, 60), 1, 8).Draw(rt, "frames")
		dir := t.TempDir()
		l, _ := open(t, dir)
		for _, s := range want {
			add(t, l, s)
		}
		path := filepath.Join(dir, "00000000.log")
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		cut := rapid.Int64Range(0, info.Size()).Draw(rt, "cut")
		if err := errors.Join(l.Close(), os.Truncate(path, cut)); err != nil {
			t.Fatal(err)
		}
		l, got := open(t, dir)
		defer l.Close()
		if len(got) > len(want) || (cut == info.Size()) != (len(got) == len(want)) {
			rt.Fatalf("%d frames of %d after a cut at %d of %d", len(got), len(want), cut, info.Size())
		}
		for i := range got {
			if got[i] != "1:"+want[i] {
				rt.Fatalf("frame %d is %q, want %q", i, got[i], want[i])
			}
		}
	})
}
