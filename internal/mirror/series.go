package mirror

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/teambition/rrule-go"

	"heavyset.tech/platform/internal/crm"
)

// Rule is how a record repeats: what the CRM has of it, as JSON. "" says that it does not.
type Rule string

// ruleOf keeps how a record repeats.
func ruleOf(r *crm.Repeat) Rule {
	if r == nil {
		return ""
	}
	b, err := json.Marshal(r)
	if err != nil {
		return ""
	}
	return Rule(b)
}

// longestSeries bounds how many occurrences of one record are looked at in a range.
const longestSeries = 1_000

// Occurrences gives when a repeating record takes place in [from, to) besides its own time, on the wall clock of its owner's zone. A rule that
// cannot be read repeats nothing.
func (r Row) Occurrences(from, to time.Time, zone *time.Location) []time.Time {
	set, gone, ok := r.Rule.read(r.Start.In(zone))
	if !ok {
		return nil
	}
	length := r.End.Sub(r.Start)
	if r.AllDay { // laid on noon: its days reach half a day further
		length += 12 * time.Hour
		to = to.Add(12 * time.Hour)
	}
	const clocks = 26 * time.Hour // between the readings of a wall and the instants
	var out []time.Time
	for _, wall := range set.Between(wallOf(from, zone).Add(-length-clocks), wallOf(to, zone).Add(clocks), true) {
		start := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, zone).UTC()
		if start.Equal(r.Start) || slices.Contains(gone, crm.Date(wall.Format(time.DateOnly))) || !start.Before(to) || !start.Add(length).After(from) {
			continue
		}
		if out = append(out, start); len(out) == longestSeries {
			break
		}
	}
	return out
}

// over reports whether a record's own time has ended by an instant, in whichever zone an all-day one is.
func (r Row) over(at time.Time) bool {
	if r.AllDay {
		return !r.End.Add(36 * time.Hour).After(at)
	}
	return !r.End.After(at)
}

// goes reports whether a record repeats at or after an instant.
func (r Row) goes(from time.Time, zone *time.Location) bool {
	return r.Rule != "" && len(r.Occurrences(from, from.AddDate(2, 0, 0), zone)) > 0
}

// keepSeries keeps a repeating record whose own time is over without asking for it, but once a day: what is changed about it
// meanwhile the CRM tells.
func (rd *round) keepSeries(row Row) bool {
	from, _ := rd.horizon()
	if !row.over(from) || !sameDay(rd.source.AsOf, rd.now) {
		return false
	}
	rd.seen[row.ID] = true
	return true
}

func sameDay(a, b time.Time) bool {
	return a.UTC().Format(time.DateOnly) == b.UTC().Format(time.DateOnly)
}

const (
	// seriesReach is how far before the first reading a meeting may have begun that still repeats. Of that time seriesRead records are
	// looked at, at most, for three credits each two thousand, and the newest seriesMost of reps are asked for, for a credit each
	// hundred.
	seriesReach = 365 * 24 * time.Hour
	seriesRead  = 20_000
	seriesMost  = 2_000
)

// repeats reports whether records of the source may take reps' time after their own, which no list tells.
func (rd *round) repeats() bool {
	return rd.source.Name == ShownInCalendars && rd.shape.end != "" && rd.source.Counted
}

// outside reports whether a record is listed only because it has changed of late. One whose own time is over is asked for: it may
// repeat, although it was made just now.
func (rd *round) outside(row Row) bool {
	if !rd.repeats() {
		return false
	}
	from, to := rd.horizon()
	_, had := rd.have[row.ID]
	may := row.Cancelled != Cancelled && row.Cancelled != InWords && rd.ofRep(row) && len(rd.ask) < askPerRound
	if row.over(from) && (had || may) {
		rd.ask = append(rd.ask, row.ID)
	}
	return row.over(from) || !row.Start.Before(to)
}

// owners names the CRM users whose earlier records are known to repeat or not.
func (rd *round) owners() string {
	if !rd.repeats() {
		return ""
	}
	var users []string
	for _, rep := range rd.catalog.Reps {
		if rep.CRMUser != "" && !rep.Archived {
			users = append(users, rep.CRMUser)
		}
	}
	slices.Sort(users)
	return strings.Join(slices.Compact(users), " ")
}

// newOwners reports whether visitors can book somebody whose earlier records were not asked for yet.
func (rd *round) newOwners() bool {
	known := strings.Fields(rd.source.Tag)
	return slices.ContainsFunc(strings.Fields(rd.owners()), func(user string) bool { return !slices.Contains(known, user) })
}

// began asks for reps' records whose own time is over, for they may repeat: when a module of meetings is read for the first time, and
// when somebody has become a rep.
func (rd *round) began(ctx context.Context, from time.Time) error {
	if !rd.repeats() || !rd.source.AsOf.IsZero() && !rd.newOwners() {
		return nil
	}
	var past []Row
	n := 0
	for rec, err := range rd.provider.Window(ctx, rd.shape.window(from.Add(-seriesReach), from)) {
		if err != nil {
			return err
		}
		if n++; n > seriesRead {
			break
		}
		if row, _, ok := rd.row(rec); ok && row.Cancelled != Cancelled && row.Cancelled != InWords && rd.ofRep(row) && row.over(from) {
			past = append(past, row)
		}
	}
	slices.SortFunc(past, func(a, b Row) int { return b.Start.Compare(a.Start) })
	for _, row := range past[:min(len(past), seriesMost)] {
		rd.ask = append(rd.ask, row.ID)
	}
	return nil
}

// read gives the occurrences as readings of a wall clock, and the days that are left out.
func (r Rule) read(start time.Time) (*rrule.RRule, []crm.Date, bool) {
	var rep crm.Repeat
	if r == "" || json.Unmarshal([]byte(r), &rep) != nil {
		return nil, nil, false
	}
	var parts []string
	until := ""
	for part := range strings.SplitSeq(strings.TrimPrefix(rep.Rule, "RRULE:"), ";") {
		switch name, value, _ := strings.Cut(part, "="); name {
		case "DTSTART":
		case "UNTIL":
			until = value
		default:
			parts = append(parts, part)
		}
	}
	option, err := rrule.StrToROption(strings.Join(parts, ";"))
	if err != nil || option.Freq > rrule.DAILY {
		return nil, nil, false
	}
	option.Dtstart = wallOf(start, start.Location())
	if until != "" {
		day, err := time.Parse("20060102", strings.ReplaceAll(until, "-", "")[:min(8, len(strings.ReplaceAll(until, "-", "")))])
		if err != nil {
			return nil, nil, false
		}
		option.Until = day.Add(24*time.Hour - time.Second)
	}
	set, err := rrule.NewRRule(*option)
	return set, rep.Except, err == nil
}

// wallOf is what a clock on the wall of a zone shows, as if it were UTC.
func wallOf(t time.Time, zone *time.Location) time.Time {
	t = t.In(zone)
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}
