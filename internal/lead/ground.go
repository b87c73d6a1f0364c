package lead

import (
	"slices"
	"strings"
)

// Ground is something by which two are found to be one person.
type Ground string

// The grounds, in the order in which people are told of them.
const (
	ByID      Ground = "id" // our own id stands in the record
	ByEmail   Ground = "email"
	ByPhone   Ground = "phone"
	ByName    Ground = "name"
	ByAddress Ground = "address"
)

func grounds() []Ground { return []Ground{ByID, ByEmail, ByPhone, ByName, ByAddress} }

// Words names a ground for people.
func (g Ground) Words() string {
	return map[Ground]string{ByID: "our own ID", ByEmail: "e-mail", ByPhone: "phone", ByName: "name", ByAddress: "address"}[g]
}

// GroundWords says what a match stands on, as in "e-mail, phone and name"; "" for nothing.
func GroundWords(list []Ground) string {
	var words []string
	for _, g := range grounds() {
		if slices.Contains(list, g) {
			words = append(words, g.Words())
		}
	}
	if n := len(words); n > 1 {
		words = []string{strings.Join(words[:n-1], ", ") + " and " + words[n-1]}
	}
	return strings.Join(words, "")
}

// Shared gives what two normalised contacts have in common. Whether that makes them one person is Same's to say: names and
// addresses alone do not.
func Shared(a, b Contact) []Ground {
	var out []Ground
	equal := func(g Ground, x, y string) {
		if x != "" && x == y {
			out = append(out, g)
		}
	}
	equal(ByEmail, strings.ToLower(a.Email), strings.ToLower(b.Email))
	equal(ByPhone, a.Phone, b.Phone)
	if foldName(a.FirstName) == foldName(b.FirstName) || a.FirstName == "" || b.FirstName == "" {
		equal(ByName, foldName(a.LastName), foldName(b.LastName))
	}
	if foldName(a.PostalCode) == foldName(b.PostalCode) || a.PostalCode == "" || b.PostalCode == "" {
		equal(ByAddress, foldName(a.Street), foldName(b.Street))
	}
	return out
}
