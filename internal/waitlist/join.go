package waitlist

import (
	"context"
	"slices"
	"time"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
)

// Policy gives how an organization's list works.
func (s *Service) Policy(ctx context.Context, o org.ID) (Policy, error) {
	return s.Store.WaitPolicy(ctx, o)
}

// SetPolicy keeps how an organization's list works.
func (s *Service) SetPolicy(ctx context.Context, o org.ID, p Policy) (was Policy, err error) {
	if p.Hold < MinHold || p.Hold > MaxHold || p.Hold%time.Minute != 0 {
		return was, fault.OfField("hold", "must be from 10 minutes to 12 hours.")
	}
	if was, err = s.Store.WaitPolicy(ctx, o); err != nil {
		return was, err
	}
	return was, s.Store.KeepWaitPolicy(ctx, o, p)
}

// Check makes a wish to join fit to be kept, or names what is wrong: the fields of the contact below customer, service, from,
// to, notes.
func (s *Service) Check(ctx context.Context, o org.Organization, e Entry) (Entry, error) {
	cat, err := s.Bookings.Catalog(ctx, o.ID)
	if err != nil {
		return e, err
	}
	var wrong []fault.Field
	sv, ok := cat.Service(e.Service)
	if !ok || sv.Archived {
		wrong = append(wrong, fault.Field{Path: "service", Message: "There is no such service."})
	}
	_, unanswered := sv.Answers(e.Answers, false) // the booking reads them as the person writes numbers
	if len(unanswered) > 0 && (e.Language == "de" || e.Language == "fr") {
		_, unanswered = sv.Answers(e.Answers, true)
	}
	wrong = append(wrong, unanswered...)
	contact, bad := e.Contact.Normalise(o.Country)
	e.Contact, wrong = contact, append(wrong, bad...)
	if e.Contact.Email == "" && !slices.ContainsFunc(bad, func(f fault.Field) bool { return f.Path == "customer.email" }) {
		wrong = append(wrong, fault.Field{Path: "customer.email", Message: "We need your e-mail address to tell you of a free time."})
	}
	wish, bad := e.Wish.check(availability.DateOf(s.Now(), o.Location()))
	e.Wish, wrong = wish, append(wrong, bad...)
	wrong = append(wrong, lead.CheckText("notes", e.Notes, lead.MaxNotes)...)
	wrong = append(wrong, lead.CheckPairs("answers", e.Answers)...)
	wrong = append(wrong, lead.CheckPairs("utm", e.UTM)...)
	if !org.ValidZone(e.Timezone) {
		e.Timezone = o.Timezone
	}
	return e, fault.OfFields(wrong)
}

// Join puts a person at the end of the line; their private link goes to them by mail and nowhere else. Whoever waits for the
// service already is sent it again. fault.Invalid names what is wrong; fault.NotFound: there is no list.
func (s *Service) Join(ctx context.Context, o org.Organization, e Entry) error {
	p, err := s.Store.WaitPolicy(ctx, o.ID)
	if err != nil {
		return err
	}
	if !p.On {
		return errOff
	}
	if e, err = s.Check(ctx, o, e); err != nil {
		return err
	}
	if e.Known, err = s.fitting(ctx, o, e); err != nil {
		return err
	}
	now := s.Now()
	e.ID, e.State, e.Created = EntryID(id.New("wait", now)), Waiting, now
	return s.Store.JoinWaitlist(ctx, o.ID, e, secret.NewString(id.Token()))
}

// fitting gives the starts on offer that a person wishes for, in order.
func (s *Service) fitting(ctx context.Context, o org.Organization, e Entry) ([]time.Time, error) {
	from := availability.DateOf(s.Now(), o.Location())
	if e.Wish.From.Compare(from) > 0 {
		from = e.Wish.From
	}
	to := from.AddDays(booking.MaxDays - 1)
	if e.Wish.To.Compare(to) < 0 {
		to = e.Wish.To
	}
	if to.Compare(from) < 0 {
		return nil, nil
	}
	offer, err := s.Bookings.Slots(ctx, booking.Ask{
		Scheduler: o.Slug, Service: e.Service, PostalCode: e.Contact.PostalCode, From: from.String(), To: to.String(), Timezone: o.Timezone,
	})
	if fault.Is(err, fault.Invalid) { // the service is not on offer any more
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []time.Time
	for _, v := range offer.Slots() {
		if e.Wish.Fits(v.Start, o.Location()) {
			out = append(out, v.Start)
		}
	}
	return out, nil
}

// Capture makes a lead of whoever joined, so that the office and the CRM know of them; the booking completes it. It may run
// again.
func (s *Service) Capture(ctx context.Context, f Joined) error {
	if f.Again {
		return nil
	}
	e, err := s.Store.WaitEntry(ctx, f.Org, f.Entry)
	if fault.Is(err, fault.NotFound) || err == nil && e.State != Waiting {
		return nil
	}
	if err != nil {
		return err
	}
	o, err := s.Orgs.Organization(ctx, f.Org)
	if err != nil {
		return err
	}
	cat, err := s.Bookings.Catalog(ctx, f.Org)
	if err != nil {
		return err
	}
	sv, _ := cat.Service(e.Service)
	text := "Waits for a time: " + sv.Name + ", " + e.Wish.Words()
	if e.Notes != "" {
		text += "\n" + e.Notes
	}
	_, err = s.Leads.Capture(ctx, o, lead.Request{
		Kind: lead.ContactUs, Contact: e.Contact, Message: text, UTM: e.UTM, Language: e.Language, Key: lead.IdempotencyKey{Key: "waitlist:" + string(e.ID), Body: string(e.ID)},
	})
	return err
}

// Place is what a person's private page shows.
type Place struct {
	Organization org.Organization
	Entry        Entry
	Ahead        int    // who wait for the same service before them
	Offer        *Offer // that stands; nil for none
}

// ByToken gives what a person's private page shows; fault.NotFound for an unknown link.
func (s *Service) ByToken(ctx context.Context, token string) (Place, error) {
	if token == "" || len(token) > 200 {
		return Place{}, errNoLink
	}
	o, e, err := s.Store.WaitByToken(ctx, id.Hash(token))
	if err != nil {
		return Place{}, err
	}
	p := Place{Organization: o, Entry: e}
	waiting, _, err := s.Store.WaitEntries(ctx, o.ID)
	if err != nil {
		return Place{}, err
	}
	for _, x := range waiting {
		if x.ID == e.ID {
			break
		}
		if x.Service == e.Service {
			p.Ahead++
		}
	}
	offers, err := s.Store.WaitOffers(ctx, o.ID, e.ID)
	if err != nil {
		return Place{}, err
	}
	for _, x := range offers {
		if x.State == Accepting || x.State == Open && s.Now().Before(x.Expires) {
			p.Offer = &x
			break
		}
	}
	return p, nil
}

var errNoLink = fault.New(fault.NotFound, "There is no place on a waiting list behind this link.")
