package zoho_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/zoho"
)

var hook = zoho.Watch{
	ChannelID: "1000000068001", Events: []string{"Leads.create", "Events.all"}, Expiry: noon.Add(48*time.Hour + 300*time.Millisecond),
	NotifyURL: "https://hs.example/hooks/zoho/s", Token: secret, Values: true,
}

func subscribed(code, events string) string {
	return `{"code":"` + code + `","details":{"events":[` + events + `]},"message":"Successfully subscribed for actions-watch of the given module","status":"` + map[bool]string{true: "success", false: "error"}[code == "SUCCESS"] + `"}`
}

const (
	leadsEvent  = `{"channel_expiry":"2026-11-25T06:00:00-06:00","resource_uri":"https://www.zohoapis.com/crm/v8/Leads","resource_id":"1","resource_name":"Leads","channel_id":"1000000068001"}`
	eventsEvent = `{"channel_expiry":"2026-11-23T13:00:00+00:00","resource_uri":"https://www.zohoapis.com/crm/v8/Events","resource_id":"2","resource_name":"Events","channel_id":1000000068001}`
)

func TestWatchIsSentWhole(t *testing.T) {
	t.Parallel()
	answer := `{"watch":[` + subscribed("SUCCESS", leadsEvent+","+eventsEvent) + `]}`
	for method, status := range map[string]int{"POST": 201, "PUT": 200} {
		client, l := newClient(t, says(status, answer))
		call := map[string]func() ([]zoho.Watched, error){
			"POST": func() ([]zoho.Watched, error) { return client.EnableWatch(t.Context(), []zoho.Watch{hook}) },
			"PUT":  func() ([]zoho.Watched, error) { return client.ReplaceWatch(t.Context(), []zoho.Watch{hook}) },
		}[method]
		got, err := call()
		if err != nil || got[0].Err != nil || !slices.Equal(got[0].Modules, []string{"Leads", "Events"}) || !got[0].Expiry.Equal(noon.Add(time.Hour)) {
			t.Errorf("%s: %+v, %v", method, got, err)
		}
		var sent struct{ Watch []map[string]any }
		if err := json.Unmarshal([]byte(l.seen[0].Body), &sent); err != nil || len(sent.Watch) != 1 {
			t.Fatal(l.seen[0].Body, err)
		}
		w := sent.Watch[0]
		if l.seen[0].Method != method || l.seen[0].Path != "/crm/v8/actions/watch" || w["channel_id"] != "1000000068001" || w["channel_expiry"] != "2026-11-25T12:00:00+00:00" ||
			w["token"] != secret || w["notify_url"] != hook.NotifyURL || w["return_affected_field_values"] != true || w["notify_on_related_action"] != false || len(w["events"].([]any)) != 2 {
			t.Errorf("%s sent %s", method, l.seen[0].Body)
		}
		if l.calls[0].Credits != 1 {
			t.Errorf("%d credits", l.calls[0].Credits)
		}
	}
}

func TestWatchIsJudgedByItem(t *testing.T) {
	t.Parallel()
	good, gone := subscribed("SUCCESS", leadsEvent), bare("NOT_SUBSCRIBED", `{}`, "Not subscribed for actions-watch of the given channel")
	invalid := bare("INVALID_DATA", `{"api_name":"events","json_path":"$.watch[0].events[0]"}`, "invalid data")
	for name, c := range map[string]struct {
		status int
		body   string
		sent   int
		whole  zoho.Kind   // of the call
		each   []zoho.Kind // of the items; "" is watched
	}{
		"made":                     {201, `{"watch":[` + good + `]}`, 1, "", []zoho.Kind{""}},
		"mixed":                    {207, `{"watch":[` + good + `,` + gone + `]}`, 2, "", []zoho.Kind{"", zoho.NotSubscribed}},
		"expired: 400 in watch[]":  {400, `{"watch":[` + gone + `]}`, 1, "", []zoho.Kind{zoho.NotSubscribed}},
		"expired: 400 bare":        {400, gone, 1, "", []zoho.Kind{zoho.NotSubscribed}},
		"expired: 202":             {202, `{"watch":[` + gone + `]}`, 1, "", []zoho.Kind{zoho.NotSubscribed}},
		"both expired: 202":        {202, `{"watch":[` + gone + `,` + gone + `]}`, 2, "", []zoho.Kind{zoho.NotSubscribed, zoho.NotSubscribed}},
		"refused: 400 in watch[]":  {400, `{"watch":[` + invalid + `]}`, 1, "", []zoho.Kind{zoho.InvalidData}},
		"refused: bare":            {400, invalid, 1, zoho.InvalidData, nil},
		"200 with a rejected item": {200, `{"watch":[` + invalid + `]}`, 1, "", []zoho.Kind{zoho.InvalidData}},
		"no scope in watch[]":      {401, `{"watch":[` + bare("OAUTH_SCOPE_MISMATCH", `{}`, "x") + `]}`, 1, zoho.ScopeMismatch, nil},
		"too many":                 {429, bare("TOO_MANY_REQUESTS", `{}`, "x"), 1, zoho.TooManyRequests, nil},
		"an item too few":          {201, `{"watch":[` + good + `]}`, 2, zoho.Unreadable, nil},
		"no item":                  {200, `{}`, 1, zoho.Unreadable, nil},
		"an item that says naught": {200, `{"watch":[{}]}`, 1, zoho.Unreadable, nil},
		"no body":                  {204, ``, 1, zoho.Unreadable, nil},
		"server error":             {500, bare("INTERNAL_ERROR", `{}`, "x"), 1, zoho.Internal, nil},
	} {
		client, _ := newClient(t, says(c.status, c.body))
		got, err := client.ReplaceWatch(t.Context(), slices.Repeat([]zoho.Watch{hook}, c.sent))
		if c.whole != "" {
			if asError(t, err).Kind != c.whole {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil || len(got) != len(c.each) {
			t.Errorf("%s: %v, %v", name, got, err)
			continue
		}
		for i, kind := range c.each {
			if kind == "" && got[i].Err != nil || kind != "" && asError(t, got[i].Err).Kind != kind {
				t.Errorf("%s: item %d: %v", name, i, got[i].Err)
			}
		}
	}
}

func TestWatchRefusesBeforeSending(t *testing.T) {
	t.Parallel()
	client, l := newClient(t, says(500, ""))
	for name, change := range map[string]func(*zoho.Watch){
		"no id":             func(w *zoho.Watch) { w.ChannelID = "" },
		"id zero":           func(w *zoho.Watch) { w.ChannelID = "0" },
		"id of 64 bits":     func(w *zoho.Watch) { w.ChannelID = "9223372036854775808" },
		"id with a sign":    func(w *zoho.Watch) { w.ChannelID = "+5" },
		"no event":          func(w *zoho.Watch) { w.Events = nil },
		"no such operation": func(w *zoho.Watch) { w.Events = []string{"Leads.read"} },
		"no module":         func(w *zoho.Watch) { w.Events = []string{".all"} },
		"no address":        func(w *zoho.Watch) { w.NotifyURL = "" },
		"a long address":    func(w *zoho.Watch) { w.NotifyURL = "https://hs.example/" + strings.Repeat("a", 240) },
		"a long token":      func(w *zoho.Watch) { w.Token = strings.Repeat("a", 51) },
		"over already":      func(w *zoho.Watch) { w.Expiry = noon },
		"beyond a week":     func(w *zoho.Watch) { w.Expiry = noon.Add(zoho.LongestWatch + time.Second) },
	} {
		w := hook
		change(&w)
		if _, err := client.EnableWatch(t.Context(), []zoho.Watch{w}); asError(t, err).Kind != zoho.InvalidArgument {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := client.EnableWatch(t.Context(), slices.Repeat([]zoho.Watch{hook}, 51)); asError(t, err).Kind != zoho.InvalidArgument {
		t.Errorf("51 channels: %v", err)
	}
	if got, err := client.EnableWatch(t.Context(), nil); got != nil || err != nil {
		t.Errorf("none: %v, %v", got, err)
	}
	if err := client.DisableWatch(t.Context(), []string{"x"}); asError(t, err).Kind != zoho.InvalidArgument {
		t.Errorf("end: %v", err)
	}
	if err := client.DisableWatch(t.Context(), nil); err != nil {
		t.Errorf("end none: %v", err)
	}
	if len(l.seen) != 0 {
		t.Errorf("%d calls", len(l.seen))
	}
}

func TestWatchDetails(t *testing.T) {
	t.Parallel()
	row := func(id, module, expiry string) string {
		return `{"channel_id":` + id + `,"channel_expiry":"` + expiry + `","notify_url":"https://hs.example/h","token":"tok","events":["` + module + `.create","` + module + `.edit"],"resource_name":"` + module + `","return_affected_field_values":true,"notify_on_related_action":null,"fields":null,"notification_condition":null}`
	}
	client, l := newClient(t, says(200, `{"watch":[`+row(`"1000000068001"`, "Leads", "2026-11-25T06:00:00-06:00")+`,`+row(`1000000068001`, "Events", "2026-11-24T06:00:00-06:00")+`,`+row(`"7"`, "Deals", "2026-11-23T06:00:00-06:00")+`],"info":{"per_page":200,"count":3,"page":1,"more_records":false}}`))
	w, err := client.WatchDetails(t.Context(), hook.ChannelID)
	if err != nil || !slices.Equal(w.Events, []string{"Leads.create", "Leads.edit", "Events.create", "Events.edit"}) || !w.Expiry.Equal(noon.Add(24*time.Hour)) || w.Token != "tok" || !w.Values || w.Related {
		t.Errorf("%+v, %v", w.Events, err)
	}
	if got := l.seen[0].Query.Encode(); got != "channel_id=1000000068001&page=1&per_page=200" {
		t.Errorf("%s", got)
	}
	for name, answer := range map[string]answers{
		"none":    says(204, ""),
		"another": says(200, `{"watch":[`+row(`"7"`, "Deals", "2026-11-23T06:00:00-06:00")+`]}`),
		"refused": says(400, `{"watch":[`+bare("NOT_SUBSCRIBED", `{}`, "x")+`]}`),
	} {
		client, _ := newClient(t, answer)
		if _, err := client.WatchDetails(t.Context(), hook.ChannelID); asError(t, err).Kind != zoho.NotSubscribed {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDisableWatch(t *testing.T) {
	t.Parallel()
	ended := `{"code":"SUCCESS","details":{"resource_uri":"https://www.zohoapis.com/crm/v8/Leads","resource_id":"1","channel_id":"1000000068001"},"message":"Successfully un-subscribed from actions-watch","status":"success"}`
	gone := bare("NOT_SUBSCRIBED", `{}`, "x")
	for name, c := range map[string]struct {
		status int
		body   string
		kind   zoho.Kind
	}{
		"ended, an item for each module": {200, `{"watch":[` + ended + `,` + ended + `,` + ended + `]}`, ""},
		"one was gone":                   {207, `{"watch":[` + ended + `,` + gone + `]}`, ""},
		"gone":                           {400, `{"watch":[` + gone + `]}`, ""},
		"gone: 202":                      {202, `{"watch":[` + gone + `]}`, ""},
		"gone: bare":                     {400, gone, ""},
		"gone: nothing to say":           {204, ``, ""},
		"another trouble beside":         {207, `{"watch":[` + gone + `,` + bare("INVALID_DATA", `{}`, "x") + `]}`, zoho.InvalidData},
		"refused":                        {400, bare("REQUIRED_PARAM_MISSING", `{"param_name":"channel_ids"}`, "x"), zoho.ParamMissing},
		"no scope":                       {401, bare("OAUTH_SCOPE_MISMATCH", `{}`, "x"), zoho.ScopeMismatch},
		"no list":                        {200, `{}`, zoho.Unreadable},
	} {
		client, l := newClient(t, says(c.status, c.body))
		err := client.DisableWatch(t.Context(), []string{"1000000068001", "1000000068002"})
		if c.kind == "" && err != nil || c.kind != "" && asError(t, err).Kind != c.kind {
			t.Errorf("%s: %v", name, err)
		}
		if l.seen[0].Method != "DELETE" || l.seen[0].Query.Encode() != "channel_ids=1000000068001%2C1000000068002" {
			t.Errorf("%s: %s %s", name, l.seen[0].Method, l.seen[0].Query.Encode())
		}
	}
}

func TestWatchIsNotPrinted(t *testing.T) {
	t.Parallel()
	wantClean(t, "watch", hook)
	wantClean(t, "watches", []zoho.Watch{hook})
	wantClean(t, "notification", zoho.Notification{ChannelID: "1", Token: secret})
}
