package query

import (
	"fmt"
	"strings"
)

// String writes the query as COQL.
func (s *Select) String() string {
	var b strings.Builder
	b.WriteString("select ")
	for i, c := range s.Columns {
		if i > 0 {
			b.WriteString(", ")
		}
		writeOutput(&b, c.Func, c.Column)
		if c.Alias != "" {
			b.WriteString(" as " + aliasText(c.Alias))
		}
	}
	b.WriteString(" from " + s.From)
	if s.View != "" {
		b.WriteString("#" + s.View)
	}
	b.WriteString(" where ")
	s.Where.write(&b)
	for i, c := range s.Group {
		b.WriteString([]string{" group by ", ", "}[min(i, 1)])
		writeColumn(&b, c)
	}
	for i, o := range s.Order {
		b.WriteString([]string{" order by ", ", "}[min(i, 1)])
		if o.Alias != "" {
			b.WriteString(aliasText(o.Alias))
		} else {
			writeOutput(&b, o.Func, o.Column)
		}
		if o.Desc {
			b.WriteString(" desc")
		}
	}
	if s.Limit >= 0 {
		fmt.Fprintf(&b, " limit %d", s.Limit)
	}
	if s.Offset > 0 {
		fmt.Fprintf(&b, " offset %d", s.Offset)
	}
	return b.String()
}

func writeOutput(b *strings.Builder, function string, c Column) {
	if function == "" {
		writeColumn(b, c)
		return
	}
	b.WriteString(function + "(")
	writeColumn(b, c)
	b.WriteString(")")
}

// aliasText writes an alias, in quotes unless it is a name.
func aliasText(alias string) string {
	if _, ok := dotted(alias); ok && !isKeyword(alias) {
		return alias
	}
	return quote(alias)
}

func quote(s string) string { return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'" }

func writeColumn(b *strings.Builder, c Column) {
	if c.Via != "" || isKeyword(c.String()) {
		b.WriteString("'" + c.String() + "'")
		return
	}
	b.WriteString(c.String())
}

func (j *Join) write(b *strings.Builder) {
	b.WriteString("(")
	j.Left.write(b)
	if j.Or {
		b.WriteString(" or ")
	} else {
		b.WriteString(" and ")
	}
	j.Right.write(b)
	b.WriteString(")")
}

func (c *Cond) write(b *strings.Builder) {
	writeColumn(b, c.Column)
	b.WriteString(" " + c.Word)
	switch c.Op {
	case IsNull, NotNull:
	case Between, NotBetween:
		b.WriteString(" ")
		c.Values[0].write(b)
		b.WriteString(" and ")
		c.Values[1].write(b)
	case In, NotIn:
		for i, v := range c.Values {
			b.WriteString([]string{" (", ", "}[min(i, 1)])
			v.write(b)
		}
		b.WriteString(")")
	default:
		b.WriteString(" ")
		c.Values[0].write(b)
	}
}

func (v Value) write(b *strings.Builder) {
	if !v.Quoted {
		b.WriteString(v.Text)
		return
	}
	b.WriteString(quote(v.Text))
}
