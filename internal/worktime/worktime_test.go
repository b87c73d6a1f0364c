package worktime_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/worktime"
)

var now = time.Date(2026, 12, 1, 15, 0, 0, 0, time.UTC) // a Tuesday

func weekdays(start, end string) []catalog.Hours {
	return []catalog.Hours{{Days: []string{"mon", "tue", "wed", "thu", "fri"}, Start: start, End: end}}
}

func rules() catalog.Catalog {
	return catalog.Catalog{
		Timezone: "America/Chicago", Holidays: []string{"2026-12-25"},
		Reps: []catalog.Rep{
			{ID: "ann", Name: "Ann", CRMUser: "1", Hours: weekdays("09:00", "17:00")},
			{ID: "ben", Name: "Ben", CRMUser: "2", Hours: weekdays("09:00", "17:00"), Overrides: []catalog.Override{{Date: "2026-12-07", Hours: []catalog.Span{{Start: "08:00", End: "12:00"}}}}},
			{ID: "cy", Name: "Cy", Hours: weekdays("09:00", "17:00")}, // no user of the CRM
			{ID: "old", Name: "Old", CRMUser: "1", Archived: true},
		},
	}
}

func open(start, end string) crm.Week {
	w := crm.Week{}
	for d := time.Monday; d <= time.Friday; d++ {
		w[d] = []crm.WallSpan{{Start: start, End: end}}
	}
	return w
}

// holidays makes some of their names, dates and shifts.
func holidays(of ...string) []crm.Holiday {
	var out []crm.Holiday
	for i := 0; i < len(of); i += 3 {
		out = append(out, crm.Holiday{Name: of[i], Date: of[i+1], Shift: of[i+2]})
	}
	return out
}

// says writes proposals as words.
func says(list []worktime.Proposal) []string {
	spans := func(l []catalog.Span) string {
		var out []string
		for _, s := range l {
			out = append(out, s.Start+"-"+s.End)
		}
		return strings.Join(out, ",")
	}
	var out []string
	for _, p := range list {
		words := strings.Join(strings.Fields(string(p.Kind)+" "+p.Rep+" "+p.Date+" "+p.Name), " ")
		switch p.Kind {
		case worktime.Hours:
			var hours []string
			for _, h := range p.Is {
				day := h.Start + "-" + h.End
				if len(p.Is) > 1 {
					day += " " + strings.Join(h.Days, " ")
				}
				hours = append(hours, day)
			}
			words += ": " + strings.Join(hours, ", ") + " " + p.Timezone
		case worktime.Away:
			words += ": " + spans(p.On) + " → " + spans(p.Then)
		}
		out = append(out, strings.TrimSpace(words))
	}
	return out
}

func TestPlan(t *testing.T) {
	t.Parallel()
	day := func(d, h int) time.Time { return time.Date(2026, 12, d, h, 0, 0, 0, time.FixedZone("", -6*3600)) }
	business := open("08:00", "18:00")
	usual := open("09:00", "17:00")
	for name, c := range map[string]struct {
		time crm.WorkingTime
		want []string
	}{
		"nothing": {crm.WorkingTime{}, nil},
		"holidays to come that are not there": {
			crm.WorkingTime{Holidays: holidays("Christmas", "2026-12-25", "", "Past", "2026-11-26", "", "New Year", "2027-01-01", "", "New Year again", "2027-01-01", "", "broken", "soon", "")},
			[]string{"holiday 2027-01-01 New Year"},
		},
		"business hours":                   {crm.WorkingTime{Business: &business}, []string{"hours ann business hours: 08:00-18:00", "hours ben business hours: 08:00-18:00"}},
		"business hours that are the same": {crm.WorkingTime{Business: &usual}, nil},
		"a shift goes before the business, in its zone": {
			crm.WorkingTime{Business: &usual, Shifts: []crm.Shift{{ID: "s", Name: "Early", Timezone: "America/Denver", Hours: open("06:00", "14:00"), Users: []string{"2"}}}},
			[]string{"hours ben shift Early: 06:00-14:00 America/Denver"},
		},
		"a shift over midnight is of two days": {
			crm.WorkingTime{Shifts: []crm.Shift{{ID: "s", Name: "Night", Hours: crm.Week{time.Friday: {{Start: "22:00", End: "06:00"}}}, Users: []string{"1"}}}},
			[]string{"hours ann shift Night: 22:00-24:00 fri, 00:00-06:00 sat"},
		},
		"hours that can't be read say nothing": {
			crm.WorkingTime{Shifts: []crm.Shift{{ID: "s", Name: "A", Hours: crm.Week{time.Monday: {{Start: "08:00", End: "18:00"}}, time.Friday: {{Start: "8 am", End: "18:00"}}}, Users: []string{"1"}}}},
			nil,
		},
		"two shifts of one user say nothing": {
			crm.WorkingTime{Business: &business, Shifts: []crm.Shift{{ID: "s", Name: "A", Hours: usual, Users: []string{"2", "1"}}, {ID: "r", Name: "B", Hours: business, Users: []string{"2"}}}},
			nil,
		},
		"away for hours, over night and all day": {
			crm.WorkingTime{Away: []crm.Away{
				{User: "1", Title: "Dentist", From: day(2, 10), To: day(2, 12)},
				{User: "1", Title: "Trip", From: day(3, 15), To: day(4, 11)},
				{User: "1", Title: "Leave", From: day(9, 0), To: day(11, 0), AllDay: true},
				{User: "9", Title: "Nobody", From: day(9, 0), To: day(11, 0)},
			}},
			[]string{
				"away ann 2026-12-02 Dentist: 09:00-17:00 → 09:00-10:00,12:00-17:00", "away ann 2026-12-03 Trip: 09:00-17:00 → 09:00-15:00", "away ann 2026-12-04 Trip: 09:00-17:00 → 11:00-17:00",
				"away ann 2026-12-09 Leave: 09:00-17:00 →", "away ann 2026-12-10 Leave: 09:00-17:00 →",
			},
		},
		"all day by the dates of whoever entered it": {
			crm.WorkingTime{Away: []crm.Away{{User: "1", Title: "Leave", From: time.Date(2026, 12, 9, 0, 0, 0, 0, time.FixedZone("", 3600)), To: time.Date(2026, 12, 10, 0, 0, 0, 0, time.FixedZone("", 3600)), AllDay: true}}},
			[]string{"away ann 2026-12-09 Leave: 09:00-17:00 →"},
		},
		"away outside of the hours, in the past, far ahead": {
			crm.WorkingTime{Away: []crm.Away{
				{User: "1", From: day(2, 18), To: day(2, 20)},
				{User: "1", From: day(5, 0), To: day(7, 0), AllDay: true},
				{User: "1", From: day(1, 1), To: day(1, 2)},
				{User: "1", From: day(2, 10).AddDate(2, 0, 0), To: day(2, 12).AddDate(2, 0, 0)},
				{User: "1", From: day(25, 0), To: day(26, 0), AllDay: true},
			}},
			nil,
		},
		"what is left of an override, and two absences of one day": {
			crm.WorkingTime{Away: []crm.Away{{User: "2", Title: "One", From: day(7, 8), To: day(7, 9)}, {User: "2", Title: "Two", From: day(7, 11), To: day(7, 15)}}},
			[]string{"away ben 2026-12-07 One: 08:00-12:00 → 09:00-11:00"},
		},
		"a holiday of the shift": {
			crm.WorkingTime{Shifts: []crm.Shift{{ID: "s", Name: "A", Timezone: "America/Chicago", Hours: usual, Users: []string{"1"}}}, Holidays: holidays("Inventory", "2026-12-08", "s", "Of others", "2026-12-09", "r")},
			[]string{"away ann 2026-12-08 Inventory: 09:00-17:00 →"},
		},
		"unread parts say nothing": {crm.WorkingTime{Unread: []crm.Unread{{What: "shifts", Err: errors.New("x")}}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list := worktime.Plan(rules(), c.time, now)
			if got := says(list); !slices.Equal(got, c.want) {
				t.Fatalf("got  %q\nwant %q", got, c.want)
			}
			var keys []string
			for _, p := range list {
				keys = append(keys, p.Key)
			}
			after, missing := worktime.Apply(rules(), list, append(keys, "gone-1"))
			if missing != 1 {
				t.Errorf("%d keys are missing", missing)
			}
			if again := worktime.Plan(after, c.time, now); len(again) > 0 {
				t.Errorf("taken over, and still proposed: %q", says(again))
			}
			if len(keys) > 1 {
				if one, _ := worktime.Apply(rules(), list, keys[:1]); len(worktime.Plan(one, c.time, now)) != len(keys)-1 {
					t.Error("one that was chosen took others along")
				}
			}
		})
	}
}
