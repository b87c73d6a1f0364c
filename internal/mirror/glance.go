package mirror

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
)

// Obstacle is what stands in the CRM at the time of an appointment of ours.
type Obstacle struct {
	Source string
	Row    Row
}

// glanceAround is how far around an appointment its rep's records are asked for: an all-day one may be on another clock.
const glanceAround = 26 * time.Hour

// Glance asks the CRM, under the Slot Availability Source in force, for what stands at the time of an appointment that is
// about to be written, takes it into the copy and opens a conflict for a person. own are the appointment's links: what they
// lead to is in nobody's way. What was put there meanwhile makes a request of a confirmed appointment, so that its visitor
// hears of it; changed says that it did. A source that cannot be read otherwise than for the CRM's silence is left to the rounds. One credit
// for each module, and one more where something is found of which it has to be asked whether it is cancelled.
func (s *Service) Glance(ctx context.Context, o org.ID, id connection.ConfigID, a booking.Appointment, own []crmsync.Link) (changed bool, err error) {
	r, err := s.open(ctx, o, id, connection.ForBookings)
	if r == nil || err != nil {
		return false, err
	}
	var found []Obstacle
	for _, src := range r.sources() {
		if !src.Counted {
			continue
		}
		rows, err := r.glance(ctx, src.Name, a, own)
		p := crm.AsProblem(err)
		switch {
		case p != nil && (p.Class.Silent() || p.Class.NeedsReconnect()), fault.Is(err, fault.Denied):
			return false, err
		case p != nil, fault.As(err) != nil:
			continue
		case err != nil:
			return false, err
		}
		for _, row := range rows {
			found = append(found, Obstacle{Source: src.Name, Row: row})
		}
	}
	if len(found) == 0 {
		return false, nil
	}
	return s.Store.Collide(ctx, o, id, a, found, r.now)
}

// glance reads what of a source takes the time of an appointment's rep.
func (r *reader) glance(ctx context.Context, source string, a booking.Appointment, own []crmsync.Link) ([]Row, error) {
	if !OfCalendar(source) {
		return r.glanceModule(ctx, source, a, own)
	}
	rep, _ := crmsync.CalendarOf(source)
	if OfBusy(source) {
		rep = strings.TrimPrefix(source, busyPrefix)
	}
	if rep != a.Rep {
		return nil, nil
	}
	_, list, err := r.readSpan(ctx, source, a.Start, a.End)
	if err != nil {
		return nil, err
	}
	var out []Row
	for _, row := range entryRows(list, rep, r.repZone(rep)) {
		if OfBusy(source) && row.Start.Equal(a.Start) && row.End.Equal(a.End) && r.busyItself(rep) {
			row.ID = afterOurs(row.ID)
		}
		if row.Cancelled != Cancelled && r.meets(row, a) && !leadsTo(own, source, EntryOf(row.ID)) && !(OfBusy(source) && ofOurs(own, row)) {
			out = append(out, row)
		}
	}
	return out, nil
}

// glanceModule reads the rep's records of a module.
func (r *reader) glanceModule(ctx context.Context, module string, a booking.Appointment, own []crmsync.Link) ([]Row, error) {
	rep, _ := r.catalog.Rep(a.Rep)
	if rep.CRMUser == "" {
		return nil, nil
	}
	rd := &round{reader: r, shape: shapeOf(module, r.mapping)}
	w := rd.shape.window(a.Start.Add(-glanceAround), a.End.Add(glanceAround))
	w.Match = []crm.Match{{Field: rd.shape.owner, Op: crm.Equal, Value: crm.Ref{ID: rep.CRMUser}}}
	var out []Row
	var ask []string
	take := func(rec crm.Record) {
		row, _, ok := rd.row(rec)
		switch {
		case !ok || row.Owner != rep.CRMUser || leadsTo(own, module, rec.ID) || !r.meets(row, a):
		case row.Cancelled == Unasked:
			ask = append(ask, rec.ID)
		case row.Cancelled == Stands:
			out = append(out, row)
		}
	}
	for rec, err := range r.provider.Window(ctx, w) {
		if err != nil {
			return nil, err
		}
		take(rec)
	}
	if len(ask) == 0 {
		return out, nil
	}
	asked, err := r.provider.Records(ctx, module, ask, rd.shape.fields)
	for _, rec := range asked {
		take(rec)
	}
	return out, err
}

// busyItself reports whether an appointment's own record or entry makes its rep busy once it is written.
func (r *reader) busyItself(rep string) bool {
	return r.mapping.Module(crm.RoleAppointment) == ShownInCalendars || len(r.settings.Calendars[rep]) > 0
}

// afterOurs is what a busy time is called once there is one of ours at the very same time.
func afterOurs(id string) string {
	name, number, _ := strings.Cut(id, "#")
	n, err := strconv.Atoi(number)
	if err != nil {
		n = 1
	}
	return fmt.Sprintf("%s#%d", name, n+1)
}

// EntryOf is the id of the entry that a row of a calendar is an instance of.
func EntryOf(row string) string {
	id, _, _ := strings.Cut(row, "/")
	return id
}

// meets reports whether a row takes something of an appointment's time: of an all-day one the whole local days of the rep.
func (r *reader) meets(row Row, a booking.Appointment) bool {
	from, to := row.Start, row.End
	if row.AllDay {
		zone := r.repZone(a.Rep)
		from, to = midnight(from.In(zone), 0), midnight(to.In(zone), 1)
	}
	return from.Before(a.End) && to.After(a.Start)
}

// midnight is the beginning of a day, some days later.
func midnight(t time.Time, days int) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d+days, 0, 0, 0, 0, t.Location())
}

// leadsTo reports whether one of the links leads to a record of a module or to an entry of a calendar.
func leadsTo(own []crmsync.Link, module, record string) bool {
	for _, l := range own {
		if l.Module == module && l.Record == record {
			return true
		}
	}
	return false
}

// ofOurs reports whether a busy time is what the appointment's record or entry showed last.
func ofOurs(own []crmsync.Link, row Row) bool {
	for _, l := range own {
		for _, s := range []*crmsync.Sight{l.Sight, l.Sending} {
			if s != nil && s.Start.Equal(row.Start) && s.End.Equal(row.End) {
				return true
			}
		}
	}
	return false
}

// News reports whether an obstacle was put there after the appointment's time had been looked at: it is not as the copy has
// it, or was changed at most a staleness budget before the appointment was. have is the copy; nil: it has none.
func (x Obstacle) News(a booking.Appointment, have *Row) bool {
	if have == nil || have.Cancelled != Stands && have.Cancelled != Unasked || !have.Start.Equal(x.Row.Start) || !have.End.Equal(x.Row.End) {
		return true
	}
	return x.Row.Modified.After(a.Updated.Add(-usualBudget))
}
