package zohosim_test

import (
	"archive/zip"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

const bulkPath = "/crm/bulk/v8/read"

// connectBulk gives a kit a token for bulk reads.
func (k *kit) connectBulk() *kit {
	k.t.Helper()
	k.connect(everything + ",ZohoCRM.bulk.READ")
	return k
}

func bulk(module string, more ...any) map[string]any {
	return map[string]any{"query": changed(map[string]any{"module": map[string]any{"api_name": module}}, more...)}
}

// job starts a bulk read and gives its id.
func (k *kit) job(body map[string]any) string {
	k.t.Helper()
	return k.do("POST", bulkPath, body).want(201).text("data.0.details.id")
}

// finish looks at a job until it has ended.
func (k *kit) finish(id string) reply {
	k.t.Helper()
	for range 5 {
		if r := k.get(bulkPath + "/" + id).want(200); r.text("data.0.state") == "COMPLETED" || r.text("data.0.state") == "FAILURE" {
			return r
		}
	}
	k.t.Fatal("the job does not end")
	return reply{}
}

// unpack gives the only file of a job's result.
func (k *kit) unpack(id string) (name, content string) {
	k.t.Helper()
	r := k.get(bulkPath + "/" + id + "/result")
	if r.status != 200 || r.header.Get("Content-Type") != "application/x-download" || r.header.Get("Content-Disposition") != `attachment; filename="`+id+`.zip"` {
		k.t.Fatalf("%d %v %s", r.status, r.header, r.raw)
	}
	z, err := zip.NewReader(strings.NewReader(r.raw), int64(len(r.raw)))
	if err != nil || len(z.File) != 1 {
		k.t.Fatal(err, len(z.File))
	}
	f, err := z.File[0].Open()
	if err != nil {
		k.t.Fatal(err)
	}
	b, err := io.ReadAll(f)
	if err != nil {
		k.t.Fatal(err)
	}
	return z.File[0].Name, string(b)
}

// rows gives the lines of a job's result.
func (k *kit) rows(id string) [][]string {
	k.t.Helper()
	name, content := k.unpack(id)
	if name != id+".csv" {
		k.t.Errorf("the file is %s", name)
	}
	lines, err := csv.NewReader(strings.NewReader(content)).ReadAll()
	if err != nil {
		k.t.Fatal(err)
	}
	return lines
}

func TestABulkReadRunsItsCourse(t *testing.T) {
	t.Parallel()
	k := fresh(t).connectBulk()
	ids := k.insert("Leads", map[string]any{"Last_Name": "A, \"B\"", "Annual_Revenue": 1.5, "Email_Opt_Out": true}, lead("C"))
	before := k.credits()
	r := k.do("POST", bulkPath, bulk("Leads", "fields", []any{"Last_Name", "id", "Owner", "Annual_Revenue", "Email_Opt_Out", "Created_Time", "Email"})).
		want(201, "data.0.code", "ADDED_SUCCESSFULLY", "data.0.status", "success", "data.0.details.operation", "read", "data.0.details.state", "ADDED",
			"data.0.details.created_by.name", "Rae Ridgeline", "data.0.details.created_time", "2026-11-23T09:00:00-06:00")
	if spent := k.credits() - before; spent != 50 {
		t.Errorf("%d credits", spent)
	}
	id := r.text("data.0.details.id")
	k.get(bulkPath+"/"+id+"/result").want(400, "code", "RESOURCE_NOT_FOUND")
	k.get(bulkPath+"/"+id).want(200, "data.0.state", "IN PROGRESS", "data.0.id", id, "data.0.result", nil)
	k.get(bulkPath+"/"+id).want(200, "data.0.state", "COMPLETED", "data.0.operation", "read", "data.0.file_type", "csv", "data.0.result.count", "2",
		"data.0.result.page", "1", "data.0.result.per_page", "200000", "data.0.result.more_records", false, "data.0.result.next_page_token", nil,
		"data.0.result.download_url", bulkPath+"/"+id+"/result", "data.0.query.module.api_name", "Leads", "data.0.query.fields.0", "Last_Name")
	if spent := k.credits() - before; spent != 53 {
		t.Errorf("%d credits", spent)
	}
	k.insert("Leads", lead("Too late"))
	k.do("PUT", "/crm/v8/Leads/"+ids[1], map[string]any{"data": []any{lead("Changed")}}).want(200)
	want := [][]string{
		{"Id", "Last_Name", "Owner", "Annual_Revenue", "Email_Opt_Out", "Created_Time", "Email"},
		{ids[0], "A, \"B\"", rae, "1.5", "true", "2026-11-23T09:00:00-06:00", ""},
		{ids[1], "C", rae, "", "false", "2026-11-23T09:00:00-06:00", ""},
	}
	if got := k.rows(id); !slices.EqualFunc(got, want, slices.Equal[[]string]) {
		t.Errorf("got %v", got)
	}
	k.get(bulkPath+"/5725767000000999999").want(404, "code", "RESOURCE_NOT_FOUND", "details.resource", "5725767000000999999")
	k.do("GET", bulkPath, nil).want(400, "code", "INVALID_REQUEST_METHOD")
	k.do("POST", "/crm/v8/bulk/read", bulk("Leads")).want(404, "code", "INVALID_URL_PATTERN")
	k.do("POST", "/crm/bulk/v8/Leads", bulk("Leads")).want(404, "code", "INVALID_URL_PATTERN")

	all := k.rows(func() string { id := k.job(bulk("Leads")); k.finish(id); return id }())
	if len(all) != 4 || !slices.Contains(all[0], "Company") || all[0][0] != "Id" || slices.Contains(all[0][1:], "id") {
		t.Errorf("all fields: %v", all)
	}
	k.pass(24*time.Hour + time.Second)
	k.access = k.renew(k.refresh).text("access_token")
	k.get(bulkPath+"/"+id).want(200, "data.0.state", "COMPLETED")
	k.get(bulkPath+"/"+id+"/result").want(400, "code", "RESOURCE_NOT_FOUND")
}

func TestBulkReadSwitches(t *testing.T) {
	t.Parallel()
	k := fresh(t).connectBulk()
	k.insert("Leads", lead("A"))
	k.switchTo("bulk_queued", true)
	id := k.job(bulk("Leads"))
	for _, want := range []string{"QUEUED", "IN PROGRESS", "COMPLETED"} {
		k.get(bulkPath+"/"+id).want(200, "data.0.state", want)
	}
	k.switchTo("bulk_queued", false, "bulk_polls", 1)
	id = k.job(bulk("Leads"))
	k.get(bulkPath+"/"+id).want(200, "data.0.state", "COMPLETED")

	k.switchTo("bulk_polls", 100, "bulk_seconds", 60)
	id = k.job(bulk("Leads"))
	k.get(bulkPath+"/"+id).want(200, "data.0.state", "IN PROGRESS")
	k.get(bulkPath+"/"+id).want(200, "data.0.state", "IN PROGRESS")
	k.control("POST", "/_sim/clock", map[string]any{"advance_seconds": 60}).want(200)
	k.rows(id) // the clock alone ends it
	k.get(bulkPath+"/"+id).want(200, "data.0.state", "COMPLETED")

	k.switchTo("bulk_polls", 1, "bulk_id_header", "id")
	id = k.job(bulk("Leads", "fields", []any{"Last_Name"}))
	k.finish(id)
	if got := k.rows(id); got[0][0] != "id" {
		t.Errorf("%v", got)
	}
	k.switchTo("bulk_outcome", "failure")
	id = k.job(bulk("Leads"))
	k.get(bulkPath+"/"+id).want(200, "data.0.state", "FAILURE", "data.0.result", nil)
	k.get(bulkPath+"/"+id+"/result").want(400, "code", "RESOURCE_NOT_FOUND")
}

func TestBulkReadPages(t *testing.T) {
	t.Parallel()
	k := fresh(t).connectBulk()
	ids := k.leads(5)
	k.switchTo("bulk_page_rows", 2)
	read := func(more ...any) ([]string, reply) {
		id := k.job(bulk("Leads", append([]any{"fields", []any{"Last_Name"}}, more...)...))
		r := k.finish(id)
		var got []string
		for _, line := range k.rows(id)[1:] {
			got = append(got, line[0])
		}
		return got, r
	}
	got, r := read()
	token := r.want(200, "data.0.result.more_records", true, "data.0.result.count", "2", "data.0.result.per_page", "2").text("data.0.result.next_page_token")
	if !slices.Equal(got, ids[:2]) || token == "" {
		t.Fatalf("%v %q", got, token)
	}
	got, r = read("page", 3)
	r.want(200, "data.0.result.page", "3", "data.0.result.more_records", false, "data.0.result.next_page_token", nil)
	if !slices.Equal(got, ids[4:]) {
		t.Errorf("page 3: %v", got)
	}
	got, r = read("page_token", token)
	if !slices.Equal(got, ids[2:4]) {
		t.Errorf("token: %v", got)
	}
	if got, _ = read("page_token", r.text("data.0.result.next_page_token")); !slices.Equal(got, ids[4:]) {
		t.Errorf("second token: %v", got)
	}
	other := bulk("Leads", "fields", []any{"Email"}, "page_token", token)
	k.do("POST", bulkPath, other).want(400, "code", "TOKEN_BOUND_DATA_MISMATCH")
	k.do("POST", bulkPath, bulk("Leads", "fields", []any{"Last_Name"}, "page_token", token[2:]+"00")).want(400, "code", "TOKEN_BOUND_DATA_MISMATCH")
	k.do("POST", bulkPath, bulk("Leads", "page", 1, "page_token", token)).want(400, "code", "AMBIGUITY_DURING_PROCESSING")
}

func TestBulkReadCriteria(t *testing.T) {
	t.Parallel()
	k := fresh(t).connectBulk()
	k.switchTo("bulk_polls", 1)
	k.insert("Leads",
		map[string]any{"Last_Name": "Adams", "Email": "a@one.example", "Lead_Source": "Partner", "No_of_Employees": 5, "Email_Opt_Out": true},
		map[string]any{"Last_Name": "Baker", "Email": "b@two.example", "Lead_Source": "Chat", "No_of_Employees": 10, "Owner": ann},
		map[string]any{"Last_Name": "Clark", "No_of_Employees": 15},
	)
	cond := func(field, comparator string, value any) map[string]any {
		return map[string]any{"field": map[string]any{"api_name": field}, "comparator": comparator, "value": value}
	}
	group := func(op string, parts ...any) map[string]any {
		return map[string]any{"group_operator": op, "group": parts}
	}
	for _, test := range []struct {
		criteria map[string]any
		want     string
	}{
		{cond("Last_Name", "equal", "adams"), "A"},
		{cond("Last_Name", "not_equal", "Adams"), "BC"},
		{cond("Last_Name", "in", []any{"Adams", "Clark"}), "AC"},
		{cond("Last_Name", "not_in", []any{"Adams"}), "BC"},
		{cond("Email", "contains", "TWO"), "B"},
		{cond("Email", "not_contains", "two"), "AC"},
		{cond("Email", "starts_with", "a@"), "A"},
		{cond("Email", "ends_with", ".example"), "AB"},
		{cond("Email", "equal", "${EMPTY}"), "C"},
		{cond("Email", "not_equal", "${EMPTY}"), "AB"},
		{cond("No_of_Employees", "less_than", 10), "A"},
		{cond("No_of_Employees", "less_equal", "10"), "AB"},
		{cond("No_of_Employees", "greater_than", 10), "C"},
		{cond("No_of_Employees", "greater_equal", 10), "BC"},
		{cond("No_of_Employees", "between", []any{5, 10}), "AB"},
		{cond("No_of_Employees", "not_between", []any{5, 10}), "C"},
		{cond("Email_Opt_Out", "equal", true), "A"},
		{cond("Email_Opt_Out", "not_equal", true), "BC"},
		{cond("Lead_Source", "equal", "Partner"), "A"},
		{cond("Owner", "equal", ann), "B"},
		{cond("Created_Time", "greater_equal", "2026-11-23T15:00:00+00:00"), "ABC"},
		{cond("Modified_Time", "greater_than", "2026-11-23T15:00:00+00:00"), ""},
		{group("or", cond("Last_Name", "equal", "Adams"), group("AND", cond("No_of_Employees", "greater_than", 9), cond("Owner", "equal", ann))), "AB"},
		{group("and", cond("Last_Name", "not_equal", "Adams"), cond("No_of_Employees", "less_than", 12)), "B"},
	} {
		id := k.job(bulk("Leads", "fields", []any{"Last_Name"}, "criteria", test.criteria))
		k.finish(id)
		got := ""
		for _, line := range k.rows(id)[1:] {
			got += line[1][:1]
		}
		if got != test.want {
			t.Errorf("%v: %q, want %q", test.criteria, got, test.want)
		}
	}
	many := group("or")
	for range 26 {
		many["group"] = append(many["group"].([]any), cond("Last_Name", "equal", "x"))
	}
	for _, test := range []struct {
		criteria any
		code     string
	}{
		{many, "CRITERIA_LIMIT_EXCEEDED"},
		{cond("Nothing", "equal", "x"), "FIELD_IN_CRITERIA_NOT_AVAILABLE"},
		{cond("Tag", "equal", "x"), "FIELD_IN_CRITERIA_NOT_SUPPORTED"},
		{cond("Last_Name", "between", []any{"a", "b"}), "FIELD_AND_COMPARATOR_IN_CRITERIA_NOT_COMPATIBLE"},
		{cond("Last_Name", "equals", "x"), "FIELD_AND_COMPARATOR_IN_CRITERIA_NOT_COMPATIBLE"},
		{cond("No_of_Employees", "equal", "few"), "FIELD_AND_VALUE_IN_CRITERIA_NOT_COMPATIBLE"},
		{cond("No_of_Employees", "between", 5), "COMPARATOR_AND_VALUE_IN_CRITERIA_NOT_COMPATIBLE"},
		{cond("No_of_Employees", "between", []any{5}), "COMPARATOR_AND_VALUE_IN_CRITERIA_NOT_COMPATIBLE"},
		{cond("Last_Name", "equal", []any{"a"}), "COMPARATOR_AND_VALUE_IN_CRITERIA_NOT_COMPATIBLE"},
		{cond("Last_Name", "in", slices.Repeat([]any{"a"}, 101)), "VALUE_LIMIT_EXCEEDED_IN_CRITERIA"},
		{cond("Last_Name", "equal", map[string]any{}), "VALUE_TYPE_NOT_SUPPORTED"},
		{group("xor", cond("Last_Name", "equal", "x")), "GROUP_OPERATOR_NOT_SUPPORTED"},
		{"x", "INVALID_CRITERIA"},
		{map[string]any{"field": map[string]any{"api_name": "Email"}}, "INVALID_CRITERIA"},
		{map[string]any{"field": map[string]any{"api_name": "Email"}, "group_operator": "or", "group": []any{cond("Email", "equal", "x")}}, "AMBIGUOUS_CRITERIA"},
	} {
		k.do("POST", bulkPath, bulk("Leads", "criteria", test.criteria)).want(400, "code", test.code)
	}
}

func TestBulkReadFollowsACustomView(t *testing.T) {
	t.Parallel()
	k := fresh(t).connectBulk()
	k.insert("Leads", lead("Ada", "City", "Chicago", "Owner", ann), lead("Bo", "City", "Oak Park"), lead("Cy", "City", "Chicago"))
	chicago := k.view("Chicago", "criteria", criterion("City", "equal", "Chicago"))
	mine := k.view("Mine", "criteria", criterion("Owner", "equal", "${CURRENTUSER}"))
	number := json.RawMessage(chicago)
	for name, test := range map[string]struct {
		body map[string]any
		want string
	}{
		"of a city":           {bulk("Leads", "cvid", chicago), "Ada Cy"},
		"as a number":         {bulk("Leads", "cvid", number), "Ada Cy"},
		"of the job's user":   {bulk("Leads", "cvid", mine), "Bo Cy"},
		"narrowed":            {bulk("Leads", "cvid", chicago, "criteria", criterion("Last_Name", "starts_with", "C")), "Cy"},
		"null is no view":     {bulk("Leads", "cvid", json.RawMessage("null")), "Ada Bo Cy"},
		"of Zoho's, everyone": {bulk("Leads", "cvid", k.get(leadViews).text("custom_views.0.id")), "Ada Bo Cy"},
	} {
		changed(test.body["query"].(map[string]any), "fields", []any{"Last_Name"})
		id := k.job(test.body)
		k.finish(id).want(200, "data.0.state", "COMPLETED")
		var names []string
		for _, row := range k.rows(id)[1:] {
			names = append(names, row[1])
		}
		if got := strings.Join(names, " "); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
	gone := k.job(bulk("Leads", "cvid", chicago))
	k.do("DELETE", "/crm/v8/settings/custom_views?module=Leads&ids="+chicago, nil).want(200)
	k.finish(gone).want(200, "data.0.state", "FAILURE")
}

func TestBulkReadsThatAreRefused(t *testing.T) {
	t.Parallel()
	k := fresh(t).connectBulk()
	with := func(body map[string]any, name string, value any) map[string]any { return changed(body, name, value) }
	callback := func(url, method string) map[string]any { return map[string]any{"url": url, "method": method} }
	for _, test := range []struct {
		body any
		code string
	}{
		{"", "REQUEST_BODY_IS_EMPTY"},
		{"{", "REQUEST_BODY_NOT_READABLE"},
		{map[string]any{}, "INVALID_REQUEST"},
		{bulk("Nothing"), "MODULE_NOT_AVAILABLE"},
		{bulk("Leads", "fields", []any{"Nothing"}), "FIELD_NOT_AVAILABLE"},
		{bulk("Leads", "fields", []any{"Owner.last_name"}), "FIELD_NOT_SUPPORTED"},
		{bulk("Events", "fields", []any{"Participants"}), "FIELD_NOT_SUPPORTED"},
		{bulk("Leads", "page", 51), "PAGE_RANGE_EXCEEDED"},
		{bulk("Leads", "page", 0), "PAGE_RANGE_EXCEEDED"},
		{bulk("Leads", "page", 1.5), "PAGE_NOT_SUPPORTED"},
		{bulk("Leads", "cvid", "1"), "CVID_NOT_SUPPORTED"},
		{with(bulk("Leads"), "file_type", "ics"), "NOT_SUPPORTED_FEATURE"},
		{with(bulk("Leads"), "file_type", "pdf"), "NOT_SUPPORTED_FEATURE"},
		{with(bulk("Leads"), "callback", callback("nowhere", "post")), "INVALID_CALLBACK_URL"},
		{with(bulk("Leads"), "callback", callback("http://a.example/", "get")), "INVALID_CALLBACK_METHOD"},
	} {
		k.do("POST", bulkPath, test.body).want(400, "code", test.code)
	}
	k.do("POST", bulkPath, bulk("Leads", "page", 51)).want(400, "details.max_limit", "50")
	plain := with(bulk("Leads"), "callback", callback("http://a.example/", "post"))
	k.do("POST", bulkPath, plain).want(201)
	k.switchTo("bulk_callback_url", "https", "write_error_wrapping", "data")
	k.do("POST", bulkPath, plain).want(400, "data.0.code", "INVALID_CALLBACK_URL")
	id := k.job(bulk("Leads"))
	k.connect("ZohoCRM.bulk.READ,ZohoCRM.modules.contacts.READ")
	k.do("POST", bulkPath, bulk("Leads")).want(401, "code", "OAUTH_SCOPE_MISMATCH")
	k.get(bulkPath+"/"+id).want(401, "code", "OAUTH_SCOPE_MISMATCH")
	k.do("POST", bulkPath, bulk("Contacts")).want(201)
	k.connect("ZohoCRM.modules.contacts.READ")
	k.do("POST", bulkPath, bulk("Contacts")).want(401, "code", "OAUTH_SCOPE_MISMATCH")
}

func TestBulkReadOfMeetingsAsACalendar(t *testing.T) {
	t.Parallel()
	k := fresh(t).connectBulk()
	id := k.insert("Events", meeting("Visit; "+strings.Repeat("ü", 60), start, "Venue", "Main St, 1", "Description", "a\nb"))[0]
	job := k.job(changed(bulk("Events"), "file_type", "ics"))
	k.finish(job).want(200, "data.0.file_type", "ics")
	name, content := k.unpack(job)
	if name != job+".ics" {
		t.Error(name)
	}
	for line := range strings.SplitSeq(content, "\r\n") {
		if len(line) > 75 {
			t.Errorf("%d bytes: %s", len(line), line)
		}
	}
	plain := strings.ReplaceAll(content, "\r\n ", "")
	for _, want := range []string{
		"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n", "UID:" + id + "\r\n", "DTSTART:20261123T150000Z\r\nDTEND:20261123T160000Z\r\n",
		`SUMMARY:Visit\; ` + strings.Repeat("ü", 60) + "\r\n", `LOCATION:Main St\, 1` + "\r\n", `DESCRIPTION:a\nb` + "\r\n", "END:VEVENT\r\nEND:VCALENDAR\r\n",
	} {
		if !strings.Contains(plain, want) {
			t.Errorf("%q is missing in %s", want, plain)
		}
	}
}

// postBox is a server that keeps what is posted to it.
func postBox(t *testing.T) (url string, posts chan map[string]any) {
	posts = make(chan map[string]any, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var v map[string]any
		if r.Method != http.MethodPost || json.NewDecoder(r.Body).Decode(&v) != nil {
			t.Error("not a post of JSON")
		}
		posts <- v
	}))
	t.Cleanup(server.Close)
	return server.URL, posts
}

// running lets the simulator's background work run until the test ends.
func (k *kit) running(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- k.sim.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestBulkReadCallsBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	k := newKit(t, setup{dir: dir})
	k.connectBulk()
	k.insert("Leads", lead("A"))
	url, posts := postBox(t)
	body := changed(bulk("Leads"), "callback", map[string]any{"url": url, "method": "post"})
	// Ended while nothing ran in the background: the callback is sent by whoever runs next, once.
	first := k.job(body)
	k.finish(first)
	again := k.reopened(dir)
	again.running(t)
	if got := <-posts; got["job_id"] != first || got["state"] != "COMPLETED" || got["operation"] != "read" ||
		got["result"].(map[string]any)["count"] != 1.0 || got["query"].(map[string]any)["module"].(map[string]any)["api_name"] != "Leads" {
		t.Errorf("%v", got)
	}
	// Ended by the clock, without a look.
	second := again.job(body)
	again.control("POST", "/_sim/clock", map[string]any{"advance_seconds": 10}).want(200)
	if got := <-posts; got["job_id"] != second {
		t.Errorf("%v", got)
	}
	again.switchTo("bulk_outcome", "failure")
	third := again.job(body)
	again.finish(third)
	if got := <-posts; got["job_id"] != third || got["state"] != "FAILURE" || got["result"] != nil {
		t.Errorf("%v", got)
	}
	select {
	case got := <-posts:
		t.Errorf("called again: %v", got)
	default:
	}
}

func TestBulkReadsOutliveTheProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	k := newKit(t, setup{dir: dir})
	k.connectBulk()
	ids := k.insert("Leads", lead("A"), lead("B"), lead("C"))
	done, open := k.job(bulk("Leads", "fields", []any{"Last_Name"})), k.job(bulk("Leads"))
	k.finish(done)
	k.get(bulkPath+"/"+open).want(200, "data.0.state", "IN PROGRESS")
	k.do("PUT", "/crm/v8/Leads/"+ids[0], map[string]any{"data": []any{lead("Changed")}}).want(200)
	k.do("DELETE", "/crm/v8/Leads/"+ids[1], nil).want(200)
	want := [][]string{{"Id", "Last_Name"}, {ids[0], "A"}, {ids[1], "B"}, {ids[2], "C"}}
	for _, way := range []string{"journal", "snapshot", "snapshot of a snapshot"} {
		if way != "journal" {
			if err := k.sim.CompactForTest(); err != nil {
				t.Fatal(err)
			}
		}
		again := k.reopened(dir)
		if got := again.rows(done); !slices.EqualFunc(got, want, slices.Equal[[]string]) {
			t.Errorf("%s: %v", way, got)
		}
		again.get(bulkPath+"/"+open).want(200, "data.0.state", "COMPLETED", "data.0.result.count", "2")
		if next := again.insert("Leads", lead("D"))[0]; next <= open {
			t.Errorf("%s: id %s was used again", way, next)
		}
	}
}

// meteredSink takes an answer without keeping it and remembers how much memory was in use meanwhile.
type meteredSink struct {
	header http.Header
	status int
	n      int64
	writes int
	peak   uint64
}

func (m *meteredSink) Header() http.Header { return m.header }
func (m *meteredSink) WriteHeader(s int)   { m.status = s }
func (m *meteredSink) Write(b []byte) (int, error) {
	m.n += int64(len(b))
	if m.writes++; m.writes%50 == 1 {
		m.peak = max(m.peak, inUse())
	}
	return len(b), nil
}

func inUse() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// Not parallel: it looks at the memory of the whole process.
func TestABulkReadOfManyRecordsStreams(t *testing.T) {
	k := fresh(t).connectBulk()
	n := 200_001
	if os.Getenv("HEAVYSET_SOAK") == "" {
		n = 40_001
		k.switchTo("bulk_page_rows", n-1)
	}
	records := make([]map[string]any, n)
	filler := strings.Repeat("A roof is what it is. ", 10)
	for i := range records {
		records[i] = map[string]any{"Last_Name": fmt.Sprintf("L%06d", i), "Description": filler}
	}
	if _, err := k.sim.Load("Leads", records); err != nil {
		t.Fatal(err)
	}
	records = nil
	id := k.job(bulk("Leads", "fields", []any{"Last_Name", "Description", "Created_Time"}))
	k.finish(id).want(200, "data.0.result.count", fmt.Sprint(n-1), "data.0.result.more_records", true)
	r := httptest.NewRequest("GET", bulkPath+"/"+id+"/result", nil)
	r.Header.Set("Authorization", "Zoho-oauthtoken "+k.access)
	sink := &meteredSink{header: http.Header{}}
	before := inUse()
	k.sim.Handler("us").ServeHTTP(sink, r)
	whole := uint64(n) * 230 // bytes of the file, at least
	if sink.status != 200 || sink.n == 0 || sink.peak > before+whole/8 {
		t.Errorf("status %d, %d bytes, %d MB in use before, %d while sending", sink.status, sink.n, before>>20, sink.peak>>20)
	}
}
