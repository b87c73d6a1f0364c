package booking

import (
	"context"
	"slices"
	"time"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
)

// Fate is what becomes of a start when rules change.
type Fate int

// The fates.
const (
	Stays Fate = iota
	Comes
	Goes
)

// Prospect is a start that is offered under the present rules, under others, or under both.
type Prospect struct {
	Start time.Time
	Fate  Fate
}

// Forecast is what becomes of the starts of one service on the dates that were asked for, in order.
type Forecast struct {
	Service     catalog.Service
	Come, Go    int
	Prospects   []Prospect
	First       availability.Date // the first date on which something comes or goes; zero: none does
	Zone        *time.Location
	BookableNow bool // offered to visitors under the present rules
	BookableYet bool // under the others
}

// Forecast compares what visitors would be offered under other rules with what they are offered now, for each service
// that either of them offers, from today on. Both are computed from the same appointments, holds and busy times.
func (s *Service) Forecast(ctx context.Context, o org.ID, before, after catalog.Catalog, days int) ([]Forecast, error) {
	old, err := before.Rules()
	if err != nil {
		return nil, err
	}
	next, err := after.Rules()
	if err != nil {
		return nil, err
	}
	zone, ok := org.Zone(after.Timezone)
	if !ok {
		return nil, fault.OfField("timezone", "must be an IANA time zone such as America/Chicago")
	}
	now := s.now()
	today := availability.DateOf(now, zone)
	q := availability.Query{From: today, To: today.AddDays(days - 1), Zone: zone}
	from, to := old.Reach(q)
	from2, to2 := next.Reach(q)
	if from2.Before(from) {
		from = from2
	}
	if to2.After(to) {
		to = to2
	}
	blocks, err := s.store.Blocks(ctx, o, from, to, now)
	if err != nil {
		return nil, err
	}
	var out []Forecast
	for _, id := range services(before, after) {
		q.Service = id
		was, _ := old.Plan(q, blocks, now).At(now)
		is, _ := next.Plan(q, blocks, now).At(now)
		f := compareSlots(was, is, zone)
		service, named := after.Service(id)
		present, had := before.Service(id)
		if f.Service = service; !named {
			f.Service = present
		}
		f.BookableNow, f.BookableYet = had && !present.Archived, named && !service.Archived
		out = append(out, f)
	}
	return out, nil
}

// services lists what either catalog offers, in the order of the second.
func services(before, after catalog.Catalog) []string {
	var out []string
	for _, c := range []catalog.Catalog{after, before} {
		for _, v := range c.Offered() {
			if !slices.Contains(out, v.ID) {
				out = append(out, v.ID)
			}
		}
	}
	return out
}

// compareSlots merges two lists of starts, both in order.
func compareSlots(was, is []availability.Slot, zone *time.Location) Forecast {
	f := Forecast{Zone: zone}
	add := func(t time.Time, fate Fate) {
		f.Prospects = append(f.Prospects, Prospect{t, fate})
		switch fate {
		case Comes:
			f.Come++
		case Goes:
			f.Go++
		}
		if fate != Stays && f.First == (availability.Date{}) {
			f.First = availability.DateOf(t, zone)
		}
	}
	i, k := 0, 0
	for i < len(was) || k < len(is) {
		switch {
		case k == len(is) || i < len(was) && was[i].Start.Before(is[k].Start):
			add(was[i].Start, Goes)
			i++
		case i == len(was) || is[k].Start.Before(was[i].Start):
			add(is[k].Start, Comes)
			k++
		default:
			add(is[k].Start, Stays)
			i, k = i+1, k+1
		}
	}
	return f
}

// Inquiry is everything about one start that Explain is asked for, with what would open it.
type Inquiry struct {
	availability.Explanation
	Openings []catalog.Opening
	Blocks   []availability.Block
}

// Inquire explains a start and looks for the fewest changes of the rules that would open it.
func (s *Service) Inquire(ctx context.Context, scheduler, service, postalCode string, start time.Time) (Inquiry, error) {
	of, err := s.store.Offering(ctx, scheduler)
	if err != nil {
		return Inquiry{}, err
	}
	why, err := s.Explain(ctx, scheduler, service, postalCode, start)
	if err != nil || why.Offered {
		return Inquiry{Explanation: why}, err
	}
	c, err := s.compiled(ctx, of.Organization.ID, of.CatalogRevision)
	if err != nil {
		return Inquiry{}, err
	}
	now := s.now()
	a := availability.Ask{Service: service, PostalCode: postalCode, Start: start}
	from, to := c.rules.ReachOf(a)
	blocks, err := s.store.Blocks(ctx, of.Organization.ID, from, to, now)
	if err != nil {
		return Inquiry{}, err
	}
	in := Inquiry{Explanation: why, Blocks: blocks}
	if !slices.ContainsFunc(why.Reasons, func(r availability.Reason) bool { return r.Code == availability.SourceStale }) {
		in.Openings = c.catalog.Openings(a, blocks, now)
	}
	return in, nil
}
