package demo_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"heavyset.tech/platform/internal/connection"
	"heavyset.tech/platform/internal/crm"
)

// js runs an expression in the page and waits for what it promises.
func js[T any](b *browser, expression string) T {
	b.t.Helper()
	v, err := run(b, patience, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v at %s", expression, err, b.reads())
	}
	return v
}

// until waits until an expression is true, also over a change of page.
func (b *browser) until(what, expression string) {
	b.t.Helper()
	end := time.Now().Add(patience)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for time.Now().Before(end) {
		// an answer that a change of page cut off never comes
		if ok, err := run(b, 5*time.Second, chromedp.Evaluate[bool](expression)); err == nil && ok {
			return
		}
		<-tick.C
	}
	b.t.Fatalf("never: %s, at %s", what, b.reads())
}

// visible waits until a person can see what a selector finds, also in a frame that changes its page.
func (b *browser) visible(selector string) {
	b.t.Helper()
	b.until(selector+" is to be seen", fmt.Sprintf("document.querySelector(%q)?.checkVisibility() === true", selector))
}

// signInAs is signIn that waits for where it leads.
func (b *browser) signInAs(email string) {
	b.t.Helper()
	b.write("email", email)
	b.write("password", testPassword)
	b.click("form .button-primary", "header.bar")
}

// openDialogue presses CRM Connection Settings.
func (b *browser) openDialogue() {
	b.t.Helper()
	b.click("[commandfor=settings][command=show-modal]", "dialog:modal #f-client_id")
}

// accept gives consent on the simulator's page.
func (b *browser) accept(user string) {
	b.t.Helper()
	b.do(chromedp.WaitVisible(chromedp.CSS("[name=allow]")))
	if user != "" {
		js[bool](b, fmt.Sprintf("(() => { const o = [...document.querySelectorAll('#user option')].find(o => o.textContent.includes(%q)); o.selected = true; return true })()", user))
	}
	b.press("[name=allow]")
	b.press("button.accept")
}

// connected looks at step 6: the same dialogue, opened, with the proof and the three fields.
func (b *browser) connected() {
	b.t.Helper()
	b.until("the dialogue is open again", "document.querySelectorAll('dialog:modal .tokens .pill-ok').length === 3")
	said := b.text("dialog [role=status]")
	for _, want := range []string{"Zoho is connected. Called Zoho as ", "organization ", "data centre US, at "} {
		if !strings.Contains(said, want) {
			b.t.Errorf("the dialogue says %q, without %q", said, want)
		}
	}
}

// TestSteps1To6 walks the guide on bluewater, which is not connected, by clicking only: in the same tab, in a pop-up, and
// with a pop-up that the browser blocks.
func TestSteps1To6(t *testing.T) {
	t.Parallel()
	for _, way := range []string{"same tab", "pop-up", "pop-up blocked"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			w, _ := inProcess(t, nil)
			b := chromium(t, 1440)
			b.open(w.base + "/admin")
			b.signInAs("engineer@heavyset.example")
			// step 1
			b.click(".menu-org summary", ".menu-org .menu-list")
			js[bool](b, "[...document.querySelectorAll('.menu-org .menu-list a')].find(a => a.textContent.includes('Bluewater')).click() || true")
			b.until("bluewater's pages", "document.querySelector('.menu-org b')?.textContent.includes('Bluewater')")
			b.click(".side a[href$='/connections']", ".side a[href*='/crm-configs/']")
			b.click(".side a[href*='/crm-configs/']", "#f-crm_type")
			config := b.location()
			// steps 2 and 3
			if v := js[string](b, "document.getElementById('f-crm_type').selectedOptions[0].textContent"); v != "Zoho" {
				t.Errorf("CRM Type %q", v)
			}
			b.openDialogue()
			b.check(way + ", dialogue open")
			b.write("client_id", "1000.SIMCLIENT")
			b.write("client_secret", "sim-secret")
			b.click("dialog [command=close]", "[data-unsaved]:not([hidden])")
			b.click("#config > p .button", "[role=status]")
			if said := b.text("[role=status]"); said != "Saved." {
				t.Errorf("after Save: %q", said)
			}
			// step 4
			b.openDialogue()
			if way != "same tab" {
				b.do(chromedp.Click(chromedp.CSS("[name=popup]")))
			}
			if way == "pop-up blocked" {
				js[bool](b, "(window.open = () => null, true)") // what a blocker does
			}
			b.do(chromedp.Click(chromedp.CSS("dialog button[form=authorize]")))
			// step 5, then 6
			if way == "pop-up" {
				p := b.popup()
				p.accept("")
			} else {
				b.accept("")
			}
			b.connected()
			if !strings.HasPrefix(b.location(), config+"?dialog=connection") {
				t.Errorf("came back to %s", b.location())
			}
			b.check(way + ", connected")
			if way == "pop-up" {
				w.eventually(10*time.Second, "the pop-up closes", func() bool { return b.pages() == 1 })
			}
		})
	}
}

// pages counts the tabs and windows.
func (b *browser) pages() (n int) {
	b.t.Helper()
	list, err := chromedp.Targets(b.ctx)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, info := range list {
		if info.Type == "page" {
			n++
		}
	}
	return n
}

// popup waits for the window that a page opened at the simulator and gives it.
func (b *browser) popup() *browser {
	b.t.Helper()
	end := time.Now().Add(20 * time.Second)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for time.Now().Before(end) {
		list, err := chromedp.Targets(b.ctx)
		if err != nil {
			b.t.Fatal(err)
		}
		for _, info := range list {
			if info.Type == "page" && strings.Contains(info.URL, "/oauth/v2/auth") {
				ctx, stop := chromedp.NewContext(b.ctx, chromedp.WithTargetID(info.TargetID))
				_ = stop // the window closes itself
				w := attached(b.t, ctx)
				w.keyboard = b.keyboard
				return w
			}
		}
		<-tick.C
	}
	b.t.Fatal("no pop-up opened")
	return nil
}

// TestLeavingWithUnsavedChangesAsks: and after saving it does not.
func TestLeavingWithUnsavedChangesAsks(t *testing.T) {
	t.Parallel()
	w, _ := inProcess(t, nil)
	b := chromium(t, 1440)
	b.open(w.base + "/login")
	b.signInAs("admin@bluewater.example")
	b.click(".side a[href$='/connections']", ".side a[href*='/crm-configs/']")
	b.click(".side a[href*='/crm-configs/']", "#f-crm_type")
	asks := func() bool {
		return js[bool](b, "!dispatchEvent(new Event('beforeunload', {cancelable: true}))")
	}
	if asks() {
		t.Error("asks although nothing was changed")
	}
	b.openDialogue()
	b.write("client_id", "1000.TYPED")
	b.click("dialog [command=close]", "[data-unsaved]:not([hidden])")
	if !asks() {
		t.Error("what was typed would be lost without a question")
	}
	if v := js[string](b, "document.getElementById('f-client_id').value"); v != "1000.TYPED" {
		t.Errorf("Okay kept %q", v)
	}
	b.click("#config > p .button", "[role=status]")
	if asks() {
		t.Error("asks after Save")
	}
}

// alertsFor lists the subjects of mails to somebody, newest first.
func (w *world) alertsFor(to string) (out []struct{ Subject, Text string }) {
	w.t.Helper()
	for _, m := range get[[]struct {
		To            []string
		Subject, Text string
	}](w, w.base+"/_demo/mail") {
		if len(m.To) == 1 && strings.Contains(m.To[0], to) {
			out = append(out, struct{ Subject, Text string }{m.Subject, m.Text})
		}
	}
	return out
}

// TestARevokedTokenFromAlertToRecovery: the refresh token dies in Zoho; a mail says so, visitors notice nothing, and the
// mail's link is all that is needed to mend it.
func TestARevokedTokenFromAlertToRecovery(t *testing.T) {
	t.Parallel()
	w, _ := inProcess(t, nil)
	w.settled(30 * time.Second)
	status, _ := w.call("POST", w.zoho+"/_sim/tokens", `{"action":"revoke_refresh"}`)
	if status != http.StatusOK {
		t.Fatal(status)
	}
	free := w.slots("inspection", 2, 30)
	if status, _ := w.book(free[0], "Refused"); status != 201 {
		t.Fatal(status)
	}
	took := w.eventually(2*time.Minute, "an alert for both recipients", func() bool {
		return len(w.alertsFor("admin@ridgeline.example")) == 1 && len(w.alertsFor("engineer@heavyset.example")) == 1
	})
	t.Logf("the alert came %v after the booking", took.Round(time.Millisecond))
	alert := w.alertsFor("admin@ridgeline.example")[0]
	if !strings.HasPrefix(alert.Subject, "Action needed: Zoho needs to be reconnected") {
		t.Error(alert.Subject)
	}
	if status, _ := w.book(free[len(free)-1], "Later"); status != 201 {
		t.Errorf("visitors can't book any more: %d", status)
	}
	if n := len(w.mails("Later")); n != 1 {
		w.eventually(10*time.Second, "the confirmation", func() bool { return len(w.mails("Later")) == 1 })
	}
	_, link, _ := strings.Cut(alert.Text, "Reconnect Zoho: ")
	link, _, _ = strings.Cut(link, "\n")

	b := chromium(t, 375)
	b.open(link)
	b.signInAs("admin@ridgeline.example")
	if !strings.Contains(b.text(".banner"), "Zoho needs to be reconnected.") {
		t.Error("no banner")
	}
	b.check("the dialogue after an alert")
	b.do(chromedp.Click(chromedp.CSS("dialog:modal button[form=authorize]")))
	b.accept("")
	b.connected()
	w.eventually(30*time.Second, "the queue is written", func() bool {
		one, _, _ := w.written("Refused", "")
		two, _, _ := w.written("Later", "")
		return len(one) == 1 && len(two) == 1
	})
	w.eventually(30*time.Second, "the recovery mail", func() bool {
		mails := w.alertsFor("admin@ridgeline.example")
		return len(mails) == 2 && strings.HasPrefix(mails[0].Subject, "Zoho is connected again")
	})
	b.open(w.base + "/admin/orgs/ridgeline/leads")
	if js[int](b, "document.querySelectorAll('.banner').length") != 0 {
		t.Error("the banner is still there")
	}
}

// TestConnectWithoutJavaScript: the dialogue stands in the page, and consent leads there and back in the same tab.
func TestConnectWithoutJavaScript(t *testing.T) {
	t.Parallel()
	w, _ := inProcess(t, nil)
	b := chromium(t, 375)
	b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
	b.open(w.base + "/login?next=/admin/orgs/bluewater/connections")
	b.signInAs("admin@bluewater.example")
	b.click("tbody a.button", "noscript a")
	b.click("noscript a", "dialog[open] button[form=authorize]")
	b.click("dialog button[form=authorize]", "[name=allow]")
	b.do(chromedp.Click(chromedp.CSS("[name=allow]")))
	b.click("button.accept", "dialog[open] .tokens .pill-ok")
	if said := b.text("dialog [role=status]"); !strings.Contains(said, "Zoho is connected. Called Zoho as ") {
		t.Error(said)
	}
}

// TestConnectByKeyboard: without a mouse, at first refused on Zoho's page, then accepted.
func TestConnectByKeyboard(t *testing.T) {
	t.Parallel()
	w, _ := inProcess(t, nil)
	b := chromium(t, 1440)
	b.open(w.base + "/login?next=/admin/orgs/bluewater/connections")
	b.signInAs("admin@bluewater.example")
	b.tabTo("tbody a.button")
	b.keys(kb.Enter)
	b.do(chromedp.WaitVisible(chromedp.CSS("#f-crm_type")))
	b.tabTo("[commandfor=settings][command=show-modal]")
	b.keys(kb.Enter)
	b.do(chromedp.WaitVisible(chromedp.CSS("dialog:modal")))
	b.tabTo("dialog button[form=authorize]")
	b.keys(kb.Enter)
	b.do(chromedp.WaitVisible(chromedp.CSS("[name=allow]")))
	b.tabTo("[name=decision][value=reject]")
	b.keys(kb.Enter)
	b.do(chromedp.WaitVisible(chromedp.CSS("dialog:modal [role=alert]")))
	if said := b.text("dialog [role=alert]"); !strings.Contains(said, "Press Connect Zoho again, tick the box and press Accept.") {
		t.Error(said)
	}
	b.tabTo("dialog button[form=authorize]")
	b.keys(kb.Enter)
	b.do(chromedp.WaitVisible(chromedp.CSS("[name=allow]")))
	b.tabTo("[name=allow]")
	b.keys(" ")
	b.tabTo("button.accept")
	b.keys(kb.Enter)
	b.connected()
	b.keys(kb.Escape)
	b.until("Escape closes the dialogue", "!document.querySelector('dialog[open]')")
}

// TestTheConfigIsAccessible runs axe-core on the config's page in its states, with the dialogue open and closed.
func TestTheConfigIsAccessible(t *testing.T) {
	t.Parallel()
	w, _ := inProcess(t, nil)
	id := func(slug string) string {
		return get[struct {
			List []struct{ ID string } `json:"crm_configs"`
		}](w, w.base+"/api/v1/orgs/"+slug+"/crm-configs").List[0].ID
	}
	ridge, blue := w.base+"/admin/orgs/ridgeline/crm-configs/"+id("ridgeline"), w.base+"/admin/orgs/bluewater/crm-configs/"+id("bluewater")
	folder := os.Getenv("HEAVYSET_PICTURES")
	look := func(when string, urls map[string]string) {
		for _, width := range widths(375) {
			b := chromium(t, width)
			b.open(w.base + "/login")
			b.signInAs("engineer@heavyset.example")
			for name, url := range urls {
				b.open(url)
				b.check(fmt.Sprintf("%s, %s at %d", name, when, width))
				if folder != "" {
					b.picture(filepath.Join(folder, fmt.Sprintf("config-%s-%s-%d.png", name, when, width)), chromedp.FullScreenshot(100))
				}
			}
		}
	}
	look("first", map[string]string{
		"blue": blue, "blue-open": blue + "?dialog=connection", "ridge": ridge, "ridge-open": ridge + "?dialog=connection", "ask": ridge + "/disconnect", "returned": ridge + "?popup=1",
	})
	w.call("POST", w.zoho+"/_sim/tokens", `{"action":"revoke_refresh"}`)
	w.book(w.slots("inspection", 2, 30)[0], "Axe")
	w.eventually(time.Minute, "an alert", func() bool { return len(w.alertsFor("admin@ridgeline.example")) > 0 })
	look("lost", map[string]string{"ridge": ridge, "ridge-open": ridge + "?dialog=connection", "leads": w.base + "/admin/orgs/ridgeline/leads"})
}

// TestEveryRefusalOfConsentSaysWhatToDo brings about each failure of Zoho's token endpoint between the real client and the
// simulator: its own code, its own next act, nothing connected and no refresh token left behind at Zoho.
func TestEveryRefusalOfConsentSaysWhatToDo(t *testing.T) {
	t.Parallel()
	w, d := inProcess(t, nil)
	w.settled(30 * time.Second)
	configs := get[struct {
		List []struct{ ID string } `json:"crm_configs"`
	}](w, w.base+"/api/v1/orgs/bluewater/crm-configs")
	path := "/orgs/bluewater/crm-configs/" + configs.List[0].ID
	scopes := "ZohoCRM.modules.leads.ALL,ZohoCRM.users.READ,ZohoCRM.org.READ"
	connect := func(scope, secret, redirect string) (int, string) {
		t.Helper()
		_, raw := w.call("POST", w.zoho+"/_sim/grant", fmt.Sprintf(`{"client_id":"1000.SIMCLIENT","redirect_uri":%q,"scope":%q}`, w.base+"/oauth/zoho/callback", scope))
		var g struct {
			Code, Location string
			AccountsServer string `json:"accounts_server"`
		}
		if err := json.Unmarshal(raw, &g); err != nil || g.Code == "" {
			t.Fatalf("no grant code: %s", raw)
		}
		status, body := w.keyed("POST", path+"/connect", fmt.Sprintf(`{"client_id":"1000.SIMCLIENT","client_secret":%q,"code":%q,"location":%q,"accounts_server":%q,"redirect_uri":%q}`,
			secret, g.Code, g.Location, g.AccountsServer, redirect))
		return status, string(body)
	}
	live := func() int {
		return get[struct{ Tokens struct{ Live int } }](w, w.zoho+"/_sim/stats").Tokens.Live
	}
	before := live()
	ours := w.base + "/oauth/zoho/callback"
	for _, c := range []struct {
		name, fault, secret, redirect, scope string
		status                               int
		words                                string
	}{
		{name: "a used code", fault: `"status":200,"body":"{\"error\":\"invalid_code\"}"`, status: 422, words: "works once"},
		{name: "an unknown client", fault: `"status":200,"body":"{\"error\":\"invalid_client\"}"`, status: 422, words: "must be enabled there"},
		{name: "a wrong secret, really", secret: "not-it", status: 422, words: "The Client Secret is wrong"},
		{name: "a wrong secret", fault: `"status":200,"body":"{\"error\":\"invalid_client_secret\"}"`, status: 422, words: "The Client Secret is wrong"},
		{name: "another redirect address", fault: `"status":200,"body":"{\"error\":\"invalid_redirect_uri\"}"`, status: 422, words: "does not list this redirect address: " + ours},
		{name: "the throttle, 200", fault: `"status":200,"body":"{\"error\":\"access_denied\"}"`, status: 503, words: "again in ten minutes"},
		{name: "the throttle, 400 in French", fault: `"status":400,"body":"{\"error\":\"Access Denied\",\"error_description\":\"Trop de demandes\",\"status\":\"failure\"}"`, status: 503, words: "again in ten minutes"},
		{name: "a page of HTML", fault: `"status":502,"body":"<html>Bad gateway</html>"`, status: 503, words: "Nothing was changed"},
		{name: "an API address that is not Zoho's", fault: `"status":200,"body":"{\"access_token\":\"a\",\"refresh_token\":\"r\",\"api_domain\":\"https://evil.example\",\"expires_in\":3600}"`, status: 422, words: "Nothing was stored or sent there"},
		{name: "too few permissions to prove anything", scope: "ZohoCRM.modules.leads.ALL", status: 403, words: "accept all permissions"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.fault != "" {
				if status, b := w.call("POST", w.zoho+"/_sim/faults", `{"method":"POST","path_prefix":"/oauth/v2/token","when":"before","action":"status",`+c.fault+`,"times":1}`); status >= 300 {
					t.Fatalf("%d %s", status, b)
				}
				defer w.call("DELETE", w.zoho+"/_sim/faults", "")
			}
			if c.secret == "" {
				c.secret = "sim-secret"
			}
			if c.scope == "" {
				c.scope = scopes
			}
			status, body := connect(c.scope, c.secret, ours)
			if status != c.status || !strings.Contains(body, c.words) {
				t.Errorf("%d %s", status, body)
			}
			if strings.Contains(body, c.secret) {
				t.Error("the answer repeats the secret")
			}
		})
	}
	if n := live(); n != before {
		t.Errorf("%d refresh tokens live at Zoho, %d before: refused connects leave some behind", n, before)
	}
	if status, body := connect(scopes, "sim-secret", ours); status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	if status, body := connect(scopes, "sim-secret", ours); status != 200 {
		t.Fatalf("again: %d %s", status, body)
	}
	if n := live(); n != before+1 {
		t.Errorf("after connecting twice %d refresh tokens live at Zoho, %d before: the old one was not revoked", n, before)
	}
	o, err := d.App.Store.OrganizationBySlug(t.Context(), "bluewater")
	if err != nil {
		t.Fatal(err)
	}
	c, err := d.App.Connections.Config(t.Context(), o.ID, connection.ConfigID(configs.List[0].ID))
	if err != nil {
		t.Fatal(err)
	}
	missing, known := d.App.Connections.Missing(c)
	if !known || !slices.ContainsFunc(missing, func(p crm.Permission) bool { return p.Scope == "ZohoCRM.coql.READ" }) {
		t.Errorf("missing %+v", missing)
	}
	if err := d.App.Connections.Disconnect(t.Context(), o.ID, c.ID, "Test"); err != nil {
		t.Fatal(err)
	}
	if n := live(); n != before {
		t.Errorf("after disconnecting %d refresh tokens live at Zoho, %d before", n, before)
	}
}
