package zohosim_test

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// found gives the last names that a search finds, sorted.
func (k *kit) found(t *testing.T, param, value string) []string {
	t.Helper()
	r := k.get("/crm/v8/Leads/search?fields=Last_Name&" + param + "=" + url.QueryEscape(value))
	if r.status != 200 && r.status != 204 {
		t.Fatalf("%s=%s: %d %s", param, value, r.status, r.raw)
	}
	names := r.list("data", "Last_Name")
	slices.Sort(names)
	return names
}

// searchable has leads worth searching.
func searchable(t *testing.T) *kit {
	t.Helper()
	k := fresh(t)
	k.insert("Leads",
		map[string]any{"Last_Name": "Boyle", "First_Name": "Ann-Marie", "Email": "sales-team@x.example", "Phone": "+1 (312) 555-0100", "Lead_Source": "Chat", "Annual_Revenue": 100, "No_of_Employees": 5, "Email_Opt_Out": true, "Description": "wants a new roof"},
		map[string]any{"Last_Name": "Bo(y),le", "Email": "sales_team@x.example", "Secondary_Email": "second@y.example", "Phone": "312.555.0199", "Lead_Source": "Cold Call", "Annual_Revenue": 200.5, "Owner": ann},
		map[string]any{"Last_Name": `Trail\`, "Email": "tr@x.example", "Mobile": "00491701234567", "No_of_Employees": 50},
	)
	return k
}

func TestSearchCriteria(t *testing.T) {
	t.Parallel()
	k := searchable(t)
	for criteria, want := range map[string]string{
		"(Last_Name:equals:Boyle)":            "Boyle",
		"(Last_Name:equals:oyl)":              "Boyle", // equals means contains
		"(Email:equals:sales-team@x.example)": "Bo(y),le|Boyle",
		"(First_Name:equals:ann marie)":       "Boyle",
		"(Last_Name:starts_with:bo)":          "Bo(y),le|Boyle",
		"(Last_Name:starts_with:oyle)":        "",
		`(Last_Name:equals:Bo\(y\)\,le)`:      "Bo(y),le",
		`(Last_Name:equals:Trail\\)`:          `Trail\`,
		"(Last_Name:in:boyle,trail)":          `Boyle|Trail\`,
		"(Last_Name:not_equal:Boyle)":         `Bo(y),le|Trail\`,
		"(Lead_Source:equals:Chat)":           "Boyle",
		"(Lead_Source:equals:Cha)":            "", // not for pick lists
		"(Lead_Source:in:Chat,Cold Call)":     "Bo(y),le|Boyle",
		"(Lead_Source:not_equal:Chat)":        `Bo(y),le|Trail\`,
		"(No_of_Employees:greater_than:5)":    `Trail\`,
		"(No_of_Employees:greater_equal:5)":   `Boyle|Trail\`,
		"(No_of_Employees:between:1,10)":      "Boyle",
		"(Annual_Revenue:less_than:200.5)":    "Boyle",
		"(Annual_Revenue:less_equal:200.5)":   "Bo(y),le|Boyle",
		"(Email_Opt_Out:equals:true)":         "Boyle",
		"(Email_Opt_Out:equals:false)":        `Bo(y),le|Trail\`,
		"(Owner:equals:" + ann + ")":          "Bo(y),le",
		"(Owner:in:" + ann + "," + rae + ")":  `Bo(y),le|Boyle|Trail\`,
		"(Description:equals:new roof)":       "Boyle",
		"(Full_Name:equals:marie boyle)":      "Boyle",
		"(Created_Time:between:2026-11-23T00:00:00-06:00,2026-11-24T00:00:00-06:00)":           `Bo(y),le|Boyle|Trail\`,
		"(Created_Time:greater_than:2026-11-23T09:00:00-06:00)":                                "",
		"((Last_Name:starts_with:Bo)and(Lead_Source:equals:Chat))":                             "Boyle",
		"((Last_Name:equals:Trail)or(Lead_Source:equals:Chat))":                                `Boyle|Trail\`,
		"(((Last_Name:equals:Trail)or(Lead_Source:equals:Chat))and(No_of_Employees:equals:5))": "Boyle",
	} {
		if got := strings.Join(k.found(t, "criteria", criteria), "|"); got != want {
			t.Errorf("%s finds %q, want %q", criteria, got, want)
		}
	}
	k.switchTo("search_equals", "exact")
	for criteria, want := range map[string]string{
		"(Last_Name:equals:oyl)": "", "(Last_Name:equals:boyle)": "Boyle", "(Email:equals:sales-team@x.example)": "Bo(y),le|Boyle",
	} {
		if got := strings.Join(k.found(t, "criteria", criteria), "|"); got != want {
			t.Errorf("exact: %s finds %q, want %q", criteria, got, want)
		}
	}
}

func TestSearchByEmailPhoneAndWord(t *testing.T) {
	t.Parallel()
	k := searchable(t)
	for q, want := range map[string]string{
		"email=sales":        "Bo(y),le|Boyle",
		"email=second@y":     "Bo(y),le",
		"phone=3125550100":   "Boyle",
		"phone=312-555":      "Bo(y),le|Boyle",
		"phone=170 1234567":  `Trail\`,
		"phone=+13125550199": "",
		"word=roof":          "Boyle",
		"word=chat":          "Boyle",
		"word=nothing":       "",
	} {
		param, value, _ := strings.Cut(q, "=")
		if got := strings.Join(k.found(t, param, value), "|"); got != want {
			t.Errorf("%s finds %q, want %q", q, got, want)
		}
	}
	k.switchTo("search_phone", "verbatim")
	for value, want := range map[string]string{"3125550100": "", "(312) 555": "Boyle", "312.555": "Bo(y),le"} {
		if got := strings.Join(k.found(t, "phone", value), "|"); got != want {
			t.Errorf("verbatim: %s finds %q, want %q", value, got, want)
		}
	}
	// Of several parameters criteria comes first, then email.
	r := k.get("/crm/v8/Leads/search?word=trail&email=second&criteria=" + url.QueryEscape("(Last_Name:equals:Boyle)"))
	r.want(200, "data.0.Last_Name", "Boyle", "info.count", "1", "data.0.Layout.name", "Standard")
	k.get("/crm/v8/Leads/search?word=trail&email=second").want(200, "data.0.Last_Name", "Bo(y),le")
}

func TestSearchRefusals(t *testing.T) {
	t.Parallel()
	k := searchable(t)
	for name, c := range map[string]struct{ query, code, path, value string }{
		"nothing to look for": {"", "EXPECTED_PARAM_MISSING", "details.param_names.0", "criteria"},
		"unknown field":       {"criteria=(Nope:equals:x)", "INVALID_QUERY", "details.api_name", "Nope"},
		"broken criteria":     {"criteria=(Last_Name:equals:x", "INVALID_QUERY", "details.api_name", "criteria"},
		"operator of others":  {"criteria=(Last_Name:greater_than:x)", "INVALID_QUERY", "details.api_name", "Last_Name"},
		"unknown operator":    {"criteria=(Last_Name:like:x)", "INVALID_QUERY", "details.value", "like"},
		"value of others":     {"criteria=(No_of_Employees:equals:x)", "INVALID_QUERY", "details.value", "x"},
		"list field":          {"criteria=(Tag:equals:x)", "INVALID_QUERY", "details.api_name", "Tag"},
		"in a text area":      {"criteria=(Description:in:a,b)", "INVALID_QUERY", "details.api_name", "Description"},
		"eleven conditions":   {"criteria=" + strings.TrimSuffix(strings.Repeat("(City:equals:x)or", 11), "or"), "CRITERIA_LIMIT_EXCEEDED", "details.limit", "10"},
		"phone with letters":  {"phone=12a", "INVALID_QUERY", "details.api_name", "phone"},
		"short phone":         {"phone=12", "INVALID_QUERY", "details.api_name", "phone"},
		"short word":          {"word=x", "INVALID_QUERY", "details.api_name", "word"},
		"beyond 2000":         {"word=xx&page=11", "LIMIT_REACHED", "details.limit", "2000"},
		"per_page":            {"word=xx&per_page=201", "INVALID_DATA", "details.param_name", "per_page"},
	} {
		r := k.get("/crm/v8/Leads/search?" + strings.ReplaceAll(c.query, " ", "+"))
		if r.status != 400 || r.at("code") != c.code || r.at(c.path) != c.value {
			t.Errorf("%s: %d %s", name, r.status, r.raw)
		}
	}
	k.get("/crm/v8/Leads/search?word=xx&page=10").empty(204)
	k.switchTo("search_conditions_max", 15)
	k.get("/crm/v8/Leads/search?criteria=" + strings.TrimSuffix(strings.Repeat("(City:equals:x)or", 15), "or")).empty(204)
	k.get("/crm/v8/Leads/search?criteria="+strings.TrimSuffix(strings.Repeat("(City:equals:x)or", 16), "or")).want(400, "code", "CRITERIA_LIMIT_EXCEEDED")
}

func TestSearchPages(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	ids := k.leads(5)
	r := k.get("/crm/v8/Leads/search?criteria=(Last_Name:starts_with:L)&per_page=3").want(200, "info.more_records", true, "info.count", "3", "info.page", "1")
	if got := r.list("data", "id"); !slices.Equal(got, reversed(ids)[:3]) {
		t.Errorf("page 1: %v", got)
	}
	r = k.get("/crm/v8/Leads/search?criteria=(Last_Name:starts_with:L)&per_page=3&page=2").want(200, "info.more_records", false)
	if got := r.list("data", "id"); !slices.Equal(got, reversed(ids)[3:]) {
		t.Errorf("page 2: %v", got)
	}
	r = k.get("/crm/v8/Leads/search?word=L0&sort_by=Modified_Time&sort_order=asc")
	if got := r.list("data", "id"); !slices.Equal(got, ids) {
		t.Errorf("sorted: %v", got)
	}
}

func TestIndexLagDelaysWhatSearchSees(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	old := k.insert("Leads", lead("Before"))[0]
	k.pass(time.Minute)
	k.switchTo("index_lag_seconds", 5)
	id := k.insert("Leads", lead("Newcomer"))[0]
	k.one("PUT", "/crm/v8/Leads/"+old, lead("Afterwards")).want(200)
	k.pass(2 * time.Second)
	k.one("PUT", "/crm/v8/Leads/"+old, lead("Finally")).want(200)
	k.pass(2 * time.Second)
	check := func(word string, want ...string) {
		t.Helper()
		if got := k.found(t, "word", word); !slices.Equal(got, want) {
			t.Errorf("%s finds %v, want %v", word, got, want)
		}
	}
	check("newcomer")
	check("before", "Before")
	check("afterwards")
	// COQL and GET read what is there.
	k.get("/crm/v8/Leads/"+id).want(200, "data.0.Last_Name", "Newcomer")
	k.do("POST", "/crm/v8/coql", coql("select id from Leads where Last_Name = 'Finally'")).want(200, "data.0.id", old)

	k.pass(time.Second) // 5 s after the first two
	check("newcomer", "Newcomer")
	check("before")
	check("afterwards", "Afterwards")
	k.pass(2 * time.Second)
	check("finally", "Finally")

	k.do("DELETE", "/crm/v8/Leads/"+id, nil).want(200)
	check("newcomer", "Newcomer")
	k.pass(5 * time.Second)
	check("newcomer")

	k.switchTo("index_lag_seconds", 0)
	k.insert("Leads", lead("Immediately"))
	check("immediately", "Immediately")
}

// Passing over records never hides one: search finds what a look at each record finds, also after changes.
func TestSearchMissesNothing(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	names := map[string]string{} // id → first and last name
	pieces := []string{"Ann", "ann-marie", "Bö", "BÖLL", "o'x", "a b"}
	rapid.Check(t, func(rt *rapid.T) {
		first, last := rapid.SampledFrom(pieces).Draw(rt, "first"), rapid.SampledFrom(pieces).Draw(rt, "last")
		ids := slices.Sorted(maps.Keys(names))
		switch what := rapid.IntRange(0, 3).Draw(rt, "what"); {
		case what == 0 && len(ids) > 0:
			id := rapid.SampledFrom(ids).Draw(rt, "gone")
			k.do("DELETE", "/crm/v8/Leads/"+id, nil).want(200)
			delete(names, id)
		case what == 1 && len(ids) > 0:
			id := rapid.SampledFrom(ids).Draw(rt, "changed")
			k.one("PUT", "/crm/v8/Leads/"+id, map[string]any{"First_Name": first, "Last_Name": last}).want(200)
			names[id] = first + " " + last
		default:
			names[k.insert("Leads", map[string]any{"First_Name": first, "Last_Name": last})[0]] = first + " " + last
		}
		wanted := rapid.SampledFrom([]string{"ann", "marie", "bö", "öll", "o'x", "nn mar", "b ann", "x bö", "nobody"}).Draw(rt, "wanted")
		var want []string
		for id, name := range names {
			if strings.Contains(strings.ReplaceAll(strings.ToLower(name), "-", " "), wanted) {
				want = append(want, id)
			}
		}
		slices.Sort(want)
		all := k.get("/crm/v8/Leads/search?criteria="+url.QueryEscape("((Full_Name:equals:"+wanted+")or(Owner:equals:"+rae+"))")).list("data", "id")
		if len(all) != len(names) {
			rt.Fatalf("%d of %d", len(all), len(names))
		}
		for _, c := range []string{"(Full_Name:equals:%s)", "((id:equals:1)or(Full_Name:equals:%s))", "((Full_Name:equals:%s)and(Last_Name:not_equal:zz))", "((Full_Name:equals:%s)or(Last_Name:equals:zz))"} {
			got := k.get("/crm/v8/Leads/search?criteria="+url.QueryEscape(fmt.Sprintf(c, wanted))).list("data", "id")
			if slices.Sort(got); !slices.Equal(got, want) {
				rt.Fatalf("%s %s: %v, want %v", c, wanted, got, want)
			}
		}
	})
}
