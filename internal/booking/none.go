package booking

import (
	"context"
	"time"

	"heavyset.tech/platform/internal/availability"
)

// WhyNone says why a question had no answer when it was asked: an explanation for each candidate start of its dates, of at
// most so many that lie evenly over them. It judges with the same function as Slots, from what is booked now.
func (s *Service) WhyNone(ctx context.Context, a Ask, asked time.Time, most int) ([]availability.Explanation, error) {
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
	if of.Copy.blocked(asked) {
		return []availability.Explanation{{Reasons: []availability.Reason{{Code: availability.SourceStale}}}}, nil
	}
	from, to := c.rules.Reach(q)
	blocks, err := s.store.Blocks(ctx, of.Organization.ID, from, to, asked)
	if err != nil {
		return nil, err
	}
	return WhyNone(c.rules, q, blocks, asked, most), nil
}

// WhyNone is the same for rules and blocks that are at hand, which must hold everything in Reach of the question.
func WhyNone(r *availability.Rules, q availability.Query, blocks []availability.Block, asked time.Time, most int) []availability.Explanation {
	starts := candidates(r, q, asked)
	var out []availability.Explanation
	for i := range min(most, len(starts)) {
		start := starts[i*len(starts)/min(most, len(starts))]
		out = append(out, r.Explain(availability.Ask{Service: q.Service, Start: start, PostalCode: q.PostalCode, Ignore: q.Ignore, Rep: q.Rep}, blocks, asked))
	}
	return out
}

// candidates lists the starts of a question's dates, after now, at which somebody works: who serves the postal code or, where
// nobody does, anybody. Without any it is noon of each date, so that what closes the dates is named.
func candidates(r *availability.Rules, q availability.Query, now time.Time) []time.Time {
	anywhere := q
	anywhere.PostalCode = ""
	for _, v := range []availability.Query{q, anywhere} {
		var out []time.Time
		for _, s := range r.Plan(v, nil, now).All() {
			if !s.Start.Before(now) {
				out = append(out, s.Start)
			}
		}
		if len(out) > 0 {
			return out
		}
	}
	var out []time.Time
	for d := q.From; d.Compare(q.To) <= 0; d = d.AddDays(1) {
		if noon := time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, q.Zone); !noon.Before(now) {
			out = append(out, noon)
		}
	}
	return out
}
