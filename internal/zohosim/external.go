package zohosim

import (
	"slices"
	"strings"
)

// externals reads header X-EXTERNAL: Leads.My_Ext_Id lets values of that field stand for ids of its module. Several modules may
// be named, parted by commas. Source: Zoho CRM v8, "External ID".
func (c *call) externals() (map[string]*field, *answer) {
	out := map[string]*field{}
	for _, given := range strings.FieldsFunc(c.r.Header.Get("X-EXTERNAL"), func(r rune) bool { return r == ',' || r == ' ' }) {
		api, name, _ := strings.Cut(given, ".")
		m := c.org.byAPI[api]
		if m == nil || m.byAPI[name] == nil || !m.byAPI[name].external {
			a := refuse("INVALID_DATA", "the external field given seems to be invalid", details{"header": "X-EXTERNAL"})
			return nil, &a
		}
		out[api] = m.byAPI[name]
	}
	return out, nil
}

// externalField is the external field of the call's module; nil without one. A header that names only other modules is refused.
func (c *call) externalField() (*field, *answer) {
	all, refused := c.externals()
	f := all[c.module.api]
	if refused == nil && len(all) > 0 && f == nil {
		a := refuse("INVALID_DATA", "the external field given seems to be invalid", details{"header": "X-EXTERNAL"})
		return nil, &a
	}
	return f, refused
}

// find1 finds a record within the call's reach by id, or by the value of an external field.
func (c *call) find1(external *field, value string) *record {
	if r := c.module.find(external, value); r != nil && !c.hidden(r) {
		return r
	}
	return nil
}

// find finds a record by id, or by the value of an external field.
func (m *module) find(external *field, value string) *record {
	if external == nil {
		id, ok := parseID(value)
		if !ok {
			return nil
		}
		return m.table.rows[id]
	}
	if index, unique := m.table.unique[external.key]; unique {
		c := textCell(value)
		if external.kind == kindInt {
			n, ok := parseID(value)
			if !ok {
				return nil
			}
			c = cell{kind: kindInt, num: n}
		}
		if id, there := index[m.table.uniqueKey(external.key, c)]; there {
			return m.table.rows[id]
		}
		return nil
	}
	ids := make([]int64, 0, 1)
	for id, r := range m.table.rows {
		v, ok := r.get(external.key)
		if ok && (v.kind == kindText && strings.EqualFold(v.str, value) || v.kind == kindInt && formatID(v.num) == value) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return m.table.rows[slices.Min(ids)]
}
