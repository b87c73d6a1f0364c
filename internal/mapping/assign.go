package mapping

import "math"

// assign matches rows with columns, each at most once, so that the sum of the weights is greatest (the Hungarian method
// with potentials, O(rows² × columns)). A pair of weight 0 is no match. It gives the column of each row, -1 for none.
func assign(weights [][]float64) []int {
	rows := len(weights)
	if rows == 0 {
		return nil
	}
	cols := len(weights[0])
	total := cols + rows // one column more for each row: staying alone
	cost := func(i, j int) float64 {
		if j < cols {
			return -weights[i][j]
		}
		return 0
	}
	u, v := make([]float64, rows+1), make([]float64, total+1)
	match := make([]int, total+1) // row of each column, from 1
	way := make([]int, total+1)
	for i := 1; i <= rows; i++ {
		match[0] = i
		least := make([]float64, total+1)
		done := make([]bool, total+1)
		for j := range least {
			least[j] = math.Inf(1)
		}
		at := 0
		for {
			done[at] = true
			row, delta, next := match[at], math.Inf(1), 0
			for j := 1; j <= total; j++ {
				if done[j] {
					continue
				}
				if c := cost(row-1, j-1) - u[row] - v[j]; c < least[j] {
					least[j], way[j] = c, at
				}
				if least[j] < delta {
					delta, next = least[j], j
				}
			}
			for j := 0; j <= total; j++ {
				if done[j] {
					u[match[j]] += delta
					v[j] -= delta
				} else {
					least[j] -= delta
				}
			}
			at = next
			if match[at] == 0 {
				break
			}
		}
		for at != 0 {
			match[at] = match[way[at]]
			at = way[at]
		}
	}
	out := make([]int, rows)
	for i := range out {
		out[i] = -1
	}
	for j := 1; j <= cols; j++ {
		if i := match[j]; i > 0 && weights[i-1][j-1] > 0 {
			out[i-1] = j - 1
		}
	}
	return out
}
