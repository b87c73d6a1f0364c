package admin_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/audit"
	"heavyset.tech/platform/internal/auth"
	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/org"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/web/admin"
)

// hostilePeople puts a person, an invitation and events into ridge, all of hostile text, and gives the person's id.
func (w *world) hostilePeople() string {
	w.t.Helper()
	u := auth.User{ID: auth.UserID(id.New("usr", w.clock.Now())), Email: hostile + "@x.example", Name: hostile, Created: w.clock.Now()}
	if err := w.store.CreateUser(w.t.Context(), u, []auth.Membership{{Org: w.ridge.ID, Role: auth.Member}}); err != nil {
		w.t.Fatal(err)
	}
	if err := w.auth.Invite(w.t.Context(), w.ridge.ID, "guest@x.example", auth.Admin, audit.By{Who: hostile, WhoID: hostile, Address: hostile}); err != nil {
		w.t.Fatal(err)
	}
	log := audit.Log{Store: w.store, Now: w.clock.Now}
	e := audit.Event{By: audit.By{Who: hostile, WhoID: hostile, Address: hostile}, Area: audit.Settings, Act: "Settings saved", Subject: hostile, Detail: hostile + "\n" + hostile}
	if err := log.Record(w.t.Context(), w.ridge.ID, e); err != nil {
		w.t.Fatal(err)
	}
	return string(u.ID)
}

// link makes the link of an invitation's mail.
func (w *world) link(o org.ID, iid string) string {
	w.t.Helper()
	_, token, err := w.auth.InvitationLink(w.t.Context(), o, auth.InvitationID(iid))
	if err != nil {
		w.t.Fatal(err)
	}
	return "/invitation/" + token.Reveal()
}

// events gives the audit of an organization, newest first, a line each.
func (w *world) events(o org.ID) []string {
	w.t.Helper()
	list, _, err := w.store.AuditEvents(w.t.Context(), o, audit.Filter{Limit: 200})
	if err != nil {
		w.t.Fatal(err)
	}
	var out []string
	for _, e := range list {
		out = append(out, strings.Join([]string{e.Act, e.Subject, strings.ReplaceAll(e.Detail, "\n", "; "), e.Who, e.Address}, " | "))
	}
	return out
}

func TestAnInvitationMakesAnAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	boss := w.as("admin@ridge.example")
	if got := boss.post("/admin/orgs/ridge/team", "email", " New@Ridge.example ", "role", "member"); got.code != http.StatusSeeOther {
		t.Fatal(got.code)
	}
	list := boss.get("/admin/orgs/ridge/team")
	list.has(t, "main .notice-success", "Invited.")
	list.has(t, "#invited + table tbody", "new@ridge.example Member Rae Ridge")
	iid := strings.Split(list.Find("form[action$='/resend']").AttrOr("action", ""), "/")[5]
	link, guest := w.link(w.ridge.ID, iid), w.browser()
	for range 2 { // a mail program that opens the link uses nothing up
		form := guest.get(link)
		form.sound(t, link)
		form.has(t, "main", "Rae Ridge has invited new@ridge.example as member.")
	}
	bad := guest.post(link, "name", "Nia New", "password", "password1")
	if bad.code != http.StatusUnprocessableEntity || bad.Find("#f-name").AttrOr("value", "") != "Nia New" || strings.Contains(bad.body, "password1") {
		t.Errorf("a common password: %d", bad.code)
	}
	bad.has(t, "#e-password", "guessers try first")
	if got := guest.post(link, "name", "Nia New", "password", "seven green kettles"); got.location != "/admin" {
		t.Fatalf("%d %s", got.code, got.location)
	}
	guest.get("/admin/orgs/ridge/appointments").has(t, ".menu-person", "Nia New")
	if got := guest.post("/admin/orgs/ridge/team", "email", "x@x.example"); got.code != http.StatusForbidden {
		t.Errorf("a member invites: %d", got.code)
	}
	if got := w.browser().post(link, "name", "Second", "password", "seven green kettles"); got.code != http.StatusNotFound {
		t.Errorf("the link works twice: %d", got.code)
	}
	boss.get("/admin/orgs/ridge/team").has(t, "#people", "Nia New new@ridge.example")
	want := []string{
		"Joined | new@ridge.example | Role: member; Invited by Rae Ridge | Nia New | 127.0.0.1",
		"Invited | new@ridge.example | Role: member | Rae Ridge | 127.0.0.1",
	}
	got := strings.Join(w.events(w.ridge.ID), "\n")
	for _, line := range want {
		if !strings.Contains(got, line) {
			t.Errorf("the audit lacks %q:\n%s", line, got)
		}
	}
}

func TestAnInvitationNeverTouchesAnAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	owner := w.as("admin@blue.example")
	link := w.link(w.ridge.ID, w.invited(w.ridge.ID, "admin@blue.example"))
	thief := w.browser()
	got := thief.get(link)
	if got.count("input[type=password]") != 0 || !strings.HasPrefix(got.Find("a.button").AttrOr("href", ""), "/login?next=") {
		t.Error("an account that exists is offered a new password")
	}
	if got := thief.post(link, "name", "Thief", "password", "seven green kettles"); got.code != http.StatusUnprocessableEntity {
		t.Errorf("taken over: %d", got.code)
	}
	if got := w.browser().post("/login", "email", "admin@blue.example", "password", "seven green kettles"); got.code == http.StatusSeeOther {
		t.Fatal("the password of an account that exists was overwritten")
	}
	other := w.as("member@ridge.example")
	other.get(link).has(t, "main", "You are signed in as member@ridge.example")
	if got := other.post(link); got.code != http.StatusUnprocessableEntity {
		t.Errorf("somebody else has joined with it: %d", got.code)
	}
	if got := owner.get("/admin/orgs/ridge/leads"); got.code != http.StatusNotFound {
		t.Fatalf("before joining: %d", got.code)
	}
	if got := owner.post(link); got.location != "/admin" {
		t.Fatalf("joining: %d %s", got.code, got.location)
	}
	if got := owner.get("/admin/orgs/ridge/leads"); got.code != http.StatusOK {
		t.Errorf("after joining: %d", got.code)
	}
}

func TestInvitationsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	boss := w.as("admin@ridge.example")
	gone := func(link, why string) {
		t.Helper()
		if got := w.browser().get(link); got.code != http.StatusNotFound {
			t.Errorf("%s: %d", why, got.code)
		}
		if got := w.browser().post(link, "name", "N", "password", "seven green kettles"); got.code != http.StatusNotFound {
			t.Errorf("%s, posted: %d", why, got.code)
		}
	}
	iid := w.invited(w.ridge.ID, "a@ridge.example")
	first, at := w.link(w.ridge.ID, iid), "/admin/orgs/ridge/invitations/"+iid
	boss.post(at + "/resend")
	boss.get("/admin/orgs/ridge/team").has(t, "main .notice-error", "Please wait a minute")
	w.clock.forward(2 * time.Minute)
	boss.post(at + "/resend")
	gone(first, "sent again")
	second := w.link(w.ridge.ID, iid)
	if got := w.browser().get(second); got.code != http.StatusOK {
		t.Errorf("the newer link: %d", got.code)
	}
	w.clock.forward(7*24*time.Hour + time.Second)
	gone(second, "after seven days")
	w.as("admin@ridge.example").get("/admin/orgs/ridge/team").has(t, "#invited + table .pill", "Expired")
	third := w.invited(w.ridge.ID, "b@ridge.example")
	link := w.link(w.ridge.ID, third)
	boss = w.as("admin@ridge.example")
	boss.post("/admin/orgs/ridge/invitations/" + third + "/withdraw")
	gone(link, "withdrawn")
	if got := boss.post("/admin/orgs/ridge/team", "email", "admin@ridge.example", "role", "member"); got.code != http.StatusUnprocessableEntity {
		t.Errorf("inviting a member: %d", got.code)
	}
	for _, bad := range []string{"", "x", "x@", "a@b@c", "a b@c.example", "a@c.example\r\nBcc: d@e.example"} {
		if got := boss.post("/admin/orgs/ridge/team", "email", bad, "role", "member"); got.code != http.StatusUnprocessableEntity || got.count("#e-email") != 1 {
			t.Errorf("%q: %d", bad, got.code)
		}
	}
	if got := boss.post("/admin/orgs/ridge/team", "email", "x@c.example", "role", "engineer"); got.code != http.StatusUnprocessableEntity {
		t.Errorf("an administrator invites an engineer: %d", got.code)
	}
}

func TestRolesAndRemoval(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	boss, mia := w.as("admin@ridge.example"), w.as("member@ridge.example")
	id := map[string]string{}
	list := boss.get("/admin/orgs/ridge/team")
	for _, row := range list.Find("#people tbody tr").EachIter() {
		id[strings.Fields(row.Text())[0]] = strings.Split(row.Find("form").AttrOr("action", ""), "/")[5]
	}
	team := "/admin/orgs/ridge/team/"
	boss.post(team+id["Rae"]+"/remove", "")
	boss.get("/admin/orgs/ridge/team").has(t, "main .notice-error", "last administrator")
	boss.post(team+id["Rae"], "role", "member")
	boss.get("/admin/orgs/ridge/team").has(t, "main .notice-error", "last administrator")
	boss.post(team+id["Mia"], "role", "admin")
	if got := mia.get("/admin/orgs/ridge/audit"); got.code != http.StatusOK {
		t.Errorf("a new administrator: %d", got.code)
	}
	mia.get(team+id["Rae"]+"/remove").has(t, "main", "Rae Ridge (admin@ridge.example) no longer sees anything of Ridgeline Roofing.")
	if got := mia.post(team + id["Rae"] + "/remove"); got.location != "/admin/orgs/ridge/team" {
		t.Fatalf("%d", got.code)
	}
	if got := boss.get("/admin/orgs/ridge/appointments"); !strings.HasPrefix(got.location, "/login") {
		t.Errorf("who was removed is still signed in: %d", got.code)
	}
	if got := w.as("admin@ridge.example").get("/admin/orgs/ridge/appointments"); got.code != http.StatusNotFound {
		t.Errorf("who was removed still belongs to the organization: %d", got.code)
	}
	if all := strings.Join(w.events(w.ridge.ID), "\n"); !strings.Contains(all, "Role changed | member@ridge.example | member → admin | Rae Ridge | 127.0.0.1") ||
		!strings.Contains(all, "Removed | admin@ridge.example | Role: admin; All sessions were ended. | Mia Member") {
		t.Errorf("the audit:\n%s", all)
	}
}

func TestEngineers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	eli := w.as("engineer@hs.example")
	page := eli.get("/admin/engineers")
	page.sound(t, "/admin/engineers")
	page.has(t, "#people", "Eli Engineer (you) engineer@hs.example Engineer")
	eli.post(page.Find("#people a.button").AttrOr("href", ""))
	eli.get("/admin/engineers").has(t, "main .notice-error", "last engineer")
	eli.post("/admin/engineers", "email", "nora@hs.example", "role", "admin")
	list, err := w.auth.Invitations(t.Context(), "")
	if err != nil || len(list) != 1 || list[0].Role != auth.Engineer {
		t.Fatalf("%v %v", list, err)
	}
	nora := w.browser()
	nora.post(w.link("", string(list[0].ID)), "name", "Nora", "password", "seven green kettles")
	if got := nora.get("/admin/orgs/blue/leads"); got.code != http.StatusOK {
		t.Errorf("a new engineer in any organization: %d", got.code)
	}
	audited := nora.get("/admin/audit")
	audited.sound(t, "/admin/audit")
	audited.has(t, "tbody", "Joined nora@hs.example")
}

func TestForgottenPassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	old := w.as("member@ridge.example")
	b := w.browser()
	b.get("/login").has(t, "main a", "Forgot your password?")
	b.get("/login/forgot").sound(t, "/login/forgot")
	known, unknown := b.post("/login/forgot", "email", "member@ridge.example"), b.post("/login/forgot", "email", "nobody@ridge.example")
	if known.code != http.StatusOK || known.body != unknown.body {
		t.Error("the answer tells whether there is an account")
	}
	u, token, found, err := w.auth.ResetLink(t.Context(), "member@ridge.example")
	if err != nil || !found || u.Name != "Mia Member" {
		t.Fatal(err)
	}
	if _, _, found, err := w.auth.ResetLink(t.Context(), "nobody@ridge.example"); found || err != nil {
		t.Errorf("nobody: %t %v", found, err)
	}
	link := "/reset/" + token.Reveal()
	b.get(link).sound(t, link)
	if got := b.post(link, "password", "Member2026"); got.code != http.StatusUnprocessableEntity {
		t.Errorf("a password of own words: %d", got.code)
	}
	if got := b.post(link, "password", "seven green kettles"); got.location != "/login?password-set" {
		t.Fatalf("%d %s", got.code, got.location)
	}
	if got := old.get("/admin"); !strings.HasPrefix(got.location, "/login") {
		t.Error("the sessions of the old password go on")
	}
	if got := b.post(link, "password", "eight green kettles"); got.code != http.StatusNotFound {
		t.Errorf("the link works twice: %d", got.code)
	}
	if got := b.post("/login", "email", "member@ridge.example", "password", "seven green kettles"); got.code != http.StatusSeeOther {
		t.Errorf("the new password: %d", got.code)
	}
	_, token, _, err = w.auth.ResetLink(t.Context(), "member@ridge.example")
	if err != nil {
		t.Fatal(err)
	}
	w.clock.forward(time.Hour + time.Second)
	if got := b.get("/reset/" + token.Reveal()); got.code != http.StatusNotFound {
		t.Errorf("after an hour: %d", got.code)
	}
}

func TestAsksForPasswordsAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	b := w.browser()
	for i := range 5 {
		if got := b.post("/login/forgot", "email", "admin@ridge.example"); got.code != http.StatusOK {
			t.Errorf("%d: the answer changes: %d", i, got.code)
		}
	}
	counts, err := w.store.JobCounts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range counts {
		if c.Kind == "auth.reset_asked/mail" && c.N != 3 {
			t.Errorf("%d mails to one account within an hour", c.N)
		}
	}
	limited := 0
	for i := range 20 {
		if got := b.post("/login/forgot", "email", fmt.Sprintf("u%d@ridge.example", i)); got.code == http.StatusTooManyRequests {
			limited++
		}
	}
	if limited != 5 {
		t.Errorf("%d of 25 asks of one address were refused", limited)
	}
}

func TestOwnPassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	here, there := w.as("member@ridge.example"), w.as("member@ridge.example")
	for name, form := range map[string][2]string{"wrong old": {"wrong", "seven green kettles"}, "short": {password, "seven"}, "common": {password, "Passw0rd"}, "same": {password, password}, "steps": {password, "abcdefghij"}} {
		if got := here.post("/admin/account/password", "old", form[0], "password", form[1]); got.code != http.StatusUnprocessableEntity || got.count(".field .error") != 1 {
			t.Errorf("%s: %d with %d errors", name, got.code, got.count(".field .error"))
		}
	}
	token := here.session()
	if got := here.post("/admin/account/password", "old", password, "password", "seven green kettles"); got.location != "/admin/account" {
		t.Fatalf("%d", got.code)
	}
	if here.session() == token {
		t.Error("the session keeps its token")
	}
	here.get("/admin/account").has(t, "main .notice-success", "Your password is changed")
	if got := there.get("/admin"); !strings.HasPrefix(got.location, "/login") {
		t.Error("another session goes on after the password was changed")
	}
}

func TestOwnSessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	one, two, three := w.as("member@ridge.example"), w.as("member@ridge.example"), w.as("member@ridge.example")
	stranger := w.as("admin@ridge.example")
	got := one.get("/admin/account")
	got.sound(t, "/admin/account")
	if n := got.count("main tbody tr"); n != 3 || got.count("main .pill-ok") != 1 {
		t.Fatalf("%d sessions", n)
	}
	got.has(t, "main tbody", "127.0.0.1")
	end := got.Find("main tbody form").First().AttrOr("action", "")
	if got := stranger.post(end); got.code != http.StatusNotFound {
		t.Errorf("somebody else's session: %d", got.code)
	}
	one.post(end)
	alive := 0
	for _, b := range []*browser{two, three} {
		if !strings.HasPrefix(b.get("/admin").location, "/login") {
			alive++
		}
	}
	if n := one.get("/admin/account").count("main tbody tr"); alive != 1 || n != 2 {
		t.Errorf("%d are alive, %d in the list", alive, n)
	}
	if out := one.post("/admin/account/sessions/end"); !strings.HasPrefix(out.location, "/login") {
		t.Errorf("%d", out.code)
	}
	for _, b := range []*browser{one, two, three} {
		if !strings.HasPrefix(b.get("/admin").location, "/login") {
			t.Error("a session goes on after signing out everywhere")
		}
	}
	if got := stranger.get("/admin/orgs/ridge/leads"); got.code != http.StatusOK {
		t.Error("somebody else was signed out")
	}
}

func TestTemporaryPasswordsAreChangedFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	_, made, err := w.auth.CreateUser(t.Context(), auth.NewUser{Email: "tess@ridge.example", Name: "Tess", Role: auth.Admin, Org: w.ridge.ID})
	if err != nil {
		t.Fatal(err)
	}
	b := w.browser()
	b.post("/login", "email", "tess@ridge.example", "password", made.Reveal())
	for _, rt := range admin.Table() {
		if rt.Access == "" || strings.HasPrefix(rt.Path, "/admin/account") {
			continue
		}
		path := pathOf(rt.Path, "ridge", nil)
		got := b.get(path)
		if rt.Method == http.MethodPost {
			got = b.post(path, "name", "X")
		}
		if got.location != "/admin/account" {
			t.Errorf("%s %s: %d %s", rt.Method, path, got.code, got.location)
		}
	}
	b.get("/admin/account").has(t, "main .notice-warning", "Choose one of your own")
	b.post("/admin/account/password", "old", made.Reveal(), "password", "seven green kettles")
	if got := b.get("/admin/orgs/ridge/leads"); got.code != http.StatusOK {
		t.Errorf("afterwards: %d", got.code)
	}
}

func TestDisabledPeopleAreOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connection.Shared{})
	b := w.as("member@ridge.example")
	if err := w.auth.Disable(t.Context(), "Member@ridge.example", true); err != nil {
		t.Fatal(err)
	}
	if got := b.get("/admin/orgs/ridge/leads"); !strings.HasPrefix(got.location, "/login") {
		t.Errorf("%d", got.code)
	}
	if _, err := w.auth.SignIn(t.Context(), "member@ridge.example", secret.NewString(password), "192.0.2.1"); !fault.Is(err, fault.Denied) {
		t.Errorf("signs in: %v", err)
	}
	if _, _, found, err := w.auth.ResetLink(t.Context(), "member@ridge.example"); found || err != nil {
		t.Errorf("gets a link: %t %v", found, err)
	}
	if err := w.auth.Disable(t.Context(), "member@ridge.example", false); err != nil {
		t.Fatal(err)
	}
	if got := w.as("member@ridge.example").get("/admin/orgs/ridge/leads"); got.code != http.StatusOK {
		t.Errorf("enabled again: %d", got.code)
	}
}
