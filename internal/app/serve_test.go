package app

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"
)

// TestStopDuringASlowRequest: a request that takes longer than a stop waits for is cut off; that is no failure, and the
// server has stopped only when the handler has.
func TestStopDuringASlowRequest(t *testing.T) {
	t.Parallel()
	began := make(chan struct{})
	var ended atomic.Bool
	s := server{log: slog.New(slog.DiscardHandler), stopTakes: 50 * time.Millisecond, endTakes: 10 * time.Second}
	s.handler = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(began)
		<-r.Context().Done()
		<-time.After(100 * time.Millisecond) // it still uses the database for a moment
		ended.Store(true)
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- s.run(ctx, l) }()
	go func() {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+l.Addr().String(), http.NoBody)
		if err != nil {
			return
		}
		if res, err := http.DefaultClient.Do(req); err == nil {
			_ = res.Body.Close()
		}
	}()
	<-began
	stop()
	if err := <-stopped; err != nil {
		t.Errorf("a slow request makes the stop a failure: %v", err)
	}
	if !ended.Load() {
		t.Error("the server said that it had stopped while a handler ran")
	}
}
