package mirror_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/mirror"
	"heavyset.tech/platform/internal/settings"
)

// TestOccurrences: on the wall clock of the owner, until the day that the rule names, without what is left out.
func TestOccurrences(t *testing.T) {
	t.Parallel()
	chicago, err := time.LoadLocation("America/Chicago")
	if err != nil {
		t.Fatal(err)
	}
	at := func(text string) time.Time {
		v, err := time.ParseInLocation("2006-01-02 15:04", text, chicago)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct {
		name, start, from, to, rule string
		allDay                      bool
		want                        string
	}{
		{"weekly over a clock change", "2026-10-27 10:00", "2026-10-26 00:00", "2026-11-11 00:00", `{"Rule":"FREQ=WEEKLY;INTERVAL=1;UNTIL=2026-12-31;DTSTART=2026-10-27"}`, false, "11-03 10:00, 11-10 10:00"},
		{"each second week", "2026-10-27 10:00", "2026-10-26 00:00", "2026-11-30 00:00", `{"Rule":"FREQ=WEEKLY;INTERVAL=2"}`, false, "11-10 10:00, 11-24 10:00"},
		{"the last day is included", "2026-11-02 23:30", "2026-11-01 00:00", "2026-12-01 00:00", `{"Rule":"FREQ=DAILY;UNTIL=2026-11-04"}`, false, "11-03 23:30, 11-04 23:30"},
		{"so many times", "2026-11-02 09:00", "2026-11-01 00:00", "2026-12-01 00:00", `{"Rule":"FREQ=DAILY;COUNT=3"}`, false, "11-03 09:00, 11-04 09:00"},
		{"without some days", "2026-11-02 09:00", "2026-11-01 00:00", "2026-11-06 00:00", `{"Rule":"FREQ=DAILY","Except":["2026-11-03","2026-11-05"]}`, false, "11-04 09:00"},
		{"begun long ago", "2024-01-02 09:00", "2026-11-02 00:00", "2026-11-16 00:00", `{"Rule":"FREQ=WEEKLY"}`, false, "11-03 09:00, 11-10 09:00"},
		{"half-open", "2026-11-02 09:00", "2026-11-03 10:00", "2026-11-05 09:00", `{"Rule":"FREQ=DAILY"}`, false, "11-04 09:00"},
		{"all day", "2026-11-02 12:00", "2026-11-03 20:00", "2026-11-04 02:00", `{"Rule":"FREQ=DAILY"}`, true, "11-03 12:00, 11-04 12:00"},
		{"by day of the month", "2026-10-31 09:00", "2026-10-01 00:00", "2027-02-01 00:00", `{"Rule":"FREQ=MONTHLY;BYMONTHDAY=31"}`, false, "12-31 09:00, 01-31 09:00"},
		{"no rule", "2026-11-02 09:00", "2026-11-01 00:00", "2026-12-01 00:00", ``, false, ""},
		{"one that cannot be read", "2026-11-02 09:00", "2026-11-01 00:00", "2026-12-01 00:00", `{"Rule":"now and then"}`, false, ""},
		{"one without end, each second", "2026-11-02 09:00", "2026-11-01 00:00", "2026-12-01 00:00", `{"Rule":"FREQ=SECONDLY"}`, false, ""},
	} {
		row := mirror.Row{Start: at(c.start), End: at(c.start).Add(time.Hour), AllDay: c.allDay, Rule: mirror.Rule(c.rule)}
		var got []string
		for _, x := range row.Occurrences(at(c.from), at(c.to), chicago) {
			got = append(got, x.In(chicago).Format("01-02 15:04"))
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%s: %v, want %s", c.name, got, c.want)
		}
	}
}

// repeats makes a meeting that repeats, from a day on.
func repeats(day, from, to, rule string) map[string]any {
	return map[string]any{
		"Event_Title": "Team", "Start_DateTime": day + "T" + from + ":00-06:00", "End_DateTime": day + "T" + to + ":00-06:00",
		"Recurring_Activity": map[string]any{"RRULE": rule},
	}
}

// TestRepeatingMeetings: each occurrence takes its time once, whether Zoho lists a record for each or one for all.
func TestRepeatingMeetings(t *testing.T) {
	t.Parallel()
	for _, listed := range []string{"one_record", "separate_records"} {
		t.Run(listed, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.control("PATCH", "/_sim/switches", fmt.Sprintf(`{"repeating_meetings":%q}`, listed), nil)
			// Begun before we came, before what is copied; begun today; and one that was begun long ago and is over.
			old := w.add("Events", annUser, repeats("2026-11-17", "10:00", "11:00", "FREQ=WEEKLY;INTERVAL=1;UNTIL=2026-12-15;DTSTART=2026-11-17"))
			w.add("Events", annUser, repeats("2026-11-30", "14:00", "15:00", "FREQ=DAILY;INTERVAL=1;UNTIL=2026-12-02;DTSTART=2026-11-30"))
			w.add("Events", annUser, repeats("2026-11-03", "16:00", "17:00", "FREQ=WEEKLY;INTERVAL=1;UNTIL=2026-11-24;DTSTART=2026-11-03"))
			w.add("Events", boUser, repeats("2026-11-30", "11:00", "12:00", "FREQ=WEEKLY;INTERVAL=1;UNTIL=2026-12-31;DTSTART=2026-11-30"))
			check := func() {
				t.Helper()
				w.expect("ann", tuesday, without("10", "14"))
				w.expect("ann", "2026-12-02", without("14"))
				w.expect("ann", "2026-12-03", allDay)
				w.expect("ann", "2026-12-08", without("10"))
				w.expect("ann", "2026-12-15", without("10"))
				w.expect("ann", "2026-12-22", allDay)
				w.expect("bo", "2026-12-07", without("09"))
			}
			w.round()
			check()
			w.later()
			check()
			if listed == "separate_records" { // one of them is moved: it takes its new time, and the others theirs
				var all struct {
					Data []struct {
						ID    string
						Start string `json:"Start_DateTime"`
					}
				}
				w.control("GET", "/_sim/records/Events", "", &all)
				moved := false
				for _, x := range all.Data {
					if strings.HasPrefix(x.Start, "2026-12-08T10:00") {
						w.control("PUT", "/crm/v8/Events/"+x.ID, `{"data":[{"Start_DateTime":"2026-12-08T12:00:00-06:00","End_DateTime":"2026-12-08T13:00:00-06:00"}]}`, nil)
						moved = true
					}
				}
				if !moved {
					t.Fatalf("nothing is put to the test: %+v", all)
				}
				w.later()
				w.expect("ann", "2026-12-08", without("12"))
				w.expect("ann", "2026-12-15", without("10"))
				return
			}
			w.control("DELETE", "/crm/v8/Events/"+old, "", nil) // nobody tells of it
			w.later()
			w.expect("ann", "2026-12-08", without("10"))
			w.wait(24 * time.Hour) // series whose own time is over are asked for once a day
			w.round()
			w.expect("ann", "2026-12-07", allDay)
			w.expect("ann", "2026-12-08", allDay)
			w.expect("bo", "2026-12-07", without("09"))
		})
	}
}

// TestRepeatingMeetingsOfANewRep: who becomes a rep has meetings that began before, and one read of old ones is enough.
func TestRepeatingMeetingsOfANewRep(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alone := reps()
	alone.Reps[1].CRMUser = ""
	w.replace(alone)
	w.add("Events", boUser, repeats("2026-11-17", "12:00", "13:00", "FREQ=WEEKLY;INTERVAL=1;UNTIL=2026-12-15;DTSTART=2026-11-17"))
	w.add("Events", boUser, repeats("2026-11-30", "14:00", "15:00", "FREQ=DAILY;INTERVAL=1;UNTIL=2026-12-02;DTSTART=2026-11-30"))
	w.later()
	w.wait(6 * time.Hour) // what is new is looked at anyway
	w.later()
	w.expect("bo", "2026-12-08", allDay)
	w.replace(reps())
	w.later()
	w.expect("bo", "2026-12-08", without("10"))
	w.expect("bo", "2026-12-02", without("12"))
	before := w.queries()
	w.later()
	once := w.queries() - before
	if w.later(); w.queries()-before != 2*once || once != 1 {
		t.Errorf("old meetings are looked for again: %d queries, then %d", once, w.queries()-before-once)
	}
}

// TestNightlyCheck: once a day every record of a rep's is asked for by itself, so that what no list tells is found, and counted.
func TestNightlyCheck(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.add("Events", annUser, meeting("10:00", "11:00", invited))
	w.add("Events", boUser, meeting("12:00", "13:00"))
	w.later()
	rows, err := w.store.Rows(t.Context(), w.org.ID, w.conn, "Events")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows { // the copy errs about one of them
		if row.Owner == annUser {
			row.Cancelled = mirror.Cancelled
			if err := w.store.Apply(t.Context(), w.org.ID, w.conn, "Events", mirror.Delta{Put: []mirror.Row{row}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.expect("ann", tuesday, allDay)
	w.later()
	w.expect("ann", tuesday, allDay) // no list says otherwise
	w.wait(13 * time.Hour)           // the next day
	w.round()
	w.expect("ann", tuesday, without("10"))
	hours, err := w.store.SourceHours(t.Context(), w.org.ID, w.conn, monday)
	if err != nil {
		t.Fatal(err)
	}
	checked, corrected := 0, 0
	for _, h := range hours {
		if h.Checked {
			checked++
		}
		corrected += h.Corrected
	}
	if checked != 1 || corrected != 1 {
		t.Errorf("%d checks found %d: %+v", checked, corrected, hours)
	}
}

// TestSeriesBlockOnceTheSourceCounts: under Zoho Calendar nobody asks which meetings repeat. Once appointments of the CRM take
// time, those that began long ago do too.
func TestSeriesBlockOnceTheSourceCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(func(s *settings.Settings) { s.Source = settings.Calendar })
	w.add("Events", annUser, repeats("2026-11-17", "10:00", "11:00", "FREQ=WEEKLY;INTERVAL=1;UNTIL=2026-12-31;DTSTART=2026-11-17"))
	w.round()
	w.set(func(s *settings.Settings) { s.Source = settings.AppointmentsOnly })
	w.later()
	w.expect("ann", tuesday, without("10"))
	w.expect("ann", "2026-12-08", without("10"))
	before := w.queries()
	w.later()
	if n := w.queries() - before; n > 2 {
		t.Errorf("%d queries in a later round", n)
	}
}

// TestASeriesThatBeganEarlier: a meeting that is made now and began weeks ago takes its coming times, told of or not.
func TestASeriesThatBeganEarlier(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"told", "not told", "told while it may not be read"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.round()
			w.wait(time.Minute)
			id := w.add("Events", annUser, repeats("2026-11-10", "10:00", "11:00", "FREQ=WEEKLY;INTERVAL=1;UNTIL=2026-12-31;DTSTART=2026-11-10"))
			if how != "told" && how != "not told" {
				w.refuse("Events", 403)
			}
			if how != "not told" {
				w.marked("Events", id)
				if err := w.mirror.Catch(t.Context(), w.org.ID, w.conn); err != nil {
					t.Fatal(err)
				}
			}
			if how != "told" {
				w.heal()
				w.later()
			}
			w.expect("ann", tuesday, without("10"))
			w.later()
			w.expect("ann", "2026-12-08", without("10"))
		})
	}
}
