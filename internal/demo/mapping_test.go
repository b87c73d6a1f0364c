package demo_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// visits is a custom appointment module whose date and time are two fields and whose stage is a picklist.
const visits = `{"module":{"api_name":"Visits","module_name":"Visits","singular_label":"Visit","plural_label":"Visits","generated_type":"custom"},
"fields":[{"api_name":"Name","field_label":"Visit name","data_type":"text","length":120,"system_mandatory":true},
{"api_name":"Visit_Date","field_label":"Visit date","data_type":"date"},{"api_name":"Visit_Time","field_label":"Visit time","data_type":"text","length":30},
{"api_name":"Minutes","field_label":"Minutes","data_type":"integer"},
{"api_name":"Stage","field_label":"Stage","data_type":"picklist","pick_list_values":[{"actual_value":"Planned","display_value":"Planned"},{"actual_value":"Called off","display_value":"Called off"}]},
{"api_name":"Homeowner","field_label":"Homeowner","data_type":"lookup","lookup":{"module":{"api_name":"Contacts"}}},
{"api_name":"HeavySet_ID","field_label":"HeavySet ID","data_type":"text","length":60},{"api_name":"Notes","field_label":"Notes","data_type":"textarea","length":32000}],"records":[]}`

const visitsMapping = `{"modules":{"lead":"Leads","appointment":"Visits","related_record":"Contacts"},"slot_availability_source":"crm_appointments","token_expiry_alerts":["ops@ridgeline.example"],"mapping":[
{"module":"lead","key":"last_name","crm_field":"Last_Name"},{"module":"lead","key":"email","crm_field":"Email"},{"module":"lead","key":"company","crm_field":"Company","template":"{full_name} (home)","policy":"create"},
{"module":"related_record","key":"last_name","crm_field":"Last_Name"},{"module":"related_record","key":"email","crm_field":"Email"},
{"module":"appointment","key":"title","crm_field":"Name"},{"module":"appointment","key":"date","crm_field":"Visit_Date"},{"module":"appointment","key":"time","crm_field":"Visit_Time"},
{"module":"appointment","key":"duration","crm_field":"Minutes"},{"module":"appointment","key":"status","crm_field":"Stage","policy":"forward","values":{"confirmed":"Planned","cancelled":"Called off"}},
{"module":"appointment","key":"related_record","crm_field":"Homeowner","policy":"create"},{"module":"appointment","key":"external_id","crm_field":"HeavySet_ID","policy":"create"},
{"module":"appointment","key":"rep","crm_field":"Owner"},{"module":"appointment","key":"description","crm_field":"Notes"}]}`

// config gives the path of ridgeline's CRM config in the API.
func (w *world) config() string {
	w.t.Helper()
	configs := get[struct {
		List []struct{ ID string } `json:"crm_configs"`
	}](w, w.base+"/api/v1/orgs/ridgeline/crm-configs")
	return "/orgs/ridgeline/crm-configs/" + configs.List[0].ID
}

// TestCustomModule: what is mapped is what is written, into a module that is nothing like Events.
func TestCustomModule(t *testing.T) {
	t.Parallel()
	w, _ := inProcess(t, nil)
	if status, b := w.call("PUT", w.zoho+"/_sim/modules/Visits", visits); status >= 300 {
		t.Fatalf("%d %s", status, b)
	}
	if status, b := w.keyed("PUT", w.config()+"/settings", visitsMapping); status != 200 {
		t.Fatalf("%d %s", status, b)
	}
	status, b := w.keyed("POST", w.config()+"/test-booking", "")
	var report struct {
		OK, Removed bool
		Checks      []struct {
			Module, Key, Sent, Read, Detail string
			OK                              bool
		}
	}
	if err := json.Unmarshal(b, &report); err != nil || status != 200 || !report.OK || !report.Removed || len(report.Checks) < 10 {
		t.Fatalf("the test booking: %d %s", status, b)
	}
	if left := w.records("Visits"); len(left) != 0 {
		t.Errorf("the test booking left %v", left)
	}
	start := w.slots("inspection", 3, 30)[0]
	status, mine := w.book(start, "Custom")
	if status != 201 {
		t.Fatal(status)
	}
	w.settled(20 * time.Second)
	visit := w.visit()
	at, err := time.Parse(time.RFC3339, start)
	if err != nil {
		t.Fatal(err)
	}
	for field, want := range map[string]string{
		"Name": "Roof inspection – Test Custom", "Visit_Date": at.Format(time.DateOnly), "Visit_Time": at.Format("3:04 PM"), "Stage": "Planned", "HeavySet_ID": mine.Appointment.ID,
	} {
		if got := visit.text(field); got != want {
			t.Errorf("%s is %q, not %q", field, got, want)
		}
	}
	if _, contacts, _ := w.written("Custom", ""); len(contacts) != 1 || visit["Homeowner"].(map[string]any)["id"] != contacts[0]["id"] {
		t.Errorf("the visit's homeowner is %v", visit["Homeowner"])
	}
	w.call("POST", w.base+"/api/v1/appointments/"+mine.ManageToken+"/cancel", "{}")
	w.settled(20 * time.Second)
	if visit = w.visit(); visit.text("Stage") != "Called off" || !strings.HasPrefix(visit.text("Name"), "Cancelled: ") {
		t.Errorf("after the cancellation: %v", visit)
	}
}

// visit gives the one record of the custom module.
func (w *world) visit() record {
	w.t.Helper()
	list := w.records("Visits")
	if len(list) != 1 {
		w.t.Fatalf("%d visits", len(list))
	}
	return list[0]
}

// TestSettingsNameWhatIsWrong: each wrong part by its path, and nothing is kept.
func TestSettingsNameWhatIsWrong(t *testing.T) {
	t.Parallel()
	w, _ := inProcess(t, nil)
	good := get[map[string]any](w, w.base+"/api/v1"+w.config()+"/settings")
	for path, body := range map[string]string{
		"modules.lead":             `{"modules":{"appointment":"Events","related_record":"Contacts"},"slot_availability_source":"crm_appointments"}`,
		"modules.appointment":      `{"modules":{"lead":"Leads","appointment":"Nonesuch","related_record":"Contacts"},"slot_availability_source":"crm_appointments"}`,
		"slot_availability_source": `{"modules":{"lead":"Leads","appointment":"Events","related_record":"Contacts"},"slot_availability_source":"all"}`,
		"token_expiry_alerts[1]":   `{"modules":{"lead":"Leads","appointment":"Events","related_record":"Contacts"},"slot_availability_source":"zoho_calendar","token_expiry_alerts":["a@b.example","no address"]}`,
		"mapping[0].crm_field":     `{"modules":{"lead":"Leads","appointment":"Events","related_record":"Contacts"},"slot_availability_source":"crm_appointments","mapping":[{"module":"lead","key":"email","crm_field":"Nonesuch"}]}`,
		"mapping[0].module":        `{"modules":{"lead":"Leads","appointment":"Events","related_record":"Contacts"},"slot_availability_source":"crm_appointments","mapping":[{"module":"Leads","key":"email","crm_field":"Email"}]}`,
		"mapping[0].policy":        `{"modules":{"lead":"Leads","appointment":"Events","related_record":"Contacts"},"slot_availability_source":"crm_appointments","mapping":[{"module":"lead","key":"email","crm_field":"Email","policy":"always"}]}`,
	} {
		status, b := w.keyed("PUT", w.config()+"/settings", body)
		if status != 422 || !strings.Contains(string(b), `"`+path+`"`) {
			t.Errorf("%s: %d %s", path, status, b)
		}
	}
	if now := get[map[string]any](w, w.base+"/api/v1"+w.config()+"/settings"); len(now) != len(good) || now["slot_availability_source"] != "crm_appointments" {
		t.Errorf("something was kept: %v", now)
	}
}
