package zohosim

import (
	"net/http"
	"strings"
)

// workRoutes lists the calls about working time, below the settings.
func workRoutes() []route {
	shifts, holidays, away := shiftHours(), holidayList(), absences()
	return []route{
		{"settings/business_hours", workEndpoints("business_hours", map[string]func(*call) answer{
			http.MethodGet: (*call).businessHours, http.MethodPost: (*call).addBusinessHours, http.MethodPut: (*call).changeBusinessHours,
		})},
		{"settings/business_hours/shift_hours", workEndpoints("shift_hours", shifts.whole())},
		{"settings/business_hours/shift_hours/{id}", workEndpoints("shift_hours", shifts.single())},
		{"settings/holidays", workEndpoints("holidays", holidays.whole())},
		{"settings/holidays/{id}", workEndpoints("holidays", holidays.single())},
		{"settings/users_unavailability", workEndpoints("users_unavailability", away.whole())},
		{"settings/users_unavailability/{id}", workEndpoints("users_unavailability", away.single())},
	}
}

// whole and single are the methods of a list's paths, without and with an id.
func (l *workList) whole() map[string]func(*call) answer {
	return map[string]func(*call) answer{http.MethodGet: l.list, http.MethodPost: l.add, http.MethodPut: l.change}
}

func (l *workList) single() map[string]func(*call) answer {
	return map[string]func(*call) answer{http.MethodGet: l.one, http.MethodPut: l.change, http.MethodDelete: l.drop}
}

// workOperations are the operations of scopes by method.
var workOperations = map[string]string{
	http.MethodGet: "READ", http.MethodPost: "CREATE", http.MethodPut: "UPDATE", http.MethodDelete: "DELETE",
}

// workEndpoints makes endpoints of methods. name is the setting's part of the scope; which scope shifts need is up to switch
// shift_hours_scope, and which settings the edition has up to switch working_time.
func workEndpoints(name string, methods map[string]func(*call) answer) map[string]*endpoint {
	out := map[string]*endpoint{}
	for method, run := range methods {
		out[method] = &endpoint{
			needs: func(c *call) []scope {
				part := name
				if name == "shift_hours" {
					part = c.sw.ShiftHoursScope
				}
				return []scope{need("ZohoCRM.settings." + part + "." + workOperations[method])}
			},
			write: method != http.MethodGet,
			run: func(c *call) answer {
				extra := name == "shift_hours" || name == "users_unavailability"
				if c.sw.WorkingTime == "none" || extra && c.sw.WorkingTime == "business_hours" {
					return refuse("NOT_SUPPORTED", "The feature is not available in this edition", details{"resource_path_index": 1})
				}
				if id := c.args["id"]; id != "" && strings.Trim(id, "0123456789") != "" {
					return invalidURL()
				}
				return run(c)
			},
		}
	}
	return out
}
