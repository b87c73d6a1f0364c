package catalog_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/fault"
)

var asked = []catalog.Question{
	{ID: "roof", Label: "What is on the roof?", Kind: catalog.AskChoice, Required: true, Choices: []string{"Shingles", "Tiles"}},
	{ID: "age", Label: "How old is it?", Kind: catalog.AskNumber},
	{ID: "leak", Label: "Does it leak?", Kind: catalog.AskYesNo},
	{ID: "gate", Label: "Gate code", Kind: catalog.AskText},
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	type m = map[string]string
	for name, c := range map[string]struct {
		given, kept m
		wrong       string
	}{
		"all right":                    {m{"roof": "tiles", "age": " 1,800 ", "leak": "true", "gate": " 4711 "}, m{"roof": "Tiles", "age": "1800", "leak": "yes", "gate": "4711"}, ""},
		"required and missing":         {m{"roof": "  "}, nil, "answers.roof"},
		"no such choice":               {m{"roof": "Slate"}, m{"roof": "Slate"}, "answers.roof"},
		"no number":                    {m{"roof": "Tiles", "age": "old"}, m{"roof": "Tiles", "age": "old"}, "answers.age"},
		"neither yes nor no":           {m{"roof": "Tiles", "leak": "maybe"}, m{"roof": "Tiles", "leak": "maybe"}, "answers.leak"},
		"too long":                     {m{"roof": "Tiles", "gate": strings.Repeat("x", 501)}, nil, "answers.gate"},
		"what nobody asks stays":       {m{"roof": "Tiles", "other": "x"}, m{"roof": "Tiles", "other": "x"}, ""},
		"what is empty is no answer":   {m{"roof": "Tiles", "age": "", "leak": " "}, m{"roof": "Tiles"}, ""},
		"several wrong ones, in order": {m{"roof": "x", "age": "x"}, nil, "answers.roof answers.age"},
	} {
		kept, wrong := catalog.Service{Questions: asked}.Answers(c.given, false)
		var paths []string
		for _, w := range wrong {
			paths = append(paths, w.Path)
		}
		if got := strings.Join(paths, " "); got != c.wrong || c.wrong == "" && !maps.Equal(kept, c.kept) {
			t.Errorf("%s: kept %v, wrong %q", name, kept, got)
		}
	}
}

func TestParseNumber(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text  string
		comma bool
		want  string
	}{
		{"12", false, "12"},
		{"1,800", false, "1800"},
		{"1.125", false, "1.125"},
		{"1,234,567.5", false, "1234567.5"},
		{"2,5", false, "2.5"},
		{"1.800", true, "1800"},
		{"1,125", true, "1.125"},
		{"1 800,50", true, "1800.5"},
		{"-3", false, "-3"},
		{"007", false, "7"},
		{"0.5", false, "0.5"},
		{"1,80,0", false, ""},
		{"0,125", false, ""},
		{"1e9", false, ""},
		{"Inf", false, ""},
		{"0x10", false, ""},
		{"", false, ""},
		{strings.Repeat("9", 13), false, ""},
	} {
		if got, ok := catalog.ParseNumber(c.text, c.comma); got != c.want || ok != (c.want != "") {
			t.Errorf("%q, comma %v: %q", c.text, c.comma, got)
		}
	}
}

func TestQuestionsAreChecked(t *testing.T) {
	t.Parallel()
	ok := catalog.Question{ID: "q_1", Label: "Q", Kind: catalog.AskText}
	with := func(change func(*catalog.Question)) []catalog.Question {
		q := ok
		change(&q)
		return []catalog.Question{q}
	}
	many := make([]catalog.Question, 21)
	for i := range many {
		many[i] = catalog.Question{ID: fmt.Sprintf("q%d", i), Label: "Q", Kind: catalog.AskText}
	}
	for name, c := range map[string]struct {
		questions []catalog.Question
		wrong     string
	}{
		"right":                 {asked, ""},
		"an id with capitals":   {with(func(q *catalog.Question) { q.ID = "Roof" }), "[0].id"},
		"an id with a dot":      {with(func(q *catalog.Question) { q.ID = "a.b" }), "[0].id"},
		"an id too long":        {with(func(q *catalog.Question) { q.ID = strings.Repeat("a", 41) }), "[0].id"},
		"an id twice":           {[]catalog.Question{ok, ok}, "[1].id"},
		"no label":              {with(func(q *catalog.Question) { q.Label = " " }), "[0].label"},
		"help on two lines":     {with(func(q *catalog.Question) { q.Help = "a\nb" }), "[0].help"},
		"an unknown kind":       {with(func(q *catalog.Question) { q.Kind = "photo" }), "[0].kind"},
		"choices of a text":     {with(func(q *catalog.Question) { q.Choices = []string{"a", "b"} }), "[0].choices"},
		"one choice":            {with(func(q *catalog.Question) { q.Kind, q.Choices = catalog.AskChoice, []string{"a"} }), "[0].choices"},
		"a choice twice":        {with(func(q *catalog.Question) { q.Kind, q.Choices = catalog.AskChoice, []string{"a", "A"} }), "[0].choices[1]"},
		"an empty choice":       {with(func(q *catalog.Question) { q.Kind, q.Choices = catalog.AskChoice, []string{"", "A"} }), "[0].choices[0]"},
		"twenty and one":        {many, ""},
		"another kind of ‘age’": {[]catalog.Question{{ID: "other_age", Label: "Q", Kind: catalog.AskText}}, "[0].id"},
	} {
		all := good()
		first := all.Services[0]
		first.ID, first.Questions = "other", []catalog.Question{{ID: "other_age", Label: "Age", Kind: catalog.AskNumber}}
		all.Services[0].Questions = c.questions
		all.Services = append([]catalog.Service{first}, all.Services...)
		want := ""
		if c.wrong != "" {
			want = "services[1].questions" + c.wrong
		} else if len(c.questions) > 20 {
			want = "services[1].questions"
		}
		got := ""
		if err := all.Check(); err != nil {
			got = fault.As(err).Fields[0].Path
		}
		if got != want {
			t.Errorf("%s: wrong is %q, not %q", name, got, want)
		}
	}
}
