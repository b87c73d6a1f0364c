package crmsync

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/mapping"
)

// closedLeads are the lead statuses that say: this interest is over. A new booking does not complete such a lead.
var closedLeads = []string{"Junk Lead", "Lost Lead", "Not Qualified"}

// look finds the record of a person in the module of a role, comparing locally: what a CRM calls equal is only a hint.
// The link it gives has no Record when there is none.
func (w *writer) look(ctx context.Context, r crm.Role) (Link, error) {
	l := w.newLink(r)
	person := w.sub.Customer.Contact
	if r != crm.RoleRelatedRecord && w.sub.Lead != nil {
		person = w.sub.Lead.Contact
	}
	q := w.personQuery(r, person)
	list, err := w.provider.Find(ctx, q)
	if err != nil {
		return l, w.failed(ctx, "find "+l.Module, l.Module, "", nil, 0, err)
	}
	slices.SortFunc(list, func(a, b crm.Record) int { // oldest first: ids grow
		if d := len(a.ID) - len(b.ID); d != 0 {
			return d
		}
		return strings.Compare(a.ID, b.ID)
	})
	for _, rec := range list {
		if !w.isPerson(r, rec, person) || (r == crm.RoleLead && !w.isOpenLead(rec)) {
			continue
		}
		l.Record, w.found[r] = rec.ID, rec
		break
	}
	return l, nil
}

// personQuery asks for records with our own id, the same e-mail address, or the same last name and the same end of a phone
// number.
func (w *writer) personQuery(r crm.Role, c lead.Contact) crm.Query {
	field := func(key string) string { return w.mapping.FieldOf(r, key) }
	q := crm.Query{Module: w.mapping.Module(r), Fields: []string{"id"}, Limit: 200}
	for _, key := range []string{"external_id", "first_name", "last_name", "email", "phone", "mobile", "phone_alt", "street", "city", "state", "zip", "country", "lead_status"} {
		if f := field(key); f != "" {
			q.Fields = append(q.Fields, f)
		}
	}
	if f := field("external_id"); f != "" {
		q.Any = append(q.Any, []crm.Match{{Field: f, Op: crm.Equal, Value: w.subjectOf(r)}})
	}
	if c.Email != "" && field("email") != "" {
		q.Any = append(q.Any, []crm.Match{{Field: field("email"), Op: crm.Equal, Value: c.Email}})
	}
	if len(c.Phone) <= 4 {
		return q
	}
	for _, key := range phoneKeys() {
		if f := field(key); f != "" && field("last_name") != "" {
			q.Any = append(q.Any, []crm.Match{
				{Field: field("last_name"), Op: crm.Equal, Value: c.LastName},
				{Field: f, Op: crm.EndsWith, Value: c.Phone[len(c.Phone)-4:]},
			})
		}
	}
	return q
}

// saw reports whether a record that was found has every field that a row may change: what was not read looks empty, and
// would be filled.
func (w *writer) saw(r crm.Role, found crm.Record) bool {
	return !slices.ContainsFunc(w.mapping.Rows, func(row mapping.Row) bool {
		_, read := found.Values[row.Field]
		return row.Role == r && row.Policy != mapping.Create && !read
	})
}

// phoneKeys are the HeavySet fields that hold a person's phone numbers.
func phoneKeys() []string { return []string{"phone", "mobile", "phone_alt"} }

// isPerson compares a record with a person by the same rule as our own customers.
func (w *writer) isPerson(r crm.Role, rec crm.Record, person lead.Contact) bool {
	text := func(key string) string { return rec.Text(w.mapping.FieldOf(r, key)) }
	if text("external_id") == w.subjectOf(r) {
		return true
	}
	for _, phoneKey := range phoneKeys() {
		c := lead.Contact{FirstName: text("first_name"), LastName: text("last_name"), Email: strings.ToLower(strings.TrimSpace(text("email")))}
		if v := text(phoneKey); v != "" {
			if e164, ok := lead.Phone(v, w.sub.Organization.Country); ok {
				c.Phone = e164
			}
		}
		if lead.Same(person, c) {
			return true
		}
	}
	return false
}

// isOpenLead leaves out leads that are over and those that an earlier booking of this customer has completed.
func (w *writer) isOpenLead(rec crm.Record) bool {
	return !slices.Contains(closedLeads, rec.Text(w.mapping.FieldOf(crm.RoleLead, "lead_status"))) &&
		!slices.Contains(w.sub.CompletedLeads, rec.ID)
}

func (w *writer) attempt(kind, module, record string, v crm.Values, took time.Duration) Attempt {
	a := Attempt{
		ID: AttemptID(id.New("try", w.service.Now())), Config: w.config, At: w.service.Now(), Kind: kind,
		Appointment: w.ref.Appointment, Lead: w.ref.Lead, Customer: w.ref.Customer, Module: module, Record: record, Request: maskedValues(v), Took: took,
	}
	if a.Lead == "" && w.sub.Lead != nil {
		a.Lead = w.sub.Lead.ID
	}
	return a
}

// maskedValues shows which fields were sent, instants and references whole, texts by their first letter and length.
func maskedValues(v crm.Values) string {
	if v == nil {
		return "{}"
	}
	out := make(map[string]any, len(v))
	for k, x := range v {
		switch y := x.(type) {
		case string:
			out[k] = mask(y)
		case time.Time:
			out[k] = y.UTC().Format(time.RFC3339)
		case crm.Ref:
			out[k] = map[string]string{"id": y.ID}
		default:
			out[k] = y
		}
	}
	b, err := json.Marshal(out)
	if err != nil {
		return "{}"
	}
	return string(b)
}

func mask(s string) string {
	n := utf8.RuneCountInString(s)
	if n == 0 {
		return ""
	}
	_, size := utf8.DecodeRuneInString(s)
	return s[:size] + strings.Repeat("•", min(n-1, 8))
}

// answerOf keeps what the CRM said: the record's id, or its code, message and field.
func answerOf(id string, p *crm.Problem) string {
	out := map[string]string{}
	if id != "" {
		out["id"] = id
	}
	if p != nil {
		out["class"], out["code"], out["message"], out["field"] = string(p.Class), p.Code, p.Message, p.Field
	}
	b, err := json.Marshal(out)
	if err != nil {
		return "{}"
	}
	return string(b)
}
