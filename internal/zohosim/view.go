package zohosim

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// view writes records as a user of an organization gets them: instants in the offset of that user's zone, lookups with the
// present name of what they point at. Use it while Sim.mu is held.
type view struct {
	org   *org
	place *time.Location
}

// specials are members of records that are no fields and must be asked for by name.
func special(name string) bool { return strings.HasPrefix(name, "$") }

// appendRecord writes a record with some fields; id always comes first. In lists, what only a single record shows is left out.
func (v view) appendRecord(b []byte, m *module, r *record, fields []*field, specials []string, list bool) []byte {
	b = append(appendKey(append(b, '{'), "id"), '"')
	b = append(strconv.AppendInt(b, r.id, 10), '"')
	var cut []string // "field":true for what is not shown to its end, "field":false for subforms that are
	for _, f := range fields {
		if f.sys == sysID || list && (f.dataType == "subform" || f.dataType == "multiselectlookup") {
			continue
		}
		b = appendKey(b, f.api)
		if c, ok := r.get(f.key); ok && (list && f.rich || f.dataType == "subform") {
			whole := false
			if b, whole = v.appendCut(b, f, c); !whole || !f.rich {
				cut = append(cut, strconv.Quote(f.api)+":"+strconv.FormatBool(!whole))
			}
			continue
		}
		b = v.appendField(b, m, r, f)
	}
	if len(cut) > 0 {
		b = append(appendKey(b, "$has_more"), "{"+strings.Join(cut, ",")+"}"...)
	}
	for _, name := range specials {
		b = v.appendSpecial(b, m, r, name)
	}
	return append(b, '}')
}

const (
	richShown = 500 // characters of rich text in lists
	rowsShown = 200 // rows of a subform
)

// appendCut writes rich text for a list, or a subform, and tells whether that is all of it.
func (v view) appendCut(b []byte, f *field, c cell) (out []byte, whole bool) {
	if f.rich {
		if utf8.RuneCountInString(c.str) > richShown {
			return appendQuoted(b, string([]rune(c.str)[:richShown])), false
		}
		return appendQuoted(b, c.str), true
	}
	if rows := decodeRows(c.str); len(rows) > rowsShown {
		return append(b, encoded(rows[:rowsShown]).str...), false
	}
	return append(b, c.str...), true
}

// appendWhole writes everything there is about a record.
func (v view) appendWhole(b []byte, m *module, r *record) []byte {
	specials := []string{
		"$approval_state", "$currency_symbol", "$editable", "$field_states", "$in_merge", "$locked_for_me", "$orchestration",
		"$process_flow", "$review", "$state", "$zia_visions",
	}
	switch m.api {
	case "Leads":
		specials = append(specials, "$converted")
	case "Events", "Tasks", "Calls":
		specials = append(specials, "$se_module")
	}
	b = v.appendRecord(b, m, r, m.fields, specials, false)
	b = appendKey(b[:len(b)-1], "Layout")
	l := m.layout(formatID(r.layout))
	if l == nil {
		return append(b, "null}"...)
	}
	b = appendQuoted(appendKey(append(b, '{'), "id"), l.id)
	b = appendQuoted(appendKey(b, "name"), l.name)
	b = appendQuoted(appendKey(b, "display_label"), l.name)
	return append(b, "}}"...)
}

// appendField writes the value of a field.
func (v view) appendField(b []byte, m *module, r *record, f *field) []byte {
	switch f.sys {
	case sysID:
		return appendQuoted(b, formatID(r.id))
	case sysOwner:
		return v.appendUser(b, r.ownedBy)
	case sysCreatedBy:
		return v.appendUser(b, r.createdBy)
	case sysModifiedBy:
		return v.appendUser(b, r.modifiedBy)
	case sysCreatedTime:
		return v.appendStamp(b, r.created)
	case sysModifiedTime:
		return v.appendStamp(b, r.modified)
	case sysFullName:
		return appendQuoted(b, fullName(m, r))
	}
	c, ok := r.get(f.key)
	if !ok {
		return append(b, f.emptyValue()...)
	}
	return v.appendCell(b, f, c)
}

// emptyValue is how the wire says that a field has no value.
func (f *field) emptyValue() string {
	switch {
	case f.kind == kindBool:
		return "false"
	case f.api == "Participants" || f.api == "Tag" || f.dataType == "subform":
		return "[]"
	}
	return "null"
}

func (v view) appendCell(b []byte, f *field, c cell) []byte {
	switch c.kind {
	case kindText:
		return appendQuoted(b, c.str)
	case kindInt:
		if f.dataType == "bigint" {
			return appendQuoted(b, formatID(c.num))
		}
		return strconv.AppendInt(b, c.num, 10)
	case kindFloat:
		return strconv.AppendFloat(b, c.float(), 'f', -1, 64)
	case kindBool:
		return strconv.AppendBool(b, c.num == 1)
	case kindTime:
		return v.appendStamp(b, c.num)
	case kindDay:
		return appendQuoted(b, formatDay(c.num))
	case kindRef:
		return v.appendRef(b, f, c)
	case kindJSON:
		return append(b, c.str...)
	}
	return append(b, "null"...)
}

func (v view) appendStamp(b []byte, seconds int64) []byte {
	b = append(b, '"')
	b = time.Unix(seconds, 0).In(v.place).AppendFormat(b, stampLayout)
	return append(b, '"')
}

// appendUser writes a user as owners and authors are shown.
func (v view) appendUser(b []byte, id int64) []byte {
	u := v.org.user(id)
	if u == nil {
		return append(b, "null"...)
	}
	b = appendQuoted(appendKey(append(b, '{'), "name"), u.name())
	b = appendQuoted(appendKey(b, "id"), formatID(u.id))
	b = appendQuoted(appendKey(b, "email"), u.email)
	return append(b, '}')
}

// appendRef writes a lookup; null where what it points at is gone.
func (v view) appendRef(b []byte, f *field, c cell) []byte {
	if f.dataType == "userlookup" || f.dataType == "ownerlookup" {
		return v.appendUser(b, c.num)
	}
	m, r := v.org.target(f, c)
	if r == nil {
		return append(b, "null"...)
	}
	b = append(b, '{')
	if f.dataType == "multi_module_lookup" {
		b = appendQuoted(appendKey(append(appendKey(b, "module"), '{'), "api_name"), m.api)
		b = append(appendQuoted(appendKey(b, "id"), m.id), '}')
	}
	b = appendQuoted(appendKey(b, "name"), displayName(m, r))
	b = appendQuoted(appendKey(b, "id"), formatID(r.id))
	return append(b, '}')
}

// target finds what a lookup points at; nil where it is gone.
func (o *org) target(f *field, c cell) (*module, *record) {
	api := c.str
	if api == "" && len(f.targets) > 0 {
		api = f.targets[0]
	}
	m := o.byAPI[api]
	if m == nil {
		return nil, nil
	}
	return m, m.table.rows[c.num]
}

// displayName is what names a record to people.
func displayName(m *module, r *record) string {
	f := m.display
	switch {
	case f == nil:
		return formatID(r.id)
	case f.sys == sysFullName:
		return fullName(m, r)
	}
	c, _ := r.get(f.key)
	if c.kind == kindInt {
		return formatID(c.num)
	}
	return c.str
}

func fullName(m *module, r *record) string {
	var parts []string
	for _, api := range []string{"First_Name", "Last_Name"} {
		if f := m.byAPI[api]; f != nil {
			if c, ok := r.get(f.key); ok {
				parts = append(parts, c.str)
			}
		}
	}
	return strings.Join(parts, " ")
}

// rawJSON is text that is JSON already.
func rawJSON(b []byte) json.RawMessage { return b }

// appendSpecial writes a member whose name begins with $; unknown ones are left out.
func (v view) appendSpecial(b []byte, m *module, r *record, name string) []byte {
	value := ""
	switch name {
	case "$approval_state":
		value = `"approved"`
	case "$state":
		value = `"save"`
	case "$currency_symbol":
		value = strconv.Quote(v.org.symbol())
	case "$editable":
		value = "true"
	case "$in_merge", "$locked_for_me", "$orchestration", "$process_flow":
		value = "false"
	case "$field_states", "$review", "$zia_visions":
		value = "null"
	case "$converted":
		value = strconv.FormatBool(isTrue(m, r, convertedField))
	case "$event_cancelled":
		value = strconv.FormatBool(isTrue(m, r, cancelledField))
	case "$se_module":
		value = "null"
		if f := m.byAPI["What_Id"]; f != nil {
			if c, ok := r.get(f.key); ok {
				value = strconv.Quote(c.str)
			}
		}
	default:
		return b
	}
	return append(appendKey(b, name), value...)
}

// cancelledField is the name under which a cancelled meeting keeps its mark. It is no field of the metadata.
const cancelledField = "$event_cancelled"

// convertedField marks a converted lead.
const convertedField = "Converted__s"

// isTrue tells whether a record has a mark: a boolean field, or a hidden one.
func isTrue(m *module, r *record, api string) bool {
	f := m.byAPI[api]
	switch {
	case f == nil && api == cancelledField:
		f = m.cancelled
	case f == nil && api == convertedField:
		f = m.converted
	}
	if f == nil {
		return false
	}
	c, ok := r.get(f.key)
	return ok && c.num == 1
}
