package query_test

import (
	"reflect"
	"strings"
	"testing"

	"heavyset.tech/platform/internal/zohosim/query"
)

func TestCOQL(t *testing.T) {
	t.Parallel()
	col := func(path ...string) query.Column { return query.Column{Path: path} }
	text := func(s string) query.Value { return query.Value{Text: s, Quoted: true} }
	cond := func(c query.Column, op query.Op, word string, v ...query.Value) *query.Cond {
		return &query.Cond{Column: c, Op: op, Word: word, Values: v}
	}
	cases := map[string]struct {
		text string
		want query.Select
	}{
		"overlap of a week": {
			"select id, Owner from Events where ((End_DateTime > '2026-11-23T00:00:00+00:00') and (Start_DateTime < 'x')) order by id asc limit 2000 offset 10",
			query.Select{
				Columns: []query.Output{{Column: col("id")}, {Column: col("Owner")}}, From: "Events",
				Where: &query.Join{
					Left:  cond(col("End_DateTime"), query.Greater, ">", text("2026-11-23T00:00:00+00:00")),
					Right: cond(col("Start_DateTime"), query.Less, "<", text("x")),
				},
				Order: []query.Order{{Column: col("id")}}, Limit: 2000, Offset: 10,
			},
		},
		"two conditions need no brackets; keywords in any case; blanks and lines": {
			"SELECT Who_Id.Last_Name AS name\nFROM Events WHERE a is NOT null Or b not in ('1', 2)",
			query.Select{
				Columns: []query.Output{{Column: col("Who_Id", "Last_Name"), Alias: "name"}}, From: "Events",
				Where: &query.Join{
					Or: true, Left: cond(col("a"), query.NotNull, "is not null"),
					Right: cond(col("b"), query.NotIn, "not in", text("1"), query.Value{Text: "2"}),
				},
				Limit: -1,
			},
		},
		"through a lookup into several modules; escapes": {
			`select 'What_Id->Leads.Last_Name' from Events where name = 'O\'Neill \\ x' order by a desc, b`,
			query.Select{
				Columns: []query.Output{{Column: query.Column{Path: []string{"What_Id", "Last_Name"}, Via: "Leads"}}},
				From:    "Events", Where: cond(col("name"), query.Equal, "=", text(`O'Neill \ x`)),
				Order: []query.Order{{Column: col("a"), Desc: true}, {Column: col("b")}}, Limit: -1,
			},
		},
		"brackets around pairs": {
			"select id from X where ((a like 'x%' and b not like '%y') and n between -1 and 2.5)",
			query.Select{
				Columns: []query.Output{{Column: col("id")}}, From: "X",
				Where: &query.Join{
					Left: &query.Join{
						Left:  cond(col("a"), query.Like, "like", text("x%")),
						Right: cond(col("b"), query.NotLike, "not like", text("%y")),
					},
					Right: cond(col("n"), query.Between, "between", query.Value{Text: "-1"}, query.Value{Text: "2.5"}),
				},
				Limit: -1,
			},
		},
		"functions, groups, aliases and a view": {
			"select COUNT(id) as n, SUM('What_Id->Deals.Amount'), Owner.role as 'The role', 'from' from X#12 where a = 1 GROUP BY Owner.role, 'from' order by n desc, 'The role', MAX(a), b",
			query.Select{
				Columns: []query.Output{
					{Func: "COUNT", Column: col("id"), Alias: "n"},
					{Func: "SUM", Column: query.Column{Path: []string{"What_Id", "Amount"}, Via: "Deals"}},
					{Column: col("Owner", "role"), Alias: "The role"},
					{Column: col("from")},
				},
				From: "X", View: "12", Where: cond(col("a"), query.Equal, "=", query.Value{Text: "1"}),
				Group: []query.Column{col("Owner", "role"), col("from")},
				Order: []query.Order{{Alias: "n", Desc: true}, {Alias: "The role"}, {Func: "MAX", Column: col("a")}, {Column: col("b")}},
				Limit: -1,
			},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, problem := query.ParseCOQL(c.text)
			if problem != nil {
				t.Fatal(problem)
			}
			if !reflect.DeepEqual(*got, c.want) {
				t.Fatalf("got  %s\nwant %s", got, &c.want)
			}
		})
	}
}

func TestCOQLRefusals(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		text, code string
		detail     string
		value      any
	}{
		"three conditions without brackets": {"select id from X where a = 1 and b = 2 and c = 3", "SYNTAX_ERROR", "near", "and"},
		"three inside one bracket":          {"select id from X where (a = 1 and b = 2 or c = 3)", "SYNTAX_ERROR", "near", "or"},
		"no where":                          {"select id from X", "SYNTAX_ERROR", "clause", "where"},
		"no where before order by":          {"select id from X order by id", "SYNTAX_ERROR", "clause", "where"},
		"no from":                           {"select id where a = 1", "SYNTAX_ERROR", "clause", "from"},
		"no select":                         {"'X'", "SYNTAX_ERROR", "clause", "select"},
		"another statement":                 {"update X set a = 1", "SYNTAX_ERROR", "", nil},
		"empty alias":                       {"select a as '' from X where a = 1", "INVALID_ALIAS", "column_name", "a"},
		"having":                            {"select COUNT(id) from X where a = 1 group by a having COUNT(id) > 1", "SYNTAX_ERROR", "near", "having"},
		"group without by":                  {"select a from X where a = 1 group a", "SYNTAX_ERROR", "near", "a"},
		"no where before group by":          {"select a from X group by a", "SYNTAX_ERROR", "clause", "where"},
		"function of nothing":               {"select COUNT() from X where a = 1", "SYNTAX_ERROR", "near", ")"},
		"function of all":                   {"select COUNT(*) from X where a = 1", "SYNTAX_ERROR", "near", "*"},
		"function of a function":            {"select MAX(SUM(a)) from X where a = 1", "SYNTAX_ERROR", "near", "("},
		"function in where":                 {"select a from X where SUM(a) > 1", "SYNTAX_ERROR", "operator", "("},
		"view without an id":                {"select a from X#y where a = 1", "SYNTAX_ERROR", "near", "y"},
		"empty":                             {"", "SYNTAX_ERROR", "clause", "select"},
		"unknown operator":                  {"select id from X where a == 1", "SYNTAX_ERROR", "operator", "=="},
		"unknown word as operator":          {"select id from X where a contains 'b'", "SYNTAX_ERROR", "operator", "contains"},
		"bare true":                         {"select id from X where a = true", "SYNTAX_ERROR", "near", "true"},
		"bare null":                         {"select id from X where a = null", "SYNTAX_ERROR", "near", "null"},
		"double quotes":                     {`select id from X where a = "b"`, "SYNTAX_ERROR", "near", `"`},
		"star":                              {"select * from X where a = 1", "SYNTAX_ERROR", "near", "*"},
		"unended text":                      {"select id from X where a = 'b", "SYNTAX_ERROR", "near", "'"},
		"column of the error":               {"select id from X\nwhere a = 1 )", "SYNTAX_ERROR", "column", 13},
		"line of the error":                 {"select id from X\nwhere a = 1 )", "SYNTAX_ERROR", "line", 2},
		"limit is no number":                {"select id from X where a = 1 limit s", "INVALID_QUERY", "limit", "s"},
		"negative limit":                    {"select id from X where a = 1 limit -1", "INVALID_QUERY", "limit", "-1"},
		"offset is no number":               {"select id from X where a = 1 limit 1 offset 1.5", "INVALID_QUERY", "offset", "1.5"},
		"keyword as alias":                  {"select id as from from X where a = 1", "INVALID_ALIAS", "alias", "from"},
		"empty in":                          {"select id from X where a in ()", "SYNTAX_ERROR", "near", ")"},
		"text after the end":                {"select id from X where a = 1 limit 1 offset 1 limit 2", "SYNTAX_ERROR", "near", "limit"},
		"endless brackets":                  {"select id from X where " + strings.Repeat("(", 200_000), "SYNTAX_ERROR", "near", "("},
		"dots in a row":                     {"select a..b from X where a = 1", "SYNTAX_ERROR", "near", "a..b"},
		"arrow without a field":             {"select 'What_Id->Leads' from X where a = 1", "SYNTAX_ERROR", "near", "What_Id->Leads"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, problem := query.ParseCOQL(c.text)
			if problem == nil {
				t.Fatal("accepted")
			}
			if problem.Code != c.code || problem.Details[c.detail] != c.value {
				t.Fatalf("got %v, want %s %s=%v", problem, c.code, c.detail, c.value)
			}
		})
	}
}

func TestCriteria(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ text, want string }{
		"one":                     {"(Email:equals:a@b.c)", "Email equals a@b.c"},
		"pair in brackets":        {"((Email:equals:a@b.c)and(Last_Name:starts_with:B))", "(Email equals a@b.c and Last_Name starts_with B)"},
		"pair without":            {"(a:equals:1) OR (b:not_equal:2)", "(a equals 1 or b not_equal 2)"},
		"chain binds left":        {"(a:equals:1)and(b:equals:2)or(c:equals:3)", "((a equals 1 and b equals 2) or c equals 3)"},
		"escapes":                 {`(Last_Name:equals:Smith \(Sr\)\, \\)`, `Last_Name equals Smith (Sr), \`},
		"colons in the value":     {"(t:greater_equal:2026-01-01T10:00:00+00:00)", "t greater_equal 2026-01-01T10:00:00+00:00"},
		"list":                    {`(a:in:x,y\,z)`, "a in (x, y,z)"},
		"between":                 {"(n:between:1,5)", "n between 1 and 5"},
		"comma outside of a list": {"(a:equals:x,y)", "a equals x,y"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, problem := query.ParseCriteria(c.text)
			if problem != nil {
				t.Fatal(problem)
			}
			s := (&query.Select{From: "X", Columns: []query.Output{{Column: query.Column{Path: []string{"id"}}}}, Where: got, Limit: -1}).String()
			if s = strings.TrimPrefix(s, "select id from X where "); s != c.want {
				t.Fatalf("got %s, want %s", s, c.want)
			}
		})
	}
}

func TestCriteriaRefusals(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"empty":                  "",
		"no brackets":            "Email:equals:x",
		"unclosed":               "(Email:equals:x",
		"unclosed group":         "((a:equals:1)and(b:equals:2)",
		"no value":               "(Email:equals:)",
		"no operator":            "(Email:x)",
		"unknown operator":       "(Email:contains:x)",
		"bracket in the value":   "(Email:equals:a(b)",
		"escape swallows":        `(Email:equals:a\)`,
		"text behind":            "(a:equals:1) x",
		"dangling and":           "(a:equals:1)and",
		"one value for between":  "(n:between:1)",
		"blank in the name":      "(a b:equals:1)",
		"endless brackets":       strings.Repeat("(", 200_000),
		"escaped bracket at end": `(a:equals:1\)`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if n, problem := query.ParseCriteria(text); problem == nil || problem.Code != "INVALID_QUERY" {
				t.Fatalf("got %v, %v", n, problem)
			}
		})
	}
}

func TestConditionsAreListedFromLeftToRight(t *testing.T) {
	t.Parallel()
	n, problem := query.ParseCriteria("((a:equals:1)and(b:equals:2))or(c:equals:3)")
	if problem != nil {
		t.Fatal(problem)
	}
	var names string
	for _, c := range query.Conditions(n) {
		names += c.Column.String()
	}
	if names != "abc" {
		t.Fatalf("got %s", names)
	}
}

func FuzzCOQL(f *testing.F) {
	f.Add("select id, Who_Id.Last_Name as n from Events where ((a > 'x') and (b in (1,'2'))) order by id desc limit 5 offset 2")
	f.Add(`select 'What_Id->Leads.Email' from Events where a not like '%\'x\\%' or b is not null`)
	f.Add("select id from X where a between -1 and +2.50")
	f.Add("select MAX(a) as 'the most', 'order' from X#5 where 'order' = 1 group by 'order' order by 'the most', MAX(a) desc limit 1")
	f.Fuzz(func(t *testing.T, text string) {
		first, problem := query.ParseCOQL(text)
		if problem != nil {
			if problem.Code == "" || problem.Message == "" || problem.Details == nil {
				t.Fatalf("%q: refused without a reason: %v", text, problem)
			}
			return
		}
		again, problem := query.ParseCOQL(first.String())
		if problem != nil {
			t.Fatalf("%q became %q: %v", text, first, problem)
		}
		if !reflect.DeepEqual(first, again) {
			t.Fatalf("%q: %q and %q differ", text, first, again)
		}
	})
}

func FuzzCriteria(f *testing.F) {
	f.Add("((Email:equals:a@b.c)and(Last_Name:starts_with:B))")
	f.Add(`(a:in:x,y\,z)or(n:between:1,5)`)
	f.Add(`(a:equals:\(\)\,\\)`)
	f.Fuzz(func(t *testing.T, text string) {
		n, problem := query.ParseCriteria(text)
		if (n == nil) == (problem == nil) {
			t.Fatalf("%q: %v and %v", text, n, problem)
		}
		for _, c := range query.Conditions(n) {
			if len(c.Values) == 0 || c.Column.String() == "" {
				t.Fatalf("%q: hollow condition %+v", text, c)
			}
		}
	})
}

func TestNamesOfOutputs(t *testing.T) {
	t.Parallel()
	s, problem := query.ParseCOQL("select COUNT(id), MAX(a.b) as m, c from X where a = 1 order by COUNT(id), m, c")
	if problem != nil {
		t.Fatal(problem)
	}
	var names []string
	for _, o := range s.Columns {
		names = append(names, o.Name())
	}
	for _, o := range s.Order {
		names = append(names, o.Name())
	}
	if got := strings.Join(names, " "); got != "COUNT(id) m c COUNT(id) m c" {
		t.Fatalf("got %s", got)
	}
}
