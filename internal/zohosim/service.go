package zohosim

import "fmt"

// Limits of a service. Source: Zoho CRM v8, "Services".
const (
	shortestService   = 5       // minutes
	longestMinutes    = 24 * 60 // likewise
	maxServiceMembers = 100
)

// checkService applies the rules of Services__s.
func (d *draft) checkService() {
	minutes, ok := d.value("Duration")
	if ok && !d.refused("Duration") && (minutes.num < shortestService || minutes.num > longestMinutes) {
		d.refuse("Duration", invalidData("Duration value should not be greater than 24hrs or less than 5mins"))
	}
	first, ok := d.value("Available_From")
	last, ok2 := d.value("Available_Till")
	if ok && ok2 && last.num < first.num {
		d.depends("DEPENDENT_MISMATCH", "Available_Till", "Available_From", "To value must be Greater than From value")
	}
}

// coerceMembers reads the users who give a service: [{"Members":{"id":…}}] as Zoho answers, or [{"id":…}].
func (d *draft) coerceMembers(list []any) (cell, *fieldError) {
	if len(list) > maxServiceMembers {
		return cell{}, &fieldError{"LIMIT_EXCEEDED", "More than 100 users cannot be associated", details{"limit": maxServiceMembers}}
	}
	rows := make([]any, 0, len(list))
	for i, v := range list {
		row := asObject(v)
		who, nested := row["Members"]
		if !nested {
			who = v
		}
		id, _, ok := idOf(who)
		u := d.w.org.user(id)
		at := fmt.Sprintf("[%d].Members.id", i)
		switch {
		case !ok || u == nil:
			return cell{}, &fieldError{"INVALID_DATA", "the id given seems to be invalid", details{"missing": at}}
		case u.inactive:
			return cell{}, &fieldError{"INVALID_DATA", "Members is not Active", details{"missing": at, "user_status": "inactive"}}
		}
		place := text(row, "id")
		if !nested || place == "" {
			place = formatID(d.w.org.nextID())
		}
		rows = append(rows, map[string]any{
			"id": place, "Members": map[string]any{"module": "Users", "name": u.name(), "id": formatID(u.id)},
		})
	}
	if len(rows) == 0 {
		return cell{}, nil
	}
	return encoded(rows), nil
}

// members gives the ids of those who give a service.
func members(m *module, service *record) []int64 {
	c, _ := service.get(m.key("Members"))
	var out []int64
	for _, row := range decodeRows(c.str) {
		if id, _, ok := idOf(asObject(row)["Members"]); ok {
			out = append(out, id)
		}
	}
	return out
}

// coerceDates reads a list of dates.
func coerceDates(list []any) (cell, *fieldError) {
	for _, v := range list {
		s, _ := v.(string)
		if _, ok := parseDay(s); !ok {
			return cell{}, wrongType("date")
		}
	}
	if len(list) == 0 {
		return cell{}, nil
	}
	return encoded(list), nil
}
