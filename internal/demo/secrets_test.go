package demo_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/demo"
)

// TestSecretsShowNowhere plants a client secret, connects with it, and looks for it and for every token in all pages of
// the console, the answers of the API, the mails, the metrics and the log.
func TestSecretsShowNowhere(t *testing.T) {
	t.Parallel()
	var log tape
	w, d := inProcess(t, func(o *demo.Options) {
		o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	const planted = "planted-client-secret-4711"
	w.control("POST", "/_sim/apps", `{"client_id":"1000.PLANTED","client_secret":"`+planted+`","redirect_uris":["`+w.base+`/oauth/zoho/callback"]}`)
	w.zohoApp("1000.PLANTED", planted)
	if status, _ := w.book(w.slots("inspection", 2, 30)[0], "Secret"); status != 201 {
		t.Fatal(status)
	}
	w.settled(20 * time.Second)
	if status, b := w.keyed("POST", w.config()+"/test-booking", ""); status != 200 {
		t.Fatalf("%d %s", status, b)
	}
	k := w.connected(d)
	if k.ClientSecret.Reveal() != planted {
		t.Fatal("the planted secret is not in use")
	}
	secrets := map[string]string{
		"client secret": planted, "refresh token": k.Connection.RefreshToken.Reveal(), "access token": k.Connection.Access.Token.Reveal(), "password": testPassword, "API key": testToken,
	}
	seen := w.crawl("engineer@heavyset.example")
	if len(seen) < 25 {
		t.Errorf("only %d pages were seen", len(seen))
	}
	for _, path := range []string{"/orgs/ridgeline/crm-configs", "/orgs/ridgeline/sync-attempts", "/orgs/ridgeline/appointments", "/orgs/ridgeline/leads", "/orgs/ridgeline/customers", "/orgs/ridgeline/catalog", w.config() + "/settings"} {
		_, b := w.keyed("GET", path, "")
		seen["API "+path] = string(b)
	}
	for _, path := range []string{"/_demo/mail", "/metrics", "/readyz", "/api/openapi.json"} {
		_, b := w.call("GET", w.base+path, "")
		seen[path] = string(b)
	}
	seen["the log"] = log.String()
	if len(seen["the log"]) < 100 || len(seen["/_demo/mail"]) < 100 {
		t.Error("there is no log or no mail to look through")
	}
	for where, text := range seen {
		for what, secret := range secrets {
			if strings.Contains(text, secret) {
				t.Errorf("%s: the %s is there", where, what)
			}
		}
	}
}

// connected gives ridgeline's CRM config with its secrets.
func (w *world) connected(d *demo.Demo) connection.Config {
	w.t.Helper()
	o, err := d.App.Store.OrganizationBySlug(w.t.Context(), "ridgeline")
	if err != nil {
		w.t.Fatal(err)
	}
	configs, err := d.App.Connections.Configs(w.t.Context(), o.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return configs[0]
}

// zohoApp connects ridgeline anew with an application of its own.
func (w *world) zohoApp(id, secret string) {
	w.t.Helper()
	redirect := w.base + "/oauth/zoho/callback"
	_, b := w.call("POST", w.zoho+"/_sim/grant", fmt.Sprintf(`{"client_id":%q,"redirect_uri":%q,"scope":"ZohoCRM.modules.ALL,ZohoCRM.settings.ALL,ZohoCRM.users.READ,ZohoCRM.org.READ,ZohoCRM.coql.READ"}`, id, redirect))
	var grant struct {
		Code, Location string
		AccountsServer string `json:"accounts_server"`
	}
	if err := json.Unmarshal(b, &grant); err != nil {
		w.t.Fatal(err)
	}
	status, b := w.keyed("POST", w.config()+"/connect", fmt.Sprintf(`{"client_id":%q,"client_secret":%q,"code":%q,"location":%q,"accounts_server":%q,"redirect_uri":%q}`,
		id, secret, grant.Code, grant.Location, grant.AccountsServer, redirect))
	if status != 200 {
		w.t.Fatalf("connect: %d %s", status, b)
	}
}

var links = regexp.MustCompile(`href="(/admin[^"#]*)`)

// crawl signs in and opens every page of the console that a link leads to; the texts by address.
func (w *world) crawl(email string) map[string]string {
	w.t.Helper()
	v := w.visitor()
	_, signedIn := v.post(w.base+"/login", "email", email, "password", testPassword)
	seen, queue := map[string]string{"sign-in": signedIn}, []string{"/admin", "/admin" + w.config() + "?dialog=connection"}
	looks := map[string]int{} // a calendar goes on for ever
	for len(queue) > 0 && len(seen) < 200 {
		path := queue[0]
		queue = queue[1:]
		page, _, _ := strings.Cut(path, "?")
		if _, done := seen[path]; done || looks[page] == 10 {
			continue
		}
		looks[page]++
		_, seen[path] = v.get(w.base + path)
		for _, m := range links.FindAllStringSubmatch(seen[path], -1) {
			queue = append(queue, strings.ReplaceAll(m[1], "&amp;", "&"))
		}
	}
	return seen
}
