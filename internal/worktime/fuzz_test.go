package worktime_test

import (
	"slices"
	"testing"
	"time"

	"heavyset.tech/platform/internal/crm"
	"heavyset.tech/platform/internal/worktime"
)

// FuzzPlan: whatever a CRM says of working hours, each proposal can be taken over by itself and all of them together, the
// rules that come out are good ones, and weekly hours and holidays that were taken over are not proposed again.
func FuzzPlan(f *testing.F) {
	f.Add("08:00", "18:00", "06:00", "14:00", "America/Denver", "2026-12-31", int64(24), int64(30), false)
	f.Add("22:00", "06:00", "00:00", "24:00", "", "2026-12-08", int64(-3), int64(200), true)
	f.Add("9:00", "17:00", "25:00", "12:61", "Mars/Base", "9999-99-99", int64(0), int64(0), true)
	f.Add("18:00", "18:00", "23:59", "24:00", "Pacific/Kiritimati", "2027-02-29", int64(8783), int64(8784), false)
	f.Fuzz(func(t *testing.T, start, end, from, to, zone, date string, away, back int64, allDay bool) {
		business := open(start, end)
		shift := crm.Shift{ID: "s", Name: "Shift", Timezone: zone, Hours: crm.Week{time.Saturday: {{Start: from, End: to}, {Start: start, End: end}}, time.Monday: {{Start: from, End: to}}}, Users: []string{"2"}}
		w := crm.WorkingTime{
			Business: &business, Shifts: []crm.Shift{shift}, Holidays: holidays("All", date, "", "Shift's", date, "s"),
			Away: []crm.Away{
				{User: "1", Title: "Away", From: now.Add(time.Duration(away%10000) * time.Hour), To: now.Add(time.Duration(back%10000) * time.Hour), AllDay: allDay},
				{User: "2", Title: "Minutes", From: now.Add(time.Duration(away%100000) * time.Minute), To: now.Add(time.Duration(back%100000) * time.Minute)},
			},
		}
		before := rules()
		list := worktime.Plan(before, w, now)
		var keys []string
		for _, p := range list {
			one, missing := worktime.Apply(before, list, []string{p.Key})
			if err := one.Check(); err != nil || missing != 0 {
				t.Fatalf("%+v can't be taken over: %v, %d missing", p, err, missing)
			}
			if slices.Contains(keys, p.Key) {
				t.Fatalf("two proposals are %s", p.Key)
			}
			keys = append(keys, p.Key)
		}
		after, missing := worktime.Apply(before, list, keys)
		if err := after.Check(); err != nil || missing != 0 {
			t.Fatalf("all together: %v, %d missing", err, missing)
		}
		for _, p := range worktime.Plan(after, w, now) {
			if p.Kind != worktime.Away { // a date's hours may differ anew once the week or the zone has changed
				t.Fatalf("taken over, and proposed again: %+v", p)
			}
		}
	})
}
