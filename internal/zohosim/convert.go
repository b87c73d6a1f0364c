package zohosim

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// conversion is a lead on its way to become a contact, perhaps with an account and a deal.
type conversion struct {
	w       *writer
	leads   *module
	lead    *record
	item    map[string]any // data[0] of the body
	owner   int64          // of the new records
	refused []problem

	contact, account, deal *record
}

// conversionFlags and conversionParts are the members of the body. Nobody is notified here, and there are no attachments.
var (
	conversionFlags = []string{"overwrite", "notify_lead_owner", "notify_new_entity_owner", "add_to_existing_record"}
	conversionParts = []string{"Accounts", "Contacts", "Deals", "assign_to", "move_attachments_to", "carry_over_tags"}
)

// conversionScopes are the scopes of a conversion; switch convert_scopes decides whether those of the new records belong to
// them.
func (c *call) conversionScopes() []scope {
	needs := []scope{need("ZohoCRM.modules.leads.CREATE")}
	if c.sw.ConvertScopes == "all" {
		needs = append(needs, need("ZohoCRM.modules.contacts.CREATE"), need("ZohoCRM.modules.accounts.CREATE"),
			need("ZohoCRM.modules.deals.CREATE"))
	}
	return needs
}

// convertLead answers POST /Leads/{id}/actions/convert: all of it happens or nothing. Source: Zoho CRM v8, "Convert Lead".
func (c *call) convertLead() answer {
	if c.module.api != "Leads" {
		return invalidURL()
	}
	lead := c.module.row(c.args["id"])
	path := details{"resource_path_index": 1}
	switch {
	case lead == nil:
		return problem{"INVALID_DATA", "invalid data", path}.answer(c.sw.AllFailedStatus)
	case isTrue(c.module, lead, convertedField):
		return problem{"ID_ALREADY_CONVERTED", "id already converted", path}.answer(c.sw.AllFailedStatus)
	}
	items := c.ready.(*writeBody).items
	item, ok := items[0].(map[string]any)
	if len(items) > 1 || !ok {
		return refuse("INVALID_DATA", "invalid data", details{"maximum_length": 1, "api_name": "data", "json_path": "$.data"})
	}
	v := &conversion{w: c.sim.writer(c.org, c.user), leads: c.module, lead: lead, item: item, owner: lead.ownedBy}
	v.carryOut()
	if len(v.refused) > 0 {
		v.w.tx.rollback()
		return inData(c.sw.AllFailedStatus, oneProblem(v.refused))
	}
	if err := v.w.tx.commit(); err != nil {
		return internalError()
	}
	return inData(http.StatusOK, problem{"SUCCESS", "The record has been converted successfully", details{
		"Contacts": v.made("Contacts", v.contact), "Accounts": v.made("Accounts", v.account), "Deals": v.made("Deals", v.deal),
	}})
}

// made is how the answer names a record; null where there is none.
func (v *conversion) made(api string, r *record) any {
	if r == nil {
		return nil
	}
	return details{"name": displayName(v.w.org.byAPI[api], r), "id": formatID(r.id)}
}

// carryOut goes step by step and ends at the first that is refused.
func (v *conversion) carryOut() {
	for _, step := range []func(){v.check, v.makeAccount, v.makeContact, v.makeDeal} {
		if step(); len(v.refused) > 0 {
			return
		}
	}
	v.markLead()
	for _, m := range v.w.org.modules {
		if m.activity() && m.apiSupported {
			v.relink(m)
		}
	}
}

func (v *conversion) refuse(name, path, code, message string, more details) {
	d := details{"api_name": name, "json_path": "$.data[0]." + path}
	maps.Copy(d, more)
	v.refused = append(v.refused, problem{code, message, d})
}

// check reads the body's members.
func (v *conversion) check() {
	for _, name := range slices.Sorted(maps.Keys(v.item)) {
		given := v.item[name]
		_, isObject := given.(map[string]any)
		_, isFlag := given.(bool)
		switch {
		case slices.Contains(conversionFlags, name):
			if !isFlag && given != nil {
				v.refuse(name, name, "INVALID_DATA", "invalid data", details{"expected_data_type": "boolean"})
			}
		case slices.Contains(conversionParts, name):
			if !isObject && given != nil {
				v.refuse(name, name, "INVALID_DATA", "invalid data", details{"expected_data_type": "jsonobject"})
			}
		case v.w.sw.UnknownField == "reject":
			v.refuse(name, name, "INVALID_DATA", "the field api name given seems to be invalid", nil)
		}
	}
	if given := object(v.item, "assign_to"); given != nil {
		id, _, ok := idOf(given)
		if u := v.w.org.user(id); !ok || u == nil || u.inactive {
			v.refuse("id", "assign_to.id", "INVALID_DATA", "invalid data", nil)
		}
		v.owner = id
	}
}

// existing finds the record that the body names by id for a module; named tells whether it names one.
func (v *conversion) existing(m *module) (r *record, named bool) {
	given := object(v.item, m.api)
	if _, named = given["id"]; !named {
		return nil, false
	}
	id, _, _ := idOf(given)
	if r = m.table.rows[id]; r == nil {
		v.refuse("id", m.api+".id", "INVALID_DATA", "invalid data", nil)
	}
	return r, true
}

// module gives a module that a conversion makes records of; nil where the organization lacks it.
func (v *conversion) module(api string) *module {
	if m := v.w.org.byAPI[api]; m != nil && m.apiSupported {
		return m
	}
	return nil
}

// makeAccount finds the account that the body names, or makes one of the lead's company. A person without a company has none.
func (v *conversion) makeAccount() {
	m := v.module("Accounts")
	if m == nil {
		return
	}
	r, named := v.existing(m)
	switch {
	case len(v.refused) > 0:
		return
	case named:
		v.account = v.overwrite(m, r, nil)
		return
	}
	item := v.mapped(m)
	if text(item, "Account_Name") != "" {
		v.account = v.save(m, item)
	}
}

// makeContact finds the contact that the body names, or makes one of the lead.
func (v *conversion) makeContact() {
	m := v.module("Contacts")
	if m == nil {
		v.refuse("Contacts", "Contacts", "INVALID_DATA", "invalid data", nil)
		return
	}
	link := m.links(map[string]*record{"Account_Name": v.account})
	r, named := v.existing(m)
	switch {
	case len(v.refused) > 0:
	case named:
		v.contact = v.overwrite(m, r, link)
	default:
		item := v.mapped(m)
		maps.Copy(item, link)
		v.contact = v.save(m, item)
	}
}

// overwrite changes a record that was there before: always where it lacks what links the new ones, and by the lead's values
// only when the body says so.
func (v *conversion) overwrite(m *module, r *record, link map[string]any) *record {
	item := map[string]any{}
	if v.item["overwrite"] == true {
		item = v.mapped(m)
	}
	for name, value := range link {
		_, has := r.get(m.key(name))
		if !has || v.item["overwrite"] == true {
			item[name] = value
		}
	}
	delete(item, "Owner")
	delete(item, "Tag")
	if len(item) == 0 {
		return r
	}
	d := v.w.draftAt("$.data[0]."+m.api, m, r, item)
	if v.refused = append(v.refused, d.errs...); len(v.refused) > 0 {
		return nil
	}
	return d.save()
}

// key is the number of a field's name; of one that the module lacks, a number that no cell has.
func (m *module) key(api string) uint16 {
	if f := m.byAPI[api]; f != nil {
		return f.key
	}
	return 1<<16 - 1
}

// makeDeal makes the deal that the body describes; without Deals there is none.
func (v *conversion) makeDeal() {
	given := object(v.item, "Deals")
	if given == nil {
		return
	}
	m := v.module("Deals")
	if m == nil {
		v.refuse("Deals", "Deals", "INVALID_DATA", "invalid data", nil)
		return
	}
	for _, name := range []string{"Deal_Name", "Closing_Date", "Stage", "Pipeline"} {
		optional := name == "Pipeline" && v.w.sw.ConvertPipeline == "optional"
		if given[name] == nil && !optional && m.byAPI[name] != nil {
			v.refuse(name, "Deals."+name, "MANDATORY_NOT_FOUND", "required field not found", nil)
		}
	}
	if len(v.refused) == 0 && !m.pipelineHas(text(given, "Pipeline"), text(given, "Stage")) {
		v.refuse("Stage", "Deals.Stage", "MAPPING_MISMATCH", "Pipeline doesn`t contain the Stage", details{"mapped_field": "Pipeline"})
	}
	if len(v.refused) > 0 {
		return
	}
	item := v.mapped(m)
	maps.Copy(item, m.links(map[string]*record{"Contact_Name": v.contact, "Account_Name": v.account}))
	v.deal = v.save(m, item)
}

// links gives the lookups of a record to others, as far as the module has the fields and there are records.
func (m *module) links(to map[string]*record) map[string]any {
	item := map[string]any{}
	for name, r := range to {
		if m.byAPI[name] != nil && r != nil {
			item[name] = map[string]any{"id": formatID(r.id)}
		}
	}
	return item
}

// pipelineHas tells whether a deal of a pipeline may be in a stage: one of those that the pipeline's pick list value maps, or
// any stage there is where it maps none.
func (m *module) pipelineHas(pipeline, stage string) bool {
	stages := m.byAPI["Stage"]
	if stages == nil || !slices.Contains(stages.picks, stage) {
		return stages == nil || len(stages.picks) == 0
	}
	pipelines := m.byAPI["Pipeline"]
	if pipelines == nil {
		return true
	}
	for _, p := range objects(pipelines.meta["pick_list_values"]) {
		for _, mapping := range objects(p["maps"]) {
			if text(p, "actual_value") == pipeline && text(mapping, "api_name") == "Stage" {
				return slices.ContainsFunc(objects(mapping["pick_list_values"]), func(s definition) bool {
					return text(s, "actual_value") == stage
				})
			}
		}
	}
	return true
}

// mapped gives the values of a new record: the lead's by the fields' convert_mapping, over them those that the body gives,
// the owner, and the tags that it carries over.
func (v *conversion) mapped(m *module) map[string]any {
	item := map[string]any{}
	for _, f := range v.leads.fields {
		target := m.byAPI[f.converts[m.api]]
		if target == nil {
			continue
		}
		if c, ok := valueOf(v.leads, v.lead, f); ok {
			item[target.api] = wireOf(f, c)
		}
	}
	maps.Copy(item, object(v.item, m.api))
	item["Owner"] = map[string]any{"id": formatID(v.owner)}
	if tags := v.tags(m); len(tags) > 0 {
		item["Tag"] = tags
	}
	return item
}

// tags lists those of the lead's tags that the body carries over to a module.
func (v *conversion) tags(m *module) []any {
	wanted, _ := object(v.item, "carry_over_tags")[m.api].([]any)
	c, _ := v.lead.get(v.leads.key("Tag"))
	var out []any
	for _, t := range decodeRows(c.str) {
		tag := t.(map[string]any)
		if slices.ContainsFunc(wanted, func(w any) bool { return w == tag["name"] || text(asObject(w), "name") == tag["name"] }) {
			out = append(out, map[string]any{"name": tag["name"], "id": tag["id"]})
		}
	}
	return out
}

func asObject(v any) map[string]any {
	o, _ := v.(map[string]any)
	return o
}

// save makes a new record. Besides unique fields, what counts as a duplicate is up to switch convert_duplicates.
func (v *conversion) save(m *module, item map[string]any) *record {
	path := "$.data[0]." + m.api
	if f := m.byAPI[m.duplicateField()]; f != nil && v.w.sw.ConvertDuplicates == "same_name" && m.api != "Deals" {
		if other, _ := v.w.same(m, []*field{f}, 0, item); other != nil {
			v.refused = append(v.refused, v.w.duplicate(m, other, f.api, path+"."+f.api))
			return nil
		}
	}
	d := v.w.draftAt(path, m, nil, item)
	if v.refused = append(v.refused, d.errs...); len(v.refused) > 0 {
		return nil
	}
	return d.save()
}

// wireOf gives a value as a written record would have it.
func wireOf(f *field, c cell) any {
	switch c.kind {
	case kindInt:
		if f.dataType == "bigint" {
			return formatID(c.num)
		}
		return json.Number(formatID(c.num))
	case kindFloat:
		return json.Number(strconv.FormatFloat(c.float(), 'f', -1, 64))
	case kindBool:
		return c.num == 1
	case kindTime:
		return time.Unix(c.num, 0).UTC().Format(stampLayout)
	case kindDay:
		return formatDay(c.num)
	case kindRef:
		return map[string]any{"id": formatID(c.num), "module": map[string]any{"api_name": c.str}}
	case kindJSON:
		dec := json.NewDecoder(strings.NewReader(c.str))
		dec.UseNumber()
		var out any
		_ = dec.Decode(&out) // our own text
		return out
	}
	return c.str
}

// markLead marks the lead as converted and notes what it became.
func (v *conversion) markLead() {
	next := *v.lead
	next.modified, next.modifiedBy = v.w.now, v.w.by.id
	set := func(f *field, c cell) {
		if f != nil && f.kind == c.kind {
			c.field = f.key
			next.cells = with(next.cells, c)
		}
	}
	set(v.leads.converted, boolCell(true))
	set(v.leads.byAPI["Converted_Date_Time"], timeCell(v.w.now))
	set(v.leads.byAPI["Lead_Conversion_Time"], cell{kind: kindInt, num: (v.w.now - v.lead.created) / 86400})
	for name, r := range map[string]*record{
		"Converted_Contact": v.contact, "Converted_Account": v.account, "Converted_Deal": v.deal,
	} {
		if r != nil {
			set(v.leads.byAPI[name], refCell(r.id))
		}
	}
	v.w.tx.put(v.w.org, v.leads, &next)
}

// relink moves the lead's meetings, tasks and calls to what it became, as switch convert_events says.
func (v *conversion) relink(m *module) {
	who, what := m.byAPI["Who_Id"], m.byAPI["What_Id"]
	if v.w.sw.ConvertEvents == "keep" || who == nil || what == nil {
		return
	}
	var moving []*record
	for e := range m.table.byID.between(firstEntry, lastEntry, false) {
		if c, ok := e.rec.get(what.key); ok && c.num == v.lead.id && c.str == v.leads.api {
			moving = append(moving, e.rec)
		}
	}
	for _, r := range moving {
		next := *r
		next.modified, next.modifiedBy = v.w.now, v.w.by.id
		contact, related := refCell(v.contact.id), v.related()
		contact.field, related.field = who.key, what.key
		next.cells = with(with(r.cells, contact), related)
		if f := m.byAPI["Participants"]; f != nil {
			next.cells = with(next.cells, v.participants(m, r, f))
		}
		v.w.tx.put(v.w.org, m, &next)
	}
}

// related is what a moved activity is about besides the contact: nothing, or where the switch says so the deal, else the account.
func (v *conversion) related() cell {
	about, api := v.deal, "Deals"
	if about == nil {
		about, api = v.account, "Accounts"
	}
	if about == nil || v.w.sw.ConvertEvents != "contact_and_deal" {
		return cell{}
	}
	c := refCell(about.id)
	c.str = api
	return c
}

// participants puts the contact in the lead's place among those invited.
func (v *conversion) participants(m *module, r *record, f *field) cell {
	list := m.participants(r)
	for i, p := range list {
		if p.Type == "lead" && p.Participant == formatID(v.lead.id) {
			list[i].Type, list[i].Participant = "contact", formatID(v.contact.id)
		}
	}
	c := cell{}
	if len(list) > 0 {
		c = encoded(list)
	}
	c.field = f.key
	return c
}
