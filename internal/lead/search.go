package lead

import (
	"slices"
	"strings"
	"unicode"
)

// Search is what somebody typed to find a person. Every word must be in the contact somewhere; what reads as a phone
// number is looked for in the phone, however it is punctuated. The zero Search finds everybody.
type Search struct {
	words  []string // lower case
	digits string
}

// minDigits is from how many digits on a text without letters is a phone number.
const minDigits = 4

// NewSearch reads what was typed.
func NewSearch(text string) Search {
	s := Search{words: strings.Fields(strings.ToLower(text))}
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, text)
	rest := strings.Trim(text, "0123456789+-()./ \t\u00a0")
	if rest == "" && len(digits) >= minDigits {
		s.digits = digits
	}
	return s
}

// Longest gives the longest run of a-z, 0-9 that every contact that is found holds in one of its parts, in lower case;
// "" when there is none. A store may leave out with it what cannot be found.
func (s Search) Longest() string {
	if s.digits != "" {
		return ""
	}
	longest := ""
	for _, w := range s.words {
		for run := range strings.FieldsFuncSeq(w, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			if len(run) > len(longest) {
				longest = run
			}
		}
	}
	return longest
}

// Finds reports whether a contact is among those looked for.
func (s Search) Finds(c Contact) bool {
	parts := []string{c.FirstName, c.LastName, c.Email, c.Phone, c.Street, c.City, c.State, c.PostalCode}
	if s.digits != "" && strings.Contains(c.Phone, s.digits) {
		return true
	}
	for i, p := range parts {
		parts[i] = strings.ToLower(p)
	}
	for _, w := range s.words {
		if !slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(p, w) }) {
			return false
		}
	}
	return true
}
