package admin

import (
	"math"
	"net/http"
	"strconv"
	"strings"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/web/page"
)

// doorView is a page in front of the console: forgot, reset, invitation.
type doorView struct {
	page.Head
	Heading string
	Words   string
	Notice  page.Notice
	Action  string
	Fields  []page.Field
	Button  string
	Link    string // a way on that is no form
	LinkTo  string
	SignOut bool // somebody else is signed in here
}

func (c *Console) showDoor(w http.ResponseWriter, status int, v doorView) error {
	v.Title, v.NoIndex = v.Heading+" – HeavySet", true
	return c.set.Render(w, status, "door", v)
}

// forgot asks for the address of an account.
func (c *Console) forgot(w http.ResponseWriter, _ *http.Request, _ *visit) error {
	return c.showForgot(w, http.StatusOK, page.Form{})
}

func (c *Console) showForgot(w http.ResponseWriter, status int, form page.Form) error {
	email := page.Field{Name: "email", Label: "E-mail", Type: "email", Autocomplete: "username", Required: true, Limit: 254}.With(form)
	email.Value, email.Error = strings.ToValidUTF8(email.Value, ""), sentence("This ", email.Error)
	return c.showDoor(w, status, doorView{
		Heading: "Forgot your password?", Words: "We send you a link to set a new one. It is good once, for one hour.", Action: "/login/forgot",
		Fields: []page.Field{email}, Button: "Send the link", Link: "/login", LinkTo: "Back to sign in", Notice: page.Notice{Kind: "error", Message: form.Notice},
	})
}

// askReset sends a link. The answer is the same whether there is an account or not.
func (c *Console) askReset(w http.ResponseWriter, r *http.Request, _ *visit) error {
	f, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	err = c.Auth.AskReset(r.Context(), f.Get("email"), addressOf(r))
	if err == nil {
		return c.showDoor(w, http.StatusOK, doorView{
			Heading: "Look into your mail", Link: "/login", LinkTo: "Back to sign in",
			Words: "If there is an account with this address, a link to set a new password is on its way. Nothing came after some minutes? Look into the spam folder, or ask your administrator whether you were invited with another address.",
		})
	}
	status := http.StatusUnprocessableEntity
	if fault.Is(err, fault.Limited) {
		status = tooMany(w, err)
	}
	if err := f.Fail(err, nil); err != nil {
		return err
	}
	return c.showForgot(w, status, f)
}

// tooMany gives the status of a limit and says when to come back.
func tooMany(w http.ResponseWriter, err error) int {
	w.Header().Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(fault.As(err).RetryAfter.Seconds())))))
	return http.StatusTooManyRequests
}

// askNewPassword shows the form behind the link of a mail. Looking uses nothing up: mail programs open links too.
func (c *Console) askNewPassword(w http.ResponseWriter, r *http.Request, _ *visit) error {
	return c.showNewPassword(w, r, http.StatusOK, page.Form{})
}

func (c *Console) showNewPassword(w http.ResponseWriter, r *http.Request, status int, form page.Form) error {
	u, err := c.Auth.ResetUser(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	return c.showDoor(w, status, doorView{
		Heading: "Set a new password", Words: "For " + u.Email + ". You are signed out everywhere.", Action: "/reset/" + r.PathValue("token"),
		Fields: []page.Field{newPassword(form)}, Button: "Set the password", Notice: page.Notice{Kind: "error", Message: form.Notice},
	})
}

// setNewPassword uses the link of a mail up.
func (c *Console) setNewPassword(w http.ResponseWriter, r *http.Request, _ *visit) error {
	f, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	if err := c.Auth.Reset(r.Context(), r.PathValue("token"), secretOf(f, "password"), addressOf(r)); err != nil {
		if fault.Is(err, fault.NotFound) {
			return err
		}
		if err := f.Fail(err, nil); err != nil {
			return err
		}
		return c.showNewPassword(w, r, http.StatusUnprocessableEntity, f)
	}
	http.Redirect(w, r, "/login?password-set", http.StatusSeeOther)
	return nil
}

// invitation shows what an invitation is to, and the form that fits: a new account, or joining with one's own.
func (c *Console) invitation(w http.ResponseWriter, r *http.Request, v *visit) error {
	return c.showInvitation(w, r, v, http.StatusOK, page.Form{})
}

func (c *Console) showInvitation(w http.ResponseWriter, r *http.Request, v *visit, status int, form page.Form) error {
	here := "/invitation/" + r.PathValue("token")
	i, known, err := c.Auth.InvitationOf(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	to, err := c.invitedTo(r, i)
	if err != nil {
		return err
	}
	signedIn, err := c.identify(r, v)
	if err != nil {
		return err
	}
	d := doorView{Heading: "Join " + to, Words: i.By + " has invited " + i.Email + " as " + roleName(i.Role) + ".", Action: here, Notice: page.Notice{Kind: "error", Message: form.Notice}}
	switch {
	case signedIn && v.user.Email == i.Email:
		d.Button = "Join"
	case signedIn:
		d.Words += " You are signed in as " + v.user.Email + ": sign out first, then open the link of the mail again."
		d.Action, d.SignOut, d.Button = "/logout", true, "Sign out"
	case known:
		d.Words += " There is an account with this address: sign in to join."
		d.Link, d.LinkTo = "/login?next="+here, "Sign in"
	default:
		name := page.Field{Name: "name", Label: "Your name", Type: "text", Autocomplete: "name", Required: true, Limit: 100}.With(form)
		name.Error = sentence("This ", name.Error)
		password := newPassword(form)
		password.Label = "Password"
		d.Fields, d.Button = []page.Field{name, password}, "Join"
	}
	return c.showDoor(w, status, d)
}

// invitedTo names what an invitation is to.
func (c *Console) invitedTo(r *http.Request, i auth.Invitation) (string, error) {
	if i.Org == "" {
		return "HeavySet", nil
	}
	o, err := c.Orgs.Organization(r.Context(), i.Org)
	return o.Name, err
}

func roleName(r auth.Role) string {
	switch r {
	case auth.Admin:
		return "administrator"
	case auth.Engineer:
		return "engineer"
	}
	return string(r)
}

// accept uses an invitation up: for the account that is signed in, or for a new one, which is then signed in. An account
// that exists is never touched by somebody who has not signed in to it.
func (c *Console) accept(w http.ResponseWriter, r *http.Request, v *visit) error {
	f, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	signedIn, err := c.identify(r, v)
	if err != nil {
		return err
	}
	if signedIn {
		err = c.Auth.Join(r.Context(), r.PathValue("token"), v.user, addressOf(r))
	} else {
		var u auth.User
		if u, err = c.Auth.Accept(r.Context(), r.PathValue("token"), f.Get("name"), secretOf(f, "password"), addressOf(r)); err == nil {
			err = c.begin(r, u)
		}
	}
	if err == nil {
		c.Sessions.Flash(r.Context(), "success", "Welcome: you have joined.")
		http.Redirect(w, r, home, http.StatusSeeOther)
		return nil
	}
	if fault.Is(err, fault.NotFound) {
		return err
	}
	if err := f.Fail(err, nil); err != nil {
		return err
	}
	return c.showInvitation(w, r, v, http.StatusUnprocessableEntity, f)
}
