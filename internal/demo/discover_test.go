package demo_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/demo"
)

type proposed struct {
	Module, Key  string
	CRMField     *string `json:"crm_field"`
	Inverted     bool
	Confidence   float64
	Level        string
	Evidence     []string
	Values       map[string]string
	Alternatives []struct {
		CRMField string `json:"crm_field"`
	}
}

// discover asks for proposals and gives them by “role.key”, with the answer as it came.
func (w *world) discover(modules string) (map[string]proposed, string) {
	w.t.Helper()
	status, b := w.keyed("POST", w.config()+"/auto-discover", `{"modules":`+modules+`}`)
	if status != 200 {
		w.t.Fatalf("auto-discover: %d %s", status, b)
	}
	var v struct{ Fields []proposed }
	if err := json.Unmarshal(b, &v); err != nil {
		w.t.Fatal(err)
	}
	out := map[string]proposed{}
	for _, p := range v.Fields {
		out[p.Module+"."+p.Key] = p
	}
	return out, string(b)
}

func (p proposed) field() string {
	if p.CRMField == nil {
		return ""
	}
	return *p.CRMField
}

// control calls the simulator's control interface.
func (w *world) control(method, path, body string) {
	w.t.Helper()
	if status, b := w.call(method, w.zoho+path, body); status >= 300 {
		w.t.Fatalf("%s %s: %d %s", method, path, status, b)
	}
}

const standard = `{"lead":"Leads","appointment":"Events","related_record":"Contacts"}`

// TestAutoDiscoverOnAnUntouchedZoho: what the built-in mapping says is proposed, from live metadata, and nothing of a
// record is in the answer.
func TestAutoDiscoverOnAnUntouchedZoho(t *testing.T) {
	t.Parallel()
	w, _ := inProcess(t, nil)
	got, raw := w.discover(standard)
	for row, want := range map[string]string{
		"lead.first_name": "First_Name", "lead.last_name": "Last_Name", "lead.company": "Company", "lead.email": "Email", "lead.phone": "Phone", "lead.mobile": "Mobile",
		"lead.street": "Street", "lead.city": "City", "lead.state": "State", "lead.zip": "Zip_Code", "lead.country": "Country", "lead.lead_source": "Lead_Source",
		"lead.lead_status": "Lead_Status", "lead.project_details": "Description", "lead.owner": "Owner", "lead.consent_contact": "Email_Opt_Out",
		"appointment.title": "Event_Title", "appointment.start": "Start_DateTime", "appointment.end": "End_DateTime", "appointment.rep": "Owner",
		"appointment.related_record": "Who_Id", "appointment.location": "Venue", "appointment.description": "Description", "appointment.participants": "Participants",
		"related_record.last_name": "Last_Name", "related_record.street": "Mailing_Street", "related_record.zip": "Mailing_Zip", "related_record.country": "Mailing_Country",
	} {
		if p := got[row]; p.field() != want || p.Level != "auto" || p.Confidence < 0.9 || len(p.Evidence) == 0 {
			t.Errorf("%s: %s at %.2f (%s) %v, want %s", row, p.field(), p.Confidence, p.Level, p.Evidence, want)
		}
	}
	if p := got["lead.consent_contact"]; !p.Inverted {
		t.Error("an opt-out is the opposite of a consent")
	}
	for _, row := range []string{"lead.budget", "lead.service", "lead.full_name", "appointment.date", "appointment.status", "related_record.street2"} {
		if p, there := got[row]; !there || p.CRMField != nil || p.Level != "none" || p.Alternatives == nil {
			t.Errorf("%s must be there and blank: %+v", row, p)
		}
	}
	values := map[string]bool{}
	for _, module := range []string{"Leads", "Contacts", "Events"} {
		for _, r := range w.records(module) {
			for _, name := range []string{"Last_Name", "Email", "Phone", "Mobile", "Street", "Event_Title", "Venue"} {
				if v := r.text(name); len(v) > 4 {
					values[v] = true
				}
			}
		}
	}
	if len(values) == 0 {
		t.Fatal("the demo has no records to leak")
	}
	for v := range values {
		if strings.Contains(raw, v) {
			t.Errorf("the answer has %q, a value of a record", v)
		}
	}
	if _, again := w.discover(standard); again != raw {
		t.Error("asked twice, two answers")
	}
}

// wide defines a module with many fields besides its own.
func wide(module string, own []string, n int) string {
	fields := own
	for i := range n - len(own) {
		kind := []string{"text", "picklist", "date", "double", "boolean", "phone", "textarea", "datetime"}[i%8]
		fields = append(fields, fmt.Sprintf(`{"api_name":"Checklist_%d","field_label":"Checklist item %d","data_type":%q,"pick_list_values":["A","B","C"]}`, i, i, kind))
	}
	var records []string
	for i := range 60 {
		records = append(records, fmt.Sprintf(`{"Name":"%s %d","Checklist_0":"remark %d"}`, module, i, i))
	}
	return `{"fields":[` + strings.Join(fields, ",") + `],"records":[` + strings.Join(records, ",") + `]}`
}

// TestAutoDiscoverOnWideModules: four modules of 300 fields within two seconds and twelve credits, and Zoho is left as it
// was.
func TestAutoDiscoverOnWideModules(t *testing.T) {
	t.Parallel()
	w, _ := inProcess(t, func(o *demo.Options) { o.Reconcile = time.Hour })
	w.watched(20 * time.Second)
	person := []string{
		`{"api_name":"Name","system_mandatory":true}`, `{"api_name":"Vorname"}`, `{"api_name":"Nachname"}`, `{"api_name":"E_Mail","field_label":"E-Mail","data_type":"email"}`,
		`{"api_name":"Telefon","data_type":"phone"}`, `{"api_name":"Nachricht","data_type":"textarea"}`, `{"api_name":"PLZ"}`,
	}
	visit := []string{
		`{"api_name":"Name","system_mandatory":true}`, `{"api_name":"Beginn","data_type":"datetime"}`, `{"api_name":"Ende","data_type":"datetime"}`,
		`{"api_name":"Kunde","data_type":"lookup","lookup":{"module":{"api_name":"Kunden"}}}`,
		`{"api_name":"Terminstatus","data_type":"picklist","pick_list_values":["Geplant","Abgesagt",{"actual_value":"ok","display_value":"Erledigt"}]}`,
	}
	for module, own := range map[string][]string{"Anfragen": person, "Termine": visit, "Kunden": person, "Nachrichten": person} {
		w.control("PUT", "/_sim/modules/"+module, wide(module, own, 300))
	}
	before := get[map[string]any](w, w.zoho+"/_sim/stats")["credits"].(float64)
	modules := `{"lead":"Anfragen","appointment":"Termine","related_record":"Kunden","contact_us":"Nachrichten"}`
	began := time.Now()
	got, raw := w.discover(modules)
	took := time.Since(began)
	if spent := get[map[string]any](w, w.zoho+"/_sim/stats")["credits"].(float64) - before; spent > 12 {
		t.Errorf("%v credits", spent)
	}
	if os.Getenv("HEAVYSET_SOAK") != "" && took > 2*time.Second { // beside all other tests the clock says nothing
		t.Errorf("took %v", took)
	}
	t.Logf("four modules of 300 fields in %v", took)
	for row, want := range map[string]string{
		"lead.last_name": "Nachname", "lead.email": "E_Mail", "lead.zip": "PLZ", "lead.project_details": "Nachricht", "appointment.title": "Name", "appointment.start": "Beginn",
		"appointment.end": "Ende", "appointment.related_record": "Kunde", "appointment.status": "Terminstatus", "related_record.first_name": "Vorname",
		"contact_us.phone": "Telefon",
	} {
		if p := got[row]; p.field() != want || p.Level != "auto" {
			t.Errorf("%s: %s (%s) %v, want %s", row, p.field(), p.Level, p.Evidence, want)
		}
	}
	if pairs := got["appointment.status"].Values; pairs["confirmed"] != "Geplant" || pairs["cancelled"] != "Abgesagt" || pairs["completed"] != "ok" || len(pairs) != 3 {
		t.Errorf("values: %v", pairs)
	}
	for row, p := range got {
		if p.CRMField != nil && strings.HasPrefix(*p.CRMField, "Checklist") {
			t.Errorf("%s: %s", row, *p.CRMField)
		}
	}
	if _, again := w.discover(modules); again != raw {
		t.Error("asked twice, two answers")
	}
	if len(w.records("Termine")) != 60 {
		t.Error("records were made")
	}
}

// TestAutoDiscoverRefuses what cannot be looked at, and who may not look.
func TestAutoDiscoverRefuses(t *testing.T) {
	t.Parallel()
	w, _ := inProcess(t, nil)
	path := w.config() + "/auto-discover"
	for name, c := range map[string]struct {
		path, body string
		status     int
		says       string
	}{
		"no appointment module":       {path, `{"modules":{"lead":"Leads","related_record":"Contacts"}}`, 422, "modules.appointment"},
		"a module that is not":        {path, `{"modules":{"lead":"Leads","appointment":"Nowhere","related_record":"Contacts"}}`, 422, "modules.appointment"},
		"a module that is a path":     {path, `{"modules":{"lead":"../users","appointment":"Events","related_record":"Contacts"}}`, 422, "modules.lead"},
		"no modules at all":           {path, `{}`, 422, "modules"},
		"a config that is not":        {"/orgs/ridgeline/crm-configs/crm_nothing/auto-discover", `{"modules":` + standard + `}`, 404, ""},
		"another org's connection":    {strings.Replace(path, "ridgeline", "bluewater", 1), `{"modules":` + standard + `}`, 404, ""},
		"an organization that is not": {"/orgs/nobody/crm-configs/x/auto-discover", `{"modules":` + standard + `}`, 404, ""},
	} {
		if status, b := w.keyed("POST", c.path, c.body); status != c.status || !strings.Contains(string(b), c.says) {
			t.Errorf("%s: %d %s", name, status, b)
		}
	}
	key := func(role string) string {
		status, b := w.keyed("POST", "/orgs/ridgeline/api-keys", `{"role":"`+role+`"}`)
		var v struct{ Key string }
		if err := json.Unmarshal(b, &v); err != nil || status != http.StatusCreated {
			t.Fatalf("%d %s", status, b)
		}
		return v.Key
	}
	for role, want := range map[string]int{"member": 403, "admin": 200} {
		if status, b := w.call("POST", w.base+"/api/v1"+path, `{"modules":`+standard+`}`, "Authorization", "Bearer "+key(role)); status != want {
			t.Errorf("%s: %d %s", role, status, b)
		}
	}
	if status, _ := w.call("POST", w.base+"/api/v1"+path, `{"modules":`+standard+`}`); status != 401 {
		t.Errorf("without a key: %d", status)
	}
}

// TestAutoDiscoverWithoutSamples: records that cannot be read cost only the evidence they would give; a Zoho that is
// down is said so.
func TestAutoDiscoverWithoutSamples(t *testing.T) {
	t.Parallel()
	w, _ := inProcess(t, nil)
	w.control("POST", "/_sim/faults", `{"method":"GET","path_prefix":"/crm/v8/Contacts","when":"before","action":"status","status":403,"body":{"code":"NO_PERMISSION","details":{},"message":"permission denied","status":"error"}}`)
	got, _ := w.discover(standard)
	p := got["related_record.last_name"]
	if p.field() != "Last_Name" || p.Level != "auto" || !strings.Contains(strings.Join(p.Evidence, " "), "could not be read") {
		t.Errorf("%+v", p)
	}
	w.control("DELETE", "/_sim/faults", "")
	w.control("POST", "/_sim/faults", `{"method":"GET","path_prefix":"/crm/v8/settings/layouts","when":"before","action":"status","status":500}`)
	if status, b := w.keyed("POST", w.config()+"/auto-discover", `{"modules":`+standard+`}`); status != 503 {
		t.Errorf("Zoho in trouble: %d %s", status, b)
	}
}

// TestAutoDiscoverToTestBooking: a custom module whose date and time are apart is discovered, the proposals are saved as
// they are, and the test booking proves them.
func TestAutoDiscoverToTestBooking(t *testing.T) {
	t.Parallel()
	w, _ := inProcess(t, nil)
	w.control("PUT", "/_sim/modules/Visits", visits)
	const modules = `{"lead":"Leads","appointment":"Visits","related_record":"Contacts"}`
	got, _ := w.discover(modules)
	type row struct {
		Module   string            `json:"module"`
		Key      string            `json:"key"`
		CRMField string            `json:"crm_field"`
		Inverted bool              `json:"inverted"`
		Values   map[string]string `json:"values,omitempty"`
	}
	var rows []row
	for _, p := range got {
		if p.Level == "auto" || p.Level == "check" {
			rows = append(rows, row{p.Module, p.Key, p.field(), p.Inverted, p.Values})
		}
	}
	for key, want := range map[string]string{
		"title": "Name", "date": "Visit_Date", "time": "Visit_Time", "duration": "Minutes", "status": "Stage", "related_record": "Homeowner", "external_id": "HeavySet_ID",
		"rep": "Owner", "description": "Notes",
	} {
		if p := got["appointment."+key]; p.field() != want || p.Level == "suggestion" {
			t.Errorf("%s: %s (%s) %v, want %s", key, p.field(), p.Level, p.Evidence, want)
		}
	}
	if v := got["appointment.status"].Values; v["confirmed"] != "Planned" || v["cancelled"] != "Called off" {
		t.Errorf("values of the status: %v", v)
	}
	b, err := json.Marshal(rows)
	if err != nil {
		t.Fatal(err)
	}
	settings := fmt.Sprintf(`{"modules":%s,"slot_availability_source":"crm_appointments","token_expiry_alerts":[],"mapping":%s}`, modules, b)
	if status, b := w.keyed("PUT", w.config()+"/settings", settings); status != 200 {
		t.Fatalf("saving what was proposed: %d %s", status, b)
	}
	status, b := w.keyed("POST", w.config()+"/test-booking", "")
	var report struct{ OK, Removed bool }
	if err := json.Unmarshal(b, &report); err != nil || status != 200 || !report.OK || !report.Removed {
		t.Errorf("the test booking: %d %s", status, b)
	}
}
