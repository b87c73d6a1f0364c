package zohosim_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// What Zoho's own SDKs send and want, one by one; sdk_test.go lets one of them run. That token requests may be multipart forms, and
// that downloads have a Content-Disposition, is tested with tokens and bulk read.

func TestJSONNeedsNoContentType(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	const body = `{"data":[{"Last_Name":"Plain"}]}`
	for _, kind := range []string{"", "application/json", "text/plain", "application/x-www-form-urlencoded"} {
		h := http.Header{"Authorization": {"Zoho-oauthtoken " + k.access}}
		if kind != "" {
			h.Set("Content-Type", kind)
		}
		k.request("POST", "/crm/v8/Leads", strings.NewReader(body), h).want(201, "data.0.code", "SUCCESS")
	}
	k.get("/crm/v8/Leads/actions/count").want(200, "count", "4")
}

func TestQueriesMayEndInAnAmpersand(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	id := k.insert("Leads", lead("Young", "Email", "nora@example.com"))[0]
	for _, target := range []string{
		"/crm/v8/Leads?fields=Last_Name&", "/crm/v8/Leads/" + id + "?fields=Last_Name&", "/crm/v8/Leads/search?email=nora@example.com&",
	} {
		k.get(target).want(200, "data.0.id", id, "data.0.Last_Name", "Young")
	}
	k.get("/crm/v8/users?type=CurrentUser&").want(200, "users.0.id", rae)
	k.get("/crm/v8/settings/fields?module=Leads&").want(200)
	k.do("DELETE", "/crm/v8/Leads?ids="+id+"&", nil).want(200, "data.0.details.id", id)
}

func TestInstantsMayBeInUTCWithZ(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	id := k.insert("Events", map[string]any{
		"Event_Title": "Visit", "Start_DateTime": start.Format(time.RFC3339), "End_DateTime": start.Add(time.Hour).Format(time.RFC3339),
	})[0]
	k.get("/crm/v8/Events/"+id).want(200, "data.0.Start_DateTime", "2026-11-23T09:00:00-06:00", "data.0.End_DateTime", "2026-11-23T10:00:00-06:00")
	k.do("POST", "/crm/v8/coql", coql("select id from Events where Start_DateTime between '2026-11-23T14:59:59Z' and '2026-11-23T15:00:01Z'")).
		want(200, "data.0.id", id)
	k.switchTo("datetime_z", "reject")
	k.one("PUT", "/crm/v8/Events/"+id, map[string]any{"End_DateTime": "2026-11-23T17:00:00Z"}).want(400, "code", "INVALID_DATA")
}

// The SDKs compare success texts with lists of their own and fail on any other.
func TestSuccessTextsAreZohos(t *testing.T) {
	t.Parallel()
	k := newKit(t, setup{})
	k.connect(sdkScopes)
	id := k.one("POST", "/crm/v8/Leads", lead("Young", "Company", "Y", "Email", "y@example.com")).want(201, "message", "record added").text("details.id")
	k.one("PUT", "/crm/v8/Leads/"+id, map[string]any{"City": "Austin"}).want(200, "message", "record updated")
	k.do("POST", "/crm/v8/Leads/upsert", map[string]any{
		"data": []any{lead("Young", "Email", "y@example.com")}, "duplicate_check_fields": []any{"Email"},
	}).want(200, "data.0.message", "record updated", "data.0.action", "update")
	const watched = "Successfully subscribed for actions-watch of the given module"
	k.do("POST", "/crm/v8/actions/watch", map[string]any{"watch": []any{aChannel("7", []string{"Leads.all"})}}).want(201, "watch.0.message", watched)
	k.do("DELETE", "/crm/v8/actions/watch?channel_ids=7", nil).want(200, "watch.0.message", "Successfully un-subscribed from actions-watch")
	k.do("POST", bulkPath, bulk("Leads", "fields", []any{"Last_Name"})).want(201, "data.0.message", "Added successfully.")
	k.do("POST", "/crm/v8/Leads/"+id+"/actions/convert", map[string]any{"data": []any{map[string]any{"overwrite": true}}}).
		want(200, "data.0.message", "The record has been converted successfully")
	other := k.insert("Leads", lead("Old"))[0]
	k.do("DELETE", "/crm/v8/Leads/"+other, nil).want(200, "data.0.message", "record deleted")
}

func TestIDsAreTextAndCountsAreNumbers(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	account := k.insert("Accounts", map[string]any{"Account_Name": "A"})[0]
	id := k.insert("Contacts", lead("Young", "Email", "y@example.com"))[0]
	k.one("PUT", "/crm/v8/Contacts/"+id, map[string]any{"Account_Name": map[string]any{"id": account}}).want(200)
	for target, pieces := range map[string][]string{
		"/crm/v8/Contacts?fields=Last_Name,Account_Name,Owner": {`"id":"` + id + `"`, `"id":"` + account + `"`, `"id":"` + rae + `"`, `"count":1`, `"per_page":200`, `"page":1`},
		"/crm/v8/Contacts/search?email=y@example.com":          {`"id":"` + id + `"`, `"count":1`},
		"/crm/v8/Contacts/actions/count":                       {`{"count":1}`},
		"/crm/v8/users":                                        {`"id":"` + rae + `"`, `"count":4`},
	} {
		r := k.get(target).want(200)
		for _, piece := range pieces {
			if !strings.Contains(r.raw, piece) {
				t.Errorf("%s has no %s: %s", target, piece, r.raw)
			}
		}
	}
	r := k.do("POST", "/crm/v8/coql", coql("select Last_Name, Account_Name from Contacts where id is not null")).want(200)
	for _, piece := range []string{`"id":"` + id + `"`, `"id":"` + account + `"`, `"count":1`} {
		if !strings.Contains(r.raw, piece) {
			t.Errorf("coql has no %s: %s", piece, r.raw)
		}
	}
}
