package zohosim

import (
	"encoding/json"
	"slices"
	"time"
)

// longestService bounds how far before a time an appointment may begin that reaches into it.
const longestService = 24 * time.Hour

// checkPlace wants the service to be available, the business open and the owner free at the time of an appointment that is still
// to come. What is there already stays possible until it is moved.
func (a *appointment) checkPlace() {
	asked := a.base == nil || a.moved() || a.given[a.m.key("Service_Name")] || a.given[a.m.key("Owner")]
	if !asked || a.status() != "Scheduled" {
		return
	}
	o := a.w.org
	from, to := time.Unix(a.start(), 0).In(o.place), time.Unix(a.end(), 0).In(o.place)
	prefs := o.work.appointmentPreferences()
	services := o.byAPI[servicesModule]
	const field = "Appointment_Start_Time"
	notAvailable := &fieldError{"NOT_ALLOWED", "Service is not available on the given time", nil}
	switch {
	case prefs["allow_booking_outside_service_availability"] != true && !available(services, a.service, from, to):
		a.refuse(field, notAvailable)
	case prefs["allow_booking_outside_businesshours"] != true && !o.work.open(from, to):
		a.refuse(field, &fieldError{"NOT_ALLOWED", "Appointment time does not falls under business hours", nil})
	case a.w.sw.AppointmentOverlap == "reject" && a.taken():
		a.refuse(field, notAvailable)
	}
}

// taken tells whether the owner has another appointment at the time.
func (a *appointment) taken() bool {
	start, end := a.m.byAPI["Appointment_Start_Time"], a.m.key("Appointment_End_Time")
	first := entry{key: a.start() - int64(longestService/time.Second), id: firstEntry.id}
	for e := range a.m.table.index(start).between(first, entry{key: a.end(), id: firstEntry.id}, false) {
		status, _ := e.rec.get(a.m.key("Status"))
		until, _ := e.rec.get(end)
		other := a.base == nil || e.id != a.base.id
		if other && e.rec.ownedBy == a.rec.ownedBy && status.str == "Scheduled" && until.num > a.start() {
			return true
		}
	}
	return false
}

// available tells whether a service is offered at a time, in the organization's zone: not while it is out of use, and on the
// days, dates and times it names.
func available(m *module, service *record, from, to time.Time) bool {
	value := func(api string) (cell, bool) { return service.get(m.key(api)) }
	status, _ := value("Status")
	gone, hasGone := value("Unavailable_From")
	back, hasBack := value("Unavailable_Till")
	switch {
	case hasGone:
		if from.Unix() >= gone.num && (!hasBack || from.Unix() < back.num) {
			return false
		}
	case status.str == "Not in Use", status.str == "Temporarily Unavailable":
		return false
	}
	day, _ := parseDay(from.Format(dayLayout))
	if first, ok := value("Available_From"); ok && day < first.num {
		return false
	}
	if last, ok := value("Available_Till"); ok && day > last.num {
		return false
	}
	kind, _ := value("Availability_Type")
	days, _ := value("Available_Days")
	dates, _ := value("Available_Dates")
	switch {
	case kind.str == "Specific Day(s)" && !slices.Contains(words(days), from.Weekday().String()):
		return false
	case kind.str == "Specific Date(s)" && !slices.Contains(words(dates), from.Format(dayLayout)):
		return false
	}
	timings, _ := value("Available_Timings")
	return offered(decodeRows(timings.str), from, to)
}

// offered tells whether a time is within one of a service's rows of times: {"From":"09:00","To":"12:00"}, perhaps for a
// "Day" or "Days". Without rows any time is.
func offered(rows []any, from, to time.Time) bool {
	return len(rows) == 0 || slices.ContainsFunc(rows, func(row any) bool {
		o, day := asObject(row), from.Weekday().String()
		days, limited := o["Days"].([]any)
		if one, ok := o["Day"].(string); ok {
			days, limited = []any{one}, true
		}
		return (!limited || slices.Contains(days, any(day))) && from.Format("15:04") >= text(o, "From") &&
			clock(to) <= text(o, "To") && from.Format(dayLayout) == to.Format(dayLayout)
	})
}

// words reads a list of texts as a cell keeps it.
func words(c cell) []string {
	var out []string
	_ = json.Unmarshal([]byte(c.str), &out) // our own text, or none
	return out
}
