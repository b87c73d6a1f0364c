package admin

import (
	"fmt"
	"time"
)

// chart is a picture of bars by hour, with a table of the same behind it. Its measures are of the drawing's own units.
type chart struct {
	Title, Unit string
	Top         string // the value of the highest line
	Bars        []bar
	First, Last string // hours at the ends of the axis
	Empty       bool
}

// bar is one hour: below it what comes first (Low), on top of it the rest (High).
type bar struct {
	X, LowY, LowH, HighY, HighH int
	Hour, Low, High             string // for the table
	Title                       string
}

const (
	chartHours  = 24
	chartHeight = 100
	barStep     = 24
)

// hourValue is what a chart shows of an hour.
type hourValue struct{ low, high int }

// chartOf draws the last day by hour. words writes a value for people.
func chartOf(title, unit string, cal calendar, values map[time.Time]hourValue, words func(int) string) chart {
	c := chart{Title: title, Unit: unit, Empty: true}
	most := 1
	for _, v := range values {
		most = max(most, v.low+v.high)
	}
	first := cal.now.UTC().Truncate(time.Hour).Add(-(chartHours - 1) * time.Hour)
	for i := range chartHours {
		hour := first.Add(time.Duration(i) * time.Hour)
		v := values[hour]
		low, high := v.low*chartHeight/most, v.high*chartHeight/most
		if v.low > 0 {
			low = max(low, 1)
		}
		if v.high > 0 {
			high = max(high, 1)
		}
		c.Empty = c.Empty && v.low+v.high == 0
		b := bar{X: i * barStep, LowY: chartHeight - low, LowH: low, HighY: chartHeight - low - high, HighH: high, Hour: cal.clock(hour), Low: words(v.low), High: words(v.high)}
		b.Title = fmt.Sprintf("%s: %s", b.Hour, words(v.low+v.high))
		c.Bars = append(c.Bars, b)
	}
	c.First, c.Last, c.Top = c.Bars[0].Hour, c.Bars[chartHours-1].Hour, words(most)
	return c
}
