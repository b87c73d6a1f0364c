package scheduler

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/locale"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/web/page"
)

type manageView struct {
	site
	Chosen     chosen
	Status     booking.Status
	Fresh      bool   // just booked
	Moved      bool   // just moved
	Open       bool   // can be changed and cancelled
	Note       string // of the organization to whoever has booked
	Reached    bool   // by mail or text message
	Told       string // what is sent where
	Reschedule string
	Cancel     string
	ICS        string
	Google     string
	Book       string
	Reason     string
	Late       bool   // too near for the visitor to change it
	Request    bool   // somebody confirms it, or has declined it
	Own        string // the page outside a frame; "" where it is not in one
}

// shortLink leads to the page that a text message names.
func shortLink(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, "/appointments/"+url.PathEscape(r.PathValue("token")), http.StatusFound)
}

// managed finds the appointment behind a private link and the site around it.
func (p *Pages) managed(r *http.Request, title string) (booking.Managed, site, error) {
	m, err := p.bookings.ByToken(r.Context(), r.PathValue("token"))
	if err != nil {
		return m, site{}, err
	}
	of := booking.Offering{Scheduler: m.Organization.Slug, Name: m.Organization.Name, Organization: m.Organization}
	s := p.site(of, p.askedOf(r, m), title)
	s.NoIndex = true
	return m, s, nil
}

func chosenAppointment(l locale.Lang, m booking.Managed) chosen {
	sv, ok := m.Catalog.Service(m.Appointment.Service)
	if !ok {
		sv.Name = m.Appointment.Service
	}
	c := chosenOf(l, sv, m.Appointment.Start, m.Appointment.End, m.Appointment.Location())
	if rep, ok := m.Catalog.Rep(m.Appointment.Rep); ok {
		c.Rep = rep.Name
	}
	if m.Appointment.Contact.Street != "" {
		c.Where = m.Appointment.Contact.Address()
	}
	return c
}

// justMoved is how long the page of an appointment says that a message with its new time is on its way.
const justMoved = 10 * time.Minute

// manage is the visitor's page of their appointment.
func (p *Pages) manage(w http.ResponseWriter, r *http.Request) error {
	m, s, err := p.managed(r, "Your appointment")
	if err != nil {
		return err
	}
	a := m.Appointment
	c, link := p.askedOf(r, m), "/appointments/"+r.PathValue("token")
	v := manageView{
		site: s, Chosen: chosenAppointment(c.Lang, m), Status: a.Status, Fresh: r.URL.Query().Get("new") == "1" && a.Revision == 1,
		Moved: r.URL.Query().Get("moved") == strconv.FormatInt(a.Revision, 10) && p.now().Sub(a.Updated) < justMoved, Open: a.Status.Open() && a.Start.After(p.now()), Note: m.Organization.Look.Texts[c.Lang].Note,
		Reschedule: c.within(link + "/reschedule"), Cancel: c.within(link + "/cancel"), ICS: link + "/invitation.ics", Book: c.within(link + "/again"), Reason: a.CancelReason, Request: a.Request, Late: m.Late(p.now()),
	}
	v.Google = "https://calendar.google.com/calendar/render?" + url.Values{
		"action": {"TEMPLATE"}, "text": {notify.Summary(v.Chosen.Service, m.Organization.Name, v.Chosen.Window)}, "location": {v.Chosen.Where},
		"dates": {a.Start.UTC().Format("20060102T150405Z") + "/" + a.End.UTC().Format("20060102T150405Z")},
	}.Encode()
	if err := p.tellWhere(r, m, c.Lang, &v); err != nil {
		return err
	}
	if v.Open && r.URL.Query().Get("had") == "1" {
		v.Notice = page.Notice{Kind: "warning", Message: c.Lang.T("You have booked this time already. Here is your appointment.")}
	}
	if v.Fresh {
		v.Frame.Event = "booked"
	}
	v.Frame.Service, v.Frame.Start = a.Service, a.Start.UTC().Format(time.RFC3339)
	if c.Host != "" {
		v.Own = link
	}
	return p.sets[c.Lang].Render(w, http.StatusOK, "manage", v)
}

// move shows the times to which an appointment can be moved.
func (p *Pages) move(w http.ResponseWriter, r *http.Request) error {
	return p.showMove(w, r, http.StatusOK, p.asked(r), page.Notice{})
}

func (p *Pages) showMove(w http.ResponseWriter, r *http.Request, status int, c choice, n page.Notice) error {
	m, s, err := p.managed(r, "Change the time")
	if err != nil {
		return err
	}
	c.Lang = p.speaks(r, m.Appointment.Language)
	n.Message = c.Lang.Said(n.Message)
	a := m.Appointment
	if !a.Status.Open() || !a.Start.After(p.now()) {
		return fault.New(fault.Conflict, "This appointment can't be moved any more. Please call us.")
	}
	if c.Timezone == "" {
		c = c.set("timezone", a.Timezone)
	}
	path := "/appointments/" + r.PathValue("token") + "/reschedule"
	again := chosenAppointment(c.Lang, m)
	v := timeView{site: s, Action: c.within(path), Fields: c.hidden("start", "day", "service", "zip"), Again: &again}
	v.Notice, v.Enquiry = n, c.within("/book/"+s.Scheduler+"/enquiry")
	ask := booking.Ask{Scheduler: m.Organization.Slug, Service: a.Service, PostalCode: a.PostalCode, Reschedule: a.ID}
	if err := p.fillTimes(r, m.Organization, m.Catalog, c, path, ask, &v); err != nil {
		return err
	}
	return p.sets[c.Lang].Render(w, status, "time", v)
}

// moveTo moves an appointment to a chosen time.
func (p *Pages) moveTo(w http.ResponseWriter, r *http.Request) error {
	f, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	c := choiceOf(p.speaksTo(r), f.Values)
	start, err := time.Parse(time.RFC3339, c.Start)
	if err != nil {
		return fault.New(fault.Invalid, "Please choose one of the times on the page.")
	}
	was, err := p.bookings.ByToken(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	m, err := p.bookings.Reschedule(r.Context(), r.PathValue("token"), start, lead.IdempotencyKey{}, "visitor")
	if fault.Is(err, fault.Conflict) && fault.As(err).Code != "" {
		c = c.set("day", start.Format(time.DateOnly))
		return p.showMove(w, r, http.StatusConflict, c, page.Notice{Kind: "warning", Message: fault.As(err).Message})
	}
	if err != nil {
		return err
	}
	link := c.within("/appointments/" + r.PathValue("token"))
	if m.Appointment.Revision != was.Appointment.Revision { // it has not been at that time already
		link = c.within("/appointments/"+r.PathValue("token"), "moved", strconv.FormatInt(m.Appointment.Revision, 10))
	}
	http.Redirect(w, r, link, http.StatusSeeOther)
	return nil
}

type cancelView struct {
	site
	Chosen chosen
	Back   string
	Why    page.Field
	Reason page.Field
}

// confirmCancel asks before an appointment is called off.
func (p *Pages) confirmCancel(w http.ResponseWriter, r *http.Request) error {
	m, s, err := p.managed(r, "Cancel the appointment")
	if err != nil {
		return err
	}
	return p.showCancel(w, r, http.StatusOK, m, s, page.Form{})
}

func (p *Pages) showCancel(w http.ResponseWriter, r *http.Request, status int, m booking.Managed, s site, f page.Form) error {
	c := p.askedOf(r, m)
	link := c.within("/appointments/" + r.PathValue("token"))
	if !m.Appointment.Status.Open() {
		http.Redirect(w, r, link, http.StatusSeeOther)
		return nil
	}
	v := cancelView{site: s, Chosen: chosenAppointment(c.Lang, m), Back: link, Reason: page.Field{Name: "reason", Label: c.Lang.T("In your own words"), Optional: true, Lines: 2, Limit: 500}.With(f)}
	v.Why = page.Field{Name: "why", Label: c.Lang.T("Would you tell us why?"), Optional: true, Radios: true}.With(f)
	for _, r := range m.Catalog.ReasonsIn(c.Lang) {
		v.Why.Options = append(v.Why.Options, page.Option{Value: r, Label: r})
	}
	v.Why.Options = append(v.Why.Options, page.Option{Value: "other", Label: c.Lang.T("Something else")})
	return p.sets[c.Lang].Render(w, status, "cancel", v)
}

func (p *Pages) cancel(w http.ResponseWriter, r *http.Request) error {
	f, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	m, s, err := p.managed(r, "Cancel the appointment")
	if err != nil {
		return err
	}
	_, err = p.bookings.Cancel(r.Context(), r.PathValue("token"), m.Catalog.Reason(f.Get("why"), f.Get("reason")), lead.IdempotencyKey{}, "visitor")
	if fault.Is(err, fault.Invalid) {
		if err := f.Fail(err, nil); err != nil {
			return err
		}
		f.Say(p.askedOf(r, m).Lang.Said)
		return p.showCancel(w, r, http.StatusUnprocessableEntity, m, s, f)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, p.asked(r).within("/appointments/"+r.PathValue("token")), http.StatusSeeOther)
	return nil
}

// invitation gives the appointment as a calendar file.
func (p *Pages) invitation(w http.ResponseWriter, r *http.Request) error {
	m, err := p.bookings.ByToken(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	ics, err := p.calendar(r.Context(), m)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/calendar; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="appointment.ics"`)
	h.Set("Cache-Control", "no-store")
	_, err = w.Write(ics)
	return err
}
