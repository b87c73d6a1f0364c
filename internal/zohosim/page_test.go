package zohosim_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
)

func (k *kit) page(path string) (*goquery.Document, reply) {
	k.t.Helper()
	r := k.request("GET", path, nil, nil)
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(r.raw))
	if err != nil {
		k.t.Fatal(err)
	}
	return doc, r
}

// fill gives the values of a page's form as a browser would send them, with some changed.
func fill(doc *goquery.Document, selector string, changes ...string) url.Values {
	v := url.Values{}
	doc.Find(selector).Find("input, textarea, select").Each(func(_ int, s *goquery.Selection) {
		name, ok := s.Attr("name")
		_, checked := s.Attr("checked")
		if !ok || s.AttrOr("type", "") == "checkbox" && !checked {
			return
		}
		switch goquery.NodeName(s) {
		case "textarea":
			v.Set(name, strings.ReplaceAll(strings.TrimPrefix(s.Text(), "\n"), "\n", "\r\n"))
		case "select":
			v.Set(name, s.Find("option[selected]").AttrOr("value", s.Find("option").First().AttrOr("value", "")))
		default:
			v.Set(name, s.AttrOr("value", ""))
		}
	})
	for i := 0; i < len(changes); i += 2 {
		v.Set(changes[i], changes[i+1])
	}
	return v
}

func (k *kit) post(path string, v url.Values) reply {
	k.t.Helper()
	return k.request("POST", path, strings.NewReader(v.Encode()), http.Header{
		"Content-Type": {"application/x-www-form-urlencoded"}, "Sec-Fetch-Site": {"same-origin"},
	})
}

const ridgelinePages = "/_sim/page/78654321/"

func TestOverviewListsModulesCreditsAndCalls(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	k.leads(3)
	k.control("POST", "/_sim/faults", map[string]any{"method": "POST", "path_prefix": "/crm/v8/Tasks", "action": "cut", "times": 2}).want(200)
	k.switchTo("count_as", "text")
	doc, r := k.page("/_sim/")
	r.want(200)
	if got := doc.Find(`a[href="/_sim/page/78654321/Leads"] .count`).Text(); got != "3" {
		t.Errorf("%q leads", got)
	}
	text := doc.Text()
	for _, want := range []string{
		"Ridgeline Roofing", "Other Company", "rae@ridgeline.example", "POST /crm/v8/Leads", "Faults: 1", "Live access tokens: 1", "Switches changed: 1",
		"Watch channels: 0", "3 of 54000 credits", "2026-11-23",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if !strings.Contains(r.header.Get("Content-Security-Policy"), "default-src 'none'") || r.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("headers %v", r.header)
	}
	if doc.Find("script, [style], [onclick]").Length() != 0 {
		t.Error("scripts or inline styles on the page")
	}
	k.request("GET", "/", nil, nil).want(303)
	k.request("GET", "/_sim", nil, nil).want(303)
	if css := k.request("GET", "/_sim/site.css", nil, nil).want(200); !strings.HasPrefix(css.header.Get("Content-Type"), "text/css") {
		t.Errorf("stylesheet %v", css.header)
	}
	_, r = k.page("/_sim/page/78654321/Nope")
	r.want(404)
	_, r = k.page("/_sim/page/1/Leads")
	r.want(404)
	_, r = k.page(ridgelinePages + "Leads/1")
	r.want(404)
}

func TestModulePageFindsAndPages(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	k.leads(60)
	doc, r := k.page(ridgelinePages + "Leads")
	r.want(200)
	if rows := doc.Find("tbody tr"); rows.Length() != 50 || !strings.Contains(rows.First().Text(), "L059") {
		t.Errorf("%d rows, first %q", rows.Length(), rows.First().Text())
	}
	next, _ := doc.Find("nav.pages a").Last().Attr("href")
	doc, _ = k.page(ridgelinePages + "Leads" + next)
	if got := doc.Find("tbody tr").Length(); got != 10 {
		t.Errorf("%d rows on page 2", got)
	}
	doc, _ = k.page(ridgelinePages + "Leads?q=l007")
	if got := doc.Find("tbody tr").Length(); got != 1 {
		t.Errorf("%d rows found", got)
	}
	doc, _ = k.page(ridgelinePages + "Leads?q=nothing")
	if got := doc.Find(".empty").Text(); !strings.Contains(got, "nothing") {
		t.Errorf("empty: %q", got)
	}
	doc, _ = k.page(ridgelinePages + "Deals")
	if got := doc.Find(".empty").Text(); !strings.Contains(got, "no records here yet") {
		t.Errorf("empty: %q", got)
	}
}

func TestPersonMovesAMeeting(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	contact := k.insert("Contacts", lead("Young"))[0]
	id := k.insert("Events", meeting("Inspection", start, "Who_Id", contact, "Description", "a\nb"))[0]
	doc, r := k.page(ridgelinePages + "Events/" + id)
	r.want(200)
	if got := doc.Find(`[name="f.Start_DateTime"]`).AttrOr("value", ""); got != "2026-11-23T09:00:00" {
		t.Errorf("start shown as %q", got)
	}
	k.pass(time.Minute)
	form := fill(doc, "form.record", "f.Start_DateTime", "2026-11-24T13:30", "f.End_DateTime", "2026-11-24T14:30:00", "as", ann)
	if r := k.post(ridgelinePages+"Events/"+id, form); r.status != 303 || r.header.Get("Location") != ridgelinePages+"Events/"+id+"?done=saved" {
		t.Fatalf("%d %s %s", r.status, r.header.Get("Location"), r.raw)
	}
	k.get("/crm/v8/Events/"+id).want(200, "data.0.Start_DateTime", "2026-11-24T13:30:00-06:00", "data.0.End_DateTime", "2026-11-24T14:30:00-06:00",
		"data.0.Modified_By.id", ann, "data.0.Modified_Time", "2026-11-23T09:01:00-06:00", "data.0.Description", "a\nb", "data.0.Who_Id.id", contact,
		"data.0.Owner.id", rae, "data.0.Event_Title", "Inspection")
	doc, _ = k.page(ridgelinePages + "Events/" + id + "?done=saved")
	if got := doc.Find("[role=status]").Text(); !strings.Contains(got, "Saved") {
		t.Errorf("notice %q", got)
	}
	// Saving without a change leaves the record alone.
	k.pass(time.Minute)
	k.post(ridgelinePages+"Events/"+id, fill(doc, "form.record")).want(303)
	k.get("/crm/v8/Events/"+id).want(200, "data.0.Modified_Time", "2026-11-23T09:01:00-06:00")
}

func TestPersonCancelsAndDeletesAMeeting(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	id := k.insert("Events", meeting("Inspection", start))[0]
	doc, _ := k.page(ridgelinePages + "Events/" + id)
	action := doc.Find("button:contains('Cancel this meeting')").Closest("form").AttrOr("action", "")
	k.pass(time.Minute)
	k.post(action, nil).want(303)
	k.get("/crm/v8/Events?fields=$event_cancelled,Modified_Time&ids="+id).want(200, "data.0.$event_cancelled", true, "data.0.Modified_Time", "2026-11-23T09:01:00-06:00")
	doc, _ = k.page(ridgelinePages + "Events/" + id)
	if doc.Find("h1 .pill").Text() != "cancelled" || doc.Find("button:contains('Cancel this meeting')").Length() != 0 {
		t.Error("the page does not show the cancellation")
	}
	action = doc.Find("button:contains('Delete this record')").Closest("form").AttrOr("action", "")
	if r := k.post(action, nil); r.header.Get("Location") != ridgelinePages+"Events?done=deleted" {
		t.Errorf("%d %s", r.status, r.header.Get("Location"))
	}
	k.get("/crm/v8/Events/deleted").want(200, "data.0.id", id)
	k.post(action, nil).want(404)
	lead := k.leads(1)[0]
	doc, _ = k.page(ridgelinePages + "Leads/" + lead)
	if doc.Find("button:contains('Cancel')").Length() != 0 {
		t.Error("a lead can be cancelled")
	}
}

func TestPersonMakesARecordWithTheChecksOfTheAPI(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	l := k.leads(1)[0]
	doc, r := k.page(ridgelinePages + "Events/new")
	r.want(200)
	wrong := fill(doc, "form.record", "f.Event_Title", "", "f.Start_DateTime", "2026-11-24T13:30:00", "f.Venue", `<b onclick="x">`)
	r = k.post(ridgelinePages+"Events/new", wrong)
	if r.status != 422 || strings.Contains(r.raw, "<b onclick") {
		t.Fatalf("%d %s", r.status, r.raw)
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(r.raw))
	if err != nil {
		t.Fatal(err)
	}
	if got := doc.Find(`#e\.Event_Title`).Text(); !strings.Contains(got, "MANDATORY_NOT_FOUND") {
		t.Errorf("error %q", got)
	}
	if got := doc.Find(`[name="f.Venue"]`).AttrOr("value", ""); got != `<b onclick="x">` {
		t.Errorf("what was typed is lost: %q", got)
	}
	right := fill(doc, "form.record", "f.Event_Title", "Visit", "f.End_DateTime", "2026-11-24T14:30:00", "f.All_day", "true",
		"f.What_Id", l, "se_module", "Leads", "f.Owner", ben, "f.Meeting_Venue__s", "Online")
	r = k.post(ridgelinePages+"Events/new", right)
	if r.status != 303 {
		t.Fatalf("%d %s", r.status, r.raw)
	}
	id := strings.TrimSuffix(strings.TrimPrefix(r.header.Get("Location"), ridgelinePages+"Events/"), "?done=created")
	k.get("/crm/v8/Events/"+id).want(200, "data.0.Event_Title", "Visit", "data.0.What_Id.id", l, "data.0.$se_module", "Leads", "data.0.Owner.id", ben,
		"data.0.All_day", true, "data.0.Meeting_Venue__s", "Online", "data.0.Venue", `<b onclick="x">`)
	doc, _ = k.page(ridgelinePages + "Events/" + id)
	k.post(ridgelinePages+"Events/"+id, func() url.Values {
		v := fill(doc, "form.record")
		v.Del("f.All_day") // an unticked box is not sent
		return v
	}()).want(303)
	k.get("/crm/v8/Events/"+id).want(200, "data.0.All_day", false, "data.0.What_Id.id", l)
}

func TestHostileValuesAreEscapedEverywhere(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	evil := `"><script>alert(1)</script>`
	id := k.insert("Leads", map[string]any{"Last_Name": evil, "Company": evil, "Description": "</textarea>" + evil, "City": evil})[0]
	k.control("PUT", "/_sim/modules/Things", map[string]any{"module": map[string]any{"plural_label": evil, "singular_label": evil}, "fields": []any{
		map[string]any{"api_name": "Name"}, map[string]any{"api_name": "X", "field_label": evil, "data_type": "picklist", "pick_list_values": []any{evil}},
	}}).want(200)
	k.control("POST", "/_sim/faults", map[string]any{"path_prefix": evil, "method": evil, "action": "cut"}).want(200)
	k.get("/" + url.PathEscape(evil))
	for _, path := range []string{"/_sim/", ridgelinePages + "Leads", ridgelinePages + "Leads/" + id, ridgelinePages + "Things", ridgelinePages + "Things/new", ridgelinePages + "Leads?q=" + url.QueryEscape(evil)} {
		if _, r := k.page(path); r.status != 200 || strings.Contains(r.raw, "<script") {
			t.Errorf("%s: %d, a script got through", path, r.status)
		}
	}
}

func TestToolsOnTheOverview(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	tool := func(name string, more ...string) reply {
		v := url.Values{"tool": {name}}
		for i := 0; i < len(more); i += 2 {
			v.Set(more[i], more[i+1])
		}
		return k.post("/_sim/page/tools", v)
	}
	tool("advanced", "minutes", "5").want(303)
	k.get("/_sim/clock").want(200, "now", "2026-11-23T15:05:00Z")
	tool("advanced", "minutes", "x").want(400)
	tool("advanced", "minutes", "-3").want(303)
	k.get("/_sim/clock").want(200, "now", "2026-11-23T15:02:00Z")
	tool("reset").want(303)
	k.get("/_sim/clock").want(200, "now", "2026-11-23T15:00:00Z")
	tool("nonsense").want(400)
	r := k.request("POST", "/_sim/page/tools", strings.NewReader("tool=reset"), http.Header{
		"Content-Type": {"application/x-www-form-urlencoded"}, "Sec-Fetch-Site": {"cross-site"},
	})
	r.want(403)
}
