package zohooas

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// deviation accepts violations that are right all the same: any of where with any of what. Each pattern has to be needed
// by a complete run of its suite; other suites may use it too.
type deviation struct {
	suite     string
	file      string // "": any
	operation string // METHOD path; "": any
	direction direction
	where     []string // as in path.Match, “[]” for every item of a list
	what      []string // as in path.Match
	reason    string
}

func (d deviation) String() string {
	return fmt.Sprintf("%s %s: %s: %s", d.file, d.operation, d.direction, d.reason)
}

// accepts finds the patterns that accept a violation, -1 if the row does not.
func (d deviation) accepts(v violation) (where, what int) {
	if d.direction != v.direction || d.file != "" && d.file != v.file || d.operation != "" && d.operation != v.operation {
		return -1, -1
	}
	where = slices.IndexFunc(d.where, func(pattern string) bool { return matches(pattern, v.where) })
	what = slices.IndexFunc(d.what, func(pattern string) bool { return matches(pattern, v.what) })
	if where < 0 || what < 0 {
		return -1, -1
	}
	return where, what
}

func matches(pattern, text string) bool {
	ok, err := path.Match(strings.ReplaceAll(pattern, "[]", `\[\]`), text)
	return err == nil && ok
}

// usage is which patterns of a row were needed.
type usage struct{ where, what map[int]bool }

// ledger counts what each row of a table accepted.
type ledger struct {
	rows []deviation
	used []usage
}

func newLedger(rows []deviation) *ledger {
	l := &ledger{rows: rows}
	for range rows {
		l.used = append(l.used, usage{map[int]bool{}, map[int]bool{}})
	}
	return l
}

// accept looks for the first row that accepts a violation, and notes that it was needed.
func (l *ledger) accept(v violation) bool {
	for i, d := range l.rows {
		if where, what := d.accepts(v); where >= 0 {
			l.used[i].where[where], l.used[i].what[what] = true, true
			return true
		}
	}
	return false
}

// unneeded lists the patterns that a suite has to need and did not.
func (l *ledger) unneeded(suite string) (out []string) {
	for i, d := range l.rows {
		if d.suite != suite {
			continue
		}
		for n, pattern := range d.where {
			if !l.used[i].where[n] {
				out = append(out, d.String()+": "+pattern)
			}
		}
		for n, pattern := range d.what {
			if !l.used[i].what[n] {
				out = append(out, d.String()+": "+pattern)
			}
		}
	}
	return out
}
