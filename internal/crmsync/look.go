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
	list, err := w.finder().Person(ctx, r, person, w.subjectOf(r))
	if err != nil {
		return l, w.failed(ctx, "find "+l.Module, l.Module, "", nil, 0, err)
	}
	for _, rec := range list {
		if r == crm.RoleLead && !w.isOpenLead(rec) {
			continue
		}
		l.Record, w.found[r] = rec.ID, rec
		l.Matched = w.finder().Grounds(r, rec, person, w.subjectOf(r))
		return l, nil
	}
	if begun, _ := w.sub.link(r); r != crm.RoleLead || begun.BegunStart.IsZero() {
		return l, nil
	}
	return w.lookAmongCompleted(ctx, l, list)
}

// lookAmongCompleted finds the lead of an insert whose answer was lost, where another booking of the customer has found and
// completed it before the insert was looked for: it has our reference.
func (w *writer) lookAmongCompleted(ctx context.Context, l Link, list []crm.Record) (Link, error) {
	for _, rec := range list {
		if !slices.Contains(w.sub.CompletedLeads, rec.ID) {
			continue
		}
		full, err := w.provider.Get(ctx, l.Module, rec.ID)
		if crm.IsClass(err, crm.Gone) {
			continue
		}
		if err != nil {
			return l, w.failed(ctx, "read "+l.Module, l.Module, rec.ID, nil, 0, err)
		}
		if full.Text(w.mapping.FieldOf(l.Role, "external_id")) == l.Subject || mapping.HasReference(full.Text(w.mapping.FieldOf(l.Role, "project_details")), l.Subject) {
			l.Record = full.ID
			return l, nil
		}
	}
	return l, nil
}

// refind looks for the record of a person that was begun before and may be there; it fails while it may still come.
func (w *writer) refind(ctx context.Context, l Link) (Link, error) {
	if l.Record != "" || w.fresh[l.Role] {
		return l, nil
	}
	again, err := w.look(ctx, l.Role)
	if err != nil {
		return l, err
	}
	if l.Record, l.Matched = again.Record, again.Matched; l.Record == "" {
		return l, w.underWay(l)
	}
	err = w.record(ctx, "found "+l.Module, l.Module, l.Record, nil, nil, 0, &l)
	return l, err
}

// grounds gives what the CRM's own check of duplicates goes by, for the field that it names.
func (w *writer) grounds(r crm.Role, field string) []lead.Ground {
	for key, g := range map[string]lead.Ground{"external_id": lead.ByID, "email": lead.ByEmail, "phone": lead.ByPhone, "mobile": lead.ByPhone, "phone_alt": lead.ByPhone} {
		if field != "" && w.mapping.FieldOf(r, key) == field {
			return []lead.Ground{g}
		}
	}
	return nil
}

func (w *writer) finder() Finder {
	return Finder{Provider: w.provider, Mapping: w.mapping, Country: w.sub.Organization.Country}
}

// saw reports whether a record that was found has every field that a row may change: what was not read looks empty, and
// would be filled.
func (w *writer) saw(r crm.Role, found crm.Record) bool {
	return !slices.ContainsFunc(w.mapping.Rows, func(row mapping.Row) bool {
		_, read := found.Values[row.Field]
		return row.Role == r && row.Policy != mapping.Create && !read
	})
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
