package admin

import (
	"net/http"
	"strings"
	"time"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/web/page"
)

type accountView struct {
	frame
	Temporary bool // nothing else is open before the password is changed
	Form      page.Form
	Old, New  page.Field
	Factor    factorState
	Offered   bool // passkeys can be added
	Passkeys  []passkeyRow
	Sessions  []sessionRow
}

type sessionRow struct {
	Began, Seen   string
	SeenAt        time.Time
	BeganAt       time.Time
	Browser       string
	Address, Stop string
	Current       bool
}

// account is a person's own page: password, second factor, passkeys and sessions.
func (c *Console) account(w http.ResponseWriter, r *http.Request, v *visit) error {
	return c.showAccount(w, r, v, http.StatusOK, page.Form{})
}

func (c *Console) showAccount(w http.ResponseWriter, r *http.Request, v *visit, status int, form page.Form) error {
	list, err := c.Auth.Sessions(r.Context(), v.user.ID)
	if err != nil {
		return err
	}
	f, err := c.frame(r, v, "Your account")
	if err != nil {
		return err
	}
	f.Purpose, f.Zone = v.user.Email, "UTC"
	view := accountView{frame: f, Temporary: v.user.Temporary, Form: form, Old: page.Field{
		Name: "old", Label: "Present password", Type: "password", Autocomplete: "current-password", Width: "half", Required: true, Limit: 256, Error: form.Errors["old"],
	}, New: newPassword(form)}
	view.New.Width = "half"
	if view.Factor, err = c.factorState(r, v); err != nil {
		return err
	}
	view.Offered = c.Auth.PasskeysOffered()
	if view.Passkeys, err = c.passkeyRows(r, v); err != nil {
		return err
	}
	cal := calendar{time.UTC, c.Now()}
	for _, s := range list {
		view.Sessions = append(view.Sessions, sessionRow{
			Began: cal.stamp(s.Began), BeganAt: s.Began, Seen: cal.age(s.Seen), SeenAt: s.Seen, Browser: s.Browser, Address: s.Address,
			Stop: "/admin/account/sessions/" + string(s.ID) + "/end", Current: s.ID == c.Sessions.ID(r.Context()),
		})
	}
	return c.set.Render(w, status, "account", view)
}

func newPassword(form page.Form) page.Field {
	return page.Field{
		Name: "password", Label: "New password", Type: "password", Autocomplete: "new-password", Required: true, Limit: 256, Error: sentence("The password ", form.Errors["password"]),
		Hint: "At least 8 characters, better 15: three or four words that do not belong together. Any characters; paste from your password manager.",
	}
}

// sentence completes what is wrong about a field.
func sentence(subject, rest string) string {
	if rest == "" {
		return ""
	}
	return subject + rest
}

// changePassword takes the old password and a new one; all other sessions end.
func (c *Console) changePassword(w http.ResponseWriter, r *http.Request, v *visit) error {
	f, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	err = c.Auth.ChangePassword(r.Context(), v.user, c.Sessions.ID(r.Context()), secretOf(f, "old"), secretOf(f, "password"), v.by(r))
	if err != nil {
		if err := f.Fail(err, nil); err != nil {
			return err
		}
		f.Errors["old"] = sentence("This ", f.Errors["old"])
		return c.showAccount(w, r, v, http.StatusUnprocessableEntity, f)
	}
	if err := c.Sessions.Renew(r.Context()); err != nil {
		return err
	}
	c.Sessions.Flash(r.Context(), "success", "Your password is changed. Everywhere else you are signed out.")
	http.Redirect(w, r, "/admin/account", http.StatusSeeOther)
	return nil
}

// endSession signs out one browser of one's own.
func (c *Console) endSession(w http.ResponseWriter, r *http.Request, v *visit) error {
	id := r.PathValue("id")
	if !plain(id) {
		return errNothing
	}
	if err := c.Auth.EndSession(r.Context(), v.user.ID, auth.SessionID(id)); err != nil {
		return err
	}
	c.Sessions.Flash(r.Context(), "success", "Signed out there.")
	http.Redirect(w, r, "/admin/account", http.StatusSeeOther)
	return nil
}

// endSessions signs out everywhere, here too.
func (c *Console) endSessions(w http.ResponseWriter, r *http.Request, v *visit) error {
	if err := c.Auth.EndSessions(r.Context(), v.user.ID, ""); err != nil {
		return err
	}
	return c.signOut(w, r, v)
}

func secretOf(f page.Form, field string) secret.String { return secret.NewString(f.Get(field)) }

// browserWords names a browser and its system in words of ours, so that nothing of what a browser calls itself is kept.
func browserWords(agent string) string {
	find := func(list [][2]string, or string) string {
		for _, k := range list {
			if strings.Contains(agent, k[0]) {
				return k[1]
			}
		}
		return or
	}
	browser := find([][2]string{
		{"Edg", "Edge"},
		{"OPR/", "Opera"},
		{"SamsungBrowser", "Samsung Internet"},
		{"Firefox", "Firefox"},
		{"FxiOS", "Firefox"},
		{"CriOS", "Chrome"},
		{"Chrome", "Chrome"},
		{"Safari", "Safari"},
	}, "Unknown browser")
	system := find([][2]string{
		{"Windows", "Windows"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Mac OS X", "Mac"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"},
	}, "")
	if system == "" {
		return browser
	}
	return browser + " on " + system
}
