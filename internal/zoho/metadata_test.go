package zoho_test

import (
	"reflect"
	"testing"
	"time"

	"heavyset.tech/platform/internal/zoho"
)

func TestModules(t *testing.T) {
	t.Parallel()
	const events = `{"id":"2","api_name":"Events","module_name":"Events","singular_label":"Meeting","plural_label":"Meetings","generated_type":"default","api_supported":true,"creatable":true,"editable":true,"deletable":true,"viewable":true,"visible":true,"status":"visible","profiles":[{"id":"9","name":"Standard"}],"display_field":{"api_name":"Event_Title","id":"3"},"modified_time":"2026-11-23T09:00:00-06:00"}`
	client, l := newClient(t, says(200, `{"modules":[`+events+`,{"id":7,"api_name":"Visits","generated_type":"custom","api_supported":false,"visible":"true","display_field":"Name","modified_time":null}]}`))
	got, err := client.Modules(t.Context())
	want := []zoho.Module{
		{
			ID: "2", APIName: "Events", ModuleName: "Events", SingularLabel: "Meeting", PluralLabel: "Meetings", GeneratedType: "default", Status: "visible",
			DisplayField: "Event_Title", APISupported: true, Visible: true, Creatable: true, Editable: true, Deletable: true, Viewable: true,
			Profiles: []zoho.Named{{ID: "9", Name: "Standard"}}, Modified: time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC),
		},
		{ID: "7", APIName: "Visits", GeneratedType: "custom", Visible: true, DisplayField: "Name"},
	}
	if err != nil || !reflect.DeepEqual(got, want) || l.seen[0].Path != "/crm/v8/settings/modules" {
		t.Errorf("%+v %v", got, err)
	}
	client, l = newClient(t, says(200, `{"modules":[`+events+`]}`))
	if m, err := client.Module(t.Context(), "Events"); err != nil || !reflect.DeepEqual(m, want[0]) || l.seen[0].Path != "/crm/v8/settings/modules/Events" {
		t.Errorf("%+v %v", m, err)
	}
	client, _ = newClient(t, says(400, bare("INVALID_MODULE", `{}`, "")))
	_, err = client.Module(t.Context(), "Evnts")
	wantKind(t, err, zoho.InvalidModule)
}

func TestFields(t *testing.T) {
	t.Parallel()
	client, l := newClient(t, says(200, `{"fields":[
{"id":"1","api_name":"Lead_Status","field_label":"Lead Status","display_label":"Status","data_type":"picklist","json_type":"string","length":120,"decimal_place":null,"system_mandatory":true,"read_only":false,"field_read_only":false,"custom_field":false,"visible":true,"type":"used","virtual_field":false,"searchable":true,"sortable":true,"filterable":true,"unique":{},"pick_list_values":[{"id":"11","actual_value":"New","display_value":"Neu","reference_value":"new","sequence_number":1,"colour_code":null,"type":"used"},{"actual_value":"Old","display_value":"Alt","type":"unused"}],"lookup":{},"operation_type":{"api_create":true,"api_update":true,"web_create":true,"web_update":false},"view_type":{"view":true,"edit":true,"create":false,"quick_create":true},"default_value":"New","formula":{},"layout_associations":[{"id":"5","name":"Standard","api_name":"Standard"}],"ui_type":3},
{"id":2,"api_name":"Visit_Ref","data_type":"text","length":"64","custom_field":true,"visible":true,"type":"unused","unique":{"casesensitive":"true"},"lookup":{"module":{"api_name":"Contacts","id":"6"},"display_label":"Visits","api_name":"Visits1","id":"8"},"formula":{"return_type":"double"}},
{"api_name":"Appointment_For","lookup":{"module":"Leads"},"multi_module_lookup":{"modules":[{"api_name":"Leads","id":"1"},{"api_name":"Contacts"}]},"length":-1,"decimal_place":"x","pick_list_values":null,"unique":[]}]}`))
	got, err := client.Fields(t.Context(), "Leads")
	all := zoho.Operations{APICreate: true, APIUpdate: true, WebCreate: true, WebUpdate: true}
	want := []zoho.Field{
		{
			ID: "1", APIName: "Lead_Status", FieldLabel: "Lead Status", DisplayLabel: "Status", DataType: "picklist", JSONType: "string", Length: 120,
			SystemMandatory: true, Visible: true, Searchable: true, Sortable: true, Filterable: true,
			PickList:   []zoho.PickListValue{{ID: "11", ActualValue: "New", DisplayValue: "Neu", ReferenceValue: "new"}, {ActualValue: "Old", DisplayValue: "Alt", Unused: true}},
			Operations: zoho.Operations{APICreate: true, APIUpdate: true, WebCreate: true}, Shown: zoho.Shown{View: true, Edit: true, QuickCreate: true},
			DefaultValue: "New", Layouts: []zoho.Named{{ID: "5", Name: "Standard", APIName: "Standard"}}, UIType: 3,
		},
		{
			ID: "2", APIName: "Visit_Ref", DataType: "text", Length: 64, Custom: true, Visible: true, Unused: true, Unique: true, UniqueCaseSensitive: true,
			Lookup: &zoho.LookupTarget{Module: "Contacts", ModuleID: "6", RelatedList: "Visits1", Label: "Visits"}, FormulaType: "double", Operations: all,
		},
		{APIName: "Appointment_For", Lookup: &zoho.LookupTarget{Module: "Leads"}, LookupModules: []string{"Leads", "Contacts"}, Operations: all},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v %v", got, err)
	}
	if s := l.seen[0]; s.Path != "/crm/v8/settings/fields" || s.Query.Encode() != "module=Leads" {
		t.Errorf("%s?%s", s.Path, s.Query.Encode())
	}
	client, _ = newClient(t, says(204, ""))
	if got, err := client.Fields(t.Context(), "Leads"); err != nil || got != nil {
		t.Errorf("204: %v %v", got, err)
	}
}

func TestWritable(t *testing.T) {
	t.Parallel()
	both := zoho.Operations{APICreate: true, APIUpdate: true}
	for name, c := range map[string]struct {
		field             zoho.Field
		creatable, update bool
	}{
		"plain":              {zoho.Field{DataType: "text", Operations: both}, true, true},
		"only by an insert":  {zoho.Field{DataType: "text", Operations: zoho.Operations{APICreate: true, WebUpdate: true}}, true, false},
		"only by an update":  {zoho.Field{DataType: "text", Operations: zoho.Operations{APIUpdate: true, WebCreate: true}}, false, true},
		"read-only":          {zoho.Field{DataType: "text", Operations: both, ReadOnly: true}, false, false},
		"field is read-only": {zoho.Field{DataType: "text", Operations: both, FieldReadOnly: true}, false, false},
		"the owner":          {zoho.Field{APIName: "Owner", DataType: "ownerlookup", Operations: both, FieldReadOnly: true}, true, true},
		"who created it":     {zoho.Field{APIName: "Created_By", DataType: "ownerlookup", Operations: both, FieldReadOnly: true}, false, false},
		"formula":            {zoho.Field{DataType: "formula", Operations: both}, false, false},
		"roll-up":            {zoho.Field{DataType: "rollup_summary", Operations: both}, false, false},
		"number by itself":   {zoho.Field{DataType: "autonumber", Operations: both}, false, false},
	} {
		if f := c.field; f.Creatable() != c.creatable || f.Updatable() != c.update || f.Writable() != (c.creatable && c.update) {
			t.Errorf("%s: %t %t %t", name, f.Creatable(), f.Updatable(), f.Writable())
		}
	}
}

func TestLayouts(t *testing.T) {
	t.Parallel()
	client, l := newClient(t, says(200, `{"layouts":[{"id":"5","name":"Standard","api_name":"Standard","status":"active","visible":true,"profiles":[{"id":"9","name":"Standard"}],"sections":[{"name":"Lead Information","api_name":"Lead_Information","type":"used","fields":[{"id":"1","api_name":"Company","data_type":"text","required":true},{"api_name":"Lead_Status","required":false,"pick_list_values":[{"actual_value":"New","display_value":"New"}]}]},{"name":"Empty"}]}]}`))
	got, err := client.Layouts(t.Context(), "Leads")
	if err != nil || len(got) != 1 || len(got[0].Sections) != 2 || l.seen[0].Path+"?"+l.seen[0].Query.Encode() != "/crm/v8/settings/layouts?module=Leads" {
		t.Fatalf("%+v %v", got, err)
	}
	s := got[0].Sections[0]
	if got[0].ID != "5" || got[0].Status != "active" || !got[0].Visible || got[0].Profiles[0].ID != "9" || s.Name != "Lead Information" || s.APIName != "Lead_Information" || s.Type != "used" {
		t.Errorf("%+v", got[0])
	}
	if f := s.Fields; len(f) != 2 || f[0].APIName != "Company" || !f[0].Required || f[1].Required || f[1].PickList[0].ActualValue != "New" {
		t.Errorf("%+v", s.Fields)
	}
	client, _ = newClient(t, says(400, bare("InvalidModule", `{}`, "")))
	_, err = client.Layouts(t.Context(), "Lead")
	wantKind(t, err, zoho.InvalidModule)
}

func TestRelatedLists(t *testing.T) {
	t.Parallel()
	client, l := newClient(t, says(200, `{"related_lists":[{"id":"1","api_name":"Invited_Events","name":"Invited Events","display_label":"Invited Meetings","type":"default","module":{"api_name":"Events","id":"2"}},{"id":"2","api_name":"Attachments","module":null},{"id":"3","api_name":"Old","module":"Notes"}]}`))
	got, err := client.RelatedLists(t.Context(), "Contacts")
	want := []zoho.RelatedList{
		{ID: "1", APIName: "Invited_Events", Name: "Invited Events", Label: "Invited Meetings", Type: "default", Module: "Events"},
		{ID: "2", APIName: "Attachments"},
		{ID: "3", APIName: "Old", Module: "Notes"},
	}
	if err != nil || !reflect.DeepEqual(got, want) || l.seen[0].Path != "/crm/v8/settings/related_lists" {
		t.Errorf("%+v %v", got, err)
	}
}

func TestScopes(t *testing.T) {
	t.Parallel()
	got := zoho.Scopes(zoho.NeedMetadata, zoho.NeedLeads, zoho.NeedContacts, zoho.NeedEvents, zoho.NeedCustomModules, zoho.NeedUsers, zoho.NeedOrg,
		zoho.NeedCOQL, zoho.NeedSearch, zoho.NeedNotifications, zoho.NeedBulk, zoho.NeedCalendars, zoho.NeedLeads, "unheard_of")
	want := []string{
		"ZohoCRM.settings.modules.READ", "ZohoCRM.settings.fields.READ", "ZohoCRM.settings.layouts.READ", "ZohoCRM.settings.related_lists.READ",
		"ZohoCRM.modules.leads.ALL", "ZohoCRM.modules.contacts.ALL", "ZohoCRM.modules.events.ALL", "ZohoCRM.modules.custom.ALL", "ZohoCRM.users.READ",
		"ZohoCRM.org.READ", "ZohoCRM.coql.READ", "ZohoSearch.securesearch.READ", "ZohoCRM.notifications.ALL", "ZohoCRM.bulk.READ",
		"ZohoCalendar.calendar.READ", "ZohoCalendar.event.ALL", "ZohoCalendar.freebusy.READ",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%q", got)
	}
	if zoho.Scopes() != nil {
		t.Error("no need has scopes")
	}
}
