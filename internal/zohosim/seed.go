package zohosim

import "strings"

// standardField is a row of the tables of an untouched Zoho. Type "" is text.
type standardField struct {
	api, label, kind string
	length           int
	must             bool // system_mandatory
	required         bool // only in the default layout
	fixed            bool // read-only
	hidden           bool // not in the layout
	picks            string
	to               string // modules of a lookup, comma-separated
	section          string // begins a new section of the layout
	converts         string // Leads: module.field, comma-separated, that get the value when the lead is converted
}

// standardModule is a module of an untouched Zoho.
type standardModule struct {
	api, singular, plural string
	display               string // API name of the field that names a record
	info                  string // first section of the layout
	fields                []standardField
	noAPI                 bool // only a tab: reports and the like
}

// standardModules lists the modules of an untouched Zoho, as far as anything here asks for them.
// Sources: Zoho CRM v8, "Modules Metadata", "Fields Metadata", "Insert Records" (table of standard fields).
func standardModules() []standardModule {
	return []standardModule{
		{api: "Home", singular: "Home", plural: "Home", noAPI: true},
		seedLeads(), seedContacts(), seedAccounts(), seedDeals(), seedTasks(), seedEvents(), seedCalls(),
		{api: "Reports", singular: "Report", plural: "Reports", noAPI: true},
		{api: "Analytics", singular: "Dashboard", plural: "Analytics", noAPI: true},
		seedNotes(), seedAppointments(), seedServices(), seedRescheduleHistory(),
	}
}

// audit are the fields that every standard module has besides its own.
func audit(singular string) []standardField {
	return []standardField{
		{api: "Owner", label: singular + " Owner", kind: "ownerlookup"},
		{api: "Created_By", label: "Created By", kind: "ownerlookup", fixed: true},
		{api: "Modified_By", label: "Modified By", kind: "ownerlookup", fixed: true},
		{api: "Created_Time", label: "Created Time", kind: "datetime", fixed: true},
		{api: "Modified_Time", label: "Modified Time", kind: "datetime", fixed: true},
		{api: "Last_Activity_Time", label: "Last Activity Time", kind: "datetime", fixed: true, hidden: true},
		{api: "Tag", label: "Tag", kind: "text", length: 2000},
		{api: "id", label: singular + " Id", kind: "bigint", length: 20, fixed: true, hidden: true},
		{api: "Record_Status__s", label: "Record Status", kind: "picklist", fixed: true, hidden: true, picks: "Available,Trash,Draft"},
		{api: "Locked__s", label: "Locked", kind: "boolean", fixed: true, hidden: true},
	}
}

// blueprintOf makes the definition of a standard module. ids hands out the ids of an untouched Zoho, in order.
func blueprintOf(s standardModule, ids func() string) (blueprint, error) {
	module := overlay(moduleDefaults(s.api), definition{
		"id": ids(), "api_name": s.api, "module_name": s.plural, "singular_label": s.singular, "plural_label": s.plural,
		"generated_type": "default", "api_supported": !s.noAPI, "creatable": !s.noAPI, "editable": !s.noAPI,
		"deletable": !s.noAPI, "convertable": s.api == "Leads",
	})
	bp := blueprint{Module: module}
	if s.noAPI {
		return bp, nil
	}
	var sections []any
	var current definition
	for i, row := range append(s.fields, audit(s.singular)...) {
		meta, err := completeField(row.definition(), s.api, i+1, ids)
		if err != nil {
			return blueprint{}, err
		}
		if row.api == s.display {
			meta["display_field"] = true
			module["display_field"] = definition{"api_name": row.api, "id": meta["id"]}
		}
		bp.Fields = append(bp.Fields, meta)
		if current == nil || row.section != "" {
			name := row.section
			if name == "" {
				name = s.info
			}
			current = definition{"name": name, "fields": []any{}}
			sections = append(sections, current)
		}
		if !row.hidden {
			current["fields"] = append(current["fields"].([]any), definition{
				"api_name": row.api, "required": row.must || row.required,
			})
		}
	}
	bp.Layouts = []definition{completeLayout(definition{"sections": sections}, ids)}
	return bp, nil
}

// definition gives the row in the shape of Zoho's metadata.
func (r standardField) definition() definition {
	d := definition{
		"api_name": r.api, "field_label": r.label, "data_type": "text", "system_mandatory": r.must,
		"read_only": r.fixed, "field_read_only": r.fixed,
	}
	if r.kind != "" {
		d["data_type"] = r.kind
	}
	if r.length > 0 {
		d["length"] = r.length
	}
	if r.picks != "" {
		var values []any
		for v := range strings.SplitSeq(r.picks, ",") {
			values = append(values, v)
		}
		d["pick_list_values"] = values
	}
	switch to := strings.Split(r.to, ","); {
	case r.kind == "multi_module_lookup":
		var modules []any
		for _, m := range to {
			modules = append(modules, definition{"api_name": m})
		}
		d["multi_module_lookup"] = definition{"display_label": r.label, "api_name": r.api, "modules": modules}
	case r.to != "":
		d["lookup"] = definition{"display_label": r.label, "api_name": r.api, "module": definition{"api_name": r.to}}
	}
	if r.converts != "" {
		mapping := definition{"Contacts": nil, "Accounts": nil, "Deals": nil}
		for target := range strings.SplitSeq(r.converts, ",") {
			module, field, _ := strings.Cut(target, ".")
			mapping[module] = field
		}
		d["convert_mapping"] = mapping
	}
	switch r.api {
	case "Participants", "Tag":
		d["json_type"] = "jsonarray"
	case "What_Id":
		d["lookup"] = definition{"display_label": "Related To", "api_name": "What_Id", "module": definition{"api_name": "se_module"}}
	}
	return d
}
