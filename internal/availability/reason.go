package availability

import (
	"fmt"
	"time"
)

// Code says why a start is not offered.
type Code string

// The codes that this package gives. Those of the first group are the service's, the others a rep's.
const (
	Past         Code = "PAST"          // starts before now
	TooSoon      Code = "TOO_SOON"      // not past, but before now + notice; of a rep: too little working time before
	TooFar       Code = "TOO_FAR"       // after the booking window
	CapacityDay  Code = "CAPACITY_DAY"  // the date has as many appointments of the service as it may
	CapacitySlot Code = "CAPACITY_SLOT" // as many appointments of the service start then as may
	SourceStale  Code = "SOURCE_STALE"  // the copy of the CRM is too old to be offered from
	NoRep        Code = "NO_REP"        // the service is unknown or archived, or has no rep on offer

	OutOfTerritory  Code = "TERRITORY"        // the rep does not serve the postal code
	Override        Code = "OVERRIDE"         // an override of that date takes these hours away
	Holiday         Code = "HOLIDAY"          // the rep's local date is a holiday
	OutsideHours    Code = "OUTSIDE_HOURS"    // no working hours then
	Duration        Code = "DURATION"         // begins within working hours but would not end within them
	OffGrid         Code = "OFF_GRID"         // within working hours, but no candidate start
	DSTGap          Code = "DST_GAP"          // the candidate's wall time is one that a clock change skips
	BusyAppointment Code = "BUSY_APPOINTMENT" // another appointment at the time
	BusyEvent       Code = "BUSY_EVENT"       // event of the CRM at the time
	BusyCalendar    Code = "BUSY_CALENDAR"    // calendar entry at the time
	Held            Code = "HELD"             // another visitor's hold at the time
	Buffer          Code = "BUFFER"           // free at the time, but a buffer meets something
)

// Reason is one thing that keeps a start from being offered.
type Reason struct {
	Code           Code
	Rep            string // "" if it is about the service
	Module, Record string // of the block that is in the way, if one is
	BlockID        string
	Detail         string // a sentence in plain English, wall times in the rep's zone, nothing about customers
}

// Explanation says whether a start is offered and, if not, everything that speaks against it: first what is about the
// service, then each rep in catalog order. There are no reasons when it is offered, and at least one when not.
type Explanation struct {
	Offered bool
	Reasons []Reason
}

// Ask is a question about one start.
type Ask struct {
	Service    string
	Start      time.Time
	PostalCode string // as in Query
	Ignore     string // as in Query
	Rep        string // as in Query
	Agreed     bool   // the time stands already and only who comes is asked: notices and window say nothing
}

// Explain says whether a start is offered at now, or why not. Blocks must hold everything in ReachOf the question.
func (r *Rules) Explain(a Ask, blocks []Block, now time.Time) Explanation {
	_, why := r.Free(a, blocks, now)
	return why
}

// Free gives the reps who can take a start at now, in catalog order; none and the reasons if it is not offered. Blocks
// must hold everything in ReachOf the question.
func (r *Rules) Free(a Ask, blocks []Block, now time.Time) ([]string, Explanation) {
	svc := r.onOffer(a.Service)
	if svc == nil {
		return nil, Explanation{Reasons: append(past(a.Start, now), Reason{Code: NoRep, Detail: "There is no such service on offer."})}
	}
	start := floorMillis(a.Start)
	b := r.newBoard(svc, r.only(svc.reps, a.Rep), extent{start, start + 1})
	b.agreed, b.chosen = a.Agreed, a.Rep != ""
	b.ragged = !instantOf(start).Equal(a.Start)
	b.seatBlocks(blocks, a.Ignore, now)
	b.business(now)
	where := r.areaOf(a.PostalCode)
	general := b.generalReasons(a.Start, start, now)
	var free []string
	for i := range b.seats {
		s := &b.seats[i]
		if where.has(s.rep) && b.free(s, start) {
			free = append(free, s.rep.id)
		}
	}
	if len(general) == 0 && len(free) > 0 {
		return free, Explanation{Offered: true}
	}
	reasons := general
	for i := range b.seats {
		reasons = append(reasons, b.reasons(&b.seats[i], start, where, blocks, a.Ignore, now)...)
	}
	return nil, Explanation{Reasons: reasons}
}

func past(start, now time.Time) []Reason {
	if start.Before(now) {
		return []Reason{{Code: Past, Detail: "This time has passed."}}
	}
	return nil
}

// generalReasons says what speaks against a start whoever would come.
func (b *board) generalReasons(at time.Time, start int64, now time.Time) []Reason {
	r := b.rules
	out := past(at, now)
	if earliest := b.svc.earliest(now); len(out) == 0 && start < earliest && !b.agreed {
		out = append(out, Reason{Code: TooSoon, Detail: fmt.Sprintf("The service asks for notice of %s: the first possible start is %s.",
			spell(b.svc.notice), when(earliest, r.zone))})
	}
	day := b.clockOf(r.zone).day(start)
	if latest := r.latest(b.svc, now); day > latest && !b.agreed {
		out = append(out, Reason{Code: TooFar, Detail: fmt.Sprintf("The service can be booked %d days ahead, that is until %v.",
			b.svc.windowDays, dateNumbered(latest))})
	}
	if b.svc.capacity > 0 && b.leftOnDay(start) <= 0 {
		out = append(out, Reason{Code: CapacityDay, Detail: fmt.Sprintf("%v has %d of at most %d appointments of this service.",
			dateNumbered(day), b.taken[day], b.svc.capacity)})
	}
	if b.svc.perSlot > 0 && b.leftAt(start) <= 0 {
		out = append(out, Reason{Code: CapacitySlot, Detail: fmt.Sprintf("%d of at most %d appointments of this service start then.",
			b.at[start], b.svc.perSlot)})
	}
	if len(b.seats) == 0 {
		detail := "No rep offers this service."
		if b.chosen {
			detail = "This rep does not offer this service."
		}
		out = append(out, Reason{Code: NoRep, Detail: detail})
	}
	return out
}

// reasons says what speaks against one rep; for a start that is not past, nothing if and only if the rep is free.
func (b *board) reasons(s *seat, start int64, where area, blocks []Block, ignore string, now time.Time) []Reason {
	var out []Reason
	if !where.has(s.rep) {
		detail := "The rep does not serve the territory of this postal code."
		if len(where.territories) == 0 {
			detail = "The postal code is in no territory."
		}
		out = append(out, Reason{Code: OutOfTerritory, Detail: detail})
	}
	out = append(out, b.soonReasons(s, start, now)...)
	if !b.candidate(s, start) {
		out = append(out, b.hourReasons(s, start)...)
	}
	out = append(out, b.busyReasons(s, start, blocks, ignore, now)...)
	for i := range out {
		out[i].Rep = s.rep.id
	}
	return out
}
