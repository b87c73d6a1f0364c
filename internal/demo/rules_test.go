package demo_test

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// TestFromNothingToABooking: an administrator on a phone sets up an organization without rules by clicking, and a
// visitor books on it. Every page on the way is looked at by axe.
func TestFromNothingToABooking(t *testing.T) {
	t.Parallel()
	w, _ := inProcess(t, nil)
	if status, body := w.keyed("PUT", "/orgs/ridgeline/catalog", `{"timezone":"America/Chicago","holidays":[],"territories":[],"services":[],"reps":[]}`); status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	b := chromium(t, 375)
	b.signIn(w, "admin@ridgeline.example")
	b.click(".menu-nav summary", ".menu-nav a[href$='scheduler/services']")
	b.click(".menu-nav a[href$='scheduler/services']", ".empty .button-primary")
	b.check("no services")
	b.seen("rules-empty-375")
	b.click(".empty .button-primary", "#f-hours")
	b.check("first steps")
	b.write("name", "Gutter check")
	b.seen("rules-first-375")
	b.click("main form .button-primary", ".notice-success")
	b.check("the services")
	b.seen("rules-services-375")

	visitor := chromium(t, 375)
	visitor.open(w.base + "/book/ridgeline?service=gutter-check")
	if js[int](visitor, "document.querySelectorAll('.choice').length") > 0 {
		visitor.click(".choice", ".times button")
	}
	visitor.click(".times button", "[name=last_name]")
	visitor.write("first_name", "Test")
	visitor.write("last_name", "Nothing")
	visitor.write("email", "nothing@test.example")
	visitor.click("form .button-primary", ".done-mark")
	visitor.booked(w, "Nothing")

	org := w.base + "/admin/orgs/ridgeline/scheduler/"
	b.open(org + "services/gutter-check")
	b.do(chromedp.SetValue(chromedp.CSS("#f-minimum_notice_minutes"), "3 days"))
	b.click("button[value=preview]", "#what-changes .run-goes")
	b.check("what changes")
	b.seen("rules-changes-375")
	b.do(chromedp.EmulateViewport(1440, 900))
	b.seen("rules-changes-1440")
	b.do(chromedp.EmulateViewport(375, 900))
	b.click("button[value=save]:not(.visually-hidden)", ".notice-success")
	b.open(org + "explainer")
	b.click("main form .button-primary", "#open")
	b.check("the explainer")
	b.seen("rules-explainer-375")
	b.open(org + "reps")
	b.click("main tbody a", "#f-hours_mon")
	b.check("a rep")
	b.seen("rules-rep-375")
	b.open(org + "holidays")
	b.click("button[name=year]", ".notice-success")
	b.check("holidays")
	b.open(org + "new-territory")
	b.check("a territory")
	b.do(chromedp.EmulateViewport(1440, 900))
	for _, page := range []string{"services", "new-service", "reps", "holidays", "territories", "explainer"} {
		b.open(org + page)
		b.check(page + " on a desk")
		b.seen("rules-" + page + "-1440")
	}
}
