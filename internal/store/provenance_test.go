package store_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
	"heavyset.tech/platform/internal/trace"
)

// wrote is an attempt that wrote two values.
func wrote(id crmsync.AttemptID, at time.Time) crmsync.Attempt {
	v := crmsync.Value{
		ID: crmsync.ValueID("val_1" + id), Config: "cfg", Attempt: id, At: at, Turn: 1, Role: crm.RoleRelatedRecord, Module: "Contacts", Record: "7", Field: "Email", Sure: true,
		Before: "before-in-clear@x.example", After: "after-in-clear@x.example", Key: "email", Policy: "overwrite", Settings: 3, Customer: "cus_1", Appointment: "apt_1",
	}
	w := v
	w.ID, w.Field, w.Before, w.After = crmsync.ValueID("val_2"+id), "Since", nil, at.Truncate(time.Second)
	return crmsync.Attempt{ID: id, Config: "cfg", At: at, State: crmsync.AttemptWritten, Kind: "update Contacts", Appointment: "apt_1", Module: "Contacts", Record: "7", Request: "{}", Answer: "{}", Wrote: []crmsync.Value{v, w}}
}

func TestWhatWasWrittenIsKept(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		ctx, a, b := t.Context(), org.ID("org_a"), org.ID("org_b")
		first := wrote("try_1", monday)
		for _, x := range []crmsync.Attempt{first, wrote("try_2", monday)} { // at the same instant: the turn tells them apart
			if err := s.Record(trace.WithJob(trace.WithRequest(ctx, "req_7"), 12), a, x, nil); err != nil {
				t.Fatal(err)
			}
		}
		if kept, err := s.Attempt(ctx, a, "try_1"); err != nil || kept.Cause != "job 12, request req_7" {
			t.Errorf("the attempt names %q as its cause, %v", kept.Cause, err)
		}
		all, err := s.ValuesOf(ctx, a, "cfg", "Contacts", "7")
		if err != nil || len(all) != 4 || all[0].Turn != 1 || all[1].Turn != 1 || all[2].Turn != 2 || all[3].Turn != 2 {
			t.Fatalf("%+v %v", all, err)
		}
		if d := cmp.Diff(first.Wrote, all[:2]); d != "" {
			t.Errorf("came back otherwise (-want +got):\n%s", d)
		}
		if other, err := s.ValuesOf(ctx, b, "cfg", "Contacts", "7"); err != nil || len(other) != 0 {
			t.Errorf("another organization sees %v %v", other, err)
		}
		span := crmsync.Scope{From: monday, To: monday.Add(time.Second)}
		for name, sc := range map[string]crmsync.Scope{"attempt": {Attempt: "try_2"}, "appointment": {Appointment: "apt_1"}, "span": span} {
			if list, err := s.RecordsIn(ctx, a, "cfg", sc, 10); err != nil || len(list) != 1 || list[0].Record != "7" {
				t.Errorf("%s: %v %v", name, list, err)
			}
			if list, err := s.RecordsIn(ctx, b, "cfg", sc, 10); err != nil || len(list) != 0 {
				t.Errorf("%s of another organization: %v %v", name, list, err)
			}
		}
		if err := s.Sweep(ctx, monday.Add(180*24*time.Hour)); err != nil {
			t.Fatal(err)
		}
		if all, _ = s.ValuesOf(ctx, a, "cfg", "Contacts", "7"); len(all) != 4 {
			t.Error("swept too early")
		}
		if _, err := s.Attempt(ctx, a, "try_1"); err != nil {
			t.Errorf("the attempt is swept too early: %v", err)
		}
		if err := s.Sweep(ctx, monday.Add(184*24*time.Hour)); err != nil {
			t.Fatal(err)
		}
		if all, _ = s.ValuesOf(ctx, a, "cfg", "Contacts", "7"); len(all) != 0 {
			t.Error("kept for longer than half a year")
		}
		if _, err := s.Attempt(ctx, a, "try_1"); !fault.Is(err, fault.NotFound) {
			t.Errorf("the attempt is kept for longer: %v", err)
		}
	})
}

// TestWhatWasWrittenIsSealed: the file of the database does not hold a client's texts in clear.
func TestWhatWasWrittenIsSealed(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.db")
	s := storetest.Open(t, "sqlite:"+path, clock, nil)
	if err := s.Record(t.Context(), "org_a", wrote("try_1", monday), nil); err != nil {
		t.Fatal(err)
	}
	found := false
	for _, p := range []string{path, path + "-wal"} {
		b, err := os.ReadFile(p)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		found = found || bytes.Contains(b, []byte("val_1try_1"))
		if bytes.Contains(b, []byte("in-clear@x.example")) {
			t.Error("a value stands in the file in clear")
		}
	}
	if !found {
		t.Error("the row itself is not in the file: this test looks at the wrong place")
	}
}
