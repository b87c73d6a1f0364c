package zohosim_test

import (
	"fmt"
	"strings"
	"testing"
)

const leadViews = "/crm/v8/settings/custom_views?module=Leads"

// view makes a custom view of leads and gives its id.
func (k *kit) view(name string, more ...any) string {
	k.t.Helper()
	v := obj(append([]any{"name", name}, more...)...)
	return k.settle("POST", leadViews, v).want(201, "message", "custom view created").text("details.id")
}

func criterion(field, comparator string, value any) map[string]any {
	return obj("field", obj("api_name", field), "comparator", comparator, "value", value)
}

func TestCustomViewsAreListed(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	r := k.get(leadViews).want(200, "custom_views.0.name", "All Leads", "custom_views.0.system_name", "ALLVIEWS", "custom_views.0.default", true,
		"custom_views.0.category", "public_views", "custom_views.1.name", "My Leads", "custom_views.0.criteria", nil, "info.count", "2",
		"info.more_records", false, "info.per_page", "200", "info.translation.created_by_me", "Created By Me")
	all := r.text("custom_views.0.id")
	r.want(200, "info.default", all)
	k.get("/crm/v8/settings/custom_views/"+all+"?module=Leads").want(200, "custom_views.0.id", all, "custom_views.0.module.api_name", "Leads", "custom_views.0.sort_by", nil)
	id := k.view("Chicago", "criteria", criterion("City", "equal", "Chicago"), "fields", []any{obj("api_name", "Last_Name"), obj("api_name", "City", "_pin", true)},
		"sort_by", obj("api_name", "City"), "sort_order", "asc", "access_type", "public")
	k.get("/crm/v8/settings/custom_views/"+id+"?module=Leads").want(200, "custom_views.0.criteria.field.api_name", "City", "custom_views.0.fields.1._pin", true,
		"custom_views.0.sort_by.api_name", "City", "custom_views.0.created_by.id", rae, "custom_views.0.category", "created_by_me")
	k.get(leadViews+"&page=2&per_page=2").want(200, "custom_views.0.id", id, "info.count", "1", "info.page", "2")
	k.get("/crm/v8/settings/custom_views/1?module=Leads").want(400, "code", "INVALID_DATA", "details.resource_path_index", "2")
	k.get("/crm/v8/settings/custom_views/"+id+"?module=Contacts").want(400, "code", "INVALID_DATA")
	k.get("/crm/v8/settings/custom_views").want(400, "code", "REQUIRED_PARAM_MISSING")
	mine := k.view("Mine alone")
	r = k.exchange(k.url, k.grantCode(k.url, everything, ann)).want(200)
	k.access = r.text("access_token")
	k.get("/crm/v8/settings/custom_views/"+id+"?module=Leads").want(200, "custom_views.0.category", "public_views")
	k.get("/crm/v8/settings/custom_views/" + mine + "?module=Leads").want(400)
	k.get("/crm/v8/Leads?fields=id&cvid="+mine).want(400, "code", "INVALID_DATA")
}

func TestListFollowsACustomView(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	k.insert("Leads", lead("Ada", "City", "Chicago"), lead("Bo", "City", "Oak Park"), lead("Cy", "City", "chicago", "Owner", ann), lead("Di"))
	for name, c := range map[string]struct {
		view []any
		want string
	}{
		"everything, newest first":     {nil, "Di,Cy,Bo,Ada"},
		"equal":                        {[]any{"criteria", criterion("City", "equal", "Chicago")}, "Cy,Ada"},
		"one of several":               {[]any{"criteria", criterion("City", "equal", []any{"Chicago", "Oak Park"})}, "Cy,Bo,Ada"},
		"not equal":                    {[]any{"criteria", criterion("City", "not_equal", "Chicago")}, "Di,Bo"},
		"contains":                     {[]any{"criteria", criterion("City", "contains", "PARK")}, "Bo"},
		"does not contain":             {[]any{"criteria", criterion("City", "not_contains", "park")}, "Cy,Ada"},
		"starts with":                  {[]any{"criteria", criterion("Last_Name", "starts_with", "a")}, "Ada"},
		"ends with":                    {[]any{"criteria", criterion("Last_Name", "ends_with", "i")}, "Di"},
		"empty":                        {[]any{"criteria", criterion("City", "equal", "${EMPTY}")}, "Di"},
		"not empty":                    {[]any{"criteria", criterion("City", "equal", "${NOTEMPTY}")}, "Cy,Bo,Ada"},
		"owned by":                     {[]any{"criteria", criterion("Owner", "equal", obj("id", ann))}, "Cy"},
		"owned by whoever looks":       {[]any{"criteria", criterion("Owner", "equal", "${CURRENTUSER}")}, "Di,Bo,Ada"},
		"all of several":               {[]any{"criteria", obj("group_operator", "and", "group", []any{criterion("City", "contains", "c"), criterion("Last_Name", "equal", "Ada"), criterion("Owner", "equal", obj("id", rae))})}, "Ada"},
		"any of several":               {[]any{"criteria", obj("group_operator", "OR", "group", []any{criterion("Last_Name", "equal", "Bo"), criterion("City", "equal", "${EMPTY}")})}, "Di,Bo"},
		"between":                      {[]any{"criteria", criterion("Created_Time", "between", []any{"2026-11-23T00:00:00+00:00", "2026-11-24T00:00:00+00:00"})}, "Di,Cy,Bo,Ada"},
		"earlier than":                 {[]any{"criteria", criterion("Created_Time", "less_than", "2026-11-23T00:00:00+00:00")}, ""},
		"in the order of another name": {[]any{"sort_by", obj("api_name", "City"), "sort_order", "desc"}, "Bo,Cy,Ada,Di"},
		"in the order of time":         {[]any{"sort_by", obj("api_name", "Created_Time"), "sort_order", "asc"}, "Ada,Bo,Cy,Di"},
	} {
		id := k.view(name, c.view...)
		got := strings.Join(k.get("/crm/v8/Leads?fields=Last_Name&cvid="+id).list("data", "Last_Name"), ",")
		if got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	mine := k.get(leadViews).text("custom_views.1.id")
	k.get("/crm/v8/Leads?fields=id&cvid="+mine).want(200, "info.count", "3", "info.sort_by", "id", "info.sort_order", "desc")
	k.get("/crm/v8/Leads/actions/count?cvid="+mine).want(200, "count", "3")
	k.ask("select Last_Name from Leads#"+mine+" where Last_Name != 'Di' order by Last_Name").want(200, "info.count", "2", "data.0.Last_Name", "Ada")
	k.get("/crm/v8/Leads?fields=id&sort_by=id&cvid="+mine).want(400, "code", "AMBIGUITY_DURING_PROCESSING")
	k.get("/crm/v8/Leads?fields=id&cvid=1").want(400, "code", "INVALID_DATA", "details.param_name", "cvid")
	before := k.get("/_sim/stats").text("credits")
	k.get("/crm/v8/Leads?fields=id&cvid=" + mine).want(200)
	var a, b int
	_, _ = fmt.Sscan(before, &a)
	_, _ = fmt.Sscan(k.get("/_sim/stats").text("credits"), &b)
	if b-a != 3 {
		t.Errorf("a list with cvid costs %d", b-a)
	}
}

func TestPagesOfACustomView(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	k.leads(7)
	for _, by := range []string{"Last_Name", "id", "Modified_Time"} {
		id := k.view(by, "sort_by", obj("api_name", by), "sort_order", "asc", "criteria", criterion("Last_Name", "not_equal", "L003"))
		var got []string
		token := ""
		for {
			r := k.get("/crm/v8/Leads?fields=Last_Name&per_page=2&cvid=" + id + token).want(200)
			got = append(got, r.list("data", "Last_Name")...)
			if r.at("info.more_records") != true {
				break
			}
			token = "&page_token=" + r.text("info.next_page_token")
		}
		if s := strings.Join(got, " "); s != "L000 L001 L002 L004 L005 L006" {
			t.Errorf("%s: %s", by, s)
		}
	}
}

func TestCustomViewIsChangedAndDeleted(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	all := k.get(leadViews).text("custom_views.0.id")
	id := k.view("One", "criteria", criterion("City", "equal", "x"))
	one := "/crm/v8/settings/custom_views/" + id
	k.settle("PUT", one+"?module=Leads", obj("name", "Two", "criteria", criterion("City", "equal", "y"))).want(200, "message", "custom view updated", "details.id", id)
	k.get(one+"?module=Leads").want(200, "custom_views.0.name", "Two", "custom_views.0.criteria.value", "y")
	k.settle("PUT", "/crm/v8/settings/custom_views/"+all+"?module=Leads", obj("name", "x")).want(400, "code", "NOT_ALLOWED")
	sort := obj("sort_by", obj("api_name", "Last_Name"), "sort_order", "asc")
	k.settle("PUT", "/crm/v8/settings/custom_views/"+all+"/actions/change_sort?module=Leads", sort).want(200, "message", "custom view updated")
	k.get("/crm/v8/settings/custom_views/"+all+"?module=Leads").want(200, "custom_views.0.sort_by.api_name", "Last_Name", "custom_views.0.name", "All Leads")
	k.get(leadViews).want(200, "info.count", "3")
	k.settle("PUT", "/crm/v8/settings/custom_views/actions/change_sort?module=Leads", obj("id", id, "sort_order", "desc")).want(200)
	for name, item := range map[string]map[string]any{
		"api_name": obj("sort_by", obj("api_name", "Nope")), "sort_order": obj("sort_order", "up"),
	} {
		k.settle("PUT", one+"/actions/change_sort?module=Leads", item).want(400, "code", "INVALID_DATA", "details.api_name", name)
	}
	k.settle("PUT", one+"/actions/change_sort?module=Leads", obj()).want(400, "code", "EXPECTED_FIELD_MISSING", "details.expected_fields.0.api_name", "sort_by")
	k.settle("PUT", "/crm/v8/settings/custom_views/actions/change_sort?module=Leads", obj("id", "1")).want(400, "code", "INVALID_DATA", "details.api_name", "id")
	for name, c := range map[string]struct {
		item       any
		code, path string
	}{
		"no name":          {obj(), "MANDATORY_NOT_FOUND", "$.custom_views[0].name"},
		"name taken":       {obj("name", "all leads"), "DUPLICATE_DATA", "$.custom_views[0].name"},
		"field unknown":    {obj("name", "n", "fields", []any{obj("api_name", "Nope")}), "INVALID_DATA", "$.custom_views[0].fields[0].api_name"},
		"for whom":         {obj("name", "n", "access_type", "all"), "INVALID_DATA", "$.custom_views[0].access_type"},
		"odd comparator":   {obj("name", "n", "criteria", criterion("City", "like", "x")), "INVALID_DATA", "$.custom_views[0].criteria"},
		"criteria on none": {obj("name", "n", "criteria", criterion("Nope", "equal", "x")), "INVALID_DATA", "$.custom_views[0].criteria"},
		"value missing":    {obj("name", "n", "criteria", criterion("City", "equal", nil)), "INVALID_DATA", "$.custom_views[0].criteria"},
		"value odd":        {obj("name", "n", "criteria", criterion("Created_Time", "equal", "x")), "INVALID_DATA", "$.custom_views[0].criteria"},
		"half a range":     {obj("name", "n", "criteria", criterion("Created_Time", "between", []any{"2026-11-23T00:00:00+00:00"})), "INVALID_DATA", "$.custom_views[0].criteria"},
		"criteria a text":  {obj("name", "n", "criteria", "x"), "INVALID_DATA", "$.custom_views[0].criteria"},
	} {
		r := k.settle("POST", leadViews, c.item)
		if r.status != 400 || r.at("code") != c.code || r.at("details.json_path") != c.path {
			t.Errorf("%s: %d %s", name, r.status, r.raw)
		}
	}
	k.do("DELETE", leadViews, nil).want(400, "code", "REQUIRED_PARAM_MISSING")
	k.do("DELETE", leadViews+"&ids="+id+","+all, nil).want(207, "custom_views.0.message", "deleted successfully", "custom_views.1.code", "INVALID_DATA")
	k.get(one + "?module=Leads").want(400)
}
