package zohosim_test

import (
	"fmt"
	"testing"
)

const compositeName = "__composite_requests"

// part is a sub-request; more members come in pairs.
func part(method, uri string, more ...any) map[string]any {
	return changed(map[string]any{"method": method, "uri": "/crm/v8/" + uri}, more...)
}

func items(list ...any) map[string]any { return map[string]any{"data": list} }

// compose sends sub-requests; options are members beside them, in pairs.
func (k *kit) compose(options []any, parts ...any) reply {
	k.t.Helper()
	return k.do("POST", "/crm/v8/"+compositeName, changed(map[string]any{compositeName: parts}, options...))
}

func (k *kit) connectComposite() *kit {
	k.t.Helper()
	k.connect(everything + ",ZohoCRM.composite_requests.CUSTOM")
	return k
}

// sub is the path of a value in the answer to a sub-request.
func sub(i int, path string) string { return fmt.Sprintf("%s.%d.%s", compositeName, i, path) }

func body(i int, path string) string { return sub(i, "details.response.body."+path) }

func TestACompositeCarriesOutItsParts(t *testing.T) {
	t.Parallel()
	k := fresh(t).connectComposite()
	id := k.insert("Leads", lead("Old", "Email", "old@x.example"))[0]
	before := k.credits()
	r := k.compose([]any{"parallel_execution", false},
		part("POST", "Leads", "sub_request_id", "new", "body", items(lead("New"))),
		part("PUT", "Leads/@{new:$.data[0].details.id}", "body", items(map[string]any{"Company": "@{new:$.data[0].message}!", "First_Name": "F"})),
		part("GET", "Leads", "params", map[string]any{"fields": "Last_Name,Company", "ids": "@{new:$.data[0].details.id}"}),
		part("POST", "coql", "body", coql("select Last_Name from Leads where Email = 'old@x.example'")),
		part("GET", "Leads/"+id, "headers", map[string]any{"If-Modified-Since": "2030-01-01T00:00:00+00:00"}),
	).want(200, sub(0, "code"), "SUCCESS", sub(0, "message"), "composite sub request executed successfully", sub(0, "status"), "success",
		sub(0, "details.response.status_code"), "201", body(0, "data.0.code"), "SUCCESS", sub(1, "details.response.status_code"), "200",
		body(2, "data.0.Company"), "record added!", body(2, "info.per_page"), "25", body(3, "data.0.Last_Name"), "Old",
		sub(4, "details.response.status_code"), "304", sub(4, "details.response.body"), nil)
	if spent := k.credits() - before; spent != 1 {
		t.Errorf("%d credits: %s", spent, r.raw)
	}
	if n := k.get("/_sim/stats").at("calls.POST /crm/v8/coql"); n != nil {
		t.Errorf("%v calls are counted", n)
	}
}

func TestPartsOfACompositeFailAlone(t *testing.T) {
	t.Parallel()
	k := fresh(t).connectComposite()
	// A refusal by the call itself is an answer like any other; a part that is not carried out makes it 207.
	k.compose(nil, part("POST", "Leads", "body", items(map[string]any{"Company": "c"})), part("GET", "Nothing?fields=id")).
		want(200, sub(0, "code"), "SUCCESS", sub(0, "details.response.status_code"), "400", body(0, "data.0.code"), "MANDATORY_NOT_FOUND", body(1, "code"), "INVALID_MODULE")
	k.compose(nil, part("POST", "Leads", "body", items(lead("L"))), part("GET", "settings/holidays")).
		want(207, sub(0, "code"), "SUCCESS", sub(1, "code"), "NOT_SUPPORTED", sub(1, "status"), "error", sub(1, "details.allowed_services.0"), "org")
	k.compose(nil, part("GET", "settings/holidays"), part("POST", compositeName)).want(400, sub(1, "code"), "NOT_SUPPORTED")
	k.get("/crm/v8/Leads?fields=id").want(200, "info.count", "1")
	for name, test := range map[string]struct {
		part any
		code string
		more []any
	}{
		"no object":          {"x", "INVALID_DATA", []any{"expected_data_type", "jsonobject"}},
		"no method":          {part("GET", "org", "method", nil), "MANDATORY_NOT_FOUND", []any{"json_path", "$.__composite_requests[1].method"}},
		"odd method":         {part("HEAD", "org"), "INVALID_DATA", []any{"supported_values.0", "GET"}},
		"no address":         {part("GET", "org", "uri", nil), "MANDATORY_NOT_FOUND", []any{"api_name", "uri"}},
		"address elsewhere":  {part("GET", "org", "uri", "/oauth/v2/token"), "INVALID_DATA", []any{"regex", "/crm(/.*)?/v[0-9]+([.][0-9]+)?/.*"}},
		"later version":      {part("GET", "org", "uri", "/crm/v9/org"), "NOT_ALLOWED", []any{"sub_request_version", "9", "composite_request_version", "8"}},
		"bulk":               {part("GET", "org", "uri", "/crm/bulk/v8/read/1"), "NOT_SUPPORTED", nil},
		"several deletions":  {part("DELETE", "Leads?ids=1,2"), "NOT_SUPPORTED", nil},
		"odd id":             {part("GET", "org", "sub_request_id", "_a"), "INVALID_DATA", []any{"regex", "[a-zA-Z0-9][a-zA-Z0-9_]*"}},
		"id twice":           {part("GET", "org", "sub_request_id", "first"), "DUPLICATE_DATA", []any{"sub_request_indexes.0", "0", "sub_request_indexes.1", "1"}},
		"token of its own":   {part("GET", "org", "headers", map[string]any{"Authorization": "x"}), "INVALID_DATA", []any{"restricted_headers.0", "authorization"}},
		"org of its own":     {part("GET", "org", "headers", map[string]any{"X-CRM-ORG": "1"}), "INVALID_DATA", []any{"restricted_headers.1", "x-crm-org"}},
		"params no object":   {part("GET", "org", "params", []any{}), "INVALID_DATA", []any{"api_name", "params"}},
		"body no object":     {part("POST", "Leads", "body", "x"), "INVALID_DATA", []any{"api_name", "body"}},
		"unknown reference":  {part("GET", "Leads/@{other:$.id}"), "INVALID_REFERENCE", []any{"reference", "@{other:$.id}", "api_name", "uri"}},
		"refers to itself":   {part("GET", "Leads/@{me:$.id}", "sub_request_id", "me"), "INVALID_REFERENCE", nil},
		"refers to nothing":  {part("GET", "org", "params", map[string]any{"a": "@{first:$.org[3].id}"}), "INVALID_REFERENCE", []any{"api_name", "params"}},
		"refers to a object": {part("GET", "org", "params", map[string]any{"a": "@{first:$.org.id}"}), "INVALID_REFERENCE", nil},
	} {
		r := k.compose(nil, part("GET", "org", "sub_request_id", "first"), test.part).want(207, sub(0, "code"), "SUCCESS", sub(1, "code"), test.code)
		for i := 0; i < len(test.more); i += 2 {
			if got := r.at(sub(1, "details."+test.more[i].(string))); got != test.more[i+1] {
				t.Errorf("%s: %v is %v in %s", name, test.more[i], got, r.raw)
			}
		}
	}
}

func TestCompositesThatAreRefused(t *testing.T) {
	t.Parallel()
	k := fresh(t).connectComposite()
	org := part("GET", "org")
	path := "/crm/v8/" + compositeName
	k.do("POST", path, "x").want(400, "code", "INVALID_DATA", "details.expected_data_type", "jsonobject")
	k.do("POST", path, map[string]any{}).want(400, "code", "MANDATORY_NOT_FOUND", "details.api_name", compositeName)
	k.do("POST", path, map[string]any{compositeName: "x"}).want(400, "code", "INVALID_DATA", "details.expected_data_type", "jsonarray")
	k.do("POST", path, map[string]any{compositeName: []any{}}).want(400, "code", "INVALID_DATA")
	k.compose(nil, org, org, org, org, org, org).want(400, "code", "INVALID_DATA", "details.maximum_length", "5")
	k.compose([]any{"rollback_on_fail", "x"}, org).want(400, "code", "INVALID_DATA", "details.expected_data_type", "boolean")
	k.compose([]any{"parallel_execution", 1}, org).want(400, "code", "INVALID_DATA", "details.api_name", "parallel_execution")
	k.compose([]any{"rollback_on_fail", true, "parallel_execution", true}, org).want(400, "code", "AMBIGUITY_DURING_PROCESSING",
		"details.ambiguity_due_to.0.api_name", "rollback_on_fail", "details.ambiguity_due_to.1.api_name", "parallel_execution")
	k.do("GET", path, nil).want(400, "code", "INVALID_REQUEST_METHOD")

	k.connect("ZohoCRM.composite_requests.CUSTOM,ZohoCRM.modules.leads.READ")
	k.compose(nil, org, part("GET", "Leads?fields=id")).want(200, body(0, "code"), "OAUTH_SCOPE_MISMATCH", sub(0, "details.response.status_code"), "401",
		sub(1, "details.response.status_code"), "204")
	k.connect(everything)
	k.compose(nil, org).want(401, "code", "OAUTH_SCOPE_MISMATCH")
}

func TestReferencesOfACompositeByExecution(t *testing.T) {
	t.Parallel()
	k := fresh(t).connectComposite()
	use := part("GET", "Leads/@{made:$.data[0].details.id}")
	made := part("POST", "Leads", "sub_request_id", "made", "body", items(lead("L")))
	// In parallel execution the order is that of the references; otherwise what comes later can't be used.
	k.compose(nil, use, made).want(200, body(0, "data.0.Last_Name"), "L", sub(1, "details.response.status_code"), "201")
	k.compose([]any{"parallel_execution", false}, use, made).want(207, sub(0, "code"), "INVALID_REFERENCE", sub(1, "code"), "SUCCESS")
	bad := part("POST", "Leads", "sub_request_id", "made", "body", items(map[string]any{}))
	k.compose(nil, bad, use).want(207, sub(1, "code"), "INVALID_REFERENCE")
	k.compose(nil, part("GET", "Leads/@{b:$.id}", "sub_request_id", "a"), part("GET", "Leads/@{a:$.id}", "sub_request_id", "b"), part("GET", "org")).
		want(207, sub(0, "code"), "LOOPING_FOUND", sub(0, "details.dependent_data.0.referred_sub_request_ids.0"), "b", sub(1, "code"), "LOOPING_FOUND", sub(2, "code"), "SUCCESS")
	k.switchTo("composite_references", "literal")
	k.compose(nil, made, use).want(200, sub(1, "details.response.status_code"), "400", body(1, "code"), "INVALID_DATA")
}

func TestACompositeIsRolledBackAsAWhole(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	k := newKit(t, setup{dir: dir}).connectComposite()
	id := k.insert("Leads", lead("Old"))[0]
	together := []any{"rollback_on_fail", true}
	parts := []any{
		part("POST", "Contacts", "sub_request_id", "made", "body", items(map[string]any{"Last_Name": "New"})),
		part("PUT", "Leads/"+id, "body", items(lead("Changed"))),
		part("DELETE", "Contacts/@{made:$.data[0].details.id}"),
		part("GET", "Leads/"+id),
	}
	bad := part("POST", "Leads", "body", items(map[string]any{"Email": "x"}))
	k.compose(together, append(parts[:3:3], bad, parts[3])...).want(400,
		sub(0, "code"), "ROLLBACK_PERFORMED", sub(0, "details.rollbacked_by_sub_request_index"), "3", sub(1, "code"), "ROLLBACK_PERFORMED",
		sub(2, "code"), "ROLLBACK_PERFORMED", sub(3, "code"), "SUCCESS", sub(3, "details.response.status_code"), "400",
		sub(4, "code"), "PROCESSING_STOPPED", sub(4, "status"), "error")
	unchanged := func(k *kit, name string) {
		k.t.Helper()
		k.get("/crm/v8/Leads/"+id).want(200, "data.0.Last_Name", name)
		k.get("/crm/v8/Contacts?fields=id").empty(204)
	}
	unchanged(k, "Old")
	k.get("/crm/v8/Contacts/deleted").empty(204)
	unchanged(k.reopened(dir), "Old")
	// Items that were refused count, too, where all of them failing is a 202.
	k.switchTo("all_failed_status", 202)
	k.compose(together, parts[0], bad).want(400, sub(0, "code"), "ROLLBACK_PERFORMED")
	k.compose(together, parts[0], part("GET", "settings/holidays")).want(400, sub(0, "code"), "ROLLBACK_PERFORMED", sub(1, "code"), "NOT_SUPPORTED")
	unchanged(k, "Old")
	k.compose(together, parts...).want(200, sub(2, "details.response.status_code"), "200", body(3, "data.0.Last_Name"), "Changed")
	unchanged(k, "Changed")
	unchanged(k.reopened(dir), "Changed")
	k.get("/crm/v8/Contacts/deleted").want(200, "info.count", "1")
	// A conversion that fails undoes itself and what came before.
	k.compose(together, parts[0], part("POST", "Leads/"+id+"/actions/convert", "body", items(map[string]any{"Deals": map[string]any{}}))).want(400)
	unchanged(k, "Changed")
	k.insert("Leads", lead("Next")) // nothing is left of the composite
	k.reopened(dir).get("/crm/v8/Leads?fields=id").want(200, "info.count", "2")
}

func TestCompositeSwitches(t *testing.T) {
	t.Parallel()
	k := fresh(t).connectComposite()
	made := part("POST", "Leads", "body", items(lead("L")))
	spent := func(options []any, parts ...any) int {
		before := k.credits()
		k.compose(options, parts...)
		return k.credits() - before
	}
	together := []any{"rollback_on_fail", true}
	for reading, want := range map[string][3]int{"one": {1, 1, 1}, "one_or_two": {1, 2, 1}, "sub_requests": {3, 3, 3}} {
		k.switchTo("composite_credits", reading)
		bad := part("GET", "Nothing")
		got := [3]int{spent(nil, made, made), spent(together, made, made), spent(together, made, part("GET", "Leads/1"), part("PUT", "Leads/1", "body", items(lead("x"))))}
		if reading != "sub_requests" {
			got[2] = spent(together, made, bad)
		} else {
			got[2] = spent(together, made, part("PUT", "Leads/1", "body", items(lead("x"))))
		}
		if got != want {
			t.Errorf("%s: %v credits", reading, got)
		}
	}
	k.switchTo("composite_parallel_key", "concurrent_execution")
	k.compose([]any{"rollback_on_fail", true, "concurrent_execution", true}, made).want(400, "code", "AMBIGUITY_DURING_PROCESSING")
	k.compose([]any{"rollback_on_fail", true, "parallel_execution", true}, made).want(200)
	k.switchTo("composite_parallel_key", "parallel_execution")
	k.compose([]any{"rollback_on_fail", true, "concurrent_execution", true}, made).want(200)

	many := []any{
		part("POST", "Leads", "body", items(lead("a"), lead("b"))), part("GET", "Leads?fields=id&per_page=26"),
		part("POST", "coql", "body", coql("select id from Leads where id is not null limit 26")),
	}
	r := k.compose(nil, many...)
	for i, by := range []string{"data", "per_page", "limit"} {
		r.want(200, body(i, "code"), "LIMIT_EXCEEDED", body(i, "details.by"), by)
	}
	k.switchTo("composite_limits", "ignore")
	r = k.compose(nil, many...)
	for i := range many {
		if r.at(body(i, "code")) != nil {
			t.Error(r.raw)
		}
	}
	// Alone under a limit of one call the composite still runs its parts.
	k.switchTo("concurrency_limit", 1)
	k.compose(nil, many...).want(200, sub(2, "details.response.status_code"), "200")
	if n := k.sim.UnderwayForTest(); n != 0 {
		t.Errorf("%d calls are under way", n)
	}
}
