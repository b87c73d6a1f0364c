package lead

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/org"
)

// LeftID names a booking form that was left.
type LeftID string

// Left is what a visitor has typed into a booking form that is not sent yet, and that the organization may use.
type Left struct {
	ID       LeftID
	Form     string // digest of the form's own key: what is typed later takes the place of what was typed before
	Contact  Contact
	Choice   string // what they were about to book, in words for staff
	Notes    string
	UTM      map[string]string
	Language string    // of the page
	Agreed   bool      // they have ticked that they may be contacted
	Opened   time.Time // when they opened the form
	Due      time.Time // when the quiet time is over
	Address  string    // that it came from

	// What the signs of spam said of it.
	Score   int
	Reasons []string
}

// LogValue keeps people out of logs: only the id shows.
func (l Left) LogValue() slog.Value { return slog.StringValue(string(l.ID)) }

// LeftDue is the fact that nothing has been typed into a form for the quiet time.
type LeftDue struct {
	Org  org.ID `json:"org"`
	Left LeftID `json:"left"`
}

// Pursue says which visitors who did not finish become a lead.
type Pursue string

// Whom an organization contacts.
const (
	PursueAsked Pursue = "asked" // those who ticked a box that says so
	PursueAll   Pursue = "all"   // all who have given their details; the page tells them
	PursueNone  Pursue = "none"
)

// LeftPolicy is what an organization wants to become of forms that were left.
type LeftPolicy struct {
	Pursue Pursue
	After  time.Duration // how long nothing happens before the visitor counts as gone
}

// Bounds of the quiet time: it outlives a hold, and an interest that is a day old is cold.
const (
	MinQuiet = 10 * time.Minute
	MaxQuiet = 24 * time.Hour
)

const (
	// MaxLeft is how many forms are kept in one organization at a time; further ones are not.
	MaxLeft = 5000
	// KeepLeftFor is how long a form is kept after its quiet time when nothing came of it.
	KeepLeftFor = 7 * 24 * time.Hour
)

// DefaultLeftPolicy is what holds before anything was saved: nobody is contacted who did not ask for it.
func DefaultLeftPolicy() LeftPolicy { return LeftPolicy{PursueAsked, 30 * time.Minute} }

// Allows reports whether a visitor may be contacted.
func (p LeftPolicy) Allows(agreed bool) bool {
	return p.Pursue == PursueAll || p.Pursue == PursueAsked && agreed
}

// LeftStore keeps forms that were left.
type LeftStore interface {
	// LeftPolicy reads an organization's policy, or the default.
	LeftPolicy(ctx context.Context, o org.ID) (LeftPolicy, error)
	PutLeftPolicy(ctx context.Context, o org.ID, p LeftPolicy) error
	// PutLeft keeps a form in the place of what was typed into it before; nothing happens when MaxLeft are kept.
	PutLeft(ctx context.Context, o org.ID, l Left) error
	// ForgetLeft takes a form away that may be kept; there need not be one.
	ForgetLeft(ctx context.Context, o org.ID, form string) error
	// CountLeft counts those that are kept.
	CountLeft(ctx context.Context, o org.ID) (int, error)
	// TakeDueLeft states LeftDue for every form whose quiet time is over, once for each time it begins anew.
	TakeDueLeft(ctx context.Context, now time.Time) error
	// Left reads one, and whether its person has booked or asked since they opened it. fault.NotFound.
	Left(ctx context.Context, o org.ID, id LeftID) (l Left, came bool, err error)
	// EndLeft makes a lead of a form with the fact Captured and takes the form away, in one transaction. A form that is not
	// there any more, or whose person came, makes none.
	EndLeft(ctx context.Context, o org.ID, id LeftID, decide func(l Left, known []Customer, open []Lead) Capturing) error
}

// SavePolicy keeps what becomes of forms that were left. fault.Invalid names the wrong fields.
func (s *Service) SavePolicy(ctx context.Context, o org.ID, p LeftPolicy) error {
	if p.Pursue != PursueAsked && p.Pursue != PursueAll && p.Pursue != PursueNone {
		return fault.OfField("pursue", "must be asked, all or none.")
	}
	if p.After < MinQuiet || p.After > MaxQuiet {
		return fault.OfField("after", "must be from 10 minutes to 24 hours.")
	}
	return s.Store.PutLeftPolicy(ctx, o, p)
}

// Leave keeps what of a form can be used: a name and a way to reach the person. Where there is none, or the person may
// not be contacted, what was kept of the form is forgotten.
func (s *Service) Leave(ctx context.Context, o org.Organization, l Left) error {
	p, err := s.Store.LeftPolicy(ctx, o.ID)
	if err != nil {
		return err
	}
	contact, sound := l.Contact.sound(o.Country)
	if !sound || !p.Allows(l.Agreed) || len(CheckText("notes", l.Notes, MaxNotes))+len(CheckPairs("utm", l.UTM)) > 0 {
		return s.Store.ForgetLeft(ctx, o.ID, l.Form)
	}
	now := s.Now()
	l.ID, l.Contact, l.Due = LeftID(id.New("left", now)), contact, now.Add(p.After)
	if l.Opened.IsZero() || l.Opened.After(now) {
		l.Opened = now
	}
	return s.Store.PutLeft(ctx, o.ID, l)
}

// sound gives a contact normalised, without the parts that are wrong; false when nobody could be reached with it.
func (c Contact) sound(country string) (Contact, bool) {
	_, wrong := c.Normalise(country)
	for _, w := range wrong {
		if part := c.part(w.Path); part != nil {
			*part = ""
		}
	}
	c, wrong = c.Normalise(country)
	return c, len(wrong) == 0
}

// part is the field of a contact that a path of a request names.
func (c *Contact) part(path string) *string {
	return map[string]*string{
		"customer.first_name": &c.FirstName, "customer.last_name": &c.LastName, "customer.email": &c.Email, "customer.phone": &c.Phone, "customer.street": &c.Street,
		"customer.city": &c.City, "customer.state": &c.State, "customer.postal_code": &c.PostalCode, "customer.country": &c.Country,
	}[path]
}

// EndLeft makes an abandoned lead of a form. The same person's open abandoned lead is completed instead, and a later booking
// of theirs completes it.
func (s *Service) EndLeft(ctx context.Context, o org.ID, id LeftID) error {
	return s.Store.EndLeft(ctx, o, id, func(l Left, known []Customer, open []Lead) Capturing {
		return l.Request().capture(l.Contact, known, open, s.Now())
	})
}

// Request gives a form as the abandoned form that it is.
func (l Left) Request() Request {
	words := []string{}
	if l.Choice != "" {
		words = append(words, "Left the booking form for "+l.Choice+".")
	}
	if l.Agreed {
		words = append(words, "Agreed to be contacted about it.")
	}
	message := []rune(strings.TrimSpace(strings.Join(words, " ") + "\n\n" + l.Notes))
	return Request{
		Kind: Abandoned, Contact: l.Contact, Message: string(message[:min(len(message), MaxNotes)]), UTM: l.UTM, Language: l.Language,
		Key: IdempotencyKey{Key: "left:" + string(l.ID), Body: string(l.ID)},
	}
}
