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

// Handover is an appointment of a rep who leaves, with who could take it over.
type Handover struct {
	Appointment Appointment
	To          []string // reps who could, the one whom the rules choose first
	Hands       []Hand   // each other rep of the service, with what speaks against them
}

// maxHandover is how many appointments are handed over at once.
const maxHandover = 200

// PlanHandover asks of each coming appointment of a rep, soonest first, who could take it over at its time. What is
// proposed for one is counted as that rep's for those after it, so that all first choices can be carried out together.
func (s *Service) PlanHandover(ctx context.Context, o org.Organization, rep string) ([]Handover, error) {
	of, err := s.store.Offering(ctx, o.Slug)
	if err != nil {
		return nil, err
	}
	c, err := s.compiled(ctx, o.ID, of.CatalogRevision)
	if err != nil {
		return nil, err
	}
	now := s.now()
	list, _, err := s.store.Appointments(ctx, o.ID, Filter{Rep: rep, From: now, Limit: maxHandover})
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(a Appointment) bool { return !a.Status.Open() || !a.Start.After(now) })
	if len(list) == 0 {
		return nil, nil
	}
	from, to := c.rules.ReachOf(availability.Ask{Service: list[0].Service, Start: list[0].Start})
	for _, a := range list { // each service reaches as far as its own length and buffers
		first, last := c.rules.ReachOf(availability.Ask{Service: a.Service, Start: a.Start})
		if first.Before(from) {
			from = first
		}
		if last.After(to) {
			to = last
		}
	}
	blocks, err := s.store.Blocks(ctx, o.ID, from, to, now)
	if err != nil {
		return nil, err
	}
	var out []Handover
	for _, a := range list {
		h := Handover{Appointment: a, Hands: hands(c, a, blocks, now)}
		for _, x := range h.Hands {
			if x.Why == "" {
				h.To = append(h.To, x.Rep)
			}
		}
		if len(h.To) > 0 {
			chosen := c.rules.Assign(a.Service, h.To, countsOf(blocks, a.Start))
			h.To = append([]string{chosen}, slices.DeleteFunc(h.To, func(id string) bool { return id == chosen })...)
			for i := range blocks {
				if blocks[i].Kind == availability.Appointment && blocks[i].ID == string(a.ID) {
					blocks[i].Rep = chosen
				}
			}
		}
		out = append(out, h)
	}
	return out, nil
}

// countsOf counts the appointments of each rep around a start, as the store does for a booking, among blocks.
func countsOf(blocks []availability.Block, start time.Time) map[string]int {
	out := map[string]int{}
	for _, b := range blocks {
		if b.Kind == availability.Appointment && b.Start.Sub(start).Abs() <= 30*24*time.Hour {
			out[b.Rep]++
		}
	}
	return out
}
