package catalog

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"heavyset.tech/platform/internal/fault"
)

// Question is something that a service asks its visitors. The id is the client's and stays: by it answers are kept and
// mapped. Two services may ask the same question; then it is of one kind.
type Question struct {
	ID       string
	Label    string // what the visitor reads
	Help     string // one line below it; may be ""
	Kind     QuestionKind
	Required bool
	Choices  []string // of a choice, in order
}

// QuestionKind is what an answer is.
type QuestionKind string

// The kinds of questions.
const (
	AskText   QuestionKind = "text"
	AskChoice QuestionKind = "choice" // one of the question's choices
	AskNumber QuestionKind = "number" // kept as plain digits with a point
	AskYesNo  QuestionKind = "yes_no" // kept as Yes or No
)

// Yes and No are the answers to a question of yes or no.
const (
	Yes = "yes"
	No  = "no"
)

const (
	maxQuestions = 20
	maxChoices   = 50
	maxAnswer    = 500
)

// Question finds a question of a service.
func (s Service) Question(id string) (Question, bool) {
	i := slices.IndexFunc(s.Questions, func(q Question) bool { return q.ID == id })
	if i < 0 {
		return Question{}, false
	}
	return s.Questions[i], true
}

// Question finds a question by its id, whichever service asks it; those on offer first.
func (c Catalog) Question(id string) (Question, bool) {
	for _, archived := range []bool{false, true} {
		for _, s := range c.Services {
			if q, ok := s.Question(id); ok && s.Archived == archived {
				return q, true
			}
		}
	}
	return Question{}, false
}

// Questions lists what the services on offer ask, each question once.
func (c Catalog) Questions() []Question {
	var out []Question
	seen := map[string]bool{}
	for _, s := range c.Offered() {
		for _, q := range s.Questions {
			if !seen[q.ID] {
				seen[q.ID] = true
				out = append(out, q)
			}
		}
	}
	return out
}

// Answers checks what a visitor answers to a service's questions and gives it as it is kept: what is empty is left out,
// and answers to questions that nobody asks stay. Wrong ones are named by answers.<id>. comma: see ParseNumber.
func (s Service) Answers(given map[string]string, comma bool) (map[string]string, []fault.Field) {
	out := map[string]string{}
	for id, v := range given {
		if v = strings.TrimSpace(v); v != "" {
			out[id] = v
		}
	}
	var wrong []fault.Field
	for _, q := range s.Questions {
		kept, why := q.answer(out[q.ID], comma)
		if why != "" {
			wrong = append(wrong, fault.Field{Path: "answers." + q.ID, Message: why})
		}
		if kept != "" {
			out[q.ID] = kept
		}
	}
	if len(out) == 0 {
		return nil, wrong
	}
	return out, wrong
}

// answer gives an answer as it is kept, or why it is none.
func (q Question) answer(v string, comma bool) (kept, why string) {
	if v == "" {
		if q.Required {
			return "", "Please answer this question."
		}
		return "", ""
	}
	switch q.Kind {
	case AskChoice:
		for _, c := range q.Choices {
			if strings.EqualFold(c, v) {
				return c, ""
			}
		}
		return "", "Please choose one of the answers."
	case AskNumber:
		if n, ok := ParseNumber(v, comma); ok {
			return n, ""
		}
		return "", "Please give a number."
	case AskYesNo:
		switch strings.ToLower(v) {
		case "yes", "true", "1":
			return Yes, ""
		case "no", "false", "0":
			return No, ""
		}
		return "", "Please answer yes or no."
	}
	if utf8.RuneCountInString(v) > maxAnswer {
		return "", fmt.Sprintf("is longer than %d characters.", maxAnswer)
	}
	return v, ""
}

var (
	plainNumber   = regexp.MustCompile(`^[+-]?\d{1,12}(\.\d{1,4})?$`)
	groupedNumber = regexp.MustCompile(`^[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d{1,4})?$`)
	commaNumber   = regexp.MustCompile(`^[+-]?\d{1,12},(\d{1,2}|\d{4})$`)
)

// ParseNumber reads a number as people write it and gives it with a point and without groups. comma: the comma is the sign
// of fractions, as in Germany and France, where 1.800 is what 1,800 is elsewhere.
func ParseNumber(v string, comma bool) (string, bool) {
	swap := []string{" ", "", "'", "", "\u00a0", "", "\u202f", ""}
	if comma {
		swap = append(swap, ".", ",", ",", ".")
	}
	v = strings.NewReplacer(swap...).Replace(strings.TrimSpace(v))
	switch {
	case plainNumber.MatchString(v):
	case groupedNumber.MatchString(v):
		v = strings.ReplaceAll(v, ",", "")
	case commaNumber.MatchString(v): // nobody groups so
		v = strings.Replace(v, ",", ".", 1)
	default:
		return "", false
	}
	f, err := strconv.ParseFloat(v, 64)
	if err != nil {
		return "", false
	}
	return strconv.FormatFloat(f, 'f', -1, 64), true
}

var questionID = regexp.MustCompile(`^[a-z0-9]([a-z0-9_]{0,38}[a-z0-9])?$`)

// questions checks what a service asks. kinds has what other services ask already.
func (k *check) questions(p string, list []Question, kinds map[string]QuestionKind) {
	k.count(p, len(list), maxQuestions)
	seen := map[string]bool{}
	for i, q := range list {
		at := fmt.Sprintf("%s[%d]", p, i)
		switch before, asked := kinds[q.ID]; {
		case !questionID.MatchString(q.ID):
			k.add(at+".id", "must be 1 to 40 small letters, digits and _")
		case seen[q.ID]:
			k.add(at+".id", "is there twice")
		case asked && before != q.Kind:
			k.add(at+".id", "is a question of another kind in another service")
		default:
			kinds[q.ID] = q.Kind
		}
		seen[q.ID] = true
		k.name(at+".label", q.Label)
		if utf8.RuneCountInString(q.Help) > 300 || hasControl(q.Help) {
			k.add(at+".help", "must be at most 300 characters on one line")
		}
		switch q.Kind {
		case AskText, AskNumber, AskYesNo:
			if len(q.Choices) > 0 {
				k.add(at+".choices", "must be empty for a question of this kind")
			}
		case AskChoice:
			k.choices(at+".choices", q.Choices)
		default:
			k.add(at+".kind", "must be text, choice, number or yes_no")
		}
	}
}

func (k *check) choices(p string, list []string) {
	if len(list) < 2 || len(list) > maxChoices {
		k.add(p, fmt.Sprintf("must be from 2 to %d", maxChoices))
	}
	seen := map[string]bool{}
	for i, c := range list {
		at := fmt.Sprintf("%s[%d]", p, i)
		switch same := strings.ToLower(c); {
		case strings.TrimSpace(c) != c || c == "" || utf8.RuneCountInString(c) > 100 || hasControl(c):
			k.add(at, "must be 1 to 100 characters on one line without outer blanks")
		case seen[same]:
			k.add(at, "is there twice")
		default:
			seen[same] = true
		}
	}
}

// Reply is an answer beside its question, as people read them.
type Reply struct{ Question, Answer string }

// Replies lists what a visitor answered to a service, in the order in which it is asked; what nobody asks any more comes
// last.
func (c Catalog) Replies(service string, answers map[string]string) []Reply {
	s, _ := c.Service(service)
	var out []Reply
	rest := maps.Clone(answers)
	for _, q := range s.Questions {
		if v := rest[q.ID]; v != "" {
			out = append(out, Reply{q.Label, q.words(v)})
		}
		delete(rest, q.ID)
	}
	for _, id := range slices.Sorted(maps.Keys(rest)) {
		q, asked := c.Question(id)
		if !asked {
			q.Label = id
		}
		out = append(out, Reply{q.Label, q.words(rest[id])})
	}
	return out
}

// Example gives an answer as it is kept, for a booking that tests something.
func (q Question) Example() string {
	switch q.Kind {
	case AskChoice:
		return q.Choices[0]
	case AskNumber:
		return "1"
	case AskYesNo:
		return Yes
	}
	return "Test"
}

// words writes an answer as people say it.
func (q Question) words(kept string) string {
	if said := map[string]string{Yes: "Yes", No: "No"}[kept]; q.Kind == AskYesNo && said != "" {
		return said
	}
	return kept
}
