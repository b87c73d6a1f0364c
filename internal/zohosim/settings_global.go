package zohosim

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"heavyset.tech/platform/internal/zohosim/journal"
)

const (
	globalsAtOnce  = 10
	globalDescribe = 1000 // characters of a description
)

// orgSettings are what an organization sets beside its modules. They are replaced as a whole, never changed in place.
type orgSettings struct {
	Globals  []definition            `json:"globals"`  // global sets of pick list values
	Replaced map[string][]definition `json:"replaced"` // by global set: values that were replaced by others
	Views    map[string][]definition `json:"views"`    // by module: custom views, and how Zoho's own are sorted
}

type settingsOp struct {
	Org      int         `json:"org"`
	Settings orgSettings `json:"settings"`
}

// saveSettings puts the settings of the organization in place. The caller holds Sim.mu.
func (c *call) saveSettings(change func(*orgSettings)) error {
	next := copied(c.org.settings)
	change(&next)
	if err := c.sim.write(addJSON(journal.Batch(nil), opSettings, settingsOp{c.org.index, next})); err != nil {
		return err
	}
	return c.sim.applySettings(settingsOp{c.org.index, next})
}

func (s *Sim) applySettings(op settingsOp) error {
	o, err := s.orgAt(op.Org)
	if err != nil {
		return err
	}
	o.settings = op.Settings
	for _, id := range op.Settings.ids() {
		o.saw(id)
	}
	return nil
}

// ids lists the ids of global sets, their values and views.
func (s orgSettings) ids() []int64 {
	var out []int64
	add := func(d definition) {
		if id, ok := parseID(text(d, "id")); ok {
			out = append(out, id)
		}
	}
	for _, g := range s.Globals {
		add(g)
		for _, v := range objects(g["pick_list_values"]) {
			add(v)
		}
	}
	for _, list := range s.Views {
		for _, v := range list {
			if !flag(v, "system_defined", false) {
				add(v)
			}
		}
	}
	return out
}

// globalPicklist finds a global set by id, or by API name where there is no id.
func (o *org) globalPicklist(id, api string) definition {
	for _, g := range o.settings.Globals {
		if id != "" && text(g, "id") == id || id == "" && text(g, "api_name") == api {
			return g
		}
	}
	return nil
}

// listGlobals answers GET /settings/global_picklists. The values come where include asks for them.
// Source: Zoho CRM v8, "Get Global Picklists".
func (c *call) listGlobals() answer {
	include, refused := c.globalIncludes()
	if refused != nil {
		return *refused
	}
	var list []any
	for _, g := range c.org.settings.Globals {
		list = append(list, c.globalWire(g, include))
	}
	if len(list) == 0 {
		return noContent
	}
	return jsonAnswer(http.StatusOK, map[string]any{"global_picklists": list})
}

func (c *call) globalIncludes() ([]string, *answer) {
	allowed := []string{"pick_list_values", "used_in_modules", "associated_fields_count"}
	include := strings.FieldsFunc(c.query.Get("include"), func(r rune) bool { return r == ',' || r == ' ' })
	for _, name := range include {
		if !slices.Contains(allowed, name) {
			a := refuse("INVALID_DATA", "invalid data", details{"param_name": "include", "supported_values": allowed})
			return nil, &a
		}
	}
	return include, nil
}

// globalWire is a global set as it goes out.
func (c *call) globalWire(g definition, include []string) definition {
	out := overlay(g, nil)
	if !slices.Contains(include, "pick_list_values") {
		delete(out, "pick_list_values")
	}
	uses := c.globalUses(text(g, "id"))
	if slices.Contains(include, "used_in_modules") {
		modules := []any{}
		for i, u := range uses {
			if i == 0 || uses[i-1].m != u.m {
				modules = append(modules, definition{"api_name": u.m.api, "id": u.m.id, "plural_label": u.m.plural})
			}
		}
		out["used_in_modules"] = modules
	}
	if slices.Contains(include, "associated_fields_count") {
		out["associated_fields_count"] = len(uses)
	}
	return out
}

// oneGlobal answers GET /settings/global_picklists/{id}, with the values.
func (c *call) oneGlobal() answer {
	g := c.org.globalPicklist(c.args["name"], "")
	if g == nil {
		return *badResource("the id given seems to be invalid")
	}
	include, refused := c.globalIncludes()
	if refused != nil {
		return *refused
	}
	return jsonAnswer(http.StatusOK, map[string]any{
		"global_picklists": []any{c.globalWire(g, append(include, "pick_list_values"))},
	})
}

// globalUse is a field that takes its values from a global set.
type globalUse struct {
	m *module
	f *field
}

func (c *call) globalUses(id string) (uses []globalUse) {
	for _, m := range c.org.modules {
		for _, f := range m.fields {
			if text(object(f.meta, "global_picklist"), "id") == id {
				uses = append(uses, globalUse{m, f})
			}
		}
	}
	return uses
}

// createGlobals answers POST /settings/global_picklists. Source: Zoho CRM v8, "Create Global Picklist".
func (c *call) createGlobals() answer {
	return c.eachSetting("global_picklists", http.StatusCreated, func(f *form) result {
		g := c.readGlobal(f, nil)
		if bad, is := f.result(); is {
			return bad
		}
		if err := c.saveSettings(func(s *orgSettings) { s.Globals = append(s.Globals, g) }); err != nil {
			return notSettled(f.path, err)
		}
		return settled(text(g, "id"), "global picklist added successfully")
	})
}

// readGlobal reads a global set over what it is now; now is nil for a new one.
func (c *call) readGlobal(f *form, now definition) definition {
	_, named := f.d["display_label"]
	label := f.text("display_label", now == nil || named, labelMost)
	f.text("description", false, globalDescribe)
	if label != "" && !plainLabel(label) {
		f.fail("INVALID_DATA", "Special characters in name", "display_label", nil)
	}
	api := c.globalAPIName(f, now, label)
	for _, other := range c.org.settings.Globals {
		if text(other, "id") == text(now, "id") {
			continue
		}
		if label != "" && strings.EqualFold(text(other, "display_label"), label) {
			f.taken("display_label", "Duplicate name found, enter a unique name.")
		}
		if text(other, "api_name") == api {
			f.taken("api_name", "Duplicate Api name found, enter a unique Api name.")
		}
	}
	next := overlay(definition{
		"description": nil, "presence": true, "pick_list_values_sorted_lexically": false,
	}, now)
	if now == nil {
		next["id"] = formatID(c.org.nextID())
		next["created_by"] = definition{"name": c.user.name(), "id": formatID(c.user.id)}
		next["created_time"] = c.now.In(c.user.place).Format(stampLayout)
	}
	if label != "" {
		next["display_label"], next["actual_label"] = label, label
	}
	next["api_name"] = api
	for _, key := range []string{"description", "pick_list_values_sorted_lexically"} {
		if v, given := f.d[key]; given {
			next[key] = v
		}
	}
	if _, given := f.d["pick_list_values"]; given || now == nil {
		f.checkOneByOne(now)
		next["pick_list_values"] = f.picks(objects(now["pick_list_values"]), func() string { return formatID(c.org.nextID()) })
	}
	c.touched(next)
	return next
}

// globalAPIName is the API name given, the one there is, or one made of the label.
func (c *call) globalAPIName(f *form, now definition, label string) string {
	v, given := f.d["api_name"]
	switch {
	case given && (v == nil || v == ""):
		f.fail("INVALID_DATA", "Api Name cannot be empty", "api_name", nil)
	case given:
		api := f.text("api_name", true, labelMost)
		if !validAPIName(api) {
			f.fail("INVALID_DATA", "Api Name should start with English alphabets followed by numbers or alphabets or "+
				"underscore and should not end with underscore", "api_name", nil)
		}
		return api
	case now != nil:
		return text(now, "api_name")
	}
	return apiNameOf(label, func(name string) bool { return c.org.globalPicklist("", name) != nil })
}

// checkOneByOne lets one call move only one value to the unused ones, and delete only one.
func (f *form) checkOneByOne(now definition) {
	if now == nil {
		return
	}
	given, _ := f.list("pick_list_values")
	moved, deleted := 0, 0
	old := objects(now["pick_list_values"])
	for i, v := range given {
		at := pickIndex(old, "id", text(v, "id"))
		key, message := "", ""
		switch {
		case at < 0:
		case said(v, "_delete"):
			if deleted++; deleted > 1 {
				key, message = "_delete", "More than one picklist value cannot be deleted"
			}
		case text(v, "type") == "unused" && text(old[at], "type") != "unused":
			if moved++; moved > 1 {
				key, message = "type", "More than one picklist value cannot be moved to unused type"
			}
		}
		if key != "" && f.bad == nil {
			where := details{"api_name": key, "json_path": fmt.Sprintf("%s.pick_list_values[%d].%s", f.path, i, key)}
			f.bad = &problem{"LIMIT_EXCEEDED", message, details{"limit": 1, "limit_due_to": []details{where}}}
		}
	}
}

// updateGlobals answers PATCH /settings/global_picklists: each item names its set. Source: "Update Global Picklist".
func (c *call) updateGlobals() answer {
	return c.eachSetting("global_picklists", http.StatusCreated, func(f *form) result {
		id := f.text("id", true, 0)
		g := c.org.globalPicklist(id, "")
		if g == nil {
			f.fail("INVALID_DATA", "the id given seems to be invalid", "id", nil)
			bad, _ := f.result()
			return bad
		}
		return c.updateGlobal(f, g)
	})
}

func (c *call) updateOneGlobal() answer {
	g := c.org.globalPicklist(c.args["name"], "")
	if g == nil {
		return *badResource("the id given seems to be invalid")
	}
	return c.eachSetting("global_picklists", http.StatusOK, func(f *form) result { return c.updateGlobal(f, g) })
}

// updateGlobal changes a set and the pick lists of all fields that have it.
func (c *call) updateGlobal(f *form, g definition) result {
	next := c.readGlobal(f, g)
	if bad, is := f.result(); is {
		return bad
	}
	if err := c.putGlobal(next); err != nil {
		return notSettled(f.path, err)
	}
	return settled(text(g, "id"), "global picklist updated successfully")
}

func (c *call) putGlobal(next definition) error {
	id := text(next, "id")
	if err := c.saveSettings(func(s *orgSettings) {
		s.Globals[slices.IndexFunc(s.Globals, func(g definition) bool { return text(g, "id") == id })] = next
	}); err != nil {
		return err
	}
	for _, u := range c.globalUses(id) {
		m := c.org.byAPI[u.m.api]
		r := m.present()
		meta := r.Fields[slices.IndexFunc(m.fields, func(f *field) bool { return f.id == u.f.id })]
		meta["pick_list_values"] = copied(next["pick_list_values"])
		meta["global_picklist"] = definition{"id": id, "api_name": next["api_name"]}
		if err := c.sim.redefine(c.org, m.api, r); err != nil {
			return err
		}
	}
	return nil
}

// deleteGlobals answers DELETE /settings/global_picklists?ids=. Source: Zoho CRM v8, "Delete Global Picklist".
func (c *call) deleteGlobals() answer {
	ids := splitIDs(c.query.Get("ids"))
	if refused := c.mayCustomize(); refused != nil {
		return *refused
	}
	if len(ids) == 0 {
		return missingParam("ids")
	}
	results := make([]result, len(ids))
	for i, id := range ids {
		results[i] = c.deleteGlobal(id)
	}
	return settingsAnswer("global_picklists", http.StatusOK, results)
}

func (c *call) deleteOneGlobal() answer {
	if refused := c.mayCustomize(); refused != nil {
		return *refused
	}
	if c.org.globalPicklist(c.args["name"], "") == nil {
		return *badResource("the id given seems to be invalid")
	}
	return settingsAnswer("global_picklists", http.StatusOK, []result{c.deleteGlobal(c.args["name"])})
}

// deleteGlobal deletes a set that no field has.
func (c *call) deleteGlobal(id string) result {
	switch {
	case c.org.globalPicklist(id, "") == nil:
		return failed(problem{"INVALID_DATA", "the id given seems to be invalid", details{"id": id}})
	case len(c.globalUses(id)) > 0:
		return failed(problem{"NOT_ALLOWED", "global set can't be deleted as it is associated to fields", details{"id": id}})
	}
	if err := c.saveSettings(func(s *orgSettings) {
		s.Globals = slices.DeleteFunc(s.Globals, func(g definition) bool { return text(g, "id") == id })
		delete(s.Replaced, id)
	}); err != nil {
		return notSettled("$", err)
	}
	return settled(id, "global picklist deleted successfully")
}
