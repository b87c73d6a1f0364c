package settings_test

import (
	"testing"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/mapping"
	"heavyset.tech/platform/internal/settings"
)

// leads has two layouts that can be used; the first demands the company, the second the roof's age too.
func leads() map[string]crm.Schema {
	field := func(name string) crm.Field {
		return crm.Field{ID: name, Name: name, Label: name, Type: crm.TextField, Creatable: true, Updatable: true}
	}
	demands := func(names ...string) (out []crm.Section) {
		s := crm.Section{}
		for _, n := range names {
			s.Fields = append(s.Fields, crm.Placement{Field: n, Required: true})
		}
		return []crm.Section{s}
	}
	return map[string]crm.Schema{"Leads": {
		Module: "Leads", Fields: []crm.Field{field("Last_Name"), field("Email"), field("Company"), field("Roof_Age")},
		Layouts: []crm.Layout{
			{ID: "0", Name: "Old", Sections: demands()},
			{ID: "1", Name: "Standard", Active: true, Sections: demands("Company")},
			{ID: "2", Name: "Residential", Active: true, Sections: demands("Company", "Roof_Age")},
		},
	}}
}

// TestLayoutOfNewRecords: the chosen one, else the first whose demands are filled; never one that makes bookings fail
// although nobody has chosen it.
func TestLayoutOfNewRecords(t *testing.T) {
	t.Parallel()
	rows := func(fields ...string) (out []mapping.Row) {
		for _, f := range fields {
			out = append(out, mapping.Row{Role: crm.RoleLead, Constant: "x", Field: f})
		}
		return out
	}
	for name, c := range map[string]struct {
		rows    []mapping.Row
		chosen  string
		schemas map[string]crm.Schema
		want    string
		fatal   bool
	}{
		"the first active one":                      {rows: rows("Last_Name", "Company"), schemas: leads(), want: "1"},
		"its demands are not filled":                {rows: rows("Last_Name"), schemas: leads()},
		"what fills them may be empty":              {rows: []mapping.Row{{Role: crm.RoleLead, Key: "company", Field: "Company"}}, schemas: leads()},
		"the built-in mapping fills them":           {schemas: leads(), want: "1"},
		"chosen":                                    {rows: rows("Last_Name", "Company", "Roof_Age"), chosen: "2", schemas: leads(), want: "2"},
		"chosen, its demands are not filled":        {rows: rows("Last_Name", "Company"), chosen: "2", schemas: leads(), want: "2", fatal: true},
		"chosen, and inactive meanwhile":            {rows: rows("Last_Name", "Company"), chosen: "0", schemas: leads()},
		"none, so that Zoho decides":                {rows: rows("Last_Name", "Company"), chosen: settings.AsZohoDecides, schemas: leads()},
		"chosen, while Zoho cannot be read":         {rows: rows("Last_Name"), chosen: "2", want: "2"},
		"nothing chosen, while Zoho cannot be read": {rows: rows("Last_Name", "Company")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := settings.Settings{Modules: map[crm.Role]string{crm.RoleLead: "Leads"}, Rows: c.rows}
			if c.chosen != "" {
				s.Layouts = map[crm.Role]string{crm.RoleLead: c.chosen}
			}
			s.InForce = s.Layout(c.schemas)
			if got := s.InForce[crm.RoleLead]; got != c.want {
				t.Errorf("new leads name the layout %q, want %q", got, c.want)
			}
			ref, _ := s.Mapping().RenderNew(crm.RoleLead, mapping.Fields{"last_name": "Doe"})[crm.InLayout].(crm.Ref)
			if ref.ID != c.want {
				t.Errorf("written with the layout %q", ref.ID)
			}
			if change := s.Mapping().RenderChange(crm.RoleLead, mapping.Fields{"last_name": "Doe"}, crm.Record{}); change[crm.InLayout] != nil {
				t.Errorf("a change names a layout: %v", change)
			}
			fatal := false
			for _, g := range s.Gaps(c.schemas) {
				fatal = fatal || g.Field == "Roof_Age" && g.Fatal
			}
			if fatal != c.fatal {
				t.Errorf("the gaps: %v", s.Gaps(c.schemas))
			}
		})
	}
}
