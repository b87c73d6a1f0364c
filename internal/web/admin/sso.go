package admin

import (
	"net/http"
	"time"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/web/limit"
)

// beginSSO leads to the issuer of single sign-on. The attempt can be finished in this browser session alone.
func (c *Console) beginSSO(w http.ResponseWriter, r *http.Request, _ *visit) error {
	if c.Auth.SSO == nil {
		return errNothing
	}
	if c.Sessions.Binding(r.Context()) == "" {
		if err := c.Sessions.Renew(r.Context()); err != nil {
			return err
		}
	}
	next := local(r.URL.Query().Get("next"))
	to, err := c.Auth.BeginSSO(r.Context(), c.Sessions.Binding(r.Context()), limit.Key(r.RemoteAddr))
	if fault.Is(err, fault.Unavailable) {
		return c.showSignIn(w, http.StatusServiceUnavailable, errorNotice(err), next, "")
	}
	if err != nil {
		return err
	}
	c.Sessions.Keep(r.Context(), "sso", next)
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// finishSSO is where the issuer leads back to. Everything in the address is untrusted: auth checks state, session and
// token.
func (c *Console) finishSSO(w http.ResponseWriter, r *http.Request, _ *visit) error {
	if c.Auth.SSO == nil {
		return errNothing
	}
	q, next := r.URL.Query(), local(c.Sessions.Kept(r.Context(), "sso"))
	p, err := c.Auth.FinishSSO(r.Context(), q.Get("state"), q.Get("code"), c.Sessions.Binding(r.Context()), limit.Key(r.RemoteAddr))
	if fault.Is(err, fault.Denied) || fault.Is(err, fault.Conflict) || fault.Is(err, fault.Unavailable) {
		return c.showSignIn(w, http.StatusUnprocessableEntity, errorNotice(err), next, "")
	}
	if err != nil {
		return err
	}
	if !p.Strong {
		err = c.passwordShown(w, r, p.User, next) // a code is asked for after it as after a password
	} else if err = c.begin(r, p.User); err == nil {
		c.Sessions.Strengthen(r.Context())
		http.Redirect(w, r, next, http.StatusSeeOther)
	}
	if err == nil && !p.Fresh {
		c.Sessions.Prove(r.Context(), time.Unix(0, 0))
	}
	return err
}
