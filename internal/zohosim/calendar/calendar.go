// Package calendar is the arithmetic of simulated Zoho Calendar: events, their repetition, the shapes of timestamps, what
// `eventdata` may say, and how events and busy times look on the wire.
//
// zohosim holds the calendars, asks for tokens and keeps the journal; everything here is computed from its arguments alone.
//
// Invariants: a repetition is expanded on the wall clock of the event's own zone and only then turned into instants, so
// that a weekly nine o'clock stays nine o'clock across a clock change; an all-day event is a row of local days; an event
// that is in a calendar is never changed, only replaced.
//
// Where Zoho's pages are silent, Reading says how to read them. The package knows neither HTTP nor users.
package calendar

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// Reading is how to understand what Zoho's pages leave open; docs/SIMULATOR.md says what each decides.
type Reading struct {
	AllDayEnd            string // inclusive, exclusive: what the end of an all-day event names
	Transparent          int    // the number of transparency that does not block
	OffsetAndZone        string // offset, zone: which of them a time with an offset follows
	InstanceTimes        string // offset, zulu, local: the times of byinstance=true
	InstanceTransparency bool   // whether byinstance=true tells transparency
	ListAttendees        string // all, own
	YearlyEnd            string // late, right: of one instance of an all-day yearly event
	FreeBusyAllDay       string // yyyyMMdd, yyyyMMddZ, instants
}

// Calendar is one calendar without what its owner may do with it. Its user does the locking.
type Calendar struct {
	UID         string `json:"uid"`
	ID          string `json:"id"`
	Name        string `json:"name"`
	Zone        string `json:"timezone"`
	Color       string `json:"color"`
	TextColor   string `json:"textcolor"`
	Description string `json:"description,omitempty"`
	Category    string `json:"category"` // own, group, app, other
	CalType     string `json:"caltype"`
	Privilege   string `json:"privilege"` // owner, edit, view, freebusy
	Default     bool   `json:"isdefault,omitempty"`
	InFreeBusy  bool   `json:"include_infreebusy"`
	Visible     bool   `json:"visibility"`
	Enabled     bool   `json:"status"`
	Ctag        int64  `json:"ctag"`             // milliseconds, ascending
	Modified    int64  `json:"lastmodifiedtime"` // seconds

	events map[string]*Event
}

// Event finds an event by its uid.
func (c *Calendar) Event(uid string) *Event { return c.events[uid] }

// Put adds an event or replaces the one with its uid.
func (c *Calendar) Put(e *Event) {
	if c.events == nil {
		c.events = map[string]*Event{}
	}
	c.events[e.UID] = e
}

// Drop takes an event out.
func (c *Calendar) Drop(uid string) { delete(c.events, uid) }

// Events gives all events by start, then in the order they were made.
func (c *Calendar) Events() []*Event {
	out := make([]*Event, 0, len(c.events))
	for _, e := range c.events {
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b *Event) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.ID, b.ID)) })
	return out
}

// Emptied gives the calendar without its events.
func (c *Calendar) Emptied() Calendar {
	out := *c
	out.events = nil
	return out
}

// Wire gives the calendar as the calls on calendars do. Source: Zoho Calendar API v1, "Get calendar details".
func (c *Calendar) Wire() map[string]any {
	return map[string]any{
		"uid": c.UID, "id": c.ID, "name": c.Name, "timezone": c.Zone, "color": c.Color, "textcolor": c.TextColor,
		"description": c.Description, "privilege": c.Privilege, "isdefault": c.Default, "include_infreebusy": c.InFreeBusy,
		"visibility": c.Visible, "status": c.Enabled, "category": c.Category, "caltype": c.CalType,
		"ctag": formatNumber(c.Ctag), "lastmodifiedtime": FormatZulu(time.Unix(c.Modified, 0)), "reminders": []any{},
	}
}

// Zones keeps time zones that were loaded once. It may be used from several goroutines.
type Zones struct {
	mu     sync.Mutex
	loaded map[string]*time.Location
}

// Load gives the zone with an IANA name.
func (z *Zones) Load(name string) (*time.Location, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if place := z.loaded[name]; place != nil {
		return place, nil
	}
	if name == "" || name == "Local" {
		return nil, errNoZone
	}
	place, err := time.LoadLocation(name)
	if err != nil {
		return nil, err
	}
	if z.loaded == nil {
		z.loaded = map[string]*time.Location{}
	}
	z.loaded[name] = place
	return place, nil
}
