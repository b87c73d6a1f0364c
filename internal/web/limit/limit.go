// Package limit bounds how often one address may call.
//
// It stands before the public faces (web/api without a key, web/scheduler). Each address has a bucket that refills
// steadily; the addresses seen last are kept, so that memory is bounded whatever comes in. An IPv6 caller is known by
// the /64 that a network hands out, not by one of its 2^64 addresses. The limits are per process; what must hold over
// all nodes (failed sign-ins, live holds) is counted in the database.
package limit

import (
	"container/list"
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxAddresses bounds the memory: a bucket takes some 200 bytes.
const maxAddresses = 50_000

// Limiter bounds calls per address. Make it with New.
type Limiter struct {
	rate  rate.Limit
	burst int
	now   func() time.Time

	mu    sync.Mutex
	m     map[string]*list.Element
	order list.List // front = seen last
}

type bucket struct {
	key string
	l   *rate.Limiter
}

// New makes a limiter that allows burst calls at once and refills perMinute.
func New(perMinute, burst int, now func() time.Time) *Limiter {
	return &Limiter{rate: rate.Limit(float64(perMinute) / 60), burst: burst, now: now, m: map[string]*list.Element{}}
}

// Take takes one call from the bucket of an address. When it is empty it says how long to wait.
func (l *Limiter) Take(address string) (ok bool, wait time.Duration) {
	now := l.now()
	r := l.bucket(Key(address)).ReserveN(now, 1)
	if !r.OK() {
		return false, time.Minute
	}
	if d := r.DelayFrom(now); d > 0 {
		r.CancelAt(now)
		return false, d
	}
	return true, 0
}

func (l *Limiter) bucket(key string) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e := l.m[key]; e != nil {
		l.order.MoveToFront(e)
		return e.Value.(*bucket).l
	}
	b := &bucket{key, rate.NewLimiter(l.rate, l.burst)}
	l.m[key] = l.order.PushFront(b)
	if len(l.m) > maxAddresses {
		last := l.order.Back()
		delete(l.m, last.Value.(*bucket).key)
		l.order.Remove(last)
	}
	return b.l
}

// Key gives what an address is known by: the address itself for IPv4, the /64 for IPv6. address may have a port.
func Key(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		address = host
	}
	a, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if a = a.Unmap().WithZone(""); a.Is4() {
		return a.String()
	}
	p, err := a.Prefix(64)
	if err != nil {
		return a.String()
	}
	return p.String()
}
