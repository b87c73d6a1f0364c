package zohosim_test

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestEventdataComesInTheQueryOrAForm(t *testing.T) {
	t.Parallel()
	k := calendarKit(t)
	const path = primary + "/events"
	k.do("POST", path, visit("json body"), "Content-Type", "application/json").want(400, "error.0.error_code", "LESS_THAN_MIN_OCCURANCE")
	k.do("POST", path, map[string]any{"eventdata": visit("json body")}, "Content-Type", "application/json").want(400)
	form := url.Values{"eventdata": {jsonText(visit("form"))}}.Encode()
	k.do("POST", path, form, "Content-Type", "application/x-www-form-urlencoded").want(200, "events.0.title", "form")
	k.switchTo("calendar_form_body", "ignore")
	k.do("POST", path, form, "Content-Type", "application/x-www-form-urlencoded").want(400, "error.0.error_code", "LESS_THAN_MIN_OCCURANCE")
	k.put("POST", path, visit("query")).want(200, "events.0.title", "query")
	k.get(path+span("20261124", "20261125")).want(200, "events.1.title", "query", "events.2", nil)
}

func TestEventdataIsCheckedKeyByKey(t *testing.T) {
	t.Parallel()
	k := calendarKit(t)
	with := func(key string, value any) map[string]any { return visit("x", key, value) }
	at := func(start, end, zone any) map[string]any {
		return with("dateandtime", map[string]any{"start": start, "end": end, "timezone": zone})
	}
	person := func(more ...any) map[string]any {
		p := map[string]any{"email": "a@b.example"}
		for i := 0; i < len(more); i += 2 {
			p[more[i].(string)] = more[i+1]
		}
		return with("attendees", []any{p})
	}
	reminder := func(action, minutes any) map[string]any {
		return with("reminders", []any{map[string]any{"action": action, "minutes": minutes}})
	}
	const start, end, zone = "20261124T160000Z", "20261124T170000Z", "America/Chicago"
	for _, c := range []struct {
		name string
		data any
		code string // "": accepted
	}{
		{"not JSON", "{", "PATTERN_NOT_MATCHED"},
		{"a list", "[]", "PATTERN_NOT_MATCHED"},
		{"something behind", `{"title":"x"} x`, "PATTERN_NOT_MATCHED"},
		{"nothing but times", map[string]any{"dateandtime": when(start, end, zone)}, ""},
		{"no times", map[string]any{"title": "x"}, "LESS_THAN_MIN_OCCURANCE"},
		{"no start", with("dateandtime", map[string]any{"end": end}), "LESS_THAN_MIN_OCCURANCE"},
		{"no end", with("dateandtime", map[string]any{"start": start}), "LESS_THAN_MIN_OCCURANCE"},
		{"no zone", with("dateandtime", map[string]any{"start": start, "end": end}), ""},
		{"an unknown zone", at(start, end, "Mars/Base"), "PATTERN_NOT_MATCHED"},
		{"an offset as a zone", at(start, end, "+05:30"), "PATTERN_NOT_MATCHED"},
		{"times with an offset", at("20261124T100000-0600", "20261124T110000-0600", zone), ""},
		{"times without a zone of their own", at("20261124T100000", "20261124T110000", zone), "PATTERN_NOT_MATCHED"},
		{"ISO times", at("2026-11-24T16:00:00Z", "2026-11-24T17:00:00Z", zone), "PATTERN_NOT_MATCHED"},
		{"a number as a start", at(20261124, end, zone), "PATTERN_NOT_MATCHED"},
		{"end before start", at(end, start, zone), "PATTERN_NOT_MATCHED"},
		{"dates without isallday", at("20261124", "20261124", zone), "PATTERN_NOT_MATCHED"},
		{"isallday with times", with("isallday", true), "PATTERN_NOT_MATCHED"},
		{"a key too many in dateandtime", with("dateandtime", map[string]any{"start": start, "end": end, "duration": 1}), "EXTRA_KEY_FOUND"},
		{"a key that only answers have", with("notifyType", 1), "EXTRA_KEY_FOUND"},
		{"etag of a new event", with("etag", "1"), "EXTRA_KEY_FOUND"},
		{"uid of a new event", with("uid", "x"), "EXTRA_KEY_FOUND"},
		{"recurrenceid of a new event", with("recurrenceid", start), "EXTRA_KEY_FOUND"},
		{"estatus", with("estatus", "added"), "EXTRA_KEY_FOUND"},
		{"title as a number", with("title", 5), "PATTERN_NOT_MATCHED"},
		{"location of 255", with("location", strings.Repeat("ü", 255)), ""},
		{"location of 256", with("location", strings.Repeat("ü", 256)), "PATTERN_NOT_MATCHED"},
		{"description of 10000", with("description", strings.Repeat("x", 10000)), ""},
		{"description of 10001", with("description", strings.Repeat("x", 10001)), "PATTERN_NOT_MATCHED"},
		{"isprivate as text", with("isprivate", "true"), "PATTERN_NOT_MATCHED"},
		{"transparency 0", with("transparency", 0), ""},
		{"transparency 1", with("transparency", 1), ""},
		{"transparency 2", with("transparency", 2), "PATTERN_NOT_MATCHED"},
		{"transparency as text", with("transparency", "1"), "PATTERN_NOT_MATCHED"},
		{"notify_attendee 2", with("notify_attendee", 2), ""},
		{"notify_attendee 3", with("notify_attendee", 3), "PATTERN_NOT_MATCHED"},
		{"allowForwarding", with("allowForwarding", false), ""},
		{"allowForwarding as text", with("allowForwarding", "no"), "PATTERN_NOT_MATCHED"},
		{"permission 3, attendance 2", person("permission", 3, "attendance", 2), ""},
		{"permission 4", person("permission", 4), "PATTERN_NOT_MATCHED"},
		{"attendance 3", person("attendance", 3), "PATTERN_NOT_MATCHED"},
		{"an attendee's answer", person("status", "ACCEPTED"), "EXTRA_KEY_FOUND"},
		{"an attendee's name", person("name", "A"), "EXTRA_KEY_FOUND"},
		{"no address", person("email", "a b"), "PATTERN_NOT_MATCHED"},
		{"attendees as text", with("attendees", "a@b.example"), "PATTERN_NOT_MATCHED"},
		{"an attendee as text", with("attendees", []any{"a@b.example"}), "PATTERN_NOT_MATCHED"},
		{"reminder by notification", reminder("notification", "-15"), ""},
		{"reminder after the start", reminder("email", "+5"), ""},
		{"reminder by sms", reminder("sms", "-15"), "PATTERN_NOT_MATCHED"},
		{"reminder in words", reminder("popup", "soon"), "PATTERN_NOT_MATCHED"},
		{"a rule", with("rrule", "FREQ=WEEKLY;BYDAY=MO,TU;COUNT=5"), ""},
		{"a rule with its name", with("rrule", "RRULE:FREQ=DAILY"), ""},
		{"no rule", with("rrule", "weekly"), "PATTERN_NOT_MATCHED"},
		{"a rule that never happens", with("rrule", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"), "PATTERN_NOT_MATCHED"},
		{"null is as absent", visit("x", "location", nil, "attendees", nil), ""},
	} {
		r := k.put("POST", primary+"/events", c.data)
		if c.code == "" && r.status != 200 || c.code != "" && (r.status != 400 || r.text("error.0.error_code") != c.code) {
			t.Errorf("%s: %d %s, want %q", c.name, r.status, r.raw, c.code)
		}
	}
	k.switchTo("calendar_extra_key", "PATTERN_NOT_MATCHED")
	k.put("POST", primary+"/events", with("notifyType", 1)).want(400, "error.0.error_code", "PATTERN_NOT_MATCHED")
}

func TestAnOffsetOrTheZoneDecidesTheTime(t *testing.T) {
	t.Parallel()
	k := calendarKit(t)
	data := map[string]any{"title": "x", "dateandtime": when("20261124T100000+0000", "20261124T110000+0000", "America/Chicago")}
	k.add(data).want(200, "dateandtime.start", "20261124T040000-0600")
	k.switchTo("calendar_offset_and_zone", "zone")
	k.add(data).want(200, "dateandtime.start", "20261124T100000-0600")
	k.add(visit("z")).want(200, "dateandtime.start", "20261124T100000-0600") // Z is always UTC
}

func TestPutReplacesTheWholeEvent(t *testing.T) {
	t.Parallel()
	k := calendarKit(t)
	e := k.add(visit("x", "location", "l", "description", "d", "transparency", 1, "attendees", []any{map[string]any{"email": "a@b.example"}}))
	path := eventPath(e)
	k.pass(time.Minute)
	k.put("PUT", path, visit("y")).want(400, "error.0.error_code", "LESS_THAN_MIN_OCCURANCE")
	k.put("PUT", path, map[string]any{"title": "y", "etag": e.text("etag")}).want(400, "error.0.error_code", "LESS_THAN_MIN_OCCURANCE")
	k.do("PUT", path, visit("y", "etag", e.text("etag"))).want(400)
	r := k.put("PUT", path, visit("y", "etag", e.text("etag"))).want(
		200, "events.0.uid", e.text("uid"), "events.0.title", "y", "events.0.location", "", "events.0.description", "", "events.0.transparency", "0",
		"events.0.attendees.0", nil, "events.0.createdtime", "20261123T150000Z", "events.0.lastmodifiedtime", "20261123T150100Z",
	)
	if r.text("events.0.etag") == e.text("etag") {
		t.Error("the etag stays")
	}
	k.put("PUT", path, visit("z", "etag", e.text("etag"))).want(400, "error.0.error_code", "INVALID_ETAG")
	k.switchTo("calendar_stale_etag", "409 CONFLICT")
	k.put("PUT", path, visit("z", "etag", e.text("etag"))).want(409, "error.0.error_code", "CONFLICT")
	k.switchTo("calendar_stale_etag", "412 PRECONDITION_FAILED")
	k.put("PUT", path, visit("z", "etag", e.text("etag"))).want(412, "error.0.error_code", "PRECONDITION_FAILED")
	k.get(path).want(200, "events.0.title", "y")
	k.put("PUT", path, visit("z", "etag", r.text("events.0.etag"), "uid", e.text("uid"))).want(400, "error.0.error_code", "EXTRA_KEY_FOUND")
	k.put("PUT", path, strings.Replace(jsonText(visit("z", "etag", "E")), `"E"`, r.text("events.0.etag"), 1)).want(200, "events.0.title", "z") // as a number
	k.put("PUT", primary+"/events/unknown", visit("z", "etag", "1")).want(404)
}

func TestPatchKeepsWhatItDoesNotName(t *testing.T) {
	t.Parallel()
	k := calendarKit(t)
	e := k.add(visit("x", "location", "l"))
	k.put("PATCH", eventPath(e), map[string]any{"title": "y"}).want(400, "error.0.error_code", "LESS_THAN_MIN_OCCURANCE")
	r := k.put("PATCH", eventPath(e), map[string]any{"title": "y", "etag": e.text("etag")}).want(
		200, "events.0.title", "y", "events.0.location", "l", "events.0.dateandtime.start", "20261124T100000-0600")
	k.put("PATCH", eventPath(e), map[string]any{"isallday": true, "etag": r.text("events.0.etag")}).want(400)
	series := k.add(visit("s", "rrule", "FREQ=DAILY;COUNT=5"))
	k.put("PATCH", eventPath(series), map[string]any{
		"title": "rest", "etag": series.text("etag"), "recurrenceid": "20261127T160000Z", "recurrence_edittype": "following",
	}).want(200, "events.0.rrule", "FREQ=DAILY;COUNT=2", "events.0.dateandtime.start", "20261127T100000-0600")
	k.switchTo("calendar_patch", "refuse")
	k.put("PATCH", eventPath(e), map[string]any{"title": "z", "etag": r.text("events.0.etag")}).want(405, "error.0.error_code", "INVALID_METHOD")
}

// series makes a daily event of five days and gives how to look at it.
func series(k *kit) (e reply, shown func() string) {
	e = k.add(visit("s", "rrule", "FREQ=DAILY;COUNT=5"))
	return e, func() string {
		k.t.Helper()
		text := k.get(primary + "/events" + span("20261123", "20261205", "byinstance", "true")).want(200).titles()
		return strings.NewReplacer("202611", "", "0000-0600", "", "T", "/").Replace(text)
	}
}

func TestOneInstanceAllAfterItOrTheSeriesIsChanged(t *testing.T) {
	t.Parallel()
	change := func(title, start, end, etag string, more ...any) map[string]any {
		m := map[string]any{"title": title, "etag": etag, "dateandtime": when(start, end, "America/Chicago")}
		for i := 0; i < len(more); i += 2 {
			m[more[i].(string)] = more[i+1]
		}
		return m
	}
	for _, c := range []struct {
		name string
		data func(etag string) map[string]any
		want string
	}{
		{
			"only one, moved to another day", func(etag string) map[string]any {
				return change("moved", "20261130T180000Z", "20261130T190000Z", etag, "recurrenceid", "20261126T160000Z", "recurrence_edittype", "only")
			},
			"s 24/10, s 25/10, s 27/10, s 28/10, moved 30/12",
		},
		{
			"following: the rest is an event of its own", func(etag string) map[string]any {
				return change("rest", "20261126T180000Z", "20261126T190000Z", etag, "recurrenceid", "20261126T160000Z", "recurrence_edittype", "following",
					"rrule", "FREQ=DAILY;COUNT=2")
			},
			"s 24/10, s 25/10, rest 26/12, rest 27/12",
		},
		{
			"following, without a rule: it is lost", func(etag string) map[string]any {
				return change("rest", "20261126T180000Z", "20261126T190000Z", etag, "recurrenceid", "20261126T160000Z", "recurrence_edittype", "following")
			},
			"s 24/10, s 25/10, rest 26/12",
		},
		{
			"following from the first: the whole series", func(etag string) map[string]any {
				return change("rest", "20261124T180000Z", "20261124T190000Z", etag, "recurrenceid", "20261124T160000Z", "recurrence_edittype", "following",
					"rrule", "FREQ=DAILY;COUNT=2")
			},
			"rest 24/12, rest 25/12",
		},
		{
			"all, by default, even with a recurrenceid", func(etag string) map[string]any {
				return change("all", "20261124T180000Z", "20261124T190000Z", etag, "recurrenceid", "20261126T160000Z", "rrule", "FREQ=DAILY;COUNT=2")
			},
			"all 24/12, all 25/12",
		},
		{
			"all, without a rule: a single event", func(etag string) map[string]any {
				return change("all", "20261124T180000Z", "20261124T190000Z", etag, "recurrence_edittype", "all")
			},
			"all 24/12",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := calendarKit(t)
			e, shown := series(k)
			k.put("PUT", eventPath(e), c.data(e.text("etag"))).want(200)
			if got := shown(); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	k := calendarKit(t)
	e, _ := series(k)
	path, etag := eventPath(e), e.text("etag")
	const start, end = "20261126T180000Z", "20261126T190000Z"
	k.put("PUT", path, change("x", start, end, etag, "recurrence_edittype", "only")).want(400, "error.0.error_code", "LESS_THAN_MIN_OCCURANCE")
	k.put("PUT", path, change("x", start, end, etag, "recurrence_edittype", "some")).want(400, "error.0.error_code", "PATTERN_NOT_MATCHED")
	k.put("PUT", path, change("x", start, end, etag, "recurrence_edittype", "only", "recurrenceid", start)).want(404)
	moved := k.put("PUT", path, change("moved", start, end, etag, "recurrence_edittype", "only", "recurrenceid", "20261126T160000Z")).want(
		200, "events.0.recurrenceid", "20261126T160000Z", "events.0.dateandtime.start", "20261126T120000-0600", "events.0.rrule", nil)
	k.put("PUT", path, change("x", start, end, etag)).want(400, "error.0.error_code", "INVALID_ETAG") // within the same millisecond
	k.get(path+"?recurrenceid=20261126T160000Z").want(200, "events.0.title", "moved", "events.0.dateandtime.start", "20261126T120000-0600")
	k.get(path+"?recurrenceid=20261127T160000Z").want(200, "events.0.title", "s", "events.0.recurrenceid", "20261127T160000Z")
	k.get(path).want(200, "events.0.title", "s", "events.0.etag", moved.text("events.0.etag"))
	k.get(primary + "/events" + span("20261126", "20261127")).wantTitles("moved 20261126T120000-0600")

	// A change of the whole series keeps the instance that was moved, unless the series itself moves.
	all := func(title, start, end string) {
		t.Helper()
		moved = k.put("PUT", path, change(title, start, end, moved.text("events.0.etag"), "rrule", "FREQ=DAILY;COUNT=5")).want(200)
	}
	all("all", "20261124T160000Z", "20261124T173000Z")
	k.get(path+"?recurrenceid=20261126T160000Z").want(200, "events.0.title", "moved")
	all("late", "20261124T170000Z", "20261124T180000Z")
	k.get(path + "?recurrenceid=20261126T160000Z").want(404)
	k.get(path+"?recurrenceid=20261126T170000Z").want(200, "events.0.title", "late")
}

func TestDeletingWantsTheEtagWhereTheSwitchSays(t *testing.T) {
	t.Parallel()
	k := calendarKit(t)
	full := func(e reply) string {
		return params("eventdata", jsonText(map[string]any{"uid": e.text("uid"), "etag": e.text("etag"), "notify_attendee": 0}))
	}
	for form, accepted := range map[string]map[string]bool{
		"eventdata": {"header": false, "eventdata": true, "both": true},
		"header":    {"header": true, "eventdata": false, "both": true},
		"either":    {"header": true, "eventdata": true, "both": true},
	} {
		k.switchTo("calendar_delete_form", form)
		for way, ok := range accepted {
			e := k.add(visit("x"))
			path, header := eventPath(e), []string{}
			if way != "header" {
				path += full(e)
			}
			if way != "eventdata" {
				header = []string{"etag", e.text("etag")}
			}
			r := k.do("DELETE", path, nil, header...)
			if ok {
				r.want(200, "events.0.estatus", "deleted", "events.0.uid", e.text("uid"))
				k.get(eventPath(e)).want(404)
				continue
			}
			r.want(400, "error.0.error_code", "LESS_THAN_MIN_OCCURANCE")
			k.get(eventPath(e)).want(200)
		}
		e := k.add(visit("x"))
		stale := params("eventdata", jsonText(map[string]any{"uid": e.text("uid"), "etag": "5"}))
		k.do("DELETE", eventPath(e)+stale, nil, "etag", "5").want(400, "error.0.error_code", "INVALID_ETAG")
	}
	k.switchTo("calendar_delete_form", "eventdata")
	e := k.add(visit("x"))
	k.put("DELETE", eventPath(e), map[string]any{"etag": e.text("etag")}).want(400, "error.0.error_code", "LESS_THAN_MIN_OCCURANCE")
	k.put("DELETE", eventPath(e), map[string]any{"etag": e.text("etag"), "uid": "other"}).want(400, "error.0.error_code", "PATTERN_NOT_MATCHED")
	k.put("DELETE", eventPath(e), map[string]any{"etag": e.text("etag"), "uid": e.text("uid"), "title": "x"}).want(400, "error.0.error_code", "EXTRA_KEY_FOUND")
	k.get(eventPath(e)).want(200)
}

func TestOneInstanceAllAfterItOrTheSeriesIsDeleted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, id, kind, want string
	}{
		{"one, by default of an instance", "20261126T160000Z", "", "s 24/10, s 25/10, s 27/10, s 28/10"},
		{"one", "20261124T160000Z", "only", "s 25/10, s 26/10, s 27/10, s 28/10"},
		{"following", "20261126T160000Z", "following", "s 24/10, s 25/10"},
		{"following from the first", "20261124T160000Z", "following", ""},
		{"all", "20261126T160000Z", "all", ""},
		{"the series, without an instance", "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := calendarKit(t)
			e, shown := series(k)
			data := map[string]any{"uid": e.text("uid"), "etag": e.text("etag")}
			if c.id != "" {
				data["recurrenceid"] = c.id
			}
			if c.kind != "" {
				data["recurrence_edittype"] = c.kind
			}
			k.put("DELETE", eventPath(e), data).want(200)
			if got := shown(); got != c.want {
				t.Errorf("left is %q, want %q", got, c.want)
			}
		})
	}
}
