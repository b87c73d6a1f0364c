package zohocrm

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/zoho"
)

// Find asks by COQL: it reads what was written a moment ago.
func (p *provider) Find(ctx context.Context, q crm.Query) ([]crm.Record, error) {
	if len(q.Any) == 0 {
		return nil, nil // no condition would be every record of the module
	}
	cl, err := p.client()
	if err != nil {
		return nil, err
	}
	var groups []zoho.Condition
	for _, g := range q.Any {
		var all []zoho.Condition
		for _, m := range g {
			c, err := condition(m)
			if err != nil {
				return nil, err
			}
			all = append(all, c)
		}
		groups = append(groups, zoho.All(all...))
	}
	text, err := zoho.Select{Columns: q.Fields, From: q.Module, Where: zoho.Any(groups...), OrderBy: []zoho.Order{{Column: "id"}}, Limit: q.Limit}.Text()
	if err != nil {
		return nil, problem(err)
	}
	ctx, cancel := context.WithTimeout(ctx, callTakes)
	defer cancel()
	page, err := cl.COQL(ctx, text)
	if err != nil {
		return nil, problem(err)
	}
	out := make([]crm.Record, len(page.Records))
	for i, r := range page.Records {
		out[i] = record(q.Module, r)
	}
	return out, nil
}

func condition(m crm.Match) (zoho.Condition, error) {
	v := m.Value
	switch x := v.(type) {
	case crm.Ref:
		v = x.ID
	case time.Time:
		v = zoho.DateTime(x, time.UTC)
	case crm.Date:
		v = string(x)
	}
	text, _ := v.(string)
	switch m.Op {
	case crm.Equal:
		if strings.HasSuffix(text, `\`) { // COQL has no safe way to write it: its beginning finds more, which the caller compares
			if text = strings.TrimRight(text, `\`); text == "" || strings.Contains(text, "%") {
				return zoho.IsNotNull(m.Field), nil
			}
			return zoho.StartsWith(m.Field, text), nil
		}
		return zoho.Equal(m.Field, v), nil
	case crm.EndsWith:
		return zoho.EndsWith(m.Field, text), nil
	}
	return zoho.Condition{}, fmt.Errorf("zohocrm: no comparison %q", m.Op)
}

// Get reads a whole record.
func (p *provider) Get(ctx context.Context, module, id string) (crm.Record, error) {
	cl, err := p.client()
	if err != nil {
		return crm.Record{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, callTakes)
	defer cancel()
	r, err := cl.GetRecord(ctx, module, id)
	if err != nil {
		return crm.Record{}, problem(err)
	}
	return record(module, r), nil
}

// Create makes a record.
func (p *provider) Create(ctx context.Context, module string, v crm.Values) (string, error) {
	cl, err := p.client()
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, callTakes)
	defer cancel()
	results, err := cl.Insert(ctx, module, []zoho.Record{wire(v)}, zoho.WriteOptions{})
	if err != nil {
		return "", problem(err)
	}
	if results[0].Err != nil {
		return "", problem(results[0].Err)
	}
	return results[0].ID, nil
}

// Update changes a record.
func (p *provider) Update(ctx context.Context, module, id string, v crm.Values) error {
	cl, err := p.client()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, callTakes)
	defer cancel()
	r := wire(v)
	r["id"] = id
	results, err := cl.Update(ctx, module, []zoho.Record{r}, zoho.WriteOptions{})
	if err != nil {
		return problem(err)
	}
	return problem(results[0].Err)
}

// Delete puts a record into Zoho's recycle bin.
func (p *provider) Delete(ctx context.Context, module, id string) error {
	cl, err := p.client()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, callTakes)
	defer cancel()
	results, err := cl.Delete(ctx, module, []string{id}, zoho.WriteOptions{})
	if err != nil {
		return problem(err)
	}
	return problem(results[0].Err)
}

// leadsModule is the one module whose records Zoho converts.
const leadsModule = "Leads"

// Convert makes a contact of a lead.
func (p *provider) Convert(ctx context.Context, lead, contact crm.Ref) (string, error) {
	if lead.Module != leadsModule {
		return "", &crm.Problem{Class: crm.Unfit, Message: "only records of Leads are converted"}
	}
	cl, err := p.client()
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, callTakes)
	defer cancel()
	made, err := cl.ConvertLead(ctx, lead.ID, zoho.Conversion{Contact: contact.ID})
	if err != nil {
		return "", problem(err)
	}
	return made.Contact, nil
}

// wire writes values as Zoho wants them: instants with a numeric offset, references by id.
func wire(v crm.Values) zoho.Record {
	out := make(zoho.Record, len(v))
	for k, x := range v {
		if k == crm.InLayout {
			k = "Layout"
		}
		switch y := x.(type) {
		case time.Time:
			out[k] = zoho.DateTime(y, time.UTC)
		case crm.Date:
			out[k] = string(y)
		case crm.Ref:
			out[k] = map[string]any{"id": y.ID}
			if k == "What_Id" && y.Module != "" { // may point into several modules
				out["$se_module"] = y.Module
			}
		default:
			out[k] = y
		}
	}
	return out
}

// repeat reads how a meeting repeats: {"RRULE":"FREQ=WEEKLY;…","EXDATE":"2026-12-07,2026-12-14"}, the days also as a list.
func repeat(v any) *crm.Repeat {
	o, _ := v.(map[string]any)
	rule, _ := o["RRULE"].(string)
	if rule == "" {
		return nil
	}
	out := &crm.Repeat{Rule: rule}
	days, several := o["EXDATE"].([]any)
	if !several {
		days = []any{o["EXDATE"]}
	}
	for _, d := range days {
		text, _ := d.(string)
		for day := range strings.SplitSeq(text, ",") {
			if day = strings.TrimSpace(day); len(day) >= len(time.DateOnly) {
				out.Except = append(out.Except, crm.Date(day[:len(time.DateOnly)]))
			}
		}
	}
	return out
}

// record reads a record: what looks like an instant becomes one, what has an id a reference, several texts []string.
func record(module string, r zoho.Record) crm.Record {
	out := crm.Record{Module: module, ID: r.ID(), Values: make(crm.Values, len(r))}
	out.Modified, _ = r.Time(modifiedField)
	if _, out.TellsCancelled = r[cancelledField]; out.TellsCancelled {
		out.Cancelled = r.Bool(cancelledField)
	}
	out.Converted = r.Bool(convertedField)
	out.Repeat = repeat(r[repeatField])
	for k, v := range r {
		out.Values[k] = v
		switch x := v.(type) {
		case string:
			if t, ok := r.Time(k); ok && len(x) > len(time.DateOnly) {
				out.Values[k] = t
			}
		case map[string]any:
			if l, ok := r.Lookup(k); ok {
				out.Values[k] = crm.Ref{ID: l.ID, Name: l.Name}
			}
		case []any:
			if several := r.Texts(k); len(several) == len(x) {
				out.Values[k] = several
			}
		case json.Number:
			if n, err := x.Int64(); err == nil {
				out.Values[k] = n
			} else if f, err := x.Float64(); err == nil {
				out.Values[k] = f
			}
		}
	}
	out.Created, _ = out.Values["Created_Time"].(time.Time)
	out.ModifiedBy, _ = out.Values["Modified_By"].(crm.Ref)
	return out
}
