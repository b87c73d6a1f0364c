package demo_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// seen keeps a picture where HEAVYSET_PICTURES asks for some.
func (b *browser) seen(name string) {
	b.t.Helper()
	if folder := os.Getenv("HEAVYSET_PICTURES"); folder != "" {
		b.picture(filepath.Join(folder, name+".png"), chromedp.FullScreenshot(100))
	}
}

// TestUndoInZoho: an administrator looks at what a booking wrote, takes it back, and finds in Zoho what was there before.
// What somebody changed in Zoho in the meantime stays.
func TestUndoInZoho(t *testing.T) {
	t.Parallel()
	w, _ := inProcess(t, nil)
	for width, name := range map[int64]string{1440: "Undone", 375: "Kept"} {
		status, mine := w.book(w.slots("inspection", 2, 30)[0], name)
		if status != 201 {
			t.Fatal(status)
		}
		w.settled(30 * time.Second)
		_, _, events := w.written(name, mine.Appointment.ID)
		if name == "Kept" {
			page := w.zoho + "/_sim/page/78654321/Events/" + events[0].text("id")
			if status, _ := w.visitor().post(page, "f.Venue", "At the office"); status != 200 {
				t.Fatalf("somebody's change in Zoho: %d", status)
			}
		}
		b := chromium(t, width)
		b.signIn(w, "admin@ridgeline.example")
		b.open(w.base + "/admin/orgs/ridgeline/appointments/" + mine.Appointment.ID)
		b.click("section[aria-labelledby=written] summary", "section[aria-labelledby=written] table")
		b.check("what was written")
		b.seen("written-" + name)
		b.click("section[aria-labelledby=written] h2 + a", "form .button-danger")
		b.check("the preview of an undo")
		b.seen("undo-" + name)
		b.do(chromedp.Click(chromedp.CSS("[name=deletions]")))
		b.click("form .button-danger", "#live")
		b.until("the undo is done", "document.querySelector('#live [role=status]').textContent.startsWith('Done.')")
		b.check("an undo")
		b.seen("undone-" + name)
		leads, contacts, events := w.written(name, mine.Appointment.ID)
		switch name {
		case "Undone":
			if len(leads)+len(contacts)+len(events) != 0 {
				t.Errorf("left in Zoho: %v %v %v", leads, contacts, events)
			}
		case "Kept":
			if len(events) != 1 || len(contacts) != 1 || len(leads) != 0 || events[0].text("Venue") != "At the office" {
				t.Errorf("%d leads, %d contacts, %d events are left", len(leads), len(contacts), len(events))
			}
			if said := b.text("#live"); !strings.Contains(said, "It was changed in Zoho since.") || !strings.Contains(said, "Appointments in Zoho belong to this record.") {
				t.Errorf("the page says %q", said)
			}
		}
		a := get[struct{ Status string }](w, w.base+"/api/v1/appointments/"+mine.ManageToken) // what is undone in Zoho stays booked here
		if a.Status != "confirmed" {
			t.Errorf("after the undo the appointment is %q", a.Status)
		}
		b.open(w.base + "/admin/orgs/ridgeline/sync")
		b.check("the list with the undo")
		b.seen("sync-" + name)
		b.click("td .button", "h1")
		b.check("an attempt")
		b.seen("attempt-" + name)
		b.open(w.base + "/admin/orgs/ridgeline/undo")
		b.click("form .button-primary", "section[aria-labelledby=totals]")
		b.check("the undo of an hour")
		b.seen("span-" + name)
	}
}
