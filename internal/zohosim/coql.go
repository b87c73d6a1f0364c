package zohosim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"heavyset.tech/platform/internal/zohosim/query"
)

// Limits of COQL. Source: Zoho CRM v8, "COQL Limitations".
const (
	coqlColumns    = 50
	coqlConditions = 25
	coqlOrders     = 10
	coqlLimit      = 200 // without a limit clause
)

// parseCOQL reads {"select_query":"…"}.
func (c *call) parseCOQL() *answer {
	var body map[string]any
	if err := json.Unmarshal(c.body, &body); err != nil {
		a := refuse("UNABLE_TO_PARSE_DATA_TYPE", "either the request body or parameters is in wrong format", nil)
		return &a
	}
	q, given := body["select_query"]
	if !given || q == nil {
		a := refuse("MANDATORY_NOT_FOUND", "required field not found", details{"api_name": "select_query"})
		return &a
	}
	text, ok := q.(string)
	if !ok {
		a := refuse("INVALID_DATA", "invalid data", details{"api_name": "select_query", "expected_data_type": "text"})
		return &a
	}
	s, bad := query.ParseCOQL(text)
	if bad != nil {
		a := refuse(bad.Code, bad.Message, bad.Details)
		return &a
	}
	c.ready = s
	return c.checkCOQL(s)
}

func (c *call) selected() *query.Select { return c.ready.(*query.Select) }

func (c *call) coqlModule() string { return c.selected().From }

// coqlCost goes by the limit asked for. Source: Zoho CRM v8, "API Limits".
func (c *call) coqlCost() int {
	switch n := c.selected().Limit; {
	case n > 1000:
		return 3
	case n > 200:
		return 2
	}
	return 1
}

// checkCOQL refuses queries over the limits of the language.
func (c *call) checkCOQL(s *query.Select) *answer {
	limit := func(n int, what string) *answer {
		a := refuse("LIMIT_EXCEEDED", "limit exceeded", details{"limit": n, "clause": what})
		return &a
	}
	conditions := query.Conditions(s.Where)
	switch {
	case s.Limit == 0:
		a := refuse("INVALID_DATA", "limit should be greater than 0", details{"limit": 0})
		return &a
	case s.Limit > c.sw.CoqlLimitMax:
		return limit(c.sw.CoqlLimitMax, "limit")
	case s.Offset+max(s.Limit, 0) > c.sw.CoqlOffsetWindow:
		return limit(c.sw.CoqlOffsetWindow, "offset")
	case len(s.Columns) > coqlColumns:
		return limit(coqlColumns, "select")
	case len(conditions) > coqlConditions:
		return limit(coqlConditions, "where")
	case len(s.Order) > coqlOrders:
		return limit(coqlOrders, "order by")
	}
	for _, cond := range conditions {
		if (cond.Op == query.In || cond.Op == query.NotIn) && len(cond.Values) > c.sw.CoqlInMax {
			return limit(c.sw.CoqlInMax, "in")
		}
	}
	return checkNames(s)
}

// checkNames refuses a column or an alias that is there twice.
func checkNames(s *query.Select) *answer {
	columns, aliases := map[string]bool{}, map[string]bool{}
	for _, o := range s.Columns {
		name := o.Column.String()
		if columns[name] {
			a := refuse("DUPLICATE_DATA", "duplicate column", details{"column_name": name})
			return &a
		}
		if o.Alias != "" && aliases[o.Alias] {
			a := refuse("DUPLICATE_ALIAS", "duplicate alias", details{"alias": o.Alias})
			return &a
		}
		columns[name], aliases[o.Alias] = true, true
	}
	return nil
}

// runCOQL answers POST /coql, from the live records. Source: Zoho CRM v8, "Get Records through COQL Query".
func (c *call) runCOQL() answer {
	s := c.selected()
	p := plan{limit: s.Limit, offset: s.Offset}
	if p.limit < 0 {
		p.limit = min(coqlLimit, c.sw.CoqlLimitMax)
	}
	relations := map[string]bool{}
	var outputs []column
	for _, o := range s.Columns {
		col, refused := c.column(o.Column, relations)
		if refused == nil && col.f.api == "Participants" {
			refused = badColumn(col.name, "", "unsupported column")
		}
		if refused != nil {
			return *refused
		}
		col.name = o.Name()
		outputs = append(outputs, col)
	}
	if refused := c.planCOQL(s, &p, relations); refused != nil {
		return *refused
	}
	p.match = c.withoutConverted(s, p.match)
	if len(relations) > c.sw.CoqlRelationsMax {
		return refuse("LIMIT_EXCEEDED", "limit exceeded", details{"limit": c.sw.CoqlRelationsMax, "clause": "join"})
	}
	rows, more := p.run(c.module.table)
	if len(rows) == 0 {
		return noContent
	}
	b := []byte(`{"data":[`)
	for i, r := range rows {
		if i > 0 {
			b = append(b, ',')
		}
		b = c.appendRow(b, r, outputs)
	}
	b = strconv.AppendInt(append(b, `],"info":{"count":`...), int64(len(rows)), 10)
	b = strconv.AppendBool(appendKey(b, "more_records"), more)
	return rawAnswer(http.StatusOK, append(b, "}}"...))
}

// planCOQL compiles where and order by.
func (c *call) planCOQL(s *query.Select, p *plan, relations map[string]bool) (refused *answer) {
	p.match, refused = c.compile(s.Where, func(cond *query.Cond) (func(*record) bool, *answer) {
		col, refused := c.column(cond.Column, relations)
		if refused != nil {
			return nil, refused
		}
		if refused := queryable(col, cond); refused != nil {
			return nil, refused
		}
		return c.test(col, cond, true)
	})
	if refused != nil {
		return refused
	}
	for _, o := range s.Order {
		col, refused := c.column(o.Column, relations)
		if refused != nil {
			return refused
		}
		if col.f.kind == kindJSON {
			return badColumn(col.name, "", "unsupported column in order by")
		}
		p.orders = append(p.orders, sorting{col, o.Desc})
	}
	p.exact = c.sw.CoqlTextCase == "exact"
	c.narrowRange(s.Where, p)
	p.useSpan(c.module.table)
	return nil
}

// column finds what a column's name means: a field, or a field of a record or user that a lookup points at.
func (c *call) column(name query.Column, relations map[string]bool) (column, *answer) {
	m, f := c.module, c.module.byAPI[name.Path[0]]
	if f == nil {
		return column{}, badColumn(name.String(), "", "the column name given seems to be invalid")
	}
	col := own(m, f)
	for i, part := range name.Path[1:] {
		prefix := query.Column{Path: name.Path[:i+1], Via: name.Via}
		if i > 0 {
			prefix.Via = ""
		}
		relations[prefix.String()] = true
		via := ""
		if i == 0 {
			via = name.Via
		}
		next, ok := c.step(col, part, via)
		if !ok {
			return column{}, badColumn(name.String(), "", "the column name given seems to be invalid")
		}
		col = next
	}
	col.name = name.String()
	return col, nil
}

// step follows a lookup to a field of what it points at. Lookups into several modules need to be told which, via.
func (c *call) step(from column, name, via string) (column, bool) {
	if from.f.dataType == "ownerlookup" || from.f.dataType == "userlookup" {
		return c.userColumn(from, name)
	}
	if !from.f.lookup() || from.f.kind != kindRef {
		return column{}, false
	}
	several := from.f.dataType == "multi_module_lookup" || from.f.api == "What_Id"
	api := via
	switch {
	case several && via == "":
		return column{}, false
	case !several && via == "":
		api = from.f.targets[0]
	case !several:
		return column{}, false
	}
	m := c.org.byAPI[api]
	if m == nil || m.byAPI[name] == nil {
		return column{}, false
	}
	f := m.byAPI[name]
	return column{m: m, f: f, get: func(r *record) (cell, bool) {
		ref, ok := from.get(r)
		if !ok || ref.str != "" && ref.str != api {
			return cell{}, false
		}
		other := m.table.rows[ref.num]
		if other == nil {
			return cell{}, false
		}
		return valueOf(m, other, f)
	}}, true
}

// userColumn is a field of the user that a lookup points at.
func (c *call) userColumn(from column, name string) (column, bool) {
	read := map[string]func(*user) cell{
		"id":         func(u *user) cell { return cell{kind: kindInt, num: u.id} },
		"first_name": func(u *user) cell { return textCell(u.first) },
		"last_name":  func(u *user) cell { return textCell(u.last) },
		"full_name":  func(u *user) cell { return textCell(u.name()) },
		"email":      func(u *user) cell { return textCell(u.email) },
	}[name]
	if read == nil {
		return column{}, false
	}
	f := &field{api: name, dataType: "text", kind: kindText}
	if name == "id" {
		f.dataType, f.kind = "bigint", kindInt
	}
	o := c.org
	return column{f: f, get: func(r *record) (cell, bool) {
		ref, ok := from.get(r)
		u := o.user(ref.num)
		if !ok || u == nil {
			return cell{}, false
		}
		return read(u), true
	}}, true
}

// queryable refuses columns that criteria don't take, and operators that don't fit the column.
func queryable(col column, cond *query.Cond) *answer {
	f := col.f
	if f.dataType == "textarea" || f.kind == kindJSON || f.dataType == "profileimage" || f.api == "Participants" {
		return badColumn(col.name, cond.Word, "unsupported column in criteria")
	}
	switch cond.Op {
	case query.IsNull, query.NotNull, query.Equal, query.NotEqual:
		return nil
	case query.In, query.NotIn:
		if f.kind != kindBool {
			return nil
		}
	case query.Like, query.NotLike:
		if f.kind == kindText && cond.Values[0].Quoted {
			return nil
		}
	default:
		if f.kind != kindText && f.kind != kindBool && f.kind != kindRef {
			return nil
		}
	}
	return badColumn(col.name, cond.Word, "the operator does not fit the column")
}

// appendRow writes a row of the answer. id is always there.
func (c *call) appendRow(b []byte, r *record, outputs []column) []byte {
	b = append(b, '{')
	if !slices.ContainsFunc(outputs, func(o column) bool { return o.name == "id" }) {
		b = appendQuoted(appendKey(b, "id"), formatID(r.id))
	}
	v := view{org: c.org, place: c.user.place}
	for _, o := range outputs {
		b = appendKey(b, o.name)
		value, ok := o.get(r)
		switch {
		case !ok:
			b = append(b, o.f.emptyValue()...)
		case value.kind == kindRef && !c.sw.CoqlLookupName:
			b = append(appendQuoted(appendKey(append(b, '{'), "id"), formatID(value.num)), '}')
		case o.f.sys == sysOwner || o.f.sys == sysCreatedBy || o.f.sys == sysModifiedBy:
			b = v.appendUser(b, value.num)
		case o.f.sys == sysID:
			b = appendQuoted(b, formatID(value.num))
		default:
			b = v.appendCell(b, o.f, value)
		}
	}
	return append(b, '}')
}
