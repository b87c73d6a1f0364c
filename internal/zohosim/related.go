package zohosim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
)

// relation is a related list of one record: the record and the list.
type relation struct {
	parent *record
	of     *module
	list   relatedList
}

// relation finds the record and the list that the path names, and makes the list's module that of the call, for which the scope
// is checked once more.
func (c *call) relation(op string) (relation, *answer) {
	externals, refused := c.externals()
	if refused != nil {
		return relation{}, refused
	}
	parent := c.find1(externals[c.module.api], c.args["id"])
	if parent == nil && c.r.Method != http.MethodGet {
		a := refuse("INVALID_DATA", "the related id given seems to be invalid", details{"resource_path_index": 1})
		return relation{}, &a
	}
	if parent == nil {
		a := c.unknownID()
		return relation{}, &a
	}
	lists := c.org.relatedLists(c.module)
	i := slices.IndexFunc(lists, func(l relatedList) bool { return l.api == c.args["list"] })
	if i < 0 {
		a := refuse("INVALID_DATA", "The relation name given seems to be invalid", details{"resource_path_index": 2})
		return relation{}, &a
	}
	rel := relation{parent: parent, of: c.module, list: lists[i]}
	c.module = rel.list.module
	if !satisfied(c.token.scopes, onModule([]string{op})(c)) {
		return relation{}, c.scopeMismatch()
	}
	return rel, nil
}

// holds tells whether a record is in the list.
func (rel relation) holds(r *record) bool {
	ref, ok := r.get(rel.list.field.key)
	return ok && ref.num == rel.parent.id && (ref.str == "" || ref.str == rel.of.api)
}

// related answers GET /{module}/{id}/{list}: the records of another module that point at this one, newest first.
// Source: Zoho CRM v8, "Get Related Records".
func (c *call) related() answer {
	rel, refused := c.relation("READ")
	if refused != nil {
		return *refused
	}
	if c.query.Get("fields") == "" {
		return missingParam("fields")
	}
	return c.listOf(rel.holds)
}

// oneRelated answers GET /{module}/{id}/{list}/{related}.
func (c *call) oneRelated() answer {
	rel, refused := c.relation("READ")
	if refused != nil {
		return *refused
	}
	externals, refused := c.externals()
	if refused != nil {
		return *refused
	}
	r := c.find1(externals[c.module.api], c.args["related"])
	if r == nil || !rel.holds(r) {
		return c.unknownID()
	}
	return c.single(r)
}

// relate answers PUT /{module}/{id}/{list}: each item names a record, which is changed and from then on points at the one of the
// path. Source: Zoho CRM v8, "Update Related Records".
func (c *call) relate() answer {
	rel, refused := c.relation("UPDATE")
	if refused != nil {
		return *refused
	}
	externals, refused := c.externals()
	if refused != nil {
		return *refused
	}
	return c.eachItem(http.StatusOK, func(w *writer, i int, item map[string]any) result {
		return c.relateItem(w, rel, externals[c.module.api], i, item)
	})
}

func (c *call) relateItem(w *writer, rel relation, external *field, i int, item map[string]any) result {
	name := idName(external)
	where := details{"api_name": name, "json_path": fmt.Sprintf("$.data[%d].%s", i, name)}
	if item[name] == nil {
		return failed(problem{"MANDATORY_NOT_FOUND", "required field not found", where})
	}
	base := c.find1(external, idText(item[name]))
	if base == nil {
		return failed(problem{"INVALID_DATA", "the related id given seems to be invalid", where})
	}
	done := w.update(c.module, base, i, rel.pointing(item))
	if done.Status == "success" {
		done.Message, done.Details = "relation added", details{"id": formatID(base.id)}
	}
	return done
}

// relateOne answers PUT /{module}/{id}/{list}/{related}, with or without a body.
func (c *call) relateOne() answer {
	rel, refused := c.relation("UPDATE")
	if refused != nil {
		return *refused
	}
	externals, refused := c.externals()
	if refused != nil {
		return *refused
	}
	base := c.find1(externals[c.module.api], c.args["related"])
	if base == nil {
		return refuse("INVALID_DATA", "the related id given seems to be invalid", details{"resource_path_index": 3})
	}
	return c.eachItem(http.StatusOK, func(w *writer, i int, item map[string]any) result {
		done := w.update(c.module, base, i, rel.pointing(item))
		if done.Status == "success" {
			done.Message, done.Details = "relation added", details{"id": formatID(base.id)}
		}
		return done
	})
}

// parseRelated reads the body of relateOne, which may be missing.
func (c *call) parseRelated() *answer {
	if len(c.body) == 0 {
		c.ready = &writeBody{items: []any{map[string]any{}}}
		return nil
	}
	return c.parseItems()
}

// pointing gives an item with the lookup that makes it belong to the list.
func (rel relation) pointing(item map[string]any) map[string]any {
	id := formatID(rel.parent.id)
	f := rel.list.field
	ref := map[string]any{"id": id}
	out := overlay(item, nil)
	switch {
	case f.dataType == "multi_module_lookup":
		ref["module"] = map[string]any{"api_name": rel.of.api}
	case f.api == "What_Id":
		out["$se_module"] = rel.of.api
	}
	out[f.api] = ref
	return out
}

// unrelate answers DELETE /{module}/{id}/{list}?ids=: the records stay but point nowhere; those that can't be without what they
// point at are deleted. Source: Zoho CRM v8, "Delink Related Records".
func (c *call) unrelate() answer {
	rel, refused := c.relation("DELETE")
	if refused != nil {
		return *refused
	}
	ids := splitIDs(c.query.Get("ids"))
	switch {
	case len(ids) == 0:
		return missingParam("ids")
	case len(ids) > maxItems:
		return refuse("LIMIT_EXCEEDED", "Limit Exceeded, You cannot give more than 100 record ids", details{
			"limit": maxItems, "param_name": "ids",
		})
	}
	return c.unrelateAll(rel, ids)
}

// unrelateOne answers DELETE /{module}/{id}/{list}/{related}.
func (c *call) unrelateOne() answer {
	rel, refused := c.relation("DELETE")
	if refused != nil {
		return *refused
	}
	return c.unrelateAll(rel, []string{c.args["related"]})
}

func (c *call) unrelateAll(rel relation, ids []string) answer {
	externals, refused := c.externals()
	if refused != nil {
		return *refused
	}
	w := c.sim.writer(c.org, c.user)
	results := make([]result, len(ids))
	for i, id := range ids {
		r := c.find1(externals[c.module.api], id)
		switch {
		case r == nil || !rel.holds(r):
			results[i] = failed(problem{"INVALID_DATA", "the related id given seems to be invalid", details{"id": id}})
		case rel.list.field.mandatory:
			results[i] = w.remove(c.module, r)
		default:
			results[i] = w.update(c.module, r, i, map[string]any{rel.list.field.api: nil})
			if results[i].Status == "success" {
				results[i].Message, results[i].Details = "relation removed", details{"id": formatID(r.id)}
			}
		}
	}
	if err := w.tx.commit(); err != nil {
		return internalError()
	}
	return c.batch(http.StatusOK, results)
}

// idName is the member that names an item's record.
func idName(external *field) string {
	if external == nil {
		return "id"
	}
	return external.api
}

// idText gives an id, or the value that stands for one, as text.
func idText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}
