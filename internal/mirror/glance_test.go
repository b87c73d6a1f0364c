package mirror_test

import (
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/mirror"
	"heavyset.tech/platform/internal/settings"
)

// spent is what the simulated Zoho has counted.
func (w *world) spent() int {
	w.t.Helper()
	var s struct{ Credits int }
	w.control("GET", "/_sim/stats", "", &s)
	return s.Credits
}

// queries counts the COQL queries that Zoho has answered.
func (w *world) queries() int {
	w.t.Helper()
	var s struct{ Calls map[string]int }
	w.control("GET", "/_sim/stats", "", &s)
	return s.Calls["POST /crm/v8/coql"]
}

// open gives the open conflicts.
func (w *world) open() []mirror.Conflict {
	w.t.Helper()
	open, _, err := w.store.Conflicts(w.t.Context(), w.org.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return open
}

// records counts the records that Zoho has of a module.
func (w *world) records(module string) int {
	w.t.Helper()
	var got struct{ Data []any }
	w.control("GET", "/_sim/records/"+module, "", &got)
	return len(got.Data)
}

// clash pushes a booking and wants one conflict with a record of a source; it is asked about once, and the visitor is told.
func (w *world) clash(b booking.Confirmation, source string) mirror.Conflict {
	w.t.Helper()
	w.push(b)
	w.push(b)
	open := w.open()
	if len(open) != 1 || open[0].Kind != mirror.Collision || open[0].Appointment != b.Appointment.ID || open[0].Module != source {
		w.t.Fatalf("the open conflicts are %+v", open)
	}
	w.status(b, booking.Tentative)
	return open[0]
}

// clean pushes a booking that nothing is in the way of.
func (w *world) clean(b booking.Confirmation) {
	w.t.Helper()
	w.push(b)
	if open := w.open(); len(open) != 0 {
		w.t.Fatalf("%+v", open)
	}
	w.status(b, booking.Confirmed)
}

// TestCheckedBeforeWriting: what somebody put into Zoho a second before a booking is written, of which no notification tells, is
// a conflict at once. The visit is in Zoho all the same, and the visitor hears how it ends.
func TestCheckedBeforeWriting(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			w := newWorldOn(t, engine)
			w.round()
			w.clean(w.booked(9))
			b := w.booked(13)
			before := w.records("Events")
			id := w.add("Events", annUser, meeting("13:30", "14:30"))
			w.wait(time.Second)
			k := w.clash(b, "Events")
			if k.Record != id || w.records("Events") != before+2 {
				t.Errorf("%+v, %d events", k, w.records("Events")-before)
			}
			w.expect("ann", tuesday, without("09", "13", "14"))
			w.later() // and a round finds nothing else to ask
			w.later()
			if open := w.open(); len(open) != 1 || open[0].ID != k.ID {
				t.Errorf("%+v", open)
			}
			w.status(b, booking.Tentative)
			if err := w.mirror.Settle(t.Context(), w.org.ID, k.ID, mirror.Kept, "Dora"); err != nil {
				t.Fatal(err)
			}
			w.later()
			w.status(b, booking.Confirmed)
			w.push(b)
			w.later()
			if open := w.open(); len(open) != 0 {
				t.Errorf("asked again: %+v", open)
			}
		})
	}
}

// TestMovedIntoSomething: another time is checked like a first one; a cancellation asks nothing.
func TestMovedIntoSomething(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := reps()
	c.Services[0].SlotIntervalMinutes = 30
	if _, err := (&catalog.Editor{Store: w.store}).Replace(t.Context(), w.org.ID, c); err != nil {
		t.Fatal(err)
	}
	w.round()
	b := w.booked(9)
	w.clean(b)
	move := func(to time.Time) {
		t.Helper()
		if _, err := w.book.Reschedule(t.Context(), b.Token.Reveal(), to, noKey, "visitor"); err != nil {
			t.Fatal(err)
		}
	}
	move(tue(9).Add(30 * time.Minute)) // its own record is in its way there
	w.clean(b)
	move(tue(14))
	w.add("Events", annUser, meeting("14:00", "15:00"))
	w.clash(b, "Events")
	w.cancelled(b)
	before := w.queries()
	w.push(b)
	if got := w.queries() - before; got != 0 {
		t.Errorf("a cancellation asks %d times", got)
	}
}

// TestWhatIsInTheWay: by the Slot Availability Source, as for the slots.
func TestWhatIsInTheWay(t *testing.T) {
	t.Parallel()
	visit := map[string]any{"Name": "Visit", "Stage": "Planned", "Begins": tuesday + "T13:00:00-06:00", "Ends": tuesday + "T14:00:00-06:00"}
	day := map[string]any{"All_day": true, "Start_DateTime": tuesday + "T00:00:00-06:00", "End_DateTime": tuesday + "T23:59:00-06:00"}
	for _, c := range []struct {
		name, module, owner string
		fields              map[string]any
		custom              bool
		source              settings.Source
		clash               bool
	}{
		{"a meeting that only touches", "Events", annUser, meeting("12:00", "13:00"), false, settings.AppointmentsOnly, false},
		{"somebody else's", "Events", boUser, meeting("13:00", "14:00"), false, settings.AppointmentsOnly, false},
		{"called off by its title", "Events", annUser, meeting("13:00", "14:00", map[string]any{"Event_Title": "Cancelled: Meeting"}), false, settings.AppointmentsOnly, false},
		{"all day", "Events", annUser, meeting("00:00", "23:59", day), false, settings.AppointmentsOnly, true},
		{"many days", "Events", annUser, meeting("10:00", "11:00", map[string]any{"Start_DateTime": "2026-11-25T10:00:00-06:00", "End_DateTime": "2026-12-04T10:00:00-06:00"}), false, settings.AppointmentsOnly, true},
		{"a visit of the client's own module", "Visits", annUser, visit, true, settings.AppointmentsOnly, true},
		{"a meeting that is not counted", "Events", annUser, meeting("13:00", "14:00"), true, settings.AppointmentsOnly, false},
		{"a meeting beside visits", "Events", annUser, meeting("13:00", "14:00"), true, settings.AppointmentsAndEvents, true},
		{"a meeting that Zoho shows in the calendar", "Events", annUser, meeting("13:00", "14:00"), false, settings.Calendar, true},
		{"nothing in the calendar", "Events", boUser, meeting("13:00", "14:00"), false, settings.Calendar, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.control("PUT", "/_sim/modules/Visits", visitsModule, nil)
			if c.custom {
				w.set(visits(false))
			}
			w.set(func(s *settings.Settings) { s.Source = c.source })
			w.round()
			b := w.booked(13)
			id := w.add(c.module, c.owner, c.fields)
			if !c.clash {
				w.clean(b)
				return
			}
			source := c.module
			if c.source == settings.Calendar {
				source = "busy:ann"
			}
			k := w.clash(b, source)
			w.later()
			if open := w.open(); len(open) != 1 || open[0].ID != k.ID {
				t.Errorf("%+v", open)
			}
			w.control("DELETE", "/crm/v8/"+c.module+"/"+id, "", nil)
			w.later()
			w.later()
			if open := w.open(); len(open) != 0 {
				t.Errorf("it has gone, and still %+v", open)
			}
			w.status(b, booking.Confirmed)
		})
	}
}

// TestCheckedInCalendars: with calendars for the source the rep's free and busy times and chosen calendars are asked; our own
// entries there are in nobody's way, and times that are not shared keep nothing from being written.
func TestCheckedInCalendars(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	crew := w.diary(ann, "")
	w.set(func(s *settings.Settings) {
		s.Source, s.Calendars = settings.Calendar, map[string][]string{"ann": {crew}}
	})
	w.round()
	a := w.booked(9)
	w.clean(a)
	w.moved(a, 10) // at once, before the copy knows of the entry
	w.clean(a)
	w.later()
	w.moved(a, 11)
	w.clean(a)
	b := w.booked(13)
	w.diary(ann, `"fb_not_enabled":true,`)
	w.clean(b)
}

// TestKnownBefore: what the copy had when somebody booked all the same is no news to the visitor.
func TestKnownBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.add("Events", annUser, meeting("13:00", "14:00"))
	w.wait(time.Hour)
	w.round()
	b := w.booked(15)
	w.push(b)
	w.wait(time.Hour)
	a, err := w.store.Appointment(t.Context(), w.org.ID, b.Appointment.ID)
	if err != nil {
		t.Fatal(err)
	}
	a.Start, a.End = tue(13), tue(14)
	rows, err := w.store.Rows(t.Context(), w.org.ID, w.conn, "Events")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if x := (mirror.Obstacle{Source: "Events", Row: row}); row.Start.Equal(tue(13)) && (x.News(a, &row) || !x.News(a, nil)) {
			t.Errorf("%+v", row)
		}
	}
}

// TestCostOfTheCheck: one credit, for a first time and for another one.
func TestCostOfTheCheck(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.round()
	cost := func(look bool, hour int) int {
		t.Helper()
		w.sync.Lookout = nil
		if look {
			w.sync.Lookout = w.mirror
		}
		b := w.booked(hour)
		before := w.spent()
		w.push(b)
		return w.spent() - before
	}
	cost(true, 9) // Jo is known from here on
	if with, without := cost(true, 10), cost(false, 11); with != without+1 {
		t.Errorf("%d credits with it, %d without", with, without)
	}
}

// TestEchoOfANewRecord: that our own record was made tells nothing, so it is not read; that it was changed, or that somebody else's
// was made, is.
func TestEchoOfANewRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.round()
	b := w.booked(9)
	w.push(b)
	views, err := w.store.AppointmentViews(t.Context(), w.org.ID, []booking.AppointmentID{b.Appointment.ID})
	if err != nil {
		t.Fatal(err)
	}
	own := ""
	for _, l := range views[b.Appointment.ID].Records {
		if l.Module == "Events" {
			own = l.Record
		}
	}
	catch := func(made bool, id string) int {
		t.Helper()
		tell := w.store.Notice
		if made {
			tell = w.store.NoticeMade
		}
		if err := tell(t.Context(), w.org.ID, w.conn, "", "Events", []string{id}, w.clock()); err != nil {
			t.Fatal(err)
		}
		before := w.spent()
		if err := w.mirror.Catch(t.Context(), w.org.ID, w.conn); err != nil {
			t.Fatal(err)
		}
		return w.spent() - before
	}
	other := w.add("Events", annUser, meeting("13:00", "14:00"))
	if own, other := catch(true, own), catch(true, other); own != 0 || other != 1 {
		t.Errorf("%d credits for our own record, %d for another's", own, other)
	}
	if err := w.store.Notice(t.Context(), w.org.ID, w.conn, "", "Events", []string{own}, w.clock()); err != nil {
		t.Fatal(err)
	}
	if n := catch(true, own); n != 1 { // it was changed too, whichever was told first
		t.Errorf("%d credits for our own record, which was changed", n)
	}
	w.expect("ann", tuesday, without("09", "13"))
}
