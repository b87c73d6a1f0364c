package zohosim_test

import "testing"

func TestSettingsSurviveAndAreReset(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	k := newKit(t, setup{dir: dir})
	k.connect(everything)
	set := k.settle("POST", globals, obj("display_label", "Roofs", "pick_list_values", []any{obj("display_value", "Slate"), obj("display_value", "Tile")})).want(201).text("details.id")
	k.settle("POST", leadFields, obj("field_label", "Roof", "data_type", "picklist", "global_picklist", obj("id", set))).want(201)
	k.settle("POST", leadFields, obj("field_label", "Ext", "data_type", "text", "external", obj("type", "org"))).want(201)
	view := k.view("Tiled", "criteria", criterion("Roof", "equal", "Tile"))
	all := k.get(leadViews).text("custom_views.0.id")
	k.settle("PUT", "/crm/v8/settings/custom_views/"+all+"/actions/change_sort?module=Leads", obj("sort_by", obj("api_name", "Last_Name"), "sort_order", "asc")).want(200)
	k.settle("POST", "/crm/v8/settings/modules", obj("singular_label", "Job", "plural_label", "Jobs", "profiles", []any{obj("id", admins)})).want(200)
	k.insert("Leads", map[string]any{"Last_Name": "x", "Roof": "Tile", "Ext": "e"})
	paths := []string{
		leadViews, "/crm/v8/settings/custom_views/" + view + "?module=Leads", globals + "?include=pick_list_values,used_in_modules", leadFields,
		"/crm/v8/settings/layouts?module=Leads", "/crm/v8/settings/modules/Jobs", "/crm/v8/Leads?fields=Roof&cvid=" + view, "/crm/v8/Leads?fields=Roof&cvid=" + all,
	}
	compare := func(name string, again *kit) {
		t.Helper()
		for _, path := range paths {
			if before, after := k.get(path).want(200).raw, again.get(path).raw; before != after {
				t.Errorf("%s %s:\n%s\n%s", name, path, before, after)
			}
		}
		again.get("/crm/v8/Leads/e", "X-EXTERNAL", "Leads.Ext").want(200, "data.0.Roof", "Tile")
		if id := again.settle("POST", globals, obj("display_label", "Next", "pick_list_values", []any{obj("display_value", "a")})).want(201).text("details.id"); id <= set {
			t.Errorf("%s: id %s is not new", name, id)
		}
	}
	compare("restarted", k.reopened(dir))
	if err := k.sim.CompactForTest(); err != nil {
		t.Fatal(err)
	}
	compare("compacted", k.reopened(dir))

	k.control("POST", "/_sim/reset", map[string]any{"seed": "empty"}).want(200)
	k.connect(everything)
	k.get(globals).empty(204)
	k.get(leadViews).want(200, "info.count", "2", "custom_views.0.name", "All Leads")
	k.get("/crm/v8/settings/modules/Jobs").want(400)
}

// What the API defines and what PUT /_sim/modules defines is one and the same.
func TestSettingsAndControlSeeEachOther(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	id := k.settle("POST", leadFields, obj("field_label", "Roof", "data_type", "text", "length", 5)).want(201).text("details.id")
	k.control("PUT", "/_sim/modules/Leads", map[string]any{"module": obj("plural_label", "People")}).want(200)
	k.get("/crm/v8/settings/fields/"+id+"?module=Leads").want(200, "fields.0.length", "5")
	k.control("PUT", "/_sim/modules/Leads", map[string]any{"fields": []any{obj("api_name", "Last_Name"), obj("api_name", "Roof", "data_type", "text", "length", 7)}}).want(200)
	k.get("/crm/v8/settings/fields/"+id+"?module=Leads").want(200, "fields.0.length", "7", "fields.0.field_label", "Roof")
	k.settle("PATCH", leadFields, obj("id", id, "length", 9)).want(200)
	k.get("/crm/v8/settings/modules/Leads").want(200, "modules.0.plural_label", "People")
	k.one("POST", "/crm/v8/Leads", map[string]any{"Last_Name": "x", "Roof": "1234567890"}).want(400, "details.maximum_length", "9")
}
