package mapping_test

import (
	"slices"
	"strings"
	"testing"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/mapping"
)

// residential is a lead module as a mapping was saved for it.
func residential() crm.Schema {
	open := func(id, name, label string, t crm.FieldType, length int) crm.Field {
		return crm.Field{ID: id, Name: name, Label: label, Type: t, Length: length, Creatable: true, Updatable: true}
	}
	s := crm.Schema{Module: "Leads", Fields: []crm.Field{
		open("1", "Last_Name", "Last Name", crm.TextField, 80), open("2", "Email", "Email", crm.EmailField, 100), open("3", "Roof_Age", "Roof Age", crm.TextField, 20),
		open("4", "Stage", "Stage", crm.PicklistField, 0), open("5", "HS_ID", "HeavySet ID", crm.TextField, 60), open("6", "City", "City", crm.TextField, 100),
	}}
	s.Fields[0].Required = true
	s.Fields[3].Choices = []crm.Choice{{ID: "41", Value: "Fresh"}, {ID: "42", Value: "Booked"}}
	s.Layouts = []crm.Layout{{ID: "9", Name: "Residential", Active: true, Sections: []crm.Section{{Fields: []crm.Placement{{Field: "Last_Name", Required: true}, {Field: "Roof_Age"}, {Field: "Stage"}}}}}}
	return s
}

// saved is a mapping that is anchored on it.
func saved() mapping.Mapping {
	m := mapping.Mapping{Modules: map[crm.Role]string{crm.RoleLead: "Leads"}, Layouts: map[crm.Role]string{crm.RoleLead: "9"}}
	s := residential()
	for key, field := range map[string]string{"last_name": "Last_Name", "email": "Email", "lead_status": "Stage", "external_id": "HS_ID", "city": "City"} {
		f, _ := s.Field(field)
		row := mapping.Row{Role: crm.RoleLead, Key: key, Policy: mapping.Create}.On(f)
		if key == "lead_status" {
			row.Values = map[string]string{"new": "Fresh", "booked": "Booked"}
		}
		m.Rows = append(m.Rows, row)
	}
	return m
}

func row(t *testing.T, m mapping.Mapping, key string) *mapping.Row {
	t.Helper()
	i := slices.IndexFunc(m.Rows, func(r mapping.Row) bool { return r.Key == key })
	if i < 0 {
		t.Fatalf("no row %s", key)
	}
	return &m.Rows[i]
}

func change(s *crm.Schema, id string, f func(*crm.Field)) {
	for i := range s.Fields {
		if s.Fields[i].ID == id {
			f(&s.Fields[i])
		}
	}
}

func drop(s *crm.Schema, id string) {
	s.Fields = slices.DeleteFunc(s.Fields, func(f crm.Field) bool { return f.ID == id })
}

// TestDrift: each kind of change in a CRM, what the mapping follows by itself, and what it foretells.
func TestDrift(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		mapping  func(t *testing.T, m mapping.Mapping)
		now      func(s *crm.Schema)
		follows  mapping.DriftKind
		foretell mapping.DriftKind
		fatal    bool
		says     []string
		after    func(t *testing.T, m mapping.Mapping)
	}{
		"nothing changed": {},
		"renamed: the row follows": {
			now: func(s *crm.Schema) { change(s, "6", func(f *crm.Field) { f.Name, f.Label = "Town", "Town" }) }, follows: mapping.Renamed, says: []string{"is now Town", "nothing has to be done"},
			after: func(t *testing.T, m mapping.Mapping) {
				if got := m.FieldOf(crm.RoleLead, "city"); got != "Town" {
					t.Errorf("city goes into %s", got)
				}
			},
		},
		"renamed, and another field took the name": {
			now: func(s *crm.Schema) {
				change(s, "6", func(f *crm.Field) { f.Name = "Town" })
				s.Fields = append(s.Fields, crm.Field{ID: "77", Name: "City", Type: crm.TextField, Creatable: true, Updatable: true})
			}, follows: mapping.Renamed,
			after: func(t *testing.T, m mapping.Mapping) {
				if got := m.FieldOf(crm.RoleLead, "city"); got != "Town" {
					t.Errorf("city goes into %s", got)
				}
			},
		},
		"another label: told, nothing changes": {
			now: func(s *crm.Schema) { change(s, "6", func(f *crm.Field) { f.Label = "Town" }) }, follows: mapping.Renamed, says: []string{"“City”", "called “Town” now"},
		},
		"made anew under the same name": {
			now: func(s *crm.Schema) { change(s, "6", func(f *crm.Field) { f.ID = "66" }) },
		},
		"deleted": {
			now: func(s *crm.Schema) { drop(s, "6") }, foretell: mapping.Deleted, fatal: true, says: []string{"The next booking will fail", "City", "deleted"},
		},
		"deleted, and it was never known: Zoho decides": {
			mapping: func(t *testing.T, m mapping.Mapping) {
				*row(t, m, "city") = mapping.Row{Role: crm.RoleLead, Key: "city", Field: "Nonesuch", Policy: mapping.Create}
			}, foretell: mapping.Deleted, says: []string{"Nonesuch"},
		},
		"retyped": {
			now: func(s *crm.Schema) { change(s, "6", func(f *crm.Field) { f.Type = crm.IntegerField }) }, foretell: mapping.Retyped, fatal: true, says: []string{"of the type integer now", "City"},
		},
		"retyped into one that takes it": {
			now: func(s *crm.Schema) {
				change(s, "6", func(f *crm.Field) { f.Type, f.Length = crm.LongTextField, 2000 })
			}, follows: mapping.Followed,
			after: func(t *testing.T, m mapping.Mapping) {
				if r := row(t, m, "city"); r.Type != crm.LongTextField || r.Limit != 2000 {
					t.Errorf("%+v", r)
				}
			},
		},
		"always of a type that does not take it: a person chose that": {
			mapping: func(t *testing.T, m mapping.Mapping) {
				*row(t, m, "city") = mapping.Row{Role: crm.RoleLead, Key: "city", Policy: mapping.Create}.On(residential().Fields[3])
			},
			now: func(*crm.Schema) {},
		},
		"read-only": {
			now: func(s *crm.Schema) {
				change(s, "2", func(f *crm.Field) { f.Creatable, f.Updatable = false, false })
			}, foretell: mapping.ReadOnly, fatal: true, says: []string{"Email", "read-only"},
		},
		"mandatory by the layout": {
			now: func(s *crm.Schema) { s.Layouts[0].Sections[0].Fields[1].Required = true }, foretell: mapping.Mandatory, fatal: true,
			says: []string{"The next booking will fail because Roof Age became mandatory in layout Residential"},
		},
		"mandatory in a layout that we do not name": {
			mapping: func(_ *testing.T, m mapping.Mapping) { delete(m.Layouts, crm.RoleLead) },
			now:     func(s *crm.Schema) { s.Layouts[0].Sections[0].Fields[1].Required = true },
		},
		"mandatory whatever the layout": {
			now: func(s *crm.Schema) { change(s, "3", func(f *crm.Field) { f.Required = true }) }, foretell: mapping.Mandatory, fatal: true, says: []string{"Roof Age became mandatory in Leads"},
		},
		"a new field that is mandatory": {
			now: func(s *crm.Schema) {
				s.Fields = append(s.Fields, crm.Field{ID: "8", Name: "Gate", Label: "Gate", Type: crm.TextField, Creatable: true, Updatable: true, Required: true})
			}, foretell: mapping.Mandatory, fatal: true, says: []string{"Gate was added and is mandatory"},
		},
		"mandatory, and a row writes it": {
			now: func(s *crm.Schema) { change(s, "6", func(f *crm.Field) { f.Required = true }) },
		},
		"a mandatory check box is never empty": {
			now: func(s *crm.Schema) {
				s.Fields = append(s.Fields, crm.Field{ID: "8", Name: "Gate", Type: crm.BooleanField, Creatable: true, Required: true})
			},
		},
		"a choice renamed: the row follows": {
			now: func(s *crm.Schema) {
				change(s, "4", func(f *crm.Field) {
					f.Choices = []crm.Choice{{ID: "41", Value: "New one"}, {ID: "42", Value: "Booked"}}
				})
			},
			follows: mapping.Followed,
			after: func(t *testing.T, m mapping.Mapping) {
				if _, v := m.ValueOf(crm.RoleLead, "lead_status", mapping.Fields{"lead_status": "new"}); v != "New one" {
					t.Errorf("new is sent as %v", v)
				}
			},
		},
		"a choice lost: the default is sent": {
			mapping: func(t *testing.T, m mapping.Mapping) { row(t, m, "lead_status").Default = "Booked" },
			now:     func(s *crm.Schema) { change(s, "4", func(f *crm.Field) { f.Choices = f.Choices[1:] }) }, follows: mapping.Followed,
			foretell: mapping.ChoiceLost, says: []string{"no longer has “Fresh”", "“Booked” is sent in its place"},
			after: func(t *testing.T, m mapping.Mapping) {
				if _, v := m.ValueOf(crm.RoleLead, "lead_status", mapping.Fields{"lead_status": "new"}); v != "Booked" {
					t.Errorf("new is sent as %v", v)
				}
			},
		},
		"a choice lost that was the default too: nothing is sent": {
			mapping: func(t *testing.T, m mapping.Mapping) { row(t, m, "lead_status").Default = "Fresh" },
			now:     func(s *crm.Schema) { change(s, "4", func(f *crm.Field) { f.Choices = f.Choices[1:] }) }, follows: mapping.Followed,
			foretell: mapping.ChoiceLost, says: []string{"nothing is sent in its place"},
			after: func(t *testing.T, m mapping.Mapping) {
				if _, v := m.ValueOf(crm.RoleLead, "lead_status", mapping.Fields{"lead_status": "new"}); v != nil {
					t.Errorf("new is sent as %v", v)
				}
			},
		},
		"a choice lost without a default: nothing is sent": {
			now: func(s *crm.Schema) { change(s, "4", func(f *crm.Field) { f.Choices[0].Unused = true }) }, follows: mapping.Followed,
			foretell: mapping.ChoiceLost, says: []string{"nothing is sent in its place"},
			after: func(t *testing.T, m mapping.Mapping) {
				if _, v := m.ValueOf(crm.RoleLead, "lead_status", mapping.Fields{"lead_status": "new"}); v != nil {
					t.Errorf("new is sent as %v", v)
				}
			},
		},
		"a choice lost in a mandatory field": {
			now: func(s *crm.Schema) {
				change(s, "4", func(f *crm.Field) { f.Choices, f.Required = f.Choices[1:], true })
			}, follows: mapping.Followed, foretell: mapping.ChoiceLost, fatal: true, says: []string{"will fail"},
		},
		"a choice that only the layout has no more": {
			now: func(s *crm.Schema) {
				s.Layouts[0].Sections[0].Fields[2].Choices = []crm.Choice{{ID: "42", Value: "Booked"}}
			},
			follows: mapping.Followed, foretell: mapping.ChoiceLost,
		},
		"shorter: texts are cut": {
			now: func(s *crm.Schema) { change(s, "6", func(f *crm.Field) { f.Length = 10 }) }, follows: mapping.Followed,
		},
		"too short for what must survive to the letter": {
			now: func(s *crm.Schema) { change(s, "5", func(f *crm.Field) { f.Length = 20 }) }, foretell: mapping.Shortened, fatal: true, says: []string{"only 20 characters", "HeavySet Lead ID"},
		},
		"the layout is gone: another one is taken": {
			now: func(s *crm.Schema) {
				s.Layouts[0].Active = false
				s.Layouts = append(s.Layouts, crm.Layout{ID: "10", Name: "Other", Active: true})
			}, follows: mapping.LayoutGone, says: []string{"“Residential”"},
			after: func(t *testing.T, m mapping.Mapping) {
				if id := m.Layouts[crm.RoleLead]; id != "" {
					t.Errorf("names the layout %s", id)
				}
			},
		},
		"nothing could be read": {now: func(s *crm.Schema) { s.Fields = nil }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, now := saved(), residential()
			if c.mapping != nil {
				c.mapping(t, m)
			}
			if c.now != nil {
				c.now(&now)
			}
			was, live := map[string]crm.Schema{"Leads": residential()}, map[string]crm.Schema{"Leads": now}
			followed, notes := mapping.Follow(m, was, live)
			found := mapping.Foretell(followed, was, live)
			one(t, "followed", notes, c.follows)
			one(t, "foretold", found, c.foretell)
			text := ""
			for _, d := range append(notes, found...) {
				text += d.Words + "\n"
				if d.Module != "Leads" || d.Role != crm.RoleLead {
					t.Errorf("leads nowhere: %+v", d)
				}
			}
			for _, s := range c.says {
				if !strings.Contains(text, s) {
					t.Errorf("%q does not say %q", text, s)
				}
			}
			if len(found) > 0 && (found[0].Fatal != c.fatal || found[0].Fix == "") {
				t.Errorf("%+v", found[0])
			}
			if c.after != nil {
				c.after(t, followed)
			}
			again, notes := mapping.Follow(followed, mapping.Remember(was, live, found), live) // told once
			if len(notes) > 0 {
				t.Errorf("followed again: %v", notes)
			}
			if again := mapping.Foretell(again, mapping.Remember(was, live, found), live); len(again) != len(found) || len(found) > 0 && (!again[0].Same(found[0]) || again[0].Words != found[0].Words) {
				t.Errorf("foretold differently the next time: %v, then %v", found, again)
			}
		})
	}
}

func one(t *testing.T, what string, list []mapping.Drift, want mapping.DriftKind) {
	t.Helper()
	var got []mapping.DriftKind
	for _, d := range list {
		got = append(got, d.Kind)
	}
	switch {
	case want == "" && len(list) == 0, len(list) == 1 && list[0].Kind == want:
	default:
		t.Errorf("%s %v, want %q: %v", what, got, want, list)
	}
}

// TestBuiltInDoesNotDrift: an unsaved mapping is left alone by a CRM that stays as it is.
func TestBuiltInDoesNotDrift(t *testing.T) {
	t.Parallel()
	m := mapping.BuiltIn()
	live := map[string]crm.Schema{}
	for _, r := range m.Rows {
		s := live[m.Module(r.Role)]
		s.Module = m.Module(r.Role)
		if _, there := s.Field(r.Field); !there {
			s.Fields = append(s.Fields, crm.Field{ID: s.Module + r.Field, Name: r.Field, Type: crm.TextField, Length: 7, Creatable: true, Updatable: true})
		}
		live[s.Module] = s
	}
	for _, was := range []map[string]crm.Schema{nil, live} {
		if _, notes := mapping.Follow(m, was, live); len(notes) > 0 {
			t.Errorf("followed %v", notes)
		}
		if found := mapping.Foretell(m, was, live); len(found) > 0 {
			t.Errorf("foretold %v", found)
		}
	}
}
