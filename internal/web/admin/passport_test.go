package admin_test

import (
	"net/http"
	"testing"
	"time"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/passport"
	"heavyset.tech/platform/internal/secret"
)

// TestLastNightAndWhatChangedSince: the page compares what is with what the night saw, and keeps what is asked for.
func TestLastNightAndWhatChangedSince(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	const path = "/admin/orgs/ridge/passport"
	b := w.as("admin@ridge.example")
	b.get(path).has(t, "#night + p", "HeavySet checks all of this by itself each night")
	if err := w.passports.TakeNightly(t.Context(), passport.Due{Org: w.ridge.ID, Config: w.config.ID}); err != nil {
		t.Fatal(err)
	}
	b.get(path).has(t, "main", "Nothing has changed since.")
	w.clock.forward(time.Hour)
	if err := w.connections.Save(t.Context(), w.ridge.ID, w.config.ID, connection.Draft{Name: "Main CRM", Type: "zoho", ClientID: "1000.X", ClientSecret: secret.NewString(clientSecret)}); err != nil {
		t.Fatal(err)
	}
	page := b.get(path)
	page.sound(t, path)
	if n := page.count("h3 + .checks > li"); n != 2 {
		t.Errorf("%d lines changed, want steps 3 and TR 1", n)
	}
	page.has(t, "h3 + .checks > li", "3 Enter Client Credentials To do → Done Was: Client ID or Client Secret is missing, so Zoho's page cannot be opened. Is: Client ID and Client Secret are saved.")
	to, _ := page.Find("#night").Parent().Parent().Find("a:contains('As it was then')").Attr("href")
	then := b.get(to)
	then.sound(t, to)
	then.has(t, "#state ~ *, section", "Open: ")
	then.has(t, "main", "by HeavySet, at night.")
	kept := b.post(path)
	if kept.code != http.StatusSeeOther {
		t.Fatal(kept.code)
	}
	b.get(kept.location).has(t, "main", "by Rae Ridge.")
	if n := b.get(path).count("#runs + table tbody tr"); n != 2 {
		t.Errorf("%d passports are kept", n)
	}
	if got := b.get(path + "?run=pass_nothing"); got.code != http.StatusNotFound {
		t.Errorf("one that is none: %d", got.code)
	}
	if got := w.as("admin@blue.example").get("/admin/orgs/blue" + kept.location[len("/admin/orgs/ridge"):]); got.code != http.StatusNotFound {
		t.Errorf("another's: %d", got.code)
	}
}
