package admin

import (
	"context"
	"net/http"
	"slices"
	"time"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
)

// agendaView is the calendar: a day with a column for each rep, or a rep's week with a column for each day. On a small
// screen the same is a list.
type agendaView struct {
	frame
	Week                 bool
	Date                 string // yyyy-mm-dd
	Rep                  string // of the week; "" with all of a day
	Label                string
	Today, Before, After string // addresses
	Views                []option
	Reps                 []option
	Columns              []agendaColumn
	Rows                 []agendaRow
	Days                 []agendaDay
	From                 string // first day shown
	Print                string // address of the day on paper
	Empty                bool
	step                 int // minutes of a row
}

// agendaColumn is one rep's one day.
type agendaColumn struct {
	Label, Link string
	Today       bool
	rep         string
	day         availability.Date
	groups      []agendaGroup
	busy        []availability.Block
}

// agendaGroup is what stands in one cell: one visit, or several that a row can't tell apart.
type agendaGroup struct {
	from, to int // minutes of the day, to whole rows
	items    []agendaItem
}

type agendaRow struct {
	Hour  bool
	Label string
	Cells []agendaCell
}

// agendaCell is a cell of the calendar. A visit takes as many rows as it lasts.
type agendaCell struct {
	Rep, At string // where something that is dropped here goes, RFC 3339
	Minutes int    // how long the cell is
	Span    int    // rows
	Items   []agendaItem
	Busy    string // what else takes the time
}

// agendaDay is a day of the list for small screens.
type agendaDay struct {
	Label string
	Items []agendaItem
}

// agendaItem is one visit.
type agendaItem struct {
	ID           string
	Link, Move   string // Move: "" when it can't be moved
	When, Short  string
	Start        time.Time
	Customer     string
	Service, Rep string
	City         string
	Revision     int64
	Status       pill
	Outcome      *act
	from, to     int
	rep          string
	day          availability.Date
}

// Hours that a day shows at least.
const (
	agendaFrom = 8 * 60
	agendaTo   = 18 * 60
)

// agenda shows what reps have to do.
func (c *Console) agenda(w http.ResponseWriter, r *http.Request, v *visit) error {
	ctx, q, zone := r.Context(), r.URL.Query(), v.org.Location()
	cat, err := c.Bookings.Catalog(ctx, v.org.ID)
	if err != nil {
		return err
	}
	f, err := c.frame(r, v, "Calendar")
	if err != nil {
		return err
	}
	f.Purpose = "Who goes where, and when. Drag a visit to move it, or press Move."
	today := availability.DateOf(c.Now(), zone)
	day, err := availability.ParseDate(q.Get("date"))
	if err != nil || day.Year < 1971 || day.Year > 9000 {
		day = today
	}
	view := agendaView{frame: f, Week: q.Get("view") == "week", Date: day.String()}
	view.choose(v, cat, day, today, q.Get("rep"))
	list, err := c.agendaItems(ctx, v, cat, &view, r.URL.RequestURI())
	if err != nil {
		return err
	}
	if err := c.agendaColumns(ctx, v, cat, &view, list); err != nil {
		return err
	}
	view.grid(zone)
	return c.set.Render(w, http.StatusOK, "agenda", view)
}

// choose sets which days and reps are shown, and the addresses of the others.
func (view *agendaView) choose(v *visit, cat catalog.Catalog, day, today availability.Date, rep string) {
	if p, ok := cat.Rep(rep); ok {
		view.Rep = p.ID
	} else if staff := cat.Staff(); view.Week && len(staff) > 0 {
		view.Rep = staff[0].ID
	}
	mode, days := "day", 1
	if view.Week {
		mode, days = "week", 7
		day = day.AddDays(-(int(day.Weekday()) + 6) % 7)
	}
	base := v.path("appointments", "calendar")
	at := func(mode string, d availability.Date, rep string) string {
		return address(base, "view", mode, "date", d.String(), "rep", rep)
	}
	view.From = day.String()
	view.Today, view.Before, view.After = at(mode, today, view.Rep), at(mode, day.AddDays(-days), view.Rep), at(mode, day.AddDays(days), view.Rep)
	shown, _ := availability.ParseDate(view.Date)
	view.Views = []option{{Label: "Day", Link: at("day", shown, rep), Current: !view.Week}, {Label: "Week", Link: at("week", shown, rep), Current: view.Week}}
	if !view.Week {
		view.Reps = []option{{Label: "All reps", Current: view.Rep == ""}}
	}
	view.Reps = append(view.Reps, repOptions(cat, view.Rep)...)
	title := func(d availability.Date) string { return midnight(d, time.UTC).Format("Mon, Jan 2, 2006") }
	view.Print = address(v.path("appointments", "sheet"), "rep", view.Rep, "date", view.Date)
	view.Label = title(day)
	if view.Week {
		view.Label += " – " + title(day.AddDays(6))
		for i := range 7 {
			d := day.AddDays(i)
			view.Columns = append(view.Columns, agendaColumn{Label: midnight(d, time.UTC).Format("Mon 2"), Link: at("day", d, view.Rep), Today: d == today, rep: view.Rep, day: d})
		}
		return
	}
	for _, p := range cat.Reps {
		if view.Rep == p.ID || view.Rep == "" && !p.Archived {
			view.Columns = append(view.Columns, agendaColumn{Label: p.Name, Link: at("week", day, p.ID), Today: day == today, rep: p.ID, day: day})
		}
	}
}

// agendaItems reads the visits of the days that are shown.
func (c *Console) agendaItems(ctx context.Context, v *visit, cat catalog.Catalog, view *agendaView, next string) ([]agendaItem, error) {
	zone, cal := v.org.Location(), calendar{v.org.Location(), c.Now()}
	from, err := availability.ParseDate(view.From)
	if err != nil {
		return nil, err
	}
	days := 1
	if view.Week {
		days = 7
	}
	f := booking.Filter{From: midnight(from, zone), To: midnight(from.AddDays(days), zone), Rep: view.Rep, Limit: exportPage}
	var out []agendaItem
	for {
		list, after, err := c.Book.Appointments(ctx, v.org.ID, f)
		if err != nil {
			return nil, err
		}
		for _, a := range list {
			if a.Status == booking.Canceled {
				continue
			}
			out = append(out, c.agendaItem(v, cal, cat, a, next))
		}
		if f.After = after; after == "" {
			break
		}
	}
	for i := range days {
		d := agendaDay{Label: midnight(from.AddDays(i), time.UTC).Format("Mon, Jan 2")}
		for _, x := range out {
			if x.day == from.AddDays(i) {
				d.Items = append(d.Items, x)
			}
		}
		view.Days = append(view.Days, d)
	}
	view.Empty = len(out) == 0
	return out, nil
}

func (c *Console) agendaItem(v *visit, cal calendar, cat catalog.Catalog, a booking.Appointment, next string) agendaItem {
	service, rep := namesOf(cat, a)
	local, end := a.Start.In(cal.zone), a.End.In(cal.zone)
	x := agendaItem{
		ID: string(a.ID), Link: v.path("appointments", string(a.ID)), When: cal.clock(a.Start) + " – " + cal.clock(a.End), Short: cal.stamp(a.Start), Start: a.Start,
		Customer: a.Contact.FullName(), Service: service, Rep: rep, City: a.Contact.City, Revision: a.Revision, Status: standing(a), Outcome: c.outcomeOf(v, a, next),
		from: local.Hour()*60 + local.Minute(), rep: a.Rep, day: availability.DateOf(a.Start, cal.zone),
	}
	x.to = x.from + int(a.End.Sub(a.Start)/time.Minute)
	if availability.DateOf(end, cal.zone) == x.day {
		x.to = max(x.from+1, end.Hour()*60+end.Minute())
	}
	x.to = min(x.to, 24*60)
	if closedFor(a, c.Now()) == "" {
		x.Move = address(v.path("appointments", string(a.ID), "move"), "next", next)
	}
	return x
}

// agendaColumns puts the visits into their columns, and what else takes the reps' time. A rep who has left and still has
// visits gets a column too.
func (c *Console) agendaColumns(ctx context.Context, v *visit, cat catalog.Catalog, view *agendaView, list []agendaItem) error {
	zone := v.org.Location()
	for _, x := range list {
		if !slices.ContainsFunc(view.Columns, func(k agendaColumn) bool { return k.rep == x.rep && k.day == x.day }) {
			view.Columns = append(view.Columns, agendaColumn{Label: x.Rep, rep: x.rep, day: x.day})
		}
	}
	view.step = 30
	for _, x := range list {
		if x.from%30 != 0 || x.to%30 != 0 {
			view.step = 15
		}
	}
	if len(view.Columns) == 0 {
		return nil
	}
	first, last := view.Columns[0].day, view.Columns[0].day
	for i := range view.Columns {
		k := &view.Columns[i]
		last = k.day
		for _, x := range list {
			if x.rep != k.rep || x.day != k.day {
				continue
			}
			from, to := x.from/view.step*view.step, (x.to+view.step-1)/view.step*view.step
			if n := len(k.groups); n > 0 && from < k.groups[n-1].to {
				g := &k.groups[n-1]
				g.items, g.to = append(g.items, x), max(g.to, to)
				continue
			}
			k.groups = append(k.groups, agendaGroup{from, to, []agendaItem{x}})
		}
	}
	blocks, err := c.Book.Blocks(ctx, v.org.ID, midnight(first, zone), midnight(last.AddDays(1), zone), c.Now())
	if err != nil {
		return err
	}
	for i := range view.Columns {
		k := &view.Columns[i]
		for _, b := range blocks {
			if b.Rep == k.rep && b.Kind != availability.Appointment {
				k.busy = append(k.busy, b)
			}
		}
	}
	return nil
}

// grid makes the rows: from the first hour in which something is to the last.
func (view *agendaView) grid(zone *time.Location) {
	from, to := agendaFrom, agendaTo
	for _, k := range view.Columns {
		for _, g := range k.groups {
			from, to = min(from, g.from/60*60), max(to, (g.to+59)/60*60)
		}
	}
	for m := from; m < to; m += view.step {
		row := agendaRow{Hour: m%60 == 0, Label: time.Date(2000, 1, 1, m/60, m%60, 0, 0, time.UTC).Format("3:04 PM")}
		for _, k := range view.Columns {
			if cell, begins := k.cell(m, view.step, zone); begins {
				row.Cells = append(row.Cells, cell)
			}
		}
		view.Rows = append(view.Rows, row)
	}
}

// cell gives what begins in a column at a minute of the day; false where a visit goes on.
func (k agendaColumn) cell(m, step int, zone *time.Location) (agendaCell, bool) {
	for _, g := range k.groups {
		if g.from == m {
			return agendaCell{Span: (g.to - g.from) / step, Items: g.items}, true
		}
		if g.from < m && m < g.to {
			return agendaCell{}, false
		}
	}
	at := time.Date(k.day.Year, k.day.Month, k.day.Day, m/60, m%60, 0, 0, zone)
	cell := agendaCell{Rep: k.rep, At: at.UTC().Format(time.RFC3339), Minutes: step, Span: 1}
	end := at.Add(time.Duration(step) * time.Minute)
	for _, b := range k.busy {
		if b.AllDay && b.FirstDay.Compare(k.day) <= 0 && k.day.Compare(b.LastDay) <= 0 || !b.AllDay && b.Start.Before(end) && at.Before(b.End) {
			cell.Busy = "Busy in Zoho"
			if b.Kind == availability.Hold {
				cell.Busy = "Held for a visitor"
			}
		}
	}
	return cell, true
}
