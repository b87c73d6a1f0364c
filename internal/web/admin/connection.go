package admin

import (
	"net/http"
	"strings"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/web/page"
)

type configRow struct {
	Link, Name, Type string
	State            pill
	Organization     string // of the CRM; "" before the first connect
	Since            string
}

type connectionsView struct {
	frame
	Rows   []configRow
	MayAdd bool
	Action string
	Name   page.Field
	Types  []option
	Form   page.Form
}

// connections lists an organization's CRM configs.
func (c *Console) connections(w http.ResponseWriter, r *http.Request, v *visit) error {
	return c.showConnections(w, r, v, http.StatusOK, page.Form{})
}

func (c *Console) showConnections(w http.ResponseWriter, r *http.Request, v *visit, status int, form page.Form) error {
	configs, err := c.Connections.Configs(r.Context(), v.org.ID)
	if err != nil {
		return err
	}
	if len(configs) == 1 && r.URL.Query().Get("open") == "config" { // from the same page of another organization
		http.Redirect(w, r, v.path("crm-configs", string(configs[0].ID)), http.StatusSeeOther)
		return nil
	}
	f, err := c.frame(r, v, "CRM")
	if err != nil {
		return err
	}
	f.Purpose = "The CRM configurations of this organization. Bookings and leads are written to the first one that is connected."
	view := connectionsView{
		frame: f, MayAdd: v.may(auth.Admin), Action: v.path("connections"), Form: form, Types: crmTypes(form.Get("crm_type")),
		Name: page.Field{Name: "name", Label: "Name", Type: "text", Width: "half", Required: true, Limit: 100, Autocomplete: "off"}.With(form),
	}
	cal := calendar{v.org.Location(), c.Now()}
	for _, k := range configs {
		row := configRow{
			Link: v.path("crm-configs", string(k.ID)), Name: k.Name, Type: typeWords(k.Type), State: statePill(k.Connection.State), Organization: k.Connection.ZohoOrgName,
		}
		if !k.Connection.ConnectedAt.IsZero() {
			row.Since = cal.stamp(k.Connection.ConnectedAt)
		}
		view.Rows = append(view.Rows, row)
	}
	return c.set.Render(w, status, "connections", view)
}

// typeWords names a CRM Type as in the guide.
func typeWords(t crm.Type) string {
	if t == crm.Zoho {
		return "Zoho"
	}
	return string(t)
}

// crmTypes are the choices of the guide's CRM Type dropdown.
func crmTypes(chosen string) []option {
	return []option{{Label: typeWords(crm.Zoho), Value: string(crm.Zoho), Current: chosen == string(crm.Zoho)}}
}

// addConfig makes a config and opens it.
func (c *Console) addConfig(w http.ResponseWriter, r *http.Request, v *visit) error {
	f, err := page.ReadForm(w, r)
	if err != nil {
		return err
	}
	k, err := c.Connections.Create(r.Context(), v.org.ID, connection.Draft{Name: f.Get("name"), Type: crm.Type(f.Get("crm_type"))})
	if err != nil {
		if err := failed(&f, err); err != nil {
			return err
		}
		return c.showConnections(w, r, v, http.StatusUnprocessableEntity, f)
	}
	if err := c.did(r, v, audit.Connection, "CRM configuration added", k.Name, "CRM Type: "+typeWords(k.Type)); err != nil {
		return err
	}
	c.Sessions.Flash(r.Context(), "success", "Added. Next: open the CRM Connection Settings and connect Zoho.")
	http.Redirect(w, r, v.path("crm-configs", string(k.ID)), http.StatusSeeOther)
	return nil
}

// failed takes over into a form what a service said about it, as sentences that name their field.
func failed(f *page.Form, err error) error {
	if err := f.Fail(err, nil); err != nil {
		return err
	}
	labels := map[string]string{"name": "Name", "crm_type": "CRM Type", "client_id": "Client ID", "client_secret": "Client Secret"}
	for field, message := range f.Errors {
		if label := labels[field]; label != "" && (strings.HasPrefix(message, "must ") || strings.HasPrefix(message, "looks ")) {
			f.Errors[field] = label + " " + message
		}
	}
	return nil
}
