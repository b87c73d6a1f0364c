package zohocrm

import (
	"context"
	"slices"
	"strings"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/zoho"
)

// need is a right that we ask for, with what stops without it.
type need struct {
	need    zoho.Need
	without string
}

// needs are the least rights for what the platform does today.
func needs() []need {
	return []need{
		{zoho.NeedMetadata, "Modules and fields can't be chosen or checked (steps 9 and 10)."},
		{zoho.NeedLeads, "Leads are not written."},
		{zoho.NeedContacts, "Contacts are neither found nor written, so appointments are not linked to a customer."},
		{zoho.NeedEvents, "Appointments in the Events module are neither written nor read."},
		{zoho.NeedCustomModules, "A custom module can't be used for appointments or leads."},
		{zoho.NeedUsers, "Reps can't be matched to Zoho users, and idle connections can't be checked."},
		{zoho.NeedOrg, "The Zoho organization can't be checked on connecting."},
		{zoho.NeedCOQL, "Known customers are not recognised, so records could be made twice; writing stops."},
		{zoho.NeedNotifications, "Changes made in Zoho are noticed by asking every two minutes only."},
		{zoho.NeedBulk, "The first fill of a large Zoho organization is slower and costs more."},
		{zoho.NeedCalendars, "The Slot Availability Source Zoho Calendar can't be used."},
	}
}

// wishes are rights that only a setting needs: asked for like the others, missed where a call is refused for want of them.
func wishes() []need {
	return []need{{zoho.NeedConversion, "Leads are not converted when their person books; they are kept beside the contact."}}
}

// scopes are the least rights as Zoho names them.
func scopes() []string {
	var all []zoho.Need
	for _, n := range append(needs(), wishes()...) {
		all = append(all, n.need)
	}
	return zoho.Scopes(all...)
}

// extras are the scopes that a person asks for besides, and those of them that the connection has already: a new consent
// takes the place of the old one. They are no part of needs, as not each edition knows them.
func extras(app crm.App) []string {
	wanted := zoho.Scopes(zoho.NeedWorkingTime)
	had := !slices.ContainsFunc(wanted, func(s string) bool { return !covered(s, app.Granted) })
	if had || slices.Contains(app.Extras, crm.ExtraWorkingTime) {
		return wanted
	}
	return nil
}

// Missing lists the permissions that a grant of these scopes does not cover.
func (c *Connector) Missing(granted []string) []crm.Permission {
	var out []crm.Permission
	for _, n := range needs() {
		for _, wanted := range zoho.Scopes(n.need) {
			if !covered(wanted, granted) {
				out = append(out, crm.Permission{Scope: wanted, Without: n.without})
			}
		}
	}
	return out
}

// lacks names the permission for want of which Zoho refused a call; it says only that one is missing, so the address tells.
func lacks(call zoho.Call) crm.Permission {
	if call.Code != "OAUTH_SCOPE_MISMATCH" {
		return crm.Permission{}
	}
	path := strings.TrimPrefix(strings.TrimPrefix(call.Path, "/crm/v8"), "/crm")
	for _, extra := range []string{"/settings/business_hours", "/settings/holidays", "/settings/users_unavailability"} {
		if strings.HasPrefix(path, extra) { // nothing stops without it, and who reads it is told
			return crm.Permission{}
		}
	}
	part, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	wanted, known := map[string]zoho.Need{
		"settings": zoho.NeedMetadata, "users": zoho.NeedUsers, "org": zoho.NeedOrg, "coql": zoho.NeedCOQL, "Leads": zoho.NeedLeads, "Contacts": zoho.NeedContacts, "Events": zoho.NeedEvents,
		"actions": zoho.NeedNotifications, "bulk": zoho.NeedBulk, "api": zoho.NeedCalendars,
	}[part]
	if strings.HasSuffix(path, "/actions/convert") {
		wanted = zoho.NeedConversion
	} else if !known {
		wanted = zoho.NeedCustomModules
	}
	for _, n := range append(needs(), wishes()...) {
		if n.need == wanted {
			return crm.Permission{Scope: zoho.Scopes(wanted)[0], Without: n.without}
		}
	}
	return crm.Permission{Scope: zoho.Scopes(wanted)[0], Without: "Calls to " + part + " are refused."}
}

// covered reports whether granted scopes include a wanted one: ZohoCRM.modules.ALL includes ZohoCRM.modules.leads.READ,
// WRITE is CREATE and UPDATE, and ALL may also have been granted in its parts. Zoho's pages write scopes in either case.
func covered(wanted string, granted []string) bool {
	path, operation := splitScope(wanted)
	includes := func(operation string) bool {
		return slices.ContainsFunc(granted, func(g string) bool {
			p, o := splitScope(g)
			if p != path && !strings.HasPrefix(path, p+".") {
				return false
			}
			return o == "all" || o == operation || o == "write" && (operation == "create" || operation == "update")
		})
	}
	if operation != "all" || includes("all") {
		return includes(operation)
	}
	return includes("read") && includes("create") && includes("update") && includes("delete")
}

func splitScope(s string) (path, operation string) {
	s = strings.ToLower(s)
	i := strings.LastIndexByte(s, '.')
	if i < 0 {
		return s, ""
	}
	return s[:i], s[i+1:]
}

// Whois asks Zoho for the current user, which costs one credit. https://www.zoho.com/crm/developer/docs/api/v8/get-users.html
func (c *Connector) Whois(ctx context.Context, s crm.Site, tokens crm.Tokens, m crm.Meter) (crm.Identity, error) {
	client, err := (&provider{connector: c, site: s, tokens: tokens, meter: m}).client()
	if err != nil {
		return crm.Identity{}, err
	}
	user, err := client.CurrentUser(ctx)
	if err != nil {
		return crm.Identity{}, problem(err)
	}
	return crm.Identity{UserID: user.ID, UserName: user.FullName, AccountID: user.ZUID}, nil
}
