package crmsync

import (
	"slices"
	"strings"
	"time"

	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/lead"
)

// RecordPlan is what an undo does to one record.
type RecordPlan struct {
	Role           crm.Role
	Module, Record string
	Customer       lead.CustomerID
	Delete         bool   // we made it, and nobody has changed it since
	Refused        string // why nothing is done to it; "" when something is
	Fields         []FieldPlan

	appointment booking.AppointmentID
	lead        lead.ID
	gone        bool // a run before this one deleted it
	live        crm.Record
}

// FieldPlan is what an undo does to one field.
type FieldPlan struct {
	Newest  Value  // the newest write to the field that was carried out
	Live    any    // what the CRM has
	Target  any    // what is put back
	Refused string // why it is left as it is; "" when it is put back
	Already bool   // the CRM has the target already
}

// The slack between what we and the CRM call now, and between the making of a record and what the CRM itself does to it
// then.
const (
	clockSlack = time.Minute
	makeSlack  = 10 * time.Second
)

// planRecord decides what an undo does to one record. all are the writes to it, the oldest first; chosen are those to be
// taken back; live is the record as it is now, if it is there.
//
// A field is put back only where its newest write is a chosen one and the CRM still has what that wrote. It goes back to
// what was before the first of the chosen writes in an unbroken row, so what was written between them by others is never
// lost. A record that we made is deleted or left alone as a whole.
func planRecord(all []Value, chosen map[ValueID]bool, undo UndoID, live crm.Record, there bool) RecordPlan {
	var p RecordPlan
	if len(all) == 0 {
		return p
	}
	p.Role, p.Customer = all[0].Role, all[0].Customer
	made := false
	for _, v := range all {
		if chosen[v.ID] {
			made = made || v.Made
			p.appointment, p.lead = v.Appointment, v.Lead
		}
	}
	if !there {
		p.gone = undo != "" && slices.ContainsFunc(all, func(v Value) bool { return v.Undo == undo })
		p.refuse("The record is not in Zoho any more.")
		return p
	}
	all, p.live = carriedOut(all, live), live
	var fields []string
	for _, v := range all {
		if !slices.Contains(fields, v.Field) {
			fields = append(fields, v.Field)
		}
	}
	slices.Sort(fields)
	for _, name := range fields {
		if f, ok := planField(name, all, chosen, undo, live); ok {
			p.Fields = append(p.Fields, f)
		}
	}
	if made {
		p.planDeletion(all, chosen, live)
	}
	return p
}

// carriedOut leaves out writes whose answer was lost and that the CRM shows no trace of: the field is as it was before.
func carriedOut(all []Value, live crm.Record) []Value {
	var out []Value
	newer := map[string]bool{} // fields with a later write that was carried out
	for _, v := range slices.Backward(all) {
		have := live.Values[v.Field]
		if !v.Sure && !newer[v.Field] && !crm.SameValue(have, v.After) && crm.SameValue(have, v.Before) {
			continue
		}
		newer[v.Field] = true
		out = append(out, v)
	}
	slices.Reverse(out)
	return out
}

// planField decides about one field; false when no write to it is to be taken back.
func planField(name string, all []Value, chosen map[ValueID]bool, undo UndoID, live crm.Record) (FieldPlan, bool) {
	var writes []Value // newest first
	for _, v := range slices.Backward(all) {
		if v.Field == name {
			writes = append(writes, v)
		}
	}
	f := FieldPlan{Live: live.Values[name]}
	f.Newest = writes[0]
	if undo != "" && f.Newest.Undo == undo { // a run before this one has put it back, or tried to
		f.Target, f.Already = f.Newest.After, crm.SameValue(f.Live, f.Newest.After)
		return f, true
	}
	if !slices.ContainsFunc(writes, func(v Value) bool { return chosen[v.ID] }) {
		return f, false
	}
	f.Target = f.Newest.After
	for _, v := range writes {
		if !chosen[v.ID] {
			break
		}
		f.Target = v.Before
	}
	f.Already = chosen[f.Newest.ID] && crm.SameValue(f.Live, f.Target)
	_, unknown := f.Target.(crm.Opaque)
	switch {
	case !chosen[f.Newest.ID] && f.Newest.Undo != "":
		f.Refused = "It was undone before."
	case !chosen[f.Newest.ID]:
		f.Refused = "HeavySet has written this field again since."
	case f.Already:
	case !crm.SameValue(f.Live, f.Newest.After):
		f.Refused = "It was changed in Zoho since." + lastChange(live)
	case unknown:
		f.Refused = "What was there before is of a kind that HeavySet cannot write."
	}
	return f, true
}

// lastChange names who changed a record last, where the CRM says so.
func lastChange(live crm.Record) string {
	var parts []string
	if live.ModifiedBy.Name != "" {
		parts = append(parts, "by "+live.ModifiedBy.Name)
	}
	if !live.Modified.IsZero() {
		parts = append(parts, "on "+live.Modified.UTC().Format("2 Jan 2006, 15:04 MST"))
	}
	if len(parts) == 0 {
		return ""
	}
	return " The record was last changed " + strings.Join(parts, " ") + "."
}

// planDeletion decides about a record that we made: it may go only as a whole and as long as it is ours alone.
func (p *RecordPlan) planDeletion(all []Value, chosen map[ValueID]bool, live crm.Record) {
	last, again := all[0].At, false
	for _, v := range all {
		if !chosen[v.ID] {
			p.refuse("HeavySet made this record, and other writes to it are not to be undone.")
			return
		}
		again = again || !v.Made
		last = v.At
	}
	for _, f := range p.Fields {
		if !crm.SameValue(f.Live, f.Newest.After) {
			p.refuse("It was changed in Zoho since." + lastChange(live))
			return
		}
	}
	latest := live.Created.Add(makeSlack) // by the CRM's own clock
	if again {
		latest = last.Add(clockSlack)
	}
	switch {
	case live.Created.IsZero() || live.Modified.IsZero():
		p.refuse("Zoho does not say whether somebody has changed this record since.")
	case live.Modified.After(latest):
		p.refuse("It was changed in Zoho since." + lastChange(live))
	default:
		p.Delete = true
	}
}

// refuse leaves the record as it is.
func (p *RecordPlan) refuse(why string) {
	p.Delete, p.Refused = false, why
}

// restores lists the fields that are put back.
func (p RecordPlan) restores() []FieldPlan {
	if p.Refused != "" || p.Delete {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(p.Fields), func(f FieldPlan) bool { return f.Refused != "" || f.Already })
}

// Restores counts the fields that are put back.
func (p RecordPlan) Restores() int { return len(p.restores()) }

// values gives what is written to put the fields back.
func (p RecordPlan) values() crm.Values {
	var out crm.Values
	for _, f := range p.restores() {
		if out == nil {
			out = crm.Values{}
		}
		out[f.Newest.Field] = f.Target
	}
	return out
}

// count says what a plan comes to, once it is carried out.
func (p RecordPlan) count(r *UndoRecord) {
	r.State, r.Restored, r.Refused, r.Deleted, r.Words = UndoDone, int64(p.Restores()), 0, p.Delete, p.Refused
	var why []string
	for _, f := range p.Fields {
		switch {
		case p.Refused != "" || f.Refused != "":
			r.Refused++
			if f.Refused != "" && !slices.Contains(why, f.Newest.Field+": "+f.Refused) {
				why = append(why, f.Newest.Field+": "+f.Refused)
			}
		case f.Already && f.Newest.Undo != "":
			r.Restored++ // by a run whose answer was lost
		}
	}
	if r.Words == "" {
		r.Words = strings.Join(why, " ")
	}
	switch {
	case p.gone:
		r.Deleted, r.Words = true, ""
	case p.Refused != "", r.Restored == 0 && r.Refused > 0 && !r.Deleted:
		r.State = UndoRefused
	}
}

// wrote is what is kept of an undo that was sent: it can be seen, and undone itself.
func (p RecordPlan) wrote(u Undo, a AttemptID, now time.Time, sure bool) []Value {
	fields := p.restores()
	if p.Delete {
		fields = p.Fields
	}
	var out []Value
	for _, f := range fields {
		v := f.Newest
		v.ID, v.Attempt, v.At, v.Made, v.Sure, v.Undo = ValueID(id.New("val", now)), a, now, false, sure, u.ID
		v.Before, v.After = f.Live, f.Target
		if p.Delete {
			v.After = nil
		}
		out = append(out, v)
	}
	return out
}
