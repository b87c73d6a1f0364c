package mirror

import (
	"context"
	"errors"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/mapping"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/settings"
)

const (
	// batch is how many rows are stored in one transaction.
	batch = 500
	// askAtOnce is how many records are asked for by id in one call, askPerRound how many in one round beyond our own
	// appointments that have just changed: whether a meeting is cancelled has to be asked for, and until then it blocks.
	askAtOnce   = 100
	askPerRound = 1000
	// cheapRows is how many records one credit reads of a source.
	cheapRows = 200
	// behind is how long a coming appointment stays of interest after its end, for its outcome.
	behind = 3 * 24 * time.Hour
)

// reader is one connection, opened for reading.
type reader struct {
	service  *Service
	org      org.ID
	config   connection.Config
	provider crm.Provider
	settings settings.Version
	mapping  mapping.Mapping
	catalog  catalog.Catalog
	zone     *time.Location
	country  string
	now      time.Time
}

// Tick states Due for every connected organization.
func (s *Service) Tick(ctx context.Context) error {
	orgs, err := s.Store.ConnectedOrganizations(ctx)
	if err != nil {
		return err
	}
	for _, o := range orgs {
		c, found, err := s.Connections.Active(ctx, o)
		if err != nil {
			return err
		}
		if !found || c.Connection.State != connection.Connected {
			continue
		}
		if due, err := s.due(ctx, c); err != nil || !due {
			if err != nil {
				return err
			}
			continue
		}
		if err := s.Store.StateDue(ctx, o, c.ID); err != nil {
			return err
		}
	}
	return nil
}

// due reports whether a round is due: each time while there are credits enough, else more and more rarely.
func (s *Service) due(ctx context.Context, c connection.Config) (bool, error) {
	day, err := s.Guardian.Day(ctx, c)
	if err != nil {
		return false, err
	}
	pace := day.Pace(s.Every)
	if pace <= s.Every {
		return day.May(connection.ForPolling), nil
	}
	list, err := s.Store.Sources(ctx, c.Org, c.ID)
	if err != nil {
		return false, err
	}
	for _, src := range list {
		if s.Now().Sub(src.Tried) < pace-s.Every/2 {
			return false, nil
		}
	}
	return day.May(connection.ForPolling), nil
}

// KeepUp has the channel of a connection open and reads a round. The channel comes first: what changes after the reading is
// told, what changes before it is read.
func (s *Service) KeepUp(ctx context.Context, o org.ID, id connection.ConfigID) error {
	return errors.Join(s.Watch(ctx, o, id), s.Round(ctx, o, id))
}

// Round reads every source of a connection as it is and brings the copy up to it. A source that cannot be read keeps its
// last copy and says why; the CRM's silence is no error, the next round comes by itself.
func (s *Service) Round(ctx context.Context, o org.ID, id connection.ConfigID) error {
	r, err := s.open(ctx, o, id, connection.ForPolling)
	if r == nil || err != nil {
		return err
	}
	wanted := r.sources()
	if err := s.Store.SetSources(ctx, o, id, wanted); err != nil {
		return err
	}
	known, err := s.Store.Sources(ctx, o, id)
	if err != nil {
		return err
	}
	for _, src := range known {
		err := r.source(ctx, src)
		if p := crm.AsProblem(err); p != nil || fault.As(err) != nil {
			if err2 := s.Store.FailSource(ctx, o, id, src.Name, words(err), src.sample(r.now, 0, true)); err2 != nil {
				return err2
			}
			if p != nil && (p.Class.Silent() || p.Class.NeedsReconnect()) || fault.Is(err, fault.Denied) {
				break // the others would fare no better
			}
			continue
		}
		if err != nil {
			return err
		}
	}
	if err := s.Store.Collisions(ctx, o, id, r.now.Add(-collisionsReach), r.now); err != nil {
		return err
	}
	return errors.Join(s.staleness(ctx, r), r.people(ctx, known))
}

// collisionsReach is how long ago a change may be that is looked at for collisions: longer than rounds may have failed.
const collisionsReach = 24 * time.Hour

// words says why a source could not be read, with what to do. Nothing has to be started then: the next reading comes by itself.
func words(err error) string {
	if f := fault.As(err); f != nil { // ours, which may stand before the CRM's
		return f.Message
	}
	p := crm.AsProblem(err)
	advice := p.Advice()
	switch p.Class {
	case crm.Forbidden:
		advice = "Give that user's profile the permission in Zoho, or connect again as another user."
	case crm.Unfit:
		advice = "Look in Zoho whether the module was renamed, hidden or taken from the profile of the user who authorized HeavySet, and choose it in step 9."
	}
	return p.Words() + " " + advice
}

// open opens a connection; nil when it is not connected or not the one that bookings are written to.
func (s *Service) open(ctx context.Context, o org.ID, id connection.ConfigID, p connection.Purpose) (*reader, error) {
	c, found, err := s.Connections.Active(ctx, o)
	if err != nil || !found || c.ID != id || c.Connection.State != connection.Connected {
		return nil, err
	}
	r := &reader{service: s, org: o, config: c, now: s.Now()}
	if r.provider, err = s.Guardian.Provider(ctx, c, p); err != nil {
		return nil, err
	}
	if r.settings, err = s.Settings.Settings(ctx, o, id); err != nil {
		return nil, err
	}
	r.mapping = r.settings.Mapping()
	if r.catalog, _, err = s.Store.CatalogAt(ctx, o); err != nil {
		return nil, err
	}
	organization, err := s.Store.Organization(ctx, o)
	if err != nil {
		return nil, err
	}
	r.zone, r.country = organization.Location(), organization.Country
	return r, nil
}

// sources lists what the Slot Availability Source makes us read. The Appointment Module is read in any case: our own
// appointments are followed there.
func (r *reader) sources() []Source {
	own := r.mapping.Module(crm.RoleAppointment)
	events := mapping.BuiltIn().Module(crm.RoleAppointment)
	out := []Source{{Name: own, Counted: r.settings.Source != settings.Calendar}}
	switch r.settings.Source {
	case settings.AppointmentsAndEvents:
		if own != events {
			out = append(out, Source{Name: events, Counted: true})
		}
	case settings.Calendar:
		out = append(out, r.calendars()...)
	}
	return out
}

// source reads one source.
func (r *reader) source(ctx context.Context, s Source) error {
	if OfCalendar(s.Name) {
		return r.entries(ctx, s)
	}
	return r.module(ctx, s)
}

// horizon is the range of time that is copied: what can be booked, and what has just been.
func (r *reader) horizon() (from, to time.Time) {
	days := 1
	for _, sv := range r.catalog.Services {
		days = max(days, sv.BookingWindowDays)
	}
	return r.now.Add(-behind), r.now.AddDate(0, 0, days+2)
}

// carry follows one record under the organization's lock.
func (r *reader) carry(ctx context.Context, l Linked, rec seen) error {
	err := r.service.Store.Follow(ctx, r.org, r.config.ID, l, func(s Standing) (Following, error) {
		return follow(r.org, s, r.catalog, rec, r.now), nil
	})
	if fault.Is(err, fault.Conflict) {
		err = r.service.Store.Follow(ctx, r.org, r.config.ID, l, func(s Standing) (Following, error) {
			return Following{Open: overlaps(s, rec)}, nil
		})
	}
	if errors.Is(err, ErrMoved) { // a write of ours came between: the next reading sees what it made
		return r.service.Store.Notice(ctx, r.org, r.config.ID, "", rec.module, []string{rec.record}, r.now)
	}
	return err
}

// ours is what a link's appointment is.
func (l Linked) ours(cat catalog.Catalog) crmsync.Sight {
	return crmsync.Sight{Start: l.Start, End: l.End, Owner: crmUser(cat, l.Rep), Status: l.Status, Outcomes: true}
}

// staleness tells the organization's slots how old the copy is.
func (s *Service) staleness(ctx context.Context, r *reader) error {
	list, err := s.Store.Sources(ctx, r.org, r.config.ID)
	if err != nil {
		return err
	}
	out := Staleness{Budget: s.Budget(r.settings.Stale), Policy: r.settings.Stale.Policy}
	if r.settings.Stale.Budget == 0 { // a copy is not too old for being polled more rarely
		day, err := s.Guardian.Day(ctx, r.config)
		if err != nil {
			return err
		}
		out.Budget = max(out.Budget, 2*day.Pace(s.Every))
	}
	if out.Policy == "" {
		out.Policy = settings.StaleTentative
	}
	first := true
	for _, src := range list {
		if src.Counted && (first || src.AsOf.Before(out.AsOf)) {
			out.AsOf, first = src.AsOf, false
		}
	}
	if err := s.Store.SetStaleness(ctx, r.org, out); err != nil || out.AsOf.IsZero() {
		return err
	}
	return s.affirm(ctx, r, out.AsOf)
}

// Budget is how old a copy may be.
func (s *Service) Budget(set settings.Staleness) time.Duration {
	if set.Budget > 0 {
		return set.Budget
	}
	return max(usualBudget, 3*s.Every)
}

// usualBudget is how old a copy may be, unless an organization says otherwise or it is polled more rarely.
const usualBudget = 15 * time.Minute

// affirm confirms what was booked on trust while the CRM could not be asked: it is written there, and a reading that began
// afterwards found nothing against it.
func (s *Service) affirm(ctx context.Context, r *reader, asOf time.Time) error {
	ids, err := s.Store.Tentative(ctx, r.org, asOf)
	if err != nil {
		return err
	}
	for _, id := range ids {
		q := booking.Question{CatalogRevision: -1, Now: r.now}
		_, err := s.Store.Change(ctx, r.org, id, q, func(a booking.Appointment, _ booking.Situation) (booking.Change, error) {
			return booking.Affirm(r.org, a, r.now, "checked against Zoho"), nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
