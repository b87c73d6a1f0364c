package zohosim_test

import (
	"fmt"
	"strings"
	"testing"
)

const leadFields = "/crm/v8/settings/fields?module=Leads"

func TestFieldsOfEveryTypeAreCreated(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	account := k.insert("Accounts", map[string]any{"Account_Name": "Zylker"})[0]
	for label, c := range map[string]struct {
		field        map[string]any
		value, reads any // what is written and what comes back; a nil value is not written
		meta         []any
	}{
		"Line":     {obj("data_type", "text", "length", 10), "x", "x", []any{"length", "10", "json_type", "string"}},
		"Area":     {obj("data_type", "textarea", "textarea", obj("type", "rich_text")), "x", "x", []any{"textarea.type", "rich_text"}},
		"Post":     {obj("data_type", "email"), "a@b.example", "a@b.example", nil},
		"Line two": {obj("data_type", "phone"), "312", "312", []any{"api_name", "Line_two"}},
		"Site":     {obj("data_type", "website"), "x.example", "x.example", nil},
		"Whole":    {obj("data_type", "integer", "length", 3), 5, "5", []any{"length", "3"}},
		"Long":     {obj("data_type", "bigint"), "9007199254740993", "9007199254740993", nil},
		"Part":     {obj("data_type", "double", "decimal_place", 3), 1.5, "1.5", []any{"decimal_place", "3"}},
		"Money":    {obj("data_type", "currency"), 2.5, "2.5", nil},
		"Share":    {obj("data_type", "percent"), 50, "50", nil},
		"Flag":     {obj("data_type", "boolean"), true, true, nil},
		"Date":     {obj("data_type", "date"), "2026-01-01", "2026-01-01", nil},
		"When":     {obj("data_type", "datetime"), "2026-01-01T00:00:00Z", "2025-12-31T18:00:00-06:00", nil},
		"Choice":   {obj("data_type", "picklist", "pick_list_values", []any{obj("display_value", "A"), obj("display_value", "B")}), "B", "B", []any{"pick_list_values.1.actual_value", "B", "pick_list_values.1.sequence_number", "2"}},
		"Choices":  {obj("data_type", "multiselectpicklist", "pick_list_values", []any{obj("display_value", "A")}), []any{"A"}, nil, nil},
		"Firm":     {obj("data_type", "lookup", "lookup", obj("display_label", "Leads", "module", obj("api_name", "Accounts"))), obj("id", account), nil, []any{"lookup.module.api_name", "Accounts"}},
		"Person":   {obj("data_type", "userlookup"), obj("id", ann), nil, nil},
		"Either":   {obj("data_type", "multi_module_lookup", "multi_module_lookup", obj("modules", []any{obj("api_name", "Accounts")})), obj("module", obj("api_name", "Accounts"), "id", account), nil, []any{"multi_module_lookup.modules.0.api_name", "Accounts"}},
		"Sum":      {obj("data_type", "formula", "formula", obj("expression", "1+1", "return_type", "double")), nil, nil, []any{"read_only", true, "operation_type.api_create", false, "formula.return_type", "double"}},
		"Rolled":   {obj("data_type", "rollup_summary", "rollup_summary", obj("return_type", "integer")), nil, nil, []any{"field_read_only", true}},
		"Number":   {obj("data_type", "autonumber", "auto_number", obj("prefix", "N", "start_number", 1)), nil, nil, []any{"read_only", true}},
		"Rows":     {obj("data_type", "subform"), []any{obj("x", "y")}, nil, nil},
		"Key":      {obj("data_type", "text", "external", obj("type", "org", "show", true)), "K-1", "K-1", []any{"external.type", "org", "unique.casesensitive", "false"}},
		"Once":     {obj("data_type", "text", "unique", obj("case_sensitive", true)), "O", "O", []any{"unique.casesensitive", "true"}},
	} {
		c.field["field_label"] = label
		id := k.settle("POST", leadFields, c.field).want(201, "code", "SUCCESS", "message", "field created", "status", "success").text("details.id")
		r := k.get("/crm/v8/settings/fields/"+id+"?module=Leads").want(200, "fields.0.field_label", label, "fields.0.custom_field", true,
			"fields.0.created_source", "crm", "fields.0.layout_associations.0.name", "Standard")
		for i := 0; i < len(c.meta); i += 2 {
			r.want(200, "fields.0."+c.meta[i].(string), c.meta[i+1])
		}
		if c.value == nil {
			continue
		}
		api := r.text("fields.0.api_name")
		lead := k.insert("Leads", map[string]any{"Last_Name": label, api: c.value})[0]
		if got := k.get("/crm/v8/Leads/" + lead).at("data.0." + api); c.reads != nil && got != c.reads || got == nil {
			t.Errorf("%s: %v came back as %v", label, c.value, got)
		}
	}
	k.one("POST", "/crm/v8/Leads", map[string]any{"Last_Name": "x", "Once": "O"}).want(400, "code", "DUPLICATE_DATA")
	k.get("/crm/v8/Leads/K-1", "X-EXTERNAL", "Leads.Key").want(200, "data.0.Key", "K-1")
}

func TestFieldRefusals(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	f := func(more ...any) map[string]any { return obj(append([]any{"field_label", "New"}, more...)...) }
	picks := func(values ...any) map[string]any { return f("data_type", "picklist", "pick_list_values", values) }
	for name, c := range map[string]struct {
		item             any
		code, path, more string
		value            any
	}{
		"no label":            {obj("data_type", "text"), "MANDATORY_NOT_FOUND", "field_label", "api_name", "field_label"},
		"no type":             {f(), "MANDATORY_NOT_FOUND", "data_type", "api_name", "data_type"},
		"unknown type":        {f("data_type", "poem"), "INVALID_DATA", "data_type", "api_name", "data_type"},
		"Zoho's own type":     {f("data_type", "ownerlookup"), "INVALID_DATA", "data_type", "api_name", "data_type"},
		"label taken":         {obj("field_label", "last name", "data_type", "text"), "DUPLICATE_DATA", "field_label", "api_name", "field_label"},
		"label too long":      {obj("field_label", strings.Repeat("x", 51), "data_type", "text"), "INVALID_DATA", "field_label", "maximum_length", "50"},
		"name taken":          {f("data_type", "text", "api_name", "Email"), "DUPLICATE_DATA", "api_name", "api_name", "api_name"},
		"name malformed":      {f("data_type", "text", "api_name", "a b"), "INVALID_DATA", "api_name", "api_name", "api_name"},
		"too long a line":     {f("data_type", "text", "length", 256), "INVALID_DATA", "length", "range.to", "255"},
		"length no number":    {f("data_type", "text", "length", "9"), "INVALID_DATA", "length", "expected_data_type", "integer"},
		"places":              {f("data_type", "double", "decimal_place", 10), "INVALID_DATA", "decimal_place", "range.to", "9"},
		"no values":           {f("data_type", "picklist"), "MANDATORY_NOT_FOUND", "pick_list_values", "api_name", "pick_list_values"},
		"values no list":      {f("data_type", "picklist", "pick_list_values", "A"), "INVALID_DATA", "pick_list_values", "expected_data_type", "jsonarray"},
		"value without text":  {picks(obj()), "MANDATORY_NOT_FOUND", "pick_list_values[0].display_value", "api_name", "display_value"},
		"value too long":      {picks(obj("display_value", strings.Repeat("x", 121))), "INVALID_DATA", "pick_list_values[0].display_value", "maximum_length", "120"},
		"value none":          {picks(obj("display_value", "-None-")), "INVALID_DATA", "pick_list_values[0].display_value", "api_name", "display_value"},
		"value with signs":    {picks(obj("display_value", "a<b")), "INVALID_DATA", "pick_list_values[0].display_value", "api_name", "display_value"},
		"value type":          {picks(obj("display_value", "a", "type", "old")), "INVALID_DATA", "pick_list_values[0].type", "regex", "used|unused"},
		"value twice":         {picks(obj("display_value", "a"), obj("display_value", "A")), "DUPLICATE_DATA", "pick_list_values", "api_name", "pick_list_values"},
		"reference twice":     {picks(obj("display_value", "a", "reference_value", "r"), obj("display_value", "b", "reference_value", "r")), "DUPLICATE_DATA", "pick_list_values", "api_name", "pick_list_values"},
		"nothing to choose":   {picks(obj("display_value", "a", "type", "unused")), "INVALID_DATA", "pick_list_values", "api_name", "pick_list_values"},
		"value id unknown":    {picks(obj("id", "1", "display_value", "a")), "INVALID_DATA", "pick_list_values[0].id", "api_name", "id"},
		"no such global set":  {f("data_type", "picklist", "global_picklist", obj("id", "1")), "INVALID_DATA", "global_picklist.id", "api_name", "id"},
		"lookup to nothing":   {f("data_type", "lookup"), "DEPENDENT_FIELD_MISSING", "lookup", "dependee.api_name", "data_type"},
		"lookup unnamed":      {f("data_type", "lookup", "lookup", obj()), "MANDATORY_NOT_FOUND", "lookup.module.api_name", "api_name", "api_name"},
		"lookup to nowhere":   {f("data_type", "lookup", "lookup", obj("module", obj("api_name", "Nope"))), "INVALID_DATA", "lookup.module.api_name", "api_name", "api_name"},
		"lookups to nothing":  {f("data_type", "multi_module_lookup"), "DEPENDENT_FIELD_MISSING", "multi_module_lookup", "dependee.api_name", "data_type"},
		"lookups to nowhere":  {f("data_type", "multi_module_lookup", "multi_module_lookup", obj("modules", []any{obj("api_name", "Nope")})), "INVALID_DATA", "multi_module_lookup.modules[0].api_name", "api_name", "api_name"},
		"formula of nothing":  {f("data_type", "formula"), "DEPENDENT_FIELD_MISSING", "formula", "dependee.api_name", "data_type"},
		"formula unsaid":      {f("data_type", "formula", "formula", obj("return_type", "double")), "MANDATORY_NOT_FOUND", "formula.expression", "api_name", "expression"},
		"summary of nothing":  {f("data_type", "rollup_summary"), "DEPENDENT_FIELD_MISSING", "rollup_summary", "dependee.api_name", "data_type"},
		"number without form": {f("data_type", "autonumber"), "DEPENDENT_FIELD_MISSING", "auto_number", "dependee.api_name", "data_type"},
		"number from where":   {f("data_type", "autonumber", "auto_number", obj()), "MANDATORY_NOT_FOUND", "auto_number.start_number", "api_name", "start_number"},
		"unique list":         {f("data_type", "picklist", "pick_list_values", []any{obj("display_value", "a")}, "unique", obj("case_sensitive", true)), "NOT_SUPPORTED", "unique", "api_name", "unique"},
		"external date":       {f("data_type", "date", "external", obj("type", "org")), "NOT_SUPPORTED", "external", "api_name", "external"},
		"external to whom":    {f("data_type", "text", "external", obj("type", "all")), "INVALID_DATA", "external.type", "supported_values.0", "user"},
		"profile unknown":     {f("data_type", "text", "profiles", []any{obj("id", "1")}), "INVALID_DATA", "profiles[0].id", "api_name", "id"},
		"permission unknown":  {f("data_type", "text", "profiles", []any{obj("id", admins, "permission_type", "all")}), "INVALID_DATA", "profiles[0].permission_type", "supported_values.2", "hidden"},
	} {
		r := k.settle("POST", leadFields, c.item)
		if r.status != 400 || r.at("code") != c.code || r.at("details.json_path") != "$.fields[0]."+c.path || r.at("details."+c.more) != c.value {
			t.Errorf("%s: %d %s", name, r.status, r.raw)
		}
	}
	k.settle("POST", "/crm/v8/settings/fields", f("data_type", "text")).want(400, "code", "REQUIRED_PARAM_MISSING", "details.param_name", "module")
	k.settle("POST", "/crm/v8/settings/fields?module=Nope", f("data_type", "text")).want(400, "code", "INVALID_MODULE")
	many := obj("fields", []any{f(), f(), f(), f(), f(), f()})
	k.do("POST", leadFields, many).want(400, "code", "INVALID_DATA", "details.maximum_length", "5")
	r := k.do("POST", leadFields, obj("fields", []any{f("data_type", "text"), f("data_type", "text"), obj("field_label", "Next", "data_type", "date")}))
	if got := fmt.Sprint(r.want(207).list("fields", "code")); got != "[SUCCESS DUPLICATE_DATA SUCCESS]" {
		t.Errorf("mixed: %s", got)
	}
}

func TestFieldIsChangedAndDeleted(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	id := k.settle("POST", leadFields, obj("field_label", "Roof", "data_type", "picklist", "pick_list_values", []any{obj("display_value", "Slate"), obj("display_value", "Tile")})).text("details.id")
	lead := k.insert("Leads", map[string]any{"Last_Name": "x", "Roof": "Slate"})[0]
	one := "/crm/v8/settings/fields/" + id + "?module=Leads"
	slate := k.get(one).text("fields.0.pick_list_values.0.id")
	k.settle("PATCH", one, obj("field_label", "Roof type", "pick_list_values", []any{obj("id", slate, "display_value", "Slates"), obj("display_value", "Metal")})).
		want(200, "message", "field updated", "details.id", id)
	k.get(one).want(200, "fields.0.field_label", "Roof type", "fields.0.api_name", "Roof", "fields.0.pick_list_values.0.display_value", "Slates",
		"fields.0.pick_list_values.0.actual_value", "Slate", "fields.0.pick_list_values.2.actual_value", "Metal", "fields.0.modified_time", "2026-11-23T09:00:00-06:00", "fields.0.modified_by", nil)
	k.get("/crm/v8/settings/fields/"+id+"/pick_list_values?module=Leads").want(200, "pick_list_values.2.display_value", "Metal")
	k.get("/crm/v8/Leads/"+lead).want(200, "data.0.Roof", "Slate")
	k.settle("PATCH", leadFields, obj("id", id, "pick_list_values", []any{obj("id", slate, "type", "unused")})).want(200)
	k.one("POST", "/crm/v8/Leads", map[string]any{"Last_Name": "y", "Roof": "Slate"}).want(400, "code", "INVALID_DATA", "details.supported_values.0", "Tile")
	k.settle("PATCH", one, obj("pick_list_values", []any{obj("id", slate, "_delete", true)})).want(200)
	k.get(one).want(200, "fields.0.pick_list_values.0.actual_value", "Tile", "fields.0.pick_list_values.0.sequence_number", "1")

	k.settle("PATCH", one, obj("data_type", "text")).want(400, "code", "NOT_ALLOWED", "details.api_name", "data_type")
	k.settle("PATCH", one, obj("api_name", "Other")).want(400, "code", "NOT_ALLOWED", "message", "api_name cannot be changed")
	k.settle("PATCH", one, obj("field_label", "Email")).want(400, "code", "DUPLICATE_DATA")
	k.settle("PATCH", leadFields, obj("field_label", "x")).want(400, "code", "MANDATORY_NOT_FOUND", "details.api_name", "id")
	k.settle("PATCH", leadFields, obj("id", "1")).want(400, "code", "INVALID_DATA", "message", "the id given seems to be invalid")
	k.settle("PATCH", "/crm/v8/settings/fields/1?module=Leads", obj()).want(400, "code", "INVALID_DATA", "details.resource_path_index", "2")
	email := k.fieldsOf("Leads")["Email"].text("id")
	k.settle("PATCH", "/crm/v8/settings/fields/"+email+"?module=Leads", obj("length", 50)).want(400, "code", "NOT_ALLOWED", "details.api_name", "length")
	k.settle("PATCH", "/crm/v8/settings/fields/"+email+"?module=Leads", obj("field_label", "E-mail")).want(200)

	k.do("DELETE", "/crm/v8/settings/fields/"+email+"?module=Leads", nil).want(400, "code", "NOT_ALLOWED", "details.resource_path_index", "2")
	k.do("DELETE", one, nil).want(200, "fields.0.code", "SUCCESS", "fields.0.message", "field deleted", "fields.0.details.id", id)
	k.do("DELETE", one, nil).want(400, "code", "INVALID_DATA")
	k.get("/crm/v8/Leads/"+lead).want(200, "data.0.Roof", nil, "data.0.Last_Name", "x")
	k.settle("POST", leadFields, obj("field_label", "Roof", "data_type", "text")).want(201)
	k.get("/crm/v8/Leads/"+lead).want(200, "data.0.Roof", nil)
}

func TestFieldBecomesUniqueOnlyWithoutRepetitions(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	id := k.settle("POST", leadFields, obj("field_label", "Code", "data_type", "text")).text("details.id")
	one := "/crm/v8/settings/fields/" + id + "?module=Leads"
	leads := k.insert("Leads", map[string]any{"Last_Name": "a", "Code": "x"}, map[string]any{"Last_Name": "b", "Code": "X"})
	k.settle("PATCH", one, obj("unique", obj("casesensitive", "false"))).want(400, "code", "NOT_ALLOWED", "details.api_name", "unique")
	k.do("DELETE", "/crm/v8/Leads/"+leads[1], nil).want(200)
	k.settle("PATCH", one, obj("unique", obj("casesensitive", "false"))).want(200)
	k.one("POST", "/crm/v8/Leads", map[string]any{"Last_Name": "b", "Code": "X"}).want(400, "code", "DUPLICATE_DATA")
	k.settle("PATCH", one, obj("unique", obj())).want(200)
	k.insert("Leads", map[string]any{"Last_Name": "b", "Code": "X"})
}

func TestExternalFieldsMaxSwitch(t *testing.T) {
	t.Parallel()
	k := fresh(t)
	field := func(label string) map[string]any {
		return obj("field_label", label, "data_type", "text", "external", obj("type", "user"))
	}
	id := k.settle("POST", leadFields, field("A")).want(201).text("details.id")
	k.settle("POST", leadFields, field("B")).want(201)
	k.switchTo("external_fields_max", 2)
	k.settle("POST", leadFields, field("C")).want(400, "code", "LIMIT_EXCEEDED", "details.limit", "2", "details.limit_due_to.0.api_name", "external")
	k.settle("PATCH", leadFields, obj("id", id, "external", obj("type", "org"))).want(200)
	k.settle("PATCH", leadFields, obj("id", id, "external", nil)).want(200)
	k.settle("POST", leadFields, field("C")).want(201)
}
