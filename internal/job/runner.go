package job

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"

	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/trace"
)

const (
	// maxAttempts ends a job that fails of an unknown error: with the delays of nextRetry after about two days.
	maxAttempts = 30
	// fetchEvery is how soon it is looked for more jobs where there were as many as workers: a long queue whose jobs are
	// refused at once is through in seconds.
	fetchEvery = 20 * time.Millisecond
)

// Periodic is work that recurs; one node of all carries it out each time.
type Periodic struct {
	Name  string // kind of the job
	Every time.Duration
	Run   func(context.Context) error
}

// Config of a Runner.
type Config struct {
	Node     string // unique per process start
	Driver   riverdriver.Driver[*sql.Tx]
	Table    *Table
	Nodes    Nodes
	Alone    bool // no other process can be alive (SQLite): bury all others at once
	Periodic []Periodic
	Poll     time.Duration // how often to look for jobs where the database can't call; 0 = 1 s
	Workers  map[string]int
	Tracer   *trace.Tracer // nil: no traces
	Log      *slog.Logger
	Now      func() time.Time
}

// Runner works the jobs. Make it with NewRunner and call Run once.
type Runner struct {
	c      Config
	client *river.Client[*sql.Tx]
	turns  map[string]*turns // by queue; of those that have fair handlers
	ready  chan struct{}
	// closing is closed when the jobs that wait for a turn shall go back.
	closing chan struct{}
}

// NewRunner registers every handler of the table; a mistake in it is an error at start.
func NewRunner(c Config) (*Runner, error) {
	r := &Runner{c: c, ready: make(chan struct{}), closing: make(chan struct{}), turns: map[string]*turns{}}
	workers := river.NewWorkers()
	for _, h := range c.Table.handlers {
		river.AddWorkerArgs(workers, envelope{kind: h.kind}, &worker{runner: r, handler: h})
		if q := h.options.Queue; h.options.Fair != nil && r.turns[q] == nil {
			r.turns[q] = newTurns(c.Workers[q], c.Now)
		}
	}
	var periodic []*river.PeriodicJob
	for _, p := range c.Periodic {
		args := envelope{kind: p.Name, raw: []byte("{}")}
		run := p.Run
		h := &handler{kind: p.Name, periodic: true, options: Options{Timeout: 5 * time.Minute}, run: func(ctx context.Context, _ []byte) error { return run(ctx) }}
		river.AddWorkerArgs(workers, args, &worker{runner: r, handler: h})
		periodic = append(periodic, river.NewPeriodicJob(river.PeriodicInterval(p.Every), func() (river.JobArgs, *river.InsertOpts) {
			return args, &river.InsertOpts{MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByPeriod: p.Every}}
		}, &river.PeriodicJobOpts{ID: "p_" + periodicID(p.Name)}))
	}
	queues := map[string]river.QueueConfig{}
	for q, n := range c.Workers {
		if r.turns[q] != nil {
			n += room
		}
		queues[q] = river.QueueConfig{MaxWorkers: n}
	}
	poll := c.Poll
	if poll == 0 {
		poll = time.Second
	}
	client, err := river.NewClient(c.Driver, &river.Config{
		ID: c.Node, Workers: workers, Queues: queues, PeriodicJobs: periodic,
		FetchCooldown: min(poll, fetchEvery), FetchPollInterval: poll,
		JobTimeout: time.Minute, RescueStuckJobsAfter: 10 * time.Minute, // the sure net under Bury
		RetryPolicy: retryPolicy{now: c.Now}, Logger: c.Log, SkipUnknownJobCheck: true,
	})
	if err != nil {
		return nil, fmt.Errorf("set up the jobs: %w", err)
	}
	r.client = client
	return r, nil
}

// periodicID keeps River's alphabet for ids.
func periodicID(name string) string {
	b := []byte(name)
	for i, c := range b {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			b[i] = '_'
		}
	}
	return string(b)
}

// Ready is closed once the workers run.
func (r *Runner) Ready() <-chan struct{} { return r.ready }

// Run works jobs until ctx ends; then it waits for the running ones, at most ten seconds.
func (r *Runner) Run(ctx context.Context) error {
	now := r.c.Now()
	if err := r.c.Nodes.Beat(ctx, r.c.Node, now); err != nil {
		return err
	}
	others := watch{dead: deadAfter}
	if r.c.Alone {
		others.dead = 0
	}
	if _, err := r.bury(ctx, &others); err != nil {
		return err
	}
	others.dead = deadAfter
	background := context.WithoutCancel(ctx)
	if err := r.client.Start(background); err != nil {
		return fmt.Errorf("start the jobs: %w", err)
	}
	close(r.ready)
	alive, quiet := context.WithCancel(background)
	silent := make(chan struct{})
	go func() {
		defer close(silent)
		r.beat(alive, &others)
	}()
	for _, t := range r.turns {
		go r.call(alive, t)
	}
	defer func() { quiet(); <-silent }() // it lives until its last job has ended: nobody may take that over
	<-ctx.Done()
	close(r.closing)
	stop, cancel := context.WithTimeout(background, 10*time.Second)
	defer cancel()
	err := r.client.Stop(stop)
	if errors.Is(err, context.DeadlineExceeded) { // the rest is taken over when we are buried
		hard, cancelHard := context.WithTimeout(background, 3*time.Second)
		defer cancelHard()
		return r.client.StopAndCancel(hard)
	}
	return err
}

// call has jobs come back at once that found no room in the process and now do.
func (r *Runner) call(ctx context.Context, t *turns) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.call:
		}
		for _, id := range t.due() {
			j, err := r.client.JobGet(ctx, id)
			if err == nil && j.State == rivertype.JobStateScheduled { // otherwise it has come by itself, here or elsewhere
				_, err = r.client.JobRetry(ctx, id)
			}
			if err != nil && ctx.Err() == nil && !errors.Is(err, rivertype.ErrNotFound) {
				r.c.Log.Warn("a job that waits could not be called: it comes by itself", "job", id, "err", err)
			}
		}
	}
}

// worker runs one handler.
type worker struct {
	river.WorkerDefaults[envelope]
	runner  *Runner
	handler *handler
}

// Timeout bounds one run, and its wait for a turn.
func (w *worker) Timeout(*river.Job[envelope]) time.Duration {
	if w.runner.turns[w.handler.options.Queue] != nil {
		return w.handler.options.Timeout + waitMost
	}
	return w.handler.options.Timeout
}

// Work runs the handler and turns its error into the job's fate.
func (w *worker) Work(ctx context.Context, j *river.Job[envelope]) error {
	whose, err := w.handler.name(j.Args.raw)
	if err != nil {
		return err
	}
	if t := w.runner.turns[w.handler.options.Queue]; t != nil {
		if wait, ok := t.take(ctx, w.runner.closing, whose, j.ID); !ok {
			return river.JobSnooze(wait)
		}
		defer t.give(whose)
		var end context.CancelFunc
		ctx, end = context.WithTimeout(ctx, w.handler.options.Timeout)
		defer end()
	}
	ctx, span := w.span(ctx, j, whose)
	defer span.End()
	began := w.runner.c.Now()
	err = w.handler.run(ctx, j.Args.raw)
	fate := Fate(err)
	if err != nil {
		span.Fail(fate.What.String())
	}
	return w.end(ctx, j, err, fate, w.runner.c.Now().Sub(began))
}

// span gives a run its cause, and begins its span.
func (w *worker) span(ctx context.Context, j *river.Job[envelope], whose string) (context.Context, trace.Span) {
	var cause trace.Cause
	_ = json.Unmarshal(j.Metadata, &cause) // River keeps its own there too; a job without a cause has none
	ctx = trace.WithJob(cause.Context(ctx), j.ID)
	if w.handler.periodic {
		return ctx, trace.Span{}
	}
	attrs := []trace.Attr{trace.Number("job", j.ID), trace.Number("attempt", j.Attempt), trace.Text("queue", j.Queue)}
	if whose != "" {
		attrs = append(attrs, trace.Text("org", whose))
	}
	return w.runner.c.Tracer.Begin(ctx, trace.Job, w.handler.kind, attrs...)
}

// end logs how a run went and tells River.
func (w *worker) end(ctx context.Context, j *river.Job[envelope], err error, fate FateOf, took time.Duration) error {
	log := w.runner.c.Log.With("job", j.ID, "kind", w.handler.kind, "attempt", j.Attempt, "dur", took)
	if r := trace.RequestID(ctx); r != "" {
		log = log.With("request", r)
	}
	if id := trace.ID(ctx); id != "" {
		log = log.With("trace", id)
	}
	switch fate.What {
	case Done:
		log.Debug("job done")
		return nil
	case Wait:
		log.Info("job waits", "for", fate.For, "err", err)
		return river.JobSnooze(fate.For)
	case End:
		log.Warn("job ended: a person must look", "err", err)
		return river.JobCancel(err)
	}
	log.Error("job failed", "err", err)
	return err
}

// What is a job's fate.
type What int

// The fates of a job.
const (
	Done  What = iota
	Wait       // again after For, not counted as an attempt
	End        // a person must look
	Retry      // again with growing delay
)

// String is the word for it in a trace.
func (w What) String() string { return [...]string{"done", "wait", "end", "retry"}[w] }

// FateOf says what becomes of a job.
type FateOf struct {
	What What
	For  time.Duration
}

// unknownWait is how long a job waits when nobody knows for how long.
const unknownWait = 10 * time.Second

// Fate decides by the kind of the error.
func Fate(err error) FateOf {
	if err == nil {
		return FateOf{What: Done}
	}
	switch fault.KindOf(err) {
	case fault.Unavailable, fault.Limited:
		wait := fault.As(err).RetryAfter
		if wait <= 0 {
			wait = unknownWait
		}
		return FateOf{What: Wait, For: wait}
	case fault.Invalid, fault.NotFound, fault.Denied, fault.Conflict:
		return FateOf{What: End}
	}
	return FateOf{What: Retry}
}

// retryPolicy delays a failed job by 1, 2, 4 … seconds, at most two hours.
type retryPolicy struct{ now func() time.Time }

// NextRetry is River's question when to try again.
func (p retryPolicy) NextRetry(j *rivertype.JobRow) time.Time {
	return p.now().Add(min(time.Second<<min(max(len(j.Errors), 0), 13), 2*time.Hour))
}
