package zohosim

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"sync"
	"time"

	"heavyset.tech/platform/internal/zohosim/journal"
)

// Limits of Zoho Accounts. Source: zoho.com/accounts/protocol/oauth/token-limits.html.
const (
	accessLifetime     = time.Hour
	throttleWindow     = 10 * time.Minute
	mintsPerWindow     = 10 // access tokens per refresh token
	codesPerWindow     = 10 // grant codes per client
	refreshTokensLimit = 20 // per user and client
)

// app is a registered OAuth client.
type app struct {
	ClientID     string            `json:"client_id"`
	Secret       string            `json:"client_secret"`
	Secrets      map[string]string `json:"secrets,omitempty"`   // by data centre, where it has one of its own
	Locations    []string          `json:"locations,omitempty"` // data centres in which it is enabled; empty: all
	RedirectURIs []string          `json:"redirect_uris"`
	AnyLoopback  bool              `json:"any_loopback,omitempty"`
	Name         string            `json:"name"`
}

// grantCode is a grant code, used or not. Codes stay for a while, since they are counted.
type grantCode struct {
	Code     string `json:"code"`
	ClientID string `json:"client_id"`
	Redirect string `json:"redirect"` // "" as with Zoho's self client: any
	User     int64  `json:"user"`
	Scope    string `json:"scope"`
	Location string `json:"location"`
	Refresh  bool   `json:"refresh"` // brings a refresh token
	At       int64  `json:"at"`      // milliseconds
	Used     bool   `json:"used"`
	Free     bool   `json:"free"` // made by the control interface: no limit
	Excess   bool   `json:"excess"`
}

// token is a refresh or an access token.
type token struct {
	Token    string  `json:"token"`
	Refresh  string  `json:"refresh,omitempty"` // of an access token: what it was made with
	ClientID string  `json:"client_id"`
	User     int64   `json:"user"`
	Scope    string  `json:"scope"`
	Location string  `json:"location"`
	At       int64   `json:"at"`                // milliseconds
	Expires  int64   `json:"expires,omitempty"` // milliseconds; 0 for refresh tokens
	Minted   []int64 `json:"minted,omitempty"`  // refresh token: when it made access tokens lately

	scopes []scope
}

// consent is what a user has once allowed an application.
type consent struct {
	ClientID string `json:"client_id"`
	User     int64  `json:"user"`
	Scope    string `json:"scope"`
}

// accounts is the state of Zoho Accounts, one for all data centres.
type accounts struct {
	mu       sync.Mutex
	people   map[int64]*user
	apps     map[string]app
	codes    map[string]grantCode
	tokens   map[string]*token
	refresh  []*token // in the order they were made
	access   []*token // likewise
	consents []consent
	minted   int
}

// accountsChange is a change of accounts as the journal keeps it; whole gives all of accounts as one.
type accountsChange struct {
	Apps     []app       `json:"apps,omitempty"`
	Codes    []grantCode `json:"codes,omitempty"`
	Refresh  []token     `json:"refresh,omitempty"` // new or changed
	Access   []token     `json:"access,omitempty"`
	Consents []consent   `json:"consents,omitempty"`
	Gone     []string    `json:"gone,omitempty"` // codes and tokens
	Minted   int         `json:"minted,omitempty"`
}

// reset forgets everything but the application that is there from the start.
func (a *accounts) reset(orgs []*org) {
	a.people = map[int64]*user{}
	for _, o := range orgs {
		for _, u := range o.users {
			a.people[u.id] = u
		}
	}
	a.apps, a.codes, a.tokens = map[string]app{}, map[string]grantCode{}, map[string]*token{}
	a.refresh, a.access, a.consents, a.minted = nil, nil, nil, 0
	first := app{ClientID: "1000.SIMCLIENT", Secret: "sim-secret", AnyLoopback: true, Name: defaultAppName}
	a.apps[first.ClientID] = first
}

// defaultAppName is who asks on the consent page unless an application says otherwise.
const defaultAppName = "HeavySet Tech"

// apply makes a change.
func (a *accounts) apply(c accountsChange) {
	for _, app := range c.Apps {
		a.apps[app.ClientID] = app
	}
	for _, code := range c.Codes {
		a.codes[code.Code] = code
	}
	for _, t := range c.Refresh {
		a.refresh = a.keep(a.refresh, t)
	}
	for _, t := range c.Access {
		a.access = a.keep(a.access, t)
	}
	a.consents = append(a.consents, c.Consents...)
	a.minted += c.Minted
	if len(c.Gone) == 0 {
		return
	}
	for _, g := range c.Gone {
		delete(a.codes, g)
		delete(a.tokens, g)
	}
	gone := func(t *token) bool { return a.tokens[t.Token] != t }
	a.refresh = slices.DeleteFunc(a.refresh, gone)
	a.access = slices.DeleteFunc(a.access, gone)
}

// keep adds a token to its list, or changes the one that is there.
func (a *accounts) keep(list []*token, t token) []*token {
	t.scopes, _ = parseScopes(t.Scope, true) // were checked when they were granted
	if old := a.tokens[t.Token]; old != nil {
		*old = t
		return list
	}
	a.tokens[t.Token] = &t
	return append(list, &t)
}

// whole gives all there is as a change from nothing.
func (a *accounts) whole() accountsChange {
	c := accountsChange{Consents: a.consents, Minted: a.minted}
	for _, app := range a.apps {
		c.Apps = append(c.Apps, app)
	}
	for _, code := range a.codes {
		c.Codes = append(c.Codes, code)
	}
	for _, t := range a.refresh {
		c.Refresh = append(c.Refresh, *t)
	}
	for _, t := range a.access {
		c.Access = append(c.Access, *t)
	}
	return c
}

// changeAccounts journals and makes a change; the caller holds accounts.mu.
func (s *Sim) changeAccounts(c accountsChange) error {
	if err := s.write(addJSON(journal.Batch(nil), opAccounts, c)); err != nil {
		return err
	}
	s.accounts.apply(c)
	return nil
}

// stale lists codes and access tokens that have no more effect, so that they can go with the next change.
func (a *accounts) stale(now int64, codeLifetime time.Duration) []string {
	var gone []string
	for _, c := range a.codes {
		if now-c.At > max(codeLifetime, throttleWindow).Milliseconds() {
			gone = append(gone, c.Code)
		}
	}
	for _, t := range a.access {
		if t.Expires <= now {
			gone = append(gone, t.Token)
		}
	}
	return gone
}

// madeWith lists the access tokens of a refresh token, oldest first.
func (a *accounts) madeWith(refresh string) []*token {
	var out []*token
	for _, t := range a.access {
		if t.Refresh == refresh {
			out = append(out, t)
		}
	}
	return out
}

// withAccess lists a refresh token and the access tokens made with it.
func (a *accounts) withAccess(refresh string) []string {
	out := []string{refresh}
	for _, t := range a.madeWith(refresh) {
		out = append(out, t.Token)
	}
	return out
}

// live counts the access tokens that still work.
func (a *accounts) live(now int64) int {
	n := 0
	for _, t := range a.access {
		if t.Expires > now {
			n++
		}
	}
	return n
}

// newToken makes text that looks like Zoho's codes and tokens.
func newToken() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails, see crypto/rand
	return fmt.Sprintf("1000.%s.%s", hex.EncodeToString(b[:16]), hex.EncodeToString(b[16:]))
}

// person finds a user by id or e-mail address; "" is the administrator of the first organization.
func (a *accounts) person(who string) *user {
	if id, ok := parseID(who); ok {
		return a.people[id]
	}
	var first *user
	for _, u := range a.people {
		if who != "" && u.email == who {
			return u
		}
		if first == nil || u.id < first.id {
			first = u
		}
	}
	if who != "" {
		return nil
	}
	return first
}
