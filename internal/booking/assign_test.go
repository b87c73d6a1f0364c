package booking_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
)

// desk is an organization with three reps, at a moment that stands still.
type desk struct {
	*testing.T
	store *store.Store
	org   org.Organization
	book  *booking.Service
}

func newDesk(t *testing.T, a catalog.Assignment, change func(*catalog.Catalog)) desk {
	t.Helper()
	now := func() time.Time { return time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC) } // Monday
	s := storetest.Open(t, storetest.SQLite(t, filepath.Join(t.TempDir(), "test.db")), now, nil)
	o, err := (&org.Service{Store: s, Now: now}).Create(t.Context(), org.Draft{Slug: "o", Name: "O", Timezone: "UTC"})
	if err != nil {
		t.Fatal(err)
	}
	c := catalog.Catalog{Timezone: "UTC", Services: []catalog.Service{{
		ID: "s", Name: "S", DurationMinutes: 60, SlotIntervalMinutes: 60, BookingWindowDays: 60, Assignment: a, Reps: []string{"ann", "ben", "cy"},
	}}}
	for i, id := range []string{"ann", "ben", "cy"} {
		c.Reps = append(c.Reps, catalog.Rep{ID: id, Name: id, CRMUser: string(rune('1' + i)), Hours: []catalog.Hours{{Days: []string{"tue", "wed", "thu"}, Start: "09:00", End: "17:00"}}})
	}
	if change != nil {
		change(&c)
	}
	if _, err := (&catalog.Editor{Store: s}).Replace(t.Context(), o.ID, c); err != nil {
		t.Fatal(err)
	}
	return desk{t, s, o, booking.New(s, now)}
}

func hour(day, h int) time.Time { return time.Date(2026, 12, day, h, 0, 0, 0, time.UTC) }

func (d desk) take(start time.Time, who string, change func(*booking.Request)) booking.Appointment {
	d.Helper()
	r := booking.Request{Scheduler: "o", Service: "s", Start: start, Contact: lead.Contact{LastName: who, Email: who + "@x.example"}}
	if change != nil {
		change(&r)
	}
	c, err := d.book.Book(d.Context(), r)
	if err != nil {
		d.Fatal(err)
	}
	return c.Appointment
}

// chosen gives how the rep came to an appointment by its last timeline entry.
func (d desk) chosen(a booking.Appointment) booking.Choice {
	d.Helper()
	list, err := d.store.Timeline(d.Context(), d.org.ID, a.ID)
	if err != nil || len(list) == 0 || list[len(list)-1].Choice == nil {
		d.Fatalf("%v %+v", err, list)
	}
	return *list[len(list)-1].Choice
}

func (d desk) same(got, want booking.Choice) {
	d.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		d.Error(diff)
	}
}

// owns says that a user of the CRM has the record of a customer.
func (d desk) owns(role crm.Role, subject, user string, since time.Time) {
	d.Helper()
	err := d.store.Decide(d.Context(), d.org.ID, "cfg", []crmsync.Link{{
		Role: role, Subject: subject, Module: "M", Record: subject, Since: since, Known: &crmsync.Known{Owner: user},
	}})
	if err != nil {
		d.Fatal(err)
	}
}

func TestRoundRobinByWeight(t *testing.T) {
	t.Parallel()
	d := newDesk(t, catalog.RoundRobin, func(c *catalog.Catalog) { c.Reps[1].Weight = 2 })
	var got string
	for i := range 8 {
		got += d.take(hour(1+i/4, 9+i%4), "jo", nil).Rep[:1]
	}
	if got != "abcbabcb" { // ties in catalog order, and ben has as many as both others
		t.Errorf("%s", got)
	}
	d.same(d.chosen(d.take(hour(3, 9), "jo", nil)), booking.Choice{Rep: "ann", Why: booking.ByFewest, Free: []booking.Share{{"ann", 2, 1}, {"ben", 4, 2}, {"cy", 2, 1}}})
}

func TestOwnerFirst(t *testing.T) {
	t.Parallel()
	d := newDesk(t, catalog.OwnerFirst, nil)
	a := d.take(hour(1, 9), "jo", nil)
	d.same(d.chosen(a), booking.Choice{Rep: "ann", Why: booking.ByFewest, Free: []booking.Share{{"ann", 0, 1}, {"ben", 0, 1}, {"cy", 0, 1}}})

	d.owns(crm.RoleLead, string(a.Lead), "3", hour(1, 9))
	hold, err := d.book.Hold(t.Context(), booking.HoldRequest{Scheduler: "o", Service: "s", Start: hour(1, 10)})
	if err != nil || hold.Rep == "cy" {
		t.Fatalf("%+v %v", hold, err)
	}
	held := func(r *booking.Request) { r.Hold = hold.ID }
	if got := d.chosen(d.take(hour(1, 10), "jo", held)); got.Rep != "cy" || got.Why != booking.ByOwner {
		t.Errorf("the lead's owner is free, and the time was held for somebody else: %+v", got)
	}
	if _, err := d.store.Hold(t.Context(), d.org.ID, hold.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("the hold stays: %v", err)
	}
	d.owns(crm.RoleRelatedRecord, string(a.Customer), "2", hour(1, 8))
	if got := d.chosen(d.take(hour(1, 11), "jo", nil)); got.Rep != "ben" || got.Why != booking.ByOwner {
		t.Errorf("the contact's owner comes before the lead's: %+v", got)
	}
	if got := d.chosen(d.take(hour(1, 11), "jo", nil)); got.Rep != "ann" || got.Why != booking.ByFewest {
		t.Errorf("an owner who is not free leaves it to round robin: %+v", got)
	}
	if got := d.chosen(d.take(hour(1, 12), "other", nil)); got.Why != booking.ByFewest {
		t.Errorf("another customer: %+v", got)
	}
	d.owns(crm.RoleRelatedRecord, string(a.Customer), "9", hour(1, 8))
	if got := d.chosen(d.take(hour(2, 9), "jo", nil)); got.Rep != "cy" || got.Why != booking.ByOwner {
		t.Errorf("an owner who is no rep of ours is passed over: %+v", got)
	}
}

func TestCustomerChoice(t *testing.T) {
	t.Parallel()
	d := newDesk(t, catalog.CustomerChoice, func(c *catalog.Catalog) {
		plain := c.Services[0]
		plain.ID, plain.Assignment = "plain", catalog.RoundRobin
		c.Services = append(c.Services, plain)
		c.Services[0].Reps = []string{"ann", "ben"}
	})
	ben := func(r *booking.Request) { r.Rep = "ben" }
	d.same(d.chosen(d.take(hour(1, 9), "jo", ben)), booking.Choice{Rep: "ben", Why: booking.ByVisitor, Free: []booking.Share{{"ben", 0, 1}}})
	ask := booking.Ask{Scheduler: "o", Service: "s", From: "2026-12-01", To: "2026-12-01", Chosen: "ben"}
	offer, err := d.book.Slots(t.Context(), ask)
	if err != nil || len(offer.Slots()) != 7 || offer.Slots()[0].Start != hour(1, 10) || offer.Slots()[0].Remaining != 1 {
		t.Errorf("the times of one: %v %v", offer.Slots(), err)
	}
	if _, err := d.book.Book(t.Context(), booking.Request{Scheduler: "o", Service: "s", Rep: "ben", Start: hour(1, 9), Contact: lead.Contact{LastName: "Late", Email: "l@x.example"}}); !fault.Is(err, fault.Conflict) {
		t.Errorf("ben is taken, ann is not who was asked for: %v", err)
	}
	hold, err := d.book.Hold(t.Context(), booking.HoldRequest{Scheduler: "o", Service: "s", Rep: "ben", Start: hour(1, 10)})
	if err != nil {
		t.Fatal(err)
	}
	want := booking.Choice{Rep: "ben", Why: booking.ByVisitor, Held: true, Hold: hold.ID, Free: []booking.Share{{"ben", 1, 1}}}
	d.same(d.chosen(d.take(hour(1, 10), "jo", func(r *booking.Request) { r.Rep, r.Hold = "ben", hold.ID })), want)
	if got := d.take(hour(1, 10), "di", nil); got.Rep != "ann" {
		t.Errorf("anyone: %s", got.Rep)
	}
	for _, c := range []struct{ service, rep string }{{"plain", "ann"}, {"s", "cy"}, {"s", "?"}} {
		ask.Service, ask.Chosen = c.service, c.rep
		_, err1 := d.book.Slots(t.Context(), ask)
		_, err2 := d.book.Hold(t.Context(), booking.HoldRequest{Scheduler: "o", Service: c.service, Rep: c.rep, Start: hour(1, 12)})
		_, err3 := d.book.Book(t.Context(), booking.Request{Scheduler: "o", Service: c.service, Rep: c.rep, Start: hour(1, 12), Contact: lead.Contact{LastName: "X", Email: "x@x.example"}})
		for i, err := range []error{err1, err2, err3} {
			if f := fault.As(err); f == nil || f.Kind != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Path != "rep" {
				t.Errorf("%+v, call %d: %v", c, i, err)
			}
		}
	}
}

// TestMovesKeepTheirReasons: who had the visit keeps it if free; else it is chosen anew, and by hand it is by hand.
func TestMovesKeepTheirReasons(t *testing.T) {
	t.Parallel()
	d := newDesk(t, catalog.Priority, nil)
	a := d.take(hour(1, 9), "jo", nil)
	if got := d.chosen(a); got.Rep != "ann" || got.Why != booking.ByOrder {
		t.Errorf("%+v", got)
	}
	d.take(hour(2, 9), "di", nil)
	for _, c := range []struct {
		wish booking.Wish
		rep  string
		why  booking.Why
	}{
		{booking.Wish{Start: hour(1, 10)}, "ann", booking.ByKeeping},
		{booking.Wish{Start: hour(2, 9)}, "ben", booking.ByOrder},
		{booking.Wish{Start: hour(2, 10), Rep: "cy"}, "cy", booking.ByStaff},
	} {
		if _, err := d.book.Move(t.Context(), d.org, a.ID, c.wish, "x"); err != nil {
			t.Fatal(err)
		}
		list, err := d.store.Timeline(t.Context(), d.org.ID, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, e := range list {
			found = found || e.Start.Equal(c.wish.Start) && e.Choice != nil && e.Choice.Rep == c.rep && e.Choice.Why == c.why
		}
		if !found {
			t.Errorf("%+v: %+v", c, list)
		}
	}
}
