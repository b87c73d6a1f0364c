package demo_test

import (
	"fmt"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"heavyset.tech/platform/internal/demo"
	"heavyset.tech/platform/internal/trace"
)

// tracing has every span of a demo kept.
func tracing(t *testing.T) (*tracetest.InMemoryExporter, func(*demo.Options)) {
	t.Helper()
	kept := tracetest.NewInMemoryExporter()
	tracer, err := trace.New(t.Context(), trace.Options{Exporter: kept})
	if err != nil {
		t.Fatal(err)
	}
	return kept, func(o *demo.Options) { o.Tracer = tracer }
}

// traced wants one trace from the request that booked through its jobs to each call to Zoho.
func traced(t *testing.T, spans tracetest.SpanStubs) {
	t.Helper()
	byID := map[string]tracetest.SpanStub{}
	for _, s := range spans {
		byID[s.SpanContext.SpanID().String()] = s
	}
	said := func(s tracetest.SpanStub, key string) string {
		for _, a := range s.Attributes {
			if string(a.Key) == key {
				return a.Value.String()
			}
		}
		return ""
	}
	calls, mailed := map[string]bool{}, false
	for _, s := range spans {
		job, ok := byID[s.Parent.SpanID().String()]
		if s.Name == "booking.booked/mail" && job.Name == "POST /api/v1/schedulers/{scheduler}/bookings" {
			mailed = true
		}
		if !strings.HasPrefix(s.Name, "zoho ") || !ok || job.Name != "booking.booked/crm" {
			continue
		}
		request := byID[job.Parent.SpanID().String()]
		if request.Name != "POST /api/v1/schedulers/{scheduler}/bookings" || said(request, "http.response.status_code") != "201" || !strings.HasPrefix(said(request, "request"), "req_") {
			t.Errorf("%s: its job follows from %q %v", s.Name, request.Name, request.Attributes)
		}
		if s.SpanContext.TraceID() != request.SpanContext.TraceID() || said(job, "job") == "" || !strings.HasPrefix(said(job, "org"), "org_") {
			t.Errorf("%s: not one trace, or the job says too little: %v", s.Name, job.Attributes)
		}
		if said(s, "zoho.credits") == "" || said(s, "http.response.status_code") == "" || said(s, "zoho.datacentre") != "us" || s.EndTime.Before(s.StartTime) {
			t.Errorf("%s says too little: %v", s.Name, s.Attributes)
		}
		calls[said(s, "http.request.method")+" "+said(s, "zoho.module")] = true
	}
	for _, want := range []string{"POST Leads", "POST Contacts", "POST Events"} {
		if !calls[want] {
			t.Errorf("no span of %s in the booking's trace, but of %v", want, calls)
		}
	}
	if !mailed {
		t.Error("no span of the mail's job in the booking's trace")
	}
}

// nothingOf wants none of these words in any span.
func nothingOf(t *testing.T, spans tracetest.SpanStubs, words ...string) {
	t.Helper()
	if len(spans) < 10 {
		t.Errorf("only %d spans to look through", len(spans))
	}
	for _, s := range spans {
		text := strings.ToLower(fmt.Sprint(s.Name, s.Attributes, s.Events, s.Status, s.Links, s.Resource.Attributes(), s.SpanContext.TraceState()))
		for _, w := range words {
			if strings.Contains(text, strings.ToLower(w)) {
				t.Errorf("%q is in the span %s", w, text)
			}
		}
	}
}
