package catalog

import (
	"slices"
	"time"
)

// Holiday is a day on which most are closed.
type Holiday struct {
	Name, Date string // yyyy-mm-dd
}

// USHolidays gives the days of a year on which contractors in the United States are usually closed, in order: the day
// itself, also where an office keeps the Friday before or the Monday after.
func USHolidays(year int) []Holiday {
	day := func(m time.Month, d int) string {
		return time.Date(year, m, d, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
	}
	nth := func(m time.Month, w time.Weekday, n int) time.Time {
		first := time.Date(year, m, 1, 0, 0, 0, 0, time.UTC)
		return first.AddDate(0, 0, (int(w)-int(first.Weekday())+7)%7+7*(n-1))
	}
	thanks := nth(time.November, time.Thursday, 4)
	lastOfMay := time.Date(year, time.May, 31, 0, 0, 0, 0, time.UTC)
	memorial := lastOfMay.AddDate(0, 0, -(int(lastOfMay.Weekday())+6)%7)
	return []Holiday{
		{"New Year's Day", day(time.January, 1)},
		{"Memorial Day", memorial.Format(time.DateOnly)},
		{"Independence Day", day(time.July, 4)},
		{"Labor Day", nth(time.September, time.Monday, 1).Format(time.DateOnly)},
		{"Thanksgiving", thanks.Format(time.DateOnly)},
		{"Day after Thanksgiving", thanks.AddDate(0, 0, 1).Format(time.DateOnly)},
		{"Christmas Eve", day(time.December, 24)},
		{"Christmas Day", day(time.December, 25)},
	}
}

// WithHolidays adds dates, each once, in order.
func (c Catalog) WithHolidays(dates ...string) Catalog {
	c.Holidays = slices.Concat(c.Holidays, dates)
	slices.Sort(c.Holidays)
	c.Holidays = slices.Compact(c.Holidays)
	return c
}

// WithoutHoliday takes a date away.
func (c Catalog) WithoutHoliday(date string) Catalog {
	c.Holidays = slices.DeleteFunc(slices.Clone(c.Holidays), func(d string) bool { return d == date })
	return c
}
