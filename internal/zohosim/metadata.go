package zohosim

import (
	"encoding/json"
	"net/http"
	"slices"
)

// wrapped answers {"name":[…]} from objects that are JSON already; 204 without any.
func wrapped(name string, list []json.RawMessage) answer {
	if len(list) == 0 {
		return noContent
	}
	return jsonAnswer(http.StatusOK, map[string]any{name: list})
}

// listModules answers GET /settings/modules. Source: Zoho CRM v8, "Modules Metadata".
func (c *call) listModules() answer {
	status, refused := c.oneOf("status", "", "visible", "user_hidden", "system_hidden", "scheduled_for_deletion")
	if refused != nil {
		return *refused
	}
	var list []json.RawMessage
	for _, m := range c.org.modules {
		if (status == "" || m.status == status) && !c.lacks(m) {
			list = append(list, m.wire())
		}
	}
	return wrapped("modules", list)
}

func (c *call) oneModule() answer {
	name := c.args["name"]
	for _, m := range c.org.modules {
		if (m.api == name || m.id == name) && !c.lacks(m) {
			return wrapped("modules", []json.RawMessage{m.wire()})
		}
	}
	return *c.invalidModule()
}

// moduleParam finds the module that parameter module names.
func (c *call) moduleParam() (*module, *answer) {
	name := c.query.Get("module")
	if name == "" {
		a := refuse("REQUIRED_PARAM_MISSING", "One of the expected parameter is missing", details{"param_name": "module"})
		return nil, &a
	}
	m := c.moduleNamed(name)
	if m == nil {
		return nil, c.invalidModule()
	}
	return m, nil
}

// listFields answers GET /settings/fields. Source: Zoho CRM v8, "Fields Metadata".
func (c *call) listFields() answer {
	m, refused := c.moduleParam()
	if refused != nil {
		return *refused
	}
	which, refused := c.oneOf("type", "all", "all", "unused")
	if refused != nil {
		return *refused
	}
	var list []json.RawMessage
	for _, f := range m.fields {
		if which == "all" || text(f.meta, "type") == which {
			list = append(list, f.wire())
		}
	}
	return wrapped("fields", list)
}

// fieldParam finds the field that the path names by id or API name.
func (c *call) fieldParam() (*field, *answer) {
	m, refused := c.moduleParam()
	if refused != nil {
		return nil, refused
	}
	name := c.args["name"]
	i := slices.IndexFunc(m.fields, func(f *field) bool { return f.id == name || f.api == name })
	if i < 0 {
		a := refuse("INVALID_DATA", "the id given seems to be invalid", details{"resource_path_index": 2})
		return nil, &a
	}
	return m.fields[i], nil
}

func (c *call) oneField() answer {
	f, refused := c.fieldParam()
	if refused != nil {
		return *refused
	}
	return wrapped("fields", []json.RawMessage{f.wire()})
}

func (c *call) fieldPicks() answer {
	f, refused := c.fieldParam()
	if refused != nil {
		return *refused
	}
	if len(f.picks) == 0 {
		return noContent
	}
	return jsonAnswer(http.StatusOK, map[string]any{"pick_list_values": f.meta["pick_list_values"]})
}

// listLayouts answers GET /settings/layouts; a layout says which of its fields are required.
// Source: Zoho CRM v8, "Layouts Metadata".
func (c *call) listLayouts() answer {
	m, refused := c.moduleParam()
	if refused != nil {
		return *refused
	}
	var list []json.RawMessage
	for _, l := range m.layouts {
		list = append(list, l.wire())
	}
	return wrapped("layouts", list)
}

func (c *call) oneLayout() answer {
	m, refused := c.moduleParam()
	if refused != nil {
		return *refused
	}
	l := m.layout(c.args["name"])
	if l == nil {
		return refuse("INVALID_DATA", "the id given seems to be invalid", details{"resource_path_index": 2})
	}
	return wrapped("layouts", []json.RawMessage{l.wire()})
}

// relatedList is a list of other records that a record's page shows: those of module whose field points at it.
type relatedList struct {
	api    string
	module *module
	field  *field
}

// relatedLists finds the lists of a module. They follow from the lookups of all modules; a second lookup from the same module
// gets the field's name behind the module's.
func (o *org) relatedLists(m *module) []relatedList {
	var out []relatedList
	for _, other := range o.modules {
		first := true
		for _, f := range other.fields {
			if !f.pointsAt(m) {
				continue
			}
			l := relatedList{api: other.api, module: other, field: f}
			if !first {
				l.api += "_" + f.api
			}
			first = false
			out = append(out, l)
		}
	}
	return out
}

// pointsAt tells whether the field is a lookup into a module. The "related to" of activities may point at any module but
// Contacts and activities.
func (f *field) pointsAt(m *module) bool {
	if f.api == "What_Id" {
		return relatable(m)
	}
	return f.lookup() && f.sys == stored && slices.Contains(f.targets, m.api)
}

// relatable tells whether What_Id may point at a module.
func relatable(m *module) bool {
	switch m.api {
	case "Contacts", "Events", "Tasks", "Calls", "Notes", "Appointments_Rescheduled_History__s":
		return false
	}
	return m.apiSupported
}

// listRelatedLists answers GET /settings/related_lists and /settings/related_lists/{id}. Source: Zoho CRM v8, "Related Lists Metadata".
func (c *call) listRelatedLists() answer {
	m, refused := c.moduleParam()
	if refused != nil {
		return *refused
	}
	var list []any
	for i, l := range c.org.relatedLists(m) {
		if name := c.args["name"]; c.lacks(l.module) || name != "" && name != l.field.id {
			continue
		}
		list = append(list, map[string]any{
			"id": l.field.id, "sequence_number": formatID(int64(i + 1)), "display_label": l.module.plural, "api_name": l.api,
			"name": l.module.plural, "module": map[string]any{"api_name": l.module.api, "id": l.module.id},
			"href": m.api + "/{ENTITYID}/" + l.api, "type": "default", "action": nil, "connectedmodule": nil,
			"linkingmodule": nil, "customize_sort": false, "customize_fields": true, "customize_display_label": true,
			"sort_by": nil, "sort_order": nil, "fields": []any{}, "status": "visible",
		})
	}
	switch {
	case len(list) == 0 && c.args["name"] != "":
		return *badResource("the id given seems to be invalid")
	case len(list) == 0:
		return noContent
	}
	return jsonAnswer(http.StatusOK, map[string]any{"related_lists": list})
}
