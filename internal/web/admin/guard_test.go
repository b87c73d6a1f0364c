package admin_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/crmsync"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/mirror"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/web/admin"
)

// things are the ids of one thing of each kind, by the part of the path before {id}.
func (w *world) things() map[string]string {
	a := w.book(at(2, 10, 0), jo, nil)
	w.failedPush(a)
	if err := w.store.StartUndo(w.t.Context(), w.ridge.ID, crmsync.Undo{ID: "undo_1", Config: w.config.ID, At: w.clock.Now(), By: "Rae", Records: []crmsync.UndoRecord{{Module: "Contacts", Record: "1", State: crmsync.UndoWaits}}}); err != nil {
		w.t.Fatal(err)
	}
	return map[string]string{
		"sync": "try_1", "undo": "undo_1",
		"conflicts":    string(w.disputed(a, mirror.Both, crmsync.Sight{Start: at(2, 12, 0), End: at(2, 13, 0), Owner: "9"})),
		"people":       w.disagreement(a.Customer),
		"appointments": string(a.ID), "leads": string(a.Lead), "crm-configs": string(w.config.ID), "crm-settings": string(w.config.ID),
		"customers": string(a.Customer), "team": w.mate("mate@ridge.example", auth.Member), "orgs/{org}/invitations": w.invited(w.ridge.ID, "guest@ridge.example"),
		"webhooks": w.hook("https://hooks.example/first"), "deliveries": "1",
		"erase": w.stranger("first"), "erasures": w.erased("before"),
		"quarantine": w.suspect("312-555-0188"), "waitlist": w.waits("Jo Waits"), "services": w.onlyRidge(), "reps": "only-ridge", "territories": "only-ridge",
		"orgs/{org}/keys": w.key(w.ridge.ID, auth.Member, "website"), "admin/keys": w.key("", auth.Engineer, "deploy"),
		"engineers": w.mate("second@hs.example", auth.Engineer), "engineers/invitations": w.invited("", "third@hs.example"),
	}
}

// onlyRidge adds a service, a rep and a territory that no other organization has.
func (w *world) onlyRidge() string {
	w.t.Helper()
	const id = "only-ridge"
	_, _, err := (&catalog.Editor{Store: w.store}).Edit(w.t.Context(), w.ridge.ID, func(c catalog.Catalog) (catalog.Catalog, error) {
		c = c.WithTerritory(catalog.Territory{ID: id, Name: id}).WithRep(catalog.Rep{ID: id, Name: id})
		return c.WithService(catalog.Service{ID: id, Name: id, DurationMinutes: 60, SlotIntervalMinutes: 30, Assignment: catalog.Priority, Reps: []string{id}}), nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// disagreement makes one of a customer: the phone number was changed on both sides.
func (w *world) disagreement(c lead.CustomerID) string {
	w.t.Helper()
	ctx := w.t.Context()
	p := crmsync.Person{
		Config: w.config.ID, Role: crm.RoleRelatedRecord, Subject: string(c), Module: "Contacts", Record: "5725767000000524007", Customer: c, Version: crmsync.AnyVersion,
	}
	err := w.store.FollowPerson(ctx, w.ridge.ID, p, func(st crmsync.PersonStanding) crmsync.PersonChange {
		return crmsync.PersonChange{Open: &crmsync.Disagreement{
			Person: st.Person, Parts: []crmsync.Part{crmsync.Phone}, Ours: st.Is.Contact, Theirs: lead.Contact{Phone: "+17735550123"}, Opened: w.clock.Now(),
		}}
	})
	if err != nil {
		w.t.Fatal(err)
	}
	list, err := w.store.Disagreements(ctx, w.ridge.ID, c)
	if err != nil || len(list) != 1 {
		w.t.Fatal(list, err)
	}
	return string(list[0].ID)
}

// mate puts somebody into ridge's team, or among the engineers, and gives their id. They never sign in.
func (w *world) mate(email string, r auth.Role) string {
	w.t.Helper()
	u := auth.User{ID: auth.UserID(id.New("usr", w.clock.Now())), Email: email, Name: "Mate " + email, Engineer: r == auth.Engineer, Created: w.clock.Now()}
	var m []auth.Membership
	if r != auth.Engineer {
		m = []auth.Membership{{Org: w.ridge.ID, Role: r}}
	}
	if err := w.store.CreateUser(w.t.Context(), u, m); err != nil {
		w.t.Fatal(err)
	}
	return string(u.ID)
}

// invited invites an address and gives the invitation's id.
func (w *world) invited(o org.ID, email string) string {
	w.t.Helper()
	role := auth.Member
	if o == "" {
		role = auth.Engineer
	}
	if err := w.auth.Invite(w.t.Context(), o, email, role, audit.By{Who: "Rae Ridge"}); err != nil {
		w.t.Fatal(err)
	}
	list, err := w.auth.Invitations(w.t.Context(), o)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, i := range list {
		if i.Email == email {
			return string(i.ID)
		}
	}
	w.t.Fatalf("%s is not invited", email)
	return ""
}

// renewed gives the things anew that an allowed request uses up.
func (w *world) renewed(path string, things map[string]string, n int) {
	w.t.Helper()
	switch email := fmt.Sprintf("new%d@ridge.example", n); {
	case strings.Contains(path, "/waitlist/{id}"):
		things["waitlist"] = w.waits(fmt.Sprintf("n%d", n))
	case strings.Contains(path, "/erase/{id}"):
		things["erase"] = w.stranger(fmt.Sprintf("n%d", n))
	case strings.Contains(path, "/webhooks/{id}"):
		things["webhooks"] = w.hook(fmt.Sprintf("https://hooks.example/%d", n))
	case strings.HasSuffix(path, "/undo"), strings.HasSuffix(path, "/working-time"): // needs a connection, which a route before may have ended
		w.connected()
	case strings.Contains(path, "engineers/invitations"):
		things["engineers/invitations"] = w.invited("", email)
	case strings.Contains(path, "invitations"):
		things["orgs/{org}/invitations"] = w.invited(w.ridge.ID, email)
	case strings.Contains(path, "engineers/{id}"):
		things["engineers"] = w.mate(email, auth.Engineer)
	case strings.Contains(path, "team/{id}"):
		things["team"] = w.mate(email, auth.Member)
	}
	switch {
	case strings.HasPrefix(path, "/admin/keys/{id}"):
		things["admin/keys"] = w.key("", auth.Engineer, "deploy")
	case strings.Contains(path, "/keys/{id}"):
		things["orgs/{org}/keys"] = w.key(w.ridge.ID, auth.Member, "website")
	}
	if strings.HasSuffix(path, "reset-factor") {
		u := auth.UserID(things["team"])
		if strings.Contains(path, "engineers") {
			u = auth.UserID(things["engineers"])
		}
		w.factor(u)
	}
	w.clock.forward(2 * time.Minute) // an invitation is not sent twice in a minute
}

func pathOf(pattern, slug string, things map[string]string) string {
	path := pattern
	for part, id := range things {
		path = strings.Replace(path, "/"+part+"/{id}", "/"+part+"/"+id, 1)
		path = strings.Replace(path, "/"+part+"/{item}", "/"+part+"/"+id, 1)
	}
	return strings.Replace(path, "{org}", slug, 1)
}

// rows is everything that a refused request must leave as it is.
func (w *world) rows(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	configs, err := w.store.Configs(t.Context(), w.ridge.ID)
	if err != nil {
		t.Fatal(err)
	}
	list, _, err := w.store.Appointments(t.Context(), w.ridge.ID, booking.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	leads, _, err := w.store.Leads(t.Context(), w.ridge.ID, lead.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range configs {
		fmt.Fprint(&b, c.ID, c.Name, c.ClientID, c.ClientSecret.Fingerprint(), c.Connection.State, " ")
	}
	sites, err := w.store.EmbedSites(t.Context(), w.ridge.ID)
	if err != nil {
		t.Fatal(err)
	}
	rules, err := w.store.Catalog(t.Context(), w.ridge.ID)
	if err != nil {
		t.Fatal(err)
	}
	policy, err := w.store.MessagePolicy(t.Context(), w.ridge.ID)
	if err != nil {
		t.Fatal(err)
	}
	words, err := w.store.MessageTemplates(t.Context(), w.ridge.ID)
	if err != nil {
		t.Fatal(err)
	}
	hooks, err := w.store.Webhooks(t.Context(), w.ridge.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range hooks {
		fmt.Fprint(&b, e.ID, e.URL, e.State, e.Sequence, e.Secret.Fingerprint(), " ")
	}
	fmt.Fprint(&b, sites, rules, policy, words)
	for _, o := range []org.ID{w.ridge.ID, ""} {
		people, err1 := w.auth.Team(t.Context(), o)
		guests, err2 := w.auth.Invitations(t.Context(), o)
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		for _, p := range people {
			fmt.Fprint(&b, p.Email, p.Role, " ")
		}
		keys, err := w.auth.Keys(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range keys {
			fmt.Fprint(&b, k.ID, " ")
		}
		for _, g := range guests {
			fmt.Fprint(&b, g.Email, g.Role, g.Created.Unix(), " ")
		}
	}
	fmt.Fprint(&b, len(list), list[0].Revision, len(leads), w.dueJobs())
	return b.String()
}

// TestEveryRouteForEveryRole walks route × role, with an organization that is one's own and one that is not.
func TestEveryRouteForEveryRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	things := w.things()
	for _, email := range []string{"admin@blue.example", "member@ridge.example", "admin@ridge.example", "engineer@hs.example"} {
		w.user(email)
	}
	before, first := w.rows(t), w.rows(t)
	rank := map[string]int{"": 0, "user": 1, "member": 2, "admin": 3, "engineer": 4}
	n := 0
	for _, who := range []struct {
		email string
		rank  int // in ridge
	}{{"", 0}, {"admin@blue.example", 1}, {"member@ridge.example", 2}, {"admin@ridge.example", 3}, {"engineer@hs.example", 4}} {
		b := w.as(who.email)
		for _, rt := range admin.Table() {
			if rt.Access == "" || strings.HasPrefix(rt.Path, "/admin/account/") { // in session_test.go and team_test.go
				continue
			}
			form := []string{
				"choice", "enquiry", "subject", "S", "heading", "H", "hold", "30", "on", "1",
				"name", "Other", "crm_type", "zoho", "source", "crm_appointments", "module.lead", "Leads", "module.appointment", "Events",
				"module.related_record", "Contacts", "email", fmt.Sprintf("guest%d@ridge.example", n), "role", "admin",
				"duration_minutes", "1 hour", "slot_interval_minutes", "30", "buffer_before_minutes", "0", "buffer_after_minutes", "0", "minimum_notice_minutes", "0", "booking_window_days", "60",
				"url", "https://hooks.example/added", "types", "lead.created", "since", "2026-11-30T12:00",
				"assignment", "priority", "person", "Ann", "hours", "9-5", "days", "mon", "date", "2026-12-25", "lasts", "30", "pursue", "all", "after", "30",
			}
			if n++; who.rank >= rank[rt.Access] && (rt.Method == http.MethodPost || strings.HasSuffix(rt.Path, "/revoke") || strings.Contains(rt.Path, "/erase/") || strings.Contains(rt.Path, "/webhooks/{id}")) {
				w.renewed(rt.Path, things, n)
			}
			path := pathOf(rt.Path, "ridge", things)
			if who.rank < rank[rt.Access] {
				before = w.rows(t)
			}
			ask := func() answer {
				if rt.Method == http.MethodGet {
					return b.get(path)
				}
				if strings.HasSuffix(path, "/branding/logo") {
					return b.upload(path, "logo", logoFile(t))
				}
				return b.post(path, form...)
			}
			got := ask()
			if strings.HasPrefix(got.location, "/admin/account/again") { // too long ago for this one
				b.post("/admin/account/again", "password", password)
				got = ask()
			}
			what := fmt.Sprintf("%s %s for %q", rt.Method, path, who.email)
			need := rank[rt.Access]
			switch inOrg := need == 2 || need == 3; {
			case who.rank == 0:
				if got.code != http.StatusSeeOther || !strings.HasPrefix(got.location, "/login?next=%2Fadmin") {
					t.Errorf("%s: want a redirect to sign in, got %d %s", what, got.code, got.location)
				}
			case inOrg && who.rank == 1:
				if got.code != http.StatusNotFound || strings.Contains(got.body, "Ridgeline") {
					t.Errorf("%s: another's organization must not exist, got %d", what, got.code)
				}
			case need == 4 && who.rank < 4:
				if got.code != http.StatusNotFound || !strings.Contains(got.body, "There is no such page") {
					t.Errorf("%s: the platform's pages must not exist, got %d", what, got.code)
				}
			case who.rank < need:
				if got.code != http.StatusForbidden {
					t.Errorf("%s: want 403, got %d", what, got.code)
				}
			case rt.Path == "/admin/":
				if got.code != http.StatusNotFound {
					t.Errorf("%s: want 404, got %d", what, got.code)
				}
			case rt.Path == "/oauth/zoho/callback":
				if got.code != http.StatusForbidden { // without a state it proves nothing
					t.Errorf("%s: want 403, got %d", what, got.code)
				}
			case got.code != http.StatusOK && got.code != http.StatusSeeOther, strings.HasPrefix(got.location, "/login"):
				t.Errorf("%s: want it to work, got %d %s", what, got.code, got.location)
			}
			if who.rank < need {
				if now := w.rows(t); now != before {
					t.Fatalf("%s: a refused request changed something:\n%s\n%s", what, before, now)
				}
			}
		}
	}
	if w.rows(t) == first {
		t.Error("the allowed requests changed nothing: this test would not see a change by a refused one")
	}
}

// TestAnothersThingsDoNotExist asks for ridge's things under the address of an organization where one may do all.
func TestAnothersThingsDoNotExist(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	things := w.things()
	before := w.rows(t)
	b := w.as("admin@blue.example")
	n := 0
	for _, rt := range admin.Table() {
		if !strings.Contains(rt.Path, "{org}") || !strings.Contains(rt.Path, "{id}") && !strings.Contains(rt.Path, "{item}") {
			continue
		}
		n++
		path := pathOf(rt.Path, "blue", things)
		got := b.get(path)
		if rt.Method == http.MethodPost {
			got = b.post(path, "name", "Stolen", "crm_type", "zoho", "client_id", "1000.X", "role", "admin")
		}
		if got.code != http.StatusNotFound {
			t.Errorf("%s %s: want 404, got %d", rt.Method, path, got.code)
		}
	}
	if now := w.rows(t); now != before || n < 7 {
		t.Errorf("%d routes; before %s, now %s", n, before, now)
	}
}

func TestAddressesThatCanNameNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	b := w.as("engineer@hs.example")
	for _, path := range []string{
		"/admin/orgs/nowhere/appointments", "/admin/orgs/%00/appointments", "/admin/orgs/ridge/appointments/%ff%fe", "/admin/orgs/ridge/leads/lead_1%0d%0aX:1",
		"/admin/orgs/ridge/crm-configs/" + strings.Repeat("x", 300), "/admin/orgs/ridge/appointments/apt_nothing", "/admin/orgs/ridge/leads/lead_nothing",
		"/admin/orgs/ridge/crm-configs/crm_nothing", "/admin/nothing", "/admin/orgs/ridge/nothing",
	} {
		if got := b.get(path); got.code != http.StatusNotFound {
			t.Errorf("%s: want 404, got %d", path, got.code)
		}
	}
	for _, path := range []string{"/admin/orgs/%00/appointments", "/admin/orgs/ridge/appointments/%ff%fe", "/admin/orgs/ridge/leads/lead_1%0d%0aX:1"} {
		b.get(path).has(t, "main", "There is no such page") // they never reach the database, which would fail on them
	}
	for _, path := range []string{"/admin/orgs/ridge/appointments?after=%00", "/admin/orgs/ridge/leads?after=..", "/admin/orgs/ridge/appointments?when=past&after=x", "/admin/orgs/ridge/appointments?when=past&after=9999999999999"} {
		if got := b.get(path); got.code != http.StatusUnprocessableEntity {
			t.Errorf("%s: want 422, got %d", path, got.code)
		}
	}
	for _, path := range []string{"/admin/orgs/ridge/appointments?status=%00&when=%ff", "/admin/orgs/ridge/leads?stage=%27%3b--"} {
		if got := b.get(path); got.code != http.StatusOK {
			t.Errorf("%s: an unknown filter is none, got %d", path, got.code)
		}
	}
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	things := w.things()
	w.user("admin@ridge.example")
	before := w.rows(t)
	b := w.as("admin@ridge.example")
	for _, rt := range admin.Table() {
		if rt.Method != http.MethodPost {
			continue
		}
		r := w.form(pathOf(rt.Path, "ridge", things), "name", "Other", "crm_type", "zoho", "email", "admin@ridge.example", "password", password)
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		r.Header.Set("Origin", "https://evil.example")
		if got := b.do(r); got.code != http.StatusForbidden {
			t.Errorf("%s: want 403, got %d", rt.Path, got.code)
		}
	}
	if got := b.get("/admin"); strings.HasPrefix(got.location, "/login") {
		t.Error("another site has signed the person out")
	}
	if now := w.rows(t); now != before {
		t.Errorf("before %s, now %s", before, now)
	}
}

func TestNextLeadsOnlyToOurPages(t *testing.T) {
	t.Parallel()
	for next, want := range map[string]string{
		"/admin/orgs/ridge/leads?stage=new": "/admin/orgs/ridge/leads?stage=new",
		"":                                  "/admin",
		"//evil.example":                    "/admin",
		"///evil.example":                   "/admin",
		`/\evil.example`:                    "/admin",
		`\/evil.example`:                    "/admin",
		"/\t/evil.example":                  "/admin",
		"/\n/evil.example":                  "/admin",
		"https://evil.example/":             "/admin",
		"javascript:alert(1)":               "/admin",
		"admin":                             "/admin",
		"/%zz":                              "/admin",
		"/" + strings.Repeat("x", 3000):     "/admin",
		"/%2f%2fevil.example":               "/admin", // decodes to ///evil.example
	} {
		if got := admin.Local(next); got != want {
			t.Errorf("%q: want %q, got %q", next, want, got)
		}
	}
	base, err := url.Parse("https://hs.example/login")
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		next := rapid.OneOf(rapid.String(), rapid.StringMatching(`/[/\\.%a-f0-9@:?#\t ]{0,12}`)).Draw(t, "next")
		to, err := base.Parse(admin.Local(next))
		if err != nil || to.Host != base.Host || to.Scheme != base.Scheme {
			t.Fatalf("%q leads to %v (%v)", next, to, err)
		}
	})
}

// TestRolesOfTheTable: whoever adds a route must say who may call it, and members change nothing but appointments.
func TestRolesOfTheTable(t *testing.T) {
	t.Parallel()
	office := map[string]bool{ // a member's daily work
		"/admin/orgs/{org}/appointments/new": true, "/admin/orgs/{org}/appointments/{id}/cancel": true, "/admin/orgs/{org}/appointments/{id}/answer": true, "/admin/orgs/{org}/appointments/{id}/outcome": true, "/admin/orgs/{org}/appointments/{id}/move": true, "/admin/orgs/{org}/quarantine/{id}": true,
		"/admin/orgs/{org}/waitlist/{id}/offer": true, "/admin/orgs/{org}/waitlist/{id}/remove": true,
	}
	open := map[string]bool{
		"GET /login": true, "POST /login": true, "POST /logout": true, "GET /login/forgot": true, "POST /login/forgot": true,
		"GET /login/code": true, "POST /login/code": true, // after the password, which the session keeps
		"POST /login/passkey": true, "POST /login/passkey/answer": true, // a signature is the key
		"GET /login/sso": true, "GET /oauth/oidc/callback": true, // the issuer's token is
		"GET /reset/{token}": true, "POST /reset/{token}": true, "GET /calendar/{token}": true, "GET /invitation/{token}": true, "POST /invitation/{token}": true, // the token is the key
	}
	for _, rt := range admin.Table() {
		switch name := rt.Method + " " + rt.Path; {
		case rt.Access == "" && !open[name]:
			t.Errorf("%s is open to anybody", name)
		case strings.HasPrefix(rt.Path, "/admin/account"):
			if rt.Access != "user" {
				t.Errorf("%s is everybody's own and open to %q", name, rt.Access)
			}
		case rt.Method == http.MethodPost && !open[name] && rt.Access != string(auth.Admin) && rt.Access != string(auth.Engineer) && !(office[rt.Path] && rt.Access == string(auth.Member)):
			t.Errorf("%s changes something and is open to %s", name, rt.Access)
		case strings.Contains(rt.Path, "{org}") && rt.Access != string(auth.Admin) && rt.Access != string(auth.Member):
			t.Errorf("%s is in an organization and asks for no role there", name)
		}
	}
}

// TestReadingChangesNothing opens every page of the table as somebody who may do all.
func TestReadingChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	things := w.things()
	b := w.as("engineer@hs.example")
	before, n := w.rows(t), 0
	for _, rt := range admin.Table() {
		if rt.Method != http.MethodGet || rt.Access == "" {
			continue
		}
		n++
		b.get(pathOf(rt.Path, "ridge", things))
		if now := w.rows(t); now != before {
			t.Errorf("%s has changed something:\n%s\n%s", rt.Path, before, now)
			before = now
		}
	}
	if n < 30 {
		t.Errorf("only %d pages", n)
	}
}
