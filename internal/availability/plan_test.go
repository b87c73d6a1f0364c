package availability_test

import (
	"fmt"
	"testing"
	"time"

	. "heavyset.tech/platform/internal/availability"
)

// chicago is a definition with everything that the tables below turn on: services with and without buffers, one that is
// archived, a rep who is.
func chicago(tb testing.TB) Definition {
	tb.Helper()
	service := func(id string, before, after int) Service {
		return Service{
			ID: id, Duration: time.Hour, Interval: 30 * time.Minute, BufferBefore: minutes(before), BufferAfter: minutes(after),
			WindowDays: 60, Reps: []string{"bob", "ann"},
		}
	}
	archived := service("old", 60, 60)
	archived.Archived = true
	return Definition{
		Zone:     zone(tb, "America/Chicago"),
		Services: []Service{service("plain", 0, 0), service("wide", 15, 30), archived},
		Reps: []Rep{
			{ID: "ann", Hours: daily(tb, "09:00-13:00")},
			{ID: "bob", Hours: daily(tb, "20:00-21:00")},
			{ID: "gone", Hours: daily(tb, "09:00-13:00"), Archived: true},
		},
	}
}

// took is a block of ann's with the id x on 2026-12-01, local time of Chicago.
func took(tb testing.TB, kind Kind, service, from, to string) Block {
	tb.Helper()
	return Block{
		ID: "x", Kind: kind, Service: service, Rep: "ann",
		Start: instant(tb, "2026-12-01T"+from+"-06:00"), End: instant(tb, "2026-12-01T"+to+"-06:00"),
	}
}

func TestBlocksTakeTime(t *testing.T) {
	t.Parallel()
	taking := func(kind Kind, service, from, to string) Block { return took(t, kind, service, from, to) }
	of := func(rep string, b Block) Block { b.Rep = rep; return b }
	now := instant(t, "2026-11-30T12:00:00Z")
	hold := func(b Block, expires time.Time) Block { b.Expires = expires; return b }
	allDay := func(first, last string) Block {
		return Block{Kind: Event, Rep: "ann", AllDay: true, FirstDay: date(t, first), LastDay: date(t, last)}
	}
	const everything = "09:00 09:30 10:00 10:30 11:00 11:30 12:00"
	for _, c := range []struct {
		name, service, ignore string
		block                 Block
		want                  string
	}{
		{name: "event takes itself", service: "plain", block: taking(Event, "", "10:30:00", "11:00:00"), want: "09:00 09:30 11:00 11:30 12:00"},
		{name: "calendar entry takes itself", service: "plain", block: taking(Calendar, "", "10:30:00", "11:00:00"), want: "09:00 09:30 11:00 11:30 12:00"},
		{name: "event is not widened, whatever service it names", service: "plain", block: taking(Event, "old", "10:30:00", "11:00:00"), want: "09:00 09:30 11:00 11:30 12:00"},
		{name: "event meets the buffers of the slot", service: "wide", block: taking(Event, "", "10:30:00", "11:00:00"), want: "09:00 11:30 12:00"},
		{name: "appointment with the buffers of its service", service: "plain", block: taking(Appointment, "wide", "11:00:00", "11:30:00"), want: "09:00 09:30 12:00"},
		{name: "buffers of both, one after the other", service: "wide", block: taking(Appointment, "wide", "11:00:00", "11:15:00"), want: "09:00 12:00"},
		{name: "buffers of an archived service count", service: "plain", block: taking(Appointment, "old", "11:00:00", "11:30:00"), want: "09:00"},
		{name: "unknown service has no buffers", service: "plain", block: taking(Appointment, "unknown", "11:00:00", "11:30:00"), want: "09:00 09:30 10:00 11:30 12:00"},
		{name: "live hold is an appointment", service: "plain", block: hold(taking(Hold, "wide", "11:00:00", "11:30:00"), now.Add(1)), want: "09:00 09:30 12:00"},
		{name: "hold that ends now is none", service: "plain", block: hold(taking(Hold, "wide", "11:00:00", "11:30:00"), now), want: everything},
		{name: "ignored appointment is none", service: "plain", ignore: "x", block: taking(Appointment, "wide", "11:00:00", "11:30:00"), want: everything},
		{name: "ignored hold is none", service: "plain", ignore: "x", block: hold(taking(Hold, "wide", "11:00:00", "11:30:00"), now.Add(1)), want: everything},
		{name: "an event can't be ignored", service: "plain", ignore: "x", block: taking(Event, "", "10:30:00", "11:00:00"), want: "09:00 09:30 11:00 11:30 12:00"},
		{name: "buffers reach outside the hours", service: "plain", block: taking(Appointment, "old", "07:00:00", "08:15:00"), want: "09:30 10:00 10:30 11:00 11:30 12:00"},
		{name: "buffers of the slot reach outside the hours", service: "wide", block: taking(Event, "", "13:00:00", "13:30:00"), want: "09:00 09:30 10:00 10:30 11:00 11:30"},
		{name: "range that touches takes nothing", service: "plain", block: taking(Event, "", "08:00:00", "09:00:00"), want: everything},
		{name: "a microsecond is enough", service: "plain", block: taking(Event, "", "09:59:59.999999", "10:00:00"), want: "10:00 10:30 11:00 11:30 12:00"},
		{name: "a microsecond later is enough", service: "plain", block: taking(Event, "", "08:00:00", "09:00:00.000001"), want: "09:30 10:00 10:30 11:00 11:30 12:00"},
		{name: "event without length takes nothing", service: "plain", block: taking(Event, "", "10:30:00", "10:30:00"), want: everything},
		{name: "event without length takes nothing, between milliseconds either", service: "plain", block: taking(Event, "", "10:30:00.0005", "10:30:00.0005"), want: everything},
		{name: "appointment without length keeps its buffers", service: "plain", block: taking(Appointment, "wide", "11:00:00", "11:00:00"), want: "09:00 09:30 11:30 12:00"},
		{name: "appointment that ends before it starts is one without length", service: "plain", block: taking(Appointment, "wide", "11:00:00", "10:00:00"), want: "09:00 09:30 11:30 12:00"},
		{name: "event that ends before it starts takes nothing", service: "plain", block: taking(Event, "", "12:30:00", "09:30:00"), want: everything},
		{name: "another rep's event", service: "plain", block: of("bob", taking(Event, "", "10:00:00", "13:00:00")), want: everything},
		{name: "an archived rep's event", service: "plain", block: of("gone", taking(Event, "", "10:00:00", "13:00:00")), want: everything},
		{name: "an unknown rep's event", service: "plain", block: of("?", taking(Event, "", "10:00:00", "13:00:00")), want: everything},
		{name: "all-day event", service: "plain", block: allDay("2026-12-01", "2026-12-01"), want: ""},
		{name: "all-day event of several days", service: "plain", block: allDay("2026-11-28", "2026-12-01"), want: ""},
		{name: "all-day event of the day before", service: "plain", block: allDay("2026-11-30", "2026-11-30"), want: everything},
		{name: "all-day event of the day after", service: "plain", block: allDay("2026-12-02", "2026-12-09"), want: everything},
		{name: "all-day event that ends before it starts", service: "plain", block: allDay("2026-12-02", "2026-11-30"), want: everything},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			def := chicago(t)
			q := Query{Service: c.service, From: date(t, "2026-12-01"), To: date(t, "2026-12-01"), Ignore: c.ignore}
			def.Reps[1].Hours = nil
			slots, _ := made(t, def).Plan(q, []Block{c.block}, now).At(now)
			if got := starts(slots, def.Zone, clockOnly); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// An all-day event takes the rep's local days: of 23, 24 and 25 hours, without midnight, with two.
func TestAllDayEventTakesWholeLocalDays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, zone, day, from, want string }{
		{"23 hours", "America/Chicago", "2026-03-08", "2026-03-07T23:00:00-06:00", "23:00-06 00:00-05 01:00-05"},
		{"25 hours", "America/Chicago", "2026-11-01", "2026-10-31T23:00:00-05:00", "23:00-05 00:00-06 01:00-06"},
		{"no midnight", "America/Santiago", "2026-09-06", "2026-09-05T23:00:00-04:00", "23:00-04 00:00-03 01:00-03"},
		{"two midnights", "America/Havana", "2026-11-01", "2026-10-31T23:00:00-04:00", "23:00-04 00:00-05 01:00-05"},
		{"last hour twice", "Africa/Cairo", "2026-10-29", "2026-10-28T23:00:00+03:00", "23:00+03 00:00+02 01:00+02"},
		{"ahead of the catalog", "Pacific/Kiritimati", "2026-12-01", "2026-11-30T23:00:00+14:00", "23:00+14 00:00+14 01:00+14"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			def := dayDefinition(t, "America/Chicago", "00:00-24:00")
			def.Reps[0].Zone = zone(t, c.zone)
			block := Block{Kind: Calendar, Rep: "ann", AllDay: true, FirstDay: date(t, c.day), LastDay: date(t, c.day)}
			now := instant(t, c.from)
			day := date(t, c.day)
			q := Query{Service: "visit", From: day.AddDays(-1), To: day.AddDays(1), Zone: def.Reps[0].Zone}
			slots, _ := made(t, def).Plan(q, []Block{block}, now).At(now)
			if got := starts(slots[:3], def.Reps[0].Zone, withOffset); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestNoticeAndWindow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, now, rep string
		notice, window int
		want           string
	}{
		{"no notice: the present instant can be booked", "2026-12-01T09:00:00-06:00", "", 0, 0, "1 09:00, 1 10:00"},
		{"no notice: the past can't", "2026-12-01T09:00:00.000001-06:00", "", 0, 0, "1 10:00"},
		{"notice to the instant", "2026-12-01T07:00:00-06:00", "", 180, 0, "1 10:00"},
		{"a microsecond short of the notice", "2026-12-01T07:00:00.000001-06:00", "", 180, 0, ""},
		{"notice is elapsed time", "2026-11-30T09:00:00-06:00", "", 1440, 1, "1 09:00, 1 10:00"},
		{"window of one day", "2026-12-01T09:30:00-06:00", "", 0, 1, "1 10:00, 2 09:00, 2 10:00"},
		{"window ends the day before", "2026-11-30T23:59:59.999-06:00", "", 0, 1, "1 09:00, 1 10:00"},
		{"today is a date of the catalog's zone", "2026-12-01T05:30:00Z", "", 0, 1, "1 09:00, 1 10:00"},
		{
			"a start's date is one of the catalog's zone: the rep's 09:00 on the 2nd is the 1st in Chicago",
			"2026-12-01T00:00:00-06:00", "Pacific/Auckland", 0, 0, "1 14:00, 1 15:00",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			def := dayDefinition(t, "America/Chicago", "09:00-11:00")
			if c.rep != "" {
				def.Reps[0].Zone = zone(t, c.rep)
			}
			def.Services[0].Notice, def.Services[0].WindowDays = minutes(c.notice), c.window
			now := instant(t, c.now)
			q := Query{Service: "visit", From: date(t, "2026-12-01"), To: date(t, "2026-12-31")}
			slots, _ := made(t, def).Plan(q, nil, now).At(now)
			got := ""
			for i, s := range slots {
				if i > 0 {
					got += ", "
				}
				got += s.Start.In(def.Zone).Format("2 15:04")
			}
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// St. John's put its clock back from 00:01 to 23:01 of the date before: a start at the first midnight has the later date.
func TestWindowWhereTheClockGoesBackIntoTheDateBefore(t *testing.T) {
	t.Parallel()
	def := dayDefinition(t, "America/St_Johns", "22:30-24:00")
	def.Services[0].Duration, def.Services[0].Interval = minutes(30), minutes(30)
	q := Query{Service: "visit", From: date(t, "2006-10-28"), To: date(t, "2006-10-29"), Zone: time.UTC}
	for _, c := range []struct {
		window int
		want   string
	}{
		{0, "22:30-0230 23:00-0230 23:30-0230 23:30-0330"},
		{1, "22:30-0230 23:00-0230 23:30-0230 00:00-0230 23:30-0330"},
	} {
		def.Services[0].WindowDays = c.window
		rules := made(t, def)
		now := instant(t, "2006-10-28T12:00:00Z")
		slots, _ := rules.Plan(q, nil, now).At(now)
		if got := starts(slots, def.Zone, "15:04-0700"); got != c.want {
			t.Errorf("window of %d days:\ngot  %s\nwant %s", c.window, got, c.want)
		}
	}
}

// From and To are dates of the visitor's zone, not of the catalog's or the rep's.
func TestDatesOfAQueryAreTheVisitors(t *testing.T) {
	t.Parallel()
	def := dayDefinition(t, "America/Chicago", "00:00-24:00")
	now := instant(t, "2026-11-28T00:00:00Z")
	for _, c := range []struct{ name, zone, from, to, first, last string }{
		{"the catalog's without one", "", "2026-12-01", "2026-12-01", "2026-12-01 00:00", "2026-12-01 23:00"},
		{"ahead", "Asia/Kathmandu", "2026-12-01", "2026-12-02", "2026-11-30 13:00", "2026-12-02 12:00"},
		{"behind", "Pacific/Pago_Pago", "2026-12-01", "2026-12-01", "2026-12-01 05:00", "2026-12-02 04:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			q := Query{Service: "visit", From: date(t, c.from), To: date(t, c.to)}
			if c.zone != "" {
				q.Zone = zone(t, c.zone)
			}
			slots, _ := made(t, def).Plan(q, nil, now).At(now)
			const layout = "2006-01-02 15:04"
			if first, last := starts(slots[:1], def.Zone, layout), starts(slots[len(slots)-1:], def.Zone, layout); first != c.first || last != c.last {
				t.Errorf("got %s to %s, want %s to %s", first, last, c.first, c.last)
			}
		})
	}
	if slots, ok := made(t, def).Plan(Query{Service: "visit", From: date(t, "2026-12-02"), To: date(t, "2026-12-01")}, nil, now).At(now); len(slots) > 0 || !ok {
		t.Errorf("backwards: got %v, %v", slots, ok)
	}
}

func TestRemaining(t *testing.T) {
	t.Parallel()
	now := instant(t, "2026-11-30T12:00:00Z")
	taken := func(rep, service string, kind Kind, hour int) Block {
		start := instant(t, "2026-12-01T00:00:00-06:00").Add(time.Duration(hour) * time.Hour)
		return Block{ID: fmt.Sprint(rep, hour), Rep: rep, Service: service, Kind: kind, Start: start, End: start.Add(time.Hour), Expires: now.Add(time.Minute)}
	}
	for _, c := range []struct {
		name     string
		capacity int
		ignore   string
		blocks   []Block
		want     string
	}{
		{"counts the free reps", 0, "", []Block{taken("bob", "visit", Appointment, 10)}, "09:00×2 10:00×1 11:00×2"},
		{"without capacity nothing is counted", 0, "", []Block{taken("?", "visit", Appointment, 9)}, "09:00×2 10:00×2 11:00×2"},
		{"is bounded by the capacity", 1, "", nil, "09:00×1 10:00×1 11:00×1"},
		{"is bounded by what is left of the capacity", 2, "", []Block{taken("bob", "visit", Appointment, 10)}, "09:00×1 10:00×1 11:00×1"},
		{"nothing when the capacity is used up", 1, "", []Block{taken("bob", "visit", Appointment, 10)}, ""},
		{"nothing when the capacity is exceeded", 1, "", []Block{taken("bob", "visit", Appointment, 10), taken("ann", "visit", Appointment, 9)}, ""},
		{"holds use the capacity", 2, "", []Block{taken("bob", "visit", Hold, 9)}, "09:00×1 10:00×1 11:00×1"},
		{"appointments of archived reps use it", 2, "", []Block{taken("gone", "visit", Appointment, 9)}, "09:00×1 10:00×1 11:00×1"},
		{"appointments of unknown reps use it", 2, "", []Block{taken("?", "visit", Appointment, 9)}, "09:00×1 10:00×1 11:00×1"},
		{"other services do not", 2, "", []Block{taken("bob", "other", Appointment, 20)}, "09:00×2 10:00×2 11:00×2"},
		{"events do not", 2, "", []Block{taken("bob", "visit", Event, 20)}, "09:00×2 10:00×2 11:00×2"},
		{"the ignored appointment does not", 2, "bob10", []Block{taken("bob", "visit", Appointment, 10)}, "09:00×2 10:00×2 11:00×2"},
		{"the next date's do not", 2, "", []Block{taken("bob", "visit", Appointment, 24)}, "09:00×2 10:00×2 11:00×2"},
		{"the date before's do not", 2, "", []Block{taken("bob", "visit", Appointment, -1)}, "09:00×2 10:00×2 11:00×2"},
		{"the date is that of the catalog's zone", 2, "", []Block{taken("bob", "visit", Appointment, 23)}, "09:00×1 10:00×1 11:00×1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			def := dayDefinition(t, "America/Chicago", "09:00-12:00")
			def.Services[0].CapacityPerDay = c.capacity
			def.Services[0].Reps = []string{"bob", "ann", "gone", "ann"}
			def.Reps = append(def.Reps, Rep{ID: "bob", Hours: def.Reps[0].Hours}, Rep{ID: "gone", Hours: def.Reps[0].Hours, Archived: true})
			q := Query{Service: "visit", From: date(t, "2026-12-01"), To: date(t, "2026-12-01"), Ignore: c.ignore}
			slots, _ := made(t, def).Plan(q, c.blocks, now).At(now)
			got := ""
			for _, s := range slots {
				got += fmt.Sprintf(" %s×%d", s.Start.In(def.Zone).Format(clockOnly), s.Remaining)
				if !s.End.Equal(s.Start.Add(time.Hour)) || s.Start.Location() != time.UTC || s.End.Location() != time.UTC {
					t.Errorf("slot %v to %v", s.Start, s.End)
				}
			}
			if c.want != "" {
				c.want = " " + c.want
			}
			if got != c.want {
				t.Errorf("got %s\nwant%s", got, c.want)
			}
		})
	}
}

func TestPlanEndsWithTheFirstHoldItCounted(t *testing.T) {
	t.Parallel()
	now := instant(t, "2026-12-01T08:00:00-06:00")
	hold := func(rep, service, from, to string, minutesLeft int) Block {
		b := took(t, Hold, service, from, to)
		b.Rep, b.Expires = rep, now.Add(minutes(minutesLeft))
		return b
	}
	in := func(d time.Duration, b Block) Block {
		b.Start, b.End = b.Start.Add(d), b.End.Add(d)
		return b
	}
	for _, c := range []struct {
		name     string
		capacity int
		blocks   []Block
		want     int // minutes; 0: never
		visitor  string
	}{
		{"no holds", 0, nil, 0, ""},
		{"the first of several", 0, []Block{hold("ann", "plain", "09:00:00", "10:00:00", 9), hold("bob", "plain", "20:00:00", "21:00:00", 5), hold("ann", "plain", "10:00:00", "11:00:00", 7)}, 5, ""},
		{"ended holds do not count", 0, []Block{hold("ann", "plain", "09:00:00", "10:00:00", -1)}, 0, ""},
		{"a rep who is not on offer does not count", 0, []Block{hold("gone", "plain", "09:00:00", "10:00:00", 5)}, 0, ""},
		{"unless the hold uses the capacity", 3, []Block{hold("gone", "plain", "09:00:00", "10:00:00", 5)}, 5, ""},
		{"a hold of other hours does not count", 0, []Block{hold("ann", "plain", "20:00:00", "21:00:00", 5)}, 0, "Asia/Kathmandu"},
		{"unless its date's capacity is asked for", 3, []Block{hold("ann", "plain", "20:00:00", "21:00:00", 5)}, 5, "Asia/Kathmandu"},
		{"a hold of another date does not count", 3, []Block{in(96*time.Hour, hold("ann", "plain", "09:00:00", "10:00:00", 5))}, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			def := chicago(t)
			def.Services[0].CapacityPerDay = c.capacity
			rules := made(t, def)
			q := Query{Service: "plain", From: date(t, "2026-12-01"), To: date(t, "2026-12-01")}
			if c.visitor != "" {
				q.Zone = zone(t, c.visitor)
			}
			plan := rules.Plan(q, c.blocks, now)
			if c.want == 0 {
				if _, ok := plan.At(now.AddDate(1, 0, 0)); !plan.Until().IsZero() || !ok {
					t.Errorf("ends at %v, right a year later: %v", plan.Until(), ok)
				}
				return
			}
			end := now.Add(minutes(c.want))
			_, before := plan.At(end.Add(-1))
			_, after := plan.At(end)
			if !plan.Until().Equal(end) || !before || after {
				t.Errorf("ends at %v, want %v; right just before %v, then %v", plan.Until(), end, before, after)
			}
		})
	}
	rules := made(t, chicago(t))
	if _, ok := rules.Plan(Query{Service: "plain"}, nil, now).At(now.Add(-1)); ok {
		t.Error("a plan is right before it was made, when holds may have lived that it does not know")
	}
}

func TestAllGivesWhatNoticeAndWindowLeaveOut(t *testing.T) {
	t.Parallel()
	def := dayDefinition(t, "America/Chicago", "09:00-11:00")
	def.Services[0].WindowDays = 0
	now := instant(t, "2026-12-01T09:30:00-06:00")
	plan := made(t, def).Plan(Query{Service: "visit", From: date(t, "2026-12-01"), To: date(t, "2026-12-02")}, nil, now)
	slots, _ := plan.At(now)
	if all, now := starts(plan.All(), def.Zone, "2 15:04"), starts(slots, def.Zone, "2 15:04"); all != "1 09:00 1 10:00 2 09:00 2 10:00" || now != "1 10:00" {
		t.Errorf("all %s, now %s", all, now)
	}
}

func TestServicesWithoutOffer(t *testing.T) {
	t.Parallel()
	def := chicago(t)
	def.Services = append(def.Services, def.Services[0], def.Services[0])
	def.Services[3].ID, def.Services[3].Reps = "nobody", nil
	def.Services[4].ID, def.Services[4].Reps = "archived", []string{"gone", "?"}
	def.Territories = []Territory{{"north", []string{"606*"}}}
	rules, now := made(t, def), instant(t, "2026-12-01T08:00:00-06:00")
	for _, c := range []struct {
		service, code string
		want          Code
	}{
		{"", "", ""},
		{"?", "60640", ""},
		{"old", "60640", ""},
		{"nobody", "", ""},
		{"nobody", "60640", ""},
		{"nobody", "99999", OutOfTerritory},
		{"archived", "60640", ""},
	} {
		plan := rules.Plan(Query{Service: c.service, From: date(t, "2026-12-01"), To: date(t, "2026-12-02"), PostalCode: c.code}, nil, now)
		if slots, ok := plan.At(now); len(slots) > 0 || !ok || plan.Reason() != c.want {
			t.Errorf("%q, %q: got %v, %v, %q", c.service, c.code, slots, ok, plan.Reason())
		}
	}
}
