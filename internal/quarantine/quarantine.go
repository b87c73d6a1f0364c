// Package quarantine stands between the public faces and bookings and enquiries: it looks for signs of spam and decides
// what becomes of a request.
//
// Each sign has points (see judge.go). Below Doubtful a request goes on as if this package were not there; from Doubtful it
// is kept whole in our store and nowhere else, until a person releases or discards it; from Clear it is refused. What is
// kept makes no appointment, customer, job or mail. It takes no slot either: the only thing that blocks one is the hold that
// the visitor got by choosing the time, and that ends after booking.HoldFor as any other. One sign that honest people show
// too, such as a quick hand or a browser without JavaScript, is never enough. Programs with an API key are not looked at, and of those without, which send no form,
// only what they wrote. What is kept is deleted after KeepFor. A form that is left before it is sent goes the same way when its
// quiet time is over (see left.go).
package quarantine

import (
	"context"
	"errors"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/waitlist"
	"heavyset.tech/platform/internal/web/limit"
)

const (
	// KeepFor is how long a request is kept, settled or not.
	KeepFor = 30 * 24 * time.Hour
	// MaxWaiting is how many wait for a person in one organization; further doubtful ones are refused.
	MaxWaiting = 5000
)

// ID names a kept request.
type ID string

// Suspect is a request that waits for a person, or has been settled.
type Suspect struct {
	ID      ID
	At      time.Time
	Score   int
	Reasons []string // in words
	Request Request
	Settled time.Time // zero: it waits
	By      string
	Choice  Choice
	Made    string // the appointment or lead that was made of it; "" for none
}

// Request is what came in, whole. Exactly one of Booking, Lead and Wait is set.
type Request struct {
	Address string
	Booking *booking.Request `json:",omitempty"`
	Lead    *lead.Request    `json:",omitempty"`
	Wait    *waitlist.Entry  `json:",omitempty"` // somebody wants to wait for a time
}

// Contact is who it says it is from.
func (r Request) Contact() lead.Contact {
	switch {
	case r.Booking != nil:
		return r.Booking.Contact
	case r.Wait != nil:
		return r.Wait.Contact
	}
	return r.Lead.Contact
}

// Text is what was written.
func (r Request) Text() string {
	switch {
	case r.Booking != nil:
		return r.Booking.Notes
	case r.Wait != nil:
		return r.Wait.Notes
	}
	return r.Lead.Message
}

func (r Request) key() (call string, key lead.IdempotencyKey) {
	switch {
	case r.Booking != nil:
		return "bookings", r.Booking.Key
	case r.Wait != nil:
		return "", lead.IdempotencyKey{} // whoever waits already is not put on the list again
	}
	return "leads", r.Lead.Key
}

// sound says whether the request could become something at all. What could not is left to whoever names the wrong fields.
func (r Request) sound(o org.Organization) bool {
	_, wrong := r.Contact().Normalise(o.Country)
	wrong = append(wrong, lead.CheckText("notes", r.Text(), lead.MaxNotes)...)
	if b := r.Booking; b != nil {
		wrong = append(append(wrong, lead.CheckPairs("answers", b.Answers)...), lead.CheckPairs("utm", b.UTM)...)
		return len(wrong) == 0 && len(b.Service) <= 100 && len(b.Timezone) <= 100 && len(b.Hold) <= 100
	}
	if r.Wait != nil {
		return len(wrong) == 0 // Join has checked the rest
	}
	wrong = append(wrong, lead.CheckPairs("utm", r.Lead.UTM)...)
	return len(wrong) == 0 && (r.Lead.Kind == lead.ContactUs || r.Lead.Kind == lead.Abandoned)
}

// Choice is what a person decided.
type Choice string

// The choices.
const (
	Released  Choice = "released"
	Enquiry   Choice = "enquiry" // a booking was made an enquiry, because somebody will call
	Discarded Choice = "discarded"
)

// Settlement ends the waiting.
type Settlement struct {
	At     time.Time
	By     string
	Choice Choice
	Made   string
}

// Store keeps suspects.
type Store interface {
	// Answered says whether a call with this key was answered already.
	Answered(ctx context.Context, o org.ID, call string, k lead.IdempotencyKey) (bool, error)
	// UseProof keeps by which request the proof of work of a form was used; fresh is false when another one has before.
	// FreeProof takes that back.
	UseProof(ctx context.Context, o org.ID, p Proof) (fresh bool, err error)
	FreeProof(ctx context.Context, o org.ID, p Proof) error
	// KeepSuspect keeps a request; one whose key is kept already is the same request. ErrRefused when too many wait.
	KeepSuspect(ctx context.Context, o org.ID, s Suspect) error
	// Suspects lists those that wait, oldest first, and the last that were settled.
	Suspects(ctx context.Context, o org.ID) (waiting, settled []Suspect, err error)
	Suspect(ctx context.Context, o org.ID, id ID) (Suspect, error)
	CountSuspects(ctx context.Context, o org.ID) (int, error)
	// SettleSuspect ends the waiting; fault.Conflict when somebody has already.
	SettleSuspect(ctx context.Context, o org.ID, id ID, how Settlement) error
}

// Service looks at requests. Make it with New.
type Service struct {
	Waitlist *waitlist.Service
	Store    Store
	bookings *booking.Service
	leads    *lead.Service
	keys     *secret.Keyring
	now      func() time.Time

	sent, left paces // requests; forms that are not sent yet
}

// paces are how often the same address, person or text may come.
type paces struct{ addresses, people, texts pace }

func newPaces(now func() time.Time) paces {
	return paces{
		addresses: pace{limit.New(2, 20, now), limit.New(4, 40, now)},
		people:    pace{limit.New(1, 6, now), limit.New(1, 15, now)},
		texts:     pace{limit.New(1, 4, now), limit.New(1, 12, now)},
	}
}

// pace has two bounds: above the first is a sign, above the second a strong one.
type pace struct{ some, many *limit.Limiter }

// New makes the service. keys sign the times at which forms were opened, so that every node knows them.
func New(s Store, bookings *booking.Service, leads *lead.Service, keys *secret.Keyring, now func() time.Time) *Service {
	return &Service{Store: s, bookings: bookings, leads: leads, keys: keys, now: now, sent: newPaces(now), left: newPaces(now)}
}

// ErrRefused is what clear spam is told, and doubtful requests while too many wait.
var ErrRefused = fault.New(fault.Invalid, "We could not take this. Please call us instead.")

// Book books what a scheduler offers, or keeps the request: held is true then and nothing was booked. fault.Invalid when it is
// clearly spam.
func (s *Service) Book(ctx context.Context, of booking.Offering, r booking.Request, g Signs) (c booking.Confirmation, held bool, err error) {
	answered, err := s.bookings.Answered(ctx, of, r)
	x := Request{Address: g.Address, Booking: &r}
	if err == nil && answered { // otherwise the visitor is asked again
		held, err = s.held(ctx, of.Organization, x, g)
	}
	if held || err != nil {
		return booking.Confirmation{}, held, err
	}
	if c, err = s.bookings.BookAt(ctx, of, r); err != nil {
		err = errors.Join(err, s.free(ctx, of.Organization.ID, x, g))
	}
	return c, false, err
}

// Capture takes an enquiry in the same way.
func (s *Service) Capture(ctx context.Context, o org.Organization, r lead.Request, g Signs) (l lead.Lead, held bool, err error) {
	x := Request{Address: g.Address, Lead: &r}
	held, err = s.held(ctx, o, x, g)
	if held || err != nil {
		return lead.Lead{}, held, err
	}
	if l, err = s.leads.Capture(ctx, o, r); err != nil {
		err = errors.Join(err, s.free(ctx, o.ID, x, g))
	}
	return l, false, err
}

// Join puts somebody on the waiting list in the same way; nobody sees whether they are held back.
func (s *Service) Join(ctx context.Context, o org.Organization, e waitlist.Entry, g Signs) error {
	e, err := s.Waitlist.Check(ctx, o, e)
	if err != nil {
		return err
	}
	x := Request{Address: g.Address, Wait: &e}
	held, err := s.held(ctx, o, x, g)
	if held || err != nil {
		return err
	}
	if err := s.Waitlist.Join(ctx, o, e); err != nil {
		return errors.Join(err, s.free(ctx, o.ID, x, g))
	}
	return nil
}

// held judges a request and keeps it when it is doubtful.
func (s *Service) held(ctx context.Context, o org.Organization, r Request, g Signs) (bool, error) {
	if g.Trusted || !r.sound(o) {
		return false, nil
	}
	score, reasons := s.judge(s.sent, o.ID, r, g)
	if score < Clear {
		again, err := s.reused(ctx, o.ID, r, g)
		if err != nil {
			return false, err
		}
		if again {
			score, reasons = score+weak, append(reasons, "The proof of work of its form was used for another request before.")
		}
	}
	if score < Doubtful {
		return false, nil
	}
	call, k := r.key()
	if k.Key != "" { // a repetition is what the first was
		if done, err := s.Store.Answered(ctx, o.ID, call, k); done || err != nil {
			return false, err
		}
	}
	if score >= Clear {
		return false, ErrRefused
	}
	v := Suspect{ID: ID(id.New("sus", s.now())), At: s.now(), Score: score, Reasons: reasons, Request: r}
	if err := s.Store.KeepSuspect(ctx, o.ID, v); err != nil {
		return false, err
	}
	return true, nil
}

// Release makes what the request asked for: fault.Conflict when its time has been taken meanwhile or, with the code
// booking.AlreadyBooked, when its person has that visit; then Made names the appointment that is there.
func (s *Service) Release(ctx context.Context, o org.Organization, v ID, by string) (Suspect, error) {
	return s.settle(ctx, o, v, by, Released)
}

// AsEnquiry makes an enquiry of a booking whose time is gone.
func (s *Service) AsEnquiry(ctx context.Context, o org.Organization, v ID, by string) (Suspect, error) {
	return s.settle(ctx, o, v, by, Enquiry)
}

// Discard lets nothing become of the request.
func (s *Service) Discard(ctx context.Context, o org.Organization, v ID, by string) (Suspect, error) {
	return s.settle(ctx, o, v, by, Discarded)
}

func (s *Service) settle(ctx context.Context, o org.Organization, v ID, by string, how Choice) (Suspect, error) {
	x, err := s.Store.Suspect(ctx, o.ID, v)
	if err != nil {
		return Suspect{}, err
	}
	if !x.Settled.IsZero() {
		return Suspect{}, ErrSettled
	}
	x.Settled, x.By, x.Choice = s.now(), by, how
	if how != Discarded {
		if x.Made, err = s.make(ctx, o, x); err != nil {
			return Suspect{Made: x.Made}, err
		}
	}
	return x, s.Store.SettleSuspect(ctx, o.ID, v, Settlement{At: x.Settled, By: by, Choice: how, Made: x.Made})
}

// ErrSettled says that somebody was faster.
var ErrSettled = fault.New(fault.Conflict, "This request has been settled already.")

// make goes on with a request as if it had never been kept, but that nobody is booked twice. Its key makes of two attempts one.
func (s *Service) make(ctx context.Context, o org.Organization, x Suspect) (string, error) {
	key := lead.IdempotencyKey{Key: "quarantine:" + string(x.ID), Body: string(x.ID)}
	b := x.Request.Booking
	if b != nil && x.Choice == Released {
		r := *b
		r.Key, r.Hold, r.Once = key, "", true
		c, err := s.bookings.Book(ctx, r)
		return string(c.Appointment.ID), err
	}
	if e := x.Request.Wait; e != nil {
		return "", s.Waitlist.Join(ctx, o, *e)
	}
	var r lead.Request
	if b == nil {
		r = *x.Request.Lead
	} else {
		text, err := s.told(ctx, o.ID, *b)
		if err != nil {
			return "", err
		}
		r = lead.Request{Kind: lead.ContactUs, Contact: b.Contact, Message: text, UTM: b.UTM, Language: b.Language}
	}
	r.Key = key
	l, err := s.leads.Capture(ctx, o, r)
	return string(l.ID), err
}

// told is what an enquiry says that was made of a booking: the notes and, by their questions, the answers, as much as an
// enquiry holds.
func (s *Service) told(ctx context.Context, o org.ID, b booking.Request) (string, error) {
	cat, err := s.bookings.Catalog(ctx, o)
	if err != nil {
		return "", err
	}
	text := b.Notes
	for _, r := range cat.Replies(b.Service, b.Answers) {
		if text != "" {
			text += "\n"
		}
		text += r.Question + ": " + r.Answer
	}
	if long := []rune(text); len(long) > lead.MaxNotes {
		text = string(long[:lead.MaxNotes])
	}
	return text, nil
}
