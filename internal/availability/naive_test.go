package availability_test

import (
	"slices"
	"strings"
	"time"

	. "heavyset.tech/platform/internal/availability"
)

// naive answers a query minute by minute, straight from the rules and without any of the package's code. Everything
// must be whole minutes.
type naive struct {
	def    Definition
	query  Query
	blocks []Block
	now    time.Time

	zero  int64 // first minute looked at, in Unix minutes
	count int
	local map[*time.Location][]int64 // minutes of wall time since 1970-01-01 00:00 at zero, zero+1, …
}

func newNaive(def Definition, q Query, blocks []Block, now time.Time) *naive {
	from := time.Date(q.From.Year, q.From.Month, q.From.Day, 0, 0, 0, 0, time.UTC)
	to := time.Date(q.To.Year, q.To.Month, q.To.Day, 0, 0, 0, 0, time.UTC)
	n := &naive{def: def, query: q, blocks: blocks, now: now, local: map[*time.Location][]int64{}}
	if now.Before(from) {
		from = now.Truncate(24 * time.Hour)
	}
	n.zero = from.AddDate(0, 0, -3).Unix() / 60
	n.count = int(to.AddDate(0, 0, 4).Unix()/60 - n.zero)
	return n
}

func (n *naive) wall(zone *time.Location) []int64 {
	if have := n.local[zone]; have != nil {
		return have
	}
	list := make([]int64, n.count)
	for i := range list {
		sec := (n.zero + int64(i)) * 60
		_, offset := time.Unix(sec, 0).In(zone).Zone()
		local := sec + int64(offset)
		list[i] = (local - (local%60+60)%60) / 60
	}
	n.local[zone] = list
	return list
}

func dayNumber(d Date) int64 {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Unix() / 86400
}

func dayOf(wall int64) int64 {
	day := wall / 1440
	if wall%1440 < 0 {
		day--
	}
	return day
}

// resolve finds a wall time: the first or last minute that shows it, or the first one after the gap that skips it.
func (n *naive) resolve(zone *time.Location, target int64, last bool) int {
	walls := n.wall(zone)
	found := -1
	for i, w := range walls {
		if w == target && (found < 0 || last) {
			found = i
		}
	}
	for i := 1; found < 0 && i < len(walls); i++ {
		if walls[i-1] < target && target < walls[i] {
			found = i
		}
	}
	return found
}

func (n *naive) zoneOf(p Rep) *time.Location {
	if p.Zone != nil {
		return p.Zone
	}
	return n.def.Zone
}

func (n *naive) spansOn(p Rep, day int64) []Span {
	date := time.Unix(day*86400, 0).UTC()
	key := Date{Year: date.Year(), Month: date.Month(), Day: date.Day()}
	if spans, ok := p.Overrides[key]; ok {
		return spans
	}
	if slices.Contains(n.def.Holidays, key) {
		return nil
	}
	var spans []Span
	for _, w := range p.Hours {
		if w.Days[date.Weekday()] {
			spans = append(spans, w.Span)
		}
	}
	return spans
}

// starts gives the candidates of a rep as a set of minutes, and the minutes at which the rep works.
func (n *naive) starts(p Rep, s Service) (out map[int]bool, works []bool) {
	out, works = map[int]bool{}, make([]bool, n.count+1)
	zone := n.zoneOf(p)
	for day := n.zero/1440 + 1; day <= dayNumber(n.query.To)+2; day++ {
		working := make([]bool, n.count+1)
		for _, span := range n.spansOn(p, day) {
			a := n.resolve(zone, day*1440+int64(span.Start), false)
			b := n.resolve(zone, day*1440+int64(span.End), true)
			for i := a; i < b; i++ {
				working[i], works[i] = true, true
			}
		}
		for i := range n.count {
			if working[i] && (i == 0 || !working[i-1]) {
				end := i
				for working[end] {
					end++
				}
				for t := i; t+int(s.Duration/time.Minute) <= end; t += int(s.Interval / time.Minute) {
					out[t] = true
				}
			}
		}
	}
	return out, works
}

// soon reports whether too few of the minutes from now to t are ones at which the rep works.
func (n *naive) soon(works []bool, t int, s Service) bool {
	worked := 0
	for i := int(n.now.Unix()/60 - n.zero); i < t; i++ {
		if works[i] {
			worked++
		}
	}
	return worked < int(s.BusinessNotice/time.Minute)
}

// occupied marks the minutes at which a rep is taken.
func (n *naive) occupied(p Rep) []bool {
	out := make([]bool, n.count)
	for _, b := range n.blocks {
		if b.Rep != p.ID || !n.alive(b) {
			continue
		}
		if b.AllDay {
			for i, w := range n.wall(n.zoneOf(p)) {
				if day := dayOf(w); day >= dayNumber(b.FirstDay) && day <= dayNumber(b.LastDay) {
					out[i] = true
				}
			}
			continue
		}
		from, to := b.Start, b.End
		if b.Kind == Appointment || b.Kind == Hold {
			for _, s := range n.def.Services {
				if s.ID == b.Service {
					from, to = from.Add(-s.BufferBefore), to.Add(s.BufferAfter)
				}
			}
		}
		for t := from; t.Before(to); t = t.Add(time.Minute) {
			if i := int(t.Unix()/60 - n.zero); i >= 0 && i < n.count {
				out[i] = true
			}
		}
	}
	return out
}

func (n *naive) alive(b Block) bool {
	ours := b.Kind == Appointment || b.Kind == Hold
	if ours && n.query.Ignore != "" && b.ID == n.query.Ignore {
		return false
	}
	return b.Kind != Hold || b.Expires.After(n.now)
}

func (n *naive) serves(p Rep) bool {
	flat := func(s string) string { return strings.ToLower(strings.ReplaceAll(s, " ", "")) }
	code := flat(n.query.PostalCode)
	if code == "" || len(n.def.Territories) == 0 {
		return true
	}
	for _, t := range n.def.Territories {
		for _, pattern := range t.PostalCodes {
			pattern = flat(pattern)
			match := pattern == code
			if strings.HasSuffix(pattern, "*") {
				match = strings.HasPrefix(code, strings.TrimSuffix(pattern, "*"))
			}
			if match && slices.Contains(p.Territories, t.ID) {
				return true
			}
		}
	}
	return false
}

func (n *naive) service() (Service, bool) {
	for _, s := range n.def.Services {
		if s.ID == n.query.Service && !s.Archived {
			return s, true
		}
	}
	return Service{}, false
}

// slots is the answer; reps says who is free at each start.
func (n *naive) slots() (out []Slot, reps map[int64][]string) {
	s, ok := n.service()
	if !ok {
		return nil, nil
	}
	visitor := n.query.Zone
	if visitor == nil {
		visitor = n.def.Zone
	}
	today := dayNumber(DateOf(n.now, n.def.Zone))
	free := make([][]string, n.count)
	for _, p := range n.def.Reps {
		if p.Archived || !slices.Contains(s.Reps, p.ID) || !n.serves(p) {
			continue
		}
		occupied := n.occupied(p)
		starts, works := n.starts(p, s)
		for t := range starts {
			if !n.soon(works, t, s) && !slices.Contains(occupied[t-int(s.BufferBefore/time.Minute):t+int((s.Duration+s.BufferAfter)/time.Minute)], true) {
				free[t] = append(free[t], p.ID)
			}
		}
	}
	reps = map[int64][]string{}
	for t, who := range free {
		at := time.Unix((n.zero+int64(t))*60, 0).UTC()
		asked, booked := dayOf(n.wall(visitor)[t]), dayOf(n.wall(n.def.Zone)[t])
		if len(who) == 0 || asked < dayNumber(n.query.From) || asked > dayNumber(n.query.To) ||
			at.Before(n.now.Add(s.Notice)) || booked > today+int64(s.WindowDays) {
			continue
		}
		remaining := len(who)
		if s.CapacityPerDay > 0 {
			remaining = min(remaining, s.CapacityPerDay-n.onDate(s, booked))
		}
		if s.CapacityPerSlot > 0 {
			remaining = min(remaining, s.CapacityPerSlot-n.at(s, at))
		}
		if remaining > 0 {
			out = append(out, Slot{Start: at, End: at.Add(s.Duration), Remaining: remaining})
			reps[at.Unix()] = who
		}
	}
	return out, reps
}

// onDate counts what uses up the capacity of a date of the catalog's zone.
func (n *naive) onDate(s Service, day int64) int {
	count := 0
	for _, b := range n.blocks {
		if (b.Kind == Appointment || b.Kind == Hold) && b.Service == s.ID && n.alive(b) &&
			dayNumber(DateOf(b.Start, n.def.Zone)) == day {
			count++
		}
	}
	return count
}

// at counts what uses up the capacity of a start.
func (n *naive) at(s Service, start time.Time) int {
	count := 0
	for _, b := range n.blocks {
		if (b.Kind == Appointment || b.Kind == Hold) && b.Service == s.ID && n.alive(b) && b.Start.Equal(start) {
			count++
		}
	}
	return count
}
