package availability

import "time"

// Inside the package instants are Unix milliseconds: comparing and adding them is what most of the time is spent on.
const (
	minuteMillis int64 = 60 * 1000
	hourMillis         = 60 * minuteMillis
	dayMillis          = 24 * hourMillis
)

// maxMillis keeps absurd times (year 100000) from overflowing; every comparison with a real one comes out the same.
const maxMillis int64 = 1 << 52

// floorMillis gives the last whole millisecond not after t.
func floorMillis(t time.Time) int64 {
	if sec := t.Unix(); sec > maxMillis/1000 {
		return maxMillis
	} else if sec < -maxMillis/1000 {
		return -maxMillis
	}
	return t.UnixMilli()
}

// ceilMillis gives the first whole millisecond not before t.
func ceilMillis(t time.Time) int64 {
	ms := floorMillis(t)
	if t.Nanosecond()%int(time.Millisecond) != 0 {
		ms++
	}
	return ms
}

func instantOf(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// extent is a half-open range of instants [start, end) in Unix milliseconds.
type extent struct{ start, end int64 }

func (e extent) empty() bool           { return e.start >= e.end }
func (e extent) meets(o extent) bool   { return max(e.start, o.start) < min(e.end, o.end) }
func (e extent) has(t int64) bool      { return e.start <= t && t < e.end }
func (e extent) clip(to extent) extent { return extent{max(e.start, to.start), min(e.end, to.end)} }

// stretch is a time during which a zone's offset from UTC stays the same.
type stretch struct {
	extent
	offset int64 // milliseconds to add to UTC
}

// clock is a zone's relation of wall time and instants between two instants, as stretches without gaps.
type clock []stretch

// newClock reads the zone from the first to the last instant; from must be before to.
func newClock(zone *time.Location, from, to int64) clock {
	var c clock
	for t := floorDiv(from, 1000) * 1000; t < to; {
		at := time.UnixMilli(t).In(zone)
		_, offset := at.Zone()
		end := to
		if _, bound := at.ZoneBounds(); !bound.IsZero() {
			end = min(end, bound.UnixMilli())
		}
		if end <= t {
			// Beyond its table package time ends each year after 365 days, so on the last day of a leap year the bound
			// has passed. The offset stays until the year ends.
			end = min(to, time.Date(at.UTC().Year()+1, time.January, 1, 0, 0, 0, 0, time.UTC).UnixMilli())
		}
		if n := len(c); n > 0 && c[n-1].offset == int64(offset)*1000 {
			c[n-1].end = end
		} else {
			c = append(c, stretch{extent{t, end}, int64(offset) * 1000})
		}
		t = end
	}
	return c
}

// first gives the instant of a date's wall time: the first one where it occurs twice, the first instant after the gap
// where a clock change skips it.
func (c clock) first(day int64, w Wall) int64 {
	local := day*dayMillis + int64(w)*minuteMillis
	for _, s := range c {
		if t := local - s.offset; s.has(t) {
			return t
		}
	}
	return c.afterGap(local)
}

// last is first, except that a wall time that occurs twice means its second occurrence.
func (c clock) last(day int64, w Wall) int64 {
	local := day*dayMillis + int64(w)*minuteMillis
	for i := len(c) - 1; i >= 0; i-- {
		if t := local - c[i].offset; c[i].has(t) {
			return t
		}
	}
	return c.afterGap(local)
}

func (c clock) afterGap(local int64) int64 {
	for i := 1; i < len(c); i++ {
		if at := c[i].start; local-c[i-1].offset >= at && local-c[i].offset < at {
			return at
		}
	}
	if local-c[0].offset < c[0].start {
		return c[0].start
	}
	return c[len(c)-1].end
}

// skipped gives the date and the wall time (in milliseconds) that the clock would show at t, had it not been put forward
// just before; false where it was not.
func (c clock) skipped(t int64) (day int64, w int64, ok bool) {
	for i := 1; i < len(c); i++ {
		if c[i].has(t) && t-c[i].start < c[i].offset-c[i-1].offset {
			local := t + c[i-1].offset
			day = floorDiv(local, dayMillis)
			return day, local - day*dayMillis, true
		}
	}
	return 0, 0, false
}

// day gives the number of the date that the clock shows at t.
func (c clock) day(t int64) int64 {
	for _, s := range c[:len(c)-1] {
		if t < s.end {
			return floorDiv(t+s.offset, dayMillis)
		}
	}
	return floorDiv(t+c[len(c)-1].offset, dayMillis)
}

// days appends the extents in which the clock shows a date from first to last, as far as the clock reaches. It is one
// extent, unless a change puts the clock back from one date into the one before (St. John's until 2011, at 00:01).
func (c clock) days(to []extent, first, last int64) []extent {
	n := len(to)
	for _, s := range c {
		e := extent{first*dayMillis - s.offset, (last+1)*dayMillis - s.offset}.clip(s.extent)
		switch k := len(to); {
		case e.empty():
		case k > n && to[k-1].end == e.start:
			to[k-1].end = e.end
		default:
			to = append(to, e)
		}
	}
	return to
}

// turn gives the first instant at which the clock shows a date after day, and the end of the last extent in which it
// shows day or an earlier one. Both are the same, except as said at days.
func (c clock) turn(day int64) (first, last int64) {
	first, last = c[len(c)-1].end, c[0].start
	for _, s := range c {
		midnight := (day+1)*dayMillis - s.offset
		if midnight < s.end {
			first = min(first, max(midnight, s.start))
		}
		if midnight > s.start {
			last = max(last, min(midnight, s.end))
		}
	}
	return first, last
}
