// Package trial lives random lives of a part of the product beside a small model of it, for tests only.
//
// A life is one seed: its operations are drawn from the seed and their place in it, its clock is the life's own, and
// nothing runs beside it, so the same seed is the same life. Run spreads many operations over lives. A life that breaks a
// rule is lived again with fewer and fewer operations until none can be left out; what is left is said, with the command that
// lives it again. HEAVYSET_SEED=N lives that one life; HEAVYSET_SOAK makes the lives as many as the test says. The first life
// of each run is lived a second time in a process of its own: it must be the same.
//
// The package knows nothing of what is tried.
package trial

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Life is a world and its model.
type Life interface {
	// Do does one thing and says what; an error says which rule is broken.
	Do(r *rand.Rand) (string, error)
	// End brings the world to rest and holds it against the model.
	End() error
}

// Size says how many operations are done.
type Size struct {
	Life  int // in one life
	Check int // in all, in a check
	Soak  int // in all, under HEAVYSET_SOAK
	// Beside is how many lives are lived beside each other; 0: one.
	Beside int
}

// seedVariable names the setting that asks for one life.
const seedVariable = "HEAVYSET_SEED"

// retries bounds how often a failed life is lived again, to make it smaller.
const retries = 300

// Run lives lives until the operations are done. open makes, once for each that are lived beside each other, what their
// worlds may share, and gives the function that begins a life. The first life is lived twice and must be the same again.
func Run(t *testing.T, size Size, open func(t *testing.T) func(seed uint64) (Life, error)) {
	t.Helper()
	if s := os.Getenv(seedVariable); s != "" {
		seed, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatalf("%s: %v", seedVariable, err)
		}
		t.Log(lived(seed, live(t, size.Life, seed, open(t))))
		return
	}
	operations := size.Check
	if os.Getenv("HEAVYSET_SOAK") != "" {
		operations = size.Soak
	}
	beside := max(size.Beside, 1)
	lives := (operations + beside*size.Life - 1) / (beside * size.Life) // of each
	first := rand.Uint64() >> 1
	t.Logf("%d operations in %d lives from %s=%d on", beside*lives*size.Life, beside*lives, seedVariable, first)
	for i := range beside {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			begin := open(t)
			for k := range lives {
				seed := first + uint64(i*lives+k)
				said := live(t, size.Life, seed, begin)
				if k == 0 && i == 0 {
					elsewhere(t, size.Life, seed, begin, said)
				}
			}
		})
	}
}

// elsewhere fails unless a life is the same in another process, by the command that a failure names.
func elsewhere(t *testing.T, n int, seed uint64, begin func(uint64) (Life, error), first []string) {
	t.Helper()
	name, _, _ := strings.Cut(t.Name(), "/")
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+name+"$", "-test.v", "-test.count=1")
	c.Env = append(os.Environ(), seedVariable+"="+strconv.FormatUint(seed, 10))
	if out, err := c.CombinedOutput(); err != nil || !strings.Contains(string(out), lived(seed, first)) {
		again(t, n, seed, begin, first) // which may name the operation
		t.Fatalf("%s is another life in a process of its own, not %q: %v\n%s", command(t.Name(), seed), lived(seed, first), err, out)
	}
}

// again fails unless a life is the same when it is lived a second time here.
func again(t *testing.T, n int, seed uint64, begin func(uint64) (Life, error), first []string) {
	t.Helper()
	for i, s := range live(t, n, seed, begin) {
		if s != first[i] {
			t.Fatalf("%s=%d is another life the second time: operation %d is %q, and was %q", seedVariable, seed, i, s, first[i])
		}
	}
}

// lived says by a digest of its operations which life was lived.
func lived(seed uint64, said []string) string {
	return fmt.Sprintf("%s=%d: %d operations, %x", seedVariable, seed, len(said), sha256.Sum256([]byte(strings.Join(said, "\n"))))
}

// command is what lives a life again.
func command(test string, seed uint64) string {
	test, _, _ = strings.Cut(test, "/")
	where := "."
	if dir, err := os.Getwd(); err == nil {
		if _, below, ok := strings.Cut(filepath.ToSlash(dir), "/internal/"); ok {
			where = "./internal/" + below
		}
	}
	return fmt.Sprintf("%s=%d go test -count=1 -run '^%s$' %s", seedVariable, seed, test, where)
}

// live lives a whole life and gives what was done.
func live(t *testing.T, n int, seed uint64, begin func(uint64) (Life, error)) []string {
	t.Helper()
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	said, err := once(seed, all, begin)
	if err != nil {
		last := all[:min(len(said), n)]
		kept, why := shrink(last, func(ops []int) error { _, err := once(seed, ops, begin); return err })
		if why == nil {
			kept, why = last, err
		}
		said, _ = once(seed, kept, begin)
		t.Fatalf("%s\n%v\n%d of %d operations are enough: %v\n%s", command(t.Name(), seed), err, len(kept), len(last), why, strings.Join(said, "\n"))
	}
	return said
}

// once lives a life of some of its operations only. What was said ends with the operation that broke a rule.
func once(seed uint64, ops []int, begin func(uint64) (Life, error)) (said []string, err error) {
	l, err := begin(seed)
	if err != nil {
		return nil, err
	}
	for _, op := range ops {
		what, err := l.Do(rand.New(rand.NewPCG(seed, uint64(op))))
		said = append(said, what)
		if err != nil {
			return said, fmt.Errorf("operation %d, %s: %w", op, what, err)
		}
	}
	if err := l.End(); err != nil {
		return said, fmt.Errorf("at the end: %w", err)
	}
	return said, nil
}

// shrink leaves out operations, in ever smaller pieces, as long as what is left still fails.
func shrink(ops []int, try func([]int) error) (left []int, why error) {
	left = ops
	tries := 0
	for piece := len(left) / 2; piece > 0; {
		smaller := false
		for from := 0; from < len(left); {
			if tries++; tries > retries {
				return left, why
			}
			less := append(append([]int{}, left[:from]...), left[min(from+piece, len(left)):]...)
			if err := try(less); err != nil {
				left, why, smaller = less, err, true
			} else {
				from += piece
			}
		}
		if !smaller || piece > len(left) {
			piece = min(piece, len(left)) / 2
		}
	}
	return left, why
}
