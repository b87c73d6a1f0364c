package booking

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
)

// MaxDays is the longest range of dates that one view covers.
const MaxDays = 62

// View is the computed answer to one question about slots. It is shared by all who ask the same while nothing changed;
// only what the clock does to it (notice, window, holds that end) is left to At.
type View struct {
	plan *availability.Plan
	once sync.Once
	memo any
}

// At gives the slots that are on offer at now, in order; the caller must not change them.
func (v *View) At(now time.Time) []availability.Slot {
	slots, _ := v.plan.At(now) // Slots has checked that the plan is right at now
	return slots
}

// All gives every slot of the view in order, also those that the clock has closed or not yet opened.
func (v *View) All() []availability.Slot { return v.plan.All() }

// Reason says why a whole view is empty: TERRITORY, SOURCE_STALE or "".
func (v *View) Reason() availability.Code { return v.plan.Reason() }

// Memo keeps what a caller derived from All for as long as the view lives: make runs once.
func (v *View) Memo(build func() any) any {
	v.once.Do(func() { v.memo = build() })
	return v.memo
}

// Offer is what a visitor is shown: the slots of some days.
type Offer struct {
	View     *View
	Now      time.Time
	Timezone string
	Source   Source
	Service  catalog.Service
	Catalog  catalog.Catalog
}

// Slots gives the slots on offer now, in order.
func (o Offer) Slots() []availability.Slot { return o.View.At(o.Now) }

// Ask is a question about slots. From and To are inclusive dates in Timezone ("" = the scheduler's).
type Ask struct {
	Scheduler  string
	Service    string
	From, To   string // yyyy-mm-dd
	Timezone   string
	PostalCode string
	Reschedule AppointmentID // its own range is ignored
	Rep        string        // the only rep who is asked for; "": whoever serves
	Chosen     string        // Rep by the wish of a visitor, where the service lets them choose
}

// Scheduler gives what stands behind a scheduler's address, and its catalog. fault.NotFound when there is none.
func (s *Service) Scheduler(ctx context.Context, scheduler string) (Offering, catalog.Catalog, error) {
	of, err := s.store.Offering(ctx, scheduler)
	if err != nil {
		return Offering{}, catalog.Catalog{}, err
	}
	c, err := s.compiled(ctx, of.Organization.ID, of.CatalogRevision)
	if err != nil {
		return Offering{}, catalog.Catalog{}, err
	}
	return of, c.catalog, nil
}

// Catalog gives an organization's catalog with what is archived, for names.
func (s *Service) Catalog(ctx context.Context, o org.ID) (catalog.Catalog, error) {
	c, _, err := s.store.CatalogAt(ctx, o)
	return c, err
}

// Slots answers a question from local data. fault.NotFound: no such scheduler or service; fault.Invalid names the
// parameter.
func (s *Service) Slots(ctx context.Context, a Ask) (Offer, error) {
	of, err := s.store.Offering(ctx, a.Scheduler)
	if err != nil {
		return Offer{}, err
	}
	c, err := s.compiled(ctx, of.Organization.ID, of.CatalogRevision)
	if err != nil {
		return Offer{}, err
	}
	q, err := a.query(c)
	if err != nil {
		return Offer{}, err
	}
	now := s.now()
	view := &View{plan: availability.Closed(availability.SourceStale)}
	if !of.Copy.blocked(now) {
		if view, err = s.view(ctx, of, c, q, now); err != nil {
			return Offer{}, err
		}
	}
	service, _ := c.catalog.Service(a.Service)
	return Offer{View: view, Now: now, Timezone: q.Zone.String(), Source: of.Copy.source(now), Service: service, Catalog: c.catalog}, nil
}

// Opening gives the candidate starts of a question as if nothing were booked, held or in the way, whatever notice and
// window say: what is in it and not on offer is taken or out of reach, what is not in it is outside of working hours.
func (s *Service) Opening(ctx context.Context, a Ask) ([]availability.Slot, error) {
	of, err := s.store.Offering(ctx, a.Scheduler)
	if err != nil {
		return nil, err
	}
	c, err := s.compiled(ctx, of.Organization.ID, of.CatalogRevision)
	if err != nil {
		return nil, err
	}
	q, err := a.query(c)
	if err != nil {
		return nil, err
	}
	return c.rules.Plan(q, nil, s.now()).All(), nil
}

// view gives the plan for a question, from the cache while its revision holds and none of its holds has ended.
func (s *Service) view(ctx context.Context, of Offering, c *compiled, q availability.Query, now time.Time) (*View, error) {
	key := viewKey{
		org: of.Organization.ID, revision: of.Revision, service: q.Service, postal: q.PostalCode,
		from: q.From, to: q.To, timezone: q.Zone.String(), ignoreAppointment: q.Ignore, rep: q.Rep,
	}
	if v := s.views.get(key); v != nil {
		if _, ok := v.plan.At(now); ok {
			return v, nil
		}
	}
	from, to := c.rules.Reach(q)
	blocks, err := s.store.Blocks(ctx, of.Organization.ID, from, to, now)
	if err != nil {
		return nil, err
	}
	v := &View{plan: c.rules.Plan(q, blocks, now)}
	s.views.put(key, v)
	return v, nil
}

// query checks a question against the catalog.
func (a Ask) query(c *compiled) (availability.Query, error) {
	q := availability.Query{Service: a.Service, PostalCode: a.PostalCode, Ignore: string(a.Reschedule), Rep: a.Rep}
	if sv, ok := c.catalog.Service(a.Service); !ok || sv.Archived {
		if a.Service == "" {
			return q, fault.OfField("service", "Please name a service.")
		}
		return q, fault.OfField("service", "There is no such service.")
	}
	if err := checkRep(c, a.Service, a.Chosen); err != nil {
		return q, err
	}
	q.Rep = cmp.Or(a.Chosen, a.Rep)
	zone := a.Timezone
	if zone == "" {
		zone = c.catalog.Timezone
	}
	var ok bool
	if q.Zone, ok = org.Zone(zone); !ok {
		return q, fault.OfField("timezone", "must be an IANA time zone such as America/Chicago.")
	}
	if len(a.PostalCode) > 20 || strings.ContainsFunc(a.PostalCode, func(r rune) bool { return r < 0x20 || r == 0x7f }) {
		return q, fault.OfField("postal_code", "must be at most 20 characters on one line.")
	}
	var wrong []fault.Field
	var err error
	if q.From, err = availability.ParseDate(a.From); err != nil {
		wrong = append(wrong, fault.Field{Path: "from", Message: "must be a date yyyy-mm-dd."})
	}
	if q.To, err = availability.ParseDate(a.To); err != nil {
		wrong = append(wrong, fault.Field{Path: "to", Message: "must be a date yyyy-mm-dd."})
	}
	if len(wrong) == 0 {
		switch days := q.From.DaysUntil(q.To); {
		case days < 0:
			wrong = append(wrong, fault.Field{Path: "to", Message: "must not be before from."})
		case days >= MaxDays:
			wrong = append(wrong, fault.Field{Path: "to", Message: fmt.Sprintf("must be within %d days of from.", MaxDays)})
		}
	}
	return q, fault.OfFields(wrong)
}

// Explain says whether a start is offered and, if not, every reason. It judges with the same function as Slots.
func (s *Service) Explain(ctx context.Context, scheduler, service, postalCode string, start time.Time) (availability.Explanation, error) {
	of, err := s.store.Offering(ctx, scheduler)
	if err != nil {
		return availability.Explanation{}, err
	}
	c, err := s.compiled(ctx, of.Organization.ID, of.CatalogRevision)
	if err != nil {
		return availability.Explanation{}, err
	}
	now := s.now()
	if of.Copy.blocked(now) {
		return availability.Explanation{Reasons: []availability.Reason{{
			Code: availability.SourceStale, Detail: "What is known of Zoho is too old, and nothing is offered until it answers again (step 11).",
		}}}, nil
	}
	q := availability.Ask{Service: service, PostalCode: postalCode, Start: start}
	from, to := c.rules.ReachOf(q)
	blocks, err := s.store.Blocks(ctx, of.Organization.ID, from, to, now)
	if err != nil {
		return availability.Explanation{}, err
	}
	return c.rules.Explain(q, blocks, now), nil
}
