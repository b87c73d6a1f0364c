package brand

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
)

// When a logo can be seen on what it stands on. WCAG asks no contrast of logos (1.4.3), so a pixel counts as seen far below
// what words need: yellow on white does not, orange does.
const (
	seenAt    = 1.7  // contrast of a pixel with the ground
	seenInk   = 0.5  // share of the drawn pixels of a logo with a transparent ground
	seenBlock = 0.02 // share of all pixels of one without, whose own ground may well be that of the page
	clear     = 0.05 // share of transparent pixels from which a logo has a transparent ground
)

// onGround is the colour that a logo stands on without one of the organization's own.
const onGround = lightSurface

// Seen reports whether a picture can be seen on a colour.
func Seen(m image.Image, ground Color) bool {
	b := m.Bounds()
	var all, holes int
	var drawn, seen uint64 // by how much of the ground each pixel covers, so that a soft shadow weighs little
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			all++
			r, g, bl, a := m.At(x, y).RGBA() // with its transparency multiplied in
			if a < 0x8000 {
				holes++
			}
			drawn += uint64(a)
			rest := 1 - float64(a)/0xffff
			over := Color{float64(r)/257 + ground[0]*rest, float64(g)/257 + ground[1]*rest, float64(bl)/257 + ground[2]*rest}
			if Contrast(over, ground) >= seenAt {
				seen += uint64(a)
			}
		}
	}
	if float64(holes) < clear*float64(all) {
		return float64(seen) >= seenBlock*0xffff*float64(all)
	}
	return seen > 0 && float64(seen) >= seenInk*float64(drawn)
}

// Faint is a logo that can hardly be seen at the head of the pages.
type Faint struct {
	Ground string // the colour that it stands on
	Better string // one on which it can be seen; "" where there is none to propose
}

// Faint measures the organization's logo against the head of its pages; nil when it can be seen, and without a logo. It
// never keeps anybody from using one.
func (s *Service) Faint(ctx context.Context, o org.Organization) (*Faint, error) {
	if o.Look.Logo.Sum == "" {
		return nil, nil
	}
	file, err := s.Store.LogoFile(ctx, o.ID, o.Look.Logo.Sum)
	if fault.Is(err, fault.NotFound) { // changed since the organization was read
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	m, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("read the logo that we have drawn: %w", err)
	}
	ground, ok := Parse(o.Look.Band)
	if !ok {
		ground = must(onGround)
	}
	if Seen(m, ground) {
		return nil, nil
	}
	out := &Faint{Ground: ground.String()}
	for _, other := range []string{Readable(o.Accent), darkSurface, onGround} {
		if c, ok := Parse(other); ok && Seen(m, c) {
			out.Better = other
			break
		}
	}
	return out, nil
}
