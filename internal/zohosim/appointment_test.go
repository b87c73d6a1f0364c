package zohosim_test

import (
	"slices"
	"testing"
	"time"
)

// shop is a kit with a service of 45 minutes that Ann and Ben give, and a contact.
type shop struct {
	*kit
	service, contact string
}

func newShop(t testing.TB, k *kit, more ...any) shop {
	t.Helper()
	service := k.insert("Services__s", changed(map[string]any{
		"Service_Name": "Inspection", "Duration": 45,
		"Members": []any{map[string]any{"Members": map[string]any{"id": ann}}, map[string]any{"id": ben}},
	}, more...))[0]
	return shop{k, service, k.insert("Contacts", map[string]any{"Last_Name": "Boyle"})[0]}
}

func stamp(at time.Time) string { return at.Format("2006-01-02T15:04:05-07:00") }

// visit is a valid appointment with Ann, two hours from the start.
func (s shop) visit(more ...any) map[string]any {
	return changed(map[string]any{
		"Appointment_Name": "Inspection - Boyle", "Service_Name": map[string]any{"id": s.service},
		"Appointment_For":        map[string]any{"module": map[string]any{"api_name": "Contacts"}, "id": s.contact},
		"Appointment_Start_Time": stamp(start.Add(2 * time.Hour)), "Owner": map[string]any{"id": ann}, "Location": "Business Address",
	}, more...)
}

const visits = "/crm/v8/Appointments__s"

func (s shop) book(more ...any) string {
	s.t.Helper()
	return s.insert("Appointments__s", s.visit(more...))[0]
}

func TestAnAppointmentGetsItsEndAndStatus(t *testing.T) {
	t.Parallel()
	s := newShop(t, bare(t))
	id := s.book("Remind_At", []any{map[string]any{"unit": 15, "period": "minutes"}})
	s.get(visits+"/"+id).want(200, "data.0.Status", "Scheduled", "data.0.Duration", "45", "data.0.Reschedule_Count", "0",
		"data.0.Appointment_End_Time", "2026-11-23T11:45:00-06:00", "data.0.Owner.id", ann, "data.0.Rescheduled_From", nil,
		"data.0.Appointment_For.name", "Boyle", "data.0.Appointment_For.module.api_name", "Contacts", "data.0.Remind_At.0.unit", "15")
	s.get("/crm/v8/Services__s/"+s.service).want(200, "data.0.Members.0.Members.name", "Ann Archer", "data.0.Members.0.Members.module", "Users",
		"data.0.Members.1.Members.id", ben)
	// Another service takes another time.
	long := s.insert("Services__s", map[string]any{"Service_Name": "Roof", "Duration": 120, "Members": []any{map[string]any{"id": ann}}})[0]
	s.one("PUT", visits+"/"+id, map[string]any{"Service_Name": map[string]any{"id": long}}).want(200)
	s.get(visits+"/"+id).want(200, "data.0.Duration", "120", "data.0.Appointment_End_Time", "2026-11-23T13:00:00-06:00")
	// One that the owner does not give is none for this appointment.
	other := s.insert("Services__s", map[string]any{"Service_Name": "Gutter", "Duration": 15, "Members": []any{map[string]any{"id": ben}}})[0]
	s.one("PUT", visits+"/"+id, map[string]any{"Service_Name": map[string]any{"id": other}}).want(400, "code", "DEPENDENT_MISMATCH", "details.api_name", "id")
}

func TestAppointmentsThatAreRefused(t *testing.T) {
	t.Parallel()
	s := newShop(t, bare(t))
	in := func(d time.Duration) string { return stamp(start.Add(d)) }
	moment := func(unit, period any) []any { return []any{changed(map[string]any{}, "unit", unit, "period", period)} }
	for name, test := range map[string]struct {
		item map[string]any
		code string
		more []any
	}{
		"no service":           {s.visit("Service_Name", nil), "MANDATORY_NOT_FOUND", []any{"api_name", "Service_Name"}},
		"no customer":          {s.visit("Appointment_For", nil), "MANDATORY_NOT_FOUND", []any{"api_name", "Appointment_For"}},
		"no start":             {s.visit("Appointment_Start_Time", nil), "MANDATORY_NOT_FOUND", []any{"api_name", "Appointment_Start_Time"}},
		"no name":              {s.visit("Appointment_Name", nil), "MANDATORY_NOT_FOUND", []any{"api_name", "Appointment_Name"}},
		"no owner":             {s.visit("Owner", nil), "MANDATORY_NOT_FOUND", []any{"json_path", "$.data[0].Owner"}},
		"no location":          {s.visit("Location", nil), "MANDATORY_NOT_FOUND", []any{"api_name", "Location"}},
		"name too long":        {s.visit("Appointment_Name", string(make([]byte, 226))), "INVALID_DATA", []any{"maximum_length", "225"}},
		"address too long":     {s.visit("Address", string(make([]byte, 256))), "INVALID_DATA", []any{"maximum_length", "255"}},
		"information too long": {s.visit("Additional_Information", string(make([]byte, 32001))), "INVALID_DATA", []any{"maximum_length", "32000"}},
		"no address":           {s.visit("Location", "Client Address"), "DEPENDENT_FIELD_MISSING", []any{"api_name", "Address", "dependee.api_name", "Location"}},
		"owner is no member": {
			s.visit("Owner", map[string]any{"id": rae}), "DEPENDENT_MISMATCH",
			[]any{"json_path", "$.data[0].Owner.id", "api_name", "id", "dependee.api_name", "Services.Members"},
		},
		"in the past": {
			s.visit("Appointment_Start_Time", in(-time.Minute)), "DEPENDENT_MISMATCH",
			[]any{"api_name", "Status", "dependee.json_path", "$.data[0].Appointment_Start_Time"},
		},
		"completed before the end": {s.visit("Status", "Completed"), "DEPENDENT_MISMATCH", []any{"api_name", "Status"}},
		"overdue before the end":   {s.visit("Status", "Overdue"), "DEPENDENT_MISMATCH", []any{"api_name", "Status"}},
		"reason for no move":       {s.visit("Reschedule_Reason", "By Team"), "DEPENDENT_FIELD_MISSING", []any{"api_name", "Rescheduled_From", "dependee.api_name", "Reschedule_Reason"}},
		"cancelled for no reason":  {s.visit("Status", "Cancelled"), "DEPENDENT_FIELD_MISSING", []any{"api_name", "Cancellation_Reason"}},
		"cancelled for none":       {s.visit("Status", "Cancelled", "Cancellation_Reason", "-None-"), "DEPENDENT_FIELD_MISSING", []any{"api_name", "Cancellation_Reason"}},
		"reason to cancel nothing": {s.visit("Cancellation_Reason", "By Team"), "DEPENDENT_FIELD_MISSING", []any{"api_name", "Status", "dependee.api_name", "Cancellation_Reason"}},
		"note to cancel nothing":   {s.visit("Cancellation_Note", "x"), "DEPENDENT_FIELD_MISSING", []any{"api_name", "Status", "dependee.api_name", "Cancellation_Note"}},
		"customer of no module": {
			s.visit("Appointment_For", map[string]any{"module": map[string]any{"api_name": "Tasks"}, "id": "1"}), "INVALID_DATA",
			[]any{"api_name", "api_name", "json_path", "$.data[0].Appointment_For.module.api_name"},
		},
		"module is no object": {
			s.visit("Appointment_For", map[string]any{"module": "Tasks", "id": "1"}), "INVALID_DATA",
			[]any{"expected_data_type", "jsonobject", "json_path", "$.data[0].Appointment_For.module"},
		},
		"reminder without unit":   {s.visit("Remind_At", moment(nil, "hours")), "MANDATORY_NOT_FOUND", []any{"json_path", "$.data[0].Remind_At[0].unit", "api_name", "unit"}},
		"reminder unit is text":   {s.visit("Remind_At", moment("1", "hours")), "INVALID_DATA", []any{"expected_data_type", "integer"}},
		"reminder too far":        {s.visit("Remind_At", moment(101, "hours")), "INVALID_DATA", []any{"range.to", "100"}},
		"reminder below zero":     {s.visit("Remind_At", moment(-1, "hours")), "INVALID_DATA", []any{"range.from", "0"}},
		"reminder without period": {s.visit("Remind_At", moment(1, nil)), "MANDATORY_NOT_FOUND", []any{"api_name", "period"}},
		"reminder in weeks":       {s.visit("Remind_At", moment(1, "weeks")), "INVALID_DATA", []any{"supported_values.2", "days"}},
	} {
		r := s.do("POST", visits, map[string]any{"data": []any{test.item}})
		if r.status != 400 || r.at("data.0.code") != test.code {
			t.Errorf("%s: %d %s", name, r.status, r.raw)
			continue
		}
		for i := 0; i < len(test.more); i += 2 {
			if got := r.at("data.0.details." + test.more[i].(string)); got != test.more[i+1] {
				t.Errorf("%s: %v is %v in %s", name, test.more[i], got, r.raw)
			}
		}
	}
	s.get(visits + "?fields=id").empty(204)
	s.insert("Appointments__s", s.visit("Location", "Client Address", "Address", "1 Main St"))
}

func TestReschedulingAnAppointment(t *testing.T) {
	t.Parallel()
	s := newShop(t, bare(t))
	id := s.book()
	path := visits + "/" + id
	later := stamp(start.Add(26 * time.Hour))
	s.one("PUT", path, map[string]any{"Appointment_Start_Time": later}).want(400, "code", "DEPENDENT_FIELD_MISSING", "details.api_name", "Reschedule_Reason",
		"details.dependee.api_name", "Appointment_Start_Time")
	s.one("PUT", path, map[string]any{"Appointment_Start_Time": later, "Reschedule_Reason": "-None-"}).want(400, "code", "DEPENDENT_FIELD_MISSING")
	s.one("PUT", path, map[string]any{"Appointment_Start_Time": later, "Reschedule_Reason": "Whim"}).want(400, "code", "INVALID_DATA")
	s.one("PUT", path, map[string]any{"Appointment_Start_Time": stamp(start.Add(2 * time.Hour)), "Reschedule_Reason": "By Team"}).
		want(400, "code", "DEPENDENT_FIELD_UNCHANGED", "message", "Reschedule_From and Appointment_Start_Time cannot be same", "details.api_name", "Rescheduled_From")
	s.one("PUT", path, map[string]any{"Reschedule_Reason": "By Team"}).want(400, "code", "DEPENDENT_FIELD_UNCHANGED", "details.dependee.api_name", "Reschedule_Reason")
	s.one("PUT", path, map[string]any{"Appointment_Start_Time": stamp(start.Add(-time.Hour)), "Reschedule_Reason": "By Team"}).want(400, "code", "DEPENDENT_MISMATCH")
	s.one("PUT", path, map[string]any{"Reschedule_Note": string(make([]byte, 2001))}).want(400, "details.maximum_length", "2000")
	s.get("/crm/v8/Appointments_Rescheduled_History__s?fields=id").empty(204)

	s.pass(time.Minute)
	s.one("PUT", path, map[string]any{"Appointment_Start_Time": later, "Reschedule_Reason": "By Customer", "Reschedule_Note": "ill"}).want(200)
	s.get(path).want(200, "data.0.Rescheduled_From", "2026-11-23T11:00:00-06:00", "data.0.Rescheduled_To", "2026-11-24T11:00:00-06:00",
		"data.0.Rescheduled_Time", "2026-11-23T09:01:00-06:00", "data.0.Rescheduled_By.id", rae, "data.0.Reschedule_Count", "1",
		"data.0.Appointment_End_Time", "2026-11-24T11:45:00-06:00", "data.0.Status", "Scheduled")
	s.get("/crm/v8/Appointments_Rescheduled_History__s?fields=Name,Appointment_Name,Rescheduled_From,Rescheduled_To,Rescheduled_By,Rescheduled_Time,Reschedule_Reason,Reschedule_Note").
		want(200, "info.count", "1", "data.0.Appointment_Name.id", id, "data.0.Appointment_Name.name", "Inspection - Boyle",
			"data.0.Rescheduled_From", "2026-11-23T11:00:00-06:00", "data.0.Rescheduled_To", "2026-11-24T11:00:00-06:00", "data.0.Rescheduled_By.id", rae,
			"data.0.Rescheduled_Time", "2026-11-23T09:01:00-06:00", "data.0.Reschedule_Reason", "By Customer", "data.0.Reschedule_Note", "ill")
	s.get(path+"/Appointments_Rescheduled_History__s?fields=Reschedule_Reason").want(200, "data.0.Reschedule_Reason", "By Customer")

	// The reason can be corrected afterwards, and the next move counts on and does not inherit the note.
	s.one("PUT", path, map[string]any{"Reschedule_Reason": "By Team"}).want(200)
	s.one("PUT", path, map[string]any{"Appointment_Start_Time": stamp(start.Add(50 * time.Hour)), "Reschedule_Reason": "By Team"}).want(200)
	s.get(path).want(200, "data.0.Reschedule_Count", "2", "data.0.Rescheduled_From", "2026-11-24T11:00:00-06:00", "data.0.Reschedule_Note", nil)
	s.get("/crm/v8/Appointments_Rescheduled_History__s?fields=id").want(200, "info.count", "2")
}

func TestCancellingAnAppointment(t *testing.T) {
	t.Parallel()
	s := newShop(t, bare(t))
	id := s.book()
	path := visits + "/" + id
	s.one("PUT", path, map[string]any{"Status": "Cancelled"}).want(400, "code", "DEPENDENT_FIELD_MISSING", "details.api_name", "Cancellation_Reason")
	s.one("PUT", path, map[string]any{"Status": "Cancelled", "Cancellation_Reason": "By Customer", "Cancellation_Note": "moved"}).want(200)
	s.get(path).want(200, "data.0.Status", "Cancelled", "data.0.Cancelled_Time", "2026-11-23T09:00:00-06:00", "data.0.Cancelled_By.id", rae,
		"data.0.Cancellation_Note", "moved")
	s.one("PUT", path, map[string]any{"Additional_Information": "x"}).want(200)
	again := map[string]any{"Status": "Scheduled"}
	moved := map[string]any{"Appointment_Start_Time": stamp(start.Add(5 * time.Hour)), "Reschedule_Reason": "By Team"}
	s.one("PUT", path, again).want(400, "code", "NOT_ALLOWED", "details.api_name", "Status")
	s.one("PUT", path, moved).want(400, "code", "NOT_ALLOWED", "details.api_name", "Appointment_Start_Time")
	s.switchTo("closed_appointment", "accept")
	s.one("PUT", path, again).want(200)
	s.one("PUT", path, moved).want(200)
}

func TestCompletingAnAppointment(t *testing.T) {
	t.Parallel()
	s := newShop(t, bare(t))
	id := s.book()
	s.pass(2*time.Hour + 44*time.Minute)
	s.access = s.renew(s.refresh).text("access_token")
	s.one("PUT", visits+"/"+id, map[string]any{"Status": "Completed"}).want(400, "code", "DEPENDENT_MISMATCH",
		"message", "Appointment cannot be marked as completed before the appointment ends")
	s.one("PUT", visits+"/"+id, map[string]any{"Status": "Overdue"}).want(400, "code", "DEPENDENT_MISMATCH",
		"message", "Appointment cannot be marked as overdue before the appointment ends")
	s.pass(time.Minute)
	s.one("PUT", visits+"/"+id, map[string]any{"Status": "Overdue"}).want(200)
	s.one("PUT", visits+"/"+id, map[string]any{"Status": "Completed"}).want(200)
}

func TestAppointmentPermissions(t *testing.T) {
	t.Parallel()
	s := newShop(t, bare(t))
	for _, test := range []struct {
		without, permission string
		change              map[string]any
	}{
		{"no_reschedule", "Crm_Implied_Reschedule_Appointments", map[string]any{"Appointment_Start_Time": stamp(start.Add(9 * time.Hour)), "Reschedule_Reason": "By Team"}},
		{"no_cancel", "Crm_Implied_Cancel_Appointments", map[string]any{"Status": "Cancelled", "Cancellation_Reason": "By Team"}},
	} {
		id := s.book("Owner", map[string]any{"id": ben})
		s.switchTo("appointment_permissions", test.without)
		s.one("PUT", visits+"/"+id, test.change).want(403, "code", "NO_PERMISSION", "details.permissions.0", test.permission)
		s.do("PUT", visits, map[string]any{"data": []any{changed(test.change, "id", id), map[string]any{"id": id, "Appointment_Name": "Other"}}}).
			want(207, "data.0.code", "NO_PERMISSION", "data.1.code", "SUCCESS")
		s.switchTo("appointment_permissions", "all")
		s.one("PUT", visits+"/"+id, test.change).want(200)
	}
	id := s.book()
	s.switchTo("appointment_permissions", "no_complete")
	s.pass(3 * time.Hour)
	s.access = s.renew(s.refresh).text("access_token")
	s.one("PUT", visits+"/"+id, map[string]any{"Status": "Completed"}).want(403, "details.permissions.0", "Crm_Implied_Mark_As_Complete_Appointments")
}

func TestAppointmentsKeepToBusinessHours(t *testing.T) {
	t.Parallel()
	s := newShop(t, fresh(t)) // Monday to Saturday, 07:00 to 19:00, Thanksgiving on the 26th
	chicago := func(day, hour, minute int) string {
		return stamp(time.Date(2026, 11, day, hour+6, minute, 0, 0, time.UTC))
	}
	outside := "Appointment time does not falls under business hours"
	for at, want := range map[string]bool{
		chicago(23, 18, 15): true, chicago(23, 18, 16): false, chicago(24, 7, 0): true, chicago(24, 6, 59): false,
		chicago(26, 12, 0): false, chicago(28, 12, 0): true, chicago(29, 12, 0): false, chicago(27, 23, 30): false,
	} {
		r := s.one("POST", visits, s.visit("Appointment_Start_Time", at))
		if got := r.status == 201; got != want || !want && (r.text("code") != "NOT_ALLOWED" || r.text("message") != outside || r.text("details.api_name") != "Appointment_Start_Time") {
			t.Errorf("%s: %s", at, r.raw)
		}
	}
	s.one("POST", visits, s.visit("Owner", map[string]any{"id": ben}, "Appointment_Start_Time", "2026-11-23T18:15:01-06:00")).want(400, "message", outside)
	early := s.addSetting("business_hours/shift_hours", []any{shift("Early")}).want(201).text("shift_hours.0.details.id")
	s.addSetting("holidays", []any{map[string]any{
		"name": "Shift", "date": "2026-11-30", "type": "shift_holiday", "shift_hour": map[string]any{"id": early},
	}}).want(201)
	s.book("Appointment_Start_Time", chicago(30, 12, 0)) // a holiday of a shift closes nothing else
	prefs := map[string]any{"allow_booking_outside_service_availability": true, "allow_booking_outside_businesshours": true}
	s.do("PUT", settings+"appointment_preferences", map[string]any{"appointment_preferences": prefs}).want(200)
	s.one("POST", visits, s.visit("Appointment_Start_Time", chicago(29, 12, 0))).want(201)
}

func TestAppointmentsKeepToTheHoursOfEachDay(t *testing.T) {
	t.Parallel()
	s := newShop(t, bare(t))
	s.addSetting("business_hours", hours("same_as_everyday", false, "daily_timing", nil, "custom_timing", []any{
		map[string]any{"days": "Monday", "business_timing": []any{"08:00", "12:00"}},
		map[string]any{"days": "Tuesday", "business_timing": []any{"13:00", "17:00"}},
	})).want(201)
	s.book()
	s.one("POST", visits, s.visit("Appointment_Start_Time", "2026-11-24T11:00:00-06:00")).want(400, "code", "NOT_ALLOWED")
	s.book("Appointment_Start_Time", "2026-11-24T13:00:00-06:00")
	s.one("POST", visits, s.visit("Appointment_Start_Time", "2026-11-25T11:00:00-06:00")).want(400, "code", "NOT_ALLOWED")
	s.addSetting("business_hours", hours("type", "24_by_5", "business_days", []any{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday"})).want(201)
	s.book("Appointment_Start_Time", "2026-11-25T03:00:00-06:00")
	s.one("POST", visits, s.visit("Appointment_Start_Time", "2026-11-28T11:00:00-06:00")).want(400, "code", "NOT_ALLOWED")
	s.addSetting("business_hours", hours("type", "24_by_7")).want(201)
	s.book("Appointment_Start_Time", "2026-11-28T11:00:00-06:00")
}

func TestServicesAreAvailableWhenTheySay(t *testing.T) {
	t.Parallel()
	monday, tuesday := "2026-11-30T10:00:00-06:00", "2026-12-01T10:00:00-06:00"
	for name, test := range map[string]struct {
		service []any
		yes, no string
	}{
		"days":          {[]any{"Availability_Type", "Specific Day(s)", "Available_Days", []any{"Monday"}}, monday, tuesday},
		"dates":         {[]any{"Availability_Type", "Specific Date(s)", "Available_Dates", []any{"2026-12-01"}}, tuesday, monday},
		"range":         {[]any{"Availability_Type", "Specific Date Range", "Available_From", "2026-12-01", "Available_Till", "2026-12-05"}, tuesday, monday},
		"until":         {[]any{"Available_Till", "2026-11-30"}, monday, tuesday},
		"times":         {[]any{"Available_Timings", []any{map[string]any{"From": "09:00", "To": "10:45"}}}, monday, "2026-11-30T10:01:00-06:00"},
		"times of day":  {[]any{"Available_Timings", []any{map[string]any{"Day": "Monday", "From": "09:00", "To": "12:00"}}}, monday, tuesday},
		"times of days": {[]any{"Available_Timings", []any{map[string]any{"Days": []any{"Tuesday"}, "From": "09:00", "To": "12:00"}}}, tuesday, monday},
		"pause":         {[]any{"Unavailable_From", "2026-12-01T00:00:00-06:00", "Unavailable_Till", "2026-12-02T00:00:00-06:00"}, "2026-12-02T10:00:00-06:00", tuesday},
		"end":           {[]any{"Unavailable_From", "2026-12-01T00:00:00-06:00"}, monday, "2026-12-08T10:00:00-06:00"},
		"out of use":    {[]any{"Status", "Not in Use"}, "", monday},
	} {
		s := newShop(t, bare(t), test.service...)
		r := s.one("POST", visits, s.visit("Appointment_Start_Time", test.no))
		if r.status != 400 || r.text("code") != "NOT_ALLOWED" || r.text("message") != "Service is not available on the given time" {
			t.Errorf("%s: %s is taken: %s", name, test.no, r.raw)
		}
		if test.yes != "" {
			if r := s.one("POST", visits, s.visit("Appointment_Start_Time", test.yes)); r.status != 201 {
				t.Errorf("%s: %s is refused: %s", name, test.yes, r.raw)
			}
		}
		s.do("PUT", settings+"appointment_preferences", map[string]any{"appointment_preferences": map[string]any{
			"allow_booking_outside_service_availability": true,
		}}).want(200)
		if r := s.one("POST", visits, s.visit("Appointment_Start_Time", test.no, "Owner", map[string]any{"id": ben})); r.status != 201 {
			t.Errorf("%s: refused though allowed: %s", name, r.raw)
		}
	}
}

func TestAppointmentsOfAnOwnerDoNotOverlap(t *testing.T) {
	t.Parallel()
	s := newShop(t, bare(t))
	first := s.book()
	at := func(minutes int) string { return stamp(start.Add(2*time.Hour + time.Duration(minutes)*time.Minute)) }
	for minutes, free := range map[int]bool{-45: true, -44: false, 0: false, 44: false, 45: true} {
		r := s.one("POST", visits, s.visit("Appointment_Start_Time", at(minutes)))
		if (r.status == 201) != free || !free && r.text("code") != "NOT_ALLOWED" {
			t.Errorf("%d minutes: %s", minutes, r.raw)
		}
	}
	s.book("Owner", map[string]any{"id": ben})
	s.one("PUT", visits+"/"+first, map[string]any{"Appointment_Start_Time": at(10), "Reschedule_Reason": "By Team"}).want(400, "code", "NOT_ALLOWED")
	s.one("PUT", visits+"/"+first, map[string]any{"Appointment_Name": "Same time"}).want(200)
	s.one("PUT", visits+"/"+first, map[string]any{"Owner": map[string]any{"id": ben}}).want(400, "code", "NOT_ALLOWED")
	s.switchTo("appointment_overlap", "accept")
	s.book()
	s.switchTo("appointment_overlap", "reject")
	s.one("POST", visits, s.visit()).want(400)
	for _, id := range s.get(visits+"?fields=Owner").list("data", "id") {
		s.one("PUT", visits+"/"+id, map[string]any{"Status": "Cancelled", "Cancellation_Reason": "By Team"}).want(200)
	}
	s.book()
}

func TestAppointmentSwitches(t *testing.T) {
	t.Parallel()
	s := newShop(t, bare(t))
	var five []any
	for i := range 5 {
		five = append(five, s.visit("Appointment_Start_Time", stamp(start.Add(time.Duration(i+1)*time.Hour))))
	}
	s.switchTo("appointment_batch_max", 4)
	s.do("POST", visits, map[string]any{"data": five}).want(400, "code", "INVALID_DATA", "details.maximum_length", "4", "details.json_path", "$.data")
	s.switchTo("appointment_batch_max", 100)
	s.do("POST", visits, map[string]any{"data": five}).want(201)
	s.switchTo("appointment_create_status", 200)
	s.one("POST", visits, s.visit("Appointment_Start_Time", stamp(start.Add(30*time.Hour)))).want(200, "code", "SUCCESS", "message", "record added")

	s.switchTo("services_feature", "off")
	for _, module := range []string{"Appointments__s", "Services__s", "Appointments_Rescheduled_History__s"} {
		s.get("/crm/v8/"+module+"?fields=id").want(400, "code", "INVALID_MODULE")
		s.get(settings+"fields?module="+module).want(400, "code", "INVALID_MODULE")
		s.get(settings+"modules/"+module).want(400, "code", "INVALID_MODULE")
		s.do("POST", "/crm/v8/coql", coql("select id from "+module+" where id is not null")).want(400, "code", "INVALID_MODULE")
		if slices.Contains(s.get(settings+"modules").list("modules", "api_name"), module) {
			t.Errorf("%s is listed", module)
		}
	}
	if slices.Contains(s.get(settings+"related_lists?module=Contacts").list("related_lists", "api_name"), "Appointments__s") {
		t.Error("appointments are related")
	}
	s.get(settings+"appointment_preferences").want(400, "code", "NOT_SUPPORTED")
	s.switchTo("services_feature", "on")
	s.get(visits + "?fields=id").want(200)
	s.control("PUT", "/_sim/modules/Appointments__s", map[string]any{"module": map[string]any{"api_supported": false}}).want(200)
	s.get(visits+"?fields=id").want(400, "code", "INVALID_MODULE")
}

func TestServicesThatAreRefused(t *testing.T) {
	t.Parallel()
	k := bare(t)
	service := func(more ...any) map[string]any {
		return changed(map[string]any{"Service_Name": "s", "Duration": 30}, more...)
	}
	for name, test := range map[string]struct {
		item map[string]any
		code string
		path string
	}{
		"too short":         {service("Duration", 4), "INVALID_DATA", "$.data[0].Duration"},
		"too long":          {service("Duration", 1441), "INVALID_DATA", "$.data[0].Duration"},
		"no duration":       {service("Duration", nil), "MANDATORY_NOT_FOUND", "$.data[0].Duration"},
		"no name":           {service("Service_Name", nil), "MANDATORY_NOT_FOUND", "$.data[0].Service_Name"},
		"backwards":         {service("Available_From", "2026-12-02", "Available_Till", "2026-12-01"), "DEPENDENT_MISMATCH", "$.data[0].Available_Till"},
		"odd dates":         {service("Available_Dates", []any{"soon"}), "INVALID_DATA", "$.data[0].Available_Dates"},
		"odd type":          {service("Availability_Type", "Never"), "INVALID_DATA", "$.data[0].Availability_Type"},
		"member of nowhere": {service("Members", []any{map[string]any{"id": ann}, map[string]any{"Members": map[string]any{"id": "1"}}}), "INVALID_DATA", "$.data[0].Members[1].Members.id"},
		"members no list":   {service("Members", ann), "INVALID_DATA", "$.data[0].Members"},
		"too many members":  {service("Members", make([]any, 101)), "LIMIT_EXCEEDED", "$.data[0].Members"},
	} {
		if r := k.one("POST", "/crm/v8/Services__s", test.item); r.status != 400 || r.text("code") != test.code || r.text("details.json_path") != test.path {
			t.Errorf("%s: %d %s", name, r.status, r.raw)
		}
	}
	k.insert("Services__s", service("Duration", 5), service("Duration", 1440))
}

func TestAppointmentPreferences(t *testing.T) {
	t.Parallel()
	k := bare(t)
	path, name := settings+"appointment_preferences", "appointment_preferences"
	k.get(path).want(200, name+".allow_booking_outside_businesshours", false, name+".allow_booking_outside_service_availability", false,
		name+".show_job_sheet", false, name+".when_duration_exceeds", "mark_as_complete", name+".when_appointment_completed", "do_not_create_deal")
	set := func(pairs ...any) reply {
		return k.do("PUT", path, map[string]any{name: changed(map[string]any{}, pairs...)})
	}
	set("allow_booking_outside_businesshours", true).want(400, name+".code", "DEPENDENT_MISMATCH", name+".details.dependee.api_name", "allow_booking_outside_service_availability")
	set("show_job_sheet", "yes").want(400, name+".code", "INVALID_DATA", name+".details.expected_data_type", "boolean")
	set("when_appointment_completed", "celebrate").want(400, name+".details.supported_values.0", "create_deal")
	set("when_appointment_completed", "create_deal").want(400, name+".code", "MANDATORY_NOT_FOUND", name+".details.api_name", "deal_record_configuration")
	set("when_duration_exceeds", "wait").want(400, name+".code", "INVALID_DATA")
	set("when_appointment_completed", "create_deal", "deal_record_configuration", map[string]any{"layout": map[string]any{"id": "1"}}, "show_job_sheet", true).
		want(200, name+".message", "Appointments preferences updated successfully")
	k.get(path).want(200, name+".show_job_sheet", true, name+".deal_record_configuration", nil)
	k.get(path+"?include=deal_record_configuration").want(200, name+".deal_record_configuration.layout.id", "1")
	k.get(path+"?include=odd").want(400, "code", "INVALID_REQUEST")
	k.do("PUT", path, map[string]any{}).want(400, "code", "MANDATORY_NOT_FOUND")

	path, name = settings+"service_preferences", "service_preferences"
	k.get(path).want(200, name+".job_sheet_enabled", false)
	set("job_sheet_enabled", 1).want(400, name+".details.expected_data_type", "boolean")
	set().want(400, name+".code", "MANDATORY_NOT_FOUND")
	set("job_sheet_enabled", true).want(200, name+".code", "SUCCESS")
	k.get(path).want(200, name+".job_sheet_enabled", true)
	k.connect("ZohoCRM.settings.modules.READ")
	k.get(path).want(200)
	set("job_sheet_enabled", true).want(401, "code", "OAUTH_SCOPE_MISMATCH")
}

func TestLockedRecordsStay(t *testing.T) {
	t.Parallel()
	s := newShop(t, bare(t))
	s.control("PUT", "/_sim/modules/Appointments__s", map[string]any{"records": []any{
		s.visit("id", "5725767000000600001", "Locked__s", true),
	}}).want(200)
	path := visits + "/5725767000000600001"
	s.one("PUT", path, map[string]any{"Appointment_Name": "x"}).want(400, "code", "RECORD_LOCKED", "details.action", "record_locking", "details.api_name", "id")
	s.do("DELETE", path, nil).want(400, "data.0.code", "RECORD_LOCKED", "data.0.details.id", "5725767000000600001")
	s.get(path).want(200, "data.0.Appointment_Name", "Inspection - Boyle")
}

func TestAppointmentsOutliveTheProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := newShop(t, func() *kit { k := newKit(t, setup{dir: dir}); k.connect(everything); return k }())
	id := s.book()
	s.one("PUT", visits+"/"+id, map[string]any{"Appointment_Start_Time": stamp(start.Add(5 * time.Hour)), "Reschedule_Reason": "By Team"}).want(200)
	s.do("PUT", settings+"appointment_preferences", map[string]any{"appointment_preferences": map[string]any{"show_job_sheet": true}}).want(200)
	again := s.reopened(dir)
	again.get(visits+"/"+id).want(200, "data.0.Reschedule_Count", "1")
	again.get("/crm/v8/Appointments_Rescheduled_History__s?fields=id").want(200, "info.count", "1")
	again.get(settings+"appointment_preferences").want(200, "appointment_preferences.show_job_sheet", true)
}
