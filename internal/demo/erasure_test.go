package demo_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/demo"
	"heavyset.tech/platform/internal/email"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/privacy"
	"heavyset.tech/platform/internal/store/storetest"
	"heavyset.tech/platform/internal/waitlist"
)

// erasedWords stand for a person and nowhere else.
func erasedWords() []string {
	return []string{"Quillfeather", "zoe.quill@marker.example", "3125550177", "312) 555-0177", "Markerless Way", "Markerdog", "Markergate", "Markermoved"}
}

// TestNothingIsLeftOfAnErasedPerson: somebody lives through everything that the platform does with people and is erased. Then
// neither the database's file (or its dump), nor the log, nor what waits to be sent, nor lists and exports hold a word of
// them in any form, and Zoho's records are gone by choice. PostgreSQL only under HEAVYSET_SOAK.
func TestNothingIsLeftOfAnErasedPerson(t *testing.T) {
	t.Parallel()
	engines := []string{"sqlite"}
	if os.Getenv("HEAVYSET_SOAK") != "" {
		engines = append(engines, "postgres")
	}
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			l := newErasedLife(t, engine)
			l.live()
			before := l.held()
			if where := storetest.Traces(before, erasedWords()...); where == "" {
				t.Fatal("the person is nowhere before: this test looks at the wrong place")
			}
			var r privacy.Report
			l.eventually(time.Minute, "the person is erased", func() (done bool) {
				var err error
				r, err = l.demo.App.Privacy.Erase(t.Context(), l.org.ID, privacy.Who{Email: "zoe.quill@marker.example"}, true, "Ada")
				if err != nil && !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.Unavailable) {
					t.Fatal(err)
				}
				return err == nil
			})
			if len(r.Found) > 0 || len(r.Counts) < 12 || len(r.Records) < 3 {
				t.Errorf("%+v", r)
			}
			l.eventually(2*time.Minute, "Zoho's records are deleted", func() bool {
				kept, err := l.demo.App.Store.Erasure(t.Context(), l.org.ID, r.ID)
				return err == nil && !slices.ContainsFunc(kept.Records, func(e privacy.Erased) bool { return e.State != privacy.Gone })
			})
			for _, module := range []string{"Leads", "Contacts", "Events"} {
				if where := storetest.Traces([]byte(fmt.Sprint(l.records(module))), erasedWords()...); where != "" {
					t.Errorf("Zoho's %s still have %s", module, where)
				}
			}
			for path, text := range l.shown() {
				if where := storetest.Traces([]byte(text), erasedWords()...); where != "" {
					t.Errorf("%s shows %s", path, where)
				}
			}
			words := append(erasedWords(), l.tokens...)
			if where := storetest.Traces(l.held(), words...); where != "" {
				t.Errorf("the database still has %s", where)
			}
			if where := storetest.Traces([]byte(l.log.String()), words...); where != "" || len(l.log.String()) < 1000 {
				t.Errorf("the log has %s", where)
			}
		})
	}
}

// erasedLife is a demo with somebody who is to be erased.
type erasedLife struct {
	*world
	demo     *demo.Demo
	org      org.Organization
	database string
	log      *tape
	tokens   []string // of their private links
	mails    atomic.Int64
}

func newErasedLife(t *testing.T, engine string) *erasedLife {
	t.Helper()
	l := &erasedLife{database: storetest.URLs(t, engine), log: &tape{}}
	l.world, l.demo = inProcess(t, func(o *demo.Options) {
		o.DatabaseURL, o.Log = l.database, slog.New(slog.NewTextHandler(l.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		o.WrapSender = func(s notify.Sender) notify.Sender { return erasedSender{s, &l.mails} }
	})
	var err error
	if l.org, err = l.demo.App.Store.OrganizationBySlug(t.Context(), "ridgeline"); err != nil {
		t.Fatal(err)
	}
	return l
}

// erasedSender sends the first mail to the person, is refused with the second and cannot reach the server from then on.
type erasedSender struct {
	notify.Sender
	n *atomic.Int64
}

func (s erasedSender) Send(ctx context.Context, m email.Message) error {
	if m.To.Address != "zoe.quill@marker.example" {
		return s.Sender.Send(ctx, m)
	}
	switch s.n.Add(1) {
	case 1:
		return s.Sender.Send(ctx, m)
	case 2:
		return fault.OfField("to", "This mailbox does not exist.") // as package email says it, which keeps addresses to itself
	}
	return fault.Later(time.Minute, "The mail server asks to try again later.")
}

// live leaves traces of the person everywhere.
func (l *erasedLife) live() {
	t, ctx := l.t, l.t.Context()
	t.Helper()
	must := func(status, want int, b []byte) {
		t.Helper()
		if status != want {
			t.Fatalf("%d %s", status, b)
		}
	}
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { // one that fails, and says why
		b, _ := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = w.Write(append([]byte("could not store "), b[:min(len(b), 400)]...))
	}))
	t.Cleanup(hook.Close)
	status, b := l.keyed("POST", "/orgs/ridgeline/webhooks", fmt.Sprintf(`{"url":%q,"types":["appointment.booked","appointment.rescheduled","appointment.cancelled","lead.created","customer.updated"]}`, hook.URL))
	must(status, 201, b)
	const customer = `{"first_name":"Zoë","last_name":"Quillfeather","email":"zoe.quill@marker.example","phone":"%s","street":"77 Markerless Way","city":"Chicago","postal_code":"60640"}`
	slots := l.slots("inspection", 2, 50)
	book := func(slot int) string {
		status, b := l.keyed("POST", "/schedulers/ridgeline/bookings", fmt.Sprintf(
			`{"service":"inspection","start":%q,"customer":`+customer+`,"notes":"Zoë's Markerdog bites","answers":{"gate":"Markergate 4711"},"utm":{"utm_source":"zoe.quill@marker.example"}}`, slots[slot], "+13125550177"))
		must(status, 201, b)
		token := between(string(b), `"manage_token":"`, `"`)
		l.tokens = append(l.tokens, token)
		l.settledBut()
		return token
	}
	first := book(3)
	status, b = l.call("POST", l.base+"/api/v1/appointments/"+first+"/reschedule", fmt.Sprintf(`{"start":%q}`, slots[30]))
	must(status, 200, b)
	l.settledBut()
	status, b = l.call("POST", l.base+"/api/v1/appointments/"+first+"/cancel", `{"reason":"Zoë Quillfeather: Markermoved"}`)
	must(status, 200, b)
	book(60)
	status, b = l.call("POST", l.base+"/api/v1/schedulers/ridgeline/leads", fmt.Sprintf(`{"kind":"contact_us","customer":`+customer+`,"message":"Is the Markerdog a problem?"}`, "(312) 555-0177"), "Idempotency-Key", "enquiry of zoe.quill@marker.example")
	must(status, 201, b)
	status, b = l.call("POST", l.base+"/api/v1/schedulers/ridgeline/leads", fmt.Sprintf(
		`{"kind":"contact_us","customer":{"first_name":"www.bad.example","last_name":"Quillfeather","phone":"%s"},"message":"https://a.example https://b.example https://c.example"}`, "(312) 555-0177"))
	must(status, 202, b)
	me := lead.Contact{FirstName: "Zoë", LastName: "Quillfeather", Email: "zoe.quill@marker.example", Phone: "+13125550177", Street: "77 Markerless Way", PostalCode: "60640"}
	day := availability.DateOf(time.Now(), time.UTC)
	if err := errors.Join(
		l.demo.App.Waitlist.Join(ctx, l.org, waitlist.Entry{Service: "inspection", Contact: me, Notes: "Markerdog", Timezone: "UTC", Wish: waitlist.Wish{From: day.AddDays(1), To: day.AddDays(9)}}),
		l.demo.App.Leads.Leave(ctx, l.org, lead.Left{Form: "form", Contact: me, Notes: "Markerdog", Agreed: true, Opened: time.Now()}),
	); err != nil {
		t.Fatal(err)
	}
	l.settledBut()
	l.shown() // people look for them, and export
	if l.mails.Load() < 3 {
		t.Errorf("only %d mails were tried", l.mails.Load())
	}
}

// settledBut waits until nothing waits but mails to the person and what their own program does not take.
func (l *erasedLife) settledBut() {
	l.t.Helper()
	l.eventually(time.Minute, "Zoho is written to", func() bool {
		_, b := l.call("GET", l.base+"/metrics", "")
		for line := range strings.Lines(string(b)) {
			if strings.HasPrefix(line, "heavyset_jobs{") && strings.Contains(line, `/crm"`) && !strings.Contains(line, `state="completed"`) && !strings.HasSuffix(strings.TrimSpace(line), " 0") {
				return false
			}
		}
		return true
	})
}

// shown reads lists and exports as an administrator does, with a search for the name.
func (l *erasedLife) shown() map[string]string {
	l.t.Helper()
	v, out := l.visitor(), map[string]string{}
	v.post(l.base+"/login", "email", "admin@ridgeline.example", "password", testPassword)
	const console = "/admin/orgs/ridgeline/"
	for _, path := range []string{"appointments/export?when=all", "appointments?when=all", "customers", "leads", "quarantine", "leads/waiting-list", "audit", "sync", "webhooks"} {
		_, out[path] = v.get(l.base + console + path)
	}
	v.get(l.base + console + "customers?q=Quillfeather")
	v.get(l.base + console + "erasures?q=zoe.quill%40marker.example")
	for _, path := range []string{"appointments", "leads", "customers", "sync-attempts"} {
		_, b := l.keyed("GET", "/orgs/ridgeline/"+path, "")
		out["API "+path] = string(b)
	}
	return out
}

// held is everything that the database keeps: the bytes of its files, or what PostgreSQL dumps.
func (l *erasedLife) held() []byte {
	l.t.Helper()
	path, here := strings.CutPrefix(l.database, "sqlite:")
	if !here {
		out, err := exec.Command(storetest.Tool(l.t, "pg_dump"), "--format=plain", "--inserts", l.database).Output()
		if err != nil {
			l.t.Fatal(err)
		}
		return out
	}
	var all []byte
	for _, p := range []string{path, path + "-wal"} {
		b, err := os.ReadFile(p)
		if err != nil && !os.IsNotExist(err) {
			l.t.Fatal(err)
		}
		all = append(all, b...)
	}
	return all
}
