package brand_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color/palette"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"strings"
	"testing"

	"heavyset.tech/platform/internal/brand"
	"heavyset.tech/platform/internal/fault"
)

// flat is a picture in one colour, with a hole at its corner.
func flat(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := 0; i < len(m.Pix); i += 4 {
		copy(m.Pix[i:], []byte{20, 90, 160, 255})
	}
	m.Pix[3] = 0
	return m
}

// noise is a picture that can't be compressed.
func noise(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	r := rand.New(rand.NewPCG(1, 2))
	for i := range m.Pix {
		m.Pix[i] = byte(r.Uint32())
	}
	return m
}

func pngOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// tinyWebP is a picture of 16 × 16 pixels, lossless.
const tinyWebP = "UklGRhwAAABXRUJQVlA4TA8AAAAvD8ADAAcQEf0PRET/Aw=="

// files are pictures of each format.
func files(t testing.TB) map[string][]byte {
	t.Helper()
	var j, g bytes.Buffer
	if err := jpeg.Encode(&j, flat(640, 100), nil); err != nil {
		t.Fatal(err)
	}
	p := image.NewPaletted(image.Rect(0, 0, 60, 30), palette.WebSafe)
	if err := gif.EncodeAll(&g, &gif.GIF{Image: []*image.Paletted{p, p}, Delay: []int{1, 1}}); err != nil {
		t.Fatal(err)
	}
	w, err := base64.StdEncoding.DecodeString(tinyWebP)
	if err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{"png": pngOf(t, flat(1000, 500)), "jpeg": j.Bytes(), "gif": g.Bytes(), "webp": w, "noise": pngOf(t, noise(400, 300))}
}

// within fails unless a picture is as small as a logo has to be, and can be read again.
func within(t testing.TB, p brand.Picture) image.Image {
	t.Helper()
	m, err := png.Decode(bytes.NewReader(p.PNG))
	if err != nil {
		t.Fatal(err)
	}
	s := m.Bounds().Size()
	if len(p.PNG) > brand.MaxBytes || s.X > brand.MaxWidth || s.Y > brand.MaxHeight || s.X != p.Logo.Width || s.Y != p.Logo.Height || len(p.Logo.Sum) != 16 {
		t.Errorf("%d bytes, %v, %+v", len(p.PNG), s, p.Logo)
	}
	return m
}

func TestDraw(t *testing.T) {
	t.Parallel()
	want := map[string][3]int{"png": {192, 96, 1}, "jpeg": {320, 50, 1}, "gif": {60, 30, 0}, "webp": {16, 16, 0}}
	for name, file := range files(t) {
		p, err := brand.Draw(file)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		within(t, p)
		if w, ok := want[name]; ok && (p.Logo.Width != w[0] || p.Logo.Height != w[1] || p.Scaled != (w[2] == 1)) {
			t.Errorf("%s: %+v, scaled %v", name, p.Logo, p.Scaled)
		}
	}
	p, err := brand.Draw(pngOf(t, flat(100, 40)))
	if err != nil {
		t.Fatal(err)
	}
	m := within(t, p)
	if _, _, _, a := m.At(0, 0).RGBA(); a != 0 {
		t.Error("what was transparent is not any more")
	}
	if r, g, b, a := m.At(50, 20).RGBA(); r>>8 != 20 || g>>8 != 90 || b>>8 != 160 || a>>8 != 255 {
		t.Error("the colour is another")
	}
	again, err := brand.Draw(pngOf(t, flat(100, 40)))
	if err != nil || again.Logo != p.Logo {
		t.Errorf("the same picture has another checksum: %v", err)
	}
}

// chunk writes a part of a PNG.
func chunk(kind string, data []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(append(b, kind...), data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// TestNothingOfTheFileSurvives: what a file carries beside its pixels is gone.
func TestNothingOfTheFileSurvives(t *testing.T) {
	t.Parallel()
	const marker = "<script>marker-4711</script>"
	file := pngOf(t, flat(100, 40))
	after := 8 + 25 // signature and IHDR
	with := append(append(append([]byte{}, file[:after]...), chunk("tEXt", []byte("Comment\x00"+marker))...), file[after:]...)
	with = append(with, marker+"\xff\xd8\xff"...)
	p, err := brand.Draw(with)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(p.PNG, []byte("4711")) {
		t.Error("the comment is still there")
	}
}

func TestWhatIsNoLogo(t *testing.T) {
	t.Parallel()
	bomb := pngOf(t, flat(10, 10)) // says that it is enormous
	copy(bomb[8:], chunk("IHDR", append(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, 50_000), 50_000), 8, 6, 0, 0, 0)))
	cut := pngOf(t, noise(100, 100))
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"nothing":            {nil, "choose a file"},
		"svg":                {[]byte(`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), "carry programs"},
		"html":               {[]byte("<!doctype html><script>alert(1)</script>"), "no PNG"},
		"a text with an end": {[]byte("GIF8"), "no PNG"},
		"decompression bomb": {bomb, "50000 × 50000"},
		"wide":               {pngOf(t, image.NewGray(image.Rect(0, 0, 6001, 10))), "more than is taken"},
		"many pixels":        {pngOf(t, image.NewGray(image.Rect(0, 0, 3000, 3000))), "more than is taken"},
		"small":              {pngOf(t, flat(7, 50)), "too small"},
		"cut off":            {cut[:len(cut)/2], "can't be read"},
		"large":              {append(pngOf(t, flat(20, 20)), make([]byte, brand.MaxUpload)...), "larger than 2 MB"},
		"thin":               {pngOf(t, flat(6000, 8)), "too long and thin"},
	} {
		if _, err := brand.Draw(c.file); !fault.Is(err, fault.Invalid) || !strings.Contains(fault.As(err).Message, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzDraw(f *testing.F) {
	for _, file := range files(f) {
		f.Add(file)
		f.Add(file[:len(file)/2])
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		p, err := brand.Draw(file)
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Fatal(err)
			}
			return
		}
		within(t, p)
	})
}

// scans is a progressive JPEG that says so many times that nothing more is to be seen, which costs a look at all of it each.
func scans(n int) []byte {
	b := []byte("\xff\xd8" +
		"\xff\xc2\x00\x0b\x08\x07\xf0\x07\xf0\x01\x01\x11\x00" + // 2032 × 2032 pixels, progressive, one component
		"\xff\xc4\x00\x14\x10\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xe0") // one code: the end of up to 32767 blocks
	for range n {
		b = append(b, "\xff\xda\x00\x08\x01\x01\x00\x01\x3f\x00\x7f\xfe\xff\x00\xff\x00"...)
	}
	return append(b, "\xff\xd9"...)
}

func TestLongWork(t *testing.T) {
	t.Parallel()
	if _, err := brand.Draw(scans(2)); err != nil {
		t.Errorf("a few scans: %v", err)
	}
	if _, err := brand.Draw(scans(2000)); !fault.Is(err, fault.Invalid) {
		t.Errorf("many scans: %v", err)
	}
}
