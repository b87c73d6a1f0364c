package zohosim

import (
	"encoding/json"
	"fmt"
	"slices"
)

// module is one module of an organization with its fields, layouts and records.
type module struct {
	id, api                             string
	singular, plural, generated, status string
	apiSupported, creatable, editable   bool
	deletable, viewable, visible        bool
	fields                              []*field
	byAPI                               map[string]*field
	display                             *field
	cancelled                           *field // mark of a cancelled meeting, no field of the metadata; only in Events
	converted                           *field // mark of a converted lead, which the metadata may lack; only in Leads
	layouts                             []*layout
	meta                                definition
	wire                                func() json.RawMessage
	table                               *table
	redefined                           json.RawMessage // as the journal keeps it; nil while the module is as Zoho made it
}

// layout is one layout of a module.
type layout struct {
	id, name string
	required map[uint16]bool
	picks    map[uint16][]string // the layout's own pick lists
	given    definition          // without the fields' metadata
	wire     func() json.RawMessage
}

// active tells whether records may have the layout.
func (l *layout) active() bool { return text(l.given, "status") != "inactive" }

// custom tells whether the organization made the module itself.
func (m *module) custom() bool { return m.generated == "custom" }

// scope is the module's part of a scope: ZohoCRM.modules.leads, ZohoCRM.modules.custom.
func (m *module) scope() string {
	if m.custom() {
		return "custom"
	}
	return scopeName(m.api)
}

// layout finds a layout by id.
func (m *module) layout(id string) *layout {
	i := slices.IndexFunc(m.layouts, func(l *layout) bool { return l.id == id })
	if i < 0 {
		return nil
	}
	return m.layouts[i]
}

// duplicateField is the field that upsert compares by default; "" where there is none.
// Source: Zoho CRM v8, "Upsert Records".
func (m *module) duplicateField() string {
	switch m.api {
	case "Leads", "Contacts":
		return "Email"
	case "Accounts":
		return "Account_Name"
	case "Deals":
		return "Deal_Name"
	}
	if m.custom() {
		return "Name"
	}
	return ""
}

// upsertable tells whether upsert takes the module. Source: Zoho CRM v8, "Upsert Records".
func (m *module) upsertable() bool { return m.api != "Events" && m.api != "Tasks" && m.api != "Calls" }

// blueprint is a module before it is built: definitions in the shapes of Zoho's metadata.
type blueprint struct {
	Module  definition   `json:"module"`
	Fields  []definition `json:"fields"`
	Layouts []definition `json:"layouts"`
}

// moduleDefaults is the metadata of a module of which only the name is known.
func moduleDefaults(api string) definition {
	return definition{
		"api_name": api, "module_name": api, "singular_label": api, "plural_label": api, "generated_type": "custom",
		"api_supported": true, "creatable": true, "editable": true, "deletable": true, "viewable": true, "visible": true,
		"status": "visible", "visibility": 1, "convertable": false, "show_as_tab": true, "quick_create": false, "web_link": nil,
		"global_search_supported": true, "presence_sub_menu": true, "sub_menu_available": true, "filter_supported": true,
		"feeds_required": false, "triggers_supported": true, "scoring_supported": false, "webform_supported": true,
		"isBlueprintSupported": true, "email_parser_supported": false, "emailTemplate_support": true,
		"inventory_template_supported": false, "recycle_bin_on_delete": true, "has_more_profiles": false, "profile_count": 2,
		"business_card_field_limit": 5, "track_current_data": false, "parent_module": definition{}, "arguments": []any{},
		"description": nil, "modified_by": nil, "modified_time": nil, "activity_badge": "Not_Supported", "sequence_number": 0,
		"chart_view_supported": true, "kanban_view_supported": true, "access_type": "org_based",
	}
}

// build makes a module of a completed blueprint. Its table is new and empty.
func build(bp blueprint, names *names) (*module, error) {
	d := bp.Module
	m := &module{
		id: text(d, "id"), api: text(d, "api_name"), singular: text(d, "singular_label"), plural: text(d, "plural_label"),
		generated: text(d, "generated_type"), status: text(d, "status"), apiSupported: flag(d, "api_supported", true),
		creatable: flag(d, "creatable", true), editable: flag(d, "editable", true), deletable: flag(d, "deletable", true),
		viewable: flag(d, "viewable", true), visible: flag(d, "visible", true), meta: d, byAPI: map[string]*field{},
	}
	for _, given := range bp.Fields {
		f := newField(given, names)
		if m.byAPI[f.api] != nil {
			return nil, fmt.Errorf("module %s: field %s is there twice", m.api, f.api)
		}
		m.fields = append(m.fields, f)
		m.byAPI[f.api] = f
	}
	m.display = m.byAPI[text(object(d, "display_field"), "api_name")]
	for _, given := range bp.Layouts {
		l, err := m.newLayout(given)
		if err != nil {
			return nil, fmt.Errorf("module %s: %w", m.api, err)
		}
		m.layouts = append(m.layouts, l)
	}
	m.wire = lazily(func() definition { return d })
	if m.api == "Events" {
		m.cancelled = &field{api: cancelledField, key: names.of(cancelledField), dataType: "boolean", kind: kindBool}
	}
	if m.api == "Leads" {
		if m.converted = m.byAPI[convertedField]; m.converted == nil {
			m.converted = &field{api: convertedField, key: names.of(convertedField), dataType: "boolean", kind: kindBool}
		}
	}
	m.table = newTable(m.fields)
	return m, nil
}

// newLayout reads a completed layout.
func (m *module) newLayout(given definition) (*layout, error) {
	l := &layout{
		id: text(given, "id"), name: text(given, "name"), required: map[uint16]bool{}, picks: map[uint16][]string{}, given: given,
	}
	for _, section := range objects(given["sections"]) {
		for _, lf := range objects(section["fields"]) {
			f := m.byAPI[text(lf, "api_name")]
			if f == nil {
				return nil, fmt.Errorf("layout %s: no field %q", l.name, text(lf, "api_name"))
			}
			if flag(lf, "required", f.mandatory) {
				l.required[f.key] = true
			}
			if _, own := lf["pick_list_values"]; own {
				l.picks[f.key] = layoutPicks(f, lf)
			}
		}
	}
	l.wire = lazily(func() definition { return m.layoutMeta(l) })
	return l, nil
}

// layoutMeta is a layout as it goes out: each of its fields with its whole metadata.
func (m *module) layoutMeta(l *layout) definition {
	var sections []any
	for _, section := range objects(l.given["sections"]) {
		var fields []any
		for i, lf := range objects(section["fields"]) {
			f := m.byAPI[text(lf, "api_name")]
			fields = append(fields, overlay(overlay(fullMeta(f.meta), definition{
				"required": l.required[f.key], "sequence_number": i + 1, "section_id": section["sequence_number"],
				"validation_rule": nil,
			}), lf))
		}
		sections = append(sections, overlay(section, definition{"fields": fields}))
	}
	return overlay(l.given, definition{"sections": sections})
}

// layoutPicks completes the pick list that a layout gives a field, with the ids that the field's own list has for the same
// values, and returns the values.
func layoutPicks(f *field, lf definition) []string {
	completePicks(lf, func() string { return "" })
	own := objects(f.meta["pick_list_values"])
	var values []string
	for _, p := range objects(lf["pick_list_values"]) {
		values = append(values, text(p, "actual_value"))
		if i := pickIndex(own, "actual_value", text(p, "actual_value")); i >= 0 {
			p["id"] = own[i]["id"]
		}
	}
	return values
}

// completeLayout fills what a layout's definition leaves out.
func completeLayout(given definition, ids func() string) definition {
	name := text(given, "name")
	if name == "" {
		name = "Standard"
	}
	l := overlay(definition{
		"name": name, "api_name": name, "display_label": name, "status": "active", "visible": true, "source": "crm",
		"mode": "any", "display_type": 9, "generated_type": "default", "show_business_card": true, "has_more_profiles": false,
		"created_time": nil, "modified_time": nil, "created_by": nil, "modified_by": nil, "created_for": nil,
		"convert_mapping": nil, "profiles": []any{},
		"actions_allowed": definition{
			"edit": true, "rename": true, "clone": true, "downgrade": false, "delete": false, "deactivate": false,
			"set_layout_permissions": true,
		},
	}, given)
	if text(l, "id") == "" {
		l["id"] = ids()
	}
	var sections []any
	for i, given := range objects(l["sections"]) {
		name := text(given, "name")
		if name == "" {
			name = text(given, "display_label")
		}
		section := overlay(definition{
			"name": name, "display_label": name, "api_name": name, "type": "used", "sequence_number": i + 1, "column_count": 2,
			"tab_traversal": 2, "isSubformSection": false, "generated_type": "default", "fields": []any{}, "properties": nil,
		}, given)
		if text(section, "id") == "" {
			section["id"] = ids()
		}
		sections = append(sections, section)
	}
	l["sections"] = sections
	return l
}
