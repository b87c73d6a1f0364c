// Package zohocrm speaks crm's words on one side and zoho's on the other.
//
// It is the only package that knows both: it turns crm.Values into Zoho's JSON and back, crm.Query into COQL (which
// reads the live records, not the lagging search index), and Zoho's errors into crm.Problem. Addresses that come from a
// browser are looked up in the list of data centres before any call leaves. It has no state but the HTTP client and
// decides nothing about what is written.
package zohocrm

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/zoho"
)

// Connector reaches Zoho CRM in every data centre of a list. Make it with New.
type Connector struct {
	centers  zoho.DataCenters
	accounts *zoho.Accounts
	http     *http.Client
	now      func() time.Time
}

// New makes a connector. dataCenters is the setting that replaces Zoho's own list, "" for that; client may be nil.
func New(dataCenters string, client *http.Client, now func() time.Time) (*Connector, error) {
	centers := zoho.ZohoDataCenters()
	if dataCenters != "" {
		var err error
		if centers, err = zoho.ParseDataCenters(dataCenters); err != nil {
			return nil, err
		}
	}
	if client == nil {
		client = zoho.NewHTTPClient() // one for all connections: each has connections of its own
	}
	return &Connector{centers: centers, accounts: zoho.NewAccounts(client, centers), http: client, now: now}, nil
}

// AuthorizeURL is where the browser goes for consent. Without a known data centre everybody begins at the first of the
// list; Zoho leads them to their own.
func (c *Connector) AuthorizeURL(app crm.App, location, state string) (string, error) {
	dc, ok := c.centers.ByLocation(location)
	if !ok {
		dc = c.centers.All()[0]
	}
	return zoho.AuthorizeURL(dc, app.ClientID, app.RedirectURI, append(scopes(), extras(app)...), state), nil
}

// Known reports whether there is a data centre of a location.
func (c *Connector) Known(location string) bool {
	_, ok := c.centers.ByLocation(location)
	return ok
}

// FormTargets lists the accounts origins of every data centre.
func (c *Connector) FormTargets() []string {
	var out []string
	for _, dc := range c.centers.All() {
		out = append(out, dc.Accounts)
	}
	return out
}

func (c *Connector) locate(cb crm.Callback) (zoho.DataCenter, error) {
	dc, err := c.centers.Locate(cb.Location, cb.AccountsServer)
	if err != nil {
		return dc, fault.Wrap(fault.Invalid, "The address that the callback names is none of Zoho's accounts servers. Nothing was sent there.", err)
	}
	return dc, nil
}

// Locate checks where a callback wants us to go.
func (c *Connector) Locate(cb crm.Callback) (string, error) {
	dc, err := c.locate(cb)
	return dc.Location, err
}

// Exchange turns a grant code into tokens and asks Zoho who and where that is.
func (c *Connector) Exchange(ctx context.Context, app crm.App, cb crm.Callback) (crm.Grant, error) {
	dc, err := c.locate(cb)
	if err != nil {
		return crm.Grant{}, err
	}
	began := c.now()
	g, err := c.accounts.Exchange(ctx, zohoApp(app), dc, cb.Code)
	c.noteToken(ctx, began, dc.Location, "/oauth/v2/token", err)
	if err != nil {
		return crm.Grant{}, problem(err)
	}
	out := crm.Grant{
		Location: g.DataCenter.Location, AccountsDomain: g.DataCenter.Accounts, APIDomain: g.DataCenter.API,
		RefreshToken: secret.NewString(g.RefreshToken), Scopes: g.Scopes,
		Access: crm.Access{Token: secret.NewString(g.AccessToken), Expires: c.now().Add(g.ExpiresIn)},
	}
	if out.Identity, err = c.identity(ctx, g); err != nil {
		c.forsake(ctx, g)
		return crm.Grant{}, err
	}
	return out, nil
}

// forsake revokes a refresh token that nobody will use: it would take one of an account's twenty places for ever. Best
// effort: what failed is told already.
func (c *Connector) forsake(ctx context.Context, g zoho.Grant) {
	if g.RefreshToken == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTakes)
	defer cancel()
	_ = c.accounts.Revoke(ctx, g.DataCenter, g.RefreshToken)
}

// identity reads who authorized, and for which organization.
func (c *Connector) identity(ctx context.Context, g zoho.Grant) (crm.Identity, error) {
	client, err := zoho.New(zoho.Config{
		DataCenter: g.DataCenter, HTTP: c.http, Now: c.now,
		OnCall: func(ctx context.Context, call zoho.Call) { note(ctx, c.now(), g.DataCenter.Location, call) },
		Token:  func(context.Context, string) (string, error) { return g.AccessToken, nil },
	})
	if err != nil {
		return crm.Identity{}, err
	}
	org, err := client.Org(ctx)
	if err != nil {
		return crm.Identity{}, problem(err)
	}
	user, err := client.CurrentUser(ctx)
	if err != nil {
		return crm.Identity{}, problem(err)
	}
	return crm.Identity{
		OrgID: org.ID, OrgName: org.CompanyName, OrgTimezone: org.TimeZone, Edition: org.Edition, UserID: user.ID, UserName: user.FullName,
		AccountID: user.ZUID,
	}, nil
}

func zohoApp(a crm.App) zoho.App {
	return zoho.App{ClientID: a.ClientID, ClientSecret: a.ClientSecret.Reveal(), RedirectURI: a.RedirectURI}
}

// center finds the data centre of a stored connection. Its addresses are the list's, which only the operator can change;
// the stored ones are what people are shown.
func (c *Connector) center(s crm.Site) (zoho.DataCenter, error) {
	dc, ok := c.centers.ByLocation(s.Location)
	if !ok {
		return dc, &crm.Problem{Class: crm.Misconfigured, Code: "data_center", Message: "the connection's data centre is not in the list of data centres any more"}
	}
	return dc, nil
}

// Refresh makes a new access token.
func (c *Connector) Refresh(ctx context.Context, app crm.App, s crm.Site, refresh secret.String) (crm.Access, error) {
	dc, err := c.center(s)
	if err != nil {
		return crm.Access{}, err
	}
	began := c.now()
	g, err := c.accounts.Refresh(ctx, zohoApp(app), dc, refresh.Reveal())
	c.noteToken(ctx, began, dc.Location, "/oauth/v2/token", err)
	if err != nil {
		return crm.Access{}, problem(err)
	}
	return crm.Access{Token: secret.NewString(g.AccessToken), Expires: c.now().Add(g.ExpiresIn)}, nil
}

// Revoke ends a refresh token.
func (c *Connector) Revoke(ctx context.Context, s crm.Site, refresh secret.String) error {
	if refresh.Empty() {
		return nil
	}
	dc, err := c.center(s)
	if err != nil {
		return err
	}
	began := c.now()
	err = c.accounts.Revoke(ctx, dc, refresh.Reveal())
	c.noteToken(ctx, began, dc.Location, "/oauth/v2/token/revoke", err)
	return problem(err)
}

// Provider gives access to the records of a connection.
func (c *Connector) Provider(s crm.Site, tokens crm.Tokens, m crm.Meter) crm.Provider {
	return &provider{connector: c, site: s, tokens: tokens, meter: m}
}

const callTakes = crm.CallTakes

type provider struct {
	connector *Connector
	site      crm.Site
	tokens    crm.Tokens
	meter     crm.Meter
}

// client makes the client of one operation; it is cheap, the connections are the transport's.
func (p *provider) client() (*zoho.Client, error) {
	dc, err := p.connector.center(p.site)
	if err != nil {
		return nil, err
	}
	cl, err := zoho.New(zoho.Config{
		DataCenter: dc, HTTP: p.gated(), Now: p.connector.now,
		Token: func(ctx context.Context, stale string) (string, error) {
			t, err := p.tokens(ctx, secret.NewString(stale))
			return t.Reveal(), err
		},
		OnCall: func(ctx context.Context, call zoho.Call) {
			note(ctx, p.connector.now(), dc.Location, call)
			if p.meter != nil {
				p.meter.Count(crm.Call{
					Method: call.Method, Path: call.Path, Writes: call.Method != http.MethodGet && !strings.HasSuffix(call.Path, "/coql"), Status: call.Status, Credits: call.Credits, Limit: limit(call.Limited), Remaining: call.Remaining, Took: call.Duration,
					Lacks: lacks(call),
				})
			}
		},
	})
	if err != nil {
		return nil, errors.Join(errors.New("set up the client for Zoho"), err)
	}
	return cl, nil
}

// gated gives the HTTP client of a connection, which waits for the meter before each request.
func (p *provider) gated() *http.Client {
	if p.meter == nil {
		return p.connector.http
	}
	own := *p.connector.http
	own.Transport = gate{own.Transport, p.meter}
	return &own
}

// gate lets a request through when the meter does.
type gate struct {
	base  http.RoundTripper // nil: the default
	meter crm.Meter
}

// RoundTrip makes one request. fault.Unavailable: its time was over before its turn came, which says nothing of the CRM.
func (g gate) RoundTrip(r *http.Request) (*http.Response, error) {
	end, err := g.meter.Begin(r.Context())
	if err != nil {
		return nil, fault.Later(time.Second, "Too many of our own calls to the CRM are under way. This one waits for its turn.").Because(err)
	}
	defer end()
	if g.base == nil {
		return http.DefaultTransport.RoundTrip(r)
	}
	return g.base.RoundTrip(r)
}
