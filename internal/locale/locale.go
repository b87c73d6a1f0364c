// Package locale speaks to visitors in their language: texts, numbers with their nouns, dates and times of day.
//
// A text is named by itself in English, so that a page can be read where it is written; the tables es.go, fr.go and de.go
// have the same in the others, and a test finds every text of the public pages, their errors and the mails to visitors that
// one of them lacks. What an organization or a visitor has written is never looked up. The console is English.
package locale

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"
)

// Lang is a language by its code. The zero value is English.
type Lang string

// The languages.
const (
	English Lang = "en"
	Spanish Lang = "es"
	French  Lang = "fr"
	German  Lang = "de"
	// Pseudo is for tests: it puts every text that is translated into ⟦ ⟧.
	Pseudo Lang = "en-XA"
)

// All lists the languages that visitors are spoken to in.
func All() []Lang { return []Lang{English, Spanish, French, German} }

var matcher = language.NewMatcher([]language.Tag{language.English, language.Spanish, language.French, language.German})

// Choose gives the first language of ours that one of the wishes names, each a tag (BCP 47) or an Accept-Language header;
// English when none does.
func Choose(wishes ...string) Lang {
	for _, w := range wishes {
		if len(w) > 200 {
			continue
		}
		tags, _, err := language.ParseAcceptLanguage(w)
		if err != nil || len(tags) == 0 {
			continue
		}
		_, i, _ := matcher.Match(tags...)
		for _, t := range tags { // one that is only near, as English is to many, is not what was wished
			if b, _ := t.Base(); b.String() == string(All()[i]) {
				return All()[i]
			}
		}
	}
	return English
}

// Of gives the language of a code that was kept; English for one that is none.
func Of(code string) Lang {
	if l := Lang(code); l == Pseudo || slices.Contains(All(), l) {
		return l
	}
	return English
}

func (l Lang) table() map[string]string {
	switch l {
	case Spanish:
		return spanish
	case French:
		return french
	case German:
		return german
	}
	return nil
}

// Has reports whether a text is there in the language.
func (l Lang) Has(text string) bool { return l.table()[text] != "" || l == English }

// T gives a text, with its %s and %d filled in.
func (l Lang) T(text string, args ...any) string {
	said := text
	if s := l.table()[text]; s != "" {
		said = s
	}
	if len(args) > 0 {
		said = fmt.Sprintf(said, args...)
	}
	if l == Pseudo {
		return "⟦" + said + "⟧"
	}
	return said
}

// N gives the text for one or for another number.
func (l Lang) N(n int, one, many string) string {
	if n == 1 || l == French && n == 0 {
		return l.T(one, n)
	}
	return l.T(many, n)
}

var number = regexp.MustCompile(`\d+`)

// Said gives what a domain package has said in English: the message of a fault, whose numbers may be any.
func (l Lang) Said(message string) string {
	if l == Pseudo {
		return l.T(message)
	}
	if s := l.table()[message]; s != "" {
		return s
	}
	var args []any
	pattern := number.ReplaceAllStringFunc(message, func(s string) string {
		n, err := strconv.Atoi(s)
		if err != nil {
			return s
		}
		args = append(args, n)
		return "%d"
	})
	if s := l.table()[pattern]; s != "" && len(args) > 0 {
		return fmt.Sprintf(s, args...)
	}
	return message
}

// names are the words of a language's calendar, Sunday and January first.
type names struct{ days, shortDays, months, shortMonths []string }

func (l Lang) names() names {
	split := func(d, sd, m, sm string) names {
		return names{strings.Fields(d), strings.Fields(sd), strings.Fields(m), strings.Fields(sm)}
	}
	switch l {
	case Spanish:
		return split("domingo lunes martes miércoles jueves viernes sábado", "dom lun mar mié jue vie sáb",
			"enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre", "ene feb mar abr may jun jul ago sept oct nov dic")
	case French:
		return split("dimanche lundi mardi mercredi jeudi vendredi samedi", "dim. lun. mar. mer. jeu. ven. sam.",
			"janvier février mars avril mai juin juillet août septembre octobre novembre décembre", "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.")
	}
	return split("Sonntag Montag Dienstag Mittwoch Donnerstag Freitag Samstag", "So. Mo. Di. Mi. Do. Fr. Sa.",
		"Januar Februar März April Mai Juni Juli August September Oktober November Dezember", "Jan. Feb. März Apr. Mai Juni Juli Aug. Sept. Okt. Nov. Dez.")
}

// Weekday names a day of the week.
func (l Lang) Weekday(d time.Weekday) string {
	if l != Spanish && l != French && l != German {
		return l.mark(d.String())
	}
	return l.names().days[d]
}

// date writes a date by the layout of each language.
func (l Lang) date(t time.Time, english string, short, year bool) string {
	if l != Spanish && l != French && l != German {
		return l.mark(t.Format(english))
	}
	n := l.names()
	day, month := n.days[t.Weekday()], n.months[t.Month()-1]
	if short {
		day, month = n.shortDays[t.Weekday()], n.shortMonths[t.Month()-1]
	}
	d, y := strconv.Itoa(t.Day()), strconv.Itoa(t.Year())
	var s string
	switch l {
	case Spanish:
		s = day + ", " + d + " de " + month
		if short {
			s = day + ", " + d + " " + month
		}
		y = "de " + y
	case French:
		if t.Day() == 1 {
			d = "1er"
		}
		s = day + " " + d + " " + month
	default:
		s = day + ", " + d + ". " + month
	}
	if year {
		s += " " + y
	}
	return s
}

func (l Lang) mark(s string) string {
	if l == Pseudo {
		return "⟦" + s + "⟧"
	}
	return s
}

// Date writes a date with its year: Monday, January 2, 2006.
func (l Lang) Date(t time.Time) string { return l.date(t, "Monday, January 2, 2006", false, true) }

// Day writes a date without its year: Monday, January 2.
func (l Lang) Day(t time.Time) string { return l.date(t, "Monday, January 2", false, false) }

// ShortDay writes a date briefly: Mon, Jan 2.
func (l Lang) ShortDay(t time.Time) string { return l.date(t, "Mon, Jan 2", true, false) }

// Clock writes a time of day.
func (l Lang) Clock(t time.Time) string {
	switch l {
	case French, German:
		return t.Format("15:04")
	case Spanish: // of the Americas, where our visitors are (CLDR, es-US)
		return t.Format("3:04") + map[bool]string{true: " a. m.", false: " p. m."}[t.Hour() < 12]
	}
	return l.mark(t.Format("3:04 PM"))
}

// ClockZone is Clock with the zone's abbreviation.
func (l Lang) ClockZone(t time.Time) string { return l.Clock(t) + " " + t.Format("MST") }

// Span writes the times of day of a range.
func (l Lang) Span(from, to time.Time) string { return l.Clock(from) + " – " + l.ClockZone(to) }

// Visit writes when somebody comes: the times of day of the visit, or with an arrival window between which they arrive.
func (l Lang) Visit(from, to time.Time, window time.Duration) string {
	if window == 0 {
		return l.Span(from, to)
	}
	return l.T("between %s and %s", l.Clock(from), l.ClockZone(from.Add(window)))
}

// DayAt writes a date with the time of day.
func (l Lang) DayAt(t time.Time) string { return l.T("%s at %s", l.Day(t), l.Clock(t)) }

// Heading gives a text as it begins a line of its own.
func Heading(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

// DecimalComma reports whether the language writes fractions with a comma and groups digits with points.
func (l Lang) DecimalComma() bool { return l == French || l == German }
