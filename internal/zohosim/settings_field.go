package zohosim

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

const fieldsAtOnce = 5 // fields that one call creates or changes

// fieldTypes are the data types that one may make fields of, with their greatest length; 0 where length says nothing.
// Source: Zoho CRM v8, "Create Custom Fields".
var fieldTypes = map[string]int{
	"text": 255, "textarea": 50_000, "email": 100, "phone": 50, "website": 450, "integer": 9, "bigint": 18, "double": 16,
	"currency": 16, "percent": 5, "boolean": 0, "date": 0, "datetime": 0, "picklist": 0, "multiselectpicklist": 0, "lookup": 0,
	"userlookup": 0, "multi_module_lookup": 0, "multiselectlookup": 0, "multiuserlookup": 0, "subform": 0, "formula": 0,
	"rollup_summary": 0, "autonumber": 0, "fileupload": 0, "imageupload": 0,
}

// fieldMembers are the members of a field that a call may set, besides those that are checked.
var fieldMembers = []string{
	"tooltip", "default_value", "textarea", "currency", "pick_list_values_sorted_lexically", "enable_colour_code", "private",
	"crypt", "number_separator", "hipaa_compliance_enabled", "history_tracking", "multiselectlookup", "multiuserlookup", "subform",
}

// createFields answers POST /settings/fields?module=. A new field stands in the last section of every layout.
// Source: Zoho CRM v8, "Create Custom Fields".
func (c *call) createFields() answer {
	m, refused := c.moduleParam()
	if refused != nil {
		return *refused
	}
	return c.eachSetting("fields", http.StatusCreated, func(f *form) result {
		m := c.org.byAPI[m.api]
		meta := c.newFieldMeta(f, m)
		if bad, is := f.result(); is {
			return bad
		}
		r := m.present()
		r.Fields = append(r.Fields, meta)
		for _, l := range r.Layouts {
			addToLayout(l, text(meta, "api_name"))
		}
		if err := c.sim.redefine(c.org, m.api, r); err != nil {
			return notSettled(f.path, err)
		}
		return settled(c.org.byAPI[m.api].byAPI[text(meta, "api_name")].id, "field created")
	})
}

// addToLayout puts a field at the end of a layout.
func addToLayout(layout definition, api string) {
	sections := objects(layout["sections"])
	if len(sections) == 0 {
		return
	}
	last := sections[len(sections)-1]
	fields, _ := last["fields"].([]any)
	last["fields"] = append(fields, definition{"api_name": api, "required": false})
}

// newFieldMeta reads the definition of a new field.
func (c *call) newFieldMeta(f *form, m *module) definition {
	label, kind := f.text("field_label", true, labelMost), f.text("data_type", true, 0)
	if f.bad != nil {
		return nil
	}
	if _, known := fieldTypes[kind]; !known {
		f.invalid("data_type", nil)
	}
	c.checkFieldLabel(f, m, nil)
	api := f.text("api_name", false, labelMost)
	switch _, given := f.d["api_name"]; {
	case !given:
		api = apiNameOf(label, func(name string) bool { return m.byAPI[name] != nil })
	case !validAPIName(api):
		f.invalid("api_name", nil)
	case m.byAPI[api] != nil:
		f.taken("api_name", "duplicate data")
	}
	created := c.now.In(c.user.place).Format(stampLayout)
	meta := definition{
		"api_name": api, "field_label": label, "display_label": label, "data_type": kind, "custom_field": true,
		"created_source": "crm", "created_time": created, "modified_time": created,
	}
	c.readFieldType(f, meta, kind)
	c.readFieldMembers(f, m, meta, kind)
	return meta
}

func (c *call) checkFieldLabel(f *form, m *module, own *field) {
	label := text(f.d, "field_label")
	if !plainLabel(label) {
		f.fail("INVALID_DATA", "Special characters in field label", "field_label", nil)
	}
	for _, other := range m.fields {
		if other != own && label != "" && strings.EqualFold(other.label, label) {
			f.taken("field_label", "duplicate data")
		}
	}
}

// readFieldType reads what a data type asks for besides its name.
func (c *call) readFieldType(f *form, meta definition, kind string) {
	switch kind {
	case "picklist", "multiselectpicklist":
		c.readPicks(f, meta, nil)
	case "lookup":
		c.readLookup(f, meta)
	case "multi_module_lookup":
		c.readLookups(f, meta)
	case "formula", "rollup_summary":
		computed, ok := f.object(kind)
		if !ok {
			f.depends(kind, "data_type")
		}
		if kind == "formula" && ok {
			inner := &form{path: f.path + ".formula", d: computed}
			inner.text("expression", true, 2000)
			inner.text("return_type", true, 0)
			if f.bad == nil {
				f.bad = inner.bad
			}
		}
		meta[kind] = computed
	case "autonumber":
		number, ok := f.object("auto_number")
		if !ok {
			f.depends("auto_number", "data_type")
		} else if number["start_number"] == nil {
			f.missing("auto_number.start_number")
		}
		meta["auto_number"] = number
	}
}

// depends notes that one member asks for another that is missing.
func (f *form) depends(key, on string) {
	f.fail("DEPENDENT_FIELD_MISSING", "Dependent Fields missing", key, details{
		"dependee": details{"api_name": on, "json_path": f.path + "." + on},
	})
}

func (c *call) readLookup(f *form, meta definition) {
	given, ok := f.object("lookup")
	target := object(given, "module")
	name := text(target, "api_name")
	if name == "" {
		name = text(target, "id")
	}
	m := c.org.moduleByName(name)
	switch {
	case !ok:
		f.depends("lookup", "data_type")
	case name == "":
		f.missing("lookup.module.api_name")
	case m == nil || !m.apiSupported:
		f.invalid("lookup.module.api_name", nil)
	default:
		meta["lookup"] = overlay(given, definition{"module": definition{"api_name": m.api, "id": m.id}})
	}
}

func (c *call) readLookups(f *form, meta definition) {
	given, ok := f.object("multi_module_lookup")
	targets := objects(given["modules"])
	if !ok || len(targets) == 0 {
		f.depends("multi_module_lookup", "data_type")
		return
	}
	var modules []any
	for i, t := range targets {
		m := c.org.byAPI[text(t, "api_name")]
		if m == nil || !m.apiSupported {
			f.invalid(fmt.Sprintf("multi_module_lookup.modules[%d].api_name", i), nil)
			return
		}
		modules = append(modules, definition{"api_name": m.api, "id": m.id})
	}
	meta["multi_module_lookup"] = overlay(given, definition{"modules": modules})
}

// readFieldMembers reads what new and changed fields have in common.
func (c *call) readFieldMembers(f *form, m *module, meta definition, kind string) {
	if _, given := f.d["length"]; given {
		if most := fieldTypes[kind]; most > 0 {
			meta["length"] = f.whole("length", 0, 1, most)
		}
	}
	if _, given := f.d["decimal_place"]; given && (kind == "double" || kind == "currency" || kind == "percent") {
		meta["decimal_place"] = f.whole("decimal_place", 2, 0, 9)
	}
	c.readUnique(f, m, meta, kind)
	if profiles, given := f.list("profiles"); given {
		meta["profiles"] = f.profiles(c.org, "profiles")
		for i, p := range profiles {
			allowed := []string{"read_write", "read_only", "hidden"}
			if permission := text(p, "permission_type"); permission != "" && !slices.Contains(allowed, permission) {
				f.invalid(fmt.Sprintf("profiles[%d].permission_type", i), details{"supported_values": allowed})
			}
		}
	}
	for _, key := range fieldMembers {
		if v, given := f.d[key]; given {
			meta[key] = v
		}
	}
}

// readUnique reads unique and external. The values of an external field stand for ids and are therefore unique too.
func (c *call) readUnique(f *form, m *module, meta definition, kind string) {
	fits := slices.Contains([]string{"text", "email", "phone", "integer", "bigint", "website"}, kind)
	unique, given := f.object("unique")
	if given && len(unique) == 0 {
		meta["unique"] = definition{}
	}
	external, has := f.object("external")
	if v, said := f.d["external"]; said && v == nil {
		meta["external"] = nil
	}
	for key, there := range map[string]bool{"unique": given && len(unique) > 0, "external": has} {
		if there && !fits {
			f.fail("NOT_SUPPORTED", "The data type does not support this", key, nil)
		}
	}
	if has {
		allowed := []string{"user", "org"}
		if !slices.Contains(allowed, text(external, "type")) {
			f.invalid("external.type", details{"supported_values": allowed})
		}
		c.checkExternals(f, m, text(meta, "api_name"))
		meta["external"] = overlay(definition{"show": false, "allow_multiple_config": false}, external)
	}
	if given && len(unique) > 0 || has {
		sensitive := said(unique, "case_sensitive") || said(unique, "casesensitive") || text(unique, "casesensitive") == "true"
		meta["unique"] = definition{"casesensitive": fmt.Sprint(sensitive)}
	}
}

// checkExternals lets a module have as many external fields as switch external_fields_max says.
func (c *call) checkExternals(f *form, m *module, own string) {
	n := 0
	for _, x := range m.fields {
		if x.external && x.api != own {
			n++
		}
	}
	if most := c.sw.ExternalFieldsMax; most > 0 && n >= most && f.bad == nil {
		where := details{"api_name": "external", "json_path": f.path + ".external"}
		f.bad = &problem{"LIMIT_EXCEEDED", "limit exceeded", details{"limit": most, "limit_due_to": []details{where}}}
	}
}

// updateFields answers PATCH /settings/fields?module=: each item names its field. Source: Zoho CRM v8, "Update Custom Fields".
func (c *call) updateFields() answer {
	m, refused := c.moduleParam()
	if refused != nil {
		return *refused
	}
	return c.eachSetting("fields", http.StatusOK, func(f *form) result {
		id := f.text("id", true, 0)
		now := c.org.byAPI[m.api]
		i := slices.IndexFunc(now.fields, func(x *field) bool { return x.id == id })
		if i < 0 {
			f.fail("INVALID_DATA", "the id given seems to be invalid", "id", nil)
			bad, _ := f.result()
			return bad
		}
		return c.updateField(f, now, now.fields[i])
	})
}

// updateOneField answers PATCH /settings/fields/{id}?module=.
func (c *call) updateOneField() answer {
	x, refused := c.fieldParam()
	if refused != nil {
		return *refused
	}
	m := c.org.byAPI[c.query.Get("module")]
	return c.eachSetting("fields", http.StatusOK, func(f *form) result { return c.updateField(f, m, x) })
}

// updateField changes a field; its data type and API name stay what they are, and so do those of Zoho's own fields besides
// label and pick list.
func (c *call) updateField(f *form, m *module, x *field) result {
	r := m.present()
	meta := r.Fields[slices.Index(m.fields, x)]
	if kind, given := f.d["data_type"]; given && kind != x.dataType {
		f.forbidden("data_type", "data type cannot be changed")
	}
	if api, given := f.d["api_name"]; given && api != x.api {
		f.forbidden("api_name", "api_name cannot be changed")
	}
	if label := f.text("field_label", false, labelMost); label != "" {
		c.checkFieldLabel(f, m, x)
		meta["field_label"], meta["display_label"] = label, label
	}
	if !x.custom {
		for _, key := range []string{"length", "unique", "external", "decimal_place"} {
			if _, given := f.d[key]; given {
				f.forbidden(key, "system defined field cannot be changed")
			}
		}
	}
	if x.dataType == "picklist" || x.dataType == "multiselectpicklist" {
		c.readPicks(f, meta, meta)
	}
	c.readFieldMembers(f, m, meta, x.dataType)
	if len(object(meta, "unique")) > 0 && !x.unique && m.table.repeats(x) {
		f.forbidden("unique", "the field has duplicate values")
	}
	if bad, is := f.result(); is {
		return bad
	}
	c.touched(meta)
	delete(meta, "modified_by") // fields do not tell
	if err := c.sim.redefine(c.org, m.api, r); err != nil {
		return notSettled(f.path, err)
	}
	return settled(x.id, "field updated")
}

// repeats tells whether two records have the same value of a field.
func (t *table) repeats(f *field) bool {
	seen := map[string]bool{}
	for _, r := range t.rows {
		c, ok := r.get(f.key)
		if !ok {
			continue
		}
		key := t.uniqueKey(f.key, c)
		if seen[key] {
			return true
		}
		seen[key] = true
	}
	return false
}

// deleteField answers DELETE /settings/fields/{id}?module=. The values go with it. Source: Zoho CRM v8, "Delete Custom Field".
func (c *call) deleteField() answer {
	x, refused := c.fieldParam()
	if refused == nil {
		refused = c.mayCustomize()
	}
	if refused != nil {
		return *refused
	}
	m := c.org.byAPI[c.query.Get("module")]
	switch {
	case !x.custom:
		return *notAllowed("system defined field cannot be deleted")
	case m.display == x:
		return *notAllowed("The custom field has already used in other places")
	}
	r := m.present()
	r.Fields = slices.Delete(r.Fields, slices.Index(m.fields, x), slices.Index(m.fields, x)+1)
	for _, l := range r.Layouts {
		for _, s := range objects(l["sections"]) {
			s["fields"] = withoutField(s["fields"], x.api)
		}
	}
	if err := c.sim.redefine(c.org, m.api, r); err != nil {
		return settingsAnswer("fields", http.StatusOK, []result{notSettled("$", err)})
	}
	return settingsAnswer("fields", http.StatusOK, []result{settled(x.id, "field deleted")})
}

// withoutField takes a field out of a section's list.
func withoutField(list any, api string) []any {
	fields, _ := list.([]any)
	return slices.DeleteFunc(fields, func(v any) bool {
		o, _ := v.(definition)
		return text(o, "api_name") == api
	})
}
