package sheet_test

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"heavyset.tech/platform/internal/web/sheet"
)

// written gives a table of one cell.
func written(t *testing.T, cell string) string {
	t.Helper()
	var out strings.Builder
	w := sheet.New(&out)
	w.Row(cell)
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestHarmless(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{
		"": "", "Jo": "Jo", "a-b": "a-b", "1+1": "1+1", "=1": "'=1", "  =1": "  '=1", "\t=1": "\t'=1", "\r\n@x": "\r\n'@x", "＝1": "'＝1", "a;=1": "a;'=1", `a"=1`: `a""'=1`, "a,+1": "a,'+1", "x\x00=": "x=", "\x00=": "'=",
	} {
		if got := written(t, cell); got != "\uFEFF\""+want+"\"\r\n" {
			t.Errorf("%q: %q, want %q", cell, got, want)
		}
	}
}

// formulas are the signs with which a spreadsheet begins to calculate.
const formulas = "=+-@＝＋－＠"

// FuzzSheet: a table that we write is one by RFC 4180 with as many cells, no cell of it begins a formula, by whatever sign
// a program parts cells, and each cell is what it was but for apostrophes before formulas and for what is not printed.
func FuzzSheet(f *testing.F) {
	f.Add("=HYPERLINK(\"http://evil\")", "Ärmel;=1+1", "-1\nline, with \"=quote\"")
	f.Add("\t=1", "\x00=\x00", " @x")
	f.Add("", "\ufeff+1", "\r\n'=1|=2")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		var out bytes.Buffer
		w := sheet.New(&out)
		w.Row(a, b, c)
		w.Row("end", "of", "it")
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		body, marked := strings.CutPrefix(out.String(), "\uFEFF")
		if !marked {
			t.Fatal("no mark of UTF-8")
		}
		rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
		if err != nil || len(rows) != 2 || len(rows[0]) != 3 || !slices.Equal(rows[1], []string{"end", "of", "it"}) {
			t.Fatalf("%q: %q, %v", out.String(), rows, err)
		}
		for i, was := range []string{a, b, c} {
			cell := rows[0][i]
			for _, piece := range strings.FieldsFunc(cell, func(r rune) bool { return strings.ContainsRune(",;|\"\t\r\n", r) }) {
				if p := strings.TrimLeft(piece, " \u00a0\ufeff"); p != "" && strings.ContainsRune(formulas, []rune(p)[0]) {
					t.Fatalf("%q is written as %q, where %q reads as a formula", was, cell, piece)
				}
			}
			bare := func(s string) string {
				return strings.NewReplacer("'", "", "\x00", "", "\r", "").Replace(string([]rune(s)))
			}
			if bare(cell) != bare(was) {
				t.Fatalf("%q is written as %q", was, cell)
			}
		}
	})
}
