package zoho

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// CalendarRange is the longest range of one call (https://www.zoho.com/calendar/help/api/get-events-list.html).
const CalendarRange = 31 * 24 * time.Hour

// CalendarCategory selects calendars.
type CalendarCategory string

// The categories of calendars. App has those that mirror other products: that of Zoho CRM shows the CRM's meetings.
const (
	CalendarAll   CalendarCategory = "all" // as a selection only
	CalendarOwn   CalendarCategory = "own"
	CalendarGroup CalendarCategory = "group"
	CalendarApp   CalendarCategory = "app"
	CalendarOther CalendarCategory = "other"
)

// Calendar is a calendar that the token's user sees.
type Calendar struct {
	UID, ID, Name string
	Category      CalendarCategory
	Privilege     string // owner, edit, view, freebusy
	TimeZone      string // IANA name
	Default       bool
	InFreeBusy    bool // counts for free and busy times
	Visible       bool
	CTag          string // changes with each change of the calendar
}

// LogValue gives the uid only: a name may be a person's.
func (c Calendar) LogValue() slog.Value { return slog.StringValue("calendar " + c.UID) }

// Calendars lists calendars, hidden ones too. Calls of Zoho Calendar cost no credits of the CRM.
// https://www.zoho.com/calendar/help/api/get-calendar-list.html
func (c *Client) Calendars(ctx context.Context, category CalendarCategory) ([]Calendar, error) {
	r := request{api: calendarAPI, method: http.MethodGet, path: "/calendars", safe: true}
	r.query = url.Values{"category": {string(category)}, "showhiddencal": {"true"}}
	return list(ctx, c, r, "calendars", calendarOf)
}

func calendarOf(r Record) Calendar {
	return Calendar{
		UID: r.Text("uid"), ID: r.ID(), Name: r.Text("name"), Category: CalendarCategory(r.Text("category")),
		Privilege: r.Text("privilege"), TimeZone: r.Text("timezone"), Default: r.Bool("isdefault"),
		InFreeBusy: r.Bool("include_infreebusy"), Visible: r.Bool("visibility"), CTag: r.Text("ctag"),
	}
}

// checkUID guards a uid of Calendar, which becomes a part of a path: it has letters, digits and signs such as @.
func checkUID(uid string) error {
	bad := strings.ContainsFunc(uid, func(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune(`/\?#%{}`, r) })
	if uid == "" || len(uid) > 255 || bad || strings.Trim(uid, ".") == "" {
		return refuse("a uid is none of Zoho Calendar's")
	}
	return nil
}

// checkRange guards the range of one call.
func checkRange(from, to time.Time) error {
	if !from.Before(to) || to.Sub(from) > CalendarRange {
		return refuse("a calendar is read for 31 days at most")
	}
	return nil
}

// Busy is a time at which somebody is not free.
type Busy struct {
	Span
	Type string // Zoho's word, such as busy
}

// noData is what Zoho says, as a member or instead of JSON, where nobody is busy.
const noData = "NODATA"

// FreeBusy gives the busy times of a person of the organization, from the calendars that count for it. Whose clock the
// range is on is on no page, so ask from a day before to a day after. Fails with NotShared, which does not mean that the
// person is free. https://www.zoho.com/calendar/help/api/get-freebusy.html
func (c *Client) FreeBusy(ctx context.Context, email string, from, to time.Time) ([]Busy, error) {
	if err := checkRange(from, to); err != nil {
		return nil, err
	}
	if !strings.Contains(email, "@") {
		return nil, refuse("free and busy times are asked for by e-mail address")
	}
	r := request{api: calendarAPI, method: http.MethodGet, path: "/calendars/freebusy", safe: true}
	r.query = url.Values{
		"uemail": {email}, "ftype": {"eventbased"}, "sdate": {from.UTC().Format(calendarLocal)}, "edate": {to.UTC().Format(calendarLocal)},
	}
	got, err := c.do(ctx, r)
	if err != nil {
		return nil, err
	}
	switch {
	case got.body.Bool("fb_not_enabled"):
		return nil, &Error{Status: got.status, Kind: NotShared, Code: "fb_not_enabled", Message: "this person does not share free and busy times"}
	case got.body[noData] != nil:
		return nil, nil
	}
	rows, err := got.rows("freebusy") // an answer without the list is no answer: silence is not freedom
	if err != nil {
		return nil, err
	}
	var out []Busy
	for _, row := range rows {
		span, ok := spanOf(row.Text("startTime"), row.Text("endTime"), "", false)
		if !ok {
			return nil, got.unreadable()
		}
		if kind := row.Text("fbtype"); !strings.EqualFold(kind, "free") {
			out = append(out, Busy{Span: span, Type: kind})
		}
	}
	return out, nil
}

// rangeOf writes the range parameter.
func rangeOf(from, to time.Time) string {
	b, _ := json.Marshal(map[string]string{"start": from.UTC().Format(calendarZulu), "end": to.UTC().Format(calendarZulu)})
	return string(b)
}
