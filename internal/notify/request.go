package notify

import (
	"context"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/locale"
	"heavyset.tech/platform/internal/org"
)

// What becomes due of a request that nobody has answered; neither is a message to the customer.
const (
	RequestWaits Kind = "request_waits" // the staff is reminded
	RequestEnds  Kind = "request_ends"  // it is declined
)

const (
	// answerBy is how long before its start a request that nobody has answered ends, so that the customer can still plan.
	answerBy = 4 * time.Hour
	// answerReminder is how long before its start the staff is reminded of one.
	answerReminder = 24 * time.Hour
	// answerTime is what the staff has at least.
	answerTime = time.Hour
)

// Answerer declines a request: booking.Service.
type Answerer interface {
	Decline(ctx context.Context, o org.ID, id booking.AppointmentID, reason string, revision int64, actor string) (booking.Appointment, error)
}

// planRequest gives when a request that waits is reminded of and when it ends: in the middle of what is left where it was made
// late, and before the customer's quiet hours rather than in them, as its end is told to them.
func (p Policy) planRequest(a booking.Appointment, now time.Time) []Planned {
	ends := a.Start.Add(-answerBy)
	if from, _, quiet := p.Quiet.around(ends, a.Location()); quiet && from.After(now.Add(answerTime)) {
		ends = from
	}
	if !ends.After(now.Add(answerTime)) {
		ends = now.Add(a.Start.Sub(now) / 2)
	}
	waits := a.Start.Add(-answerReminder)
	if !waits.After(now.Add(answerTime)) || !waits.Before(ends) {
		waits = now.Add(ends.Sub(now) / 2)
	}
	return []Planned{{Kind: RequestWaits, Start: a.Start, Due: waits}, {Kind: RequestEnds, Start: a.Start, Due: ends}}
}

// unanswered reminds the staff of a request, or ends it, if it still waits for its time.
func (s *Service) unanswered(ctx context.Context, due Due, a booking.Appointment) error {
	if !a.Waits() || !a.Start.Equal(due.Start) || !a.Start.After(s.Now()) {
		return nil
	}
	if due.Kind == RequestEnds {
		_, err := s.Answerer.Decline(ctx, due.Org, a.ID, locale.Of(a.Language).T("We could not look at your request in time."), a.Revision, "system")
		if fault.Is(err, fault.Conflict) { // somebody has answered just now
			return nil
		}
		return err
	}
	p, err := s.Store.MessagePolicy(ctx, due.Org)
	if err != nil {
		return err
	}
	f := booking.Fact{Org: due.Org, Appointment: a.ID, Revision: a.Revision, Service: a.Service, Rep: a.Rep, Start: a.Start, End: a.End}
	return s.tellStaff(ctx, RequestWaits, f, a, p)
}
