package admin

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/locale"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/web/page"
)

// fact is one line of a list of facts. Link, if any, is a path of ours, mailto: or tel:.
type fact struct{ Label, Text, Small, Mail, Phone, Link string }

// pair is a name and a value that somebody else chose.
type pair struct{ Name, Value string }

type appointmentView struct {
	frame
	Request  *requestRow // where it waits for an answer
	Back     string
	Status   pill
	Facts    []fact
	Customer []fact
	Move     string // address where it is moved; "" when it can't be
	Outcome  *act   // says how the visit went
	Correct  *act   // says it anew
	CallOff  *callOffView
	Notes    string
	Answers  []pair
	UTM      []pair
	Waits    []warning // what a person has to decide
	Coming   []pair    // messages that are still to go out
	Live     live
}

// live is the part of a page that fetches itself anew while something is on its way to the CRM.
type live struct {
	Refresh  bool
	Zoho     zohoPart
	Timeline []entry
	Older    bool // there are more attempts than are shown
	Written  written
}

// appointment shows one with everything that happened to it.
func (c *Console) appointment(w http.ResponseWriter, r *http.Request, v *visit) error {
	return c.showAppointment(w, r, v, http.StatusOK, page.Form{})
}

// showAppointment shows one; callOff is the form that cancels it, as it was sent.
func (c *Console) showAppointment(w http.ResponseWriter, r *http.Request, v *visit, status int, callOff page.Form) error {
	ctx := r.Context()
	a, err := c.Book.Appointment(ctx, v.org.ID, booking.AppointmentID(r.PathValue("id")))
	if err != nil {
		return err
	}
	f, err := c.frame(r, v, a.Contact.FullName())
	if err != nil {
		return err
	}
	view := appointmentView{frame: f, Back: v.path("appointments"), Status: standing(a), Notes: a.Notes, UTM: pairs(a.UTM)}
	cat, err := c.Bookings.Catalog(ctx, v.org.ID)
	if err != nil {
		return err
	}
	view.Answers, view.Facts, view.Request = replies(cat, a), c.appointmentFacts(cat, v, a), c.requestOf(v, cat, a)
	view.Purpose = view.Facts[0].Text + " on " + view.Facts[1].Text
	view.Customer = contactFacts(a.Contact)
	if closedFor(a, c.Now()) == "" {
		view.Move = v.path("appointments", string(a.ID), "move")
	}
	if said, err := c.Alerts.Consents(ctx, v.org.ID, a.Contact.Email); err != nil {
		return err
	} else if len(said) > 0 {
		words := map[notify.ConsentState]string{notify.Withdrawn: "wants none", notify.Given: "wants them again"}[said[0].State]
		if said[0].Source == notify.FromBounce {
			words = "none: a mail to this address came back"
		}
		view.Customer = append(view.Customer, fact{Label: "Reminders", Text: page.Capital(words), Small: "since " + calendar{v.org.Location(), c.Now()}.stamp(said[0].At)})
	}
	said, err := c.Alerts.TextedOf(ctx, v.org.ID, a)
	if err != nil {
		return err
	}
	view.Customer = c.withTexts(v, said, view.Customer)
	view.Outcome, view.Correct, view.CallOff = c.outcomeOf(v, a, ""), c.otherOutcome(v, a), c.callOffOf(v, cat, a, callOff)
	if view.CallOff != nil {
		if view.CallOff.Hears, err = c.hears(ctx, v, notify.Cancelled, a, "it"); err != nil {
			return err
		}
	}
	if view.Waits, err = c.conflictNotices(ctx, v, a.ID); err != nil {
		return err
	}
	var ends string
	if view.Coming, ends, err = c.coming(ctx, v, a); err != nil {
		return err
	}
	if view.Request != nil {
		view.Request.Ends = ends
		if view.Request.Hears, err = c.hears(ctx, v, notify.Confirmed, a, "your answer"); err != nil {
			return err
		}
	}
	if view.Live, err = c.appointmentLive(ctx, v, f, a); err != nil {
		return err
	}
	if len(view.Waits) > 0 {
		view.Live.Zoho = differs(view.Live.Zoho)
	}
	return c.set.Render(w, status, "appointment", view)
}

// withTexts adds what the owner of a number has said about text messages.
func (c *Console) withTexts(v *visit, said notify.TextState, facts []fact) []fact {
	if said.State == "" {
		return facts
	}
	f := fact{Label: "Text messages", Text: "Agreed", Small: "on " + calendar{v.org.Location(), c.Now()}.stamp(said.At)}
	if said.Words != "" {
		f.Small += ": “" + said.Words + "”"
	}
	if said.State == notify.Withdrawn {
		f.Text, f.Small = "Stopped from the phone", "since "+calendar{v.org.Location(), c.Now()}.stamp(said.At)
	}
	return append(facts, f)
}

// replies lists what the customer answered, by the questions.
func replies(cat catalog.Catalog, a booking.Appointment) []pair {
	var out []pair
	for _, r := range cat.Replies(a.Service, a.Answers) {
		out = append(out, pair{r.Question, r.Answer})
	}
	return out
}

func (c *Console) appointmentFacts(cat catalog.Catalog, v *visit, a booking.Appointment) []fact {
	cal := calendar{v.org.Location(), c.Now()}
	service, rep := namesOf(cat, a)
	out := []fact{
		{Label: "Service", Text: service},
		{Label: "When", Text: cal.span(a.Start, a.End), Small: cal.elsewhere(a.Start, a.Location())},
		{Label: "Rep", Text: rep},
	}
	if s, _ := cat.Service(a.Service); s.Window() > 0 {
		out[1].Small = strings.TrimSpace("The visitor is told: " + locale.English.Visit(a.Start.In(a.Location()), a.End.In(a.Location()), s.Window()) + ". " + out[1].Small)
	}
	if a.CancelReason != "" {
		out = append(out, fact{Label: "Reason for cancelling", Text: cat.Told(a.CancelReason, false)})
	}
	if a.PostalCode != "" {
		out = append(out, fact{Label: "Checked for ZIP", Text: a.PostalCode})
	}
	if a.Lead != "" {
		out = append(out, fact{Label: "Lead", Text: "Open the lead", Link: v.path("leads", string(a.Lead))})
	}
	return append(out, fact{Label: "Booked", Text: cal.stamp(a.Created)}, fact{Label: "Appointment ID", Small: string(a.ID)})
}

// contactFacts lists what a customer told about themselves.
func contactFacts(k lead.Contact) []fact {
	out := []fact{{Label: "Name", Text: k.FullName()}}
	if k.Phone != "" {
		out = append(out, fact{Label: "Phone", Phone: k.Phone})
	}
	if k.Email != "" {
		out = append(out, fact{Label: "E-mail", Mail: k.Email})
	}
	if s := k.Address(); s != "" {
		out = append(out, fact{Label: "Address", Text: s})
	}
	return out
}

// pairs lists a small map in the order of its keys.
func pairs(m map[string]string) []pair {
	var out []pair
	for k, s := range m {
		out = append(out, pair{k, s})
	}
	slices.SortFunc(out, func(a, b pair) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return out
}

// coming lists the messages that are still to go out, with when, and says when a request ends by itself; "" for others.
func (c *Console) coming(ctx context.Context, v *visit, a booking.Appointment) (out []pair, ends string, err error) {
	list, err := c.Alerts.Upcoming(ctx, v.org.ID, a.ID)
	cal := calendar{v.org.Location(), c.Now()}
	for _, m := range list {
		if m.Kind == notify.RequestEnds {
			ends = cal.stamp(m.Due)
			continue
		}
		out = append(out, pair{messageName(m.Kind), cal.stamp(m.Due)})
	}
	return out, ends, err
}

// appointmentLive reads how far an appointment has come in the CRM and what happened to it, oldest first.
func (c *Console) appointmentLive(ctx context.Context, v *visit, f frame, a booking.Appointment) (live, error) {
	views, err := c.Sync.Store.AppointmentViews(ctx, v.org.ID, []booking.AppointmentID{a.ID})
	if err != nil {
		return live{}, err
	}
	t := timeline{cal: calendar{v.org.Location(), c.Now()}}
	events, err := c.Book.Timeline(ctx, v.org.ID, a.ID)
	if err != nil {
		return live{}, err
	}
	cat, err := c.Bookings.Catalog(ctx, v.org.ID)
	if err != nil {
		return live{}, err
	}
	t.events(cat, events)
	mails, err := c.Deliveries.Deliveries(ctx, v.org.ID, a.ID)
	if err != nil {
		return live{}, err
	}
	t.mails(mails)
	attempts, older, err := c.Sync.Store.Attempts(ctx, v.org.ID, crmsync.AttemptFilter{Appointment: a.ID, Limit: maxAttempts})
	if err != nil {
		return live{}, err
	}
	t.attempts(attempts)
	t.seen(views[a.ID].Records)
	z := zohoOf(v, f.Health, views[a.ID], attempts, v.path("appointments", string(a.ID), "replay"))
	if err := c.mend(ctx, v, &z, attempts); err != nil {
		return live{}, err
	}
	if err := c.gone(ctx, v, &z, a.Lead, a); err != nil {
		return live{}, err
	}
	list, err := c.writtenOf(ctx, v, "", crmsync.Ref{Appointment: a.ID})
	return live{Refresh: z.moving(), Zoho: z, Timeline: t.sorted(), Older: older != "", Written: list}, err
}

// replayAppointment writes an appointment to the CRM again after a repair.
func (c *Console) replayAppointment(w http.ResponseWriter, r *http.Request, v *visit) error {
	aid := r.PathValue("id")
	if err := c.Sync.ReplayAppointment(r.Context(), v.org.ID, booking.AppointmentID(aid)); err != nil {
		return err
	}
	if err := c.did(r, v, audit.Sync, "Appointment written again", aid); err != nil {
		return err
	}
	c.Sessions.Flash(r.Context(), "info", "HeavySet writes this appointment to Zoho again. How it went shows below.")
	http.Redirect(w, r, v.path("appointments", aid), http.StatusSeeOther)
	return nil
}
