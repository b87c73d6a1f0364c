package booking

import (
	"cmp"
	"context"
	"slices"
	"time"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
)

// Managed is an appointment with what its page shows around it.
type Managed struct {
	Organization org.Organization
	Appointment  Appointment
	Catalog      catalog.Catalog // with archived services and reps, for names
}

// Confirmation is a booking that is durable, with what its page shows around it.
type Confirmation struct {
	Managed
	Token secret.String // opens the manage page
	Lead  lead.ID
}

// ByToken gives the appointment behind a visitor's private link; fault.NotFound for an unknown or revoked one.
func (s *Service) ByToken(ctx context.Context, token string) (Managed, error) {
	return s.behind(ctx, token, s.store.ByToken)
}

// Unsubscribing is ByToken for whoever wants no more reminders, by the link of a mail that was sent, though it was revoked since.
func (s *Service) Unsubscribing(ctx context.Context, token string) (Managed, error) {
	return s.behind(ctx, token, s.store.Unsubscribing)
}

func (s *Service) behind(ctx context.Context, token string, find func(context.Context, string) (org.Organization, Appointment, error)) (Managed, error) {
	if token == "" || len(token) > 200 {
		return Managed{}, errNoToken
	}
	o, a, err := find(ctx, id.Hash(token))
	if err != nil {
		return Managed{}, err
	}
	cat, _, err := s.store.CatalogAt(ctx, o.ID)
	if err != nil {
		return Managed{}, err
	}
	return Managed{Organization: o, Appointment: a, Catalog: cat}, nil
}

// Reschedule moves the appointment behind a link to another start, by the same rules as a booking with its own range
// ignored; it keeps its rep if free. fault.Conflict: taken, or no longer open.
func (s *Service) Reschedule(ctx context.Context, token string, start time.Time, key lead.IdempotencyKey, actor string) (Managed, error) {
	m, err := s.ByToken(ctx, token)
	if err != nil {
		return Managed{}, err
	}
	m.Appointment, err = s.move(ctx, m.Organization, m.Appointment, Wish{Start: start}, key, actor)
	return m, err
}

// Wish is where somebody of the organization wants an appointment to be.
type Wish struct {
	Start    time.Time
	Rep      string // "": the rep it has if free, else whom the rules choose
	Revision int64  // of the appointment as the person saw it; 0: whatever it is
}

// Move is Reschedule by somebody of the organization, who needs no link and may choose the rep. At the time that it has
// already only the rep is asked for, and neither notice nor window. fault.Conflict also when the appointment has been
// changed since the revision.
func (s *Service) Move(ctx context.Context, o org.Organization, id AppointmentID, w Wish, actor string) (Appointment, error) {
	a, err := s.store.Appointment(ctx, o.ID, id)
	if err != nil {
		return a, err
	}
	return s.move(ctx, o, a, w, lead.IdempotencyKey{}, actor)
}

func (s *Service) move(ctx context.Context, o org.Organization, a Appointment, w Wish, key lead.IdempotencyKey, actor string) (Appointment, error) {
	if w.Start.IsZero() {
		return a, fault.OfField("start", "Please choose a time.")
	}
	of, err := s.store.Offering(ctx, o.Slug)
	if err != nil {
		return a, err
	}
	err = s.retryMoved(ctx, of, func(c *compiled) (err error) {
		single := availability.Ask{Service: a.Service, PostalCode: a.PostalCode, Start: w.Start, Ignore: string(a.ID), Rep: w.Rep}
		q := s.question(c, single)
		q.Key, q.Customer = key, a.Customer
		a, err = s.store.Change(ctx, o.ID, a.ID, q, func(a Appointment, sit Situation) (Change, error) {
			if w.Revision != 0 && a.Revision != w.Revision {
				return Change{}, errMovedOn
			}
			return reschedule(c, of, a, single, sit, q.Now, actor)
		})
		return err
	})
	return a, err
}

// nearDays is how many days before and after an appointment Nearest looks.
const nearDays = 14

// Nearest gives the free starts that lie nearest to an appointment's own, for a reschedule; at most n, the nearest first.
func (s *Service) Nearest(ctx context.Context, scheduler string, a Appointment, n int) ([]availability.Slot, error) {
	now, day := s.now(), func(t time.Time) string { return t.In(a.Location()).Format(time.DateOnly) }
	from := a.Start.AddDate(0, 0, -nearDays)
	if from.Before(now) {
		from = now
	}
	to := a.Start.AddDate(0, 0, nearDays)
	if !to.After(from) {
		return nil, nil
	}
	offer, err := s.Slots(ctx, Ask{
		Scheduler: scheduler, Service: a.Service, From: day(from), To: day(to), Timezone: a.Timezone, PostalCode: a.PostalCode, Reschedule: a.ID,
	})
	if err != nil {
		return nil, err
	}
	away := func(x availability.Slot) time.Duration { return x.Start.Sub(a.Start).Abs() }
	free := slices.DeleteFunc(slices.Clone(offer.Slots()), func(x availability.Slot) bool { return x.Start.Equal(a.Start) })
	slices.SortStableFunc(free, func(x, y availability.Slot) int { return cmp.Compare(away(x), away(y)) })
	return free[:min(n, len(free))], nil
}

// reschedule decides a move in a situation.
func reschedule(c *compiled, of Offering, a Appointment, single availability.Ask, sit Situation, now time.Time, actor string) (Change, error) {
	if of.Copy.blocked(now) {
		return Change{}, errStale
	}
	if !a.Status.Open() {
		return Change{}, fault.New(fault.Conflict, "This appointment is "+a.Status.Words()+" and can't be moved any more.")
	}
	if !a.Start.After(now) {
		return Change{}, fault.New(fault.Conflict, "This appointment has begun already and can't be moved here. Please call us.")
	}
	if late(c.catalog, a, now, actor) {
		return Change{}, errLate
	}
	single.Agreed = a.Start.Equal(single.Start)
	if single.Agreed && (single.Rep == "" || single.Rep == a.Rep) {
		return Change{Appointment: a}, nil
	}
	free, why := c.rules.Free(single, sit.Blocks, now)
	if len(free) == 0 {
		if single.Rep != "" {
			return Change{}, unfit(c, why)
		}
		return Change{}, refused(why)
	}
	if single.Agreed {
		return hand(of.Organization.ID, a, single.Rep, now, actor), nil
	}
	choice := c.pick(single, free, sit.Counts, sit.Owners[a.Customer])
	switch {
	case single.Rep != "":
		choice.Why = ByStaff
	case slices.Contains(free, a.Rep):
		choice.Rep, choice.Why = a.Rep, ByKeeping
	}
	sv, _ := c.catalog.Service(a.Service)
	before := a.Start
	a.Rep, a.Start = choice.Rep, single.Start.UTC()
	a.End = a.Start.Add(time.Duration(sv.DurationMinutes) * time.Minute)
	a.Revision++
	a.Updated = now
	if of.Copy.tentative(now) {
		a.Status = Tentative
	}
	a.ask(sv, actor)
	f := a.fact(of.Organization.ID)
	f.Before = before
	return Change{Appointment: a, Fact: Rescheduled{f}, Event: Event{At: now, Kind: "rescheduled", Actor: actor, Start: a.Start, Rep: a.Rep, Choice: &choice}}, nil
}

// Cancel calls off the appointment behind a link. Cancelling again changes nothing and is no error.
func (s *Service) Cancel(ctx context.Context, token, reason string, key lead.IdempotencyKey, actor string) (Managed, error) {
	m, err := s.ByToken(ctx, token)
	if err != nil {
		return Managed{}, err
	}
	if err := CheckReason(reason); err != nil {
		return Managed{}, err
	}
	now := s.now()
	q := Question{CatalogRevision: -1, Now: now, Key: key}
	m.Appointment, err = s.store.Change(ctx, m.Organization.ID, m.Appointment.ID, q, func(a Appointment, _ Situation) (Change, error) {
		if a.Status.Open() && a.Start.After(now) && late(m.Catalog, a, now, actor) {
			return Change{}, errLate
		}
		return cancel(m.Organization.ID, a, reason, now, actor)
	})
	return m, err
}

// cancel decides a cancellation.
func cancel(o org.ID, a Appointment, reason string, now time.Time, actor string) (Change, error) {
	switch {
	case a.Status == Canceled:
		return Change{Appointment: a}, nil
	case !a.Status.Open():
		return Change{}, fault.New(fault.Conflict, "This appointment is "+a.Status.Words()+" and can't be cancelled any more.")
	case !a.Start.After(now):
		return Change{}, fault.New(fault.Conflict, "This appointment has begun already and can't be cancelled here. Please call us.")
	}
	waited := a.Waits()
	a.Status, a.CancelReason, a.Request = Canceled, reason, false
	a.Revision++
	a.Updated = now
	f := a.fact(o)
	f.Unanswered = waited
	return Change{Appointment: a, Fact: Cancelled{f}, Event: Event{At: now, Kind: "cancelled", Actor: actor, Start: a.Start, Rep: a.Rep, Detail: reason}}, nil
}

// Words names a status in a sentence.
func (s Status) Words() string {
	switch s {
	case NoShow:
		return "marked as a no-show"
	case Canceled:
		return "cancelled"
	default:
		return string(s)
	}
}
