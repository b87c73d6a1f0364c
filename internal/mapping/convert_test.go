package mapping_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/mapping"
)

func TestValuesFitTheFieldsType(t *testing.T) {
	t.Parallel()
	chicago, err := time.LoadLocation("America/Chicago")
	if err != nil {
		t.Fatal(err)
	}
	late := time.Date(2026, 12, 1, 3, 0, 0, 0, time.UTC).In(chicago) // the evening before, in Chicago
	stages := []string{"New", "Contacted", "Visit Booked"}
	cases := map[string]struct {
		row  mapping.Row
		v    any
		want any // nil: nothing is sent
	}{
		"unknown type: as it is":              {mapping.Row{}, late, late},
		"instant into a date: the local date": {mapping.Row{Type: crm.DateField}, late, crm.Date("2026-11-30")},
		"instant into a text":                 {mapping.Row{Type: crm.TextField}, late, "Mon 30 Nov 2026, 21:00 CST"},
		"text into an instant":                {mapping.Row{Type: crm.DateTimeField}, "tomorrow", nil},
		"whole number from a text":            {mapping.Row{Type: crm.IntegerField}, "90", int64(90)},
		"half a number into a whole one":      {mapping.Row{Type: crm.IntegerField}, 1.5, nil},
		"words into a number":                 {mapping.Row{Type: crm.CurrencyField}, "about 5", nil},
		"yes into a box":                      {mapping.Row{Type: crm.BooleanField}, "Yes", true},
		"consent into an opt-out box":         {mapping.Row{Type: crm.BooleanField, Inverted: true}, true, false},
		"truth into a text":                   {mapping.Row{Type: crm.TextField}, true, "Yes"},
		"a rep into a user":                   {mapping.Row{Type: crm.UserField}, crm.Ref{ID: "7", Name: "Ann"}, crm.Ref{ID: "7", Name: "Ann"}},
		"a rep into a text":                   {mapping.Row{Type: crm.TextField}, crm.Ref{ID: "7", Name: "Ann"}, "Ann"},
		"a text into a user":                  {mapping.Row{Type: crm.UserField}, "Ann", nil},
		"a choice that is there":              {mapping.Row{Type: crm.PicklistField, Choices: stages}, "Contacted", "Contacted"},
		"a choice written otherwise":          {mapping.Row{Type: crm.PicklistField, Choices: stages}, "visit-booked", "Visit Booked"},
		"a choice by its mapping":             {mapping.Row{Type: crm.PicklistField, Choices: stages, Values: map[string]string{"booked": "Visit Booked"}}, "booked", "Visit Booked"},
		"a choice that is not there":          {mapping.Row{Type: crm.PicklistField, Choices: stages}, "Lost", nil},
		"a choice that is not there, default": {mapping.Row{Type: crm.PicklistField, Choices: stages, Default: "New"}, "Lost", "New"},
		"one of several choices":              {mapping.Row{Type: crm.MultiPickField, Choices: stages}, "new", []string{"New"}},
		"into a formula":                      {mapping.Row{Type: crm.OtherField}, "x", nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.row.Role, c.row.Key, c.row.Field, c.row.Policy = crm.RoleLead, "k", "F", mapping.Overwrite
			got := mapping.Mapping{Rows: []mapping.Row{c.row}}.RenderNew(crm.RoleLead, mapping.Fields{"k": c.v})
			want := crm.Values{}
			if c.want != nil {
				want["F"] = c.want
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

func TestStatusNeverGoesBackwards(t *testing.T) {
	t.Parallel()
	row := mapping.Row{Role: crm.RoleLead, Key: "k", Field: "F", Policy: mapping.Forward, Type: crm.PicklistField, Choices: []string{"New", "Contacted", "Won"}}
	change := func(old, v string) crm.Values {
		return mapping.Mapping{Rows: []mapping.Row{row}}.RenderChange(crm.RoleLead, mapping.Fields{"k": v}, crm.Record{Values: crm.Values{"F": old}})
	}
	for _, c := range []struct {
		old, v string
		moves  bool
	}{{"New", "Contacted", true}, {"Contacted", "New", false}, {"Won", "Won", false}, {"", "New", true}, {"Their own", "Won", false}} {
		if moved := len(change(c.old, c.v)) > 0; moved != c.moves {
			t.Errorf("from %q to %q: moved %v", c.old, c.v, moved)
		}
	}
}

func TestOthersChoicesStay(t *testing.T) {
	t.Parallel()
	m := mapping.Mapping{Rows: []mapping.Row{{Role: crm.RoleLead, Key: "k", Field: "F", Policy: mapping.Overwrite, Type: crm.MultiPickField, Choices: []string{"Roof", "Windows", "Doors"}}}}
	have := crm.Record{Values: crm.Values{"F": []string{"Doors"}}}
	got := m.RenderChange(crm.RoleLead, mapping.Fields{"k": "Roof"}, have)
	if d := cmp.Diff(crm.Values{"F": []string{"Doors", "Roof"}}, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if again := m.RenderChange(crm.RoleLead, mapping.Fields{"k": "Doors"}, have); len(again) > 0 {
		t.Errorf("what is chosen already is sent: %v", again)
	}
}
