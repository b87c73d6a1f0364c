package trial

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// sum is a life that adds numbers and must not see three sevens.
type sum struct{ sevens int }

func (s *sum) Do(r *rand.Rand) (string, error) {
	n := r.IntN(10)
	if n == 7 {
		s.sevens++
	}
	if s.sevens == 3 {
		return fmt.Sprint(n), errors.New("three sevens")
	}
	return fmt.Sprint(n), nil
}

func (s *sum) End() error { return nil }

// digits is a life that breaks no rule.
type digits struct{}

func (digits) Do(r *rand.Rand) (string, error) { return fmt.Sprint(r.IntN(10)), nil }
func (digits) End() error                      { return nil }

// TestALifeIsTheSameElsewhere: Run itself holds that, in a process of its own too.
func TestALifeIsTheSameElsewhere(t *testing.T) {
	t.Parallel()
	Run(t, Size{Life: 20, Check: 40, Soak: 40}, func(*testing.T) func(uint64) (Life, error) {
		return func(uint64) (Life, error) { return digits{}, nil }
	})
}

// TestAFailedLifeSaysHowToLiveItAgain: the command names test, package and seed; another life has another digest.
func TestAFailedLifeSaysHowToLiveItAgain(t *testing.T) {
	t.Parallel()
	if got := command("TestX/0/y", 7); got != "HEAVYSET_SEED=7 go test -count=1 -run '^TestX$' ./internal/trial" {
		t.Error(got)
	}
	if one := lived(7, []string{"a", "b"}); one == lived(7, []string{"b", "a"}) || one == lived(8, []string{"a", "b"}) || one != lived(7, []string{"a", "b"}) {
		t.Error(one)
	}
}

// TestAFailedLifeIsMadeSmall: what is left of a life that fails is what it fails by, and nothing else.
func TestAFailedLifeIsMadeSmall(t *testing.T) {
	t.Parallel()
	begin := func(uint64) (Life, error) { return &sum{}, nil }
	all := make([]int, 200)
	for i := range all {
		all[i] = i
	}
	said, err := once(4, all, begin)
	if err == nil {
		t.Fatal("no three sevens in 200 digits")
	}
	kept, why := shrink(all[:len(said)], func(ops []int) error { _, err := once(4, ops, begin); return err })
	said, _ = once(4, kept, begin)
	if why == nil || !slices.Equal(said, []string{"7", "7", "7"}) {
		t.Errorf("left are %v: %v", said, why)
	}
}
