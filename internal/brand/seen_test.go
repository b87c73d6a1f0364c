package brand_test

import (
	"context"
	"image"
	rgb "image/color"
	"testing"

	"heavyset.tech/platform/internal/brand"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
)

// mark is a logo with a hole around it, in the colours of its halves.
func mark(left, right rgb.NRGBA) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, 40, 20))
	for y := 5; y < 15; y++ {
		for x := 5; x < 35; x++ {
			if m.SetNRGBA(x, y, left); x >= 20 {
				m.SetNRGBA(x, y, right)
			}
		}
	}
	return m
}

// block is a picture without transparency: letters on a ground of its own.
func block(ground, letters rgb.NRGBA) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, 40, 20))
	for y := range 20 {
		for x := range 40 {
			if m.SetNRGBA(x, y, ground); x > 10 && x < 14 {
				m.SetNRGBA(x, y, letters)
			}
		}
	}
	return m
}

var white, black = rgb.NRGBA{255, 255, 255, 255}, rgb.NRGBA{0, 0, 0, 255}

func TestSeen(t *testing.T) {
	t.Parallel()
	orange, yellow, ghost := rgb.NRGBA{0xff, 0x88, 0, 255}, rgb.NRGBA{0xff, 0xdd, 0, 255}, rgb.NRGBA{0, 0, 0, 0x84}
	for name, c := range map[string]struct {
		m      image.Image
		ground string
		want   bool
	}{
		"white on white":                 {mark(white, white), "#ffffff", false},
		"white on the accent":            {mark(white, white), "#1f6f54", true},
		"black on white":                 {mark(black, black), "#ffffff", true},
		"black on black":                 {mark(black, black), "#101010", false},
		"orange on white":                {mark(orange, orange), "#ffffff", true},
		"yellow on white":                {mark(yellow, yellow), "#ffffff", false},
		"half of it on white":            {mark(black, white), "#ffffff", true},
		"half seen through":              {mark(ghost, ghost), "#ffffff", true},
		"black mostly seen through":      {mark(rgb.NRGBA{0, 0, 0, 0x64}, rgb.NRGBA{0, 0, 0, 0x64}), "#ffffff", true},
		"a breath of black":              {mark(rgb.NRGBA{0, 0, 0, 0x10}, rgb.NRGBA{0, 0, 0, 0x10}), "#ffffff", false},
		"half seen through on grey":      {mark(rgb.NRGBA{128, 128, 128, 0x84}, ghost), "#808080", true},
		"a block with letters on white":  {block(white, black), "#ffffff", true},
		"an empty block on white":        {block(white, white), "#ffffff", false},
		"a block in its own colour":      {block(black, white), "#ffffff", true},
		"nothing but holes":              {image.NewNRGBA(image.Rect(0, 0, 9, 9)), "#ffffff", false},
		"a paletted picture without any": {image.NewPaletted(image.Rect(0, 0, 9, 9), rgb.Palette{white}), "#ffffff", false},
	} {
		if got := brand.Seen(c.m, color(t, c.ground)); got != c.want {
			t.Errorf("%s: seen %v", name, got)
		}
	}
}

// kept is a store with one logo.
type kept struct {
	brand.Store
	file []byte
}

func (k kept) LogoFile(_ context.Context, _ org.ID, sum string) ([]byte, error) {
	if sum != "1" {
		return nil, fault.New(fault.NotFound, "no")
	}
	return k.file, nil
}

// TestFaint: whoever has a logo that nobody sees hears of a colour on which it is seen, if there is one.
func TestFaint(t *testing.T) {
	t.Parallel()
	at := func(m image.Image, accent, band string) string {
		t.Helper()
		p, err := brand.Draw(pngOf(t, m))
		if err != nil {
			t.Fatal(err)
		}
		s := &brand.Service{Store: kept{file: p.PNG}}
		f, err := s.Faint(t.Context(), org.Organization{Accent: accent, Look: org.Look{Band: band, Logo: org.Logo{Sum: "1"}}})
		switch {
		case err != nil:
			t.Fatal(err)
		case f == nil:
			return ""
		}
		return f.Ground + " " + f.Better
	}
	for name, c := range map[string]struct{ got, want string }{
		"white without a colour":       {at(mark(white, white), "", ""), "#ffffff #1c222b"},
		"white with an accent":         {at(mark(white, white), "#1f6f54", ""), "#ffffff #1f6f54"},
		"white on a dark head":         {at(mark(white, white), "", "#15191f"), ""},
		"black on a dark head":         {at(mark(black, black), "", "#15191f"), "#15191f #ffffff"},
		"black without a colour":       {at(mark(black, black), "", ""), ""},
		"a colour that is none":        {at(mark(white, white), "x", "y"), "#ffffff #1c222b"},
		"nothing that could ever show": {at(image.NewNRGBA(image.Rect(0, 0, 20, 20)), "", ""), "#ffffff "},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", name, c.got, c.want)
		}
	}
	s := &brand.Service{Store: kept{}}
	for _, sum := range []string{"", "2"} {
		if f, err := s.Faint(t.Context(), org.Organization{Look: org.Look{Logo: org.Logo{Sum: sum}}}); f != nil || err != nil {
			t.Errorf("logo %q: %v, %v", sum, f, err)
		}
	}
}
