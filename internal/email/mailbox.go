package email

import (
	"net/mail"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// mailbox is a checked address: its domain in the ASCII form, its name fit for a header.
type mailbox struct{ name, local, domain string }

func (b mailbox) address() string { return b.local + "@" + b.domain }

func (b mailbox) header() *mail.Address {
	return &mail.Address{Name: b.name, Address: b.address()}
}

// international reports whether the address needs a server that knows RFC 6531 (SMTPUTF8). A domain never does.
func (b mailbox) international() bool {
	return strings.ContainsFunc(b.local, func(r rune) bool { return r >= utf8.RuneSelf })
}

// asciiDomain is more generous than DNS host names only by the underscore.
var asciiDomain = regexp.MustCompile(`^[a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?(\.[a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?)*$`)

// checkMailbox takes addresses of the form dot-string "@" domain of RFC 5321 §4.1.2, with letters of any script in the
// local part (RFC 6531 §3.3) and in the domain (RFC 5891). Quoted local parts and address literals, which nobody has in
// earnest, it refuses: they are the usual way to smuggle something in.
func checkMailbox(a mail.Address) (b mailbox, problem string) {
	name, problem := headerText(a.Name, maxName)
	if problem != "" {
		return mailbox{}, problem
	}
	// Readers disagree about a backslash: in an encoded word of a name (RFC 2047 §5) net/mail writes one and can't read
	// it, in the quotes of a calendar some take it for an escape and miss the end of the name.
	name = strings.ReplaceAll(name, `\`, "/")
	at := strings.LastIndexByte(a.Address, '@')
	if at < 1 {
		return mailbox{}, "is not an e-mail address"
	}
	local, domain := a.Address[:at], a.Address[at+1:]
	if len(local) > 64 || !isDotString(local) { // RFC 5321 §4.5.3.1.1
		return mailbox{}, "is not an e-mail address we can write to"
	}
	if !asciiDomain.MatchString(domain) {
		ascii, err := idna.Lookup.ToASCII(domain)
		if err != nil || !asciiDomain.MatchString(ascii) {
			return mailbox{}, "has a domain that does not exist"
		}
		domain = ascii
	}
	if len(local)+1+len(domain) > 254 { // RFC 5321 §4.5.3.1.3 less the brackets
		return mailbox{}, "is longer than an e-mail address can be"
	}
	return mailbox{name, local, domain}, ""
}

// Problem says what keeps an address from being written to; "" when nothing does.
func Problem(a mail.Address) string {
	_, problem := checkMailbox(a)
	return problem
}

// isDotString reports whether s is atoms between single dots.
func isDotString(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for atom := range strings.SplitSeq(s, ".") {
		if atom == "" || strings.ContainsFunc(atom, func(r rune) bool { return !isAtext(r) }) {
			return false
		}
	}
	return true
}

// isAtext is RFC 5322's atext, and beyond ASCII whatever can be seen.
func isAtext(r rune) bool {
	if r >= utf8.RuneSelf {
		return r != utf8.RuneError && unicode.IsGraphic(r) && !unicode.IsSpace(r)
	}
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r)
}
