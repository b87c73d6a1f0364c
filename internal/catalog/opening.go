package catalog

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"time"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/org"
)

// Opening is a set of changes to the rules that would make a start bookable.
type Opening struct {
	Rep     string   // who would come
	Changes []string // what would be changed, in words; at least one
	After   Catalog
}

// Openings finds the fewest changes to the rules that would open a start that is not offered, one way for each rep with
// whom so few suffice, in catalog order; none where the rules alone can't. Each way is tried: with all of its changes the
// start is free. Blocks must hold everything in ReachOf the question, also with the widest buffers, and more does no harm.
func (c Catalog) Openings(a availability.Ask, blocks []availability.Block, now time.Time) []Opening {
	rules, err := c.Rules()
	if err != nil {
		return nil
	}
	service, ok := c.Service(a.Service)
	if !ok || service.Archived || rules.Explain(a, blocks, now).Offered {
		return nil
	}
	var best []Opening
	staff := c.Staff()
	slices.SortStableFunc(staff, func(a, b Rep) int {
		return cmp.Compare(position(service.Reps, a.ID), position(service.Reps, b.ID))
	})
	for _, r := range staff[:min(len(staff), mostTried)] {
		o := opener{Opening: Opening{Rep: r.ID, After: c}, ask: a, blocks: blocks, now: now}
		if !o.open() || len(best) > 0 && len(best[0].Changes) < len(o.Changes) {
			continue
		}
		if len(best) > 0 && len(best[0].Changes) > len(o.Changes) {
			best = nil
		}
		best = append(best, o.Opening)
	}
	return best
}

// mostTried bounds how many reps are tried.
const mostTried = 30

// position sorts the reps of a service before the others.
func position(reps []string, id string) int {
	if slices.Contains(reps, id) {
		return 0
	}
	return 1
}

// opener changes a catalog until a rep is free at a start.
type opener struct {
	Opening
	ask    availability.Ask
	blocks []availability.Block
	now    time.Time
}

func (o *opener) service() Service { s, _ := o.After.Service(o.ask.Service); return s }
func (o *opener) rep() Rep         { r, _ := o.After.Rep(o.Rep); return r }

func (o *opener) zone() *time.Location {
	name := o.rep().Timezone
	if name == "" {
		name = o.After.Timezone
	}
	z, _ := org.Zone(name)
	return z
}

// reasons gives what still speaks against the start and the rep.
func (o *opener) reasons(c Catalog) ([]availability.Reason, bool) {
	s, _ := c.Service(o.ask.Service)
	s.Reps = slices.DeleteFunc(slices.Clone(s.Reps), func(id string) bool { return id != o.Rep })
	c = c.WithService(s)
	r, _ := c.Rep(o.Rep)
	c.Reps = []Rep{r}
	rules, err := c.Rules()
	if err != nil {
		return nil, false
	}
	return rules.Explain(o.ask, o.blocks, o.now).Reasons, true
}

// open mends one reason after the other; false when one can't be mended by rules.
func (o *opener) open() bool {
	for range 12 { // each kind of reason is mended once; more would be a circle
		reasons, ok := o.reasons(o.After)
		if !ok {
			return false
		}
		if len(reasons) == 0 {
			return len(o.Changes) > 0
		}
		if slices.ContainsFunc(reasons, func(r availability.Reason) bool { return !mendable(r.Code) }) || !o.mend(reasons) {
			return false
		}
	}
	return false
}

func mendable(c availability.Code) bool {
	switch c {
	case availability.Past, availability.SourceStale, availability.BusyAppointment, availability.BusyEvent, availability.BusyCalendar, availability.Held:
		return false
	}
	return true
}

// mend changes what the first reason speaks of.
func (o *opener) mend(reasons []availability.Reason) bool {
	s := o.service()
	minutes := int(o.ask.Start.Sub(o.now) / time.Minute)
	switch reasons[0].Code {
	case availability.TooSoon:
		if reasons[0].Rep != "" {
			return o.shortenBusiness(s)
		}
		if minutes >= 120 { // a notice in whole hours is one that people set
			minutes -= minutes % 60
		}
		o.change(fmt.Sprintf("Minimum notice of %s: %s instead of %s.", s.Name, Minutes(minutes), Minutes(s.MinNoticeMinutes)))
		s.MinNoticeMinutes = minutes
	case availability.TooFar:
		zone, _ := org.Zone(o.After.Timezone)
		days := availability.DateOf(o.now, zone).DaysUntil(availability.DateOf(o.ask.Start, zone))
		if days > maxWindow {
			return false
		}
		o.change(fmt.Sprintf("Booking window of %s: %d days instead of %d.", s.Name, days, s.BookingWindowDays))
		s.BookingWindowDays = days
	case availability.CapacityDay:
		return o.raiseCapacity(s, func(s *Service) *int { return &s.CapacityPerDay }, availability.CapacityDay, "a day")
	case availability.CapacitySlot:
		return o.raiseCapacity(s, func(s *Service) *int { return &s.CapacityPerSlot }, availability.CapacitySlot, "at one time")
	case availability.NoRep:
		if slices.Contains(s.Reps, o.Rep) {
			return false
		}
		o.change(fmt.Sprintf("Let %s do %s.", o.rep().Name, s.Name))
		s.Reps = append(slices.Clone(s.Reps), o.Rep)
	case availability.Buffer:
		return o.shrinkBuffers(s)
	case availability.OutOfTerritory:
		return o.serve()
	case availability.OffGrid:
		return o.narrowGrid(s)
	default:
		return o.work(s)
	}
	o.After = o.After.WithService(s)
	return true
}

func (o *opener) change(words string) { o.Changes = append(o.Changes, words) }

// without reports whether a change leaves no reason of a code.
func (o *opener) without(code availability.Code, c Catalog) bool {
	reasons, ok := o.reasons(c)
	return ok && !slices.ContainsFunc(reasons, func(r availability.Reason) bool { return r.Code == code })
}

// raiseCapacity raises one of the capacities of the service to the least with which its reason goes.
func (o *opener) raiseCapacity(s Service, capacity func(*Service) *int, code availability.Code, words string) bool {
	was := *capacity(&s)
	after := func(n int) Catalog {
		*capacity(&s) = n
		return o.After.WithService(s)
	}
	more := 1 + sort.Search(len(o.blocks), func(n int) bool { return o.without(code, after(was+1+n)) })
	c := after(was + more)
	if !o.without(code, c) {
		return false
	}
	o.change(fmt.Sprintf("Appointments of %s %s: %d instead of %d.", s.Name, words, was+more, was))
	o.After = c
	return true
}

// shortenBusiness asks for no more of the rep's working time than is left before the start.
func (o *opener) shortenBusiness(s Service) bool {
	rules, err := o.After.Rules()
	if err != nil {
		return false
	}
	minutes := int(rules.Worked(o.Rep, o.now, o.ask.Start) / time.Minute)
	if minutes >= 120 {
		minutes -= minutes % 60
	}
	o.change(fmt.Sprintf("Notice of %s in working time: %s instead of %s.", s.Name, Minutes(minutes), Minutes(s.BusinessNoticeMinutes)))
	s.BusinessNoticeMinutes = minutes
	o.After = o.After.WithService(s)
	return true
}

// shrinkBuffers finds the largest buffers of the service with which nothing is met, one of the two if that is enough.
func (o *opener) shrinkBuffers(s Service) bool {
	for _, side := range []struct {
		words         string
		before, after bool
	}{{"after", false, true}, {"before", true, false}, {"before and after", true, true}} {
		most := 0
		if side.before {
			most = max(most, s.BufferBeforeMinutes)
		}
		if side.after {
			most = max(most, s.BufferAfterMinutes)
		}
		with := func(n int) Catalog {
			v := s
			if side.before {
				v.BufferBeforeMinutes = min(v.BufferBeforeMinutes, n)
			}
			if side.after {
				v.BufferAfterMinutes = min(v.BufferAfterMinutes, n)
			}
			return o.After.WithService(v)
		}
		if most == 0 || !o.without(availability.Buffer, with(0)) {
			continue
		}
		n := most - sort.Search(most, func(less int) bool { return o.without(availability.Buffer, with(most-less)) })
		o.change(fmt.Sprintf("Buffer %s %s: %s instead of %s.", side.words, s.Name, Minutes(n), Minutes(most)))
		o.After = with(n)
		return true
	}
	return false
}

// serve lets the rep serve the postal code: by a territory that has it, else by one of theirs that gets it.
func (o *opener) serve() bool {
	r := o.rep()
	for _, t := range o.After.Territories {
		r2 := r
		r2.Territories = append(slices.Clone(r.Territories), t.ID)
		if c := o.After.WithRep(r2); !slices.Contains(r.Territories, t.ID) && o.without(availability.OutOfTerritory, c) {
			o.change(fmt.Sprintf("Let %s serve the territory %s.", r.Name, t.Name))
			o.After = c
			return true
		}
	}
	for _, t := range o.After.Territories {
		if !slices.Contains(r.Territories, t.ID) {
			continue
		}
		t.PostalCodes = append(slices.Clone(t.PostalCodes), o.ask.PostalCode)
		o.change(fmt.Sprintf("Add %s to the territory %s.", o.ask.PostalCode, t.Name))
		o.After = o.After.WithTerritory(t)
		return o.without(availability.OutOfTerritory, o.After)
	}
	return false
}

// narrowGrid finds the widest distance between starts, in steps that people use, that has the start on its grid.
func (o *opener) narrowGrid(s Service) bool {
	was := s.SlotIntervalMinutes
	for _, n := range []int{60, 45, 30, 20, 15, 10, 5, 1} {
		if n >= was {
			continue
		}
		s.SlotIntervalMinutes = n
		if c := o.After.WithService(s); o.without(availability.OffGrid, c) {
			o.change(fmt.Sprintf("Starts of %s every %s instead of every %s.", s.Name, Minutes(n), Minutes(was)))
			o.After = c
			return true
		}
	}
	return false
}

// work lets the rep work on that date also during the visit.
func (o *opener) work(s Service) bool {
	zone := o.zone()
	start := o.ask.Start.In(zone)
	end := start.Add(time.Duration(s.DurationMinutes) * time.Minute)
	date, r := start.Format(time.DateOnly), o.rep()
	span := Span{Start: start.Format("15:04"), End: end.Format("15:04")}
	if end.Format(time.DateOnly) != date {
		if span.End != "00:00" || end.Sub(start) >= 24*time.Hour {
			return false
		}
		span.End = "24:00"
	}
	if was := r.On(date, o.After.Holidays); len(was) > 0 && slices.Contains(was, span) {
		return false
	}
	hours := append(r.On(date, o.After.Holidays), span)
	over := Override{Date: date, Hours: hours}
	r.Overrides = with(r.Overrides, over, func(v Override) bool { return v.Date == date })
	c := o.After.WithRep(r)
	if len(o.Changes) > 0 && o.Changes[len(o.Changes)-1] == o.workWords(r, date, span) || c.checkEdited() != nil {
		return false
	}
	o.change(o.workWords(r, date, span))
	o.After = c
	return true
}

func (o *opener) workWords(r Rep, date string, s Span) string {
	return fmt.Sprintf("Hours of %s on %s: also %s to %s.", r.Name, date, s.Start, s.End)
}

// On gives the hours of a date: the override, nothing on a holiday, else those of the weekday.
func (r Rep) On(date string, holidays []string) []Span {
	for _, o := range r.Overrides {
		if o.Date == date {
			return slices.Clone(o.Hours)
		}
	}
	if slices.Contains(holidays, date) {
		return nil
	}
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return nil
	}
	var out []Span
	for _, h := range r.Hours {
		if slices.ContainsFunc(h.Days, func(d string) bool { return weekdays[d] == day.Weekday() }) {
			out = append(out, Span{h.Start, h.End})
		}
	}
	return out
}

// Minutes writes a number of minutes as people do, in the largest unit that fits it exactly.
func Minutes(n int) string { return availability.InWords(time.Duration(n) * time.Minute) }
