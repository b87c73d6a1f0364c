package zohosim_test

import "testing"

func TestModuleIsDefinedWithDefaults(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	k.control("PUT", "/_sim/modules/Site_Visits", map[string]any{
		"module": map[string]any{"plural_label": "Site visits"},
		"fields": []any{
			map[string]any{"api_name": "Visit_Name", "system_mandatory": true},
			map[string]any{"api_name": "When", "data_type": "datetime"},
			map[string]any{"api_name": "Kind", "data_type": "picklist", "pick_list_values": []any{map[string]any{"display_value": "Big"}, "Small"}},
		},
		"records": []any{map[string]any{"id": "5725767000000700001", "Visit_Name": "First", "When": "2026-11-23T10:00:00-06:00", "Created_Time": "2020-01-01T00:00:00+00:00", "Modified_Time": "2020-01-02T00:00:00+00:00", "Owner": ann}},
	}).want(200, "api_name", "Site_Visits", "records", "1")
	k.get("/crm/v8/settings/modules/Site_Visits").want(200, "modules.0.generated_type", "custom", "modules.0.plural_label", "Site visits",
		"modules.0.display_field.api_name", "Visit_Name", "modules.0.api_supported", true)
	f := k.fieldsOf("Site_Visits")
	f["Visit_Name"].want(200, "field_label", "Visit Name", "data_type", "text", "length", "255", "custom_field", true, "created_source", "crm", "operation_type.api_update", true)
	f["Kind"].want(200, "pick_list_values.0.actual_value", "Big", "pick_list_values.1.display_value", "Small", "pick_list_values.1.sequence_number", "2")
	for _, api := range []string{"id", "Owner", "Created_By", "Modified_By", "Created_Time", "Modified_Time", "Tag"} {
		if f[api].body == nil {
			t.Errorf("no field %s", api)
		}
	}
	k.get("/crm/v8/settings/layouts?module=Site_Visits").want(200, "layouts.0.sections.0.fields.0.api_name", "Visit_Name", "layouts.0.sections.0.fields.0.required", true)
	k.get("/crm/v8/Site_Visits/5725767000000700001").want(200, "data.0.Visit_Name", "First", "data.0.Created_Time", "2019-12-31T18:00:00-06:00",
		"data.0.Modified_Time", "2020-01-01T18:00:00-06:00", "data.0.Owner.id", ann)
	if id := k.insert("Site_Visits", map[string]any{"Visit_Name": "Second"})[0]; id <= "5725767000000700001" {
		t.Errorf("id %s is not after the seeded one", id)
	}
	k.one("POST", "/crm/v8/Site_Visits", map[string]any{"When": "2026-11-23T10:00:00-06:00"}).want(400, "details.api_name", "Visit_Name")
}

func TestStandardModuleKeepsWhatIsNotReplaced(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	id := k.insert("Leads", lead("Boyle", "City", "Oak Park", "Phone", "312"))[0]
	last, city := k.fieldsOf("Leads")["Last_Name"].text("id"), k.fieldsOf("Leads")["City"].text("id")
	k.control("PUT", "/_sim/modules/Leads", map[string]any{"module": map[string]any{"plural_label": "Homeowners"}}).want(200, "records", "1")
	k.get("/crm/v8/settings/modules/Leads").want(200, "modules.0.plural_label", "Homeowners", "modules.0.generated_type", "default")
	k.get("/crm/v8/Leads/"+id).want(200, "data.0.City", "Oak Park")

	k.control("PUT", "/_sim/modules/Leads", map[string]any{"fields": []any{
		map[string]any{"api_name": "Last_Name"},
		map[string]any{"api_name": "Company"},
		map[string]any{"api_name": "Lead_Source", "pick_list_values": []any{"Web"}},
		map[string]any{"api_name": "Ciudad", "id": city},
		map[string]any{"api_name": "Phone", "data_type": "integer"},
		map[string]any{"api_name": "Roof", "data_type": "boolean"},
	}}).want(200)
	f := k.fieldsOf("Leads")
	f["Last_Name"].want(200, "id", last, "length", "80", "system_mandatory", true, "custom_field", false)
	f["Roof"].want(200, "custom_field", true)
	f["Lead_Source"].want(200, "data_type", "picklist", "pick_list_values.0.actual_value", "Web")
	if f["Email"].body != nil || f["City"].body != nil {
		t.Error("fields that were left out are still there")
	}
	k.get("/crm/v8/Leads/"+id).want(200, "data.0.Ciudad", "Oak Park", "data.0.Phone", nil, "data.0.Last_Name", "Boyle", "data.0.Full_Name", "Boyle")
	layout := k.get("/crm/v8/settings/layouts?module=Leads").text("layouts.0.id")
	k.one("POST", "/crm/v8/Leads", map[string]any{"Last_Name": "x", "Layout": layout}).want(400, "details.api_name", "Company")

	k.control("PUT", "/_sim/modules/Leads", map[string]any{"records": []any{}}).want(200, "records", "0")
	k.get("/crm/v8/Leads?fields=id").empty(204)
}

func TestModuleRefusalsChangeNothing(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	id := k.insert("Leads", lead("Boyle"))[0]
	for name, body := range map[string]any{
		"field without a name": map[string]any{"fields": []any{map[string]any{"data_type": "text"}}},
		"unknown type":         map[string]any{"fields": []any{map[string]any{"api_name": "X", "data_type": "poem"}}},
		"field twice":          map[string]any{"fields": []any{map[string]any{"api_name": "X"}, map[string]any{"api_name": "X"}}},
		"lookup to nowhere":    map[string]any{"fields": []any{map[string]any{"api_name": "X", "data_type": "lookup"}}},
		"layout of nothing":    map[string]any{"layouts": []any{map[string]any{"sections": []any{map[string]any{"name": "S", "fields": []any{map[string]any{"api_name": "Nope"}}}}}}},
		"wrong record":         map[string]any{"records": []any{map[string]any{"Last_Name": "ok"}, map[string]any{"Last_Name": 5}}},
		"unknown member":       map[string]any{"record": []any{}},
	} {
		if r := k.control("PUT", "/_sim/modules/Leads", body); r.status != 400 || r.text("detail") == "" {
			t.Errorf("%s: %d %s", name, r.status, r.raw)
		}
	}
	k.control("PUT", "/_sim/modules/no%20name", map[string]any{}).want(400)
	k.control("PUT", "/_sim/modules/New", map[string]any{"records": []any{map[string]any{"Owner": "1"}}}).want(400)
	k.control("GET", "/_sim/records/New", nil).want(404)
	k.get("/crm/v8/Leads/"+id).want(200, "data.0.Last_Name", "Boyle", "data.0.Email", nil)
	k.get("/crm/v8/Leads/actions/count").want(200, "count", "1")
}

func TestSeededMeetingMayBeCancelledAndPointAnywhere(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	k.control("PUT", "/_sim/modules/Events", map[string]any{"records": []any{
		meeting("off", start, "$event_cancelled", true, "Who_Id", map[string]any{"id": "5725767000000777001"}),
	}}).want(200)
	k.get("/crm/v8/Events?fields=$event_cancelled,Who_Id").want(200, "data.0.$event_cancelled", true, "data.0.Who_Id", nil)
	k.control("PUT", "/_sim/modules/Contacts", map[string]any{"records": []any{map[string]any{"id": "5725767000000777001", "Last_Name": "Late"}}}).want(200)
	k.get("/crm/v8/Events?fields=Who_Id").want(200, "data.0.Who_Id.name", "Late")
}
