package admin

import (
	"net/http"
	"strings"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/web/page"
)

// token is one of the three fields that the guide's step 6 looks at. A secret shows only that it is there.
type token struct {
	Label, Value string
	Populated    bool
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
	Ready     bool   // there are credentials to connect with
	Card      connectionCard
	Tokens    []token
}

// connectionCard says in plain words how a connection is.
type connectionCard struct {
	State  pill
	Words  string
	Facts  []fact
	Fix    string // what to do about a failure
	Code   string // the CRM's own word for it
	Scopes []string
	// Connect offers the way to Zoho right here: there is no connection that works, and credentials are there.
	Connect bool
}

// config is "Edit CRM Configuration".
func (c *Console) config(w http.ResponseWriter, r *http.Request, v *visit) error {
	k, err := c.Connections.Config(r.Context(), v.org.ID, connection.ConfigID(r.PathValue("id")))
	if err != nil {
		return err
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
		Open:     r.URL.Query().Get("dialog") == "connection" || form.Errors["client_id"] != "" || form.Errors["client_secret"] != "",
		Name:     page.Field{Name: "name", Label: "Name", Type: "text", Width: "half", Required: true, Limit: 100, Autocomplete: "off"}.With(form),
		ClientID: page.Field{Name: "client_id", Label: "Client ID", Type: "text", Limit: 200, Autocomplete: "off"}.With(form),
		Types:    crmTypes(form.Get("crm_type")), Type: typeWords(k.Type), Ready: c.ready(k), Uses: c.uses(k), Tokens: tokensOf(k.Connection),
	}
	view.Open = view.Open && view.MayEdit
	view.Secret = page.Field{Name: "client_secret", Label: "Client Secret", Type: "password", Limit: 500, Autocomplete: "new-password", Error: form.Errors["client_secret"]}
	if mark := k.ClientSecret.Fingerprint(); mark != "" {
		view.Secret.Hint = "Saved, fingerprint " + mark + ". Leave it empty to keep it; it is never shown again."
	} else if c.Connections.Shared.Empty() {
		view.Secret.Hint = "Not saved yet. You get it from your HeavySet contact."
	}
	if !c.Connections.Shared.Empty() {
		view.ClientID.Hint = "Leave both empty to use HeavySet's own application (" + c.Connections.Shared.ClientID + ")."
	}
	if view.Card, err = c.cardOf(r, v, k); err != nil {
		return err
	}
	var targets []string
	for _, t := range c.Connections.Connectors {
		targets = append(targets, t.FormTargets()...)
	}
	page.AllowForms(w, targets) // the form redirects to the CRM's consent page
	return c.set.Render(w, status, "config", view)
}

// ready reports whether there are credentials to connect with: the config's own, or the shared application's.
func (c *Console) ready(k connection.Config) bool {
	if k.ClientID == "" || (k.ClientID == c.Connections.Shared.ClientID && k.ClientSecret.Empty()) {
		return !c.Connections.Shared.Empty()
	}
	return !k.ClientSecret.Empty()
}

func (c *Console) uses(k connection.Config) string {
	switch {
	case !c.ready(k) && k.ClientID == "":
		return "No Client ID and Client Secret are saved yet."
	case !c.ready(k):
		return "The Client Secret is missing."
	case k.ClientID == "" || k.ClientID == c.Connections.Shared.ClientID:
		return "HeavySet's own application is used."
	}
	return "This configuration's own Client ID is used."
}

func tokensOf(k connection.Connection) []token {
	masked := ""
	if !k.RefreshToken.Empty() {
		masked = strings.Repeat("•", 12)
	}
	return []token{
		{"Refresh Token", masked, masked != ""},
		{"API Domain", k.Site.APIDomain, k.Site.APIDomain != ""},
		{"Accounts Domain", k.Site.AccountsDomain, k.Site.AccountsDomain != ""},
	}
}

// cardOf says how a connection is, since when and what to do.
func (c *Console) cardOf(r *http.Request, v *visit, k connection.Config) (connectionCard, error) {
	cal, n := calendar{v.org.Location(), c.Now()}, k.Connection
	card := connectionCard{State: statePill(n.State), Scopes: n.Scopes, Connect: v.may(auth.Admin) && n.State != connection.Connected && c.ready(k)}
	switch n.State {
	case connection.Connected:
		card.Words = "HeavySet reads and writes this Zoho organization."
	case connection.NeedsReconnect:
		card.Words = "Zoho does not accept our authorization any more. Nothing is lost: what was booked since waits, and is written as soon as somebody has connected again."
		card.Fix, card.Code = (&crm.Problem{Class: n.Failure.Class}).Advice(), n.Failure.Code
	default:
		card.Words = "Not connected yet. Bookings are taken all the same, and are written to Zoho once it is connected."
	}
	add := func(label, text string) {
		if text != "" {
			card.Facts = append(card.Facts, fact{Label: label, Text: text})
		}
	}
	add("Zoho organization", n.ZohoOrgName)
	if n.ZohoOrgID != "" {
		card.Facts[len(card.Facts)-1].Small = n.ZohoOrgID
	}
	add("Data centre", strings.ToUpper(n.Site.Location))
	add("Authorized by", n.UserName)
	if !n.ConnectedAt.IsZero() {
		add("Since", cal.stamp(n.ConnectedAt))
	}
	if n.State == connection.NeedsReconnect && !n.Failure.Since.IsZero() {
		add("Lost", cal.stamp(n.Failure.Since))
	}
	p, err := c.Connections.Store.Pause(r.Context(), v.org.ID, k.ID)
	if err != nil {
		return card, err
	}
	if p.Failures > 0 && n.State == connection.Connected {
		card.State = pill{Kind: "warn", Words: "No answer"}
		card.Words = "Zoho does not answer at the moment. Nothing to do: HeavySet tries again by itself and writes what waits."
	}
	return card, nil
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
		Name: f.Get("name"), Type: crm.Type(f.Get("crm_type")), ClientID: f.Get("client_id"), ClientSecret: secret.NewString(f.Get("client_secret")),
	}
	err = c.Connections.Save(r.Context(), v.org.ID, k.ID, d)
	if err == nil {
		c.Sessions.Flash(r.Context(), "success", "Saved.")
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

// authorize leads to the CRM's consent page.
func (c *Console) authorize(w http.ResponseWriter, r *http.Request, v *visit) error {
	cid := connection.ConfigID(r.PathValue("id"))
	to, err := c.Connections.Begin(r.Context(), v.org.ID, cid, string(v.user.ID), c.Sessions.Binding(r.Context()))
	if fault.Is(err, fault.Invalid) {
		e := fault.As(err)
		message := e.Message
		if len(e.Fields) > 0 {
			message = e.Fields[0].Message
		}
		return c.backToConfig(w, r, v.org, cid, "credentials", message)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}
