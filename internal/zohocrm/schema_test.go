package zohocrm_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/zoho"
	"heavyset.tech/platform/internal/zohocrm"
	"heavyset.tech/platform/internal/zohooas"
	"heavyset.tech/platform/internal/zohosim"
)

// contract holds what passes between provider and simulator against Zoho's OpenAPI files, in both directions.
var contract = zohooas.Open("zohocrm")

func TestMain(m *testing.M) { os.Exit(contract.End(m.Run())) }

var morning = time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC)

// world is a provider connected to a simulator of its own.
type world struct {
	t        *testing.T
	url      string
	provider crm.Provider
	calls    []crm.Call

	connector *zohocrm.Connector
	app       crm.App
	site      crm.Site
	tokens    crm.Tokens
	refresh   secret.String
}

// connected makes a world whose traffic is judged by Zoho's files.
func connected(t *testing.T) *world {
	t.Helper()
	h := zoho.NewHTTPClient()
	h.Transport = zohooas.Transport{Base: h.Transport, Suite: contract, To: t, Requests: true, Answers: true}
	return connectedWhere(t, h, nil)
}

// connectedWhere makes a world in which some switches of the simulator stand otherwise.
func connectedWhere(t *testing.T, h *http.Client, switches map[string]string) *world {
	t.Helper()
	now := func() time.Time { return morning }
	sim, err := zohosim.New(zohosim.Options{Now: now, DataCentres: []zohosim.DC{{Location: "us"}}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim.Handler("us"))
	t.Cleanup(server.Close)
	sim.SetBaseURL("us", server.URL)
	w := &world{t: t, url: server.URL}
	var g struct {
		Code           string
		Location       string
		AccountsServer string `json:"accounts_server"`
	}
	for name, value := range switches {
		w.control("PATCH", "/_sim/switches", patch(name, value), nil)
	}
	w.control("POST", "/_sim/grant", `{"client_id":"1000.SIMCLIENT","scope":"ZohoCRM.modules.ALL,ZohoCRM.settings.ALL,ZohoCRM.users.READ,ZohoCRM.org.READ,ZohoCRM.coql.READ,ZohoCRM.notifications.ALL,ZohoCRM.bulk.READ,ZohoCalendar.calendar.READ,ZohoCalendar.event.ALL,ZohoCalendar.freebusy.READ,AaaServer.profile.READ"}`, &g)
	c, err := zohocrm.New(fmt.Sprintf("us=%[1]s|%[1]s|%[1]s", server.URL), h, now)
	if err != nil {
		t.Fatal(err)
	}
	app := crm.App{ClientID: "1000.SIMCLIENT", ClientSecret: secret.NewString("sim-secret")}
	grant, err := c.Exchange(t.Context(), app, crm.Callback{Code: g.Code, Location: g.Location, AccountsServer: g.AccountsServer})
	if err != nil {
		t.Fatal(err)
	}
	tokens := func(context.Context, secret.String) (secret.String, error) { return grant.Access.Token, nil }
	w.connector, w.app, w.site, w.tokens, w.refresh = c, app, crm.Site{Location: grant.Location}, tokens, grant.RefreshToken
	w.provider = c.Provider(crm.Site{Location: grant.Location}, tokens, counting(func(c crm.Call) { w.calls = append(w.calls, c) }))
	return w
}

// control calls the simulator's own interface.
func (w *world) control(method, path, body string, out any) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.url+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	if res.StatusCode >= 300 {
		w.t.Fatalf("%s %s: %d %s", method, path, res.StatusCode, b)
	}
	if out != nil {
		if err := json.Unmarshal(b, out); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) credits() int {
	n := 0
	for _, c := range w.calls {
		n += c.Credits
	}
	return n
}

const visits = `{"module":{"plural_label":"Site visits","singular_label":"Site visit"},"fields":[
{"api_name":"Name","system_mandatory":true,"length":120},
{"api_name":"Start","field_label":"Visit start","data_type":"datetime"},
{"api_name":"Kind","data_type":"picklist","pick_list_values":["Big",{"actual_value":"small","display_value":"Small"}]},
{"api_name":"Tags","data_type":"multiselectpicklist","pick_list_values":["a","b"]},
{"api_name":"Guests","data_type":"bigint","json_type":"jsonarray"},
{"api_name":"Customer","data_type":"lookup","lookup":{"module":{"api_name":"Contacts"}}},
{"api_name":"About","data_type":"lookup","lookup":{"module":{"api_name":"se_module"}}},
{"api_name":"Party","data_type":"multi_module_lookup","multi_module_lookup":{"modules":[{"api_name":"Leads"},{"api_name":"Contacts"}]}},
{"api_name":"Total","data_type":"formula"},{"api_name":"No","data_type":"autonumber"},{"api_name":"Seen","data_type":"text","read_only":true},
{"api_name":"Ref","unique":{"casesensitive":"true"}},{"api_name":"Size","data_type":"double"},{"api_name":"Count","data_type":"integer"}],
"layouts":[{"name":"Standard","sections":[{"name":"When and who","fields":[{"api_name":"Name"},{"api_name":"Start","required":true},{"api_name":"Kind","pick_list_values":["Big"]}]}]},{"name":"Old","status":"inactive"}],
"records":[{"Name":"One","Start":"2026-11-23T10:00:00-06:00","Tags":["a","b"],"Size":1.5,"Count":3,"Kind":"Big"},{"Name":"Two"},{"Name":"Three"}]}`

func TestSchema(t *testing.T) {
	t.Parallel()
	w := connected(t)
	w.control("PUT", "/_sim/modules/Site_Visits", visits, nil)
	s, err := w.provider.Schema(t.Context(), "Site_Visits")
	if err != nil {
		t.Fatal(err)
	}
	if w.credits() != 2 {
		t.Errorf("%d credits", w.credits())
	}
	types := map[string]crm.FieldType{
		"Name": crm.TextField, "Start": crm.DateTimeField, "Kind": crm.PicklistField, "Tags": crm.MultiPickField, "Guests": crm.ListField,
		"Customer": crm.LookupField, "About": crm.LookupField, "Party": crm.LookupField, "Total": crm.OtherField, "No": crm.OtherField, "Owner": crm.UserField,
	}
	for name, want := range types {
		if f, ok := s.Field(name); !ok || f.Type != want || f.ID == "" {
			t.Errorf("%s: %+v, want %s", name, f, want)
		}
	}
	get := func(name string) crm.Field {
		f, _ := s.Field(name)
		return f
	}
	if f := get("Name"); !f.Required || f.Length != 120 || !f.Creatable || !f.Updatable {
		t.Errorf("Name: %+v", f)
	}
	if f := get("Start"); f.Label != "Visit start" || f.Required || !f.Custom {
		t.Errorf("Start: %+v", f)
	}
	if c := get("Kind").Choices; len(c) != 2 || c[1].Value != "small" || c[1].Label != "Small" || c[1].ID == "" {
		t.Errorf("Kind: %+v", c)
	}
	for name, want := range map[string][]string{"Customer": {"Contacts"}, "About": nil, "Party": {"Leads", "Contacts"}} {
		if got := get(name).Targets; !reflect.DeepEqual(got, want) {
			t.Errorf("%s points to %v, want %v", name, got, want)
		}
	}
	for _, name := range []string{"Total", "No", "Seen", "Created_Time"} {
		if f := get(name); f.Creatable || f.Updatable {
			t.Errorf("%s is writable: %+v", name, f)
		}
	}
	if !get("Ref").Unique || get("Name").Unique {
		t.Error("unique")
	}
	if len(s.Layouts) != 2 || !s.Layouts[0].Active || s.Layouts[1].Active {
		t.Fatalf("layouts: %+v", s.Layouts)
	}
	section := s.Layouts[0].Sections[0]
	if section.Name != "When and who" || !section.Fields[0].Required || !section.Fields[1].Required || section.Fields[2].Required || len(section.Fields[2].Choices) != 1 {
		t.Errorf("section: %+v", section)
	}
	if _, err := w.provider.Schema(t.Context(), "Nowhere"); !crm.IsClass(err, crm.Unfit) {
		t.Errorf("a module that is not there: %v", err)
	}
}

func TestModules(t *testing.T) {
	t.Parallel()
	w := connected(t)
	w.control("PUT", "/_sim/modules/Site_Visits", visits, nil)
	all, err := w.provider.Modules(t.Context())
	if err != nil || w.credits() != 1 {
		t.Fatal(err, w.credits())
	}
	by := map[string]crm.Module{}
	for _, m := range all {
		by[m.Name] = m
	}
	if m := by["Events"]; m.Plural != "Meetings" || m.Custom || !m.Readable || !m.Writable || m.ID == "" {
		t.Errorf("Events: %+v", m)
	}
	if m := by["Site_Visits"]; m.Singular != "Site visit" || !m.Custom {
		t.Errorf("Site_Visits: %+v", m)
	}
	if _, there := by["Home"]; there {
		t.Error("a tab without records is no module")
	}
}

func TestNewest(t *testing.T) {
	t.Parallel()
	w := connected(t)
	w.control("PUT", "/_sim/modules/Site_Visits", visits, nil)
	got, err := w.provider.Newest(t.Context(), "Site_Visits", []string{"Name", "Start", "Tags", "Size", "Count", "Kind"})
	if err != nil || len(got) != 3 || w.credits() != 1 {
		t.Fatalf("%v %v, %d credits", got, err, w.credits())
	}
	if got[0].Text("Name") != "Three" {
		t.Errorf("the newest comes first: %v", got[0])
	}
	v := got[2].Values
	at, _ := v["Start"].(time.Time)
	if !at.Equal(time.Date(2026, 11, 23, 16, 0, 0, 0, time.UTC)) || !reflect.DeepEqual(v["Tags"], []string{"a", "b"}) || v["Size"] != 1.5 || v["Count"] != int64(3) || v["Kind"] != "Big" {
		t.Errorf("values: %#v", v)
	}
}

func TestNewestStopsAtTheSampleSize(t *testing.T) {
	t.Parallel()
	w := connected(t)
	var records []string
	for i := range crm.SampleSize + 20 {
		records = append(records, fmt.Sprintf(`{"Name":"N%d"}`, i))
	}
	w.control("PUT", "/_sim/modules/Many", `{"fields":[{"api_name":"Name"}],"records":[`+strings.Join(records, ",")+`]}`, nil)
	got, err := w.provider.Newest(t.Context(), "Many", []string{"Name"})
	if err != nil || len(got) != crm.SampleSize || len(w.calls) != 1 {
		t.Errorf("%d records, %v, %d calls", len(got), err, len(w.calls))
	}
	w.control("PUT", "/_sim/modules/None", `{"fields":[{"api_name":"Name"}]}`, nil)
	if got, err := w.provider.Newest(t.Context(), "None", []string{"Name"}); err != nil || len(got) != 0 {
		t.Errorf("an empty module: %v %v", got, err)
	}
}

// counting is a meter that bounds nothing.
type counting func(crm.Call)

func (counting) Begin(context.Context) (func(), error) { return func() {}, nil }

func (f counting) Count(c crm.Call) { f(c) }
