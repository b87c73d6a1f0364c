package scheduler

import (
	"strings"

	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/locale"
	"heavyset.tech/platform/internal/web/page"
)

// answerPrefix begins the names of the fields for answers; an error's path is the same.
const answerPrefix = "answers."

// questionFields are what a service asks, in the client's own words.
func questionFields(l locale.Lang, sv catalog.Service, f page.Form) []page.Field {
	var out []page.Field
	for _, q := range sv.Questions {
		v := page.Field{Name: answerPrefix + q.ID, Label: q.Label, Hint: q.Help, Type: "text", Required: q.Required, Optional: !q.Required, Limit: 500, Autocomplete: "off"}
		switch q.Kind {
		case catalog.AskChoice:
			v.Options = []page.Option{{Label: l.T("Please choose")}}
			for _, c := range q.Choices {
				v.Options = append(v.Options, page.Option{Value: c, Label: c})
			}
		case catalog.AskYesNo:
			v.Radios, v.Options = true, []page.Option{{Value: catalog.Yes, Label: l.T("Yes")}, {Value: catalog.No, Label: l.T("No")}}
		case catalog.AskNumber:
			v.InputMode, v.Limit = "decimal", 20
		}
		out = append(out, v.With(f))
	}
	return out
}

// answersOf reads the answers of a form.
func answersOf(f page.Form) map[string]string {
	out := map[string]string{}
	for name := range f.Values {
		if id, ok := strings.CutPrefix(name, answerPrefix); ok {
			out[id] = f.Get(name)
		}
	}
	return out
}
