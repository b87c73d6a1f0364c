package demo_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// The simulated organization, and those of its users who are reps here.
const (
	ridgelineZgid = "78654321"
	secondRep     = "5725767000000411002"
)

// desk is a dispatcher at the pages of the simulated Zoho.
type desk struct {
	*browser
	w *world
}

// move changes a meeting on the page of its week; "" leaves what is there.
func (d desk) move(id string, day time.Time, start, end, owner string) {
	d.t.Helper()
	d.open(d.w.zoho + "/_sim/week/" + ridgelineZgid + "?from=" + day.Format(time.DateOnly))
	form := "#e" + id
	js[bool](d.browser, fmt.Sprintf(`(() => { const d = document.querySelector(%q); d.open = true; const f = d.querySelector("form").elements;
		if (%[2]q) { f.Start_DateTime.value = %[2]q; f.End_DateTime.value = %[3]q } if (%[4]q) f.Owner.value = %[4]q; return true })()`, form, start, end, owner))
	d.do(chromedp.Click(chromedp.CSS(form + " button.primary")))
	d.until("the meeting is changed", fmt.Sprintf("document.readyState === 'complete' && !document.querySelector('[role=alert]') && document.querySelector(%q) !== null", form))
}

// press presses a button of a meeting's own page.
func (d desk) press(id, what string) {
	d.t.Helper()
	d.open(d.w.zoho + "/_sim/page/" + ridgelineZgid + "/Events/" + id)
	button := fmt.Sprintf("form[action$='/%s/%s'] button", id, what)
	d.do(chromedp.Click(chromedp.CSS(button)))
	d.until("the page has gone on", fmt.Sprintf("document.readyState === 'complete' && document.querySelector(%q) === null", button))
}

// typed is an instant as the week's inputs want it.
func typed(w *world, t time.Time) string {
	w.t.Helper()
	zone, err := time.LoadLocation("America/Chicago")
	if err != nil {
		w.t.Fatal(err)
	}
	return t.In(zone).Format("2006-01-02T15:04:05")
}

// event gives the one meeting of an appointment.
func (w *world) event(name string, b booked) record {
	w.t.Helper()
	_, _, events := w.written(name, b.Appointment.ID)
	if len(events) != 1 {
		w.t.Fatalf("%s has %d meetings", name, len(events))
	}
	return events[0]
}

// owner is whose meeting it is.
func (r record) owner() string {
	switch v := r["Owner"].(type) {
	case string:
		return v
	case map[string]any:
		return fmt.Sprint(v["id"])
	}
	return ""
}

// TestDispatcherAndAdministrator plays both in browsers: what is done at Zoho's pages shows in the console, and what the
// rules cannot decide is settled there, in both systems.
func TestDispatcherAndAdministrator(t *testing.T) {
	t.Parallel()
	w, _ := inProcess(t, nil)
	slots := w.slots("inspection", 2, 30)
	_, first := w.book(slots[2], "Moved")
	w.settled(30 * time.Second)
	id := w.event("Moved", first).text("id")
	d, boss := desk{chromium(t, 1440), w}, chromium(t, 1440)
	boss.signIn(w, "admin@ridgeline.example")
	page := w.base + "/admin/orgs/ridgeline/appointments/" + first.Appointment.ID
	shows := func(what string) {
		t.Helper()
		w.eventually(15*time.Second, what, func() bool {
			boss.open(page)
			return strings.Contains(boss.text("main"), what)
		})
	}

	// moved, then given to somebody else
	to, err := time.Parse(time.RFC3339, slots[30])
	if err != nil {
		t.Fatal(err)
	}
	from, err := time.Parse(time.RFC3339, first.Appointment.Start)
	if err != nil {
		t.Fatal(err)
	}
	d.move(id, from, typed(w, to), typed(w, to.Add(time.Hour)), "")
	shows("Moved by somebody in Zoho")
	owner := secondRep
	if w.event("Moved", first).owner() == owner {
		owner = "5725767000000411001"
	}
	d.move(id, to, "", "", owner)
	shows("Given to ")
	shows("Message that another rep comes sent to the customer")

	// moved onto another visit of the rep: a person decides
	free := w.slots("inspection", 2, 30)
	_, second := w.book(free[40], "Second")
	w.settled(30 * time.Second)
	other := w.event("Second", second)
	at, err := time.Parse(time.RFC3339, second.Appointment.Start)
	if err != nil {
		t.Fatal(err)
	}
	d.move(id, to, typed(w, at), typed(w, at.Add(time.Hour)), other.owner())
	shows("See both sides and decide")
	boss.check("an appointment with a conflict")
	list := w.base + "/admin/orgs/ridgeline/conflicts"
	boss.open(list)
	boss.check("the conflicts")
	boss.shot("conflicts")
	boss.click("tbody a", ".decisions")
	boss.check("a conflict")
	boss.shot("conflict")
	var mail letter
	w.eventually(20*time.Second, "a mail to the administrator", func() bool {
		for _, m := range get[[]letter](w, w.base+"/_demo/mail") {
			if strings.Contains(m.Subject, "Please decide") && strings.Contains(strings.Join(m.To, " "), "admin@ridgeline.example") {
				mail = m
			}
		}
		return mail.Subject != ""
	})
	if !strings.Contains(mail.Text, list+"/") {
		t.Errorf("the mail says %s", mail.Text)
	}
	boss.click("form:has([value=ours]) button", "[role=status], .notice-success")
	w.settled(30 * time.Second)
	w.eventually(15*time.Second, "ours is in Zoho", func() bool {
		var got time.Time
		got, err = time.Parse(time.RFC3339, w.event("Moved", first).text("Start_DateTime"))
		return err == nil && got.Equal(to)
	})
	boss.open(list)
	if text := boss.text("main"); !strings.Contains(text, "Nothing to decide") || !strings.Contains(text, "Our side was written to Zoho by Rae Ridgeline") {
		t.Errorf("the list says %s", text)
	}

	// cancelled, and the other one deleted
	d.press(id, "cancel")
	shows("Cancelled by somebody in Zoho")
	page = w.base + "/admin/orgs/ridgeline/appointments/" + second.Appointment.ID
	d.press(other.text("id"), "delete")
	shows("Cancelled by somebody in Zoho")
	for _, want := range []string{"Seen in Zoho", "Deleted in Zoho. We saw it "} {
		if !strings.Contains(boss.text("main"), want) {
			t.Errorf("the appointment whose record was deleted does not say %q", want)
		}
	}
	boss.check("an appointment whose record was deleted")
	_, body := w.call("GET", w.base+"/api/v1/appointments/"+second.ManageToken, "")
	var now struct{ Status string }
	if err := json.Unmarshal(body, &now); err != nil || now.Status != "cancelled" {
		t.Errorf("%s %v", body, err)
	}
	boss.open(w.base + "/admin/orgs/ridgeline/sync/health")
	boss.check("the sync's health")
	boss.shot("health")
}

// shot saves a picture at two widths when HEAVYSET_PICTURES names a folder.
func (b *browser) shot(name string) {
	b.t.Helper()
	folder := os.Getenv("HEAVYSET_PICTURES")
	if folder == "" {
		return
	}
	for _, width := range []int64{375, 1440} {
		b.do(chromedp.EmulateViewport(width, 900))
		b.picture(filepath.Join(folder, fmt.Sprintf("desk-%s-%d.png", name, width)), chromedp.FullScreenshot(100))
	}
}
