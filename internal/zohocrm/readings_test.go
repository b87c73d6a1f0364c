package zohocrm_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"testing"
	"time"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/zohosim"
)

// TestBothReadingsOfEverySwitch flips each switch of the simulator to each other position and does with the client what a
// booking, a change and an administrator do: where Zoho's pages are silent or contradict each other, both readings must
// do.
func TestBothReadingsOfEverySwitch(t *testing.T) {
	t.Parallel()
	for _, s := range zohosim.Switches() {
		for _, value := range others(s) {
			t.Run(s.Name+"="+value, func(t *testing.T) {
				t.Parallel()
				w := connectedWhere(t, nil, map[string]string{s.Name: value})
				w.everyday()
			})
		}
	}
}

// others are the positions of a switch that are not its default: of a range the ends.
func others(s zohosim.Switch) []string {
	values := s.Values
	if len(values) == 0 {
		values = []string{s.Low, s.High}
	}
	var out []string
	for _, v := range values {
		if v != s.Default && v != "" {
			out = append(out, v)
		}
	}
	return out
}

// patch writes a switch as JSON: numbers and truth values bare.
func patch(name, value string) string {
	if _, err := strconv.ParseFloat(value, 64); err != nil && value != "true" && value != "false" {
		b, _ := json.Marshal(value)
		value = string(b)
	}
	return fmt.Sprintf(`{%q:%s}`, name, value)
}

// everyday is what the platform does with a client's Zoho.
func (w *world) everyday() {
	w.t.Helper()
	ctx, p := w.t.Context(), w.provider
	must := func(what string, err error) {
		w.t.Helper()
		if err != nil {
			w.t.Fatalf("%s: %v", what, err)
		}
	}
	modules, err := p.Modules(ctx)
	must("modules", err)
	if len(modules) < 3 {
		w.t.Errorf("only %d modules", len(modules))
	}
	schema, err := p.Schema(ctx, "Leads")
	must("schema", err)
	if f, ok := schema.Field("Last_Name"); !ok || !f.Required || !f.Creatable {
		w.t.Errorf("Last_Name reads as %+v", f)
	}
	_, err = p.Newest(ctx, "Contacts", []string{"id", "Last_Name", "Email"})
	must("newest", err)

	contact, err := p.Create(ctx, "Contacts", crm.Values{"First_Name": "Jo", "Last_Name": "O'Doe", "Email": "jo+1@x.example", "Phone": "+13125550100"})
	must("create a contact", err)
	query := crm.Query{Module: "Contacts", Fields: []string{"id", "First_Name", "Last_Name", "Email", "Phone"}, Limit: 200, Any: [][]crm.Match{
		{{Field: "Email", Op: crm.Equal, Value: "JO+1@x.example"}, {Field: "Last_Name", Op: crm.Equal, Value: "O'Doe"}},
		{{Field: "Last_Name", Op: crm.Equal, Value: "O'Doe"}, {Field: "Phone", Op: crm.EndsWith, Value: "0100"}},
	}}
	found, err := p.Find(ctx, query)
	must("find it just after", err)
	if len(found) != 1 || found[0].ID != contact || found[0].Text("Phone") != "+13125550100" {
		w.t.Errorf("found %+v", found)
	}
	_, err = p.Create(ctx, "Leads", crm.Values{"Last_Name": "Doe", "Company": "Doe (Residential)", "Lead_Source": "Web Download"})
	must("create a lead", err)

	start := morning.Add(48 * time.Hour)
	event := crm.Values{
		"Event_Title": "Inspection – Jo", "Start_DateTime": start, "End_DateTime": start.Add(time.Hour), "Owner": crm.Ref{ID: "5725767000000411001"},
		"Who_Id": crm.Ref{ID: contact, Module: "Contacts"}, "Venue": "1 Main St", "Description": "mind the dog",
	}
	id, err := p.Create(ctx, "Events", event)
	must("create an event", err)
	found, err = p.Find(ctx, crm.Query{Module: "Events", Fields: []string{"id"}, Limit: 200, Any: [][]crm.Match{{
		{Field: "Start_DateTime", Op: crm.Equal, Value: start}, {Field: "Owner", Op: crm.Equal, Value: crm.Ref{ID: "5725767000000411001"}},
	}}})
	must("find the event", err)
	if len(found) != 1 || found[0].ID != id {
		w.t.Errorf("found %+v", found)
	}
	must("move it", p.Update(ctx, "Events", id, crm.Values{"Start_DateTime": start.Add(time.Hour), "End_DateTime": start.Add(2 * time.Hour)}))
	got, err := p.Get(ctx, "Events", id)
	must("read it", err)
	if at, ok := got.Values["Start_DateTime"].(time.Time); !ok || !at.Equal(start.Add(time.Hour)) || got.Text("Description") != "mind the dog" {
		w.t.Errorf("it reads as %+v", got.Values)
	}
	if who, _ := got.Values["Who_Id"].(crm.Ref); who.ID != contact {
		w.t.Errorf("its contact is %+v", who)
	}
	_, err = p.Create(ctx, "Contacts", crm.Values{"First_Name": "Nobody"})
	if q := crm.AsProblem(err); q == nil || q.Class != crm.Rejected || q.Field != "Last_Name" {
		w.t.Errorf("without a mandatory field: %v", err)
	}
	must("delete it", p.Delete(ctx, "Events", id))
	for _, gone := range []string{id, "5725767000009999999"} {
		if _, err := p.Get(ctx, "Events", gone); !crm.IsClass(err, crm.Gone) {
			w.t.Errorf("what is not there: %v", err)
		}
	}
	_, err = p.Find(ctx, crm.Query{Module: "Nonesuch", Fields: []string{"id"}, Any: [][]crm.Match{{{Field: "Name", Op: crm.Equal, Value: "x"}}}})
	if q := crm.AsProblem(err); q == nil || q.Class != crm.Unfit {
		w.t.Errorf("a module that is not there: %v", err)
	}
	again, err := w.connector.Refresh(ctx, w.app, w.site, w.refresh)
	must("refresh", err)
	if left := again.Expires.Sub(morning); left < 50*time.Minute || left > 70*time.Minute {
		w.t.Errorf("a token lives %v", left)
	}
	must("revoke", w.connector.Revoke(ctx, w.site, w.refresh))
	if _, err := w.connector.Refresh(ctx, w.app, w.site, w.refresh); !crm.IsClass(err, crm.Broken) {
		w.t.Errorf("refresh after the revocation: %v", err)
	}
}

// TestEachAccident brings each fault about and sees what it means for the work; once it is over, the same call does.
func TestEachAccident(t *testing.T) {
	t.Parallel()
	body := func(code, message string) string {
		return fmt.Sprintf(`{"code":%q,"details":{},"message":%q,"status":"error"}`, code, message)
	}
	for name, c := range map[string]struct {
		fault   string
		class   crm.Class
		unknown bool // of a create: it may have been carried out
	}{
		"401 invalid token":  {`"action":"status","status":401,"body":` + body("INVALID_TOKEN", "invalid oauth token"), crm.Down, false},
		"401 authentication": {`"action":"status","status":401,"body":` + body("AUTHENTICATION_FAILURE", "Authentication failed"), crm.Down, false},
		"401 scope":          {`"action":"status","status":401,"body":` + body("OAUTH_SCOPE_MISMATCH", "invalid oauth scope to access this URL"), crm.ScopeMissing, false},
		"429 many":           {`"action":"status","status":429,"body":` + body("TOO_MANY_REQUESTS", "too many"), crm.Throttled, false},
		"429 rate":           {`"action":"status","status":429,"body":` + body("RATE_LIMIT_EXCEEDED", "Too many requests. Please try again later."), crm.Throttled, false},
		"429 with retry":     {`"action":"status","status":429,"body":{"code":"TOO_MANY_REQUESTS","details":{"retry_after":60,"limit":10},"message":"m","status":"error"}`, crm.Throttled, false},
		"500":                {`"action":"status","status":500,"body":` + body("INTERNAL_ERROR", "Internal Server Error"), crm.Down, true},
		"503":                {`"action":"status","status":503,"body":` + body("SERVICE_UNAVAILABLE", "x"), crm.Down, true},
		"HTML instead":       {`"action":"html","status":502`, crm.Down, true},
		"HTML with 200":      {`"action":"html","status":200`, crm.Down, true},
		"cut before":         {`"action":"cut"`, crm.Down, true},
		"cut after":          {`"when":"after","action":"cut"`, crm.Down, true},
		"answer lost as 500": {`"when":"after","action":"status","status":500`, crm.Down, true},
		"no permission":      {`"action":"status","status":403,"body":` + body("NO_PERMISSION", "permission denied"), crm.Forbidden, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := connectedWhere(t, nil, nil)
			w.control("POST", "/_sim/faults", `{"method":"POST","path_prefix":"/crm/v8/Contacts","times":9,`+c.fault+`}`, nil)
			v := crm.Values{"Last_Name": "Doe", "Email": "d@x.example"}
			_, err := w.provider.Create(t.Context(), "Contacts", v)
			p := crm.AsProblem(err)
			if p == nil || p.Class != c.class || p.Unknown != c.unknown {
				t.Fatalf("%+v (%v), want %s, unknown %v", p, err, c.class, c.unknown)
			}
			if c.class == crm.Throttled && name == "429 with retry" && p.RetryAfter != time.Minute {
				t.Errorf("asked to wait a minute, waits %v", p.RetryAfter)
			}
			w.control("DELETE", "/_sim/faults", "", nil)
			if _, err := w.provider.Create(t.Context(), "Contacts", crm.Values{"Last_Name": "Other"}); err != nil {
				t.Errorf("once it is over: %v", err)
			}
		})
	}
}
