package sms

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// One message by the alphabet of 3GPP TS 23.038 §6.2.1, and one in UCS-2; longer ones are sent in parts of a little less.
const (
	Single     = 160
	SingleUCS2 = 70
	part       = 153
	partUCS2   = 67
)

// basic are the letters that take one place, extended those that take two.
const (
	basic    = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	extended = "^{}\\[~]|€"
)

// Length gives the places that a text takes, and whether it can be written in the phones' own alphabet; where it can't,
// each letter of UTF-16 is one.
func Length(text string) (n int, own bool) {
	for _, r := range text {
		switch {
		case strings.ContainsRune(basic, r):
			n++
		case strings.ContainsRune(extended, r):
			n += 2
		default:
			return len16(text), false
		}
	}
	return n, true
}

func len16(text string) (n int) {
	for _, r := range text {
		if n++; r > 0xffff {
			n++
		}
	}
	return n
}

// Parts gives how many messages a text is charged as.
func Parts(text string) int {
	n, own := Length(text)
	single, each := Single, part
	if !own {
		single, each = SingleUCS2, partUCS2
	}
	if n <= single {
		return 1
	}
	return (n + each - 1) / each
}

// typeset are signs of good typesetting, with what a phone's alphabet has for them.
var typeset = strings.NewReplacer("\u00a0", " ", "\u202f", " ", "\u2009", " ", "–", "-", "—", "-", "\u2011", "-", "‘", "'", "’", "'", "“", `"`, "”", `"`, "„", `"`, "«", `"`, "»", `"`, "…", "...", "ç", "c", "œ", "oe", "Œ", "OE")

// Fold writes a text in the phones' own alphabet where its letters are Latin ones: accents that the alphabet lacks go, the
// words stay. What is written in another script is left as it is.
func Fold(text string) string {
	var out strings.Builder
	for _, r := range typeset.Replace(text) {
		if strings.ContainsRune(basic, r) || strings.ContainsRune(extended, r) {
			out.WriteRune(r)
			continue
		}
		bare := []rune(norm.NFD.String(string(r)))
		if len(bare) > 1 && strings.ContainsRune(basic, bare[0]) {
			out.WriteRune(bare[0])
			continue
		}
		out.WriteRune(r)
	}
	return out.String()
}
