package admin

import (
	"net/http"
	"net/url"
	"strings"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
)

// authorized is where Zoho's consent page leads back to (RFC 6749 §4.1.2; Zoho adds location and accounts-server).
// Everything in the address is untrusted: connection checks the state, the session, the user and the host before
// anything leaves.
func (c *Console) authorized(w http.ResponseWriter, r *http.Request, v *visit) error {
	q := r.URL.Query()
	k, err := c.Connections.Finish(r.Context(), connection.Returned{
		State: q.Get("state"), Error: q.Get("error"), User: string(v.user.ID), Session: c.Sessions.Binding(r.Context()),
		Callback: crm.Callback{Code: q.Get("code"), Location: q.Get("location"), AccountsServer: q.Get("accounts-server")},
	})
	if k.ID == "" { // the state proved nothing, so there is no config to go back to
		if err == nil {
			err = errNothing
		}
		return err
	}
	o, errOrg := c.Orgs.Organization(r.Context(), k.Org)
	if errOrg != nil {
		return errOrg
	}
	if err == nil {
		c.Sessions.Flash(r.Context(), "success", "Zoho is connected. Refresh Token, API Domain and Accounts Domain are populated; what waited is being written now.")
		http.Redirect(w, r, orgPath(o, "crm-configs", string(k.ID))+"?dialog=connection", http.StatusSeeOther)
		return nil
	}
	e := fault.As(err)
	if e == nil || e.Kind == fault.Internal {
		return err
	}
	code := e.Code
	if code == "" {
		code = e.Kind.String()
	}
	return c.backToConfig(w, r, o, k.ID, code, e.Message)
}

// backToConfig leads to a config's dialogue with a message. The code, in which only letters and digits stay, tells
// programs what happened.
func (c *Console) backToConfig(w http.ResponseWriter, r *http.Request, o org.Organization, id connection.ConfigID, code, message string) error {
	c.Sessions.Flash(r.Context(), "error", message)
	code = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '_':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return -1
	}, code)
	q := url.Values{"dialog": {"connection"}, "error": {code[:min(len(code), 40)]}}
	http.Redirect(w, r, orgPath(o, "crm-configs", string(id))+"?"+q.Encode(), http.StatusSeeOther)
	return nil
}
