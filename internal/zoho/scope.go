package zoho

import "slices"

// Need is something the platform wants to do and for which the user must grant scopes.
type Need string

// The needs that Scopes knows.
const (
	NeedMetadata      Need = "metadata" // modules, fields, layouts, related lists
	NeedLeads         Need = "leads"
	NeedContacts      Need = "contacts"
	NeedEvents        Need = "events"
	NeedCustomModules Need = "custom_modules" // all custom modules at once: Zoho has no finer scope
	NeedUsers         Need = "users"
	NeedOrg           Need = "org"
	NeedCOQL          Need = "coql"          // besides the modules' own
	NeedSearch        Need = "search"        // besides the modules' own
	NeedNotifications Need = "notifications" // besides the modules' own
	NeedBulk          Need = "bulk"          // besides the modules' own
	NeedConversion    Need = "conversion"    // of leads, besides the modules' own
	NeedCalendars     Need = "calendars"     // of Zoho Calendar: reading and writing events, busy times
	NeedWorkingTime   Need = "working_time"  // business hours with their shifts, holidays, unavailability of users
)

// Scopes gives the least scopes for the needs, each once, in the order of the needs; nil for a need it does not know.
// Adding one later needs a new consent. https://www.zoho.com/crm/developer/docs/api/v8/scopes.html
func Scopes(needs ...Need) []string {
	var out []string
	for _, n := range needs {
		for _, s := range scopesOf(n) {
			if !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	return out
}

func scopesOf(n Need) []string {
	switch n {
	case NeedMetadata:
		return []string{
			"ZohoCRM.settings.modules.READ", "ZohoCRM.settings.fields.READ",
			"ZohoCRM.settings.layouts.READ", "ZohoCRM.settings.related_lists.READ",
		}
	case NeedLeads:
		return []string{"ZohoCRM.modules.leads.ALL"}
	case NeedContacts:
		return []string{"ZohoCRM.modules.contacts.ALL"}
	case NeedEvents:
		return []string{"ZohoCRM.modules.events.ALL"}
	case NeedCustomModules:
		return []string{"ZohoCRM.modules.custom.ALL"}
	case NeedUsers:
		return []string{"ZohoCRM.users.READ"}
	case NeedOrg:
		return []string{"ZohoCRM.org.READ"}
	case NeedCOQL:
		return []string{"ZohoCRM.coql.READ"}
	case NeedSearch:
		return []string{"ZohoSearch.securesearch.READ"}
	case NeedNotifications:
		return []string{"ZohoCRM.notifications.ALL"}
	case NeedBulk:
		return []string{"ZohoCRM.bulk.READ"}
	case NeedConversion: // Zoho may make an account of a lead's company, and asks for deals too
		return []string{"ZohoCRM.modules.accounts.CREATE", "ZohoCRM.modules.deals.CREATE"}
	case NeedWorkingTime:
		return []string{"ZohoCRM.settings.business_hours.READ", "ZohoCRM.settings.holidays.READ", "ZohoCRM.settings.users_unavailability.READ"}
	case NeedCalendars:
		return []string{"ZohoCalendar.calendar.READ", "ZohoCalendar.event.ALL", "ZohoCalendar.freebusy.READ"}
	}
	return nil
}
