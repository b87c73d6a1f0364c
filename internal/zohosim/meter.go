package zohosim

import (
	"encoding/binary"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"

	"heavyset.tech/platform/internal/zohosim/journal"
)

// meter counts: calls and credits since the last reset, credits of the last 24 hours by organization, calls under way.
type meter struct {
	mu       sync.Mutex
	calls    map[string]int
	credits  int
	spent    map[int]*window
	underway map[string]int // by organization and client; with "!" in front: those under the narrower limit
}

// meterState is the meter as a snapshot keeps it.
type meterState struct {
	Calls   map[string]int  `json:"calls"`
	Credits int             `json:"credits"`
	Spent   map[int]*window `json:"spent"`
}

// window is what an organization spent in a rolling day, by minute.
type window struct {
	Minutes []int64 `json:"minutes"`
	Credits []int   `json:"credits"`
	Total   int     `json:"total"`
}

const creditMinutes = 24 * 60

func (m *meter) reset() {
	m.calls, m.credits, m.spent = map[string]int{}, 0, map[int]*window{}
	if m.underway == nil {
		m.underway = map[string]int{}
	}
}

func (m *meter) state() meterState { return meterState{m.calls, m.credits, m.spent} }

func (m *meter) restore(s meterState) error {
	m.calls, m.credits, m.spent = s.Calls, s.Credits, s.Spent
	if m.calls == nil {
		m.calls = map[string]int{}
	}
	if m.spent == nil {
		m.spent = map[int]*window{}
	}
	return nil
}

// add books credits in a minute.
func (w *window) add(minute int64, credits int) {
	if credits == 0 {
		return
	}
	w.Total += credits
	if n := len(w.Minutes); n > 0 && w.Minutes[n-1] >= minute {
		w.Credits[n-1] += credits
		return
	}
	w.Minutes, w.Credits = append(w.Minutes, minute), append(w.Credits, credits)
}

// used gives what was spent in the day before a minute.
func (w *window) used(minute int64) int {
	i := 0
	for i < len(w.Minutes) && w.Minutes[i] <= minute-creditMinutes {
		w.Total -= w.Credits[i]
		i++
	}
	w.Minutes, w.Credits = w.Minutes[i:], w.Credits[i:]
	return w.Total
}

func (m *meter) windowOf(org int) *window {
	w := m.spent[org]
	if w == nil {
		w = &window{}
		m.spent[org] = w
	}
	return w
}

// count books a call and its credits.
func (m *meter) count(key string, org, credits int, minute int64) {
	m.calls[key]++
	m.credits += credits
	m.windowOf(org).add(minute, credits)
}

func appendCallOp(key string, org, credits int, minute int64) []byte {
	b := appendBytes(nil, key)
	b = binary.AppendUvarint(b, uint64(org))
	b = binary.AppendUvarint(b, uint64(credits))
	return binary.AppendVarint(b, minute)
}

func (m *meter) applyCall(data []byte) error {
	in := frameReader{b: data}
	key, org, credits, minute := string(in.bytes()), in.uvarint(), in.uvarint(), in.varint()
	if in.failed {
		return errShortFrame
	}
	m.count(key, int(org), int(credits), minute)
	return nil
}

// countCall books a call that has been answered.
func (s *Sim) countCall(key string, org, credits int) {
	minute := s.clock().Unix() / 60
	s.meter.mu.Lock()
	defer s.meter.mu.Unlock()
	// Losing a count to a full disk is no reason to refuse what has been done.
	_ = s.write(journal.Batch(nil).Add(opCall, appendCallOp(key, org, credits, minute)))
	s.meter.count(key, org, credits, minute)
}

// statKey names a call in the statistics: method and path, with {id} for record ids and the uids of calendars and events.
func statKey(method, path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if len(p) >= 10 && strings.Trim(p, "0123456789") == "" || calendarUID(parts, i) {
			parts[i] = "{id}"
		}
	}
	return method + " " + strings.Join(parts, "/")
}

// Limits by edition. Source: Zoho CRM v8, "API Limits".
var editions = map[string]struct{ base, perUser, most, concurrency int }{
	"free":         {5_000, 0, 5_000, 5},
	"standard":     {50_000, 250, 100_000, 10},
	"professional": {50_000, 500, 3_000_000, 15},
	"enterprise":   {50_000, 1_000, 5_000_000, 20},
	"ultimate":     {50_000, 2_000, 1 << 40, 25},
}

// narrowConcurrency is the limit on calls that Zoho calls resource-intensive, the same in every edition.
const narrowConcurrency = 10

func creditCeiling(sw *switches, users int) int {
	if sw.CreditCeiling > 0 {
		return sw.CreditCeiling
	}
	e := editions[sw.Edition]
	return min(e.base+e.perUser*users, e.most)
}

// enter lets a call in, or answers 429. leave must be called for a call let in.
func (s *Sim) enter(c *call, cost int, narrow bool) (leave func(), refused *answer) {
	sw := s.switches.Load()
	m := s.meter
	limit := editions[sw.Edition].concurrency
	if sw.ConcurrencyLimit > 0 {
		limit = sw.ConcurrencyLimit
	}
	wide := formatID(int64(c.user.org.index)) + " " + c.token.ClientID
	m.mu.Lock()
	defer m.mu.Unlock()
	used := m.windowOf(c.user.org.index).used(c.now.Unix() / 60)
	switch {
	case used+cost > creditCeiling(sw, len(c.user.org.users)):
		return nil, tooMany(sw, creditCeiling(sw, len(c.user.org.users)), 24*60*60)
	case c.within == nil && m.underway[wide] >= limit:
		return nil, tooMany(sw, limit, 1)
	case narrow && m.underway["!"+wide] >= narrowConcurrency:
		return nil, tooMany(sw, narrowConcurrency, 1)
	}
	keys := []string{wide}
	if c.within != nil {
		keys = nil // its composite is counted
	}
	if narrow {
		keys = append(keys, "!"+wide)
	}
	for _, k := range keys {
		m.underway[k]++
	}
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		for _, k := range keys {
			if m.underway[k]--; m.underway[k] == 0 {
				delete(m.underway, k)
			}
		}
	}, nil
}

// remaining gives the credits left in the rolling day, and whether Zoho says so: once half are used.
func (s *Sim) remaining(u *user, now time.Time) (left int, tell bool) {
	s.meter.mu.Lock()
	defer s.meter.mu.Unlock()
	ceiling := creditCeiling(s.switches.Load(), len(u.org.users))
	used := s.meter.windowOf(u.org.index).used(now.Unix() / 60)
	return max(ceiling-used, 0), used*2 >= ceiling
}

// tooMany is the answer to a call over a limit, in the wording of switch rate_limit_body.
func tooMany(sw *switches, limit, seconds int) *answer {
	p := problem{code: "TOO_MANY_REQUESTS", message: "Too many requests"}
	switch sw.RateLimitBody {
	case "TOO_MANY_REQUESTS with details":
		p.details = details{"trace_id": newToken()[5:37], "retry_after": 60, "limit": limit, "window": seconds}
	case "RATE_LIMIT_EXCEEDED":
		p = problem{code: "RATE_LIMIT_EXCEEDED", message: "Too many requests. Please try again later."}
	}
	a := p.answer(http.StatusTooManyRequests)
	return &a
}

// stats is the answer of GET /_sim/stats.
func (s *Sim) stats() map[string]any {
	s.accounts.mu.Lock()
	minted, live := s.accounts.minted, s.accounts.live(s.clock().UnixMilli())
	s.accounts.mu.Unlock()
	s.meter.mu.Lock()
	defer s.meter.mu.Unlock()
	return map[string]any{
		"calls": maps.Clone(s.meter.calls), "credits": s.meter.credits,
		"tokens": map[string]int{"minted": minted, "live": live}, "notifications": s.outbox.counts(),
	}
}
