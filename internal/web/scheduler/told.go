package scheduler

import (
	"net/http"
	"strings"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/locale"
	"heavyset.tech/platform/internal/notify"
)

// tellWhere says on the page of an appointment what is sent where, masked, or that nothing will be.
func (p *Pages) tellWhere(r *http.Request, m booking.Managed, l locale.Lang, v *manageView) error {
	reach, err := p.consents.Reach(r.Context(), m.Organization.ID, notify.Booked, m.Appointment)
	if err != nil {
		return err
	}
	v.tell(l, m.Appointment.Contact, reach)
	return nil
}

// tell fills in where messages go.
func (v *manageView) tell(l locale.Lang, k lead.Contact, reach notify.Reach) {
	where := maskedEmail(k.Email)
	if text := maskedPhone(k.Phone); reach.Text && text != "" {
		if text = l.T("%s (text message)", text); where == "" {
			where = text
		} else {
			where = l.T("%s and %s", where, text)
		}
	}
	v.Reached = where != ""
	switch {
	case !v.Open:
	case !v.Reached && reach.Texting && reach.Said == notify.Withdrawn:
		v.Told = l.T("Nothing will be sent to you: we have no e-mail address of yours, and this number has answered STOP to our text messages. Text START to the number that they came from to get them again, and keep this page's address.")
	case !v.Reached && reach.Texting:
		v.Told = l.T("Nothing will be sent to you, because we have no e-mail address of yours and you have not agreed to text messages. Please keep this page's address.")
	case !v.Reached:
		v.Told = l.T("Nothing will be sent to you, because we have no e-mail address of yours. Please keep this page's address.")
	case v.Status == booking.Tentative && (v.Fresh || v.Moved):
		v.Told = l.T("Our messages about it go to %s.", where)
	case v.Fresh:
		v.Told = l.T("A confirmation is on its way to %s.", where)
	case v.Moved:
		v.Told = l.T("A message with the new time is on its way to %s.", where)
	}
}

// maskedEmail shows just enough of an address for whom it belongs to, its domain among it, in which a mistake is seen.
func maskedEmail(s string) string {
	at := strings.LastIndex(s, "@")
	if at <= 0 {
		return ""
	}
	return begin(s[:at]) + s[at:]
}

// maskedPhone likewise shows the end of a number.
func maskedPhone(s string) string {
	if n := len(s); n > 6 {
		return "••• " + s[n-2:]
	}
	return ""
}
