package zohosim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// shiftHours are the shifts of users. Source: Zoho CRM v8, "Shift Hours".
func shiftHours() *workList {
	saved := "Shift Hours saved successfully"
	return &workList{
		name: "shift_hours", index: 3, bare: true, limit: 50, words: [3]string{saved, saved, "Shift Hours deleted successfully"},
		of: func(w *workingTime) *[]map[string]any { return &w.Shifts }, check: (*call).readShift, wire: (*call).shift,
		more: func(c *call) map[string]any {
			manned := 0
			for _, s := range c.org.work.Shifts {
				if users, _ := s["users"].([]any); len(users) > 0 {
					manned++
				}
			}
			return map[string]any{"shift_count": map[string]any{
				"total_shift_with_user": manned, "total_shift": len(c.org.work.Shifts),
			}}
		},
	}
}

func (c *call) readShift(s *shape) map[string]any {
	out := map[string]any{
		"name": s.text("name", true, 80), "shift_days": s.days("shift_days", true), "same_as_everyday": s.item["same_as_everyday"],
		"daily_timing": []any{}, "custom_timing": []any{}, "break_hours": []any{}, "users": []any{},
	}
	zone := s.text("timezone", true, 0)
	if _, err := time.LoadLocation(zone); err != nil || zone == "Local" {
		s.invalid("timezone", nil)
	}
	out["timezone"] = zone
	s.timings(out["shift_days"].([]any), "shift_timing")
	for _, name := range []string{"daily_timing", "custom_timing"} {
		if v := s.item[name]; v != nil {
			out[name] = v
		}
	}
	var breaks, users []any
	for i, v := range s.list("break_hours", false) {
		inner := &shape{path: fmt.Sprintf("%s.break_hours[%d]", s.path, i), item: overlay(asObject(v), nil)}
		inner.timings(inner.days("break_days", true), "break_timing")
		if s.wrong == nil {
			s.wrong = inner.wrong
		}
		if text(inner.item, "id") == "" {
			inner.item["id"] = formatID(c.org.nextID())
		}
		breaks = append(breaks, overlay(map[string]any{"daily_timing": []any{}, "custom_timing": []any{}}, inner.item))
	}
	for i, v := range s.list("users", false) {
		id, _, ok := idOf(v)
		if u := c.org.user(id); !ok || u == nil {
			s.refuse("INVALID_DATA", "invalid data", fmt.Sprintf("users[%d].id", i), nil)
		}
		users = append(users, map[string]any{"id": formatID(id), "effective_from": asObject(v)["effective_from"]})
	}
	if breaks != nil {
		out["break_hours"] = breaks
	}
	if users != nil {
		out["users"] = users
	}
	return out
}

// shift shows a shift with its users and holidays.
func (c *call) shift(item map[string]any) map[string]any {
	users, holidays := []any{}, []any{}
	for _, given := range objects(item["users"]) {
		id, _ := parseID(text(given, "id"))
		if u := c.org.user(id); u != nil {
			users = append(users, map[string]any{
				"id": formatID(u.id), "name": u.name(), "email": u.email, "zuid": u.zuid, "role": c.org.roles[u.role],
				"effective_from": given["effective_from"],
			})
		}
	}
	for _, h := range c.org.work.Holidays {
		if text(asObject(h["shift_hour"]), "id") == item["id"] {
			holidays = append(holidays, map[string]any{"id": h["id"], "name": h["name"], "date": h["date"], "year": h["year"]})
		}
	}
	return overlay(item, map[string]any{"users": users, "users_count": len(users), "holidays": holidays})
}

// holidayList are the days on which nobody works, or nobody of a shift. Source: Zoho CRM v8, "Holidays".
func holidayList() *workList {
	return &workList{
		name: "holidays", index: 2, limit: 100,
		words: [3]string{"Holidays created successfully", "Holidays updated successfully", "Holidays deleted successfully"},
		of:    func(w *workingTime) *[]map[string]any { return &w.Holidays }, check: (*call).readHoliday, wire: (*call).holiday,
		keep: (*call).whichHolidays,
	}
}

func (c *call) readHoliday(s *shape) map[string]any {
	out := map[string]any{
		"name": s.text("name", true, 80), "type": s.word("type", true, "business_holiday", "shift_holiday"), "shift_hour": nil,
	}
	date := s.text("date", true, 0)
	if _, ok := parseDay(date); !ok {
		s.invalid("date", details{"expected_data_type": "date"})
		return out
	}
	out["date"], out["year"] = date, json.Number(strings.TrimLeft(date[:4], "0"))
	shift := ""
	if out["type"] == "shift_holiday" {
		if s.item["shift_hour"] == nil {
			s.refuse("DEPENDENT_FIELD_MISSING", "Shift id is required for shift holidays", "shift_hour", details{
				"dependee": details{"api_name": "type", "json_path": s.path + ".type"},
			})
		}
		id, _ := s.object("shift_hour", true)
		shift = formatID(id)
		if shiftHours().find(c, shift) < 0 {
			s.invalid("shift_hour.id", nil)
		}
		out["shift_hour"] = map[string]any{"id": shift}
	}
	for _, h := range c.org.work.Holidays {
		if h["id"] != s.item["id"] && h["date"] == date && text(asObject(h["shift_hour"]), "id") == shift {
			s.refuse("DUPLICATE_DATA", "duplicate data", "date", nil)
		}
	}
	return out
}

func (c *call) holiday(item map[string]any) map[string]any {
	id := text(asObject(item["shift_hour"]), "id")
	i := shiftHours().find(c, id)
	if i < 0 {
		return item
	}
	return overlay(item, map[string]any{"shift_hour": map[string]any{"id": id, "name": c.org.work.Shifts[i]["name"]}})
}

// whichHolidays reads year, type and shift_id.
func (c *call) whichHolidays() (func(map[string]any) bool, *answer) {
	year, kind, shift := c.query.Get("year"), c.query.Get("type"), c.query.Get("shift_id")
	pattern := func(name string) *answer {
		a := refuse("PATTERN_NOT_MATCHED", "Please check whether the input values are correct", details{"api_name": name})
		return &a
	}
	if n, err := strconv.Atoi(year); year != "" && (err != nil || n < 1000 || n > 9999) {
		return nil, pattern("year")
	}
	if kind != "" && kind != "business_holiday" && kind != "shift_holiday" {
		return nil, pattern("type")
	}
	if _, ok := parseID(shift); shift != "" && !ok {
		return nil, pattern("shift_id")
	}
	return func(h map[string]any) bool {
		return (year == "" || strings.HasPrefix(text(h, "date"), year)) && (kind == "" || h["type"] == kind) &&
			(shift == "" || text(asObject(h["shift_hour"]), "id") == shift)
	}, nil
}

// absences are the times when users are away, also those that came out of another calendar. Source: Zoho CRM v8, "Users
// Unavailability".
func absences() *workList {
	saved := "Unavailability Hours saved successfully"
	return &workList{
		name: "users_unavailability", index: 2, limit: 100, words: [3]string{saved, saved, saved},
		of: func(w *workingTime) *[]map[string]any { return &w.Absences }, check: (*call).readAbsence, wire: (*call).absence,
		keep: (*call).whichAbsences,
	}
}

func (c *call) readAbsence(s *shape) map[string]any {
	out := map[string]any{"comments": nil, "service": nil, "title": nil, "tp_calendar_id": nil, "tp_event_id": nil}
	id, _ := s.object("user", true)
	if c.org.user(id) == nil {
		s.invalid("user.id", nil)
	}
	out["user"] = map[string]any{"id": formatID(id)}
	var instants [2]int64
	for i, name := range []string{"from", "to"} {
		at, ok := parseStamp(s.text(name, true, 0), c.sw.DatetimeZ == "accept")
		if !ok {
			s.invalid(name, details{"expected_data_type": "datetime"})
		}
		instants[i] = at
		out[name] = time.Unix(at, 0).UTC().Format(stampLayout)
	}
	if instants[1] <= instants[0] {
		s.invalid("to", nil)
	}
	out["all_day"] = s.flag("all_day", false)
	for name, limit := range map[string]int{"comments": 250, "service": 0, "title": 0, "tp_calendar_id": 0, "tp_event_id": 0} {
		if v := s.text(name, false, limit); v != "" {
			out[name] = v
		}
	}
	return out
}

// absence shows a time with the user's name, in the offset of who asks.
func (c *call) absence(item map[string]any) map[string]any {
	out := overlay(item, nil)
	id, _ := parseID(text(asObject(item["user"]), "id"))
	if u := c.org.user(id); u != nil {
		out["user"] = map[string]any{"id": formatID(u.id), "name": u.name(), "zuid": u.zuid}
	}
	for _, name := range []string{"from", "to"} {
		at, _ := parseStamp(text(item, name), true)
		out[name] = time.Unix(at, 0).In(c.user.place).Format(stampLayout)
	}
	return out
}

// whichAbsences reads filters, role_ids, group_ids, territory_ids and include_inner_details. There are no groups or
// territories here: nobody is in one.
func (c *call) whichAbsences() (func(map[string]any) bool, *answer) {
	ids := map[string][]string{}
	for _, name := range []string{"role_ids", "group_ids", "territory_ids"} {
		ids[name] = splitIDs(c.query.Get(name))
		for i, id := range ids[name] {
			if _, ok := parseID(id); !ok {
				a := refuse("INVALID_DATA", "Ids should be Long value with comma separated", details{"index": i, "param_name": name})
				return nil, &a
			}
		}
	}
	if inner := c.query.Get("include_inner_details"); strings.Trim(inner, "abcdefghijklmnopqrstuvwxyz_.,") != "" {
		a := refuse("PATTERN_NOT_MATCHED", "Please check whether the input values are correct", details{
			"api_name": "include_inner_details",
		})
		return nil, &a
	}
	matches, ok := readFilter(c.query.Get("filters"))
	if !ok {
		a := refuse("UNABLE_TO_PARSE_DATA_TYPE", "either the request body or parameters is in wrong format", nil)
		return nil, &a
	}
	return func(item map[string]any) bool {
		id, _ := parseID(text(asObject(item["user"]), "id"))
		u := c.org.user(id)
		inRole := len(ids["role_ids"]) == 0 || u != nil && slices.Contains(ids["role_ids"], c.org.roles[u.role].ID)
		return inRole && len(ids["group_ids"]) == 0 && len(ids["territory_ids"]) == 0 && matches(item)
	}, nil
}

// absenceFilter is parameter filters: a comparison of from or to, or several joined.
type absenceFilter struct {
	Operator string          `json:"group_operator"`
	Group    []absenceFilter `json:"group"`
	Field    struct {
		APIName string `json:"api_name"`
	} `json:"field"`
	Comparator string `json:"comparator"`
	Value      any    `json:"value"`
}

// readFilter compiles parameter filters; without it everything matches.
func readFilter(given string) (matches func(map[string]any) bool, ok bool) {
	if given == "" {
		return func(map[string]any) bool { return true }, true
	}
	var f absenceFilter
	dec := json.NewDecoder(bytes.NewReader([]byte(given)))
	if dec.Decode(&f) != nil {
		return nil, false
	}
	return f.compile()
}

func (f absenceFilter) compile() (func(map[string]any) bool, bool) {
	if len(f.Group) > 0 {
		var parts []func(map[string]any) bool
		for _, g := range f.Group {
			part, ok := g.compile()
			if !ok {
				return nil, false
			}
			parts = append(parts, part)
		}
		either := strings.EqualFold(f.Operator, "or")
		return func(item map[string]any) bool {
			for _, part := range parts {
				if part(item) == either {
					return either
				}
			}
			return !either
		}, either || strings.EqualFold(f.Operator, "and")
	}
	values, isList := f.Value.([]any)
	if !isList {
		values = []any{f.Value}
	}
	var bounds []int64
	for _, v := range values {
		s, _ := v.(string)
		at, ok := parseStamp(s, true)
		if !ok {
			return nil, false
		}
		bounds = append(bounds, at)
	}
	holds, known := instantTests[f.Comparator]
	if !known || len(bounds) != map[bool]int{true: 2, false: 1}[f.Comparator == "between"] || f.Field.APIName != "from" && f.Field.APIName != "to" {
		return nil, false
	}
	return func(item map[string]any) bool {
		at, _ := parseStamp(text(item, f.Field.APIName), true)
		return holds(at, bounds)
	}, true
}

// instantTests are the comparators of filters.
var instantTests = map[string]func(at int64, bounds []int64) bool{
	"equal":         func(at int64, b []int64) bool { return at == b[0] },
	"greater_than":  func(at int64, b []int64) bool { return at > b[0] },
	"greater_equal": func(at int64, b []int64) bool { return at >= b[0] },
	"less_than":     func(at int64, b []int64) bool { return at < b[0] },
	"less_equal":    func(at int64, b []int64) bool { return at <= b[0] },
	"between":       func(at int64, b []int64) bool { return at >= b[0] && at <= b[1] },
}
