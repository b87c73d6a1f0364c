package scheduler

import (
	"net/http"
	"strings"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/web/limit"
)

// againFor is how long after a visit its private link still books another with the same details.
const againFor = 400 * 24 * time.Hour

// againValue is the name under which the appointment that a visitor books again is carried. What is known of them stays
// with us: neither an address nor a page has it.
const againValue = "again"

// again begins another booking with the details of the appointment behind a private link.
func (p *Pages) again(w http.ResponseWriter, r *http.Request) error {
	m, err := p.bookings.ByToken(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	a, c := m.Appointment, p.askedOf(r, m)
	if a.Language != "" { // all that follows speaks as the appointment did
		c = c.set(langParam, string(c.Lang))
	}
	path := "/book/" + m.Organization.Slug
	sv, ok := m.Catalog.Service(a.Service)
	if a.Contact.LastName == "" || p.now().Sub(a.End) > againFor {
		http.Redirect(w, r, c.within(path), http.StatusSeeOther)
		return nil
	}
	sealed, err := p.gate.Carry(m.Organization.ID, limit.Key(r.RemoteAddr), map[string]string{againValue: r.PathValue("token")})
	if err != nil {
		return err
	}
	kv := []string{"zip", a.PostalCode, "timezone", a.Timezone, whoParam, sealed}
	if ok && !sv.Archived {
		kv = append(kv, "service", sv.ID)
	}
	http.Redirect(w, r, c.within(path, kv...), http.StatusSeeOther)
	return nil
}

// contactAgain gives the details of the appointment that a visitor books again; nil where they type them.
func (p *Pages) contactAgain(r *http.Request, of booking.Offering, c choice) (*lead.Contact, error) {
	token := p.who(r, of, c)[againValue]
	if token == "" {
		return nil, nil
	}
	m, err := p.bookings.ByToken(r.Context(), token)
	if fault.Is(err, fault.NotFound) { // erased meanwhile
		return nil, nil
	}
	if err != nil || m.Organization.ID != of.Organization.ID {
		return nil, err
	}
	k := m.Appointment.Contact
	same := func(zip string) bool { return strings.EqualFold(strings.TrimSpace(c.ZIP), strings.TrimSpace(zip)) }
	if c.ZIP != "" && !same(k.PostalCode) && !same(m.Appointment.PostalCode) {
		return nil, nil // another property: it is to be typed
	}
	return &k, nil
}

// maskedContact shows just enough of the details for whom they belong to.
func maskedContact(k lead.Contact) []string {
	name := strings.TrimSpace(begin(k.FirstName) + " " + begin(k.LastName))
	var out []string
	at := strings.LastIndex(k.Email, "@")
	if at > 0 {
		out = append(out, begin(k.Email[:at])+"@"+begin(k.Email[at+1:]))
	}
	if phone := maskedPhone(k.Phone); phone != "" {
		out = append(out, phone)
	}
	if k.Street != "" {
		out = append(out, begin(k.Street))
	}
	return append([]string{name}, out...)
}

// begin is the first character of a text, and that there is more; "" of none.
func begin(s string) string {
	for _, r := range s {
		return string(r) + "•••"
	}
	return ""
}
