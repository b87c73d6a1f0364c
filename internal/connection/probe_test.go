package connection_test

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/job"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
)

var noon = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)

// zoho stands in for a CRM whose token endpoint answers as a test says.
type zoho struct {
	crm.Connector
	mu      sync.Mutex
	refresh error
	asked   int // refreshes
	probes  int
	lacks   crm.Permission // for want of which a call is refused
	expires time.Time      // of a new token; zero: in some days
}

func (z *zoho) Refresh(context.Context, crm.App, crm.Site, secret.String) (crm.Access, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.asked++
	expires := z.expires
	if expires.IsZero() {
		expires = noon.Add(100 * time.Hour)
	}
	return crm.Access{Token: secret.NewString("1000.new"), Expires: expires}, z.refresh
}

// Whois uses a token as the client does: one that has run out is renewed first.
func (z *zoho) Whois(ctx context.Context, _ crm.Site, tokens crm.Tokens, m crm.Meter) (crm.Identity, error) {
	m.Count(crm.Call{Path: "/users", Status: 200, Remaining: -1, Lacks: z.lacks})
	z.mu.Lock()
	z.probes++
	z.mu.Unlock()
	_, err := tokens(ctx, secret.String{})
	return crm.Identity{UserID: "9", UserName: "Rae"}, err
}

func (z *zoho) Missing([]string) []crm.Permission { return nil }

type world struct {
	t        *testing.T
	now      time.Time
	zoho     *zoho
	store    *store.Store
	service  *connection.Service
	guardian *connection.Guardian
	org      org.ID
	config   connection.ConfigID
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, now: noon, zoho: &zoho{}}
	var jobs job.Table
	job.On(&jobs, "connection.lost", "mail", job.Options{}, func(context.Context, connection.Lost) error { return nil })
	clock := func() time.Time { return w.now }
	w.store = storetest.Open(t, storetest.SQLite(t, filepath.Join(t.TempDir(), "test.db")), clock, &jobs)
	o, err := (&org.Service{Store: w.store, Now: clock}).Create(t.Context(), org.Draft{Slug: "ridge", Name: "Ridge", Timezone: "America/Chicago"})
	if err != nil {
		t.Fatal(err)
	}
	w.org = o.ID
	w.service = &connection.Service{
		Store: w.store, Connectors: map[crm.Type]crm.Connector{crm.Zoho: w.zoho}, Now: clock,
		Shared: connection.Shared{ClientID: "1000.S", Secrets: map[string]secret.String{"": secret.NewString("s")}},
	}
	w.guardian = connection.NewGuardian(w.service)
	c, err := w.service.Create(t.Context(), o.ID, connection.Draft{Name: "Main", Type: crm.Zoho})
	if err != nil {
		t.Fatal(err)
	}
	w.config = c.ID
	err = w.store.SaveConnection(t.Context(), o.ID, c.ID, connection.Connection{
		State: connection.Connected, Site: crm.Site{Location: "us"}, ZohoOrgID: "1", ZohoOrgName: "Ridge in Zoho", UserID: "9", UserName: "Rae", AccountID: "zuid9",
		RefreshToken: secret.NewString("1000.refresh"), Access: crm.Access{Token: secret.NewString("1000.old"), Expires: noon.Add(30 * time.Minute)},
		ConnectedAt: noon, CheckedAt: noon,
	}, []connection.Event{connection.NewEvent(connection.EventConnected, noon, "Rae", "", "")}, connection.Authorized{Org: o.ID, Config: c.ID})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) connection() connection.Connection {
	w.t.Helper()
	c, err := w.store.Config(w.t.Context(), w.org, w.config)
	if err != nil {
		w.t.Fatal(err)
	}
	return c.Connection
}

func (w *world) kinds() (out []connection.EventKind) {
	w.t.Helper()
	list, err := w.store.Events(w.t.Context(), w.org, w.config, 50)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range list {
		out = append(out, e.Kind)
	}
	return out
}

// alerts counts the jobs that tell people of a loss.
func (w *world) alerts() (n int64) {
	w.t.Helper()
	counts, err := w.store.JobCounts(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, c := range counts {
		if c.Kind == "connection.lost/mail" {
			n += c.N
		}
	}
	return n
}

// TestOnlyADeadConnectionAlerts: each failure of the token endpoint, and what comes of it.
func TestOnlyADeadConnectionAlerts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		refusal *crm.Problem
		dead    bool
		event   connection.EventKind
	}{
		"revoked":      {&crm.Problem{Class: crm.Broken, Code: "invalid_code"}, true, connection.EventLost},
		"wrong client": {&crm.Problem{Class: crm.Misconfigured, Code: "invalid_client"}, true, connection.EventLost},
		"throttled":    {&crm.Problem{Class: crm.Throttled, Code: "access_denied"}, false, connection.EventRefreshFailed},
		"network":      {&crm.Problem{Class: crm.Down}, false, connection.EventRefreshFailed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.zoho.refresh = c.refusal
			w.now = noon.Add(40 * time.Minute)
			for range 3 {
				if _, err := w.guardian.Token(t.Context(), w.org, w.config, secret.String{}); err == nil {
					t.Fatal("a token came of nothing")
				}
			}
			if dead := w.connection().State == connection.NeedsReconnect; dead != c.dead {
				t.Errorf("parked: %v", dead)
			}
			want := int64(0)
			if c.dead {
				want = 1
			}
			if n := w.alerts(); n != want {
				t.Errorf("%d alerts for three refused calls, want %d", n, want)
			}
			if kinds := w.kinds(); len(kinds) != 2 || kinds[0] != c.event {
				t.Errorf("the timeline says %v", kinds)
			}
			live, err := w.store.LiveTokens(t.Context(), w.org, "zuid9")
			if gone := c.refusal.Class == crm.Broken; err != nil || live == 0 != gone {
				t.Errorf("%d tokens counted, %v", live, err)
			}
		})
	}
}

func TestTheTimelineSaysWhenTokensComeAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.now, w.zoho.refresh = noon.Add(40*time.Minute), &crm.Problem{Class: crm.Down}
	_, _ = w.guardian.Token(t.Context(), w.org, w.config, secret.String{})
	w.now, w.zoho.refresh = noon.Add(50*time.Minute), nil
	if _, err := w.guardian.Token(t.Context(), w.org, w.config, secret.String{}); err != nil {
		t.Fatal(err)
	}
	want := []connection.EventKind{connection.EventRefreshed, connection.EventRenewed, connection.EventRefreshFailed, connection.EventConnected}
	if kinds := w.kinds(); !slices.Equal(kinds, want) {
		t.Errorf("%v", kinds)
	}
}

// TestRegularRenewalsAreOneLineADay: however often a token is renewed, each day of the organization has one event with the
// count, and each use of the secrets stands in the audit, also one that failed.
func TestRegularRenewalsAreOneLineADay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 30 {
		w.now = noon.Add(time.Duration(i+1) * time.Hour)
		w.zoho.expires = w.now.Add(time.Hour)
		if _, err := w.guardian.Token(t.Context(), w.org, w.config, secret.String{}); err != nil {
			t.Fatal(err)
		}
	}
	w.now, w.zoho.refresh = w.now.Add(time.Hour), &crm.Problem{Class: crm.Down}
	_, _ = w.guardian.Token(t.Context(), w.org, w.config, secret.String{})
	list, err := w.store.Events(t.Context(), w.org, w.config, 50)
	if err != nil {
		t.Fatal(err)
	}
	times, days := 0, 0
	for _, e := range list {
		if e.Kind == connection.EventRenewed {
			times, days = times+e.Times, days+1
		}
	}
	if times != 30 || days != 2 {
		t.Errorf("%d renewals on %d days", times, days)
	}
	used, _, err := w.store.AuditEvents(t.Context(), w.org, audit.Filter{Area: audit.Secrets, Limit: 100})
	if err != nil || len(used) != 31 || used[0].Act != "Access token not renewed" || used[1].Act != "Access token renewed" {
		t.Errorf("%d uses in the audit (%v)", len(used), err)
	}
	for _, e := range used {
		if strings.Contains(e.Detail, w.connection().RefreshToken.Reveal()) || e.Who != "HeavySet" {
			t.Errorf("%s: %s", e.Who, e.Detail)
		}
	}
	if changes, _, err := w.store.AuditEvents(t.Context(), w.org, audit.Filter{Without: audit.Secrets}); err != nil || len(changes) != 0 {
		t.Errorf("%d changes (%v)", len(changes), err)
	}
}

// TestAMissingPermissionShowsUntilTheNextConnect: what a call was refused for is kept once, with an event.
func TestAMissingPermissionShowsUntilTheNextConnect(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lacks := crm.Permission{Scope: "ZohoCRM.coql.READ", Without: "Writing stops."}
	w.now, w.zoho.lacks = noon.Add(time.Minute), lacks
	for range 3 {
		_, _ = w.guardian.Check(t.Context(), w.org, w.config)
	}
	config := func() connection.Config {
		c, err := w.store.Config(t.Context(), w.org, w.config)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if got, err := w.service.Lacks(t.Context(), config()); err != nil || len(got) != 1 || got[0] != lacks {
		t.Errorf("lacks %+v (%v)", got, err)
	}
	if h, err := w.store.Health(t.Context(), w.org); err != nil || len(h.Denials) != 1 || !h.Config.Connection.RefreshToken.Empty() || h.Config.Connection.State != connection.Connected {
		t.Errorf("health %+v (%v)", h, err)
	}
	if kinds := w.kinds(); len(kinds) != 2 || kinds[0] != connection.EventDenied {
		t.Errorf("the timeline says %v", kinds)
	}
	if err := w.store.SaveConnection(t.Context(), w.org, w.config, config().Connection, nil, connection.Authorized{Org: w.org, Config: w.config}); err != nil {
		t.Fatal(err)
	}
	if got, err := w.service.Lacks(t.Context(), config()); err != nil || len(got) != 0 {
		t.Errorf("after the next connect it lacks %+v (%v)", got, err)
	}
}

func TestIdleConnectionsAreProbedHourly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	probe := func(after time.Duration, want int) {
		t.Helper()
		w.now = noon.Add(after)
		if err := w.guardian.Probe(t.Context()); err != nil {
			t.Fatal(err)
		}
		if w.zoho.probes != want {
			t.Errorf("after %v: %d probes, want %d", after, w.zoho.probes, want)
		}
	}
	probe(59*time.Minute, 0)
	probe(60*time.Minute, 1)
	probe(65*time.Minute, 1) // it has just been proved alive
	if at := w.connection().CheckedAt; !at.Equal(noon.Add(time.Hour)) {
		t.Errorf("checked at %v", at)
	}
	probe(2*time.Hour, 2)

	// a dead one is found without anybody booking
	w.zoho.refresh = &crm.Problem{Class: crm.Broken, Code: "invalid_code"}
	if saved, err := w.store.SaveAccess(t.Context(), w.org, w.config, w.connection().TokenVersion, crm.Access{Token: secret.NewString("x"), Expires: noon}, time.Time{}, noon.Add(2*time.Hour)); err != nil || !saved {
		t.Fatal(saved, err)
	}
	probe(3*time.Hour, 3)
	if w.connection().State != connection.NeedsReconnect || w.alerts() != 1 {
		t.Errorf("%s, %d alerts", w.connection().State, w.alerts())
	}
	probe(5*time.Hour, 3) // nothing is tried against a parked one
}

func TestATokenThatComesAfterDisconnectingIsNotKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.store.Disconnect(t.Context(), w.org, w.config, connection.NewEvent(connection.EventDisconnected, noon, "Rae", "", "")); err != nil {
		t.Fatal(err)
	}
	late := crm.Access{Token: secret.NewString("late"), Expires: noon.Add(time.Hour)}
	if saved, err := w.store.SaveAccess(t.Context(), w.org, w.config, w.connection().TokenVersion, late, time.Time{}, noon); err != nil || saved {
		t.Fatal(saved, err)
	}
	if c := w.connection(); !c.Access.Token.Empty() || c.ZohoOrgID != "1" {
		t.Error("a late token was kept, or the organization was forgotten")
	}
	if _, err := w.guardian.Token(t.Context(), w.org, w.config, secret.String{}); err == nil {
		t.Error("a disconnected config hands out tokens")
	}
}
