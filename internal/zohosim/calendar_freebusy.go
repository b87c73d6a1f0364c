package zohosim

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"heavyset.tech/platform/internal/zohosim/calendar"
)

// freeBusyDays is the longest range. Source: Zoho Calendar API v1, "Get user's free/busy details".
const freeBusyDays = 31

// freeBusy answers GET /calendars/freebusy: the busy times of a colleague who shares them. Source: Zoho Calendar API v1,
// "Get user's free/busy details".
func (c *calendarCall) freeBusy() answer {
	email := c.query.Get("uemail")
	if email == "" {
		return c.missing("uemail")
	}
	kind, refused := c.word("ftype", "eventbased", "eventbased", "timebased")
	if refused != nil {
		return *refused
	}
	of := c.user.org.users
	at := slices.IndexFunc(of, func(u *user) bool { return strings.EqualFold(u.email, email) })
	who := c.user // whose zone counts for dates where nobody is found
	if at >= 0 {
		who = of[at]
	}
	from, to, refused := c.freeBusyRange(zoneBy(c.sw.FreebusyZone, who))
	if refused != nil {
		return *refused
	}
	if at < 0 || c.sim.diary(who).FBNotEnabled {
		return jsonAnswer(http.StatusOK, map[string]any{"fb_not_enabled": true})
	}
	blocks := c.blocks(who, from, to)
	switch {
	case len(blocks) == 0:
		return c.nothingBusy()
	case kind == "timebased":
		return jsonAnswer(http.StatusOK, calendar.TimeBased(blocks, from, to, zoneBy(c.sw.FreebusyTimebasedZone, who)))
	}
	return jsonAnswer(http.StatusOK, map[string]any{"freebusy": c.sw.reading().EventBased(blocks)})
}

func zoneBy(reading string, u *user) *time.Location {
	if reading == "utc" {
		return time.UTC
	}
	return u.place
}

// freeBusyRange reads sdate and edate: yyyyMMddTHHmmss, without a zone.
func (c *calendarCall) freeBusyRange(place *time.Location) (from, to time.Time, refused *answer) {
	var ends [2]calendar.Stamp
	for i, name := range []string{"sdate", "edate"} {
		given := c.query.Get(name)
		a := c.missing(name)
		if given == "" {
			return from, to, &a
		}
		st, ok := calendar.ParseStamp(given)
		if a = malformed(name); !ok || st.Shape != calendar.Local {
			return from, to, &a
		}
		ends[i] = st
	}
	if length := ends[1].Wall.Sub(ends[0].Wall); length < 0 || length > freeBusyDays*24*time.Hour {
		a := malformed("edate")
		return from, to, &a
	}
	return ends[0].In(place), ends[1].In(place), nil
}

// blocks gives a user's busy times that meet [from, to): of calendars that are included in free and busy, without events
// that do not block, and the days out of work.
func (c *calendarCall) blocks(who *user, from, to time.Time) []calendar.Block {
	d, reading := c.sim.diary(who), c.sw.reading()
	var out []calendar.Block
	for _, cal := range append(slices.Clone(d.Calendars), d.CRM) {
		if !cal.InFreeBusy {
			continue
		}
		events := cal.Events()
		if cal == d.CRM {
			events = c.sim.crmEvents(who, c.sw, false, from, to)
		}
		for _, e := range events {
			if e.Repeats() && c.sw.FreebusyMisses == "repeating" {
				continue
			}
			for _, i := range e.Instances(from, to, who.place) {
				if i.Event.Blocks(reading, who.email) && !(i.Event.AllDay && c.sw.FreebusyMisses == "all_day") {
					out = append(out, i.Block())
				}
			}
		}
	}
	for _, days := range d.OutOfWork {
		first, _ := calendar.ParseStamp(days.Start) // were checked when they were set
		last, _ := calendar.ParseStamp(days.End)
		if b := calendar.DayBlock(first, last, who.place); b.Meets(from, to) {
			out = append(out, b)
		}
	}
	return out
}

// nothingBusy answers for somebody who shares and is free, as switch freebusy_nothing says.
func (c *calendarCall) nothingBusy() answer {
	switch c.sw.FreebusyNothing {
	case "text":
		return answer{status: http.StatusOK, kind: "text/plain;charset=UTF-8", body: []byte("NODATA")}
	case "list":
		return jsonAnswer(http.StatusOK, map[string]any{"freebusy": []any{}})
	}
	return jsonAnswer(http.StatusOK, map[string]any{"NODATA": true})
}
