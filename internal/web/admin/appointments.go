package admin

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
)

// listSize is how many rows a page of a list shows.
const listSize = 50

// option is one choice of a filter.
type option struct {
	Label, Value string
	Link         string
	Current      bool
}

type appointmentRow struct {
	Link, When, Visitor string // Visitor: the time in the customer's zone, "" when it is the same
	Start               time.Time
	Customer            string
	Service, Rep        string
	Status, Sync        pill
	Outcome             *act // how the visit went, where that is to be said
}

type appointmentsView struct {
	frame
	When     []option
	Chosen   string // of When
	Statuses []option
	Services []option
	Reps     []option
	Text     string
	From, To string // yyyy-mm-dd
	Filtered bool
	Requests []requestRow
	Rows     []appointmentRow
	First    string // address of the first page; "" on it
	Next     string // address of the next page; "" on the last
	All      string // address without filters
	Book     string // address of the booking page
	Desk     string // where somebody books for a caller
	Export   string // address of the list as a file; "" for whoever may not have it
}

// period is which appointments a list shows.
type period string

const (
	upcoming period = "upcoming" // from today on, soonest first
	past     period = "past"     // before today, newest first
	always   period = "all"      // in order
)

// wanted is what a list of appointments is narrowed to. What an address names and is not there narrows nothing.
type wanted struct {
	when         period
	status       booking.Status
	service, rep string
	text         string
	from, to     string // first and last date, in the organization's zone; "" for open
}

// maxSearch is how much of what somebody looks for is read.
const maxSearch = 100

// wantedOf reads the filters of an address. Dates choose their own period.
func wantedOf(q url.Values, cat catalog.Catalog) wanted {
	n := wanted{when: period(q.Get("when")), text: strings.TrimSpace(q.Get("q"))}
	if n.when != past && n.when != always {
		n.when = upcoming
	}
	n.status, _ = booking.ParseStatus(q.Get("status"))
	if s, ok := cat.Service(q.Get("service")); ok {
		n.service = s.ID
	}
	if p, ok := cat.Rep(q.Get("rep")); ok {
		n.rep = p.ID
	}
	if !utf8.ValidString(n.text) || utf8.RuneCountInString(n.text) > maxSearch || strings.ContainsRune(n.text, 0) {
		n.text = ""
	}
	for _, d := range []struct {
		name string
		to   *string
	}{{"from", &n.from}, {"to", &n.to}} {
		if day, err := availability.ParseDate(q.Get(d.name)); err == nil && day.Year >= 1970 && day.Year < 9999 {
			*d.to = day.String()
		}
	}
	if n.from != "" || n.to != "" {
		n.when = always
	}
	return n
}

// narrowed reports whether more than the period is chosen.
func (n wanted) narrowed() bool {
	return n.status != "" || n.service != "" || n.rep != "" || n.text != "" || n.from != "" || n.to != ""
}

// address gives where a list is shown like this.
func (n wanted) address(base string, more ...string) string {
	return address(base, append([]string{
		"when", string(n.when), "status", string(n.status), "service", n.service, "rep", n.rep, "q", n.text, "from", n.from, "to", n.to,
	}, more...)...)
}

// filter is what the store is asked for, but for the period.
func (n wanted) filter(zone *time.Location) booking.Filter {
	f := booking.Filter{Status: n.status, Service: n.service, Rep: n.rep, Person: lead.NewSearch(n.text), Limit: listSize}
	if day, err := availability.ParseDate(n.from); err == nil {
		f.From = midnight(day, zone)
	}
	if day, err := availability.ParseDate(n.to); err == nil {
		f.To = midnight(day.AddDays(1), zone)
	}
	return f
}

// span is what the store is asked for to give the whole list, soonest first.
func (n wanted) span(zone *time.Location, now time.Time) booking.Filter {
	f := n.filter(zone)
	switch today := midnight(availability.DateOf(now, zone), zone); n.when {
	case upcoming:
		f.From = today
	case past:
		f.To = today
	}
	return f
}

// midnight gives the beginning of a date in a zone, which is later than 0:00 where the clock skips it.
func midnight(d availability.Date, zone *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, zone)
}

// appointments lists them. Filters and the place in the list are in the address.
func (c *Console) appointments(w http.ResponseWriter, r *http.Request, v *visit) error {
	cat, err := c.Bookings.Catalog(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	n := wantedOf(r.URL.Query(), cat)
	list, next, err := c.appointmentPage(r.Context(), v.org, n, r.URL.Query().Get("after"))
	if err != nil {
		return err
	}
	f, err := c.frame(r, v, "Appointments")
	if err != nil {
		return err
	}
	f.Purpose = "What customers have booked, and whether Zoho has it."
	base := v.path("appointments")
	view := appointmentsView{
		frame: f, Chosen: string(n.when), Text: n.text, From: n.from, To: n.to, Filtered: n.narrowed(),
		All: address(base, "when", string(always)), Book: "/book/" + v.org.Slug, Desk: v.path("appointments", "new"),
	}
	if v.may(auth.Admin) {
		view.Export = n.address(v.path("appointments", "export"))
	}
	view.choices(n, base, cat)
	if r.URL.Query().Get("after") != "" {
		view.First = n.address(base)
	}
	if next != "" {
		view.Next = n.address(base, "after", next)
	}
	if view.Requests, err = c.requests(r, v, cat); err != nil {
		return err
	}
	if view.Rows, err = c.appointmentRows(r.Context(), v, list, r.URL.RequestURI()); err != nil {
		return err
	}
	return c.set.Render(w, http.StatusOK, "appointments", view)
}

// choices lists what the filters offer.
func (view *appointmentsView) choices(n wanted, base string, cat catalog.Catalog) {
	for _, o := range []option{{Label: "Upcoming", Value: string(upcoming)}, {Label: "Past", Value: string(past)}, {Label: "All", Value: string(always)}} {
		other := n
		other.when, other.from, other.to = period(o.Value), "", ""
		o.Link, o.Current = other.address(base), o.Value == string(n.when)
		view.When = append(view.When, o)
	}
	view.Statuses = []option{{Label: "Any status", Current: n.status == ""}}
	for _, s := range []booking.Status{booking.Tentative, booking.Confirmed, booking.Canceled, booking.Completed, booking.NoShow} {
		view.Statuses = append(view.Statuses, option{Label: statusPill(s).Words, Value: string(s), Current: s == n.status})
	}
	view.Services = []option{{Label: "Any service", Current: n.service == ""}}
	for _, s := range cat.Services {
		view.Services = append(view.Services, option{Label: s.Name, Value: s.ID, Current: s.ID == n.service})
	}
	view.Reps = append([]option{{Label: "Any rep", Current: n.rep == ""}}, repOptions(cat, n.rep)...)
}

// repOptions lists the reps, also those who have left.
func repOptions(cat catalog.Catalog, chosen string) []option {
	var out []option
	for _, p := range cat.Reps {
		o := option{Label: p.Name, Value: p.ID, Current: p.ID == chosen}
		if p.Archived {
			o.Label += " (archived)"
		}
		out = append(out, o)
	}
	return out
}

// address joins a path and those parameters that have a value.
func address(path string, kv ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(kv); i += 2 {
		if kv[i+1] != "" {
			q.Set(kv[i], kv[i+1])
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// appointmentPage reads one page of a list and the cursor of the next.
func (c *Console) appointmentPage(ctx context.Context, o org.Organization, n wanted, after string) ([]booking.Appointment, string, error) {
	f := n.span(o.Location(), c.Now())
	if n.when == past {
		if after != "" {
			ms, err := strconv.ParseInt(after, 10, 64)
			if err != nil || ms > f.To.UnixMilli() || ms < 0 {
				return nil, "", fault.New(fault.Invalid, "This place in the list does not exist. Please begin at the first page.")
			}
			f.To = time.UnixMilli(ms).UTC()
		}
		return c.pastAppointments(ctx, o.ID, f)
	}
	f.After = after
	return c.Book.Appointments(ctx, o.ID, f)
}

// How the past is read: the store lists by start, so stretches are read backwards, each four times as long as the one
// before, until a page is full or nothing can be there any more.
const (
	firstStretch = 24 * time.Hour
	pastReach    = 10 * 366 * 24 * time.Hour
)

// pastAppointments gives the appointments that started before the end of a filter, newest first, and the instant of the
// next page. All that start at one instant stand on one page.
func (c *Console) pastAppointments(ctx context.Context, o org.ID, f booking.Filter) ([]booking.Appointment, string, error) {
	var found []booking.Appointment
	oldest := f.To.Add(-pastReach)
	f.Limit = 200
	for stretch := firstStretch; len(found) <= listSize && f.To.After(oldest); stretch *= 4 {
		f.From = f.To.Add(-stretch)
		var part []booking.Appointment
		for {
			list, next, err := c.Book.Appointments(ctx, o, f)
			if err != nil {
				return nil, "", err
			}
			part = append(part, list...)
			if f.After = next; next == "" {
				break
			}
		}
		slices.Reverse(part)
		found = append(found, part...)
		f.To = f.From
	}
	if len(found) <= listSize {
		return found, "", nil
	}
	last := found[listSize-1].Start
	n := listSize
	for n < len(found) && found[n].Start.Equal(last) {
		n++
	}
	return found[:n], strconv.FormatInt(last.UnixMilli(), 10), nil
}

// appointmentRows makes the rows of a list, with how far each has come in the CRM. next is the address of the list.
func (c *Console) appointmentRows(ctx context.Context, v *visit, list []booking.Appointment, next string) ([]appointmentRow, error) {
	ids := make([]booking.AppointmentID, len(list))
	for i, a := range list {
		ids[i] = a.ID
	}
	views, err := c.Sync.Store.AppointmentViews(ctx, v.org.ID, ids)
	if err != nil {
		return nil, err
	}
	cat, err := c.Bookings.Catalog(ctx, v.org.ID)
	if err != nil {
		return nil, err
	}
	cal := calendar{v.org.Location(), c.Now()}
	out := make([]appointmentRow, len(list))
	for i, a := range list {
		service, rep := namesOf(cat, a)
		out[i] = appointmentRow{
			Link: v.path("appointments", string(a.ID)), When: cal.stamp(a.Start), Visitor: cal.elsewhere(a.Start, a.Location()), Start: a.Start,
			Customer: a.Contact.FullName(), Service: service, Rep: rep, Status: standing(a), Sync: syncPill(views[a.ID]),
			Outcome: c.outcomeOf(v, a, next),
		}
	}
	return out, nil
}

// namesOf gives service and rep as people call them; their ids when the catalog has forgotten them.
func namesOf(cat catalog.Catalog, a booking.Appointment) (service, rep string) {
	service, rep = a.Service, a.Rep
	if v, ok := cat.Service(a.Service); ok {
		service = v.Name
	}
	if v, ok := cat.Rep(a.Rep); ok {
		rep = v.Name
	}
	return service, rep
}
