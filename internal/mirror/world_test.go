package mirror_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/job"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/mapping"
	"heavyset.tech/platform/internal/mirror"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/settings"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
	"heavyset.tech/platform/internal/zoho"
	"heavyset.tech/platform/internal/zohocrm"
	"heavyset.tech/platform/internal/zohooas"
	"heavyset.tech/platform/internal/zohosim"
)

var contract = zohooas.Open("mirror")

func TestMain(m *testing.M) { storetest.Main(m, contract.End) }

// The reps and who they are in Zoho. Bo lives two hours west of the organization.
const (
	annUser = "5725767000000411001"
	boUser  = "5725767000000411002"
	noRep   = "5725767000000411003"
	ann     = "ann@ridgeline.example"
)

// monday is a Monday, 6 in the morning in Chicago.
var monday = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

// tuesday is the day that most is about.
const tuesday = "2026-12-01"

// world is one organization that is connected to a simulated Zoho.
type world struct {
	t      *testing.T
	url    string       // of the simulator
	people *http.Client // by which people call it
	token  string       // of a dispatcher in Zoho
	down   atomic.Bool
	store  *store.Store
	org    org.Organization
	conn   connection.ConfigID
	book   *booking.Service
	mirror *mirror.Service
	sync   *crmsync.Service

	mu  sync.Mutex
	now time.Time
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) wait(d time.Duration) {
	w.t.Helper()
	w.mu.Lock()
	w.now = w.now.Add(d)
	w.mu.Unlock()
}

// RoundTrip cuts Zoho off while it is down.
func (w *world) through(base http.RoundTripper) http.RoundTripper {
	return trip(func(r *http.Request) (*http.Response, error) {
		if w.down.Load() {
			return nil, io.ErrUnexpectedEOF
		}
		return base.RoundTrip(r)
	})
}

type trip func(*http.Request) (*http.Response, error)

func (f trip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldOn(t, "sqlite")
}

func newWorldOn(t *testing.T, engine string) *world {
	t.Helper()
	w := &world{t: t, now: monday, people: http.DefaultClient}
	sim, err := zohosim.New(zohosim.Options{Now: w.clock, Seed: "demo", DataCentres: []zohosim.DC{{Location: "us"}}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim.Handler("us"))
	t.Cleanup(server.Close)
	sim.SetBaseURL("us", server.URL)
	w.url = server.URL
	h := zoho.NewHTTPClient()
	h.Transport = w.through(zohooas.Transport{Base: h.Transport, Suite: contract, To: t, Requests: true, Answers: true})
	w.store = storetest.Open(t, storetest.URLs(t, engine), w.clock, table())
	if err := w.found(h, reps()); err != nil {
		t.Fatal(err)
	}
	return w
}

// table has the facts that tests count jobs of.
func table() *job.Table {
	t := &job.Table{}
	job.On(t, "crmsync.due", "crm", job.Options{}, func(context.Context, crmsync.Due) error { return nil })
	job.On(t, "booking.affirmed", "mail", job.Options{}, func(context.Context, booking.Affirmed) error { return nil })
	job.On(t, "booking.doubted", "mail", job.Options{}, func(context.Context, booking.Doubted) error { return nil })
	job.On(t, "mirror.opened", "mail", job.Options{}, func(context.Context, mirror.Opened) error { return nil })
	return t
}

// found makes the organization, connects it and begins a process that calls Zoho through h.
func (w *world) found(h *http.Client, c catalog.Catalog) error {
	var err error
	if w.org, err = (&org.Service{Store: w.store, Now: w.clock}).Create(w.t.Context(), org.Draft{Slug: "o", Name: "O", Timezone: "America/Chicago"}); err != nil {
		return err
	}
	if _, err := (&catalog.Editor{Store: w.store}).Replace(w.t.Context(), w.org.ID, c); err != nil {
		return err
	}
	connections, err := w.process(h, "node_a")
	if err == nil {
		w.connect(connections)
	}
	return err
}

// process begins what a process of that name has in memory.
func (w *world) process(h *http.Client, node string) (*connection.Service, error) {
	connector, err := zohocrm.New(fmt.Sprintf("us=%[1]s|%[1]s|%[1]s", w.url), h, w.clock)
	if err != nil {
		return nil, err
	}
	connections := &connection.Service{
		Store: w.store, Connectors: map[crm.Type]crm.Connector{crm.Zoho: connector}, Now: w.clock,
		Shared: connection.Shared{ClientID: "1000.SIMCLIENT", Secrets: map[string]secret.String{"": secret.NewString("sim-secret")}},
	}
	guardian := connection.NewGuardian(connections)
	w.book = booking.New(w.store, w.clock)
	w.mirror = &mirror.Service{
		Store: w.store, Connections: connections, Guardian: guardian, Settings: w.store, Every: 2 * time.Minute, NotifyURL: "https://x.example/hooks/zoho/", Now: w.clock,
	}
	w.sync = &crmsync.Service{Store: w.store, Connections: connections, Guardian: guardian, Settings: w.store, Node: node, Now: w.clock}
	w.sync.Lookout = w.mirror
	return connections, nil
}

// replace gives the organization another catalog.
func (w *world) replace(c catalog.Catalog) {
	w.t.Helper()
	if _, err := (&catalog.Editor{Store: w.store}).Replace(w.t.Context(), w.org.ID, c); err != nil {
		w.t.Fatal(err)
	}
}

// reps is a catalog in which each service has one rep.
func reps() catalog.Catalog {
	days := []string{"mon", "tue", "wed", "thu", "fri"}
	service := func(rep string) catalog.Service {
		return catalog.Service{ID: rep, Name: "Visit by " + rep, DurationMinutes: 60, SlotIntervalMinutes: 60, BookingWindowDays: 30, Assignment: catalog.Priority, Reps: []string{rep}}
	}
	return catalog.Catalog{
		Timezone: "America/Chicago", Services: []catalog.Service{service("ann"), service("bo")},
		Reps: []catalog.Rep{
			{ID: "ann", Name: "Ann", Email: ann, CRMUser: annUser, Hours: []catalog.Hours{{Days: days, Start: "09:00", End: "17:00"}}},
			{ID: "bo", Name: "Bo", Email: "ben@ridgeline.example", CRMUser: boUser, Timezone: "America/Los_Angeles", Hours: []catalog.Hours{{Days: days, Start: "09:00", End: "17:00"}}},
		},
	}
}

const scopes = "ZohoCRM.modules.ALL,ZohoCRM.settings.ALL,ZohoCRM.users.READ,ZohoCRM.org.READ,ZohoCRM.coql.READ,ZohoCRM.notifications.ALL,ZohoCRM.bulk.READ," +
	"ZohoCalendar.calendar.READ,ZohoCalendar.event.ALL,ZohoCalendar.freebusy.READ,AaaServer.profile.READ"

func (w *world) connect(s *connection.Service) {
	w.t.Helper()
	k, err := s.Create(w.t.Context(), w.org.ID, connection.Draft{Name: "Zoho", Type: crm.Zoho})
	if err != nil {
		w.t.Fatal(err)
	}
	w.conn = k.ID
	w.authorize(s)
	w.signIn()
}

const redirect = "http://127.0.0.1/back"

type grant struct {
	Code           string
	Location       string
	AccountsServer string `json:"accounts_server"`
}

func (w *world) grant(scope string) (g grant) {
	w.t.Helper()
	w.control("POST", "/_sim/grant", fmt.Sprintf(`{"client_id":"1000.SIMCLIENT","scope":%q,"redirect_uri":%q}`, scope, redirect), &g)
	return g
}

// authorize connects the config, or connects it again.
func (w *world) authorize(s *connection.Service) {
	w.t.Helper()
	g := w.grant(scopes)
	if _, err := s.Connect(w.t.Context(), w.org.ID, w.conn, "", secret.String{}, redirect, crm.Callback{Code: g.Code, Location: g.Location, AccountsServer: g.AccountsServer}); err != nil {
		w.t.Fatal(err)
	}
}

// signIn gives the dispatcher a token for an hour.
func (w *world) signIn() {
	w.t.Helper()
	g := w.grant("ZohoCRM.modules.ALL,ZohoCRM.settings.ALL,ZohoCRM.users.READ")
	q := url.Values{"grant_type": {"authorization_code"}, "client_id": {"1000.SIMCLIENT"}, "client_secret": {"sim-secret"}, "redirect_uri": {redirect}, "code": {g.Code}}
	var token struct {
		AccessToken string `json:"access_token"`
	}
	w.control("POST", "/oauth/v2/token?"+q.Encode(), "", &token)
	w.token = token.AccessToken
}

// control calls the simulator.
func (w *world) control(method, path, body string, out any) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.url+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if w.token != "" && strings.HasPrefix(path, "/crm/") {
		r.Header.Set("Authorization", "Zoho-oauthtoken "+w.token)
		r.Header.Set("Content-Type", "application/json")
	}
	res, err := w.people.Do(r)
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
			w.t.Fatalf("%s: %v", b, err)
		}
	}
}

// add makes a record in Zoho, as its owner would.
func (w *world) add(module, owner string, fields map[string]any) string {
	w.t.Helper()
	fields["Owner"] = map[string]any{"id": owner}
	raw, err := json.Marshal(map[string]any{"data": []any{fields}})
	if err != nil {
		w.t.Fatal(err)
	}
	var got struct {
		Data []struct{ Details struct{ ID string } }
	}
	w.control("POST", "/crm/v8/"+module, string(raw), &got)
	return got.Data[0].Details.ID
}

// meeting is an Event from and to wall times of Tuesday in Chicago, as 15:04.
func meeting(from, to string, more ...map[string]any) map[string]any {
	f := map[string]any{"Event_Title": "Meeting", "Start_DateTime": tuesday + "T" + from + ":00-06:00", "End_DateTime": tuesday + "T" + to + ":00-06:00"}
	for _, m := range more {
		for k, v := range m {
			f[k] = v
		}
	}
	return f
}

// set saves settings.
func (w *world) set(change func(*settings.Settings)) {
	w.t.Helper()
	v, err := w.store.Settings(w.t.Context(), w.org.ID, w.conn)
	if err != nil {
		w.t.Fatal(err)
	}
	change(&v.Settings)
	if _, err := w.store.SaveSettings(w.t.Context(), w.org.ID, w.conn, settings.Version{Settings: v.Settings, At: w.clock(), By: "test"}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) round() {
	w.t.Helper()
	if err := w.mirror.Round(w.t.Context(), w.org.ID, w.conn); err != nil {
		w.t.Fatal(err)
	}
}

// free lists the hours at which a rep can be booked on a day, in the rep's zone: "9 10 11".
func (w *world) free(rep, day string) string {
	w.t.Helper()
	zone := "America/Chicago"
	if rep == "bo" {
		zone = "America/Los_Angeles"
	}
	of, err := w.book.Slots(w.t.Context(), booking.Ask{Scheduler: "o", Service: rep, From: day, To: day, Timezone: zone})
	if err != nil {
		w.t.Fatal(err)
	}
	place, err := time.LoadLocation(zone)
	if err != nil {
		w.t.Fatal(err)
	}
	var hours []string
	for _, s := range of.Slots() {
		hours = append(hours, s.Start.In(place).Format("15"))
	}
	return strings.Join(hours, " ")
}

const (
	allDay  = "09 10 11 12 13 14 15 16"
	nothing = ""
)

// without leaves hours out of a whole day.
func without(hours ...string) string {
	day := " " + allDay + " "
	for _, h := range hours {
		day = strings.Replace(day, " "+h+" ", " ", 1)
	}
	return strings.TrimSpace(day)
}

func (w *world) expect(rep, day, want string) {
	w.t.Helper()
	if got := w.free(rep, day); got != want {
		w.t.Errorf("%s on %s: free %q, want %q", rep, day, got, want)
	}
}

// sources says what is wrong with each source, by name.
func (w *world) sources() map[string]mirror.Source {
	w.t.Helper()
	list, err := w.store.Sources(w.t.Context(), w.org.ID, w.conn)
	if err != nil {
		w.t.Fatal(err)
	}
	out := map[string]mirror.Source{}
	for _, s := range list {
		out[s.Name] = s
	}
	return out
}

// tue is an hour of Tuesday in Chicago.
func tue(hour int) time.Time { return time.Date(2026, 12, 1, hour+6, 0, 0, 0, time.UTC) }

// booked books an hour of Tuesday with Ann and writes it to Zoho.
func (w *world) booked(hour int) booking.Confirmation {
	w.t.Helper()
	b, err := w.book.Book(w.t.Context(), booking.Request{
		Scheduler: "o", Service: "ann", Start: tue(hour), Contact: lead.Contact{FirstName: "Jo", LastName: "Doe", Email: "jo@x.example"},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

func (w *world) push(b booking.Confirmation) {
	w.t.Helper()
	if err := w.sync.PushAppointment(w.t.Context(), w.org.ID, b.Appointment.ID); err != nil {
		w.t.Fatal(err)
	}
}

// A custom Appointment Module, with instants and with a date and a time of its own.
const (
	visitsModule = `{"module":{"api_name":"Visits","module_name":"Visits","singular_label":"Visit","plural_label":"Visits","generated_type":"custom"},
"fields":[{"api_name":"Name","data_type":"text","length":120,"system_mandatory":true},
{"api_name":"Begins","data_type":"datetime"},{"api_name":"Ends","data_type":"datetime"},{"api_name":"Day","data_type":"date"},{"api_name":"Clock","data_type":"text","length":30},
{"api_name":"Minutes","data_type":"integer"},{"api_name":"Whole","data_type":"boolean"},
{"api_name":"Stage","data_type":"picklist","pick_list_values":["Planned","Called off"]},
{"api_name":"HeavySet_ID","data_type":"text","length":60}],"records":[]}`
)

// visits maps the custom module; split: by date and time of day.
func visits(split bool) func(*settings.Settings) {
	row := func(key, field string) mapping.Row {
		return mapping.Row{Role: crm.RoleAppointment, Key: key, Field: field, Policy: mapping.Overwrite}
	}
	return func(s *settings.Settings) {
		s.Modules[crm.RoleAppointment] = "Visits"
		s.Rows = nil
		for _, r := range mapping.BuiltIn().Rows {
			if r.Role != crm.RoleAppointment {
				s.Rows = append(s.Rows, r)
			}
		}
		s.Rows = append(s.Rows, row("title", "Name"), row("rep", "Owner"), row("external_id", "HeavySet_ID"))
		status := row("status", "Stage")
		status.Policy, status.Type, status.Choices = mapping.Forward, crm.PicklistField, []string{"Planned", "Called off"}
		status.Values = map[string]string{"confirmed": "Planned", "cancelled": "Called off"}
		s.Rows = append(s.Rows, status)
		if split {
			s.Rows = append(s.Rows, row("date", "Day"), row("time", "Clock"), row("duration", "Minutes"))
		} else {
			s.Rows = append(s.Rows, row("start", "Begins"), row("end", "Ends"), row("all_day", "Whole"))
		}
	}
}

var noKey lead.IdempotencyKey

// me is the user of Zoho who authorized, by e-mail.
func (w *world) me() string {
	w.t.Helper()
	var got struct {
		Users []struct{ Email string }
	}
	w.control("GET", "/crm/v8/users?type=CurrentUser", "", &got)
	return got.Users[0].Email
}
