package zohocrm_test

import (
	"slices"
	"testing"
	"time"

	"heavyset.tech/platform/internal/zohocrm"
)

func TestMissing(t *testing.T) {
	t.Parallel()
	c, err := zohocrm.New("", nil, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	rest := []string{
		"ZohoCRM.settings.ALL", "ZohoCRM.users.READ", "ZohoCRM.org.READ", "ZohoCRM.coql.READ", "ZohoCRM.notifications.ALL", "ZohoCRM.bulk.READ",
		"ZohoCalendar.calendar.READ", "ZohoCalendar.event.ALL", "ZohoCalendar.freebusy.READ",
	}
	for name, v := range map[string]struct {
		granted []string
		missing []string
	}{
		"all modules at once":         {granted: append([]string{"ZohoCRM.modules.ALL"}, rest...)},
		"another case":                {granted: append([]string{"zohocrm.Modules.all"}, rest...)},
		"reading only":                {granted: append([]string{"ZohoCRM.modules.READ"}, rest...), missing: []string{"ZohoCRM.modules.leads.ALL", "ZohoCRM.modules.contacts.ALL", "ZohoCRM.modules.events.ALL", "ZohoCRM.modules.custom.ALL"}},
		"all of a module in parts":    {granted: append([]string{"ZohoCRM.modules.leads.READ", "ZohoCRM.modules.leads.WRITE", "ZohoCRM.modules.leads.DELETE", "ZohoCRM.modules.contacts.ALL", "ZohoCRM.modules.events.ALL", "ZohoCRM.modules.custom.ALL"}, rest...)},
		"a part is missing":           {granted: append([]string{"ZohoCRM.modules.leads.READ", "ZohoCRM.modules.leads.WRITE", "ZohoCRM.modules.contacts.ALL", "ZohoCRM.modules.events.ALL", "ZohoCRM.modules.custom.ALL"}, rest...), missing: []string{"ZohoCRM.modules.leads.ALL"}},
		"as before changes were read": {granted: []string{"ZohoCRM.modules.ALL", "ZohoCRM.settings.ALL", "ZohoCRM.users.READ", "ZohoCRM.org.READ", "ZohoCRM.coql.READ"}, missing: []string{"ZohoCRM.notifications.ALL", "ZohoCRM.bulk.READ", "ZohoCalendar.calendar.READ", "ZohoCalendar.event.ALL", "ZohoCalendar.freebusy.READ"}},
		"a name that begins alike":    {granted: append([]string{"ZohoCRM.modules.ALL", "ZohoCRM.orgs.READ"}, slices.DeleteFunc(slices.Clone(rest), func(s string) bool { return s == "ZohoCRM.org.READ" })...), missing: []string{"ZohoCRM.org.READ"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, m := range c.Missing(v.granted) {
				got = append(got, m.Scope)
				if m.Without == "" {
					t.Errorf("%s: nobody learns what stops", m.Scope)
				}
			}
			if !slices.Equal(got, v.missing) {
				t.Errorf("want %v, got %v", v.missing, got)
			}
		})
	}
}
