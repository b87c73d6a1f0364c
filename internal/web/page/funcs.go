package page

import (
	"html/template"
	"strings"
	"time"
	"unicode/utf8"

	"heavyset.tech/platform/internal/locale"
)

// Funcs are what every template may call.
func Funcs() template.FuncMap {
	return template.FuncMap{
		"asset":    AssetURL,
		"look":     LookURL,
		"day":      func(t time.Time, z *time.Location) string { return t.In(z).Format("Monday, January 2, 2006") },
		"short":    func(t time.Time, z *time.Location) string { return t.In(z).Format("Mon, Jan 2") },
		"clock":    func(t time.Time, z *time.Location) string { return t.In(z).Format("3:04 PM") },
		"stamp":    func(t time.Time, z *time.Location) string { return t.In(z).Format("Jan 2, 2006, 3:04 PM") },
		"iso":      func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"abbr":     func(t time.Time, z *time.Location) string { return t.In(z).Format("MST") },
		"zone":     func(name string) string { return strings.ReplaceAll(name, "_", " ") },
		"words":    func(s any) string { return strings.ReplaceAll(toString(s), "_", " ") },
		"sentence": Capital,
		"plural": func(n int, one, many string) string {
			if n == 1 {
				return one
			}
			return many
		},
	}
}

// Capital gives a text with a capital letter at its beginning.
func Capital(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return s
	}
	return strings.ToUpper(string(r)) + s[size:]
}

func toString(v any) string {
	switch s := v.(type) {
	case string:
		return s
	case interface{ String() string }:
		return s.String()
	}
	return strings.TrimSpace(template.HTMLEscaper(v))
}

// speech is what templates say in a language: t a text, lang its code.
func speech(l locale.Lang) template.FuncMap {
	return template.FuncMap{"t": l.T, "lang": func() string { return string(l) }}
}
