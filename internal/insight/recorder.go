package insight

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/id"
	"heavyset.tech/platform/internal/org"
)

const (
	// visitLasts is how long an address with a visit's number belongs to that visit.
	visitLasts = 6 * time.Hour
	// maxOpen bounds what is collected between two writes; what comes beyond is not counted.
	maxOpen = 20_000
	// maxReasons is for how many different questions the reasons are looked for between two writes, and maxStarts for how many
	// starts of each.
	maxReasons, maxStarts = 40, 60
	// maxWord bounds what was typed as a ZIP code.
	maxWord = 20
)

// Question is one about times, as it was asked.
type Question struct {
	booking.Ask
	None bool // nothing was free
}

// Recorder collects what visitors do and stores it every few seconds. Make it with NewRecorder.
type Recorder struct {
	store    Store
	bookings *booking.Service
	now      func() time.Time

	mu   sync.Mutex
	open map[visitKey]*told
}

type visitKey struct {
	org   org.ID
	visit VisitID
}

// told is a visit that is not stored yet, with the question whose reasons are still to be looked for.
type told struct {
	Visit
	why *booking.Ask
}

// NewRecorder makes a recorder.
func NewRecorder(s Store, b *booking.Service, now func() time.Time) *Recorder {
	return &Recorder{store: s, bookings: b, now: now, open: map[visitKey]*told{}}
}

// Visit gives the number of a visit: the one that an address carries while it is young enough, else a new one.
func (r *Recorder) Visit(carried string) VisitID {
	if v, ok := r.known(carried); ok {
		return v
	}
	return VisitID(id.New("v", r.now()))
}

// known checks a number that a request carries: of our form, and not older than a visit lasts.
func (r *Recorder) known(carried string) (VisitID, bool) {
	if !strings.HasPrefix(carried, "v_") || len(carried) != len("v_")+26 {
		return "", false
	}
	if strings.Trim(carried[2:], "0123456789abcdefghijklmnopqrstuv") != "" {
		return "", false
	}
	now := r.now()
	return VisitID(carried), carried >= id.New("v", now.Add(-visitLasts))[:12] && carried[:12] <= id.New("v", now.Add(time.Minute))[:12]
}

// Tell takes in what a visit has done now. What carries no number of a visit is not counted.
func (r *Recorder) Tell(o org.ID, v Visit, q *Question) {
	if _, ok := r.known(string(v.ID)); !ok || o == "" {
		return
	}
	now := r.now()
	v.Started, v.Seen = now, now
	next := told{Visit: v}
	if q != nil {
		next.Answer = Answer{At: now, Service: q.Service, PostalCode: areaOf(q.PostalCode)}
		next.From, _ = availability.ParseDate(q.From)
		next.To, _ = availability.ParseDate(q.To)
		if q.None {
			next.Lost, next.why = Loss{Rule: Unknown}, &q.Ask
		}
	}
	k := visitKey{o, v.ID}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.put(k, next)
}

// put merges; the lock is held.
func (r *Recorder) put(k visitKey, next told) {
	have := r.open[k]
	if have == nil {
		if len(r.open) < maxOpen {
			r.open[k] = &next
		}
		return
	}
	if !next.At.IsZero() {
		have.why = next.why
	}
	have.Visit = have.merge(next.Visit)
}

// areaOf keeps of what was typed as a ZIP code only what can be one: anything else may be about a person.
func areaOf(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > maxWord || strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != ' ' && r != '-'
	}) {
		return ""
	}
	return s
}

// Flush looks for the reasons that are wanted and stores what was told since the last time, in one transaction for each
// organization. What could not be stored is kept for the next time.
func (r *Recorder) Flush(ctx context.Context) error {
	r.mu.Lock()
	open := r.open
	r.open = map[visitKey]*told{}
	r.mu.Unlock()
	failed := r.explain(ctx, open)
	lists := map[org.ID][]Visit{}
	for k, v := range open {
		lists[k.org] = append(lists[k.org], v.Visit)
	}
	for o, list := range lists {
		if err := r.store.KeepVisits(ctx, o, list); err != nil {
			failed = errors.Join(failed, err)
			r.back(o, list)
		}
	}
	return failed
}

// back keeps what could not be stored, below what has been told meanwhile.
func (r *Recorder) back(o org.ID, list []Visit) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, v := range list {
		k := visitKey{o, v.ID}
		later := r.open[k]
		delete(r.open, k)
		r.put(k, told{Visit: v})
		if later != nil {
			r.put(k, *later)
		}
	}
}

// explain looks for the reasons of the questions without an answer, each different one once.
func (r *Recorder) explain(ctx context.Context, open map[visitKey]*told) error {
	var failed error
	found := map[booking.Ask]Loss{}
	for _, v := range open {
		if v.why == nil || v.Spam {
			continue
		}
		loss, done := found[*v.why]
		if !done && len(found) < maxReasons {
			list, err := r.bookings.WhyNone(ctx, *v.why, v.At, maxStarts)
			loss = Loss{Rule: Unknown}
			if err != nil {
				failed = errors.Join(failed, err)
			} else {
				loss = LossOf(list)
			}
			found[*v.why], done = loss, true
		}
		if done {
			v.Lost = loss
		}
	}
	return failed
}

// Run flushes until the context ends, and then once more. An error is told to failed: counts that are lost are no reason
// to stop.
func (r *Recorder) Run(ctx context.Context, every time.Duration, failed func(error)) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := r.Flush(ctx); err != nil && ctx.Err() == nil {
				failed(err)
			}
		case <-ctx.Done():
			return r.Flush(context.WithoutCancel(ctx))
		}
	}
}
