package zohosim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

const viewsAtOnce = 10

// jsonText gives a number or truth value as JSON writes it.
func jsonText(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(b)
}

// createViews answers POST /settings/custom_views?module=. Source: Zoho CRM v8, "Create Custom View".
func (c *call) createViews() answer {
	m, refused := c.moduleParam()
	if refused != nil {
		return *refused
	}
	return c.eachView(m, http.StatusCreated, func(f *form) result {
		v := c.readView(f, m, definition{
			"id": formatID(c.org.nextID()), "system_defined": false, "default": false, "system_name": nil, "access_type": "only_to_me",
			"created_by":   definition{"name": c.user.name(), "id": formatID(c.user.id)},
			"created_time": c.now.In(c.user.place).Format(stampLayout),
		})
		if bad, is := f.result(); is {
			return bad
		}
		return c.putView(f, m, v, "custom view created")
	})
}

// eachView is eachForm for views, which everybody may make.
func (c *call) eachView(m *module, status int, one func(f *form) result) answer {
	c.module = m
	return c.eachForm("custom_views", status, one)
}

// readView reads a view over what it is now.
func (c *call) readView(f *form, m *module, now definition) definition {
	_, named := f.d["name"]
	name := f.text("name", now["name"] == nil || named, labelMost)
	for _, other := range c.org.views(m) {
		if name != "" && other["id"] != now["id"] && strings.EqualFold(text(other, "name"), name) {
			f.taken("name", "duplicate data")
		}
	}
	next := overlay(now, nil)
	if name != "" {
		next["name"], next["display_value"] = name, name
	}
	if v, given := f.d["access_type"]; given {
		allowed := []string{"shared", "public", "only_to_me"}
		access, _ := v.(string)
		if !slices.Contains(allowed, access) {
			f.invalid("access_type", details{"supported_values": allowed})
		}
		next["access_type"] = access
	}
	for _, key := range []string{"shared_to", "locked"} {
		if v, given := f.d[key]; given {
			next[key] = v
		}
	}
	c.readViewFields(f, m, next)
	if criteria, given := f.object("criteria"); given {
		next["criteria"] = criteria
		if _, refused := c.viewTest(next); refused != nil {
			f.invalid("criteria", nil)
		}
	}
	c.readViewSort(f, m, next)
	c.touched(next)
	return next
}

// readViewFields reads the columns of a view.
func (c *call) readViewFields(f *form, m *module, next definition) {
	given, ok := f.list("fields")
	if !ok {
		return
	}
	fields := []any{}
	for i, d := range given {
		x := m.fieldNamed(d)
		if x == nil {
			f.invalid(fmt.Sprintf("fields[%d].api_name", i), nil)
			return
		}
		fields = append(fields, definition{"api_name": x.api, "id": x.id, "_pin": said(d, "_pin")})
	}
	next["fields"] = fields
}

// fieldNamed finds a field by the id or API name in an object.
func (m *module) fieldNamed(d definition) *field {
	for _, f := range m.fields {
		if id := text(d, "id"); id != "" && f.id == id || id == "" && f.api == text(d, "api_name") {
			return f
		}
	}
	return nil
}

// readViewSort reads sort_by and sort_order.
func (c *call) readViewSort(f *form, m *module, next definition) {
	if by, given := f.object("sort_by"); given {
		x := m.fieldNamed(by)
		if x == nil || x.kind == kindJSON {
			f.invalid("sort_by.api_name", nil)
			return
		}
		next["sort_by"] = definition{"api_name": x.api, "id": x.id}
	}
	if v, given := f.d["sort_order"]; given {
		allowed := []string{"asc", "desc"}
		order, _ := v.(string)
		if !slices.Contains(allowed, order) {
			f.invalid("sort_order", details{"supported_values": allowed})
		}
		next["sort_order"] = order
	}
}

func (c *call) putView(f *form, m *module, v definition, message string) result {
	err := c.saveSettings(func(s *orgSettings) {
		if s.Views == nil {
			s.Views = map[string][]definition{}
		}
		list := slices.DeleteFunc(s.Views[m.api], func(x definition) bool { return x["id"] == v["id"] })
		s.Views[m.api] = append(list, v)
	})
	if err != nil {
		return notSettled(f.path, err)
	}
	return settled(text(v, "id"), message)
}

// updateOneView answers PUT /settings/custom_views/{id}?module=. Zoho's own views stay what they are.
func (c *call) updateOneView() answer {
	m, v, refused := c.viewParam()
	if refused == nil && flag(v, "system_defined", false) {
		refused = notAllowed("system defined custom view cannot be changed")
	}
	if refused != nil {
		return *refused
	}
	return c.eachView(m, http.StatusOK, func(f *form) result {
		next := c.readView(f, m, v)
		if bad, is := f.result(); is {
			return bad
		}
		return c.putView(f, m, next, "custom view updated")
	})
}

func (c *call) viewParam() (*module, definition, *answer) {
	m, refused := c.moduleParam()
	if refused != nil {
		return nil, nil, refused
	}
	v := c.view(m, c.args["name"])
	if v == nil {
		return nil, nil, badResource("the id given seems to be invalid")
	}
	return m, v, nil
}

// sortViews answers PUT /settings/custom_views/actions/change_sort?module=: each item names its view.
func (c *call) sortViews() answer {
	m, refused := c.moduleParam()
	if refused != nil {
		return *refused
	}
	return c.eachView(m, http.StatusOK, func(f *form) result {
		id := f.text("id", true, 0)
		v := c.view(m, id)
		if f.bad == nil && v == nil {
			f.fail("INVALID_DATA", "the id given seems to be invalid", "id", nil)
		}
		return c.sortView(f, m, v)
	})
}

// sortOneView answers PUT /settings/custom_views/{id}/actions/change_sort?module=.
func (c *call) sortOneView() answer {
	m, v, refused := c.viewParam()
	if refused != nil {
		return *refused
	}
	return c.eachView(m, http.StatusOK, func(f *form) result { return c.sortView(f, m, v) })
}

func (c *call) sortView(f *form, m *module, v definition) result {
	if f.bad == nil && f.d["sort_by"] == nil && f.d["sort_order"] == nil {
		f.either("sort_by", "sort_order")
	}
	next := overlay(v, nil)
	c.readViewSort(f, m, next)
	if bad, is := f.result(); is {
		return bad
	}
	return c.putView(f, m, next, "custom view updated")
}

// deleteViews answers DELETE /settings/custom_views?module=&ids=. Source: Zoho CRM v8, "Delete Custom View".
func (c *call) deleteViews() answer {
	m, refused := c.moduleParam()
	if refused != nil {
		return *refused
	}
	ids := splitIDs(c.query.Get("ids"))
	if len(ids) == 0 {
		return missingParam("ids")
	}
	results := make([]result, len(ids))
	for i, id := range ids {
		v := c.view(m, id)
		if v == nil || flag(v, "system_defined", false) {
			results[i] = failed(problem{
				"INVALID_DATA", "The provided CustomView is either invalid or already Deleted", details{"id": id},
			})
			continue
		}
		err := c.saveSettings(func(s *orgSettings) {
			s.Views[m.api] = slices.DeleteFunc(s.Views[m.api], func(x definition) bool { return x["id"] == id })
		})
		if results[i] = settled(id, "deleted successfully"); err != nil {
			results[i] = notSettled("$", err)
		}
	}
	return settingsAnswer("custom_views", http.StatusOK, results)
}
