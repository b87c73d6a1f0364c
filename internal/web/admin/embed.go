package admin

import (
	"html"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/brand"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/web/page"
	"heavyset.tech/platform/internal/widget"
)

// embedMode is a way to show the booking pages on a website.
type embedMode struct{ name, label, words string }

func embedModes() []embedMode {
	return []embedMode{
		{"inline", "In the page", "The booking pages stand in your page, where you paste this."},
		{"popup", "From a link", "A link of yours opens them over your page. Any link to the booking page does; without JavaScript it leads there."},
		{"button", "From a button", "A button in the corner of every page opens them over it."},
	}
}

type embedTab struct {
	Label, Link string
	Current     bool
}

type embedView struct {
	frame
	Public   string // address of the booking pages
	Tabs     []embedTab
	Words    string
	Snippet  string
	Preview  string
	Policy   []string // what a site's own Content-Security-Policy needs
	Sites    page.Field
	Any      bool
	Save     string // "" for whoever may not
	Refusals []refusalRow
	Allow    string // "" where nothing can be added
}

type refusalRow struct{ Origin, Tries, First, Last string }

// embedMode gives the way that an address names, inline when it names none.
func embedModeOf(r *http.Request) embedMode {
	list := embedModes()
	for _, m := range list {
		if m.name == r.URL.Query().Get("mode") {
			return m
		}
	}
	return list[0]
}

// embed shows what to paste into a website, how it will look, and which sites may show it.
func (c *Console) embed(w http.ResponseWriter, r *http.Request, v *visit) error {
	sites, err := c.Widgets.Sites(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	return c.showEmbed(w, r, v, http.StatusOK, sites, page.Form{Values: url.Values{"sites": {strings.Join(sites, "\n")}}})
}

func (c *Console) showEmbed(w http.ResponseWriter, r *http.Request, v *visit, status int, sites []string, form page.Form) error {
	f, err := c.frame(r, v, "Embed")
	if err != nil {
		return err
	}
	f.Purpose = "Show the Web Scheduler on your own website."
	refusals, err := c.Widgets.Refusals(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	mode, path := embedModeOf(r), v.path("scheduler", "embed")
	view := embedView{
		frame: f, Public: c.bookingPage(v), Words: mode.words, Snippet: c.snippet(v, mode.name), Preview: path + "/preview?mode=" + mode.name,
		Policy: []string{"script-src " + c.BaseURL, "frame-src " + c.BaseURL}, Any: len(sites) == 0,
		Sites: page.Field{Name: "sites", Label: "Sites that may show it", Lines: 4, Limit: 20_000, Hint: "One a line, like www.example.com, or *.example.com for all below. Empty: any site may."}.With(form),
	}
	for _, m := range embedModes() {
		view.Tabs = append(view.Tabs, embedTab{m.label, path + "?mode=" + m.name, m == mode})
	}
	cal := calendar{v.org.Location(), c.Now()}
	for _, x := range refusals {
		view.Refusals = append(view.Refusals, refusalRow{x.Origin, counted(x.Times, "time"), cal.stamp(x.First), cal.stamp(x.Last)})
	}
	if v.may(auth.Admin) {
		view.Save, view.Allow = path+"/sites", path+"/allow"
	}
	page.Open(w, page.Opening{Frames: true})
	return c.set.Render(w, status, "embed", view)
}

func (c *Console) bookingPage(v *visit) string { return c.BaseURL + "/book/" + v.org.Slug }

// snippet is what an administrator pastes into their website.
func (c *Console) snippet(v *visit, mode string) string {
	attrs := `src="` + c.BaseURL + `/embed.js" data-scheduler="` + v.org.Slug + `" data-mode="` + mode + `"`
	if color := brand.Readable(v.org.Accent); color != "" && mode == "button" {
		attrs += ` data-color="` + color + `"`
	}
	link := `<a href="` + html.EscapeString(c.bookingPage(v)) + `">Book a visit</a>`
	switch mode {
	case "popup":
		return link + "\n<script " + attrs + " async></script>"
	case "button":
		return "<script " + attrs + " async></script>"
	}
	return "<script " + attrs + "></script>\n<noscript>" + link + "</noscript>"
}

type previewView struct {
	page.Head
	Mode, Scheduler, Color, Public string
}

// embedPreview is a page as a website has one, with what an administrator would paste.
func (c *Console) embedPreview(w http.ResponseWriter, r *http.Request, v *visit) error {
	page.Open(w, page.Opening{Ancestors: []string{"'self'"}, Frames: true})
	return c.set.Render(w, http.StatusOK, "embedpreview", previewView{
		page.Head{Title: "Preview – " + v.org.Name, NoIndex: true}, embedModeOf(r).name, v.org.Slug, brand.Readable(v.org.Accent), "/book/" + v.org.Slug,
	})
}

// saveSites puts a new list of sites in the place of the present one.
func (c *Console) saveSites(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	was, is, err := c.Widgets.SetSites(r.Context(), v.org.ID, form.Get("sites"))
	if fault.Is(err, fault.Invalid) {
		form.Errors["sites"] = fault.As(err).Message
		now, err := c.Widgets.Sites(r.Context(), v.org.ID)
		if err != nil {
			return err
		}
		return c.showEmbed(w, r, v, http.StatusUnprocessableEntity, now, form)
	}
	if err != nil {
		return err
	}
	if err := c.did(r, v, audit.Organization, "Sites of the embed changed", "", "was: "+widget.Describe(was), "is: "+widget.Describe(is)); err != nil {
		return err
	}
	words := "Saved. " + counted(len(is), "site") + " may show the booking pages."
	if len(is) == 0 {
		words = "Saved. Any site may show the booking pages."
	}
	c.Sessions.Flash(r.Context(), "success", words)
	http.Redirect(w, r, v.path("scheduler", "embed"), http.StatusSeeOther)
	return nil
}

// allowSite adds a site that has tried.
func (c *Console) allowSite(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	site, err := c.Widgets.Allow(r.Context(), v.org.ID, form.Get("site"))
	switch {
	case fault.Is(err, fault.Invalid), fault.Is(err, fault.Conflict):
		c.Sessions.Flash(r.Context(), "error", fault.As(err).Message)
	case err != nil:
		return err
	default:
		if err := c.did(r, v, audit.Organization, "Site of the embed allowed", site); err != nil {
			return err
		}
		c.Sessions.Flash(r.Context(), "success", site+" may show the booking pages now.")
	}
	http.Redirect(w, r, v.path("scheduler", "embed"), http.StatusSeeOther)
	return nil
}

// counted writes a number with its noun.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
