package widget_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"heavyset.tech/platform/internal/widget"
)

func TestParseSite(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"www.example.com":                          "https://www.example.com",
		"Example.COM/contact?x=1#y":                "https://example.com",
		" https://example.com:443/ ":               "https://example.com",
		"HTTP://localhost:3000":                    "http://localhost:3000",
		"http://example.com:80":                    "http://example.com",
		"*.example.com":                            "https://*.example.com",
		"https://*.example.com:8443":               "https://*.example.com:8443",
		"bücher.example":                           "https://xn--bcher-kva.example",
		"192.0.2.1:8080":                           "https://192.0.2.1:8080",
		"":                                         "",
		"*":                                        "",
		"*.com":                                    "",
		"*.192.0.2.1":                              "",
		"a b.example":                              "",
		"https://user@example.com":                 "",
		"ftp://example.com":                        "",
		"javascript://example.com":                 "",
		"https://example.com;script-src":           "",
		"https://example.com' *":                   "",
		"https://exa*mple.com":                     "",
		"https://example.com:0":                    "",
		"https://example.com:99999":                "",
		"https://[::1]:3000":                       "",
		strings.Repeat("a", 64) + ".example":       "",
		strings.Repeat("long.", 60) + "of.example": "",
	} {
		got, err := widget.ParseSite(in)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: want %q, got %q (%v)", in, want, got, err)
		}
	}
}

func TestParseSites(t *testing.T) {
	t.Parallel()
	got, err := widget.ParseSites("www.example.com\r\n\n example.com, https://www.example.com/\n")
	if err != nil || !slices.Equal(got, []string{"https://www.example.com", "https://example.com"}) {
		t.Errorf("%v (%v)", got, err)
	}
	if _, err := widget.ParseSites("good.example\nbad one!"); err == nil || !strings.Contains(err.Error(), "one!") {
		t.Errorf("the wrong line is not named: %v", err)
	}
	var many strings.Builder
	for i := range widget.MaxSites + 1 {
		many.WriteString("s" + strings.Repeat("x", i%50) + string(rune('a'+i/50)) + ".example\n")
	}
	if _, err := widget.ParseSites(many.String()); err == nil {
		t.Error("the list has no end")
	}
}

func TestParseOrigin(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"https://www.example.com": "https://www.example.com", "http://localhost:3000": "http://localhost:3000", "https://a.example:443": "https://a.example",
		"null": "", "": "", "https://a.example/": "", "https://a.example?": "", "https://a.example#": "", "https://A.example": "", "https://a.example:": "",
		"https://u@a.example": "", "file://": "", "data:text/html,x": "", "https://a.example *": "", "https://*.example.com": "", "//a.example": "",
	} {
		if got, ok := widget.ParseOrigin(in); got != want || ok != (want != "") {
			t.Errorf("%q: want %q, got %q %v", in, want, got, ok)
		}
	}
	if got := widget.OriginOf("https://Shop.example:8443/a/b?c"); got != "https://shop.example:8443" {
		t.Errorf("%q", got)
	}
	if got := widget.OriginOf("about:blank"); got != "" {
		t.Errorf("%q", got)
	}
}

func TestCovers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		site, origin string
		want         bool
	}{
		{"https://example.com", "https://example.com", true},
		{"https://example.com", "https://www.example.com", false},
		{"https://example.com", "http://example.com", false},
		{"https://example.com", "https://example.com:8443", false},
		{"https://example.com", "https://example.com.evil.example", false},
		{"http://example.com", "https://example.com", true},
		{"https://*.example.com", "https://a.b.example.com", true},
		{"https://*.example.com", "https://example.com", false},
		{"https://*.example.com", "https://evilexample.com", false},
		{"https://*.example.com", "http://a.example.com", false},
		{"http://*.example.com", "https://a.example.com", true},
		{"https://*.example.com:8443", "https://a.example.com:8443", true},
	} {
		if got := widget.Covers([]string{"https://other.example", c.site}, c.origin); got != c.want {
			t.Errorf("%s covers %s: %v", c.site, c.origin, got)
		}
	}
}

// TestWhatIsKeptCannotLeaveItsPlace: whatever somebody writes, what is kept is one source of a policy and nothing more.
func TestWhatIsKeptCannotLeaveItsPlace(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.OneOf(rapid.String(), rapid.StringMatching(`(https?://)?[a-z0-9.*:;'"@/?# -]{0,30}`)).Draw(t, "in")
		for _, got := range []string{first(widget.ParseSite(in)), second(widget.ParseOrigin(in))} {
			if strings.ContainsAny(got, " ;,'\"\t\r\n") {
				t.Fatalf("%q became %q", in, got)
			}
			if u, err := url.Parse(got); got != "" && (err != nil || u.Host == "" || u.Path != "") {
				t.Fatalf("%q became %q", in, got)
			}
		}
	})
}

func first(s string, _ error) string { return s }

func second(s string, _ bool) string { return s }
