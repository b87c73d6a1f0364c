package demo_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/demo"
)

// TestPeopleInTheConsole plays an administrator who wants to be asked: what was changed of a customer here and in Zoho waits among
// the conflicts and is settled there, in both systems; what becomes of a lead in Zoho shows in the list of leads.
func TestPeopleInTheConsole(t *testing.T) {
	t.Parallel()
	w, _ := inProcess(t, func(o *demo.Options) { o.Reconcile = time.Hour })
	w.watched(20 * time.Second)
	boss := chromium(t, 1440)
	boss.signIn(w, "admin@ridgeline.example")
	boss.open(w.base + "/admin/orgs/ridgeline/crm-settings")
	boss.press(`input[name="truth"][value="ask"]`)
	boss.press(`input[name="leads"][value="always"]`)
	boss.click("#settings .button-primary", ".notice-success")
	for _, kept := range []string{`[name="truth"][value="ask"]`, `[name="leads"][value="always"]`} {
		if !js[bool](boss, "document.querySelector('"+kept+"').checked") {
			t.Errorf("%s was not kept", kept)
		}
	}
	boss.shot("people-settings")

	book := func(phone string) {
		t.Helper()
		slots := w.slots("inspection", 2, 40)
		status, body := w.keyed("POST", "/schedulers/ridgeline/bookings", fmt.Sprintf(
			`{"service":"inspection","start":%q,"customer":{"first_name":"Test","last_name":"Marge","email":"marge@test.example","phone":%q}}`, slots[len(slots)-1], phone))
		if status != 201 {
			t.Fatalf("%d %s", status, body)
		}
	}
	book("")
	w.settled(20 * time.Second)
	_, contacts, _ := w.written("Marge", "")
	contact := contacts[0].text("id")
	w.call("PATCH", w.zoho+"/_sim/switches", `{"notification_loss":1}`)
	w.dispatcher().put("Contacts", contact, map[string]any{"Phone": "+1 773 555 0123"})
	book("+13125550199")
	list := w.base + "/admin/orgs/ridgeline/conflicts"
	w.eventually(30*time.Second, "both sides are among the conflicts", func() bool {
		boss.open(list)
		text := boss.text("main")
		return strings.Contains(text, "+17735550123") && strings.Contains(text, "+13125550199")
	})
	boss.shot("people-conflicts")
	boss.click("tbody a", ".decisions")
	boss.check("a customer's conflict")
	boss.shot("people-conflict")
	w.eventually(20*time.Second, "a mail to the administrator", func() bool {
		for _, m := range get[[]letter](w, w.base+"/_demo/mail") {
			if strings.Contains(m.Subject, "a customer differs in Zoho") && strings.Contains(m.Text, boss.location()) {
				return true
			}
		}
		return false
	})
	boss.click("form:has([value=ours]) button", ".notice-success")
	w.eventually(30*time.Second, "ours is in Zoho", func() bool {
		for _, r := range w.records("Contacts") {
			if r.text("id") == contact {
				return r.text("Phone") == "+13125550199"
			}
		}
		return false
	})
	boss.open(list)
	if text := boss.text("main"); !strings.Contains(text, "Nothing to decide") || !strings.Contains(text, "Our side was written to Zoho by Rae Ridgeline") {
		t.Errorf("the list says %s", text)
	}

	w.call("PATCH", w.zoho+"/_sim/switches", `{"notification_loss":0}`)
	loaded := w.records("Leads")[0] // an enquiry of the sample data
	w.dispatcher().put("Leads", loaded.text("id"), map[string]any{"Lead_Status": "Lost Lead", "Owner": map[string]any{"id": secondRep}})
	w.eventually(30*time.Second, "the list has status and owner of Zoho", func() bool {
		boss.open(w.base + "/admin/orgs/ridgeline/leads")
		return strings.Contains(boss.text("tbody"), "Lost Lead")
	})
	if decide := boss.text(`.side a[href$="/conflicts"]`); decide != "Conflicts" {
		t.Errorf("a lead whose record only leaves out the country is asked about: %s", decide)
	}
	boss.check("the leads")
	boss.shot("people-leads")
}
