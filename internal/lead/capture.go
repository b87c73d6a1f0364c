package lead

import (
	"context"
	"time"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/org"
)

// Capture stores an enquiry or an abandoned form. A form that the same person leaves again completes the open lead of the first,
// like a booking does. fault.Invalid names the wrong fields with the paths of the request
// (`customer.email`); fault.Conflict means that the idempotency key was used for another request.
func (s *Service) Capture(ctx context.Context, o org.Organization, r Request) (Lead, error) {
	contact, wrong := r.Contact.Normalise(o.Country)
	if r.Kind != ContactUs && r.Kind != Abandoned {
		wrong = append(wrong, fault.Field{Path: "kind", Message: "must be contact_us or abandoned"})
	}
	wrong = append(wrong, CheckText("message", r.Message, MaxNotes)...)
	wrong = append(wrong, CheckPairs("utm", r.UTM)...)
	if err := fault.OfFields(wrong); err != nil {
		return Lead{}, err
	}
	now := s.Now()
	return s.Store.CaptureLead(ctx, o.ID, contact, r.Key, func(known []Customer, open []Lead) Capturing { return r.capture(contact, known, open, now) })
}

// capture decides what becomes of a request whose contact is normalised.
func (r Request) capture(contact Contact, known []Customer, open []Lead, now time.Time) Capturing {
	c := Recognise(contact, known, now)
	for _, l := range open {
		if r.Kind == Abandoned && l.Kind == Abandoned && l.Stage.Open() && l.Customer == c.ID {
			return Capturing{c, l.again(contact, r), true}
		}
	}
	return Capturing{Customer: c, Lead: Lead{
		ID: ID(id.New("lead", now)), Kind: r.Kind, Stage: New, Customer: c.ID, Contact: contact,
		Message: r.Message, UTM: r.UTM, Language: r.Language, Created: now,
	}}
}

// again gives a lead that the same person has left a form for once more: it is one interest, of which the newest words hold, and
// which came from where it first came from.
func (l Lead) again(contact Contact, r Request) Lead {
	l.Contact = contact.FillFrom(l.Contact)
	if r.Message != "" {
		l.Message = r.Message
	}
	if len(l.UTM) == 0 {
		l.UTM = r.UTM
	}
	if r.Language != "" {
		l.Language = r.Language
	}
	return l
}

// Recognise gives the customer of a normalised contact: the known one that is the same person, with blanks filled from
// the contact, or a new one.
func Recognise(contact Contact, known []Customer, now time.Time) Customer {
	for _, k := range known {
		if !Same(contact, k.Contact) {
			continue
		}
		if filled := k.Contact.FillFrom(contact); filled != k.Contact {
			k.Contact, k.Updated = filled, now
		}
		return k
	}
	return Customer{ID: CustomerID(id.New("cus", now)), Contact: contact, Created: now, Updated: now}
}

// FillFrom fills blanks; it never replaces a value.
func (c Contact) FillFrom(other Contact) Contact {
	fill := func(to *string, from string) {
		if *to == "" {
			*to = from
		}
	}
	fill(&c.FirstName, other.FirstName)
	fill(&c.Email, other.Email)
	fill(&c.Phone, other.Phone)
	if c.Street == "" && c.City == "" && c.PostalCode == "" { // an address is filled as a whole, not mixed of two
		c.Street, c.City, c.State, c.PostalCode, c.Country = other.Street, other.City, other.State, other.PostalCode, other.Country
	}
	return c
}
