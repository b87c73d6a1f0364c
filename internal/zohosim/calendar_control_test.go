package zohosim_test

import (
	"fmt"
	"testing"
	"time"
)

func TestCalendarsAreSetUpThroughTheControlInterface(t *testing.T) {
	t.Parallel()
	k := calendarKit(t)
	seeded := k.get(primary).text("calendars.0.uid")
	const path = "/_sim/calendars/" + annMail
	k.control("GET", path, nil).want(200, "user", ann, "email", annMail, "fb_not_enabled", false, "calendars.0.uid", seeded, "calendars.1", nil,
		"crm_calendar.category", "app", "crm_calendar.name", "Zoho CRM")
	set := func(body any) reply { return k.control("PUT", path, body) }
	set(map[string]any{"calendars": []any{
		map[string]any{"uid": "holidays", "name": "Holidays", "category": "other", "privilege": "view", "visibility": false},
		map[string]any{
			"uid": seeded, "name": "Mine", "timezone": "Europe/Berlin", "color": "#000000", "textcolor": "#111111",
			"events": []any{visit("x", "uid", "my-uid", "etag", "77", "createdby", "b@x.example", "createdtime", "20260101T000000Z", "lastmodifiedtime", "20260102T000000Z")},
		},
	}}).want(200, "calendars.0.uid", seeded, "calendars.0.isdefault", true, "calendars.0.events.0.title", "x", "calendars.1.uid", "holidays")
	k.get(primary).want(200, "calendars.0.name", "Mine", "calendars.0.timezone", "Europe/Berlin", "calendars.0.color", "#000000", "calendars.0.textcolor", "#111111")
	k.get("/api/v1/calendars?category=all").want(200, "calendars.0.uid", seeded, "calendars.1.category", "app", "calendars.2", nil)
	k.get("/api/v1/calendars?category=all&showhiddencal=true").want(200, "calendars.1.uid", "holidays", "calendars.1.privilege", "view")
	k.get(primary+"/events/my-uid").want(
		200, "events.0.etag", "77", "events.0.createdby", "b@x.example", "events.0.createdtime", "20260101T000000Z", "events.0.lastmodifiedtime", "20260102T000000Z")
	k.put("PUT", primary+"/events/my-uid", visit("y", "etag", "77")).want(200)
	k.put("POST", "/api/v1/calendars/holidays/events", visit("x")).want(403, "error.0.error_code", "NO_PERMISSION")

	// What is absent stays: events of a calendar that is named, calendars, settings.
	set(map[string]any{"calendars": []any{map[string]any{"uid": seeded}}, "fb_not_enabled": true}).want(200, "calendars.0.name", "Mine", "calendars.0.events.0.title", "y", "calendars.1", nil)
	set(map[string]any{"out_of_work": []any{map[string]any{"start": "20261127", "end": "20261127"}}}).want(200, "fb_not_enabled", true, "calendars.0.events.0.title", "y")
	set(map[string]any{}).want(200, "out_of_work.0.start", "20261127")
	set(map[string]any{"calendars": []any{map[string]any{"uid": seeded, "events": []any{}}}}).want(200, "calendars.0.events.0", nil)
	k.control("GET", "/_sim/calendars/"+ben, nil).want(200, "email", benMail, "fb_not_enabled", false)

	for what, body := range map[string]any{
		"an unknown member":           map[string]any{"calendar": []any{}},
		"an unknown member within":    map[string]any{"calendars": []any{map[string]any{"colour": "red"}}},
		"no calendar left":            map[string]any{"calendars": []any{}},
		"no own calendar left":        map[string]any{"calendars": []any{map[string]any{"name": "x", "category": "group"}}},
		"an unknown category":         map[string]any{"calendars": []any{map[string]any{"category": "mine"}}},
		"an unknown zone":             map[string]any{"calendars": []any{map[string]any{"timezone": "Mars"}}},
		"one uid twice":               map[string]any{"calendars": []any{map[string]any{"uid": seeded}, map[string]any{"uid": seeded}}},
		"an event without times":      map[string]any{"calendars": []any{map[string]any{"events": []any{map[string]any{"title": "x"}}}}},
		"an event of an unknown zone": map[string]any{"calendars": []any{map[string]any{"events": []any{visit("x", "rrule", "never")}}}},
		"days that end early":         map[string]any{"out_of_work": []any{map[string]any{"start": "20261128", "end": "20261127"}}},
		"days that are instants":      map[string]any{"out_of_work": []any{map[string]any{"start": "20261127T000000Z", "end": "20261128T000000Z"}}},
		"events of the CRM":           map[string]any{"crm_calendar": map[string]any{"events": []any{visit("x")}}},
		"an own calendar of the CRM":  map[string]any{"crm_calendar": map[string]any{"category": "own"}},
	} {
		if r := set(body); r.status != 400 || r.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", what, r.status, r.raw)
		}
	}
	set(map[string]any{}).want(200, "calendars.0.name", "Mine", "calendars.1", nil)
	k.control("PUT", "/_sim/calendars/nobody@x.example", map[string]any{}).want(404)
	k.control("GET", "/_sim/calendars/nobody@x.example", nil).want(404)
	k.control("POST", "/_sim/reset", map[string]any{}).want(200)
	k.control("GET", path, nil).want(200, "fb_not_enabled", false, "calendars.0.name", "Ann Archer", "calendars.0.uid", seeded)
}

func TestCalendarsSurviveTheDeathOfTheProcessAndCompaction(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	k := newKit(t, setup{dir: dir})
	k.asUser(annMail, everything+","+calendarScopes)
	k.insert("Events", meeting("m", start, "Owner", ann))
	s, _ := series(k)
	e := k.put("PUT", eventPath(s), visit("moved", "etag", s.text("etag"), "recurrence_edittype", "only", "recurrenceid", "20261126T160000Z",
		"dateandtime", when("20261126T180000Z", "20261126T190000Z", "America/Chicago"))).want(200)
	k.put("DELETE", eventPath(s), map[string]any{"uid": s.text("uid"), "etag": e.text("events.0.etag"), "recurrenceid": "20261125T160000Z"}).want(200)
	gone := k.add(visit("gone"))
	k.put("DELETE", eventPath(gone), map[string]any{"uid": gone.text("uid"), "etag": gone.text("etag")}).want(200)
	k.add(map[string]any{"title": "off", "isallday": true, "dateandtime": when("20261127", "20261127", "Europe/Berlin"), "transparency": 1})
	k.control("PUT", "/_sim/calendars/"+benMail, map[string]any{
		"fb_not_enabled": true, "out_of_work": []any{map[string]any{"start": "20261127", "end": "20261127"}},
		"crm_calendar": map[string]any{"include_infreebusy": false},
		"calendars":    []any{map[string]any{"name": "Ben's", "events": []any{visit("his")}}},
	}).want(200)
	newest := k.add(visit("newest"))
	paths := []string{
		"/api/v1/calendars?category=all", primary + "/events" + span("20261123", "20261205"), primary + "/events" + span("20261123", "20261205", "byinstance", "true"),
		eventPath(s) + "?recurrenceid=20261126T160000Z", "/api/v1/calendars/freebusy" + params("uemail", annMail, "sdate", "20261123T000000", "edate", "20261130T000000"),
		"/_sim/calendars/" + annMail, "/_sim/calendars/" + benMail,
	}
	was := map[string]string{}
	for _, p := range paths {
		r := k.get(p).want(200)
		was[p] = fmt.Sprint(r.body)
	}
	same := func(what string, again *kit) {
		t.Helper()
		again.sim.SetBaseURL("us", k.url) // part of answers
		for _, p := range paths {
			if got := fmt.Sprint(again.get(p).body); got != was[p] {
				t.Errorf("%s, %s:\n%s\nwas\n%s", what, p, got, was[p])
			}
		}
		r := again.add(visit("next"))
		if r.text("id") <= newest.text("id") {
			t.Errorf("%s: id %s was there before", what, r.text("id"))
		}
	}
	same("killed", k.reopened(dir))
	if err := k.sim.CompactForTest(); err != nil {
		t.Fatal(err)
	}
	same("compacted", k.reopened(dir))
}

func TestCalendarsAreReadAndWrittenAtOnce(t *testing.T) {
	t.Parallel()
	k := calendarKit(t)
	done := make(chan reply)
	for i := range 8 {
		go func() {
			start := time.Date(2026, 11, 24, 8+i, 0, 0, 0, time.UTC).Format("20060102T150405Z")
			k.busy()
			done <- k.put("POST", primary+"/events", visit("x", "dateandtime", when(start, start, "America/Chicago")))
		}()
	}
	uids := map[string]bool{}
	for range 8 {
		r := <-done
		uids[r.want(200).text("events.0.uid")] = true
	}
	if list, _ := k.get(primary + "/events" + span("20261124", "20261125")).at("events").([]any); len(list) != 8 || len(uids) != 8 {
		t.Errorf("%d events, %d uids", len(list), len(uids))
	}
}
