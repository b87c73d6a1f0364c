package zohosim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"heavyset.tech/platform/internal/zohosim/journal"
)

// maxWatches is how many channels one call may make or change. Source: Zoho CRM v8, OpenAPI of notifications.
const maxWatches = 50

// Messages of the watch API. Source: Zoho CRM v8, OpenAPI of notifications.
const (
	watchBegun   = "Successfully subscribed for actions-watch of the given module"
	watchChanged = "Successfully updated the subscribe details"
	watchCut     = "Successfully removed the subscribe details"
	watchEnded   = "Successfully un-subscribed from actions-watch"
)

var notSubscribed = problem{code: "NOT_SUBSCRIBED", message: "Not subscribed for actions-watch of the given channel"}

// parseWatch reads {"watch":[…]}.
func (c *call) parseWatch() *answer {
	top, refused := c.parseBody()
	if refused != nil {
		return refused
	}
	items, refused := itemsOf(top, "watch", maxWatches)
	c.ready = items
	return refused
}

// onWatched needs an operation on notifications, and reading of the modules that the body names.
func onWatched(op string) func(*call) []scope {
	return func(c *call) []scope {
		needs := []scope{need("ZohoCRM.notifications." + op)}
		for _, v := range c.ready.([]any) {
			item, _ := v.(map[string]any)
			events, _ := item["events"].([]any)
			for _, e := range events {
				event, _ := e.(string)
				api, _ := splitEvent(event)
				if m := c.org.byAPI[api]; m != nil {
					needs = append(needs, need("ZohoCRM.modules."+m.scope()+".READ"))
				}
			}
		}
		return needs
	}
}

// watching is a call that changes channels, in the making: made in memory and in the journal only when all items are read.
type watching struct {
	*call
	next  channels // the channels as they will be
	batch journal.Batch
}

// watchChange is what a method does with one item: the result, and in w what changes.
type watchChange func(w *watching, path string, item map[string]any) result

// changeChannels runs a change over all items in order.
func (c *call) changeChannels(status int, one watchChange) answer {
	w := &watching{call: c, next: c.org.channels}
	items := c.ready.([]any)
	results := make([]result, len(items))
	for i, v := range items {
		path := fmt.Sprintf("$.watch[%d]", i)
		item, ok := v.(map[string]any)
		if !ok {
			results[i] = failed(problem{"INVALID_DATA", "invalid data", details{
				"expected_data_type": "jsonobject", "json_path": path,
			}})
			continue
		}
		results[i] = one(w, path, item)
	}
	return w.answer(status, results)
}

// answer keeps the changes and answers {"watch":[…]}.
func (w *watching) answer(status int, results []result) answer {
	if err := w.sim.write(w.batch); err != nil {
		return internalError()
	}
	w.org.channels = w.next
	status = w.batchStatus(status, results)
	first := results[0]
	if status == w.sw.AllFailedStatus && w.sw.WatchErrorWrapping == "bare" && first.Code != notSubscribed.code {
		return jsonAnswer(status, first)
	}
	return jsonAnswer(status, map[string]any{"watch": results})
}

// living gives the living channel with an id that the user of the call may see; nil where there is none.
func (w *watching) living(id int64) *channel {
	i := slices.IndexFunc(w.next, func(ch *channel) bool { return ch.ID == id && w.call.sees(ch) })
	if i < 0 {
		return nil
	}
	return w.next[i]
}

// alive counts the organization's living channels.
func (w *watching) alive() int {
	n := 0
	for _, ch := range w.next {
		if ch.live(w.now.Unix()) {
			n++
		}
	}
	return n
}

// sees tells whether a channel is alive and the call's user has to do with it, see switch watch_owner.
func (c *call) sees(ch *channel) bool {
	return ch.live(c.now.Unix()) && (c.sw.WatchOwner == "organization" || ch.User == c.user.id)
}

// put makes ch take the place of old, if there is one, and of the user's own with its id.
func (w *watching) put(old *channel, ch channel) {
	if old != nil && old.User != ch.User {
		w.remove(old)
	}
	w.next = w.next.with(ch)
	w.batch = addJSON(w.batch, opChannel, channelOp{w.org.index, ch})
}

func (w *watching) remove(ch *channel) {
	w.next = w.next.without(ch.User, ch.ID)
	w.batch = addJSON(w.batch, opChannelGone, channelGoneOp{w.org.index, ch.User, ch.ID})
}

// enableWatch answers POST /actions/watch. Source: Zoho CRM v8, "Enable Notifications".
func (c *call) enableWatch() answer {
	return c.changeChannels(http.StatusCreated, func(w *watching, path string, item map[string]any) result {
		ch, wrong := w.readChannel(path, item, nil)
		if wrong != nil {
			return failed(*wrong)
		}
		old := w.living(ch.ID)
		switch {
		case old != nil && w.sw.WatchRepost == "reject":
			return failed(problem{"DUPLICATE_DATA", "duplicate data", at(path, "channel_id", nil)})
		case old == nil && w.sw.WatchChannelsMax > 0 && w.alive() >= w.sw.WatchChannelsMax:
			return failed(problem{"LIMIT_EXCEEDED", "limit exceeded", details{"limit": w.sw.WatchChannelsMax}})
		}
		w.put(old, ch)
		return w.watched(&ch, watchBegun)
	})
}

// updateWatch answers PUT /actions/watch: what the body does not say is gone. Source: Zoho CRM v8, "Update Notification Details".
func (c *call) updateWatch() answer {
	return c.changeChannels(http.StatusOK, func(w *watching, path string, item map[string]any) result {
		old, wrong := w.known(path, item)
		if wrong != nil {
			return failed(*wrong)
		}
		ch, wrong := w.readChannel(path, item, nil)
		if wrong != nil {
			return failed(*wrong)
		}
		ch.User = old.User
		w.put(old, ch)
		return w.watched(&ch, watchChanged)
	})
}

// patchWatch answers PATCH /actions/watch: what the body does not say stays, except what switches take away; with _delete_events
// the events listed are no longer watched. Source: Zoho CRM v8, "Update Specific Information", "Disable Specific Notifications".
func (c *call) patchWatch() answer {
	return c.changeChannels(http.StatusOK, func(w *watching, path string, item map[string]any) result {
		old, wrong := w.known(path, item)
		if wrong != nil {
			return failed(*wrong)
		}
		remove, isBool := item["_delete_events"].(bool)
		if item["_delete_events"] != nil && !isBool {
			return failed(*wrongAt(path, "_delete_events", details{"expected_data_type": "boolean"}))
		}
		if remove {
			return w.removeEvents(path, item, old)
		}
		ch, wrong := w.readChannel(path, item, old)
		if wrong != nil {
			return failed(*wrong)
		}
		w.put(old, ch)
		return w.watched(&ch, watchChanged)
	})
}

// known finds the channel that an item of PUT or PATCH means.
func (w *watching) known(path string, item map[string]any) (*channel, *problem) {
	id, wrong := channelID(path, item)
	if wrong != nil {
		return nil, wrong
	}
	old := w.living(id)
	if old == nil {
		return nil, &notSubscribed
	}
	return old, nil
}

// removeEvents ends the watching of events; a channel without any is gone.
func (w *watching) removeEvents(path string, item map[string]any, old *channel) result {
	events, wrong := w.readEvents(path, item)
	if wrong != nil {
		return failed(*wrong)
	}
	next := old.without(events)
	before, after := 0, 0
	list := []any{}
	for _, m := range old.modules() {
		had, has := len(old.watched(m)), len(next.watched(m))
		before, after = before+had, after+has
		if had != has {
			list = append(list, w.resource(old, m))
		}
	}
	switch {
	case before == after:
		return failed(notSubscribed)
	case after == 0:
		w.remove(old)
	default:
		w.put(old, next)
	}
	return result{envelope: envelope{"SUCCESS", details{"events": list}, watchCut, "success"}}
}

// resource tells of a module that a channel watches.
func (w *watching) resource(ch *channel, api string) details {
	id := ""
	if m := w.org.byAPI[api]; m != nil {
		id = m.id
	}
	return details{
		"resource_uri": w.listener.baseURL(w.r) + "/crm/v8/" + api, "resource_id": id, "resource_name": api,
		"channel_id": formatID(ch.ID),
	}
}

// watched is the result of a channel made or changed: its modules with the expiry that they got.
func (w *watching) watched(ch *channel, message string) result {
	list := []any{}
	for _, api := range ch.modules() {
		d := w.resource(ch, api)
		d["channel_expiry"] = w.stamp(ch.Expiry)
		list = append(list, d)
	}
	return result{envelope: envelope{"SUCCESS", details{"events": list}, message, "success"}}
}

// stamp writes an instant as the call's user gets it.
func (c *call) stamp(seconds int64) json.RawMessage {
	return view{org: c.org, place: c.user.place}.appendStamp(nil, seconds)
}

// disableWatch answers DELETE /actions/watch?channel_ids=: a result for each module of each channel.
// Source: Zoho CRM v8, "Disable Notifications".
func (c *call) disableWatch() answer {
	w := &watching{call: c, next: c.org.channels}
	ids := splitIDs(c.query.Get("channel_ids"))
	if len(ids) == 0 {
		return missingParam("channel_ids")
	}
	var results []result
	for _, text := range ids {
		id, ok := parseID(text)
		if !ok {
			return refuse("INVALID_DATA", "the value given seems to be invalid", details{
				"param_name": "channel_ids", "expected_data_type": "bigint",
			})
		}
		ch := w.living(id)
		if ch == nil {
			results = append(results, failed(notSubscribed))
			continue
		}
		for _, m := range ch.modules() {
			d := w.resource(ch, m)
			delete(d, "resource_name")
			results = append(results, result{envelope: envelope{"SUCCESS", d, watchEnded, "success"}})
		}
		w.remove(ch)
	}
	return w.answer(http.StatusOK, results)
}

// listWatch answers GET /actions/watch: an entry for each module of each channel. Source: Zoho CRM v8, "Get Notification Details".
func (c *call) listWatch() answer {
	page, refused := c.integer("page", 1, 1, 1_000_000)
	if refused != nil {
		return *refused
	}
	perPage, refused := c.integer("per_page", 200, 1, 200)
	if refused != nil {
		return *refused
	}
	wanted := c.query.Get("channel_id")
	if _, ok := parseID(wanted); wanted != "" && !ok {
		return refuse("INVALID_DATA", "the value given seems to be invalid", details{
			"param_name": "channel_id", "expected_data_type": "bigint",
		})
	}
	api := c.query.Get("module")
	if m := c.org.byAPI[api]; api != "" && (m == nil || !m.apiSupported) {
		return *c.invalidModule()
	}
	var all []details
	for _, ch := range c.org.channels {
		if !c.sees(ch) || wanted != "" && strings.TrimLeft(wanted, "0") != formatID(ch.ID) {
			continue
		}
		for _, name := range ch.modules() {
			if m := c.org.byAPI[name]; m != nil && (api == "" || name == api) {
				all = append(all, c.listed(ch, m))
			}
		}
	}
	from := min((page-1)*perPage, len(all))
	rows := all[from:min(from+perPage, len(all))]
	if len(rows) == 0 {
		return noContent
	}
	return jsonAnswer(http.StatusOK, map[string]any{"watch": rows, "info": map[string]any{
		"per_page": perPage, "count": len(rows), "page": page, "more_records": from+perPage < len(all),
	}})
}

// listed is what the list tells of a channel in one module.
func (c *call) listed(ch *channel, m *module) details {
	return details{
		"channel_id": formatID(ch.ID), "channel_expiry": c.stamp(ch.Expiry), "notify_url": ch.NotifyURL, "token": ch.Token,
		"events": ch.watched(m.api), "resource_name": m.api, "resource_id": m.id,
		"resource_uri":                 c.listener.baseURL(c.r) + "/crm/v8/" + m.api,
		"return_affected_field_values": ch.Values, "notify_on_related_action": ch.Related, "fields": nil,
		"notification_condition": ch.wireConditions(m),
	}
}
