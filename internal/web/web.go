// Package web mounts the faces and puts around them what every request has: an id, a log line, recovery, the caller's
// address, security headers, protection of state-changing requests, health and metrics.
//
// It has no pages of its own. The order of the layers is on this page; a request's path and query are never logged as
// they came, because a manage link is a secret: the pattern that matched is.
package web

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/trace"
	"heavyset.tech/platform/internal/web/page"
)

// Config of the handler.
type Config struct {
	API       http.Handler
	Hooks     map[string]http.Handler // what other systems call, by pattern
	Mount     []func(*http.ServeMux)  // routes of the faces
	Secure    bool                    // the base address is https
	Proxies   []netip.Prefix          // whose X-Forwarded-For is believed
	Ready     func(context.Context) error
	Ails      func() string // what is wrong though the process lives, for /healthz; "" or nil: nothing
	Metrics   http.Handler  // nil: not on this listener
	Extra     map[string]http.Handler
	Tracer    *trace.Tracer // nil: no traces
	Log       *slog.Logger
	Now       func() time.Time
	Registry  prometheus.Registerer
	Bootstrap http.Handler // what / shows
}

// New makes the handler of a listener.
func New(c Config) (http.Handler, error) {
	mux := http.NewServeMux()
	for _, m := range c.Mount {
		m(mux)
	}
	mux.Handle("GET /static/", page.Static())
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		says := "ok"
		if c.Ails != nil && c.Ails() != "" {
			says = "alive, but " + c.Ails()
		}
		plain(w, http.StatusOK, says)
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := c.Ready(r.Context()); err != nil {
			c.Log.Warn("not ready", "request", trace.RequestID(r.Context()), "err", err)
			plain(w, http.StatusServiceUnavailable, "not ready") // why is in the log: a database's words name host and user
			return
		}
		plain(w, http.StatusOK, "ready")
	})
	if c.Metrics != nil {
		mux.Handle("GET /metrics", c.Metrics)
	}
	if c.Bootstrap != nil {
		mux.Handle("GET /{$}", c.Bootstrap)
	}
	for pattern, h := range c.Extra {
		mux.Handle(pattern, h)
	}
	pages, err := compressed(mux)
	if err != nil {
		return nil, err
	}
	protection := http.NewCrossOriginProtection()
	root := http.NewServeMux()
	root.Handle("/api/", c.API) // no cookies: nothing to protect from other origins
	for pattern, h := range c.Hooks {
		root.Handle(pattern, h) // likewise
	}
	root.Handle("/", protection.Handler(pages)) // pages
	meter := newMeter(c.Registry)
	h := c.headers(root)
	h = recoverer(c.Log, h)
	h = c.observe(meter, h)
	h = c.traced(h)
	h = c.address(h)
	return requestID(c.Now, h), nil
}

func plain(w http.ResponseWriter, status int, s string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	fmt.Fprintln(w, s)
}

func requestID(now func() time.Time, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rid := id.New("req", now())
		w.Header().Set("X-Request-Id", rid)
		h.ServeHTTP(w, r.WithContext(trace.WithRequest(r.Context(), rid)))
	})
}

// address puts the caller's address in the place of a trusted proxy's: the last address of X-Forwarded-For that is not a
// trusted proxy itself. What others wrote further left is never believed.
func (c Config) address(h http.Handler) http.Handler {
	if len(c.Proxies) == 0 {
		return h
	}
	trusted := func(a netip.Addr) bool {
		for _, p := range c.Proxies {
			if p.Contains(a.Unmap()) {
				return true
			}
		}
		return false
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		peer, errAddr := netip.ParseAddr(host)
		if err == nil && errAddr == nil && trusted(peer) {
			list := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
			for i := len(list) - 1; i >= 0; i-- {
				a, err := netip.ParseAddr(strings.TrimSpace(list[i]))
				if err != nil {
					break
				}
				r.RemoteAddr = net.JoinHostPort(a.String(), "0")
				if !trusted(a) {
					break
				}
			}
		}
		h.ServeHTTP(w, r)
	})
}

func (c Config) headers(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page.Secure(w.Header())
		if c.Secure {
			w.Header().Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		if r.Method == http.MethodTrace || r.Method == http.MethodConnect {
			plain(w, http.StatusMethodNotAllowed, "not allowed")
			return
		}
		h.ServeHTTP(w, r)
	})
}

func recoverer(log *slog.Logger, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if v == http.ErrAbortHandler {
				panic(v)
			}
			log.Error("panic", "request", trace.RequestID(r.Context()), "err", fmt.Sprint(v), "stack", string(debug.Stack()))
			plain(w, http.StatusInternalServerError, "Something went wrong. Please name this number: "+trace.RequestID(r.Context()))
		}()
		h.ServeHTTP(w, r)
	})
}

// status remembers what was answered.
type status struct {
	http.ResponseWriter
	code int
}

// WriteHeader remembers the status.
func (s *status) WriteHeader(code int) {
	if s.code == 0 {
		s.code = code
	}
	s.ResponseWriter.WriteHeader(code)
}

// Write counts a body without a status as 200.
func (s *status) Write(b []byte) (int, error) {
	if s.code == 0 {
		s.code = http.StatusOK
	}
	return s.ResponseWriter.Write(b)
}

// answered is the status that the caller saw.
func (s *status) answered() int {
	if s.code == 0 {
		return http.StatusOK
	}
	return s.code
}

// Unwrap gives http.ResponseController the writer below.
func (s *status) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// traced begins a trace for each request that may change something; one of those that only read would tell nothing that
// the metrics do not. A trace that a visitor's program names is not believed.
func (c Config) traced(h http.Handler) http.Handler {
	if c.Tracer == nil {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace, http.MethodConnect:
			h.ServeHTTP(w, r)
			return
		}
		ctx, span := c.Tracer.Begin(r.Context(), trace.Request, "request", trace.Text("http.request.method", word(r.Method)), trace.Text("request", trace.RequestID(r.Context())))
		defer span.End()
		s := &status{ResponseWriter: w}
		r = r.WithContext(ctx)
		h.ServeHTTP(s, r)
		if r.Pattern != "" { // the mux has put it there
			span.Name(r.Pattern)
		}
		_, route, _ := strings.Cut(r.Pattern, " ")
		span.Set(trace.Text("http.route", route), trace.Number("http.response.status_code", s.answered()))
		if s.answered() >= http.StatusInternalServerError {
			span.Fail(http.StatusText(s.answered()))
		}
	})
}

// observe counts each request, and logs those that failed or may have changed something, by the pattern that matched: what
// an error page or a problem names is in the log.
func (c Config) observe(m *meter, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := c.Now()
		s := &status{ResponseWriter: w}
		h.ServeHTTP(s, r)
		took := c.Now().Sub(began)
		m.count(word(r.Method), s.answered(), took)
		if s.code < http.StatusBadRequest && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
			if c.Log.Enabled(r.Context(), slog.LevelDebug) {
				c.Log.Debug("request", "request", trace.RequestID(r.Context()), "method", r.Method, "status", s.code, "dur", took)
			}
			return
		}
		log := c.Log.With("request", trace.RequestID(r.Context()), "method", r.Method, "pattern", r.Pattern, "status", s.code, "dur", took)
		if id := trace.ID(r.Context()); id != "" {
			log = log.With("trace", id)
		}
		log.Info("request")
	})
}

// meter counts requests.
type meter struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

func newMeter(reg prometheus.Registerer) *meter {
	m := &meter{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "heavyset_http_requests_total", Help: "Requests by method and status."}, []string{"method", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "heavyset_http_request_seconds", Help: "Time to answer.", Buckets: []float64{.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"method"}),
	}
	reg.MustRegister(m.requests, m.seconds)
	return m
}

// word is a method as it may be counted: callers can make up others.
func word(method string) string {
	switch method {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodHead, http.MethodOptions, http.MethodDelete:
		return method
	}
	return "other"
}

func (m *meter) count(method string, code int, took time.Duration) {
	m.requests.WithLabelValues(method, strconv.Itoa(code)).Inc()
	m.seconds.WithLabelValues(method).Observe(took.Seconds())
}
