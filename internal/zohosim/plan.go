package zohosim

import (
	"cmp"
	"iter"
	"slices"

	"heavyset.tech/platform/internal/zohosim/query"
)

// plan is how a COQL query is carried out: which index to walk between which entries, and what to keep in which order.
type plan struct {
	match         func(*record) bool
	orders        []sorting
	exact         bool // text order tells capitals apart
	limit, offset int
	ranges        []indexRange
}

// sorting is one key of order by.
type sorting struct {
	col  column
	desc bool
}

// indexRange is what a query lets through of one index.
type indexRange struct {
	f        *field
	from, to entry // from ≤ e < to
}

// narrowRange finds the ranges that conditions joined by "and" set on indexed fields.
func (c *call) narrowRange(n query.Node, p *plan) {
	switch n := n.(type) {
	case *query.Join:
		if !n.Or {
			c.narrowRange(n.Left, p)
			c.narrowRange(n.Right, p)
		}
	case *query.Cond:
		f := c.module.byAPI[n.Column.Path[0]]
		if f == nil || len(n.Column.Path) > 1 || c.module.table.index(f) == nil || len(n.Values) == 0 {
			return
		}
		if low, high, ok := c.bounds(f, n); ok {
			p.addRange(f, low, high)
		}
	}
}

// bounds gives the least and the greatest key, both inclusive, that a condition allows.
func (c *call) bounds(f *field, n *query.Cond) (low, high int64, ok bool) {
	first, ok := c.literal(f, n.Values[0], true)
	last, ok2 := c.literal(f, n.Values[len(n.Values)-1], true)
	low, high = firstEntry.key, lastEntry.key-1
	switch n.Op {
	case query.Equal:
		low, high = first.num, first.num
	case query.Greater:
		low = first.num + 1
	case query.GreaterEqual:
		low = first.num
	case query.Less:
		high = first.num - 1
	case query.LessEqual:
		high = first.num
	case query.Between:
		low, high = first.num, last.num
	default:
		return 0, 0, false
	}
	return low, high, ok && ok2
}

// addRange narrows the range of a field.
func (p *plan) addRange(f *field, low, high int64) {
	from, to := entry{key: low, id: firstEntry.id}, entry{key: high + 1, id: firstEntry.id}
	for i := range p.ranges {
		if r := &p.ranges[i]; r.f == f {
			if r.from.compare(from) < 0 {
				r.from = from
			}
			if to.compare(r.to) < 0 {
				r.to = to
			}
			return
		}
	}
	p.ranges = append(p.ranges, indexRange{f, from, to})
}

// useSpan narrows the starts of meetings by what is asked of their ends: no meeting of the table is longer than its span.
func (p *plan) useSpan(t *table) {
	if t.from == nil || t.to == nil || t.spanless {
		return
	}
	for _, r := range p.ranges {
		if r.f == t.to && r.from.key > firstEntry.key+t.span {
			p.addRange(t.from, r.from.key-t.span, lastEntry.key-1)
			return
		}
	}
}

// run gives the rows of the page, and whether others follow.
func (p plan) run(t *table) (rows []*record, more bool) {
	entries, sorted := p.choose(t)
	if !sorted {
		return p.collect(entries)
	}
	skip := p.offset
	for e := range entries {
		if !p.match(e.rec) {
			continue
		}
		if skip--; skip >= 0 {
			continue
		}
		if len(rows) == p.limit {
			return rows, true
		}
		rows = append(rows, e.rec)
	}
	return rows, false
}

// choose picks the index with the fewest entries to look at, unless one that already has the wanted order is good enough.
func (p plan) choose(t *table) (entries iter.Seq[entry], sorted bool) {
	index, from, to := &t.byID, firstEntry, lastEntry
	fewest := t.byID.n
	orderField, desc := p.single()
	for _, r := range p.ranges {
		candidate := t.index(r.f)
		n := candidate.rank(r.to) - candidate.rank(r.from)
		if n < fewest || r.f == orderField && n <= fewest {
			index, from, to, fewest = candidate, r.from, r.to, n
		}
	}
	if orderField == nil {
		return index.between(from, to, false), len(p.orders) == 0 && index == &t.byID
	}
	byOrder := t.index(orderField)
	switch {
	case index == byOrder:
		return index.between(from, to, desc), true
	case byOrder != nil && byOrder.n == t.byID.n && fewest*4 > t.byID.n:
		from, to = firstEntry, lastEntry
		for _, r := range p.ranges {
			if r.f == orderField {
				from, to = r.from, r.to
			}
		}
		return byOrder.between(from, to, desc), true
	}
	return index.between(from, to, false), false
}

// single gives the only field of order by, where it is one of the module's own; without order by rows come by id.
func (p plan) single() (f *field, desc bool) {
	if len(p.orders) != 1 || p.orders[0].col.m == nil || p.orders[0].col.name != p.orders[0].col.f.api {
		return nil, false
	}
	return p.orders[0].col.f, p.orders[0].desc
}

// candidate is a row with the value it is ordered by first.
type candidate struct {
	rec *record
	key cell
	has bool
}

// collect keeps the first rows in the wanted order out of entries in any.
func (p plan) collect(entries iter.Seq[entry]) (rows []*record, more bool) {
	keep := p.offset + p.limit + 1
	var best []candidate
	full := false // best[keep-1] is the last that counts so far
	for e := range entries {
		if !p.match(e.rec) {
			continue
		}
		c := candidate{rec: e.rec}
		if len(p.orders) > 0 {
			c.key, c.has = p.orders[0].col.get(e.rec)
		}
		if full && p.compare(c, best[keep-1]) > 0 {
			continue
		}
		if best = append(best, c); len(best) >= 2*keep+1024 {
			slices.SortFunc(best, p.compare)
			best, full = best[:keep], true
		}
	}
	slices.SortFunc(best, p.compare)
	for _, c := range best[min(p.offset, len(best)):min(keep-1, len(best))] {
		rows = append(rows, c.rec)
	}
	return rows, len(best) >= keep
}

// compare orders rows by the keys of order by, then by id. Rows without a value come first.
func (p plan) compare(a, b candidate) int {
	for i, o := range p.orders {
		x, hasX, y, hasY := a.key, a.has, b.key, b.has
		if i > 0 {
			x, hasX = o.col.get(a.rec)
			y, hasY = o.col.get(b.rec)
		}
		n := compareValues(x, hasX, y, hasY, p.exact)
		if o.desc {
			n = -n
		}
		if n != 0 {
			return n
		}
	}
	return cmp.Compare(a.rec.id, b.rec.id)
}

// compareValues orders two values; none comes before any.
func compareValues(x cell, hasX bool, y cell, hasY, exact bool) int {
	switch {
	case hasX && hasY:
		return order(x, y, exact)
	case hasX:
		return 1
	case hasY:
		return -1
	}
	return 0
}
