package mirror_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/settings"
)

// shown is an entry of a calendar in the simulator.
type shown struct {
	UID, Title, Description string
	DateAndTime             struct{ Start, End string }
}

// chosen makes Zoho Calendar the source, with a calendar chosen for Ann.
func (w *world) chosen(name string) string {
	w.t.Helper()
	var got struct {
		Calendars []struct{ UID, Name string }
	}
	w.control("PUT", "/_sim/calendars/"+w.me(), fmt.Sprintf(`{"calendars":[{"uid":"default","isdefault":true},{"name":%q}]}`, name), &got)
	uid := ""
	for _, c := range got.Calendars {
		if c.Name == name {
			uid = c.UID
		}
	}
	w.set(func(s *settings.Settings) {
		s.Source, s.Calendars = settings.Calendar, map[string][]string{"ann": {uid}}
	})
	w.round()
	return uid
}

// entries lists what stands in a calendar of the user who authorized.
func (w *world) entries(calendar string) []shown {
	w.t.Helper()
	var got struct {
		Calendars []struct {
			UID    string
			Events []shown
		}
	}
	w.control("GET", "/_sim/calendars/"+w.me(), "", &got)
	for _, c := range got.Calendars {
		if c.UID == calendar {
			return c.Events
		}
	}
	w.t.Fatal("no such calendar")
	return nil
}

// entryAt expects one entry, at an hour of Tuesday in Chicago.
func (w *world) entryAt(calendar string, hour int) shown {
	w.t.Helper()
	list := w.entries(calendar)
	if len(list) != 1 {
		w.t.Fatalf("%d entries: %+v", len(list), list)
	}
	start, err := time.Parse("20060102T150405-0700", strings.Replace(list[0].DateAndTime.Start, "Z", "+0000", 1))
	if err != nil || !start.Equal(tue(hour)) {
		w.t.Fatalf("the entry begins at %s, not at %d: %v", list[0].DateAndTime.Start, hour, err)
	}
	return list[0]
}

func (w *world) moved(b booking.Confirmation, hour int) {
	w.t.Helper()
	if _, err := w.book.Reschedule(w.t.Context(), b.Token.Reveal(), tue(hour), noKey, "visitor"); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) cancelled(b booking.Confirmation) {
	w.t.Helper()
	if _, err := w.book.Cancel(w.t.Context(), b.Token.Reveal(), "", noKey, "visitor"); err != nil {
		w.t.Fatal(err)
	}
}

// later lets two minutes pass and reads everything again.
func (w *world) later() {
	w.t.Helper()
	w.wait(2 * time.Minute)
	w.round()
}

// TestEntryFollows: a booking stands in the rep's calendar too, moves and goes with its appointment, and never blocks itself.
func TestEntryFollows(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			entryFollows(t, newWorldOn(t, engine))
		})
	}
}

func entryFollows(t *testing.T, w *world) {
	t.Helper()
	crew := w.chosen("Crew")
	b := w.booked(10)
	w.push(b)
	first := w.entryAt(crew, 10)
	if first.Title != "Visit by ann – Jo Doe" || !strings.Contains(first.Description, string(b.Appointment.ID)) {
		t.Errorf("%+v", first)
	}
	w.later()
	if s := w.sources(); s["busy:ann"].Records != 1 || s["calendar:ann:"+crew].Records != 1 {
		t.Errorf("nothing is put to the test: %+v", s)
	}
	w.expect("ann", tuesday, without("10"))
	of, err := w.book.Slots(t.Context(), booking.Ask{Scheduler: "o", Service: "ann", From: tuesday, To: tuesday, Reschedule: b.Appointment.ID})
	if err != nil || len(of.Slots()) != 8 {
		t.Errorf("an appointment is in its own way: %d slots, %v", len(of.Slots()), err)
	}

	w.moved(b, 13)
	w.push(b)
	if e := w.entryAt(crew, 13); e.UID != first.UID || !strings.Contains(e.Description, string(b.Appointment.ID)) {
		t.Errorf("made anew, or its text is lost: %+v", e)
	}
	w.later()
	w.expect("ann", tuesday, without("13"))

	// The record in the CRM stays, under another title, and Zoho goes on calling Ann busy.
	w.cancelled(b)
	w.push(b)
	if list := w.entries(crew); len(list) != 0 {
		t.Errorf("%+v", list)
	}
	w.later()
	if s := w.sources(); s["busy:ann"].Records != 1 {
		t.Errorf("nothing is put to the test: %+v", s)
	}
	w.expect("ann", tuesday, allDay)
	w.add("Events", annUser, meeting("13:00", "14:00"))
	w.later()
	w.expect("ann", tuesday, without("13")) // somebody else's, at the very same time
}

// TestEntryOfDispatcher: what a dispatcher does in the CRM reaches the calendar, and what a rep does in the calendar
// takes that time too.
func TestEntryOfDispatcher(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	crew := w.chosen("Crew")
	b := w.booked(10)
	w.push(b)
	w.later()
	var events struct {
		Data []struct {
			ID    string
			Title string `json:"Event_Title"`
		}
	}
	w.control("GET", "/_sim/records/Events", "", &events)
	i := slices.IndexFunc(events.Data, func(e struct {
		ID    string
		Title string `json:"Event_Title"`
	},
	) bool {
		return strings.Contains(e.Title, "Jo Doe")
	})
	w.control("PUT", "/crm/v8/Events/"+events.Data[i].ID, fmt.Sprintf(`{"data":[{"Start_DateTime":"%[1]sT12:00:00-06:00","End_DateTime":"%[1]sT13:00:00-06:00"}]}`, tuesday), nil)
	w.later()
	w.push(b) // as the job of the fact does
	w.entryAt(crew, 12)
	w.later()
	w.expect("ann", tuesday, without("12"))

	e := w.entryAt(crew, 12)
	w.control("PUT", "/_sim/calendars/"+w.me(), fmt.Sprintf(`{"calendars":[{"uid":"default","isdefault":true},{"uid":%q,"events":[{"uid":%q,"title":"x","dateandtime":{"start":"20261201T210000Z","end":"20261201T220000Z"}}]}]}`, crew, e.UID), nil)
	w.later()
	w.expect("ann", tuesday, without("12", "15"))
	w.control("DELETE", "/crm/v8/Events/"+events.Data[i].ID, "", nil)
	w.later()
	w.push(b)
	if list := w.entries(crew); len(list) != 0 {
		t.Errorf("%+v", list)
	}
	w.later()
	w.expect("ann", tuesday, allDay)
}

// TestEntryOnce: an entry whose answer was lost is found again; under another source, or without a chosen calendar, none is
// made, and one that is there goes on following.
func TestEntryOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	crew := w.chosen("Crew")
	w.control("POST", "/_sim/faults", `{"method":"POST","path_prefix":"/api/v1/calendars","when":"after","action":"cut","times":1}`, nil)
	b := w.booked(10)
	if err := w.sync.PushAppointment(t.Context(), w.org.ID, b.Appointment.ID); err == nil {
		t.Fatal("nothing is put to the test")
	}
	w.entryAt(crew, 10)
	w.wait(time.Minute)
	w.push(b)
	w.entryAt(crew, 10)

	w.set(func(s *settings.Settings) { s.Source = settings.AppointmentsOnly })
	w.moved(b, 11)
	w.push(b)
	w.entryAt(crew, 11)
	w.push(w.booked(14))
	w.entryAt(crew, 11)
	w.set(func(s *settings.Settings) { s.Source, s.Calendars = settings.Calendar, nil })
	w.push(w.booked(15))
	w.moved(b, 12) // and out of a calendar that is chosen no longer
	w.push(b)
	if list := w.entries(crew); len(list) != 0 {
		t.Errorf("%+v", list)
	}
}

// TestCalendarCollides: what somebody puts at the time of an appointment is told, our own entries are not.
func TestCalendarCollides(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			calendarCollides(t, newWorldOn(t, engine))
		})
	}
}

func calendarCollides(t *testing.T, w *world) {
	t.Helper()
	w.chosen("Crew")
	w.push(w.booked(10))
	for range 3 {
		w.later()
	}
	open, _, err := w.store.Conflicts(t.Context(), w.org.ID)
	if err != nil || len(open) != 0 {
		t.Fatalf("%+v, %v", open, err)
	}
	w.add("Events", annUser, meeting("10:00", "11:00"))
	w.later()
	if open, _, err = w.store.Conflicts(t.Context(), w.org.ID); err != nil || len(open) != 1 || open[0].Kind != "collision" {
		t.Fatalf("%+v, %v", open, err)
	}
}
