package demo_test

import (
	"fmt"
	"html"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/demo"
)

// known is a customer as the API has them.
type known struct {
	ID        string
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Email     string
	Phone     string
	City      string
}

// person gives the one customer with an e-mail address, by the beginning of it.
func (w *world) person(name string) known {
	w.t.Helper()
	var found []known
	for _, k := range get[struct{ Customers []known }](w, w.base+"/api/v1/orgs/ridgeline/customers?limit=100").Customers {
		if strings.HasPrefix(k.Email, strings.ToLower(name)+"@") {
			found = append(found, k)
		}
	}
	if len(found) != 1 {
		w.t.Fatalf("%d customers %s: %+v", len(found), name, found)
	}
	return found[0]
}

// visited books for a new person and gives their records when they are written.
func (w *world) visited(name string) (a booked, leadID, contactID string) {
	w.t.Helper()
	slots := w.slots("inspection", 2, 40)
	status, a := w.book(slots[0], name)
	if status != 201 {
		w.t.Fatal(status)
	}
	w.settled(20 * time.Second)
	leads, contacts, _ := w.written(name, a.Appointment.ID)
	if len(leads) != 1 || len(contacts) != 1 {
		w.t.Fatalf("%d leads, %d contacts", len(leads), len(contacts))
	}
	return a, leads[0].text("id"), contacts[0].text("id")
}

// TestCustomersComeBack: what people change in Zoho about a person reaches us, with and without notifications, and what was
// changed here is not lost by it.
func TestCustomersComeBack(t *testing.T) {
	t.Parallel()
	for name, loss := range map[string]string{"notified": "0", "notifications lost": "1"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, _ := inProcess(t, func(o *demo.Options) { o.Reconcile = time.Second })
			w.watched(20 * time.Second)
			w.call("PATCH", w.zoho+"/_sim/switches", fmt.Sprintf(`{"notification_loss":%s}`, loss))
			d := w.dispatcher()
			_, leadID, contactID := w.visited("Marge")
			if loss == "0" {
				w.call("POST", w.zoho+"/_sim/clock", `{"advance_seconds":1}`)
			}
			d.put("Contacts", contactID, map[string]any{"Phone": "+1 773 555 0123", "Mailing_City": "Evanston", "Email": nil})
			w.eventually(150*time.Second, "the change is here", func() bool {
				k := w.person("Marge")
				return k.Phone == "+17735550123" && k.City == "Evanston"
			})
			if k := w.person("Marge"); k.Email != "marge@test.example" {
				t.Errorf("a blank in Zoho took the e-mail address away: %+v", k)
			}
			d.put("Leads", leadID, map[string]any{"Lead_Status": "Lost Lead"})
			w.eventually(150*time.Second, "the lead is lost", func() bool { return w.lead("Marge").Stage == "lost" })
			w.settled(20 * time.Second)
			for _, r := range w.records("Leads") { // the lead is told of what was changed on the contact, as far as its policies allow
				if r.text("id") == leadID && r.text("Phone") == "+17735550123" {
					t.Error("a fill policy replaced a phone number")
				}
			}
			page := w.console("/admin/orgs/ridgeline/customers/" + w.person("Marge").ID)
			if !strings.Contains(page, "In Zoho: Phone +13125550177 → +17735550123; Address") {
				t.Errorf("the customer's page does not tell: %s", page)
			}
		})
	}
}

// lead gives the one lead of a person.
func (w *world) lead(name string) (l struct{ ID, Kind, Stage string }) {
	w.t.Helper()
	type row struct {
		ID, Kind, Stage string
		Customer        known
	}
	var found []row
	for _, r := range get[struct{ Leads []row }](w, w.base+"/api/v1/orgs/ridgeline/leads?limit=100").Leads {
		if strings.HasPrefix(r.Customer.Email, strings.ToLower(name)+"@") {
			found = append(found, r)
		}
	}
	if len(found) != 1 {
		w.t.Fatalf("%d leads of %s: %+v", len(found), name, found)
	}
	l.ID, l.Kind, l.Stage = found[0].ID, found[0].Kind, found[0].Stage
	return l
}

// console reads a page of the console as ridgeline's administrator, as text.
func (w *world) console(path string) string {
	w.t.Helper()
	v := w.visitor()
	v.post(w.base+"/login", "email", "admin@ridgeline.example", "password", testPassword)
	status, body := v.get(w.base + path)
	if status != 200 {
		w.t.Fatalf("%s: %d", path, status)
	}
	return html.UnescapeString(body)
}

// TestMergedConvertedDeleted: whatever becomes of a person's records in Zoho, the next booking makes no other, and the customer's
// page tells.
func TestMergedConvertedDeleted(t *testing.T) {
	t.Parallel()
	w, _ := inProcess(t, func(o *demo.Options) { o.Reconcile = time.Second })
	w.watched(20 * time.Second)
	d := w.dispatcher()
	again := func(name string, leads, contacts int, says string) {
		t.Helper()
		page := ""
		w.eventually(150*time.Second, "the page tells: "+says, func() bool {
			page = w.console("/admin/orgs/ridgeline/customers/" + w.person(name).ID)
			return strings.Contains(page, says)
		})
		slots := w.slots("inspection", 2, 40)
		status, a := w.book(slots[len(slots)-1], name)
		if status != 201 {
			t.Fatal(status)
		}
		w.settled(30 * time.Second)
		l, c, e := w.written(name, a.Appointment.ID)
		if len(l) != leads || len(c) != contacts || len(e) != 1 {
			t.Errorf("%s: %d leads, %d contacts, %d events; want %d, %d, 1", name, len(l), len(c), len(e), leads, contacts)
			return
		}
		if who, _ := e[0]["Who_Id"].(map[string]any); contacts > 0 && who["id"] != c[0].text("id") {
			t.Errorf("%s: the event is for %v, the contact is %s", name, who, c[0].text("id"))
		}
	}
	_, _, merged := w.visited("Merged")
	d.put("Contacts", merged, map[string]any{"Email": "old@test.example"})
	survivor := d.add("Contacts", map[string]any{"First_Name": "Test", "Last_Name": "Merged", "Email": "merged@test.example", "Mailing_City": "Evanston"})
	d.remove("Contacts", merged)
	again("Merged", 1, 1, "In Zoho: the contact was merged into another record")
	if _, c, _ := w.written("Merged", ""); len(c) != 1 || c[0].text("id") != survivor {
		t.Errorf("%v is not the survivor %s", c, survivor)
	}

	_, _, deleted := w.visited("Deleted")
	d.remove("Contacts", deleted)
	again("Deleted", 1, 1, "In Zoho: the contact was deleted")

	status, body := w.call("POST", w.base+"/api/v1/schedulers/ridgeline/leads", `{"kind":"contact_us","customer":{"first_name":"Test","last_name":"Converted","email":"converted@test.example"},"message":"m"}`)
	if status != 201 {
		t.Fatal(status, string(body))
	}
	w.settled(20 * time.Second)
	l, _, _ := w.written("Converted", "")
	if len(l) != 1 {
		t.Fatalf("%d leads", len(l))
	}
	d.write("POST", "/crm/v8/Leads/"+l[0].text("id")+"/actions/convert", map[string]any{"data": []any{map[string]any{"overwrite": true}}})
	again("Converted", 1, 1, "In Zoho: the lead was converted")
}
