package admin_test

import (
	"net/http"
	"strings"
	"testing"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/widget"
)

func TestEmbedPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	b := w.as("admin@ridge.example")
	const path = "/admin/orgs/ridge/scheduler/embed"
	for mode, want := range map[string]string{
		"":       `<script src="https://hs.example/embed.js" data-scheduler="ridge" data-mode="inline"></script>`,
		"popup":  `<a href="https://hs.example/book/ridge">Book a visit</a>`,
		"button": `data-mode="button" async></script>`,
		"<x>":    `data-mode="inline"`,
	} {
		got := b.get(path + "?mode=" + mode)
		got.sound(t, path+" "+mode)
		got.has(t, "main pre", want)
		if copied, _ := got.Find("[data-copy]").Attr("data-copy"); !strings.Contains(copied, want) {
			t.Errorf("%s: copies %q", mode, copied)
		}
		if csp := got.header.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-src 'self'") || !strings.Contains(csp, "frame-ancestors 'none'") {
			t.Errorf("%s: %s", mode, csp)
		}
		src, _ := got.Find("iframe").Attr("src")
		preview := b.get(src)
		preview.sound(t, src)
		if preview.count(`script[src="/embed.js"][data-scheduler="ridge"]`) != 1 {
			t.Errorf("%s: the preview does not use the script", src)
		}
		if csp := preview.header.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-ancestors 'self'") {
			t.Errorf("%s: %s", src, csp)
		}
	}
	b.get(path).has(t, "main", "Nothing is refused while any site may show the pages")
}

func TestSitesOfTheEmbed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	b := w.as("admin@ridge.example")
	const path = "/admin/orgs/ridge/scheduler/embed"
	if got := b.post(path+"/sites", "sites", "www.ridge.example\n*.ridge.example"); got.code != http.StatusSeeOther || got.location != path {
		t.Fatalf("%d %s", got.code, got.location)
	}
	got := b.get(path)
	got.has(t, ".notice-success", "2 sites may show the booking pages")
	got.has(t, "textarea", "https://www.ridge.example https://*.ridge.example")
	got.has(t, "main", "No other site has tried")

	wrong := b.post(path+"/sites", "sites", "www.ridge.example\n"+hostile)
	if wrong.code != http.StatusUnprocessableEntity || wrong.count("main script, main img") > 0 {
		t.Errorf("%d, or something was injected", wrong.code)
	}
	wrong.has(t, "textarea", "www.ridge.example <script>")
	wrong.has(t, ".error", "is no address of a website")

	sites := &widget.Service{Store: w.store, Now: w.clock.Now}
	if err := sites.Refuse(t.Context(), w.ridge.ID, "https://shop.example"); err != nil {
		t.Fatal(err)
	}
	got = b.get(path)
	got.has(t, "tbody tr", "https://shop.example 1 time")
	if member := w.as("member@ridge.example").get(path); member.count("main form") != 0 {
		t.Error("a member is offered a change")
	} else {
		member.has(t, "main", "https://*.ridge.example")
		member.has(t, "tbody tr", "https://shop.example")
	}
	if other := w.as("admin@blue.example").get("/admin/orgs/blue/scheduler/embed"); strings.Contains(other.body, "shop.example") {
		t.Error("another organization sees who tried")
	}
	b.post(path+"/allow", "site", "https://shop.example")
	got = b.get(path)
	got.has(t, ".notice-success", "https://shop.example may show the booking pages now")
	got.has(t, "textarea", "https://shop.example")
	got.has(t, "main", "No other site has tried")
	if all := strings.Join(w.events(w.ridge.ID), "\n"); !strings.Contains(all, "https://*.ridge.example") || !strings.Contains(all, "Site of the embed allowed") {
		t.Errorf("the audit lacks the sites:\n%s", all)
	}
	b.post(path+"/sites", "sites", "")
	b.post(path+"/allow", "site", "https://shop.example")
	b.get(path).has(t, ".notice-error", "Any site may show the booking page at the moment")
}
