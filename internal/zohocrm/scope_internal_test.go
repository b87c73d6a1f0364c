package zohocrm

import (
	"testing"

	"heavyset.tech/platform/internal/zoho"
)

// TestARefusedCallNamesItsPermission: Zoho says only that one is missing; the address tells which.
func TestARefusedCallNamesItsPermission(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/crm/v8/coql": "ZohoCRM.coql.READ", "/crm/v8/settings/fields": "ZohoCRM.settings", "/crm/v8/users": "ZohoCRM.users.READ", "/crm/v8/org": "ZohoCRM.org.READ",
		"/crm/v8/Leads/{id}": "ZohoCRM.modules.leads.ALL", "/crm/v8/Contacts": "ZohoCRM.modules.contacts.ALL", "/crm/v8/Events": "ZohoCRM.modules.events.ALL", "/crm/v8/Visits": "ZohoCRM.modules.custom.ALL",
		"/crm/v8/actions/watch": zoho.Scopes(zoho.NeedNotifications)[0], "/crm/bulk/v8/read": zoho.Scopes(zoho.NeedBulk)[0], "/api/v1/calendars/{id}/events": zoho.Scopes(zoho.NeedCalendars)[0],
	} {
		p := lacks(zoho.Call{Path: path, Code: "OAUTH_SCOPE_MISMATCH"})
		if len(p.Scope) < len(want) || p.Scope[:len(want)] != want || p.Without == "" {
			t.Errorf("%s: %+v, want %s", path, p, want)
		}
		if p := lacks(zoho.Call{Path: path, Code: "INVALID_TOKEN"}); p.Scope != "" {
			t.Errorf("%s: %+v although nothing is missing", path, p)
		}
	}
}
