package zohosim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// writer checks and makes changes of records on behalf of a user. Its user holds Sim.mu.
type writer struct {
	sim     *Sim
	org     *org
	by      *user
	sw      *switches
	tx      *tx
	now     int64 // seconds
	seeding bool  // PUT /_sim/modules: records come as a module has them, read-only fields and all
}

func (s *Sim) writer(o *org, by *user) *writer {
	t := s.begin()
	return &writer{sim: s, org: o, by: by, sw: s.switches.Load(), tx: t, now: t.atMS / 1000}
}

// draft is one record on its way in: the values given so far and what is wrong with them.
type draft struct {
	w       *writer
	m       *module
	path    string         // "$.data[0]"
	item    map[string]any // as it came
	base    *record        // what is updated; nil for a new record
	rec     record         // what it becomes
	layout  *layout        // the layout it names
	appends map[string]bool
	given   map[uint16]bool
	errs    []problem
	after   []func(saved *record) // what follows from saving it
}

// draft reads an item. Afterwards errs is empty or the item is refused.
func (w *writer) draft(m *module, base *record, index int, item map[string]any) *draft {
	return w.draftAt(fmt.Sprintf("$.data[%d]", index), m, base, item)
}

// draftAt is draft for an item elsewhere in the body; path says where.
func (w *writer) draftAt(path string, m *module, base *record, item map[string]any) *draft {
	d := &draft{
		w: w, m: m, path: path, item: item, base: base, given: map[uint16]bool{}, appends: map[string]bool{},
	}
	if base != nil {
		d.rec = *base
	} else {
		d.rec = record{created: w.now, createdBy: w.by.id, ownedBy: w.by.id}
		if i := slices.IndexFunc(m.layouts, (*layout).active); i >= 0 {
			d.rec.layout, _ = parseID(m.layouts[i].id)
		}
	}
	d.rec.modified, d.rec.modifiedBy = w.now, w.by.id
	if appends, ok := item["$append_values"].(map[string]any); ok {
		for name, v := range appends {
			d.appends[name] = v == true
		}
	}
	d.readLayout()
	for _, f := range m.fields {
		if v, ok := item[f.api]; ok {
			d.read(f, v)
		}
	}
	d.readUnknown()
	d.checkMandatory()
	d.checkRules()
	d.checkUnique()
	return d
}

// refuse notes an error of a field.
func (d *draft) refuse(api string, e *fieldError) {
	more := details{"api_name": api, "json_path": d.path + "." + api}
	maps.Copy(more, e.more)
	if missing, ok := more["missing"].(string); ok { // a member of the value is missing or wrong
		delete(more, "missing")
		path := d.path + "." + api
		if missing[0] != '[' {
			path += "."
		}
		more["api_name"], more["json_path"] = missing[strings.LastIndexByte(missing, '.')+1:], path+missing
	}
	d.errs = append(d.errs, problem{e.code, e.message, more})
}

func (d *draft) readLayout() {
	v, ok := d.item["Layout"]
	if !ok || v == nil || d.m.byAPI["Layout"] != nil {
		return
	}
	id, given, valid := idOf(v)
	l := d.m.layout(formatID(id))
	switch {
	case !given:
		d.refuse("Layout", &fieldError{"MANDATORY_NOT_FOUND", "required field not found", details{"missing": "id"}})
	case !valid || l == nil || !l.active():
		d.refuse("Layout", invalidData("the id given seems to be invalid"))
	default:
		d.layout, d.rec.layout = l, id
	}
}

// read takes the value of a field.
func (d *draft) read(f *field, v any) {
	if d.w.seeding && d.readSeeded(f, v) {
		return
	}
	writable := f.apiCreate
	if d.base != nil {
		writable = f.apiUpdate
	}
	if !writable && !d.w.seeding || f.sys == sysID {
		if f.sys != sysID && d.w.sw.ReadOnlyField == "reject" {
			d.refuse(f.api, invalidData("the field is read only"))
		}
		return
	}
	c, wrong := d.coerce(f, v)
	if wrong != nil {
		d.refuse(f.api, wrong)
		return
	}
	d.given[f.key] = true
	if f.sys == sysOwner {
		if c.kind != absent {
			d.rec.ownedBy = c.num
		}
		return
	}
	if f.sys == stored {
		d.set(f.key, c)
	}
}

func (d *draft) set(key uint16, c cell) {
	c.field = key
	d.rec.cells = with(d.rec.cells, c)
}

// readSeeded takes what only a seeded record may say of itself. It tells whether the field was one of those.
func (d *draft) readSeeded(f *field, v any) bool {
	switch f.sys {
	case sysID:
		if id, _, ok := idOf(v); ok {
			d.rec.id = id
		} else {
			d.refuse(f.api, invalidData("the id given seems to be invalid"))
		}
	case sysCreatedTime, sysModifiedTime:
		c, wrong := d.coerceTime(f, v)
		switch {
		case wrong != nil:
			d.refuse(f.api, wrong)
		case f.sys == sysCreatedTime:
			d.rec.created = c.num
		default:
			d.rec.modified = c.num
		}
	case sysCreatedBy, sysModifiedBy:
		c, wrong := d.coerceRef(f, v)
		switch {
		case wrong != nil:
			d.refuse(f.api, wrong)
		case f.sys == sysCreatedBy:
			d.rec.createdBy = c.num
		default:
			d.rec.modifiedBy = c.num
		}
	default:
		return f.sys == sysFullName
	}
	return true
}

// readUnknown refuses names that are no fields, or leaves them out, as switch unknown_field says. Names beginning with $ are
// instructions, not fields.
func (d *draft) readUnknown() {
	if d.w.sw.UnknownField == "ignore" {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(d.item)) {
		switch {
		case d.m.byAPI[name] != nil, special(name), name == "id", name == "Layout":
		case name == "send_notification" && d.m.api == "Events":
		default:
			d.refuse(name, invalidData("the field api name given seems to be invalid"))
		}
	}
}

// checkMandatory wants every system-mandatory field of a new record, and those of the layout if the record names one; an
// update must not empty them. Seeded records are taken as they are.
func (d *draft) checkMandatory() {
	if d.w.seeding {
		return
	}
	for _, f := range d.m.fields {
		required := f.mandatory || d.layout != nil && d.layout.required[f.key]
		if !required || f.sys != stored || f.kind == kindBool || d.refused(f.api) {
			continue
		}
		if d.base != nil && !d.given[f.key] {
			continue
		}
		if _, ok := d.rec.get(f.key); !ok {
			d.refuse(f.api, &fieldError{"MANDATORY_NOT_FOUND", "required field not found", nil})
		}
	}
}

// refused tells whether a field has an error already.
func (d *draft) refused(api string) bool {
	return slices.ContainsFunc(d.errs, func(p problem) bool {
		path, _ := p.details["json_path"].(string)
		return strings.HasPrefix(path+".", d.path+"."+api+".")
	})
}

// checkUnique refuses values that another record has in a unique field.
func (d *draft) checkUnique() {
	for _, f := range d.m.fields {
		if !f.unique || f.sys != stored || d.refused(f.api) {
			continue
		}
		if other := d.m.table.holder(f, &d.rec); other != nil && (d.base == nil || other.id != d.base.id) {
			d.errs = append(d.errs, d.w.duplicate(d.m, other, f.api, d.path+"."+f.api))
		}
	}
}

// holder finds the record that has r's value of a unique field.
func (t *table) holder(f *field, r *record) *record {
	c, ok := r.get(f.key)
	if !ok {
		return nil
	}
	id, taken := t.unique[f.key][t.uniqueKey(f.key, c)]
	if !taken {
		return nil
	}
	return t.rows[id]
}

// duplicate is DUPLICATE_DATA with the record that was there first.
func (w *writer) duplicate(m *module, other *record, api, path string) problem {
	owner := details{}
	if u := w.org.user(other.ownedBy); u != nil {
		owner = details{"name": u.name(), "id": formatID(u.id), "zuid": u.zuid}
	}
	return problem{"DUPLICATE_DATA", "duplicate data", details{
		"api_name": api, "json_path": path, "id": formatID(other.id), "more_records": false,
		"duplicate_record": details{
			"id": formatID(other.id), "Owner": owner, "module": details{"api_name": m.api, "id": m.id},
		},
	}}
}

func (d *draft) problem() problem { return oneProblem(d.errs) }

// oneProblem gives errors as one: the only one, or all in MULTIPLE_OR_MULTI_ERRORS.
func oneProblem(errs []problem) problem {
	if len(errs) == 1 {
		return errs[0]
	}
	list := make([]envelope, len(errs))
	for i, p := range errs {
		list[i] = p.envelope()
	}
	return problem{"MULTIPLE_OR_MULTI_ERRORS", "Multiple errors in the request", details{"errors": list}}
}

// save puts the drafted record in place.
func (d *draft) save() *record {
	r := d.rec
	if r.id == 0 {
		r.id = d.w.org.nextID()
	}
	d.w.org.saw(r.id)
	if d.base == nil {
		r.cells = d.numbered(r.id)
	}
	d.w.tx.put(d.w.org, d.m, &r)
	for _, follow := range d.after {
		follow(&r)
	}
	return &r
}

// numbered gives the cells of a new record with its auto-numbers, which ascend with the ids.
func (d *draft) numbered(id int64) []cell {
	cells := d.rec.cells
	for _, f := range d.m.fields {
		if _, seeded := d.rec.get(f.key); f.dataType != "autonumber" || seeded {
			continue
		}
		form := object(f.meta, "auto_number")
		c := textCell(text(form, "prefix") + formatID(id-d.w.org.base-recordsFrom) + text(form, "suffix"))
		c.field = f.key
		cells = with(cells, c)
	}
	return cells
}
