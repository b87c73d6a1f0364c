package availability

// source is what a rep's hours on a date come from.
type source uint8

const (
	fromWeek source = iota
	fromHoliday
	fromOverride
)

// hours gives the working hours of a rep's local date: the override if there is one, else nothing on a holiday, else
// the weekly hours.
func (r *Rules) hours(p *rep, day int64) ([]Span, source) {
	if spans, ok := p.overrides[day]; ok {
		return spans, fromOverride
	}
	if r.holidays[day] {
		return nil, fromHoliday
	}
	return p.weekly[weekday(day)], fromWeek
}

// intervals appends the working intervals of one local date: the spans become instants first, then those that overlap
// or touch become one. Clock changes can leave nothing of a span.
func (c clock) intervals(to []extent, day int64, spans []Span) []extent {
	n := len(to)
	for _, s := range spans {
		to = append(to, extent{c.first(day, s.Start), c.last(day, s.End)})
	}
	return to[:n+len(join(to[n:]))]
}

// offers reports whether t is a candidate start within a working interval: a whole number of slot intervals of elapsed
// time after its start, and early enough to end within it.
func (s *service) offers(within extent, t int64) bool {
	return t >= within.start && t+s.duration <= within.end && (t-within.start)%s.interval == 0
}

// firstFrom gives the first instant of the grid of a working interval that is not before t.
func (s *service) firstFrom(within extent, t int64) int64 {
	if t <= within.start {
		return within.start
	}
	return within.start + (t-within.start+s.interval-1)/s.interval*s.interval
}

// daysAround is how many dates before and after the one of an instant can have hours that contain it: those of the date
// before go on until the second midnight, and no change ever put a clock back by more than a day (Alaska in 1867).
const daysAround = 1
