package zohosim

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// maxParticipants is the limit of a meeting. Source: Zoho CRM v8, "Insert Records".
const maxParticipants = 50

// participant is an invited person as a meeting keeps it.
type participant struct {
	ID          string `json:"id"`
	Participant string `json:"participant"`
	Type        string `json:"type"`
	Name        string `json:"name"`
	Email       string `json:"Email"`
	Invited     bool   `json:"invited"`
	Status      string `json:"status"`
}

// activity tells whether records of the module are related to others by Who_Id and What_Id.
func (m *module) activity() bool { return m.api == "Events" || m.api == "Tasks" || m.api == "Calls" }

// checkRules applies what a module wants beyond its fields.
func (d *draft) checkRules() {
	if d.w.seeding {
		return
	}
	if d.m.activity() {
		d.checkRelations()
	}
	switch d.m.api {
	case "Events":
		d.checkTimes()
		d.inviteThoseThere()
	case appointmentsModule:
		d.checkAppointment()
	case servicesModule:
		d.checkService()
	}
}

// inviteThoseThere marks the participants a meeting has already as invited, when an update says send_notification without
// naming participants.
func (d *draft) inviteThoseThere() {
	f := d.m.byAPI["Participants"]
	if f == nil || d.base == nil || d.given[f.key] || !d.notify() {
		return
	}
	list := d.m.participants(d.base)
	for i := range list {
		list[i].Invited = true
	}
	if len(list) > 0 {
		d.set(f.key, encoded(list))
	}
}

// notify tells whether the change sends mail to participants.
func (d *draft) notify() bool {
	return d.item["send_notification"] == true || d.item["$send_notification"] == true
}

// seModule is the module that $se_module names, for this change or from before.
func (d *draft) seModule() string {
	if s, ok := d.item["$se_module"].(string); ok {
		return s
	}
	if f := d.m.byAPI["What_Id"]; f != nil && d.base != nil {
		c, _ := d.base.get(f.key)
		return c.str
	}
	return ""
}

// coerceWhat reads What_Id: a record of the module that $se_module names. Without that, switch what_id_without_se_module
// decides.
func (d *draft) coerceWhat(id int64) (cell, *fieldError) {
	api := d.seModule()
	if api == "" {
		switch d.w.sw.WhatIDWithoutSeModule {
		case "drop":
			return cell{}, nil
		case "guess":
			api = d.w.org.moduleOf(id)
		default:
			return cell{}, &fieldError{"DEPENDENT_FIELD_MISSING", "Dependent Fields missing", details{
				"api_name": "$se_module", "json_path": d.path + ".$se_module",
				"dependee": details{"api_name": "What_Id", "json_path": d.path + ".What_Id"},
			}}
		}
	}
	m := d.w.org.byAPI[api]
	if m == nil || !relatable(m) {
		return cell{}, &fieldError{"INVALID_DATA", "invalid data", details{
			"api_name": "$se_module", "json_path": d.path + ".$se_module",
		}}
	}
	if m.table.rows[id] == nil && !d.w.seeding {
		return cell{}, invalidData("the id given seems to be invalid")
	}
	c := refCell(id)
	c.str = api
	return c, nil
}

// moduleOf finds the module of a record by its id.
func (o *org) moduleOf(id int64) string {
	for _, m := range o.modules {
		if relatable(m) && m.table.rows[id] != nil {
			return m.api
		}
	}
	return ""
}

// checkRelations refuses a lead beside a contact: Who_Id is a contact, and What_Id then an account, deal or custom record.
// Source: Zoho CRM v8, "Insert Records" (meetings).
func (d *draft) checkRelations() {
	who, what := d.m.byAPI["Who_Id"], d.m.byAPI["What_Id"]
	if who == nil || what == nil || d.refused("What_Id") || d.refused("Who_Id") {
		return
	}
	_, hasWho := d.rec.get(who.key)
	c, hasWhat := d.rec.get(what.key)
	if hasWho && hasWhat && c.str == "Leads" {
		d.refuse("What_Id", &fieldError{"DEPENDENT_MISMATCH", "the record does not fit the contact", details{
			"dependee": details{"api_name": "Who_Id", "json_path": d.path + ".Who_Id"},
		}})
	}
}

// checkTimes refuses a meeting that ends before it starts, as switch event_end_before_start says.
func (d *draft) checkTimes() {
	from, to := d.m.byAPI["Start_DateTime"], d.m.byAPI["End_DateTime"]
	if from == nil || to == nil || d.w.sw.EventEndBeforeStart == "accept" {
		return
	}
	start, ok := d.rec.get(from.key)
	end, ok2 := d.rec.get(to.key)
	if ok && ok2 && end.num < start.num && !d.refused("End_DateTime") {
		d.refuse("End_DateTime", invalidData("the end is before the start"))
	}
}

// coerceParticipants reads [{"type":"lead|contact|user|email","participant":"id or address"}]. Who is there already keeps id
// and answer. They are invited by mail only when the same change says send_notification.
func (d *draft) coerceParticipants(list []any) (cell, *fieldError) {
	if len(list) > maxParticipants {
		return cell{}, &fieldError{"LIMIT_EXCEEDED", "limit exceeded", details{"limit": maxParticipants}}
	}
	var old []participant
	if d.base != nil {
		old = d.m.participants(d.base)
	}
	var out []participant
	for _, v := range list {
		o, ok := v.(map[string]any)
		if !ok {
			return cell{}, wrongType("jsonobject")
		}
		p, wrong := d.participant(o)
		if wrong != nil {
			return cell{}, wrong
		}
		at := slices.IndexFunc(old, func(q participant) bool { return q.Type == p.Type && q.Participant == p.Participant })
		if at >= 0 {
			p.ID, p.Invited, p.Status = old[at].ID, old[at].Invited, old[at].Status
		} else {
			p.ID, p.Status = formatID(d.w.org.nextID()), "not_known"
		}
		p.Invited = p.Invited || d.notify()
		out = append(out, p)
	}
	if len(out) == 0 {
		return cell{}, nil
	}
	return encoded(out), nil
}

// participant finds who an entry of Participants names.
func (d *draft) participant(o map[string]any) (participant, *fieldError) {
	kind, _ := o["type"].(string)
	who, _ := o["participant"].(string)
	p := participant{Type: kind, Participant: who}
	id, isID := parseID(who)
	switch kind {
	case "email":
		if !emailForm.MatchString(who) {
			return p, wrongPattern()
		}
		p.Name, p.Email = who, who
		return p, nil
	case "user":
		u := d.w.org.user(id)
		if !isID || u == nil {
			return p, invalidData("the id given seems to be invalid")
		}
		p.Name, p.Email = u.name(), u.email
		return p, nil
	case "lead", "contact":
		m := d.w.org.byAPI[map[string]string{"lead": "Leads", "contact": "Contacts"}[kind]]
		if m == nil || !isID || m.table.rows[id] == nil {
			return p, invalidData("the id given seems to be invalid")
		}
		r := m.table.rows[id]
		p.Name = displayName(m, r)
		if f := m.byAPI["Email"]; f != nil {
			c, _ := r.get(f.key)
			p.Email = c.str
		}
		return p, nil
	}
	return p, &fieldError{"INVALID_DATA", "invalid data", details{
		"supported_values": []string{"lead", "contact", "user", "email"},
	}}
}

// participants reads those of a meeting.
func (m *module) participants(r *record) []participant {
	f := m.byAPI["Participants"]
	if f == nil {
		return nil
	}
	c, _ := r.get(f.key)
	var list []participant
	_ = json.Unmarshal([]byte(c.str), &list) // our own text, or none
	return list
}

// cancelEvent answers POST /Events/{id}/actions/cancel: it marks a meeting to which somebody was invited, before its end.
// Source: Zoho CRM v8, "Cancel Meetings".
func (c *call) cancelEvent() answer {
	if c.module.api != "Events" {
		return invalidURL()
	}
	id, _ := parseID(c.args["id"])
	r := c.module.table.rows[id]
	if r == nil {
		return refuse("INVALID_DATA", "the id given seems to be invalid", details{"resource_path_index": 1})
	}
	item, refused := c.cancelBody()
	if refused != nil {
		return *refused
	}
	if by, given := item["cancelled_by"]; given {
		uid, _, ok := idOf(by)
		if !ok || c.org.user(uid) == nil || item["send_cancelling_mail"] != true {
			return inData(http.StatusBadRequest, problem{"INVALID_DATA", "invalid data", details{
				"api_name": "cancelled_by", "json_path": "$.data[0].cancelled_by",
			}})
		}
	}
	if reason := c.module.uncancellable(r, c.now.Unix()); reason != "" {
		d := details{"reason": reason, "id": formatID(id)}
		if c.sw.CancelRefusal == "INVALID_DATA" {
			return inData(http.StatusForbidden, problem{"INVALID_DATA", "the event cannot be cancelled", d})
		}
		return inData(http.StatusBadRequest, problem{"NOT_ALLOWED", "the event cannot be cancelled", d})
	}
	w := c.sim.writer(c.org, c.user)
	w.markCancelled(c.module, r)
	if err := w.tx.commit(); err != nil {
		return internalError()
	}
	return inData(http.StatusOK, problem{"SUCCESS", "The event is successfully cancelled", details{"id": formatID(id)}})
}

// cancelBody reads {"data":[{"send_cancelling_mail":true}]}.
func (c *call) cancelBody() (map[string]any, *answer) {
	if refused := c.parseItems(); refused != nil {
		return nil, refused
	}
	item, _ := c.ready.(*writeBody).items[0].(map[string]any)
	mail, given := item["send_cancelling_mail"]
	where := details{"api_name": "send_cancelling_mail", "json_path": "$.data[0].send_cancelling_mail"}
	if !given {
		a := inData(http.StatusBadRequest, problem{"MANDATORY_NOT_FOUND", "required field not found", where})
		return nil, &a
	}
	if _, ok := mail.(bool); !ok {
		maps.Copy(where, details{"expected_data_type": "boolean"})
		a := inData(http.StatusBadRequest, problem{"INVALID_DATA", "invalid data", where})
		return nil, &a
	}
	return item, nil
}

// uncancellable says why a meeting can't be cancelled; "" if it can.
func (m *module) uncancellable(r *record, now int64) string {
	invited := slices.ContainsFunc(m.participants(r), func(p participant) bool { return p.Invited })
	end := cell{num: now + 1}
	if f := m.byAPI["End_DateTime"]; f != nil {
		end, _ = r.get(f.key)
	}
	switch {
	case isTrue(m, r, cancelledField):
		return "already_cancelled"
	case !invited:
		return "no_participants_invited"
	case end.num <= now:
		return "completed_meeting"
	}
	return ""
}

// markCancelled marks a meeting as cancelled; the record stays.
func (w *writer) markCancelled(m *module, r *record) {
	next := *r
	next.modified, next.modifiedBy = w.now, w.by.id
	mark := boolCell(true)
	mark.field = m.cancelled.key
	next.cells = with(r.cells, mark)
	w.tx.put(w.org, m, &next)
}

// inData answers {"data":[{…}]} with a single result.
func inData(status int, p problem) answer {
	e := p.envelope()
	if strings.HasPrefix(p.code, "SUCCESS") {
		e.Status = "success"
	}
	return jsonAnswer(status, map[string]any{"data": []envelope{e}})
}

func internalError() answer {
	return problem{code: "INTERNAL_ERROR", message: "Internal Server Error"}.answer(http.StatusInternalServerError)
}
