package availability_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	. "heavyset.tech/platform/internal/availability"
)

// codes writes reasons as "CODE rep", joined by commas.
func codes(why Explanation) string {
	if why.Offered {
		return "offered"
	}
	var out []string
	for _, r := range why.Reasons {
		out = append(out, strings.TrimSpace(string(r.Code)+" "+r.Rep))
	}
	return strings.Join(out, ", ")
}

func TestWhyAStartIsNotOffered(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, start string
		change      func(d *Definition, a *Ask)
		blocks      []Block
		want        string
	}{
		{name: "offered", start: "2026-12-01T09:00:00-06:00", want: "offered"},
		{name: "past", start: "2026-11-30T11:00:00-06:00", want: "PAST"},
		{name: "one instant past, off the grid", start: "2026-11-30T11:59:59.999999999-06:00", want: "PAST, OFF_GRID ann"},
		{
			name: "too soon", start: "2026-12-01T09:00:00-06:00", want: "TOO_SOON",
			change: func(d *Definition, _ *Ask) { d.Services[0].Notice = 22 * time.Hour },
		},
		{
			name: "past is not also too soon", start: "2026-11-30T11:00:00-06:00", want: "PAST",
			change: func(d *Definition, _ *Ask) { d.Services[0].Notice = 22 * time.Hour },
		},
		{name: "too far", start: "2027-01-30T09:00:00-06:00", want: "TOO_FAR"},
		{name: "the last bookable date", start: "2027-01-29T09:00:00-06:00", want: "offered"},
		{
			name: "too soon and too far", start: "2026-12-01T09:00:00-06:00", want: "TOO_SOON, TOO_FAR",
			change: func(d *Definition, _ *Ask) { d.Services[0].Notice, d.Services[0].WindowDays = 22*time.Hour, 0 },
		},
		{
			name: "capacity of the day", start: "2026-12-01T09:00:00-06:00", want: "CAPACITY_DAY",
			change: func(d *Definition, _ *Ask) { d.Services[0].CapacityPerDay = 1 },
			blocks: []Block{{Kind: Appointment, Rep: "gone", Service: "visit", Start: instant(t, "2026-12-01T23:00:00-06:00"), End: instant(t, "2026-12-02T00:00:00-06:00")}},
		},
		{
			name: "too little working time before", start: "2026-12-01T09:00:00-06:00", want: "TOO_SOON ann",
			change: func(d *Definition, _ *Ask) { d.Services[0].BusinessNotice = 61 * time.Minute },
		},
		{
			name: "just enough working time before", start: "2026-12-01T09:00:00-06:00", want: "offered",
			change: func(d *Definition, _ *Ask) { d.Services[0].BusinessNotice = time.Hour },
		},
		{
			name: "working time is not asked of a start that has passed", start: "2026-11-30T11:00:00-06:00", want: "PAST",
			change: func(d *Definition, _ *Ask) { d.Services[0].BusinessNotice = time.Hour },
		},
		{
			name: "capacity of the slot", start: "2026-12-01T09:00:00-06:00", want: "CAPACITY_SLOT",
			change: func(d *Definition, _ *Ask) { d.Services[0].CapacityPerSlot = 1 },
			blocks: []Block{{Kind: Appointment, Rep: "gone", Service: "visit", Start: instant(t, "2026-12-01T09:00:00-06:00"), End: instant(t, "2026-12-01T09:30:00-06:00")}},
		},
		{
			name: "capacity of another slot", start: "2026-12-01T09:00:00-06:00", want: "offered",
			change: func(d *Definition, _ *Ask) { d.Services[0].CapacityPerSlot = 1 },
			blocks: []Block{{Kind: Appointment, Rep: "gone", Service: "visit", Start: instant(t, "2026-12-01T09:30:00-06:00"), End: instant(t, "2026-12-01T10:00:00-06:00")}},
		},
		{name: "unknown service", start: "2026-12-01T09:00:00-06:00", want: "NO_REP", change: func(_ *Definition, a *Ask) { a.Service = "?" }},
		{
			name: "archived service", start: "2026-11-01T09:00:00-06:00", want: "PAST, NO_REP",
			change: func(d *Definition, _ *Ask) { d.Services[0].Archived = true },
		},
		{
			name: "service of archived reps", start: "2026-12-01T09:00:00-06:00", want: "NO_REP",
			change: func(d *Definition, _ *Ask) { d.Reps[0].Archived = true },
		},
		{
			name: "outside the territory, and busy", start: "2026-12-01T09:00:00-06:00", want: "TERRITORY ann, BUSY_EVENT ann",
			change: func(d *Definition, a *Ask) { d.Territories, a.PostalCode = []Territory{{"n", []string{"6*"}}}, "60640" },
			blocks: []Block{took(t, Event, "", "09:00:00", "10:00:00")},
		},
		{name: "outside the hours", start: "2026-12-01T08:30:00-06:00", want: "OUTSIDE_HOURS ann"},
		{name: "at the end of the hours", start: "2026-12-01T13:00:00-06:00", want: "OUTSIDE_HOURS ann"},
		{name: "does not end within the hours", start: "2026-12-01T12:30:00-06:00", want: "DURATION ann"},
		{name: "does not end within the hours, off the grid too", start: "2026-12-01T12:35:00-06:00", want: "DURATION ann"},
		{name: "off the grid", start: "2026-12-01T09:15:00-06:00", want: "OFF_GRID ann"},
		{name: "off the grid, though it would end with the hours", start: "2026-12-01T11:45:00-06:00", want: "OFF_GRID ann", change: override("2026-12-01", "09:30-12:45")},
		{name: "off the grid by a nanosecond", start: "2026-12-01T09:00:00.000000001-06:00", want: "OFF_GRID ann"},
		{
			name: "holiday", start: "2026-12-01T09:00:00-06:00", want: "HOLIDAY ann",
			change: func(d *Definition, _ *Ask) { d.Holidays = []Date{date(t, "2026-12-01")} },
		},
		{
			name: "holiday, outside the hours anyway", start: "2026-12-01T14:00:00-06:00", want: "HOLIDAY ann, OUTSIDE_HOURS ann",
			change: func(d *Definition, _ *Ask) { d.Holidays = []Date{date(t, "2026-12-01")} },
		},
		{name: "day off", start: "2026-12-01T09:00:00-06:00", want: "OVERRIDE ann", change: override("2026-12-01", "")},
		{name: "day off, outside the hours anyway", start: "2026-12-01T14:00:00-06:00", want: "OVERRIDE ann, OUTSIDE_HOURS ann", change: override("2026-12-01", "")},
		{name: "override narrows the hours", start: "2026-12-01T09:30:00-06:00", want: "OVERRIDE ann", change: override("2026-12-01", "10:00-13:00")},
		{name: "override ends the hours too early", start: "2026-12-01T11:30:00-06:00", want: "OVERRIDE ann, DURATION ann", change: override("2026-12-01", "09:00-12:00")},
		{name: "override shifts the grid", start: "2026-12-01T10:00:00-06:00", want: "OVERRIDE ann, OFF_GRID ann", change: override("2026-12-01", "09:10-13:00")},
		{name: "override widens the hours, not enough", start: "2026-12-01T15:00:00-06:00", want: "OUTSIDE_HOURS ann", change: override("2026-12-01", "09:00-14:00")},
		{
			name: "override of a holiday is no holiday", start: "2026-12-01T15:00:00-06:00", want: "OUTSIDE_HOURS ann",
			change: func(d *Definition, a *Ask) {
				d.Holidays = []Date{date(t, "2026-12-01")}
				override("2026-12-01", "09:00-14:00")(d, a)
			},
		},
		{
			name: "the date is the rep's", start: "2026-12-01T09:00:00-06:00", want: "HOLIDAY ann, OUTSIDE_HOURS ann",
			change: func(d *Definition, _ *Ask) {
				d.Reps[0].Zone, d.Holidays = zone(t, "Pacific/Auckland"), []Date{date(t, "2026-12-02")}
			},
		},
		{name: "wall time that a clock change skips", start: "2027-03-14T02:30:00-06:00", want: "OUTSIDE_HOURS ann, DST_GAP ann", change: night("01:00-03:00", 300)},
		{name: "skipped, but no candidate anyway", start: "2027-03-14T02:20:00-06:00", want: "OUTSIDE_HOURS ann", change: night("01:00-03:00", 300)},
		{name: "the hour after the gap is not skipped", start: "2027-03-14T04:00:00-05:00", want: "OUTSIDE_HOURS ann", change: night("01:00-03:00", 300)},
		{name: "the same wall time on another date", start: "2027-03-13T02:45:00-06:00", want: "OFF_GRID ann", change: night("01:00-03:00", 300)},
		{
			name: "everything that is in the way, in order", start: "2026-12-01T10:00:00-06:00",
			want: "BUFFER ann, BUFFER ann, BUSY_EVENT ann, BUSY_APPOINTMENT ann, HELD ann, BUSY_CALENDAR ann, BUFFER ann",
			change: func(d *Definition, _ *Ask) {
				d.Services[0].BufferBefore, d.Services[0].BufferAfter = 10*time.Minute, 20*time.Minute
			},
			blocks: []Block{
				took(t, Event, "", "11:19:00", "12:00:00"), took(t, Event, "", "11:20:00", "12:00:00"),
				took(t, Calendar, "", "10:59:00", "12:00:00"), live(took(t, Hold, "visit", "10:40:00", "10:50:00")),
				took(t, Appointment, "visit", "10:30:00", "10:31:00"), took(t, Event, "", "10:00:00", "10:01:00"),
				took(t, Event, "", "09:00:00", "10:00:00"), took(t, Appointment, "visit", "08:30:00", "09:31:00"),
				took(t, Appointment, "visit", "08:00:00", "09:30:00"), took(t, Hold, "visit", "10:00:00", "10:10:00"),
			},
		},
		{
			name: "a buffer alone, of the appointment", start: "2026-12-01T10:00:00-06:00", want: "BUFFER ann",
			change: func(d *Definition, _ *Ask) {
				d.Services = append(d.Services, Service{ID: "wide", Duration: 1 * time.Hour, Interval: time.Hour, BufferAfter: time.Hour, Archived: true})
			},
			blocks: []Block{took(t, Appointment, "wide", "09:00:00", "10:00:00")},
		},
		{
			name: "an appointment without length is a buffer", start: "2026-12-01T10:00:00-06:00", want: "BUFFER ann",
			change: func(d *Definition, _ *Ask) { d.Services[0].BufferAfter = time.Minute },
			blocks: []Block{took(t, Appointment, "visit", "10:30:00", "10:30:00")},
		},
		{name: "half an hour is skipped", start: "2027-10-03T02:15:00+10:30", want: "OUTSIDE_HOURS ann, DST_GAP ann", change: inZone(t, "Australia/Lord_Howe", "01:45-02:45")},
		{name: "after the half hour that is skipped", start: "2027-10-03T02:45:00+10:30", want: "OUTSIDE_HOURS ann", change: inZone(t, "Australia/Lord_Howe", "01:45-03:00")},
		{name: "two hours are skipped", start: "2027-03-28T02:45:00Z", want: "OUTSIDE_HOURS ann, DST_GAP ann", change: inZone(t, "Antarctica/Troll", "01:45-03:45")},
		{
			name: "all-day event", start: "2026-12-01T10:00:00-06:00", want: "BUSY_EVENT ann",
			blocks: []Block{{Kind: Event, Rep: "ann", AllDay: true, FirstDay: date(t, "2026-11-30"), LastDay: date(t, "2026-12-01")}},
		},
		{
			name: "all-day event that a buffer meets", start: "2026-12-01T10:00:00-06:00", want: "BUFFER ann",
			change: func(d *Definition, _ *Ask) { d.Services[0].BufferAfter = 14 * time.Hour },
			blocks: []Block{{Kind: Calendar, Rep: "ann", AllDay: true, FirstDay: date(t, "2026-12-02"), LastDay: date(t, "2026-12-02")}},
		},
		{
			name: "one free rep is enough", start: "2026-12-01T10:00:00-06:00", want: "offered",
			change: second, blocks: []Block{took(t, Event, "", "10:00:00", "10:01:00")},
		},
		{
			name: "every rep has reasons, in catalog order", start: "2026-12-01T12:30:00-06:00", want: "DURATION ann, BUSY_EVENT ann, DURATION zoe",
			change: second, blocks: []Block{took(t, Event, "", "12:30:00", "12:31:00")},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			def := dayDefinition(t, "America/Chicago", "09:00-13:00")
			def.Services[0].Interval = 30 * time.Minute
			ask := Ask{Service: "visit", Start: instant(t, c.start)}
			if c.change != nil {
				c.change(&def, &ask)
			}
			why := made(t, def).Explain(ask, c.blocks, instant(t, "2026-11-30T12:00:00-06:00"))
			if got := codes(why); got != c.want {
				t.Errorf("got  %s\nwant %s\n%+v", got, c.want, why.Reasons)
			}
			for _, r := range why.Reasons {
				if !strings.HasSuffix(r.Detail, ".") || strings.Contains(r.Detail, "%!") {
					t.Errorf("%s: detail %q is no sentence", r.Code, r.Detail)
				}
			}
		})
	}
}

func live(b Block) Block {
	b.Expires = b.Start
	return b
}

func override(day, hours string) func(*Definition, *Ask) {
	return func(d *Definition, _ *Ask) {
		when, _ := ParseDate(day)
		var list []Span
		if from, to, ok := strings.Cut(hours, "-"); ok {
			start, _ := ParseWall(from)
			end, _ := ParseWall(to)
			list = []Span{{Start: start, End: end}}
		}
		d.Reps[0].Overrides = map[Date][]Span{when: list}
	}
}

// night gives short appointments at night, so that the clock change falls within the hours.
func night(hours string, windowDays int) func(*Definition, *Ask) {
	return func(d *Definition, _ *Ask) {
		from, to, _ := strings.Cut(hours, "-")
		start, _ := ParseWall(from)
		end, _ := ParseWall(to)
		d.Reps[0].Hours[0].Span = Span{Start: start, End: end}
		d.Services[0].Duration, d.Services[0].WindowDays = 10*time.Minute, windowDays
	}
}

// inZone is night in another zone.
func inZone(tb testing.TB, name, hours string) func(*Definition, *Ask) {
	return func(d *Definition, a *Ask) {
		night(hours, 320)(d, a)
		d.Reps[0].Zone = zone(tb, name)
	}
}

func second(d *Definition, _ *Ask) {
	d.Reps = append(d.Reps, Rep{ID: "zoe", Hours: d.Reps[0].Hours})
	d.Services[0].Reps = []string{"zoe", "ann"}
}

func TestReasonsNameWhatIsInTheWay(t *testing.T) {
	t.Parallel()
	def := dayDefinition(t, "America/Chicago", "09:00-13:00")
	now := instant(t, "2026-11-30T12:00:00-06:00")
	ask := func(start string) Ask { return Ask{Service: "visit", Start: instant(t, start)} }
	for _, c := range []struct {
		name, start string
		change      func(*Definition, *Ask)
		block       Block
		want        Reason
	}{
		{
			name: "event", start: "2026-12-01T09:00:00-06:00", block: Block{Kind: Event, ID: "m1", Rep: "ann", Module: "Events", Record: "57", Start: instant(t, "2026-12-01T15:30:00Z"), End: instant(t, "2026-12-01T16:00:00Z")},
			want: Reason{BusyEvent, "ann", "Events", "57", "m1", "The rep has an event from 2026-12-01 09:30 to 10:00 in the CRM."},
		},
		{
			name: "appointment", start: "2026-12-01T09:00:00-06:00", block: took(t, Appointment, "visit", "09:30:00", "10:30:00"),
			want: Reason{BusyAppointment, "ann", "", "", "x", "The rep has an appointment from 2026-12-01 09:30 to 10:30."},
		},
		{
			name: "hold", start: "2026-12-01T09:00:00-06:00", block: live(took(t, Hold, "visit", "09:30:00", "10:30:00")),
			want: Reason{Held, "ann", "", "", "x", "Another visitor is just booking the time from 2026-12-01 09:30 to 10:30, and has until 2026-12-01 09:30."},
		},
		{
			name: "calendar entry over midnight", start: "2026-12-01T12:00:00-06:00", block: Block{Kind: Calendar, Rep: "ann", Start: instant(t, "2026-12-01T12:30:00-06:00"), End: instant(t, "2026-12-02T01:00:00-06:00")},
			want: Reason{BusyCalendar, "ann", "", "", "", "The rep's calendar has an entry from 2026-12-01 12:30 to 2026-12-02 01:00."},
		},
		{
			name: "all day", start: "2026-12-01T12:00:00-06:00", block: Block{Kind: Calendar, Rep: "ann", AllDay: true, FirstDay: date(t, "2026-12-01"), LastDay: date(t, "2026-12-01")},
			want: Reason{BusyCalendar, "ann", "", "", "", "The rep's calendar has an entry on all of 2026-12-01."},
		},
		{
			name: "all of several days", start: "2026-12-01T12:00:00-06:00", block: Block{Kind: Event, Rep: "ann", AllDay: true, FirstDay: date(t, "2026-12-01"), LastDay: date(t, "2026-12-03")},
			want: Reason{BusyEvent, "ann", "", "", "", "The rep has an event on all days from 2026-12-01 to 2026-12-03 in the CRM."},
		},
		{
			name: "buffer", start: "2026-12-01T11:00:00-06:00", block: took(t, Event, "", "10:30:00", "11:00:00"),
			change: func(d *Definition, _ *Ask) { d.Services[0].BufferBefore = time.Minute },
			want:   Reason{Buffer, "ann", "", "", "x", "A buffer before or after the visit meets the event from 2026-12-01 10:30 to 11:00."},
		},
		{
			name: "notice", start: "2026-11-30T12:00:00-06:00", change: func(d *Definition, _ *Ask) { d.Services[0].Notice = 90 * time.Minute },
			want: Reason{TooSoon, "", "", "", "", "The service asks for notice of 90 minutes: the first possible start is 2026-11-30 13:30."},
		},
		{
			name: "window", start: "2027-12-01T09:00:00-06:00",
			want: Reason{TooFar, "", "", "", "", "The service can be booked 60 days ahead, that is until 2027-01-29."},
		},
		{
			name: "hours", start: "2026-12-01T08:00:00-06:00", change: override("2026-12-01", "10:00-12:00"),
			want: Reason{OutsideHours, "ann", "", "", "", "The rep's hours on Tuesday, 2026-12-01, are 10:00–12:00."},
		},
		{
			name: "no hours", start: "2026-12-01T09:00:00-06:00", change: func(d *Definition, _ *Ask) { d.Reps[0].Hours = nil },
			want: Reason{OutsideHours, "ann", "", "", "", "The rep does not work on Tuesday, 2026-12-01."},
		},
		{
			name: "grid", start: "2026-12-01T09:15:00-06:00",
			want: Reason{OffGrid, "ann", "", "", "", "Appointments start every 1 hour from 2026-12-01 09:00."},
		},
		{
			name: "duration", start: "2026-12-01T12:30:00-06:00",
			want: Reason{Duration, "ann", "", "", "", "The appointment takes 1 hour, and the rep's hours end at 2026-12-01 13:00."},
		},
		{
			name: "gap", start: "2027-03-14T02:30:00-06:00", change: night("02:00-03:00", 300),
			want: Reason{DSTGap, "ann", "", "", "", "The clock is put forward: 2027-03-14 has no 02:30."},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d, a := def, ask(c.start)
			d.Services = append([]Service(nil), def.Services...)
			d.Reps = append([]Rep(nil), def.Reps...)
			d.Reps[0].Hours = daily(t, "09:00-13:00")
			if c.change != nil {
				c.change(&d, &a)
			}
			if c.name == "gap" {
				d.Services[0].Interval = 30 * time.Minute
			}
			why := made(t, d).Explain(a, []Block{c.block}, now)
			for _, r := range why.Reasons {
				if r.Code == c.want.Code {
					if diff := cmp.Diff(c.want, r); diff != "" {
						t.Error(diff)
					}
					return
				}
			}
			t.Errorf("no %s in %s", c.want.Code, codes(why))
		})
	}
}
