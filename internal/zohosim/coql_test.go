package zohosim_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func (k *kit) ask(q string) reply {
	k.t.Helper()
	return k.do("POST", "/crm/v8/coql", coql(q))
}

// queryable has a custom module and meetings worth querying.
func queryable(t *testing.T) (k *kit, contact, lead1 string) {
	t.Helper()
	k = fresh(t)
	k.schema()
	contact = k.insert("Contacts", map[string]any{"First_Name": "Cy", "Last_Name": "Young", "Email": "cy@x.example"})[0]
	lead1 = k.insert("Leads", lead("Boyle"))[0]
	k.insert("Things",
		map[string]any{"Name": "alpha", "Count": 1, "Price": 1.5, "Yes": true, "Day": "2026-01-01", "At": "2026-01-01T00:00:00+00:00", "Color": "red", "Who": contact, "Owner": ann},
		map[string]any{"Name": "Beta", "Count": 2, "Price": 2.5, "Day": "2026-02-01", "At": "2026-02-01T00:00:00+00:00", "Color": "green"},
		map[string]any{"Name": "O'Neill", "Count": 3, "Mail": "o@x.example", "Notes": "n"},
	)
	return k, contact, lead1
}

func TestCOQLWhere(t *testing.T) {
	t.Parallel()
	k, contact, _ := queryable(t)
	for where, want := range map[string]string{
		"Name = 'ALPHA'":                    "alpha",
		"Name != 'alpha'":                   "Beta,O'Neill",
		`Name = 'O\'Neill'`:                 "O'Neill",
		"Name like 'a%'":                    "alpha",
		"Name like '%a'":                    "alpha,Beta",
		"Name like '%et%'":                  "Beta",
		"Name like 'beta'":                  "Beta",
		"Name not like '%a'":                "O'Neill",
		"Name in ('alpha', 'Beta')":         "alpha,Beta",
		"Name not in ('alpha', 'Beta')":     "O'Neill",
		"Count > 1":                         "Beta,O'Neill",
		"Count >= 2":                        "Beta,O'Neill",
		"Count < 2":                         "alpha",
		"Count <= 2":                        "alpha,Beta",
		"Count between 2 and 3":             "Beta,O'Neill",
		"Count not between 2 and 3":         "alpha",
		"Count in (1, '3')":                 "alpha,O'Neill",
		"Price = 2.5":                       "Beta",
		"Price != 2.5":                      "alpha", // no value is neither equal nor unequal
		"Price is null":                     "O'Neill",
		"Price is not null":                 "alpha,Beta",
		"Yes = 'true'":                      "alpha",
		"Yes = 'false'":                     "Beta,O'Neill",
		"Day = '2026-01-01'":                "alpha",
		"Day > '2026-01-01'":                "Beta",
		"At > '2026-01-01T00:00:00+00:00'":  "Beta",
		"At >= '2025-12-31T18:00:00-06:00'": "alpha,Beta",
		"At between '2026-01-01T00:00:00+00:00' and '2026-01-31T00:00:00+00:00'": "alpha",
		"At < '2026-01-01T00:00:00+00:00'":                                       "",
		"At is null":                                                             "O'Neill",
		"Color = 'red'":                                                          "alpha",
		"Color in ('red', 'blue')":                                               "alpha",
		"Who = '" + contact + "'":                                                "alpha",
		"Who is null":                                                            "Beta,O'Neill",
		"Owner = '" + ann + "'":                                                  "alpha",
		"Owner in ('" + ann + "', '" + rae + "')":                                "alpha,Beta,O'Neill",
		"Who.Last_Name = 'young'":                                                "alpha",
		"Owner.email = 'ann@ridgeline.example'":                                  "alpha",
		"Owner.id = '" + ann + "'":                                               "alpha",
		"Created_Time >= '2026-11-23T15:00:00+00:00'":                            "alpha,Beta,O'Neill",
		"Modified_Time > '2026-11-23T15:00:00+00:00'":                            "",
		"(Count = 1 or Count = 3)":                                               "alpha,O'Neill",
		"((Count = 1 or Count = 3) and Name like 'O%')":                          "O'Neill",
		"Count = 1 and (Name = 'x' or Color = 'red')":                            "alpha",
		"id is not null":                                                         "alpha,Beta,O'Neill",
	} {
		r := k.ask("select Name from Things where " + where + " order by id asc")
		if r.status != 200 && r.status != 204 {
			t.Errorf("%s: %d %s", where, r.status, r.raw)
			continue
		}
		if got := strings.Join(r.list("data", "Name"), ","); got != want {
			t.Errorf("%s gives %q, want %q", where, got, want)
		}
	}
	k.ask("select id from Things where Name = 'nobody'").empty(204)
	k.switchTo("coql_text_case", "exact")
	k.ask("select id from Things where Name = 'ALPHA'").empty(204)
	k.ask("select id from Things where Name like 'b%'").empty(204)
	k.ask("select id from Things where Name like 'B%'").want(200, "info.count", "1")
}

func TestCOQLSelect(t *testing.T) {
	t.Parallel()
	k, contact, l := queryable(t)
	k.insert("Events", meeting("with lead", start, "What_Id", l, "$se_module", "Leads"), meeting("with contact", start.Add(time.Hour), "Who_Id", contact))
	r := k.ask("select Name, Count, Price, Yes, Day, At, Color, Who, Owner, Owner.last_name, Who.Email as mail, Mail, Full_Name from Things where Name = 'alpha'")
	r.want(400, "code", "INVALID_QUERY", "details.column_name", "Full_Name")
	r = k.ask("select Name, Count, Price, Yes, Day, At, Color, Who, Owner, Owner.last_name, Who.Email as mail, Mail, Created_By from Things where Name = 'alpha'").
		want(200, "data.0.Count", "1", "data.0.Price", "1.5", "data.0.Yes", true, "data.0.Day", "2026-01-01", "data.0.At", "2025-12-31T18:00:00-06:00",
			"data.0.Who.id", contact, "data.0.Who.name", nil, "data.0.Owner.id", ann, "data.0.Owner.name", nil, "data.0.Owner.last_name", nil,
			"data.0.mail", "cy@x.example", "data.0.Mail", nil, "info.count", "1", "info.more_records", false, "data.0.Created_By.id", rae)
	if !strings.Contains(r.raw, `"Owner.last_name":"Archer"`) || r.text("data.0.id") == "" {
		t.Errorf("row: %s", r.raw)
	}
	r = k.ask("select Event_Title, 'What_Id->Leads.Last_Name', Who_Id.Full_Name, What_Id from Events where Start_DateTime is not null order by Start_DateTime")
	r.want(200, "data.0.What_Id.id", l, "data.1.What_Id", nil)
	if !strings.Contains(r.raw, `"What_Id->Leads.Last_Name":"Boyle"`) || !strings.Contains(r.raw, `"Who_Id.Full_Name":"Cy Young"`) {
		t.Errorf("rows: %s", r.raw)
	}
	k.ask("select id from Events where 'What_Id->Leads.Last_Name' = 'Boyle'").want(200, "info.count", "1")
	k.switchTo("coql_lookup_name", true)
	k.ask("select Who, Owner from Things where Name = 'alpha'").want(200, "data.0.Who.name", "Cy Young", "data.0.Owner.name", "Ann Archer")
}

func TestCOQLOrderLimitOffset(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	ids := k.leads(6) // L000 … L005
	for order, want := range map[string]string{
		"": "0,1,2,3,4,5", " order by id desc": "5,4,3,2,1,0", " order by Last_Name desc": "5,4,3,2,1,0", " order by Created_Time asc": "0,1,2,3,4,5",
		" order by Modified_Time desc limit 2": "5,4", " limit 2 offset 3": "3,4", " order by Last_Name limit 2 offset 3": "3,4",
		" order by City desc, Last_Name desc limit 3": "5,4,3", " limit 10 offset 4": "4,5",
	} {
		var got []string
		for _, name := range k.ask("select Last_Name from Leads where id is not null"+order).list("data", "Last_Name") {
			got = append(got, name[3:])
		}
		if strings.Join(got, ",") != want {
			t.Errorf("%q gives %v, want %s", order, got, want)
		}
	}
	k.ask("select id from Leads where id is not null limit 6").want(200, "info.more_records", false, "info.count", "6")
	k.ask("select id from Leads where id is not null limit 5").want(200, "info.more_records", true, "info.count", "5")
	k.ask("select id from Leads where id is not null order by Last_Name limit 5").want(200, "info.more_records", true)
	k.ask("select id from Leads where id is not null order by Last_Name limit 6").want(200, "info.more_records", false)
	k.ask("select id from Leads where id is not null limit 5 offset 6").empty(204)
	if got := k.ask("select id from Leads where id > '"+ids[3]+"' order by id").list("data", "id"); !slices.Equal(got, ids[4:]) {
		t.Errorf("after an id: %v", got)
	}
}

func TestCOQLDefaultLimitIs200(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	many := make([]map[string]any, 2100)
	for i := range many {
		many[i] = map[string]any{"Subject": fmt.Sprintf("t%04d", i)}
	}
	if _, err := k.sim.Load("Tasks", many); err != nil {
		t.Fatal(err)
	}
	k.ask("select id from Tasks where id is not null").want(200, "info.count", "200", "info.more_records", true)
	k.ask("select id from Tasks where id is not null limit 2000").want(200, "info.count", "2000", "info.more_records", true)
	k.ask("select id from Tasks where id is not null limit 2000 offset 1000").want(200, "info.count", "1100", "info.more_records", false)
	k.switchTo("coql_limit_max", 200)
	k.ask("select id from Tasks where id is not null limit 201").want(400, "code", "LIMIT_EXCEEDED", "details.limit", "200")
}

func TestCOQLRefusals(t *testing.T) {
	t.Parallel()
	k, _, _ := queryable(t)
	list := func(n int, item, sep string) string { return strings.TrimSuffix(strings.Repeat(item+sep, n), sep) }
	nested := "Count = 1"
	for range 25 {
		nested = "(" + nested + " or Count = 1)"
	}
	for name, c := range map[string]struct {
		query, code string
		path        string
		value       any
	}{
		"syntax":                {"select id frm Things", "SYNTAX_ERROR", "details.near", "frm"},
		"no where":              {"select id from Things", "SYNTAX_ERROR", "details.clause", "where"},
		"unknown operator":      {"select id from Things where Count <> 1", "SYNTAX_ERROR", "details.operator", "<>"},
		"three unbracketed":     {"select id from Things where Count = 1 or Count = 2 or Count = 3", "SYNTAX_ERROR", "details.near", "or"},
		"unknown module":        {"select id from Nope where id is not null", "INVALID_MODULE", "message", "the given module is not supported in api"},
		"unknown column":        {"select Nope from Things where id is not null", "INVALID_QUERY", "details.column_name", "Nope"},
		"unknown in where":      {"select id from Things where Nope = 1", "INVALID_QUERY", "details.column_name", "Nope"},
		"unknown in order":      {"select id from Things where id is not null order by Nope", "INVALID_QUERY", "details.column_name", "Nope"},
		"dotted on text":        {"select Name.x from Things where id is not null", "INVALID_QUERY", "details.column_name", "Name.x"},
		"polymorphic dotted":    {"select What_Id.Last_Name from Events where id is not null", "INVALID_QUERY", "details.column_name", "What_Id.Last_Name"},
		"long text":             {"select id from Things where Notes = 'x'", "INVALID_QUERY", "message", "unsupported column in criteria"},
		"Participants":          {"select Participants from Events where id is not null", "INVALID_QUERY", "details.column_name", "Participants"},
		"Participants in where": {"select id from Events where Participants = '1'", "INVALID_QUERY", "message", "unsupported column in criteria"},
		"greater on text":       {"select id from Things where Name > 'a'", "INVALID_QUERY", "details.operator", ">"},
		"greater on boolean":    {"select id from Things where Yes > 'true'", "INVALID_QUERY", "details.operator", ">"},
		"like on number":        {"select id from Things where Count like '1%'", "INVALID_QUERY", "details.operator", "like"},
		"bare text":             {"select id from Things where Name = 5", "INVALID_QUERY", "details.column_name", "Name"},
		"odd boolean":           {"select id from Things where Yes = 'maybe'", "INVALID_QUERY", "details.column_name", "Yes"},
		"odd instant":           {"select id from Things where At > '2026-01-01'", "INVALID_QUERY", "details.column_name", "At"},
		"odd number":            {"select id from Things where Count = 'x'", "INVALID_QUERY", "details.column_name", "Count"},
		"limit zero":            {"select id from Things where Count = 1 limit 0", "INVALID_DATA", "message", "limit should be greater than 0"},
		"limit 2001":            {"select id from Things where Count = 1 limit 2001", "LIMIT_EXCEEDED", "details.limit", "2000"},
		"limit s":               {"select id from Things where Count = 1 limit s", "INVALID_QUERY", "details.limit", "s"},
		"beyond the window":     {"select id from Things where Count = 1 limit 2000 offset 98001", "LIMIT_EXCEEDED", "details.limit", "100000"},
		"51 columns":            {"select " + list(51, "Name", ", ") + " from Things where Count = 1", "LIMIT_EXCEEDED", "details.limit", "50"},
		"26 conditions":         {"select id from Things where " + nested, "LIMIT_EXCEEDED", "details.limit", "25"},
		"51 values":             {"select id from Things where Count in (" + list(51, "1", ",") + ")", "LIMIT_EXCEEDED", "details.limit", "50"},
		"11 orders":             {"select id from Things where Count = 1 order by " + list(11, "Name", ", "), "LIMIT_EXCEEDED", "details.limit", "10"},
		"column twice":          {"select Name, Name from Things where Count = 1", "DUPLICATE_DATA", "details.column_name", "Name"},
		"alias twice":           {"select Name as x, Count as x from Things where Count = 1", "DUPLICATE_ALIAS", "details.alias", "x"},
		"keyword as alias":      {"select Name as where from Things where Count = 1", "INVALID_ALIAS", "details.alias", "where"},
		"three relations":       {"select Who.Email, Owner.email, Rep.email from Things where Count = 1", "LIMIT_EXCEEDED", "details.limit", "2"},
	} {
		r := k.ask(c.query)
		if r.status != 400 || r.at("code") != c.code || r.at(c.path) != c.value {
			t.Errorf("%s: %d %s", name, r.status, r.raw)
		}
	}
	k.do("POST", "/crm/v8/coql", `{}`).want(400, "code", "MANDATORY_NOT_FOUND", "details.api_name", "select_query")
	k.do("POST", "/crm/v8/coql", `{"select_query":5}`).want(400, "code", "INVALID_DATA")
	k.do("POST", "/crm/v8/coql", `x`).want(400, "code", "UNABLE_TO_PARSE_DATA_TYPE")
	k.switchTo("coql_in_max", 100, "coql_relations_max", 5, "datetime_z", "reject", "coql_offset_window", 10000)
	k.ask("select id from Things where Count in (" + list(51, "1", ",") + ")").want(200)
	k.ask("select Who.Email, Owner.email, Rep.email from Things where Count = 1").want(200)
	k.ask("select id from Things where At > '2026-01-01T00:00:00Z'").want(400, "code", "INVALID_QUERY",
		"message", "value given seems to be invalid for the column", "details.column_name", "At", "details.expected_data_type", "datetime")
	k.switchTo("datetime_z", "accept")
	k.ask("select id from Things where At > '2026-01-01T00:00:00Z'").want(200)
	k.ask("select id from Things where Count = 1 limit 2000 offset 8001").want(400, "code", "LIMIT_EXCEEDED", "details.limit", "10000")
}

func TestCOQLReadsItsOwnWrites(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	id := k.insert("Events", meeting("a", start))[0]
	find := func(from, to string) reply {
		return k.ask("select id from Events where ((End_DateTime > '" + from + "') and (Start_DateTime < '" + to + "'))")
	}
	find("2026-11-23T15:00:00+00:00", "2026-11-23T16:00:00+00:00").want(200, "data.0.id", id)
	k.one("PUT", "/crm/v8/Events/"+id, meeting("a", start.Add(24*time.Hour))).want(200)
	find("2026-11-23T15:00:00+00:00", "2026-11-23T16:00:00+00:00").empty(204)
	find("2026-11-24T15:30:00+00:00", "2026-11-24T16:00:00+00:00").want(200, "data.0.id", id)
	k.do("DELETE", "/crm/v8/Events/"+id, nil).want(200)
	find("2026-11-24T15:30:00+00:00", "2026-11-24T16:00:00+00:00").empty(204)
}

func TestCOQLSortsMoreRowsThanItKeeps(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	const n = 5000
	many := make([]map[string]any, n)
	for i := range many {
		many[i] = map[string]any{"Subject": fmt.Sprintf("t%04d", i*2903%n)} // each number once, in no order
	}
	if _, err := k.sim.Load("Tasks", many); err != nil {
		t.Fatal(err)
	}
	for order, want := range map[string][]string{
		"Subject asc limit 3": {"t0000", "t0001", "t0002"}, "Subject desc limit 2 offset 1": {"t4998", "t4997"},
		"Status, Subject desc limit 2": {"t4999", "t4998"},
	} {
		r := k.ask("select Subject from Tasks where id is not null order by "+order).want(200, "info.more_records", true)
		if got := r.list("data", "Subject"); !slices.Equal(got, want) {
			t.Errorf("%s: %v", order, got)
		}
	}
}

// Whatever index the plan walks, the rows are those a plain scan would give.
func TestCOQLPlansGiveWhatAScanGives(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	type row struct {
		id         string
		start, end int64
		title      string
	}
	var rows []row
	rapid.Check(t, func(rt *rapid.T) {
		for range rapid.IntRange(1, 20).Draw(rt, "new") {
			from := start.Add(time.Duration(rapid.IntRange(-500, 500).Draw(rt, "start")) * time.Hour)
			title := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "title")
			long := time.Duration(rapid.SampledFrom([]int{1, 1, 1, 50, 400}).Draw(rt, "hours")) * time.Hour
			m := meeting(title, from, "End_DateTime", from.Add(long).Format("2006-01-02T15:04:05-07:00"))
			rows = append(rows, row{k.insert("Events", m)[0], from.Unix(), from.Add(long).Unix(), title})
		}
		low := start.Add(time.Duration(rapid.IntRange(-500, 500).Draw(rt, "low")) * time.Hour)
		high := start.Add(time.Duration(rapid.IntRange(-500, 500).Draw(rt, "high")) * time.Hour)
		order := rapid.SampledFrom([]string{"", " order by id desc", " order by Start_DateTime asc", " order by End_DateTime desc", " order by Event_Title asc", " order by Modified_Time asc"}).Draw(rt, "order")
		limit, offset := rapid.IntRange(1, 40).Draw(rt, "limit"), rapid.IntRange(0, 20).Draw(rt, "offset")
		more := rapid.SampledFrom([]string{"", " and Event_Title = 'a'", " or Event_Title = 'b'"}).Draw(rt, "more")
		stamp := func(t time.Time) string { return t.Format("2006-01-02T15:04:05-07:00") }
		where := fmt.Sprintf("(End_DateTime > '%s' and Start_DateTime <= '%s')%s", stamp(low), stamp(high), more)
		var want []row
		for _, r := range rows {
			hit := r.end > low.Unix() && r.start <= high.Unix()
			switch {
			case strings.HasPrefix(more, " and"):
				hit = hit && r.title == "a"
			case more != "":
				hit = hit || r.title == "b"
			}
			if hit {
				want = append(want, r)
			}
		}
		slices.SortStableFunc(want, func(a, b row) int {
			switch {
			case strings.Contains(order, "id desc"):
				return strings.Compare(b.id, a.id)
			case strings.Contains(order, "Start"):
				return int(a.start - b.start)
			case strings.Contains(order, "End"):
				return int(b.end - a.end)
			case strings.Contains(order, "Title"):
				return strings.Compare(a.title, b.title)
			}
			return 0
		})
		q := fmt.Sprintf("select id, End_DateTime, Event_Title from Events where %s%s limit %d offset %d", where, order, limit, offset)
		r := k.ask(q)
		got := r.list("data", "id")
		page := want[min(offset, len(want)):min(offset+limit, len(want))]
		if len(got) != len(page) || r.status == 200 && r.at("info.more_records") != (len(want) > offset+limit) {
			rt.Fatalf("%s: %d rows of %d, %s", q, len(got), len(page), r.at("info.more_records"))
		}
		byID := map[string]row{}
		for _, w := range want {
			byID[w.id] = w
		}
		for i, id := range got {
			g, ok := byID[id]
			same := g.id == page[i].id
			if strings.Contains(order, "End") { // ties may come either way
				same = g.end == page[i].end
			}
			if !ok || !same {
				rt.Fatalf("%s: row %d is %+v, want %+v", q, i, g, page[i])
			}
		}
	})
}
