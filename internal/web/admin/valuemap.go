package admin

import (
	"slices"
	"strconv"
	"strings"

	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/mapping"
	"heavyset.tech/platform/internal/settings"
	"heavyset.tech/platform/internal/web/page"
)

// valueMap says which choice of a picklist stands for which value of ours, and what happens to the others.
type valueMap struct {
	Name  string // of the row, for the form
	Label string
	Pairs []valuePair
	Else  []option // for every other value
	Open  bool     // something is missing or was proposed
	Found bool     // Auto-Discover has proposed pairs
}

// valuePair is one of our values with the choices of the picklist.
type valuePair struct {
	Number       int
	Value, Label string
	Options      []option
}

// What is typed for every other value, besides a choice.
const (
	leaveOut = ""
	holdBack = "hold"
	asChoice = "choice:" // before a choice
)

// heavyValues lists the values that we know a row may have: the field's own, or the services by their names; then those
// that are mapped already.
func heavyValues(row mapping.Row, cat catalog.Catalog) []mapping.HeavyValue {
	var out []mapping.HeavyValue
	switch row.Key {
	case "service", "appointment_type": // the service's name is what is sent
		for _, s := range cat.Services {
			if !s.Archived {
				out = append(out, mapping.HeavyValue{Value: s.Name, Label: s.Name})
			}
		}
	default:
		out = slices.Clone(mapping.HeavyValues(row.Key))
		if q, ok := cat.Question(mapping.QuestionOf(row.Key)); ok {
			out = nil
			for _, choice := range q.Choices {
				out = append(out, mapping.HeavyValue{Value: choice, Label: choice})
			}
		}
	}
	var more []string
	for v := range row.Values {
		if !slices.ContainsFunc(out, func(h mapping.HeavyValue) bool { return h.Value == v }) {
			more = append(more, v)
		}
	}
	slices.Sort(more)
	for _, v := range more {
		out = append(out, mapping.HeavyValue{Value: v, Label: v})
	}
	return out
}

// valueMapOf shows the value map of a row that stands on a picklist; nil for other rows. found: the row was proposed just
// now, and so are its pairs.
func valueMapOf(name, label string, row mapping.Row, f crm.Field, cat catalog.Catalog, found bool) *valueMap {
	if f.Type != crm.PicklistField && f.Type != crm.MultiPickField || len(f.Choices) == 0 || row.Constant != "" || row.Template != "" {
		return nil
	}
	out := &valueMap{Name: name, Label: label, Found: found}
	proposed := map[string]string{}
	if len(row.Values) == 0 {
		for _, p := range mapping.PairChoices(row.Key, f.Choices) {
			proposed[p.Value] = p.Choice
		}
	}
	for i, h := range heavyValues(row, cat) {
		current, said := row.Values[h.Value]
		if !said {
			current = proposed[h.Value]
		}
		if !said && current == "" {
			current = plainChoice(h, f.Choices)
		}
		out.Pairs = append(out.Pairs, valuePair{Number: i, Value: h.Value, Label: h.Label, Options: choiceOptions(f.Choices, current, "", "No Zoho value")})
		out.Open = out.Open || current == "" && !said
	}
	for _, o := range choiceOptions(f.Choices, row.Default, asChoice, "") {
		o.Label = "Send “" + o.Label + "”"
		out.Else = append(out.Else, o)
	}
	out.Else = append([]option{{Label: "Leave the field out", Value: leaveOut}, {Label: "Hold the record back until a value is chosen here", Value: holdBack, Current: row.Hold}}, out.Else...)
	out.Open = out.Open || found
	return out
}

// plainChoice is the choice that reads like a value.
func plainChoice(h mapping.HeavyValue, choices []crm.Choice) string {
	row := mapping.Row{Key: "v", Type: crm.PicklistField}
	for _, c := range choices {
		if !c.Unused {
			row.Choices = append(row.Choices, c.Value)
		}
	}
	for _, text := range []string{h.Value, h.Label} {
		if v, ok := row.Chosen(text); ok {
			return v
		}
	}
	return ""
}

// choiceOptions lists what a picklist offers, as people see it. none is the label of no choice; "" leaves it out. What is
// chosen and not offered any more stays to be seen.
func choiceOptions(choices []crm.Choice, current, prefix, none string) []option {
	var out []option
	if none != "" {
		out = append(out, option{Label: none})
	}
	known := current == ""
	for _, c := range choices {
		if c.Unused && c.Value != current {
			continue
		}
		label := c.Label
		if label == "" {
			label = c.Value
		}
		known = known || c.Value == current
		out = append(out, option{Value: prefix + c.Value, Label: label, Current: current != "" && c.Value == current})
	}
	if !known {
		out = append(out, option{Value: prefix + current, Label: current + " (not in Zoho any more)", Current: true})
	}
	return out
}

// typedValues reads the value map of a row, if the page had one; otherwise what was saved stays.
func typedValues(f page.Form, name string, row *mapping.Row) {
	n, err := strconv.Atoi(f.Get("values." + name))
	if err != nil || n < 0 || n > 500 {
		return
	}
	row.Values = map[string]string{}
	for i := range n {
		at := name + "." + strconv.Itoa(i)
		if v := f.Get("value." + at); v != "" {
			row.Values[v] = f.Get("choice." + at)
		}
	}
	row.Default, row.Hold = "", false
	other := f.Get("else." + name)
	if choice, ok := strings.CutPrefix(other, asChoice); ok {
		row.Default = choice
	}
	row.Hold = other == holdBack
}

// values gives the rows that stand on picklists their value maps.
func (sec *mappingSection) values(s settings.Settings, schema crm.Schema, cat catalog.Catalog) {
	for i := range sec.Rows {
		row := &sec.Rows[i]
		f, ok := schema.Field(row.Field)
		if !ok || row.Key == "" || row.Fixed != "" {
			continue
		}
		have, kept := mapping.Row{Key: row.Key}, false
		for _, r := range s.Rows {
			if string(r.Role) == sec.Role && r.Key == row.Key && r.Field == row.Field {
				have, kept = r, true
			}
		}
		row.Map = valueMapOf(row.Name, row.Label, have, f, cat, !kept)
	}
}
