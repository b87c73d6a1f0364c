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
	coqlGroups     = 4
	coqlAggregates = 5
	coqlLimit      = 200 // without a limit clause
)

// coqlAsk is the body of POST /coql.
type coqlAsk struct {
	*query.Select
	meta bool // include_meta: ["fields"]
}

// parseCOQL reads {"select_query":"…","include_meta":["fields"]}.
func (c *call) parseCOQL() *answer {
	var body map[string]any
	if err := json.Unmarshal(c.body, &body); err != nil {
		a := refuse("UNABLE_TO_PARSE_DATA_TYPE", "either the request body or parameters is in wrong format", nil)
		return &a
	}
	q, given := body["select_query"]
	if !given || q == nil {
		a := refuse("MANDATORY_NOT_FOUND", "mandatory key not found", details{"api_name": "select_query"})
		return &a
	}
	text, ok := q.(string)
	if !ok {
		a := refuse("INVALID_DATA", "invalid data", details{
			"expected_data_type": "text", "api_name": "select_query", "json_path": "$.select_query",
		})
		return &a
	}
	meta, refused := readIncludeMeta(body["include_meta"])
	if refused != nil {
		return refused
	}
	s, bad := query.ParseCOQL(text)
	if bad != nil {
		a := refuse(bad.Code, bad.Message, bad.Details)
		return &a
	}
	c.ready = coqlAsk{s, meta}
	return c.checkCOQL(s)
}

// readIncludeMeta reads include_meta, which may only be ["fields"].
func readIncludeMeta(v any) (meta bool, refused *answer) {
	if v == nil {
		return false, nil
	}
	d := details{"api_name": "include_meta", "json_path": "$.include_meta"}
	list, ok := v.([]any)
	switch {
	case !ok:
		d["expected_data_type"] = "jsonarray"
	case len(list) == 0:
		d["minimum_length"] = 1
	case len(list) > 1:
		d["maximum_length"] = 1
	case list[0] == "fields":
		return true, nil
	default:
		d["json_path"], d["supported_values"] = "$.include_meta[0]", []string{"fields"}
		if _, isText := list[0].(string); !isText {
			d["expected_data_type"] = "text"
		}
	}
	a := refuse("INVALID_DATA", "invalid data", d)
	return false, &a
}

func (c *call) selected() coqlAsk { return c.ready.(coqlAsk) }

func (c *call) coqlModule() string { return c.selected().From }

// coqlNeeds are the scopes of a query: its module's, and that of fields where it asks for their metadata.
func (c *call) coqlNeeds() []scope {
	needs := onModule([]string{"READ"}, "ZohoCRM.coql.READ")(c)
	if c.selected().meta {
		needs = append(needs, need("ZohoCRM.settings.fields.READ"))
	}
	return needs
}

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
	conditions := query.Conditions(s.Where)
	aggregates := 0
	for _, o := range s.Columns {
		if o.Func != "" {
			aggregates++
		}
	}
	if s.Limit == 0 {
		a := refuse("INVALID_DATA", "limit should be greater than 0", nil)
		return &a
	}
	for _, l := range []struct {
		have, limit int
		clause      string
	}{
		{s.Limit, c.sw.CoqlLimitMax, "limit"},
		{s.Offset + max(s.Limit, 0), c.sw.CoqlOffsetWindow, "offset"},
		{len(s.Columns), coqlColumns, "select"},
		{aggregates, coqlAggregates, "aggregate"},
		{len(conditions), coqlConditions, "where"},
		{len(s.Group), coqlGroups, "group by"},
		{len(s.Order), coqlOrders, "order by"},
	} {
		if l.have > l.limit {
			return overLimit(l.limit, l.clause)
		}
	}
	for _, cond := range conditions {
		if (cond.Op == query.In || cond.Op == query.NotIn) && len(cond.Values) > c.sw.CoqlInMax {
			return overLimit(c.sw.CoqlInMax, "in")
		}
	}
	return checkNames(s)
}

func overLimit(n int, clause string) *answer {
	a := refuse("LIMIT_EXCEEDED", "limit exceeded", details{"limit": n, "clause": clause})
	return &a
}

// checkNames refuses columns, functions and aliases that are there twice, and aliases that are also a column's name.
func checkNames(s *query.Select) *answer {
	texts, aliases := map[string]bool{}, map[string]string{}
	for _, o := range s.Columns {
		if texts[o.Text()] {
			return twice(o)
		}
		texts[o.Text()] = true
		if o.Alias == "" {
			continue
		}
		if first, there := aliases[o.Alias]; there {
			a := refuse("DUPLICATE_ALIAS", "same alias cannot refer more than one column", details{
				"alias": o.Alias, "referred_columns": []string{first, o.Text()},
			})
			return &a
		}
		aliases[o.Alias] = o.Text()
	}
	for _, o := range s.Columns {
		if first, there := aliases[o.Text()]; there && o.Alias == "" {
			a := refuse("INVALID_QUERY", "column name or property name given in select columns without alias name cannot be "+
				"an alias name for other select columns", details{"column_name": first, "alias": o.Text()})
			return &a
		}
	}
	var keys []query.Output
	for _, col := range s.Group {
		keys = append(keys, query.Output{Column: col})
	}
	if refused := checkKeys(keys, "duplicate group by column"); refused != nil {
		return refused
	}
	keys = nil
	for _, o := range s.Order {
		keys = append(keys, query.Output{Func: o.Func, Column: o.Column, Alias: o.Alias})
	}
	return checkKeys(keys, "duplicate order by column")
}

func twice(o query.Output) *answer {
	d, message := details{"column_name": o.Column.String()}, "duplicate select column"
	if o.Func != "" {
		d["aggregate"], message = o.Func, "duplicate aggregate function"
	}
	a := refuse("DUPLICATE_DATA", message, d)
	return &a
}

// checkKeys refuses a key of group by or order by that is there twice.
func checkKeys(keys []query.Output, message string) *answer {
	for i, k := range keys {
		if slices.ContainsFunc(keys[:i], func(o query.Output) bool { return o.Name() == k.Name() }) {
			a := refuse("DUPLICATE_DATA", message, details{"column_name": k.Name()})
			return &a
		}
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
	outputs, refused := c.coqlOutputs(s.Select, relations)
	if refused == nil {
		refused = c.planCOQL(s.Select, &p, relations)
	}
	var g *grouping
	if refused == nil && grouped(s.Select) {
		g, refused = c.groupCOQL(s.Select, outputs, relations)
	} else if refused == nil {
		p.orders, refused = c.coqlOrders(s.Select, outputs, relations)
	}
	if refused != nil {
		return *refused
	}
	p.match = c.withoutConverted(s.Select, p.match)
	if len(relations) > c.sw.CoqlRelationsMax {
		return *overLimit(c.sw.CoqlRelationsMax, "join")
	}
	var b []byte
	n, more := 0, false
	if g != nil {
		b, n, more = c.appendGroups(g.run(p, c.module.table), p, outputs)
	} else {
		b, n, more = c.appendRows(p, outputs)
	}
	if n == 0 {
		return noContent
	}
	if s.meta {
		b = appendFieldMeta(append(b, `],"fields":{`...), outputs)
		b = append(b, `},"info":{"count":`...)
	} else {
		b = append(b, `],"info":{"count":`...)
	}
	b = strconv.AppendInt(b, int64(n), 10)
	b = strconv.AppendBool(appendKey(b, "more_records"), more)
	return rawAnswer(http.StatusOK, append(b, "}}"...))
}

// appendRows writes the records of the page.
func (c *call) appendRows(p plan, outputs []output) (b []byte, n int, more bool) {
	rows, more := p.run(c.module.table)
	b = []byte(`{"data":[`)
	for i, r := range rows {
		if i > 0 {
			b = append(b, ',')
		}
		b = c.appendRow(b, r, outputs)
	}
	return b, len(rows), more
}

// appendFieldMeta writes the metadata of the fields that were selected, by the names they have in the answer.
func appendFieldMeta(b []byte, outputs []output) []byte {
	for _, o := range outputs {
		if o.fn == "" && o.f.wire != nil {
			b = append(appendKey(b, o.name), o.f.wire()...)
		}
	}
	return b
}

// planCOQL compiles where.
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
	if refused == nil && s.View != "" {
		refused = c.narrowToView(s.View, p)
	}
	if refused != nil {
		return refused
	}
	p.exact = c.sw.CoqlTextCase == "exact"
	c.narrowRange(s.Where, p)
	p.useSpan(c.module.table)
	return nil
}

// narrowToView lets through only what a custom view shows: from Leads#5725767000000091501.
func (c *call) narrowToView(id string, p *plan) *answer {
	view := c.view(c.module, id)
	if view == nil {
		a := refuse("INVALID_QUERY", "the custom view id given seems to be invalid", details{"cvid": id})
		return &a
	}
	shown, refused := c.viewTest(view)
	if refused != nil {
		return refused
	}
	match := p.match
	p.match = func(r *record) bool { return match(r) && shown(r) }
	return nil
}

// coqlOrders compiles order by of a query without groups.
func (c *call) coqlOrders(s *query.Select, outputs []output, relations map[string]bool) (orders []sorting, refused *answer) {
	for _, o := range s.Order {
		col, refused := c.orderColumn(o, outputs, relations)
		if refused != nil {
			return nil, refused
		}
		orders = append(orders, sorting{col, o.Desc})
	}
	return orders, nil
}

// orderColumn finds what a key of order by means.
func (c *call) orderColumn(o query.Order, outputs []output, relations map[string]bool) (column, *answer) {
	if o.Func != "" {
		return column{}, misplaced(o.Name(), "order by")
	}
	i := slices.IndexFunc(outputs, func(out output) bool { return o.Alias != "" && out.name == o.Alias })
	col, refused := column{}, (*answer)(nil)
	if i >= 0 {
		col = outputs[i].column
	} else {
		col, refused = c.column(o.Column, relations)
	}
	if refused == nil && col.f.kind == kindJSON {
		return column{}, misplaced(col.name, "order by")
	}
	return col, refused
}

// misplaced is INVALID_QUERY about a column in a clause where it may not be.
func misplaced(name, clause string) *answer {
	a := refuse("INVALID_QUERY", "unsupported column", details{"column_name": name, "clause": clause})
	return &a
}
