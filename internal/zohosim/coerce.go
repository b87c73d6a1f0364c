package zohosim

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

var (
	emailForm   = regexp.MustCompile(`^[^\s@,;<>"()\[\]\\]+@[^\s@.,;<>"()\[\]\\]+(\.[^\s@.,;<>"()\[\]\\]+)+$`)
	phoneForm   = regexp.MustCompile(`^[0-9A-Za-z+(.#][0-9A-Za-z +().,;#/-]*$`)
	websiteForm = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*://[^\s]+|[^\s/]+\.[^\s]+)$`)
)

// fieldError is a refusal of one value: code, message and what the details say besides field and place.
type fieldError struct {
	code, message string
	more          details
}

func wrongType(expected string) *fieldError {
	return &fieldError{"INVALID_DATA", "invalid data", details{"expected_data_type": expected}}
}

func tooLong(limit int) *fieldError {
	return &fieldError{"INVALID_DATA", "invalid data", details{"maximum_length": limit}}
}

func wrongPattern() *fieldError {
	return &fieldError{"PATTERN_NOT_MATCHED", "the value does not match the pattern of the field", nil}
}

func invalidData(message string) *fieldError { return &fieldError{"INVALID_DATA", message, nil} }

// coerce turns a JSON value into a value of a field, or says what Zoho has against it. null and empty text mean no value.
// Source: Zoho CRM v8, "Insert Records" (table of data types).
func (d *draft) coerce(f *field, v any) (cell, *fieldError) {
	if v == nil {
		return cell{}, nil
	}
	switch f.kind {
	case kindText:
		return d.coerceText(f, v)
	case kindInt:
		return d.coerceInt(f, v)
	case kindFloat:
		return d.coerceFloat(f, v)
	case kindBool:
		b, ok := v.(bool)
		if !ok {
			return cell{}, wrongType("boolean")
		}
		return boolCell(b), nil
	case kindTime, kindDay:
		return d.coerceTime(f, v)
	case kindRef:
		return d.coerceRef(f, v)
	}
	return d.coerceJSON(f, v)
}

func (d *draft) coerceText(f *field, v any) (cell, *fieldError) {
	s, ok := v.(string)
	if !ok {
		return cell{}, wrongType(f.dataType)
	}
	if s == "" {
		return cell{}, nil
	}
	if f.length > 0 && utf8.RuneCountInString(s) > f.length {
		return cell{}, tooLong(f.length)
	}
	switch f.dataType {
	case "email":
		if !emailForm.MatchString(s) {
			return cell{}, wrongPattern()
		}
	case "phone":
		if !phoneForm.MatchString(s) || !strings.ContainsAny(s, "0123456789") {
			return cell{}, wrongPattern()
		}
	case "website":
		if !websiteForm.MatchString(s) {
			return cell{}, wrongPattern()
		}
	case "picklist":
		if picks := d.picks(f); len(picks) > 0 && !slices.Contains(picks, s) {
			return cell{}, &fieldError{"INVALID_DATA", "invalid data", details{"supported_values": picks}}
		}
	}
	return textCell(s), nil
}

// picks is the pick list that counts: the layout's own where the record names a layout that has one.
func (d *draft) picks(f *field) []string {
	if d.layout != nil {
		if own, ok := d.layout.picks[f.key]; ok {
			return own
		}
	}
	return f.picks
}

// numeral gives a number's text; text that holds a number counts where switch numbers_as_text says so.
func (d *draft) numeral(v any, textAllowed bool) (string, bool) {
	switch v := v.(type) {
	case json.Number:
		return v.String(), true
	case string:
		return v, textAllowed
	}
	return "", false
}

func (d *draft) coerceInt(f *field, v any) (cell, *fieldError) {
	s, ok := d.numeral(v, d.w.sw.NumbersAsText == "accept" || f.dataType == "bigint")
	n, err := strconv.ParseInt(s, 10, 64)
	if !ok || err != nil {
		return cell{}, wrongType(f.dataType)
	}
	if f.length > 0 && len(strings.TrimPrefix(s, "-")) > f.length {
		return cell{}, tooLong(f.length)
	}
	return cell{kind: kindInt, num: n}, nil
}

func (d *draft) coerceFloat(f *field, v any) (cell, *fieldError) {
	s, ok := d.numeral(v, d.w.sw.NumbersAsText == "accept")
	n, err := strconv.ParseFloat(s, 64)
	if !ok || err != nil {
		return cell{}, wrongType(f.dataType)
	}
	whole, _, _ := strings.Cut(strings.TrimPrefix(strconv.FormatFloat(n, 'f', -1, 64), "-"), ".")
	if f.length > 0 && len(whole) > f.length {
		return cell{}, tooLong(f.length)
	}
	return floatCell(n), nil
}

func (d *draft) coerceTime(f *field, v any) (cell, *fieldError) {
	s, ok := v.(string)
	if !ok {
		return cell{}, wrongType(f.dataType)
	}
	if s == "" {
		return cell{}, nil
	}
	if f.kind == kindDay {
		days, ok := parseDay(s)
		if !ok {
			return cell{}, wrongType("date")
		}
		return cell{kind: kindDay, num: days}, nil
	}
	seconds, ok := parseStamp(s, d.w.sw.DatetimeZ == "accept")
	if !ok {
		return cell{}, wrongType("datetime")
	}
	return timeCell(seconds), nil
}

// idOf reads {"id":"…"} or a bare id.
func idOf(v any) (id int64, given bool, ok bool) {
	switch v := v.(type) {
	case string:
		id, ok = parseID(v)
		return id, true, ok
	case json.Number:
		id, ok = parseID(v.String())
		return id, true, ok
	case map[string]any:
		if inner, there := v["id"]; there && inner != nil {
			if _, nested := inner.(map[string]any); !nested {
				return idOf(inner)
			}
		}
		return 0, false, true
	}
	return 0, true, false
}

func (d *draft) coerceRef(f *field, v any) (cell, *fieldError) {
	if f.dataType == "multi_module_lookup" {
		return d.coerceMultiModule(f, v)
	}
	id, given, ok := idOf(v)
	switch {
	case !given:
		return cell{}, &fieldError{"MANDATORY_NOT_FOUND", "required field not found", details{"missing": "id"}}
	case !ok:
		return cell{}, wrongType("jsonobject")
	}
	if f.dataType == "userlookup" || f.dataType == "ownerlookup" {
		if u := d.w.org.user(id); u == nil || u.inactive {
			return cell{}, invalidData("the id given seems to be invalid")
		}
		return refCell(id), nil
	}
	if f.api == "What_Id" {
		return d.coerceWhat(id)
	}
	if _, r := d.w.org.target(f, refCell(id)); r == nil && !d.w.seeding {
		return cell{}, invalidData("the id given seems to be invalid")
	}
	return refCell(id), nil
}

func (d *draft) coerceMultiModule(f *field, v any) (cell, *fieldError) {
	o, ok := v.(map[string]any)
	if !ok {
		return cell{}, wrongType("jsonobject")
	}
	api := ""
	switch m := o["module"].(type) {
	case string:
		api = m
	case map[string]any:
		api, _ = m["api_name"].(string)
	}
	switch _, isObject := o["module"].(map[string]any); {
	case d.m.api != appointmentsModule || slices.Contains(f.targets, api):
	case !isObject:
		return cell{}, &fieldError{"INVALID_DATA", "invalid data", details{"missing": "module", "expected_data_type": "jsonobject"}}
	default:
		return cell{}, &fieldError{"INVALID_DATA", "the given module name is not exist in multimodulelookup", details{
			"missing": "module.api_name",
		}}
	}
	if !slices.Contains(f.targets, api) {
		return cell{}, &fieldError{"INVALID_DATA", "invalid data", details{"supported_values": f.targets}}
	}
	id, given, ok := idOf(o)
	if !given {
		return cell{}, &fieldError{"MANDATORY_NOT_FOUND", "required field not found", details{"missing": "id"}}
	}
	c := refCell(id)
	c.str = api
	if _, r := d.w.org.target(f, c); !ok || r == nil && !d.w.seeding {
		return cell{}, invalidData("the id given seems to be invalid")
	}
	return c, nil
}

func (d *draft) coerceJSON(f *field, v any) (cell, *fieldError) {
	switch f.dataType {
	case "multiselectpicklist":
		return d.coerceMultiselect(f, v)
	case "RRULE", "ALARM":
		if _, ok := v.(map[string]any); !ok {
			return cell{}, wrongType("jsonobject")
		}
		return encoded(v), nil
	case "event_reminder":
		if d.m.api != appointmentsModule {
			return coerceReminders(v)
		}
	}
	list, ok := v.([]any)
	if !ok {
		return cell{}, wrongType("jsonarray")
	}
	switch {
	case d.m.api == appointmentsModule && f.dataType == "event_reminder":
		return d.coerceMoments(list)
	case d.m.api == servicesModule && f.api == "Members":
		return d.coerceMembers(list)
	case d.m.api == servicesModule && f.api == "Available_Dates":
		return coerceDates(list)
	}
	switch f.api {
	case "Participants":
		if d.m.api == "Events" {
			return d.coerceParticipants(list)
		}
	case "Tag":
		return d.coerceTags(list)
	}
	return d.coerceRows(f, list)
}

// encoded keeps a JSON value as text.
func encoded(v any) cell {
	b, err := json.Marshal(v)
	if err != nil {
		return cell{}
	}
	return jsonCell(string(b))
}

func (d *draft) coerceMultiselect(f *field, v any) (cell, *fieldError) {
	list, ok := v.([]any)
	if !ok {
		return cell{}, wrongType("jsonarray")
	}
	var values []string
	if c, there := d.rec.get(f.key); there && d.appends[f.api] {
		_ = json.Unmarshal([]byte(c.str), &values) // our own text
	}
	picks := d.picks(f)
	for _, v := range list {
		s, ok := v.(string)
		if !ok {
			return cell{}, wrongType("text")
		}
		if len(picks) > 0 && !slices.Contains(picks, s) {
			return cell{}, &fieldError{"INVALID_DATA", "invalid data", details{"supported_values": picks}}
		}
		if !slices.Contains(values, s) {
			values = append(values, s)
		}
	}
	if len(values) == 0 {
		return cell{}, nil
	}
	return encoded(values), nil
}

// coerceReminders checks [{"unit":15,"period":"minutes"}].
func coerceReminders(v any) (cell, *fieldError) {
	list, ok := v.([]any)
	if !ok {
		return cell{}, wrongType("jsonarray")
	}
	for _, v := range list {
		o, _ := v.(map[string]any)
		unit, isNumber := o["unit"].(json.Number)
		n, err := unit.Int64()
		period, _ := o["period"].(string)
		if !isNumber || err != nil || n < 0 || !slices.Contains([]string{"minutes", "hours", "days", "weeks"}, period) {
			return cell{}, invalidData("invalid data")
		}
	}
	if len(list) == 0 {
		return cell{}, nil
	}
	return encoded(list), nil
}

// coerceTags checks [{"name":"x"}]; a tag without an id gets one.
func (d *draft) coerceTags(list []any) (cell, *fieldError) {
	var out []any
	for _, v := range list {
		o, ok := v.(map[string]any)
		name, _ := o["name"].(string)
		if !ok || name == "" {
			return cell{}, wrongType("jsonobject")
		}
		id, given := o["id"].(string)
		if !given {
			id = formatID(d.w.org.nextID())
		}
		out = append(out, map[string]any{"name": name, "id": id, "color_code": nil})
	}
	if len(out) == 0 {
		return cell{}, nil
	}
	return encoded(out), nil
}

// coerceRows merges rows of a subform or of a lookup to several records into those there are: with an id a row is changed, or
// with "_delete" taken out; without, it is added; an empty list clears all.
func (d *draft) coerceRows(f *field, list []any) (cell, *fieldError) {
	if len(list) == 0 {
		return cell{}, nil
	}
	var rows []any
	if c, there := d.rec.get(f.key); there {
		rows = decodeRows(c.str)
	}
	for _, v := range list {
		given, ok := v.(map[string]any)
		if !ok {
			return cell{}, wrongType("jsonobject")
		}
		id, hasID := given["id"].(string)
		at := slices.IndexFunc(rows, func(r any) bool { return r.(map[string]any)["id"] == id })
		_, deleted := given["_delete"]
		switch {
		case !hasID:
			rows = append(rows, overlay(given, map[string]any{"id": formatID(d.w.org.nextID())}))
		case at < 0 && !d.w.seeding:
			return cell{}, invalidData("the id given seems to be invalid")
		case at < 0:
			rows = append(rows, given)
		case deleted:
			rows = slices.Delete(rows, at, at+1)
		default:
			rows[at] = overlay(rows[at].(map[string]any), given)
		}
	}
	if len(rows) == 0 {
		return cell{}, nil
	}
	return encoded(rows), nil
}

// decodeRows reads rows as we kept them.
func decodeRows(text string) []any {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var rows []any
	_ = dec.Decode(&rows)
	return slices.DeleteFunc(rows, func(r any) bool { _, ok := r.(map[string]any); return !ok })
}
