package store_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/drift"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/job"
	"heavyset.tech/platform/internal/mapping"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/settings"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
)

// TestWhatLooksSaw: kept for one organization's config, never overwritten by a slower look, and due again in time.
func TestWhatLooksSaw(t *testing.T) {
	t.Parallel()
	var jobs job.Table
	job.On(&jobs, "drift.found", "mail", job.Options{}, func(context.Context, drift.Found) error { return nil })
	job.On(&jobs, "settings.changed", "crm", job.Options{}, func(context.Context, settings.Changed) error { return nil })
	storetest.Each(t, clock, &jobs, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		ridge, blue := organization(t, s, "ridge"), organization(t, s, "blue")
		const id connection.ConfigID = "crm_1"
		for _, o := range []connection.Config{{Org: ridge.ID}, {Org: blue.ID}} {
			o.ID, o.Name, o.Type, o.Created, o.Connection.State = id, "Main", crm.Zoho, monday, connection.NotConnected
			must(s.CreateConfig(ctx, o))
		}
		must(s.SaveConnection(ctx, ridge.ID, id, connection.Connection{State: connection.Connected, RefreshToken: secret.NewString("a"), ConnectedAt: monday}, nil, connection.Authorized{Org: ridge.ID, Config: id}))
		due := func(before, hurried time.Duration, want int) {
			t.Helper()
			if list, err := s.DriftDue(ctx, monday.Add(before), monday.Add(hurried)); err != nil || len(list) != want {
				t.Errorf("%d configs are due, want %d (%v)", len(list), want, err)
			}
		}
		if v, err := s.Drift(ctx, ridge.ID, id); err != nil || !v.Looked.IsZero() || v.Findings != nil {
			t.Errorf("before the first look: %+v, %v", v, err)
		}
		due(-time.Second, -time.Second, 0) // just connected: somebody else looks
		due(0, -time.Second, 1)
		held := mapping.Drift{Kind: mapping.Deleted, Role: crm.RoleLead, Module: "Leads", Key: "city", Field: "City", Words: "gone", Fatal: true}
		state := drift.State{
			Schemas:  map[string]crm.Schema{"Leads": {Module: "Leads", Fields: []crm.Field{{ID: "5725767000000002599", Name: "City", Choices: []crm.Choice{{ID: "1", Value: "x"}}}}}},
			Findings: []drift.Finding{{Drift: held, Since: monday}}, Looked: monday.Add(time.Minute),
		}
		event := connection.NewEvent(connection.EventDrifted, monday, "", "gone", "")
		must(s.KeepDrift(ctx, ridge.ID, id, state, []connection.Event{event}, []any{drift.Found{Org: ridge.ID, Config: id, At: monday}}))
		must(s.KeepDrift(ctx, ridge.ID, id, drift.State{Looked: monday}, []connection.Event{event}, []any{drift.Found{Org: ridge.ID, Config: id}})) // a slower one
		got, err := s.Drift(ctx, ridge.ID, id)
		must(err)
		if !got.Looked.Equal(state.Looked) || len(got.Findings) != 1 || !got.Findings[0].Same(held) || !got.Findings[0].Fatal || !got.Findings[0].Since.Equal(monday) ||
			got.Schemas["Leads"].Fields[0].Choices[0].Value != "x" {
			t.Errorf("kept %+v", got)
		}
		if list, err := s.DriftFindings(ctx, blue.ID, id); err != nil || len(list) != 0 {
			t.Errorf("another organization's config of the same id has %v (%v)", list, err)
		}
		events, err := s.Events(ctx, ridge.ID, id, 10)
		must(err)
		counts, err := s.JobCounts(ctx)
		must(err)
		mails := int64(0)
		for _, c := range counts {
			if strings.HasPrefix(c.Kind, "drift.") {
				mails += c.N
			}
		}
		if len(events) != 1 || mails != 1 {
			t.Errorf("%d events and %d mails, want those of the first look alone", len(events), mails)
		}
		due(59*time.Second, 59*time.Second, 0)
		due(0, time.Minute, 1) // one that keeps bookings waiting is looked at sooner
		state.Findings[0].Fatal = false
		must(s.KeepDrift(ctx, ridge.ID, id, state, nil, nil))
		due(0, time.Minute, 0)
		due(time.Minute, 0, 1)
	})
}

// TestHealSettings: what follows the CRM is built on the newest version, or not kept.
func TestHealSettings(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		ridge := organization(t, s, "ridge")
		const id connection.ConfigID = "crm_1"
		if err := s.CreateConfig(ctx, connection.Config{Org: ridge.ID, ID: id, Name: "Main", Type: crm.Zoho, Created: monday, Connection: connection.Connection{State: connection.NotConnected}}); err != nil {
			t.Fatal(err)
		}
		next := settings.Version{Settings: settings.Default(), At: monday, By: "Rae"}
		next.Layouts, next.InForce = map[crm.Role]string{crm.RoleLead: "1"}, map[crm.Role]string{crm.RoleLead: "1", crm.RoleAppointment: "2"}
		saved, err := s.SaveSettings(ctx, ridge.ID, id, next)
		if err != nil {
			t.Fatal(err)
		}
		note := []connection.Event{connection.NewEvent(connection.EventFollowed, monday, "", "renamed", "")}
		healed, err := s.HealSettings(ctx, ridge.ID, id, saved, note)
		if err != nil || healed.Number != saved.Number+1 {
			t.Fatalf("%d, %v", healed.Number, err)
		}
		if _, err := s.HealSettings(ctx, ridge.ID, id, saved, note); !fault.Is(err, fault.Conflict) {
			t.Errorf("built on a version that is not the newest: %v", err)
		}
		now, err := s.Settings(ctx, ridge.ID, id)
		if err != nil || now.Number != healed.Number || len(settings.Differences(now.Settings, next.Settings)) > 0 || now.Layouts[crm.RoleLead] != "1" {
			t.Errorf("%+v, %v", now, err)
		}
		events, err := s.Events(ctx, ridge.ID, id, 10)
		if err != nil || len(events) != 1 || !slices.ContainsFunc(events, func(e connection.Event) bool { return e.Detail == "renamed" }) {
			t.Errorf("%v, %v", events, err)
		}
	})
}
