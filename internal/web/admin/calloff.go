package admin

import (
	"net/http"
	"strconv"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/locale"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/web/page"
)

// callOffView is the form that cancels an appointment.
type callOffView struct {
	Path, Revision string
	Open           bool // there is something to mend
	Why, Words     page.Field
	Hears          string // how the customer hears of it
}

// callOffOf offers to cancel an appointment that is still to come; nil for others, and for a request, which is declined.
func (c *Console) callOffOf(v *visit, cat catalog.Catalog, a booking.Appointment, form page.Form) *callOffView {
	if !a.Status.Open() || a.Waits() || !a.Start.After(c.Now()) {
		return nil
	}
	why := page.Field{Name: "why", Label: "Reason", Options: []page.Option{{Value: "", Label: "Something else, or a reason of ours"}}}
	for _, r := range cat.ToldReasons(locale.Of(a.Language)) {
		why.Options = append(why.Options, page.Option{Value: r.Reason, Label: r.Words})
	}
	return &callOffView{
		Path: v.path("appointments", string(a.ID), "cancel"), Revision: strconv.FormatInt(a.Revision, 10), Why: why.With(form), Open: form.Wrong(),
		Words: page.Field{
			Name: "reason", Label: "In your words", Type: "text", Optional: true, Limit: 500, Autocomplete: "off",
			Hint: "For the office and Zoho. The customer reads it only where your own words for a cancelled visit have {reason}.",
		}.With(form),
	}
}

// callOff cancels an appointment for the office.
func (c *Console) callOff(w http.ResponseWriter, r *http.Request, v *visit) error {
	ctx, id := r.Context(), booking.AppointmentID(r.PathValue("id"))
	cat, err := c.Bookings.Catalog(ctx, v.org.ID)
	if err != nil {
		return err
	}
	revision, _ := strconv.ParseInt(r.PostFormValue("revision"), 10, 64) // what is no number is no revision either
	was, err := c.Book.Appointment(ctx, v.org.ID, id)
	if err != nil {
		return err
	}
	a, err := c.Bookings.CallOff(ctx, v.org.ID, id, cat.Reason(r.PostFormValue("why"), r.PostFormValue("reason")), revision, v.user.Name)
	d := actDone{err: err, act: "Appointment cancelled", refused: "Appointment not cancelled", subject: string(id), back: v.path("appointments", string(id))}
	if fault.Is(err, fault.Invalid) {
		if err := c.did(r, v, audit.Appointments, d.refused, d.subject, fault.As(err).Message); err != nil {
			return err
		}
		form := page.Form{Values: r.PostForm}
		if err := form.Fail(err, nil); err != nil {
			return err
		}
		return c.showAppointment(w, r, v, http.StatusUnprocessableEntity, form)
	}
	if err == nil && a.Revision == was.Revision {
		d.err = fault.New(fault.Conflict, "This appointment had been cancelled already. Nothing was changed, and your reason was not kept.")
	}
	hears, err := c.hears(ctx, v, notify.Cancelled, was, "it")
	if err != nil {
		return err
	}
	d.words = "Cancelled. The time is free again. " + hears
	return c.acted(w, r, v, d)
}
