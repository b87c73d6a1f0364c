// Package sinkpage is what the pages of the demo's sinks share: headers, style, and links in plain text.
package sinkpage

import (
	_ "embed"
	"io"
	"net/http"
	"regexp"
)

//go:embed site.css
var style string

// Head sets what every answer has.
func Head(w http.ResponseWriter, kind, policy string) {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
}

// Style answers with the shared style and a sink's own after it.
func Style(own, policy string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		Head(w, "text/css; charset=utf-8", policy)
		_, _ = io.WriteString(w, style+own)
	}
}

// Span is a piece of text; Link where it is an address one can follow.
type Span struct{ Text, Link string }

// An address ends before what cannot stand in one, and before the punctuation of a sentence.
var address = regexp.MustCompile(`https?://[^\s<>"'` + "`" + `]*[^\s<>"'` + "`" + `.,;:!?)\]]`)

// Spans cuts text where it has http addresses.
func Spans(text string) []Span {
	var out []Span
	at := 0
	for _, m := range address.FindAllStringIndex(text, -1) {
		out = append(out, Span{Text: text[at:m[0]]}, Span{Text: text[m[0]:m[1]], Link: text[m[0]:m[1]]})
		at = m[1]
	}
	return append(out, Span{Text: text[at:]})
}
