package mirror

import (
	"slices"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/mapping"
)

// shape says where a module's records have what we need of them.
type shape struct {
	module  string
	mapping mapping.Mapping // of the appointment's role in this module
	fields  []string
	start   string // the field that the coming records are asked by
	end     string // "" where a record has no end of its own
	days    bool   // they hold dates
	allDay  string
	owner   string
}

// usual is how long a record blocks whose module says no end.
const usual = time.Hour

// ownerField is what every module calls the user who has a record.
const ownerField = "Owner"

// shapeOf reads a module's shape: the mapped Appointment Module by its rows, any other by what an untouched CRM has.
func shapeOf(module string, m mapping.Mapping) shape {
	builtIn := mapping.BuiltIn()
	if module != m.Module(crm.RoleAppointment) {
		m = builtIn
	}
	field := func(key string) string { return m.FieldOf(crm.RoleAppointment, key) }
	s := shape{module: module, mapping: m, start: field("start"), end: field("end"), allDay: field("all_day"), owner: field("rep")}
	if s.start == "" {
		s.start, s.days = field("date"), true
	}
	if s.days {
		s.end = ""
	}
	if module == builtIn.Module(crm.RoleAppointment) && s.allDay == "" {
		h, _ := mapping.HeavyFieldOf(crm.RoleAppointment, "all_day")
		s.allDay = h.Default
	}
	if s.owner == "" {
		s.owner = ownerField
	}
	for _, f := range []string{s.start, s.end, s.owner, s.allDay, field("time"), field("duration"), field("status"), field("title")} {
		if f != "" && !slices.Contains(s.fields, f) {
			s.fields = append(s.fields, f)
		}
	}
	return s
}

// window asks for the records whose range meets one of time. Records without an end are asked for a day earlier.
func (s shape) window(from, to time.Time) crm.Window {
	w := crm.Window{Module: s.module, Fields: s.fields, Start: s.start, End: s.end, From: from, To: to, Days: s.days}
	if s.end == "" {
		w.From = from.Add(-longest)
	}
	return w
}

// row reads a record. ok is false for one without a time: it takes nobody's.
func (s shape) row(rec crm.Record, zone *time.Location) (r Row, sight crmsync.Sight, ok bool) {
	sight = crmsync.ReadSight(rec, s.mapping, zone)
	r = Row{ID: rec.ID, Start: sight.Start, End: sight.End, Modified: rec.Modified.UTC()}
	if owner, is := rec.Values[s.owner].(crm.Ref); is {
		r.Owner = owner.ID
	}
	r.AllDay, _ = rec.Values[s.allDay].(bool)
	r.Rule = ruleOf(rec.Repeat)
	if r.Start.IsZero() {
		return r, sight, false
	}
	switch {
	case r.End.IsZero(): // the module has no end
		r.End = r.Start.Add(usual)
	case r.End.Before(r.Start):
		r.End = r.Start
	}
	switch {
	case rec.Cancelled:
		r.Cancelled = Cancelled
	case sight.Status == booking.Canceled: // a mapped status, or our prefix in the title
		r.Cancelled = InWords
	case !rec.TellsCancelled && s.module == mapping.BuiltIn().Module(crm.RoleAppointment):
		r.Cancelled = Unasked
	}
	return r, sight, true
}
