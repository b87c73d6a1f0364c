package zoho

import (
	"cmp"
	"context"
	"net/url"
	"time"
)

// Named is a reference with a name: a profile, a role, a layout.
type Named struct {
	ID, Name, APIName string
}

// Module is a module's metadata. Organizations rename labels; API names of Zoho's own modules do not change (Events is
// labelled “Meetings”), those of custom ones can.
type Module struct {
	ID, APIName, ModuleName                  string
	SingularLabel, PluralLabel               string
	GeneratedType                            string // default, web, custom, linking, subform
	Status                                   string // visible, user_hidden, system_hidden, scheduled_for_deletion
	DisplayField                             string // API name
	APISupported, Visible                    bool
	Creatable, Editable, Deletable, Viewable bool
	Profiles                                 []Named
	Modified                                 time.Time
}

// Field is a field's metadata, and in a Layout what that layout makes of it.
type Field struct {
	ID, APIName, FieldLabel, DisplayLabel string
	DataType                              string // text, picklist, lookup, datetime …
	JSONType                              string // string, integer, double, boolean, jsonobject, jsonarray
	Length, DecimalPlaces                 int
	SystemMandatory                       bool // always enforced
	Required                              bool // by the layout; enforced only when a write names that layout
	ReadOnly, FieldReadOnly               bool
	Custom, Visible, Virtual              bool
	Unused                                bool // in the list of unused fields
	Searchable, Sortable, Filterable      bool
	Unique, UniqueCaseSensitive           bool
	PickList                              []PickListValue
	Lookup                                *LookupTarget
	LookupModules                         []string // of a field that can point to several modules: API names
	Operations                            Operations
	Shown                                 Shown
	FormulaType                           string // what a formula gives
	DefaultValue                          string
	Layouts                               []Named // that have this field
	UIType                                int
}

// PickListValue is one choice. ActualValue is what a write sends and COQL compares; DisplayValue is what people see.
type PickListValue struct {
	ID, ActualValue, DisplayValue, ReferenceValue string
	Unused                                        bool
}

// LookupTarget is where a lookup points.
type LookupTarget struct {
	Module, ModuleID string // API name
	RelatedList      string // API name of the list on the other side
	Label            string
}

// Operations says what may be done with a field, by the API and in Zoho's pages.
type Operations struct{ APICreate, APIUpdate, WebCreate, WebUpdate bool }

// Shown says on which of Zoho's pages a field stands.
type Shown struct{ View, Edit, Create, QuickCreate bool }

// Creatable reports whether an insert may set the field.
func (f Field) Creatable() bool { return f.Operations.APICreate && f.settable() }

// Updatable reports whether an update may set the field.
func (f Field) Updatable() bool { return f.Operations.APIUpdate && f.settable() }

// Writable reports whether both an insert and an update may set the field.
func (f Field) Writable() bool { return f.Creatable() && f.Updatable() }

// settable: Zoho's own example calls Owner field_read_only and lets the API create and update it all the same
// (https://www.zoho.com/crm/developer/docs/api/v8/field-meta.html, Leads).
func (f Field) settable() bool {
	switch f.DataType {
	case "formula", "rollup_summary", "autonumber":
		return false
	}
	return !f.ReadOnly && (!f.FieldReadOnly || f.APIName == "Owner" && f.DataType == "ownerlookup")
}

// Layout is a page layout: the only place that says which fields it demands and which choices it offers.
type Layout struct {
	ID, Name, APIName string
	Status            string // active, inactive …
	Visible           bool
	Profiles          []Named
	Sections          []Section
}

// Section is a part of a Layout.
type Section struct {
	Name, APIName, Type string
	Fields              []Field
}

// RelatedList is a list that a record of a module carries.
type RelatedList struct {
	ID, APIName, Name, Label, Type string
	Module                         string // API name of what it lists; "" where it lists no records
}

// Modules lists all modules that the user may see. https://www.zoho.com/crm/developer/docs/api/v8/modules-api.html
func (c *Client) Modules(ctx context.Context) ([]Module, error) {
	return list(ctx, c, get("/settings/modules", nil), "modules", moduleOf)
}

// Module reads one module by its API name. Fails with InvalidModule.
// https://www.zoho.com/crm/developer/docs/api/v8/modules-api.html
func (c *Client) Module(ctx context.Context, name string) (Module, error) {
	if err := checkName("module", name); err != nil {
		return Module{}, err
	}
	r, err := c.one(ctx, get("/settings/modules/"+name, nil), "modules")
	return moduleOf(r), err
}

// Fields lists a module's fields over all layouts; what one layout demands or offers is in Layouts. Fails with
// InvalidModule. https://www.zoho.com/crm/developer/docs/api/v8/field-meta.html
func (c *Client) Fields(ctx context.Context, module string) ([]Field, error) {
	return ofModule(ctx, c, "/settings/fields", module, "fields", fieldOf)
}

// Layouts lists a module's layouts. Fails with InvalidModule.
// https://www.zoho.com/crm/developer/docs/api/v8/layouts-meta.html
func (c *Client) Layouts(ctx context.Context, module string) ([]Layout, error) {
	return ofModule(ctx, c, "/settings/layouts", module, "layouts", layoutOf)
}

// RelatedLists lists a module's related lists. Fails with InvalidModule.
// https://www.zoho.com/crm/developer/docs/api/v8/related-list-meta.html
func (c *Client) RelatedLists(ctx context.Context, module string) ([]RelatedList, error) {
	return ofModule(ctx, c, "/settings/related_lists", module, "related_lists", relatedListOf)
}

func ofModule[T any](ctx context.Context, c *Client, path, module, key string, read func(Record) T) ([]T, error) {
	if err := checkName("module", module); err != nil {
		return nil, err
	}
	return list(ctx, c, get(path, url.Values{"module": {module}}), key, read)
}

func moduleOf(r Record) Module {
	m := Module{
		ID: r.ID(), APIName: r.Text("api_name"), ModuleName: r.Text("module_name"),
		SingularLabel: r.Text("singular_label"), PluralLabel: r.Text("plural_label"),
		GeneratedType: r.Text("generated_type"), Status: r.Text("status"),
		DisplayField: cmp.Or(r.object("display_field").Text("api_name"), r.Text("display_field")),
		APISupported: r.Bool("api_supported"), Visible: r.Bool("visible"),
		Creatable: r.Bool("creatable"), Editable: r.Bool("editable"), Deletable: r.Bool("deletable"), Viewable: r.Bool("viewable"),
		Profiles: namedOf(r, "profiles"),
	}
	m.Modified = zeroUnless(r.Time("modified_time"))
	return m
}

func layoutOf(r Record) Layout {
	l := Layout{
		ID: r.ID(), Name: r.Text("name"), APIName: r.Text("api_name"), Status: r.Text("status"), Visible: r.Bool("visible"),
		Profiles: namedOf(r, "profiles"),
	}
	for _, s := range r.Objects("sections") {
		section := Section{Name: s.Text("name"), APIName: s.Text("api_name"), Type: s.Text("type")}
		for _, f := range s.Objects("fields") {
			section.Fields = append(section.Fields, fieldOf(f))
		}
		l.Sections = append(l.Sections, section)
	}
	return l
}

func relatedListOf(r Record) RelatedList {
	return RelatedList{
		ID: r.ID(), APIName: r.Text("api_name"), Name: r.Text("name"), Label: r.Text("display_label"), Type: r.Text("type"),
		Module: cmp.Or(r.object("module").Text("api_name"), r.Text("module")),
	}
}

func fieldOf(r Record) Field {
	return Field{
		ID: r.ID(), APIName: r.Text("api_name"), FieldLabel: r.Text("field_label"), DisplayLabel: r.Text("display_label"),
		DataType: r.Text("data_type"), JSONType: r.Text("json_type"), Length: r.small("length"), DecimalPlaces: r.small("decimal_place"),
		SystemMandatory: r.Bool("system_mandatory"), Required: r.Bool("required"),
		ReadOnly: r.Bool("read_only"), FieldReadOnly: r.Bool("field_read_only"),
		Custom: r.Bool("custom_field"), Visible: r.Bool("visible"), Virtual: r.Bool("virtual_field"), Unused: r.Text("type") == "unused",
		Searchable: r.Bool("searchable"), Sortable: r.Bool("sortable"), Filterable: r.Bool("filterable"),
		Unique: len(r.object("unique")) > 0, UniqueCaseSensitive: r.object("unique").Bool("casesensitive"),
		PickList: pickListOf(r), Lookup: lookupTargetOf(r), LookupModules: lookupModulesOf(r),
		Operations: operationsOf(r), Shown: shownOf(r.object("view_type")),
		FormulaType: r.object("formula").Text("return_type"), DefaultValue: r.Text("default_value"),
		Layouts: namedOf(r, "layout_associations"), UIType: r.small("ui_type"),
	}
}

// operationsOf: where the answer says nothing at all about operations, nothing forbids them.
func operationsOf(r Record) Operations {
	o := r.object("operation_type")
	if len(o) == 0 {
		return Operations{true, true, true, true}
	}
	return Operations{o.Bool("api_create"), o.Bool("api_update"), o.Bool("web_create"), o.Bool("web_update")}
}

func shownOf(v Record) Shown {
	return Shown{v.Bool("view"), v.Bool("edit"), v.Bool("create"), v.Bool("quick_create")}
}

func pickListOf(r Record) []PickListValue {
	var out []PickListValue
	for _, v := range r.Objects("pick_list_values") {
		out = append(out, PickListValue{
			ID: v.ID(), ActualValue: v.Text("actual_value"), DisplayValue: v.Text("display_value"),
			ReferenceValue: v.Text("reference_value"), Unused: v.Text("type") == "unused",
		})
	}
	return out
}

// lookupTargetOf: the module is an object today and was its bare name.
func lookupTargetOf(r Record) *LookupTarget {
	l := r.object("lookup")
	t := LookupTarget{RelatedList: l.Text("api_name"), Label: l.Text("display_label")}
	t.Module, t.ModuleID = cmp.Or(l.object("module").Text("api_name"), l.Text("module")), l.object("module").ID()
	if t.Module == "" {
		return nil
	}
	return &t
}

func lookupModulesOf(r Record) []string {
	var out []string
	for _, m := range r.object("multi_module_lookup").Objects("modules") {
		out = append(out, m.Text("api_name"))
	}
	return out
}

func namedOf(r Record, key string) []Named {
	var out []Named
	for _, m := range r.Objects(key) {
		out = append(out, Named{ID: m.ID(), Name: m.Text("name"), APIName: m.Text("api_name")})
	}
	return out
}

// object gives a nested object, an empty one where there is none.
func (r Record) object(field string) Record {
	m, _ := r[field].(map[string]any)
	return m
}

func (r Record) small(field string) int {
	n, ok := r.Int(field)
	if !ok || n < 0 || n > 1<<30 {
		return 0
	}
	return int(n)
}
