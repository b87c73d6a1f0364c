package crm

import (
	"context"
	"time"
)

// WorkingTime is what a CRM holds of when people work. Every part is optional: what could not be read stands in Unread.
type WorkingTime struct {
	Business *Week // of the organization; nil: not said
	Shifts   []Shift
	Holidays []Holiday
	Away     []Away
	Unread   []Unread
}

// Week is hours by weekday, in wall time HH:MM; End may be 24:00. Several stretches of one day are possible.
type Week map[time.Weekday][]WallSpan

// WallSpan is a stretch of one day.
type WallSpan struct{ Start, End string }

// Shift is the hours of some users.
type Shift struct {
	ID, Name, Timezone string
	Hours              Week
	Breaks             bool // it has breaks, which are not read
	Users              []string
}

// Holiday is a day on which nobody works, or nobody of a shift.
type Holiday struct{ Name, Date, Shift string }

// Away is a time at which a user does not work.
type Away struct {
	User, Title string
	From, To    time.Time
	AllDay      bool
}

// Unread is a part that could not be read.
type Unread struct {
	What string // business hours, shifts, holidays, unavailability
	Err  error  // a *Problem: ScopeMissing where the consent does not cover it, Unfit where the CRM does not have it
}

// WorkingTimeReader is a provider that knows when people work.
type WorkingTimeReader interface {
	// WorkingTime reads it, holidays of these years. Parts that fail on their own are Unread; an error is a *Problem that
	// keeps all of it from being read.
	WorkingTime(ctx context.Context, years ...int) (WorkingTime, error)
}
