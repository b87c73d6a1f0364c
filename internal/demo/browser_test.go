package demo_test

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"errors"
	"fmt"
	"math/bits"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"heavyset.tech/platform/internal/quarantine"
)

// browser is one tab of a real Chromium.
type browser struct {
	t        *testing.T
	ctx      context.Context
	keyboard bool // the person has no mouse
}

// chromium opens a tab of a new browser. A machine without Chromium fails the test.
func chromium(t *testing.T, width int64, more ...chromedp.ExecAllocatorOption) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatalf("these tests need Chromium (Debian: apt-get install chromium): %v", err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), append(options, more...)...)
	t.Cleanup(stop)
	ctx, closeTab := chromedp.NewContext(allocator)
	t.Cleanup(closeTab)
	b := attached(t, ctx)
	b.do(chromedp.EmulateViewport(width, 900))
	return b
}

// attached is a tab or frame at work: the first thing done with its context decides how long it lives, so that is nothing.
func attached(t *testing.T, ctx context.Context) *browser {
	t.Helper()
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start the browser: %v", err)
	}
	return &browser{t: t, ctx: ctx}
}

// patience is how long a browser may take for one thing on a loaded machine.
const patience = time.Minute

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("%v at %s", err, b.reads())
	}
}

// run has the browser do one thing that gives a value, within a time.
func run[T any](b *browser, within time.Duration, step chromedp.Action[T]) (T, error) {
	ctx, cancel := context.WithTimeout(b.ctx, within)
	defer cancel()
	return chromedp.Run(ctx, step)
}

// reads is where the browser is and what a person reads there, for messages.
func (b *browser) reads() string {
	s, err := run(b, patience, chromedp.Evaluate[string](`location.href + "\n" + document.body.innerText`))
	if err != nil {
		return "a page that does not answer: " + err.Error()
	}
	return s
}

func (b *browser) open(url string) { b.t.Helper(); b.do(chromedp.Navigate(url)) }

// click presses the left button on what a selector finds, and waits for a page that has another.
func (b *browser) click(selector, then string) {
	b.t.Helper()
	b.press(selector)
	b.do(chromedp.WaitVisible(chromedp.CSS(then)))
}

// press presses what a selector finds: with the mouse, or by Tab and Enter, Space for a checkbox.
func (b *browser) press(selector string) {
	b.t.Helper()
	if !b.keyboard {
		b.do(chromedp.Click(chromedp.CSS(selector)))
		return
	}
	b.do(chromedp.WaitVisible(chromedp.CSS(selector)))
	b.tabTo(selector)
	if js[bool](b, "document.activeElement.type === 'checkbox'") {
		b.keys(" ")
		return
	}
	b.keys(kb.Enter)
}

func (b *browser) write(field, text string) {
	b.t.Helper()
	if b.keyboard {
		b.tabTo("[name=" + field + "]")
		b.keys(strings.ReplaceAll(text, "\n", kb.Enter))
		return
	}
	b.do(chromedp.SendKeys(chromedp.CSS("[name="+field+"]"), text))
}

func (b *browser) text(selector string) string {
	b.t.Helper()
	s, err := run(b, patience, chromedp.Text(chromedp.CSS(selector)))
	if err != nil {
		b.t.Fatal(err)
	}
	return s
}

func (b *browser) location() string {
	b.t.Helper()
	s, err := run(b, patience, chromedp.Location())
	if err != nil {
		b.t.Fatal(err)
	}
	return s
}

// keys presses keys, as a person without a mouse would.
func (b *browser) keys(keys ...string) {
	b.t.Helper()
	for _, k := range keys {
		ctx, cancel := context.WithTimeout(b.ctx, 10*time.Second)
		// a page that goes away by a key does not always say that it has got it: what comes next shows
		if err := chromedp.Do(ctx, chromedp.KeyEvent(k)); err != nil && !errors.Is(err, context.DeadlineExceeded) {
			b.t.Fatalf("%v at %s", err, b.reads())
		}
		cancel()
	}
}

// tabTo presses Tab until the focus is on something that a selector matches.
func (b *browser) tabTo(selector string) {
	b.t.Helper()
	for range 400 {
		if js[bool](b, fmt.Sprintf("document.activeElement.matches(%q)", selector)) {
			return
		}
		b.keys(kb.Tab)
	}
	b.t.Fatalf("Tab does not lead to %s on %s", selector, b.location())
}

// booked looks at what a booking left behind everywhere.
func (b *browser) booked(w *world, name string) {
	b.t.Helper()
	if heading := b.text("h1"); heading != "Your appointment is confirmed" {
		b.t.Fatalf("the page says %q", heading)
	}
	if !strings.Contains(b.location(), "/appointments/") {
		b.t.Errorf("the private link is not in the address: %s", b.location())
	}
	w.settled(30 * time.Second)
	leads, contacts, _ := w.written(name, "")
	events := 0
	for _, r := range w.records("Events") {
		if strings.HasSuffix(r.text("Event_Title"), " "+name) {
			events++
		}
	}
	if len(leads) != 1 || len(contacts) != 1 || events != 1 {
		b.t.Errorf("in Zoho: %d leads, %d contacts, %d events", len(leads), len(contacts), events)
	}
	if n := len(w.mails(name)); n != 1 {
		b.t.Errorf("%d mails in the sink", n)
	}
}

func TestBookWithTheMouse(t *testing.T) {
	t.Parallel()
	w, _ := inProcess(t, nil)
	b := chromium(t, 1440)
	b.open(w.base + "/book/ridgeline")
	b.click(".choice", "[name=zip]")
	b.write("zip", "60640")
	b.click("form .button-primary", ".times button")
	b.click(".times button", "[name=last_name]")
	b.write("first_name", "Test")
	b.write("last_name", "Mouse")
	b.write("email", "mouse@test.example")
	b.worked()
	b.click("form .button-primary", ".done-mark")
	b.booked(w, "Mouse")

	// and back: another time, then off
	b.click("a[href$=reschedule]", ".times button")
	b.click(".times button:last-of-type", ".done-mark")
	if heading := b.text("h1"); heading != "Your appointment has a new time" {
		t.Errorf("after the move: %q", heading)
	}
	b.click("a[href$=cancel]", "[name=reason]")
	b.click("form .button-danger", ".done-mark.off")
	if heading := b.text("h1"); heading != "Cancelled" {
		t.Errorf("after the cancellation: %q", heading)
	}
}

// worked waits until the browser has done the form's proof of work, and looks whether it is one.
func (b *browser) worked() {
	b.t.Helper()
	b.do(chromedp.WaitReady(chromedp.CSS(`[name=proof][value]:not([value=""])`)))
	done, err := run(b, patience, chromedp.Evaluate[string](`document.querySelector("[name=opened]").value.slice(-40) + ":" + document.querySelector("[name=proof]").value`))
	if err != nil {
		b.t.Fatal(err)
	}
	if sum := sha256.Sum256([]byte(done)); bits.LeadingZeros16(uint16(sum[0])<<8|uint16(sum[1])) < quarantine.WorkBits {
		b.t.Errorf("the browser's work is none: %q", done)
	}
}

func TestBookByKeyboard(t *testing.T) {
	t.Parallel()
	w, _ := inProcess(t, nil)
	b := chromium(t, 375)
	b.open(w.base + "/book/ridgeline")
	b.tabTo(".choice")
	b.keys(kb.Enter)
	b.do(chromedp.WaitVisible(chromedp.CSS("[name=zip]")))
	b.tabTo("[name=zip]")
	b.keys("60640", kb.Enter)
	b.do(chromedp.WaitVisible(chromedp.CSS(".times button")))
	b.tabTo(".times button")
	b.keys(kb.Enter)
	b.do(chromedp.WaitVisible(chromedp.CSS("[name=last_name]")))
	b.tabTo("[name=first_name]")
	b.keys("Test", kb.Tab, "Keys", kb.Tab, "keys@test.example")
	b.tabTo("form .button-primary")
	b.keys(kb.Enter)
	b.do(chromedp.WaitVisible(chromedp.CSS(".done-mark")))
	b.booked(w, "Keys")
}

func TestBookWithoutJavaScript(t *testing.T) {
	t.Parallel()
	w, _ := inProcess(t, nil)
	b := chromium(t, 375)
	b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
	b.open(w.base + "/book/ridgeline")
	b.click(".choice", "[name=zip]")
	b.write("zip", "60640")
	b.click("form .button-primary", ".times button")
	if zone := b.text(".zone label"); zone != "Times are in" {
		t.Errorf("the zone is not named: %q", zone)
	}
	b.click(".times button", "[name=last_name]")
	b.write("first_name", "Test")
	b.write("last_name", "Plain")
	b.write("email", "plain@test.example")
	b.click("form .button-primary", ".done-mark")
	b.booked(w, "Plain")
}

// TestNothingTypedIsLost: the slot is taken while the form is filled; the page offers others and keeps every word.
func TestNothingTypedIsLost(t *testing.T) {
	t.Parallel()
	w, d := inProcess(t, nil)
	b := chromium(t, 375)
	b.open(w.base + "/book/ridgeline?service=inspection&zip=60640")
	b.click(".times button", "[name=last_name]")
	// the hold is gone and so is the slot
	o, err := d.App.Store.OrganizationBySlug(t.Context(), "ridgeline")
	if err != nil {
		t.Fatal(err)
	}
	hold, err := run(b, patience, chromedp.Value(chromedp.CSS("[name=hold]")))
	if err != nil {
		t.Fatal(err)
	}
	start, err := run(b, patience, chromedp.Value(chromedp.CSS("[name=start]")))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.App.Bookings.Release(t.Context(), o.ID, holdID(hold)); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		w.book(start, fmt.Sprintf("Faster%d", i))
	}
	b.write("first_name", "Test")
	b.write("last_name", "Slow")
	b.write("email", "slow@test.example")
	b.write("notes", "mind the dog")
	b.sendsAgain()
	b.click("form .button-primary", ".choices button")
	b.click(".choices button", ".done-mark")
	b.booked(w, "Slow")
	found := false
	for _, r := range w.records("Events") {
		found = found || strings.Contains(r.text("Description"), "mind the dog")
	}
	if !found {
		t.Error("the notes did not come along")
	}
}

// sendsAgain fails unless the form, once sent, is free again when the browser's Back brings it as it was, and some seconds after
// Stop, of which no event tells. The browser is kept from sending it.
func (b *browser) sendsAgain() {
	b.t.Helper()
	got := js[string](b, `(async () => {
		const form = document.querySelector("[name=last_name]").form, later = setTimeout, seen = [];
		const look = () => seen.push(!!form.dataset.sent + "/" + !!form.querySelector("[aria-busy]"));
		const send = () => {
			form.addEventListener("submit", (e) => e.preventDefault(), { once: true });
			form.requestSubmit();
			look();
		};
		send();
		dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
		look();
		window.setTimeout = (f, ms, ...more) => later(f, ms / 1000, ...more);
		send();
		await new Promise((done) => later(done, 500));
		window.setTimeout = later;
		look();
		return seen.join(" ");
	})()`)
	if got != "true/true false/false true/true false/false" {
		b.t.Errorf("sent, Back, sent, Stop: sent/busy is %s", got)
	}
}

//go:embed testdata/axe.min.js
var axe string

// TestAccessible runs axe-core on every public page.
func TestAccessible(t *testing.T) {
	t.Parallel()
	w, _ := inProcess(t, nil)
	status, mine := w.book(w.slots("inspection", 2, 30)[0], "Axe")
	if status != 201 {
		t.Fatal(status)
	}
	status, gone := w.book(w.slots("inspection", 5, 30)[0], "Axes")
	if status != 201 {
		t.Fatal(status)
	}
	w.call("POST", w.base+"/api/v1/appointments/"+gone.ManageToken+"/cancel", "{}")
	book := w.base + "/book/ridgeline"
	pages := map[string]string{
		"service": book, "zip": book + "?service=inspection", "time": book + "?service=inspection&zip=60640", "no area": book + "?service=inspection&zip=99999",
		"details": book + "/details?service=inspection&zip=60640&start=" + strings.ReplaceAll(w.slots("inspection", 2, 30)[3], "+", "%2B"),
		"enquiry": book + "/enquiry", "thanks": book + "/thanks", "manage": w.base + "/appointments/" + mine.ManageToken, "cancelled": w.base + "/appointments/" + gone.ManageToken,
		"move": w.base + "/appointments/" + mine.ManageToken + "/reschedule", "cancel": w.base + "/appointments/" + mine.ManageToken + "/cancel",
		"missing": w.base + "/book/nowhere", "sign in": w.base + "/login",
	}
	for _, width := range widths(320) {
		b := chromium(t, width)
		for name, url := range pages {
			b.open(url)
			b.check(fmt.Sprintf("%s at %d", name, width))
		}
	}
}

// TestPeopleAccessible runs axe-core on the console's pages of people.
func TestPeopleAccessible(t *testing.T) {
	t.Parallel()
	w, _ := inProcess(t, nil)
	admin := w.base + "/admin/orgs/ridgeline"
	remove := admin + "/team/" + w.teammate() + "/remove"
	_, link := w.letter("gail.with.a.long.name@ridgeline.example", 1)
	for _, width := range widths(375) {
		b := chromium(t, width)
		for _, url := range []string{w.base + "/login", w.base + "/login/forgot", link} {
			b.open(url)
			b.check(fmt.Sprintf("%s at %d", url, width))
		}
		b.signIn(w, "engineer@heavyset.example")
		for _, url := range []string{
			admin + "/customers", admin + "/customers/" + w.customer(), admin + "/team", remove, admin + "/audit", admin + "/audit?area=keys", w.base + "/admin/account",
			w.base + "/admin/engineers", w.base + "/admin/audit", w.base + "/admin/keys", admin + "/keys", w.base + "/admin/account/again",
		} {
			b.open(url)
			b.check(fmt.Sprintf("%s at %d", url, width))
		}
	}
}

// check runs axe-core on the page and looks for a scroll bar across.
func (b *browser) check(what string) {
	b.t.Helper()
	if _, err := run(b, patience, chromedp.Evaluate[int](axe+";1")); err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
	found, err := run(b, patience, chromedp.Evaluate[string](
		"axe.run().then(r => r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.target + ' ' + n.failureSummary).join('; ')).join('\\n'))", chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
	if found != "" {
		b.t.Errorf("%s:\n%s", what, found)
	}
	wide, err := run(b, patience, chromedp.Evaluate[bool]("document.documentElement.scrollWidth > innerWidth"))
	if err != nil || wide {
		b.t.Errorf("%s: scrolls sideways (%v)", what, err)
	}
}

// widths are what pages are looked at in: on a phone, where most can go wrong, and in `make soak` on a desk too.
func widths(phone int64) []int64 {
	if os.Getenv("HEAVYSET_SOAK") == "" {
		return []int64{phone}
	}
	return []int64{phone, 1440}
}

// TestConsoleIsAccessible runs axe-core on the pages of the console.
func TestConsoleIsAccessible(t *testing.T) {
	t.Parallel()
	w, _ := inProcess(t, nil)
	pages := w.pages()
	for _, width := range widths(375) {
		b := chromium(t, width)
		b.signIn(w, "admin@ridgeline.example")
		for name, address := range pages {
			if strings.HasPrefix(name, "console-") {
				b.open(address)
				b.check(fmt.Sprintf("%s at %d", name, width))
			}
		}
		b.open(pages["console-mapping"])
		b.click(`button[value="ask"]`, "#discover[open]")
		b.check(fmt.Sprintf("the pop-up of Auto-Discover at %d", width))
		b.open(pages["console-leads"])
		b.click(".menu-org summary", "#orgs")
		b.check(fmt.Sprintf("the organizations at %d", width))
		b.click(".menu-person summary", ".menu-person form")
		b.check(fmt.Sprintf("the person at %d", width))
		b.do(chromedp.EmulateViewport(1440, 900))
		b.open(pages["console-leads"])
		b.check("the frame with its navigation beside the page")
	}
}
