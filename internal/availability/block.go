package availability

import (
	"cmp"
	"slices"
	"time"
)

// Kind is what sort of thing takes a rep's time.
type Kind uint8

// The kinds of blocks. Appointments and holds are widened by the present buffers of their service and count for its
// daily capacity; events and calendar entries take exactly their own time.
const (
	Appointment Kind = iota + 1 // ours, not cancelled
	Hold                        // short reservation for a visitor who is filling the form
	Event                       // record of the CRM that is no appointment of ours
	Calendar                    // entry of the rep's calendar
)

// Block is something that takes a rep's time. What is cancelled or transparent is no block. A block of an archived or
// unknown rep occupies nobody on offer, but counts for the capacity of its service.
type Block struct {
	Kind    Kind
	ID      string // of the appointment or hold, or what else tells it apart; see Ask.Ignore
	Rep     string
	Service string // of an appointment or hold

	// Start and End are the bare range, half-open, without buffers; empty when End is not after Start. An all-day block
	// uses FirstDay and LastDay instead: both included, whole local days in the rep's zone.
	Start, End        time.Time
	AllDay            bool
	FirstDay, LastDay Date

	Expires time.Time // of a hold: from then on it is as none

	Module, Record string // where it comes from, for the explanation
}

// counts reports whether the block is there at now and not the one to be ignored.
func (b *Block) counts(ignore string, now time.Time) bool {
	switch b.Kind {
	case Appointment:
		return ignore == "" || b.ID != ignore
	case Hold:
		return b.Expires.After(now) && (ignore == "" || b.ID != ignore)
	default:
		return true
	}
}

// ofService reports whether the block counts for the capacity of a service.
func (b *Block) ofService(id string) bool {
	return (b.Kind == Appointment || b.Kind == Hold) && b.Service == id
}

// bare appends the ranges that the block takes by itself, to whole milliseconds outwards: the starts it is compared
// with are whole milliseconds, so that nothing is lost. A block that does not end after it starts has no length.
func (b *Block) bare(to []extent, c clock) []extent {
	if b.AllDay {
		return c.days(to, b.FirstDay.number(), b.LastDay.number())
	}
	e := extent{floorMillis(b.Start), ceilMillis(b.End)}
	if !b.Start.Before(b.End) {
		e.end = e.start
	}
	return append(to, e)
}

// occupied appends the ranges that the block keeps others out of: bare, for an appointment or hold widened by the
// buffers of its service, which it keeps even without length.
func (r *Rules) occupied(to []extent, b *Block, c clock) []extent {
	n := len(to)
	to = b.bare(to, c)
	if at, ok := r.serviceAt[b.Service]; ok && (b.Kind == Appointment || b.Kind == Hold) {
		for i := n; i < len(to); i++ {
			to[i].start -= r.services[at].before
			to[i].end += r.services[at].after
		}
	}
	return to
}

// busy is what a rep is occupied with: ranges in order that neither overlap nor touch nor are empty.
type busy []extent

// next moves i past the ranges that end before e starts and reports whether the rep is free during all of e. The ranges
// before i must end before e starts.
func (b busy) next(i int, e extent) (at int, free bool) {
	for i < len(b) && b[i].end <= e.start {
		i++
	}
	return i, i == len(b) || !b[i].meets(e)
}

// free reports whether the rep is free during all of e.
func (b busy) free(e extent) bool {
	_, free := b.next(b.after(e.start), e)
	return free
}

// after gives the index of the first range that ends after t.
func (b busy) after(t int64) int {
	at, _ := slices.BinarySearchFunc(b, t, func(e extent, t int64) int {
		if e.end <= t {
			return -1
		}
		return 1
	})
	return at
}

// join sorts ranges and makes those that overlap or touch one, in place. Empty ones vanish.
func join(list []extent) []extent {
	slices.SortFunc(list, func(a, b extent) int { return cmp.Compare(a.start, b.start) })
	out := list[:0]
	for _, e := range list {
		switch n := len(out); {
		case e.empty():
		case n > 0 && e.start <= out[n-1].end:
			out[n-1].end = max(out[n-1].end, e.end)
		default:
			out = append(out, e)
		}
	}
	return out
}
