package zohosim

import (
	"net/http"
	"slices"
	"strings"
)

const (
	labelMost     = 50 // characters of a label
	modulesAtOnce = 1  // modules that one call creates
)

// createModules answers POST /settings/modules. Source: Zoho CRM v8, "Create Custom Module".
func (c *call) createModules() answer {
	return c.eachSetting("modules", http.StatusOK, func(f *form) result {
		singular, plural := f.text("singular_label", true, labelMost), f.text("plural_label", true, labelMost)
		api := f.text("api_name", false, labelMost)
		if _, given := f.d["api_name"]; !given {
			api = apiNameOf(plural, func(name string) bool { return c.org.byAPI[name] != nil })
		}
		if f.d["profiles"] == nil {
			f.missing("profiles")
		}
		profiles := f.profiles(c.org, "profiles")
		c.checkLabels(f, nil)
		switch {
		case !validAPIName(api):
			f.invalid("api_name", nil)
		case reserved(api) || strings.EqualFold(api, "records"):
			f.fail("RESERVED_KEYWORD_NOT_ALLOWED", "The api_name contains a reserved system keyword", "api_name", nil)
		case c.org.byAPI[api] != nil:
			f.taken("api_name", "duplicate data")
		}
		display := c.displayField(f)
		if bad, is := f.result(); is {
			return bad
		}
		module := definition{
			"singular_label": singular, "plural_label": plural, "module_name": plural, "profiles": profiles,
			"display_field": definition{"api_name": display["api_name"]}, "description": f.d["description"],
		}
		c.touched(module)
		if err := c.sim.redefine(c.org, api, redefinition{Module: module, Fields: []definition{display}}); err != nil {
			return notSettled(f.path, err)
		}
		return settled(c.org.byAPI[api].id, "module created")
	})
}

// displayField reads the field that names a record of the new module: text, or an automatic number.
func (c *call) displayField(f *form) definition {
	out := definition{"api_name": "Name", "field_label": text(f.d, "singular_label") + " Name", "system_mandatory": true}
	given, ok := f.object("display_field")
	if !ok {
		return out
	}
	inner := &form{path: f.path + ".display_field", d: given}
	if label := inner.text("field_label", true, labelMost); label != "" {
		out["field_label"] = label
	}
	switch kind := text(given, "data_type"); kind {
	case "", "text":
	case "autonumber":
		number, there := inner.object("auto_number")
		if !there {
			inner.fail("DEPENDENT_FIELD_MISSING", "autonumber data is not found", "auto_number", nil)
		} else if number["start_number"] == nil {
			inner.missing("auto_number.start_number")
		}
		out["data_type"], out["auto_number"], out["system_mandatory"] = kind, number, false
	default:
		inner.invalid("data_type", details{"supported_values": []string{"text", "autonumber"}})
	}
	if f.bad == nil {
		f.bad = inner.bad
	}
	return out
}

// checkLabels refuses labels that another module has, or with characters that none may have.
func (c *call) checkLabels(f *form, own *module) {
	for _, key := range []string{"singular_label", "plural_label"} {
		label := text(f.d, key)
		word := strings.TrimSuffix(key, "_label")
		if !plainLabel(label) {
			f.fail("INVALID_DATA", "Special characters in module "+word+" name", key, nil)
		}
		if slices.ContainsFunc(c.org.modules, func(m *module) bool {
			return m != own && label != "" && strings.EqualFold(text(m.meta, key), label)
		}) {
			f.taken(key, "Module "+word+" name duplicate")
		}
	}
}

// updateModules answers PUT /settings/modules: each item names its module. Source: Zoho CRM v8, "Update Module".
func (c *call) updateModules() answer {
	return c.eachSetting("modules", http.StatusOK, func(f *form) result {
		id := f.text("id", true, 0)
		m := c.org.moduleByName(id)
		if m == nil {
			f.fail("INVALID_DATA", "the id given seems to be invalid", "id", nil)
		}
		return c.updateModule(f, m)
	})
}

// updateOneModule answers PUT /settings/modules/{api_name|id}.
func (c *call) updateOneModule() answer {
	m := c.org.moduleByName(c.args["name"])
	if m == nil {
		return refuse("INVALID_MODULE", "the module name given seems to be invalid", details{"resource_path_index": 2})
	}
	return c.eachSetting("modules", http.StatusOK, func(f *form) result { return c.updateModule(f, m) })
}

// moduleByName finds a module by API name or id.
func (o *org) moduleByName(name string) *module {
	i := slices.IndexFunc(o.modules, func(m *module) bool { return m.api == name || m.id == name })
	if i < 0 {
		return nil
	}
	return o.modules[i]
}

// updateModule changes labels, profiles and visibility. API names stay what they are.
func (c *call) updateModule(f *form, m *module) result {
	f.text("singular_label", false, labelMost)
	f.text("plural_label", false, labelMost)
	profiles := f.profiles(c.org, "profiles")
	if _, given := f.d["profiles"]; given && len(profiles) == 0 {
		f.fail("MINIMUM_DATA_NOT_FOUND", "At least one profile needed", "profiles", nil)
	}
	if m != nil {
		c.checkLabels(f, m)
		if api, given := f.d["api_name"]; given && api != m.api {
			f.forbidden("api_name", "Api name update not allowed")
		}
	}
	if bad, is := f.result(); is {
		return bad
	}
	r := m.present()
	for _, key := range []string{"singular_label", "plural_label", "description", "show_as_tab", "quick_create"} {
		if v, given := f.d[key]; given && v != nil {
			r.Module[key] = v
		}
	}
	if len(profiles) > 0 {
		r.Module["profiles"] = profiles
	}
	c.touched(r.Module)
	if err := c.sim.redefine(c.org, m.api, r); err != nil {
		return notSettled(f.path, err)
	}
	return settled(m.id, "module created")
}
