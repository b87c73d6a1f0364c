package zohosim_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
)

const (
	calendarScopes = "ZohoCalendar.calendar.READ,ZohoCalendar.event.ALL,ZohoCalendar.freebusy.READ,ZohoCalendar.search.READ"
	annMail        = "ann@ridgeline.example"
	benMail        = "ben@ridgeline.example"
	primary        = "/api/v1/calendars/primary"
)

// asUser connects the kit as one of the users of the seeds.
func (k *kit) asUser(user, scope string) {
	k.t.Helper()
	r := k.exchange(k.url, k.grantCode(k.url, scope, user)).want(200)
	k.access, k.refresh = r.text("access_token"), r.text("refresh_token")
}

// calendarKit is a kit in memory, connected as Ann with all of Calendar and the CRM.
func calendarKit(t testing.TB) *kit {
	t.Helper()
	k := newKit(t, setup{})
	k.asUser(annMail, everything+","+calendarScopes)
	return k
}

// params makes a query of pairs.
func params(pairs ...string) string {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return "?" + v.Encode()
}

func jsonText(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// span is a range parameter.
func span(start, end string, more ...string) string {
	return params(append([]string{"range", jsonText(map[string]string{"start": start, "end": end})}, more...)...)
}

// when is dateandtime.
func when(start, end, zone string) map[string]any {
	return map[string]any{"start": start, "end": end, "timezone": zone}
}

// visit is eventdata of an hour of work in Chicago, from 16:00 UTC on.
func visit(title string, more ...any) map[string]any {
	m := map[string]any{"title": title, "dateandtime": when("20261124T160000Z", "20261124T170000Z", "America/Chicago")}
	for i := 0; i < len(more); i += 2 {
		m[more[i].(string)] = more[i+1]
	}
	return m
}

// put sends eventdata in the query.
func (k *kit) put(method, path string, data any) reply {
	k.t.Helper()
	text, ok := data.(string)
	if !ok {
		text = jsonText(data)
	}
	return k.do(method, path+params("eventdata", text), nil)
}

// add makes an event in the own calendar that must be accepted.
func (k *kit) add(data any) reply {
	k.t.Helper()
	r := k.put("POST", primary+"/events", data).want(200)
	if list, _ := r.at("events").([]any); len(list) == 1 {
		r.body = list[0]
	}
	return r
}

func eventPath(r reply) string { return primary + "/events/" + r.text("uid") }

// titles lists the titles of a list of events, each with its start.
func (r reply) titles() string {
	r.t.Helper()
	list, _ := r.at("events").([]any)
	var out []string
	for _, v := range list {
		e, _ := v.(map[string]any)
		start, _ := e["start"].(string)
		if d, ok := e["dateandtime"].(map[string]any); ok {
			start, _ = d["start"].(string)
		}
		title, _ := e["title"].(string)
		out = append(out, title+" "+start)
	}
	return strings.Join(out, ", ")
}

func (r reply) wantTitles(want string) {
	r.t.Helper()
	r.want(200)
	if got := r.titles(); got != want {
		r.t.Fatalf("got %q, want %q", got, want)
	}
}
