package store_test

import (
	"slices"
	"testing"
	"time"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/insight"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
)

// served gives an organization one service by one rep, north of nowhere else, nine to five.
func served(t *testing.T, s *store.Store, slug string) org.ID {
	t.Helper()
	o := organization(t, s, slug)
	_, err := (&catalog.Editor{Store: s}).Replace(t.Context(), o.ID, catalog.Catalog{
		Timezone: "UTC", Territories: []catalog.Territory{{ID: "north", Name: "North", PostalCodes: []string{"606*"}}},
		Services: []catalog.Service{{ID: "s", Name: "Service", DurationMinutes: 60, SlotIntervalMinutes: 60, BookingWindowDays: 30, Assignment: catalog.Priority, Reps: []string{"ann"}}},
		Reps:     []catalog.Rep{{ID: "ann", Name: "Ann", Territories: []string{"north"}, Hours: []catalog.Hours{{Days: []string{"mon", "tue", "wed", "thu", "fri"}, Start: "09:00", End: "17:00"}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return o.ID
}

func counts(t *testing.T, s *store.Store, o org.ID, now time.Time) (steps []int, lost map[availability.Code]int) {
	t.Helper()
	list, err := s.CountVisits(t.Context(), o, now.AddDate(0, 0, -100), now.AddDate(0, 0, 1))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range insight.FunnelOf(list, nil) {
		steps = append(steps, f.Now)
	}
	lost = map[availability.Code]int{}
	for _, r := range insight.LostOf(list, nil) {
		if r.Now > 0 {
			lost[r.Rule] = r.Now
		}
	}
	return steps, lost
}

// TestVisitsAreCounted: two nodes tell of the same visits in any order, and each counts once, with availability's reasons.
func TestVisitsAreCounted(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		now := monday
		b := booking.New(s, func() time.Time { return now })
		one, two := insight.NewRecorder(s, b, func() time.Time { return now }), insight.NewRecorder(s, b, func() time.Time { return now })
		o, other := served(t, s, "visited"), served(t, s, "quiet")
		flush := func() {
			t.Helper()
			if err := two.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := one.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		day := availability.DateOf(now, time.UTC)
		ask := func(zip string, none bool) *insight.Question {
			return &insight.Question{Ask: booking.Ask{Scheduler: "visited", Service: "s", PostalCode: zip, From: day.String(), To: day.AddDays(13).String(), Timezone: "UTC"}, None: none}
		}
		books, strays, writes, spam := one.Visit(""), one.Visit(""), one.Visit(""), one.Visit("")
		one.Tell(o, insight.Visit{ID: books, Step: insight.Viewed}, nil)
		two.Tell(o, insight.Visit{ID: books, Step: insight.Area}, ask("60601", false))
		one.Tell(o, insight.Visit{ID: strays, Step: insight.Area}, ask("99999", true))
		one.Tell(o, insight.Visit{ID: writes, Step: insight.Area}, ask("60601", false))
		two.Tell(o, insight.Visit{ID: writes, Step: insight.Viewed, Enquiry: true}, nil)
		two.Tell(o, insight.Visit{ID: spam, Step: insight.Details, Spam: true}, nil)
		one.Tell(o, insight.Visit{ID: spam, Step: insight.Details}, nil)
		one.Tell(o, insight.Visit{ID: "v_forged", Step: insight.Booked}, nil)
		one.Tell(o, insight.Visit{ID: insight.VisitID(id.New("v", now.Add(-24*time.Hour))), Step: insight.Booked}, nil)
		flush()
		steps, lost := counts(t, s, o, now)
		if !slices.Equal(steps, []int{3, 3, 0, 0, 0, 0}) || len(lost) != 2 || lost[availability.OutOfTerritory] != 1 || lost[insight.NoneFits] != 1 {
			t.Errorf("%v %v", steps, lost)
		}

		done, err := b.Book(t.Context(), booking.Request{Scheduler: "visited", Service: "s", Start: time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC), Contact: lead.Contact{LastName: "Doe", Email: "doe@x.example", PostalCode: "60601"}, Actor: "visitor"})
		if err != nil {
			t.Fatal(err)
		}
		two.Tell(o, insight.Visit{ID: books, Step: insight.Booked, Appointment: done.Appointment.ID}, nil)
		now = now.Add(time.Minute)
		one.Tell(o, insight.Visit{ID: strays, Step: insight.Slot}, ask("60601", false)) // another ZIP code had times
		flush()
		steps, lost = counts(t, s, o, now)
		if !slices.Equal(steps, []int{3, 3, 2, 1, 1, 0}) || lost[availability.OutOfTerritory] != 0 {
			t.Errorf("%v %v", steps, lost)
		}
		asked, err := s.AskedVisits(t.Context(), o, now.Add(-time.Hour), now.Add(time.Hour), 2)
		if err != nil || len(asked) != 2 {
			t.Fatalf("%+v (%v)", asked, err)
		}
		all, err := s.AskedVisits(t.Context(), o, now.Add(-time.Hour), now.Add(time.Hour), 100)
		if err != nil || len(all) != 3 {
			t.Fatalf("%+v (%v)", all, err)
		}
		i := slices.IndexFunc(all, func(a insight.Asked) bool { return a.Visit == books })
		if a := all[i]; a.Appointment != done.Appointment.ID || a.PostalCode != "60601" || a.From != day || a.To != day.AddDays(13) || a.Lost.Rule != "" {
			t.Errorf("%+v", a)
		}
		if steps, _ := counts(t, s, other, now); slices.Max(steps) != 0 {
			t.Errorf("another organization has %v", steps)
		}
	})
}

// TestOldVisitsBecomeCounts: after their time the single visits are gone and their numbers are as before; the appointment
// that took place is counted as such.
func TestOldVisitsBecomeCounts(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		o := served(t, s, "old")
		now := monday
		b := booking.New(s, func() time.Time { return now })
		done, err := b.Book(t.Context(), booking.Request{Scheduler: "old", Service: "s", Start: time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC), Contact: lead.Contact{LastName: "Doe", Email: "doe@x.example", PostalCode: "60601"}, Actor: "visitor"})
		if err != nil {
			t.Fatal(err)
		}
		now = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
		if _, err := b.SetOutcome(t.Context(), o, done.Appointment.ID, booking.Completed, 1, "x"); err != nil {
			t.Fatal(err)
		}
		visit := func(name string, step insight.Step, lost insight.Loss, a booking.AppointmentID) insight.Visit {
			return insight.Visit{ID: insight.VisitID(name), Started: monday, Seen: monday, Step: step, Appointment: a, Answer: insight.Answer{At: monday, Service: "s", Lost: lost}}
		}
		err = s.KeepVisits(t.Context(), o, []insight.Visit{
			visit("v_1", insight.Booked, insight.Loss{}, done.Appointment.ID), visit("v_2", insight.Area, insight.ParseLoss("TERRITORY", "HOLIDAY"), ""), visit("v_3", insight.Viewed, insight.Loss{}, ""),
		})
		if err != nil {
			t.Fatal(err)
		}
		steps, lost := counts(t, s, o, now)
		if !slices.Equal(steps, []int{3, 2, 1, 1, 1, 1}) || lost[availability.OutOfTerritory] != 1 {
			t.Fatalf("%v %v", steps, lost)
		}
		for _, at := range []time.Time{monday.Add(insight.KeepVisits - time.Hour), monday.Add(insight.KeepVisits + 24*time.Hour), monday.Add(insight.KeepVisits + 48*time.Hour)} {
			if err := s.Sweep(t.Context(), at); err != nil {
				t.Fatal(err)
			}
			if again, l := counts(t, s, o, now); !slices.Equal(again, steps) || l[availability.OutOfTerritory] != 1 {
				t.Errorf("%s: %v %v", at, again, l)
			}
		}
		if left, err := s.AskedVisits(t.Context(), o, monday, now, 9); err != nil || len(left) != 0 {
			t.Errorf("still there: %+v (%v)", left, err)
		}
		if err := s.Sweep(t.Context(), monday.Add(insight.KeepDays+48*time.Hour)); err != nil {
			t.Fatal(err)
		}
		if again, _ := counts(t, s, o, now); slices.Max(again) != 0 {
			t.Errorf("kept for ever: %v", again)
		}
	})
}
