package zohosim_test

import (
	"slices"
	"testing"
	"time"
)

// convert converts a lead with one item as body.
func (k *kit) convert(lead string, item map[string]any) reply {
	k.t.Helper()
	return k.do("POST", "/crm/v8/Leads/"+lead+"/actions/convert", map[string]any{"data": []any{item}})
}

func deal(more ...any) map[string]any {
	d := map[string]any{
		"Deal_Name": "New roof", "Closing_Date": "2026-12-24", "Stage": "Qualification", "Pipeline": "Standard (Standard)",
	}
	for i := 0; i < len(more); i += 2 {
		if more[i+1] == nil {
			delete(d, more[i].(string))
			continue
		}
		d[more[i].(string)] = more[i+1]
	}
	return d
}

// richLead has a value in most fields that a conversion carries over.
func (k *kit) richLead() string {
	k.t.Helper()
	return k.insert("Leads", map[string]any{
		"First_Name": "Jo", "Last_Name": "Boyle", "Company": "Boyle Ltd", "Email": "jo@boyle.example", "Phone": "+1 555 0100",
		"Mobile": "+1 555 0101", "Designation": "Owner", "Street": "1 Main St", "Zip_Code": "60601", "Lead_Source": "Partner",
		"No_of_Employees": 12, "Annual_Revenue": 1.5, "Owner": map[string]any{"id": ben}, "Tag": []any{map[string]any{"name": "vip"}},
	})[0]
}

func TestConvertingALeadMakesContactAccountAndDeal(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	id := k.richLead()
	before := k.credits()
	r := k.convert(id, map[string]any{
		"overwrite": true, "notify_lead_owner": false, "notify_new_entity_owner": false, "assign_to": map[string]any{"id": ann},
		"Deals": deal("Amount", 1000.5), "carry_over_tags": map[string]any{"Contacts": []any{"vip"}},
	})
	r.want(200, "data.0.code", "SUCCESS", "data.0.status", "success", "data.0.message", "The record has been converted successfully",
		"data.0.details.Contacts.name", "Jo Boyle", "data.0.details.Accounts.name", "Boyle Ltd", "data.0.details.Deals.name", "New roof")
	if spent := k.credits() - before; spent != 5 {
		t.Errorf("%d credits", spent)
	}
	contact, account, made := r.text("data.0.details.Contacts.id"), r.text("data.0.details.Accounts.id"), r.text("data.0.details.Deals.id")
	k.get("/crm/v8/Contacts/"+contact).want(200, "data.0.Email", "jo@boyle.example", "data.0.Mobile", "+1 555 0101", "data.0.Title",
		"Owner", "data.0.Mailing_Street", "1 Main St", "data.0.Mailing_Zip", "60601", "data.0.Lead_Source", "Partner",
		"data.0.Account_Name.id", account, "data.0.Owner.id", ann, "data.0.Tag.0.name", "vip")
	k.get("/crm/v8/Accounts/"+account).want(200, "data.0.Phone", "+1 555 0100", "data.0.Employees", "12", "data.0.Annual_Revenue",
		"1.5", "data.0.Billing_Street", "1 Main St", "data.0.Owner.id", ann, "data.0.Tag.0", nil)
	k.get("/crm/v8/Deals/"+made).want(200, "data.0.Contact_Name.id", contact, "data.0.Account_Name.id", account, "data.0.Amount",
		"1000.5", "data.0.Lead_Source", "Partner", "data.0.Closing_Date", "2026-12-24")
	k.get("/crm/v8/Leads/"+id+"?converted=true").want(200, "data.0.$converted", true, "data.0.Converted__s", true,
		"data.0.Converted_Contact.id", contact, "data.0.Converted_Account.id", account, "data.0.Converted_Deal.id", made,
		"data.0.Owner.id", ben)
}

func TestALeadConvertsWithoutCompanyOrDeal(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	id := k.insert("Leads", lead("Solo"))[0]
	k.convert(id, map[string]any{}).want(200, "data.0.details.Contacts.name", "Solo", "data.0.details.Accounts", nil,
		"data.0.details.Deals", nil)
}

func TestConvertingIntoRecordsThatAreThere(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	account := k.insert("Accounts", map[string]any{"Account_Name": "Old Ltd"})[0]
	contact := k.insert("Contacts", map[string]any{"Last_Name": "Former", "Phone": "111-1111"})[0]
	into := map[string]any{"Accounts": map[string]any{"id": account}, "Contacts": map[string]any{"id": contact}}
	k.convert(k.richLead(), into).want(200, "data.0.details.Contacts.id", contact, "data.0.details.Accounts.id", account)
	k.get("/crm/v8/Contacts/"+contact).want(200, "data.0.Last_Name", "Former", "data.0.Account_Name.id", account)
	k.get("/crm/v8/Contacts?fields=id").want(200, "info.count", "1")

	into["overwrite"] = true
	k.convert(k.richLead(), into).want(200, "data.0.details.Contacts.id", contact)
	k.get("/crm/v8/Contacts/"+contact).want(200, "data.0.Last_Name", "Boyle", "data.0.Owner.id", rae)
	k.get("/crm/v8/Accounts/"+account).want(200, "data.0.Account_Name", "Boyle Ltd")

	k.convert(k.richLead(), map[string]any{"Contacts": map[string]any{"id": "5725767000000999999"}}).
		want(400, "data.0.code", "INVALID_DATA", "data.0.details.json_path", "$.data[0].Contacts.id")
	k.convert(k.richLead(), map[string]any{"Accounts": map[string]any{"id": "x"}}).
		want(400, "data.0.code", "INVALID_DATA", "data.0.details.json_path", "$.data[0].Accounts.id")
}

func TestConvertRefusals(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	id := k.richLead()
	for name, test := range map[string]struct {
		item map[string]any
		code string
		more []any
	}{
		"stage of no pipeline": {
			map[string]any{"Deals": deal("Stage", "Nowhere")},
			"MAPPING_MISMATCH",
			[]any{"mapped_field", "Pipeline", "api_name", "Stage", "json_path", "$.data[0].Deals.Stage"},
		},
		"deal without a name":     {map[string]any{"Deals": deal("Deal_Name", nil)}, "MANDATORY_NOT_FOUND", []any{"json_path", "$.data[0].Deals.Deal_Name"}},
		"deal without a date":     {map[string]any{"Deals": deal("Closing_Date", nil)}, "MANDATORY_NOT_FOUND", []any{"api_name", "Closing_Date"}},
		"deal without a stage":    {map[string]any{"Deals": deal("Stage", nil)}, "MANDATORY_NOT_FOUND", []any{"api_name", "Stage"}},
		"deal without a pipeline": {map[string]any{"Deals": deal("Pipeline", nil)}, "MANDATORY_NOT_FOUND", []any{"api_name", "Pipeline"}},
		"name too long":           {map[string]any{"Deals": deal("Deal_Name", string(make([]byte, 121)))}, "INVALID_DATA", []any{"maximum_length", "120"}},
		"date of another type":    {map[string]any{"Deals": deal("Closing_Date", "soon")}, "INVALID_DATA", []any{"expected_data_type", "date"}},
		"flag of another type":    {map[string]any{"overwrite": "yes"}, "INVALID_DATA", []any{"expected_data_type", "boolean"}},
		"part of another type":    {map[string]any{"Deals": []any{}}, "INVALID_DATA", []any{"expected_data_type", "jsonobject"}},
		"unknown member":          {map[string]any{"Deal": deal()}, "INVALID_DATA", []any{"api_name", "Deal"}},
		"assigned to nobody":      {map[string]any{"assign_to": map[string]any{"id": "1"}}, "INVALID_DATA", []any{"json_path", "$.data[0].assign_to.id"}},
		"several":                 {map[string]any{"Deals": map[string]any{}}, "MULTIPLE_OR_MULTI_ERRORS", nil},
	} {
		r := k.convert(id, test.item).want(400, "data.0.code", test.code, "data.0.status", "error")
		for i := 0; i < len(test.more); i += 2 {
			if got := r.at("data.0.details." + test.more[i].(string)); got != test.more[i+1] {
				t.Errorf("%s: %v is %v in %s", name, test.more[i], got, r.raw)
			}
		}
	}
	// Nothing is left of an attempt that failed after contact and account were made.
	k.get("/crm/v8/Contacts?fields=id").empty(204)
	k.get("/crm/v8/Accounts?fields=id").empty(204)
	k.get("/crm/v8/Leads/"+id).want(200, "data.0.$converted", false)
	k.convert(id, map[string]any{}).want(200)

	again := k.convert(id, map[string]any{}).want(400, "code", "ID_ALREADY_CONVERTED", "message", "id already converted")
	if again.at("details.resource_path_index") != "1" {
		t.Error(again.raw)
	}
	k.convert("5725767000000999999", map[string]any{}).want(400, "code", "INVALID_DATA", "details.resource_path_index", "1")
	k.do("POST", "/crm/v8/Contacts/1/actions/convert", map[string]any{"data": []any{map[string]any{}}}).want(404, "code", "INVALID_URL_PATTERN")
	k.do("GET", "/crm/v8/Leads/"+id+"/actions/convert", nil).want(400, "code", "INVALID_REQUEST_METHOD")
	k.switchTo("all_failed_status", 202)
	k.convert(id, map[string]any{}).want(202, "code", "ID_ALREADY_CONVERTED")
	k.convert(k.richLead(), map[string]any{"Deals": deal("Stage", nil)}).want(202, "data.0.code", "MANDATORY_NOT_FOUND")
}

func TestConvertDuplicates(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	k.insert("Contacts", map[string]any{"Last_Name": "Boyle", "Email": "JO@boyle.example"})
	account := k.insert("Accounts", map[string]any{"Account_Name": "Boyle Ltd"})[0]
	k.switchTo("convert_duplicates", "same_name")
	k.convert(k.richLead(), map[string]any{}).want(400, "data.0.code", "DUPLICATE_DATA", "data.0.details.api_name", "Account_Name",
		"data.0.details.id", account, "data.0.details.json_path", "$.data[0].Accounts.Account_Name")
	k.convert(k.richLead(), map[string]any{"Accounts": map[string]any{"id": account}}).
		want(400, "data.0.code", "DUPLICATE_DATA", "data.0.details.api_name", "Email")
	k.switchTo("convert_duplicates", "unique")
	k.convert(k.richLead(), map[string]any{}).want(200)

	// A unique field refuses under either reading.
	k = fresh(t)
	k.control("PUT", "/_sim/modules/Contacts", map[string]any{"fields": []any{
		map[string]any{"api_name": "Last_Name"}, map[string]any{"api_name": "Email", "unique": map[string]any{"casesensitive": "false"}},
	}}).want(200)
	k.insert("Contacts", map[string]any{"Last_Name": "Boyle", "Email": "JO@boyle.example"})
	k.convert(k.richLead(), map[string]any{}).want(400, "data.0.code", "DUPLICATE_DATA", "data.0.details.json_path", "$.data[0].Contacts.Email",
		"data.0.details.duplicate_record.module.api_name", "Contacts")
}

func TestConvertSwitches(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	k.switchTo("convert_pipeline", "optional")
	k.convert(k.richLead(), map[string]any{"Deals": deal("Pipeline", nil)}).want(200, "data.0.details.Deals.name", "New roof")

	full := k.access
	k.connect("ZohoCRM.modules.leads.ALL")
	id := k.insert("Leads", lead("Narrow"))[0]
	k.convert(id, map[string]any{}).want(401, "code", "OAUTH_SCOPE_MISMATCH")
	k.switchTo("convert_scopes", "leads")
	k.convert(id, map[string]any{}).want(200)
	k.connect("ZohoCRM.modules.leads.READ")
	k.convert(id, map[string]any{}).want(401, "code", "OAUTH_SCOPE_MISMATCH")

	k.access = full
	converted := "/crm/v8/Leads/" + id
	k.one("PUT", converted, lead("Changed")).want(400, "code", "INVALID_DATA")
	k.do("DELETE", converted, nil).want(400, "code", "INVALID_DATA")
	k.switchTo("converted_lead_writes", "accept")
	k.one("PUT", converted, lead("Changed")).want(200)
	k.get(converted+"?converted=both").want(200, "data.0.Last_Name", "Changed")
	k.do("DELETE", converted, nil).want(200)
}

// pipelines may map only some of the stages.
func TestAPipelineMapsItsStages(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	k.control("PUT", "/_sim/modules/Deals", map[string]any{"fields": []any{
		map[string]any{"api_name": "Deal_Name"},
		map[string]any{"api_name": "Closing_Date"},
		map[string]any{"api_name": "Stage"},
		map[string]any{"api_name": "Contact_Name"},
		map[string]any{"api_name": "Account_Name"},
		map[string]any{"api_name": "Pipeline", "pick_list_values": []any{
			map[string]any{"actual_value": "Standard (Standard)"},
			map[string]any{"actual_value": "Short", "maps": []any{map[string]any{"api_name": "Stage", "pick_list_values": []any{map[string]any{"actual_value": "Closed Won"}}}}},
		}},
	}}).want(200)
	k.convert(k.richLead(), map[string]any{"Deals": deal("Pipeline", "Short")}).want(400, "data.0.code", "MAPPING_MISMATCH")
	k.convert(k.richLead(), map[string]any{"Deals": deal("Pipeline", "Short", "Stage", "Closed Won")}).want(200)
	k.convert(k.richLead(), map[string]any{"Deals": deal()}).want(200)
}

func TestConvertMappingOfTheTenant(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	k.control("PUT", "/_sim/modules/Contacts", map[string]any{"fields": []any{
		map[string]any{"api_name": "Last_Name"}, map[string]any{"api_name": "Roof", "data_type": "text"},
	}}).want(200)
	k.control("PUT", "/_sim/modules/Leads", map[string]any{"fields": []any{
		map[string]any{"api_name": "Last_Name"},
		map[string]any{"api_name": "Email", "convert_mapping": map[string]any{"Contacts": nil}},
		map[string]any{"api_name": "Roof_Type", "data_type": "text", "convert_mapping": map[string]any{"Contacts": "Roof"}},
	}}).want(200)
	id := k.insert("Leads", map[string]any{"Last_Name": "Boyle", "Roof_Type": "Slate"})[0]
	contact := k.convert(id, map[string]any{}).want(200).text("data.0.details.Contacts.id")
	k.get("/crm/v8/Contacts/"+contact).want(200, "data.0.Roof", "Slate")
	// The mark holds though this tenant's metadata lacks its field.
	k.get("/crm/v8/Leads/" + id).empty(204)
	k.get("/crm/v8/Leads/"+id+"?converted=true").want(200, "data.0.$converted", true)
	k.control("PUT", "/_sim/modules/Leads", map[string]any{"module": map[string]any{"plural_label": "Enquiries"}}).want(200)
	k.get("/crm/v8/Leads/" + id).empty(204)
}

func TestAConvertedLeadIsHidden(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	id := k.richLead()
	k.insert("Leads", lead("Open"))
	k.convert(id, map[string]any{}).want(200)
	k.get("/crm/v8/Leads/" + id).empty(204)
	k.get("/crm/v8/Leads/" + id + "?converted=false").empty(204)
	k.get("/crm/v8/Leads/"+id+"?converted=odd").want(400, "details.param_name", "converted")
	k.get("/crm/v8/Leads/"+id+"?converted=both").want(200, "data.0.id", id)
	for query, want := range map[string][]string{"": {"Open"}, "&converted=true": {"Boyle"}, "&converted=both": {"Open", "Boyle"}} {
		if got := k.get("/crm/v8/Leads?fields=Last_Name"+query).list("data", "Last_Name"); !slices.Equal(got, want) {
			t.Errorf("list %q: %v", query, got)
		}
	}
	k.get("/crm/v8/Leads/search?email=jo@boyle.example").empty(204)
	k.get("/crm/v8/Leads/search?email=jo@boyle.example&converted=true").want(200, "data.0.id", id)
	k.get("/crm/v8/Leads/actions/count").want(200, "count", "1")

	all := coql("select Last_Name from Leads where id is not null")
	k.do("POST", "/crm/v8/coql", all).want(200, "info.count", "1")
	k.do("POST", "/crm/v8/coql", coql("select Last_Name from Leads where Converted__s = 'true'")).want(200, "data.0.Last_Name", "Boyle")
	view := k.view("Boyles", "criteria", criterion("Last_Name", "equal", []any{"Boyle", "Open"}))
	k.get("/crm/v8/Leads/actions/count?cvid="+view).want(200, "count", "1")
	k.get("/crm/v8/Leads?fields=Last_Name&cvid="+view).want(200, "data.0.Last_Name", "Open", "data.1", nil)
	for query, path := range map[string]string{
		"select COUNT(id) from Leads where id is not null":                                "data.0.COUNT(id)",
		"select Last_Name, COUNT(id) from Leads where id is not null group by Last_Name":  "info.count",
		"select id from Leads#" + view + " where id is not null":                          "info.count",
		"select COUNT(id) from Leads where Last_Name = 'Boyle' and Converted__s = 'true'": "data.0.COUNT(id)",
	} {
		if r := k.ask(query); r.at(path) != "1" {
			t.Errorf("%s: %s", query, r.raw)
		}
	}
	k.switchTo("coql_converted_leads", "always")
	k.do("POST", "/crm/v8/coql", all).want(200, "info.count", "2")
	k.ask("select COUNT(id) from Leads where id is not null").want(200, "data.0.COUNT(id)", "2")

	// Upsert makes a new lead instead of changing the converted one.
	k.do("POST", "/crm/v8/Leads/upsert", map[string]any{"data": []any{lead("Boyle", "Email", "jo@boyle.example")}}).
		want(200, "data.0.action", "insert")
}

func TestActivitiesFollowAConvertedLead(t *testing.T) {
	t.Parallel()
	for reading, want := range map[string]struct{ who, what bool }{
		"contact": {true, false}, "contact_and_deal": {true, true}, "keep": {false, true},
	} {
		k := fresh(t)
		k.switchTo("convert_events", reading)
		id := k.richLead()
		event := k.insert("Events", meeting("Visit", start.Add(time.Hour), "What_Id", map[string]any{"id": id}, "$se_module", "Leads",
			"Participants", []any{map[string]any{"type": "lead", "participant": id}}))[0]
		neighbour := k.insert("Leads", lead("Neighbour"))[0]
		other := k.insert("Events", meeting("Else", start.Add(time.Hour), "What_Id", neighbour, "$se_module", "Leads"))[0]
		k.pass(time.Minute)
		r := k.convert(id, map[string]any{"Deals": deal()}).want(200)
		contact := r.text("data.0.details.Contacts.id")
		e := k.get("/crm/v8/Events/" + event).want(200)
		if got := e.at("data.0.Who_Id.id"); (got == contact) != want.who {
			t.Errorf("%s: Who_Id is %v", reading, got)
		}
		if got := e.at("data.0.What_Id"); (got != nil) != want.what {
			t.Errorf("%s: What_Id is %v", reading, got)
		}
		module := map[string]any{"contact": nil, "contact_and_deal": "Deals", "keep": "Leads"}[reading]
		if e.at("data.0.$se_module") != module {
			t.Errorf("%s: $se_module is %v", reading, e.at("data.0.$se_module"))
		}
		kind := map[bool]string{true: "contact", false: "lead"}[want.who]
		if e.at("data.0.Participants.0.type") != kind {
			t.Errorf("%s: %s", reading, e.raw)
		}
		moved := e.text("data.0.Modified_Time") != e.text("data.0.Created_Time")
		if moved != want.who {
			t.Errorf("%s: Modified_Time %s", reading, e.text("data.0.Modified_Time"))
		}
		k.get("/crm/v8/Events/"+other).want(200, "data.0.Who_Id", nil, "data.0.What_Id.id", neighbour)
	}
}

func TestConversionOptions(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	id := k.richLead()
	path := "/crm/v8/Leads/" + id + "/__conversion_options"
	k.get(path).empty(204)
	contact := k.insert("Contacts", map[string]any{"Last_Name": "B", "Email": "JO@boyle.example"})[0]
	k.get(path).want(200, "__conversion_options.Contacts.0.id", contact, "__conversion_options.Contacts.0.Full_Name", "B",
		"__conversion_options.Accounts", nil, "__conversion_options.Deals", nil, "__conversion_options.module_preference", nil,
		"__conversion_options.preference_field_matched_value.Contacts.0.field.api_name", "Email",
		"__conversion_options.preference_field_matched_value.Contacts.0.matched_lead_value", "jo@boyle.example",
		"__conversion_options.modules_with_multiple_layouts", nil)
	account := k.insert("Accounts", map[string]any{"Account_Name": "Boyle Ltd"})[0]
	k.get(path).want(200, "__conversion_options.Accounts.0.id", account, "__conversion_options.Accounts.0.Account_Name", "Boyle Ltd")
	k.get("/crm/v8/Leads/5725767000000999999/__conversion_options").want(400, "code", "INVALID_DATA")
	k.get("/crm/v8/Contacts/"+contact+"/__conversion_options").want(404, "code", "INVALID_URL_PATTERN")
	k.convert(id, map[string]any{}).want(200)
	k.get(path).want(400, "code", "INVALID_DATA")
}

func TestAConversionOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	k := newKit(t, setup{dir: dir})
	k.connect(everything)
	id := k.richLead()
	k.convert(id, map[string]any{"Deals": deal()}).want(200)
	for _, compacted := range []bool{false, true} {
		if compacted {
			if err := k.sim.CompactForTest(); err != nil {
				t.Fatal(err)
			}
		}
		k := k.reopened(dir)
		k.get("/crm/v8/Leads/" + id).empty(204)
		k.get("/crm/v8/Leads/"+id+"?converted=true").want(200, "data.0.Converted_Deal.name", "New roof")
		k.get("/crm/v8/Contacts?fields=Email").want(200, "info.count", "1")
	}
}
