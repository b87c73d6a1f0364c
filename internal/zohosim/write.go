package zohosim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

const maxItems = 100

// writeBody is the body of a write, as far as it matters here.
type writeBody struct {
	items      []any
	duplicates []string // duplicate_check_fields
}

// result is what became of one item.
type result struct {
	envelope
	action    string // upsert
	duplicate string // upsert: the field by which the record was found
	upsert    bool
}

// MarshalJSON gives upsert's results their two further members.
func (r result) MarshalJSON() ([]byte, error) {
	if !r.upsert || r.Status != "success" {
		return json.Marshal(r.envelope)
	}
	var duplicate *string
	if r.duplicate != "" {
		duplicate = &r.duplicate
	}
	return json.Marshal(struct {
		envelope
		Duplicate *string `json:"duplicate_field"`
		Action    string  `json:"action"`
	}{r.envelope, duplicate, r.action})
}

// parseItems reads {"data":[…], …} of insert, update and upsert.
func (c *call) parseItems() *answer {
	top, refused := c.parseBody()
	if refused != nil {
		return refused
	}
	body := &writeBody{}
	c.ready = body
	limit := maxItems
	if c.args["module"] == appointmentsModule {
		limit = c.sw.AppointmentBatchMax
	}
	if body.items, refused = itemsOf(top, "data", limit); refused != nil {
		return refused
	}
	return body.readOptions(top)
}

// parseBody reads the body: one JSON object and nothing after it.
func (c *call) parseBody() (map[string]any, *answer) {
	dec := json.NewDecoder(bytes.NewReader(c.body))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		a := refuse("UNABLE_TO_PARSE_DATA_TYPE", "either the request body or parameters is in wrong format", nil)
		return nil, &a
	}
	if _, err := dec.Token(); err != io.EOF {
		a := refuse("UNABLE_TO_PARSE_DATA_TYPE", "either the request body or parameters is in wrong format", nil)
		return nil, &a
	}
	top, ok := v.(map[string]any)
	if !ok {
		a := refuse("INVALID_DATA", "invalid data", details{"expected_data_type": "jsonobject"})
		return nil, &a
	}
	return top, nil
}

// itemsOf gives the list that the body has under a name, with at least one item and at most as many as the call takes.
func itemsOf(top map[string]any, name string, most int) ([]any, *answer) {
	where := func(more details) details {
		d := details{"api_name": name, "json_path": "$." + name}
		for k, v := range more {
			d[k] = v
		}
		return d
	}
	data, given := top[name]
	list, ok := data.([]any)
	var a answer
	switch {
	case !given || data == nil:
		a = refuse("MANDATORY_NOT_FOUND", "required field not found", where(nil))
	case !ok:
		a = refuse("INVALID_DATA", "invalid data", where(details{"expected_data_type": "jsonarray"}))
	case len(list) == 0:
		a = refuse("INVALID_DATA", "invalid data", where(details{"minimum_length": 1}))
	case len(list) > most:
		a = refuse("INVALID_DATA", "invalid data", where(details{"maximum_length": most}))
	default:
		return list, nil
	}
	return nil, &a
}

// triggers are the names in trigger. Source: Zoho CRM v8, "Insert Records". Nothing here runs on them.
var triggers = []string{"workflow", "approval", "blueprint", "pathfinder", "orchestration"}

func (b *writeBody) readOptions(top map[string]any) *answer {
	for _, name := range []string{"trigger", "duplicate_check_fields", "skip_feature_execution", "apply_feature_execution"} {
		v, given := top[name]
		if !given || v == nil {
			continue
		}
		list, ok := v.([]any)
		for _, v := range list {
			switch name {
			case "trigger":
				s, isText := v.(string)
				ok = ok && isText && slices.Contains(triggers, s)
			case "duplicate_check_fields":
				s, isText := v.(string)
				ok = ok && isText
				b.duplicates = append(b.duplicates, s)
			default:
				o, _ := v.(map[string]any)
				s, isText := o["name"].(string)
				ok = ok && isText && s != ""
			}
		}
		if !ok {
			d := details{"api_name": name, "json_path": "$." + name}
			if name == "trigger" {
				d["supported_values"] = triggers
			}
			a := refuse("INVALID_DATA", "invalid data", d)
			return &a
		}
	}
	return nil
}

// writeCost is a credit for every ten records. Source: Zoho CRM v8, "API Limits".
func (c *call) writeCost() int { return (len(c.ready.(*writeBody).items) + 9) / 10 }

func (c *call) manyItems() bool { return len(c.ready.(*writeBody).items) > 10 }

// eachItem runs a write over all items in order and answers with the results.
func (c *call) eachItem(status int, one func(w *writer, i int, item map[string]any) result) answer {
	w := c.sim.writer(c.org, c.user)
	items := c.ready.(*writeBody).items
	results := make([]result, len(items))
	for i, v := range items {
		item, ok := v.(map[string]any)
		if !ok {
			results[i] = failed(problem{"INVALID_DATA", "invalid data", details{
				"expected_data_type": "jsonobject", "json_path": fmt.Sprintf("$.data[%d]", i),
			}})
			continue
		}
		results[i] = one(w, i, item)
	}
	if err := w.tx.commit(); err != nil {
		return internalError()
	}
	return c.batch(status, results)
}

// batch answers {"data":[…]}.
func (c *call) batch(status int, results []result) answer {
	return jsonAnswer(c.batchStatus(status, results), map[string]any{"data": results})
}

// batchStatus chooses the status of results: the method's own when all went well, 207 when some did, and what switch
// all_failed_status says when none did.
func (c *call) batchStatus(status int, results []result) int {
	good := 0
	for _, r := range results {
		if r.Status == "success" {
			good++
		}
	}
	switch good {
	case len(results):
		return status
	case 0:
		if !slices.ContainsFunc(results, func(r result) bool { return r.Code != "NO_PERMISSION" }) {
			return http.StatusForbidden
		}
		return c.sw.AllFailedStatus
	}
	return http.StatusMultiStatus
}

func failed(p problem) result { return result{envelope: p.envelope()} }

// done is the result of a write that went well.
func (w *writer) done(r *record, message string) result {
	v := view{org: w.org, place: w.by.place}
	raw := func(b []byte) json.RawMessage { return b }
	author := func(id int64) json.RawMessage {
		u := w.org.user(id)
		if u == nil {
			return raw([]byte("null"))
		}
		b := appendQuoted(appendKey([]byte{'{'}, "name"), u.name())
		return raw(append(appendQuoted(appendKey(b, "id"), formatID(u.id)), '}'))
	}
	return result{envelope: envelope{Code: "SUCCESS", Message: message, Status: "success", Details: details{
		"id": formatID(r.id), "Created_Time": raw(v.appendStamp(nil, r.created)),
		"Modified_Time": raw(v.appendStamp(nil, r.modified)), "Created_By": author(r.createdBy),
		"Modified_By": author(r.modifiedBy), "$approval_state": "approved",
	}}}
}

// insert answers POST /{module}. Source: Zoho CRM v8, "Insert Records".
func (c *call) insert() answer {
	if !c.module.creatable {
		return refuse("NOT_SUPPORTED", "The module does not support this", details{"resource_path_index": 0})
	}
	status := http.StatusCreated
	if c.module.api == appointmentsModule {
		status = c.sw.AppointmentCreateStatus
	}
	return c.eachItem(status, func(w *writer, i int, item map[string]any) result {
		return w.insert(c.module, i, item)
	})
}

func (w *writer) insert(m *module, i int, item map[string]any) result {
	d := w.draft(m, nil, i, item)
	if len(d.errs) > 0 {
		return failed(d.problem())
	}
	r := d.save()
	if m.api == "Events" && m.has(r, "Recurring_Activity") && w.sw.RepeatingMeetings == "separate_records" {
		w.repeat(m, r, item)
	}
	return w.done(r, "record added")
}

// update answers PUT /{module}: each item names its record. Source: Zoho CRM v8, "Update Records".
func (c *call) update() answer {
	external, refused := c.externalField()
	if refused != nil {
		return *refused
	}
	return c.eachItem(http.StatusOK, func(w *writer, i int, item map[string]any) result {
		name := idName(external)
		where := details{"api_name": name, "json_path": fmt.Sprintf("$.data[%d].%s", i, name)}
		v, given := item[name]
		if !given || v == nil {
			return failed(problem{"MANDATORY_NOT_FOUND", "required field not found", where})
		}
		base := c.find1(external, idText(v))
		if base == nil {
			return failed(problem{"INVALID_DATA", "the id given seems to be invalid", where})
		}
		return w.update(c.module, base, i, item)
	})
}

func (w *writer) update(m *module, base *record, i int, item map[string]any) result {
	if isTrue(m, base, "Locked__s") && !w.seeding {
		return failed(problem{"RECORD_LOCKED", "Sorry, you cannot perform this operation as the record is locked.", details{
			"api_name": "id", "json_path": fmt.Sprintf("$.data[%d].id", i), "action": "record_locking",
		}})
	}
	d := w.draft(m, base, i, item)
	if len(d.errs) > 0 {
		return failed(d.problem())
	}
	return w.done(d.save(), "record updated")
}

// updateOne answers PUT /{module}/{id}.
func (c *call) updateOne() answer {
	external, refused := c.externalField()
	if refused != nil {
		return *refused
	}
	items := c.ready.(*writeBody).items
	if len(items) != 1 {
		return refuse("INVALID_DATA", "invalid data", details{"maximum_length": 1, "api_name": "data", "json_path": "$.data"})
	}
	base := c.find1(external, c.args["id"])
	if base == nil {
		return c.batch(http.StatusOK, []result{failed(problem{
			"INVALID_DATA", "the id given seems to be invalid", details{"resource_path_index": 1},
		})})
	}
	unmodified, refused := c.since("If-Unmodified-Since")
	if refused != nil {
		return *refused
	}
	if unmodified != 0 && base.modified > unmodified {
		return problem{"ALREADY_MODIFIED", "the record has been modified meanwhile", details{"id": formatID(base.id)}}.
			answer(http.StatusPreconditionFailed)
	}
	return c.eachItem(http.StatusOK, func(w *writer, i int, item map[string]any) result {
		return w.update(c.module, base, i, item)
	})
}

// upsert answers POST /{module}/upsert. Source: Zoho CRM v8, "Upsert Records".
func (c *call) upsert() answer {
	if !c.module.upsertable() {
		return refuse("NOT_SUPPORTED", "upsert is not supported for this module", details{"resource_path_index": 0})
	}
	fields, refused := c.checkFields()
	if refused != nil {
		return *refused
	}
	return c.eachItem(http.StatusOK, func(w *writer, i int, item map[string]any) result {
		var r result
		base, by := w.same(c.module, fields, i, item)
		if base != nil {
			r = w.update(c.module, base, i, item)
			r.action, r.duplicate = "update", by
		} else {
			r = w.insert(c.module, i, item)
			r.action = "insert"
		}
		r.upsert = true
		return r
	})
}

// checkFields gives the fields by which upsert looks for a record: those asked for, or the module's own field first and then
// unique ones. Only the module's own and unique fields may be asked for.
func (c *call) checkFields() ([]*field, *answer) {
	own := c.module.byAPI[c.module.duplicateField()]
	var fields []*field
	for i, name := range c.ready.(*writeBody).duplicates {
		f := c.module.byAPI[name]
		if f == nil || f != own && !f.unique {
			a := refuse("INVALID_DATA", "the field cannot be used to check for duplicates", details{
				"api_name": "duplicate_check_fields", "json_path": fmt.Sprintf("$.duplicate_check_fields[%d]", i),
			})
			return nil, &a
		}
		fields = append(fields, f)
	}
	if len(fields) > 0 {
		return fields, nil
	}
	if own != nil {
		fields = append(fields, own)
	}
	for _, f := range c.module.fields {
		if f.unique && f != own {
			fields = append(fields, f)
		}
	}
	return fields, nil
}

// same finds the record that an item of upsert means, and the field by which it was found. Of several, switch upsert_match
// chooses.
func (w *writer) same(m *module, fields []*field, i int, item map[string]any) (*record, string) {
	for _, f := range fields {
		v, given := item[f.api]
		if !given || v == nil || f.sys != stored {
			continue
		}
		d := &draft{w: w, m: m, item: item, path: fmt.Sprintf("$.data[%d]", i)}
		want, wrong := d.coerce(f, v)
		if wrong != nil || want.kind == absent {
			continue
		}
		for e := range m.table.byID.between(firstEntry, lastEntry, w.sw.UpsertMatch == "recent") {
			have, ok := e.rec.get(f.key)
			if ok && !isTrue(m, e.rec, convertedField) && (have.same(cell{kind: want.kind, num: want.num, str: want.str}) ||
				have.kind == kindText && strings.EqualFold(have.str, want.str)) {
				return e.rec, f.api
			}
		}
	}
	return nil, ""
}

// deleteCost is a credit for every ten records.
func (c *call) deleteCost() int { return max(1, (len(splitIDs(c.query.Get("ids")))+9)/10) }

func splitIDs(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}

// deleteMany answers DELETE /{module}?ids=. Source: Zoho CRM v8, "Delete Records".
func (c *call) deleteMany() answer {
	ids := splitIDs(c.query.Get("ids"))
	switch {
	case len(ids) == 0:
		return missingParam("ids")
	case len(ids) > maxItems:
		return refuse("LIMIT_EXCEEDED", "limit exceeded", details{"limit": maxItems, "param_name": "ids"})
	case !c.module.deletable:
		return refuse("NOT_SUPPORTED", "The module does not support this", details{"resource_path_index": 0})
	}
	external, refused := c.externalField()
	if refused != nil {
		return *refused
	}
	w := c.sim.writer(c.org, c.user)
	results := make([]result, len(ids))
	for i, text := range ids {
		r := c.find1(external, text)
		if r == nil {
			results[i] = failed(problem{"INVALID_DATA", "record not deleted", details{"id": text}})
			continue
		}
		results[i] = w.remove(c.module, r)
	}
	if err := w.tx.commit(); err != nil {
		return internalError()
	}
	return c.batch(http.StatusOK, results)
}

// deleteOne answers DELETE /{module}/{id}.
func (c *call) deleteOne() answer {
	external, refused := c.externalField()
	if refused != nil {
		return *refused
	}
	r := c.find1(external, c.args["id"])
	if r == nil {
		return refuse("INVALID_DATA", "invalid record id", details{"resource_path_index": 1})
	}
	w := c.sim.writer(c.org, c.user)
	done := w.remove(c.module, r)
	if err := w.tx.commit(); err != nil {
		return internalError()
	}
	return c.batch(http.StatusOK, []result{done})
}

func (w *writer) remove(m *module, r *record) result {
	if isTrue(m, r, "Locked__s") {
		return failed(problem{"RECORD_LOCKED", "Sorry, you cannot perform this operation as the record is locked.", details{
			"id": formatID(r.id), "action": "record_locking",
		}})
	}
	w.tx.remove(w.org, m, r, w.by.id)
	return result{envelope: envelope{
		Code: "SUCCESS", Message: "record deleted", Status: "success", Details: details{"id": formatID(r.id)},
	}}
}
