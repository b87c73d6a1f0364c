package admin_test

import (
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/mirror"
)

// TestPeopleThatCanNotBeRead: what keeps Leads or Contacts from being followed is said where the connection is, with the way to
// mend it, as long as a person has to; what passes by itself only shows on the health page.
func TestPeopleThatCanNotBeRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	w.connected()
	card, health := "/admin/orgs/ridge/crm-configs/"+string(w.config.ID), "/admin/orgs/ridge/sync/health"
	b, member := w.as("admin@ridge.example"), w.as("member@ridge.example")
	for _, c := range []struct {
		class        crm.Class
		error        string
		warns        bool
		link, health string
	}{
		{"", "", false, "", "Followed"},
		{crm.Forbidden, "The Zoho user who authorized HeavySet may not do this.", true, card + "?dialog=connection#settings", "Not read"},
		{crm.Unfit, "The Zoho module or field is not there.", true, "/admin/orgs/ridge/crm-settings/" + string(w.config.ID), "Not read"},
		{crm.Down, "Zoho does not answer at the moment.", false, "", "No answer"},
	} {
		read := mirror.PeopleRead{AsOf: w.clock.Now().Add(-time.Hour), Checked: w.clock.Now().Add(-2 * time.Hour), Error: c.error, Class: c.class}
		if err := w.store.SetPeopleRead(t.Context(), w.ridge.ID, w.config.ID, "Leads", read); err != nil {
			t.Fatal(err)
		}
		got := b.get(card)
		got.sound(t, card)
		const leads = "[aria-labelledby=connection] .notice-warning:contains('what is changed in Leads in Zoho does not come over')"
		warning := got.text(leads)
		if (got.count(leads) == 1) != c.warns || c.warns && !strings.Contains(warning, c.error) {
			t.Errorf("%s: the connection says %q", c.class, warning)
		}
		if strings.Contains(got.text("[aria-labelledby=connection]"), "Partly read") != c.warns {
			t.Errorf("%s: the connection's state is the wrong one", c.class)
		}
		if c.warns && got.count(leads+" a[href='"+c.link+"']") != 1 {
			t.Errorf("%s: no link to %s", c.class, c.link)
		}
		if m := member.get(card); c.class == crm.Forbidden && (m.count(leads) != 1 || m.count(leads+" a") != 0) {
			t.Error("a member, who can't connect, is not told of it, or led there")
		}
		got = b.get(health)
		got.sound(t, health)
		got.has(t, "[aria-labelledby=people]", "Leads "+c.health)
		if c.error != "" {
			got.has(t, "[aria-labelledby=people]", c.error)
		}
	}
}
