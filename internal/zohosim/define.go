package zohosim

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"heavyset.tech/platform/internal/zohosim/journal"
)

// redefinition is the body of PUT /_sim/modules/{api_name}. What is absent stays as it is in a module that exists, and is
// Zoho's default in a new one.
type redefinition struct {
	Module  definition       `json:"module"`
	Fields  []definition     `json:"fields"`
	Layouts []definition     `json:"layouts"`
	Records []map[string]any `json:"records"`
}

// define defines or replaces a module, and its records if there are any in the body. Nothing changes if anything is wrong.
func (s *Sim) define(o *org, api string, r redefinition) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.redefine(o, api, r)
}

// redefine is define for a caller that holds Sim.mu: every change of modules, fields and layouts comes through here.
func (s *Sim) redefine(o *org, api string, r redefinition) error {
	bp, err := o.complete(api, r)
	if err != nil {
		return err
	}
	before := o.byAPI[api]
	if err := s.install(o, bp); err != nil {
		return err
	}
	m := o.byAPI[api]
	w := s.writer(o, o.users[0])
	w.seeding = true
	batch := addJSON(journal.Batch(nil), opModule, moduleOp{o.index, bp})
	if r.Records != nil {
		m.table = newTable(m.fields)
		batch = addJSON(batch, opClear, placeOp{o.index, api})
		err = w.seed(m, r.Records)
		w.tx.changes = replaced(o, before, m)
	}
	if err == nil {
		w.tx.batch = append(batch, w.tx.batch...)
		err = w.tx.commit()
	}
	if err != nil {
		o.restore(api, before)
	}
	return err
}

// replaced tells what became of the records of a module that got others: those who watch it see the differences. before is nil
// for a new module.
func replaced(o *org, before, after *module) []recordChange {
	var changes []recordChange
	if before != nil {
		for e := range before.table.byID.between(firstEntry, lastEntry, false) {
			if after.table.rows[e.id] == nil {
				changes = append(changes, recordChange{o, after, e.rec, nil, o.users[0].id})
			}
		}
	}
	for e := range after.table.byID.between(firstEntry, lastEntry, false) {
		change := recordChange{o, after, nil, e.rec, e.rec.modifiedBy}
		if before != nil {
			change.before = before.table.rows[e.id]
		}
		if b := change.before; b == nil || b.modified != e.rec.modified || len(after.changed(b, e.rec)) > 0 {
			changes = append(changes, change)
		}
	}
	return changes
}

// restore puts a module back that a failed definition replaced.
func (o *org) restore(api string, before *module) {
	if before != nil {
		o.add(before)
		return
	}
	o.modules = slices.DeleteFunc(o.modules, func(m *module) bool { return m.api == api })
	delete(o.byAPI, api)
}

// seed puts records in as the module has them: with their ids, times and read-only fields; lookups may point at what is not
// there yet, and mandatory fields may be missing.
func (w *writer) seed(m *module, records []map[string]any) error {
	var wrong []error
	for i, item := range records {
		d := w.draft(m, nil, i, item)
		if len(d.errs) > 0 {
			e := d.problem().envelope()
			detail, _ := json.Marshal(e.Details)
			wrong = append(wrong, fmt.Errorf("record %d: %s %s %s", i, e.Code, e.Message, detail))
			continue
		}
		if item[cancelledField] == true && m.cancelled != nil {
			d.set(m.cancelled.key, boolCell(true))
		}
		d.save()
	}
	return errors.Join(wrong...)
}

// install builds a module of a completed blueprint and puts it in the place of the one with its name, with that one's records.
func (s *Sim) install(o *org, bp blueprint) error {
	ids := map[string]string{text(bp.Module, "api_name"): text(bp.Module, "id")}
	for _, m := range o.modules {
		ids[m.api] = m.id
	}
	o.finish(bp, ids)
	m, err := build(bp, &s.names)
	if err != nil {
		return err
	}
	redefined, err := json.Marshal(moduleOp{o.index, bp})
	if err != nil {
		return err
	}
	m.redefined = redefined
	if old := o.byAPI[m.api]; old != nil {
		m.inherit(old)
	}
	for _, id := range m.ids() {
		o.saw(id)
	}
	o.add(m)
	return nil
}

// ids lists the ids of the module's metadata.
func (m *module) ids() []int64 {
	texts := []string{m.id}
	for _, f := range m.fields {
		texts = append(texts, f.id)
		for _, p := range objects(f.meta["pick_list_values"]) {
			texts = append(texts, text(p, "id"))
		}
	}
	for _, l := range m.layouts {
		texts = append(texts, l.id)
	}
	var out []int64
	for _, t := range texts {
		if id, ok := parseID(t); ok {
			out = append(out, id)
		}
	}
	return out
}

// inherit takes over the records of the module's former self. Values move with a field that kept its id under a new name;
// values of a field that became another kind are lost.
func (m *module) inherit(old *module) {
	moved := map[uint16]uint16{} // old field → new field
	for _, f := range old.fields {
		i := slices.IndexFunc(m.fields, func(g *field) bool { return g.id == f.id })
		if i < 0 {
			i = slices.IndexFunc(m.fields, func(g *field) bool { return g.api == f.api })
		}
		if i >= 0 && m.fields[i].kind == f.kind {
			moved[f.key] = m.fields[i].key
		}
	}
	for _, mark := range []*field{m.cancelled, m.converted} {
		if mark != nil && mark.kind == kindBool {
			moved[mark.key] = mark.key
		}
	}
	m.table.deleted, m.table.versions = old.table.deleted, nil
	for id, r := range old.table.rows {
		next := *r
		next.cells = nil
		for _, c := range r.cells {
			if key, ok := moved[c.field]; ok {
				c.field = key
				next.cells = with(next.cells, c)
			}
		}
		m.table.rows[id] = &next
	}
	m.table.reindex(m.fields)
}

// complete fills in what a redefinition leaves out.
func (o *org) complete(api string, r redefinition) (blueprint, error) {
	if api == "" || strings.Trim(api, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "" {
		return blueprint{}, fmt.Errorf("module name %q: letters, digits and _ are allowed", api)
	}
	ids := func() string { return formatID(o.nextID()) }
	now := o.byAPI[api]
	label := strings.TrimSpace(strings.ReplaceAll(strings.TrimSuffix(api, "__s"), "_", " "))
	base := overlay(moduleDefaults(api), definition{
		"singular_label": strings.TrimSuffix(label, "s"), "plural_label": label, "module_name": label,
	})
	if now != nil {
		base = now.meta
	}
	bp := blueprint{Module: overlay(overlay(base, r.Module), definition{"api_name": api})}
	if text(bp.Module, "id") == "" {
		bp.Module["id"] = ids()
	}
	if r.Fields == nil && now != nil {
		for _, f := range now.fields {
			bp.Fields = append(bp.Fields, f.meta)
		}
	} else if err := bp.completeFields(api, r, now, ids); err != nil {
		return blueprint{}, err
	}
	bp.completeLayouts(r, now, ids)
	return bp, nil
}

// completeFields fills in the fields: what is left out of one that an untouched Zoho has, or that the module has now, comes from
// there; what every module has is added.
func (bp *blueprint) completeFields(api string, r redefinition, now *module, ids func() string) error {
	standard := standardRows(api)
	add := func(given definition) error {
		name := text(given, "api_name")
		if row, ok := standard[name]; ok {
			given = overlay(row.definition(), given)
		} else if _, said := given["custom_field"]; !said {
			given = overlay(given, definition{"custom_field": true})
		}
		if now != nil && now.byAPI[name] != nil && text(given, "id") == "" {
			given = overlay(given, definition{"id": now.byAPI[name].id})
		}
		meta, err := completeField(given, api, len(bp.Fields)+1, ids)
		bp.Fields = append(bp.Fields, meta)
		return err
	}
	have := map[string]bool{}
	for _, given := range r.Fields {
		have[text(given, "api_name")] = true
		if err := add(given); err != nil {
			return err
		}
	}
	singular := text(bp.Module, "singular_label")
	for _, row := range audit(singular)[:8] {
		standard[row.api] = row
		if row.api != "Last_Activity_Time" && !have[row.api] {
			if err := add(definition{"api_name": row.api}); err != nil {
				return err
			}
		}
	}
	if have["Last_Name"] && !have["Full_Name"] && standard["Full_Name"].api != "" {
		if err := add(definition{"api_name": "Full_Name"}); err != nil {
			return err
		}
	}
	return completeDisplay(bp, add)
}

// standardRows gives the fields that an untouched Zoho has in a module.
func standardRows(api string) map[string]standardField {
	rows := map[string]standardField{}
	for _, s := range standardModules() {
		if s.api != api {
			continue
		}
		for _, row := range append(s.fields, audit(s.singular)...) {
			rows[row.api] = row
		}
	}
	return rows
}

// completeDisplay decides which field names a record; where none can, a number does, as Zoho allows for custom modules.
func completeDisplay(bp *blueprint, add func(definition) error) error {
	find := func(fits func(api string) bool) definition {
		for _, f := range bp.Fields {
			if fits(text(f, "api_name")) {
				return f
			}
		}
		return nil
	}
	wanted := text(object(bp.Module, "display_field"), "api_name")
	found := find(func(api string) bool { return api == wanted })
	for _, name := range []string{"Full_Name", "Name"} {
		if found == nil {
			found = find(func(api string) bool { return api == name })
		}
	}
	if found == nil {
		found = find(func(api string) bool {
			return strings.HasSuffix(api, "Name") || strings.HasSuffix(api, "Title") || api == "Subject"
		})
	}
	if found == nil {
		if err := add(definition{"api_name": "Name", "data_type": "autonumber"}); err != nil {
			return err
		}
		found = bp.Fields[len(bp.Fields)-1]
	}
	for _, f := range bp.Fields {
		f["display_field"] = f["api_name"] == found["api_name"]
	}
	bp.Module["display_field"] = definition{"api_name": found["api_name"], "id": found["id"]}
	return nil
}

// completeLayouts fills in the layouts; without any, one layout has all fields that people see.
func (bp *blueprint) completeLayouts(r redefinition, now *module, ids func() string) {
	if r.Layouts == nil && r.Fields == nil && now != nil {
		for _, l := range now.layouts {
			bp.Layouts = append(bp.Layouts, l.given)
		}
		return
	}
	given := r.Layouts
	if len(given) == 0 {
		given = []definition{{}}
	}
	byID := map[string]string{}
	for _, f := range bp.Fields {
		byID[text(f, "id")] = text(f, "api_name")
	}
	for i, l := range given {
		if now != nil && i < len(now.layouts) && text(l, "id") == "" {
			l = overlay(l, definition{"id": now.layouts[i].id})
		}
		if len(objects(l["sections"])) == 0 {
			l = overlay(l, definition{"sections": bp.allFields()})
		}
		for _, s := range objects(l["sections"]) {
			for _, f := range objects(s["fields"]) {
				if text(f, "api_name") == "" {
					f["api_name"] = byID[text(f, "id")]
				}
			}
		}
		bp.Layouts = append(bp.Layouts, completeLayout(l, ids))
	}
}

// allFields is the section of a layout that says nothing.
func (bp *blueprint) allFields() []any {
	standard := standardRows(text(bp.Module, "api_name"))
	var fields []any
	for _, f := range bp.Fields {
		row := standard[text(f, "api_name")]
		if row.hidden || text(f, "api_name") == "id" || !flag(f, "visible", true) {
			continue
		}
		fields = append(fields, definition{
			"api_name": f["api_name"], "required": flag(f, "required", flag(f, "system_mandatory", false) || row.required),
		})
	}
	name := text(bp.Module, "singular_label") + " Information"
	return []any{definition{"name": name, "fields": fields}}
}
