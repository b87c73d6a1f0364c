package job_test

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"heavyset.tech/platform/internal/job"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// heart tells when a node that is to stop still beats.
type heart struct {
	stopping atomic.Bool
	beaten   chan struct{}
}

func (h *heart) Beat(context.Context, string, time.Time) error {
	if h.stopping.Load() {
		select {
		case h.beaten <- struct{}{}:
		default:
		}
	}
	return nil
}

func (h *heart) OtherBeats(context.Context, string) (map[string]time.Time, error) { return nil, nil }

func (h *heart) Bury(context.Context, string, time.Time) (int, error) { return 0, nil }

// TestStoppingNodeStillLives: a node that finishes its last jobs must not be taken for dead, or they run twice.
func TestStoppingNodeStillLives(t *testing.T) {
	t.Parallel()
	h := &heart{beaten: make(chan struct{}, 1)}
	working, result := make(chan struct{}), make(chan error, 1)
	table := &job.Table{}
	job.On(table, "lead.captured", "test", job.Options{}, func(ctx context.Context, _ lead.Captured) error {
		close(working)
		select {
		case <-h.beaten:
			result <- nil
		case <-ctx.Done():
			result <- errors.New("the node fell silent while its last job ran")
		}
		return nil
	})
	s := storetest.Open(t, storetest.URLs(t, "sqlite"), time.Now, table)
	o, err := (&org.Service{Store: s, Now: time.Now}).Create(t.Context(), org.Draft{Slug: "o", Name: "O", Timezone: "UTC"})
	if err != nil {
		t.Fatal(err)
	}
	r, err := job.NewRunner(job.Config{
		Node: "node_a", Driver: s.Driver(), Table: table, Nodes: h, Poll: 20 * time.Millisecond, Workers: map[string]int{job.QueueDefault: 1},
		Log: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	if _, err := (&lead.Service{Store: s, Now: time.Now}).Capture(t.Context(), o, lead.Request{Kind: lead.ContactUs, Contact: lead.Contact{LastName: "Doe", Email: "a@b.example"}}); err != nil {
		t.Fatal(err)
	}
	<-working
	h.stopping.Store(true)
	stop()
	if err := <-result; err != nil {
		t.Error(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
