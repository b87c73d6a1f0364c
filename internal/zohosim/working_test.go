package zohosim_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"
)

const settings = "/crm/v8/settings/"

// bare is a kit whose working time is unset.
func bare(t testing.TB) *kit {
	t.Helper()
	k := fresh(t)
	k.control("POST", "/_sim/reset", map[string]any{"seed": "empty"}).want(200)
	k.connect(everything)
	return k
}

func hours(more ...any) map[string]any {
	h := map[string]any{
		"type": "custom", "week_starts_on": "Monday", "business_days": []any{"Monday", "Tuesday"}, "same_as_everyday": true,
		"daily_timing": []any{"09:00", "17:00"},
	}
	return changed(h, more...)
}

// changed sets members of a body, or takes those out that are nil.
func changed(m map[string]any, more ...any) map[string]any {
	for i := 0; i < len(more); i += 2 {
		if more[i+1] == nil {
			delete(m, more[i].(string))
			continue
		}
		m[more[i].(string)] = more[i+1]
	}
	return m
}

func (k *kit) changeSetting(name string, item any) reply {
	k.t.Helper()
	return k.do("PUT", settings+name, map[string]any{last(name): item})
}

func (k *kit) addSetting(name string, item any) reply {
	k.t.Helper()
	return k.do("POST", settings+name, map[string]any{last(name): item})
}

// last is the member that the body of a settings call has.
func last(path string) string {
	switch {
	case len(path) > 14 && path[:14] == "business_hours":
		return "shift_hours"
	case path == "business_hours":
		return path
	}
	for _, name := range []string{"holidays", "users_unavailability"} {
		if len(path) >= len(name) && path[:len(name)] == name {
			return name
		}
	}
	return path
}

func TestBusinessHours(t *testing.T) {
	t.Parallel()
	k := bare(t)
	before := k.credits()
	k.get(settings + "business_hours").empty(204)
	if k.credits() != before+1 {
		t.Error("reading costs no credit")
	}
	id := k.addSetting("business_hours", hours()).want(201, "business_hours.code", "SUCCESS",
		"business_hours.message", "Business Hours saved successfully").text("business_hours.details.id")
	k.get(settings+"business_hours").want(200, "business_hours.id", id, "business_hours.type", "custom",
		"business_hours.week_starts_on", "Monday", "business_hours.business_days.1", "Tuesday", "business_hours.same_as_everyday", true,
		"business_hours.daily_timing.0", "09:00", "business_hours.daily_timing.1", "17:00")
	k.changeSetting("business_hours", map[string]any{"id": id, "daily_timing": []any{"10:00", "16:00"}}).want(200, "business_hours.details.id", id)
	k.get(settings+"business_hours").want(200, "business_hours.daily_timing.0", "10:00", "business_hours.business_days.0", "Monday")
	k.changeSetting("business_hours", hours("id", id, "same_as_everyday", false, "daily_timing", nil, "custom_timing", []any{
		map[string]any{"days": "Monday", "business_timing": []any{"08:00", "12:00"}},
		map[string]any{"days": "Tuesday", "business_timing": []any{"13:00", "17:00"}},
	})).want(200)
	k.get(settings+"business_hours").want(200, "business_hours.custom_timing.1.business_timing.0", "13:00")
	k.changeSetting("business_hours", hours("id", id, "type", "24_by_7")).want(200)
	k.get(settings+"business_hours").want(200, "business_hours.type", "24_by_7", "business_hours.business_days.0", nil)
}

func TestBusinessHoursThatAreRefused(t *testing.T) {
	t.Parallel()
	k := bare(t)
	for name, test := range map[string]struct {
		item map[string]any
		code string
		more []any
	}{
		"no type":              {hours("type", nil), "MANDATORY_NOT_FOUND", []any{"api_name", "type"}},
		"odd type":             {hours("type", "always"), "INVALID_DATA", []any{"supported_values.0", "24_by_7"}},
		"type is no text":      {hours("type", 7), "INVALID_DATA", []any{"expected_data_type", "string"}},
		"no start of the week": {hours("week_starts_on", nil), "MANDATORY_NOT_FOUND", []any{"json_path", "$.business_hours.week_starts_on"}},
		"no days":              {hours("business_days", nil), "MANDATORY_NOT_FOUND", []any{"api_name", "business_days"}},
		"odd day":              {hours("business_days", []any{"Mon"}), "INVALID_DATA", []any{"api_name", "business_days[0]"}},
		"a day twice":          {hours("business_days", []any{"Monday", "Monday"}), "INVALID_DATA", []any{"api_name", "business_days[1]"}},
		"days are no list":     {hours("business_days", "Monday"), "INVALID_DATA", []any{"expected_data_type", "jsonarray"}},
		"empty days":           {hours("business_days", []any{}), "INVALID_DATA", []any{"minimum_length", "1"}},
		"six days of five":     {hours("type", "24_by_5"), "INVALID_DATA", []any{"maximum_length", "5"}},
		"same is no flag":      {hours("same_as_everyday", "yes"), "INVALID_DATA", []any{"expected_data_type", "boolean"}},
		"no times":             {hours("daily_timing", nil), "MANDATORY_NOT_FOUND", []any{"api_name", "daily_timing"}},
		"one time":             {hours("daily_timing", []any{"09:00"}), "INVALID_DATA", []any{"maximum_length", "2"}},
		"no time of a day":     {hours("daily_timing", []any{"09:00", "25:00"}), "INVALID_DATA", []any{"api_name", "daily_timing[1]"}},
		"backwards":            {hours("daily_timing", []any{"17:00", "09:00"}), "INVALID_DATA", []any{"api_name", "daily_timing"}},
		"a day without times": {hours("same_as_everyday", false, "custom_timing", []any{
			map[string]any{"days": "Monday", "business_timing": []any{"08:00", "12:00"}},
		}), "INVALID_DATA", []any{"api_name", "custom_timing"}},
		"odd times of a day": {hours("same_as_everyday", false, "custom_timing", []any{
			map[string]any{"days": "Monday", "business_timing": []any{"8", "12:00"}},
		}), "INVALID_DATA", []any{"json_path", "$.business_hours.custom_timing[0].business_timing[0]"}},
	} {
		r := k.addSetting("business_hours", test.item).want(400, "business_hours.code", test.code, "business_hours.status", "error")
		for i := 0; i < len(test.more); i += 2 {
			if got := r.at("business_hours.details." + test.more[i].(string)); got != test.more[i+1] {
				t.Errorf("%s: %v is %v in %s", name, test.more[i], got, r.raw)
			}
		}
	}
	k.get(settings + "business_hours").empty(204)
	k.do("POST", settings+"business_hours", "{").want(400, "code", "UNABLE_TO_PARSE_DATA_TYPE")
	k.do("POST", settings+"business_hours", map[string]any{}).want(400, "code", "MANDATORY_NOT_FOUND", "details.api_name", "business_hours")
	k.do("POST", settings+"business_hours", map[string]any{"business_hours": []any{}}).want(400, "details.expected_data_type", "jsonobject")
	k.changeSetting("business_hours", hours()).want(400, "business_hours.code", "MANDATORY_NOT_FOUND", "business_hours.details.api_name", "id")
	k.changeSetting("business_hours", hours("id", "1")).want(400, "business_hours.code", "INVALID_DATA", "business_hours.details.api_name", "id")
	k.do("DELETE", settings+"business_hours", nil).want(400, "code", "INVALID_REQUEST_METHOD")
}

func TestTheDemoOrganizationWorks(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	k.get(settings+"business_hours").want(200, "business_hours.type", "custom", "business_hours.daily_timing.0", "07:00")
	if got := k.get(settings+"holidays?year=2026").want(200).list("holidays", "name"); !slices.Contains(got, "Thanksgiving") || len(got) != 3 {
		t.Errorf("%v", got)
	}
	k.get(settings+"holidays?year=2027").want(200, "holidays.0.year", "2027", "info.count", "1", "info.more_records", false)
	r := k.exchange(k.url, k.grantCode(k.url, everything, "otto@other.example")).want(200)
	k.access = r.text("access_token")
	k.get(settings + "business_hours").empty(204)
}

func shift(name string, more ...any) map[string]any {
	return changed(map[string]any{
		"name": name, "timezone": "America/Chicago", "shift_days": []any{"Monday"}, "same_as_everyday": true,
		"daily_timing": []any{"06:00", "14:00"},
	}, more...)
}

func TestShiftHours(t *testing.T) {
	t.Parallel()
	k := bare(t)
	const path = "business_hours/shift_hours"
	k.get(settings + path).empty(204)
	r := k.addSetting(path, []any{shift("Early", "users", []any{map[string]any{"id": ann, "effective_from": "2026-01-01"}}, "break_hours", []any{
		map[string]any{"break_days": []any{"Monday"}, "same_as_everyday": true, "daily_timing": []any{"10:00", "10:15"}},
	}), shift("Late")}).want(201, "shift_hours.0.code", "SUCCESS", "shift_hours.1.code", "SUCCESS")
	early, late := r.text("shift_hours.0.details.id"), r.text("shift_hours.1.details.id")
	k.get(settings+path).want(200, "shift_count.total_shift", "2", "shift_count.total_shift_with_user", "1", "shift_hours.0.name", "Early",
		"shift_hours.0.users.0.email", "ann@ridgeline.example", "shift_hours.0.users.0.effective_from", "2026-01-01",
		"shift_hours.0.users.0.role.name", "Sales Rep", "shift_hours.0.users_count", "1", "shift_hours.0.break_hours.0.daily_timing.1", "10:15",
		"shift_hours.1.users_count", "0", "shift_hours.1.timezone", "America/Chicago")
	k.changeSetting(path, []any{map[string]any{"id": late, "name": "Night"}, map[string]any{"id": "1", "name": "x"}}).
		want(207, "shift_hours.0.code", "SUCCESS", "shift_hours.1.code", "INVALID_DATA", "shift_hours.1.details.json_path", "$.shift_hours[1].id")
	k.get(settings+path+"/"+late).want(200, "shift_hours.0.name", "Night", "shift_hours.0.daily_timing.0", "06:00")
	k.changeSetting(path+"/"+late, []any{map[string]any{"shift_days": []any{"Friday"}}}).want(200)
	k.get(settings+path+"/"+late).want(200, "shift_hours.0.shift_days.0", "Friday")
	k.addSetting("holidays", []any{map[string]any{"name": "Inventory", "date": "2026-12-01", "type": "shift_holiday", "shift_hour": map[string]any{"id": early}}}).want(201)
	k.get(settings+path+"/"+early).want(200, "shift_hours.0.holidays.0.name", "Inventory")
	k.get(settings+"holidays?shift_id="+early).want(200, "holidays.0.shift_hour.name", "Early", "holidays.0.shift_hour.id", early)
	k.do("DELETE", settings+path+"/"+late, nil).want(200, "shift_hours.0.details.id", late)
	k.get(settings + path + "/" + late).empty(204)
	k.do("DELETE", settings+path+"/"+late, nil).want(400, "code", "INVALID_DATA", "details.resource_path_index", "3")

	for name, test := range map[string]struct {
		item map[string]any
		code string
		at   string
	}{
		"no name":          {shift("", "name", nil), "MANDATORY_NOT_FOUND", "$.shift_hours[0].name"},
		"no zone":          {shift("a", "timezone", nil), "MANDATORY_NOT_FOUND", "$.shift_hours[0].timezone"},
		"zone of nowhere":  {shift("a", "timezone", "Mars/Olympus"), "INVALID_DATA", "$.shift_hours[0].timezone"},
		"user of nobody":   {shift("a", "users", []any{map[string]any{"id": "1"}}), "INVALID_DATA", "$.shift_hours[0].users[0].id"},
		"break of no days": {shift("a", "break_hours", []any{map[string]any{"same_as_everyday": true}}), "MANDATORY_NOT_FOUND", "$.shift_hours[0].break_hours[0].break_days"},
	} {
		if r := k.addSetting(path, []any{test.item}); r.status != 400 || r.text("shift_hours.0.code") != test.code || r.text("shift_hours.0.details.json_path") != test.at {
			t.Errorf("%s: %d %s", name, r.status, r.raw)
		}
	}
}

func TestHolidays(t *testing.T) {
	t.Parallel()
	k := bare(t)
	k.get(settings + "holidays").empty(204)
	day := func(name, date string, more ...any) map[string]any {
		return changed(map[string]any{"name": name, "date": date, "type": "business_holiday"}, more...)
	}
	r := k.addSetting("holidays", []any{day("New Year", "2027-01-01"), day("Again", "2027-01-01"), day("Nothing", "1st")}).
		want(207, "holidays.0.message", "Holidays created successfully", "holidays.1.code", "DUPLICATE_DATA",
			"holidays.1.details.json_path", "$.holidays[1].date", "holidays.2.details.expected_data_type", "date")
	id := r.text("holidays.0.details.id")
	k.get(settings+"holidays/"+id).want(200, "holidays.0.name", "New Year", "holidays.0.date", "2027-01-01", "holidays.0.year", "2027",
		"holidays.0.type", "business_holiday", "holidays.0.shift_hour", nil)
	k.changeSetting("holidays/"+id, []any{map[string]any{"name": "New Year"}}).want(200)
	k.changeSetting("holidays/"+id, []any{map[string]any{"date": "2028-01-01"}}).want(200, "holidays.0.message", "Holidays updated successfully")
	k.get(settings + "holidays?year=2027").empty(204)
	k.get(settings+"holidays?year=2028&type=business_holiday").want(200, "holidays.0.year", "2028")
	k.get(settings + "holidays?type=shift_holiday").empty(204)
	for _, query := range []string{"year=x", "type=odd", "shift_id=x"} {
		k.get(settings+"holidays?"+query).want(400, "code", "PATTERN_NOT_MATCHED")
	}
	k.addSetting("holidays", []any{day("Shift", "2027-02-01", "type", "shift_holiday")}).want(400, "holidays.0.code", "DEPENDENT_FIELD_MISSING",
		"holidays.0.message", "Shift id is required for shift holidays", "holidays.0.details.dependee.api_name", "type")
	k.addSetting("holidays", []any{day("Shift", "2027-02-01", "type", "shift_holiday", "shift_hour", map[string]any{"id": "1"})}).
		want(400, "holidays.0.code", "INVALID_DATA", "holidays.0.details.api_name", "shift_hour.id")
	k.addSetting("holidays", []any{day("Shift", "2027-02-01", "type", "shift_holiday", "shift_hour", "x")}).
		want(400, "holidays.0.details.expected_data_type", "jsonobject")
	k.addSetting("holidays", []any{day(string(make([]byte, 81)), "2027-02-01")}).want(400, "holidays.0.details.maximum_length", "80")
	k.addSetting("holidays", []any{day("", "2027-02-01")}).want(400, "holidays.0.code", "MANDATORY_NOT_FOUND")
	k.addSetting("holidays", []any{"x"}).want(400, "holidays.0.details.expected_data_type", "jsonobject")
	k.addSetting("holidays", []any{}).want(400, "code", "INVALID_DATA", "details.minimum_length", "1")
	k.do("POST", settings+"holidays", map[string]any{"holidays": 1}).want(400, "details.expected_data_type", "jsonarray")
	k.switchTo("all_failed_status", 202)
	k.addSetting("holidays", []any{day("", "2027-02-01")}).want(202, "holidays.0.code", "MANDATORY_NOT_FOUND")
	k.do("DELETE", settings+"holidays/"+id, nil).want(200, "holidays.0.message", "Holidays deleted successfully")
	k.get(settings + "holidays/" + id).empty(204)
	k.get(settings+"holidays/x").want(404, "code", "INVALID_URL_PATTERN")
}

func TestUnavailabilityOfUsers(t *testing.T) {
	t.Parallel()
	k := bare(t)
	const path = "users_unavailability"
	away := func(user, from, to string, more ...any) map[string]any {
		return changed(map[string]any{"user": map[string]any{"id": user}, "from": from, "to": to}, more...)
	}
	k.get(settings + path).empty(204)
	r := k.addSetting(path, []any{
		away(ann, "2026-12-01T09:00:00-06:00", "2026-12-02T09:00:00-06:00", "comments", "dentist"),
		away(rae, "2026-12-10T00:00:00+00:00", "2026-12-11T00:00:00+00:00", "all_day", true, "title", "Trade fair", "service", "google"),
	}).want(201, "users_unavailability.0.message", "Unavailability Hours saved successfully")
	first := r.text("users_unavailability.0.details.id")
	k.get(settings+path).want(200, "info.count", "2", "users_unavailability.0.user.name", "Ann Archer", "users_unavailability.0.user.zuid", "70411001",
		"users_unavailability.0.from", "2026-12-01T09:00:00-06:00", "users_unavailability.0.comments", "dentist", "users_unavailability.0.all_day", false,
		"users_unavailability.1.from", "2026-12-09T18:00:00-06:00", "users_unavailability.1.title", "Trade fair", "users_unavailability.0.tp_event_id", nil)
	filter := func(field, comparator string, value any) string {
		return fmt.Sprintf(`{"field":{"api_name":%q},"comparator":%q,"value":%s}`, field, comparator, value)
	}
	day := `"2026-12-05T00:00:00+00:00"`
	for _, test := range []struct{ query, want string }{
		{"role_ids=5725767000000026008", "1"},
		{"role_ids=5725767000000026005,5725767000000026008", "2"},
		{"group_ids=1", ""},
		{"territory_ids=1", ""},
		{"include_inner_details=user.zuid", "2"},
		{"filters=" + filter("from", "greater_than", day), "1"},
		{"filters=" + filter("to", "less_equal", day), "1"},
		{"filters=" + filter("from", "between", `["2026-12-01T00:00:00+00:00",`+day+`]`), "1"},
		{"filters=" + filter("from", "equal", day), ""},
		{"filters=" + `{"group_operator":"or","group":[` + filter("from", "less_than", day) + "," + filter("from", "greater_equal", day) + `]}`, "2"},
		{"filters=" + `{"group_operator":"and","group":[` + filter("from", "less_than", day) + "," + filter("from", "greater_equal", day) + `]}`, ""},
	} {
		name, value, _ := cut(test.query)
		r := k.get(settings + path + "?" + name + "=" + url.QueryEscape(value))
		if test.want == "" && r.status != 204 || test.want != "" && r.at("info.count") != test.want {
			t.Errorf("%s: %d %s", test.query, r.status, r.raw)
		}
	}
	for query, code := range map[string]string{
		"role_ids=x": "INVALID_DATA", "include_inner_details=!": "PATTERN_NOT_MATCHED", "filters={": "UNABLE_TO_PARSE_DATA_TYPE",
		"filters=" + filter("from", "odd", day): "UNABLE_TO_PARSE_DATA_TYPE", "filters=" + filter("title", "equal", day): "UNABLE_TO_PARSE_DATA_TYPE",
		"filters=" + filter("from", "between", day): "UNABLE_TO_PARSE_DATA_TYPE", "filters=" + filter("from", "equal", `"now"`): "UNABLE_TO_PARSE_DATA_TYPE",
	} {
		name, value, _ := cut(query)
		k.get(settings+path+"?"+name+"="+url.QueryEscape(value)).want(400, "code", code)
	}
	k.changeSetting(path+"/"+first, []any{map[string]any{"comments": "doctor"}}).want(200)
	k.get(settings+path+"/"+first).want(200, "users_unavailability.0.comments", "doctor", "users_unavailability.0.user.id", ann)
	for name, test := range map[string]struct {
		item map[string]any
		code string
		api  string
	}{
		"no user":        {away(ann, "2026-12-01T09:00:00-06:00", "2026-12-02T09:00:00-06:00", "user", nil), "MANDATORY_NOT_FOUND", "user"},
		"nobody":         {away("1", "2026-12-01T09:00:00-06:00", "2026-12-02T09:00:00-06:00"), "INVALID_DATA", "user.id"},
		"no start":       {away(ann, "", "2026-12-02T09:00:00-06:00"), "MANDATORY_NOT_FOUND", "from"},
		"no instant":     {away(ann, "today", "2026-12-02T09:00:00-06:00"), "INVALID_DATA", "from"},
		"backwards":      {away(ann, "2026-12-03T09:00:00-06:00", "2026-12-02T09:00:00-06:00"), "INVALID_DATA", "to"},
		"comment is big": {away(ann, "2026-12-01T09:00:00-06:00", "2026-12-02T09:00:00-06:00", "comments", string(make([]byte, 251))), "INVALID_DATA", "comments"},
		"flag is text":   {away(ann, "2026-12-01T09:00:00-06:00", "2026-12-02T09:00:00-06:00", "all_day", "no"), "INVALID_DATA", "all_day"},
	} {
		if r := k.addSetting(path, []any{test.item}); r.status != 400 || r.text(path+".0.code") != test.code || r.text(path+".0.details.api_name") != test.api {
			t.Errorf("%s: %d %s", name, r.status, r.raw)
		}
	}
	k.do("DELETE", settings+path+"/"+first, nil).want(200)
	k.get(settings+path).want(200, "info.count", "1")
	k.get(settings+path+"/abc").want(404, "code", "INVALID_URL_PATTERN")
}

func cut(query string) (name, value string, ok bool) {
	for i := range query {
		if query[i] == '=' {
			return query[:i], query[i+1:], true
		}
	}
	return query, "", false
}

func TestWorkingTimeScopesAndEditions(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	shifts := settings + "business_hours/shift_hours"
	all := []string{settings + "business_hours", settings + "holidays", shifts, settings + "users_unavailability"}
	refused := func() (out []bool) {
		for _, path := range all {
			r := k.get(path)
			out = append(out, r.status == 400 && r.text("code") == "NOT_SUPPORTED")
		}
		return out
	}
	for edition, want := range map[string][]bool{
		"all": {false, false, false, false}, "business_hours": {false, false, true, true}, "none": {true, true, true, true},
	} {
		k.switchTo("working_time", edition)
		if got := refused(); !slices.Equal(got, want) {
			t.Errorf("%s: %v", edition, got)
		}
	}
	k.switchTo("working_time", "all")
	k.connect("ZohoCRM.settings.business_hours.READ")
	k.get(settings + "business_hours").want(200)
	k.addSetting("business_hours", hours()).want(http.StatusUnauthorized, "code", "OAUTH_SCOPE_MISMATCH")
	k.get(shifts).want(204)
	k.get(settings+"holidays").want(401, "code", "OAUTH_SCOPE_MISMATCH")
	k.get(settings+"users_unavailability").want(401, "code", "OAUTH_SCOPE_MISMATCH")
	k.switchTo("shift_hours_scope", "shift_hours")
	k.get(shifts).want(401, "code", "OAUTH_SCOPE_MISMATCH")
	k.connect("ZohoCRM.settings.shift_hours.READ,ZohoCRM.settings.holidays.READ,ZohoCRM.settings.users_unavailability.READ")
	k.get(shifts).want(204)
	k.get(settings + "holidays").want(200)
	k.get(settings + "users_unavailability").want(204)
}

func TestWorkingTimeOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	k := newKit(t, setup{dir: dir})
	k.connect(everything)
	id := k.addSetting("holidays", []any{map[string]any{"name": "Day off", "date": "2026-12-31", "type": "business_holiday"}}).want(201).text("holidays.0.details.id")
	k.addSetting("business_hours", hours()).want(201)
	for _, compacted := range []bool{false, true} {
		if compacted {
			if err := k.sim.CompactForTest(); err != nil {
				t.Fatal(err)
			}
		}
		again := k.reopened(dir)
		again.get(settings+"holidays/"+id).want(200, "holidays.0.name", "Day off", "holidays.0.year", "2026")
		again.get(settings+"holidays?year=2026").want(200, "info.count", "4")
		again.get(settings+"business_hours").want(200, "business_hours.daily_timing.0", "09:00")
		if next := again.insert("Leads", lead("L"))[0]; next <= id {
			t.Errorf("id %s was used again after %s", next, id)
		}
	}
}
