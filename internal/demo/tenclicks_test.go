package demo_test

import (
	"strings"
	"testing"
)

// mouse clicks as a person does, and counts.
type mouse struct {
	*browser
	clicks int
}

// on clicks what a selector shows, and waits for what comes of it.
func (m *mouse) on(selector, then string) {
	m.t.Helper()
	m.clicks++
	m.click(selector, then)
}

// into clicks an empty field and types into it.
func (m *mouse) into(field, text string) {
	m.t.Helper()
	m.on("#f-"+field, "#f-"+field+":focus")
	m.write(field, text)
}

// to opens a page by the menu.
func (m *mouse) to(section, then string) {
	m.t.Helper()
	m.on(".menu-nav summary", ".menu-nav a[href$='scheduler/"+section+"']")
	m.on(".menu-nav a[href$='scheduler/"+section+"']", then)
}

// part counts what a part of the setup takes.
func (m *mouse) part(name string, work func()) {
	m.t.Helper()
	m.clicks = 0
	work()
	m.t.Logf("%s: %d clicks", name, m.clicks)
	if m.clicks >= 10 {
		m.t.Errorf("%s takes %d clicks; it must be under ten", name, m.clicks)
	}
}

// TestTenClicks: an administrator on a phone sets up an organization from nothing, in under ten clicks for each part:
// service, rep with hours, territory, embed page. Every click is one of the mouse, those into fields too.
func TestTenClicks(t *testing.T) {
	t.Parallel()
	w, _ := inProcess(t, nil)
	if status, body := w.keyed("PUT", "/orgs/ridgeline/catalog", `{"timezone":"America/Chicago","holidays":[],"territories":[],"services":[],"reps":[]}`); status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	m := &mouse{browser: chromium(t, 375)}
	m.signIn(w, "admin@ridgeline.example")
	m.part("a service that can be booked", func() {
		m.to("services", ".empty .button-primary")
		m.on(".empty .button-primary", "#f-hours")
		m.into("name", "Gutter check")
		m.on("main form .button-primary", ".notice-success")
	})
	m.part("a rep with hours", func() {
		m.to("reps", "main a[href$='new-rep']")
		m.on("main a[href$='new-rep']", "#f-hours_sat")
		m.into("name", "Zoe Zimmer")
		m.into("hours_sat", "9-12")
		m.on("button[value=save]", ".notice-success")
	})
	m.part("a territory", func() {
		m.to("territories", "main a[href$='new-territory']")
		m.on("main a[href$='new-territory']", "#f-postal_codes")
		m.into("name", "North")
		m.into("postal_codes", "60640, 60641")
		m.on("button[value=save]", ".notice-success")
	})
	m.part("the page to embed", func() {
		m.to("embed", "[data-copy]")
		m.on("[data-copy]", "pre code")
		if got := m.text("pre code"); !strings.Contains(got, "/embed.js") {
			t.Errorf("nothing to paste: %q", got)
		}
	})
	type catalogDoc struct {
		Territories []struct{ ID string }
		Services    []struct{ Reps []string }
		Reps        []struct {
			ID          string
			Territories []string
			Hours       []struct{ Days []string }
		}
	}
	c := get[catalogDoc](w, w.base+"/api/v1/orgs/ridgeline/catalog")
	if len(c.Territories) != 1 || len(c.Services) != 1 || len(c.Services[0].Reps) != 2 || len(c.Reps) != 2 || len(c.Reps[1].Territories) != 1 {
		t.Fatalf("%+v", c)
	}
	saturday := false
	for _, h := range c.Reps[1].Hours {
		saturday = saturday || strings.Contains(strings.Join(h.Days, " "), "sat")
	}
	if offered := w.slots("gutter-check", 1, 14); !saturday || len(offered) == 0 {
		t.Errorf("saturday: %v, %d times on offer", saturday, len(offered))
	}
}
