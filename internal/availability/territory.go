package availability

import (
	"slices"
	"strings"
	"unicode"
)

// Territory is a set of postal codes. A pattern is a postal code or, with a * at its end, the beginning of some; case
// and blanks mean nothing, and every other character means itself; bytes that are no UTF-8 all look alike.
type Territory struct {
	ID          string
	PostalCodes []string
}

// plainCode makes postal codes comparable: upper case, no blanks.
func plainCode(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return unicode.ToUpper(r)
	}, s)
}

// postal finds the territories of a postal code.
type postal struct {
	exact   map[string][]int // plain code → territories
	prefix  map[string][]int // plain beginning → territories
	lengths []int            // of the beginnings, each once
}

func newPostal(list []Territory) postal {
	p := postal{exact: map[string][]int{}, prefix: map[string][]int{}}
	for i, t := range list {
		for _, pattern := range t.PostalCodes {
			code := plainCode(pattern)
			if begin, ok := strings.CutSuffix(code, "*"); ok {
				p.prefix[begin] = append(p.prefix[begin], i)
				p.lengths = append(p.lengths, len(begin))
			} else if code != "" {
				p.exact[code] = append(p.exact[code], i)
			}
		}
	}
	slices.Sort(p.lengths)
	p.lengths = slices.Compact(p.lengths)
	return p
}

// find gives the territories that have the plain code, some perhaps twice.
func (p postal) find(code string) []int {
	found := slices.Clone(p.exact[code])
	for _, n := range p.lengths {
		if n > len(code) {
			break
		}
		found = append(found, p.prefix[code[:n]]...)
	}
	return found
}

// area is where a question's visit takes place.
type area struct {
	anywhere    bool // no postal code, or none needed: every rep serves it
	territories []int
}

// areaOf reads a question's postal code. Without territories in the catalog it is ignored, a blank one always.
func (r *Rules) areaOf(postalCode string) area {
	code := plainCode(postalCode)
	if code == "" || r.territories == 0 {
		return area{anywhere: true}
	}
	return area{territories: r.postal.find(code)}
}

// has reports whether the rep serves the area.
func (a area) has(p *rep) bool {
	return a.anywhere || slices.ContainsFunc(a.territories, func(t int) bool { return slices.Contains(p.territories, t) })
}
