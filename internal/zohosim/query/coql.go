package query

import "strings"

// Select is a COQL query. Limit is -1 where the text has none. View is the id of a custom view: from Leads#5725767000000091501.
type Select struct {
	Columns       []Output
	From, View    string
	Where         Node
	Group         []Column
	Order         []Order
	Limit, Offset int
}

// Output is a column of the answer, or an aggregate function of one, perhaps under another name. Func is as it was written.
type Output struct {
	Func   string
	Column Column
	Alias  string
}

// Name is the key of the column in the answer.
func (o Output) Name() string {
	if o.Alias != "" {
		return o.Alias
	}
	return o.Text()
}

// Text gives the output without its alias.
func (o Output) Text() string {
	if o.Func != "" {
		return o.Func + "(" + o.Column.String() + ")"
	}
	return o.Column.String()
}

// Order is one key of "order by": a column, an aggregate function of one, or the alias of an output.
type Order struct {
	Func   string
	Column Column
	Alias  string
	Desc   bool
}

// Name gives the key as Output.Name gives an output.
func (o Order) Name() string { return Output{Func: o.Func, Column: o.Column, Alias: o.Alias}.Name() }

// ParseCOQL reads a query. Zoho wants brackets around every pair of more than two conditions, requires a where clause, and
// has no bare true or null.
func ParseCOQL(text string) (*Select, *Problem) {
	toks, problem := tokens(text)
	if problem != nil {
		return nil, problem
	}
	p := &parser{text: text, toks: toks}
	s, problem := p.query()
	if problem != nil {
		return nil, problem
	}
	return s, nil
}

// parser walks the tokens. Its methods return a *Problem that ends the parsing.
type parser struct {
	text string
	toks []token
	pos  int
}

func (p *parser) peek() token { return p.toks[p.pos] }

func (p *parser) next() token {
	t := p.toks[p.pos]
	if t.kind != tokEnd {
		p.pos++
	}
	return t
}

func (p *parser) takeWord(word string) bool {
	if p.peek().is(word) {
		p.pos++
		return true
	}
	return false
}

func (p *parser) takeSign(s string) bool {
	if p.peek().sign(s) {
		p.pos++
		return true
	}
	return false
}

func (p *parser) unexpected() *Problem { return syntaxError(p.text, p.peek()) }

func missingClause(clause string) *Problem {
	return &Problem{Code: "SYNTAX_ERROR", Message: "missing clause", Details: map[string]any{"clause": clause}}
}

func (p *parser) query() (*Select, *Problem) {
	if !p.takeWord("select") {
		if p.peek().kind == tokWord {
			return nil, &Problem{
				Code: "SYNTAX_ERROR", Message: "given coql query not supported", Details: map[string]any{},
			}
		}
		return nil, missingClause("select")
	}
	s := &Select{Limit: -1}
	for _, clause := range []func(*Select) *Problem{p.outputs, p.from, p.where, p.groupBy, p.orderBy, p.limit} {
		if problem := clause(s); problem != nil {
			return nil, problem
		}
	}
	if p.peek().kind != tokEnd {
		return nil, p.unexpected()
	}
	return s, nil
}

func (p *parser) outputs(s *Select) *Problem {
	for {
		out, problem := p.output()
		if problem != nil {
			return problem
		}
		if p.takeWord("as") {
			if problem := p.alias(&out); problem != nil {
				return problem
			}
		}
		s.Columns = append(s.Columns, out)
		if !p.takeSign(",") {
			return nil
		}
	}
}

// output reads a column or a function of one: SUM(Amount).
func (p *parser) output() (out Output, problem *Problem) {
	t := p.peek()
	if t.kind == tokWord && !isKeyword(t.text) && p.toks[p.pos+1].sign("(") {
		if strings.Contains(t.text, ".") {
			return out, p.unexpected()
		}
		p.pos += 2
		out.Func = t.text
		if out.Column, problem = p.column(); problem != nil {
			return out, problem
		}
		if !p.takeSign(")") {
			return out, p.unexpected()
		}
		return out, nil
	}
	out.Column, problem = p.column()
	return out, problem
}

// alias reads a word, or anything but nothing in quotes.
func (p *parser) alias(out *Output) *Problem {
	t := p.next()
	if t.kind == tokText && t.text != "" || t.kind == tokWord && !isKeyword(t.text) {
		out.Alias = t.text
		return nil
	}
	message := "alias name seems to be invalid"
	if t.text == "" {
		message = "alias name cannot be an empty string"
	}
	return &Problem{
		Code: "INVALID_ALIAS", Message: message,
		Details: map[string]any{"column_name": out.Column.String(), "alias": t.text},
	}
}

func (p *parser) from(s *Select) *Problem {
	if !p.takeWord("from") {
		if p.peek().kind == tokEnd || p.peek().is("where") {
			return missingClause("from")
		}
		return p.unexpected()
	}
	t := p.peek()
	if t.kind != tokWord || isKeyword(t.text) || strings.Contains(t.text, ".") {
		return p.unexpected()
	}
	p.pos++
	s.From = t.text
	if p.takeSign("#") {
		t = p.peek()
		if t.kind != tokNumber {
			return p.unexpected()
		}
		p.pos++
		s.View = t.text
	}
	return nil
}

func (p *parser) where(s *Select) *Problem {
	if !p.takeWord("where") {
		if t := p.peek(); t.kind == tokEnd || t.is("group") || t.is("order") || t.is("limit") || t.is("offset") {
			return missingClause("where")
		}
		return p.unexpected()
	}
	var problem *Problem
	s.Where, problem = p.condition(0)
	return problem
}

// condition reads "a", "(a)", "a and b" or "a or b", where a and b are single conditions or in brackets. It never reads a third
// one on the same level, so that whoever called it finds an "and" where none may be: the error that Zoho makes of it.
func (p *parser) condition(depth int) (Node, *Problem) {
	left, problem := p.operand(depth)
	if problem != nil {
		return nil, problem
	}
	or := p.peek().is("or")
	if !or && !p.peek().is("and") {
		return left, nil
	}
	p.pos++
	right, problem := p.operand(depth)
	if problem != nil {
		return nil, problem
	}
	return &Join{Or: or, Left: left, Right: right}, nil
}

func (p *parser) operand(depth int) (Node, *Problem) {
	if !p.peek().sign("(") {
		return p.comparison()
	}
	if depth == maxDepth {
		return nil, p.unexpected()
	}
	p.pos++
	n, problem := p.condition(depth + 1)
	if problem != nil {
		return nil, problem
	}
	if !p.takeSign(")") {
		return nil, p.unexpected()
	}
	return n, nil
}

func (p *parser) comparison() (Node, *Problem) {
	column, problem := p.column()
	if problem != nil {
		return nil, problem
	}
	c := &Cond{Column: column}
	problem = p.operator(c)
	if problem == nil {
		problem = p.values(c)
	}
	return c, problem
}

// operator reads the operator into c.
func (p *parser) operator(c *Cond) *Problem {
	t := p.peek()
	switch {
	case t.kind == tokSign:
		op, ok := signs[t.text]
		if !ok {
			return &Problem{
				Code: "SYNTAX_ERROR", Message: "operator not supported", Details: map[string]any{"operator": t.text},
			}
		}
		p.pos++
		c.Op, c.Word = op, t.text
		return nil
	case p.takeWord("is"):
		c.Op, c.Word = IsNull, "is null"
		if p.takeWord("not") {
			c.Op, c.Word = NotNull, "is not null"
		}
		if !p.takeWord("null") {
			return p.unexpected()
		}
		return nil
	}
	not := p.takeWord("not")
	for _, w := range words {
		if p.takeWord(w.word) {
			c.Op, c.Word = w.op, w.word
			if not {
				c.Op, c.Word = w.negated, "not "+w.word
			}
			return nil
		}
	}
	if t := p.peek(); t.kind == tokWord && !not && !isKeyword(t.text) {
		return &Problem{
			Code: "SYNTAX_ERROR", Message: "operator not supported", Details: map[string]any{"operator": t.text},
		}
	}
	return p.unexpected()
}

// values reads as many literals as the operator takes.
func (p *parser) values(c *Cond) *Problem {
	switch c.Op {
	case IsNull, NotNull:
		return nil
	case Between, NotBetween:
		if problem := p.literal(c); problem != nil {
			return problem
		}
		if !p.takeWord("and") {
			return p.unexpected()
		}
		return p.literal(c)
	case In, NotIn:
		if !p.takeSign("(") {
			return p.unexpected()
		}
		for {
			if problem := p.literal(c); problem != nil {
				return problem
			}
			if p.takeSign(")") {
				return nil
			}
			if !p.takeSign(",") {
				return p.unexpected()
			}
		}
	default:
		return p.literal(c)
	}
}

func (p *parser) literal(c *Cond) *Problem {
	t := p.peek()
	if t.kind != tokText && t.kind != tokNumber {
		return p.unexpected()
	}
	p.pos++
	c.Values = append(c.Values, Value{Text: t.text, Quoted: t.kind == tokText})
	return nil
}

// column reads a field name, perhaps dotted. In quotes it may be a word of the language, or lead through a lookup into several
// modules.
func (p *parser) column() (Column, *Problem) {
	t := p.peek()
	c, ok := Column{}, false
	switch {
	case t.kind == tokText && strings.Contains(t.text, "->"):
		c, ok = arrowColumn(t.text)
	case t.kind == tokText, t.kind == tokWord && !isKeyword(t.text):
		c.Path, ok = dotted(t.text)
	}
	if !ok {
		return Column{}, p.unexpected()
	}
	p.pos++
	return c, nil
}

func arrowColumn(text string) (Column, bool) {
	lookup, rest, _ := strings.Cut(text, "->")
	if strings.Contains(lookup, ".") {
		return Column{}, false
	}
	path, ok := dotted(lookup + "." + rest)
	if !ok || len(path) < 3 {
		return Column{}, false
	}
	return Column{Path: append(path[:1:1], path[2:]...), Via: path[1]}, true
}

// dotted cuts a.b.c; every part must be a name.
func dotted(text string) ([]string, bool) {
	path := strings.Split(text, ".")
	for _, part := range path {
		if part == "" || !isWordStart(part[0]) {
			return nil, false
		}
		for i := range len(part) {
			if !isWordPart(part[i]) {
				return nil, false
			}
		}
	}
	return path, true
}

var signs = map[string]Op{
	"=": Equal, "!=": NotEqual, ">": Greater, ">=": GreaterEqual, "<": Less, "<=": LessEqual,
}

var words = []struct {
	word        string
	op, negated Op
}{{"between", Between, NotBetween}, {"in", In, NotIn}, {"like", Like, NotLike}}

func isKeyword(s string) bool {
	switch strings.ToLower(s) {
	case "select", "from", "where", "and", "or", "not", "in", "is", "null", "like", "between", "order", "group", "by",
		"asc", "desc", "limit", "offset", "as", "having":
		return true
	}
	return false
}
