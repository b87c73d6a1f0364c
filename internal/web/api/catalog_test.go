package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"heavyset.tech/platform/internal/auth"
)

const (
	plainService = `{"id":"i","name":"Inspection","duration_minutes":60,"slot_interval_minutes":30,"buffer_before_minutes":0,"buffer_after_minutes":30,"minimum_notice_minutes":240,"booking_window_days":60,"capacity_per_day":0,"assignment":"round_robin","reps":["ann"]`
	plainRep     = `{"id":"ann","name":"Ann","email":"","crm_user":"","timezone":"","territories":[],"hours":[{"days":["mon"],"start":"09:00","end":"17:00"}],"overrides":[]`
)

func document(service, rep string) string {
	return `{"timezone":"America/Chicago","holidays":[],"territories":[],"services":[` + plainService + service + `}],"reps":[` + plainRep + rep + `}]}`
}

// TestCatalogRoundTrips: a document comes back as it was put, with the optional fields and without; what is wrong is named
// by its path.
func TestCatalogRoundTrips(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	put := func(body string) (int, string) {
		w := d.call(http.MethodPut, "/orgs/ridge/catalog", d.keys[auth.Admin], "application/json", body)
		return w.Code, w.Body.String()
	}
	for _, c := range []struct{ service, rep string }{
		{"", ""},
		{`,"minimum_notice_business_minutes":480,"capacity_per_slot":2,"arrival_window_minutes":120`, `,"weight":3`},
	} {
		code, answer := put(document(c.service, c.rep))
		read := d.call(http.MethodGet, "/orgs/ridge/catalog", d.keys[auth.Member], "application/json", "")
		if code != 200 || read.Code != 200 {
			t.Fatalf("%d %s, %d", code, answer, read.Code)
		}
		for _, got := range []string{answer, read.Body.String()} {
			if diff := cmp.Diff(values(t, document(c.service, c.rep)), values(t, got)); diff != "" {
				t.Errorf("%+v (-put +got):\n%s", c, diff)
			}
		}
	}
	for path, c := range map[string]struct{ service, rep string }{
		"services[0].minimum_notice_business_minutes": {`,"minimum_notice_business_minutes":-1`, ""},
		"services[0].capacity_per_slot":               {`,"capacity_per_slot":-1`, ""},
		"services[0].arrival_window_minutes":          {`,"arrival_window_minutes":-5`, ""},
		"reps[0].weight":                              {"", `,"weight":0`},
	} {
		if code, answer := put(document(c.service, c.rep)); code != 422 || !strings.Contains(answer, path) {
			t.Errorf("%s: %d %s", path, code, answer)
		}
	}
}

func values(t *testing.T, text string) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	delete(out, "$schema")
	return out
}

// TestAPersonIsChosenByName: where visitors choose, the scheduler names the people, and slots, holds and bookings take one;
// elsewhere the wish is refused.
func TestAPersonIsChosenByName(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	put := func(assignment string) {
		doc := strings.Replace(document(`,"arrival_window_minutes":120`, ""), `"assignment":"round_robin"`, `"assignment":"`+assignment+`"`, 1)
		if w := d.call(http.MethodPut, "/orgs/ridge/catalog", d.keys[auth.Admin], "application/json", doc); w.Code != 200 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	get := func(path string) (int, string) {
		w := d.call(http.MethodGet, "/schedulers/ridge"+path, "", "application/json", "")
		return w.Code, w.Body.String()
	}
	const slots = "/slots?service=i&from=2026-12-01&to=2026-12-14"
	put("customer_choice")
	if code, got := get(""); code != 200 || !strings.Contains(got, `"reps":[{"id":"ann","name":"Ann"}]`) || !strings.Contains(got, `"arrival_window_minutes":120`) || strings.Contains(got, "crm_user") {
		t.Errorf("%d %s", code, got)
	}
	code, all := get(slots)
	if one, got := get(slots + "&rep=ann"); code != 200 || one != 200 || got != all || !strings.Contains(all, `"remaining":1`) {
		t.Errorf("%d %s", one, got)
	}
	if code, got := get(slots + "&rep=zoe"); code != 422 || !strings.Contains(got, `"rep"`) {
		t.Errorf("nobody of that name: %d %s", code, got)
	}
	const visit = `{"service":"i","rep":"ann","start":"2026-12-07T09:00:00-06:00"`
	if w := d.call(http.MethodPost, "/schedulers/ridge/holds", d.keys[auth.Member], "application/json", visit+`}`); w.Code != 201 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	booked := d.call(http.MethodPost, "/schedulers/ridge/bookings", d.keys[auth.Member], "application/json", strings.Replace(visit, "07T", "14T", 1)+`,"customer":{"last_name":"Doe","email":"d@x.example"}}`)
	if booked.Code != 201 || !strings.Contains(booked.Body.String(), `"arrival":{"from":"2026-12-14T09:00:00-06:00","to":"2026-12-14T11:00:00-06:00"}`) {
		t.Errorf("%d %s", booked.Code, booked.Body)
	}
	put("round_robin")
	if code, got := get(slots + "&rep=ann"); code != 422 || !strings.Contains(got, `"rep"`) {
		t.Errorf("where visitors don't choose: %d %s", code, got)
	}
	if code, got := get(""); code != 200 || strings.Contains(got, `"reps"`) {
		t.Errorf("%d %s", code, got)
	}
}
