package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"

	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/settings"
)

// logins are who can sign in to the demo.
var logins = []struct {
	email, name string
	role        auth.Role
	org         string
}{
	{"engineer@heavyset.example", "Eli Engineer", auth.Engineer, ""},
	{"admin@ridgeline.example", "Rae Ridgeline", auth.Admin, "ridgeline"},
	{"member@ridgeline.example", "Mia Member", auth.Member, "ridgeline"},
	{"admin@bluewater.example", "Bo Bluewater", auth.Admin, "bluewater"},
}

// seed fills what is fresh and, each time, makes password and API key those of this start.
func (d *Demo) seed(ctx context.Context) error {
	if d.fresh {
		if err := d.seedOrganizations(ctx); err != nil {
			return err
		}
	}
	if err := d.seedLogins(ctx); err != nil {
		return err
	}
	if d.Token == "" {
		k, err := d.App.Auth.CreateKey(ctx, "", auth.NewKey{Role: auth.Engineer, Name: "Demo"})
		if err != nil {
			return err
		}
		d.Token = k.Key.Reveal()
	} else if _, err := d.App.Auth.AddKey(ctx, "", auth.Engineer, secret.NewString(d.Token)); err != nil {
		return err
	}
	if d.fresh {
		return os.WriteFile(filepath.Join(d.dir, seededMark), []byte(d.options.Now().UTC().String()+"\n"), 0o600)
	}
	return nil
}

func (d *Demo) seedLogins(ctx context.Context) error {
	if d.Password == "" {
		d.Password = newPassword()
	}
	password := secret.NewString(d.Password)
	for _, l := range logins {
		var o org.ID
		if l.org != "" {
			v, err := d.App.Store.OrganizationBySlug(ctx, l.org)
			if err != nil {
				return err
			}
			o = v.ID
		}
		_, _, err := d.App.Auth.CreateUser(ctx, auth.NewUser{Email: l.email, Name: l.name, Password: password, Role: l.role, Org: o})
		if fault.Is(err, fault.Conflict) {
			err = d.App.Auth.ResetPassword(ctx, l.email, password)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *Demo) seedOrganizations(ctx context.Context) error {
	ridge, err := d.organization(ctx, org.Draft{Slug: "ridgeline", Name: "Ridgeline Roofing", Timezone: "America/Chicago"}, ridgeline())
	if err != nil {
		return err
	}
	if _, err := d.organization(ctx, org.Draft{Slug: "bluewater", Name: "Bluewater Heating & Air", Timezone: "America/New_York"}, bluewater()); err != nil {
		return err
	}
	config, err := d.connect(ctx, ridge)
	if err != nil {
		return fmt.Errorf("connect ridgeline: %w", err)
	}
	set := settings.Default()
	set.Alerts = []string{"admin@ridgeline.example", "engineer@heavyset.example"}
	if _, err := d.App.Settings.Save(ctx, ridge.ID, config, set, "HeavySet"); err != nil {
		return err
	}
	if err := d.seedRecords(ctx, ridge, config); err != nil {
		return err
	}
	return d.App.Mirror.Round(ctx, ridge.ID, config) // the first copy, before a visitor can ask
}

// organization makes one with its catalog and a CRM config that is not connected yet.
func (d *Demo) organization(ctx context.Context, draft org.Draft, c catalog.Catalog) (org.Organization, error) {
	o, err := d.App.Orgs.Create(ctx, draft)
	if err != nil {
		return o, err
	}
	if _, err := d.App.Catalogs.Replace(ctx, o.ID, c); err != nil {
		return o, err
	}
	_, err = d.App.Connections.Create(ctx, o.ID, connection.Draft{Name: "Zoho CRM", Type: crm.Zoho})
	return o, err
}

// connect authorizes the first config of an organization, as its administrator would with a self client.
func (d *Demo) connect(ctx context.Context, o org.Organization) (connection.ConfigID, error) {
	configs, err := d.App.Connections.Configs(ctx, o.ID)
	if err != nil {
		return "", err
	}
	redirect := d.BaseURL + "/oauth/zoho/callback"
	address, err := d.App.Connections.Connectors[crm.Zoho].AuthorizeURL(crm.App{ClientID: simClient, RedirectURI: redirect}, "us", "seed")
	if err != nil {
		return "", err
	}
	consent, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	cb, err := d.grant(ctx, consent.Query().Get("scope"), redirect)
	if err != nil {
		return "", err
	}
	_, err = d.App.Connections.Connect(ctx, o.ID, configs[0].ID, "", secret.String{}, redirect, cb)
	return configs[0].ID, err
}

// grant asks the simulator for a grant code.
func (d *Demo) grant(ctx context.Context, scope, redirect string) (crm.Callback, error) {
	body, err := json.Marshal(map[string]string{"client_id": simClient, "redirect_uri": redirect, "scope": scope})
	if err != nil {
		return crm.Callback{}, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.ZohoURL+"/_sim/grant", bytes.NewReader(body))
	if err != nil {
		return crm.Callback{}, err
	}
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return crm.Callback{}, err
	}
	defer func() { _ = res.Body.Close() }()
	var g struct {
		Code           string `json:"code"`
		Location       string `json:"location"`
		AccountsServer string `json:"accounts_server"`
	}
	if err := json.NewDecoder(res.Body).Decode(&g); err != nil || g.Code == "" {
		return crm.Callback{}, fmt.Errorf("the simulator gave no grant code (%s): %w", res.Status, err)
	}
	return crm.Callback{Code: g.Code, Location: g.Location, AccountsServer: g.AccountsServer}, nil
}
