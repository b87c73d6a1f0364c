package admin

import (
	"net/http"
	"net/url"
	"strings"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/web/page"
)

// authorize leads to the CRM's consent page, in the window that asks.
func (c *Console) authorize(w http.ResponseWriter, r *http.Request, v *visit) error {
	f, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	cid, popup := connection.ConfigID(r.PathValue("id")), f.Get("popup") != ""
	to, err := c.Connections.Begin(r.Context(), v.org.ID, cid, string(v.user.ID), v.user.Name, c.Sessions.Binding(r.Context()), popup, extrasIn(f)...)
	if fault.Is(err, fault.Invalid) {
		e := fault.As(err)
		message := e.Message
		if len(e.Fields) > 0 {
			message = e.Fields[0].Message
		}
		c.Sessions.Flash(r.Context(), "error", message)
		return c.backToConfig(w, r, v.org, cid, popup, "credentials")
	}
	if err != nil {
		return err
	}
	if err := c.did(r, v, audit.Connection, "Connect Zoho begun", string(cid)); err != nil {
		return err
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// extrasIn reads what a form asks for besides what a connection needs.
func extrasIn(f page.Form) []crm.Extra {
	if f.Get("extra") == string(crm.ExtraWorkingTime) {
		return []crm.Extra{crm.ExtraWorkingTime}
	}
	return nil
}

// authorized is where Zoho's consent page leads back to (RFC 6749 §4.1.2; Zoho adds location and accounts-server).
// Everything in the address is untrusted: connection checks the state, the session, the user and the host before
// anything leaves.
func (c *Console) authorized(w http.ResponseWriter, r *http.Request, v *visit) error {
	q := r.URL.Query()
	done, err := c.Connections.Finish(r.Context(), connection.Returned{
		State: q.Get("state"), Error: q.Get("error"), User: string(v.user.ID), By: v.user.Name, Session: c.Sessions.Binding(r.Context()),
		Callback: crm.Callback{Code: q.Get("code"), Location: q.Get("location"), AccountsServer: q.Get("accounts-server")},
	})
	k := done.Config
	if k.ID == "" { // the state proved nothing, so there is no config to go back to
		if err == nil {
			err = errNothing
		}
		return err
	}
	var errOrg error
	if v.org, errOrg = c.Orgs.Organization(r.Context(), k.Org); errOrg != nil {
		return errOrg
	}
	if err := c.connectTried(r, v, k, err); err != nil {
		return err
	}
	if err == nil {
		if k, err = c.Connections.Config(r.Context(), k.Org, k.ID); err != nil {
			return err
		}
		c.Sessions.Flash(r.Context(), "success", "Zoho is connected. "+c.proof(v, k.Connection)+" What waited is being written now.")
		return c.backToConfig(w, r, v.org, k.ID, done.Popup, "")
	}
	e := fault.As(err)
	if e == nil || e.Kind == fault.Internal {
		return err
	}
	code := e.Code
	if code == "" {
		code = e.Kind.String()
	}
	message := e.Message
	if k.Connection.State == connection.Connected {
		message += " The connection as it was goes on."
	}
	c.Sessions.Flash(r.Context(), "error", message)
	return c.backToConfig(w, r, v.org, k.ID, done.Popup, code)
}

// connectTried keeps in the audit that somebody came back from Zoho and what came of it; the client secret was used then.
func (c *Console) connectTried(r *http.Request, v *visit, k connection.Config, err error) error {
	if err != nil {
		why := "It failed for a reason of ours."
		if e := fault.As(err); e != nil {
			why = e.Message
		}
		return c.did(r, v, audit.Connection, "Connect Zoho failed", k.Name, why)
	}
	k, err = c.Connections.Config(r.Context(), k.Org, k.ID)
	if err != nil {
		return err
	}
	return c.did(r, v, audit.Connection, "Connected to Zoho", k.Name, "Zoho organization: "+k.Connection.ZohoOrgName, "Authorized by: "+k.Connection.UserName)
}

// backToConfig leads to a config's dialogue, or to the page that closes the pop-up. The code, "" when all went well,
// tells programs what happened.
func (c *Console) backToConfig(w http.ResponseWriter, r *http.Request, o org.Organization, id connection.ConfigID, popup bool, code string) error {
	q := url.Values{"dialog": {"connection"}}
	if code != "" {
		q.Set("error", word(code))
	}
	if popup {
		q.Set("popup", "1")
	}
	http.Redirect(w, r, orgPath(o, "crm-configs", string(id))+"?"+q.Encode(), http.StatusSeeOther)
	return nil
}

// word keeps letters and digits of a code, in lower case.
func word(code string) string {
	code = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '_':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return -1
	}, code)
	return code[:min(len(code), 40)]
}

type returnedView struct {
	page.Head
	To string
}

// showReturned ends the visit of a pop-up at Zoho: the window that opened it goes on at To, and this one closes. It
// leaves the message for there.
func (c *Console) showReturned(w http.ResponseWriter, r *http.Request, v *visit, k connection.Config) error {
	q := url.Values{"dialog": {"connection"}}
	if code := word(r.URL.Query().Get("error")); code != "" {
		q.Set("error", code)
	}
	return c.set.Render(w, http.StatusOK, "returned", returnedView{
		Head: page.Head{Title: "Back from Zoho – HeavySet", NoIndex: true}, To: v.path("crm-configs", string(k.ID)) + "?" + q.Encode(),
	})
}
