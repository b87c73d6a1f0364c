package store_test

import (
	"context"
	"testing"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/job"
	"heavyset.tech/platform/internal/mirror"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
)

// TestARoundThatIsDueAnew: one that waits is enough for whoever asks every two minutes, not for whoever has changed something.
func TestARoundThatIsDueAnew(t *testing.T) {
	t.Parallel()
	var jobs job.Table
	job.On(&jobs, "mirror.due", "crm", job.Options{Once: true}, func(context.Context, mirror.Due) error { return nil })
	storetest.Each(t, clock, &jobs, func(t *testing.T, s *store.Store) {
		if err := s.StateDueAnew(t.Context(), "org_a", "con_a"); err != nil {
			t.Fatal(err)
		}
		if err := s.StateDue(t.Context(), "org_a", "con_a"); err != nil {
			t.Error(err)
		}
		if err := s.StateDueAnew(t.Context(), "org_a", "con_a"); !fault.Is(err, fault.Unavailable) {
			t.Errorf("beside another: %v", err)
		}
		if err := s.StateDueAnew(t.Context(), "org_a", "con_b"); err != nil {
			t.Errorf("of another config: %v", err)
		}
	})
}
