package zohosim_test

import (
	"fmt"
	"strings"
	"testing"
)

// settle sends one item of settings and gives its result.
func (k *kit) settle(method, path string, item any) reply {
	k.t.Helper()
	name := strings.Split(strings.TrimPrefix(path, "/crm/v8/settings/"), "/")[0]
	name, _, _ = strings.Cut(name, "?")
	r := k.do(method, path, map[string]any{name: []any{item}})
	if list, ok := r.at(name).([]any); ok && len(list) == 1 {
		r.body = list[0]
	}
	return r
}

func obj(members ...any) map[string]any {
	o := map[string]any{}
	for i := 0; i < len(members); i += 2 {
		o[members[i].(string)] = members[i+1]
	}
	return o
}

const admins = "5725767000000026011"

func TestModuleIsCreatedAndRenamed(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	profiles := []any{obj("id", admins)}
	id := k.settle("POST", "/crm/v8/settings/modules", obj("singular_label", "Roof visit", "plural_label", "Roof visits", "profiles", profiles)).
		want(200, "code", "SUCCESS", "message", "module created", "status", "success").text("details.id")
	k.get("/crm/v8/settings/modules/Roof_visits").want(200, "modules.0.id", id, "modules.0.generated_type", "custom", "modules.0.singular_label", "Roof visit",
		"modules.0.profiles.0.name", "Administrator", "modules.0.modified_by.id", rae)
	k.get("/crm/v8/settings/fields?module=Roof_visits").want(200, "fields.0.api_name", "Name", "fields.0.field_label", "Roof visit Name", "fields.0.system_mandatory", true)
	record := k.insert("Roof_visits", map[string]any{"Name": "first"})[0]

	k.settle("PUT", "/crm/v8/settings/modules/Roof_visits", obj("plural_label", "Inspections")).want(200, "message", "module created", "details.id", id)
	k.settle("PUT", "/crm/v8/settings/modules/"+id, obj("singular_label", "Inspection")).want(200)
	k.settle("PUT", "/crm/v8/settings/modules", obj("id", id, "profiles", append(profiles, obj("id", "5725767000000026014")))).want(200, "details.id", id)
	k.get("/crm/v8/settings/modules/"+id).want(200, "modules.0.plural_label", "Inspections", "modules.0.singular_label", "Inspection", "modules.0.profiles.1.name", "Standard")
	k.get("/crm/v8/Roof_visits/"+record).want(200, "data.0.Name", "first")
	k.settle("PUT", "/crm/v8/settings/modules/Events", obj("plural_label", "Visits")).want(200)
	k.get("/crm/v8/settings/modules/Events").want(200, "modules.0.plural_label", "Visits", "modules.0.api_name", "Events", "modules.0.generated_type", "default")

	k.settle("POST", "/crm/v8/settings/modules", obj("singular_label", "Job", "plural_label", "Jobs", "api_name", "JobsX", "profiles", profiles,
		"display_field", obj("field_label", "No", "data_type", "autonumber", "auto_number", obj("prefix", "J", "start_number", "1")))).want(200)
	job := k.insert("JobsX", map[string]any{})[0]
	if name := k.get("/crm/v8/JobsX/" + job).text("data.0.Name"); !strings.HasPrefix(name, "J") {
		t.Errorf("number %q", name)
	}
}

func TestModuleSettingsRefusals(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	profiles := []any{obj("id", admins)}
	valid := func(more ...any) map[string]any {
		m := obj("singular_label", "Job", "plural_label", "Jobs", "profiles", profiles)
		for i := 0; i < len(more); i += 2 {
			m[more[i].(string)] = more[i+1]
		}
		return m
	}
	long := strings.Repeat("x", 51)
	for name, c := range map[string]struct {
		item             any
		code, path, more string
		value            any
	}{
		"no label":            {obj("plural_label", "Jobs", "profiles", profiles), "MANDATORY_NOT_FOUND", "$.modules[0].singular_label", "api_name", "singular_label"},
		"no profiles":         {obj("singular_label", "Job", "plural_label", "Jobs"), "MANDATORY_NOT_FOUND", "$.modules[0].profiles", "api_name", "profiles"},
		"profile without id":  {valid("profiles", []any{obj()}), "MANDATORY_NOT_FOUND", "$.modules[0].profiles[0].id", "api_name", "id"},
		"profile unknown":     {valid("profiles", []any{obj("id", "1")}), "INVALID_DATA", "$.modules[0].profiles[0].id", "api_name", "id"},
		"label too long":      {valid("singular_label", long), "INVALID_DATA", "$.modules[0].singular_label", "maximum_length", "50"},
		"label no text":       {valid("plural_label", 5), "INVALID_DATA", "$.modules[0].plural_label", "expected_data_type", "text"},
		"label taken":         {valid("singular_label", "Lead"), "DUPLICATE_DATA", "$.modules[0].singular_label", "api_name", "singular_label"},
		"label with signs":    {valid("singular_label", "Job<"), "INVALID_DATA", "$.modules[0].singular_label", "api_name", "singular_label"},
		"name taken":          {valid("api_name", "Leads"), "DUPLICATE_DATA", "$.modules[0].api_name", "api_name", "api_name"},
		"name malformed":      {valid("api_name", "9x"), "INVALID_DATA", "$.modules[0].api_name", "api_name", "api_name"},
		"name reserved":       {valid("api_name", "users"), "RESERVED_KEYWORD_NOT_ALLOWED", "$.modules[0].api_name", "api_name", "api_name"},
		"display of a kind":   {valid("display_field", obj("field_label", "x", "data_type", "date")), "INVALID_DATA", "$.modules[0].display_field.data_type", "supported_values.0", "text"},
		"display too long":    {valid("display_field", obj("field_label", long)), "INVALID_DATA", "$.modules[0].display_field.field_label", "maximum_length", "50"},
		"number without form": {valid("display_field", obj("field_label", "x", "data_type", "autonumber")), "DEPENDENT_FIELD_MISSING", "$.modules[0].display_field.auto_number", "api_name", "auto_number"},
		"number from where":   {valid("display_field", obj("field_label", "x", "data_type", "autonumber", "auto_number", obj())), "MANDATORY_NOT_FOUND", "$.modules[0].display_field.auto_number.start_number", "api_name", "start_number"},
		"no object":           {"x", "INVALID_DATA", "$.modules[0]", "expected_data_type", "jsonobject"},
	} {
		r := k.settle("POST", "/crm/v8/settings/modules", c.item)
		if r.status != 400 || r.at("code") != c.code || r.at("details.json_path") != c.path || r.at("details."+c.more) != c.value {
			t.Errorf("%s: %d %s", name, r.status, r.raw)
		}
	}
	for name, c := range map[string]struct {
		item          any
		code, message string
	}{
		"api_name":    {obj("api_name", "X"), "NOT_ALLOWED", "Api name update not allowed"},
		"no profiles": {obj("profiles", []any{}), "MINIMUM_DATA_NOT_FOUND", "At least one profile needed"},
		"label taken": {obj("plural_label", "Contacts"), "DUPLICATE_DATA", "Module plural name duplicate"},
	} {
		k.settle("PUT", "/crm/v8/settings/modules/Leads", c.item).want(400, "code", c.code, "message", c.message)
		_ = name
	}
	k.settle("PUT", "/crm/v8/settings/modules/Nope", obj("plural_label", "X")).want(400, "code", "INVALID_MODULE", "details.resource_path_index", "2")
	k.settle("PUT", "/crm/v8/settings/modules", obj("id", "1")).want(400, "code", "INVALID_DATA", "details.api_name", "id")
	k.settle("PATCH", "/crm/v8/settings/modules/Leads", obj()).want(400, "code", "INVALID_REQUEST_METHOD")
	for body, code := range map[string]string{"": "UNABLE_TO_PARSE_DATA_TYPE", "{}": "MANDATORY_NOT_FOUND", "[]": "INVALID_DATA", `{"modules":5}`: "INVALID_DATA", `{"modules":[]}`: "INVALID_DATA", `{"modules":[1,2]}`: "INVALID_DATA", "{}x": "UNABLE_TO_PARSE_DATA_TYPE"} {
		k.do("POST", "/crm/v8/settings/modules", body).want(400, "code", code, "status", "error")
	}
	k.get("/crm/v8/settings/modules/Leads").want(200, "modules.0.plural_label", "Leads")
	k.switchTo("write_error_wrapping", "data")
	k.do("POST", "/crm/v8/settings/modules", "{}").want(400, "modules.0.code", "MANDATORY_NOT_FOUND")
}

func TestSettingsNeedScopeAndProfile(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	body := obj("fields", []any{obj("field_label", "X", "data_type", "text")})
	before := k.get("/_sim/stats").text("credits")
	k.do("POST", "/crm/v8/settings/fields?module=Leads", body).want(201)
	if after := k.get("/_sim/stats").text("credits"); fmt.Sprint(before, after) != "01" {
		t.Errorf("credits went from %s to %s", before, after)
	}
	for scope, status := range map[string]int{"settings.fields.READ": 401, "settings.fields.CREATE": 400, "settings.fields.ALL": 400, "settings.modules.ALL": 401} {
		k.connect("ZohoCRM." + scope)
		k.do("POST", "/crm/v8/settings/fields?module=Leads", obj("fields", []any{obj()})).want(status)
	}
	r := k.exchange(k.url, k.grantCode(k.url, everything, ann)).want(200)
	k.access = r.text("access_token")
	for _, c := range []struct{ method, path string }{
		{"POST", "/crm/v8/settings/fields?module=Leads"}, {"PATCH", "/crm/v8/settings/fields?module=Leads"},
	} {
		k.do(c.method, c.path, body).want(403, "code", "NO_PERMISSION", "details.permissions.0", "Crm_Implied_Customize_Zoho_CRM", "message", "permission denied")
	}
	k.do("DELETE", "/crm/v8/settings/fields/X?module=Leads", nil).want(403)
	k.get("/crm/v8/settings/fields?module=Leads").want(200)
}

// The official clients read themselves into the metadata before they read a record: whatever it names must be there.
func TestMetadataNamesOnlyWhatThereIs(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	k.get("/crm/v8/users?type=CurrentUser&").want(200, "users.0.id", rae, "info.count", "1")
	k.get("/crm/v8/org?").want(200, "org.0.zgid", "78654321")
	for _, module := range k.get("/crm/v8/settings/modules?status=visible").list("modules", "api_name") {
		if k.get("/crm/v8/settings/modules/"+module).at("modules.0.api_supported") != true {
			continue
		}
		fields := k.get("/crm/v8/settings/fields?module=" + module + "&").want(200)
		for i := range fields.list("fields", "api_name") {
			at := func(path string) string { return fields.text(fmt.Sprintf("fields.%d.%s", i, path)) }
			if at("id") == "" || at("data_type") == "" || at("json_type") == "" {
				t.Errorf("%s field %d: %s", module, i, at("api_name"))
			}
			if to := at("lookup.module.api_name"); to != "" && to != "se_module" {
				k.get("/crm/v8/settings/fields?module=" + to).want(200)
			}
		}
		lists := k.get("/crm/v8/settings/related_lists?module=" + module)
		if lists.status == 204 {
			continue
		}
		for i, to := range lists.want(200).list("related_lists", "api_name") {
			k.get("/crm/v8/settings/fields?module=" + lists.text(fmt.Sprintf("related_lists.%d.module.api_name", i))).want(200)
			href := strings.ReplaceAll(lists.text(fmt.Sprintf("related_lists.%d.href", i)), "{ENTITYID}", "5725767000000999999")
			if r := k.get("/crm/v8/" + href + "?fields=id"); r.status != 204 {
				t.Errorf("%s %s: %d %s", module, to, r.status, r.raw)
			}
		}
		id := lists.text("related_lists.0.id")
		k.get("/crm/v8/settings/related_lists/"+id+"?module="+module).want(200, "related_lists.0.id", id, "related_lists.1", nil)
	}
	k.get("/crm/v8/settings/related_lists/1?module=Leads").want(400, "code", "INVALID_DATA", "details.resource_path_index", "2")
}
