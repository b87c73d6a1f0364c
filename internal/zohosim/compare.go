package zohosim

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"heavyset.tech/platform/internal/zohosim/query"
)

// column is what a condition looks at: a value of a record, or of a record that it points at.
type column struct {
	name string
	m    *module // of the field; nil for fields of users
	f    *field
	get  func(*record) (cell, bool)

	// Only of a user's role or profile: whose, and what of the user it is.
	who    func(*record) *user
	people func(*user) named
}

// own is a column of the module itself.
func own(m *module, f *field) column {
	return column{name: f.api, m: m, f: f, get: func(r *record) (cell, bool) { return valueOf(m, r, f) }}
}

// valueOf gives any field's value as a cell, also those that are not kept in cells.
func valueOf(m *module, r *record, f *field) (cell, bool) {
	switch f.sys {
	case sysID:
		return cell{kind: kindInt, num: r.id}, true
	case sysOwner:
		return refCell(r.ownedBy), true
	case sysCreatedBy:
		return refCell(r.createdBy), true
	case sysModifiedBy:
		return refCell(r.modifiedBy), true
	case sysCreatedTime:
		return timeCell(r.created), true
	case sysModifiedTime:
		return timeCell(r.modified), true
	case sysFullName:
		return textCell(fullName(m, r)), true
	}
	return r.get(f.key)
}

// literal turns the text of a literal into a value of a field; quoted tells whether it stood in quotes (COQL).
func (c *call) literal(f *field, v query.Value, coql bool) (cell, bool) {
	switch f.kind {
	case kindInt, kindRef:
		n, err := strconv.ParseInt(v.Text, 10, 64)
		return cell{kind: f.kind, num: n}, err == nil
	case kindFloat:
		n, err := strconv.ParseFloat(v.Text, 64)
		return floatCell(n), err == nil
	case kindBool:
		return boolCell(v.Text == "true"), (v.Text == "true" || v.Text == "false") && (v.Quoted || !coql)
	case kindTime:
		n, ok := parseStamp(v.Text, c.sw.DatetimeZ == "accept")
		return timeCell(n), ok && (v.Quoted || !coql)
	case kindDay:
		n, ok := parseDay(v.Text)
		return cell{kind: kindDay, num: n}, ok && (v.Quoted || !coql)
	}
	return textCell(v.Text), v.Quoted || !coql
}

// order compares two values of one field.
func order(a, b cell, exact bool) int {
	switch {
	case a.kind == kindFloat:
		return cmp.Compare(a.float(), b.float())
	case a.kind != kindText && a.kind != kindJSON:
		return cmp.Compare(a.num, b.num)
	case exact:
		return strings.Compare(a.str, b.str)
	}
	return compareFold(a.str, b.str)
}

// compareFold compares text without regard to capitals.
func compareFold(a, b string) int {
	for i := range min(len(a), len(b)) {
		if a[i] >= 0x80 || b[i] >= 0x80 {
			return strings.Compare(strings.ToLower(a[i:]), strings.ToLower(b[i:]))
		}
		x, y := lower(a[i]), lower(b[i])
		if x != y {
			return cmp.Compare(x, y)
		}
	}
	return cmp.Compare(len(a), len(b))
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// compare compiles a condition on one of the module's own fields, as search has them.
func (c *call) compare(f *field, cond *query.Cond, coql bool) (func(*record) bool, *answer) {
	return c.test(own(c.module, f), cond, coql)
}

// test compiles a condition. A record without a value meets none of them, except "is null" and, in search, not_equal.
func (c *call) test(col column, cond *query.Cond, coql bool) (func(*record) bool, *answer) {
	if cond.Op == query.IsNull || cond.Op == query.NotNull {
		return func(r *record) bool {
			_, has := col.get(r)
			return has == (cond.Op == query.NotNull)
		}, nil
	}
	if cond.Op == query.Like || cond.Op == query.NotLike {
		return c.like(col, cond), nil
	}
	wanted := make([]cell, len(cond.Values))
	for i, v := range cond.Values {
		w, ok := c.literal(col.f, v, coql)
		if !ok && coql {
			a := refuse("INVALID_QUERY", "value given seems to be invalid for the column", details{
				"column_name": col.name, "expected_data_type": col.f.dataType, "operator": cond.Word,
			})
			return nil, &a
		}
		if !ok {
			return nil, badParam(col.name, v.Text, "the value does not fit the field")
		}
		wanted[i] = w
	}
	exact := coql && c.sw.CoqlTextCase == "exact"
	holds := comparison(cond.Op, wanted, exact)
	ifAbsent := !coql && cond.Op == query.NotEqual || col.f.kind == kindBool && holds(boolCell(false))
	return func(r *record) bool {
		have, ok := col.get(r)
		if !ok {
			return ifAbsent
		}
		return holds(have)
	}, nil
}

// comparison gives the test of one value against those wanted.
func comparison(op query.Op, wanted []cell, exact bool) func(cell) bool {
	first := wanted[0]
	within := func(have cell) bool {
		return order(have, first, exact) >= 0 && order(have, wanted[len(wanted)-1], exact) <= 0
	}
	among := func(have cell) bool {
		return slices.ContainsFunc(wanted, func(w cell) bool { return order(have, w, exact) == 0 })
	}
	switch op {
	case query.NotEqual:
		return func(have cell) bool { return order(have, first, exact) != 0 }
	case query.Greater:
		return func(have cell) bool { return order(have, first, exact) > 0 }
	case query.GreaterEqual:
		return func(have cell) bool { return order(have, first, exact) >= 0 }
	case query.Less:
		return func(have cell) bool { return order(have, first, exact) < 0 }
	case query.LessEqual:
		return func(have cell) bool { return order(have, first, exact) <= 0 }
	case query.Between:
		return within
	case query.NotBetween:
		return func(have cell) bool { return !within(have) }
	case query.NotIn:
		return func(have cell) bool { return !among(have) }
	case query.In:
		return among
	}
	return func(have cell) bool { return order(have, first, exact) == 0 }
}

// like compiles 'x%', '%x', '%x%' and plain text.
func (c *call) like(col column, cond *query.Cond) func(*record) bool {
	pattern := cond.Values[0].Text
	bare := strings.Trim(pattern, "%")
	open, end := strings.HasPrefix(pattern, "%"), strings.HasSuffix(pattern, "%")
	same := strings.EqualFold
	contains := lowered.needle(bare).in
	if c.sw.CoqlTextCase == "exact" {
		same = func(a, b string) bool { return a == b }
		contains = func(s string) bool { return strings.Contains(s, bare) }
	}
	return func(r *record) bool {
		have, ok := col.get(r)
		if !ok {
			return false
		}
		s, found := have.str, false
		switch {
		case open && end:
			found = contains(s)
		case len(s) < len(bare):
		case open:
			found = same(s[len(s)-len(bare):], bare)
		case end:
			found = same(s[:len(bare)], bare)
		default:
			found = same(s, bare)
		}
		return found == (cond.Op == query.Like)
	}
}

// badColumn is INVALID_QUERY about a column's use.
func badColumn(name, operator, reason string) *answer {
	a := refuse("INVALID_QUERY", "Invalid query formed", details{"column_name": name, "reason": reason, "operator": operator})
	return &a
}
