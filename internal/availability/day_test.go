package availability_test

import (
	"strings"
	"testing"
	"time"

	. "heavyset.tech/platform/internal/availability"
)

// The tests of this file and the next say what they expect as local times of the rep, with the offset where a clock
// change makes two of them look the same.

func date(tb testing.TB, s string) Date {
	tb.Helper()
	d, err := ParseDate(s)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

// spans reads "09:00-12:00 13:00-17:00".
func spans(tb testing.TB, s string) []Span {
	tb.Helper()
	out := []Span{}
	for _, part := range strings.Fields(s) {
		from, to, _ := strings.Cut(part, "-")
		start, err := ParseWall(from)
		if err != nil {
			tb.Fatal(err)
		}
		end, err := ParseWall(to)
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, Span{Start: start, End: end})
	}
	return out
}

// daily gives the same hours for every day of the week.
func daily(tb testing.TB, s string) []Weekly {
	tb.Helper()
	var out []Weekly
	for _, span := range spans(tb, s) {
		out = append(out, Weekly{Days: [7]bool{true, true, true, true, true, true, true}, Span: span})
	}
	return out
}

// instant reads RFC 3339.
func instant(tb testing.TB, s string) time.Time {
	tb.Helper()
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

func made(tb testing.TB, def Definition) *Rules {
	tb.Helper()
	r, err := NewRules(def)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// starts writes slots as a layout in a zone.
func starts(slots []Slot, zone *time.Location, layout string) string {
	var out []string
	for _, s := range slots {
		out = append(out, s.Start.In(zone).Format(layout))
	}
	return strings.Join(out, " ")
}

const (
	clockOnly  = "15:04"
	withOffset = "15:04-07"
)

func TestHoursOfADate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, zone, date   string
		hours, override    string // override: "" none, "-" a day off
		holiday            string
		duration, interval int
		layout, want       string
	}{
		{name: "weekly hours", date: "2026-12-01", hours: "09:00-12:00", want: "09:00 10:00 11:00"},
		{name: "a start that ends with the hours is one", date: "2026-12-01", hours: "09:00-10:00", want: "09:00"},
		{name: "a start that ends a minute late is none", date: "2026-12-01", hours: "09:00-09:59", want: ""},
		{name: "starts lie the interval apart, not the duration", date: "2026-12-01", hours: "09:00-11:00", interval: 30, want: "09:00 09:30 10:00"},
		{name: "the interval may be longer than the duration", date: "2026-12-01", hours: "09:00-13:00", interval: 90, want: "09:00 10:30 12:00"},
		{name: "the grid begins with the hours", date: "2026-12-01", hours: "09:10-12:00 13:05-15:00", interval: 45, want: "09:10 09:55 10:40 13:05 13:50"},
		{name: "until 24:00", date: "2026-12-01", hours: "22:00-24:00", want: "22:00 23:00"},
		{name: "touching hours are one", date: "2026-12-01", hours: "09:00-10:30 10:30-12:00", want: "09:00 10:00 11:00"},
		{name: "overlapping hours are one", date: "2026-12-01", hours: "10:15-12:00 09:00-10:30", want: "09:00 10:00 11:00"},
		{name: "hours within others add nothing", date: "2026-12-01", hours: "09:00-12:00 09:30-11:00", want: "09:00 10:00 11:00"},
		{name: "hours a minute apart have grids of their own", date: "2026-12-01", hours: "09:00-10:30 10:31-12:00", want: "09:00 10:31"},
		{name: "override instead of weekly hours", date: "2026-12-01", hours: "09:00-17:00", override: "19:00-21:00", want: "19:00 20:00"},
		{name: "override without hours is a day off", date: "2026-12-01", hours: "09:00-17:00", override: "-", want: ""},
		{name: "holiday closes", date: "2026-12-01", hours: "09:00-17:00", holiday: "2026-12-01", want: ""},
		{name: "another year's holiday does not", date: "2026-12-01", hours: "09:00-10:00", holiday: "2025-12-01", want: "09:00"},
		{name: "override opens a holiday", date: "2026-12-01", hours: "09:00-17:00", override: "10:00-11:00", holiday: "2026-12-01", want: "10:00"},
		{name: "override closes a holiday too", date: "2026-12-01", hours: "09:00-17:00", override: "-", holiday: "2026-12-01", want: ""},

		{
			name: "start in the gap is the first instant after it", zone: "America/Chicago", date: "2026-03-08",
			hours: "02:30-05:00", layout: withOffset, want: "03:00-05 04:00-05",
		},
		{
			name: "end in the gap is the first instant after it", zone: "America/Chicago", date: "2026-03-08",
			hours: "00:00-02:30", layout: withOffset, want: "00:00-06 01:00-06",
		},
		{name: "hours within the gap are nothing", zone: "America/Chicago", date: "2026-03-08", hours: "02:00-03:00", duration: 1, interval: 1, want: ""},
		{
			name: "hours that the gap brings together are one", zone: "America/Chicago", date: "2026-03-08",
			hours: "01:15-02:00 03:00-04:00", interval: 30, layout: withOffset, want: "01:15-06 01:45-06",
		},
		{
			name: "the grid is elapsed time through a gap", zone: "America/Chicago", date: "2026-03-08",
			hours: "01:00-09:00", interval: 120, layout: withOffset, want: "01:00-06 04:00-05 06:00-05 08:00-05",
		},
		{
			name: "start in the repeated hour is the first one, end the second", zone: "America/Chicago", date: "2026-11-01",
			hours: "01:30-01:45", duration: 15, interval: 15, layout: withOffset, want: "01:30-05 01:45-05 01:00-06 01:15-06 01:30-06",
		},
		{
			name: "the grid is elapsed time through a repeated hour", zone: "America/Chicago", date: "2026-11-01",
			hours: "00:00-04:00", interval: 120, layout: withOffset, want: "00:00-05 01:00-06 03:00-06",
		},
		{
			name: "24:00 is the second midnight where it occurs twice", zone: "America/Havana", date: "2026-10-31",
			hours: "22:00-24:00", interval: 30, layout: withOffset, want: "22:00-04 22:30-04 23:00-04 23:30-04",
		},
		{
			name: "00:00 is the first midnight where it occurs twice, and yesterday's hours go on beside today's", zone: "America/Havana",
			date: "2026-11-01", hours: "00:00-01:00 22:15-24:00", duration: 30, interval: 30, layout: withOffset,
			want: "00:00-04 00:15-04 00:30-04 00:00-05 00:30-05 22:15-05 22:45-05 23:15-05",
		},
		{
			name: "24:00 comes after the repeated last hour of the date", zone: "Africa/Cairo", date: "2026-10-29",
			hours: "22:00-24:00", layout: withOffset, want: "22:00+03 23:00+03 23:00+02",
		},
		{
			name: "a date without midnight begins after the gap", zone: "America/Santiago", date: "2026-09-06",
			hours: "00:00-02:00", interval: 30, layout: withOffset, want: "01:00-03",
		},
		{
			name: "24:00 that does not exist is the first instant after the gap", zone: "Africa/Cairo", date: "2026-04-23",
			hours: "22:00-24:00", layout: withOffset, want: "22:00+02 23:00+02",
		},
		{
			name: "midnight gap of Beirut", zone: "Asia/Beirut", date: "2026-03-29",
			hours: "00:30-03:00", layout: withOffset, want: "01:00+03 02:00+03",
		},
		{
			name: "half an hour is repeated", zone: "Australia/Lord_Howe", date: "2026-04-05",
			hours: "01:00-02:00", duration: 30, interval: 30, layout: "15:04-0700", want: "01:00+1100 01:30+1100 01:30+1030",
		},
		{
			name: "offset of 45 minutes, gap at 02:45", zone: "Pacific/Chatham", date: "2026-09-27",
			hours: "02:45-05:00", interval: 30, layout: "15:04-0700", want: "03:45+1345",
		},
		{name: "the day before one that is skipped", zone: "Pacific/Apia", date: "2011-12-29", hours: "00:00-01:00 22:00-24:00", layout: withOffset, want: "00:00-10 22:00-10 23:00-10"},
		{name: "a skipped day has no hours", zone: "Pacific/Apia", date: "2011-12-30", hours: "00:00-24:00", duration: 1, want: ""},
		{name: "the day after one that is skipped", zone: "Pacific/Apia", date: "2011-12-31", hours: "00:00-01:00 22:00-24:00", layout: withOffset, want: "00:00+14 22:00+14 23:00+14"},
		{
			name: "a clock that goes back into the date before leaves out what has the next date", zone: "America/St_Johns", date: "2006-10-28",
			hours: "22:30-24:00", duration: 30, interval: 30, layout: "15:04-0700",
			want: "22:30-0230 23:00-0230 23:30-0230 23:30-0330",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			def := dayDefinition(t, c.zone, c.hours)
			if c.duration > 0 {
				def.Services[0].Duration = minutes(c.duration)
			}
			if c.interval > 0 {
				def.Services[0].Interval = minutes(c.interval)
			}
			if c.override != "" {
				def.Reps[0].Overrides = map[Date][]Span{date(t, c.date): spans(t, strings.Trim(c.override, "-"))}
			}
			if c.holiday != "" {
				def.Holidays = []Date{date(t, c.holiday)}
			}
			if c.layout == "" {
				c.layout = clockOnly
			}
			now := instant(t, c.date+"T00:00:00Z").AddDate(0, 0, -5)
			q := Query{Service: "visit", From: date(t, c.date), To: date(t, c.date)}
			slots, _ := made(t, def).Plan(q, nil, now).At(now)
			if got := starts(slots, def.Zone, c.layout); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// dayDefinition has one service of 60 minutes every 60 minutes and one rep with the same hours every day.
func dayDefinition(tb testing.TB, name, hours string) Definition {
	tb.Helper()
	return Definition{
		Zone:     zone(tb, name),
		Services: []Service{{ID: "visit", Duration: time.Hour, Interval: time.Hour, WindowDays: 60, Reps: []string{"ann"}}},
		Reps:     []Rep{{ID: "ann", Hours: daily(tb, hours)}},
	}
}

// Package time's own bounds of a zone's offsets end a day early there, see newClock.
func TestLastDayOfALeapYearBeyondTheZonesTable(t *testing.T) {
	t.Parallel()
	def := dayDefinition(t, "America/Chicago", "09:00-10:00 23:00-24:00")
	now := instant(t, "2048-12-30T00:00:00Z")
	q := Query{Service: "visit", From: date(t, "2048-12-30"), To: date(t, "2049-01-01")}
	slots, _ := made(t, def).Plan(q, nil, now).At(now)
	want := "30 09:00-06 30 23:00-06 31 09:00-06 31 23:00-06 1 09:00-06 1 23:00-06"
	if got := starts(slots, def.Zone, "2 15:04-07"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	d := date(t, "2024-02-28")
	for _, c := range []struct{ name, got, want string }{
		{"leap day", d.AddDays(1).String(), "2024-02-29"},
		{"month end", d.AddDays(2).String(), "2024-03-01"},
		{"backwards over the year", date(t, "2027-01-01").AddDays(-1).String(), "2026-12-31"},
		{"before 1970", date(t, "1970-01-01").AddDays(-1).String(), "1969-12-31"},
		{"weekday", d.Weekday().String(), "Wednesday"},
		{"weekday before 1970", date(t, "1969-12-28").Weekday().String(), "Sunday"},
		{"in a zone ahead", DateOf(instant(t, "2026-12-01T12:00:00Z"), zone(t, "Pacific/Auckland")).String(), "2026-12-02"},
		{"in a zone behind", DateOf(instant(t, "2026-12-01T03:00:00Z"), zone(t, "America/Chicago")).String(), "2026-11-30"},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, c.got, c.want)
		}
	}
	if n := date(t, "2026-12-01").DaysUntil(date(t, "2027-01-01")); n != 31 {
		t.Errorf("days until: got %d, want 31", n)
	}
	if a, b := date(t, "2026-12-31"), date(t, "2027-01-01"); a.Compare(b) != -1 || b.Compare(a) != 1 || a.Compare(a) != 0 {
		t.Error("dates do not compare as they follow one another")
	}
	for _, s := range []string{"", "2026-02-30", "2026-2-3", "2026-12-01 ", "20261201", "2026-12-01T00:00:00Z", "+2026-12-01"} {
		if got, err := ParseDate(s); err == nil {
			t.Errorf("%q is read as %v", s, got)
		}
	}
}

func TestWallTimes(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]Wall{"00:00": 0, "09:05": 545, "23:59": 1439, "24:00": 1440} {
		if got, err := ParseWall(s); err != nil || got != want || got.String() != s {
			t.Errorf("%q: got %d (%v), %v", s, got, got, err)
		}
	}
	for _, s := range []string{"", "9:00", "24:01", "25:00", "12:60", "-1:00", "12.00", "12:0a", "012:00", "１2:00"} {
		if got, err := ParseWall(s); err == nil {
			t.Errorf("%q is read as %v", s, got)
		}
	}
}
