package admin

import (
	"fmt"
	"slices"
	"strings"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
)

// assignedWords says in a sentence why a rep was chosen; "" where nobody chose one.
func assignedWords(cat catalog.Catalog, c *booking.Choice) string {
	if c == nil {
		return ""
	}
	who := repName(cat, c.Rep)
	words := "Assigned to " + who
	if c.Held {
		words += " when the time was chosen"
	}
	others := slices.DeleteFunc(slices.Clone(c.Free), func(s booking.Share) bool { return s.Rep == c.Rep })
	switch {
	case c.Why == booking.ByOwner:
		words += ": has the customer’s record in Zoho"
	case c.Why == booking.ByVisitor:
		words += ": the visitor asked for " + who
	case c.Why == booking.ByStaff:
		words += ": chosen by hand"
	case c.Why == booking.ByKeeping:
		words += ": had the visit before and is free"
	case len(c.Free) == 0:
	case len(others) == 0:
		words += ": nobody else was free"
	case c.Why == booking.ByOrder:
		words += ": comes first in the list of reps"
	default:
		return words + ": " + fairness(cat, *c, others) + "."
	}
	if len(others) > 0 {
		names := make([]string, len(others))
		for i, s := range others {
			names[i] = repName(cat, s.Rep)
		}
		words += "; also free: " + strings.Join(names, ", ")
	}
	return words + "."
}

// fairness compares the visits of who was chosen by round robin with those of the others who were free.
func fairness(cat catalog.Catalog, c booking.Choice, others []booking.Share) string {
	weighted, equal := false, true
	var own booking.Share
	for _, s := range c.Free {
		weighted = weighted || s.Weight != 1
		if s.Rep == c.Rep {
			own = s
		}
	}
	share := func(s booking.Share, words string) string {
		if weighted {
			words += fmt.Sprintf(" at weight %d", s.Weight)
		}
		return words
	}
	var list []string
	for _, s := range others {
		equal = equal && s.Visits*own.Weight == own.Visits*s.Weight
		list = append(list, share(s, fmt.Sprintf("%s had %d", repName(cat, s.Rep), s.Visits)))
	}
	words := share(own, counted(own.Visits, "visit")+" in the 60 days around") + ", " + strings.Join(list, ", ")
	if equal {
		words += ", and comes first in the list of reps"
	}
	return words
}

func repName(cat catalog.Catalog, id string) string {
	if r, ok := cat.Rep(id); ok {
		return r.Name
	}
	return id
}
