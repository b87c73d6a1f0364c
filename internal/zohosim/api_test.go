package zohosim_test

import (
	"strings"
	"testing"
	"time"
)

func TestThe401Trio(t *testing.T) {
	t.Parallel()
	k := newKit(t, setup{})
	k.connect("ZohoCRM.modules.leads.READ")
	for name, c := range map[string]struct{ path, header, code string }{
		"no header":            {"/crm/v8/Leads?fields=id", "", "AUTHENTICATION_FAILURE"},
		"another scheme":       {"/crm/v8/Leads?fields=id", "Bearer " + k.access, "AUTHENTICATION_FAILURE"},
		"unknown token":        {"/crm/v8/Leads?fields=id", "Zoho-oauthtoken 1000.x", "INVALID_TOKEN"},
		"refresh token":        {"/crm/v8/Leads?fields=id", "Zoho-oauthtoken " + k.refresh, "INVALID_TOKEN"},
		"other module":         {"/crm/v8/Contacts?fields=id", "Zoho-oauthtoken " + k.access, "OAUTH_SCOPE_MISMATCH"},
		"metadata":             {"/crm/v8/settings/modules", "Zoho-oauthtoken " + k.access, "OAUTH_SCOPE_MISMATCH"},
		"search without scope": {"/crm/v8/Leads/search?word=ab", "Zoho-oauthtoken " + k.access, "OAUTH_SCOPE_MISMATCH"},
	} {
		r := k.get(c.path, "Authorization", c.header)
		if r.status != 401 || r.at("code") != c.code || r.at("status") != "error" {
			t.Errorf("%s: %d %s, want %s", name, r.status, r.raw, c.code)
		}
	}
	k.get("/crm/v8/Leads?fields=id").empty(204)
	k.get("/crm/v8/users").want(401, "message", "invalid oauth scope to access this URL")
	k.switchTo("scope_mismatch_message", "Unauthorized")
	k.get("/crm/v8/users").want(401, "message", "Unauthorized", "code", "OAUTH_SCOPE_MISMATCH")
}

func TestScopesByEndpoint(t *testing.T) {
	t.Parallel()
	item := map[string]any{"data": []any{map[string]any{"Last_Name": "X"}}}
	calls := map[string]struct {
		method, path string
		body         any
	}{
		"list leads":     {"GET", "/crm/v8/Leads?fields=id", nil},
		"insert lead":    {"POST", "/crm/v8/Leads", item},
		"update lead":    {"PUT", "/crm/v8/Leads/5725767000000999999", item},
		"upsert lead":    {"POST", "/crm/v8/Leads/upsert", item},
		"delete lead":    {"DELETE", "/crm/v8/Leads/5725767000000999999", nil},
		"deleted leads":  {"GET", "/crm/v8/Leads/deleted", nil},
		"search leads":   {"GET", "/crm/v8/Leads/search?word=abc", nil},
		"coql leads":     {"POST", "/crm/v8/coql", coql("select id from Leads where id is not null")},
		"list custom":    {"GET", "/crm/v8/Bookings?fields=id", nil},
		"appointments":   {"GET", "/crm/v8/Appointments__s?fields=id", nil},
		"fields":         {"GET", "/crm/v8/settings/fields?module=Leads", nil},
		"layouts":        {"GET", "/crm/v8/settings/layouts?module=Leads", nil},
		"related lists":  {"GET", "/crm/v8/settings/related_lists?module=Leads", nil},
		"modules":        {"GET", "/crm/v8/settings/modules", nil},
		"roles":          {"GET", "/crm/v8/settings/roles", nil},
		"profiles":       {"GET", "/crm/v8/settings/profiles", nil},
		"users":          {"GET", "/crm/v8/users", nil},
		"org":            {"GET", "/crm/v8/org", nil},
		"cancel meeting": {"POST", "/crm/v8/Events/5725767000000999999/actions/cancel", item},
	}
	for scope, allowed := range map[string]string{
		"ZohoCRM.modules.ALL":                                     "list leads,insert lead,update lead,upsert lead,delete lead,deleted leads,list custom,appointments,cancel meeting",
		"ZohoCRM.modules.READ":                                    "list leads,deleted leads,list custom,appointments",
		"ZohoCRM.modules.leads.ALL":                               "list leads,insert lead,update lead,upsert lead,delete lead,deleted leads",
		"ZohoCRM.modules.leads.READ":                              "list leads,deleted leads",
		"ZohoCRM.modules.leads.READ,ZohoSearch.securesearch.READ": "list leads,deleted leads,search leads",
		"ZohoCRM.modules.leads.READ,ZohoCRM.coql.READ":            "list leads,deleted leads,coql leads",
		"ZohoCRM.coql.READ":                                       "",
		"ZohoCRM.modules.leads.CREATE":                            "insert lead",
		"ZohoCRM.modules.leads.WRITE":                             "insert lead,update lead,upsert lead",
		"ZohoCRM.modules.leads.UPDATE":                            "update lead",
		"ZohoCRM.modules.leads.DELETE":                            "delete lead",
		"ZohoCRM.modules.custom.ALL":                              "list custom",
		"ZohoCRM.modules.appointments.READ":                       "appointments",
		"ZohoCRM.modules.events.UPDATE":                           "cancel meeting",
		"ZohoCRM.settings.ALL":                                    "fields,layouts,related lists,modules,roles,profiles",
		"ZohoCRM.settings.fields.READ":                            "fields",
		"ZohoCRM.settings.layouts.READ":                           "layouts",
		"ZohoCRM.settings.modules.READ":                           "modules",
		"ZohoCRM.settings.related_lists.READ":                     "related lists",
		"ZohoCRM.users.READ":                                      "users",
		"ZohoCRM.org.ALL":                                         "org",
	} {
		t.Run(scope, func(t *testing.T) {
			t.Parallel()
			k := newKit(t, setup{})
			k.control("PUT", "/_sim/modules/Bookings", map[string]any{}).want(200)
			k.connect(scope)
			for name, c := range calls {
				r := k.do(c.method, c.path, c.body)
				want := strings.Contains(","+allowed+",", ","+name+",")
				if got := r.at("code") != "OAUTH_SCOPE_MISMATCH"; got != want {
					t.Errorf("%s: allowed %v, want %v: %d %s", name, got, want, r.status, r.raw)
				}
			}
		})
	}
}

func TestPathsMethodsAndModulesThatDoNotExist(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	for name, c := range map[string]struct {
		method, path string
		status       int
		code         string
	}{
		"unknown path":         {"GET", "/crm/v8/settings/nonsense", 404, "INVALID_URL_PATTERN"},
		"another version":      {"GET", "/crm/v9/Leads?fields=id", 404, "INVALID_URL_PATTERN"},
		"too deep":             {"GET", "/crm/v8/Leads/1/2/3/4", 404, "INVALID_URL_PATTERN"},
		"no module":            {"GET", "/crm/v8/", 404, "INVALID_URL_PATTERN"},
		"elsewhere":            {"GET", "/nothing/here", 404, "INVALID_URL_PATTERN"},
		"cancel a lead":        {"POST", "/crm/v8/Leads/5725767000000999999/actions/cancel", 404, "INVALID_URL_PATTERN"},
		"method on a list":     {"PATCH", "/crm/v8/Leads", 400, "INVALID_REQUEST_METHOD"},
		"method on a record":   {"POST", "/crm/v8/Leads/5725767000000999999", 400, "INVALID_REQUEST_METHOD"},
		"method on search":     {"POST", "/crm/v8/Leads/search", 400, "INVALID_REQUEST_METHOD"},
		"method on coql":       {"GET", "/crm/v8/coql", 400, "INVALID_REQUEST_METHOD"},
		"method on metadata":   {"DELETE", "/crm/v8/settings/modules", 400, "INVALID_REQUEST_METHOD"},
		"unknown module":       {"GET", "/crm/v8/Nope?fields=id", 400, "INVALID_MODULE"},
		"other capitals":       {"GET", "/crm/v8/leads?fields=id", 400, "INVALID_MODULE"},
		"module without API":   {"GET", "/crm/v8/Reports?fields=id", 400, "INVALID_MODULE"},
		"fields of no module":  {"GET", "/crm/v8/settings/fields?module=Nope", 400, "INVALID_MODULE"},
		"fields without one":   {"GET", "/crm/v8/settings/fields", 400, "REQUIRED_PARAM_MISSING"},
		"layouts without one":  {"GET", "/crm/v8/settings/layouts", 400, "REQUIRED_PARAM_MISSING"},
		"unknown module alone": {"GET", "/crm/v8/settings/modules/Nope", 400, "INVALID_MODULE"},
	} {
		body := any(nil)
		if c.method != "GET" {
			body = "{}"
		}
		r := k.do(c.method, c.path, body)
		if r.status != c.status || r.at("code") != c.code || r.at("status") != "error" || r.at("details") == nil {
			t.Errorf("%s: %d %s, want %d %s", name, r.status, r.raw, c.status, c.code)
		}
	}
}

func TestInvalidHostOnlyForNamesThatEndLikeZohos(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	for host, status := range map[string]int{
		"www.zohoapis.com": 200, "www.zohoapis.com.au": 200, "www.zohoapis.eu:8443": 200, "WWW.ZOHOAPIS.IN": 200,
		"zohoapis.com": 400, "api.zohoapis.eu": 400, "crm.zoho.com": 400, "accounts.zohocloud.ca": 400,
		"127.0.0.1": 200, "zoho.example": 200, "www.zohoapis.com.evil.example": 200, "notzohoapis.com": 200,
	} {
		r := k.get("/crm/v8/org", "Host", host)
		if r.status != status || status == 400 && r.at("code") != "INVALID_HOST" {
			t.Errorf("%s: %d %s", host, r.status, r.raw)
		}
	}
}

func TestModulesMetadata(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	r := k.get("/crm/v8/settings/modules").want(200)
	have := strings.Join(r.list("modules", "api_name"), ",")
	for _, api := range []string{"Leads", "Contacts", "Accounts", "Deals", "Events", "Tasks", "Calls", "Appointments__s", "Services__s"} {
		if !strings.Contains(","+have+",", ","+api+",") {
			t.Errorf("no module %s in %s", api, have)
		}
	}
	k.get("/crm/v8/settings/modules/Events").want(200,
		"modules.0.plural_label", "Meetings", "modules.0.generated_type", "default", "modules.0.api_supported", true,
		"modules.0.display_field.api_name", "Event_Title", "modules.0.status", "visible")
	id := k.get("/crm/v8/settings/modules/Leads").text("modules.0.id")
	k.get("/crm/v8/settings/modules/"+id).want(200, "modules.0.api_name", "Leads")
	k.get("/crm/v8/settings/modules/Reports").want(200, "modules.0.api_supported", false)
	k.get("/crm/v8/settings/modules?status=system_hidden").empty(204)
	k.get("/crm/v8/settings/modules?status=odd").want(400, "code", "INVALID_DATA")
}

// fieldsOf gives the fields of a module by API name.
func (k *kit) fieldsOf(module string) map[string]reply {
	k.t.Helper()
	r := k.get("/crm/v8/settings/fields?module=" + module).want(200)
	out := map[string]reply{}
	for _, f := range r.body.(map[string]any)["fields"].([]any) {
		out[f.(map[string]any)["api_name"].(string)] = reply{t: k.t, status: 200, body: f}
	}
	return out
}

func TestFieldsMetadataHasEveryKeyThatMatters(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	keys := strings.Fields(`id api_name field_label display_label data_type json_type length decimal_place system_mandatory
		read_only field_read_only custom_field visible type virtual_field searchable sortable filterable unique pick_list_values
		pick_list_values_sorted_lexically lookup multi_module_lookup operation_type view_type profiles default_value formula
		currency layout_associations convert_mapping created_source ui_type`)
	for _, module := range []string{"Leads", "Contacts", "Accounts", "Deals", "Events", "Tasks", "Calls", "Appointments__s", "Services__s"} {
		for api, f := range k.fieldsOf(module) {
			for _, key := range keys {
				if _, ok := f.body.(map[string]any)[key]; !ok {
					t.Errorf("%s.%s lacks %s", module, api, key)
				}
			}
		}
	}
	leads, events := k.fieldsOf("Leads"), k.fieldsOf("Events")
	leads["Last_Name"].want(200, "data_type", "text", "length", "80", "system_mandatory", true, "operation_type.api_create", true)
	leads["Company"].want(200, "system_mandatory", false)
	leads["Full_Name"].want(200, "operation_type.api_update", false, "read_only", true)
	leads["Owner"].want(200, "data_type", "ownerlookup", "json_type", "jsonobject")
	leads["Lead_Source"].want(200, "data_type", "picklist", "pick_list_values.1.actual_value", "Advertisement", "pick_list_values.1.sequence_number", "2")
	leads["Modified_Time"].want(200, "data_type", "datetime", "operation_type.api_create", false)
	leads["Last_Name"].want(200, "layout_associations.0.name", "Standard", "profiles.0.permission_type", "read_write")
	events["Who_Id"].want(200, "lookup.module.api_name", "Contacts", "data_type", "lookup")
	events["Who_Id"].want(200, "lookup.module.id", k.get("/crm/v8/settings/modules/Contacts").text("modules.0.id"))
	events["Participants"].want(200, "data_type", "bigint", "json_type", "jsonarray")
	events["Start_DateTime"].want(200, "data_type", "datetime", "system_mandatory", true)
	events["All_day"].want(200, "data_type", "boolean", "json_type", "boolean")

	id := leads["Lead_Source"].text("id")
	k.get("/crm/v8/settings/fields/"+id+"?module=Leads").want(200, "fields.0.api_name", "Lead_Source")
	k.get("/crm/v8/settings/fields/"+id+"/pick_list_values?module=Leads").want(200, "pick_list_values.2.actual_value", "Cold Call")
	k.get("/crm/v8/settings/fields/1?module=Leads").want(400, "code", "INVALID_DATA")
	k.get("/crm/v8/settings/fields?module=Leads&type=unused").empty(204)
}

func TestRequiredLivesInTheLayout(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	r := k.get("/crm/v8/settings/layouts?module=Leads").want(200, "layouts.0.name", "Standard", "layouts.0.status", "active",
		"layouts.0.sections.0.name", "Lead Information", "layouts.0.sections.1.name", "Address Information",
		"layouts.0.profiles.0.name", "Administrator")
	required := map[string]bool{}
	for _, s := range r.at("layouts.0.sections").([]any) {
		for _, f := range s.(map[string]any)["fields"].([]any) {
			m := f.(map[string]any)
			required[m["api_name"].(string)] = m["required"].(bool)
			if m["data_type"] == nil {
				t.Errorf("%v has no data_type in the layout", m["api_name"])
			}
		}
	}
	if !required["Company"] || !required["Last_Name"] || required["Email"] {
		t.Errorf("required: %v", required)
	}
	k.get("/crm/v8/settings/layouts/"+r.text("layouts.0.id")+"?module=Leads").want(200, "layouts.0.name", "Standard")
	k.get("/crm/v8/settings/layouts/1?module=Leads").want(400, "code", "INVALID_DATA")
}

func TestRelatedListsMetadata(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	if got := strings.Join(k.get("/crm/v8/settings/related_lists?module=Contacts").want(200).list("related_lists", "api_name"), ","); !strings.Contains(got, "Events") || !strings.Contains(got, "Deals") {
		t.Errorf("contacts have %s", got)
	}
	if got := k.get("/crm/v8/settings/related_lists?module=Leads").want(200).list("related_lists", "api_name"); !strings.Contains(strings.Join(got, ","), "Events") {
		t.Errorf("leads have %v", got)
	}
}

func TestUsersOrgRolesAndProfiles(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	r := k.get("/crm/v8/users?type=AllUsers").want(200, "info.count", "4", "info.more_records", false, "info.per_page", "200",
		"users.0.id", rae, "users.0.profile.name", "Administrator", "users.0.time_zone", "America/Chicago", "users.0.status", "active",
		"users.1.id", ann, "users.1.email", "ann@ridgeline.example", "users.1.full_name", "Ann Archer", "users.1.offset", "-21600000")
	for _, key := range strings.Fields("id zuid full_name first_name last_name email status confirm time_zone offset locale profile role") {
		if r.at("users.0."+key) == nil {
			t.Errorf("users lack %s", key)
		}
	}
	for kind, n := range map[string]int{
		"ActiveUsers": 4, "ActiveConfirmedUsers": 4, "ConfirmedUsers": 4, "AdminUsers": 1, "ActiveConfirmedAdmins": 1, "CurrentUser": 1,
	} {
		if got := len(k.get("/crm/v8/users?type="+kind).want(200).list("users", "id")); got != n {
			t.Errorf("%s: %d users, want %d", kind, got, n)
		}
	}
	for _, kind := range []string{"DeactiveUsers", "DeletedUsers", "NotConfirmedUsers"} {
		k.get("/crm/v8/users?type=" + kind).empty(204)
	}
	k.get("/crm/v8/users?type=Odd").want(400, "code", "INVALID_DATA")
	k.get("/crm/v8/users?page=2&per_page=3").want(200, "info.count", "1", "users.0.first_name", "Cora", "info.page", "2")
	k.get("/crm/v8/users?page=1&per_page=3").want(200, "info.more_records", true)
	k.get("/crm/v8/users/"+ben).want(200, "users.0.first_name", "Ben")
	k.get("/crm/v8/users/1").want(400, "code", "INVALID_DATA")
	k.get("/crm/v8/org").want(200, "org.0.company_name", "Ridgeline Roofing", "org.0.time_zone", "America/Chicago",
		"org.0.license_details.paid_type", "enterprise", "org.0.license_details.users_license_purchased", "4", "org.0.type", "production")
	k.get("/crm/v8/settings/profiles").want(200, "profiles.0.name", "Administrator")
	role := k.get("/crm/v8/settings/roles").want(200, "roles.0.name", "CEO").text("roles.1.id")
	k.get("/crm/v8/settings/roles/"+role).want(200, "roles.0.name", "Sales Rep")
	k.get("/crm/v8/settings/roles/1").want(400, "code", "INVALID_DATA")
}

func TestInstantsComeInTheOffsetOfTheUsersZone(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	id := k.insert("Events", meeting("x", start.In(time.FixedZone("", 9*3600))))[0]
	k.get("/crm/v8/Events/"+id).want(200, "data.0.Start_DateTime", "2026-11-23T09:00:00-06:00", "data.0.Created_Time", "2026-11-23T09:00:00-06:00")
	summer := k.insert("Events", meeting("y", time.Date(2027, 7, 1, 12, 0, 0, 0, time.UTC)))[0]
	k.get("/crm/v8/Events/"+summer).want(200, "data.0.Start_DateTime", "2027-07-01T07:00:00-05:00")
}
