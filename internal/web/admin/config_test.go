package admin_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/secret"
)

func sharedApp() connection.Shared {
	return connection.Shared{ClientID: "1000.SHARED", Secrets: map[string]secret.String{"": secret.NewString("shared-secret-1")}}
}

func (w *world) configPath() string { return "/admin/orgs/ridge/crm-configs/" + string(w.config.ID) }

// nowConfig reads ridge's config.
func (w *world) nowConfig(t *testing.T) connection.Config {
	t.Helper()
	c, err := w.connections.Config(t.Context(), w.ridge.ID, w.config.ID)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAddingAConfigOpensIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	b := w.as("admin@blue.example")
	wrong := b.post("/admin/orgs/blue/connections", "name", "two\nlines", "crm_type", "zoho")
	if wrong.code != http.StatusUnprocessableEntity {
		t.Errorf("a wrong name: %d", wrong.code)
	}
	wrong.has(t, "#e-name", "Name must be 1 to 100 characters")
	if b.post("/admin/orgs/blue/connections", "name", "Main", "crm_type", "hubspot").code != http.StatusUnprocessableEntity {
		t.Error("a CRM Type that there is not")
	}
	got := b.post("/admin/orgs/blue/connections", "name", "Branch <b>North</b>", "crm_type", "zoho")
	if got.code != http.StatusSeeOther || !strings.HasPrefix(got.location, "/admin/orgs/blue/crm-configs/crm_") {
		t.Fatalf("%d %s", got.code, got.location)
	}
	page := b.get(got.location)
	page.has(t, "[role=status]", "Added.")
	page.has(t, ".side [aria-current=page]", "Edit Config")
	list := b.get("/admin/orgs/blue/connections")
	list.has(t, "tbody tr", "Branch <b>North</b> Zoho None yet – Not connected Edit Config")
	b.post("/admin/orgs/blue/connections", "name", "Second", "crm_type", "zoho")
	list = b.get("/admin/orgs/blue/connections")
	if list.count("tbody tr") != 2 || list.count(".side a:contains('Edit Config'):contains('Second')") != 1 {
		t.Error("of several configs each has an entry that names it")
	}
}

func TestSavingAConfig(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	b := w.as("admin@ridge.example")
	path := w.configPath()
	if got := b.post(path, "name", "Head office", "crm_type", "zoho", "client_id", " 1000.OWN ", "client_secret", " first-secret "); got.code != http.StatusSeeOther || got.location != path {
		t.Fatalf("%d %s", got.code, got.location)
	}
	if c := w.nowConfig(t); c.Name != "Head office" || c.ClientID != "1000.OWN" || c.ClientSecret.Reveal() != "first-secret" {
		t.Errorf("%s %s", c.Name, c.ClientID)
	}
	page := b.get(path)
	page.has(t, "[role=status]", "Saved.")
	mark := secret.NewString("first-secret").Fingerprint()
	page.has(t, "#h-client_secret", "Saved, fingerprint "+mark)
	if v, ok := page.Find("#f-client_secret").Attr("value"); v != "" || !ok {
		t.Errorf("the secret's field holds %q", v)
	}
	if b.post(path, "name", "Renamed", "crm_type", "zoho", "client_id", "1000.OWN", "client_secret", ""); w.nowConfig(t).ClientSecret.Reveal() != "first-secret" {
		t.Error("an empty field must keep the secret")
	}
	swapped := b.post(path, "name", "Renamed", "crm_type", "zoho", "client_id", "x", "client_secret", "1000.OWN")
	if swapped.code != http.StatusUnprocessableEntity || swapped.count("dialog[open]") != 1 {
		t.Errorf("swapped: %d", swapped.code)
	}
	swapped.has(t, "#e-client_secret", "Client Secret looks like a Client ID")
	if v, _ := swapped.Find("#f-client_id").Attr("value"); v != "x" {
		t.Errorf("what was typed is lost: %q", v)
	}
	lost := b.post(path, "name", "", "crm_type", "zoho", "client_id", "1000.NEW", "client_secret", "second-secret")
	lost.has(t, "#e-name", "Name must be")
	lost.has(t, "#e-client_secret", "once more")
	if c := w.nowConfig(t); c.Name != "Renamed" || c.ClientSecret.Reveal() != "first-secret" {
		t.Error("a refused form was saved")
	}
}

func TestTheDialogueWorksWithoutAScript(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sharedApp())
	b := w.as("admin@ridge.example")
	closed, open := b.get(w.configPath()), b.get(w.configPath()+"?dialog=connection")
	if closed.count("dialog#settings[open]") != 0 || open.count("dialog#settings[open]") != 1 {
		t.Error("the dialogue is open when nobody asked, or closed when somebody did")
	}
	open.sound(t, "the open dialogue")
	if to, _ := closed.Find("noscript").Html(); !strings.Contains(to, "?dialog=connection") {
		t.Errorf("no way to it without a script: %s", to)
	}
	for _, p := range []answer{closed, open} {
		if p.count("form#config[data-guard] dialog input[name=client_id]") != 1 || p.count("button[command='close']:contains('Okay')") != 1 {
			t.Error("what is typed in the dialogue must stand in the page's form, and Okay only close it")
		}
		csp := p.header.Get("Content-Security-Policy")
		if !strings.Contains(csp, "form-action 'self' "+accounts+";") || strings.Contains(csp, "unsafe") {
			t.Errorf("the form must be allowed to lead to Zoho: %s", csp)
		}
	}
	if csp := b.get("/admin/orgs/ridge/connections").header.Get("Content-Security-Policy"); strings.Contains(csp, accounts) {
		t.Error("other pages' forms lead to ourselves alone")
	}
}

func TestConnectNeedsCredentials(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		shared      connection.Shared
		id, secret  string
		want        bool
		says, ofUse string
	}{
		"nothing at all":            {want: false, says: "Enter Client ID and Client Secret", ofUse: "No Client ID and Client Secret are saved yet."},
		"the shared application":    {shared: sharedApp(), want: true, ofUse: "HeavySet's own application is used."},
		"its id typed in":           {shared: sharedApp(), id: "1000.SHARED", want: true, ofUse: "HeavySet's own application is used."},
		"own id without its secret": {shared: sharedApp(), id: "1000.OWN", want: false, says: "Enter Client ID and Client Secret", ofUse: "The Client Secret is missing."},
		"own id with its secret":    {id: "1000.OWN", secret: "own-secret", want: true, ofUse: "This configuration's own Client ID is used."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c.shared)
			b := w.as("admin@ridge.example")
			if c.id != "" {
				b.post(w.configPath(), "name", "Main", "crm_type", "zoho", "client_id", c.id, "client_secret", c.secret)
			}
			page := b.get(w.configPath())
			page.has(t, "#config", c.ofUse)
			if got := page.count("dialog button[form=authorize]:not([disabled])") == 1; got != c.want || page.count("main > section button[form=authorize]") == 1 != c.want {
				t.Errorf("Connect Zoho can be pressed: %v", got)
			}
			page.has(t, "dialog", c.says)
			got := b.post(w.configPath() + "/authorize")
			if c.want && !strings.HasPrefix(got.location, accounts+"/oauth/v2/auth?") {
				t.Errorf("leads to %q", got.location)
			}
			if !c.want {
				if got.code != http.StatusSeeOther || got.location != w.configPath()+"?dialog=connection&error=credentials" {
					t.Errorf("without credentials: %d %s", got.code, got.location)
				}
				b.get(got.location).has(t, "dialog [role=alert]", "Client ID and Client Secret are needed before connecting")
			}
		})
	}
}

func TestTheCardSaysHowTheConnectionIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sharedApp())
	b := w.as("admin@ridge.example")
	page := b.get(w.configPath())
	page.has(t, "main section .pill", "Not connected")
	if n := page.count(".tokens dd:contains('Blank')"); n != 3 {
		t.Errorf("%d of three fields are blank", n)
	}
	w.connected()
	page = b.get(w.configPath())
	page.has(t, "main section .pill-ok", "Connected")
	page.has(t, "main section .facts", "Zoho organization Ridgeline in Zoho 111 Data centre US Authorized by Rae Since Mon, Nov 30, 10:30 PM")
	if n := page.count(".tokens dd:contains('Populated')"); n != 3 {
		t.Errorf("%d of three fields are populated", n)
	}
	if page.count("main > section button[form=authorize]") != 0 {
		t.Error("what is connected asks to be connected")
	}
	page.has(t, "main section details", "1 permissions granted ZohoCRM.modules.ALL")
	if err := w.store.SetPause(t.Context(), w.ridge.ID, w.config.ID, connection.Pause{}, connection.Pause{Until: w.clock.Now().Add(time.Minute), Failures: 2}); err != nil {
		t.Fatal(err)
	}
	b.get(w.configPath()).has(t, "main section", "No answer Zoho does not answer at the moment. Nothing to do")
}

func TestMembersSeeAConfigAndCanChangeNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sharedApp())
	w.connected()
	b := w.as("member@ridge.example")
	for _, path := range []string{w.configPath(), w.configPath() + "?dialog=connection", "/admin/orgs/ridge/connections"} {
		page := b.get(path)
		page.sound(t, path)
		if page.count("main form, main input, main dialog, main select") != 0 {
			t.Errorf("%s: a member is offered what they may not do", path)
		}
	}
	page := b.get(w.configPath())
	page.has(t, "main", "Only an administrator can change this.")
	page.has(t, "main section .pill-ok", "Connected")
	if page.count("dd:contains('Populated')") != 3 {
		t.Error("the three fields are not shown")
	}
}
