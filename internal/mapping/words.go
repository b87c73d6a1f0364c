package mapping

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// small are words that carry no meaning in the name of a field. A name of nothing else keeps them: “From” and “De” are
// labels.
const small = `the an of for at on in by and or is are was your you we us our my this that please enter select what which
	del el la los las un una y e en para por con su sus le les l d du des et ou au aux pour sur votre vos dans nos
	der die das den dem des ein eine und oder fur zu zum zur im am mit ihr ihre wir uns sie o os as do da dos das em no na ao com seu sua
	het een voor op met uw de a n field information info value custom crm`

// linking words mean something at times (“Termin von”, “Termin bis”) and nothing at others (“Status von Anfrage”).
const linking = `von van`

// short are abbreviations that people use in the names of fields.
const short = `cust customer svc service ph phone addr address appt appointment est estimated src source dispo disposition acct account desc description loc location
	dur duration lang language msg message mob mobile sched scheduled tech technician num number`

// fold writes a text in small letters without accents: ß becomes ss.
func fold(s string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(s) {
		switch {
		case r == 'ß':
			b.WriteString("ss")
		case r == 'ø':
			b.WriteByte('o')
		case r == 'æ':
			b.WriteString("ae")
		case r == 'º', r == 'ª': // nº, 1ª
		case !unicode.Is(unicode.Mn, r):
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// split cuts a label or API name into words: at anything but letters and digits, where capitals begin a word, and between
// letters and digits.
func split(s string) []string {
	s = strings.TrimSuffix(strings.TrimSuffix(s, "__s"), "__c")
	s = strings.ReplaceAll(s, "HeavySet", "Heavyset")
	var out []string
	var word []rune
	flush := func() {
		if f := fold(string(word)); f != "" {
			out = append(out, f)
		}
		word = nil
	}
	runes := []rune(norm.NFC.String(s))
	for i, r := range runes {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			flush()
			continue
		case len(word) > 0:
			last := word[len(word)-1]
			camel := unicode.IsUpper(r) && unicode.IsLower(last)
			endOfCapitals := unicode.IsUpper(r) && unicode.IsUpper(last) && len(word) > 1 && i+1 < len(runes) && unicode.IsLower(runes[i+1])
			if camel || endOfCapitals || unicode.IsDigit(r) != unicode.IsDigit(last) {
				flush()
			}
		}
		word = append(word, r)
	}
	flush()
	for i := 0; i+1 < len(out); i++ { // e-mail, E_Mail
		if out[i] == "e" && out[i+1] == "mail" {
			out = append(append(out[:i:i], "email"), out[i+2:]...)
		}
	}
	return out
}

// stem cuts the endings of plurals, the same on both sides of a comparison, so it need not be right.
func stem(w string) string {
	if len(w) > 3 && strings.HasSuffix(w, "s") && !strings.HasSuffix(w, "ss") && !strings.HasSuffix(w, "us") && !strings.HasSuffix(w, "is") {
		return w[:len(w)-1]
	}
	return w
}

// bag is a set of words.
type bag map[string]bool

func bagOf(lists ...string) bag {
	b := bag{}
	for _, l := range lists {
		for _, w := range split(l) {
			b[stem(w)] = true
		}
	}
	return b
}

func (b bag) hasAll(words []string) bool {
	return !slices.ContainsFunc(words, func(w string) bool { return !b[w] })
}

// phrase is one name of a HeavySet field.
type phrase struct {
	words  []string
	weight float64
}

// entry is a meaning, ready for comparing.
type entry struct {
	about           topic
	says, inverted  []phrase
	vocabulary      bag // the words of all its phrases
	against, beside bag
	place           bool // its field belongs to an address
}

// wordbook is everything known about words.
type wordbook struct {
	small, linking          bag
	short                   map[string]string
	entries                 map[string]entry
	known                   bag // every word that occurs anywhere
	goodPlaces, otherPlaces bag
	otherSections           bag
}

// book is built once, on first use, and never changed.
var book = sync.OnceValue(newWordbook)

func newWordbook() *wordbook {
	w := &wordbook{
		small: bag{}, linking: bagOf(linking), short: map[string]string{}, entries: map[string]entry{}, known: bag{}, goodPlaces: bagOf(goodPlaces), otherPlaces: bagOf(otherPlaces),
		otherSections: bagOf(otherSections),
	}
	for _, s := range strings.Fields(small) {
		w.small[s] = true
	}
	pairs := strings.Fields(short)
	for i := 0; i+1 < len(pairs); i += 2 {
		w.short[pairs[i]] = pairs[i+1]
	}
	for _, m := range meanings() {
		e := entry{
			about: m.about, says: w.phrases(m.says), inverted: w.phrases(m.inverted), place: m.about == place && m.key != "location",
			against: bagOf(m.about.against(), m.against), beside: bagOf(m.about.beside(), m.beside), vocabulary: bag{},
		}
		w.entries[m.key] = e
		for _, list := range [][]phrase{e.says, e.inverted} {
			for _, p := range list {
				for _, word := range p.words {
					w.known[word], e.vocabulary[word] = true, true
				}
			}
		}
		for _, b := range []bag{e.against, e.beside} {
			for word := range b {
				w.known[word] = true
			}
		}
	}
	for _, b := range []bag{w.goodPlaces, w.otherPlaces} {
		for word := range b {
			w.known[word] = true
		}
	}
	return w
}

// phrases reads a list of phrases: “home phone~95, landline”.
func (w *wordbook) phrases(list string) []phrase {
	var out []phrase
	for _, text := range strings.Split(list, ",") {
		text, percent, weighted := strings.Cut(strings.TrimSpace(text), "~")
		if text == "" {
			continue
		}
		p := phrase{words: w.plain(text), weight: 1}
		if weighted {
			n, _ := strconv.Atoi(strings.TrimSpace(percent))
			p.weight = float64(n) / 100
		}
		out = append(out, p)
	}
	return out
}

// plain gives the words of a text without small ones, without splitting compounds.
func (w *wordbook) plain(text string) []string {
	var kept, all []string
	for _, s := range split(text) {
		all = append(all, s)
		if !w.small[s] {
			kept = append(kept, stem(s))
		}
	}
	if len(kept) == 0 {
		return all
	}
	return kept
}

// words gives the words of a label or API name, compounds taken apart where all their parts are known: Terminstatus,
// Telefoonnummer, Lastname.
func (w *wordbook) words(text string) []string {
	var out []string
	for _, s := range w.plain(text) {
		if long, ok := w.short[s]; ok {
			s = long
		}
		if w.known[s] || len(s) < 7 {
			out = append(out, s)
			continue
		}
		if parts := w.parts(s, 3); parts != nil {
			out = append(out, parts...)
			continue
		}
		out = append(out, s)
	}
	return out
}

// parts splits a compound into at most n known words of three letters or more, longest first; a linking s or n between
// them is dropped. nil: it cannot be split so.
func (w *wordbook) parts(s string, n int) []string {
	for i := len(s); i >= 3; i-- {
		head, rest := s[:i], s[i:]
		if !w.known[head] && !w.known[stem(head)] {
			continue
		}
		if rest == "" {
			return []string{stem(head)}
		}
		if n == 1 {
			continue
		}
		for _, link := range []string{"", "s", "n", "en", "e"} {
			if tail, ok := strings.CutPrefix(rest, link); ok && tail != "" {
				if more := w.parts(tail, n-1); more != nil {
					return append([]string{stem(head)}, more...)
				}
			}
		}
	}
	return nil
}
