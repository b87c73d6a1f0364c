package zoho

import (
	"context"
	"errors"
	"net/http"
)

// Conversion says what becomes of a lead. Nobody is notified, and no deal is made.
type Conversion struct {
	Contact   string // id of the contact that the lead becomes a part of; "" makes one
	Overwrite bool   // the lead's values take the place of those that Contact has
}

// Converted is what a lead has become.
type Converted struct {
	Contact string // id
	Account string // id; "" where the lead named no company
}

// convertCredits is what a conversion costs.
const convertCredits = 5

// ConvertLead makes a contact of a lead, and an account of its company. Zoho converts a lead once: the second attempt is
// AlreadyConverted, and names no contact. https://www.zoho.com/crm/developer/docs/api/v8/convert-lead.html
func (c *Client) ConvertLead(ctx context.Context, id string, v Conversion) (Converted, error) {
	if err := checkID(id); err != nil {
		return Converted{}, err
	}
	item := map[string]any{"overwrite": v.Overwrite, "notify_lead_owner": false, "notify_new_entity_owner": false}
	if v.Contact != "" {
		if err := checkID(v.Contact); err != nil {
			return Converted{}, err
		}
		item["Contacts"] = map[string]string{"id": v.Contact}
	}
	got, err := c.do(ctx, request{
		method: http.MethodPost, path: "/Leads/{id}/actions/convert", ids: []string{id}, in: map[string]any{"data": []any{item}}, write: true, credits: convertCredits,
	})
	if err != nil {
		return Converted{}, noSuchLead(err)
	}
	items, _ := got.body["data"].([]any)
	if e := got.refusal(items, 1); e != nil {
		return Converted{}, e
	}
	if len(items) != 1 {
		return Converted{}, got.unreadable()
	}
	answer, known := envelopeOf(items[0])
	if !known {
		return Converted{}, got.unreadable()
	}
	if !answer.succeeded() {
		return Converted{}, noSuchLead(errorFrom(got.status, answer))
	}
	d := Record(answer.details)
	out := Converted{Contact: d.object("Contacts").ID(), Account: d.object("Accounts").ID()}
	if out.Contact == "" {
		return Converted{}, got.unreadable()
	}
	return out, nil
}

// noSuchLead turns the INVALID_DATA that blames nothing in the body into NotFound.
func noSuchLead(err error) error {
	var e *Error
	if errors.As(err, &e) && e.Kind == InvalidData && (e.APIName != "" || e.JSONPath != "") {
		return err
	}
	return missing(err)
}
