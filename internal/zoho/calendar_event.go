package zoho

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"time"
	"unicode/utf8"
)

// CalendarEvent is an event of a calendar, or an instance of a repeating one. Read whole (GetCalendarEvent), changed and written
// (ReplaceCalendarEvent) it loses nothing of what Zoho documents.
type CalendarEvent struct {
	Span
	UID, ID, Calendar string
	Etag              string // of the version; a change needs the latest
	Instance          string // recurrenceid; "" of a whole event
	Rule              string // rrule; "" where it does not repeat, and of an instance
	TimeZone          string // IANA name; "" where Zoho does not say. Writing "" means the calendar's
	Title             string
	Description       string // only of GetCalendarEvent and of writes; at most 10,000 signs
	Location, URL     string
	Status            string // estatus; see Gone
	Transparency      string // a number; "1" does not block; "" where Zoho does not say, which it may not do in lists by instance
	Private           bool
	Modified          time.Time
	Attendees         []Attendee // a list may show the user's own only
	Reminders         []Reminder
	AllowForwarding   string // true, false, or "" where Zoho does not say
	Conference        any    // as Zoho wrote it; nil: none
}

// Attendee is somebody who is invited.
type Attendee struct {
	Email      string
	Permission int64
	Attendance int64
	Status     string // Zoho's word, such as ACCEPTED; ignored when writing
}

// Reminder is a reminder of an event.
type Reminder struct{ Action, Minutes string }

// LogValue gives the uid only: an event is customer data.
func (e CalendarEvent) LogValue() slog.Value { return slog.StringValue("event " + e.UID) }

// Gone reports whether the event is listed although it is called off. Zoho documents no list of the words.
func (e CalendarEvent) Gone() bool {
	switch e.Status {
	case "cancelled", "canceled", "deleted":
		return true
	}
	return false
}

// ListCalendarEvents reads the events that meet a range of at most 31 days: each instance on its own, or a repeating event once
// with its exceptions beside. https://www.zoho.com/calendar/help/api/get-events-list.html
func (c *Client) ListCalendarEvents(ctx context.Context, calendar string, from, to time.Time, byInstance bool) ([]CalendarEvent, error) {
	if err := checkUID(calendar); err != nil {
		return nil, err
	}
	if err := checkRange(from, to); err != nil {
		return nil, err
	}
	r := request{api: calendarAPI, method: http.MethodGet, path: "/calendars/{id}/events", ids: []string{calendar}, safe: true}
	r.query = url.Values{"range": {rangeOf(from, to)}, "byinstance": {strconv.FormatBool(byInstance)}, "crm_event_type": {"own"}}
	return c.events(ctx, r)
}

// GetCalendarEvent reads an event with everything; instance names one of a repeating event, "" the whole. Fails with NotFound.
// https://www.zoho.com/calendar/help/api/get-event-details.html
func (c *Client) GetCalendarEvent(ctx context.Context, calendar, uid, instance string) (CalendarEvent, error) {
	r, err := eventRequest(http.MethodGet, calendar, uid)
	if err != nil {
		return CalendarEvent{}, err
	}
	r.safe, r.large, r.query = true, true, url.Values{}
	if instance != "" {
		r.query.Set("recurrenceid", instance)
	}
	e, err := c.event(ctx, r)
	return e, noSuchEvent(err)
}

// CreateCalendarEvent makes an event; UID, ID, Etag and Instance are Zoho's to give. Zoho has no key that would make a second
// attempt harmless. https://www.zoho.com/calendar/help/api/post-create-event.html
func (c *Client) CreateCalendarEvent(ctx context.Context, calendar string, e CalendarEvent) (CalendarEvent, error) {
	if err := checkUID(calendar); err != nil {
		return CalendarEvent{}, err
	}
	e.UID, e.Etag, e.Instance = "", "", ""
	r := request{api: calendarAPI, method: http.MethodPost, path: "/calendars/{id}/events", ids: []string{calendar}}
	return c.writeEvent(ctx, r, e)
}

// ReplaceCalendarEvent writes an event as a whole: what it does not say is lost, so read it by GetCalendarEvent first. With Instance it is
// that one only. Fails with AlreadyModified when Etag is not the latest any more.
// https://www.zoho.com/calendar/help/api/put-update-event.html
func (c *Client) ReplaceCalendarEvent(ctx context.Context, calendar string, e CalendarEvent) (CalendarEvent, error) {
	r, err := eventRequest(http.MethodPut, calendar, e.UID)
	if err != nil {
		return CalendarEvent{}, err
	}
	if e.Etag == "" {
		return CalendarEvent{}, refuse("a change needs the event's etag")
	}
	return c.writeEvent(ctx, r, e)
}

// DeleteCalendarEvent takes an event out, with all its instances. The page wants the etag as a header, reports from the field want
// it in eventdata: it goes out in both. Fails with AlreadyModified when etag is not the latest any more, and with NotFound
// or PatternNotMatched where there is no such event.
// https://www.zoho.com/calendar/help/api/delete-event.html
func (c *Client) DeleteCalendarEvent(ctx context.Context, calendar, uid, etag string) error {
	r, err := eventRequest(http.MethodDelete, calendar, uid)
	if err != nil {
		return err
	}
	if etag == "" || len(etag) > 100 {
		return refuse("a deletion needs the event's etag")
	}
	for _, sign := range etag {
		if sign < ' ' || sign > '~' {
			return refuse("an etag is none of Zoho's")
		}
	}
	data, err := encode(map[string]string{"uid": uid, "etag": etag})
	if err != nil {
		return refuse("a uid cannot be written as JSON")
	}
	r.etag, r.query = etag, url.Values{"eventdata": {string(data)}}
	_, err = c.do(ctx, r)
	return err
}

func eventRequest(method, calendar, uid string) (request, error) {
	if err := checkUID(calendar); err != nil {
		return request{}, err
	}
	if err := checkUID(uid); err != nil {
		return request{}, err
	}
	return request{api: calendarAPI, method: method, path: "/calendars/{id}/events/{id}", ids: []string{calendar, uid}}, nil
}

// noSuchEvent turns the PATTERN_NOT_MATCHED of a read by uid into NotFound: nothing else is in such a call.
func noSuchEvent(err error) error {
	if e, ok := err.(*Error); ok && e.Kind == PatternNotMatched {
		e.Kind = NotFound
	}
	return err
}

// writeEvent sends eventdata as a parameter: Zoho ignores a JSON body.
func (c *Client) writeEvent(ctx context.Context, r request, e CalendarEvent) (CalendarEvent, error) {
	data, err := e.data()
	if err != nil {
		return CalendarEvent{}, err
	}
	text, err := encode(data)
	if err != nil {
		return CalendarEvent{}, refuse("a value cannot be written as JSON")
	}
	r.query, r.large = url.Values{"eventdata": {string(text)}}, true
	return c.event(ctx, r)
}

// data writes eventdata. Zoho refuses keys that it does not know, those of its own answers among them.
func (e CalendarEvent) data() (map[string]any, error) {
	start, end, err := e.write()
	if err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(e.Description) > 10000 || utf8.RuneCountInString(e.Location) > 255 {
		return nil, refuse("an event takes a description of 10,000 signs and a location of 255")
	}
	when := map[string]string{"start": start, "end": end}
	if e.TimeZone != "" {
		when["timezone"] = e.TimeZone
	}
	out := map[string]any{"title": e.Title, "dateandtime": when, "isallday": e.AllDay, "isprivate": e.Private}
	for key, v := range map[string]string{
		"description": e.Description, "location": e.Location, "url": e.URL, "etag": e.Etag, "rrule": e.Rule, "recurrenceid": e.Instance,
	} {
		if v != "" {
			out[key] = v
		}
	}
	if e.Instance != "" {
		delete(out, "rrule")
		out["recurrence_edittype"] = "only"
	}
	if n, err := strconv.Atoi(e.Transparency); err == nil {
		out["transparency"] = n
	}
	if allowed, err := strconv.ParseBool(e.AllowForwarding); err == nil {
		out["allowForwarding"] = allowed
	}
	if e.Conference != nil {
		out["conference"] = e.Conference
	}
	var attendees, reminders []map[string]any
	for _, a := range e.Attendees {
		attendees = append(attendees, map[string]any{"email": a.Email, "permission": a.Permission, "attendance": a.Attendance})
	}
	for _, m := range e.Reminders {
		reminders = append(reminders, map[string]any{"action": m.Action, "minutes": m.Minutes})
	}
	if attendees != nil {
		out["attendees"] = attendees
	}
	if reminders != nil {
		out["reminders"] = reminders
	}
	return out, nil
}

// events reads a list of events. One whose times cannot be read spoils the list: left out, it would free its time.
func (c *Client) events(ctx context.Context, r request) ([]CalendarEvent, error) {
	got, err := c.do(ctx, r)
	if err != nil {
		return nil, err
	}
	if got.body[noData] != nil {
		return nil, nil
	}
	rows, err := got.rows("events")
	if err != nil {
		return nil, err
	}
	var out []CalendarEvent
	for _, row := range rows {
		e, ok := eventOf(row)
		if !ok {
			return nil, got.unreadable()
		}
		out = append(out, e)
	}
	return out, nil
}

func (c *Client) event(ctx context.Context, r request) (CalendarEvent, error) {
	found, err := c.events(ctx, r)
	if err == nil && len(found) == 0 {
		err = &Error{Status: http.StatusOK, Kind: Unreadable, Message: "the answer has no event"}
		if r.method == http.MethodGet {
			err = &Error{Status: http.StatusOK, Kind: NotFound, Message: "nothing found"}
		}
	}
	if err != nil {
		return CalendarEvent{}, err
	}
	return found[0], nil
}

// eventOf reads an event; lists by instance have its times outside of dateandtime.
func eventOf(r Record) (CalendarEvent, bool) {
	when := r
	if in := r.object("dateandtime"); in != nil {
		when = in
	}
	zone := when.Text("timezone")
	if zone == "" {
		zone = r.Text("timezone")
	}
	span, ok := spanOf(when.Text("start"), when.Text("end"), zone, r.Bool("isallday"))
	modified, _ := parseMoment(r.Text("lastmodifiedtime"), zone)
	e := CalendarEvent{
		Span: span, UID: r.Text("uid"), ID: r.ID(), Calendar: r.Text("caluid"), Etag: r.Text("etag"), Instance: r.Text("recurrenceid"),
		Rule: r.Text("rrule"), TimeZone: zone, Title: r.Text("title"), Description: r.Text("description"), Location: r.Text("location"),
		URL: r.Text("url"), Status: r.Text("estatus"), Transparency: r.Text("transparency"), Private: r.Bool("isprivate"),
		Modified: modified.at, AllowForwarding: r.Text("allowForwarding"), Conference: r["conference"],
	}
	for _, a := range r.Objects("attendees") {
		one := Attendee{Email: a.Text("email"), Status: a.Text("status")}
		one.Permission, _ = a.Int("permission")
		one.Attendance, _ = a.Int("attendance")
		e.Attendees = append(e.Attendees, one)
	}
	for _, m := range r.Objects("reminders") {
		e.Reminders = append(e.Reminders, Reminder{Action: m.Text("action"), Minutes: m.Text("minutes")})
	}
	return e, ok && e.UID != ""
}
