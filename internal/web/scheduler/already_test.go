package scheduler_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/store"
)

// TestNobodyBooksAVisitTwice: whoever sends the form again after booking is led to the appointment that they have, however
// many forms come at once; who only knows their name and address is told so without the link, and a namesake's household books.
func TestNobodyBooksAVisitTwice(t *testing.T) {
	t.Parallel()
	c := north()
	for _, id := range []string{"bob", "cyd"} {
		rep := c.Reps[0]
		rep.ID, rep.Name, rep.CRMUser = id, id, ""
		c.Reps, c.Services[0].Reps = append(c.Reps, rep), append(c.Services[0].Reps, id)
	}
	c.Services[0].Assignment = catalog.Priority
	h, _, o, list := waitPages(t, c, nil)
	s := list.Store.(*store.Store)
	held := post(t, h, "/book/o/hold", "service", "s", "zip", "60601", "start", "2026-12-01T09:00:00Z").Header().Get("Location")
	u, err := url.Parse(held)
	if err != nil || u.Query().Get("hold") == "" {
		t.Fatal(held, err)
	}
	const keeps = "We keep this time for you"
	if !strings.Contains(ask(t, h, held).Body.String(), keeps) {
		t.Error("the page does not say that the time is kept")
	}
	form := func(hold, last, notes string) []string {
		return []string{"service", "s", "zip", "60601", "start", "2026-12-01T09:00:00Z", "hold", hold, "last_name", last, "email", "Cora@x.example", "key", "k", "notes", notes}
	}
	hold := u.Query().Get("hold")
	mine, _, _ := strings.Cut(post(t, h, "/book/o/details", form(hold, "Diaz", "")...).Header().Get("Location"), "?")
	if !strings.HasPrefix(mine, "/appointments/") {
		t.Fatal(mine)
	}
	if strings.Contains(ask(t, h, held).Body.String(), keeps) {
		t.Error("Back says that the time is kept, which is booked")
	}
	if w := post(t, h, "/book/o/details", form("", "Evans", "")...); !strings.HasPrefix(w.Header().Get("Location"), "/appointments/") {
		t.Errorf("another name at the same address: %d %s", w.Code, w.Header().Get("Location"))
	}
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			w := post(t, h, "/book/o/details", form(hold, "diaz", "a dog")...)
			if to := w.Header().Get("Location"); w.Code != http.StatusSeeOther || to != mine+"?had=1" {
				t.Errorf("the form again: %d %s", w.Code, to)
			}
		})
	}
	all.Wait()
	if text := ask(t, h, mine+"?had=1&lang=de").Body.String(); !strings.Contains(text, "Sie haben diese Zeit schon gebucht.") {
		t.Error("the page does not say why it is shown")
	}
	stranger := post(t, h, "/book/o/details", form("", "Diaz", "")...)
	if text := stranger.Body.String(); stranger.Code != http.StatusUnprocessableEntity || !strings.Contains(text, "You have booked this time already.") || strings.Contains(text, "/appointments/") {
		t.Errorf("without the hold: %d %s", stranger.Code, stranger.Header().Get("Location"))
	}
	if n, _, err := s.Appointments(t.Context(), o.ID, booking.Filter{}); err != nil || len(n) != 2 {
		t.Errorf("%d appointments, want 2 (%v)", len(n), err)
	}
}
