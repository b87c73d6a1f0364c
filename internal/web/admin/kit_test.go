package admin_test

import (
	"context"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/mail"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/net/html"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/brand"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/drift"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/feed"
	"heavyset.tech/platform/internal/insight"
	"heavyset.tech/platform/internal/job"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/locale"
	"heavyset.tech/platform/internal/mapping"
	"heavyset.tech/platform/internal/mirror"
	"heavyset.tech/platform/internal/notify"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/passport"
	"heavyset.tech/platform/internal/privacy"
	"heavyset.tech/platform/internal/quarantine"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/settings"
	"heavyset.tech/platform/internal/store"
	"heavyset.tech/platform/internal/store/storetest"
	"heavyset.tech/platform/internal/trace"
	"heavyset.tech/platform/internal/web"
	"heavyset.tech/platform/internal/web/admin"
	"heavyset.tech/platform/internal/web/page"
	"heavyset.tech/platform/internal/webhook"
	"heavyset.tech/platform/internal/widget"
)

// monday is late on a Monday evening in Chicago, when it is Tuesday in UTC.
var monday = time.Date(2026, 12, 1, 4, 30, 0, 0, time.UTC)

const (
	password     = "correct horse battery"
	clientSecret = "s3cr3t-client-0001"
	refreshToken = "1000.refresh-token-0001"
	accessToken  = "1000.access-token-0001"
	accounts     = "https://accounts.zoho.example"
)

// clock is a clock that tests turn forward.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// sinceNow is a clock that goes on from the present: the session library counts from there, whatever our clock says.
type sinceNow struct{ ahead clock }

func (s *sinceNow) Now() time.Time { return time.Now().Add(s.ahead.Now().Sub(time.Time{})) }

// connector stands in for a CRM's consent and token endpoints. It never writes records: the tests state what came of
// that.
type connector struct {
	mu        sync.Mutex
	grant     crm.Grant
	exchanged []crm.Callback
	revoked   []string
	missing   []crm.Permission
	refusal   error // of Exchange
	who       error // of Whois
	revoking  error
}

func (c *connector) AuthorizeURL(app crm.App, _, state string) (string, error) {
	return accounts + "/oauth/v2/auth?" + url.Values{"client_id": {app.ClientID}, "state": {state}}.Encode(), nil
}

func (c *connector) FormTargets() []string { return []string{accounts} }

func (c *connector) Locate(cb crm.Callback) (string, error) {
	if cb.AccountsServer != accounts {
		return "", fault.New(fault.Invalid, "The address that the callback names is none of Zoho's accounts servers. Nothing was sent there.")
	}
	return "us", nil
}

func (c *connector) Exchange(_ context.Context, _ crm.App, cb crm.Callback) (crm.Grant, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.exchanged = append(c.exchanged, cb)
	if cb.Code == "stale" {
		return crm.Grant{}, &crm.Problem{Class: crm.Broken, Code: "invalid_code"}
	}
	if c.refusal != nil {
		return crm.Grant{}, c.refusal
	}
	return c.grant, nil
}

func (c *connector) Refresh(context.Context, crm.App, crm.Site, secret.String) (crm.Access, error) {
	return crm.Access{}, &crm.Problem{Class: crm.Down}
}

func (c *connector) Revoke(_ context.Context, _ crm.Site, t secret.String) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.revoked = append(c.revoked, t.Reveal())
	return c.revoking
}

func (c *connector) Whois(context.Context, crm.Site, crm.Tokens, crm.Meter) (crm.Identity, error) {
	return c.grant.Identity, c.who
}

func (c *connector) Missing([]string) []crm.Permission { return c.missing }

func (c *connector) ParseNotice([]byte) (crm.Notice, error) { return crm.Notice{}, nil }

func (c *connector) Provider(crm.Site, crm.Tokens, crm.Meter) crm.Provider { return hostileCRM{} }

// hostileCRM is a client's CRM whose names are anything, and which takes and gives every record.
type hostileCRM struct{ crm.Provider }

func (hostileCRM) Calendars(context.Context) ([]crm.Calendar, error) {
	return []crm.Calendar{{ID: "own", Name: hostile, Category: "own"}, {ID: "app", Name: "Zoho CRM", Category: "app"}}, nil
}

func (hostileCRM) Window(_ context.Context, w crm.Window) iter.Seq2[crm.Record, error] {
	return func(yield func(crm.Record, error) bool) {
		at := w.From.Add(time.Hour)
		yield(crm.Record{Module: w.Module, ID: "1", Values: crm.Values{w.Start: at, w.End: at.Add(time.Hour), "Owner": crm.Ref{ID: "77", Name: hostile}}}, nil)
	}
}

func (hostileCRM) Records(_ context.Context, module string, ids, _ []string) ([]crm.Record, error) {
	var out []crm.Record
	for _, id := range ids {
		out = append(out, crm.Record{Module: module, ID: id, TellsCancelled: true})
	}
	return out, nil
}

func (hostileCRM) Entries(context.Context, string, time.Time, time.Time) ([]crm.CalendarEntry, error) {
	return nil, &crm.Problem{Class: crm.Gone}
}

func (hostileCRM) Busy(context.Context, string, time.Time, time.Time) ([]crm.CalendarEntry, error) {
	return nil, &crm.Problem{Class: crm.Forbidden, Message: hostile}
}

func (hostileCRM) Modules(context.Context) ([]crm.Module, error) {
	var out []crm.Module
	for _, name := range []string{"Leads", "Events", "Contacts"} {
		out = append(out, crm.Module{ID: name, Name: name, Singular: hostile, Plural: hostile, Readable: true, Writable: true, Watchable: true})
	}
	return out, nil
}

func (hostileCRM) Schema(_ context.Context, module string) (crm.Schema, error) {
	s := crm.Schema{Module: module, Layouts: []crm.Layout{{Name: hostile, Active: true, Sections: []crm.Section{{Name: hostile, Fields: []crm.Placement{{Field: "Demanded", Required: true}}}}}}}
	for _, row := range mapping.BuiltIn().Rows {
		f := crm.Field{ID: row.Field, Name: row.Field, Label: hostile, Type: crm.TextField, Creatable: true, Updatable: true}
		if row.Key == "lead_status" {
			f.Type, f.Choices = crm.PicklistField, []crm.Choice{{ID: "1", Value: "Fresh", Label: hostile}, {ID: "2", Value: "Set", Label: "Set"}, {ID: "3", Value: "Old", Label: "Old", Unused: true}}
		}
		s.Fields = append(s.Fields, f)
	}
	s.Fields = append(s.Fields, crm.Field{ID: "9", Name: "Demanded", Label: hostile, Type: crm.TextField, Creatable: true, Updatable: true})
	return s, nil
}

func (hostileCRM) Newest(context.Context, string, []string) ([]crm.Record, error) { return nil, nil }

func (hostileCRM) Create(context.Context, string, crm.Values) (string, error) { return "1", nil }

func (hostileCRM) Get(_ context.Context, module, id string) (crm.Record, error) {
	return crm.Record{Module: module, ID: id, Modified: monday, Values: crm.Values{"Last_Name": hostile, "Modified_By": crm.Ref{ID: "9", Name: hostile}, "Owner": crm.Ref{ID: "9", Name: hostile}}}, nil
}

func (hostileCRM) People(context.Context) ([]crm.Person, error) {
	return []crm.Person{{ID: "77", Name: hostile, Email: "z@example.com", Active: true}, {ID: "78", Name: "Left", Email: "l@example.com"}}, nil
}

func (hostileCRM) WorkingTime(context.Context, ...int) (crm.WorkingTime, error) {
	week := crm.Week{time.Monday: {{Start: "08:00", End: "18:00"}}}
	return crm.WorkingTime{
		Business: &week, Holidays: []crm.Holiday{{Name: hostile, Date: "2027-01-01"}},
		Away:   []crm.Away{{User: "77", Title: hostile, From: at(9, 0, 0), To: at(9, 12, 0)}},
		Unread: []crm.Unread{{What: "shifts", Err: &crm.Problem{Class: crm.Unfit}}, {What: "unavailability", Err: &crm.Problem{Class: crm.ScopeMissing}}},
	}, nil
}

func (hostileCRM) Delete(context.Context, string, string) error {
	return &crm.Problem{Class: crm.Rejected, Message: hostile}
}

func (c *connector) calls() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.exchanged)
}

func (c *connector) setOrg(id, name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.grant.Identity.OrgID, c.grant.Identity.OrgName = id, name
}

// world is the console over a fresh database with two organizations and somebody of each role.
type world struct {
	t             *testing.T
	clock         *clock
	sessionClock  *sinceNow
	sessions      *store.Store // a database of their own, because of their clock
	store         *store.Store
	connector     *connector
	auth          *auth.Service
	bookings      *booking.Service
	leads         *lead.Service
	connections   *connection.Service
	sync          *crmsync.Service
	mirror        *mirror.Service
	guardian      *connection.Guardian
	alerts        *notify.Service
	console       *admin.Console
	url           string
	ridge, blue   org.Organization
	config        connection.Config // of ridge, not connected
	settings      *settings.Service
	passports     *passport.Service
	privacy       *privacy.Service
	hooks         *webhook.Service
	failures      []error // errors that are ours
	failuresGuard sync.Mutex
}

// newWorld builds everything as app does. shared is HeavySet's own application.
func newWorld(t *testing.T, shared connection.Shared) *world {
	t.Helper()
	w := &world{t: t, clock: &clock{now: monday}, sessionClock: &sinceNow{}, connector: &connector{grant: crm.Grant{
		Location: "us", AccountsDomain: accounts, APIDomain: "https://api.zoho.example", RefreshToken: secret.NewString(refreshToken),
		Access: crm.Access{Token: secret.NewString(accessToken), Expires: monday.Add(time.Hour)}, Scopes: []string{"ZohoCRM.modules.ALL"},
		Identity: crm.Identity{OrgID: "111", OrgName: "Ridgeline in Zoho", UserID: "9", UserName: "Rae"},
	}}}
	now := w.clock.Now
	var jobs job.Table
	job.On(&jobs, "crmsync.due", "crm", job.Options{}, func(context.Context, crmsync.Due) error { return nil })
	job.On(&jobs, "crmsync.dry_run_asked", "crm", job.Options{}, func(context.Context, crmsync.DryRunAsked) error { return nil })
	job.On(&jobs, "crmsync.undo_asked", "crm", job.Options{}, func(context.Context, crmsync.UndoAsked) error { return nil })
	job.On(&jobs, "privacy.records_chosen", "crm", job.Options{}, func(context.Context, privacy.RecordsChosen) error { return nil })
	job.On(&jobs, "auth.invited", "mail", job.Options{}, func(context.Context, auth.Invited) error { return nil })
	job.On(&jobs, "auth.reset_asked", "mail", job.Options{}, func(context.Context, auth.ResetAsked) error { return nil })
	w.store = storetest.Open(t, storetest.SQLite(t, filepath.Join(t.TempDir(), "test.db")), now, &jobs)
	w.sessions = storetest.Open(t, storetest.SQLite(t, filepath.Join(t.TempDir(), "sessions.db")), w.sessionClock.Now, nil)
	var err error
	if w.auth, err = auth.New(w.store, now); err != nil {
		t.Fatal(err)
	}
	w.auth.Cost.Memory, w.auth.Cost.Iterations = 8, 1 // hundreds of people sign in
	if err := w.auth.OfferPasskeys("https://hs.example"); err != nil {
		t.Fatal(err)
	}
	w.bookings, w.leads = booking.New(w.store, now), &lead.Service{Store: w.store, Now: now}
	w.connections = &connection.Service{
		Store: w.store, Connectors: map[crm.Type]crm.Connector{crm.Zoho: w.connector}, Shared: shared, RedirectURI: "https://hs.example/oauth/zoho/callback", Now: now,
	}
	w.guardian = connection.NewGuardian(w.connections)
	w.alerts = &notify.Service{Store: w.store, From: mail.Address{Address: "bookings@hs.example"}, BaseURL: "https://hs.example", Now: now}
	w.sync = &crmsync.Service{Store: w.store, Connections: w.connections, Guardian: w.guardian, Settings: w.store, Node: "n", Now: now}
	w.mirror = &mirror.Service{Store: w.store, Connections: w.connections, Guardian: w.guardian, Settings: w.store, Bookings: w.bookings, Every: time.Minute, Now: now}
	w.settings = &settings.Service{Store: w.store, Connections: w.connections, Guardian: w.guardian, Now: now}
	w.serve()
	w.seed()
	return w
}

// face stands in for the booking pages: it says how they would look.
type face struct{}

func (face) Preview(w http.ResponseWriter, _ *http.Request, o org.Organization, l locale.Lang, sheet string) error {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	t := o.Look.Texts[l]
	_, err := fmt.Fprint(w, html.EscapeString(strings.Join([]string{string(l), sheet, o.Accent, o.Look.Band, t.Headline, t.Intro, t.Note}, "|")))
	return err
}

func (w *world) serve() {
	failed := func(_ context.Context, err error) {
		w.failuresGuard.Lock()
		defer w.failuresGuard.Unlock()
		w.failures = append(w.failures, err)
	}
	pages, err := page.NewErrors(failed, func(context.Context) string { return "req_test" })
	if err != nil {
		w.t.Fatal(err)
	}
	w.privacy = &privacy.Service{Store: w.store, Connections: w.connections, Guardian: w.guardian, Now: w.clock.Now}
	w.hooks = &webhook.Service{Store: w.store, Orgs: w.store, Client: webhook.NewClient(true), Loopback: true, Now: w.clock.Now}
	w.passports = &passport.Service{Connections: w.connections, Settings: w.settings, Store: w.store, Copy: w.mirror, Now: w.clock.Now}
	w.console, err = admin.New(admin.Services{
		Orgs: w.store, Auth: w.auth, Audit: &audit.Log{Store: w.store, Now: w.clock.Now}, Bookings: w.bookings, Book: w.store, Leads: w.leads, Connections: w.connections, Guardian: w.guardian, Settings: w.settings,
		Drift: drift.New(w.store, w.settings, w.clock.Now), Sync: w.sync, Mirror: w.mirror, Catalogs: &catalog.Editor{Store: w.store}, Passports: w.passports, Privacy: w.privacy, Deliveries: w.store, Tests: w.store, Alerts: w.alerts,
		Widgets: &widget.Service{Store: w.store, Own: "https://hs.example", Now: w.clock.Now}, Hooks: w.hooks, Feeds: &feed.Service{Store: w.store, Now: w.clock.Now}, Gate: quarantine.New(w.store, w.bookings, w.leads, nil, w.clock.Now), Waitlist: w.waitlist(), Insight: &insight.Service{Store: w.store, Bookings: w.bookings, Now: w.clock.Now}, Brands: &brand.Service{Store: w.store}, Face: face{}, BaseURL: "https://hs.example",
		Sessions: page.NewSessions(w.sessions.Sessions(), false), Errors: pages, Now: w.clock.Now,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	h, err := web.New(web.Config{
		API: http.NotFoundHandler(), Mount: []func(*http.ServeMux){w.console.Routes}, Ready: func(context.Context) error { return nil },
		Log: slog.New(slog.DiscardHandler), Now: w.clock.Now, Registry: prometheus.NewRegistry(),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	s := httptest.NewServer(h)
	w.t.Cleanup(s.Close)
	w.url = s.URL
	w.t.Cleanup(func() {
		for _, err := range w.failures {
			w.t.Errorf("a page failed: %v", err)
		}
	})
}

func (w *world) seed() {
	w.t.Helper()
	ctx := w.t.Context()
	orgs := &org.Service{Store: w.store, Now: w.clock.Now}
	for _, d := range []struct {
		slug, name, zone string
		to               *org.Organization
	}{{"ridge", "Ridgeline Roofing", "America/Chicago", &w.ridge}, {"blue", "Bluewater Heating", "America/New_York", &w.blue}} {
		o, err := orgs.Create(ctx, org.Draft{Slug: d.slug, Name: d.name, Timezone: d.zone})
		if err != nil {
			w.t.Fatal(err)
		}
		*d.to = o
		week := []catalog.Hours{{Days: []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}, Start: "00:00", End: "24:00"}}
		_, err = (&catalog.Editor{Store: w.store}).Replace(ctx, o.ID, catalog.Catalog{
			Timezone: d.zone,
			Services: []catalog.Service{{ID: "inspection", Name: "Roof inspection", DurationMinutes: 60, SlotIntervalMinutes: 30, BookingWindowDays: 365, Reps: []string{"ann", "ben"}}},
			Reps:     []catalog.Rep{{ID: "ann", Name: "Ann Archer", Hours: week}, {ID: "ben", Name: "Ben Brooks", Hours: week}},
		})
		if err != nil {
			w.t.Fatal(err)
		}
	}
	var err error
	if w.config, err = w.connections.Create(ctx, w.ridge.ID, connection.Draft{Name: "Main CRM", Type: crm.Zoho}); err != nil {
		w.t.Fatal(err)
	}
}

// connected makes ridge's config connected, without the browser.
func (w *world) connected() {
	w.t.Helper()
	_, err := w.connections.Connect(w.t.Context(), w.ridge.ID, w.config.ID, "1000.OWN", secret.NewString(clientSecret), "", crm.Callback{Code: "c", Location: "us", AccountsServer: accounts})
	if err != nil {
		w.t.Fatal(err)
	}
}

// book books with ridge for a person.
func (w *world) book(start time.Time, c lead.Contact, more func(*booking.Request)) booking.Appointment {
	w.t.Helper()
	r := booking.Request{Scheduler: "ridge", Service: "inspection", Start: start, Contact: c}
	if more != nil {
		more(&r)
	}
	done, err := w.bookings.Book(w.t.Context(), r)
	if err != nil {
		w.t.Fatal(err)
	}
	return done.Appointment
}

// failedPush states that an appointment could not be written.
func (w *world) failedPush(a booking.Appointment) {
	w.t.Helper()
	ctx := w.t.Context()
	err := w.store.Record(trace.WithJob(ctx, 12), w.ridge.ID, crmsync.Attempt{
		ID: "try_1", Config: w.config.ID, At: w.clock.Now(), State: crmsync.AttemptFailed, Kind: "create Events", Appointment: a.ID, Lead: a.Lead, Module: "Events",
		Request: `{"Event_Title":"R••••"}`, Answer: `{"code":"INVALID_DATA","id":5725767000000524007,"message":"\u003cscript\u003ealert('zoho')</script>"}`, Error: "Zoho refused the record.", Code: "INVALID_DATA", Took: 40 * time.Millisecond,
		Wrote: []crmsync.Value{{ID: "val_1", Config: w.config.ID, At: w.clock.Now(), Role: crm.RoleRelatedRecord, Module: "Contacts", Record: "5725767000000524007", Field: "Last_Name", Sure: true, Before: "before " + hostile, After: hostile, Key: "last_name", Policy: mapping.Fill, Customer: a.Customer, Appointment: a.ID, Lead: a.Lead}},
	}, &crmsync.Link{Role: crm.RoleRelatedRecord, Subject: string(a.Customer), Module: "Contacts", Record: "5725767000000524007", Since: w.clock.Now()})
	if err != nil {
		w.t.Fatal(err)
	}
	err = w.store.Settle(ctx, w.ridge.ID, crmsync.Ref{Appointment: a.ID}, crmsync.Outcome{Failed: true, Error: "Zoho refused the record. Correct the field, then press Write again."}, w.clock.Now())
	if err != nil {
		w.t.Fatal(err)
	}
}

// refusedPush states that Zoho refused an appointment because of a field.
func (w *world) refusedPush(a booking.Appointment, field string) {
	w.t.Helper()
	w.failedPush(a)
	w.clock.forward(time.Second)
	err := w.store.Record(w.t.Context(), w.ridge.ID, crmsync.Attempt{
		ID: "try_2", Config: w.config.ID, At: w.clock.Now(), State: crmsync.AttemptFailed, Kind: "create Events", Appointment: a.ID, Lead: a.Lead, Module: "Events",
		Request: "{}", Answer: `{"class":"rejected","code":"INVALID_DATA","field":"` + field + `"}`, Error: "Zoho refused the record.", Code: "INVALID_DATA",
	}, nil)
	if err != nil {
		w.t.Fatal(err)
	}
}

// disputed opens a conflict about an appointment and gives its id.
func (w *world) disputed(a booking.Appointment, kind mirror.Kind, theirs crmsync.Sight) mirror.ConflictID {
	w.t.Helper()
	return w.disputedAs(a, kind, theirs, "5725767000000888001")
}

// disputedAs is disputed for a record of its own.
func (w *world) disputedAs(a booking.Appointment, kind mirror.Kind, theirs crmsync.Sight, record string) mirror.ConflictID {
	w.t.Helper()
	ctx := w.t.Context()
	link := crmsync.Link{Role: crm.RoleAppointment, Subject: string(a.ID), Module: "Events", Record: record, Since: w.clock.Now()}
	if err := w.store.Decide(ctx, w.ridge.ID, w.config.ID, []crmsync.Link{link}); err != nil {
		w.t.Fatal(err)
	}
	l, found, err := w.store.LinkedRecord(ctx, w.ridge.ID, w.config.ID, "Events", link.Record)
	if err != nil || !found {
		w.t.Fatal(found, err)
	}
	err = w.store.Follow(ctx, w.ridge.ID, w.config.ID, l, func(mirror.Standing) (mirror.Following, error) {
		return mirror.Following{Open: &mirror.Conflict{
			Kind: kind, Appointment: a.ID, Module: "Events", Record: link.Record, Ours: crmsync.SightOf(a, ""), Theirs: theirs, Detail: kind.Words(),
		}}, nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	list, err := w.store.ConflictsOf(ctx, w.ridge.ID, a.ID)
	if err != nil || len(list) == 0 {
		w.t.Fatal(list, err)
	}
	return list[len(list)-1].ID
}

// dueJobs counts the pushes that were asked for.
func (w *world) dueJobs() int64 {
	w.t.Helper()
	counts, err := w.store.JobCounts(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	var n int64
	for _, c := range counts {
		if c.Kind == "crmsync.due/crm" {
			n += c.N
		}
	}
	return n
}

// browser is a person at a browser, who does not follow redirects by themselves.
type browser struct {
	w      *world
	client *http.Client
}

func (w *world) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return &browser{w, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// user makes one of the people when they are first needed: a password's hash costs time.
func (w *world) user(email string) {
	w.t.Helper()
	u, ok := map[string]auth.NewUser{
		"engineer@hs.example":  {Name: "Eli Engineer", Role: auth.Engineer},
		"admin@ridge.example":  {Name: "Rae Ridge", Role: auth.Admin, Org: w.ridge.ID},
		"member@ridge.example": {Name: "Mia Member", Role: auth.Member, Org: w.ridge.ID},
		"admin@blue.example":   {Name: "Bo Blue", Role: auth.Admin, Org: w.blue.ID},
	}[email]
	if !ok {
		return
	}
	u.Email, u.Password = email, secret.NewString(password)
	if _, _, err := w.auth.CreateUser(w.t.Context(), u); err != nil && !fault.Is(err, fault.Conflict) {
		w.t.Fatal(err)
	}
}

// as gives a browser in which somebody has signed in; "" for nobody.
func (w *world) as(email string) *browser {
	w.t.Helper()
	b := w.browser()
	w.user(email)
	if email != "" {
		if r := b.post("/login", "email", email, "password", password); r.code != http.StatusSeeOther {
			w.t.Fatalf("%s could not sign in: %d", email, r.code)
		}
	}
	return b
}

// answer is a response that was read to its end.
type answer struct {
	code     int
	header   http.Header
	location string
	body     string
	*goquery.Document
}

func (b *browser) do(r *http.Request) answer {
	b.w.t.Helper()
	res, err := b.client.Do(r)
	if err != nil {
		b.w.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.w.t.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(string(body)))
	if err != nil {
		b.w.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, res.Header.Get("Location"), string(body), doc}
}

func (b *browser) get(path string) answer {
	b.w.t.Helper()
	r, err := http.NewRequestWithContext(b.w.t.Context(), http.MethodGet, b.w.url+path, nil)
	if err != nil {
		b.w.t.Fatal(err)
	}
	return b.do(r)
}

func (b *browser) post(path string, kv ...string) answer {
	b.w.t.Helper()
	return b.do(b.w.form(path, kv...))
}

func (w *world) form(path string, kv ...string) *http.Request {
	w.t.Helper()
	v := url.Values{}
	for i := 0; i+1 < len(kv); i += 2 {
		v.Add(kv[i], kv[i+1])
	}
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.url+path, strings.NewReader(v.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

// text gives the visible text of the first match, on one line.
func (a answer) text(selector string) string {
	var words []string
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			words = append(words, strings.Fields(n.Data)...)
		}
		for c := range n.ChildNodes() {
			walk(c)
		}
	}
	for _, n := range a.Find(selector).First().Nodes {
		walk(n)
	}
	return strings.Join(words, " ")
}

func (a answer) count(selector string) int { return a.Find(selector).Length() }

// has fails unless the first match of a selector holds a text.
func (a answer) has(t *testing.T, selector, want string) {
	t.Helper()
	if got := a.text(selector); !strings.Contains(got, want) {
		t.Errorf("%s: want %q in %q (status %d)", selector, want, got, a.code)
	}
}

var jo = lead.Contact{FirstName: "Jo", LastName: "Doe", Email: "jo@example.com", Phone: "312 555 0100"}

// at gives an instant of December 2026 in Chicago.
func at(day, hour, minute int) time.Time {
	zone, err := time.LoadLocation("America/Chicago")
	if err != nil {
		panic(err)
	}
	return time.Date(2026, 12, day, hour, minute, 0, 0, zone)
}
