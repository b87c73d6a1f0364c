package zohosim

import (
	"fmt"
	"slices"
	"strings"
)

// scope is one permission as an application asks for it: ZohoCRM.modules.leads.READ. need is the same from the other side:
// what an endpoint wants.
type scope struct {
	service string
	path    []string
	op      string
}

func (s scope) String() string {
	return strings.Join(slices.Concat([]string{s.service}, s.path, []string{s.op}), ".")
}

func need(text string) scope {
	parts := strings.Split(text, ".")
	return scope{service: parts[0], path: parts[1 : len(parts)-1], op: parts[len(parts)-1]}
}

// scopeNames gives, for modules whose scope is not their API name in small letters, the name.
func scopeName(api string) string {
	switch api {
	case appointmentsModule:
		return "appointments"
	case servicesModule:
		return "services"
	case historyModule:
		return "appointments_rescheduled_history"
	}
	return strings.ToLower(api)
}

// scopeWords lists every scope path there is, with the words of the consent page, and the operations it may have.
// Source: Zoho CRM v8, "OAuth Scopes".
var scopeWords = map[string]string{
	"ZohoCRM.modules":                                  "Records of all CRM modules",
	"ZohoCRM.modules.leads":                            "Leads",
	"ZohoCRM.modules.contacts":                         "Contacts",
	"ZohoCRM.modules.accounts":                         "Accounts",
	"ZohoCRM.modules.deals":                            "Deals",
	"ZohoCRM.modules.events":                           "Meetings",
	"ZohoCRM.modules.tasks":                            "Tasks",
	"ZohoCRM.modules.calls":                            "Calls",
	"ZohoCRM.modules.notes":                            "Notes",
	"ZohoCRM.modules.appointments":                     "Appointments",
	"ZohoCRM.modules.services":                         "Services",
	"ZohoCRM.modules.appointments_rescheduled_history": "Rescheduled appointments",
	"ZohoCRM.modules.campaigns":                        "Campaigns",
	"ZohoCRM.modules.products":                         "Products",
	"ZohoCRM.modules.custom":                           "Custom modules",
	"ZohoCRM.settings":                                 "All CRM settings",
	"ZohoCRM.settings.modules":                         "Names and settings of modules",
	"ZohoCRM.settings.fields":                          "Fields",
	"ZohoCRM.settings.layouts":                         "Layouts",
	"ZohoCRM.settings.related_lists":                   "Related lists",
	"ZohoCRM.settings.custom_views":                    "Custom views",
	"ZohoCRM.settings.global_picklist":                 "Global pick lists",
	"ZohoCRM.settings.tags":                            "Tags",
	"ZohoCRM.settings.profiles":                        "Profiles",
	"ZohoCRM.settings.roles":                           "Roles",
	"ZohoCRM.settings.business_hours":                  "Business hours",
	"ZohoCRM.settings.shift_hours":                     "Shift hours",
	"ZohoCRM.settings.holidays":                        "Holidays",
	"ZohoCRM.settings.users_unavailability":            "Unavailability of users",
	"ZohoCRM.settings.appointment_preferences":         "Appointment preferences",
	"ZohoCRM.users":                                    "Users of the CRM",
	"ZohoCRM.org":                                      "Details of the organization",
	"ZohoCRM.coql":                                     "Queries over CRM records",
	"ZohoCRM.bulk":                                     "Bulk export of records",
	"ZohoCRM.notifications":                            "Notifications of changes",
	"ZohoCRM.composite_requests":                       "Several requests in one",
	"ZohoCRM.files":                                    "Files",
	"ZohoCRM.send_mail":                                "Sending e-mail",
	"ZohoSearch.securesearch":                          "Search in records",
	"ZohoCalendar.calendar":                            "Calendars",
	"ZohoCalendar.event":                               "Calendar events",
	"ZohoCalendar.freebusy":                            "Free and busy times",
	"ZohoCalendar.search":                              "Search in calendars",
	"AaaServer.profile":                                "Your name and e-mail address",
}

var scopeOperations = map[string]string{
	"ALL": "see, create, change and delete", "READ": "see", "CREATE": "create", "UPDATE": "change", "DELETE": "delete",
	"WRITE": "create and change", "CUSTOM": "use",
}

// parseScopes reads what the scope parameter lists, parted by commas or blanks. anyCase forgives the case of the parts, as
// switch scope_case says.
func parseScopes(list string, anyCase bool) ([]scope, error) {
	var out []scope
	for _, item := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' }) {
		at := strings.LastIndexByte(item, '.')
		if at < 0 {
			return nil, fmt.Errorf("scope %q does not exist", item)
		}
		path, ok := knownPath(item[:at], anyCase)
		op := item[at+1:]
		if anyCase {
			op = strings.ToUpper(op)
		}
		if _, known := scopeOperations[op]; !ok || !known {
			return nil, fmt.Errorf("scope %q does not exist", item)
		}
		out = append(out, need(path+"."+op))
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no scope is asked for")
	}
	return out, nil
}

func knownPath(path string, anyCase bool) (string, bool) {
	if _, ok := scopeWords[path]; ok {
		return path, true
	}
	if anyCase {
		for known := range scopeWords {
			if strings.EqualFold(known, path) {
				return known, true
			}
		}
	}
	return "", false
}

// covers tells whether a granted scope is enough for a need: its path is the need's or one above, its operation the same or
// one that includes it.
func (s scope) covers(n scope) bool {
	if s.service != n.service || len(s.path) > len(n.path) || !slices.Equal(s.path, n.path[:len(s.path)]) {
		return false
	}
	switch s.op {
	case "ALL":
		return true
	case "WRITE":
		return n.op == "CREATE" || n.op == "UPDATE"
	}
	return s.op == n.op
}

// satisfied tells whether each need is covered by some granted scope.
func satisfied(granted, needs []scope) bool {
	for _, n := range needs {
		if !slices.ContainsFunc(granted, func(s scope) bool { return s.covers(n) }) {
			return false
		}
	}
	return true
}

// words describes a scope for the consent page.
func (s scope) words() string {
	path := strings.Join(append([]string{s.service}, s.path...), ".")
	return scopeWords[path] + ": " + scopeOperations[s.op]
}

// scopeText writes scopes as the token answer does.
func scopeText(scopes []scope, sep string) string {
	parts := make([]string, len(scopes))
	for i, s := range scopes {
		parts[i] = s.String()
	}
	return strings.Join(parts, sep)
}
