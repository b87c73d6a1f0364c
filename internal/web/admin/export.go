package admin

import (
	"context"
	"net/http"
	"strings"
	"time"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/web/sheet"
)

const (
	// exportPage is how many appointments are read at once for a file.
	exportPage = 200
	// exportStall is how long a reader may take for a page before the file is given up.
	exportStall = time.Minute
)

// exportAppointments gives the list as a file for spreadsheets. It is written while it is read, so that its length does not
// matter; one that breaks off has no proper end.
func (c *Console) exportAppointments(w http.ResponseWriter, r *http.Request, v *visit) error {
	ctx := r.Context()
	cat, err := c.Bookings.Catalog(ctx, v.org.ID)
	if err != nil {
		return err
	}
	n := wantedOf(r.URL.Query(), cat)
	f := n.span(v.org.Location(), c.Now())
	f.Limit = exportPage
	list, next, err := c.Book.Appointments(ctx, v.org.ID, f)
	if err != nil {
		return err
	}
	n.text = "" // the audit keeps no names of customers
	if err := c.did(r, v, audit.Appointments, "Appointments exported", "", strings.TrimPrefix(n.address(""), "?")); err != nil {
		return err
	}
	out, reply := sheet.Attach(w, "appointments-"+v.org.Slug+"-"+c.Now().In(v.org.Location()).Format(time.DateOnly)), http.NewResponseController(w)
	out.Row(exportHead(v.org.Location())...)
	for {
		if err = c.exportRows(ctx, v, cat, out, list); err != nil {
			break
		}
		_ = reply.SetWriteDeadline(c.Now().Add(exportStall)) // where it can't be set the server's own holds
		if err = out.Flush(); err != nil || next == "" {
			break
		}
		f.After = next
		if list, next, err = c.Book.Appointments(ctx, v.org.ID, f); err != nil {
			break
		}
	}
	if err != nil {
		c.Errors.Abort(r, err)
	}
	return nil
}

func exportHead(zone *time.Location) []string {
	in := " (" + zone.String() + ")"
	return []string{
		"Start" + in, "End" + in, "Start (UTC)", "Status", "Service", "Rep", "First name", "Last name", "E-mail", "Phone", "Street", "City", "State", "Postal code", "Country",
		"Notes", "Answers", "Reason for cancelling", "Zoho", "Booked" + in, "Appointment ID",
	}
}

func (c *Console) exportRows(ctx context.Context, v *visit, cat catalog.Catalog, out sheet.Writer, list []booking.Appointment) error {
	ids := make([]booking.AppointmentID, len(list))
	for i, a := range list {
		ids[i] = a.ID
	}
	views, err := c.Sync.Store.AppointmentViews(ctx, v.org.ID, ids)
	if err != nil {
		return err
	}
	here := func(t time.Time) string { return t.In(v.org.Location()).Format("2006-01-02 15:04") }
	for _, a := range list {
		service, rep := namesOf(cat, a)
		answers := make([]string, 0, len(a.Answers))
		for _, p := range replies(cat, a) {
			answers = append(answers, p.Name+": "+p.Value)
		}
		k := a.Contact
		out.Row(here(a.Start), here(a.End), a.Start.UTC().Format(time.RFC3339), standing(a).Words, service, rep, k.FirstName, k.LastName, k.Email, k.Phone,
			k.Street, k.City, k.State, k.PostalCode, k.Country, a.Notes, strings.Join(answers, "\n"), cat.Told(a.CancelReason, false), syncPill(views[a.ID]).Words, here(a.Created), string(a.ID))
	}
	return nil
}
