package store_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/mirror"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
)

const config = connection.ConfigID("crm_1")

// tuesday is 15:00 UTC, nine in the morning in Chicago.
var tuesday = time.Date(2026, 12, 1, 15, 0, 0, 0, time.UTC)

// copied makes an organization whose copy of Events has these rows.
func copied(t *testing.T, s *store.Store, rows ...mirror.Row) org.Organization {
	t.Helper()
	o := organization(t, s, "ridge")
	if err := s.SetSources(t.Context(), o.ID, config, []mirror.Source{{Name: "Events", Counted: true}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Apply(t.Context(), o.ID, config, "Events", mirror.Delta{Put: rows}); err != nil {
		t.Fatal(err)
	}
	return o
}

func hours(id, owner string, from time.Time, n int) mirror.Row {
	return mirror.Row{ID: id, Owner: owner, Start: from, End: from.Add(time.Duration(n) * time.Hour), Modified: monday}
}

func blocksOf(t *testing.T, s *store.Store, o org.ID, from, to time.Time) []string {
	t.Helper()
	list, err := s.Blocks(t.Context(), o, from, to, monday)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, b := range list {
		name := b.Rep + " " + b.Record
		if b.AllDay {
			name += " " + b.FirstDay.String() + " " + b.LastDay.String()
		}
		if b.Kind == availability.Event {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// TestMirrorBlocks: what of the copy takes whose time.
func TestMirrorBlocks(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		holiday := hours("days", "1", time.Date(2026, 12, 1, 6, 0, 0, 0, time.UTC), 48) // two local days
		holiday.AllDay = true
		cancelled, unasked := hours("off", "1", tuesday, 1), hours("unasked", "1", tuesday, 1)
		cancelled.Cancelled, unasked.Cancelled = mirror.Cancelled, mirror.Unasked
		o := copied(t, s, hours("ann", "1", tuesday, 1), hours("ben", "2", tuesday, 1), hours("stranger", "3", tuesday, 1), hours("long", "2", tuesday.AddDate(0, 0, -3), 24*5), holiday, cancelled, unasked)
		if got := blocksOf(t, s, o.ID, tuesday, tuesday.Add(time.Hour)); !slices.Equal(got, []string{"ann ann", "ann days 2026-12-01 2026-12-02", "ann unasked", "ben ben", "ben long"}) {
			t.Errorf("%q", got)
		}
		if got := blocksOf(t, s, o.ID, tuesday.Add(time.Hour), tuesday.Add(2*time.Hour)); !slices.Equal(got, []string{"ann days 2026-12-01 2026-12-02", "ben long"}) {
			t.Errorf("an hour later, %q", got)
		}
		of := func() int64 {
			v, err := s.Offering(t.Context(), "ridge")
			if err != nil {
				t.Fatal(err)
			}
			return v.Revision
		}
		before := of()
		if err := s.SetSources(t.Context(), o.ID, config, []mirror.Source{{Name: "Events"}, {Name: "busy:ann", Counted: true}}); err != nil {
			t.Fatal(err)
		}
		if got := blocksOf(t, s, o.ID, tuesday, tuesday.Add(time.Hour)); len(got) > 0 || of() == before {
			t.Errorf("a source that does not count blocks %q", got)
		}
		if err := s.SetSources(t.Context(), o.ID, config, []mirror.Source{{Name: "busy:ann", Counted: true}}); err != nil {
			t.Fatal(err)
		}
		if rows, err := s.Rows(t.Context(), o.ID, config, "Events"); err != nil || len(rows) > 0 {
			t.Errorf("a source that is none any more has %v %v", rows, err)
		}
	})
}

// TestStaleness: how old the copy is shows in the offering, whether or not it was read before.
func TestStaleness(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		o := copied(t, s)
		for _, want := range []booking.Copy{{}, {Kept: true, AsOf: monday, Budget: time.Minute, Policy: booking.StaleBlock}, {Kept: true, Budget: time.Minute, Policy: booking.StaleCopy}} {
			if want.Kept {
				if err := s.SetStaleness(t.Context(), o.ID, mirror.Staleness{AsOf: want.AsOf, Budget: want.Budget, Policy: "block"}); err != nil {
					t.Fatal(err)
				}
				want.Policy = booking.StaleBlock
			}
			if of, err := s.Offering(t.Context(), "ridge"); err != nil || of.Copy != want {
				t.Errorf("want %+v, got %+v %v", want, of.Copy, err)
			}
		}
	})
}

// TestASourceThatBecomesCountedWasNeverRead: more is asked of it than before. One that stays as it is, or counts no more, is not
// read anew.
func TestASourceThatBecomesCountedWasNeverRead(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		o := copied(t, s)
		for _, c := range []struct{ counted, read bool }{{true, true}, {false, true}, {true, false}} {
			if err := s.ReadSource(t.Context(), o.ID, config, mirror.Source{Name: "Events", AsOf: monday, Tried: monday}, mirror.Sample{At: monday}); err != nil {
				t.Fatal(err)
			}
			if err := s.SetSources(t.Context(), o.ID, config, []mirror.Source{{Name: "Events", Counted: c.counted}}); err != nil {
				t.Fatal(err)
			}
			list, err := s.Sources(t.Context(), o.ID, config)
			if err != nil || len(list) != 1 || list[0].Counted != c.counted || list[0].AsOf.IsZero() == c.read {
				t.Errorf("%+v: %+v %v", c, list, err)
			}
		}
	})
}

// TestDirtyRowsAreThoseOfEachModule: a crowd of marks of one module hides none of another.
func TestDirtyRowsAreThoseOfEachModule(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		o := copied(t, s)
		for i, m := range [][]string{{"Leads", "1", "2", "3"}, {"Events", "9"}} {
			if err := s.Notice(t.Context(), o.ID, config, "", m[0], m[1:], monday.Add(time.Duration(i)*time.Second)); err != nil {
				t.Fatal(err)
			}
		}
		var got []string
		list, err := s.Dirty(t.Context(), o.ID, config, 2)
		for _, d := range list {
			got = append(got, d.Module+" "+d.Record)
		}
		if want := []string{"Leads 1", "Leads 2", "Events 9"}; err != nil || !slices.Equal(got, want) {
			t.Errorf("%v %v, want %v", got, err, want)
		}
	})
}

// TestDirtyRowsOutliveTheirReading: a change that comes while its record is being read is read again.
func TestDirtyRowsOutliveTheirReading(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		o := copied(t, s)
		notice := func() {
			t.Helper()
			if err := s.Notice(t.Context(), o.ID, config, "", "Events", []string{"1", "2"}, monday); err != nil {
				t.Fatal(err)
			}
		}
		notice()
		marked, err := s.Dirty(t.Context(), o.ID, config, 10)
		if err != nil || len(marked) != 2 {
			t.Fatal(marked, err)
		}
		if err := s.Notice(t.Context(), o.ID, config, "", "Events", []string{"2"}, monday); err != nil {
			t.Fatal(err)
		}
		if err := s.Clean(t.Context(), o.ID, config, marked); err != nil {
			t.Fatal(err)
		}
		if left, err := s.Dirty(t.Context(), o.ID, config, 10); err != nil || len(left) != 1 || left[0].Record != "2" || left[0].Version != 2 {
			t.Errorf("%+v %v", left, err)
		}
	})
}

// written books a visit at tuesday and links it to an event, as a push does.
func written(t *testing.T, s *store.Store, o org.ID, sight *crmsync.Sight) booking.Appointment {
	t.Helper()
	c, err := booking.New(s, clock).Book(t.Context(), request("ridge", tuesday))
	if err != nil {
		t.Fatal(err)
	}
	a := c.Appointment
	err = s.Record(t.Context(), o, crmsync.Attempt{ID: crmsync.AttemptID(id.New("try", monday)), Config: config, At: monday, State: crmsync.AttemptWritten, Request: "{}", Answer: "{}"},
		&crmsync.Link{Role: crm.RoleAppointment, Subject: string(a.ID), Module: "Events", Record: "77", Sight: sight, Since: monday})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Settle(t.Context(), o, crmsync.Ref{Appointment: a.ID}, crmsync.Outcome{Revision: a.Revision}, monday); err != nil {
		t.Fatal(err)
	}
	return a
}

// TestFollow: what happened in the CRM is stored with its timeline and needs no write; an overlap is refused by the
// database; a decision on an old reading is thrown away; a conflict makes both times block.
func TestFollow(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		o := copied(t, s, hours("77", "1", tuesday, 1))
		sight := crmsync.Sight{Start: tuesday, End: tuesday.Add(time.Hour), Owner: "1", Status: booking.Confirmed}
		a := written(t, s, o.ID, &sight)
		if got := blocksOf(t, s, o.ID, tuesday, tuesday.Add(time.Hour)); len(got) > 0 {
			t.Errorf("the appointment's own record blocks: %q", got)
		}
		l, found, err := s.LinkedRecord(t.Context(), o.ID, config, "Events", "77")
		if err != nil || !found || l.Pending || l.Appointment != a.ID || l.Sight == nil || *l.Sight != sight {
			t.Fatalf("%+v %v %v", l, found, err)
		}
		if list, err := s.Linked(t.Context(), o.ID, config, "Events", monday, tuesday.Add(time.Minute)); err != nil || len(list) != 1 || list[0].Record != "77" {
			t.Errorf("%+v %v", list, err)
		}
		to := tuesday.Add(2 * time.Hour)
		follow := func(l mirror.Linked, f func(mirror.Standing) mirror.Following) error {
			return s.Follow(t.Context(), o.ID, config, l, func(st mirror.Standing) (mirror.Following, error) { return f(st), nil })
		}
		moved := func(st mirror.Standing) mirror.Following {
			next := sight
			next.Start, next.End = to, to.Add(time.Hour)
			return mirror.Following{Sight: &next, Change: booking.Follow(o.ID, st.Appointment, booking.Told{Start: to, Actor: "zoho"}, monday)}
		}
		if err := follow(l, moved); err != nil {
			t.Fatal(err)
		}
		got, _ := s.Appointment(t.Context(), o.ID, a.ID)
		views, _ := s.AppointmentViews(t.Context(), o.ID, []booking.AppointmentID{a.ID})
		told, _ := s.Timeline(t.Context(), o.ID, a.ID)
		if !got.Start.Equal(to) || got.Revision != 2 || views[a.ID].State != crmsync.Written || len(told) != 2 {
			t.Errorf("%+v %+v %+v", got, views[a.ID], told)
		}
		if err := follow(l, moved); !errors.Is(err, mirror.ErrMoved) {
			t.Errorf("an old reading is followed: %v", err)
		}

		other, err := booking.New(s, clock).Book(t.Context(), request("ridge", tuesday))
		if err != nil {
			t.Fatal(err)
		}
		l, _, _ = s.LinkedRecord(t.Context(), o.ID, config, "Events", "77")
		err = follow(l, func(st mirror.Standing) mirror.Following {
			return mirror.Following{Change: booking.Follow(o.ID, st.Appointment, booking.Told{Start: tuesday, Rep: other.Appointment.Rep, Actor: "zoho"}, monday)}
		})
		if !fault.Is(err, fault.Conflict) {
			t.Errorf("two visits of a rep at a time: %v", err)
		}
		open := func(st mirror.Standing) mirror.Following {
			return mirror.Following{Open: &mirror.Conflict{Kind: mirror.Overlap, Appointment: a.ID, Module: "Events", Record: "77", Theirs: sight}}
		}
		for range 2 {
			if err := follow(l, open); err != nil {
				t.Fatal(err)
			}
		}
		list, _, err := s.Conflicts(t.Context(), o.ID)
		if err != nil || len(list) != 1 || list[0].Theirs != sight {
			t.Fatalf("%+v %v", list, err)
		}
		if got := blocksOf(t, s, o.ID, tuesday, tuesday.Add(time.Hour)); !slices.Equal(got, []string{"ann 77"}) {
			t.Errorf("while a person is asked, both times block: %q", got)
		}
		err = follow(l, func(mirror.Standing) mirror.Following {
			return mirror.Following{Sight: &sight, Settle: mirror.Settlement{Choice: mirror.Ours, By: "Rae"}, Write: true}
		})
		if err != nil {
			t.Fatal(err)
		}
		list, settled, _ := s.Conflicts(t.Context(), o.ID)
		views, _ = s.AppointmentViews(t.Context(), o.ID, []booking.AppointmentID{a.ID})
		if len(list) != 0 || len(settled) != 1 || settled[0].By != "Rae" || views[a.ID].State == crmsync.Written || len(blocksOf(t, s, o.ID, tuesday, tuesday.Add(time.Hour))) > 0 {
			t.Errorf("%+v %+v %+v", list, settled, views[a.ID])
		}
	})
}

// TestCollisions: something else at the time of a visit is told of once, and no more when it has gone.
func TestCollisions(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		o := copied(t, s)
		a := written(t, s, o.ID, nil)
		owner := map[string]string{"ann": "1", "ben": "2"}[a.Rep]
		look := func() (open int) {
			t.Helper()
			if err := s.Collisions(t.Context(), o.ID, config, monday.Add(-time.Hour), monday); err != nil {
				t.Fatal(err)
			}
			list, _, err := s.Conflicts(t.Context(), o.ID)
			if err != nil {
				t.Fatal(err)
			}
			return len(list)
		}
		put := func(r mirror.Row) {
			t.Helper()
			if err := s.Apply(t.Context(), o.ID, config, "Events", mirror.Delta{Put: []mirror.Row{r}}); err != nil {
				t.Fatal(err)
			}
		}
		put(hours("after", owner, tuesday.Add(time.Hour), 1)) // it touches the visit and does not meet it
		if n := look(); n != 0 {
			t.Errorf("%d collisions of what only touches", n)
		}
		put(hours("x", owner, tuesday.Add(30*time.Minute), 1))
		first, again := look(), look()
		if first != 1 || again != 1 {
			t.Error("a collision is told of once")
		}
		put(hours("x", owner, tuesday.Add(5*time.Hour), 1))
		if n := look(); n != 0 {
			t.Errorf("%d open after it has gone", n)
		}
	})
}

// TestChannelsAreFoundByTheirPath: by its hash alone, and their secrets come back.
func TestChannelsAreFoundByTheirPath(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		o := copied(t, s)
		ch := mirror.Channel{
			Channel: crm.Channel{ID: "12", Modules: []string{"Events", "Leads"}, Token: secret.NewString("token"), Expires: monday.Add(time.Hour)},
			Path:    secret.NewString("path"), Renew: monday, Error: "e",
		}
		for range 2 {
			if err := s.PutChannel(t.Context(), o.ID, config, ch); err != nil {
				t.Fatal(err)
			}
		}
		got, c, found, err := s.ChannelByPath(t.Context(), id.Hash("path"))
		if err != nil || got != o.ID || c != config || found.ID != "12" || found.Token.Reveal() != "token" || !slices.Equal(found.Modules, ch.Modules) {
			t.Errorf("%v %v %+v %v", got, c, found, err)
		}
		list, err := s.Channels(t.Context(), o.ID, config)
		if err != nil || len(list) != 1 || list[0].Path.Reveal() != "path" || !list[0].Expires.Equal(ch.Expires) || list[0].Error != "e" {
			t.Errorf("%+v %v", list, err)
		}
		if err := s.DeleteChannel(t.Context(), o.ID, config, "12"); err != nil {
			t.Fatal(err)
		}
		if _, _, _, err := s.ChannelByPath(t.Context(), id.Hash("path")); !fault.Is(err, fault.NotFound) {
			t.Errorf("a channel that is gone: %v", err)
		}
	})
}

// TestAKeptAnswerOutlivesAStaleCopy: while nothing may be booked, a key that was used before still gives its first answer.
func TestAKeptAnswerOutlivesAStaleCopy(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		o := copied(t, s)
		b, keyed := booking.New(s, clock), request("ridge", tuesday)
		keyed.Key = lead.IdempotencyKey{Key: "k", Body: "b"}
		first, err := b.Book(t.Context(), keyed)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.SetStaleness(t.Context(), o.ID, mirror.Staleness{AsOf: monday.Add(-time.Hour), Budget: time.Minute, Policy: "block"}); err != nil {
			t.Fatal(err)
		}
		if again, err := b.Book(t.Context(), keyed); err != nil || again.Appointment.ID != first.Appointment.ID {
			t.Errorf("the same key: %v %v", again.Appointment.ID, err)
		}
		if _, err := b.Book(t.Context(), request("ridge", tuesday.Add(3*time.Hour))); fault.As(err) == nil || fault.As(err).Code != "SOURCE_STALE" {
			t.Errorf("another booking: %v", err)
		}
	})
}
