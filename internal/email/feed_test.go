package email_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"
	"pgregory.net/rapid"

	"heavyset.tech/platform/internal/email"
)

// observance is one stretch of a VTIMEZONE as it was written.
type observance struct {
	onset    time.Time // wall time, before the change
	from, to time.Duration
}

// lines gives the unfolded lines of a calendar.
func lines(t interface{ Fatal(...any) }, b []byte) []string {
	if !bytes.HasSuffix(b, []byte("END:VCALENDAR\r\n")) || bytes.Count(b, []byte("\n")) != bytes.Count(b, []byte("\r\n")) {
		t.Fatal("the lines do not end as they should")
	}
	for l := range strings.SplitSeq(string(b), "\r\n") {
		if len(l) > 75 {
			t.Fatal("longer than 75 octets: " + l)
		}
	}
	return strings.Split(strings.ReplaceAll(string(b), "\r\n ", ""), "\r\n")
}

func seconds(t interface{ Fatal(...any) }, offset string) time.Duration {
	var h, m, s int
	if n, _ := fmt.Sscanf(offset[1:], "%2d%2d%2d", &h, &m, &s); n < 2 {
		t.Fatal("no offset: " + offset)
	}
	d := time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second
	if offset[0] == '-' {
		return -d
	}
	return d
}

// read gives the zone's observances and the events' starts as a calendar program reads them, by UID.
func read(t interface{ Fatal(...any) }, b []byte) (zone []observance, starts map[string]time.Time) {
	starts = map[string]time.Time{}
	var o observance
	var uid string
	wall := func(s string) time.Time {
		v, err := time.Parse("20060102T150405", strings.TrimSuffix(s, "Z"))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	inZone := false
	for _, l := range lines(t, b) {
		name, value, _ := strings.Cut(l, ":")
		switch {
		case l == "BEGIN:STANDARD", l == "BEGIN:DAYLIGHT":
			o, inZone = observance{}, true
		case l == "END:STANDARD", l == "END:DAYLIGHT":
			zone, inZone = append(zone, o), false
		case inZone && name == "DTSTART":
			o.onset = wall(value)
		case name == "TZOFFSETFROM":
			o.from = seconds(t, value)
		case name == "TZOFFSETTO":
			o.to = seconds(t, value)
		case name == "UID":
			uid = value
		case strings.HasPrefix(name, "DTSTART") && strings.HasSuffix(value, "Z"):
			starts[uid] = wall(value)
		case strings.HasPrefix(name, "DTSTART;TZID="):
			starts[uid] = resolve(zone, wall(value))
		}
	}
	return zone, starts
}

// resolve gives the first instant at which the zone's clock shows a time.
func resolve(zone []observance, at time.Time) time.Time {
	for i, o := range zone {
		utc := at.Add(-o.to)
		if i > 0 && utc.Before(o.onset.Add(-o.from)) || i+1 < len(zone) && !utc.Before(zone[i+1].onset.Add(-zone[i+1].from)) {
			continue
		}
		return utc
	}
	return time.Time{}
}

// TestFeedsSayTheInstant: in any zone and around its clock changes a program that knows nothing of zones but what the feed
// says finds the instant of each visit.
func TestFeedsSayTheInstant(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom([]string{
			"UTC", "America/Chicago", "America/New_York", "Europe/Berlin", "Europe/Dublin", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Casablanca", "Pacific/Apia", "America/Sao_Paulo",
		}).Draw(t, "zone")
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 365*24).Draw(t, "hour")) * time.Hour)
		if _, change := begin.In(zone).ZoneBounds(); !change.IsZero() && rapid.Bool().Draw(t, "at the change") {
			begin = change.Add(-2 * time.Hour)
		}
		f, want := email.Feed{Name: "Ann", Zone: zone}, map[string]time.Time{}
		for i := range rapid.IntRange(1, 8).Draw(t, "visits") {
			start := begin.Add(time.Duration(rapid.IntRange(0, 40).Draw(t, "quarters")) * 15 * time.Minute).Add(time.Duration(rapid.IntRange(0, 1).Draw(t, "later")) * 4000 * time.Hour).UTC()
			uid := fmt.Sprintf("apt_%d@rep", i)
			f.Visits, want[uid] = append(f.Visits, email.Visit{UID: uid, Start: start, End: start.Add(time.Hour), Summary: "Visit", Stamp: begin}), start
		}
		b, err := f.ICS()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ics.ParseCalendar(bytes.NewReader(b)); err != nil {
			t.Fatal(err)
		}
		_, got := read(t, b)
		for uid, at := range want {
			if !got[uid].Equal(at) {
				t.Fatalf("%s is at %v, read as %v:\n%s", uid, at, got[uid], b)
			}
		}
	})
}

func TestFeed(t *testing.T) {
	t.Parallel()
	chicago, err := time.LoadLocation("America/Chicago")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2027, 3, 15, 9, 0, 0, 0, chicago)
	f := email.Feed{Name: "Ann, Ridge\r\nX-EVIL:1", Zone: chicago, Visits: []email.Visit{
		{UID: "apt_1@rep", Sequence: 2, Start: at.AddDate(0, 0, -4), End: at.AddDate(0, 0, -4).Add(time.Hour), Summary: "Visit; a\nBEGIN:VEVENT", Location: "1 Elm", Description: "Phone: +1", Stamp: at},
		{UID: "apt_2@rep", Start: at, End: at.Add(time.Hour), Summary: "Visit", Tentative: true, Stamp: at},
	}}
	b, err := f.ICS()
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(lines(t, b), "\n") + "\n"
	for _, want := range []string{
		"BEGIN:VTIMEZONE\nTZID:America/Chicago\n", "TZNAME:CST\n", "DTSTART:20270314T020000\nTZOFFSETFROM:-0600\nTZOFFSETTO:-0500\nTZNAME:CDT\n",
		"DTSTART;TZID=America/Chicago:20270311T090000\n", "DTEND;TZID=America/Chicago:20270315T100000\n", "STATUS:TENTATIVE\n", "SEQUENCE:2\n", "LOCATION:1 Elm\n", "REFRESH-INTERVAL;VALUE=DURATION:PT15M\n",
		`X-WR-CALNAME:Ann\, Ridge X-EVIL:1` + "\n", `SUMMARY:Visit\; a BEGIN:VEVENT` + "\n",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("there is no %q in\n%s", want, all)
		}
	}
	for _, never := range []string{"METHOD", "ORGANIZER", "ATTENDEE", "VALARM"} {
		if strings.Contains(all, never) {
			t.Errorf("there is a %s", never)
		}
	}
	if again, err := f.ICS(); err != nil || !bytes.Equal(b, again) {
		t.Error("the same feed is written differently")
	}
	if empty, err := (email.Feed{Name: "Ann", Zone: chicago}).ICS(); err != nil || bytes.Contains(empty, []byte("VEVENT")) {
		t.Errorf("%v %s", err, empty)
	}
	f.Visits[0].End = f.Visits[0].Start
	if _, err := f.ICS(); err == nil {
		t.Error("a visit without length is written")
	}
}
