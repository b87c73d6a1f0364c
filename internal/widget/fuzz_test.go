package widget_test

import (
	"slices"
	"strings"
	"testing"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/widget"
)

// FuzzSites: what is kept of a list of websites can stand in a Content-Security-Policy as it is, reads the same again, and
// covers its own pages; an origin is one only as browsers write it.
func FuzzSites(f *testing.F) {
	f.Add("https://www.example.com/page?x=1, *.example.org", "https://www.example.com")
	f.Add("http://bücher.example:8080", "http://xn--bcher-kva.example:8080")
	f.Add("https://a.example;script-src *", "null")
	f.Add("*.com\nhttps://[::1]/", "https://user@a.example:443")
	f.Add("https://[::1]/", "https://[::1]")
	f.Add("https://a'b.example", "https://a,b")
	f.Add("https://a*b.example", "https://a.example#")
	f.Fuzz(func(t *testing.T, text, page string) {
		sites, err := widget.ParseSites(text)
		if err != nil && (!fault.Is(err, fault.Invalid) || sites != nil) {
			t.Fatalf("%q: %v", text, err)
		}
		for _, s := range sites {
			if odd(s) {
				t.Fatalf("%q is kept as %q", text, s)
			}
			if again, err := widget.ParseSite(s); err != nil || again != s {
				t.Fatalf("%q reads %q again, %v", s, again, err)
			}
			if own := strings.Replace(s, "*.", "a.", 1); !widget.Covers(sites, own) {
				t.Fatalf("%q does not cover %q", s, own)
			}
		}
		if again, err := widget.ParseSites(strings.Join(sites, "\n")); err != nil || !slices.Equal(again, sites) {
			t.Fatalf("%q reads %q again, %v", sites, again, err)
		}
		if o, ok := widget.ParseOrigin(page); ok {
			if again, ok := widget.ParseOrigin(o); !ok || again != o || odd(o) || strings.Count(o, "/") != 2 {
				t.Fatalf("%q is the origin %q", page, o)
			}
		}
	})
}

// odd reports whether a text would end its place in a Content-Security-Policy, or say something else there.
func odd(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(";,'\"<>@?#\\", r) })
}
