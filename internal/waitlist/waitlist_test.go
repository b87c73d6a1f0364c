package waitlist_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
	"heavyset.tech/platform/internal/waitlist"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// monday is nine in the morning of a Monday.
var monday = time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)

// spied notes which tokens were made: a person knows theirs from a mail.
type spied struct {
	*store.Store
	mu     sync.Mutex
	tokens map[string]string // by e-mail address
	cut    error             // what EndAccept fails with, as if the process had died before it
}

func (s *spied) JoinWaitlist(ctx context.Context, o org.ID, e waitlist.Entry, token secret.String) error {
	s.mu.Lock()
	if s.tokens[e.Contact.Email] == "" {
		s.tokens[e.Contact.Email] = token.Reveal()
	}
	s.mu.Unlock()
	return s.Store.JoinWaitlist(ctx, o, e, token)
}

func (s *spied) EndAccept(ctx context.Context, o org.ID, x waitlist.OfferID, a booking.AppointmentID, now time.Time) error {
	if s.cut != nil {
		return s.cut
	}
	return s.Store.EndAccept(ctx, o, x, a, now)
}

// world is an organization with one rep who works from nine to noon on weekdays, so that three visits fill a day.
type world struct {
	testing.TB
	store *spied
	org   org.Organization
	book  *booking.Service
	list  *waitlist.Service
	mu    sync.Mutex
	time  time.Time
	quiet bool
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.time
}

func (w *world) forward(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.time = w.time.Add(d)
}

// clock is a clock that is made before the world that turns it.
type clock struct{ w *world }

func (c *clock) now() time.Time {
	if c.w == nil {
		return monday
	}
	return c.w.now()
}

func newWorld(t testing.TB, s *store.Store, c *clock) *world {
	w := &world{TB: t, store: &spied{Store: s, tokens: map[string]string{}}, time: monday}
	c.w = w
	var err error
	if w.org, err = (&org.Service{Store: s, Now: w.now}).Create(context.Background(), org.Draft{Slug: "o", Name: "O", Timezone: "UTC"}); err != nil {
		t.Fatal(err)
	}
	w.hours("12:00")
	w.book = booking.New(s, w.now)
	w.list = &waitlist.Service{
		Store: w.store, Orgs: s, Bookings: w.book, Leads: &lead.Service{Store: s, Now: w.now}, Now: w.now,
		Quiet: func(context.Context, org.ID, time.Time, *time.Location) (bool, error) { return w.quiet, nil },
	}
	return w
}

// hours replaces the catalog: the rep works until then.
func (w *world) hours(end string) {
	w.Helper()
	_, err := (&catalog.Editor{Store: w.store}).Replace(context.Background(), w.org.ID, catalog.Catalog{
		Timezone: "UTC", Territories: []catalog.Territory{{ID: "t", Name: "T", PostalCodes: []string{"606*"}}},
		Services: []catalog.Service{{ID: "visit", Name: "Visit", DurationMinutes: 60, SlotIntervalMinutes: 60, BookingWindowDays: 4, Reps: []string{"ann"}}},
		Reps:     []catalog.Rep{{ID: "ann", Name: "Ann", Territories: []string{"t"}, Hours: []catalog.Hours{{Days: []string{"mon", "tue", "wed", "thu", "fri"}, Start: "09:00", End: end}}}},
	})
	if err != nil {
		w.Fatal(err)
	}
}

func each(t *testing.T, test func(w *world)) {
	t.Helper()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			c := &clock{}
			test(newWorld(t, storetest.Open(t, storetest.URLs(t, engine), c.now, nil), c))
		})
	}
}

func at(day, hour int) time.Time { return time.Date(2026, 11, 30+day, hour, 0, 0, 0, time.UTC) }

// full books every time that is on offer, and gives the visits by their start.
func (w *world) full() map[time.Time]booking.Confirmation {
	w.Helper()
	out := map[time.Time]booking.Confirmation{}
	for _, s := range w.free() {
		done, err := w.book.Book(context.Background(), booking.Request{Scheduler: "o", Service: "visit", Start: s, Contact: person(fmt.Sprintf("b%d", s.Unix()))})
		if err != nil {
			w.Fatal(err)
		}
		out[s] = done
	}
	return out
}

func person(name string) lead.Contact {
	return lead.Contact{LastName: name, Email: name + "@a.example", PostalCode: "60601"}
}

func (w *world) free() []time.Time {
	w.Helper()
	offer, err := w.book.Slots(context.Background(), booking.Ask{Scheduler: "o", Service: "visit", PostalCode: "60601", From: w.now().Format(time.DateOnly), To: w.now().AddDate(0, 0, 20).Format(time.DateOnly)})
	if err != nil {
		w.Fatal(err)
	}
	var out []time.Time
	for _, s := range offer.Slots() {
		out = append(out, s.Start)
	}
	return out
}

func (w *world) cancel(c booking.Confirmation) {
	w.Helper()
	if _, err := w.book.Cancel(context.Background(), c.Token.Reveal(), "", lead.IdempotencyKey{}, "visitor"); err != nil {
		w.Fatal(err)
	}
}

// join puts somebody on the list a second after whoever came before.
func (w *world) join(name string, change func(*waitlist.Entry)) {
	w.Helper()
	w.forward(time.Second)
	day := availability.DateOf(w.now(), time.UTC)
	e := waitlist.Entry{Service: "visit", Contact: person(name), Timezone: "UTC", Wish: waitlist.Wish{From: day, To: day.AddDays(30)}}
	if change != nil {
		change(&e)
	}
	if err := w.list.Join(context.Background(), w.org, e); err != nil {
		w.Fatal(err)
	}
}

func (w *world) look() {
	w.Helper()
	if _, err := w.list.Look(context.Background(), w.org.ID); err != nil {
		w.Fatal(err)
	}
}

// offered gives the offer that somebody has; false for none.
func (w *world) offered(name string) (waitlist.Offer, bool) {
	w.Helper()
	p, err := w.list.ByToken(context.Background(), w.store.tokens[name+"@a.example"])
	if err != nil {
		w.Fatal(err)
	}
	if p.Offer == nil {
		return waitlist.Offer{}, false
	}
	return *p.Offer, true
}

func (w *world) state(name string) waitlist.State {
	w.Helper()
	p, err := w.list.ByToken(context.Background(), w.store.tokens[name+"@a.example"])
	if err != nil {
		w.Fatal(err)
	}
	return p.Entry.State
}

// wants fails unless exactly these people have an offer of these starts.
func (w *world) wants(want map[string]time.Time, all ...string) {
	w.Helper()
	for _, name := range all {
		x, has := w.offered(name)
		start, should := want[name]
		if has != should || has && !x.Start.Equal(start) {
			w.Errorf("%s: offered %v at %v, want %v at %v", name, has, x.Start, should, start)
		}
	}
}

// TestTheLine: a freed time goes to the first whom it fits, and on from who declines, lets it pass or leaves.
func TestTheLine(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := context.Background()
		visits := w.full()
		w.join("late", func(e *waitlist.Entry) { e.Wish.Parts = []waitlist.Part{waitlist.Afternoon} })
		w.join("far", func(e *waitlist.Entry) { e.Contact.PostalCode = "99999" })
		w.join("one", nil)
		w.join("two", func(e *waitlist.Entry) { e.Wish.Days = []time.Weekday{time.Tuesday, time.Wednesday} })
		w.join("three", nil)
		all := []string{"late", "far", "one", "two", "three"}
		w.look()
		w.wants(nil, all...)

		w.cancel(visits[at(1, 10)])
		w.look()
		w.look() // again changes nothing
		w.wants(map[string]time.Time{"one": at(1, 10)}, all...)
		if slices.ContainsFunc(w.free(), at(1, 10).Equal) {
			w.Error("what is offered to somebody is on offer to others")
		}
		x, _ := w.offered("one")
		if got := x.Expires.Sub(w.now()); got > 30*time.Minute || got < 29*time.Minute {
			w.Errorf("it is kept for %v", got)
		}
		if err := w.list.Decline(ctx, w.store.tokens["one@a.example"], x.ID); err != nil {
			w.Fatal(err)
		}
		w.look()
		w.wants(map[string]time.Time{"two": at(1, 10)}, all...)
		w.forward(31 * time.Minute)
		if err := w.list.Tick(ctx); err != nil {
			w.Fatal(err)
		}
		w.wants(map[string]time.Time{"three": at(1, 10)}, all...)

		x, _ = w.offered("three")
		done, err := w.list.Accept(ctx, w.store.tokens["three@a.example"], x.ID)
		if err != nil || !done.Appointment.Start.Equal(at(1, 10)) {
			w.Fatal(done, err)
		}
		if w.state("three") != waitlist.Booked {
			w.Errorf("three is %s", w.state("three"))
		}
		again, err := w.list.Accept(ctx, w.store.tokens["three@a.example"], x.ID)
		if !fault.Is(err, fault.Conflict) || again.Appointment.ID != "" {
			w.Errorf("accepted twice: %+v, %v", again, err)
		}

		w.cancel(visits[at(2, 9)])
		w.look()
		w.wants(map[string]time.Time{"one": at(2, 9)}, all...)
		if err := w.list.Leave(ctx, w.store.tokens["one@a.example"]); err != nil {
			w.Fatal(err)
		}
		w.look()
		w.wants(map[string]time.Time{"two": at(2, 9)}, all...)
		w.hours("13:00") // the rules open afternoons
		if err := w.list.Tick(ctx); err != nil {
			w.Fatal(err)
		}
		w.wants(map[string]time.Time{"two": at(2, 9), "late": at(0, 12)}, all...)
	})
}

// TestNothingThatWasSeen: what was free when somebody joined is offered once it was taken and came free again.
func TestNothingThatWasSeen(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.join("one", nil)
		w.look()
		w.wants(nil, "one")
		visits := w.full()
		w.look()
		w.cancel(visits[at(1, 9)])
		w.quiet = true
		if again, err := w.list.Look(context.Background(), w.org.ID); !again || err != nil {
			w.Errorf("in the quiet hours: %v, %v", again, err)
		}
		w.wants(nil, "one")
		w.quiet = false
		w.look()
		w.wants(map[string]time.Time{"one": at(1, 9)}, "one")
	})
}

// TestWhoIsTakenOffTheList: whoever has booked, has let three offers pass, or whose last day has come.
func TestWhoIsTakenOffTheList(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		visits := w.full()
		w.join("silent", nil)
		w.join("booked", func(e *waitlist.Entry) { e.Wish.From = e.Wish.From.AddDays(3) })
		w.join("short", func(e *waitlist.Entry) { e.Wish.To = e.Wish.From })
		for i := range 3 {
			w.cancel(visits[at(1, 9+i)])
			w.look()
			w.wants(map[string]time.Time{"silent": at(1, 9+i)}, "silent")
			w.forward(32 * time.Minute)
			w.look()
		}
		if w.state("silent") != waitlist.Silent {
			w.Errorf("silent is %s", w.state("silent"))
		}
		if _, err := w.book.Book(context.Background(), booking.Request{Scheduler: "o", Service: "visit", Start: at(1, 9), Contact: person("booked")}); err != nil {
			w.Fatal(err)
		}
		w.cancel(visits[at(4, 9)])
		w.forward(24 * time.Hour)
		w.look()
		if w.state("booked") != waitlist.Booked || w.state("short") != waitlist.Over {
			w.Errorf("they are %s and %s", w.state("booked"), w.state("short"))
		}
		if err := w.store.Sweep(context.Background(), w.now().Add(waitlist.KeepFor+time.Hour)); err != nil {
			w.Fatal(err)
		}
		_, settled, err := w.store.WaitEntries(context.Background(), w.org.ID)
		if err != nil || len(settled) != 0 {
			w.Errorf("a month later %d are kept (%v)", len(settled), err)
		}
	})
}

// TestJoining: what is wrong is named, and whoever waits already keeps their place and their link.
func TestJoining(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx, today := context.Background(), availability.DateOf(monday, time.UTC)
		bad := waitlist.Entry{Service: "none", Contact: lead.Contact{LastName: "X", Phone: "312 555 0100"}, Wish: waitlist.Wish{From: today, To: today.AddDays(-1)}}
		err := w.list.Join(ctx, w.org, bad)
		for _, path := range []string{"service", "customer.email", "to"} {
			if f := fault.As(err); f == nil || !slices.ContainsFunc(f.Fields, func(v fault.Field) bool { return v.Path == path }) {
				w.Errorf("%s is not named: %v", path, err)
			}
		}
		w.join("one", nil)
		w.join("one", nil)
		waiting, _, err := w.store.WaitEntries(ctx, w.org.ID)
		if err != nil || len(waiting) != 1 {
			w.Fatalf("%d wait (%v)", len(waiting), err)
		}
		token, err := w.store.WaitToken(ctx, w.org.ID, waiting[0].ID)
		if err != nil || token.Reveal() != w.store.tokens["one@a.example"] {
			w.Errorf("the link has changed (%v)", err)
		}
		if _, err := w.list.SetPolicy(ctx, w.org.ID, waitlist.Policy{Hold: time.Hour}); err != nil {
			w.Fatal(err)
		}
		if err := w.list.Join(ctx, w.org, waitlist.Entry{Service: "visit", Contact: person("two"), Wish: waitlist.Wish{From: today, To: today}}); !fault.Is(err, fault.NotFound) {
			w.Errorf("there is no list, and joining it says %v", err)
		}
		for range 2 {
			if err := w.list.Capture(ctx, waitlist.Joined{Org: w.org.ID, Entry: waiting[0].ID}); err != nil {
				w.Fatal(err)
			}
		}
		leads, _, err := w.store.Leads(ctx, w.org.ID, lead.Filter{})
		if err != nil || len(leads) != 1 || leads[0].Message != "Waits for a time: Visit, any day, any time, 2026-11-30 to 2026-12-30" {
			w.Errorf("the leads are %+v (%v)", leads, err)
		}
	})
}

// TestTwoCancellationsAtOnce: whoever waits alone is offered one of two times, however many look at once, and two people
// never the same.
func TestTwoCancellationsAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		visits := w.full()
		w.join("one", nil)
		race := func(f func(i int) error) {
			var g sync.WaitGroup
			for i := range 4 {
				g.Go(func() {
					if err := f(i); err != nil {
						w.Error(err)
					}
				})
			}
			g.Wait()
		}
		race(func(i int) error {
			if i < 2 {
				w.cancel(visits[at(1, 9+i)])
			}
			_, err := w.list.Look(context.Background(), w.org.ID)
			return err
		})
		w.look()
		if got := w.live(); len(got) != 1 {
			w.Fatalf("one person has %d offers", len(got))
		}
		w.join("two", func(e *waitlist.Entry) { e.Wish.Parts = []waitlist.Part{waitlist.Morning} })
		w.join("three", nil)
		w.cancel(visits[at(2, 9)])
		race(func(int) error { _, err := w.list.Look(context.Background(), w.org.ID); return err })
		starts := map[int64]bool{}
		for _, x := range w.live() {
			if starts[x.Start.Unix()] {
				w.Errorf("two people are offered %v", x.Start)
			}
			starts[x.Start.Unix()] = true
		}
	})
}

// live are the offers that stand.
func (w *world) live() []waitlist.Offer {
	w.Helper()
	list, err := w.store.WaitOffers(context.Background(), w.org.ID, "")
	if err != nil {
		w.Fatal(err)
	}
	return slices.DeleteFunc(list, func(x waitlist.Offer) bool { return !x.State.Live() })
}

// TestKilledBetweenSteps: a process that dies after the person has pressed, before or after the booking, leaves neither a
// person without a visit nor two visits.
func TestKilledBetweenSteps(t *testing.T) {
	t.Parallel()
	for _, booked := range []bool{false, true} {
		t.Run(fmt.Sprintf("booked %v", booked), func(t *testing.T) {
			t.Parallel()
			each(t, func(w *world) {
				ctx := context.Background()
				visits := w.full()
				w.join("one", nil)
				w.cancel(visits[at(1, 9)])
				w.look()
				x, ok := w.offered("one")
				if !ok {
					w.Fatal("nothing is offered")
				}
				if booked {
					w.store.cut = errors.New("the process has died")
					if _, err := w.list.Accept(ctx, w.store.tokens["one@a.example"], x.ID); !errors.Is(err, w.store.cut) {
						w.Fatal(err)
					}
					w.store.cut = nil
				} else if ok, err := w.store.BeginAccept(ctx, w.org.ID, x.ID, w.now()); !ok || err != nil {
					w.Fatal(ok, err)
				}
				w.forward(2 * time.Minute)
				if err := w.list.Tick(ctx); err != nil {
					w.Fatal(err)
				}
				list, _, err := w.store.Appointments(ctx, w.org.ID, booking.Filter{Person: lead.NewSearch("one@a.example"), Limit: 10})
				if err != nil || len(list) != 1 || w.state("one") != waitlist.Booked {
					w.Errorf("%d visits, and one is %s (%v)", len(list), w.state("one"), err)
				}
			})
		})
	}
}

// TestAnOfferThatIsGone: an administrator has taken the time away; the person is told, and waits on.
func TestAnOfferThatIsGone(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := context.Background()
		visits := w.full()
		w.join("one", nil)
		w.cancel(visits[at(1, 11)])
		w.look()
		x, _ := w.offered("one")
		w.hours("11:00")
		if _, err := w.list.Accept(ctx, w.store.tokens["one@a.example"], x.ID); !fault.Is(err, fault.Conflict) {
			w.Errorf("it was booked: %v", err)
		}
		got, err := w.store.WaitOffer(ctx, w.org.ID, x.ID)
		if err != nil || got.State != waitlist.Gone || w.state("one") != waitlist.Waiting {
			w.Errorf("the offer is %s, and one is %s (%v)", got.State, w.state("one"), err)
		}
		if err := w.list.OfferByHand(ctx, w.org, got.Entry, at(1, 9), "Rae"); !fault.Is(err, fault.Conflict) {
			w.Errorf("a time that is taken was offered by hand: %v", err)
		}
	})
}

// TestHoldsNeverOverlap: whatever people do, no two of what lives keep the same time of a rep: visits, holds of visitors and
// offers; each offer has its hold, nobody has two, and nothing is offered that the rules do not offer.
func TestHoldsNeverOverlap(t *testing.T) {
	t.Parallel()
	var runs atomic.Int64
	rapid.Check(t, func(rt *rapid.T) {
		if os.Getenv("HEAVYSET_SOAK") == "" && runs.Add(1) > 12 { // each run has a database of its own
			return
		}
		c := &clock{}
		w := newWorld(t, storetest.Open(t, storetest.SQLite(t, filepath.Join(t.TempDir(), id.Token())), c.now, nil), c)
		var visits []booking.Confirmation
		for _, v := range w.full() {
			visits = append(visits, v)
		}
		n, ctx := 0, context.Background()
		names := func() string { return fmt.Sprint("p", rapid.IntRange(0, max(0, n-1)).Draw(rt, "who")) }
		rt.Repeat(map[string]func(*rapid.T){
			"": func(*rapid.T) { w.sound(rt) },
			"join": func(*rapid.T) {
				w.join(fmt.Sprint("p", n), func(e *waitlist.Entry) {
					e.Wish.Days = rapid.SampledFrom([][]time.Weekday{nil, {time.Tuesday}, {time.Wednesday, time.Thursday}}).Draw(rt, "days")
				})
				n++
			},
			"cancel": func(*rapid.T) {
				if len(visits) > 0 {
					i := rapid.IntRange(0, len(visits)-1).Draw(rt, "which")
					_, _ = w.book.Cancel(ctx, visits[i].Token.Reveal(), "", lead.IdempotencyKey{}, "visitor") // begun: refused
					visits = slices.Delete(visits, i, i+1)
				}
			},
			"visitor": func(*rapid.T) {
				if free := w.free(); len(free) > 0 {
					s := free[rapid.IntRange(0, len(free)-1).Draw(rt, "slot")]
					if _, err := w.book.Hold(ctx, booking.HoldRequest{Scheduler: "o", Service: "visit", PostalCode: "60601", Start: s}); err != nil {
						rt.Fatal(err)
					}
				}
			},
			"look": func(*rapid.T) { w.look() },
			"tick": func(*rapid.T) {
				w.forward(time.Duration(rapid.IntRange(1, 50).Draw(rt, "minutes")) * time.Minute)
				if err := w.list.Tick(ctx); err != nil {
					rt.Fatal(err)
				}
			},
			"answer": func(*rapid.T) {
				if n == 0 {
					return
				}
				name := names()
				x, ok := w.offered(name)
				if token := w.store.tokens[name+"@a.example"]; ok && rapid.Bool().Draw(rt, "accept") {
					if _, err := w.list.Accept(ctx, token, x.ID); err != nil {
						rt.Fatalf("a standing offer of %v: %v", x.Start, err)
					}
				} else if ok {
					if err := w.list.Decline(ctx, token, x.ID); err != nil {
						rt.Fatal(err)
					}
				}
			},
			"leave": func(*rapid.T) {
				if n > 0 {
					if err := w.list.Leave(ctx, w.store.tokens[names()+"@a.example"]); err != nil {
						rt.Fatal(err)
					}
				}
			},
		})
	})
}

// sound holds what lives against each other.
func (w *world) sound(rt *rapid.T) {
	blocks, err := w.store.Blocks(context.Background(), w.org.ID, monday.AddDate(0, 0, -1), monday.AddDate(0, 1, 0), w.now())
	if err != nil {
		rt.Fatal(err)
	}
	held := map[string]availability.Block{}
	for i, a := range blocks {
		for _, b := range blocks[:i] {
			if a.Start.Before(b.End) && b.Start.Before(a.End) {
				rt.Fatalf("%v and %v keep the same time", a, b)
			}
		}
		held[a.ID] = a
	}
	has := map[waitlist.EntryID]bool{}
	for _, x := range w.live() {
		if has[x.Entry] {
			rt.Fatalf("%s has two offers", x.Entry)
		}
		has[x.Entry] = true
		if b, ok := held[string(x.Hold)]; w.now().Before(x.Expires) && (!ok || !b.Start.Equal(x.Start)) {
			rt.Fatalf("the offer of %v has no hold", x.Start)
		}
	}
}
