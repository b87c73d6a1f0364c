package calendar_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"heavyset.tech/platform/internal/zohosim/calendar"
	"pgregory.net/rapid"
)

func place(t testing.TB, name string) *time.Location {
	t.Helper()
	p, err := new(calendar.Zones).Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestStampsOfEveryShapeAreRead(t *testing.T) {
	t.Parallel()
	chicago := place(t, "America/Chicago")
	for _, c := range []struct {
		text  string
		shape calendar.Shape
		in    string // as an instant in Chicago
	}{
		{"20261123", calendar.Day, "2026-11-23T06:00:00Z"},
		{"20261123T100000Z", calendar.Zulu, "2026-11-23T10:00:00Z"},
		{"20261123T100000-0600", calendar.Offset, "2026-11-23T16:00:00Z"},
		{"20261123T100000+0530", calendar.Offset, "2026-11-23T04:30:00Z"},
		{"20261123T100000", calendar.Local, "2026-11-23T16:00:00Z"},
		{"20261101T013000", calendar.Local, "2026-11-01T06:30:00Z"}, // occurs twice: the first
		{"20260308T023000", calendar.Local, "2026-03-08T08:30:00Z"}, // is skipped: the offset before the change
	} {
		st, ok := calendar.ParseStamp(c.text)
		if !ok || st.Shape != c.shape {
			t.Errorf("%s: %v %v", c.text, st.Shape, ok)
		}
		if got := st.In(chicago).UTC().Format(time.RFC3339); got != c.in {
			t.Errorf("%s is %s, want %s", c.text, got, c.in)
		}
	}
	for _, bad := range []string{"", "2026", "20261323", "20261123T100000z", "20261123T100000-06:00", "20261123T250000Z", "2026-11-23", "20261123T100000 Z"} {
		if st, ok := calendar.ParseStamp(bad); ok {
			t.Errorf("%q is taken as %v", bad, st)
		}
	}
}

// settled makes an event of an hour that repeats.
func settled(t testing.TB, zone, start, rule string, length time.Duration) *calendar.Event {
	t.Helper()
	zones := &calendar.Zones{}
	at, err := time.Parse(time.RFC3339, start)
	if err != nil {
		t.Fatal(err)
	}
	e := &calendar.Event{UID: "x", Zone: zone, From: at.Unix(), To: at.Add(length).Unix(), Rule: rule}
	if err := e.Settle(zones); err != nil {
		t.Fatal(err)
	}
	return e
}

func between(from, to string) (a, b time.Time) {
	a, _ = time.Parse(time.RFC3339, from)
	b, _ = time.Parse(time.RFC3339, to)
	return a, b
}

func TestARepetitionKeepsItsHourAcrossClockChanges(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, zone, start, rule, from, to string
		want                              []string
	}{
		{
			"autumn, weekly", "America/Chicago", "2026-10-26T14:00:00Z", "FREQ=WEEKLY;BYDAY=MO", "2026-10-26T00:00:00Z",
			"2026-11-10T00:00:00Z",
			[]string{"20261026T140000Z", "20261102T150000Z", "20261109T150000Z"},
		},
		{
			"spring, daily", "America/Chicago", "2026-03-06T15:00:00Z", "FREQ=DAILY;COUNT=4", "2026-03-01T00:00:00Z",
			"2026-04-01T00:00:00Z",
			[]string{"20260306T150000Z", "20260307T150000Z", "20260308T140000Z", "20260309T140000Z"},
		},
		{
			"a skipped half past two is an hour later by the clock", "America/Chicago", "2026-03-07T08:30:00Z", "FREQ=DAILY;COUNT=3",
			"2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z",
			[]string{"20260307T083000Z", "20260308T083000Z", "20260309T073000Z"},
		},
		{
			"half past one twice: the first", "America/Chicago", "2026-10-31T06:30:00Z", "RRULE:FREQ=DAILY;COUNT=3",
			"2026-10-01T00:00:00Z", "2026-12-01T00:00:00Z",
			[]string{"20261031T063000Z", "20261101T063000Z", "20261102T073000Z"},
		},
		{
			"until is an instant", "America/Chicago", "2026-10-30T14:00:00Z", "FREQ=DAILY;UNTIL=20261101T150000Z",
			"2026-10-01T00:00:00Z", "2026-12-01T00:00:00Z",
			[]string{"20261030T140000Z", "20261031T140000Z", "20261101T150000Z"},
		},
		{
			"until a day includes it", "Europe/Berlin", "2026-11-23T22:30:00Z", "FREQ=DAILY;UNTIL=20261124", "2026-11-01T00:00:00Z",
			"2026-12-01T00:00:00Z",
			[]string{"20261123T223000Z", "20261124T223000Z"},
		},
		{
			"last Friday of the month", "Europe/Berlin", "2026-10-30T08:00:00Z", "FREQ=MONTHLY;BYDAY=-1FR", "2026-10-01T00:00:00Z",
			"2027-01-01T00:00:00Z",
			[]string{"20261030T080000Z", "20261127T080000Z", "20261225T080000Z"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := settled(t, c.zone, c.start, c.rule, time.Hour)
			from, to := between(c.from, c.to)
			var got []string
			for _, i := range e.Instances(from, to, place(t, c.zone)) {
				got = append(got, i.ID)
				if i.End.Sub(i.Start) != time.Hour {
					t.Errorf("%s takes %s", i.ID, i.End.Sub(i.Start))
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestAnAllDayEventTakesTheDaysOfItsHost(t *testing.T) {
	t.Parallel()
	zones := &calendar.Zones{}
	e := &calendar.Event{UID: "x", Zone: "America/Chicago", AllDay: true, From: 20758, To: 20758, Rule: "FREQ=DAILY;COUNT=2"} // 2026-11-01
	if err := e.Settle(zones); err != nil {
		t.Fatal(err)
	}
	chicago := place(t, "America/Chicago")
	from, to := between("2026-11-01T00:00:00Z", "2026-11-10T00:00:00Z")
	got := e.Instances(from, to, chicago)
	if len(got) != 2 || got[0].ID != "20261101" || got[0].End.Sub(got[0].Start) != 25*time.Hour || got[1].Start != got[0].End {
		t.Fatalf("%+v", got)
	}
	if n := len(e.Instances(got[0].End, got[0].End.Add(time.Second), chicago)); n != 1 {
		t.Errorf("%d instances at the second midnight", n)
	}
	if n := len(e.Instances(got[1].End, to, chicago)); n != 0 {
		t.Errorf("%d instances after the last midnight", n)
	}
}

func TestRulesThatZohoDoesNotHaveAreRefused(t *testing.T) {
	t.Parallel()
	for _, rule := range []string{
		"FREQ=HOURLY", "FREQ=SECONDLY", "DAILY", "FREQ=DAILY;BYHOUR=5", "FREQ=DAILY;DTSTART=20260101", "FREQ=DAILY;COUNT=-1", "FREQ=DAILY;UNTIL=2026-12-31",
		"FREQ=DAILY;COUNT=2;UNTIL=20261231", "FREQ=WEEKLY;BYDAY=XX", "FREQ=DAILY;INTERVAL=-1", "FREQ=DAILY\nRRULE:FREQ=DAILY", "INTERVAL=2", "FREQ=MONTHLY;BYMONTHDAY=40",
	} {
		e := &calendar.Event{Zone: "America/Chicago", Rule: rule}
		if err := e.Settle(&calendar.Zones{}); err == nil {
			t.Errorf("%q is taken", rule)
		}
	}
	never := &calendar.Event{Zone: "America/Chicago", Rule: "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}
	if err := never.Settle(&calendar.Zones{}); err != nil || never.Happens() {
		t.Errorf("the thirtieth of February happens (%v)", err)
	}
}

// anySeries draws a repeating event and the zone it is in.
func anySeries(t *rapid.T) (*calendar.Event, *time.Location) {
	zone := rapid.SampledFrom([]string{"America/Chicago", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"}).Draw(t, "zone")
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 365*48).Draw(t, "half hours")) * 30 * time.Minute)
	rule := fmt.Sprintf("FREQ=%s;INTERVAL=%d", rapid.SampledFrom([]string{"DAILY", "WEEKLY", "MONTHLY"}).Draw(t, "freq"), rapid.IntRange(1, 3).Draw(t, "interval"))
	if n := rapid.IntRange(0, 40).Draw(t, "count"); n > 0 {
		rule += fmt.Sprintf(";COUNT=%d", n)
	}
	e := &calendar.Event{UID: "x", Zone: zone, From: from.Unix(), Rule: rule, AllDay: rapid.Bool().Draw(t, "all day")}
	e.To = e.From + int64(rapid.IntRange(0, 30*60*60).Draw(t, "seconds"))
	if e.AllDay {
		e.From /= 24 * 60 * 60
		e.To = e.From + int64(rapid.IntRange(0, 3).Draw(t, "days"))
	}
	zones := &calendar.Zones{}
	if err := e.Settle(zones); err != nil {
		t.Fatal(err)
	}
	p, err := zones.Load(zone)
	if err != nil {
		t.Fatal(err)
	}
	return e, p
}

func ids(list []calendar.Instance) []string {
	var out []string
	for _, i := range list {
		out = append(out, i.ID)
	}
	return out
}

var (
	first = time.Date(2025, 12, 1, 0, 0, 0, 0, time.UTC)
	last  = time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)
)

func TestAWindowShowsExactlyWhatMeetsIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e, p := anySeries(t)
		from := first.Add(time.Duration(rapid.IntRange(0, 420*24).Draw(t, "from hours")) * time.Hour)
		to := from.Add(time.Duration(rapid.IntRange(1, 31*24).Draw(t, "hours")) * time.Hour)
		var want []string
		for _, i := range e.Instances(first, last, p) {
			if i.Start.Before(to) && (i.End.After(from) || i.End.Equal(i.Start) && !i.Start.Before(from)) {
				want = append(want, i.ID)
			}
		}
		if got := ids(e.Instances(from, to, p)); !slices.Equal(got, want) {
			t.Fatalf("window %s to %s shows %v, want %v", from, to, got, want)
		}
	})
}

func TestEveryInstanceIsFoundByItsIDAndCanGo(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e, p := anySeries(t)
		all := e.Instances(first, last, p)
		i := rapid.SampledFrom(all).Draw(t, "instance")
		found, ok := e.Instance(i.ID, p)
		if !ok || !found.Start.Equal(i.Start) || !found.End.Equal(i.End) {
			t.Fatalf("%s is found as %v %v", i.ID, found, ok)
		}
		without := e.With(i.ID, nil)
		if _, ok := without.Instance(i.ID, p); ok {
			t.Error("an instance that is gone is found")
		}
		want := slices.DeleteFunc(ids(all), func(id string) bool { return id == i.ID })
		if got := ids(without.Instances(first, last, p)); !slices.Equal(got, want) {
			t.Fatalf("remain %v, want %v", got, want)
		}
	})
}

func TestASeriesCutInTwoLosesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e, p := anySeries(t)
		all := e.Instances(first, last, p)
		i := rapid.SampledFrom(all).Draw(t, "instance")
		head, rest := e.Until(i.ID)
		var got []string
		zones := &calendar.Zones{}
		if head != nil {
			if err := head.Settle(zones); err != nil {
				t.Fatal(err)
			}
			got = ids(head.Instances(first, last, p))
		}
		tail := *e
		tail.From, tail.To, tail.Rule = i.From, i.To, rest
		if head == nil {
			tail.From, tail.To = e.From, e.To
		}
		if err := tail.Settle(zones); err != nil {
			t.Fatal(err)
		}
		if e.AllDay || rapidPlain(e, i, p) { // a cut at a moved wall clock moves what follows
			got = append(got, ids(tail.Instances(first, last, p))...)
			if !slices.Equal(got, ids(all)) {
				t.Fatalf("cut at %s: %v, want %v", i.ID, got, ids(all))
			}
		}
	})
}

// rapidPlain tells whether an instance starts at its series' own wall clock and day of the month, so that a series that
// starts with it goes on as the old one would.
func rapidPlain(e *calendar.Event, i calendar.Instance, p *time.Location) bool {
	a, b := time.Unix(e.From, 0).In(p), i.Start.In(p)
	return a.Format("150405") == b.Format("150405") && a.Day() <= 28
}

func TestTimesOfADayAreMergedAndCutAtMidnight(t *testing.T) {
	t.Parallel()
	chicago := place(t, "America/Chicago")
	block := func(from, to string) calendar.Block {
		a, b := between(from, to)
		return calendar.Block{Start: a, End: b}
	}
	from, to := between("2026-11-23T06:00:00Z", "2026-11-26T06:00:00Z")
	got := calendar.TimeBased([]calendar.Block{
		block("2026-11-23T16:00:00Z", "2026-11-23T17:00:00Z"), block("2026-11-23T15:00:00Z", "2026-11-23T16:30:00Z"),
		block("2026-11-24T05:00:00Z", "2026-11-24T07:00:00Z"),
		{AllDay: true, First: 20780, Last: 20781},
	}, from, to, chicago)
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"20261123":[{"allday":true},["09:00-11:00","23:00-24:00"]],"20261124":[{"allday":true},["00:00-01:00"]]}`
	if string(text) != want {
		t.Errorf("got %s, want %s", text, want)
	}
}
