package crmsync

import (
	"context"
	"time"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/mapping"
)

// underWay fails while an insert that was sent before may still be carried out, although the CRM has no such record yet.
func (w *writer) underWay(l Link) error {
	if l.Sent.IsZero() {
		return nil
	}
	left := crm.CallTakes - w.service.Now().Sub(l.Sent)
	if left <= 0 {
		return nil
	}
	return &crm.Problem{Class: crm.Busy, RetryAfter: min(left, crm.CallTakes), Message: "an insert that was cut off may still be carried out"}
}

// create makes a record and keeps its link. A duplicate that the CRM points to is taken instead. It does nothing
// when the lease is lost: a node that stood still for a while has been taken for dead, and another one has carried on.
func (w *writer) create(ctx context.Context, l Link, fields mapping.Fields) error {
	kind, began := "create "+l.Module, w.service.Now()
	if err := w.held(ctx, kind, l, fields, true); err != nil {
		return err
	}
	v := w.mapping.RenderNew(l.Role, fields)
	l.Sent = began
	if err := w.about(ctx, &l); err != nil {
		return err
	}
	rid, err := w.provider.Create(ctx, l.Module, v)
	err = w.named(ctx, l.Role, l.Module, err)
	took := w.service.Now().Sub(began)
	p := crm.AsProblem(err)
	if p != nil && p.Class == crm.Duplicate && p.Existing.ID != "" && p.Existing.Module == l.Module {
		l.Record = p.Existing.ID
		if l.Role != crm.RoleAppointment {
			l.BegunStart = time.Time{} // the CRM knew this person after all
			l.Matched = w.grounds(l.Role, p.Field)
		}
		return w.record(ctx, kind, l.Module, l.Record, v, p, took, &l)
	}
	if err != nil {
		if p != nil && !p.Unknown || fault.Is(err, fault.Unavailable) { // refused, or no turn to be sent: nothing is under way
			l.Sent = time.Time{}
			if err2 := w.service.Store.Decide(context.WithoutCancel(ctx), w.org, w.config, []Link{l}); err2 != nil {
				return err2
			}
		}
		return w.failed(ctx, kind, l.Module, "", v, took, err)
	}
	l.Record = rid
	if l.Role != crm.RoleAppointment {
		l.Known = w.made(l.Role, v)
	}
	return w.record(ctx, kind, l.Module, rid, v, nil, took, w.done(l), w.wrote(l, nil, v, true)...)
}

// update changes a record from what it is.
func (w *writer) update(ctx context.Context, l Link, have crm.Record, fields mapping.Fields) error {
	if err := w.held(ctx, "update "+l.Module, l, fields, false); err != nil {
		return err
	}
	return w.change(ctx, l, have, w.mapping.RenderChange(l.Role, fields, have), nil)
}

// change writes values into a record; nothing to change is nothing to do. Of a person's record, known is what holds once it is
// written.
func (w *writer) change(ctx context.Context, l Link, have crm.Record, v crm.Values, known *Known) error {
	if len(v) == 0 {
		return nil
	}
	if err := w.about(ctx, &l); err != nil {
		return err
	}
	kind, began := "update "+l.Module, w.service.Now()
	err := w.named(ctx, l.Role, l.Module, w.provider.Update(ctx, l.Module, l.Record, v))
	took := w.service.Now().Sub(began)
	if err != nil {
		return w.failed(ctx, kind, l.Module, l.Record, v, took, err, w.wrote(l, &have, v, false)...)
	}
	if known != nil {
		l.Known = known
	}
	return w.record(ctx, kind, l.Module, l.Record, v, nil, took, w.done(l), w.wrote(l, &have, v, true)...)
}

// held fails where a value of ours has no counterpart in a pick list and must not be left out.
func (w *writer) held(ctx context.Context, kind string, l Link, fields mapping.Fields, fresh bool) error {
	rows := w.mapping.Held(l.Role, fields, fresh)
	if len(rows) == 0 {
		return nil
	}
	p := &crm.Problem{Class: crm.Held, Field: rows[0].Field, Message: "“" + rows[0].Key + "”"} // not the value: it may be personal
	if h, ok := mapping.HeavyFieldOf(l.Role, rows[0].Key); ok {
		p.Message = "“" + h.Label + "”"
	}
	return w.failed(ctx, kind, l.Module, l.Record, nil, 0, p)
}

func (w *writer) get(ctx context.Context, l Link) (crm.Record, error) {
	r, err := w.provider.Get(ctx, l.Module, l.Record)
	if err != nil && !crm.IsClass(err, crm.Gone) {
		err = w.failed(ctx, "read "+l.Module, l.Module, l.Record, nil, 0, err)
	}
	return r, err
}

// record keeps a successful attempt, its link and what it wrote, in the store and for the rest of this run.
func (w *writer) record(ctx context.Context, kind, module, id string, v crm.Values, note *crm.Problem, took time.Duration, l *Link, wrote ...Value) error {
	a := w.attempt(kind, module, id, v, took)
	a.State, a.Answer, a.Wrote = AttemptWritten, answerOf(id, note), wrote
	return w.keep(ctx, a, l)
}

// keep keeps an attempt with the link that came of it.
func (w *writer) keep(ctx context.Context, a Attempt, l *Link) error {
	err := w.service.Store.Record(ctx, w.org, a, l)
	if l == nil {
		return err
	}
	l.Version++
	for i := range w.sub.Links {
		if w.sub.Links[i].Role == l.Role && w.sub.Links[i].Subject == l.Subject { // a customer may have several leads
			w.sub.Links[i] = *l
		}
	}
	return err
}

// failed keeps a failed attempt, with what it may have written although no answer came, and gives the failure back.
func (w *writer) failed(ctx context.Context, kind, module, id string, v crm.Values, took time.Duration, err error, wrote ...Value) error {
	p := crm.AsProblem(err)
	if p == nil {
		return err // parked, no turn, or our own mistake: no word of the CRM to keep
	}
	a := w.attempt(kind, module, id, v, took)
	a.State = AttemptFailed
	if p.Unknown {
		a.State, a.Wrote = AttemptUnknown, wrote
	}
	a.Answer, a.Error, a.Code = answerOf("", p), p.Words()+" "+p.Advice(), p.Code
	if err2 := w.service.Store.Record(context.WithoutCancel(ctx), w.org, a, nil); err2 != nil {
		return err2
	}
	return err
}
