package zohosim

import (
	"encoding/json"
	"fmt"
	"slices"
)

// maxConditionFields is how many fields the conditions of a channel may name. Source: Zoho CRM v8, "Enable Notifications".
const maxConditionFields = 10

// condition lets only those changes of a module's records through that touch certain fields.
type condition struct {
	Module    string    `json:"module"`
	Selection selection `json:"selection"`
}

// selection is a field, or a group of selections that all (and) or any (or) must be touched.
type selection struct {
	Field    string      `json:"field,omitempty"`
	Operator string      `json:"operator,omitempty"`
	Group    []selection `json:"group,omitempty"`
}

// fields counts the fields that the selection names.
func (s selection) fields() int {
	if s.Field != "" {
		return 1
	}
	n := 0
	for _, g := range s.Group {
		n += g.fields()
	}
	return n
}

// wire gives a selection as Zoho's lists show it.
func (s selection) wire(m *module, top bool) map[string]any {
	out := map[string]any{"group_operator": nil, "group": nil}
	if s.Field != "" {
		id := any(nil)
		if f := m.byAPI[s.Field]; f != nil {
			id = f.id
		}
		out["field"] = map[string]any{"api_name": s.Field, "id": id}
		if top {
			delete(out, "group_operator")
			delete(out, "group")
		}
		return out
	}
	var group []any
	for _, g := range s.Group {
		group = append(group, g.wire(m, false))
	}
	out["group_operator"], out["group"] = s.Operator, group
	return out
}

// wireConditions gives the channel's conditions on a module as Zoho's lists show them; null without any.
func (ch *channel) wireConditions(m *module) []any {
	var out []any
	for _, c := range ch.Conditions {
		if c.Module == m.api {
			out = append(out, map[string]any{
				"type": "field_selection", "module": details{"api_name": m.api, "id": m.id},
				"field_selection": c.Selection.wire(m, true),
			})
		}
	}
	return out
}

// at is the place of a member in the body, for details.
func at(path, name string, more details) details {
	d := details{"api_name": name, "json_path": path + "." + name}
	for k, v := range more {
		d[k] = v
	}
	return d
}

func missingAt(path, name string) *problem {
	return &problem{"MANDATORY_NOT_FOUND", "required field not found", at(path, name, nil)}
}

func wrongAt(path, name string, more details) *problem {
	return &problem{"INVALID_DATA", "invalid data", at(path, name, more)}
}

// readConditions reads notification_condition; modules are those that the channel watches.
func (c *call) readConditions(path string, v any, modules []string) ([]condition, *problem) {
	if v == nil {
		return nil, nil
	}
	list, ok := v.([]any)
	if !ok {
		return nil, wrongAt(path, "notification_condition", details{"expected_data_type": "jsonarray"})
	}
	var out []condition
	named := 0
	for i, v := range list {
		here := fmt.Sprintf("%s.notification_condition[%d]", path, i)
		o, ok := v.(map[string]any)
		if !ok {
			return nil, &problem{"INVALID_DATA", "invalid data", details{
				"api_name": "notification_condition", "json_path": here, "expected_data_type": "jsonobject",
			}}
		}
		one, wrong := c.readCondition(here, o, modules)
		if wrong != nil {
			return nil, wrong
		}
		if named += one.Selection.fields(); named > maxConditionFields {
			return nil, wrongAt(here, "field_selection", details{"maximum_length": maxConditionFields})
		}
		out = append(out, one)
	}
	return out, nil
}

func (c *call) readCondition(path string, o map[string]any, modules []string) (condition, *problem) {
	switch kind, isText := o["type"].(string); {
	case o["type"] == nil:
		return condition{}, missingAt(path, "type")
	case !isText:
		return condition{}, wrongAt(path, "type", details{"expected_data_type": "string"})
	case kind != "field_selection":
		return condition{}, wrongAt(path, "type", details{"supported_values": []string{"field_selection"}})
	}
	m, wrong := c.conditionModule(path, o["module"])
	if wrong != nil {
		return condition{}, wrong
	}
	if !slices.Contains(modules, m.api) {
		return condition{}, wrongAt(path, "module", nil)
	}
	if o["field_selection"] == nil {
		return condition{}, &problem{"DEPENDENT_FIELD_MISSING", "DEPENDENT_FIELD_MISSING", at(path, "field_selection", details{
			"dependee": at(path, "type", nil),
		})}
	}
	given, ok := o["field_selection"].(map[string]any)
	if !ok {
		return condition{}, wrongAt(path, "field_selection", details{"expected_data_type": "jsonobject"})
	}
	sel, wrong := c.readSelection(path+".field_selection", given, m, true)
	return condition{m.api, sel}, wrong
}

// conditionModule finds the module that a condition names by name, id or both.
func (c *call) conditionModule(path string, v any) (*module, *problem) {
	if v == nil {
		return nil, missingAt(path, "module")
	}
	o, ok := v.(map[string]any)
	if !ok {
		return nil, wrongAt(path, "module", details{"expected_data_type": "jsonobject"})
	}
	path += ".module"
	api, id := o["api_name"], o["id"]
	if api == nil && id == nil {
		return nil, &problem{"EXPECTED_FIELD_MISSING", "Specify atleast one field", details{
			"expected_fields": []details{at(path, "api_name", nil), at(path, "id", nil)},
		}}
	}
	for name, v := range map[string]any{"api_name": api, "id": id} {
		if _, isText := v.(string); v != nil && !isText {
			return nil, wrongAt(path, name, details{"expected_data_type": "string"})
		}
	}
	var byName, byID *module
	for _, m := range c.org.modules {
		if m.apiSupported && m.api == api {
			byName = m
		}
		if m.apiSupported && m.id == id {
			byID = m
		}
	}
	switch {
	case api != nil && byName == nil:
		return nil, wrongAt(path, "api_name", nil)
	case id != nil && byID == nil:
		return nil, wrongAt(path, "id", nil)
	case api != nil && id != nil && byName != byID:
		return nil, &problem{"AMBIGUITY_DURING_PROCESSING", "AMBIGUITY_DURING_PROCESSING", details{
			"ambiguity_due_to": []details{at(path, "api_name", nil), at(path, "id", nil)},
		}}
	case byName == nil:
		return byID, nil
	}
	return byName, nil
}

// readSelection reads {"field":{…}} or {"group_operator","group":[…]}. Members of a group name their field in the way that
// switch watch_condition_field says.
func (c *call) readSelection(path string, o map[string]any, m *module, top bool) (selection, *problem) {
	if o["group"] == nil {
		return c.selectedField(path, o, m, top)
	}
	list, ok := o["group"].([]any)
	switch operator, isText := o["group_operator"].(string); {
	case !ok:
		return selection{}, wrongAt(path, "group", details{"expected_data_type": "jsonarray"})
	case len(list) == 0:
		return selection{}, wrongAt(path, "group", details{"minimum_length": 1})
	case o["group_operator"] == nil:
		return selection{}, missingAt(path, "group_operator")
	case !isText:
		return selection{}, wrongAt(path, "group_operator", details{"expected_data_type": "string"})
	case operator != "and" && operator != "or":
		return selection{}, wrongAt(path, "group_operator", details{"supported_values": []string{"or", "and"}})
	}
	out := selection{Operator: o["group_operator"].(string)}
	for i, v := range list {
		here := fmt.Sprintf("%s.group[%d]", path, i)
		inner, ok := v.(map[string]any)
		if !ok {
			return selection{}, &problem{"INVALID_DATA", "invalid data", details{
				"api_name": "group", "json_path": here, "expected_data_type": "jsonobject",
			}}
		}
		one, wrong := c.readSelection(here, inner, m, false)
		if wrong != nil {
			return selection{}, wrong
		}
		out.Group = append(out.Group, one)
	}
	return out, nil
}

func (c *call) selectedField(path string, o map[string]any, m *module, top bool) (selection, *problem) {
	given, shape := o["field"], c.sw.WatchConditionField
	if !top && (shape == "bare" || shape == "either" && given == nil) {
		if o["api_name"] == nil && o["id"] == nil {
			return selection{}, missingAt(path, "api_name")
		}
		return fieldOf(path, o, m)
	}
	if given == nil {
		return selection{}, missingAt(path, "field")
	}
	inner, ok := given.(map[string]any)
	if !ok {
		return selection{}, wrongAt(path, "field", details{"expected_data_type": "jsonobject"})
	}
	return fieldOf(path+".field", inner, m)
}

// fieldOf finds the field that an object names by name or id.
func fieldOf(path string, o map[string]any, m *module) (selection, *problem) {
	name := "api_name"
	if o[name] == nil {
		name = "id"
	}
	given := ""
	switch v := o[name].(type) {
	case nil:
		return selection{}, missingAt(path, "api_name")
	case string:
		given = v
	case json.Number:
		given = v.String()
	default:
		return selection{}, wrongAt(path, name, details{"expected_data_type": "string"})
	}
	for _, f := range m.fields {
		if name == "api_name" && f.api == given || name == "id" && f.id == given {
			return selection{Field: f.api}, nil
		}
	}
	return selection{}, wrongAt(path, name, nil)
}
