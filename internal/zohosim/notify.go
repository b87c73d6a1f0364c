package zohosim

import (
	"encoding/json"
	"slices"
)

// affected is what a notification tells of one record.
type affected struct {
	id     int64
	fields []string
	values map[string]json.RawMessage // only where the channel asks for them
}

// merge adds a later change of the same record.
func (a *affected) merge(later affected) {
	a.fields = unique(append(a.fields, later.fields...))
	for name, v := range later.values {
		a.values[name] = v
	}
}

// outcomes gives, for what may be watched, the word that notifications have for it.
var outcomes = map[string]string{"create": "insert", "edit": "update", "delete": "delete"}

// operation is what of a channel's words the change is.
func (c recordChange) operation() string {
	switch {
	case c.before == nil:
		return "create"
	case c.after == nil:
		return "delete"
	}
	return "edit"
}

// id is the record's.
func (c recordChange) id() int64 {
	if c.before != nil {
		return c.before.id
	}
	return c.after.id
}

// changed lists the fields in which two states of a record differ; before is nil for a new record. Modified_Time is never among
// them.
func (m *module) changed(before, after *record) []string {
	var out []string
	for _, f := range m.fields {
		now, has := valueOf(m, after, f)
		switch {
		case f.sys != stored && f.sys != sysOwner && (f.sys != sysModifiedBy || before == nil):
			continue
		case before == nil:
			if has {
				out = append(out, f.api)
			}
			continue
		}
		if was, had := valueOf(m, before, f); had != has || !was.same(now) {
			out = append(out, f.api)
		}
	}
	return out
}

// recordStatus is the field that tells a deleted record.
const recordStatus = "Record_Status__s"

// notify tells of changes to the channels that watch them. Sim.mu is held.
func (s *Sim) notify(changes []recordChange) {
	sw, now := s.switches.Load(), s.clock().Unix()
	var told []news
	for _, c := range changes {
		if len(c.org.channels) == 0 {
			continue
		}
		op, fields := c.operation(), []string{"Modified_By", recordStatus}
		if c.after != nil {
			fields = c.module.changed(c.before, c.after)
		}
		for _, ch := range c.org.channels {
			if ch.live(now) && !ch.Muted && ch.watches(c.module.api, op) && ch.letsThrough(sw, c.module.api, op, fields) {
				told = append(told, news{s.bulletin(sw, c, ch), ch.tell(sw, c, fields)})
			}
		}
	}
	s.outbox.add(sw, told)
}

// letsThrough tells whether a change meets a channel's conditions on its module. Of several conditions one is enough; a module
// without any lets everything through, and so does what switch watch_condition_on leaves out.
func (ch *channel) letsThrough(sw *switches, module, operation string, changed []string) bool {
	if operation == "delete" || operation == "create" && sw.WatchConditionOn == "edit" {
		return true
	}
	free := true
	for _, c := range ch.Conditions {
		if c.Module != module {
			continue
		}
		if c.Selection.met(changed) {
			return true
		}
		free = false
	}
	return free
}

// met tells whether the changed fields are among those selected.
func (s selection) met(changed []string) bool {
	switch {
	case s.Field != "":
		return slices.Contains(changed, s.Field)
	case s.Operator == "and":
		return !slices.ContainsFunc(s.Group, func(g selection) bool { return !g.met(changed) })
	}
	return slices.ContainsFunc(s.Group, func(g selection) bool { return g.met(changed) })
}

// bulletin begins the notification of a change to a channel, without records.
func (s *Sim) bulletin(sw *switches, c recordChange, ch *channel) *bulletin {
	base := ch.Base
	if l := s.listener(ch.Location); l != nil && *l.base.Load() != "" {
		base = *l.base.Load()
	}
	return &bulletin{
		key: bulletinKey{laneKey{c.org.index, ch.User, ch.ID}, c.module.api, outcomes[c.operation()]},
		uri: base + "/crm/v2/" + c.module.api, url: ch.NotifyURL, token: ch.Token, values: ch.Values,
		bare: sw.NotificationAffectedFields == "empty", max: sw.NotificationBatchMax,
	}
}

// tell says of a change what the channel wants to know. Values look as the user who made the channel gets them.
func (ch *channel) tell(sw *switches, c recordChange, fields []string) affected {
	a := affected{id: c.id(), fields: fields}
	if !ch.Values {
		return a
	}
	a.values = map[string]json.RawMessage{}
	v := view{org: c.org, place: c.org.place}
	if u := c.org.user(ch.User); u != nil {
		v.place = u.place
	}
	for _, api := range fields {
		f := c.module.byAPI[api]
		name := api
		if f != nil && sw.NotificationValueKeys == "column_name" {
			name = text(fullMeta(f.meta), "column_name")
		}
		switch {
		case api == recordStatus && c.after == nil:
			a.values[name] = json.RawMessage("0")
		case c.after == nil:
			a.values[name] = v.appendUser(nil, c.by)
		case f != nil:
			a.values[name] = v.appendField(nil, c.module, c.after, f)
		}
	}
	return a
}

// callback is the body that Zoho sends to notify_url. Source: Zoho CRM v8, "Notifications".
type callback struct {
	ServerTime     int64                 `json:"server_time"` // milliseconds
	AffectedValues any                   `json:"affected_values,omitempty"`
	QueryParams    struct{}              `json:"query_params"`
	Module         string                `json:"module"`
	ResourceURI    string                `json:"resource_uri"`
	IDs            []string              `json:"ids"`
	AffectedFields []map[string][]string `json:"affected_fields"`
	Operation      string                `json:"operation"`
	ChannelID      string                `json:"channel_id"`
	Token          *string               `json:"token"`
}

type affectedValues struct {
	RecordID string                     `json:"record_id"`
	Values   map[string]json.RawMessage `json:"values"`
}

// body writes the notification; it is closed by now.
func (b *bulletin) body(serverTime int64) []byte {
	out := callback{
		ServerTime: serverTime, Module: b.key.module, ResourceURI: b.uri, Operation: b.key.operation, Token: b.token,
		ChannelID: formatID(b.key.lane.channel), AffectedFields: []map[string][]string{},
	}
	values := []affectedValues{}
	for _, a := range b.records {
		id := formatID(a.id)
		out.IDs = append(out.IDs, id)
		if len(a.fields) > 0 && !b.bare {
			out.AffectedFields = append(out.AffectedFields, map[string][]string{id: a.fields})
		}
		if len(a.values) > 0 {
			values = append(values, affectedValues{id, a.values})
		}
	}
	if b.values {
		out.AffectedValues = values
	}
	data, err := json.Marshal(out)
	if err != nil {
		panic("zohosim: notification: " + err.Error()) // our own text always encodes
	}
	return data
}

// add adds a record, or another change of one that is there.
func (b *bulletin) add(a affected) {
	if i := slices.IndexFunc(b.records, func(r affected) bool { return r.id == a.id }); i >= 0 {
		b.records[i].merge(a)
		return
	}
	b.records = append(b.records, a)
}
