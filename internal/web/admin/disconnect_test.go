package admin_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/email"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/secret"
	"heavyset.tech/platform/internal/settings"
)

// lost parks ridge's connection.
func (w *world) lost() {
	w.t.Helper()
	c := w.nowConfig(w.t)
	f := connection.Failure{Class: crm.Broken, Code: "invalid_code", Message: "Zoho no longer accepts our authorization.", Since: w.clock.Now()}
	if err := w.store.MarkLost(w.t.Context(), w.ridge.ID, c.ID, c.Connection.TokenVersion, f); err != nil {
		w.t.Fatal(err)
	}
}

func TestDisconnectingIsADeliberateAct(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sharedApp())
	b := w.as("admin@ridge.example")
	if got := b.get(w.configPath() + "/disconnect"); got.code != http.StatusSeeOther || got.location != w.configPath() {
		t.Errorf("nothing to disconnect: %d %s", got.code, got.location)
	}
	w.connected()
	w.book(at(2, 10, 0), jo, nil)
	page := b.get(w.configPath())
	if page.count("form[action$='/disconnect']") != 0 || page.count("a[href='"+w.configPath()+"/disconnect']") != 1 {
		t.Error("one click on the config must not disconnect it")
	}
	ask := b.get(w.configPath() + "/disconnect")
	ask.sound(t, "/disconnect")
	for _, want := range []string{
		"Nothing in Zoho is changed or deleted", "goes on taking bookings", "at the moment 1 appointment. It is written as soon as somebody has connected again",
		"only the Zoho organization “Ridgeline in Zoho” is accepted",
	} {
		ask.has(t, "main ul", want)
	}
	if w.nowConfig(t).Connection.State != connection.Connected || len(w.connector.revoked) != 0 {
		t.Fatal("looking at the consequences disconnected it")
	}
	w.clock.forward(time.Minute)
	got := b.post(w.configPath() + "/disconnect")
	if c := w.nowConfig(t).Connection; c.State != connection.NotConnected || !c.RefreshToken.Empty() || !c.Access.Token.Empty() {
		t.Errorf("%d: %s, or its tokens are still there", got.code, c.State)
	}
	if fmt.Sprint(w.connector.revoked) != "["+refreshToken+"]" {
		t.Errorf("revoked %d tokens", len(w.connector.revoked))
	}
	page = b.get(got.location)
	page.has(t, "main section", "Disconnected on purpose.")
	page.has(t, "#activity + .timeline .event", "Disconnected by Rae Ridge")
	if page.count(".tokens dd:contains('Blank')") != 3 {
		t.Error("the three fields still show something")
	}

	// another organization is refused still, the right one is taken back and what waited is written
	w.connector.setOrg("222", "Somebody else")
	page = b.get(b.get(back("state", b.begin())).location)
	page.has(t, "dialog [role=alert]", "signed in to the Zoho organization “Somebody else”, but this configuration belongs to “Ridgeline in Zoho”")
	w.clock.forward(time.Minute)
	w.connector.setOrg("111", "Ridgeline in Zoho")
	state := b.begin()
	w.clock.forward(time.Minute)
	page = b.get(b.get(back("state", state)).location)
	page.has(t, "#activity + .timeline .event", "Reconnected by Rae Ridge")
	if waiting, err := w.store.WaitingWrites(t.Context(), w.ridge.ID); err != nil || waiting.Appointments != 1 {
		t.Errorf("the queue was lost: %+v %v", waiting, err)
	}
}

func TestABannerOnEveryPageWhileTheConnectionIsLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sharedApp())
	w.connected()
	a := w.book(at(2, 10, 0), jo, nil)
	admin, member := w.as("admin@ridge.example"), w.as("member@ridge.example")
	paths := []string{"/admin/orgs/ridge/appointments", "/admin/orgs/ridge/appointments/" + string(a.ID), "/admin/orgs/ridge/leads", "/admin/orgs/ridge/connections", w.configPath()}
	for _, path := range paths {
		if admin.get(path).count(".banner") != 0 {
			t.Errorf("%s: a banner over what is well", path)
		}
	}
	w.lost()
	for _, path := range paths {
		page := admin.get(path)
		page.sound(t, path)
		page.has(t, ".banner", "Zoho needs to be reconnected. Zoho has not accepted our authorization since Mon, Nov 30, 10:30 PM.")
		if to, _ := page.Find(".banner a").Attr("href"); to != w.configPath()+"?dialog=connection" {
			t.Errorf("%s: the banner leads to %q", path, to)
		}
		page = member.get(path)
		page.has(t, ".banner", "An administrator of your organization can do that.")
		if page.count(".banner a") != 0 {
			t.Errorf("%s: a member is sent where they may do nothing", path)
		}
	}
	if w.as("admin@blue.example").get("/admin/orgs/blue/leads").count(".banner") != 0 {
		t.Error("another organization sees it")
	}
	// the mail's link goes through sign-in to the open dialogue
	link := w.configPath() + "?dialog=connection"
	b := w.browser()
	login := b.get(link)
	form := b.get(login.location)
	next, _ := form.Find("[name=next]").Attr("value")
	if next != link {
		t.Errorf("sign-in goes on to %q", next)
	}
	if got := b.post("/login", "email", "admin@ridge.example", "password", password, "next", next); got.location != link || b.get(got.location).count("dialog[open] button[form=authorize]:not([disabled])") != 1 {
		t.Errorf("after sign-in: %d %s", got.code, got.location)
	}
}

func TestReconnectingRevokesTheOldTokenAndCountsThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sharedApp())
	b := w.as("admin@ridge.example")
	w.connected()
	w.connector.grant.RefreshToken = secret.NewString("1000.refresh-token-0002")
	page := b.get(b.get(back("state", b.begin())).location)
	if fmt.Sprint(w.connector.revoked) != "["+refreshToken+"]" {
		t.Errorf("revoked %v", len(w.connector.revoked))
	}
	live := func() int {
		t.Helper()
		n, err := w.store.LiveTokens(t.Context(), w.ridge.ID, w.nowConfig(t).Connection.AccountID)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if live() != 1 || strings.Contains(page.Text(), "authorizations of the Zoho user") {
		t.Errorf("%d tokens live", live())
	}
	// Zoho confirms no revocation any more: they stay counted, and from 15 people are warned
	w.connector.revoking = &crm.Problem{Class: crm.Down}
	for i := range 14 {
		w.connector.grant.RefreshToken = secret.NewString(fmt.Sprintf("1000.refresh-more-%04d", i))
		if page = b.get(b.get(back("state", b.begin())).location); live() < 15 && strings.Contains(page.Text(), "authorizations of the Zoho user") {
			t.Errorf("warned at %d", live())
		}
	}
	page.has(t, "main > section .notice-warning", "HeavySet holds 15 authorizations of the Zoho user Rae. Zoho keeps 20 and silently drops the oldest")
	page.has(t, "#activity + .timeline", "Old refresh token not revoked")
}

func TestMissingPermissionsAreNamedWithWhatStops(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sharedApp())
	w.connector.missing = []crm.Permission{{Scope: "ZohoCRM.modules.events.ALL", Without: "Appointments in the Events module are neither written nor read."}}
	w.connected()
	page := w.as("admin@ridge.example").get(w.configPath())
	page.has(t, "main > section .pill-warn", "Permissions missing")
	page.has(t, "main > section .notice-warning li", "Appointments in the Events module are neither written nor read. Missing: ZohoCRM.modules.events.ALL")
	page.has(t, "#activity + .timeline", "Missing: ZohoCRM.modules.events.ALL.")
}

func TestCheckNow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sharedApp())
	w.connected()
	b := w.as("admin@ridge.example")
	w.clock.forward(30 * time.Minute)
	page := b.get(b.post(w.configPath() + "/check").location)
	page.has(t, "[role=status]", "Called Zoho as Rae, organization Ridgeline in Zoho, data centre US, at 11:00:00 PM CST, Mon, Nov 30.")
	w.clock.forward(time.Minute)
	w.connector.who = &crm.Problem{Class: crm.Down}
	page = b.get(b.post(w.configPath() + "/check").location)
	page.has(t, "[role=alert]", "Zoho does not answer at the moment.")
	page.has(t, "main > section .proof", "at 11:00:00 PM")
}

func TestPastedCredentialsAreLookedAt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sharedApp())
	b := w.as("admin@ridge.example")
	same := b.post(w.configPath(), "name", "Main", "crm_type", "zoho", "client_id", "1000.OWN", "client_secret", "1000.OWN")
	same.has(t, "#e-client_secret", "Client Secret must be another value than the Client ID.")
	odd := b.post(w.configPath(), "name", "Main", "crm_type", "zoho", "client_id", "OWN", "client_secret", "first-secret")
	page := b.get(odd.location)
	page.has(t, ".notice-warning", "The Client ID does not begin with 1000.")
	page.has(t, "#activity + .timeline .event", "Credentials changed by Rae Ridge Client ID and Client Secret (fingerprint")
	page.has(t, "#h-client_secret", "Mon, Nov 30, 10:30 PM")
	if strings.Contains(page.body, "first-secret") {
		t.Error("the secret stands in the page")
	}
}

// sink takes every mail but those to one address.
type sink struct{ to []string }

func (s *sink) Send(_ context.Context, m email.Message) error {
	if strings.HasPrefix(m.To.Address, "gone@") {
		return fault.New(fault.Invalid, "The address does not take mail.")
	}
	s.to = append(s.to, m.To.Address)
	return nil
}

func TestTokenExpiryAlertsAreTestedAndTheTipIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sharedApp())
	mails := &sink{}
	w.alerts.Sender = mails
	w.connected()
	b := w.as("admin@ridge.example")
	w.user("engineer@hs.example")
	path := "/admin/orgs/ridge/crm-settings/" + string(w.config.ID)
	b.get(w.configPath()).has(t, "main > section .notice-warning", "Nobody hears of it when this connection is lost.")
	if page := b.get(path); page.count("[form=test-alert]") != 0 {
		t.Error("a test message to nobody is offered")
	}
	b.get(b.post(path+"/test-alert").location).has(t, "[role=alert]", "There is nobody in the list yet.")
	save := func(alerts string) answer {
		t.Helper()
		set := settings.Default()
		set.Alerts = strings.Fields(alerts)
		if _, err := w.store.SaveSettings(t.Context(), w.ridge.ID, w.config.ID, settings.Version{Settings: set, At: w.clock.Now()}); err != nil {
			t.Fatal(err)
		}
		page := b.get(path)
		page.sound(t, path)
		return page
	}
	page := save("friend@elsewhere.example other@elsewhere.example")
	page.has(t, "section[aria-labelledby=alerts]", "No administrator of this organization is in the list.")
	page.has(t, "section[aria-labelledby=alerts]", "No HeavySet contact is in the list.")
	page = save("admin@ridge.example engineer@hs.example")
	if page.count("section[aria-labelledby=alerts] .notice") != 0 {
		t.Errorf("warned of nothing: %s", page.text("section[aria-labelledby=alerts]"))
	}
	b.get(b.post(path+"/test-alert").location).has(t, "[role=status]", "A test message is on its way to admin@ridge.example, engineer@hs.example.")
	if fmt.Sprint(mails.to) != "[admin@ridge.example engineer@hs.example]" {
		t.Errorf("mails to %v", mails.to)
	}
	save("admin@ridge.example gone@ridge.example")
	b.get(b.post(path+"/test-alert").location).has(t, "[role=alert]", "gone@ridge.example: The address does not take mail.")
	if b.get(w.configPath()).count("main > section .notice-warning") != 0 {
		t.Error("the config still warns")
	}
}
