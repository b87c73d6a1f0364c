package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"

	"heavyset.tech/platform/internal/job"
	"heavyset.tech/platform/internal/store"
)

// Hands works jobs one after the other, when a test says so: like a job.Runner, but without a clock of its own. A job that
// waits is tried once each time.
type Hands struct {
	Table job.Table
	Ended []error // of jobs at which a person must look
	// began says that the jobs of the dead are taken over, waits that some wait for their time.
	began, waits bool
	run          map[string]func(ctx context.Context, raw []byte) error
}

// On registers a handler of a fact, as job.On does.
func On[F any](h *Hands, fact, handler string, f func(context.Context, F) error) {
	job.On(&h.Table, fact, handler, job.Options{}, f)
	if h.run == nil {
		h.run = map[string]func(context.Context, []byte) error{}
	}
	h.run[fact+"/"+handler] = func(ctx context.Context, raw []byte) error {
		var v F
		if err := json.Unmarshal(raw, &v); err != nil {
			return err
		}
		return f(ctx, v)
	}
}

// takeOver gives the jobs that the dead were working back to the queue.
func (h *Hands) takeOver(ctx context.Context, s *store.Store) error {
	const node = "hands"
	if err := s.Beat(ctx, node, time.Unix(1, 0)); err != nil {
		return err
	}
	_, err := s.Bury(ctx, node, time.Unix(1, 0))
	return err
}

// Work works the jobs of a store until each that is left has to wait. Jobs that somebody who died was working come first.
func (h *Hands) Work(ctx context.Context, s *store.Store) error {
	db := s.Driver().GetExecutor()
	// River's times are those of the machine, the test's are its own: every job's time has come.
	const come, later = "2000-01-01 00:00:00.000", 9000
	if !h.began {
		if err := h.takeOver(ctx, s); err != nil {
			return err
		}
	}
	if !h.began || h.waits {
		if err := db.Exec(ctx, "UPDATE river_job SET scheduled_at = '"+come+"' WHERE state = 'available'"); err != nil {
			return err
		}
	}
	h.began, h.waits = true, false
	now := time.Date(later-1, 1, 1, 0, 0, 0, 0, time.UTC)
	for {
		got, err := db.JobGetAvailable(ctx, &riverdriver.JobGetAvailableParams{ClientID: "hands", MaxAttemptedBy: 10, MaxToLock: 1, Now: &now, Queue: job.QueueDefault})
		if err != nil || len(got.Jobs) == 0 {
			return err
		}
		j := got.Jobs[0]
		err = h.work(ctx, j)
		if errors.Is(err, ErrDead) {
			return err
		}
		end := "state = 'completed', finalized_at = '" + come + "'"
		switch job.Fate(err).What {
		case job.Wait, job.Retry:
			h.waits = true
			end = fmt.Sprintf("state = 'available', scheduled_at = '%d-01-01 00:00:00.000'", later)
		case job.End:
			h.Ended = append(h.Ended, fmt.Errorf("%s: %w", j.Kind, err))
		}
		if err := db.Exec(ctx, "UPDATE river_job SET "+end+" WHERE id = $1", j.ID); err != nil {
			return err
		}
	}
}

func (h *Hands) work(ctx context.Context, j *rivertype.JobRow) error {
	run := h.run[j.Kind]
	if run == nil {
		return fmt.Errorf("nobody works %s", j.Kind)
	}
	return run(ctx, j.EncodedArgs)
}

// Waiting counts the jobs that are not done.
func (h *Hands) Waiting(t testing.TB, s *store.Store) (n int) {
	t.Helper()
	if err := s.Driver().GetExecutor().QueryRow(t.Context(), "SELECT count(*) FROM river_job WHERE state <> 'completed'").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// EveryEnd plays a trip on each engine again and again, each time on a fresh database and in a life that ends one step later
// than the one before, until one comes through; only every third on PostgreSQL, but for the soak. A trip opens the database
// with the life, says Begin when its steps are to be counted, and after the end goes on in another life.
func EveryEnd(t *testing.T, soak bool, trip func(t *testing.T, url string, life *Life)) {
	t.Helper()
	for _, e := range engines {
		t.Run(e, func(t *testing.T) {
			t.Parallel()
			stride := 1
			if e == "postgres" && !soak {
				stride = 3 // a fresh database takes longer than a trip
			}
			for n := 1; ; n += stride {
				life := &Life{last: n}
				if !t.Run(fmt.Sprintf("step %d", n), func(t *testing.T) { trip(t, URLs(t, e), life) }) {
					return
				}
				if !life.Dead() {
					t.Logf("%d steps", life.done)
					if life.done < 2 {
						t.Error("a trip of so few steps shows nothing")
					}
					return
				}
			}
		})
	}
}
