package trace_test

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"heavyset.tech/platform/internal/trace"
)

// TestCauseSurvivesWhereverItIsKept: a job that is worked later, elsewhere, goes on with the trace and the request's id.
func TestCauseSurvivesWhereverItIsKept(t *testing.T) {
	t.Parallel()
	kept := tracetest.NewInMemoryExporter()
	tracer, err := trace.New(t.Context(), trace.Options{Exporter: kept})
	if err != nil {
		t.Fatal(err)
	}
	ctx, request := tracer.Begin(trace.WithRequest(t.Context(), "req_1"), trace.Request, "POST /book")
	cause := trace.CauseOf(ctx)
	request.End()
	if cause.Request != "req_1" || !strings.Contains(cause.Parent, trace.ID(ctx)) || trace.ID(ctx) == "" {
		t.Fatalf("%+v", cause)
	}
	later, job := tracer.Begin(cause.Context(context.Background()), trace.Job, "booking.booked/crm")
	trace.Note(later, "zoho POST /crm/v8/Leads", time.Now(), time.Millisecond, "no answer")
	job.Fail("wait")
	job.End()
	if trace.RequestID(later) != "req_1" || trace.ID(later) != trace.ID(ctx) {
		t.Errorf("request %q, trace %q", trace.RequestID(later), trace.ID(later))
	}
	spans := kept.GetSpans()
	if len(spans) != 3 || spans[1].Parent.SpanID() != spans[2].SpanContext.SpanID() || spans[2].Parent.SpanID() != spans[0].SpanContext.SpanID() {
		t.Errorf("not one chain: %v", spans)
	}
	for _, broken := range []string{"", "00-xyz-1-01", "00-" + strings.Repeat("0", 32) + "-00f067aa0ba902b7-01"} {
		if id := trace.ID(trace.Cause{Parent: broken}.Context(context.Background())); id != "" {
			t.Errorf("%q leads to the trace %s", broken, id)
		}
	}
}

// TestOffMakesNothing: without a Tracer there is nothing in the context, and nothing breaks.
func TestOffMakesNothing(t *testing.T) {
	t.Parallel()
	var off *trace.Tracer
	ctx, s := off.Begin(t.Context(), trace.Request, "POST /book")
	s.Name("x")
	s.Set(trace.Number("n", 1))
	s.Fail("x")
	trace.Note(ctx, "call", time.Now(), 0, "")
	s.End()
	off.Close()
	if trace.ID(ctx) != "" || trace.CauseOf(ctx) != (trace.Cause{}) {
		t.Error("there is a trace though none was begun")
	}
}

// TestTheCollectorGetsThem: by OTLP, with the address's password as sign-in, at the path that collectors have; when Close
// returns they are there.
func TestTheCollectorGetsThem(t *testing.T) {
	t.Parallel()
	var path, user, password, body string
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		path = r.URL.Path
		user, password, _ = r.BasicAuth()
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			t.Error(err)
			return
		}
		b, err := io.ReadAll(z)
		if err != nil {
			t.Error(err)
		}
		body = string(b)
	}))
	defer collector.Close()
	tracer, err := trace.New(t.Context(), trace.Options{
		URL: strings.Replace(collector.URL, "http://", "http://us%40er:p%2Fw@", 1), Version: "v1", Node: "node_1", Failed: func(err error) { t.Error(err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	_, s := tracer.Begin(t.Context(), trace.Request, "POST /book")
	s.End()
	tracer.Close()
	if path != "/v1/traces" || user != "us@er" || password != "p/w" || !strings.Contains(body, "POST /book") || !strings.Contains(body, "node_1") {
		t.Errorf("%s %s %s %q", path, user, password, body)
	}
}

// TestTheCollectorSendsNobodyElsewhere: what is traced, and the password, go to nobody whom the operator has not named.
func TestTheCollectorSendsNobodyElsewhere(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("spans were sent elsewhere") }))
	defer elsewhere.Close()
	collector := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	defer collector.Close()
	told := make(chan error, 9)
	tracer, err := trace.New(t.Context(), trace.Options{URL: collector.URL, Failed: func(err error) { told <- err }})
	if err != nil {
		t.Fatal(err)
	}
	_, s := tracer.Begin(t.Context(), trace.Request, "POST /book")
	s.End()
	tracer.Close()
	if len(told) == 0 {
		t.Error("nobody was told that spans are lost")
	}
}

// TestACollectorThatIsAwayHoldsUpNothing: what is lost is told, without the address's password; a stop does not wait for it.
func TestACollectorThatIsAwayHoldsUpNothing(t *testing.T) {
	t.Parallel()
	told := make(chan error, 9)
	tracer, err := trace.New(t.Context(), trace.Options{URL: "http://user:pass-word@127.0.0.1:1", Failed: func(err error) { told <- err }})
	if err != nil {
		t.Fatal(err)
	}
	_, s := tracer.Begin(t.Context(), trace.Request, "POST /book")
	s.End()
	began := time.Now()
	tracer.Close()
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("the stop took %v", took)
	}
	select {
	case err := <-told:
		if strings.Contains(err.Error(), "pass-word") || errors.Unwrap(err) == nil {
			t.Error(err)
		}
	default:
		t.Error("nobody was told that spans are lost")
	}
}

// BenchmarkBegin is what a request, a job and four calls cost with traces and without.
func BenchmarkBegin(b *testing.B) {
	for name, on := range map[string]bool{"off": false, "on": true} {
		b.Run(name, func(b *testing.B) {
			var tracer *trace.Tracer
			if on {
				collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
				defer collector.Close()
				var err error
				if tracer, err = trace.New(b.Context(), trace.Options{URL: collector.URL, Failed: func(error) {}}); err != nil {
					b.Fatal(err)
				}
				defer tracer.Close()
			}
			b.ReportAllocs()
			for b.Loop() {
				ctx, request := tracer.Begin(b.Context(), trace.Request, "POST /book", trace.Text("http.request.method", "POST"))
				cause := trace.CauseOf(ctx)
				request.Set(trace.Number("http.response.status_code", 201))
				request.End()
				ctx, job := tracer.Begin(cause.Context(context.Background()), trace.Job, "booking.booked/crm", trace.Number("job", 1))
				for range 4 {
					trace.Note(ctx, "zoho POST /crm/v8/Leads", time.Time{}, time.Millisecond, "", trace.Number("http.response.status_code", 201))
				}
				job.End()
			}
		})
	}
}
