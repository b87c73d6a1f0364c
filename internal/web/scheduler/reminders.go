package scheduler

import (
	"net/http"

	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/web/page"
)

type remindersView struct {
	site
	Stopped bool
	Back    string
}

// reminders is where a reminder's link to stop them leads. Looking changes nothing: mail scanners open every link.
func (p *Pages) reminders(w http.ResponseWriter, r *http.Request) error {
	m, s, err := p.managed(r, "Reminders by e-mail")
	if err != nil {
		return err
	}
	stopped, err := p.consents.Unwanted(r.Context(), m.Organization.ID, m.Appointment.Contact.Email)
	if err != nil {
		return err
	}
	return p.sets[p.askedOf(r, m).Lang].Render(w, http.StatusOK, "reminders", remindersView{s, stopped, p.askedOf(r, m).within("/appointments/" + r.PathValue("token"))})
}

// sayReminders stops the reminders or has them sent again. A mail program that was told to unsubscribe posts here by
// itself (RFC 8058), without cookies and from anywhere.
func (p *Pages) sayReminders(w http.ResponseWriter, r *http.Request) error {
	f, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	find, oneClick := p.bookings.ByToken, f.Get("List-Unsubscribe") == "One-Click"
	if oneClick {
		find = p.bookings.Unsubscribing
	}
	m, err := find(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	state, source := notify.Withdrawn, "page"
	switch {
	case oneClick:
		source = "one_click"
	case f.Get("want") != "":
		state = notify.Given
	}
	if err := p.consents.Say(r.Context(), m, state, source); err != nil {
		return err
	}
	if source == "one_click" {
		w.WriteHeader(http.StatusOK) // RFC 8058 §3.1: no redirect
		return nil
	}
	http.Redirect(w, r, p.askedOf(r, m).within("/appointments/"+r.PathValue("token")+"/reminders"), http.StatusSeeOther)
	return nil
}
