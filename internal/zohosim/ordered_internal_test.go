package zohosim

import (
	"cmp"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The sorted list behaves like a plain sorted slice.
func TestOrderedBehavesLikeASortedSlice(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var o ordered
		model := map[[2]int64]*record{}
		key := rapid.Int64Range(0, 40)
		id := rapid.Int64Range(0, 2000)
		for range rapid.IntRange(0, 3000).Draw(rt, "steps") {
			e := entry{key: key.Draw(rt, "key"), id: id.Draw(rt, "id"), rec: &record{}}
			if rapid.IntRange(0, 3).Draw(rt, "remove") == 0 {
				o.remove(e)
				delete(model, [2]int64{e.key, e.id})
				continue
			}
			o.put(e)
			model[[2]int64{e.key, e.id}] = e.rec
		}
		var all []entry
		for k, rec := range model {
			all = append(all, entry{k[0], k[1], rec})
		}
		slices.SortFunc(all, func(a, b entry) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.id, b.id)) })
		from := entry{key: key.Draw(rt, "from"), id: id.Draw(rt, "from id")}
		to := entry{key: key.Draw(rt, "to"), id: id.Draw(rt, "to id")}
		var want []entry
		rank := 0
		for _, e := range all {
			if e.compare(from) < 0 {
				rank++
			} else if e.compare(to) < 0 {
				want = append(want, e)
			}
		}
		if o.n != len(all) || o.rank(from) != rank {
			rt.Fatalf("n %d want %d, rank %d want %d", o.n, len(all), o.rank(from), rank)
		}
		if got := slices.Collect(o.between(from, to, false)); !slices.Equal(got, want) {
			rt.Fatalf("ascending: %v, want %v", got, want)
		}
		slices.Reverse(want)
		if got := slices.Collect(o.between(from, to, true)); !slices.Equal(got, want) {
			rt.Fatalf("descending: %v, want %v", got, want)
		}
	})
}

func BenchmarkOrderedPut(b *testing.B) {
	var o ordered
	for i := range b.N {
		o.put(entry{key: int64(i*7919) % 1_000_003, id: int64(i)})
	}
}
