package zohosim

import (
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	maxFields        = 50
	firstRecords     = 2_000   // what parameter page reaches
	allRecords       = 100_000 // what page_token reaches
	keptInRecycleBin = 60 * 24 * time.Hour
	keptAtAll        = 120 * 24 * time.Hour
)

// fieldList reads parameter fields: fields of the module, and members whose names begin with $.
func (c *call) fieldList() (fields []*field, specials []string, refused *answer) {
	names := strings.FieldsFunc(c.query.Get("fields"), func(r rune) bool { return r == ',' || r == ' ' })
	if len(names) > maxFields {
		a := refuse("LIMIT_EXCEEDED", "limit exceeded", details{"limit": maxFields, "param_name": "fields"})
		return nil, nil, &a
	}
	for _, name := range names {
		f := c.module.byAPI[name]
		switch {
		case special(name):
			specials = append(specials, name)
		case f == nil && c.sw.UnknownListField == "reject":
			a := refuse("INVALID_DATA", "the field api name given seems to be invalid", details{
				"param_name": "fields", "value": name,
			})
			return nil, nil, &a
		case f != nil && !slices.Contains(fields, f):
			fields = append(fields, f)
		}
	}
	return fields, specials, nil
}

// listing is what a list of records is asked for.
type listing struct {
	fields   []*field
	specials []string
	page     int
	perPage  int
	served   int    // records on the pages before, when a page token is used
	after    *entry // where the page before ended
	sortBy   string
	index    *ordered
	desc     bool
	since    int64
	keep     func(*record) bool
}

// sortedList tells whether Zoho counts the list among the calls under the narrower limit.
func (c *call) sortedList() bool { return c.query.Has("sort_by") || c.query.Has("cvid") }

// listCost is 3 credits with a custom view, otherwise 1. Source: Zoho CRM v8, "API Limits".
func (c *call) listCost() int {
	if c.query.Has("cvid") {
		return 3
	}
	return 1
}

// list answers GET /{module}. Source: Zoho CRM v8, "Get Records".
func (c *call) list() answer {
	if c.query.Get("fields") == "" {
		return missingParam("fields")
	}
	return c.listOf(nil)
}

// listOf answers with the records of the call's module that further, if given, lets through.
func (c *call) listOf(further func(*record) bool) answer {
	q, refused := c.readListing()
	if refused != nil {
		return *refused
	}
	if keep := q.keep; further != nil {
		q.keep = func(r *record) bool { return keep(r) && further(r) }
	}
	rows, more := q.run()
	if len(rows) == 0 {
		if q.since != 0 {
			return answer{status: http.StatusNotModified}
		}
		return noContent
	}
	v := view{org: c.org, place: c.user.place}
	b := []byte(`{"data":[`)
	for i, e := range rows {
		if i > 0 {
			b = append(b, ',')
		}
		b = v.appendRecord(b, c.module, e.rec, q.fields, q.specials, true)
	}
	b = append(b, `],"info":{"call":false,"email":false`...)
	b = strconv.AppendInt(appendKey(b, "per_page"), int64(q.perPage), 10)
	b = strconv.AppendInt(appendKey(b, "count"), int64(len(rows)), 10)
	b = strconv.AppendInt(appendKey(b, "page"), int64(q.page), 10)
	b = appendQuoted(appendKey(b, "sort_by"), q.sortBy)
	b = appendQuoted(appendKey(b, "sort_order"), map[bool]string{true: "desc", false: "asc"}[q.desc])
	b = strconv.AppendBool(appendKey(b, "more_records"), more)
	b = append(b, `,"previous_page_token":null`...)
	if !more {
		return rawAnswer(http.StatusOK, append(b, `,"next_page_token":null,"page_token_expiry":null}}`...))
	}
	last := rows[len(rows)-1]
	expiry := c.now.Add(pageTokenLifetime)
	b = appendQuoted(appendKey(b, "next_page_token"), c.pageToken(last, q.page*q.perPage, expiry))
	b = v.appendStamp(appendKey(b, "page_token_expiry"), expiry.Unix())
	return rawAnswer(http.StatusOK, append(b, "}}"...))
}

// readListing reads the parameters of a list.
func (c *call) readListing() (q listing, refused *answer) {
	if q.fields, q.specials, refused = c.fieldList(); refused != nil {
		return q, refused
	}
	if refused = c.readSorting(&q); refused != nil {
		return q, refused
	}
	if q.page, q.perPage, refused = c.paging(); refused != nil {
		return q, refused
	}
	if q.since, refused = c.since("If-Modified-Since"); refused != nil {
		return q, refused
	}
	if q.keep, refused = c.filters(); refused != nil {
		return q, refused
	}
	if token := c.query.Get("page_token"); token != "" {
		return q, c.readPageToken(&q, token)
	}
	if q.page*q.perPage > firstRecords {
		a := refuse("DISCRETE_PAGINATION_LIMIT_EXCEEDED",
			"You can only get the first 2000 records without using page_token param", details{"limit": firstRecords})
		return q, &a
	}
	return q, nil
}

func (c *call) readSorting(q *listing) (refused *answer) {
	if c.query.Has("cvid") {
		return c.sortAsView(q)
	}
	if q.sortBy, refused = c.oneOf("sort_by", "id", "id", "Created_Time", "Modified_Time"); refused != nil {
		return refused
	}
	order, refused := c.oneOf("sort_order", "desc", "asc", "desc")
	q.desc = order == "desc"
	q.index = c.module.table.sortedBy(q.sortBy)
	return refused
}

// sortAsView sorts a list as its custom view is sorted.
func (c *call) sortAsView(q *listing) *answer {
	if c.query.Has("sort_by") {
		return ambiguous("cvid", "sort_by")
	}
	v := c.view(c.module, c.query.Get("cvid"))
	if v == nil {
		a := refuse("INVALID_DATA", "the custom view given seems to be invalid", details{"param_name": "cvid"})
		return &a
	}
	q.sortBy, q.desc = "id", text(v, "sort_order") != "asc"
	f := c.module.byAPI[text(object(v, "sort_by"), "api_name")]
	if f != nil && f.sys != sysID {
		q.sortBy = f.api
	}
	if q.index = c.module.table.sortedBy(q.sortBy); q.index == nil {
		q.index = c.sortedOnce(f)
	}
	return nil
}

// sortedBy gives the index of one of the fields by which lists are sorted; nil for others.
func (t *table) sortedBy(api string) *ordered {
	return map[string]*ordered{"id": &t.byID, "Created_Time": &t.byCreated, "Modified_Time": &t.byModified}[api]
}

// sortedOnce sorts all records by any field; those without a value come first.
func (c *call) sortedOnce(f *field) *ordered {
	var rows []candidate
	for _, r := range c.module.table.rows {
		x := candidate{rec: r}
		x.key, x.has = valueOf(c.module, r, f)
		rows = append(rows, x)
	}
	p := plan{orders: []sorting{{col: own(c.module, f)}}}
	slices.SortFunc(rows, p.compare)
	index := &ordered{}
	for i, x := range rows {
		index.put(entry{key: int64(i), id: x.rec.id, rec: x.rec})
	}
	return index
}

func ambiguous(params ...string) *answer {
	var list []details
	for _, p := range params {
		list = append(list, details{"param_name": p})
	}
	a := refuse("AMBIGUITY_DURING_PROCESSING", "the request is ambiguous", details{"ambiguity_due_to": list})
	return &a
}

// filters gives the test that parameters ids, converted, approved and cvid make. There are no territories here: territory_id and
// include_child are read and change nothing.
func (c *call) filters() (func(*record) bool, *answer) {
	converted, refused := c.oneOf("converted", "false", "true", "false", "both")
	if refused == nil {
		refused = c.checkTerritory()
	}
	approved, shown := "", func(*record) bool { return true }
	if refused == nil {
		approved, refused = c.oneOf("approved", "both", "true", "false", "both")
	}
	if id := c.query.Get("cvid"); refused == nil && id != "" {
		shown, refused = c.viewFilter(id)
	}
	if refused != nil {
		return nil, refused
	}
	var ids map[int64]bool
	if given := splitIDs(c.query.Get("ids")); len(given) > 0 {
		if len(given) > maxItems {
			a := refuse("LIMIT_EXCEEDED", "limit exceeded", details{"limit": maxItems, "param_name": "ids"})
			return nil, &a
		}
		ids = map[int64]bool{}
		for _, text := range given {
			id, ok := parseID(text)
			if !ok {
				a := refuse("INVALID_DATA", "the id given seems to be invalid", details{"param_name": "ids"})
				return nil, &a
			}
			ids[id] = true
		}
	}
	return func(r *record) bool {
		return (ids == nil || ids[r.id]) && c.visible(r, converted) && approved != "false" && shown(r)
	}, nil
}

func (c *call) viewFilter(id string) (func(*record) bool, *answer) {
	v := c.view(c.module, id)
	if v == nil {
		a := refuse("INVALID_DATA", "the custom view given seems to be invalid", details{"param_name": "cvid"})
		return nil, &a
	}
	return c.viewTest(v)
}

// checkTerritory refuses parameters about territories that are no such thing.
func (c *call) checkTerritory() *answer {
	if id := c.query.Get("territory_id"); id != "" {
		if _, ok := parseID(id); !ok {
			a := refuse("INVALID_DATA", "the value given seems to be invalid", details{
				"param_name": "territory_id", "expected_data_type": "bigint",
			})
			return &a
		}
	}
	_, refused := c.oneOf("include_child", "false", "true", "false")
	return refused
}

// visible tells whether a record is shown: converted leads are only when asked for.
func (c *call) visible(r *record, converted string) bool {
	if c.module.converted == nil || converted == "both" {
		return true
	}
	return isTrue(c.module, r, convertedField) == (converted == "true")
}

// hidden tells whether a record is out of the call's reach: a converted lead that a read does not ask for, or that a write
// may not change, see converted_lead_writes.
func (c *call) hidden(r *record) bool {
	if c.module.converted == nil || !isTrue(c.module, r, convertedField) {
		return false
	}
	if c.route.write {
		return c.sw.ConvertedLeadWrites == "reject"
	}
	converted := c.query.Get("converted")
	return converted != "true" && converted != "both"
}

// run finds the page's records; more tells whether others follow.
func (q listing) run() (rows []entry, more bool) {
	skip := 0
	if q.after == nil {
		skip = (q.page - 1) * q.perPage
	}
	for e := range q.entries() {
		if e.rec.modified <= q.since && q.since != 0 || !q.keep(e.rec) {
			continue
		}
		if skip--; skip >= 0 {
			continue
		}
		if len(rows) == q.perPage {
			return rows, true
		}
		rows = append(rows, e)
	}
	return rows, false
}

// entries walks the sorted list from where the page before ended.
func (q listing) entries() iter.Seq[entry] {
	from, to := firstEntry, lastEntry
	if q.after != nil && q.desc {
		to = *q.after
	} else if q.after != nil {
		from = entry{key: q.after.key, id: q.after.id + 1}
	}
	if q.sortBy == "Modified_Time" && q.since+1 > from.key && q.since != 0 {
		from = entry{key: q.since + 1, id: firstEntry.id}
	}
	return q.index.between(from, to, q.desc)
}

// get answers GET /{module}/{id}.
func (c *call) get() answer {
	external, refused := c.externalField()
	if refused != nil {
		return *refused
	}
	if _, refused := c.oneOf("converted", "false", "true", "false", "both"); refused != nil {
		return *refused
	}
	if _, wellFormed := parseID(c.args["id"]); !wellFormed && external == nil {
		return refuse("INVALID_DATA", "the id given seems to be invalid", details{"resource_path_index": 1})
	}
	r := c.find1(external, c.args["id"])
	if r == nil {
		return c.unknownID()
	}
	return c.single(r)
}

// single answers with one record: everything, or the fields asked for; 304 if it has not changed since the header says.
func (c *call) single(r *record) answer {
	since, refused := c.since("If-Modified-Since")
	if refused != nil {
		return *refused
	}
	if since != 0 && r.modified <= since {
		return answer{status: http.StatusNotModified}
	}
	fields, specials, refused := c.fieldList()
	if refused != nil {
		return *refused
	}
	v := view{org: c.org, place: c.user.place}
	b := []byte(`{"data":[`)
	if c.query.Get("fields") == "" {
		b = v.appendWhole(b, c.module, r)
	} else {
		b = v.appendRecord(b, c.module, r, fields, specials, false)
	}
	return rawAnswer(http.StatusOK, append(b, "]}"...))
}

// unknownID answers for a record that is not there, as switch unknown_id_status says.
func (c *call) unknownID() answer {
	if c.sw.UnknownIDStatus == http.StatusNoContent {
		return noContent
	}
	return refuse("INVALID_DATA", "the id given seems to be invalid", details{"resource_path_index": 1})
}

// listDeleted answers GET /{module}/deleted, newest first. Its errors come in data[]. Source: Zoho CRM v8, "Get Deleted Records".
func (c *call) listDeleted() answer {
	a := c.deleted()
	if a.status == http.StatusBadRequest {
		a.body = append(append([]byte(`{"data":[`), a.body...), "]}"...)
	}
	return a
}

func (c *call) deleted() answer {
	kind, refused := c.oneOf("type", "all", "all", "recycle", "permanent")
	if refused != nil {
		return *refused
	}
	page, perPage, refused := c.paging()
	if refused != nil {
		return *refused
	}
	since, refused := c.since("If-Modified-Since")
	if refused != nil {
		return *refused
	}
	now := c.now.Unix()
	v := view{org: c.org, place: c.user.place}
	b, n, skip, more := []byte(`{"data":[`), 0, (page-1)*perPage, false
	for _, t := range slices.Backward(c.module.table.deleted) {
		age := time.Duration(now-t.At) * time.Second
		recycled := age <= keptInRecycleBin
		if t.At <= since || age > keptAtAll || kind == "recycle" && !recycled || kind == "permanent" && recycled {
			continue
		}
		if skip--; skip >= 0 {
			continue
		}
		if n == perPage {
			more = true
			break
		}
		if n++; n > 1 {
			b = append(b, ',')
		}
		b = v.appendTomb(b, t, recycled)
	}
	if n == 0 {
		return noContent
	}
	b = strconv.AppendInt(append(b, `],"info":{"per_page":`...), int64(perPage), 10)
	b = strconv.AppendInt(appendKey(b, "count"), int64(n), 10)
	b = strconv.AppendInt(appendKey(b, "page"), int64(page), 10)
	b = strconv.AppendBool(appendKey(b, "more_records"), more)
	return rawAnswer(http.StatusOK, append(b, "}}"...))
}

// appendTomb writes a deleted record; one that has left the recycle bin has lost its name and people.
func (v view) appendTomb(b []byte, t tomb, recycled bool) []byte {
	b = appendQuoted(appendKey(append(b, '{'), "id"), formatID(t.ID))
	if recycled {
		b = appendQuoted(appendKey(b, "display_name"), t.Name)
		b = v.appendUser(appendKey(b, "deleted_by"), t.By)
		b = v.appendUser(appendKey(b, "created_by"), t.CreatedBy)
		b = appendQuoted(appendKey(b, "type"), "recycle")
	} else {
		b = append(b, `,"display_name":null,"deleted_by":null,"created_by":null,"type":"permanent"`...)
	}
	return append(v.appendStamp(appendKey(b, "deleted_time"), t.At), '}')
}
