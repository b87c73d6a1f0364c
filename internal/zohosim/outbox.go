package zohosim

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	maxWaiting     = 10_000 // notifications; more are lost
	maxSending     = 16     // at a time
	sendingTimeout = 10 * time.Second
	firstRetry     = 200 * time.Millisecond // each later one waits twice as long
)

// laneKey names a channel: its notifications go out one after the other.
type laneKey struct {
	org           int
	user, channel int64
}

type bulletinKey struct {
	lane              laneKey
	module, operation string
}

// bulletin is one notification on its way. outbox.mu guards records and window until it is taken out of its lane; then it belongs
// to the lane's goroutine.
type bulletin struct {
	key        bulletinKey
	url, uri   string
	token      *string
	values     bool // with affected_values
	bare       bool // without affected_fields
	max        int  // records
	lost       bool
	copies     int
	round      uint64      // which change opened it
	generation uint64      // which reset it came after
	window     *time.Timer // while it runs, further changes join; nil: only those of the same call
	due        *time.Timer
	waited     bool // for due
	records    []affected
}

// lane holds the notifications of a channel that wait.
type lane struct {
	key     laneKey
	queue   []*bulletin
	running bool
}

// outbox keeps the notifications that wait and counts them. They live in memory only: a kill loses those that wait, as Zoho
// promises nothing either.
type outbox struct {
	wake            chan struct{} // a lane has something to send
	slots           chan struct{}
	client, lenient *http.Client

	mu         sync.Mutex
	lanes      map[laneKey]*lane
	open       map[bulletinKey]*bulletin // those that may still take records
	round      uint64
	generation uint64
	count      notificationCounts
	sent       []delivery // the last ones, oldest first
}

// keptDeliveries is how many deliveries pages can show, shownDeliveries how many of a channel.
const keptDeliveries, shownDeliveries = 1000, 10

// delivery is what became of a notification, for pages.
type delivery struct {
	lane              laneKey
	At                string // when it was over, on the simulator's clock
	Module, Operation string
	Records           int
	Outcome           string
	Good              bool
}

// keep notes what became of a notification, unless a reset came between.
func (o *outbox) keep(b *bulletin, d delivery) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if b.generation != o.generation {
		return
	}
	o.sent = append(o.sent[max(0, len(o.sent)-keptDeliveries+1):], d)
}

// lately gives the last deliveries of a channel, the newest first.
func (o *outbox) lately(lane laneKey) []delivery {
	o.mu.Lock()
	defer o.mu.Unlock()
	var out []delivery
	for i := len(o.sent) - 1; i >= 0 && len(out) < shownDeliveries; i-- {
		if o.sent[i].lane == lane {
			out = append(out, o.sent[i])
		}
	}
	return out
}

// notificationCounts tells of notifications since the last reset or start of the process, copies and retries counted once.
type notificationCounts struct {
	Raised     int `json:"raised"`
	Waiting    int `json:"waiting"`
	Delivered  int `json:"delivered"`
	Duplicated int `json:"duplicated"` // delivered more than once
	Lost       int `json:"lost"`       // on purpose, or because too many waited
	Failed     int `json:"failed"`     // the receiver did not take them
}

func newOutbox() *outbox {
	client := func(config *tls.Config) *http.Client {
		return &http.Client{
			Timeout:       sendingTimeout,
			Transport:     &http.Transport{TLSClientConfig: config, MaxIdleConnsPerHost: maxSending, IdleConnTimeout: time.Minute},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	o := &outbox{
		wake: make(chan struct{}, 1), slots: make(chan struct{}, maxSending), client: client(nil),
		lenient: client(&tls.Config{InsecureSkipVerify: true}), // switch notification_tls
	}
	o.drop()
	return o
}

// drop forgets all that waits, and the counts.
func (o *outbox) drop() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, l := range o.lanes {
		for _, b := range l.queue {
			b.due.Reset(0) // whoever waits for it finds the lane empty
		}
		l.queue = nil
	}
	o.lanes = map[laneKey]*lane{}
	o.open = map[bulletinKey]*bulletin{}
	o.generation++
	o.count, o.sent = notificationCounts{}, nil
}

func (o *outbox) counts() notificationCounts {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.count
}

// news is a record to tell of, with the notification to begin where none is open.
type news struct {
	fresh  *bulletin
	record affected
}

// add takes the changes of one commit, which may share notifications, as a whole: no lane sends while it does.
func (o *outbox) add(sw *switches, list []news) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.round++
	for _, n := range list {
		o.tell(sw, n.fresh, n.record)
	}
}

// tell tells of a record: in the open notification of its kind if that still takes records, otherwise in fresh.
func (o *outbox) tell(sw *switches, fresh *bulletin, a affected) {
	if b := o.open[fresh.key]; b != nil && len(b.records) < b.max && (b.round == o.round || b.gathers()) {
		b.add(a)
		if len(b.records) == b.max && b.window != nil {
			b.due.Reset(time.Duration(sw.NotificationDelayMS) * time.Millisecond)
			delete(o.open, b.key)
		}
		return
	}
	o.count.Raised++
	if o.count.Waiting >= maxWaiting {
		o.count.Lost++
		return
	}
	o.count.Waiting++
	fresh.round, fresh.generation, fresh.copies = o.round, o.generation, 1
	fresh.lost = rand.Float64() < sw.NotificationLoss
	if rand.Float64() < sw.NotificationDuplicate {
		fresh.copies = 2
	}
	delay, window := sw.NotificationDelayMS, sw.NotificationBatchMS
	if window > 0 && fresh.max > 1 {
		fresh.window = time.NewTimer(time.Duration(window) * time.Millisecond)
		delay += window
	}
	fresh.due = time.NewTimer(time.Duration(delay) * time.Millisecond)
	fresh.add(a)
	o.open[fresh.key] = fresh
	l := o.lanes[fresh.key.lane]
	if l == nil {
		l = &lane{key: fresh.key.lane}
		o.lanes[l.key] = l
	}
	l.queue = append(l.queue, fresh)
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// gathers tells whether changes of later calls may still join.
func (b *bulletin) gathers() bool {
	if b.window == nil {
		return false
	}
	select {
	case <-b.window.C:
		b.window = nil
		return false
	default:
		return true
	}
}

// idle gives the lanes that have something to send and nobody who does; they now have.
func (o *outbox) idle() []*lane {
	o.mu.Lock()
	defer o.mu.Unlock()
	var out []*lane
	for _, l := range o.lanes {
		if !l.running && len(l.queue) > 0 {
			l.running = true
			out = append(out, l)
		}
	}
	return out
}

// head gives the notification of a lane that has waited longest; nil ends the lane.
func (o *outbox) head(l *lane) *bulletin {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(l.queue) == 0 {
		l.running = false
		if o.lanes[l.key] == l {
			delete(o.lanes, l.key)
		}
		return nil
	}
	return l.queue[0]
}

// take takes the first notification out of a lane, or the last one to turn the order around, and closes it; nil if a reset has
// emptied the lane.
func (o *outbox) take(l *lane, last bool) *bulletin {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(l.queue) == 0 {
		return nil
	}
	i := 0
	if last {
		i = len(l.queue) - 1
	}
	b := l.queue[i]
	l.queue = append(l.queue[:i], l.queue[i+1:]...)
	if o.open[b.key] == b {
		delete(o.open, b.key)
	}
	return b
}

// rest leaves the lane to a later Run.
func (o *outbox) rest(l *lane) {
	o.mu.Lock()
	defer o.mu.Unlock()
	l.running = false
}

// done counts what became of a notification, unless a reset came between.
func (o *outbox) done(b *bulletin, count func(*notificationCounts)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if b.generation == o.generation {
		o.count.Waiting--
		count(&o.count)
	}
}

// current tells whether no reset came after the notification was raised.
func (o *outbox) current(b *bulletin) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return b.generation == o.generation
}

func (o *outbox) hangUp() {
	o.client.CloseIdleConnections()
	o.lenient.CloseIdleConnections()
}

// wait waits until the notification is due; false when ctx ended before.
func (b *bulletin) wait(ctx context.Context) bool {
	if b.waited {
		return true
	}
	select {
	case <-ctx.Done():
		return false
	case <-b.due.C:
		b.waited = true
		return true
	}
}

// send sends the notifications of a lane until there are none.
func (s *Sim) send(ctx context.Context, l *lane) {
	o := s.outbox
	for b := o.head(l); b != nil; b = o.head(l) {
		if !b.wait(ctx) {
			o.rest(l)
			return
		}
		if b = o.take(l, s.switches.Load().NotificationReorder); b == nil || !b.wait(ctx) {
			continue
		}
		s.deliver(ctx, b)
	}
}

// deliver sends a notification as often as switches said when it was raised.
func (s *Sim) deliver(ctx context.Context, b *bulletin) {
	o := s.outbox
	if !o.current(b) {
		return
	}
	note := func(outcome string, good bool) {
		o.keep(b, delivery{b.key.lane, s.clock().UTC().Format(pageTime), b.key.module, b.key.operation, len(b.records), outcome, good})
	}
	if b.lost {
		note("lost on purpose", false)
		o.done(b, func(c *notificationCounts) { c.Lost++ })
		return
	}
	body, delivered, failure := b.body(s.clock().UnixMilli()), 0, ""
	for range b.copies {
		if why := s.tryHard(ctx, b.url, body); why != "" {
			failure = why
		} else {
			delivered++
		}
	}
	// Noted before it is counted: when nothing waits any more, all of it is noted.
	note([]string{failure, "delivered", "delivered twice"}[delivered], delivered > 0)
	o.done(b, func(c *notificationCounts) {
		switch delivered {
		case 0:
			c.Failed++
		case 1:
			c.Delivered++
		default:
			c.Delivered++
			c.Duplicated++
		}
	})
}

// tryHard posts until the receiver takes it or the retries of switch notification_retries are used up; then it tells why.
func (s *Sim) tryHard(ctx context.Context, url string, body []byte) (failure string) {
	for attempt := 0; ; attempt++ {
		sw := s.switches.Load()
		client := s.outbox.client
		if sw.NotificationTLS == "any" {
			client = s.outbox.lenient
		}
		if failure = s.outbox.post(ctx, client, url, body); failure == "" {
			return ""
		}
		if attempt >= sw.NotificationRetries || ctx.Err() != nil {
			return failure
		}
		pause(ctx, firstRetry<<attempt)
	}
}

// post sends when there is a slot. It tells why the receiver has not taken it; "" when it answered with a status of success.
func (o *outbox) post(ctx context.Context, client *http.Client, url string, body []byte) (failure string) {
	select {
	case <-ctx.Done():
		return "the simulator stopped"
	case o.slots <- struct{}{}:
	}
	defer func() { <-o.slots }()
	// Zoho's own samples have blanks in the query.
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.ReplaceAll(url, " ", "%20"), bytes.NewReader(body))
	if err != nil {
		return "not an address to send to"
	}
	r.Header.Set("Content-Type", "application/json;charset=UTF-8")
	res, err := client.Do(r)
	if err != nil {
		return "no answer"
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)) // so that the connection can be used again
	_ = res.Body.Close()
	if res.StatusCode < 200 || res.StatusCode >= 300 {
		return "answered " + res.Status
	}
	return ""
}
