package brand_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"heavyset.tech/platform/internal/brand"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/locale"
	"heavyset.tech/platform/internal/org"
)

func color(t interface{ Fatalf(string, ...any) }, s string) brand.Color {
	c, ok := brand.Parse(s)
	if !ok {
		t.Fatalf("%s is no colour", s)
	}
	return c
}

func TestContrast(t *testing.T) {
	t.Parallel()
	for pair, want := range map[[2]string]string{ // by WCAG's own examples and its formula
		{"#ffffff", "#000000"}: "21.00", {"#ffffff", "#ffffff"}: "1.00", {"#777777", "#ffffff"}: "4.48", {"#767676", "#ffffff"}: "4.54", {"#ff0000", "#ffffff"}: "4.00",
	} {
		if got := fmt.Sprintf("%.2f", brand.Contrast(color(t, pair[0]), color(t, pair[1]))); got != want {
			t.Errorf("%v: %s, want %s", pair, got, want)
		}
	}
}

// TestWhateverColourCanBeRead: any colour has a shade for light and for dark pages, and words on it as a band.
func TestWhateverColourCanBeRead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := color(t, fmt.Sprintf("#%06x", rapid.IntRange(0, 0xffffff).Draw(t, "color")))
		light, dark := color(t, c.OnLight().String()), color(t, c.OnDark().String())
		for _, p := range []struct {
			what string
			a, b brand.Color
		}{
			{"on the light page", light, color(t, "#f5f6f8")},
			{"on white", light, color(t, "#ffffff")},
			{"on the dark page", dark, color(t, "#15191f")},
			{"on a dark card", dark, color(t, "#1c222b")},
			{"words on the dark shade", dark, color(t, "#10141a")},
			{"words on the band", c, c.Words()},
		} {
			if got := brand.Contrast(p.a, p.b); got < 4.5 {
				t.Fatalf("%s %s: %.2f", c, p.what, got)
			}
		}
		if again := light.OnLight(); again != light {
			t.Fatalf("%s: %s is made darker still: %s", c, light, again)
		}
	})
}

func TestStylesheet(t *testing.T) {
	t.Parallel()
	css, ok := brand.Stylesheet("#1f6f54", "#ffee00")
	if !ok || !strings.Contains(css, "--accent:#1f6f54;") || !strings.Contains(css, "prefers-color-scheme:dark") || !strings.Contains(css, "--band:#ffee00;--on-band:#000000") {
		t.Errorf("%v %s", ok, css)
	}
	for _, p := range [][2]string{{"", ""}, {"red", ""}, {"#1f6f54", "x"}, {"", "#12345"}, {"#1f6f5}", ""}} {
		if css, ok := brand.Stylesheet(p[0], p[1]); ok || css != "" {
			t.Errorf("%q: %q", p, css)
		}
	}
}

func TestApply(t *testing.T) {
	t.Parallel()
	before := org.Organization{Accent: "#1f6f54", Look: org.Look{Texts: map[locale.Lang]org.Texts{locale.French: {Headline: "Bonjour"}}}}
	d := brand.Draft{Accent: " 0A5 ", Band: "ffcc00", Language: locale.German, Texts: org.Texts{Headline: " Guten \n Tag ", Intro: "eins\r\nzwei ", Note: "<b>"}}
	got, err := d.Apply(before)
	if f := fault.As(err); f == nil || len(f.Fields) != 1 || f.Fields[0].Path != "accent" || !strings.Contains(f.Fields[0].Message, brand.Nearest("#00aa55")) {
		t.Errorf("a colour that can't be read: %v", err)
	}
	d.Accent = brand.Nearest("#00aa55")
	if got, err = d.Apply(before); err != nil {
		t.Fatal(err)
	}
	want := org.Texts{Headline: "Guten Tag", Intro: "eins\nzwei", Note: "<b>"}
	if got.Accent != d.Accent || got.Look.Band != "#ffcc00" || got.Look.Texts[locale.German] != want || got.Look.Texts[locale.French].Headline != "Bonjour" {
		t.Errorf("%+v", got)
	}
	if len(before.Look.Texts) != 1 {
		t.Error("what was given has changed")
	}
	d = brand.Draft{Language: locale.French}
	if got, err = d.Apply(got); err != nil || got.Accent != "" || got.Look.Band != "" || len(got.Look.Texts) != 1 {
		t.Errorf("nothing typed: ours: %+v (%v)", got, err)
	}
	d = brand.Draft{Accent: "green", Band: "#12", Language: locale.English, Texts: org.Texts{Headline: strings.Repeat("ü", 81), Intro: "a\x00", Note: strings.Repeat("x", 601)}}
	if _, err = d.Apply(got); fault.As(err) == nil || len(fault.As(err).Fields) != 5 {
		t.Errorf("five things are wrong: %v", err)
	}
	if _, err = (brand.Draft{Language: "xx"}).Apply(got); !fault.Is(err, fault.NotFound) {
		t.Errorf("a language that is none: %v", err)
	}
}
