package zohosim

import (
	"encoding/json"
	"fmt"
	"slices"
)

// The modules of Zoho's Services feature, and the limits of an appointment. Sources: Zoho CRM v8, "Appointments", "Services".
const (
	appointmentsModule = "Appointments__s"
	servicesModule     = "Services__s"
	historyModule      = "Appointments_Rescheduled_History__s"
	maxReminderUnit    = 100
)

// appointment is a draft of Appointments__s with what its rules look at.
type appointment struct {
	*draft
	service *record
	now     int64
}

// value gives what a field of the drafted record has; was what it had before.
func (d *draft) value(api string) (cell, bool) { return d.rec.get(d.m.key(api)) }

func (d *draft) was(api string) (cell, bool) {
	if d.base == nil {
		return cell{}, false
	}
	return d.base.get(d.m.key(api))
}

// gave tells whether the item has a value for a field, other than the pick lists' word for none.
func (d *draft) gave(api string) bool {
	v := d.item[api]
	return v != nil && v != "" && v != "-None-"
}

// fill sets a field, if the module has it and it takes such values.
func (d *draft) fill(api string, c cell) {
	if f := d.m.byAPI[api]; f != nil && (c.kind == f.kind || c.kind == absent) {
		d.set(f.key, c)
	}
}

// depends is a refusal of a field that does not go with another one.
func (d *draft) depends(code, api, dependee, message string) {
	d.refuse(api, &fieldError{code, message, details{"dependee": details{"api_name": dependee, "json_path": d.path + "." + dependee}}})
}

// checkAppointment applies the rules of Appointments__s, and fills in what Zoho computes.
func (d *draft) checkAppointment() {
	a := &appointment{draft: d, now: d.w.now}
	if d.base == nil && !d.gave("Owner") {
		d.refuse("Owner", &fieldError{"MANDATORY_NOT_FOUND", "required field not found", nil})
	}
	if where, _ := d.value("Location"); where.str == "Client Address" {
		if _, ok := d.value("Address"); !ok && !d.refused("Address") {
			d.depends("DEPENDENT_FIELD_MISSING", "Address", "Location", "Dependent Fields missing")
		}
	}
	if _, ok := d.value("Status"); !ok && !d.refused("Status") {
		d.fill("Status", textCell("Scheduled"))
	}
	if len(d.errs) > 0 || !a.findService() {
		return
	}
	for _, rule := range []func(){a.checkClosed, a.checkOwner, a.checkReschedule, a.checkStatus, a.checkCancellation, a.checkPlace} {
		if rule(); len(d.errs) > 0 {
			return
		}
	}
}

// findService takes over how long the service is. Without a service there is nothing more to check.
func (a *appointment) findService() bool {
	m := a.w.org.byAPI[servicesModule]
	ref, ok := a.value("Service_Name")
	if m == nil || !ok {
		return false
	}
	if a.service = m.table.rows[ref.num]; a.service == nil {
		return false
	}
	minutes, _ := a.service.get(m.key("Duration"))
	start, ok := a.value("Appointment_Start_Time")
	if !ok {
		return false
	}
	a.fill("Duration", cell{kind: kindInt, num: minutes.num})
	a.fill("Appointment_End_Time", timeCell(start.num+60*minutes.num))
	return true
}

func (a *appointment) start() int64 {
	c, _ := a.value("Appointment_Start_Time")
	return c.num
}

func (a *appointment) end() int64 {
	c, _ := a.value("Appointment_End_Time")
	return c.num
}

// status is the one the appointment gets; moved and restated tell whether the change is of its start or status.
func (a *appointment) status() string {
	c, _ := a.value("Status")
	return c.str
}

func (a *appointment) moved() bool {
	old, ok := a.was("Appointment_Start_Time")
	return ok && old.num != a.start()
}

func (a *appointment) restated() bool {
	old, ok := a.was("Status")
	return ok && old.str != a.status()
}

// checkClosed keeps what is over as it is, see switch closed_appointment.
func (a *appointment) checkClosed() {
	old, _ := a.was("Status")
	closed := old.str == "Cancelled" || old.str == "Completed"
	if !closed || a.w.sw.ClosedAppointment == "accept" {
		return
	}
	api := "Status"
	if a.moved() {
		api = "Appointment_Start_Time"
	}
	if a.moved() || a.restated() {
		a.refuse(api, &fieldError{"NOT_ALLOWED", "A cancelled or completed appointment cannot be changed", nil})
	}
}

// checkOwner wants a member of the service.
func (a *appointment) checkOwner() {
	if a.base != nil && !a.given[a.m.key("Owner")] && !a.given[a.m.key("Service_Name")] {
		return
	}
	if slices.Contains(members(a.w.org.byAPI[servicesModule], a.service), a.rec.ownedBy) {
		return
	}
	a.errs = append(a.errs, problem{"DEPENDENT_MISMATCH", "Appointment Owner is not a part of Service Members", details{
		"api_name": "id", "json_path": a.path + ".Owner.id",
		"dependee": details{"api_name": "Services.Members", "json_path": a.path + ".Services.Members"},
	}})
}

// checkReschedule wants a reason for another start, and another start for a reason. It notes who moved the appointment when,
// and leaves a row in the history.
func (a *appointment) checkReschedule() {
	reason := a.gave("Reschedule_Reason")
	const from = "Rescheduled_From"
	switch {
	case a.base == nil && reason:
		a.depends("DEPENDENT_FIELD_MISSING", from, "Reschedule_Reason", "Rescheduled_From cannot be empty")
	case a.base == nil:
		a.fill("Reschedule_Count", cell{kind: kindInt})
	case a.moved() && !reason:
		a.depends("DEPENDENT_FIELD_MISSING", "Reschedule_Reason", "Appointment_Start_Time", "Dependent Fields missing")
	case a.moved():
		a.reschedule()
	case reason && a.gave("Appointment_Start_Time"):
		a.depends("DEPENDENT_FIELD_UNCHANGED", from, "Appointment_Start_Time", "Reschedule_From and Appointment_Start_Time cannot be same")
	case reason:
		if count, _ := a.was("Reschedule_Count"); count.num == 0 {
			a.depends("DEPENDENT_FIELD_UNCHANGED", from, "Reschedule_Reason",
				"Reschedule the appointment atleast once to Update the fields of Reschedule Information Section")
		}
	}
}

func (a *appointment) reschedule() {
	if a.forbidden("no_reschedule", "Crm_Implied_Reschedule_Appointments") {
		return
	}
	old, _ := a.was("Appointment_Start_Time")
	count, _ := a.was("Reschedule_Count")
	a.fill("Rescheduled_From", timeCell(old.num))
	a.fill("Rescheduled_To", timeCell(a.start()))
	a.fill("Rescheduled_Time", timeCell(a.now))
	a.fill("Rescheduled_By", refCell(a.w.by.id))
	a.fill("Reschedule_Count", cell{kind: kindInt, num: count.num + 1})
	if !a.gave("Reschedule_Note") {
		a.fill("Reschedule_Note", cell{})
	}
	a.after = append(a.after, a.leaveHistory)
}

// leaveHistory adds a row to the history of the appointment just saved.
func (a *appointment) leaveHistory(saved *record) {
	m := a.w.org.byAPI[historyModule]
	if m == nil {
		return
	}
	h := &draft{w: a.w, m: m, rec: record{
		created: a.now, modified: a.now, createdBy: a.w.by.id, modifiedBy: a.w.by.id, ownedBy: saved.ownedBy,
	}}
	if len(m.layouts) > 0 {
		h.rec.layout, _ = parseID(m.layouts[0].id)
	}
	h.fill("Appointment_Name", refCell(saved.id))
	for _, api := range []string{
		"Rescheduled_From", "Rescheduled_To", "Rescheduled_Time", "Rescheduled_By", "Reschedule_Reason", "Reschedule_Note",
	} {
		if c, ok := saved.get(a.m.key(api)); ok {
			h.fill(api, c)
		}
	}
	h.save()
}

// forbidden refuses what the user's profile does not allow, see switch appointment_permissions.
func (a *appointment) forbidden(without, permission string) bool {
	if a.w.sw.AppointmentPermissions != without {
		return false
	}
	a.errs = append(a.errs, problem{"NO_PERMISSION", "permission denied", details{"permissions": []string{permission}}})
	return true
}

// checkStatus compares the status with the clock.
func (a *appointment) checkStatus() {
	fresh := a.base == nil || a.moved() || a.restated()
	mismatch := func(message string) { a.depends("DEPENDENT_MISMATCH", "Status", "Appointment_Start_Time", message) }
	switch status := a.status(); {
	case !fresh:
	case status == "Scheduled" && a.start() < a.now:
		mismatch("Appointment cannot be scheduled for past dates")
	case status == "Completed" && a.end() > a.now:
		mismatch("Appointment cannot be marked as completed before the appointment ends")
	case status == "Overdue" && a.end() > a.now:
		mismatch("Appointment cannot be marked as overdue before the appointment ends")
	case status == "Completed" && a.restated():
		a.forbidden("no_complete", "Crm_Implied_Mark_As_Complete_Appointments")
	}
}

// checkCancellation wants a reason for cancelling, and reasons only for that. It notes who cancelled when.
func (a *appointment) checkCancellation() {
	if a.status() != "Cancelled" {
		for _, api := range []string{"Cancellation_Reason", "Cancellation_Note"} {
			if a.gave(api) {
				a.depends("DEPENDENT_FIELD_MISSING", "Status", api,
					"To Update the fields of Cancellation Information Section, value of Status should be Cancelled")
				return
			}
		}
		return
	}
	if a.base != nil && !a.restated() {
		return
	}
	if reason, _ := a.value("Cancellation_Reason"); reason.str == "" || reason.str == "-None-" {
		a.depends("DEPENDENT_FIELD_MISSING", "Cancellation_Reason", "Status", "Dependent Fields missing")
		return
	}
	if a.forbidden("no_cancel", "Crm_Implied_Cancel_Appointments") {
		return
	}
	a.fill("Cancelled_Time", timeCell(a.now))
	a.fill("Cancelled_By", refCell(a.w.by.id))
}

// coerceMoments checks [{"unit":15,"period":"minutes"}] as appointments have it.
func (d *draft) coerceMoments(list []any) (cell, *fieldError) {
	periods := []string{"minutes", "hours", "days"}
	for i, v := range list {
		o := asObject(v)
		at := func(name string) string { return fmt.Sprintf("[%d].%s", i, name) }
		unit, given := o["unit"]
		number, isNumber := unit.(json.Number)
		n, err := number.Int64()
		switch period, _ := o["period"].(string); {
		case !given || unit == nil:
			return cell{}, &fieldError{"MANDATORY_NOT_FOUND", "required field not found", details{"missing": at("unit")}}
		case !isNumber || err != nil:
			return cell{}, &fieldError{"INVALID_DATA", "invalid data", details{"missing": at("unit"), "expected_data_type": "integer"}}
		case n < 0 || n > maxReminderUnit:
			return cell{}, &fieldError{"INVALID_DATA", "Please check whether the input values are correct", details{
				"missing": at("unit"), "range": details{"from": 0, "to": maxReminderUnit},
			}}
		case o["period"] == nil:
			return cell{}, &fieldError{"MANDATORY_NOT_FOUND", "required field not found", details{"missing": at("period")}}
		case !slices.Contains(periods, period):
			return cell{}, &fieldError{"INVALID_DATA", "invalid data", details{"missing": at("period"), "supported_values": periods}}
		}
	}
	if len(list) == 0 {
		return cell{}, nil
	}
	return encoded(list), nil
}
