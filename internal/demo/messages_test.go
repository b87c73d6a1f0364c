package demo_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"heavyset.tech/platform/internal/demo"
)

// TestMessages: an administrator chooses on a phone what is sent and in which words, tries it, and a customer is reminded
// of a visit once, in these words, at its new time.
func TestMessages(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	w, d := inProcess(t, func(o *demo.Options) {
		o.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	})
	b := chromium(t, 375)
	b.signIn(w, "admin@ridgeline.example")
	b.click(".menu-nav summary", ".menu-nav a[href$='scheduler/messages']")
	b.click(".menu-nav a[href$='scheduler/messages']", "#f-sender")
	b.check("the messages")
	b.seen("messages-375")
	b.write("sender", "Ridgeline Office")
	b.click("main form .button-primary", ".notice-success")

	b.click("a[aria-label='Reminder in English']", "iframe.preview")
	b.check("the words")
	b.seen("message-375")
	b.do(chromedp.SetValue(chromedp.CSS("#f-heading"), "See you soon, {name}"))
	b.click("button[value=save]", "#e-heading")
	b.check("a placeholder that does not exist")
	b.seen("message-wrong-375")
	b.do(chromedp.SetValue(chromedp.CSS("#f-heading"), "See you soon, {first_name}"))
	b.click("button[value=preview]", "iframe.preview")
	b.do(chromedp.EmulateViewport(1440, 900))
	b.check("the preview")
	b.seen("message-1440")
	b.click("button[value=test]", ".notice-success")
	b.click("button[value=save]", "button[value=reset]")
	if m := w.newest("admin@ridgeline.example"); !strings.Contains(m.HTML, "See you soon, Pat") || !strings.HasPrefix(m.Subject, "[Test] Reminder: ") {
		t.Errorf("the test message: %q", m.Subject)
	}
	b.open(w.base + "/admin/orgs/ridgeline/scheduler/messages")
	b.check("the messages on a desk")
	b.seen("messages-1440")

	free := w.slots("inspection", 5, 30)
	status, v := w.book(free[0], "Reminded")
	if status != 201 {
		t.Fatal(status)
	}
	w.eventually(20*time.Second, "the confirmation", func() bool { return len(w.mails("Reminded")) == 1 })
	start := free[len(free)-1]
	if status, body := w.keyed("POST", "/appointments/"+v.ManageToken+"/reschedule", `{"start":"`+start+`"}`); status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	w.eventually(20*time.Second, "the new time", func() bool { return len(w.mails("Reminded")) == 2 })
	tick := func(until time.Time) {
		t.Helper()
		ahead.Store(int64(time.Until(until)))
		for range 2 { // as after a restart
			if err := d.App.Notify.Tick(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	day := 24 * time.Hour
	begins := func(s string) time.Time {
		at, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	b.open(w.base + "/admin/orgs/ridgeline/appointments/" + v.Appointment.ID)
	b.do(chromedp.WaitVisible(chromedp.CSS("#coming")))
	b.seen("message-coming-1440")
	tick(begins(free[0])) // where it was before: nothing is due
	w.settled(20 * time.Second)
	if n := len(w.mails("Reminded")); n != 2 {
		t.Errorf("%d mails: reminded of the time that it was moved from", n)
	}
	tick(begins(start).Add(-day + 14*time.Hour)) // whatever the quiet hours make of a day before
	w.eventually(20*time.Second, "the reminder", func() bool { return len(w.mails("Reminded")) == 3 })
	w.settled(20 * time.Second)
	zone, err := time.LoadLocation("America/Chicago")
	if err != nil {
		t.Fatal(err)
	}
	m, date := w.newest("reminded@test.example"), begins(start).In(zone).Format("Monday, January 2, 2006")
	if m.Subject != "Reminder: Roof inspection on "+date+" – Ridgeline Roofing" || !strings.Contains(m.Text, "See you soon, Test") || !strings.Contains(m.Headers["From"][0], "Ridgeline Office") {
		t.Errorf("the reminder is\n%s\n%s\n%s", m.Headers["From"], m.Subject, m.Text)
	}
	for id, n := range w.mails("Reminded") {
		if n != 1 {
			t.Errorf("%s came %d times", id, n)
		}
	}
}

// newest gives the newest mail to an address.
func (w *world) newest(to string) letter {
	w.t.Helper()
	for _, m := range get[[]letter](w, w.base+"/_demo/mail") {
		if strings.Contains(strings.Join(m.To, " "), to) {
			return m
		}
	}
	w.t.Fatalf("no mail to %s", to)
	return letter{}
}
