package zohosim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"heavyset.tech/platform/internal/zohosim/calendar"
)

// Longest ranges. Sources: Zoho Calendar API v1, "Get events list", "Get event by instance".
const (
	listDays     = 31
	instanceDays = 90
	searchMonths = 3
)

// listCalendars answers GET /calendars. Source: Zoho Calendar API v1, "Get calendar list".
func (c *calendarCall) listCalendars() answer {
	category, refused := c.word("category", "own", "own", "group", "app", "other", "all")
	if refused != nil {
		return *refused
	}
	hidden, refused := c.word("showhiddencal", "false", "true", "false")
	if refused != nil {
		return *refused
	}
	list := []any{}
	for _, cal := range append(slices.Clone(c.diary.Calendars), c.diary.CRM) {
		if (category == "all" || category == cal.Category) && (cal.Visible || hidden == "true") {
			list = append(list, c.wire(cal))
		}
	}
	return jsonAnswer(http.StatusOK, map[string]any{"calendars": list})
}

// oneCalendar answers GET /calendars/{uid}. Source: Zoho Calendar API v1, "Get calendar details".
func (c *calendarCall) oneCalendar() answer {
	return jsonAnswer(http.StatusOK, map[string]any{"calendars": []any{c.wire(c.calendar)}})
}

func (c *calendarCall) wire(cal *calendar.Calendar) map[string]any {
	if cal == c.diary.CRM {
		cal = c.sim.crmCalendar(c.user, c.diary)
	}
	return cal.Wire()
}

// word reads one of some words from the parameters; missing is its default.
func (c *calendarCall) word(name, missing string, allowed ...string) (string, *answer) {
	given := c.query.Get(name)
	switch {
	case given == "":
		return missing, nil
	case slices.Contains(allowed, given):
		return given, nil
	}
	a := malformed(name)
	return "", &a
}

// view gives how the call wants its events, and the zone in which its days are.
func (c *calendarCall) view() (calendar.View, *time.Location, *answer) {
	v := calendar.View{
		Reading: c.sw.reading(), UID: c.calendar.UID, ID: c.calendar.ID, Viewer: c.user.email, Base: c.listener.baseURL(c.r),
		Large: strings.Contains(c.r.Header.Get("Accept"), "application/json+large"),
	}
	zone := c.calendar.Zone
	if given := c.query.Get("timezone"); given != "" {
		zone = given
	}
	place, err := c.sim.zones.Load(zone)
	if err != nil {
		a := malformed("timezone")
		return v, nil, &a
	}
	if c.query.Get("timezone") != "" {
		v.Zone = place
	}
	return v, place, nil
}

// timeRange reads the mandatory parameter range: {"start","end"}, each yyyyMMdd or yyyyMMddTHHmmssZ, at most so many days.
func (c *calendarCall) timeRange(most int, place *time.Location) (from, to time.Time, refused *answer) {
	given := c.query.Get("range")
	if given == "" {
		a := c.missing("range")
		return from, to, &a
	}
	bad := malformed("range")
	var ends struct {
		Start *string `json:"start"`
		End   *string `json:"end"`
	}
	d := json.NewDecoder(strings.NewReader(given))
	d.DisallowUnknownFields()
	if d.Decode(&ends) != nil || ends.Start == nil || ends.End == nil {
		return from, to, &bad
	}
	start, ok := calendar.ParseStamp(*ends.Start)
	end, ok2 := calendar.ParseStamp(*ends.End)
	for _, st := range []calendar.Stamp{start, end} {
		ok = ok && (st.Shape == calendar.Day || st.Shape == calendar.Zulu)
	}
	if !ok || !ok2 || end.Wall.Before(start.Wall) || end.Wall.Sub(start.Wall) > time.Duration(most)*24*time.Hour {
		return from, to, &bad
	}
	if end.Shape == calendar.Day && c.sw.CalendarRangeEnd == "inclusive" {
		end.Wall = end.Wall.AddDate(0, 0, 1)
	}
	return start.In(place), end.In(place), nil
}

// events gives what of the call's calendar may have an instance in [from, to), changed after an instant.
func (c *calendarCall) events(from, to, after time.Time) ([]*calendar.Event, *answer) {
	which, refused := c.word("crm_event_type", c.sw.CalendarCRMEvents, "own", "all")
	if refused != nil {
		return nil, refused
	}
	list := c.calendar.Events()
	if c.calendar == c.diary.CRM {
		list = c.sim.crmEvents(c.user, c.sw, which == "all", from, to)
	}
	return slices.DeleteFunc(list, func(e *calendar.Event) bool { return e.Modified <= after.Unix() }), nil
}

// lastModified reads the parameter that an older page documents; switch calendar_lastmodified tells whether it counts.
func (c *calendarCall) lastModified() (time.Time, *answer) {
	given := c.query.Get("lastmodified")
	if given == "" || c.sw.CalendarLastmodified == "ignore" {
		return time.Time{}, nil
	}
	st, ok := calendar.ParseStamp(given)
	if !ok || st.Shape != calendar.Zulu {
		a := malformed("lastmodified")
		return time.Time{}, &a
	}
	return st.At, nil
}

// listEvents answers GET /calendars/{uid}/events. Source: Zoho Calendar API v1, "Get events list".
func (c *calendarCall) listEvents() answer {
	v, place, refused := c.view()
	if refused != nil {
		return *refused
	}
	v.List = true
	from, to, refused := c.timeRange(listDays, place)
	if refused != nil {
		return *refused
	}
	byInstance, refused := c.word("byinstance", "false", "true", "false")
	if refused != nil {
		return *refused
	}
	after, refused := c.lastModified()
	if refused != nil {
		return *refused
	}
	events, refused := c.events(from, to, after)
	if refused != nil {
		return *refused
	}
	var rows []row
	for _, e := range events {
		rows = append(rows, rowsOf(e, e.Instances(from, to, place), place, byInstance == "true")...)
	}
	slices.SortStableFunc(rows, func(a, b row) int { return a.Start.Compare(b.Start) })
	list := make([]any, len(rows))
	for i, r := range rows {
		if byInstance == "true" {
			list[i] = v.Minimal(r.series, r.Instance)
		} else {
			list[i] = v.Event(r.series, r.Instance)
		}
	}
	return jsonAnswer(http.StatusOK, map[string]any{"events": list})
}

// row is an entry of a list of events.
type row struct {
	calendar.Instance
	series *calendar.Event
}

// rowsOf gives the entries of an event that has instances in a list's range: each of them, or the series once and its
// exceptions besides.
func rowsOf(e *calendar.Event, instances []calendar.Instance, place *time.Location, each bool) []row {
	var rows []row
	series := false
	for _, i := range instances {
		if each || i.Event != e {
			rows = append(rows, row{i, e})
			continue
		}
		if !series {
			rows = append(rows, row{e.Whole(place), e})
		}
		series = true
	}
	return rows
}

// event finds the call's event.
func (c *calendarCall) event() *calendar.Event {
	if c.calendar != c.diary.CRM {
		return c.calendar.Event(c.args["event"])
	}
	id, _ := parseID(strings.TrimSuffix(c.args["event"], "@zoho.com"))
	for m, r := range c.sim.crmMeetings(c.user, true) {
		if r.id == id && c.args["event"] == crmUID(id) {
			return c.sim.crmEvent(c.user.org, m, r, c.sw)
		}
	}
	return nil
}

// oneEvent answers GET /calendars/{uid}/events/{uid}. Source: Zoho Calendar API v1, "Get event details".
func (c *calendarCall) oneEvent() answer {
	v, place, refused := c.view()
	if refused != nil {
		return *refused
	}
	v.Large = true
	e := c.event()
	if e == nil {
		return c.notFound("event")
	}
	i := e.Whole(place)
	if id := c.query.Get("recurrenceid"); id != "" {
		var ok bool
		if i, ok = e.Instance(id, place); !ok {
			return c.notFound("instance")
		}
	}
	return jsonAnswer(http.StatusOK, map[string]any{"events": []any{v.One(e, i)}})
}

// listInstances answers GET /calendars/{uid}/events/{uid}/byinstance. Source: Zoho Calendar API v1, "Get event by instance".
func (c *calendarCall) listInstances() answer {
	v, place, refused := c.view()
	if refused != nil {
		return *refused
	}
	from, to, refused := c.timeRange(instanceDays, place)
	if refused != nil {
		return *refused
	}
	e := c.event()
	if e == nil {
		return c.notFound("event")
	}
	if !e.Repeats() {
		return malformed("eventuid") // works for repeating events only
	}
	list := []any{}
	for _, i := range e.Instances(from, to, place) {
		list = append(list, v.Event(e, i))
	}
	return jsonAnswer(http.StatusOK, map[string]any{"events": list})
}

// searchEvents answers GET /calendars/{uid}/search: events whose title has the text. Source: Zoho Calendar API v1, "Get
// event through search".
func (c *calendarCall) searchEvents() answer {
	v, place, refused := c.view()
	if refused != nil {
		return *refused
	}
	text := c.query.Get("searchtext")
	if text == "" {
		return c.missing("searchtext")
	}
	var ends [2]time.Time
	for i, name := range []string{"start", "end"} {
		given := c.query.Get(name)
		if given == "" {
			return c.missing(name)
		}
		st, ok := calendar.ParseStamp(given)
		if !ok || st.Shape != calendar.Zulu {
			return malformed(name)
		}
		ends[i] = st.At
	}
	if ends[1].Before(ends[0]) || ends[1].After(ends[0].AddDate(0, searchMonths, 0)) {
		return malformed("end")
	}
	events, refused := c.events(ends[0], ends[1], time.Time{})
	if refused != nil {
		return *refused
	}
	list := []any{}
	for _, e := range events {
		for _, r := range rowsOf(e, e.Instances(ends[0], ends[1], place), place, false) {
			if strings.Contains(strings.ToLower(r.Event.Title), strings.ToLower(text)) {
				list = append(list, v.Found(e, r.Instance))
			}
		}
	}
	return jsonAnswer(http.StatusOK, map[string]any{"search": list})
}
