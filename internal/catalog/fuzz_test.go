package catalog_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"heavyset.tech/platform/internal/catalog"
)

// FuzzAnswers: whatever is answered to questions of every kind, what is kept is of the question's kind and stays the same
// when it is read again, what is refused is named by the question, and nothing else is.
func FuzzAnswers(f *testing.F) {
	f.Add("tiles", " 1,800 ", "true", "4711", "other", "x", false)
	f.Add("Slate", "1.125", "maybe", strings.Repeat("ü", 501), "roof", "Tiles", true)
	f.Add("", "-0", "NO", " ", "", "", false)
	f.Add("ſhingles", "1 800,50", "1", "\x00", "age", "1e9", true)
	f.Fuzz(func(t *testing.T, roof, age, leak, gate, other, more string, comma bool) {
		sv := catalog.Service{Questions: asked}
		given := map[string]string{"roof": roof, "age": age, "leak": leak, "gate": gate, other: more}
		before := maps.Clone(given)
		kept, wrong := sv.Answers(given, comma)
		if !maps.Equal(given, before) {
			t.Fatal("what was given has changed")
		}
		bad := map[string]bool{}
		for _, w := range wrong {
			id := strings.TrimPrefix(w.Path, "answers.")
			if _, ok := sv.Question(id); !ok || w.Message == "" || bad[id] {
				t.Fatalf("%q is named for %q", w, given)
			}
			bad[id] = true
		}
		if (strings.TrimSpace(given["roof"]) == "") && !bad["roof"] {
			t.Fatal("a required answer is missing, and nobody says so")
		}
		for id, v := range kept {
			if v == "" || strings.TrimSpace(v) != v {
				t.Fatalf("%s is kept as %q", id, v)
			}
			q, ok := sv.Question(id)
			if !ok || bad[id] {
				continue
			}
			n, err := strconv.ParseFloat(v, 64)
			switch {
			case q.Kind == catalog.AskChoice && !slices.Contains(q.Choices, v),
				q.Kind == catalog.AskYesNo && v != catalog.Yes && v != catalog.No,
				q.Kind == catalog.AskNumber && (err != nil || strings.ContainsAny(v, ",eEnN") || strconv.FormatFloat(n, 'f', -1, 64) != v):
				t.Fatalf("%s (%s) is kept as %q", id, q.Kind, v)
			}
		}
		again, wrongAgain := sv.Answers(kept, false)
		if len(wrong) == 0 && (len(wrongAgain) > 0 || !maps.Equal(again, kept)) {
			t.Fatalf("%q is kept as %q, and read again as %q %v", given, kept, again, wrongAgain)
		}
	})
}

// FuzzReasons: lines of reasons for cancelling come out as a list that the catalog takes, or that it refuses by its place.
func FuzzReasons(f *testing.F) {
	f.Add("Too expensive\nNo time\r\n\r\nToo expensive")
	f.Add(strings.Repeat("x", 300) + "\n\x00\n ")
	f.Fuzz(func(t *testing.T, text string) {
		list := catalog.ParseReasons(text)
		if again := catalog.ParseReasons(strings.Join(list, "\n")); !slices.Equal(again, list) {
			t.Fatalf("%q is %q, then %q", text, list, again)
		}
		for i, r := range list {
			if r == "" || strings.TrimSpace(r) != r || strings.ContainsAny(r, "\r\n") || slices.Contains(list[:i], r) {
				t.Fatalf("%q holds %q", text, r)
			}
		}
	})
}

// FuzzPostalCodes: of whatever is pasted, each code that is read is one and there once, what is read reads the same again,
// and what is not is named with a line that there is.
func FuzzPostalCodes(f *testing.F) {
	f.Add("City,ZIP,Reps\n\"Kansas City, MO\",64101,3\nOlathe,66061,1\n")
	f.Add("60601, 60602\r\n606*;m5v 3l9\t\"K1A-0B1\"")
	f.Add("60640\tChicago Post\nx\n\"\n'*'")
	f.Fuzz(func(t *testing.T, text string) {
		codes, wrong := catalog.ParsePostalCodes(text)
		area := catalog.Catalog{Timezone: "UTC", Territories: []catalog.Territory{{ID: "t", Name: "T", PostalCodes: codes}}}
		if err := area.Check(); err != nil {
			t.Fatalf("%q gives %q, which no territory takes: %v", text, codes, err)
		}
		for i, c := range codes {
			if !strings.ContainsAny(c, "0123456789*") || slices.Contains(codes[:i], c) {
				t.Fatalf("%q gives %q", text, c)
			}
		}
		if again, no := catalog.ParsePostalCodes(strings.Join(codes, "\n")); !slices.Equal(again, codes) || no != "" {
			t.Fatalf("%q gives %q, and that %q %q", text, codes, again, no)
		}
		lines := strings.Count(text, "\n") + 1
		for _, said := range strings.Split(wrong, "Line ")[1:] {
			number, _, ok := strings.Cut(said, ": “")
			if n, err := strconv.Atoi(number); ok && err == nil && (n < 1 || n > lines) {
				t.Fatalf("%q has no line %d: %s", text, n, wrong)
			}
		}
		if wrong != "" && !strings.HasPrefix(wrong, "Line ") {
			t.Fatalf("%q: %s", text, wrong)
		}
	})
}

// FuzzWrongLine: a line that is no postal code among good ones is named with its number, and the good ones are read.
func FuzzWrongLine(f *testing.F) {
	f.Add("Chicago", uint8(3), uint8(8))
	f.Add("60 601 or so", uint8(0), uint8(1))
	f.Add("=606\x00*", uint8(9), uint8(9))
	f.Fuzz(func(t *testing.T, line string, at, all uint8) {
		if one, wrong := catalog.ParsePostalCodes("60601\n" + line + "\n60602"); strings.ContainsAny(line, "\r\n") || wrong == "" || len(one) != 2 {
			t.Skip("is a code itself, holds one, or is more than a line")
		}
		var lines []string
		n := int(all)%30 + 1
		for i := range n {
			lines = append(lines, fmt.Sprint(60600+i))
		}
		place := 1 + int(at)%n // never the first: that could be the head of a table
		codes, wrong := catalog.ParsePostalCodes(strings.Join(slices.Insert(slices.Clone(lines), place, line), "\n"))
		if !strings.HasPrefix(wrong, fmt.Sprintf("Line %d: “", place+1)) || !slices.Equal(codes, lines) {
			t.Fatalf("%q in line %d of %d: %q, %d codes", line, place+1, n+1, wrong, len(codes))
		}
	})
}
