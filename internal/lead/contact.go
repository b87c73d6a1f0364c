package lead

import (
	"fmt"
	"net/mail"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"

	"heavyset.tech/platform/internal/fault"
)

// Limits of what a visitor may type, in characters.
const (
	maxName    = 100
	maxEmail   = 254 // RFC 5321 §4.5.3.1.3 less the brackets
	maxPhone   = 40
	maxAddress = 250
	MaxNotes   = 5_000
	maxPairs   = 40
	maxPair    = 1_000
)

// Normalise trims a contact, puts e-mail and phone into the form in which we compare them, and names what is wrong by
// path below `customer`. country (ISO 3166 alpha-2) decides how a phone number without country code is read.
func (c Contact) Normalise(country string) (Contact, []fault.Field) {
	var wrong []fault.Field
	line := func(path string, v *string, limit int) {
		*v = strings.TrimSpace(*v)
		wrong = append(wrong, CheckLine("customer."+path, *v, limit)...)
	}
	line("first_name", &c.FirstName, maxName)
	line("last_name", &c.LastName, maxName)
	line("email", &c.Email, maxEmail)
	line("phone", &c.Phone, maxPhone)
	line("street", &c.Street, maxAddress)
	line("city", &c.City, maxName)
	line("state", &c.State, maxName)
	line("postal_code", &c.PostalCode, 20)
	line("country", &c.Country, maxName)
	if c.LastName == "" {
		wrong = append(wrong, fault.Field{Path: "customer.last_name", Message: "Please tell us your last name."})
	}
	if c.Email == "" && c.Phone == "" {
		wrong = append(wrong, fault.Field{Path: "customer.email", Message: "Please give an e-mail address or a phone number."},
			fault.Field{Path: "customer.phone", Message: "Please give an e-mail address or a phone number."})
	}
	if c.Email != "" {
		e, ok := normaliseEmail(c.Email)
		if !ok {
			wrong = append(wrong, fault.Field{Path: "customer.email", Message: "This does not look like an e-mail address."})
		}
		c.Email = e
	}
	if c.Phone != "" {
		p, ok := Phone(c.Phone, country)
		if !ok {
			wrong = append(wrong, fault.Field{Path: "customer.phone", Message: "This does not look like a phone number we can call."})
		}
		c.Phone = p
	}
	return c, wrong
}

// normaliseEmail gives the address in lower case. Mail systems that tell upper from lower case in the local part are
// extinct; a customer who is doubled for typing their name in capitals is not.
func normaliseEmail(v string) (string, bool) {
	a, err := mail.ParseAddress(v)
	if err != nil || a.Name != "" || strings.ContainsAny(v, "<>()\",;: ") {
		return v, false
	}
	_, domain, ok := strings.Cut(a.Address, "@")
	if !ok || strings.HasPrefix(domain, "[") || strings.HasPrefix(domain, ".") || strings.HasSuffix(domain, ".") {
		return v, false
	}
	return strings.ToLower(a.Address), true
}

// Phone gives a possible number of the country as E.164 (RFC 3966's global form without its punctuation); it need not
// be a number that is in use.
func Phone(v, country string) (string, bool) {
	n, err := phonenumbers.Parse(v, country)
	if err != nil || !phonenumbers.IsPossibleNumber(n) {
		return v, false
	}
	return phonenumbers.Format(n, phonenumbers.E164), true
}

// Same decides whether two normalised contacts are one person. An e-mail address or a phone number alone is not
// enough: couples share both. Equal e-mail and one more of first name, last name or phone; or equal phone and equal
// name, unless two different e-mail addresses speak against it.
func Same(a, b Contact) bool {
	first, last := foldName(a.FirstName) == foldName(b.FirstName), foldName(a.LastName) == foldName(b.LastName)
	noFirst := a.FirstName == "" || b.FirstName == ""
	phone := a.Phone != "" && a.Phone == b.Phone
	email := a.Email != "" && strings.EqualFold(a.Email, b.Email)
	if email {
		return (last && (first || noFirst)) || (first && !noFirst) || phone
	}
	return phone && last && (first || noFirst) && (a.Email == "" || b.Email == "")
}

// foldName makes names comparable: letters and digits only, lower case.
func foldName(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// CheckLine names a text that is too long, is not UTF-8 or holds control characters (line ends among them).
func CheckLine(path, v string, limit int) []fault.Field {
	switch {
	case !utf8.ValidString(v) || strings.ContainsFunc(v, unicode.IsControl):
		return []fault.Field{{Path: path, Message: "holds characters that can't stand in a line of text."}}
	case utf8.RuneCountInString(v) > limit:
		return []fault.Field{{Path: path, Message: fmt.Sprintf("is longer than %d characters.", limit)}}
	}
	return nil
}

// CheckText is CheckLine for several lines: line ends and tabs may stand in it.
func CheckText(path, v string, limit int) []fault.Field {
	plain := strings.Map(func(r rune) rune {
		if r == '\n' || r == '\r' || r == '\t' {
			return ' '
		}
		return r
	}, v)
	if !utf8.ValidString(v) {
		plain = v
	}
	return CheckLine(path, plain, limit)
}

// CheckPairs names wrong keys and values of a small map such as utm or answers, in the order of the keys.
func CheckPairs(path string, m map[string]string) []fault.Field {
	if len(m) > maxPairs {
		return []fault.Field{{Path: path, Message: fmt.Sprintf("has more than %d entries.", maxPairs)}}
	}
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	var wrong []fault.Field
	for _, k := range keys {
		if bad := CheckLine(path, k, 100); bad != nil || k == "" {
			wrong = append(wrong, fault.Field{Path: path, Message: "has a name that is empty, too long or not plain text."})
			continue
		}
		wrong = append(wrong, CheckText(path+"."+k, m[k], maxPair)...)
	}
	return wrong
}
