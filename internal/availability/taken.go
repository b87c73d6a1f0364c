package availability

import "time"

// Taken is how much of a rep's working time between two instants blocks take, each moment counted once; zero for an
// unknown rep.
func (r *Rules) Taken(id string, blocks []Block, from, to time.Time) time.Duration {
	at, ok := r.repAt[id]
	if !ok || !from.Before(to) {
		return 0
	}
	within, p := extent{floorMillis(from), floorMillis(to)}, &r.reps[at]
	c := newClock(p.zone, within.start-5*dayMillis, within.end+5*dayMillis)
	var busy []extent
	for i := range blocks {
		if blocks[i].Rep == id {
			busy = blocks[i].bare(busy, c)
		}
	}
	busy = join(busy)
	var sum int64
	for day := c.day(within.start) - daysAround; day <= c.day(within.end)+daysAround; day++ {
		spans, _ := r.hours(p, day)
		for _, h := range c.intervals(nil, day, spans) {
			for _, b := range busy {
				if e := b.clip(h).clip(within); !e.empty() {
					sum += e.end - e.start
				}
			}
		}
	}
	return time.Duration(sum) * time.Millisecond
}
