// Package worktime compares what a CRM holds of when people work with the catalog, and takes over what a person chooses.
//
// It stands between crm, which reads business hours, shifts, holidays and unavailability, and catalog, which is edited one
// thing at a time: Plan lists the differences as proposals, each with a key that names its content, and Apply carries out
// those that were chosen. Nothing is taken over by itself, and what the CRM does not say is left alone.
//
// The package is pure: it reads no clock, no CRM and no database.
package worktime

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/org"
)

// Kind is what a proposal is about.
type Kind string

// The kinds of proposals.
const (
	Holiday Kind = "holiday"
	Hours   Kind = "hours"
	Away    Kind = "away"
)

// Proposal is one difference that can be taken over.
type Proposal struct {
	Key      string // names the content: another content is another key
	Kind     Kind
	Rep      string // "" of a holiday
	Date     string // yyyy-mm-dd; "" of weekly hours
	Name     string // what the CRM calls it
	Was, Is  []catalog.Hours
	On, Then []catalog.Span // of a date: the hours as they are, and as they would be
	Timezone string         // of the rep's hours, where it would change
	Breaks   bool           // of hours: the shift has breaks, which are not taken over
	apply    func(catalog.Catalog) catalog.Catalog
}

// ahead bounds how far unavailability is taken over, and twice it holidays.
const ahead = 366 * 24 * time.Hour

// Plan lists what the CRM says otherwise than the catalog: holidays to come, weekly hours of reps who are users of the CRM
// (those of their shift, else of the business), and the days on which they are away. Shift holidays are days off of the
// shift's reps.
func Plan(c catalog.Catalog, w crm.WorkingTime, now time.Time) []Proposal {
	zone, ok := org.Zone(c.Timezone)
	if !ok {
		return nil
	}
	p := planner{catalog: c, time: w, now: now, today: now.In(zone).Format(time.DateOnly)}
	p.holidays()
	for _, rep := range c.Staff() {
		if rep.CRMUser == "" {
			continue
		}
		shift := p.shiftOf(rep.CRMUser)
		p.hours(rep, shift)
		p.daysOff(rep, shift)
	}
	return p.out
}

// Apply takes over the proposals with these keys; missing are keys that no proposal has any more.
func Apply(c catalog.Catalog, list []Proposal, keys []string) (after catalog.Catalog, missing int) {
	for _, k := range keys {
		i := slices.IndexFunc(list, func(p Proposal) bool { return p.Key == k })
		if i < 0 {
			missing++
			continue
		}
		c = list[i].apply(c)
	}
	return c, missing
}

type planner struct {
	catalog catalog.Catalog
	time    crm.WorkingTime
	now     time.Time
	today   string
	out     []Proposal
}

func (p *planner) add(x Proposal) {
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%s|%s|%s|%v|%v|%s", x.Kind, x.Rep, x.Date, x.Is, x.Then, x.Timezone)
	x.Key = fmt.Sprintf("%s-%x", x.Kind, h.Sum64())
	p.out = append(p.out, x)
}

func (p *planner) holidays() {
	for _, h := range p.time.Holidays {
		if h.Shift != "" || !p.coming(h.Date) || slices.Contains(p.catalog.Holidays, h.Date) || p.has(Holiday, "", h.Date) {
			continue
		}
		p.add(Proposal{Kind: Holiday, Date: h.Date, Name: h.Name, apply: func(c catalog.Catalog) catalog.Catalog { return c.WithHolidays(h.Date) }})
	}
}

func (p *planner) has(k Kind, rep, date string) bool {
	return slices.ContainsFunc(p.out, func(x Proposal) bool { return x.Kind == k && x.Rep == rep && x.Date == date })
}

// coming reports whether a text is a date to come, and not one of a far century.
func (p *planner) coming(date string) bool {
	d, err := time.Parse(time.DateOnly, date)
	return err == nil && date >= p.today && d.Sub(p.now) <= 2*ahead
}

// shiftOf gives the only shift of a user; nil where there is none, or more than one, which no weekly hours can say.
func (p *planner) shiftOf(user string) *crm.Shift {
	var found *crm.Shift
	for i, s := range p.time.Shifts {
		if slices.Contains(s.Users, user) {
			if found != nil {
				return nil
			}
			found = &p.time.Shifts[i]
		}
	}
	return found
}

func (p *planner) inShifts(user string) int {
	n := 0
	for _, s := range p.time.Shifts {
		if slices.Contains(s.Users, user) {
			n++
		}
	}
	return n
}

// hours proposes weekly hours.
func (p *planner) hours(rep catalog.Rep, shift *crm.Shift) {
	x := Proposal{Kind: Hours, Rep: rep.ID, Name: "business hours", Was: rep.Hours}
	switch {
	case shift != nil:
		x.Name, x.Is, x.Breaks = "shift "+shift.Name, week(shift.Hours), shift.Breaks
		if zone := zoneOf(p.catalog, rep); shift.Timezone != zone && org.ValidZone(shift.Timezone) {
			x.Timezone = shift.Timezone
		}
	case p.time.Business != nil && p.inShifts(rep.CRMUser) == 0:
		x.Is = week(*p.time.Business)
	default:
		return
	}
	if len(x.Is) == 0 || same(x.Is, rep.Hours) && x.Timezone == "" {
		return
	}
	x.apply = func(c catalog.Catalog) catalog.Catalog {
		r, ok := c.Rep(rep.ID)
		if !ok {
			return c
		}
		r.Hours = x.Is
		if x.Timezone != "" {
			r.Timezone = x.Timezone
		}
		return c.WithRep(r)
	}
	p.add(x)
}

func zoneOf(c catalog.Catalog, r catalog.Rep) string {
	if r.Timezone != "" {
		return r.Timezone
	}
	return c.Timezone
}

var days = [...]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// week writes hours by weekday as the catalog does: days with the same hours together, from Monday on. What goes over
// midnight is of two days. Nothing where a time can't be read: half a week would take hours away that are worked.
func week(w crm.Week) []catalog.Hours {
	var out []catalog.Hours
	add := func(n int, start, end string) {
		i := slices.IndexFunc(out, func(h catalog.Hours) bool { return h.Start == start && h.End == end })
		if i < 0 {
			out = append(out, catalog.Hours{Start: start, End: end})
			i = len(out) - 1
		}
		if day := days[n%7]; !slices.Contains(out[i].Days, day) {
			out[i].Days = append(out[i].Days, day)
		}
	}
	for n := 1; n <= 7; n++ {
		for _, s := range w[time.Weekday(n%7)] {
			start, errStart := availability.ParseWall(s.Start)
			end, errEnd := availability.ParseWall(s.End)
			switch {
			case errStart != nil || errEnd != nil || start == end || s.Start == midnight:
				return nil
			case start < end:
				add(n, s.Start, s.End)
			default:
				add(n, s.Start, midnight)
				if end > 0 {
					add(n+1, "00:00", s.End)
				}
			}
		}
	}
	return out
}

// midnight is the end of a day.
const midnight = "24:00"

// same compares weekly hours day by day.
func same(a, b []catalog.Hours) bool {
	spans := func(list []catalog.Hours, day string) []string {
		var out []string
		for _, h := range list {
			if slices.Contains(h.Days, day) {
				out = append(out, h.Start+"-"+h.End)
			}
		}
		slices.Sort(out)
		return out
	}
	for _, d := range days {
		if !slices.Equal(spans(a, d), spans(b, d)) {
			return false
		}
	}
	return true
}

// daysOff proposes overrides for the days on which a rep is away: what is left of the hours that the catalog has.
func (p *planner) daysOff(rep catalog.Rep, shift *crm.Shift) {
	zone, ok := org.Zone(zoneOf(p.catalog, rep))
	if !ok {
		return
	}
	left, names := map[string][]catalog.Span{}, map[string]string{}
	take := func(date, name, from, to string) {
		if date < p.today {
			return
		}
		if _, seen := left[date]; !seen {
			left[date] = rep.On(date, p.catalog.Holidays)
		}
		left[date] = without(left[date], from, to)
		if names[date] == "" {
			names[date] = name
		}
	}
	for _, a := range p.time.Away {
		if a.User != rep.CRMUser || !a.To.After(p.now) || a.From.Sub(p.now) > ahead || a.To.Sub(a.From) > ahead {
			continue
		}
		in := zone
		if a.AllDay { // its dates are those of whoever entered it
			in = a.From.Location()
		}
		for day := a.From.In(in); ; day = time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, 0, in) {
			end := time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, 0, in)
			if !day.Before(a.To) {
				break
			}
			from, to := day.Format("15:04"), "24:00"
			if a.To.Before(end) {
				to = a.To.In(in).Format("15:04")
			}
			if a.AllDay {
				from, to = "00:00", "24:00"
			}
			take(day.Format(time.DateOnly), a.Title, from, to)
		}
	}
	if shift != nil {
		for _, h := range p.time.Holidays {
			if h.Shift == shift.ID && p.coming(h.Date) {
				take(h.Date, h.Name, "00:00", "24:00")
			}
		}
	}
	p.overrides(rep, left, names)
}

func (p *planner) overrides(rep catalog.Rep, left map[string][]catalog.Span, names map[string]string) {
	var dates []string
	for date := range left {
		dates = append(dates, date)
	}
	slices.Sort(dates)
	for _, date := range dates {
		was, then := rep.On(date, p.catalog.Holidays), left[date]
		if slices.Equal(was, then) {
			continue
		}
		p.add(Proposal{Kind: Away, Rep: rep.ID, Date: date, Name: names[date], On: was, Then: then, apply: func(c catalog.Catalog) catalog.Catalog {
			r, ok := c.Rep(rep.ID)
			if !ok {
				return c
			}
			r.Overrides = slices.DeleteFunc(slices.Clone(r.Overrides), func(o catalog.Override) bool { return o.Date == date })
			r.Overrides = append(r.Overrides, catalog.Override{Date: date, Hours: then})
			slices.SortFunc(r.Overrides, func(a, b catalog.Override) int { return strings.Compare(a.Date, b.Date) })
			return c.WithRep(r)
		}})
	}
}

// without takes a range of wall time out of spans.
func without(list []catalog.Span, from, to string) []catalog.Span {
	var out []catalog.Span
	for _, s := range list {
		if before := (catalog.Span{Start: s.Start, End: min(s.End, from)}); before.Start < before.End {
			out = append(out, before)
		}
		if after := (catalog.Span{Start: max(s.Start, to), End: s.End}); after.Start < after.End {
			out = append(out, after)
		}
	}
	return out
}
