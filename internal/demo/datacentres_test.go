package demo_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"heavyset.tech/platform/internal/mailsink"
	"heavyset.tech/platform/internal/zohosim"
)

// TestTwoDataCentres: an organization of eu and one of us work side by side on one platform, and an accounts server that
// is none of Zoho's is refused before any call leaves.
func TestTwoDataCentres(t *testing.T) {
	t.Parallel()
	sim, err := zohosim.New(zohosim.Options{Now: time.Now, Seed: "empty", DataCentres: []zohosim.DC{{Location: "us"}, {Location: "eu"}}})
	if err != nil {
		t.Fatal(err)
	}
	zoho, made := map[string]string{}, map[string]*atomic.Int64{"us": {}, "eu": {}}
	var list []string
	for _, location := range []string{"us", "eu"} {
		server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost && r.URL.Path == "/crm/v8/Contacts" {
				made[location].Add(1)
			}
			sim.Handler(location).ServeHTTP(rw, r)
		}))
		t.Cleanup(server.Close)
		sim.SetBaseURL(location, server.URL)
		zoho[location] = server.URL
		list = append(list, fmt.Sprintf("%s=%[2]s|%[2]s|%[2]s", location, server.URL))
	}
	sink, err := mailsink.New(mailsink.Options{Now: time.Now, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	smtp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = sink.Run(t.Context(), smtp) }()
	w := start(t, "HEAVYSET_TEST_PLATFORM=sqlite:"+filepath.Join(t.TempDir(), "platform.db"), "HEAVYSET_TEST_SMTP=smtp://"+smtp.Addr().String()+"?tls=none",
		"HEAVYSET_TEST_ZOHO="+strings.Join(list, ","))
	for slug, location := range map[string]string{"here": "us", "there": "eu"} {
		w.zoho = zoho[location]
		if c := w.connectIn(slug, location); c.State != "connected" || c.AccountsDomain != zoho[location] || c.APIDomain != zoho[location] {
			t.Errorf("%s is connected as %+v", slug, c)
		}
		if status, b := w.keyed("PUT", "/orgs/"+slug+"/catalog", benchCatalog()); status != 200 {
			t.Fatalf("%d %s", status, b)
		}
		at := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 3).Format(time.RFC3339)
		status, b := w.keyed("POST", "/schedulers/"+slug+"/bookings", fmt.Sprintf(`{"service":"visit","start":%q,"customer":{"last_name":"From %s","email":%q}}`, at, slug, slug+"@test.example"))
		if status != 201 {
			t.Fatalf("%s: %d %s", slug, status, b)
		}
	}
	w.settled(30 * time.Second)
	for slug, location := range map[string]string{"here": "us", "there": "eu"} {
		if n := made[location].Load(); n != 1 {
			t.Errorf("%s: %d contacts were made in %s", slug, n, location)
		}
	}
	// a code of eu shown with an address that is none of Zoho's
	calls := func() int { return len(get[struct{ Calls map[string]int }](w, zoho["us"]+"/_sim/stats").Calls) }
	before := calls()
	for _, foreign := range []string{"https://accounts.zoho.evil.example", zoho["eu"] + ".evil.example", zoho["us"] + "@evil.example", "http://[::ffff:127.0.0.1]:80"} {
		config := w.newConfig("here")
		status, b := w.keyed("POST", config+"/connect", fmt.Sprintf(`{"client_id":"1000.SIMCLIENT","client_secret":"sim-secret","code":"1000.x.y","location":"eu","accounts_server":%q}`, foreign))
		if status != 422 {
			t.Errorf("%s: %d %s", foreign, status, b)
		}
	}
	if calls() != before {
		t.Error("a call left for Zoho before the address was looked at")
	}
}

type connectionBody struct {
	State          string
	AccountsDomain string `json:"accounts_domain"`
	APIDomain      string `json:"api_domain"`
}

// newConfig makes a CRM config and gives its path in the API.
func (w *world) newConfig(slug string) string {
	w.t.Helper()
	_, b := w.keyed("POST", "/orgs/"+slug+"/crm-configs", `{"name":"Zoho","crm_type":"zoho"}`)
	var config struct{ ID string }
	if err := json.Unmarshal(b, &config); err != nil || config.ID == "" {
		w.t.Fatalf("%v %s", err, b)
	}
	return "/orgs/" + slug + "/crm-configs/" + config.ID
}

// connectIn makes an organization and connects it to the simulator's listener that w.zoho names.
func (w *world) connectIn(slug, location string) connectionBody {
	w.t.Helper()
	if status, b := w.keyed("POST", "/orgs", fmt.Sprintf(`{"slug":%q,"name":%q,"timezone":"UTC"}`, slug, slug)); status != 201 {
		w.t.Fatalf("%d %s", status, b)
	}
	_, b := w.call("POST", w.zoho+"/_sim/grant", `{"client_id":"1000.SIMCLIENT","scope":"ZohoCRM.modules.ALL,ZohoCRM.settings.ALL,ZohoCRM.users.READ,ZohoCRM.org.READ,ZohoCRM.coql.READ,ZohoCRM.notifications.ALL"}`)
	var grant struct{ Code, Location string }
	if err := json.Unmarshal(b, &grant); err != nil || grant.Location != location {
		w.t.Fatalf("a grant of %s: %v %s", location, err, b)
	}
	status, b := w.keyed("POST", w.newConfig(slug)+"/connect", fmt.Sprintf(
		`{"client_id":"1000.SIMCLIENT","client_secret":"sim-secret","code":%q,"location":%q,"accounts_server":%q}`, grant.Code, grant.Location, w.zoho))
	var c connectionBody
	if err := json.Unmarshal(b, &c); err != nil || status != 200 {
		w.t.Fatalf("connect %s: %d %s", slug, status, b)
	}
	return c
}
