package app_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"heavyset.tech/platform/internal/app"
	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/store/storetest"
)

// TestDiskFull: a database without room refuses bookings in our words and says so; once there is room bookings go on,
// and each one that was acknowledged is there, no other.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)
	mailer, err := app.NewMailer(secret.NewString("smtp://127.0.0.1:1?tls=none"))
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.New(t.Context(), app.Config{
		BaseURL: "http://127.0.0.1", DatabaseURL: storetest.URLs(t, "sqlite"), Keys: storetest.Keys(t), Sender: mailer, MailFrom: mail.Address{Address: "b@heavyset.example"},
		Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	o, err := a.Orgs.Create(t.Context(), org.Draft{Slug: "ridge", Name: "Ridge", Timezone: "UTC"})
	if err != nil {
		t.Fatal(err)
	}
	daily := []catalog.Hours{{Days: []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}, Start: "08:00", End: "18:00"}}
	if _, err := a.Catalogs.Replace(t.Context(), o.ID, catalog.Catalog{
		Timezone:    "UTC",
		Territories: []catalog.Territory{{ID: "all", Name: "All", PostalCodes: []string{"606*"}}},
		Services:    []catalog.Service{{ID: "roof", Name: "Roof", DurationMinutes: 60, SlotIntervalMinutes: 60, BookingWindowDays: 90, Reps: []string{"ann"}}},
		Reps:        []catalog.Rep{{ID: "ann", Name: "Ann", Territories: []string{"all"}, Hours: daily}},
	}); err != nil {
		t.Fatal(err)
	}
	key, err := a.Auth.CreateKey(t.Context(), "", auth.NewKey{Role: auth.Engineer})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(method, path, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+key.Key.Reveal())
		w := httptest.NewRecorder()
		a.Handler.ServeHTTP(w, r)
		return w
	}
	book := func(n int) *httptest.ResponseRecorder {
		start := now.Truncate(24 * time.Hour).Add(time.Duration(1+n/10)*24*time.Hour + time.Duration(8+n%10)*time.Hour)
		return ask("POST", "/api/v1/schedulers/ridge/bookings", fmt.Sprintf(
			`{"service":"roof","start":%q,"customer":{"first_name":"Jo","last_name":"Doe","email":"jo%d@example.com","postal_code":"60601"}}`, start.Format(time.RFC3339), n))
	}
	if w := book(0); w.Code != http.StatusCreated {
		t.Fatal(w.Code, w.Body)
	}
	limit := func(pages int64) {
		if err := a.Store.Driver().GetExecutor().Exec(t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", pages)); err != nil {
			t.Fatal(err)
		}
	}
	limit(1) // SQLite makes it what there is
	// several at a time, so that they share a transaction that finds no room
	acknowledged, refused := 1, 0
	for round := range 30 {
		var wg sync.WaitGroup
		answers := make([]*httptest.ResponseRecorder, 8)
		for k := range answers {
			wg.Go(func() { answers[k] = book(1 + 8*round + k) })
		}
		wg.Wait()
		for _, w := range answers {
			switch {
			case w.Code == http.StatusCreated:
				acknowledged++
			case w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "60" ||
				!strings.HasPrefix(w.Header().Get("Content-Type"), "application/problem+json") || !strings.Contains(w.Body.String(), "Nothing can be stored at the moment"):
				t.Fatalf("without room: %d %v %s", w.Code, w.Header(), w.Body)
			default:
				refused++
			}
		}
		if refused > 20 {
			break
		}
	}
	if refused == 0 {
		t.Fatal("the database was never full: this shows nothing")
	}
	if w := ask("GET", "/healthz", ""); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "has no room") {
		t.Errorf("/healthz says %d %s", w.Code, w.Body)
	}
	if room, known, err := a.Store.Room(); err != nil || !known || room == 0 {
		t.Errorf("what doctor reads of the disk: %d %v %v", room, known, err)
	}
	limit(1 << 30)
	if w := book(500); w.Code != http.StatusCreated {
		t.Errorf("there is room again: %d %s", w.Code, w.Body)
	}
	acknowledged++
	there := 0
	for f := (booking.Filter{}); ; {
		list, next, err := a.Store.Appointments(t.Context(), o.ID, f)
		if err != nil {
			t.Fatal(err)
		}
		there += len(list)
		if f.After = next; next == "" {
			break
		}
	}
	if there != acknowledged {
		t.Errorf("%d bookings were acknowledged, %d are there", acknowledged, there)
	}
	var jobs int64
	counts, err := a.Store.JobCounts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range counts {
		if c.Kind == "booking.booked/crm" {
			jobs += c.N
		}
	}
	if jobs != int64(acknowledged) {
		t.Errorf("%d jobs follow from %d bookings", jobs, acknowledged)
	}
	now = now.Add(2 * time.Minute)
	if w := ask("GET", "/healthz", ""); strings.TrimSpace(w.Body.String()) != "ok" {
		t.Errorf("/healthz still says %s", w.Body)
	}
	t.Logf("%d acknowledged, %d refused", acknowledged, refused)
}
