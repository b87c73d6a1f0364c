package zoho

import (
	"encoding/json"
	"log/slog"
	"strconv"
	"strings"
	"time"
)

// Record is one record as Zoho writes it: values by API name, numbers as json.Number. The accessors take what Zoho has
// been seen to send for a type and give the zero value for anything else, so that one odd field spoils no record.
type Record map[string]any

// Lookup points to another record or user; a write needs only {"id": ID}.
type Lookup struct {
	ID     string
	Name   string
	Email  string // of users
	Module string // API name, where the field can point to several modules
}

// LogValue gives the id only: a record is customer data.
func (r Record) LogValue() slog.Value { return slog.StringValue("record " + r.ID()) }

// ID gives the record's id, a string although Zoho has sent numbers here and there: it exceeds 53 bits.
func (r Record) ID() string { return r.Text("id") }

// Text gives a scalar as text, and of an object with a name the name; "" for anything else.
func (r Record) Text(field string) string { return textOf(r[field]) }

func textOf(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	case map[string]any:
		s, _ := v["name"].(string)
		return s
	}
	return ""
}

// Texts gives an array as texts, of objects their names (Tag is an array of objects, a multi-select picklist one of
// strings); a single text counts as an array of one.
func (r Record) Texts(field string) []string {
	items, ok := r[field].([]any)
	if !ok {
		items = []any{r[field]}
	}
	var out []string
	for _, item := range items {
		if s := textOf(item); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// Bool gives a boolean; Zoho's metadata writes some as text.
func (r Record) Bool(field string) bool { return strings.EqualFold(r.Text(field), "true") }

// Int gives a whole number, also one written as text; ok is false for anything else.
func (r Record) Int(field string) (n int64, ok bool) {
	n, err := strconv.ParseInt(r.Text(field), 10, 64)
	return n, err == nil
}

// Time gives an instant in UTC; ok is false where there is none (see ParseTime).
func (r Record) Time(field string) (t time.Time, ok bool) {
	s, _ := r[field].(string)
	t, err := ParseTime(s)
	return t, err == nil
}

// Lookup gives a reference: an object with an id, or the bare id. ok is false where there is none.
func (r Record) Lookup(field string) (l Lookup, ok bool) {
	m, isObject := r[field].(map[string]any)
	if !isObject {
		l.ID = r.Text(field)
		return l, isID(l.ID)
	}
	o := Record(m)
	l = Lookup{ID: o.ID(), Name: o.Text("name"), Email: o.Text("email"), Module: o.Text("module")}
	if in, nested := m["module"].(map[string]any); nested {
		l.Module = Record(in).Text("api_name")
	}
	return l, l.ID != ""
}

// Objects gives an array of objects, such as Participants or a subform; others in it are left out.
func (r Record) Objects(field string) []Record {
	items, _ := r[field].([]any)
	var out []Record
	for _, item := range items {
		if m, ok := item.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

func isID(s string) bool {
	return s != "" && len(s) <= 25 && strings.Trim(s, "0123456789") == ""
}
