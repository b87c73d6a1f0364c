package notify

import (
	"context"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/org"
)

// Reach says by what a message of a kind gets to the customer of a visit.
type Reach struct {
	Mail, Text bool
	Texting    bool         // the organization sends such messages as texts too
	Said       ConsentState // what the customer has said of text messages about this visit, where it does; "": nothing
}

// Reach says to whom a message of a kind would go out now: by address, by what was agreed to and by what the organization sends.
func (s *Service) Reach(ctx context.Context, o org.ID, k Kind, a booking.Appointment) (Reach, error) {
	r := Reach{Mail: a.Contact.Email != ""}
	if r.Mail && k.planned() {
		unwanted, err := s.Unwanted(ctx, o, a.Contact.Email)
		if err != nil {
			return r, err
		}
		r.Mail = !unwanted
	}
	if texts, err := s.Texts(ctx, o); err != nil || !texts || k == FollowUp {
		return r, err
	}
	said, err := s.TextedOf(ctx, o, a)
	r.Texting, r.Said, r.Text = true, said.State, said.State == Given
	return r, err
}

// Words tell the office how the customer hears of something, such as "your answer".
func (r Reach) Words(something string) string {
	switch hears := "The customer hears of " + something; {
	case r.Mail && r.Text:
		return hears + " by mail and by text message."
	case r.Mail:
		return hears + " by mail."
	case r.Text:
		return hears + " by text message."
	}
	return r.Nothing() + ": please call."
}

// Nothing tells the office that no message goes out to the customer, and why; the sentence has no end yet.
func (r Reach) Nothing() string {
	why := "who has left no mail address"
	switch {
	case r.Texting && r.Said == Withdrawn:
		why += " and has stopped text messages"
	case r.Texting:
		why += " and has not agreed to text messages"
	}
	return "Nothing is sent to this customer, " + why
}
