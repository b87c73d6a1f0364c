package admin

import (
	"fmt"
	"time"
)

// barChart is a picture of bars, one below the other, each with its number beside it and a thin one for the span before, and
// the table of the same behind it. Bars are drawn of 1000 units that stretch to the width there is.
type barChart struct {
	ID, Title, Words string // Words: what it shows
	Empty            string // said in its place when there is nothing
	Bars             []hbar
	Two              bool   // the bars have a second part
	Low, High        string // what the parts are
	Past             string // what the thin bars are; "" when there are none
	Head             []string
	Rows             [][]string
	CSV              string // address of the table as a file
}

// hbar is one bar with its words.
type hbar struct {
	Label, Note, Value, Before string
	Width, More, Was           int // of 1000; More comes behind Width
}

const barUnits = 1000

// share gives what a part of a whole is in the units of a bar; what is there is seen.
func share(part, whole int) int {
	if part <= 0 || whole <= 0 {
		return 0
	}
	return max(4, part*barUnits/whole)
}

// percent writes a part of a whole.
func percent(part, whole int) string {
	if whole <= 0 {
		return "–"
	}
	return fmt.Sprintf("%d %%", (100*part+whole/2)/whole)
}

// hours writes a length of working time.
func hours(d time.Duration) string { return fmt.Sprintf("%.1f h", d.Hours()) }
