package waitlist_test

import (
	"context"
	"errors"
	"maps"
	"os"
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
	"heavyset.tech/platform/internal/waitlist"
)

// mortal is a world whose process may end, with its jobs and the mails that have left it.
type mortal struct {
	*world
	hands *storetest.Hands
	mails map[waitlist.OfferID]int // that offer a time
}

// begin opens a database in a life.
func begin(t *testing.T, url string, life *storetest.Life, mails map[waitlist.OfferID]int, with func(s *store.Store) *world) *mortal {
	t.Helper()
	m := &mortal{hands: &storetest.Hands{}, mails: mails}
	look := func(ctx context.Context, o org.ID) error {
		_, err := m.list.Look(ctx, o)
		return err
	}
	storetest.On(m.hands, "booking.cancelled", "waitlist", func(ctx context.Context, f booking.Cancelled) error { return look(ctx, f.Org) })
	storetest.On(m.hands, "waitlist.freed", "offer", func(ctx context.Context, f waitlist.Freed) error { return look(ctx, f.Org) })
	storetest.On(m.hands, "waitlist.offered", "mail", func(_ context.Context, f waitlist.Offered) error {
		return life.Around(func() error { m.mails[f.Offer]++; return nil })
	})
	s, err := store.Open(t.Context(), store.Options{
		URL: url, Keys: storetest.Keys(t), Jobs: &m.hands.Table, Between: life.Between,
		Now: func() time.Time { return m.now() },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	m.world = &world{TB: t, time: monday} // its clock is needed before it is there
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	m.world = with(s)
	return m
}

// alive fails on any error but that of the dead, and reports whether the process lives on.
func (m *mortal) alive(err error) bool {
	m.Helper()
	if err != nil && !errors.Is(err, storetest.ErrDead) {
		m.Fatal(err)
	}
	return err == nil
}

// press does what somebody does with the offer that they have, if they have one.
func (m *mortal) press(name string, do func(token string, x waitlist.OfferID) error) error {
	m.Helper()
	token := m.store.tokens[name+"@a.example"]
	p, err := m.list.ByToken(context.Background(), token)
	if err != nil {
		return err
	}
	if p.Offer == nil || p.Offer.State != waitlist.Open {
		return nil
	}
	return do(token, p.Offer.ID)
}

// goes plays on from wherever it is: a visit is cancelled, the first in line declines, the second accepts. Whoever has not
// heard that it is done does it again.
func (m *mortal) goes(cancel string) error {
	ctx := context.Background()
	if _, err := m.book.Cancel(ctx, cancel, "", lead.IdempotencyKey{Key: "gone", Body: "gone"}, "visitor"); err != nil {
		return err
	}
	if err := m.hands.Work(ctx, m.store.Store); err != nil {
		return err
	}
	if err := m.press("one", func(token string, x waitlist.OfferID) error { return m.list.Decline(ctx, token, x) }); err != nil {
		return err
	}
	if err := m.hands.Work(ctx, m.store.Store); err != nil {
		return err
	}
	if err := m.press("two", func(token string, x waitlist.OfferID) error {
		_, err := m.list.Accept(ctx, token, x)
		return err
	}); err != nil {
		return err
	}
	return m.hands.Work(ctx, m.store.Store)
}

// TestKilledWhileATimeGoesDownTheLine: a visit is cancelled, its time is offered to the first in line, who declines, and to the
// second, who accepts. Wherever the process ends in between, the next one goes on so that each is offered the time once, never
// both at the same time, each offer is told, and the second has the visit, once.
func TestKilledWhileATimeGoesDownTheLine(t *testing.T) {
	t.Parallel()
	storetest.EveryEnd(t, os.Getenv("HEAVYSET_SOAK") != "", func(t *testing.T, url string, life *storetest.Life) {
		mails := map[waitlist.OfferID]int{}
		c := &clock{}
		m := begin(t, url, life, mails, func(s *store.Store) *world { return newWorld(t, s, c) })
		m.hours("10:00") // one visit fills a day
		visits := m.full()
		m.join("one", nil)
		m.join("two", nil)
		m.look()
		cancel := visits[at(1, 9)].Token.Reveal()
		life.Begin()
		if err := m.goes(cancel); !m.alive(err) || life.Dead() {
			was := m.world
			m = begin(t, storetest.Left(t, url), &storetest.Life{}, mails, func(s *store.Store) *world {
				w := &world{TB: t, store: &spied{Store: s, tokens: maps.Clone(was.store.tokens)}, org: was.org, time: was.now()}
				w.book = booking.New(s, w.now)
				w.list = &waitlist.Service{
					Store: w.store, Orgs: s, Bookings: w.book, Leads: &lead.Service{Store: s, Now: w.now}, Now: w.now, Quiet: was.list.Quiet,
				}
				return w
			})
			m.oneAtATime()
			if err := m.goes(cancel); err != nil {
				t.Fatal(err)
			}
			m.forward(2 * time.Minute) // an accepted offer of which nobody has heard is taken up again
			if err := m.list.Tick(context.Background()); err != nil {
				t.Fatal(err)
			}
			if err := m.hands.Work(context.Background(), m.store.Store); err != nil {
				t.Fatal(err)
			}
		}
		m.done()
	})
}

// oneAtATime fails if a time is offered to two people, or an offer has no hold.
func (m *mortal) oneAtATime() {
	m.Helper()
	seen := map[int64]bool{}
	for _, x := range m.live() {
		if seen[x.Start.Unix()] {
			m.Errorf("%v is offered to two people", x.Start)
		}
		seen[x.Start.Unix()] = true
	}
}

// done fails unless everything has come to its end.
func (m *mortal) done() {
	m.Helper()
	ctx := context.Background()
	m.oneAtATime()
	for name, want := range map[string]struct {
		entry waitlist.State
		offer waitlist.OfferState
		n     int
	}{"one": {waitlist.Waiting, waitlist.Declined, 0}, "two": {waitlist.Booked, waitlist.Accepted, 1}} {
		e, err := m.list.ByToken(ctx, m.store.tokens[name+"@a.example"])
		if err != nil {
			m.Fatal(err)
		}
		offers, err := m.store.WaitOffers(ctx, m.org.ID, e.Entry.ID)
		if err != nil || len(offers) != 1 || offers[0].State != want.offer || e.Entry.State != want.entry {
			m.Errorf("%s is %s, with the offers %+v (%v)", name, e.Entry.State, offers, err)
		}
		for _, x := range offers {
			if n := m.mails[x.ID]; n != 1 && n != 2 {
				m.Errorf("%s was told %d times of the offer", name, n)
			}
		}
		list, _, err := m.store.Appointments(ctx, m.org.ID, booking.Filter{Person: lead.NewSearch(name + "@a.example"), Limit: 10})
		if err != nil || len(list) != want.n {
			m.Errorf("%s has %d visits (%v)", name, len(list), err)
		}
	}
	if len(m.mails) != 2 {
		m.Errorf("%d offers were told of", len(m.mails))
	}
	if n := m.hands.Waiting(m.TB, m.store.Store); n > 0 || len(m.hands.Ended) > 0 {
		m.Errorf("%d jobs are left, and ended: %v", n, m.hands.Ended)
	}
}
