package zoho

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

const redacted = "[redacted]"

var (
	// tokenShape is how codes, access and refresh tokens look: https://www.zoho.com/accounts/protocol/oauth/web-apps/access-token.html
	tokenShape = regexp.MustCompile(`1000\.[0-9a-fA-F]{32}\.[0-9a-fA-F]{32}`)
	// secretForm is a secret as a parameter of a form or an address.
	secretForm = regexp.MustCompile(`(?i)\b((?:client_secret|refresh_token|access_token|authtoken|token|code)=)[^&\s"'<>]+`)
	// secretJSON is a secret as a member of a JSON object; innerJSON is one within a JSON text that is itself a string.
	secretJSON = regexp.MustCompile(`(?i)("(?:client_secret|refresh_token|access_token|authtoken|token)"\s*:\s*)"(?:[^"\\]|\\.)*"`)
	innerJSON  = regexp.MustCompile(`(?i)(\\"(?:client_secret|refresh_token|access_token|authtoken|token)\\"\s*:\s*)\\"[^"\\]*\\"`)
	// secretHeader is the Authorization header in the two ways that Zoho takes it.
	secretHeader = regexp.MustCompile(`(?i)\b((?:Zoho-oauthtoken|Bearer)\s+)[^\s"',;<>]+`)
)

// Redact gives s without codes and tokens in Zoho's shape, the values of secret parameters and members, and
// Authorization values. It is a safety net for texts from outside, not a licence to print requests.
func Redact(s string) string {
	s = tokenShape.ReplaceAllString(s, redacted)
	s = secretForm.ReplaceAllString(s, "${1}"+redacted)
	s = secretJSON.ReplaceAllString(s, `${1}"`+redacted+`"`)
	s = innerJSON.ReplaceAllString(s, `${1}\"`+redacted+`\"`)
	return secretHeader.ReplaceAllString(s, "${1}"+redacted)
}

// tame makes a foreign text fit for an error message: redacted, one line, at most max bytes.
func tame(s string, max int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, Redact(strings.ToValidUTF8(s, "�")))
	if len(s) <= max {
		return s
	}
	for max > 0 && !utf8.RuneStart(s[max]) {
		max--
	}
	return s[:max] + "…"
}
