package zohosim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"heavyset.tech/platform/internal/zohosim/query"
)

const searchReaches = 2_000

func (c *call) searchCost() int { return c.sw.SearchCredits }

// search answers GET /{module}/search. It looks into an index that lags behind by switch index_lag_seconds.
// Source: Zoho CRM v8, "Search Records".
func (c *call) search() answer {
	if !flag(c.module.meta, "global_search_supported", true) {
		return refuse("NOT_SUPPORTED", "search is not supported for this module", details{"resource_path_index": 0})
	}
	fields, specials, refused := c.fieldList()
	if refused != nil {
		return *refused
	}
	page, perPage, refused := c.paging()
	if refused != nil {
		return *refused
	}
	if page*perPage > searchReaches {
		return refuse("LIMIT_REACHED", "maximum response iteration limit reached", details{"limit": searchReaches})
	}
	var q listing
	if refused := c.readSorting(&q); refused != nil {
		return *refused
	}
	keep, refused := c.filters()
	if refused != nil {
		return *refused
	}
	match, glimpse, refused := c.matcher()
	if refused != nil {
		return *refused
	}
	if match == nil {
		return refuse("EXPECTED_PARAM_MISSING", "one of the expected parameters is missing", details{
			"param_names": []string{"criteria", "email", "phone", "word"},
		})
	}
	rows, more := c.indexed(q, (page-1)*perPage, perPage, c.passing(glimpse), func(r *record) bool { return keep(r) && match(r) })
	if len(rows) == 0 {
		return noContent
	}
	v := view{org: c.org, place: c.user.place}
	b := []byte(`{"data":[`)
	for i, r := range rows {
		if i > 0 {
			b = append(b, ',')
		}
		if c.query.Get("fields") == "" {
			b = v.appendWhole(b, c.module, r)
		} else {
			b = v.appendRecord(b, c.module, r, fields, specials, true)
		}
	}
	b = strconv.AppendInt(append(b, `],"info":{"per_page":`...), int64(perPage), 10)
	b = strconv.AppendInt(appendKey(b, "count"), int64(len(rows)), 10)
	b = strconv.AppendInt(appendKey(b, "page"), int64(page), 10)
	b = strconv.AppendBool(appendKey(b, "more_records"), more)
	return rawAnswer(http.StatusOK, append(b, "}}"...))
}

// parseSearch reads the parameters of POST /{module}/bulk/search from the body, where switch bulk_search says that there is such
// a path. Source: O2/module_search.
func (c *call) parseSearch() *answer {
	if c.sw.BulkSearch == "absent" {
		a := invalidURL()
		return &a
	}
	var body map[string]any
	if err := json.Unmarshal(c.body, &body); err != nil && len(c.body) > 0 {
		a := refuse("UNABLE_TO_PARSE_DATA_TYPE", "either the request body or parameters is in wrong format", nil)
		return &a
	}
	for name, v := range body {
		text, isText := v.(string)
		if !isText {
			text = jsonText(v)
		}
		c.query.Set(name, text)
	}
	return nil
}

// indexed walks the records as the search index sees them: those changed within the lag as they were before. Those that pass
// lets it pass over do not match.
func (c *call) indexed(q listing, skip, want int, pass func(id int64) bool, match func(*record) bool) (rows []*record, more bool) {
	stale := c.stale()
	take := func(r *record) bool {
		if !match(r) {
			return true
		}
		if skip--; skip >= 0 {
			return true
		}
		if len(rows) == want {
			more = true
			return false
		}
		rows = append(rows, r)
		return true
	}
	if len(stale) == 0 {
		for e := range q.index.between(firstEntry, lastEntry, q.desc) {
			if !pass(e.id) && !take(e.rec) {
				break
			}
		}
		return rows, more
	}
	// Rare: merge the old versions in by sorting all of them.
	var seen ordered
	for e := range q.index.between(firstEntry, lastEntry, false) {
		if _, changed := stale[e.id]; !changed {
			seen.put(e)
		}
	}
	for id, r := range stale {
		if r != nil {
			seen.put(entry{key: sortKey(r, q.sortBy), id: id, rec: r})
		}
	}
	for e := range seen.between(firstEntry, lastEntry, q.desc) {
		if !take(e.rec) {
			break
		}
	}
	return rows, more
}

func sortKey(r *record, by string) int64 {
	switch by {
	case "Created_Time":
		return r.created
	case "Modified_Time":
		return r.modified
	}
	return r.id
}

// stale gives, for records changed within the lag, what the index still has of them: nil for nothing.
func (c *call) stale() map[int64]*record {
	lag := time.Duration(c.sw.IndexLagSeconds * float64(time.Second))
	if lag <= 0 {
		return nil
	}
	from := c.now.Add(-lag).UnixMilli()
	out := map[int64]*record{}
	for _, v := range slices.Backward(c.module.table.versions) {
		if v.at <= from {
			break
		}
		out[v.id] = v.before
	}
	return out
}

// matcher reads what to look for: criteria, email, phone or word, whichever comes first. match is nil if none is given, glimpse
// if there is none.
func (c *call) matcher() (match func(*record) bool, glimpse func(text string) bool, refused *answer) {
	anywhere := func(value string, least int, types ...string) (func(*record) bool, func(string) bool, *answer) {
		match, refused := c.anyField(value, least, types...)
		return match, func(text string) bool { return strings.Contains(text, fold(value)) }, refused
	}
	switch {
	case c.query.Get("criteria") != "":
		return c.criteria(c.query.Get("criteria"))
	case c.query.Get("email") != "":
		return anywhere(c.query.Get("email"), 1, "email")
	case c.query.Get("phone") != "":
		match, refused = c.phone(c.query.Get("phone"))
		return match, nil, refused
	case c.query.Get("word") != "":
		return anywhere(c.query.Get("word"), 2, "text", "textarea", "email", "phone", "website", "picklist", "autonumber")
	}
	return nil, nil, nil
}

func badParam(name, value, reason string) *answer {
	a := refuse("INVALID_QUERY", "Invalid query formed", details{"reason": reason, "api_name": name, "value": value})
	return &a
}

// anyField looks for text in any field of some data types.
func (c *call) anyField(value string, least int, types ...string) (func(*record) bool, *answer) {
	if len([]rune(value)) < least {
		return nil, badParam("word", value, "the value is too short")
	}
	wanted := newNeedle(value)
	keys := make([]bool, len(c.sim.names.list))
	for _, f := range c.module.fields {
		if f.textual() && slices.Contains(types, f.dataType) {
			keys[f.key] = true
		}
	}
	return func(r *record) bool {
		for i := range r.cells {
			if cell := &r.cells[i]; cell.kind == kindText && keys[cell.field] && wanted.in(cell.str) {
				return true
			}
		}
		return false
	}, nil
}

// phone looks for a number in any phone field: its digits, or as it is written where switch search_phone says verbatim.
func (c *call) phone(value string) (func(*record) bool, *answer) {
	if len(value) < 3 || strings.Trim(value, "0123456789 -().+") != "" {
		return nil, badParam("phone", value, "digits, blanks and -().+ are allowed, at least three of them")
	}
	var fields []*field
	for _, f := range c.module.fields {
		if f.dataType == "phone" && f.kind == kindText {
			fields = append(fields, f)
		}
	}
	want := digits(value)
	return func(r *record) bool {
		for _, f := range fields {
			have, ok := r.get(f.key)
			switch {
			case !ok:
			case c.sw.SearchPhone == "verbatim" && strings.Contains(have.str, value),
				c.sw.SearchPhone == "digits" && want != "" && strings.Contains(digits(have.str), want):
				return true
			}
		}
		return false
	}, nil
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// criteria compiles the criteria of a search.
func (c *call) criteria(text string) (match func(*record) bool, glimpse func(text string) bool, refused *answer) {
	n, bad := query.ParseCriteria(text)
	if bad != nil {
		a := refuse(bad.Code, bad.Message, bad.Details)
		return nil, nil, &a
	}
	if len(query.Conditions(n)) > c.sw.SearchConditionsMax {
		a := refuse("CRITERIA_LIMIT_EXCEEDED", fmt.Sprintf("no of criterium that can be given exceed the limit %d", c.sw.SearchConditionsMax),
			details{"limit": c.sw.SearchConditionsMax})
		return nil, nil, &a
	}
	match, refused = c.compile(n, c.criterion)
	return match, c.glimpse(n), refused
}

// compile makes a test of a tree of conditions.
func (c *call) compile(n query.Node, one func(*query.Cond) (func(*record) bool, *answer)) (func(*record) bool, *answer) {
	switch n := n.(type) {
	case *query.Cond:
		return one(n)
	case *query.Join:
		left, refused := c.compile(n.Left, one)
		if refused != nil {
			return nil, refused
		}
		right, refused := c.compile(n.Right, one)
		if refused != nil {
			return nil, refused
		}
		if n.Or {
			return func(r *record) bool { return left(r) || right(r) }, nil
		}
		return func(r *record) bool { return left(r) && right(r) }, nil
	}
	a := internalError()
	return nil, &a
}

// criterion compiles one condition of a search.
func (c *call) criterion(cond *query.Cond) (func(*record) bool, *answer) {
	name := cond.Column.String()
	f := c.module.byAPI[name]
	value := cond.Values[0].Text
	if f == nil {
		return nil, badParam(name, value, "the field is not available for search")
	}
	if !searchable(f, cond.Op) {
		return nil, badParam(name, value, "the operator is not supported for the field")
	}
	if len(cond.Values) > 100 {
		a := refuse("LIMIT_EXCEEDED", "limit exceeded", details{"limit": 100, "api_name": name})
		return nil, &a
	}
	if f.wordy() {
		return c.textCriterion(f, cond), nil
	}
	return c.compare(f, cond, false)
}

// searchable tells whether search takes an operator for a field.
func searchable(f *field, op query.Op) bool {
	equality := op == query.Equal || op == query.NotEqual
	switch f.dataType {
	case "text", "email", "phone", "website":
		return f.kind == kindText && (equality || op == query.StartsWith || op == query.In)
	case "textarea":
		return equality || op == query.StartsWith
	case "picklist", "lookup", "ownerlookup", "userlookup", "autonumber", "multi_module_lookup":
		return equality || op == query.In
	case "boolean":
		return equality
	case "integer", "bigint", "double", "currency", "percent", "date", "datetime":
		return f.kind != kindJSON && op != query.StartsWith
	}
	return false
}

// textCriterion compares words: equals means contains, and some signs count as blanks; exactly where switch search_equals says.
func (c *call) textCriterion(f *field, cond *query.Cond) func(*record) bool {
	needles := make([]needle, len(cond.Values))
	for i, v := range cond.Values {
		needles[i] = newNeedle(v.Text)
	}
	test := needle.in
	switch {
	case cond.Op == query.StartsWith:
		test = func(n needle, s string) bool { return strings.HasPrefix(fold(s), n.text) }
	case c.sw.SearchEquals == "exact":
		test = func(n needle, s string) bool { return fold(s) == n.text }
	}
	return func(r *record) bool {
		s := c.words(r, f)
		found := s != "" && slices.ContainsFunc(needles, func(n needle) bool { return test(n, s) })
		return found != (cond.Op == query.NotEqual)
	}
}

func (c *call) words(r *record, f *field) string {
	if f.sys == sysFullName {
		return fullName(c.module, r)
	}
	v, _ := r.get(f.key)
	return v.str
}

// count answers GET /{module}/actions/count. Source: Zoho CRM v8, "Get Record Count".
func (c *call) count() answer {
	match, _, refused := c.matcher()
	if refused != nil {
		return *refused
	}
	keep, refused := c.filters()
	if refused != nil {
		return *refused
	}
	n := 0
	for e := range c.module.table.byID.between(firstEntry, lastEntry, false) {
		if keep(e.rec) && (match == nil || match(e.rec)) {
			n++
		}
	}
	if c.sw.CountAs == "text" {
		return jsonAnswer(http.StatusOK, map[string]any{"count": strconv.Itoa(n)})
	}
	return jsonAnswer(http.StatusOK, map[string]any{"count": n})
}
