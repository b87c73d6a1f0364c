package zohosim

import (
	"net/http"
	"time"
)

// wire gives the user as GET /users does. Source: Zoho CRM v8, "Get Users".
func (u *user) wire(now time.Time) map[string]any {
	_, offset := now.In(u.place).Zone()
	status := "active"
	if u.inactive {
		status = "disabled"
	}
	profile, role := u.org.profiles[u.profile], u.org.roles[u.role]
	return map[string]any{
		"id": formatID(u.id), "zuid": u.zuid, "full_name": u.name(), "first_name": u.first, "last_name": u.last,
		"email": u.email, "status": status, "confirm": true, "time_zone": u.zone, "offset": offset * 1000, "locale": u.locale,
		"country": u.org.country, "country_locale": u.locale, "language": u.locale, "profile": profile, "role": role,
		"category": "regular_user", "alias": nil, "phone": nil, "mobile": nil, "Isonline": false, "personal_account": false,
		"type__s": "Regular User", "microsoft": false, "date_format": "MM/dd/yyyy", "time_format": "hh:mm a",
		"name_format__s": "Salutation,First Name,Last Name", "sort_order_preference__s": "First Name,Last Name",
		"Reporting_To": nil, "default_tab_group": "0", "decimal_separator": "Period", "number_separator": "Comma",
	}
}

// userTypes are the values of GET /users?type=. Source: Zoho CRM v8, "Get Users".
var userTypes = []string{
	"AllUsers", "ActiveUsers", "DeactiveUsers", "ConfirmedUsers", "NotConfirmedUsers", "DeletedUsers",
	"ActiveConfirmedUsers", "AdminUsers", "ActiveConfirmedAdmins", "CurrentUser",
}

// listUsers answers GET /users.
func (c *call) listUsers() answer {
	which, refused := c.oneOf("type", "AllUsers", userTypes...)
	if refused != nil {
		return *refused
	}
	page, perPage, refused := c.paging()
	if refused != nil {
		return *refused
	}
	var all []map[string]any
	for _, u := range c.org.users {
		if u.is(which, c.user) {
			all = append(all, u.wire(c.now))
		}
	}
	from := min((page-1)*perPage, len(all))
	to := min(from+perPage, len(all))
	if from == to {
		return noContent
	}
	return jsonAnswer(http.StatusOK, map[string]any{
		"users": all[from:to],
		"info":  map[string]any{"per_page": perPage, "count": to - from, "page": page, "more_records": to < len(all)},
	})
}

// is tells whether the user belongs to one of userTypes. Everybody here has confirmed the invitation.
func (u *user) is(which string, current *user) bool {
	switch which {
	case "AllUsers", "ConfirmedUsers":
		return true
	case "ActiveUsers", "ActiveConfirmedUsers":
		return !u.inactive
	case "DeactiveUsers":
		return u.inactive
	case "AdminUsers":
		return u.admin
	case "ActiveConfirmedAdmins":
		return u.admin && !u.inactive
	case "CurrentUser":
		return u.id == current.id
	}
	return false
}

func (c *call) oneUser() answer {
	id, _ := parseID(c.args["name"])
	u := c.org.user(id)
	if u == nil {
		return refuse("INVALID_DATA", "the id given seems to be invalid", details{"resource_path_index": 1})
	}
	return jsonAnswer(http.StatusOK, map[string]any{"users": []any{u.wire(c.now)}})
}

// oneOrg answers GET /org. Source: Zoho CRM v8, "Get Organization".
func (c *call) oneOrg() answer {
	o := c.org
	admin := o.users[0]
	return jsonAnswer(http.StatusOK, map[string]any{"org": []any{map[string]any{
		"id": o.id(), "zgid": o.zgid, "company_name": o.name, "domain_name": o.domain, "alias": nil, "time_zone": o.zone,
		"currency": o.currency, "iso_code": o.currency, "currency_symbol": o.symbol(), "currency_locale": "en_US",
		"country": o.country, "country_code": o.country, "primary_email": admin.email, "primary_zuid": admin.zuid,
		"type": "production", "mc_status": false, "gapps_enabled": false, "translation_enabled": false,
		"privacy_settings": false, "hipaa_compliance_enabled": false, "lite_users_enabled": false, "max_per_page": 200,
		"street": nil, "city": nil, "state": nil, "zip": nil, "phone": nil, "mobile": nil, "fax": nil, "website": nil,
		"description": nil, "employee_count": "25", "photo_id": nil, "ezgid": nil, "zia_portal_id": nil, "zia_zgid": nil,
		"deletable_org_account": true, "oauth_presence": true, "created_time": "2024-01-15T09:00:00-06:00",
		"license_details": map[string]any{
			"paid": c.sw.Edition != "free", "paid_type": c.sw.Edition, "users_license_purchased": len(o.users),
			"paid_expiry": nil, "trial_type": nil, "trial_expiry": nil, "trial_action": nil,
		},
	}}})
}

func (c *call) listRoles() answer {
	return c.named("roles", c.org.roles, func(n named) map[string]any {
		return map[string]any{
			"id": n.ID, "name": n.Name, "display_label": n.Name, "description": nil, "reporting_to": nil,
			"share_with_peers": true, "admin_user": n.Name == "CEO", "forecast_manager": nil,
		}
	})
}

func (c *call) listProfiles() answer {
	return c.named("profiles", c.org.profiles, func(n named) map[string]any {
		return map[string]any{
			"id": n.ID, "name": n.Name, "display_label": n.Name, "description": nil, "custom": false, "type": "normal_profile",
			"permission_type": "normal_profile", "category": false, "default": true,
		}
	})
}

// named answers a list of roles or profiles, or the one of them that the path names.
func (c *call) named(name string, all []named, wire func(named) map[string]any) answer {
	var list []any
	for _, n := range all {
		if id := c.args["name"]; id == "" || id == n.ID {
			list = append(list, wire(n))
		}
	}
	if len(list) == 0 {
		return refuse("INVALID_DATA", "the id given seems to be invalid", details{"resource_path_index": 2})
	}
	return jsonAnswer(http.StatusOK, map[string]any{name: list})
}

// paging reads page and per_page.
func (c *call) paging() (page, perPage int, refused *answer) {
	if page, refused = c.integer("page", 1, 1, 1<<30); refused != nil {
		return 0, 0, refused
	}
	perPage, refused = c.integer("per_page", maxPerPage, 1, maxPerPage)
	return page, perPage, refused
}

const maxPerPage = 200
