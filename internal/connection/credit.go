package connection

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
)

// Purpose is what calls to the CRM are made for.
type Purpose string

// The purposes. Bookings come first: the others leave them a share of the day.
const (
	ForBookings     Purpose = "bookings"     // writing appointments, leads and customers, and settling conflicts
	ForNotices      Purpose = "notices"      // reading what the CRM has told of
	ForPolling      Purpose = "polling"      // comparing the copy
	ForChannels     Purpose = "channels"     // keeping notifications coming
	ForMetadata     Purpose = "metadata"     // modules and fields, for settings and Auto-Discover
	ForVerification Purpose = "verification" // test bookings
	ForChecks       Purpose = "checks"       // whether the connection lives
)

// Purposes lists them, those that come first first.
func Purposes() []Purpose {
	return []Purpose{ForBookings, ForNotices, ForPolling, ForChannels, ForMetadata, ForVerification, ForChecks}
}

// leaves is the share of the day's credits that a purpose leaves to those before it.
func (p Purpose) leaves() float64 {
	switch p {
	case ForBookings, ForChecks: // a check is one call an hour at most
		return 0
	case ForNotices, ForChannels:
		return 0.05
	case ForPolling:
		return 0.10
	}
	return 0.20
}

// Usage is what the calls of a purpose cost in an hour.
type Usage struct {
	Hour        time.Time // its beginning
	Purpose     Purpose
	Calls       int
	Credits     int
	Refused     int       // with 429, of every kind
	Over        Over      // of those, by what they ran into where that is known
	Failed      int       // without an answer, or with one of 500 and above
	Remaining   int       // as the CRM last said; -1: it did not
	RemainingAt time.Time // when it said so
}

// Over counts refusals by the limit that was run into.
type Over struct{ Credits, Concurrency, Rate, Tokens int }

// count takes a refusal in.
func (o *Over) count(l crm.Limit) {
	switch l {
	case crm.LimitCredits:
		o.Credits++
	case crm.LimitConcurrency:
		o.Concurrency++
	case crm.LimitRate:
		o.Rate++
	case crm.LimitTokens:
		o.Tokens++
	}
}

// Plus adds two counts up.
func (o Over) Plus(p Over) Over {
	return Over{o.Credits + p.Credits, o.Concurrency + p.Concurrency, o.Rate + p.Rate, o.Tokens + p.Tokens}
}

// Day is how an organization's credits stand. They count over a rolling day, and other applications may use them too.
type Day struct {
	Edition  string
	Limit    int  // of the edition, with as few users as it can have
	Used     int  // by us, in the last 24 hours
	Left     int  // as the CRM says where it does, else Limit without Used
	Told     bool // Left is the CRM's own word
	Forecast int  // what we will have used in 24 hours at the pace of the last three
	Hours    []Usage
}

// share is how much of the day's credits is left, between 0 and 1.
func (d Day) share() float64 { return float64(max(d.Left, 0)) / float64(d.Limit) }

// Pace is how long to wait between two rounds of polling that come each interval while there is enough: 5 and then 15
// minutes when less than 40 and 25 of a hundred credits are left.
func (d Day) Pace(interval time.Duration) time.Duration {
	switch share := d.share(); {
	case share < 0.25:
		return max(interval, 15*time.Minute)
	case share < 0.40:
		return max(interval, 5*time.Minute)
	}
	return interval
}

// May reports whether calls of a purpose leave enough to those before it.
func (d Day) May(p Purpose) bool { return d.share() > p.leaves() || p.leaves() == 0 }

// dailyCredits is an edition's limit with the fewest users; an unknown edition is taken for the smallest.
// https://www.zoho.com/crm/developer/docs/api/v8/api-limits.html
func dailyCredits(edition string) int {
	switch strings.ToLower(edition) {
	case "standard", "professional", "enterprise", "zohoone", "ultimate", "crmplus":
		return 50_000
	}
	return 5_000
}

// atOnce is how many calls of a connection may be under way at a time, on all nodes together: one less than the edition allows an
// application, and below the ten that every edition allows of queries.
func atOnce(edition string) int {
	if dailyCredits(edition) == 5_000 {
		return 4
	}
	return 9
}

// toldFor is how long what the CRM said of the remaining credits is taken for true.
const toldFor = time.Hour

type useKey struct {
	org     org.ID
	config  ConfigID
	hour    int64 // Unix milliseconds
	purpose Purpose
}

type gateKey struct {
	org    org.ID
	config ConfigID
}

// ledger counts calls in memory until they are flushed, and has the gates of this node's connections.
type ledger struct {
	mu    sync.Mutex
	open  map[useKey]*Usage
	gates map[gateKey]*gate
	crew  crew
}

// meter is the ledger's side of one provider.
type meter struct {
	guardian *Guardian
	config   Config
	purpose  Purpose
	gate     *gate
	also     []func(crm.Call)
}

func (g *Guardian) meter(c Config, p Purpose, also ...func(crm.Call)) crm.Meter {
	l := &g.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	k := gateKey{c.Org, c.ID}
	if l.gates == nil {
		l.gates = map[gateKey]*gate{}
	}
	if l.gates[k] == nil {
		l.gates[k] = &gate{}
	}
	l.gates[k].edition = c.Connection.Edition
	l.gates[k].resize(g.share(c.Connection.Edition))
	return meter{g, c, p, l.gates[k], append(also, g.noting(c))}
}

// Begin waits for its turn.
func (m meter) Begin(ctx context.Context) (func(), error) {
	if err := m.gate.enter(ctx); err != nil {
		return nil, err
	}
	return m.gate.leave, nil
}

// Count takes a call in.
func (m meter) Count(c crm.Call) {
	for _, f := range m.also {
		f(c)
	}
	now, l := m.guardian.service.Now(), &m.guardian.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	u := l.usage(m.config, m.purpose, now)
	u.Calls++
	u.Credits += c.Credits
	switch {
	case c.Status == 429:
		u.Refused++
		u.Over.count(c.Limit)
		if c.Limit == crm.LimitCredits && c.Remaining < 0 { // as good as its word
			c.Remaining = 0
		}
	case c.Status == 0, c.Status >= 500:
		u.Failed++
	}
	if c.Remaining >= 0 {
		u.Remaining, u.RemainingAt = c.Remaining, now
	}
}

// usage gives what is counted of a connection for a purpose in this hour. The ledger is locked.
func (l *ledger) usage(c Config, p Purpose, now time.Time) *Usage {
	if l.open == nil {
		l.open = map[useKey]*Usage{}
	}
	hour := now.UTC().Truncate(time.Hour)
	k := useKey{c.Org, c.ID, hour.UnixMilli(), p}
	if l.open[k] == nil {
		l.open[k] = &Usage{Hour: hour, Purpose: p, Remaining: -1}
	}
	return l.open[k]
}

// noToken counts that the CRM gave no access token because too many were asked for.
func (g *Guardian) noToken(c Config, now time.Time) {
	g.ledger.mu.Lock()
	defer g.ledger.mu.Unlock()
	u := g.ledger.usage(c, ForChecks, now)
	u.Refused++
	u.Over.count(crm.LimitTokens)
}

// Flush stores what was counted since the last time, in one transaction for each connection.
func (g *Guardian) Flush(ctx context.Context) error {
	l := &g.ledger
	l.mu.Lock()
	open := l.open
	l.open = map[useKey]*Usage{}
	l.mu.Unlock()
	all := map[gateKey][]Usage{}
	for k, u := range open {
		all[gateKey{k.org, k.config}] = append(all[gateKey{k.org, k.config}], *u)
	}
	var failed []error
	for k, list := range all {
		failed = append(failed, g.service.Store.AddUsage(ctx, k.org, k.config, list))
	}
	return errors.Join(failed...)
}

// Run flushes until the context ends, and then once more, and looks who else calls. An error is told to failed: counts that are
// lost are no reason to stop.
func (g *Guardian) Run(ctx context.Context, every time.Duration, failed func(error)) error {
	tick, look := time.NewTicker(every), time.NewTicker(lookEvery)
	defer tick.Stop()
	defer look.Stop()
	if err := g.Look(ctx); err != nil && ctx.Err() == nil {
		failed(err)
	}
	for {
		select {
		case <-look.C:
			if err := g.Look(ctx); err != nil && ctx.Err() == nil {
				failed(err)
			}
		case <-tick.C:
			if err := g.Flush(ctx); err != nil && ctx.Err() == nil {
				failed(err)
			}
		case <-ctx.Done():
			return g.Flush(context.WithoutCancel(ctx))
		}
	}
}

// Day gives how the credits of a connection stand, with what is not stored yet.
func (g *Guardian) Day(ctx context.Context, c Config) (Day, error) {
	now := g.service.Now()
	list, err := g.service.Store.Usage(ctx, c.Org, c.ID, now.Add(-24*time.Hour))
	if err != nil {
		return Day{}, err
	}
	g.ledger.mu.Lock()
	for k, u := range g.ledger.open {
		if k.org == c.Org && k.config == c.ID {
			list = append(list, *u)
		}
	}
	g.ledger.mu.Unlock()
	return dayOf(c.Connection.Edition, list, now), nil
}

// pacedBy is how many hours the forecast looks back.
const pacedBy = 3

func dayOf(edition string, list []Usage, now time.Time) Day {
	d := Day{Edition: edition, Limit: dailyCredits(edition), Hours: list}
	recent, told := 0, Usage{Remaining: -1}
	first := now
	for _, u := range list {
		d.Used += u.Credits
		if u.Hour.After(now.Add(-(pacedBy + 1) * time.Hour)) {
			recent += u.Credits
			if u.Hour.Before(first) {
				first = u.Hour
			}
		}
		if u.Remaining >= 0 && u.RemainingAt.After(told.RemainingAt) {
			told = u
		}
	}
	d.Left = d.Limit - d.Used
	if told.Remaining >= 0 && now.Sub(told.RemainingAt) < toldFor {
		d.Left, d.Told = told.Remaining, true
		d.Limit = max(d.Limit, told.Remaining)
	}
	if span := now.Sub(first); span > 0 {
		d.Forecast = int(float64(recent) / max(span, time.Hour).Hours() * 24)
	}
	return d
}

// budget fails when calls of a purpose would take what is kept for those before it.
func (g *Guardian) budget(ctx context.Context, c Config, p Purpose) error {
	if p.leaves() == 0 {
		return nil
	}
	d, err := g.Day(ctx, c)
	if err != nil || d.May(p) {
		return err
	}
	return fault.Later(budgetWait, "Most of the API credits of this Zoho organization's day are used. What is left is kept for bookings; they come back over a day.")
}

// budgetWait is when it is worth while to look again.
const budgetWait = 15 * time.Minute
