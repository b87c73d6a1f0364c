package notify

import (
	"context"
	"strings"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/org"
)

// Channel is a way by which messages reach somebody.
type Channel string

// ByMail is e-mail.
const ByMail Channel = "mail"

// ConsentState is what somebody said.
type ConsentState string

// What people say about messages that come unasked: reminders and follow-ups. Who has said nothing has booked, and gets
// them.
const (
	Given     ConsentState = "given"
	Withdrawn ConsentState = "withdrawn"
)

// Consent is what somebody said at a time. The ledger of these is only added to; the newest holds. It knows an address by
// its hash alone, so that a person can be erased and is still left in peace.
type Consent struct {
	ID          string
	At          time.Time
	Channel     Channel
	Address     string // hash
	State       ConsentState
	Source      string // one_click, page, bounce; booking, stop, start
	Words       string // that were agreed to; "" where none were shown
	Appointment booking.AppointmentID
}

func addressHash(address string) string { return id.Hash(strings.ToLower(strings.TrimSpace(address))) }

// Consents gives what the owner of an address said, the newest first.
func (s *Service) Consents(ctx context.Context, o org.ID, address string) ([]Consent, error) {
	return s.Store.Consents(ctx, o, addressHash(address))
}

// Unwanted reports whether the owner of an address wants no reminders.
func (s *Service) Unwanted(ctx context.Context, o org.ID, address string) (bool, error) {
	list, err := s.Consents(ctx, o, address)
	return len(list) > 0 && list[0].State == Withdrawn, err
}

// Say keeps what the customer of an appointment says about reminders. What they have said already is not kept again.
func (s *Service) Say(ctx context.Context, m booking.Managed, state ConsentState, source string) error {
	address := m.Appointment.Contact.Email
	if address == "" {
		return nil
	}
	list, err := s.Consents(ctx, m.Organization.ID, address)
	if err != nil {
		return err
	}
	now, before := s.Now(), Given
	for _, c := range list[:min(1, len(list))] {
		before = c.State
		if !now.After(c.At) { // clocks of nodes differ: the newest holds
			now = c.At.Add(time.Millisecond)
		}
	}
	if before == state {
		return nil
	}
	return s.Store.KeepConsent(ctx, m.Organization.ID, Consent{
		ID: id.New("con", now), At: now, Channel: ByMail, Address: addressHash(address), State: state, Source: source, Appointment: m.Appointment.ID,
	})
}
