package crm

import "context"

// Module is a module of the CRM as people may choose one for a Role.
type Module struct {
	ID               string
	Name             string // API name: what every other call takes
	Singular, Plural string // labels
	Custom           bool
	Readable         bool // its records can be read by us
	Writable         bool // records can be made and changed by us
	Watchable        bool // the CRM notifies of changes of its records
}

// FieldType says what a field holds, in our words.
type FieldType string

// The types of fields. OtherField is what nothing of ours fits into: computed, numbered by itself, files, sub-forms.
const (
	TextField      FieldType = "text"
	LongTextField  FieldType = "long_text"
	EmailField     FieldType = "email"
	PhoneField     FieldType = "phone"
	URLField       FieldType = "url"
	IntegerField   FieldType = "integer"
	BigIntField    FieldType = "big_integer" // a whole number that goes as text
	DecimalField   FieldType = "decimal"
	CurrencyField  FieldType = "currency"
	PercentField   FieldType = "percent"
	BooleanField   FieldType = "boolean"
	DateField      FieldType = "date"
	DateTimeField  FieldType = "datetime"
	PicklistField  FieldType = "picklist"
	MultiPickField FieldType = "multi_picklist"
	LookupField    FieldType = "lookup"
	UserField      FieldType = "user"
	ListField      FieldType = "list" // of objects: participants, tags
	OtherField     FieldType = "other"
)

// Field is one field of a module, over all its layouts. ID is permanent; Name can be changed in the CRM.
type Field struct {
	ID, Name, Label string
	Type            FieldType
	Native          string // the CRM's own word for the type
	Length          int    // longest text; 0: unknown
	Decimals        int
	Choices         []Choice // of a picklist
	Targets         []string // modules that a lookup may point to, by API name; empty: any
	Creatable       bool     // a new record may set it
	Updatable       bool     // an existing record may be changed in it
	Required        bool     // the CRM refuses a record without it, whatever the layout
	Unique          bool
	Custom          bool
	Hidden          bool // on no page of the CRM
}

// Choice is one value of a picklist. Value is what is written; Label is what people see.
type Choice struct {
	ID, Value, Label string
	Unused           bool
}

// Layout is a page layout: what it shows where, and what it demands beyond the field itself. A CRM enforces that only for
// records that name the layout.
type Layout struct {
	ID, Name string
	Active   bool
	Sections []Section
}

// Section is a titled part of a layout.
type Section struct {
	Name   string
	Fields []Placement
}

// Placement is a field in a layout. Choices are those that the layout offers; nil: the field's own.
type Placement struct {
	Field    string // API name
	Required bool
	Choices  []Choice
}

// Schema is what a module consists of.
type Schema struct {
	Module  string // API name
	Fields  []Field
	Layouts []Layout
}

// Field finds a field by its API name.
func (s Schema) Field(name string) (Field, bool) {
	for _, f := range s.Fields {
		if f.Name == name {
			return f, true
		}
	}
	return Field{}, false
}

// FieldOf finds a field by its permanent id.
func (s Schema) FieldOf(id string) (Field, bool) {
	for _, f := range s.Fields {
		if f.ID == id && id != "" {
			return f, true
		}
	}
	return Field{}, false
}

// Layout finds a layout that records can name, by its id.
func (s Schema) Layout(id string) (Layout, bool) {
	for _, l := range s.Layouts {
		if l.ID == id && id != "" && l.Active {
			return l, true
		}
	}
	return Layout{}, false
}

// In gives the schema as it holds for records that name a layout: what the layout demands is required, and a picklist
// offers what the layout offers. Without such a layout it is the schema itself.
func (s Schema) In(layout string) Schema {
	l, ok := s.Layout(layout)
	if !ok {
		return s
	}
	placed := map[string]Placement{}
	for _, section := range l.Sections {
		for _, p := range section.Fields {
			placed[p.Field] = p
		}
	}
	out := s
	out.Fields = make([]Field, len(s.Fields))
	for i, f := range s.Fields {
		if p, on := placed[f.Name]; on {
			f.Required = f.Required || p.Required
			if p.Choices != nil {
				f.Choices = p.Choices
			}
		}
		out.Fields[i] = f
	}
	return out
}

// SampleSize is how many records of a module are looked at to understand its fields, at most.
const SampleSize = 50

// SampleFields is how many fields one reading of records may name, at most.
const SampleFields = 50

// SchemaReader reads what a CRM's modules consist of. Every method returns a *Problem when it fails; a module that does
// not exist is Unfit.
type SchemaReader interface {
	// Modules lists the modules that records can be kept in.
	Modules(ctx context.Context) ([]Module, error)
	// Schema reads the fields and layouts of a module.
	Schema(ctx context.Context, module string) (Schema, error)
	// Newest reads up to SampleSize of the newest records of a module: these fields only, at most SampleFields. Values are
	// as the CRM gives them, for looking at; they are never stored.
	Newest(ctx context.Context, module string, fields []string) ([]Record, error)
}
