package availability

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// hourReasons says why a start that is no candidate of a rep is none.
func (b *board) hourReasons(s *seat, start int64) []Reason {
	day := s.clock.day(start)
	spans, from := b.rules.hours(s.rep, day)
	contained, inside := b.insideReasons(s, start)
	weekly := s.clock.intervals(nil, day, s.rep.weekly[weekday(day)])
	usual := slices.ContainsFunc(weekly, func(e extent) bool { return e.has(start) })
	wouldBe := usual && !contained ||
		!b.ragged && slices.ContainsFunc(weekly, func(e extent) bool { return b.svc.offers(e, start) })

	var out []Reason
	switch {
	case from == fromOverride && len(spans) == 0 && (wouldBe || !contained):
		out = append(out, Reason{Code: Override, Detail: fmt.Sprintf("An override makes %v a day off.", dateNumbered(day))})
	case from == fromOverride && len(spans) > 0 && wouldBe:
		out = append(out, Reason{Code: Override, Detail: fmt.Sprintf("An override changes the hours of %v to %s.", dateNumbered(day), list(spans))})
	case from == fromHoliday && (wouldBe || !contained):
		out = append(out, Reason{Code: Holiday, Detail: fmt.Sprintf("%v is a holiday.", dateNumbered(day))})
	}
	if !contained && !usual {
		detail := fmt.Sprintf("The rep does not work on %v, %v.", weekday(day), dateNumbered(day))
		if len(spans) > 0 {
			detail = fmt.Sprintf("The rep's hours on %v, %v, are %s.", weekday(day), dateNumbered(day), list(spans))
		}
		out = append(out, Reason{Code: OutsideHours, Detail: detail})
	}
	return append(append(out, inside...), b.gapReason(s, start)...)
}

// insideReasons looks at the working intervals that contain a start and says why none of them offers it.
func (b *board) insideReasons(s *seat, start int64) (contained bool, out []Reason) {
	var long, off *Reason
	today := s.clock.day(start)
	for day := today - daysAround; day <= today+daysAround; day++ {
		spans, _ := b.rules.hours(s.rep, day)
		for _, e := range s.clock.intervals(nil, day, spans) {
			switch {
			case !e.has(start):
				continue
			case start+b.svc.duration > e.end:
				long = &Reason{Code: Duration, Detail: fmt.Sprintf("The appointment takes %s, and the rep's hours end at %s.",
					spell(b.svc.duration), when(e.end, s.rep.zone))}
			default:
				off = &Reason{Code: OffGrid, Detail: fmt.Sprintf("Appointments start every %s from %s.",
					spell(b.svc.interval), when(e.start, s.rep.zone))}
			}
			contained = true
		}
	}
	for _, r := range []*Reason{long, off} {
		if r != nil {
			out = append(out, *r)
		}
	}
	return contained, out
}

// gapReason tells of a clock change: the clock was put forward just before the start, and the wall time that it would
// have shown otherwise, which does not exist, is one that the hours of that date would offer.
func (b *board) gapReason(s *seat, start int64) []Reason {
	day, wall, ok := s.clock.skipped(start)
	if !ok || b.ragged {
		return nil
	}
	spans, _ := b.rules.hours(s.rep, day)
	var hours []extent
	for _, h := range spans {
		hours = append(hours, extent{int64(h.Start) * minuteMillis, int64(h.End) * minuteMillis})
	}
	if !slices.ContainsFunc(join(hours), func(e extent) bool { return b.svc.offers(e, wall) }) {
		return nil
	}
	return []Reason{{Code: DSTGap, Detail: fmt.Sprintf("The clock is put forward: %v has no %v.", dateNumbered(day), Wall(wall/minuteMillis))}}
}

// obstacle is a block that is in the way of a start.
type obstacle struct {
	*Block
	from   int64
	reason Reason
}

// busyReasons tells of every block that is in the way, by start.
func (b *board) busyReasons(s *seat, start int64, blocks []Block, ignore string, now time.Time) []Reason {
	var found []obstacle
	var wide, bare []extent
	taken, slot := b.svc.taken(start), extent{start, start + b.svc.duration}
	for i := range blocks {
		block := &blocks[i]
		if block.Rep != s.rep.id || !block.counts(ignore, now) {
			continue
		}
		wide = join(b.rules.occupied(wide[:0], block, s.clock))
		if busy(wide).free(taken) {
			continue
		}
		bare = block.bare(bare[:0], s.clock)
		meets := slices.ContainsFunc(bare, func(e extent) bool { return e.meets(slot) })
		found = append(found, obstacle{block, wide[0].start, block.reason(meets, s.rep.zone)})
	}
	slices.SortFunc(found, func(x, y obstacle) int {
		return cmp.Or(cmp.Compare(x.from, y.from), cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.ID, y.ID),
			cmp.Compare(x.Module, y.Module), cmp.Compare(x.Record, y.Record), cmp.Compare(x.reason.Detail, y.reason.Detail))
	})
	var out []Reason
	for _, o := range found {
		out = append(out, o.reason)
	}
	return out
}

// reason says how a block is in the way: at the very time if bare, else by a buffer.
func (b *Block) reason(bare bool, zone *time.Location) Reason {
	out := Reason{Code: Buffer, Module: b.Module, Record: b.Record, BlockID: b.ID}
	at := b.span(zone)
	if !bare {
		out.Detail = "A buffer before or after the visit meets the " + b.Kind.noun() + " " + at + "."
		return out
	}
	switch b.Kind {
	case Appointment:
		out.Code, out.Detail = BusyAppointment, "The rep has an appointment "+at+"."
	case Hold:
		out.Code, out.Detail = Held, "Another visitor is just booking the time "+at+", and has until "+when(floorMillis(b.Expires), zone)+"."
	case Calendar:
		out.Code, out.Detail = BusyCalendar, "The rep's calendar has an entry "+at+"."
	default:
		out.Code, out.Detail = BusyEvent, "The rep has an event "+at+" in the CRM."
	}
	return out
}

func (k Kind) noun() string {
	switch k {
	case Appointment:
		return "appointment"
	case Hold:
		return "time another visitor is just booking,"
	case Calendar:
		return "calendar entry"
	default:
		return "event"
	}
}

// span gives a block's time in words.
func (b *Block) span(zone *time.Location) string {
	switch {
	case b.AllDay && b.FirstDay == b.LastDay:
		return fmt.Sprintf("on all of %v", b.FirstDay)
	case b.AllDay:
		return fmt.Sprintf("on all days from %v to %v", b.FirstDay, b.LastDay)
	case DateOf(b.Start, zone) == DateOf(b.End, zone):
		return fmt.Sprintf("from %s to %s", when(floorMillis(b.Start), zone), b.End.In(zone).Format("15:04"))
	default:
		return fmt.Sprintf("from %s to %s", when(floorMillis(b.Start), zone), when(ceilMillis(b.End), zone))
	}
}

func when(t int64, zone *time.Location) string {
	return instantOf(t).In(zone).Format("2006-01-02 15:04")
}

// list gives spans in words, in order.
func list(spans []Span) string {
	spans = slices.SortedFunc(slices.Values(spans), func(a, b Span) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End))
	})
	text := spans[0].String()
	for i, s := range spans[1:] {
		if i == len(spans)-2 {
			text += " and " + s.String()
		} else {
			text += ", " + s.String()
		}
	}
	return text
}

// InWords gives a length of time in whole minutes in words, in the largest unit that fits it exactly.
func InWords(d time.Duration) string { return spell(d.Milliseconds()) }

func spell(ms int64) string {
	n, unit := ms/minuteMillis, "minute"
	switch {
	case n > 0 && n%(24*60) == 0:
		n, unit = n/(24*60), "day"
	case n > 0 && n%60 == 0:
		n, unit = n/60, "hour"
	}
	if n != 1 {
		unit += "s"
	}
	return fmt.Sprintf("%d %s", n, unit)
}
