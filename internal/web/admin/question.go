package admin

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/web/page"
)

// questionRow is one question in a service's form.
type questionRow struct {
	Place, Number int // from 0, and from 1 for people
	ID, Label     page.Field
	Kind, Help    page.Field
	Choices       page.Field
	Required      page.Field // its value is not empty when it is
}

// mostQuestions bounds what a form may say; the catalog has its own limit.
const mostQuestions = 50

// questionParts are the fields of a question; its place is between.
var questionParts = []string{"id", "label", "kind", "help", "choices", "required"}

func questionName(place int, part string) string { return "q." + strconv.Itoa(place) + "." + part }

// withQuestions puts questions into the values of a form.
func withQuestions(list []catalog.Question, values map[string][]string) map[string][]string {
	values["questions"] = []string{strconv.Itoa(len(list))}
	for i, q := range list {
		required := ""
		if q.Required {
			required = "1"
		}
		for part, v := range map[string]string{
			"id": q.ID, "label": q.Label, "kind": string(q.Kind), "help": q.Help, "choices": strings.Join(q.Choices, "\n"), "required": required,
		} {
			values[questionName(i, part)] = []string{v}
		}
	}
	return values
}

func countQuestions(form page.Form) int {
	n, err := strconv.Atoi(form.Get("questions"))
	if err != nil || n < 0 {
		return 0
	}
	return min(n, mostQuestions)
}

// questionRows shows the questions of a form.
func questionRows(form page.Form) []questionRow {
	var out []questionRow
	for i := range countQuestions(form) {
		field := func(part, label, width, hint string, limit int) page.Field {
			return page.Field{Name: questionName(i, part), Label: label, Type: "text", Width: width, Hint: hint, Limit: limit, Autocomplete: "off"}.With(form)
		}
		row := questionRow{
			Place: i, Number: i + 1, ID: field("id", "", "", "", 0), Label: field("label", "Question", "half", "", 200), Kind: field("kind", "Answer", "half", "", 0),
			Help: field("help", "Help", "", "One line below the question.", 300), Choices: field("choices", "Answers to choose from", "", "One a line.", 0), Required: field("required", "", "", "", 0),
		}
		row.Label.Required, row.Help.Optional, row.Choices.Lines = true, true, 4
		row.Kind.Options = []page.Option{
			{Value: string(catalog.AskText), Label: "A short text"},
			{Value: string(catalog.AskChoice), Label: "One of several"},
			{Value: string(catalog.AskNumber), Label: "A number"},
			{Value: string(catalog.AskYesNo), Label: "Yes or no"},
		}
		out = append(out, row)
	}
	return out
}

// typedQuestions reads the questions of a form. A new one gets an id from its words; it stays when they change.
func typedQuestions(form page.Form, all catalog.Catalog) []catalog.Question {
	var out []catalog.Question
	for i := range countQuestions(form) {
		get := func(part string) string { return strings.TrimSpace(form.Get(questionName(i, part))) }
		q := catalog.Question{ID: get("id"), Label: get("label"), Kind: catalog.QuestionKind(get("kind")), Help: get("help"), Required: get("required") != ""}
		if q.Kind == catalog.AskChoice {
			for line := range strings.Lines(get("choices")) {
				if line = strings.TrimSpace(line); line != "" {
					q.Choices = append(q.Choices, line)
				}
			}
		}
		if q.ID == "" {
			q.ID = questionID(q, func(id string) bool {
				there, asked := all.Question(id)
				return asked && there.Kind != q.Kind || slices.ContainsFunc(out, func(x catalog.Question) bool { return x.ID == id })
			})
		}
		out = append(out, q)
	}
	return out
}

func questionID(q catalog.Question, taken func(string) bool) string {
	plain := func(id string) string { return strings.Trim(strings.ReplaceAll(id, "-", "_"), "_") }
	return plain(catalog.FreeID(cut(q.Label, 36), "question", func(id string) bool { return taken(plain(id)) }))
}

// cut gives at most so many letters of a text.
func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

// arrangeQuestions adds, moves or takes away a question in a form that asks for that; false when it asks for something else.
func arrangeQuestions(form page.Form) bool {
	act, at, _ := strings.Cut(form.Get("do"), ":")
	i, err := strconv.Atoi(at)
	n := countQuestions(form)
	if act != "q-add" && (err != nil || i < 0 || i >= n) {
		return false
	}
	order := make([]int, n)
	for k := range order {
		order[k] = k
	}
	switch {
	case act == "q-add" && n < mostQuestions:
		order = append(order, n) // a place that holds nothing yet
	case act == "q-add":
	case act == "q-remove":
		order = slices.Delete(order, i, i+1)
	case act == "q-up" && i > 0:
		order[i-1], order[i] = order[i], order[i-1]
	case act == "q-down" && i+1 < n:
		order[i], order[i+1] = order[i+1], order[i]
	case act != "q-up" && act != "q-down":
		return false
	}
	was := map[string]string{}
	for k := range n + 1 {
		for _, part := range questionParts {
			name := questionName(k, part)
			was[name] = form.Get(name)
			form.Values.Del(name)
		}
	}
	for to, from := range order {
		for _, part := range questionParts {
			form.Values.Set(questionName(to, part), was[questionName(from, part)])
		}
	}
	form.Values.Set("questions", fmt.Sprint(len(order)))
	return true
}

var questionPath = regexp.MustCompile(`^\.questions\[(\d+)\]\.(\w+)`)

// questionField gives the field of the form that a path within a service names; "" for what is no question's.
func questionField(path string) string {
	m := questionPath.FindStringSubmatch(path)
	if m == nil {
		return ""
	}
	return "q." + m[1] + "." + m[2]
}

// confirmations are the ways in which a service confirms.
func confirmations(form page.Form) []choice {
	request := form.Get("confirmation") == string(catalog.ByRequest)
	return []choice{
		{string(catalog.Instant), "At once", "Whoever books has an appointment.", !request},
		{string(catalog.ByRequest), "By somebody of yours", "A booking is a request that keeps its time. Whoever Messages names, or else the administrators, get a mail and confirm or decline it under Appointments. One that nobody answers in time is declined by itself, as a rule four hours before the visit.", request},
	}
}
