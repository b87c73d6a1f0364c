package booking_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/job"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
	"heavyset.tech/platform/internal/trial"
)

// TestTheLedger holds the booking store against a ledger in memory that knows the rules in their plainest form: each
// operation ends as the ledger says, with the rep that it says, and in between and at the end nothing is lost, doubled or
// overlapping, in rows, timelines and jobs.
func TestTheLedger(t *testing.T) {
	t.Parallel()
	trial.Run(t, trial.Size{Life: 250, Check: 1_000, Soak: 950_000, Beside: 2}, func(t *testing.T) func(uint64) (trial.Life, error) {
		path := filepath.Join(t.TempDir(), "ledger.db")
		var before *ledger
		t.Cleanup(func() { _ = before.store.Close() })
		return func(seed uint64) (trial.Life, error) {
			if before != nil {
				_ = before.store.Close()
			}
			for _, more := range []string{"", "-wal", "-shm"} {
				_ = os.Remove(path + more)
			}
			before = &ledger{t: t, url: storetest.SQLite(t, path)}
			return before, before.begin(seed)
		}
	})
}

// ledger is an organization in a database of its own, and what its books must say.
type ledger struct {
	t     *testing.T
	url   string
	jobs  *job.Table
	store *store.Store
	book  *booking.Service
	org   org.Organization
	now   time.Time

	reps     []string
	services []plain
	visits   []*visit
	holds    []held
	people   map[string]bool
	facts    map[string]int
	done     int
}

// plain is what the ledger knows of a service.
type plain struct {
	id                          string
	length, step, before, after time.Duration
	notice                      time.Duration
	together                    int // how many may start at once; 0: any number
	byOrder                     bool
}

// visit is an appointment as the ledger has it.
type visit struct {
	id       booking.AppointmentID
	token    string
	service  plain
	rep      string
	start    time.Time
	status   booking.Status
	revision int64
	request  booking.Request
	made     time.Time
}

type held struct {
	booking.Hold
	service plain
}

// spent is how long after a booking its key is used again at most: far less than it is kept.
const spent = 12 * time.Hour

func (l *ledger) begin(seed uint64) error {
	r := rand.New(rand.NewPCG(seed, 1<<40))
	l.now = time.Date(2026, 11, 30, 6, 0, 0, 0, time.UTC)
	l.people, l.facts, l.reps = map[string]bool{}, map[string]int{}, []string{"ann", "ben", "cy"}[:1+r.IntN(3)]
	minutes := func(list ...int) time.Duration { return time.Duration(list[r.IntN(len(list))]) * time.Minute }
	for _, id := range []string{"short", "long"} {
		l.services = append(l.services, plain{
			id: id, length: minutes(30, 60, 90), step: minutes(30, 45), before: minutes(0, 15), after: minutes(0, 30), notice: minutes(0, 0, 180),
			together: r.IntN(3), byOrder: r.IntN(2) == 0,
		})
	}
	l.jobs = &job.Table{}
	job.On(l.jobs, "booking.booked", "crm", job.Options{}, func(context.Context, booking.Booked) error { return nil })
	job.On(l.jobs, "booking.rescheduled", "crm", job.Options{}, func(context.Context, booking.Rescheduled) error { return nil })
	job.On(l.jobs, "booking.reassigned", "crm", job.Options{}, func(context.Context, booking.Reassigned) error { return nil })
	job.On(l.jobs, "booking.cancelled", "crm", job.Options{}, func(context.Context, booking.Cancelled) error { return nil })
	job.On(l.jobs, "booking.ended", "crm", job.Options{}, func(context.Context, booking.Ended) error { return nil })
	if err := l.open(); err != nil {
		return err
	}
	var err error
	if l.org, err = (&org.Service{Store: l.store, Now: l.clock}).Create(l.t.Context(), org.Draft{Slug: "o", Name: "O", Timezone: "UTC"}); err != nil {
		return err
	}
	_, err = (&catalog.Editor{Store: l.store}).Replace(l.t.Context(), l.org.ID, l.catalog())
	return err
}

func (l *ledger) clock() time.Time { return l.now }

// open is the start of a process.
func (l *ledger) open() (err error) {
	l.store, err = store.Open(l.t.Context(), store.Options{URL: l.url, Keys: storetest.Keys(l.t), Jobs: l.jobs, Now: l.clock})
	if err != nil {
		return err
	}
	l.book = booking.New(l.store, l.clock)
	return l.store.Migrate(l.t.Context())
}

// opens and closes bound a working day in UTC, window the days ahead that can be booked.
const (
	opens  = 9 * time.Hour
	closes = 15 * time.Hour
	window = 5
)

func (l *ledger) catalog() catalog.Catalog {
	c := catalog.Catalog{Timezone: "UTC"}
	in := func(d time.Duration) int { return int(d / time.Minute) }
	for _, s := range l.services {
		sv := catalog.Service{
			ID: s.id, Name: s.id, DurationMinutes: in(s.length), SlotIntervalMinutes: in(s.step), BufferBeforeMinutes: in(s.before), BufferAfterMinutes: in(s.after),
			MinNoticeMinutes: in(s.notice), BookingWindowDays: window, CapacityPerSlot: s.together, Assignment: catalog.RoundRobin, Reps: l.reps,
		}
		if s.byOrder {
			sv.Assignment = catalog.Priority
		}
		c.Services = append(c.Services, sv)
	}
	for _, id := range l.reps {
		c.Reps = append(c.Reps, catalog.Rep{ID: id, Name: id, Hours: []catalog.Hours{{Days: []string{"mon", "tue", "wed", "thu", "fri"}, Start: "09:00", End: "15:00"}}})
	}
	return c
}

// Do does one thing to the books.
func (l *ledger) Do(r *rand.Rand) (string, error) {
	l.done++
	said, err := l.one(r)
	if err == nil && l.done%10 == 0 {
		err = l.compareOffer(r)
	}
	if err == nil && l.done%50 == 0 {
		err = l.compareRows()
	}
	return said, err
}

func (l *ledger) one(r *rand.Rand) (string, error) {
	switch r.IntN(20) {
	case 0, 1, 2, 3, 4:
		return l.books(r)
	case 5:
		return l.again(r)
	case 6, 7:
		return l.holdsOne(r)
	case 8, 9:
		return l.booksHeld(r)
	case 10:
		return l.releases(r)
	case 11, 12, 13:
		return l.moves(r)
	case 14:
		return l.hands(r)
	case 15, 16:
		return l.cancels(r)
	case 17:
		return l.ends(r)
	case 18:
		d := time.Duration(1+r.IntN(400)) * time.Minute
		l.now = l.now.Add(d)
		return "the clock goes on by " + d.String(), nil
	}
	if r.IntN(10) > 0 {
		l.book = booking.New(l.store, l.clock)
		return "another node", nil
	}
	return "the process starts anew", errors.Join(l.store.Close(), l.open())
}

func (l *ledger) when(r *rand.Rand) time.Time {
	day := l.now.Truncate(24*time.Hour).AddDate(0, 0, r.IntN(window+2))
	return day.Add(opens + time.Duration(r.IntN(27)-2)*15*time.Minute)
}

// alive reports whether a hold keeps its time.
func (l *ledger) alive(h held) bool { return h.Expires.After(l.now) }

// free says whom a service can be booked with at a start, in the order of the catalog, leaving out one visit or hold.
// agreed leaves out notice and window too.
func (l *ledger) free(s plain, start time.Time, without string, agreed bool) (out []string) {
	day := start.Truncate(24 * time.Hour)
	at := start.Sub(day)
	if w := start.Weekday(); w == time.Saturday || w == time.Sunday || at < opens || at+s.length > closes || (at-opens)%s.step != 0 || start.Before(l.now) {
		return nil
	}
	if !agreed && (start.Before(l.now.Add(s.notice)) || day.After(l.now.Truncate(24*time.Hour).AddDate(0, 0, window))) {
		return nil
	}
	beginning, taken := 0, map[string]bool{}
	takes := func(id, rep string, o plain, from time.Time) {
		if id == without {
			return
		}
		if o.id == s.id && from.Equal(start) {
			beginning++
		}
		if from.Add(-o.before).Before(start.Add(s.length+s.after)) && start.Add(-s.before).Before(from.Add(o.length+o.after)) {
			taken[rep] = true
		}
	}
	for _, v := range l.visits {
		if v.status != booking.Canceled {
			takes(string(v.id), v.rep, v.service, v.start)
		}
	}
	for _, h := range l.holds {
		if l.alive(h) {
			takes(string(h.ID), h.Rep, h.service, h.Start)
		}
	}
	if s.together > 0 && beginning >= s.together {
		return nil
	}
	for _, rep := range l.reps {
		if !taken[rep] {
			out = append(out, rep)
		}
	}
	return out
}

// chosen is who comes of several who are free.
func (l *ledger) chosen(s plain, start time.Time, free []string) string {
	if s.byOrder {
		return free[0]
	}
	count := map[string]int{}
	for _, v := range l.visits {
		if v.status != booking.Canceled && v.start.Sub(start).Abs() <= 30*24*time.Hour {
			count[v.rep]++
		}
	}
	return slices.MinFunc(free, func(a, b string) int { return count[a] - count[b] })
}

// agree holds how something ended against how it had to: want is who comes, "" that it is refused.
func agree(want string, err error, rep string) error {
	switch {
	case want == "" && err == nil:
		return fmt.Errorf("it went through, with %s", rep)
	case want == "" && !fault.Is(err, fault.Conflict), want != "" && err != nil:
		return err
	case want != "" && rep != want:
		return fmt.Errorf("%s comes, and %s had to", rep, want)
	}
	return nil
}

func (l *ledger) request(r *rand.Rand, s plain, start time.Time) booking.Request {
	who := fmt.Sprintf("p%d", r.IntN(40))
	return booking.Request{
		Scheduler: l.org.Slug, Service: s.id, Start: start, Contact: lead.Contact{LastName: who, Email: who + "@x.example"},
		Key: lead.IdempotencyKey{Key: fmt.Sprintf("key-%d-%d", l.done, r.Uint64()), Body: who},
	}
}

// booked takes a booking into the books.
func (l *ledger) booked(q booking.Request, s plain, c booking.Confirmation) {
	l.people[q.Contact.Email] = true
	l.facts["booking.booked/crm"]++
	l.visits = append(l.visits, &visit{
		id: c.Appointment.ID, token: c.Token.Reveal(), service: s, rep: c.Appointment.Rep, start: q.Start, status: booking.Confirmed, revision: 1, request: q, made: l.now,
	})
}

func (l *ledger) books(r *rand.Rand) (string, error) {
	s := l.services[r.IntN(2)]
	q := l.request(r, s, l.when(r))
	said := fmt.Sprintf("%s books %s at %v", q.Contact.LastName, s.id, q.Start)
	want := ""
	if free := l.free(s, q.Start, "", false); len(free) > 0 {
		want = l.chosen(s, q.Start, free)
	}
	if r.IntN(10) == 0 { // the visitor is gone before anything was begun
		ctx, cancel := context.WithCancel(l.t.Context())
		cancel()
		if _, err := l.book.Book(ctx, q); err == nil {
			return said, errors.New("a call that had ended was answered")
		}
	}
	c, err := l.book.Book(l.t.Context(), q)
	if err == nil {
		l.booked(q, s, c)
	}
	return said + ": " + want, agree(want, err, c.Appointment.Rep)
}

// again is a visitor who has not heard the answer and sends the same once more.
func (l *ledger) again(r *rand.Rand) (string, error) {
	i := slices.IndexFunc(l.visits, func(v *visit) bool { return l.now.Sub(v.made) < spent })
	if i < 0 {
		return "nothing is sent again", nil
	}
	i += r.IntN(len(l.visits) - i)
	v := l.visits[i]
	c, err := l.book.Book(l.t.Context(), v.request)
	said := fmt.Sprintf("visit %d is sent again", i)
	if err == nil && (c.Appointment.ID != v.id || c.Token.Reveal() != v.token) {
		err = fmt.Errorf("it is %s now, and was %s", c.Appointment.ID, v.id)
	}
	if err != nil {
		return said, err
	}
	other := v.request
	other.Key.Body += "!"
	if _, err := l.book.Book(l.t.Context(), other); !fault.Is(err, fault.Conflict) {
		return said, fmt.Errorf("the key of one request was good for another: %v", err)
	}
	return said, nil
}

func (l *ledger) holdsOne(r *rand.Rand) (string, error) {
	s := l.services[r.IntN(2)]
	start := l.when(r)
	want := ""
	if free := l.free(s, start, "", false); len(free) > 0 {
		want = l.chosen(s, start, free)
	}
	h, err := l.book.Hold(l.t.Context(), booking.HoldRequest{Scheduler: l.org.Slug, Service: s.id, Start: start})
	if err == nil {
		l.holds = append(l.holds, held{h, s})
	}
	return fmt.Sprintf("%s at %v is held: %s", s.id, start, want), agree(want, err, h.Rep)
}

func (l *ledger) booksHeld(r *rand.Rand) (string, error) {
	if len(l.holds) == 0 {
		return "nothing is held", nil
	}
	i := r.IntN(len(l.holds))
	h := l.holds[i]
	q := l.request(r, h.service, h.Start)
	q.Hold = h.ID
	want := ""
	if l.alive(h) && slices.Contains(l.free(h.service, h.Start, string(h.ID), false), h.Rep) {
		want = h.Rep
	} else if free := l.free(h.service, h.Start, "", false); len(free) > 0 {
		want = l.chosen(h.service, h.Start, free)
	}
	c, err := l.book.Book(l.t.Context(), q)
	if err == nil {
		l.booked(q, h.service, c)
		l.holds = slices.Delete(l.holds, i, i+1)
	}
	return fmt.Sprintf("%s books what is held, %s at %v: %s", q.Contact.LastName, h.service.id, h.Start, want), agree(want, err, c.Appointment.Rep)
}

func (l *ledger) releases(r *rand.Rand) (string, error) {
	if len(l.holds) == 0 {
		return "nothing is held", nil
	}
	i := r.IntN(len(l.holds))
	h := l.holds[i]
	l.holds = slices.Delete(l.holds, i, i+1)
	return fmt.Sprintf("%s at %v is let go", h.service.id, h.Start), l.book.Release(l.t.Context(), l.org.ID, h.ID)
}

// some gives one of the last visits.
func (l *ledger) some(r *rand.Rand) (int, *visit) {
	if len(l.visits) == 0 {
		return 0, nil
	}
	i := len(l.visits) - 1 - r.IntN(min(len(l.visits), 25))
	return i, l.visits[i]
}

func (v *visit) open() bool { return v.status == booking.Confirmed }

func (l *ledger) moves(r *rand.Rand) (string, error) {
	i, v := l.some(r)
	if v == nil {
		return "nothing can be moved", nil
	}
	start, want := l.when(r), ""
	if v.open() && v.start.After(l.now) {
		free := l.free(v.service, start, string(v.id), false)
		switch {
		case start.Equal(v.start), slices.Contains(free, v.rep):
			want = v.rep
		case len(free) > 0:
			want = l.chosen(v.service, start, free)
		}
	}
	m, err := l.book.Reschedule(l.t.Context(), v.token, start, lead.IdempotencyKey{}, "visitor")
	if err == nil && !start.Equal(v.start) {
		v.start, v.rep = start, want
		v.revision++
		l.facts["booking.rescheduled/crm"]++
	}
	return fmt.Sprintf("visit %d moves to %v: %s", i, start, want), agree(want, err, m.Appointment.Rep)
}

func (l *ledger) hands(r *rand.Rand) (string, error) {
	i, v := l.some(r)
	if v == nil {
		return "nothing can be handed over", nil
	}
	rep, want := l.reps[r.IntN(len(l.reps))], ""
	if v.open() && v.start.After(l.now) && (rep == v.rep || slices.Contains(l.free(v.service, v.start, string(v.id), true), rep)) {
		want = rep
	}
	a, err := l.book.Move(l.t.Context(), l.org, v.id, booking.Wish{Start: v.start, Rep: rep}, "Rae")
	if err == nil && rep != v.rep {
		v.rep = rep
		v.revision++
		l.facts["booking.reassigned/crm"]++
	}
	return fmt.Sprintf("visit %d goes to %s: %s", i, rep, want), agree(want, err, a.Rep)
}

func (l *ledger) cancels(r *rand.Rand) (string, error) {
	i, v := l.some(r)
	if v == nil {
		return "nothing can be cancelled", nil
	}
	want := ""
	if v.status == booking.Canceled || v.open() && v.start.After(l.now) {
		want = v.rep
	}
	m, err := l.book.Cancel(l.t.Context(), v.token, "", lead.IdempotencyKey{}, "visitor")
	if err == nil && v.status != booking.Canceled {
		v.status = booking.Canceled
		v.revision++
		l.facts["booking.cancelled/crm"]++
	}
	return fmt.Sprintf("visit %d is cancelled: %s", i, want), agree(want, err, m.Appointment.Rep)
}

func (l *ledger) ends(r *rand.Rand) (string, error) {
	i, v := l.some(r)
	if v == nil {
		return "nothing can have ended", nil
	}
	to := []booking.Status{booking.Completed, booking.NoShow, booking.Confirmed}[r.IntN(3)]
	seen, want := v.revision-int64(r.IntN(5)/4), ""
	same := v.status == to
	if same || seen == v.revision && v.status != booking.Canceled && !v.start.After(l.now) {
		want = v.rep
	}
	a, err := l.book.SetOutcome(l.t.Context(), l.org.ID, v.id, to, seen, "Rae")
	if err == nil && !same {
		v.status = to
		v.revision++
		l.facts["booking.ended/crm"]++
	}
	return fmt.Sprintf("visit %d ends as %s: %s", i, to, want), agree(want, err, a.Rep)
}

// compareOffer holds what is offered against who is free.
func (l *ledger) compareOffer(r *rand.Rand) error {
	s := l.services[r.IntN(2)]
	o, err := l.book.Slots(l.t.Context(), booking.Ask{
		Scheduler: l.org.Slug, Service: s.id, From: l.now.AddDate(0, 0, -1).Format(time.DateOnly), To: l.now.AddDate(0, 0, window+2).Format(time.DateOnly),
	})
	if err != nil {
		return err
	}
	offered := map[int64]bool{}
	for _, x := range o.Slots() {
		offered[x.Start.UnixMilli()] = true
	}
	for d := range window + 2 {
		day := l.now.Truncate(24*time.Hour).AddDate(0, 0, d)
		for at := opens; at < closes; at += s.step {
			if start := day.Add(at); offered[start.UnixMilli()] != (len(l.free(s, start, "", false)) > 0) {
				return fmt.Errorf("%s at %v is offered: %v; free are %v", s.id, start, offered[start.UnixMilli()], l.free(s, start, "", false))
			}
			delete(offered, day.Add(at).UnixMilli())
		}
	}
	if len(offered) > 0 {
		return fmt.Errorf("off the grid are offered %v", offered)
	}
	return nil
}

// compareRows holds every appointment against the books, and each against the others of its rep.
func (l *ledger) compareRows() error {
	want := map[booking.AppointmentID]*visit{}
	for _, v := range l.visits {
		want[v.id] = v
	}
	last := map[string]booking.Appointment{}
	for after := ""; ; {
		list, next, err := l.store.Appointments(l.t.Context(), l.org.ID, booking.Filter{Limit: 100, After: after})
		if err != nil {
			return err
		}
		for _, a := range list {
			v := want[a.ID]
			if v == nil || a.Rep != v.rep || !a.Start.Equal(v.start) || a.End.Sub(a.Start) != v.service.length || a.Status != v.status || a.Revision != v.revision {
				return fmt.Errorf("the store has %s of %s at %v, %s, revision %d; the books have %+v", a.ID, a.Rep, a.Start, a.Status, a.Revision, v)
			}
			delete(want, a.ID)
			if a.Status == booking.Canceled {
				continue
			}
			if b, ok := last[a.Rep]; ok && a.Start.Before(b.End) && b.Start.Before(a.End) {
				return fmt.Errorf("%s and %s of %s overlap", a.ID, b.ID, a.Rep)
			}
			last[a.Rep] = a
		}
		if after = next; after == "" {
			break
		}
	}
	if len(want) > 0 {
		return fmt.Errorf("%d visits are lost", len(want))
	}
	return nil
}

// End also counts what follows from the visits: entries of timelines, people, leads, jobs.
func (l *ledger) End() error {
	if err := l.compareRows(); err != nil {
		return err
	}
	for _, v := range l.visits {
		events, err := l.store.Timeline(l.t.Context(), l.org.ID, v.id)
		if err != nil {
			return err
		}
		if int64(len(events)) != v.revision {
			return fmt.Errorf("%d entries tell of %d changes", len(events), v.revision)
		}
	}
	customers, _, err := l.store.Customers(l.t.Context(), l.org.ID, lead.Filter{Limit: 200})
	if err != nil {
		return err
	}
	leads, _, err := l.store.Leads(l.t.Context(), l.org.ID, lead.Filter{Limit: 200})
	if err != nil {
		return err
	}
	if len(customers) != len(l.people) || len(leads) != len(l.people) {
		return fmt.Errorf("%d people are %d customers and %d leads", len(l.people), len(customers), len(leads))
	}
	counts, err := l.store.JobCounts(l.t.Context())
	if err != nil {
		return err
	}
	jobs := map[string]int{}
	for _, c := range counts {
		jobs[c.Kind] += int(c.N)
	}
	if !maps.Equal(jobs, l.facts) {
		return fmt.Errorf("the jobs are %v, the facts %v", jobs, l.facts)
	}
	return nil
}
