package crmsync

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/settings"
)

const (
	// pushTakes bounds one push; the lease outlives it.
	pushTakes = 50 * time.Second
	leaseFor  = 60 * time.Second
	// releaseEvery is how often it is tried to give a lease back.
	releaseEvery = 500 * time.Millisecond
	// probeFor is how long the one who tries a silent connection again keeps the others away.
	probeFor = 15 * time.Second
	// longestPause bounds the back-off of a connection that is down, so that writes start within half a minute of its
	// return.
	longestPause = 12 * time.Second
	// busiestPause bounds the back-off of a connection that had too many calls under way.
	busiestPause = 4 * time.Second
	// longestAsked bounds how long a connection is left alone at the CRM's wish.
	longestAsked = time.Hour
	// clocksApart is by how much the clocks of two nodes may differ. A pause that ends later than one could be set by such
	// a clock was set before the clock was turned back: it is over.
	clocksApart = 5 * time.Minute
	// longestWait bounds how long a write waits that alone gets no answer.
	longestWait = time.Minute
	// busyWait is how long a record is left alone that the CRM has locked; the others go on meanwhile.
	busyWait = 2 * time.Minute
)

// Settings says what a config is set to.
type Settings interface {
	Settings(ctx context.Context, o org.ID, c connection.ConfigID) (settings.Version, error)
}

// Service brings the CRM to the present state of our appointments and leads.
type Service struct {
	Store       Store
	Connections *connection.Service
	Guardian    *connection.Guardian
	Settings    Settings
	Sentinel    Sentinel // nil: nobody watches the CRM's schema
	Lookout     Lookout  // nil: nothing is looked at once more before it is written
	Node        string   // names this process in leases
	Now         func() time.Time
}

// PushAppointment writes an appointment's present state to the CRM. Nothing to do, not connected, or parked until a
// reconnect: nil. fault.Unavailable: try again after RetryAfter. fault.Invalid or Denied: a person must mend it, and the
// appointment shows why.
func (s *Service) PushAppointment(ctx context.Context, o org.ID, id booking.AppointmentID) error {
	return s.push(ctx, o, Ref{Appointment: id})
}

// PushLead is PushAppointment for a lead without an appointment.
func (s *Service) PushLead(ctx context.Context, o org.ID, id lead.ID) error {
	return s.push(ctx, o, Ref{Lead: id})
}

// PushCustomer brings the records of a customer to what the person is by now, as far as the write policies allow.
func (s *Service) PushCustomer(ctx context.Context, o org.ID, id lead.CustomerID) error {
	return s.push(ctx, o, Ref{Customer: id})
}

func (s *Service) subject(ctx context.Context, o org.ID, r Ref, c connection.ConfigID) (Subject, error) {
	if r.Appointment != "" {
		return s.Store.AppointmentSubject(ctx, o, r.Appointment, c)
	}
	if r.Customer != "" {
		return s.Store.CustomerSubject(ctx, o, r.Customer, c)
	}
	return s.Store.LeadSubject(ctx, o, r.Lead, c)
}

func (s *Service) push(ctx context.Context, o org.ID, r Ref) error {
	ctx, cancel := context.WithTimeout(ctx, pushTakes)
	defer cancel()
	config, found, err := s.Connections.Active(ctx, o)
	if err != nil || !found || config.Connection.State != connection.Connected {
		return err // not connected or parked: it stays pending until the fact Authorized
	}
	sub, err := s.subject(ctx, o, r, config.ID)
	if err != nil || !sub.behind() {
		return err
	}
	set, err := s.Settings.Settings(ctx, o, config.ID)
	if err != nil {
		return err
	}
	m := set.Mapping()
	why, err := s.held(ctx, o, config.ID, m, sub)
	if err != nil {
		return err
	}
	if why != "" { // it waits for the fact Cleared
		return s.Store.Settle(ctx, o, r, Outcome{Error: why}, s.Now())
	}
	pause, err := s.pause(ctx, config)
	if err != nil {
		return err
	}
	holder := s.Node + "/" + id.Token()
	now := s.Now()
	won, err := s.Store.LeaseCustomer(ctx, o, sub.Customer.ID, holder, now.Add(leaseFor), now)
	if err != nil {
		return err
	}
	if !won {
		return fault.Later(time.Second, "Another write for this customer is under way.")
	}
	defer s.release(ctx, o, sub.Customer.ID, holder)
	if sub, err = s.subject(ctx, o, r, config.ID); err != nil || !sub.behind() { // read again under the lease
		return err
	}
	w := &writer{
		service: s, org: o, config: config.ID, mapping: m, settings: set.Number, people: set.People, sub: sub, ref: r, holder: holder, began: s.Now(),
	}
	if w.provider, err = s.Guardian.Provider(ctx, config, connection.ForBookings, w.hear); err != nil {
		return err
	}
	if pause, err = s.probe(ctx, config, pause); err != nil {
		return err
	}
	if set.Source == settings.Calendar {
		w.calendars = map[string][]string{}
		maps.Copy(w.calendars, set.Calendars)
	}
	return s.settle(ctx, config, pause, w, w.run(ctx))
}

// pause reads the pause of a connection, and has a push wait while it lasts.
func (s *Service) pause(ctx context.Context, c connection.Config) (connection.Pause, error) {
	p, err := s.Connections.Store.Pause(ctx, c.Org, c.ID)
	if err != nil {
		return p, err
	}
	if wait := p.Until.Sub(s.Now()); wait > 0 && wait <= longestAsked+clocksApart {
		return p, fault.Later(wait+jitter(time.Second), "The CRM does not answer at the moment.")
	}
	return p, nil
}

// probe lets one push through that is about to call the CRM after a pause, to try; without one, each.
func (s *Service) probe(ctx context.Context, c connection.Config, p connection.Pause) (connection.Pause, error) {
	if !p.On() {
		return p, nil
	}
	until := s.Now().Add(probeFor)
	won, err := s.Connections.Store.ClaimProbe(ctx, c.Org, c.ID, p.Until, until)
	if err != nil {
		return p, err
	}
	if !won {
		return p, fault.Later(time.Second+jitter(time.Second), "Another write is trying whether the CRM answers.")
	}
	p.Until = until
	return p, nil
}

// release gives a lease back. While the database is away it tries again and again: until the lease ends by itself, nothing
// of the customer is written.
func (s *Service) release(ctx context.Context, o org.ID, id lead.CustomerID, holder string) {
	tick := time.NewTicker(releaseEvery)
	defer tick.Stop()
	for s.Store.ReleaseCustomer(context.WithoutCancel(ctx), o, id, holder) != nil {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// settle keeps how a push ended and says what its job shall do.
func (s *Service) settle(ctx context.Context, c connection.Config, pause connection.Pause, w *writer, failed error) error {
	ctx = context.WithoutCancel(ctx)
	now := s.Now()
	p := crm.AsProblem(failed)
	if pause.Failures > 0 && w.answers() && (p == nil || p.Class != crm.Throttled) {
		if err := s.Connections.Store.SetPause(ctx, c.Org, c.ID, pause, connection.Pause{}); err != nil {
			return err
		}
	}
	switch {
	case failed == nil:
		return s.Store.Settle(ctx, c.Org, w.ref, Outcome{Revision: w.sub.Revision}, now)
	case p == nil && fault.Is(failed, fault.Denied), p != nil && p.Class.NeedsReconnect(): // parked: waits for the fact Authorized
		return s.Store.Settle(ctx, c.Org, w.ref, Outcome{Error: Parked}, now)
	case errors.Is(failed, errCrossed):
		return s.Store.Settle(ctx, c.Org, w.ref, Outcome{Failed: true, Error: errCrossed.Message}, now)
	case p == nil:
		return failed
	case p.Class == crm.Busy:
		if err := s.Store.Settle(ctx, c.Org, w.ref, Outcome{Error: p.Words()}, now); err != nil {
			return err
		}
		wait := p.RetryAfter
		if wait <= 0 {
			wait = busyWait
		}
		return fault.Later(wait+jitter(time.Second), p.Words()).Because(p)
	case p.Class.Silent():
		wait, err := s.rest(ctx, c, pause, w, p)
		if err != nil {
			return err
		}
		if err := s.Store.Settle(ctx, c.Org, w.ref, Outcome{Error: p.Words()}, now); err != nil {
			return err
		}
		return fault.Later(wait+jitter(time.Second), p.Words()).Because(p)
	}
	wait, again, err := s.explained(ctx, w, p)
	switch {
	case err != nil:
		return err
	case again:
		const why = "The field mapping has followed a change in Zoho. This is written again at once."
		if err := s.Store.Settle(ctx, c.Org, w.ref, Outcome{Error: why}, now); err != nil {
			return err
		}
		return fault.Later(time.Second, why).Because(p)
	case wait != "":
		return s.Store.Settle(ctx, c.Org, w.ref, Outcome{Error: wait}, now)
	}
	if err := s.Store.Settle(ctx, c.Org, w.ref, Outcome{Failed: true, Error: p.Words() + " " + p.Advice()}, now); err != nil {
		return err
	}
	return p.Fault()
}

// rest gives how long a write waits that got no answer, and has the whole connection wait with it when the CRM asks for that or
// seems to be down. One cut call says nothing about the CRM: only its own write waits. It seems to be down when two writes in
// a row have heard nothing, or nothing but what they read.
func (s *Service) rest(ctx context.Context, c connection.Config, pause connection.Pause, w *writer, p *crm.Problem) (time.Duration, error) {
	now := s.Now()
	wait := patience(now.Sub(w.sub.changed()))
	if p.Class == crm.Down && w.answers() {
		return wait, nil
	}
	if !w.read {
		wait = min(wait, longestPause)
	}
	next := connection.Pause{Failures: pause.Failures + 1}
	if p.Class == crm.Throttled || pause.Failures > 0 {
		others := backoff(p, max(pause.Failures-1, 0))
		next.Until = now.Add(others)
		if wait < others || !w.read {
			wait = others
		}
	}
	return wait, s.Connections.Store.SetPause(ctx, c.Org, c.ID, pause, next)
}

// patience is how long a write waits that alone gets no answer: a quarter of the time since the change that it is to write.
func patience(age time.Duration) time.Duration {
	return min(max(age/4, time.Second), longestWait)
}

// backoff is how long a connection is left alone: as long as the CRM asks, an hour at most, otherwise 1, 2, 4, 8, 12 … seconds. A cut or
// timed-out request may still be carried out, so what it wrote is not looked for at once.
func backoff(p *crm.Problem, failures int) time.Duration {
	if p.RetryAfter > 0 {
		return min(p.RetryAfter, longestAsked)
	}
	wait := time.Second << min(failures, 10)
	if p.Limit == crm.LimitConcurrency { // over in a moment
		return min(wait, busiestPause)
	}
	if p.Class == crm.Throttled {
		return min(wait, time.Minute)
	}
	return min(wait, longestPause)
}

func jitter(d time.Duration) time.Duration { return rand.N(d) }

// Resume states Due for everything that is behind: the handler of the fact connection.Authorized. What has failed is
// tried again too: it may have failed for want of the very permission that was given just now.
func (s *Service) Resume(ctx context.Context, o org.ID) error {
	_, err := s.Store.Resume(ctx, o)
	return err
}

// Sweep states LeftBehind for what was left behind in any connected organization, say by a process that died in an unlucky
// moment. It is the safety net under the jobs and usually finds nothing.
func (s *Service) Sweep(ctx context.Context, olderThan time.Duration) error {
	orgs, err := s.Store.ConnectedOrganizations(ctx)
	if err != nil {
		return err
	}
	for _, o := range orgs {
		if _, err := s.Store.Requeue(ctx, o, s.Now().Add(-olderThan)); err != nil {
			return fmt.Errorf("sweep %s: %w", o, err)
		}
	}
	return nil
}

// Replay writes what an attempt was about again: the button after a repair. fault.NotFound: no such attempt.
func (s *Service) Replay(ctx context.Context, o org.ID, a AttemptID) (Attempt, error) {
	at, err := s.Store.Attempt(ctx, o, a)
	if err != nil {
		return Attempt{}, err
	}
	r := Ref{Appointment: at.Appointment}
	switch {
	case r.Appointment != "":
	case at.Customer != "":
		r.Customer = at.Customer
	default:
		r.Lead = at.Lead
	}
	if err := s.lookAgain(ctx, o); err != nil {
		return at, err
	}
	return at, s.Store.Replay(ctx, o, r)
}
