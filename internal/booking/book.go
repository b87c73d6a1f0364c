package booking

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
)

// HoldFor is how long a hold keeps a slot while the visitor fills the form.
const HoldFor = 10 * time.Minute

// MaxHolds is how many live holds one visitor's address may have.
const MaxHolds = 30

// Request is a wish to book, as it came in.
type Request struct {
	Scheduler string
	Service   string
	Start     time.Time
	Hold      HoldID // "" for none; one that ended, was used or is for another slot is as none
	Rep       string // whom the visitor asks for, where the service lets them choose; "": anyone
	Contact   lead.Contact
	Answers   map[string]string
	Notes     string
	UTM       map[string]string
	Timezone  string // the visitor's, for messages; "" = the scheduler's
	Language  string // the visitor's, for messages; "" = English
	Key       lead.IdempotencyKey
	Actor     string     // who books, for the timeline: visitor, api
	Texts     *Agreement `json:",omitempty"` // the visitor agrees to text messages; nil: they do not
	Desk      *Desk      `json:",omitempty"` // somebody of the organization books for a caller; nil: nobody does
	Once      bool       `json:",omitempty"` // whoever has this visit already is not booked again, see AlreadyBooked
}

// Agreement is what somebody has agreed to, by ticking a box.
type Agreement struct {
	Words string // that stood beside the box
	At    time.Time
}

// HoldRequest is a wish to keep a slot for some minutes.
type HoldRequest struct {
	Scheduler, Service, PostalCode string
	Start                          time.Time
	Rep                            string // as in Request
	Holder                         string // digest of the visitor's address; "" lifts the limit
}

// Hold reserves a slot for HoldFor. fault.Conflict: taken or never offered; fault.Limited: too many holds of this holder.
func (s *Service) Hold(ctx context.Context, r HoldRequest) (Hold, error) {
	return s.HoldWith(ctx, r, HoldFor, s.store.HoldSlot)
}

// HoldWith is Hold for as long as life and by whoever stores something together with the hold: put is called as the store's
// HoldSlot would be.
func (s *Service) HoldWith(ctx context.Context, r HoldRequest, life time.Duration, put func(context.Context, org.ID, Question, func(Situation) (Hold, error)) (Hold, error)) (Hold, error) {
	of, err := s.store.Offering(ctx, r.Scheduler)
	if err != nil {
		return Hold{}, err
	}
	if of.Copy.blocked(s.now()) {
		return Hold{}, errStale
	}
	var out Hold
	err = s.retryMoved(ctx, of, func(c *compiled) error {
		single := availability.Ask{Service: r.Service, PostalCode: r.PostalCode, Start: r.Start, Rep: r.Rep}
		if err := cmp.Or(checkService(c, r.Service), checkRep(c, r.Service, r.Rep)); err != nil {
			return err
		}
		q := s.question(c, single)
		q.Holder = r.Holder
		out, err = put(ctx, of.Organization.ID, q, func(sit Situation) (Hold, error) {
			if r.Holder != "" && sit.Holds >= MaxHolds {
				return Hold{}, fault.TooMany(HoldFor, "You are holding too many times already. Please finish or wait a few minutes.")
			}
			choice, err := choose(c, single, sit, nil, q.Now)
			if err != nil {
				return Hold{}, err
			}
			sv, _ := c.catalog.Service(r.Service)
			return Hold{
				ID: HoldID(id.New("hold", q.Now)), Service: r.Service, Rep: choice.Rep, Choice: choice, Start: r.Start.UTC(),
				End: r.Start.UTC().Add(time.Duration(sv.DurationMinutes) * time.Minute), Expires: q.Now.Add(life).UTC().Truncate(time.Second),
				Holder: r.Holder, Created: q.Now,
			}, nil
		})
		return err
	})
	return out, err
}

// Release ends a hold early; one that is not there is no error.
func (s *Service) Release(ctx context.Context, o org.ID, h HoldID) error {
	return s.store.ReleaseHold(ctx, o, h)
}

// Book makes an appointment. When it returns without error the appointment is durable. fault.Invalid names the wrong
// fields by their path in the request; fault.Conflict means that the time is taken (code TAKEN), that the person has this
// visit already (code AlreadyBooked) or that the idempotency key was used for another request.
func (s *Service) Book(ctx context.Context, r Request) (Confirmation, error) {
	of, err := s.store.Offering(ctx, r.Scheduler)
	if err != nil {
		return Confirmation{}, err
	}
	return s.BookAt(ctx, of, r)
}

// BookAt is Book for whoever has read what the scheduler of the request offers.
func (s *Service) BookAt(ctx context.Context, of Offering, r Request) (Confirmation, error) {
	wrong, given := r.check(of), r
	out := Confirmation{Managed: Managed{Organization: of.Organization}}
	err := s.retryMoved(ctx, of, func(c *compiled) error {
		kept, bad := answers(c.catalog, given)
		if err := fault.OfFields(slices.Concat(wrong, bad)); err != nil {
			return err
		}
		r.Answers = kept
		if err := cmp.Or(checkService(c, r.Service), checkRep(c, r.Service, r.Rep)); err != nil {
			return err
		}
		single := availability.Ask{Service: r.Service, PostalCode: r.Contact.PostalCode, Start: r.Start, Rep: r.Rep}
		q := s.question(c, single)
		q.Contact, q.Key, q.Hold = r.Contact, r.Key, r.Hold
		if r.Once {
			q.Same = Visit{Service: r.Service, Start: r.Start}
		}
		var has Appointment
		receipt, err := s.store.Book(ctx, of.Organization.ID, q, func(sit Situation) (Booking, error) {
			var had bool
			if has, had = r.had(sit); had { // asked again, it answers for the last time alone
				return Booking{}, errHad
			}
			return s.decide(c, of, r, single, sit, q.Now)
		})
		if has.ID != "" {
			receipt, err = s.receiptOf(ctx, of.Organization.ID, r, has, err)
		}
		out.Appointment, out.Token, out.Lead, out.Catalog = receipt.Appointment, receipt.Token, receipt.Lead, c.catalog
		return err
	})
	return out, err
}

// check normalises the contact and names what is wrong.
func (r *Request) check(of Offering) []fault.Field {
	contact, wrong := r.Contact.Normalise(of.Organization.Country)
	r.Contact = contact
	if r.Timezone == "" {
		r.Timezone = of.Organization.Timezone
	}
	if !org.ValidZone(r.Timezone) {
		wrong = append(wrong, fault.Field{Path: "timezone", Message: "must be an IANA time zone such as America/Chicago."})
	}
	wrong = append(wrong, lead.CheckText("notes", r.Notes, lead.MaxNotes)...)
	wrong = append(wrong, lead.CheckPairs("answers", r.Answers)...)
	wrong = append(wrong, lead.CheckPairs("utm", r.UTM)...)
	wrong = append(wrong, r.Desk.check()...)
	if r.Texts != nil && r.Contact.Phone == "" {
		wrong = append(wrong, fault.Field{Path: "customer.phone", Message: "Please give the number that may be texted."})
	}
	if r.Start.IsZero() {
		wrong = append(wrong, fault.Field{Path: "start", Message: "Please choose a time."})
	}
	if r.Actor == "" {
		r.Actor = "visitor"
	}
	return wrong
}

// decide makes the booking of a slot that is free in this situation, or says that it is not.
func (s *Service) decide(c *compiled, of Offering, r Request, single availability.Ask, sit Situation, now time.Time) (Booking, error) {
	sv, _ := c.catalog.Service(r.Service)
	customer := lead.Recognise(r.Contact, sit.Known, now)
	choice, used, note, err := seat(c, of, r, single, sit, sit.Owners[customer.ID], now)
	if err != nil {
		return Booking{}, err
	}
	a := Appointment{
		ID: AppointmentID(id.New("apt", now)), Status: Confirmed, Revision: 1, Service: r.Service, Rep: choice.Rep,
		Start: r.Start.UTC(), End: r.Start.UTC().Add(time.Duration(sv.DurationMinutes) * time.Minute), Timezone: r.Timezone, Language: r.Language,
		Customer: customer.ID, Contact: r.Contact, Answers: r.Answers, Notes: r.Notes, UTM: r.UTM,
		PostalCode: r.Contact.PostalCode, Created: now, Updated: now,
	}
	if r.beside(sit) {
		note = strings.TrimSpace("The customer has this visit twice: whoever booked knew of the first.\n" + note)
	}
	b := Booking{
		Receipt: Receipt{Token: secret.NewString(id.Token())}, Customer: customer, UsedHold: used, Choice: choice, Actor: r.Actor, Note: note, Texts: r.Texts,
	}
	b.Lead, b.NewLead = leadOf(a, customer, sit, now)
	if of.Copy.tentative(now) {
		a.Status = Tentative
	}
	a.ask(sv, r.Actor)
	if b.Lead != nil {
		a.Lead = b.Lead.ID
		b.Receipt.Lead = b.Lead.ID
	}
	b.Receipt.Appointment = a
	return b, nil
}

// leadOf completes the newest open lead of the customer or, for a new person, opens one; nil for a known person without
// an open lead.
func leadOf(a Appointment, customer lead.Customer, sit Situation, now time.Time) (l *lead.Lead, isNew bool) {
	for _, l := range sit.OpenLeads {
		if l.Customer == customer.ID && l.Stage.Open() {
			l.Stage, l.Appointment = lead.Booked, string(a.ID)
			return &l, false
		}
	}
	for _, k := range sit.Known {
		if k.ID == customer.ID {
			return nil, false
		}
	}
	return &lead.Lead{
		ID: lead.ID(id.New("lead", now)), Kind: lead.FromBooking, Stage: lead.Booked, Customer: customer.ID, Contact: a.Contact,
		Message: a.Notes, UTM: a.UTM, Language: a.Language, Appointment: string(a.ID), Created: now,
	}, true
}

// seat gives the rep of a booking, with the hold that it uses and what the timeline says of how it came about. The hold's
// rep comes; only an owner of the customer's record who is free goes before, as nobody knew whose customer it is when the
// time was held.
func seat(c *compiled, of Offering, r Request, single availability.Ask, sit Situation, owners []string, now time.Time) (Choice, HoldID, string, error) {
	if r.Desk != nil {
		choice, note, err := r.Desk.seat(c, of, single, sit, owners, now)
		return choice, "", note, err
	}
	if of.Copy.blocked(now) {
		return Choice{}, "", "", errStale
	}
	rep, used := keptRep(c, r, single, sit, now)
	if rep == "" {
		choice, err := choose(c, single, sit, owners, now)
		return choice, "", "", err
	}
	if len(owners) > 0 {
		besides := single
		besides.Ignore = string(used)
		free, _ := c.rules.Free(besides, sit.Blocks, now)
		if choice := c.pick(single, free, sit.Counts, owners); choice.Why == ByOwner {
			choice.Hold = used
			return choice, used, "", nil
		}
	}
	choice := Choice{Rep: rep, Why: ByFewest}
	if sit.Held != nil {
		choice = *sit.Held
	}
	choice.Held, choice.Hold = true, used
	return choice, used, "", nil
}

// keptRep gives the rep of the request's hold if the hold lives, is for this slot and the rep is free but for it.
func keptRep(c *compiled, r Request, single availability.Ask, sit Situation, now time.Time) (string, HoldID) {
	if r.Hold == "" {
		return "", ""
	}
	for _, b := range sit.Blocks {
		if b.Kind != availability.Hold || b.ID != string(r.Hold) || b.Service != r.Service || !b.Start.Equal(r.Start) || !b.Expires.After(now) {
			continue
		}
		single.Ignore = b.ID
		free, _ := c.rules.Free(single, sit.Blocks, now)
		for _, rep := range free {
			if rep == b.Rep {
				return rep, r.Hold
			}
		}
	}
	return "", ""
}

// choose gives the rep whom a booking would take at this moment, or fault.Conflict with the first reason.
func choose(c *compiled, single availability.Ask, sit Situation, owners []string, now time.Time) (Choice, error) {
	free, why := c.rules.Free(single, sit.Blocks, now)
	if len(free) == 0 {
		return Choice{}, refused(why)
	}
	return c.pick(single, free, sit.Counts, owners), nil
}

// refused turns the reasons for a slot that is not offered into what the visitor reads.
func refused(why availability.Explanation) error {
	if unserved(why.Reasons) {
		return fault.Coded(fault.Conflict, string(availability.OutOfTerritory), "We do not serve this postal code at that time. Please send us an enquiry instead.")
	}
	for _, r := range why.Reasons {
		switch r.Code {
		case availability.Past, availability.TooSoon:
			return fault.Coded(fault.Conflict, string(r.Code), "This time is too soon to be booked. Please choose a later one.")
		case availability.TooFar:
			return fault.Coded(fault.Conflict, string(r.Code), "This time is too far ahead to be booked. Please choose an earlier one.")
		}
	}
	return errTaken
}

// unserved reports whether every rep who is named is kept away by the postal code.
func unserved(reasons []availability.Reason) bool {
	away := map[string]bool{}
	for _, r := range reasons {
		if r.Rep != "" {
			away[r.Rep] = away[r.Rep] || r.Code == availability.OutOfTerritory
		}
	}
	for _, out := range away {
		if !out {
			return false
		}
	}
	return len(away) > 0
}

// question asks the store for what Free, Assign and Recognise need.
func (s *Service) question(c *compiled, single availability.Ask) Question {
	sv, _ := c.catalog.Service(single.Service)
	q := Question{CatalogRevision: c.revision, Now: s.now()}
	if q.From, q.To = c.rules.NearOf(single); sv.CapacityPerDay > 0 {
		q.From, q.To = c.rules.ReachOf(single)
	}
	if sv.Assignment != catalog.Priority && len(sv.Reps) > 1 {
		q.Around = single.Start
	}
	q.Owners = sv.Assignment == catalog.OwnerFirst
	return q
}

func checkService(c *compiled, service string) error {
	if sv, ok := c.catalog.Service(service); !ok || sv.Archived {
		return fault.OfField("service", "There is no such service.")
	}
	return nil
}
