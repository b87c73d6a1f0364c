package admin

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/org"
)

// menuSize is how many organizations the dropdown lists; the others are found by searching.
const menuSize = 50

// orgItem is an organization that one may go to: to the page where one is.
type orgItem struct {
	Label, Link string
	Current     bool
	Health      health
}

// health is how the organization's connection is, in a sign, in a word or two, and why.
type health struct {
	Kind       string // ok, warn, bad or ""
	Words, Why string
}

// menu fills the dropdown: the present organization, the first ones by name, and a search for the rest.
func (c *Console) menu(r *http.Request, v *visit, list []org.Organization, f *frame) error {
	f.At = placeIn(r, v)
	shown := list[:min(len(list), menuSize)]
	f.More = len(list) - len(shown)
	if i := slices.IndexFunc(list, func(o org.Organization) bool { return o.ID == v.org.ID }); i >= menuSize {
		shown = append([]org.Organization{list[i]}, shown[:menuSize-1]...)
	}
	for _, o := range shown {
		item, err := c.orgItem(r, o, f.At)
		if err != nil {
			return err
		}
		if item.Current = o.ID == v.org.ID; item.Current {
			f.Health = item.Health
		}
		f.Orgs = append(f.Orgs, item)
	}
	return nil
}

func (c *Console) orgItem(r *http.Request, o org.Organization, at string) (orgItem, error) {
	h, err := c.Connections.Store.Health(r.Context(), o.ID)
	if err != nil {
		return orgItem{}, err
	}
	return orgItem{Label: o.Name, Link: orgPath(o) + "/" + at, Health: c.healthOf(h, calendar{o.Location(), c.Now()})}, nil
}

// placeIn gives the page one is on, as it is called in every organization: of a list with its filter, of a thing the list
// that it is in. What belongs to the only CRM configuration is opened on the other organization's.
func placeIn(r *http.Request, v *visit) string {
	at := cmp.Or(string(v.route.section), string(appointments))
	switch {
	case strings.HasSuffix(v.route.path, "/crm-configs/{id}"):
		return at + "?open=config"
	case strings.HasSuffix(v.route.path, "/crm-settings/{id}/mapping"):
		return at + "?open=mapping"
	case r.Method == http.MethodGet && v.org.ID != "" && r.URL.Path == v.path(at):
		q := r.URL.Query()
		for _, own := range []string{"after", "config", "run", "who"} { // an id of the organization that one leaves
			q.Del(own)
		}
		if len(q) > 0 {
			at += "?" + q.Encode()
		}
	}
	return at
}

// healthOf says how the connection is that bookings are written to.
func (c *Console) healthOf(h connection.Health, cal calendar) health {
	k := h.Config.Connection
	switch {
	case h.Config.ID == "":
		return health{"", "not connected", "No CRM is connected. Bookings are taken all the same and wait here."}
	case k.State == connection.NeedsReconnect:
		p := crm.Problem{Class: k.Failure.Class}
		return health{"bad", "needs reconnecting", p.Words() + " Since " + cal.stamp(k.Failure.Since) + "."}
	case h.Pause.On():
		return health{"warn", "no answer", "Zoho does not answer at the moment. HeavySet tries again by itself."}
	}
	missing, _ := c.Connections.Missing(h.Config)
	for _, d := range h.Denials {
		missing = append(missing, d.Permission)
	}
	if len(missing) > 0 {
		return health{"warn", "permissions missing", missing[0].Without}
	}
	return health{"ok", "connected", "Zoho organization “" + k.ZohoOrgName + "”, last proved " + cal.stamp(k.CheckedAt) + "."}
}

func stateHealth(s connection.State) health {
	switch s {
	case connection.Connected:
		return health{Kind: "ok", Words: "connected"}
	case connection.NeedsReconnect:
		return health{Kind: "bad", Words: "needs reconnecting"}
	}
	return health{Words: "not connected"}
}

type organizationsView struct {
	frame
	Query string
	Rows  []orgItem
	Rest  int // found, and not listed
}

// listed is how many organizations one page lists.
const listed = 100

// organizations lists where one may go, by name; a search narrows it.
func (c *Console) listOrganizations(w http.ResponseWriter, r *http.Request, v *visit) error {
	all, err := c.organizations(r.Context(), v.caller)
	if err != nil {
		return err
	}
	f, err := c.frame(r, v, "Organizations")
	if err != nil {
		return err
	}
	f.Purpose = "Where you may go, and how each organization's connection to Zoho is."
	q := strings.ToLower(strings.TrimSpace(r.URL.Query().Get("q")))
	view := organizationsView{frame: f, Query: r.URL.Query().Get("q")}
	view.At = string(appointments)
	if at, err := url.Parse(r.URL.Query().Get("at")); err == nil && slices.ContainsFunc(routes(), func(rt route) bool { return rt.section != "" && string(rt.section) == at.Path }) {
		view.At = at.String()
	}
	for _, o := range all {
		if !strings.Contains(strings.ToLower(o.Name+" "+o.Slug), q) {
			continue
		}
		if len(view.Rows) == listed {
			view.Rest++
			continue
		}
		item, err := c.orgItem(r, o, view.At)
		if err != nil {
			return err
		}
		view.Rows = append(view.Rows, item)
	}
	return c.set.Render(w, http.StatusOK, "organizations", view)
}
