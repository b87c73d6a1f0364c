package app_test

import (
	"log/slog"
	"net/mail"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/app"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/store/storetest"
)

// TestDoctorSaysOfTheQueue: jobs that nobody works, and jobs that wait too long for those who do.
func TestDoctorSaysOfTheQueue(t *testing.T) {
	t.Parallel()
	mailer, err := app.NewMailer(secret.NewString("smtp://127.0.0.1:1?tls=none"))
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://127.0.0.1:1"
	c := app.Config{
		BaseURL: nobody, DatabaseURL: storetest.URLs(t, "sqlite"), Keys: storetest.Keys(t), Sender: mailer, MailFrom: mail.Address{Address: "b@heavyset.example"},
		ZohoDatacenters: "us=" + nobody + "|" + nobody + "|" + nobody, Log: slog.New(slog.DiscardHandler), Now: time.Now,
	}
	a, err := app.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	queue := func() app.Finding {
		t.Helper()
		findings, err := app.Doctor(t.Context(), c, mailer)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range findings {
			if f.Title == "Queue" {
				return f
			}
		}
		t.Fatalf("no line about the queue: %+v", findings)
		return app.Finding{}
	}
	if f := queue(); f.Wrong || !strings.Contains(f.Evidence, "not running") || f.Fix == "" {
		t.Errorf("nothing waits and nobody works: %+v", f)
	}
	o, err := a.Orgs.Create(t.Context(), org.Draft{Slug: "o", Name: "O", Timezone: "UTC"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Leads.Capture(t.Context(), o, lead.Request{Kind: lead.ContactUs, Contact: lead.Contact{LastName: "Doe", Email: "a@b.example"}}); err != nil {
		t.Fatal(err)
	}
	if f := queue(); !f.Wrong || !strings.Contains(f.Evidence, "nobody works them") {
		t.Errorf("a job waits and nobody works: %+v", f)
	}
	if err := a.Store.Beat(t.Context(), "node_1", time.Now()); err != nil {
		t.Fatal(err)
	}
	if f := queue(); f.Wrong || f.Fix != "" {
		t.Errorf("a job has come just now: %+v", f)
	}
	if err := a.Store.Driver().GetExecutor().Exec(t.Context(), "UPDATE river_job SET scheduled_at = datetime('now', '-5 minutes')"); err != nil {
		t.Fatal(err)
	}
	if f := queue(); !f.Wrong || !strings.Contains(f.Evidence, `of "crm" has waited 5m`) || !strings.Contains(f.Fix, "too few nodes") {
		t.Errorf("a job has waited for five minutes: %+v", f)
	}
}
