package admin

import (
	"net/http"
	"strings"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/web/page"
)

// token is one of the three fields that the guide's step 6 looks at. A secret shows only that it is there.
type token struct {
	Label, Value, Note string
	State              pill
}

type configView struct {
	frame
	Back      string
	MayEdit   bool
	Action    string
	Authorize string
	Open      bool // the dialogue
	OpenLink  string
	Form      page.Form
	Types     []option
	Type      string
	Name      page.Field
	ClientID  page.Field
	Secret    page.Field
	Uses      string // whose credentials are used
	Shared    bool   // they are HeavySet's own: nobody needs to enter anything
	Ready     bool   // there are credentials to connect with
	Redirect  string // the address that the application must list in Zoho's API Console
	Card      connectionCard
	Tokens    []token
	Events    []event
	Compare   string // the dry run; "" for whoever may not
}

// config is "Edit CRM Configuration".
func (c *Console) config(w http.ResponseWriter, r *http.Request, v *visit) error {
	k, err := c.Connections.Config(r.Context(), v.org.ID, connection.ConfigID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if r.URL.Query().Has("popup") {
		return c.showReturned(w, r, v, k)
	}
	form := page.Form{Values: map[string][]string{"name": {k.Name}, "crm_type": {string(k.Type)}, "client_id": {k.ClientID}}}
	return c.showConfig(w, r, v, http.StatusOK, k, form)
}

func (c *Console) showConfig(w http.ResponseWriter, r *http.Request, v *visit, status int, k connection.Config, form page.Form) error {
	f, err := c.frame(r, v, "Edit CRM Configuration")
	if err != nil {
		return err
	}
	f.Purpose = "Which CRM bookings and leads are written to, and the connection to it."
	here := v.path("crm-configs", string(k.ID))
	view := configView{
		frame: f, Back: v.path("connections"), MayEdit: v.may(auth.Admin), Action: here, Authorize: here + "/authorize", OpenLink: here + "?dialog=connection#settings", Form: form,
		Open:  r.URL.Query().Get("dialog") == "connection" || form.Errors["client_id"] != "" || form.Errors["client_secret"] != "",
		Name:  page.Field{Name: "name", Label: "Name", Type: "text", Width: "half", Required: true, Limit: 100, Autocomplete: "off"}.With(form),
		Types: crmTypes(form.Get("crm_type")), Type: typeWords(k.Type), Ready: c.Connections.Ready(k), Uses: c.uses(k), Shared: c.usesShared(k),
		Redirect: c.Connections.RedirectURI,
	}
	view.Open = view.Open && view.MayEdit
	if view.MayEdit && k.Connection.State == connection.Connected {
		view.Compare = here + "/dry-run"
	}
	cal := calendar{v.org.Location(), c.Now()}
	view.Tokens = tokensOf(k.Connection, cal)
	c.credentials(&view, k, cal)
	if view.Card, err = c.cardOf(r, v, k); err != nil {
		return err
	}
	happened, err := c.Connections.Store.Events(r.Context(), v.org.ID, k.ID, 100)
	if err != nil {
		return err
	}
	view.Events = eventsOf(happened, cal)
	var targets []string
	for _, t := range c.Connections.Connectors {
		targets = append(targets, t.FormTargets()...)
	}
	page.Open(w, page.Opening{Forms: targets}) // the form redirects to the CRM's consent page
	return c.set.Render(w, status, "config", view)
}

// credentials makes the fields of step 3. The secret goes in and never comes out.
func (c *Console) credentials(view *configView, k connection.Config, cal calendar) {
	form, shared := view.Form, c.Connections.Shared
	view.ClientID = page.Field{Name: "client_id", Label: "Client ID", Type: "text", Limit: 200, Autocomplete: "off"}.With(form)
	view.Secret = page.Field{Name: "client_secret", Label: "Client Secret", Type: "password", Limit: 500, Autocomplete: "new-password", Error: form.Errors["client_secret"]}
	if mark := k.ClientSecret.Fingerprint(); mark != "" {
		view.Secret.Hint = "Saved, fingerprint " + mark + ", " + cal.stamp(k.SecretSet) + ". Leave it empty to keep it; it is never shown again."
	} else if shared.Empty() {
		view.Secret.Hint = "Not saved yet. You get it from your HeavySet contact."
	}
	if !shared.Empty() {
		view.ClientID.Hint = "Leave both empty to use HeavySet's own application (" + shared.ClientID + ")."
	}
}

// usesShared reports whether HeavySet's own application speaks for a config.
func (c *Console) usesShared(k connection.Config) bool {
	if c.Connections.Shared.Empty() {
		return false
	}
	return k.ClientID == "" || k.ClientID == c.Connections.Shared.ClientID && k.ClientSecret.Empty()
}

func (c *Console) uses(k connection.Config) string {
	switch {
	case c.usesShared(k), c.Connections.Ready(k) && k.ClientID == c.Connections.Shared.ClientID:
		return "HeavySet's own application is used."
	case c.Connections.Ready(k):
		return "This configuration's own Client ID is used."
	case k.ClientID == "":
		return "No Client ID and Client Secret are saved yet."
	}
	return "The Client Secret is missing."
}

func tokensOf(k connection.Connection, cal calendar) []token {
	filled := func(label, value string) token {
		if value == "" || k.State == connection.NotConnected {
			return token{Label: label, State: pill{Words: "Blank"}}
		}
		return token{Label: label, Value: value, State: pill{Kind: "ok", Words: "Populated"}}
	}
	masked := ""
	if !k.RefreshToken.Empty() {
		masked = strings.Repeat("•", 12)
	}
	refresh := filled("Refresh Token", masked)
	if refresh.Value != "" {
		refresh.Note = "fingerprint " + k.RefreshToken.Fingerprint() + ", " + cal.stamp(k.ConnectedAt)
		if k.State == connection.NeedsReconnect {
			refresh.State = pill{Kind: "bad", Words: "Not accepted by Zoho any more"}
		}
	}
	return []token{refresh, filled("API Domain", k.Site.APIDomain), filled("Accounts Domain", k.Site.AccountsDomain)}
}

// saveConfig stores name and credentials. An empty Client Secret keeps the one that is stored.
func (c *Console) saveConfig(w http.ResponseWriter, r *http.Request, v *visit) error {
	k, err := c.Connections.Config(r.Context(), v.org.ID, connection.ConfigID(r.PathValue("id")))
	if err != nil {
		return err
	}
	f, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	d := connection.Draft{
		Name: f.Get("name"), Type: crm.Type(f.Get("crm_type")), ClientID: f.Get("client_id"), ClientSecret: secret.NewString(f.Get("client_secret")), By: v.user.Name,
	}
	err = c.Connections.Save(r.Context(), v.org.ID, k.ID, d)
	if err == nil {
		if err := c.did(r, v, audit.Connection, "CRM configuration saved", k.Name, configChanges(k, d)...); err != nil {
			return err
		}
		if id := strings.TrimSpace(d.ClientID); id != "" && !strings.HasPrefix(id, "1000.") {
			c.Sessions.Flash(r.Context(), "warning", "Saved. The Client ID does not begin with 1000. as Zoho's usually do: please compare it once more.")
		} else {
			c.Sessions.Flash(r.Context(), "success", "Saved.")
		}
		http.Redirect(w, r, v.path("crm-configs", string(k.ID)), http.StatusSeeOther)
		return nil
	}
	f.Values.Del("client_secret") // it never goes into a page
	if err := failed(&f, err); err != nil {
		return err
	}
	if !d.ClientSecret.Empty() && f.Errors["client_secret"] == "" {
		f.Errors["client_secret"] = "Please enter the Client Secret once more: it is never put into a page."
	}
	return c.showConfig(w, r, v, http.StatusUnprocessableEntity, k, f)
}

// configChanges says in words what a saved form changed; of a secret only its fingerprint.
func configChanges(before connection.Config, after connection.Draft) []string {
	var out []string
	change := func(label, was, is string) {
		if was, is = strings.TrimSpace(was), strings.TrimSpace(is); was != is {
			out = append(out, label+": "+orNone(was)+" → "+orNone(is))
		}
	}
	change("Name", before.Name, after.Name)
	change("Client ID", before.ClientID, after.ClientID)
	if !after.ClientSecret.Empty() {
		change("Client Secret, fingerprint", before.ClientSecret.Fingerprint(), after.ClientSecret.Fingerprint())
	}
	return out
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}
