package zoho_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/zoho"
)

const notified = `{"server_time":1700000000000,"affected_values":[{"record_id":"57","values":{"Company":"X"}}],"query_params":{},"module":"Leads","resource_uri":"https://www.zohoapis.com/crm/v2/Leads",
"ids":["57","58","57"],"affected_fields":[{"57":["Company","Email"]},{"99":["Other"]}],"operation":"update","channel_id":"1000000068001","token":"tok"}`

func TestParseNotification(t *testing.T) {
	t.Parallel()
	want := zoho.Notification{
		ChannelID: "1000000068001", Token: "tok", Module: "Leads", Operation: "update", IDs: []string{"57", "58"},
		Fields: map[string][]string{"57": {"Company", "Email"}}, Sent: time.UnixMilli(1700000000000).UTC(),
	}
	numbers := strings.NewReplacer(`"1000000068001"`, `1000000068001`, `["57","58","57"]`, `[57,58,57]`, `1700000000000`, `"1700000000000"`).Replace(notified)
	for name, body := range map[string]string{"texts": notified, "numbers": numbers} {
		if got, err := zoho.ParseNotification([]byte(body)); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %#v, %v", name, got.IDs, err)
		}
	}
	least := `{"ids":["57"],"module":"Site_Visits","operation":"delete","channel_id":1,"token":null,"affected_fields":[]}`
	got, err := zoho.ParseNotification([]byte(least))
	if err != nil || got.Token != "" || got.Fields != nil || !got.Sent.IsZero() || got.Operation != "delete" {
		t.Errorf("the least: %v, %v", got, err)
	}
}

func TestParseNotificationRefuses(t *testing.T) {
	t.Parallel()
	change := func(old, now string) string { return strings.Replace(notified, old, now, 1) }
	many := `"ids":[` + strings.Repeat(`1,`, 10000) + `1]`
	for name, c := range map[string]struct {
		body string
		kind zoho.Kind
	}{
		"nothing":              {"", zoho.Unreadable},
		"null":                 {"null", zoho.Unreadable},
		"a list":               {"[]", zoho.Unreadable},
		"a form":               {"ids=57", zoho.Unreadable},
		"text behind":          {notified + "{}", zoho.Unreadable},
		"no ids":               {change(`"ids":["57","58","57"]`, `"ids":[]`), zoho.Unreadable},
		"ids as one text":      {change(`["57","58","57"]`, `"57"`), zoho.Unreadable},
		"an id that is a path": {change(`"58"`, `"../org"`), zoho.Unreadable},
		"an id beyond numbers": {change(`"58"`, `1e300`), zoho.Unreadable},
		"an id below zero":     {change(`"58"`, `-58`), zoho.Unreadable},
		"a module as a path":   {change(`"module":"Leads"`, `"module":"Leads/57"`), zoho.Unreadable},
		"no module":            {change(`"module":"Leads"`, `"x":1`), zoho.Unreadable},
		"no operation":         {change(`"operation":"update"`, `"operation":"drop"`), zoho.Unreadable},
		"no channel":           {change(`"channel_id":"1000000068001"`, `"x":1`), zoho.Unreadable},
		"a channel of words":   {change(`"channel_id":"1000000068001"`, `"channel_id":"mine"`), zoho.Unreadable},
		"too long":             {strings.Repeat(" ", 1<<20) + notified, zoho.TooLarge},
		"too many":             {change(`"ids":["57","58","57"]`, many), zoho.TooLarge},
		"nested without end":   {strings.Repeat(`{"a":`, 100000), zoho.Unreadable},
	} {
		got, err := zoho.ParseNotification([]byte(c.body))
		if asError(t, err).Kind != c.kind || got.IDs != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		if strings.Contains(fmt.Sprint(err), "tok") {
			t.Errorf("%s: the error tells the token: %v", name, err)
		}
	}
}

// Whatever is posted, the parser neither panics nor gives what is no notification, and tells nothing of it.
func FuzzParseNotification(f *testing.F) {
	for _, s := range []string{"", "null", notified, `{"ids":[1],"module":"A","operation":"insert","channel_id":1,"affected_fields":[{"1":"A"},[],{"1":[{"name":"B"}]}]}`, `{"ids":[[]],"module":{"name":"A"}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		n, err := zoho.ParseNotification(body)
		if err != nil {
			var e *zoho.Error
			if !errors.As(err, &e) || len(err.Error()) > 100 {
				t.Fatalf("%q: %v", body, err)
			}
			return
		}
		seen := map[string]bool{}
		for _, id := range n.IDs {
			if seen[id] || id == "" || len(id) > 25 || strings.Trim(id, "0123456789") != "" {
				t.Fatalf("%q: id %q", body, id)
			}
			seen[id] = true
		}
		if len(seen) == 0 || len(seen) > 10000 || n.Module == "" || strings.ContainsAny(n.Module, "/ .?#") || n.ChannelID == "" {
			t.Fatalf("%q: %v", body, n)
		}
		for id := range n.Fields {
			if !seen[id] {
				t.Fatalf("%q: fields of %q", body, id)
			}
		}
	})
}
