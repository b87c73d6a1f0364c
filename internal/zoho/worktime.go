package zoho

import (
	"context"
	"net/url"
	"strconv"
	"time"
)

// BusinessHours are when the organization works. Zoho says no time zone with them.
type BusinessHours struct {
	Type string // custom, 24_by_5, 24_by_7
	Days []string
	Week
}

// Week is the hours of a week: each day's between two wall times HH:MM, the same for all or each day's own.
type Week struct {
	Same   bool
	Daily  []string            // start and end; of Same
	Custom map[string][]string // day → start and end
}

// Of gives start and end of a day; false where the week does not say.
func (w Week) Of(day string) (start, end string, ok bool) {
	span := w.Daily
	if !w.Same {
		span = w.Custom[day]
	}
	if len(span) != 2 {
		return "", "", false
	}
	return span[0], span[1], true
}

// Shift is when some users work.
type Shift struct {
	ID, Name, TimeZone string
	Days               []string
	Week
	Breaks bool     // has breaks, which are not read
	Users  []string // ids
}

// Holiday is a day on which nobody works, or nobody of a shift.
type Holiday struct {
	ID, Name, Date string // yyyy-mm-dd
	Shift          string // id; "" for all
}

// Unavailability is a time at which a user is away, also one that came out of another calendar.
type Unavailability struct {
	ID, User, Title string
	From, To        time.Time
	AllDay          bool
}

// BusinessHours reads when the organization works; false when it has not said so.
// https://www.zoho.com/crm/developer/docs/api/v8/get-business-hours.html
func (c *Client) BusinessHours(ctx context.Context) (BusinessHours, bool, error) {
	got, err := c.do(ctx, get("/settings/business_hours", nil))
	if err != nil {
		return BusinessHours{}, false, err
	}
	m, ok := got.body["business_hours"].(map[string]any)
	if !ok {
		if len(got.body) > 0 {
			return BusinessHours{}, false, got.unreadable()
		}
		return BusinessHours{}, false, nil
	}
	r := Record(m)
	return BusinessHours{Type: r.Text("type"), Days: r.Texts("business_days"), Week: weekOf(r)}, true, nil
}

// Shifts lists the shifts with their users. https://www.zoho.com/crm/developer/docs/api/v8/get-shift-hours.html
func (c *Client) Shifts(ctx context.Context) ([]Shift, error) {
	return list(ctx, c, get("/settings/business_hours/shift_hours", nil), "shift_hours", func(r Record) Shift {
		s := Shift{ID: r.ID(), Name: r.Text("name"), TimeZone: r.Text("timezone"), Days: r.Texts("shift_days"), Week: weekOf(r), Breaks: len(r.Objects("break_hours")) > 0}
		for _, u := range r.Objects("users") {
			s.Users = append(s.Users, u.ID())
		}
		return s
	})
}

// Holidays lists the holidays of a year. https://www.zoho.com/crm/developer/docs/api/v8/get-holidays.html
func (c *Client) Holidays(ctx context.Context, year int) ([]Holiday, error) {
	return list(ctx, c, get("/settings/holidays", url.Values{"year": {strconv.Itoa(year)}}), "holidays", func(r Record) Holiday {
		return Holiday{ID: r.ID(), Name: r.Text("name"), Date: r.Text("date"), Shift: r.object("shift_hour").ID()}
	})
}

// Unavailabilities lists the times at which users are away.
// https://www.zoho.com/crm/developer/docs/api/v8/get-users-unavailability.html
func (c *Client) Unavailabilities(ctx context.Context) ([]Unavailability, error) {
	return list(ctx, c, get("/settings/users_unavailability", nil), "users_unavailability", func(r Record) Unavailability {
		u := Unavailability{ID: r.ID(), User: r.object("user").ID(), Title: r.Text("title"), AllDay: r.Bool("all_day")}
		u.From, _ = r.Time("from")
		u.To, _ = r.Time("to")
		return u
	})
}

func weekOf(r Record) Week {
	w := Week{Same: r.Bool("same_as_everyday"), Daily: r.Texts("daily_timing"), Custom: map[string][]string{}}
	for _, day := range r.Objects("custom_timing") {
		span := day.Texts("business_timing")
		if len(span) == 0 {
			span = day.Texts("shift_timing")
		}
		w.Custom[day.Text("days")] = span
	}
	return w
}
