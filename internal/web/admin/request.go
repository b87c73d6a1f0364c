package admin

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/web/page"
)

// requestRow is an appointment that waits for somebody to confirm or decline it.
type requestRow struct {
	ID, Link, When, Visitor string
	Start                   time.Time
	Customer, Service, Rep  string
	Age                     string // since it was sent
	Path                    string // where the answer goes
	Decline                 string // asks before it is declined
	Revision                string
	Ends                    string // when it is declined by itself; "" where that is not known
	Hears                   string // how the customer hears of the answer
	Next                    string
}

func (c *Console) requestRow(v *visit, cat catalog.Catalog, a booking.Appointment, next string) requestRow {
	cal := calendar{v.org.Location(), c.Now()}
	service, rep := namesOf(cat, a)
	decline := v.path("appointments", string(a.ID), "decline")
	if next != "" {
		decline += "?" + url.Values{"next": {next}}.Encode()
	}
	return requestRow{
		ID: string(a.ID), Decline: decline, Link: v.path("appointments", string(a.ID)), When: cal.stamp(a.Start), Visitor: cal.elsewhere(a.Start, a.Location()), Start: a.Start, Customer: a.Contact.FullName(),
		Service: service, Rep: rep, Age: waited(c.Now().Sub(a.Updated)), Path: v.path("appointments", string(a.ID), "answer"), Revision: strconv.FormatInt(a.Revision, 10), Next: next,
	}
}

// requests lists what waits for an answer, the oldest first.
func (c *Console) requests(r *http.Request, v *visit, cat catalog.Catalog) ([]requestRow, error) {
	list, err := c.Bookings.Requests(r.Context(), v.org.ID)
	if err != nil {
		return nil, err
	}
	var out []requestRow
	for _, a := range list {
		out = append(out, c.requestRow(v, cat, a, r.URL.RequestURI()))
	}
	return out, nil
}

// requestOf offers to answer an appointment that waits; nil for others.
func (c *Console) requestOf(v *visit, cat catalog.Catalog, a booking.Appointment) *requestRow {
	if !a.Waits() || !a.Start.After(c.Now()) {
		return nil
	}
	row := c.requestRow(v, cat, a, "")
	return &row
}

// hears says how a customer hears of something in a message of a kind.
func (c *Console) hears(ctx context.Context, v *visit, k notify.Kind, a booking.Appointment, something string) (string, error) {
	r, err := c.Alerts.Reach(ctx, v.org.ID, k, a)
	return r.Words(something), err
}

// hearsRep says how the customer of a visit hears of another rep.
func (c *Console) hearsRep(ctx context.Context, v *visit, a booking.Appointment) (string, error) {
	if !notify.TellsRep(a, c.Now()) {
		return "The customer hears who comes when the visit is confirmed.", nil
	}
	return c.hears(ctx, v, notify.Reassigned, a, "who comes")
}

// declineView asks before a request is declined, with what its customer will be told.
type declineView struct {
	frame
	Row    requestRow
	Facts  []fact
	Reason page.Field
	Told   notify.Told
}

// askDecline shows what declining a request does and what the customer will be told, and asks.
func (c *Console) askDecline(w http.ResponseWriter, r *http.Request, v *visit) error {
	ctx := r.Context()
	a, err := c.Book.Appointment(ctx, v.org.ID, booking.AppointmentID(r.PathValue("id")))
	if err != nil {
		return err
	}
	return c.showDecline(w, r, v, a, http.StatusOK)
}

// showDecline asks, with what is wrong about the reason beside it.
func (c *Console) showDecline(w http.ResponseWriter, r *http.Request, v *visit, a booking.Appointment, status int) error {
	ctx := r.Context()
	next := c.nextIn(v, r.FormValue("next"), "appointments", string(a.ID))
	if !a.Waits() {
		c.Sessions.Flash(ctx, "info", "This request has been answered already.")
		http.Redirect(w, r, next, http.StatusSeeOther)
		return nil
	}
	cat, err := c.Bookings.Catalog(ctx, v.org.ID)
	if err != nil {
		return err
	}
	f, err := c.frame(r, v, "Decline the request of "+a.Contact.FullName())
	if err != nil {
		return err
	}
	view := declineView{frame: f, Row: c.requestRow(v, cat, a, next), Facts: c.appointmentFacts(cat, v, a)[:3]}
	if view.Row.Hears, err = c.hears(ctx, v, notify.Declined, a, "it"); err != nil {
		return err
	}
	reason := r.FormValue("reason")
	form := page.Form{Values: url.Values{"reason": {reason}}}
	if err := form.Fail(booking.CheckReason(reason), nil); err != nil {
		return err
	}
	if form.Wrong() {
		reason = "" // nobody is told what can't be sent
	}
	if view.Told, err = c.Alerts.Declining(ctx, v.org.ID, a, reason); err != nil {
		return err
	}
	hint := "It stands on the page that the customer's private link opens, for whoever has the link."
	if view.Told.Mail.Text != "" {
		hint = "It stands in the mail below, unless your own words for it have no {reason}, and on the page that the customer's private link opens, for whoever has the link."
	}
	view.Reason = page.Field{Name: "reason", Label: "Reason, for the customer", Type: "text", Optional: true, Limit: 1000, Autocomplete: "off", Hint: hint}.With(form)
	return c.set.Render(w, status, "decline", view)
}

// answer confirms or declines a request.
func (c *Console) answer(w http.ResponseWriter, r *http.Request, v *visit) error {
	ctx, id := r.Context(), booking.AppointmentID(r.PathValue("id"))
	was, err := c.Book.Appointment(ctx, v.org.ID, id)
	if err != nil {
		return err
	}
	revision, _ := strconv.ParseInt(r.PostFormValue("revision"), 10, 64) // what is no number is no revision either
	d := actDone{subject: string(id), back: c.nextIn(v, r.PostFormValue("next"), "appointments", string(id))}
	about := was.Contact.FullName() + ", " + calendar{v.org.Location(), c.Now()}.stamp(was.Start)
	kind := notify.Confirmed
	switch r.PostFormValue("do") {
	case "confirm":
		_, d.err = c.Bookings.Confirm(ctx, v.org.ID, id, revision, v.user.Name)
		d.act, d.refused, d.words, d.detail = "Request confirmed", "Request not confirmed", "Confirmed: "+about+".", "not confirmed → confirmed"
	case "decline":
		reason := r.PostFormValue("reason")
		kind = notify.Declined
		_, d.err = c.Bookings.Decline(ctx, v.org.ID, id, reason, revision, v.user.Name)
		d.act, d.refused, d.words, d.detail = "Request declined", "Request not declined", "Declined: "+about+". The time is free again.", "not confirmed → cancelled"
		if fault.Is(d.err, fault.Invalid) {
			if err := c.did(r, v, audit.Appointments, d.refused, d.subject, d.detail, fault.As(d.err).Message); err != nil {
				return err
			}
			return c.showDecline(w, r, v, was, http.StatusUnprocessableEntity)
		}
	default:
		d.err, d.refused = fault.New(fault.Invalid, "Please choose Confirm or Decline."), "Request not answered"
	}
	if d.err == nil {
		hears, err := c.hears(ctx, v, kind, was, "it")
		if err != nil {
			return err
		}
		d.words += " " + hears
	}
	return c.acted(w, r, v, d)
}
