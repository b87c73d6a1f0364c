package query

import "strings"

// ParseCriteria reads the criteria of a search: conditions (field:operator:value) in brackets, joined by and/or. In values
// the characters ( ) , and \ are escaped by \; the values of in and between are parted by commas. Operators are not checked
// here, except that unknown ones are refused.
func ParseCriteria(text string) (Node, *Problem) {
	p := &criteriaParser{text: text}
	n, problem := p.chain(0)
	if problem != nil {
		return nil, problem
	}
	if p.pos < len(text) {
		return nil, p.invalid("unexpected text after the criteria")
	}
	return n, nil
}

type criteriaParser struct {
	text string
	pos  int
}

func (p *criteriaParser) invalid(reason string) *Problem {
	return &Problem{
		Code: "INVALID_QUERY", Message: "Invalid query formed",
		Details: map[string]any{"reason": reason, "api_name": "criteria", "value": strings.ToValidUTF8(p.text, "\uFFFD")},
	}
}

func (p *criteriaParser) blanks() {
	for p.pos < len(p.text) && p.text[p.pos] == ' ' {
		p.pos++
	}
}

func (p *criteriaParser) take(s string) bool {
	p.blanks()
	if len(p.text)-p.pos >= len(s) && strings.EqualFold(p.text[p.pos:p.pos+len(s)], s) {
		p.pos += len(s)
		return true
	}
	return false
}

// chain reads bracketed parts joined by and/or, the left ones bound first.
func (p *criteriaParser) chain(depth int) (Node, *Problem) {
	left, problem := p.bracket(depth)
	if problem != nil {
		return nil, problem
	}
	for {
		or := false
		switch {
		case p.take("and"):
		case p.take("or"):
			or = true
		default:
			p.blanks()
			return left, nil
		}
		right, problem := p.bracket(depth)
		if problem != nil {
			return nil, problem
		}
		left = &Join{Or: or, Left: left, Right: right}
	}
}

func (p *criteriaParser) bracket(depth int) (Node, *Problem) {
	if !p.take("(") || depth == maxDepth {
		return nil, p.invalid("brackets expected around a condition")
	}
	p.blanks()
	if p.pos < len(p.text) && p.text[p.pos] == '(' {
		n, problem := p.chain(depth + 1)
		if problem != nil {
			return nil, problem
		}
		if !p.take(")") {
			return nil, p.invalid("closing bracket expected")
		}
		return n, nil
	}
	return p.condition()
}

// condition reads field:operator:value) up to and with the closing bracket.
func (p *criteriaParser) condition() (Node, *Problem) {
	field, word, ok := p.fieldAndOperator()
	if !ok {
		return nil, p.invalid("field:operator:value expected")
	}
	path, ok := dotted(field)
	if !ok {
		return nil, p.invalid("field name expected")
	}
	op, ok := criteriaOps[strings.ToLower(word)]
	if !ok {
		return nil, &Problem{
			Code: "INVALID_QUERY", Message: "Invalid query formed",
			Details: map[string]any{"reason": "invalid operator", "api_name": field, "value": word},
		}
	}
	c := &Cond{Column: Column{Path: path}, Op: op, Word: strings.ToLower(word)}
	var problem *Problem
	if c.Values, problem = p.values(op == In || op == Between); problem != nil {
		return nil, problem
	}
	if op == Between && len(c.Values) != 2 {
		return nil, p.invalid("between takes two values")
	}
	return c, nil
}

func (p *criteriaParser) fieldAndOperator() (field, word string, ok bool) {
	rest := p.text[p.pos:]
	field, after, ok := strings.Cut(rest, ":")
	if !ok {
		return "", "", false
	}
	word, _, ok = strings.Cut(after, ":")
	if !ok || !plainWord(word) {
		return "", "", false
	}
	p.pos += len(field) + len(word) + 2
	return strings.TrimSpace(field), word, true
}

func plainWord(s string) bool {
	for i := range len(s) {
		if !isWordPart(s[i]) {
			return false
		}
	}
	return s != ""
}

// values reads unescaped values up to and with the closing bracket.
func (p *criteriaParser) values(list bool) ([]Value, *Problem) {
	var out []Value
	var b strings.Builder
	for ; p.pos < len(p.text); p.pos++ {
		switch c := p.text[p.pos]; {
		case c == '\\' && p.pos+1 < len(p.text) && strings.IndexByte(`(),\`, p.text[p.pos+1]) >= 0:
			p.pos++
			b.WriteByte(p.text[p.pos])
		case c == ')':
			p.pos++
			out = append(out, Value{Text: b.String()})
			if out[len(out)-1].Text == "" {
				return nil, p.invalid("empty value")
			}
			return out, nil
		case c == '(':
			return nil, p.invalid("brackets in a value must be escaped")
		case c == ',' && list:
			out = append(out, Value{Text: b.String()})
			b.Reset()
		default:
			b.WriteByte(c)
		}
	}
	return nil, p.invalid("closing bracket expected")
}

var criteriaOps = map[string]Op{
	"equals": Equal, "not_equal": NotEqual, "starts_with": StartsWith, "in": In, "between": Between,
	"greater_than": Greater, "greater_equal": GreaterEqual, "less_than": Less, "less_equal": LessEqual,
}
