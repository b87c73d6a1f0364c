// Package trace follows one cause through the platform: the request that books, the jobs that follow from it, and each
// call to the CRM that they make.
//
// It is OpenTelemetry in our words, and the only package that imports it. A Tracer begins a span for a request (web) or a
// job (job); whatever happens below finds it in the context, and without one nothing is made (Note, ID). From a request to
// its jobs the cause travels as a Cause, kept with the job. What came from outside is never taken for a cause: visitors
// cannot choose what is recorded.
//
// A span holds what is ours to show: patterns of addresses, kinds, statuses, ids of ours, credits. Never tokens, names,
// addresses, phone numbers or values of records: `demo.TestTrip` looks for them.
package trace

import (
	"context"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	oteltrace "go.opentelemetry.io/otel/trace"
)

// Attr is something that a span says of itself.
type Attr = attribute.KeyValue

// Text is an Attr in words.
func Text(key, value string) Attr { return attribute.String(key, value) }

// Number is an Attr in numbers.
func Number[N ~int | ~int64](key string, value N) Attr { return attribute.Int64(key, int64(value)) }

// The kinds of spans that others than us look for.
const (
	Request = oteltrace.SpanKindServer
	Job     = oteltrace.SpanKindConsumer
)

// scope names whose spans these are.
const scope = "heavyset.tech/platform"

// Span is something that has begun. The zero value records nothing.
type Span struct{ span oteltrace.Span }

// Begin begins a span below what ctx holds, or the first of a trace. A nil Tracer begins none.
func (t *Tracer) Begin(ctx context.Context, kind oteltrace.SpanKind, name string, attrs ...Attr) (context.Context, Span) {
	if t == nil {
		return ctx, Span{}
	}
	ctx, s := t.provider.Tracer(scope).Start(ctx, name, oteltrace.WithSpanKind(kind), oteltrace.WithAttributes(attrs...))
	return ctx, Span{s}
}

// Name names the span anew: the pattern of a request is known once it has been routed.
func (s Span) Name(name string) {
	if s.span != nil {
		s.span.SetName(name)
	}
}

// Set adds to what the span says of itself.
func (s Span) Set(attrs ...Attr) {
	if s.span != nil {
		s.span.SetAttributes(attrs...)
	}
}

// Fail marks the span as failed. why is a word of ours, never an error's text.
func (s Span) Fail(why string) {
	if s.span != nil {
		s.span.SetStatus(codes.Error, why)
	}
}

// End ends the span.
func (s Span) End() {
	if s.span != nil {
		s.span.End()
	}
}

// Note records a call to somebody else that has just ended, below the span that ctx holds; without one it does nothing.
// failed is a word of ours, "" when all went well.
func Note(ctx context.Context, name string, began time.Time, took time.Duration, failed string, attrs ...Attr) {
	parent := oteltrace.SpanFromContext(ctx)
	if !parent.IsRecording() {
		return
	}
	_, s := parent.TracerProvider().Tracer(scope).Start(ctx, name,
		oteltrace.WithSpanKind(oteltrace.SpanKindClient), oteltrace.WithTimestamp(began), oteltrace.WithAttributes(attrs...))
	if failed != "" {
		s.SetStatus(codes.Error, failed)
	}
	s.End(oteltrace.WithTimestamp(began.Add(took)))
}

// ID is the trace that ctx belongs to, for the log; "" when there is none.
func ID(ctx context.Context) string {
	if c := oteltrace.SpanContextFromContext(ctx); c.HasTraceID() {
		return c.TraceID().String()
	}
	return ""
}

// Cause is what a job that follows from something keeps of it: the id of the request, and the place in the trace
// (https://www.w3.org/TR/trace-context/#traceparent-header).
type Cause struct {
	Request string `json:"request,omitempty"`
	Parent  string `json:"traceparent,omitempty"`
}

type requestKey struct{}

// WithRequest gives ctx the id of the request, or of the one that led to the job.
func WithRequest(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestKey{}, id)
}

// RequestID gives the id of the request, to tell people and to find it in the log.
func RequestID(ctx context.Context) string {
	s, _ := ctx.Value(requestKey{}).(string)
	return s
}

const parentField = "traceparent"

// CauseOf is what to keep of ctx.
func CauseOf(ctx context.Context) Cause {
	c := Cause{Request: RequestID(ctx)}
	if oteltrace.SpanContextFromContext(ctx).IsValid() {
		to := propagation.MapCarrier{}
		propagation.TraceContext{}.Inject(ctx, to)
		c.Parent = to[parentField]
	}
	return c
}

// Context gives ctx what was kept of a cause. What cannot be read is none.
func (c Cause) Context(ctx context.Context) context.Context {
	if c.Request != "" {
		ctx = WithRequest(ctx, c.Request)
	}
	if c.Parent == "" {
		return ctx
	}
	return propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{parentField: c.Parent})
}

type jobKey struct{}

// WithJob gives ctx the job that is being worked.
func WithJob(ctx context.Context, id int64) context.Context {
	return context.WithValue(ctx, jobKey{}, id)
}

// Words name what ctx belongs to, for the person who reports it and for the log's reader: "job 12, request req_…, trace …".
func Words(ctx context.Context) string {
	var out []string
	if id, ok := ctx.Value(jobKey{}).(int64); ok {
		out = append(out, "job "+strconv.FormatInt(id, 10))
	}
	if r := RequestID(ctx); r != "" {
		out = append(out, "request "+r)
	}
	if id := ID(ctx); id != "" {
		out = append(out, "trace "+id)
	}
	return strings.Join(out, ", ")
}
