package zohosim_test

import (
	"fmt"
	"testing"
	"time"
)

func TestMeetingIsRelatedToAContactOrSomethingElse(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	contact := k.insert("Contacts", map[string]any{"First_Name": "Cy", "Last_Name": "Young"})[0]
	l := k.insert("Leads", lead("Boyle"))[0]
	account := k.insert("Accounts", map[string]any{"Account_Name": "Acme"})[0]
	post := func(more ...any) reply { return k.one("POST", "/crm/v8/Events", meeting("m", start, more...)) }

	id := post("Who_Id", map[string]any{"id": contact}, "What_Id", map[string]any{"id": account}, "$se_module", "Accounts").want(201).text("details.id")
	k.get("/crm/v8/Events/"+id).want(200, "data.0.Who_Id.name", "Cy Young", "data.0.Who_Id.id", contact, "data.0.What_Id.name", "Acme", "data.0.$se_module", "Accounts")
	k.get("/crm/v8/Events?fields=What_Id,$se_module").want(200, "data.0.$se_module", "Accounts", "data.0.What_Id.id", account)
	post("What_Id", l, "$se_module", "Leads").want(201)

	post("Who_Id", l).want(400, "code", "INVALID_DATA", "details.api_name", "Who_Id")
	post("Who_Id", contact, "What_Id", l, "$se_module", "Leads").want(400, "code", "DEPENDENT_MISMATCH", "details.dependee.api_name", "Who_Id")
	post("What_Id", account, "$se_module", "Leads").want(400, "code", "INVALID_DATA", "details.api_name", "What_Id")
	post("What_Id", contact, "$se_module", "Contacts").want(400, "code", "INVALID_DATA", "details.api_name", "$se_module")
	post("What_Id", l, "$se_module", "Nope").want(400, "details.api_name", "$se_module")
	// An update of What_Id keeps the module it had.
	k.one("PUT", "/crm/v8/Events/"+id, map[string]any{"What_Id": k.insert("Accounts", map[string]any{"Account_Name": "B"})[0]}).want(200)
	k.get("/crm/v8/Events/"+id).want(200, "data.0.What_Id.name", "B")
}

func TestWhatIDWithoutSeModuleSwitch(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	l := k.insert("Leads", lead("Boyle"))[0]
	post := func() reply { return k.one("POST", "/crm/v8/Events", meeting("m", start, "What_Id", l)) }
	post().want(400, "code", "DEPENDENT_FIELD_MISSING", "details.api_name", "$se_module", "details.dependee.api_name", "What_Id")
	k.switchTo("what_id_without_se_module", "guess")
	k.get("/crm/v8/Events/"+post().want(201).text("details.id")).want(200, "data.0.What_Id.id", l, "data.0.$se_module", "Leads")
	k.switchTo("what_id_without_se_module", "drop")
	k.get("/crm/v8/Events/"+post().want(201).text("details.id")).want(200, "data.0.What_Id", nil)
}

func TestMeetingMandatoryFieldsAndTimes(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	for _, missing := range []string{"Event_Title", "Start_DateTime", "End_DateTime"} {
		m := meeting("m", start)
		delete(m, missing)
		k.one("POST", "/crm/v8/Events", m).want(400, "code", "MANDATORY_NOT_FOUND", "details.api_name", missing)
	}
	backwards := meeting("m", start, "End_DateTime", "2026-11-23T08:00:00-06:00")
	k.one("POST", "/crm/v8/Events", backwards).want(400, "code", "INVALID_DATA", "details.api_name", "End_DateTime")
	id := k.insert("Events", meeting("m", start))[0]
	k.one("PUT", "/crm/v8/Events/"+id, map[string]any{"Start_DateTime": "2026-11-24T09:00:00-06:00"}).want(400, "details.api_name", "End_DateTime")
	k.switchTo("event_end_before_start", "accept")
	k.one("POST", "/crm/v8/Events", backwards).want(201)
}

func TestMeetingsOfOneOwnerMayOverlap(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	k.insert("Events", meeting("a", start, "Owner", ann), meeting("b", start, "Owner", ann))
	k.get("/crm/v8/Events/actions/count").want(200, "count", "2")
}

func TestWholeMeetingComesBack(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	id := k.insert("Events", meeting("Demo", start, "All_day", false, "Venue", "Room 1", "Meeting_Venue__s", "Client location",
		"Owner", map[string]any{"id": ben}, "Remind_At", []any{map[string]any{"unit": 15, "period": "minutes"}}, "send_notification", true,
		"Description", "…", "Recurring_Activity", map[string]any{"RRULE": "FREQ=WEEKLY;INTERVAL=1;UNTIL=2026-12-31;DTSTART=2026-11-23"}))[0]
	k.get("/crm/v8/Events/"+id).want(200, "data.0.Venue", "Room 1", "data.0.Meeting_Venue__s", "Client location", "data.0.Owner.id", ben,
		"data.0.Remind_At.0.unit", "15", "data.0.Description", "…", "data.0.All_day", false, "data.0.Created_By.id", rae,
		"data.0.Recurring_Activity.RRULE", "FREQ=WEEKLY;INTERVAL=1;UNTIL=2026-12-31;DTSTART=2026-11-23")
	k.one("POST", "/crm/v8/Events", meeting("x", start, "Remind_At", []any{map[string]any{"unit": 15, "period": "moons"}})).want(400, "details.api_name", "Remind_At")
}

func TestParticipants(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	contact := k.insert("Contacts", map[string]any{"First_Name": "Cy", "Last_Name": "Young", "Email": "cy@x.example"})[0]
	l := k.insert("Leads", lead("Boyle", "Email", "b@x.example"))[0]
	people := []any{
		map[string]any{"type": "contact", "participant": contact},
		map[string]any{"type": "lead", "participant": l},
		map[string]any{"type": "user", "participant": ann},
		map[string]any{"type": "email", "participant": "z@x.example"},
	}
	id := k.insert("Events", meeting("m", start, "Participants", people))[0]
	r := k.get("/crm/v8/Events/"+id).want(200, "data.0.Participants.0.name", "Cy Young", "data.0.Participants.0.Email", "cy@x.example",
		"data.0.Participants.0.participant", contact, "data.0.Participants.1.type", "lead", "data.0.Participants.2.Email", "ann@ridgeline.example",
		"data.0.Participants.3.Email", "z@x.example", "data.0.Participants.0.invited", false, "data.0.Participants.0.status", "not_known")
	pid := r.text("data.0.Participants.0.id")
	k.one("PUT", "/crm/v8/Events/"+id, map[string]any{"Participants": people[:1], "send_notification": true}).want(200)
	k.get("/crm/v8/Events/"+id).want(200, "data.0.Participants.0.id", pid, "data.0.Participants.0.invited", true, "data.0.Participants.1", nil)

	k.one("PUT", "/crm/v8/Events/"+id, map[string]any{"Participants": people[:2]}).want(200)
	k.get("/crm/v8/Events/"+id).want(200, "data.0.Participants.0.invited", true, "data.0.Participants.1.invited", false)
	other := k.insert("Events", meeting("m", start, "Participants", people[:1]))[0]
	k.one("PUT", "/crm/v8/Events/"+other, map[string]any{"send_notification": true}).want(200)
	k.get("/crm/v8/Events/"+other).want(200, "data.0.Participants.0.invited", true)

	for name, p := range map[string]any{
		"unknown contact": map[string]any{"type": "contact", "participant": l}, "unknown type": map[string]any{"type": "pet", "participant": contact},
		"bad address": map[string]any{"type": "email", "participant": "z"}, "no object": "z",
	} {
		if r := k.one("POST", "/crm/v8/Events", meeting("m", start, "Participants", []any{p})); r.status != 400 || r.at("details.api_name") != "Participants" {
			t.Errorf("%s: %s", name, r.raw)
		}
	}
	many := make([]any, 51)
	for i := range many {
		many[i] = map[string]any{"type": "email", "participant": "z@x.example"}
	}
	k.one("POST", "/crm/v8/Events", meeting("m", start, "Participants", many)).want(400, "code", "LIMIT_EXCEEDED", "details.limit", "50")
	k.one("POST", "/crm/v8/Events", meeting("m", start, "Participants", many[:50])).want(201)
}

func TestCancelMeeting(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	guest := []any{map[string]any{"type": "email", "participant": "z@x.example"}}
	invited := k.insert("Events", meeting("invited", start.Add(time.Hour), "Participants", guest, "send_notification", true))[0]
	alone := k.insert("Events", meeting("alone", start.Add(time.Hour)))[0]
	silent := k.insert("Events", meeting("silent", start.Add(time.Hour), "Participants", guest))[0]
	past := k.insert("Events", meeting("past", start.Add(-time.Hour), "Participants", guest, "send_notification", true))[0]
	cancel := func(id string, item map[string]any) reply {
		return k.one("POST", "/crm/v8/Events/"+id+"/actions/cancel", item)
	}
	yes := map[string]any{"send_cancelling_mail": true}
	cancel(alone, yes).want(400, "code", "NOT_ALLOWED", "details.reason", "no_participants_invited", "details.id", alone)
	cancel(silent, yes).want(400, "code", "NOT_ALLOWED", "details.reason", "no_participants_invited")
	cancel(past, yes).want(400, "code", "NOT_ALLOWED", "details.reason", "completed_meeting")
	cancel(invited, map[string]any{}).want(400, "code", "MANDATORY_NOT_FOUND", "details.api_name", "send_cancelling_mail")
	cancel(invited, map[string]any{"send_cancelling_mail": "yes"}).want(400, "code", "INVALID_DATA", "details.expected_data_type", "boolean")
	cancel(invited, map[string]any{"send_cancelling_mail": false, "cancelled_by": map[string]any{"id": ann}}).want(400, "code", "INVALID_DATA")
	k.get("/crm/v8/Events?fields=$event_cancelled&ids="+invited).want(200, "data.0.$event_cancelled", false)

	k.pass(time.Second)
	cancel(invited, map[string]any{"send_cancelling_mail": true, "cancelled_by": map[string]any{"id": ann}}).
		want(200, "code", "SUCCESS", "status", "success", "message", "The event is successfully cancelled", "details.id", invited)
	k.get("/crm/v8/Events?fields=Event_Title,$event_cancelled,Modified_Time&ids="+invited).
		want(200, "data.0.$event_cancelled", true, "data.0.Event_Title", "invited", "data.0.Modified_Time", "2026-11-23T09:00:01-06:00")
	k.get("/crm/v8/Events/"+invited).want(200, "data.0.$event_cancelled", nil, "data.0.Event_Title", "invited")
	cancel(invited, yes).want(400, "code", "NOT_ALLOWED")
	k.switchTo("cancel_refusal", "INVALID_DATA")
	cancel(alone, yes).want(403, "code", "INVALID_DATA", "details.reason", "no_participants_invited", "details.id", alone)
	k.switchTo("cancel_refusal", "NOT_ALLOWED")
	cancel("5725767000000999999", yes).want(400, "code", "INVALID_DATA")
}

// TestRepeatingMeetingsAsRecords: under switch repeating_meetings each occurrence has a record of its own, and its owner's calendar shows
// each once.
func TestRepeatingMeetingsAsRecords(t *testing.T) {
	t.Parallel()
	rule := map[string]any{"RRULE": "FREQ=WEEKLY;INTERVAL=1;UNTIL=2026-12-22;DTSTART=2026-11-23"}
	k := fresh(t)
	k.insert("Events", meeting("one", start, "Owner", ann, "Recurring_Activity", rule))
	k.get("/crm/v8/Events/actions/count").want(200, "count", "1")
	k.switchTo("repeating_meetings", "separate_records")
	id := k.insert("Events", meeting("each", start, "Owner", ann, "Recurring_Activity", rule))[0]
	k.insert("Events", meeting("once", start, "Owner", ann))
	r := k.get("/crm/v8/Events?fields=id,Event_Title,Start_DateTime,Recurring_Activity&sort_order=asc").want(200)
	n := 0
	for i := range 20 {
		if r.text(fmt.Sprintf("data.%d.Event_Title", i)) == "each" && r.text(fmt.Sprintf("data.%d.Recurring_Activity.RRULE", i)) == rule["RRULE"] {
			n++
		}
	}
	if n != 5 { // the Mondays from the 23rd of November to the 21st of December
		t.Errorf("%d records, the first is %s: %s", n, id, r.raw)
	}
}
