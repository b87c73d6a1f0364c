package store_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/privacy"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
)

// TestKilledWhileErasing: wherever the process ends, the person is there as before and can be erased, or is erased, and the
// next process gives the proof without being asked; then nothing of them is left, not in SQLite's file or log either, and their
// records in the CRM are asked for once.
func TestKilledWhileErasing(t *testing.T) {
	t.Parallel()
	storetest.EveryEnd(t, soak, func(t *testing.T, url string, l *storetest.Life) {
		ctx := t.Context()
		s := opened(t, store.Options{URL: url, Keys: storetest.Keys(t), Now: clock, Jobs: facts(), Between: l.Between})
		o := organization(t, s, "ridge")
		customer, _ := life(t, s, o)
		who := privacy.Who{Customer: customer}
		held, err := s.Held(ctx, o.ID, who)
		if err != nil {
			t.Fatal(err)
		}
		p := &privacy.Service{Store: s, Now: clock}
		l.Begin()
		if _, err := p.Erase(ctx, o.ID, who, true, "Ada"); err != nil {
			if !errors.Is(err, storetest.ErrDead) {
				t.Fatal(err)
			}
			url = storetest.Left(t, url)
			later := func() time.Time { return monday.Add(time.Hour) }
			s = opened(t, store.Options{URL: url, Keys: storetest.Keys(t), Now: later, Jobs: facts()})
			p = &privacy.Service{Store: s, Now: later}
			if err := p.Tick(ctx); err != nil {
				t.Fatal(err)
			}
			now, err := s.Held(ctx, o.ID, who)
			switch {
			case err == nil:
				if list, err := s.Erasures(ctx, o.ID); fmt.Sprint(now) != fmt.Sprint(held) || len(list) != 0 || err != nil {
					t.Errorf("half erased: %v were %v, reports %v (%v)", now.Counts, held.Counts, list, err)
				}
				if _, err := p.Erase(ctx, o.ID, who, true, "Ada"); err != nil {
					t.Fatal(err)
				}
			case !fault.Is(err, fault.NotFound):
				t.Fatal(err)
			}
		}
		list, err := s.Erasures(ctx, o.ID)
		if err != nil || len(list) != 1 || list[0].File == "" || len(list[0].Found) > 0 || len(list[0].Records) != len(held.Records) || len(list[0].Counts) == 0 {
			t.Errorf("the proof: %+v (%v)", list, err)
		}
		if n := counted(t, s, "privacy.records_chosen/crm"); n != 1 {
			t.Errorf("the records are asked for %d times", n)
		}
		if left, err := s.Unproved(ctx, monday.AddDate(1, 0, 0)); err != nil || len(left) > 0 {
			t.Errorf("%d erasures wait for their proof (%v)", len(left), err)
		}
		if found, err := s.Search(ctx, o.ID, markers); err != nil || len(found) > 0 {
			t.Errorf("found %v (%v)", found, err)
		}
		path, is := strings.CutPrefix(url, "sqlite:")
		for _, end := range []string{"", "-wal"} {
			if b, err := os.ReadFile(path + end); is && err == nil {
				if found := storetest.Traces(b, append(slices.Clone(markers), "Quillfeather", "has a dog")...); found != "" {
					t.Errorf("in the file%s: %s", end, found)
				}
			}
		}
	})
}
