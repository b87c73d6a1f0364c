// Package job carries out what follows from facts, durably, on River.
//
// A fact is a plain struct of the package that states it. A Table says who handles it: `On(t, "booking.booked", "mail",
// …)` makes the job kind `booking.booked/mail`. The store inserts one job per handler in the same transaction as the
// fact (Table.Jobs), so a job exists if and only if its fact does; Runner works them. What an error means for the job is
// decided here by its fault kind: Unavailable and Limited wait (snooze) and do not count as an attempt, Invalid, NotFound
// and Denied end the job where a person sees it, anything else is tried again with growing delay.
//
// A job may run twice (a process can die between its effect and its completion), so handlers are idempotent. The package
// knows no fact and no handler by name.
package job

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"heavyset.tech/platform/internal/trace"
)

// The queues. Mail never waits behind a CRM that does not answer.
const (
	QueueDefault = river.QueueDefault
	QueueMail    = "mail"
	QueueCRM     = "crm"
	QueueHooks   = "hooks" // webhooks: whoever takes long there holds up nobody but other webhooks
)

// Options of a handler.
type Options struct {
	Queue   string        // "" = QueueDefault
	Timeout time.Duration // 0 = one minute
	// Fair names whose job it is, so that one organization's slow jobs never take all workers: at most FairShare of one
	// name run at a time on a node. nil: no bound.
	Fair func(fact any) string
	// Once: while a job of this handler with the same fact waits or runs, another one is not inserted.
	Once bool
}

// FairShare is how many jobs of one name run at a time on one node.
const FairShare = 4

// Table says who handles which fact. Fill it with On before the store and the Runner get it.
type Table struct {
	byFact   map[reflect.Type][]*handler
	handlers []*handler
}

type handler struct {
	kind    string
	fact    reflect.Type
	options Options
	// periodic work is no span: what it finds to do would all be one trace. Its jobs begin traces of their own.
	periodic bool
	run      func(ctx context.Context, raw []byte) error
	decode   func(raw []byte) (any, error)
}

// On registers a handler of a fact. Kinds are unique: a second one of the same name is a mistake in the program.
func On[F any](t *Table, fact, handlerName string, o Options, f func(context.Context, F) error) {
	h := &handler{kind: fact + "/" + handlerName, fact: reflect.TypeFor[F](), options: o}
	if o.Queue == "" {
		h.options.Queue = QueueDefault
	}
	if o.Timeout == 0 {
		h.options.Timeout = time.Minute
	}
	h.decode = func(raw []byte) (any, error) {
		var v F
		d := json.NewDecoder(bytes.NewReader(raw))
		err := d.Decode(&v)
		return v, err
	}
	h.run = func(ctx context.Context, raw []byte) error {
		v, err := h.decode(raw)
		if err != nil {
			return fmt.Errorf("read the fact of %s: %w", h.kind, err)
		}
		return f(ctx, v.(F))
	}
	if slices.ContainsFunc(t.handlers, func(x *handler) bool { return x.kind == h.kind }) {
		panic("job: two handlers of the kind " + h.kind)
	}
	if t.byFact == nil {
		t.byFact = map[reflect.Type][]*handler{}
	}
	t.byFact[h.fact] = append(t.byFact[h.fact], h)
	t.handlers = append(t.handlers, h)
}

// name says whose a job is; "" where the handler asks for no fairness.
func (h *handler) name(raw []byte) (string, error) {
	if h.options.Fair == nil {
		return "", nil
	}
	fact, err := h.decode(raw)
	if err != nil {
		return "", err
	}
	return h.options.Fair(fact), nil
}

// Kinds lists the registered kinds, sorted.
func (t *Table) Kinds() []string {
	var out []string
	for _, h := range t.handlers {
		out = append(out, h.kind)
	}
	slices.Sort(out)
	return out
}

// Jobs gives the jobs that follow from a fact, to be inserted in its transaction; they keep what of ctx is their cause. A
// fact without a handler gives none.
func (t *Table) Jobs(ctx context.Context, fact any) ([]river.InsertManyParams, error) {
	if t == nil {
		return nil, nil
	}
	handlers := t.byFact[reflect.TypeOf(fact)]
	if len(handlers) == 0 {
		return nil, nil
	}
	raw, err := json.Marshal(fact)
	if err != nil {
		return nil, fmt.Errorf("write the fact %T: %w", fact, err)
	}
	var cause []byte
	if c := trace.CauseOf(ctx); c != (trace.Cause{}) {
		if cause, err = json.Marshal(c); err != nil {
			return nil, fmt.Errorf("write the cause of %T: %w", fact, err)
		}
	}
	out := make([]river.InsertManyParams, 0, len(handlers))
	for _, h := range handlers {
		o := &river.InsertOpts{Queue: h.options.Queue, MaxAttempts: maxAttempts, Metadata: cause}
		if h.options.Once {
			o.UniqueOpts = river.UniqueOpts{ByArgs: true, ByState: unfinished()}
		}
		out = append(out, river.InsertManyParams{Args: envelope{kind: h.kind, raw: raw}, InsertOpts: o})
	}
	return out, nil
}

// unfinished are the states of a job that is still going to be worked.
func unfinished() []rivertype.JobState {
	return []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning, rivertype.JobStateScheduled,
	}
}

// envelope is the arguments of every job: the fact's JSON under the kind of one of its handlers.
type envelope struct {
	kind string
	raw  json.RawMessage
}

// Kind names the job for River.
func (e envelope) Kind() string { return e.kind }

// MarshalJSON gives the fact itself.
func (e envelope) MarshalJSON() ([]byte, error) { return e.raw, nil }

// UnmarshalJSON keeps the fact's bytes for the handler.
func (e *envelope) UnmarshalJSON(b []byte) error {
	e.raw = append(e.raw[:0], b...)
	return nil
}
