package admin

import (
	"net/http"
	"time"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/booking"
)

// sheetView is a rep's day on paper.
type sheetView struct {
	frame
	Crumb         string
	Before, After string
	Visits        []sheetVisit
}

// sheetVisit is what a rep takes along for one visit.
type sheetVisit struct {
	Link, When     string
	Start          time.Time
	Customer       string
	Service        string
	Address, Phone string
	Notes          string
	Answers        []pair
	Status         pill
	Open           bool
}

// sheet shows a rep's day as it is printed: who, where, when, and what the customer told.
func (c *Console) sheet(w http.ResponseWriter, r *http.Request, v *visit) error {
	ctx, q, zone := r.Context(), r.URL.Query(), v.org.Location()
	cat, err := c.Bookings.Catalog(ctx, v.org.ID)
	if err != nil {
		return err
	}
	rep, ok := cat.Rep(q.Get("rep"))
	if staff := cat.Staff(); !ok && len(staff) > 0 {
		rep = staff[0]
	}
	day, err := availability.ParseDate(q.Get("date"))
	if err != nil || day.Year < 1971 || day.Year > 9000 {
		day = availability.DateOf(c.Now(), zone)
	}
	f, err := c.frame(r, v, rep.Name)
	if err != nil {
		return err
	}
	f.Purpose = midnight(day, time.UTC).Format("Monday, January 2, 2006")
	at := func(d availability.Date) string {
		return address(v.path("appointments", "sheet"), "rep", rep.ID, "date", d.String())
	}
	view := sheetView{frame: f, Crumb: address(v.path("appointments", "calendar"), "date", day.String()), Before: at(day.AddDays(-1)), After: at(day.AddDays(1))}
	if rep.ID == "" { // nobody works here yet
		return c.set.Render(w, http.StatusOK, "sheet", view)
	}
	cal, filter := calendar{zone, c.Now()}, booking.Filter{Rep: rep.ID, From: midnight(day, zone), To: midnight(day.AddDays(1), zone), Limit: exportPage}
	list, _, err := c.Book.Appointments(ctx, v.org.ID, filter)
	if err != nil {
		return err
	}
	for _, a := range list {
		if a.Status == booking.Canceled {
			continue
		}
		service, _ := namesOf(cat, a)
		view.Visits = append(view.Visits, sheetVisit{
			Link: v.path("appointments", string(a.ID)), When: cal.clock(a.Start) + " – " + cal.clock(a.End), Start: a.Start, Customer: a.Contact.FullName(), Service: service,
			Address: a.Contact.Address(), Phone: a.Contact.Phone, Notes: a.Notes, Answers: replies(cat, a), Status: standing(a), Open: a.Status.Open(),
		})
	}
	return c.set.Render(w, http.StatusOK, "sheet", view)
}
