package zohocrm

import (
	"context"
	"errors"
	"time"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/zoho"
)

// Calendars lists the calendars that the authorizing user sees. Zoho Calendar costs no credits of the CRM.
func (p *provider) Calendars(ctx context.Context) ([]crm.Calendar, error) {
	cl, err := p.client()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, callTakes)
	defer cancel()
	list, err := cl.Calendars(ctx, zoho.CalendarAll)
	if err != nil {
		return nil, problem(err)
	}
	var out []crm.Calendar
	for _, c := range list {
		out = append(out, crm.Calendar{
			ID: c.UID, Name: c.Name, Category: string(c.Category), Own: c.Privilege == "owner", Default: c.Default, InFreeBusy: c.InFreeBusy, Tag: c.CTag,
		})
	}
	return out, nil
}

// pieces cuts a range into those of one call; read is called for each in order, until one fails.
func pieces(ctx context.Context, from, to time.Time, longest time.Duration, read func(ctx context.Context, from, to time.Time) error) error {
	for from.Before(to) {
		end := from.Add(longest)
		if end.After(to) {
			end = to
		}
		one, cancel := context.WithTimeout(ctx, callTakes)
		err := read(one, from, end)
		cancel()
		if err != nil {
			return problem(err)
		}
		from = end
	}
	return nil
}

// transparent is the number of an event that blocks nothing.
const transparent = "1"

// Entries lists by instance. Where Zoho leaves out whether an instance blocks, the events themselves are read too.
func (p *provider) Entries(ctx context.Context, calendar string, from, to time.Time) ([]crm.CalendarEntry, error) {
	cl, err := p.client()
	if err != nil {
		return nil, err
	}
	type key struct{ id, instance string }
	seen := map[key]bool{}
	var out []crm.CalendarEntry
	err = pieces(ctx, from, to, zoho.CalendarRange, func(ctx context.Context, from, to time.Time) error {
		list, err := cl.ListCalendarEvents(ctx, calendar, from, to, true)
		if err != nil {
			return err
		}
		blocks := map[key]string{}
		for _, e := range list {
			if e.Transparency != "" {
				continue
			}
			whole, err := cl.ListCalendarEvents(ctx, calendar, from, to, false)
			if err != nil {
				return err
			}
			for _, e := range whole {
				blocks[key{e.UID, e.Instance}] = e.Transparency
			}
			break
		}
		for _, e := range list {
			k := key{e.UID, e.Instance}
			if seen[k] { // it reaches into two pieces
				continue
			}
			seen[k] = true
			if e.Transparency == "" {
				e.Transparency = blocks[k]
			}
			if e.Transparency == "" {
				e.Transparency = blocks[key{id: e.UID}]
			}
			out = append(out, entry(e))
		}
		return nil
	})
	return out, err
}

func entry(e zoho.CalendarEvent) crm.CalendarEntry {
	out := span(e.Span)
	out.ID, out.Instance, out.Title, out.Etag = e.UID, e.Instance, e.Title, e.Etag
	out.Transparent, out.Cancelled = e.Transparency == transparent, e.Gone()
	return out
}

func span(s zoho.Span) crm.CalendarEntry {
	return crm.CalendarEntry{Start: s.Start, End: s.End, AllDay: s.AllDay, First: crm.Date(s.FirstDay), Last: crm.Date(s.LastDay)}
}

// aDay is how far a person's clock may be away from the one on which Zoho reads the range of busy times.
const aDay = 24 * time.Hour

// Busy asks for a day more on either side, since it is on no page whose clock the range is on, and leaves out what does not
// meet the range itself. Whole days stay if they meet it anywhere on Earth.
func (p *provider) Busy(ctx context.Context, email string, from, to time.Time) ([]crm.CalendarEntry, error) {
	cl, err := p.client()
	if err != nil {
		return nil, err
	}
	seen := map[zoho.Busy]int{} // how often in one piece: two meetings may be at the same time
	var out []crm.CalendarEntry
	err = pieces(ctx, from, to, zoho.CalendarRange-2*aDay, func(ctx context.Context, begin, end time.Time) error {
		list, err := cl.FreeBusy(ctx, email, begin.Add(-aDay), end.Add(aDay))
		if err != nil {
			return err
		}
		here := map[zoho.Busy]int{}
		for _, b := range list {
			if here[b]++; here[b] > seen[b] && meets(b.Span, from, to) {
				seen[b]++
				out = append(out, span(b.Span))
			}
		}
		return nil
	})
	return out, err
}

// meets reports whether a time takes something of [from, to).
func meets(s zoho.Span, from, to time.Time) bool {
	if !s.AllDay {
		return s.Start.Before(to) && s.End.After(from)
	}
	const earliest, latest = 14 * time.Hour, 12 * time.Hour // UTC+14 begins a day first, UTC-12 ends it last
	first, err := time.Parse(time.DateOnly, s.FirstDay)
	last, err2 := time.Parse(time.DateOnly, s.LastDay)
	return err != nil || err2 != nil || first.Add(-earliest).Before(to) && last.Add(aDay+latest).After(from)
}

// Entry reads one with its description, which lists leave out.
func (p *provider) Entry(ctx context.Context, calendar, id string) (crm.CalendarEntry, string, error) {
	cl, err := p.client()
	if err != nil {
		return crm.CalendarEntry{}, "", err
	}
	ctx, cancel := context.WithTimeout(ctx, callTakes)
	defer cancel()
	e, err := cl.GetCalendarEvent(ctx, calendar, id, "")
	if err != nil {
		return crm.CalendarEntry{}, "", problem(err)
	}
	return entry(e), e.Description, nil
}

// PutEntry makes or changes an entry.
func (p *provider) PutEntry(ctx context.Context, calendar string, e crm.CalendarEntry, description string) (crm.CalendarEntry, error) {
	cl, err := p.client()
	if err != nil {
		return crm.CalendarEntry{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, callTakes)
	defer cancel()
	if e.ID == "" {
		made, err := cl.CreateCalendarEvent(ctx, calendar, changed(zoho.CalendarEvent{}, e, description))
		if err != nil {
			return crm.CalendarEntry{}, problem(err)
		}
		return entry(made), nil
	}
	change := func() (zoho.CalendarEvent, error) {
		now, err := cl.GetCalendarEvent(ctx, calendar, e.ID, e.Instance)
		if err != nil {
			return now, err
		}
		now.Instance = e.Instance
		return cl.ReplaceCalendarEvent(ctx, calendar, changed(now, e, description))
	}
	got, err := change()
	if errors.Is(err, zoho.AlreadyModified) { // somebody was faster: once more, on what they made of it
		got, err = change()
	}
	if err != nil {
		return crm.CalendarEntry{}, problem(err)
	}
	return entry(got), nil
}

// changed gives an event with what an entry speaks of.
func changed(z zoho.CalendarEvent, e crm.CalendarEntry, description string) zoho.CalendarEvent {
	z.Title = e.Title
	z.Span = zoho.Span{Start: e.Start, End: e.End, AllDay: e.AllDay, FirstDay: string(e.First), LastDay: string(e.Last)}
	if description != "" {
		z.Description = description
	}
	switch {
	case e.Transparent:
		z.Transparency = transparent
	case z.Transparency == transparent:
		z.Transparency = "0"
	}
	return z
}

// DeleteEntry takes an entry out.
func (p *provider) DeleteEntry(ctx context.Context, calendar string, id, etag string) error {
	cl, err := p.client()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, callTakes)
	defer cancel()
	remove := func() error {
		now, err := cl.GetCalendarEvent(ctx, calendar, id, "")
		if err != nil {
			return err
		}
		return cl.DeleteCalendarEvent(ctx, calendar, id, now.Etag)
	}
	if etag == "" {
		err = remove()
	} else {
		err = cl.DeleteCalendarEvent(ctx, calendar, id, etag)
	}
	// Under one reading an event that is not there answers PATTERN_NOT_MATCHED.
	if errors.Is(err, zoho.AlreadyModified) || errors.Is(err, zoho.PatternNotMatched) {
		err = remove()
	}
	return problem(err)
}
