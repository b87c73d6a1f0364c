package mirror

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
)

// The names of sources that are no modules: free and busy times of a rep, and a calendar of a rep's.
const busyPrefix = "busy:"

// ShownInCalendars is the module whose records Zoho shows in its users' calendars, so that they are busy times too.
const ShownInCalendars = "Events"

// OfBusy reports whether a source is the free and busy times of a rep.
func OfBusy(source string) bool { return strings.HasPrefix(source, busyPrefix) }

// OfCalendar reports whether a source is no module of records but somebody's calendar.
func OfCalendar(source string) bool {
	return OfBusy(source) || strings.HasPrefix(source, crmsync.CalendarPrefix)
}

// Label names a source for people.
func (s Source) Label(c catalog.Catalog) string {
	name := func(id string) string {
		rep, _ := c.Rep(id)
		return cmp.Or(rep.Name, id)
	}
	if rep, ok := strings.CutPrefix(s.Name, busyPrefix); ok {
		return "free and busy times of " + name(rep)
	}
	if OfCalendar(s.Name) {
		rep, _ := crmsync.CalendarOf(s.Name)
		return "a calendar of " + name(rep)
	}
	return "module " + s.Name
}

// Sources lists what a connection's copy is made of.
func (s *Service) Sources(ctx context.Context, o org.ID, c connection.ConfigID) ([]Source, error) {
	return s.Store.Sources(ctx, o, c)
}

// calendars lists what the source Zoho Calendar makes us read: of each rep the free and busy times, and the entries of the
// calendars chosen for them. Each alone misses some.
func (r *reader) calendars() []Source {
	var out []Source
	for _, rep := range r.catalog.Reps {
		if rep.Archived {
			continue
		}
		out = append(out, Source{Name: busyPrefix + rep.ID, Counted: true})
		for _, id := range r.settings.Calendars[rep.ID] {
			out = append(out, Source{Name: crmsync.CalendarModule(rep.ID, id), Counted: true})
		}
	}
	return out
}

// unchangedFor is how long a calendar whose tag has not changed is left unread: time goes on, and with it what is copied.
const unchangedFor = time.Hour

// entries reads a calendar or a rep's free and busy times. Times that a rep does not share are an error, never free time.
func (r *reader) entries(ctx context.Context, s Source) error {
	have, err := r.service.Store.Rows(ctx, r.org, r.config.ID, s.Name)
	if err != nil {
		return err
	}
	rep, list, err := r.readEntries(ctx, &s, len(have))
	if err != nil {
		return err
	}
	changes := 0
	if list != nil {
		var d Delta
		seen := map[string]bool{}
		for _, row := range entryRows(list, rep, r.repZone(rep)) {
			seen[row.ID] = true
			if have[row.ID] != row {
				d.Put = append(d.Put, row)
			}
		}
		for id := range have {
			if !seen[id] {
				d.Drop = append(d.Drop, id)
			}
		}
		if err := r.service.Store.Apply(ctx, r.org, r.config.ID, s.Name, d); err != nil {
			return err
		}
		s.Records, changes = len(seen), len(d.Put)+len(d.Drop)
	}
	x := s.sample(r.now, changes, false)
	s.AsOf, s.Tried = r.now, r.now
	return r.service.Store.ReadSource(ctx, r.org, r.config.ID, s, x)
}

// readEntries asks the CRM; a nil list says that nothing has changed.
func (r *reader) readEntries(ctx context.Context, s *Source, have int) (rep string, list []crm.CalendarEntry, err error) {
	from, to := r.horizon()
	if !OfBusy(s.Name) {
		rep, id := crmsync.CalendarOf(s.Name)
		all, err := r.provider.Calendars(ctx)
		if err != nil {
			return rep, nil, err
		}
		for _, c := range all {
			if c.ID != id {
				continue
			}
			if c.Tag != "" && c.Tag == s.Tag && r.now.Sub(s.AsOf) < unchangedFor && have == s.Records {
				return rep, nil, nil
			}
			s.Tag = c.Tag
		}
	}
	rep, list, err = r.readSpan(ctx, s.Name, from, to)
	return rep, notNil(list), err
}

// readSpan asks for what stands in a calendar, or for a rep's free and busy times.
func (r *reader) readSpan(ctx context.Context, source string, from, to time.Time) (rep string, list []crm.CalendarEntry, err error) {
	name, busy := strings.CutPrefix(source, busyPrefix)
	if !busy {
		rep, id := crmsync.CalendarOf(source)
		list, err = r.provider.Entries(ctx, id, from, to)
		return rep, list, err
	}
	person, _ := r.catalog.Rep(name)
	if person.Email == "" {
		return name, nil, fault.New(fault.Invalid, "The rep "+person.Name+" has no e-mail address: without one Zoho can't be asked for free and busy times.")
	}
	list, err = r.provider.Busy(ctx, person.Email, from, to)
	if p := crm.AsProblem(err); p != nil && p.Class == crm.Forbidden {
		err = fault.Wrap(fault.Invalid, person.Name+" does not share free and busy times in Zoho Calendar: switch sharing on there, or choose another Slot Availability Source.", err)
	}
	return name, list, err
}

func notNil(list []crm.CalendarEntry) []crm.CalendarEntry {
	if list == nil {
		return []crm.CalendarEntry{}
	}
	return list
}

// repZone is the zone whose local days an all-day entry of a rep takes.
func (r *reader) repZone(id string) *time.Location {
	rep, _ := r.catalog.Rep(id)
	if z, ok := org.Zone(rep.Timezone); ok && rep.Timezone != "" {
		return z
	}
	return r.zone
}

// entryRows is the copy of entries; of busy times that are the same, as many as there are.
func entryRows(list []crm.CalendarEntry, rep string, zone *time.Location) []Row {
	out := make([]Row, len(list))
	seen := map[string]bool{}
	for i, e := range list {
		out[i] = entryRow(e, rep, zone)
		for name, n := out[i].ID, 2; e.ID == "" && seen[out[i].ID]; n++ {
			out[i].ID = fmt.Sprintf("%s#%d", name, n)
		}
		seen[out[i].ID] = true
	}
	return out
}

// entryRow is the copy of an entry. One without an id, a busy time, is known by its range.
func entryRow(e crm.CalendarEntry, rep string, zone *time.Location) Row {
	row := Row{ID: e.ID, Rep: rep, Start: e.Start.UTC(), End: e.End.UTC(), AllDay: e.AllDay}
	if e.Instance != "" {
		row.ID += "/" + e.Instance
	}
	if e.AllDay {
		row.Start, row.End = noon(e.First, zone), noon(e.Last, zone).Add(time.Hour)
	}
	if e.ID == "" {
		row.ID = row.Start.Format(time.RFC3339) + "/" + row.End.Format(time.RFC3339)
	}
	if e.Cancelled || e.Transparent {
		row.Cancelled = Cancelled
	}
	return row
}

// daysOf gives the days that the CRM means by the instants of an all-day record: midnights of the rep's clock or of the
// organization's, whichever they are. Otherwise it is each day of the rep's that they touch.
func daysOf(start, end time.Time, rep, home *time.Location) (first, last crm.Date) {
	zone := rep
	if h, m, s := start.In(rep).Clock(); h+m+s > 0 {
		if h, m, s := start.In(home).Clock(); h+m+s == 0 {
			zone = home
		}
	}
	if end.After(start) {
		end = end.Add(-time.Millisecond)
	}
	return crm.Date(start.In(zone).Format(time.DateOnly)), crm.Date(end.In(zone).Format(time.DateOnly))
}

// noon gives noon of a day: an instant that lies on it whatever the clock does.
func noon(d crm.Date, zone *time.Location) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, string(d), zone)
	if err != nil {
		return time.Time{}
	}
	return t.Add(12 * time.Hour).UTC()
}
