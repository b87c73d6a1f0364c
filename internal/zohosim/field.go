package zohosim

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
)

// sysField marks the fields that are not kept in a record's cells.
type sysField uint8

const (
	stored sysField = iota
	sysID
	sysOwner
	sysCreatedBy
	sysModifiedBy
	sysCreatedTime
	sysModifiedTime
	sysFullName
)

// field is one field of a module: what the rules need, and its metadata as it goes out.
type field struct {
	id, api, label, dataType string
	key                      uint16 // in names
	kind                     kind
	sys                      sysField
	length, decimals         int
	mandatory                bool // system_mandatory
	apiCreate, apiUpdate     bool // writable through the API
	custom, hidden           bool
	rich                     bool // long text with markup, of which lists show only the beginning
	unique, uniqueExact      bool
	external                 bool // its values may stand for ids, see X-EXTERNAL
	picks                    []string
	targets                  []string          // modules that a lookup may point into
	converts                 map[string]string // Leads: module → field that gets the value when the lead is converted
	meta                     map[string]any
	wire                     func() json.RawMessage
}

// lookup tells whether values of the field point at records (not at users).
func (f *field) lookup() bool {
	return f.dataType == "lookup" || f.dataType == "multi_module_lookup" || f.api == "What_Id"
}

// several tells whether a lookup may point into different modules.
func (f *field) several() bool { return f.dataType == "multi_module_lookup" || f.api == "What_Id" }

// textual tells whether search looks at the words of the field.
func (f *field) textual() bool {
	switch f.dataType {
	case "text", "textarea", "email", "phone", "website", "picklist", "autonumber":
		return f.kind == kindText && f.sys == stored
	}
	return false
}

// wordy tells whether search compares the field's words instead of its whole value.
func (f *field) wordy() bool {
	return f.textual() && f.dataType != "picklist" && f.dataType != "autonumber" || f.sys == sysFullName
}

// lengths and JSON types that a field has when its definition does not say.
var typeDefaults = map[string]struct {
	json   string
	length int
	ui     int
}{
	"text": {"string", 255, 1}, "textarea": {"string", 32000, 3}, "email": {"string", 100, 25}, "phone": {"string", 30, 33},
	"website": {"string", 450, 21}, "autonumber": {"string", 255, 20}, "integer": {"integer", 9, 32}, "bigint": {"string", 18, 34},
	"double": {"double", 16, 38}, "currency": {"double", 16, 36}, "percent": {"double", 5, 39}, "boolean": {"boolean", 5, 301},
	"date": {"string", 20, 24}, "datetime": {"string", 40, 333}, "picklist": {"string", 120, 2}, "multiselectpicklist": {"jsonarray", 765, 100},
	"lookup": {"jsonobject", 50, 4}, "ownerlookup": {"jsonobject", 120, 8}, "userlookup": {"jsonobject", 120, 8},
	"multi_module_lookup": {"jsonobject", 120, 119}, "multiselectlookup": {"jsonarray", 120, 116}, "multiuserlookup": {"jsonarray", 120, 117},
	"subform": {"jsonarray", 120, 500}, "formula": {"string", 255, 70}, "rollup_summary": {"string", 255, 71},
	"fileupload": {"jsonarray", 255, 72}, "imageupload": {"jsonarray", 255, 73}, "profileimage": {"string", 255, 501},
	"event_reminder": {"jsonarray", 250, 801}, "RRULE": {"jsonobject", 2000, 802}, "ALARM": {"jsonobject", 250, 803},
}

// definition is a field, module or layout in the shape of Zoho's metadata, perhaps with members missing.
type definition = map[string]any

func text(d definition, key string) string {
	s, _ := d[key].(string)
	return s
}

func flag(d definition, key string, missing bool) bool {
	if b, ok := d[key].(bool); ok {
		return b
	}
	return missing
}

func number(d definition, key string, missing int) int {
	switch n := d[key].(type) {
	case int:
		return n
	case float64:
		return int(n)
	case json.Number:
		if i, err := n.Int64(); err == nil {
			return int(i)
		}
	}
	return missing
}

func object(d definition, key string) definition {
	o, _ := d[key].(definition)
	return o
}

func objects(v any) []definition {
	list, _ := v.([]any)
	var out []definition
	for _, v := range list {
		if o, ok := v.(definition); ok {
			out = append(out, o)
		}
	}
	return out
}

// overlay puts the members of top over those of base; objects are merged one level deep.
func overlay(base, top definition) definition {
	out := make(definition, len(base)+len(top))
	for k, v := range base {
		out[k] = v
	}
	for k, v := range top {
		under, isObject := out[k].(definition)
		over, bothObjects := v.(definition)
		if isObject && bothObjects {
			v = overlay(under, over)
		}
		out[k] = v
	}
	return out
}

// completeField fills what a field's definition leaves out and rules need; fullMeta adds the rest when it is asked for. ids hands
// out new ids.
func completeField(given definition, moduleAPI string, sequence int, ids func() string) (definition, error) {
	api := text(given, "api_name")
	if api == "" {
		return nil, fmt.Errorf("a field has no api_name")
	}
	dataType := text(given, "data_type")
	if dataType == "" {
		dataType = "text"
	}
	d, known := typeDefaults[dataType]
	if !known {
		return nil, fmt.Errorf("field %s: unknown data_type %q", api, dataType)
	}
	label := text(given, "field_label")
	if label == "" {
		label = strings.TrimSpace(strings.ReplaceAll(strings.TrimSuffix(api, "__s"), "_", " "))
	}
	readOnly := flag(given, "read_only", false) || flag(given, "field_read_only", false) ||
		dataType == "formula" || dataType == "rollup_summary" || dataType == "autonumber"
	standard := definition{
		"field_label": label, "data_type": dataType, "json_type": d.json, "length": d.length, "ui_type": d.ui,
		"read_only": readOnly, "field_read_only": readOnly, "custom_field": false, "sequence_number": sequence,
	}
	if dataType == "double" || dataType == "currency" || dataType == "percent" {
		standard["decimal_place"] = 2
	}
	meta := overlay(standard, given)
	if text(meta, "id") == "" {
		meta["id"] = ids()
	}
	if err := completeTargets(meta, moduleAPI); err != nil {
		return nil, err
	}
	completePicks(meta, ids)
	return meta, nil
}

// fullMeta is a completed definition with everything else that Zoho says of a field.
func fullMeta(meta definition) definition {
	api, label, dataType := text(meta, "api_name"), text(meta, "field_label"), text(meta, "data_type")
	created := "default"
	if flag(meta, "custom_field", false) {
		created = "crm"
	}
	writable := !flag(meta, "read_only", false) && !flag(meta, "field_read_only", false)
	return overlay(definition{
		"display_label": label, "column_name": strings.ToUpper(api), "decimal_place": nil, "system_mandatory": false,
		"visible": true, "type": "used", "virtual_field": false, "searchable": true, "sortable": dataType != "textarea",
		"filterable": dataType != "textarea", "unique": definition{}, "external": nil, "pick_list_values": []any{},
		"pick_list_values_sorted_lexically": false, "lookup": definition{}, "multi_module_lookup": definition{},
		"operation_type": definition{
			"api_create": writable, "api_update": writable, "web_create": writable, "web_update": writable,
		},
		"view_type":     definition{"view": true, "edit": writable, "create": writable, "quick_create": false},
		"default_value": nil, "formula": definition{}, "currency": definition{}, "convert_mapping": nil, "created_source": created,
		"businesscard_supported": true, "webhook": true, "available_in_user_layout": true, "mass_update": writable,
		"blueprint_supported": writable, "display_field": false, "auto_number": definition{}, "multiselectlookup": definition{},
		"multiuserlookup": definition{}, "subform": nil, "associated_module": nil, "private": nil, "hipaa_compliance": nil,
		"hipaa_compliance_enabled": false, "history_tracking": nil, "tooltip": nil, "crypt": nil, "enable_colour_code": false,
		"colour_code_enabled_by_system": false, "separator": false, "show_type": 7, "category": 1, "display_type": -1,
		"quick_sequence_number": nil, "customizable_properties": []any{}, "refer_from_field": nil,
		"layout_associations": []any{}, "profiles": []any{},
	}, meta)
}

// completeTargets checks that a lookup says where it points.
func completeTargets(meta definition, moduleAPI string) error {
	api := text(meta, "api_name")
	switch text(meta, "data_type") {
	case "lookup":
		if text(object(object(meta, "lookup"), "module"), "api_name") == "" && api != "What_Id" {
			return fmt.Errorf("field %s: a lookup needs lookup.module.api_name", api)
		}
	case "multi_module_lookup":
		if len(objects(object(meta, "multi_module_lookup")["modules"])) == 0 {
			return fmt.Errorf("field %s: a multi_module_lookup needs multi_module_lookup.modules", api)
		}
	default:
		return nil
	}
	lookup := object(meta, "lookup")
	if text(lookup, "display_label") == "" && text(meta, "data_type") == "lookup" {
		meta["lookup"] = overlay(definition{"display_label": moduleAPI, "api_name": moduleAPI}, lookup)
	}
	return nil
}

// completePicks fills the members of pick list values; a plain string stands for a value.
func completePicks(meta definition, ids func() string) {
	list, _ := meta["pick_list_values"].([]any)
	if len(list) == 0 {
		return
	}
	out := make([]any, 0, len(list))
	for i, v := range list {
		given, ok := v.(definition)
		if !ok {
			given = definition{"actual_value": v}
		}
		actual := given["actual_value"]
		if actual == nil {
			actual = given["display_value"]
		}
		pick := overlay(definition{
			"actual_value": actual, "display_value": actual, "reference_value": actual, "sequence_number": i + 1,
			"colour_code": nil, "type": "used",
		}, given)
		pick["actual_value"] = actual
		if text(pick, "id") == "" {
			pick["id"] = ids()
		}
		out = append(out, pick)
	}
	meta["pick_list_values"] = out
}

// newField reads a completed definition.
func newField(meta definition, names *names) *field {
	api, dataType := text(meta, "api_name"), text(meta, "data_type")
	operations := object(meta, "operation_type")
	readOnly := flag(meta, "read_only", false) || flag(meta, "field_read_only", false) || kindIsComputed(dataType)
	f := &field{
		id: text(meta, "id"), api: api, label: text(meta, "field_label"), dataType: dataType, key: names.of(api),
		kind: kindOf(dataType), sys: systemField(api, dataType, !readOnly), length: number(meta, "length", 0),
		decimals: number(meta, "decimal_place", 2), mandatory: flag(meta, "system_mandatory", false),
		apiCreate: !readOnly && flag(operations, "api_create", true), apiUpdate: !readOnly && flag(operations, "api_update", true),
		custom: flag(meta, "custom_field", false), hidden: !flag(meta, "visible", true), external: len(object(meta, "external")) > 0,
		rich: dataType == "textarea" && text(object(meta, "textarea"), "type") == "rich_text", meta: meta,
	}
	if unique := object(meta, "unique"); len(unique) > 0 {
		f.unique = true
		f.uniqueExact = text(unique, "casesensitive") == "true" || flag(unique, "casesensitive", false)
	}
	if text(meta, "json_type") == "jsonarray" && f.kind != kindRef {
		f.kind = kindJSON // Participants and Tag call themselves bigint and text
	}
	for _, p := range objects(meta["pick_list_values"]) {
		if text(p, "type") != "unused" {
			f.picks = append(f.picks, text(p, "actual_value"))
		}
	}
	if target := text(object(object(meta, "lookup"), "module"), "api_name"); target != "" {
		f.targets = []string{target}
	}
	for _, m := range objects(object(meta, "multi_module_lookup")["modules"]) {
		f.targets = append(f.targets, text(m, "api_name"))
	}
	for api, to := range object(meta, "convert_mapping") {
		if name, ok := to.(string); ok && name != "" {
			if f.converts == nil {
				f.converts = map[string]string{}
			}
			f.converts[api] = name
		}
	}
	f.wire = lazily(func() definition { return fullMeta(meta) })
	return f
}

// lazily encodes metadata when it is first asked for: most of it never is. It came out of JSON or is our own, and encodes.
func lazily(d func() definition) func() json.RawMessage {
	return sync.OnceValue(func() json.RawMessage {
		b, err := json.Marshal(d())
		if err != nil {
			return json.RawMessage("null")
		}
		return b
	})
}

func kindIsComputed(dataType string) bool {
	return dataType == "formula" || dataType == "rollup_summary" || dataType == "autonumber"
}

// systemField recognises the fields that every record has outside of its cells.
func systemField(api, dataType string, writable bool) sysField {
	switch {
	case api == "id":
		return sysID
	case api == "Created_Time" && dataType == "datetime":
		return sysCreatedTime
	case api == "Modified_Time" && dataType == "datetime":
		return sysModifiedTime
	case api == "Full_Name" && !writable:
		return sysFullName
	case dataType != "ownerlookup" && dataType != "userlookup":
		return stored
	case api == "Owner":
		return sysOwner
	case api == "Created_By":
		return sysCreatedBy
	case api == "Modified_By":
		return sysModifiedBy
	}
	return stored
}
