package demo_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/demo"
)

// rows counts what a refused request must not leave behind.
func rows(t *testing.T, file string) map[string]int {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=query_only(1)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	out := map[string]int{}
	for _, table := range []string{"organizations", "customers", "leads", "appointments", "holds", "timeline", "idempotency", "manage_links", "crm_configs", "api_keys", "users", "services", "reps"} {
		var n int
		if err := db.QueryRow("SELECT count(*) FROM " + table).Scan(&n); err != nil {
			t.Fatal(err)
		}
		out[table] = n
	}
	var n int
	if err := db.QueryRow("SELECT count(*) FROM river_job WHERE kind LIKE 'booking.%' OR kind LIKE 'lead.%'").Scan(&n); err != nil {
		t.Fatal(err)
	}
	out["jobs"] = n
	return out
}

type problem struct {
	Status int
	Detail string
	Errors []struct{ Field, Message string }
}

// TestHostileInput: every public call answers bad input with 4xx problem+json that names the field, and keeps nothing.
func TestHostileInput(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	w, _ := inProcess(t, func(o *demo.Options) { o.Data = data })
	slot := w.slots("inspection", 2, 30)[0]
	status, mine := w.book(slot, "Hostile")
	if status != 201 {
		t.Fatal(status)
	}
	w.settled(20 * time.Second)
	booking := func(change func(map[string]any)) string {
		v := map[string]any{
			"service": "inspection", "start": w.slots("inspection", 2, 30)[0],
			"customer": map[string]any{"first_name": "A", "last_name": "B", "email": "a@b.example", "postal_code": "60640"},
		}
		change(v)
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	customer := func(k string, v any) string {
		return booking(func(m map[string]any) { m["customer"].(map[string]any)[k] = v })
	}
	const book, hold, lead = "/schedulers/ridgeline/bookings", "/schedulers/ridgeline/holds", "/schedulers/ridgeline/leads"
	manage := "/appointments/" + mine.ManageToken
	before := rows(t, filepath.Join(data, "platform.db"))
	for _, c := range []struct {
		name, method, path, body, kind string
		status                         int
		field                          string
	}{
		{"no last name", "POST", book, customer("last_name", ""), "", 422, "customer.last_name"},
		{"line end in a name", "POST", book, customer("last_name", "B\r\nBcc: x@y.example"), "", 422, "customer.last_name"},
		{"NUL in a name", "POST", book, customer("first_name", "A\x00"), "", 422, "customer.first_name"},
		{"long name", "POST", book, customer("first_name", strings.Repeat("x", 101)), "", 422, "customer.first_name"},
		{"SMTP in the e-mail", "POST", book, customer("email", "a@b.example>\r\nRCPT TO:<x@y.example"), "", 422, "customer.email"},
		{"two addresses", "POST", book, customer("email", "a@b.example,c@d.example"), "", 422, "customer.email"},
		{"phone of letters", "POST", book, customer("phone", "abc"), "", 422, "customer.phone"},
		{"number for a name", "POST", book, customer("last_name", 5), "", 422, "customer.last_name"},
		{"list for a customer", "POST", book, booking(func(m map[string]any) { m["customer"] = []int{1} }), "", 422, "customer"},
		{"no body", "POST", book, "", "application/json", 400, ""},
		{"JSON cut off", "POST", book, `{"service":`, "", 400, ""},
		{"text after the JSON", "POST", book, booking(func(map[string]any) {}) + `{"x":1}`, "", 400, ""},
		{"not JSON by its type", "POST", book, booking(func(map[string]any) {}), "text/plain", 415, ""},
		{"a form", "POST", book, "service=inspection", "application/x-www-form-urlencoded", 415, ""},
		{"another charset", "POST", book, booking(func(map[string]any) {}), "application/json; charset=utf-16", 415, ""},
		{"a megabyte too much", "POST", book, booking(func(m map[string]any) { m["notes"] = strings.Repeat("x", 1<<20) }), "", 413, ""},
		{"long notes", "POST", book, booking(func(m map[string]any) { m["notes"] = strings.Repeat("x", 5001) }), "", 422, "notes"},
		{"hostile answer name", "POST", book, booking(func(m map[string]any) { m["answers"] = map[string]string{"a\nb": "x"} }), "", 422, "answers"},
		{"long utm", "POST", book, booking(func(m map[string]any) { m["utm"] = map[string]string{"k": strings.Repeat("x", 1001)} }), "", 422, "utm.k"},
		{"unknown service", "POST", book, booking(func(m map[string]any) { m["service"] = "../../etc" }), "", 422, "service"},
		{"start without zone", "POST", book, booking(func(m map[string]any) { m["start"] = "2026-12-01T09:00:00" }), "", 422, "start"},
		{"start in the year 99999", "POST", book, booking(func(m map[string]any) { m["start"] = "99999-12-01T09:00:00Z" }), "", 422, "start"},
		{"start off the grid", "POST", book, booking(func(m map[string]any) { m["start"] = "2027-01-05T15:01:00Z" }), "", 409, ""},
		{"start long past", "POST", book, booking(func(m map[string]any) { m["start"] = "1999-01-05T15:00:00Z" }), "", 409, ""},
		{"zone that is none", "POST", book, booking(func(m map[string]any) { m["timezone"] = "../../etc/passwd" }), "", 422, "timezone"},
		{"hold of nothing", "POST", hold, `{}`, "", 422, "start"},
		{"hold of an unknown service", "POST", hold, `{"service":"x","start":"2027-01-05T15:00:00Z"}`, "", 422, "service"},
		{"lead of a strange kind", "POST", lead, `{"kind":"spam","customer":{"last_name":"B","email":"a@b.example"}}`, "", 422, "kind"},
		{"lead of nobody", "POST", lead, `{"kind":"contact_us","customer":{}}`, "", 422, "customer.last_name"},
		{"lead with a long message", "POST", lead, fmt.Sprintf(`{"kind":"contact_us","customer":{"last_name":"B","email":"a@b.example"},"message":%q}`, strings.Repeat("x", 5001)), "", 422, "message"},
		{"reschedule to nowhere", "POST", manage + "/reschedule", `{"start":"soon"}`, "", 422, "start"},
		{"reschedule without a start", "POST", manage + "/reschedule", `{}`, "", 422, "start"},
		{"cancel with a novel", "POST", manage + "/cancel", fmt.Sprintf(`{"reason":%q}`, strings.Repeat("x", 1001)), "", 422, "reason"},
		{"forged link", "GET", "/appointments/" + strings.Repeat("A", 43), "", "", 404, ""},
		{"link of NULs", "GET", "/appointments/%00", "", "", 404, ""},
		{"scheduler of NULs", "GET", "/schedulers/%00", "", "", 404, ""},
		{"broken UTF-8 in the path", "GET", "/schedulers/%ff%fe", "", "", 404, ""},
		{"slots without dates", "GET", "/schedulers/ridgeline/slots?service=inspection", "", "", 422, "from"},
		{"slots of no service", "GET", "/schedulers/ridgeline/slots?from=2026-12-01&to=2026-12-02", "", "", 422, "service"},
		{"slots of a century", "GET", "/schedulers/ridgeline/slots?service=inspection&from=2026-12-01&to=2126-12-01", "", "", 422, "to"},
		{"slots backwards", "GET", "/schedulers/ridgeline/slots?service=inspection&from=2026-12-02&to=2026-12-01", "", "", 422, "to"},
		{"slots on February 30", "GET", "/schedulers/ridgeline/slots?service=inspection&from=2027-02-30&to=2027-03-01", "", "", 422, "from"},
		{"slots in no zone", "GET", "/schedulers/ridgeline/slots?service=inspection&from=2026-12-01&to=2026-12-02&timezone=Local", "", "", 422, "timezone"},
		{"slots with a hostile postal code", "GET", "/schedulers/ridgeline/slots?service=inspection&from=2026-12-01&to=2026-12-02&postal_code=%00", "", "", 422, "postal_code"},
		{"staff call without a key", "GET", "/orgs/ridgeline/appointments", "", "", 401, ""},
		{"unknown address", "GET", "/nothing", "", "", 404, ""},
		{"unknown method", "PATCH", book, "{}", "", 405, ""},
	} {
		headers := []string{}
		if c.kind != "" {
			headers = append(headers, "Content-Type", c.kind)
		}
		status, b := w.call(c.method, w.base+"/api/v1"+c.path, c.body, headers...)
		var p problem
		if err := json.Unmarshal(b, &p); err != nil || p.Status != status {
			t.Errorf("%s: %d is no problem+json: %s", c.name, status, b)
			continue
		}
		if status != c.status {
			t.Errorf("%s: %d, want %d: %s", c.name, status, c.status, b)
		}
		found := c.field == ""
		for _, e := range p.Errors {
			found = found || e.Field == c.field
		}
		if !found {
			t.Errorf("%s: %s is not named: %s", c.name, c.field, b)
		}
	}
	after := rows(t, filepath.Join(data, "platform.db"))
	for table, n := range before {
		if after[table] != n {
			t.Errorf("refused requests left %d rows in %s", after[table]-n, table)
		}
	}
}

// TestHostileTextStaysText: what a visitor may type reaches no page unescaped, no header and no line of an invitation.
func TestHostileTextStaysText(t *testing.T) {
	t.Parallel()
	w, _ := inProcess(t, nil)
	evil := `"><script>alert(1)</script><img src=x onerror=alert(1)>`
	slot := w.slots("inspection", 2, 30)[0]
	body, err := json.Marshal(map[string]any{
		"service": "inspection", "start": slot, "notes": evil + "\r\n.\r\nDATA", "utm": map[string]string{evil: evil}, "answers": map[string]string{"q": evil},
		"customer": map[string]any{
			"first_name": evil, "last_name": `O'Brien; ATTENDEE:mailto:x@y.example,\n=?utf-8?q?x?=`, "email": "hostile@test.example",
			"street": evil + "; LOCATION:x", "city": "{{.}}", "postal_code": "60640",
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	status, b := w.call("POST", w.base+"/api/v1/schedulers/ridgeline/bookings", string(body))
	if status != 201 {
		t.Fatalf("%d %s", status, b)
	}
	var v booked
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	w.settled(20 * time.Second)
	for _, address := range []string{
		w.base + "/appointments/" + v.ManageToken, w.base + "/appointments/" + v.ManageToken + "/reschedule", w.base + "/appointments/" + v.ManageToken + "/cancel",
		w.base + "/book/ridgeline?service=inspection&zip=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&utm_source=%22%3E%3Cscript%3E", w.base + "/book/ridgeline/enquiry?zip=%3Cscript%3E",
		w.base + "/book/%3Cscript%3E", w.base + "/_demo/mail/", w.zoho + "/_sim/",
	} {
		_, page := w.call("GET", address, "")
		if s := string(page); strings.Contains(s, "<script>alert") || strings.Contains(s, "<img src=x") {
			t.Errorf("%s shows markup that a visitor typed", address)
		}
	}
	type mail struct {
		To          []string
		Subject     string
		Headers     map[string][]string
		HTML        string
		Envelope    struct{ Rcpt []string }
		Attachments []struct{ Filename, Text string }
	}
	found := false
	for _, m := range get[[]mail](w, w.base+"/_demo/mail") {
		if len(m.To) == 0 || !strings.Contains(m.To[0], "hostile@test.example") {
			continue
		}
		found = true
		if strings.Contains(m.HTML, "<script>") || strings.Contains(m.HTML, "<img src=x") {
			t.Errorf("the mail's page has the visitor's markup")
		}
		if len(m.Envelope.Rcpt) != 1 || len(m.Headers["Bcc"]) != 0 {
			t.Errorf("recipients %v, Bcc %v", m.Envelope.Rcpt, m.Headers["Bcc"])
		}
		for _, a := range m.Attachments {
			if !strings.HasSuffix(a.Filename, ".ics") {
				continue
			}
			attendees := 0
			for line := range strings.SplitSeq(a.Text, "\r\n") {
				if len(line) > 75 {
					t.Errorf("a line of %d octets in %s", len(line), a.Filename)
				}
				if strings.HasPrefix(line, "ATTENDEE") {
					attendees++
				}
			}
			if attendees != 1 || strings.Count(a.Text, "BEGIN:VEVENT") != 1 || strings.Contains(strings.ReplaceAll(a.Text, "\r\n", ""), "\n") {
				t.Errorf("%s is not one clean event: %d attendees", a.Filename, attendees)
			}
		}
	}
	if !found {
		t.Error("the mail is not in the sink")
	}
}
