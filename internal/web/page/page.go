// Package page is the common ground of the web faces: layout, parts, static files, sessions, forms and the error page.
//
// web/scheduler and web/admin bring templates and views of their own; here they are parsed together with the shared
// parts, each page once at start, so that a broken template can't ship. A handler returns an error and Wrap turns it
// into a page by its fault kind: people read the fault's sentence, an unknown error shows only the request's id.
//
// Every page is complete without JavaScript, carries a Content-Security-Policy without 'unsafe-inline', and loads
// nothing from elsewhere. The package knows no appointment and no CRM.
package page

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"heavyset.tech/platform/internal/locale"
)

//go:embed templates
var shared embed.FS

// Set is the parsed pages of one web package.
type Set struct {
	pages map[string]*template.Template
}

// Parse parses every page of a folder `templates` (a file per page; files whose name begins with _ are parts of all of
// them) together with the shared layouts and parts.
func Parse(own fs.FS, funcs template.FuncMap) (*Set, error) {
	return ParseIn(own, funcs, locale.English)
}

// ParseIn is Parse for pages in a language: what a template says through t and n.
func ParseIn(own fs.FS, funcs template.FuncMap, l locale.Lang) (*Set, error) {
	base, err := template.New("").Funcs(Funcs()).Funcs(speech(l)).Funcs(funcs).ParseFS(shared, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("parse the shared templates: %w", err)
	}
	files, err := fs.Glob(own, "templates/*.html")
	if err != nil {
		return nil, err
	}
	s := &Set{pages: map[string]*template.Template{}}
	pages := []string{}
	for _, f := range files {
		if !strings.HasPrefix(path.Base(f), "_") {
			pages = append(pages, f)
			continue
		}
		if base, err = base.ParseFS(own, f); err != nil {
			return nil, fmt.Errorf("parse %s: %w", f, err)
		}
	}
	for _, f := range pages {
		t, err := base.Clone()
		if err == nil {
			t, err = t.ParseFS(own, f)
		}
		if err != nil {
			return nil, fmt.Errorf("parse %s: %w", f, err)
		}
		s.pages[strings.TrimSuffix(path.Base(f), ".html")] = t.Lookup(path.Base(f))
	}
	return s, nil
}

// Names lists the pages of the set.
func (s *Set) Names() []string {
	var out []string
	for n := range s.pages {
		out = append(out, n)
	}
	return out
}

// Render writes a page. It is made whole before the first byte leaves, so that an error becomes an error page.
func (s *Set) Render(w http.ResponseWriter, status int, name string, view any) error {
	t := s.pages[name]
	if t == nil {
		return fmt.Errorf("there is no page %q", name)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, view); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	w.WriteHeader(status)
	_, err := b.WriteTo(w)
	return err
}

// Head is what every layout needs of a view; views embed it.
type Head struct {
	Title       string // of the window
	Description string // for search engines and previews; may be ""
	Accent      string // #rrggbb of the organization; "" for ours
	Band        string // colour of the page's head, likewise
	NoIndex     bool
	Framed      bool // shown in a frame on another site
}

// Opening is what the Content-Security-Policy of a page allows beyond the common one.
type Opening struct {
	Forms     []string // further origins to which a form may lead, for the redirect to a CRM's consent page
	Ancestors []string // sources that may show the page in a frame; none: nobody
	Frames    bool     // the page shows pages of ours in a frame
	// StyleAttributes: the page shows a text with style attributes of its own, a mail. Styles still come from us alone.
	StyleAttributes bool
}

func (o Opening) policy() string {
	ancestors, frames := "'none'", ""
	if len(o.Ancestors) > 0 {
		ancestors = strings.Join(o.Ancestors, " ")
	}
	if o.Frames {
		frames = "frame-src 'self'; "
	}
	style := ""
	if o.StyleAttributes {
		style = "style-src-attr 'unsafe-inline'; "
	}
	return "default-src 'none'; script-src 'self'; style-src 'self'; " + style + "img-src 'self' data:; font-src 'self'; connect-src 'self'; " + frames +
		"form-action " + strings.Join(append([]string{"'self'"}, o.Forms...), " ") + "; base-uri 'none'; object-src 'none'; frame-ancestors " + ancestors
}

// Open opens the policy of a page.
func Open(w http.ResponseWriter, o Opening) { w.Header().Set("Content-Security-Policy", o.policy()) }

// Secure sets the headers that every page has.
func Secure(h http.Header) {
	h.Set("Content-Security-Policy", Opening{}.policy())
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin") // nothing to other sites; forms still say where they come from
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
}
