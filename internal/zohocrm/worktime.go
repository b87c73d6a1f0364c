package zohocrm

import (
	"context"
	"strings"
	"time"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/zoho"
)

// WorkingTime reads business hours, shifts, holidays and unavailability. Editions differ in what they have, and each has a
// scope of its own, so that each may be missing.
func (p *provider) WorkingTime(ctx context.Context, years ...int) (crm.WorkingTime, error) {
	var out crm.WorkingTime
	cl, err := p.client()
	if err != nil {
		return out, err
	}
	for _, part := range []struct {
		what string
		read func(context.Context) error
	}{
		{"business hours", func(ctx context.Context) error { return businessHours(ctx, cl, &out) }},
		{"shifts", func(ctx context.Context) error { return shifts(ctx, cl, &out) }},
		{"holidays", func(ctx context.Context) error { return holidays(ctx, cl, years, &out) }},
		{"unavailability", func(ctx context.Context) error { return away(ctx, cl, &out) }},
	} {
		err := once(ctx, part.read)
		switch p := crm.AsProblem(err); {
		case err == nil:
		case p == nil, p.Class.Passing(), p.Class.NeedsReconnect():
			return out, err
		default:
			out.Unread = append(out.Unread, crm.Unread{What: part.what, Err: err})
		}
	}
	return out, nil
}

// once bounds one call, and turns its error into ours.
func once(ctx context.Context, call func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, callTakes)
	defer cancel()
	return problem(call(ctx))
}

func businessHours(ctx context.Context, cl *zoho.Client, out *crm.WorkingTime) error {
	h, ok, err := cl.BusinessHours(ctx)
	if err != nil || !ok {
		return err
	}
	week := weekOf(h.Days, h.Week)
	if around := h.Type == "24_by_7" || h.Type == "24_by_5"; around {
		days := h.Days
		if h.Type == "24_by_7" {
			days = []string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}
		}
		week = crm.Week{}
		for _, d := range days {
			if at, ok := weekdayOf(d); ok {
				week[at] = []crm.WallSpan{{Start: "00:00", End: "24:00"}}
			}
		}
	}
	out.Business = &week
	return nil
}

func shifts(ctx context.Context, cl *zoho.Client, out *crm.WorkingTime) error {
	list, err := cl.Shifts(ctx)
	for _, s := range list {
		out.Shifts = append(out.Shifts, crm.Shift{ID: s.ID, Name: s.Name, Timezone: s.TimeZone, Hours: weekOf(s.Days, s.Week), Breaks: s.Breaks, Users: s.Users})
	}
	return err
}

func holidays(ctx context.Context, cl *zoho.Client, years []int, out *crm.WorkingTime) error {
	for _, year := range years {
		list, err := cl.Holidays(ctx, year)
		if err != nil {
			return err
		}
		for _, h := range list {
			out.Holidays = append(out.Holidays, crm.Holiday{Name: h.Name, Date: h.Date, Shift: h.Shift})
		}
	}
	return nil
}

func away(ctx context.Context, cl *zoho.Client, out *crm.WorkingTime) error {
	list, err := cl.Unavailabilities(ctx)
	for _, u := range list {
		out.Away = append(out.Away, crm.Away{User: u.User, Title: u.Title, From: u.From, To: u.To, AllDay: u.AllDay})
	}
	return err
}

// weekOf takes a week apart by weekday. A day whose end is 00:00 ends with it.
func weekOf(days []string, w zoho.Week) crm.Week {
	out := crm.Week{}
	for _, d := range days {
		at, known := weekdayOf(d)
		start, end, ok := w.Of(d)
		if !known || !ok {
			continue
		}
		if end == "00:00" {
			end = "24:00"
		}
		out[at] = []crm.WallSpan{{Start: start, End: end}}
	}
	return out
}

func weekdayOf(name string) (time.Weekday, bool) {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if strings.EqualFold(d.String(), name) {
			return d, true
		}
	}
	return 0, false
}
