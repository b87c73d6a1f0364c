package zoho_test

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/zoho"
)

func TestGetRecord(t *testing.T) {
	t.Parallel()
	idError := func(details string) string {
		return bare("INVALID_DATA", details, "the id given seems to be invalid")
	}
	for name, c := range map[string]struct {
		status int
		body   string
		kind   zoho.Kind
	}{
		"found":                                   {200, `{"data":[{"id":"57","Last_Name":"Boyle"}]}`, ""},
		"not found: 204":                          {204, "", zoho.NotFound},
		"not found: 400 INVALID_DATA":             {400, idError(`{"resource_path_index":1}`), zoho.NotFound},
		"not found: 400 INVALID_DATA in data[]":   {400, within("data", idError(`{"resource_path_index":1}`)), zoho.NotFound},
		"not found: INVALID_DATA without details": {400, idError(`{}`), zoho.NotFound},
		"not found: INVALID_DATA at 404":          {404, idError(`{}`), zoho.NotFound},
		"not found: no row":                       {200, `{"data":[]}`, zoho.NotFound},
		"INVALID_DATA about the module":           {400, idError(`{"resource_path_index":0}`), zoho.InvalidData},
		"INVALID_DATA about a parameter":          {400, idError(`{"param_name":"cvid"}`), zoho.InvalidData},
		"module hidden":                           {400, bare("INVALID_MODULE", `{"resource_path_index":0}`, "x"), zoho.InvalidModule},
		"profile forbids":                         {403, bare("NO_PERMISSION", `{}`, "x"), zoho.NoPermission},
		"server error":                            {500, bare("INTERNAL_ERROR", `{}`, "x"), zoho.Internal},
	} {
		client, l := newClient(t, says(c.status, c.body))
		r, err := client.GetRecord(t.Context(), "Leads", "5725767000000524157")
		if c.kind == "" {
			if err != nil || r.Text("Last_Name") != "Boyle" {
				t.Errorf("%s: %v %v", name, r, err)
			}
		} else if asError(t, err).Kind != c.kind || r != nil {
			t.Errorf("%s: %v", name, err)
		}
		if l.seen[0].Path != "/crm/v8/Leads/5725767000000524157" {
			t.Errorf("%s: %s", name, l.seen[0].Path)
		}
	}
}

// sheet answers a list of n rows as Zoho does: by page up to 2,000 rows, by token from there.
func sheet(n int, key string) answers {
	return func(w http.ResponseWriter, s seen) {
		size, _ := strconv.Atoi(s.Query.Get("per_page"))
		page, _ := strconv.Atoi(s.Query.Get("page"))
		if token := s.Query.Get("page_token"); token != "" {
			page, _ = strconv.Atoi(strings.TrimPrefix(token, "after"))
			page++
			if s.Query.Has("page") {
				says(400, bare("AMBIGUITY_DURING_PROCESSING", `{"ambiguity_due_to":[{"param_name":"page"}]}`, ""))(w, s)
				return
			}
		} else if page*size > 2000 {
			says(400, bare("DISCRETE_PAGINATION_LIMIT_EXCEEDED", `{"limit":2000}`, "You can only get the first 2000 records without using page_token param"))(w, s)
			return
		}
		from, to := (page-1)*size, min(page*size, n)
		if from >= n {
			says(204, "")(w, s)
			return
		}
		var rows []string
		for i := from; i < to; i++ {
			rows = append(rows, fmt.Sprintf(`{"id":"%d"}`, 1000+i))
		}
		next := "null"
		if to < n {
			next = fmt.Sprintf(`"after%d"`, page)
		}
		says(200, fmt.Sprintf(`{%q:[%s],"info":{"per_page":%d,"count":%d,"page":%d,"next_page_token":%s,"more_records":%t}}`,
			key, strings.Join(rows, ","), size, to-from, page, next, to < n))(w, s)
	}
}

func TestListReadsEveryPage(t *testing.T) {
	t.Parallel()
	for n, calls := range map[int]int{0: 1, 1: 1, 199: 1, 200: 1, 201: 2, 2000: 10, 2001: 11, 2600: 13} {
		client, l := newClient(t, sheet(n, "data"))
		got, err := collect(client.ListRecords(t.Context(), "Leads", zoho.List{Fields: []string{"id", "Email"}}))
		if err != nil || len(got) != n || len(l.seen) != calls {
			t.Errorf("%d records: %d in %d calls, %v", n, len(got), len(l.seen), err)
		}
		for i, r := range got {
			if r.ID() != strconv.Itoa(1000+i) {
				t.Fatalf("%d records: number %d is %s", n, i, r.ID())
			}
		}
		for _, s := range l.seen {
			if s.Query.Get("fields") != "id,Email" || s.Query.Get("per_page") != "200" || s.Query.Get("sort_order") != "asc" {
				t.Errorf("%d records: parameters changed: %v", n, s.Query)
			}
		}
	}
}

func TestListStopsWhenTheReaderDoes(t *testing.T) {
	t.Parallel()
	client, l := newClient(t, sheet(1000, "data"))
	n := 0
	for _, err := range client.ListRecords(t.Context(), "Leads", zoho.List{Fields: []string{"id"}}) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 201 {
			break
		}
	}
	if len(l.seen) != 2 {
		t.Errorf("%d calls", len(l.seen))
	}
}

func TestListParameters(t *testing.T) {
	t.Parallel()
	since := time.Date(2026, 11, 20, 8, 30, 15, 999, time.FixedZone("", 5*3600+1800))
	for name, c := range map[string]struct {
		list zoho.List
		want string
	}{
		"plain":           {zoho.List{Fields: []string{"id"}}, "fields=id&page=1&per_page=200&sort_order=asc"},
		"by change":       {zoho.List{Fields: []string{"id"}, SortBy: "Modified_Time", ModifiedSince: since}, "fields=id&page=1&per_page=200&sort_by=Modified_Time&sort_order=asc"},
		"newest first":    {zoho.List{Fields: []string{"id"}, SortBy: "id", Descending: true, Converted: "both"}, "converted=both&fields=id&page=1&per_page=200&sort_by=id&sort_order=desc"},
		"a short page":    {zoho.List{Fields: []string{"id"}, PageSize: 50}, "fields=id&page=1&per_page=50&sort_order=asc"},
		"by id":           {zoho.List{Fields: []string{"id"}, IDs: []string{"57", "58"}}, "fields=id&ids=57%2C58&page=1&per_page=200&sort_order=asc"},
		"by view":         {zoho.List{Fields: []string{"id"}, CustomView: "9"}, "cvid=9&fields=id&page=1&per_page=200"},
		"a dollar's name": {zoho.List{Fields: []string{"id", "$event_cancelled"}}, "fields=id%2C%24event_cancelled&page=1&per_page=200&sort_order=asc"},
	} {
		client, l := newClient(t, says(304, ""))
		if got, err := collect(client.ListRecords(t.Context(), "Events", c.list)); err != nil || len(got) != 0 {
			t.Errorf("%s: nothing newer gave %v %v", name, got, err)
		}
		if got := l.seen[0].Query.Encode(); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
		want := ""
		if !c.list.ModifiedSince.IsZero() {
			want = "2026-11-20T03:00:15+00:00"
		}
		if got := l.seen[0].Header.Get("If-Modified-Since"); got != want {
			t.Errorf("%s: If-Modified-Since %q", name, got)
		}
	}
}

func TestListThatCannotGoOn(t *testing.T) {
	t.Parallel()
	page := func(rows, info string) answers { return says(200, `{"data":[`+rows+`],"info":`+info+`}`) }
	full := strings.Repeat(`{"id":"1"},`, 199) + `{"id":"1"}`
	for name, c := range map[string]struct {
		steps answers
		rows  int
		kind  zoho.Kind
	}{
		"more promised, no row":          {page("", `{"more_records":true}`), 0, zoho.Unreadable},
		"beyond 2,000 without a token":   {page(full, `{"more_records":true,"next_page_token":null}`), 2000, zoho.PageLimit},
		"the same token for ever":        {page(full, `{"more_records":true,"next_page_token":"t"}`), 2200, zoho.PageLimit},
		"no info: the only page":         {says(200, `{"data":[{"id":"1"}]}`), 1, ""},
		"the second page fails":          {script(page(full, `{"more_records":true}`), says(400, bare("TOKEN_BOUND_DATA_MISMATCH", `{}`, ""))), 200, zoho.PageTokenInvalid},
		"the second page is empty (204)": {script(page(full, `{"more_records":true}`), says(204, "")), 200, ""},
		"more_records as text":           {script(page(full, `{"more_records":"true"}`), page(`{"id":"2"}`, `{"more_records":"false"}`)), 201, ""},
	} {
		client, l := newClient(t, c.steps)
		got, err := collect(client.ListRecords(t.Context(), "Leads", zoho.List{Fields: []string{"id"}}))
		if len(got) != c.rows || c.kind == "" && err != nil || c.kind != "" && asError(t, err).Kind != c.kind {
			t.Errorf("%s: %d rows, %v after %d calls", name, len(got), err, len(l.seen))
		}
	}
}

func TestRelatedRecords(t *testing.T) {
	t.Parallel()
	client, l := newClient(t, sheet(201, "data"))
	got, err := collect(client.RelatedRecords(t.Context(), "Contacts", "57", "Invited_Events", []string{"id", "Event_Title"}))
	if err != nil || len(got) != 201 || l.seen[0].Path != "/crm/v8/Contacts/57/Invited_Events" || l.seen[1].Query.Get("page") != "2" {
		t.Errorf("%d, %v, %s", len(got), err, l.seen[0].Path)
	}
}

func TestCountRecords(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]int64{`{"count":"42"}`: 42, `{"count":42}`: 42, `{"count":0}`: 0} {
		client, l := newClient(t, says(200, body))
		n, err := client.CountRecords(t.Context(), "Leads", zoho.Search{Criteria: zoho.Equal("Lead_Status", "New")})
		if err != nil || n != want || l.seen[0].Query.Encode() != "criteria=%28Lead_Status%3Aequals%3ANew%29" {
			t.Errorf("%s: %d %v %s", body, n, err, l.seen[0].Query.Encode())
		}
	}
	for _, body := range []string{`{"count":-1}`, `{"count":"many"}`, `{}`, `{"count":null}`, `{"count":1.5}`} {
		client, _ := newClient(t, says(200, body))
		_, err := client.CountRecords(t.Context(), "Leads", zoho.Search{})
		wantKind(t, err, zoho.Unreadable)
	}
	client, l := newClient(t, says(204, ""))
	for _, s := range []zoho.Search{{Converted: "both"}, {Word: "Bo", Fields: []string{"id"}}} {
		if _, err := client.CountRecords(t.Context(), "Leads", s); !errors.Is(err, zoho.InvalidArgument) || len(l.seen) != 0 {
			t.Errorf("what only a search takes: %v after %d calls", err, len(l.seen))
		}
	}
	if n, err := client.CountRecords(t.Context(), "Leads", zoho.Search{}); n != 0 || err != nil {
		t.Errorf("204: %d %v", n, err)
	}
}

func TestUsers(t *testing.T) {
	t.Parallel()
	client, l := newClient(t, sheet(250, "users"))
	got, err := collect(client.Users(t.Context(), zoho.ActiveUsers))
	if err != nil || len(got) != 250 || got[249].ID != "1249" || len(l.seen) != 2 || l.seen[0].Query.Get("type") != "ActiveUsers" {
		t.Errorf("%d users, %v", len(got), err)
	}
	client, _ = newClient(t, says(403, bare("NO_PERMISSION", `{}`, "")))
	_, err = collect(client.Users(t.Context(), zoho.AllUsers))
	wantKind(t, err, zoho.NoPermission)
}

func TestCurrentUser(t *testing.T) {
	t.Parallel()
	client, l := newClient(t, says(200, `{"users":[{"id":"411001","zuid":60012345,"full_name":"Ann Lee","first_name":"Ann","last_name":"Lee","email":"ann@example.org","status":"active","confirm":true,"time_zone":"America/Chicago","offset":-21600000,"locale":"en_US","profile":{"name":"Administrator","id":"1"},"role":{"name":"CEO","id":2}}],"info":{"more_records":false}}`))
	got, err := client.CurrentUser(t.Context())
	want := zoho.User{
		ID: "411001", ZUID: "60012345", FullName: "Ann Lee", FirstName: "Ann", LastName: "Lee", Email: "ann@example.org", Active: true, Confirmed: true,
		TimeZone: "America/Chicago", Locale: "en_US", Profile: zoho.Named{ID: "1", Name: "Administrator"}, Role: zoho.Named{ID: "2", Name: "CEO"},
	}
	if err != nil || got != want || l.seen[0].Query.Encode() != "type=CurrentUser" {
		t.Errorf("%+v %v", got, err)
	}
	client, _ = newClient(t, says(200, `{"users":[{"id":"5","status":"closed"}]}`))
	if got, err := client.CurrentUser(t.Context()); err != nil || got != (zoho.User{ID: "5"}) {
		t.Errorf("closed user: %+v %v", got, err)
	}
	client, _ = newClient(t, says(204, ""))
	_, err = client.CurrentUser(t.Context())
	wantKind(t, err, zoho.NotFound)
}

func TestOrg(t *testing.T) {
	t.Parallel()
	client, _ := newClient(t, says(200, `{"org":[{"id":"700","zgid":"10001","domain_name":"org1","company_name":"Ridgeline Roofing","time_zone":"America/Chicago","currency":"US Dollar","country_code":"US","primary_email":"a@b.c","type":"production","license_details":{"paid":true,"paid_type":"enterprise","users_license_purchased":12}}]}`))
	got, err := client.Org(t.Context())
	want := zoho.Org{
		ID: "700", ZGID: "10001", DomainName: "org1", CompanyName: "Ridgeline Roofing", TimeZone: "America/Chicago", Currency: "US Dollar", CountryCode: "US",
		PrimaryEmail: "a@b.c", Type: "production", Paid: true, Edition: "enterprise", Licences: 12,
	}
	if err != nil || got != want {
		t.Errorf("%+v %v", got, err)
	}
}
