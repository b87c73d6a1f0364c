package zohosim_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// row is a line of the notes' checklists: what a simulator has to do at the least, here seen once each. The tests of each part
// go further.
type row struct {
	name string
	see  func(t *testing.T)
}

func seeAll(t *testing.T, rows []row) {
	t.Helper()
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			r.see(t)
		})
	}
}

// with gives what is seen a kit of its own.
func with(see func(k *kit)) func(t *testing.T) {
	return func(t *testing.T) {
		t.Helper()
		see(fresh(t))
	}
}

// TestSection15 has a test for each row of the checklist in the notes on the CRM API.
func TestSection15(t *testing.T) {
	t.Parallel()
	seeAll(t, []row{
		{"token endpoint answers 200 on errors", with(func(k *kit) { k.renew("nonsense").want(200, "error", "invalid_code") })},
		{"a data centre has its own host", func(t *testing.T) {
			k := newKit(t, setup{others: []string{"eu"}})
			k.connect(everything)
			k.get("/crm/v8/org").want(200)
			k.get(k.servers["eu"].URL+"/crm/v8/org").want(401, "code", "INVALID_TOKEN")
		}},
		{"INVALID_HOST", with(func(k *kit) { k.get("/crm/v8/org", "Host", "zohoapis.com").want(400, "code", "INVALID_HOST") })},
		{"the 401 trio", with(func(k *kit) {
			k.get("/crm/v8/org", "Authorization", "").want(401, "code", "AUTHENTICATION_FAILURE")
			k.get("/crm/v8/org", "Authorization", "Zoho-oauthtoken x").want(401, "code", "INVALID_TOKEN")
			k.connect("ZohoCRM.org.READ")
			k.get("/crm/v8/users").want(401, "code", "OAUTH_SCOPE_MISMATCH")
		})},
		{"tokens live an hour, or less where the control says so", with(func(k *kit) {
			k.pass(time.Hour - time.Second)
			k.get("/crm/v8/org").want(200)
			k.pass(time.Second)
			k.get("/crm/v8/org").want(401)
			k.access = k.renew(k.refresh).text("access_token")
			k.get("/crm/v8/org").want(200)
			k.control("POST", "/_sim/tokens", map[string]any{"action": "expire_access"}).want(200)
			k.get("/crm/v8/org").want(401)
		})},
		{"ten refreshes in ten minutes", with(func(k *kit) {
			for range 10 {
				k.renew(k.refresh).want(200, "error", nil)
			}
			k.renew(k.refresh).want(200, "error", "Access Denied")
		})},
		{"204 and 304 have empty bodies", with(func(k *kit) {
			k.get("/crm/v8/Leads?fields=id").empty(204)
			k.ask("select id from Leads where id is not null").empty(204)
			k.insert("Leads", lead("A"))
			k.get("/crm/v8/Leads?fields=id", "If-Modified-Since", "2026-11-24T00:00:00+00:00").empty(304)
		})},
		{"pages 1 to 10, then page tokens", with(func(k *kit) {
			k.leads(2)
			k.get("/crm/v8/Leads?fields=id&page=11").want(400, "code", "DISCRETE_PAGINATION_LIMIT_EXCEEDED")
			next := "&page_token=" + k.get("/crm/v8/Leads?fields=id&per_page=1").text("info.next_page_token")
			k.get("/crm/v8/Leads?fields=id&per_page=1"+next).want(200, "info.more_records", false)
			k.get("/crm/v8/Leads?fields=id&per_page=2"+next).want(400, "code", "TOKEN_BOUND_DATA_MISMATCH")
			k.pass(24*time.Hour + time.Second)
			k.access = k.renew(k.refresh).text("access_token")
			k.get("/crm/v8/Leads?fields=id&per_page=1"+next).want(400, "code", "EXPIRED_VALUE")
		})},
		{"207, 400 and 201 of batches", with(func(k *kit) {
			for status, items := range map[int][]any{201: {lead("A")}, 207: {lead("B"), lead("")}, 400: {lead("")}} {
				k.do("POST", "/crm/v8/Leads", map[string]any{"data": items}).want(status)
			}
		})},
		{"duplicates by e-mail and unique fields", with(func(k *kit) {
			id := k.insert("Leads", lead("A", "Email", "a@x.example"))[0]
			k.one("POST", "/crm/v8/Leads/upsert", lead("B", "Email", "a@x.example")).want(200, "action", "update", "duplicate_field", "Email", "details.id", id)
			k.schema()
			k.insert("Things", map[string]any{"Name": "a", "Code": "x"})
			k.one("POST", "/crm/v8/Things", map[string]any{"Name": "b", "Code": "x"}).want(400, "code", "DUPLICATE_DATA", "details.api_name", "Code")
		})},
		{"required by the layout", with(func(k *kit) {
			id := k.get("/crm/v8/settings/layouts?module=Leads").text("layouts.0.id")
			k.one("POST", "/crm/v8/Leads", map[string]any{"Last_Name": "A"}).want(201)
			k.one("POST", "/crm/v8/Leads", map[string]any{"Last_Name": "A", "Layout": map[string]any{"id": id}}).want(400, "details.api_name", "Company")
		})},
		{"pick lists take their values only", with(func(k *kit) {
			value := k.fieldsOf("Leads")["Lead_Source"].text("pick_list_values.1.actual_value")
			k.one("POST", "/crm/v8/Leads", lead("A", "Lead_Source", value)).want(201)
			k.one("POST", "/crm/v8/Leads", lead("A", "Lead_Source", "Nowhere")).want(400, "code", "INVALID_DATA", "details.api_name", "Lead_Source")
		})},
		{"instants in the offset of the API user", with(func(k *kit) {
			id := k.insert("Events", meeting("m", start))[0]
			k.get("/crm/v8/Events/"+id).want(200, "data.0.Start_DateTime", "2026-11-23T09:00:00-06:00")
		})},
		{"search lags and its equals is like contains", with(func(k *kit) {
			k.switchTo("index_lag_seconds", 5)
			id := k.insert("Leads", lead("Newcomer"))[0]
			const path = "/crm/v8/Leads/search?fields=Last_Name&criteria=(Last_Name:equals:comer)"
			k.get(path).empty(204)
			k.pass(5 * time.Second)
			k.get(path).want(200, "data.0.id", id)
		})},
		{"COQL", with(func(k *kit) {
			k.insert("Leads", lead("A"), lead("B"), lead("C"))
			k.ask("select Last_Name from Leads where ((Last_Name = 'A' or Last_Name = 'B') and id is not null) order by Last_Name desc limit 1 offset 1").
				want(200, "data.0.Last_Name", "A", "info.count", "1", "info.more_records", false)
			k.ask("select id from Leads where id is not null limit 2001").want(400, "code", "LIMIT_EXCEEDED")
			k.ask("select id Leads").want(400, "code", "SYNTAX_ERROR")
			var columns []string
			for i := range 51 {
				columns = append(columns, fmt.Sprintf("F%d", i))
			}
			k.ask("select "+strings.Join(columns, ", ")+" from Leads where id is not null").want(400, "code", "LIMIT_EXCEEDED", "details.clause", "select")
		})},
		{"deleted feed", with(func(k *kit) {
			id := k.insert("Leads", lead("A"))[0]
			k.do("DELETE", "/crm/v8/Leads/"+id, nil).want(200)
			k.get("/crm/v8/Leads/deleted").want(200, "data.0.id", id, "data.0.type", "recycle")
		})},
		{"credits and calls at once end in 429", with(func(k *kit) {
			k.switchTo("concurrency_limit", 1)
			if let, refused := k.atOnce(3, "GET", "/crm/v8/org", nil); let != 1 || refused != 2 {
				k.t.Errorf("%d let in, %d refused", let, refused)
			}
			k.switchTo("credit_ceiling", 2)
			k.get("/crm/v8/org").want(200)
			k.get("/crm/v8/org").want(429, "code", "TOO_MANY_REQUESTS")
		})},
		{"meetings may overlap and appointments may not", func(t *testing.T) {
			s := newShop(t, bare(t))
			s.insert("Events", meeting("a", start, "Owner", ann), meeting("b", start, "Owner", ann))
			s.book()
			s.one("POST", visits, s.visit()).want(400, "code", "NOT_ALLOWED")
		}},
		{"$event_cancelled", with(func(k *kit) {
			guest := []any{map[string]any{"type": "email", "participant": "z@x.example"}}
			id := k.insert("Events", meeting("m", start.Add(time.Hour), "Participants", guest, "send_notification", true))[0]
			k.one("POST", "/crm/v8/Events/"+id+"/actions/cancel", map[string]any{"send_cancelling_mail": false}).want(200)
			k.get("/crm/v8/Events?fields=$event_cancelled&ids="+id).want(200, "data.0.$event_cancelled", true)
		})},
		{"what is unknown or contradictory is a switch", with(func(k *kit) {
			k.get("/crm/v8/Leads/5725767000000999999").empty(204) // TestEveryMarkWentSomewhere has the others
			k.switchTo("unknown_id_status", 400)
			k.get("/crm/v8/Leads/5725767000000999999").want(400, "code", "INVALID_DATA")
		})},
	})
}

// TestSection15Channels has the rows of the checklist about notifications.
func TestSection15Channels(t *testing.T) {
	t.Parallel()
	sent := func(t *testing.T, calls int, pairs ...any) (*kit, []reply) {
		t.Helper()
		k, rc := running(t, setup{}), newReceiver(t, false, nil)
		k.hook(rc, []string{"Leads.all"})
		k.switchTo(pairs...)
		for range calls {
			k.insert("Leads", lead("A"), lead("B"))
		}
		return k, k.all(rc)
	}
	seeAll(t, []row{
		{"expiry of channels is clamped", func(t *testing.T) {
			k := running(t, setup{})
			far := wireTime(start.Add(8 * 24 * time.Hour))
			k.watch("POST", aChannel(1, []string{"Leads.all"}, "channel_expiry", far)).
				want(201, "watch.0.details.events.0.channel_expiry", "2026-11-23T10:00:00-06:00")
		}},
		{"delivery may lose", func(t *testing.T) {
			if _, got := sent(t, 1, "notification_loss", 1); len(got) != 0 {
				t.Errorf("told %q", told(got))
			}
		}},
		{"delivery may double", func(t *testing.T) {
			if _, got := sent(t, 1, "notification_duplicate", 1); len(got) != 2 || got[0].raw != got[1].raw {
				t.Errorf("told %q", told(got))
			}
		}},
		{"delivery comes in batches, one call as a whole", func(t *testing.T) {
			if _, got := sent(t, 40, "notification_batch_max", 100); len(got) != 40 {
				t.Errorf("told %q", told(got))
			}
			if _, got := sent(t, 1, "notification_batch_max", 1); len(got) != 2 {
				t.Errorf("told %q", told(got))
			}
		}},
	})
}

// TestCalendarMinimum has a test for each row of what the notes on Calendar ask of a simulator.
func TestCalendarMinimum(t *testing.T) {
	t.Parallel()
	on := func(see func(k *kit)) func(t *testing.T) {
		return func(t *testing.T) {
			t.Helper()
			see(calendarKit(t))
		}
	}
	weekly := map[string]any{
		"title": "weekly", "dateandtime": when("20261123T160000Z", "20261123T170000Z", "America/Chicago"), "rrule": "FREQ=WEEKLY;BYDAY=MO",
	}
	seeAll(t, []row{
		{"calendars are listed and shown", on(func(k *kit) {
			uid := k.get("/api/v1/calendars").want(200, "calendars.0.isdefault", true).text("calendars.0.uid")
			k.get("/api/v1/calendars/"+uid).want(200, "calendars.0.uid", uid)
		})},
		{"events are listed for 31 days at most", on(func(k *kit) {
			k.get(primary + "/events" + span("20261101", "20261202")).want(200)
			k.get(primary+"/events"+span("20261101", "20261203")).want(400, "error.0.error_code", "PATTERN_NOT_MATCHED")
		})},
		{"byinstance expands", on(func(k *kit) {
			k.add(weekly)
			k.get(primary+"/events"+span("20261123", "20261207")).want(200, "events.1", nil)
			k.get(primary+"/events"+span("20261123", "20261207", "byinstance", "true")).want(200, "events.1.recurrenceid", "20261130T160000Z")
		})},
		{"create, update and delete look at the etag", on(func(k *kit) {
			e := k.add(visit("x"))
			k.put("PUT", eventPath(e), visit("y", "etag", "1")).want(400, "error.0.error_code", "INVALID_ETAG")
			k.pass(time.Second)
			etag := k.put("PUT", eventPath(e), visit("y", "etag", e.text("etag"))).want(200, "events.0.title", "y").text("events.0.etag")
			stale, latest := map[string]any{"uid": e.text("uid"), "etag": e.text("etag")}, map[string]any{"uid": e.text("uid"), "etag": etag}
			k.do("DELETE", eventPath(e)+params("eventdata", jsonText(stale)), nil, "etag", e.text("etag")).want(400, "error.0.error_code", "INVALID_ETAG")
			k.do("DELETE", eventPath(e)+params("eventdata", jsonText(latest)), nil, "etag", etag).want(200)
			k.get(eventPath(e)).want(404)
		})},
		{"free/busy of both types", on(func(k *kit) {
			k.add(visit("x"))
			k.busy("ftype", "eventbased").want(200, "freebusy.0.startTime", "20261124T160000Z")
			k.busy("ftype", "timebased").want(200, "20261124.1.0", "10:00-11:00")
		})},
		{"free/busy that is not shared", on(func(k *kit) {
			k.control("PUT", "/_sim/calendars/"+ann, map[string]any{"fb_not_enabled": true}).want(200)
			k.busy().want(200, "fb_not_enabled", true)
		})},
		{"400 and 401 of tokens", on(func(k *kit) {
			k.request("GET", "/api/v1/calendars", nil, nil).want(400, "error.0.error_code", "INVALID_TICKET")
			bad := http.Header{"Authorization": {"Zoho-oauthtoken x"}}
			k.request("GET", "/api/v1/calendars", nil, bad).want(401, "error.0.error_code", "INVALID_OAUTHTOKEN")
		})},
		{"a token of another data centre", func(t *testing.T) {
			k := newKit(t, setup{others: []string{"eu"}})
			k.asUser(annMail, calendarScopes)
			k.get(k.servers["eu"].URL+"/api/v1/calendars").want(401, "error.0.error_code", "INVALID_OAUTHTOKEN")
		}},
		{"what is unknown is a switch", on(func(k *kit) {
			e := k.add(visit("x")) // TestEveryMarkWentSomewhere has the others
			k.switchTo("calendar_stale_etag", "409 CONFLICT")
			k.put("PUT", eventPath(e), visit("y", "etag", "1")).want(409, "error.0.error_code", "CONFLICT")
		})},
	})
}
