package zohosim_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"heavyset.tech/platform/internal/zohosim"
)

const ridgelineWeek = "/_sim/week/78654321"

func TestWeekShowsMeetingsByOwnerOnTheirLocalDays(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	late := k.insert("Events", meeting("Late", start.Add(17*time.Hour)))[0]                                                             // Tuesday 02:00 local
	long := k.insert("Events", meeting("Long", start.Add(-14*time.Hour), "End_DateTime", start.Format("2006-01-02T15:04:05-07:00")))[0] // Sunday 19:00 to Monday 09:00
	k.insert("Events", meeting("Gone by", start.Add(-24*time.Hour)))
	k.insert("Events", meeting("Next week", start.Add(7*24*time.Hour)))
	hers := k.insert("Events", meeting("Hers", start, "Owner", map[string]any{"id": ann}))[0]
	doc, r := k.page(ridgelineWeek)
	r.want(200)
	at := func(owner string, day int, id string) bool {
		return doc.Find(`section[aria-label="`+owner+`"] .week > li`).Eq(day).Find("#e"+id).Length() == 1
	}
	if !at("Rae Ridgeline", 1, late) || !at("Rae Ridgeline", 0, long) || !at("Ann Archer", 0, hers) || doc.Find(".event").Length() != 3 {
		t.Errorf("wrong places: %s", doc.Find("main").Text())
	}
	if got := doc.Find("#e" + long + " summary").Text(); !strings.Contains(got, "Sun 22 Nov 19:00–Mon 23 Nov 09:00") {
		t.Errorf("long: %q", got)
	}
	if got := doc.Find(".today h3").First().Text(); !strings.HasPrefix(got, "Mon 23 Nov") {
		t.Errorf("today is %q", got)
	}
	doc, _ = k.page(ridgelineWeek + "?owner=" + ann)
	if doc.Find(".event").Length() != 1 || doc.Find(".week").Length() != 1 {
		t.Error("the owner's page shows others")
	}
	next, _ := doc.Find("nav[aria-label=Weeks] a").Last().Attr("href")
	if doc, _ = k.page(ridgelineWeek + strings.ReplaceAll(next, ann, "")); doc.Find(".event summary strong").Text() != "Next week" {
		t.Errorf("next week: %s", doc.Find("main").Text())
	}
	if r := k.request("GET", "/_sim/week", nil, nil); r.header.Get("Location") != ridgelineWeek {
		t.Errorf("%d %s", r.status, r.header.Get("Location"))
	}
	_, r = k.page("/_sim/week/1")
	r.want(404)
}

func TestDispatcherMovesAMeetingInTheWeek(t *testing.T) {
	t.Parallel()
	k := running(t, setup{})
	rc := newReceiver(t, false, nil)
	k.hook(rc, []string{"Events.edit"})
	id := k.insert("Events", meeting("Inspection", start, "All_day", false, "Venue", "Roof"))[0]
	k.pass(time.Minute)
	doc, _ := k.page(ridgelineWeek)
	form := fill(doc, "#e"+id+" form", "Start_DateTime", "2026-12-01T13:00", "End_DateTime", "2026-12-01T14:00", "Owner", ben, "as", ann)
	action := doc.Find("#e"+id+" form").AttrOr("action", "")
	r := k.post(action, form)
	if r.status != 303 || r.header.Get("Location") != ridgelineWeek+"?done=moved&from=2026-11-30#e"+id {
		t.Fatalf("%d %s %s", r.status, r.header.Get("Location"), r.raw)
	}
	k.get("/crm/v8/Events/"+id).want(200, "data.0.Start_DateTime", "2026-12-01T13:00:00-06:00", "data.0.End_DateTime", "2026-12-01T14:00:00-06:00",
		"data.0.Owner.id", ben, "data.0.Modified_By.id", ann, "data.0.Venue", "Roof")
	rc.next().is("module", "Events", "operation", "update", "ids.0", id)
	doc, _ = k.page(ridgelineWeek + "?done=moved&from=2026-11-30")
	if doc.Find(`section[aria-label="Ben Brooks"] .week > li`).Eq(1).Find("#e"+id).Length() != 1 || doc.Find("[role=status]").Length() != 1 {
		t.Error("the meeting is not on its new day")
	}
	// What the API refuses is refused, and what was typed stays.
	bad := fill(doc, "#e"+id+" form", "End_DateTime", "2026-12-01T12:00:00")
	r = k.post(action, bad)
	if r.status != 422 || !strings.Contains(r.raw, `role="alert"`) || !strings.Contains(r.raw, `value="2026-12-01T12:00:00"`) || !strings.Contains(r.raw, " open>") {
		t.Errorf("%d %s", r.status, r.raw)
	}
	// Sent without a change it leaves the record alone.
	k.pass(time.Minute)
	k.post(action, fill(doc, "#e"+id+" form")).want(303)
	k.get("/crm/v8/Events/"+id).want(200, "data.0.Modified_Time", "2026-11-23T09:01:00-06:00")
	k.post(ridgelineWeek+"/1", form).want(404)
	foreign := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Sec-Fetch-Site": {"cross-site"}}
	k.request("POST", action, strings.NewReader(form.Encode()), foreign).want(403)
}

func TestWatchPageShowsChannelsWithTheirLastDeliveries(t *testing.T) {
	t.Parallel()
	k := running(t, setup{})
	rc := newReceiver(t, false, nil)
	k.hook(rc, []string{"Leads.all"})
	k.watch("POST", aChannel(2, []string{"Leads.create"}, "notify_url", rc.URL+"/gone", "token", "x")).want(201)
	k.insert("Leads", lead("Young"), lead("Old"))
	k.all(rc)
	doc, r := k.page("/_sim/page/watch")
	r.want(200)
	one := doc.Find(`section[aria-label="Channel 1"]`)
	if got := one.Find("tbody tr").Text(); !strings.Contains(got, "Leads") || !strings.Contains(got, "insert") || !strings.Contains(got, "delivered") ||
		one.Find("tbody td.num").Text() != "2" || !strings.Contains(one.Text(), rc.URL) {
		t.Errorf("channel 1: %s", one.Text())
	}
	k.post("/_sim/page/watch", url.Values{"tool": {"muted"}, "channel": {"1"}}).want(303)
	k.post("/_sim/page/watch", url.Values{"tool": {"ended"}, "channel": {"2"}}).want(303)
	k.post("/_sim/page/watch", url.Values{"tool": {"ended"}}).want(400)
	k.insert("Leads", lead("New"))
	if got := k.all(rc); len(got) != 0 {
		t.Errorf("%d notifications of a muted and an ended channel", len(got))
	}
	doc, _ = k.page("/_sim/page/watch")
	if doc.Find("section.card").Length() != 1 || !strings.Contains(doc.Find("section.card h2").Text(), "muted") {
		t.Errorf("channels: %s", doc.Find("main").Text())
	}
}

func TestWatchPageSaysWhyADeliveryFailed(t *testing.T) {
	t.Parallel()
	k := running(t, setup{})
	rc := newReceiver(t, false, func() int { return 503 })
	k.hook(rc, []string{"Leads.all"})
	k.insert("Leads", lead("Young"))
	k.all(rc)
	doc, _ := k.page("/_sim/page/watch")
	if got := doc.Find("tbody .pill.bad").Text(); got != "answered 503 Service Unavailable" {
		t.Errorf("outcome %q", got)
	}
}

func TestTokensPageEndsOneToken(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	first, firstRefresh := k.access, k.refresh
	second := k.renew(k.refresh).want(200).text("access_token")
	k.connect(everything)
	doc, r := k.page("/_sim/page/tokens")
	r.want(200)
	cards := doc.Find("section.card")
	if cards.Length() != 2 || cards.First().Find("li").Length() != 2 || strings.Contains(r.raw, first) || strings.Contains(r.raw, firstRefresh) {
		t.Fatalf("%s", doc.Find("main").Text())
	}
	press := func(form, tool string) {
		t.Helper()
		v := fill(doc, form)
		v.Set("tool", tool)
		k.post("/_sim/page/tokens", v).want(303)
	}
	works := func(token string) bool {
		return k.request("GET", "/crm/v8/org", nil, http.Header{"Authorization": {"Zoho-oauthtoken " + token}}).status == 200
	}
	press("section.card:first-of-type li:first-child form", "expired")
	if works(first) || !works(second) || !works(k.access) {
		t.Error("another token than the one meant has ended")
	}
	press("section.card:first-of-type form.tools", "revoked")
	if works(second) || !works(k.access) {
		t.Error("revoking ended the wrong tokens")
	}
	k.renew(firstRefresh).want(200, "error", "invalid_code")
	press("section.card form.tools", "expired")
	if works(k.access) {
		t.Error("the access tokens of the refresh token still work")
	}
	k.access = k.renew(k.refresh).want(200).text("access_token")
	press("section[aria-label='All tokens'] form", "expired")
	if works(k.access) {
		t.Error("a token still works")
	}
	k.post("/_sim/page/tokens", url.Values{"tool": {"expired"}, "token": {"nonsense"}}).want(404)
	k.post("/_sim/page/tokens", url.Values{"tool": {"nonsense"}}).want(400)
}

func TestFaultsPageAddsAndRemoves(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	doc, _ := k.page("/_sim/page/faults")
	add := func(pairs ...string) reply {
		v := fill(doc, "form.fault", pairs...)
		v.Set("tool", "added")
		return k.post("/_sim/page/faults", v)
	}
	add("path_prefix", "/crm/v8/org", "status", "503", "times", "").want(303)
	add("path_prefix", "/crm/v8/users", "action", "html", "status", "", "body", "out of order", "method", "GET").want(303)
	k.get("/_sim/faults").want(200, "faults.0.path_prefix", "/crm/v8/org", "faults.0.status", "503", "faults.0.times", nil, "faults.0.when", "before",
		"faults.1.action", "html", "faults.1.body", "out of order", "faults.1.method", "GET", "faults.1.times", "1")
	k.get("/crm/v8/org").want(503)
	if r := add("status", "9"); r.status != 422 || !strings.Contains(r.raw, "status from 200 to 599") || !strings.Contains(r.raw, `value="9"`) {
		t.Errorf("%d %s", r.status, r.raw)
	}
	if r := add("action", "delay", "delay_ms", "soon"); r.status != 422 || !strings.Contains(r.raw, "delay_ms must be a number") {
		t.Errorf("%d %s", r.status, r.raw)
	}
	doc, _ = k.page("/_sim/page/faults")
	v := fill(doc, "ul.lines li:first-child form")
	v.Set("tool", "removed")
	k.post("/_sim/page/faults", v).want(303)
	k.get("/crm/v8/org").want(200)
	k.get("/_sim/faults").want(200, "faults.0.path_prefix", "/crm/v8/users", "faults.1", nil)
	k.post("/_sim/page/faults", url.Values{"tool": {"cleared"}}).want(303)
	k.get("/_sim/faults").want(200, "faults.0", nil)
	k.post("/_sim/page/faults", url.Values{"tool": {"nonsense"}}).want(400)
}

func TestSwitchesPageFlipsWhatItShows(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	doc, r := k.page("/_sim/page/switches")
	r.want(200)
	for _, s := range zohosim.Switches() {
		f := doc.Find(`form.switches [name="` + s.Name + `"]`)
		if f.Length() != 1 || fill(doc, "form.switches").Get(s.Name) != s.Default || len(s.Values) != f.Find("option").Length() {
			t.Errorf("%s: %d fields, value %q", s.Name, f.Length(), fill(doc, "form.switches").Get(s.Name))
		}
	}
	k.post("/_sim/page/switches", fill(doc, "form.switches")).want(303)
	if doc, _ := k.page("/_sim/page/switches"); doc.Find(".changed").Length() != 0 {
		t.Error("saving without a change changed something")
	}
	k.post("/_sim/page/switches", fill(doc, "form.switches", "count_as", "text", "live_access_tokens", "15", "error_json_path", "false", "notification_loss", "0.5")).want(303)
	k.get("/_sim/switches").want(200, "count_as", "text", "live_access_tokens", "15", "error_json_path", false, "notification_loss", "0.5")
	doc, _ = k.page("/_sim/page/switches")
	if doc.Find(".changed").Length() != 4 || doc.Find(".changed .pill").Length() != 4 || !strings.Contains(doc.Find(".changed:has(#count_as)").Text(), "default: number") {
		t.Errorf("%d marked", doc.Find(".changed").Length())
	}
	r = k.post("/_sim/page/switches", fill(doc, "form.switches", "index_lag_seconds", "99999", "count_as", "number"))
	if r.status != 422 || !strings.Contains(r.raw, `value="99999"`) || !strings.Contains(r.raw, `role="alert"`) {
		t.Errorf("%d %s", r.status, r.raw)
	}
	k.get("/_sim/switches").want(200, "count_as", "text")
	k.post("/_sim/page/switches", url.Values{"tool": {"defaults"}}).want(303)
	doc, _ = k.page("/_sim/page/switches")
	if doc.Find(".changed").Length() != 0 {
		t.Error("not all are at their defaults")
	}
}

func TestNoPageHasScriptsOrInlineStyles(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	id := k.insert("Events", meeting(`"><script>alert(1)</script>`, start))[0]
	k.control("POST", "/_sim/faults", map[string]any{"path_prefix": "<script>", "method": "PUT", "action": "cut"}).want(200)
	for _, path := range []string{
		"/_sim/", ridgelineWeek, "/_sim/page/watch", "/_sim/page/tokens", "/_sim/page/faults", "/_sim/page/switches", ridgelinePages + "Events",
		ridgelinePages + "Events/" + id, ridgelinePages + "Events/new",
	} {
		doc, r := k.page(path)
		if r.status != 200 || doc.Find("script, [style], style").Length() != 0 || doc.Find("h1").Length() != 1 || doc.Find(`html[lang="en"]`).Length() != 1 {
			t.Errorf("%s: %d, %d scripts or styles", path, r.status, doc.Find("script, [style], style").Length())
		}
		if policy := r.header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: policy %q", path, policy)
		}
		if labels := doc.Find("input:not([type=hidden]), select, textarea"); labels.Length() > 0 {
			labels.Each(func(_ int, s *goquery.Selection) {
				if s.Closest("label").Length() == 0 && doc.Find(`label[for="`+s.AttrOr("id", "-")+`"]`).Length() == 0 && s.AttrOr("aria-label", "") == "" {
					t.Errorf("%s: no label for %s", path, s.AttrOr("name", ""))
				}
			})
		}
	}
}
