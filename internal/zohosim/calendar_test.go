package zohosim_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestCalendarWantsATokenInEitherScheme(t *testing.T) {
	t.Parallel()
	k := newKit(t, setup{others: []string{"eu"}})
	k.asUser(annMail, calendarScopes)
	as := func(value string) http.Header { return http.Header{"Authorization": {value}} }
	const path = "/api/v1/calendars"
	k.request("GET", path, nil, nil).want(400, "error.0.error_code", "INVALID_TICKET")
	k.request("GET", path, nil, as("Basic abc")).want(400, "error.0.error_code", "INVALID_TICKET")
	k.request("GET", path, nil, as("Zoho-oauthtoken garbage")).want(401, "error.0.error_code", "INVALID_OAUTHTOKEN")
	k.request("GET", path, nil, as("Bearer garbage")).want(401, "error.0.error_code", "INVALID_OAUTHTOKEN")
	k.request("GET", path, nil, as("Bearer "+k.access)).want(200)
	k.request("GET", path, nil, as("Zoho-oauthtoken "+k.access)).want(200)
	k.request("GET", k.servers["eu"].URL+path, nil, as("Zoho-oauthtoken "+k.access)).want(401, "error.0.error_code", "INVALID_OAUTHTOKEN")
	k.get("/api/v1/nothing").want(404, "error.0.error_code", "INVALID_URL_PATTERN")
	k.do("DELETE", path, nil).want(405, "error.0.error_code", "INVALID_METHOD")
	k.pass(time.Hour)
	k.get(path).want(401, "error.0.error_code", "INVALID_OAUTHTOKEN")
}

func TestEveryCalendarCallWantsItsScope(t *testing.T) {
	t.Parallel()
	k := calendarKit(t)
	e := k.add(visit("x"))
	data := params("eventdata", jsonText(visit("y", "etag", e.text("etag"))))
	calls := map[string]string{
		"GET /api/v1/calendars": "ZohoCalendar.calendar.READ",
		"GET " + primary:        "ZohoCalendar.calendar.READ",
		"GET " + primary + "/events" + span("20261123", "20261130"): "ZohoCalendar.event.READ",
		"GET " + eventPath(e): "ZohoCalendar.event.READ",
		"GET " + primary + "/search" + params("searchtext", "x", "start", "20261101T000000Z", "end", "20261201T000000Z"):     "ZohoCalendar.search.READ",
		"GET /api/v1/calendars/freebusy" + params("uemail", annMail, "sdate", "20261123T000000", "edate", "20261130T000000"): "ZohoCalendar.freebusy.READ",
		"POST " + primary + "/events" + params("eventdata", jsonText(visit("z"))):                                            "ZohoCalendar.event.CREATE",
		"PUT " + eventPath(e) + data: "ZohoCalendar.event.UPDATE",
	}
	for call, scope := range calls {
		method, path, _ := strings.Cut(call, " ")
		for _, other := range calls {
			if other == scope {
				continue
			}
			k.asUser(annMail, other)
			k.do(method, path, nil).want(401, "error.0.error_code", "OAUTH_SCOPE_MISMATCH")
		}
		k.asUser(annMail, scope)
		k.do(method, path, nil).want(200)
	}
	k.asUser(annMail, "ZohoCalendar.event.CREATE")
	k.put("DELETE", eventPath(e), map[string]any{"uid": e.text("uid"), "etag": "1"}).want(401)
	for _, code := range []string{"INVALID_OAUTHSCOPE", "INVALID_OAUTHTOKEN"} {
		k.switchTo("calendar_scope_error", code)
		k.get("/api/v1/calendars").want(401, "error.0.error_code", code)
	}
}

func TestEverybodyHasAnOwnCalendarAndOneOfTheCRM(t *testing.T) {
	t.Parallel()
	k := calendarKit(t)
	list := k.get("/api/v1/calendars").want(
		200, "calendars.0.name", "Ann Archer", "calendars.0.isdefault", true, "calendars.0.category", "own", "calendars.0.privilege", "owner",
		"calendars.0.timezone", "America/Chicago", "calendars.0.include_infreebusy", true, "calendars.0.visibility", true, "calendars.0.status", true,
		"calendars.1", nil,
	)
	uid := list.text("calendars.0.uid")
	for _, alias := range []string{uid, "default", "primary"} {
		k.get("/api/v1/calendars/"+alias).want(200, "calendars.0.uid", uid, "calendars.1", nil)
	}
	app := k.get("/api/v1/calendars?category=app").want(200, "calendars.0.category", "app", "calendars.0.isdefault", false, "calendars.1", nil).text("calendars.0.uid")
	k.get("/api/v1/calendars/"+app).want(200, "calendars.0.uid", app)
	k.get("/api/v1/calendars?category=all").want(200, "calendars.0.uid", uid, "calendars.1.uid", app)
	k.get("/api/v1/calendars?category=group").want(200, "calendars.0", nil)
	k.get("/api/v1/calendars?category=mine").want(400, "error.0.error_code", "PATTERN_NOT_MATCHED")
	k.get("/api/v1/calendars?showhiddencal=yes").want(400)
	k.get("/api/v1/calendars/unknown").want(404, "error.0.error_code", "NOT_FOUND")
	k.switchTo("calendar_not_found", "400 PATTERN_NOT_MATCHED")
	k.get("/api/v1/calendars/unknown").want(400, "error.0.error_code", "PATTERN_NOT_MATCHED")
	k.asUser(benMail, calendarScopes)
	if other := k.get("/api/v1/calendars").text("calendars.0.uid"); other == uid {
		t.Error("two users have one calendar")
	}
	k.get("/api/v1/calendars/"+uid).want(400, "error.0.error_code", "PATTERN_NOT_MATCHED")
}

func TestEachChangeGivesTheCalendarAnotherCtag(t *testing.T) {
	t.Parallel()
	k := calendarKit(t)
	seen := map[string]bool{}
	changed := func(what, path string) {
		t.Helper()
		ctag := k.get(path).text("calendars.0.ctag")
		if seen[ctag] {
			t.Errorf("%s: ctag %s was there before", what, ctag)
		}
		seen[ctag] = true
		if again := k.get(path).text("calendars.0.ctag"); again != ctag {
			t.Errorf("%s: ctag goes from %s to %s without a change", what, ctag, again)
		}
	}
	changed("seed", primary)
	e := k.add(visit("x"))
	changed("created", primary)
	k.get(primary).want(200, "calendars.0.lastmodifiedtime", "20261123T150000Z")
	e = k.put("PUT", eventPath(e), visit("y", "etag", e.text("etag"))).want(200, "events.0.title", "y")
	changed("replaced", primary)
	k.put("DELETE", primary+"/events/"+e.text("events.0.uid"), map[string]any{"uid": e.text("events.0.uid"), "etag": e.text("events.0.etag")}).want(200, "events.0.estatus", "deleted")
	changed("deleted", primary)

	app := "/api/v1/calendars/" + k.get("/api/v1/calendars?category=app").text("calendars.0.uid")
	seen = map[string]bool{}
	changed("seed", app)
	id := k.insert("Events", meeting("m", start, "Owner", ann))[0]
	changed("meeting created", app)
	k.one("PUT", "/crm/v8/Events/"+id, map[string]any{"Venue": "Room 1"}).want(200)
	changed("meeting changed within the second", app)
	k.one("PUT", "/crm/v8/Events/"+id, map[string]any{"Owner": ben}).want(200)
	if ctag := k.get(app).text("calendars.0.ctag"); !seen[ctag] {
		t.Error("the calendar is not what it was without the meeting")
	}
}

func TestAListWantsARangeOfAtMostAMonth(t *testing.T) {
	t.Parallel()
	k := calendarKit(t)
	k.get(primary+"/events").want(400, "error.0.error_code", "LESS_THAN_MIN_OCCURANCE")
	k.switchTo("calendar_missing_key", "PATTERN_NOT_MATCHED")
	k.get(primary+"/events").want(400, "error.0.error_code", "PATTERN_NOT_MATCHED")
	for _, ok := range [][2]string{
		{"20261101", "20261202"}, {"20261101T000000Z", "20261202T000000Z"}, {"20261123", "20261123T100000Z"}, {"20261123", "20261123"},
	} {
		k.get(primary + "/events" + span(ok[0], ok[1])).want(200)
	}
	for _, bad := range []string{
		span("20261101", "20261203"), span("20261101T000000Z", "20261202T000001Z"), span("20261123", "20261122"), span("2026-11-23", "2026-11-24"),
		span("20261123T100000-0600", "20261124"), span("20261123T100000", "20261124"), params("range", `{"start":"20261123"}`), params("range", "20261123"),
		params("range", `{"start":"20261123","end":"20261124","zone":"UTC"}`), span("20261123", "20261124", "timezone", "Mars"),
		span("20261123", "20261124", "byinstance", "yes"), span("20261123", "20261124", "crm_event_type", "mine"),
	} {
		k.get(primary+"/events"+bad).want(400, "error.0.error_code", "PATTERN_NOT_MATCHED")
	}
}

func TestTheRangeCountsInItsZone(t *testing.T) {
	t.Parallel()
	k := calendarKit(t)
	k.add(map[string]any{"title": "late", "dateandtime": when("20261125T043000Z", "20261125T050000Z", "America/Chicago")}) // 22:30 on the 24th
	const late = "late 20261124T223000-0600"
	list := func(from, to string, more ...string) reply {
		return k.get(primary + "/events" + span(from, to, more...))
	}
	list("20261124", "20261125").wantTitles(late)
	list("20261125", "20261126").wantTitles("")
	list("20261125", "20261126", "timezone", "Europe/Berlin").wantTitles("late 20261125T053000+0100")
	list("20261125T050000Z", "20261126").wantTitles("") // it ends there
	list("20261124", "20261125T043000Z").wantTitles("") // it starts there
	list("20261124", "20261125T043001Z").wantTitles(late)
	list("20261123", "20261124").wantTitles("")
	k.switchTo("calendar_range_end", "inclusive")
	list("20261123", "20261124").wantTitles(late)
}

func TestAListShowsASeriesOnceOrEachInstance(t *testing.T) {
	t.Parallel()
	k := calendarKit(t)
	e := k.add(map[string]any{
		"title": "weekly", "dateandtime": when("20261026T140000Z", "20261026T150000Z", "America/Chicago"), "rrule": "FREQ=WEEKLY;BYDAY=MO",
		"description": "long", "transparency": 1,
	})
	list := func(header, from, to string, more ...string) reply {
		return k.get(primary+"/events"+span(from, to, more...), "Accept", header)
	}
	r := list("application/json", "20261101", "20261115")
	r.wantTitles("weekly 20261026T090000-0500")
	r.want(200, "events.0.rrule", "FREQ=WEEKLY;BYDAY=MO", "events.0.recurrenceid", nil, "events.0.description", nil, "events.0.transparency", "1")
	r = list("application/json", "20261026", "20261115", "byinstance", "true")
	r.wantTitles("weekly 20261026T090000-0500, weekly 20261102T090000-0600, weekly 20261109T090000-0600")
	r.want(
		200, "events.1.recurrenceid", "20261102T150000Z", "events.1.end", "20261102T100000-0600", "events.1.dateandtime", nil, "events.1.uid", e.text("uid"),
		"events.1.rrule", nil, "events.1.attendees", nil, "events.1.transparency", "1", "events.1.description", nil,
	)
	list("application/json+large", "20261101", "20261115").want(200, "events.0.description", "long")
	list("application/json+large", "20261101", "20261115", "byinstance", "true").want(200, "events.0.description", "long")
	list("", "20261026", "20261110", "byinstance", "true", "timezone", "Asia/Kolkata").wantTitles(
		"weekly 20261026T193000+0530, weekly 20261102T203000+0530, weekly 20261109T203000+0530")
	k.switchTo("calendar_instance_times", "zulu", "calendar_instance_transparency", false)
	r = list("", "20261102", "20261103", "byinstance", "true")
	r.wantTitles("weekly 20261102T150000Z")
	r.want(200, "events.0.transparency", nil)
	k.switchTo("calendar_instance_times", "local")
	list("", "20261102", "20261103", "byinstance", "true").wantTitles("weekly 20261102T090000")
}

func TestInstancesOfOneSeriesComeInAtMostNinetyDays(t *testing.T) {
	t.Parallel()
	k := calendarKit(t)
	e := k.add(map[string]any{"title": "w", "dateandtime": when("20261026T140000Z", "20261026T150000Z", "America/Chicago"), "rrule": "FREQ=WEEKLY;COUNT=3"})
	path := eventPath(e) + "/byinstance"
	r := k.get(path + span("20261001", "20261230"))
	r.wantTitles("w 20261026T090000-0500, w 20261102T090000-0600, w 20261109T090000-0600")
	r.want(200, "events.2.recurrenceid", "20261109T150000Z", "events.2.dateandtime.timezone", "America/Chicago")
	k.get(path+span("20261001", "20261231")).want(400, "error.0.error_code", "PATTERN_NOT_MATCHED")
	k.get(path).want(400, "error.0.error_code", "LESS_THAN_MIN_OCCURANCE")
	single := k.add(visit("x"))
	k.get(eventPath(single)+"/byinstance"+span("20261001", "20261201")).want(400, "error.0.error_code", "PATTERN_NOT_MATCHED")
	k.get(primary + "/events/none/byinstance" + span("20261001", "20261201")).want(404)
}

func TestOneEventIsShownInFull(t *testing.T) {
	t.Parallel()
	k := calendarKit(t)
	e := k.add(visit("x", "description", "d", "location", "l", "url", "https://x.example", "isprivate", true, "allowForwarding", false, "conference", "zmeeting",
		"attendees", []any{map[string]any{"email": "a@b.example", "permission": 3, "attendance": 2}}, "notify_attendee", 2,
		"reminders", []any{map[string]any{"action": "popup", "minutes": "-15"}, map[string]any{"action": "email", "minutes": -30}}))
	r := k.get(eventPath(e)).want(
		200, "events.0.title", "x", "events.0.description", "d", "events.0.location", "l", "events.0.url", "https://x.example", "events.0.isprivate", true,
		"events.0.isallday", false, "events.0.role", "organizer", "events.0.organizer", annMail, "events.0.createdby", annMail,
		"events.0.createdtime", "20261123T150000Z", "events.0.lastmodifiedtime", "20261123T150000Z", "events.0.estatus", "added", "events.0.etype", "event",
		"events.0.dateandtime.start", "20261124T100000-0600", "events.0.dateandtime.end", "20261124T110000-0600",
		"events.0.attendees.0.email", "a@b.example", "events.0.attendees.0.status", "NEEDS-ACTION", "events.0.attendees.0.permission", "3",
		"events.0.attendees.0.attendance", "2", "events.0.reminders.0.minutes", "-15", "events.0.reminders.1.action", "email", "events.0.transparency", "0",
		"events.0.notifyType", "2", "events.0.allowForwarding", false, "events.0.conference", "zmeeting", "events.0.etag", e.text("etag"), "events.1", nil,
	)
	if got := r.text("events.0.viewEventURL"); !strings.HasPrefix(got, k.url) {
		t.Errorf("viewEventURL is %q", got)
	}
	if uid := e.text("uid"); !strings.HasSuffix(uid, "@zoho.com") || len(uid) != 41 {
		t.Errorf("uid is %q", uid)
	}
	k.get(eventPath(e)+"?timezone=Europe/Berlin").want(200, "events.0.dateandtime.start", "20261124T170000+0100", "events.0.dateandtime.timezone", "Europe/Berlin")
	k.get(primary+"/events/unknown").want(404, "error.0.error_code", "NOT_FOUND")
	k.switchTo("calendar_transparent", 0)
	k.get(eventPath(e)).want(200, "events.0.transparency", "1")
}

func TestAllDayEventsAreDates(t *testing.T) {
	t.Parallel()
	k := calendarKit(t)
	allDay := func(title, start, end string) map[string]any {
		return map[string]any{"title": title, "isallday": true, "dateandtime": map[string]any{"start": start, "end": end}}
	}
	two := k.add(allDay("two days", "20261124", "20261125"))
	two.want(200, "isallday", true, "dateandtime.start", "20261124", "dateandtime.end", "20261125", "dateandtime.timezone", "America/Chicago")
	on := func(day, after string) string {
		return k.get(primary + "/events" + span(day, after, "byinstance", "true")).want(200).titles()
	}
	if got := on("20261125", "20261126"); got != "two days 20261124" {
		t.Errorf("on the second day: %q", got)
	}
	if got := on("20261126", "20261127"); got != "" {
		t.Errorf("on the third day: %q", got)
	}
	k.switchTo("calendar_all_day_end", "exclusive")
	k.get(eventPath(two)).want(200, "events.0.dateandtime.end", "20261126") // still two days
	one := k.add(allDay("one day", "20261128", "20261129"))
	k.add(allDay("also one", "20261130", "20261130"))
	if got := on("20261129", "20261130"); got != "" {
		t.Errorf("on the day that the end names: %q", got)
	}
	if got := on("20261130", "20261201"); got != "also one 20261130" {
		t.Errorf("start and end the same: %q", got)
	}
	k.switchTo("calendar_all_day_end", "inclusive")
	k.get(eventPath(one)).want(200, "events.0.dateandtime.end", "20261128")
	yearly := k.add(map[string]any{"title": "y", "isallday": true, "rrule": "FREQ=YEARLY", "dateandtime": map[string]any{"start": "20251124", "end": "20251124"}})
	k.get(eventPath(yearly)+"?recurrenceid=20261124").want(200, "events.0.dateandtime.start", "20261124", "events.0.dateandtime.end", "20261125")
	k.get(eventPath(yearly)).want(200, "events.0.dateandtime.end", "20251124")
	k.switchTo("calendar_yearly_end", "right")
	k.get(eventPath(yearly)+"?recurrenceid=20261124").want(200, "events.0.dateandtime.end", "20261124", "events.0.recurrenceid", "20261124")
	k.get(eventPath(yearly) + "?recurrenceid=20261125").want(404)
}

func TestSearchFindsTitlesWithinThreeMonths(t *testing.T) {
	t.Parallel()
	k := calendarKit(t)
	e := k.add(visit("Roof at Young's"))
	k.add(visit("Lunch"))
	find := func(text, from, to string) reply {
		return k.get(primary + "/search" + params("searchtext", text, "start", from, "end", to))
	}
	find("ROOF", "20261101T000000Z", "20270201T000000Z").want(
		200, "search.0.uid", e.text("uid"), "search.0.title", "Roof at Young's", "search.0.dateandtime.start", "20261124T100000-0600",
		"search.0.timezone", "America/Chicago", "search.0.isallday", false, "search.0.type", "0", "search.1", nil,
	)
	find("roof", "20261201T000000Z", "20270201T000000Z").want(200, "search.0", nil)
	find("roof", "20261101T000000Z", "20270201T000001Z").want(400, "error.0.error_code", "PATTERN_NOT_MATCHED")
	find("roof", "20261101", "20261201").want(400)
	find("", "20261101T000000Z", "20261201T000000Z").want(400, "error.0.error_code", "LESS_THAN_MIN_OCCURANCE")
	find("roof", "", "20261201T000000Z").want(400, "error.0.error_code", "LESS_THAN_MIN_OCCURANCE")
}

func TestLastmodifiedIsAFilterOrNothing(t *testing.T) {
	t.Parallel()
	k := calendarKit(t)
	k.add(visit("old"))
	k.pass(time.Minute)
	k.add(visit("new"))
	list := func(at string) reply {
		return k.get(primary + "/events" + span("20261124", "20261125", "lastmodified", at))
	}
	if got := list("20261123T150000Z").titles(); !strings.Contains(got, "old") {
		t.Errorf("filtered: %q", got)
	}
	list("nonsense").want(200)
	k.switchTo("calendar_lastmodified", "filter")
	list("20261123T150000Z").wantTitles("new 20261124T100000-0600")
	list("20261123T150100Z").wantTitles("")
	list("nonsense").want(400)
}

func TestCalendarCallsMayBeLimited(t *testing.T) {
	t.Parallel()
	k := calendarKit(t)
	for range 30 {
		k.get("/api/v1/calendars").want(200)
	}
	k.pass(time.Minute)
	k.switchTo("calendar_calls_per_minute", 2)
	k.get("/api/v1/calendars").want(200)
	k.get("/api/v1/calendars").want(200)
	r := k.get("/api/v1/calendars").want(429, "error.0.error_code", "TOO_MANY_REQUESTS")
	if r.header.Get("Retry-After") != "" {
		t.Error("a Retry-After that nobody has seen")
	}
	k.switchTo("calendar_rate_limit_body", "empty", "calendar_retry_after", true)
	r = k.get("/api/v1/calendars")
	r.empty(429)
	if got := r.header.Get("Retry-After"); got != "60" {
		t.Errorf("Retry-After %q", got)
	}
	k.switchTo("calendar_rate_limit_body", "html")
	if r = k.get("/api/v1/calendars"); r.status != 429 || !strings.Contains(r.raw, "<html") {
		t.Errorf("%d %s", r.status, r.raw)
	}
	k.pass(time.Minute)
	k.get("/api/v1/calendars").want(200)
	k.get("/crm/v8/users").want(200)
}

func TestCalendarCallsAreCountedWithoutCredits(t *testing.T) {
	t.Parallel()
	k := calendarKit(t)
	e := k.add(visit("x"))
	uid := k.get("/api/v1/calendars").text("calendars.0.uid")
	k.get("/api/v1/calendars/" + uid + "/events/" + e.text("uid")).want(200)
	k.get(eventPath(e) + "/byinstance").want(400)
	k.get("/api/v1/calendars/freebusy").want(400)
	stats := k.get("/_sim/stats").want(200, "credits", "0")
	for _, key := range []string{
		"GET /api/v1/calendars", "POST /api/v1/calendars/{id}/events", "GET /api/v1/calendars/{id}/events/{id}",
		"GET /api/v1/calendars/{id}/events/{id}/byinstance", "GET /api/v1/calendars/freebusy",
	} {
		calls, _ := stats.at("calls").(map[string]any)
		if calls[key] == nil {
			t.Errorf("%s is not counted: %s", key, stats.raw)
		}
	}
}

func TestFaultsHitCalendarInItsOwnWords(t *testing.T) {
	t.Parallel()
	k := calendarKit(t)
	for status, code := range map[int]string{400: "PATTERN_NOT_MATCHED", 401: "INVALID_OAUTHTOKEN", 403: "NO_PERMISSION", 404: "INVALID_URL_PATTERN", 429: "TOO_MANY_REQUESTS", 500: "INTERNAL_ERROR"} {
		k.control("POST", "/_sim/faults", map[string]any{"path_prefix": "/api/v1/", "action": "status", "status": status, "times": 1}).want(200)
		k.get("/api/v1/calendars").want(status, "error.0.error_code", code)
	}
	k.control("POST", "/_sim/faults", map[string]any{
		"method": "POST", "path_prefix": "/api/v1/calendars/", "when": "after", "action": "cut", "times": 1,
	}).want(200)
	if r := k.put("POST", primary+"/events", visit("lost answer")); r.status != -1 {
		t.Errorf("status %d", r.status)
	}
	k.get(primary + "/events" + span("20261124", "20261125")).wantTitles("lost answer 20261124T100000-0600")
	k.control("POST", "/_sim/faults", map[string]any{"path_prefix": "/api/v1/", "action": "html", "status": 502, "times": 1}).want(200)
	if r := k.get("/api/v1/calendars"); r.status != 502 || !strings.Contains(r.raw, "<html") {
		t.Errorf("%d %s", r.status, r.raw)
	}
	k.get("/crm/v8/users").want(200)
}
