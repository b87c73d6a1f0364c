package crmsync

import (
	"context"
	"slices"
	"strings"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/mapping"
)

// Finder finds a person's records in the CRM. What the CRM calls equal is only a hint: it compares by our own rule.
type Finder struct {
	Provider crm.Provider
	Mapping  mapping.Mapping
	Country  string
}

// Person gives the records of a role that are this person's, oldest first. own is our id, where a field holds it.
func (f Finder) Person(ctx context.Context, r crm.Role, person lead.Contact, own string) ([]crm.Record, error) {
	list, err := f.Provider.Find(ctx, f.query(r, person, own))
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(slices.Clone(list), func(rec crm.Record) bool { return !f.is(r, rec, person, own) })
	slices.SortFunc(list, byAge)
	return list, nil
}

// byAge orders records: ids grow.
func byAge(a, b crm.Record) int {
	if d := len(a.ID) - len(b.ID); d != 0 {
		return d
	}
	return strings.Compare(a.ID, b.ID)
}

// fields lists what is read of a record to compare it.
func (f Finder) fields(r crm.Role) []string {
	var out []string
	for _, key := range []string{"external_id", "first_name", "last_name", "email", "phone", "mobile", "phone_alt", "street", "city", "state", "zip", "country", "lead_status"} {
		if name := f.Mapping.FieldOf(r, key); name != "" {
			out = append(out, name)
		}
	}
	return out
}

// query asks for records with our own id, the same e-mail address, or the same last name and the same end of a phone
// number.
func (f Finder) query(r crm.Role, c lead.Contact, own string) crm.Query {
	field := func(key string) string { return f.Mapping.FieldOf(r, key) }
	q := crm.Query{Module: f.Mapping.Module(r), Fields: append([]string{"id"}, f.fields(r)...), Limit: 200}
	if name := field("external_id"); name != "" && own != "" {
		q.Any = append(q.Any, []crm.Match{{Field: name, Op: crm.Equal, Value: own}})
	}
	if c.Email != "" && field("email") != "" {
		q.Any = append(q.Any, []crm.Match{{Field: field("email"), Op: crm.Equal, Value: c.Email}})
	}
	if len(c.Phone) <= 4 {
		return q
	}
	for _, key := range phoneKeys() {
		if name := field(key); name != "" && field("last_name") != "" {
			q.Any = append(q.Any, []crm.Match{
				{Field: field("last_name"), Op: crm.Equal, Value: c.LastName},
				{Field: name, Op: crm.EndsWith, Value: c.Phone[len(c.Phone)-4:]},
			})
		}
	}
	return q
}

// phoneKeys are the HeavySet fields that hold a person's phone numbers.
func phoneKeys() []string { return []string{"phone", "mobile", "phone_alt"} }

// Grounds gives what a record and a person have in common; own is our id, where a field holds it.
func (f Finder) Grounds(r crm.Role, rec crm.Record, person lead.Contact, own string) []lead.Ground {
	var out []lead.Ground
	if own != "" && rec.Text(f.Mapping.FieldOf(r, "external_id")) == own {
		out = append(out, lead.ByID)
	}
	for _, key := range phoneKeys() {
		for _, g := range lead.Shared(person, f.contact(r, rec, key)) {
			if !slices.Contains(out, g) {
				out = append(out, g)
			}
		}
	}
	return out
}

// contact reads a record as a normalised contact with one of its phone numbers.
func (f Finder) contact(r crm.Role, rec crm.Record, phoneKey string) lead.Contact {
	text := func(key string) string { return rec.Text(f.Mapping.FieldOf(r, key)) }
	c := lead.Contact{
		FirstName: text("first_name"), LastName: text("last_name"), Email: strings.ToLower(strings.TrimSpace(text("email"))), Street: text("street"), City: text("city"), PostalCode: text("zip"),
	}
	if e164, ok := lead.Phone(text(phoneKey), f.Country); ok {
		c.Phone = e164
	}
	return c
}

// is compares a record with a person by the same rule as our own customers.
func (f Finder) is(r crm.Role, rec crm.Record, person lead.Contact, own string) bool {
	if own != "" && rec.Text(f.Mapping.FieldOf(r, "external_id")) == own {
		return true
	}
	for _, key := range phoneKeys() {
		if lead.Same(person, f.contact(r, rec, key)) {
			return true
		}
	}
	return false
}
