package mirror_test

import (
	"testing"
	"time"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/settings"
)

// stale is a world whose Zoho has been away for longer than its budget of three minutes, with an appointment from before.
func stale(t *testing.T, p settings.StalePolicy) (*world, booking.Confirmation) {
	t.Helper()
	w := newWorld(t)
	w.set(func(s *settings.Settings) { s.Stale = settings.Staleness{Budget: 3 * time.Minute, Policy: p} })
	w.add("Events", annUser, meeting("09:00", "10:00"))
	w.round()
	early := w.booked(16)
	w.push(early)
	w.later()
	w.state(booking.Fresh)
	w.down.Store(true)
	w.later()
	w.state(booking.Fresh) // still within its budget
	w.later()
	w.state(booking.Stale)
	return w, early
}

func (w *world) offer() booking.Offer {
	w.t.Helper()
	of, err := w.book.Slots(w.t.Context(), booking.Ask{Scheduler: "o", Service: "ann", From: tuesday, To: tuesday})
	if err != nil {
		w.t.Fatal(err)
	}
	return of
}

func (w *world) state(want booking.SourceState) {
	w.t.Helper()
	if s := w.offer().Source; s.State != want {
		w.t.Errorf("the source is %+v, want %s", s, want)
	}
}

func (w *world) status(b booking.Confirmation, want booking.Status) {
	w.t.Helper()
	m, err := w.book.ByToken(w.t.Context(), b.Token.Reveal())
	if err != nil || m.Appointment.Status != want {
		w.t.Errorf("the appointment is %s, want %s: %v", m.Appointment.Status, want, err)
	}
}

// back lets Zoho answer again, and everything that waits be written and read.
func (w *world) back(waits ...booking.Confirmation) {
	w.t.Helper()
	w.down.Store(false)
	w.wait(2 * time.Minute)
	for _, b := range waits {
		w.push(b)
	}
	w.round()
}

// told counts the mails that say that a tentative appointment is confirmed.
func (w *world) told() int64 {
	w.t.Helper()
	counts, err := w.store.JobCounts(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	var n int64
	for _, c := range counts {
		if c.Kind == "booking.affirmed/mail" {
			n += c.N
		}
	}
	return n
}

// TestStaleTentative: bookings on trust confirm themselves when Zoho is back; what collides is a person's to settle.
func TestStaleTentative(t *testing.T) {
	t.Parallel()
	w, early := stale(t, settings.StaleTentative)
	w.expect("ann", tuesday, without("09", "16"))
	good, bad := w.booked(11), w.booked(13)
	w.moved(early, 15)
	for _, b := range []booking.Confirmation{good, bad, early} {
		w.status(b, booking.Tentative)
	}
	id := w.add("Events", annUser, meeting("13:30", "14:30")) // the dispatcher's own access goes on
	w.later()                                                 // and nothing is confirmed while Zoho is away
	w.status(good, booking.Tentative)
	w.back(good, bad, early)
	w.state(booking.Fresh)
	w.status(good, booking.Confirmed)
	w.status(early, booking.Confirmed)
	w.status(bad, booking.Tentative)
	if n := w.told(); n != 2 {
		t.Errorf("%d messages that it is confirmed", n)
	}
	open, _, err := w.store.Conflicts(t.Context(), w.org.ID)
	if err != nil || len(open) != 1 || open[0].Kind != "collision" || open[0].Appointment != bad.Appointment.ID || open[0].Record != id {
		t.Fatalf("%+v, %v", open, err)
	}
	w.expect("ann", tuesday, without("09", "11", "13", "14", "15"))

	w.control("DELETE", "/crm/v8/Events/"+id, "", nil)
	w.later()
	w.status(bad, booking.Confirmed)
	if n := w.told(); n != 3 {
		t.Errorf("%d messages that it is confirmed", n)
	}
	w.later()
	if n := w.told(); n != 3 {
		t.Errorf("told again: %d", n)
	}
}

// TestStaleCopy: the last copy is taken for the truth, and what turns out to collide is a conflict.
func TestStaleCopy(t *testing.T) {
	t.Parallel()
	w, early := stale(t, settings.StaleCopy)
	w.expect("ann", tuesday, without("09", "16"))
	b := w.booked(13)
	w.moved(early, 15)
	w.status(b, booking.Confirmed)
	w.status(early, booking.Confirmed)
	w.add("Events", annUser, meeting("13:00", "14:00"))
	w.back(b, early)
	open, _, err := w.store.Conflicts(t.Context(), w.org.ID)
	if err != nil || len(open) != 1 || open[0].Appointment != b.Appointment.ID {
		t.Fatalf("%+v, %v", open, err)
	}
	if w.told() != 0 {
		t.Error("told what was never in doubt")
	}
}

// TestStaleBlock: nothing is offered, held, booked or moved; the reason is said, and an appointment can be cancelled.
func TestStaleBlock(t *testing.T) {
	t.Parallel()
	w, early := stale(t, settings.StaleBlock)
	if of := w.offer(); len(of.Slots()) != 0 || of.View.Reason() != availability.SourceStale {
		t.Errorf("%d slots, %q", len(of.Slots()), of.View.Reason())
	}
	_, held := w.book.Hold(t.Context(), booking.HoldRequest{Scheduler: "o", Service: "ann", Start: tue(11)})
	_, taken := w.book.Book(t.Context(), booking.Request{Scheduler: "o", Service: "ann", Start: tue(11), Contact: lead.Contact{LastName: "Doe", Email: "jo@x.example"}})
	_, moved := w.book.Reschedule(t.Context(), early.Token.Reveal(), tue(15), noKey, "visitor")
	for what, err := range map[string]error{"hold": held, "book": taken, "move": moved} {
		if f := fault.As(err); f == nil || f.Kind != fault.Conflict || f.Code != string(availability.SourceStale) {
			t.Errorf("%s: %v", what, err)
		}
	}
	why, err := w.book.Explain(t.Context(), "o", "ann", "", tue(11))
	if err != nil || why.Offered || why.Reasons[0].Code != availability.SourceStale {
		t.Errorf("%+v, %v", why, err)
	}
	w.cancelled(early)
	w.status(early, booking.Canceled)
	w.back(early)
	w.expect("ann", tuesday, without("09"))
}

// TestStaleCalendar: the same with calendars for the source.
func TestStaleCalendar(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(func(s *settings.Settings) {
		s.Source, s.Stale = settings.Calendar, settings.Staleness{Budget: 3 * time.Minute}
	})
	w.round()
	w.down.Store(true)
	w.wait(4 * time.Minute)
	good, bad := w.booked(11), w.booked(13)
	w.status(good, booking.Tentative)
	w.diary(ann, "", entry("doctor", "20261201T193000Z", "20261201T203000Z")) // 13:30
	w.back(good, bad)
	w.status(good, booking.Confirmed)
	w.status(bad, booking.Tentative)
	open, _, err := w.store.Conflicts(t.Context(), w.org.ID)
	if err != nil || len(open) != 1 || open[0].Appointment != bad.Appointment.ID || open[0].Module != "busy:ann" {
		t.Fatalf("%+v, %v", open, err)
	}
}

// TestARequestWaitsForAPerson: a look into Zoho that finds nothing against it is no answer.
func TestARequestWaitsForAPerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, _, err := (&catalog.Editor{Store: w.store}).Edit(t.Context(), w.org.ID, func(c catalog.Catalog) (catalog.Catalog, error) {
		sv, _ := c.Service("ann")
		sv.Confirmation = catalog.ByRequest
		return c.WithService(sv), nil
	}); err != nil {
		t.Fatal(err)
	}
	w.round()
	b := w.booked(11)
	w.push(b)
	w.later()
	w.later()
	w.status(b, booking.Tentative)
	if n := w.told(); n != 0 {
		t.Errorf("%d messages that it is confirmed", n)
	}
	if _, err := w.book.Confirm(t.Context(), w.org.ID, b.Appointment.ID, 1, "Ann"); err != nil {
		t.Fatal(err)
	}
	w.push(b)
	w.later()
	w.status(b, booking.Confirmed)
}
