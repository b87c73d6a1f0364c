package mirror_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/lead"
)

// spent is what the simulated Zoho has counted.
func (w *house) spent() int {
	w.t.Helper()
	res, err := http.Get(w.server.URL + "/_sim/stats")
	w.must(err)
	defer func() { _ = res.Body.Close() }()
	var s struct{ Credits int }
	w.must(json.NewDecoder(res.Body).Decode(&s))
	return s.Credits
}

// mostOfAQuietDay is what a day may cost in which nothing happens.
const mostOfAQuietDay = 1_500

// TestAQuietDay: a day of polling with two hundred coming appointments, and some meetings beside, costs little, and all of it is counted.
func TestAQuietDay(t *testing.T) {
	t.Parallel()
	w := newHouse(t, "sqlite")
	n := 0
	for day := 1; n < 200; day++ {
		if wd := on(day, 8).Weekday(); wd == time.Saturday || wd == time.Sunday {
			continue
		}
		for hour := 8; hour < 18 && n < 200; hour++ {
			b, err := w.book.Book(t.Context(), booking.Request{
				Scheduler: "o", Service: "s", Start: on(day, hour), Contact: lead.Contact{FirstName: "Jo", LastName: fmt.Sprintf("Visitor%d", n), Email: fmt.Sprintf("v%d@x.example", n)},
			})
			w.must(err)
			w.must(w.sync.PushAppointment(t.Context(), w.org.ID, b.Appointment.ID))
			n++
		}
	}
	for i := range 40 { // and others' meetings of the days that are copied
		values := hour(on(30, 8).Add(time.Duration(i) * time.Hour))
		values["Event_Title"], values["Owner"] = "Meeting", crm.Ref{ID: annUser}
		_, err := w.zoho.Create(t.Context(), "Events", values)
		w.must(err)
	}
	w.round()
	w.must(w.guardian.Flush(t.Context()))
	before, counted := w.spent(), w.counted()
	const rounds = 24 * 60 / 2 // the default interval
	for range rounds {
		w.round()
		w.must(w.mirror.Watch(t.Context(), w.org.ID, w.config))
	}
	w.must(w.guardian.Flush(t.Context()))
	cost := w.spent() - before
	t.Logf("%d credits", cost)
	if cost > mostOfAQuietDay || cost < rounds {
		t.Errorf("a quiet day costs %d credits, want at most %d, and no less than one a round", cost, mostOfAQuietDay)
	}
	if got := w.counted() - counted; got != cost {
		t.Errorf("we counted %d credits, Zoho %d", got, cost)
	}
}

// counted is what the ledger has stored.
func (w *house) counted() int {
	w.t.Helper()
	list, err := w.store.Usage(w.t.Context(), w.org.ID, w.config, time.Time{})
	w.must(err)
	n := 0
	for _, u := range list {
		if u.Purpose == connection.ForPolling || u.Purpose == connection.ForChannels {
			n += u.Credits
		}
	}
	return n
}
