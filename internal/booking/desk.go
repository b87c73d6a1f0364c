package booking

import (
	"context"
	"slices"
	"strings"
	"time"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
)

// Desk is what somebody of the organization may say who books for a caller. Such a booking goes by the same rules; with a
// Reason it is made against them, as far as Level allows.
type Desk struct {
	Rep    string        // the only rep who is asked for; "": whom the rules choose
	Reason string        // why the rules are set aside; "": they are not
	Level  Bar           // the highest bar that this person may set aside
	Beside AppointmentID // the visit that the caller has at this time already and this person knows of; "": of none
}

// MaxReason bounds the reason of a Desk, in characters.
const MaxReason = 500

// Bar is how much stands between a rep and a start.
type Bar int

// The bars, from nothing to what nobody may set aside.
const (
	Open   Bar = iota // the rules offer it
	ByRule            // notice, window, capacity, hours, territory, holiday: a rule, and the rep is free
	Taken             // something may take the rep's time: an event, a buffer, a copy of the CRM that is too old
	Barred            // another appointment or hold of the rep, a time that has passed
)

// barOf says what it takes to set a reason aside.
func barOf(c availability.Code) Bar {
	switch c {
	case availability.Past, availability.NoRep, availability.BusyAppointment, availability.Held:
		return Barred
	case availability.BusyEvent, availability.BusyCalendar, availability.Buffer, availability.SourceStale:
		return Taken
	}
	return ByRule
}

// Candidate is a rep of a service with everything that speaks against them for a start.
type Candidate struct {
	Rep     string
	Bar     Bar
	Reasons []availability.Reason
}

// Weigh asks of each rep of a service what stands between them and a start, in catalog order; it judges as a booking does.
func (s *Service) Weigh(ctx context.Context, scheduler, service, postalCode string, start time.Time) ([]Candidate, error) {
	of, err := s.store.Offering(ctx, scheduler)
	if err != nil {
		return nil, err
	}
	c, err := s.compiled(ctx, of.Organization.ID, of.CatalogRevision)
	if err != nil {
		return nil, err
	}
	if err := checkService(c, service); err != nil {
		return nil, err
	}
	now, single := s.now(), availability.Ask{Service: service, PostalCode: postalCode, Start: start}
	from, to := c.rules.ReachOf(single)
	blocks, err := s.store.Blocks(ctx, of.Organization.ID, from, to, now)
	if err != nil {
		return nil, err
	}
	return weigh(c, of, single, blocks, now), nil
}

func weigh(c *compiled, of Offering, single availability.Ask, blocks []availability.Block, now time.Time) []Candidate {
	service, _ := c.catalog.Service(single.Service)
	var out []Candidate
	for _, p := range c.catalog.Reps {
		if p.Archived || !slices.Contains(service.Reps, p.ID) || single.Rep != "" && single.Rep != p.ID {
			continue
		}
		ask := single
		ask.Rep = p.ID
		v := Candidate{Rep: p.ID, Reasons: c.rules.Explain(ask, blocks, now).Reasons}
		if of.Copy.blocked(now) {
			v.Reasons = append(v.Reasons, availability.Reason{
				Code: availability.SourceStale, Rep: p.ID, Detail: "What is known of the CRM is too old: it may have taken this time.",
			})
		}
		for _, r := range v.Reasons {
			v.Bar = max(v.Bar, barOf(r.Code))
		}
		out = append(out, v)
	}
	return out
}

// seat chooses the rep of a booking that somebody of the organization makes. note is what the timeline says of it; "" when
// the rules had nothing against it.
func (d Desk) seat(c *compiled, of Offering, single availability.Ask, sit Situation, owners []string, now time.Time) (choice Choice, note string, err error) {
	single.Rep = d.Rep
	list := weigh(c, of, single, sit.Blocks, now)
	least := Barred
	for _, v := range list {
		least = min(least, v.Bar)
	}
	var why availability.Explanation
	var free []string
	for _, v := range list {
		why.Reasons = append(why.Reasons, v.Reasons...)
		if v.Bar == least {
			free = append(free, v.Rep)
		}
	}
	if len(list) == 0 {
		why.Reasons = []availability.Reason{{Code: availability.NoRep, Detail: "Nobody who is asked for offers this service."}}
	}
	if least > Open && (d.Reason == "" || least > d.Level) {
		return Choice{}, "", fault.Coded(fault.Conflict, "REFUSED", reasons(c.catalog, why))
	}
	choice = c.pick(single, free, sit.Counts, owners)
	if d.Rep != "" {
		choice.Why = ByStaff
	}
	if least == Open {
		return choice, "", nil
	}
	i := slices.IndexFunc(list, func(v Candidate) bool { return v.Rep == choice.Rep })
	return choice, "Against the rules: " + d.Reason + "\nSet aside: " + reasons(c.catalog, availability.Explanation{Reasons: list[i].Reasons}), nil
}

func (d *Desk) check() []fault.Field {
	if d == nil {
		return nil
	}
	d.Reason = strings.TrimSpace(d.Reason)
	return lead.CheckText("reason", d.Reason, MaxReason)
}

// Soonest gives the free starts of a question that lie nearest to an instant, in order; at most n.
func (s *Service) Soonest(ctx context.Context, o org.Organization, a Ask, around time.Time, n int) ([]availability.Slot, error) {
	day := availability.DateOf(around, o.Location())
	a.Scheduler, a.From, a.To = o.Slug, day.AddDays(-3).String(), day.AddDays(nearDays).String()
	offer, err := s.Slots(ctx, a)
	if err != nil {
		return nil, err
	}
	slots := offer.Slots()
	lo, hi := 0, len(slots)
	for hi-lo > n { // drop the farther end
		if slots[lo].Start.Sub(around).Abs() > slots[hi-1].Start.Sub(around).Abs() {
			lo++
		} else {
			hi--
		}
	}
	return slots[lo:hi], nil
}
