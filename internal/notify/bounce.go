package notify

import (
	"context"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/email"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/org"
)

// FromBounce is the source of what the ledger knows from a mail that came back: no reminders go to that address until its
// owner asks for them.
const FromBounce = "bounce"

// MailBounced is the fact that a mail to a customer came back after a mail server had taken it.
type MailBounced struct {
	Org         org.ID                `json:"org"`
	Appointment booking.AppointmentID `json:"appointment"`
	MessageID   string                `json:"message"`
}

// errNoBounce answers what is no notification of ours, in the same words whatever it is.
var errNoBounce = fault.New(fault.Invalid, "This is no notification of a mail that came back to HeavySet.")

// Bounce takes in a notification (RFC 3464) that a mail came back: the message is known by its Message-ID. A customer's
// message is marked, reminders to that address stop, and the fact MailBounced is stated; each once. fault.Invalid: it is none,
// or of no message of ours.
func (s *Service) Bounce(ctx context.Context, raw []byte) error {
	b, ok := email.ParseBounce(raw)
	if !ok || domain(b.MessageID) != domain(s.From.Address) {
		return errNoBounce
	}
	o, d, err := s.Store.DeliveryBehind(ctx, b.MessageID)
	if fault.Is(err, fault.NotFound) {
		return errNoBounce
	}
	if err != nil || d.State != Sent {
		return err
	}
	d.State, d.Error, d.At = Bounced, b.Words, s.Now()
	if d.Error == "" {
		d.Error = "The mail came back (" + b.Status + ")."
	}
	if d.Appointment == "" || d.To != "" { // to staff: it shows, and nobody else need act
		return s.Store.KeepDelivery(ctx, o, d)
	}
	a, err := s.Store.Appointment(ctx, o, d.Appointment)
	if err != nil {
		return err
	}
	at := s.Now()
	if said, err := s.Consents(ctx, o, a.Contact.Email); err != nil {
		return err
	} else if len(said) > 0 && !at.After(said[0].At) {
		at = said[0].At.Add(time.Millisecond)
	}
	return s.Store.KeepBounce(ctx, o, d, Consent{
		ID: id.New("con", at), At: at, Channel: ByMail, Address: addressHash(a.Contact.Email), State: Withdrawn, Source: FromBounce, Appointment: a.ID,
	})
}

// bounceView is what the templates show. It holds nothing of the customer: the page behind the link does.
type bounceView struct{ Organization, Service, When, Page string }

// Subject names organization and state only.
func (v bounceView) Subject() string { return "A mail to a customer came back – " + v.Organization }

// BounceNoticed tells the administrators of an organization that a customer does not get its mails.
func (s *Service) BounceNoticed(ctx context.Context, f MailBounced) error {
	o, err := s.Store.Organization(ctx, f.Org)
	if err != nil {
		return err
	}
	a, err := s.Store.Appointment(ctx, f.Org, f.Appointment)
	if err != nil {
		return err
	}
	cat, _, err := s.Store.CatalogAt(ctx, f.Org)
	if err != nil {
		return err
	}
	v := bounceView{Organization: o.Name, Service: a.Service, When: stamp(a.Start, o.Location()), Page: s.BaseURL + "/admin/orgs/" + o.Slug + "/appointments/" + string(a.ID)}
	if sv, ok := cat.Service(a.Service); ok {
		v.Service = sv.Name
	}
	text, html, err := render("bounce", v)
	if err != nil {
		return err
	}
	return s.toAdmins(ctx, f.Org, "bounce", "bounce."+id.Hash(f.MessageID)[:24], email.Message{Subject: v.Subject(), Text: text, HTML: html})
}
