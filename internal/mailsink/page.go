package mailsink

import (
	"embed"
	"encoding/json"
	"html/template"
	"mime"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"heavyset.tech/platform/internal/sinkpage"
)

const base = "/_demo/mail"

// The pages run nothing and fetch nothing but the stylesheet and the framed HTML of a message.
const pagePolicy = "default-src 'none'; style-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// A message's HTML runs in a sandbox: no script, no forms, an origin of its own, pictures only from here or inside the
// message, so that opening it tells nobody. Links open beside it.
const htmlPolicy = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; " +
	"img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

//go:embed page/*.html
var files embed.FS

//go:embed page/site.css
var style string

var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"clock": func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") },
	"iso":   func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	"join":  func(s []string) string { return strings.Join(s, ", ") },
	"names": headerNames,
	"spans": sinkpage.Spans,
}).ParseFS(files, "page/*.html"))

// Handler answers `GET /_demo/mail` with all messages as JSON, newest first, and shows them to a person at
// `/_demo/mail/`. It sets its own security headers, also where an outer handler set others.
func (s *Sink) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+base, s.serveJSON)
	mux.HandleFunc("GET "+base+"/{$}", s.serveList)
	mux.HandleFunc("GET "+base+"/site.css", sinkpage.Style(style, pagePolicy))
	mux.HandleFunc("GET "+base+"/{id}", s.serveMessage)
	mux.HandleFunc("GET "+base+"/{id}/html", s.serveHTML)
	mux.HandleFunc("GET "+base+"/{id}/attachments/{n}", s.serveAttachment)
	return mux
}

func (s *Sink) serveJSON(w http.ResponseWriter, _ *http.Request) {
	sinkpage.Head(w, "application/json", pagePolicy)
	_ = json.NewEncoder(w).Encode(s.Messages())
}

func (s *Sink) serveList(w http.ResponseWriter, _ *http.Request) {
	render(w, "list.html", s.Messages())
}

func (s *Sink) serveMessage(w http.ResponseWriter, r *http.Request) {
	m, ok := s.message(r.PathValue("id"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	render(w, "message.html", m)
}

func (s *Sink) serveHTML(w http.ResponseWriter, r *http.Request) {
	m, ok := s.message(r.PathValue("id"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	sinkpage.Head(w, "text/html; charset=utf-8", htmlPolicy)
	w.Header().Set("X-Frame-Options", "SAMEORIGIN")
	_, _ = w.Write([]byte(linksBeside(m.HTML)))
}

var headTag = regexp.MustCompile(`(?i)<head(\s[^>]*)?>`)

// linksBeside makes the links of a message open beside the frame: the pages they lead to refuse to be framed.
func linksBeside(html string) string {
	const base = `<base target="_blank">`
	at := headTag.FindStringIndex(html)
	if at == nil {
		return base + html
	}
	return html[:at[1]] + base + html[at[1]:]
}

// serveAttachment gives a file to save, never one to show.
func (s *Sink) serveAttachment(w http.ResponseWriter, r *http.Request) {
	m, ok := s.message(r.PathValue("id"))
	n, err := strconv.Atoi(r.PathValue("n"))
	if !ok || err != nil || n < 0 || n >= len(m.Attachments) {
		http.NotFound(w, r)
		return
	}
	a := m.Attachments[n]
	name := path.Base(strings.ReplaceAll(a.Filename, `\`, "/"))
	sinkpage.Head(w, "application/octet-stream", htmlPolicy)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	_, _ = w.Write(a.Content)
}

// render writes a page. The templates only read messages; an error here is a connection that has gone.
func render(w http.ResponseWriter, name string, data any) {
	sinkpage.Head(w, "text/html; charset=utf-8", pagePolicy)
	_ = pages.ExecuteTemplate(w, name, data)
}

func headerNames(m Message) []string {
	var out []string
	for name := range m.Headers {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}
