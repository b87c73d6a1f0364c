package email

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Characters that change the direction of what surrounds them (Unicode UAX #9 §2): by them a name or a subject could
// show another text than it has.
func isDirection(r rune) bool {
	return r >= '\u202A' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069'
}

// Line ends that Unicode knows beside CR and LF: NEL, LINE SEPARATOR, PARAGRAPH SEPARATOR.
func isLineEnd(r rune) bool { return r == '\u0085' || r == '\u2028' || r == '\u2029' }

// headerText makes a text fit for one header line: runs of space become one, more than limit characters are cut, and
// what looks like an encoded word is broken up, so that a reader sees what was written. It gives a problem instead when
// the text has line ends or other control characters: whoever puts those in means something else than a text.
func headerText(s string, limit int) (clean, problem string) {
	if !utf8.ValidString(s) {
		return "", "must be UTF-8 text"
	}
	if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || isLineEnd(r) }) {
		return "", "must be one line without control characters"
	}
	s = strings.Map(func(r rune) rune {
		if isDirection(r) {
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	// RFC 2047 §5: readers decode =?…?= wherever it stands as a word.
	s = strings.ReplaceAll(s, "=?", "= ?")
	return cut(s, limit), ""
}

// cut keeps at most limit characters, the last of them an ellipsis where something was lost.
func cut(s string, limit int) string {
	n := 0
	end := 0
	for i := range s {
		if n == limit-1 {
			end = i
		}
		if n == limit {
			return strings.TrimRight(s[:end], " ") + "…"
		}
		n++
	}
	return s
}

// block makes a text of several lines fit to be sent: UTF-8, lines that end with \n, no other control characters than
// the tab.
func block(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r' || isLineEnd(r):
			return '\n'
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, s)
}
