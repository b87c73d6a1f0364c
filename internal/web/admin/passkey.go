package admin

import (
	"net/http"
	"time"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/web/limit"
	"heavyset.tech/platform/internal/web/page"
)

// askPasskey gives the browser what it asks a device for a sign-in. The challenge is good in this session alone.
func (c *Console) askPasskey(w http.ResponseWriter, r *http.Request, _ *visit) error {
	if c.Sessions.Binding(r.Context()) == "" {
		if err := c.Sessions.Renew(r.Context()); err != nil {
			return err
		}
	}
	options, err := c.Auth.AskPasskey(r.Context(), c.Sessions.Binding(r.Context()), limit.Key(r.RemoteAddr))
	return sendOptions(w, options, err)
}

func sendOptions(w http.ResponseWriter, options []byte, err error) error {
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, err = w.Write(options)
	return err
}

// signInPasskey takes a device's answer and begins a session: finger, face or PIN stand for password and code.
func (c *Console) signInPasskey(w http.ResponseWriter, r *http.Request, _ *visit) error {
	f, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	next := local(f.Get("next"))
	u, err := c.Auth.SignInPasskey(r.Context(), []byte(f.Get("answer")), c.Sessions.Binding(r.Context()), limit.Key(r.RemoteAddr))
	if err == nil {
		if err := c.begin(r, u); err != nil {
			return err
		}
		c.Sessions.Strengthen(r.Context())
		http.Redirect(w, r, next, http.StatusSeeOther)
		return nil
	}
	status, err := refusal(w, err)
	if err != nil {
		return err
	}
	return c.showSignIn(w, status.code, status.notice, next, "")
}

type passkeyRow struct {
	Name, Created, Used string
	CreatedAt, UsedAt   time.Time
	Copied              bool
	Remove              string
}

func (c *Console) passkeyRows(r *http.Request, v *visit) ([]passkeyRow, error) {
	list, err := c.Auth.Passkeys(r.Context(), v.user.ID)
	if err != nil {
		return nil, err
	}
	cal := calendar{time.UTC, c.Now()}
	var out []passkeyRow
	for _, p := range list {
		row := passkeyRow{
			Name: p.Name, Created: cal.stamp(p.Created), CreatedAt: p.Created, Used: "never", UsedAt: p.Used, Copied: !p.Cloned.IsZero(),
			Remove: "/admin/account/passkeys/" + string(p.ID) + "/remove",
		}
		if !p.Used.IsZero() {
			row.Used = cal.age(p.Used)
		}
		out = append(out, row)
	}
	return out, nil
}

type passkeyView struct {
	frame
	Form page.Form
	Name page.Field
}

// newPasskey asks how a new passkey shall be called; the browser makes it.
func (c *Console) newPasskey(w http.ResponseWriter, r *http.Request, v *visit) error {
	return c.showPasskey(w, r, v, http.StatusOK, page.Form{})
}

func (c *Console) showPasskey(w http.ResponseWriter, r *http.Request, v *visit, status int, form page.Form) error {
	if !c.Auth.PasskeysOffered() {
		return errNothing
	}
	f, err := c.frame(r, v, "Add a passkey")
	if err != nil {
		return err
	}
	name := form.Get("name")
	if name == "" {
		name = browserWords(r.UserAgent())
	}
	return c.set.Render(w, status, "passkey", passkeyView{frame: f, Form: form, Name: page.Field{
		Name: "name", Label: "Name", Type: "text", Required: true, Limit: 60, Value: name, Error: sentence("The name ", form.Errors["name"]),
		Hint: "So that you know later which device it is on: Work laptop, phone, security key.",
	}})
}

// passkeyOptions gives the browser what it asks a device for a new passkey.
func (c *Console) passkeyOptions(w http.ResponseWriter, r *http.Request, v *visit) error {
	options, err := c.Auth.BeginPasskey(r.Context(), v.user, c.Sessions.Binding(r.Context()))
	return sendOptions(w, options, err)
}

// addPasskey takes the passkey that a device has made.
func (c *Console) addPasskey(w http.ResponseWriter, r *http.Request, v *visit) error {
	f, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	err = c.Auth.AddPasskey(r.Context(), v.user, f.Get("name"), []byte(f.Get("answer")), c.Sessions.Binding(r.Context()), v.by(r))
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.Denied) {
		if err := f.Fail(err, nil); err != nil {
			return err
		}
		return c.showPasskey(w, r, v, http.StatusUnprocessableEntity, f)
	}
	return c.backToAccount(w, r, err, "The passkey is added. You can sign in with it from now on, without password and code.")
}

type passkeyRemoveView struct {
	frame
	Name, Action string
}

// askRemovePasskey asks before a passkey is removed.
func (c *Console) askRemovePasskey(w http.ResponseWriter, r *http.Request, v *visit) error {
	rows, err := c.passkeyRows(r, v)
	if err != nil {
		return err
	}
	for _, p := range rows {
		if p.Remove != r.URL.Path {
			continue
		}
		f, err := c.frame(r, v, "Remove a passkey")
		if err != nil {
			return err
		}
		return c.set.Render(w, http.StatusOK, "passkeyremove", passkeyRemoveView{f, p.Name, p.Remove})
	}
	return errNothing
}

// removePasskey takes a passkey of one's own away.
func (c *Console) removePasskey(w http.ResponseWriter, r *http.Request, v *visit) error {
	err := c.Auth.RemovePasskey(r.Context(), v.caller, v.user, auth.PasskeyID(r.PathValue("id")), c.Sessions.ID(r.Context()), v.by(r))
	return c.backToAccount(w, r, err, "The passkey is removed. Everywhere else you are signed out. Your device may still show it: delete it there too.")
}
