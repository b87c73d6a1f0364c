package app_test

import (
	"database/sql"
	"encoding/json"
	"io"
	"log/slog"
	"net/http/httptest"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/app"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// built gives a platform over a fresh database.
func built(t *testing.T, url string) *app.App {
	t.Helper()
	mailer, err := app.NewMailer(secret.NewString("smtp://127.0.0.1:1?tls=none"))
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.New(t.Context(), app.Config{
		BaseURL: "http://127.0.0.1", DatabaseURL: url, Keys: storetest.Keys(t), Sender: mailer, MailFrom: mail.Address{Address: "b@heavyset.example"},
		Version: "v1.2.3", Log: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	return a
}

// TestServeBeginsWithNobody: a fresh installation has no account, no key and no organization until somebody makes them.
func TestServeBeginsWithNobody(t *testing.T) {
	t.Parallel()
	url := storetest.URLs(t, "sqlite")
	built(t, url)
	db, err := sql.Open("sqlite", strings.TrimPrefix(url, "sqlite:"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, table := range []string{"users", "user_identities", "memberships", "api_keys", "organizations", "invitations", "sessions"} {
		var n int
		if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil || n != 0 {
			t.Errorf("%d rows in %s, %v", n, table, err)
		}
	}
}

// exposed gives what /metrics of a platform shows in which something has happened.
func exposed(t *testing.T, engine string) string {
	t.Helper()
	a := built(t, storetest.URLs(t, engine))
	o, err := a.Orgs.Create(t.Context(), org.Draft{Slug: "o", Name: "O", Timezone: "UTC"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Connections.Create(t.Context(), o.ID, connection.Draft{Name: "Zoho CRM", Type: crm.Zoho}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Leads.Capture(t.Context(), o, lead.Request{Kind: lead.ContactUs, Contact: lead.Contact{LastName: "Doe", Email: "a@b.example"}}); err != nil {
		t.Fatal(err)
	}
	a.Handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/healthz", nil))
	w := httptest.NewRecorder()
	a.Metrics.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	body, err := io.ReadAll(w.Body)
	if err != nil || w.Code != 200 {
		t.Fatal(w.Code, err)
	}
	return string(body)
}

// TestMetrics: on either engine the figures of the whole installation are those of its database.
func TestMetrics(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			text := exposed(t, engine)
			for _, want := range []string{
				`heavyset_database_up 1`, `heavyset_jobs{kind="lead.captured/crm",state="available"} 1`, `heavyset_connections{state="not_connected"} 1`,
				`heavyset_connections_paused 0`, `heavyset_mirror_age_seconds 0`, `heavyset_mirror_stale 0`, `heavyset_nodes 0`, `heavyset_queue_delay_seconds{queue="mail"} 0`,
				`heavyset_mails_total{outcome="refused"} 0`, `heavyset_database_errors_total{kind="away"} 0`, `heavyset_build_info{version="v1.2.3"} 1`,
			} {
				if !strings.Contains(text, "\n"+want+"\n") {
					t.Errorf("/metrics shows no %s", want)
				}
			}
			if shows := regexp.MustCompile(`(?m)^heavyset_disk_free_bytes [1-9]`).MatchString(text); shows != (engine == "sqlite") {
				t.Errorf("on %s /metrics shows the room on the disk: %v", engine, shows)
			}
			delay := regexp.MustCompile(`heavyset_queue_delay_seconds\{queue="crm"\} ([0-9.e-]+)`).FindStringSubmatch(text)
			var seconds float64
			if delay == nil || json.Unmarshal([]byte(delay[1]), &seconds) != nil || seconds <= 0 || seconds > 60 {
				t.Errorf("a job waits since a moment ago, but the delay is %v", delay)
			}
		})
	}
}

// TestDeployedNamesExist: alerts, dashboard and the document for operators speak of nothing that /metrics does not show.
func TestDeployedNamesExist(t *testing.T) {
	t.Parallel()
	shown := map[string]bool{}
	for line := range strings.Lines(exposed(t, "sqlite")) {
		if name, _, _ := strings.Cut(line, " "); !strings.HasPrefix(line, "#") {
			name, _, _ = strings.Cut(name, "{")
			shown[name] = true
		}
	}
	names := regexp.MustCompile(`\b(heavyset_[a-z_]+|go_[a-z_]+|process_[a-z_]+)\b`)
	for _, file := range []string{"deploy/alerts.yml", "deploy/dashboard.json", "docs/OPERATING.md"} {
		text, err := os.ReadFile(filepath.Join("..", "..", file))
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, ".json") && !json.Valid(text) {
			t.Errorf("%s is no JSON", file)
		}
		found := names.FindAllString(string(text), -1)
		if len(found) < 5 {
			t.Errorf("%s names only %v", file, found)
		}
		for _, name := range found {
			if !shown[name] {
				t.Errorf("%s names %s, which /metrics does not show", file, name)
			}
		}
	}
	alerts, _ := os.ReadFile("../../deploy/alerts.yml")
	doc, _ := os.ReadFile("../../docs/OPERATING.md")
	for _, m := range regexp.MustCompile(`- alert: (\w+)`).FindAllStringSubmatch(string(alerts), -1) {
		if !strings.Contains(string(doc), "| `"+m[1]+"` |") {
			t.Errorf("docs/OPERATING.md does not say what to do for %s", m[1])
		}
	}
}
