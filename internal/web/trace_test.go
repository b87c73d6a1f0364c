package web_test

import (
	"net/http"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"heavyset.tech/platform/internal/trace"
	"heavyset.tech/platform/internal/web"
)

// TestRequestsThatChangeAreTraced: by their pattern, never by an address, which may be a secret; what others name as their
// trace is not ours; and the log names it.
func TestRequestsThatChangeAreTraced(t *testing.T) {
	t.Parallel()
	kept := tracetest.NewInMemoryExporter()
	tracer, err := trace.New(t.Context(), trace.Options{Exporter: kept})
	if err != nil {
		t.Fatal(err)
	}
	h, log := handler(t, func(c *web.Config) {
		c.Tracer = tracer
		c.API = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	})
	send(h, "GET", "/who")
	const foreign = "4bf92f3577b34da6a3ce929d0e0e4736"
	send(h, "POST", "/appointments/secret-token/cancel", "Sec-Fetch-Site", "same-origin", "traceparent", "00-"+foreign+"-00f067aa0ba902b7-01")
	send(h, "SECRETS", "/api/v1/x")
	spans := kept.GetSpans()
	if len(spans) != 2 {
		t.Fatalf("%d spans", len(spans))
	}
	if s := spans[0]; s.Name != "POST /appointments/{token}/cancel" || s.SpanContext.TraceID().String() == foreign || s.Parent.IsValid() ||
		!strings.Contains(log.String(), "pattern=\"POST /appointments/{token}/cancel\" status=303") || !strings.Contains(log.String(), "trace="+s.SpanContext.TraceID().String()) {
		t.Errorf("%s %v\n%s", s.Name, s.Attributes, log)
	}
	if s := spans[1]; s.Name != "/api/" || s.Status.Description != "Service Unavailable" {
		t.Errorf("%s %v %v", s.Name, s.Status, s.Attributes)
	}
	for _, s := range spans {
		for _, a := range s.Attributes {
			if strings.Contains(strings.ToLower(a.Value.String()), "secret") {
				t.Errorf("the span %s says %v", s.Name, a)
			}
		}
	}
}
