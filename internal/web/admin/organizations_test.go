package admin_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/org"
)

// TestTheDotSaysWhy: every state of a connection shows in the dropdown with its reason, wherever one is.
func TestTheDotSaysWhy(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	for name, c := range map[string]struct {
		bring            func(w *world) error
		kind, words, why string
	}{
		"not connected": {func(*world) error { return nil }, "dot-", "not connected", "No CRM is connected."},
		"connected":     {func(w *world) error { w.connected(); return nil }, "dot-ok", "connected", "Ridgeline in Zoho"},
		"lost": {func(w *world) error {
			w.connected()
			return w.store.MarkLost(ctx, w.ridge.ID, w.config.ID, 1, connection.Failure{Class: crm.Broken, Since: w.clock.Now()})
		}, "dot-bad", "needs reconnecting", "Zoho no longer accepts our authorization. Since Mon, Nov 30, 10:30 PM."},
		"no answer": {func(w *world) error {
			w.connected()
			return w.store.SetPause(ctx, w.ridge.ID, w.config.ID, connection.Pause{}, connection.Pause{Until: w.clock.Now(), Failures: 2})
		}, "dot-warn", "no answer", "tries again by itself"},
		"refused": {func(w *world) error {
			w.connected()
			return w.store.KeepDenial(ctx, w.ridge.ID, w.config.ID, connection.Denial{Permission: crm.Permission{Scope: "s", Without: "Writing stops."}, Since: w.clock.Now()}, connection.NewEvent(connection.EventDenied, w.clock.Now(), "", "", ""))
		}, "dot-warn", "permissions missing", "Writing stops."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, connection.Shared{})
			if err := c.bring(w); err != nil {
				t.Fatal(err)
			}
			b := w.as("engineer@hs.example")
			page := b.get("/admin/orgs/ridge/leads")
			page.has(t, ".menu-org summary", "Zoho: "+c.words)
			page.has(t, ".menu-org .menu-why", c.why)
			page.has(t, ".menu-org .menu-list a[aria-current]", c.words)
			if n := page.count(".menu-org summary ." + c.kind); n != 1 {
				t.Errorf("no dot of the kind %s", c.kind)
			}
			elsewhere := b.get("/admin/orgs/blue/leads").Find(".menu-org .menu-list a:contains(Ridgeline)")
			if why, _ := elsewhere.Attr("title"); !strings.Contains(why, c.why) || elsewhere.Find("."+c.kind).Length() != 1 {
				t.Errorf("seen from the other organization: %q", why)
			}
		})
	}
}

// TestManyOrganizations: the dropdown lists some, the search finds all of them, and the page one is on is kept.
func TestManyOrganizations(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	orgs := &org.Service{Store: w.store, Now: w.clock.Now}
	for i := range 120 {
		if _, err := orgs.Create(t.Context(), org.Draft{Slug: fmt.Sprintf("client-%03d", i), Name: fmt.Sprintf("Client %03d", i), Timezone: "UTC"}); err != nil {
			t.Fatal(err)
		}
	}
	b := w.as("engineer@hs.example")
	page := b.get("/admin/orgs/ridge/appointments?when=past&after=")
	if n := page.count(".menu-org .menu-list a"); n != 50 {
		t.Errorf("the dropdown lists %d", n)
	}
	page.has(t, ".menu-org .menu-list a[aria-current]", "Ridgeline Roofing") // the 122nd by name
	page.has(t, ".menu-org", "72 more")
	if at, _ := page.Find(".menu-search input[name=at]").Attr("value"); at != "appointments?when=past" {
		t.Errorf("the page one is on: %q", at)
	}
	found := b.get("/admin/organizations?q=CLIENT+119&at=sync%3Fstate%3Dfailed")
	found.sound(t, "organizations")
	if to, _ := found.Find("main table a").Attr("href"); found.count("main table a") != 1 || to != "/admin/orgs/client-119/sync?state=failed" {
		t.Errorf("found %d, the first at %s", found.count("main table a"), to)
	}
	if to, _ := b.get("/admin/organizations?q=119&at=%2F%2Fevil.example").Find("main table a").Attr("href"); to != "/admin/orgs/client-119/appointments" {
		t.Errorf("a page that is none leads to %s", to)
	}
	b.get("/admin/organizations").has(t, "main", "22 more")
	b.get("/admin/organizations?q=nobody").has(t, "main", "No organization is called that")
	if n := w.as("member@ridge.example").get("/admin/organizations").count("main table a"); n != 1 {
		t.Errorf("a member finds %d", n)
	}
}

// TestTheSamePageOfAnotherOrganization: the only config's pages are found without its id.
func TestTheSamePageOfAnotherOrganization(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	b := w.as("engineer@hs.example")
	for ask, want := range map[string]string{
		"/admin/orgs/ridge/connections?open=config":   "/admin/orgs/ridge/crm-configs/" + string(w.config.ID),
		"/admin/orgs/ridge/crm-settings?open=mapping": "/admin/orgs/ridge/crm-settings/" + string(w.config.ID) + "/mapping",
	} {
		if got := b.get(ask); got.code != http.StatusSeeOther || got.location != want {
			t.Errorf("%s: %d %s", ask, got.code, got.location)
		}
	}
	b.get("/admin/orgs/blue/connections?open=config").has(t, "main", "No CRM configuration yet")
	if _, err := w.connections.Create(t.Context(), w.ridge.ID, connection.Draft{Name: "Second", Type: crm.Zoho}); err != nil {
		t.Fatal(err)
	}
	page := b.get("/admin/orgs/ridge/connections?open=config")
	for _, name := range []string{"Main CRM", "Second"} {
		page.has(t, "nav.side a:contains('Edit Config'):contains('"+name+"')", name)
	}
}
