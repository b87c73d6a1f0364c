package notify

import (
	"context"
	"net/mail"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/email"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/locale"
	"heavyset.tech/platform/internal/org"
)

// Sample is what a template is looked at with.
type Sample struct {
	Kind     Kind
	Language locale.Lang
	Zone     string // the customer's
	Template Template
}

// Preview writes the message that a customer of a zone would get by a template, with an invented visit of the
// organization's first service. fault.Invalid names the fields of a template that can't be used.
func (s *Service) Preview(ctx context.Context, o org.ID, x Sample) (email.Message, error) {
	t, err := x.Template.Check(x.Kind)
	if err != nil {
		return email.Message{}, err
	}
	organization, err := s.Store.Organization(ctx, o)
	if err != nil {
		return email.Message{}, err
	}
	cat, _, err := s.Store.CatalogAt(ctx, o)
	if err != nil {
		return email.Message{}, err
	}
	p, err := s.Store.MessagePolicy(ctx, o)
	if err != nil {
		return email.Message{}, err
	}
	now := s.Now()
	day := now.In(organization.Location()).AddDate(0, 0, 3)
	start := time.Date(day.Year(), day.Month(), day.Day(), 9, 0, 0, 0, organization.Location())
	f := booking.Fact{Org: o, Appointment: "preview", Revision: 1, Service: "Roof inspection", Rep: "Ann", Start: start, End: start.Add(time.Hour)}
	if list := cat.Offered(); len(list) > 0 {
		f.Service, f.End = list[0].ID, start.Add(time.Duration(list[0].DurationMinutes)*time.Minute)
	}
	if list := cat.Staff(); len(list) > 0 {
		f.Rep = list[0].ID
	}
	if x.Kind == Rescheduled {
		f.Before = start.AddDate(0, 0, -1)
	}
	a := booking.Appointment{
		ID: f.Appointment, Status: booking.Confirmed, Start: f.Start, End: f.End, Timezone: x.Zone, CancelReason: "Sold the house", Created: now,
		Contact: lead.Contact{FirstName: "Pat", LastName: "Sample", Email: "pat@sample.example", Street: "5 Elm St", City: "Springfield", State: "IL", PostalCode: "62701"},
	}
	page := s.BaseURL + "/book/" + organization.Slug
	mid := "preview." + id.Token() + "@" + domain(s.From.Address)
	return s.write(letter{kind: x.Kind, id: mid, fact: f, appointment: a, policy: p}, x.Language, t, place{organization, cat, page, page})
}

// Told is what a customer would be told of something that has not happened yet.
type Told struct {
	Mail email.Message // without a text: no mail goes out
	Text string        // of the text message; "" where none goes out
}

// Declining writes what the customer of a request would be told if it were declined now, with a reason. Its links lead nowhere.
func (s *Service) Declining(ctx context.Context, o org.ID, a booking.Appointment, reason string) (Told, error) {
	a.CancelReason = reason
	f := booking.Fact{Org: o, Appointment: a.ID, Revision: a.Revision + 1, Service: a.Service, Rep: a.Rep, Start: a.Start, End: a.End}
	organization, err := s.Store.Organization(ctx, o)
	if err != nil {
		return Told{}, err
	}
	cat, _, err := s.Store.CatalogAt(ctx, o)
	if err != nil {
		return Told{}, err
	}
	lang := locale.Of(a.Language)
	words, err := s.template(ctx, o, Declined, lang)
	if err != nil {
		return Told{}, err
	}
	var out Told
	reach, err := s.Reach(ctx, o, Declined, a)
	if err != nil {
		return out, err
	}
	l := letter{kind: Declined, id: s.messageID(Declined, a.ID, f.Revision), fact: f, appointment: a}
	if reach.Mail {
		if out.Mail, err = s.write(l, lang, words, place{organization, cat, s.BaseURL + "/appointments/…", s.BaseURL + "/appointments/…/again"}); err != nil {
			return out, err
		}
	}
	if reach.Text {
		out.Text = s.writeText(l, lang, place{organization: organization, catalog: cat, manage: s.BaseURL + "/a/…"})
	}
	return out, nil
}

// SendTest sends the preview to somebody of the staff, without the invitation: no calendar is to take the invented visit.
func (s *Service) SendTest(ctx context.Context, o org.ID, x Sample, to mail.Address) error {
	m, err := s.Preview(ctx, o, x)
	if err != nil {
		return err
	}
	m.To, m.Invitation, m.Subject = to, nil, "[Test] "+m.Subject
	err = s.hand(ctx, o, m, Delivery{MessageID: m.MessageID, Kind: "test_message", State: Sent, At: s.Now()})
	if fault.Is(err, fault.Invalid) { // not a field of the template
		return fault.New(fault.Conflict, fault.As(err).Message)
	}
	return err
}
