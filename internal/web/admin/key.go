package admin

import (
	"net/http"
	"strconv"
	"time"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/web/page"
)

// expiresSoon is how long before its end a key is marked.
const expiresSoon = 14 * 24 * time.Hour

type keysView struct {
	frame
	Platform bool // the keys of the platform's engineers
	Action   string
	Form     page.Form
	Name     page.Field
	Roles    []option
	Lasts    []option
	Keys     []keyRow
}

type keyRow struct {
	Name, Hint string
	Role       string
	Created    string
	Used       string
	Expires    string
	State      pill
	Revoke     string
}

// keyPath gives an address below the keys of the visit: the organization's, or those of the platform's engineers.
func (v *visit) keyPath(parts ...string) string {
	if v.org.ID != "" {
		return v.path(append([]string{"keys"}, parts...)...)
	}
	p := "/admin/keys"
	for _, s := range parts {
		p += "/" + s
	}
	return p
}

// keys lists the API keys of the organization; without one, those of the platform's engineers.
func (c *Console) keys(w http.ResponseWriter, r *http.Request, v *visit) error {
	return c.showKeys(w, r, v, http.StatusOK, page.Form{})
}

func (c *Console) showKeys(w http.ResponseWriter, r *http.Request, v *visit, status int, form page.Form) error {
	list, err := c.Auth.Keys(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	title, purpose := "API keys", "Programs of yours call HeavySet with one. Each is good for this organization only."
	if v.org.ID == "" {
		title, purpose = "API keys of the platform", "Programs may do everything in every organization with one."
	}
	f, err := c.frame(r, v, title)
	if err != nil {
		return err
	}
	f.Purpose = purpose
	view := keysView{
		frame: f, Platform: v.org.ID == "", Action: v.keyPath(), Form: form, Roles: roleOptions(auth.Role(form.Get("role"))), Lasts: lastsOptions(form.Get("lasts")),
		Name: page.Field{Name: "name", Label: "What is it for?", Type: "text", Hint: "Such as the program that will use it.", Required: true, Limit: 100, Autocomplete: "off"}.With(form),
	}
	view.Name.Error = sentence("This ", view.Name.Error)
	cal := calendar{v.org.Location(), c.Now()}
	for _, k := range list {
		view.Keys = append(view.Keys, keyOf(v, k, cal))
	}
	return c.set.Render(w, status, "keys", view)
}

// lastsOptions are the times for which a key may be made, in days.
func lastsOptions(current string) []option {
	if current == "" {
		current = "365"
	}
	out := []option{{Label: "30 days", Value: "30"}, {Label: "90 days", Value: "90"}, {Label: "A year", Value: "365"}, {Label: "Until it is revoked", Value: "0"}}
	for i := range out {
		out[i].Current = out[i].Value == current
	}
	return out
}

func keyOf(v *visit, k auth.Key, cal calendar) keyRow {
	row := keyRow{
		Name: k.Name, Hint: "…" + k.Hint, Role: page.Capital(roleName(k.Role)), Created: cal.day(k.Created), Used: "never", Expires: "never",
		State: pill{Kind: "ok", Words: "Good"}, Revoke: v.keyPath(string(k.ID), "revoke"),
	}
	if row.Name == "" {
		row.Name = "Without a name"
	}
	if !k.Used.IsZero() {
		row.Used = cal.age(k.Used)
	}
	if !k.Expires.IsZero() {
		row.Expires = cal.day(k.Expires)
	}
	switch {
	case k.Expired(cal.now):
		row.State = pill{Kind: "off", Words: "Expired", Title: "It is refused. Revoke it to take it off the list."}
	case !k.Expires.IsZero() && k.Expires.Sub(cal.now) < expiresSoon:
		row.State = pill{Kind: "warn", Words: "Expires soon", Title: "Make another key and give it to the program before."}
	}
	return row
}

type keyView struct {
	frame
	Back  string
	Key   string
	Facts []fact
}

// createKey makes an API key and shows it, once.
func (c *Console) createKey(w http.ResponseWriter, r *http.Request, v *visit) error {
	f, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	n := auth.NewKey{Role: auth.Role(f.Get("role")), Name: f.Get("name"), Days: -1}
	if v.org.ID == "" {
		n.Role = auth.Engineer
	}
	if days, err := strconv.Atoi(f.Get("lasts")); err == nil {
		n.Days = days
	}
	k, err := c.Auth.CreateKey(r.Context(), v.org.ID, n)
	if err != nil {
		if err := f.Fail(err, map[string]string{"expires_in_days": "lasts"}); err != nil {
			return err
		}
		return c.showKeys(w, r, v, http.StatusUnprocessableEntity, f)
	}
	if err := c.did(r, v, audit.Keys, "API key created", "…"+k.Hint, k.Words()...); err != nil {
		return err
	}
	return c.showKey(w, r, v, k)
}

func (c *Console) showKey(w http.ResponseWriter, r *http.Request, v *visit, k auth.KeyShown) error {
	f, err := c.frame(r, v, "Your new API key")
	if err != nil {
		return err
	}
	view := keyView{frame: f, Back: v.keyPath(), Key: k.Key.Reveal(), Facts: []fact{{Label: "For", Text: k.Name}, {Label: "Role", Text: page.Capital(roleName(k.Role))}, {Label: "Expires", Text: "never"}}}
	if !k.Expires.IsZero() {
		view.Facts[2].Text = calendar{v.org.Location(), c.Now()}.stamp(k.Expires)
	}
	return c.set.Render(w, http.StatusOK, "key", view)
}

type revokeView struct {
	frame
	Back   string
	Action string
	Key    keyRow
}

// askRevoke says what revoking a key does, and asks.
func (c *Console) askRevoke(w http.ResponseWriter, r *http.Request, v *visit) error {
	k, err := c.Auth.KeyOf(r.Context(), v.org.ID, auth.KeyID(r.PathValue("id")))
	if err != nil {
		return err
	}
	f, err := c.frame(r, v, "Revoke an API key")
	if err != nil {
		return err
	}
	row := keyOf(v, k, calendar{v.org.Location(), c.Now()})
	return c.set.Render(w, http.StatusOK, "revoke", revokeView{frame: f, Back: v.keyPath(), Action: row.Revoke, Key: row})
}

// revokeKey makes a key good no more.
func (c *Console) revokeKey(w http.ResponseWriter, r *http.Request, v *visit) error {
	if err := c.Auth.RevokeKey(r.Context(), v.org.ID, auth.KeyID(r.PathValue("id")), v.by(r)); err != nil {
		return err
	}
	c.Sessions.Flash(r.Context(), "success", "The key is revoked. Whoever calls with it is refused.")
	http.Redirect(w, r, v.keyPath(), http.StatusSeeOther)
	return nil
}
