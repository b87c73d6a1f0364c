package scheduler_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/quarantine"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/store/storetest"
	"heavyset.tech/platform/internal/waitlist"
	"heavyset.tech/platform/internal/web/page"
	"heavyset.tech/platform/internal/web/scheduler"
	"heavyset.tech/platform/internal/widget"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func clock() time.Time { return time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC) }

// own is the platform's own origin.
const own = "https://book.example"

// pages serves the public pages of the organization "o", whose one service is offered in territories.
func pages(t *testing.T) http.Handler {
	t.Helper()
	h, _, _ := publicPages(t, nil)
	return h
}

// asking is pages whose service asks questions.
func asking(t *testing.T, questions []catalog.Question) http.Handler {
	t.Helper()
	c := north()
	c.Services[0].Questions = questions
	h, _, _ := pagesOf(t, c, nil)
	return h
}

// publicPages gives them with the sites that may frame them, and the organization.
func publicPages(t *testing.T, change func(*scheduler.Pages)) (http.Handler, *widget.Service, org.ID) {
	t.Helper()
	return pagesOf(t, north(), change)
}

// north is a catalog whose one service is offered in a territory.
func north() catalog.Catalog {
	return catalog.Catalog{
		Timezone: "UTC", Territories: []catalog.Territory{{ID: "north", Name: "North", PostalCodes: []string{"606*"}}},
		Services: []catalog.Service{{ID: "s", Name: "Service", DurationMinutes: 60, SlotIntervalMinutes: 60, BookingWindowDays: 60, Assignment: catalog.Priority, Reps: []string{"ann"}}},
		Reps:     []catalog.Rep{{ID: "ann", Name: "Ann", CRMUser: "7", Territories: []string{"north"}, Hours: []catalog.Hours{{Days: []string{"mon", "tue"}, Start: "09:00", End: "17:00"}}}},
	}
}

// pagesOf is publicPages of a catalog.
func pagesOf(t *testing.T, c catalog.Catalog, change func(*scheduler.Pages)) (http.Handler, *widget.Service, org.ID) {
	t.Helper()
	h, sites, o, _ := waitPages(t, c, change)
	return h, sites, o.ID
}

// waitPages gives them with the waiting list, over the store as its directory.
func waitPages(t *testing.T, c catalog.Catalog, change func(*scheduler.Pages)) (http.Handler, *widget.Service, org.Organization, *waitlist.Service) {
	t.Helper()
	s := storetest.Open(t, storetest.URLs(t, "sqlite"), clock, nil)
	o, err := (&org.Service{Store: s, Now: clock}).Create(t.Context(), org.Draft{Slug: "o", Name: "O", Timezone: "UTC"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = (&catalog.Editor{Store: s}).Replace(t.Context(), o.ID, c); err != nil {
		t.Fatal(err)
	}
	e, err := page.NewErrors(func(_ context.Context, err error) { t.Error(err) }, func(context.Context) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	sites := &widget.Service{Store: s, Own: own, Now: clock}
	bookings := booking.New(s, clock)
	keys, err := secret.ParseKeyring("k:" + strings.Repeat("A", 43) + "=")
	if err != nil {
		t.Fatal(err)
	}
	leads := &lead.Service{Store: s, Now: clock}
	gate := quarantine.New(s, bookings, leads, keys, clock)
	gate.Waitlist = &waitlist.Service{
		Store: s, Orgs: s, Bookings: bookings, Leads: leads, Now: clock,
		Quiet: func(context.Context, org.ID, time.Time, *time.Location) (bool, error) { return false, nil },
	}
	p, err := scheduler.New(bookings, gate, s, nil, &notify.Service{Store: s, Now: clock}, sites, e, clock)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(p)
	}
	mux := http.NewServeMux()
	p.Routes(mux)
	return mux, sites, o, gate.Waitlist
}

// TestAZIPCodeThatCannotBeOne leads back to its field, wherever it comes from.
func TestAZIPCodeThatCannotBeOne(t *testing.T) {
	t.Parallel()
	h := pages(t)
	for name, zip := range map[string]string{"too long": strings.Repeat("6", 21), "control characters": "9\x0001"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := url.Values{"service": {"s"}, "zip": {zip}, "start": {"2026-12-01T09:00:00Z"}}
			for _, r := range []*http.Request{
				httptest.NewRequestWithContext(t.Context(), "GET", "/book/o?"+v.Encode(), http.NoBody),
				httptest.NewRequestWithContext(t.Context(), "POST", "/book/o/hold", strings.NewReader(v.Encode())),
			} {
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				if body := w.Body.String(); w.Code != 422 || !strings.Contains(body, `name="zip"`) || !strings.Contains(body, "at most 20 characters") {
					t.Errorf("%s %s: %d %s", r.Method, r.URL, w.Code, body)
				}
			}
			v.Set("last_name", "Doe")
			v.Set("email", "doe@x.example")
			r := httptest.NewRequestWithContext(t.Context(), "POST", "/book/o/enquiry", strings.NewReader(v.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != http.StatusSeeOther {
				t.Errorf("an enquiry has no field for it: %d %s", w.Code, w.Body)
			}
		})
	}
}
