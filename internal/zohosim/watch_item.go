package zohosim

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of a channel. Source: Zoho CRM v8, "Enable Notifications" and OpenAPI of notifications.
const (
	longestWatch = 7 * 24 * time.Hour
	defaultWatch = time.Hour
	maxNotifyURL = 255
)

// readChannel reads an item. base is what a PATCH changes; nil: the item says all there is.
func (w *watching) readChannel(path string, item map[string]any, base *channel) (channel, *problem) {
	id, wrong := channelID(path, item)
	if wrong != nil {
		return channel{}, wrong
	}
	ch := channel{ID: id, User: w.user.id, Related: true}
	if base != nil {
		ch = *base
		ch.Conditions = slices.Clone(base.Conditions)
	}
	ch.Location, ch.Base, ch.Muted = w.listener.location, w.listener.baseURL(w.r), base != nil && base.Muted
	events, wrong := w.readEvents(path, item)
	if wrong != nil {
		return channel{}, wrong
	}
	if base != nil && w.sw.WatchPatchEvents == "add" {
		events = append(slices.Clone(base.Events), events...)
	}
	ch.Events = unique(events)
	for _, read := range []func(string, map[string]any, *channel, bool) *problem{
		w.readNotifyURL, w.readToken, w.readExpiry, w.readFlags,
	} {
		if wrong := read(path, item, &ch, base != nil); wrong != nil {
			return channel{}, wrong
		}
	}
	if given, said := item["notification_condition"]; said {
		if ch.Conditions, wrong = w.readConditions(path, given, ch.modules()); wrong != nil {
			return channel{}, wrong
		}
	}
	ch.Conditions = slices.DeleteFunc(ch.Conditions, func(c condition) bool { return !slices.Contains(ch.modules(), c.Module) })
	return ch, nil
}

// unique drops repeated texts.
func unique(list []string) []string {
	var out []string
	for _, s := range list {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// channelID reads channel_id: a number that the client chose, as a JSON number or as text.
func channelID(path string, item map[string]any) (int64, *problem) {
	text := ""
	switch v := item["channel_id"].(type) {
	case nil:
		return 0, missingAt(path, "channel_id")
	case string:
		text = v
	case json.Number:
		text = v.String()
	}
	id, ok := parseID(text)
	if !ok || id == 0 {
		return 0, wrongAt(path, "channel_id", details{"expected_data_type": "bigint"})
	}
	return id, nil
}

// readEvents reads events: {module}.{create|edit|delete|all}.
func (w *watching) readEvents(path string, item map[string]any) ([]string, *problem) {
	v := item["events"]
	list, ok := v.([]any)
	switch {
	case v == nil:
		return nil, missingAt(path, "events")
	case !ok:
		return nil, wrongAt(path, "events", details{"expected_data_type": "jsonarray"})
	case len(list) == 0:
		return nil, wrongAt(path, "events", details{"minimum_length": 1})
	}
	var out []string
	for i, v := range list {
		where := details{"api_name": "events", "json_path": fmt.Sprintf("%s.events[%d]", path, i)}
		event, ok := v.(string)
		if !ok {
			where["expected_data_type"] = "string"
			return nil, &problem{"INVALID_DATA", "invalid data", where}
		}
		api, op := splitEvent(event)
		if m := w.org.byAPI[api]; m == nil || !m.apiSupported {
			return nil, &problem{"INVALID_DATA", "invalid data", where}
		}
		if op != "all" && !slices.Contains(operations, op) {
			where["supported_values"] = []string{"create", "edit", "delete", "all"}
			return nil, &problem{"INVALID_DATA", "invalid data", where}
		}
		out = append(out, event)
	}
	return out, nil
}

func (w *watching) readNotifyURL(path string, item map[string]any, ch *channel, patch bool) *problem {
	v, given := item["notify_url"]
	if patch && !given {
		return nil
	}
	text, ok := v.(string)
	switch {
	case v == nil || text == "" && ok:
		return missingAt(path, "notify_url")
	case !ok:
		return wrongAt(path, "notify_url", details{"expected_data_type": "string"})
	case utf8.RuneCountInString(text) > maxNotifyURL:
		return wrongAt(path, "notify_url", details{"maximum_length": maxNotifyURL})
	case !notifiable(text, w.sw.NotifyURLPolicy):
		return wrongAt(path, "notify_url", nil)
	}
	ch.NotifyURL = text
	return nil
}

// notifiable tells whether Zoho would send to an address, see switch notify_url_policy. Names are not looked up.
func notifiable(address, policy string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.Scheme != "https" && (u.Scheme != "http" || policy != "any") {
		return false
	}
	if policy != "public" {
		return true
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.Unmap().IsGlobalUnicast() && !ip.Unmap().IsPrivate()
	}
	for _, inner := range []string{".localhost", ".local", ".internal", ".lan", ".home.arpa"} {
		if strings.HasSuffix("."+host, inner) {
			return false
		}
	}
	return strings.Contains(host, ".")
}

func (w *watching) readToken(path string, item map[string]any, ch *channel, patch bool) *problem {
	v, given := item["token"]
	if patch && !given && w.sw.WatchPatchToken == "keep" {
		return nil
	}
	ch.Token = nil
	if v == nil {
		return nil
	}
	text, ok := v.(string)
	switch {
	case !ok:
		return wrongAt(path, "token", details{"expected_data_type": "string"})
	case utf8.RuneCountInString(text) > w.sw.WatchTokenMax:
		return wrongAt(path, "token", details{"maximum_length": w.sw.WatchTokenMax})
	}
	ch.Token = &text
	return nil
}

// readExpiry reads channel_expiry: at most a week ahead. Absent or later means an hour; see switch watch_bad_expiry for what is no
// instant as Zoho writes it, or is past.
func (w *watching) readExpiry(path string, item map[string]any, ch *channel, patch bool) *problem {
	v, given := item["channel_expiry"]
	if patch && !given && w.sw.WatchPatchExpiry == "keep" {
		return nil
	}
	ch.Expiry = w.now.Add(defaultWatch).Unix()
	if v == nil {
		return nil
	}
	text, _ := v.(string)
	until, ok := parseStamp(text, w.sw.DatetimeZ == "accept")
	switch {
	case ok && until > w.now.Add(longestWatch).Unix():
	case ok && until > w.now.Unix():
		ch.Expiry = until
	case w.sw.WatchBadExpiry == "reject":
		return wrongAt(path, "channel_expiry", details{"expected_data_type": "datetime"})
	}
	return nil
}

func (w *watching) readFlags(path string, item map[string]any, ch *channel, _ bool) *problem {
	for _, f := range []struct {
		name string
		into *bool
	}{{"return_affected_field_values", &ch.Values}, {"notify_on_related_action", &ch.Related}} {
		if item[f.name] == nil {
			continue
		}
		b, ok := item[f.name].(bool)
		if !ok {
			return wrongAt(path, f.name, details{"expected_data_type": "boolean"})
		}
		*f.into = b
	}
	return nil
}
