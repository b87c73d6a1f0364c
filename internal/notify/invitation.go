package notify

import (
	"context"
	"net/mail"
	"strings"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/email"
	"heavyset.tech/platform/internal/locale"
)

// Summary names a visit in a calendar: its entry has the exact time, which is not when somebody arrives where there is an
// arrival window.
func Summary(service, organization, arrival string) string {
	s := service + " – " + organization
	if arrival != "" {
		s += " (" + arrival + ")"
	}
	return s
}

// where is the address of the visit; a ZIP code alone is none.
func where(a booking.Appointment) string {
	if a.Contact.Street == "" {
		return ""
	}
	return a.Contact.Address()
}

// invitation keeps one UID through all changes; SEQUENCE is the number of changes (RFC 5546 §2.1.4).
func (s *Service) invitation(v view, f booking.Fact, a booking.Appointment, from, to mail.Address) *email.Invitation {
	inv := &email.Invitation{
		UID: string(f.Appointment) + "@" + domain(s.From.Address), Sequence: int(f.Revision - 1), Method: email.Request,
		Start: f.Start, End: f.End, Zone: a.Location(), Tentative: v.Kind == Requested, Summary: Summary(v.Service, v.Organization, v.Arrival), Location: v.Where, URL: v.ManageURL,
		Description: v.Lang.T("Change or cancel: %s", v.ManageURL), Organizer: from, Attendee: to, Stamp: s.Now(), Created: a.Created,
	}
	if v.Arrival != "" {
		inv.Description = v.Lang.T("We come %s.", v.Arrival) + "\n" + inv.Description
	}
	if v.Kind == Cancelled || v.Kind == Declined {
		inv.Method, inv.Off, inv.Description = email.Cancel, true, "" // nothing is left to change
	}
	return inv
}

// CalendarFile writes an appointment's present state as a file for any calendar, with the UID of its invitations.
func (s *Service) CalendarFile(ctx context.Context, m booking.Managed) ([]byte, error) {
	a := m.Appointment
	token, err := s.Store.ManageToken(ctx, m.Organization.ID, a.ID)
	if err != nil {
		return nil, err
	}
	v := view{
		Lang: locale.Of(a.Language), Kind: Booked, Organization: m.Organization.Name, Service: a.Service, Where: where(a),
		ManageURL: s.BaseURL + "/appointments/" + token.Reveal(),
	}
	switch a.Status {
	case booking.Tentative:
		v.Kind = Requested
	case booking.Canceled:
		v.Kind = Cancelled
	}
	f := booking.Fact{Appointment: a.ID, Revision: a.Revision, Service: a.Service, Start: a.Start, End: a.End}
	v.serves(m.Catalog, f, a.Location())
	inv := s.invitation(v, f, a, mail.Address{Name: m.Organization.Name, Address: s.From.Address}, mail.Address{})
	inv.Method = email.Publish
	return inv.ICS()
}

func domain(address string) string {
	_, d, _ := strings.Cut(address, "@")
	return d
}
