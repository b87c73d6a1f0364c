package admin_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/fault"
)

// state reads an appointment.
func (w *world) state(id booking.AppointmentID) booking.Appointment {
	w.t.Helper()
	a, err := w.store.Appointment(w.t.Context(), w.ridge.ID, id)
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

// send presses a button of the first form that a selector finds.
func (b *browser) send(page answer, form, button string) answer {
	b.w.t.Helper()
	f := page.Find(form).First()
	var kv []string
	for _, i := range f.Find("input[name]").EachIter() {
		if kind := i.AttrOr("type", ""); kind == "radio" || kind == "checkbox" {
			if _, on := i.Attr("checked"); !on {
				continue
			}
		}
		kv = append(kv, i.AttrOr("name", ""), i.AttrOr("value", ""))
	}
	for _, s := range f.Find("select[name]").EachIter() {
		o := s.Find("option[selected]")
		if o.Length() == 0 {
			o = s.Find("option")
		}
		kv = append(kv, s.AttrOr("name", ""), o.First().AttrOr("value", ""))
	}
	press := f.Find("button").FilterFunction(func(_ int, s *goquery.Selection) bool { return strings.HasPrefix(strings.TrimSpace(s.Text()), button) }).First()
	if f.Length() == 0 || press.Length() == 0 {
		b.w.t.Fatalf("there is no %s with %q", form, button)
	}
	if name := press.AttrOr("name", ""); name != "" {
		kv = append(kv, name, press.AttrOr("value", ""))
	}
	return b.post(f.AttrOr("action", ""), kv...)
}

func TestOutcomeInOneClick(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	a := w.book(at(2, 10, 0), jo, nil)
	b := w.as("member@ridge.example")
	list, page := "/admin/orgs/ridge/appointments?when=all", "/admin/orgs/ridge/appointments/"+string(a.ID)
	if b.get(list).count("form[action$=outcome]") != 0 || b.get(page).count("form[action$=outcome]") != 0 {
		t.Error("the outcome of a visit that has not begun is asked for")
	}
	w.clock.set(at(2, 10, 5))
	done := b.send(b.get(list), "form[action$=outcome]", "No-show")
	if done.code != http.StatusSeeOther || done.location != list || w.state(a.ID).Status != booking.NoShow || w.state(a.ID).Revision != 2 {
		t.Fatalf("%d %s: %+v", done.code, done.location, w.state(a.ID))
	}
	again := b.get(list)
	again.has(t, "[role=status]", "Jo Doe: nobody was there.")
	again.has(t, "tbody .pill", "No-show")
	back := b.send(again, "[role=status] form", "Undo")
	if back.location != list || w.state(a.ID).Status != booking.Confirmed || b.get(list).count("[role=status] form") != 0 {
		t.Fatalf("%s: %+v", back.location, w.state(a.ID))
	}
	b.send(b.get(page), "form[action$=outcome]", "Completed")
	if w.state(a.ID).Status != booking.Completed {
		t.Fatalf("%+v", w.state(a.ID))
	}
	b.send(b.get(page), "details form[action$=outcome]", "It was a no-show")
	got := b.get(page)
	got.sound(t, "the appointment")
	got.has(t, "main .title .pill", "No-show")
	for _, want := range []string{"Completed by Mia Member", "Marked as a no-show by Mia Member", "Opened again by Mia Member"} {
		if !strings.Contains(got.text(".timeline"), want) {
			t.Errorf("the timeline lacks %q: %s", want, got.text(".timeline"))
		}
	}
	events := strings.Join(w.events(w.ridge.ID), "\n")
	for _, want := range []string{"Outcome set", "confirmed → no-show", "no-show → confirmed"} {
		if !strings.Contains(events, want) {
			t.Errorf("the audit lacks %q: %s", want, events)
		}
	}
}

func TestOutcomesThatAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	a := w.book(at(2, 10, 0), jo, nil)
	set := func(to booking.Status, revision int64) error {
		_, err := w.bookings.SetOutcome(t.Context(), w.ridge.ID, a.ID, to, revision, "Rae")
		return err
	}
	if err := set(booking.Completed, 1); !fault.Is(err, fault.Conflict) {
		t.Errorf("before it begins: %v", err)
	}
	w.clock.set(at(2, 10, 0))
	if err := set(booking.Canceled, 1); !fault.Is(err, fault.Invalid) {
		t.Errorf("a cancellation is no outcome: %v", err)
	}
	if err := set(booking.Completed, 1); err != nil {
		t.Error(err)
	}
	if err := set(booking.Completed, 1); err != nil || w.state(a.ID).Revision != 2 {
		t.Errorf("what is so already: %v, %+v", err, w.state(a.ID))
	}
	if err := set(booking.NoShow, 1); !fault.Is(err, fault.Conflict) || w.state(a.ID).Status != booking.Completed {
		t.Errorf("of an old state: %v", err)
	}
	if _, err := w.bookings.SetOutcome(t.Context(), w.blue.ID, a.ID, booking.NoShow, 2, "Bo"); !fault.Is(err, fault.NotFound) {
		t.Errorf("another's: %v", err)
	}
	b := w.as("member@ridge.example")
	b.post("/admin/orgs/ridge/appointments/"+string(a.ID)+"/outcome", "status", "no_show", "revision", "1", "next", "https://evil.example/")
	b.get("/admin/orgs/ridge/appointments").has(t, "[role=alert]", "Somebody has changed this appointment meanwhile.")
	late := w.book(at(9, 10, 0), jo, nil)
	w.clock.set(at(9, 10, 0).Add(time.Hour))
	if got := b.post("/admin/orgs/ridge/appointments/"+string(late.ID)+"/outcome", "status", "completed", "revision", "1", "next", "//evil.example"); got.location != "/admin/orgs/ridge/appointments/"+string(late.ID) {
		t.Errorf("leads to %s", got.location)
	}
}
