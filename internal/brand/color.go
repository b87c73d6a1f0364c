package brand

import (
	"encoding/hex"
	"math"
	"strconv"
	"strings"
)

// Color is a colour of the sRGB space, each part from 0 to 255.
type Color [3]float64

// Ground and Text are what our pages have around an organization's colours: the tokens of site.css, which a test compares.
const (
	lightGround, lightSurface = "#f5f6f8", "#ffffff"
	darkGround, darkSurface   = "#15191f", "#1c222b"
	onLight, onDark           = "#ffffff", "#10141a" // words on the accent
)

// readable is the contrast from which words can be read (WCAG 2.2, 1.4.3); it is more than what controls need (1.4.11).
const readable = 4.5

// Parse reads #rrggbb, as which an empty colour is none.
func Parse(s string) (Color, bool) {
	if len(s) != 7 || s[0] != '#' {
		return Color{}, false
	}
	n, err := strconv.ParseUint(s[1:], 16, 32)
	if err != nil {
		return Color{}, false
	}
	return Color{float64(n >> 16), float64(n >> 8 & 255), float64(n & 255)}, true
}

// typed reads a colour as people write one: with or without #, three or six digits.
func typed(s string) (Color, bool) {
	s = strings.TrimPrefix(strings.TrimSpace(s), "#")
	if len(s) == 3 {
		s = string([]byte{s[0], s[0], s[1], s[1], s[2], s[2]})
	}
	return Parse("#" + s)
}

// must is Parse for our own colours.
func must(s string) Color {
	c, ok := Parse(s)
	if !ok {
		panic("brand: " + s + " is no colour")
	}
	return c
}

// String writes #rrggbb.
func (c Color) String() string {
	return "#" + hex.EncodeToString([]byte{byte(math.Round(c[0])), byte(math.Round(c[1])), byte(math.Round(c[2]))})
}

// mix gives what a share of another colour makes of this one, as it can be written.
func (c Color) mix(o Color, share float64) Color {
	for i := range c {
		c[i] = math.Round(c[i] + (o[i]-c[i])*share)
	}
	return c
}

// luminance is WCAG's relative luminance.
func (c Color) luminance() float64 {
	lin := func(v float64) float64 {
		if v /= 255; v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*lin(c[0]) + 0.7152*lin(c[1]) + 0.0722*lin(c[2])
}

// Contrast is WCAG's contrast ratio, from 1 to 21.
func Contrast(a, b Color) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// least is the smallest contrast of a colour with some others.
func least(c Color, others ...string) float64 {
	m := 21.0
	for _, o := range others {
		m = min(m, Contrast(c, must(o)))
	}
	return m
}

// until mixes ever more of another colour into this one, until it has a contrast of 4.5:1 with all that it stands beside.
func (c Color) until(o Color, beside ...string) Color {
	for n := 0; n <= 100; n++ {
		if m := c.mix(o, float64(n)/100); least(m, beside...) >= readable {
			return m
		}
	}
	return o
}

// OnLight gives the nearest darker shade that can be read on our light pages, and white words on it.
func (c Color) OnLight() Color { return c.until(Color{}, lightGround, lightSurface, onLight) }

// OnDark gives the nearest lighter shade that can be read on our dark pages, and our dark words on it.
func (c Color) OnDark() Color {
	return c.until(Color{255, 255, 255}, darkGround, darkSurface, onDark)
}

// Words gives what is written on this colour: black or white, whichever has more contrast. That is 4.58 at the least.
func (c Color) Words() Color {
	if black := (Color{}); Contrast(c, black) > Contrast(c, must("#ffffff")) {
		return black
	}
	return must("#ffffff")
}

// Readable gives a colour as it is used on light pages; "" when it is none.
func Readable(color string) string {
	c, ok := Parse(color)
	if !ok {
		return ""
	}
	return c.OnLight().String()
}

// Stylesheet makes an organization's colours those of its pages, "" for ours. The accent is darkened on light pages and
// lightened on dark ones until it can be read there; the band at the head is the same on both. ok is false when one is no
// colour.
func Stylesheet(accent, band string) (css string, ok bool) {
	if accent != "" {
		c, ok := Parse(accent)
		if !ok {
			return "", false
		}
		css = ":root{--accent:" + c.OnLight().String() + ";--on-accent:#fff}" +
			"@media (prefers-color-scheme:dark){:root{--accent:" + c.OnDark().String() + ";--on-accent:" + onDark + "}}"
	}
	if band != "" {
		c, ok := Parse(band)
		if !ok {
			return "", false
		}
		css += ":root{--band:" + c.String() + ";--on-band:" + c.Words().String() + "}"
	}
	return css, css != ""
}
