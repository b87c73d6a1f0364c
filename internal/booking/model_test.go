package booking_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// life is an organization whose visitors do random things.
type life struct {
	t     *rapid.T
	store *store.Store
	org   org.Organization
	now   time.Time
	kept  *booking.Service // keeps its views through the whole life
	held  []heldSlot
	live  []booking.Confirmation
	n     int

	version int // of the catalog
	catalog catalog.Catalog
}

type heldSlot struct {
	booking.Hold
	postal  string
	version int // of the catalog
}

var (
	services = []string{"short", "long", "capped"}
	postals  = []string{"", "60601", "99999"}
)

func randomCatalog(t *rapid.T) catalog.Catalog {
	minutes := func(name string, v ...int) int { return rapid.SampledFrom(v).Draw(t, name) }
	reps := []string{"ann", "ben", "cy"}
	c := catalog.Catalog{
		Timezone: rapid.SampledFrom([]string{"America/Chicago", "UTC", "Asia/Kolkata"}).Draw(t, "zone"), Holidays: []string{"2026-12-02"},
		Territories: []catalog.Territory{{ID: "t", Name: "T", PostalCodes: []string{"606*"}}},
	}
	for i, id := range services {
		s := catalog.Service{
			ID: id, Name: id, DurationMinutes: minutes("duration", 30, 60, 90), SlotIntervalMinutes: minutes("interval", 30, 45), BookingWindowDays: 5,
			BufferBeforeMinutes: minutes("before", 0, 15), BufferAfterMinutes: minutes("after", 0, 30), MinNoticeMinutes: minutes("notice", 0, 240),
			Assignment: rapid.SampledFrom([]catalog.Assignment{catalog.RoundRobin, catalog.Priority, catalog.OwnerFirst, catalog.CustomerChoice}).Draw(t, "assignment"),
			Reps:       reps[:rapid.IntRange(1, 3).Draw(t, "reps")],
		}
		if i == 2 {
			s.CapacityPerDay, s.CapacityPerSlot = 2, 1
		}
		s.BusinessNoticeMinutes = minutes("business notice", 0, 0, 90)
		c.Services = append(c.Services, s)
	}
	for i, id := range reps {
		r := catalog.Rep{ID: id, Name: id, Hours: []catalog.Hours{{Days: []string{"mon", "tue", "wed", "thu", "fri"}, Start: "09:00", End: "13:00"}}}
		if i < 2 {
			r.Territories = []string{"t"}
		}
		if i == 2 {
			r.Timezone = "Europe/London"
		}
		c.Reps = append(c.Reps, r)
	}
	return c
}

// TestRandomLives: whatever visitors do, a start can be held and booked if and only if it is offered, kept views never
// differ from fresh ones, and no two appointments of a rep come too close.
func TestRandomLives(t *testing.T) {
	t.Parallel()
	l := &life{}
	now := func() time.Time { return l.now }
	s := storetest.Open(t, storetest.URLs(t, "sqlite"), now, nil)
	lives, failed := 0, false // in one database, each of an organization of its own: to make one costs more than the life
	rapid.Check(t, func(rt *rapid.T) {
		if lives++; lives > 60 && !failed && os.Getenv("HEAVYSET_SOAK") == "" { // a failed one is lived again, to shrink it
			return
		}
		defer func() { failed = failed || rt.Failed() }()
		*l = life{t: rt, now: time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC), store: s, kept: booking.New(s, now)}
		var err error
		if l.org, err = (&org.Service{Store: s, Now: now}).Create(t.Context(), org.Draft{Slug: fmt.Sprint("o", lives), Name: "O", Timezone: "UTC"}); err != nil {
			rt.Fatal(err)
		}
		l.replace()
		rt.Repeat(map[string]func(*rapid.T){
			"": func(*rapid.T) { l.check(t) }, "hold": func(*rapid.T) { l.hold(t) }, "book": func(*rapid.T) { l.book(t) }, "book held": func(*rapid.T) { l.bookHeld(t) },
			"call":    func(*rapid.T) { l.call() },
			"release": func(*rapid.T) { l.release(t) }, "move": func(*rapid.T) { l.move(t) }, "cancel": func(*rapid.T) { l.cancel(t) },
			"wait": func(*rapid.T) {
				l.now = l.now.Add(time.Duration(rapid.IntRange(1, 600).Draw(rt, "minutes")) * time.Minute)
			},
			"replace": func(*rapid.T) { l.replace() },
		})
	})
}

func (l *life) replace() {
	l.version++
	l.catalog = randomCatalog(l.t)
	if _, err := (&catalog.Editor{Store: l.store}).Replace(l.tctx(), l.org.ID, l.catalog); err != nil {
		l.t.Fatal(err)
	}
}

func (l *life) tctx() context.Context { return l.t.Context() }

func (l *life) ask() booking.Ask {
	return booking.Ask{
		Scheduler: l.org.Slug, Service: rapid.SampledFrom(services).Draw(l.t, "service"), PostalCode: rapid.SampledFrom(postals).Draw(l.t, "postal"),
		From: l.now.AddDate(0, 0, -1).Format(time.DateOnly), To: l.now.AddDate(0, 0, 8).Format(time.DateOnly),
	}
}

func (l *life) offered(s *booking.Service, a booking.Ask) map[int64]int {
	o, err := s.Slots(l.tctx(), a)
	if err != nil {
		l.t.Fatal(err)
	}
	out := map[int64]int{}
	for _, v := range o.Slots() {
		out[v.Start.UnixMilli()] = v.Remaining
	}
	return out
}

// some gives a start to try, most often one that is offered.
func (l *life) some(a booking.Ask) (time.Time, bool) {
	o, err := l.kept.Slots(l.tctx(), a)
	if err != nil {
		l.t.Fatal(err)
	}
	slots := o.Slots()
	if len(slots) > 0 && rapid.IntRange(0, 4).Draw(l.t, "on offer") > 0 {
		return slots[rapid.IntRange(0, min(12, len(slots)-1)).Draw(l.t, "which")].Start, true
	}
	start := l.now.Truncate(15 * time.Minute).Add(time.Duration(rapid.IntRange(-20, 400).Draw(l.t, "quarter")) * 15 * time.Minute)
	_, on := l.offered(l.kept, a)[start.UnixMilli()]
	return start, on
}

// agrees fails unless an attempt went through exactly when the start was offered.
func (l *life) agrees(what string, start time.Time, on bool, err error) bool {
	switch {
	case err == nil && !on:
		l.t.Fatalf("%s at %v went through, which was not offered", what, start)
	case err != nil && on:
		l.t.Fatalf("%s at %v was refused, which was offered: %v", what, start, err)
	case err != nil && !fault.Is(err, fault.Conflict):
		l.t.Fatalf("%s at %v: %v", what, start, err)
	}
	return err == nil
}

func (l *life) contact(postal string) lead.Contact {
	l.n++
	return lead.Contact{LastName: fmt.Sprintf("N%d", l.n), Email: fmt.Sprintf("n%d@x.example", l.n), PostalCode: postal}
}

func (l *life) hold(*testing.T) {
	a := l.ask()
	start, on := l.some(a)
	h, err := l.kept.Hold(l.tctx(), booking.HoldRequest{Scheduler: l.org.Slug, Service: a.Service, PostalCode: a.PostalCode, Start: start})
	if l.agrees("a hold", start, on, err) {
		l.held = append(l.held, heldSlot{h, a.PostalCode, l.version})
	}
}

func (l *life) book(*testing.T) {
	a := l.ask()
	start, on := l.some(a)
	c, err := l.kept.Book(l.tctx(), booking.Request{Scheduler: l.org.Slug, Service: a.Service, Start: start, Contact: l.contact(a.PostalCode)})
	if l.agrees("a booking", start, on, err) {
		l.live = append(l.live, c)
	}
}

// call: somebody of the organization books any start, with a reason, exactly when the rules have nothing against a rep or
// what they have may be set aside.
func (l *life) call() {
	a := l.ask()
	start, on := l.some(a)
	list, err := l.kept.Weigh(l.tctx(), l.org.Slug, a.Service, a.PostalCode, start)
	if err != nil {
		l.t.Fatal(err)
	}
	desk := booking.Desk{Reason: rapid.SampledFrom([]string{"", "They insist."}).Draw(l.t, "reason"), Level: booking.Bar(rapid.IntRange(0, 3).Draw(l.t, "level"))}
	least := booking.Barred
	for _, v := range list {
		least = min(least, v.Bar)
	}
	if on != (least == booking.Open) {
		l.t.Fatalf("at %v: offered %v, and the least bar is %v", start, on, least)
	}
	if desk.Level == booking.Barred { // not even then
		desk.Level = booking.Taken
	}
	may := on || desk.Reason != "" && least <= desk.Level
	c, err := l.kept.Book(l.tctx(), booking.Request{Scheduler: l.org.Slug, Service: a.Service, Start: start, Contact: l.contact(a.PostalCode), Actor: "Rae", Desk: &desk})
	if l.agrees("a call", start, may, err) {
		l.live = append(l.live, c)
		events, err := l.store.Timeline(l.tctx(), l.org.ID, c.Appointment.ID)
		if err != nil || len(events) != 1 || strings.Contains(events[0].Detail, "They insist.") == on {
			l.t.Fatalf("offered %v, and the timeline says %+v (%v)", on, events, err)
		}
	}
}

// bookHeld: while a hold lives and the catalog is the same, its booking goes through and keeps its rep, unless it is too
// soon by now.
func (l *life) bookHeld(*testing.T) {
	if len(l.held) == 0 {
		return
	}
	i := rapid.IntRange(0, len(l.held)-1).Draw(l.t, "which hold")
	h := l.held[i]
	l.held = append(l.held[:i], l.held[i+1:]...)
	c, err := l.kept.Book(l.tctx(), booking.Request{Scheduler: l.org.Slug, Service: h.Service, Start: h.Start, Hold: h.ID, Contact: l.contact(h.postal)})
	sv, _ := l.catalog.Service(h.Service)
	rules, err2 := l.catalog.Rules()
	if err2 != nil {
		l.t.Fatal(err2)
	}
	good := h.Expires.After(l.now) && h.version == l.version && !h.Start.Before(l.now.Add(time.Duration(sv.MinNoticeMinutes)*time.Minute)) &&
		rules.Worked(h.Rep, l.now, h.Start) >= time.Duration(sv.BusinessNoticeMinutes)*time.Minute
	switch {
	case good && err != nil:
		l.t.Fatalf("the booking of a live hold: %v", err)
	case good && c.Appointment.Rep != h.Rep:
		l.t.Fatalf("a live hold of %s gave %s", h.Rep, c.Appointment.Rep)
	case err != nil && !fault.Is(err, fault.Conflict):
		l.t.Fatalf("a held booking: %v", err)
	}
	if err == nil {
		l.live = append(l.live, c)
	}
}

func (l *life) release(*testing.T) {
	if len(l.held) == 0 {
		return
	}
	i := rapid.IntRange(0, len(l.held)-1).Draw(l.t, "which hold")
	if err := l.kept.Release(l.tctx(), l.org.ID, l.held[i].ID); err != nil {
		l.t.Fatal(err)
	}
	l.held = append(l.held[:i], l.held[i+1:]...)
}

func (l *life) move(*testing.T) {
	if len(l.live) == 0 {
		return
	}
	c := &l.live[rapid.IntRange(0, len(l.live)-1).Draw(l.t, "which")]
	m, err := l.kept.ByToken(l.tctx(), c.Token.Reveal())
	if err != nil {
		l.t.Fatal(err)
	}
	was := m.Appointment
	a := booking.Ask{
		Scheduler: l.org.Slug, Service: was.Service, PostalCode: was.PostalCode, Reschedule: was.ID,
		From: l.now.AddDate(0, 0, -1).Format(time.DateOnly), To: l.now.AddDate(0, 0, 8).Format(time.DateOnly),
	}
	start, on := l.some(a)
	if !was.Status.Open() || !was.Start.After(l.now) {
		on = false
	} else if start.Equal(was.Start) {
		on = true // nothing to do
	}
	m, err = l.kept.Reschedule(l.tctx(), c.Token.Reveal(), start, lead.IdempotencyKey{}, "test")
	if l.agrees("a move", start, on, err) {
		if m.Appointment.ID != was.ID {
			l.t.Fatal("a move changed the id")
		}
		c.Appointment = m.Appointment
	}
}

func (l *life) cancel(*testing.T) {
	if len(l.live) == 0 {
		return
	}
	i := rapid.IntRange(0, len(l.live)-1).Draw(l.t, "which")
	m, err := l.kept.Cancel(l.tctx(), l.live[i].Token.Reveal(), "", lead.IdempotencyKey{}, "test")
	if err != nil && !fault.Is(err, fault.Conflict) {
		l.t.Fatal(err)
	}
	if err == nil && m.Appointment.Status != booking.Canceled {
		l.t.Fatal("not cancelled")
	}
}

// check compares kept views with fresh ones, offers with explanations, and looks for appointments that overlap.
func (l *life) check(*testing.T) {
	a := l.ask()
	kept := l.offered(l.kept, a)
	fresh := l.offered(booking.New(l.store, func() time.Time { return l.now }), a)
	if len(kept) != len(fresh) {
		l.t.Fatalf("a kept view has %d slots, a fresh one %d", len(kept), len(fresh))
	}
	for start, n := range fresh {
		if kept[start] != n {
			l.t.Fatalf("at %v the kept view says %d, a fresh one %d", time.UnixMilli(start).UTC(), kept[start], n)
		}
	}
	for i := range 3 {
		start := l.now.Truncate(15 * time.Minute).Add(time.Duration(rapid.IntRange(0, 300).Draw(l.t, fmt.Sprint("probe", i))) * 15 * time.Minute)
		e, err := l.kept.Explain(l.tctx(), l.org.Slug, a.Service, a.PostalCode, start)
		if err != nil {
			l.t.Fatal(err)
		}
		if _, on := fresh[start.UnixMilli()]; on != e.Offered || e.Offered == (len(e.Reasons) > 0) {
			l.t.Fatalf("at %v: offered %v, explained %+v", start, on, e)
		}
	}
	list, _, err := l.store.Appointments(l.tctx(), l.org.ID, booking.Filter{Limit: 200})
	if err != nil {
		l.t.Fatal(err)
	}
	for i, x := range list {
		for _, y := range list[:i] {
			if x.Rep == y.Rep && x.Status != booking.Canceled && y.Status != booking.Canceled && x.Start.Before(y.End) && y.Start.Before(x.End) {
				l.t.Fatalf("%s and %s of %s overlap", x.ID, y.ID, x.Rep)
			}
		}
	}
}
