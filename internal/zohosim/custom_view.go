package zohosim

import (
	"net/http"
	"strings"

	"heavyset.tech/platform/internal/zohosim/query"
)

// viewCategories are the headings under which views are listed.
var viewCategories = map[string]string{
	"public_views": "Public Views", "other_users_views": "Other User's Views", "shared_with_me": "Shared With Me",
	"created_by_me": "Created By Me",
}

// ownViews are the views that Zoho itself has of a module. Their ids follow from the module's.
func (o *org) ownViews(m *module) []definition {
	id, _ := parseID(m.id)
	own := func(n int64, system, name string, criteria any) definition {
		return definition{
			"id": formatID(id + n*10_000_000_000), "name": name, "display_value": name, "system_name": system,
			"system_defined": true, "default": n == 1, "access_type": "public", "criteria": criteria, "created_by": nil,
			"modified_by": nil, "created_time": nil, "modified_time": nil,
		}
	}
	views := []definition{
		own(1, "ALLVIEWS", "All "+m.plural, nil),
		own(2, "MYVIEWS", "My "+m.plural, definition{
			"field": definition{"api_name": "Owner"}, "comparator": "equal", "value": "${CURRENTUSER}",
		}),
	}
	for i, v := range views {
		for _, changed := range o.settings.Views[m.api] {
			if v["id"] == changed["id"] {
				views[i] = overlay(v, changed)
			}
		}
	}
	return views
}

// views lists all views of a module, Zoho's own first.
func (o *org) views(m *module) []definition {
	views := o.ownViews(m)
	for _, v := range o.settings.Views[m.api] {
		if !flag(v, "system_defined", false) {
			views = append(views, v)
		}
	}
	return views
}

// view finds a view that the user may see.
func (c *call) view(m *module, id string) definition {
	for _, v := range c.org.views(m) {
		if text(v, "id") == id && c.seesView(v) {
			return v
		}
	}
	return nil
}

// seesView tells whether a view is the user's own or shared.
func (c *call) seesView(v definition) bool {
	return flag(v, "system_defined", false) || c.made(v) || text(v, "access_type") != "only_to_me" || c.user.admin
}

func (c *call) made(v definition) bool {
	return text(object(v, "created_by"), "id") == formatID(c.user.id)
}

// viewWire is a view as it goes out; whole with criteria and fields.
func (c *call) viewWire(m *module, v definition, whole bool) definition {
	category := "public_views"
	switch {
	case flag(v, "system_defined", false):
	case c.made(v):
		category = "created_by_me"
	case text(v, "access_type") == "shared":
		category = "shared_with_me"
	case text(v, "access_type") == "only_to_me":
		category = "other_users_views"
	}
	out := overlay(definition{
		"category": category, "favorite": nil, "offline": false, "locked": false, "last_accessed_time": nil,
		"module": definition{"api_name": m.api, "id": m.id}, "sort_by": nil, "sort_order": nil, "shared_to": []any{},
		"fields": m.viewFields(),
	}, v)
	if !whole {
		for _, key := range []string{"criteria", "fields", "sort_by", "sort_order", "shared_to", "favorite", "offline", "module"} {
			delete(out, key)
		}
	}
	return out
}

// viewFields are the columns of a view that does not say: the first of the layout.
func (m *module) viewFields() []any {
	fields := []any{}
	for _, f := range m.fields {
		if len(fields) < 5 && f.kind != kindJSON && !f.hidden {
			fields = append(fields, definition{"api_name": f.api, "id": f.id, "_pin": false})
		}
	}
	return fields
}

// listViews answers GET /settings/custom_views?module=. Source: Zoho CRM v8, "Custom Views Metadata".
func (c *call) listViews() answer {
	m, refused := c.moduleParam()
	if refused != nil {
		return *refused
	}
	page, perPage, refused := c.paging()
	if refused != nil {
		return *refused
	}
	var all []definition
	preferred := ""
	for _, v := range c.org.views(m) {
		if !c.seesView(v) {
			continue
		}
		all = append(all, c.viewWire(m, v, false))
		if flag(v, "default", false) {
			preferred = text(v, "id")
		}
	}
	from := min((page-1)*perPage, len(all))
	to := min(from+perPage, len(all))
	if from == to {
		return noContent
	}
	return jsonAnswer(http.StatusOK, map[string]any{
		"custom_views": all[from:to],
		"info": map[string]any{
			"per_page": perPage, "count": to - from, "page": page, "more_records": to < len(all), "default": preferred,
			"translation": viewCategories,
		},
	})
}

// oneView answers GET /settings/custom_views/{id}?module=.
func (c *call) oneView() answer {
	m, refused := c.moduleParam()
	if refused != nil {
		return *refused
	}
	v := c.view(m, c.args["name"])
	if v == nil {
		return *badResource("the id given seems to be invalid")
	}
	return jsonAnswer(http.StatusOK, map[string]any{
		"custom_views": []any{c.viewWire(m, v, true)}, "info": map[string]any{"translation": viewCategories},
	})
}

// viewTest compiles the criteria of a view.
func (c *call) viewTest(v definition) (func(*record) bool, *answer) {
	criteria := object(v, "criteria")
	if criteria == nil {
		return func(*record) bool { return true }, nil
	}
	n, ok := c.viewNode(criteria, 0)
	if !ok {
		a := refuse("INVALID_DATA", "the criteria of the custom view cannot be read", details{"id": v["id"]})
		return nil, &a
	}
	return c.compile(n, func(cond *query.Cond) (func(*record) bool, *answer) {
		f := c.module.byAPI[cond.Column.String()]
		if f == nil || f.kind == kindJSON {
			a := refuse("INVALID_DATA", "invalid data", details{"api_name": "criteria", "field": cond.Column.String()})
			return nil, &a
		}
		return c.compare(f, cond, false)
	})
}

// comparators of criteria in JSON, with what each is in the language of conditions.
var comparators = map[string]struct {
	op            query.Op
	before, after string // around the value
}{
	"equal": {op: query.Equal}, "not_equal": {op: query.NotEqual}, "greater_than": {op: query.Greater},
	"greater_equal": {op: query.GreaterEqual}, "less_than": {op: query.Less}, "less_equal": {op: query.LessEqual},
	"between": {op: query.Between}, "not_between": {op: query.NotBetween}, "in": {op: query.In}, "not_in": {op: query.NotIn},
	"contains": {query.Like, "%", "%"}, "not_contains": {query.NotLike, "%", "%"}, "starts_with": {query.Like, "", "%"},
	"ends_with": {query.Like, "%", ""},
}

// viewNode reads criteria in JSON: {"group_operator","group":[…]} or {"field","comparator","value"}.
func (c *call) viewNode(d definition, depth int) (query.Node, bool) {
	if group := objects(d["group"]); len(group) > 0 && depth < 10 {
		var joined query.Node
		for _, g := range group {
			n, ok := c.viewNode(g, depth+1)
			if !ok {
				return nil, false
			}
			if joined == nil {
				joined = n
				continue
			}
			joined = &query.Join{Or: strings.EqualFold(text(d, "group_operator"), "or"), Left: joined, Right: n}
		}
		return joined, true
	}
	named := c.module.fieldNamed(object(d, "field"))
	if named == nil {
		return nil, false
	}
	how, known := comparators[text(d, "comparator")]
	cond := &query.Cond{Column: query.Column{Path: []string{named.api}}, Op: how.op, Word: text(d, "comparator")}
	if d["value"] == "${EMPTY}" || d["value"] == "${NOTEMPTY}" {
		cond.Op = query.NotNull
		if (d["value"] == "${EMPTY}") == (how.op == query.Equal) {
			cond.Op = query.IsNull
		}
		return cond, known
	}
	for _, v := range c.viewValues(d["value"]) {
		cond.Values = append(cond.Values, query.Value{Text: how.before + v + how.after, Quoted: true})
	}
	if many := len(cond.Values) > 1; many && how.op == query.Equal {
		cond.Op = query.In
	} else if many && how.op == query.NotEqual {
		cond.Op = query.NotIn
	}
	return cond, known && len(cond.Values) > 0 && (len(cond.Values) == 2 || cond.Op != query.Between && cond.Op != query.NotBetween)
}

// viewValues gives the values of a criterion as text.
func (c *call) viewValues(v any) []string {
	switch v := v.(type) {
	case string:
		if v == "${CURRENTUSER}" {
			return []string{formatID(c.user.id)}
		}
		return []string{v}
	case definition:
		return []string{text(v, "id")}
	case []any:
		var out []string
		for _, inner := range v {
			out = append(out, c.viewValues(inner)...)
		}
		return out
	case nil:
		return nil
	}
	return []string{jsonText(v)}
}
