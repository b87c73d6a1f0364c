package zohosim_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestRelatedRecordsAreLinkedAndParted(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	firm := k.insert("Accounts", map[string]any{"Account_Name": "Zylker"})[0]
	contacts := k.insert("Contacts", map[string]any{"Last_Name": "Cy"}, map[string]any{"Last_Name": "Di"}, map[string]any{"Last_Name": "Ed"})
	list := "/crm/v8/Accounts/" + firm + "/Contacts"
	r := k.do("PUT", list, obj("data", []any{obj("id", contacts[0], "Phone", "312"), obj("id", "1"), obj()}))
	r.want(207, "data.0.code", "SUCCESS", "data.0.message", "relation added", "data.0.details.id", contacts[0], "data.1.code", "INVALID_DATA",
		"data.1.details.json_path", "$.data[1].id", "data.2.code", "MANDATORY_NOT_FOUND")
	k.do("PUT", list+"/"+contacts[1], nil).want(200, "data.0.message", "relation added")
	k.do("PUT", list+"/"+contacts[2], obj("data", []any{obj("Phone", "!")})).want(400, "data.0.code", "PATTERN_NOT_MATCHED")
	if got := k.get(list+"?fields=Phone").want(200).list("data", "id"); fmt.Sprint(got) != fmt.Sprint([]string{contacts[1], contacts[0]}) {
		t.Errorf("list: %v", got)
	}
	k.get(list+"/"+contacts[0]).want(200, "data.0.Account_Name.id", firm, "data.0.Phone", "312", "data.1", nil)
	k.get(list + "/" + contacts[2]).empty(204)
	k.do("DELETE", list+"?ids="+contacts[0]+","+contacts[2], nil).want(207, "data.0.message", "relation removed", "data.0.details.id", contacts[0],
		"data.1.code", "INVALID_DATA", "data.1.message", "the related id given seems to be invalid", "data.1.details.id", contacts[2])
	k.get("/crm/v8/Contacts/"+contacts[0]).want(200, "data.0.Account_Name", nil)
	k.do("DELETE", list+"/"+contacts[1], nil).want(200, "data.0.code", "SUCCESS")
	k.do("DELETE", list+"/"+contacts[1], nil).want(400, "data.0.message", "the related id given seems to be invalid")
	k.get(list + "?fields=id").empty(204)

	k.do("DELETE", list, nil).want(400, "code", "REQUIRED_PARAM_MISSING", "details.param_name", "ids")
	k.do("DELETE", list+"?ids="+strings.TrimSuffix(strings.Repeat("1,", 101), ","), nil).want(400, "code", "LIMIT_EXCEEDED", "details.limit", "100")
	k.do("PUT", "/crm/v8/Accounts/1/Contacts/"+contacts[0], nil).want(400, "code", "INVALID_DATA", "details.resource_path_index", "1", "message", "the related id given seems to be invalid")
	k.do("PUT", list+"/1", nil).want(400, "details.resource_path_index", "3")
	k.do("PUT", "/crm/v8/Accounts/"+firm+"/Nope/1", nil).want(400, "details.resource_path_index", "2", "message", "The relation name given seems to be invalid")
	k.do("POST", list, nil).want(400, "code", "INVALID_REQUEST_METHOD")
	k.do("PUT", "/crm/v8/Accounts/"+firm+"/actions/nope", nil).want(404, "code", "INVALID_URL_PATTERN")
	k.connect("ZohoCRM.modules.accounts.ALL,ZohoCRM.modules.contacts.READ")
	k.get(list + "?fields=id").empty(204)
	k.do("PUT", list+"/"+contacts[0], nil).want(401, "code", "OAUTH_SCOPE_MISMATCH")
	k.do("DELETE", list+"/"+contacts[0], nil).want(401)
}

func TestMeetingsAreLinkedToLeads(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	l := k.insert("Leads", lead("Boyle"))[0]
	event := k.insert("Events", meeting("m", start))[0]
	k.do("PUT", "/crm/v8/Leads/"+l+"/Events", obj("data", []any{obj("id", event)})).want(200, "data.0.message", "relation added")
	k.get("/crm/v8/Events/"+event).want(200, "data.0.What_Id.id", l, "data.0.$se_module", "Leads")
	k.get("/crm/v8/Leads/"+l+"/Events?fields=id").want(200, "data.0.id", event, "info.count", "1", "info.call", false, "info.per_page", "200")
	k.do("DELETE", "/crm/v8/Leads/"+l+"/Events/"+event, nil).want(200, "data.0.message", "relation removed")
	k.get("/crm/v8/Events/"+event).want(200, "data.0.What_Id", nil)
}

func TestRecordThatNeedsItsRelationIsDeletedWithoutIt(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	k.control("PUT", "/_sim/modules/Visits", map[string]any{"fields": []any{
		obj("api_name", "Name"), obj("api_name", "Who", "data_type", "lookup", "system_mandatory", true, "lookup", obj("module", obj("api_name", "Contacts"))),
	}}).want(200)
	contact := k.insert("Contacts", map[string]any{"Last_Name": "Cy"})[0]
	visit := k.insert("Visits", map[string]any{"Name": "v", "Who": contact})[0]
	k.do("DELETE", "/crm/v8/Contacts/"+contact+"/Visits/"+visit, nil).want(200, "data.0.message", "record deleted", "data.0.details.id", visit)
	k.get("/crm/v8/Visits/" + visit).empty(204)
}

func TestExternalIDsStandForIDs(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	for _, module := range []string{"Leads", "Events"} {
		k.settle("POST", "/crm/v8/settings/fields?module="+module, obj("field_label", "Ext", "data_type", "text", "external", obj("type", "org", "show", true))).want(201)
	}
	l := k.insert("Leads", map[string]any{"Last_Name": "a", "Ext": "L 1"}, map[string]any{"Last_Name": "b"})[0]
	events := k.insert("Events", meeting("m", start, "Ext", "E1"), meeting("n", start, "Ext", "E2"))
	ext := func(s string) []string { return []string{"X-EXTERNAL", s} }
	k.get("/crm/v8/Leads/l%201", ext("Leads.Ext")...).want(200, "data.0.id", l)
	k.get("/crm/v8/Leads/"+l, ext("Leads.Ext")...).empty(204)
	k.do("PUT", "/crm/v8/Leads/L%201", obj("data", []any{obj("City", "x")}), ext("Leads.Ext")...).want(200, "data.0.details.id", l)
	k.do("PUT", "/crm/v8/Leads", obj("data", []any{obj("Ext", "L 1", "City", "y"), obj("Ext", "none"), obj("City", "z")}), ext("Leads.Ext")...).
		want(207, "data.0.details.id", l, "data.1.code", "INVALID_DATA", "data.1.details.api_name", "Ext", "data.2.code", "MANDATORY_NOT_FOUND", "data.2.details.api_name", "Ext")
	k.get("/crm/v8/Leads/"+l).want(200, "data.0.City", "y")
	k.do("PUT", "/crm/v8/Leads/L%201/Events", obj("data", []any{obj("Ext", "E1")}), ext("Leads.Ext,Events.Ext")...).want(200, "data.0.details.id", events[0])
	k.do("PUT", "/crm/v8/Leads/L%201/Events/E2", nil, ext("Leads.Ext, Events.Ext")...).want(200)
	k.get("/crm/v8/Leads/L%201/Events?fields=Ext", ext("Leads.Ext")...).want(200, "info.count", "2")
	k.get("/crm/v8/Leads/L%201/Events/E1", ext("Leads.Ext,Events.Ext")...).want(200, "data.0.id", events[0])
	k.do("DELETE", "/crm/v8/Leads/L%201/Events?ids=E2", nil, ext("Leads.Ext,Events.Ext")...).want(200, "data.0.message", "relation removed")
	k.do("DELETE", "/crm/v8/Events?ids=E2,none", nil, ext("Events.Ext")...).want(207, "data.0.details.id", events[1], "data.1.code", "INVALID_DATA")
	k.do("DELETE", "/crm/v8/Leads/L%201", nil, ext("Leads.Ext")...).want(200, "data.0.message", "record deleted")
	for _, bad := range []string{"Leads.Email", "Nope.Ext", "Leads", "Events.Ext"} {
		k.get("/crm/v8/Leads/x", ext(bad)...).want(400, "code", "INVALID_DATA", "details.header", "X-EXTERNAL")
	}
	k.get("/crm/v8/Leads/none", ext("Leads.Ext")...).empty(204)
	k.one("POST", "/crm/v8/Events", meeting("again", start.Add(time.Hour), "Ext", "e1")).want(400, "code", "DUPLICATE_DATA")
}
