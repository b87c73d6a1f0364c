package crmsync

import (
	"context"
	"time"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/lead"
	"heavyset.tech/platform/internal/settings"
)

// converts reports whether the CRM is to make the person's contact of their lead: of one that was open before they booked, and
// only when the visit is written for the first time.
func (w *writer) converts() bool {
	l, ok := w.sub.link(crm.RoleLead)
	if !ok || w.people.Booked != settings.BookedConvert || w.sub.Appointment == nil || w.sub.Pushed > 0 || w.unconverted || l.Record == "" || l.Record == NoRecord {
		return false
	}
	return l.found() || w.sub.Lead != nil && w.sub.Lead.Kind != lead.FromBooking
}

// convert has the CRM make the contact of the lead, where that is the setting. The lead's own state tells whether it was done
// before, so a conversion whose answer was lost is not repeated: the contact is looked for. One that is refused leaves the lead
// as it is.
func (w *writer) convert(ctx context.Context) error {
	if !w.converts() {
		return nil
	}
	interest, _ := w.sub.link(crm.RoleLead)
	have, err := w.get(ctx, interest)
	if crm.IsClass(err, crm.Gone) { // deleted, or converted where a reading by id does not show those: its contact is looked for
		return w.wasConverted(ctx, "lead gone", interest)
	}
	if err != nil {
		return err
	}
	if have.Converted {
		return w.wasConverted(ctx, "lead converted", interest)
	}
	contact, ok := w.sub.link(crm.RoleRelatedRecord)
	if !ok {
		return nil
	}
	if contact, err = w.refind(ctx, contact); err != nil {
		return err
	}
	return w.callConvert(ctx, interest, contact)
}

// callConvert carries the conversion out.
func (w *writer) callConvert(ctx context.Context, interest, contact Link) error {
	kind, began := "convert "+interest.Module, w.service.Now()
	into := crm.Ref{ID: contact.Record, Module: contact.Module}
	sent := crm.Values{}
	if into.ID != "" {
		sent[contact.Module] = into
	} else {
		contact.Sent = began
	}
	if err := w.about(ctx, &contact); err != nil {
		return err
	}
	made, err := w.provider.Convert(ctx, crm.Ref{ID: interest.Record, Module: interest.Module}, into)
	took := w.service.Now().Sub(began)
	switch p := crm.AsProblem(err); {
	case err == nil:
	case p != nil && p.Class == crm.Gone: // by somebody else in this very moment, or by the answer that was lost
		return w.wasConverted(ctx, "lead converted", interest)
	case p != nil && refusesConversion(p):
		w.unconverted = true
		if contact.Record == "" {
			contact.Sent = time.Time{} // nothing is under way
		}
		return w.notConverted(ctx, kind, interest, contact, sent, took, p)
	default:
		return w.failed(ctx, kind, interest.Module, interest.Record, sent, took, err)
	}
	contact.Record, contact.BegunStart, contact.Sent = made, time.Time{}, time.Time{}
	if err := w.record(ctx, kind, contact.Module, made, sent, nil, took, &contact); err != nil {
		return err
	}
	return w.leadConverted(ctx, "lead converted", interest)
}

// refusesConversion reports whether the CRM has read the conversion and will not carry it out, which waiting does not change.
func refusesConversion(p *crm.Problem) bool {
	switch p.Class {
	case crm.Rejected, crm.Duplicate, crm.Forbidden, crm.ScopeMissing, crm.Unfit:
		return !p.Unknown
	}
	return false
}

// notConverted keeps why a conversion was refused; the visit is written without it.
func (w *writer) notConverted(ctx context.Context, kind string, interest, contact Link, sent crm.Values, took time.Duration, p *crm.Problem) error {
	a := w.attempt(kind, interest.Module, interest.Record, sent, took)
	a.State, a.Answer, a.Code = AttemptFailed, answerOf("", p), p.Code
	a.Error = p.Words() + " The lead was kept. " + p.Advice()
	return w.keep(ctx, a, &contact)
}

// wasConverted goes on after a conversion that was carried out before: the contact that came of it is looked for.
func (w *writer) wasConverted(ctx context.Context, kind string, interest Link) error {
	if contact, ok := w.sub.link(crm.RoleRelatedRecord); ok && contact.Record == "" {
		again, err := w.look(ctx, crm.RoleRelatedRecord)
		if err != nil {
			return err
		}
		if again.Record != "" {
			contact.Record, contact.Matched, contact.BegunStart, contact.Sent = again.Record, again.Matched, time.Time{}, time.Time{}
			if err := w.record(ctx, "found "+contact.Module, contact.Module, contact.Record, nil, nil, 0, &contact); err != nil {
				return err
			}
		}
	}
	return w.leadConverted(ctx, kind, interest)
}

// leadConverted takes note that the lead is none any more: what becomes of the person is told to the contact.
func (w *writer) leadConverted(ctx context.Context, kind string, interest Link) error {
	from := interest.Record
	interest.Record = NoRecord
	return w.record(ctx, kind, interest.Module, from, nil, nil, 0, &interest)
}
