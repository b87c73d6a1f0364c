package mapping

import (
	"slices"
	"strconv"
	"strings"

	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/crm"
)

// answerPrefix begins the keys of what visitors answered: answer_roof_age for the question roof_age.
const answerPrefix = "answer_"

// askable are HeavySet fields that nothing but a question fills: one with such an id is that field, and needs none of its own.
func askable(id string) bool {
	switch id {
	case "property_type", "homeowner", "timeframe", "budget", "preferred_contact", "company", "street2", "mobile", "phone_alt":
		return true
	}
	return false
}

// AnswerKey gives the HeavySet key of a question's answer in a role.
func AnswerKey(r crm.Role, question string) string {
	if r == crm.RoleLead && askable(question) {
		return question
	}
	return answerPrefix + question
}

// QuestionOf gives the question whose answer a key stands for; "" for other keys.
func QuestionOf(key string) string {
	if id, ok := strings.CutPrefix(key, answerPrefix); ok {
		return id
	}
	if askable(key) {
		return key
	}
	return ""
}

// AnswerFields are the questions of a catalog as HeavySet fields of a role: those of the lead and of the appointment.
func AnswerFields(r crm.Role, questions []catalog.Question) []HeavyField {
	if r != crm.RoleLead && r != crm.RoleAppointment {
		return nil
	}
	var out []HeavyField
	for _, q := range questions {
		key := AnswerKey(r, q.ID)
		if key == q.ID { // it is in the table already
			continue
		}
		kind := map[catalog.QuestionKind]Kind{catalog.AskChoice: KindChoiceOrText, catalog.AskNumber: KindQuantity, catalog.AskYesNo: KindBoolean}[q.Kind]
		if kind == "" {
			kind = KindText
		}
		out = append(out, HeavyField{Key: key, Label: q.Label, Kind: kind, Need: Optional, Policy: Overwrite})
	}
	return out
}

// AnswerValue gives an answer as the value of its field.
func AnswerValue(q catalog.Question, kept string) any {
	switch q.Kind {
	case catalog.AskNumber:
		if n, err := strconv.ParseInt(kept, 10, 64); err == nil {
			return n
		}
		if f, err := strconv.ParseFloat(kept, 64); err == nil {
			return f
		}
	case catalog.AskYesNo:
		return kept == catalog.Yes
	}
	return kept
}

// answerFieldOf stands in for an answer's field where nobody has the questions at hand.
func answerFieldOf(r crm.Role, key string) (HeavyField, bool) {
	id, ok := strings.CutPrefix(key, answerPrefix)
	if !ok || id == "" || r != crm.RoleLead && r != crm.RoleAppointment {
		return HeavyField{}, false
	}
	return HeavyField{Key: key, Label: "Answer to “" + id + "”", Kind: KindAnswer, Need: Optional, Policy: Overwrite}, true
}

const (
	sameLabel  = 0.86 // the label says just what the question is called; with the type made for it that is enough to fill it in
	nearLabel  = 0.62 // the label is in the question, or the question in the label
	sameChoice = 0.04 // the picklist has the answers
)

// ProposeAnswers looks for the CRM field of each question that nobody has chosen one for: by what the field is called, and
// whether it takes the answers. A field that stands for something else by itself, or is proposed for another, is none.
func ProposeAnswers(s Scan, questions []catalog.Question, taken []Proposal) []Proposal {
	w, used := book(), map[string]bool{}
	for _, field := range s.Chosen {
		used[field] = true
	}
	for _, h := range HeavyFields(s.Role) {
		used[h.Default] = true
	}
	for _, p := range taken {
		if p.Role == s.Role && p.Field != "" && (p.Level == Auto || p.Level == Check) {
			used[p.Field] = true
		}
	}
	var out []Proposal
	for _, h := range AnswerFields(s.Role, questions) {
		if _, chosen := s.Chosen[h.Key]; chosen {
			continue
		}
		i := slices.IndexFunc(questions, func(q catalog.Question) bool { return q.ID == QuestionOf(h.Key) })
		p := w.proposeAnswer(s, h, questions[i], used)
		if p.Field != "" {
			used[p.Field] = true
		}
		out = append(out, p)
	}
	return out
}

// proposeAnswer weighs the fields of a module for one question.
func (w *wordbook) proposeAnswer(s Scan, h HeavyField, q catalog.Question, used map[string]bool) Proposal {
	p := Proposal{Role: s.Role, Key: h.Key, Level: None, Evidence: []string{}, Alternatives: []Alternative{}}
	var best, next float64
	var field crm.Field
	for _, f := range s.Schema.Fields {
		score := w.answerFit(h, q, f)
		if used[f.Name] || !f.Creatable || !f.Updatable || score == 0 {
			continue
		}
		p.Alternatives = append(p.Alternatives, Alternative{Field: f.Name, FieldID: f.ID, Confidence: round(score), Reason: "The label is near the question."})
		if score > best {
			best, next, field = score, best, f
		} else {
			next = max(next, score)
		}
	}
	slices.SortStableFunc(p.Alternatives, func(a, b Alternative) int { return int(100*b.Confidence) - int(100*a.Confidence) })
	p.Confidence, p.Level = round(best), levelOf(best)
	switch {
	case best == 0:
		p.Evidence = append(p.Evidence, "No field of the module is called like the question.")
		return p
	case best-next < margin:
		p.Level = None
		p.Evidence = append(p.Evidence, "Several fields are called about like the question: please choose.")
		return p
	}
	p.Field, p.FieldID = field.Name, field.ID
	p.Alternatives = slices.DeleteFunc(p.Alternatives, func(a Alternative) bool { return a.Field == field.Name })
	p.Alternatives = p.Alternatives[:min(len(p.Alternatives), alternates)]
	p.Evidence = append(p.Evidence, "“"+field.Label+"” is called like the question “"+q.Label+"”.")
	return p
}

// answerFit weighs one field for one question; 0 when it is not called so or cannot take the answers.
func (w *wordbook) answerFit(h HeavyField, q catalog.Question, f crm.Field) float64 {
	ideal, second := h.Kind.takes()
	fit := 0.0
	switch {
	case slices.Contains(ideal, f.Type):
		fit = idealType
	case slices.Contains(second, f.Type):
		fit = secondType
	default:
		return 0
	}
	name := max(nameFit(w.words(q.Label), w.words(f.Label)), nameFit(w.words(strings.ReplaceAll(q.ID, "_", " ")), w.words(f.Label)))
	if name == 0 {
		return 0
	}
	if f.Type == crm.PicklistField || f.Type == crm.MultiPickField {
		row := Row{Key: h.Key}.On(f)
		hits := 0
		for _, c := range q.Choices {
			if v, ok := row.Chosen(c); ok && v != "" {
				hits++
			}
		}
		switch {
		case hits == 0:
			name = min(name, nearLabel)
		case hits == len(q.Choices):
			fit += sameChoice
		default:
			fit -= sameChoice
		}
	}
	return name + fit
}

// nameFit compares the words of two names.
func nameFit(a, b []string) float64 {
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	x, y := bag{}, bag{}
	for _, s := range a {
		x[s] = true
	}
	for _, s := range b {
		y[s] = true
	}
	switch {
	case x.hasAll(b) && y.hasAll(a):
		return sameLabel
	case x.hasAll(b) && 2*len(b) >= len(a), y.hasAll(a) && 2*len(a) >= len(b):
		return nearLabel
	}
	return 0
}
