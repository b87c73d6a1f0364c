package demo_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/demo"
)

// hostScript is what a website of a contractor has of its own. It counts every layout shift, also those after an input.
const hostScript = `
window.shift = 0; window.heard = []; window.called = []; window.refused = [];
new PerformanceObserver((l) => { for (const e of l.getEntries()) window.shift += e.value; }).observe({ type: "layout-shift", buffered: true });
for (const n of ["viewed", "slot", "booked", "enquiry"]) document.addEventListener("heavyset:" + n, (e) => window.heard.push(n + " " + e.detail.scheduler + " " + (e.detail.service || "")));
window.messages = 0; addEventListener("message", () => window.messages++);
window.onHeavySet = (d) => window.called.push(d.event);
document.addEventListener("securitypolicyviolation", (e) => window.refused.push(e.violatedDirective + " " + e.blockedURI));
`

// hostStyle would break what does not keep to itself.
const hostStyle = `body{font:18px/1.6 serif;margin:0;padding:24px}h1{margin:0 0 16px}iframe{height:90px;max-width:50%;border:9px solid red}button{display:none}dialog{width:40px}
.tall{height:1200px;background:#eee}`

// website serves a website on another origin, and another site, with a strict policy: scripts and frames of the platform
// alone, no inline style. Its address names the way of the embed: /inline, /popup, /button.
type website struct {
	url     string
	asked   atomic.Int64 // requests for a frame of a third site
	cookied atomic.Int64 // those that brought its cookie along, or could have read it
}

func newWebsite(t *testing.T, base string) *website {
	t.Helper()
	s := &website{}
	listen := func(h http.Handler) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		server := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
		go func() { _ = server.Serve(l) }()
		t.Cleanup(func() { _ = server.Close() })
		return l.Addr().String()
	}
	third := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		if _, err := r.Cookie("third"); err == nil || r.Header.Get("Sec-Fetch-Storage-Access") != "none" {
			s.cookied.Add(1)
		}
		w.Header().Set("Set-Cookie", "third=1; SameSite=None; Secure; Path=/")
		fmt.Fprint(w, "<p>third")
	}))
	t.Cleanup(third.Close)
	mux := http.NewServeMux()
	answer := func(path, mime, body string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", mime)
			w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self' "+base+"; style-src 'self'; frame-src "+base+" "+third.URL)
			fmt.Fprint(w, body)
		})
	}
	answer("/host.js", "text/javascript", hostScript)
	answer("/host.css", "text/css", hostStyle)
	html := func(lang, body string) string {
		return `<!doctype html><html lang="` + lang + `"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Ridgeline</title><link rel="stylesheet" href="/host.css"><script src="/host.js"></script></head><body><main><h1>Ridgeline Roofing</h1><p>We mend roofs.</p>` +
			body + `<p id="after">What comes after.</p><div class="tall"></div></main></body></html>`
	}
	tag := func(mode, more string) string {
		return `<script src="` + base + `/embed.js" data-scheduler="ridgeline" data-callback="onHeavySet" data-mode="` + mode + `"` + more + `></script>`
	}
	answer("/inline", "text/html", html("en-US", tag("inline", "")))
	answer("/popup", "text/html", html("en", `<p><a id="opener" href="`+base+`/book/ridgeline">Book a visit</a></p>`+tag("popup", " async")))
	answer("/button", "text/html", html("de", tag("button", " async")))
	answer("/liar", "text/html", html("en", `<iframe src="`+base+`/book/ridgeline?embed=https%3A%2F%2Fother.example"></iframe>`))
	answer("/cookie", "text/html", html("en", `<iframe src="`+third.URL+`/"></iframe>`))
	s.url = "http://localhost:" + strings.Split(listen(mux), ":")[1]
	return s
}

// frame attaches to the frame of another site in the page whose address begins with a text.
func (b *browser) frame(w *world, prefix string) *browser {
	b.t.Helper()
	var f *browser
	w.eventually(20*time.Second, "a frame of "+prefix, func() bool {
		list, err := chromedp.Targets(b.ctx)
		if err != nil {
			b.t.Fatal(err)
		}
		for _, i := range list {
			if i.Type == "iframe" && strings.HasPrefix(i.URL, prefix) {
				ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithTargetID(i.TargetID))
				b.t.Cleanup(cancel)
				f = attached(b.t, ctx)
				return true
			}
		}
		return false
	})
	return f
}

// blockThirdPartyCookies does what Safari and Firefox do, and Chromium where the person says so.
func (b *browser) blockThirdPartyCookies() {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, network.SetCookieControls, network.SetCookieControlsParams{EnableThirdPartyCookieRestriction: true})
		return err
	}))
}

// shiftWithin sums the layout shifts of a page up to now, from its first paint on: what was laid out before was never seen.
const shiftWithin = `new Promise((r) => {
	const painted = performance.getEntriesByName("first-paint")[0].startTime;
	let s = 0;
	new PerformanceObserver((l) => { for (const e of l.getEntries()) if (e.startTime >= painted) s += e.value; }).observe({ type: "layout-shift", buffered: true });
	setTimeout(() => r(s), 100);
})`

// settle holds the page to what an embed must be: no scroll bar in the frame, none across, nothing of the site's policy
// broken, little moved.
func (b *browser) settle(f *browser, what string) {
	b.t.Helper()
	js[bool](b, `new Promise(r => requestAnimationFrame(() => requestAnimationFrame(() => r(true))))`)
	f.until(what+": the frame is known", `document.documentElement.classList.contains("grown")`)
	f.until(what+": as high as its content", `document.documentElement.scrollHeight <= innerHeight`) // grown as high as its content
	if js[bool](f, `document.documentElement.scrollWidth > innerWidth`) || js[bool](b, `document.documentElement.scrollWidth > innerWidth`) {
		b.t.Errorf("%s: scrolls sideways", what)
	}
	if shift := js[float64](b, `window.shift`); shift > 0.05 {
		b.t.Errorf("%s: the page has shifted by %.3f", what, shift)
	}
	f.until(what+": painted", `performance.getEntriesByName("first-paint").length > 0`)
	inner := js[float64](f, shiftWithin)
	if inner > 0.05 {
		b.t.Errorf("%s: in the frame it has shifted by %.3f", what, inner)
	}
	if refused := js[[]string](b, `window.refused`); len(refused) > 0 {
		b.t.Errorf("%s: the site's policy refuses %v", what, refused)
	}
}

// bookedIn gives the appointment of somebody.
func bookedIn(t *testing.T, d *demo.Demo, name string) booking.Appointment {
	t.Helper()
	o, err := d.App.Store.OrganizationBySlug(t.Context(), "ridgeline")
	if err != nil {
		t.Fatal(err)
	}
	list, _, err := d.App.Store.Appointments(t.Context(), o.ID, booking.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range list {
		if a.Contact.LastName == name {
			return a
		}
	}
	t.Fatalf("nobody of the name %s has an appointment", name)
	return booking.Appointment{}
}

// TestEmbed books on a website of another origin, in each way, at the widths of phones, tablets and desks: with a strict
// policy of the site, and with third-party cookies blocked.
func TestEmbed(t *testing.T) {
	t.Parallel()
	w, d := inProcess(t, nil)
	s := newWebsite(t, w.base)
	const campaign = "?utm_source=radio&gclid=G1&fbclid=F1&msclkid=M1&secret=no#part"
	all := []int64{320, 375, 768, 1440}
	if os.Getenv("HEAVYSET_SOAK") == "" {
		all = all[1:2] // all of them take minutes
	}
	for i, width := range all {
		for _, mode := range []string{"inline", "popup", "button"} {
			t.Run(fmt.Sprintf("%s at %d", mode, width), func(t *testing.T) {
				b := chromium(t, width)
				b.blockThirdPartyCookies()
				b.open(s.url + "/" + mode + campaign)
				switch mode {
				case "popup":
					b.do(chromedp.WaitVisible(chromedp.CSS("#opener")))
					b.until("the script has run", `document.querySelector("script[data-mode]").previousSibling.shadowRoot != null`)
					b.do(chromedp.Click(chromedp.CSS("#opener")))
				case "button":
					b.until("the button is there", `!!document.querySelector("main > div")?.shadowRoot?.querySelector("button")`)
					if label := js[string](b, `document.querySelector("main > div").shadowRoot.querySelector("button").textContent`); label != "Termin buchen" {
						t.Errorf("on a German page the button says %q", label)
					}
					b.keys(kb.Tab, kb.Enter) // the site has no link before it
				}
				name := fmt.Sprintf("%s%d", strings.ToUpper(mode[:1])+mode[1:], i)
				b.until("the frame has spoken", `window.heard.length > 0`) // to look into it sooner would lay it out without its styles
				f := b.frame(w, w.base+"/book/ridgeline")
				b.settle(f, "service")
				f.click(".choice", "[name=zip]")
				b.settle(f, "zip")
				f.write("zip", "60640")
				f.click("form .button-primary", ".times button")
				b.settle(f, "time")
				f.check("the frame, time")
				b.check("the site, time")
				f.click(".times button", "[name=last_name]")
				b.settle(f, "details")
				f.write("first_name", "Test")
				f.write("last_name", name)
				f.write("email", strings.ToLower(name)+"@test.example")
				f.click("form .button-primary", ".done-mark")
				b.settle(f, "done")
				f.check("the frame, done")
				confirmed, lang := "Your appointment is confirmed", "en"
				if mode == "button" { // on a German page
					confirmed, lang = "Ihr Termin ist bestätigt", "de"
				}
				if heading := f.text("h1"); heading != confirmed {
					t.Errorf("the page says %q", heading)
				}
				a := bookedIn(t, d, name)
				if a.Language != lang {
					t.Errorf("the language is %q", a.Language)
				}
				for k, want := range map[string]string{"utm_source": "radio", "gclid": "G1", "fbclid": "F1", "msclkid": "M1", "landing_page": s.url + "/" + mode, "secret": ""} {
					if a.UTM[k] != want {
						t.Errorf("%s did not come along: %q", k, a.UTM[k])
					}
				}
				want := []string{"viewed ridgeline ", "slot ridgeline inspection", "booked ridgeline inspection"}
				if heard := js[[]string](b, `window.heard`); !slices.Equal(heard, want) {
					t.Errorf("the site heard %q", heard)
				}
				if called := js[[]string](b, `window.called`); !slices.Equal(called, []string{"viewed", "slot", "booked"}) {
					t.Errorf("the site's function was called with %q", called)
				}
				if mode != "inline" {
					b.closes(f, s)
				}
			})
		}
	}
}

// closes closes the dialogue from within and looks whether the page is as it was.
func (b *browser) closes(f *browser, s *website) {
	b.t.Helper()
	if !js[bool](b, `getComputedStyle(document.documentElement).overflow === "hidden"`) {
		b.t.Error("the page behind the dialogue scrolls too")
	}
	f.do(chromedp.Focus(chromedp.CSS("main a")))
	f.keys(kb.Escape)
	b.until("the dialogue is closed", `!document.querySelector("main > div").shadowRoot.querySelector("dialog").open`)
	b.until("the page scrolls again", `getComputedStyle(document.documentElement).overflow !== "hidden"`)
	if shift := js[float64](b, `window.shift`); shift > 0.05 {
		b.t.Errorf("closing has shifted the page to %.3f", shift)
	}
}

// TestThirdPartyCookiesAreBlocked: what TestEmbed relies on is so, in the browser's own words.
func TestThirdPartyCookiesAreBlocked(t *testing.T) {
	t.Parallel()
	s := newWebsite(t, "http://127.0.0.1:1")
	b := chromium(t, 375, chromedp.Flag("ignore-certificate-errors", true)) // of the third site
	b.blockThirdPartyCookies()
	b.open(s.url + "/cookie")
	b.open(s.url + "/cookie?again")
	if s.asked.Load() != 2 || s.cookied.Load() != 0 {
		t.Errorf("of %d requests %d had access to the cookie", s.asked.Load(), s.cookied.Load())
	}
}

// TestEmbedRefused: a site that is not listed shows a plain link that keeps the campaign, and the console tells of it.
func TestEmbedRefused(t *testing.T) {
	t.Parallel()
	w, d := inProcess(t, nil)
	s := newWebsite(t, w.base)
	o, err := d.App.Store.OrganizationBySlug(t.Context(), "ridgeline")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.App.Widgets.SetSites(t.Context(), o.ID, "www.ridgeline.example"); err != nil {
		t.Fatal(err)
	}
	b := chromium(t, 375)
	b.open(s.url + "/inline?gclid=G1")
	const root = `document.querySelector("main > div").shadowRoot`
	b.until("the link is there", root+`.querySelector("a").getClientRects().length > 0`)
	to, err := url.Parse(js[string](b, root+`.querySelector("a").href`))
	if err != nil || to.Path != "/book/ridgeline" || to.Query().Get("gclid") != "G1" || to.Query().Has("embed") {
		t.Errorf("the link leads to %v (%v)", to, err)
	}
	b.check("refused")
	b.signIn(w, "admin@ridgeline.example")
	b.open(w.base + "/admin/orgs/ridgeline/scheduler/embed")
	if row := b.text("tbody tr"); !strings.Contains(row, s.url) || !strings.Contains(row, "1 time") {
		t.Errorf("the console says %q", row)
	}
	b.check("console, refused")
	b.click("tbody button", ".notice-success")
	b.open(s.url + "/inline")
	f := b.frame(w, w.base+"/book/ridgeline")
	f.visible(".choice")
	b.settle(f, "allowed now")
}

// TestEmbedInTheConsole looks at the page to paste from, and its preview.
func TestEmbedInTheConsole(t *testing.T) {
	t.Parallel()
	w, _ := inProcess(t, nil)
	for _, width := range widths(375) {
		b := chromium(t, width)
		b.signIn(w, "admin@ridgeline.example")
		for _, mode := range []string{"inline", "popup", "button"} {
			b.open(w.base + "/admin/orgs/ridgeline/scheduler/embed?mode=" + mode)
			b.check(fmt.Sprintf("%s at %d", mode, width))
			b.do(chromedp.ScrollIntoView(chromedp.CSS(".preview")))
			const inside = `document.querySelector(".preview").contentDocument`
			b.until("the script has run", inside+`?.querySelector("main > div")?.shadowRoot != null`)
			if mode != "inline" {
				js[bool](b, `(`+inside+`.querySelector("main a") || `+inside+`.querySelector("main > div").shadowRoot.querySelector("button")).click(), true`)
			}
			b.until("the frame is there", inside+`.querySelector("main > div").shadowRoot.querySelector("iframe")?.contentDocument?.querySelector(".choice") != null`)
		}
	}
}

// TestEmbedByKeyboard books in a frame on another site without a mouse.
func TestEmbedByKeyboard(t *testing.T) {
	t.Parallel()
	w, d := inProcess(t, nil)
	s := newWebsite(t, w.base)
	b := chromium(t, 375)
	b.open(s.url + "/inline")
	b.until("the frame has spoken", `window.heard.length > 0`)
	f := b.frame(w, w.base+"/book/ridgeline")
	tabTo := func(selector string) {
		t.Helper()
		f.visible(selector)
		for range 80 {
			if js[bool](f, fmt.Sprintf("document.hasFocus() && document.activeElement.matches(%q)", selector)) {
				return
			}
			b.keys(kb.Tab) // the keyboard is the browser's, not the frame's
		}
		t.Fatalf("Tab does not lead to %s", selector)
	}
	tabTo(".choice")
	b.keys(kb.Enter)
	tabTo("[name=zip]")
	b.keys("60640", kb.Enter)
	tabTo(".times button")
	b.keys(kb.Enter)
	tabTo("[name=first_name]")
	b.keys("Test", kb.Tab, "Framekeys", kb.Tab, "framekeys@test.example")
	tabTo("form .button-primary")
	b.keys(kb.Enter)
	f.visible(".done-mark")
	bookedIn(t, d, "Framekeys")
}

// TestStatesAreAccessible runs axe-core on what the public pages say when something is wrong.
func TestStatesAreAccessible(t *testing.T) {
	t.Parallel()
	w, _ := inProcess(t, nil)
	starts := w.slots("inspection", 2, 30)
	for i, width := range widths(320) {
		b := chromium(t, width)
		at := func(s string) string { return fmt.Sprintf("%s at %d", s, width) }
		book := w.base + "/book/ridgeline"
		b.open(book + "?service=inspection&zip=" + strings.Repeat("6", 30))
		b.do(chromedp.WaitVisible(chromedp.CSS(".error")))
		b.check(at("no ZIP code"))
		for name, path := range map[string]string{"details": "/details?service=inspection&zip=60640&start=" + url.QueryEscape(starts[9]), "enquiry": "/enquiry"} {
			b.open(book + path)
			js[bool](b, `document.querySelectorAll("[required]").forEach((e) => e.removeAttribute("required")), true`)
			b.click("form .button-primary", ".error")
			b.check(at(name + ", nothing typed"))
		}
		start := starts[2+i]
		for n := range 6 { // every rep has it
			if status, _ := w.book(start, fmt.Sprintf("Taken%d%d", i, n)); status != http.StatusCreated {
				break
			}
		}
		b.open(book + "/details?service=inspection&zip=60640&start=" + url.QueryEscape(start))
		b.write("last_name", "Late")
		b.write("email", "late@test.example")
		b.click("form .button-primary", ".choices button")
		b.check(at("taken meanwhile"))
		b.click(".choices button", ".done-mark")
		b.check(at("booked"))
		b.click("a[href$=reschedule]", ".times button")
		b.click(".times button:last-of-type", ".done-mark")
		b.check(at("moved"))
	}
}

// TestMessagesOfOthersAreIgnored: the script listens to the frame alone, the frame to the site that its address names.
func TestMessagesOfOthersAreIgnored(t *testing.T) {
	t.Parallel()
	w, _ := inProcess(t, nil)
	s := newWebsite(t, w.base)
	b := chromium(t, 375)
	b.open(s.url + "/inline")
	b.until("the frame has spoken", `window.heard.length > 0`)
	f := b.frame(w, w.base+"/book/ridgeline")
	b.settle(f, "before")
	const height = `document.querySelector("main > div").shadowRoot.querySelector("iframe").offsetHeight`
	before := js[int](b, height)
	js[bool](b, `postMessage({ heavyset: "size", height: 5000 }, "*"), postMessage({ heavyset: "ready", event: "booked" }, "*"), new Promise((r) => setTimeout(() => r(true), 300))`)
	if after := js[int](b, height); after != before {
		t.Errorf("a message of the page itself has made the frame %d high", after)
	}
	if heard := js[[]string](b, `window.heard`); len(heard) != 1 {
		t.Errorf("the page heard %q", heard)
	}

	// the site frames the page in another's name: it is told nothing and can say nothing
	b.open(s.url + "/liar")
	f = b.frame(w, w.base+"/book/ridgeline?embed")
	f.visible(".choice")
	js[bool](b, `frames[0].postMessage({ heavyset: "hello" }, "*"), new Promise((r) => setTimeout(() => r(true), 300))`)
	if js[bool](f, `document.documentElement.classList.contains("grown")`) {
		t.Error("the frame obeys a stranger")
	}
	if n := js[int](b, `window.messages`); n != 0 {
		t.Errorf("a stranger got %d messages", n)
	}
}

// TestLanguagesFit looks for what the longer words of other languages break, on a small phone.
func TestLanguagesFit(t *testing.T) {
	t.Parallel()
	w, _ := inProcess(t, nil)
	start := url.QueryEscape(w.slots("inspection", 2, 30)[3])
	_, mine := w.book(w.slots("inspection", 2, 30)[0], "Tongues")
	b := chromium(t, 320)
	for _, lang := range []string{"es", "fr", "de"} {
		book, manage := w.base+"/book/ridgeline", w.base+"/appointments/"+mine.ManageToken
		for _, address := range []string{
			book + "?", book + "?service=inspection", book + "?service=inspection&zip=60640", book + "?service=inspection&zip=99999", book + "/details?service=inspection&zip=60640&start=" + start,
			book + "/enquiry?", book + "/thanks?", manage + "?", manage + "/reschedule?", manage + "/cancel?", w.base + "/book/nowhere?",
		} {
			b.open(address + "&lang=" + lang)
			b.check(address + " in " + lang)
			if got := js[string](b, `document.documentElement.lang`); got != lang {
				t.Errorf("%s speaks %s", address, got)
			}
		}
	}
}
