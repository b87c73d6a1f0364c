package zohosim

import (
	"slices"

	"heavyset.tech/platform/internal/zohosim/query"
)

// column finds what a column's name means: a field, or a field of a record or user that a lookup points at.
func (c *call) column(name query.Column, relations map[string]bool) (column, *answer) {
	m, f := c.module, c.module.byAPI[name.Path[0]]
	if f == nil {
		return column{}, noColumn(name)
	}
	col := own(m, f)
	if found, ok := c.moduleColumn(col, name); ok {
		return found, nil
	}
	for i, part := range name.Path[1:] {
		prefix := query.Column{Path: name.Path[:i+1], Via: name.Via}
		if i > 0 {
			prefix.Via = ""
		}
		relations[prefix.String()] = true
		via := ""
		if i == 0 {
			via = name.Via
		}
		next, ok := c.step(col, part, via)
		if !ok {
			return column{}, noColumn(name)
		}
		col = next
	}
	col.name = name.String()
	return col, nil
}

func noColumn(name query.Column) *answer {
	a := refuse("INVALID_QUERY", "column given seems to be invalid", details{"column_name": name.String()})
	return &a
}

// moduleColumn is Appointment_For.module.api_name and .id: the module that a lookup into several points into.
func (c *call) moduleColumn(from column, name query.Column) (column, bool) {
	if !from.f.several() || name.Via != "" || len(name.Path) != 3 || name.Path[1] != "module" {
		return column{}, false
	}
	part := name.Path[2]
	if part != "api_name" && part != "id" {
		return column{}, false
	}
	f, get, o := &field{api: part, dataType: "text", kind: kindText}, from.get, c.org
	return column{name: name.String(), f: f, get: func(r *record) (cell, bool) {
		ref, ok := get(r)
		m, _ := o.target(from.f, ref)
		switch {
		case !ok || m == nil:
			return cell{}, false
		case part == "id":
			return textCell(m.id), true
		}
		return textCell(m.api), true
	}}, true
}

// step follows a lookup to a field of what it points at. Lookups into several modules need to be told which, via.
func (c *call) step(from column, name, via string) (column, bool) {
	if from.people != nil {
		return personColumn(from, name)
	}
	if from.f.dataType == "ownerlookup" || from.f.dataType == "userlookup" {
		return c.userColumn(from, name)
	}
	if !from.f.lookup() || from.f.kind != kindRef {
		return column{}, false
	}
	api := via
	switch {
	case from.f.several() && via == "":
		return column{}, false
	case !from.f.several() && via == "":
		api = from.f.targets[0]
	case !from.f.several():
		return column{}, false
	}
	m := c.org.byAPI[api]
	if m == nil || m.byAPI[name] == nil {
		return column{}, false
	}
	f, get := m.byAPI[name], from.get
	return column{m: m, f: f, get: func(r *record) (cell, bool) {
		ref, ok := get(r)
		if !ok || ref.str != "" && ref.str != api {
			return cell{}, false
		}
		other := m.table.rows[ref.num]
		if other == nil {
			return cell{}, false
		}
		return valueOf(m, other, f)
	}}, true
}

// userColumn is a field of the user that a lookup points at. Of role and profile, more can be asked.
func (c *call) userColumn(from column, name string) (column, bool) {
	f := &field{api: name, dataType: "text", kind: kindText}
	var people func(*user) named
	read := map[string]func(*user) cell{
		"id":         func(u *user) cell { return cell{kind: kindInt, num: u.id} },
		"first_name": func(u *user) cell { return textCell(u.first) },
		"last_name":  func(u *user) cell { return textCell(u.last) },
		"full_name":  func(u *user) cell { return textCell(u.name()) },
		"email":      func(u *user) cell { return textCell(u.email) },
		"zuid":       func(u *user) cell { return textCell(u.zuid) },
	}[name]
	switch name {
	case "id":
		f.dataType, f.kind = "bigint", kindInt
	case "role":
		people = func(u *user) named { return u.org.roles[u.role] }
	case "profile":
		people = func(u *user) named { return u.org.profiles[u.profile] }
	}
	if people != nil {
		read = func(u *user) cell { return textCell(people(u).ID) }
	}
	if read == nil {
		return column{}, false
	}
	o, get := c.org, from.get
	who := func(r *record) *user {
		ref, ok := get(r)
		if !ok {
			return nil
		}
		return o.user(ref.num)
	}
	return column{f: f, who: who, people: people, get: ofUser(who, read)}, true
}

// personColumn is id or name of the role or profile of a user.
func personColumn(from column, name string) (column, bool) {
	read := map[string]func(named) string{
		"id":   func(n named) string { return n.ID },
		"name": func(n named) string { return n.Name },
	}[name]
	if read == nil {
		return column{}, false
	}
	people := from.people
	return column{
		f:   &field{api: name, dataType: "text", kind: kindText},
		get: ofUser(from.who, func(u *user) cell { return textCell(read(people(u))) }),
	}, true
}

// ofUser reads something of the user that a record names.
func ofUser(who func(*record) *user, read func(*user) cell) func(*record) (cell, bool) {
	return func(r *record) (cell, bool) {
		u := who(r)
		if u == nil {
			return cell{}, false
		}
		return read(u), true
	}
}

// queryable refuses columns that criteria don't take, and operators that don't fit the column.
func queryable(col column, cond *query.Cond) *answer {
	f := col.f
	if f.dataType == "textarea" || f.kind == kindJSON || f.dataType == "profileimage" || f.api == "Participants" {
		value := "${EMPTY}"
		if len(cond.Values) > 0 {
			value = cond.Values[0].Text
		}
		a := refuse("INVALID_QUERY", "unsupported column in criteria", details{
			"cv_criteria": false, "column_name": col.name, "value": value, "operator": cond.Word,
		})
		return &a
	}
	switch cond.Op {
	case query.IsNull, query.NotNull, query.Equal, query.NotEqual:
		return nil
	case query.In, query.NotIn:
		if f.kind != kindBool {
			return nil
		}
	case query.Like, query.NotLike:
		if f.kind == kindText && cond.Values[0].Quoted {
			return nil
		}
	default:
		if f.kind != kindText && f.kind != kindBool && f.kind != kindRef {
			return nil
		}
	}
	return badColumn(col.name, cond.Word, "invalid operator found")
}

// appendRow writes a row of the answer. id is always there.
func (c *call) appendRow(b []byte, r *record, outputs []output) []byte {
	b = append(b, '{')
	if !slices.ContainsFunc(outputs, func(o output) bool { return o.name == "id" }) {
		b = appendQuoted(appendKey(b, "id"), formatID(r.id))
	}
	v := view{org: c.org, place: c.user.place}
	for _, o := range outputs {
		value, ok := o.get(r)
		b = c.appendOutput(appendKey(b, o.name), v, o.column, value, ok)
	}
	return append(b, '}')
}

// appendOutput writes a value. Lookups come with their name only where switch coql_lookup_name says so.
func (c *call) appendOutput(b []byte, v view, col column, value cell, ok bool) []byte {
	switch {
	case !ok:
		return append(b, col.f.emptyValue()...)
	case value.kind == kindRef && !c.sw.CoqlLookupName:
		b = append(b, '{')
		if m := c.org.byAPI[value.str]; m != nil && col.f.dataType == "multi_module_lookup" {
			b = appendQuoted(appendKey(append(appendKey(b, "module"), '{'), "api_name"), m.api)
			b = append(appendQuoted(appendKey(b, "id"), m.id), '}')
		}
		return append(appendQuoted(appendKey(b, "id"), formatID(value.num)), '}')
	case col.f.sys == sysOwner || col.f.sys == sysCreatedBy || col.f.sys == sysModifiedBy:
		return v.appendUser(b, value.num)
	case col.f.sys == sysID:
		return appendQuoted(b, formatID(value.num))
	}
	return v.appendCell(b, col.f, value)
}
