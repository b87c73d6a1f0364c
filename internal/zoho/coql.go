package zoho

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Select is a COQL query. It reads the live records, not the search index.
// https://www.zoho.com/crm/developer/docs/api/v8/COQL-Overview.html
type Select struct {
	Columns []string // 1 to 50: API names, dotted through a lookup, or What_Id->Leads.Last_Name
	From    string   // module
	Where   Condition
	OrderBy []Order // at most ten
	Limit   int     // rows of one call, 1 to 2,000; 0: 200
	Offset  int     // Limit and Offset reach 100,000 rows
	First   int     // Query with Grow: how many rows the first page shall have, when more than Limit are expected
	Grow    bool    // Query: after the first page go on with 2,000 rows of one call, the cheapest way to read many
}

// Order is one column to sort by, ascending by default.
type Order struct {
	Column     string
	Descending bool
}

// Page is what one COQL call gave.
type Page struct {
	Records []Record
	More    bool
}

const (
	coqlLimit  = 200
	coqlMost   = 2000
	coqlWindow = 100000
)

// Text writes the query. It fails when a name is not an API name, a value cannot be quoted safely or one of Zoho's
// limits is exceeded. A query without a condition gets one that every record meets, since Zoho demands one.
func (s Select) Text() (string, error) {
	if err := s.check(); err != nil {
		return "", err
	}
	columns := make([]string, len(s.Columns))
	for i, c := range s.Columns {
		columns[i], _ = column(c)
	}
	where := s.Where
	if where.op == "" {
		where = IsNotNull("id")
	}
	text, err := where.write(" ", comparison)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "select %s from %s where %s", strings.Join(columns, ", "), s.From, text)
	for i, o := range s.OrderBy {
		b.WriteString(map[bool]string{true: " order by ", false: ", "}[i == 0])
		name, _ := column(o.Column)
		b.WriteString(name + map[bool]string{true: " desc", false: " asc"}[o.Descending])
	}
	fmt.Fprintf(&b, " limit %d", s.limit())
	if s.Offset > 0 {
		fmt.Fprintf(&b, " offset %d", s.Offset)
	}
	return b.String(), nil
}

func (s Select) limit() int {
	if s.Limit == 0 {
		return coqlLimit
	}
	return s.Limit
}

func (s Select) check() error {
	if err := checkName("module", s.From); err != nil {
		return err
	}
	if len(s.Columns) == 0 || len(s.Columns) > 50 || len(s.OrderBy) > 10 || s.Where.size() > 25 {
		return refuse("a query takes 1 to 50 columns, 10 to sort by and 25 conditions")
	}
	if s.limit() < 1 || s.limit() > coqlMost || s.Offset < 0 || s.Offset+s.limit() > coqlWindow {
		return refuse("a query takes a limit of 1 to %d within the first %d rows", coqlMost, coqlWindow)
	}
	names := slices.Clone(s.Columns)
	for _, o := range s.OrderBy {
		names = append(names, o.Column)
	}
	for _, n := range names {
		if _, err := column(n); err != nil {
			return err
		}
	}
	return nil
}

var polymorphic = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,99}->[A-Za-z][A-Za-z0-9_]{0,99}\.[A-Za-z][A-Za-z0-9_]{0,99}$`)

func column(name string) (string, error) {
	if polymorphic.MatchString(name) {
		return "'" + name + "'", nil
	}
	if !fieldNamed.MatchString(name) || strings.HasPrefix(name, "$") {
		return "", refuse("a column is not an API name")
	}
	return name, nil
}

// comparison writes one test in COQL.
func comparison(c Condition) (string, error) {
	name, err := column(c.field)
	if err != nil {
		return "", err
	}
	if c.op == opStarts || c.op == opEnds {
		return like(name, c)
	}
	literals := make([]string, len(c.values))
	for i, v := range c.values {
		if literals[i], err = literal(v); err != nil {
			return "", err
		}
	}
	switch c.op {
	case opNull, opNotNull:
		return name + " " + string(c.op), nil
	case opIn:
		if len(literals) == 0 || len(literals) > 50 {
			return "", refuse("1 to 50 values may be compared with, not %d", len(literals))
		}
		return name + " in (" + strings.Join(literals, ", ") + ")", nil
	case opBetween:
		return name + " between " + literals[0] + " and " + literals[1], nil
	}
	sign := map[op]string{opEqual: "=", opNotEqual: "!=", opLess: "<", opLessEq: "<=", opGreater: ">", opGreaterEq: ">="}[c.op]
	return name + " " + sign + " " + literals[0], nil
}

// like writes a pattern. A percent sign in the text would become a wildcard, and Zoho documents no escape for it. An
// underscore is passed on: it is in half of all addresses, and at worst finds more, which the caller compares anyway.
func like(name string, c Condition) (string, error) {
	text, _ := c.values[0].(string)
	if text == "" || strings.Contains(text, "%") {
		return "", refuse("a pattern needs a text without %%")
	}
	if c.op == opStarts {
		text += "%"
	} else {
		text = "%" + text
	}
	s, err := Quote(text)
	return name + " like " + s, err
}

func literal(v any) (string, error) {
	s, quoted, err := plain(v)
	if err != nil || !quoted {
		return s, err
	}
	return Quote(s)
}

// Quote writes a text as a COQL literal. Zoho documents \' for a quote and is silent on the backslash itself; so each is
// doubled, which keeps the text inside its quotes whether Zoho reads two as one or not. A backslash at the end would
// escape the closing quote under one reading, and control characters have no notation: both are refused.
func Quote(s string) (string, error) {
	if strings.HasSuffix(s, `\`) || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return "", refuse("a text with control characters, or a backslash at its end, cannot be queried for")
	}
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'", nil
}

// COQL runs one query and gives one page; the text is the caller's, so values in it must have gone through Quote or
// Select.Text. https://www.zoho.com/crm/developer/docs/api/v8/Get-Records-through-COQL-Query.html
func (c *Client) COQL(ctx context.Context, query string) (Page, error) {
	r := request{
		method: http.MethodPost, path: "/coql", from: coqlModule(query), in: map[string]string{"select_query": query},
		safe: true, credits: coqlCredits(query),
	}
	got, err := c.do(ctx, r)
	if err != nil {
		return Page{}, err
	}
	found, err := got.rows("data")
	return Page{Records: found, More: got.info().Bool("more_records")}, err
}

var (
	fromClause  = regexp.MustCompile(`(?i)\bfrom\s+([A-Za-z][A-Za-z0-9_]{0,99})\b`)
	quotedText  = regexp.MustCompile(`'(?:[^'\\]|\\.)*'`)
	limitClause = regexp.MustCompile(`(?i)\blimit\s+(\d{1,9})(?:\s*,\s*(\d{1,9}))?`)
)

// coqlModule is the module that a query reads.
func coqlModule(query string) string {
	if m := fromClause.FindStringSubmatch(quotedText.ReplaceAllString(query, "''")); m != nil {
		return m[1]
	}
	return ""
}

// coqlCredits is the price by the query's limit: `limit n`, or `limit offset, n`.
func coqlCredits(query string) int {
	n := coqlLimit
	if found := limitClause.FindAllStringSubmatch(quotedText.ReplaceAllString(query, "''"), -1); found != nil {
		m := found[len(found)-1]
		n, _ = strconv.Atoi(m[len(m)-1])
		if m[2] == "" {
			n, _ = strconv.Atoi(m[1])
		}
	}
	switch {
	case n <= 200:
		return 1
	case n <= 1000:
		return 2
	}
	return 3
}

// Query runs a query to its end, Limit rows at a time. Without OrderBy the rows come by ascending id, each page asking
// for ids above the last, which neither loses nor repeats a row when others are written meanwhile and has no upper
// bound; column id is added where it is missing, and Where may have 24 conditions. With OrderBy or Offset the pages go
// by offset and end with PageLimit at 100,000, and do not grow.
func (c *Client) Query(ctx context.Context, s Select) iter.Seq2[Record, error] {
	byID := len(s.OrderBy) == 0 && s.Offset == 0
	s.Limit = s.limit()
	if byID {
		if s.Where.size() > 24 {
			return fail(refuse("a query by id takes 24 conditions"))
		}
		s.OrderBy = []Order{{Column: "id"}}
		if !slices.Contains(s.Columns, "id") {
			s.Columns = append([]string{"id"}, s.Columns...)
		}
	}
	return func(yield func(Record, error) bool) {
		last, page, grow := "", s, s.Grow
		if grow {
			page.Limit = min(max(s.Limit, s.First), coqlMost)
		}
		for {
			text, err := page.Text()
			var p Page
			if err == nil {
				p, err = c.COQL(ctx, text)
			}
			if grow && page.Limit > s.Limit && errors.Is(err, LimitExceeded) {
				grow, page.Limit = false, s.Limit // under the reading that 200 are the most
				continue
			}
			for _, r := range p.Records {
				if !yield(r, nil) {
					return
				}
			}
			switch {
			case err == nil && !p.More:
				return
			case err == nil && byID:
				last, err = lastID(p.Records, last)
				page.Where = All(s.Where, Greater("id", last))
				if grow {
					page.Limit = coqlMost
				}
			case err == nil:
				page, err = page.beyond(len(p.Records))
			}
			if err != nil {
				yield(nil, err)
				return
			}
		}
	}
}

// lastID gives the id of the last row, which must lie above the one before: otherwise the pages would never end.
func lastID(found []Record, before string) (string, error) {
	if len(found) == 0 {
		return "", reply{status: http.StatusOK}.unreadable()
	}
	id := found[len(found)-1].ID()
	above := len(id) > len(before) || len(id) == len(before) && id > before
	if !isID(id) || !above {
		return "", reply{status: http.StatusOK}.unreadable()
	}
	return id, nil
}

// beyond gives the query of the rows after the first n, as far as COQL reaches.
func (s Select) beyond(n int) (Select, error) {
	s.Limit, s.Offset = s.limit(), s.Offset+n
	s.Limit = min(s.Limit, coqlWindow-s.Offset)
	switch {
	case n == 0:
		return s, reply{status: http.StatusOK}.unreadable()
	case s.Limit <= 0:
		return s, &Error{Status: http.StatusOK, Kind: PageLimit, Message: "there are more rows than COQL reaches"}
	}
	return s, nil
}
