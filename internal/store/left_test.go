package store_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/job"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
)

// leftJobs is who follows forms that are due and leads that were made of them: nobody who works here.
func leftJobs() *job.Table {
	t := &job.Table{}
	job.On(t, "lead.left_due", "lead", job.Options{}, func(context.Context, lead.LeftDue) error { return nil })
	job.On(t, "lead.captured", "crm", job.Options{}, func(context.Context, lead.Captured) error { return nil })
	return t
}

// TestLeftFormsBecomeJobsOnce: whoever looks and however often, until somebody types on.
func TestLeftFormsBecomeJobsOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, leftJobs(), func(t *testing.T, s *store.Store) {
		mine, other := organization(t, s, "mine").ID, organization(t, s, "other").ID
		l := lead.Left{
			ID: "left_1", Form: "f", Contact: lead.Contact{LastName: "Doe", Email: "jo@x.example"}, Choice: "S", Notes: "n", UTM: map[string]string{"gclid": "1"}, Agreed: true,
			Opened: monday.Add(-time.Minute), Due: monday.Add(30 * time.Minute), Address: "192.0.2.1", Score: 30, Reasons: []string{"Because."},
		}
		put := func(l lead.Left) {
			t.Helper()
			if err := s.PutLeft(t.Context(), mine, l); err != nil {
				t.Fatal(err)
			}
		}
		take := func(now time.Time, jobs int) {
			t.Helper()
			var all sync.WaitGroup
			for range 4 {
				all.Go(func() {
					if err := s.TakeDueLeft(t.Context(), now); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			if got := counted(t, s, "lead.left_due/lead"); got != jobs {
				t.Errorf("%d jobs, want %d", got, jobs)
			}
		}
		put(l)
		take(monday.Add(29*time.Minute), 0)
		take(monday.Add(30*time.Minute), 1)
		take(monday.Add(50*time.Minute), 1)
		again := l
		again.ID, again.Notes, again.Opened, again.Due = "left_2", "more", monday.Add(time.Hour), monday.Add(90*time.Minute)
		put(again)
		take(monday.Add(80*time.Minute), 1)
		take(monday.Add(90*time.Minute), 2)
		got, came, err := s.Left(t.Context(), mine, "left_1")
		if err != nil || came || got.Notes != "more" || !got.Opened.Equal(l.Opened) || !got.Due.Equal(again.Due) || got.UTM["gclid"] != "1" || !got.Agreed || got.Score != 30 || len(got.Reasons) != 1 || got.Address != "192.0.2.1" {
			t.Errorf("kept: %+v, came %v (%v)", got, came, err)
		}
		if _, _, err := s.Left(t.Context(), other, "left_1"); !fault.Is(err, fault.NotFound) {
			t.Errorf("another organization sees it: %v", err)
		}
		for range 2 {
			err := s.EndLeft(t.Context(), mine, "left_1", func(l lead.Left, known []lead.Customer, open []lead.Lead) lead.Capturing {
				c := lead.Recognise(l.Contact, known, monday)
				return lead.Capturing{Customer: c, Lead: lead.Lead{ID: lead.ID("lead_" + string(l.ID)), Kind: lead.Abandoned, Stage: lead.New, Customer: c.ID, Contact: l.Contact, Created: monday}}
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if n, err := s.CountLeft(t.Context(), mine); n != 0 || err != nil || counted(t, s, "lead.captured/crm") != 1 {
			t.Errorf("%d are kept, %d leads stated (%v)", n, counted(t, s, "lead.captured/crm"), err)
		}
		put(l)
		if err := s.Sweep(t.Context(), l.Due.Add(lead.KeepLeftFor-time.Minute)); err != nil {
			t.Fatal(err)
		}
		if n, err := s.CountLeft(t.Context(), mine); n != 1 || err != nil {
			t.Errorf("%d are kept after less than a week (%v)", n, err)
		}
		if err := s.Sweep(t.Context(), l.Due.Add(lead.KeepLeftFor)); err != nil {
			t.Fatal(err)
		}
		if n, err := s.CountLeft(t.Context(), mine); n != 0 || err != nil {
			t.Errorf("%d are kept after a week (%v)", n, err)
		}
	})
}
