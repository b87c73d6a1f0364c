package catalog

import (
	"fmt"
	"time"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/org"
)

// Rules compiles a checked catalog for availability, archived services and reps included.
func (c Catalog) Rules() (*availability.Rules, error) {
	zone, ok := org.Zone(c.Timezone)
	if !ok {
		return nil, fmt.Errorf("the catalog's zone %q is none", c.Timezone)
	}
	d := availability.Definition{Zone: zone}
	for _, h := range c.Holidays {
		date, err := availability.ParseDate(h)
		if err != nil {
			return nil, err
		}
		d.Holidays = append(d.Holidays, date)
	}
	for _, t := range c.Territories {
		d.Territories = append(d.Territories, availability.Territory{ID: t.ID, PostalCodes: t.PostalCodes})
	}
	for _, s := range c.Services {
		d.Services = append(d.Services, s.rule())
	}
	for _, r := range c.Reps {
		rule, err := r.rule()
		if err != nil {
			return nil, fmt.Errorf("rep %s: %w", r.ID, err)
		}
		d.Reps = append(d.Reps, rule)
	}
	return availability.NewRules(d)
}

func (s Service) rule() availability.Service {
	minutes := func(n int) time.Duration { return time.Duration(n) * time.Minute }
	out := availability.Service{
		ID: s.ID, Duration: minutes(s.DurationMinutes), Interval: minutes(s.SlotIntervalMinutes),
		BufferBefore: minutes(s.BufferBeforeMinutes), BufferAfter: minutes(s.BufferAfterMinutes), Notice: minutes(s.MinNoticeMinutes),
		BusinessNotice: minutes(s.BusinessNoticeMinutes), WindowDays: s.BookingWindowDays, CapacityPerDay: s.CapacityPerDay, CapacityPerSlot: s.CapacityPerSlot,
		Assignment: availability.RoundRobin, Reps: s.Reps, Archived: s.Archived,
	}
	if s.Assignment == Priority {
		out.Assignment = availability.Priority
	}
	return out
}

func (r Rep) rule() (availability.Rep, error) {
	out := availability.Rep{ID: r.ID, Territories: r.Territories, Overrides: map[availability.Date][]availability.Span{}, Archived: r.Archived, Weight: r.Weight}
	if r.Timezone != "" {
		zone, ok := org.Zone(r.Timezone)
		if !ok {
			return out, fmt.Errorf("the zone %q is none", r.Timezone)
		}
		out.Zone = zone
	}
	for _, h := range r.Hours {
		w := availability.Weekly{Span: span(h.Start, h.End)}
		for _, d := range h.Days {
			w.Days[weekdays[d]] = true
		}
		out.Hours = append(out.Hours, w)
	}
	for _, o := range r.Overrides {
		date, err := availability.ParseDate(o.Date)
		if err != nil {
			return out, err
		}
		spans := []availability.Span{} // none at all is a day off
		for _, h := range o.Hours {
			spans = append(spans, span(h.Start, h.End))
		}
		out.Overrides[date] = spans
	}
	return out, nil
}

// span reads two wall times that Check has accepted.
func span(start, end string) availability.Span {
	s, _ := wall(start)
	e, _ := wall(end)
	return availability.Span{Start: availability.Wall(s), End: availability.Wall(e)}
}
