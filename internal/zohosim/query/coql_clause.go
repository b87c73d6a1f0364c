package query

import "strconv"

func (p *parser) groupBy(s *Select) *Problem {
	if !p.takeWord("group") {
		return nil
	}
	if !p.takeWord("by") {
		return p.unexpected()
	}
	for {
		column, problem := p.column()
		if problem != nil {
			return problem
		}
		s.Group = append(s.Group, column)
		if !p.takeSign(",") {
			return nil
		}
	}
}

func (p *parser) orderBy(s *Select) *Problem {
	if !p.takeWord("order") {
		return nil
	}
	if !p.takeWord("by") {
		return p.unexpected()
	}
	for {
		o, problem := p.orderKey(s)
		if problem != nil {
			return problem
		}
		if o.Desc = p.takeWord("desc"); !o.Desc {
			p.takeWord("asc")
		}
		s.Order = append(s.Order, o)
		if !p.takeSign(",") {
			return nil
		}
	}
}

// orderKey reads what to order by; an alias goes before a column of the same name.
func (p *parser) orderKey(s *Select) (Order, *Problem) {
	t := p.peek()
	if t.kind == tokText || t.kind == tokWord && !isKeyword(t.text) && !p.toks[p.pos+1].sign("(") {
		for _, out := range s.Columns {
			if out.Alias != "" && out.Alias == t.text {
				p.pos++
				return Order{Alias: t.text}, nil
			}
		}
	}
	out, problem := p.output()
	return Order{Func: out.Func, Column: out.Column}, problem
}

func (p *parser) limit(s *Select) *Problem {
	if p.takeWord("limit") {
		n, problem := p.count("limit")
		if problem != nil {
			return problem
		}
		s.Limit = n
	}
	if p.takeWord("offset") {
		n, problem := p.count("offset")
		if problem != nil {
			return problem
		}
		s.Offset = n
	}
	return nil
}

func (p *parser) count(clause string) (int, *Problem) {
	t := p.next()
	n, err := strconv.Atoi(t.text)
	if t.kind != tokNumber || err != nil || n < 0 {
		return 0, &Problem{
			Code: "INVALID_QUERY", Message: clause + " given seems to be invalid", Details: map[string]any{clause: t.text},
		}
	}
	return n, nil
}
