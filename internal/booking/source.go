package booking

import "time"

// SourceState says how far the data behind the slots can be trusted.
type SourceState string

// The states of the availability source.
const (
	Fresh SourceState = "fresh"
	Stale SourceState = "stale" // older than its budget
	Down  SourceState = "down"  // never read, or not for a day
)

// Source is the state of the data behind the slots and when it was last known to agree with the CRM; AsOf is zero for
// an organization whose slots come from our own data alone.
type Source struct {
	State SourceState
	AsOf  time.Time
}

// StalePolicy says what visitors are offered while the copy of the CRM is too old.
type StalePolicy string

// The policies, as in settings.
const (
	StaleTentative StalePolicy = "tentative"
	StaleCopy      StalePolicy = "copy"
	StaleBlock     StalePolicy = "block"
)

// Copy is how old the local copy of the CRM is that slots are computed from.
type Copy struct {
	Kept   bool      // there is a CRM to copy
	AsOf   time.Time // zero: never read
	Budget time.Duration
	Policy StalePolicy
}

// forgotten is when a copy is too old to be of any worth.
const forgotten = 24 * time.Hour

// source judges a copy at a moment.
func (c Copy) source(now time.Time) Source {
	s := Source{State: Fresh, AsOf: c.AsOf}
	switch age := now.Sub(c.AsOf); {
	case !c.Kept:
		s.AsOf = time.Time{}
	case c.AsOf.IsZero(), age > forgotten && age > c.Budget:
		s.State = Down
	case age > c.Budget:
		s.State = Stale
	}
	return s
}

// blocked reports whether nothing may be booked; tentative, whether a booking has to be confirmed later. A copy that was
// never made, or is of no worth any more, is never taken for the truth.
func (c Copy) blocked(now time.Time) bool {
	return c.source(now).State != Fresh && c.Policy == StaleBlock
}

func (c Copy) tentative(now time.Time) bool {
	switch c.source(now).State {
	case Stale:
		return c.Policy == StaleTentative
	case Down:
		return true
	}
	return false
}
