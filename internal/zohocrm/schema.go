package zohocrm

import (
	"context"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/zoho"
)

// Modules lists what records can be kept in: not tabs without records, not what belongs to another module. One credit.
func (p *provider) Modules(ctx context.Context) ([]crm.Module, error) {
	cl, err := p.client()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, callTakes)
	defer cancel()
	all, err := cl.Modules(ctx)
	if err != nil {
		return nil, problem(err)
	}
	var out []crm.Module
	for _, m := range all {
		if !m.APISupported || m.GeneratedType == "subform" || m.GeneratedType == "linking" || m.Status == "scheduled_for_deletion" {
			continue
		}
		out = append(out, crm.Module{
			ID: m.ID, Name: m.APIName, Singular: m.SingularLabel, Plural: m.PluralLabel, Custom: m.GeneratedType == "custom",
			Readable: m.Viewable, Writable: m.Creatable && m.Editable,
			Watchable: m.GeneratedType == "custom" || watchable(m.APIName),
		})
	}
	return out, nil
}

// watchable reports whether Zoho notifies of changes in a standard module; in custom ones it does.
// https://zoho.com/crm/developer/docs/api/v7/notifications/enable.html
func watchable(module string) bool {
	switch module {
	case "Leads", "Accounts", "Contacts", "Deals", "Campaigns", "Tasks", "Cases", "Events", "Calls", "Solutions", "Products", "Vendors", "Price_Books", "Quotes", "Sales_Orders",
		"Purchase_Orders", "Invoices", "Appointments__s", "Services__s":
		return true
	}
	return false
}

// Schema reads fields and layouts. Two credits: only layouts say what a layout demands, and only fields what stands in
// none.
func (p *provider) Schema(ctx context.Context, module string) (crm.Schema, error) {
	cl, err := p.client()
	if err != nil {
		return crm.Schema{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, callTakes)
	defer cancel()
	fields, err := cl.Fields(ctx, module)
	if err != nil {
		return crm.Schema{}, problem(err)
	}
	layouts, err := cl.Layouts(ctx, module)
	if err != nil {
		return crm.Schema{}, problem(err)
	}
	s := crm.Schema{Module: module}
	for _, f := range fields {
		s.Fields = append(s.Fields, field(f))
	}
	for _, l := range layouts {
		s.Layouts = append(s.Layouts, layout(l))
	}
	return s, nil
}

// Newest reads the newest records in one call. Rich text comes shortened. One credit.
func (p *provider) Newest(ctx context.Context, module string, fields []string) ([]crm.Record, error) {
	cl, err := p.client()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, callTakes)
	defer cancel()
	var out []crm.Record
	for r, err := range cl.ListRecords(ctx, module, zoho.List{Fields: fields, Descending: true, PageSize: crm.SampleSize}) {
		if err != nil {
			return nil, problem(err)
		}
		out = append(out, record(module, r))
		if len(out) == crm.SampleSize {
			break // without asking for the next page
		}
	}
	return out, nil
}

// field says in our words what Zoho says of a field.
func field(f zoho.Field) crm.Field {
	out := crm.Field{
		ID: f.ID, Name: f.APIName, Label: f.FieldLabel, Type: fieldType(f), Native: f.DataType, Length: f.Length, Decimals: f.DecimalPlaces,
		Choices: choices(f.PickList), Targets: targets(f), Creatable: f.Creatable(), Updatable: f.Updatable(), Required: f.SystemMandatory,
		Unique: f.Unique, Custom: f.Custom, Hidden: f.Unused || !f.Visible,
	}
	if out.Label == "" {
		out.Label = f.DisplayLabel
	}
	return out
}

// fieldType: an array of objects is a list, whatever Zoho calls its type (Participants goes as bigint).
func fieldType(f zoho.Field) crm.FieldType {
	if f.JSONType == "jsonarray" && f.DataType != "multiselectpicklist" {
		if f.DataType == "subform" || f.DataType == "fileupload" || f.DataType == "imageupload" || f.DataType == "event_reminder" {
			return crm.OtherField
		}
		return crm.ListField
	}
	t, known := map[string]crm.FieldType{
		"text": crm.TextField, "textarea": crm.LongTextField, "email": crm.EmailField, "phone": crm.PhoneField, "website": crm.URLField,
		"integer": crm.IntegerField, "bigint": crm.BigIntField, "double": crm.DecimalField, "currency": crm.CurrencyField,
		"percent": crm.PercentField, "boolean": crm.BooleanField, "date": crm.DateField, "datetime": crm.DateTimeField,
		"picklist": crm.PicklistField, "multiselectpicklist": crm.MultiPickField, "lookup": crm.LookupField,
		"multi_module_lookup": crm.LookupField, "ownerlookup": crm.UserField, "userlookup": crm.UserField,
	}[f.DataType]
	if !known {
		return crm.OtherField
	}
	return t
}

// anyModule is what Zoho writes where a lookup takes its module from $se_module.
const anyModule = "se_module"

func targets(f zoho.Field) []string {
	if len(f.LookupModules) > 0 {
		return f.LookupModules
	}
	if f.Lookup == nil || f.Lookup.Module == anyModule {
		return nil
	}
	return []string{f.Lookup.Module}
}

func choices(list []zoho.PickListValue) []crm.Choice {
	var out []crm.Choice
	for _, v := range list {
		out = append(out, crm.Choice{ID: v.ID, Value: v.ActualValue, Label: v.DisplayValue, Unused: v.Unused})
	}
	return out
}

func layout(l zoho.Layout) crm.Layout {
	out := crm.Layout{ID: l.ID, Name: l.Name, Active: l.Status == "" || l.Status == "active"}
	for _, s := range l.Sections {
		section := crm.Section{Name: s.Name}
		for _, f := range s.Fields {
			section.Fields = append(section.Fields, crm.Placement{Field: f.APIName, Required: f.Required || f.SystemMandatory, Choices: choices(f.PickList)})
		}
		out.Sections = append(out.Sections, section)
	}
	return out
}
