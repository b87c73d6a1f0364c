package zohosim_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// counted has records worth grouping: two red ones with numbers, a green one, one without a colour.
func counted(t *testing.T) *kit {
	t.Helper()
	k := fresh(t)
	k.schema()
	k.insert("Things",
		map[string]any{"Name": "a", "Color": "red", "Count": 1, "Price": 1.5, "Big": "9007199254740993", "Day": "2026-01-01", "At": "2026-01-01T00:00:00+00:00", "Owner": ann},
		map[string]any{"Name": "b", "Color": "red", "Count": 2, "Price": 2, "Day": "2026-03-01", "At": "2026-03-01T00:00:00+00:00", "Owner": ben},
		map[string]any{"Name": "c", "Color": "green", "Count": 4, "Owner": ann},
		map[string]any{"Name": "d"},
	)
	return k
}

func TestCOQLAggregates(t *testing.T) {
	t.Parallel()
	k := counted(t)
	const all = " from Things where id is not null"
	for query, want := range map[string]string{
		"select COUNT(id)" + all:                                                                       `[{"COUNT(id)":4}]`,
		"select COUNT(Color), SUM(Count), AVG(Count)" + all:                                            `[{"COUNT(Color)":3,"SUM(Count)":7,"AVG(Count)":2.3333333333333335}]`,
		"select SUM(Price) as total, MIN(Price), MAX(Price) as 'the most'" + all:                       `[{"total":3.5,"MIN(Price)":1.5,"the most":2}]`,
		"select MIN(Day), MAX(At), MAX(Big)" + all:                                                     `[{"MIN(Day)":"2026-01-01","MAX(At)":"2026-02-28T18:00:00-06:00","MAX(Big)":"9007199254740993"}]`,
		"select count(id), Sum(Count)" + all:                                                           `[{"count(id)":4,"Sum(Count)":7}]`,
		"select COUNT(Owner.email)" + all:                                                              `[{"COUNT(Owner.email)":4}]`,
		"select COUNT(id), SUM(Count) from Things where Name = 'nobody'":                               `[{"COUNT(id)":0,"SUM(Count)":null}]`,
		"select Color, COUNT(id)" + all + " group by Color":                                            `[{"Color":"red","COUNT(id)":2},{"Color":"green","COUNT(id)":1},{"Color":null,"COUNT(id)":1}]`,
		"select COUNT(id) as n, Color" + all + " group by Color order by n desc, Color asc":            `[{"n":2,"Color":"red"},{"n":1,"Color":null},{"n":1,"Color":"green"}]`,
		"select Color" + all + " group by Color order by Color desc":                                   `[{"Color":"red"},{"Color":"green"},{"Color":null}]`,
		"select COUNT(id)" + all + " group by Color order by COUNT(id) desc, Color desc limit 1":       `[{"COUNT(id)":2}]`,
		"select Color" + all + " group by Color order by Color limit 1 offset 1":                       `[{"Color":"green"}]`,
		"select Owner.first_name, MAX(Count)" + all + " group by Owner.first_name order by MAX(Count)": `[{"Owner.first_name":"Rae","MAX(Count)":null},{"Owner.first_name":"Ben","MAX(Count)":2},{"Owner.first_name":"Ann","MAX(Count)":4}]`,
		"select Owner, COUNT(id)" + all + " and Count > 1 group by Owner order by Owner":               `[{"Owner":{"id":"` + ann + `"},"COUNT(id)":1},{"Owner":{"id":"` + ben + `"},"COUNT(id)":1}]`,
	} {
		r := k.ask(query)
		data, _, _ := strings.Cut(strings.TrimPrefix(r.raw, `{"data":`), `,"info"`)
		if r.status != 200 || data != want {
			t.Errorf("%s:\n%d %s\nwant %s", query, r.status, r.raw, want)
		}
	}
	k.ask("select Color"+all+" group by Color limit 2").want(200, "info.count", "2", "info.more_records", true)
	k.ask("select Color"+all+" group by Color limit 3").want(200, "info.count", "3", "info.more_records", false)
	k.ask("select Color from Things where Name = 'nobody' group by Color").empty(204)
	k.switchTo("coql_aggregate_case", "exact")
	k.ask("select COUNT(id)" + all).want(200)
	k.ask("select count(id)"+all).want(400, "code", "INVALID_DATA", "details.reason", "unsupported aggregate function", "details.column", "count(id)")
}

func TestCOQLGroupsComeByTheirOldestRecord(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	k.insert("Events", meeting("past", start.Add(-time.Hour)), meeting("late", start.Add(3*time.Hour)), meeting("early", start.Add(2*time.Hour)), meeting("late", start.Add(time.Hour)))
	// The plan walks the meetings by their starts: the last one first.
	r := k.ask("select Event_Title, COUNT(id) as n from Events where Start_DateTime > '2026-11-23T15:00:00+00:00' group by Event_Title")
	r.want(200, "data.0.Event_Title", "late", "data.0.n", "2", "data.1.Event_Title", "early")
}

func TestCOQLAggregateRefusals(t *testing.T) {
	t.Parallel()
	k := counted(t)
	const all = " from Things where id is not null"
	for name, c := range map[string]struct {
		query, code, message, path string
		value                      any
	}{
		"unknown function":          {"select MEDIAN(Count)" + all, "INVALID_DATA", "invalid data", "details.column", "MEDIAN(Count)"},
		"function twice":            {"select MAX(Count), MAX(Count) as m" + all, "DUPLICATE_DATA", "duplicate aggregate function", "details.aggregate", "MAX"},
		"column twice":              {"select Count, Count as c" + all, "DUPLICATE_DATA", "duplicate select column", "details.column_name", "Count"},
		"alias twice":               {"select Count as x, Name as x" + all, "DUPLICATE_ALIAS", "same alias cannot refer more than one column", "details.referred_columns.1", "Name"},
		"alias is a column":         {"select Count as Name, Name" + all, "INVALID_QUERY", "", "details.alias", "Name"},
		"empty alias":               {"select Count as ''" + all, "INVALID_ALIAS", "alias name cannot be an empty string", "details.column_name", "Count"},
		"six aggregates":            {"select COUNT(id), MAX(Count), MIN(Count), AVG(Count), SUM(Count), SUM(Price)" + all, "LIMIT_EXCEEDED", "limit exceeded", "details.limit", "5"},
		"five groups":               {"select COUNT(id)" + all + " group by Color, Name, Count, Day, At", "LIMIT_EXCEEDED", "limit exceeded", "details.clause", "group by"},
		"group twice":               {"select COUNT(id)" + all + " group by Color, Color", "DUPLICATE_DATA", "duplicate group by column", "details.column_name", "Color"},
		"order twice":               {"select id" + all + " order by Color, Name, Color desc", "DUPLICATE_DATA", "duplicate order by column", "details.column_name", "Color"},
		"not grouped by":            {"select Name, COUNT(id)" + all, "INVALID_QUERY", "unsupported column", "details.clause", "group by"},
		"not grouped by it":         {"select Name, COUNT(id)" + all + " group by Color", "INVALID_QUERY", "unsupported column", "details.column_name", "Name"},
		"ordered by another":        {"select COUNT(id)" + all + " group by Color order by Name", "INVALID_QUERY", "unsupported column", "details.clause", "order by"},
		"ordered by no output":      {"select COUNT(id)" + all + " group by Color order by MAX(Count)", "INVALID_QUERY", "unsupported column", "details.column_name", "MAX(Count)"},
		"function in a plain order": {"select id" + all + " order by MAX(Count)", "INVALID_QUERY", "unsupported column", "details.clause", "order by"},
		"ordered by a list":         {"select id" + all + " order by Tags", "INVALID_QUERY", "unsupported column", "details.column_name", "Tags"},
		"grouped by a list":         {"select COUNT(id)" + all + " group by Tags", "INVALID_QUERY", "unsupported column", "details.column_name", "Tags"},
		"grouped by long text":      {"select COUNT(id)" + all + " group by Notes", "INVALID_QUERY", "unsupported column", "details.clause", "group by"},
		"grouped by nothing there":  {"select COUNT(id)" + all + " group by Nope", "INVALID_QUERY", "column given seems to be invalid", "details.column_name", "Nope"},
		"sum of text":               {"select SUM(Name)" + all, "INVALID_QUERY", "data type not supported", "details.data_type", "text"},
		"average of dates":          {"select AVG(Day)" + all, "INVALID_QUERY", "data type not supported", "details.column_name", "Day"},
		"greatest of text":          {"select MAX(Name)" + all, "INVALID_QUERY", "data type not supported", "details.aggregate", "MAX"},
		"sum of ids":                {"select SUM(id)" + all, "INVALID_QUERY", "data type not supported", "details.column_name", "id"},
		"count of a list":           {"select COUNT(Tags)" + all, "INVALID_QUERY", "data type not supported", "details.data_type", "multiselectpicklist"},
		"having":                    {"select COUNT(id)" + all + " group by Color having COUNT(id) > 1", "SYNTAX_ERROR", "unexpected token", "details.near", "having"},
		"another statement":         {"delete from Things where id is not null", "SYNTAX_ERROR", "given coql query not supported", "details.near", nil},
		"operator unknown":          {"select id from Things where Name ~ 'x'", "SYNTAX_ERROR", "unexpected token", "details.near", "~"},
		"operator unsupported":      {"select id from Things where Name == 'x'", "SYNTAX_ERROR", "operator not supported", "details.operator", "=="},
		"operator does not fit":     {"select id from Things where Name > 'x'", "INVALID_QUERY", "Invalid query formed", "details.reason", "invalid operator found"},
		"value does not fit":        {"select id from Things where Count = 'x'", "INVALID_QUERY", "value given seems to be invalid for the column", "details.expected_data_type", "integer"},
		"limit is no number":        {"select id" + all + " limit s", "INVALID_QUERY", "limit given seems to be invalid", "details.limit", "s"},
		"missing clause":            {"select id from Things group by id", "SYNTAX_ERROR", "missing clause", "details.clause", "where"},
		"no such view":              {"select id from Things#123 where id is not null", "INVALID_QUERY", "the custom view id given seems to be invalid", "details.cvid", "123"},
		"too deep into a role":      {"select Owner.role.name.x" + all, "INVALID_QUERY", "column given seems to be invalid", "details.column_name", "Owner.role.name.x"},
		"module of a plain lookup":  {"select Who.module.api_name" + all, "INVALID_QUERY", "column given seems to be invalid", "details.column_name", "Who.module.api_name"},
	} {
		r := k.ask(c.query)
		if r.status != 400 || r.at("code") != c.code || c.message != "" && r.at("message") != c.message || r.at(c.path) != c.value {
			t.Errorf("%s: %d %s", name, r.status, r.raw)
		}
	}
	k.do("POST", "/crm/v8/coql", `{}`).want(400, "message", "mandatory key not found")
	k.ask("select id"+all+" limit 0").want(400, "code", "INVALID_DATA", "message", "limit should be greater than 0")
}

func TestCOQLNamesThatLeadElsewhere(t *testing.T) {
	t.Parallel()
	k := counted(t)
	l := k.insert("Leads", lead("Boyle"))[0]
	cy := k.insert("Contacts", map[string]any{"Last_Name": "Cy"})[0]
	ref := func(module, id string) map[string]any {
		return map[string]any{"module": map[string]any{"api_name": module}, "id": id}
	}
	k.insert("Things", map[string]any{"Name": "for lead", "For": ref("Leads", l)}, map[string]any{"Name": "for contact", "For": ref("Contacts", cy)})
	k.insert("Events", meeting("m", start, "What_Id", l, "$se_module", "Leads"))
	r := k.ask("select For.module.api_name, For, 'For->Leads.Last_Name' as last from Things where For.module.api_name = 'Leads'").
		want(200, "info.count", "1", "data.0.For.id", l, "data.0.For.module.api_name", "Leads", "data.0.For.name", nil, "data.0.last", "Boyle")
	if !strings.Contains(r.raw, `"For.module.api_name":"Leads"`) {
		t.Error(r.raw)
	}
	leads := k.get("/crm/v8/settings/modules/Leads").text("modules.0.id")
	k.ask("select For.module.id as m from Things where For.module.id = '"+leads+"'").want(200, "data.0.m", leads, "info.count", "1")
	k.ask("select For.module.api_name, COUNT(id) as n from Things where For is not null group by For.module.api_name order by For.module.api_name").
		want(200, "data.0.n", "1", "info.count", "2")
	k.ask("select What_Id.module.api_name as m from Events where 'What_Id->Leads.id' in ('"+l+"')").want(200, "data.0.m", "Leads")
	k.ask("select Owner.role.name as r, 'Owner.zuid' as z from Things where Owner.role.name = 'Sales Rep' order by Name desc").
		want(200, "info.count", "3", "data.0.r", "Sales Rep", "data.0.z", "70411001")
	k.ask("select Owner.profile.id as p from Things where Name = 'a'").want(200, "data.0.p", "5725767000000026014")
	k.ask("select Owner.role as r from Things where Name = 'd'").want(200, "data.0.r", "5725767000000026005")
	k.ask("select 'Name' as 'The name' from Things where 'Name' = 'a' order by 'The name'").want(200, "data.0.The name", "a")
}

func TestCOQLIncludeMeta(t *testing.T) {
	t.Parallel()
	k := counted(t)
	ask := func(meta any) reply {
		return k.do("POST", "/crm/v8/coql", map[string]any{"select_query": "select Name, Who.Email as mail, Owner.email from Things where Name = 'a'", "include_meta": meta})
	}
	r := ask([]any{"fields"}).want(200, "fields.Name.api_name", "Name", "fields.Name.length", "20", "fields.Name.system_mandatory", true,
		"fields.mail.api_name", "Email", "info.count", "1")
	if n := len(r.at("fields").(map[string]any)); n != 2 {
		t.Errorf("%d fields: %s", n, r.raw)
	}
	ask(nil).want(200, "fields", nil)
	ask("fields").want(400, "code", "INVALID_DATA", "details.expected_data_type", "jsonarray", "details.json_path", "$.include_meta")
	ask([]any{"layouts"}).want(400, "code", "INVALID_DATA", "details.supported_values.0", "fields", "details.json_path", "$.include_meta[0]", "details.expected_data_type", nil)
	ask([]any{5}).want(400, "details.expected_data_type", "text", "details.supported_values.0", "fields")
	ask([]any{}).want(400, "details.minimum_length", "1")
	ask([]any{"fields", "fields"}).want(400, "details.maximum_length", "1")
	k.connect("ZohoCRM.modules.ALL,ZohoCRM.coql.READ")
	ask([]any{"fields"}).want(401, "code", "OAUTH_SCOPE_MISMATCH")
	ask(nil).want(200)
}

func TestCOQLCreditsGoByTheLimit(t *testing.T) {
	t.Parallel()
	k := counted(t)
	for limit, want := range map[string]string{"": "1", " limit 200": "1", " limit 201": "2", " limit 1000": "2", " limit 1001": "3", " limit 2000": "3"} {
		before := k.get("/_sim/stats").text("credits")
		k.ask("select COUNT(id) from Things where id is not null" + limit).want(200)
		var a, b int
		_, _ = fmt.Sscan(before, &a)
		_, _ = fmt.Sscan(k.get("/_sim/stats").text("credits"), &b)
		if fmt.Sprint(b-a) != want {
			t.Errorf("%q costs %d, want %s", limit, b-a, want)
		}
	}
}

// Groups give what adding up by hand gives.
func TestCOQLGroupsAddUp(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	k.schema()
	type sum struct{ n, total, low, top int }
	sums := map[string]*sum{}
	rapid.Check(t, func(rt *rapid.T) {
		var items []map[string]any
		for range rapid.IntRange(1, 10).Draw(rt, "new") {
			color, count := rapid.SampledFrom([]string{"red", "green"}).Draw(rt, "color"), rapid.IntRange(-50, 50).Draw(rt, "count")
			items = append(items, map[string]any{"Name": "n", "Color": color, "Count": count, "At": start.Add(time.Duration(count) * time.Hour).Format(time.RFC3339)})
			s := sums[color]
			if s == nil {
				s = &sum{low: math.MaxInt, top: math.MinInt}
				sums[color] = s
			}
			s.n, s.total, s.low, s.top = s.n+1, s.total+count, min(s.low, count), max(s.top, count)
		}
		k.insert("Things", items...)
		r := k.ask("select Color, COUNT(id) as n, SUM(Count) as t, MIN(Count) as l, MAX(Count) as h from Things where At is not null group by Color order by Color")
		if colors := r.list("data", "Color"); !slices.IsSorted(colors) || len(colors) != len(sums) {
			rt.Fatalf("colors %v", colors)
		}
		for i, color := range r.list("data", "Color") {
			at := func(name string) string { return r.text(fmt.Sprintf("data.%d.%s", i, name)) }
			got := fmt.Sprint(at("n"), " ", at("t"), " ", at("l"), " ", at("h"))
			if s := sums[color]; got != fmt.Sprint(s.n, " ", s.total, " ", s.low, " ", s.top) {
				rt.Fatalf("%s: %s, want %+v", color, got, *s)
			}
		}
	})
}
