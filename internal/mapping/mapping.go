// Package mapping turns HeavySet fields into the fields of a client's CRM.
//
// A Mapping is data: the modules by role, and rows that send a HeavySet field, a constant or a template into a CRM
// field under a write policy. Render applies the rows of one role to the values of one subject, for a record that is to
// be made or for one that is there: it never blanks a field, never replaces what a policy protects and never sends a
// field that a row does not name. BuiltIn is the mapping for an untouched Zoho CRM with Leads, Contacts and Events.
// HeavyFields is the table of HeavySet fields; Discover reads a CRM's modules through a crm.SchemaReader and Propose
// weighs them, blank rather than wrong.
//
// The package writes nothing and knows no appointment: crmsync fills Fields and sends what Render returns.
package mapping

import (
	"maps"
	"slices"
	"strings"
	"time"

	"heavyset.tech/platform/internal/crm"
)

// Policy says when a row may write.
type Policy string

// The write policies.
const (
	Create    Policy = "create"    // only into a new record
	Fill      Policy = "fill"      // only where the record has nothing
	Overwrite Policy = "overwrite" // always
	Append    Policy = "append"    // our block between markers at the end; the rest of the text is never touched; yes over no, an instant where none is
	Forward   Policy = "forward"   // a status that never goes backwards
)

// Row sends one value into one CRM field: that of the HeavySet field Key or, in its place, a constant or a template.
type Row struct {
	Role     crm.Role
	Key      string // HeavySet field; "" when constant or template stand for none
	Field    string // CRM field, by API name
	Constant string
	Template string // text with {key} for HeavySet fields
	Policy   Policy
	Inverted bool              // the CRM field means the opposite: opt-out for consent
	Values   map[string]string // of a picklist: our value → the CRM's; "" = it has none for it
	Default  string            // of a picklist: what is sent for a value that it does not have; "" = nothing
	Hold     bool              // of a picklist: a value that it does not have keeps the record from being written

	// What the CRM said of the field when the mapping was saved. FieldID is the anchor, Field may be renamed in the CRM.
	FieldID string
	Type    crm.FieldType // "" = unknown: values go as they are
	Limit   int           // longest text the field takes, in characters; 0 = unknown
	Choices []string      // values that a picklist takes, in its order
}

// Mapping is everything that decides what is written where.
type Mapping struct {
	Modules map[crm.Role]string
	Layouts map[crm.Role]string // which new records name, by id; a role may be absent
	Rows    []Row
}

// Fields are the values of one subject by HeavySet field key: string, bool, int64, float64, time.Time (in the zone whose
// date and wall time it has), crm.Date or crm.Ref. A missing key and an empty string mean: nothing to send.
type Fields map[string]any

// Module gives the CRM module of a role; "" when the role is not mapped.
func (m Mapping) Module(r crm.Role) string { return m.Modules[r] }

// FieldOf gives the CRM field that a HeavySet key is mapped to in a role; "" when it is not.
func (m Mapping) FieldOf(r crm.Role, key string) string {
	for _, row := range m.Rows {
		if row.Role == r && row.Key == key {
			return row.Field
		}
	}
	return ""
}

// MeaningOf gives the value of ours that a text in the CRM stands for, in the row of a HeavySet key; the text itself where
// the row pairs none with it.
func (m Mapping) MeaningOf(r crm.Role, key, text string) string {
	for _, row := range m.Rows {
		if row.Role != r || row.Key != key {
			continue
		}
		for _, ours := range slices.Sorted(maps.Keys(row.Values)) {
			if row.Values[ours] == text {
				return ours
			}
		}
		for _, v := range HeavyValues(key) {
			if sameWords(v.Value, text) || sameWords(v.Label, text) {
				return v.Value
			}
		}
	}
	return text
}

// ValueOf gives the CRM field that a HeavySet key is mapped to in a role and the value that it gets from f, as RenderNew
// would write it; "" when the key is not mapped.
func (m Mapping) ValueOf(r crm.Role, key string, f Fields) (field string, v any) {
	for _, row := range m.Rows {
		if row.Role == r && row.Key == key {
			return row.Field, row.convert(row.value(f))
		}
	}
	return "", nil
}

// Overwriting gives the mapping with the rows of some HeavySet keys in a role writing always.
func (m Mapping) Overwriting(r crm.Role, keys ...string) Mapping {
	m.Rows = slices.Clone(m.Rows)
	for i, row := range m.Rows {
		if row.Role == r && slices.Contains(keys, row.Key) {
			m.Rows[i].Policy = Overwrite
		}
	}
	return m
}

// RenderNew gives the values of a record that is to be made, its layout included.
func (m Mapping) RenderNew(r crm.Role, f Fields) crm.Values {
	out := m.render(r, f, nil)
	if id := m.Layouts[r]; id != "" {
		out[crm.InLayout] = crm.Ref{ID: id}
	}
	return out
}

// RenderChange gives the values that differ from an existing record and that the policies allow; empty: nothing to
// write.
func (m Mapping) RenderChange(r crm.Role, f Fields, have crm.Record) crm.Values {
	return m.render(r, f, &have)
}

func (m Mapping) render(r crm.Role, f Fields, have *crm.Record) crm.Values {
	out := crm.Values{}
	for _, row := range m.Rows {
		if row.Role != r {
			continue
		}
		v := row.convert(row.value(f))
		if empty(v) {
			continue
		}
		if row.Policy == Append {
			var old any
			if have != nil {
				old = have.Values[row.Field]
			}
			if more := row.appended(old, v); more != nil {
				out[row.Field] = more
			}
			continue
		}
		if s, ok := v.(string); ok {
			v = clip(s, row.Limit)
		}
		if have == nil {
			out[row.Field] = v
		} else if old := have.Values[row.Field]; row.allows(old, v) {
			out[row.Field] = joined(old, v)
		}
	}
	return out
}

// appended gives what a row adds to a field; nil for nothing. A text gets our block, a yes goes over a no, an instant or date
// into an empty field: what is there is never taken back.
func (row Row) appended(old, v any) any {
	switch x := v.(type) {
	case string:
		was, isText := old.(string)
		if !isText && !empty(old) {
			return nil // a text that reads like something else, an instant say, is somebody's all the same
		}
		if merged := appendBlock(was, x, row.Limit); merged != was {
			return merged
		}
	case bool:
		if empty(old) || old == false && x {
			return x
		}
	case time.Time, crm.Date:
		if empty(old) {
			return x
		}
	}
	return nil
}

// Held lists the rows that keep a record from being written: those whose picklist does not have our value, where that
// must not be left out. fresh: the record is to be made.
func (m Mapping) Held(r crm.Role, f Fields, fresh bool) []Row {
	var out []Row
	for _, row := range m.Rows {
		if row.Role != r || !row.Hold || row.Type != crm.PicklistField && row.Type != crm.MultiPickField || row.Policy == Create && !fresh {
			continue
		}
		if v := row.value(f); !empty(v) && row.convert(v) == nil {
			out = append(out, row)
		}
	}
	return out
}

// allows applies the policy of a row to a field of an existing record.
func (row Row) allows(old, v any) bool {
	switch row.Policy {
	case Create:
		return false
	case Fill:
		return empty(old)
	case Forward:
		return empty(old) || row.ahead(old, v)
	default:
		return !Equal(old, v)
	}
}

func (row Row) value(f Fields) any {
	switch {
	case row.Constant != "":
		return row.Constant
	case row.Template != "":
		return expand(row.Template, f)
	default:
		return f[row.Key]
	}
}

// expand puts HeavySet fields into a template. A field that has nothing leaves no trace of the punctuation around it:
// `{service} – {full_name}` without a service is the name alone.
func expand(template string, f Fields) string {
	var b strings.Builder
	for template != "" {
		before, rest, found := strings.Cut(template, "{")
		b.WriteString(before)
		if !found {
			break
		}
		key, after, closed := strings.Cut(rest, "}")
		if !closed {
			b.WriteString("{" + rest)
			break
		}
		if s, ok := f[key].(string); ok {
			b.WriteString(s)
		}
		template = after
	}
	return strings.Trim(strings.TrimSpace(b.String()), " –-,:/")
}

func empty(v any) bool {
	switch x := v.(type) {
	case nil:
		return true
	case string:
		return strings.TrimSpace(x) == ""
	case crm.Date:
		return x == ""
	case []string:
		return len(x) == 0
	case crm.Ref:
		return x.ID == ""
	}
	return false
}

// joined adds our choices to those that a record has: what others chose stays.
func joined(old, v any) any {
	theirs, ok1 := old.([]string)
	ours, ok2 := v.([]string)
	if !ok1 || !ok2 {
		return v
	}
	out := slices.Clone(theirs)
	for _, s := range ours {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// clip cuts a text to a number of characters.
func clip(s string, limit int) string {
	if limit <= 0 || len(s) <= limit {
		return s
	}
	r := []rune(s)
	if len(r) <= limit {
		return s
	}
	return strings.TrimSpace(string(r[:limit-1])) + "…"
}

// Called names a CRM field to people: the HeavySet field that goes into it, and what the CRM calls it. label may be "".
func (m Mapping) Called(r crm.Role, field, label string) string {
	theirs := named(crm.Field{Name: field, Label: label})
	for _, row := range m.Rows {
		if h, ok := HeavyFieldOf(r, row.Key); ok && row.Role == r && row.Field == field {
			return h.Label + ", which goes into Zoho's field " + theirs
		}
	}
	return "Zoho's field " + theirs
}
