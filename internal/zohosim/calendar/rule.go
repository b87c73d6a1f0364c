package calendar

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/teambition/rrule-go"
)

// ruleParts are the members of a rule that Zoho's repetition has: days, weeks, months and years.
var ruleParts = []string{"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "WKST"}

// rule is a checked RRULE (RFC 5545, section 3.3.10).
type rule struct {
	option rrule.ROption // without its end and start
	until  *Stamp
}

// parseRule reads the text of an RRULE, with or without its name.
func parseRule(text string) (*rule, error) {
	var parts []string
	r := &rule{}
	for part := range strings.SplitSeq(strings.TrimPrefix(text, "RRULE:"), ";") {
		name, value, _ := strings.Cut(part, "=")
		if !slices.Contains(ruleParts, name) || strings.Trim(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-,") != "" {
			return nil, errors.New("rrule: " + part)
		}
		if name != "UNTIL" {
			parts = append(parts, part)
			continue
		}
		until, ok := ParseStamp(value)
		if !ok {
			return nil, errors.New("rrule: " + part)
		}
		r.until = &until
	}
	option, err := rrule.StrToROption(strings.Join(parts, ";"))
	if err != nil {
		return nil, err
	}
	r.option = *option
	switch {
	case option.Freq > rrule.DAILY:
		return nil, errors.New("rrule: repeats too often")
	case option.Count < 0, option.Interval < 0, option.Count > 0 && r.until != nil:
		return nil, errors.New("rrule: no such number of times")
	}
	return r, nil
}

// walls gives the rule on the wall clock of a place, beginning with the clock reading start.
func (r *rule) walls(start time.Time, place *time.Location) (*rrule.RRule, error) {
	o := r.option
	o.Dtstart = start
	if r.until != nil {
		o.Until = r.until.Wall
		switch r.until.Shape {
		case Day:
			o.Until = o.Until.Add(24*time.Hour - time.Second)
		case Zulu, Offset:
			o.Until = wallOf(r.until.At, place)
		}
	}
	return rrule.NewRRule(o)
}

// changedRule gives the text of a rule with members replaced, added, or taken out where the value is "".
func changedRule(text string, pairs ...string) string {
	var parts []string
	for part := range strings.SplitSeq(strings.TrimPrefix(text, "RRULE:"), ";") {
		name, _, _ := strings.Cut(part, "=")
		if i := slices.Index(pairs, name); i < 0 || i%2 == 1 {
			parts = append(parts, part)
		}
	}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			parts = append(parts, pairs[i]+"="+pairs[i+1])
		}
	}
	return strings.Join(parts, ";")
}

// rest is the rule of what follows the first n instances.
func (r *rule) rest(text string, n int) string {
	if r.option.Count == 0 {
		return text
	}
	return changedRule(text, "COUNT", strconv.Itoa(r.option.Count-n))
}
