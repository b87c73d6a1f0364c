package admin

import (
	"context"
	"net/http"
	"strings"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/quarantine"
	"heavyset.tech/platform/internal/web/page"
)

type quarantineView struct {
	frame
	Waiting []suspectRow
	Settled []suspectRow
}

// suspectRow is a request that may be spam.
type suspectRow struct {
	Name    string
	Kind    string
	Booking bool
	At      string
	Reasons []string
	Facts   []fact
	Text    string
	Action  string
	Ended   string
	Link    string // what was made of it
	ID      string
	Had     *hadView // why it was not booked: the person has this visit
}

// quarantine lists what may be spam, with the reasons, and lets a person decide.
func (c *Console) quarantine(w http.ResponseWriter, r *http.Request, v *visit) error {
	waiting, settled, err := c.Gate.Store.Suspects(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	f, err := c.frame(r, v, "Quarantine")
	if err != nil {
		return err
	}
	cat, err := c.Bookings.Catalog(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	f.Purpose = "Bookings and enquiries that may be spam. They are kept here for 30 days and nowhere else: no appointment, no mail, nothing in Zoho, until you release them."
	view := quarantineView{frame: f}
	q := r.URL.Query()
	for _, x := range waiting {
		row := c.suspectRow(v, cat, x)
		if q.Get("of") == row.ID {
			if row.Had, err = c.hadOf(r.Context(), v, cat, q.Get("had")); err != nil {
				return err
			}
		}
		view.Waiting = append(view.Waiting, row)
	}
	for _, x := range settled {
		view.Settled = append(view.Settled, c.suspectRow(v, cat, x))
	}
	return c.set.Render(w, http.StatusOK, "quarantine", view)
}

func (c *Console) suspectRow(v *visit, cat catalog.Catalog, x quarantine.Suspect) suspectRow {
	cal := calendar{v.org.Location(), c.Now()}
	who := x.Request.Contact()
	row := suspectRow{
		ID: string(x.ID), Name: who.FullName(), Kind: "Enquiry", At: cal.stamp(x.At), Reasons: x.Reasons, Text: x.Request.Text(), Action: v.path("quarantine", string(x.ID)),
	}
	if b := x.Request.Booking; b != nil {
		row.Kind, row.Booking = "Booking", true
		row.Facts = append(row.Facts, fact{Label: "Asked for", Text: cal.stamp(b.Start), Small: "Service: " + serviceName(cat, b.Service)})
	}
	if e := x.Request.Wait; e != nil {
		row.Kind = "Waiting list"
		row.Facts = append(row.Facts, fact{Label: "Waits for", Text: e.Wish.Words(), Small: "Service: " + serviceName(cat, e.Service)})
	}
	for _, k := range []fact{
		{Label: "E-mail", Mail: who.Email},
		{Label: "Phone", Phone: who.Phone},
		{Label: "Address", Text: strings.TrimSpace(strings.Join([]string{who.Street, who.City, who.State, who.PostalCode}, " "))},
		{Label: "Sent from", Text: x.Request.Address},
	} {
		if k.Text+k.Mail+k.Phone != "" {
			row.Facts = append(row.Facts, k)
		}
	}
	if x.Settled.IsZero() {
		return row
	}
	row.Ended = suspectEnd(x.Choice) + " by " + x.By + ", " + cal.stamp(x.Settled)
	switch {
	case x.Made != "" && row.Booking && x.Choice == quarantine.Released:
		row.Link = v.path("appointments", x.Made)
	case x.Made != "":
		row.Link = v.path("leads", x.Made)
	}
	return row
}

// suspectEnd says how the waiting of a request ended.
func suspectEnd(c quarantine.Choice) string {
	switch c {
	case quarantine.Released:
		return "Released"
	case quarantine.Enquiry:
		return "Kept as an enquiry"
	}
	return "Discarded"
}

// settleSuspect does what a person decided about a request.
func (c *Console) settleSuspect(w http.ResponseWriter, r *http.Request, v *visit) error {
	f, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	x, err := c.Gate.Store.Suspect(r.Context(), v.org.ID, quarantine.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	decide, ok := map[quarantine.Choice]func(context.Context, org.Organization, quarantine.ID, string) (quarantine.Suspect, error){
		quarantine.Released: c.Gate.Release, quarantine.Enquiry: c.Gate.AsEnquiry, quarantine.Discarded: c.Gate.Discard,
	}[quarantine.Choice(f.Get("choice"))]
	if !ok {
		return fault.New(fault.Invalid, "Please choose what becomes of the request.")
	}
	settled, back := !x.Settled.IsZero(), v.path("quarantine")
	id := string(x.ID)
	x, err = decide(r.Context(), v.org, x.ID, v.user.Name)
	switch {
	case fault.Is(err, fault.Conflict) && fault.As(err).Code == booking.AlreadyBooked:
		back = address(back, "of", id, "had", x.Made) + "#" + id
	case fault.Is(err, fault.Conflict) || fault.Is(err, fault.Invalid):
		words := fault.As(err).Message
		if !settled {
			words += " If it cannot be booked, contact the person, or keep the request as an enquiry."
		}
		c.Sessions.Flash(r.Context(), "warning", words)
	case err != nil:
		return err
	default:
		if err := c.did(r, v, audit.Appointments, "Quarantine: "+strings.ToLower(suspectEnd(x.Choice)), string(x.ID), strings.Join(x.Reasons, " ")); err != nil {
			return err
		}
		c.Sessions.Flash(r.Context(), "success", suspectEnd(x.Choice)+".")
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
	return nil
}
