package zohosim

import (
	"encoding/json"
	"hash/fnv"
	"iter"
	"strings"
	"time"

	"heavyset.tech/platform/internal/zohosim/calendar"
)

// crmMeetings gives the meetings of the CRM that a user's CRM calendar mirrors: those the user owns, or everybody's.
func (s *Sim) crmMeetings(u *user, everybody bool) iter.Seq2[*module, *record] {
	return func(yield func(*module, *record) bool) {
		m := u.org.byAPI["Events"]
		if m == nil || m.byAPI["Start_DateTime"] == nil || m.byAPI["End_DateTime"] == nil {
			return
		}
		for e := range m.table.byID.between(firstEntry, lastEntry, false) {
			if (everybody || e.rec.ownedBy == u.id) && !yield(m, e.rec) {
				return
			}
		}
	}
}

// crmCalendar gives the CRM calendar with a ctag made of all that is in it: whatever changes there changes the ctag.
func (s *Sim) crmCalendar(u *user, d *diary) *calendar.Calendar {
	c := *d.CRM
	sum := fnv.New64a()
	for m, r := range s.crmMeetings(u, false) {
		_, _ = sum.Write(appendRecordOp(nil, placeOp{u.org.index, m.api}, r, s.names.list)) // never fails
		c.Modified = max(c.Modified, r.modified)
	}
	c.Ctag = int64(sum.Sum64() >> 1)
	return &c
}

// crmEvents gives what of a user's CRM calendar may have an instance in [from, to).
func (s *Sim) crmEvents(u *user, sw *switches, everybody bool, from, to time.Time) []*calendar.Event {
	const aDay = 24 * 60 * 60 // all-day meetings occupy whole days
	var out []*calendar.Event
	for m, r := range s.crmMeetings(u, everybody) {
		start, ok := r.get(m.byAPI["Start_DateTime"].key)
		end, ok2 := r.get(m.byAPI["End_DateTime"].key)
		if !ok || !ok2 || start.num >= to.Unix()+aDay {
			continue
		}
		if end.num < from.Unix()-aDay && !m.has(r, "Recurring_Activity") {
			continue
		}
		if e := s.crmEvent(u.org, m, r, sw); e != nil {
			out = append(out, e)
		}
	}
	return out
}

// has tells whether a record has a value in a field.
func (m *module) has(r *record, api string) bool {
	f := m.byAPI[api]
	if f == nil {
		return false
	}
	_, ok := r.get(f.key)
	return ok
}

// crmEvent shows a meeting of the CRM as an event; nil where it is not shown.
func (s *Sim) crmEvent(o *org, m *module, r *record, sw *switches) *calendar.Event {
	get := func(api string) cell {
		f := m.byAPI[api]
		if f == nil {
			return cell{}
		}
		c, _ := r.get(f.key)
		return c
	}
	owner := o.user(r.ownedBy)
	if owner == nil {
		return nil
	}
	e := &calendar.Event{
		UID: crmUID(r.id), ID: formatID(r.id), Etag: r.modified * 1000, Title: get("Event_Title").str, Location: get("Venue").str,
		Description: get("Description").str, Zone: owner.zone, From: get("Start_DateTime").num, To: get("End_DateTime").num,
		Organizer: owner.email, CreatedBy: owner.email, Created: r.created, Modified: r.modified,
	}
	if author := o.user(r.createdBy); author != nil {
		e.CreatedBy = author.email
	}
	if isTrue(m, r, cancelledField) {
		if sw.CalendarCRMCancelled == "gone" {
			return nil
		}
		e.Status = calendar.Cancelled
	}
	for _, p := range m.participants(r) {
		if p.Email != "" {
			e.Attendees = append(e.Attendees, calendar.Attendee{Email: p.Email, Status: "NEEDS-ACTION", Attendance: 1, Permission: 1})
		}
	}
	if isTrue(m, r, "All_day") {
		e.AllDay, e.From, e.To = true, localDay(e.From, owner.place), localDay(max(e.To-1, e.From), owner.place)
	}
	rule, gone := crmRule(get("Recurring_Activity").str)
	if sw.RepeatingMeetings == "separate_records" { // each occurrence is shown by its own record
		rule, gone = "", nil
	}
	e.Rule = rule
	if e.Settle(&s.zones) != nil || !e.Happens() {
		e.Rule = "" // a rule that Calendar can not read: the meeting itself remains
		if e.Settle(&s.zones) != nil {
			return nil
		}
		gone = nil
	}
	for _, day := range gone {
		e = e.With(e.IDOn(day), nil)
	}
	return e
}

// crmUID is the uid of a meeting of the CRM.
func crmUID(id int64) string { return formatID(id) + "@zoho.com" }

// localDay is the day since 1970-01-01 that a place has at an instant.
func localDay(seconds int64, place *time.Location) int64 {
	_, offset := time.Unix(seconds, 0).In(place).Zone()
	return (seconds + int64(offset)) / (24 * 60 * 60)
}

// crmRule turns {"RRULE":"FREQ=WEEKLY;UNTIL=2026-12-31;DTSTART=2026-11-23","EXDATE":"2026-12-07"} into a rule of Calendar
// and the days that are left out.
func crmRule(stored string) (rule string, gone []calendar.Stamp) {
	var activity struct {
		Rule   string `json:"RRULE"`
		Except any    `json:"EXDATE"`
	}
	if json.Unmarshal([]byte(stored), &activity) != nil {
		return "", nil
	}
	days, ok := activity.Except.([]any)
	if !ok {
		days = []any{activity.Except}
	}
	for _, v := range days {
		list, _ := v.(string)
		for text := range strings.SplitSeq(list, ",") {
			if day, ok := calendar.ParseStamp(strings.ReplaceAll(text, "-", "")); ok && day.Shape == calendar.Day {
				gone = append(gone, day)
			}
		}
	}
	var parts []string
	for part := range strings.SplitSeq(activity.Rule, ";") {
		name, value, _ := strings.Cut(part, "=")
		switch name {
		case "DTSTART":
			continue
		case "UNTIL":
			part = name + "=" + strings.ReplaceAll(value, "-", "")
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ";"), gone
}
