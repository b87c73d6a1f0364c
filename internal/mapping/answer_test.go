package mapping_test

import (
	"testing"

	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/mapping"
)

func choices(values ...string) []crm.Choice {
	var out []crm.Choice
	for _, v := range values {
		out = append(out, crm.Choice{Value: v, Label: v})
	}
	return out
}

func TestProposeAnswers(t *testing.T) {
	t.Parallel()
	field := func(name, label string, kind crm.FieldType, offers ...string) crm.Field {
		return crm.Field{Name: name, ID: "id_" + name, Label: label, Type: kind, Creatable: true, Updatable: true, Choices: choices(offers...)}
	}
	schema := crm.Schema{Module: "Leads", Fields: []crm.Field{
		field("Roof_Age", "Roof age", crm.IntegerField), field("Material", "Roof Material", crm.PicklistField, "Shingles", "Tiles", "Metal"),
		field("Gate_Code", "Gate Code", crm.BooleanField), field("Gate", "Gate code (front)", crm.TextField), field("Leaks", "Leaks?", crm.BooleanField),
		field("Last_Name", "Last Name", crm.TextField), field("Dogs", "Dogs", crm.TextField), field("Dog", "Dog", crm.TextField), field("Stories", "Stories", crm.PicklistField, "One", "Two"),
		{Name: "Score", Label: "Score", Type: crm.IntegerField},
	}}
	for _, c := range []struct {
		name  string
		ask   catalog.Question
		field string
		level mapping.Level
	}{
		{"the same words and the right type", catalog.Question{ID: "x", Label: "Roof age?", Kind: catalog.AskNumber}, "Roof_Age", mapping.Auto},
		{"the id says it", catalog.Question{ID: "roof_age", Label: "In which year was it built?", Kind: catalog.AskNumber}, "Roof_Age", mapping.Auto},
		{"a picklist that has the answers", catalog.Question{ID: "x", Label: "Roof material", Kind: catalog.AskChoice, Choices: []string{"Shingles", "tiles"}}, "Material", mapping.Auto},
		{"a picklist that has none of them", catalog.Question{ID: "x", Label: "Stories", Kind: catalog.AskChoice, Choices: []string{"1", "2"}}, "Stories", mapping.Suggestion},
		{"a near name", catalog.Question{ID: "x", Label: "Gate code", Kind: catalog.AskText}, "Gate", mapping.Suggestion},
		{"yes or no into a tick", catalog.Question{ID: "x", Label: "Leaks", Kind: catalog.AskYesNo}, "Leaks", mapping.Auto},
		{"another type", catalog.Question{ID: "x", Label: "Leaks", Kind: catalog.AskNumber}, "", mapping.None},
		{"the CRM's own field for something else", catalog.Question{ID: "x", Label: "Last name", Kind: catalog.AskText}, "", mapping.None},
		{"two that are called so", catalog.Question{ID: "x", Label: "Dog", Kind: catalog.AskText}, "", mapping.None},
		{"a field that cannot be written", catalog.Question{ID: "x", Label: "Score", Kind: catalog.AskNumber}, "", mapping.None},
		{"nothing like it", catalog.Question{ID: "x", Label: "Favourite colour", Kind: catalog.AskText}, "", mapping.None},
	} {
		got := mapping.ProposeAnswers(mapping.Scan{Role: crm.RoleLead, Schema: schema}, []catalog.Question{c.ask}, nil)
		if len(got) != 1 || got[0].Field != c.field || got[0].Level != c.level || got[0].Key != "answer_"+c.ask.ID || len(got[0].Evidence) == 0 {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
	ask := []catalog.Question{{ID: "x", Label: "Roof age", Kind: catalog.AskNumber}}
	scan := mapping.Scan{Role: crm.RoleLead, Schema: schema}
	if got := mapping.ProposeAnswers(scan, ask, []mapping.Proposal{{Role: crm.RoleLead, Key: "budget", Field: "Roof_Age", Level: mapping.Check}}); got[0].Field != "" {
		t.Errorf("a field that is proposed for another: %+v", got)
	}
	scan.Chosen = map[string]string{"answer_x": "Dogs"}
	if got := mapping.ProposeAnswers(scan, ask, nil); len(got) != 0 {
		t.Errorf("one that a person has chosen: %+v", got)
	}
	scan.Role, scan.Chosen = crm.RoleRelatedRecord, nil
	if got := mapping.ProposeAnswers(scan, ask, nil); len(got) != 0 {
		t.Errorf("a contact has no answers: %+v", got)
	}
}

// TestAnswersAreFields: an answer goes where its row sends it, by the rules of any other value.
func TestAnswersAreFields(t *testing.T) {
	t.Parallel()
	value := func(kind catalog.QuestionKind, kept string) any {
		return mapping.AnswerValue(catalog.Question{Kind: kind}, kept)
	}
	for name, c := range map[string]struct {
		row   mapping.Row
		value any
		want  any
	}{
		"a number":                   {mapping.Row{Type: crm.IntegerField}, value(catalog.AskNumber, "12"), int64(12)},
		"a number with a fraction":   {mapping.Row{Type: crm.DecimalField}, value(catalog.AskNumber, "12.5"), 12.5},
		"a number into a text":       {mapping.Row{Type: crm.TextField}, value(catalog.AskNumber, "12.5"), "12.5"},
		"yes into a tick":            {mapping.Row{Type: crm.BooleanField}, value(catalog.AskYesNo, "yes"), true},
		"no into a tick turned":      {mapping.Row{Type: crm.BooleanField, Inverted: true}, value(catalog.AskYesNo, "no"), true},
		"yes into a text":            {mapping.Row{Type: crm.TextField}, value(catalog.AskYesNo, "yes"), "Yes"},
		"a choice by its pair":       {mapping.Row{Type: crm.PicklistField, Choices: []string{"ASPH"}, Values: map[string]string{"Shingles": "ASPH"}}, value(catalog.AskChoice, "Shingles"), "ASPH"},
		"a choice that there is not": {mapping.Row{Type: crm.PicklistField, Choices: []string{"Tiles"}}, value(catalog.AskChoice, "Shingles"), nil},
		"a text too long":            {mapping.Row{Type: crm.TextField, Limit: 5}, value(catalog.AskText, "hello there"), "hell…"},
	} {
		c.row.Role, c.row.Key, c.row.Field, c.row.Policy = crm.RoleLead, "answer_q", "F", mapping.Overwrite
		got := mapping.Mapping{Rows: []mapping.Row{c.row}}.RenderNew(crm.RoleLead, mapping.Fields{"answer_q": c.value})
		if got["F"] != c.want {
			t.Errorf("%s: %#v", name, got["F"])
		}
	}
	if key := mapping.AnswerKey(crm.RoleLead, "property_type"); key != "property_type" {
		t.Errorf("a question that is a HeavySet field has the key %s", key)
	}
	if h, ok := mapping.HeavyFieldOf(crm.RoleAppointment, "answer_q"); !ok || h.Kind != mapping.KindAnswer {
		t.Errorf("%+v", h)
	}
	if _, ok := mapping.HeavyFieldOf(crm.RoleRelatedRecord, "answer_q"); ok {
		t.Error("a contact has no answers")
	}
}
