package demo_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"heavyset.tech/platform/internal/booking"
)

// TestTheOfficeMovesAVisit: dragged in the calendar, confirmed, undone, and moved again with the keyboard on a phone's page.
func TestTheOfficeMovesAVisit(t *testing.T) {
	w, d := inProcess(t, nil)
	slots := w.slots("inspection", 3, 9)
	_, mine := w.book(slots[0], "Dragged")
	b := chromium(t, 1440)
	b.signIn(w, "admin@ridgeline.example")
	calendar := w.base + "/admin/orgs/ridgeline/appointments/calendar?date=" + slots[0][:10]
	b.open(calendar)
	b.check("the calendar")
	const visit = `document.querySelector(".visit[data-words='Test Dragged']")`
	drag := func(kind, on string) {
		js[bool](b, fmt.Sprintf(`(() => { window.carried ||= new DataTransfer(); return !%s.dispatchEvent(new DragEvent(%q, { bubbles: true, cancelable: true, dataTransfer: window.carried })) })()`, on, kind))
	}
	o, err := d.App.Store.OrganizationBySlug(t.Context(), "ridgeline")
	if err != nil {
		t.Fatal(err)
	}
	start := func() string {
		a, err := d.App.Store.Appointment(t.Context(), o.ID, booking.AppointmentID(mine.Appointment.ID))
		if err != nil {
			t.Fatal(err)
		}
		return a.Start.UTC().Format(time.RFC3339)
	}
	first := start()
	drag("dragstart", visit)
	b.until("the times that the rules allow are marked", `document.querySelectorAll("td.agenda-open").length > 0`)
	if js[int](b, `document.querySelectorAll("td.agenda-open.agenda-visit").length`) != 0 {
		t.Error("a taken cell is offered")
	}
	target := js[string](b, `document.querySelectorAll("td.agenda-open")[document.querySelectorAll("td.agenda-open").length - 1].dataset.start`)
	cell := fmt.Sprintf(`document.querySelector("td.agenda-open[data-start='%s']")`, target)
	drag("dragover", cell)
	drag("drop", cell)
	drag("dragend", visit)
	b.check("the question")
	if words := b.text("#drop p"); !strings.Contains(words, "Test Dragged: from ") {
		t.Errorf("asks %q", words)
	}
	b.click("#drop .button-primary", "[role=status] form")
	if now := start(); now != target {
		t.Errorf("it starts at %s, dropped on %s", now, target)
	}
	told := b.text("[role=status] p")
	b.press("[role=status] form button")
	b.until("the undo is told", fmt.Sprintf(`document.readyState === "complete" && document.querySelector("[role=status] p").textContent !== %q`, told))
	if now := start(); now != first {
		t.Errorf("undone it starts at %s, not at %s", now, first)
	}
	b.do(chromedp.EmulateViewport(375, 900))
	b.open(calendar)
	b.check("the calendar on a phone")
	b.keyboard = true
	b.click(".agenda-list a[href*='"+mine.Appointment.ID+"/move']", "input[name=start]")
	b.check("the move on a phone")
	b.tabTo("input[name=start]")
	b.keys(kb.ArrowDown)
	target = js[string](b, "document.querySelector('input[name=start]:checked').value")
	b.press("main form .button-primary")
	b.until("it is moved", `document.readyState === "complete" && document.querySelector("[role=status]") !== null`)
	if now := start(); now != target || now == first {
		t.Errorf("it starts at %s, chosen was %s", now, target)
	}
}
