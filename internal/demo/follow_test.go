package demo_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"testing"
	"time"

	"heavyset.tech/platform/internal/demo"
)

// dispatcher works in simulated Zoho with an access token of its own.
type dispatcher struct {
	w     *world
	token string
}

func (w *world) dispatcher() *dispatcher {
	w.t.Helper()
	const redirect = "http://127.0.0.1/dispatcher"
	status, body := w.call("POST", w.zoho+"/_sim/grant", fmt.Sprintf(`{"client_id":"1000.SIMCLIENT","redirect_uri":%q,"scope":"ZohoCRM.modules.ALL"}`, redirect))
	var g struct{ Code string }
	if err := json.Unmarshal(body, &g); status != 200 || err != nil {
		w.t.Fatalf("grant: %d %s %v", status, body, err)
	}
	q := url.Values{"grant_type": {"authorization_code"}, "client_id": {"1000.SIMCLIENT"}, "client_secret": {"sim-secret"}, "redirect_uri": {redirect}, "code": {g.Code}}
	status, body = w.call("POST", w.zoho+"/oauth/v2/token?"+q.Encode(), "")
	var token struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal(body, &token); status != 200 || err != nil || token.AccessToken == "" {
		w.t.Fatalf("token: %d %s %v", status, body, err)
	}
	return &dispatcher{w, token.AccessToken}
}

// put changes fields of a record.
func (d *dispatcher) put(module, id string, fields map[string]any) {
	d.w.t.Helper()
	d.write("PUT", "/crm/v8/"+module+"/"+id, map[string]any{"data": []any{fields}})
}

// add makes a record and gives its id.
func (d *dispatcher) add(module string, fields map[string]any) string {
	d.w.t.Helper()
	body := d.write("POST", "/crm/v8/"+module, map[string]any{"data": []any{fields}})
	var got struct {
		Data []struct{ Details struct{ ID string } }
	}
	if err := json.Unmarshal(body, &got); err != nil || len(got.Data) != 1 {
		d.w.t.Fatalf("%s %v", body, err)
	}
	return got.Data[0].Details.ID
}

func (d *dispatcher) remove(module, id string) {
	d.w.t.Helper()
	d.write("DELETE", "/crm/v8/"+module+"/"+id, nil)
}

func (d *dispatcher) write(method, path string, v any) []byte {
	d.w.t.Helper()
	body := ""
	if v != nil {
		body = asJSON(v)
	}
	status, answer := d.w.call(method, d.w.zoho+path, body, "Authorization", "Zoho-oauthtoken "+d.token)
	if status != 200 && status != 201 {
		d.w.t.Fatalf("%s %s: %d %s", method, path, status, answer)
	}
	return answer
}

// asJSON writes plain maps, which can always be written.
func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// TestZohoBlocksAndFollows: what a dispatcher does in Zoho shows in the scheduler.
func TestZohoBlocksAndFollows(t *testing.T) {
	t.Parallel()
	w, _ := inProcess(t, func(o *demo.Options) { o.Reconcile = time.Hour }) // what is not notified is not seen
	zoho := w.dispatcher()
	slots := w.slots("inspection", 2, 30)
	status, b := w.book(slots[3], "Moved")
	if status != 201 {
		t.Fatal(status)
	}
	w.settled(20 * time.Second)
	_, _, events := w.written("Moved", b.Appointment.ID)
	if len(events) != 1 {
		t.Fatal(events)
	}
	id := events[0].text("id")

	to, err := time.Parse(time.RFC3339, slots[20])
	if err != nil {
		t.Fatal(err)
	}
	zoho.put("Events", id, map[string]any{"Start_DateTime": to.Format(time.RFC3339), "End_DateTime": to.Add(time.Hour).Format(time.RFC3339)})
	took := w.eventually(10*time.Second, "the move in Zoho moves the appointment", func() bool {
		_, body := w.call("GET", w.base+"/api/v1/appointments/"+b.ManageToken, "")
		var a struct{ Start, Status string }
		if err := json.Unmarshal(body, &a); err != nil {
			t.Fatal(err)
		}
		at, _ := time.Parse(time.RFC3339, a.Start)
		return at.Equal(to) && a.Status == "confirmed"
	})
	t.Logf("the move showed after %v", took)

	// a meeting that nobody booked here takes its rep's time
	free := w.slots("inspection", 2, 30)
	day, err := time.Parse(time.RFC3339, free[10])
	if err != nil {
		t.Fatal(err)
	}
	var blockers []string
	for _, owner := range []string{"5725767000000411001", "5725767000000411002", "5725767000000411003"} {
		blockers = append(blockers, zoho.add("Events", map[string]any{
			"Event_Title": "Team meeting", "Start_DateTime": day.Format(time.RFC3339), "End_DateTime": day.Add(time.Hour).Format(time.RFC3339), "Owner": map[string]any{"id": owner},
		}))
	}
	w.eventually(10*time.Second, "the meeting takes the slot", func() bool { return !contains(w.slots("inspection", 2, 30), free[10]) })
	for _, id := range blockers { // one of them may have a visit then anyway
		zoho.remove("Events", id)
	}
	w.eventually(10*time.Second, "its deletion gives the slot back", func() bool { return contains(w.slots("inspection", 2, 30), free[10]) })

	zoho.remove("Events", id)
	w.eventually(10*time.Second, "the deletion in Zoho cancels the appointment", func() bool {
		_, body := w.call("GET", w.base+"/api/v1/appointments/"+b.ManageToken, "")
		var a struct{ Status string }
		return json.Unmarshal(body, &a) == nil && a.Status == "cancelled"
	})
	w.settled(20 * time.Second)
	if n := len(w.mails("Moved")); n != 3 {
		t.Errorf("%d mails: booked, moved, cancelled", n)
	}
}
