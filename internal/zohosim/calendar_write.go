package zohosim

import (
	"net/http"

	"heavyset.tech/platform/internal/zohosim/calendar"
)

// refusedData answers eventdata that can not be taken.
func (c *calendarCall) refusedData(p *calendar.Problem) answer {
	switch p.Kind {
	case calendar.Missing:
		return c.missing(p.Key)
	case calendar.Extra:
		return calendarError(http.StatusBadRequest, c.sw.CalendarExtraKey, "The key "+p.Key+" is not known.")
	}
	return malformed(p.Key)
}

// read reads the parameter eventdata; a JSON body is never looked at.
func (c *calendarCall) read(p calendar.Purpose, base calendar.Event) (*calendar.Data, *answer) {
	text := c.query.Get("eventdata")
	if text == "" {
		a := c.missing("eventdata")
		return nil, &a
	}
	data, problem := calendar.Read(text, p, base, c.calendar.Zone, c.sw.reading(), &c.sim.zones)
	if problem != nil {
		a := c.refusedData(problem)
		return nil, &a
	}
	return data, nil
}

// createEvent answers POST /calendars/{uid}/events. Source: Zoho Calendar API v1, "Create an event".
func (c *calendarCall) createEvent() answer {
	data, refused := c.read(calendar.Create, calendar.Event{})
	if refused != nil {
		return *refused
	}
	e := c.born(&data.Event)
	if refused := c.keep(e); refused != nil {
		return *refused
	}
	return c.shown(e, "")
}

// born gives a new event its identity.
func (c *calendarCall) born(e *calendar.Event) *calendar.Event {
	e.UID, e.ID = newUID()+"@zoho.com", formatID(c.user.org.nextID())
	e.Etag, e.Created, e.Modified = c.now.UnixMilli(), c.now.Unix(), c.now.Unix()
	e.Organizer, e.CreatedBy, e.Role, e.Exceptions = c.user.email, c.user.email, "", nil
	return e
}

// keep stores events of the call's calendar, new ones and changed ones, and takes out those that are gone.
func (c *calendarCall) keep(e *calendar.Event, gone ...string) *answer {
	op := touched(c.user, c.calendar, c.now)
	op.Gone = gone
	if e != nil {
		if err := e.Settle(&c.sim.zones); err != nil {
			a := malformed("eventdata")
			return &a
		}
		op.Events = []*calendar.Event{e}
	}
	return c.commit(op)
}

func (c *calendarCall) commit(op calendarOp) *answer {
	uid := c.calendar.UID
	if err := c.sim.changeDiary(c.user, op); err != nil {
		a := calendarStandard(http.StatusInternalServerError)
		return &a
	}
	c.diary = c.sim.diary(c.user)
	c.calendar = c.diary.find(uid)
	return nil
}

// shown answers with an event, or one instance of it.
func (c *calendarCall) shown(e *calendar.Event, recurrenceID string) answer {
	v, place, refused := c.view()
	if refused != nil {
		return *refused
	}
	v.Large = true
	i := e.Whole(place)
	if recurrenceID != "" {
		i, _ = e.Instance(recurrenceID, place)
	}
	return jsonAnswer(http.StatusOK, map[string]any{"events": []any{v.Event(e, i)}})
}

// replaceEvent answers PUT /calendars/{uid}/events/{uid}: what is left out is lost. Source: Zoho Calendar API v1, "Update an
// event".
func (c *calendarCall) replaceEvent() answer { return c.changeEvent(calendar.Replace) }

// patchEvent answers PATCH, of which only the existence of a page is known; switch calendar_patch decides.
func (c *calendarCall) patchEvent() answer {
	if c.sw.CalendarPatch == "refuse" {
		return calendarError(http.StatusMethodNotAllowed, "INVALID_METHOD", "The method is not supported here.")
	}
	return c.changeEvent(calendar.Merge)
}

// changeEvent changes a single event, a series, one instance of it, or those from one on.
func (c *calendarCall) changeEvent(p calendar.Purpose) answer {
	e := c.event()
	if e == nil {
		return c.notFound("event")
	}
	data, refused := c.read(p, *e)
	if refused != nil {
		return *refused
	}
	if data.Etag == "" {
		return c.missing("etag")
	}
	if refused := c.checkEtag(e, data.Etag); refused != nil {
		return *refused
	}
	scope, i, refused := c.scopeOf(e, data, calendar.EditAll)
	if refused != nil {
		return *refused
	}
	if p == calendar.Merge && scope != calendar.EditAll {
		base := *i.Event
		base.From, base.To, base.Rule, base.Exceptions = i.From, i.To, "", nil
		if _, rest := e.Until(i.ID); scope == calendar.EditFollowing {
			base.Rule = rest
		}
		if data, refused = c.read(p, base); refused != nil {
			return *refused
		}
	}
	switch scope {
	case calendar.EditOnly:
		return c.changeOnly(e, i.ID, &data.Event)
	case calendar.EditFollowing:
		return c.changeFollowing(e, i.ID, &data.Event)
	}
	return c.changeAll(e, &data.Event)
}

// checkEtag refuses a version of the event that is no longer the latest.
func (c *calendarCall) checkEtag(e *calendar.Event, given string) *answer {
	if given == formatID(e.Etag) {
		return nil
	}
	a := coded(c.sw.CalendarStaleEtag, "The event has been changed since.")
	return &a
}

// scopeOf tells how much of a series a change means, and from which instance. missing is the default of recurrence_edittype.
func (c *calendarCall) scopeOf(e *calendar.Event, d *calendar.Data, missing string) (string, calendar.Instance, *answer) {
	scope := d.EditType
	if scope == "" {
		scope = missing
	}
	if !e.Repeats() || scope == calendar.EditAll {
		return calendar.EditAll, calendar.Instance{}, nil
	}
	if d.RecurrenceID == "" {
		a := c.missing("recurrenceid")
		return "", calendar.Instance{}, &a
	}
	place, err := c.sim.zones.Load(c.calendar.Zone)
	i, ok := e.Instance(d.RecurrenceID, place)
	if err != nil || !ok {
		a := c.notFound("instance")
		return "", calendar.Instance{}, &a
	}
	return scope, i, nil
}

// next gives an event its new version.
func (c *calendarCall) next(e *calendar.Event) *calendar.Event {
	changed := *e
	changed.Etag, changed.Modified = max(c.now.UnixMilli(), e.Etag+1), c.now.Unix()
	return &changed
}

func (c *calendarCall) changeOnly(e *calendar.Event, id string, content *calendar.Event) answer {
	content.Rule, content.Exceptions = "", nil
	next := c.next(e.With(id, content))
	if refused := c.keep(next); refused != nil {
		return *refused
	}
	return c.shown(next, id)
}

// changeFollowing ends the series before an instance; what follows becomes an event of its own.
func (c *calendarCall) changeFollowing(e *calendar.Event, id string, content *calendar.Event) answer {
	head, _ := e.Until(id)
	if head == nil {
		return c.changeAll(e, content)
	}
	tail := c.born(content)
	if err := tail.Settle(&c.sim.zones); err != nil {
		return malformed("eventdata")
	}
	op := touched(c.user, c.calendar, c.now)
	op.Events = []*calendar.Event{c.next(head), tail}
	if refused := c.commit(op); refused != nil {
		return *refused
	}
	return c.shown(tail, "")
}

// changeAll changes a single event or a whole series. Exceptions stay as long as their instances do.
func (c *calendarCall) changeAll(e, content *calendar.Event) answer {
	next := c.next(content)
	if next.From != e.From || next.AllDay != e.AllDay || next.Zone != e.Zone || next.Rule != e.Rule {
		next.Exceptions = nil
	}
	if refused := c.keep(next); refused != nil {
		return *refused
	}
	return c.shown(next, "")
}

// deleteEvent answers DELETE /calendars/{uid}/events/{uid}. The documentation wants the etag as a header, a report from the
// field wants it in eventdata with the uid: switch calendar_delete_form. Source: Zoho Calendar API v1, "Delete an event".
func (c *calendarCall) deleteEvent() answer {
	e := c.event()
	if e == nil {
		return c.notFound("event")
	}
	data := &calendar.Data{}
	if c.query.Get("eventdata") != "" || c.sw.CalendarDeleteForm == "eventdata" {
		var refused *answer
		if data, refused = c.read(calendar.Remove, *e); refused != nil {
			return *refused
		}
	}
	if data.UID != "" && data.UID != e.UID {
		return malformed("uid")
	}
	if data.UID == "" && c.sw.CalendarDeleteForm == "eventdata" {
		return c.missing("uid")
	}
	etag := c.r.Header.Get("etag")
	switch {
	case c.sw.CalendarDeleteForm == "eventdata":
		etag = data.Etag
	case c.sw.CalendarDeleteForm == "either" && etag == "":
		etag = data.Etag
	}
	if etag == "" {
		return c.missing("etag")
	}
	if refused := c.checkEtag(e, etag); refused != nil {
		return *refused
	}
	return c.removeEvent(e, data)
}

// removeEvent takes out an event, a series, one instance, or those from one on; with a recurrenceid and no more it is one.
func (c *calendarCall) removeEvent(e *calendar.Event, data *calendar.Data) answer {
	missing := calendar.EditAll
	if data.RecurrenceID != "" {
		missing = calendar.EditOnly
	}
	scope, i, refused := c.scopeOf(e, data, missing)
	if refused != nil {
		return *refused
	}
	var left *calendar.Event
	switch scope {
	case calendar.EditOnly:
		left = c.next(e.With(i.ID, nil))
	case calendar.EditFollowing:
		if head, _ := e.Until(i.ID); head != nil {
			left = c.next(head)
		}
	}
	if left == nil {
		refused = c.keep(nil, e.UID)
	} else {
		refused = c.keep(left)
	}
	if refused != nil {
		return *refused
	}
	gone := map[string]any{"uid": e.UID, "id": e.ID, "caluid": c.calendar.UID, "calid": c.calendar.ID, "estatus": "deleted"}
	if i.ID != "" {
		gone["recurrenceid"] = i.ID
	}
	return jsonAnswer(http.StatusOK, map[string]any{"events": []any{gone}})
}
