package availability

import "time"

// allDayReach is how far a whole day can lie from where its date is looked for: zones differ by up to 26 hours. It also
// covers the rest of a day whose capacity counts, 25 hours or, where a day is repeated, 48.
const allDayReach = 48 * hourMillis

// Reach gives the range [from, to) that the blocks of a query must cover: what lies outside of it, appointments and
// holds with the largest buffers of any service and all-day blocks put at midnight of any zone, can't matter.
func (r *Rules) Reach(q Query) (from, to time.Time) {
	within := r.asked(q)
	if len(within) == 0 {
		return time.Time{}, time.Time{}
	}
	return r.reach(extent{within[0].start, within[len(within)-1].end})
}

// ReachOf gives the same for one start.
func (r *Rules) ReachOf(a Ask) (from, to time.Time) {
	start := floorMillis(a.Start)
	return r.reach(extent{start, start + 1})
}

func (r *Rules) reach(starts extent) (from, to time.Time) {
	return instantOf(starts.start - r.maxBefore - r.maxAfter - allDayReach),
		instantOf(starts.end + r.maxTaken + r.maxBefore + allDayReach)
}

// NearOf is ReachOf for a service without capacity per day and for blocks that are not all-day: then only what lies this
// near can take the start from a rep. It is what a booking has to read under its lock.
func (r *Rules) NearOf(a Ask) (from, to time.Time) {
	start := floorMillis(a.Start)
	return instantOf(start - r.maxBefore - r.maxAfter), instantOf(start + 1 + r.maxTaken + r.maxBefore)
}
