package connection

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/singleflight"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
)

const (
	// earlyRefresh is how long before its end an access token is renewed.
	earlyRefresh = 5 * time.Minute
	// refreshLease bounds how long one node may take to refresh.
	refreshLease = 15 * time.Second
	// refreshTakes bounds the call itself: it ends before the lease does and another node calls too.
	refreshTakes = 12 * time.Second
	// leasePoll is how often the others look whether it has.
	leasePoll = 150 * time.Millisecond
	// throttleWait is how long Zoho's token endpoint wants to be left alone once it says Access Denied.
	throttleWait = 10 * time.Minute
	// firstCalm and longestCalm bound the time between two refreshes that were made because the CRM had refused a token
	// that should live: it doubles, so that ten minutes see less than the ten tokens that Zoho gives in that time.
	firstCalm   = 5 * time.Second
	longestCalm = 150 * time.Second
	// quietFor keeps one outage from filling the timeline.
	quietFor = time.Hour
	// probesAtOnce is how many idle connections are probed at the same time.
	probesAtOnce = 16
	// idleFor is how long a connection may be without proof that it lives.
	idleFor = time.Hour
)

// ErrParked says that the connection waits for a person to reconnect: nothing may be tried against the CRM.
var ErrParked = fault.New(fault.Denied, "The connection to Zoho needs to be authorized again (steps 4 to 6).")

// Guardian hands out access tokens: one refresher per connection over all nodes.
type Guardian struct {
	// Node names this process among those that share the limits of the CRM; "": there is no other.
	Node    string
	service *Service
	flight  singleflight.Group
	ledger  ledger
}

// NewGuardian makes the guardian of a service's connections.
func NewGuardian(s *Service) *Guardian { return &Guardian{service: s} }

// Provider opens a connected config for reading and writing; its calls are counted for a purpose, and told to also. ErrParked when it needs
// a reconnect; fault.NotFound when it was never connected; fault.Unavailable when what is left of the day's credits is
// kept for purposes that come first.
func (g *Guardian) Provider(ctx context.Context, c Config, p Purpose, also ...func(crm.Call)) (crm.Provider, error) {
	if err := open(c); err != nil {
		return nil, err
	}
	if err := g.budget(ctx, c, p); err != nil {
		return nil, err
	}
	return g.service.Connectors[c.Type].Provider(c.Connection.Site, g.tokens(c), g.meter(c, p, also...)), nil
}

// open reports why a config's CRM cannot be called.
func open(c Config) error {
	switch c.Connection.State {
	case Connected:
		return nil
	case NeedsReconnect:
		return ErrParked
	}
	return fault.New(fault.NotFound, "This configuration is not connected.")
}

// tokens hands out the access tokens of one config.
func (g *Guardian) tokens(c Config) crm.Tokens {
	return func(ctx context.Context, stale secret.String) (secret.String, error) {
		return g.Token(ctx, c.Org, c.ID, stale)
	}
}

// Token gives an access token that lives for some minutes yet and is not the stale one. Where many ask at once, one
// refreshes and all get its token.
func (g *Guardian) Token(ctx context.Context, o org.ID, id ConfigID, stale secret.String) (secret.String, error) {
	c, err := g.service.Store.Config(ctx, o, id)
	if err != nil {
		return secret.String{}, err
	}
	if usable, err := g.usable(c, stale); err != nil || usable {
		return c.Connection.Access.Token, err
	}
	v, err, _ := g.flight.Do(string(o)+"/"+string(id), func() (any, error) {
		return g.refresh(context.WithoutCancel(ctx), o, id, stale)
	})
	if err != nil {
		return secret.String{}, err
	}
	return v.(secret.String), nil
}

// usable reports whether the stored token still serves.
func (g *Guardian) usable(c Config, stale secret.String) (bool, error) {
	if c.Connection.State != Connected {
		return false, ErrParked
	}
	a := c.Connection.Access
	if a.Token.Empty() || a.Token.Reveal() == stale.Reveal() {
		return false, nil
	}
	now := g.service.Now()
	if a.Expires.After(now.Add(earlyRefresh)) {
		return true, nil
	}
	// Old but not dead: keep it while the token endpoint wants to be left alone.
	return a.Expires.After(now) && c.Connection.RefreshedAfter.After(now), nil
}

// refresh renews the token, or waits for the node that does.
func (g *Guardian) refresh(ctx context.Context, o org.ID, id ConfigID, stale secret.String) (secret.String, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*refreshLease)
	defer cancel()
	for {
		c, err := g.service.Store.Config(ctx, o, id)
		if err != nil {
			return secret.String{}, err
		}
		if ok, err := g.usable(c, stale); err != nil || ok {
			return c.Connection.Access.Token, err
		}
		now := g.service.Now()
		if wait := c.Connection.RefreshedAfter.Sub(now); wait > 0 {
			if c.Connection.Access.Expires.After(now) { // refused, but it may yet be taken: the pause of the writes is enough
				return secret.String{}, &crm.Problem{Class: crm.Down, Message: "a token that has just been made is refused"}
			}
			return secret.String{}, &crm.Problem{Class: crm.Throttled, RetryAfter: wait, Message: "the token endpoint wants to be left alone"}
		}
		won, err := g.service.Store.LeaseRefresh(ctx, o, id, c.Connection.TokenVersion, now.Add(refreshLease), now)
		if err != nil {
			return secret.String{}, err
		}
		if won {
			return g.renew(ctx, c, stale)
		}
		select {
		case <-ctx.Done():
			return secret.String{}, &crm.Problem{Class: crm.Down, Message: "waited too long for a refreshed token"}
		case <-time.After(leasePoll):
		}
	}
}

// calm says until when there is no other refresh after this one. Zero after a regular one.
func calm(c Connection, now time.Time) time.Time {
	if !c.Access.Expires.After(now.Add(earlyRefresh)) {
		return time.Time{}
	}
	wait := firstCalm
	if before := c.RefreshedAfter.Sub(c.CheckedAt); before > 0 && now.Sub(c.RefreshedAfter) < longestCalm {
		wait = min(2*before, longestCalm)
	}
	return now.Add(wait)
}

// renew asks the CRM for a new token and stores what came of it.
func (g *Guardian) renew(ctx context.Context, c Config, stale secret.String) (secret.String, error) {
	s := g.service
	app, err := s.app(c, c.Connection.Site.Location)
	if err != nil {
		return secret.String{}, err
	}
	call, cancel := context.WithTimeout(ctx, refreshTakes)
	defer cancel()
	access, err := s.Connectors[c.Type].Refresh(call, app, c.Connection.Site, c.Connection.RefreshToken)
	now := s.Now()
	if err := g.used(ctx, c, now, err); err != nil {
		return secret.String{}, err
	}
	if err == nil {
		before, err := s.Store.Events(ctx, c.Org, c.ID, 1)
		if err != nil {
			return secret.String{}, err
		}
		saved, err := s.Store.SaveAccess(ctx, c.Org, c.ID, c.Connection.TokenVersion, access, calm(c.Connection, now), now)
		if err == nil && !saved {
			return g.refresh(ctx, c.Org, c.ID, stale) // of an old consent: the new one has brought its own token
		}
		return access.Token, errors.Join(err, g.recovered(ctx, c, before, now))
	}
	p := crm.AsProblem(err)
	if p != nil && !p.Class.NeedsReconnect() {
		e := NewEvent(EventRefreshFailed, now, "", p.Words()+" "+p.Advice(), p.Code)
		if err := s.Store.KeepEvent(ctx, c.Org, c.ID, e, quietFor); err != nil {
			return secret.String{}, err
		}
	}
	switch {
	case p == nil:
		return secret.String{}, errors.Join(err, s.Store.DelayRefresh(ctx, c.Org, c.ID, c.Connection.TokenVersion, now))
	case p.Class.NeedsReconnect():
		f := Failure{Class: p.Class, Code: p.Code, Message: p.Words(), Since: now}
		if err := s.Store.MarkLost(ctx, c.Org, c.ID, c.Connection.TokenVersion, f); err != nil {
			return secret.String{}, err
		}
		return secret.String{}, ErrParked.Because(err)
	case p.Class == crm.Throttled:
		g.noToken(c, now)
		wait := max(p.RetryAfter, throttleWait)
		if err := s.Store.DelayRefresh(ctx, c.Org, c.ID, c.Connection.TokenVersion, now.Add(wait)); err != nil {
			return secret.String{}, err
		}
		if old := c.Connection.Access; old.Expires.After(now) && old.Token.Reveal() != stale.Reveal() {
			return old.Token, nil // not renewed, but still serves
		}
		q := *p
		q.RetryAfter = wait
		return secret.String{}, &q
	default:
		return secret.String{}, errors.Join(err, s.Store.DelayRefresh(ctx, c.Org, c.ID, c.Connection.TokenVersion, now))
	}
}

// recovered says in the timeline that a refresh went well after others had failed. before is the newest event until then.
func (g *Guardian) recovered(ctx context.Context, c Config, before []Event, now time.Time) error {
	if len(before) == 0 || before[0].Kind != EventRefreshFailed {
		return nil
	}
	return g.service.Store.KeepEvent(ctx, c.Org, c.ID, NewEvent(EventRefreshed, now, "", "", ""), 0)
}

// used keeps in the audit that the secrets were used, where to and with what outcome. Every other use follows from what a
// person does, which is in the audit with their name.
func (g *Guardian) used(ctx context.Context, c Config, now time.Time, failed error) error {
	outcome := "Zoho gave a new access token."
	if p := crm.AsProblem(failed); p != nil {
		outcome = p.Words()
	} else if failed != nil {
		outcome = "No answer that could be read."
	}
	e := audit.Event{By: audit.By{Who: "HeavySet"}, Area: audit.Secrets, Act: "Access token renewed", Subject: c.Name, Detail: "Client Secret and Refresh Token (fingerprint " +
		c.Connection.RefreshToken.Fingerprint() + ") were sent to " + c.Connection.Site.AccountsDomain + ".\n" + outcome}
	if failed != nil {
		e.Act = "Access token not renewed"
	}
	return g.service.Store.AddAudit(ctx, c.Org, e.Finish(now))
}

// Check asks the CRM now who we are and keeps the answer: the proof of step 6. ErrParked when the authorization is gone,
// fault.NotFound when the config is not connected, a *crm.Problem when the CRM gives no answer.
func (g *Guardian) Check(ctx context.Context, o org.ID, id ConfigID) (crm.Identity, error) {
	c, err := g.service.Store.Config(ctx, o, id)
	if err != nil {
		return crm.Identity{}, err
	}
	if err := open(c); err != nil {
		return crm.Identity{}, err
	}
	who, err := g.service.Connectors[c.Type].Whois(ctx, c.Connection.Site, g.tokens(c), g.meter(c, ForChecks))
	if err != nil {
		return crm.Identity{}, err
	}
	return who, g.service.Store.MarkChecked(ctx, o, id, who, g.service.Now())
}

// Probe checks every connection that nothing has proved alive for an hour, so that a lost one is known before somebody
// books. A CRM that does not answer is left for the next time.
func (g *Guardian) Probe(ctx context.Context) error {
	idle, err := g.service.Store.IdleConfigs(ctx, g.service.Now().Add(-idleFor))
	if err != nil {
		return err
	}
	var all errgroup.Group
	all.SetLimit(probesAtOnce) // a data centre that is silent must not keep the others waiting
	for _, c := range idle {
		all.Go(func() error {
			_, err := g.Check(ctx, c.Org, c.ID)
			if crm.AsProblem(err) != nil || fault.As(err) != nil {
				return nil
			}
			return err
		})
	}
	return all.Wait()
}
