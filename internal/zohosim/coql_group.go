package zohosim

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"heavyset.tech/platform/internal/zohosim/query"
)

// output is a column of the answer, or an aggregate function of one.
type output struct {
	column
	fn   string // SUM, MAX, MIN, AVG, COUNT; "" for the column itself
	name string
}

// coqlOutputs finds what the select columns mean.
func (c *call) coqlOutputs(s *query.Select, relations map[string]bool) ([]output, *answer) {
	var out []output
	for _, o := range s.Columns {
		col, refused := c.column(o.Column, relations)
		if refused == nil && o.Func == "" && col.f.api == "Participants" {
			refused = misplaced(col.name, "select")
		}
		fn := ""
		if refused == nil && o.Func != "" {
			fn, refused = c.aggregate(o, col)
		}
		if refused != nil {
			return nil, refused
		}
		out = append(out, output{column: col, fn: fn, name: o.Name()})
	}
	return out, nil
}

// aggregate checks a function: that there is one of the name, written as switch coql_aggregate_case says, and that it takes
// the column.
func (c *call) aggregate(o query.Output, col column) (fn string, refused *answer) {
	fn = o.Func
	if c.sw.CoqlAggregateCase == "any" {
		fn = strings.ToUpper(fn)
	}
	fits := false
	switch fn {
	case "COUNT":
		fits = col.f.kind != kindJSON && col.f.dataType != "textarea"
	case "SUM", "AVG":
		fits = (col.f.kind == kindInt || col.f.kind == kindFloat) && col.f.sys != sysID
	case "MAX", "MIN":
		fits = col.f.kind == kindInt || col.f.kind == kindFloat || col.f.kind == kindTime || col.f.kind == kindDay
	default:
		a := refuse("INVALID_DATA", "invalid data", details{"reason": "unsupported aggregate function", "column": o.Text()})
		return "", &a
	}
	if !fits {
		a := refuse("INVALID_QUERY", "data type not supported", details{
			"column_name": col.name, "data_type": col.f.dataType, "aggregate": o.Func,
		})
		return "", &a
	}
	return fn, nil
}

// grouped tells whether a query answers with groups instead of records.
func grouped(s *query.Select) bool {
	return len(s.Group) > 0 || slices.ContainsFunc(s.Columns, func(o query.Output) bool { return o.Func != "" })
}

// grouping is how records become groups.
type grouping struct {
	keys    []column
	outputs []output
	orders  []groupOrder
	exact   bool
	single  bool // without group by: one group, even of no records
}

// groupOrder is a key of order by: an output, or a column that is grouped by.
type groupOrder struct {
	output int // -1: none
	col    column
	desc   bool
}

// groupCOQL compiles group by and its order. What is selected without a function must be grouped by.
func (c *call) groupCOQL(s *query.Select, outputs []output, relations map[string]bool) (*grouping, *answer) {
	g := &grouping{outputs: outputs, exact: c.sw.CoqlTextCase == "exact", single: len(s.Group) == 0}
	for _, name := range s.Group {
		col, refused := c.column(name, relations)
		if refused != nil {
			return nil, refused
		}
		if col.f.kind == kindJSON || col.f.dataType == "textarea" {
			return nil, misplaced(col.name, "group by")
		}
		g.keys = append(g.keys, col)
	}
	for _, o := range outputs {
		if o.fn == "" && !g.has(o.column.name) {
			return nil, misplaced(o.column.name, "group by")
		}
	}
	for _, o := range s.Order {
		at := slices.IndexFunc(outputs, func(out output) bool { return out.name == o.Name() })
		if at < 0 {
			at = slices.IndexFunc(s.Columns, func(out query.Output) bool { return out.Text() == o.Name() })
		}
		key := groupOrder{output: at, desc: o.Desc}
		if at < 0 {
			i := slices.IndexFunc(g.keys, func(k column) bool { return k.name == o.Name() })
			if i < 0 {
				return nil, misplaced(o.Name(), "order by")
			}
			key.col = g.keys[i]
		}
		g.orders = append(g.orders, key)
	}
	return g, nil
}

func (g *grouping) has(name string) bool {
	return slices.ContainsFunc(g.keys, func(k column) bool { return k.name == name })
}

// group is what became of the records that share their keys; first is one of them, nil if there are none.
type group struct {
	first *record
	sums  []tally // by output
}

// tally is an aggregate in the making.
type tally struct {
	n        int // values seen
	whole    int64
	sum      float64
	low, top cell
}

func (t *tally) add(v cell) {
	if t.n++; t.n == 1 {
		t.low, t.top = v, v
	}
	if order(v, t.low, true) < 0 {
		t.low = v
	}
	if order(v, t.top, true) > 0 {
		t.top = v
	}
	if v.kind == kindFloat {
		t.sum += v.float()
	} else {
		t.whole += v.num
		t.sum += float64(v.num)
	}
}

// run groups the records that the plan lets through.
func (g *grouping) run(p plan, t *table) []*group {
	byKey := map[string]*group{}
	var groups []*group
	if g.single {
		byKey[""] = &group{sums: make([]tally, len(g.outputs))}
		groups = append(groups, byKey[""])
	}
	entries, _ := p.choose(t)
	for e := range entries {
		if !p.match(e.rec) {
			continue
		}
		key := g.key(e.rec)
		x := byKey[key]
		if x == nil {
			x = &group{sums: make([]tally, len(g.outputs))}
			byKey[key] = x
			groups = append(groups, x)
		}
		if x.first == nil || e.rec.id < x.first.id {
			x.first = e.rec
		}
		for i, o := range g.outputs {
			if v, ok := o.get(e.rec); ok && o.fn != "" {
				x.sums[i].add(v)
			}
		}
	}
	slices.SortFunc(groups, g.compare)
	return groups
}

// key tells groups apart; no value is a key too.
func (g *grouping) key(r *record) string {
	var b []byte
	for _, k := range g.keys {
		v, ok := k.get(r)
		if !ok {
			b = append(b, 0)
			continue
		}
		text := v.str
		if !g.exact {
			text = strings.ToLower(text)
		}
		b = append(strconv.AppendInt(append(b, 1), v.num, 10), ' ')
		b = append(strconv.AppendInt(b, int64(len(text)), 10), ' ')
		b = append(b, text...)
	}
	return string(b)
}

// value gives an output of a group.
func (x *group) value(i int, o output) (cell, bool) {
	if o.fn == "" {
		return o.get(x.first)
	}
	t := x.sums[i]
	if o.fn == "COUNT" {
		return cell{kind: kindInt, num: int64(t.n)}, true
	}
	if t.n == 0 {
		return cell{}, false
	}
	switch o.fn {
	case "MIN":
		return t.low, true
	case "MAX":
		return t.top, true
	case "AVG":
		return floatCell(t.sum / float64(t.n)), true
	}
	if t.low.kind == kindFloat {
		return floatCell(t.sum), true
	}
	return cell{kind: kindInt, num: t.whole}, true
}

// compare orders groups by the keys of order by, then by the oldest record in each. Groups without a value come first.
func (g *grouping) compare(a, b *group) int {
	for _, o := range g.orders {
		var x, y cell
		var hasX, hasY bool
		if o.output >= 0 {
			x, hasX = a.value(o.output, g.outputs[o.output])
			y, hasY = b.value(o.output, g.outputs[o.output])
		} else {
			x, hasX = o.col.get(a.first)
			y, hasY = o.col.get(b.first)
		}
		n := compareValues(x, hasX, y, hasY, g.exact)
		if o.desc {
			n = -n
		}
		if n != 0 {
			return n
		}
	}
	if a.first == nil || b.first == nil {
		return 0
	}
	return cmp.Compare(a.first.id, b.first.id)
}

// appendGroups writes the groups of the page. They have no id.
func (c *call) appendGroups(groups []*group, p plan, outputs []output) (b []byte, n int, more bool) {
	v := view{org: c.org, place: c.user.place}
	from := min(p.offset, len(groups))
	to := min(from+p.limit, len(groups))
	b = []byte(`{"data":[`)
	for i, x := range groups[from:to] {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '{')
		for i, o := range outputs {
			b = appendKey(b, o.name)
			value, ok := x.value(i, o)
			switch {
			case o.fn == "":
				b = c.appendOutput(b, v, o.column, value, ok)
			case !ok:
				b = append(b, "null"...)
			case value.kind == kindInt && (o.fn == "COUNT" || o.fn == "SUM"):
				b = strconv.AppendInt(b, value.num, 10)
			default:
				b = v.appendCell(b, o.f, value)
			}
		}
		b = append(b, '}')
	}
	return b, to - from, to < len(groups)
}
