package zohosim

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"heavyset.tech/platform/internal/zohosim/calendar"
	"heavyset.tech/platform/internal/zohosim/journal"
)

// diary is what a user has in Zoho Calendar. Sim.mu guards it.
type diary struct {
	Calendars []*calendar.Calendar `json:"calendars"` // the default one first
	// CRM is the calendar that mirrors the user's meetings of the CRM. It has no events of its own.
	CRM          *calendar.Calendar `json:"crm_calendar"`
	FBNotEnabled bool               `json:"fb_not_enabled,omitempty"` // the user does not share free and busy times
	OutOfWork    []dayRange         `json:"out_of_work,omitempty"`
}

// dayRange is a row of days, both ends inclusive: yyyyMMdd.
type dayRange struct {
	Start string `json:"start"`
	End   string `json:"end"`
}

// calendarOp is a change of a diary as the journal keeps it.
type calendarOp struct {
	User     int64             `json:"user"`
	Diary    *diary            `json:"diary,omitempty"`    // replaces calendars, which are empty then
	Calendar string            `json:"calendar,omitempty"` // uid of the one that changes
	Ctag     int64             `json:"ctag,omitempty"`
	Modified int64             `json:"modified,omitempty"` // seconds
	Events   []*calendar.Event `json:"events,omitempty"`   // new or changed
	Gone     []string          `json:"gone,omitempty"`     // uids
}

// seededSince is when the calendars that everybody has were made.
const seededSince = 1705309200 // 2024-01-15T09:00:00Z

// newDiary is what a user has before anything changes: an own calendar and the CRM's.
func newDiary(u *user) *diary {
	own := calendarDefaults(u)
	own.UID, own.ID, own.Name, own.Default = calendarUIDOf(u, "default"), u.zuid+"002003", u.name(), true
	crm := calendarDefaults(u)
	crm.UID, crm.ID, crm.Name = calendarUIDOf(u, "crm"), u.zuid+"002005", "Zoho CRM"
	crm.Category, crm.CalType, crm.Privilege = "app", "app", "view"
	return &diary{Calendars: []*calendar.Calendar{own}, CRM: crm}
}

// calendarDefaults is an own calendar of which nothing is known.
func calendarDefaults(u *user) *calendar.Calendar {
	return &calendar.Calendar{
		Zone: u.zone, Color: "#8cbf40", TextColor: "#ffffff", Category: "own", CalType: "personal", Privilege: "owner",
		InFreeBusy: true, Visible: true, Enabled: true, Ctag: seededSince * 1000, Modified: seededSince,
	}
}

// calendarUIDOf makes the uid of a calendar that is there from the start, the same one in every simulator.
func calendarUIDOf(u *user, name string) string {
	sum := sha256.Sum256([]byte(name + " " + u.zuid))
	return hex.EncodeToString(sum[:16])
}

// newUID looks like the uids of Zoho Calendar.
func newUID() string { return newToken()[5:37] }

// diary gives a user's diary as it is; before its first change it is not stored.
func (s *Sim) diary(u *user) *diary {
	if d := s.diaries[u.id]; d != nil {
		return d
	}
	return newDiary(u)
}

// find gives one of the diary's calendars by uid, or the default one by its aliases.
func (d *diary) find(uid string) *calendar.Calendar {
	if uid == "default" || uid == "primary" {
		return d.Calendars[0]
	}
	if uid == d.CRM.UID {
		return d.CRM
	}
	i := slices.IndexFunc(d.Calendars, func(c *calendar.Calendar) bool { return c.UID == uid })
	if i < 0 {
		return nil
	}
	return d.Calendars[i]
}

// applyCalendar makes a change of a diary. It owns what op holds.
func (s *Sim) applyCalendar(op calendarOp) error {
	if op.Diary != nil {
		s.diaries[op.User] = op.Diary
	}
	if op.Calendar == "" {
		return nil
	}
	d := s.diaries[op.User]
	if d == nil || d.find(op.Calendar) == nil {
		return fmt.Errorf("no calendar %q of user %d", op.Calendar, op.User)
	}
	c := d.find(op.Calendar)
	c.Ctag, c.Modified = op.Ctag, op.Modified
	for _, e := range op.Events {
		if err := e.Settle(&s.zones); err != nil {
			return fmt.Errorf("event %s: %w", e.UID, err)
		}
		c.Put(e)
		s.sawEvent(op.User, e)
	}
	for _, uid := range op.Gone {
		c.Drop(uid)
	}
	return nil
}

// sawEvent makes sure that the id of an event is never handed out again.
func (s *Sim) sawEvent(who int64, e *calendar.Event) {
	id, _ := parseID(e.ID)
	for _, o := range s.orgs {
		if o.user(who) != nil {
			o.saw(id)
		}
	}
}

// whole gives a diary as changes from nothing.
func (d *diary) whole(who int64) []calendarOp {
	ops := []calendarOp{{User: who, Diary: d}}
	for _, c := range d.Calendars {
		if events := c.Events(); len(events) > 0 {
			ops = append(ops, calendarOp{User: who, Calendar: c.UID, Ctag: c.Ctag, Modified: c.Modified, Events: events})
		}
	}
	return ops
}

// changeDiary journals and makes changes of one diary. The caller holds Sim.mu; the events are settled.
func (s *Sim) changeDiary(u *user, ops ...calendarOp) error {
	if s.diaries[u.id] == nil && ops[0].Diary == nil {
		ops = append([]calendarOp{{User: u.id, Diary: newDiary(u)}}, ops...)
	}
	var batch journal.Batch
	for _, op := range ops {
		batch = addJSON(batch, opCalendar, op)
	}
	if err := s.write(batch); err != nil {
		return err
	}
	for _, op := range ops {
		if err := s.applyCalendar(op); err != nil {
			return err
		}
	}
	return nil
}

// touched begins a change of a calendar: its ctag ascends with every one.
func touched(u *user, c *calendar.Calendar, now time.Time) calendarOp {
	return calendarOp{User: u.id, Calendar: c.UID, Ctag: max(now.UnixMilli(), c.Ctag+1), Modified: now.Unix()}
}
