package mapping

import (
	"testing"

	"pgregory.net/rapid"
)

// TestAssignIsTheBest compares with trying everything.
func TestAssignIsTheBest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rows, cols := rapid.IntRange(1, 5).Draw(t, "rows"), rapid.IntRange(1, 5).Draw(t, "cols")
		w := make([][]float64, rows)
		for i := range w {
			w[i] = make([]float64, cols)
			for j := range w[i] {
				w[i][j] = float64(rapid.IntRange(0, 4).Draw(t, "weight")) / 4
			}
		}
		total, used := 0.0, map[int]bool{}
		for i, j := range assign(w) {
			if j < 0 {
				continue
			}
			if used[j] || w[i][j] == 0 {
				t.Fatalf("row %d got column %d of %v", i, j, w)
			}
			used[j] = true
			total += w[i][j]
		}
		if best := tryAll(w, 0, map[int]bool{}); total < best-1e-9 {
			t.Fatalf("%v where %v can be had: %v", total, best, w)
		}
	})
}

func tryAll(w [][]float64, i int, used map[int]bool) float64 {
	if i == len(w) {
		return 0
	}
	best := tryAll(w, i+1, used)
	for j := range w[i] {
		if !used[j] {
			used[j] = true
			best = max(best, w[i][j]+tryAll(w, i+1, used))
			delete(used, j)
		}
	}
	return best
}

func TestAssignNothing(t *testing.T) {
	t.Parallel()
	if got := assign(nil); got != nil {
		t.Errorf("%v", got)
	}
	if got := assign([][]float64{{}, {}}); got[0] != -1 || got[1] != -1 {
		t.Errorf("%v", got)
	}
}
