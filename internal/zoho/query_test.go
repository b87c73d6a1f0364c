package zoho_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"heavyset.tech/platform/internal/zoho"
)

func leads(where zoho.Condition) zoho.Select {
	return zoho.Select{Columns: []string{"id"}, From: "Leads", Where: where}
}

// The same conditions in both of Zoho's languages; "" = the language has no such thing.
func TestConditions(t *testing.T) {
	t.Parallel()
	a, b, c := zoho.Equal("A", "x"), zoho.Equal("B", "y"), zoho.Equal("C", "z")
	for name, w := range map[string]struct {
		where          zoho.Condition
		coql, criteria string
	}{
		"text":                       {zoho.Equal("Last_Name", "Boyle"), `(Last_Name = 'Boyle')`, `(Last_Name:equals:Boyle)`},
		"not":                        {zoho.NotEqual("Lead_Status", "Lost"), `(Lead_Status != 'Lost')`, `(Lead_Status:not_equal:Lost)`},
		"boolean":                    {zoho.Equal("All_day", true), `(All_day = 'true')`, `(All_day:equals:true)`},
		"number":                     {zoho.Greater("No_of_Employees", 12), `(No_of_Employees > 12)`, `(No_of_Employees:greater_than:12)`},
		"big number":                 {zoho.Equal("N", int64(math.MaxInt64)), `(N = 9223372036854775807)`, `(N:equals:9223372036854775807)`},
		"fraction":                   {zoho.Less("Amount", 0.5), `(Amount < 0.5)`, `(Amount:less_than:0.5)`},
		"number as Zoho wrote it":    {zoho.LessEqual("Amount", json.Number("-1.50")), `(Amount <= -1.50)`, `(Amount:less_equal:-1.50)`},
		"instant":                    {zoho.GreaterEqual("Start_DateTime", noon.In(time.FixedZone("", 19800))), `(Start_DateTime >= '2026-11-23T12:00:00+00:00')`, `(Start_DateTime:greater_equal:2026-11-23T12:00:00+00:00)`},
		"between":                    {zoho.Between("Start_DateTime", noon, noon.Add(time.Hour)), `(Start_DateTime between '2026-11-23T12:00:00+00:00' and '2026-11-23T13:00:00+00:00')`, `(Start_DateTime:between:2026-11-23T12:00:00+00:00,2026-11-23T13:00:00+00:00)`},
		"in":                         {zoho.In("id", "1", "2"), `(id in ('1', '2'))`, `(id:in:1,2)`},
		"in, numbers":                {zoho.In("N", 1, 2), `(N in (1, 2))`, `(N:in:1,2)`},
		"beginning":                  {zoho.StartsWith("Last_Name", "Bo"), `(Last_Name like 'Bo%')`, `(Last_Name:starts_with:Bo)`},
		"end":                        {zoho.EndsWith("Phone", "5550123"), `(Phone like '%5550123')`, ``},
		"empty":                      {zoho.IsNull("Email"), `(Email is null)`, ``},
		"filled":                     {zoho.IsNotNull("Email"), `(Email is not null)`, ``},
		"two":                        {zoho.All(a, b), `((A = 'x') and (B = 'y'))`, `((A:equals:x)and(B:equals:y))`},
		"three: pairwise":            {zoho.All(a, b, c), `(((A = 'x') and (B = 'y')) and (C = 'z'))`, `(((A:equals:x)and(B:equals:y))and(C:equals:z))`},
		"nested":                     {zoho.All(a, zoho.Any(b, c)), `((A = 'x') and ((B = 'y') or (C = 'z')))`, `((A:equals:x)and((B:equals:y)or(C:equals:z)))`},
		"of one, and of none beside": {zoho.Any(zoho.All(), zoho.All(a)), `(A = 'x')`, `(A:equals:x)`},
		"dotted column":              {zoho.Equal("Who_Id.Last_Name", "x"), `(Who_Id.Last_Name = 'x')`, `(Who_Id.Last_Name:equals:x)`},
		"polymorphic column":         {zoho.Equal("What_Id->Leads.Last_Name", "x"), `('What_Id->Leads.Last_Name' = 'x')`, ``},
		"quote":                      {zoho.Equal("Last_Name", "O'Neil"), `(Last_Name = 'O\'Neil')`, `(Last_Name:equals:O'Neil)`},
		"parentheses and comma":      {zoho.Equal("Company", "A (B), C"), `(Company = 'A (B), C')`, `(Company:equals:A \(B\)\, C)`},
		"backslash":                  {zoho.Equal("Company", `A\B`), `(Company = 'A\\B')`, `(Company:equals:A\B)`},
		"backslash before a bracket": {zoho.Equal("Company", `A\)`), `(Company = 'A\\)')`, `(Company:equals:A\\\))`},
		"backslash at the end":       {zoho.Equal("Company", `A\`), ``, `(Company:equals:A\\)`},
		"percent in a beginning":     {zoho.StartsWith("Company", "100%"), ``, `(Company:starts_with:100%)`},
		"no end at all":              {zoho.EndsWith("Company", ""), ``, ``},
		"line end":                   {zoho.Equal("Company", "a\nb"), ``, "(Company:equals:a\nb)"},
		"blank":                      {zoho.Equal("Company", " "), `(Company = ' ')`, ``},
		"of no value":                {zoho.In[string]("id"), ``, ``},
		"of 51 values":               {zoho.In("id", make([]int, 51)...), ``, ``},
		"nil":                        {zoho.Equal("Company", nil), ``, ``},
		"an odd type":                {zoho.Equal("Company", []string{"x"}), ``, ``},
		"not a number":               {zoho.Equal("N", math.NaN()), ``, ``},
		"number with text":           {zoho.Equal("N", json.Number("1 or 1=1")), ``, ``},
		"field that is none":         {zoho.Equal("id = '1' or id", "x"), ``, ``},
		"no field":                   {zoho.IsNull(""), ``, ``},
	} {
		text, err := leads(w.where).Text()
		if want := "select id from Leads where " + w.coql + " limit 200"; w.coql != "" && (err != nil || text != want) || w.coql == "" && !errors.Is(err, zoho.InvalidArgument) {
			t.Errorf("%s, COQL: %s, %v", name, text, err)
		}
		client, l := newClient(t, says(204, ""))
		_, err = collect(client.Search(t.Context(), "Leads", zoho.Search{Criteria: w.where}))
		if w.criteria == "" {
			if !errors.Is(err, zoho.InvalidArgument) || len(l.seen) != 0 {
				t.Errorf("%s, search: %v after %d calls", name, err, len(l.seen))
			}
		} else if err != nil || l.seen[0].Query.Get("criteria") != w.criteria {
			t.Errorf("%s, search: %q %v", name, l.seen[0].Query.Get("criteria"), err)
		}
	}
}

func TestSearch(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		search zoho.Search
		want   string
	}{
		"email":              {zoho.Search{Email: "ann+x@example.org"}, "email=ann%2Bx%40example.org&page=1&per_page=200"},
		"phone":              {zoho.Search{Phone: "+1 (312) 555-0123"}, "page=1&per_page=200&phone=%2B1+%28312%29+555-0123"},
		"word":               {zoho.Search{Word: "Bo"}, "page=1&per_page=200&word=Bo"},
		"with everything":    {zoho.Search{Word: "Bo", Fields: []string{"id", "Email"}, Converted: "both"}, "converted=both&fields=id%2CEmail&page=1&per_page=200&word=Bo"},
		"offset in criteria": {zoho.Search{Criteria: zoho.Greater("Modified_Time", noon)}, "criteria=%28Modified_Time%3Agreater_than%3A2026-11-23T12%3A00%3A00%2B00%3A00%29&page=1&per_page=200"},
	} {
		client, l := newClient(t, says(204, ""))
		got, err := collect(client.Search(t.Context(), "Leads", c.search))
		if err != nil || len(got) != 0 || l.seen[0].Query.Encode() != c.want || l.seen[0].Path != "/crm/v8/Leads/search" {
			t.Errorf("%s: %s %v", name, l.seen[0].Query.Encode(), err)
		}
	}
	eleven := zoho.All(slices.Repeat([]zoho.Condition{zoho.Equal("A", "x")}, 11)...)
	client, l := newClient(t, sheet(2500, "data"))
	if _, err := collect(client.Search(t.Context(), "Leads", zoho.Search{Criteria: eleven})); !errors.Is(err, zoho.InvalidArgument) || len(l.seen) != 0 {
		t.Errorf("eleven conditions: %v", err)
	}
	if got, err := collect(client.Search(t.Context(), "Leads", zoho.Search{Word: "Bo"})); !errors.Is(err, zoho.PageLimit) || len(got) != 2000 || len(l.seen) != 10 {
		t.Errorf("more than a search reaches, which has no page_token: %d %v", len(got), err)
	}
	client, _ = newClient(t, says(400, bare("LIMIT_REACHED", `{"limit":2000}`, "")))
	_, err := collect(client.Search(t.Context(), "Leads", zoho.Search{Word: "Bo"}))
	wantKind(t, err, zoho.LimitReached)
}

func TestSelectText(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		query zoho.Select
		want  string
	}{
		"least":      {zoho.Select{Columns: []string{"id"}, From: "Leads"}, "select id from Leads where (id is not null) limit 200"},
		"everything": {zoho.Select{Columns: []string{"id", "Who_Id.Last_Name", "What_Id->Leads.Last_Name"}, From: "Events", Where: zoho.Equal("id", "1"), OrderBy: []zoho.Order{{Column: "Modified_Time", Descending: true}, {Column: "id"}}, Limit: 2000, Offset: 98000}, "select id, Who_Id.Last_Name, 'What_Id->Leads.Last_Name' from Events where (id = '1') order by Modified_Time desc, id asc limit 2000 offset 98000"},
	} {
		if got, err := c.query.Text(); err != nil || got != c.want {
			t.Errorf("%s: %s %v", name, got, err)
		}
	}
	id := []string{"id"}
	for name, q := range map[string]zoho.Select{
		"no column":           {From: "Leads"},
		"51 columns":          {From: "Leads", Columns: slices.Repeat(id, 51)},
		"a column with blank": {From: "Leads", Columns: []string{"id from Leads"}},
		"a dollar's column":   {From: "Leads", Columns: []string{"$converted"}},
		"no module":           {Columns: id},
		"a module with blank": {Columns: id, From: "Leads where"},
		"limit above 2,000":   {Columns: id, From: "Leads", Limit: 2001},
		"limit below 0":       {Columns: id, From: "Leads", Limit: -1},
		"offset below 0":      {Columns: id, From: "Leads", Offset: -1},
		"beyond the window":   {Columns: id, From: "Leads", Limit: 2000, Offset: 98001},
		"26 conditions":       {Columns: id, From: "Leads", Where: zoho.All(slices.Repeat([]zoho.Condition{zoho.IsNull("A")}, 26)...)},
		"11 to sort by":       {Columns: id, From: "Leads", OrderBy: slices.Repeat([]zoho.Order{{Column: "id"}}, 11)},
		"odd to sort by":      {Columns: id, From: "Leads", OrderBy: []zoho.Order{{Column: "id; drop"}}},
	} {
		if got, err := q.Text(); !errors.Is(err, zoho.InvalidArgument) {
			t.Errorf("%s: %s %v", name, got, err)
		}
	}
}

func TestCOQL(t *testing.T) {
	t.Parallel()
	client, l := newClient(t, says(200, `{"data":[{"id":"1","Owner":{"id":"4"}}],"info":{"count":1,"more_records":true}}`))
	p, err := client.COQL(t.Context(), "select id from Events where Event_Title = 'a & <b>'")
	if err != nil || len(p.Records) != 1 || !p.More || p.Records[0].ID() != "1" {
		t.Errorf("%+v %v", p, err)
	}
	if s := l.seen[0]; s.Method != "POST" || s.Path != "/crm/v8/coql" || s.Body != `{"select_query":"select id from Events where Event_Title = 'a & <b>'"}` {
		t.Errorf("%+v", s)
	}
	client, _ = newClient(t, says(204, ""))
	if p, err := client.COQL(t.Context(), "select id from Events"); err != nil || p.More || len(p.Records) != 0 {
		t.Errorf("204: %+v %v", p, err)
	}
}

var clauses = regexp.MustCompile(`^select (.+) from Leads where (.+?)(?: order by (.+?))? limit (\d+)(?: offset (\d+))?$`)

// table answers COQL over the ids 1000 … 1000+n-1, at most most rows at once.
func table(t *testing.T, n, most int) answers {
	return func(w http.ResponseWriter, s seen) {
		var in struct {
			Query string `json:"select_query"`
		}
		_ = json.Unmarshal([]byte(s.Body), &in)
		m := clauses.FindStringSubmatch(in.Query)
		if m == nil {
			t.Errorf("odd query %s", in.Query)
			says(400, bare("SYNTAX_ERROR", `{}`, ""))(w, s)
			return
		}
		limit, _ := strconv.Atoi(m[4])
		from, _ := strconv.Atoi(m[5])
		if above := regexp.MustCompile(`id > '(\d+)'`).FindStringSubmatch(m[2]); above != nil {
			id, _ := strconv.Atoi(above[1])
			from = id - 1000 + 1
		}
		to := min(from+min(limit, most), n)
		var rows []string
		for i := from; i < to; i++ {
			rows = append(rows, fmt.Sprintf(`{"id":"%d"}`, 1000+i))
		}
		if rows == nil {
			says(204, "")(w, s)
			return
		}
		says(200, fmt.Sprintf(`{"data":[%s],"info":{"count":%d,"more_records":%t}}`, strings.Join(rows, ","), len(rows), to < n))(w, s)
	}
}

func TestQueryReadsEveryRow(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		query      zoho.Select
		rows, most int
		calls      int
		second     string
	}{
		"by id":                            {zoho.Select{Columns: []string{"Email"}, Limit: 2000}, 4100, 2000, 3, `select id, Email from Leads where (id > '2999') order by id asc limit 2000`},
		"by id with a condition":           {zoho.Select{Columns: []string{"id"}, Where: zoho.Equal("A", "x")}, 250, 2000, 2, `select id from Leads where ((A = 'x') and (id > '1199')) order by id asc limit 200`},
		"by id, fewer rows than asked":     {zoho.Select{Columns: []string{"id"}, Limit: 2000}, 450, 200, 3, `select id from Leads where (id > '1199') order by id asc limit 2000`},
		"by offset":                        {zoho.Select{Columns: []string{"id"}, Limit: 500, OrderBy: []zoho.Order{{Column: "Modified_Time"}}}, 1200, 2000, 3, `select id from Leads where (id is not null) order by Modified_Time asc limit 500 offset 500`},
		"by offset, fewer rows than asked": {zoho.Select{Columns: []string{"id"}, Limit: 500, OrderBy: []zoho.Order{{Column: "Modified_Time"}}}, 450, 200, 3, `select id from Leads where (id is not null) order by Modified_Time asc limit 500 offset 200`},
		"nothing":                          {zoho.Select{Columns: []string{"id"}}, 0, 2000, 1, ""},
	} {
		client, l := newClient(t, table(t, c.rows, c.most))
		c.query.From = "Leads"
		got, err := collect(client.Query(t.Context(), c.query))
		if err != nil || len(got) != c.rows || len(l.seen) != c.calls {
			t.Errorf("%s: %d rows in %d calls, %v", name, len(got), len(l.seen), err)
			continue
		}
		for i, r := range got {
			if r.ID() != strconv.Itoa(1000+i) {
				t.Fatalf("%s: row %d is %s", name, i, r.ID())
			}
		}
		if c.second != "" && !strings.Contains(l.seen[1].Body, c.second) {
			t.Errorf("%s: %s", name, l.seen[1].Body)
		}
	}
}

func TestQueryThatCannotGoOn(t *testing.T) {
	t.Parallel()
	plain := zoho.Select{Columns: []string{"id"}, From: "Leads"}
	sorted := plain
	sorted.OrderBy = []zoho.Order{{Column: "Email"}}
	last := sorted
	last.Limit, last.Offset = 2000, 97900
	crowded := plain
	crowded.Where = zoho.All(slices.Repeat([]zoho.Condition{zoho.IsNull("A")}, 25)...)
	page := func(rows string) answers { return says(200, `{"data":[`+rows+`],"info":{"more_records":true}}`) }
	for name, c := range map[string]struct {
		query zoho.Select
		steps answers
		rows  int
		kind  zoho.Kind
	}{
		"more promised, no row":        {plain, page(""), 0, zoho.Unreadable},
		"more promised, no row sorted": {sorted, page(""), 0, zoho.Unreadable},
		"the same page for ever":       {plain, page(`{"id":"9"}`), 2, zoho.Unreadable},
		"ids that go back":             {plain, script(page(`{"id":"10"}`), page(`{"id":"9"}`)), 2, zoho.Unreadable},
		"rows without id":              {plain, page(`{"Email":"x"}`), 1, zoho.Unreadable},
		"error on the second page":     {plain, script(page(`{"id":"9"}`), says(500, "{}")), 1, zoho.Internal},
		"beyond what offsets reach":    {last, page(strings.Repeat(`{"id":"9"},`, 1999) + `{"id":"9"}`), 2100, zoho.PageLimit},
		"no room for the id":           {crowded, page(`{"id":"9"}`), 0, zoho.InvalidArgument},
		"a query that is none":         {zoho.Select{}, page(""), 0, zoho.InvalidArgument},
	} {
		client, l := newClient(t, c.steps)
		if name == "beyond what offsets reach" {
			client, l = newClient(t, table(t, 1000000, 2000))
		}
		got, err := collect(client.Query(t.Context(), c.query))
		if len(got) != c.rows || asError(t, err).Kind != c.kind {
			t.Errorf("%s: %d rows, %v after %d calls", name, len(got), err, len(l.seen))
		}
	}
	client, l := newClient(t, table(t, 1000, 2000))
	for range client.Query(t.Context(), plain) {
		break
	}
	if len(l.seen) != 1 {
		t.Errorf("read on after the reader stopped: %d calls", len(l.seen))
	}
}

// unquote reads one COQL literal from the start of s in one of the two ways in which Zoho may: with a doubled backslash
// being one, or two.
func unquote(s string, doubled bool) (text, rest string, ok bool) {
	if !strings.HasPrefix(s, "'") {
		return "", s, false
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\'':
			return b.String(), s[i+1:], true
		case s[i] == '\\' && i+1 < len(s) && (s[i+1] == '\'' || doubled && s[i+1] == '\\'):
			i++
		}
		b.WriteByte(s[i])
	}
	return "", "", false
}

func checkQuote(t interface{ Fatalf(string, ...any) }, s string) {
	q, err := zoho.Quote(s)
	if err != nil {
		if !errors.Is(err, zoho.InvalidArgument) || !strings.HasSuffix(s, `\`) && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			t.Fatalf("%q: %v", s, err)
		}
		return
	}
	if text, rest, ok := unquote(q+" or 'x'='x'", true); !ok || rest != " or 'x'='x'" || text != s {
		t.Fatalf("%q as %s reads %q, then %q", s, q, text, rest)
	}
	if _, rest, ok := unquote(q+" or 'x'='x'", false); !ok || rest != " or 'x'='x'" {
		t.Fatalf("%q as %s breaks out under the other reading: %q", s, q, rest)
	}
}

func TestQuotedTextStaysInItsQuotes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		checkQuote(t, rapid.StringMatching(`[a'\\%_() ]{0,12}`).Draw(t, "text"))
	})
}

func FuzzQuote(f *testing.F) {
	for _, s := range []string{"", "O'Neil", `\`, `\'`, `a\\' or 1=1`, "a\x00b", "日本", `'`, `\\`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkQuote(t, s) })
}

// readCriterion reads an escaped value up to its closing parenthesis; a backslash escapes whatever follows it, or only
// a special sign and itself.
func readCriterion(s string, anything bool) (text, rest string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == ')' || s[i] == '(' || s[i] == ',':
			return b.String(), s[i:], true
		case s[i] == '\\' && i+1 < len(s) && (anything || strings.ContainsRune(`(),\`, rune(s[i+1]))):
			i++
		}
		b.WriteByte(s[i])
	}
	return "", "", false
}

func TestEscapedCriteriaStayInTheirBrackets(t *testing.T) {
	t.Parallel()
	client, l := newClient(t, says(204, ""))
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[a(),\\:' ]{0,12}a[(),\\]{0,6}`).Draw(t, "text")
		if _, err := collect(client.Search(t.Context(), "Leads", zoho.Search{Criteria: zoho.Equal("A", s)})); err != nil {
			t.Fatal(err)
		}
		got := strings.TrimPrefix(l.seen[len(l.seen)-1].Query.Get("criteria"), "(A:equals:")
		for _, anything := range []bool{true, false} {
			if _, rest, ok := readCriterion(got, anything); !ok || rest != ")" {
				t.Fatalf("%q as %s ends early: %q", s, got, rest)
			}
		}
	})
}
