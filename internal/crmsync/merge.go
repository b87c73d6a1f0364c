package crmsync

import (
	"slices"
	"strings"

	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/settings"
)

// Sides are a customer and a record of theirs, to be compared.
type Sides struct {
	Ours   lead.Contact
	Shown  lead.Contact // ours as the record would show it
	Theirs lead.Contact
	Known  *Known // nil: they have not been compared yet
	Newer  bool   // ours was changed later than the record
}

// Merge is what comes of a comparison.
type Merge struct {
	Contact lead.Contact // what holds here
	Known   Known        // without the record's status, which is no part of a person
	Took    []Part       // changed here as they were changed in the CRM
	Asks    []Part       // changed on both sides, and nobody but a person decides
}

// Compare merges a customer with what their record shows, part by part. What one side changed since both were last
// compared holds; of what both changed truth decides. A blank part never takes the place of a value. Compare does nothing to
// the record: what of ours the CRM has to take follows from Known.
func Compare(s Sides, truth settings.Truth) Merge {
	out := Merge{Contact: s.Ours}
	if s.Known != nil {
		out.Known = *s.Known
		out.Known.Owed = slices.Clone(s.Known.Owed)
	}
	for _, p := range Parts() {
		s.decide(p, truth, &out)
	}
	return out
}

func (s Sides) decide(p Part, truth settings.Truth, out *Merge) {
	ours, theirs := p.Of(s.Ours), p.Of(s.Theirs)
	agreed := func(holds lead.Contact) {
		out.Known.Ours, out.Known.Theirs.Contact = p.Put(out.Known.Ours, holds), p.Put(out.Known.Theirs.Contact, theirs)
		out.Known.Owed = slices.DeleteFunc(out.Known.Owed, func(o Part) bool { return o == p })
	}
	take := func() {
		out.Contact = p.Put(out.Contact, theirs)
		out.Took = append(out.Took, p)
		agreed(theirs)
	}
	nothing := lead.Contact{}
	oursNew, theirsNew := ours != nothing, theirs != nothing // since they were last compared
	if s.Known != nil {
		oursNew = oursNew && ours != p.Of(s.Known.Ours)
		theirsNew = theirsNew && theirs != p.Of(s.Known.Theirs.Contact)
	}
	switch {
	case theirs == ours, theirs != nothing && (theirs == p.Of(s.Shown) || covers(p, ours, theirs)):
		agreed(ours)
	case theirs == nothing: // nothing to take; what of ours is not there yet is written by its policy
		if !oursNew {
			agreed(ours)
		}
	case ours == nothing, theirsNew && !oursNew && !slices.Contains(out.Known.Owed, p), theirsNew && (alike(p, ours, theirs) || covers(p, theirs, ours)):
		take()
	case !theirsNew: // a known difference, or a change of ours that waits to be written
	default:
		s.both(p, truth, out, take)
	}
}

// both decides on a part that was changed on both sides.
func (s Sides) both(p Part, truth settings.Truth, out *Merge, take func()) {
	switch {
	case truth == settings.TruthAsk:
		out.Asks = append(out.Asks, p)
	case truth == settings.TruthOurs, truth == settings.TruthNewest && s.Newer:
		out.Known.Theirs.Contact = p.Put(out.Known.Theirs.Contact, p.Of(s.Theirs))
		if !slices.Contains(out.Known.Owed, p) {
			out.Known.Owed = append(out.Known.Owed, p)
		}
	default:
		take()
	}
}

// alike reports whether two parts differ only in upper and lower case.
func alike(p Part, a, b lead.Contact) bool { return strings.EqualFold(p.Text(a), p.Text(b)) }

// covers reports whether an address says all that another one does: the same place, of which the other leaves out state or country,
// as modules without such fields do.
func covers(p Part, a, b lead.Contact) bool {
	return p == Address && a.Street == b.Street && a.City == b.City && a.PostalCode == b.PostalCode &&
		(b.State == "" || b.State == a.State) && (b.Country == "" || b.Country == a.Country)
}

// ChangedThere lists the parts that a record shows otherwise than when both sides were last compared, apart from what is
// ours by now. Who writes the record leaves them alone until they have been compared.
func (s Sides) ChangedThere() []Part {
	var out []Part
	for _, p := range Parts() {
		theirs := p.Of(s.Theirs)
		if s.Known != nil && theirs != (lead.Contact{}) && theirs != p.Of(s.Known.Theirs.Contact) && theirs != p.Of(s.Ours) && theirs != p.Of(s.Shown) && !covers(p, s.Ours, theirs) {
			out = append(out, p)
		}
	}
	return out
}

// Written gives what is known after ours was written: the record shows theirs now. Parts that were changed there stay as they were.
func (s Sides) Written(changed []Part) Known {
	out := *s.Known
	out.Owed = nil
	for _, p := range Parts() {
		if slices.Contains(changed, p) {
			if slices.Contains(s.Known.Owed, p) {
				out.Owed = append(out.Owed, p)
			}
			continue
		}
		out.Ours, out.Theirs.Contact = p.Put(out.Ours, p.Of(s.Ours)), p.Put(out.Theirs.Contact, p.Of(s.Theirs))
	}
	return out
}

// Waits reports whether the record has not been told of ours yet.
func (k Known) Waits(ours lead.Contact) bool {
	return len(k.Owed) > 0 || slices.ContainsFunc(Parts(), func(p Part) bool {
		return p.Of(ours) != (lead.Contact{}) && p.Of(ours) != p.Of(k.Ours)
	})
}
