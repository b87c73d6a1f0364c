package zohosim

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"heavyset.tech/platform/internal/zohosim/query"
)

const (
	bulkConditions = 25
	bulkValues     = 100 // of in and not_in
	bulkEmpty      = "${EMPTY}"
)

// bulkCriteria is one condition, or several joined.
type bulkCriteria struct {
	Operator   string          `json:"group_operator"`
	Group      []bulkCriteria  `json:"group"`
	Field      *moduleName     `json:"field"`
	Comparator string          `json:"comparator"`
	Value      json.RawMessage `json:"value"`
}

func bulkRefusal(code, message string, d details) *answer {
	a := refuse(code, message, d)
	return &a
}

// checkBulk refuses what a job can't do.
func (c *call) checkBulk(j *bulkJob) *answer {
	q := j.Query
	m := c.moduleNamed(q.Module.APIName)
	if m == nil {
		return bulkRefusal("MODULE_NOT_AVAILABLE", "The module is not available", details{"module": q.Module.APIName})
	}
	for _, name := range q.Fields {
		where := details{"api_name": name, "module": m.api}
		f := m.byAPI[name]
		switch {
		case f == nil && strings.Contains(name, "."):
			return bulkRefusal("FIELD_NOT_SUPPORTED", "The field is not supported", where)
		case f == nil:
			return bulkRefusal("FIELD_NOT_AVAILABLE", "The field is not available", where)
		case !f.bulk():
			return bulkRefusal("FIELD_NOT_SUPPORTED", "The field is not supported", where)
		}
	}
	if j.File != "csv" && (j.File != "ics" || m.api != "Events") {
		return bulkRefusal("NOT_SUPPORTED_FEATURE", "The file type is not supported", details{"file_type": j.File})
	}
	page, err := q.Page.Int64()
	switch {
	case q.Page == "":
	case q.PageToken != "":
		return ambiguous("page", "page_token")
	case err != nil:
		return bulkRefusal("PAGE_NOT_SUPPORTED", "The page is not supported", nil)
	case page < 1 || page > bulkPages:
		return bulkRefusal("PAGE_RANGE_EXCEEDED", "The page is out of range", details{"max_limit": bulkPages})
	}
	if q.PageToken != "" {
		if _, ok := c.readBulkToken(j); !ok {
			return badPageToken()
		}
	}
	_, refused := c.bulkMatch(m, q)
	return refused
}

// bulkMatch compiles what a job asks for: criteria narrow its custom view. Source: Zoho Kaizen, "Bulk Read API".
func (c *call) bulkMatch(m *module, q bulkQuery) (func(*record) bool, *answer) {
	match, refused := c.bulkFilter(m, q.Criteria)
	if refused != nil || len(q.CVID) == 0 || string(q.CVID) == "null" {
		return match, refused
	}
	id := strings.Trim(string(q.CVID), `"`)
	within := *c
	within.module = m
	v := within.view(m, id)
	if v == nil {
		return nil, bulkRefusal("CVID_NOT_SUPPORTED", "The custom view is not supported", details{"cvid": id})
	}
	shown, refused := within.viewTest(v)
	if refused != nil {
		return nil, refused
	}
	return func(r *record) bool { return shown(r) && match(r) }, nil
}

// bulkFilter compiles the criteria of a job.
func (c *call) bulkFilter(m *module, criteria json.RawMessage) (func(*record) bool, *answer) {
	unconverted := func(r *record) bool { return !isTrue(m, r, convertedField) }
	if len(criteria) == 0 || string(criteria) == "null" {
		return unconverted, nil
	}
	var top bulkCriteria
	dec := json.NewDecoder(bytes.NewReader(criteria))
	if dec.Decode(&top) != nil {
		return nil, bulkRefusal("INVALID_CRITERIA", "The criteria is not valid", nil)
	}
	conditions := top.count()
	if conditions > bulkConditions {
		return nil, bulkRefusal("CRITERIA_LIMIT_EXCEEDED", "The number of criteria is exceeded", details{"limit": bulkConditions})
	}
	match, refused := c.bulkNode(m, top, 0)
	if refused != nil || top.names(convertedField) {
		return match, refused
	}
	return func(r *record) bool { return unconverted(r) && match(r) }, nil
}

func (b bulkCriteria) count() int {
	if len(b.Group) == 0 {
		return 1
	}
	n := 0
	for _, g := range b.Group {
		n += g.count()
	}
	return n
}

// names tells whether some condition is about a field.
func (b bulkCriteria) names(api string) bool {
	return b.Field != nil && b.Field.APIName == api || slices.ContainsFunc(b.Group, func(g bulkCriteria) bool { return g.names(api) })
}

func (c *call) bulkNode(m *module, b bulkCriteria, depth int) (func(*record) bool, *answer) {
	if len(b.Group) == 0 {
		return c.bulkCondition(m, b)
	}
	either := strings.EqualFold(b.Operator, "or")
	switch {
	case b.Field != nil:
		return nil, bulkRefusal("AMBIGUOUS_CRITERIA", "The criteria is ambiguous", nil)
	case !either && !strings.EqualFold(b.Operator, "and"):
		return nil, bulkRefusal("GROUP_OPERATOR_NOT_SUPPORTED", "The group operator is not supported", details{"group_operator": b.Operator})
	case depth > bulkConditions:
		return nil, bulkRefusal("INVALID_CRITERIA", "The criteria is not valid", nil)
	}
	var parts []func(*record) bool
	for _, g := range b.Group {
		part, refused := c.bulkNode(m, g, depth+1)
		if refused != nil {
			return nil, refused
		}
		parts = append(parts, part)
	}
	return func(r *record) bool {
		for _, part := range parts {
			if part(r) == either {
				return either
			}
		}
		return !either
	}, nil
}

// comparators lists what criteria may ask of a field. Source: Zoho CRM v8, "Create Bulk Read Job".
func (f *field) comparators() []string {
	same := []string{"equal", "not_equal"}
	listed := append(slices.Clone(same), "in", "not_in")
	switch {
	case f.kind == kindBool:
		return same
	case f.kind == kindRef, f.dataType == "picklist", f.sys == sysID:
		return listed
	case f.kind == kindInt, f.kind == kindFloat, f.kind == kindTime, f.kind == kindDay:
		return append(listed, "less_than", "less_equal", "greater_than", "greater_equal", "between", "not_between")
	case f.kind == kindText && f.dataType != "textarea":
		return append(listed, "contains", "not_contains", "starts_with", "ends_with")
	}
	return nil
}

// bulkCondition compiles one condition. A record without a value meets those that say not.
func (c *call) bulkCondition(m *module, b bulkCriteria) (func(*record) bool, *answer) {
	if b.Field == nil || b.Field.APIName == "" || b.Comparator == "" || len(b.Value) == 0 {
		return nil, bulkRefusal("INVALID_CRITERIA", "The criteria is not valid", nil)
	}
	name := b.Field.APIName
	f := m.byAPI[name]
	where := details{"api_name": name, "comparator": b.Comparator, "module": m.api}
	if f == nil {
		return nil, bulkRefusal("FIELD_IN_CRITERIA_NOT_AVAILABLE", "The field in the criteria is not available", where)
	}
	supported := f.comparators()
	if supported == nil {
		return nil, bulkRefusal("FIELD_IN_CRITERIA_NOT_SUPPORTED", "The field in the criteria is not supported", where)
	}
	if !slices.Contains(supported, b.Comparator) {
		where["supported"] = supported
		return nil, bulkRefusal("FIELD_AND_COMPARATOR_IN_CRITERIA_NOT_COMPATIBLE", "The field and the comparator are not compatible", where)
	}
	texts, refused := b.texts(where)
	if refused != nil {
		return nil, refused
	}
	negated := strings.HasPrefix(b.Comparator, "not_")
	if len(texts) == 1 && texts[0] == bulkEmpty {
		return func(r *record) bool {
			_, has := valueOf(m, r, f)
			return has == negated
		}, nil
	}
	wanted := make([]cell, len(texts))
	for i, text := range texts {
		w, ok := c.literal(f, query.Value{Text: text, Quoted: true}, false)
		if !ok {
			return nil, bulkRefusal("FIELD_AND_VALUE_IN_CRITERIA_NOT_COMPATIBLE", "The field and the value are not compatible", where)
		}
		wanted[i] = w
	}
	holds := bulkTest(strings.TrimPrefix(b.Comparator, "not_"), wanted)
	return func(r *record) bool {
		have, ok := valueOf(m, r, f)
		if !ok && f.kind == kindBool {
			have, ok = boolCell(false), true
		}
		return (ok && holds(have)) != negated
	}, nil
}

// texts gives the values of a condition as texts: two for between, up to a hundred for in, one for all others.
func (b bulkCriteria) texts(where details) ([]string, *answer) {
	var v any
	dec := json.NewDecoder(bytes.NewReader(b.Value))
	dec.UseNumber()
	if dec.Decode(&v) != nil || v == nil {
		return nil, bulkRefusal("INVALID_CRITERIA", "The criteria is not valid", nil)
	}
	list, isList := v.([]any)
	plural := strings.HasSuffix(b.Comparator, "in") || strings.HasSuffix(b.Comparator, "between")
	switch {
	case isList != plural || isList && len(list) == 0 || strings.HasSuffix(b.Comparator, "between") && len(list) != 2:
		return nil, bulkRefusal("COMPARATOR_AND_VALUE_IN_CRITERIA_NOT_COMPATIBLE", "The comparator and the value are not compatible", where)
	case len(list) > bulkValues:
		return nil, bulkRefusal("VALUE_LIMIT_EXCEEDED_IN_CRITERIA", "The number of values is exceeded", details{"limit": bulkValues})
	case !isList:
		list = []any{v}
	}
	var out []string
	for _, v := range list {
		switch v := v.(type) {
		case string:
			out = append(out, v)
		case json.Number:
			out = append(out, v.String())
		case bool:
			out = append(out, map[bool]string{true: "true", false: "false"}[v])
		default:
			return nil, bulkRefusal("VALUE_TYPE_NOT_SUPPORTED", "The type of the value is not supported", where)
		}
	}
	return out, nil
}

// bulkTest gives the test of a comparator without its not.
func bulkTest(comparator string, wanted []cell) func(cell) bool {
	first := wanted[0]
	text := strings.ToLower(first.str)
	ops := map[string]query.Op{
		"in": query.In, "less_than": query.Less, "less_equal": query.LessEqual, "greater_than": query.Greater,
		"greater_equal": query.GreaterEqual, "between": query.Between,
	}
	switch comparator {
	case "contains":
		return func(have cell) bool { return strings.Contains(strings.ToLower(have.str), text) }
	case "starts_with":
		return func(have cell) bool { return strings.HasPrefix(strings.ToLower(have.str), text) }
	case "ends_with":
		return func(have cell) bool { return strings.HasSuffix(strings.ToLower(have.str), text) }
	}
	return comparison(ops[comparator], wanted, false) // equal is the operator that is zero
}

// selectBulk finds the rows of a job's page, oldest first; more tells whether others follow. ok is false where the job no longer
// fits the module.
func (s *Sim) selectBulk(j *bulkJob) (rows []*record, more, ok bool) {
	o := s.orgs[j.Org]
	c := &call{sim: s, org: o, user: o.user(j.User), sw: s.switches.Load(), now: s.clock()}
	m := o.byAPI[j.Query.Module.APIName]
	if m == nil || c.user == nil {
		return nil, false, false
	}
	match, refused := c.bulkMatch(m, j.Query)
	if refused != nil {
		return nil, false, false
	}
	want, from := c.sw.BulkPageRows, firstEntry
	page, _ := j.Query.Page.Int64()
	skip := max(int(page)-1, 0) * want
	if j.Query.PageToken != "" {
		last, valid := c.readBulkToken(j)
		if !valid {
			return nil, false, false
		}
		from = entry{key: last, id: last + 1}
	}
	for e := range m.table.byID.between(from, lastEntry, false) {
		if !match(e.rec) {
			continue
		}
		if skip--; skip >= 0 {
			continue
		}
		if len(rows) == want {
			return rows, true, true
		}
		rows = append(rows, e.rec)
	}
	return rows, false, true
}

// bulkToken tells where a page of a job ended, bound to its query and user, and signed.
func (c *call) bulkToken(j *bulkJob) string {
	b := binary.BigEndian.AppendUint64(nil, uint64(j.rows[len(j.rows)-1].id))
	b = append(b, j.digest()...)
	return hex.EncodeToString(append(b, c.sign(b)...))
}

// digest stands for what must stay the same from page to page.
func (j *bulkJob) digest() []byte {
	q := j.Query
	q.Page, q.PageToken = "", ""
	b, _ := json.Marshal(q) // it came out of JSON
	sum := sha256.Sum256(append(b, formatID(j.User)...))
	return sum[:16]
}

// readBulkToken gives the last id of the page before.
func (c *call) readBulkToken(j *bulkJob) (last int64, ok bool) {
	b, err := hex.DecodeString(j.Query.PageToken)
	if err != nil || len(b) != 8+16+16 || !hmac.Equal(c.sign(b[:24]), b[24:]) || !hmac.Equal(b[8:24], j.digest()) {
		return 0, false
	}
	return int64(binary.BigEndian.Uint64(b)), true
}
