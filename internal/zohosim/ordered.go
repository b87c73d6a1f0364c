package zohosim

import (
	"iter"
	"slices"
)

// entry is one record in an index: sorted by key, then by id.
type entry struct {
	key, id int64
	rec     *record
}

func (e entry) compare(o entry) int {
	switch {
	case e.key < o.key || e.key == o.key && e.id < o.id:
		return -1
	case e.key == o.key && e.id == o.id:
		return 0
	}
	return 1
}

const chunkSize = 512

// ordered is a sorted list of entries in chunks: inserting moves at most one chunk, counting a range looks at one number per
// chunk. It is not safe for concurrent change.
type ordered struct {
	chunks [][]entry
	n      int
}

// chunkOf finds the chunk in which e is or belongs.
func (o *ordered) chunkOf(e entry) int {
	i, _ := slices.BinarySearchFunc(o.chunks, e, func(c []entry, e entry) int { return c[len(c)-1].compare(e) })
	return min(i, len(o.chunks)-1)
}

// put inserts e, or replaces the record of the entry with the same key and id.
func (o *ordered) put(e entry) {
	if len(o.chunks) == 0 {
		o.chunks = [][]entry{append(make([]entry, 0, chunkSize), e)}
		o.n = 1
		return
	}
	ci := o.chunkOf(e)
	c := o.chunks[ci]
	i, found := slices.BinarySearchFunc(c, e, entry.compare)
	if found {
		c[i].rec = e.rec
		return
	}
	o.n++
	if len(c) < chunkSize {
		o.chunks[ci] = slices.Insert(c, i, e)
		return
	}
	if i == len(c) { // records come in ascending order: leave full chunks behind
		o.chunks = slices.Insert(o.chunks, ci+1, append(make([]entry, 0, chunkSize), e))
		return
	}
	right := append(make([]entry, 0, chunkSize), c[chunkSize/2:]...)
	clear(c[chunkSize/2:])
	left := c[:chunkSize/2]
	if i <= len(left) {
		left = slices.Insert(left, i, e)
	} else {
		right = slices.Insert(right, i-len(left), e)
	}
	o.chunks[ci] = left
	o.chunks = slices.Insert(o.chunks, ci+1, right)
}

// remove takes the entry with this key and id out, if it is there.
func (o *ordered) remove(e entry) {
	if len(o.chunks) == 0 {
		return
	}
	ci := o.chunkOf(e)
	c := o.chunks[ci]
	i, found := slices.BinarySearchFunc(c, e, entry.compare)
	if !found {
		return
	}
	o.n--
	c = slices.Delete(c, i, i+1)
	if len(c) == 0 {
		o.chunks = slices.Delete(o.chunks, ci, ci+1)
		return
	}
	o.chunks[ci] = c
}

// rank counts the entries before e.
func (o *ordered) rank(e entry) int {
	n := 0
	for _, c := range o.chunks {
		if c[len(c)-1].compare(e) < 0 {
			n += len(c)
			continue
		}
		i, _ := slices.BinarySearchFunc(c, e, entry.compare)
		return n + i
	}
	return n
}

// between yields the entries from ≤ e < to in order, or backwards.
func (o *ordered) between(from, to entry, backwards bool) iter.Seq[entry] {
	if backwards {
		return o.descending(from, to)
	}
	return func(yield func(entry) bool) {
		if len(o.chunks) == 0 {
			return
		}
		ci := o.chunkOf(from)
		i, _ := slices.BinarySearchFunc(o.chunks[ci], from, entry.compare)
		for ; ci < len(o.chunks); ci++ {
			for _, e := range o.chunks[ci][i:] {
				if e.compare(to) >= 0 || !yield(e) {
					return
				}
			}
			i = 0
		}
	}
}

func (o *ordered) descending(from, to entry) iter.Seq[entry] {
	return func(yield func(entry) bool) {
		if len(o.chunks) == 0 {
			return
		}
		ci := o.chunkOf(to)
		i, _ := slices.BinarySearchFunc(o.chunks[ci], to, entry.compare)
		for {
			for i--; i >= 0; i-- {
				e := o.chunks[ci][i]
				if e.compare(from) < 0 || !yield(e) {
					return
				}
			}
			if ci--; ci < 0 {
				return
			}
			i = len(o.chunks[ci])
		}
	}
}
