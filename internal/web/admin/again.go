package admin

import (
	"net/http"
	"net/url"
	"time"

	"heavyset.tech/platform/internal/web/limit"
	"heavyset.tech/platform/internal/web/page"
)

// provenFor is how long after signing in, or signing in again, secrets may be changed without showing a password or code.
const provenFor = 15 * time.Minute

// again lets through to serve only who has shown lately that they are the person who signed in; others are asked first.
// A form that was sent too late has changed nothing, and they come back to its page.
func again(serve func(*Console, http.ResponseWriter, *http.Request, *visit) error) func(*Console, http.ResponseWriter, *http.Request, *visit) error {
	return func(c *Console, w http.ResponseWriter, r *http.Request, v *visit) error {
		if c.Now().Sub(c.Sessions.Proved(r.Context())) < provenFor {
			return serve(c, w, r, v)
		}
		q := url.Values{"next": {nextOf(r)}}
		if r.Method != http.MethodGet {
			q.Set("next", pageBefore(r))
			q.Set("unsaved", "")
		}
		http.Redirect(w, r, "/admin/account/again?"+q.Encode(), http.StatusSeeOther)
		return nil
	}
}

// pageBefore gives the page of ours on which a form was sent.
func pageBefore(r *http.Request) string {
	u, err := url.Parse(r.Referer())
	if err != nil || u.Host != r.Host {
		return home
	}
	return local(u.RequestURI())
}

type againView struct {
	frame
	Wrong    page.Notice
	Unsaved  bool
	Next     string
	Factor   bool
	Passkeys bool
	SSO      string // where single sign-on begins; "" without
	Password page.Field
	Code     page.Field
}

// askAgain asks who is signed in to show once more that it is they.
func (c *Console) askAgain(w http.ResponseWriter, r *http.Request, v *visit) error {
	return c.showAgain(w, r, v, http.StatusOK, page.Notice{}, local(r.URL.Query().Get("next")), r.URL.Query().Has("unsaved"))
}

func (c *Console) showAgain(w http.ResponseWriter, r *http.Request, v *visit, status int, wrong page.Notice, next string, unsaved bool) error {
	f, err := c.frame(r, v, "Sign in again")
	if err != nil {
		return err
	}
	factor, err := c.Auth.Factor(r.Context(), v.user.ID)
	if err != nil {
		return err
	}
	view := againView{frame: f, Wrong: wrong, Unsaved: unsaved, Next: next, Factor: factor.On(), Passkeys: factor.Passkeys > 0 && c.Auth.PasskeysOffered(), Code: codeField(), Password: page.Field{
		Name: "password", Label: "Password", Type: "password", Autocomplete: "current-password", Limit: 256, Required: !factor.On(),
	}}
	view.Code.Required = false
	if c.Auth.SSO != nil && v.user.Engineer {
		view.SSO = "/login/sso?" + url.Values{"next": {next}}.Encode()
	}
	return c.set.Render(w, status, "again", view)
}

// signInAgain takes the password, a code or a passkey.
func (c *Console) signInAgain(w http.ResponseWriter, r *http.Request, v *visit) error {
	f, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	next := local(f.Get("next"))
	if answer := f.Get("answer"); answer != "" {
		err = c.Auth.ProvePasskey(r.Context(), v.user, []byte(answer), c.Sessions.Binding(r.Context()), limit.Key(r.RemoteAddr))
	} else {
		err = c.Auth.Prove(r.Context(), v.user, secretOf(f, "password"), f.Get("code"), limit.Key(r.RemoteAddr))
	}
	if err == nil {
		c.Sessions.Prove(r.Context(), c.Now())
		if err := c.Sessions.Renew(r.Context()); err != nil {
			return err
		}
		http.Redirect(w, r, next, http.StatusSeeOther)
		return nil
	}
	status, err := refusal(w, err)
	if err != nil {
		return err
	}
	return c.showAgain(w, r, v, status.code, status.notice, next, f.Get("unsaved") != "")
}
