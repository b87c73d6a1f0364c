package zohosim

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"heavyset.tech/platform/internal/zohosim/calendar"
	"heavyset.tech/platform/internal/zohosim/journal"
)

// DC is one data centre: its name as callbacks give it (us, eu, in, …) and the address under which its listener is reached,
// without a slash at the end. An empty address is taken from each request's Host.
type DC struct {
	Location string
	BaseURL  string
}

// Options set up a simulator.
type Options struct {
	// Dir is where state is kept; "" keeps it in memory only.
	Dir string
	// Now is the clock under the simulator's own, which POST /_sim/clock moves ahead. Required.
	Now func() time.Time
	// Seed is what a fresh simulator and a reset without a name start with: "demo" (default) or "empty". Here both are the
	// same two organizations with their users and standard modules; OnSeed makes the difference.
	Seed string
	// DataCentres are the data centres to stand for; default us alone. The first one is the default of everything.
	DataCentres []DC
	// OnSeed fills a fresh simulator, and one just reset, with Load. It may be nil.
	OnSeed func(s *Sim, seed string) error
}

// Sim is a running simulator. Its methods may be called from several goroutines.
type Sim struct {
	now    func() time.Time
	seed   string
	onSeed func(*Sim, string) error

	log       *journal.Log // nil: memory only
	compact   chan struct{}
	bulkNews  chan struct{}
	resetting sync.Mutex // one reset or compaction at a time
	switches  atomic.Pointer[switches]
	offset    atomic.Int64 // of the simulator's clock, in milliseconds
	pageKey   []byte       // signs page tokens; comes from the journal

	mu         sync.RWMutex // guards the block below: metadata, records and calendars
	names      names
	orgs       []*org
	seededWith string
	seeded     bool // since the last reset
	diaries    map[int64]*diary
	together   *tx // of a composite request under way that may be rolled back

	zones         calendar.Zones
	calendarCalls callRate
	outbox        *outbox
	accounts      *accounts
	meter         *meter
	faults        *faultList
	listeners     []*listener
}

// New opens the simulator: from what Dir holds, otherwise fresh. Close it when done, though it may also just die.
func New(o Options) (*Sim, error) {
	if o.Now == nil {
		return nil, errors.New("zohosim: Options.Now is required")
	}
	if o.Seed == "" {
		o.Seed = "demo"
	}
	if err := checkSeed(o.Seed); err != nil {
		return nil, err
	}
	if len(o.DataCentres) == 0 {
		o.DataCentres = []DC{{Location: "us"}}
	}
	s := &Sim{
		now: o.Now, seed: o.Seed, onSeed: o.OnSeed, compact: make(chan struct{}, 1), accounts: &accounts{}, meter: &meter{},
		faults: &faultList{}, outbox: newOutbox(), bulkNews: make(chan struct{}, 1),
	}
	for _, dc := range o.DataCentres {
		if err := s.addListener(dc); err != nil {
			return nil, err
		}
	}
	if err := s.open(o.Dir); err != nil {
		return nil, err
	}
	return s, nil
}

func checkSeed(seed string) error {
	if seed != "demo" && seed != "empty" {
		return fmt.Errorf("zohosim: seed %q is neither demo nor empty", seed)
	}
	return nil
}

// open replays the journal, or seeds where there is none.
func (s *Sim) open(dir string) error {
	if dir == "" {
		return s.Reset(s.seed)
	}
	log, err := journal.Open(dir, s.apply)
	if err != nil {
		return fmt.Errorf("zohosim: %w", err)
	}
	s.log = log
	if s.seeded {
		s.compactIfHeavy()
		return nil
	}
	// Fresh, or killed while it was being seeded: begin again.
	if err := s.Reset(s.seededWith); err != nil {
		return errors.Join(err, log.Close())
	}
	return nil
}

// clock gives the simulator's time.
func (s *Sim) clock() time.Time {
	return s.now().Add(time.Duration(s.offset.Load()) * time.Millisecond)
}

// Run does the background work until ctx ends: keeping the journal short, sending notifications and calling back when bulk reads
// end. Without it notifications wait, up to a limit beyond which they are lost.
func (s *Sim) Run(ctx context.Context) error {
	var work sync.WaitGroup
	defer s.outbox.hangUp()
	defer work.Wait()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	start := func() {
		for _, l := range s.outbox.idle() {
			work.Go(func() { s.send(ctx, l) })
		}
	}
	start()
	work.Go(func() { s.tendBulk(ctx) })
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.outbox.wake:
			start()
		case <-s.compact:
			if err := s.compactNow(); err != nil {
				return err
			}
		}
	}
}

// Close ends the journal. Requests that come later and change something fail.
func (s *Sim) Close() error {
	if s.log == nil {
		return nil
	}
	return s.log.Close()
}

// Handler serves one data centre: accounts, CRM, Calendar and the control interface. It panics when Options do not name the
// location.
func (s *Sim) Handler(location string) http.Handler {
	if l := s.listener(location); l != nil {
		return l
	}
	panic("zohosim: no data centre " + location)
}

// SetBaseURL tells under which address a data centre is reached, once its listener has its port.
func (s *Sim) SetBaseURL(location, baseURL string) {
	if l := s.listener(location); l != nil {
		l.base.Store(&baseURL)
	}
}

func (s *Sim) listener(location string) *listener {
	for _, l := range s.listeners {
		if l.location == location {
			return l
		}
	}
	return nil
}

// write appends to the journal. The caller holds the lock of what it changes.
func (s *Sim) write(b journal.Batch) error {
	if s.log == nil {
		return nil
	}
	if err := s.log.Append(b); err != nil {
		return err
	}
	if _, logs := s.log.Weight(); logs > compactFrom {
		s.compactIfHeavy()
	}
	return nil
}
