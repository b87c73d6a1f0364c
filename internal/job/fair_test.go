package job_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"heavyset.tech/platform/internal/job"
	"heavyset.tech/platform/internal/store/storetest"
)

// TestStuckOrganizationHoldsUpNobody: one organization has a long queue of jobs whose CRM never answers, the others'
// jobs come after them in the same queue and are worked within seconds, when the first come and ever after.
func TestStuckOrganizationHoldsUpNobody(t *testing.T) {
	t.Parallel()
	organizations, stuck, pass := 20, 600, 5*time.Second // pass: how long it takes until each job of the stuck one was refused once
	if os.Getenv("HEAVYSET_SOAK") != "" {
		organizations, stuck, pass = 200, 4000, 20*time.Second
	}
	done, hung := make(chan string, organizations), make(chan struct{}, stuck)
	answers := make(chan struct{})
	table := &job.Table{}
	fair := job.Options{Queue: job.QueueCRM, Fair: func(f any) string { return f.(booked).Org }}
	job.On(table, "booked", "crm", fair, func(ctx context.Context, f booked) error {
		if f.Org == "stuck" {
			hung <- struct{}{}
			select {
			case <-answers:
			case <-ctx.Done():
			}
			return nil
		}
		done <- f.Org
		return nil
	})
	s := storetest.Open(t, storetest.URLs(t, "sqlite"), time.Now, table)
	r, err := job.NewRunner(job.Config{
		Node: "node_a", Driver: s.Driver(), Table: table, Nodes: &heart{}, Poll: 100 * time.Millisecond, Workers: map[string]int{job.QueueCRM: 16},
		Log: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	queue, err := river.NewClient(s.Driver(), &river.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	var facts []booked
	for n := range stuck {
		facts = append(facts, booked{"stuck", n})
	}
	insert(t, queue, table, facts)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	for range job.FairShare {
		<-hung
	}
	for wave, within := range []time.Duration{pass, 2 * time.Second, 2 * time.Second} {
		facts = facts[:0]
		for n := range organizations - 1 {
			facts = append(facts, booked{fmt.Sprintf("org%d", n), wave})
		}
		began := time.Now()
		insert(t, queue, table, facts)
		late := time.After(within)
		for n := range facts {
			select {
			case <-done:
			case <-late:
				t.Fatalf("wave %d: %d of %d jobs were worked in %v", wave, n, len(facts), within)
			}
		}
		t.Logf("wave %d: %d jobs of others in %v", wave, len(facts), time.Since(began))
	}
	if len(hung) > 0 {
		t.Errorf("%d more jobs of the stuck organization run than its share", len(hung))
	}
	close(answers)
	for range 3 * job.FairShare { // its own go on once its CRM answers
		<-hung
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func insert(t testing.TB, queue *river.Client[*sql.Tx], table *job.Table, facts []booked) {
	t.Helper()
	var all []river.InsertManyParams
	for _, f := range facts {
		jobs, err := table.Jobs(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, jobs...)
	}
	if _, err := queue.InsertManyFast(t.Context(), all); err != nil {
		t.Fatal(err)
	}
}
