package zoho

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Condition is a test on fields, for COQL (Select.Where) and for the search API (Search.Criteria) alike. Build one with
// Equal and its siblings; All and Any join them. The zero Condition tests nothing.
//
// Values are string (ids and dates too), bool, int, int64, float64, json.Number or time.Time (an instant). They are
// quoted or escaped for the language at hand; what cannot be written safely is refused, never bent.
type Condition struct {
	op     op
	field  string
	values []any
	parts  []Condition
}

type op string

const (
	opAll       op = "and"
	opAny       op = "or"
	opEqual     op = "equals"
	opNotEqual  op = "not_equal"
	opIn        op = "in"
	opLess      op = "less_than"
	opLessEq    op = "less_equal"
	opGreater   op = "greater_than"
	opGreaterEq op = "greater_equal"
	opBetween   op = "between"
	opStarts    op = "starts_with"
	opEnds      op = "ends_with"
	opNull      op = "is null"
	opNotNull   op = "is not null"
)

// Equal tests for a value. The search API treats it like “contains” for texts: compare the results yourself.
func Equal(field string, v any) Condition {
	return Condition{op: opEqual, field: field, values: []any{v}}
}

// NotEqual tests for any other value.
func NotEqual(field string, v any) Condition {
	return Condition{op: opNotEqual, field: field, values: []any{v}}
}

// In tests for one of 1 to 50 values (Zoho's pages say 50 and 100; the lower one is kept).
func In[T any](field string, values ...T) Condition {
	c := Condition{op: opIn, field: field}
	for _, v := range values {
		c.values = append(c.values, v)
	}
	return c
}

// Less tests for a smaller number or an earlier time.
func Less(field string, v any) Condition {
	return Condition{op: opLess, field: field, values: []any{v}}
}

// LessEqual tests for a value up to and including v.
func LessEqual(field string, v any) Condition {
	return Condition{op: opLessEq, field: field, values: []any{v}}
}

// Greater tests for a larger number or a later time.
func Greater(field string, v any) Condition {
	return Condition{op: opGreater, field: field, values: []any{v}}
}

// GreaterEqual tests for a value from v on.
func GreaterEqual(field string, v any) Condition {
	return Condition{op: opGreaterEq, field: field, values: []any{v}}
}

// Between tests for a value from one to the other, both included.
func Between(field string, from, to any) Condition {
	return Condition{op: opBetween, field: field, values: []any{from, to}}
}

// StartsWith tests for a text's beginning.
func StartsWith(field, text string) Condition {
	return Condition{op: opStarts, field: field, values: []any{text}}
}

// EndsWith tests for a text's end; COQL only.
func EndsWith(field, text string) Condition {
	return Condition{op: opEnds, field: field, values: []any{text}}
}

// IsNull tests for an empty field; COQL only.
func IsNull(field string) Condition { return Condition{op: opNull, field: field} }

// IsNotNull tests for a filled field; COQL only.
func IsNotNull(field string) Condition { return Condition{op: opNotNull, field: field} }

// All holds where every part holds.
func All(parts ...Condition) Condition { return join(opAll, parts) }

// Any holds where at least one part holds.
func Any(parts ...Condition) Condition { return join(opAny, parts) }

func join(o op, parts []Condition) Condition {
	c := Condition{op: o}
	for _, p := range parts {
		if p.op != "" {
			c.parts = append(c.parts, p)
		}
	}
	switch len(c.parts) {
	case 0:
		return Condition{}
	case 1:
		return c.parts[0]
	}
	return c
}

// size counts the tests.
func (c Condition) size() int {
	if c.op == "" {
		return 0
	}
	if c.parts == nil {
		return 1
	}
	n := 0
	for _, p := range c.parts {
		n += p.size()
	}
	return n
}

// write joins tests pairwise in brackets, as COQL demands for more than two, each test written by leaf.
func (c Condition) write(space string, leaf func(Condition) (string, error)) (string, error) {
	if c.parts == nil {
		s, err := leaf(c)
		return "(" + s + ")", err
	}
	text := ""
	for i, p := range c.parts {
		s, err := p.write(space, leaf)
		if err != nil {
			return "", err
		}
		if i == 0 {
			text = s
			continue
		}
		text = "(" + text + space + string(c.op) + space + s + ")"
	}
	return text, nil
}

// plain writes a value without quotes or escapes.
func plain(v any) (s string, quoted bool, err error) {
	switch v := v.(type) {
	case string:
		return v, true, nil
	case time.Time:
		return DateTime(v, time.UTC), true, nil
	case bool:
		return strconv.FormatBool(v), true, nil
	case int:
		return strconv.Itoa(v), false, nil
	case int64:
		return strconv.FormatInt(v, 10), false, nil
	case float64:
		s = strconv.FormatFloat(v, 'f', -1, 64)
	case json.Number:
		s = v.String()
	}
	if numeral.MatchString(s) {
		return s, false, nil
	}
	return "", false, refuse("a condition cannot compare with a value of type %T", v)
}

var numeral = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)

// criterion writes one test for the search API: parentheses and commas of a value are escaped, and the backslashes that
// would otherwise meet an escape or the end.
func criterion(c Condition) (string, error) {
	if !fieldNamed.MatchString(c.field) {
		return "", refuse("a field is not an API name")
	}
	var texts []string
	for _, v := range c.values {
		s, _, err := plain(v)
		if err != nil {
			return "", err
		}
		if strings.TrimSpace(s) == "" {
			return "", refuse("a search needs a value")
		}
		texts = append(texts, escapeCriterion(s))
	}
	switch c.op {
	case opEnds, opNull, opNotNull:
		return "", refuse("the search API has no %q", string(c.op))
	}
	if c.op == opIn && (len(texts) == 0 || len(texts) > 50) {
		return "", refuse("1 to 50 values may be compared with, not %d", len(texts))
	}
	return fmt.Sprintf("%s:%s:%s", c.field, c.op, strings.Join(texts, ",")), nil
}

var (
	beforeSpecial = regexp.MustCompile(`(\\+)([(),]|$)`)
	special       = regexp.MustCompile(`([(),])`)
)

func escapeCriterion(s string) string {
	s = beforeSpecial.ReplaceAllString(s, `${1}${1}${2}`)
	return special.ReplaceAllString(s, `\${1}`)
}
