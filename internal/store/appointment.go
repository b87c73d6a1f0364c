package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/store/db"
)

// contactDoc is how a contact is stored beside an appointment or lead.
type contactDoc struct {
	FirstName  string `json:"first_name,omitempty"`
	LastName   string `json:"last_name,omitempty"`
	Email      string `json:"email,omitempty"`
	Phone      string `json:"phone,omitempty"`
	Street     string `json:"street,omitempty"`
	City       string `json:"city,omitempty"`
	State      string `json:"state,omitempty"`
	PostalCode string `json:"postal_code,omitempty"`
	Country    string `json:"country,omitempty"`
}

// countWithin is how far around a start appointments count for round robin.
const countWithin = 30 * 24 * time.Hour

// Blocks reads what occupies reps in a range: appointments that are not cancelled, holds that live at now, and what of the
// CRM counts.
func (s *Store) Blocks(ctx context.Context, o org.ID, from, to, now time.Time) ([]availability.Block, error) {
	b, err := blocks(ctx, s.qr, o, from, to, now)
	return b, s.explain(err)
}

func blocks(ctx context.Context, q *db.Queries, o org.ID, from, to, now time.Time) ([]availability.Block, error) {
	list, err := q.AppointmentBlocks(ctx, db.AppointmentBlocksParams{OrgID: string(o), FromMs: ms(from), ToMs: ms(to)})
	if err != nil {
		return nil, err
	}
	holds, err := q.HoldBlocks(ctx, db.HoldBlocksParams{OrgID: string(o), FromMs: ms(from), ToMs: ms(to), NowMs: ms(now)})
	if err != nil {
		return nil, err
	}
	out, err := mirrorBlocks(ctx, q, o, from, to)
	if err != nil {
		return nil, err
	}
	out = slices.Grow(out, len(list)+len(holds))
	for _, a := range list {
		out = append(out, availability.Block{
			Kind: availability.Appointment, ID: a.ID, Rep: a.RepID, Service: a.ServiceID, Start: at(a.StartsAt), End: at(a.EndsAt),
		})
	}
	for _, h := range holds {
		out = append(out, availability.Block{
			Kind: availability.Hold, ID: h.ID, Rep: h.RepID, Service: h.ServiceID, Start: at(h.StartsAt), End: at(h.EndsAt), Expires: at(h.ExpiresAt),
		})
	}
	return out, nil
}

// take takes the organization's lock and checks that the question's catalog is still the one.
func take(ctx context.Context, q *db.Queries, o org.ID, question booking.Question) error {
	row, err := q.LockSchedule(ctx, string(o))
	if err != nil {
		return err
	}
	if question.CatalogRevision >= 0 && row.CatalogRevision != question.CatalogRevision {
		return booking.ErrCatalogMoved
	}
	return nil
}

// situation reads what a decision needs, under the lock.
func situation(ctx context.Context, q *db.Queries, o org.ID, question booking.Question) (booking.Situation, error) {
	var sit booking.Situation
	var err error
	if !question.To.IsZero() {
		if sit.Blocks, err = blocks(ctx, q, o, question.From, question.To, question.Now); err != nil {
			return sit, err
		}
	}
	if !question.Around.IsZero() {
		rows, err := q.CountByRep(ctx, db.CountByRepParams{
			OrgID: string(o), FromMs: ms(question.Around.Add(-countWithin)), ToMs: ms(question.Around.Add(countWithin)),
		})
		if err != nil {
			return sit, err
		}
		sit.Counts = make(map[string]int, len(rows))
		for _, r := range rows {
			sit.Counts[r.RepID] = int(r.N)
		}
	}
	if question.Holder != "" {
		n, err := q.CountHolds(ctx, db.CountHoldsParams{OrgID: string(o), Holder: question.Holder, NowMs: ms(question.Now)})
		if err != nil {
			return sit, err
		}
		sit.Holds = int(n)
	}
	if sit.Known, err = known(ctx, q, o, question.Contact); err != nil {
		return sit, err
	}
	if question.Owners {
		if sit.Owners, err = ownersOf(ctx, q, o, question.Customer, sit.Known); err != nil {
			return sit, err
		}
	}
	if question.Hold != "" {
		if sit.Held, err = heldChoice(ctx, q, o, question.Hold); err != nil {
			return sit, err
		}
	}
	if question.Same.Service != "" {
		if sit.Same, err = ofVisit(ctx, q, o, question.Same); err != nil {
			return sit, err
		}
	}
	sit.OpenLeads, err = openLeads(ctx, q, o, sit.Known)
	return sit, err
}

func ofVisit(ctx context.Context, q *db.Queries, o org.ID, v booking.Visit) ([]booking.Appointment, error) {
	rows, err := q.AppointmentsOfVisit(ctx, db.AppointmentsOfVisitParams{OrgID: string(o), StartsAt: ms(v.Start), ServiceID: v.Service})
	if err != nil {
		return nil, err
	}
	out := make([]booking.Appointment, len(rows))
	for i, r := range rows {
		if out[i], err = appointment(r); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// receiptDoc is a booking's answer as it is kept for a repeated idempotency key.
type receiptDoc struct {
	Appointment string `json:"appointment"`
	Status      string `json:"status"`
	Revision    int64  `json:"revision"`
	Service     string `json:"service"`
	Rep         string `json:"rep"`
	Start       int64  `json:"start"`
	End         int64  `json:"end"`
	Timezone    string `json:"timezone"`
	Lead        string `json:"lead,omitempty"`
	Token       string `json:"token,omitempty"` // sealed
}

func docOfReceipt(a booking.Appointment, lead lead.ID, sealed string) receiptDoc {
	return receiptDoc{
		Appointment: string(a.ID), Status: string(a.Status), Revision: a.Revision, Service: a.Service, Rep: a.Rep,
		Start: ms(a.Start), End: ms(a.End), Timezone: a.Timezone, Lead: string(lead), Token: sealed,
	}
}

func (d receiptDoc) appointment() booking.Appointment {
	return booking.Appointment{
		ID: booking.AppointmentID(d.Appointment), Status: booking.Status(d.Status), Revision: d.Revision, Service: d.Service, Rep: d.Rep,
		Start: at(d.Start), End: at(d.End), Timezone: d.Timezone,
	}
}

// Book stores what decide returns: appointment, customer, lead, link, timeline and the fact Booked, and ends the hold.
func (s *Store) Book(ctx context.Context, o org.ID, q booking.Question, decide func(booking.Situation) (booking.Booking, error)) (booking.Receipt, error) {
	var out booking.Receipt
	err := s.tx(ctx, func(ctx context.Context, tx *sql.Tx, qs *db.Queries) error {
		if err := take(ctx, qs, o, q); err != nil {
			return err
		}
		var kept receiptDoc
		if found, err := answer(ctx, qs, o, "bookings", q.Key, q.Now, &kept); err != nil {
			return err
		} else if found {
			var err error
			out, err = s.receipt(o, kept)
			return err
		}
		sit, err := situation(ctx, qs, o, q)
		if err != nil {
			return err
		}
		b, err := decide(sit)
		if err != nil {
			return err
		}
		out = b.Receipt
		sealed := s.keys.Seal(b.Token, string(o), "appointments", "token", string(b.Appointment.ID))
		if err := s.insertBooking(ctx, qs, o, b, sealed); err != nil {
			return err
		}
		doc := docOfReceipt(b.Appointment, b.Receipt.Lead, sealed)
		if err := keep(ctx, qs, o, "bookings", q.Key, q.Now, doc); err != nil {
			return err
		}
		facts := append([]any{b.Fact(o)}, changedCustomer(o, sit.Known, b.Customer)...)
		if b.Lead != nil {
			facts = append(facts, leadFact(o, b.Lead.ID, b.NewLead))
		}
		return s.follow(ctx, tx, facts...)
	})
	return out, err
}

// receipt opens a kept answer.
func (s *Store) receipt(o org.ID, d receiptDoc) (booking.Receipt, error) {
	token, err := s.keys.Open(d.Token, string(o), "appointments", "token", d.Appointment)
	if err != nil {
		return booking.Receipt{}, fmt.Errorf("open the link of %s: %w", d.Appointment, err)
	}
	return booking.Receipt{Appointment: d.appointment(), Token: token, Lead: lead.ID(d.Lead)}, nil
}

func (s *Store) insertBooking(ctx context.Context, q *db.Queries, o org.ID, b booking.Booking, sealed string) error {
	if err := putCustomer(ctx, q, o, b.Customer); err != nil {
		return err
	}
	a := b.Appointment
	if err := insertAppointment(ctx, q, o, a, sealed); err != nil {
		return err
	}
	if b.Lead != nil {
		if err := putBookedLead(ctx, q, o, *b.Lead, b.NewLead, a.Created); err != nil {
			return err
		}
	}
	if b.Texts != nil {
		if err := insertConsent(ctx, q, o, notify.Agreed(a, *b.Texts)); err != nil {
			return err
		}
	}
	if b.UsedHold != "" {
		if _, err := q.DeleteHold(ctx, db.DeleteHoldParams{OrgID: string(o), ID: string(b.UsedHold)}); err != nil {
			return err
		}
	}
	if err := q.InsertManageLink(ctx, db.InsertManageLinkParams{
		TokenHash: id.Hash(b.Token.Reveal()), OrgID: string(o), AppointmentID: string(a.ID),
	}); err != nil {
		return err
	}
	return insertEvent(ctx, q, o, a, booking.Event{At: a.Created, Kind: "booked", Actor: b.Actor, Start: a.Start, Rep: a.Rep, Detail: b.Note, Choice: &b.Choice})
}

func insertAppointment(ctx context.Context, q *db.Queries, o org.ID, a booking.Appointment, sealed string) error {
	return q.InsertAppointment(ctx, db.InsertAppointmentParams{
		OrgID: string(o), ID: string(a.ID), Status: string(a.Status), Revision: a.Revision, ServiceID: a.Service, RepID: a.Rep,
		StartsAt: ms(a.Start), EndsAt: ms(a.End), Timezone: a.Timezone, Language: a.Language, CustomerID: string(a.Customer), LeadID: string(a.Lead),
		Contact: toJSON(contactDoc(a.Contact)), Answers: toJSON(a.Answers), Notes: a.Notes, Utm: toJSON(a.UTM), PostalCode: a.PostalCode,
		CancelReason: a.CancelReason, Request: bit(a.Request), TokenSealed: sealed, CreatedAt: ms(a.Created), UpdatedAt: ms(a.Updated),
	})
}

func insertEvent(ctx context.Context, q *db.Queries, o org.ID, a booking.Appointment, e booking.Event) error {
	return q.InsertEvent(ctx, db.InsertEventParams{
		OrgID: string(o), AppointmentID: string(a.ID), Revision: a.Revision, At: ms(e.At), Kind: e.Kind, Actor: e.Actor,
		StartsAt: ms(e.Start), RepID: e.Rep, Detail: e.Detail, Choice: choiceDoc(e.Choice),
	})
}

// Change stores what decide makes of an appointment under the lock, with its timeline and fact.
func (s *Store) Change(ctx context.Context, o org.ID, aid booking.AppointmentID, q booking.Question, decide func(booking.Appointment, booking.Situation) (booking.Change, error)) (booking.Appointment, error) {
	var out booking.Appointment
	err := s.tx(ctx, func(ctx context.Context, tx *sql.Tx, qs *db.Queries) error {
		if err := take(ctx, qs, o, q); err != nil {
			return err
		}
		row, err := qs.Appointment(ctx, db.AppointmentParams{OrgID: string(o), ID: string(aid)})
		if err != nil {
			return err
		}
		a, err := appointment(row)
		if err != nil {
			return err
		}
		call := "appointments/" + string(aid)
		var kept receiptDoc
		if found, err := answer(ctx, qs, o, call, q.Key, q.Now, &kept); err != nil {
			return err
		} else if found {
			was := kept.appointment()
			a.Status, a.Revision, a.Rep, a.Start, a.End = was.Status, was.Revision, was.Rep, was.Start, was.End
			out = a
			return nil
		}
		sit, err := situation(ctx, qs, o, q)
		if err != nil {
			return err
		}
		c, err := decide(a, sit)
		if err != nil {
			return err
		}
		out = c.Appointment
		if err := keep(ctx, qs, o, call, q.Key, q.Now, docOfReceipt(c.Appointment, "", "")); err != nil {
			return err
		}
		if c.Fact == nil {
			return nil
		}
		if err := updateAppointment(ctx, qs, o, c.Appointment); err != nil {
			return err
		}
		if err := insertEvent(ctx, qs, o, c.Appointment, c.Event); err != nil {
			return err
		}
		return s.follow(ctx, tx, c.Fact)
	})
	return out, err
}

func updateAppointment(ctx context.Context, q *db.Queries, o org.ID, a booking.Appointment) error {
	return q.UpdateAppointment(ctx, db.UpdateAppointmentParams{
		OrgID: string(o), ID: string(a.ID), Status: string(a.Status), Revision: a.Revision, RepID: a.Rep,
		StartsAt: ms(a.Start), EndsAt: ms(a.End), CancelReason: a.CancelReason, Request: bit(a.Request), UpdatedAt: ms(a.Updated),
	})
}

// Requests lists the appointments that wait for somebody to confirm or decline them, the oldest first.
func (s *Store) Requests(ctx context.Context, o org.ID, now time.Time) ([]booking.Appointment, error) {
	rows, err := s.qr.Requests(ctx, db.RequestsParams{OrgID: string(o), NowMs: ms(now)})
	if err != nil {
		return nil, s.explain(err)
	}
	out := make([]booking.Appointment, len(rows))
	for i, r := range rows {
		if out[i], err = appointment(r); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// CountRequests counts what waits for somebody to confirm or decline it.
func (s *Store) CountRequests(ctx context.Context, o org.ID, now time.Time) (int, error) {
	n, err := s.qr.CountRequests(ctx, db.CountRequestsParams{OrgID: string(o), NowMs: ms(now)})
	return int(n), s.explain(err)
}

// ByToken finds the appointment behind a visitor's link by the hash of its token.
func (s *Store) ByToken(ctx context.Context, tokenHash string) (org.Organization, booking.Appointment, error) {
	link, err := s.qr.ManageLink(ctx, tokenHash)
	if err != nil {
		return org.Organization{}, booking.Appointment{}, s.explain(err)
	}
	o, err := s.Organization(ctx, org.ID(link.OrgID))
	if err != nil {
		return org.Organization{}, booking.Appointment{}, err
	}
	a, err := s.Appointment(ctx, o.ID, booking.AppointmentID(link.AppointmentID))
	return o, a, err
}

// Appointment reads one.
func (s *Store) Appointment(ctx context.Context, o org.ID, aid booking.AppointmentID) (booking.Appointment, error) {
	row, err := s.qr.Appointment(ctx, db.AppointmentParams{OrgID: string(o), ID: string(aid)})
	if err != nil {
		return booking.Appointment{}, s.explain(err)
	}
	return appointment(row)
}

// ManageToken opens the token of an appointment's private link, for mails.
func (s *Store) ManageToken(ctx context.Context, o org.ID, aid booking.AppointmentID) (secret.String, error) {
	row, err := s.qr.Appointment(ctx, db.AppointmentParams{OrgID: string(o), ID: string(aid)})
	if err != nil {
		return secret.String{}, s.explain(err)
	}
	return s.keys.Open(row.TokenSealed, string(o), "appointments", "token", string(aid))
}

// Appointments reads a page, by start.
func (s *Store) Appointments(ctx context.Context, o org.ID, f booking.Filter) ([]booking.Appointment, string, error) {
	after, err := readCursor(f.After, "apt")
	if err != nil {
		return nil, "", err
	}
	to := int64(math.MaxInt64)
	if !f.To.IsZero() {
		to = ms(f.To)
	}
	limit := pageSize(f.Limit)
	holds := "%"
	if run := f.Person.Longest(); run != "" {
		holds = "%" + run + "%"
	}
	var out []booking.Appointment
	for {
		rows, err := s.qr.AppointmentsPage(ctx, db.AppointmentsPageParams{
			OrgID: string(o), FromMs: ms(f.From), ToMs: to, Status: string(f.Status), CustomerID: string(f.Customer), ServiceID: f.Service, RepID: f.Rep,
			Holds: holds, AfterStart: after.at, AfterID: after.id, N: int32(limit + 1),
		})
		if err != nil {
			return nil, "", s.explain(err)
		}
		for _, r := range rows {
			a, err := appointment(r)
			if err != nil {
				return nil, "", err
			}
			if !f.Person.Finds(a.Contact) { // the query only leaves out what cannot be found
				continue
			}
			if len(out) == limit {
				last := out[limit-1]
				return out, cursor{ms(last.Start), string(last.ID)}.String(), nil
			}
			out = append(out, a)
		}
		if len(rows) <= limit {
			return out, "", nil
		}
		after = cursor{rows[limit].StartsAt, rows[limit].ID}
	}
}

// Timeline reads what happened to an appointment, in order.
func (s *Store) Timeline(ctx context.Context, o org.ID, aid booking.AppointmentID) ([]booking.Event, error) {
	rows, err := s.qr.Events(ctx, db.EventsParams{OrgID: string(o), AppointmentID: string(aid)})
	if err != nil {
		return nil, s.explain(err)
	}
	out := make([]booking.Event, len(rows))
	for i, r := range rows {
		choice, err := readChoice(r.Choice)
		if err != nil {
			return nil, err
		}
		out[i] = booking.Event{At: at(r.At), Kind: r.Kind, Actor: r.Actor, Start: at(r.StartsAt), Rep: r.RepID, Detail: r.Detail, Choice: choice}
	}
	return out, nil
}

func appointment(r db.Appointment) (booking.Appointment, error) {
	var contact contactDoc
	a := booking.Appointment{
		ID: booking.AppointmentID(r.ID), Status: booking.Status(r.Status), Revision: r.Revision, Service: r.ServiceID, Rep: r.RepID,
		Start: at(r.StartsAt), End: at(r.EndsAt), Timezone: r.Timezone, Language: r.Language, Customer: lead.CustomerID(r.CustomerID), Lead: lead.ID(r.LeadID),
		Notes: r.Notes, PostalCode: r.PostalCode, CancelReason: r.CancelReason, Request: r.Request != 0, Created: at(r.CreatedAt), Updated: at(r.UpdatedAt),
	}
	err := errors.Join(json.Unmarshal([]byte(r.Contact), &contact), json.Unmarshal([]byte(r.Answers), &a.Answers), json.Unmarshal([]byte(r.Utm), &a.UTM))
	if err != nil {
		return a, fmt.Errorf("read appointment %s: %w", r.ID, err)
	}
	a.Contact = lead.Contact(contact)
	return a, nil
}
