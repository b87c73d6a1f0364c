package job_test

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"heavyset.tech/platform/internal/job"
	"heavyset.tech/platform/internal/store/storetest"
)

// BenchmarkLongQueue works a thousand jobs of one organization, as after a reconnect, and gives which part of the time its
// share of the workers was taken.
func BenchmarkLongQueue(b *testing.B) {
	const jobs, each = 1000, 50 * time.Millisecond
	for range b.N {
		var done atomic.Int64
		all := make(chan struct{})
		table := &job.Table{}
		job.On(table, "booked", "crm", job.Options{Queue: job.QueueCRM, Fair: func(f any) string { return f.(booked).Org }}, func(context.Context, booked) error {
			<-time.After(each)
			if done.Add(1) == jobs {
				close(all)
			}
			return nil
		})
		s := storetest.Open(b, storetest.URLs(b, "sqlite"), time.Now, table)
		r, err := job.NewRunner(job.Config{
			Node: "node_a", Driver: s.Driver(), Table: table, Nodes: &heart{}, Poll: 100 * time.Millisecond, Workers: map[string]int{job.QueueCRM: 16},
			Log: slog.New(slog.DiscardHandler), Now: time.Now,
		})
		if err != nil {
			b.Fatal(err)
		}
		queue, err := river.NewClient(s.Driver(), &river.Config{Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			b.Fatal(err)
		}
		var facts []booked
		for n := range jobs {
			facts = append(facts, booked{"one", n})
		}
		insert(b, queue, table, facts)
		ctx, stop := context.WithCancel(b.Context())
		ended := make(chan error, 1)
		began := time.Now()
		go func() { ended <- r.Run(ctx) }()
		<-all
		took := time.Since(began)
		stop()
		if err := <-ended; err != nil {
			b.Error(err)
		}
		b.ReportMetric(float64(jobs*each/job.FairShare)/float64(took), "taken")
	}
}
