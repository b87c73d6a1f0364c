package calendar

import (
	"encoding/json"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Purpose is what eventdata is for; it decides which keys it may have and must have.
type Purpose int

// The purposes of eventdata.
const (
	Create Purpose = iota
	Replace
	Merge
	Remove
	Seed // control interface: also what Zoho itself decides
)

// Kind is a kind of refusal.
type Kind int

// The kinds of refusals.
const (
	Pattern Kind = iota // the value has not the form it must have
	Missing             // a key that must be there is not
	Extra               // a key that does not exist
)

// Problem is why eventdata is refused.
type Problem struct {
	Kind Kind
	Key  string
}

// Lengths of texts. Source: Zoho Calendar API v1, "Create an event".
const (
	maxLocation    = 255
	maxDescription = 10000
)

// Edit types of a change of a series.
const (
	EditOnly      = "only"
	EditFollowing = "following"
	EditAll       = "all"
)

// Data is what eventdata says.
type Data struct {
	Event Event // what becomes of the base
	// Of changes:
	UID, Etag, RecurrenceID, EditType string

	given   map[string]any
	invited []Attendee // before
	r       *reader
}

// reader reads one eventdata. After the first problem it reads on but keeps that problem.
type reader struct {
	purpose Purpose
	reading Reading
	problem *Problem
}

var emailForm = regexp.MustCompile(`^[^@\s,;<>]+@[^@\s,;<>]+$`)

// minutesForm is the distance of a reminder: minutes before (-) or after the start.
var minutesForm = regexp.MustCompile(`^[+-]?[0-9]{1,6}$`)

// Read reads eventdata for an event, or for a new one where base is blank: Merge changes what is given, all else replaces
// the whole content. zone is that of times without one. The result is not settled. Source: Zoho Calendar API v1, "Create an
// event", "Update an event", "Delete an event".
func Read(text string, p Purpose, base Event, zone string, reading Reading, zones *Zones) (*Data, *Problem) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	data := &Data{Event: base, invited: base.Attendees, r: &reader{purpose: p, reading: reading}}
	if p != Merge {
		data.Event = Event{
			UID: base.UID, ID: base.ID, Etag: base.Etag, Zone: zone, Role: base.Role, Organizer: base.Organizer,
			CreatedBy: base.CreatedBy, Created: base.Created, Modified: base.Modified, Exceptions: base.Exceptions,
		}
	}
	if d.Decode(&data.given) != nil || data.given == nil || d.Decode(new(any)) != io.EOF {
		return nil, &Problem{Pattern, "eventdata"}
	}
	for _, key := range slices.Sorted(maps.Keys(data.given)) {
		if !p.takes(key) {
			return nil, &Problem{Extra, key}
		}
	}
	data.identity()
	if p != Remove {
		data.content(zones)
	}
	if data.r.problem != nil {
		return nil, data.r.problem
	}
	return data, nil
}

// takes tells whether eventdata may have a key.
func (p Purpose) takes(key string) bool {
	switch key {
	case "title", "dateandtime", "isallday", "isprivate", "location", "description", "url", "attendees", "reminders", "rrule",
		"transparency", "allowForwarding", "conference":
		return p != Remove
	case "notify_attendee":
		return true
	case "uid":
		return p == Remove || p == Seed
	case "etag":
		return p != Create
	case "recurrenceid", "recurrence_edittype":
		return p == Replace || p == Merge || p == Remove
	case "estatus", "role", "organizer", "createdby", "createdtime", "lastmodifiedtime":
		return p == Seed
	}
	return false
}

// refuse keeps the first problem.
func (r *reader) refuse(kind Kind, key string) {
	if r.problem == nil {
		r.problem = &Problem{kind, key}
	}
}

// value finds a key; null is as absent.
func (d *Data) value(key string) (any, bool) {
	v := d.given[key]
	return v, v != nil
}

// text reads a text of at most so many characters; 0 is any.
func (d *Data) text(key string, most int, into *string) {
	v, ok := d.value(key)
	if !ok {
		return
	}
	s, isText := v.(string)
	if !isText || most > 0 && utf8.RuneCountInString(s) > most {
		d.r.refuse(Pattern, key)
		return
	}
	*into = s
}

func (d *Data) flag(key string, into *bool) {
	if v, ok := d.value(key); ok {
		b, isFlag := v.(bool)
		if !isFlag {
			d.r.refuse(Pattern, key)
		}
		*into = b
	}
}

// number reads a number from 0 to most.
func (d *Data) number(key string, v any, most int64) int {
	n, ok := v.(json.Number)
	i, err := n.Int64()
	if !ok || err != nil || i < 0 || i > most {
		d.r.refuse(Pattern, key)
	}
	return int(i)
}

// identity reads what says which event or instance is meant.
func (d *Data) identity() {
	d.text("uid", 0, &d.UID)
	if v, ok := d.value("etag"); ok {
		switch v := v.(type) {
		case string:
			d.Etag = v
		case json.Number:
			d.Etag = v.String()
		}
		if d.Etag == "" || strings.Trim(d.Etag, "0123456789") != "" {
			d.r.refuse(Pattern, "etag")
		}
	}
	switch v := d.given["recurrenceid"].(type) {
	case nil:
	case string:
		d.RecurrenceID = v
	case json.Number: // the documentation's sample has an all-day one without quotes
		d.RecurrenceID = v.String()
	default:
		d.r.refuse(Pattern, "recurrenceid")
	}
	d.text("recurrence_edittype", 0, &d.EditType)
	_, given := d.value("recurrence_edittype")
	if given && !slices.Contains([]string{EditOnly, EditFollowing, EditAll}, d.EditType) {
		d.r.refuse(Pattern, "recurrence_edittype")
	}
	if v, ok := d.value("notify_attendee"); ok {
		d.Event.Notify = d.number("notify_attendee", v, 2)
	}
}

// content reads what the event says.
func (d *Data) content(zones *Zones) {
	e := &d.Event
	d.text("title", 0, &e.Title)
	d.text("location", maxLocation, &e.Location)
	d.text("description", maxDescription, &e.Description)
	d.text("url", 0, &e.URL)
	d.flag("isprivate", &e.Private)
	if v, ok := d.value("transparency"); ok {
		n := d.number("transparency", v, 1)
		e.Transparency = &n
	}
	if _, ok := d.value("allowForwarding"); ok {
		e.Forwarding = new(bool)
		d.flag("allowForwarding", e.Forwarding)
	}
	if v, ok := d.value("conference"); ok {
		e.Conference, _ = json.Marshal(v)
	}
	if _, ok := d.value("attendees"); ok {
		d.attendees()
	}
	if _, ok := d.value("reminders"); ok {
		d.reminders()
	}
	d.times(zones)
	d.text("rrule", 0, &e.Rule)
	if e.Rule != "" && d.r.problem == nil {
		if err := e.Settle(zones); err != nil || !e.Happens() {
			d.r.refuse(Pattern, "rrule")
		}
	}
	if d.r.purpose == Seed {
		d.seeded()
	}
}

// times reads dateandtime and isallday.
func (d *Data) times(zones *Zones) {
	e := &d.Event
	wasAllDay := e.AllDay
	d.flag("isallday", &e.AllDay)
	v, given := d.value("dateandtime")
	switch {
	case !given && d.r.purpose == Merge:
		if e.AllDay != wasAllDay {
			d.r.refuse(Missing, "dateandtime")
		}
		return
	case !given:
		d.r.refuse(Missing, "dateandtime")
		return
	}
	o, ok := v.(map[string]any)
	if !ok {
		d.r.refuse(Pattern, "dateandtime")
		return
	}
	for _, key := range slices.Sorted(maps.Keys(o)) {
		if key != "start" && key != "end" && key != "timezone" {
			d.r.refuse(Extra, key)
		}
	}
	if zone, ok := o["timezone"]; ok && zone != nil {
		e.Zone, _ = zone.(string)
	}
	place, err := zones.Load(e.Zone)
	if err != nil {
		d.r.refuse(Pattern, "timezone")
		return
	}
	e.place = place
	start, end := d.stamp(o, "start"), d.stamp(o, "end")
	if d.r.problem != nil {
		return
	}
	d.place(start, end)
	if e.To < e.From {
		d.r.refuse(Pattern, "end")
	}
}

// stamp reads a member of dateandtime.
func (d *Data) stamp(o map[string]any, key string) Stamp {
	v, given := o[key]
	if !given {
		d.r.refuse(Missing, key)
		return Stamp{}
	}
	s, _ := v.(string)
	st, ok := ParseStamp(s)
	if !ok || st.Shape == Local || (st.Shape == Day) != d.Event.AllDay {
		d.r.refuse(Pattern, key)
	}
	return st
}

// place puts the event on the time line.
func (d *Data) place(start, end Stamp) {
	e := &d.Event
	if e.AllDay {
		e.From, e.To = start.days(), end.days()
		if d.r.reading.AllDayEnd == "exclusive" && e.To > e.From {
			e.To--
		}
		return
	}
	at := func(s Stamp) int64 {
		if s.Shape == Offset && d.r.reading.OffsetAndZone == "zone" {
			return resolve(s.Wall, e.place).Unix()
		}
		return s.At.Unix()
	}
	e.From, e.To = at(start), at(end)
}

// attendees reads [{"email","permission","attendance"}]. Who was there already keeps the answer.
func (d *Data) attendees() {
	d.Event.Attendees = nil
	d.objects("attendees", []string{"email", "permission", "attendance", "status"}, func(o map[string]any) {
		a := Attendee{Status: "NEEDS-ACTION", Attendance: 1, Permission: 1}
		a.Email, _ = o["email"].(string)
		if !emailForm.MatchString(a.Email) {
			d.r.refuse(Pattern, "email")
		}
		if v, ok := o["permission"]; ok {
			a.Permission = d.number("permission", v, 3)
		}
		if v, ok := o["attendance"]; ok {
			a.Attendance = d.number("attendance", v, 2)
		}
		if i := slices.IndexFunc(d.invited, func(b Attendee) bool { return b.Email == a.Email }); i >= 0 {
			a.Status = d.invited[i].Status
		}
		if status, ok := o["status"].(string); ok {
			if d.r.purpose != Seed {
				d.r.refuse(Extra, "status")
			}
			a.Status = status
		}
		d.Event.Attendees = append(d.Event.Attendees, a)
	})
}

// reminders reads [{"action","minutes"}].
func (d *Data) reminders() {
	d.Event.Reminders = nil
	d.objects("reminders", []string{"action", "minutes"}, func(o map[string]any) {
		m := Reminder{}
		m.Action, _ = o["action"].(string)
		if !slices.Contains([]string{"popup", "email", "notification"}, m.Action) {
			d.r.refuse(Pattern, "action")
		}
		switch v := o["minutes"].(type) {
		case string:
			m.Minutes = v
		case json.Number:
			m.Minutes = v.String()
		}
		if !minutesForm.MatchString(m.Minutes) {
			d.r.refuse(Pattern, "minutes")
		}
		d.Event.Reminders = append(d.Event.Reminders, m)
	})
}

// objects reads a list of objects that have only the named keys.
func (d *Data) objects(key string, keys []string, each func(map[string]any)) {
	list, ok := d.given[key].([]any)
	if !ok {
		d.r.refuse(Pattern, key)
	}
	for _, v := range list {
		o, ok := v.(map[string]any)
		if !ok {
			d.r.refuse(Pattern, key)
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(o)) {
			if !slices.Contains(keys, name) {
				d.r.refuse(Extra, name)
			}
		}
		each(o)
	}
}

// seeded reads what only a calendar that is set up may say.
func (d *Data) seeded() {
	e := &d.Event
	for key, into := range map[string]*string{
		"estatus": &e.Status, "role": &e.Role, "organizer": &e.Organizer, "createdby": &e.CreatedBy,
	} {
		d.text(key, 0, into)
	}
	for key, into := range map[string]*int64{"createdtime": &e.Created, "lastmodifiedtime": &e.Modified} {
		if v, ok := d.value(key); ok {
			s, _ := v.(string)
			st, ok := ParseStamp(s)
			if !ok || st.Shape != Zulu {
				d.r.refuse(Pattern, key)
			}
			*into = st.At.Unix()
		}
	}
}
