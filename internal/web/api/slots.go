package api

import (
	"context"
	"encoding/json"
	"sort"
	"strconv"
	"sync/atomic"
	"time"

	"heavyset.tech/platform/internal/availability"
	"heavyset.tech/platform/internal/booking"
	"heavyset.tech/platform/internal/fault"
	"heavyset.tech/platform/internal/org"
)

type slotsIn struct {
	Scheduler  string `path:"scheduler"`
	Service    string `query:"service"`
	From       string `query:"from"`
	To         string `query:"to"`
	Timezone   string `query:"timezone"`
	PostalCode string `query:"postal_code"`
	Rep        string `query:"rep" doc:"only the times of this person, where the service lets visitors choose"`
}

// rawOut is an answer that is JSON already.
type rawOut struct {
	ContentType   string `header:"Content-Type"`
	ContentLength int    `header:"Content-Length"`
	Body          []byte
}

// slotsAnswer describes the answer for OpenAPI; the bytes are written by encodeSlots.
type slotsAnswer struct {
	Timezone string     `json:"timezone"`
	Slots    []slotBody `json:"slots"`
	Source   sourceBody `json:"source"`
	Reason   string     `json:"reason,omitempty"`
}

type slotBody struct {
	Start     string `json:"start"`
	End       string `json:"end"`
	Remaining int    `json:"remaining"`
}

type sourceBody struct {
	State string  `json:"state"`
	AsOf  *string `json:"as_of"`
}

func (a *API) slots(ctx context.Context, in *slotsIn) (*rawOut, error) {
	if !plain(in.Scheduler) {
		return nil, errNoScheduler
	}
	o, err := a.Bookings.Slots(ctx, booking.Ask{
		Scheduler: in.Scheduler, Service: in.Service, From: in.From, To: in.To, Timezone: in.Timezone, PostalCode: in.PostalCode, Chosen: in.Rep,
	})
	if err != nil {
		return nil, err
	}
	body := encodeSlots(o)
	return &rawOut{ContentType: "application/json", ContentLength: len(body), Body: body}, nil
}

// encoded is a view's slots as JSON, each with its place, so that an answer is cut out of it instead of written anew.
type encoded struct {
	json   []byte
	ends   []int // behind slot i and its comma
	starts []int64
	last   atomic.Pointer[cutout] // the answer that was given last
}

// cutout is a whole answer and what it was made for.
type cutout struct {
	n           int
	first, last int64
	source      booking.Source
	answer      []byte
}

// encodeSlots writes the answer. The view's slots are encoded once; the clock only moves the ends of the cut, and until
// it does the same bytes are given again.
func encodeSlots(o booking.Offer) []byte {
	e := o.View.Memo(func() any { return encodeAll(o.View.All(), o.Timezone) }).(*encoded)
	want := cutout{source: o.Source}
	slots := o.View.At(o.Now)
	if want.n = len(slots); want.n > 0 {
		want.first, want.last = slots[0].Start.UnixMilli(), slots[want.n-1].Start.UnixMilli()
	}
	if c := e.last.Load(); c != nil && c.n == want.n && c.first == want.first && c.last == want.last && c.source == want.source {
		return c.answer
	}
	head := `{"timezone":` + quote(o.Timezone) + `,"slots":[`
	tail := `],"source":{"state":` + quote(string(o.Source.State)) + `,"as_of":` + instant(o.Source.AsOf) + `}`
	if r := o.View.Reason(); r != "" {
		tail += `,"reason":` + quote(string(r))
	}
	tail += "}\n"
	cut := e.cut(slots)
	out := make([]byte, 0, len(head)+len(cut)+len(tail))
	out = append(out, head...)
	out = append(out, cut...)
	want.answer = append(out, tail...)
	e.last.Store(&want)
	return want.answer
}

func encodeAll(slots []availability.Slot, timezone string) *encoded {
	zone, ok := org.Zone(timezone)
	if !ok {
		zone = time.UTC
	}
	e := &encoded{ends: make([]int, len(slots)), starts: make([]int64, len(slots)), json: make([]byte, 0, 90*len(slots))}
	for i, s := range slots {
		e.json = append(e.json, `{"start":"`...)
		e.json = s.Start.In(zone).AppendFormat(e.json, time.RFC3339)
		e.json = append(e.json, `","end":"`...)
		e.json = s.End.In(zone).AppendFormat(e.json, time.RFC3339)
		e.json = append(e.json, `","remaining":`...)
		e.json = strconv.AppendInt(e.json, int64(s.Remaining), 10)
		e.json = append(e.json, "},"...)
		e.ends[i], e.starts[i] = len(e.json), s.Start.UnixMilli()
	}
	return e
}

// cut gives the JSON of some of the encoded slots, without the last comma.
func (e *encoded) cut(slots []availability.Slot) []byte {
	if len(slots) == 0 {
		return nil
	}
	first, last := e.index(slots[0]), e.index(slots[len(slots)-1])
	if last-first+1 == len(slots) {
		return e.span(first, last)[:e.ends[last]-e.begin(first)-1]
	}
	var out []byte // a clock change took out some in between
	for _, s := range slots {
		i := e.index(s)
		out = append(out, e.span(i, i)...)
	}
	return out[:len(out)-1]
}

func (e *encoded) index(s availability.Slot) int {
	return sort.Search(len(e.starts), func(i int) bool { return e.starts[i] >= s.Start.UnixMilli() })
}

func (e *encoded) begin(i int) int {
	if i == 0 {
		return 0
	}
	return e.ends[i-1]
}

func (e *encoded) span(first, last int) []byte { return e.json[e.begin(first):e.ends[last]] }

func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		return `""`
	}
	return string(b)
}

func instant(t time.Time) string {
	if t.IsZero() {
		return "null"
	}
	return quote(t.UTC().Format(time.RFC3339))
}

// parseStart reads an instant with offset (ISO 8601). The slots it is compared with are whole milliseconds.
func parseStart(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || t.Year() < 1970 || t.Year() > 2200 {
		return time.Time{}, fault.OfField("start", "must be an instant with offset, such as 2026-12-01T09:00:00-06:00.")
	}
	return t.UTC(), nil
}
