package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// stopTakes is how long requests under way may take once the server is to stop; endTakes how long handlers may take to
// notice that they were cut off.
const (
	stopTakes = 8 * time.Second
	endTakes  = 5 * time.Second
)

// server answers on one listener.
type server struct {
	handler             http.Handler
	log                 *slog.Logger
	stopTakes, endTakes time.Duration
}

// run answers until ctx ends. Then it takes no more requests, lets those under way finish, cuts off the slow ones and
// returns when all handlers have ended, so that nobody closes the database under them. A slow request is no failure.
func (s server) run(ctx context.Context, l net.Listener) error {
	var busy sync.RWMutex // held for reading by each request
	srv := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			busy.RLock()
			defer busy.RUnlock()
			s.handler.ServeHTTP(w, r)
		}),
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 60 * time.Second, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	g.Go(func() error {
		<-ctx.Done()
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.stopTakes)
		defer cancel()
		err := srv.Shutdown(stop)
		if !errors.Is(err, context.DeadlineExceeded) {
			return err
		}
		s.log.Warn("cut off the requests that did not end", "dur", s.stopTakes)
		err = srv.Close() // ends the contexts of the requests
		ended := make(chan struct{})
		go func() {
			busy.Lock()
			defer busy.Unlock()
			close(ended)
		}()
		select {
		case <-ended:
		case <-time.After(s.endTakes):
			s.log.Error("a request does not end: stopping without it")
		}
		return err
	})
	return g.Wait()
}
