package zohosim_test

import (
	"fmt"
	"slices"
	"testing"
)

func TestLayoutSectionsAndRequiredFields(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	layouts := k.get("/crm/v8/settings/layouts?module=Leads").want(200)
	id, first := layouts.text("layouts.0.id"), layouts.text("layouts.0.sections.0.id")
	one := "/crm/v8/settings/layouts/" + id + "?module=Leads"
	phone := k.fieldsOf("Leads")["Phone"].text("id")
	patch := func(section map[string]any) reply { return k.settle("PATCH", one, obj("sections", []any{section})) }
	fieldsOf := func(section int) []string {
		return k.get(one).want(200).list(fmt.Sprintf("layouts.0.sections.%d.fields", section), "api_name")
	}

	patch(obj("id", first, "fields", []any{obj("id", phone, "required", true)})).want(200, "code", "SUCCESS", "message", "layout updated", "details.id", id)
	withLayout := map[string]any{"Last_Name": "x", "Company": "c", "Layout": obj("id", id)}
	k.one("POST", "/crm/v8/Leads", withLayout).want(400, "code", "MANDATORY_NOT_FOUND", "details.api_name", "Phone")
	k.insert("Leads", map[string]any{"Last_Name": "without a layout"})

	sections := len(k.get(one).list("layouts.0.sections", "id"))
	patch(obj("display_label", "Roof", "column_count", 1, "fields", []any{obj("field_label", "Slope", "data_type", "integer", "length", 2), obj("id", phone)})).want(200)
	k.get(one).want(200, fmt.Sprintf("layouts.0.sections.%d.name", sections), "Roof", fmt.Sprintf("layouts.0.sections.%d.column_count", sections), "1")
	if got := fmt.Sprint(fieldsOf(sections)); got != "[Slope Phone]" {
		t.Errorf("new section has %s", got)
	}
	if slices.Contains(fieldsOf(0), "Phone") {
		t.Error("Phone stands in two sections")
	}
	k.get(one).want(200, fmt.Sprintf("layouts.0.sections.%d.fields.1.required", sections), true) // it kept that when it moved
	roof := k.get(one).text(fmt.Sprintf("layouts.0.sections.%d.id", sections))
	patch(obj("id", roof, "fields", []any{obj("api_name", "Phone", "sequence_number", 1, "required", false)})).want(200)
	if got := fmt.Sprint(fieldsOf(sections)); got != "[Phone Slope]" {
		t.Errorf("reordered: %s", got)
	}
	k.one("POST", "/crm/v8/Leads", withLayout).want(201)

	slope := k.fieldsOf("Leads")["Slope"].text("id")
	patch(obj("id", roof, "fields", []any{obj("id", slope, "_delete", obj("permanent", false))})).want(200)
	if k.fieldsOf("Leads")["Slope"].body == nil || len(fieldsOf(sections)) != 1 {
		t.Error("Slope is not only off the layout")
	}
	patch(obj("id", roof, "fields", []any{obj("id", slope, "_delete", obj("permanent", true))})).want(200)
	if k.fieldsOf("Leads")["Slope"].body != nil {
		t.Error("Slope is still there")
	}
	patch(obj("id", roof, "_delete", obj("permanent", true))).want(200)
	if n := len(k.get(one).list("layouts.0.sections", "id")); n != sections {
		t.Errorf("%d sections", n)
	}
}

func TestLayoutIsRenamed(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	id := k.get("/crm/v8/settings/layouts?module=Leads").text("layouts.0.id")
	one := "/crm/v8/settings/layouts/" + id + "?module=Leads"
	k.settle("PATCH", "/crm/v8/settings/layouts?module=Leads", obj("id", id, "name", "Homeowner", "show_business_card", false)).want(200)
	k.get(one).want(200, "layouts.0.name", "Homeowner", "layouts.0.show_business_card", false, "layouts.0.modified_by.id", rae)
	k.settle("PATCH", one, obj("profiles", []any{obj("id", admins, "_delete", true)})).want(200)
	k.get(one).want(200, "layouts.0.profiles.0.name", "Standard", "layouts.0.profiles.1", nil)
	k.settle("PATCH", one, obj("profiles", []any{obj("id", admins)})).want(200)
	k.get(one).want(200, "layouts.0.profiles.1.name", "Administrator")
}

func TestLayoutRefusals(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	layouts := k.get("/crm/v8/settings/layouts?module=Leads")
	id, section := layouts.text("layouts.0.id"), layouts.text("layouts.0.sections.0.id")
	one := "/crm/v8/settings/layouts/" + id + "?module=Leads"
	last := k.fieldsOf("Leads")["Last_Name"].text("id")
	email := k.fieldsOf("Leads")["Email"].text("id")
	in := func(field map[string]any) map[string]any {
		return obj("sections", []any{obj("id", section, "fields", []any{field})})
	}
	for name, c := range map[string]struct {
		item       any
		code, path string
		value      any
	}{
		"unknown field":     {in(obj("id", "1")), "INVALID_DATA", "details.json_path", "$.layouts[0].sections[0].fields[0].id"},
		"unnamed field":     {in(obj()), "EXPECTED_FIELD_MISSING", "details.expected_fields.1.api_name", "field_label"},
		"mandatory field":   {in(obj("id", last, "_delete", obj("permanent", false))), "NOT_ALLOWED", "details.api_name", "_delete"},
		"field of Zoho":     {in(obj("id", email, "_delete", obj("permanent", true))), "NOT_ALLOWED", "details.api_name", "_delete"},
		"required in words": {in(obj("id", email, "required", "yes")), "INVALID_DATA", "details.expected_data_type", "boolean"},
		"new field wrong":   {in(obj("field_label", "x", "data_type", "poem")), "INVALID_DATA", "details.json_path", "$.layouts[0].sections[0].fields[0].data_type"},
		"unknown section":   {obj("sections", []any{obj("id", "1")}), "INVALID_DATA", "details.json_path", "$.layouts[0].sections[0].id"},
		"unnamed section":   {obj("sections", []any{obj("column_count", 1)}), "EXPECTED_FIELD_MISSING", "details.expected_fields.1.api_name", "display_label"},
		"deleted unnamed":   {obj("sections", []any{obj("_delete", obj("permanent", true))}), "DEPENDENT_FIELD_MISSING", "details.dependee.api_name", "_delete"},
		"section needed":    {obj("sections", []any{obj("id", section, "_delete", obj("permanent", true))}), "NOT_ALLOWED", "details.api_name", "_delete"},
		"traversal number":  {obj("sections", []any{obj("id", section, "tab_traversal", 2)}), "INVALID_DATA", "details.json_path", "$.layouts[0].sections[0].tab_traversal"},
		"sections no list":  {obj("sections", 5), "INVALID_DATA", "details.expected_data_type", "jsonarray"},
		"keyword":           {obj("name", "Default"), "INVALID_DATA", "message", "System keyword not allowed in layout label"},
		"api_name":          {obj("api_name", "x"), "NOT_ALLOWED", "message", "api_name cannot be changed"},
		"profile unknown":   {obj("profiles", []any{obj("id", "1")}), "INVALID_DATA", "details.json_path", "$.layouts[0].profiles[0].id"},
		"nobody's layout":   {obj("profiles", []any{obj("id", admins, "_delete", true), obj("id", "5725767000000026014", "_delete", true)}), "MINIMUM_DATA_NOT_FOUND", "details.api_name", "profiles"},
	} {
		r := k.settle("PATCH", one, c.item)
		if r.status != 400 || r.at("code") != c.code || r.at(c.path) != c.value {
			t.Errorf("%s: %d %s", name, r.status, r.raw)
		}
	}
	k.settle("PATCH", "/crm/v8/settings/layouts?module=Leads", obj("name", "x")).want(400, "code", "MANDATORY_NOT_FOUND", "details.api_name", "id")
	k.settle("PATCH", "/crm/v8/settings/layouts?module=Leads", obj("id", "1")).want(400, "code", "INVALID_DATA", "details.api_name", "id")
	k.settle("PATCH", "/crm/v8/settings/layouts/1?module=Leads", obj()).want(400, "message", "No layout found with given id", "details.resource_path_index", "2")
	k.settle("PATCH", "/crm/v8/settings/layouts/"+id, obj()).want(400, "code", "REQUIRED_PARAM_MISSING")
	k.get("/crm/v8/settings/layouts/"+id+"?module=Nope").want(400, "code", "INVALID_MODULE")
}

func TestLayoutIsRetiredAndItsRecordsMove(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	k.control("PUT", "/_sim/modules/Leads", map[string]any{"layouts": []any{obj("name", "Standard"), obj("name", "Second"), obj("name", "Third")}}).want(200)
	ids := k.get("/crm/v8/settings/layouts?module=Leads").list("layouts", "id")
	on := func(i int, action string) string {
		return "/crm/v8/settings/layouts/" + ids[i] + action + "?module=Leads"
	}
	to := func(i int) string { return "&transfer_to=" + ids[i] }
	insert := func(i int) reply {
		return k.one("POST", "/crm/v8/Leads", map[string]any{"Last_Name": "x", "Company": "c", "Layout": obj("id", ids[i])})
	}
	lead := insert(1).want(201).text("details.id")
	layout := func() any { return k.get("/crm/v8/Leads/" + lead).at("data.0.Layout.id") }

	k.do("DELETE", on(1, "/actions/activate"), nil).want(400, "code", "REQUIRED_PARAM_MISSING", "details.param_name", "transfer_to")
	k.do("DELETE", on(1, "/actions/activate")+"&transfer_to=1", nil).want(400, "code", "INVALID_DATA", "message", "Transfer To Layout Id is Invalid")
	k.do("DELETE", on(1, "/actions/activate")+to(2), nil).want(200, "layouts.0.message", "layout updated", "layouts.0.details.id", ids[1])
	if layout() != ids[2] {
		t.Errorf("the record has layout %v", layout())
	}
	k.get(on(1, "")).want(200, "layouts.0.status", "inactive")
	insert(1).want(400, "code", "INVALID_DATA", "details.api_name", "Layout")
	k.do("DELETE", on(2, "")+to(1), nil).want(400, "code", "NOT_ALLOWED", "message", "Cannot transfer to the deactivated layout")
	k.do("POST", on(1, "/actions/activate"), nil).want(200, "layouts.0.code", "SUCCESS")
	insert(1).want(201)
	k.do("DELETE", on(2, "")+to(0), nil).want(200, "layouts.0.message", "layout deleted")
	if layout() != ids[0] {
		t.Errorf("the record has layout %v", layout())
	}
	k.do("DELETE", on(2, "")+to(0), nil).want(400, "message", "No layout found with given id")
	if n := len(k.get("/crm/v8/settings/layouts?module=Leads").list("layouts", "id")); n != 2 {
		t.Errorf("%d layouts", n)
	}
}
