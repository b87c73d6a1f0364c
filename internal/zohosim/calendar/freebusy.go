package calendar

import (
	"cmp"
	"slices"
	"time"
)

// Block is a busy time: from one instant to another, and for a whole-day one its first and last day.
type Block struct {
	Start, End  time.Time
	AllDay      bool
	First, Last int64
}

// Block gives the busy time of an instance.
func (i Instance) Block() Block {
	return Block{Start: i.Start, End: i.End, AllDay: i.Event.AllDay, First: i.From, Last: i.To}
}

// DayBlock gives whole days of a place as a busy time, both ends inclusive.
func DayBlock(first, last Stamp, place *time.Location) Block {
	return Block{
		Start: first.In(place), End: resolve(dayWall(last.days()+1), place), AllDay: true, First: first.days(), Last: last.days(),
	}
}

// Meets tells whether the block occupies something of [from, to).
func (b Block) Meets(from, to time.Time) bool { return b.Start.Before(to) && b.End.After(from) }

// EventBased gives busy times one by one. Source: Zoho Calendar API v1, "Get user's free/busy details".
func (r Reading) EventBased(blocks []Block) []map[string]any {
	slices.SortFunc(blocks, func(a, b Block) int { return cmp.Or(a.Start.Compare(b.Start), a.End.Compare(b.End)) })
	out := make([]map[string]any, 0, len(blocks))
	for _, b := range blocks {
		start, end := FormatZulu(b.Start), FormatZulu(b.End)
		if b.AllDay && r.FreeBusyAllDay != "instants" {
			last := b.Last
			if r.AllDayEnd == "exclusive" {
				last++
			}
			start, end = formatDay(b.First), formatDay(last)
			if r.FreeBusyAllDay == "yyyyMMddZ" {
				start, end = start+"Z", end+"Z"
			}
		}
		out = append(out, map[string]any{"fbtype": "busy", "startTime": start, "endTime": end})
	}
	return out
}

// TimeBased gives busy times by day of a place: {"20261123":[{"allday":true},["02:30-03:50"]]}, with null for a day
// without an all-day event. Overlapping times are one; midnight as an end is 24:00. Source: as EventBased.
func TimeBased(blocks []Block, from, to time.Time, place *time.Location) map[string]any {
	out := map[string]any{}
	last := wallOf(to.Add(-time.Second), place).Unix() / daySeconds
	for day := wallOf(from, place).Unix() / daySeconds; day <= last; day++ {
		start, end := resolve(dayWall(day), place), resolve(dayWall(day+1), place)
		var allDay any
		var parts []Block
		for _, b := range blocks {
			switch {
			case b.AllDay && b.First <= day && day <= b.Last:
				allDay = map[string]any{"allday": true}
			case !b.AllDay && b.Meets(start, end):
				parts = append(parts, b)
			}
		}
		if allDay != nil || parts != nil {
			out[formatDay(day)] = []any{allDay, clockRanges(parts, start, end, place)}
		}
	}
	return out
}

// clockRanges writes the parts of one day, merged.
func clockRanges(parts []Block, dayStart, dayEnd time.Time, place *time.Location) []string {
	slices.SortFunc(parts, func(a, b Block) int { return a.Start.Compare(b.Start) })
	var merged []Block
	for _, b := range parts {
		if b.Start.Before(dayStart) {
			b.Start = dayStart
		}
		if b.End.After(dayEnd) {
			b.End = dayEnd
		}
		if n := len(merged); n > 0 && !b.Start.After(merged[n-1].End) {
			if b.End.After(merged[n-1].End) {
				merged[n-1].End = b.End
			}
			continue
		}
		merged = append(merged, b)
	}
	out := []string{}
	for _, b := range merged {
		end := b.End.In(place).Format("15:04")
		if b.End.Equal(dayEnd) {
			end = "24:00"
		}
		out = append(out, b.Start.In(place).Format("15:04")+"-"+end)
	}
	return out
}
