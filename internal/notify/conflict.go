package notify

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/email"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/org"
)

// Dispute is what the rules could not decide between us and the CRM.
type Dispute struct {
	ID          string                // of the conflict, in the address of its page
	Appointment booking.AppointmentID // "": they disagree on a customer
	Words       string                // what the two sides disagree on, as a sentence
	Collides    bool                  // they agree on the appointment, but the CRM has something else at its time
	There       time.Time             // when the CRM's side begins; zero where it has no time
}

// disputeView is what the templates show. It holds nothing of the customer: the page behind the link does.
type disputeView struct {
	Organization       string
	Service, Rep, When string // of an appointment; "" where a customer differs
	There              string // when Zoho's side begins; "" where it has no time
	Collides           bool
	Words, URL         string
}

// What says what has to be decided.
func (v disputeView) What() string {
	switch {
	case v.Service == "":
		return "a customer differs in Zoho"
	case v.Collides:
		return "an appointment meets another entry in Zoho"
	}
	return "an appointment differs in Zoho"
}

// Heading is What at the beginning of a sentence.
func (v disputeView) Heading() string { return strings.ToUpper(v.What()[:1]) + v.What()[1:] }

// Meanwhile says what goes on until somebody has decided.
func (v disputeView) Meanwhile() string {
	switch {
	case v.Service == "":
		return "Until somebody has decided, both sides stay as they are; bookings go on as usual."
	case v.Collides:
		return "Until somebody has decided, the rep has both at this time. The appointment is written to Zoho as usual."
	}
	return "Until somebody has decided, both times are kept free of other bookings and nothing of this appointment is written to Zoho."
}

// Subject names organization and state only.
func (v disputeView) Subject() string {
	return "Please decide: " + v.What() + " – " + v.Organization
}

// Disputed tells the administrators of an organization of a conflict, each once.
func (s *Service) Disputed(ctx context.Context, o org.ID, d Dispute) error {
	v, err := s.disputeView(ctx, o, d)
	if err != nil {
		return err
	}
	text, html, err := render("dispute", v)
	if err != nil {
		return err
	}
	return s.toAdmins(ctx, o, "conflict", d.ID, email.Message{Subject: v.Subject(), Text: text, HTML: html})
}

// toAdmins sends a message to each administrator of an organization who has not had it; about names what it tells of. An
// address that takes no mail does not keep the others from theirs.
func (s *Service) toAdmins(ctx context.Context, o org.ID, kind, about string, m email.Message) error {
	staff, err := s.Store.Staff(ctx, o)
	if err != nil {
		return err
	}
	var failed []error
	for _, p := range staff {
		if p.Role != auth.Admin {
			continue
		}
		m.MessageID = fmt.Sprintf("%s.%s@%s", about, id.Hash(p.Email)[:12], domain(s.From.Address))
		m.From, m.To = s.From, mail.Address{Address: p.Email}
		done, err := s.Store.Delivered(ctx, o, m.MessageID)
		if err == nil && !done {
			err = s.sendStaff(ctx, o, kind, m)
		}
		if err != nil && !fault.Is(err, fault.Invalid) {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

func (s *Service) disputeView(ctx context.Context, o org.ID, d Dispute) (disputeView, error) {
	organization, err := s.Store.Organization(ctx, o)
	if err != nil {
		return disputeView{}, err
	}
	conflicts := s.BaseURL + "/admin/orgs/" + organization.Slug + "/conflicts/"
	if d.Appointment == "" {
		return disputeView{Organization: organization.Name, Words: d.Words, URL: conflicts + "people/" + d.ID}, nil
	}
	a, err := s.Store.Appointment(ctx, o, d.Appointment)
	if err != nil {
		return disputeView{}, err
	}
	cat, _, err := s.Store.CatalogAt(ctx, o)
	if err != nil {
		return disputeView{}, err
	}
	v := disputeView{
		Organization: organization.Name, Service: a.Service, Rep: a.Rep, When: stamp(a.Start, organization.Location()), Words: d.Words,
		Collides: d.Collides, URL: conflicts + d.ID,
	}
	if !d.There.IsZero() {
		v.There = stamp(d.There, organization.Location())
	}
	if sv, ok := cat.Service(a.Service); ok {
		v.Service = sv.Name
	}
	if rep, ok := cat.Rep(a.Rep); ok {
		v.Rep = rep.Name
	}
	return v, nil
}
