package zohosim

import (
	"maps"
	"net/http"
)

// appointmentPreferences are the preferences as changed over those of an untouched Zoho.
func (w *workingTime) appointmentPreferences() map[string]any {
	return overlay(map[string]any{
		"allow_booking_outside_businesshours": false, "allow_booking_outside_service_availability": false, "show_job_sheet": false,
		"when_duration_exceeds": "mark_as_complete", "when_appointment_completed": "do_not_create_deal",
		"deal_record_configuration": nil,
	}, w.Appointments)
}

func (w *workingTime) servicePreferences() map[string]any {
	return overlay(map[string]any{"job_sheet_enabled": false}, w.Services)
}

// preferenceRoutes lists the calls about the Services feature's settings. Source: Zoho CRM v8, "Appointment Preferences".
func preferenceRoutes() []route {
	endpoints := func(get, put func(*call) answer) map[string]*endpoint {
		guarded := func(run func(*call) answer) func(*call) answer {
			return func(c *call) answer {
				if c.sw.ServicesFeature == "off" {
					return refuse("NOT_SUPPORTED", "The feature is not available in this edition", details{"resource_path_index": 1})
				}
				return run(c)
			}
		}
		return map[string]*endpoint{
			http.MethodGet: {needs: always("ZohoCRM.settings.modules.READ"), run: guarded(get)},
			http.MethodPut: {needs: always("ZohoCRM.settings.modules.UPDATE"), write: true, run: guarded(put)},
		}
	}
	return []route{
		{"settings/appointment_preferences", endpoints((*call).readAppointmentPreferences, (*call).changeAppointmentPreferences)},
		{"settings/service_preferences", endpoints((*call).readServicePreferences, (*call).changeServicePreferences)},
	}
}

// readAppointmentPreferences answers GET /settings/appointment_preferences; what deals are made of is shown on request.
func (c *call) readAppointmentPreferences() answer {
	prefs := c.org.work.appointmentPreferences()
	switch c.query.Get("include") {
	case "":
		delete(prefs, "deal_record_configuration")
	case "deal_record_configuration":
	default:
		return refuse("INVALID_REQUEST", "the value given seems to be invalid", details{"param_name": "include"})
	}
	return jsonAnswer(http.StatusOK, map[string]any{"appointment_preferences": prefs})
}

func (c *call) changeAppointmentPreferences() answer {
	const name = "appointment_preferences"
	item, refused := c.memberObject(name)
	if refused != nil {
		return *refused
	}
	s := &shape{path: "$." + name, item: item}
	for _, flag := range []string{"allow_booking_outside_service_availability", "allow_booking_outside_businesshours", "show_job_sheet"} {
		s.flag(flag, false)
	}
	s.word("when_duration_exceeds", false, "ask_appointment_provider_to_complete", "mark_as_complete")
	s.word("when_appointment_completed", false, "create_deal", "do_not_create_deal")
	next := *c.org.work
	next.Appointments = map[string]any{}
	maps.Copy(next.Appointments, c.org.work.Appointments)
	for key := range next.appointmentPreferences() {
		if v, given := item[key]; given {
			next.Appointments[key] = v
		}
	}
	all := next.appointmentPreferences()
	if all["allow_booking_outside_businesshours"] == true && all["allow_booking_outside_service_availability"] != true {
		s.refuse("DEPENDENT_MISMATCH", "the value does not fit the other preference", "allow_booking_outside_businesshours", details{
			"dependee": details{
				"api_name":  "allow_booking_outside_service_availability",
				"json_path": s.path + ".allow_booking_outside_service_availability",
			},
		})
	}
	if _, ok := all["deal_record_configuration"].(map[string]any); !ok && all["when_appointment_completed"] == "create_deal" {
		s.missing("deal_record_configuration")
	}
	return c.savePreferences(s, next, name)
}

func (c *call) readServicePreferences() answer {
	return jsonAnswer(http.StatusOK, map[string]any{"service_preferences": c.org.work.servicePreferences()})
}

func (c *call) changeServicePreferences() answer {
	const name = "service_preferences"
	item, refused := c.memberObject(name)
	if refused != nil {
		return *refused
	}
	s := &shape{path: "$." + name, item: item}
	next := *c.org.work
	next.Services = map[string]any{"job_sheet_enabled": s.flag("job_sheet_enabled", true)}
	return c.savePreferences(s, next, name)
}

func (c *call) savePreferences(s *shape, next workingTime, name string) answer {
	if s.wrong == nil {
		if refused := c.setWork(next); refused != nil {
			return *refused
		}
	}
	return s.saved(http.StatusOK, name, "Appointments preferences updated successfully", details{})
}
