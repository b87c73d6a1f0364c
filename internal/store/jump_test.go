package store_test

import (
	"sync/atomic"
	"testing"
	"time"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
)

// jumping is a store whose clock jumps.
type jumping struct {
	*store.Store
	t     *testing.T
	o     org.ID
	ahead *atomic.Int64 // of monday
}

func (j jumping) now() time.Time           { return monday.Add(time.Duration(j.ahead.Load())) }
func (j jumping) jump(after time.Duration) { j.ahead.Store(int64(after)) }

// held counts the times that are held.
func (j jumping) held() (n int) {
	j.t.Helper()
	list, err := j.Blocks(j.t.Context(), j.o, monday, monday.AddDate(0, 0, 30), j.now())
	if err != nil {
		j.t.Fatal(err)
	}
	for _, b := range list {
		if b.Kind == availability.Hold && b.Expires.After(j.now()) {
			n++
		}
	}
	return n
}

// TestTheClockJumpsADayAndBack: a reminder that is due in that day goes out once, however often its time comes again, and a
// later one is not lost. What was held before is free at its end, and what was held by the wrong clock a day later at most. A
// browser's session that began by the wrong clock ends a day later at most, too.
func TestTheClockJumpsADayAndBack(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			j := jumping{t: t, ahead: &atomic.Int64{}}
			j.Store = storetest.Open(t, storetest.URLs(t, engine), j.now, dueJobs())
			j.o = organization(t, j.Store, "ridge").ID
			b, start := booking.New(j.Store, j.now), time.Date(2026, 12, 8, 16, 0, 0, 0, time.UTC)
			made, err := b.Book(t.Context(), request("ridge", start))
			if err != nil {
				t.Fatal(err)
			}
			var plan []notify.Planned
			for _, due := range []time.Duration{2 * time.Hour, 30 * time.Hour} {
				plan = append(plan, notify.Planned{Kind: notify.Reminder, Lead: due, Start: start, Due: monday.Add(due)})
			}
			if err := j.PlanMessages(t.Context(), j.o, made.Appointment.ID, 1, plan); err != nil {
				t.Fatal(err)
			}
			hold := func(hours int) {
				t.Helper()
				if _, err := b.Hold(t.Context(), booking.HoldRequest{Scheduler: "ridge", Service: "inspection", PostalCode: "60601", Start: start.Add(time.Duration(hours) * time.Hour)}); err != nil {
					t.Fatal(err)
				}
			}
			began := func(token string) {
				t.Helper()
				if err := j.Sessions().Commit(token, []byte("x"), j.now().Add(auth.SessionLife)); err != nil {
					t.Fatal(err)
				}
			}
			hold(2)
			began("before")
			for i, step := range []struct {
				at            time.Duration
				do            func()
				sent, held    int
				before, ahead bool // whether the sessions live
			}{
				{0, nil, 0, 1, true, false},
				{day, func() { hold(4); began("ahead") }, 1, 1, false, true},
				{time.Minute, nil, 1, 2, true, true},
				{2*time.Hour + time.Minute, nil, 1, 1, true, true}, // what was due then has gone out already
				{auth.SessionLife, nil, 1, 1, false, true},
				{day + booking.HoldFor, nil, 1, 0, false, true},
				{30 * time.Hour, nil, 2, 0, false, true},
				{day + auth.SessionLife, nil, 2, 0, false, false},
			} {
				j.jump(step.at)
				if step.do != nil {
					step.do()
				}
				for range 2 {
					if err := j.TakeDueMessages(t.Context(), j.now()); err != nil {
						t.Fatal(err)
					}
				}
				_, before, err1 := j.Sessions().Find("before")
				_, ahead, err2 := j.Sessions().Find("ahead")
				if err1 != nil || err2 != nil {
					t.Fatal(err1, err2)
				}
				if sent, held := counted(t, j.Store, "notify.due/mail"), j.held(); sent != step.sent || held != step.held || before != step.before || ahead != step.ahead {
					t.Errorf("step %d, clock at %v: %d reminders, %d held, sessions %v %v; want %+v", i, step.at, sent, held, before, ahead, step)
				}
			}
		})
	}
}
