package api_test

import (
	"net/http"
	"strings"
	"testing"

	"heavyset.tech/platform/internal/auth"
)

// TestQuestions: the catalog keeps what a service asks, the scheduler tells it, and a booking has to answer.
func TestQuestions(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	document := func(question string) string {
		return `{"timezone":"America/Chicago","services":[{"id":"s","name":"S","duration_minutes":60,"slot_interval_minutes":60,"reps":["ann"],"questions":[` + question + `]}],
			"reps":[{"id":"ann","name":"Ann","hours":[{"days":["mon","tue","wed","thu","fri"],"start":"09:00","end":"17:00"}]}]}`
	}
	const json = "application/json"
	put := func(question string) (int, string) {
		w := d.call("PUT", "/orgs/ridge/catalog", d.keys[auth.Admin], json, document(question))
		return w.Code, w.Body.String()
	}
	if code, body := put(`{"id":"roof","label":"Roof?","kind":"photo"}`); code != http.StatusUnprocessableEntity || !strings.Contains(body, "services[0].questions[0].kind") {
		t.Errorf("an unknown kind: %d %s", code, body)
	}
	const roof = `{"id":"roof","label":"Roof?","help":"Look up","kind":"choice","required":true,"choices":["Shingles","Tiles"]}`
	if code, body := put(roof); code != http.StatusOK || !strings.Contains(body, roof) {
		t.Fatalf("%d %s", code, body)
	}
	for _, path := range []string{"/schedulers/ridge", "/orgs/ridge/catalog"} {
		if w := d.call("GET", path, d.keys[auth.Admin], json, ""); !strings.Contains(w.Body.String(), roof) {
			t.Errorf("%s: %s", path, w.Body)
		}
	}
	book := func(answers string) (int, string) {
		start := clock().AddDate(0, 0, 7)
		for start.Weekday() != 3 {
			start = start.AddDate(0, 0, 1)
		}
		w := d.call("POST", "/schedulers/ridge/bookings", d.keys[auth.Admin], json,
			`{"service":"s","start":"`+start.Format("2006-01-02")+`T10:00:00-06:00","customer":{"last_name":"Doe","email":"jo@x.example"},"answers":`+answers+`}`)
		return w.Code, w.Body.String()
	}
	for answers, want := range map[string]string{`{}`: "Please answer this question.", `{"roof":"Slate"}`: "Please choose one of the answers."} {
		if code, body := book(answers); code != http.StatusUnprocessableEntity || !strings.Contains(body, `"answers.roof"`) || !strings.Contains(body, want) {
			t.Errorf("%s: %d %s", answers, code, body)
		}
	}
	if code, body := book(`{"roof":"tiles","of nobody":"x"}`); code != http.StatusCreated {
		t.Errorf("answered: %d %s", code, body)
	}
	if w := d.call("GET", "/orgs/ridge/appointments", d.keys[auth.Member], json, ""); !strings.Contains(w.Body.String(), `"answers":{"of nobody":"x","roof":"Tiles"}`) {
		t.Errorf("kept: %s", w.Body)
	}
}
