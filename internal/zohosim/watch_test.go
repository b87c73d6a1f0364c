package zohosim_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

const watchScopes = everything + ",ZohoCRM.notifications.ALL"

// wireTime is an instant as Zoho takes it.
func wireTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05-07:00") }

// watcher is a kit whose token may watch, too.
func watcher(t testing.TB, s setup) *kit {
	t.Helper()
	k := newKit(t, s)
	k.connect(watchScopes)
	return k
}

// aChannel is a valid one; more come as name and value, nil takes a member out.
func aChannel(id any, events []string, more ...any) map[string]any {
	m := map[string]any{
		"channel_id": id, "events": events, "notify_url": "http://127.0.0.1:1/hook", "token": "tok",
		"channel_expiry": wireTime(start.Add(6 * 24 * time.Hour)),
	}
	for i := 0; i < len(more); i += 2 {
		m[more[i].(string)] = more[i+1]
		if more[i+1] == nil {
			delete(m, more[i].(string))
		}
	}
	return m
}

// watch sends channels to the watch API.
func (k *kit) watch(method string, items ...any) reply {
	k.t.Helper()
	return k.do(method, "/crm/v8/actions/watch", map[string]any{"watch": items})
}

// listed gives the one entry of a channel in the list.
func (k *kit) listed(id string) reply {
	k.t.Helper()
	r := k.get("/crm/v8/actions/watch?channel_id="+id).want(200, "info.count", "1")
	r.body = r.at("watch.0")
	return r
}

func TestChannelIsMadeListedReplacedAndEnded(t *testing.T) {
	t.Parallel()
	k := watcher(t, setup{})
	expiry := "2026-11-29T09:00:00-06:00" // as Rae, who is in Chicago, gets it
	r := k.watch("POST", aChannel(1000000068001, []string{"Leads.create", "Events.all", "Leads.edit"}, "return_affected_field_values", true))
	r.want(
		201, "watch.0.code", "SUCCESS", "watch.0.status", "success",
		"watch.0.message", "Successfully subscribed for actions-watch of the given module",
		"watch.0.details.events.0.resource_name", "Leads", "watch.0.details.events.0.channel_id", "1000000068001",
		"watch.0.details.events.0.resource_uri", k.url+"/crm/v8/Leads", "watch.0.details.events.0.channel_expiry", expiry,
		"watch.0.details.events.1.resource_name", "Events", "watch.0.details.events.2", nil,
	)
	leads := k.get("/crm/v8/settings/modules/Leads").text("modules.0.id")
	r.want(201, "watch.0.details.events.0.resource_id", leads)

	r = k.get("/crm/v8/actions/watch").want(
		200, "info.count", "2", "info.page", "1", "info.per_page", "200", "info.more_records", false,
		"watch.0.channel_id", "1000000068001", "watch.0.resource_name", "Leads", "watch.0.resource_id", leads, "watch.0.token", "tok",
		"watch.0.resource_uri", k.url+"/crm/v8/Leads", "watch.0.channel_expiry", expiry, "watch.0.fields", nil,
		"watch.0.notify_url", "http://127.0.0.1:1/hook", "watch.0.return_affected_field_values", true,
		"watch.0.notify_on_related_action", true, "watch.0.notification_condition", nil, "watch.1.resource_name", "Events",
	)
	if got := fmt.Sprint(r.at("watch.0.events"), r.at("watch.1.events")); got != "[Leads.edit Leads.create] [Events.edit Events.create Events.delete]" {
		t.Errorf("events %s", got)
	}
	k.control("GET", "/_sim/channels", nil).want(
		200, "channels.0.channel_id", "1000000068001", "channels.0.token", "tok", "channels.0.notify_url", "http://127.0.0.1:1/hook",
		"channels.0.events.0", "Leads.create", "channels.0.events.1", "Events.all", "channels.0.expiry", "2026-11-29T15:00:00+00:00", "channels.1", nil,
	)

	k.watch("PUT", aChannel("1000000068001", []string{"Contacts.all"}, "notify_url", "https://other.example/h", "token", "new", "notify_on_related_action", false)).
		want(200, "watch.0.message", "Successfully updated the subscribe details", "watch.0.details.events.0.resource_name", "Contacts", "watch.0.details.events.1", nil)
	k.listed("1000000068001").want(
		200, "resource_name", "Contacts", "notify_url", "https://other.example/h", "token", "new", "return_affected_field_values", false,
		"notify_on_related_action", false,
	)

	k.do("DELETE", "/crm/v8/actions/watch?channel_ids=1000000068001", nil).want(
		200, "watch.0.code", "SUCCESS", "watch.0.message", "Successfully un-subscribed from actions-watch",
		"watch.0.details.channel_id", "1000000068001", "watch.0.details.resource_uri", k.url+"/crm/v8/Contacts", "watch.1", nil,
	)
	k.get("/crm/v8/actions/watch").empty(204)
	k.control("GET", "/_sim/channels", nil).want(200, "channels.0", nil)
}

func TestChannelErrors(t *testing.T) {
	t.Parallel()
	k := watcher(t, setup{})
	leads := []string{"Leads.all"}
	with := func(more ...any) map[string]any { return aChannel(1, leads, more...) }
	for name, c := range map[string]struct {
		item       any
		code       string
		at, detail string
		value      any
	}{
		"not an object":           {"x", "INVALID_DATA", "$.watch[0]", "expected_data_type", "jsonobject"},
		"no channel_id":           {with("channel_id", nil), "MANDATORY_NOT_FOUND", "$.watch[0].channel_id", "api_name", "channel_id"},
		"channel_id of letters":   {with("channel_id", "abc"), "INVALID_DATA", "$.watch[0].channel_id", "expected_data_type", "bigint"},
		"channel_id with a point": {with("channel_id", 1.5), "INVALID_DATA", "$.watch[0].channel_id", "expected_data_type", "bigint"},
		"channel_id too long":     {with("channel_id", "12345678901234567890"), "INVALID_DATA", "$.watch[0].channel_id", "expected_data_type", "bigint"},
		"channel_id 0":            {with("channel_id", 0), "INVALID_DATA", "$.watch[0].channel_id", "expected_data_type", "bigint"},
		"channel_id an object":    {with("channel_id", map[string]any{"id": "1"}), "INVALID_DATA", "$.watch[0].channel_id", "expected_data_type", "bigint"},
		"no events":               {with("events", nil), "MANDATORY_NOT_FOUND", "$.watch[0].events", "api_name", "events"},
		"events no list":          {with("events", "Leads.all"), "INVALID_DATA", "$.watch[0].events", "expected_data_type", "jsonarray"},
		"events empty":            {with("events", []string{}), "INVALID_DATA", "$.watch[0].events", "minimum_length", "1"},
		"event a number":          {with("events", []any{5}), "INVALID_DATA", "$.watch[0].events[0]", "expected_data_type", "string"},
		"unknown module":          {with("events", []any{"Leads.all", "Nope.all"}), "INVALID_DATA", "$.watch[0].events[1]", "api_name", "events"},
		"module in small letters": {with("events", []any{"leads.all"}), "INVALID_DATA", "$.watch[0].events[0]", "api_name", "events"},
		"module alone":            {with("events", []any{"Leads"}), "INVALID_DATA", "$.watch[0].events[0]", "api_name", "events"},
		"unknown operation":       {with("events", []any{"Leads.update"}), "INVALID_DATA", "$.watch[0].events[0]", "supported_values.0", "create"},
		"no notify_url":           {with("notify_url", nil), "MANDATORY_NOT_FOUND", "$.watch[0].notify_url", "api_name", "notify_url"},
		"notify_url empty":        {with("notify_url", ""), "MANDATORY_NOT_FOUND", "$.watch[0].notify_url", "api_name", "notify_url"},
		"notify_url a number":     {with("notify_url", 5), "INVALID_DATA", "$.watch[0].notify_url", "expected_data_type", "string"},
		"notify_url too long":     {with("notify_url", "https://a.example/"+strings.Repeat("x", 238)), "INVALID_DATA", "$.watch[0].notify_url", "maximum_length", "255"},
		"notify_url of ftp":       {with("notify_url", "ftp://a.example/"), "INVALID_DATA", "$.watch[0].notify_url", "api_name", "notify_url"},
		"notify_url without host": {with("notify_url", "https:///x"), "INVALID_DATA", "$.watch[0].notify_url", "api_name", "notify_url"},
		"token a number":          {with("token", 5), "INVALID_DATA", "$.watch[0].token", "expected_data_type", "string"},
		"token too long":          {with("token", strings.Repeat("x", 51)), "INVALID_DATA", "$.watch[0].token", "maximum_length", "50"},
		"values no boolean":       {with("return_affected_field_values", "true"), "INVALID_DATA", "$.watch[0].return_affected_field_values", "expected_data_type", "boolean"},
		"related no boolean":      {with("notify_on_related_action", 1), "INVALID_DATA", "$.watch[0].notify_on_related_action", "expected_data_type", "boolean"},
	} {
		r := k.watch("POST", c.item)
		if r.status != 400 || r.text("watch.0.code") != c.code || r.text("watch.0.status") != "error" ||
			r.text("watch.0.details.json_path") != c.at || r.at("watch.0.details."+c.detail) != c.value {
			t.Errorf("%s: %d %s", name, r.status, r.raw)
		}
	}
	k.get("/crm/v8/actions/watch").empty(204)
	longest := with("notify_url", "https://a.example/"+strings.Repeat("x", 237), "token", strings.Repeat("é", 50), "channel_id", "9223372036854775807")
	k.watch("POST", longest).want(201, "watch.0.details.events.0.channel_id", "9223372036854775807")
	k.watch("POST", with("notify_url", "https://a.example/?authorization=Zoho-oauthtoken 1000.x", "token", nil)).want(201)
	if v, there := k.listed("1").body.(map[string]any)["token"]; v != nil || !there {
		t.Errorf("token is %v, %v", v, there)
	}
}

func TestBodiesOfWatchThatAreNoLists(t *testing.T) {
	t.Parallel()
	k := watcher(t, setup{})
	for _, method := range []string{"POST", "PUT", "PATCH"} {
		send := func(body any) reply { return k.do(method, "/crm/v8/actions/watch", body) }
		send(`{"watch":`).want(400, "code", "UNABLE_TO_PARSE_DATA_TYPE")
		send(`[]`).want(400, "code", "INVALID_DATA", "details.expected_data_type", "jsonobject")
		send(`{}`).want(400, "code", "MANDATORY_NOT_FOUND", "details.json_path", "$.watch")
		send(`{"watch":{}}`).want(400, "code", "INVALID_DATA", "details.expected_data_type", "jsonarray")
		send(`{"watch":[]}`).want(400, "code", "INVALID_DATA", "details.minimum_length", "1")
	}
	many := make([]any, 51)
	for i := range many {
		many[i] = aChannel(i+1, []string{"Leads.all"})
	}
	k.watch("POST", many...).want(400, "code", "INVALID_DATA", "details.maximum_length", "50")
	k.switchTo("write_error_wrapping", "data")
	k.watch("POST", many...).want(400, "watch.0.code", "INVALID_DATA")
	k.watch("POST", many[:50]...).want(201, "watch.49.code", "SUCCESS")
	k.do("DELETE", "/crm/v8/actions/watch", nil).want(400, "watch.0.code", "REQUIRED_PARAM_MISSING", "watch.0.details.param_name", "channel_ids")
	k.do("DELETE", "/crm/v8/actions/watch?channel_ids=1,x", nil).want(400, "watch.0.code", "INVALID_DATA", "watch.0.details.param_name", "channel_ids")
	if n := len(k.get("/crm/v8/actions/watch").list("watch", "channel_id")); n != 50 {
		t.Errorf("%d channels after a refused DELETE", n)
	}
}

func TestWatchStatuses(t *testing.T) {
	t.Parallel()
	k := watcher(t, setup{})
	good, bad := aChannel(1, []string{"Leads.all"}), aChannel(2, []string{"Nope.all"})
	k.watch("POST", good, bad).want(207, "watch.0.code", "SUCCESS", "watch.1.code", "INVALID_DATA", "watch.1.details.json_path", "$.watch[1].events[0]")
	k.watch("PUT", good, aChannel(3, []string{"Leads.all"})).want(207, "watch.0.code", "SUCCESS", "watch.1.code", "NOT_SUBSCRIBED")
	unknown := k.watch("PUT", aChannel(3, []string{"Leads.all"})).want(400)
	if want := `{"watch":[{"code":"NOT_SUBSCRIBED","details":{},"message":"Not subscribed for actions-watch of the given channel","status":"error"}]}`; unknown.raw != want {
		t.Errorf("%s, want %s", unknown.raw, want)
	}
	k.do("DELETE", "/crm/v8/actions/watch?channel_ids=3", nil).want(400, "watch.0.code", "NOT_SUBSCRIBED")
	k.do("DELETE", "/crm/v8/actions/watch?channel_ids=1,3", nil).want(207, "watch.0.code", "SUCCESS", "watch.1.code", "NOT_SUBSCRIBED")
	k.switchTo("all_failed_status", 202)
	k.watch("POST", bad).want(202, "watch.0.code", "INVALID_DATA")
	k.watch("PATCH", aChannel(3, []string{"Leads.all"})).want(202, "watch.0.code", "NOT_SUBSCRIBED")
	k.switchTo("watch_error_wrapping", "bare")
	k.watch("POST", bad).want(202, "code", "INVALID_DATA", "watch", nil)
	k.watch("PATCH", aChannel(3, []string{"Leads.all"})).want(202, "watch.0.code", "NOT_SUBSCRIBED")
	k.watch("POST", good, bad).want(207, "watch.1.code", "INVALID_DATA")
}

func TestWatchChannelExpiryClamp(t *testing.T) {
	t.Parallel()
	k := watcher(t, setup{})
	hour, week := start.Add(time.Hour), start.Add(7*24*time.Hour)
	for name, c := range map[string]struct {
		given any
		want  time.Time // zero: refused
	}{
		"absent":               {nil, hour},
		"a week":               {wireTime(week), week},
		"a second over a week": {wireTime(week.Add(time.Second)), hour},
		"a second ahead":       {wireTime(start.Add(time.Second)), start.Add(time.Second)},
		"other offset":         {start.Add(2 * time.Hour).In(time.FixedZone("", 19800)).Format("2006-01-02T15:04:05-07:00"), start.Add(2 * time.Hour)},
		"now":                  {wireTime(start), time.Time{}},
		"past":                 {wireTime(start.Add(-time.Hour)), time.Time{}},
		"with milliseconds":    {"2026-11-24T15:00:00.000+00:00", time.Time{}},
		"with Z":               {"2026-11-24T15:00:00Z", start.Add(24 * time.Hour)},
		"a date":               {"2026-11-24", time.Time{}},
		"a number":             {1764000000, time.Time{}},
	} {
		item := aChannel(7, []string{"Leads.all"}, "channel_expiry", c.given)
		r := k.watch("POST", item)
		if c.want.IsZero() {
			r.want(400, "watch.0.code", "INVALID_DATA", "watch.0.details.api_name", "channel_expiry", "watch.0.details.json_path", "$.watch[0].channel_expiry")
			k.switchTo("watch_bad_expiry", "hour")
			r, c.want = k.watch("POST", item), hour
			k.switchTo("watch_bad_expiry", "reject")
		}
		got, err := time.Parse(time.RFC3339, r.want(201).text("watch.0.details.events.0.channel_expiry"))
		if err != nil || !got.Equal(c.want) {
			t.Errorf("%s: %v (%v), want %v", name, got, err, c.want)
		}
	}
	k.switchTo("datetime_z", "reject")
	k.watch("POST", aChannel(7, []string{"Leads.all"}, "channel_expiry", "2026-11-24T15:00:00Z")).want(400, "watch.0.code", "INVALID_DATA")
}

func TestWatchChannelExpiresSilently(t *testing.T) {
	t.Parallel()
	k := watcher(t, setup{})
	item := aChannel(7, []string{"Leads.all"}, "channel_expiry", nil)
	k.watch("POST", item).want(201)
	k.control("POST", "/_sim/clock", map[string]any{"advance_seconds": 3599}).want(200)
	k.watch("PATCH", aChannel(7, []string{"Leads.all"}, "channel_expiry", nil)).want(200) // an hour from now
	k.control("POST", "/_sim/clock", map[string]any{"advance_seconds": 3599}).want(200)
	k.access = k.renew(k.refresh).text("access_token")
	k.listed("7")
	k.control("POST", "/_sim/clock", map[string]any{"advance_seconds": 1}).want(200)
	k.get("/crm/v8/actions/watch").empty(204)
	k.control("GET", "/_sim/channels", nil).want(200, "channels.0", nil)
	for _, method := range []string{"PUT", "PATCH"} {
		k.watch(method, item).want(400, "watch.0.code", "NOT_SUBSCRIBED")
	}
	k.do("DELETE", "/crm/v8/actions/watch?channel_ids=7", nil).want(400, "watch.0.code", "NOT_SUBSCRIBED")
	k.watch("POST", item).want(201)
	k.listed("7")
	k.control("POST", "/_sim/channels", map[string]any{"action": "expire", "channel_id": "8"}).want(200, "affected", "0")
	k.control("POST", "/_sim/channels", map[string]any{"action": "expire", "channel_id": "7"}).want(200, "affected", "1")
	k.get("/crm/v8/actions/watch").empty(204)
	k.control("POST", "/_sim/channels", map[string]any{"action": "explode"}).want(400)
}

func TestPatchKeepsWhatItDoesNotSayButTheToken(t *testing.T) {
	t.Parallel()
	k := watcher(t, setup{})
	condition := []any{map[string]any{
		"type": "field_selection", "module": map[string]any{"api_name": "Leads"},
		"field_selection": map[string]any{"field": map[string]any{"api_name": "Email"}},
	}}
	k.watch("POST", aChannel(7, []string{"Leads.edit"}, "return_affected_field_values", true, "notification_condition", condition)).want(201)
	small := map[string]any{"channel_id": "7", "events": []string{"Leads.create"}}
	k.watch("PATCH", map[string]any{"channel_id": "7"}).want(400, "watch.0.code", "MANDATORY_NOT_FOUND", "watch.0.details.api_name", "events")
	k.watch("PATCH", map[string]any{"events": []string{"Leads.create"}}).want(400, "watch.0.code", "MANDATORY_NOT_FOUND", "watch.0.details.api_name", "channel_id")
	k.watch("PATCH", small).want(200, "watch.0.details.events.0.channel_expiry", "2026-11-23T10:00:00-06:00")
	k.listed("7").want(
		200, "token", nil, "notify_url", "http://127.0.0.1:1/hook", "return_affected_field_values", true, "events.0", "Leads.create", "events.1", nil,
		"notification_condition.0.field_selection.field.api_name", "Email",
	)
	k.switchTo("watch_patch_token", "keep", "watch_patch_expiry", "keep", "watch_patch_events", "add")
	k.watch("PUT", aChannel(7, []string{"Leads.edit"})).want(200)
	k.listed("7").want(200, "notification_condition", nil)
	k.watch("PATCH", small).want(200, "watch.0.details.events.0.channel_expiry", "2026-11-29T09:00:00-06:00")
	k.listed("7").want(200, "token", "tok", "events.0", "Leads.edit", "events.1", "Leads.create", "events.2", nil)
	small["token"] = nil
	k.watch("PATCH", small).want(200)
	k.listed("7").want(200, "token", nil)
}

func TestDeleteEventsEndsOnlyThoseListed(t *testing.T) {
	t.Parallel()
	k := watcher(t, setup{})
	k.watch("POST", aChannel(7, []string{"Leads.all", "Events.create", "Contacts.edit"})).want(201)
	cut := func(events ...string) reply {
		return k.watch("PATCH", map[string]any{"channel_id": 7, "events": events, "_delete_events": true})
	}
	k.watch("PATCH", map[string]any{"channel_id": 7, "events": []string{"Leads.all"}, "_delete_events": "yes"}).
		want(400, "watch.0.code", "INVALID_DATA", "watch.0.details.expected_data_type", "boolean")
	k.watch("PATCH", map[string]any{"channel_id": 7, "_delete_events": true}).want(400, "watch.0.code", "MANDATORY_NOT_FOUND")
	cut("Deals.all", "Events.edit").want(400, "watch.0.code", "NOT_SUBSCRIBED")
	cut("Leads.create", "Events.all").want(
		200, "watch.0.message", "Successfully removed the subscribe details", "watch.0.details.events.0.resource_name", "Leads",
		"watch.0.details.events.0.channel_id", "7", "watch.0.details.events.1.resource_name", "Events", "watch.0.details.events.2", nil,
	)
	r := k.get("/crm/v8/actions/watch").want(200, "info.count", "2", "watch.0.token", "tok")
	if got := fmt.Sprint(r.at("watch.0.events"), r.at("watch.1.events")); got != "[Leads.edit Leads.delete] [Contacts.edit]" {
		t.Errorf("events %s", got)
	}
	k.watch("PATCH", aChannel(7, []string{"Leads.edit"}, "_delete_events", false)).want(200, "watch.0.message", "Successfully updated the subscribe details")
	cut("Leads.all").want(200)
	k.get("/crm/v8/actions/watch").empty(204)
	cut("Leads.all").want(400, "watch.0.code", "NOT_SUBSCRIBED")
}

func TestListOfChannelsIsPagedAndFiltered(t *testing.T) {
	t.Parallel()
	k := watcher(t, setup{})
	k.watch("POST", aChannel(1, []string{"Leads.all", "Events.all"}), aChannel(2, []string{"Leads.edit"})).want(201)
	list := func(query string) []string {
		r := k.get("/crm/v8/actions/watch?" + query).want(200)
		out := r.list("watch", "channel_id")
		for i, m := range r.list("watch", "resource_name") {
			out[i] += m
		}
		return append(out, fmt.Sprint(r.at("info.more_records")))
	}
	for query, want := range map[string]string{
		"":                    "1Leads 1Events 2Leads false",
		"per_page=2":          "1Leads 1Events true",
		"per_page=2&page=2":   "2Leads false",
		"module=Leads":        "1Leads 2Leads false",
		"channel_id=1":        "1Leads 1Events false",
		"channel_id=1&page=1": "1Leads 1Events false",
	} {
		if got := strings.Join(list(query), " "); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	k.get("/crm/v8/actions/watch?page=2").empty(204)
	k.get("/crm/v8/actions/watch?channel_id=3").empty(204)
	k.get("/crm/v8/actions/watch?module=Deals").empty(204)
	k.get("/crm/v8/actions/watch?channel_id=x").want(400, "code", "INVALID_DATA", "details.param_name", "channel_id")
	k.get("/crm/v8/actions/watch?module=Nope").want(400, "code", "INVALID_MODULE")
	k.get("/crm/v8/actions/watch?per_page=201").want(400, "code", "INVALID_DATA", "details.param_name", "per_page")
}

func TestWatchNeedsTheScopeOfNotificationsAndOfTheModules(t *testing.T) {
	t.Parallel()
	k := newKit(t, setup{})
	body := aChannel(1, []string{"Leads.all", "Events.all"})
	for _, c := range []struct {
		scope string
		ok    []string
	}{
		{"ZohoCRM.modules.ALL", nil},
		{"ZohoCRM.notifications.ALL", []string{"GET", "DELETE"}},
		{"ZohoCRM.notifications.ALL,ZohoCRM.modules.leads.READ", []string{"GET", "DELETE"}},
		{"ZohoCRM.notifications.ALL,ZohoCRM.modules.leads.READ,ZohoCRM.modules.events.READ", []string{"POST", "PUT", "PATCH", "GET", "DELETE"}},
		{"ZohoCRM.notifications.WRITE,ZohoCRM.modules.READ", []string{"POST", "PUT", "PATCH"}},
		{"ZohoCRM.notifications.CREATE,ZohoCRM.modules.READ", []string{"POST"}},
		{"ZohoCRM.notifications.UPDATE,ZohoCRM.modules.READ", []string{"PUT", "PATCH"}},
		{"ZohoCRM.notifications.READ,ZohoCRM.modules.READ", []string{"GET"}},
		{"ZohoCRM.notifications.DELETE,ZohoCRM.modules.READ", []string{"DELETE"}},
	} {
		k.connect(c.scope)
		for _, method := range []string{"POST", "PUT", "PATCH"} {
			if r := k.watch(method, body); (r.status != 401) != slices.Contains(c.ok, method) {
				t.Errorf("%s with %s: %d %s", method, c.scope, r.status, r.raw)
			}
		}
		for _, method := range []string{"GET", "DELETE"} {
			if r := k.do(method, "/crm/v8/actions/watch?channel_ids=5", nil); (r.status != 401) != slices.Contains(c.ok, method) {
				t.Errorf("%s with %s: %d %s", method, c.scope, r.status, r.raw)
			}
		}
	}
	k.watch("POST", body).want(401, "code", "OAUTH_SCOPE_MISMATCH")
}

func TestEveryCallOfTheWatchAPICostsACredit(t *testing.T) {
	t.Parallel()
	k := watcher(t, setup{})
	many := make([]any, 50)
	for i := range many {
		many[i] = aChannel(i+1, []string{"Leads.all"})
	}
	for _, call := range []func() reply{
		func() reply { return k.watch("POST", many...) },
		func() reply { return k.watch("PUT", many...) },
		func() reply { return k.watch("PATCH", many...) },
		func() reply { return k.get("/crm/v8/actions/watch") },
		func() reply { return k.do("DELETE", "/crm/v8/actions/watch?channel_ids=1,2,3", nil) },
		func() reply { return k.watch("PUT", many[0]) }, // refused, and paid for
	} {
		before := k.credits()
		r := call()
		if got := k.credits() - before; got != 1 {
			t.Errorf("%d %s cost %d", r.status, r.raw[:min(len(r.raw), 80)], got)
		}
	}
}

func TestSwitchesOfTheWatchAPI(t *testing.T) {
	t.Parallel()
	k := watcher(t, setup{})
	leads := []string{"Leads.all"}
	k.watch("POST", aChannel(1, leads)).want(201)
	k.watch("POST", aChannel(1, []string{"Deals.all"})).want(201)
	k.listed("1").want(200, "resource_name", "Deals")
	k.switchTo("watch_repost", "reject")
	k.watch("POST", aChannel(1, leads)).want(400, "watch.0.code", "DUPLICATE_DATA", "watch.0.details.api_name", "channel_id")
	k.listed("1").want(200, "resource_name", "Deals")

	k.switchTo("watch_channels_max", 2, "watch_repost", "replace")
	k.watch("POST", aChannel(2, leads), aChannel(3, leads), aChannel(1, leads)).want(
		207, "watch.0.code", "SUCCESS", "watch.1.code", "LIMIT_EXCEEDED", "watch.1.details.limit", "2", "watch.2.code", "SUCCESS",
	)
	k.switchTo("watch_channels_max", 0)
	k.watch("POST", aChannel(3, leads)).want(201)

	token := strings.Repeat("t", 256)
	k.watch("POST", aChannel(4, leads, "token", token)).want(400)
	k.switchTo("watch_token_max", 256)
	k.watch("POST", aChannel(4, leads, "token", token)).want(201)
	k.watch("POST", aChannel(4, leads, "token", token+"t")).want(400, "watch.0.details.maximum_length", "256")

	hosts := map[string]string{ // the strictest policy that accepts each
		"https://hooks.example.com/z": "public", "https://203.0.113.9:8443/z": "public", "https://[2606:4700::1]/z": "public",
		"https://localhost/z": "https", "https://127.0.0.1/z": "https", "https://10.1.2.3/z": "https", "https://192.168.1.1/z": "https",
		"https://[::1]/z": "https", "https://[fe80::1]/z": "https", "https://[::ffff:10.0.0.1]/z": "https", "https://nas.local/z": "https", "https://intranet/z": "https",
		"http://hooks.example.com/z": "any", "http://127.0.0.1:8080/z": "any",
	}
	rank := map[string]int{"any": 0, "https": 1, "public": 2}
	for policy := range rank {
		k.switchTo("notify_url_policy", policy)
		for host, strictest := range hosts {
			want := 201
			if rank[policy] > rank[strictest] {
				want = 400
			}
			if r := k.watch("POST", aChannel(5, leads, "notify_url", host)); r.status != want {
				t.Errorf("%s: %s got %d", policy, host, r.status)
			}
		}
	}
}

func TestChannelsOfOthers(t *testing.T) {
	t.Parallel()
	k := watcher(t, setup{})
	leads := []string{"Leads.all"}
	k.watch("POST", aChannel(1, leads, "token", "rae")).want(201)
	raes := k.access
	k.access = k.exchange(k.url, k.grantCode(k.url, watchScopes, ann)).text("access_token")
	k.get("/crm/v8/actions/watch").empty(204)
	k.watch("PUT", aChannel(1, leads)).want(400, "watch.0.code", "NOT_SUBSCRIBED")
	k.watch("POST", aChannel(1, leads, "token", "ann")).want(201)
	k.listed("1").want(200, "token", "ann")
	if n := len(k.control("GET", "/_sim/channels", nil).list("channels", "token")); n != 2 {
		t.Errorf("%d channels", n)
	}
	k.do("DELETE", "/crm/v8/actions/watch?channel_ids=1", nil).want(200)
	k.switchTo("watch_owner", "organization")
	k.listed("1").want(200, "token", "rae")
	k.watch("PUT", aChannel(1, leads, "token", "changed")).want(200)
	k.watch("POST", aChannel(1, leads, "token", "anew")).want(201)
	k.switchTo("watch_owner", "user")
	k.listed("1").want(200, "token", "anew") // Ann's now
	k.access = raes
	k.get("/crm/v8/actions/watch").empty(204)
	k.access = k.exchange(k.url, k.grantCode(k.url, watchScopes, "otto@other.example")).text("access_token")
	k.switchTo("watch_owner", "organization")
	k.get("/crm/v8/actions/watch").empty(204)
}

// fieldSelection is a condition on Leads.
func fieldSelection(selection any) []any {
	return []any{map[string]any{"type": "field_selection", "module": map[string]any{"api_name": "Leads"}, "field_selection": selection}}
}

func field(api string) map[string]any {
	return map[string]any{"field": map[string]any{"api_name": api}}
}

func group(operator any, members ...any) map[string]any {
	return map[string]any{"group_operator": operator, "group": append([]any{}, members...)}
}

func TestConditionErrors(t *testing.T) {
	t.Parallel()
	k := watcher(t, setup{})
	contacts := k.get("/crm/v8/settings/modules/Contacts").text("modules.0.id")
	one := func(more ...any) []any {
		m := fieldSelection(field("Email"))[0].(map[string]any)
		for i := 0; i < len(more); i += 2 {
			m[more[i].(string)] = more[i+1]
		}
		return []any{m}
	}
	eleven := make([]any, 11)
	for i := range eleven {
		eleven[i] = field("Email")
	}
	const c, fs = "$.watch[0].notification_condition[0]", "$.watch[0].notification_condition[0].field_selection"
	for name, x := range map[string]struct {
		condition any
		code      string
		path      string // where the error is told
		value     any
	}{
		"no list":                 {"x", "INVALID_DATA", "json_path", "$.watch[0].notification_condition"},
		"no object":               {[]any{1}, "INVALID_DATA", "json_path", c},
		"no type":                 {one("type", nil), "MANDATORY_NOT_FOUND", "json_path", c + ".type"},
		"type a number":           {one("type", 1), "INVALID_DATA", "expected_data_type", "string"},
		"other type":              {one("type", "criteria"), "INVALID_DATA", "supported_values.0", "field_selection"},
		"no module":               {one("module", nil), "MANDATORY_NOT_FOUND", "json_path", c + ".module"},
		"module a text":           {one("module", "Leads"), "INVALID_DATA", "expected_data_type", "jsonobject"},
		"module without name":     {one("module", map[string]any{}), "EXPECTED_FIELD_MISSING", "expected_fields.1.json_path", c + ".module.id"},
		"module name a number":    {one("module", map[string]any{"api_name": 5}), "INVALID_DATA", "expected_data_type", "string"},
		"unknown module":          {one("module", map[string]any{"api_name": "Nope"}), "INVALID_DATA", "json_path", c + ".module.api_name"},
		"unknown module id":       {one("module", map[string]any{"id": "1"}), "INVALID_DATA", "json_path", c + ".module.id"},
		"module not watched":      {one("module", map[string]any{"api_name": "Contacts"}), "INVALID_DATA", "json_path", c + ".module"},
		"name and id differ":      {one("module", map[string]any{"api_name": "Leads", "id": contacts}), "AMBIGUITY_DURING_PROCESSING", "ambiguity_due_to.0.json_path", c + ".module.api_name"},
		"no field_selection":      {one("field_selection", nil), "DEPENDENT_FIELD_MISSING", "dependee.json_path", c + ".type"},
		"field_selection a text":  {one("field_selection", "x"), "INVALID_DATA", "expected_data_type", "jsonobject"},
		"neither field nor group": {fieldSelection(map[string]any{}), "MANDATORY_NOT_FOUND", "json_path", fs + ".field"},
		"field a text":            {fieldSelection(map[string]any{"field": "Email"}), "INVALID_DATA", "json_path", fs + ".field"},
		"field without name":      {fieldSelection(map[string]any{"field": map[string]any{}}), "MANDATORY_NOT_FOUND", "json_path", fs + ".field.api_name"},
		"field name a list":       {fieldSelection(map[string]any{"field": map[string]any{"api_name": []any{}}}), "INVALID_DATA", "expected_data_type", "string"},
		"unknown field":           {fieldSelection(field("Nope")), "INVALID_DATA", "json_path", fs + ".field.api_name"},
		"group a text":            {fieldSelection(map[string]any{"group": "x", "group_operator": "or"}), "INVALID_DATA", "expected_data_type", "jsonarray"},
		"group empty":             {fieldSelection(group("or", []any{}...)), "INVALID_DATA", "minimum_length", "1"},
		"no operator":             {fieldSelection(group(nil, field("Email"))), "MANDATORY_NOT_FOUND", "json_path", fs + ".group_operator"},
		"operator a number":       {fieldSelection(group(1, field("Email"))), "INVALID_DATA", "expected_data_type", "string"},
		"other operator":          {fieldSelection(group("xor", field("Email"))), "INVALID_DATA", "supported_values.1", "and"},
		"member a text":           {fieldSelection(group("or", "Email")), "INVALID_DATA", "json_path", fs + ".group[0]"},
		"bare member":             {fieldSelection(group("or", map[string]any{"api_name": "Email"})), "MANDATORY_NOT_FOUND", "json_path", fs + ".group[0].field"},
		"wrong within":            {fieldSelection(group("or", field("Email"), group("and", field("Nope")))), "INVALID_DATA", "json_path", fs + ".group[1].group[0].field.api_name"},
		"eleven fields":           {fieldSelection(group("or", eleven...)), "INVALID_DATA", "maximum_length", "10"},
	} {
		r := k.watch("POST", aChannel(1, []string{"Leads.all"}, "notification_condition", x.condition))
		if r.status != 400 || r.text("watch.0.code") != x.code || r.at("watch.0.details."+x.path) != x.value {
			t.Errorf("%s: %d %s", name, r.status, r.raw)
		}
	}
	k.watch("POST", aChannel(1, []string{"Leads.all"}, "notification_condition", fieldSelection(group("or", eleven[:10]...)))).want(201)
	two := append(fieldSelection(group("or", eleven[:5]...)), fieldSelection(group("or", eleven[:6]...))...)
	k.watch("POST", aChannel(1, []string{"Leads.all"}, "notification_condition", two)).want(400, "watch.0.details.maximum_length", "10")
}

func TestConditionsAreListedWithIDs(t *testing.T) {
	t.Parallel()
	k := watcher(t, setup{})
	module := k.get("/crm/v8/settings/modules/Leads").text("modules.0.id")
	var email string
	fields := k.get("/crm/v8/settings/fields?module=Leads")
	for i, api := range fields.list("fields", "api_name") {
		if api == "Email" {
			email = fields.text(fmt.Sprintf("fields.%d.id", i))
		}
	}
	byID := map[string]any{"field": map[string]any{"id": email}}
	given := fieldSelection(group("or", byID, group("and", field("Phone"), field("Company"))))
	given[0].(map[string]any)["module"] = map[string]any{"id": module}
	k.watch("POST", aChannel(1, []string{"Leads.all", "Deals.all"}, "notification_condition", given)).want(201)
	r := k.get("/crm/v8/actions/watch?channel_id=1&module=Leads")
	const sel = "watch.0.notification_condition.0.field_selection"
	r.want(
		200, "watch.0.notification_condition.0.type", "field_selection", "watch.0.notification_condition.0.module.api_name", "Leads",
		"watch.0.notification_condition.0.module.id", module, sel+".group_operator", "or", sel+".group.0.field.api_name", "Email",
		sel+".group.0.field.id", email, sel+".group.0.group", nil, sel+".group.1.group_operator", "and",
		sel+".group.1.group.1.field.api_name", "Company",
	)
	k.get("/crm/v8/actions/watch?channel_id=1&module=Deals").want(200, "watch.0.notification_condition", nil)

	bare := aChannel(1, []string{"Leads.all"}, "notification_condition", fieldSelection(group("and", map[string]any{"api_name": "Company"})))
	full := aChannel(1, []string{"Leads.all"}, "notification_condition", fieldSelection(group("and", field("Company"))))
	for shape, want := range map[string][2]int{"field": {400, 200}, "bare": {200, 400}, "either": {200, 200}} {
		k.switchTo("watch_condition_field", shape)
		if got := [2]int{k.watch("PATCH", bare).status, k.watch("PATCH", full).status}; got != want {
			t.Errorf("%s: %v, want %v", shape, got, want)
		}
	}
}

func TestWatchPathIsNoModule(t *testing.T) {
	t.Parallel()
	k := watcher(t, setup{})
	k.do("POST", "/crm/v8/actions/"+url.PathEscape("watch")+"/x", nil).want(404, "code", "INVALID_URL_PATTERN")
	k.do("HEAD", "/crm/v8/actions/watch", nil)
	k.do("OPTIONS", "/crm/v8/actions/watch", nil).want(400, "code", "INVALID_REQUEST_METHOD")
}
