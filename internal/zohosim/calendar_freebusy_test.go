package zohosim_test

import (
	"testing"
	"time"
)

// busy asks for Ann's busy times of the week of the tests.
func (k *kit) busy(more ...string) reply {
	k.t.Helper()
	v := append([]string{"uemail", annMail, "sdate", "20261123T000000", "edate", "20261130T000000"}, more...)
	return k.get("/api/v1/calendars/freebusy" + params(v...))
}

func TestFreebusyTellsWhatBlocks(t *testing.T) {
	t.Parallel()
	k := calendarKit(t)
	k.add(visit("x"))
	k.add(visit("free", "transparency", 1))
	k.add(visit("weekly", "dateandtime", when("20261026T140000Z", "20261026T150000Z", "America/Chicago"), "rrule", "FREQ=WEEKLY"))
	k.add(visit("elsewhen", "dateandtime", when("20261201T140000Z", "20261201T150000Z", "America/Chicago")))
	r := k.busy("ftype", "eventbased").want(
		200, "freebusy.0.fbtype", "busy", "freebusy.0.startTime", "20261123T150000Z", "freebusy.0.endTime", "20261123T160000Z",
		"freebusy.1.startTime", "20261124T160000Z", "freebusy.2", nil,
	)
	if again := k.busy(); again.raw != r.raw {
		t.Errorf("without ftype: %s", again.raw)
	}
	k.switchTo("calendar_transparent", 0) // now 1 blocks and 0 does not; an event that says nothing blocks
	k.busy().want(200, "freebusy.1.startTime", "20261124T160000Z", "freebusy.2.startTime", "20261124T160000Z", "freebusy.3", nil)
	k.switchTo("calendar_transparent", 1, "freebusy_misses", "repeating")
	k.busy().want(200, "freebusy.0.startTime", "20261124T160000Z", "freebusy.1", nil)
	// A colleague sees the same.
	k.asUser(benMail, calendarScopes)
	k.busy().want(200, "freebusy.0.startTime", "20261124T160000Z")
}

func TestFreebusyByTime(t *testing.T) {
	t.Parallel()
	k := calendarKit(t)
	k.add(visit("x"))
	k.add(visit("y", "dateandtime", when("20261124T163000Z", "20261124T173000Z", "America/Chicago")))
	k.add(map[string]any{"title": "off", "isallday": true, "dateandtime": map[string]any{"start": "20261125", "end": "20261125"}})
	const chicago = `{"20261124":[null,["10:00-11:30"]],"20261125":[{"allday":true},[]]}`
	if got := k.busy("ftype", "timebased").want(200).raw; got != chicago {
		t.Errorf("got %s", got)
	}
	k.switchTo("freebusy_timebased_zone", "utc")
	const utc = `{"20261124":[null,["16:00-17:30"]],"20261125":[{"allday":true},[]]}`
	if got := k.busy("ftype", "timebased").want(200).raw; got != utc {
		t.Errorf("got %s", got)
	}
	k.busy("ftype", "daily").want(400, "error.0.error_code", "PATTERN_NOT_MATCHED")
}

func TestWholeDaysOfFreebusyComeInSeveralShapes(t *testing.T) {
	t.Parallel()
	k := calendarKit(t)
	k.add(map[string]any{"title": "off", "isallday": true, "dateandtime": map[string]any{"start": "20261125", "end": "20261125"}})
	k.control("PUT", "/_sim/calendars/"+annMail, map[string]any{"out_of_work": []any{map[string]any{"start": "20261127", "end": "20261129"}}}).want(200)
	shape := func(start, end, start2, end2 string) {
		t.Helper()
		k.busy().want(200, "freebusy.0.startTime", start, "freebusy.0.endTime", end, "freebusy.1.startTime", start2, "freebusy.1.endTime", end2, "freebusy.2", nil)
	}
	shape("20261125", "20261125", "20261127", "20261129")
	k.switchTo("calendar_all_day_end", "exclusive")
	shape("20261125", "20261126", "20261127", "20261130")
	k.switchTo("freebusy_all_day", "yyyyMMddZ", "calendar_all_day_end", "inclusive")
	shape("20261125Z", "20261125Z", "20261127Z", "20261129Z")
	k.switchTo("freebusy_all_day", "instants")
	shape("20261125T060000Z", "20261126T060000Z", "20261127T060000Z", "20261130T060000Z")
	k.switchTo("freebusy_misses", "all_day")
	k.busy().want(200, "freebusy.0.startTime", "20261127T060000Z", "freebusy.1", nil)
}

func TestWhoDoesNotShareIsNotFree(t *testing.T) {
	t.Parallel()
	k := calendarKit(t)
	k.add(visit("x"))
	set := func(v bool) {
		k.control("PUT", "/_sim/calendars/"+ann, map[string]any{"fb_not_enabled": v}).want(200, "fb_not_enabled", v)
	}
	set(true)
	for _, kind := range []string{"eventbased", "timebased"} {
		if got := k.busy("ftype", kind).want(200).raw; got != `{"fb_not_enabled":true}` {
			t.Errorf("%s: %s", kind, got)
		}
	}
	set(false)
	k.busy().want(200, "freebusy.0.startTime", "20261124T160000Z", "fb_not_enabled", nil)
	for _, stranger := range []string{"nobody@ridgeline.example", "otto@other.example"} {
		k.busy("uemail", stranger).want(200, "fb_not_enabled", true)
	}
}

func TestNothingBusyIsSaidInSeveralWays(t *testing.T) {
	t.Parallel()
	k := calendarKit(t)
	for reading, want := range map[string]string{"member": `{"NODATA":true}`, "text": "NODATA", "list": `{"freebusy":[]}`} {
		k.switchTo("freebusy_nothing", reading)
		for _, kind := range []string{"eventbased", "timebased"} {
			if got := k.busy("ftype", kind).want(200).raw; got != want {
				t.Errorf("%s, %s: %s", reading, kind, got)
			}
		}
	}
}

func TestFreebusyWantsLocalTimesOfAtMostAMonth(t *testing.T) {
	t.Parallel()
	k := calendarKit(t)
	k.busy("sdate", "20261101T000000", "edate", "20261202T000000").want(200)
	for _, bad := range [][2]string{
		{"20261101T000000", "20261202T000001"}, {"20261102T000000", "20261101T000000"}, {"20261101", "20261102"}, {"20261101T000000Z", "20261102T000000Z"},
	} {
		k.busy("sdate", bad[0], "edate", bad[1]).want(400, "error.0.error_code", "PATTERN_NOT_MATCHED")
	}
	for _, name := range []string{"uemail", "sdate", "edate"} {
		k.busy(name, "").want(400, "error.0.error_code", "LESS_THAN_MIN_OCCURANCE")
	}
	k.add(visit("late", "dateandtime", when("20261125T043000Z", "20261125T050000Z", "America/Chicago"))) // 22:30 on the 24th
	k.busy("sdate", "20261125T000000", "edate", "20261126T000000").want(200, "NODATA", true)
	k.switchTo("freebusy_zone", "utc")
	k.busy("sdate", "20261125T000000", "edate", "20261126T000000").want(200, "freebusy.0.startTime", "20261125T043000Z")
}

func TestOnlyIncludedCalendarsAndStandingEventsCount(t *testing.T) {
	t.Parallel()
	k := calendarKit(t)
	event := func(title, start, end string, more ...any) map[string]any {
		return visit(title, append([]any{"dateandtime", when(start, end, "America/Chicago")}, more...)...)
	}
	k.control("PUT", "/_sim/calendars/"+annMail, map[string]any{"calendars": []any{
		map[string]any{"name": "Work", "isdefault": true, "events": []any{
			event("called off", "20261124T100000Z", "20261124T110000Z", "estatus", "cancelled"),
			event("declined", "20261124T120000Z", "20261124T130000Z", "role", "participant", "organizer", "b@x.example",
				"attendees", []any{map[string]any{"email": annMail, "status": "DECLINED"}}),
			event("open", "20261124T140000Z", "20261124T150000Z", "role", "participant", "organizer", "b@x.example",
				"attendees", []any{map[string]any{"email": annMail, "status": "NEEDS-ACTION"}, map[string]any{"email": "b@x.example", "status": "ACCEPTED"}}),
		}},
		map[string]any{"name": "Birthdays", "include_infreebusy": false, "events": []any{event("b", "20261124T160000Z", "20261124T170000Z")}},
		map[string]any{"name": "Crew", "category": "group", "visibility": false, "events": []any{event("c", "20261124T180000Z", "20261124T190000Z")}},
	}}).want(200)
	k.busy().want(200, "freebusy.0.startTime", "20261124T140000Z", "freebusy.1.startTime", "20261124T180000Z", "freebusy.2", nil)
	list := func() reply { return k.get(primary + "/events" + span("20261124", "20261125")) }
	list().want(200, "events.0.estatus", "cancelled", "events.2.attendees.1.email", "b@x.example", "events.2.role", "participant", "events.2.organizer", "b@x.example")
	k.switchTo("calendar_list_attendees", "own")
	r := list().want(200, "events.2.attendees.0.email", annMail, "events.2.attendees.1", nil)
	k.get(primary+"/events/"+r.text("events.2.uid")).want(200, "events.0.attendees.1.email", "b@x.example")
	// Answers of those who are invited again stay.
	k.put("PUT", primary+"/events/"+r.text("events.2.uid"), event("open", "20261124T140000Z", "20261124T150000Z", "etag", r.text("events.2.etag"), "attendees",
		[]any{map[string]any{"email": "new@x.example"}, map[string]any{"email": "b@x.example"}})).want(
		200, "events.0.attendees.0.status", "NEEDS-ACTION", "events.0.attendees.1.status", "ACCEPTED", "events.0.role", "participant")
}

func TestTheCRMsCalendarMirrorsTheMeetingsOfItsUser(t *testing.T) {
	t.Parallel()
	k := calendarKit(t)
	app := "/api/v1/calendars/" + k.get("/api/v1/calendars?category=app").text("calendars.0.uid")
	at := time.Date(2026, 11, 24, 16, 0, 0, 0, time.UTC)
	id := k.insert("Events",
		meeting("hers", at, "Owner", ann, "Venue", "Room 1", "Description", "d", "send_notification", true,
			"Participants", []any{map[string]any{"type": "email", "participant": "z@x.example"}}),
		meeting("his", at.Add(time.Hour), "Owner", ben))[0]
	k.insert("Events", map[string]any{
		"Event_Title": "day off", "Owner": ann, "All_day": true, "Start_DateTime": "2026-11-26T00:00:00-06:00", "End_DateTime": "2026-11-26T23:59:00-06:00",
	}, meeting("weekly", at.AddDate(0, 0, -14), "Owner", ann, "Recurring_Activity", map[string]any{"RRULE": "FREQ=WEEKLY;INTERVAL=1;UNTIL=2026-12-31;DTSTART=2026-11-10", "EXDATE": "2026-12-01,2026-12-15"}))
	list := func(more ...string) reply { return k.get(app + "/events" + span("20261123", "20261130", more...)) }
	r := list("byinstance", "true")
	r.wantTitles("hers 20261124T100000-0600, weekly 20261124T100000-0600, day off 20261126")
	list("crm_event_type", "all").wantTitles("weekly 20261110T100000-0600, hers 20261124T100000-0600, his 20261124T110000-0600, day off 20261126")
	k.get(app + "/events" + span("20261130", "20261231", "byinstance", "true")).wantTitles(
		"weekly 20261208T100000-0600, weekly 20261222T100000-0600, weekly 20261229T100000-0600")
	k.get(app+"/events/"+r.text("events.0.uid")).want(
		200, "events.0.title", "hers", "events.0.location", "Room 1", "events.0.description", "d", "events.0.organizer", annMail,
		"events.0.createdby", annMail, "events.0.attendees.0.email", "z@x.example", "events.0.id", id)
	k.busy().want(200, "freebusy.0.startTime", "20261124T160000Z", "freebusy.1.startTime", "20261124T160000Z", "freebusy.2.startTime", "20261126", "freebusy.2.endTime", "20261126", "freebusy.3", nil)

	k.one("POST", "/crm/v8/Events/"+id+"/actions/cancel", map[string]any{"send_cancelling_mail": false}).want(200)
	list().want(200, "events.1.estatus", "cancelled")
	k.busy().want(200, "freebusy.1.startTime", "20261126") // the weekly one and the day off remain
	k.switchTo("calendar_crm_cancelled", "gone")
	list().wantTitles("weekly 20261110T100000-0600, day off 20261126")
	k.switchTo("calendar_crm_events", "all")
	list().wantTitles("weekly 20261110T100000-0600, his 20261124T110000-0600, day off 20261126")

	k.control("PUT", "/_sim/calendars/"+annMail, map[string]any{"crm_calendar": map[string]any{"include_infreebusy": false}}).want(200, "crm_calendar.include_infreebusy", false)
	k.busy().want(200, "NODATA", true)
	k.put("POST", app+"/events", visit("x")).want(403, "error.0.error_code", "NO_PERMISSION")
	k.asUser(annMail, calendarScopes)
	k.get(app+"/events"+span("20261123", "20261130")).want(401, "error.0.error_code", "OAUTH_SCOPE_MISMATCH")
	k.get(app).want(200)
	k.asUser(annMail, calendarScopes+",ZohoCRM.modules.events.READ")
	k.get(app + "/events" + span("20261123", "20261130")).want(200)
}
