// Package sheet writes tables for spreadsheets: what visitors typed is in them, and must never be read as a formula.
//
// A table is UTF-8 with its mark and CSV by RFC 4180, with every cell quoted. The package holds nothing back: a table is
// written while it is read.
package sheet

import (
	"bufio"
	"io"
	"net/http"
	"strings"
)

// Writer writes a table row by row. What went wrong shows in Flush.
type Writer struct{ out *bufio.Writer }

// New begins a table.
func New(w io.Writer) Writer {
	s := Writer{bufio.NewWriter(w)}
	s.write("\uFEFF")
	return s
}

// Attach begins a table that a browser saves as a file of this name, and that nobody keeps on the way.
func Attach(w http.ResponseWriter, name string) Writer {
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+name+`.csv"`)
	h.Set("Cache-Control", "no-store")
	return New(w)
}

// Row writes a row.
func (w Writer) Row(cells ...string) {
	for i, cell := range cells {
		if i > 0 {
			w.write(",")
		}
		w.write(`"` + strings.ReplaceAll(harmless(cell), `"`, `""`) + `"`)
	}
	w.write("\r\n")
}

// Flush hands on what was written, and says what went wrong since New.
func (w Writer) Flush() error { return w.out.Flush() }

// write puts a text; what went wrong shows in Flush.
func (w Writer) write(text string) { _, _ = w.out.WriteString(text) }

// harmless keeps a spreadsheet from reading a text as a formula: an apostrophe stands before every sign with which one
// begins, at the beginning of the cell and wherever a program that splits cells elsewhere would begin one (OWASP, CSV
// injection).
func harmless(cell string) string {
	var b strings.Builder
	begins := true
	for _, r := range cell {
		switch {
		case r == 0:
			continue
		case begins && strings.ContainsRune("=+-@＝＋－＠", r):
			b.WriteByte('\'')
			begins = false
		case strings.ContainsRune(",;|\"'\t\r\n", r):
			begins = true
		case r != ' ' && r != '\u00a0' && r != '\ufeff':
			begins = false
		}
		b.WriteRune(r)
	}
	return b.String()
}
