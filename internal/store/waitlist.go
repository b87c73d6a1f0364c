package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/store/db"
	"heavyset.tech/platform/internal/waitlist"
)

const (
	// waitSettledShown is how many entries are listed that do not wait any more.
	waitSettledShown = 50
	// lookAnew is when a list is looked at though nothing has changed: the clock alone opens days too.
	lookAnew = time.Hour
	// lastSecond is how much later than its end an offer can still be accepted, while its hold lives.
	lastSecond = 30 * time.Second
)

var (
	errNoEntry = fault.New(fault.NotFound, "There is no such person on the waiting list.")
	errNoPlace = fault.New(fault.NotFound, "There is no place on a waiting list behind this link.")
)

// waitPolicyDoc is how a policy is stored, its times in minutes.
type waitPolicyDoc struct {
	Off  bool `json:"off,omitempty"`
	Hold int  `json:"hold"`
}

// wishDoc is how a wish is stored; days count from Sunday.
type wishDoc struct {
	Days  []int    `json:"days,omitempty"`
	Parts []string `json:"parts,omitempty"`
	From  string   `json:"from"`
	To    string   `json:"to"`
}

// WaitPolicy reads how an organization's waiting list works, or the default.
func (s *Store) WaitPolicy(ctx context.Context, o org.ID) (waitlist.Policy, error) {
	raw, err := s.qr.WaitPolicy(ctx, string(o))
	if errors.Is(err, sql.ErrNoRows) || err == nil && raw == "" {
		return waitlist.DefaultPolicy(), nil
	}
	if err != nil {
		return waitlist.Policy{}, s.explain(err)
	}
	var d waitPolicyDoc
	if err := json.Unmarshal([]byte(raw), &d); err != nil {
		return waitlist.Policy{}, fmt.Errorf("waiting list of %s: %w", o, err)
	}
	return waitlist.Policy{On: !d.Off, Hold: time.Duration(d.Hold) * time.Minute}, nil
}

// KeepWaitPolicy keeps how it works, and has it looked at.
func (s *Store) KeepWaitPolicy(ctx context.Context, o org.ID, p waitlist.Policy) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		return q.PutWaitPolicy(ctx, db.PutWaitPolicyParams{OrgID: string(o), Document: toJSON(waitPolicyDoc{Off: !p.On, Hold: int(p.Hold / time.Minute)})})
	})
}

// JoinWaitlist keeps an entry at the end of the line, with the fact Joined; of whoever waits for the service already only
// the fact.
func (s *Store) JoinWaitlist(ctx context.Context, o org.ID, e waitlist.Entry, token secret.String) error {
	join := func(ctx context.Context, tx *sql.Tx, q *db.Queries) error {
		have, err := q.WaitingOf(ctx, db.WaitingOfParams{OrgID: string(o), ServiceID: e.Service, Email: e.Contact.Email})
		if err == nil {
			return s.follow(ctx, tx, waitlist.Joined{Org: o, Entry: waitlist.EntryID(have), At: e.Created, Again: true})
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if n, err := q.CountWaitEntries(ctx, string(o)); err != nil {
			return err
		} else if n >= waitlist.MaxWaiting {
			return waitlist.ErrFull
		}
		if err := q.InsertWaitEntry(ctx, db.InsertWaitEntryParams{
			OrgID: string(o), ID: string(e.ID), ServiceID: e.Service, Wish: toJSON(docOfWish(e.Wish)), Email: e.Contact.Email, Contact: toJSON(contactDoc(e.Contact)),
			Notes: e.Notes, Answers: toJSON(e.Answers), Utm: toJSON(e.UTM), Timezone: e.Timezone, Language: e.Language, Known: startsDoc(e.Known),
			TokenHash: id.Hash(token.Reveal()), TokenSealed: s.keys.Seal(token, string(o), "waitlist_entries", "token", string(e.ID)), CreatedAt: ms(e.Created),
		}); err != nil {
			return err
		}
		return s.follow(ctx, tx, waitlist.Joined{Org: o, Entry: e.ID, At: e.Created})
	}
	err := s.tx(ctx, join)
	if s.engine.unique(err) { // the same form came twice at the same moment
		err = s.tx(ctx, join)
	}
	return err
}

// WaitEntry reads one; fault.NotFound.
func (s *Store) WaitEntry(ctx context.Context, o org.ID, e waitlist.EntryID) (waitlist.Entry, error) {
	r, err := s.qr.WaitEntry(ctx, db.WaitEntryParams{OrgID: string(o), ID: string(e)})
	if err != nil {
		return waitlist.Entry{}, missing(s.explain(err), errNoEntry)
	}
	return waitEntry(r)
}

// WaitByToken finds the entry behind a private link by the hash of its token.
func (s *Store) WaitByToken(ctx context.Context, tokenHash string) (org.Organization, waitlist.Entry, error) {
	r, err := s.qr.WaitByToken(ctx, tokenHash)
	if err != nil {
		return org.Organization{}, waitlist.Entry{}, missing(s.explain(err), errNoPlace)
	}
	e, err := waitEntry(r)
	if err != nil {
		return org.Organization{}, e, err
	}
	o, err := s.Organization(ctx, org.ID(r.OrgID))
	return o, e, err
}

// WaitToken opens the token of an entry's private link, for mails.
func (s *Store) WaitToken(ctx context.Context, o org.ID, e waitlist.EntryID) (secret.String, error) {
	r, err := s.qr.WaitEntry(ctx, db.WaitEntryParams{OrgID: string(o), ID: string(e)})
	if err != nil {
		return secret.String{}, missing(s.explain(err), errNoEntry)
	}
	return s.keys.Open(r.TokenSealed, string(o), "waitlist_entries", "token", string(e))
}

// WaitEntries lists those who wait, in their order, and the last who were settled.
func (s *Store) WaitEntries(ctx context.Context, o org.ID) (waiting, settled []waitlist.Entry, err error) {
	open, err := s.qr.WaitingEntries(ctx, string(o))
	if err != nil {
		return nil, nil, s.explain(err)
	}
	ended, err := s.qr.SettledEntries(ctx, db.SettledEntriesParams{OrgID: string(o), N: waitSettledShown})
	if err != nil {
		return nil, nil, s.explain(err)
	}
	for i, r := range append(open, ended...) {
		e, err := waitEntry(r)
		if err != nil {
			return nil, nil, err
		}
		if i < len(open) {
			waiting = append(waiting, e)
		} else {
			settled = append(settled, e)
		}
	}
	return waiting, settled, nil
}

// WaitOffers lists the offers to an entry, the newest first; with "" of all who wait, and those that are being booked.
func (s *Store) WaitOffers(ctx context.Context, o org.ID, e waitlist.EntryID) (out []waitlist.Offer, err error) {
	var rows []db.WaitlistOffer
	if e == "" {
		rows, err = s.qr.WaitOffersOfWaiting(ctx, string(o))
	} else {
		rows, err = s.qr.WaitOffersOf(ctx, db.WaitOffersOfParams{OrgID: string(o), EntryID: string(e)})
	}
	for _, r := range rows {
		out = append(out, waitOffer(r))
	}
	return out, s.explain(err)
}

// WaitOffer reads one; fault.NotFound.
func (s *Store) WaitOffer(ctx context.Context, o org.ID, x waitlist.OfferID) (waitlist.Offer, error) {
	r, err := s.qr.WaitOffer(ctx, db.WaitOfferParams{OrgID: string(o), ID: string(x)})
	return waitOffer(r), missing(s.explain(err), fault.New(fault.NotFound, "There is no such offer."))
}

// KeepKnown keeps which free starts a person has seen.
func (s *Store) KeepKnown(ctx context.Context, o org.ID, e waitlist.EntryID, known []time.Time) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		return q.SetKnown(ctx, db.SetKnownParams{OrgID: string(o), ID: string(e), Known: startsDoc(known)})
	})
}

// BookedSince reports whether a person has a visit of the service that was booked since they wait.
func (s *Store) BookedSince(ctx context.Context, o org.ID, e waitlist.Entry) (bool, error) {
	n, err := s.qr.BookedSince(ctx, db.BookedSinceParams{OrgID: string(o), Email: e.Contact.Email, ServiceID: e.Service, SinceMs: ms(e.Created)})
	return n > 0, s.explain(err)
}

// SettleEntry ends the waiting, if it has not ended, and withdraws what is offered, with the fact Freed.
func (s *Store) SettleEntry(ctx context.Context, o org.ID, e waitlist.EntryID, to waitlist.State, now time.Time) error {
	return s.tx(ctx, func(ctx context.Context, tx *sql.Tx, q *db.Queries) error {
		if _, err := q.LockSchedule(ctx, string(o)); err != nil {
			return err
		}
		return s.settleEntry(ctx, tx, q, o, e, to, "", now)
	})
}

// settleEntry is SettleEntry within a transaction that has the lock.
func (s *Store) settleEntry(ctx context.Context, tx *sql.Tx, q *db.Queries, o org.ID, e waitlist.EntryID, to waitlist.State, a booking.AppointmentID, now time.Time) error {
	n, err := q.SettleWaitEntry(ctx, db.SettleWaitEntryParams{OrgID: string(o), ID: string(e), State: string(to), AppointmentID: string(a), At: ms(now)})
	if err != nil || n == 0 {
		return err
	}
	open, err := q.OpenOfferOf(ctx, db.OpenOfferOfParams{OrgID: string(o), EntryID: string(e)})
	if err != nil {
		return err
	}
	for _, x := range open {
		if _, err := endOffer(ctx, q, o, x.ID, x.HoldID, waitlist.Open, waitlist.Withdrawn, now); err != nil {
			return err
		}
	}
	if len(open) == 0 {
		return nil
	}
	return s.follow(ctx, tx, waitlist.Freed{Org: o})
}

// endOffer ends an offer that is in a state, and its hold.
func endOffer(ctx context.Context, q *db.Queries, o org.ID, x, hold string, was, to waitlist.OfferState, now time.Time) (bool, error) {
	n, err := q.EndWaitOffer(ctx, db.EndWaitOfferParams{OrgID: string(o), ID: x, Was: string(was), State: string(to), NowMs: ms(now)})
	if err != nil || n == 0 {
		return false, err
	}
	_, err = q.DeleteHold(ctx, db.DeleteHoldParams{OrgID: string(o), ID: hold})
	return true, err
}

// OfferSlot stores the hold and the offer that decide returns, with the fact Offered.
func (s *Store) OfferSlot(ctx context.Context, o org.ID, question booking.Question, e waitlist.EntryID, decide func(booking.Situation) (booking.Hold, waitlist.Offer, error)) (booking.Hold, error) {
	var out booking.Hold
	err := s.tx(ctx, func(ctx context.Context, tx *sql.Tx, q *db.Queries) error {
		if err := take(ctx, q, o, question); err != nil {
			return err
		}
		row, err := q.WaitEntry(ctx, db.WaitEntryParams{OrgID: string(o), ID: string(e)})
		if err != nil {
			return err
		}
		live, err := q.LiveOffers(ctx, db.LiveOffersParams{OrgID: string(o), EntryID: string(e)})
		if err != nil {
			return err
		}
		if row.SettledAt != 0 || live > 0 {
			return waitlist.ErrNotWaiting
		}
		sit, err := situation(ctx, q, o, question)
		if err != nil {
			return err
		}
		h, x, err := decide(sit)
		if err != nil {
			return err
		}
		out = h
		if err := insertHold(ctx, q, o, h); err != nil {
			return err
		}
		if err := q.InsertWaitOffer(ctx, db.InsertWaitOfferParams{
			OrgID: string(o), ID: string(x.ID), EntryID: string(e), HoldID: string(x.Hold), ServiceID: x.Service, RepID: x.Rep, StartsAt: ms(x.Start), EndsAt: ms(x.End),
			MadeAt: ms(x.Made), ExpiresAt: ms(x.Expires), MadeBy: x.By,
		}); err != nil {
			return err
		}
		return s.follow(ctx, tx, waitlist.Offered{Org: o, Offer: x.ID})
	})
	return out, err
}

// BeginAccept marks an offer as accepted by the person; false when it has ended.
func (s *Store) BeginAccept(ctx context.Context, o org.ID, x waitlist.OfferID, now time.Time) (bool, error) {
	var n int64
	err := s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) (err error) {
		n, err = q.BeginAccept(ctx, db.BeginAcceptParams{OrgID: string(o), ID: string(x), NowMs: ms(now), SinceMs: ms(now.Add(-lastSecond))})
		return err
	})
	return n == 1, err
}

// EndAccept says that the appointment of an offer was made, and settles the entry.
func (s *Store) EndAccept(ctx context.Context, o org.ID, x waitlist.OfferID, a booking.AppointmentID, now time.Time) error {
	return s.tx(ctx, func(ctx context.Context, tx *sql.Tx, q *db.Queries) error {
		if _, err := q.LockSchedule(ctx, string(o)); err != nil {
			return err
		}
		r, err := q.WaitOffer(ctx, db.WaitOfferParams{OrgID: string(o), ID: string(x)})
		if err != nil {
			return err
		}
		ended, err := endOffer(ctx, q, o, r.ID, r.HoldID, waitlist.Accepting, waitlist.Accepted, now)
		if err != nil || !ended {
			return err
		}
		return s.settleEntry(ctx, tx, q, o, waitlist.EntryID(r.EntryID), waitlist.Booked, a, now)
	})
}

// EndOffer ends an offer that is in one of some states, with the fact Freed; false when it is not. Whoever lets too many
// expire is taken off the list.
func (s *Store) EndOffer(ctx context.Context, o org.ID, x waitlist.OfferID, from []waitlist.OfferState, to waitlist.OfferState, now time.Time) (bool, error) {
	ended := false
	err := s.tx(ctx, func(ctx context.Context, tx *sql.Tx, q *db.Queries) error {
		ended = false
		if _, err := q.LockSchedule(ctx, string(o)); err != nil {
			return err
		}
		r, err := q.WaitOffer(ctx, db.WaitOfferParams{OrgID: string(o), ID: string(x)})
		if err != nil {
			return err
		}
		for _, was := range from {
			if ended {
				break
			}
			if ended, err = endOffer(ctx, q, o, r.ID, r.HoldID, was, to, now); err != nil {
				return err
			}
		}
		if !ended {
			return nil
		}
		if err := s.answered(ctx, tx, q, o, waitlist.EntryID(r.EntryID), to, now); err != nil {
			return err
		}
		return s.follow(ctx, tx, waitlist.Freed{Org: o})
	})
	return ended, err
}

// answered counts the offers in a row that a person lets expire.
func (s *Store) answered(ctx context.Context, tx *sql.Tx, q *db.Queries, o org.ID, e waitlist.EntryID, to waitlist.OfferState, now time.Time) error {
	switch to {
	case waitlist.Declined:
		return q.AnswerWait(ctx, db.AnswerWaitParams{OrgID: string(o), ID: string(e)})
	case waitlist.Expired:
		n, err := q.CountUnanswered(ctx, db.CountUnansweredParams{OrgID: string(o), ID: string(e)})
		if err != nil || n < waitlist.MaxUnanswered {
			return err
		}
		return s.settleEntry(ctx, tx, q, o, e, waitlist.Silent, "", now)
	}
	return nil
}

// WaitlistsToLook lists the organizations whose list has something to do.
func (s *Store) WaitlistsToLook(ctx context.Context, now time.Time) ([]waitlist.Look, error) {
	rows, err := s.qr.WaitlistsToLook(ctx, db.WaitlistsToLookParams{NowMs: ms(now), BeforeMs: ms(now.Add(-lookAnew))})
	var out []waitlist.Look
	for _, r := range rows {
		out = append(out, waitlist.Look{Org: org.ID(r.OrgID), Revision: r.Revision})
	}
	return out, s.explain(err)
}

// Looked keeps at which revision a list had nothing left to do.
func (s *Store) Looked(ctx context.Context, o org.ID, revision int64) error {
	return s.tx(ctx, func(ctx context.Context, _ *sql.Tx, q *db.Queries) error {
		return q.PutLooked(ctx, db.PutLookedParams{OrgID: string(o), Looked: revision, LookedAt: ms(s.now())})
	})
}

// sweepWaitlist removes who has not waited for a while.
func sweepWaitlist(ctx context.Context, q *db.Queries, now time.Time) (int64, error) {
	before := ms(now.Add(-waitlist.KeepFor))
	n, err := q.DeleteWaitOffers(ctx, before)
	if err != nil {
		return n, err
	}
	m, err := q.DeleteWaitEntries(ctx, before)
	return n + m, err
}

func docOfWish(w waitlist.Wish) wishDoc {
	d := wishDoc{From: w.From.String(), To: w.To.String()}
	for _, v := range w.Days {
		d.Days = append(d.Days, int(v))
	}
	for _, p := range w.Parts {
		d.Parts = append(d.Parts, string(p))
	}
	return d
}

func (d wishDoc) wish() (w waitlist.Wish, err error) {
	for _, v := range d.Days {
		w.Days = append(w.Days, time.Weekday(v))
	}
	for _, p := range d.Parts {
		w.Parts = append(w.Parts, waitlist.Part(p))
	}
	if w.From, err = availability.ParseDate(d.From); err == nil {
		w.To, err = availability.ParseDate(d.To)
	}
	return w, err
}

func startsDoc(list []time.Time) string {
	out := make([]int64, len(list))
	for i, t := range list {
		out[i] = ms(t)
	}
	return toJSON(out)
}

func waitEntry(r db.WaitlistEntry) (waitlist.Entry, error) {
	var contact contactDoc
	var wish wishDoc
	var known []int64
	e := waitlist.Entry{
		ID: waitlist.EntryID(r.ID), Service: r.ServiceID, Notes: r.Notes, Timezone: r.Timezone, Language: r.Language, State: waitlist.State(r.State),
		Appointment: booking.AppointmentID(r.AppointmentID), Created: at(r.CreatedAt), Settled: at(r.SettledAt),
	}
	err := errors.Join(
		json.Unmarshal([]byte(r.Contact), &contact), json.Unmarshal([]byte(r.Wish), &wish), json.Unmarshal([]byte(r.Known), &known),
		json.Unmarshal([]byte(r.Answers), &e.Answers), json.Unmarshal([]byte(r.Utm), &e.UTM),
	)
	if err == nil {
		e.Wish, err = wish.wish()
	}
	if err != nil {
		return e, fmt.Errorf("read waiting list entry %s: %w", r.ID, err)
	}
	e.Contact = lead.Contact(contact)
	for _, v := range known {
		e.Known = append(e.Known, at(v))
	}
	return e, nil
}

func waitOffer(r db.WaitlistOffer) waitlist.Offer {
	return waitlist.Offer{
		ID: waitlist.OfferID(r.ID), Entry: waitlist.EntryID(r.EntryID), Hold: booking.HoldID(r.HoldID), Service: r.ServiceID, Rep: r.RepID, Start: at(r.StartsAt),
		End: at(r.EndsAt), Made: at(r.MadeAt), Expires: at(r.ExpiresAt), By: r.MadeBy, State: waitlist.OfferState(r.State), Changed: at(r.ChangedAt),
	}
}
