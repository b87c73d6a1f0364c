package calendar

import (
	"strings"
	"time"
)

// View is how a call wants its events.
type View struct {
	Reading
	Zone   *time.Location // of its times; nil: each event's own
	UID    string         // of the calendar
	ID     string         // of the calendar
	Viewer string         // e-mail address
	Base   string         // of the addresses in answers
	Large  bool           // with description
	List   bool           // one of several
}

// place is the zone in which an instance is shown.
func (v View) place(i Instance) *time.Location {
	if v.Zone != nil {
		return v.Zone
	}
	return i.Event.place
}

// ends gives both ends in the shape of dateandtime.
func (v View) ends(i Instance) (start, end string) {
	if !i.Event.AllDay {
		place := v.place(i)
		return formatOffset(i.Start, place), formatOffset(i.End, place)
	}
	last := i.To
	if v.AllDayEnd == "exclusive" {
		last++
	}
	return formatDay(i.From), formatDay(last)
}

// Event gives an instance, or a series as its first, in full. Source: Zoho Calendar API v1, "Get event details".
func (v View) Event(series *Event, i Instance) map[string]any {
	e := i.Event
	start, end := v.ends(i)
	m := map[string]any{
		"uid": series.UID, "id": series.ID, "caluid": v.UID, "calid": v.ID, "etag": formatNumber(series.Etag), "title": e.Title,
		"dateandtime": map[string]any{"timezone": v.place(i).String(), "start": start, "end": end},
		"isallday":    e.AllDay, "isprivate": e.Private, "role": e.role(), "organizer": series.Organizer,
		"createdby": series.CreatedBy, "createdtime": FormatZulu(time.Unix(series.Created, 0)),
		"lastmodifiedtime": FormatZulu(time.Unix(series.Modified, 0)), "attendees": v.attendees(e), "estatus": e.status(),
		"etype": "event", "location": e.Location, "url": e.URL, "transparency": v.transparency(e), "reminders": e.reminders(),
		"viewEventURL": v.Base + "/zc/viewevent/" + v.UID + "_EID" + series.UID, "notifyType": e.Notify,
		"allowForwarding": e.Forwarding == nil || *e.Forwarding,
	}
	if len(e.Conference) > 0 {
		m["conference"] = e.Conference
	}
	if v.Large {
		m["description"] = e.Description
	}
	if i.ID != "" {
		m["recurrenceid"] = i.ID
	} else if e.Rule != "" {
		m["rrule"] = e.Rule
	}
	return m
}

// Minimal gives an instance as byinstance=true of a list does. Source: Zoho Calendar API v1, "Get events list".
func (v View) Minimal(series *Event, i Instance) map[string]any {
	e := i.Event
	start, end := v.ends(i)
	if !e.AllDay {
		switch v.InstanceTimes {
		case "zulu":
			start, end = FormatZulu(i.Start), FormatZulu(i.End)
		case "local":
			start, end = i.Start.In(v.place(i)).Format(localForm), i.End.In(v.place(i)).Format(localForm)
		}
	}
	m := map[string]any{
		"uid": series.UID, "id": series.ID, "caluid": v.UID, "etag": formatNumber(series.Etag), "title": e.Title, "start": start,
		"end": end, "timezone": v.place(i).String(), "isallday": e.AllDay, "isprivate": e.Private, "estatus": e.status(),
	}
	if v.InstanceTransparency {
		m["transparency"] = v.transparency(e)
	}
	if v.Large {
		m["description"] = e.Description
	}
	if i.ID != "" {
		m["recurrenceid"] = i.ID
	}
	return m
}

// One gives a single instance that was asked for by its recurrenceid. Of an all-day yearly event Zoho gets the end wrong.
func (v View) One(series *Event, i Instance) map[string]any {
	if v.YearlyEnd == "late" && i.ID != "" && i.Event.AllDay && strings.Contains(series.Rule, "FREQ=YEARLY") {
		i.To++
	}
	return v.Event(series, i)
}

// Found gives an instance as search does. Source: Zoho Calendar API v1, "Get event through search".
func (v View) Found(series *Event, i Instance) map[string]any {
	start, end := v.ends(i)
	zone := v.place(i).String()
	return map[string]any{
		"uid": series.UID, "caluid": v.UID, "timezone": zone, "isallday": i.Event.AllDay, "title": i.Event.Title, "type": 0,
		"dateandtime": map[string]any{"timezone": zone, "start": start, "end": end},
	}
}

func (e *Event) role() string {
	if e.Role == "" {
		return "organizer"
	}
	return e.Role
}

func (e *Event) status() string {
	if e.Status == "" {
		return "added"
	}
	return e.Status
}

// transparency of an event that says nothing is the number that blocks.
func (v View) transparency(e *Event) int {
	if e.Transparency == nil {
		return 1 - v.Transparent
	}
	return *e.Transparency
}

// attendees lists the invited; a list may show only the viewer's own entry.
func (v View) attendees(e *Event) []Attendee {
	out := []Attendee{}
	for _, a := range e.Attendees {
		if !v.List || v.ListAttendees != "own" || a.Email == v.Viewer {
			out = append(out, a)
		}
	}
	return out
}

func (e *Event) reminders() []Reminder {
	if e.Reminders == nil {
		return []Reminder{}
	}
	return e.Reminders
}
