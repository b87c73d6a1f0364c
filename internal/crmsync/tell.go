package crmsync

import (
	"context"
	"errors"
	"maps"
	"slices"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/mapping"
)

// tellAll brings every record of a customer to what the person is by now.
func (w *writer) tellAll(ctx context.Context) error {
	for _, l := range w.sub.Links {
		if l.Known != nil && !l.Known.Waits(w.sub.Customer.Contact) {
			continue
		}
		have, err := w.get(ctx, l)
		if crm.IsClass(err, crm.Gone) { // the mirror looks for what became of it
			continue
		}
		if err != nil {
			return err
		}
		if err := w.complete(ctx, l, personFields(w.sub.Customer.Contact), have); err != nil {
			return err
		}
	}
	return nil
}

// complete brings a person's record to the present state as far as the policies allow. What was changed in the CRM since
// both sides were last compared is left as it is there: the mirror compares it next.
func (w *writer) complete(ctx context.Context, l Link, fields mapping.Fields, have crm.Record) error {
	m, sides := w.mapping, w.sides(l, have)
	changed := sides.ChangedThere()
	if l.Known != nil {
		for _, p := range l.Known.Owed {
			m = m.Overwriting(l.Role, p.keys()...)
			for key, v := range personFields(w.sub.Customer.Contact) {
				if slices.Contains(p.keys(), key) {
					fields[key] = v
				}
			}
		}
	}
	if err := w.held(ctx, "update "+l.Module, l, fields, false); err != nil {
		return err
	}
	was, v := have, m.RenderChange(l.Role, fields, have)
	for _, p := range changed {
		for _, key := range p.keys() {
			delete(v, m.FieldOf(l.Role, key))
		}
	}
	have.Values = maps.Clone(have.Values)
	maps.Copy(have.Values, v)
	var known *Known
	if l.Known != nil {
		written := w.sides(l, have).Written(changed)
		if status, ok := v[m.FieldOf(l.Role, "lead_status")].(string); ok {
			written.Theirs.Status = status
		}
		known = &written
	}
	if err := w.change(ctx, l, was, v, known); err != nil {
		return err
	}
	if known == nil {
		return w.meet(ctx, l, have)
	}
	if len(v) == 0 && !l.Known.equal(*known) {
		l.Known = known
		if err := w.service.Store.Decide(ctx, w.org, w.config, []Link{l}); err != nil {
			return err
		}
	}
	if len(changed) > 0 {
		return w.service.Store.Cross(ctx, w.org, Crossed{Org: w.org, Config: w.config, Module: l.Module, Record: l.Record})
	}
	return nil
}

// sides are the customer and a record of theirs.
func (w *writer) sides(l Link, have crm.Record) Sides {
	ours, country := w.sub.Customer.Contact, w.sub.Organization.Country
	return Sides{Ours: ours, Shown: mirrored(w.mapping, l.Role, country, ours), Theirs: ReadFace(have, w.mapping, l.Role, country, ours).Contact, Known: l.Known}
}

// meet compares a customer with a record of theirs that the CRM had before, for the first time.
func (w *writer) meet(ctx context.Context, l Link, have crm.Record) error {
	p := Person{Config: w.config, Role: l.Role, Subject: l.Subject, Module: l.Module, Record: l.Record, Customer: w.sub.Customer.ID, Version: AnyVersion}
	if l.Role != crm.RoleRelatedRecord && w.sub.Lead != nil && string(w.sub.Lead.ID) == l.Subject {
		p.Lead = w.sub.Lead.ID
	}
	seen := Seen{Record: have, Mapping: w.mapping, Country: w.sub.Organization.Country, Truth: w.people.Truth, At: w.service.Now()}
	err := w.service.Store.FollowPerson(ctx, w.org, p, func(st PersonStanding) PersonChange { return st.Follow(seen) })
	if errors.Is(err, ErrMoved) { // another one has been faster
		return nil
	}
	return err
}

// made is what is known of a record that was made with these values.
func (w *writer) made(r crm.Role, v crm.Values) *Known {
	ours := w.sub.Customer.Contact
	return &Known{Ours: ours, Theirs: ReadFace(crm.Record{Values: v}, w.mapping, r, w.sub.Organization.Country, ours)}
}
