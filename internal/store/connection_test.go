package store_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/job"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
)

// TestTheLifeOfAConnection: what each step keeps, with its events, counted tokens and jobs, on both databases.
func TestTheLifeOfAConnection(t *testing.T) {
	t.Parallel()
	var jobs job.Table
	job.On(&jobs, "connection.authorized", "mail", job.Options{}, func(context.Context, connection.Authorized) error { return nil })
	job.On(&jobs, "connection.lost", "mail", job.Options{}, func(context.Context, connection.Lost) error { return nil })
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
		connect := func(o connection.Config, token string) {
			t.Helper()
			must(s.SaveConnection(ctx, o.Org, id, connection.Connection{
				State: connection.Connected, ZohoOrgID: "1", ZohoOrgName: "R", UserID: "9", UserName: "Rae", AccountID: "zuid", RefreshToken: secret.NewString(token), ConnectedAt: monday, CheckedAt: monday,
			}, []connection.Event{connection.NewEvent(connection.EventConnected, monday, "Rae", "d", "")}, connection.Authorized{Org: o.Org, Config: id}))
		}
		live := func(want int) {
			t.Helper()
			if n, err := s.LiveTokens(ctx, ridge.ID, "zuid"); err != nil || n != want {
				t.Errorf("%d tokens live, want %d (%v)", n, want, err)
			}
		}
		at := connection.Config{Org: ridge.ID}
		connect(at, "a")
		connect(at, "a") // the same token is one token
		connect(connection.Config{Org: blue.ID}, "b")
		live(2)
		must(s.CountToken(ctx, ridge.ID, id, "zuid", secret.NewString("c"), monday))
		live(3)
		must(s.ForgetToken(ctx, ridge.ID, id, secret.NewString("c")))
		live(2)
		if idle, err := s.IdleConfigs(ctx, monday.Add(-time.Second)); err != nil || len(idle) != 0 {
			t.Errorf("%d idle, %v", len(idle), err)
		}
		must(s.MarkChecked(ctx, blue.ID, id, crm.Identity{UserName: "Rae R."}, monday.Add(time.Hour)))
		if idle, err := s.IdleConfigs(ctx, monday.Add(time.Minute)); err != nil || len(idle) != 1 || idle[0].Org != ridge.ID {
			t.Errorf("%d idle, %v", len(idle), err)
		}
		c, err := s.Config(ctx, ridge.ID, id)
		must(err)
		must(s.MarkLost(ctx, ridge.ID, id, c.Connection.TokenVersion, connection.Failure{Class: crm.Broken, Code: "invalid_code", Message: "gone", Since: monday.Add(time.Minute)}))
		must(s.MarkLost(ctx, ridge.ID, id, c.Connection.TokenVersion, connection.Failure{Class: crm.Broken, Code: "invalid_code", Message: "gone", Since: monday.Add(2 * time.Minute)}))
		live(1)
		if lost, err := s.LostConfigs(ctx); err != nil || len(lost) != 1 || !lost[0].Connection.Failure.Since.Equal(monday.Add(time.Minute)) {
			t.Errorf("lost: %d, %v", len(lost), err)
		}
		throttled := connection.NewEvent(connection.EventRefreshFailed, monday.Add(3*time.Minute), "", "", "access_denied")
		must(s.KeepEvent(ctx, ridge.ID, id, throttled, time.Hour))
		throttled.ID, throttled.At = "cev_other", throttled.At.Add(59*time.Minute)
		must(s.KeepEvent(ctx, ridge.ID, id, throttled, time.Hour))
		throttled.At = throttled.At.Add(2 * time.Minute)
		must(s.KeepEvent(ctx, ridge.ID, id, throttled, time.Hour))
		must(s.Disconnect(ctx, ridge.ID, id, connection.NewEvent(connection.EventDisconnected, monday.Add(3*time.Hour), "Rae", "", "")))
		must(s.Disconnect(ctx, ridge.ID, id, connection.NewEvent(connection.EventDisconnected, monday.Add(4*time.Hour), "Rae", "", "")))
		var kinds []connection.EventKind
		events, err := s.Events(ctx, ridge.ID, id, 50)
		must(err)
		for _, e := range events {
			kinds = append(kinds, e.Kind)
		}
		want := []connection.EventKind{
			connection.EventDisconnected, connection.EventRefreshFailed, connection.EventRefreshFailed, connection.EventLost, connection.EventConnected, connection.EventConnected,
		}
		if !slices.Equal(kinds, want) {
			t.Errorf("the timeline says %v", kinds)
		}
		if c, err = s.Config(ctx, ridge.ID, id); err != nil || c.Connection.State != connection.NotConnected || !c.Connection.RefreshToken.Empty() || c.Connection.ZohoOrgID != "1" {
			t.Errorf("after disconnecting: %s %v", c.Connection.State, err)
		}
		if other, err := s.Events(ctx, blue.ID, id, 50); err != nil || len(other) != 1 {
			t.Errorf("blue's timeline has %d, %v", len(other), err)
		}
		counts := map[string]int64{}
		list, err := s.JobCounts(ctx)
		must(err)
		for _, j := range list {
			counts[j.Kind] += j.N
		}
		if counts["connection.authorized/mail"] != 3 || counts["connection.lost/mail"] != 1 {
			t.Errorf("jobs: %v", counts)
		}
	})
}

// TestDenialsAndRenewals: once each, of this config alone, gone with the next connect; renewals are counted by the day.
func TestDenialsAndRenewals(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		ridge, blue := organization(t, s, "ridge"), organization(t, s, "blue")
		const id connection.ConfigID = "crm_1"
		connect := func(o connection.Config) error {
			return s.SaveConnection(ctx, o.Org, id, connection.Connection{State: connection.Connected, ZohoOrgID: "1", RefreshToken: secret.NewString("r"), ConnectedAt: monday}, nil, connection.Authorized{Org: o.Org, Config: id})
		}
		for _, o := range []connection.Config{{Org: ridge.ID}, {Org: blue.ID}} {
			o.ID, o.Name, o.Type, o.Created, o.Connection.State = id, "Main", crm.Zoho, monday, connection.NotConnected
			if err := s.CreateConfig(ctx, o); err != nil {
				t.Fatal(err)
			}
		}
		deny := func(scope string) error {
			d := connection.Denial{Permission: crm.Permission{Scope: scope, Without: "Stops."}, Since: monday}
			return s.KeepDenial(ctx, ridge.ID, id, d, connection.NewEvent(connection.EventDenied, monday, "", "", ""))
		}
		events := func(want int) {
			t.Helper()
			if list, err := s.Events(ctx, ridge.ID, id, 50); err != nil || len(list) != want {
				t.Errorf("%d events, want %d (%v)", len(list), want, err)
			}
		}
		if err := errors.Join(deny("a"), connect(connection.Config{Org: ridge.ID}), connect(connection.Config{Org: blue.ID})); err != nil {
			t.Fatal(err)
		}
		events(0) // nobody is denied what is not connected
		if err := errors.Join(deny("a"), deny("a"), deny("b")); err != nil {
			t.Fatal(err)
		}
		events(2)
		if h, err := s.Health(ctx, ridge.ID); err != nil || len(h.Denials) != 2 || h.Denials[0].Scope != "a" || !h.Denials[0].Since.Equal(monday) {
			t.Errorf("%+v %v", h, err)
		}
		if h, err := s.Health(ctx, blue.ID); err != nil || len(h.Denials) != 0 {
			t.Errorf("another's: %+v %v", h, err)
		}
		for i := range 3 {
			c, err := s.Config(ctx, ridge.ID, id)
			if err != nil {
				t.Fatal(err)
			}
			now := monday.Add(time.Duration(i) * time.Minute)
			if saved, err := s.SaveAccess(ctx, ridge.ID, id, c.Connection.TokenVersion, crm.Access{Token: secret.NewString("t"), Expires: now}, now, now); err != nil || !saved {
				t.Fatal(saved, err)
			}
		}
		events(3)
		if list, err := s.Events(ctx, ridge.ID, id, 1); err != nil || list[0].Kind != connection.EventRenewed || list[0].Times != 3 {
			t.Errorf("%+v %v", list, err)
		}
		if err := connect(connection.Config{Org: ridge.ID}); err != nil {
			t.Fatal(err)
		}
		if left, err := s.Denials(ctx, ridge.ID, id); err != nil || len(left) != 0 {
			t.Errorf("%+v %v", left, err)
		}
		if err := s.Sweep(ctx, monday.Add(61*24*time.Hour)); err != nil {
			t.Fatal(err)
		}
		events(2) // the renewals of that day are too old
	})
}

func TestWaitingAndStaff(t *testing.T) {
	t.Parallel()
	storetest.Each(t, clock, nil, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		ridge, blue := organization(t, s, "ridge"), organization(t, s, "blue")
		for _, u := range []struct {
			user auth.User
			in   []auth.Membership
		}{
			{auth.User{ID: "u1", Email: "a@x.example", Created: monday}, []auth.Membership{{Org: ridge.ID, Role: auth.Admin}}},
			{auth.User{ID: "u2", Email: "b@x.example", Created: monday}, []auth.Membership{{Org: blue.ID, Role: auth.Admin}}},
			{auth.User{ID: "u3", Email: "e@x.example", Engineer: true, Created: monday}, nil},
		} {
			if err := s.CreateUser(ctx, u.user, u.in); err != nil {
				t.Fatal(err)
			}
		}
		staff, err := s.Staff(ctx, ridge.ID)
		if want := []notify.Staff{{Email: "a@x.example", Role: auth.Admin}, {Email: "e@x.example", Engineer: true}}; err != nil || !slices.Equal(staff, want) {
			t.Errorf("%+v %v", staff, err)
		}
		if n, err := s.WaitingWrites(ctx, ridge.ID); err != nil || n != (connection.Waiting{}) {
			t.Errorf("%+v %v", n, err)
		}
	})
}
