package booking

import (
	"context"
	"slices"
	"strings"
	"time"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
)

// hand gives an appointment to another rep at its time.
func hand(o org.ID, a Appointment, rep string, now time.Time, actor string) Change {
	a.Rep = rep
	a.Revision++
	a.Updated = now
	e := Event{At: now, Kind: "reassigned", Actor: actor, Start: a.Start, Rep: rep}
	return Change{Appointment: a, Fact: Reassigned{a.fact(o)}, Event: e}
}

// unfit says to somebody of the organization why a rep can't take a start: they may know what visitors may not.
func unfit(c *compiled, why availability.Explanation) error {
	return fault.New(fault.Conflict, reasons(c.catalog, why))
}

// reasons puts everything that speaks against a start into words, with the reps by the names that a catalog has.
func reasons(cat catalog.Catalog, why availability.Explanation) string {
	var out []string
	for _, r := range why.Reasons {
		words := r.Detail
		if p, ok := cat.Rep(r.Rep); ok {
			words = p.Name + ": " + words
		}
		out = append(out, words)
	}
	return strings.Join(out, " ")
}

// Place is a start to which an appointment could be moved, with the reps who are free then, in catalog order.
type Place struct {
	Start, End time.Time
	Reps       []string
}

// Places gives where an appointment could be moved on some days (from and to included, in the organization's zone), by the
// rules of any reschedule, in order. rep: only to this one; "" for whoever serves.
func (s *Service) Places(ctx context.Context, o org.Organization, a Appointment, from, to availability.Date, rep string) ([]Place, error) {
	cat, err := s.Catalog(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	service, _ := cat.Service(a.Service)
	var out []Place
	for _, p := range cat.Reps {
		if p.Archived || !slices.Contains(service.Reps, p.ID) || rep != "" && p.ID != rep {
			continue
		}
		offer, err := s.Slots(ctx, Ask{
			Scheduler: o.Slug, Service: a.Service, From: from.String(), To: to.String(), Timezone: o.Timezone, PostalCode: a.PostalCode, Reschedule: a.ID, Rep: p.ID,
		})
		if err != nil {
			return nil, err
		}
		for _, x := range offer.Slots() {
			i, found := slices.BinarySearchFunc(out, x.Start, func(have Place, t time.Time) int { return have.Start.Compare(t) })
			if !found {
				out = slices.Insert(out, i, Place{Start: x.Start, End: x.End})
			}
			out[i].Reps = append(out[i].Reps, p.ID)
		}
	}
	return out, nil
}

// Hand says whether a rep could take an appointment over at its time.
type Hand struct {
	Rep string
	Why string // what speaks against it; "" when nothing does
}

// Hands asks of each other rep of the service whether they could take an appointment over at its time, by the rules of
// any reschedule but for notice and window: the time is agreed.
func (s *Service) Hands(ctx context.Context, o org.Organization, a Appointment) ([]Hand, error) {
	of, err := s.store.Offering(ctx, o.Slug)
	if err != nil {
		return nil, err
	}
	c, err := s.compiled(ctx, o.ID, of.CatalogRevision)
	if err != nil {
		return nil, err
	}
	from, to := c.rules.ReachOf(availability.Ask{Service: a.Service, Start: a.Start})
	blocks, err := s.store.Blocks(ctx, o.ID, from, to, s.now())
	if err != nil {
		return nil, err
	}
	return hands(c, a, blocks, s.now()), nil
}

func hands(c *compiled, a Appointment, blocks []availability.Block, now time.Time) []Hand {
	service, _ := c.catalog.Service(a.Service)
	var out []Hand
	for _, p := range c.catalog.Reps {
		if p.Archived || p.ID == a.Rep || !slices.Contains(service.Reps, p.ID) {
			continue
		}
		h := Hand{Rep: p.ID}
		why := c.rules.Explain(availability.Ask{Service: a.Service, PostalCode: a.PostalCode, Start: a.Start, Ignore: string(a.ID), Rep: p.ID, Agreed: true}, blocks, now)
		if !why.Offered {
			h.Why = reasons(catalog.Catalog{}, why)
		}
		out = append(out, h)
	}
	return out
}
