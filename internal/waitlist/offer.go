package waitlist

import (
	"context"
	"errors"
	"slices"
	"time"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
)

// tries is how many times are tried for one person when others are quicker.
const tries = 5

// Tick looks at the lists where something has changed. One list that can't be looked at does not keep the others waiting.
func (s *Service) Tick(ctx context.Context) error {
	list, err := s.Store.WaitlistsToLook(ctx, s.Now())
	if err != nil {
		return err
	}
	var all []error
	for _, l := range list {
		again, err := s.Look(ctx, l.Org)
		if err == nil && !again {
			err = s.Store.Looked(ctx, l.Org, l.Revision)
		}
		all = append(all, err)
	}
	return errors.Join(all...)
}

// Look ends the offers of an organization that have had their time and offers what is free to whom it fits, in the order of
// the line. again says that somebody could not be offered anything yet because of the quiet hours.
func (s *Service) Look(ctx context.Context, o org.ID) (again bool, err error) {
	or, err := s.Orgs.Organization(ctx, o)
	if err != nil {
		return false, err
	}
	if err := s.end(ctx, or); err != nil {
		return false, err
	}
	waiting, _, err := s.Store.WaitEntries(ctx, o)
	if err != nil || len(waiting) == 0 {
		return false, err
	}
	p, err := s.Store.WaitPolicy(ctx, o)
	if err != nil || !p.On {
		return false, err
	}
	offers, err := s.Store.WaitOffers(ctx, o, "")
	if err != nil {
		return false, err
	}
	today := availability.DateOf(s.Now(), or.Location())
	for _, e := range waiting {
		if e.Wish.To.Compare(today) < 0 {
			if err := s.Store.SettleEntry(ctx, o, e.ID, Over, s.Now()); err != nil {
				return again, err
			}
			continue
		}
		later, err := s.next(ctx, or, p, e, offers)
		if err != nil {
			return again, err
		}
		again = again || later
	}
	return again, nil
}

// end goes through the offers that stand: those that had their time expire, and a booking that somebody asked for and nobody
// has heard of is made.
func (s *Service) end(ctx context.Context, o org.Organization) error {
	offers, err := s.Store.WaitOffers(ctx, o.ID, "")
	if err != nil {
		return err
	}
	now := s.Now()
	for _, x := range offers {
		switch {
		case x.State == Open && !now.Before(x.Expires):
			_, err = s.Store.EndOffer(ctx, o.ID, x.ID, []OfferState{Open}, Expired, now)
		case x.State == Accepting && now.Sub(x.Changed) >= patience:
			if _, err = s.book(ctx, o, x); fault.Is(err, fault.Conflict) || fault.Is(err, fault.Invalid) {
				err = nil // it is gone, and the next in line is offered what is left
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// next offers a person the first free time that fits and that they have not seen yet. later says that the hours are quiet.
func (s *Service) next(ctx context.Context, o org.Organization, p Policy, e Entry, offers []Offer) (later bool, err error) {
	tried := map[int64]bool{}
	for _, x := range offers {
		if x.Entry == e.ID {
			if x.State.Live() {
				return false, nil
			}
			tried[x.Start.UnixMilli()] = true
		}
	}
	free, err := s.fitting(ctx, o, e)
	if err != nil {
		return false, err
	}
	known := slices.DeleteFunc(slices.Clone(e.Known), func(t time.Time) bool { return !slices.ContainsFunc(free, t.Equal) })
	if len(known) != len(e.Known) {
		if err := s.Store.KeepKnown(ctx, o.ID, e.ID, known); err != nil {
			return false, err
		}
	}
	fresh := slices.DeleteFunc(free, func(t time.Time) bool { return tried[t.UnixMilli()] || slices.ContainsFunc(known, t.Equal) })
	if len(fresh) == 0 {
		return false, nil
	}
	if done, err := s.Store.BookedSince(ctx, o.ID, e); err != nil || done {
		if done {
			err = s.Store.SettleEntry(ctx, o.ID, e.ID, Booked, s.Now())
		}
		return false, err
	}
	for _, at := range []time.Time{s.Now(), s.Now().Add(p.Hold)} {
		if quiet, err := s.Quiet(ctx, o.ID, at, e.Location()); err != nil || quiet {
			return quiet, err
		}
	}
	for _, start := range fresh[:min(tries, len(fresh))] {
		switch err := s.offer(ctx, o, p, e, start, ""); {
		case errors.Is(err, ErrNotWaiting):
			return false, nil
		case err == nil || !fault.Is(err, fault.Conflict): // taken meanwhile: the next one
			return false, err
		}
	}
	return false, nil
}

// offer keeps a time for a person and tells them.
func (s *Service) offer(ctx context.Context, o org.Organization, p Policy, e Entry, start time.Time, by string) error {
	r := booking.HoldRequest{Scheduler: o.Slug, Service: e.Service, PostalCode: e.Contact.PostalCode, Start: start}
	put := func(ctx context.Context, oid org.ID, q booking.Question, decide func(booking.Situation) (booking.Hold, error)) (booking.Hold, error) {
		return s.Store.OfferSlot(ctx, oid, q, e.ID, func(sit booking.Situation) (booking.Hold, Offer, error) {
			h, err := decide(sit)
			return h, Offer{
				ID: OfferID(id.New("off", q.Now)), Entry: e.ID, Hold: h.ID, Service: h.Service, Rep: h.Rep, Start: h.Start, End: h.End,
				Made: q.Now, Expires: h.Expires.Add(-grace), By: by, State: Open, Changed: q.Now,
			}, err
		})
	}
	_, err := s.Bookings.HoldWith(ctx, r, p.Hold+grace, put)
	return err
}

// OfferByHand offers a person a time that somebody has chosen for them, whatever their wishes and the hour.
func (s *Service) OfferByHand(ctx context.Context, o org.Organization, id EntryID, start time.Time, by string) error {
	e, err := s.Store.WaitEntry(ctx, o.ID, id)
	if err != nil {
		return err
	}
	p, err := s.Store.WaitPolicy(ctx, o.ID)
	if err != nil {
		return err
	}
	return s.offer(ctx, o, p, e, start, by)
}

// Accept books the offer behind a private link. fault.Conflict when it has ended or, with the code booking.AlreadyBooked, when
// its person has that visit, whose token comes with it if it was booked with the same address; then the line goes on.
func (s *Service) Accept(ctx context.Context, token string, offer OfferID) (booking.Confirmation, error) {
	x, o, err := s.mine(ctx, token, offer)
	if err != nil {
		return booking.Confirmation{}, err
	}
	ok, err := s.Store.BeginAccept(ctx, o.ID, offer, s.Now())
	if err != nil {
		return booking.Confirmation{}, err
	}
	if !ok {
		return booking.Confirmation{}, errEnded
	}
	return s.book(ctx, o, x)
}

// book makes the appointment of an offer that was accepted, however often it is asked to.
func (s *Service) book(ctx context.Context, o org.Organization, x Offer) (booking.Confirmation, error) {
	e, err := s.Store.WaitEntry(ctx, o.ID, x.Entry)
	if err != nil {
		return booking.Confirmation{}, err
	}
	done, err := s.Bookings.Book(ctx, booking.Request{
		Scheduler: o.Slug, Service: x.Service, Start: x.Start, Hold: x.Hold, Contact: e.Contact, Answers: e.Answers, Notes: e.Notes, UTM: e.UTM,
		Timezone: e.Timezone, Language: e.Language, Actor: "visitor", Once: true, Key: lead.IdempotencyKey{Key: "waitlist:" + string(x.ID), Body: string(x.ID)},
	})
	if fault.Is(err, fault.Conflict) || fault.Is(err, fault.Invalid) {
		if _, ended := s.Store.EndOffer(ctx, o.ID, x.ID, []OfferState{Accepting}, Gone, s.Now()); ended != nil {
			return done, errors.Join(err, ended)
		}
		if fault.As(err).Code == booking.AlreadyBooked { // the link of the offer came to this address by mail
			var unread error
			done.Token, unread = s.Bookings.TokenAt(ctx, o.ID, done.Appointment, e.Contact.Email)
			err = errors.Join(err, unread)
		}
		return done, err
	}
	if err != nil {
		return done, err
	}
	return done, s.Store.EndAccept(ctx, o.ID, x.ID, done.Appointment.ID, s.Now())
}

// Decline gives an offer back; the next in line is offered the time. What has ended already is no error.
func (s *Service) Decline(ctx context.Context, token string, offer OfferID) error {
	_, o, err := s.mine(ctx, token, offer)
	if err != nil {
		return err
	}
	_, err = s.Store.EndOffer(ctx, o.ID, offer, []OfferState{Open}, Declined, s.Now())
	return err
}

// mine finds an offer to the person of a private link.
func (s *Service) mine(ctx context.Context, token string, offer OfferID) (Offer, org.Organization, error) {
	p, err := s.ByToken(ctx, token)
	if err != nil {
		return Offer{}, org.Organization{}, err
	}
	x, err := s.Store.WaitOffer(ctx, p.Organization.ID, offer)
	if err == nil && x.Entry != p.Entry.ID {
		err = errNoLink
	}
	return x, p.Organization, err
}

// Leave takes the person of a private link off the list. Leaving again changes nothing.
func (s *Service) Leave(ctx context.Context, token string) error {
	p, err := s.ByToken(ctx, token)
	if err != nil {
		return err
	}
	return s.Store.SettleEntry(ctx, p.Organization.ID, p.Entry.ID, Left, s.Now())
}

// Remove takes somebody off the list.
func (s *Service) Remove(ctx context.Context, o org.ID, e EntryID) error {
	return s.Store.SettleEntry(ctx, o, e, Removed, s.Now())
}

// Fitting gives the starts on offer that a person wishes for, in order, for whoever offers one by hand.
func (s *Service) Fitting(ctx context.Context, o org.Organization, e Entry) ([]time.Time, error) {
	return s.fitting(ctx, o, e)
}
