package demo_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// TestPictures takes a picture of every page for people, at the widths of a phone and of a desk, light and dark, into the
// folder that HEAVYSET_PICTURES names: `make pictures` keeps those that the documents show. It checks nothing.
func TestPictures(t *testing.T) {
	folder := os.Getenv("HEAVYSET_PICTURES")
	if folder == "" {
		t.Skip("HEAVYSET_PICTURES names no folder: nobody asked for pictures")
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	w, _ := inProcess(t, nil)
	pages := w.pages()
	for _, width := range []int64{375, 1440} {
		for _, scheme := range []string{"light", "dark"} {
			t.Run(fmt.Sprintf("%d %s", width, scheme), func(t *testing.T) {
				b := chromium(t, width)
				b.scheme(scheme)
				b.signIn(w, "admin@ridgeline.example")
				for name, address := range pages {
					b.open(address)
					b.picture(filepath.Join(folder, fmt.Sprintf("%s-%d-%s.png", name, width, scheme)), chromedp.FullScreenshot(100))
					if width == 1440 && scheme == "light" { // what fits on a screen, for the documents
						b.picture(filepath.Join(folder, name+".png"), chromedp.CaptureScreenshot())
					}
				}
			})
		}
	}
}

// pages lists the pages for people by name.
func (w *world) pages() map[string]string {
	w.t.Helper()
	status, mine := w.book(w.slots("inspection", 2, 30)[0], fmt.Sprintf("Picture%d", len(w.records("Leads"))))
	if status != 201 {
		w.t.Fatal(status)
	}
	book, admin := w.base+"/book/ridgeline", w.base+"/admin/orgs/ridgeline"
	at := strings.ReplaceAll(w.slots("inspection", 2, 30)[3], "+", "%2B")
	configs := get[struct {
		List []struct{ ID string } `json:"crm_configs"`
	}](w, w.base+"/api/v1/orgs/ridgeline/crm-configs")
	asked := admin + "/appointments/" + w.asked()
	pages := map[string]string{
		"book-service": book, "book-zip": book + "?service=inspection", "book-time": book + "?service=inspection&zip=60640",
		"book-no-area": book + "?service=inspection&zip=99999", "book-details": book + "/details?service=inspection&zip=60640&start=" + at,
		"book-enquiry": book + "/enquiry", "manage": w.base + "/appointments/" + mine.ManageToken, "manage-move": w.base + "/appointments/" + mine.ManageToken + "/reschedule",
		"manage-cancel": w.base + "/appointments/" + mine.ManageToken + "/cancel", "missing": w.base + "/book/nowhere",
		"console-appointments": admin + "/appointments", "console-appointment": admin + "/appointments/" + mine.Appointment.ID, "console-leads": admin + "/leads",
		"console-connections": admin + "/connections", "console-config": admin + "/crm-configs/" + configs.List[0].ID,
		"console-settings": admin + "/crm-settings/" + configs.List[0].ID, "console-mapping": admin + "/crm-settings/" + configs.List[0].ID + "/mapping",
		"console-sync": admin + "/sync", "console-branding": admin + "/scheduler/branding", "console-source": admin + "/crm-settings/" + configs.List[0].ID + "/source", "sink-sms": w.base + "/_demo/sms/", "sink-mail": w.base + "/_demo/mail/", "console-undo": admin + "/undo", "console-passport": admin + "/passport", "console-scheduler": admin + "/scheduler", "console-organizations": w.base + "/admin/organizations",
		"console-report": w.report(), "console-disconnect": admin + "/crm-configs/" + configs.List[0].ID + "/disconnect", "console-dialogue": admin + "/crm-configs/" + configs.List[0].ID + "?dialog=connection",
		"zoho-consent": w.zoho + "/oauth/v2/auth?response_type=code&access_type=offline&prompt=consent&state=x&client_id=1000.SIMCLIENT&redirect_uri=" +
			url.QueryEscape(w.base+"/oauth/zoho/callback") + "&scope=ZohoCRM.modules.leads.ALL,ZohoCRM.modules.contacts.ALL,ZohoCRM.modules.events.ALL,ZohoCRM.settings.fields.READ,ZohoCRM.org.READ",
		"zoho": w.zoho + "/_sim/", "zoho-events": w.zoho + "/_sim/page/78654321/Events", "mails": w.base + "/_demo/mail/",
		"console-customers": admin + "/customers", "console-team": admin + "/team", "console-audit": admin + "/audit", "console-numbers": admin + "/numbers", "console-account": w.base + "/admin/account",
		"console-customer": admin + "/customers/" + w.customer(), "console-team-remove": admin + "/team/" + w.teammate() + "/remove", "login": w.base + "/login?password-set",
		"login-forgot": w.base + "/login/forgot", "console-request": asked, "console-decline": asked + "/decline", "console-asked-move": asked + "/move",
		"console-move": admin + "/appointments/" + mine.Appointment.ID + "/move", "console-call-times": admin + "/appointments/new?service=inspection&zip=60640",
		"console-call": admin + "/appointments/new?service=inspection&zip=60640&start=" + at, "console-customer-links": admin + "/customers/" + w.customer() + "/links",
		"console-service": admin + "/scheduler/services/inspection", "console-rep": admin + "/scheduler/reps/ann", "console-territory": admin + "/scheduler/territories/north",
		"console-handover": admin + "/scheduler/reps/ann/handover", "console-feed": admin + "/scheduler/reps/ann/feed", "console-word": admin + "/scheduler/messages/edit?kind=booked&language=en",
		"console-explainer": admin + "/scheduler/explainer?service=inspection&zip=60640&start=" + at,
	}
	for _, part := range []string{"appointments/calendar", "appointments/sheet", "leads/unfinished", "quarantine", "waitlist", "erasures", "sync/health", "conflicts", "keys", "webhooks"} {
		pages["console-"+strings.ReplaceAll(part, "/", "-")] = admin + "/" + part
	}
	for _, part := range []string{"services", "reps", "territories", "holidays", "working-time", "messages", "embed", "new-service", "new-rep", "new-territory", "start"} {
		pages["console-"+part] = admin + "/scheduler/" + part
	}
	return pages
}

// asked books a visit that somebody has to confirm, and gives the id of its appointment.
func (w *world) asked() string {
	w.t.Helper()
	var was map[string]any
	status, b := w.keyed("GET", "/orgs/ridgeline/catalog", "")
	if err := json.Unmarshal(b, &was); status != 200 || err != nil {
		w.t.Fatalf("%d %s %v", status, b, err)
	}
	put := func(confirmation string) {
		was["services"].([]any)[0].(map[string]any)["confirmation"] = confirmation
		doc, err := json.Marshal(was)
		if err != nil {
			w.t.Fatal(err)
		}
		if status, b := w.keyed("PUT", "/orgs/ridgeline/catalog", string(doc)); status != 200 {
			w.t.Fatalf("%d %s", status, b)
		}
	}
	put("request")
	defer put("instant")
	status, made := w.book(w.slots("inspection", 2, 30)[7], "Asks")
	if status != 201 || made.Appointment.Status != "tentative" {
		w.t.Fatalf("%d %+v", status, made)
	}
	return made.Appointment.ID
}

// report makes a test booking and gives the address of its report.
func (w *world) report() string {
	w.t.Helper()
	if status, b := w.keyed("POST", w.config()+"/test-booking", ""); status != 200 {
		w.t.Fatalf("%d %s", status, b)
	}
	list := get[struct {
		List []struct{ ID, Kind string } `json:"sync_attempts"`
	}](w, w.base+"/api/v1/orgs/ridgeline/sync-attempts")
	for _, a := range list.List {
		if a.Kind == "test booking" {
			return w.base + "/admin/orgs/ridgeline/sync/" + a.ID + "/report"
		}
	}
	w.t.Fatalf("no attempt is a test booking: %v", list)
	return ""
}

// customer gives the id of ridgeline's newest customer.
func (w *world) customer() string {
	w.t.Helper()
	list := get[struct {
		List []struct{ ID string } `json:"customers"`
	}](w, w.base+"/api/v1/orgs/ridgeline/customers")
	return list.List[0].ID
}

// teammate invites somebody to ridgeline and gives the id of a member.
func (w *world) teammate() string {
	w.t.Helper()
	v, team := w.visitor(), w.base+"/admin/orgs/ridgeline/team"
	v.post(w.base+"/login", "email", "admin@ridgeline.example", "password", testPassword)
	_, body := v.post(team, "email", "gail.with.a.long.name@ridgeline.example", "role", "member")
	id := regexp.MustCompile(`/team/(usr_[a-z0-9]+)/remove`).FindStringSubmatch(body)
	if id == nil {
		w.t.Fatal("nobody is in the team")
	}
	return id[1]
}

// scheme sets the colours that the visitor prefers.
func (b *browser) scheme(s string) {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: s}}})
		return err
	}))
}

// signIn signs in at the console.
func (b *browser) signIn(w *world, email string) {
	b.t.Helper()
	b.open(w.base + "/login")
	b.write("email", email)
	b.write("password", testPassword)
	b.click("form .button-primary", "header.bar")
}

// picture saves a screenshot.
func (b *browser) picture(path string, shot chromedp.Action[[]byte]) {
	b.t.Helper()
	png, err := run(b, patience, shot)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(path, png, 0o644); err != nil {
		b.t.Fatal(err)
	}
}
