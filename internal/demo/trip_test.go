package demo_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"heavyset.tech/platform/internal/demo"
	"heavyset.tech/platform/internal/store/storetest"
)

// TestTrip books, moves and cancels a visit and looks at what stands in Zoho and in the mailbox after each; and at the traces
// of it, in which nothing may be of the person.
func TestTrip(t *testing.T) {
	t.Parallel()
	spans, withTraces := tracing(t)
	w, d := inProcess(t, func(o *demo.Options) {
		withTraces(o)
		o.Reconcile = time.Minute // or the sweep may write first what the booking's own job is to write
	})
	slots := w.slots("inspection", 2, 30)
	status, b := w.book(slots[3], "Trip")
	if status != 201 {
		t.Fatal(status)
	}
	w.settled(20 * time.Second)
	leads, contacts, events := w.written("Trip", b.Appointment.ID)
	if len(leads) != 1 || len(contacts) != 1 || len(events) != 1 {
		t.Fatalf("%d leads, %d contacts, %d events", len(leads), len(contacts), len(events))
	}
	e := events[0]
	who, _ := e["Who_Id"].(map[string]any)
	owner, _ := e["Owner"].(map[string]any)
	if e.text("Event_Title") != "Roof inspection – Test Trip" || who["id"] != contacts[0]["id"] || !strings.HasPrefix(fmt.Sprint(owner["id"]), "57257670000004110") {
		t.Errorf("the event: %v", e)
	}
	same := func(a, b string) bool {
		x, err1 := time.Parse(time.RFC3339, a)
		y, err2 := time.Parse(time.RFC3339, b)
		return err1 == nil && err2 == nil && x.Equal(y)
	}
	if !same(e.text("Start_DateTime"), b.Appointment.Start) || !same(e.text("End_DateTime"), b.Appointment.End) {
		t.Errorf("the event is at %s, booked was %s", e.text("Start_DateTime"), b.Appointment.Start)
	}
	if n := len(w.mails("Trip")); n != 1 {
		t.Errorf("%d mails after the booking", n)
	}
	traced(t, spans.GetSpans())

	// move
	status, body := w.call("POST", w.base+"/api/v1/appointments/"+b.ManageToken+"/reschedule", fmt.Sprintf(`{"start":%q}`, slots[20]))
	if status != 200 {
		t.Fatalf("reschedule: %d %s", status, body)
	}
	w.settled(20 * time.Second)
	if _, _, events = w.written("Trip", b.Appointment.ID); len(events) != 1 || !same(events[0].text("Start_DateTime"), slots[20]) {
		t.Errorf("after the move: %v", events)
	}

	// cancel
	if status, body = w.call("POST", w.base+"/api/v1/appointments/"+b.ManageToken+"/cancel", `{"reason":"sold"}`); status != 200 {
		t.Fatalf("cancel: %d %s", status, body)
	}
	w.settled(20 * time.Second)
	if _, _, events = w.written("Trip", b.Appointment.ID); len(events) != 1 || events[0].text("Event_Title") != "Cancelled: Roof inspection – Test Trip" {
		t.Errorf("after the cancellation: %v", events)
	}
	if n := len(w.mails("Trip")); n != 3 {
		t.Errorf("%d mails after booking, move and cancellation", n)
	}
	// the slot is free again
	if again := w.slots("inspection", 2, 30); !contains(again, slots[20]) {
		t.Error("a cancelled visit still takes its slot")
	}
	nothingOf(t, spans.GetSpans(), "Trip", "test.example", "3125550177", "1 Test St", "60640", "ridgeline", b.ManageToken, testToken,
		w.connected(d).Connection.RefreshToken.Reveal(), w.connected(d).Connection.Access.Token.Reveal())
}

func contains(list []string, s string) bool {
	for _, v := range list {
		if v == s {
			return true
		}
	}
	return false
}

// TestKnownCustomer: a second booking of the same person makes no second contact and no second lead.
func TestKnownCustomer(t *testing.T) {
	t.Parallel()
	w, _ := inProcess(t, nil)
	var last booked
	for range 2 {
		status, b := w.book(w.slots("inspection", 2, 30)[0], "Known")
		if status != 201 {
			t.Fatal(status)
		}
		last = b
		w.settled(20 * time.Second)
	}
	leads, contacts, events := w.written("Known", last.Appointment.ID)
	if len(leads) != 1 || len(contacts) != 1 || len(events) != 1 {
		t.Errorf("%d leads, %d contacts, %d events of the second", len(leads), len(contacts), len(events))
	}
}

// TestEnquiryIsCompletedByTheBooking: contact us first, book later: one lead.
func TestEnquiryIsCompletedByTheBooking(t *testing.T) {
	t.Parallel()
	w, _ := inProcess(t, nil)
	status, body := w.call("POST", w.base+"/api/v1/schedulers/ridgeline/leads",
		`{"kind":"contact_us","customer":{"first_name":"Test","last_name":"Asks","email":"asks@test.example"},"message":"Do you do gutters?","utm":{"utm_source":"google"}}`)
	if status != 201 {
		t.Fatalf("%d %s", status, body)
	}
	w.settled(20 * time.Second)
	leads, contacts, _ := w.written("Asks", "")
	if len(leads) != 1 || len(contacts) != 0 || !strings.Contains(leads[0].text("Description"), "gutters") {
		t.Fatalf("after the enquiry: %v %v", leads, contacts)
	}
	status, b := w.book(w.slots("inspection", 2, 30)[0], "Asks")
	if status != 201 {
		t.Fatal(status)
	}
	w.settled(20 * time.Second)
	leads, contacts, events := w.written("Asks", b.Appointment.ID)
	if len(leads) != 1 || len(contacts) != 1 || len(events) != 1 {
		t.Fatalf("after the booking: %d leads, %d contacts, %d events", len(leads), len(contacts), len(events))
	}
	if d := leads[0].text("Description"); !strings.Contains(d, "gutters") || !strings.Contains(d, "Roof inspection") || strings.Count(d, "Reference:") != 1 {
		t.Errorf("the lead's description: %q", d)
	}
	list := get[struct {
		Leads []struct{ Stage, Appointment string }
	}](w, w.base+"/api/v1/orgs/ridgeline/leads?limit=1")
	if len(list.Leads) != 1 || list.Leads[0].Stage != "booked" || list.Leads[0].Appointment != b.Appointment.ID {
		t.Errorf("our lead: %+v", list)
	}
}

// TestRace has 64 programs want one slot; one gets it, Zoho has one event.
func TestRace(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			rounds := 3
			if os.Getenv("HEAVYSET_SOAK") != "" {
				rounds = 20
			}
			w, _ := inProcess(t, func(o *demo.Options) {
				if engine == "postgres" {
					o.DatabaseURL = storetest.URLs(t, engine)
				}
			})
			before := len(w.records("Events"))
			won := 0
			for round := range rounds {
				slot := w.onlyOneFree()
				var ok, taken atomic.Int64
				var wg sync.WaitGroup
				for i := range 64 {
					wg.Go(func() {
						switch status, _ := w.book(slot, fmt.Sprintf("Race%dr%d", round, i)); status {
						case 201:
							ok.Add(1)
						case 409:
							taken.Add(1)
						default:
							t.Errorf("round %d: %d", round, status)
						}
					})
				}
				wg.Wait()
				if ok.Load() != 1 || taken.Load() != 63 {
					t.Errorf("round %d: %d won, %d taken", round, ok.Load(), taken.Load())
				}
				won += int(ok.Load())
			}
			w.settled(60 * time.Second)
			if got := len(w.records("Events")) - before; got != won {
				t.Errorf("%d events in Zoho for %d bookings", got, won)
			}
		})
	}
}

// onlyOneFree finds a slot at which one rep is free.
func (w *world) onlyOneFree() string {
	w.t.Helper()
	for {
		day := func(n int) string { return time.Now().AddDate(0, 0, n).Format(time.DateOnly) }
		v := get[struct {
			Slots []struct {
				Start     string
				Remaining int
			}
		}](w, fmt.Sprintf("%s/api/v1/schedulers/ridgeline/slots?service=inspection&postal_code=60640&from=%s&to=%s", w.base, day(3), day(40)))
		for _, s := range v.Slots {
			if s.Remaining == 1 {
				return s.Start
			}
		}
		if len(v.Slots) == 0 {
			w.t.Fatal("no slot left")
		}
		w.book(v.Slots[0].Start, fmt.Sprintf("Fill%d", time.Now().UnixNano()))
	}
}

// fault tells the simulator to misbehave.
func (w *world) fault(body string) {
	w.t.Helper()
	if status, b := w.call("POST", w.zoho+"/_sim/faults", body); status >= 300 {
		w.t.Fatalf("set a fault: %d %s", status, b)
	}
}

func (w *world) noFaults() {
	w.t.Helper()
	if status, b := w.call("DELETE", w.zoho+"/_sim/faults", ""); status >= 300 {
		w.t.Fatalf("clear the faults: %d %s", status, b)
	}
}

// TestZohoDown: bookings go on while Zoho answers 503; then everything is written within 30 seconds, once.
func TestZohoDown(t *testing.T) {
	t.Parallel()
	w, _ := inProcess(t, nil)
	w.fault(`{"path_prefix":"/crm","when":"before","action":"html","status":503,"body":"<html>busy</html>"}`)
	type want struct {
		name string
		b    booked
	}
	var wants []want
	for i := range 5 {
		name := fmt.Sprintf("Down%d", i)
		status, b := w.book(w.slots("inspection", 2, 50)[3*i], name)
		if status != 201 {
			t.Fatalf("booking while Zoho is down: %d", status)
		}
		wants = append(wants, want{name, b})
	}
	if status, b := w.call("POST", w.base+"/api/v1/appointments/"+wants[0].b.ManageToken+"/reschedule", fmt.Sprintf(`{"start":%q}`, w.slots("inspection", 2, 50)[60])); status != 200 {
		t.Fatalf("reschedule while Zoho is down: %d %s", status, b)
	}
	w.eventually(20*time.Second, "the outage shows in the log", func() bool {
		v := get[struct {
			SyncAttempts []struct{ Error string } `json:"sync_attempts"`
		}](w, w.base+"/api/v1/orgs/ridgeline/sync-attempts?state=unknown")
		return len(v.SyncAttempts) > 0
	})
	w.noFaults()
	took := w.eventually(30*time.Second, "everything is written after the outage", func() bool {
		for _, v := range wants {
			if _, _, events := w.written(v.name, v.b.Appointment.ID); len(events) == 0 {
				return false
			}
		}
		return true
	})
	t.Logf("written %v after the outage", took)
	w.settled(30 * time.Second)
	for _, v := range wants {
		leads, contacts, events := w.written(v.name, v.b.Appointment.ID)
		if len(leads) != 1 || len(contacts) != 1 || len(events) != 1 {
			t.Errorf("%s: %d leads, %d contacts, %d events", v.name, len(leads), len(contacts), len(events))
		}
	}
}

// TestLostAnswers cuts the answer of each kind of insert after it was carried out: nothing is doubled.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	w, _ := inProcess(t, nil)
	for i, module := range []string{"Contacts", "Leads", "Events"} {
		for j, action := range []string{`"cut"`, `"status","status":502`, `"html","status":500,"body":"<html>oops</html>"`} {
			name := fmt.Sprintf("Lost%d%d", i, j)
			w.fault(fmt.Sprintf(`{"method":"POST","path_prefix":"/crm/v8/%s","when":"after","action":%s,"times":1}`, module, action))
			status, b := w.book(w.slots("inspection", 2, 50)[0], name)
			if status != 201 {
				t.Fatal(status)
			}
			w.settled(60 * time.Second)
			leads, contacts, events := w.written(name, b.Appointment.ID)
			if len(leads) != 1 || len(contacts) != 1 || len(events) != 1 {
				t.Errorf("answer of %s lost by %s: %d leads, %d contacts, %d events", module, action, len(leads), len(contacts), len(events))
			}
			w.noFaults()
		}
	}
}

// TestRevoked: a revoked token parks the connection; nothing is tried until it is reconnected, then all is written.
func TestRevoked(t *testing.T) {
	t.Parallel()
	w, _ := inProcess(t, nil)
	if status, b := w.call("POST", w.zoho+"/_sim/tokens", `{"action":"revoke_refresh"}`); status >= 300 {
		t.Fatalf("%d %s", status, b)
	}
	status, first := w.book(w.slots("inspection", 2, 50)[0], "Parked0")
	if status != 201 {
		t.Fatal(status)
	}
	w.eventually(20*time.Second, "needs_reconnect", func() bool { return w.connection() == "needs_reconnect" })
	w.settled(20 * time.Second)
	calls := func() string {
		v := get[struct{ Calls map[string]int }](w, w.zoho+"/_sim/stats")
		b, _ := json.Marshal(v.Calls)
		return string(b)
	}
	before := calls()
	status, second := w.book(w.slots("inspection", 2, 50)[0], "Parked1")
	if status != 201 {
		t.Fatal(status)
	}
	w.settled(20 * time.Second)
	if after := calls(); after != before {
		t.Errorf("Zoho was called while the connection is parked:\n%s\n%s", before, after)
	}
	v := get[struct {
		Sync struct {
			State     string
			LastError string `json:"last_error"`
		}
	}](w, w.base+"/api/v1/orgs/ridgeline/appointments/"+first.Appointment.ID)
	if v.Sync.State != "pending" || v.Sync.LastError == "" {
		t.Errorf("the parked appointment shows %+v", v.Sync)
	}

	w.reconnect()
	w.eventually(30*time.Second, "all of it is written after the reconnect", func() bool {
		_, _, a := w.written("Parked0", first.Appointment.ID)
		_, _, b := w.written("Parked1", second.Appointment.ID)
		return len(a) == 1 && len(b) == 1
	})
}

// connection gives the state of ridgeline's.
func (w *world) connection() string {
	w.t.Helper()
	return get[struct {
		Configs []struct{ Connection struct{ State string } } `json:"crm_configs"`
	}](w, w.base+"/api/v1/orgs/ridgeline/crm-configs").Configs[0].Connection.State
}

// reconnect authorizes ridgeline's connection anew, with a grant code.
func (w *world) reconnect() {
	w.t.Helper()
	status, answer := w.consent()
	for range 5 { // somebody who is told to try again does so
		if status == 503 {
			status, answer = w.consent()
		}
	}
	if status != 200 {
		w.t.Fatalf("reconnect: %d %s", status, answer)
	}
}

// consent gives us a new authorization and hands it to the platform.
func (w *world) consent() (status int, answer []byte) {
	w.t.Helper()
	var g struct {
		Code, Location string
		AccountsServer string `json:"accounts_server"`
	}
	redirect := w.base + "/oauth/zoho/callback"
	_, body := w.call("POST", w.zoho+"/_sim/grant", fmt.Sprintf(`{"client_id":"1000.SIMCLIENT","redirect_uri":%q,"scope":"ZohoCRM.modules.ALL,ZohoCRM.settings.ALL,ZohoCRM.users.READ,ZohoCRM.org.READ,ZohoCRM.coql.READ"}`, redirect))
	if err := json.Unmarshal(body, &g); err != nil || g.Code == "" {
		w.t.Fatalf("%s", body)
	}
	connect, err := json.Marshal(map[string]string{"code": g.Code, "location": g.Location, "accounts_server": g.AccountsServer})
	if err != nil {
		w.t.Fatal(err)
	}
	return w.keyed("POST", w.config()+"/connect", string(connect))
}

// TestCredits counts what a booking costs in Zoho, with all that Zoho tells of it. Zoho tells after a while: who is told of a
// record before the answer that has made it is kept reads the record, for one credit more.
func TestCredits(t *testing.T) {
	t.Parallel()
	w, _ := inProcess(t, func(o *demo.Options) { o.Reconcile = time.Hour }) // what reading in between costs is counted elsewhere
	w.watched(20 * time.Second)
	w.control("PATCH", "/_sim/switches", `{"notification_delay_ms":1000}`)
	type stats struct {
		Credits       int
		Calls         map[string]int
		Notifications struct{ Raised, Waiting int }
	}
	spending := func() stats { return get[stats](w, w.zoho+"/_sim/stats") }
	for _, c := range []struct {
		name, what string
		most       int
	}{{"Cheap", "a new customer", 6}, {"Cheap", "a known one without an open lead", 4}} {
		before, after := spending(), stats{}
		if status, _ := w.book(w.slots("inspection", 2, 50)[0], c.name); status != 201 {
			t.Fatal(status)
		}
		w.settled(20 * time.Second)
		w.eventually(20*time.Second, "Zoho has told of it, and we have listened", func() bool {
			after = spending()
			_, metrics := w.call("GET", w.base+"/metrics", "")
			return after.Notifications.Raised > before.Notifications.Raised && after.Notifications.Waiting == 0 && !strings.Contains(string(metrics), `kind="mirror.noticed/`)
		})
		after = spending()
		if spent := after.Credits - before.Credits; spent > c.most || spent == 0 {
			t.Errorf("%s cost %d credits, at most %d are meant; calls before and after: %v %v", c.what, spent, c.most, before.Calls, after.Calls)
		}
	}
}
