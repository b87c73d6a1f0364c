package demo_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"heavyset.tech/platform/internal/demo"
)

// choose selects an option of a select by its value, as a person does with the keyboard.
func (b *browser) choose(selector, value string) {
	b.t.Helper()
	if b.keyboard {
		b.tabTo(selector)
		b.keys(js[string](b, fmt.Sprintf("[...document.activeElement.options].find((o) => o.value === %q)?.label || ''", value)))
		if got := js[string](b, "document.activeElement.value"); got != value {
			b.t.Fatalf("typing leads to %s in %s, not to %s", got, selector, value)
		}
		return
	}
	ok, err := run(b, patience, chromedp.Evaluate[bool](fmt.Sprintf(
		`(() => { const s = document.querySelector(%q); if (![...s.options].some((o) => o.value === %q)) return false; s.value = %q; s.dispatchEvent(new Event("change", { bubbles: true })); return true; })()`,
		selector, value, value)))
	if err != nil || !ok {
		b.t.Fatalf("%s has no %s: %v", selector, value, err)
	}
}

// TestTheGuide does the guide's 13 steps by clicking, from the sign-in with bluewater not connected to a verified test
// booking, in each of two data centres, in the same tab, in a pop-up, with a pop-up that is blocked, and without a mouse: a
// custom appointment module with a split date and time, Auto-Discover, Okay, Save.
func TestTheGuide(t *testing.T) {
	t.Parallel()
	walks := []struct{ centre, way string }{{"us", "same tab"}, {"eu", "pop-up"}, {"us", "pop-up blocked"}, {"eu", "keyboard"}}
	if os.Getenv("HEAVYSET_SOAK") == "" {
		walks = walks[:2] // all of them take minutes
	}
	for _, c := range walks {
		t.Run(c.centre+", "+c.way, func(t *testing.T) {
			t.Parallel()
			w, _ := inProcess(t, func(o *demo.Options) { o.Centres = []string{"eu"} })
			w.control("PUT", "/_sim/modules/Visits", visits)
			b := chromium(t, 1440)
			b.keyboard = c.way == "keyboard"
			b.signIn(w, "admin@bluewater.example")
			b.connect(c.centre, c.way)
			b.set(w)
		})
	}
}

// connect does steps 1 to 6.
func (b *browser) connect(centre, way string) {
	b.t.Helper()
	b.click(".side a[href$='/connections']", ".side a[href*='/crm-configs/']") // 1
	b.click(".side a[href*='/crm-configs/']", "#f-crm_type")                   // 2
	b.openDialogue()
	b.write("client_id", "1000.SIMCLIENT") // 3
	b.write("client_secret", "sim-secret")
	b.click("dialog [command=close]", "[data-unsaved]:not([hidden])")
	b.click("#config > p .button", "[role=status]")
	b.openDialogue()
	if strings.HasPrefix(way, "pop-up") {
		b.press("[name=popup]")
	}
	if way == "pop-up blocked" {
		js[bool](b, "(window.open = () => null, true)") // what a blocker does
	}
	b.press("dialog button[form=authorize]") // 4
	at := b
	if way == "pop-up" {
		at = b.popup()
	}
	at.do(chromedp.WaitVisible(chromedp.CSS("[name=allow]")))
	at.choose("#location", centre)
	at.accept("")                                                                                                    // 5
	b.until("the dialogue is open again", "document.querySelectorAll('dialog:modal .tokens .pill-ok').length === 3") // 6
	if said := b.text("dialog [role=status]"); !strings.Contains(said, "data centre "+strings.ToUpper(centre)) {
		b.t.Errorf("the proof says %q", said)
	}
	b.click("dialog [command=close]", "#f-crm_type")
}

// set does steps 7 to 13.
func (b *browser) set(w *world) {
	t := b.t
	t.Helper()
	b.click(`nav.side a[href$="crm-settings"]:last-of-type`, "#f-config") // 7
	b.click(`a[href$="/mapping"]`, "#m-lead")                             // 8
	b.check("the field mapping")
	b.choose("#m-appointment", "Visits") // 9
	b.click(`button[value="ask"]`, "#discover[open]")
	if names := b.text("#discover .facts"); !strings.Contains(names, "Visits") {
		t.Errorf("the pop-up names the modules %q", names)
	}
	b.check("the pop-up of Auto-Discover")
	b.click(`#discover button[value="discover"]`, ".notice-error") // without the checkbox: asked again
	b.press(`[name="names_are_right"]`)
	b.click(`#discover button[value="discover"]`, ".notice-success") // 10
	for field, want := range map[string]string{"#f-appointment-date": "Visit_Date", "#f-appointment-time": "Visit_Time", "#f-appointment-external_id": "HeavySet_ID", "#f-lead-last_name": "Last_Name"} {
		got, err := run(b, patience, chromedp.Value(chromedp.CSS(field)))
		if err != nil || got != want {
			t.Errorf("%s is %q, want %q (%v)", field, got, want, err)
		}
	}
	b.click(`.sticky-actions button[value="okay"]`, ".notice-warning")
	b.source()                                                         // 11
	b.write("alerts", "admin@bluewater.example\nops@heavyset.example") // 12
	b.click("#settings .button-primary", ".notice-success")
	b.check("Zoho Settings")
	for _, test := range []string{"lead", "booking"} { // 13
		b.click(fmt.Sprintf(`form[action$="/verify"] button[value=%q]`, test), "#removed")
		b.check("the report of the test " + test)
		if said := b.text(".notice"); !strings.Contains(said, "Verified") {
			t.Errorf("the report of the test %s says %q", test, said)
		}
		b.click(".crumb a", "#verify")
	}
	if left := w.records("Visits"); len(left) != 0 {
		t.Errorf("%d test records are left", len(left))
	}
}

// source chooses the second of step 11's options.
func (b *browser) source() {
	b.t.Helper()
	if b.keyboard {
		b.tabTo(`[name="source"]`)
		b.keys(kb.ArrowDown)
	} else {
		b.press(`[name="source"][value="crm_appointments_and_events"]`)
	}
	if got := js[string](b, `document.querySelector('[name="source"]:checked').value`); got != "crm_appointments_and_events" {
		b.t.Errorf("%s is chosen", got)
	}
}
