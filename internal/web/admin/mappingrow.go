package admin

import (
	"cmp"
	"slices"
	"strings"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/mapping"
	"heavyset.tech/platform/internal/settings"
)

// fieldOption is a field to choose, with what the searchable list says of it.
type fieldOption struct {
	Name, Label   string
	Plain         string // the field's own label
	Type, Section string
	Words         string // of the type
	Required      bool   // Zoho or a layout demands it
}

type mappingRow struct {
	ID, Name, Label, Key string
	Need                 pill
	Field                string // API name
	Fixed                string // template or constant in place of the HeavySet field
	Policy               string
	Policies             []option
	Sends                string // what would be sent for a sample
	Error                string
	Drift                string   // what has changed in Zoho
	Open                 bool     // the fixed text is asked for
	Level                pill     // of Auto-Discover
	Evidence             []string // why
	Alternatives         []string
	Inverted             bool
	Map                  *valueMap // of a picklist
	Fits                 string    // the types of fields that it goes into; "" any
}

// fill shows a row that is there, with what it would send.
func (row *mappingRow) fill(have mapping.Row, schema crm.Schema, sample mapping.Fields) {
	row.Field, row.Policy, row.Inverted, row.Fixed = have.Field, cmp.Or(string(have.Policy), row.Policy), have.Inverted, cmp.Or(have.Constant, have.Template)
	if _, known := schema.Field(have.Field); known {
		row.Error = settings.Anchor(&have, schema)
	}
	_, value := mapping.Mapping{Rows: []mapping.Row{have}}.ValueOf(have.Role, have.Key, sample)
	row.Sends = mapping.Show(value)
	if row.Sends == "" && len(sample) > 0 {
		row.Sends = "nothing for this sample"
	}
}

// discovered shows what Auto-Discover says of a row; it fills in only what is empty.
func (row *mappingRow) discovered(p mapping.Proposal, schema crm.Schema) {
	if row.Field != "" && p.Field != row.Field {
		return
	}
	row.Level = map[mapping.Level]pill{
		mapping.Auto: {Kind: "ok", Words: "Sure"}, mapping.Check: {Kind: "warn", Words: "Please check"}, mapping.Suggestion: {Words: "Suggestion only"},
	}[p.Level]
	row.Evidence = p.Evidence
	if p.Level == mapping.Auto || p.Level == mapping.Check {
		row.Field, row.Inverted = p.Field, p.Inverted
		f, _ := schema.Field(p.Field)
		if text := f.Type == crm.TextField || f.Type == crm.LongTextField; row.Policy == string(mapping.Append) && !text {
			row.Policy = string(mapping.Fill) // nothing can be appended to a tick or a choice
		}
	}
	for _, a := range p.Alternatives {
		row.Alternatives = append(row.Alternatives, a.Field+": "+a.Reason)
	}
}

// fieldOptions lists the fields of a module that can be written, by layout section, for the searchable list.
func fieldOptions(schema crm.Schema) []fieldOption {
	section, required := map[string]string{}, map[string]bool{}
	for _, l := range schema.Layouts {
		for _, s := range l.Sections {
			for _, p := range s.Fields {
				section[p.Field] = cmp.Or(section[p.Field], s.Name)
				required[p.Field] = required[p.Field] || l.Active && p.Required
			}
		}
	}
	fields := slices.Clone(schema.Fields)
	slices.SortStableFunc(fields, func(a, b crm.Field) int {
		return cmp.Or(cmp.Compare(section[a.Name], section[b.Name]), cmp.Compare(a.Label, b.Label))
	})
	var out []fieldOption
	for _, f := range fields {
		if !f.Creatable && !f.Updatable {
			continue
		}
		label := f.Label + " (" + string(f.Type) + ")"
		if s := section[f.Name]; s != "" {
			label += " – " + s
		}
		out = append(out, fieldOption{f.Name, label, f.Label, string(f.Type), section[f.Name], fieldWords(f.Type), f.Required || required[f.Name]})
	}
	return out
}

func fitsOf(h mapping.HeavyField) string {
	var out []string
	for _, t := range h.Fits() {
		out = append(out, string(t))
	}
	return strings.Join(out, " ")
}

// fieldWords names a type of field.
func fieldWords(t crm.FieldType) string {
	switch t {
	case crm.LongTextField:
		return "long text"
	case crm.BigIntField, crm.IntegerField:
		return "whole number"
	case crm.DecimalField:
		return "number"
	case crm.DateTimeField:
		return "date and time"
	case crm.BooleanField:
		return "yes or no"
	case crm.PicklistField:
		return "pick list"
	case crm.MultiPickField:
		return "pick list, several"
	case crm.LookupField:
		return "link to a record"
	case crm.UserField:
		return "user"
	case crm.OtherField:
		return "another kind"
	}
	return string(t)
}

func needPill(n mapping.Need) pill {
	switch n {
	case mapping.Required:
		return pill{Kind: "bad", Words: "Required"}
	case mapping.Either:
		return pill{Kind: "warn", Words: "E-mail or phone"}
	case mapping.Conditional:
		return pill{Kind: "warn", Words: "If asked for"}
	case mapping.Recommended:
		return pill{Kind: "warn", Words: "Recommended"}
	}
	return pill{Kind: "tag", Words: "Optional"}
}

func policyOptions(current string) []option {
	var out []option
	for _, p := range []mapping.Policy{mapping.Create, mapping.Fill, mapping.Overwrite, mapping.Append, mapping.Forward} {
		out = append(out, option{Value: string(p), Label: policyWords(p), Current: string(p) == current})
	}
	return out
}
