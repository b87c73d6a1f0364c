package demo_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"heavyset.tech/platform/internal/demo"
)

// simUser is who authorized the demo, by id in the simulator.
const simUser = "5725767000000411000"

// shoot keeps a picture of the page in the folder that HEAVYSET_PICTURES names, if any.
func (b *browser) shoot(name string) {
	b.t.Helper()
	if folder := os.Getenv("HEAVYSET_PICTURES"); folder != "" {
		b.picture(filepath.Join(folder, name+".png"), chromedp.FullScreenshot(100))
	}
}

// TestSourceInTheConsole: an administrator compares the options of step 11, links an owner, chooses calendars, and bookings
// go there from then on.
func TestSourceInTheConsole(t *testing.T) {
	t.Parallel()
	w, _ := inProcess(t, func(o *demo.Options) { o.Reconcile = 2 * time.Second })
	zoho := w.dispatcher()
	monday := time.Now().UTC().Truncate(24 * time.Hour)
	for monday = monday.AddDate(0, 0, -1); monday.Weekday() == time.Saturday || monday.Weekday() == time.Sunday; {
		monday = monday.AddDate(0, 0, -1)
	}
	for i, owner := range []string{"5725767000000411001", "5725767000000411002", "5725767000000411003"} {
		start := monday.Add(time.Duration(16+i) * time.Hour)
		zoho.add("Events", map[string]any{"Event_Title": "Meeting", "Start_DateTime": start.Format(time.RFC3339), "End_DateTime": start.Add(90 * time.Minute).Format(time.RFC3339), "Owner": map[string]any{"id": owner}})
	}
	catalog := get[map[string]any](w, w.base+"/api/v1/orgs/ridgeline/catalog")
	for _, r := range catalog["reps"].([]any) {
		if rep := r.(map[string]any); rep["id"] == "cora" {
			rep["crm_user"] = ""
		}
	}
	raw, _ := json.Marshal(catalog)
	if status, body := w.keyed("PUT", "/orgs/ridgeline/catalog", string(raw)); status != 200 {
		t.Fatalf("%d %s", status, body)
	}

	settings := w.base + "/admin" + strings.Replace(w.config(), "/crm-configs/", "/crm-settings/", 1)
	phone := chromium(t, 375)
	phone.signIn(w, "admin@ridgeline.example")
	for _, page := range []string{settings, settings + "/source"} {
		phone.open(page)
		phone.check(page)
		phone.shoot("step11-375-" + filepath.Base(page))
	}
	b := chromium(t, 1440)
	b.signIn(w, "admin@ridgeline.example")
	b.open(settings)
	b.shoot("step11-1440-settings")
	b.click(`a[href$="/source"]`, "#choose")
	b.check("the comparison")
	b.shoot("step11-1440-source")
	if text := b.text("section[aria-labelledby=week]"); !strings.Contains(text, "Ann Archer") || !strings.Contains(text, "credit") {
		t.Errorf("%s", text)
	}
	if text := b.text("section[aria-labelledby=outsiders]"); !strings.Contains(text, "5725767000000411003") {
		t.Errorf("%s", text)
	}
	b.click(`form[action$="/source/link"] .button`, ".notice-success")
	if text := b.text("section[aria-labelledby=outsiders]"); !strings.Contains(text, "Every record") {
		t.Errorf("%s", text)
	}
	for _, rep := range []string{"ann", "ben", "cora"} {
		b.click(fmt.Sprintf(`input[name="calendar.%s"]`, rep), "#choose")
	}
	b.click(`input[value="zoho_calendar"]`, "#choose")
	b.click("#choose .button-primary", "#f-config")

	set := get[struct {
		Source    string              `json:"slot_availability_source"`
		Calendars map[string][]string `json:"calendars"`
		Staleness struct {
			Policy string `json:"policy"`
		} `json:"staleness"`
	}](w, w.base+"/api/v1"+w.config()+"/settings")
	if set.Source != "zoho_calendar" || len(set.Calendars) != 3 || set.Staleness.Policy != "tentative" {
		t.Fatalf("%+v", set)
	}
	status, _ := w.book(w.slots("inspection", 2, 30)[3], "Calendared")
	if status != 201 {
		t.Fatal(status)
	}
	w.eventually(20*time.Second, "the booking stands in a calendar", func() bool {
		_, body := w.call("GET", w.zoho+"/_sim/calendars/"+simUser, "")
		return strings.Contains(string(body), "Calendared")
	})
	w.settled(20 * time.Second)
	b.open(settings)
	w.eventually(60*time.Second, "each calendar is read", func() bool {
		b.open(settings)
		return js[int](b, `document.querySelectorAll("fieldset tbody .pill-ok").length`) >= 6
	})
	b.shoot("step11-1440-calendars")
}

// TestNotConfirmedYet: while Zoho is away a visitor is told that a booking is not confirmed yet, and hears when it is.
func TestNotConfirmedYet(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	w, _ := inProcess(t, func(o *demo.Options) {
		o.Reconcile = 2 * time.Second
		o.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	})
	slot := w.slots("inspection", 2, 30)[3]
	w.fault(`{"path_prefix":"/crm","when":"before","action":"status","status":503}`)
	ahead.Store(int64(20 * time.Minute))
	w.eventually(10*time.Second, "the source is stale", func() bool {
		_, body := w.call("GET", w.base+"/api/v1/schedulers/ridgeline/slots?service=inspection&from="+slot[:10]+"&to="+slot[:10], "")
		return strings.Contains(string(body), `"state":"stale"`)
	})
	status, made := w.book(slot, "Waits")
	if status != 201 || made.Appointment.Status != "tentative" {
		t.Fatalf("%d %+v", status, made)
	}
	b := chromium(t, 375)
	b.open(w.base + "/appointments/" + made.ManageToken + "?new=1")
	b.check("not confirmed yet")
	b.shoot("manage-tentative-375")
	if text := b.text("main"); !strings.Contains(text, "We have your request") || !strings.Contains(text, "still checking our calendar") {
		t.Errorf("%s", text)
	}
	policy := func(p string) {
		t.Helper()
		set := get[map[string]any](w, w.base+"/api/v1"+w.config()+"/settings")
		set["staleness"] = map[string]any{"budget_minutes": 15, "policy": p}
		raw, _ := json.Marshal(set)
		if status, body := w.keyed("PUT", w.config()+"/settings", string(raw)); status != 200 || !strings.Contains(string(body), `"budget_minutes":15`) {
			t.Fatalf("%d %s", status, body)
		}
	}
	policy("block")
	w.eventually(10*time.Second, "nothing is offered", func() bool {
		_, body := w.call("GET", w.base+"/book/ridgeline?service=inspection&zip=60640", "")
		return strings.Contains(string(body), "does not mean that everything is taken") && strings.Contains(string(body), "/enquiry")
	})
	b.open(w.base + "/book/ridgeline?service=inspection&zip=60640")
	b.check("blocked")
	b.shoot("book-blocked-375")
	policy("tentative")
	w.noFaults()
	w.eventually(40*time.Second, "it confirms itself", func() bool {
		_, body := w.call("GET", w.base+"/api/v1/appointments/"+made.ManageToken, "")
		return strings.Contains(string(body), `"status":"confirmed"`)
	})
	w.eventually(20*time.Second, "the visitor hears", func() bool {
		requested, confirmed := 0, 0
		for id, n := range w.mails("Waits") {
			if strings.Contains(id, ".requested@") {
				requested += n
			}
			if strings.Contains(id, ".confirmed@") {
				confirmed += n
			}
		}
		return requested == 1 && confirmed == 1
	})
}
