package mirror_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"heavyset.tech/platform/internal/catalog"
	"heavyset.tech/platform/internal/settings"
)

// invited makes a meeting that can be cancelled: only one to which somebody was invited can.
var invited = map[string]any{
	"Participants": []any{map[string]any{"type": "email", "participant": "jo@x.example"}}, "$send_notification": true, "send_notification": true,
}

// TestEventsBlock: the Appointment Module is Events, the first option.
func TestEventsBlock(t *testing.T) {
	t.Parallel()
	day := map[string]any{"All_day": true, "Start_DateTime": tuesday + "T00:00:00-06:00", "End_DateTime": tuesday + "T23:59:00-06:00"}
	for _, c := range []struct {
		name, owner string
		event       map[string]any
		ann, bo     string
	}{
		{"nothing", "", nil, allDay, allDay},
		{"a meeting", annUser, meeting("10:00", "11:00"), without("10"), allDay},
		{"half-open: ends when a slot starts, starts when one ends", annUser, meeting("10:00", "12:00"), without("10", "11"), allDay},
		{"a second too long", annUser, meeting("10:00", "11:00", map[string]any{"End_DateTime": tuesday + "T11:00:01-06:00"}), without("10", "11"), allDay},
		{"without length", annUser, meeting("10:30", "10:30"), allDay, allDay},
		{"of another rep, two hours west", boUser, meeting("12:00", "13:00"), allDay, without("10")},
		{"of somebody who is no rep", noRep, meeting("10:00", "11:00"), allDay, allDay},
		{"all day", annUser, meeting("00:00", "23:59", day), nothing, allDay},
		{"all day, ends at midnight", annUser, meeting("00:00", "23:59", day, map[string]any{"End_DateTime": "2026-12-02T00:00:00-06:00"}), nothing, allDay},
		{"all day of somebody two hours west, on the organization's clock", boUser, meeting("00:00", "23:59", day), allDay, nothing},
		{"all day of somebody two hours west, on his own clock", boUser, meeting("00:00", "23:59", map[string]any{"All_day": true, "Start_DateTime": tuesday + "T00:00:00-08:00", "End_DateTime": tuesday + "T23:59:00-08:00"}), allDay, nothing},
		{"called off by its title", annUser, meeting("10:00", "11:00", map[string]any{"Event_Title": "Cancelled: Meeting"}), allDay, allDay},
		{"over midnight", annUser, meeting("10:00", "11:00", map[string]any{"Start_DateTime": "2026-11-30T20:00:00-06:00", "End_DateTime": tuesday + "T09:30:00-06:00"}), without("09"), allDay},
		{"many days", annUser, meeting("10:00", "11:00", map[string]any{"Start_DateTime": "2026-11-25T10:00:00-06:00", "End_DateTime": "2026-12-04T10:00:00-06:00"}), nothing, allDay},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if c.event != nil {
				w.add("Events", c.owner, c.event)
			}
			w.round()
			w.expect("ann", tuesday, c.ann)
			w.expect("bo", tuesday, c.bo)
			if c.name == "all day of somebody two hours west, on the organization's clock" {
				w.expect("bo", "2026-11-30", allDay)
				w.expect("bo", "2026-12-02", allDay)
			}
		})
	}
}

// TestCancelledInZoho: a meeting that Zoho's own action cancels gives its time back, one that is deleted too.
func TestCancelledInZoho(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	off := w.add("Events", annUser, meeting("10:00", "11:00", invited))
	gone := w.add("Events", annUser, meeting("12:00", "13:00"))
	w.round()
	w.expect("ann", tuesday, without("10", "12"))
	w.control("POST", "/crm/v8/Events/"+off+"/actions/cancel", `{"data":[{"send_cancelling_mail":false}]}`, nil)
	w.control("DELETE", "/crm/v8/Events/"+gone, "", nil)
	w.wait(2 * time.Minute)
	w.round()
	w.expect("ann", tuesday, allDay)
}

// TestOwnerLinked: once the owner of records is a rep, they block at once, although nobody has asked yet whether they are
// cancelled.
func TestOwnerLinked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.add("Events", noRep, meeting("12:00", "13:00", invited))
	w.round()
	w.expect("bo", tuesday, allDay)
	c := reps()
	c.Reps[1].CRMUser = noRep
	if _, err := (&catalog.Editor{Store: w.store}).Replace(t.Context(), w.org.ID, c); err != nil {
		t.Fatal(err)
	}
	w.expect("bo", tuesday, without("10"))
	w.control("POST", "/crm/v8/Events/"+id+"/actions/cancel", `{"data":[{"send_cancelling_mail":false}]}`, nil)
	w.later()
	w.expect("bo", tuesday, allDay)
}

// TestCustomModuleBlocks: an Appointment Module of the client's own, by instants and by date and time; Events only in the
// second option.
func TestCustomModuleBlocks(t *testing.T) {
	t.Parallel()
	visit := func(split bool, from string, minutes int, more map[string]any) map[string]any {
		start, err := time.Parse("2006-01-02T15:04:05-07:00", tuesday+"T"+from+":00-06:00")
		if err != nil {
			t.Fatal(err)
		}
		f := map[string]any{"Name": "Visit", "Stage": "Planned"}
		if split {
			f["Day"], f["Clock"], f["Minutes"] = tuesday, start.Format("3:04 PM"), minutes
		} else {
			f["Begins"], f["Ends"] = start.Format(time.RFC3339), start.Add(time.Duration(minutes)*time.Minute).Format(time.RFC3339)
		}
		for k, v := range more {
			f[k] = v
		}
		return f
	}
	for _, split := range []bool{false, true} {
		t.Run(fmt.Sprintf("split %v", split), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.control("PUT", "/_sim/modules/Visits", visitsModule, nil)
			w.set(visits(split))
			w.add("Visits", annUser, visit(split, "10:00", 60, nil))
			w.add("Visits", annUser, visit(split, "12:30", 60, nil))
			w.add("Visits", annUser, visit(split, "15:00", 60, map[string]any{"Stage": "Called off"}))
			w.add("Visits", noRep, visit(split, "16:00", 60, nil))
			w.add("Events", annUser, meeting("09:00", "10:00"))
			want := without("10", "12", "13")
			if !split {
				w.add("Visits", boUser, visit(split, "00:00", 24*60, map[string]any{"Whole": true}))
			}
			w.round()
			w.expect("ann", tuesday, want)
			if split {
				w.expect("bo", tuesday, allDay)
			} else {
				w.expect("bo", tuesday, nothing)
			}

			w.set(func(s *settings.Settings) { s.Source = settings.AppointmentsAndEvents })
			w.round()
			w.expect("ann", tuesday, without("09", "10", "12", "13"))

			b := w.booked(15)
			w.push(b)
			w.wait(2 * time.Minute)
			w.round()
			w.expect("ann", tuesday, without("09", "10", "12", "13", "15"))
			if _, err := w.book.Cancel(t.Context(), b.Token.Reveal(), "", noKey, "visitor"); err != nil {
				t.Fatal(err)
			}
			w.expect("ann", tuesday, without("09", "10", "12", "13"))
			w.push(b)
			w.wait(2 * time.Minute)
			w.round()
			w.expect("ann", tuesday, without("09", "10", "12", "13"))

			w.set(func(s *settings.Settings) { s.Source = settings.AppointmentsOnly })
			w.round()
			w.expect("ann", tuesday, want)
		})
	}
}

// diary sets up what a user has in Zoho Calendar: one calendar with events in the shape of eventdata.
func (w *world) diary(user, more string, events ...string) string {
	w.t.Helper()
	var got struct {
		Calendars []struct{ UID string }
	}
	w.control("PUT", "/_sim/calendars/"+user, `{`+more+`"calendars":[{"uid":"default","name":"Work","isdefault":true,"events":[`+strings.Join(events, ",")+`]}]}`, &got)
	return got.Calendars[0].UID
}

func entry(title, start, end string, more ...string) string {
	return fmt.Sprintf(`{"title":%q,"dateandtime":{"start":%q,"end":%q,"timezone":"America/Chicago"}%s}`, title, start, end, strings.Join(more, ""))
}

// TestCalendarBlocks: free and busy times of a rep, the calendar of the CRM among them, and nothing of the modules beside.
func TestCalendarBlocks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(func(s *settings.Settings) { s.Source = settings.Calendar })
	w.diary(
		ann, "",
		entry("timed", "20261201T150000Z", "20261201T160000Z"),                        // 9
		entry("private", "20261201T170000Z", "20261201T180000Z", `,"isprivate":true`), // 11
		entry("free", "20261201T180000Z", "20261201T190000Z", `,"transparency":1`),
		entry("off", "20261201T190000Z", "20261201T200000Z", `,"estatus":"cancelled"`),
		entry("weekly", "20261124T200000Z", "20261124T210000Z", `,"rrule":"FREQ=WEEKLY;COUNT=10"`), // 14
		entry("holiday", "20261204", "20261204", `,"isallday":true`),
	)
	w.add("Events", annUser, meeting("16:00", "17:00"))
	w.add("Events", noRep, meeting("10:00", "11:00"))
	w.round()
	w.expect("ann", tuesday, without("09", "11", "14", "16"))
	w.expect("ann", "2026-12-04", nothing)
	w.expect("ann", "2026-12-03", allDay)
	w.expect("ann", "2026-12-08", without("14"))
	w.expect("bo", tuesday, allDay)
	w.set(func(s *settings.Settings) { s.Source = settings.AppointmentsOnly })
	w.round()
	w.expect("ann", tuesday, without("16"))
	w.expect("ann", "2026-12-04", allDay)
}

// TestChosenCalendar: entries of a calendar that is left out of free and busy times block once it is chosen for a rep.
func TestChosenCalendar(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var got struct {
		Calendars []struct{ UID, Name string }
	}
	me := w.me()
	w.control("PUT", "/_sim/calendars/"+me, `{"calendars":[{"uid":"default","name":"Work","isdefault":true},{"name":"Crew","include_infreebusy":false,"events":[`+
		strings.Join([]string{
			entry("timed", "20261201T160000Z", "20261201T170000Z"), // 10
			entry("free", "20261201T180000Z", "20261201T190000Z", `,"transparency":1`),
			entry("off", "20261201T190000Z", "20261201T200000Z", `,"estatus":"cancelled"`),
			entry("weekly", "20261124T200000Z", "20261124T210000Z", `,"rrule":"FREQ=WEEKLY;COUNT=10"`), // 14
			entry("days", "20261203", "20261204", `,"isallday":true`),
		}, ",")+`]}]}`, &got)
	crew := ""
	for _, c := range got.Calendars {
		if c.Name == "Crew" {
			crew = c.UID
		}
	}
	w.set(func(s *settings.Settings) { s.Source = settings.Calendar })
	w.round()
	w.expect("bo", tuesday, allDay)
	w.set(func(s *settings.Settings) { s.Calendars = map[string][]string{"bo": {crew}} })
	w.round()
	w.expect("bo", tuesday, without("08", "12")) // 10 and 14 in Chicago
	w.expect("bo", "2026-12-03", nothing)
	w.expect("bo", "2026-12-04", nothing)
	w.expect("bo", "2026-12-05", nothing)
	w.expect("ann", tuesday, allDay)
}

// TestNotShared: times that are not shared are never free times: the source says so and grows old.
func TestNotShared(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(func(s *settings.Settings) { s.Source = settings.Calendar; s.Stale.Policy = settings.StaleBlock })
	w.diary(ann, `"fb_not_enabled":true,`)
	w.round()
	if s := w.sources()["busy:ann"]; !strings.Contains(s.Error, "does not share") || !s.AsOf.IsZero() {
		t.Errorf("%+v", s)
	}
	if s := w.sources()["busy:bo"]; s.Error != "" || s.AsOf.IsZero() {
		t.Errorf("%+v", s)
	}
	w.expect("ann", tuesday, nothing)
	w.diary(ann, `"fb_not_enabled":false,`, entry("timed", "20261201T150000Z", "20261201T160000Z"))
	w.round()
	w.expect("ann", tuesday, without("09"))
	w.diary(ann, `"fb_not_enabled":true,`)
	w.wait(2 * time.Minute)
	w.round()
	w.expect("ann", tuesday, without("09")) // what was read last holds while it is not too old
	if s := w.sources()["busy:ann"]; s.Error == "" || s.Records != 1 {
		t.Errorf("%+v", s)
	}
	w.wait(time.Hour)
	w.round()
	w.expect("ann", tuesday, nothing)
}

// TestSourceNames: what is read is what step 11 says.
func TestSourceNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.control("PUT", "/_sim/modules/Visits", visitsModule, nil)
	want := func(names ...string) {
		t.Helper()
		w.round()
		have := w.sources()
		if len(have) != len(names) {
			t.Errorf("%v, want %v", have, names)
		}
		for _, n := range names {
			name, counted := strings.TrimPrefix(n, "-"), !strings.HasPrefix(n, "-")
			if s, ok := have[name]; !ok || s.Counted != counted || s.Error != "" || s.AsOf.IsZero() {
				t.Errorf("%s: %+v", n, s)
			}
		}
	}
	want("Events")
	w.set(func(s *settings.Settings) { s.Source = settings.AppointmentsAndEvents })
	want("Events")
	w.set(visits(false))
	want("Visits", "Events")
	w.set(func(s *settings.Settings) { s.Source = settings.AppointmentsOnly })
	want("Visits")
	w.set(func(s *settings.Settings) { s.Source = settings.Calendar })
	want("-Visits", "busy:ann", "busy:bo")
}
