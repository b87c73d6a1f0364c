package availability

import "time"

// board is the service of one question with the reps who may serve it, over the instants that can be a start. Plan and
// Free both decide with it, so that they can't disagree.
type board struct {
	rules  *Rules
	svc    *service
	all    extent // possible starts
	seats  []seat
	zones  []zoneClock
	taken  map[int64]int // appointments and holds of the service by date of the catalog's zone; nil without capacity
	at     map[int64]int // the same by start; nil without capacity per slot
	agreed bool          // neither notice nor window is asked
	chosen bool          // one rep was asked for by name
	ragged bool          // the one start asked for is no whole millisecond, so that no grid has it
	until  time.Time     // from when on what was found is no longer right: a hold that was counted ends, notice; zero: never
}

// seat is one rep of a board.
type seat struct {
	rep      *rep
	clock    clock
	busy     busy
	earliest int64 // start, by the notice in business time; 0 without
}

type zoneClock struct {
	zone  *time.Location
	clock clock
}

func (r *Rules) newBoard(svc *service, reps []int, all extent) *board {
	b := &board{rules: r, svc: svc, all: all, seats: make([]seat, len(reps))}
	for i, at := range reps {
		p := &r.reps[at]
		b.seats[i] = seat{rep: p, clock: b.clockOf(p.zone)}
	}
	return b
}

// clockOf gives the clock of a zone around everything the board can look at: the dates whose hours contain a start, and
// what a slot occupies.
func (b *board) clockOf(zone *time.Location) clock {
	for _, z := range b.zones {
		if z.zone == zone {
			return z.clock
		}
	}
	pad := (daysAround+3)*dayMillis + b.svc.before + b.svc.duration + b.svc.after
	c := newClock(zone, b.all.start-pad, b.all.end+pad)
	b.zones = append(b.zones, zoneClock{zone, c})
	return c
}

// seatBlocks gives each rep of the board what occupies them, and counts what uses up the capacity.
func (b *board) seatBlocks(blocks []Block, ignore string, now time.Time) {
	seatOf := make([]int, len(b.rules.reps))
	for i := range b.seats {
		if at, ok := b.rules.repAt[b.seats[i].rep.id]; ok {
			seatOf[at] = i + 1
		}
	}
	if b.svc.capacity > 0 {
		b.taken = map[int64]int{}
	}
	if b.svc.perSlot > 0 {
		b.at = map[int64]int{}
	}
	reach := extent{b.svc.taken(b.all.start).start, b.svc.taken(b.all.end).end}
	each := len(blocks)/max(1, len(b.seats)) + 8
	for i := range blocks {
		block := &blocks[i]
		if !block.counts(ignore, now) {
			continue
		}
		used := b.use(block)
		if at, ok := b.rules.repAt[block.Rep]; ok && seatOf[at] > 0 {
			used = b.seats[seatOf[at]-1].add(b.rules, block, reach, each) || used
		}
		if used && block.Kind == Hold {
			b.ends(block.Expires)
		}
	}
	for i := range b.seats {
		b.seats[i].busy = join(b.seats[i].busy)
	}
}

// use counts a block for the capacities and reports whether it matters there.
func (b *board) use(block *Block) bool {
	if !block.ofService(b.svc.id) {
		return false
	}
	start := floorMillis(block.Start)
	matters := b.at != nil && b.all.has(start)
	if matters {
		b.at[start]++
	}
	return b.useDay(start) || matters
}

func (b *board) useDay(start int64) bool {
	if b.taken == nil {
		return false
	}
	c := b.clockOf(b.rules.zone)
	day := c.day(start)
	if day < c.day(b.all.start)-daysAround || day > c.day(b.all.end-1)+daysAround {
		return false
	}
	b.taken[day]++
	return true
}

// add makes the rep busy during what of a block lies within reach and reports whether anything does.
func (s *seat) add(r *Rules, block *Block, reach extent, room int) bool {
	if s.busy == nil {
		s.busy = make(busy, 0, room)
	}
	n := len(s.busy)
	s.busy = r.occupied(s.busy, block, s.clock)
	kept := s.busy[:n]
	for _, e := range s.busy[n:] {
		if e.meets(reach) {
			kept = append(kept, e)
		}
	}
	s.busy = kept
	return len(kept) > n
}

// left gives how many more appointments the capacities allow at a start.
func (b *board) left(start int64) int { return min(b.leftOnDay(start), b.leftAt(start)) }

// leftOnDay gives how many more appointments the capacity per day allows on the date of a start.
func (b *board) leftOnDay(start int64) int {
	if b.svc.capacity == 0 {
		return len(b.seats)
	}
	return b.svc.capacity - b.taken[b.clockOf(b.rules.zone).day(start)]
}

// leftAt gives how many more appointments the capacity per slot allows to start at an instant.
func (b *board) leftAt(start int64) int {
	if b.svc.perSlot == 0 {
		return len(b.seats)
	}
	return b.svc.perSlot - b.at[start]
}

// free reports whether a rep can take a start: it is a candidate of one of their working intervals, they work long enough
// before it, and nothing that occupies them meets what it would occupy.
func (b *board) free(s *seat, start int64) bool {
	return start >= s.earliest && b.candidate(s, start) && s.busy.free(b.svc.taken(start))
}

// candidate reports whether one of the rep's working intervals offers a start.
func (b *board) candidate(s *seat, start int64) bool {
	if b.ragged {
		return false
	}
	var room [4]extent
	today := s.clock.day(start)
	for day := today - daysAround; day <= today+daysAround; day++ {
		spans, _ := b.rules.hours(s.rep, day)
		for _, hours := range s.clock.intervals(room[:0], day, spans) {
			if b.svc.offers(hours, start) {
				return true
			}
		}
	}
	return false
}
