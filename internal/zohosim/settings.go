package zohosim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"
)

// settingsBody reads {"name":[…]}, the body of every change of settings, with at most so many items.
func settingsBody(name string, most int) func(*call) *answer {
	return func(c *call) *answer {
		dec := json.NewDecoder(bytes.NewReader(c.body))
		dec.UseNumber()
		var v any
		err := dec.Decode(&v)
		if _, end := dec.Token(); err != nil || end != io.EOF {
			a := refuse("UNABLE_TO_PARSE_DATA_TYPE", "either the request body or parameters is in wrong format", nil)
			return &a
		}
		top, ok := v.(definition)
		if !ok {
			a := refuse("INVALID_DATA", "invalid data", details{"expected_data_type": "jsonobject"})
			return &a
		}
		list, ok := top[name].([]any)
		d := details{"api_name": name, "json_path": "$." + name}
		switch {
		case top[name] == nil:
			a := refuse("MANDATORY_NOT_FOUND", "required field not found", d)
			return &a
		case !ok:
			d["expected_data_type"] = "jsonarray"
		case len(list) == 0:
			d["minimum_length"] = 1
		case len(list) > most:
			d["maximum_length"] = most
		default:
			c.ready = list
			return nil
		}
		a := refuse("INVALID_DATA", "invalid data", d)
		return &a
	}
}

// mayCustomize refuses users whose profile may not change settings.
func (c *call) mayCustomize() *answer {
	if c.user.admin {
		return nil
	}
	a := problem{"NO_PERMISSION", "permission denied", details{
		"permissions": []string{"Crm_Implied_Customize_Zoho_CRM"},
	}}.answer(http.StatusForbidden)
	return &a
}

// eachSetting is eachForm for what only those who may customize the CRM may change.
func (c *call) eachSetting(name string, status int, one func(f *form) result) answer {
	if refused := c.mayCustomize(); refused != nil {
		return *refused
	}
	return c.eachForm(name, status, one)
}

// eachForm runs a change over all items of the body in order and answers {"name":[…]} with the results.
func (c *call) eachForm(name string, status int, one func(f *form) result) answer {
	items := c.ready.([]any)
	results := make([]result, len(items))
	for i, v := range items {
		f := &form{path: fmt.Sprintf("$.%s[%d]", name, i)}
		var ok bool
		if f.d, ok = v.(definition); !ok {
			results[i] = failed(problem{"INVALID_DATA", "invalid data", details{
				"expected_data_type": "jsonobject", "api_name": name, "json_path": f.path,
			}})
			continue
		}
		results[i] = one(f)
	}
	return settingsAnswer(name, status, results)
}

// settingsAnswer is {"name":[…]}: with the method's own status when all went well, 207 when some did, 400 when none did.
func settingsAnswer(name string, status int, results []result) answer {
	good := 0
	for _, r := range results {
		if r.Status == "success" {
			good++
		}
	}
	switch good {
	case len(results):
	case 0:
		status = http.StatusBadRequest
	default:
		status = http.StatusMultiStatus
	}
	return jsonAnswer(status, map[string]any{name: results})
}

// settled is the result of a change of settings that went well.
func settled(id, message string) result {
	return result{envelope: envelope{Code: "SUCCESS", Message: message, Status: "success", Details: details{"id": id}}}
}

// notSettled is the result of one that the rules of modules, fields and layouts refuse.
func notSettled(path string, err error) result {
	return failed(problem{"INVALID_DATA", "invalid data", details{"json_path": path, "reason": err.Error()}})
}

// badResource refuses what the path names: its part number three is an id that is none.
func badResource(message string) *answer {
	a := refuse("INVALID_DATA", message, details{"resource_path_index": 2})
	return &a
}

// notAllowed refuses a change of what the path names.
func notAllowed(message string) *answer {
	a := refuse("NOT_ALLOWED", message, details{"resource_path_index": 2})
	return &a
}

// form is an object of a body of settings with the first thing that is wrong with it.
type form struct {
	path string // "$.fields[0]"
	d    definition
	bad  *problem
}

// fail notes what is wrong with a member, unless something was before.
func (f *form) fail(code, message, key string, more details) {
	if f.bad != nil {
		return
	}
	d := details{"api_name": key[strings.LastIndexByte(key, '.')+1:], "json_path": f.path + "." + key}
	for k, v := range more {
		d[k] = v
	}
	f.bad = &problem{code, message, d}
}

func (f *form) missing(key string) {
	f.fail("MANDATORY_NOT_FOUND", "required field not found", key, nil)
}

func (f *form) invalid(key string, more details) { f.fail("INVALID_DATA", "invalid data", key, more) }

func (f *form) taken(key, message string) { f.fail("DUPLICATE_DATA", message, key, nil) }

func (f *form) forbidden(key, message string) { f.fail("NOT_ALLOWED", message, key, nil) }

// result is the refusal, if anything was wrong.
func (f *form) result() (result, bool) {
	if f.bad == nil {
		return result{}, false
	}
	return failed(*f.bad), true
}

// text reads a member that is text of at most so many characters.
func (f *form) text(key string, must bool, most int) string {
	v, given := f.d[key]
	s, ok := v.(string)
	switch {
	case !given && !must:
	case v == nil, ok && must && strings.TrimSpace(s) == "":
		if must {
			f.missing(key)
		}
	case !ok:
		f.invalid(key, details{"expected_data_type": "text"})
	case most > 0 && utf8.RuneCountInString(s) > most:
		f.invalid(key, details{"maximum_length": most})
	}
	return strings.TrimSpace(s)
}

// whole reads a number within a range; missing is its default.
func (f *form) whole(key string, missing, low, high int) int {
	v, given := f.d[key]
	if !given || v == nil {
		return missing
	}
	n, isNumber := v.(json.Number)
	i, err := n.Int64()
	switch {
	case !isNumber || err != nil:
		f.invalid(key, details{"expected_data_type": "integer"})
	case i < int64(low) || i > int64(high):
		f.invalid(key, details{"range": details{"from": low, "to": high}})
	}
	return int(i)
}

// object reads a member that is an object.
func (f *form) object(key string) (definition, bool) {
	v, given := f.d[key]
	if !given || v == nil {
		return nil, false
	}
	o, ok := v.(definition)
	if !ok {
		f.invalid(key, details{"expected_data_type": "jsonobject"})
	}
	return o, ok
}

// list reads a member that is a list of objects.
func (f *form) list(key string) ([]definition, bool) {
	v, given := f.d[key]
	if !given || v == nil {
		return nil, false
	}
	items, ok := v.([]any)
	if !ok {
		f.invalid(key, details{"expected_data_type": "jsonarray"})
		return nil, false
	}
	out := make([]definition, len(items))
	for i, v := range items {
		if out[i], ok = v.(definition); !ok {
			f.invalid(fmt.Sprintf("%s[%d]", key, i), details{"expected_data_type": "jsonobject"})
			return nil, false
		}
	}
	return out, true
}

// profiles reads [{"id":"…"}], each a profile of the organization.
func (f *form) profiles(o *org, key string) []any {
	given, ok := f.list(key)
	if !ok {
		return nil
	}
	var out []any
	for i, p := range given {
		at := fmt.Sprintf("%s[%d].id", key, i)
		id := text(p, "id")
		if p["id"] == nil {
			f.missing(at)
			continue
		}
		found := false
		for _, n := range o.profiles {
			if n.ID == id {
				found = true
				out = append(out, overlay(definition{"id": n.ID, "name": n.Name}, p))
			}
		}
		if !found {
			f.invalid(at, nil)
		}
	}
	return out
}

// said tells whether a member is there and true.
func said(d definition, key string) bool {
	switch v := d[key].(type) {
	case bool:
		return v
	case definition:
		return true
	}
	return false
}

// plainLabel tells whether a label has none of the characters that Zoho refuses in names.
func plainLabel(s string) bool { return !strings.ContainsAny(s, `<>"'%;?,{}[]\|^~@#$*`) }

// apiNameOf makes an API name of a label: "Roof type (m²)" becomes Roof_type_m. taken tells those that are not free; such a one
// gets a number.
func apiNameOf(label string, taken func(string) bool) string {
	parts := strings.FieldsFunc(label, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
	base := strings.Join(parts, "_")
	if base == "" || base[0] >= '0' && base[0] <= '9' {
		base = strings.TrimSuffix("Field_"+base, "_")
	}
	name := base
	for i := 1; taken(name); i++ {
		name = fmt.Sprintf("%s%d", base, i)
	}
	return name
}

// validAPIName tells whether a text may be an API name: it begins with a letter, goes on with letters, digits and _, and does
// not end with _.
func validAPIName(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (i == 0 || !isDigitByte(c) && c != '_') {
			return false
		}
	}
	return s != "" && s[len(s)-1] != '_'
}

func isDigitByte(c byte) bool { return '0' <= c && c <= '9' }

// copied gives a copy that shares nothing with d. It came out of JSON or is our own, and encodes.
func copied[T any](d T) T {
	var out T
	b, err := json.Marshal(d)
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	if err != nil {
		panic(fmt.Sprintf("zohosim: copy: %v", err))
	}
	return out
}

// present gives a module as it is in the shape that defines one.
func (m *module) present() redefinition {
	r := redefinition{Module: copied(m.meta)}
	for _, f := range m.fields {
		r.Fields = append(r.Fields, copied(f.meta))
	}
	for _, l := range m.layouts {
		r.Layouts = append(r.Layouts, copied(l.given))
	}
	return r
}

// touched notes in the metadata of a module, field or layout who changed it when.
func (c *call) touched(d definition) {
	d["modified_time"] = c.now.In(c.user.place).Format(stampLayout)
	d["modified_by"] = definition{"name": c.user.name(), "id": formatID(c.user.id)}
}
