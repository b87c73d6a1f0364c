package admin

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
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
}

type appointmentsView struct {
	frame
	When     []option
	Statuses []option
	Chosen   string // of When
	Filtered bool   // by status
	Rows     []appointmentRow
	First    string // address of the first page; "" on it
	Next     string // address of the next page; "" on the last
	All      string // address without filters
	Book     string // address of the booking page
}

// period is which appointments a list shows.
type period string

const (
	upcoming period = "upcoming" // from today on, soonest first
	past     period = "past"     // before today, newest first
	always   period = "all"      // in order
)

// appointments lists them. Filters and the place in the list are in the address.
func (c *Console) appointments(w http.ResponseWriter, r *http.Request, v *visit) error {
	q := r.URL.Query()
	when := period(q.Get("when"))
	if when != past && when != always {
		when = upcoming
	}
	status, _ := booking.ParseStatus(q.Get("status"))
	list, next, err := c.appointmentPage(r.Context(), v.org, when, status, q)
	if err != nil {
		return err
	}
	f, err := c.frame(r, v, "Appointments")
	if err != nil {
		return err
	}
	f.Purpose = "What customers have booked, and whether Zoho has it."
	view := appointmentsView{
		frame: f, Chosen: string(when), Filtered: status != "", All: v.path("appointments") + "?when=" + string(always), Book: "/book/" + v.org.Slug,
	}
	base := v.path("appointments")
	for _, o := range []option{{Label: "Upcoming", Value: string(upcoming)}, {Label: "Past", Value: string(past)}, {Label: "All", Value: string(always)}} {
		o.Link, o.Current = address(base, "when", o.Value, "status", string(status)), o.Value == string(when)
		view.When = append(view.When, o)
	}
	view.Statuses = []option{{Label: "Any status", Current: status == ""}}
	for _, s := range []booking.Status{booking.Tentative, booking.Confirmed, booking.Canceled, booking.Completed, booking.NoShow} {
		view.Statuses = append(view.Statuses, option{Label: statusPill(s).Words, Value: string(s), Current: s == status})
	}
	if q.Get("after") != "" {
		view.First = address(base, "when", string(when), "status", string(status))
	}
	if next != "" {
		view.Next = address(base, "when", string(when), "status", string(status), "after", next)
	}
	if view.Rows, err = c.appointmentRows(r.Context(), v, list); err != nil {
		return err
	}
	return c.set.Render(w, http.StatusOK, "appointments", view)
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

// appointmentPage reads one page of a period and the cursor of the next.
func (c *Console) appointmentPage(ctx context.Context, o org.Organization, when period, s booking.Status, q url.Values) ([]booking.Appointment, string, error) {
	y, m, d := c.Now().In(o.Location()).Date()
	today := time.Date(y, m, d, 0, 0, 0, 0, o.Location())
	after := q.Get("after")
	f := booking.Filter{Status: s, Limit: listSize}
	switch when {
	case past:
		before := today
		if after != "" {
			ms, err := strconv.ParseInt(after, 10, 64)
			if err != nil || ms > today.UnixMilli() || ms < 0 {
				return nil, "", fault.New(fault.Invalid, "This place in the list does not exist. Please begin at the first page.")
			}
			before = time.UnixMilli(ms).UTC()
		}
		return c.pastAppointments(ctx, o.ID, s, before)
	case upcoming:
		f.From = today
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

// pastAppointments gives the appointments that started before an instant, newest first, and the instant of the next
// page. All that start at one instant stand on one page.
func (c *Console) pastAppointments(ctx context.Context, o org.ID, s booking.Status, before time.Time) ([]booking.Appointment, string, error) {
	var found []booking.Appointment
	to, oldest := before, before.Add(-pastReach)
	for stretch := firstStretch; len(found) <= listSize && to.After(oldest); stretch *= 4 {
		f := booking.Filter{From: to.Add(-stretch), To: to, Status: s, Limit: 200}
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
		to = f.From
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

// appointmentRows makes the rows of a list, with how far each has come in the CRM.
func (c *Console) appointmentRows(ctx context.Context, v *visit, list []booking.Appointment) ([]appointmentRow, error) {
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
			Customer: a.Contact.FullName(), Service: service, Rep: rep, Status: statusPill(a.Status), Sync: syncPill(views[a.ID]),
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
