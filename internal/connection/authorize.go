package connection

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
)

// connect exchanges a code, proves the result and stores it.
func (s *Service) connect(ctx context.Context, c Config, cb crm.Callback, redirect, by string) error {
	conn := s.Connectors[c.Type]
	location, err := conn.Locate(cb) // before anything leaves: the address comes from a browser
	if err != nil {
		return err
	}
	app, err := s.app(c, location)
	if err != nil {
		return err
	}
	if redirect != "" {
		app.RedirectURI = redirect
	}
	g, err := conn.Exchange(ctx, app, cb)
	site := crm.Site{Location: g.Location, AccountsDomain: g.AccountsDomain, APIDomain: g.APIDomain}
	if err != nil {
		s.revoke(ctx, c, site, g.Identity.AccountID, g.RefreshToken) // it may have got as far as a token
		return explainConnect(err, app, location)
	}
	old := c.Connection
	if old.ZohoOrgID != "" && old.ZohoOrgID != g.Identity.OrgID {
		s.revoke(ctx, c, site, g.Identity.AccountID, g.RefreshToken)
		return fault.Coded(fault.Conflict, "other_organization", fmt.Sprintf(
			"You are signed in to the Zoho organization “%s”, but this configuration belongs to “%s”. Sign in to the right Zoho account and connect again; for another Zoho organization add a CRM configuration of its own.",
			g.Identity.OrgName, old.ZohoOrgName))
	}
	if g.RefreshToken.Empty() {
		if old.RefreshToken.Empty() || old.UserID != g.Identity.UserID || old.Site != site {
			return fault.Coded(fault.Conflict, "no_refresh_token", "Zoho gave no refresh token. Press Connect Zoho again and accept the permissions on the page that Zoho shows.")
		}
		g.RefreshToken = old.RefreshToken
	}
	now := s.Now()
	next := Connection{
		State: Connected, Site: site, ZohoOrgID: g.Identity.OrgID, ZohoOrgName: g.Identity.OrgName,
		UserID: g.Identity.UserID, UserName: g.Identity.UserName, AccountID: account(g.Identity), Edition: g.Identity.Edition, Scopes: g.Scopes,
		RefreshToken: g.RefreshToken, Access: g.Access, ConnectedAt: now, CheckedAt: now,
	}
	fact := Authorized{Org: c.Org, Config: c.ID, By: by, At: now}
	if old.State == NeedsReconnect {
		fact.Lost = old.Failure.Since
	}
	if err := s.Store.SaveConnection(ctx, c.Org, c.ID, next, s.connected(c, next, by), fact); err != nil {
		return err
	}
	if old.RefreshToken.Reveal() != g.RefreshToken.Reveal() {
		s.revoke(ctx, c, old.Site, old.AccountID, old.RefreshToken) // an unused one takes one of twenty places
	}
	return nil
}

// account names whose refresh token it is; the user of one organization where the CRM does not say.
func account(i crm.Identity) string {
	if i.AccountID != "" {
		return i.AccountID
	}
	return i.UserID
}

// connected is what the timeline says of a connect.
func (s *Service) connected(c Config, next Connection, by string) []Event {
	now, old := next.ConnectedAt, c.Connection
	kind := EventConnected
	if !old.ConnectedAt.IsZero() {
		kind = EventReconnected
	}
	detail := fmt.Sprintf("Called Zoho as %s, organization %s, data centre %s.", next.UserName, next.ZohoOrgName, strings.ToUpper(next.Site.Location))
	out := []Event{NewEvent(kind, now, by, detail, "")}
	var what []string
	lack := func(from, of []string) (names []string) {
		for _, v := range of {
			if !slices.Contains(from, v) {
				names = append(names, v)
			}
		}
		return names
	}
	if kind == EventReconnected && len(old.Scopes) > 0 && len(next.Scopes) > 0 {
		if more := lack(old.Scopes, next.Scopes); len(more) > 0 {
			what = append(what, "Granted now: "+strings.Join(more, ", ")+".")
		}
		if gone := lack(next.Scopes, old.Scopes); len(gone) > 0 {
			what = append(what, "Not granted any more: "+strings.Join(gone, ", ")+".")
		}
	}
	c.Connection = next
	if missing, _ := s.Missing(c); len(missing) > 0 {
		names := make([]string, len(missing))
		for i, m := range missing {
			names[i] = m.Scope
		}
		what = append(what, "Missing: "+strings.Join(names, ", ")+".")
	}
	if len(what) > 0 {
		out = append(out, NewEvent(EventScopes, now, by, strings.Join(what, " "), ""))
	}
	return out
}

// revoke ends a refresh token that nobody will use. It is best effort: one that Zoho did not end stays counted, and the
// timeline says so.
func (s *Service) revoke(ctx context.Context, c Config, site crm.Site, account string, t secret.String) {
	if t.Empty() {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), revokeTakes)
	defer cancel()
	now := s.Now()
	if err := s.Connectors[c.Type].Revoke(ctx, site, t); err == nil {
		_ = s.Store.ForgetToken(ctx, c.Org, c.ID, t)
		return
	}
	if account != "" {
		_ = s.Store.CountToken(ctx, c.Org, c.ID, account, t, now)
	}
	_ = s.Store.KeepEvent(ctx, c.Org, c.ID, NewEvent(EventNotRevoked, now, "",
		"Zoho did not confirm that a refresh token was revoked. It takes one of the user's twenty places until somebody removes HeavySet under Connected Apps in that Zoho account.", ""), 0)
}

// revokeTakes bounds a revocation, which a person waits for.
const revokeTakes = 10 * time.Second

// Disconnect ends a connection on purpose: its refresh token is revoked and nothing is read or written any more. The
// config, its mapping, the links to records and which Zoho organization it belongs to stay; what waits is kept.
func (s *Service) Disconnect(ctx context.Context, o org.ID, id ConfigID, by string) error {
	c, err := s.Store.Config(ctx, o, id)
	if err != nil {
		return err
	}
	if c.Connection.State == NotConnected {
		return fault.New(fault.Conflict, "This configuration is not connected.")
	}
	e := NewEvent(EventDisconnected, s.Now(), by, "", "")
	if err := s.Store.Disconnect(ctx, o, id, e); err != nil {
		return err
	}
	s.revoke(ctx, c, c.Connection.Site, c.Connection.AccountID, c.Connection.RefreshToken)
	return nil
}

// explainConnect says why a code could not be exchanged, and what to do next. Nothing has been changed by then.
func explainConnect(err error, app crm.App, location string) error {
	p := crm.AsProblem(err)
	if p == nil {
		return err
	}
	center := strings.ToUpper(location)
	say := func(kind fault.Kind, code, message string) error {
		return fault.Coded(kind, code, message).Because(err)
	}
	switch p.Class {
	case crm.Broken:
		return say(fault.Invalid, p.Code, "Zoho did not accept the grant code: it works once, for a minute or two, and only in the data centre that gave it. Nothing was changed. Press Connect Zoho again.")
	case crm.Throttled:
		e := fault.Later(max(p.RetryAfter, throttleWait), "Zoho gives only ten authorizations in ten minutes and asks us to wait. Nothing was changed. Press Connect Zoho again in ten minutes.").Because(err)
		e.Code = "throttled"
		return e
	case crm.Down:
		e := fault.Later(time.Minute, "Zoho gave no usable answer. Nothing was changed. Press Connect Zoho again in a minute.").Because(err)
		e.Code = "no_answer"
		return e
	case crm.ScopeMissing:
		return say(fault.Denied, "scope_missing", "Zoho did not grant the permissions to read the organization and its users, so nothing was connected. Press Connect Zoho again and accept all permissions.")
	case crm.Forbidden:
		return say(fault.Denied, "no_permission", "This Zoho user may not use Zoho CRM's API, so nothing was connected. Give the user's profile API access in Zoho, or connect as another user.")
	case crm.Misconfigured:
		return say(fault.Invalid, p.Code, misconfigured(p.Code, app, center))
	}
	return p.Fault()
}

// misconfigured names what is wrong with the application that speaks for us.
func misconfigured(code string, app crm.App, center string) string {
	switch code {
	case "invalid_client", "unauthorized_client":
		return "Zoho's " + center + " data centre does not accept this Client ID with this Client Secret. Check step 3. If both are right, open the application's Settings in Zoho's API Console: the data centre " + center +
			" must be enabled there, and may have a secret of its own. Then press Connect Zoho again."
	case "invalid_client_secret":
		return "The Client Secret is wrong for Zoho's " + center + " data centre. Enter it again (step 3), press Okay and Save, then Connect Zoho. Each data centre may have a secret of its own."
	case "invalid_redirect_uri":
		return "The application in Zoho's API Console does not list this redirect address: " + app.RedirectURI + ". Add it there exactly as it is written here, then press Connect Zoho again."
	case "":
		return "Zoho named an address for its API that is not one of its " + center + " data centre. Nothing was stored or sent there. Press Connect Zoho again; if it happens again, tell HeavySet."
	}
	return "Zoho did not accept the Client ID, Client Secret or redirect address (" + code + "). Check step 3; each Zoho data centre may have its own secret."
}
