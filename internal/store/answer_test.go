package store_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
)

// TestACallIsAnsweredByOne: of many who begin it at once; until it fails, its process dies or a day is over.
func TestACallIsAnsweredByOne(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		begin := func() (int, string, bool) {
			t.Helper()
			status, answer, mine, err := s.BeginCall(ctx, "org_1", "call", "body")
			if err != nil {
				t.Fatal(err)
			}
			return status, string(answer), mine
		}
		var group sync.WaitGroup
		var firsts atomic.Int64
		for range 10 {
			group.Go(func() {
				if _, _, mine, err := s.BeginCall(ctx, "org_1", "call", "body"); mine {
					firsts.Add(1)
				} else if err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if firsts.Load() != 1 {
			t.Errorf("%d were the first", firsts.Load())
		}
		if err := s.DropCall(ctx, "org_1", "call"); err != nil {
			t.Fatal(err)
		}
		if _, _, mine := begin(); !mine {
			t.Error("after a failure nobody may try again")
		}
		if err := s.KeepCall(ctx, "org_1", "call", 201, []byte("{}")); err != nil {
			t.Fatal(err)
		}
		if err := s.DropCall(ctx, "org_1", "call"); err != nil {
			t.Fatal(err)
		}
		if status, answer, mine := begin(); status != 201 || answer != "{}" || mine {
			t.Errorf("%d %s %v", status, answer, mine)
		}
		if _, _, _, err := s.BeginCall(ctx, "org_1", "call", "another"); !fault.Is(err, fault.Conflict) {
			t.Errorf("another body: %v", err)
		}
		if _, _, mine, err := s.BeginCall(ctx, "org_2", "call", "another"); err != nil || !mine {
			t.Errorf("another organization: %v %v", mine, err)
		}
	})
}

// TestACallIsNotKeptForEver: a process that died lets the next one try after five minutes; an answer holds for a day.
func TestACallIsNotKeptForEver(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			now := monday
			s := storetest.Open(t, storetest.URLs(t, engine), func() time.Time { return now }, nil)
			mine := func() bool {
				t.Helper()
				_, _, mine, err := s.BeginCall(t.Context(), "", "call", "body")
				if err != nil {
					t.Fatal(err)
				}
				return mine
			}
			if !mine() || mine() {
				t.Error("not one alone")
			}
			now = now.Add(5 * time.Minute)
			if !mine() {
				t.Error("the process that died keeps the call")
			}
			if err := s.KeepCall(t.Context(), "", "call", 200, []byte("{}")); err != nil {
				t.Fatal(err)
			}
			now = now.Add(24*time.Hour - time.Millisecond)
			if mine() {
				t.Error("the answer is not kept for a day")
			}
			now = now.Add(time.Millisecond)
			if !mine() {
				t.Error("the answer is kept for longer than a day")
			}
		})
	}
}
