package calendar

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Event is an event, or a series of them. It is never changed after it is in a calendar.
type Event struct {
	UID  string `json:"uid"`
	ID   string `json:"id"`
	Etag int64  `json:"etag"` // milliseconds, ascending

	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	Location    string `json:"location,omitempty"`
	URL         string `json:"url,omitempty"`
	AllDay      bool   `json:"isallday,omitempty"`
	Private     bool   `json:"isprivate,omitempty"`
	Zone        string `json:"timezone"`
	// From and To are seconds since 1970 UTC, To exclusive; of an all-day event its first and last day since 1970-01-01.
	From         int64           `json:"from"`
	To           int64           `json:"to"`
	Transparency *int            `json:"transparency,omitempty"` // nil: blocks
	Rule         string          `json:"rrule,omitempty"`
	Attendees    []Attendee      `json:"attendees,omitempty"`
	Reminders    []Reminder      `json:"reminders,omitempty"`
	Notify       int             `json:"notify_attendee,omitempty"`
	Forwarding   *bool           `json:"allowForwarding,omitempty"`
	Conference   json.RawMessage `json:"conference,omitempty"`

	Status     string      `json:"estatus,omitempty"` // "": added
	Role       string      `json:"role,omitempty"`    // "": organizer
	Organizer  string      `json:"organizer"`
	CreatedBy  string      `json:"createdby"`
	Created    int64       `json:"createdtime"`      // seconds
	Modified   int64       `json:"lastmodifiedtime"` // seconds
	Exceptions []Exception `json:"exceptions,omitempty"`

	place *time.Location // of Zone
	rule  *rule          // of Rule
}

// Exception is an instance that differs from its series. Event is nil where the instance is gone.
type Exception struct {
	ID    string `json:"recurrenceid"`
	Event *Event `json:"event,omitempty"`
}

// Attendee is an invited person.
type Attendee struct {
	Email      string `json:"email"`
	Status     string `json:"status"`
	Attendance int    `json:"attendance"`
	Permission int    `json:"permission"`
}

// Reminder is one reminder; Minutes is as it was written.
type Reminder struct {
	Action  string `json:"action"`
	Minutes string `json:"minutes"`
}

// Cancelled is the estatus of an event that is called off and still listed.
const Cancelled = "cancelled"

// Instance is one occurrence: of a series with its recurrenceid, or the only one. Event is what it says of itself, which is
// the series unless the instance is an exception.
type Instance struct {
	Event      *Event
	ID         string
	From, To   int64 // as of Event
	Start, End time.Time
}

// Settle loads zone and rule, and fails where one is none or the rule never happens. An event must be settled before use.
func (e *Event) Settle(zones *Zones) error {
	place, err := zones.Load(e.Zone)
	if err != nil {
		return fmt.Errorf("timezone %q: %w", e.Zone, err)
	}
	e.place = place
	for _, x := range e.Exceptions {
		if x.Event != nil {
			if err := x.Event.Settle(zones); err != nil {
				return err
			}
		}
	}
	e.rule = nil
	if e.Rule == "" {
		return nil
	}
	if e.rule, err = parseRule(e.Rule); err != nil {
		return err
	}
	_, err = e.rule.walls(e.startWall(), place)
	return err
}

// Happens tells whether the event has any instance: a rule may name days that never come.
func (e *Event) Happens() bool {
	if e.rule == nil {
		return true
	}
	walls, err := e.rule.walls(e.startWall(), e.place)
	if err != nil {
		return false
	}
	_, ok := walls.Iterator()()
	return ok
}

// startWall is what the clock shows when the event starts.
func (e *Event) startWall() time.Time {
	if e.AllDay {
		return dayWall(e.From)
	}
	return wallOf(time.Unix(e.From, 0), e.place)
}

// at gives the instance that starts when the clock shows wall.
func (e *Event) at(wall time.Time) Instance {
	i := Instance{Event: e}
	if e.AllDay {
		i.From = wall.Unix() / daySeconds
		i.ID = formatDay(i.From)
	} else {
		start := resolve(wall, e.place)
		i.From, i.ID = start.Unix(), FormatZulu(start)
	}
	i.To = i.From + e.To - e.From
	return i
}

// lay puts the instance on the time line; days are those of a place.
func (i Instance) lay(place *time.Location) Instance {
	if i.Event.AllDay {
		i.Start, i.End = resolve(dayWall(i.From), place), resolve(dayWall(i.To+1), place)
	} else {
		i.Start, i.End = time.Unix(i.From, 0).UTC(), time.Unix(i.To, 0).UTC()
	}
	return i
}

// meets tells whether the instance occupies something of [from, to); one without length is a point.
func (i Instance) meets(from, to time.Time) bool {
	return i.Start.Before(to) && (i.End.After(from) || i.Start.Equal(i.End) && !i.Start.Before(from))
}

// Whole is the event as one instance: the first of a series.
func (e *Event) Whole(place *time.Location) Instance {
	return Instance{Event: e, From: e.From, To: e.To}.lay(place)
}

// Instances gives the instances that meet [from, to), in order. All-day ones occupy the days of place.
func (e *Event) Instances(from, to time.Time, place *time.Location) []Instance {
	var out []Instance
	add := func(i Instance) {
		if i = i.lay(place); i.meets(from, to) {
			out = append(out, i)
		}
	}
	if e.rule == nil {
		add(Instance{Event: e, From: e.From, To: e.To})
		return out
	}
	for _, wall := range e.starts(from, to) {
		if i := e.at(wall); e.exception(i.ID) == nil {
			add(i)
		}
	}
	for _, x := range e.Exceptions {
		if x.Event != nil {
			add(Instance{Event: x.Event, ID: x.ID, From: x.Event.From, To: x.Event.To})
		}
	}
	slices.SortStableFunc(out, func(a, b Instance) int { return a.Start.Compare(b.Start) })
	return out
}

// starts gives the clock readings at which an instance may start that meets [from, to), and a few around them.
func (e *Event) starts(from, to time.Time) []time.Time {
	walls, err := e.rule.walls(e.startWall(), e.place)
	if err != nil {
		return nil
	}
	length := time.Duration(e.To-e.From) * time.Second
	if e.AllDay {
		length = time.Duration(e.To-e.From+1) * 24 * time.Hour
	}
	const margin = 36 * time.Hour // zones and clock changes
	return walls.Between(from.UTC().Add(-length-margin), to.UTC().Add(margin), true)
}

func (e *Event) exception(id string) *Exception {
	i := slices.IndexFunc(e.Exceptions, func(x Exception) bool { return x.ID == id })
	if i < 0 {
		return nil
	}
	return &e.Exceptions[i]
}

// Repeats tells whether the event is a series.
func (e *Event) Repeats() bool { return e.rule != nil }

// Instance finds the instance with a recurrenceid.
func (e *Event) Instance(id string, place *time.Location) (Instance, bool) {
	if x := e.exception(id); x != nil {
		if x.Event == nil {
			return Instance{}, false
		}
		return Instance{Event: x.Event, ID: id, From: x.Event.From, To: x.Event.To}.lay(place), true
	}
	wall, ok := e.wallOfID(id)
	if !ok {
		return Instance{}, false
	}
	return e.at(wall).lay(place), true
}

// wallOfID gives the clock reading at which the series has the instance with a recurrenceid.
func (e *Event) wallOfID(id string) (time.Time, bool) {
	st, ok := ParseStamp(id)
	if !ok || e.rule == nil || (st.Shape == Day) != e.AllDay || st.Shape == Local {
		return time.Time{}, false
	}
	at := st.In(time.UTC)
	for _, wall := range e.starts(at, at) {
		if e.at(wall).ID == id {
			return wall, true
		}
	}
	return time.Time{}, false
}

// IDOn is the recurrenceid of the instance that a series has on a day, if it has one.
func (e *Event) IDOn(day Stamp) string {
	start := e.startWall()
	return e.at(day.Wall.Add(start.Sub(start.Truncate(24 * time.Hour)))).ID
}

// With gives the series with an instance replaced by its own content, or gone where that is nil.
func (e *Event) With(id string, content *Event) *Event {
	next := *e
	next.Exceptions = slices.DeleteFunc(slices.Clone(e.Exceptions), func(x Exception) bool { return x.ID == id })
	next.Exceptions = append(next.Exceptions, Exception{ID: id, Event: content})
	slices.SortFunc(next.Exceptions, func(a, b Exception) int { return cmp.Compare(a.ID, b.ID) })
	return &next
}

// Until gives the series up to but without the instance with a recurrenceid, nil where nothing would remain, and the rule of
// what follows.
func (e *Event) Until(id string) (head *Event, restRule string) {
	wall, ok := e.wallOfID(id)
	if !ok {
		return nil, e.Rule
	}
	walls, err := e.rule.walls(e.startWall(), e.place)
	if err != nil {
		return nil, e.Rule
	}
	before := len(walls.Between(e.startWall(), wall.Add(-time.Second), true))
	if before == 0 {
		return nil, e.Rule
	}
	last := FormatZulu(resolve(wall, e.place).Add(-time.Second))
	if e.AllDay {
		last = formatDay(wall.Unix()/daySeconds - 1)
	}
	next := *e
	next.Rule = changedRule(e.Rule, "COUNT", "", "UNTIL", last)
	next.Exceptions = slices.DeleteFunc(slices.Clone(e.Exceptions), func(x Exception) bool { return x.ID >= id })
	return &next, e.rule.rest(e.Rule, before)
}

// Blocks tells whether the event makes its time busy for the person with an e-mail address.
func (e *Event) Blocks(r Reading, email string) bool {
	if e.Status == Cancelled || e.Transparency != nil && *e.Transparency == r.Transparent {
		return false
	}
	return !slices.ContainsFunc(e.Attendees, func(a Attendee) bool { return a.Email == email && a.Status == "DECLINED" })
}
