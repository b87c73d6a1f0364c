package zohosim

import (
	"net/http"
	"slices"
)

// globalAssociations answers GET /settings/global_picklists/{id}/actions/associations: the fields that have the set.
func (c *call) globalAssociations() answer {
	if c.org.globalPicklist(c.args["name"], "") == nil {
		return *badResource("the id given seems to be invalid")
	}
	page, perPage, refused := c.paging()
	if refused != nil {
		return *refused
	}
	uses := c.globalUses(c.args["name"])
	from := min((page-1)*perPage, len(uses))
	to := min(from+perPage, len(uses))
	if from == to {
		return noContent
	}
	var list []any
	for _, u := range uses[from:to] {
		layouts := []any{}
		for _, l := range objects(u.f.meta["layout_associations"]) {
			layouts = append(layouts, definition{"id": l["id"], "name": l["name"], "status": text(u.m.layout(text(l, "id")).given, "status")})
		}
		list = append(list, definition{
			"field":   definition{"api_name": u.f.api, "id": u.f.id},
			"module":  definition{"api_name": u.m.api, "id": u.m.id, "plural_label": u.m.plural},
			"layouts": layouts,
		})
	}
	return jsonAnswer(http.StatusOK, map[string]any{
		"associations": list,
		"info":         map[string]any{"per_page": perPage, "count": to - from, "page": page, "more_records": to < len(uses)},
	})
}

// globalPickAssociations answers GET …/actions/pick_list_values_associations: workflows and the like that name a value, of
// which there are none here.
func (c *call) globalPickAssociations() answer {
	g := c.org.globalPicklist(c.args["name"], "")
	id := c.query.Get("picklist_value_id")
	switch {
	case g == nil:
		return *badResource("the id given seems to be invalid")
	case id == "":
		return missingParam("picklist_value_id")
	case pickIndex(objects(g["pick_list_values"]), "id", id) < 0:
		return refuse("INVALID_DATA", "the id given seems to be invalid", details{"param_name": "picklist_value_id"})
	}
	return noContent
}

// replacedValues answers GET …/actions/replaced_values.
func (c *call) replacedValues() answer {
	id := c.args["name"]
	if c.org.globalPicklist(id, "") == nil {
		return *badResource("the id given seems to be invalid")
	}
	if len(c.org.settings.Replaced[id]) == 0 {
		return noContent
	}
	return jsonAnswer(http.StatusOK, map[string]any{"replaced_values": c.org.settings.Replaced[id]})
}

// replacePicks answers POST …/actions/replace_picklist_values: records get the new value for the old one, which then leaves the
// set. Source: Zoho CRM v8, "Replace Picklist Values".
func (c *call) replacePicks() answer {
	id := c.args["name"]
	if c.org.globalPicklist(id, "") == nil {
		return *badResource("the id given seems to be invalid")
	}
	return c.eachSetting("replace_picklist_values", http.StatusOK, func(f *form) result {
		g := copied(c.org.globalPicklist(id, ""))
		values := objects(g["pick_list_values"])
		before, after := f.pickNamed("old_value", values), f.pickNamed("new_value", values)
		if f.bad == nil && before == after {
			f.invalid("new_value.id", nil)
		}
		if bad, is := f.result(); is {
			return bad
		}
		gone, next := values[before], values[after]
		if err := c.replaceInRecords(id, text(gone, "actual_value"), text(next, "actual_value")); err != nil {
			return notSettled(f.path, err)
		}
		g["pick_list_values"] = numberedPicks(slices.Delete(values, before, before+1))
		err := c.putGlobal(g)
		if err == nil {
			err = c.saveSettings(func(s *orgSettings) {
				if s.Replaced == nil {
					s.Replaced = map[string][]definition{}
				}
				s.Replaced[id] = append(s.Replaced[id], definition{
					"display_value": gone["display_value"], "actual_value": gone["actual_value"],
				})
			})
		}
		if err != nil {
			return notSettled(f.path, err)
		}
		return result{envelope: envelope{Code: "SCHEDULED", Message: "success", Status: "success", Details: details{
			"job_id": formatID(c.org.nextID()),
		}}}
	})
}

// pickNamed finds the value that a member names by id or display value.
func (f *form) pickNamed(key string, values []definition) int {
	given, ok := f.object(key)
	if !ok {
		f.missing(key)
		return -1
	}
	at := pickIndex(values, "id", text(given, "id"))
	if given["id"] == nil {
		at = pickIndex(values, "display_value", text(given, "display_value"))
	}
	if at < 0 {
		f.fail("INVALID_DATA", "The given value seems to be invalid", key+".id", nil)
	}
	return at
}

// replaceInRecords changes the value in all records of all fields that have the set.
func (c *call) replaceInRecords(id, before, after string) error {
	w := c.sim.writer(c.org, c.user)
	for _, u := range c.globalUses(id) {
		if u.f.kind != kindText {
			continue
		}
		for e := range u.m.table.byID.between(firstEntry, lastEntry, false) {
			v, ok := e.rec.get(u.f.key)
			if !ok || v.str != before {
				continue
			}
			next := *e.rec
			v.str = after
			next.cells = with(next.cells, v)
			w.tx.put(c.org, u.m, &next)
		}
	}
	return w.tx.commit()
}
