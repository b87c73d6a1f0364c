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

	"heavyset.tech/platform/internal/brand"
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

// Static serves /static/{sum}/{name} and the colours of organizations.
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
	mux.HandleFunc("GET /static/look/{colors}", serveLook)
	return mux
}

// LookURL gives the stylesheet of an organization's colours, its accent and the band at the head of its pages, each
// #rrggbb or "" for ours; "" when there is nothing to say.
func LookURL(accent, band string) string {
	if _, ok := brand.Stylesheet(accent, band); !ok {
		return ""
	}
	name := strings.TrimPrefix(accent, "#")
	if band != "" {
		name += "-" + strings.TrimPrefix(band, "#")
	}
	return "/static/look/" + strings.ToLower(name) + ".css"
}

// serveLook writes the stylesheet of the colours that its address names.
func serveLook(w http.ResponseWriter, r *http.Request) {
	accent, band, _ := strings.Cut(strings.TrimSuffix(r.PathValue("colors"), ".css"), "-")
	color := func(s string) string {
		if s == "" {
			return ""
		}
		return "#" + s
	}
	css, ok := brand.Stylesheet(color(accent), color(band))
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = w.Write([]byte(css))
}

func seconds(d time.Duration) string {
	return strconv.Itoa(max(1, int(math.Ceil(d.Seconds()))))
}
