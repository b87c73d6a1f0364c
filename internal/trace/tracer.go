package trace

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// Tracer begins spans and sends them away. A nil one does neither.
type Tracer struct {
	provider *sdktrace.TracerProvider
	failed   func(error)
}

// Options of a Tracer.
type Options struct {
	URL      string                // of the collector, OTLP by HTTP: http or https, with user:password@ if it wants that
	Exporter sdktrace.SpanExporter // in the place of URL, each span at once: for tests
	Version  string                // of this program
	Node     string                // of all that run
	Failed   func(err error)       // told when spans could not be sent; they are lost
}

// New makes a Tracer. ctx bounds only the making.
func New(ctx context.Context, o Options) (*Tracer, error) {
	about := resource.NewSchemaless(Text("service.name", "heavyset"), Text("service.version", o.Version), Text("service.instance.id", o.Node))
	if o.Exporter != nil {
		return &Tracer{sdktrace.NewTracerProvider(sdktrace.WithSyncer(o.Exporter), sdktrace.WithResource(about)), o.Failed}, nil
	}
	to, err := exporter(ctx, o.URL)
	if err != nil {
		return nil, err
	}
	return &Tracer{sdktrace.NewTracerProvider(sdktrace.WithBatcher(telling{to, o.Failed}), sdktrace.WithResource(about)), o.Failed}, nil
}

// exporter speaks to the collector. Its errors name no part of the address but the host: it may hold a password.
func exporter(ctx context.Context, address string) (sdktrace.SpanExporter, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil, errors.New("the collector's address cannot be read")
	}
	var options []otlptracehttp.Option
	if u.User != nil {
		password, _ := u.User.Password()
		word := base64.StdEncoding.EncodeToString([]byte(u.User.Username() + ":" + password))
		options = append(options, otlptracehttp.WithHeaders(map[string]string{"Authorization": "Basic " + word}))
		u.User = nil
	}
	if strings.Trim(u.Path, "/") == "" {
		u.Path = "/v1/traces"
	}
	client := &http.Client{
		Timeout: sending, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // nobody but whom the operator has named
		Transport: &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}, TLSHandshakeTimeout: sending, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true},
	}
	to, err := otlptracehttp.New(ctx, append(options, otlptracehttp.WithHTTPClient(client), otlptracehttp.WithEndpointURL(u.String()), otlptracehttp.WithCompression(otlptracehttp.GzipCompression))...)
	if err != nil {
		return nil, fmt.Errorf("set up the traces for %s: %w", u.Host, err)
	}
	return to, nil
}

const (
	// sending is how long the collector may take for a batch.
	sending = 10 * time.Second
	// closing is how long it is tried to send the last spans.
	closing = 3 * time.Second
)

// Close sends what has not been sent yet, and ends. Spans that nobody takes are no reason for a stop to fail.
func (t *Tracer) Close() {
	if t == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), closing)
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil {
		t.failed(fmt.Errorf("end the traces: %w", err))
	}
}

// telling tells us, and not the library's own log, of spans that are lost.
type telling struct {
	sdktrace.SpanExporter
	failed func(error)
}

// ExportSpans sends spans.
func (t telling) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	if err := t.SpanExporter.ExportSpans(ctx, spans); err != nil {
		t.failed(fmt.Errorf("send %d spans: %w", len(spans), err))
	}
	return nil
}
