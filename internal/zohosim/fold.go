package zohosim

import "strings"

// alphabet maps bytes to what a comparison takes them for.
type alphabet [256]byte

// The two alphabets: lowered forgets capitals; folded, that of search, also takes some signs for blanks.
// Source: Zoho CRM v8, "Search Records".
var (
	lowered = newAlphabet("")
	folded  = newAlphabet("{}[]^:-/!?*_@")
)

func newAlphabet(signs string) *alphabet {
	var t alphabet
	for i := range t {
		t[i] = lower(byte(i))
	}
	for _, c := range []byte(signs) {
		t[c] = ' '
	}
	return &t
}

func (t *alphabet) fold(s string) string {
	b := []byte(strings.ToLower(s))
	for i, c := range b {
		b[i] = t[c]
	}
	return string(b)
}

// fold gives a text as search takes it.
func fold(s string) string { return folded.fold(s) }

// needle is a text to look for in folded texts.
type needle struct {
	alphabet     *alphabet
	text         string // folded
	plain        bool   // ASCII: can be compared byte by byte without folding the other side first
	anchor       int    // place of its rarest byte
	lower, upper byte   // how that may be written
	sign         bool   // it is one of the signs that are taken for each other
}

func newNeedle(s string) needle { return folded.needle(s) }

func (t *alphabet) needle(s string) needle {
	const common = " eatoinshrdlcumwfgypbvkjxqz" // commonest first
	n := needle{alphabet: t, text: t.fold(s), plain: true}
	rarest := -1
	for i := range len(n.text) {
		n.plain = n.plain && n.text[i] < 0x80
		rank := strings.IndexByte(common, n.text[i])
		if rank < 0 {
			rank = len(common)
		}
		if rank > rarest {
			rarest, n.anchor = rank, i
		}
	}
	if n.text != "" {
		n.lower, n.upper = n.text[n.anchor], n.text[n.anchor]
		n.sign = n.lower == ' ' && t == folded
		if 'a' <= n.lower && n.lower <= 'z' {
			n.upper = n.lower - 'a' + 'A'
		}
	}
	return n
}

// in tells whether s, folded, contains the needle. Most texts are long and do not: where a match could be is found with the
// machine's own search for a byte.
func (n needle) in(s string) bool {
	if !n.plain {
		return strings.Contains(n.alphabet.fold(s), n.text)
	}
	if n.text == "" {
		return true
	}
	last := len(s) - len(n.text) + n.anchor // greatest place of the anchor
	lower, upper := -1, -1                  // next places of either way to write it; len(s) for none
	for at := n.anchor; at <= last; at++ {
		if !n.sign {
			lower, upper = nextByte(s, n.lower, at, lower), nextByte(s, n.upper, at, upper)
			if at = min(lower, upper); at > last {
				return false
			}
		}
		from, j := at-n.anchor, 0
		for j < len(n.text) && n.alphabet[s[from+j]] == n.text[j] {
			j++
		}
		if j == len(n.text) {
			return true
		}
	}
	return false
}

// nextByte gives the first place of c in s from i on, len(s) if there is none; known is what it gave before.
func nextByte(s string, c byte, i, known int) int {
	if known >= i {
		return known
	}
	if at := strings.IndexByte(s[i:], c); at >= 0 {
		return i + at
	}
	return len(s)
}
