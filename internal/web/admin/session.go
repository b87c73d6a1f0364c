package admin

import (
	"net/http"
	"net/url"
	"strings"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/web/limit"
	"heavyset.tech/platform/internal/web/page"
)

type signInView struct {
	page.Head
	Notice   page.Notice
	Next     string
	Email    page.Field
	Password page.Field
	Passkeys bool
	SSO      string // where single sign-on begins; "" without
}

// askSignIn shows the form, or goes on for somebody who is signed in.
func (c *Console) askSignIn(w http.ResponseWriter, r *http.Request, _ *visit) error {
	next := local(r.URL.Query().Get("next"))
	known, err := c.identify(r, &visit{}) // not the browser's word alone: the session may have been ended elsewhere
	if err != nil {
		return err
	}
	if known {
		http.Redirect(w, r, next, http.StatusSeeOther)
		return nil
	}
	n := page.Notice{}
	if r.URL.Query().Has("signed-out") {
		n = page.Notice{Kind: "success", Message: "You are signed out."}
	}
	if r.URL.Query().Has("password-set") {
		n = page.Notice{Kind: "success", Message: "Your password is set. Sign in with it."}
	}
	if r.URL.Query().Has("passkey") {
		n = page.Notice{Kind: "warning", Message: "Your role needs a second factor, and a passkey is yours: sign in with it. If you have lost it, another administrator of your organization, or HeavySet, can reset it."}
	}
	return c.showSignIn(w, http.StatusOK, n, next, "")
}

func (c *Console) showSignIn(w http.ResponseWriter, status int, n page.Notice, next, email string) error {
	v := signInView{
		Head: page.Head{Title: "Sign in – HeavySet", NoIndex: true}, Notice: n, Next: next,
		Email:    page.Field{Name: "email", Label: "E-mail", Type: "email", Autocomplete: "username", Required: true, Limit: 254, Value: email},
		Password: page.Field{Name: "password", Label: "Password", Type: "password", Autocomplete: "current-password", Required: true},
		Passkeys: c.Auth.PasskeysOffered(),
	}
	if c.Auth.SSO != nil {
		v.SSO = "/login/sso?" + url.Values{"next": {next}}.Encode()
	}
	return c.set.Render(w, status, "login", v)
}

func errorNotice(err error) page.Notice {
	return page.Notice{Kind: "error", Message: fault.As(err).Message}
}

// signIn checks a password and begins a session with a new token.
func (c *Console) signIn(w http.ResponseWriter, r *http.Request, _ *visit) error {
	f, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	next, email := local(f.Get("next")), f.Get("email")
	u, err := c.Auth.SignIn(r.Context(), email, secret.NewString(f.Get("password")), limit.Key(r.RemoteAddr))
	if err == nil {
		return c.passwordShown(w, r, u, next)
	}
	status := http.StatusUnprocessableEntity
	switch {
	case fault.Is(err, fault.Limited):
		status = tooMany(w, err)
	case !fault.Is(err, fault.Denied):
		return err
	}
	return c.showSignIn(w, status, page.Notice{Kind: "error", Message: fault.As(err).Message}, next, strings.ToValidUTF8(email, ""))
}

// begin signs a user in.
func (c *Console) begin(r *http.Request, u auth.User) error {
	v, err := c.Auth.BeginSession(r.Context(), u.ID, addressOf(r), browserWords(r.UserAgent()))
	if err != nil {
		return err
	}
	c.Sessions.Prove(r.Context(), c.Now())
	return c.Sessions.Begin(r.Context(), u.ID, v.ID)
}

// signOut ends the session.
func (c *Console) signOut(w http.ResponseWriter, r *http.Request, _ *visit) error {
	if u, id := c.Sessions.User(r.Context()), c.Sessions.ID(r.Context()); u != "" && id != "" {
		if err := c.Auth.EndSession(r.Context(), u, id); err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	if err := c.Sessions.End(r.Context()); err != nil {
		return err
	}
	http.Redirect(w, r, "/login?signed-out", http.StatusSeeOther)
	return nil
}
