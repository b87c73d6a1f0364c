package demo_test

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"heavyset.tech/platform/internal/demo"
)

// site is the custom appointment module of a client who goes on changing it: fields by id; what its layout demands is
// marked demanded.
type site struct {
	module map[string]any
	fields map[string]map[string]any
}

const siteID = "57257670000099000"

func newSite() site {
	fields := map[string]map[string]any{
		"01": {"api_name": "Name", "field_label": "Visit name", "data_type": "text", "length": 120, "system_mandatory": true},
		"02": {"api_name": "Begins", "field_label": "Begins", "data_type": "datetime"}, "03": {"api_name": "Ends", "field_label": "Ends", "data_type": "datetime"},
		"04": {"api_name": "Homeowner", "field_label": "Homeowner", "data_type": "lookup", "lookup": map[string]any{"module": map[string]any{"api_name": "Contacts"}}},
		"05": {"api_name": "HeavySet_ID", "field_label": "HeavySet ID", "data_type": "text", "length": 60},
		"06": {"api_name": "Place", "field_label": "Place", "data_type": "text", "length": 200}, "07": {"api_name": "Spot", "field_label": "Spot", "data_type": "text", "length": 200},
		"08": {"api_name": "Roof_Age", "field_label": "Roof Age", "data_type": "text", "length": 20},
		"09": {"api_name": "Stage", "field_label": "Stage", "data_type": "picklist", "pick_list_values": []any{
			map[string]any{"id": siteID + "91", "actual_value": "Planned", "display_value": "Planned"}, map[string]any{"id": siteID + "92", "actual_value": "Other", "display_value": "Other"},
		}},
	}
	return site{map[string]any{"api_name": "Sites", "singular_label": "Site", "plural_label": "Sites", "generated_type": "custom", "creatable": true, "api_supported": true}, fields}
}

// define makes the module in the simulator what it is now.
func (s site) define(w *world) {
	w.t.Helper()
	var fields, placed []any
	for _, id := range slices.Sorted(maps.Keys(s.fields)) {
		f := maps.Clone(s.fields[id])
		f["id"] = siteID + id
		placed = append(placed, map[string]any{"api_name": f["api_name"], "required": f["demanded"] == true || f["system_mandatory"] == true})
		delete(f, "demanded")
		fields = append(fields, f)
	}
	layout := map[string]any{"id": siteID + "80", "name": "Residential", "sections": []any{map[string]any{"name": "Site", "fields": placed}}}
	b, err := json.Marshal(map[string]any{"module": s.module, "fields": fields, "layouts": []any{layout}})
	if err != nil {
		w.t.Fatal(err)
	}
	w.control("PUT", "/_sim/modules/Sites", string(b))
}

const sitesMapping = `{"modules":{"lead":"Leads","appointment":"Sites","related_record":"Contacts"},"slot_availability_source":"crm_appointments","token_expiry_alerts":["ops@ridgeline.example"],"mapping":[
{"module":"lead","key":"last_name","crm_field":"Last_Name"},{"module":"lead","key":"email","crm_field":"Email"},{"module":"lead","key":"company","crm_field":"Company","template":"{full_name} (home)","policy":"create"},
{"module":"related_record","key":"last_name","crm_field":"Last_Name"},{"module":"related_record","key":"email","crm_field":"Email"},
{"module":"appointment","key":"title","crm_field":"Name"},{"module":"appointment","key":"start","crm_field":"Begins"},{"module":"appointment","key":"end","crm_field":"Ends"},
{"module":"appointment","key":"location","crm_field":"Place"},{"module":"appointment","key":"related_record","crm_field":"Homeowner","policy":"create"},
{"module":"appointment","key":"external_id","crm_field":"HeavySet_ID","policy":"create"},{"module":"appointment","key":"rep","crm_field":"Owner"},
{"module":"appointment","key":"status","crm_field":"Stage","policy":"overwrite","values":{"confirmed":"Planned"},"default":"Other"}]}`

// administrator is somebody at the console, without JavaScript.
type administrator struct {
	*visitor
	settings string // path of the Zoho settings
}

func (w *world) administrator() administrator {
	w.t.Helper()
	a := administrator{w.visitor(), "/admin" + strings.Replace(w.config(), "/crm-configs/", "/crm-settings/", 1)}
	a.client.CheckRedirect = nil
	if status, _ := a.post(w.base+"/login", "email", "admin@ridgeline.example", "password", testPassword); status != 200 {
		w.t.Fatalf("sign in: %d", status)
	}
	return a
}

func (a administrator) page(path string) *goquery.Document {
	a.w.t.Helper()
	status, body := a.get(a.w.base + path)
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(body))
	if err != nil || status != 200 {
		a.w.t.Fatalf("%s: %d %v", path, status, err)
	}
	return doc
}

// look presses Look again and gives what is said of changes in Zoho, with the link to the first mend.
func (a administrator) look() (words, link string) {
	a.w.t.Helper()
	if status, body := a.post(a.w.base + a.settings + "/look"); status != 200 {
		a.w.t.Fatalf("look: %d %s", status, body)
	}
	return a.said(a.settings)
}

func (a administrator) said(path string) (words, link string) {
	section := a.page(path).Find("section:has(#drift)")
	return strings.Join(strings.Fields(section.Text()), " "), section.Find("li a").First().AttrOr("href", "")
}

// formOf gives what a form would send as it stands.
func formOf(doc *goquery.Document, form string) url.Values {
	out := url.Values{}
	doc.Find(form + " input[name], " + form + " textarea[name]").Each(func(_ int, s *goquery.Selection) {
		_, checked := s.Attr("checked")
		if kind := s.AttrOr("type", "text"); (kind != "radio" && kind != "checkbox") || checked {
			out.Set(s.AttrOr("name", ""), s.AttrOr("value", strings.TrimSpace(s.Text())))
		}
	})
	doc.Find(form + " select[name]").Each(func(_ int, s *goquery.Selection) {
		chosen := s.Find("option[selected]")
		if chosen.Length() == 0 {
			chosen = s.Find("option")
		}
		out.Set(s.AttrOr("name", ""), chosen.First().AttrOr("value", ""))
	})
	return out
}

// mend follows a link into the field mapping, changes a field there, and presses Okay and Save.
func (a administrator) mend(link, name, value string) {
	a.w.t.Helper()
	path, anchor, _ := strings.Cut(link, "#")
	doc := a.page(path)
	if doc.Find("#"+anchor).Length() != 1 || name != "" && doc.Find(`[name="`+name+`"]`).Length() == 0 {
		a.w.t.Fatalf("%s leads nowhere, or there is no %s", link, name)
	}
	form := formOf(doc, "#mapping")
	form.Set("do", "okay")
	form.Set(name, value)
	status, body := a.read(a.client.PostForm(a.w.base+path, form))
	if status != 200 || !strings.Contains(body, "is kept") {
		a.w.t.Fatalf("Okay: %d %s", status, body)
	}
	status, body = a.read(a.client.PostForm(a.w.base+a.settings, formOf(a.page(a.settings), "#settings")))
	if status != 200 || !strings.Contains(body, "Saved.") {
		a.w.t.Fatalf("Save: %d %s", status, body)
	}
}

type syncState struct {
	Sync struct {
		State     string
		LastError string `json:"last_error"`
	}
}

func (w *world) syncOf(b booked) (state, why string) {
	w.t.Helper()
	v := get[syncState](w, w.base+"/api/v1/orgs/ridgeline/appointments/"+b.Appointment.ID)
	return v.Sync.State, v.Sync.LastError
}

// TestDriftOfEachKind: a client changes their Zoho; the console warns before a booking fails, what is booked waits, one
// link leads to where it is mended, and what waits is written. What can be followed needs nobody.
func TestDriftOfEachKind(t *testing.T) {
	t.Parallel()
	w, _ := inProcess(t, func(o *demo.Options) { o.Reconcile = time.Second })
	newSite().define(w)
	if status, b := w.keyed("PUT", w.config()+"/settings", sitesMapping); status != 200 {
		t.Fatalf("%d %s", status, b)
	}
	admin := w.administrator()
	if words, _ := admin.look(); words != "" {
		t.Fatalf("before anything has changed: %s", words)
	}
	begin := newSite()
	for _, c := range []struct {
		name        string
		change      func(s site)
		says        []string
		waits       bool
		name2       string // of the form field that is changed, with its value; "" when it is mended in Zoho
		value       string
		field, want string // of the record in the end; "" for anything
	}{
		{name: "renamed", change: func(s site) { s.fields["06"]["api_name"], s.fields["06"]["field_label"] = "Where", "Where" }, field: "Where"},
		{
			name: "mandatory", change: func(s site) { s.fields["08"]["demanded"] = true }, waits: true,
			says:  []string{"The next booking will fail because Roof Age became mandatory in layout Residential of Sites"},
			name2: "fixed.appointment.x-Roof_Age", value: "unknown", field: "Roof_Age", want: "unknown",
		},
		{name: "deleted", change: func(s site) { delete(s.fields, "06") }, waits: true, says: []string{"Where", "deleted", "Location"}, name2: "field.appointment.location", value: "Spot", field: "Spot"},
		{name: "retyped", change: func(s site) { s.fields["07"]["data_type"] = "integer" }, waits: true, says: []string{"of the type integer", "Spot"}, name2: "field.appointment.location", value: "", field: "Name"},
		{name: "read-only", change: func(s site) { s.fields["05"]["read_only"] = true }, waits: true, says: []string{"HeavySet ID", "read-only"}, field: "HeavySet_ID"},
		{name: "choice lost", change: func(s site) { s.fields["09"]["pick_list_values"] = s.fields["09"]["pick_list_values"].([]any)[1:] }, says: []string{"no longer has “Planned”", "“Other” is sent in its place"}, field: "Stage", want: "Other"},
		{name: "no rights", change: func(s site) { s.module["creatable"] = false }, waits: true, says: []string{"may not make or change records of Sites"}, field: "Name"},
		{name: "module off", change: func(s site) { s.module["api_supported"] = false }, waits: true, says: []string{"has no module Sites any more"}, field: "Name"},
	} {
		before := site{maps.Clone(begin.module), map[string]map[string]any{}}
		for id, f := range begin.fields {
			before.fields[id] = maps.Clone(f)
		}
		c.change(begin)
		begin.define(w)
		words, link := admin.look()
		if (words == "") != (len(c.says) == 0) {
			t.Errorf("%s: the settings say %q", c.name, words)
		}
		for _, s := range c.says {
			if !strings.Contains(words, s) {
				t.Errorf("%s: %q does not say %q", c.name, words, s)
			}
		}
		if again, _ := admin.said("/admin/orgs/ridgeline/sync"); again != words {
			t.Errorf("%s: the Sync page says %q", c.name, again)
		}
		if passport := admin.page("/admin/orgs/ridgeline/passport").Text(); c.waits && !strings.Contains(passport, c.says[0]) {
			t.Errorf("%s: the passport does not say %q", c.name, c.says[0])
		}
		who := "Drift" + strings.ReplaceAll(strings.ReplaceAll(c.name, " ", ""), "-", "")
		status, b := w.book(w.slots("inspection", 3, 30)[0], who)
		if status != 201 {
			t.Fatal(status)
		}
		w.settled(20 * time.Second)
		state, why := w.syncOf(b)
		if c.waits != (state == "pending") || c.waits != strings.HasPrefix(why, "Waits for the field mapping") {
			t.Errorf("%s: the booking is %s: %q", c.name, state, why)
		}
		if page := admin.page("/admin/orgs/ridgeline/appointments/" + b.Appointment.ID).Find("#live").Text(); c.waits && !strings.Contains(page, "Waits until the field mapping fits Zoho again") {
			t.Errorf("%s: the appointment's page does not say that it waits: %s", c.name, page)
		}
		switch {
		case c.waits && c.name2 != "":
			admin.mend(link, c.name2, c.value)
		case c.waits: // mended in Zoho, and seen at the next look
			begin = before
			begin.define(w)
		}
		w.eventually(30*time.Second, c.name+": what waits is written", func() bool { state, why = w.syncOf(b); return state == "written" })
		var mine []record
		for _, r := range w.records("Sites") {
			if strings.Contains(r.text("Name"), who) {
				mine = append(mine, r)
			}
		}
		if len(mine) != 1 || mine[0].text(c.field) == "" || c.want != "" && mine[0].text(c.field) != c.want {
			t.Errorf("%s: Zoho has %v", c.name, mine)
		}
	}
	failed := get[struct {
		List []map[string]any `json:"sync_attempts"`
	}](w, w.base+"/api/v1/orgs/ridgeline/sync-attempts?state=failed")
	if len(failed.List) > 0 {
		t.Errorf("writes have failed: %v", failed.List)
	}
	if mails := w.alertsFor("ops@ridgeline.example"); len(mails) != 7 {
		t.Errorf("%d mails, want one for each thing that was foretold: %v", len(mails), mails)
	}
	if timeline := admin.page(strings.Replace(admin.settings, "crm-settings", "crm-configs", 1)).Text(); !strings.Contains(timeline, "Followed a change in Zoho") || !strings.Contains(timeline, "is now “Where” (Where)") && !strings.Contains(timeline, "is now Where") {
		t.Error("the connection's timeline does not tell of the rename")
	}
}

// TestRefusedByDrift: nobody has looked yet when a booking is refused. It does not stay failed: the look that follows
// finds the reason, and it waits for the mend like the others. The refusal names both fields and leads to the row.
func TestRefusedByDrift(t *testing.T) {
	t.Parallel()
	w, _ := inProcess(t, func(o *demo.Options) { o.Reconcile = time.Hour }) // nothing comes around by itself
	s := newSite()
	s.define(w)
	if status, b := w.keyed("PUT", w.config()+"/settings", sitesMapping); status != 200 {
		t.Fatalf("%d %s", status, b)
	}
	admin := w.administrator()
	admin.look()
	s.fields["08"]["demanded"] = true
	s.define(w)
	status, b := w.book(w.slots("inspection", 3, 30)[0], "Refused")
	if status != 201 {
		t.Fatal(status)
	}
	w.settled(20 * time.Second)
	if state, why := w.syncOf(b); state != "pending" || !strings.Contains(why, "Roof Age became mandatory") {
		t.Fatalf("after the refusal: %s %q", state, why)
	}
	sync := admin.page("/admin/orgs/ridgeline/sync")
	if words := sync.Find("table").Text(); !strings.Contains(words, "Zoho refused the record because of Zoho's field “Roof Age” (Roof_Age)") {
		t.Errorf("the attempt says %s", words)
	}
	link := sync.Find("td a[href*='/mapping#f-appointment-x-Roof_Age']").AttrOr("href", "")
	status, body := w.keyed("POST", w.config()+"/test-booking", "")
	if status != 200 || !strings.Contains(string(body), `"ok":false`) || !strings.Contains(string(body), "Roof Age became mandatory") || !strings.Contains(string(body), `"crm_field":"Roof_Age"`) {
		t.Errorf("the test booking is not forewarned: %d %s", status, body)
	}
	admin.mend(link, "fixed.appointment.x-Roof_Age", "10 years")
	w.eventually(20*time.Second, "written", func() bool { state, _ := w.syncOf(b); return state == "written" })

	// a rename that nobody has looked at costs one refusal and no act
	s.fields["06"]["api_name"] = "Where"
	s.define(w)
	status, b = w.book(w.slots("inspection", 3, 30)[0], "Renamed")
	if status != 201 {
		t.Fatal(status)
	}
	w.eventually(20*time.Second, "written by itself", func() bool { state, _ := w.syncOf(b); return state == "written" })

	// mended in Zoho: the look that sees it wakes what waits
	delete(s.fields, "05")
	s.define(w)
	admin.look()
	status, b = w.book(w.slots("inspection", 3, 30)[0], "Mended")
	if status != 201 {
		t.Fatal(status)
	}
	w.settled(20 * time.Second)
	if state, why := w.syncOf(b); state != "pending" || !strings.Contains(why, "HeavySet ID") {
		t.Errorf("before it is mended: %s %q", state, why)
	}
	s.fields["05"] = newSite().fields["05"]
	s.define(w)
	if words, _ := admin.look(); words != "" {
		t.Errorf("mended, and still said: %s", words)
	}
	w.eventually(20*time.Second, "written after the look", func() bool { state, _ := w.syncOf(b); return state == "written" })
}

// TestLayoutOfNewRecords: new records name the layout that the settings say, and Zoho keeps it.
func TestLayoutOfNewRecords(t *testing.T) {
	t.Parallel()
	w, _ := inProcess(t, nil)
	newSite().define(w)
	put := func(layouts string) (int, string) {
		status, b := w.keyed("PUT", w.config()+"/settings", strings.Replace(sitesMapping, `"mapping":`, layouts+`"mapping":`, 1))
		return status, string(b)
	}
	if status, b := put(`"layouts":{"appointment":"123"},`); status != 422 || !strings.Contains(b, "layouts.appointment") {
		t.Errorf("a layout that Zoho does not have: %d %s", status, b)
	}
	for i, c := range []struct{ layouts, answer, sent string }{
		{"", "", siteID + "80"},
		{`"layouts":{"appointment":"` + siteID + `80"},`, `"appointment":"` + siteID + `80"`, siteID + "80"},
		{`"layouts":{"appointment":"none"},`, `"appointment":"none"`, ""},
	} {
		status, b := put(c.layouts)
		if status != 200 || strings.Contains(b, `"layouts"`) != (c.layouts != "") || !strings.Contains(b, c.answer) {
			t.Errorf("%s: %d %s", c.layouts, status, b)
		}
		status, booking := w.book(w.slots("inspection", 3, 30)[0], "Layout"+strings.Repeat("x", i))
		if status != 201 {
			t.Fatal(status)
		}
		w.eventually(20*time.Second, "written", func() bool { state, _ := w.syncOf(booking); return state == "written" })
		attempts := get[struct {
			List []struct {
				Kind    string
				Request json.RawMessage
			} `json:"sync_attempts"`
		}](w, w.base+"/api/v1/orgs/ridgeline/sync-attempts")
		for _, a := range attempts.List {
			if a.Kind != "create Sites" {
				continue
			}
			if sent := strings.Contains(string(a.Request), `"$layout":{"id":"`+siteID+`80"}`); sent != (c.sent != "") {
				t.Errorf("%s: sent %s", c.layouts, a.Request)
			}
			break
		}
	}
}
