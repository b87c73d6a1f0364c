package brand

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
)

// Bounds of a logo. What comes in is measured before it is decoded, so that a small file can't become a picture that
// fills the memory; what goes out has its part in the 60 kB of a booking page.
const (
	MaxUpload  = 2 << 20 // bytes of the file
	maxSide    = 6000    // pixels of a side
	maxPixels  = 4 << 20 // pixels in all
	MaxWidth   = 320     // pixels of what we keep
	MaxHeight  = 96
	MaxBytes   = 12 << 10
	smallest   = 8 // pixels of the shorter side, below which nothing can be seen
	shrinkStep = 0.85
	maxScans   = 100 // of a progressive JPEG, each of which is a walk over all pixels; encoders make some ten
)

// Picture is a logo as we have drawn it: nothing of the file that came survives in it but the colours of its pixels.
type Picture struct {
	Logo   org.Logo
	PNG    []byte
	Scaled bool // smaller than what came
}

// format is a kind of picture that is taken.
type format struct {
	measure func(io.Reader) (image.Config, error)
	decode  func(io.Reader) (image.Image, error)
}

// jpegBegins is how a JPEG begins, jpegScan how each of its scans does (ITU-T T.81, B.1.1.3: data between them never hold it).
var jpegBegins, jpegScan = []byte("\xff\xd8\xff"), []byte("\xff\xda")

// formatOf tells a file by its first bytes. It asks no registry of formats, to which any package may add.
func formatOf(b []byte) (format, bool) {
	switch {
	case bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")):
		return format{png.DecodeConfig, png.Decode}, true
	case bytes.HasPrefix(b, jpegBegins):
		return format{jpeg.DecodeConfig, jpeg.Decode}, true
	case bytes.HasPrefix(b, []byte("GIF87a")), bytes.HasPrefix(b, []byte("GIF89a")):
		return format{gif.DecodeConfig, gif.Decode}, true
	case len(b) > 12 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WEBP":
		return format{webp.DecodeConfig, webp.Decode}, true
	}
	return format{}, false
}

// Draw makes a logo of an uploaded file: PNG, JPEG, GIF (its first picture) or WebP. It is scaled down, never up, to the
// bounds of a logo. fault.Invalid says what is wrong about the file.
func Draw(file []byte) (Picture, error) {
	switch {
	case len(file) == 0:
		return Picture{}, fault.New(fault.Invalid, "Please choose a file.")
	case len(file) > MaxUpload:
		return Picture{}, errTooLarge
	}
	f, ok := formatOf(file)
	if !ok {
		if looksLikeSVG(file) {
			return Picture{}, fault.New(fault.Invalid, "An SVG file can carry programs, so it is not taken. Please save the logo as a PNG, about 640 pixels wide, and upload that.")
		}
		return Picture{}, fault.New(fault.Invalid, "This is no PNG, JPEG, WebP or GIF file.")
	}
	size, err := f.measure(bytes.NewReader(file))
	if err != nil {
		return Picture{}, unreadable(err)
	}
	if size.Width < smallest || size.Height < smallest {
		return Picture{}, fault.New(fault.Invalid, fmt.Sprintf("The picture has %d × %d pixels: too small to be seen.", size.Width, size.Height))
	}
	if size.Width > maxSide || size.Height > maxSide || size.Width*size.Height > maxPixels {
		return Picture{}, fault.New(fault.Invalid, fmt.Sprintf("The picture has %d × %d pixels, which is more than is taken. About 640 × 192 is enough.", size.Width, size.Height))
	}
	if bytes.HasPrefix(file, jpegBegins) && bytes.Count(file, jpegScan) > maxScans {
		return Picture{}, fault.New(fault.Invalid, "The file takes too long to read. Please save it anew as a PNG, and upload that.")
	}
	m, err := f.decode(bytes.NewReader(file))
	if err != nil {
		return Picture{}, unreadable(err)
	}
	return redraw(m)
}

var errTooLarge = fault.New(fault.Invalid, fmt.Sprintf("The file is larger than %d MB.", MaxUpload>>20))

func unreadable(err error) error {
	return fault.Wrap(fault.Invalid, "The file can't be read as a picture. Please save it anew as a PNG without animation, and upload that.", err)
}

func looksLikeSVG(b []byte) bool {
	return bytes.Contains(bytes.ToLower(b[:min(len(b), 4096)]), []byte("<svg"))
}

// redraw writes a picture anew, ever smaller until it fits.
func redraw(m image.Image) (Picture, error) {
	full := m.Bounds().Size()
	m = scaled(m, min(1, float64(MaxWidth)/float64(full.X), float64(MaxHeight)/float64(full.Y)))
	for share := 1.0; ; share *= shrinkStep {
		out := scaled(m, share)
		size := out.Bounds().Size()
		if min(size.X, size.Y) < smallest/2 {
			return Picture{}, fault.New(fault.Invalid, "The picture is too long and thin, or too full of detail, for a logo. Please use a simpler one.")
		}
		var file bytes.Buffer
		if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&file, out); err != nil {
			return Picture{}, fmt.Errorf("write the logo: %w", err)
		}
		if file.Len() <= MaxBytes {
			sum := sha256.Sum256(file.Bytes())
			return Picture{Logo: org.Logo{Sum: hex.EncodeToString(sum[:8]), Width: size.X, Height: size.Y}, PNG: file.Bytes(), Scaled: size != full}, nil
		}
	}
}

// scaled draws a picture at a share of its size, with its transparency.
func scaled(m image.Image, share float64) image.Image {
	b := m.Bounds()
	out := image.NewNRGBA(image.Rect(0, 0, max(1, int(float64(b.Dx())*share+.5)), max(1, int(float64(b.Dy())*share+.5))))
	draw.CatmullRom.Scale(out, out.Bounds(), m, b, draw.Src, nil)
	return out
}
