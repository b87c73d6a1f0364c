package email_test

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"

	"heavyset.tech/platform/internal/email"
)

// reading is what a parser makes of an invitation.
type reading struct {
	Method, UID, Status, Organizer, Attendee, Summary string
	Sequence                                          int
	Start, End                                        time.Time
}

// readInGo reads with golang-ical, which takes zones from Go's own database.
func readInGo(t *testing.T, raw []byte) reading {
	t.Helper()
	cal, err := ics.ParseCalendar(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	e := cal.Events()[0]
	get := func(p ics.ComponentProperty) string {
		if v := e.GetProperty(p); v != nil {
			return v.Value
		}
		return ""
	}
	r := reading{
		UID: e.Id(), Status: get(ics.ComponentPropertyStatus), Organizer: get(ics.ComponentPropertyOrganizer), Attendee: get(ics.ComponentPropertyAttendee),
		Summary: get(ics.ComponentPropertySummary),
	}
	for _, p := range cal.CalendarProperties {
		if p.IANAToken == "METHOD" {
			r.Method = p.Value
		}
	}
	if r.Sequence, err = strconv.Atoi(get(ics.ComponentPropertySequence)); err != nil {
		t.Error(err)
	}
	if r.Start, err = e.GetStartAt(); err != nil {
		t.Error(err)
	}
	if r.End, err = e.GetEndAt(); err != nil {
		t.Error(err)
	}
	r.Start, r.End = r.Start.UTC(), r.End.UTC()
	return r
}

// inNode reads calendars with ical.js (npm, 2.2.1, MPL 2.0), the parser of Thunderbird, which knows no zones but those
// that the calendar itself brings: an instant that it reads right proves the VTIMEZONE.
const inNode = `
const ICAL = require(process.argv[1]);
const list = JSON.parse(require("fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(list.map((text) => {
  const cal = new ICAL.Component(ICAL.parse(text));
  for (const z of cal.getAllSubcomponents("vtimezone")) ICAL.TimezoneService.register(z);
  const e = new ICAL.Event(cal.getFirstSubcomponent("vevent"));
  const value = (n) => e.component.getFirstPropertyValue(n);
  const out = {Method: cal.getFirstPropertyValue("method"), UID: e.uid, Status: value("status"), Organizer: value("organizer"), Attendee: value("attendee") ?? "",
    Summary: e.summary, Sequence: e.sequence, Start: e.startDate.toJSDate().toISOString(), End: e.endDate.toJSDate().toISOString()};
  ICAL.TimezoneService.reset();
  return out;
})));`

func readInNode(t *testing.T, raw [][]byte) []reading {
	t.Helper()
	texts := make([]string, len(raw))
	for i, r := range raw {
		texts[i] = string(r)
	}
	in, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "-e", inNode, "./testdata/ical.es5.min.cjs")
	cmd.Env = append(cmd.Environ(), "TZ=Asia/Tokyo") // the reader's own zone must not matter
	var out, problems bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(in), &out, &problems
	if err := cmd.Run(); err != nil {
		t.Fatalf("this test needs Node (Debian: apt-get install nodejs): %v\n%s", err, problems.String())
	}
	var list []reading
	if err := json.Unmarshal(out.Bytes(), &list); err != nil {
		t.Fatal(err)
	}
	return list
}

// TestTwoParsersReadTheSame: booked, moved and cancelled, before, over and after the clock changes of several zones, both
// parsers read the instants that were meant.
func TestTwoParsersReadTheSame(t *testing.T) {
	t.Parallel()
	var raw [][]byte
	var want []reading
	for _, z := range []string{"America/Chicago", "America/Phoenix", "America/St_Johns", "Europe/Berlin", "Europe/Dublin", "Africa/Casablanca", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Santiago", "UTC", ""} {
		var zone *time.Location
		if z != "" {
			var err error
			if zone, err = time.LoadLocation(z); err != nil {
				t.Fatal(err)
			}
		}
		booked := invitation()
		booked.Zone, booked.Tentative = zone, true
		changes := []time.Time{time.Date(2026, 7, 1, 15, 0, 0, 0, time.UTC), time.Date(2026, 12, 1, 15, 0, 0, 0, time.UTC)}
		for at := changes[0]; zone != nil && len(changes) < 60; {
			_, next := at.In(zone).ZoneBounds()
			if next.IsZero() || next.Year() > 2028 {
				break
			}
			for _, d := range []time.Duration{-2 * time.Hour, -time.Hour, -30 * time.Minute, 0, 30 * time.Minute, 90 * time.Minute, 26 * time.Hour} {
				changes = append(changes, next.Add(d))
			}
			at = next
		}
		for n, at := range changes {
			i := booked
			i.Sequence, i.Start, i.End, i.Tentative = n, at, at.Add(time.Hour), n == 0
			status := "CONFIRMED"
			if n == 0 {
				status = "TENTATIVE"
			}
			if n == len(changes)-1 {
				i.Method, status = email.Cancel, "CANCELLED"
			}
			raw = append(raw, write(t, i))
			want = append(want, reading{
				Method: string(i.Method), UID: i.UID, Status: status, Organizer: "mailto:office@ridgeline.example", Attendee: "mailto:pat@example.com",
				Summary: "Roof inspection", Sequence: n, Start: i.Start.UTC(), End: i.End.UTC(),
			})
		}
	}
	second := readInNode(t, raw)
	zones := 0
	for i, r := range raw {
		if got := readInGo(t, r); got != want[i] {
			t.Errorf("golang-ical reads %+v, want %+v in\n%s", got, want[i], r)
		}
		if second[i] != want[i] {
			t.Errorf("ical.js reads %+v, want %+v in\n%s", second[i], want[i], r)
		}
		if strings.Contains(string(r), "BEGIN:VTIMEZONE") {
			zones++
		}
	}
	if zones < 100 {
		t.Errorf("only %d of %d bring their zone", zones, len(raw))
	}
}

func TestTheZoneOfAnInvitation(t *testing.T) {
	t.Parallel()
	i := invitation()
	i.Zone = chicago(t)
	got := string(write(t, i))
	want := strings.ReplaceAll(`BEGIN:VTIMEZONE
TZID:America/Chicago
BEGIN:STANDARD
DTSTART:20261101T020000
TZOFFSETFROM:-0500
TZOFFSETTO:-0600
TZNAME:CST
RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:20270314T020000
TZOFFSETFROM:-0600
TZOFFSETTO:-0500
TZNAME:CDT
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU
END:DAYLIGHT
END:VTIMEZONE
`, "\n", "\r\n")
	if !strings.Contains(got, want) || !strings.Contains(got, "DTSTART;TZID=America/Chicago:20261201T090000\r\n") || !strings.Contains(got, "DTEND;TZID=America/Chicago:20261201T100000\r\n") {
		t.Errorf("\n%s", got)
	}
	i.Start = time.Date(2026, 11, 1, 7, 30, 0, 0, time.UTC) // 1:30 for the second time
	i.End = i.Start.Add(time.Hour)
	if got := string(write(t, i)); !strings.Contains(got, "DTSTART:20261101T073000Z\r\n") || strings.Contains(got, "TZID") {
		t.Errorf("a wall time that comes twice:\n%s", got)
	}
}
