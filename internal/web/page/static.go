package page

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"math"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"
)

//go:embed static
var staticFiles embed.FS

// asset is one static file with its address, which carries its checksum and so may be kept for ever.
type asset struct {
	url   string
	bytes []byte
	mime  string
}

var assets = sync.OnceValue(func() map[string]asset {
	out := map[string]asset{}
	err := fs.WalkDir(staticFiles, "static", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := staticFiles.ReadFile(p)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(b)
		name := strings.TrimPrefix(p, "static/")
		out[name] = asset{url: "/static/" + hex.EncodeToString(sum[:6]) + "/" + name, bytes: b, mime: mime.TypeByExtension(path.Ext(p))}
		return nil
	})
	if err != nil {
		panic("page: the embedded files can't be read: " + err.Error())
	}
	return out
})

// AssetURL gives the address of a static file; it panics for one that does not exist, which a test of every page finds.
func AssetURL(name string) string {
	a, ok := assets()[name]
	if !ok {
		panic("page: there is no static file " + name)
	}
	return a.url
}

// Static serves /static/{sum}/{name} and the accents.
func Static() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /static/{sum}/{name...}", func(w http.ResponseWriter, r *http.Request) {
		a, ok := assets()[r.PathValue("name")]
		if !ok || a.url != r.URL.Path {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", a.mime)
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		_, _ = w.Write(a.bytes)
	})
	mux.HandleFunc("GET /static/accent/{color}", func(w http.ResponseWriter, r *http.Request) {
		css, ok := AccentCSS("#" + strings.TrimSuffix(r.PathValue("color"), ".css"))
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		_, _ = w.Write([]byte(css))
	})
	return mux
}

// AccentURL gives the stylesheet of an organization's colour; "" when it is none.
func AccentURL(color string) string {
	if _, ok := parseColor(color); !ok {
		return ""
	}
	return "/static/accent/" + strings.ToLower(color[1:]) + ".css"
}

// AccentCSS makes an organization's colour the accent: darkened until white text on it, and it on white, has a contrast
// of 4.5:1 (WCAG 2.2, 1.4.3), and for dark pages lightened until it has that on the dark ground.
func AccentCSS(color string) (css string, ok bool) {
	c, ok := parseColor(color)
	if !ok {
		return "", false
	}
	light, dark := c.onWhite(), c
	for contrast(dark, rgb{21, 25, 31}) < 4.6 {
		dark = dark.mix(rgb{255, 255, 255}, 0.06)
	}
	return ":root{--accent:" + light.String() + ";--on-accent:#fff}" +
		"@media (prefers-color-scheme:dark){:root{--accent:" + dark.String() + ";--on-accent:#10141a}}", true
}

// Readable gives an organization's colour as it is used beside white; "" when it is none.
func Readable(color string) string {
	c, ok := parseColor(color)
	if !ok {
		return ""
	}
	return c.onWhite().String()
}

type rgb [3]float64

// onWhite darkens a colour until white text on it, and it on white, can be read.
func (c rgb) onWhite() rgb {
	for contrast(c, rgb{255, 255, 255}) < 4.6 {
		c = c.mix(rgb{}, 0.06)
	}
	return c
}

func parseColor(s string) (rgb, bool) {
	if len(s) != 7 || s[0] != '#' {
		return rgb{}, false
	}
	n, err := strconv.ParseUint(s[1:], 16, 32)
	if err != nil {
		return rgb{}, false
	}
	return rgb{float64(n >> 16), float64(n >> 8 & 255), float64(n & 255)}, true
}

// String writes #rrggbb.
func (c rgb) String() string {
	b := []byte{byte(math.Round(c[0])), byte(math.Round(c[1])), byte(math.Round(c[2]))}
	return "#" + hex.EncodeToString(b)
}

func (c rgb) mix(o rgb, share float64) rgb {
	for i := range c {
		c[i] += (o[i] - c[i]) * share
	}
	return c
}

// luminance is WCAG's relative luminance.
func (c rgb) luminance() float64 {
	lin := func(v float64) float64 {
		if v /= 255; v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*lin(c[0]) + 0.7152*lin(c[1]) + 0.0722*lin(c[2])
}

func contrast(a, b rgb) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func seconds(d time.Duration) string {
	return strconv.Itoa(max(1, int(math.Ceil(d.Seconds()))))
}
