package booking

import (
	"slices"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
)

// Why is what decided who comes.
type Why string

// What decides.
const (
	ByFewest  Why = "fewest"  // fewest visits around the start for their weight, ties in catalog order
	ByOrder   Why = "order"   // the first of the catalog
	ByOwner   Why = "owner"   // has the customer's record in the CRM
	ByVisitor Why = "visitor" // the visitor asked for this rep
	ByStaff   Why = "staff"   // somebody of the organization chose
	ByKeeping Why = "kept"    // had the appointment before it was moved
)

// Choice is how the rep of an appointment was chosen, kept with its timeline.
type Choice struct {
	Rep  string  `json:"rep"`
	Why  Why     `json:"why"`
	Held bool    `json:"held,omitempty"` // when the visitor chose the time; the hold kept it until the booking
	Hold HoldID  `json:"hold,omitempty"` // the one that the booking used: whoever names it is whom we booked
	Free []Share `json:"free,omitempty"` // who was free, in catalog order
}

// Share is a rep who was free, with what round robin goes by.
type Share struct {
	Rep    string `json:"rep"`
	Visits int    `json:"visits"` // not cancelled, within 30 × 24 h of the start
	Weight int    `json:"weight"`
}

// Counted reports whether visits were counted at all.
func (c Choice) Counted() bool { return c.Why == ByFewest }

// pick chooses among reps who are free. Owners are users of the CRM who have records of the customer, the foremost first.
func (c *compiled) pick(single availability.Ask, free []string, counts map[string]int, owners []string) Choice {
	service, _ := c.catalog.Service(single.Service)
	out := Choice{Rep: c.rules.Assign(single.Service, free, counts), Why: ByFewest}
	if service.Assignment == catalog.Priority {
		out.Why = ByOrder
	}
	if service.Assignment == catalog.OwnerFirst {
		if rep := c.ownerAmong(free, owners); rep != "" {
			out.Rep, out.Why = rep, ByOwner
		}
	}
	if single.Rep != "" {
		out.Why = ByVisitor
	}
	for _, r := range c.catalog.Staff() {
		if slices.Contains(free, r.ID) {
			out.Free = append(out.Free, Share{Rep: r.ID, Visits: counts[r.ID], Weight: r.Share()})
		}
	}
	return out
}

// ownerAmong gives the rep who is the foremost owner of the customer's records, if that one is free: who owns the record
// comes, and nobody who owns another one in their place.
func (c *compiled) ownerAmong(free, owners []string) string {
	for _, owner := range owners {
		for _, r := range c.catalog.Staff() {
			if r.CRMUser == "" || r.CRMUser != owner {
				continue
			}
			if slices.Contains(free, r.ID) {
				return r.ID
			}
			return ""
		}
	}
	return ""
}

// checkRep refuses a wish for a rep where visitors can't choose, or for one who does not offer the service.
func checkRep(c *compiled, service, rep string) error {
	if rep == "" {
		return nil
	}
	s, _ := c.catalog.Service(service)
	if s.Assignment != catalog.CustomerChoice {
		return fault.OfField("rep", "can't be chosen for this service.")
	}
	if !slices.ContainsFunc(c.catalog.Choosable(s), func(r catalog.Rep) bool { return r.ID == rep }) {
		return fault.OfField("rep", "There is no such person for this service.")
	}
	return nil
}
