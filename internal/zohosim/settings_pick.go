package zohosim

import (
	"fmt"
	"slices"
	"strings"
)

const (
	pickMost    = 120  // characters of a value
	usedPicks   = 1000 // values of a pick list
	unusedPicks = 500
)

// readPicks reads the pick list of a field: its own values, or those of a global set. now is the field's present definition,
// nil for a new field.
func (c *call) readPicks(f *form, meta, now definition) {
	if given, ok := f.object("global_picklist"); ok {
		set := c.org.globalPicklist(text(given, "id"), text(given, "api_name"))
		if set == nil {
			f.invalid("global_picklist.id", nil)
			return
		}
		meta["global_picklist"] = definition{"id": set["id"], "api_name": set["api_name"]}
		meta["pick_list_values"] = copied(set["pick_list_values"])
		return
	}
	if _, given := f.d["pick_list_values"]; !given && now != nil {
		return
	}
	if object(now, "global_picklist") != nil {
		f.forbidden("pick_list_values", "the values belong to a global set")
	}
	var old []definition
	if now != nil {
		old = objects(now["pick_list_values"])
	}
	if values := f.picks(old, func() string { return formatID(c.org.nextID()) }); f.bad == nil {
		meta["pick_list_values"] = values
	}
}

// picks reads pick_list_values over those there are: with an id a value is changed, or taken out with "_delete"; without, it is
// added.
func (f *form) picks(old []definition, ids func() string) []any {
	given, ok := f.list("pick_list_values")
	if !ok || len(given) == 0 {
		f.missing("pick_list_values")
		return nil
	}
	values := slices.Clone(old)
	for i, v := range given {
		p := &form{path: fmt.Sprintf("%s.pick_list_values[%d]", f.path, i), d: v}
		at := pickIndex(values, "id", text(v, "id"))
		switch {
		case text(v, "id") != "" && at < 0:
			p.invalid("id", nil)
		case at >= 0 && said(v, "_delete"):
			values = slices.Delete(values, at, at+1)
			continue
		}
		pick := p.pick(at < 0)
		if p.bad != nil {
			f.bad = p.bad
			return nil
		}
		if at >= 0 {
			values[at] = overlay(values[at], pick)
			continue
		}
		values = append(values, overlay(definition{
			"id": ids(), "actual_value": pick["display_value"], "reference_value": pick["display_value"], "type": "used",
			"colour_code": nil,
		}, pick))
	}
	f.checkPicks(values)
	return numberedPicks(values)
}

// pick reads one value.
func (f *form) pick(fresh bool) definition {
	out := definition{}
	for _, key := range []string{"display_value", "reference_value", "actual_value"} {
		v, given := f.d[key]
		if !given && (key != "display_value" || !fresh) {
			continue
		}
		value := f.text(key, true, pickMost)
		switch {
		case given && (v == nil || v == ""):
			what, _, _ := strings.Cut(key, "_")
			f.bad.message = strings.ToUpper(what[:1]) + what[1:] + " value in pick list values cannot be empty or null"
		case value == "-None-":
			f.invalid(key, nil)
		case strings.ContainsAny(value, "<>"):
			f.fail("INVALID_DATA", "Special characters are not allowed in Options", key, nil)
		}
		out[key] = value
	}
	if v, given := f.d["type"]; given {
		if v != "used" && v != "unused" {
			f.invalid("type", details{"regex": "used|unused"})
		}
		out["type"] = v
	}
	if v, given := f.d["colour_code"]; given {
		out["colour_code"] = v
	}
	return out
}

// checkPicks refuses values that are there twice, too many of them, and none to choose from.
func (f *form) checkPicks(values []definition) {
	used := 0
	for i, v := range values {
		if text(v, "type") != "unused" {
			used++
		}
		if pickIndex(values[:i], "display_value", text(v, "display_value")) >= 0 {
			f.taken("pick_list_values", "Duplicate option found. Enter a unique option.")
		}
		if pickIndex(values[:i], "reference_value", text(v, "reference_value")) >= 0 {
			f.taken("pick_list_values", "Duplicate reference option found. Enter a unique reference option.")
		}
	}
	limit := func(n int, message string) {
		where := details{"api_name": "pick_list_values", "json_path": f.path + ".pick_list_values"}
		if f.bad == nil {
			f.bad = &problem{"LIMIT_EXCEEDED", message, details{"limit": n, "limit_due_to": []details{where}}}
		}
	}
	switch {
	case used == 0:
		f.fail("INVALID_DATA", "Values in the pick list field cannot be empty.", "pick_list_values", nil)
	case used > usedPicks:
		limit(usedPicks, "Sorry, you have reached the limit of 1000 values added for this pick list field.")
	case len(values)-used > unusedPicks:
		limit(unusedPicks, "Sorry, you have reached the limit of 500 unused values added for this pick list field.")
	}
}

// pickIndex finds the value with a member, without regard to capitals; -1 if there is none.
func pickIndex(values []definition, key, value string) int {
	return slices.IndexFunc(values, func(v definition) bool { return value != "" && strings.EqualFold(text(v, key), value) })
}

func numberedPicks(values []definition) []any {
	out := make([]any, len(values))
	for i, v := range values {
		out[i] = overlay(v, definition{"sequence_number": i + 1})
	}
	return out
}
