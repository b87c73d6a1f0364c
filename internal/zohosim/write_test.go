package zohosim_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// schema defines a custom module with a field of each data type.
func (k *kit) schema() {
	k.t.Helper()
	field := func(api, dataType string, more ...any) map[string]any {
		f := map[string]any{"api_name": api, "data_type": dataType}
		for i := 0; i < len(more); i += 2 {
			f[more[i].(string)] = more[i+1]
		}
		return f
	}
	k.control("PUT", "/_sim/modules/Things", map[string]any{"fields": []any{
		field("Name", "text", "length", 20, "system_mandatory", true),
		field("Code", "text", "unique", map[string]any{"casesensitive": "false"}),
		field("Exact", "text", "unique", map[string]any{"casesensitive": "true"}),
		field("Mail", "email"), field("Tel", "phone"), field("Site", "website"), field("Notes", "textarea", "length", 50),
		field("Count", "integer", "length", 5), field("Big", "bigint"), field("Price", "currency"), field("Yes", "boolean"),
		field("Day", "date"), field("At", "datetime"), field("Color", "picklist", "pick_list_values", []any{"red", "green"}),
		field("Tags", "multiselectpicklist", "pick_list_values", []any{"a", "b", "c"}),
		field("Who", "lookup", "lookup", map[string]any{"module": map[string]any{"api_name": "Contacts"}}),
		field("Rep", "userlookup"), field("Serial", "autonumber"),
		field("For", "multi_module_lookup", "multi_module_lookup", map[string]any{"modules": []any{map[string]any{"api_name": "Leads"}, map[string]any{"api_name": "Contacts"}}}),
		field("Rows", "subform"),
	}}).want(200)
}

func TestInsertAnswersPerItemInOrder(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	r := k.do("POST", "/crm/v8/Leads", map[string]any{
		"data": []any{lead("One"), lead("Two")}, "trigger": []any{"workflow"}, "lar_id": "1",
		"skip_feature_execution":  []any{map[string]any{"name": "cadences"}},
		"apply_feature_execution": []any{map[string]any{"name": "layout_rules"}},
	}).want(201, "data.0.code", "SUCCESS", "data.0.status", "success", "data.0.message", "record added",
		"data.0.details.Created_By.id", rae, "data.0.details.Modified_By.name", "Rae Ridgeline",
		"data.0.details.Created_Time", "2026-11-23T09:00:00-06:00", "data.0.details.Modified_Time", "2026-11-23T09:00:00-06:00",
		"data.0.details.$approval_state", "approved")
	first, second := r.text("data.0.details.id"), r.text("data.1.details.id")
	if len(first) != 19 || first >= second {
		t.Errorf("ids %s, %s", first, second)
	}
	k.get("/crm/v8/Leads/"+second).want(200, "data.0.Last_Name", "Two", "data.0.Owner.id", rae)
}

func TestStatusesOfBatches(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	good, bad := lead("Good"), map[string]any{"First_Name": "Bad"}
	send := func(items ...any) reply { return k.do("POST", "/crm/v8/Leads", map[string]any{"data": items}) }
	send(good, good).want(201)
	send(good, bad).want(207, "data.0.code", "SUCCESS", "data.1.code", "MANDATORY_NOT_FOUND")
	send(bad, bad).want(400, "data.1.status", "error")
	k.switchTo("all_failed_status", 202)
	send(bad).want(202, "data.0.code", "MANDATORY_NOT_FOUND")
	send(good, bad).want(207)
	id := k.insert("Leads", good)[0]
	k.do("PUT", "/crm/v8/Leads", map[string]any{"data": []any{map[string]any{"id": id, "Last_Name": "x"}, bad}}).want(207)
	k.do("PUT", "/crm/v8/Leads", map[string]any{"data": []any{map[string]any{"id": id, "Last_Name": "y"}}}).want(200, "data.0.message", "record updated")
	k.get("/crm/v8/Leads/actions/count").want(200, "count", "5")
}

func TestRequestLevelRefusalsOfWrites(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	items := make([]any, 101)
	for i := range items {
		items[i] = lead("x")
	}
	cases := map[string]struct {
		body any
		code string
		path string
		want any
	}{
		"no JSON":         {"{", "UNABLE_TO_PARSE_DATA_TYPE", "status", "error"},
		"two values":      {`{"data":[]} {}`, "UNABLE_TO_PARSE_DATA_TYPE", "status", "error"},
		"empty body":      {"", "UNABLE_TO_PARSE_DATA_TYPE", "status", "error"},
		"no object":       {"[]", "INVALID_DATA", "details.expected_data_type", "jsonobject"},
		"no data":         {"{}", "MANDATORY_NOT_FOUND", "details.api_name", "data"},
		"data no list":    {`{"data":{}}`, "INVALID_DATA", "details.expected_data_type", "jsonarray"},
		"empty list":      {`{"data":[]}`, "INVALID_DATA", "details.json_path", "$.data"},
		"101 items":       {map[string]any{"data": items}, "INVALID_DATA", "details.maximum_length", "100"},
		"unknown trigger": {map[string]any{"data": items[:1], "trigger": []any{"magic"}}, "INVALID_DATA", "details.api_name", "trigger"},
		"odd skip":        {map[string]any{"data": items[:1], "skip_feature_execution": []any{"cadences"}}, "INVALID_DATA", "details.api_name", "skip_feature_execution"},
	}
	for name, c := range cases {
		r := k.do("POST", "/crm/v8/Leads", c.body)
		if r.status != 400 || r.at("code") != c.code || r.at(c.path) != c.want {
			t.Errorf("%s: %d %s", name, r.status, r.raw)
		}
	}
	k.switchTo("write_error_wrapping", "data")
	for name, c := range cases {
		if r := k.do("POST", "/crm/v8/Leads", c.body); r.status != 400 || r.at("data.0.code") != c.code {
			t.Errorf("%s, wrapped: %d %s", name, r.status, r.raw)
		}
	}
	k.do("POST", "/crm/v8/Nope", `{"data":[{}]}`).want(400, "data.0.code", "INVALID_MODULE")
	k.get("/crm/v8/Nope?fields=id").want(400, "code", "INVALID_MODULE")
	k.do("POST", "/crm/v8/Leads", map[string]any{"data": items[:100]}).want(201)
	k.do("POST", "/crm/v8/Leads", `{"data":["x"]}`).want(400, "data.0.code", "INVALID_DATA", "data.0.details.json_path", "$.data[0]")
}

func TestWritableValuesOfEveryType(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	k.schema()
	contact := k.insert("Contacts", map[string]any{"First_Name": "Cy", "Last_Name": "Young"})[0]
	id := k.insert("Things", map[string]any{
		"Name": "Ünï", "Mail": "a.b+c@x.example", "Tel": "+1 (312) 555-0100", "Site": "http://127.0.0.1:8080/x?y=1", "Notes": "line\nline\t\r\u0001\u2028\"\\",
		"Count": 12345, "Big": "123456789012345678", "Price": 19.5, "Yes": true, "Day": "2026-02-28", "At": "2026-11-23T10:00:00+05:30",
		"Color": "red", "Tags": []any{"a", "c"}, "Who": map[string]any{"id": contact}, "Rep": ann,
		"For": map[string]any{"module": map[string]any{"api_name": "Contacts"}, "id": contact}, "Rows": []any{map[string]any{"Part": "x"}},
		"Tag": []any{map[string]any{"name": "VIP"}}, "Owner": map[string]any{"id": ben},
	})[0]
	r := k.get("/crm/v8/Things/"+id).want(200,
		"data.0.Name", "Ünï", "data.0.Mail", "a.b+c@x.example", "data.0.Tel", "+1 (312) 555-0100", "data.0.Site", "http://127.0.0.1:8080/x?y=1",
		"data.0.Notes", "line\nline\t\r\u0001\u2028\"\\", "data.0.Count", "12345", "data.0.Big", "123456789012345678", "data.0.Price", "19.5", "data.0.Yes", true,
		"data.0.Day", "2026-02-28", "data.0.At", "2026-11-22T22:30:00-06:00", "data.0.Color", "red", "data.0.Tags.1", "c",
		"data.0.Who.id", contact, "data.0.Who.name", "Cy Young", "data.0.Rep.email", "ann@ridgeline.example", "data.0.Owner.name", "Ben Brooks",
		"data.0.For.module.api_name", "Contacts", "data.0.For.name", "Cy Young", "data.0.Rows.0.Part", "x", "data.0.Tag.0.name", "VIP")
	if !strings.Contains(r.raw, `"Big":"1234`) || !strings.Contains(r.raw, `"Count":12345`) || r.text("data.0.Serial") == "" {
		t.Errorf("types on the wire: %s", r.raw)
	}
	// Lists leave subforms out.
	if got := k.get("/crm/v8/Things?fields=Rows,Name").want(200); got.at("data.0.Rows") != nil || strings.Contains(got.raw, "Rows") {
		t.Errorf("list: %s", got.raw)
	}
	// null and empty text clear.
	k.one("PUT", "/crm/v8/Things/"+id, map[string]any{"Mail": nil, "Tel": "", "Tags": nil, "Count": nil, "Who": nil, "Yes": nil, "At": nil, "Rows": []any{}}).want(200)
	k.get("/crm/v8/Things/"+id).want(200, "data.0.Mail", nil, "data.0.Tel", nil, "data.0.Tags", nil, "data.0.Count", nil, "data.0.Who", nil,
		"data.0.Yes", false, "data.0.At", nil, "data.0.Name", "Ünï", "data.0.Color", "red")
}

func TestItemErrors(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	k.schema()
	taken := k.insert("Things", map[string]any{"Name": "first", "Code": "ABC", "Exact": "Abc", "Owner": ann})[0]
	for name, c := range map[string]struct {
		item  map[string]any
		code  string
		pairs []any
	}{
		"system-mandatory missing": {map[string]any{"Code": "x"}, "MANDATORY_NOT_FOUND", []any{"api_name", "Name", "json_path", "$.data[0].Name"}},
		"mandatory empty":          {map[string]any{"Name": ""}, "MANDATORY_NOT_FOUND", []any{"api_name", "Name"}},
		"text too long":            {map[string]any{"Name": strings.Repeat("ü", 21)}, "INVALID_DATA", []any{"maximum_length", "20", "api_name", "Name"}},
		"number for text":          {map[string]any{"Name": 5}, "INVALID_DATA", []any{"expected_data_type", "text"}},
		"text for number":          {map[string]any{"Name": "n", "Count": "5"}, "INVALID_DATA", []any{"expected_data_type", "integer"}},
		"fraction for integer":     {map[string]any{"Name": "n", "Count": 1.5}, "INVALID_DATA", []any{"expected_data_type", "integer"}},
		"integer too long":         {map[string]any{"Name": "n", "Count": 123456}, "INVALID_DATA", []any{"maximum_length", "5"}},
		"text for currency":        {map[string]any{"Name": "n", "Price": "1.5"}, "INVALID_DATA", []any{"expected_data_type", "currency"}},
		"text for boolean":         {map[string]any{"Name": "n", "Yes": "true"}, "INVALID_DATA", []any{"expected_data_type", "boolean"}},
		"no e-mail address":        {map[string]any{"Name": "n", "Mail": "a.b"}, "PATTERN_NOT_MATCHED", []any{"api_name", "Mail"}},
		"no phone number":          {map[string]any{"Name": "n", "Tel": "call me!"}, "PATTERN_NOT_MATCHED", []any{"api_name", "Tel"}},
		"no website":               {map[string]any{"Name": "n", "Site": "not a site"}, "PATTERN_NOT_MATCHED", []any{"api_name", "Site"}},
		"impossible date":          {map[string]any{"Name": "n", "Day": "2026-02-30"}, "INVALID_DATA", []any{"expected_data_type", "date"}},
		"date with time":           {map[string]any{"Name": "n", "Day": "2026-02-03T10:00:00+00:00"}, "INVALID_DATA", []any{"expected_data_type", "date"}},
		"instant without offset":   {map[string]any{"Name": "n", "At": "2026-02-03T10:00:00"}, "INVALID_DATA", []any{"expected_data_type", "datetime"}},
		"instant with fractions":   {map[string]any{"Name": "n", "At": "2026-02-03T10:00:00.000+00:00"}, "INVALID_DATA", []any{"expected_data_type", "datetime"}},
		"instant in hours alone":   {map[string]any{"Name": "n", "At": "2026-02-03T10Z"}, "INVALID_DATA", []any{"expected_data_type", "datetime"}},
		"not in the pick list":     {map[string]any{"Name": "n", "Color": "blue"}, "INVALID_DATA", []any{"supported_values.0", "red", "api_name", "Color"}},
		"one not in the list":      {map[string]any{"Name": "n", "Tags": []any{"a", "z"}}, "INVALID_DATA", []any{"supported_values.1", "b"}},
		"text for a list":          {map[string]any{"Name": "n", "Tags": "a"}, "INVALID_DATA", []any{"expected_data_type", "jsonarray"}},
		"lookup by name":           {map[string]any{"Name": "n", "Who": map[string]any{"name": "Cy"}}, "MANDATORY_NOT_FOUND", []any{"api_name", "id", "json_path", "$.data[0].Who.id"}},
		"lookup to nobody":         {map[string]any{"Name": "n", "Who": "5725767000000999999"}, "INVALID_DATA", []any{"api_name", "Who"}},
		"lookup malformed":         {map[string]any{"Name": "n", "Who": true}, "INVALID_DATA", []any{"expected_data_type", "jsonobject"}},
		"user unknown":             {map[string]any{"Name": "n", "Rep": taken}, "INVALID_DATA", []any{"api_name", "Rep"}},
		"owner unknown":            {map[string]any{"Name": "n", "Owner": "1"}, "INVALID_DATA", []any{"api_name", "Owner"}},
		"module not allowed":       {map[string]any{"Name": "n", "For": map[string]any{"module": map[string]any{"api_name": "Deals"}, "id": "1"}}, "INVALID_DATA", []any{"supported_values.0", "Leads"}},
		"tag as text":              {map[string]any{"Name": "n", "Tag": []any{"VIP"}}, "INVALID_DATA", []any{"api_name", "Tag"}},
		"unknown layout":           {map[string]any{"Name": "n", "Layout": map[string]any{"id": "1"}}, "INVALID_DATA", []any{"api_name", "Layout"}},
		"unknown field":            {map[string]any{"Name": "n", "Nope": 1}, "INVALID_DATA", []any{"api_name", "Nope", "json_path", "$.data[0].Nope"}},
		"taken, other capitals":    {map[string]any{"Name": "n", "Code": "abc"}, "DUPLICATE_DATA", []any{"api_name", "Code", "id", taken, "duplicate_record.id", taken, "duplicate_record.Owner.name", "Ann Archer", "duplicate_record.module.api_name", "Things", "more_records", false}},
		"taken, exactly":           {map[string]any{"Name": "n", "Exact": "Abc"}, "DUPLICATE_DATA", []any{"api_name", "Exact", "json_path", "$.data[0].Exact"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := k.one("POST", "/crm/v8/Things", c.item)
			if r.status != 400 || r.at("code") != c.code || r.at("status") != "error" {
				t.Fatalf("%d %s, want %s", r.status, r.raw, c.code)
			}
			for i := 0; i < len(c.pairs); i += 2 {
				if got := r.at("details." + c.pairs[i].(string)); got != c.pairs[i+1] {
					t.Errorf("%s is %v, want %v: %s", c.pairs[i], got, c.pairs[i+1], r.raw)
				}
			}
		})
	}
	k.insert("Things", map[string]any{"Name": "n", "Exact": "ABC"})                   // other capitals are another value there
	k.insert("Things", map[string]any{"Name": strings.Repeat("ü", 20), "Notes": "n"}) // length counts characters
	k.get("/crm/v8/Things/actions/count").want(200, "count", "3")
}

func TestSeveralErrorsComeTogether(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	r := k.one("POST", "/crm/v8/Leads", map[string]any{"Email": "x", "Email_Opt_Out": 1}).want(400, "code", "MULTIPLE_OR_MULTI_ERRORS")
	if got := fmt.Sprint(r.list("details.errors", "code")); got != "[PATTERN_NOT_MATCHED INVALID_DATA MANDATORY_NOT_FOUND]" {
		t.Errorf("got %s", got)
	}
}

func TestWriteSwitches(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	k.schema()
	post := func(pairs ...any) reply {
		item := map[string]any{"Name": "n"}
		for i := 0; i < len(pairs); i += 2 {
			item[pairs[i].(string)] = pairs[i+1]
		}
		return k.one("POST", "/crm/v8/Things", item)
	}
	read := func(r reply, field string) any {
		return k.get("/crm/v8/Things/" + r.want(201).text("details.id")).at("data.0." + field)
	}
	post("Nope", 1).want(400)
	k.switchTo("unknown_field", "ignore")
	if got := read(post("Nope", 1), "Nope"); got != nil {
		t.Errorf("unknown field kept: %v", got)
	}
	post("Count", "5").want(400)
	k.switchTo("numbers_as_text", "accept")
	if got := read(post("Count", "5", "Price", "1.25"), "Price"); got != "1.25" {
		t.Errorf("number as text: %v", got)
	}
	if got := read(post("At", "2026-02-03T10:00:00Z"), "At"); got != "2026-02-03T04:00:00-06:00" {
		t.Errorf("Z: %v", got)
	}
	k.switchTo("datetime_z", "reject")
	post("At", "2026-02-03T10:00:00Z").want(400, "code", "INVALID_DATA", "details.expected_data_type", "datetime")
	if got := read(post("Created_Time", "2020-01-01T00:00:00+00:00"), "Created_Time"); got != "2026-11-23T09:00:00-06:00" {
		t.Errorf("read-only field written: %v", got)
	}
	k.switchTo("read_only_field", "reject")
	post("Created_Time", "2020-01-01T00:00:00+00:00").want(400, "code", "INVALID_DATA", "details.api_name", "Created_Time")
	r := post("Mail", "x")
	if !strings.Contains(r.raw, "json_path") {
		t.Errorf("no json_path: %s", r.raw)
	}
	k.switchTo("error_json_path", false)
	if r := post("Mail", "x").want(400, "details.api_name", "Mail"); strings.Contains(r.raw, "json_path") {
		t.Errorf("json_path: %s", r.raw)
	}
}

func TestLayoutMandatoryOnlyWithALayout(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	id := k.get("/crm/v8/settings/layouts?module=Leads").text("layouts.0.id")
	k.insert("Leads", lead("no company"))
	k.one("POST", "/crm/v8/Leads", map[string]any{"Last_Name": "x", "Layout": map[string]any{"id": id}}).
		want(400, "code", "MANDATORY_NOT_FOUND", "details.api_name", "Company")
	k.one("POST", "/crm/v8/Leads", map[string]any{"Last_Name": "x", "Company": "c", "Layout": map[string]any{"id": id}}).want(201)
}

func TestLayoutsOwnPickListCountsWithThatLayout(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	k.control("PUT", "/_sim/modules/Things", map[string]any{
		"fields": []any{map[string]any{"api_name": "Name"}, map[string]any{"api_name": "Color", "data_type": "picklist", "pick_list_values": []any{"red", "green"}}},
		"layouts": []any{map[string]any{"id": "77", "name": "Narrow", "sections": []any{map[string]any{"name": "S", "fields": []any{
			map[string]any{"api_name": "Name", "required": true}, map[string]any{"api_name": "Color", "pick_list_values": []any{"red"}},
		}}}}},
	}).want(200)
	item := map[string]any{"Name": "n", "Color": "green"}
	k.one("POST", "/crm/v8/Things", item).want(201)
	item["Layout"] = map[string]any{"id": "77"}
	k.one("POST", "/crm/v8/Things", item).want(400, "details.supported_values.0", "red", "details.supported_values.1", nil)
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	k.schema()
	id := k.insert("Things", map[string]any{"Name": "n", "Count": 1, "Code": "x", "Tags": []any{"a"}})[0]
	other := k.insert("Things", map[string]any{"Name": "o", "Code": "y"})[0]
	k.pass(5 * time.Second)
	mine := k.access
	k.access = k.exchange(k.url, k.grantCode(k.url, everything, ann)).text("access_token")
	k.one("PUT", "/crm/v8/Things/"+id, map[string]any{"Count": 2}).want(200, "message", "record updated", "details.id", id,
		"details.Modified_Time", "2026-11-23T09:00:05-06:00", "details.Created_Time", "2026-11-23T09:00:00-06:00",
		"details.Modified_By.name", "Ann Archer", "details.Created_By.name", "Rae Ridgeline")
	k.access = mine
	k.get("/crm/v8/Things/"+id).want(200, "data.0.Name", "n", "data.0.Count", "2", "data.0.Owner.id", rae, "data.0.Modified_By.id", ann)
	k.one("PUT", "/crm/v8/Things/"+id, map[string]any{"Name": nil}).want(400, "code", "MANDATORY_NOT_FOUND")
	k.one("PUT", "/crm/v8/Things/"+id, map[string]any{"Code": "X"}).want(200) // its own value
	k.one("PUT", "/crm/v8/Things/"+id, map[string]any{"Code": "Y"}).want(400, "code", "DUPLICATE_DATA", "details.id", other)
	k.one("PUT", "/crm/v8/Things/"+id, map[string]any{"Tags": []any{"b"}, "$append_values": map[string]any{"Tags": true}}).want(200)
	k.get("/crm/v8/Things/"+id).want(200, "data.0.Tags.0", "a", "data.0.Tags.1", "b")
	k.one("PUT", "/crm/v8/Things/"+id, map[string]any{"Tags": []any{"c"}}).want(200)
	k.get("/crm/v8/Things/"+id).want(200, "data.0.Tags.0", "c", "data.0.Tags.1", nil)

	k.one("PUT", "/crm/v8/Things/5725767000000999999", map[string]any{"Count": 2}).want(400, "code", "INVALID_DATA")
	k.one("PUT", "/crm/v8/Things", map[string]any{"Count": 2}).want(400, "code", "MANDATORY_NOT_FOUND", "details.api_name", "id", "details.json_path", "$.data[0].id")
	k.one("PUT", "/crm/v8/Things", map[string]any{"id": "5725767000000999999"}).want(400, "code", "INVALID_DATA", "details.api_name", "id")
	k.do("PUT", "/crm/v8/Things/"+id, map[string]any{"data": []any{map[string]any{}, map[string]any{}}}).want(400, "details.maximum_length", "1")
	k.do("PUT", "/crm/v8/Things/"+id, map[string]any{"data": []any{map[string]any{"Count": 3}}}, "If-Unmodified-Since", "2026-11-23T15:00:00+00:00").
		want(412, "code", "ALREADY_MODIFIED")
	k.do("PUT", "/crm/v8/Things/"+id, map[string]any{"data": []any{map[string]any{"Count": 3}}}, "If-Unmodified-Since", "2026-11-23T15:00:05+00:00").want(200)
}

func TestSubformRowsAreAddedChangedAndRemoved(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	k.schema()
	id := k.insert("Things", map[string]any{"Name": "n", "Rows": []any{map[string]any{"Part": "a"}, map[string]any{"Part": "b"}}})[0]
	row := k.get("/crm/v8/Things/" + id).text("data.0.Rows.0.id")
	k.one("PUT", "/crm/v8/Things/"+id, map[string]any{"Rows": []any{map[string]any{"id": row, "Part": "A"}, map[string]any{"Part": "c"}}}).want(200)
	k.get("/crm/v8/Things/"+id).want(200, "data.0.Rows.0.Part", "A", "data.0.Rows.1.Part", "b", "data.0.Rows.2.Part", "c")
	k.one("PUT", "/crm/v8/Things/"+id, map[string]any{"Rows": []any{map[string]any{"id": row, "_delete": nil}}}).want(200)
	k.get("/crm/v8/Things/"+id).want(200, "data.0.Rows.0.Part", "b", "data.0.Rows.2", nil)
	k.one("PUT", "/crm/v8/Things/"+id, map[string]any{"Rows": []any{map[string]any{"id": "1"}}}).want(400, "code", "INVALID_DATA")
}

func TestUniqueIsCheckedWithinABatch(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	k.schema()
	r := k.do("POST", "/crm/v8/Things", map[string]any{"data": []any{
		map[string]any{"Name": "a", "Code": "x"}, map[string]any{"Name": "b", "Code": "x"}, map[string]any{"Name": "c", "Code": "z"},
	}}).want(207, "data.1.code", "DUPLICATE_DATA", "data.2.code", "SUCCESS")
	if r.at("data.1.details.id") != r.at("data.0.details.id") {
		t.Errorf("duplicate of whom? %s", r.raw)
	}
}

func TestUniqueValueIsFreeAgainAfterDeletion(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	k.schema()
	id := k.insert("Things", map[string]any{"Name": "a", "Code": "x"})[0]
	k.one("PUT", "/crm/v8/Things/"+id, map[string]any{"Code": "y"}).want(200)
	k.insert("Things", map[string]any{"Name": "b", "Code": "x"})
	k.do("DELETE", "/crm/v8/Things/"+id, nil).want(200)
	k.insert("Things", map[string]any{"Name": "c", "Code": "y"})
}

func TestUpsert(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	first := k.insert("Leads", lead("Old", "Email", "a@x.example", "City", "Oak Park"))[0]
	r := k.do("POST", "/crm/v8/Leads/upsert", map[string]any{"data": []any{
		map[string]any{"Last_Name": "New", "Email": "A@x.example"}, map[string]any{"Last_Name": "Other", "Email": "b@x.example"},
	}}).want(200, "data.0.action", "update", "data.0.duplicate_field", "Email", "data.0.details.id", first, "data.0.message", "record updated",
		"data.1.action", "insert", "data.1.duplicate_field", nil, "data.1.message", "record added")
	if !strings.Contains(r.raw, `"duplicate_field":null`) {
		t.Errorf("duplicate_field is left out: %s", r.raw)
	}
	k.get("/crm/v8/Leads/"+first).want(200, "data.0.Last_Name", "New", "data.0.City", "Oak Park")
	// An update needs no mandatory fields; an insert does.
	k.do("POST", "/crm/v8/Leads/upsert", map[string]any{"data": []any{map[string]any{"Email": "a@x.example"}, map[string]any{"Email": "c@x.example"}}}).
		want(207, "data.0.action", "update", "data.1.code", "MANDATORY_NOT_FOUND")
	for _, module := range []string{"Events", "Tasks", "Calls"} {
		k.do("POST", "/crm/v8/"+module+"/upsert", `{"data":[{}]}`).want(400, "code", "NOT_SUPPORTED")
	}
	k.do("POST", "/crm/v8/Leads/upsert", map[string]any{"data": []any{lead("x")}, "duplicate_check_fields": []any{"City"}}).
		want(400, "code", "INVALID_DATA", "details.api_name", "duplicate_check_fields")
}

func TestUpsertByUniqueFieldIgnoresTheSystemField(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	k.schema()
	a := k.insert("Things", map[string]any{"Name": "same", "Code": "1"})[0]
	b := k.insert("Things", map[string]any{"Name": "other", "Code": "2"})[0]
	up := func(item map[string]any, fields ...any) reply {
		return k.do("POST", "/crm/v8/Things/upsert", map[string]any{"data": []any{item}, "duplicate_check_fields": fields})
	}
	up(map[string]any{"Name": "same", "Code": "2"}).want(400, "data.0.code", "DUPLICATE_DATA", "data.0.details.id", b) // found by Name, Code is another's
	up(map[string]any{"Name": "same", "Code": "2"}, "Code").want(200, "data.0.details.id", b, "data.0.duplicate_field", "Code")
	up(map[string]any{"Name": "same", "Code": "3"}, "Code").want(200, "data.0.action", "insert")
	k.get("/crm/v8/Things/"+a).want(200, "data.0.Code", "1")
}

func TestUpsertMatchSwitch(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	old := k.insert("Leads", lead("Old", "Email", "a@x.example"))[0]
	recent := k.insert("Leads", lead("Recent", "Email", "a@x.example"))[0]
	item := map[string]any{"data": []any{lead("x", "Email", "a@x.example")}}
	k.do("POST", "/crm/v8/Leads/upsert", item).want(200, "data.0.details.id", recent)
	k.switchTo("upsert_match", "first")
	k.do("POST", "/crm/v8/Leads/upsert", item).want(200, "data.0.details.id", old)
}

func TestDelete(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	ids := k.leads(4)
	k.do("DELETE", "/crm/v8/Leads/"+ids[0], nil).want(200, "data.0.code", "SUCCESS", "data.0.details.id", ids[0], "data.0.message", "record deleted")
	k.do("DELETE", "/crm/v8/Leads/"+ids[0], nil).want(400, "code", "INVALID_DATA", "message", "invalid record id", "details.resource_path_index", "1")
	k.do("DELETE", "/crm/v8/Leads?wf_trigger=false&ids="+ids[1]+","+ids[0]+","+ids[2], nil).
		want(207, "data.0.code", "SUCCESS", "data.1.code", "INVALID_DATA", "data.1.message", "record not deleted", "data.2.code", "SUCCESS")
	k.do("DELETE", "/crm/v8/Leads?ids="+ids[0], nil).want(400, "data.0.status", "error")
	k.do("DELETE", "/crm/v8/Leads", nil).want(400, "code", "REQUIRED_PARAM_MISSING", "details.param_name", "ids")
	k.do("DELETE", "/crm/v8/Leads?ids="+strings.Repeat("1,", 101), nil).want(400, "code", "LIMIT_EXCEEDED")
	k.get("/crm/v8/Leads/actions/count").want(200, "count", "1")
	k.get("/crm/v8/Leads/" + ids[1]).empty(204)
}

func TestLookupToADeletedRecordShowsNothing(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	who := k.insert("Contacts", lead("Gone"))[0]
	id := k.insert("Events", meeting("x", start, "Who_Id", who))[0]
	k.do("DELETE", "/crm/v8/Contacts/"+who, nil).want(200)
	k.get("/crm/v8/Events/"+id).want(200, "data.0.Who_Id", nil)
}

func TestDrawnNumbersAreInTheirField(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	k.control("PUT", "/_sim/modules/Nameless", map[string]any{"fields": []any{map[string]any{"api_name": "Color"}}}).want(200)
	a := k.insert("Nameless", map[string]any{"Color": "red"})[0]
	b := k.insert("Nameless", map[string]any{"Color": "red"})[0]
	x, y := k.get("/crm/v8/Nameless/"+a).text("data.0.Name"), k.get("/crm/v8/Nameless/"+b).text("data.0.Name")
	if x == "" || x == y {
		t.Errorf("numbers %q and %q", x, y)
	}
}
