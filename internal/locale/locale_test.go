package locale_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/locale"
)

// spoken are where visitors are spoken to, with the patterns of what is said there.
func spoken() map[string][]*regexp.Regexp {
	const text = `("(?:[^"\\]|\\.)*")`
	one := func(patterns ...string) (out []*regexp.Regexp) {
		for _, p := range patterns {
			out = append(out, regexp.MustCompile(strings.ReplaceAll(p, "TEXT", text)))
		}
		return out
	}
	templates := one(`\bt TEXT`)
	faults := one(`fault\.New\(fault\.\w+, TEXT\)`, `fault\.Coded\([^"]*(?:"TAKEN", )?TEXT\)`, `fault\.TooMany\(\w+, TEXT\)`, `fault\.Later\([^"]*TEXT\)`, `fault\.Wrap\(fault\.\w+, TEXT`, `fault\.OfField\("\w+", TEXT\)`, `Path: [^{}]*Message: (?:fmt\.Sprintf\()?TEXT`)
	pages := append(one(`\.T\(TEXT`, `\.N\(\w+, TEXT, "`, `\.N\(\w+, "[^"]*", TEXT\)`, `\.site\(of, \w+, TEXT\)`, `\.managed\(r, TEXT\)`, `\{"(?:service|area|time|details)", TEXT, (?:c\.with|"")`, `\bname :?= TEXT`), faults...)
	return map[string][]*regexp.Regexp{
		"../web/scheduler/templates/*.html": templates, "../web/page/templates/*.html": templates, "../notify/templates/appointment.*": templates,
		"../web/scheduler/*.go": pages, "../notify/*.go": append(one(`\.T\(TEXT`, `(?:Subject|Heading|Body|Closing): +TEXT`), regexp.MustCompile(`return ("[^"]+%s[^"]*")`)), "../web/page/form.go": faults, "../web/page/handler.go": one(`v\.Heading, v\.Message(?:, v\.Request)? = TEXT`, `v\.Heading, v\.Message, v\.Request = "[^"]*", TEXT`, `BackTo: TEXT`),
		"../catalog/question.go": one(`return "", ("Please (?:[^"\\]|\\.)*")`),
		"../booking/book.go":     faults, "../booking/manage.go": faults, "../booking/late.go": faults, "../booking/service.go": faults, "../lead/contact.go": faults, "../store/store.go": faults,
	}
}

// TestNothingIsMissing: every text of the public pages, their errors and the mails to visitors is there in each language,
// with the same places for what is filled in.
func TestNothingIsMissing(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for glob, patterns := range spoken() {
		files, err := filepath.Glob(glob)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no files (%v)", glob, err)
		}
		found := 0
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") || filepath.Base(file) == "people.go" {
				continue // what only users of the console read is English
			}
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range patterns {
				for _, m := range p.FindAllStringSubmatch(string(b), -1) {
					text, err := strconv.Unquote(m[1])
					if err != nil {
						t.Fatalf("%s: %s: %v", file, m[1], err)
					}
					if strings.HasPrefix(text, "This appointment is ") && !strings.HasSuffix(text, ".") {
						continue // put together with its state; each is in TestStatesAreSaid
					}
					seen[text], found = true, found+1
				}
			}
		}
		if found == 0 {
			t.Errorf("%s: nothing is said there: the patterns are wrong", glob)
		}
	}
	if len(seen) < 100 {
		t.Errorf("only %d texts were found", len(seen))
	}
	place, names := regexp.MustCompile(`%[sd]`), regexp.MustCompile(`\{[a-z_]+\}`)
	sorted := func(list []string) []string { slices.Sort(list); return list }
	for text := range seen {
		for _, l := range locale.All()[1:] {
			if !l.Has(text) {
				t.Errorf("%s lacks %q", l, text)
				continue
			}
			args := place.FindAllString(text, -1)
			filled := make([]any, len(args))
			for i, a := range args {
				if filled[i] = "word"; a == "%d" {
					filled[i] = 7
				}
			}
			if got := l.T(text, filled...); strings.Contains(got, "%!") || !slices.Equal(args, nil) && got == text {
				t.Errorf("%s: %q became %q", l, text, got)
			} else if !slices.Equal(sorted(names.FindAllString(text, -1)), sorted(names.FindAllString(got, -1))) {
				t.Errorf("%s: %q names something else: %q", l, text, got)
			}
		}
	}
}

// TestStatesAreSaid: what booking puts together of a state is known.
func TestStatesAreSaid(t *testing.T) {
	t.Parallel()
	for _, state := range []string{"cancelled", "completed", "marked as a no-show"} {
		for _, verb := range []string{"moved", "cancelled"} {
			text := "This appointment is " + state + " and can't be " + verb + " any more."
			for _, l := range locale.All() {
				if !l.Has(text) {
					t.Errorf("%s lacks %q", l, text)
				}
			}
		}
	}
}

func TestChoose(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		wishes []string
		want   locale.Lang
	}{
		{nil, "en"},
		{[]string{"de"}, "de"},
		{[]string{"es-MX", "de"}, "es"},
		{[]string{"", "fr-CA,fr;q=0.9,en;q=0.5"}, "fr"},
		{[]string{"tlh", "de-AT"}, "de"},
		{[]string{"", "", "pt-BR,es;q=0.8"}, "es"},
		{[]string{"<script>", strings.Repeat("de,", 200), "\x00"}, "en"},
		{[]string{"ja"}, "en"},
		{[]string{"en-XA"}, "en"}, // the one for tests is not for visitors
	} {
		if got := locale.Choose(c.wishes...); got != c.want {
			t.Errorf("%q: %s", c.wishes, got)
		}
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	chicago, err := time.LoadLocation("America/Chicago")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2027, 3, 1, 15, 5, 0, 0, chicago)
	for l, want := range map[locale.Lang]string{
		locale.English: "Monday, March 1, 2027 | Monday, March 1 | Mon, Mar 1 | 3:05 PM – 4:05 PM CST | Monday, March 1 at 3:05 PM",
		locale.Spanish: "lunes, 1 de marzo de 2027 | lunes, 1 de marzo | lun, 1 mar | 3:05 p. m. – 4:05 p. m. CST | lunes, 1 de marzo a las 3:05 p. m.",
		locale.French:  "lundi 1er mars 2027 | lundi 1er mars | lun. 1er mars | 15:05 – 16:05 CST | lundi 1er mars à 15:05",
		locale.German:  "Montag, 1. März 2027 | Montag, 1. März | Mo., 1. März | 15:05 – 16:05 CST | Montag, 1. März um 15:05 Uhr",
	} {
		got := strings.Join([]string{l.Date(at), l.Day(at), l.ShortDay(at), l.Span(at, at.Add(time.Hour)), l.DayAt(at)}, " | ")
		if got != want {
			t.Errorf("%s: %s", l, got)
		}
	}
	for m := time.January; m <= time.December; m++ { // every month and weekday has a name
		for d := 1; d <= 7; d++ {
			for _, l := range locale.All() {
				if s := l.Date(time.Date(2027, m, d, 0, 0, 0, 0, time.UTC)) + l.ShortDay(time.Date(2027, m, d, 0, 0, 0, 0, time.UTC)); strings.Contains(s, "  ") {
					t.Errorf("%s: %q", l, s)
				}
			}
		}
	}
}

func TestNumbersWithTheirNouns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		l    locale.Lang
		n    int
		want string
	}{{"en", 0, "0 hours"}, {"en", 1, "1 hour"}, {"fr", 0, "0 heure"}, {"fr", 2, "2 heures"}, {"es", 0, "0 horas"}, {"de", 1, "1 Stunde"}} {
		if got := c.l.N(c.n, "%d hour", "%d hours"); got != c.want {
			t.Errorf("%s %d: %s", c.l, c.n, got)
		}
	}
	if got := locale.German.Said("is longer than 100 characters."); got != "ist länger als 100 Zeichen." {
		t.Error(got)
	}
	if got := locale.German.Said("An own text of somebody, 3 of them."); got != "An own text of somebody, 3 of them." {
		t.Error(got)
	}
	if got := locale.Heading("été"); got != "Été" {
		t.Error(got)
	}
}
