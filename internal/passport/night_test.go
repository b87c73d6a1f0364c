package passport_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/job"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/passport"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/settings"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
)

// TestEachOrganizationHasItsMomentOfTheNight: between one and five o'clock there, also when clocks change, and spread.
func TestEachOrganizationHasItsMomentOfTheNight(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("America/Chicago")
	if err != nil {
		t.Fatal(err)
	}
	hours := map[int]int{}
	for i := range 400 {
		o := org.ID(fmt.Sprintf("org_%d", i))
		for _, now := range []time.Time{noon, time.Date(2026, 3, 8, 18, 0, 0, 0, time.UTC), time.Date(2026, 11, 1, 18, 0, 0, 0, time.UTC)} {
			slot, next := passport.Slot(o, zone, now), passport.NextSlot(o, zone, now)
			if h := slot.In(zone).Hour(); h < 1 || h > 5 || slot.After(now) || now.Sub(slot) > 25*time.Hour {
				t.Fatalf("%s at %s: %s", o, now, slot.In(zone))
			}
			if !next.After(now) || next.Sub(slot) < 22*time.Hour || next.Sub(slot) > 26*time.Hour || passport.Slot(o, zone, next) != next {
				t.Fatalf("%s: %s after %s", o, next.In(zone), slot.In(zone))
			}
		}
		hours[passport.Slot(o, zone, noon).In(zone).Hour()]++
	}
	for h := 1; h < 5; h++ {
		if hours[h] < 60 {
			t.Errorf("%d of 400 at %d o'clock", hours[h], h)
		}
	}
}

// TestOnePassportANight: on both databases, however often it is looked, and not for a config that is younger than the night.
func TestOnePassportANight(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			now := noon
			clock := func() time.Time { return now }
			var jobs job.Table
			job.On(&jobs, "passport.due", "take", job.Options{Once: true}, func(context.Context, passport.Due) error { return nil })
			s := storetest.Open(t, storetest.URLs(t, engine), clock, &jobs)
			o, err := (&org.Service{Store: s, Now: clock}).Create(t.Context(), org.Draft{Slug: "ridge", Name: "Ridge", Timezone: "America/Chicago"})
			if err != nil {
				t.Fatal(err)
			}
			connections := &connection.Service{Store: s, Connectors: map[crm.Type]crm.Connector{crm.Zoho: &client{}}, Now: clock}
			k, err := connections.Create(t.Context(), o.ID, connection.Draft{Name: "Zoho", Type: crm.Zoho})
			if err != nil {
				t.Fatal(err)
			}
			service := &passport.Service{Store: s, Connections: connections, Settings: &settings.Service{Store: s, Connections: connections, Guardian: connection.NewGuardian(connections), Now: clock}, Now: clock}
			tonight := func(want int64) {
				t.Helper()
				if err := service.Tonight(t.Context()); err != nil {
					t.Fatal(err)
				}
				if n := dueJobs(t, s); n != want {
					t.Fatalf("%d jobs, want %d", n, want)
				}
			}
			tonight(0)
			if _, taken, err := s.LastNight(t.Context(), o.ID, k.ID); err != nil || taken {
				t.Fatalf("a night before the first: %v", err)
			}
			now = noon.Add(24 * time.Hour)
			tonight(1)
			tonight(1) // the job waits already
			due := passport.Due{Org: o.ID, Config: k.ID}
			for range 2 {
				if err := service.TakeNightly(t.Context(), due); err != nil {
					t.Fatal(err)
				}
			}
			if err := connections.Save(t.Context(), o.ID, k.ID, connection.Draft{Name: "Zoho", Type: crm.Zoho, ClientID: "1000.X", ClientSecret: secret.NewString("s")}); err != nil {
				t.Fatal(err)
			}
			mine, err := service.Keep(t.Context(), o, k.ID, "Rae")
			if err != nil {
				t.Fatal(err)
			}
			runs, err := s.Passports(t.Context(), o.ID, k.ID, 10)
			if err != nil || len(runs) != 2 {
				t.Fatalf("%d passports, %v", len(runs), err)
			}
			night, taken, err := s.LastNight(t.Context(), o.ID, k.ID)
			if err != nil || !taken || !night.Nightly || night.By != "" || len(night.Checks) != 19 || !night.At.Equal(now) {
				t.Errorf("last night: %+v %v", night, err)
			}
			again, err := s.Passport(t.Context(), o.ID, k.ID, mine.ID)
			if err != nil || again.By != "Rae" || again.Nightly {
				t.Errorf("%+v %v", again, err)
			}
			var steps []string
			for _, c := range passport.Changes(night.Passport, again.Passport) {
				steps = append(steps, c.Is.Step+" "+string(c.Was.State)+"→"+string(c.Is.State))
			}
			if got := fmt.Sprint(steps); got != "[3 wrong→ok T1 wrong→ok]" {
				t.Errorf("changed since: %s", got)
			}
			now = now.Add(100 * 24 * time.Hour) // what is older than ninety days goes
			if err := service.TakeNightly(t.Context(), due); err != nil {
				t.Fatal(err)
			}
			if runs, err = s.Passports(t.Context(), o.ID, k.ID, 10); err != nil || len(runs) != 1 {
				t.Errorf("%d passports after a hundred days, %v", len(runs), err)
			}
		})
	}
}

func dueJobs(t *testing.T, s *store.Store) (n int64) {
	t.Helper()
	counts, err := s.JobCounts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range counts {
		if c.Kind == "passport.due/take" {
			n += c.N
		}
	}
	return n
}
