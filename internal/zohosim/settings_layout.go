package zohosim

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

const layoutsAtOnce = 1 // layouts that one call changes

// updateLayouts answers PATCH /settings/layouts?module=: the item names its layout. Source: Zoho CRM v8, "Update Layout".
func (c *call) updateLayouts() answer {
	m, refused := c.moduleParam()
	if refused != nil {
		return *refused
	}
	return c.eachSetting("layouts", http.StatusOK, func(f *form) result {
		id := f.text("id", true, 0)
		if f.bad == nil && m.layout(id) == nil {
			f.fail("INVALID_DATA", "the id given seems to be invalid", "id", nil)
		}
		return c.updateLayout(f, m, id)
	})
}

// updateOneLayout answers PATCH /settings/layouts/{id}?module=.
func (c *call) updateOneLayout() answer {
	m, l, refused := c.layoutParam()
	if refused != nil {
		return *refused
	}
	return c.eachSetting("layouts", http.StatusOK, func(f *form) result { return c.updateLayout(f, m, l.id) })
}

func (c *call) layoutParam() (*module, *layout, *answer) {
	m, refused := c.moduleParam()
	if refused != nil {
		return nil, nil, refused
	}
	l := m.layout(c.args["name"])
	if l == nil {
		return nil, nil, badResource("No layout found with given id")
	}
	return m, l, nil
}

// updateLayout changes a layout's name, profiles and sections. What is not named stays.
func (c *call) updateLayout(f *form, m *module, id string) result {
	name := f.text("name", false, labelMost)
	if strings.EqualFold(name, "default") {
		f.fail("INVALID_DATA", "System keyword not allowed in layout label", "name", nil)
	}
	if name != "" && slices.ContainsFunc(m.layouts, func(l *layout) bool { return l.id != id && strings.EqualFold(l.name, name) }) {
		f.taken("name", "duplicate data")
	}
	if api, given := f.d["api_name"]; given && f.bad == nil && api != m.layout(id).given["api_name"] {
		f.forbidden("api_name", "api_name cannot be changed")
	}
	if f.bad != nil {
		bad, _ := f.result()
		return bad
	}
	r := m.present()
	l := r.Layouts[slices.IndexFunc(m.layouts, func(l *layout) bool { return l.id == id })]
	if name != "" {
		l["name"], l["display_label"] = name, name
	}
	if v, given := f.d["show_business_card"]; given {
		l["show_business_card"] = v
	}
	c.mergeProfiles(f, l)
	sections, _ := f.list("sections")
	for i, given := range sections {
		s := &sectionForm{
			form: form{path: fmt.Sprintf("%s.sections[%d]", f.path, i), d: given}, call: c, module: m, layout: l, def: &r,
		}
		s.apply()
		if f.bad == nil {
			f.bad = s.bad
		}
	}
	if bad, is := f.result(); is {
		return bad
	}
	c.touched(l)
	if err := c.sim.redefine(c.org, m.api, r); err != nil {
		return notSettled(f.path, err)
	}
	return settled(id, "layout updated")
}

// mergeProfiles gives profiles the layout, or takes it from those with "_delete".
func (c *call) mergeProfiles(f *form, l definition) {
	given := f.profiles(c.org, "profiles")
	if len(given) == 0 {
		return
	}
	have := objects(l["profiles"])
	for _, v := range given {
		p := v.(definition)
		at := slices.IndexFunc(have, func(h definition) bool { return h["id"] == p["id"] })
		switch {
		case said(p, "_delete") && at >= 0:
			have = slices.Delete(have, at, at+1)
		case !said(p, "_delete") && at < 0:
			have = append(have, p)
		}
	}
	if len(have) == 0 {
		f.fail("MINIMUM_DATA_NOT_FOUND", "At least one profile needed", "profiles", nil)
	}
	list := make([]any, len(have))
	for i, p := range have {
		list[i] = p
	}
	l["profiles"] = list
}

// sectionForm is a section of a layout as a call changes it.
type sectionForm struct {
	form
	call   *call
	module *module
	layout definition
	def    *redefinition
}

// apply finds, adds or removes the section, and then does its fields.
func (s *sectionForm) apply() {
	sections := objects(s.layout["sections"])
	id, api, label := text(s.d, "id"), text(s.d, "api_name"), text(s.d, "display_label")
	at := slices.IndexFunc(sections, func(x definition) bool {
		return id != "" && text(x, "id") == id || id == "" && api != "" && text(x, "api_name") == api
	})
	switch {
	case at < 0 && said(s.d, "_delete") && id == "" && api == "":
		s.fail("DEPENDENT_FIELD_MISSING", "section id or api_name is missing", "api_name", details{
			"dependee": details{"api_name": "_delete", "json_path": s.path + "._delete"},
		})
	case at < 0 && id != "":
		s.fail("INVALID_DATA", "the id given seems to be invalid", "id", nil)
	case at < 0 && label == "":
		s.either("id", "display_label")
	case at < 0:
		sections = append(sections, definition{"id": formatID(s.call.org.nextID()), "fields": []any{}, "generated_type": "custom"})
		at = len(sections) - 1
	case said(s.d, "_delete"):
		s.remove(sections, at)
		return
	}
	if s.text("tab_traversal", false, 0); s.bad != nil {
		return
	}
	section := sections[at]
	for _, key := range []string{"display_label", "name", "column_count", "tab_traversal", "sequence_number"} {
		if v, given := s.d[key]; given {
			section[key] = v
		}
	}
	if label != "" {
		section["name"] = label
	}
	s.layout["sections"] = definitions(sections)
	s.fields(section)
}

func definitions(list []definition) []any {
	out := make([]any, len(list))
	for i, d := range list {
		out[i] = d
	}
	return out
}

// either notes that one of two members must be there.
func (f *form) either(a, b string) {
	if f.bad != nil {
		return
	}
	where := func(key string) details { return details{"api_name": key, "json_path": f.path + "." + key} }
	f.bad = &problem{"EXPECTED_FIELD_MISSING", "should contain either " + a + " or " + b, details{
		"expected_fields": []details{where(a), where(b)},
	}}
}

// remove takes a section out. Its fields leave the layout; those that Zoho needs may not.
func (s *sectionForm) remove(sections []definition, at int) {
	for _, lf := range objects(sections[at]["fields"]) {
		if f := s.module.byAPI[text(lf, "api_name")]; f != nil && f.mandatory {
			s.forbidden("_delete", "section with system mandatory fields cannot be deleted")
			return
		}
	}
	s.layout["sections"] = definitions(slices.Delete(sections, at, at+1))
}

// fields adds, moves, changes and removes fields of a section.
func (s *sectionForm) fields(section definition) {
	given, _ := s.list("fields")
	for i, d := range given {
		f := &form{path: fmt.Sprintf("%s.fields[%d]", s.path, i), d: d}
		s.field(f, section)
		if f.bad != nil {
			s.bad = f.bad
			return
		}
	}
}

func (s *sectionForm) field(f *form, section definition) {
	id, api := text(f.d, "id"), text(f.d, "api_name")
	at := slices.IndexFunc(s.def.Fields, func(x definition) bool {
		return id != "" && text(x, "id") == id || id == "" && api != "" && text(x, "api_name") == api
	})
	switch {
	case at < 0 && id != "":
		f.fail("INVALID_DATA", "the id given seems to be invalid", "id", nil)
	case at < 0 && text(f.d, "field_label") == "":
		f.either("id", "field_label")
	case at < 0:
		meta := s.call.newFieldMeta(f, s.module)
		if f.bad == nil {
			s.def.Fields = append(s.def.Fields, meta)
			s.place(section, text(meta, "api_name"), f)
		}
	case said(f.d, "_delete"):
		s.drop(f, s.def.Fields[at])
	default:
		s.place(section, text(s.def.Fields[at], "api_name"), f)
	}
}

// drop takes a field off the layout; for good where "_delete" says permanent.
func (s *sectionForm) drop(f *form, meta definition) {
	api := text(meta, "api_name")
	if flag(meta, "system_mandatory", false) {
		f.forbidden("_delete", "system mandatory field cannot be removed")
		return
	}
	layouts := []definition{s.layout}
	if permanent := object(f.d, "_delete"); said(permanent, "permanent") {
		if !flag(meta, "custom_field", false) {
			f.forbidden("_delete", "system defined field cannot be deleted")
			return
		}
		layouts = s.def.Layouts
		s.def.Fields = slices.DeleteFunc(s.def.Fields, func(x definition) bool { return text(x, "api_name") == api })
	}
	for _, l := range layouts {
		for _, section := range objects(l["sections"]) {
			section["fields"] = withoutField(section["fields"], api)
		}
	}
}

// place puts a field into a section, at sequence_number if there is one, and takes it out of the others. It keeps what the layout
// says of it, besides what is given.
func (s *sectionForm) place(section definition, api string, f *form) {
	entry := definition{"api_name": api}
	at := -1
	for _, other := range objects(s.layout["sections"]) {
		fields := objects(other["fields"])
		i := slices.IndexFunc(fields, func(x definition) bool { return text(x, "api_name") == api })
		if i < 0 {
			continue
		}
		entry = fields[i]
		if text(other, "id") == text(section, "id") {
			at = i
		}
		other["fields"] = withoutField(other["fields"], api)
	}
	if v, given := f.d["required"]; given {
		required, ok := v.(bool)
		if !ok {
			f.invalid("required", details{"expected_data_type": "boolean"})
		}
		entry["required"] = required
	}
	if _, given := f.d["pick_list_values"]; given {
		entry["pick_list_values"] = f.d["pick_list_values"]
	}
	fields, _ := section["fields"].([]any)
	if n := f.whole("sequence_number", 0, 1, 1000); n > 0 {
		at = n - 1
	}
	if at < 0 || at > len(fields) {
		at = len(fields)
	}
	section["fields"] = slices.Insert(fields, at, any(entry))
}

// deleteLayout answers DELETE /settings/layouts/{id}?module=&transfer_to=: records of the layout get another one.
// Source: Zoho CRM v8, "Delete Layout".
func (c *call) deleteLayout() answer {
	return c.retire("layout deleted", func(r *redefinition, at int) { r.Layouts = slices.Delete(r.Layouts, at, at+1) })
}

// deactivateLayout answers DELETE /settings/layouts/{id}/actions/activate?module=&transfer_to=.
func (c *call) deactivateLayout() answer {
	return c.retire("layout updated", func(r *redefinition, at int) { r.Layouts[at]["status"] = "inactive" })
}

// retire takes a layout away and gives its records the one that transfer_to names.
func (c *call) retire(message string, take func(r *redefinition, at int)) answer {
	m, l, refused := c.layoutParam()
	if refused == nil {
		refused = c.mayCustomize()
	}
	if refused != nil {
		return *refused
	}
	to := c.query.Get("transfer_to")
	heir := m.layout(to)
	switch {
	case to == "":
		return refuse("REQUIRED_PARAM_MISSING", "One of the expected parameter is missing", details{"param_name": "transfer_to"})
	case heir == nil || heir == l:
		return refuse("INVALID_DATA", "Transfer To Layout Id is Invalid", details{"param_name": "transfer_to"})
	case text(heir.given, "status") == "inactive":
		return refuse("NOT_ALLOWED", "Cannot transfer to the deactivated layout", details{"param_name": "transfer_to"})
	}
	if err := c.transfer(m, l, heir); err != nil {
		return internalError()
	}
	r := m.present()
	take(&r, slices.Index(m.layouts, l))
	if err := c.sim.redefine(c.org, m.api, r); err != nil {
		return settingsAnswer("layouts", http.StatusOK, []result{notSettled("$", err)})
	}
	return settingsAnswer("layouts", http.StatusOK, []result{settled(l.id, message)})
}

func (c *call) transfer(m *module, from, to *layout) error {
	w := c.sim.writer(c.org, c.user)
	old, _ := parseID(from.id)
	heir, _ := parseID(to.id)
	for e := range m.table.byID.between(firstEntry, lastEntry, false) {
		if e.rec.layout == old {
			next := *e.rec
			next.layout = heir
			w.tx.put(c.org, m, &next)
		}
	}
	return w.tx.commit()
}

// activateLayout answers POST /settings/layouts/{id}/actions/activate?module=.
func (c *call) activateLayout() answer {
	m, l, refused := c.layoutParam()
	if refused == nil {
		refused = c.mayCustomize()
	}
	if refused != nil {
		return *refused
	}
	r := m.present()
	r.Layouts[slices.Index(m.layouts, l)]["status"] = "active"
	if err := c.sim.redefine(c.org, m.api, r); err != nil {
		return settingsAnswer("layouts", http.StatusOK, []result{notSettled("$", err)})
	}
	return settingsAnswer("layouts", http.StatusOK, []result{settled(l.id, "layout updated")})
}
