package zohosim_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestListsCutRichTextAndLeaveRowsOut(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	rows := make([]any, 201)
	for i := range rows {
		rows[i] = map[string]any{"n": i}
	}
	k.control("PUT", "/_sim/modules/Visits", map[string]any{"fields": []any{
		obj("api_name", "Name"), obj("api_name", "Report", "data_type", "textarea", "length", 50000, "textarea", obj("type", "rich_text")),
		obj("api_name", "Memo", "data_type", "textarea"), obj("api_name", "Lines", "data_type", "subform"),
	}}).want(200)
	long := strings.Repeat("ü", 501)
	id := k.insert("Visits", map[string]any{"Name": "n", "Report": long, "Memo": long, "Lines": rows[:3]})[0]
	r := k.get("/crm/v8/Visits?fields=Report,Memo,Lines").want(200, "data.0.Report", long[:2*500], "data.0.Memo", long, "data.0.$has_more.Report", true)
	if strings.Contains(r.raw, "Lines") {
		t.Errorf("a list shows rows: %s", r.raw)
	}
	k.get("/crm/v8/Visits/"+id).want(200, "data.0.Report", long, "data.0.Lines.2.n", "2", "data.0.$has_more.Lines", false, "data.0.$has_more.Report", nil)
	k.one("PUT", "/crm/v8/Visits/"+id, map[string]any{"Report": "short", "Lines": nil}).want(200)
	k.get("/crm/v8/Visits?fields=Report").want(200, "data.0.Report", "short", "data.0.$has_more", nil)
	k.one("PUT", "/crm/v8/Visits/"+id, map[string]any{"Lines": rows}).want(200)
	r = k.get("/crm/v8/Visits/"+id).want(200, "data.0.$has_more.Lines", true)
	if n := len(r.at("data.0.Lines").([]any)); n != 200 {
		t.Errorf("%d rows", n)
	}
}

func TestParametersThatListsAndSearchesShare(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	ids := k.leads(3)
	for query, want := range map[string]string{
		"territory_id=5725767000000454003":                    "3",
		"territory_id=5725767000000454003&include_child=true": "3",
		"include_child=false&approved=true":                   "3",
		"approved=both&":                                      "3",
		"ids=" + ids[0] + "," + ids[2] + ",1":                 "2",
		"converted=both&ids=" + ids[1]:                        "1",
	} {
		k.get("/crm/v8/Leads?fields=id&"+query).want(200, "info.count", want)
		k.get("/crm/v8/Leads/search?word=L00&"+query).want(200, "info.count", want)
	}
	k.get("/crm/v8/Leads?fields=id&approved=false").empty(204)
	for query, param := range map[string]string{"territory_id=x": "territory_id", "include_child=maybe": "include_child", "approved=x": "approved", "converted=x": "converted", "ids=x": "ids"} {
		k.get("/crm/v8/Leads?fields=id&"+query).want(400, "code", "INVALID_DATA", "details.param_name", param)
		k.get("/crm/v8/Leads/search?word=L00&"+query).want(400, "code", "INVALID_DATA", "details.param_name", param)
	}
	hundred := strings.TrimSuffix(strings.Repeat("1,", 101), ",")
	k.get("/crm/v8/Leads?fields=id&ids="+hundred).want(400, "code", "LIMIT_EXCEEDED", "details.limit", "100")
}

func TestBulkSearchSwitch(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	k.leads(3)
	ask := func(body any) reply { return k.do("POST", "/crm/v8/Leads/bulk/search", body) }
	ask(obj("word", "L00")).want(404, "code", "INVALID_URL_PATTERN")
	k.switchTo("bulk_search", "present")
	ask(obj("word", "L00")).want(200, "info.count", "3")
	ask(obj("criteria", "(Last_Name:equals:L001)", "fields", "Last_Name", "per_page", 1)).want(200, "info.count", "1", "data.0.Last_Name", "L001", "info.per_page", "1")
	ask(obj()).want(400, "code", "EXPECTED_PARAM_MISSING", "details.param_names.0", "criteria")
	ask("x").want(400, "code", "UNABLE_TO_PARSE_DATA_TYPE")
	k.connect("ZohoCRM.modules.ALL")
	ask(obj("word", "L00")).want(401)
}

func TestSearchOfAModuleThatIsNotSearched(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	k.control("PUT", "/_sim/modules/Logs", map[string]any{"module": obj("global_search_supported", false), "fields": []any{obj("api_name", "Name")}}).want(200)
	k.get("/crm/v8/Logs/search?word=abc").want(400, "code", "NOT_SUPPORTED")
	k.get("/crm/v8/Leads/search?word=abc").empty(204)
}

// Clients differ in what goes around the JSON: no Content-Type, another one, an ampersand at the end of the query.
func TestRequestsAsOfficialClientsSendThem(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	body := `{"data":[{"Last_Name":"x"}]}`
	auth := "Zoho-oauthtoken " + k.access
	for _, h := range []http.Header{
		{"Authorization": {auth}, "Content-Type": nil},
		{"Authorization": {auth}, "Content-Type": {"text/plain"}},
		{"Authorization": {auth}, "Content-Type": {"application/json;charset=UTF-8"}},
		{"Authorization": {auth}, "X-Crm-Org": {"78654321"}},
	} {
		k.request("POST", "/crm/v8/Leads?", strings.NewReader(body), h).want(201, "data.0.message", "record added", "data.0.status", "success")
	}
	r := k.get("/crm/v8/Leads?fields=Created_Time&per_page=2&").want(200)
	if id, ok := r.at("data.0.id").(string); !ok || len(id) != 19 {
		t.Errorf("id %v", r.at("data.0.id"))
	}
	if !strings.Contains(r.raw, `"count":2`) || strings.Contains(r.raw, `"count":"`) {
		t.Errorf("count is no number: %s", r.raw)
	}
	if _, err := time.Parse("2006-01-02T15:04:05-07:00", r.text("data.0.Created_Time")); err != nil {
		t.Error(err)
	}
	for i, call := range []string{"PUT", "DELETE"} {
		one, message := r.text(fmt.Sprintf("data.%d.id", i)), []string{"record updated", "record deleted"}[i]
		k.do(call, "/crm/v8/Leads/"+one+"?", body).want(200, "data.0.message", message, "data.0.code", "SUCCESS", "data.0.details.id", one)
	}
	k.do("POST", "/crm/v8/Contacts/upsert", body).want(200, "data.0.action", "insert", "data.0.message", "record added", "data.0.duplicate_field", nil)
	k.insert("Events", meeting("Z", start, "Start_DateTime", "2026-11-23T15:00:00Z", "End_DateTime", "2026-11-23T16:00:00Z"))
	k.ask("select Start_DateTime from Events where Start_DateTime = '2026-11-23T15:00:00Z'").want(200, "data.0.Start_DateTime", "2026-11-23T09:00:00-06:00")
	k.get("/crm/v8/Events/search?criteria=(Start_DateTime:equals:2026-11-23T15:00:00Z)&").want(200, "info.count", "1")
	k.get("/crm/v8/Events?fields=id", "If-Modified-Since", "2026-11-23T15:00:00Z").empty(304)
}
