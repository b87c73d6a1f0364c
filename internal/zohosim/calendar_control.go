package zohosim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"heavyset.tech/platform/internal/zohosim/calendar"
)

// diarySetup is the body of PUT /_sim/calendars/{user}. What is absent stays as it is.
type diarySetup struct {
	Calendars    []json.RawMessage `json:"calendars"`
	CRM          json.RawMessage   `json:"crm_calendar"`
	FBNotEnabled *bool             `json:"fb_not_enabled"`
	OutOfWork    []dayRange        `json:"out_of_work"`
}

// calendarSetup is a calendar of that body: the members of Zoho's, and events in the shape of eventdata.
type calendarSetup struct {
	calendar.Calendar
	Events []json.RawMessage `json:"events"`
}

// controlSetCalendars sets up what a user has in Zoho Calendar.
func (l *listener) controlSetCalendars(r *http.Request) (any, error) {
	var body diarySetup
	if err := readControl(r, &body, true); err != nil {
		return nil, err
	}
	l.sim.mu.Lock()
	defer l.sim.mu.Unlock()
	u := l.sim.person(r.PathValue("user"))
	if u == nil {
		return nil, noSuch("user")
	}
	ops, err := l.sim.setUp(u, body)
	if err != nil {
		return nil, badControl(err)
	}
	if err := l.sim.changeDiary(u, ops...); err != nil {
		return nil, err
	}
	return l.diaryWire(r, u), nil
}

// controlCalendars shows what a user has in Zoho Calendar.
func (l *listener) controlCalendars(r *http.Request) (any, error) {
	l.sim.mu.RLock()
	defer l.sim.mu.RUnlock()
	u := l.sim.person(r.PathValue("user"))
	if u == nil {
		return nil, noSuch("user")
	}
	return l.diaryWire(r, u), nil
}

// person finds a user by id or e-mail address.
func (s *Sim) person(who string) *user {
	s.accounts.mu.Lock()
	defer s.accounts.mu.Unlock()
	return s.accounts.person(who)
}

// setUp turns a setup into changes. The caller holds Sim.mu.
func (s *Sim) setUp(u *user, body diarySetup) ([]calendarOp, error) {
	old := s.diary(u)
	next := &diary{Calendars: old.Calendars, CRM: old.CRM, FBNotEnabled: old.FBNotEnabled, OutOfWork: old.OutOfWork}
	if body.FBNotEnabled != nil {
		next.FBNotEnabled = *body.FBNotEnabled
	}
	if body.OutOfWork != nil {
		next.OutOfWork = body.OutOfWork
	}
	for i, days := range next.OutOfWork {
		first, ok := calendar.ParseStamp(days.Start)
		last, ok2 := calendar.ParseStamp(days.End)
		if !ok || !ok2 || first.Shape != calendar.Day || last.Shape != calendar.Day || last.Wall.Before(first.Wall) {
			return nil, fmt.Errorf("out_of_work[%d]: start and end are yyyyMMdd, both inclusive", i)
		}
	}
	if body.CRM != nil {
		crm, err := s.setUpCalendar(u, *old.CRM, body.CRM)
		if err != nil {
			return nil, fmt.Errorf("crm_calendar: %w", err)
		}
		if crm.Events != nil || crm.UID != old.CRM.UID || crm.Category != "app" {
			return nil, errors.New("crm_calendar: events, uid and category can't be set")
		}
		next.CRM = &crm.Calendar
	}
	ops := []calendarOp{{User: u.id, Diary: next}}
	if body.Calendars == nil {
		return append(ops, next.fill(u, nil)...), nil
	}
	events, err := s.setUpCalendars(u, next, body.Calendars)
	if err != nil {
		return nil, err
	}
	return append(ops, next.fill(u, events)...), nil
}

// fill gives the changes that put events into the diary's calendars: those given by uid of the calendar, otherwise those that
// are there. The calendars themselves become empty copies.
func (d *diary) fill(u *user, given map[string][]*calendar.Event) []calendarOp {
	var ops []calendarOp
	calendars := d.Calendars
	d.Calendars = nil
	for _, c := range calendars {
		events, ok := given[c.UID]
		if !ok {
			events = c.Events()
		}
		if len(events) > 0 {
			ops = append(ops, calendarOp{User: u.id, Calendar: c.UID, Ctag: c.Ctag, Modified: c.Modified, Events: events})
		}
		empty := c.Emptied()
		d.Calendars = append(d.Calendars, &empty)
	}
	return ops
}

// setUpCalendars replaces the diary's calendars and gives the events that the setup names, by uid of the calendar.
func (s *Sim) setUpCalendars(u *user, d *diary, given []json.RawMessage) (map[string][]*calendar.Event, error) {
	events := map[string][]*calendar.Event{}
	var list []*calendar.Calendar
	for i, raw := range given {
		var named struct {
			UID string `json:"uid"`
		}
		if err := json.Unmarshal(raw, &named); err != nil {
			return nil, fmt.Errorf("calendars[%d]: %w", i, err)
		}
		base := *calendarDefaults(u)
		base.UID, base.ID, base.Ctag = newUID(), formatID(u.org.nextID()), 0
		if was := d.find(named.UID); was != nil {
			base = *was
			if base.UID == d.CRM.UID {
				return nil, fmt.Errorf("calendars[%d]: the CRM's calendar is crm_calendar", i)
			}
		}
		c, err := s.setUpCalendar(u, base, raw)
		if err != nil {
			return nil, fmt.Errorf("calendars[%d]: %w", i, err)
		}
		if slices.ContainsFunc(list, func(o *calendar.Calendar) bool { return o.UID == c.UID }) {
			return nil, fmt.Errorf("calendars[%d]: its uid is there twice", i)
		}
		list = append(list, &c.Calendar)
		if c.Events == nil {
			continue
		}
		if events[c.UID], err = s.setUpEvents(u, c); err != nil {
			return nil, fmt.Errorf("calendars[%d]: %w", i, err)
		}
	}
	at := slices.IndexFunc(list, func(c *calendar.Calendar) bool { return c.Default })
	if at < 0 {
		at = slices.IndexFunc(list, func(c *calendar.Calendar) bool { return c.Category == "own" })
	}
	if at < 0 {
		return nil, errors.New("calendars: a user has a default calendar, of category own")
	}
	for i, c := range list {
		c.Default = i == at
	}
	list[0], list[at] = list[at], list[0]
	d.Calendars = list
	return events, nil
}

// setUpCalendar reads one calendar onto what it was or would be without saying anything.
func (s *Sim) setUpCalendar(u *user, base calendar.Calendar, raw json.RawMessage) (calendarSetup, error) {
	c := calendarSetup{Calendar: base}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return c, err
	}
	if _, err := s.zones.Load(c.Zone); err != nil {
		return c, fmt.Errorf("timezone %q: %w", c.Zone, err)
	}
	if !slices.Contains([]string{"own", "group", "app", "other"}, c.Category) {
		return c, fmt.Errorf("category is %q, none of own, group, app, other", c.Category)
	}
	if c.Name == "" {
		c.Name = u.name()
	}
	now := s.clock()
	c.Ctag, c.Modified = max(now.UnixMilli(), base.Ctag+1), now.Unix()
	return c, nil
}

// setUpEvents reads the events of a calendar.
func (s *Sim) setUpEvents(u *user, c calendarSetup) ([]*calendar.Event, error) {
	now := s.clock()
	events := []*calendar.Event{}
	for i, raw := range c.Events {
		base := calendar.Event{
			UID: newUID() + "@zoho.com", ID: formatID(u.org.nextID()), Etag: now.UnixMilli(), Organizer: u.email,
			CreatedBy: u.email, Created: now.Unix(), Modified: now.Unix(),
		}
		data, problem := calendar.Read(string(raw), calendar.Seed, base, c.Zone, s.switches.Load().reading(), &s.zones)
		if problem != nil {
			return nil, fmt.Errorf("events[%d]: %s is missing, unknown or malformed", i, problem.Key)
		}
		e := data.Event
		if data.UID != "" {
			e.UID = data.UID
		}
		if data.Etag != "" {
			e.Etag, _ = parseID(data.Etag)
		}
		if err := e.Settle(&s.zones); err != nil {
			return nil, fmt.Errorf("events[%d]: %w", i, err)
		}
		events = append(events, &e)
	}
	return events, nil
}

// diaryWire shows a diary.
func (l *listener) diaryWire(r *http.Request, u *user) map[string]any {
	d := l.sim.diary(u)
	calendars := []any{}
	for _, c := range d.Calendars {
		v := calendar.View{
			Reading: l.sim.switches.Load().reading(), UID: c.UID, ID: c.ID, Viewer: u.email, Base: l.baseURL(r), Large: true,
		}
		events := []any{}
		for _, e := range c.Events() {
			events = append(events, v.Event(e, e.Whole(u.place)))
		}
		shown := c.Wire()
		shown["events"] = events
		calendars = append(calendars, shown)
	}
	out := []dayRange{}
	return map[string]any{
		"user": formatID(u.id), "email": u.email, "fb_not_enabled": d.FBNotEnabled, "out_of_work": append(out, d.OutOfWork...),
		"calendars": calendars, "crm_calendar": l.sim.crmCalendar(u, d).Wire(),
	}
}
