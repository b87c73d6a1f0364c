package demo_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// connectBluewater connects bluewater's CRM config without a browser.
func (w *world) connectBluewater() {
	w.t.Helper()
	configs := get[struct {
		List []struct{ ID string } `json:"crm_configs"`
	}](w, w.base+"/api/v1/orgs/bluewater/crm-configs")
	redirect := w.base + "/oauth/zoho/callback"
	_, b := w.call("POST", w.zoho+"/_sim/grant", fmt.Sprintf(`{"client_id":"1000.SIMCLIENT","redirect_uri":%q,"scope":"ZohoCRM.modules.ALL,ZohoCRM.settings.ALL,ZohoCRM.users.READ,ZohoCRM.org.READ,ZohoCRM.coql.READ"}`, redirect))
	var grant struct {
		Code, Location string
		AccountsServer string `json:"accounts_server"`
	}
	if err := json.Unmarshal(b, &grant); err != nil {
		w.t.Fatal(err)
	}
	status, b := w.keyed("POST", "/orgs/bluewater/crm-configs/"+configs.List[0].ID+"/connect", fmt.Sprintf(
		`{"client_id":"1000.SIMCLIENT","client_secret":"sim-secret","code":%q,"location":%q,"accounts_server":%q,"redirect_uri":%q}`, grant.Code, grant.Location, grant.AccountsServer, redirect))
	if status != 200 {
		w.t.Fatalf("connect: %d %s", status, b)
	}
}

// choose selects an option of a select by its value, as a person does with the keyboard.
func (b *browser) choose(selector, value string) {
	b.t.Helper()
	ok, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](fmt.Sprintf(
		`(() => { const s = document.querySelector(%q); if (![...s.options].some((o) => o.value === %q)) return false; s.value = %q; s.dispatchEvent(new Event("change", { bubbles: true })); return true; })()`,
		selector, value, value)))
	if err != nil || !ok {
		b.t.Fatalf("%s has no %s: %v", selector, value, err)
	}
}

// TestGuideSettings does the guide's steps 7 to 13 by clicking: a custom appointment module with a split date and time,
// Auto-Discover, Okay, Save, and a verified test booking.
func TestGuideSettings(t *testing.T) {
	t.Parallel()
	w, _ := inProcess(t, nil)
	w.control("PUT", "/_sim/modules/Visits", visits)
	w.connectBluewater()
	b := chromium(t, 1440)
	b.signIn(w, "admin@bluewater.example")
	b.click(`nav.side a[href$="crm-settings"]:last-of-type`, "#f-config") // 7
	b.click(`a[href$="/mapping"]`, "#m-lead")                             // 8
	b.check("the field mapping")
	b.choose("#m-appointment", "Visits") // 9
	b.click(`button[value="ask"]`, "#discover[open]")
	if names := b.text("#discover .facts"); !strings.Contains(names, "Visits") {
		t.Errorf("the pop-up names the modules %q", names)
	}
	b.check("the pop-up of Auto-Discover")
	b.click(`#discover button[value="discover"]`, ".notice-error") // without the checkbox: asked again
	b.do(chromedp.Click(chromedp.CSS(`[name="names_are_right"]`)))
	b.click(`#discover button[value="discover"]`, ".notice-success") // 10
	for field, want := range map[string]string{"#f-appointment-date": "Visit_Date", "#f-appointment-time": "Visit_Time", "#f-appointment-external_id": "HeavySet_ID", "#f-lead-last_name": "Last_Name"} {
		got, err := chromedp.Run(b.ctx, chromedp.Value(chromedp.CSS(field)))
		if err != nil || got != want {
			t.Errorf("%s is %q, want %q (%v)", field, got, want, err)
		}
	}
	b.click(`.sticky-actions button[value="okay"]`, ".notice-warning")
	b.do(chromedp.Click(chromedp.CSS(`[name="source"][value="crm_appointments_and_events"]`))) // 11
	b.write("alerts", "admin@bluewater.example\nops@heavyset.example")                         // 12
	b.click("#settings .button-primary", ".notice-success")
	b.check("Zoho Settings")
	b.click(`form[action$="/verify"] button`, ".notice-success") // 13
	b.check("the report of the test booking")
	if said := b.text(".notice"); !strings.Contains(said, "Verified") {
		t.Errorf("the report says %q", said)
	}
	if left := w.records("Visits"); len(left) != 0 {
		t.Errorf("%d test records are left", len(left))
	}
}
