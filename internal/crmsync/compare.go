package crmsync

import (
	"slices"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/lead"
)

// Finding is one line of a comparison: a customer of ours, or records of the CRM that are likely one person.
type Finding struct {
	Kind     FindingKind     `json:"kind"`
	Customer lead.CustomerID `json:"customer,omitempty"`
	Module   string          `json:"module"`
	Records  []string        `json:"records,omitempty"` // ids, the oldest first
	Grounds  []lead.Ground   `json:"grounds,omitempty"` // what they have in common
}

// FindingKind sorts findings.
type FindingKind string

// The kinds of findings.
const (
	FoundLinked    FindingKind = "linked"    // the customer's record is known already
	FoundMatch     FindingKind = "match"     // one record is the customer's
	FoundSeveral   FindingKind = "several"   // more than one is: the oldest will be taken
	FoundNew       FindingKind = "new"       // none is: a record will be made with the next booking
	FoundConflict  FindingKind = "conflict"  // one shares e-mail or phone, and is somebody else by name
	FoundDuplicate FindingKind = "duplicate" // records of the CRM that share an e-mail address or a phone number
)

// Kinds of findings in the order in which people are told of them.
func FindingKinds() []FindingKind {
	return []FindingKind{FoundMatch, FoundNew, FoundSeveral, FoundConflict, FoundDuplicate, FoundLinked}
}

// faces are the records of a module, found by e-mail address and phone number.
type faces struct {
	role   crm.Role
	finder Finder
	by     map[string][]crm.Record // "email …", "phone …"
}

func newFaces(r crm.Role, f Finder) *faces {
	return &faces{role: r, finder: f, by: map[string][]crm.Record{}}
}

// add takes a record in.
func (f *faces) add(rec crm.Record) {
	put := func(key string) {
		if !slices.ContainsFunc(f.by[key], func(x crm.Record) bool { return x.ID == rec.ID }) {
			f.by[key] = append(f.by[key], rec)
		}
	}
	for _, key := range phoneKeys() {
		c := f.finder.contact(f.role, rec, key)
		if c.Email != "" {
			put("email " + c.Email)
		}
		if c.Phone != "" {
			put("phone " + c.Phone)
		}
	}
}

// near gives the records that share a customer's e-mail address or phone number, the oldest first.
func (f *faces) near(c lead.Contact) []crm.Record {
	var out []crm.Record
	for _, key := range []string{"email " + c.Email, "phone " + c.Phone} {
		for _, rec := range f.by[key] {
			if !slices.ContainsFunc(out, func(x crm.Record) bool { return x.ID == rec.ID }) {
				out = append(out, rec)
			}
		}
	}
	slices.SortFunc(out, byAge)
	return out
}

// judge says what the module has of a customer. linked is the record that is known already; made: one is made where there is none.
func (f *faces) judge(k lead.Customer, linked string, made bool) (Finding, bool) {
	out := Finding{Customer: k.ID, Module: f.finder.Mapping.Module(f.role)}
	if linked != "" {
		out.Kind, out.Records = FoundLinked, []string{linked}
		return out, true
	}
	near := f.near(k.Contact)
	for _, rec := range near {
		if f.finder.is(f.role, rec, k.Contact, string(k.ID)) {
			if out.Records = append(out.Records, rec.ID); len(out.Records) == 1 {
				out.Grounds = f.finder.Grounds(f.role, rec, k.Contact, string(k.ID))
			}
		}
	}
	switch {
	case len(out.Records) == 1:
		out.Kind = FoundMatch
	case len(out.Records) > 1:
		out.Kind = FoundSeveral
	case len(near) > 0:
		out.Kind, out.Records, out.Grounds = FoundConflict, []string{near[0].ID}, f.finder.Grounds(f.role, near[0], k.Contact, "")
	default:
		out.Kind = FoundNew
		return out, made
	}
	return out, true
}

// duplicates gives the records that share an e-mail address or a phone number, each set once.
func (f *faces) duplicates() []Finding {
	sets := map[string]*Finding{}
	for key, list := range f.by {
		if len(list) < 2 {
			continue
		}
		list = slices.SortedFunc(slices.Values(list), byAge)
		ids, name := make([]string, len(list)), ""
		for i, rec := range list {
			ids[i], name = rec.ID, name+" "+rec.ID
		}
		ground := lead.ByPhone
		if key[:5] == "email" {
			ground = lead.ByEmail
		}
		if sets[name] == nil {
			sets[name] = &Finding{Kind: FoundDuplicate, Module: f.finder.Mapping.Module(f.role), Records: ids}
		}
		sets[name].Grounds = append(sets[name].Grounds, ground)
	}
	out := make([]Finding, 0, len(sets))
	for _, s := range sets {
		slices.Sort(s.Grounds)
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b Finding) int { return byAge(crm.Record{ID: a.Records[0]}, crm.Record{ID: b.Records[0]}) })
	return out
}
