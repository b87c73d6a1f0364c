package scheduler

import (
	_ "embed"
	"net/http"
	"net/url"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/web/page"
	"heavyset.tech/platform/internal/widget"
)

// hostParam names the page that shows ours in a frame, by its origin: embed.js writes it.
const hostParam = "embed"

//go:embed embed.js
var loaderScript []byte

// loader serves the script by which a website shows the booking pages.
func loader(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/javascript; charset=utf-8")
	h.Set("Cache-Control", "public, max-age=3600")
	h.Set("Access-Control-Allow-Origin", "*") // it is public; a page may ask for it with crossorigin
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	_, _ = w.Write(loaderScript)
}

// frame is what a page tells the page around it, by frame.js.
type frame struct {
	Host    string // its origin; "" when there is none
	Event   string // viewed, slot, booked, enquiry, or "" when nothing new has happened
	Service string
	Start   string // RFC 3339
}

func (c choice) frame() frame { return frame{Host: c.Host} }

// home gives the address of the first step, with the campaign that led here.
func (c choice) home(scheduler string) string {
	v := url.Values{}
	for _, k := range append([]string{hostParam, langParam, visitParam}, kept...) {
		if s := c.values.Get(k); s != "" {
			v.Set(k, s)
		}
	}
	if len(v) == 0 {
		return "/book/" + scheduler
	}
	return "/book/" + scheduler + "?" + v.Encode()
}

// within gives an address that stays in the frame and the language in which the choice was made, and some parameters more.
func (c choice) within(path string, kv ...string) string {
	v := url.Values{}
	for _, k := range []string{hostParam, langParam} {
		if s := c.values.Get(k); s != "" {
			v.Set(k, s)
		}
	}
	for i := 0; i+1 < len(kv); i += 2 {
		v.Set(kv[i], kv[i+1])
	}
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

// framed lets the sites that the organization has listed show a page in a frame, by the page's policy, and remembers which
// other site tried. What a visitor's private link leads to is open only to the frame in which they have booked.
func (p *Pages) framed(h page.Handler) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		o, err := p.organizationOf(r)
		if err != nil && !fault.Is(err, fault.NotFound) { // the page itself says what there is not
			return err
		}
		if o == "" {
			return h(w, r)
		}
		ancestors, err := p.frames.Ancestors(r.Context(), o)
		if err != nil {
			return err
		}
		page.Open(w, page.Opening{Ancestors: ancestors})
		refused := p.frames.Refused(ancestors, hostsOf(r))
		if refused == "" {
			return h(w, r)
		}
		if ok, _ := p.refusals.Take(r.RemoteAddr); ok {
			if err := p.frames.Refuse(r.Context(), o, refused); err != nil {
				return err
			}
		}
		return h(w, r)
	}
}

// organizationOf gives whose page is asked for; "" when it is one that no site may frame.
func (p *Pages) organizationOf(r *http.Request) (org.ID, error) {
	if r.PathValue("token") == "" {
		of, err := p.offering(r.Context(), r)
		return of.Organization.ID, err
	}
	if r.URL.Query().Get(hostParam) == "" {
		return "", nil
	}
	m, err := p.bookings.ByToken(r.Context(), r.PathValue("token"))
	return m.Organization.ID, err
}

// hostsOf lists the origins around the page that a request for a frame names: the one of embed.js, and the one that the
// browser tells. A request for a page of its own names none.
func hostsOf(r *http.Request) []string {
	dest := r.Header.Get("Sec-Fetch-Dest")
	if r.Method != http.MethodGet || dest == "document" {
		return nil
	}
	out := []string{r.URL.Query().Get(hostParam)}
	if dest != "" { // iframe, frame, object, embed
		out = append(out, widget.OriginOf(r.Referer()))
	}
	return out
}
