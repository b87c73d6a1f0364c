// Package scheduler is the public booking pages: what a homeowner sees.
//
// One question a page: service, ZIP code where territories are in use, day and time, details, done; and the manage page
// behind the visitor's private link. Everything is rendered on the server and complete without JavaScript and without
// cookies: what the visitor has chosen travels in the address, and a chosen time is kept by a hold in the database.
// Asking changes nothing; holds, bookings, changes and enquiries are posted.
//
// A page never ends in nothing: no free time, an area that is not served or a time that was just taken lead to other
// times or to an enquiry, and nothing typed is lost. The package has no rules of its own; booking decides.
package scheduler

import (
	"context"
	"embed"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/insight"
	"heavyset.tech/platform/internal/locale"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/quarantine"
	"heavyset.tech/platform/internal/web/limit"
	"heavyset.tech/platform/internal/web/page"
	"heavyset.tech/platform/internal/widget"
)

//go:embed templates/*
var templates embed.FS

// Pages are the public pages. Make them with New.
type Pages struct {
	bookings *booking.Service
	gate     *quarantine.Service
	sets     map[locale.Lang]*page.Set
	speaks   func(r *http.Request, kept string) locale.Lang
	errors   *page.Errors
	posts    *limit.Limiter
	now      func() time.Time
	logos    Logos
	calendar Calendar
	consents Consents
	frames   *widget.Service
	refusals *limit.Limiter
	visits   *insight.Recorder // nil: nothing is counted
	seen     *limit.Limiter
}

// Calendar writes an appointment as a calendar file (RFC 5545).
type Calendar func(ctx context.Context, m booking.Managed) ([]byte, error)

// Consents keeps whether a customer wants reminders.
type Consents interface {
	Unwanted(ctx context.Context, o org.ID, address string) (bool, error)
	Say(ctx context.Context, m booking.Managed, state notify.ConsentState, source string) error
	// Texts says whether an organization sends text messages.
	Texts(ctx context.Context, o org.ID) (bool, error)
	// Reach says by what a message of a kind gets to the customer of a visit.
	Reach(ctx context.Context, o org.ID, k notify.Kind, a booking.Appointment) (notify.Reach, error)
}

// pages are the pages in each language, parsed once in a process.
var pages = sync.OnceValues(func() (map[locale.Lang]*page.Set, error) {
	sets := map[locale.Lang]*page.Set{}
	for _, l := range append(locale.All(), locale.Pseudo) {
		set, err := page.ParseIn(templates, nil, l)
		if err != nil {
			return nil, err
		}
		sets[l] = set
	}
	return sets, nil
})

// New makes the pages.
func New(bookings *booking.Service, gate *quarantine.Service, logos Logos, calendar Calendar, consents Consents, frames *widget.Service, errors *page.Errors, now func() time.Time) (*Pages, error) {
	sets, err := pages()
	if err != nil {
		return nil, err
	}
	return &Pages{
		bookings: bookings, gate: gate, sets: sets, speaks: speaks, errors: errors, posts: limit.New(30, 60, now), now: now, logos: logos, calendar: calendar, consents: consents, frames: frames, refusals: limit.New(10, 10, now),
		seen: limit.New(60, 120, now),
	}, nil
}

// Routes is the site map of the public pages.
func (p *Pages) Routes(mux *http.ServeMux) {
	get := func(pattern string, h page.Handler) {
		mux.Handle("GET "+pattern, p.errors.WrapIn(p.framed(h), p.speaksOf))
	}
	post := func(pattern string, h page.Handler) {
		mux.Handle("POST "+pattern, p.errors.WrapIn(p.bounded(p.framed(h)), p.speaksOf))
	}

	mux.HandleFunc("GET /embed.js", loader)          // shows the pages below on other sites
	get("/book/{scheduler}", p.start)                // service → ZIP → day and time, as far as the address says
	get("/book/{scheduler}/logo/{file}", p.logo)     //
	get("/book/{scheduler}/who", p.askWho)           // who are you, where details come first
	post("/book/{scheduler}/who", p.sayWho)          //
	post("/book/{scheduler}/hold", p.hold)           // a time was chosen
	get("/book/{scheduler}/details", p.details)      // who are you
	post("/book/{scheduler}/details", p.book)        // book
	post("/book/{scheduler}/left", p.left)           // not sent yet
	get("/book/{scheduler}/enquiry", p.enquiry)      // no time fits
	post("/book/{scheduler}/enquiry", p.sendEnquiry) //
	get("/book/{scheduler}/thanks", p.thanks)        // enquiry sent
	get("/book/{scheduler}/waitlist", p.askJoin)     // wait for a time
	post("/book/{scheduler}/waitlist", p.join)       //
	get("/waitlist/{token}", p.waiting)              // the private link of whoever waits
	get("/waitlist/{token}/leave", p.waiting)        // mail programs show this address to people
	post("/waitlist/{token}/accept", p.acceptOffer)
	post("/waitlist/{token}/decline", p.declineOffer)
	post("/waitlist/{token}/leave", p.leaveWaitlist)
	mux.HandleFunc("GET /a/{token}", shortLink)        // the same in fewer letters, for text messages
	get("/appointments/{token}", p.manage)             // the visitor's private link
	get("/appointments/{token}/again", p.again)        // another visit with the same details
	get("/appointments/{token}/reschedule", p.move)    // day and time again
	post("/appointments/{token}/reschedule", p.moveTo) //
	get("/appointments/{token}/cancel", p.confirmCancel)
	post("/appointments/{token}/cancel", p.cancel)
	get("/appointments/{token}/reminders", p.reminders)
	post("/appointments/{token}/reminders", p.sayReminders)
	get("/appointments/{token}/invitation.ics", p.invitation)
	mux.Handle("/", p.errors.WrapIn(nowhere, p.speaksOf)) // what is nobody's
}

func nowhere(http.ResponseWriter, *http.Request) error {
	return fault.New(fault.NotFound, "There is no page at this address. Please look whether it is complete.")
}

// bounded keeps one address from posting without end.
func (p *Pages) bounded(h page.Handler) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if ok, wait := p.posts.Take(r.RemoteAddr); !ok {
			return fault.TooMany(wait, "That was a lot in a short time. Please wait a moment and try again.")
		}
		return h(w, r)
	}
}

// holder names the visitor's address in the count of live holds.
func holder(r *http.Request) string { return id.Hash("holder:" + limit.Key(r.RemoteAddr))[:32] }

// site is what every public page shows around its content.
type site struct {
	page.Head
	Scheduler    string
	Organization string
	Phone        string
	Home         string // address of the first step
	Steps        []step
	Notice       page.Notice
	Frame        frame
	Logo         logo
	Welcome      org.Texts // the organization's own words, on a first page that asks something else than the service
}

// trapField is the name of the field that people do not see.
const trapField = "homepage"

// openedField holds the time at which a form was opened, signed.
const openedField = "opened"

// signs reads what a form shows beside its content.
func signs(r *http.Request, f page.Form) quarantine.Signs {
	return quarantine.Signs{Form: true, Address: limit.Key(r.RemoteAddr), Trap: f.Get(trapField), Opened: f.Get(openedField), Proof: f.Get("proof")}
}

// opened keeps the time at which a form was opened, however often it is shown again.
func (p *Pages) opened(of booking.Offering, f page.Form) string {
	if v := f.Get(openedField); v != "" {
		return v
	}
	return p.gate.Opened(of.Organization.ID)
}

// step is one entry of the way through a booking.
type step struct {
	Label   string
	Link    string // back to it; "" for the current and the coming ones
	Current bool
}

func (p *Pages) site(of booking.Offering, c choice, title string) site {
	logo, welcome := logoOf(of.Organization), org.Texts{}
	if c.first {
		welcome = of.Organization.Look.Texts[c.Lang]
	}
	return site{
		Head:      page.Head{Title: c.Lang.T(title) + " – " + of.Organization.Name, Accent: of.Organization.Accent, Band: logo.band, Framed: c.Host != ""},
		Scheduler: of.Scheduler, Organization: of.Organization.Name, Phone: of.Organization.Phone, Home: c.home(of.Scheduler),
		Frame: c.frame(), Logo: logo, Welcome: welcome,
	}
}

// choice is what the visitor has chosen so far: it travels in the address.
type choice struct {
	Service  string
	ZIP      string
	Rep      string // whom the visitor asks for; counts only where the service lets them choose
	Day      string
	Start    string
	Timezone string
	Hold     string
	Expires  string
	Lang     locale.Lang
	Host     string     // origin of the page that shows ours in a frame; "" without one
	first    bool       // nothing was asked before, not even the service
	values   url.Values // all of it, campaign parameters too
}

// kept are the parameters of the first page view that go along to the booking.
var kept = []string{
	"utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "gclid", "gbraid", "wbraid", "fbclid", "msclkid", "landing_page", "referrer",
}

// asked are the parameters that a choice is read from, beside those that are only kept.
var asked = append([]string{"service", "zip", "rep", "day", "start", "timezone", "hold", "expires", hostParam, langParam, visitParam, whoParam}, kept...)

func choiceOf(l locale.Lang, v url.Values) choice {
	c := choice{
		Lang:    l,
		Service: v.Get("service"), ZIP: v.Get("zip"), Rep: v.Get("rep"), Day: v.Get("day"), Start: v.Get("start"), Timezone: v.Get("timezone"), Hold: v.Get("hold"),
		Expires: v.Get("expires"), values: url.Values{},
	}
	for _, k := range asked {
		if s := v.Get(k); s != "" && (len(s) <= 500 || k == whoParam && len(s) <= maxWho) {
			c.values.Set(k, s)
		}
	}
	c.Host, _ = widget.ParseOrigin(v.Get(hostParam))
	if c.Host == "" {
		c.values.Del(hostParam)
	}
	return c
}

// with gives the address of a page with some parameters changed; "" takes one out.
func (c choice) with(path string, kv ...string) string {
	v := url.Values{}
	for k, s := range c.values {
		v[k] = s
	}
	for i := 0; i+1 < len(kv); i += 2 {
		if kv[i+1] == "" {
			v.Del(kv[i])
		} else {
			v.Set(kv[i], kv[i+1])
		}
	}
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

func (c choice) utm() map[string]string {
	out := map[string]string{}
	for _, k := range kept {
		if s := c.values.Get(k); s != "" {
			out[k] = s
		}
	}
	return out
}

// hidden lists the choice as hidden inputs of a form.
func (c choice) hidden(without ...string) []hidden {
	var out []hidden
	for _, k := range asked {
		skip := false
		for _, w := range without {
			skip = skip || w == k
		}
		if s := c.values.Get(k); s != "" && !skip {
			out = append(out, hidden{k, s})
		}
	}
	return out
}

type hidden struct{ Name, Value string }

// langParam names the visitor's language.
const langParam = "lang"

// speaks chooses the language of a page: the one that the address or the form names, which in a frame is that of the page
// around it, else the one that is kept with the appointment, else the browser's.
func speaks(r *http.Request, kept string) locale.Lang {
	return locale.Choose(r.URL.Query().Get(langParam), r.PostForm.Get(langParam), kept, r.Header.Get("Accept-Language"))
}

func (p *Pages) speaksTo(r *http.Request) locale.Lang { return p.speaks(r, "") }

// speaksOf is speaksTo for what went wrong, which on the page of an appointment or of a place in a line may have another language.
func (p *Pages) speaksOf(r *http.Request) locale.Lang {
	kept := ""
	switch token := r.PathValue("token"); {
	case token == "":
	case strings.HasPrefix(r.URL.Path, "/waitlist/"):
		if x, _, err := p.placeOf(r); err == nil {
			kept = x.Entry.Language
		}
	default:
		if m, err := p.bookings.ByToken(r.Context(), token); err == nil {
			kept = m.Appointment.Language
		}
	}
	return p.speaks(r, kept)
}

// asked reads the choice that an address holds.
func (p *Pages) asked(r *http.Request) choice {
	return p.visiting(r, choiceOf(p.speaksTo(r), r.URL.Query()))
}

// askedOf is asked on a page of an appointment.
func (p *Pages) askedOf(r *http.Request, m booking.Managed) choice {
	return choiceOf(p.speaks(r, m.Appointment.Language), r.URL.Query())
}

// set gives the choice with one thing changed.
func (c choice) set(k, v string) choice {
	c.values.Set(k, v)
	return choiceOf(c.Lang, c.values)
}

// posted reads what a form of a scheduler's pages brings: what can be booked there, what was typed and what was chosen before.
func (p *Pages) posted(w http.ResponseWriter, r *http.Request) (of booking.Offering, cat catalog.Catalog, f page.Form, c choice, err error) {
	if of, cat, err = p.bookings.Scheduler(r.Context(), r.PathValue("scheduler")); err != nil {
		return of, cat, f, c, err
	}
	if f, err = page.ReadForm(w, r); err != nil {
		return of, cat, f, c, err
	}
	return of, cat, f, choiceOf(p.speaksTo(r), f.Values), nil
}

// offering finds the scheduler of an address; a word that can't be one does not exist.
func (p *Pages) offering(ctx context.Context, r *http.Request) (booking.Offering, error) {
	name := r.PathValue("scheduler")
	if len(name) > 63 {
		return booking.Offering{}, fault.New(fault.NotFound, "There is no scheduler at this address.")
	}
	of, _, err := p.bookings.Scheduler(ctx, name)
	return of, err
}
