package booking

import (
	"context"
	"slices"
	"strings"
	"time"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
)

// AlreadyBooked is the code of fault.Conflict for whoever books a visit that they have. With it comes the appointment that
// is there; its Token only for whoever names the hold that it used, as anybody may know somebody's address and name.
const AlreadyBooked = "ALREADY_BOOKED"

// Visit is a service at a start.
type Visit struct {
	Service string
	Start   time.Time
}

// had finds the appointment that the person of a request has already: the same last name, and the same address or phone.
// Whoever of the organization knows of one of them books another.
func (r Request) had(sit Situation) (Appointment, bool) {
	if r.beside(sit) {
		return Appointment{}, false
	}
	i := slices.IndexFunc(sit.Same, r.of)
	if i < 0 {
		return Appointment{}, false
	}
	return sit.Same[i], true
}

// of reports whether an appointment that is still to come is one of the request's person.
func (r Request) of(a Appointment) bool {
	k := a.Contact
	reached := k.Email != "" && k.Email == r.Contact.Email || k.Phone != "" && k.Phone == r.Contact.Phone
	return a.Status.Open() && reached && strings.EqualFold(k.LastName, r.Contact.LastName)
}

// beside reports whether the request is one for a second visit, which somebody wants who knows of the first.
func (r Request) beside(sit Situation) bool {
	return r.Desk != nil && slices.ContainsFunc(sit.Same, func(a Appointment) bool { return a.ID == r.Desk.Beside && r.of(a) })
}

// receiptOf gives what a request may see of the appointment that its person has already, with why it was refused.
func (s *Service) receiptOf(ctx context.Context, o org.ID, r Request, a Appointment, refused error) (Receipt, error) {
	out := Receipt{Appointment: a}
	if r.Hold == "" {
		return out, refused
	}
	list, err := s.store.Timeline(ctx, o, a.ID)
	if err != nil {
		return out, err
	}
	for _, e := range list {
		if e.Kind == "booked" && e.Choice != nil && e.Choice.Hold == r.Hold {
			if out.Token, err = s.store.ManageToken(ctx, o, a.ID); err != nil {
				return out, err
			}
		}
	}
	return out, refused
}

// TokenAt gives the token of an appointment's private link to whoever has proved to read the mail of an address; "" where the
// appointment is not that address's.
func (s *Service) TokenAt(ctx context.Context, o org.ID, a Appointment, email string) (secret.String, error) {
	if email == "" || a.Contact.Email != email {
		return secret.String{}, nil
	}
	return s.store.ManageToken(ctx, o, a.ID)
}

// Keeps reports whether a hold still keeps its time.
func (s *Service) Keeps(ctx context.Context, o org.ID, id HoldID) (bool, error) {
	if id == "" {
		return false, nil
	}
	h, err := s.store.Hold(ctx, o, id)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil && h.Expires.After(s.now()), err
}
