package store_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/job"
	"heavyset.tech/platform/internal/locale"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
)

// dueJobs is who follows messages that are due: nobody who works here.
func dueJobs() *job.Table {
	t := &job.Table{}
	job.On(t, "notify.due", "mail", job.Options{Queue: job.QueueMail}, func(context.Context, notify.Due) error { return nil })
	job.On(t, "notify.policy_changed", "plan", job.Options{}, func(context.Context, notify.PolicyChanged) error { return nil })
	return t
}

func counted(t *testing.T, s *store.Store, kind string) (n int) {
	t.Helper()
	list, err := s.JobCounts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list {
		if c.Kind == kind {
			n += int(c.N)
		}
	}
	return n
}

// TestDueMessagesBecomeJobsOnce: whoever looks, and however often.
func TestDueMessagesBecomeJobsOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, dueJobs(), func(t *testing.T, s *store.Store) {
		mine, other := organization(t, s, "mine").ID, organization(t, s, "other").ID
		start := time.Date(2026, 12, 3, 16, 0, 0, 0, time.UTC)
		b := booking.New(s, clock)
		made, err := b.Book(t.Context(), request("mine", start))
		if err != nil {
			t.Fatal(err)
		}
		a := made.Appointment
		plan := func(at ...time.Time) (list []notify.Planned) {
			for i, d := range at {
				list = append(list, notify.Planned{Kind: notify.Reminder, Lead: time.Duration(i+1) * time.Hour, Start: start, Due: d})
			}
			return list
		}
		keep := func(revision int64, list []notify.Planned) {
			t.Helper()
			if err := s.PlanMessages(t.Context(), mine, a.ID, revision, list); err != nil {
				t.Fatal(err)
			}
		}
		planned := func() []notify.Planned {
			t.Helper()
			list, err := s.PlannedMessages(t.Context(), mine, a.ID)
			if err != nil {
				t.Fatal(err)
			}
			return list
		}
		keep(1, plan(monday.Add(time.Hour), monday.Add(2*time.Hour)))
		keep(1, plan(monday.Add(3*time.Hour), monday.Add(2*time.Hour))) // in the place of what was
		if got := planned(); len(got) != 2 || !got[0].Due.Equal(monday.Add(2*time.Hour)) || got[0].Lead != 2*time.Hour || !got[0].Start.Equal(start) {
			t.Fatalf("planned %+v", got)
		}
		if list, err := s.PlannedMessages(t.Context(), other, a.ID); err != nil || len(list) != 0 {
			t.Errorf("another organization sees %v (%v)", list, err)
		}
		keep(7, nil) // made from a state that is not the present one
		if len(planned()) != 2 {
			t.Error("an old state of the appointment has taken the plan away")
		}
		take := func(now time.Time) {
			t.Helper()
			var all sync.WaitGroup
			for range 4 {
				all.Go(func() {
					if err := s.TakeDueMessages(t.Context(), now); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
		}
		for i, want := range []int{0, 1, 1, 2} {
			take(monday.Add([]time.Duration{time.Hour, 2 * time.Hour, 2*time.Hour + time.Minute, 9 * time.Hour}[i]))
			if got := counted(t, s, "notify.due/mail"); got != want || len(planned()) != 2-want {
				t.Errorf("look %d: %d jobs and %d plans, want %d jobs", i, got, len(planned()), want)
			}
		}
	})
}

func TestPolicyAndTemplatesOfMessages(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, dueJobs(), func(t *testing.T, s *store.Store) {
		mine, other := organization(t, s, "mine").ID, organization(t, s, "other").ID
		p := notify.Policy{
			Sender: "Office", ReplyTo: "o@x.example", Reminders: []time.Duration{48 * time.Hour, 90 * time.Minute}, Quiet: notify.Quiet{From: 1, To: 2},
			FollowUp: true, FollowAt: 5 * time.Minute, ByCRM: true, Staff: []string{"a@x.example"}, StaffRep: true,
		}
		if err := s.KeepMessagePolicy(t.Context(), mine, p); err != nil {
			t.Fatal(err)
		}
		for o, want := range map[string]notify.Policy{string(mine): p, string(other): notify.DefaultPolicy()} {
			id := mine
			if o == string(other) {
				id = other
			}
			got, err := s.MessagePolicy(t.Context(), id)
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%v %s", err, diff)
			}
		}
		if counted(t, s, "notify.policy_changed/plan") != 1 {
			t.Error("nothing plans the coming appointments anew")
		}
		c := notify.Custom{Kind: notify.Booked, Language: locale.German, Template: notify.Template{Subject: "S", Heading: "H", Body: "B", Closing: "C"}, At: monday, By: "Rae"}
		for range 2 {
			if err := s.KeepMessageTemplate(t.Context(), mine, c); err != nil {
				t.Fatal(err)
			}
		}
		got, err := s.MessageTemplates(t.Context(), mine)
		if diff := cmp.Diff([]notify.Custom{c}, got); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
		if list, err := s.MessageTemplates(t.Context(), other); err != nil || len(list) != 0 {
			t.Errorf("another organization has %v (%v)", list, err)
		}
		if err := s.ResetMessageTemplate(t.Context(), mine, notify.Booked, locale.German); err != nil {
			t.Fatal(err)
		}
		if list, err := s.MessageTemplates(t.Context(), mine); err != nil || len(list) != 0 {
			t.Errorf("still there: %v (%v)", list, err)
		}
		for i, state := range []notify.ConsentState{notify.Withdrawn, notify.Given} {
			said := notify.Consent{ID: string(state), At: monday.Add(time.Duration(i) * time.Minute), Channel: notify.ByMail, Address: "hash", State: state, Source: "page", Appointment: "apt_1"}
			if err := s.KeepConsent(t.Context(), mine, said); err != nil {
				t.Fatal(err)
			}
			if list, err := s.Consents(t.Context(), mine, "hash"); err != nil || len(list) != i+1 || list[0] != said {
				t.Errorf("%+v (%v)", list, err)
			}
		}
		if list, err := s.Consents(t.Context(), other, "hash"); err != nil || len(list) != 0 {
			t.Errorf("another organization knows of it: %+v (%v)", list, err)
		}
		d := notify.Delivery{MessageID: "m@x", Appointment: "apt_1", Kind: "booked", State: notify.Waiting, To: "staff@x.example", Error: "later", At: monday}
		for _, state := range []notify.DeliveryState{notify.Waiting, notify.Sent, notify.Refused, notify.Skipped} {
			d.State = state
			if err := s.KeepDelivery(t.Context(), mine, d); err != nil {
				t.Fatal(err)
			}
			if done, err := s.Delivered(t.Context(), mine, "m@x"); err != nil || done == (state == notify.Waiting) {
				t.Errorf("%s: delivered %v (%v)", state, done, err)
			}
			if list, err := s.Deliveries(t.Context(), mine, "apt_1"); err != nil || len(list) != 1 || list[0] != d {
				t.Errorf("kept %+v (%v)", list, err)
			}
		}
	})
}
