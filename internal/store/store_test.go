package store_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/job"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// monday is a Monday morning in Chicago, seen from UTC.
var monday = time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)

func clock() time.Time { return monday }

// sample is a catalog of two reps and one service.
func sample() catalog.Catalog {
	hours := []catalog.Hours{{Days: []string{"mon", "tue", "wed", "thu", "fri"}, Start: "09:00", End: "17:00"}}
	return catalog.Catalog{
		Timezone: "America/Chicago", Holidays: []string{"2026-12-25"},
		Territories: []catalog.Territory{{ID: "north", Name: "North", PostalCodes: []string{"606*"}}},
		Services: []catalog.Service{{
			ID: "inspection", Name: "Inspection", DurationMinutes: 60, SlotIntervalMinutes: 30, BufferAfterMinutes: 30, BookingWindowDays: 60,
			BusinessNoticeMinutes: 1, CapacityPerSlot: 9, ArrivalWindowMinutes: 120, Assignment: catalog.RoundRobin, Reps: []string{"ann", "ben"},
		}},
		Reps: []catalog.Rep{
			{ID: "ann", Name: "Ann", CRMUser: "1", Weight: 2, Territories: []string{"north"}, Hours: hours, Overrides: []catalog.Override{{Date: "2026-12-24", Hours: []catalog.Span{{Start: "09:00", End: "12:00"}}}}},
			{ID: "ben", Name: "Ben", CRMUser: "2", Territories: []string{"north"}, Hours: hours},
		},
	}
}

// organization makes one with the sample catalog.
func organization(t *testing.T, s *store.Store, slug string) org.Organization {
	t.Helper()
	o, err := (&org.Service{Store: s, Now: clock}).Create(t.Context(), org.Draft{Slug: slug, Name: "Org " + slug, Timezone: "America/Chicago"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (&catalog.Editor{Store: s}).Replace(t.Context(), o.ID, sample()); err != nil {
		t.Fatal(err)
	}
	return o
}

func request(slug string, start time.Time) booking.Request {
	return booking.Request{
		Scheduler: slug, Service: "inspection", Start: start,
		Contact: lead.Contact{FirstName: "Jo", LastName: "Doe", Email: "Jo@Example.com", Phone: "312 555 0100", PostalCode: "60601"},
	}
}

func TestCatalogRoundTrip(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		o := organization(t, s, "ridge")
		got, err := s.Catalog(t.Context(), o.ID)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(sample(), got); d != "" {
			t.Errorf("the catalog came back otherwise (-want +got):\n%s", d)
		}
		// left out: archived, still named; brought back: as new
		smaller := sample()
		smaller.Reps, smaller.Services[0].Reps = smaller.Reps[:1], []string{"ann"}
		if _, err := (&catalog.Editor{Store: s}).Replace(t.Context(), o.ID, smaller); err != nil {
			t.Fatal(err)
		}
		got, _ = s.Catalog(t.Context(), o.ID)
		if ben, ok := got.Rep("ben"); !ok || !ben.Archived || ben.Name != "Ben" {
			t.Errorf("a rep who was left out must be archived, got %+v %v", ben, ok)
		}
		if d := cmp.Diff(smaller, got.Document()); d != "" {
			t.Errorf("the document shows what is archived (-want +got):\n%s", d)
		}
	})
}

func TestBookingIsDurableWithItsJobs(t *testing.T) {
	t.Parallel()
	var jobs job.Table
	job.On(&jobs, "booking.booked", "mail", job.Options{}, func(context.Context, booking.Booked) error { return nil })
	job.On(&jobs, "booking.booked", "crm", job.Options{}, func(context.Context, booking.Booked) error { return nil })
	job.On(&jobs, "booking.cancelled", "mail", job.Options{}, func(context.Context, booking.Cancelled) error { return nil })
	storetest.Each(t, clock, &jobs, func(t *testing.T, s *store.Store) {
		organization(t, s, "ridge")
		b := booking.New(s, clock)
		start := time.Date(2026, 12, 1, 15, 0, 0, 0, time.UTC)
		c, err := b.Book(t.Context(), request("ridge", start))
		if err != nil {
			t.Fatal(err)
		}
		m, err := b.ByToken(t.Context(), c.Token.Reveal())
		if err != nil {
			t.Fatal(err)
		}
		a := m.Appointment
		if a.ID != c.Appointment.ID || !a.Start.Equal(start) || a.Status != booking.Confirmed || a.Contact.Email != "jo@example.com" || a.Contact.Phone != "+13125550100" {
			t.Errorf("read back %+v", a)
		}
		counts := map[string]int64{}
		list, err := s.JobCounts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, j := range list {
			counts[j.Kind+" "+j.State] += j.N
		}
		if want := map[string]int64{"booking.booked/mail available": 1, "booking.booked/crm available": 1}; !cmp.Equal(want, counts) {
			t.Errorf("jobs after one booking: %v", counts)
		}
		// a refused booking leaves nothing
		if _, err := b.Book(t.Context(), request("ridge", start.Add(24*time.Hour-15*time.Minute))); !fault.Is(err, fault.Conflict) {
			t.Errorf("off the grid: %v", err)
		}
		if list, _ := s.JobCounts(t.Context()); len(list) != 2 {
			t.Errorf("a refused booking left jobs: %v", list)
		}
		if _, err := b.Cancel(t.Context(), c.Token.Reveal(), "sold the house", lead.IdempotencyKey{}, "visitor"); err != nil {
			t.Fatal(err)
		}
		events, err := s.Timeline(t.Context(), m.Organization.ID, a.ID)
		if err != nil || len(events) != 2 || events[0].Kind != "booked" || events[1].Kind != "cancelled" || events[1].Detail != "sold the house" {
			t.Errorf("timeline %+v %v", events, err)
		}
	})
}

// TestRaceForOneSlot has 64 visitors want the same slot of the only rep who is free.
func TestRaceForOneSlot(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		o := organization(t, s, "ridge")
		one := sample()
		one.Services[0].Reps = []string{"ann"}
		if _, err := (&catalog.Editor{Store: s}).Replace(t.Context(), o.ID, one); err != nil {
			t.Fatal(err)
		}
		b := booking.New(s, clock)
		for round := range 5 {
			start := time.Date(2026, 12, 1+round, 16, 0, 0, 0, time.UTC)
			if start.Weekday() == time.Saturday || start.Weekday() == time.Sunday {
				continue
			}
			var won, taken atomic.Int64
			var wg sync.WaitGroup
			for i := range 64 {
				wg.Go(func() {
					r := request("ridge", start)
					r.Contact.Email = fmt.Sprintf("racer%d@example.com", i)
					switch _, err := b.Book(t.Context(), r); {
					case err == nil:
						won.Add(1)
					case fault.Is(err, fault.Conflict):
						taken.Add(1)
					default:
						t.Errorf("round %d: %v", round, err)
					}
				})
			}
			wg.Wait()
			if won.Load() != 1 || taken.Load() != 63 {
				t.Errorf("round %d: %d won, %d were told it is taken", round, won.Load(), taken.Load())
			}
		}
	})
}

// TestDatabaseRefusesOverlap goes around every rule of ours: the database itself must refuse.
func TestDatabaseRefusesOverlap(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		o := organization(t, s, "ridge")
		start := time.Date(2026, 12, 1, 15, 0, 0, 0, time.UTC)
		put := func(id, rep string, from, to time.Time) error {
			_, err := s.Book(t.Context(), o.ID, booking.Question{CatalogRevision: -1, Now: monday}, func(booking.Situation) (booking.Booking, error) {
				a := booking.Appointment{
					ID: booking.AppointmentID(id), Status: booking.Confirmed, Revision: 1, Service: "inspection", Rep: rep, Start: from, End: to,
					Timezone: "UTC", Customer: "cus_1", Created: monday, Updated: monday,
				}
				b := booking.Booking{Customer: lead.Customer{ID: "cus_1", Created: monday, Updated: monday}}
				b.Appointment, b.Token = a, secret.NewString("token "+id)
				return b, nil
			})
			return err
		}
		if err := put("a", "ann", start, start.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			rep      string
			from, to time.Time
			taken    bool
		}{
			"same range":                  {"ann", start, start.Add(time.Hour), true},
			"one minute into it":          {"ann", start.Add(59 * time.Minute), start.Add(2 * time.Hour), true},
			"around it":                   {"ann", start.Add(-time.Hour), start.Add(3 * time.Hour), true},
			"a whole day that reaches in": {"ann", start.Add(-23 * time.Hour), start.Add(time.Minute), true},
			"right after":                 {"ann", start.Add(time.Hour), start.Add(2 * time.Hour), false},
			"another rep":                 {"ben", start, start.Add(time.Hour), false},
		} {
			err := put("x "+name, c.rep, c.from, c.to)
			if fault.Is(err, fault.Conflict) != c.taken || (err != nil) != c.taken {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		organization(t, s, "ridge")
		b := booking.New(s, clock)
		r := request("ridge", time.Date(2026, 12, 1, 15, 0, 0, 0, time.UTC))
		r.Key = lead.IdempotencyKey{Key: "k1", Body: "digest"}
		var wg sync.WaitGroup
		ids, tokens := make([]string, 16), make([]string, 16)
		for i := range ids {
			wg.Go(func() {
				c, err := b.Book(t.Context(), r)
				if err != nil {
					t.Errorf("repetition %d: %v", i, err)
					return
				}
				ids[i], tokens[i] = string(c.Appointment.ID), c.Token.Reveal()
			})
		}
		wg.Wait()
		for i := range ids {
			if ids[i] != ids[0] || tokens[i] != tokens[0] || ids[i] == "" {
				t.Fatalf("repetitions gave different answers: %v", ids)
			}
		}
		r.Key.Body = "other"
		if _, err := b.Book(t.Context(), r); !fault.Is(err, fault.Conflict) {
			t.Errorf("the same key with another body: %v", err)
		}
	})
}

func TestRevisionRisesWithEveryChange(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		o := organization(t, s, "ridge")
		b := booking.New(s, clock)
		revision := func() int64 {
			of, err := s.Offering(t.Context(), "ridge")
			if err != nil {
				t.Fatal(err)
			}
			return of.Revision
		}
		last := revision()
		rises := func(what string) {
			t.Helper()
			if now := revision(); now <= last {
				t.Errorf("%s did not raise the revision (%d)", what, now)
			} else {
				last = now
			}
		}
		start := time.Date(2026, 12, 1, 15, 0, 0, 0, time.UTC)
		h, err := b.Hold(t.Context(), booking.HoldRequest{Scheduler: "ridge", Service: "inspection", Start: start})
		if err != nil {
			t.Fatal(err)
		}
		rises("a hold")
		c, err := b.Book(t.Context(), request("ridge", start))
		if err != nil {
			t.Fatal(err)
		}
		rises("a booking")
		if err := b.Release(t.Context(), o.ID, h.ID); err != nil {
			t.Fatal(err)
		}
		rises("a released hold")
		if _, err := b.Reschedule(t.Context(), c.Token.Reveal(), start.Add(2*time.Hour), lead.IdempotencyKey{}, "visitor"); err != nil {
			t.Fatal(err)
		}
		rises("a reschedule")
		if _, err := b.Cancel(t.Context(), c.Token.Reveal(), "", lead.IdempotencyKey{}, "visitor"); err != nil {
			t.Fatal(err)
		}
		rises("a cancellation")
		if _, err := (&catalog.Editor{Store: s}).Replace(t.Context(), o.ID, sample()); err != nil {
			t.Fatal(err)
		}
		rises("a catalog")
	})
}

func TestAnotherOrganizationsDataDoesNotExist(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		ours, theirs := organization(t, s, "ours"), organization(t, s, "theirs")
		b := booking.New(s, clock)
		c, err := b.Book(t.Context(), request("theirs", time.Date(2026, 12, 1, 15, 0, 0, 0, time.UTC)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Appointment(t.Context(), ours.ID, c.Appointment.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("their appointment through us: %v", err)
		}
		if list, _, err := s.Appointments(t.Context(), ours.ID, booking.Filter{}); err != nil || len(list) != 0 {
			t.Errorf("our list shows theirs: %v %v", list, err)
		}
		if _, err := s.Lead(t.Context(), ours.ID, c.Lead); !fault.Is(err, fault.NotFound) {
			t.Errorf("their lead through us: %v", err)
		}
		if _, err := s.Lead(t.Context(), theirs.ID, c.Lead); err != nil {
			t.Errorf("their own lead: %v", err)
		}
	})
}

func TestPaging(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		o := organization(t, s, "ridge")
		b := booking.New(s, clock)
		want := map[string]bool{}
		for i := range 7 {
			r := request("ridge", time.Date(2026, 12, 1, 15+i/2*2, 0, 0, 0, time.UTC).AddDate(0, 0, i%2))
			r.Contact.Email = fmt.Sprintf("p%d@example.com", i)
			c, err := b.Book(t.Context(), r)
			if err != nil {
				t.Fatal(i, err)
			}
			want[string(c.Appointment.ID)] = true
		}
		after, pages := "", 0
		for {
			list, next, err := s.Appointments(t.Context(), o.ID, booking.Filter{Limit: 3, After: after})
			if err != nil {
				t.Fatal(err)
			}
			pages++
			for _, a := range list {
				if !want[string(a.ID)] {
					t.Errorf("%s came twice or is unknown", a.ID)
				}
				delete(want, string(a.ID))
			}
			if after = next; next == "" {
				break
			}
		}
		if len(want) != 0 || pages != 3 {
			t.Errorf("%d missing after %d pages", len(want), pages)
		}
		if _, _, err := s.Appointments(t.Context(), o.ID, booking.Filter{After: "rubbish\x00"}); !fault.Is(err, fault.Invalid) {
			t.Errorf("a forged cursor: %v", err)
		}
	})
}

func TestSecondProcessOnOneFileIsRefused(t *testing.T) {
	t.Parallel()
	path := "sqlite:" + filepath.Join(t.TempDir(), "one.db")
	storetest.Open(t, path, clock, nil)
	if _, err := store.Open(t.Context(), store.Options{URL: path, Keys: storetest.Keys(t), Now: clock}); err == nil {
		t.Error("a second serving process was let in")
	}
	s, err := store.Open(t.Context(), store.Options{URL: path, Keys: storetest.Keys(t), Now: clock, Beside: true})
	if err != nil {
		t.Fatalf("a command beside: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestHostileTextIsNoFailureOfOurs: an address may hold anything, and what PostgreSQL can't even compare with does not
// exist or is refused.
func TestHostileTextIsNoFailureOfOurs(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		o := organization(t, s, "ridge")
		for _, hostile := range []string{"a\x00b", "\xff\xfe"} {
			_, err1 := s.Offering(t.Context(), hostile)
			_, err2 := s.OrganizationBySlug(t.Context(), hostile)
			_, err3 := s.Appointment(t.Context(), o.ID, booking.AppointmentID(hostile))
			for i, err := range []error{err1, err2, err3} {
				if !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Invalid) {
					t.Errorf("%q, %d: %v", hostile, i, err)
				}
			}
			if _, _, err := s.Leads(t.Context(), o.ID, lead.Filter{Stage: lead.Stage(hostile)}); err != nil && !fault.Is(err, fault.Invalid) {
				t.Errorf("%q: %v", hostile, err)
			}
		}
	})
}
