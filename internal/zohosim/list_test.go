package zohosim_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// leads adds n leads, a second apart, and gives their ids in order.
func (k *kit) leads(n int) []string {
	k.t.Helper()
	var ids []string
	for i := range n {
		ids = append(ids, k.insert("Leads", lead(fmt.Sprintf("L%03d", i)))...)
		k.pass(time.Second)
	}
	return ids
}

func reversed(s []string) []string {
	out := slices.Clone(s)
	slices.Reverse(out)
	return out
}

func TestListIsNewestFirstWithItsInfo(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	k.get("/crm/v8/Leads?fields=Last_Name").empty(204)
	ids := k.leads(5)
	r := k.get("/crm/v8/Leads?fields=Last_Name&per_page=3").want(200,
		"info.count", "3", "info.per_page", "3", "info.page", "1", "info.more_records", true, "info.sort_by", "id",
		"info.sort_order", "desc", "info.call", false, "info.email", false, "info.previous_page_token", nil,
		"info.page_token_expiry", "2026-11-24T09:00:05-06:00")
	if got := r.list("data", "id"); !slices.Equal(got, reversed(ids)[:3]) {
		t.Fatalf("got %v", got)
	}
	if r.at("data.0.Email") != nil || len(r.at("data.0").(map[string]any)) != 2 {
		t.Errorf("more than was asked for: %s", r.raw)
	}
	r = k.get("/crm/v8/Leads?fields=Last_Name&per_page=3&page=2").want(200, "info.more_records", false, "info.next_page_token", nil, "info.page_token_expiry", nil)
	if got := r.list("data", "id"); !slices.Equal(got, reversed(ids)[3:]) {
		t.Fatalf("page 2: %v", got)
	}
	k.get("/crm/v8/Leads?fields=Last_Name&per_page=3&page=3").empty(204)
	if got := k.get("/crm/v8/Leads?fields=id&sort_by=Modified_Time&sort_order=asc").list("data", "id"); !slices.Equal(got, ids) {
		t.Errorf("ascending by Modified_Time: %v", got)
	}
	if got := k.get("/crm/v8/Leads?fields=id&ids="+ids[1]+","+ids[3]).list("data", "id"); !slices.Equal(got, []string{ids[3], ids[1]}) {
		t.Errorf("ids: %v", got)
	}
}

func TestListRefusals(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	k.leads(3)
	many := strings.Repeat("Email,", 51)
	for name, c := range map[string]struct {
		query, code string
		path        string
		value       any
	}{
		"no fields":           {"", "REQUIRED_PARAM_MISSING", "details.param_name", "fields"},
		"fifty-one fields":    {"fields=" + many, "LIMIT_EXCEEDED", "details.limit", "50"},
		"sort by a field":     {"fields=id&sort_by=Last_Name", "INVALID_DATA", "details.supported_values.0", "id"},
		"odd sort order":      {"fields=id&sort_order=up", "INVALID_DATA", "details.param_name", "sort_order"},
		"per_page too high":   {"fields=id&per_page=201", "INVALID_DATA", "details.range.to", "200"},
		"per_page zero":       {"fields=id&per_page=0", "INVALID_DATA", "details.param_name", "per_page"},
		"page no number":      {"fields=id&page=x", "INVALID_DATA", "details.param_name", "page"},
		"beyond 2000 by page": {"fields=id&page=11", "DISCRETE_PAGINATION_LIMIT_EXCEEDED", "details.limit", "2000"},
		"page and token":      {"fields=id&page=1&page_token=x", "AMBIGUITY_DURING_PROCESSING", "details.ambiguity_due_to.1.param_name", "page_token"},
		"invented token":      {"fields=id&page_token=abc", "TOKEN_BOUND_DATA_MISMATCH", "details.param_name", "page_token"},
		"unknown custom view": {"fields=id&cvid=1", "INVALID_DATA", "details.param_name", "cvid"},
		"view and sort":       {"fields=id&cvid=1&sort_by=id", "AMBIGUITY_DURING_PROCESSING", "details.ambiguity_due_to.0.param_name", "cvid"},
		"odd converted":       {"fields=id&converted=maybe", "INVALID_DATA", "details.param_name", "converted"},
		"malformed ids":       {"fields=id&ids=1,x", "INVALID_DATA", "details.param_name", "ids"},
	} {
		r := k.get("/crm/v8/Leads?" + c.query)
		if r.status != 400 || r.at("code") != c.code || r.at(c.path) != c.value {
			t.Errorf("%s: %d %s", name, r.status, r.raw)
		}
	}
	k.get("/crm/v8/Leads?fields=id", "If-Modified-Since", "yesterday").want(400, "code", "INVALID_DATA")
	if k.get("/crm/v8/Leads?fields=id&page=10").status != 204 {
		t.Error("page 10 of 200 is still allowed")
	}
}

func TestUnknownListFieldSwitch(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	k.leads(1)
	k.get("/crm/v8/Leads?fields=Last_Name,Nope").want(200, "data.0.Nope", nil, "data.0.Last_Name", "L000")
	k.switchTo("unknown_list_field", "reject")
	k.get("/crm/v8/Leads?fields=Last_Name,Nope").want(400, "code", "INVALID_DATA", "details.param_name", "fields")
}

func TestPageTokenWalksEverythingOnce(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	ids := k.leads(10)
	for _, sorting := range []string{"", "&sort_by=Modified_Time&sort_order=asc", "&sort_by=Created_Time", "&sort_by=id&sort_order=asc"} {
		var got []string
		token, page := "", 0
		for {
			q := "/crm/v8/Leads?fields=id&per_page=3" + sorting
			if token != "" {
				q += "&page_token=" + token
			}
			page++
			r := k.get(q).want(200, "info.page", fmt.Sprint(page))
			got = append(got, r.list("data", "id")...)
			if page == 1 {
				// Newcomers must not shift what follows.
				k.insert("Leads", lead("newcomer"))
			}
			if token = r.text("info.next_page_token"); token == "" {
				break
			}
		}
		want := ids
		if !strings.Contains(sorting, "asc") {
			want = reversed(ids)
		}
		got = slices.DeleteFunc(got, func(id string) bool { return !slices.Contains(ids, id) })
		if !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", sorting, got, want)
		}
	}
}

func TestPageTokenIsBoundToParametersUserAndADay(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	k.leads(5)
	token := k.get("/crm/v8/Leads?fields=id&per_page=2").text("info.next_page_token")
	q := "/crm/v8/Leads?fields=id&per_page=2&page_token=" + token
	k.get(q).want(200)
	for name, other := range map[string]string{
		"other fields":   "/crm/v8/Leads?fields=Email&per_page=2&page_token=" + token,
		"other size":     "/crm/v8/Leads?fields=id&per_page=3&page_token=" + token,
		"more":           q + "&sort_by=id",
		"other module":   "/crm/v8/Contacts?fields=id&per_page=2&page_token=" + token,
		"altered token":  "/crm/v8/Leads?fields=id&per_page=2&page_token=" + strings.Repeat("0", 10) + token[10:],
		"longer token":   q + "00",
		"header as well": q,
	} {
		header := []string{}
		if name == "header as well" {
			header = []string{"If-Modified-Since", "2026-01-01T00:00:00+00:00"}
		}
		if r := k.get(other, header...); r.status != 400 || r.at("code") != "TOKEN_BOUND_DATA_MISMATCH" {
			t.Errorf("%s: %d %s", name, r.status, r.raw)
		}
	}
	mine := k.access
	k.access = k.exchange(k.url, k.grantCode(k.url, everything, ann)).text("access_token")
	k.get(q).want(400, "code", "TOKEN_BOUND_DATA_MISMATCH")
	k.access = mine
	k.pass(24*time.Hour + time.Second)
	k.access = k.renew(k.refresh).text("access_token")
	k.get(q).want(400, "code", "EXPIRED_VALUE", "details.api_name", "page_token")
}

func TestPageTokenReachesAHundredThousand(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	many := make([]map[string]any, 100_001)
	for i := range many {
		many[i] = map[string]any{"Subject": "t"}
	}
	if _, err := k.sim.Load("Tasks", many); err != nil {
		t.Fatal(err)
	}
	q := "/crm/v8/Tasks?fields=id"
	token, total := "", 0
	for total < 100_000 {
		r := k.get(q + token).want(200)
		total += len(r.list("data", "id"))
		token = "&page_token=" + r.text("info.next_page_token")
	}
	k.get(q+token).want(400, "code", "PAGINATION_LIMIT_EXCEEDED", "details.param_name", "page_token")
}

func TestIfModifiedSince(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	ids := k.leads(4) // changed at 9:00:00, :01, :02, :03 in Chicago
	since := func(at string) []string { return []string{"If-Modified-Since", at} }
	for _, sorting := range []string{"", "&sort_by=Modified_Time"} {
		r := k.get("/crm/v8/Leads?fields=id"+sorting, since("2026-11-23T15:00:01+00:00")...).want(200)
		if got := r.list("data", "id"); !slices.Equal(got, []string{ids[3], ids[2]}) {
			t.Errorf("later than the header: %v", got)
		}
		k.get("/crm/v8/Leads?fields=id"+sorting, since("2026-11-23T09:00:03-06:00")...).empty(304)
	}
	k.do("PUT", "/crm/v8/Leads/"+ids[0], map[string]any{"data": []any{lead("changed")}}).want(200)
	if got := k.get("/crm/v8/Leads?fields=id", since("2026-11-23T15:00:03+00:00")...).list("data", "id"); !slices.Equal(got, ids[:1]) {
		t.Errorf("after a change: %v", got)
	}
	k.get("/crm/v8/Leads/"+ids[1], since("2026-11-23T15:00:01+00:00")...).empty(304)
	k.get("/crm/v8/Leads/"+ids[1], since("2026-11-23T15:00:00+00:00")...).want(200)
}

func TestSingleRecord(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	id := k.leads(1)[0]
	k.get("/crm/v8/Leads/"+id).want(200, "data.0.id", id, "data.0.Company", nil, "data.0.Full_Name", "L000", "data.0.Layout.name", "Standard",
		"data.0.$approval_state", "approved", "data.0.Created_By.name", "Rae Ridgeline", "data.0.Email_Opt_Out", false)
	k.get("/crm/v8/Leads/"+id+"?fields=Last_Name").want(200, "data.0.Last_Name", "L000", "data.0.Layout", nil)
	k.get("/crm/v8/Leads/5725767000000999999").empty(204)
	k.get("/crm/v8/Leads/abc").want(400, "code", "INVALID_DATA", "details.resource_path_index", "1")
	k.switchTo("unknown_id_status", 400)
	k.get("/crm/v8/Leads/5725767000000999999").want(400, "code", "INVALID_DATA")
}

func TestRelatedRecords(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	who := k.insert("Contacts", lead("Contact"))[0]
	l := k.insert("Leads", lead("Lead"))[0]
	byWho := k.insert("Events", meeting("with contact", start, "Who_Id", who))[0]
	byWhat := k.insert("Events", meeting("with lead", start, "What_Id", l, "$se_module", "Leads"))[0]
	k.get("/crm/v8/Contacts/"+who+"/Events?fields=Event_Title").want(200, "data.0.id", byWho, "info.count", "1", "info.more_records", false)
	k.get("/crm/v8/Leads/"+l+"/Events?fields=Event_Title").want(200, "data.0.id", byWhat, "info.count", "1")
	k.get("/crm/v8/Contacts/" + who + "/Deals?fields=id").empty(204)
	k.get("/crm/v8/Contacts/"+who+"/Nothing?fields=id").want(400, "code", "INVALID_DATA", "details.resource_path_index", "2")
	k.get("/crm/v8/Contacts/"+who+"/Events").want(400, "code", "REQUIRED_PARAM_MISSING")
	k.get("/crm/v8/Contacts/5725767000000999999/Events?fields=id").empty(204)
	k.connect("ZohoCRM.modules.contacts.READ")
	k.get("/crm/v8/Contacts/"+who+"/Events?fields=id").want(401, "code", "OAUTH_SCOPE_MISMATCH")
}

func TestCount(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	k.get("/crm/v8/Leads/actions/count").want(200, "count", "0")
	k.leads(3)
	r := k.get("/crm/v8/Leads/actions/count").want(200)
	if !strings.Contains(r.raw, `"count":3`) {
		t.Errorf("count is no number: %s", r.raw)
	}
	k.get("/crm/v8/Leads/actions/count?criteria="+url.QueryEscape("(Last_Name:equals:L001)")).want(200, "count", "1")
	k.switchTo("count_as", "text")
	if r := k.get("/crm/v8/Leads/actions/count"); !strings.Contains(r.raw, `"count":"3"`) {
		t.Errorf("count is no text: %s", r.raw)
	}
}

func TestDeletedFeed(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	k.get("/crm/v8/Leads/deleted").empty(204)
	ids := k.leads(3)
	for _, id := range ids {
		k.do("DELETE", "/crm/v8/Leads/"+id, nil).want(200, "data.0.code", "SUCCESS")
		k.pass(time.Second)
	}
	r := k.get("/crm/v8/Leads/deleted?per_page=2").want(200, "info.count", "2", "info.more_records", true, "info.page", "1",
		"data.0.type", "recycle", "data.0.display_name", "L002", "data.0.deleted_by.id", rae, "data.0.created_by.id", rae,
		"data.0.deleted_time", "2026-11-23T09:00:05-06:00")
	if got := r.list("data", "id"); !slices.Equal(got, []string{ids[2], ids[1]}) {
		t.Errorf("got %v", got)
	}
	k.get("/crm/v8/Leads/deleted?per_page=2&page=2").want(200, "data.0.id", ids[0], "info.more_records", false)
	k.get("/crm/v8/Leads/deleted", "If-Modified-Since", "2026-11-23T15:00:04+00:00").want(200, "info.count", "1", "data.0.id", ids[2])
	k.get("/crm/v8/Leads/deleted?type=permanent").empty(204)
	k.get("/crm/v8/Leads/deleted?type=odd").want(400, "data.0.code", "INVALID_DATA")

	k.pass(61 * 24 * time.Hour)
	k.access = k.renew(k.refresh).text("access_token")
	k.get("/crm/v8/Leads/deleted?type=recycle").empty(204)
	k.get("/crm/v8/Leads/deleted?type=permanent").want(200, "info.count", "3", "data.0.display_name", nil, "data.0.deleted_by", nil, "data.0.type", "permanent")
	k.pass(60 * 24 * time.Hour)
	k.access = k.renew(k.refresh).text("access_token")
	k.get("/crm/v8/Leads/deleted").empty(204)
}

func TestConvertedLeadsAreHiddenUnlessAskedFor(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	k.control("PUT", "/_sim/modules/Leads", map[string]any{"records": []any{
		map[string]any{"id": "5725767000000600001", "Last_Name": "Open"},
		map[string]any{"id": "5725767000000600002", "Last_Name": "Converted", "Converted__s": true},
	}}).want(200, "records", "2")
	for converted, want := range map[string][]string{
		"": {"Open"}, "&converted=false": {"Open"}, "&converted=true": {"Converted"}, "&converted=both": {"Converted", "Open"},
	} {
		if got := k.get("/crm/v8/Leads?fields=Last_Name"+converted).list("data", "Last_Name"); !slices.Equal(got, want) {
			t.Errorf("%q: %v", converted, got)
		}
	}
	if got := k.get("/crm/v8/Leads/search?converted=both&word=en").list("data", "Last_Name"); len(got) != 1 || got[0] != "Open" {
		t.Errorf("search: %v", got)
	}
	k.get("/crm/v8/Leads/search?word=converted").empty(204)
}

func TestExternalIDStandsForTheID(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	k.control("PUT", "/_sim/modules/Bookings", map[string]any{"fields": []any{
		map[string]any{"api_name": "Name", "data_type": "text"},
		map[string]any{"api_name": "Our_Id", "data_type": "text", "external": map[string]any{"type": "org", "show": true}, "unique": map[string]any{"casesensitive": "false"}},
	}}).want(200)
	id := k.insert("Bookings", map[string]any{"Name": "a", "Our_Id": "hs 1"})[0]
	x := []string{"X-EXTERNAL", "Bookings.Our_Id"}
	k.get("/crm/v8/Bookings/hs%201", x...).want(200, "data.0.id", id)
	k.get("/crm/v8/Bookings/other", x...).empty(204)
	k.get("/crm/v8/Bookings/hs%201", "X-EXTERNAL", "Bookings.Name").want(400, "code", "INVALID_DATA")
	body := map[string]any{"data": []any{map[string]any{"Name": "b"}}}
	k.do("PUT", "/crm/v8/Bookings/hs%201", body, x...).want(200, "data.0.details.id", id)
	k.do("PUT", "/crm/v8/Bookings", map[string]any{"data": []any{map[string]any{"Our_Id": "hs 1", "Name": "c"}}}, x...).want(200, "data.0.details.id", id)
	k.get("/crm/v8/Bookings/"+id).want(200, "data.0.Name", "c")
	k.do("DELETE", "/crm/v8/Bookings/hs%201", nil, x...).want(200)
	k.get("/crm/v8/Bookings/" + id).empty(204)
}
