package api

import "heavyset.tech/platform/internal/catalog"

// questionBody is something that a service asks its visitors.
type questionBody struct {
	ID       string   `json:"id" doc:"names the answer in the answers of a booking; small letters, digits and _"`
	Label    string   `json:"label"`
	Help     string   `json:"help,omitempty"`
	Kind     string   `json:"kind" doc:"text, choice, number or yes_no"`
	Required bool     `json:"required,omitempty" required:"false"`
	Choices  []string `json:"choices,omitempty" doc:"of a choice"`
}

func questionBodies(list []catalog.Question) []questionBody {
	var out []questionBody
	for _, q := range list {
		out = append(out, questionBody{q.ID, q.Label, q.Help, string(q.Kind), q.Required, q.Choices})
	}
	return out
}

func questionsOf(list []questionBody) []catalog.Question {
	var out []catalog.Question
	for _, q := range list {
		out = append(out, catalog.Question{ID: q.ID, Label: q.Label, Help: q.Help, Kind: catalog.QuestionKind(q.Kind), Required: q.Required, Choices: q.Choices})
	}
	return out
}

// confirmationOf gives how a service confirms, where it does not do as usual.
func confirmationOf(s catalog.Service) string {
	if s.Confirmation == catalog.ByRequest {
		return string(s.Confirmation)
	}
	return ""
}
