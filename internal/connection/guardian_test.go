package connection_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

var start = time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)

// desk is an accounts server in memory: it counts refreshes and answers as it is told.
type desk struct {
	crm.Connector // only Refresh and Provider are called
	asked         atomic.Int64
	meter         crm.Meter // of the newest provider
	answer        func(ctx context.Context) error
	clock         func() time.Time
}

func (d *desk) Refresh(ctx context.Context, _ crm.App, _ crm.Site, _ secret.String) (crm.Access, error) {
	n := d.asked.Add(1)
	if d.answer != nil {
		if err := d.answer(ctx); err != nil {
			return crm.Access{}, err
		}
	}
	return crm.Access{Token: secret.NewString(fmt.Sprint("fresh ", n)), Expires: d.clock().Add(time.Hour)}, nil
}

func (d *desk) Provider(_ crm.Site, _ crm.Tokens, m crm.Meter) crm.Provider {
	d.meter = m
	return nil
}

// house is a connected config, and two nodes' guardians over it.
type house struct {
	*testing.T
	store *store.Store
	desk  *desk
	org   org.ID
	id    connection.ConfigID
	nodes [2]*connection.Guardian
	now   atomic.Int64
}

func (h *house) clock() time.Time { return time.UnixMilli(h.now.Load()).UTC() }

func (h *house) wait(d time.Duration) { h.now.Add(d.Milliseconds()) }

func newHouse(t *testing.T, lives time.Duration) *house {
	t.Helper()
	return newHouseOn(t, "sqlite", lives)
}

func newHouseOn(t *testing.T, engine string, lives time.Duration) *house {
	t.Helper()
	h := &house{T: t}
	h.now.Store(start.UnixMilli())
	h.desk = &desk{clock: h.clock}
	h.store = storetest.Open(t, storetest.URLs(t, engine), h.clock, nil)
	o, err := (&org.Service{Store: h.store, Now: h.clock}).Create(t.Context(), org.Draft{Slug: "o", Name: "O", Timezone: "UTC"})
	if err != nil {
		t.Fatal(err)
	}
	h.org = o.ID
	for i := range h.nodes {
		s := &connection.Service{
			Store: h.store, Connectors: map[crm.Type]crm.Connector{crm.Zoho: h.desk}, Now: h.clock,
			Shared: connection.Shared{ClientID: "c", Secrets: map[string]secret.String{"": secret.NewString("s")}},
		}
		if i == 0 {
			c, err := s.Create(t.Context(), h.org, connection.Draft{Name: "Zoho", Type: crm.Zoho})
			if err != nil {
				t.Fatal(err)
			}
			h.id = c.ID
		}
		h.nodes[i] = connection.NewGuardian(s)
	}
	err = h.store.SaveConnection(t.Context(), h.org, h.id, connection.Connection{
		State: connection.Connected, ZohoOrgID: "1", RefreshToken: secret.NewString("r"),
		Access: crm.Access{Token: secret.NewString("old"), Expires: h.clock().Add(lives)},
	}, nil, connection.Authorized{Org: h.org, Config: h.id})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *house) token(stale string) (string, error) {
	v, err := h.nodes[0].Token(h.Context(), h.org, h.id, secret.NewString(stale))
	return v.Reveal(), err
}

func (h *house) state() connection.State {
	h.Helper()
	c, err := h.store.Config(h.Context(), h.org, h.id)
	if err != nil {
		h.Fatal(err)
	}
	return c.Connection.State
}

func TestTokenIsKeptAndRenewedEarly(t *testing.T) {
	t.Parallel()
	h := newHouse(t, time.Hour)
	if v, err := h.token(""); v != "old" || err != nil || h.desk.asked.Load() != 0 {
		t.Errorf("%q %v after %d refreshes", v, err, h.desk.asked.Load())
	}
	h.wait(56 * time.Minute)
	if v, err := h.token(""); v != "fresh 1" || err != nil {
		t.Errorf("four minutes before its end: %q %v", v, err)
	}
	if v, err := h.token("old"); v != "fresh 1" || err != nil || h.desk.asked.Load() != 1 {
		t.Errorf("a refused token that another one has renewed already: %q %v", v, err)
	}
	if v, err := h.token("fresh 1"); v != "fresh 2" || err != nil {
		t.Errorf("a refused token: %q %v", v, err)
	}
}

func TestManyAskOneRefreshes(t *testing.T) {
	t.Parallel()
	h := newHouse(t, time.Minute)
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			if v, err := h.nodes[i%2].Token(t.Context(), h.org, h.id, secret.String{}); err != nil || v.Reveal() != "fresh 1" {
				t.Errorf("%q %v", v.Reveal(), err)
			}
		})
	}
	all.Wait()
	if n := h.desk.asked.Load(); n != 1 {
		t.Errorf("%d refreshes", n)
	}
}

// TestRefreshedMeanwhile: who has read the old token and comes too late for the lease must not refresh again.
func TestRefreshedMeanwhile(t *testing.T) {
	t.Parallel()
	h := newHouse(t, time.Minute)
	seen, err := h.store.Config(t.Context(), h.org, h.id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.token(""); err != nil {
		t.Fatal(err)
	}
	won, err := h.store.LeaseRefresh(t.Context(), h.org, h.id, seen.Connection.TokenVersion, h.clock().Add(time.Minute), h.clock())
	if err != nil || won {
		t.Errorf("leased a refresh that has been made: %v %v", won, err)
	}
}

// TestReconnectedDuringARefresh: whatever becomes of a refresh with the old consent, the new consent's token stays.
func TestReconnectedDuringARefresh(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]error{
		"refreshed": nil, "throttled": &crm.Problem{Class: crm.Throttled}, "no answer": &crm.Problem{Class: crm.Down}, "revoked": &crm.Problem{Class: crm.Broken},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, time.Minute)
			h.desk.answer = func(ctx context.Context) error {
				h.desk.answer = nil
				if err := h.store.SaveConnection(ctx, h.org, h.id, connection.Connection{
					State: connection.Connected, ZohoOrgID: "1", RefreshToken: secret.NewString("r2"),
					Access: crm.Access{Token: secret.NewString("new consent"), Expires: h.clock().Add(time.Hour)},
				}, nil, connection.Authorized{Org: h.org, Config: h.id}); err != nil {
					t.Error(err)
				}
				return answer
			}
			if v, err := h.token(""); answer == nil && (v != "new consent" || err != nil) {
				t.Errorf("%q %v", v, err)
			}
			c, err := h.store.Config(t.Context(), h.org, h.id)
			if err != nil {
				t.Fatal(err)
			}
			if n := c.Connection; n.State != connection.Connected || n.Access.Token.Reveal() != "new consent" || !n.RefreshedAfter.IsZero() {
				t.Errorf("%s, token %q, not to be refreshed before %v", n.State, n.Access.Token.Reveal(), n.RefreshedAfter)
			}
		})
	}
}

// TestFreshTokensAreRefused: Zoho gives ten tokens in ten minutes. A CRM that refuses every token must not use them up,
// and is still asked often enough to notice when it takes one.
func TestFreshTokensAreRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t, time.Hour)
	last := "old"
	for began := h.clock(); h.clock().Sub(began) < 10*time.Minute; h.wait(10 * time.Second) {
		v, err := h.token(last)
		switch {
		case err == nil:
			last = v
		case !crm.IsClass(err, crm.Down) || crm.AsProblem(err).RetryAfter > 0:
			t.Fatalf("without another token the writes wait as for a silent CRM: %v", err)
		}
		if v, err := h.token(""); v != last || err != nil {
			t.Fatalf("whoever comes tries the token that is there: %q %v", v, err)
		}
	}
	if n := h.desk.asked.Load(); n < 4 || n > 8 {
		t.Errorf("%d tokens in ten minutes", n)
	}
	h.wait(40 * time.Minute) // all is well again
	n := h.desk.asked.Load()
	for range 3 {
		v, err := h.token(last)
		if err != nil {
			t.Fatal(err)
		}
		last = v
		h.wait(11 * time.Minute)
	}
	if got := h.desk.asked.Load() - n; got != 3 {
		t.Errorf("later accidents are mended at once, but %d of 3 were", got)
	}
}

func TestRefreshEndsBeforeItsLease(t *testing.T) {
	t.Parallel()
	h := newHouse(t, time.Minute)
	h.desk.answer = func(ctx context.Context) error {
		if end, ok := ctx.Deadline(); !ok || time.Until(end) >= 15*time.Second {
			t.Errorf("the call may outlive the lease: %v %v", end, ok)
		}
		return nil
	}
	if _, err := h.token(""); err != nil {
		t.Error(err)
	}
}

func TestRefusedRefreshParks(t *testing.T) {
	t.Parallel()
	for _, class := range []crm.Class{crm.Broken, crm.Misconfigured} {
		h := newHouse(t, time.Minute)
		h.desk.answer = func(context.Context) error { return &crm.Problem{Class: class, Code: "invalid_code"} }
		for range 3 {
			if _, err := h.token(""); !errors.Is(err, connection.ErrParked) && !fault.Is(err, fault.Denied) {
				t.Errorf("%s: %v", class, err)
			}
		}
		if h.desk.asked.Load() != 1 || h.state() != connection.NeedsReconnect {
			t.Errorf("%s: asked %d times, then %s: a parked connection is left alone", class, h.desk.asked.Load(), h.state())
		}
	}
}

func TestThrottledRefreshWaitsTenMinutes(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 4*time.Minute)
	h.desk.answer = func(context.Context) error { return &crm.Problem{Class: crm.Throttled} }
	if v, err := h.token(""); v != "old" || err != nil {
		t.Errorf("the old token serves until its end: %q %v", v, err)
	}
	h.wait(5 * time.Minute)
	_, err := h.token("")
	if p := crm.AsProblem(err); p == nil || p.Class != crm.Throttled || p.RetryAfter < 4*time.Minute {
		t.Errorf("after its end everybody waits: %v", err)
	}
	if h.desk.asked.Load() != 1 || h.state() != connection.Connected {
		t.Errorf("asked %d times, then %s", h.desk.asked.Load(), h.state())
	}
	if hours := h.day(0).Hours; len(hours) != 1 || hours[0].Over.Tokens != 1 || hours[0].Refused != 1 {
		t.Errorf("counted as %+v", hours)
	}
	h.desk.answer = nil
	h.wait(5*time.Minute + time.Second)
	if v, err := h.token(""); v != "fresh 2" || err != nil {
		t.Errorf("after ten minutes: %q %v", v, err)
	}
}

func TestSilentAccountsServerIsTriedAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t, time.Minute)
	h.desk.answer = func(context.Context) error { return &crm.Problem{Class: crm.Down} }
	if _, err := h.token(""); !crm.IsClass(err, crm.Down) || h.state() != connection.Connected {
		t.Errorf("%v, %s", err, h.state())
	}
	h.desk.answer = nil
	h.wait(time.Second)
	if v, err := h.token(""); v != "fresh 2" || err != nil {
		t.Errorf("%q %v", v, err)
	}
}
