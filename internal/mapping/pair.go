package mapping

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"heavyset.tech/platform/internal/crm"
)

// sure is from where on another field's match counts as a fact for the rules about pairs.
const sure = 0.85

// row gives the index of a HeavySet field; -1 when it is not asked for.
func (sh *sheet) row(key string) int {
	return slices.IndexFunc(sh.heavy, func(h HeavyField) bool { return h.Key == key })
}

// best gives the best candidate of a HeavySet field other than one slot.
func (sh *sheet) best(key string, except int) (score float64, at int) {
	i, at := sh.row(key), -1
	if i < 0 {
		return 0, -1
	}
	for j, c := range sh.grid[i] {
		if j != except && c.score > score {
			score, at = c.score, j
		}
	}
	return score, at
}

// add changes the score of a candidate that has one, and says why.
func (sh *sheet) add(key string, j int, by float64, note string) {
	i := sh.row(key)
	if i < 0 || sh.grid[i][j].score <= 0 {
		return
	}
	c := &sh.grid[i][j]
	c.score = max(c.score+by, 0)
	c.notes = append(slices.Clip(c.notes), note)
}

// pair applies what one field says about another.
func (sh *sheet) pair() {
	sh.pairNames()
	sh.pairAddress()
	sh.pairConsent()
	sh.pairOwn()
	if sh.role == crm.RoleAppointment {
		sh.pairTimes()
		sh.pairPlace()
		sh.pairRep()
	}
}

// pairNames: “Nombre”, “Nom” and “Nome” are the first name, or the last, where the other part has a field of its own.
func (sh *sheet) pairNames() {
	halves := map[string]struct {
		word, partner string
	}{"nombre": {"first_name", "last_name"}, "nome": {"first_name", "last_name"}, "nom": {"last_name", "first_name"}}
	for j := range sh.slots {
		f := &sh.slots[j]
		if len(f.naming.label) != 1 {
			continue
		}
		half, ok := halves[f.naming.label[0]]
		if !ok {
			continue
		}
		if score, _ := sh.best(half.partner, j); score >= sure {
			sh.add(half.word, j, 0.12, "The other part of the name has a field of its own.")
		}
	}
	first, _ := sh.best("first_name", -1)
	last, _ := sh.best("last_name", -1)
	if first >= sure && last >= sure {
		for j := range sh.slots {
			sh.add("full_name", j, -0.10, "First and last name have fields of their own.")
		}
	}
}

// addressKeys are the parts of an address, which have to come from one group of fields.
func addressKeys() []string {
	return []string{"street", "street2", "city", "state", "zip", "country"}
}

// group is one of the addresses of a record.
type group struct {
	name  string
	other bool // not where a visit goes: billing, shipping
	own   bool // the CRM's own address
	parts map[string]float64
}

// pairAddress keeps the parts of one address together: the CRM's own, or the only one where a visit can go. Where two
// would do, neither is taken.
func (sh *sheet) pairAddress() {
	groups := map[string]*group{}
	for _, key := range addressKeys() {
		i := sh.row(key)
		if i < 0 {
			continue
		}
		for j, c := range sh.grid[i] {
			if c.score < 0.4 {
				continue
			}
			name, other := sh.groupOf(j)
			g := groups[name]
			if g == nil {
				g = &group{name: name, other: other, parts: map[string]float64{}}
				groups[name] = g
			}
			g.own = g.own || c.standard
			g.parts[key] = max(g.parts[key], c.score)
		}
	}
	ranked := slices.SortedFunc(maps.Values(groups), func(a, b *group) int {
		return cmp.Or(cmp.Compare(b.rank(), a.rank()), cmp.Compare(a.name, b.name))
	})
	if len(ranked) == 0 {
		return
	}
	rival := len(ranked) > 1 && !ranked[1].other && ranked[1].parts["street"] >= 0.7 && ranked[0].parts["street"] >= 0.7
	for _, key := range addressKeys() {
		i := sh.row(key)
		if i < 0 {
			continue
		}
		for j := range sh.grid[i] {
			sh.keepTogether(key, j, ranked[0], rival, ranked)
		}
	}
}

// rank orders groups: those a visit goes to first, then the CRM's own, then the fullest.
func (g *group) rank() float64 {
	total := 0.0
	for _, key := range addressKeys() {
		total += g.parts[key]
	}
	if g.own {
		total += 5
	}
	if !g.other {
		total += 10
	}
	return total
}

func (sh *sheet) keepTogether(key string, j int, first *group, rival bool, all []*group) {
	name, other := sh.groupOf(j)
	switch {
	case other:
		sh.add(key, j, -0.45, fmt.Sprintf("“%s” is not where a visit goes.", name))
	case name != first.name && first.parts[key] > 0:
		if rival && name == all[1].name && !first.own {
			return // two addresses would do: the margin leaves both blank
		}
		sh.add(key, j, -0.30, "The other parts of the address come from other fields.")
	case name != first.name && len(first.parts) > 1:
		sh.add(key, j, -0.10, "The other parts of the address come from other fields.")
	case name == first.name && rival && first.own:
		sh.cap(key, j, 0.89, fmt.Sprintf("There is a second address, “%s”: please look which one is visited.", all[1].name))
	}
}

// cap bounds the score of a candidate.
func (sh *sheet) cap(key string, j int, at float64, note string) {
	if i := sh.row(key); i >= 0 && sh.grid[i][j].score > at {
		sh.add(key, j, at-sh.grid[i][j].score, note)
	}
}

// groupOf names the address that a field belongs to by the words in its label.
func (sh *sheet) groupOf(j int) (name string, other bool) {
	w := book()
	var words []string
	for _, s := range sh.slots[j].naming.label {
		if w.otherPlaces[s] {
			other = true
		}
		if w.otherPlaces[s] || w.goodPlaces[s] {
			words = append(words, s)
		}
	}
	slices.Sort(words)
	return strings.Join(slices.Compact(words), " "), other
}

// pairConsent: where there is a field for consent itself, its opposite is not used for it.
func (sh *sheet) pairConsent() {
	for _, key := range []string{"consent_contact", "consent_sms", "homeowner"} {
		i := sh.row(key)
		if i < 0 {
			continue
		}
		direct := slices.ContainsFunc(sh.grid[i], func(c candidate) bool { return c.score >= sure && !c.inverted })
		for j, c := range sh.grid[i] {
			if c.inverted && direct {
				sh.add(key, j, -0.20, "There is a field for the consent itself.")
			}
		}
	}
}

// pairOwn: where the CRM's own field is called otherwise, people have put the meaning elsewhere, and only they know where.
func (sh *sheet) pairOwn() {
	for i, h := range sh.heavy {
		own := slices.IndexFunc(sh.slots, func(f slot) bool { return f.Name == h.Default })
		if h.Default == "" || own < 0 || sh.grid[i][own].named >= sure || sh.grid[i][own].inverted {
			continue
		}
		for j := range sh.slots {
			if j != own {
				sh.cap(h.Key, j, autoFrom-0.01, fmt.Sprintf("The CRM's own field for it, %s, is called “%s” here.", h.Default, sh.slots[own].Label))
			}
		}
	}
}

// pairTimes: starts come before ends; a date and a time are only for modules without an instant to start at.
func (sh *sheet) pairTimes() {
	start, at := sh.best("start", -1)
	end, till := sh.best("end", -1)
	if start >= 0.7 {
		for j := range sh.slots {
			for _, key := range []string{"date", "time"} {
				sh.add(key, j, -0.40, "Date and time are together in another field.")
			}
		}
	}
	if start < 0.4 || end < 0.4 || at == till {
		return
	}
	before, both := 0, 0
	for k, from := range sh.slots[at].column.times {
		to := sh.slots[till].column.times[k]
		if from.IsZero() || to.IsZero() {
			continue
		}
		both++
		if from.Before(to) {
			before++
		}
	}
	switch {
	case both < 3:
	case before*20 >= both*19:
		note := fmt.Sprintf("In %d of %d samples the start lies before the end.", before, both)
		sh.add("start", at, valuesFit, note)
		sh.add("end", till, valuesFit, note)
	case before*2 < both:
		note := fmt.Sprintf("In only %d of %d samples the start lies before the end.", before, both)
		sh.add("start", at, valuesUnlike, note)
		sh.add("end", till, valuesUnlike, note)
	}
}

// pairPlace: a text called address is the street where city and postal code stand beside it, and the whole place where
// they do not.
func (sh *sheet) pairPlace() {
	city, _ := sh.best("city", -1)
	zip, _ := sh.best("zip", -1)
	for j := range sh.slots {
		if i := sh.row("location"); i >= 0 && sh.grid[i][j].standard {
			continue
		}
		if city >= sure || zip >= sure {
			sh.add("location", j, -0.15, "City or postal code have fields of their own.")
		} else {
			sh.add("street", j, -0.15, "There is no field for city or postal code.")
		}
	}
}

// pairRep: a user field made for the rep is meant rather than the record's owner, but people differ in that.
func (sh *sheet) pairRep() {
	i := sh.row("rep")
	if i < 0 {
		return
	}
	special := slices.ContainsFunc(sh.grid[i], func(c candidate) bool { return c.score >= 0.9 && !c.standard })
	for j, c := range sh.grid[i] {
		switch {
		case !special:
		case c.standard:
			sh.add("rep", j, -0.30, "Another user field is called after the rep.")
		default:
			sh.cap("rep", j, 0.89, "The record's owner might be meant as well.")
		}
	}
}
