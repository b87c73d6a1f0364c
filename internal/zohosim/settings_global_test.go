package zohosim_test

import (
	"strings"
	"testing"
)

const globals = "/crm/v8/settings/global_picklists"

func TestGlobalPicklistFeedsItsFields(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	k.get(globals).empty(204)
	id := k.settle("POST", globals, obj("display_label", "Roof kinds", "description", "d", "pick_list_values", []any{
		obj("display_value", "Slate"), obj("display_value", "Tile"), obj("display_value", "Old", "type", "unused"),
	})).want(201, "message", "global picklist added successfully").text("details.id")
	one := globals + "/" + id
	k.get(globals).want(200, "global_picklists.0.id", id, "global_picklists.0.api_name", "Roof_kinds", "global_picklists.0.pick_list_values", nil, "global_picklists.0.created_by.id", rae)
	k.get(globals+"?include=pick_list_values,associated_fields_count").want(200, "global_picklists.0.pick_list_values.1.actual_value", "Tile", "global_picklists.0.associated_fields_count", "0")
	k.get(one + "/actions/associations").empty(204)
	field := k.settle("POST", leadFields, obj("field_label", "Roof", "data_type", "picklist", "global_picklist", obj("id", id))).want(201).text("details.id")
	k.settle("POST", "/crm/v8/settings/fields?module=Deals", obj("field_label", "Roof", "data_type", "picklist", "global_picklist", obj("api_name", "Roof_kinds"))).want(201)
	k.get("/crm/v8/settings/fields/"+field+"?module=Leads").want(200, "fields.0.global_picklist.id", id, "fields.0.pick_list_values.0.actual_value", "Slate")
	k.get(one+"?include=used_in_modules").want(200, "global_picklists.0.used_in_modules.1.api_name", "Deals", "global_picklists.0.pick_list_values.0.display_value", "Slate")
	k.get(one+"/actions/associations").want(200, "associations.0.field.api_name", "Roof", "associations.1.module.api_name", "Deals", "associations.0.layouts.0.status", "active", "info.count", "2")
	lead := k.insert("Leads", map[string]any{"Last_Name": "x", "Roof": "Slate"})[0]
	k.one("POST", "/crm/v8/Leads", map[string]any{"Last_Name": "x", "Roof": "Old"}).want(400, "code", "INVALID_DATA")

	k.settle("PATCH", one, obj("display_label", "Roofs", "pick_list_values", []any{obj("display_value", "Metal")})).want(200, "message", "global picklist updated successfully")
	k.insert("Leads", map[string]any{"Last_Name": "y", "Roof": "Metal"})
	k.settle("PATCH", globals, obj("id", id, "description", nil)).want(201)
	r := k.get(one).want(200, "global_picklists.0.display_label", "Roofs", "global_picklists.0.description", nil)
	slate, tile := r.text("global_picklists.0.pick_list_values.0.id"), r.text("global_picklists.0.pick_list_values.1.id")
	k.get(one + "/actions/replaced_values").empty(204)
	replace := func(before, after map[string]any) reply {
		return k.do("POST", one+"/actions/replace_picklist_values", obj("replace_picklist_values", []any{obj("old_value", before, "new_value", after)}))
	}
	replace(obj("id", "1"), obj("id", tile)).want(400, "replace_picklist_values.0.code", "INVALID_DATA", "replace_picklist_values.0.details.json_path", "$.replace_picklist_values[0].old_value.id")
	replace(obj("id", tile), obj("id", tile)).want(400)
	k.do("POST", one+"/actions/replace_picklist_values", obj("replace_picklist_values", []any{obj()})).want(400, "replace_picklist_values.0.code", "MANDATORY_NOT_FOUND")
	replace(obj("id", slate), obj("display_value", "Tile")).want(200, "replace_picklist_values.0.code", "SCHEDULED")
	k.get("/crm/v8/Leads/"+lead).want(200, "data.0.Roof", "Tile")
	k.get(one+"/actions/replaced_values").want(200, "replaced_values.0.display_value", "Slate", "replaced_values.0.actual_value", "Slate")
	k.get("/crm/v8/settings/fields/"+field+"?module=Leads").want(200, "fields.0.pick_list_values.0.actual_value", "Tile")
	k.get(one + "/actions/pick_list_values_associations?picklist_value_id=" + tile).empty(204)

	k.do("DELETE", one, nil).want(400, "global_picklists.0.code", "NOT_ALLOWED")
	k.do("DELETE", "/crm/v8/settings/fields/"+field+"?module=Leads", nil).want(200)
	deal := k.fieldsOf("Deals")["Roof"].text("id")
	k.do("DELETE", "/crm/v8/settings/fields/"+deal+"?module=Deals", nil).want(200)
	k.do("DELETE", globals+"?ids="+id+",1", nil).want(207, "global_picklists.0.code", "SUCCESS", "global_picklists.1.code", "INVALID_DATA")
	k.get(globals).empty(204)
}

func TestGlobalPicklistRefusals(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	a := []any{obj("display_value", "a"), obj("display_value", "b")}
	id := k.settle("POST", globals, obj("display_label", "Taken", "pick_list_values", a)).text("details.id")
	other := k.settle("POST", globals, obj("display_label", "Other", "pick_list_values", a)).text("details.id")
	first := k.get(globals + "/" + id).text("global_picklists.0.pick_list_values.0.id")
	second := k.get(globals + "/" + id).text("global_picklists.0.pick_list_values.1.id")
	many := make([]any, 1001)
	for i := range many {
		many[i] = obj("display_value", strings.Repeat("x", 1+i%100)+string(rune('a'+i/100)))
	}
	spare := make([]any, 502)
	for i := range spare {
		spare[i] = overlaid(many[i].(map[string]any), "type", "unused")
	}
	spare[0] = many[0]
	for name, c := range map[string]struct {
		method, path string
		item         any
		code, detail string
		value        any
	}{
		"no label":            {"POST", globals, obj("pick_list_values", a), "MANDATORY_NOT_FOUND", "api_name", "display_label"},
		"no values":           {"POST", globals, obj("display_label", "x"), "MANDATORY_NOT_FOUND", "api_name", "pick_list_values"},
		"label taken":         {"POST", globals, obj("display_label", "taken", "pick_list_values", a), "DUPLICATE_DATA", "api_name", "display_label"},
		"label too long":      {"POST", globals, obj("display_label", strings.Repeat("x", 51), "pick_list_values", a), "INVALID_DATA", "maximum_length", "50"},
		"label with signs":    {"POST", globals, obj("display_label", "a<b", "pick_list_values", a), "INVALID_DATA", "api_name", "display_label"},
		"long description":    {"POST", globals, obj("display_label", "x", "description", strings.Repeat("x", 1001), "pick_list_values", a), "INVALID_DATA", "maximum_length", "1000"},
		"name empty":          {"POST", globals, obj("display_label", "x", "api_name", "", "pick_list_values", a), "INVALID_DATA", "api_name", "api_name"},
		"name malformed":      {"POST", globals, obj("display_label", "x", "api_name", "x_", "pick_list_values", a), "INVALID_DATA", "api_name", "api_name"},
		"name taken":          {"POST", globals, obj("display_label", "x", "api_name", "Taken", "pick_list_values", a), "DUPLICATE_DATA", "api_name", "api_name"},
		"empty value":         {"POST", globals, obj("display_label", "x", "pick_list_values", []any{obj("display_value", "")}), "MANDATORY_NOT_FOUND", "api_name", "display_value"},
		"empty reference":     {"POST", globals, obj("display_label", "x", "pick_list_values", []any{obj("display_value", "y", "reference_value", nil)}), "MANDATORY_NOT_FOUND", "api_name", "reference_value"},
		"1001 values":         {"POST", globals, obj("display_label", "x", "pick_list_values", many), "LIMIT_EXCEEDED", "limit", "1000"},
		"501 unused":          {"POST", globals, obj("display_label", "x", "pick_list_values", spare), "LIMIT_EXCEEDED", "limit", "500"},
		"unknown id":          {"PATCH", globals, obj("id", "1"), "INVALID_DATA", "api_name", "id"},
		"no id":               {"PATCH", globals, obj("display_label", "x"), "MANDATORY_NOT_FOUND", "api_name", "id"},
		"unknown in the path": {"PATCH", globals + "/1", obj(), "INVALID_DATA", "resource_path_index", "2"},
		"other's label":       {"PATCH", globals + "/" + other, obj("display_label", "Taken"), "DUPLICATE_DATA", "api_name", "display_label"},
		"unknown value":       {"PATCH", globals + "/" + id, obj("pick_list_values", []any{obj("id", "1", "display_value", "x")}), "INVALID_DATA", "json_path", "$.global_picklists[0].pick_list_values[0].id"},
		"two deleted":         {"PATCH", globals + "/" + id, obj("pick_list_values", []any{obj("id", first, "_delete", true), obj("id", second, "_delete", true)}), "LIMIT_EXCEEDED", "limit_due_to.0.api_name", "_delete"},
		"two retired":         {"PATCH", globals + "/" + id, obj("pick_list_values", []any{obj("id", first, "type", "unused"), obj("id", second, "type", "unused")}), "LIMIT_EXCEEDED", "limit_due_to.0.api_name", "type"},
	} {
		r := k.settle(c.method, c.path, c.item)
		if r.status != 400 || r.at("code") != c.code || r.at("details."+c.detail) != c.value {
			t.Errorf("%s: %d %s", name, r.status, r.raw)
		}
	}
	for _, path := range []string{"", "/actions/associations", "/actions/replaced_values", "/actions/pick_list_values_associations?picklist_value_id=1"} {
		k.get(globals+"/1"+path).want(400, "code", "INVALID_DATA", "details.resource_path_index", "2")
	}
	k.get(globals+"?include=all").want(400, "details.param_name", "include")
	k.get(globals+"/"+id+"/actions/pick_list_values_associations").want(400, "code", "REQUIRED_PARAM_MISSING")
	k.get(globals+"/"+id+"/actions/pick_list_values_associations?picklist_value_id=1").want(400, "code", "INVALID_DATA")
	k.do("DELETE", globals, nil).want(400, "code", "REQUIRED_PARAM_MISSING", "details.param_name", "ids")
	k.do("DELETE", globals+"/1", nil).want(400, "code", "INVALID_DATA")
	k.connect("ZohoCRM.settings.global_picklist.READ")
	k.get(globals).want(200)
	k.settle("POST", globals, obj("display_label", "x", "pick_list_values", a)).want(401)
}

func overlaid(o map[string]any, key string, v any) map[string]any {
	out := map[string]any{key: v}
	for k, v := range o {
		out[k] = v
	}
	return out
}
