package zohooas

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

// told keeps what a suite reports.
type told []string

func (l *told) Errorf(format string, args ...any) { *l = append(*l, fmt.Sprintf(format, args...)) }

// files are loaded once for all tests here.
var files = sync.OnceValues(func() (*contract, error) { return read(folder()) })

func suiteOf(t *testing.T, rows ...deviation) *Suite {
	t.Helper()
	s := open("here", folder, rows)
	s.Need(t)
	s.load = files
	return s
}

func request(t *testing.T, method, target, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(method, "http://127.0.0.1"+target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

func TestWrongRequestsAreFound(t *testing.T) {
	t.Parallel()
	const one = "/crm/v8/Leads/5725767000000524157"
	for name, c := range map[string]struct{ method, target, body, want string }{
		"right":                       {"GET", "/crm/v8/Leads?fields=id&page=2", "", ""},
		"right with a body":           {"POST", "/crm/v8/Leads", `{"data":[{"Last_Name":"Lee"}],"trigger":[]}`, ""},
		"outside of the CRM":          {"POST", "/oauth/v2/token?x=y", "nonsense", ""},
		"unknown parameter":           {"GET", "/crm/v8/Leads?feilds=id", "", "query feilds: undeclared"},
		"no number":                   {"GET", "/crm/v8/Leads?page=two", "", "query page: type"},
		"parameter of a list only":    {"GET", one + "?page=2", "", "query page: undeclared"},
		"missing parameter":           {"GET", "/crm/v8/settings/fields", "", "query module: required"},
		"value of no list":            {"GET", "/crm/v8/settings/fields?module=Leads&type=some", "", "query type: enum some"},
		"header that is no instant":   {"GET", "/crm/v8/users", "", "header If-Modified-Since: format"},
		"unknown address":             {"GET", "/crm/v8/settings/nonsense", "", "operation: undeclared"},
		"unknown method":              {"PATCH", "/crm/v8/Leads", `{}`, "operation: undeclared"},
		"no body":                     {"POST", "/crm/v8/Leads", "", "body: required"},
		"body nobody asked for":       {"GET", "/crm/v8/org", "{}", "body: undeclared"},
		"body that is no JSON":        {"POST", "/crm/v8/coql", "select", "body: not JSON"},
		"misspelt member":             {"POST", "/crm/v8/Leads", `{"datum":[]}`, "/datum: undeclared"},
		"member of another type":      {"POST", "/crm/v8/Leads", `{"data":[],"trigger":"workflow"}`, "/trigger: type"},
		"item of another type":        {"POST", "/crm/v8/Leads", `{"data":[{"id":7}]}`, "/data/[]/id: type"},
		"an instant without a zone":   {"PUT", one, `{"data":[{"Created_Time":"2026-11-23T09:00:00"}]}`, "/data/[]/Created_Time: format"},
		"null":                        {"POST", "/crm/v8/Leads", `{"data":null}`, "/data: null"},
		"a module's name is no place": {"POST", "/crm/v8/settings", `{"data":[]}`, "operation: undeclared"},
	} {
		s, heard := suiteOf(t), &told{}
		r := request(t, c.method, c.target, c.body)
		if strings.Contains(c.want, "If-Modified-Since") {
			r.Header.Set("If-Modified-Since", "yesterday")
		}
		s.CheckRequest(heard, r, []byte(c.body))
		if c.want == "" && len(*heard) != 0 || c.want != "" && !slices.ContainsFunc(*heard, func(l string) bool { return strings.HasSuffix(l, ": request: "+c.want) }) {
			t.Errorf("%s: %q, want %q", name, *heard, c.want)
		}
	}
}

func TestWrongAnswersAreFound(t *testing.T) {
	t.Parallel()
	const record = `{"data":[{"id":"1","Modified_Time":"2026-11-23T09:00:00-06:00","Owner":{"id":"2"}}]}`
	for name, c := range map[string]struct {
		method, target string
		status         int
		body, want     string
	}{
		"right":                           {"GET", "/crm/v8/Leads", 200, record, ""},
		"nothing, as declared":            {"GET", "/crm/v8/users", 204, "", ""},
		"no such address, and says so":    {"GET", "/crm/v8/settings/nonsense", 404, `{"code":"INVALID_URL_PATTERN"}`, ""},
		"no such method, and says so":     {"PATCH", "/crm/v8/Leads", 400, `{"code":"INVALID_REQUEST_METHOD"}`, ""},
		"no such address, but answers":    {"GET", "/crm/v8/settings/nonsense", 200, "{}", "operation: undeclared"},
		"another status":                  {"GET", "/crm/v8/users", 418, "", "status: undeclared 418"},
		"another status is judged too":    {"GET", "/crm/v8/Leads", 400, `{"code":"INVALID_DTA","status":"error"}`, "/code: enum INVALID_DTA"},
		"nothing where there is a body":   {"GET", "/crm/v8/users", 200, "", "body: missing"},
		"a body where there is nothing":   {"GET", "/crm/v8/users", 204, "{}", "body: undeclared"},
		"misspelt member":                 {"GET", "/crm/v8/Leads", 200, `{"data":[],"info":{"more":true}}`, "/info/more: undeclared"},
		"two kinds of answer in one list": {"POST", "/crm/v8/Leads", 200, `{"data":[{"code":"SUCCESS","status":"error"}]}`, "/data/[]/status: enum error"},
		"missing member":                  {"GET", "/crm/v8/settings/layouts?module=Leads", 200, `{}`, "/layouts: required"},
		"id as a number":                  {"GET", "/crm/v8/Leads", 200, `{"data":[{"id":1}]}`, "/data/[]/id: type"},
		"reference within another file":   {"GET", "/crm/v8/Leads", 200, `{"data":[{"Created_By":{"id":1,"name":"n"}}]}`, "/data/[]/Created_By/id: type"},
	} {
		s, heard := suiteOf(t), &told{}
		res := &http.Response{StatusCode: c.status, Header: http.Header{"Content-Type": {"application/json;charset=UTF-8"}}}
		s.CheckAnswer(heard, request(t, c.method, c.target, ""), res, []byte(c.body))
		if c.want == "" && len(*heard) != 0 || c.want != "" && !slices.ContainsFunc(*heard, func(l string) bool { return strings.HasSuffix(l, ": answer: "+c.want) }) {
			t.Errorf("%s: %q, want %q", name, *heard, c.want)
		}
	}
}

func TestOnlyTheTableLetsPass(t *testing.T) {
	t.Parallel()
	row := func(change func(*deviation)) deviation {
		d := deviation{suite: "here", file: "record.json", direction: asking, where: []string{"query x*"}, what: []string{"undeclared"}, reason: "because"}
		if change != nil {
			change(&d)
		}
		return d
	}
	for name, c := range map[string]struct {
		row  deviation
		pass bool
	}{
		"it":                {row(nil), true},
		"another file":      {row(func(d *deviation) { d.file = "users.json" }), false},
		"another direction": {row(func(d *deviation) { d.direction = answering }), false},
		"another operation": {row(func(d *deviation) { d.operation = "PUT /crm/v8/{module_api_name}" }), false},
		"another place":     {row(func(d *deviation) { d.where = []string{"query y"} }), false},
		"another flaw":      {row(func(d *deviation) { d.what = []string{"type"} }), false},
	} {
		s, heard := suiteOf(t, c.row), &told{}
		s.CheckRequest(heard, request(t, "GET", "/crm/v8/Leads?xyz=1", ""), nil)
		if (len(*heard) == 0) != c.pass {
			t.Errorf("%s: %q", name, *heard)
		}
		if code := s.end(io.Discard, 0, true); (code == 0) != c.pass && c.row.suite == "here" {
			t.Errorf("%s: exit code %d", name, code)
		}
	}
}

func TestRowsThatNobodyNeedsFailACompleteRun(t *testing.T) {
	t.Parallel()
	needed := deviation{"here", "", "", asking, []string{"query x"}, []string{"undeclared"}, "r"}
	spare := deviation{"here", "", "", asking, []string{"query x", "query y"}, []string{"undeclared"}, "r"}
	others := deviation{"there", "", "", asking, []string{"query z"}, []string{"undeclared"}, "r"}
	for name, c := range map[string]struct {
		row      deviation
		code     int
		complete bool
		want     int
	}{
		"all needed":                 {needed, 0, true, 0},
		"one place not needed":       {spare, 0, true, 1},
		"but this run is a part":     {spare, 0, false, 0},
		"but this run failed anyhow": {spare, 2, true, 2},
		"another suite's":            {others, 0, true, 0},
	} {
		s := suiteOf(t, c.row)
		s.CheckRequest(&told{}, request(t, "GET", "/crm/v8/Leads?x=1", ""), nil)
		var out bytes.Buffer
		if code := s.end(&out, c.code, c.complete); code != c.want || strings.Contains(out.String(), "query y") != (c.want == 1) {
			t.Errorf("%s: %d %s", name, code, &out)
		}
	}
}

func TestWithoutTheFilesNothingIsCheckedAndThatIsSaid(t *testing.T) {
	t.Parallel()
	s, heard := open("here", func() string { return "" }, nil), &told{}
	s.CheckRequest(heard, request(t, "GET", "/crm/v8/Leads?nonsense=1", ""), nil)
	var out bytes.Buffer
	if code := s.end(&out, 0, true); code != 0 || len(*heard) != 0 || !strings.Contains(out.String(), "NOT CHECKED") {
		t.Errorf("%d %q %s", code, *heard, &out)
	}
	s = open("here", func() string { return t.TempDir() }, nil)
	s.CheckRequest(heard, request(t, "GET", "/crm/v8/Leads", ""), nil)
	if len(*heard) != 1 {
		t.Errorf("a folder without files: %q", *heard)
	}
}

func TestReferencesStayInside(t *testing.T) {
	t.Parallel()
	for ref, want := range map[string]string{
		"#/components/schemas/Info":                             "#/components/schemas/record.json.Info",
		home + "users.json#/components/schemas/Minified_User":   "#/components/schemas/users.json.Minified_User",
		home + "common.json#/components/responses/ErrorAnswers": "#/components/responses/common.json.ErrorAnswers",
	} {
		if got := redirect(ref, "record.json"); got != want {
			t.Errorf("%s: %s", ref, got)
		}
	}
}

func TestAnAnswerThatBreaksOffPassesUnchanged(t *testing.T) {
	t.Parallel()
	heard := &told{}
	x := Transport{Base: cutOff{}, Suite: suiteOf(t), To: heard, Requests: true, Answers: true}
	res, err := x.RoundTrip(request(t, "GET", "/crm/v8/Leads", ""))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if string(body) != `{"data":` || err != io.ErrUnexpectedEOF || len(*heard) != 0 {
		t.Errorf("%q %v %q", body, err, *heard)
	}
}

type cutOff struct{}

func (cutOff) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(io.MultiReader(strings.NewReader(`{"data":`), failing{io.ErrUnexpectedEOF}))}, nil
}
